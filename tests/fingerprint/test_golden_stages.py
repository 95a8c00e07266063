"""Golden values stage by stage: a machine that computes another fingerprint is told where.

A failure here means that corpora built before would be searched in vain: the
remedy is another ``FingerprintParams``, never another value below.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from leakwatch.corpus.known import file_id
from leakwatch.corpus.labels import subject_token
from leakwatch.fingerprint.exact import ExactHasher
from leakwatch.fingerprint.grams import GramSelector
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.minhash import signature
from leakwatch.fingerprint.names import NameFacts, NameHasher
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sizes import SizeMask
from leakwatch.fingerprint.sketch import Sketcher

KEY = FingerprintKey(bytes(range(32)))
TEXT = " ".join(f"{n} Māori ward round, ﬁne; ΑΒΓ абв שלום 東京 {n * n}" for n in range(4000))
"""Long enough for several chunks of 64 KB, in scripts of one to three bytes a letter."""


def head(array: NDArray[np.generic], dtype: str) -> str:
    return hashlib.sha256(array.astype(dtype).tobytes()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("M\u0101ori wh\u0101nau \u014ctautahi", "maoriwhanauotautahi"),
        ("Ma\u0304ori wha\u0304nau O\u0304tautahi", "maoriwhanauotautahi"),
        ("\ufb01ne \ufb02at o\ufb03ce \ufb05op", "fineflatofficestop"),
        ("\u202e\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd\u202c 12", "\u05e9\u05dc\u05d5\u05dd12"),
        ("\u0627\u0644\u0633\u064e\u0651\u0644\u0627\u0645 \u0661", "\u0627\u0644\u0633\u0644\u0627\u0645\u0661"),
        ("\u0130STANBUL ISPARTA \u0131\u015f\u0131k", "istanbulisparta\u0131s\u0131k"),
        ("\uff26\uff55\uff4c\uff4c \uff11\uff12\uff0d\uff13", "full123"),
        ("\uff76\uff9e\uff77\uff9e", "\u30ab\u30ad"),
        ("Stra\u00dfe \u1e9e \u03c2\u03a3", "strassess\u03c3\u03c3"),
        ("\u00bd \u2163 \u2460 \u00b2 \u2122", "12iv12tm"),
        ("\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
        ("\U0001d400\U0001d7d9 \U0001f3e5\ufe0f", "a1"),
        ("soft\u00adhyphen zero\u200bwidth\u2060join\ufeff", "softhyphenzerowidthjoin"),
        # Letters since Unicode 15.0 and 15.1 only: to no Python are they any.
        ("\U0001e030\U00031350\U0002ebf0\U00011f04 x", "x"),
    ],
)  # fmt: skip
def test_letters_of_every_script(text: str, wanted: str) -> None:
    """Marks, ligatures, direction, case and width are gone, in every script alike."""
    assert letters(text).decode() == wanted


def test_letters_of_every_code_point() -> None:
    """All of Unicode is normalised as it was in Unicode 14, whatever Python's own table."""
    digest = hashlib.sha256()
    for start in range(0, 0x110000, 64):
        digest.update(letters("".join(map(chr, range(start, start + 64)))) + b"\n")
    assert digest.hexdigest()[:16] == "00885087879283f5"


def test_sub_keys() -> None:
    """HKDF gives the key id and the sub-keys that it gave."""
    assert KEY.key_id == "96ae1a99d952324c"
    assert KEY.subkey("exact/raw").hex() == (
        "51242731638e1e01f9dd07785249161f5b9acfc8707310fce2590bf82eb11755"
    )


def test_letters_of_a_long_text() -> None:
    """A long mixed text has the letters that it had."""
    text = letters(TEXT)
    assert len(text) == 218264
    assert hashlib.sha256(text).hexdigest()[:16] == "555119e73d24df36"


def test_selection() -> None:
    """The same grams are kept, in every chunk."""
    _, positions = GramSelector(KEY).grams(letters(TEXT))
    assert positions[:8].tolist() == [6, 18, 34, 52, 64, 80, 98, 110]
    assert (len(positions), head(positions, "<i8")) == (15279, "c5f410a5037c871c")


def test_values() -> None:
    """A kept gram has the value that it had."""
    values, _ = GramSelector(KEY).grams(letters(TEXT))
    assert values[:2].tolist() == [0x429834E28188AB2A, 0x11BCB02C78B9FE85]
    assert head(values, "<u8") == "9b64beb59028a3aa"


def test_signature() -> None:
    """The values give the MinHash signature that they gave."""
    found = signature(Sketcher(KEY).sketch(letters(TEXT)).distinct)
    assert found[:4].tolist() == [417968, 277090, 2408566, 556580]
    assert head(found, "<u4") == "50460a3addba87ba"


def test_exact_digests() -> None:
    """Bytes and letters have the keyed digests that they had."""
    found = ExactHasher(KEY).digests(hashlib.sha256(b"x").hexdigest(), letters(TEXT))
    assert found.raw == "e49e9a3b66e98a32f7620f02aeba4933"
    assert found.text == "bb8be41739036105d7fe46b82c05f42c"


def test_listing_digests() -> None:
    """Names, sizes and checksums have the numbers that they had."""
    facts = NameFacts("a/Ngā Letters/Smith, J.pdf", 1000, 0xDEADBEEF, "ab" * 32)
    assert {kind.value: number for kind, number in NameHasher(KEY).digests(facts).items()} == {
        "size_crc": 0xC0E7FB6EE76E46CF,
        "pieces_root": 0xE1ED6A4E9FDD2DB6,
        "tail_size": 0x1E37C7A7A3F42DAC,
        "name_size": 0xE6BD9ED8615A8535,
        "name": 0xC9FCDB9B2B761DF3,
    }
    assert SizeMask(KEY).masked(bytes(range(16)), 123456) == 0x429ED34D736CC9E5


def test_ids_and_tokens() -> None:
    """Opaque ids and subject tokens are those of every earlier build."""
    assert file_id(bytes(range(16))) == "k-ztwtqxm3h7ik2zj6"
    assert subject_token(KEY, " Māra ") == 0x61025D11863CED03
