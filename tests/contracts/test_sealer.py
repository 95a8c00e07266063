"""Every implementation of ``Sealer``: sealed to others, durable, checked."""

from __future__ import annotations

import gzip
import hashlib
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pyrage
import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from leakwatch.errors import SealFailed
from leakwatch.evidence.seal import AgeSealer
from leakwatch.model.capture import spooled
from leakwatch.model.evidence import SealedContent
from leakwatch.ports import Sealer
from leakwatch.spool import Spool
from tests.support.evidence import a_capture, a_matter, new_identity

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"Fictional Patient, born on a day that never was"

FULL_DISK = """
import resource, sys
from pathlib import Path
from leakwatch.errors import SealFailed
from leakwatch.evidence.seal import AgeSealer
from tests.support.evidence import a_capture, a_matter, new_identity
import random
sealer = AgeSealer(Path(sys.argv[1]))
matter = a_matter(str(new_identity().to_public()))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    sealer.seal(matter, [a_capture(random.Random(1).randbytes(500_000))])
except SealFailed as error:
    sys.exit(f"refused: {error.what}")
"""


@pytest.fixture(params=[AgeSealer])
def vault_and_sealer(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Sealer]:
    make: Callable[[Path], Sealer] = request.param
    return tmp_path / "vault", make(tmp_path / "vault")


def _opened(vault: Path, sealed: SealedContent, identity: Any) -> bytes:
    plain: bytes = pyrage.decrypt((vault / sealed.path).read_bytes(), [identity])
    return plain


def _records(warc: bytes) -> list[tuple[str, dict[str, str], bytes]]:
    """Read a WARC with its digests checked: warcio raises on a wrong one."""
    found = []
    for record in ArchiveIterator(BytesIO(warc), check_digests="raise"):
        headers = dict(record.rec_headers.headers)
        if record.http_headers is not None:
            headers.update(record.http_headers.headers)
        found.append((record.rec_type, headers, record.content_stream().read()))
    return found


def test_every_recipient_can_open_and_nobody_else(
    vault_and_sealer: tuple[Path, Sealer],
) -> None:
    """Content goes to each of the matter's keys; another key does not open it."""
    vault, sealer = vault_and_sealer
    ours, theirs, other = new_identity(), new_identity(), new_identity()
    keys = [str(i.to_public()) for i in (ours, theirs)]
    sealed = sealer.seal(a_matter(*keys), [a_capture(SECRET)])
    assert sealed.recipients == tuple(keys)
    for identity in (ours, theirs):
        assert SECRET in gzip.decompress(_opened(vault, sealed, identity))
    with pytest.raises(pyrage.DecryptError):
        _opened(vault, sealed, other)


def test_nothing_is_on_disk_in_clear(
    vault_and_sealer: tuple[Path, Sealer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the vault nor a temporary file ever holds the content."""
    vault, sealer = vault_and_sealer
    body = SECRET * 100_000
    monkeypatch.setattr(tempfile, "tempdir", str(vault / "no-such-directory"))
    sealer.seal(a_matter(str(new_identity().to_public())), [a_capture(body)])
    for path in vault.rglob("*"):
        assert not path.is_file() or SECRET[:9] not in path.read_bytes()


def test_the_sealed_file_is_as_recorded(vault_and_sealer: tuple[Path, Sealer]) -> None:
    """Digest, size and path describe the file in the vault."""
    vault, sealer = vault_and_sealer
    sealed = sealer.seal(a_matter(str(new_identity().to_public())), [a_capture()])
    raw = (vault / sealed.path).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == sealed.sha256
    assert len(raw) == sealed.size_bytes


def test_any_warc_reader_gets_the_answers_back(vault_and_sealer: tuple[Path, Sealer]) -> None:
    """Bodies, status, headers and times come out, with SHA-256 digests that hold."""
    vault, sealer = vault_and_sealer
    identity = new_identity()
    captures = [
        a_capture(SECRET, id="c-1", headers=(("Content-Encoding", "br"), ("X-Test", "one"))),
        a_capture(b"", id="c-2", status=599),
        a_capture(bytes(range(256)) * 5_000, id="c-3", final_url="http://gull.example/three"),
    ]
    sealed = sealer.seal(a_matter(str(identity.to_public())), captures)
    records = _records(_opened(vault, sealed, identity))
    assert [kind for kind, _, _ in records] == ["warcinfo"] + ["response", "metadata"] * 3
    answers = [(headers, body) for kind, headers, body in records if kind == "response"]
    assert [body for _, body in answers] == [c.body for c in captures]
    for (headers, _), capture in zip(answers, captures, strict=True):
        assert headers["WARC-Payload-Digest"] == f"sha256:{capture.sha256}"
        assert headers["WARC-Block-Digest"].startswith("sha256:")
        assert headers["WARC-Target-URI"] == capture.final_url
        assert headers["WARC-Date"] == "2026-01-05T03:00:00.250000Z"
    assert answers[0][0]["X-Archive-Orig-Content-Encoding"] == "br"
    assert "Content-Encoding" not in answers[0][0]
    assert answers[0][0]["X-Test"] == "one"
    assert b"content-encoding and transfer-encoding removed" in records[0][2]
    times = next(body for kind, _, body in records if kind == "metadata")
    assert b"completed-at: 2026-01-05T03:00:02.250000Z\r\n" in times


def test_hostile_headers_and_addresses_stay_in_their_lines(
    vault_and_sealer: tuple[Path, Sealer],
) -> None:
    """No header, address or body can forge a record or stop the sealing."""
    vault, sealer = vault_and_sealer
    identity = new_identity()
    trick = "x\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\nContent-Length: 0\r\n\r\n\r\n"
    capture = a_capture(
        trick.encode() * 3,
        url=f"http://gull.example/{trick}",
        final_url=f"http://gull.example/\ud800ā {trick}",
        headers=((f"A{trick}", trick), ("Mā", "\ud800é\0"), ("Transfer-Encoding", "chunked")),
    )
    sealed = sealer.seal(a_matter(str(identity.to_public())), [capture])
    records = _records(_opened(vault, sealed, identity))
    assert [kind for kind, _, _ in records] == ["warcinfo", "response", "metadata"]
    assert records[1][2] == capture.body


def test_sealing_twice_leaves_two_files_of_the_same_content(
    vault_and_sealer: tuple[Path, Sealer],
) -> None:
    """After a crash the same captures are sealed again; nothing is written over."""
    vault, sealer = vault_and_sealer
    identity = new_identity()
    matter = a_matter(str(identity.to_public()))
    first, second = (sealer.seal(matter, [a_capture()]) for _ in range(2))
    assert first.path != second.path
    assert _opened(vault, first, identity) == _opened(vault, second, identity)


@pytest.mark.parametrize(
    "keys", [(), ("age1wrong",), ("AGE-SECRET-KEY-1FICTION",), ("ssh-ed25519 AAAA",), ("",)]
)
def test_without_a_usable_key_nothing_is_sealed(
    vault_and_sealer: tuple[Path, Sealer], keys: tuple[str, ...]
) -> None:
    """The error names the matter and shows nothing of the key."""
    vault, sealer = vault_and_sealer
    good = str(new_identity().to_public())
    with pytest.raises(SealFailed, match="matter fictional-clinic") as raised:
        sealer.seal(a_matter(*((good, *keys) if keys else ())), [a_capture()])
    said = f"{raised.value.what} {raised.value.hint}"
    assert not any(re.search(re.escape(k), said) for k in (good, *keys) if k)
    assert not vault.exists() or not [p for p in vault.rglob("*") if p.is_file()]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """When the file system refuses, the error says so and no partial file stays."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = "refused: matter fictional-clinic: the vault cannot be written: File too large"
    assert done.stderr.strip() == said
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("packs", [True, False])
def test_what_lies_on_disk_is_sealed_from_there(
    vault_and_sealer: tuple[Path, Sealer], tmp_path: Path, packs: bool
) -> None:
    """A content too large for memory comes out of the vault whole, with digests that hold."""
    vault, sealer = vault_and_sealer
    data = SECRET * 60_000 if packs else random.Random(3).randbytes(3_000_000)
    writer = Spool(tmp_path / "spool", max_bytes=1 << 30, keep_free_bytes=0).writer()
    writer.write(data)
    content = writer.finish()
    capture = spooled(a_capture(b"", sha256=content.sha256), content)
    identity = new_identity()
    sealed = sealer.seal(a_matter(str(identity.to_public())), [a_capture(id="c-0"), capture])
    answers = [body for kind, _, body in _records(_opened(vault, sealed, identity))
               if kind == "response"]  # fmt: skip
    assert answers[1] == data
    assert (sealed.size_bytes < len(data) / 2) == packs


def test_a_content_that_is_gone_is_not_sealed(
    vault_and_sealer: tuple[Path, Sealer], tmp_path: Path
) -> None:
    """Closed before it was sealed: an error, and no half of a file in the vault."""
    vault, sealer = vault_and_sealer
    writer = Spool(tmp_path / "spool", max_bytes=1 << 30, keep_free_bytes=0).writer()
    writer.write(SECRET)
    content = writer.finish()
    capture = spooled(a_capture(b"", sha256=content.sha256), content)
    capture.close()
    with pytest.raises(SealFailed):
        sealer.seal(a_matter(str(new_identity().to_public())), [capture])
    assert not [path for path in vault.rglob("*") if path.is_file()]
