"""Errors in reading what was got: sandbox, unpacking, fingerprints, corpora."""

from __future__ import annotations

from leakwatch.errors.base import LeakwatchError


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


class NotInCorpus(CorpusError):
    """No known file of the bundle has that id or subject."""

    slug = "not_in_corpus"
    exit_code = 58
