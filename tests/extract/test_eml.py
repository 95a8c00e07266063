from __future__ import annotations

import io

from leakwatch.extract.eml import MailText
from leakwatch.extract.html import HtmlPage
from leakwatch.extract.stripped import StrippedMarkup

HEADERS = b"From: a@clinic.example\nTo: b@clinic.example\nMIME-Version: 1.0\n"


def text_of(raw: bytes, *, max_chars: int = 1_000_000) -> str:
    return MailText(HtmlPage()).extract(io.BytesIO(raw), max_chars=max_chars).text


def test_headers_that_people_write_are_text() -> None:
    """Subject and whatever a note says in lines of its own; not what servers say."""
    raw = (
        b"Received: from relay\nSubject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=\nDiagnosis: fictional\n\nwords"
    )
    text = text_of(raw)
    assert text == "Subject: Größe\nDiagnosis: fictional\n\nwords"


def test_all_bodies_are_text() -> None:
    """Plain and HTML, each by its own charset; attachments are not."""
    raw = HEADERS + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n"
    raw += b"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n"
    raw += b"\ngr=F6=DFer\n--x\nContent-Type: text/html; charset=iso-8859-1\n\n"
    raw += "<html><head><meta charset=utf-8></head><body><p>kn<b>ö</b>chern</body></html>".encode(
        "cp1252"
    )
    raw += b"\n--x\nContent-Type: text/plain; name=a.txt\n\nattached\n--x--\n"
    text = text_of(raw)
    assert "größer" in text
    assert "kn ö chern" in text
    assert "attached" not in text


def test_a_page_too_deep_is_stripped() -> None:
    """Nesting that parsers choke on costs the tags alone."""
    raw = HEADERS + b"Content-Type: text/html\n\n" + b"<div>" * 50_000 + b"the deep words"
    assert "the deep words" in text_of(raw)
    plain = MailText(StrippedMarkup())
    assert not plain.is_risky
    assert "the deep words" in plain.extract(io.BytesIO(raw), max_chars=300_000).text


def test_long_mail_is_cut_and_says_so() -> None:
    """No more characters than asked for, headers included."""
    found = MailText(HtmlPage()).extract(
        io.BytesIO(HEADERS + b"\n" + b"word " * 9000), max_chars=100
    )
    assert len(found.text) <= 110
    assert found.note == "text cut after 100 characters"


def test_base64_that_is_none_ends_quietly() -> None:
    """A body that no program wrote gives what could be decoded."""
    raw = HEADERS + b"Content-Transfer-Encoding: base64\n\n" + b"d29yZHMg=" + b"dw==" * 20_000
    assert "words" in text_of(raw)
