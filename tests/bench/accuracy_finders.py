"""What finds known files in a text: leakwatch, and the peer beside it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from leakwatch.corpus.build import BuildRequest
from leakwatch.corpus.bundle import Corpus, open_corpus
from leakwatch.corpus.calibration import Calibration
from leakwatch.corpus.known import file_id
from leakwatch.corpus.labels import Label, Labels, subject_token
from leakwatch.fingerprint.sketch import Sketcher
from leakwatch.match.grade import complete_needed
from leakwatch.match.index import SegmentIndex
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.readings import readings
from leakwatch.match.score import Scores, score
from leakwatch.model.match import Grade
from tests.bench.accuracy_data import Text
from tests.support.corpora import BUILT_AT, KEY, builder
from tests.support.readers import text_artefact

_SKETCHER = Sketcher(KEY)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,500}>")


@dataclass(frozen=True, slots=True)
class Found:
    """One known file found in a text."""

    id: str
    grade: Grade


class Finder(Protocol):
    """Finds known files; surest first."""

    name: str
    levels: dict[Grade, str]
    """Heading of its two columns."""

    def find(self, text: str) -> list[Found]: ...

    def scores(self, text: str) -> dict[str, dict[str, float]]:
        """Return what each file in question comes to, whether that makes a match or not."""
        ...


class Leakwatch:
    """The matcher over one corpus, built from texts."""

    name = "leakwatch"

    def __init__(
        self, corpus: Corpus, ids: dict[str, str], calibration: Calibration | None
    ) -> None:
        if calibration is not None:
            corpus = replace(corpus, manifest=replace(corpus.manifest, calibration=calibration))
        self.levels = {Grade.PROBABLE: "probable", Grade.POSSIBLE: "possible"}
        self.corpus = corpus
        self.ids = ids
        """Opaque id -> id of the text."""
        self._matcher = CorpusMatcher([corpus], KEY)

    def find(self, text: str) -> list[Found]:
        matches = self._matcher.match_artefact(text_artefact(text)).matches
        return [Found(self.ids[m.file], m.grade) for m in matches]

    def scores(self, text: str) -> dict[str, dict[str, float]]:
        """Return every score of each file in question, the best of all readings of the text.

        ``complete`` is 0 where it falls short of what the file's own background asks.
        """
        best: dict[str, dict[str, float]] = {}
        manifest = self.corpus.manifest
        for reading in readings(text):
            sketch = _SKETCHER.sketch(reading)
            for segment, entry in zip(self.corpus.segments, manifest.segments, strict=True):
                index, size = SegmentIndex(segment), entry.population
                for each in score(index, sketch, policy=manifest.common, population=size):
                    scored = best.setdefault(self.ids[file_id(segment.raw(each.file))], {})
                    for name, value in _numbers(each).items():
                        scored[name] = max(value, scored.get(name, 0.0))
        return best


def _numbers(scores: Scores) -> dict[str, float]:
    """Return the scores that are numbers; ``complete`` and ``margin`` only where they count."""
    numbers = {k: v for k, v in asdict(scores).items() if isinstance(v, int | float)}
    needed = complete_needed(0.0, scores.background_peak)
    if needed is None or scores.complete < needed:
        numbers["complete"] = 0.0
    if needed is None:
        numbers["margin"] = 0.0
    return numbers


def build(
    known: Sequence[Text],
    background: Sequence[Text],
    *,
    labels: bool = False,
    calibration: Calibration | None = None,
) -> Leakwatch:
    """Return a matcher over the known texts; the bundle is gone when it is.

    Args:
        known: what is stolen, no two of equal text.
        background: what is not.
        labels: say whom each file is about.
        calibration: in place of the bundle's own.
    """
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        names = [_written(work / "known", known), _written(work / "background", background)]
        told = {
            f"{n:06}.txt": Label(subject_token(KEY, text.group), text.label or None)
            for n, text in enumerate(known)
        }
        out, map_file = work / "bench.corpus", work / "map.csv"
        request = BuildRequest(
            folders=(names[0],),
            out=out,
            background=(names[1],) if background else (),
            labels=Labels(told if labels else {}),
            map_file=map_file,
        )
        builder(KEY).build(request, created_at=BUILT_AT)
        rows = (row.split(",", 1) for row in map_file.read_text("utf-8").splitlines()[1:])
        ids = {file: known[int(path[-10:-4])].id for file, path in rows}
        # The arrays stay mapped when their files are unlinked.
        return Leakwatch(open_corpus(out), ids, calibration)


def _written(folder: Path, texts: Sequence[Text]) -> Path:
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number:06}.txt").write_text(text.text, encoding="utf-8")
    return folder


class MinHashLSH:
    """datasketch: word trigrams, 128 permutations, candidates at two thresholds, tags stripped.

    Thresholds 0.5 and 0.2 stand in the place of probable and possible.
    """

    name = "MinHashLSH"

    def __init__(self, known: Sequence[Text]) -> None:
        from datasketch import (  # type: ignore[import-untyped]  # noqa: PLC0415 - a second to import
            MinHash,
            MinHashLSH,
        )

        self.levels = {Grade.PROBABLE: "LSH .5", Grade.POSSIBLE: "LSH .2"}
        self._minhash = MinHash
        thresholds = {Grade.PROBABLE: 0.5, Grade.POSSIBLE: 0.2}
        self._lsh = {g: MinHashLSH(threshold=t, num_perm=128) for g, t in thresholds.items()}
        for text in known:
            signature = self._signature(text.text)
            for lsh in self._lsh.values():
                lsh.insert(text.id, signature)

    def find(self, text: str) -> list[Found]:
        signature = self._signature(_TAG.sub(" ", text))
        sure, loose = (set(lsh.query(signature)) for lsh in self._lsh.values())
        grades = {**dict.fromkeys(loose, Grade.POSSIBLE), **dict.fromkeys(sure, Grade.PROBABLE)}
        return sorted((Found(i, g) for i, g in grades.items()), key=lambda f: (-f.grade.rank, f.id))

    def scores(self, text: str) -> dict[str, dict[str, float]]:
        return {}

    def _signature(self, text: str) -> object:
        words = re.findall(r"\w+", text.lower())
        grams = {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
        minhash = self._minhash(num_perm=128)
        minhash.update_batch([g.encode() for g in grams])
        return minhash
