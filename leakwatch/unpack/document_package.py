"""Documents that are ZIP files: what is attached to them, not what they consist of.

The parts of a document are no files of their own: the theme of a template, its
styles and its logo are the same in every letter of a clinic and in strangers'.
Members are embedded files, and whatever lies where no part belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from leakwatch.errors import Corrupt
from leakwatch.extract.office import FORMATTING
from leakwatch.extract.package import Package, tidy_name
from leakwatch.unpack.container import Member, SeekableStream
from leakwatch.unpack.zip_archive import ZipArchive
from leakwatch.unpack.zip_directory import read_directory

_ATTACHED = re.compile(r"(?:.*/)?(?:embeddings/.*|afchunk[^/]*|object \d+)")
_FOLDERS = re.compile(
    r"(?:word|xl|ppt|visio|docprops|customxml|customui|_rels|_xmlsignatures|\[trash\]|meta-inf|metadata"
    r"|documents|resources|pictures|media|thumbnails|configurations2|basic|scripts|dialogs"
    r"|object \d+|objectreplacements)/.*"
)
_SHOWN_ENDS = {
    *("png", "jpg", "jpeg", "jpe", "gif", "bmp", "dib", "tif", "tiff", "webp", "svg", "ico"),
    *("emf", "wmf", "emz", "wmz", "wdp", "jxr", "hdp", "pict", "svm"),
}
"""Pictures belong to the document that shows them."""
_PART_ENDS = {
    *("xml", "rels", "vml", "bin", "rdf", "xaml", "psmdcp", "fpage", "fdoc", "fdseq", "frag"),
    *("odttf", "fntdata", "ttf", "otf", "struct", "lang"),
    *_SHOWN_ENDS,
}
_BOOK_ENDS = {
    *("html", "htm", "xhtml", "css", "ncx", "opf", "js", "woff", "woff2", "smil", "pls"),
    *_PART_ENDS,
}
_NEVER = ("ppt/printersettings/", "objectreplacements/", "thumbnails/", "[trash]/")
_NAMED_PARTS = frozenset({"mimetype", "layout-cache", "current"})


class DocumentPackage:
    """Gives the files attached to a document; needs to seek."""

    needs_seek = True

    def __init__(self, *, is_book: bool = False, with_text: bool = False) -> None:
        """Choose what is given.

        Args:
            is_book: parts may lie in any folder, pages and style sheets too.
            with_text: parts with text come as well, as from a damaged document.
        """
        self._with_text = with_text
        self._archive = ZipArchive()
        self._is_book = is_book

    def has_members(self, stream: SeekableStream) -> bool:
        """Tell whether anything is attached; or parts must do, as the document is damaged."""
        return _is_damaged(stream) or any(
            entry.size_bytes and self._is_attached(entry.name) for entry in read_directory(stream)
        )

    def members(self, stream: SeekableStream, passwords: Sequence[str] = (), /) -> Iterator[Member]:
        """Yield attached files in directory order; raises as a ZIP archive does.

        Of a damaged document, which gives no text as a whole, the parts with
        text come as well.
        """
        is_damaged = self._with_text or _is_damaged(stream)
        for member in self._archive.members(stream, passwords):
            is_wanted = member.size_bytes and self._is_attached(member.name)
            if is_wanted or (is_damaged and _is_text(member.name)):
                yield member

    def _is_attached(self, name: str) -> bool:
        name = tidy_name(name)
        if name.endswith("/"):
            return False
        if name in _NAMED_PARTS or name.startswith(_NEVER):
            return False
        if _ATTACHED.fullmatch(name):
            return True
        # Whatever lies where no part belongs is something put there.
        is_at_home = self._is_book or "/" not in name or bool(_FOLDERS.fullmatch(name))
        ends = _BOOK_ENDS if self._is_book else _PART_ENDS
        return not is_at_home or name.rpartition(".")[2] not in ends


def _is_damaged(stream: SeekableStream) -> bool:
    stream.seek(0)
    try:
        Package(stream)
    except Corrupt:
        return True
    return False


def _is_text(name: str) -> bool:
    name = tidy_name(name)
    is_page = name.endswith((".xml", ".xhtml", ".html", ".htm", ".fpage"))
    return is_page and not FORMATTING.fullmatch(name)
