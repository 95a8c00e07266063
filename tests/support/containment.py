"""What a parser that was taken over tries, one file each, and what must come of it.

    python -c "from tests.support.containment import main; main()"

prints what came of each attempt here, as whoever runs it: the tests compare it
with ``EXPECTED`` as root, as nobody and in the container. Every attempt lies in
an archive between two notes, which must be read whatever the attempt does.
"""

from __future__ import annotations

import errno
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leakwatch.model.artefact import Artefact
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from leakwatch.unpack.budget import BudgetLimits

PAGE_START = b"<html><title>attempt</title>"
BEFORE, AFTER = b"a note before it", b"a note behind it"
_MIB = 1024 * 1024
LIMITS = ReadLimits(
    budget=BudgetLimits(max_total_bytes=64 * _MIB),
    cpu_s=1,
    wall_s=6,
    output_bytes=8 * _MIB,
)
_REFUSED = "refused"
_SECRET, _NEXT = "the secret afterwards", "the next file"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing a parser tries."""

    says: str
    """In a table for people."""
    name: str
    """Of a function in ``hostile``."""
    options: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = _REFUSED
    """``refused``, or a part of the reason that is recorded with the file."""


def _call(says: str, x86_64: int, aarch64: int, *arguments: int | list[int]) -> Attempt:
    number = x86_64 if os.uname().machine == "x86_64" else aarch64
    return Attempt(says, "call_kernel", {"number": number, "arguments": list(arguments)})


def attempts(folder: Path) -> list[Attempt]:
    """Return all of them.

    Args:
        folder: holds a file ``secret`` and a folder ``empty``.
    """
    secret = str(folder / "secret")
    paths = {"path": secret}
    return [
        Attempt("open a socket of any family", "every_socket"),
        Attempt("resolve a name", "resolve_name"),
        Attempt("open a pair of sockets", "open_pair"),
        Attempt("read /etc/passwd", "read_file", {"path": "/etc/passwd"}),
        Attempt("read /proc/self/environ", "read_file", {"path": "/proc/self/environ"}),
        Attempt("read /proc/1/cmdline", "read_file", {"path": "/proc/1/cmdline"}),
        Attempt("read a file of the owner", "read_file", paths),
        Attempt("list /", "list_folder", {"path": "/"}),
        Attempt("list /proc", "list_folder", {"path": "/proc"}),
        Attempt("list the owner's folder", "list_folder", {"path": str(folder)}),
        Attempt("write a new file", "write_file", {"path": str(folder / "new")}),
        Attempt("write over a file", "write_file", paths),
        Attempt("append to a file", "append_file", paths),
        Attempt("write to /dev/shm", "write_file", {"path": "/dev/shm/dropped"}),  # noqa: S108
        Attempt("remove a file", "remove_file", paths),
        Attempt("change a mode", "chmod_file", paths),
        Attempt("make, move, link, remove", "change_folder", {"path": str(folder)}),
        *_PROCESSES_AND_CALLS,
        *_DEATHS,
    ]


_DONE = {"t": "done", "k": "text"}
_PLACE = {"n": ["x"], "s": 1, "h": "", "c": 0}
_FORGED: Mapping[str, Mapping[str, Any]] = {
    "a length over the limit": {"header": _DONE, "says_bytes": 2**31},
    "a member told again": {"header": {**_DONE, **_PLACE, "o": [0]}},
    "a member of another archive": {"header": {**_DONE, "n": ["x", "y"], "o": [0, 7]}},
    "the whole before its members": {"header": _DONE},
    "an open place outside": {"header": {**_DONE, **_PLACE, "t": "open", "o": [5]}},
    "an ordinal below nought": {"header": {**_DONE, **_PLACE, "o": [-1]}},
    "ordinals that are no numbers": {"header": {**_DONE, **_PLACE, "o": [True]}},
    "more names than ordinals": {"header": {**_DONE, **_PLACE, "n": ["x"] * 3, "o": [1]}},
    "a digest that is none": {"header": {**_DONE, **_PLACE, "o": [1], "h": "../../x"}},
    "a size below nought": {"header": {**_DONE, **_PLACE, "o": [1], "s": -1}},
    "an error of its own making": {"header": {**_DONE, **_PLACE, "o": [1], "e": "x"}},
    "a frame of no type": {"header": {}},
}


_PROCESSES_AND_CALLS: Sequence[Attempt] = (
    Attempt("exec", "execute"),
    Attempt("spawn a program", "spawn"),
    Attempt("fork", "fork"),
    Attempt("fork by a bare clone", "fork_by_clone"),
    Attempt("make a thread", "make_thread"),
    Attempt("kill zygote and pool", "kill_both", {"pid": os.getpid()}),
    Attempt("trace the zygote", "trace_parent"),
    Attempt("read the zygote's memory", "read_parent"),
    Attempt("raise a limit", "raise_limits"),
    _call("set limits of the pool", 302, 261, os.getpid(), 7, [16], [16]),
    _call("memfd_create", 319, 279, [8], 0),
    _call("io_uring_setup", 425, 425, 8, [128]),
    _call("keyctl", 250, 219, 0, -3, 1),
    _call("add_key", 248, 217, [8], [8], [8], 8, -3),
    _call("userfaultfd", 323, 282, 0),
    _call("bpf", 321, 280, 0, [64], 64),
    _call("perf_event_open", 298, 241, [128], 0, -1, -1, 0),
    _call("unshare a user namespace", 272, 97, 0x10000000),
    _call("mount", 165, 40, [8], [8], [8], 0, 0),
    _call("chroot", 161, 51, [8]),
    _call("shmget", 29, 194, 0, 4096, 0o1600),
    _call("mq_open", 240, 180, [8], 0o102, 0o600, 0),
    _call("pidfd_open", 434, 434, os.getpid(), 0),
    _call("personality", 135, 92, 0x0040000),
)
_DEATHS: Sequence[Attempt] = (
    Attempt("allocate 4 GB", "allocate", outcome="MemoryError"),
    Attempt("loop", "spin", outcome="CPU limit of 1 s"),
    Attempt("sleep", "sleep", outcome="wall limit of 6 s"),
    Attempt("print without end", "print_without_end", outcome="CPU limit of 1 s"),
    Attempt("answer without end", "flood", outcome="broke the protocol"),
    Attempt("close the pipe and sleep", "close_output", outcome="it died of SIGKILL"),
    Attempt("dereference NULL", "crash", outcome="SIGSEGV"),
    Attempt("abort", "abort", outcome="it died of"),
    Attempt("overflow the stack in C", "overflow_stack", outcome="SIGSEGV"),
    Attempt("talk nonsense", "talk_nonsense", outcome="broke the protocol"),
    *(
        Attempt(f"forge a frame: {says}", "write_frame", options, outcome="broke the protocol")
        for says, options in _FORGED.items()
    ),
)


def page(attempt: Attempt) -> bytes:
    """Return a page that has it made; see ``taken_over``."""
    return attempt_page(attempt.name, **attempt.options)


def attempt_page(name: str, **options: Any) -> bytes:
    """Return a page that has one of ``hostile``'s functions called."""
    return PAGE_START + json.dumps([name, options]).encode()


def archive(attempt: Attempt) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, body in (("1.txt", BEFORE), ("2.html", page(attempt)), ("3.txt", AFTER)):
            made.writestr(name, body)
    return packed.getvalue()


def outcome(pool: SandboxPool, attempt: Attempt) -> str:
    """Make an attempt; return what came of it, and whatever was lost with it."""
    artefacts = {a.path.ordinals: a for a in pool.read(archive(attempt), name="x.zip")}
    lost = [
        f"lost {body.decode()!r}"
        for at, body in ((0, BEFORE), (2, AFTER))
        if getattr(artefacts.get((at,)), "text", None) != body.decode()
    ]
    return "; ".join([_came_of(artefacts.get((1,))), *lost])


def _came_of(artefact: Artefact | None) -> str:
    if artefact is None:
        return "untold"
    if artefact.error or artefact.detail:
        return f"{artefact.error}: {artefact.detail}"
    answer = json.loads(artefact.text or "{}")
    is_refused = set(answer) == {_REFUSED} and _is_refusal(answer[_REFUSED])
    return _REFUSED if is_refused else f"got {answer}"


def _is_refusal(refused: object) -> bool:
    """Tell whether what failed was refused, rather than done wrong."""
    if isinstance(refused, dict):
        return all(_is_refusal(one) for one in refused.values())
    return refused in {_REFUSED, errno.EPERM, errno.EACCES, errno.ENOSYS}


@contextmanager
def place() -> Iterator[Path]:
    """Give a folder with what an attempt might be after."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_bytes(b"secret")
        (folder / "empty").mkdir()
        yield folder


def came_as_expected(attempt: Attempt, came: str) -> bool:
    if attempt.outcome == _REFUSED:
        return came == _REFUSED
    return attempt.outcome in came and "lost" not in came


def outcomes(*extra_modules: str, only: Collection[str] | None = None) -> dict[str, str]:
    """Make all attempts here; return what came of each, and what stands afterwards.

    Args:
        extra_modules: imported by the zygote: ``no_landlock``.
        only: names of the attempts; None for all.
    """
    modules = ["tests.support.taken_over", *extra_modules]
    with place() as folder, SandboxPool(LIMITS, workers=1, parser_modules=modules) as pool:
        came = {
            attempt.says: outcome(pool, attempt)
            for attempt in attempts(folder)
            if only is None or attempt.name in only
        }
        is_whole = (folder / "secret").read_bytes() == b"secret"
        came[_SECRET] = "whole" if is_whole else "changed"
        came[_NEXT] = str(pool.read(BEFORE, name="x")[0].text)
    return came


def unexpected(came: Mapping[str, str], made: Iterable[Attempt] | None = None) -> dict[str, str]:
    """Return those outcomes that are not what they must be."""
    tries = attempts(Path("/nowhere")) if made is None else made
    wrong = {
        attempt.says: came.get(attempt.says, "not made")
        for attempt in tries
        if not came_as_expected(attempt, came.get(attempt.says, "not made"))
    }
    after = {_SECRET: "whole", _NEXT: BEFORE.decode()}
    return wrong | {name: came[name] for name, must in after.items() if came[name] != must}


def main() -> None:
    print(json.dumps(outcomes()))  # noqa: T201 - for whoever runs it elsewhere
