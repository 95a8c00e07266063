"""PDF files written by hand, with and without malice."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from PIL import Image

_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_PDF_ESCAPES = {ord(c): f"\\{c}" for c in "\\()"}
_PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


def _document(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """Number the objects from 1 and add the table of where they begin."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer,
        start,
    )
    return bytes(out)


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def _page(resources: bytes = b"") -> bytes:
    return (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
        b"/Resources << %s >> /Contents 4 0 R >>" % resources
    )


def blank_page() -> bytes:
    return _document([_CATALOG, _PAGES, _page(), _stream(b"")])


def with_text(*pages: str, objects: Sequence[bytes] = (), catalog: bytes = b"") -> bytes:
    """Return a document whose pages show a line each; ``objects`` are numbered behind its own."""
    count = len(pages)
    kids = b" ".join(b"%d 0 R" % (3 + 2 * n) for n in range(count))
    made = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
    ]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    for number, text in enumerate(pages):
        made += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 %s >> >>"
            b" /Contents %d 0 R /Annots 99 0 R >>" % (font, 4 + 2 * number),
            _stream(b"BT /F1 12 Tf 40 700 Td (%s) Tj ET" % text.encode("latin-1")),
        ]
    return _document([*made, *objects])


def filled_form(value: str) -> bytes:
    """Return a page with one text field, whose value stands in the field above it."""
    field = b"<< /FT /Tx /T (name) /V (%s) /Kids [6 0 R] >>" % value.encode("latin-1")
    widget = b"<< /Type /Annot /Subtype /Widget /Parent 5 0 R /Rect [0 0 90 20] >>"
    note = b"<< /Type /Annot /Subtype /Text /Contents (a sticky note) /Rect [0 0 9 9] >>"
    form = b"/AcroForm << /Fields [5 0 R] >>"
    page = with_text("the form", objects=[field, widget, note], catalog=form)
    return page.replace(b"/Annots 99 0 R", b"/Annots [6 0 R 7 0 R]")


def with_attachment(name: str, data: bytes) -> bytes:
    """Return a page with a file attached to the document."""
    spec = b"<< /Type /Filespec /F (%s) /UF (%s) /EF << /F 6 0 R >> >>" % (
        (name.encode("latin-1"),) * 2
    )
    names = b"/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>"
    return with_text(
        "the cover", objects=[spec, _stream(data, b"/Type /EmbeddedFile")], catalog=names
    )


def endless_pages() -> bytes:
    """Return a document whose tree of pages holds itself and claims a million."""
    pages = b"<< /Type /Pages /Kids [2 0 R 2 0 R 3 0 R] /Count 1000000 >>"
    return _document([_CATALOG, pages, _page(), _stream(b"")])


def with_pages(pages: Sequence[Sequence[str]]) -> bytes:
    """Return a document of lines in Helvetica, each page's under Flate."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    numbers = range(4, 4 + 2 * len(pages), 2)
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    objects = [_CATALOG, b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)), font]
    for number, lines in zip(numbers, pages, strict=True):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            b"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (number + 1),
            _stream(zlib.compress(_lines(lines)), b"/Filter /FlateDecode"),
        ]
    return _document(objects)


def _lines(lines: Sequence[str]) -> bytes:
    shown = (
        f"({line.translate(_PDF_ESCAPES)}) Tj T*".encode("cp1252", "replace") for line in lines
    )
    return b"BT /F1 10 Tf 14 TL 50 790 Td\n" + b"\n".join(shown) + b"\nET"


def with_image(image: Image.Image) -> bytes:
    """Return a page with a picture as raw samples under Flate."""
    entries = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB "
        b"/BitsPerComponent 8 /Filter /FlateDecode" % image.size
    )
    samples = _stream(zlib.compress(image.convert("RGB").tobytes()), entries)
    draw = _stream(b"q 500 0 0 400 40 300 cm /Im0 Do Q")
    page = _page(b"/XObject << /Im0 5 0 R >>")
    return _document([_CATALOG, _PAGES, page, draw, samples])


def locked() -> bytes:
    """Return a document under a user password that nobody has."""
    encrypt = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<%s> <%s>]"
        % (b"11" * 32, b"22" * 32, b"33" * 16, b"33" * 16)
    )
    return _document([_CATALOG, _PAGES, _page(), _stream(b"")], trailer=encrypt)


def content_bomb(size_bytes: int) -> bytes:
    """Return a page whose drawing instructions unpack twice, to this many bytes."""
    packer = zlib.compressobj(6)
    piece = b"0 0 m 1 1 l S\n" * 4096
    once = b"".join(packer.compress(piece) for _ in range(size_bytes // len(piece)))
    twice = zlib.compress(once + packer.flush())
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    return _document([_CATALOG, _PAGES, _page(), _stream(twice, filters)])
