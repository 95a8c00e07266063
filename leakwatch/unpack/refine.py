"""What a file is, where its start alone cannot tell: ZIP files and compound files.

Both carry a directory. A ZIP file of parts is a document of the program whose
parts they are, in whatever order they lie; a damaged one keeps the kind that
its start showed.
"""

from __future__ import annotations

from itertools import islice

from leakwatch.errors import UnpackError
from leakwatch.extract.ole import CompoundFile
from leakwatch.extract.package import tidy_name
from leakwatch.unpack.container import SeekableStream
from leakwatch.unpack.zip_directory import read_at, read_directory

MAX_PARTS = 20_000
"""An archive with more members is no document, whatever some of them are called."""
_OPC_PARTS = frozenset({"[content_types].xml", "_rels/.rels"})
_OPEN_PARTS = frozenset({"meta-inf/manifest.xml", "content.xml"})
_BY_FOLDER = {"word": "docx", "xl": "xlsx", "ppt": "pptx"}
_BY_MIMETYPE = (
    (b"application/vnd.oasis.opendocument.", "odf"),
    (b"application/vnd.sun.xml.", "odf"),
    (b"application/epub+zip", "epub"),
)
_BY_STREAM = (
    ("EncryptedPackage", "ole"),
    ("WordDocument", "doc"),
    ("PowerPoint Document", "ppt"),
    ("PP40", "ppt"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("__properties_version1.0", "msg"),
)


def refine(kind: str, stream: SeekableStream) -> str:
    """Return the kind of a file more exactly; the stream is left at its start."""
    try:
        if kind == "ole":
            file = CompoundFile(stream)
            return next((name for path, name in _BY_STREAM if file.has(path)), kind)
        if kind in PACKAGE_KINDS or kind == "zip":
            return _package(kind, stream)
    except UnpackError:
        pass
    finally:
        stream.seek(0)
    return kind


PACKAGE_KINDS = frozenset({"docx", "xlsx", "pptx", "odf", "epub", "xps", "opc"})
"""Documents that are ZIP files."""
COMPOUND_KINDS = frozenset({"doc", "xls", "ppt", "msg", "ole"})
"""Documents that are compound files."""


def is_package(stream: SeekableStream) -> bool:
    """Tell whether a file that ends with a ZIP directory ends with an Office package."""
    names = {tidy_name(entry.name) for entry in islice(read_directory(stream), MAX_PARTS)}
    return names >= _OPC_PARTS


def _package(kind: str, stream: SeekableStream) -> str:
    names: set[str] = set()
    mimetype_at = -1
    for number, entry in enumerate(islice(read_directory(stream), MAX_PARTS + 1)):
        if number == MAX_PARTS:
            return "zip"
        names.add(tidy_name(entry.name))
        if entry.name == "mimetype" and not entry.method:
            mimetype_at = entry.header_offset
    if mimetype_at >= 0:
        start = read_at(stream, mimetype_at, 200)
        found = (name for mark, name in _BY_MIMETYPE if mark in start)
        if name := next(found, ""):
            return name
    if "fixeddocumentsequence.fdseq" in names or "fixeddocseq.fdseq" in names:
        return "xps"
    if names >= _OPEN_PARTS:
        return "odf"
    if not names >= _OPC_PARTS:
        return "zip" if names else kind
    folders = {name.partition("/")[0] for name in names}
    return next((name for folder, name in _BY_FOLDER.items() if folder in folders), "opc")
