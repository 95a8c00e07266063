"""Which addresses lie on the public Internet. Pure.

Stricter than ``ipaddress.is_global``, whose answer differs between Python
releases: what carries another address inside (IPv4-mapped, NAT64, 6to4,
Teredo) is refused as a whole, so it cannot smuggle a private one.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local, RFC 3927; cloud metadata
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved and broadcast, RFC 1112
    )
)
_UNICAST_V6 = IPv6Network("2000::/3")
"""All that is assigned for global unicast (RFC 4291): mapped, NAT64, unique
local, link-local, loopback and multicast lie outside."""
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments with Teredo, RFC 2928, RFC 4380
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)
_LOCAL_SUFFIXES = ("localhost", "local", "internal", "home.arpa")
"""RFC 6761, RFC 6762, the ICANN reservation of 2024, RFC 8375."""


def is_public_address(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address may be connected to without ``allow_private``."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that the host is, or None when it is a name.

    Also reads the spellings that C libraries take for IPv4 (``127.1``,
    ``0x7f000001``, ``2130706433``), since a resolver would.
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host)) if host and not host.isspace() else None
    except (OSError, ValueError):
        return None


def is_local_name(host: str) -> bool:
    """Whether the name means this machine or this network wherever it is asked."""
    return any(host == suffix or host.endswith(f".{suffix}") for suffix in _LOCAL_SUFFIXES)
