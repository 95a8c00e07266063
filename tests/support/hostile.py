"""Parsers that do what a parser taken over by its input would try.

Run in a sandbox child by name, as ``parse`` jobs. Each reports what it got.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from leakwatch.errors import Challenged, LayoutChanged

Result = dict[str, Any]


def echo(body: bytes, options: Result) -> Result:
    """Behave."""
    return {"bytes": len(body), "options": options}


def load(_body: bytes, options: Result) -> Result:
    """Import a module that the zygote has not."""
    return {"loaded": importlib.import_module(options["module"]).__name__}


def _attempt(action: Callable[[], object]) -> Result:
    try:
        return {"got": repr(action())}
    except OSError as error:
        return {"refused": error.errno}


def open_socket(_body: bytes, _options: Result) -> Result:
    kinds = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)
    return {str(int(kind)): _attempt(partial(socket.socket, kind)) for kind in kinds}


def resolve_name(_body: bytes, options: Result) -> Result:
    try:
        return {"got": repr(socket.getaddrinfo("localhost", 80))}
    except socket.gaierror:
        return {"refused": "refused"}


def read_file(_body: bytes, options: Result) -> Result:
    return _attempt(lambda: Path(options["path"]).read_bytes())


def list_folder(_body: bytes, options: Result) -> Result:
    return _attempt(lambda: os.listdir(options["path"]))  # noqa: PTH208


def write_file(_body: bytes, options: Result) -> Result:
    return _attempt(lambda: Path(options["path"]).write_bytes(b"was here"))


def remove_file(_body: bytes, options: Result) -> Result:
    return _attempt(lambda: Path(options["path"]).unlink())


def chmod_file(_body: bytes, options: Result) -> Result:
    return _attempt(lambda: Path(options["path"]).chmod(0o777))


def execute(_body: bytes, _options: Result) -> Result:
    return _attempt(lambda: os.execv("/bin/true", ["true"]))  # noqa: S606


def spawn(_body: bytes, _options: Result) -> Result:
    return _attempt(lambda: subprocess.run(["/bin/true"], check=False))


def fork(_body: bytes, _options: Result) -> Result:
    return _attempt(os.fork)


def kill_parent(_body: bytes, options: Result) -> Result:
    zygote = _attempt(lambda: os.kill(os.getppid(), signal.SIGKILL))
    return {"zygote": zygote, "pool": _attempt(lambda: os.kill(options["pid"], signal.SIGKILL))}


def raise_limits(_body: bytes, _options: Result) -> Result:
    import resource  # noqa: PLC0415  (as an intruder would)

    top = resource.RLIM_INFINITY
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (top, top))
    except (OSError, ValueError):
        return {"refused": "refused"}
    return {"got": "limits"}


def list_descriptors(_body: bytes, _options: Result) -> Result:
    open_fds = []
    for fd in range(1024):
        try:
            os.fstat(fd)
        except OSError:
            continue
        open_fds.append(fd)
    return {"fds": open_fds, "environment": dict(os.environ)}


def allocate(_body: bytes, _options: Result) -> Result:
    return {"bytes": len(bytearray(4 * 1024**3))}


def spin(_body: bytes, _options: Result) -> Result:
    while True:
        pass


def busy(_body: bytes, options: Result) -> Result:
    """Work for so long, and end well."""
    until_s = time.process_time() + options["cpu_s"]
    while time.process_time() < until_s:
        pass
    return {"done": True}


def sleep(_body: bytes, _options: Result) -> Result:
    time.sleep(3600)
    return {}


def flood(_body: bytes, _options: Result) -> Result:
    while True:
        os.write(4, b'\x09\x00\x00\x00\x00\x00\x10\x00{"t":"x"}' + bytes(1024 * 1024))


def talk_nonsense(_body: bytes, _options: Result) -> Result:
    os.write(4, b"\xff" * 64)
    return {}


def forge_header(_body: bytes, options: Result) -> Result:
    raw = options["header"].encode()
    os.write(4, len(raw).to_bytes(4, "little") + bytes(4) + raw)
    os.write(4, b'\x0b\x00\x00\x00\x00\x00\x00\x00{"t":"end"}')
    os._exit(0)


def close_output(_body: bytes, _options: Result) -> Result:
    os.close(4)
    time.sleep(3600)
    return {}


def crash(_body: bytes, _options: Result) -> Result:
    ctypes.string_at(0)
    return {}


def abort(_body: bytes, _options: Result) -> Result:
    os.abort()


def recurse(body: bytes, options: Result) -> Result:
    return recurse(body, options)


def change_layout(_body: bytes, _options: Result) -> Result:
    raise LayoutChanged("no list of posts")


def challenge(_body: bytes, _options: Result) -> Result:
    raise Challenged("a waiting room")


def fail(_body: bytes, _options: Result) -> Result:
    raise KeyError("patient name, which must not be told")


def return_list(_body: bytes, _options: Result) -> Result:
    return [1]  # type: ignore[return-value]


def return_infinity(_body: bytes, _options: Result) -> Result:
    return {"x": float("inf")}


def call_kernel(_body: bytes, options: Result) -> Result:
    """Make a system call by number; arguments that are lists stand for zeroed memory."""
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = [
        ctypes.create_string_buffer(max(a)) if isinstance(a, list) else ctypes.c_long(a)
        for a in options["arguments"]
    ]
    result = libc.syscall(ctypes.c_long(options["number"]), *arguments)
    return {"refused": ctypes.get_errno()} if result < 0 else {"got": result}


def trace_parent(_body: bytes, _options: Result) -> Result:
    return call_kernel(b"", {"number": _number(101, 117), "arguments": [16, os.getppid(), 0, 0]})


def read_parent(_body: bytes, _options: Result) -> Result:
    arguments = [os.getppid(), [64], 1, [64], 1, 0]
    return call_kernel(b"", {"number": _number(310, 270), "arguments": arguments})


def fork_by_clone(_body: bytes, _options: Result) -> Result:
    return call_kernel(b"", {"number": _number(56, 220), "arguments": [17, 0, 0, 0, 0]})


def _number(x86_64: int, aarch64: int) -> int:
    return x86_64 if os.uname().machine == "x86_64" else aarch64


def append_file(_body: bytes, options: Result) -> Result:
    def append() -> None:
        with Path(options["path"]).open("ab") as opened:
            opened.write(b"was here")

    return _attempt(append)


def change_folder(_body: bytes, options: Result) -> Result:
    """Try all that changes a folder rather than a file."""
    path = Path(options["path"])
    tries: dict[str, Callable[[], object]] = {
        "mkdir": (path / "new").mkdir,
        "symlink": lambda: (path / "link").symlink_to("/etc/passwd"),
        "link": lambda: os.link(path / "secret", path / "again"),
        "rename": lambda: (path / "secret").rename(path / "moved"),
        "rmdir": (path / "empty").rmdir,
        "mkfifo": lambda: os.mkfifo(path / "pipe"),
    }
    got = {name: _attempt(action) for name, action in tries.items()}
    return {"got": got} if any("got" in one for one in got.values()) else {"refused": got}


def every_socket(_body: bytes, _options: Result) -> Result:
    """Try every family and type."""
    got = []
    for family in range(1, 46):
        for kind in range(1, 7):
            with contextlib.suppress(OSError):
                got.append(str(socket.socket(family, kind)))
    return {"got": got} if got else {"refused": "refused"}


def open_pair(_body: bytes, _options: Result) -> Result:
    return _attempt(socket.socketpair)


def make_thread(_body: bytes, _options: Result) -> Result:
    """By the C library, which tries clone3 first."""
    try:
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    except RuntimeError:
        return {"refused": "refused"}
    return {"got": "a thread"}


def print_without_end(_body: bytes, _options: Result) -> Result:
    while True:
        os.write(1, b"x" * 65536)


def overflow_stack(_body: bytes, _options: Result) -> Result:
    """Recurse in C: a comparison that sorts."""
    sys.setrecursionlimit(10**9)
    compare_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    qsort = ctypes.CDLL(None).qsort
    array = (ctypes.c_int * 2)(2, 1)

    def compare(_one: Any, _other: Any) -> int:
        qsort(array, 2, 4, compare_in_c)
        return 0

    compare_in_c = compare_type(compare)
    qsort(array, 2, 4, compare_in_c)
    return {}


def write_frame(_body: bytes, options: Result) -> Result:
    """Say something in the place of the reader that runs us."""
    header = json.dumps(options["header"]).encode()
    payload = b"x" * options.get("payload_bytes", 0)
    says_bytes = options.get("says_bytes", len(payload))
    os.write(4, struct.pack("<2L", len(header), says_bytes) + header + payload)
    return {"got": "written"}


def kill_both(body: bytes, options: Result) -> Result:
    got = kill_parent(body, options)
    return {"got": got} if any("got" in one for one in got.values()) else {"refused": got}
