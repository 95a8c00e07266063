"""Word, PowerPoint and Excel of before 2007, read from their own records."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import Corrupt, Encrypted, LeakwatchError, Unsupported
from leakwatch.extract.base import Extractor
from leakwatch.extract.powerpoint_binary import PowerPointBinary, slide_texts
from leakwatch.extract.word_binary import WordBinary, word_text
from leakwatch.extract.workbook_binary import WorkbookRecords, box_texts, cell_texts
from tests.support.office import compound, doc, ppt, slide_record, word_streams

LATIN = st.text(st.characters(codec="cp1252", exclude_categories=("Cc", "Cs")), max_size=60)


def read(extractor: Extractor, data: bytes, max_chars: int = 10_000) -> str:
    return extractor.extract(io.BytesIO(data), max_chars=max_chars).text


@given(st.lists(LATIN, min_size=1, max_size=8))
def test_word_pieces_come_in_order(pieces: list[str]) -> None:
    """However a text is cut into pieces of one byte and of two, it reads as one."""
    streams = word_streams(*pieces)
    assert "".join(word_text(streams["WordDocument",], streams["0Table",])) == "".join(pieces)


def test_word_control_characters_part_words() -> None:
    """Cells, paragraphs and notes' marks are white space; a soft hyphen is nothing."""
    assert read(WordBinary(), doc("a\x07b\rc\x05d\x1fe")).split() == ["a", "b", "c", "de"]


def test_word_field_codes_stand_at_the_end() -> None:
    """A link's address breaks no sentence, and is not lost."""
    text = read(WordBinary(), doc('see \x13 HYPERLINK "http://x.example" \x14the page\x15 here'))
    assert " ".join(text.split()) == 'see the page here HYPERLINK "http://x.example"'


def test_a_locked_word_document_is_told_as_one() -> None:
    """The flag of the header says so."""
    with pytest.raises(Encrypted):
        read(WordBinary(), compound(word_streams("x", flags=0x0100)))


def test_word_95_is_read_without_pieces() -> None:
    """Word 6 and 95 keep their text in one stretch, in one byte a character."""
    main = bytearray(600) + "a long plain text".encode("cp1252")
    struct.pack_into("<H", main, 0, 0xA5DC)
    struct.pack_into("<2L", main, 24, 600, len(main))
    assert read(WordBinary(), compound({("WordDocument",): bytes(main)})).strip() == (
        "a long plain text"
    )


def test_word_2_is_told_as_unsupported() -> None:
    """What stands there is of another form."""
    with pytest.raises(Unsupported):
        list(word_text(b"\xdb\xa5" + bytes(600), b""))


def test_a_lying_piece_table_costs_no_more_than_the_cap() -> None:
    """A thousand pieces that each claim the whole stream stop at the most that is told."""
    streams = word_streams(*["x" * 400] * 20)
    table = bytearray(streams["0Table",])
    at = table.index(b"\x02") + 5
    struct.pack_into("<L", table, at + 4, 0x7FFFFFFF)
    data = compound({**streams, ("0Table",): bytes(table)})
    assert len(read(WordBinary(), data, max_chars=1000)) == 1000


@given(st.binary(max_size=200), st.integers(0, 500))
def test_word_raises_its_own_errors_only(noise: bytes, at: int) -> None:
    """Noise anywhere in the header or the table gives text or one of three errors."""
    streams = word_streams("one", "two")
    main, table = bytearray(streams["WordDocument",]), streams["0Table",]
    main[at : at + len(noise)] = noise
    try:
        assert isinstance("".join(word_text(bytes(main), table)), str)
        assert isinstance("".join(word_text(streams["WordDocument",], noise + table)), str)
    except (Corrupt, Encrypted, Unsupported):
        pass


def test_slides_give_their_texts_once() -> None:
    """Texts of one byte and of two, in order; an older version's copy is left out."""
    assert read(PowerPointBinary(), ppt("ünö", "two", "ünö")).split() == ["ünö", "two"]


def test_slide_masters_say_nothing() -> None:
    """What a master tells its maker is no text of the presentation."""
    master = slide_record(1016, slide_record(4008, b"Click here"), holds_records=True)
    slide = slide_record(1006, slide_record(4008, b"shown"), holds_records=True)
    assert list(slide_texts(master + slide)) == ["shown"]


def test_a_locked_presentation_is_told_as_one() -> None:
    """By the mark of its user, and by the record of its key."""
    user = bytes(12) + (0xF3D1C4DF).to_bytes(4, "little")
    streams: dict[tuple[str, ...], bytes] = {
        ("PowerPoint Document",): bytes(40),
        ("Current User",): user,
    }
    with pytest.raises(Encrypted):
        read(PowerPointBinary(), compound(streams))
    with pytest.raises(Encrypted):
        list(slide_texts(slide_record(12052, b"")))


def test_nested_records_end_where_what_holds_them_ends() -> None:
    """A record that claims four gigabytes takes no text away from its neighbours."""
    liar = struct.pack("<2HL", 0, 4008, 0xFFFFFFFF) + b"inner"
    data = slide_record(1006, liar, holds_records=True) + slide_record(4008, b"next")
    assert list(slide_texts(data)) == ["inner", "next"]


@given(st.binary(max_size=300))
def test_slides_raise_their_own_errors_only(noise: bytes) -> None:
    """Noise gives texts or one of two errors, and no more than there are bytes."""
    with contextlib.suppress(Corrupt, Encrypted):
        assert sum(map(len, slide_texts(noise))) <= len(noise)


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<2H", kind, len(body)) + body


BEGIN = record(0x809, struct.pack("<2H", 0x600, 5))


def test_cells_of_each_form_are_read() -> None:
    """Shared and own strings, floats, small numbers, whole rows of them, boxes."""
    shared = struct.pack("<2L", 1, 1) + struct.pack("<HB", 6, 0) + b"shared"
    small = struct.pack("<l", 77 << 2 | 2)
    data = (
        BEGIN
        + record(0xFC, shared)
        + record(0xFD, bytes(6) + bytes(4))
        + record(0x204, bytes(6) + struct.pack("<HB", 3, 1) + "öwn".encode("utf-16-le"))
        + record(0x203, bytes(6) + struct.pack("<d", 1.5))
        + record(0x27E, bytes(6) + small)
        + record(0xBD, bytes(4) + bytes(2) + small + bytes(2) + small + bytes(2))
        + record(0x1B6, bytes(10) + struct.pack("<H", 3) + bytes(6))
        + record(0x3C, b"\0box")
    )
    assert list(cell_texts(data)) == ["shared", "öwn", "1.5", "77", "77", "77", "box"]
    assert list(box_texts(data)) == ["box"]
    assert read(WorkbookRecords(), data).split()[0] == "shared"


def test_a_shared_string_may_change_its_width_half_way() -> None:
    """The record that continues it says anew how wide it is."""
    head = struct.pack("<2L", 1, 1) + struct.pack("<HB", 4, 0) + b"ab"
    data = BEGIN + record(0xFC, head) + record(0x3C, b"\1" + "öö".encode("utf-16-le"))
    assert list(cell_texts(data + record(0xFD, bytes(10)))) == ["aböö"]


def test_a_locked_workbook_is_told_as_one() -> None:
    """The record of its key comes before anything that is locked."""
    with pytest.raises(Encrypted):
        list(cell_texts(BEGIN + record(0x2F, bytes(6))))


@given(st.lists(st.tuples(st.sampled_from([0xFC, 0xFD, 0x204, 0xD6, 0x203, 0xBD, 0x27E, 0x06,
                                           0x207, 0x1B6, 0x3C]), st.binary(max_size=40))))  # fmt: skip
def test_records_raise_their_own_errors_only(records: list[tuple[int, bytes]]) -> None:
    """Any record with any bytes gives texts or an error of ours."""
    data = BEGIN + b"".join(record(kind, body) for kind, body in records)
    with contextlib.suppress(LeakwatchError):
        assert all(isinstance(text, str) for text in cell_texts(data))
