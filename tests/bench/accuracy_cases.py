"""The distortions that recall is measured under, by the name of their row."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from tests.bench import distort

Case = Callable[[str, random.Random], str]
"""A stolen text -> what is seen of it."""

QUICK = ("verbatim", "40-document paste", "SQL row", "OCR 5 %", "OCR 3 %", "60 words", "40 words")


def note_cases(others: Sequence[str]) -> dict[str, Case]:
    """Return every distortion of dictated notes.

    Args:
        others: documents of the genre that were not stolen: pages and pastes are made of them.
    """
    return {
        **_layouts(others),
        **{f"OCR {p} %": _ocr(p) for p in (3, 5, 8)},
        **{f"{p} % words replaced": _substituted(p, others) for p in (10, 20, 30)},
        "names, numbers redacted": distort.redacted,
        **{f"{n} words in a page": _excerpt(n, others) for n in (100, 60, 40, 25, 15)},
    }


def generated_cases(others: Sequence[str]) -> dict[str, Case]:
    """Return every distortion of documents that machines fill in."""
    return {
        **_layouts(others),
        "HTML table": distort.in_table,
        **{f"OCR {p} %": _ocr(p) for p in (1, 3)},
        "2 % words replaced": _substituted(2, others),
        **{f"{n} words in a page": _excerpt(n, others) for n in (100, 60)},
        "values alone, as CSV": distort.as_columns,
    }


def quick(cases: dict[str, Case]) -> dict[str, Case]:
    """Return a few of the cases."""
    return {name: case for name, case in cases.items() if name.startswith(QUICK)}


def _layouts(others: Sequence[str]) -> dict[str, Case]:
    return {
        "verbatim": lambda text, rng: text,
        "reflowed": distort.reflowed,
        "spaceless": distort.spaceless,
        "HTML lines": distort.in_html,
        "40-document paste": partial(_in_paste, others),
        "CSV cell": distort.as_csv_row,
        "SQL row": distort.as_sql_row,
        "JSON string": distort.as_json,
    }


def _in_paste(others: Sequence[str], text: str, rng: random.Random) -> str:
    return distort.in_paste(text, rng, others)


def _ocr(percent: int) -> Case:
    return lambda text, rng: distort.ocr(text, rng, percent / 100)


def _substituted(percent: int, others: Sequence[str]) -> Case:
    words = [word for text in others[:100] for word in text.split()]
    return lambda text, rng: distort.substituted(text, rng, words, percent / 100)


def _excerpt(words: int, others: Sequence[str]) -> Case:
    return lambda text, rng: distort.in_page(distort.excerpt(text, rng, words), rng, others)
