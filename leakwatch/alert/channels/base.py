"""What channels share: secrets read late, and which hosts are this machine."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from leakwatch.errors import ChannelMisconfigured, ConfigError

__all__ = ["Secret", "is_loopback", "read_late"]

Secret = Callable[[], str]
"""Reads a password when it is needed, so that no object holds one.

May raise ``ConfigError``: the file can be missing now and there in an hour.
"""


def read_late(secret: Secret, *, channel: str) -> str:
    """Return the secret.

    Raises:
        ChannelMisconfigured: it cannot be read now.
    """
    try:
        return secret()
    except ConfigError as error:
        raise ChannelMisconfigured(f"{channel}: {error.what}", hint=error.hint) from None


def is_loopback(host: str) -> bool:
    """Whether the host as written is this machine; no name is looked up."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
