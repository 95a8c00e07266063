"""Parsers that do what a parser taken over by its input would try.

Run in a sandbox child by name, as ``parse`` jobs. Each reports what it got.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
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


def _attempt(action: Callable[[], object]) -> Result:
    try:
        return {"got": repr(action())}
    except OSError as error:
        return {"refused": error.errno}


def open_socket(_body: bytes, _options: Result) -> Result:
    kinds = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)
    return {str(int(kind)): _attempt(partial(socket.socket, kind)) for kind in kinds}


def resolve_name(_body: bytes, options: Result) -> Result:
    return _attempt(lambda: socket.getaddrinfo("localhost", 80))


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
    except (OSError, ValueError) as error:
        return {"refused": str(error)}
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
