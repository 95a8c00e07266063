"""The pool's end of one zygote: start it, hand it jobs, hear its children out."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leakwatch.clock import SystemClock
from leakwatch.errors import SandboxError
from leakwatch.sandbox import control
from leakwatch.sandbox.bad_frame import BadFrame
from leakwatch.sandbox.exits import EXIT_CONFINEMENT, EXIT_MEMORY
from leakwatch.sandbox.frames import Frame, FrameSplitter
from leakwatch.sandbox.limits import ReadLimits

_START_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 5.0
_LINGER_MS = 1000
_READ_BYTES = 64 * 1024
_BOOT = (
    "import json, sys; config = json.loads(sys.argv[1]); sys.path[:] = config['path']; "
    "from leakwatch.sandbox.zygote import main; main(config)"
)
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
"""All that is in a zygote's environment. Libraries that would use every core read it when
they are loaded: a child may make no threads, and those of a zygote are not in its forks."""


class ZygoteDied(Exception):
    """The zygote itself is gone; it says nothing about the content."""


@dataclass(frozen=True, slots=True)
class ChildEnd:
    """How a child ended."""

    cause: str | None
    """One line on what killed it; None when it had said everything."""
    is_limit: bool = False
    """It ran over a limit of time or output, rather than crashed."""


class Zygote:
    """One zygote process. Not thread-safe: one request at a time."""

    def __init__(self, modules: Sequence[str], *, pictures: bool = False) -> None:
        """Start it and wait until its parsers are loaded.

        Args:
            modules: packages whose functions may be asked for.
            pictures: load the decoders of pictures too.

        Raises:
            SandboxError: it does not come up.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        config = {
            "fd": theirs.fileno(),
            "parent": os.getpid(),
            "modules": list(modules),
            "pictures": pictures,
            "path": [str(Path(entry).absolute()) for entry in sys.path],
        }
        self._sock = ours
        with theirs:
            try:
                self._process = _popen(config)
            except OSError as error:
                ours.close()
                raise SandboxError(
                    f"the parsing process cannot be started: {error.strerror}"
                ) from None
        ours.settimeout(_START_TIMEOUT_S)
        try:
            message, _ = control.receive(ours)
        except control.Disconnected:
            self.close()
            raise SandboxError(
                "the parsing process did not start",
                hint="leakwatch doctor tells which part of the sandbox fails",
            ) from None
        ours.settimeout(_END_TIMEOUT_S)
        self.layers: Mapping[str, int] = message["layers"]

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(
        self,
        job: Mapping[str, Any],
        input_fd: int,
        limits: ReadLimits,
        *,
        more_fds: Sequence[int] = (),
    ) -> ChildRun:
        """Fork a child for the job, with one input or more. Raises ZygoteDied."""
        read_fd, write_fd = os.pipe()
        try:
            message = {**job, "cpu_s": limits.cpu_s, "memory_bytes": limits.memory_bytes}
            control.send(self._sock, message, [input_fd, write_fd, *more_fds])
        except control.Disconnected:
            os.close(read_fd)
            raise ZygoteDied from None
        finally:
            os.close(write_fd)
        return ChildRun(self._sock, read_fd, limits)

    def stop(self) -> None:
        """End the process and whatever child it has; may be called from another thread."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Stop it and give its socket back."""
        self.stop()
        self._sock.close()


class ChildRun:
    """One child at work. Hear ``frames``, then call ``finish``, always."""

    def __init__(self, sock: socket.socket, read_fd: int, limits: ReadLimits) -> None:
        self._sock = sock
        self._read_fd = read_fd
        self._limits = limits
        self._clock = SystemClock()
        self._waited_s = 0.0
        self._cause: str | None = None
        self._has_said_all = False
        self._is_ending = False

    def frames(self, *, output_bytes: int) -> Iterator[Frame]:
        """Yield what the child says until it ends or runs over a limit.

        Only the time spent waiting for it counts, not the caller's own.
        """
        # However much is told in all, one frame is held at a time.
        splitter = FrameSplitter(max_payload_bytes=min(output_bytes, self._limits.output_bytes))
        left_bytes = output_bytes
        while data := self._read():
            left_bytes -= len(data)
            if left_bytes < 0:
                self._cause = f"output limit of {output_bytes} bytes"
                return
            try:
                for frame in splitter.feed(data):
                    if frame.type == "end":
                        self._has_said_all = self._is_ending = True
                        return
                    yield frame
            except BadFrame:
                self._cause = "it broke the protocol"
                return

    def refuse(self) -> None:
        """Say that a frame made no sense."""
        self._cause = "it broke the protocol"

    def abandon(self) -> None:
        """End the child, whatever it was about to say."""
        with contextlib.suppress(ZygoteDied, SandboxError):
            self.finish()

    def finish(self) -> ChildEnd:
        """End the child if it still runs; return how it ended.

        Raises:
            ZygoteDied: nobody can tell.
            SandboxError: the child could not be confined, so it read nothing.
        """
        os.close(self._read_fd)
        status = self._status()
        if self._has_said_all:
            return ChildEnd(None)
        if self._cause is not None:
            return ChildEnd(self._cause, is_limit="limit" in self._cause)
        if status == EXIT_CONFINEMENT:
            raise SandboxError("the parsing child could not be confined")
        return _end(status, self._limits)

    def _read(self) -> bytes:
        """Return the next bytes; none at the end or when the time is up."""
        poller = select.poll()
        poller.register(self._read_fd, select.POLLIN)
        left_s = self._limits.wall_s - self._waited_s
        began_s = self._clock.monotonic_s()
        ready = poller.poll(max(0.0, left_s) * 1000)
        self._waited_s += self._clock.monotonic_s() - began_s
        if ready:
            data = os.read(self._read_fd, _READ_BYTES)
            self._is_ending = not data
            return data
        self._cause = f"wall limit of {self._limits.wall_s:g} s"
        return b""

    def _status(self) -> int:
        """Return the child's exit code, killing it if it does not end by itself."""
        poller = select.poll()
        poller.register(self._sock, select.POLLIN)
        try:
            if not self._is_ending or not poller.poll(_LINGER_MS):
                control.send(self._sock, {"op": "kill"})
            message, _ = control.receive(self._sock)
        except control.Disconnected:
            raise ZygoteDied from None
        return int(message["status"])


def _popen(config: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  (our own interpreter and code)
        [sys.executable, "-I", "-B", "-c", _BOOT, json.dumps(config)],
        env=_ONE_THREAD,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[config["fd"]],
        start_new_session=True,
    )


def _end(status: int, limits: ReadLimits) -> ChildEnd:
    if status == -signal.SIGXCPU:
        return ChildEnd(f"CPU limit of {limits.cpu_s} s", is_limit=True)
    if status == -signal.SIGPROF:
        return ChildEnd("CPU limit of one parser", is_limit=True)
    if status == EXIT_MEMORY:
        return ChildEnd(f"memory limit of {limits.memory_bytes} bytes", is_limit=True)
    if status < 0:
        with contextlib.suppress(ValueError):
            return ChildEnd(f"it died of {signal.Signals(-status).name}")
        return ChildEnd(f"it died of signal {-status}")
    return ChildEnd(f"it ended with code {status}")
