from __future__ import annotations

import asyncio

import pytest

from leakwatch.errors import Challenged, LayoutChanged
from leakwatch.sandbox.pool import SandboxPool

MODULE = "tests.support.hostile"


async def test_pages_are_parsed_side_by_side(pool: SandboxPool) -> None:
    """Requests of one loop wait their turn in threads, and each gets its own answer."""
    answers = await asyncio.gather(
        *(pool.parse(f"{MODULE}:echo", b"x" * n, {"n": n}) for n in range(8))
    )
    assert [answer["bytes"] for answer in answers] == list(range(8))
    assert [answer["options"]["n"] for answer in answers] == list(range(8))


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("change_layout", LayoutChanged, "no list of posts"),
        ("challenge", Challenged, "a waiting room"),
    ],
)
async def test_what_a_parser_raises_on_purpose_arrives(
    pool: SandboxPool, name: str, error: type[Exception], message: str
) -> None:
    """Errors about the source keep their class and message across the processes."""
    with pytest.raises(error, match=message):
        await pool.parse(f"{MODULE}:{name}", b"", {})


@pytest.mark.parametrize(("name", "kind"), [("fail", "KeyError"), ("no_such", "AttributeError")])
async def test_any_other_failure_is_a_changed_layout_without_content(
    pool: SandboxPool, name: str, kind: str
) -> None:
    """The message names the exception's class; its text may be page content."""
    with pytest.raises(LayoutChanged) as raised:
        await pool.parse(f"{MODULE}:{name}", b"", {})
    assert raised.value.what == f"the parser failed ({kind})"


async def test_the_shipped_parsers_are_allowed_by_default() -> None:
    """Without further settings only the wire parsers of leakwatch may be run."""
    from leakwatch.sandbox.limits import ReadLimits  # noqa: PLC0415

    with SandboxPool(ReadLimits(), workers=1) as default, pytest.raises(LayoutChanged):
        await default.parse("leakwatch.sources.wire.no_such_site:parse", b"", {})
