"""A SOCKS5 proxy (RFC 1928, 1929) that stands in for Tor: it records and it misbehaves.

Every host name leads to a local port, as if Tor had found the service; what
was asked for, and by which user, is in ``requests``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum


class Manner(StrEnum):
    """How the proxy behaves."""

    PROPER = "proper"
    HANGS_AT_GREETING = "hangs_at_greeting"
    HANGS_AT_CONNECT = "hangs_at_connect"
    CLOSES_AT_GREETING = "closes_at_greeting"
    CLOSES_AT_CONNECT = "closes_at_connect"
    REFUSES_USERS = "refuses_users"
    SPEAKS_HTTP = "speaks_http"


@dataclass(frozen=True, slots=True)
class SocksRequest:
    """One CONNECT as the proxy understood it."""

    host: str
    is_name: bool
    """False when the client sent an address: it had looked the name up."""
    port: int
    user: str
    password: str


@dataclass(slots=True)
class SocksProxy:
    """What it does next, and what it was asked."""

    manner: Manner = Manner.PROPER
    reply_code: int = 0
    """Sent to CONNECT; 0 connects."""
    targets: dict[str, int] = field(default_factory=dict)
    """Local port by host name."""
    default_target: int | None = None
    """Local port for every other host; None answers 4, host unreachable."""
    requests: list[SocksRequest] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"socks5://127.0.0.1:{self.port}"


@asynccontextmanager
async def socks_proxy(default_target: int | None = None) -> AsyncIterator[SocksProxy]:
    """Run a proxy on 127.0.0.1; all its tasks end with the block."""
    proxy = SocksProxy(default_target=default_target)
    tasks: set[asyncio.Task[None]] = set()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _serve(proxy, reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        pending = list(tasks)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await server.wait_closed()


async def _serve(
    proxy: SocksProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    _, count = await reader.readexactly(2)
    methods = await reader.readexactly(count)
    if proxy.manner is Manner.HANGS_AT_GREETING:
        await asyncio.Event().wait()
    if proxy.manner is Manner.CLOSES_AT_GREETING:
        return
    if proxy.manner is Manner.SPEAKS_HTTP:
        writer.write(b"HTTP/1.0 501 Tor is not an HTTP Proxy\r\n\r\n")
        return
    user, password = await _authenticate(proxy, methods, reader, writer)
    host, is_name, port = await _read_connect(reader)
    proxy.requests.append(SocksRequest(host, is_name, port, user, password))
    if proxy.manner is Manner.HANGS_AT_CONNECT:
        await asyncio.Event().wait()
    if proxy.manner is Manner.CLOSES_AT_CONNECT:
        return
    await _connect(proxy, host, reader, writer)


async def _authenticate(
    proxy: SocksProxy, methods: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, str]:
    if 2 not in methods:
        writer.write(b"\x05\x00")
        return "", ""
    writer.write(b"\x05\x02")
    fields = []
    await reader.readexactly(1)
    for _ in range(2):
        (length,) = await reader.readexactly(1)
        fields.append((await reader.readexactly(length)).decode("ascii"))
    if proxy.manner is Manner.REFUSES_USERS:
        writer.write(b"\x01\x01")
        raise EOFError
    writer.write(b"\x01\x00")
    return fields[0], fields[1]


async def _read_connect(reader: asyncio.StreamReader) -> tuple[str, bool, int]:
    kind = (await reader.readexactly(4))[3]
    length = {1: 4, 4: 16}.get(kind) or (await reader.readexactly(1))[0]
    raw_host = await reader.readexactly(length)
    port = int.from_bytes(await reader.readexactly(2), "big")
    return (raw_host.decode("ascii") if kind == 3 else raw_host.hex()), kind == 3, port


async def _connect(
    proxy: SocksProxy, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    local = proxy.targets.get(host, proxy.default_target)
    code = proxy.reply_code or (4 if local is None else 0)
    writer.write(bytes([5, code, 0, 1]) + bytes(6))
    if code or local is None:
        return
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", local)
    try:
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
    finally:
        far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one side is done, then close the other, as Tor ends a stream."""
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
