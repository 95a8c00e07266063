"""What could be read, kind by kind, as ``corpus build``, ``corpus info`` and ``scan`` say it."""

from __future__ import annotations

from leakwatch.cli.render import Output
from leakwatch.model.coverage import KindCounts, Outcome, is_missing

_COLUMNS = ("kind", "files", "text", "2nd try", "pictures", "without text, or not read")
_SAID = {
    Outcome.PART: "read in part",
    Outcome.NO_TEXT: "without text",
    Outcome.RUNS: "read as runs of text",
    "budget_exceeded": "over a limit",
    "child_killed": "ended their reader",
    "unreadable": "out of reach",
    "unsupported": "of no known way",
    "extract": "without text to be had",
}
"""Words of the report for people; the rest are slugs that say it."""


def table(output: Output, kinds: KindCounts) -> None:
    """Print a row a kind, the most frequent first."""
    rows = []
    for kind, words in sorted(kinds.items(), key=lambda item: -sum(item[1].values())):
        counts = [words.get(word, 0) for word in (Outcome.TEXT, Outcome.SECOND, Outcome.PICTURES)]
        rest = {word: n for word, n in words.items() if word not in _OWN_COLUMN}
        files = sum(words.values())
        rows.append((kind, files, *(count or "" for count in counts), reasons(rest)))
    output.table(_COLUMNS, rows)


_OWN_COLUMN = {Outcome.TEXT, Outcome.SECOND, Outcome.PICTURES, Outcome.OPENED}


def reasons(words: dict[str, int]) -> str:
    """Return reasons with their counts, the most frequent first."""
    ranked = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {_SAID.get(word, word)}" for word, count in ranked)


def notice(output: Output, kinds: KindCounts) -> None:
    """Say on stderr how much was looked at, and what of it was not read, kind by kind."""
    if output.as_json:
        output.diagnostic({"summary": {kind: dict(words) for kind, words in kinds.items()}})
        return
    every = sum(sum(words.values()) for words in kinds.values())
    lacking = {
        kind: {word: n for word, n in words.items() if is_missing(word)}
        for kind, words in kinds.items()
    }
    missing = sum(sum(words.values()) for words in lacking.values())
    output.notice(f"looked at {every} files and members, {missing} of them not read as text")
    for kind, words in sorted(lacking.items(), key=lambda item: -sum(item[1].values())):
        if words:
            output.notice(f"  {kind}: {reasons(words)}")
