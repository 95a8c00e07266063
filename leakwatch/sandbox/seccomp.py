"""seccomp: system calls that no parser needs are refused.

Source: Linux ``Documentation/userspace-api/seccomp_filter.rst``; numbers from
the kernel's own headers. A list of what is refused, not of what is allowed: it
holds whatever C library and wheels are installed. Landlock, the limits and the
missing file descriptors stand beside it.
"""

from __future__ import annotations

import ctypes
import platform
import struct

from leakwatch.sandbox.kernel import PR_SET_SECCOMP, Kernel

_MODE_FILTER = 2
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_OR_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
_AT_NUMBER, _AT_ARCH, _AT_FIRST_ARGUMENT = 0, 4, 16
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x10000
_CLONE3 = 435
_MACHINES = {"x86_64": (0xC000003E, 56, 0), "aarch64": (0xC00000B7, 220, 1)}
"""Machine -> (audit number, number of clone, column of ``_REFUSED``)."""

_REFUSED: tuple[tuple[str, int | None, int | None], ...] = (
    ("socket", 41, 198),
    ("socketpair", 53, 199),
    ("connect", 42, 203),
    ("bind", 49, 200),
    ("listen", 50, 201),
    ("accept", 43, 202),
    ("accept4", 288, 242),
    ("sendto", 44, 206),
    ("sendmsg", 46, 211),
    ("sendmmsg", 307, 269),
    ("execve", 59, 221),
    ("execveat", 322, 281),
    ("fork", 57, None),
    ("vfork", 58, None),
    ("ptrace", 101, 117),
    ("process_vm_readv", 310, 270),
    ("process_vm_writev", 311, 271),
    ("kill", 62, 129),
    ("tkill", 200, 130),
    ("tgkill", 234, 131),
    ("rt_sigqueueinfo", 129, 138),
    ("rt_tgsigqueueinfo", 297, 240),
    ("pidfd_open", 434, 434),
    ("pidfd_send_signal", 424, 424),
    ("pidfd_getfd", 438, 438),
    ("mount", 165, 40),
    ("umount2", 166, 39),
    ("pivot_root", 155, 41),
    ("chroot", 161, 51),
    ("unshare", 272, 97),
    ("setns", 308, 268),
    ("bpf", 321, 280),
    ("perf_event_open", 298, 241),
    ("keyctl", 250, 219),
    ("add_key", 248, 217),
    ("request_key", 249, 218),
    ("io_uring_setup", 425, 425),
    ("userfaultfd", 323, 282),
    ("open_by_handle_at", 304, 265),
    ("init_module", 175, 105),
    ("finit_module", 313, 273),
    ("kexec_load", 246, 104),
    ("reboot", 169, 142),
    ("shmget", 29, 194),
    ("msgget", 68, 186),
    ("semget", 64, 190),
    ("truncate", 76, 45),
    ("chmod", 90, None),
    ("fchmod", 91, 52),
    ("fchmodat", 268, 53),
    ("chown", 92, None),
    ("lchown", 94, None),
    ("fchown", 93, 55),
    ("fchownat", 260, 54),
    ("utimensat", 280, 88),
    ("setxattr", 188, 5),
    ("lsetxattr", 189, 6),
    ("fsetxattr", 190, 7),
    ("removexattr", 197, 14),
    ("prlimit64", 302, 261),
    ("setrlimit", 160, 164),
    ("fsopen", 430, 430),
    ("fsmount", 432, 432),
    ("move_mount", 429, 429),
    ("open_tree", 428, 428),
    ("mount_setattr", 442, 442),
    ("memfd_create", 319, 279),
    ("setsid", 112, 157),
    ("setpgid", 109, 154),
    ("sched_setaffinity", 203, 122),
    ("setpriority", 141, 140),
    ("personality", 135, 92),
    ("quotactl", 179, 60),
    ("swapon", 167, 224),
    ("settimeofday", 164, 170),
    ("clock_settime", 227, 112),
    ("sethostname", 170, 161),
)
"""(name, number on x86_64, number on aarch64)."""


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


def _program(architecture: int, clone: int, column: int) -> bytes:
    """Assemble the filter: 8 bytes an instruction (code, jump if true, if false, operand)."""
    steps = [
        (_LOAD, 0, 0, _AT_ARCH),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_JUMP_GREATER_OR_EQUAL, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, _KILL),
        # clone3 hides its flags from filters: the C library falls back to clone.
        (_JUMP_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ENOSYS),
        # Threads may be made, processes not.
        (_JUMP_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_JUMP_ANY_BIT, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    for _, *numbers in _REFUSED:
        number = numbers[column]
        if number is not None:
            steps += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _EPERM)]
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBL", *step) for step in steps)
