from __future__ import annotations

from leakwatch.corpus.families import VERSIONS, families, versions
from leakwatch.corpus.known import Fingerprinter
from tests.support.corpora import KEY, note
from tests.support.readers import text_artefact
from tests.support.segments import columns_of

FINGERPRINTER = Fingerprinter(KEY)


def family_of(*texts: str) -> list[int]:
    columns = columns_of([FINGERPRINTER.known_file(text_artefact(t)) for t in texts])
    found = families(columns.text, columns.signatures, columns.grams)
    return [int(family) for family in found]


def test_versions_are_one_family() -> None:
    """Edited copies belong together, through one another, and strangers do not."""
    base, other = note(1), note(2)
    versions = [base, f"{base} Addendum one.", f"{base[:-200]} Ending two, quite another."]
    assert family_of(versions[0], other, versions[1], versions[2]) == [0, 1, 0, 0]


def test_equal_letters_are_one_family() -> None:
    """Copies that differ in layout alone belong together, however short."""
    text = "Seen today, no change; return in six months or sooner if anything at all is new."
    assert family_of(text, text.upper().replace(" ", "\n")) == [0, 0]


def test_texts_without_grams_stay_alone() -> None:
    """Empty and tiny texts are no family for having the same empty signature."""
    assert family_of("", "no", "yes") == [0, 1, 2]


def test_half_shared_is_not_enough() -> None:
    """A shared half is a form, not a version: Jaccard is one third."""
    shared = note("form")
    assert family_of(f"{shared} {note(1)}", f"{shared} {note(2)}") == [0, 1]


def test_many_copies_are_found_in_time_linear_in_them() -> None:
    """A thousand copies of one text are one family."""
    text = note(1, 60)
    found = family_of(*(f"{text} {n}" for n in range(300)))
    assert set(found) == {0}


def counted_as(*texts: str) -> list[int]:
    columns = columns_of([FINGERPRINTER.known_file(text_artefact(t)) for t in texts])
    family = families(columns.text, columns.signatures, columns.grams)
    return [int(group) for group in versions(family, columns.text)]


def test_some_versions_count_once() -> None:
    """Six edited copies are one document."""
    assert set(counted_as(*(f"{note(1)} Addendum {n}." for n in range(VERSIONS)))) == {0}


def test_a_form_filled_in_by_many_counts_each_time() -> None:
    """Seven different texts of one family are a form; equal letters among them still count once."""
    filled = [f"{note('form')} Name {note(n, 5)}" for n in range(VERSIONS + 1)]
    assert counted_as(*filled, filled[2].upper(), note("other")) == [0, 1, 2, 3, 4, 5, 6, 2, 8]
