"""seccomp: system calls that no parser needs are refused.

Source: Linux ``Documentation/userspace-api/seccomp_filter.rst``. A list of what
is refused, not of what is allowed: it holds whatever C library and wheels are
installed. Landlock, the limits and the missing file descriptors stand beside it.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from collections.abc import Sequence

from leakwatch.sandbox.kernel import PR_SET_SECCOMP, Kernel
from leakwatch.sandbox.refused_calls import REFUSED

_Numbers = tuple[int, int | None]
"""Of a call on x86_64 and on aarch64; None where it has no such call."""
_MODE_FILTER = 2
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_OR_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
_AT_NUMBER, _AT_ARCH, _AT_ARGUMENTS = 0, 4, 16
_X32_BIT = 0x40000000
_TO_WRITE = 0x243
"""O_WRONLY, O_RDWR, O_CREAT and O_TRUNC: the same numbers on both machines."""
_CLONE3, _OPENAT2 = 435, 437
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""Machine -> (audit number, column of the tables)."""
_OPEN: _Numbers = (2, None)
_OPENAT: _Numbers = (257, 56)
_PRLIMIT64: _Numbers = (302, 261)

_Step = tuple[int, int, int, int]
"""Operation, instructions to pass over if true, if false, operand."""


class Seccomp:
    """The filter of this machine, made once and put on by each child."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        machine = _MACHINES.get(platform.machine())
        program = b"" if machine is None else _program(*machine)
        self._code = ctypes.create_string_buffer(program, len(program))
        self._header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(self._code))
        self.is_available = machine is not None and self._is_in_kernel()
        """False on other machines and kernels without filters: ``restrict`` then does nothing."""

    def restrict(self) -> None:
        """Put the filter on this process for good; needs no_new_privs. Raises OSError."""
        if self.is_available:
            self._kernel.prctl(PR_SET_SECCOMP, _MODE_FILTER, self._header)

    def _is_in_kernel(self) -> bool:
        # Asking for a filter at address 0 fails with EFAULT where there are filters.
        try:
            self._kernel.prctl(PR_SET_SECCOMP, _MODE_FILTER, None)
        except OSError as error:
            return error.errno == 14
        return False


def _program(architecture: int, column: int) -> bytes:
    """Assemble the filter: 8 bytes an instruction (code, jump if true, if false, operand)."""
    steps: list[_Step] = [
        (_LOAD, 0, 0, _AT_ARCH),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_JUMP_GREATER_OR_EQUAL, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL),
        # These hide their flags from filters: the C library falls back to the older calls.
        *_when(_CLONE3, [(_RETURN, 0, 0, _ENOSYS)]),
        *_when(_OPENAT2, [(_RETURN, 0, 0, _ENOSYS)]),
        # Files are opened to be read.
        *_when(_OPEN[column], _never(1, _JUMP_ANY_BIT, _TO_WRITE)),
        *_when(_OPENAT[column], _never(2, _JUMP_ANY_BIT, _TO_WRITE)),
        # A process may ask for its own limits: no other's, and none new.
        *_when(
            _PRLIMIT64[column],
            [
                *_only(0, _JUMP_EQUAL, 0),
                *_only(2, _JUMP_EQUAL, 0),
                *_only(2, _JUMP_EQUAL, 0, is_high=True),
            ],
        ),
    ]
    for _, *numbers in REFUSED:
        steps += _when(numbers[column], [(_RETURN, 0, 0, _EPERM)])
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBL", *step) for step in steps)


def _when(number: int | None, rule: Sequence[_Step]) -> list[_Step]:
    """Return the steps for one call: its rule, and leave if that refuses nothing."""
    if number is None:
        return []
    steps = [*rule, (_RETURN, 0, 0, _ALLOW)]
    return [(_JUMP_EQUAL, 0, len(steps), number), *steps]


def _only(argument: int, test: int, operand: int, *, is_high: bool = False) -> list[_Step]:
    """Refuse unless the test holds for the low (or high) half of an argument."""
    at = _AT_ARGUMENTS + 8 * argument + 4 * is_high
    return [(_LOAD, 0, 0, at), (test, 1, 0, operand), (_RETURN, 0, 0, _EPERM)]


def _never(argument: int, test: int, operand: int) -> list[_Step]:
    """Refuse if the test holds for the low half of an argument."""
    at = _AT_ARGUMENTS + 8 * argument
    return [(_LOAD, 0, 0, at), (test, 0, 1, operand), (_RETURN, 0, 0, _EPERM)]
