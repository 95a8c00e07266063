from __future__ import annotations

import binascii
import io
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.unpack.inline_picture import MAX_INLINE_BYTES
from leakwatch.unpack.mail import Mailbox
from leakwatch.unpack.sniff import sniff
from tests.support.archives import artefacts, zip_of

NOTE = "Fictional note of a fictional patient.\n" * 30
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
HEADERS = b"From: a@clinic.example\nTo: b@clinic.example\nSubject: x\nMIME-Version: 1.0\n"
DELIMITER = b"From a@clinic.example Mon Jan  1 00:00:00 2024\n"


def message(subject: str = "Befund für Müller") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "a@clinic.example", "b@clinic.example"
    mail["Date"] = "Mon, 1 Jan 2024 00:00:00 +0000"
    mail.set_content("Grüße, the note is attached.")
    return mail


def with_attachments() -> bytes:
    mail = message()
    mail.add_attachment(NOTE, filename="Größe.txt")
    mail.add_attachment(
        zip_of([("deep.txt", NOTE.encode())]),
        maintype="application",
        subtype="zip",
        filename="a.zip",
    )
    inner = message("the inner one")
    inner.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="i.pdf")
    mail.add_attachment(inner)
    return mail.as_bytes()


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_attachments_are_members(line_end: bytes) -> None:
    """Decoded, by their names, opened in turn; messages within messages too."""
    found = artefacts(with_attachments().replace(b"\n", line_end))
    assert (found[""].kind, found[""].error) == ("eml", None)
    assert found["0"].path.names[-1] == "Größe.txt"
    assert (found["0"].text or "").splitlines() == NOTE.splitlines()
    assert found["1.0"].text == NOTE
    assert (found["2"].kind, found["2.0"].kind) == ("eml", "pdf")


def test_a_message_that_is_one_file() -> None:
    """Without any parts the body may itself be the attachment."""
    raw = HEADERS + b"Content-Type: application/pdf; name=a.pdf\n"
    raw += b"Content-Transfer-Encoding: base64\n\n" + binascii.b2a_base64(b"%PDF-1.4 words")
    assert artefacts(raw)["0"].kind == "pdf"


def test_older_programs_wrote_files_into_the_body() -> None:
    """A uuencoded file in the words of a message is a member."""
    lines = [binascii.b2a_uu(NOTE.encode()[at : at + 45]) for at in range(0, len(NOTE), 45)]
    raw = HEADERS + b"\nSee below.\nbegin 644 a.txt\n" + b"".join(lines) + b"`\nend\n"
    found = artefacts(raw)
    assert found["0"].text == NOTE
    assert "See below." in (found[""].text or "")


def test_a_mailbox_holds_messages() -> None:
    """Each between its delimiters, quoted ones undone, attachments and all."""
    second = HEADERS + b"\n>From here on it is quoted.\n>>From deeper.\n"
    box = DELIMITER + with_attachments() + b"\n" + DELIMITER + second + b"\n"
    found = artefacts(box)
    assert found[""].kind == "mbox"
    assert found["0.1.0"].text == NOTE
    assert "\nFrom here on it is quoted.\n>From deeper." in (found["1"].text or "")


def test_a_mailbox_is_read_forwards() -> None:
    """However long a message or a line of it, pieces are bounded and nothing is lost."""
    body = b"a long line " * 30_000 + b"\n" + b"From me\n" * 20_000
    box = (DELIMITER + HEADERS + b"\n" + body + b"\n") * 3
    for member in Mailbox().members(io.BytesIO(box)):
        chunks = list(member.chunks())
        assert max(map(len, chunks)) <= 128 * 1024
        assert b"".join(chunks).rstrip() == (HEADERS + b"\n" + body).rstrip()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (HEADERS + b"\nbody", "eml"),
        (HEADERS.replace(b"\n", b"\r\n") + b"\r\nbody", "eml"),
        (b"Received: by x;\n\tMon\nReturn-Path: <x>\nMessage-ID: <y>\n\nbody", "eml"),
        (DELIMITER + HEADERS, "mbox"),
        (b"Subject: one\nNote: two\n\nbody", "text"),
        (b"From here on, 12:30, it goes well.\nThe patient said so.", "text"),
        (b"Diagnosis: x\nPlan: y\nFrom: z\n", "text"),
    ],
)
def test_mail_is_told_by_its_headers(text: bytes, kind: str) -> None:
    """Three headers that only mail has together; a note with colons is a note."""
    assert sniff(text) == kind


def test_levels_without_end() -> None:
    """3,000 levels of multipart cost what one does, and the words in them are read."""
    raw = HEADERS
    for n in range(3000):
        raw += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n)
    found = artefacts(raw + b"\nthe deep words\n")
    assert "the deep words" in (found[""].text or "")


def test_parts_without_end() -> None:
    """More parts than are looked at is said; what came before is read."""
    raw = HEADERS + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nthe first words\n"
    found = artefacts(zip_of([("a.eml", raw + b"--x\n\n" * 100_000), ("b.txt", NOTE.encode())]))
    assert (found["0"].error, found["1"].text) == ("budget_exceeded", NOTE)
    assert "the first words" in (found["0"].text or "")


def test_every_cut_is_survived() -> None:
    """A message cut anywhere gives the words that came before."""
    raw = with_attachments()
    for cut in range(0, len(raw), 41):
        found = artefacts(raw[:cut])
        assert {a.error for a in found.values()} <= {None, "corrupt", "extract"}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_raises(data: st.DataObject) -> None:
    """Flipped and shuffled, a message is told with our own errors at most."""
    raw = bytearray(with_attachments())
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=30))
    found = artefacts(DELIMITER * data.draw(st.integers(0, 1)) + bytes(raw))
    allowed = {None, "budget_exceeded", "corrupt", "extract", "unsupported"}
    assert {a.error for a in found.values()} <= allowed


def with_picture(data: bytes, *, disposition: str = "inline") -> bytes:
    mail = message()
    mail.add_alternative('<p>Regards</p><img src="cid:logo">', subtype="html")
    mail.get_payload(1).add_related(  # type: ignore[union-attr]
        data, "image", "png", cid="<logo>", disposition=disposition, filename="logo.png"
    )
    return mail.as_bytes()


@pytest.mark.parametrize(
    ("data", "disposition", "is_member"),
    [
        (PNG, "inline", False),
        (PNG, "attachment", True),
        (PNG.ljust(MAX_INLINE_BYTES, b"\0"), "inline", True),
        (NOTE.encode(), "inline", True),
        (zip_of([("deep.txt", NOTE.encode())]), "inline", True),
    ],
    ids=["logo", "attached", "large", "words", "archive"],
)
def test_a_small_picture_in_the_text_is_of_the_mail(
    data: bytes, disposition: str, is_member: bool
) -> None:
    """A signature's logo is no known file; what only claims to be one hides nothing."""
    assert ("0" in artefacts(with_picture(data, disposition=disposition))) == is_member
