"""Errors in keeping and telling: store, evidence, alerts."""

from __future__ import annotations

from leakwatch.errors.base import LeakwatchError


class StoreError(LeakwatchError):
    """The database refused."""

    slug = "store"
    exit_code = 60


class SchemaOutdated(StoreError):
    """Run ``leakwatch db upgrade``."""

    slug = "schema_outdated"
    exit_code = 61


class SchemaUnknown(StoreError):
    """Made by a newer leakwatch, or not ours."""

    slug = "schema_unknown"
    exit_code = 62


class StoreUnavailable(StoreError):
    """Locked, full or unreachable."""

    slug = "store_unavailable"
    exit_code = 63
    retryable = True


class NotFound(StoreError):
    """No row by that id."""

    slug = "not_found"
    exit_code = 64


class Conflict(StoreError):
    """Somebody else changed it first."""

    slug = "conflict"
    exit_code = 65
    retryable = True


class EvidenceError(LeakwatchError):
    """What was seen could not be recorded."""

    slug = "evidence"
    exit_code = 70


class SealFailed(EvidenceError):
    """Content could not be sealed."""

    slug = "seal_failed"
    exit_code = 71


class LedgerBroken(EvidenceError):
    """The chain of records does not verify."""

    slug = "ledger_broken"
    exit_code = 72


class VaultDamaged(EvidenceError):
    """A sealed file is missing or altered."""

    slug = "vault_damaged"
    exit_code = 73


class AlertError(LeakwatchError):
    """An alert could not be composed or delivered."""

    slug = "alert"
    exit_code = 80


class DeliveryFailed(AlertError):
    """Temporary: it will be tried again."""

    slug = "delivery_failed"
    exit_code = 81
    retryable = True

    def __init__(
        self, what: str, *, retry_after_s: float | None = None, hint: str | None = None
    ) -> None:
        super().__init__(what, hint=hint)
        self.retry_after_s = retry_after_s


class DeliveryRefused(AlertError):
    """Permanent: a person must act."""

    slug = "delivery_refused"
    exit_code = 82


class ChannelMisconfigured(AlertError):
    """A channel has no usable settings."""

    slug = "channel_misconfigured"
    exit_code = 83
