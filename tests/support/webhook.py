"""A webhook receiver on loopback that checks what a careful receiver would check."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from leakwatch.alert.channels.signature import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    is_signed,
)

SECRET = "a shared secret"
PATH = "/hook/token-in-path"


@dataclass
class Receiver:
    """What the server answers, one entry a request, then 204; and what it was given."""

    answers: list[web.StreamResponse] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    hangs: bool = False
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.methods.append(request.method)
        self.hosts.append(request.headers["Host"])
        if self.hangs:
            await self.let_go.wait()
        if self.answers:
            return self.answers.pop(0)
        if request.method == "HEAD":
            return web.Response(status=405)
        stamp, claimed = (request.headers.get(h, "") for h in (TIMESTAMP_HEADER, SIGNATURE_HEADER))
        if not is_signed(SECRET, stamp, body, claimed=claimed):
            return web.Response(status=401)
        self.keys.append(request.headers["Idempotency-Key"])
        self.accepted.append(json.loads(body))
        return web.Response(status=204)


@asynccontextmanager
async def webhook_receiver(
    receiver: Receiver, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Serve the receiver until the block ends."""
    app = web.Application()
    app.router.add_route("*", PATH, receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    _, port = runner.addresses[0][:2]
    receiver.url = f"{'https' if tls else 'http'}://localhost:{port}{PATH}"
    try:
        yield receiver
    finally:
        receiver.let_go.set()
        await runner.cleanup()
