"""Messages between pool and zygote: a length and a JSON object, with file descriptors.

Both ends are ours; hostile bytes travel as file descriptors only and are never
read here.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

_LENGTH = struct.Struct("<L")
_FDS_AT_ONCE = 250
"""The kernel passes 253 with one message."""


class Disconnected(Exception):
    """The other end is gone."""


def send(sock: socket.socket, message: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
    """Send one message. Raises Disconnected."""
    more = range(_FDS_AT_ONCE, len(fds), _FDS_AT_ONCE)
    raw = json.dumps({**message, "more_fds": len(more)}).encode("ascii")
    try:
        # Ancillary data must ride on a byte: the length is always there.
        socket.send_fds(sock, [_LENGTH.pack(len(raw))], list(fds[:_FDS_AT_ONCE]))
        sock.sendall(raw)
        for start in more:
            socket.send_fds(sock, [b"+"], list(fds[start : start + _FDS_AT_ONCE]))
    except OSError:
        raise Disconnected from None


def receive(sock: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Wait for one message; the descriptors are the caller's to close. Raises Disconnected."""
    try:
        prefix, fds, _, _ = socket.recv_fds(sock, _LENGTH.size, _FDS_AT_ONCE)
        if prefix:
            prefix += _exactly(sock, _LENGTH.size - len(prefix))
            message = json.loads(_exactly(sock, _LENGTH.unpack(prefix)[0]))
            for _ in range(message.pop("more_fds")):
                fds += socket.recv_fds(sock, 1, _FDS_AT_ONCE)[1]
            return message, fds
    except OSError:
        pass
    raise Disconnected


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(min(size - len(data), 1 << 16))
        if not piece:
            raise Disconnected
        data += piece
    return bytes(data)
