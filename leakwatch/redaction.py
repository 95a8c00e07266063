"""Addresses as they may be kept: no name of a document, no name of a person's folder.

The exact addresses are in the sealed evidence. What is kept instead is stable:
the same place gets the same address at every look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from leakwatch.inspection import Part, Seen
from leakwatch.model.capture import Capture
from leakwatch.model.location import without_document_name
from leakwatch.model.source import Role, SourceSpec


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
        if source.role is not Role.OPEN_DIRECTORY:
            return url
        for root in source.locations:
            if url.startswith(root) and url != root:
                return f"{root}#directory-{self.blind(url)[:12]}"
        return url

    def capture(self, seen: Seen, source: SourceSpec) -> Capture:
        """Return what was seen without its bytes and without names in its addresses."""
        capture = seen.capture.without_body()
        if seen.part is Part.FILE:
            url, final = map(without_document_name, (capture.url, capture.final_url))
            url, final = (_without_folders(u, source) for u in (url, final))
        else:
            url, final = (self.place(u, source) for u in (capture.url, capture.final_url))
        return replace(capture, url=url, final_url=final)


def _without_folders(url: str, source: SourceSpec) -> str:
    """Drop the folders between the root of an open directory and a file in it."""
    if source.role is not Role.OPEN_DIRECTORY:
        return url
    for root in source.locations:
        if url.startswith(root):
            return root + url.rpartition("/")[2]
    return url
