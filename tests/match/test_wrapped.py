"""Notes in dumps, mail and text, read in the sandbox and matched as ``scan`` does it."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from collections.abc import Iterator
from contextlib import nullcontext
from email.message import EmailMessage
from pathlib import Path

import pytest

from leakwatch.corpus.crew import Crew
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.match.scan import Looker, scan
from leakwatch.model.match import Grade
from leakwatch.sandbox.limits import ReadLimits
from leakwatch.sandbox.pool import SandboxPool
from tests.support.archives import tar_of
from tests.support.corpora import matcher, note, write_tree


def _written(text: str) -> str:
    """Return a text with line breaks, quotes and accents in it."""
    words = text.split()
    for at in range(0, len(words), 9):
        words[at] += ("'s", ".\n", ' "é"')[at // 9 % 3]
    return " ".join(words)


NOTES = [_written(note(n)) for n in range(3)]


@pytest.fixture(scope="module")
def looker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looker]:
    files: dict[str, str | bytes] = {f"known {n}.txt": text for n, text in enumerate(NOTES)}
    clinic: CorpusMatcher = matcher(tmp_path_factory.mktemp("clinic"), files)
    with SandboxPool(ReadLimits(), workers=1) as pool:
        yield Looker(pool, clinic, lambda _: [])


def _csv(fields: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([n, field, "x"] for n, field in enumerate(fields))
    return written.getvalue()


def _mail() -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "x", "a@clinic.example", "b@clinic.example"
    mail.set_content(NOTES[0], cte="quoted-printable")
    mail.add_attachment(NOTES[1], filename="a.txt", cte="base64")
    mail.add_attachment(NOTES[2].encode(), maintype="x", subtype="y", filename="b.txt")
    return mail.as_bytes()


def _mysql(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\r\\n")


BLOBS = [base64.b64encode(text.encode()).decode() for text in NOTES]
WRAPPED: dict[str, str | bytes] = {
    "doubled quotes.sql": ",".join("(1,'{}')".format(t.replace("'", "''")) for t in NOTES),
    "escapes.sql": ",".join(f"(1,'{_mysql(text)}')" for text in NOTES),
    "unicode escapes.json": json.dumps(NOTES).replace(" t", " \\u0074"),
    "quoted newlines.csv": _csv(NOTES),
    "json in csv.csv": _csv([json.dumps({"note": text}) for text in NOTES]),
    "json in json.json": json.dumps([json.dumps({"note": text}) for text in NOTES]),
    "FHIR.json": json.dumps([{"attachment": {"data": blob}} for blob in BLOBS]),
    "HL7.txt": "".join(f"OBX|1|ED|^^^Base64^{blob}||||||F\r" for blob in BLOBS),
    "bytea.sql": "".join(f"1\t\\\\x{text.encode().hex()}\n" for text in NOTES),
    "page.html": "".join(f'<a href="data:text/plain;base64,{blob}">x</a>' for blob in BLOBS),
    "mail.eml": _mail(),
    "box.mbox": b"From a Mon Jan  1 00:00:00 2024\n" + _mail(),
    "files.tgz": gzip.compress(tar_of([(f"{n}", text.encode()) for n, text in enumerate(NOTES)])),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_every_note_is_known_again(looker: Looker, tmp_path: Path, name: str) -> None:
    """However they were packed, quoted or escaped, all of them are found, and surely."""
    write_tree(tmp_path, {name: WRAPPED[name]})
    with Crew(lambda: nullcontext(looker), jobs=0) as crew:
        results = list(scan(crew, [str(tmp_path)]))
    matches = [match for result in results for match in result.matches]
    assert {m.file for m in matches if m.grade in {Grade.PROBABLE, Grade.CONCLUSIVE}} == {
        m.file for m in matches
    }
    assert len({match.file for match in matches}) == len(NOTES)
