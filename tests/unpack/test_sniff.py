from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.unpack.sniff import sniff
from tests.support.archives import zip_of

EVAL = Path(__file__).resolve().parents[2] / "../shared/eval"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (zip_of([("a", b"b")]), "zip"),
        (zip_of([]), "zip"),
        (zip_of([("[Content_Types].xml", b""), ("word/document.xml", b"")]), "docx"),
        (zip_of([("[Content_Types].xml", b""), ("xl/workbook.xml", b"")]), "xlsx"),
        (gzip.compress(b"x", mtime=0), "gzip"),
        (b"%PDF-1.7\n%\xe2\xe3", "pdf"),
        (b"Rar!\x1a\x07\x01\x00", "rar"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (bytes(257) + b"ustar\x0000", "tar"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpeg"),
        (b"<!DOCTYPE html><p>", "html"),
        (b"\n  <HTML lang=en>", "html"),
        (b"<!-- saved from a site --><html>", "html"),
        (b"\xef\xbb\xbf<html>", "html"),
        ("<html><p>note".encode("utf-16"), "html"),
        (b"<p>one<br>two</p>", "html"),
        (b"<?xml version='1.0'?><ClinicalDocument/>", "xml"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html xmlns='x'>", "html"),
        (b"", "text"),
        (b"a < b and c > d", "text"),
        (b"BZh9 is how a bzip2 file starts", "text"),
        (b"BM" + bytes(12) + b"\x28\0\0\0" + bytes(36), "bmp"),
        (b"BMI 31, weight and height as below", "text"),
        (b"MZ was the initials of a man", "text"),
        (b"P6\n# scanned\n640 480\n255\n" + bytes(9), "pnm"),
        (b"P2 640 480 255\n0 0 0", "pnm"),
        (b"P3 is a wave of the auditory response", "text"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(8), "jp2"),
        (b"\xff\x4f\xff\x51\0\x2f" + bytes(40), "jp2"),
        (b"\xff\x0a" + bytes(40), "jxl"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "avif"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "mp4"),
        (bytes(128) + b"DICM\x02\0\0\0UL\x04\0", "dicom"),
        (b"\x08\0\x05\0CS\x0a\0ISO_IR 100" + bytes(8), "dicom"),
        (b"\x08\0\x05\0\x0a\0\0\0ISO_IR 100" + bytes(8), "dicom"),
        (b"\0\x08\0\x05CS\0\x0aISO_IR 100" + bytes(8), "dicom"),
        (b"\x0bMSH|^~\\&|LAB|KHC|||2026||ORU^R01|1|P|2.5\r", "hl7"),
        (b"BHS#!%@$#A\rMSH#!%@$#A\r", "hl7"),
        (b'{"resourceType": "Bundle", "div": "<div><p>a<p>b<p>c"}', "text"),
        (b'[{"body": "<p>a<p>b<p>c"}]', "text"),
        ("Müller, Größe".encode("cp1252"), "text"),
        ("Жалобы на боль".encode("koi8-r"), "text"),
        ("診断書".encode("shift-jis"), "text"),
        ("Patient stable.".encode("utf-16-le"), "text"),
        ("Patient stable.".encode("utf-16-be"), "text"),
        ("Patient stable.".encode("utf-32-le"), "text"),
        (b"a line\x00with a stray NUL, as logs and exports have them", "text"),
        (bytes(100), "unknown"),
        (bytes(range(256)), "unknown"),
    ],
)
def test_bytes_are_told_by_what_they_are(head: bytes, kind: str) -> None:
    """Known signatures, markup and text in common encodings are recognised."""
    assert sniff(head) == kind


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=5000))
def test_any_bytes_get_a_slug(head: bytes) -> None:
    """Sniffing is total, and names nothing that was not known before."""
    assert re.fullmatch("[a-z0-9]+", sniff(head))


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=("L", "N", "Zs", "P")), min_size=1).map("note ".__add__))
def test_utf8_text_is_never_taken_for_binary(text: str) -> None:
    """Letters, digits and punctuation of any script are text or markup."""
    assert sniff(text.encode()) in {"text", "html", "xml"}


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_random_bytes_are_no_text(random: object) -> None:
    """Compressed and encrypted data do not reach the text extractor."""
    head = random.randbytes(2000)  # type: ignore[attr-defined]
    assert sniff(b"\x80" + head) == "unknown"


@pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files are not here")
@pytest.mark.parametrize(
    ("suffix", "kinds"), [("pdf", {"pdf"}), ("docx", {"docx", "zip", "ole"}), ("7z", {"7z"})]
)
def test_real_files_are_what_their_names_say(suffix: str, kinds: set[str]) -> None:
    """Of real files, odd and broken ones among them, nine in ten are told by their start."""
    found = [sniff(path.read_bytes()[:4096]) for path in EVAL.rglob(f"*.{suffix}")]
    assert sum(kind in kinds for kind in found) >= 0.9 * len(found)
