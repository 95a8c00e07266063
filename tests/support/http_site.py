"""A local HTTP/1.1 site over raw sockets, so that it can misbehave byte by byte.

``serve`` starts it on 127.0.0.1; a route is an async function that gets the
request and writes what it likes. Well-behaved answers come from ``reply``.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    path: str
    """With its query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    client: tuple[str, int]
    server: str
    """Address the connection came in on."""
    reader: asyncio.StreamReader = field(repr=False, compare=False)
    """Ends when the client hangs up."""
    sni: str | None = None


Route = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]
"""Writes the answer; the connection is closed after it raises ``HangUp``."""


class HangUp(Exception):
    """Raised by a route to have the connection closed."""


@dataclass(slots=True)
class Site:
    """Routes by path, and what was asked."""

    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"
    connections: int = 0
    open_connections: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, is_met: Callable[[], bool]) -> None:
        """Wait until a change of connections or requests makes ``is_met`` true."""
        async with asyncio.timeout(10):
            while not is_met():
                self.changed.clear()
                await self.changed.wait()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


def reply(
    body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Route:
    """Return a route that answers properly, with Content-Length unless told otherwise."""
    lines = {"Content-Length": str(len(body)), **(headers or {})}

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1"))
        if status not in {204, 304}:
            writer.write(body)

    return route


def raw(answer: bytes, *, then_hang: bool = False) -> Route:
    """Return a route that writes just these bytes, then hangs or hangs up."""

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        if then_hang:
            await asked.reader.read()
        raise HangUp

    return route


def endless(head: bytes, piece: bytes, *, every_s: float = 0.0) -> Route:
    """Return a route that never stops sending ``piece``."""

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every_s)

    return route


def in_turn(*routes: Route) -> Route:
    """Return a route that answers by the first, then the second, ...; the last stays."""
    left = list(routes)

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        current = left.pop(0) if len(left) > 1 else left[0]
        await current(asked, writer)

    return route


@asynccontextmanager
async def serve(
    routes: Mapping[str, Route] | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Site]:
    """Run a site; a path without a route gets 404. All its tasks end with the block."""
    site = Site(routes=dict(routes or {}), scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()
    names: dict[object, str | None] = {}
    if tls is not None:
        tls.sni_callback = lambda conn, name, _context: names.__setitem__(conn, name)

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        site.connections += 1
        site.open_connections += 1
        try:
            await _converse(site, reader, writer, names)
        except (HangUp, OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            site.open_connections -= 1
            site.changed.set()
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(on_connection, host, port, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        pending = list(tasks)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await server.wait_closed()


@contextmanager
def serve_aside(routes: Mapping[str, Route]) -> Iterator[Site]:
    """Run a site in a thread, for what has an event loop of its own."""
    ready, sites = threading.Event(), list[Site]()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        async with serve(routes) as site:
            sites.append(site)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    ready.wait(10)
    try:
        yield sites[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _converse(
    site: Site,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    names: Mapping[object, str | None],
) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        asked = Asked(
            path=first.split(" ")[1],
            headers=headers,
            client=writer.get_extra_info("peername")[:2],
            server=writer.get_extra_info("sockname")[0],
            reader=reader,
            sni=names.get(writer.get_extra_info("ssl_object")),
        )
        site.asked.append(asked)
        site.changed.set()
        route = site.routes.get(asked.path.partition("?")[0], reply(b"no such page", status=404))
        await route(asked, writer)
        await writer.drain()
