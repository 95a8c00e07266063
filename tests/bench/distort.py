"""What happens to a stolen text before it is seen again; seeded."""

from __future__ import annotations

import html
import json
import random
import re
import string
import textwrap
from collections.abc import Callable, Sequence

Distortion = Callable[[str, random.Random], str]

_WORD = re.compile(r"\b\w[\w'/.:-]*")
_CELLS = re.compile(r"(?<=:) +|\t| {2,}|, ")


def ocr(text: str, rng: random.Random, rate: float) -> str:
    """Delete, replace or double each character with the given total probability."""
    out = []
    for char in text:
        if rng.random() >= rate:
            out.append(char)
            continue
        what = rng.randrange(3)
        if what == 1:
            out.append(rng.choice(string.ascii_lowercase))
        elif what == 2:
            out.append(char * 2)
    return "".join(out)


def substituted(text: str, rng: random.Random, words: Sequence[str], rate: float) -> str:
    """Replace words by others of the same genre."""
    return " ".join(rng.choice(words) if rng.random() < rate else w for w in text.split())


def excerpt(text: str, rng: random.Random, words: int) -> str:
    """Return so many words running, or all of a shorter text."""
    parts = text.split()
    start = rng.randrange(max(1, len(parts) - words + 1))
    return " ".join(parts[start : start + words])


def in_page(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """Put a text between two pieces of 3,000 characters of other documents."""
    before, after = rng.choice(others)[:3000], rng.choice(others)[-3000:]
    return f"{before}\n{text}\n{after}"


def in_paste(text: str, rng: random.Random, others: Sequence[str], *, documents: int = 40) -> str:
    """Put a text among 39 others."""
    pile = rng.sample(list(others), documents - 1)
    pile.insert(rng.randrange(documents), text)
    return "\n\n".join(pile)


def reflowed(text: str, rng: random.Random) -> str:
    """Break the lines elsewhere."""
    return "\n".join(textwrap.wrap(text, rng.randrange(40, 100)))


def spaceless(text: str, rng: random.Random) -> str:
    """Drop white space, as some PDF extractors do, in capitals."""
    return "".join(text.split()).upper()


def in_html(text: str, rng: random.Random) -> str:
    """Wrap each line in tags that stay in the text."""
    return "".join(f'<p class="x">{line}</p>\n' for line in text.splitlines())


def as_csv_row(text: str, rng: random.Random) -> str:
    """Put the text in one quoted cell of a row."""
    cell = " ".join(text.split()).replace('"', '""')
    return f'{rng.randrange(10**6)};"{cell}";2019-01-01;0'


def as_sql_row(text: str, rng: random.Random) -> str:
    """Put the text in a value of a dump's INSERT: quotes doubled, line breaks escaped."""
    value = text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    number = rng.randrange(10**6)
    return f"INSERT INTO `documents` VALUES ({number},'{value}','2019-01-01 00:00:00',0);\n"  # noqa: S608 - never executed


def as_json(text: str, rng: random.Random) -> str:
    """Put the text in a string of a JSON object, in ASCII."""
    return json.dumps({"id": rng.randrange(10**6), "body": text, "deleted": False})


def redacted(text: str, rng: random.Random) -> str:
    """Black out capitalised words and numbers, all in one manner."""
    bar = rng.choice(["XXXX", "[REDACTED]", "___"])
    return _WORD.sub(lambda w: bar if w[0][0].isupper() or w[0][0].isdigit() else w[0], text)


def in_table(text: str, rng: random.Random) -> str:
    """Lay the text out as an HTML table: a line a row, a field a cell."""
    rows = (
        "".join(f"<td>{html.escape(c)}</td>" for c in cells(line)) for line in text.splitlines()
    )
    return "<table>\n" + "\n".join(f"<tr>{row}</tr>" for row in rows if row) + "\n</table>\n"


def as_columns(text: str, rng: random.Random) -> str:
    """Return the values alone as one row of CSV: no label, no phrase of the form."""
    row = [str(rng.randrange(10**6))]
    for line in text.splitlines():
        parts = cells(line)
        row += [part for part in parts if not part.endswith(":")] if len(parts) > 1 else []
    return ",".join('"' + value.replace('"', '""') + '"' for value in row) + "\n"


def cells(line: str) -> list[str]:
    """Return a line's fields: parted by a colon and space, a tab, or spaces."""
    return [part for part in _CELLS.split(line.strip()) if part]
