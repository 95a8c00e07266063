"""Addresses as they may be kept."""

from dataclasses import replace

import pytest

from leakwatch.inspection import Part, Seen
from leakwatch.model.source import Role
from leakwatch.redaction import Redactor
from tests.support.store import a_capture, a_spec

ROOT = "http://files.example/dump/"
OPEN = replace(a_spec(), role=Role.OPEN_DIRECTORY, locations=(ROOT,))
REDACTOR = Redactor(lambda url: f"{len(url):032x}")


def test_a_folder_named_after_a_person_is_not_kept() -> None:
    """Below the root of an open directory an address becomes a token, the same each time."""
    place = REDACTOR.place(ROOT + "Smith_J/2019/", OPEN)
    assert place.startswith(ROOT + "#directory-")
    assert "Smith" not in place
    assert place == REDACTOR.place(ROOT + "Smith_J/2019/", OPEN)


@pytest.mark.parametrize(
    ("configured", "url"),
    [
        ("http://files.example/dump", "http://files.example/dump/Smith_J/"),
        ("HTTP://Files.example:80/dump/", "http://files.example/dump/Smith_J/"),
        ("http://files.example/dump/", "https://files.example/dump/Smith_J/"),
        ("http://old.example/", "http://files.example/Smith_J/"),
    ],
)
def test_no_way_of_writing_a_root_keeps_a_folder(configured: str, url: str) -> None:
    """A root that redirects, or is not written as it is fetched, hides what is below it too."""
    source = replace(OPEN, role=Role.LEAK_SITE, kind="open_directory", locations=(configured,))
    seen = Seen(replace(a_capture(), url=url, final_url=f"{url}x.pdf"), (), Part.FILE)
    kept = REDACTOR.capture(seen, source)
    assert "Smith" not in REDACTOR.place(url, source) + kept.url + kept.final_url


def test_pages_and_roots_keep_their_addresses() -> None:
    """A takedown needs the address of a post, a paste or the directory itself."""
    assert REDACTOR.place(ROOT, OPEN) == ROOT
    secure = ROOT.replace("http:", "https:")
    assert REDACTOR.place(secure, OPEN) == secure
    post = "http://blog.example/post/1"
    assert REDACTOR.place(post, a_spec()) == post


def test_a_linked_document_loses_name_and_folders() -> None:
    """What is kept of a fetched file says where it came from, not what it is called."""
    url = ROOT + "Smith_J/letter.pdf?x=1"
    seen = Seen(replace(a_capture(), url=url, final_url=url), (), Part.FILE)
    kept = REDACTOR.capture(seen, OPEN)
    assert (kept.url, kept.body) == (ROOT + "(document)", b"")
    assert kept.sha256 == seen.capture.sha256
    elsewhere = REDACTOR.capture(seen, a_spec())
    assert elsewhere.url == ROOT + "Smith_J/(document)"


def test_a_paste_keeps_its_address() -> None:
    """Content that is the post itself is addressed by the site's own id."""
    seen = Seen(replace(a_capture(), url="http://p.example/raw/ab12"), (), Part.CONTENT)
    assert REDACTOR.capture(seen, a_spec()).url == "http://p.example/raw/ab12"


def test_a_header_that_names_a_document_is_not_kept() -> None:
    """What waits in the journal holds the headers that a record reads, and no others."""
    headers = (
        ("Content-Type", "application/pdf"),
        ("Content-Disposition", 'attachment; filename="Smith_J.pdf"'),
        ("Date", "Mon, 05 Jan 2026 01:00:00 GMT"),
        ("Link", "<http://files.example/Smith_J.pdf>"),
    )
    kept = REDACTOR.capture(Seen(replace(a_capture(), headers=headers), (), Part.FILE), OPEN)
    assert [name for name, _ in kept.headers] == ["Content-Type", "Date"]
