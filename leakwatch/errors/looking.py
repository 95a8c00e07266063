"""Errors on the way to a place: settings, sources, requests."""

from __future__ import annotations

from leakwatch.errors.base import LeakwatchError


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


class SpoolFull(FetchError):
    """The disk, or the share of it for linked files, has no room; nothing is lost."""

    slug = "spool_full"
    exit_code = 31
    retryable = True


class RangeIgnored(FetchError):
    """The server sends the whole where a part was asked for."""

    slug = "range_ignored"
    exit_code = 32


class RangeBroken(FetchError):
    """What came is not the part that was asked for."""

    slug = "range_broken"
    exit_code = 33


class RemoteChanged(FetchError):
    """A remote file changed while its parts were read."""

    slug = "remote_changed"
    exit_code = 34
    retryable = True


class EntityUnknown(LeakwatchError):
    """A matter, source or finding of that name is not known."""

    slug = "entity_unknown"
    exit_code = 90
