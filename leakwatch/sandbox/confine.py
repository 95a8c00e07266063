"""What a child gives up before it touches a hostile byte, layer by layer.

Each layer holds alone: limits (always), capabilities and privileges (always),
Landlock and seccomp (where the kernel has them; ``Confinement.layers`` says).
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from leakwatch.sandbox.kernel import (
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    Kernel,
)
from leakwatch.sandbox.landlock import Landlock
from leakwatch.sandbox.seccomp import Seccomp

INPUT_FD, OUTPUT_FD, MORE_INPUTS_FD = 3, 4, 5
_FREE_FDS = 64
"""Descriptors a child may open itself: for modules that are loaded late."""
_MAX_ZYGOTE_FDS = 1024
_CAPABILITY_VERSION_3 = 0x20080522
_CAPSET = {"x86_64": 126, "aarch64": 91}


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """Limits that the kernel keeps on one child."""

    cpu_s: int
    memory_bytes: int


class Confinement:
    """Prepared by the zygote, put on by every child."""

    def __init__(self, readable: Iterable[str]) -> None:
        self._kernel = Kernel()
        self._landlock = Landlock(self._kernel, readable)
        self._seccomp = Seccomp(self._kernel)
        self._capset = _CAPSET.get(os.uname().machine)
        self._null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)

    @property
    def layers(self) -> Mapping[str, int]:
        """Landlock's version and whether there is seccomp; 0 for none."""
        return {"landlock": self._landlock.version, "seccomp": int(self._seccomp.is_available)}

    def enter(self, parent: int, fds: Sequence[int], limits: ChildLimits) -> None:
        """Confine this process for good; its input is then fd 3, its output 4, more inputs 5 on.

        Args:
            parent: process id of the zygote; the child dies with it.
            fds: descriptors of input, output and further inputs as they are now, ascending.
            limits: what the child may use.

        Raises:
            OSError: a layer that this machine has could not be put on; go no further.
        """
        self._kernel.prctl(PR_SET_NO_NEW_PRIVS, 1)
        self._drop_capabilities()
        self._kernel.prctl(PR_SET_DUMPABLE, 0)
        self._kernel.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            raise ProcessLookupError
        self._landlock.restrict()
        self._keep_only(fds)
        _set_limits(limits, _FREE_FDS + len(fds))
        self._seccomp.restrict()

    def _drop_capabilities(self) -> None:
        if self._capset is not None:
            header = struct.pack("=Li", _CAPABILITY_VERSION_3, 0)
            self._kernel.call(self._capset, header, bytes(24))

    def _keep_only(self, fds: Sequence[int]) -> None:
        """Close every descriptor but these, which move to their places.

        Ascending ones move downwards, so none is overwritten before its turn.
        """
        if list(fds) != sorted({fd for fd in fds if fd >= INPUT_FD}):
            raise OSError(errno.EBADF, "descriptors out of order")
        for standard in (0, 1, 2):
            os.dup2(self._null, standard)
        for place, fd in enumerate(fds, start=INPUT_FD):
            if fd != place:
                os.dup2(fd, place)
        os.closerange(INPUT_FD + len(fds), _MAX_ZYGOTE_FDS)


def _set_limits(limits: ChildLimits, max_fds: int) -> None:
    for what, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, max_fds, max_fds),
        (resource.RLIMIT_CORE, 0, 0),
        # Not kept for root: seccomp refuses processes and threads to all.
        (resource.RLIMIT_NPROC, 0, 0),
    ):
        # Raising a limit would need a privilege: never above the one in force.
        ceiling = resource.getrlimit(what)[1]
        if ceiling == resource.RLIM_INFINITY:
            ceiling = hard
        resource.setrlimit(what, (min(soft, ceiling), min(hard, ceiling)))
