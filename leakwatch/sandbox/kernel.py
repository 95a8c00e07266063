"""System calls that Python does not offer."""

from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38


class Kernel:
    """libc's ``syscall`` and ``prctl``, raising OSError."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def call(self, number: int, *arguments: object) -> int:
        return self._checked(self._libc.syscall(ctypes.c_long(number), *arguments))

    def prctl(self, option: int, *arguments: object) -> int:
        padded = [*arguments, 0, 0, 0, 0][:4]
        wide = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in padded]
        return self._checked(self._libc.prctl(option, *wide))

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result
