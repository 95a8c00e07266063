from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.extract.hl7 import Hl7Message, text_of
from leakwatch.unpack.sniff import sniff

HEAD = "MSH|^~\\&|LAB|KHC|||202601021200||ORU^R01|1|P|2.5"
PATIENT = "PID|1||0042^^^KHC||Invented^Anahera^Q||19700101|F"


def message(*segments: str, end: str = "\r") -> str:
    return end.join((HEAD, PATIENT, *segments)) + end


def first_line(said: str) -> str:
    return text_of(message(f"OBX|1|TX|R^Report||{said}||||||F")).split("\n")[0]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("one \\F\\ two", "one | two"),
        ("a\\S\\b\\T\\c\\R\\d\\E\\e", "a^b&c~d\\e"),
        ("line\\.br\\line", "line line"),
        ("J\\XC3A9\\r\\X4F\\me", "JérOme"),
        ("\\H\\bold\\N\\face", "boldface"),
        ("first~second", "first second"),
        ("C:\\not an escape", "C:\\not an escape"),
        ("\\.in+5\\x\\.sp2\\y", "x y"),
        ("\\Q\\unknown", "\\Q\\unknown"),
        ("\\XZZ\\x", "x"),
    ],
)
def test_escapes(said: str, meant: str) -> None:
    """What a field says is what was meant before it was escaped (2.7)."""
    assert first_line(said) == meant


def test_a_report_in_many_segments_reads_as_it_was_written() -> None:
    """Lines of a note stand one after the other, nothing of the segments between them."""
    lines = (
        "The patient was seen again after a fall",
        "and walks without a stick. No pain",
        "at rest.",
    )
    said = message(*(f"OBX|{n}|TX|R^Report^L||{line}||||||F" for n, line in enumerate(lines)))
    assert text_of(said).startswith("\n".join(lines) + "\n")


def test_the_patient_is_in_the_text() -> None:
    """All other fields follow, empty ones left out."""
    text = text_of(message("NTE|1||A remark"))
    assert text.startswith("A remark\n")
    assert "0042   KHC Invented Anahera Q 19700101 F" in text


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n"])
def test_line_ends_and_frames(end: str) -> None:
    """Files have CR, LF or both, and the bytes that frame a message on the wire (MLLP)."""
    framed = f"\x0b{message('OBX|1|TX|||one||', end=end)}\x1c\r" * 2
    assert sniff(framed.encode()) == "hl7"
    assert text_of(framed).startswith("one\none\n")


def test_a_batch_may_change_its_separators_with_each_message() -> None:
    """FHS and BHS open files; MSH-1 and MSH-2 hold for one message."""
    other = "MSH#!@%$#LAB\rOBX#1#TX###x!y %F% z $ w\r"
    batch = "FHS|^~\\&|A\rBHS|^~\\&|B\r" + message("OBX|1|TX|||a\\F\\b||") + other
    assert sniff(batch.encode()) == "hl7"
    assert text_of(batch).split("\n")[:2] == ["a|b", "x y # z   w"]


@pytest.mark.parametrize(
    "raw", ["MSH is an abbreviation", "FHS-1 and more", "MSH, FHS, BHS", "BHS"]
)
def test_text_that_begins_alike_is_text(raw: str) -> None:
    """Only a header with its separators makes a message."""
    assert sniff(raw.encode()) == "text"


def test_the_character_set_of_the_message_breaks_a_tie() -> None:
    """MSH-18 tells Cyrillic from Latin letters with accents."""
    raw = "MSH|^~\\&|LAB||||||ORU|1|P|2.5||||||8859/5\rOBX|1|TX|||Люк||\r".encode("iso8859-5")
    assert Hl7Message().extract(io.BytesIO(raw), max_chars=1000).text.startswith("Люк\n")


@given(st.text(alphabet="MSHOBX|^~\\&.FXbr41\r\n\x0b #é", max_size=200))
def test_any_text_gives_text(said: str) -> None:
    """The reader is total, and makes nothing up."""
    text_of("MSH" + said)
    assert len(text_of(message(f"OBX|1|TX|||{said}"))) <= 4 * len(said) + 400
