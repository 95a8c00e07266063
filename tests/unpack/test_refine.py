from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.unpack.refine import MAX_PARTS, refine
from leakwatch.unpack.sniff import sniff
from tests.support.archives import zip_of
from tests.support.office import TYPES, compound, doc, docx, msg, odt, package, ppt, pptx, xlsx


def kind_of(data: bytes) -> str:
    stream = io.BytesIO(data)
    kind = refine(sniff(data), stream)
    assert stream.tell() == 0
    return kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (docx("x"), "docx"),
        (pptx(["x"]), "pptx"),
        (xlsx(b""), "xlsx"),
        (odt("x"), "odf"),
        (zip_of([("mimetype", b"application/epub+zip"), ("a.xhtml", b"")], method=0), "epub"),
        (zip_of([("FixedDocumentSequence.fdseq", b""), ("1.fpage", b"")]), "xps"),
        (package([("visio/pages/page1.xml", b"")]), "opc"),
        (zip_of([("first.bin", bytes(9000)), TYPES, ("_rels/.rels", b""), ("word/d.xml", b"")]), "docx"),
        (zip_of([("word/a.txt", b""), ("b.txt", b"")]), "zip"),
        (doc("x"), "doc"),
        (ppt("x"), "ppt"),
        (compound({("Workbook",): b"x"}), "xls"),
        (compound({("Book",): b"x"}), "xls"),
        (compound(msg({"0037": "x"})), "msg"),
        (compound({("EncryptedPackage",): b"x", ("Workbook",): b"x"}), "ole"),
        (compound({("VisioDocument",): b"x"}), "ole"),
        (docx("x")[:-30], "docx"),
        (doc("x")[:600], "ole"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "xls"),
        (b"text", "text"),
    ],
)  # fmt: skip
def test_directories_tell_what_a_file_is(data: bytes, kind: str) -> None:
    """In whatever order its parts lie; a damaged file keeps what its start says."""
    assert kind_of(data) == kind


def test_an_archive_of_very_many_members_is_no_document() -> None:
    """Whatever some of them are called, they are told one by one."""
    parts = [(f"{n}", b"") for n in range(MAX_PARTS)]
    assert kind_of(package([("word/document.xml", b""), *parts])) == "zip"


@given(st.sampled_from([docx("x"), doc("x"), odt("x")]), st.data())
def test_damage_never_raises(whole: bytes, data: st.DataObject) -> None:
    """Whatever is overwritten, some kind comes out."""
    at = data.draw(st.integers(0, len(whole) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=12))
    assert kind_of(whole[:at] + noise + whole[at + len(noise) :]).isalnum()
