from __future__ import annotations

from pathlib import Path

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.growth import Addition
from leakwatch.corpus.identifiable import Unidentifiable, Why, unidentifiable
from leakwatch.corpus.labels import read_labels
from leakwatch.corpus.withdrawing import withdraw_ids
from leakwatch.match.grade import FORM_PEAK
from leakwatch.match.reach import MIN_HITS
from tests.support.corpora import BUILT_AT, KEY, build, builder, ids, note, write_tree


def listed(bundle: Path) -> dict[str, Unidentifiable]:
    found = unidentifiable(open_corpus(bundle), min_grams=MIN_HITS, form_peak=FORM_PEAK)
    return {file.file: file for file in found}


FORM = note("form")
FILES: dict[str, str | bytes] = {
    "own.txt": note("own"),
    "filled.txt": f"{FORM} {note('filled in', 60)}",
    "blank.txt": f"{FORM} signed",
    "public.txt": note("public"),
    "short.txt": "Did not come.",
    "scan.bin": b"\xff\x00" * 50,
}


def test_each_reason_is_told(tmp_path: Path) -> None:
    """A file that nothing sets apart is listed with why; others are not."""
    (tmp_path / "l.csv").write_text("path,subject,category\nblank.txt,,form\n")
    labels = read_labels(tmp_path / "l.csv", KEY)
    build(tmp_path, FILES, background={"f": FORM, "p": note("public")}, labels=labels)
    mapped, found = ids(tmp_path), listed(tmp_path / "clinic.corpus")
    told = {name: found[file].why for name, file in mapped.items() if file in found}
    assert told == {
        "blank.txt": Why.COMMON,
        "public.txt": Why.IN_BACKGROUND,
        "short.txt": Why.SHORT,
        "scan.bin": Why.NO_TEXT,
    }
    assert found[mapped["blank.txt"]].category == "form"
    assert found[mapped["short.txt"]].category is None


def test_withdrawn_and_repeated_files_are_not_listed_twice(tmp_path: Path) -> None:
    """A file is listed once however many names it came under, and not once it is withdrawn."""
    build(tmp_path, {"short.txt": "Did not come.", "other.txt": "Came late."})
    folder = write_tree(tmp_path / "more", {"again.txt": "Did not come."})
    path = tmp_path / "clinic.corpus"
    builder().add(path, Addition((folder,)), at=BUILT_AT)
    assert len(open_corpus(path).segments) == 2
    found = unidentifiable(open_corpus(path), min_grams=MIN_HITS, form_peak=FORM_PEAK)
    assert sorted(f.file for f in found) == sorted(ids(tmp_path).values())
    withdraw_ids(path, [ids(tmp_path)["short.txt"]], at=BUILT_AT)
    assert list(listed(path)) == [ids(tmp_path)["other.txt"]]
