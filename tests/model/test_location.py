"""Addresses as they may be kept and shown."""

import pytest

from leakwatch.model.location import canonical_url, defanged, without_document_name


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTP://Example.ORG:80/a#frag", "http://example.org/a"),
        ("https://example.org", "https://example.org/"),
        ("http://[::1]:8080/x?q=1", "http://[::1]:8080/x?q=1"),
    ],
)
def test_one_place_has_one_address(url: str, same: str) -> None:
    """Case, default port and fragment do not make another place."""
    assert canonical_url(url) == same


@pytest.mark.parametrize("url", ["", "/relative", "http://", "http://host:99999999/"])
def test_no_address_is_refused(url: str) -> None:
    """What is no absolute URL has no canonical form."""
    with pytest.raises(ValueError, match=r"."):
        canonical_url(url)


def test_a_documents_name_is_not_kept() -> None:
    """The name of a linked document goes, an archive's stays, queries go with both."""
    assert without_document_name("http://h/d/Smith_J.pdf?x=1") == "http://h/d/(document)"
    assert without_document_name("http://h/d/full.ZIP?sig=1") == "http://h/d/full.ZIP"
    assert without_document_name("http://h/d/") == "http://h/d/"


def test_a_defanged_address_does_not_click() -> None:
    """No mail client makes a link of it, and a person can still read it."""
    assert defanged("https://a.b.onion/p.zip") == "hxxps://a[.]b[.]onion/p.zip"
