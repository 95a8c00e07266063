"""One artefact read through as many children as it kills.

A child that dies costs one member: the next child takes up the reading behind
it. What was told before stands; what a parser died of is read the plain way;
what cannot even be unpacked is passed over and said to be unread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from leakwatch.errors import ChildKilled
from leakwatch.extract.stripped import linear_text
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.sandbox.bad_frame import BadFrame
from leakwatch.sandbox.frames import Frame, decode_artefact
from leakwatch.sandbox.intake import Intake
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.worker import ChildEnd, ChildRun
from leakwatch.unpack.sniff import UNKNOWN, sniff

_LIMIT_COST, _CRASH_COST = 5, 1
_MAX_RESTS = 200
"""Children that may hand over to another before each costs as much as one killed."""
_FACT_BYTES = 1024
"""Allowed for the facts of one member, beside its text."""
_FALLBACK_BYTES = 4 * 1024 * 1024
_FALLBACK_KINDS = frozenset({"text", "html", "xml"})


class Reading:
    """What has been heard of one artefact so far, and where to go on."""

    def __init__(
        self,
        intake: Intake,
        name: str,
        limits: ReadLimits,
        *,
        output_bytes: int | None = None,
        passwords: Sequence[str] = (),
    ) -> None:
        self._intake = intake
        self._name = name
        self._limits = limits
        self._passwords = tuple(passwords)
        self._text_bytes_left = output_bytes or limits.output_bytes
        self._patience = limits.patience
        self._pending: dict[tuple[int, ...], Artefact] = {}
        self._after: tuple[int, ...] | None = None
        self._plainly: tuple[int, ...] | None = None
        self._skip = False
        self._is_eager = False
        self._is_resting = False
        self._rests = 0
        self._used = (0, 0)
        """Bytes and members, as far as children say that rest."""
        self._has_progress = False
        self._cause = ""
        self._is_over = False

    def is_over(self) -> bool:
        """Tell whether the whole has been told, by a child or for want of one."""
        return self._is_over

    def job(self) -> dict[str, Any]:
        """Return the next child's orders."""
        return {
            "op": "read",
            "after": self._after,
            "plainly": self._plainly,
            "skip": self._skip,
            "used": self._used,
            "eager": self._is_eager,
            **_spooled(self._intake),
            "passwords": self._passwords,
            "volumes": [fd is not None for fd in self._intake.volumes],
            "fill": self._intake.fill,
            **read_orders(self._limits, self._text_bytes_left),
        }

    def hear(self, run: ChildRun) -> Iterator[Artefact]:
        """Yield what one child tells. Never raises for what it says."""
        self._has_progress = self._is_resting = False
        facts_bytes = _FACT_BYTES * (self._limits.budget.max_members + 16)
        try:
            for frame in run.frames(output_bytes=self._text_bytes_left + facts_bytes):
                yield from self._heard(frame)
        except BadFrame:
            run.refuse()

    def bury(self, end: ChildEnd) -> Iterator[Artefact]:
        """Decide how to go on after a child's end; yield what is given up."""
        if self.is_over():
            return
        if self._is_resting and self._rests <= _MAX_RESTS:
            # The work was much, not bad: the next child takes it up.
            self._skip = False
            return
        self._cause = f"the parsing child ended early: {end.cause or 'it left members untold'}"
        self._patience -= _LIMIT_COST if end.is_limit else _CRASH_COST
        if self._patience < 0:
            while not self.is_over():
                yield self._give_up()
            return
        innermost = self._innermost()
        if innermost.is_container:
            yield from self._after_unpacking_died()
        elif self._plainly == innermost.path.ordinals:
            yield self._give_up()
        else:
            self._plainly = innermost.path.ordinals
        self._is_eager = True

    def _after_unpacking_died(self) -> Iterator[Artefact]:
        # Only an eager child has told all it did; one that told nothing died of
        # the first member it met.
        if self._has_progress or not self._is_eager:
            self._skip = False
        elif not self._skip:
            self._skip = True
        elif self._plainly != self._innermost().path.ordinals:
            # It cannot be opened; it may still be read, the second way.
            self._skip = False
            self._plainly = self._innermost().path.ordinals
        else:
            self._skip = False
            yield self._give_up()

    def _heard(self, frame: Frame) -> Iterator[Artefact]:
        if frame.type == "rest" and self._has_progress:
            self._is_resting = True
            self._rests += 1
            self._used = used_of(frame)
            return
        artefact = decode_artefact(frame, self._name)
        if frame.type == "open":
            self._note_opened(artefact)
        elif frame.type == "done" and not self.is_over():
            self._check_order(artefact.path.ordinals)
            self._text_bytes_left = max(0, self._text_bytes_left - len(frame.payload))
            yield self._finish(artefact)
        else:
            raise BadFrame("unexpected frame")

    def _note_opened(self, artefact: Artefact) -> None:
        ordinals = artefact.path.ordinals
        if ordinals in self._pending:
            # A walk that is taken up again enters the same containers; the members
            # of a document are told when it is opened again, to be read itself.
            self._pending[ordinals] = artefact
            return
        if any(ordinals[: len(outer)] != outer for outer in self._pending):
            raise BadFrame("opened outside what is open")
        self._check_order(ordinals)
        self._pending[ordinals] = artefact

    def _check_order(self, ordinals: tuple[int, ...]) -> None:
        """Refuse what an honest walk cannot say: it goes forwards, and from the inside out.

        So a child that is taken over half-way tells nothing anew of what came before.
        """
        if self._after is not None and _turn(ordinals) <= _turn(self._after):
            raise BadFrame("told again or out of order")
        if any(len(inner) > len(ordinals) for inner in self._pending):
            raise BadFrame("ended before what is open in it")

    def _finish(self, artefact: Artefact) -> Artefact:
        ordinals = artefact.path.ordinals
        self._pending.pop(ordinals, None)
        self._after = ordinals
        self._has_progress = True
        self._is_over = not ordinals
        if ordinals == self._plainly and artefact.error is None:
            artefact = replace(artefact, error=ChildKilled.slug, detail=self._cause)
        return artefact if ordinals else with_facts(artefact, self._intake)

    def _innermost(self) -> Artefact:
        if not self._pending:
            # The whole died before it was told: nothing is known but its bytes.
            return Artefact(MemberPath((self._name,), ()), UNKNOWN, 0, "", 0)
        return self._pending[max(self._pending, key=len)]

    def _give_up(self) -> Artefact:
        """Finish the innermost open artefact with what is known of it."""
        artefact = self._innermost()
        if not artefact.path.ordinals and not artefact.is_container:
            artefact = replace(artefact, kind=self._known_kind(), text=self._fallback_text())
        self._plainly = None
        return self._finish(replace(artefact, error=ChildKilled.slug, detail=self._cause))

    def _known_kind(self) -> str:
        kind = sniff(self._intake.head)
        return kind if kind in _FALLBACK_KINDS else UNKNOWN

    def _fallback_text(self) -> str | None:
        """Return the start of a text or page by one linear pass, safe outside a child."""
        if self._known_kind() == UNKNOWN:
            return None
        return linear_text(self._intake.start(_FALLBACK_BYTES))


def _spooled(intake: Intake) -> dict[str, Any]:
    """Return what a child needs to read a content that lies encrypted on disk."""
    if intake.key is None:
        return {}
    return {"spooled": {"key": intake.key.hex(), "size_bytes": intake.size_bytes}}


def _turn(ordinals: tuple[int, ...]) -> tuple[float, ...]:
    """Return what sorts artefacts as a walk ends them: members before their archive."""
    return (*ordinals, float("inf"))


def used_of(frame: Frame) -> tuple[int, int]:
    """Return what a child that rests has used of the budget.

    Raises:
        BadFrame: it says nothing of the kind.
    """
    used = frame.header.get("u")
    if not isinstance(used, list) or [type(n) for n in used] != [int, int] or min(used) < 0:
        raise BadFrame("a rest without its account")
    return used[0], used[1]


def read_orders(limits: ReadLimits, text_bytes: int) -> dict[str, Any]:
    """Return the limits a child keeps itself."""
    return {
        "budget": asdict(limits.budget),
        "pictures": None if limits.pictures is None else asdict(limits.pictures),
        "ocr": None if limits.ocr is None else asdict(limits.ocr),
        "max_text_chars": limits.max_text_chars,
        "text_bytes": text_bytes,
    }


def with_facts(artefact: Artefact, intake: Intake) -> Artefact:
    """Return the whole with the facts that the parent computed itself."""
    return replace(artefact, size_bytes=intake.size_bytes, sha256=intake.sha256, crc32=intake.crc32)
