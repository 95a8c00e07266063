from __future__ import annotations

from leakwatch.corpus.calibration import CommonPolicy
from leakwatch.corpus.known import Fingerprinter
from leakwatch.fingerprint.normalise import letters
from leakwatch.fingerprint.sketch import Sketcher
from leakwatch.match.index import SegmentIndex
from leakwatch.match.score import Scores, score
from tests.support.corpora import KEY, note
from tests.support.readers import text_artefact
from tests.support.segments import made

FINGERPRINTER = Fingerprinter(KEY)
FORM = note("form", 120)
OWN = note("own", 16)


def scores_of(known: str, leak: str) -> list[Scores]:
    """Return what one known file, with the form in the background, comes to in a leak."""
    form = FINGERPRINTER.document(text_artefact(FORM))
    policy = CommonPolicy()
    bundle = made([FINGERPRINTER.known_file(text_artefact(known))], [form], policy=policy)
    sketch = Sketcher(KEY).sketch(letters(leak))
    return score(SegmentIndex(bundle.segment), sketch, policy=policy, population=bundle.population)


def test_few_hits_are_much_of_a_short_file() -> None:
    """The words of a file of one line, within a page of others, are nearly all of it."""
    [found] = scores_of(OWN, f"{note('before', 60)} {OWN} {note('after', 60)}")
    assert found.few > 0.8
    assert found.shared_unique == 1.0


def test_few_hits_are_much_of_what_sets_a_form_apart() -> None:
    """The same words, filled into a long form, are nearly all that is its own; the form is none."""
    page = f"{note('before', 60)} {{}} {note('after', 60)}"
    [found] = scores_of(f"{FORM} {OWN}", page.format(OWN))
    assert found.few > 0.6
    assert all(s.few == 0.0 for s in scores_of(f"{FORM} {OWN}", page.format(FORM)))


def test_a_passage_is_told_by_its_place() -> None:
    """Start and end of what is shared are letters of the text, to within a gram or two."""
    before, whole = note("before", 60), note("copied", 80)
    [found] = scores_of(whole, f"{before} {whole} {note('after', 60)}")
    start = len(letters(before))
    [(first, last)] = found.passages
    assert start <= first <= start + 30
    assert start + len(letters(whole)) - 30 <= last <= start + len(letters(whole))
