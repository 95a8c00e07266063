"""Recursion through containers, under the budget, with member paths kept.

The walk is a stream of events, so that whoever listens knows what was being
read when the process died: ``Opened`` comes before anything risky is done with
an artefact, ``Done`` after. A walk can be taken up again behind that point.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from leakwatch.errors import (
    BudgetExceeded,
    ChildKilled,
    ExtractError,
    LeakwatchError,
    Unsupported,
)
from leakwatch.extract.base import Extraction, Gallery
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.unpack.budget import Budget
from leakwatch.unpack.container import Container, Document, Member, SeekableStream
from leakwatch.unpack.formats import CONTAINERS, DOCUMENTS, UNREAD_ARCHIVES
from leakwatch.unpack.member_reader import MemberReader, as_unpack_error
from leakwatch.unpack.refine import PACKAGE_KINDS, refine
from leakwatch.unpack.sniff import HEAD_BYTES, UNKNOWN, sniff
from leakwatch.unpack.zip_directory import has_directory


class Extract(Protocol):
    """Turns content into text."""

    def has_text(self, kind: str) -> bool:
        """Tell whether content of this kind is read as text."""
        ...

    def is_risky(self, kind: str) -> bool:
        """Tell whether a parser of this kind may die, hang or eat memory."""
        ...

    def __call__(self, kind: str, stream: SeekableStream, *, plainly: bool) -> Extraction | None:
        """Return the text, or None for a kind that has none.

        ``plainly`` asks for the way that cannot fail. Raises anything.
        """
        ...


class Look(Protocol):
    """Turns content into hashes of the pictures in it."""

    def has_pictures(self, kind: str) -> bool:
        """Tell whether content of this kind is looked through for pictures."""
        ...

    def __call__(self, kind: str, stream: SeekableStream) -> Gallery:
        """Return the pictures in content of such a kind; raises anything."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """Reading of this artefact begins; what is said of it is provisional."""

    artefact: Artefact


@dataclass(frozen=True, slots=True)
class Done:
    """All that is known of this artefact; the members of a container come before."""

    artefact: Artefact


Event = Opened | Done


@dataclass(frozen=True, slots=True)
class Resume:
    """Where to take up a walk that died. Ordinals as in ``MemberPath.ordinals``."""

    after: tuple[int, ...] | None = None
    """Nothing up to here is told again, but the containers around it are re-entered."""
    plainly: tuple[int, ...] | None = None
    """This one is read the plain way: its parser died."""
    skip: bool = False
    """The first member not told yet is passed over: its unpacking died."""


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
        head = stream.read(HEAD_BYTES)
        place = _Place(MemberPath((name,), ()), refine(sniff(head), stream), 0)
        artefact = Artefact(place.path, place.kind, 0, "", 0)
        container = self._container(place, stream)
        stream.seek(0)
        if container is None:
            yield from self._leaf(place, stream, artefact)
            return
        artefact = replace(artefact, kind=_container_kind(place), is_container=True)
        yield Opened(artefact)
        error = yield from self._inside(container, stream, place)
        yield from self._read(place, stream, _with_error(artefact, error))

    def _inside(
        self, container: Container, stream: SeekableStream, place: _Place
    ) -> Generator[Event, None, LeakwatchError | None]:
        """Yield the events of a container's members; return what stopped it, or None."""
        try:
            self.budget.check_depth(place.depth + 1)
            for member in container.members(stream, self.passwords):
                self.budget.enter_member()
                yield from self._guarded(container, member, place)
                if self.budget.is_spent:
                    return BudgetExceeded("the rest is unread: total_bytes", limit="total_bytes")
        except Exception as error:  # noqa: BLE001  (hostile bytes raise anything)
            return as_unpack_error(error)
        return None

    def _guarded(self, container: Container, member: Member, parent: _Place) -> Iterator[Event]:
        """Yield a member's events; what it raises costs it alone."""
        try:
            yield from self._member(container, member, parent)
        except Exception as error:  # noqa: BLE001  (hostile bytes raise anything)
            path = parent.path.child(member.name, member.ordinal)
            claims = (member.size_bytes or 0, "", member.crc32 or 0)
            yield Done(_with_error(Artefact(path, UNKNOWN, *claims), as_unpack_error(error)))

    def _member(self, container: Container, member: Member, parent: _Place) -> Iterator[Event]:
        path = parent.path.child(member.name, member.ordinal)
        reader = MemberReader(member, self.budget.account(member.packed_bytes))
        if self._is_told(path.ordinals) or self._is_to_skip(path.ordinals):
            if not self._is_told(path.ordinals):
                killed = ChildKilled("unpacking this member ran over a limit")
                yield Done(_with_error(_artefact(path, UNKNOWN, reader), killed))
            if not container.needs_seek:
                reader.drain()
            return
        place = _Place(path, sniff(reader.peek(HEAD_BYTES)), parent.depth + 1)
        forward = self._forward(place)
        if forward is not None:
            yield from self._nested(forward, reader, reader, place)
            return
        held, is_cut = reader.hold(self.budget.limits.max_held_bytes)
        place = replace(place, kind=refine(place.kind, held))
        inner = self._container(place, held)
        if inner is not None and is_cut:
            too_large = BudgetExceeded(
                "too large to be opened inside an archive", limit="held_bytes"
            )
            yield Done(_with_error(_artefact(path, place.kind, reader), too_large))
        elif inner is not None:
            yield from self._nested(inner, held, reader, place)
        else:
            error = reader.error
            if is_cut and (self.extract.has_text(place.kind) or self._shows(place)):
                error = error or BudgetExceeded("read in part only", limit="held_bytes")
            artefact = _with_error(_artefact(path, place.kind, reader), error)
            yield from self._leaf(place, held, artefact)

    def _nested(
        self, inner: Container, stream: SeekableStream, reader: MemberReader, place: _Place
    ) -> Iterator[Event]:
        artefact = replace(_artefact(place.path, _container_kind(place), reader), is_container=True)
        yield Opened(artefact)
        error = yield from self._inside(inner, stream, place)
        reader.drain()
        size_bytes, sha256, crc32 = reader.facts()
        artefact = replace(artefact, size_bytes=size_bytes, sha256=sha256, crc32=crc32)
        artefact = _with_error(artefact, reader.error or error)
        if inner.needs_seek:
            yield from self._read(place, stream, artefact)
        else:
            yield Done(artefact)

    def _leaf(self, place: _Place, stream: SeekableStream, artefact: Artefact) -> Iterator[Event]:
        """Yield the events of one artefact that holds no others."""
        if place.kind in UNREAD_ARCHIVES and artefact.error is None:
            artefact = _with_error(artefact, Unsupported(f"no reader for {place.kind}"))
        yield from self._read(place, stream, artefact)

    def _read(self, place: _Place, stream: SeekableStream, artefact: Artefact) -> Iterator[Event]:
        """Yield the events of reading what an artefact says and shows itself."""
        shows = self._shows(place)
        if shows or (self.extract.is_risky(place.kind) and not self._is_plain(place.path)):
            # Its members, if it has any, are told: what dies now is the reading of it.
            yield Opened(replace(artefact, is_container=False))
        artefact = self._with_text(artefact, stream)
        yield Done(self._with_pictures(artefact, stream) if shows else artefact)

    def _with_text(self, artefact: Artefact, stream: SeekableStream) -> Artefact:
        try:
            stream.seek(0)
            plainly = self._is_plain(artefact.path)
            extraction = self.extract(artefact.kind, stream, plainly=plainly)
        except Exception as error:  # noqa: BLE001  (hostile bytes raise anything)
            return _with_error(artefact, _as_extract_error(artefact.kind, error))
        if extraction is None:
            return artefact
        return replace(artefact, text=extraction.text, detail=artefact.detail or extraction.note)

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
            return _with_error(artefact, _as_extract_error(artefact.kind, error, of="pictures"))
        note = artefact.detail or gallery.note
        return replace(artefact, pictures=gallery.pictures, detail=note)

    def _forward(self, place: _Place) -> Container | None:
        """Return who opens content as it comes, without holding it."""
        container = None if self._is_plain(place.path) else CONTAINERS.get(place.kind)
        return None if container is None or container.needs_seek else container

    def _container(self, place: _Place, stream: SeekableStream) -> Container | None:
        """Return who opens content: as what it is, or as a ZIP file at its end.

        A document with files attached comes first: one of them may be the ZIP file.
        """
        if self._is_plain(place.path):
            return None
        if place.kind in CONTAINERS:
            return CONTAINERS[place.kind]
        document = DOCUMENTS.get(place.kind)
        if document is not None and _has_members(document, stream):
            return document
        is_zip = place.kind not in PACKAGE_KINDS and has_directory(stream)
        return CONTAINERS["zip"] if is_zip else None

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


def _has_members(document: Document, stream: SeekableStream) -> bool:
    try:
        return document.has_members(stream)
    except Exception:  # noqa: BLE001  (hostile bytes raise anything; the text says what is wrong)
        return False


def _container_kind(place: _Place) -> str:
    """Name a ZIP file that starts with something else (a self-extractor) for what it is."""
    return "zip" if place.kind in {UNKNOWN, "exe"} else place.kind


def _artefact(path: MemberPath, kind: str, reader: MemberReader) -> Artefact:
    size_bytes, sha256, crc32 = reader.facts()
    return Artefact(path, kind, size_bytes, sha256, crc32)


def _with_error(artefact: Artefact, error: LeakwatchError | None) -> Artefact:
    if error is None:
        return artefact
    return replace(artefact, error=error.slug, detail=error.what)


def _as_extract_error(kind: str, error: Exception, *, of: str = "text") -> LeakwatchError:
    if isinstance(error, LeakwatchError):
        return error
    if isinstance(error, MemoryError):
        return as_unpack_error(error)
    return ExtractError(f"no {of} from {kind} ({type(error).__name__})")
