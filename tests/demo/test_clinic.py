"""The made-up clinic is always the same, varied, and about nobody."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from pathlib import Path

from leakwatch.demo.clinic import (
    KERERU,
    ClinicFile,
    background,
    blank_forms,
    excerpt,
    generate,
    labels_csv,
    write,
)
from leakwatch.demo.clinic_people import person

NHI = re.compile(r"\bZ[A-HJ-NP-Z]{2}\d{4}\b")


def letters(file: ClinicFile) -> str:
    return "".join(c for c in file.text.casefold() if c.isalnum())


def grams(file: ClinicFile, size: int = 16) -> set[str]:
    text = letters(file)
    return {text[at : at + size] for at in range(len(text) - size + 1)}


def test_same_seed_same_bytes() -> None:
    """The demo and its measurements can be repeated to the byte; another seed is another clinic."""
    assert list(generate(7, 5)) == list(generate(7, 5))
    assert list(background(7, 5)) == list(background(7, 5))
    assert {f.data for f in generate(7, 5) if f.subject}.isdisjoint(f.data for f in generate(8, 5))


def test_a_person_does_not_depend_on_how_many_there_are() -> None:
    """A larger clinic holds the smaller one."""
    small = [f for f in generate(7, 3) if f.subject]
    large = [f for f in generate(7, 6) if f.subject]
    assert large[: len(small)] == small


def test_kinds_people_and_macrons() -> None:
    """Several kinds and formats, several files a person, names as in Aotearoa."""
    files = list(generate(7))
    assert 250 <= len(files) <= 700
    counts = Counter(f.category for f in files)
    assert set(counts) == {
        "consultation",
        "referral",
        "discharge",
        "laboratory",
        "prescription",
        "enrolment",
        "medication",
        "problems",
        "immunisation",
        "appointment",
        "invoice",
        "specialist-request",
        "form",
    }
    assert min(count for kind, count in counts.items() if kind != "form") >= 15
    of_person = Counter(f.subject for f in files if f.subject)
    assert len(of_person) == 60
    assert min(of_person.values()) >= 2
    assert {f.path.rsplit(".", 1)[1] for f in files} == {"txt", "html"}
    text = "".join(f.text for f in files)
    assert all(vowel in text for vowel in "āēīōū")
    assert len({f.path for f in files}) == len(files)
    assert not re.search(r"[{}]|\ba [aeiou]", text)


def test_numbers_are_from_the_test_range_and_one_persons() -> None:
    """Each file about a person names one NHI, made up, and no two people share one."""
    owners = defaultdict(set)
    for file in (*generate(7, 40), *background(7, 40)):
        found = set(NHI.findall(file.text))
        assert len(found) == bool(file.subject)
        for nhi in found:
            owners[nhi].add((file.subject, nhi[1]))
    assert len(owners) == 80
    assert all(len(subjects) == 1 for subjects in owners.values())


def test_every_fourth_person_lives_with_the_one_before() -> None:
    """Name and address alone tell nobody apart: households share them."""
    people = [person(7, number, series="A") for number in range(12)]
    for one, other in zip(people[2::4], people[3::4], strict=True):
        assert (one.family, one.address, one.phone) == (other.family, other.address, other.phone)
        assert one.nhi != other.nhi
    assert len({who.address for who in people}) == 9


def test_nothing_is_written_before_birth() -> None:
    """A document about somebody is of a day on which they lived."""
    for file in generate(7, 40):
        born = re.search(r"(?:DOB|Date of birth:|born|Born:) *(\d\d)/(\d\d)/(\d{4})", file.text)
        if file.subject and born:
            day, month, year = born.groups()
            assert file.path.rpartition("/")[2][:8] > f"{year}{month}{day}"


def test_notes_differ_though_templates_repeat() -> None:
    """Dictated notes have much that is theirs alone; machine-filled ones have little, but some."""
    files = list(generate(7, 30))
    seen = Counter(gram for file in (*files, *background(7, 30)) for gram in grams(file))
    own = defaultdict(list)
    for file in files:
        mine = grams(file)
        own[file.category].append(sum(seen[gram] == 1 for gram in mine) / len(mine))
    for kind in ("consultation", "referral"):
        assert min(own[kind]) > 0.1
        assert sum(own[kind]) / len(own[kind]) > 0.25
    assert max(own["enrolment"]) < 0.3
    assert min(own["enrolment"]) > 0.02


def test_background_shares_forms_and_no_people() -> None:
    """What was not stolen holds the stolen blank forms, and nothing else of the clinic's."""
    stolen = {f.data: f for f in generate(7)}
    both = [stolen[f.data] for f in background(7) if f.data in stolen]
    assert {f.category for f in both} == {"form"}
    assert len(both) == len(list(blank_forms(KERERU)))
    assert "leaflet" in {f.category for f in background(7)}


def test_written_as_generated(tmp_path: Path) -> None:
    """The folder holds each file under its path."""
    files = list(generate(7, 3))
    assert write(tmp_path / "files", files) == len(files)
    for file in files:
        assert (tmp_path / "files" / file.path).read_bytes() == file.data
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == len(files)


def test_labels_name_people_by_token() -> None:
    """The labels tell whose file it is, by a token; blank forms are nobody's."""
    files = list(generate(7, 3))
    rows = list(csv.DictReader(io.StringIO(labels_csv(files))))
    assert [(r["path"], r["subject"], r["category"]) for r in rows] == [
        (f.path, f.subject, f.category) for f in files if f.subject
    ]
    assert {r["subject"] for r in rows} == {"person-00000", "person-00001", "person-00002"}


def test_excerpt_is_a_passage_of_the_story() -> None:
    """An excerpt is so many successive words, past the letterhead, the same each time."""
    note = next(f for f in generate(7, 3) if f.category == "consultation")
    some = excerpt(note, 40, seed=1)
    assert len(some.split()) == 40
    assert some in " ".join(note.text.split())
    assert some == excerpt(note, 40, seed=1)
    assert not NHI.search(some)
    assert excerpt(note, 10_000) == " ".join(note.text.split())
