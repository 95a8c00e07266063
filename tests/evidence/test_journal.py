"""An entry is there whole or not at all, whatever is killed or cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from leakwatch.errors import EvidenceError
from leakwatch.evidence.durable import is_partial
from leakwatch.evidence.journal import IntakeJournal

ROOT = Path(__file__).resolve().parents[2]

STUCK_WRITER = """
import sys, time
from pathlib import Path
from leakwatch.evidence.durable import write_durably
def fill(file):
    file.write(b"half of an entry")
    file.flush()
    print("writing", flush=True)
    time.sleep(60)
    return Path(sys.argv[1]) / "o-2"
write_durably(Path(sys.argv[1]), fill)
"""

LIMITED_WRITER = """
import resource, sys
from pathlib import Path
from leakwatch.errors import EvidenceError
from leakwatch.evidence.journal import IntakeJournal
journal = IntakeJournal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    journal.put("o-1", b"x" * 5000)
except EvidenceError as error:
    sys.exit(f"refused: {error.what}")
"""


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_entries_come_back_in_the_order_they_were_put(tmp_path: Path) -> None:
    """A new journal on the same directory has what was put, until it is removed."""
    journal = IntakeJournal(tmp_path / "a" / "journal")
    for number, entry in enumerate(("o-3", "o-1", "o-2")):
        journal.put(entry, entry.encode())
        moment = 1_000_000_000 + number
        os.utime(tmp_path / "a" / "journal" / entry, ns=(moment, moment))
    again = IntakeJournal(tmp_path / "a" / "journal")
    assert again.pending() == [("o-3", b"o-3"), ("o-1", b"o-1"), ("o-2", b"o-2")]
    again.remove("o-1")
    again.remove("o-1")
    assert [entry for entry, _ in journal.pending()] == ["o-3", "o-2"]


def test_an_entry_is_replaced_whole(tmp_path: Path) -> None:
    """Putting an id again leaves the newer data alone."""
    journal = IntakeJournal(tmp_path)
    journal.put("o-1", b"a longer first text")
    journal.put("o-1", b"second")
    assert journal.pending() == [("o-1", b"second")]
    assert _names(tmp_path) == ["o-1"]


def test_a_killed_writer_leaves_nothing(tmp_path: Path) -> None:
    """After kill -9 in the middle of a write, other entries stand and no half one does."""
    journal = IntakeJournal(tmp_path)
    journal.put("o-1", b"whole")
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", STUCK_WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"writing\n"
        assert any(is_partial(path) for path in tmp_path.iterdir())
        assert IntakeJournal(tmp_path).pending() == [("o-1", b"whole")]
        assert any(is_partial(path) for path in tmp_path.iterdir()), "a live writer was swept"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert IntakeJournal(tmp_path).pending() == [("o-1", b"whole")]
    assert _names(tmp_path) == ["o-1"]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """When the file system refuses, the caller hears of it in one line."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", LIMITED_WRITER, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == "refused: intake journal: File too large"
    assert _names(tmp_path) == []


@pytest.mark.parametrize("entry", ["", ".", "../o-1", "a/b", ".partial-1", "a\0b", "x" * 129])
def test_an_id_is_a_plain_file_name(tmp_path: Path, entry: str) -> None:
    """No id can name a file outside the journal or one that would be swept."""
    with pytest.raises(ValueError, match="journal id"):
        IntakeJournal(tmp_path).put(entry, b"")


def test_entries_are_for_the_owner_alone(tmp_path: Path) -> None:
    """Other users of the host may neither list nor read the journal."""
    IntakeJournal(tmp_path / "journal").put("o-1", b"x")
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "journal" / "o-1").stat().st_mode & 0o777 == 0o600


def test_a_journal_that_cannot_be_is_an_error_of_ours(tmp_path: Path) -> None:
    """A file in the journal's place is an EvidenceError, not a bare OSError."""
    (tmp_path / "journal").write_bytes(b"")
    with pytest.raises(EvidenceError, match="intake journal"):
        IntakeJournal(tmp_path / "journal" / "here")
