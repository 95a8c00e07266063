"""Addresses as they may be kept: no name of a document, no name of a person's folder.

The exact addresses are in the sealed evidence. What is kept instead is stable:
the same place gets the same address at every look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from leakwatch.inspection import Part, Seen
from leakwatch.model.capture import Capture
from leakwatch.model.location import canonical_url, without_document_name
from leakwatch.model.source import Role, SourceSpec

HEADERS_KEPT = frozenset({"content-type", "date", "last-modified"})
"""What an evidence record reads; others (content-disposition, link) may name a document."""


@dataclass(frozen=True, slots=True)
class Redactor:
    """Hides names in addresses.

    Args:
        blind: keyed digest of an address, hex.
    """

    blind: Callable[[str], str]

    def place(self, url: str, source: SourceSpec) -> str:
        """Return a page's or directory's address.

        A directory below the root of an open directory may be named after a
        patient: it becomes the root with a keyed token.
        """
        if not _is_tree(source):
            return url
        root = _root_of(url, source)
        if _bare(url) == _bare(root):
            return url
        return f"{root}#directory-{self.blind(url)[:12]}"

    def file(self, url: str, source: SourceSpec) -> str:
        """Return a linked file's address: an archive keeps its name, a document does not."""
        return _without_folders(without_document_name(url), source)

    def capture(self, seen: Seen, source: SourceSpec) -> Capture:
        """Return what was seen without its bytes and without names in addresses or headers."""
        capture = seen.capture.without_body()
        if seen.part is Part.FILE:
            url, final = (self.file(u, source) for u in (capture.url, capture.final_url))
        else:
            url, final = (self.place(u, source) for u in (capture.url, capture.final_url))
        headers = tuple((k, v) for k, v in capture.headers if k.lower() in HEADERS_KEPT)
        return replace(capture, url=url, final_url=final, headers=headers)


def _without_folders(url: str, source: SourceSpec) -> str:
    """Drop the folders between the root of an open directory and a file in it."""
    return _root_of(url, source) + url.rpartition("/")[2] if _is_tree(source) else url


def _is_tree(source: SourceSpec) -> bool:
    """Whether a source's addresses are folders, whatever role it was given."""
    return source.role is Role.OPEN_DIRECTORY or source.kind == "open_directory"


def _root_of(url: str, source: SourceSpec) -> str:
    """Return the configured root above an address, ending in a slash.

    A root may answer by https or with a slash it was written without; above
    what was redirected farther than that, the host is the root.
    """
    scheme, _, rest = url.partition("://")
    roots = map(_bare, source.locations)
    here = f"{_bare(url)}/"
    above = next((root for root in roots if here.startswith(f"{root}/")), rest.partition("/")[0])
    return f"{scheme}://{above}/"


def _bare(url: str) -> str:
    """Return host and path of an address as roots are compared."""
    return canonical_url(url).partition("://")[2].partition("?")[0].rstrip("/")
