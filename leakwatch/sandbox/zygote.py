"""The process that has all parsers loaded and forks one child a request.

Single-threaded, started with an empty environment and no open file but its
control socket; it reads no hostile byte itself. It ends when the pool's end of
the socket closes or its parent dies, and takes a running child with it.
"""

from __future__ import annotations

import codecs
import contextlib
import gc
import importlib
import os
import pkgutil
import select
import signal
import socket
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from leakwatch.extract.tessdata import PLACES as TESSDATA_PLACES
from leakwatch.sandbox import control, jobs
from leakwatch.sandbox.confine import INPUT_FD, OUTPUT_FD, ChildLimits, Confinement
from leakwatch.sandbox.exits import EXIT_CONFINEMENT, EXIT_FAILED, EXIT_MEMORY, EXIT_UNHEARD

_PARSERS = ("selectolax.lexbor", "pypdfium2", "python_calamine", "charset_normalizer", "_strptime")
_PICTURE_READERS = "leakwatch.extract.pictures"
_CODECS = ("utf-16", "utf-32", "utf-8-sig", "cp1252", "cp437", "latin-1", "idna")
_LIBRARY_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_PACKAGE_FOLDERS = ("/site-packages", "/dist-packages")
_PARENT_CHECK_MS = 2000


def main(config: Mapping[str, Any]) -> None:
    """Serve the socket named by ``config["fd"]`` until it closes.

    Args:
        config: ``fd``; ``parent``: process id of the pool; ``modules``: packages
            whose functions may be asked for; ``pictures``: whether pictures will be.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=config["fd"]) as sock, contextlib.suppress(control.Disconnected):
        preload(config["modules"], pictures=config["pictures"])
        confinement = Confinement(readable_places(config["modules"]))
        gc.collect()
        gc.freeze()
        control.send(sock, {"ready": True, "layers": dict(confinement.layers)})
        _Server(sock, config["parent"], confinement).serve()


def preload(modules: Sequence[str], *, pictures: bool) -> None:
    """Import what children will need; what is not installed is simply not there."""
    for name in _PARSERS:
        _try_import(name)
    if pictures:
        _try_import(_PICTURE_READERS)
    for name in modules:
        _try_import(name)
        path = getattr(sys.modules.get(name), "__path__", None)
        for found in pkgutil.walk_packages(path or [], name + "."):
            _try_import(found.name)
    for codec in _CODECS:
        codecs.lookup(codec)
    with contextlib.suppress(ImportError):
        # The first guess loads some ninety codecs.
        importlib.import_module("charset_normalizer").from_bytes(
            "caf\xe9 cr\xe8me".encode("cp1252")
        )


def _try_import(name: str) -> None:
    with contextlib.suppress(Exception):
        importlib.import_module(name)


def readable_places(modules: Sequence[str]) -> list[str]:
    """Return what a child may still read: code, time zones, models of OCR; no data of ours."""
    paths = sysconfig.get_paths()
    places = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    # Packages may lie elsewhere than this interpreter puts its own.
    places.update(path for path in sys.path if path.endswith(_PACKAGE_FOLDERS))
    for name in ("leakwatch", *modules):
        places.update(getattr(sys.modules.get(name.partition(".")[0]), "__path__", ()))
    return [*sorted(places), *_LIBRARY_FOLDERS, "/usr/share/zoneinfo", *TESSDATA_PLACES]


class _Server:
    def __init__(self, sock: socket.socket, parent: int, confinement: Confinement) -> None:
        self._sock = sock
        self._parent = parent
        self._confinement = confinement

    def serve(self) -> None:
        """Answer requests one by one. Raises Disconnected at the end."""
        while True:
            self._wait_for(self._sock.fileno())
            job, fds = control.receive(self._sock)
            # A kill may come when its child has just ended.
            if job["op"] != "kill":
                child = self._fork(job, fds)
                for fd in fds:
                    os.close(fd)
                control.send(self._sock, self._supervise(child))

    def _fork(self, job: Mapping[str, Any], fds: list[int]) -> int:
        zygote = os.getpid()
        child = os.fork()
        if child == 0:
            self._be_child(zygote, job, fds)
        return child

    def _be_child(self, zygote: int, job: Mapping[str, Any], fds: list[int]) -> NoReturn:
        code = EXIT_CONFINEMENT
        try:
            limits = ChildLimits(cpu_s=job["cpu_s"], memory_bytes=job["memory_bytes"])
            self._confinement.enter(zygote, fds, limits)
            code = EXIT_FAILED
            jobs.run(job, INPUT_FD, OUTPUT_FD)
            code = 0
        except MemoryError:
            code = EXIT_MEMORY
        except BrokenPipeError:
            code = EXIT_UNHEARD
        finally:
            os._exit(code)

    def _supervise(self, child: int) -> dict[str, Any]:
        """Wait for the child, killing it when told to or when nobody waits for it."""
        handle = os.pidfd_open(child)
        try:
            while self._wait_for(self._sock.fileno(), handle) != handle:
                message, _ = control.receive(self._sock)
                if message["op"] == "kill":
                    os.kill(child, signal.SIGKILL)
        except control.Disconnected:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            _, status, usage = os.wait4(child, 0)
            os.close(handle)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "max_rss_bytes": usage.ru_maxrss * 1024,
        }

    def _wait_for(self, *fds: int) -> int:
        """Return the last of the descriptors that has something. Raises Disconnected."""
        poller = select.poll()
        for fd in fds:
            poller.register(fd, select.POLLIN)
        while os.getppid() == self._parent:
            ready = {fd for fd, _ in poller.poll(_PARENT_CHECK_MS)}
            for fd in reversed(fds):
                if fd in ready:
                    return fd
        raise control.Disconnected
