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
_MAX_FDS = 4


class Disconnected(Exception):
    """The other end is gone."""


def send(sock: socket.socket, message: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
    """Send one message. Raises Disconnected."""
    raw = json.dumps(message).encode("ascii")
    try:
        # Ancillary data must ride on a byte: the length is always there.
        socket.send_fds(sock, [_LENGTH.pack(len(raw))], list(fds))
        sock.sendall(raw)
    except OSError:
        raise Disconnected from None


def receive(sock: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Wait for one message; the descriptors are the caller's to close. Raises Disconnected."""
    try:
        prefix, fds, _, _ = socket.recv_fds(sock, _LENGTH.size, _MAX_FDS)
        if prefix:
            prefix += _exactly(sock, _LENGTH.size - len(prefix))
            message = json.loads(_exactly(sock, _LENGTH.unpack(prefix)[0]))
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
