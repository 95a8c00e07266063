"""Recursion through containers, under the budget, with member paths kept.

The walk is a stream of events (``events.py``), so that whoever listens knows
what was being read when the process died: ``Opened`` comes before anything risky
is done with an artefact, ``Done`` after. A walk can be taken up again behind
that point.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from leakwatch.errors import BudgetExceeded, ChildKilled, Corrupt, LeakwatchError, Unsupported
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.model.volumes import volume_of
from leakwatch.unpack.budget import Budget, MemberAccount
from leakwatch.unpack.container import Container, Member, SeekableStream
from leakwatch.unpack.events import Done, Event, Extract, Look, Opened, Resume
from leakwatch.unpack.formats import UNREAD_ARCHIVES
from leakwatch.unpack.held_volumes import HeldSet, HeldVolumes
from leakwatch.unpack.listings import RISKY_KINDS, with_listing
from leakwatch.unpack.long_text import LONG_KINDS, LongText
from leakwatch.unpack.member_reader import MemberReader, as_unpack_error
from leakwatch.unpack.opening import forward_opener, long_text_opener, opened_kind, opener
from leakwatch.unpack.refine import refine
from leakwatch.unpack.sniff import HEAD_BYTES, UNKNOWN, sniff
from leakwatch.unpack.told import as_extract_error, joined_artefact, member_artefact, with_error
from leakwatch.unpack.volumes import JoinedStream, missing_of

IN_PLACE_BYTES = 1024 * 1024
"""Smaller members are held: they are then read once."""


@dataclass(frozen=True, slots=True)
class _Place:
    path: MemberPath
    kind: str
    depth: int
    """Containers around it."""


@dataclass(slots=True)
class Walker:
    """One walk through one artefact."""

    budget: Budget
    extract: Extract
    resume: Resume = field(default_factory=Resume)
    look: Look | None = None
    """None where nobody asked for pictures."""
    passwords: Sequence[str] = field(default=(), repr=False)
    """Tried in order on whatever is encrypted."""
    _has_skipped: bool = False

    def walk(self, stream: SeekableStream, name: str) -> Iterator[Event]:
        """Yield the events of the whole and of everything in it.

        The whole's own size and digests are left empty: they are the caller's
        to compute, outside the process that parses.
        """
        joined = stream if isinstance(stream, JoinedStream) else None
        head = joined.head(HEAD_BYTES) if joined else stream.read(HEAD_BYTES)
        place = _Place(MemberPath((name,), ()), refine(sniff(head), stream), 0)
        artefact = Artefact(place.path, place.kind, 0, "", 0)
        container = self._long_text(place, stream.seek(0, 2)) or self._opener(place, stream)
        stream.seek(0)
        if container is None:
            yield from self._leaf(place, stream, artefact)
            return
        artefact = replace(artefact, kind=opened_kind(place.kind, container), is_container=True)
        yield Opened(artefact)
        error = yield from self._inside(container, stream, place)
        yield from self._done(container, stream, place, with_error(artefact, error))

    def _inside(
        self, container: Container, stream: SeekableStream, place: _Place
    ) -> Generator[Event, None, LeakwatchError | None]:
        """Yield the events of a container's members; return what stopped it, or None."""
        volumes = HeldVolumes(self.budget.limits.max_held_bytes)
        error: LeakwatchError | None = None
        next_ordinal = 0
        try:
            if not isinstance(container, LongText):
                self.budget.check_depth(place.depth + 1)
            for member in container.members(stream, self.passwords):
                self.budget.enter_member()
                next_ordinal = member.ordinal + 1
                yield from self._guarded(container, member, place, volumes)
                if self.budget.is_spent:
                    self.budget.held_bytes -= volumes.held_bytes
                    return BudgetExceeded("the rest is unread: total_bytes", limit="total_bytes")
        except Exception as problem:  # noqa: BLE001  (hostile bytes raise anything)
            error = as_unpack_error(problem)
        for ordinal, held in enumerate(volumes.sets(), start=next_ordinal):
            yield from self._volume_set(held, ordinal, place)
        self.budget.held_bytes -= volumes.held_bytes
        lack = missing_of(stream)
        return error if lack is None else Corrupt(lack)

    def _volume_set(self, held: HeldSet, ordinal: int, parent: _Place) -> Iterator[Event]:
        """Yield the events of volumes that are one archive, behind all members of their container.

        It has the name of its first volume, and a place that no member has.
        """
        path = parent.path.child(held.name, ordinal)
        place = _Place(path, sniff(held.stream.head(HEAD_BYTES)), parent.depth + 1)
        container = self._opener(place, held.stream)
        if self._is_told(path.ordinals) or container is None:
            return
        artefact = replace(joined_artefact(path, held), kind=opened_kind(place.kind, container))
        if self._is_to_skip(path.ordinals):
            killed = ChildKilled("unpacking this member ran over a limit")
            yield Done(with_error(artefact, killed))
            return
        yield Opened(artefact)
        held.stream.seek(0)
        error = yield from self._inside(container, held.stream, place)
        yield Done(with_error(artefact, error))

    def _guarded(
        self, container: Container, member: Member, parent: _Place, volumes: HeldVolumes
    ) -> Iterator[Event]:
        """Yield a member's events; what it raises costs it alone."""
        try:
            yield from self._member(container, member, parent, volumes)
        except Exception as error:  # noqa: BLE001  (hostile bytes raise anything)
            path = parent.path.child(member.name, member.ordinal)
            claims = (member.size_bytes or 0, "", member.crc32 or 0)
            yield Done(with_error(Artefact(path, UNKNOWN, *claims), as_unpack_error(error)))

    def _member(
        self, container: Container, member: Member, parent: _Place, volumes: HeldVolumes
    ) -> Iterator[Event]:
        path = parent.path.child(member.name, member.ordinal)
        is_part = member.kind is not None
        budget = self.budget
        account = budget.uncharged() if is_part else budget.account(member.packed_bytes)
        reader = MemberReader(member, account)
        if self._is_told(path.ordinals) or self._is_to_skip(path.ordinals):
            if not self._is_told(path.ordinals):
                killed = ChildKilled("unpacking this member ran over a limit")
                yield Done(with_error(member_artefact(path, UNKNOWN, reader), killed))
            elif volume_of(member.name) is not None:
                # Told, but what it is a part of may not be.
                self._hold(reader, path, sniff(reader.peek(HEAD_BYTES)), volumes)
            if not container.needs_seek:
                reader.drain()
            return
        kind = member.kind or sniff(reader.peek(HEAD_BYTES))
        place = _Place(path, kind, parent.depth + (not is_part))
        if not is_part and volumes.wants(member.name, kind):
            yield Done(self._hold(reader, path, kind, volumes))
            return
        lying = member.in_place if (member.size_bytes or 0) >= IN_PLACE_BYTES else None
        forward = self._forward(place, reader, is_part=is_part)
        # What lies in a tar that lies there can be opened where it lies, too.
        if forward is not None and (lying is None or kind != "tar"):
            account.stream()
            yield from self._nested(forward, reader, reader, place)
            return
        if lying is not None:
            yield from self._lying(lying, reader, account, place)
            return
        held, is_cut = reader.hold(self.budget.room_to_hold_bytes)
        with self.budget.holding(held.getbuffer().nbytes):
            place = replace(place, kind=member.kind or refine(place.kind, held))
            yield from self._whole(self._opener(place, held), held, reader, place, is_cut=is_cut)

    def _lying(
        self,
        at_most: Callable[[int], SeekableStream],
        reader: MemberReader,
        account: MemberAccount,
        place: _Place,
    ) -> Iterator[Event]:
        """Yield the events of a member that is opened where it lies, and not held."""
        stream = at_most(sys.maxsize)
        place = replace(place, kind=refine(place.kind, stream))
        inner = self._opener(place, stream)
        if inner is not None:
            account.stream()
        reader.drain()
        is_cut = isinstance(reader.error, BudgetExceeded)
        if is_cut:
            # No more of it is looked at than was charged.
            stream = at_most(reader.read_bytes)
        yield from self._whole(inner, stream, reader, place, is_cut=is_cut)

    def _whole(
        self,
        inner: Container | None,
        held: SeekableStream,
        reader: MemberReader,
        place: _Place,
        *,
        is_cut: bool,
    ) -> Iterator[Event]:
        """Yield the events of a member that was read to its end and can be read anywhere."""
        path = place.path
        if inner is not None and is_cut:
            too_large = BudgetExceeded(
                "too large to be opened inside an archive", limit="held_bytes"
            )
            yield Done(
                with_error(member_artefact(path, place.kind, reader), reader.error or too_large)
            )
        elif inner is not None:
            yield from self._nested(inner, held, reader, place)
        else:
            error = reader.error
            if is_cut and (self.extract.has_text(place.kind) or self._shows(place)):
                error = error or BudgetExceeded("read in part only", limit="held_bytes")
            artefact = with_error(member_artefact(path, place.kind, reader), error)
            yield from self._leaf(place, held, artefact)

    def _hold(
        self, reader: MemberReader, path: MemberPath, kind: str, volumes: HeldVolumes
    ) -> Artefact:
        """Hold a member that is a volume, if it is one; return it, unopened."""
        name = path.names[-1]
        if not volumes.wants(name, kind):
            return member_artefact(path, kind, reader)
        room_bytes = min(volumes.room_bytes, self.budget.room_to_hold_bytes)
        held, is_cut = reader.hold(room_bytes)
        is_kept = volumes.keep(name, held, is_cut=is_cut)
        if is_kept:
            self.budget.held_bytes += held.getbuffer().nbytes
        artefact = replace(member_artefact(path, kind, reader), is_container=True)
        too_large = BudgetExceeded("too large to be joined inside an archive", limit="held_bytes")
        return with_error(artefact, reader.error or (None if is_kept else too_large))

    def _nested(
        self, inner: Container, stream: SeekableStream, reader: MemberReader, place: _Place
    ) -> Iterator[Event]:
        kind = opened_kind(place.kind, inner)
        artefact = replace(member_artefact(place.path, kind, reader), is_container=True)
        yield Opened(artefact)
        error = yield from self._inside(inner, stream, place)
        reader.drain()
        size_bytes, sha256, crc32 = reader.facts()
        artefact = replace(artefact, size_bytes=size_bytes, sha256=sha256, crc32=crc32)
        artefact = with_error(artefact, reader.error or error)
        yield from self._done(inner, stream, place, artefact)

    def _done(
        self, container: Container, stream: SeekableStream, place: _Place, artefact: Artefact
    ) -> Iterator[Event]:
        """Yield the last events of a container: of one with words of its own, those are read now."""
        if container.needs_seek:
            yield from self._read(replace(place, kind=artefact.kind), stream, artefact)
        else:
            yield Done(artefact)

    def _leaf(self, place: _Place, stream: SeekableStream, artefact: Artefact) -> Iterator[Event]:
        """Yield the events of one artefact that holds no others."""
        if place.kind in UNREAD_ARCHIVES and artefact.error is None:
            artefact = with_error(artefact, Unsupported(f"no reader for {place.kind}"))
        yield from self._read(place, stream, artefact)

    def _read(self, place: _Place, stream: SeekableStream, artefact: Artefact) -> Iterator[Event]:
        """Yield the events of reading what an artefact says and shows itself."""
        shows = self._shows(place)
        is_risky = self.extract.is_risky(place.kind) or place.kind in RISKY_KINDS
        if shows or (is_risky and not self._is_plain(place.path)):
            # Its members, if it has any, are told: what dies now is the reading of it.
            yield Opened(replace(artefact, is_container=False))
        artefact = self._with_words(artefact, stream)
        yield Done(self._with_pictures(artefact, stream) if shows else artefact)

    def _with_text(self, artefact: Artefact, stream: SeekableStream) -> Artefact:
        try:
            stream.seek(0)
            plainly = self._is_plain(artefact.path)
            extraction = self.extract(artefact.kind, stream, plainly=plainly)
        except Exception as error:  # noqa: BLE001  (hostile bytes raise anything)
            return with_error(artefact, as_extract_error(artefact.kind, error))
        if extraction is None:
            return artefact
        return replace(artefact, text=extraction.text, detail=artefact.detail or extraction.note)

    def _with_words(self, artefact: Artefact, stream: SeekableStream) -> Artefact:
        """Return an artefact with its text and with what that, or it, tells of other files."""
        read, plainly = self._with_text(artefact, stream), self._is_plain(artefact.path)
        return with_listing(read, stream, plainly=plainly, read_text=self._with_text)

    def _shows(self, place: _Place) -> bool:
        """Tell whether to look for pictures: not again in what a decoder died of."""
        look = self.look
        return look is not None and look.has_pictures(place.kind) and not self._is_plain(place.path)

    def _with_pictures(self, artefact: Artefact, stream: SeekableStream) -> Artefact:
        if self.look is None:
            return artefact
        try:
            stream.seek(0)
            gallery = self.look(artefact.kind, stream)
        except Exception as error:  # noqa: BLE001  (hostile bytes raise anything)
            if artefact.error is not None:
                return artefact
            return with_error(artefact, as_extract_error(artefact.kind, error, of="pictures"))
        note = artefact.detail or gallery.note
        return replace(artefact, pictures=gallery.pictures, detail=note)

    def _opener(self, place: _Place, stream: SeekableStream) -> Container | None:
        return None if self._is_plain(place.path) else opener(place.kind, stream)

    def _forward(self, place: _Place, reader: MemberReader, *, is_part: bool) -> Container | None:
        """Return who opens a member as it comes, without its being held."""
        if self._is_plain(place.path) or is_part:
            return None
        if place.kind not in LONG_KINDS:
            return forward_opener(place.kind)
        most = 2 * self.budget.limits.text_part_bytes + 1
        return self._long_text(place, len(reader.peek(most)))

    def _long_text(self, place: _Place, size_bytes: int) -> Container | None:
        return long_text_opener(place.kind, size_bytes, self.budget.limits)

    def _is_plain(self, path: MemberPath) -> bool:
        return path.ordinals == self.resume.plainly

    def _is_told(self, ordinals: tuple[int, ...]) -> bool:
        """Tell whether an earlier walk has finished this one."""
        after = self.resume.after
        if after is None or after[: len(ordinals)] != ordinals:
            return after is not None and ordinals < after
        return len(ordinals) == len(after)

    def _is_to_skip(self, ordinals: tuple[int, ...]) -> bool:
        after = self.resume.after or ()
        is_entered = len(ordinals) < len(after) and after[: len(ordinals)] == ordinals
        if not self.resume.skip or self._has_skipped or is_entered:
            return False
        self._has_skipped = True
        return True
