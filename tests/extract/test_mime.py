from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.extract.mime import parameters, parse_headers, walk_parts
from leakwatch.extract.mime_text import decoded_chunks, file_name, header_text, to_text

HEADERS = b"From: a@clinic.example\nMIME-Version: 1.0\n"


def bodies(raw: bytes) -> list[bytes]:
    return [raw[part.start : part.end] for part in walk_parts(raw) if part.start < part.end]


def test_parts_lie_between_boundaries() -> None:
    """The line break before a boundary is the boundary's; notices are left out."""
    raw = HEADERS + b'Content-Type: multipart/mixed; boundary="x y"\n\nThis is MIME.\n'
    raw += b"--x y\n\none\n--x y\nContent-Type: text/html\n\ntwo\n\n--x y--\nend\n"
    assert bodies(raw) == [b"one", b"two\n"]


def test_nested_parts_close_with_the_outer() -> None:
    """An inner multipart without an end is ended by the outer boundary."""
    raw = HEADERS + b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
    raw += b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--a\n\nthree\n--a--"
    assert bodies(raw) == [b"one", b"two", b"three"]


def test_a_boundary_within_itself_opens_nothing() -> None:
    """A part that names the boundary it stands in is a part like any other."""
    raw = HEADERS + b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
    raw += b"Content-Type: multipart/mixed; boundary=a\n\none\n--a\n\ntwo"
    assert bodies(raw) == [b"one", b"two"]


def test_long_words_around_the_parts_are_parts() -> None:
    """What stands before the first boundary and behind the last is published too."""
    raw = HEADERS + b"Content-Type: multipart/mixed; boundary=a\n\n" + b"before " * 50
    raw += b"\n--a\n\none\n--a--\n" + b"behind " * 50
    assert [body[:6] for body in bodies(raw)] == [b"before", b"one", b"behind"]


def test_what_is_no_header_begins_the_body() -> None:
    """A message without a blank line keeps its words."""
    headers, start = parse_headers(b"Subject: x\nthe words", 0, {})
    assert headers == [("subject", b"x")]
    assert start == 11


def test_headers_are_unfolded_and_bounded() -> None:
    """A value goes on in indented lines, up to a limit."""
    headers, _ = parse_headers(b"Subject: a\n b\n\tc\nX: " + b"y" * 200_000 + b"\n\n", 0, {})
    assert headers[0] == ("subject", b"a b c")
    assert len(headers[1][1]) <= 64 * 1024


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('text/plain; charset="utf-8"; name=a.txt', {"charset": "utf-8", "name": "a.txt"}),
        ('x; name="a \\"b\\"; c.txt"', {"name": 'a "b"; c.txt'}),
        ("x; name*0=a; name*1=b", {"name": "ab"}),
        ("x; name*1*=%20b; name*0*=utf-8''a", {"name": "utf-8''a%20b"}),
        ("x; =; ;;; name", {}),
        ("", {}),
    ],
)
def test_parameters(value: str, found: dict[str, str]) -> None:
    """Quoted, continued and broken ones (RFC 2045, RFC 2231)."""
    assert parameters(value) == found


@pytest.mark.parametrize(
    "line",
    [
        b'Content-Disposition: attachment; filename="=?utf-8?q?Gr=C3=B6=C3=9Fe.txt?="',
        b"Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt",
        'Content-Type: x/y; name="Größe.txt"'.encode(),
        b"Content-Type: x/y; name*0*=iso-8859-1''Gr%F6%DF; name*1=e.txt",
        b'Content-Disposition: attachment; filename="=?utf-8?b?R3LDtg==?= =?utf-8?b?w59lLnR4dA==?="',
    ],
)
def test_names_of_attachments(line: bytes) -> None:
    """Encoded in whichever way senders know."""
    [part] = walk_parts(HEADERS + line + b"\n\nx")
    assert file_name(part) == "Größe.txt"


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("größer".encode(), "utf-8", "größer"),
        ("größer".encode("cp1252"), "windows-1252", "größer"),
        ("größer als ein Knie".encode("cp1252"), "utf-8", "größer als ein Knie"),
        ("größer".encode(), "us-ascii", "größer"),
        (b"plain", "no-such-charset", "plain"),
        (b"\\u0041", "unicode_escape", "\\u0041"),
        (b"plain", "zip", "plain"),
        (b"plain", "x" * 10_000 + "\0", "plain"),
    ],
)
def test_charsets_are_believed_where_they_fit(raw: bytes, charset: str, text: str) -> None:
    """A wrong, unknown or hostile charset is passed over for what the bytes look like."""
    assert to_text(raw, charset) == text


def test_encoded_words() -> None:
    """Both encodings, joined where only a space parts them (RFC 2047)."""
    assert (
        header_text("=?utf-8?Q?Gr=C3=B6=C3=9Fe_und?= =?utf-8?b?IG1laHI=?= x") == "Größe und mehr x"
    )
    assert header_text("=?x?q?" * 3) == "=?x?q?" * 3


@pytest.mark.parametrize("coding", [b"base64", b"quoted-printable", b"x-uuencode", b"8bit", b"?"])
@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=400))
def test_decoding_is_total(coding: bytes, body: bytes) -> None:
    """Whatever stands in a body comes out as bytes."""
    raw = HEADERS + b"Content-Transfer-Encoding: " + coding + b"\n\n" + body
    [part] = walk_parts(raw)
    assert isinstance(b"".join(decoded_chunks(raw, part)), bytes)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"\n--a",
                b"--b",
                b"--",
                b"\n",
                b"\r\n",
                b"Content-Type: multipart/x; boundary=",
                b"a",
                b"b",
            ]
        )
        | st.binary(max_size=10),
        max_size=40,
    ).map(b"".join)
)
def test_walking_is_total(raw: bytes) -> None:
    """Any bytes are a message: pieces in order, none outside, none twice."""
    end = 0
    for part in walk_parts(raw):
        assert end <= part.start <= part.end <= len(raw)
        end = part.end
        parameters(part.content_type)
