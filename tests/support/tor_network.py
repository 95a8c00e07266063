"""A private Tor network on loopback: authorities, relays, a client, an onion service.

Nothing leaves the machine. Small voting intervals and the order of the start
(relays, consensus, then client and service) bring it up in about 15 seconds.
"""

from __future__ import annotations

import http.client
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest
from python_socks import ProxyError
from python_socks.sync import Proxy

AUTHORITIES = 4
RELAYS = 2
START_LIMIT_S = 90.0
ATTEMPTS = 2
STOP_LIMIT_S = 5.0

_ALL = """
TestingTorNetwork 1
RunAsDaemon 0
ShutdownWaitLength 0
AddressDisableIPv6 1
LearnCircuitBuildTimeout 0
CircuitBuildTimeout 15
ConnLimit 60
MaxMemInQueues 256 MB
"""
_RELAY = """
Address 127.0.0.1
OutboundBindAddress 127.0.0.1
AssumeReachable 1
ExitRelay 0
ExitPolicy reject *:*
PublishServerDescriptor v3
ContactInfo test@invalid
SocksPort 0
NumCPUs 1
"""
# The intervals are the shortest that tor accepts.
_AUTHORITY = """
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
TestingV3AuthInitialVotingInterval 5
TestingV3AuthInitialVoteDelay 2
TestingV3AuthInitialDistDelay 2
V3AuthVotingInterval 10
V3AuthVoteDelay 2
V3AuthDistDelay 2
V3AuthNIntervalsValid 3
TestingDirAuthVoteGuard *
TestingDirAuthVoteHSDir *
TestingDirAuthVoteExit *
TestingMinExitFlagThreshold 0
"""
# Without these a client waits ten seconds before it asks again for what it lacks.
_EAGER = """
FetchDirInfoEarly 1
FetchDirInfoExtraEarly 1
FetchUselessDescriptors 1
TestingClientDownloadInitialDelay 0
"""


class NotUp(Exception):
    """The network did not come up in time; the message holds the logs' ends."""


@dataclass(frozen=True, slots=True)
class TorNetwork:
    """A network that works.

    Attributes:
        socks_port: the client's SOCKS port on 127.0.0.1; streams are isolated by user name.
        onion: the service's name, ``....onion``.
        web_port: where on 127.0.0.1 the service's port 80 leads; a test listens there.
    """

    socks_port: int
    onion: str
    web_port: int

    def proxy_url(self, user: str | None = None) -> str:
        login = f"{user}:x@" if user else ""
        return f"socks5://{login}127.0.0.1:{self.socks_port}"


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    directory: Path
    or_port: int = 0
    dir_port: int = 0

    @property
    def is_authority(self) -> bool:
        return self.dir_port > 0

    def torrc(self, *, directories: str) -> str:
        lines = [f"DataDirectory {self.directory}", f"Nickname {self.name}"]
        lines += [f"Log notice file {self.directory}/notice.log"]
        lines += [f"__OwningControllerProcess {os.getpid()}", _ALL, directories]
        if self.or_port:
            lines += [_RELAY, f"ORPort 127.0.0.1:{self.or_port}"]
        if self.is_authority:
            lines += [_AUTHORITY, f"DirPort 127.0.0.1:{self.dir_port}"]
        return "\n".join(lines) + "\n"


@dataclass(slots=True)
class _Processes:
    """Every process that was started, so that every one is ended."""

    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def tor(self, node: _Node, torrc: str) -> None:
        path = node.directory / "torrc"
        path.write_text(torrc, encoding="utf-8")
        # "none" is not there: neither the system's torrc nor its defaults are read.
        none = str(node.directory / "none")
        command = ["tor", "--quiet", "--defaults-torrc", none, "--ignore-missing-torrc"]
        self.started.append(subprocess.Popen([*command, "-f", str(path)]))  # noqa: S603

    def raise_if_dead(self) -> None:
        dead = [p.args for p in self.started if p.poll() is not None]
        if dead:
            raise NotUp(f"ended early: {dead}")

    def stop(self) -> None:
        for process in self.started:
            process.terminate()
        for process in self.started:
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_ports(count: int) -> list[int]:
    """Return ports below the range from which the kernel hands out its own.

    So nobody is given one of them between the look and its use.
    """
    ports: list[int] = []
    candidates = random.SystemRandom().sample(range(20_000, 32_000), 500)
    for port in candidates:
        with suppress(OSError), closing(socket.create_server(("127.0.0.1", port))):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise NotUp("no free ports")


def _run_all(commands: Iterable[Sequence[str | Path]], *, passphrase: bytes = b"") -> None:
    """Run the commands side by side."""
    running = [
        subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for command in commands
    ]
    try:
        for process in running:
            _, errors = process.communicate(passphrase, timeout=START_LIMIT_S)
            if process.returncode:
                raise NotUp(f"{process.args!r}: {errors.decode(errors='replace')}")
    except subprocess.TimeoutExpired as error:
        raise NotUp(str(error)) from error
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()


def _make_identities(nodes: Sequence[_Node]) -> None:
    """Write the authorities' certificates and every relay's keys."""
    gencert: list[list[str | Path]] = []
    for node in nodes:
        keys = node.directory / "keys"
        keys.mkdir(mode=0o700)
        if node.is_authority:
            files: list[str | Path] = ["-i", keys / "authority_identity_key"]
            files += ["-s", keys / "authority_signing_key", "-c", keys / "authority_certificate"]
            files += ["-a", f"127.0.0.1:{node.dir_port}"]
            options = ["--create-identity-key", "--passphrase-fd", "0", "-m", "12"]
            gencert.append(["tor-gencert", *options, *files])
    _run_all(gencert, passphrase=b"x\n")
    for node in nodes:
        none = node.directory / "none"
        options = ["--quiet", "--ignore-missing-torrc", "--list-fingerprint", "--orport", "1"]
        files = ["-f", none, "--defaults-torrc", none, "--datadirectory", node.directory]
        # Tor insists on an authority before it shows a fingerprint; any will do.
        authority = ["--dirserver", "x 127.0.0.1:1 " + "f" * 40]
        _run_all([["tor", *options, *files, "--nickname", node.name, *authority]])


def _directories(nodes: Sequence[_Node]) -> str:
    """Return the DirAuthority lines that everybody in the network gets."""
    lines = []
    for node in nodes:
        if node.is_authority:
            certificate = (node.directory / "keys" / "authority_certificate").read_text()
            v3 = next(x.split()[1] for x in certificate.splitlines() if x.startswith("fingerprint"))
            identity = (node.directory / "fingerprint").read_text().split()[1]
            where = f"127.0.0.1:{node.dir_port} {identity}"
            lines.append(
                f"DirAuthority {node.name} orport={node.or_port} no-v2 v3ident={v3} {where}"
            )
    return "\n".join(lines)


def _relays_in_consensus(dir_port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", dir_port, timeout=2)
    with closing(connection):
        try:
            connection.request("GET", "/tor/status-vote/current/consensus-microdesc")
            return connection.getresponse().read().count(b"\nr ")
        except (OSError, http.client.HTTPException):
            return 0


def _answers(network: TorNetwork) -> bool:
    """Tell whether a stream reaches the web port through the network."""
    proxy = Proxy.from_url(network.proxy_url("start"))
    with socket.create_server(("127.0.0.1", network.web_port)):
        try:
            proxy.connect(dest_host=network.onion, dest_port=80, timeout=10).close()
        except (ProxyError, OSError):
            return False
    return True


def _wait(is_done: Callable[[], bool], *, what: str, processes: _Processes, until: float) -> None:
    while not is_done():
        processes.raise_if_dead()
        if time.monotonic() > until:
            raise NotUp(f"no {what} within {START_LIMIT_S:.0f} s")
        time.sleep(0.2)


def _start(base: Path, processes: _Processes) -> TorNetwork:
    until = time.monotonic() + START_LIMIT_S
    ports = iter(_free_ports(2 * AUTHORITIES + RELAYS + 2))
    names = [f"auth{i}" for i in range(AUTHORITIES)] + [f"relay{i}" for i in range(RELAYS)]
    for name in [*names, "client", "service"]:
        (base / name).mkdir(mode=0o700)
    nodes = [
        _Node(name, base / name, next(ports), next(ports) if name.startswith("auth") else 0)
        for name in names
    ]
    _make_identities(nodes)
    directories = _directories(nodes)
    for node in nodes:
        processes.tor(node, node.torrc(directories=directories))
    first = nodes[0].dir_port
    _wait(
        lambda: _relays_in_consensus(first) == len(nodes),
        what="consensus", processes=processes, until=until,
    )  # fmt: skip
    client, service = (_Node(name, base / name) for name in ("client", "service"))
    socks_port, web_port = next(ports), next(ports)
    torrc = client.torrc(directories=directories) + _EAGER
    processes.tor(client, f"{torrc}SocksPort 127.0.0.1:{socks_port} IsolateSOCKSAuth\n")
    hidden = service.directory / "hs"
    torrc = service.torrc(directories=directories) + _EAGER
    torrc += f"SocksPort 0\nHiddenServiceDir {hidden}\nHiddenServiceVersion 3\n"
    processes.tor(service, f"{torrc}HiddenServicePort 80 127.0.0.1:{web_port}\n")
    hostname = hidden / "hostname"
    _wait(hostname.exists, what="onion service", processes=processes, until=until)
    network = TorNetwork(socks_port, hostname.read_text().strip(), web_port)
    _wait(lambda: _answers(network), what="way to the onion", processes=processes, until=until)
    return network


def _log_ends(base: Path) -> str:
    def end(file: IO[str]) -> str:
        return "".join(file.readlines()[-8:])

    parts = []
    for log in sorted(base.glob("*/notice.log")):
        with log.open(encoding="utf-8", errors="replace") as file:
            parts.append(f"--- {log.parent.name}\n{end(file)}")
    return "\n".join(parts)


@contextmanager
def running_network(base: Path) -> Iterator[TorNetwork]:
    """Run a network as long as the block lasts.

    Raises:
        NotUp: it did not come up, tried twice.
    """
    for attempt in range(1, ATTEMPTS + 1):
        folder = base / f"try{attempt}"
        folder.mkdir(mode=0o700)
        processes = _Processes()
        try:
            try:
                network = _start(folder, processes)
            except NotUp as error:
                if attempt == ATTEMPTS:
                    raise NotUp(f"{error}\n{_log_ends(folder)}") from error
                continue
            yield network
            return
        finally:
            processes.stop()


@pytest.fixture(scope="session")
def tor_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TorNetwork]:
    """A private Tor network with one onion service, for the whole session."""
    missing = [tool for tool in ("tor", "tor-gencert") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with running_network(tmp_path_factory.mktemp("tor")) as network:
        yield network
