"""A match in plain words, for a lawyer: what it says, how rare that is, what it does not say.

Pure; numbers only, never text or names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from leakwatch.model.fingerprint import FingerprintParams
from leakwatch.model.match import Match, Method, Passage

PASSAGES_TOLD = 5
_SEEN = "what was seen"
_NOT_SAID = {
    Method.EXACT: "It does not say who put the file there, or whether anybody has read it.",
    Method.TEXT: (
        "It does not say that the file itself is there, who put the words there, or why: "
        "somebody may quote it, and a form or a template may give two documents the same words."
    ),
    Method.IMAGE: (
        "It does not say that the picture is the same file: two photographs of one page, or two "
        "copies of one form, look alike too."
    ),
    Method.LISTING: (
        "It does not say that the content is there: it was not seen, and a list can be made up."
    ),
    Method.NAME: (
        "It does not say that the content is there: it was not seen, and names can be made up "
        "or be the same by chance."
    ),
}


def told(match: Match, *, letters: int | None = None) -> str:
    """Return one paragraph about a match.

    Args:
        match: with the scores that its method measures.
        letters: length of the artefact's normalised text; None where it is not known.
    """
    sentences = _BY_METHOD[match.method](match, letters)
    return " ".join((*sentences, _NOT_SAID[match.method]))


def _equal(match: Match, _letters: int | None) -> Iterator[str]:
    yield f"The known file and {_SEEN} are the same: {'; '.join(match.reasons)}."
    yield (
        "That two different documents come out the same here by accident is less likely than 1 "
        "in 10^30."
    )


def _listed(match: Match, _letters: int | None) -> Iterator[str]:
    yield f"A list of files names the known file: {'; '.join(match.reasons)}."
    yield from _chance(match)


def _looks_alike(match: Match, _letters: int | None) -> Iterator[str]:
    yield f"A picture looks like the known one: {'; '.join(match.reasons)}."
    yield from _chance(match)


def _similar(match: Match, letters: int | None) -> Iterator[str]:
    known, seen = _about(match.stolen_in_leak), _about(match.leak_in_stolen)
    yield (
        f"{known[0].upper()}{known[1:]} of the known document stands in {_SEEN}, and {seen} of "
        f"{_SEEN} stands in the known document."
    )
    yield from _passages(match, letters)
    if match.shared_unique is not None:
        yield (
            f"Of the phrases that both have, {_share(match.shared_unique)} occur in no other "
            "known document (near-copies and files on the same subject aside) and in no document "
            "compared that was not stolen."
        )
    yield from _chance(match) if match.chance is not None else (_UNCALIBRATED,)
    if match.jaccard is not None:
        yield (
            f"Of all different phrases of both together, {_share(match.jaccard)} are in both "
            f"(Jaccard resemblance, {_SCHEME})."
        )


def _passages(match: Match, letters: int | None) -> Iterator[str]:
    longest = match.passage_chars
    if longest is None:
        return
    if match.passage_count is None or match.passage_total_chars is None:
        yield f"The longest passage they share has {longest:,} letters (spaces and signs left out)."
    else:
        many = "1 passage" if match.passage_count == 1 else f"{match.passage_count:,} passages"
        of_it = ""
        if letters:
            share = _share(match.passage_total_chars / letters)
            of_it = f", which is {share} of the {letters:,} letters of {_SEEN}"
        longest_of_it = "" if match.passage_count == 1 else f"; the longest has {longest:,}"
        yield (
            f"They share {many} of {match.passage_total_chars:,} letters in all (spaces and signs "
            f"left out){of_it}{longest_of_it}."
        )
    if match.passages:
        first = match.passages[:PASSAGES_TOLD]
        more = max(len(match.passages), match.passage_count or 0) - len(first)
        where = ", ".join(_where(passage, letters) for passage in first)
        yield f"In {_SEEN}: {where}{f', and {more} more' if more else ''}."


def _where(passage: Passage, letters: int | None) -> str:
    place = f"letters {passage.start + 1:,} to {passage.end:,}"
    if not letters:
        return place
    return f"{place} ({passage.start / letters:.0%} to {passage.end / letters:.0%} of its length)"


def _chance(match: Match) -> Iterator[str]:
    if match.chance is None:
        return
    basis = f", measured on {match.chance_basis:,} of them" if match.chance_basis else ""
    yield (
        f"The chance that a document of this kind that has nothing to do with the known one "
        f"scores as high is at most {_odds(match.chance)}{basis}."
    )


def _odds(chance: float) -> str:
    if chance <= 0:
        return "too small to state"
    return (
        f"{math.ceil(chance * 100 - 1e-9)}%" if chance > 0.1 else f"1 in {_rounded(1 / chance):,}"
    )


def _rounded(number: float) -> int:
    """Return a number cut to two digits: 1 in 4,983 would promise what was not measured."""
    digits = len(str(int(number))) - 2
    step = 10**digits if digits > 0 else 1
    return int(number // step * step)


def _about(ratio: float | None) -> str:
    if ratio is None:
        return "an unknown part"
    if ratio >= 1:
        return "all"
    return f"about {_share(ratio)}" if ratio >= 0.01 else _share(ratio)


def _share(ratio: float) -> str:
    if 0 < ratio < 0.01:
        return "less than 1%"
    return f"{min(int(ratio * 100 + 0.5), 99) if ratio < 1 else 100}%"


def _scheme() -> str:
    fields = FingerprintParams.__dataclass_fields__
    value = {name: fields[name].default for name in fields}
    return (
        f"counted on keyed grams of {value['k']} letters, scheme {value['grams']}; the MinHash "
        f"signature kept with the known file estimates the same: {value['minhash_permutations']} "
        f"permutations, scheme {value['minhash_scheme']}"
    )


_SCHEME = _scheme()
_UNCALIBRATED = (
    "This corpus was not calibrated on enough documents that were not stolen, so no chance of an "
    "accident can be told."
)
_BY_METHOD = {
    Method.EXACT: _equal,
    Method.TEXT: _similar,
    Method.IMAGE: _looks_alike,
    Method.LISTING: _listed,
    Method.NAME: _listed,
}
