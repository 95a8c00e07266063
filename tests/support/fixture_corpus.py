"""The bundle in ``tests/fixtures``: what it is made of, and how it is made anew.

    python -m tests.support.fixture_corpus               the bundle, and what it says
    python -m tests.support.fixture_corpus --expected    only what it says

The first is for a new schema: within one schema the committed bundle must open
for ever. The second is for scores or grades that were changed on purpose. All
texts are made up, by a generator of random words.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from leakwatch.corpus.bundle import open_corpus
from leakwatch.corpus.labels import read_labels
from leakwatch.corpus.manifest import SCHEMA
from leakwatch.corpus.withdrawing import withdraw_ids
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.match import Match
from tests.support.corpora import BUILT_AT, KEY, add, build, ids, note
from tests.support.readers import text_artefact

HOME = Path(__file__).resolve().parents[1] / "fixtures" / f"schema{SCHEMA}"
BUNDLE = HOME / "small.corpus"
EXPECTED = HOME / "expected.json"

SHARED = note("letterhead", 12)
FILES: dict[str, str | bytes] = {
    **{f"Wiremu Rangihau/letter {n}.txt": f"{SHARED} {note(f'w/{n}', 90)}" for n in range(3)},
    "Aroha Quillfeather 2014-06-17.txt": f"{SHARED} {note('a', 120)}",
    "M\u0101ori form.txt": f"Ng\u0101 whakam\u0101rama o te p\u0113pi {note('m', 80)}",
    "short.txt": note("short", 9),
    "picture.tiff": bytes(range(256)) * 2,
}
LATER = {"Tipene Jarndyce 2021-04-17.txt": f"{SHARED} {note('t', 100)}"}
FORMS = {"form.txt": f"{SHARED} {note('form', 60)}", "leaflet.txt": note("leaflet", 60)}
WITHDRAWN = "Wiremu Rangihau/letter 2.txt"


def text_of(path: str) -> str:
    content = {**FILES, **LATER}[path]
    return content if isinstance(content, str) else ""


def leaks() -> dict[str, str]:
    """Return texts to match, by name."""
    aroha, tipene = text_of("Aroha Quillfeather 2014-06-17.txt"), text_of(next(iter(LATER)))
    return {
        "verbatim": aroha,
        "reflowed": tipene.upper().replace(" ", "\n"),
        "excerpt": " ".join([note("page", 80), *aroha.split()[20:90], note("end", 80)]),
        "paste": " ".join([note("x", 200), tipene, note("y", 200), aroha]),
        "decomposed": text_of("M\u0101ori form.txt").replace("\u0101", "a\u0304"),
        "form": FORMS["form.txt"],
        "stranger": note("stranger", 200),
        "withdrawn": text_of(WITHDRAWN),
    }


def listings() -> dict[str, Listing]:
    """Return listings to match, by name."""
    names = [*FILES, *LATER]
    data = {n: t.encode() if isinstance(t, str) else t for n, t in {**FILES, **LATER}.items()}
    sized = tuple(ListingEntry(f"dump/{n}", len(data[n])) for n in names)
    summed = tuple(
        ListingEntry(f"{i}", len(data[n]), zlib.crc32(data[n])) for i, n in enumerate(names)
    )
    strangers = tuple(ListingEntry(f"scan{n:03}.pdf", 1000 + n, n) for n in range(50))
    return {
        "sizes": Listing("autoindex", (*sized, *strangers)),
        "checksums": Listing("zip", (*summed, *strangers)),
        "strangers": Listing("zip", strangers),
    }


def said(bundle: Path) -> dict[str, Any]:
    """Return all that matters of what a bundle says of the leaks and listings, JSON-ready."""
    corpus = open_corpus(bundle)
    matcher = CorpusMatcher([corpus], KEY)
    texts = {n: matcher.match_artefact(text_artefact(t)).matches for n, t in leaks().items()}
    lists = {n: matcher.match_listing(listing).matches for n, listing in listings().items()}
    return {
        "schema": SCHEMA,
        "files": corpus.files,
        "segments": len(corpus.segments),
        "matches": {n: [_record(m) for m in found] for n, found in {**texts, **lists}.items()},
        "names": {name: matcher.has_name(name) for name in ("x/PICTURE.tiff", "nobody's.txt")},
    }


def _record(match: Match) -> dict[str, Any]:
    fields = asdict(match)
    kept = ("file", "method", "grade", "stolen_in_leak", "leak_in_stolen", "jaccard")
    rounded = {n: round(v, 6) if isinstance(v, float) else v for n, v in fields.items()}
    return {name: rounded[name] for name in kept}


def make(home: Path) -> Path:
    """Build the bundle in a folder: labels, a background, a segment added, a file withdrawn."""
    rows = "".join(f'"{n}","Wiremu","letter"\n' for n in FILES if n.startswith("Wiremu"))
    (home / "labels.csv").write_text("path,subject,category\n" + rows)
    labels = read_labels(home / "labels.csv", KEY)
    build(home, FILES, background=FORMS, labels=labels, name="small")
    add(home, LATER, batch="later", name="small")
    gone = ids(home, "small")[WITHDRAWN]
    withdraw_ids(home / "small.corpus", [gone], at=BUILT_AT)
    return home / "small.corpus"


def main(arguments: Sequence[str]) -> None:
    """Write the fixture anew, and what it says."""
    if "--expected" not in arguments:
        with tempfile.TemporaryDirectory() as name:
            made = make(Path(name))
            shutil.rmtree(HOME, ignore_errors=True)
            HOME.mkdir(parents=True)
            shutil.copytree(made, BUNDLE)
    EXPECTED.write_text(json.dumps(said(BUNDLE), indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
