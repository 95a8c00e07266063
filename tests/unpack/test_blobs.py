from __future__ import annotations

import base64
import binascii
import gzip
import json
import quopri
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.unpack.blobs import find_blobs, may_have_blobs
from leakwatch.unpack.budget import BudgetLimits
from tests.support.archives import artefacts, zip_of

NOTE = b"Fictional note of a fictional patient, seen for a fictional knee.\n" * 20
PICTURE = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(3000)
BOOK = b"%PDF-1.4\n" + random.Random(2).randbytes(5000)
LINES = base64.encodebytes(BOOK)


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def uu(content: bytes) -> bytes:
    lines = [binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45)]
    return b"begin 644 a.pdf\n" + b"".join(lines) + b"`\nend\n"


WRITTEN: dict[str, tuple[str | bytes, bytes]] = {
    "data URI": (f'<img src="data:image/png;base64,{b64(PICTURE)}"> text', PICTURE),
    "FHIR": (json.dumps({"resourceType": "Binary", "data": b64(BOOK)}), BOOK),
    "escaped slashes": (json.dumps({"data": b64(BOOK)}).replace("/", "\\/"), BOOK),
    "escaped lines": (json.dumps({"data": LINES.decode()}), BOOK),
    "escaped twice": (json.dumps(json.dumps({"data": LINES.decode()})), BOOK),
    "HL7": (f"OBX|1|ED|PDF^^L||^APP^PDF^Base64^{b64(BOOK)}||||||F\r", BOOK),
    "lines": (b"hello\n" + LINES + b"words and words", BOOK),
    "quoted lines": (b"\n".join(b"> " + line for line in LINES.splitlines()), BOOK),
    "armour": (b"-----BEGIN X-----\n" + base64.encodebytes(NOTE) + b"-----END X-----\n", NOTE),
    "URL alphabet": (base64.urlsafe_b64encode(PICTURE), PICTURE),
    "MySQL": (f"(1,0x{PICTURE.hex().upper()},'x'),", PICTURE),
    "SQL standard": (f"VALUES (X'{PICTURE.hex()}')", PICTURE),
    "bytea": (f"1\t\\\\x{BOOK.hex()}\tmore\n", BOOK),
    "hexadecimal lines": ("\n".join(BOOK.hex()[at : at + 60] for at in range(0, 10018, 60)), BOOK),
    "uuencoded": (b"see this\n" + uu(BOOK) + b"bye", BOOK),
}


def found_in(text: str | bytes) -> list[bytes]:
    data = text.encode() if isinstance(text, str) else text
    return [b"".join(blob.chunks()) for blob in find_blobs(data)]


@pytest.mark.parametrize("way", WRITTEN)
def test_files_written_into_text_are_found(way: str) -> None:
    """However it was written down, the very bytes come out, and once."""
    text, content = WRITTEN[way]
    assert found_in(text) == [content]


def test_quoted_printable_is_decoded() -> None:
    """Soft line breaks in a text without headers give it away."""
    words = "Größe und Übel am Knie, äußerst fiktiv. " * 40
    [content] = found_in(b"Dear all,\n" + quopri.encodestring(words.encode()) + b"\nend")
    assert content.decode().strip() == words.strip()


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(random.Random(3).randbytes(3000)),
        random.Random(4).randbytes(3000).hex().encode(),
        b"\n".join(b"/usr/lib/somewhere/far/away/in/the/tree/%d/file.py" % n for n in range(50)),
        b"\n".join(b"%064x" % random.Random(n).getrandbits(256) for n in range(50)),
        NOTE,
        b64(b"short").encode(),
    ],
    ids=["random", "random hex", "paths", "digests", "prose", "short"],
)
def test_what_is_no_file_is_left_alone(text: bytes) -> None:
    """Keys, digests and paths decode to nothing that anybody knows."""
    assert found_in(text) == []


def test_a_text_with_files_is_both() -> None:
    """It has its own words, and its members have their place in it and are opened in turn."""
    inner = zip_of([("note.txt", NOTE)], method=0)
    found = artefacts(f"words before {b64(inner)} and after".encode())
    assert (found[""].kind, found[""].is_container) == ("text", True)
    assert (found[""].text or "").startswith("words before")
    assert found["0"].path.names[-1] == "blob 1 at byte 13"
    assert found["0.0"].text == NOTE.decode()


def test_files_in_text_in_archives_are_found() -> None:
    """A dump in an archive is looked through as well, and its neighbour is read."""
    found = artefacts(zip_of([("a.sql", f"(0x{NOTE.hex()})".encode()), ("b.txt", b"neighbour")]))
    assert [found[o].text for o in ("0.0", "1")] == [NOTE.decode(), "neighbour"]


def test_a_blob_of_blobs_ends() -> None:
    """Text in text in text is opened as deep as archives are."""
    text = NOTE
    for _ in range(8):
        text = b"x " + base64.b64encode(text) + b" y"
    found = artefacts(text, limits=BudgetLimits(max_depth=3))
    assert max(len(a.path.ordinals) for a in found.values()) == 3
    assert "budget_exceeded" in {a.error for a in found.values()}


def test_a_bomb_in_text_is_cut() -> None:
    """What is unpacked from a blob is charged like anything else."""
    text = b"x " + base64.b64encode(gzip.compress(bytes(20 << 20))) + b" y"
    found = artefacts(text, limits=BudgetLimits(max_member_bytes=1 << 20))
    assert found["0.0"].error == "budget_exceeded"


def test_many_are_bounded() -> None:
    """As many members as an archive may have."""
    text = (b64(PICTURE[:260]) + " ").encode() * 500
    found = artefacts(text, limits=BudgetLimits(max_members=100))
    assert len(found) == 101
    assert found[""].error == "budget_exceeded"
    assert found[""].text is not None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"A" * 60,
                b"\\/",
                b"\\n",
                b"\n",
                b" ",
                b"=",
                b"0x",
                b64(PICTURE[:300]).encode(),
                b"\\",
            ]
        )
        | st.binary(max_size=80),
        max_size=30,
    ).map(b"".join)
)
def test_any_bytes_are_gone_through(text: bytes) -> None:
    """No bytes raise; what is found lies in the text, in order, and was foretold."""
    blobs = list(find_blobs(text))
    runs = [blob.start for blob in blobs if blob.coding in {"base64", "hex"}]
    assert runs == sorted(runs)
    assert all(0 <= blob.start < len(text) for blob in blobs)
    assert may_have_blobs(text) or not blobs
    for blob in blobs:
        assert all(len(chunk) <= 64 * 1024 for chunk in blob.chunks())
