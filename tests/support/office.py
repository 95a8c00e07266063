"""Documents of office programs written by hand: packages, compound files, RTF."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from tests.support.archives import zip_of

TYPES = (
    "[Content_Types].xml",
    (
        b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        b'<Default Extension="xml" ContentType="application/xml"/></Types>'
    ),
)
RELATIONS = (
    "_rels/.rels",
    (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Target="xl/workbook.xml" Type="http://schemas.openxmlformats.org'
        b'/officeDocument/2006/relationships/officeDocument"/></Relationships>'
    ),
)
_SHEETS = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def package(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Return an Office package with these parts."""
    return zip_of([TYPES, RELATIONS, *parts])


def paragraphs(*texts: str) -> bytes:
    """Return a Word part of these paragraphs."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in texts)
    return f'<w:document xmlns:w="w"><w:body>{body}</w:body></w:document>'.encode()


def docx(*texts: str, parts: Iterable[tuple[str, bytes]] = ()) -> bytes:
    return package([("word/document.xml", paragraphs(*texts)), *parts])


def pptx(slides: Sequence[str], *, parts: Iterable[tuple[str, bytes]] = ()) -> bytes:
    made = [
        (f"ppt/slides/slide{n}.xml", f"<p:sld><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>")
        for n, text in enumerate(slides, 1)
    ]
    return package([*((name, text.encode()) for name, text in reversed(made)), *parts])


def xlsx(
    rows: bytes, *, shared: Sequence[str] = (), parts: Iterable[tuple[str, bytes]] = ()
) -> bytes:
    """Return a workbook of one sheet; ``rows`` is what stands in ``sheetData``."""
    sheet = b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (_SHEETS, rows)
    book = (
        b'<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="Sheet" sheetId="1" r:id="rId1"/>'
        b"</sheets></workbook>" % (_SHEETS, _OFFICE)
    )
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="%s/worksheet" Target="worksheets/sheet1.xml"/>'
        b'<Relationship Id="rId2" Type="%s/sharedStrings" Target="sharedStrings.xml"/>'
        b"</Relationships>" % (_OFFICE, _OFFICE)
    )
    items = "".join(f"<si><t>{text}</t></si>" for text in shared)
    return package(
        [
            ("xl/workbook.xml", book),
            ("xl/_rels/workbook.xml.rels", relations),
            ("xl/sharedStrings.xml", b'<sst xmlns="%s">%s</sst>' % (_SHEETS, items.encode())),
            ("xl/worksheets/sheet1.xml", sheet),
            *parts,
        ]
    )


def odt(content: str, *, parts: Iterable[tuple[str, bytes]] = ()) -> bytes:
    """Return an OpenDocument text; ``content`` is what stands in ``office:text``."""
    body = f"<office:document-content><office:body><office:text>{content}</office:text>"
    return zip_of(
        [
            ("mimetype", b"application/vnd.oasis.opendocument.text"),
            ("content.xml", body.encode()),
            *parts,
        ],
        method=0,
    )


def compound(streams: Mapping[tuple[str, ...], bytes]) -> bytes:
    """Return a compound file with these streams; none is "mini", storages come of themselves."""
    paths = sorted({path[:end] for path in streams for end in range(1, len(path) + 1)})
    sectors = [b""]  # the FAT, written last
    fat = [_FAT]

    def store(data: bytes) -> int:
        if not data:
            return _END
        start = len(sectors)
        for at in range(0, len(data), _SECTOR):
            sectors.append(data[at : at + _SECTOR].ljust(_SECTOR, b"\0"))
            fat.append(len(sectors))
        fat[-1] = _END
        return start

    starts = {path: store(data) for path, data in streams.items()}
    entries = [_entry("Root Entry", 5, child=_first_child((), paths))]
    for path in paths:
        siblings = [other for other in paths if other[:-1] == path[:-1] and other > path]
        right = paths.index(siblings[0]) + 1 if siblings else _FREE
        if path in streams:
            place = (starts[path], len(streams[path]))
            entries.append(_entry(path[-1], 2, right=right, place=place))
        else:
            child = _first_child(path, paths)
            entries.append(_entry(path[-1], 1, right=right, child=child))
    directory = store(b"".join(entries))
    assert len(fat) <= _SECTOR // 4, "too large for a FAT of one sector"
    sectors[0] = struct.pack(f"<{len(fat)}L", *fat).ljust(_SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 62, 3, 65534, 9, 6)
    head += bytes(6) + struct.pack("<9L", 0, 1, directory, 0, 0, _END, 0, _END, 0)
    head += struct.pack("<L", 0) + b"\xff" * (4 * 108)
    return head + b"".join(sectors)


def _first_child(parent: tuple[str, ...], paths: Sequence[tuple[str, ...]]) -> int:
    children = [path for path in paths if path[:-1] == parent]
    return paths.index(children[0]) + 1 if children else _FREE


def _entry(
    name: str,
    kind: int,
    *,
    right: int = _FREE,
    child: int = _FREE,
    place: tuple[int, int] = (_END, 0),
) -> bytes:
    raw = name.encode("utf-16-le")
    head = struct.pack("<64sHBB3L", raw, len(raw) + 2, kind, 1, _FREE, right, child)
    return head + bytes(36) + struct.pack("<LQ", *place)


def word_streams(*pieces: str, flags: int = 0) -> dict[tuple[str, ...], bytes]:
    """Return the streams of a .doc: each piece is stored in turn as UTF-16 and in one byte."""
    body = bytearray(b"\0" * 512)
    positions, descriptors = [0], []
    for number, text in enumerate(pieces):
        is_wide = number % 2 == 0
        place = len(body) if is_wide else len(body) * 2 | 0x40000000
        body += text.encode("utf-16-le" if is_wide else "cp1252")
        positions.append(positions[-1] + len(text))
        descriptors.append(struct.pack("<HLH", 0, place, 0))
    plc = struct.pack(f"<{len(positions)}L", *positions) + b"".join(descriptors)
    table = b"\x01" + struct.pack("<H", 3) + b"xxx" + b"\x02" + struct.pack("<L", len(plc)) + plc
    struct.pack_into("<H", body, 0, 0xA5EC)
    struct.pack_into("<H", body, 10, flags)
    struct.pack_into("<2L", body, 418, 0, len(table))
    return {("WordDocument",): bytes(body), ("0Table",): table}


def doc(*pieces: str) -> bytes:
    return compound(word_streams(*pieces))


def slide_record(kind: int, body: bytes, *, holds_records: bool = False) -> bytes:
    return struct.pack("<2HL", 15 if holds_records else 0, kind, len(body)) + body


def ppt(*texts: str) -> bytes:
    """Return a presentation: each text in turn as UTF-16 and in one byte."""
    atoms = [
        slide_record(4000, text.encode("utf-16-le"))
        if number % 2 == 0
        else slide_record(4008, text.encode("latin-1"))
        for number, text in enumerate(texts)
    ]
    slide = slide_record(1006, b"".join(atoms), holds_records=True)
    return compound({("PowerPoint Document",): slide, ("Current User",): bytes(20)})


def message_streams(
    texts: Mapping[str, str], *, at: tuple[str, ...] = ()
) -> dict[tuple[str, ...], bytes]:
    """Return the streams of string properties, by their number in hexadecimal."""
    return {
        (*at, f"__substg1.0_{number}001F"): text.encode("utf-16-le")
        for number, text in texts.items()
    }


def msg(
    texts: Mapping[str, str], attachments: Mapping[str, bytes] | None = None
) -> dict[tuple[str, ...], bytes]:
    """Return the streams of a message, to be packed by ``compound``."""
    streams = {("__properties_version1.0",): bytes(32), **message_streams(texts)}
    for number, (name, data) in enumerate((attachments or {}).items()):
        at = (f"__attach_version1.0_#{number:08X}",)
        streams |= message_streams({"3707": name}, at=at)
        streams[(*at, "__substg1.0_37010102")] = data
    return streams
