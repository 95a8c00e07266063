from __future__ import annotations

import io
import random
import stat
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.unpack.budget import BudgetLimits
from leakwatch.unpack.zip_archive import ZipArchive
from leakwatch.unpack.zip_salvage import salvage
from tests.support.archives import ENCRYPTED_FLAG, artefacts, patched, zip_of

NOTES = [("first.txt", b"first note"), ("second.txt", b"second note"), ("third.txt", b"third")]


def texts(content: bytes) -> dict[str, str | None]:
    return {o: a.text for o, a in artefacts(content).items() if o}


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.text(min_size=1, max_size=20), st.binary(max_size=300)), max_size=6),
    st.sampled_from(
        [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
    ),
)
def test_what_zipfile_packs_we_unpack(members: list[tuple[str, bytes]], method: int) -> None:
    """Contents, claims and names agree with the standard library's writer."""
    members = [(name.replace("\0", "").rstrip("/") or "x", data) for name, data in members]
    members = [(n.encode("utf-8", "replace").decode(), data) for n, data in members]
    packed = zip_of(members, method=method)
    found = list(ZipArchive().members(io.BytesIO(packed)))
    assert [(m.name, b"".join(m.chunks())) for m in found] == members
    assert [(m.size_bytes, m.crc32) for m in found] == [
        (len(data), zlib.crc32(data)) for _, data in members
    ]


def test_large_members_of_every_method_come_out_whole() -> None:
    """Output that outruns its input, as packers make it, is read to its end."""
    content = random.Random(7).randbytes(100_000) + bytes(300_000)
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        (member,) = ZipArchive().members(io.BytesIO(zip_of([("x", content)], method=method)))
        assert b"".join(member.chunks()) == content


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("flags", ENCRYPTED_FLAG, "encrypted"),
        ("method", 6, "unsupported"),
        ("header", 3, "corrupt"),
        ("packed", 3, "corrupt"),
    ],
)
def test_a_member_that_cannot_be_read_leaves_its_neighbours_alone(
    field: str, value: int, error: str
) -> None:
    """Its size and checksum are still told, for they may name a stolen file."""
    found = artefacts(patched(zip_of(NOTES), 1, field, value))
    assert found["1"].error == error
    assert (found["1"].size_bytes, found["1"].crc32) == (11, zlib.crc32(b"second note"))
    assert found["1"].sha256 == ""
    assert (found["0"].text, found["2"].text, found[""].error) == ("first note", "third", None)


def test_a_wrong_checksum_is_told_and_the_text_kept() -> None:
    """Whoever falsifies a checksum hides nothing by it: the digests are the content's own."""
    found = artefacts(patched(zip_of(NOTES), 0, "crc32", 1))["0"]
    assert (found.error, found.text) == ("corrupt", "first note")
    assert found.crc32 == zlib.crc32(b"first note")
    assert len(found.sha256) == 64


@pytest.mark.parametrize("claim", [0, 5, 2**31])
def test_a_lying_size_is_told_and_believed_by_nobody(claim: int) -> None:
    """What came out counts."""
    found = artefacts(patched(zip_of(NOTES), 0, "size", claim))["0"]
    assert (found.error, found.text, found.size_bytes) == ("corrupt", "first note", 10)


def test_equal_names_are_different_members() -> None:
    """Readers that go by name show one of them; both were published."""
    packed = zip_of([("same.txt", b"one"), ("same.txt", b"two")])
    assert texts(packed) == {"0": "one", "1": "two"}


def test_data_before_the_archive_hides_nothing() -> None:
    """Self-extractors and pictures with an archive behind are opened."""
    assert texts(b"MZ\0\0stub" * 1000 + zip_of(NOTES))["2"] == "third"
    picture = artefacts(b"\xff\xd8\xff\xe0" + bytes(500) + zip_of(NOTES))
    assert (picture[""].kind, picture[""].is_container) == ("jpeg", True)
    assert picture["1"].text == "second note"


def test_data_after_the_archive_hides_nothing() -> None:
    """A trailer within reach of the longest comment is stepped over."""
    assert texts(zip_of(NOTES) + b"trailer" * 100)["2"] == "third"


def test_text_with_an_archive_behind_gives_both() -> None:
    """A note in front of an archive is read as a note too."""
    found = artefacts(b"the note in front " * 300 + zip_of(NOTES))
    assert (found[""].text or "").startswith("the note in front")
    assert found["0"].text == "first note"


def test_words_that_look_like_an_end_record_make_no_archive() -> None:
    """A text that mentions the signature stays a text."""
    found = artefacts(b"see PK\x05\x06" + b" " * 60)
    assert (found[""].kind, found[""].is_container) == ("text", False)


def test_folders_and_links_are_passed_over_and_keep_their_ordinals() -> None:
    """Only regular files are members; positions are those of the directory."""
    packed = zip_of([("folder/", b""), ("link", b"/etc/passwd"), ("file.txt", b"file")])
    packed = patched(packed, 1, "attributes", (stat.S_IFLNK | 0o777) << 16)
    assert texts(packed) == {"2": "file"}


def test_a_file_dressed_as_a_folder_is_read() -> None:
    """An entry with content is a file, whatever its name ends with."""
    assert texts(zip_of([("folder/", b"content of a folder")])) == {"0": "content of a folder"}


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Größe.txt".encode(), "Größe.txt"),
        ("Größe.txt".encode("cp437"), "Größe.txt"),
        (b"\x1b[2J\n../../etc/passwd", "\x1b[2J\n../../etc/passwd"),
    ],
)
def test_names_are_told_as_they_are(raw: bytes, name: str) -> None:
    """Undeclared UTF-8 and CP437 are read, and nothing is cleaned: names are evidence."""
    packed = zip_of([("n" * len(raw), b"x")]).replace(b"n" * len(raw), raw)
    (member,) = ZipArchive().members(io.BytesIO(packed))
    assert member.name == name


def test_a_zip64_directory_is_followed() -> None:
    """Archives of more than 65,535 members, as a dump of a portal is, are listed to the end."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for n in range(65_540):
            archive.writestr(zipfile.ZipInfo(f"{n}"), b"")
    names = [member.name for member in ZipArchive().members(packed)]
    assert (len(names), names[-1]) == (65_540, "65539")


def test_a_zip64_size_is_read_from_the_extra_field() -> None:
    """A size of all ones is a reference to the 64-bit one."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w") as archive,
        archive.open("x", "w", force_zip64=True) as member,
    ):
        member.write(b"note")
    raw = packed.getvalue()
    end = raw.rindex(b"PK\x05\x06")
    extra = struct.pack("<2H2Q", 1, 16, 4, 4)
    entry = bytearray(raw[raw.rindex(b"PK\x01\x02") : end])
    struct.pack_into("<2L", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(extra))
    entry = entry[:47] + extra
    tail = bytearray(raw[end:])
    struct.pack_into("<L", tail, 12, len(entry))
    (found,) = ZipArchive().members(
        io.BytesIO(raw[: raw.rindex(b"PK\x01\x02")] + bytes(entry) + bytes(tail))
    )
    assert (found.size_bytes, b"".join(found.chunks())) == (4, b"note")


def test_too_many_members_cost_only_those_over_the_budget() -> None:
    """The first are read, and the archive says that there were more."""
    found = artefacts(zip_of(NOTES), limits=BudgetLimits(max_members=2))
    assert {o: a.text for o, a in found.items() if o} == {"0": "first note", "1": "second note"}
    assert (found[""].error, found[""].detail) == (
        "budget_exceeded",
        "members 3 over the limit of 2",
    )


def test_one_of_several_volumes_is_said_to_be_one() -> None:
    """A split archive is unread for a reason of its own."""
    packed = bytearray(zip_of(NOTES))
    struct.pack_into("<2H", packed, packed.rindex(b"PK\x05\x06") + 4, 2, 1)
    assert artefacts(bytes(packed))[""].error == "unsupported"


@pytest.mark.parametrize("is_streamed", [False, True])
def test_an_archive_cut_short_gives_what_is_there(is_streamed: bool) -> None:
    """Without a directory, members are found one behind the other; the last is cut."""
    packed = _streamed(NOTES) if is_streamed else zip_of(NOTES)
    end = packed.index(b"PK\x01\x02")
    found = artefacts(packed[:end])
    assert [a.text for o, a in found.items() if o] == [text.decode() for _, text in NOTES]
    assert {a.error for o, a in found.items() if o} == {None}
    assert found[""].error == "corrupt"
    cut = artefacts(packed[: packed.index(b"third.txt") + 12])
    assert [cut["0"].text, cut["1"].text] == ["first note", "second note"]
    assert cut["2"].error == "corrupt"


def _streamed(members: list[tuple[str, bytes]]) -> bytes:
    """Pack as a program does that cannot seek: sizes stand behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object, /) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return bytes(pipe.data)


def test_no_size_is_below_nought_though_a_name_reaches_behind_the_end() -> None:
    """A header that stands alone and claims a name longer than the file gives an empty member."""
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 8, 98, 0, 0, 0, 0, 0, 500, 0)
    (entry,) = salvage(io.BytesIO(header + b"short"))
    assert entry.packed_bytes == 0
