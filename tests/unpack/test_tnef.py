from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.unpack.sniff import sniff
from tests.support.archives import artefacts

NOTE = b"Fictional note of a fictional patient.\n" * 20


def tnef(*attributes: tuple[int, int, bytes]) -> bytes:
    raw = struct.pack("<LH", 0x223E9F78, 1)
    for level, number, data in attributes:
        raw += struct.pack("<BLL", level, number, len(data)) + data
        raw += struct.pack("<H", sum(data) & 0xFFFF)
    return raw


LETTER = tnef(
    (1, 0x0002800C, b"the words of the letter"),
    (2, 0x00069002, bytes(14)),
    (2, 0x00018010, b"note.txt\0"),
    (2, 0x0006800F, NOTE),
    (2, 0x00069002, bytes(14)),
    (2, 0x0006800F, b"%PDF-1.4"),
)


def test_body_and_attachments_are_members() -> None:
    """By their titles, or by number where they have none."""
    found = artefacts(LETTER)
    assert sniff(LETTER) == found[""].kind == "tnef"
    assert [a.path.names[-1] for o, a in found.items() if o] == ["body", "note.txt", "attachment 2"]
    assert found["1"].text == NOTE.decode()
    assert found["2"].kind == "pdf"


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damage_is_said(data: st.DataObject) -> None:
    """Cut or flipped, it tells what came before with an error of ours."""
    raw = bytearray(LETTER)
    raw[data.draw(st.integers(6, len(raw) - 1))] = data.draw(st.integers(0, 255))
    found = artefacts(bytes(raw[: data.draw(st.integers(6, len(raw)))]))
    assert {a.error for a in found.values()} <= {None, "corrupt", "extract"}
