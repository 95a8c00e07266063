"""One finder on one division of the texts: what it finds, and what it should not have."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from leakwatch.model.match import Grade
from tests.bench.accuracy_cases import Case
from tests.bench.accuracy_data import Roles, Text
from tests.bench.accuracy_finders import Finder, Found

SEED = 20261122
GRADES = (Grade.PROBABLE, Grade.POSSIBLE)
PAGE_CHARS = 3000
PASTE = 40
FALSE = "texts that hold no known file: share with a match"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known file missed, or one found where it is not."""

    row: str
    seen: str
    """Id of the text."""
    known: str
    """Id of the known file."""
    grade: Grade | None
    """None: missed."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Of the known file in the text."""


@dataclass
class Outcome:
    """Figures of one division, by row and column; shares in [0, 1]."""

    title: str
    explains: bool = False
    """Whether mistakes are kept, with their scores."""
    figures: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    counts: dict[str, int] = field(default_factory=dict)
    """Texts behind each row."""
    mistakes: list[Mistake] = field(default_factory=list)


def measure(
    outcome: Outcome,
    finder: Finder,
    roles: Roles,
    cases: Mapping[str, Case],
    *,
    samples: int,
    seed: str,
    strange: bool = True,
) -> None:
    """Add a finder's recall in each case to the outcome.

    Args:
        outcome: what is added to.
        finder: over the known texts of the roles.
        roles: what is looked for, and what is not to be found.
        cases: distortions, by row.
        samples: known texts looked for, at most.
        seed: of the choice and of the distortions.
        strange: look for false positives too.
    """
    groups = {text.id: text.group for text in roles.known}
    chosen = random.Random(f"{SEED}/{seed}").sample(roles.known, min(samples, len(roles.known)))
    for name, case in cases.items():
        seen = [case(t.text, random.Random(f"{SEED}/{seed}/{name}/{t.id}")) for t in chosen]
        results = [(t, finder.find(text)) for t, text in zip(chosen, seen, strict=True)]
        _add_recall(outcome, finder, name, results, groups)
        if outcome.explains and finder.scores(seen[0]):
            _add_mistakes(outcome, finder, name, list(zip(seen, results, strict=True)), groups)
    for name, texts in strangers(roles, seed) if strange else ():
        add_false(outcome, finder, name, texts)


def strangers(roles: Roles, seed: str) -> Iterator[tuple[str, Sequence[Text]]]:
    """Yield the texts that hold no known file: one by one, in pages, in pastes, and the others."""
    whole = "\n\n".join(text.text for text in roles.negative)
    pages = [whole[at : at + PAGE_CHARS] for at in range(0, len(whole), PAGE_CHARS)]
    rng = random.Random(f"{SEED}/{seed}/pastes")
    size = min(PASTE, len(roles.negative))
    pastes = [
        "\n\n".join(text.text for text in rng.sample(roles.negative, size))
        for _ in range(len(roles.negative) // 8)
    ]
    yield "a document", roles.negative
    yield f"a page of {PAGE_CHARS} characters", _numbered("page", pages)
    yield f"a paste of {size} documents", _numbered("paste", pastes)
    by_label: dict[str, list[Text]] = defaultdict(list)
    for text in roles.others:
        by_label[text.label].append(text)
    yield from by_label.items()


def add_false(outcome: Outcome, finder: Finder, row: str, texts: Sequence[Text]) -> None:
    """Add a row of texts that hold no known file: the share that has a match."""
    found = [finder.find(text.text) for text in texts]
    outcome.counts[row] = len(texts)
    for grade in GRADES:
        hits = sum(any(f.grade >= grade for f in each) for each in found)
        outcome.figures[row][finder.levels[grade]] = hits / max(1, len(texts))
    for text, each in zip(texts, found, strict=True):
        if outcome.explains and each:
            scores = finder.scores(text.text)
            outcome.mistakes += [
                Mistake(row, text.id, f.id, f.grade, scores.get(f.id, {})) for f in each
            ]


def _numbered(kind: str, texts: Sequence[str]) -> list[Text]:
    return [Text(f"{kind} {number}", text) for number, text in enumerate(texts)]


def _add_recall(
    outcome: Outcome,
    finder: Finder,
    row: str,
    results: Sequence[tuple[Text, list[Found]]],
    groups: Mapping[str, str],
) -> None:
    """Add a row of distorted known texts: found, other groups' files found, found first."""
    figures = outcome.figures[row]
    outcome.counts[row] = len(results)
    for grade in GRADES:
        level = finder.levels[grade]
        right = wrong = kin = first = 0
        for text, all_found in results:
            found = [f for f in all_found if f.grade >= grade]
            ids = [f.id for f in found]
            right += text.id in ids
            first += ids[:1] == [text.id]
            wrong += any(groups[i] != text.group for i in ids)
            kin += any(i != text.id and groups[i] == text.group for i in ids)
        size = max(1, len(results))
        figures[level] = right / size
        figures[f"{level} first"] = first / size
        figures[f"{level} wrong"] = wrong / size
        figures[f"{level} kin"] = kin / size


def _add_mistakes(
    outcome: Outcome,
    finder: Finder,
    row: str,
    results: Sequence[tuple[str, tuple[Text, list[Found]]]],
    groups: Mapping[str, str],
) -> None:
    """Add what was missed of a row, and what was found of others' files."""
    for seen, (text, found) in results:
        wrong = [each for each in found if groups[each.id] != text.group]
        is_missed = all(each.id != text.id for each in found)
        if not wrong and not is_missed:
            continue
        scores = finder.scores(seen)
        if is_missed:
            scored = scores.get(text.id, {})
            outcome.mistakes.append(Mistake(row, text.id, text.id, None, scored))
        outcome.mistakes += [
            Mistake(row, text.id, each.id, each.grade, scores.get(each.id, {})) for each in wrong
        ]
