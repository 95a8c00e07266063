from __future__ import annotations

import pytest

from leakwatch.errors import BudgetExceeded
from leakwatch.unpack.budget import Budget, BudgetLimits

LIMITS = BudgetLimits(
    max_depth=2,
    max_members=3,
    max_total_bytes=1000,
    max_member_bytes=500,
    max_ratio=10,
    ratio_grace_bytes=100,
)


def test_the_error_names_the_limit_and_both_numbers() -> None:
    """Whoever reads the message knows which limit to raise, and how far."""
    with pytest.raises(BudgetExceeded, match="member_bytes 501 over the limit of 500") as raised:
        Budget(LIMITS).account(None).take(501)
    assert raised.value.limit == "member_bytes"


def test_a_limit_of_one_member_leaves_the_others_their_budget() -> None:
    """A bomb ends alone: the whole is not spent by it."""
    budget = Budget(LIMITS)
    with pytest.raises(BudgetExceeded, match="ratio"):
        budget.account(packed_bytes=1).take(101)
    assert not budget.is_spent
    budget.account(packed_bytes=400).take(400)


def test_a_ratio_counts_only_past_the_grace() -> None:
    """Small members of blanks are everyday things."""
    account = Budget(LIMITS).account(packed_bytes=1)
    account.take(100)
    with pytest.raises(BudgetExceeded, match="ratio 101 over the limit of 10"):
        account.take(1)


def test_the_total_runs_over_members_and_spends_the_budget() -> None:
    """Three members within their own limit are over the limit of the whole."""
    budget = Budget(LIMITS)
    budget.account(None).take(500)
    budget.account(None).take(500)
    with pytest.raises(BudgetExceeded) as raised:
        budget.account(None).take(1)
    assert raised.value.limit == "total_bytes"
    assert budget.is_spent


def test_members_and_depth_are_counted() -> None:
    """The fourth member and the third level are refused."""
    budget = Budget(LIMITS)
    for _ in range(3):
        budget.enter_member()
    with pytest.raises(BudgetExceeded, match="members 4 over the limit of 3"):
        budget.enter_member()
    assert budget.is_spent
    budget.check_depth(2)
    with pytest.raises(BudgetExceeded, match="depth 3 over the limit of 2"):
        budget.check_depth(3)
