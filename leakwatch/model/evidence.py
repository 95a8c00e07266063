"""An evidence record: what was seen, sealed and chained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class RecordKind(StrEnum):
    CAPTURE = "capture"
    HINDSIGHT = "hindsight"
    """A capture in which known files were recognised later, by what was kept of it."""
    ABSENCE = "absence"
    ANALYST_NOTE = "analyst_note"


@dataclass(frozen=True, slots=True)
class SealedContent:
    """Content encrypted to the legal team's key; the daemon cannot read it back."""

    path: str
    """Relative to the vault."""
    sha256: str
    """Hex digest of the sealed (encrypted) file."""
    size_bytes: int
    recipients: tuple[str, ...]
    """age public keys it is sealed to."""


@dataclass(frozen=True, slots=True)
class RecordDraft:
    """A record before it has its place in the chain."""

    id: str
    matter: str
    kind: RecordKind
    recorded_at: datetime
    facts: Mapping[str, Any]
    """JSON-ready; see ``evidence/record.py`` for the fields of each kind."""
    capture_id: str | None = None
    finding_id: str | None = None
    sealed: SealedContent | None = None


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """One link of the ledger."""

    seq: int
    """From 1, without gaps."""
    draft: RecordDraft
    previous_sha256: str
    """``sha256`` of record ``seq - 1``; 64 zeros for the first."""
    sha256: str
    """Hex digest of the record's canonical bytes, which hold ``previous_sha256``."""
