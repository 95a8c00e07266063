"""Office packages, OpenDocument, books and fixed pages: each one text."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.errors import Corrupt, Encrypted
from leakwatch.extract.formats import EXTRACTORS
from leakwatch.extract.office_markup import OfficeText
from leakwatch.extract.opendocument import OpenText
from leakwatch.extract.package import Package
from leakwatch.extract.sheet_markup import WorkbookMarkup, cells, strings
from leakwatch.extract.sheet_records import records
from tests.support.archives import ENCRYPTED_FLAG, patched, zip_of
from tests.support.office import docx, odt, package, paragraphs, pptx, xlsx


def read(kind: str, data: bytes, max_chars: int = 10_000) -> list[str]:
    return EXTRACTORS[kind].extract(io.BytesIO(data), max_chars=max_chars).text.split()


def word(markup: str) -> list[str]:
    office = OfficeText(10_000)
    office.read([markup])
    return office.text().split()


def test_every_part_with_words_is_read_the_main_one_first() -> None:
    """Headers, notes, comments and the title; styles and settings are no text."""
    parts = [
        ("word/header1.xml", paragraphs("header")),
        ("word/footnotes.xml", paragraphs("footnote")),
        ("word/comments.xml", paragraphs("comment")),
        ("word/styles.xml", paragraphs("style")),
        ("docProps/core.xml", b"<cp><dc:title>Title</dc:title><dc:creator>Who</dc:creator></cp>"),
        ("docProps/custom.xml", b"<p><vt:lpwstr>custom</vt:lpwstr></p>"),
    ]
    assert read("docx", docx("main", parts=parts)) == [
        *("main", "comment", "footnote", "header", "Title", "custom"),
    ]


def test_slides_come_in_the_order_of_their_numbers() -> None:
    """Ten comes behind two; notes follow; what masters say to their maker is left out."""
    parts = [
        ("ppt/notesSlides/notesSlide1.xml", b"<a:p><a:t>notes</a:t></a:p>"),
        ("ppt/slideMasters/slideMaster1.xml", b"<a:p><a:t>Click</a:t></a:p>"),
    ]
    assert read("pptx", pptx([f"s{n}" for n in range(12)], parts=parts)) == [
        *(f"s{n}" for n in range(12)),
        "notes",
    ]


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<w:p><w:t>one </w:t><w:tab/><w:t>two</w:t></w:p>", ["one", "two"]),
        ("<w:p><w:t>a </w:t><w:delText>gone</w:delText><w:t>b</w:t></w:p>", ["a", "b", "gone"]),
        ("<w:t>see </w:t><w:instrText>LINK x</w:instrText><w:t>this</w:t>", ["see", "this", "LINK", "x"]),
        (
            ("<w:p><w:t>before </w:t><w:txbxContent><w:p><w:t>box</w:t></w:p></w:txbxContent>"
            "<w:t>after</w:t></w:p>"),
            ["before", "after", "box"],
        ),
        (
            ("<mc:AlternateContent><mc:Choice><w:t>same</w:t></mc:Choice><mc:Fallback><w:t>same</w:t>"
            "</mc:Fallback></mc:AlternateContent>"),
            ["same"],
        ),
        (
            ("<mc:AlternateContent><mc:Choice><w:t>new</w:t></mc:Choice><mc:Fallback><w:t>old</w:t>"
            "</mc:Fallback></mc:AlternateContent><w:t> end</w:t>"),
            ["new", "end", "old"],
        ),
        ('<wp:docPr id="1" descr="a &lt;scan&gt;"/><w:t>x</w:t>', ["x", "a", "<scan>"]),
        ("<w:t>never <w:b/>closed", ["never", "closed"]),
        ("<x:t xml:space='preserve'>any prefix</x:t><w:tbl><w:title>no</w:title>", ["any", "prefix"]),
        ("<w:tbl><w:tr><w:tc>" * 60_000 + "<w:t>deep</w:t>", ["deep"]),
    ],
)  # fmt: skip
def test_what_a_reader_sees_comes_first(markup: str, words: list[str]) -> None:
    """Boxes behind their paragraph, deleted and hidden text at the end, nothing twice."""
    assert word(markup) == words


@given(
    st.lists(
        st.sampled_from(["<w:t>", "</w:t>", "x", "<w:p>", "</w:p>", "<w:txbxContent>", "</w:txbxContent>",
                         "<mc:AlternateContent>", "</mc:AlternateContent>", "<mc:Fallback>",
                         "</mc:Fallback>", "<w:delText>", "<w:br/>", "< ", ">", "&amp;"]),
        max_size=60,
    )
)  # fmt: skip
def test_no_shown_character_is_lost_however_tags_are_nested(marks: list[str]) -> None:
    """Each letter within ``t`` stands in the text, or its twin does."""
    office = OfficeText(10_000)
    office.read(["".join(marks)])
    open_text = OpenText(10_000)
    open_text.read(["".join(marks)])
    assert open_text.text().count("x") == marks.count("x")
    if "<w:t>x" in "".join(marks):
        assert "x" in office.text()


def test_open_documents_keep_notes_and_deleted_text_out_of_sentences() -> None:
    """Notes behind their paragraph without their author, deletions at the end."""
    content = (
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        "<text:p>one <text:note><text:p>note</text:p></text:note>"
        "<office:annotation><dc:creator>Who</dc:creator><text:p>said</text:p></office:annotation>"
        "two</text:p><text:p>three <text:date>today</text:date></text:p>"
    )
    meta = b"<meta><dc:title>Title</dc:title><dc:creator>Who</dc:creator></meta>"
    data = odt(content, parts=[("meta.xml", meta), ("styles.xml", b"<p>footer</p>")])
    assert read("odf", data) == [
        *("one", "two", "note", "said", "three", "today", "gone", "Title", "footer"),
    ]


def test_a_locked_open_document_is_told_as_one() -> None:
    """The manifest names what is encrypted."""
    manifest = ("META-INF/manifest.xml", b"<manifest:encryption-data/>")
    with pytest.raises(Encrypted):
        read("odf", odt("", parts=[manifest]))


ROWS = b'<row r="1"><c t="s"><v>1</v></c><c t="inlineStr"><is><t>own</t></is></c><c><v>5.0</v></c></row>'


def test_both_ways_read_the_same_cells() -> None:
    """Shared strings, own ones and numbers, and the comments beside them."""
    comments = ("xl/comments1.xml", b"<comment><text><t>said</t></text></comment>")
    data = xlsx(ROWS, shared=["no", "shared"], parts=[comments])
    assert read("xlsx", data) == ["Sheet", "shared", "own", "5", "said"]
    second = WorkbookMarkup().extract(io.BytesIO(data), max_chars=1000).text.split()
    assert second == ["shared", "own", "5.0", "said"]


def test_the_words_of_lost_sheets_are_kept() -> None:
    """Without a sheet that uses them, shared strings stand alone."""
    data = package([("xl/sharedStrings.xml", b"<si><t>kept</t></si>"), ("xl/workbook.xml", b"")])
    assert WorkbookMarkup().extract(io.BytesIO(data), max_chars=100).text == "kept"


def test_readings_over_asian_words_are_left_out() -> None:
    """They are no words of the cell."""
    assert list(strings(["<si><t>word</t><rPh><t>reading</t></rPh></si><si/>"])) == ["word", ""]


@given(st.text(alphabet="<>/crowvtsi=\"' 0123456789", max_size=80), st.binary(max_size=80))
def test_any_sheet_gives_cells(markup: str, noise: bytes) -> None:
    """Of either form, whatever the bytes."""
    assert all(isinstance(cell, str) for cell in cells([markup], ["a"]))
    assert sum(len(body) for _, body in records(noise)) <= len(noise)


def test_a_book_and_fixed_pages_are_one_text() -> None:
    """Chapters without styles and scripts; glyphs by their string."""
    book = zip_of([("a.xhtml", b"<style>no</style><p>one</p>"), ("b.html", b"<p>two</p>")])
    assert read("epub", book) == ["one", "two"]
    page = b'<Glyphs UnicodeString="{}the note" Indices="1"/>'
    assert read("xps", zip_of([("Pages/1.fpage", page)])) == ["the", "note"]


def test_parts_are_capped_together() -> None:
    """What a document unpacks to is bounded, and the cut is told."""
    bomb = Package(io.BytesIO(docx("x" * 300_000)), max_total_bytes=100_000)
    [part] = bomb.parts(lambda name: name == "word/document.xml")
    assert sum(map(len, bomb.chunks(part))) < 200_000
    assert bomb.note == "read in part: the document unpacks to over 100000 bytes"


def test_a_damaged_part_costs_itself() -> None:
    """Its neighbours are read, and the damage is told."""
    data = bytearray(
        docx("main text that is long enough", parts=[("word/footnotes.xml", paragraphs("kept"))])
    )
    at = data.index(b"word/document.xml") + 20
    data[at : at + 20] = bytes(20)
    found = EXTRACTORS["docx"].extract(io.BytesIO(bytes(data)), max_chars=1000)
    assert "kept" in found.text
    assert found.note == "1 parts of the document are damaged"


def test_a_locked_part_is_told_as_one_and_no_directory_as_damage() -> None:
    """Encrypted and Corrupt are told apart."""
    with pytest.raises(Encrypted):
        read("docx", patched(docx("x"), 2, "flags", ENCRYPTED_FLAG))
    with pytest.raises(Corrupt):
        read("docx", docx("x")[:-30])
