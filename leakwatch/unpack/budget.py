"""One running account of what reading an artefact may cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from leakwatch.errors import BudgetExceeded

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BudgetLimits:
    """The most that one artefact, with all that is packed in it, may come to."""

    max_depth: int = 5
    """Containers opened within containers; the outermost counts 1."""
    max_members: int = 200_000
    max_total_bytes: int = 16 * 1024 * _MIB
    """Bytes unpacked at all levels together."""
    max_member_bytes: int = 1024 * _MIB
    """Bytes of one member, except of archives and long texts that are read as they come."""
    max_ratio: float = 200.0
    """Bytes out of one member for each packed byte, once past the grace."""
    ratio_grace_bytes: int = 64 * _MIB
    """Output of one member up to which no ratio is too high."""
    max_held_bytes: int = 256 * _MIB
    """Bytes of one member kept in memory: a format read from its end, packed in
    another, is opened up to this size."""
    max_held_total_bytes: int = 384 * _MIB
    """The same of all members at all levels that are open at once."""
    text_part_bytes: int = 32 * _MIB
    """Text longer than two of these is read in parts of about this size."""


class Budget:
    """What was used so far by one artefact. Not thread-safe.

    A limit of one member (``member_bytes``, ``ratio``) stops that member, and a
    bomb hides no neighbour. A limit of the whole (``total_bytes``, ``members``)
    stops everything; ``is_spent`` then says so for good.
    """

    def __init__(self, limits: BudgetLimits, *, used: tuple[int, int] = (0, 0)) -> None:
        """Open an account.

        Args:
            limits: the most that may be used.
            used: bytes and members that an earlier walk came to, which this one
                takes up: the ground that it has told is free until ``settle``.
        """
        self.limits = limits
        self.total_bytes, self.members = used
        self._is_on_told_ground = any(used)
        self.held_bytes = 0
        """Of members, at all levels, that are kept in memory now; counted by the walk."""
        self.is_spent = False

    @property
    def room_to_hold_bytes(self) -> int:
        """Return how much of one more member may be kept in memory."""
        room = self.limits.max_held_total_bytes - self.held_bytes
        return max(0, min(self.limits.max_held_bytes, room))

    @contextmanager
    def holding(self, size_bytes: int) -> Iterator[None]:
        """Count bytes as kept in memory for the length of a block."""
        self.held_bytes += size_bytes
        try:
            yield
        finally:
            self.held_bytes -= size_bytes

    def check_depth(self, depth: int) -> None:
        """Raises BudgetExceeded when a container may not be opened this deep."""
        if depth > self.limits.max_depth:
            raise _exceeded("depth", depth, self.limits.max_depth)

    @property
    def used(self) -> tuple[int, int]:
        """Return bytes and members so far."""
        return self.total_bytes, self.members

    def settle(self) -> None:
        """Charge from here on: what comes now was not read before."""
        self._is_on_told_ground = False

    def enter_member(self) -> None:
        """Count a member. Raises BudgetExceeded when it is one too many."""
        if self._is_on_told_ground:
            return
        self.members += 1
        if self.members > self.limits.max_members:
            self.is_spent = True
            raise _exceeded("members", self.members, self.limits.max_members)

    def account(self, packed_bytes: int | None) -> MemberAccount:
        """Open the account of one member; ``packed_bytes`` None knows no ratio."""
        return MemberAccount(self, packed_bytes)

    def uncharged(self) -> MemberAccount:
        """Open an account for bytes that were charged already."""
        return MemberAccount(None, None)

    def take(self, size: int) -> None:
        """Charge bytes to the whole. Raises BudgetExceeded."""
        if self._is_on_told_ground:
            return
        self.total_bytes += size
        if self.total_bytes > self.limits.max_total_bytes:
            self.is_spent = True
            raise _exceeded("total_bytes", self.total_bytes, self.limits.max_total_bytes)


class MemberAccount:
    """The bytes of one member; each is charged to the whole as well."""

    def __init__(self, budget: Budget | None, packed_bytes: int | None) -> None:
        self._budget = budget
        self._packed_bytes = packed_bytes
        self._is_streamed = False
        self.size_bytes = 0

    def stream(self) -> None:
        """Lift the limit of one member: nothing of it is kept, and what is in it has limits of its own."""
        self._is_streamed = True

    def take(self, size: int) -> None:
        """Charge bytes. Raises BudgetExceeded with the limit's name and both numbers."""
        self.size_bytes += size
        if self._budget is None:
            return
        limits = self._budget.limits
        self._budget.take(size)
        if self.size_bytes > limits.max_member_bytes and not self._is_streamed:
            raise _exceeded("member_bytes", self.size_bytes, limits.max_member_bytes)
        if self._packed_bytes is None or self.size_bytes <= limits.ratio_grace_bytes:
            return
        ratio = self.size_bytes / max(self._packed_bytes, 1)
        if ratio > limits.max_ratio:
            raise _exceeded("ratio", round(ratio), limits.max_ratio)


def _exceeded(limit: str, used: int, allowed: float) -> BudgetExceeded:
    return BudgetExceeded(f"{limit} {used} over the limit of {allowed:.15g}", limit=limit)
