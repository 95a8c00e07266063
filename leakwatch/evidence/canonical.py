"""The bytes of a record. Pure.

One JSON object in UTF-8 with the fields

    seq, previous_sha256, schema, id, matter, kind, recorded_at, capture_id,
    finding_id, facts, sealed

keys sorted by code point, no spaces, non-ASCII as itself, integers and strings
only (a ratio is a string with four decimals), times as
``2026-01-05T03:00:00.000000Z``. ``jq -cS`` writes the same bytes. ``sealed`` is
null or ``{path, recipients, sha256, size_bytes}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from leakwatch.errors import EvidenceError
from leakwatch.model.evidence import EvidenceRecord, RecordDraft

SCHEMA = "leakwatch.evidence/1"
_MAX_INTEGER = 2**53 - 1
"""Beyond this JSON tools round."""


def canonical_bytes(seq: int, draft: RecordDraft, previous_sha256: str) -> bytes:
    """Return a record's bytes as the module docstring says.

    Raises:
        EvidenceError: a fact is no integer, string, boolean, null, list or
            object, or is one that JSON tools read in different ways.
    """
    fields = _fields(seq, draft, previous_sha256)
    _check(fields)
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def as_json(record: EvidenceRecord) -> dict[str, Any]:
    """Return a record as ``evidence list --json`` prints it: its fields and its digest."""
    fields = _fields(record.seq, record.draft, record.previous_sha256)
    return {**fields, "sha256": record.sha256}


def instant(at: datetime) -> str:
    """Return a time in UTC with six decimals.

    Raises:
        EvidenceError: the time is naive: nobody can say which moment it is.
    """
    if at.utcoffset() is None:
        raise EvidenceError("a time without a time zone cannot be evidence")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _fields(seq: int, draft: RecordDraft, previous_sha256: str) -> dict[str, Any]:
    sealed = None if draft.sealed is None else asdict(draft.sealed)
    if sealed is not None:
        sealed["recipients"] = list(sealed["recipients"])
    return {
        "schema": SCHEMA,
        "seq": seq,
        "previous_sha256": previous_sha256,
        "id": draft.id,
        "matter": draft.matter,
        "kind": draft.kind.value,
        "recorded_at": instant(draft.recorded_at),
        "capture_id": draft.capture_id,
        "finding_id": draft.finding_id,
        "facts": draft.facts,
        "sealed": sealed,
    }


def _check(value: object) -> None:
    match value:
        case None | bool():
            pass
        case int() if abs(value) <= _MAX_INTEGER:
            pass
        case str() if _is_plain(value):
            pass
        case list() | tuple():
            for item in value:
                _check(item)
        case Mapping():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise EvidenceError("a fact's name is not a string")
                _check(key)
                _check(item)
        case _:
            raise EvidenceError(f"a fact of type {type(value).__name__} has no canonical form")


def _is_plain(text: str) -> bool:
    # DEL: JSON tools differ on whether to escape it. Surrogates: no UTF-8.
    return not any(c == "\x7f" or "\ud800" <= c <= "\udfff" for c in text)
