"""Every error leakwatch raises on purpose, in one tree.

    LeakwatchError
      ConfigError                 3   a setting is wrong or missing
        MissingFile               4   a file that a setting names is not there
        KeyUnusable               5   a key file is malformed or too open
      SourceError                10   a source could not be understood
        UnknownSourceKind        11   no adapter of that kind is installed
        LayoutChanged            12   the page no longer has the expected shape
        AccessRefused            13   the site says we may not look (login, block)
        Challenged               14   a waiting room or captcha stands in front
      FetchError                 20   a request failed
        EgressRefused            21   policy forbids the address
        ConnectFailed            22   nobody answered there
        TorUnavailable           23   the Tor proxy does not answer
        OnionUnreachable         24   Tor works, the onion service does not
        TimedOut                 25   a deadline passed
        RateLimited              26   the site asked us to wait
        BadStatus                27   an HTTP status that is no answer
        BodyTooLarge             28   the body is over its cap
        BrokenResponse           29   cut short, or not HTTP
        TooManyRedirects         30
      SandboxError               35   the parsing child could not be started
        ChildKilled              36   the child ran over a limit and was killed
      UnpackError                40   an archive member could not be opened
        Encrypted                41
        Corrupt                  42
        BudgetExceeded           43   bytes, members, depth or ratio
        Unsupported              44   a format or method there is no reader for
      ExtractError               45   bytes of a known kind gave no text
      FingerprintError           50
        IncompatibleParams       51   sketches of unequal params were compared
        WrongKey                 52   the key is not the one the corpus was made with
        SelfTestFailed           53   the golden vector did not come out
      CorpusError                55   a bundle cannot be used
        CorpusCorrupt            56   a file of the bundle fails its digest
        CorpusExists             57   the output name is taken
      StoreError                 60   the database refused
        SchemaOutdated           61   run ``leakwatch db upgrade``
        SchemaUnknown            62   made by a newer leakwatch, or not ours
        StoreUnavailable         63   locked, full or unreachable
        NotFound                 64   no row by that id
        Conflict                 65   somebody else changed it first
      EvidenceError              70
        SealFailed               71   content could not be sealed
        LedgerBroken             72   the chain of records does not verify
        VaultDamaged             73   a sealed file is missing or altered
      AlertError                 80
        DeliveryFailed           81   temporary: it will be tried again
        DeliveryRefused          82   permanent: a person must act
        ChannelMisconfigured     83
      EntityUnknown              90   a matter, source or finding of that name is not known

Numbers are process exit codes, stable across releases; ``slug`` is the stable
name in logs, metrics, the store and ``--json`` output. A message is one line
that a person understands and never holds artefact text, a file name out of an
artefact, a key or a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class LeakwatchError(Exception):
    """Base of the tree.

    Args:
        what: one line, naming what went wrong and where.
        hint: one line on what to do next, or None.
    """

    slug: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 99
    retryable: bool = False

    def __init__(self, what: str, *, hint: str | None = None) -> None:
        self.what = what
        self.hint = hint
        super().__init__(what)


class ConfigError(LeakwatchError):
    """A setting is wrong or missing."""

    slug = "config"
    exit_code = 3


class MissingFile(ConfigError):
    """A file that a setting names is not there."""

    slug = "missing_file"
    exit_code = 4


class KeyUnusable(ConfigError):
    """A key file is malformed or too open."""

    slug = "key_unusable"
    exit_code = 5


class SourceError(LeakwatchError):
    """A source could not be understood."""

    slug = "source"
    exit_code = 10


class UnknownSourceKind(SourceError):
    """No adapter of that kind is installed."""

    slug = "unknown_source_kind"
    exit_code = 11


class LayoutChanged(SourceError):
    """The page no longer has the expected shape."""

    slug = "layout_changed"
    exit_code = 12


class AccessRefused(SourceError):
    """The site says we may not look (login, block)."""

    slug = "access_refused"
    exit_code = 13


class Challenged(SourceError):
    """A waiting room or captcha stands in front."""

    slug = "challenged"
    exit_code = 14
    retryable = True


class FetchError(LeakwatchError):
    """A request failed."""

    slug = "fetch"
    exit_code = 20


class EgressRefused(FetchError):
    """Policy forbids the address."""

    slug = "egress_refused"
    exit_code = 21


class ConnectFailed(FetchError):
    """Nobody answered there."""

    slug = "connect_failed"
    exit_code = 22
    retryable = True


class TorUnavailable(FetchError):
    """The Tor proxy does not answer."""

    slug = "tor_unavailable"
    exit_code = 23
    retryable = True


class OnionUnreachable(FetchError):
    """Tor works, the onion service does not."""

    slug = "onion_unreachable"
    exit_code = 24
    retryable = True


class TimedOut(FetchError):
    """A deadline passed."""

    slug = "timed_out"
    exit_code = 25
    retryable = True


class RateLimited(FetchError):
    """The site asked us to wait."""

    slug = "rate_limited"
    exit_code = 26
    retryable = True

    def __init__(
        self, what: str, *, retry_after_s: float | None = None, hint: str | None = None
    ) -> None:
        super().__init__(what, hint=hint)
        self.retry_after_s = retry_after_s


class BadStatus(FetchError):
    """An HTTP status that is no answer."""

    slug = "bad_status"
    exit_code = 27
    retryable = True

    def __init__(self, what: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(what, hint=hint)
        self.status = status
        # A refusal (4xx) stays one; a server's own trouble passes.
        self.retryable = status >= 500


class BodyTooLarge(FetchError):
    """The body is over its cap."""

    slug = "body_too_large"
    exit_code = 28


class BrokenResponse(FetchError):
    """Cut short, or not HTTP."""

    slug = "broken_response"
    exit_code = 29
    retryable = True


class TooManyRedirects(FetchError):
    """The chain of redirects is longer than allowed."""

    slug = "too_many_redirects"
    exit_code = 30


class SandboxError(LeakwatchError):
    """The parsing child could not be started."""

    slug = "sandbox"
    exit_code = 35
    retryable = True


class ChildKilled(SandboxError):
    """The child ran over a limit and was killed."""

    slug = "child_killed"
    exit_code = 36
    retryable = True


class UnpackError(LeakwatchError):
    """An archive member could not be opened."""

    slug = "unpack"
    exit_code = 40


class Encrypted(UnpackError):
    """The member or archive needs a password."""

    slug = "encrypted"
    exit_code = 41


class Corrupt(UnpackError):
    """The bytes do not follow their own format."""

    slug = "corrupt"
    exit_code = 42


class BudgetExceeded(UnpackError):
    """Bytes, members, depth or ratio."""

    slug = "budget_exceeded"
    exit_code = 43

    def __init__(self, what: str, *, limit: str, hint: str | None = None) -> None:
        super().__init__(what, hint=hint)
        self.limit = limit


class Unsupported(UnpackError):
    """A format or method there is no reader for."""

    slug = "unsupported"
    exit_code = 44


class ExtractError(LeakwatchError):
    """Bytes of a known kind gave no text."""

    slug = "extract"
    exit_code = 45


class FingerprintError(LeakwatchError):
    """A fingerprint could not be made or compared."""

    slug = "fingerprint"
    exit_code = 50


class IncompatibleParams(FingerprintError):
    """Sketches of unequal params were compared."""

    slug = "incompatible_params"
    exit_code = 51


class WrongKey(FingerprintError):
    """The key is not the one the corpus was made with."""

    slug = "wrong_key"
    exit_code = 52


class SelfTestFailed(FingerprintError):
    """The golden vector did not come out."""

    slug = "self_test_failed"
    exit_code = 53


class CorpusError(LeakwatchError):
    """A bundle cannot be used."""

    slug = "corpus"
    exit_code = 55


class CorpusCorrupt(CorpusError):
    """A file of the bundle fails its digest."""

    slug = "corpus_corrupt"
    exit_code = 56


class CorpusExists(CorpusError):
    """The output name is taken."""

    slug = "corpus_exists"
    exit_code = 57


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


class EntityUnknown(LeakwatchError):
    """A matter, source or finding of that name is not known."""

    slug = "entity_unknown"
    exit_code = 90


def error_classes() -> Iterator[type[LeakwatchError]]:
    """Yield every class of the tree but the base, parents first."""
    pending = [LeakwatchError]
    while pending:
        for child in pending.pop(0).__subclasses__():
            if child.__module__ == __name__:
                yield child
                pending.append(child)
