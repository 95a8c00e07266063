"""The sandbox as the rest of leakwatch sees it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import re
import threading
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from leakwatch.errors import (
    ChildKilled,
    LayoutChanged,
    LeakwatchError,
    MissingFile,
    SandboxError,
    SourceError,
    error_classes,
)
from leakwatch.model.artefact import Artefact, MemberPath
from leakwatch.sandbox.bad_frame import BadFrame
from leakwatch.sandbox.batch import (
    MAX_BATCH_DEATHS,
    Slot,
    batch_job,
    hear_batch,
    left_of,
    slots_of,
)
from leakwatch.sandbox.frames import Frame, clean_line
from leakwatch.sandbox.intake import Body, Intake, is_set, sealed, take_in, take_in_set
from leakwatch.sandbox.limits import PARSERS, ReadLimits
from leakwatch.sandbox.place import ZygotePlace
from leakwatch.sandbox.reading import Reading, with_facts
from leakwatch.sandbox.worker import ChildEnd, ZygoteDied
from leakwatch.unpack.sniff import UNKNOWN, sniff

log = structlog.get_logger(__name__)

_STREAMED = 64
"""How much more may be told one by one than at once: a dump of many gigabytes, whole."""
_PARSER_NAME = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z]\w*)")
_SOURCE_ERRORS = tuple(cls for cls in error_classes() if issubclass(cls, SourceError))


class SandboxPool:
    """Reads hostile content and parses hostile pages. Thread-safe.

    Implements ``ports.ArtefactReader`` and ``ports.PageParser``. At most
    ``workers`` requests run at once; others wait their turn. A thread that is
    amid ``iter_read`` holds one place: it must not ask for another.

    Args:
        limits: of one artefact and each child.
        workers: processes kept ready; as many as there are cores.
        parser_modules: packages whose functions ``parse`` may run.
        required_layers: ``landlock``, ``seccomp``: refuse to work without.
        together: kinds of which small inputs of ``read_many`` may share a child;
            ``ANY_KIND`` where all inputs are the caller's own.
        passwords: tried on whatever is encrypted, in order, behind those of a call.
    """

    def __init__(
        self,
        limits: ReadLimits,
        *,
        workers: int,
        parser_modules: Sequence[str] = PARSERS,
        required_layers: Collection[str] = (),
        together: Container[str] = ("text",),
        passwords: Sequence[str] = (),
    ) -> None:
        self._limits = limits
        self._together = together
        self._passwords = tuple(passwords)
        self._modules = tuple(parser_modules)
        pictures = limits.pictures is not None or limits.ocr is not None
        self._workers = [
            ZygotePlace(self._modules, tuple(required_layers), pictures=pictures)
            for _ in range(workers)
        ]
        self._free: queue.LifoQueue[ZygotePlace | None] = queue.LifoQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> Mapping[str, int]:
        """Start one worker now, before secrets are read; return its layers of defence.

        ``landlock`` is the version of the kernel's interface, ``seccomp`` 0 or 1.

        Raises:
            SandboxError: it does not start, or a required layer is missing.
        """
        with self._worker() as worker:
            return worker.zygote().layers

    def close(self) -> None:
        """End every process of the pool; idempotent. Requests amid one fail."""
        self._closed.set()
        for worker in self._workers:
            worker.stop()
        with contextlib.suppress(queue.Empty):
            while (idle := self._free.get_nowait()) is not None:
                idle.discard()
        # Wakes whoever waits for a worker; those in use are discarded on return.
        self._free.put(None)

    def read(self, body: Body, *, name: str, passwords: Sequence[str] = ()) -> Sequence[Artefact]:
        """Return the whole and every member, outermost first; see ``ports.ArtefactReader``.

        Args:
            body: bytes, a path (no link), or a descriptor whose offset may move.
            name: what to call the whole; never opened, never used as a path.
            passwords: tried in order on whatever is encrypted; never logged.

        Raises:
            SandboxError: the sandbox itself does not work.
        """
        most = self._limits.output_bytes
        found = self.iter_read(body, name=name, output_bytes=most, passwords=passwords)
        return sorted(found, key=lambda artefact: artefact.path.ordinals)

    def iter_read(
        self,
        body: Body,
        *,
        name: str,
        output_bytes: int | None = None,
        passwords: Sequence[str] = (),
    ) -> Iterator[Artefact]:
        """Yield artefacts as they are read: members before the archive that held them.

        The whole comes last, because only then is it known whether all of it
        was read. Nothing is held but the artefact at hand, so ``output_bytes``
        is far over the limit that ``read`` keeps unless it is given. Closing the
        iterator early ends the child. Raises as ``read``.
        """
        output_bytes = output_bytes or _STREAMED * self._limits.output_bytes
        try:
            with take_in(body) as intake:
                reading = self._reading(intake, name, passwords, output_bytes)
                yield from self._read_on(reading, intake)
        except OSError as error:
            yield _unreadable(name, error)

    def iter_read_set(
        self,
        volumes: Sequence[tuple[str, Path] | None],
        *,
        fill: bool,
        passwords: Sequence[str] = (),
    ) -> Iterator[Artefact]:
        """Yield what an archive in volumes holds, then each further volume by its digest.

        The whole goes by the name, size and digest of the first volume. What
        only looks like a set is read file by file.

        Args:
            volumes: (name, path) in order, None for one that is missing.
            fill: they are pieces of one file, so a missing one leaves a gap.
            passwords: as in ``read``.

        Raises:
            SandboxError: as ``read``.
        """
        there = [volume for volume in volumes if volume is not None]
        if not is_set([path for _, path in there], is_cut=fill):
            for name, path in there:
                yield from self.iter_read(path, name=name, passwords=passwords)
            return
        paths = [None if volume is None else volume[1] for volume in volumes]
        try:
            with take_in_set(paths, fill=fill) as intake:
                reading = self._reading(intake, there[0][0], passwords, None)
                yield from self._read_on(reading, intake)
        except OSError as error:
            yield _unreadable(there[0][0], error)
        for name, path in there[1:]:
            yield _volume(name, path)

    def _reading(
        self, intake: Intake, name: str, passwords: Sequence[str], output_bytes: int | None
    ) -> Reading:
        every = self._every_password(passwords)
        return Reading(intake, name, self._limits, output_bytes=output_bytes, passwords=every)

    def _every_password(self, passwords: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*passwords, *self._passwords)))

    def read_many(
        self, inputs: Iterable[tuple[str, Body]], *, passwords: Sequence[str] = ()
    ) -> Iterator[Sequence[Artefact]]:
        """Yield what ``read`` gives for each (name, body), in order, with few forks.

        Args:
            inputs: names and bodies; consumed a batch ahead.
            passwords: as in ``read``.

        Raises:
            SandboxError: as ``read``.
        """
        for slots in slots_of(inputs, self._together):
            small = [slot for slot in slots if slot.small is not None]
            self._read_together(small, self._every_password(passwords))
            for slot in slots:
                if slot.artefacts is None:
                    yield self.read(slot.body, name=slot.name, passwords=passwords)
                else:
                    yield sorted(slot.artefacts, key=lambda found: found.path.ordinals)

    async def parse(
        self, parser: str, body: bytes, options: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Run a page parser in a child; see ``ports.PageParser``.

        Raises:
            LayoutChanged: the parser says so, or failed in an unforeseen way.
            SourceError: the parser raised another of its leaves.
            SandboxError: the child was killed, or the parser is not allowed.
        """
        return await asyncio.to_thread(self.parse_now, parser, body, options)

    def parse_now(self, parser: str, body: bytes, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what ``parse`` does, blocking."""
        if not self._is_allowed(parser):
            raise SandboxError(f"parser {parser} is not one of {', '.join(self._modules)}")
        job = {"op": "parse", "parser": parser, "options": dict(options)}
        with take_in(body) as intake:
            for is_last_try in (False, True):
                with self._worker() as worker:
                    try:
                        return self._parsed(worker, job, intake.fd)
                    except ZygoteDied:
                        worker.discard()
                        if is_last_try or self._closed.is_set():
                            break
        raise SandboxError("the parsing process died")

    def _parsed(self, worker: ZygotePlace, job: Mapping[str, Any], fd: int) -> Mapping[str, Any]:
        run = worker.zygote().run(job, fd, self._limits)
        answer: Frame | None = None
        for frame in run.frames(output_bytes=self._limits.output_bytes):
            answer = frame
        end = run.finish()
        if end.cause is not None or answer is None:
            raise ChildKilled(f"parsing the page failed: {end.cause or 'no answer'}")
        try:
            return _answered(answer)
        except (BadFrame, ValueError, RecursionError):
            raise ChildKilled("parsing the page failed: it broke the protocol") from None

    def _read_on(self, reading: Reading, intake: Intake) -> Iterator[Artefact]:
        is_last_zygote = False
        with self._worker() as worker:
            while not reading.is_over():
                try:
                    run = worker.zygote().run(
                        reading.job(), intake.fd, self._limits, more_fds=intake.more_fds
                    )
                    try:
                        yield from reading.hear(run)
                    except GeneratorExit:
                        run.abandon()
                        raise
                    end = run.finish()
                except ZygoteDied:
                    worker.discard()
                    if is_last_zygote or self._closed.is_set():
                        raise SandboxError("the parsing process died") from None
                    is_last_zygote = True
                    end = ChildEnd("the parsing process died with it")
                if end.cause is not None:
                    log.warning("sandbox_child_ended", cause=end.cause)
                yield from reading.bury(end)

    def _read_together(self, small: list[Slot], passwords: Sequence[str]) -> None:
        """Fill the slots; what ends a child is left empty, to be read alone."""
        deaths = 0
        while small and deaths < MAX_BATCH_DEATHS:
            job, body = batch_job(small, self._limits, passwords)
            has_rested = False
            with sealed(body) as fd, self._worker() as worker:
                try:
                    run = worker.zygote().run(job, fd, self._limits)
                    has_rested = hear_batch(small, run, self._limits)
                    end = run.finish()
                except ZygoteDied:
                    worker.discard()
                    return
            if end.cause is not None and not has_rested:
                deaths += 1
                log.warning("sandbox_child_ended", cause=end.cause)
            small = left_of(small, has_rested=has_rested)

    @contextlib.contextmanager
    def _worker(self) -> Iterator[ZygotePlace]:
        worker = self._free.get()
        if worker is None or self._closed.is_set():
            self._free.put(None)
            raise SandboxError("the sandbox is closed")
        try:
            yield worker
        finally:
            if self._closed.is_set():
                worker.discard()
            else:
                self._free.put(worker)

    def _is_allowed(self, parser: str) -> bool:
        found = _PARSER_NAME.fullmatch(parser)
        return found is not None and any(
            found[1] == module or found[1].startswith(module + ".") for module in self._modules
        )


def _answered(frame: Frame) -> Mapping[str, Any]:
    """Return a parser's result, or raise what it raised."""
    if frame.type == "raised":
        raise _error_of(frame.header.get("e"), clean_line(frame.header.get("d")))
    value = json.loads(frame.payload) if frame.type == "result" else None
    if not isinstance(value, dict):
        raise BadFrame("the parser gave no object")
    return value


def _error_of(slug: object, message: str) -> LeakwatchError:
    if slug == ChildKilled.slug:
        return ChildKilled(f"parsing the page failed: {message}")
    for cls in _SOURCE_ERRORS:
        if cls.slug == slug:
            return cls(message)
    return LayoutChanged(message)


def _volume(name: str, path: Path) -> Artefact:
    """Return a further volume of a set: its bytes count, its content came with the first."""
    try:
        with take_in(path) as intake:
            whole = Artefact(MemberPath((name,), ()), sniff(intake.head), 0, "", 0)
            return with_facts(replace(whole, is_container=True), intake)
    except OSError as error:
        return _unreadable(name, error)


def _unreadable(name: str, error: OSError) -> Artefact:
    detail = f"the file cannot be read: {error.strerror or 'input and output failed'}"
    path = MemberPath((name,), ())
    return Artefact(path, UNKNOWN, 0, "", 0, error=MissingFile.slug, detail=detail)
