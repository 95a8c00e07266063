"""Which addresses count as public."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.fetch.address import is_local_name, is_public_address, literal_address

PRIVATE = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.9",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.168.1.1",
    "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.251",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1",
    "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "223.255.255.254"]
PUBLIC_6 = ["2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"]


@pytest.mark.parametrize("text", PRIVATE)
def test_not_public(text: str) -> None:
    """Everything of this machine, this network, or with an address inside is refused."""
    assert not is_public_address(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC + PUBLIC_6)
def test_public(text: str) -> None:
    """Ordinary addresses pass, up to the edges of the reserved blocks."""
    assert is_public_address(ip_address(text))


@settings(max_examples=200, deadline=None)
@given(st.ip_addresses())
def test_no_laxer_than_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    """What the standard library knows as special is never public here."""
    is_special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    assert not (is_special and is_public_address(address))


@pytest.mark.parametrize(
    "spelling", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1"]
)
def test_every_spelling_of_an_address_is_read(spelling: str) -> None:
    """Spellings that a C resolver takes for an address are not mistaken for names."""
    assert literal_address(spelling) == IPv4Address("127.0.0.1")


@pytest.mark.parametrize("name", ["example.org", "1.2.3.4.example", "", "a" * 300, "é"])
def test_names_are_not_addresses(name: str) -> None:
    """A name, or nonsense, is no address."""
    assert literal_address(name) is None


@pytest.mark.parametrize("name", ["localhost", "a.localhost", "nas.local", "vault.internal"])
def test_local_names(name: str) -> None:
    """Names that mean this machine or network are known without asking anybody."""
    assert is_local_name(name)
    assert not is_local_name(f"{name}.example")
