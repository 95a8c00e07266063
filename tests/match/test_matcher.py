from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.known import file_id
from leakwatch.errors import IncompatibleParams, WrongKey
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.match import Grade, Match, Method
from tests.support.corpora import KEY, OTHER_KEY, build, ids, matcher, note
from tests.support.patients import documents, patient
from tests.support.readers import artefact_of, text_artefact

FILES = {f"{n}.txt": note(n) for n in range(6)}
STRANGERS = [note(f"stranger/{n}") for n in range(40)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("clinic")
    build(home, FILES, background={"b.txt": note("background")})
    return home


@pytest.fixture(scope="module")
def clinic(home: Path) -> CorpusMatcher:
    return CorpusMatcher([open_corpus(home / "clinic.corpus")], KEY)


def one_match(clinic: CorpusMatcher, text: str) -> Match:
    [match] = clinic.match_artefact(text_artefact(text)).matches
    return match


def test_the_same_bytes_are_conclusive(home: Path, clinic: CorpusMatcher) -> None:
    """A byte-identical file matches itself alone, by its opaque id."""
    match = one_match(clinic, FILES["3.txt"])
    assert match.file == ids(home)["3.txt"]
    assert (match.corpus, match.method, match.grade) == ("clinic", Method.EXACT, Grade.CONCLUSIVE)
    assert (match.stolen_in_leak, match.leak_in_stolen, match.jaccard) == (1.0, 1.0, 1.0)
    assert match.reasons == ("every byte is the same",)


def test_the_same_letters_are_conclusive(clinic: CorpusMatcher) -> None:
    """Another layout, case and punctuation leave the text the same."""
    match = one_match(clinic, FILES["3.txt"].upper().replace(" ", "\n- "))
    assert (match.method, match.grade) == (Method.EXACT, Grade.CONCLUSIVE)
    assert match.passage_chars == sum(c.isalnum() for c in FILES["3.txt"])


def test_an_edited_copy_is_probable(home: Path, clinic: CorpusMatcher) -> None:
    """A copy with one word in ten replaced is found, with both directions high."""
    rng = random.Random(1)
    words = [w if rng.random() > 0.1 else "changed" for w in FILES["2.txt"].split()]
    match = one_match(clinic, " ".join(words))
    assert match.file == ids(home)["2.txt"]
    assert (match.method, match.grade) == (Method.TEXT, Grade.PROBABLE)
    assert 0.3 < (match.stolen_in_leak or 0) < 0.95
    assert 0.3 < (match.leak_in_stolen or 0) < 0.95
    assert 0.1 < (match.jaccard or 0) < 0.9


def test_an_excerpt_is_found_in_a_page(home: Path, clinic: CorpusMatcher) -> None:
    """A passage of a hundred words in a long page is found, and its length told."""
    passage = " ".join(FILES["1.txt"].split()[100:200])
    match = one_match(clinic, f"{STRANGERS[0]} {passage} {STRANGERS[1]}")
    assert match.file == ids(home)["1.txt"]
    assert match.grade is Grade.PROBABLE
    letters = sum(c.isalnum() for c in passage)
    assert letters - 40 <= (match.passage_chars or 0) <= letters
    assert (match.leak_in_stolen or 1) < 0.3


def test_all_files_of_a_paste_are_found(home: Path, clinic: CorpusMatcher) -> None:
    """One big paste neither hides nor dilutes the files in it; strangers match nothing."""
    paste = "\n\n".join([*STRANGERS[:20], *FILES.values(), *STRANGERS[20:]])
    matches = clinic.match_artefact(text_artefact(paste)).matches
    assert {m.file for m in matches} == set(ids(home).values())
    assert {m.grade for m in matches} == {Grade.PROBABLE}
    assert all((m.stolen_in_leak or 0) > 0.95 for m in matches)
    assert clinic.match_artefact(text_artefact("\n".join(STRANGERS))).matches == ()


def test_tags_left_in_a_text_hide_nothing(home: Path, clinic: CorpusMatcher) -> None:
    """A paste of markup, a tag on every few words, is read without its tags too."""
    words = FILES["4.txt"].split()
    cells = "".join(f'<td class="c">{" ".join(words[i : i + 2])}</td>\n' for i in range(0, 300, 2))
    assert one_match(clinic, cells).file == ids(home)["4.txt"]


@pytest.mark.parametrize("text", ["", " ", "short", "\0" * 100, "<" * 5000, "<a" * 3000])
def test_little_text_matches_nothing(clinic: CorpusMatcher, text: str) -> None:
    """Nothing, next to nothing and rubbish match nothing."""
    assert clinic.match_artefact(text_artefact(text)).matches == ()


def test_digests_are_told_for_every_artefact(clinic: CorpusMatcher) -> None:
    """A reading carries keyed digests, so that the same artefact can be known again."""
    clean = clinic.match_artefact(text_artefact(STRANGERS[0]))
    assert clean.digests is not None
    assert clean.digests.text is not None
    unread = clinic.match_artefact(replace(text_artefact(""), sha256="", error="encrypted"))
    assert unread.digests is not None
    assert unread.digests.raw == ""


def test_a_corpus_of_nothing_matches_nothing(tmp_path: Path) -> None:
    """No known file, no match."""
    assert matcher(tmp_path, {}).match_artefact(text_artefact(note(1))).matches == ()


def test_tiny_files_are_no_match(tmp_path: Path) -> None:
    """Equal bytes of a file that holds nothing of anybody say nothing."""
    found = matcher(tmp_path, {"a": "see letter"}).match_artefact(text_artefact("see letter"))
    assert found.matches == ()


def test_unreadable_files_are_known_by_their_bytes(tmp_path: Path) -> None:
    """A picture without text is conclusive by its bytes."""
    data = bytes(random.Random(1).randbytes(500))
    clinic = matcher(tmp_path, {"scan.tiff": data})
    [match] = clinic.match_artefact(artefact_of(data, text_artefact("").path)).matches
    assert (match.method, match.grade, match.passage_chars) == (
        Method.EXACT,
        Grade.CONCLUSIVE,
        None,
    )


def test_blank_forms_in_the_background_match_nothing_probable(tmp_path: Path) -> None:
    """With the form in the background, neither the form nor a stranger's filled one matches."""
    form = [note(f"form/{n}", 30) for n in range(10)]

    def filled(who: str) -> str:
        return "\n".join(f"{part} {note(f'{who}/{n}', 4)}" for n, part in enumerate(form))

    blank = "\n".join(form)
    files = {"filled.txt": filled("known"), "the-form-itself.txt": blank}
    clinic = matcher(tmp_path, files, background={"form.txt": blank})
    mapped = ids(tmp_path)
    for text in (blank, filled("stranger"), filled("other")):
        matches = clinic.match_artefact(text_artefact(text)).matches
        assert all(m.grade is Grade.POSSIBLE for m in matches)
    own = clinic.match_artefact(text_artefact(f"From a page: {filled('known')}")).matches
    assert {m.file: m.grade for m in own}[mapped["filled.txt"]] is Grade.PROBABLE


def test_a_file_that_is_also_public_is_possible_at_most(tmp_path: Path) -> None:
    """A stolen copy of a leaflet is no sign of a breach; an analyst is told why."""
    clinic = matcher(tmp_path, {"a.txt": note(1)}, background={"leaflet.txt": note(1)})
    match = one_match(clinic, note(1))
    assert match.grade is Grade.POSSIBLE
    assert "not stolen" in match.reasons[-1]


def test_generated_documents_are_found_by_their_combination(tmp_path: Path) -> None:
    """Documents of common phrases are found verbatim and in a paste; strangers' are not."""
    rng = random.Random(7)

    def people(count: int) -> list[str]:
        return [text for _ in range(count) for text in documents(patient(rng), rng, 6)]

    known, strangers = people(20), people(20)
    files = {f"{n}.txt": text for n, text in enumerate(known)}
    background = {f"{n}.txt": text for n, text in enumerate(people(10))}
    clinic = matcher(tmp_path, files, background=background)
    mapped = ids(tmp_path)
    for name, text in list(files.items())[::5]:
        paste = "\n".join([*strangers[:20], text.replace("\n", " "), *strangers[20:40]])
        grades = {m.file: m.grade for m in clinic.match_artefact(text_artefact(paste)).matches}
        assert grades.get(mapped[name]) is Grade.PROBABLE
    flagged = [t for t in strangers if clinic.match_artefact(text_artefact(t)).matches]
    assert flagged == []


def test_several_corpora_at_once(tmp_path: Path) -> None:
    """Each match names its corpus; one file in two corpora is two matches."""
    build(tmp_path, {"a.txt": note(1)}, name="one")
    build(tmp_path, {"a.txt": note(1), "b.txt": note(2)}, name="two")
    corpora = [open_corpus(tmp_path / f"{name}.corpus") for name in ("one", "two")]
    both = CorpusMatcher(corpora, KEY)
    found = both.match_artefact(text_artefact(note(1))).matches
    assert [m.corpus for m in found] == ["one", "two"]
    assert len({m.file for m in found}) == 1
    assert [m.corpus for m in both.match_artefact(text_artefact(note(2))).matches] == ["two"]


def test_withdrawn_files_are_known_no_longer(home: Path) -> None:
    """A file withdrawn by id matches neither by bytes nor by text nor by name."""
    corpus = open_corpus(home / "clinic.corpus")
    [segment], [entry] = corpus.segments, corpus.manifest.segments
    [gone] = [n for n in range(len(segment)) if file_id(segment.raw(n)) == ids(home)["3.txt"]]
    after = replace(corpus.manifest, segments=(replace(entry, withdrawn=(gone,)),))
    clinic = CorpusMatcher([replace(corpus, manifest=after)], KEY)
    assert clinic.match_artefact(text_artefact(FILES["3.txt"])).matches == ()
    assert clinic.match_artefact(text_artefact(f"edited {FILES['3.txt']}")).matches == ()
    assert clinic.match_artefact(text_artefact(FILES["2.txt"])).matches != ()
    assert not clinic.has_name("3.txt")
    assert clinic.has_name("2.txt")


def test_another_key_is_refused(home: Path) -> None:
    """A corpus made with another key is refused by both ids, not searched in vain."""
    with pytest.raises(WrongKey, match=f"{KEY.key_id}.*{OTHER_KEY.key_id}"):
        CorpusMatcher([open_corpus(home / "clinic.corpus")], OTHER_KEY)


def test_another_recipe_is_refused(home: Path) -> None:
    """A corpus of another normaliser is refused."""
    corpus = open_corpus(home / "clinic.corpus")
    params = replace(corpus.manifest.params, normaliser="other/1")
    other = replace(corpus, manifest=replace(corpus.manifest, params=params))
    with pytest.raises(IncompatibleParams, match="normaliser"):
        CorpusMatcher([other], KEY)


def test_names_are_known_without_the_file(clinic: CorpusMatcher) -> None:
    """A base name is recognised whatever its folder, case and punctuation."""
    assert clinic.has_name("x/y/3.TXT")
    assert not clinic.has_name("33.txt")
    assert not clinic.has_name("")


def test_matches_say_no_text(clinic: CorpusMatcher) -> None:
    """Neither the reasons nor the repr of a reading hold a word of the text."""
    reading = clinic.match_artefact(text_artefact(f"edited {FILES['3.txt']}"))
    words = [w for w in FILES["3.txt"].lower().split() if len(w) > 6]
    assert reading.matches
    assert not any(word in repr(reading).lower() for word in words)
