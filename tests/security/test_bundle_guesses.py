"""The thief guesses: without the key no guess is better than another of the same length."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from leakwatch.corpus.bundle import open_corpus
from leakwatch.fingerprint.grams import GramSelector
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.fingerprint.minhash import signature
from leakwatch.fingerprint.names import NameFacts, NameHasher, NameKind
from leakwatch.fingerprint.normalise import letters
from leakwatch.match.matcher import CorpusMatcher
from tests.support.corpora import KEY, OTHER_KEY, build, note
from tests.support.readers import text_artefact
from tests.support.thief import arrays_of, by_chance, gram_values, hits, windows

KNOWN = {f"person {n} {note(n, 2)}.txt": note(n, 200) for n in range(40)}
FORMS = {f"form {n}.txt": note(f"form/{n}", 200) for n in range(5)}
KEYED = ("raw_", "text_", "forward", "lows", "values", "_keys", "sizes", "tokens", "tops", "names")
GUESSED_KEYS = [
    FingerprintKey(bytes(32)),
    FingerprintKey(b"\xff" * 32),
    FingerprintKey(b"leakwatch fingerprint key 123456"),
    OTHER_KEY,
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("custodian")
    build(home, KNOWN, background=FORMS)
    return home / "clinic.corpus"


@pytest.fixture(scope="module")
def keyed(bundle: Path) -> dict[str, NDArray[np.generic]]:
    """Return the arrays that hold what came out of a keyed function."""
    every = arrays_of(bundle)
    return {
        name: np.unique(array)
        for name, array in every.items()
        if any(mark in name.rpartition("/")[2] for mark in KEYED) and array.dtype.itemsize >= 4
    }


def shuffled(text: str) -> str:
    """Return an impostor of a text: the same letters in number, other words."""
    words = text.split()
    random.Random(text).shuffle(words)
    return " ".join(words)


def test_there_is_something_to_find(keyed: dict[str, NDArray[np.generic]]) -> None:
    """The arrays searched below hold thousands of values; with the key the guesses hit them."""
    held = keyed["segments/0000/forward"]
    assert len(held) > 3000
    text = next(iter(KNOWN.values()))
    values, _ = GramSelector(KEY).grams(letters(text))
    assert hits(values, held) == len(np.unique(values))
    number = NameHasher(KEY).number(NameKind.NAME, NameFacts(next(iter(KNOWN))))
    assert hits(np.array([number], np.uint64), keyed["segments/0000/name_keys"]) == 1


def test_unkeyed_values_of_grams_hit_by_chance_alone(
    keyed: dict[str, NDArray[np.generic]],
) -> None:
    """Every run of sixteen letters, hashed by what has no key, meets no array."""
    grams = {g for text in [*KNOWN.values(), *FORMS.values()] for g in windows(text)}
    for how, values in gram_values(sorted(grams)).items():
        for name, held in keyed.items():
            assert hits(values, held) <= by_chance(len(values), held) + 1, (how, name)


def test_other_keys_hit_by_chance_alone(keyed: dict[str, NDArray[np.generic]]) -> None:
    """Whoever guesses the key guesses in vain: another key's values meet no array."""
    for key in GUESSED_KEYS:
        selector, hasher = GramSelector(key), NameHasher(key)
        grams = np.concatenate([selector.grams(letters(t))[0] for t in KNOWN.values()])
        facts = [NameFacts(path, len(text.encode())) for path, text in KNOWN.items()]
        numbers = [n for f in facts for n in hasher.digests(f).values()]
        for values in (grams, np.array(numbers, np.uint64)):
            for name, held in keyed.items():
                assert hits(values, held) <= by_chance(len(values), held) + 1, name


def test_no_guess_beats_its_impostor(keyed: dict[str, NDArray[np.generic]]) -> None:
    """Of a stolen text and a shuffled one of its length, no score without the key prefers one."""
    for key in (None, *GUESSED_KEYS):
        lead = 0
        for text in KNOWN.values():
            real, impostor = (_score(t, key, keyed) for t in (text, shuffled(text)))
            lead += real - impostor
        # Chance alone: each side hits now and then, neither more than the other.
        assert abs(lead) <= 8, key


def _score(text: str, key: FingerprintKey | None, keyed: dict[str, NDArray[np.generic]]) -> int:
    if key is None:
        values = np.concatenate([*gram_values(windows(text)).values()])
    else:
        values, _ = GramSelector(key).grams(letters(text))
    return sum(hits(values, held) for held in keyed.values())


def test_signatures_under_other_keys_do_not_resemble(bundle: Path) -> None:
    """A guess's MinHash agrees with the stolen file's no more than with any other file's."""
    stored = open_corpus(bundle).segments[0].signatures
    for key in GUESSED_KEYS:
        for text in list(KNOWN.values())[:10]:
            own = signature(np.unique(GramSelector(key).grams(letters(text))[0]))
            assert int((stored == own).sum(axis=1).max()) <= 2


def test_the_right_key_tells_all(bundle: Path) -> None:
    """The holder of key and bundle can test every guess: that is what both are for."""
    clinic = CorpusMatcher([open_corpus(bundle)], KEY)
    for path, text in KNOWN.items():
        assert clinic.has_name(path)
        assert clinic.match_artefact(text_artefact(text)).matches
        assert not clinic.match_artefact(text_artefact(shuffled(text))).matches


def test_what_shows_without_the_key_is_what_is_stated(bundle: Path) -> None:
    """Lengths and numbers of grams show, sizes do not: the threat model says so."""
    every = arrays_of(bundle)
    lengths = sorted(len(letters(text)) for text in KNOWN.values())
    assert sorted(every["segments/0000/letters"].tolist()) == lengths
    sizes = {len(text.encode()) for text in KNOWN.values()}
    for name, array in every.items():
        if array.dtype.itemsize == 8 and array.dtype.kind == "u":
            assert not sizes & set(array.ravel().tolist()), name
