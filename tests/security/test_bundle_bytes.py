"""The thief reads: nothing of any file stands in any byte of a bundle."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from leakwatch.corpus.labels import Labels, read_labels
from tests.support.corpora import KEY, add, build, note
from tests.support.thief import digests_of, every_byte, forms_of, said_of

SUBJECT = "Unmistakable Patient Zzyzx"
KNOWN = {
    f"Folder Qwghlm/{SUBJECT} 2011-03-1{n}.txt": f"{SUBJECT} {n}. {note(n, 150)}" for n in range(4)
}
ADDED = {"Later Vlissingen/Addendum Xanthippe.txt": note("added", 150)}
FORMS = {"Forms Brobdingnag/Consent Houyhnhnm.txt": note("form", 150)}
PICTURE = {"Folder Qwghlm/scan Wurzelbacher.tiff": bytes(range(256)) * 3}
WORDS = (
    "unmistakable", "zzyzx", "qwghlm", "vlissingen", "xanthippe", "brobdingnag", "houyhnhnm",
    "wurzelbacher", "2011-03", ".txt", ".tiff",
)  # fmt: skip


def labels(home: Path) -> Labels:
    home.mkdir(exist_ok=True)
    rows = "".join(f'"{path}","{SUBJECT}","lab result"\n' for path in KNOWN)
    (home / "labels.csv").write_text("path,subject,category\n" + rows)
    return read_labels(home / "labels.csv", KEY)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a bundle with every kind of content: labels, background, an added segment."""
    home = tmp_path_factory.mktemp("custodian")
    build(home, {**KNOWN, **PICTURE}, background=FORMS, labels=labels(home))
    add(home, ADDED, batch="later")
    return home


@pytest.fixture(scope="module")
def held(home: Path) -> bytes:
    return every_byte(home / "clinic.corpus")


def test_no_word_name_path_or_subject(home: Path, held: bytes) -> None:
    """Neither words of a file, nor its name, path, date or subject stand in the bundle."""
    plain = held.lower()
    texts = [*KNOWN.values(), *ADDED.values(), *FORMS.values()]
    pieces = [w for text in texts for w in text.lower().split() if len(w) > 6]
    pieces += [text.lower()[at : at + 12] for text in texts for at in range(0, len(text) - 12, 97)]
    for told in (*WORDS, str(home).lower(), home.name, *pieces):
        assert told.encode() not in plain
        assert told.encode("utf-16-le") not in plain
        assert told[::-1].encode() not in plain


def test_no_unkeyed_digest(held: bytes) -> None:
    """No digest that a guesser could compute of any file stands there, in any form."""
    tried = 0
    for path, text in {**KNOWN, **ADDED, **FORMS}.items():
        for said in {*said_of(path, text), SUBJECT.encode(), SUBJECT.lower().encode()}:
            for digest in digests_of(said):
                for form in forms_of(digest):
                    assert form not in held
                    tried += 1
    assert tried > 10_000


def test_no_checksum(held: bytes) -> None:
    """CRC-32 sums stand there no more often than chance puts four bytes together."""
    sums = [
        value(said) for path, text in {**KNOWN, **ADDED, **FORMS}.items()
        for said in set(said_of(path, text)) for value in (zlib.crc32, zlib.adler32)
    ]  # fmt: skip
    forms = {s.to_bytes(4, order) for s in sums for order in ("little", "big")}
    found = sum(form in held for form in forms if form[0] and form[-1])
    assert found <= 2 + 3 * len(forms) * len(held) / 2**32


def test_a_digest_would_be_seen(home: Path, tmp_path: Path) -> None:
    """The search is able to find: a digest put among the arrays is seen."""
    text = next(iter(KNOWN.values()))
    digest = next(digests_of(text.encode()))
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY" + bytes(100) + digest[:8][::-1] + bytes(9))
    assert any(form in every_byte(tmp_path) for form in forms_of(digest))


def test_nothing_is_left_beside_the_bundle(home: Path) -> None:
    """The working folder, which holds paths, is gone when the bundle is there."""
    left = {p.name for p in home.iterdir()} - {"clinic"}
    assert left == {"clinic.corpus", "clinic.csv", "labels.csv"}
    assert (home / "clinic.csv").stat().st_mode & 0o077 == 0
