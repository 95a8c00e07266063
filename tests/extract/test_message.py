from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from leakwatch.extract.carved import CarvedText, text_runs
from leakwatch.extract.compressed_rtf import decompress
from leakwatch.extract.message import OutlookMessage, attached
from leakwatch.extract.ole import CompoundFile
from leakwatch.extract.ole_objects import native_file
from leakwatch.extract.property_text import strings
from tests.support.office import compound, doc, message_streams, msg

# The example of MS-OXRTFCP 3.1.1.
COMPRESSED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
    "0af32068656c09002062770 5b06c647d0a800fa0".replace(" ", "")
)


def read(streams: dict[tuple[str, ...], bytes]) -> str:
    return OutlookMessage().extract(io.BytesIO(compound(streams)), max_chars=10_000).text


def test_headers_come_before_the_body_and_the_rest_behind() -> None:
    """Subject, sender, recipients, body, then what else is said in words."""
    streams = msg({"1000": "the body", "0037": "subject", "0C1A": "sender", "3A08": "phone"})
    streams |= message_streams(
        {"3001": "Ilka", "39FE": "ilka@x"}, at=("__recip_version1.0_#00000000",)
    )
    assert read(streams).split("\n")[:5] == [
        "subject",
        "sender",
        "Ilka ilka@x",
        "the body",
        "phone",
    ]


def test_forms_of_the_body_that_say_the_same_are_told_once() -> None:
    """HTML that repeats the plain text adds nothing; HTML that says more does."""
    html = ("__substg1.0_10130102",)
    assert read({**msg({"1000": "the body"}), html: b"<p>the <b>body</b></p>"}).split() == [
        "the",
        "body",
    ]
    more = read({**msg({"1000": "the body"}), html: b"<p>something else</p>"})
    assert more.split() == ["the", "body", "something", "else"]


def test_a_body_that_is_rtf_alone_is_read() -> None:
    """Compressed as Outlook does it."""
    assert "hello world" in read({**msg({}), ("__substg1.0_10090102",): COMPRESSED})


def test_eight_bit_strings_are_in_the_messages_code_page() -> None:
    """The page stands among the properties of fixed length."""
    page = (0x3FFD << 16 | 3).to_bytes(4, "little") + bytes(4) + (1251).to_bytes(8, "little")
    streams: dict[tuple[str, ...], bytes] = {
        ("__properties_version1.0",): bytes(32) + page,
        ("__substg1.0_0037001E",): "При".encode("cp1251"),
    }
    assert read(streams).split() == ["При"]


def test_attached_messages_are_told_with_what_is_attached_to_them() -> None:
    """Outer first; each by its name."""
    outer = ("__attach_version1.0_#00000000",)
    inner = (*outer, "__substg1.0_3701000D")
    deep = (*inner, "__attach_version1.0_#00000000")
    streams = msg({"0037": "outer"})
    streams |= message_streams({"3001": "fwd"}, at=outer) | message_streams(
        {"0037": "in"}, at=inner
    )
    streams |= message_streams({"3707": "a.txt"}, at=deep) | {(*deep, "__substg1.0_37010102"): b"x"}
    file = CompoundFile(io.BytesIO(compound(streams)))
    told = [(one.name, one.entry.is_storage) for one in attached(file)]
    assert told == [("fwd", True), ("a.txt", False)]


def test_compressed_rtf_is_bounded_and_known() -> None:
    """The example of the specification, its cap, and the form that is not compressed."""
    whole = decompress(COMPRESSED, max_bytes=1000)
    assert whole == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress(COMPRESSED, max_bytes=5) == whole[:5]
    assert decompress(bytes(8) + b"MELA" + bytes(4) + b"plain", max_bytes=99) == b"plain"
    assert decompress(b"noise", max_bytes=99) == b""


@given(st.binary(max_size=200))
def test_noise_gives_bounded_text(noise: bytes) -> None:
    """None of the small readers raises or makes more of its input than it may."""
    assert len(decompress(bytes(8) + b"LZFu" + bytes(4) + noise, max_bytes=500)) <= 500
    assert native_file(noise) is None or isinstance(native_file(noise), tuple)
    assert all(isinstance(text, str) for _, text in strings(noise.ljust(48, b"\1"), 0))
    assert sum(map(len, text_runs(noise))) <= len(noise)


def test_a_file_in_an_object_is_found() -> None:
    """Its name and its bytes, as the object of a package holds them."""
    raw = bytes(6) + b"a.txt\0C:\\a.txt\0" + bytes(4) + (3).to_bytes(4, "little") + b"x\0\0"
    assert native_file(raw + (4).to_bytes(4, "little") + b"data") == ("a.txt", b"data")


def test_text_is_carved_from_a_file_cut_short() -> None:
    """Both widths of characters, and no binary noise."""
    cut = doc("a sentence in wide characters", "a sentence in narrow ones")[:1700]
    found = CarvedText().extract(io.BytesIO(cut), max_chars=1000).text
    assert "a sentence in wide characters" in found
    assert "a sentence in narrow ones" in found
    assert list(text_runs(bytes(4096) + b"\xff" * 4096 + b"0123456789" * 40)) == []
