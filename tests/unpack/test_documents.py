"""Documents among containers: one text each, and what is attached to them."""

from __future__ import annotations

import io
import struct
import zlib

import pytest

from leakwatch.unpack.document_package import DocumentPackage
from leakwatch.unpack.events import Opened, Resume
from tests.support.archives import artefacts, walk, zip_of
from tests.support.office import (
    compound,
    doc,
    docx,
    message_streams,
    msg,
    odt,
    package,
    paragraphs,
    slide_record,
    word_streams,
)
from tests.support.pdf import with_attachment, with_text


def texts(content: bytes, resume: Resume | None = None) -> dict[str, tuple[str, str]]:
    """Return (kind, text without space around it) by ordinal."""
    told = (e.artefact for e in walk(content, resume=resume) if not isinstance(e, Opened))
    return {a.path.ordinal: (a.kind, (a.text or "").strip()) for a in told}


def test_a_document_is_one_artefact() -> None:
    """Its parts are no members: no theme, no style, no picture has a digest of its own."""
    parts = [("word/theme/theme1.xml", b"<a/>"), ("word/media/image1.emf", b"logo")]
    assert texts(docx("the text", parts=parts)) == {"": ("docx", "the text")}
    assert texts(odt("<text:p>the text</text:p>")) == {"": ("odf", "the text")}


@pytest.mark.parametrize(
    ("name", "is_attached"),
    [
        ("word/embeddings/Book1.xlsx", True),
        ("xl/embeddings/oleObject1.bin", True),
        ("word/afchunk.mht", True),
        ("Object 1", True),
        ("Object 1/content.xml", False),
        ("ObjectReplacements/Object 1", False),
        ("word/media/image1.png", False),
        ("word/media/film.mp4", True),
        ("word/document.xml", False),
        ("docProps/thumbnail.jpeg", False),
        ("[Content_Types].xml", False),
        ("mimetype", False),
        ("Pictures/logo.svg", False),
        ("stolen/records.xml", True),
        ("../../etc/evil.txt", True),
        ("word\\embeddings\\x.docx", True),
        ("word/folder/", False),
    ],
)
def test_what_counts_as_attached(name: str, is_attached: bool) -> None:
    """Embedded files, and whatever lies where no part of a document belongs."""
    archive = zip_of([(name, b"x")])
    found = [m.name for m in DocumentPackage().members(io.BytesIO(archive))]
    assert found == ([name] if is_attached else [])


def test_names_that_climb_are_names_only() -> None:
    """A part called ``../../x`` is told under that name, and written nowhere."""
    found = artefacts(docx("text", parts=[("../../../etc/x.txt", b"slipped in")]))
    assert found["3"].path.names[-1] == "../../../etc/x.txt"
    assert found["3"].text == "slipped in"


def test_a_damaged_document_gives_its_parts_with_text() -> None:
    """Without a directory it is walked as it lies, but for what says nothing."""
    parts = [("word/styles.xml", paragraphs("style")), ("word/header1.xml", paragraphs("header"))]
    found = artefacts(docx("the text", parts=parts)[:-200])
    members = {a.path.names[-1]: a.text for o, a in found.items() if o}
    assert set(members) == {"word/document.xml", "word/header1.xml"}
    assert "the text" in (members["word/document.xml"] or "")
    assert found[""].error == "corrupt"


def test_attachments_of_a_message_are_members() -> None:
    """An attached message is told as its words, what is attached to it behind it."""
    at = ("__attach_version1.0_#00000001",)
    inner = (*at, "__substg1.0_3701000D")
    streams = msg({"0037": "outer"}, {"a.txt": b"first"})
    streams |= message_streams({"3001": "fwd"}, at=at) | message_streams(
        {"1000": "inner"}, at=inner
    )
    packed = zip_of([("mail.msg", compound(streams))])
    assert texts(packed) == {
        "0.0": ("text", "first"),
        "0.1": ("text", "inner"),
        "0": ("msg", "outer"),
        "": ("zip", ""),
    }


@pytest.mark.parametrize(
    ("data", "content_id", "is_member"),
    [
        (b"GIF89a" + bytes(3000), "logo@clinic.example", False),
        (b"GIF89a" + bytes(3000), "", True),
        (b"only words", "logo@clinic.example", True),
    ],
    ids=["logo", "attached", "words"],
)
def test_a_small_picture_in_a_message_is_of_the_message(
    data: bytes, content_id: str, is_member: bool
) -> None:
    """As in mail: what has a Content-ID and is a small picture is no file of its own."""
    streams = msg({"0037": "outer"}, {"logo.gif": data})
    at = ("__attach_version1.0_#00000000",)
    streams |= message_streams({"3712": content_id} if content_id else {}, at=at)
    assert ("0" in artefacts(compound(streams))) == is_member


def test_objects_inside_documents_are_members() -> None:
    """Files in packages, Word within Word, and packed objects of slides."""
    native = bytes(6) + b"a.txt\0a\0" + bytes(4) + bytes(4) + struct.pack("<L", 5) + b"words"
    inner = {("ObjectPool", "_1", *path): data for path, data in word_streams("inner").items()}
    streams = {**word_streams("outer"), **inner, ("ObjectPool", "_2", "\x01Ole10Native"): native}
    found = texts(compound(streams))
    assert sorted(found.values()) == [("doc", "outer"), ("text", "inner"), ("text", "words")]
    packed = zlib.compress(doc("in a slide"))
    head = struct.pack("<2HL", 1 << 4, 4113, len(packed) + 4) + bytes(4)
    slides = slide_record(4008, b"a slide") + head + packed
    found = texts(compound({("PowerPoint Document",): slides}))
    assert found == {"0": ("doc", "in a slide"), "": ("ppt", "a slide")}


def test_attachments_of_a_pdf_are_members() -> None:
    """And the document keeps its own text; one without any is no container."""
    found = texts(with_attachment("a.txt", b"attached words"))
    assert found == {"0": ("text", "attached words"), "": ("pdf", "the cover")}
    assert [type(e).__name__ for e in walk(with_text("x"))] == ["Opened", "Done"]


def test_a_zip_at_the_end_of_a_document_is_opened() -> None:
    """A PDF and an archive in one are read as both."""
    found = texts(with_text("the cover") + zip_of([("a.txt", b"hidden")]))
    assert found == {"0": ("text", "hidden"), "": ("pdf", "the cover")}


def test_a_theme_inside_an_old_document_is_no_member() -> None:
    """Word 2007 and later put one into a .doc, as a package at its end."""
    theme = package([("theme/theme/theme1.xml", b"<a:theme/>")])
    assert texts(doc("the text") + theme) == {"": ("doc", "the text")}
    assert texts(doc("the text") + zip_of([("a.txt", b"hidden")]))["0"] == ("text", "hidden")


def test_a_package_at_the_end_of_a_picture_gives_its_text_alone() -> None:
    """Its theme is the same in strangers' documents."""
    parts = [("word/theme/theme1.xml", b"<a:theme>x</a:theme>")]
    found = texts(b"\xff\xd8\xff\xe0" + bytes(400) + docx("the text", parts=parts))
    assert "the text" in found["2"][1]
    assert set(found) == {"2", ""}


def test_a_document_whose_parser_died_is_read_the_second_way() -> None:
    """As a whole: nothing of what is attached is told again."""
    data = docx("text", parts=[("word/embeddings/a.txt", b"attached")])
    assert texts(data, Resume(after=(3,), plainly=())) == {"": ("docx", "")}


def test_the_reading_of_a_document_is_announced_behind_its_members() -> None:
    """Whoever listens knows that what dies now is no unpacking."""
    data = docx("text", parts=[("word/embeddings/a.txt", b"attached")])
    told = [
        (type(e).__name__, e.artefact.path.ordinal, e.artefact.is_container) for e in walk(data)
    ]
    assert told == [
        ("Opened", "", True),
        ("Done", "3", False),
        ("Opened", "", False),
        ("Done", "", True),
    ]
