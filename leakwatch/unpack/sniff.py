"""What bytes are, by their first few thousand. Pure and total.

A name's extension says what somebody wants us to believe, so it is not asked.
"""

from __future__ import annotations

import re
import zlib

from leakwatch.extract.dicom import is_bare
from leakwatch.unpack.tar_header import is_header as is_tar_header

HEAD_BYTES = 33 * 1024
"""As much as ``sniff`` wants to see: the mark of a CD image stands that far in."""
_LOOK_BYTES = 4096
"""As much as it looks through."""
UNKNOWN = "unknown"

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PK\x07\x08PK", "zip"),
    (0, b"PK00PK\x03\x04", "zip"),
    (0, b"\x1f\x8b\x08", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    *((0, bytes([0x50 + n]) + b"\x2a\x4d\x18", "zstd") for n in range(16)),
    (0, b"GRZipII\0", "grzip"),
    (0, b"\x78\x01", "zlib"),
    (0, b"\x78\x5e", "zlib"),
    (0, b"\x78\x9c", "zlib"),
    (0, b"\x78\xda", "zlib"),
    (0, b"\x78\x9f\x3e\x22", "tnef"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"\x02\x21\x4c\x18", "lz4"),
    (0, b"\x1f\x9d", "compress"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"MSCF\x00\x00\x00\x00", "cab"),
    (0, b"LZIP", "lzip"),
    (0, b"LRZI", "lrzip"),
    (0, b"\x89LZO\0\r\n\x1a\n", "lzop"),
    (0, b"\x5d\0", "lzma"),
    (0, b"\x5e\0", "lzma"),
    (0, b"07070", "cpio"),
    (0, b"\xc7\x71", "cpio"),
    (0, b"\x71\xc7", "cpio"),
    (0, b"!<arch>\n", "ar"),
    (0, b"xar!", "xar"),
    (0, b"WARC/", "warc"),
    (0, b"\xed\xab\xee\xdb", "rpm"),
    (0, b"\x60\xea", "arj"),
    (0, b"MSWIM\0\0\0", "wim"),
    (0, b"StuffIt (c)", "stuffit"),
    (0, b"SITx", "stuffit"),
    (0, b"ZOO ", "zoo"),
    (7, b"**ACE**", "ace"),
    (257, b"ustar", "tar"),
    (2, b"-l", "lha"),
    (2, b"-pm", "lha"),
    (32769, b"CD001", "iso"),
    (32769, b"BEA01", "udf"),
    (0, b"%PDF-", "pdf"),
    (0, b"{\\rtf", "rtf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    # Workbooks of before the compound file: BIFF 2 to 5.
    (0, b"\x09\x00\x04\x00", "xls"),
    (0, b"\x09\x02\x06\x00", "xls"),
    (0, b"\x09\x04\x06\x00", "xls"),
    (0, b"\x09\x08\x08\x00", "xls"),
    (0, b"\x09\x08\x10\x00", "xls"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (8, b"WEBP", "webp"),
    (0, b"BM", "bmp"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (0, b"\xff\x4f\xff\x51\x00", "jp2"),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
    (0, b"\xff\x0a", "jxl"),
    (0, b"P", "pnm"),
    (4, b"ftyp", "heic"),
    (4, b"ftyp", "avif"),
    (4, b"ftyp", "mp4"),
    (128, b"DICM", "dicom"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (0, b"!BDN", "pst"),
    (0, b"MZ", "exe"),
    (0, b"\x7fELF", "elf"),
)
"""(offset, bytes, kind); the first that fits."""
_BY_FIRST_BYTE = {
    first: tuple(s for s in _SIGNATURES if s[0] == 0 and s[1][:1] == first)
    for first in {magic[:1] for _, magic, _ in _SIGNATURES}
}
_FURTHER_ON = tuple(s for s in _SIGNATURES if s[0])

_PACKAGES: tuple[tuple[bytes, str], ...] = (
    (b"word/", "docx"),
    (b"xl/", "xlsx"),
    (b"ppt/", "pptx"),
    (b"mimetypeapplication/vnd.oasis.opendocument.", "odf"),
    (b"mimetypeapplication/epub+zip", "epub"),
)
"""What the start of a ZIP file that is a document shows."""

_BRANDS = {
    "heic": frozenset(b"heic heix heim heis hevc hevx hevm hevs".split()),
    "avif": frozenset(b"avif avis".split()),
}
"""Of ISO media files: what their pictures are coded in (ISO/IEC 23008-12, AV1 Image File Format)."""
_PNM_START = re.compile(
    rb"P(?:[1-6](?:\s|#[^\n]{0,500}\n)+\d{1,9}(?:\s|#[^\n]{0,500}\n)+\d{1,9}\s|7\nWIDTH )"
)
_HL7_START = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x1c]*(?:MSH|FHS|BHS)([^\w\s])[^\w\s]{2,5}\1")
_JSON_START = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*(?:[\[{\"]|-?\d))")
_TORRENT = re.compile(
    rb"d(?:8:announce\d|13:announce-listl|4:infod|10:created by\d|13:creation datei|7:comment\d"
    rb"|(?:5:files|5:nodes|8:url-list|9:httpseeds|11:collections|7:similar)l|8:encoding\d"
    rb"|(?:6:length|12:piece length)i|9:file treed|4:name\d|9:publisher\d|18:azureus_propertiesd)"
)
"""How a torrent, or the bare metadata of one, starts: its first key, and the type of its value."""

_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
"""Lengths that the second header of a BMP file has had."""

_SECOND_LOOKS = {
    # Properties, a power of two as dictionary, a size of less than 1 TiB or none, the coder's zero.
    "lzma": re.compile(
        rb"[\x5d\x5e]\0[\0\x10\x20\x40\x80][\0-\x80][\0-\x20](?:\xff{8}|.{5}\0{3})\0", re.DOTALL
    ),
    "cpio": re.compile(
        rb"07070[127][0-9A-Fa-f]{70}|(?:\xc7\x71|\x71\xc7).{24}[!-~\x80-\xff]{1,1024}\0", re.DOTALL
    ),
    "lha": re.compile(rb"..-(?:lh[0-9dx]|lz[s2-8]|pm[0-2s])-", re.DOTALL),
    # Codes of 9 to 16 bits, and whether the table is ever cleared.
    "compress": re.compile(rb"\x1f\x9d[\x09-\x10\x89-\x90]"),
    "lrzip": re.compile(rb"LRZI[\0-\x09]"),
    "warc": re.compile(rb"WARC/[01]\.[0-9]{1,2}\r?\n"),
    "arj": re.compile(rb"\x60\xea.[\0-\x0a][\x1e-\x30]", re.DOTALL),
    "pnm": _PNM_START,
    "zoo": re.compile(rb"ZOO [0-9].{15}\xdc\xa7\xc4\xfd", re.DOTALL),
}
"""What must follow signatures that are short."""
_TEXT_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_HTML_START = re.compile(
    rb"\s*(?:<!doctype\s+html|<(?:html|head|body|title|script|meta)[\s>])", re.IGNORECASE
)
_HTML_TAG = re.compile(
    rb"<(?:div|p|br|table|td|span|a|li|h[1-6]|pre|img|font|b|center)[\s/>]", re.IGNORECASE
)
_LEADING_COMMENT = re.compile(rb"\s*<!--(?:[^-]|-(?!->)){0,2000}-->", re.DOTALL)
_MANY_TAGS = 3
_FROM_LINE = re.compile(
    rb"From [^\r\n]{0,300}\d{1,2}:\d\d[^\r\n]{0,100}\r?\n(?:[!-9;-~]{1,200}[ \t]*:|>From )"
)
_HEADER_BLOCK = re.compile(rb"(?:[!-9;-~]{1,100}[ \t]*:[^\n]*\n(?:[ \t]+[^\s][^\n]*\n)*)+")
_HEADER_NAME = re.compile(rb"^([!-9;-~]{1,100})[ \t]*:", re.MULTILINE)
_MAIL_HEADERS = frozenset(
    b"from to cc subject date message-id received return-path delivered-to mime-version reply-to"
    b" content-type content-transfer-encoding in-reply-to references sender x-mailer user-agent"
    b" dkim-signature newsgroups path bcc content-class thread-topic thread-index".split()
)
_CONTROLS = bytes(sorted(set(range(1, 32)) - set(b"\b\t\n\v\f\r\x1b"))) + b"\x7f"
_WHITE = b" \t\r\n"


def sniff(head: bytes) -> str:
    """Return the kind of a file that starts with ``head``: a slug, ``unknown`` at worst."""
    if is_tar_header(head[:512]):
        # First of all: what the others look at is here the name of a member.
        return "tar"
    for offset, magic, kind in (*_BY_FIRST_BYTE.get(head[:1], ()), *_FURTHER_ON):
        if head.startswith(magic, offset) and _fits(kind, head):
            return _inner(kind, head[:_LOOK_BYTES])
    if head[:1] == b"d" and _TORRENT.match(head):
        return "torrent"
    head = head[:_LOOK_BYTES]
    if not _is_text(head):
        return "dicom" if is_bare(head) else UNKNOWN
    return _mail(head) or _markup(head)


def _fits(kind: str, head: bytes) -> bool:
    """Second look for signatures that also start ordinary text."""
    if kind == "bzip2":
        return head[3:4].isdigit() and head[4:10] in {b"1AY&SY", b"\x17rE8P\x90"}
    if kind == "bmp":
        return int.from_bytes(head[14:18], "little") in _BMP_HEADERS
    if kind in {"exe", "mp4"}:
        return b"\0" in head[:_LOOK_BYTES]
    if kind == "jxl":
        return not _is_text(head)
    if kind in _BRANDS:
        # The main one, or one of those that it agrees with.
        box = head[: min(int.from_bytes(head[:4], "big"), 256)]
        return any(box[at : at + 4] in _BRANDS[kind] for at in (8, *range(16, len(box), 4)))
    if kind == "zlib":
        return _inflates(head[:_LOOK_BYTES])
    look = _SECOND_LOOKS.get(kind)
    return look is None or look.match(head) is not None


def _inner(kind: str, head: bytes) -> str:
    """Tell files of one outer form apart."""
    if kind == "zip":
        return _package(head)
    return _behind_skippable(head) if kind == "zstd" else kind


def _inflates(head: bytes) -> bool:
    """Try: two bytes are no signature, and some of these pairs start words."""
    try:
        return bool(zlib.decompressobj().decompress(head, 64 * 1024))
    except zlib.error:
        return False


def _behind_skippable(head: bytes) -> str:
    """Return what follows frames that LZ4 and Zstandard alike tell readers to skip."""
    at = 0
    while head[at + 1 : at + 4] == b"\x2a\x4d\x18":
        at += 8 + int.from_bytes(head[at + 4 : at + 8], "little")
    return "lz4" if head.startswith(b"\x04\x22\x4d\x18", at) else "zstd"


def _package(head: bytes) -> str:
    for mark, kind in _PACKAGES:
        if mark in head and (mark.startswith(b"mimetype") or _is_office(head)):
            return kind
    return "zip"


def _is_office(head: bytes) -> bool:
    return any(mark in head for mark in (b"[Content_Types].xml", b"_rels/.rels", b"docProps/"))


def _mail(head: bytes) -> str | None:
    """Tell a message by three headers at least that only mail has together, and a mailbox by its start."""
    if head.startswith(b"From ") and _FROM_LINE.match(head):
        return "mbox"
    block = _HEADER_BLOCK.match(head)
    if block is None:
        return None
    names = {name.lower() for name in _HEADER_NAME.findall(block[0])}
    return "eml" if len(names & _MAIL_HEADERS) >= 3 else None


def _markup(head: bytes) -> str:
    if _HL7_START.match(head):
        return "hl7"
    # The tags within strings of JSON are no page: one that is not closed hides nothing.
    if b"<" not in head or _JSON_START.match(head):
        return "text"
    # One byte in two or four is NUL in UTF-16 and UTF-32 markup.
    plain = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    comment = _LEADING_COMMENT.match(plain)
    start = plain[comment.end() :] if comment else plain
    if _HTML_START.match(start):
        return "html"
    if start.lstrip(_WHITE).startswith(b"<?xml"):
        return "html" if b"<html" in plain.lower() else "xml"
    if _HTML_TAG.match(start.lstrip(_WHITE)) or len(_HTML_TAG.findall(plain)) >= _MANY_TAGS:
        return "html"
    return "text"


def _is_text(head: bytes) -> bool:
    """Tell text in any common encoding from binary data.

    In random bytes one in nine is a control character that no text holds; in
    text, of whatever encoding, hardly any.
    """
    if not head or head.startswith(_TEXT_BOMS):
        return True
    nuls = head.count(0)
    if nuls > len(head) // 10:
        return _is_wide(head)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls <= len(head) // 20


def _is_wide(head: bytes) -> bool:
    """UTF-16 or UTF-32 without a mark: NULs keep to their own columns."""
    for width in (4, 2):
        columns = [head[at::width] for at in range(width)]
        if len(columns[-1]) < 2:
            continue
        nul_share = [column.count(0) / len(column) for column in columns]
        for letters in (0, width - 1):
            others = nul_share[:letters] + nul_share[letters + 1 :]
            column = columns[letters].replace(b"\0", b"")
            controls = len(column) - len(column.translate(None, _CONTROLS))
            if nul_share[letters] < 0.2 and min(others) > 0.7 and controls * 20 <= len(column):
                return True
    return False
