"""A throw-away PostgreSQL server on loopback, and an empty schema a test.

One server a test process, so parallel workers never share one. A test gets a
login role and a schema of the same name: PostgreSQL's default search path
puts everything there, and making one costs milliseconds where a database
costs a fifth of a second.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB"


class NoPostgres(Exception):
    """Why there is no server here."""


@dataclass(frozen=True)
class PostgresServer:
    port: int
    _psql: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def new_schema(self) -> str:
        """Make an empty schema; return the URL of the role that owns it."""
        name = f"t{next(self._numbers)}"
        self._run_sql(f"CREATE ROLE {name} LOGIN; CREATE SCHEMA {name} AUTHORIZATION {name}")
        return f"postgresql://{name}@127.0.0.1:{self.port}/postgres"

    def end_connections(self, url: str) -> None:
        """End every connection of the role of a URL, as a restart would."""
        role = urlsplit(url).username
        self._run_sql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"  # noqa: S608
        )

    def _run_sql(self, sql: str) -> None:
        server = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        _run([str(self._psql), "-X", "-q", *server, "-c", sql], None)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server until the block ends.

    Raises:
        NoPostgres: no server programs, or nobody to run them as.
    """
    programs, user = _find_programs(), _find_user()
    # mkdtemp's own folder is 0700: PostgreSQL's user must be able to pass through.
    root = Path(tempfile.mkdtemp(prefix="leakwatch-postgres-"))
    try:
        root.chmod(0o755)
        data, sockets = root / "data", root / "sockets"
        for folder in (data, sockets):
            folder.mkdir(mode=0o700)
            if user is not None:
                os.chown(folder, user.pw_uid, user.pw_gid)
        port = _free_port()
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-s"]
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={sockets}"
        )
        initdb = ["-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        _run([str(programs / "initdb"), "-D", str(data), *initdb], user)
        _run([*control, "-l", str(data / "log"), "-o", f"{options} {_FAST}", "start"], user)
        try:
            yield PostgresServer(port, programs / "psql")
        finally:
            _run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _find_programs() -> Path:
    on_path = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    for folder in ([Path(on_path).resolve().parent] if on_path else []) + installed[::-1]:
        if (folder / "pg_ctl").exists():
            return folder
    raise NoPostgres("PostgreSQL's server programs (initdb, pg_ctl) are not installed")


def _find_user() -> pwd.struct_passwd | None:
    """Return whom to run as: PostgreSQL refuses root. None means as we are."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("we are root, and there is no user postgres to run as") from None


def _run(command: list[str], user: pwd.struct_passwd | None) -> None:
    who: dict[str, Any] = (
        {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    )
    done = subprocess.run(  # noqa: S603 - our own command line
        command,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
        **who,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
