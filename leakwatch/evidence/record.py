"""What is kept of a capture or an absence, and its digest. Pure.

``facts`` hold a random ``nonce``: who sees only a record's digest, in an anchor
abroad, cannot test a guess against it. Facts never hold text, titles, names out
of content, or headers that strangers fill with words. Their bytes: see
``canonical``.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from leakwatch import __version__
from leakwatch.errors import EvidenceError
from leakwatch.evidence.canonical import canonical_bytes, instant
from leakwatch.model.capture import Absence, Capture, Poll
from leakwatch.model.evidence import RecordDraft, RecordKind, SealedContent
from leakwatch.model.finding import Finding
from leakwatch.model.ids import derived_id
from leakwatch.model.location import without_document_name
from leakwatch.model.match import Match, best_grade

FIRST_PREVIOUS = "0" * 64
FILES_LISTED = 1_000
"""Known files named in one record; a digest stands for all of them."""
_MAX_URL = 2_000
_NOT_REPEATABLE = (
    "a live place: asking again may give another answer, and what it gave is no longer there "
    "to be asked for; the answer is digested as received"
)
_FROM_SKETCHES = (
    "keyed digests and sketches kept when it was seen, against the corpora named here; "
    "its bytes were not kept for this"
)
_DOCUMENT = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|rtf|txt|csv|eml|msg|dcm|sql|xml|json"
    r"|jpe?g|png|gif|tiff?|bmp|webp|heic)$",
    re.IGNORECASE,
)
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,60}")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for a record whatever it is about."""

    recorded_at: datetime
    nonce: str
    """At least 32 random hex letters, another for each record."""
    config_sha256: str
    """Hex digest of the configuration the daemon runs under."""
    corpora: Mapping[str, str] = field(default_factory=dict)
    """Corpus in use -> digest of its manifest."""


def capture_draft(
    capture: Capture,
    *,
    poll_id: str,
    circumstances: Circumstances,
    matter: str | None = None,
    finding: Finding | None = None,
    matches: Sequence[Match] = (),
    examined: int = 0,
    sealed: SealedContent | None = None,
) -> RecordDraft:
    """Return the record of one capture; the same id for the same capture and finding.

    Args:
        capture: its body may have been dropped.
        poll_id: the poll that took it.
        circumstances: of the recording.
        matter: id; the finding's where there is one.
        finding: what it bears on, if anything.
        matches: known files recognised in it.
        examined: artefacts that were read in it.
        sealed: where its content is, if it was kept.

    Raises:
        ValueError: neither matter nor finding is given.
    """
    matter = finding.matter if finding is not None else matter
    if matter is None:
        raise ValueError("a record belongs to a matter")
    name = finding.id if finding is not None else ""
    facts = {
        **_frame(circumstances),
        "poll": poll_id,
        "what": _what(capture),
        "when": _when(capture, finding),
        "how": {
            **_how(circumstances),
            "via": capture.via.value,
            "why_not_repeatable": _NOT_REPEATABLE,
        },
        "match": _match_facts(matches, examined),
    }
    return RecordDraft(
        id=derived_id("e", matter, capture.id, name),
        matter=matter,
        kind=RecordKind.CAPTURE,
        recorded_at=circumstances.recorded_at,
        facts=facts,
        capture_id=capture.id,
        finding_id=finding.id if finding is not None else None,
        sealed=sealed,
    )


def hindsight_draft(draft: RecordDraft, look: str) -> RecordDraft:
    """Return the record that known files were recognised later, in what was kept.

    Args:
        draft: as ``capture_draft`` gives it for the capture that was kept of.
        look: names the later look: a record of its own for each.
    """
    how = {**draft.facts["how"], "matched_from": _FROM_SKETCHES}
    return replace(
        draft,
        id=derived_id("e", draft.id, look),
        kind=RecordKind.HINDSIGHT,
        facts={**draft.facts, "how": how},
    )


def absence_draft(
    absence: Absence, poll: Poll, *, matter: str, circumstances: Circumstances
) -> RecordDraft:
    """Return the record that a good look did not show a finding.

    "Not found" is stated with its coverage: what of the place was looked at.

    Raises:
        ValueError: the poll failed or is another one; no answer is no absence.
    """
    if poll.is_failure or poll.id != absence.poll_id:
        raise ValueError("an absence rests on a poll that got an answer")
    facts = {
        **_frame(circumstances),
        "poll": poll.id,
        "what": {
            "source": poll.source,
            "location": shown_url(poll.location) if poll.location else None,
            "is_reachable": True,
            "outcome": poll.outcome.value,
            "pages": poll.pages,
            "items": poll.items,
            "is_complete": poll.is_complete,
        },
        "when": {
            "looked_at": instant(absence.looked_at),
            "poll_started_at": instant(poll.started_at),
            "poll_finished_at": instant(poll.finished_at),
        },
        "how": {**_how(circumstances), "via": absence.via.value},
    }
    return RecordDraft(
        id=derived_id("e", matter, poll.id, absence.finding_id),
        matter=matter,
        kind=RecordKind.ABSENCE,
        recorded_at=circumstances.recorded_at,
        facts=facts,
        finding_id=absence.finding_id,
    )


def record_sha256(seq: int, draft: RecordDraft, previous_sha256: str) -> str:
    """Return the hex digest of a record's canonical bytes.

    Raises:
        EvidenceError: its facts have no canonical form.
    """
    return hashlib.sha256(canonical_bytes(seq, draft, previous_sha256)).hexdigest()


def shown_url(url: str) -> str:
    """Return an address fit for a record: no document name, password or odd letter.

    Its exact form is in the sealed content.
    """
    try:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        bare = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
        names_document = _DOCUMENT.search(parts.path) or _DOCUMENT.search(parts.query)
        bare = without_document_name(bare) if names_document else bare
    except ValueError:
        return "(malformed address)"
    return "".join(c if "!" <= c <= "~" else _percent(c) for c in bare[:_MAX_URL])


def _frame(circumstances: Circumstances) -> dict[str, Any]:
    if len(circumstances.nonce) < 32:
        raise ValueError("a record needs a nonce of 32 hex letters or more")
    return {"nonce": circumstances.nonce}


def _how(circumstances: Circumstances) -> dict[str, Any]:
    return {
        "tool": "leakwatch",
        "tool_version": __version__,
        "config_sha256": circumstances.config_sha256,
        "corpora": dict(circumstances.corpora),
    }


def _what(capture: Capture) -> dict[str, Any]:
    return {
        "source": capture.source,
        "url": shown_url(capture.url),
        "final_url": shown_url(capture.final_url),
        "method": "GET",
        "status": capture.status,
        "content_type": _content_type(capture),
        "size_bytes": capture.size_bytes,
        "body_sha256": capture.sha256,
    }


def _when(capture: Capture, finding: Finding | None) -> dict[str, Any]:
    return {
        "requested_at": instant(capture.requested_at),
        "first_byte_at": instant(capture.first_byte_at),
        "completed_at": instant(capture.completed_at),
        "server_date": _header_time(capture, "date"),
        "last_modified": _header_time(capture, "last-modified"),
        "claimed_posted_at": _claimed(finding),
    }


def _match_facts(matches: Sequence[Match], examined: int) -> dict[str, Any]:
    files = sorted({f"{m.corpus}/{m.file}" for m in matches})
    best = best_grade(tuple(matches))
    return {
        "artefacts_examined": examined,
        "documents": len(files),
        "best_grade": best.value if best is not None else None,
        "grades": dict(Counter(m.grade.value for m in matches)),
        "methods": dict(Counter(m.method.value for m in matches)),
        "highest_stolen_in_leak": _ratio(max((m.stolen_in_leak or 0 for m in matches), default=0)),
        "longest_passage_chars": max((m.passage_chars or 0 for m in matches), default=0),
        "files": files[:FILES_LISTED],
        "files_sha256": hashlib.sha256("\n".join(files).encode("utf-8")).hexdigest(),
    }


def _ratio(value: float) -> str:
    return f"{value:.4f}"


def _claimed(finding: Finding | None) -> str | None:
    if finding is None or finding.claimed_posted_at is None:
        return None
    return instant(finding.claimed_posted_at)


def _content_type(capture: Capture) -> str | None:
    # Parameters may name a file.
    given = (capture.header("content-type") or "").partition(";")[0].strip().lower()
    return given if _MEDIA_TYPE.fullmatch(given) else None


def _header_time(capture: Capture, name: str) -> str | None:
    """Return the time a header gives; None when it is no time, and never its words."""
    try:
        return instant(parsedate_to_datetime(capture.header(name) or ""))
    except (ValueError, OverflowError, EvidenceError):
        return None


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
