"""Stolen documents of office programs, found again; strangers' with the same template are not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from leakwatch.cli.main import main
from tests.support.archives import zip_of
from tests.support.corpora import note, write_tree
from tests.support.office import compound, doc, docx, msg, odt, pptx, xlsx
from tests.support.pictures import letter, saved

TEMPLATE = (
    ("word/theme/theme1.xml", b"<a:theme>" + b"<a:clr name='clinic'/>" * 400 + b"</a:theme>"),
    ("word/styles.xml", b"<w:styles>" + b"<w:style w:styleId='s'/>" * 900 + b"</w:styles>"),
    ("word/settings.xml", b"<w:settings>" + b"<w:rsid w:val='00A1'/>" * 300 + b"</w:settings>"),
    ("word/media/image1.png", saved(letter(7), "PNG")),
    ("word/fontTable.xml", b"<w:fonts>" + b"<w:font w:name='Clinic Sans'/>" * 50 + b"</w:fonts>"),
    ("docProps/thumbnail.jpeg", saved(letter(8), "JPEG")),
)
"""What each letter of one clinic has, and each stranger's from the same template."""


def row(text: str) -> bytes:
    words = text.split()
    cells = "".join(f'<c t="inlineStr"><is><t>{w}</t></is></c>' for w in words)
    return f'<row r="1">{cells}</row>'.encode()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("documents")
    files = {
        "a.docx": docx(note(0), parts=TEMPLATE),
        "b.pptx": pptx([note(1)]),
        "c.xlsx": xlsx(row(note(2))),
        "d.odt": odt(f"<text:p>{note(3)}</text:p>"),
        "e.doc": doc(note(4)),
        "f.msg": compound(msg({"0037": "results", "1000": note(5)})),
        "g.rtf": b"{\\rtf1 " + note(6).encode() + b"}",
        "h.xml": b"<?xml version='1.0'?><section><text>" + note(7).encode() + b"</text></section>",
    }
    write_tree(home / "files", files)
    assert main(["keygen", str(home / "key")]) == 0
    out, key = str(home / "c.corpus"), str(home / "key")
    assert main(["corpus", "build", str(home / "files"), "--out", out, "--key", key]) == 0
    return home


def scan(home: Path, capsys: pytest.CaptureFixture[str], target: Path) -> list[dict[str, Any]]:
    capsys.readouterr()
    options = ["--corpus", str(home / "c.corpus"), "--key", str(home / "key"), "--json"]
    assert main(["scan", str(target), *options]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_strangers_letters_from_one_template_do_not_match(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Theme, styles, fonts and logo are parts of a document and no known files."""
    stranger = docx(note("stranger"), parts=TEMPLATE)
    write_tree(tmp_path, {"x.docx": stranger, "y.zip": zip_of([("in/x.docx", stranger)])})
    assert scan(home, capsys, tmp_path) == []


def test_a_copy_that_was_saved_again_matches(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other bytes, other template, the same words: the text is known."""
    write_tree(tmp_path, {"x.docx": docx(*note(0).split(". "), parts=TEMPLATE[:1])})
    [line] = scan(home, capsys, tmp_path)
    assert (line["kind"], line["matches"][0]["grade"]) == ("text", "conclusive")


@pytest.mark.parametrize("number", range(8))
def test_text_of_each_kind_is_known_as_plain_text(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    """Pasted out of its document, a text matches, whatever kind the document was."""
    write_tree(tmp_path, {"pasted.txt": note(number)})
    [line] = scan(home, capsys, tmp_path)
    assert line["matches"][0]["grade"] in {"conclusive", "probable"}


def test_a_document_attached_to_another_matches_alone(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Embedded files are members, with a path and a digest of their own."""
    inner = (home / "files/b.pptx").read_bytes()
    outer = docx(note("cover"), parts=[("word/embeddings/slides.pptx", inner)])
    sent = compound(msg({"0037": "fwd", "1000": note("cover mail")}, {"slides.docx": outer}))
    write_tree(tmp_path, {"x.docx": outer, "y.msg": sent})
    found = {
        line["artefact"]: line["matches"][0]["method"] for line in scan(home, capsys, tmp_path)
    }
    assert found == {
        "x.docx!/word/embeddings/slides.pptx": "exact",
        "y.msg!/slides.docx!/word/embeddings/slides.pptx": "exact",
    }


def test_a_download_cut_short_still_matches(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without its directory a document gives the text of the parts that came."""
    whole = docx(note(0), parts=[("word/embeddings/noise.bin", os.urandom(9000))])
    write_tree(tmp_path, {"cut.docx": whole[:-6000], "cut.doc": doc(note(4))[:-600]})
    lines = scan(home, capsys, tmp_path)
    grades = {line["artefact"]: line["matches"][0]["grade"] for line in lines if line["matches"]}
    assert grades["cut.doc"] in {"conclusive", "probable"}
    assert grades["cut.docx!/word/document.xml"] in {"conclusive", "probable"}
