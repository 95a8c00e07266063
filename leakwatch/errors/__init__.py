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
        SpoolFull                31   the disk has no room for a linked file
        RangeIgnored             32   the whole came where a part was asked for
        RangeBroken              33   what came is not the part that was asked for
        RemoteChanged            34   a remote file changed while its parts were read
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
        NotInCorpus              58   no known file has that id or subject
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

from leakwatch.errors.base import LeakwatchError
from leakwatch.errors.keeping import (
    AlertError,
    ChannelMisconfigured,
    Conflict,
    DeliveryFailed,
    DeliveryRefused,
    EvidenceError,
    LedgerBroken,
    NotFound,
    SchemaOutdated,
    SchemaUnknown,
    SealFailed,
    StoreError,
    StoreUnavailable,
    VaultDamaged,
)
from leakwatch.errors.looking import (
    AccessRefused,
    BadStatus,
    BodyTooLarge,
    BrokenResponse,
    Challenged,
    ConfigError,
    ConnectFailed,
    EgressRefused,
    EntityUnknown,
    FetchError,
    KeyUnusable,
    LayoutChanged,
    MissingFile,
    OnionUnreachable,
    RangeBroken,
    RangeIgnored,
    RateLimited,
    RemoteChanged,
    SourceError,
    SpoolFull,
    TimedOut,
    TooManyRedirects,
    TorUnavailable,
    UnknownSourceKind,
)
from leakwatch.errors.reading import (
    BudgetExceeded,
    ChildKilled,
    CorpusCorrupt,
    CorpusError,
    CorpusExists,
    Corrupt,
    Encrypted,
    ExtractError,
    FingerprintError,
    IncompatibleParams,
    NotInCorpus,
    SandboxError,
    SelfTestFailed,
    UnpackError,
    Unsupported,
    WrongKey,
)

__all__ = [
    "AccessRefused",
    "AlertError",
    "BadStatus",
    "BodyTooLarge",
    "BrokenResponse",
    "BudgetExceeded",
    "Challenged",
    "ChannelMisconfigured",
    "ChildKilled",
    "ConfigError",
    "Conflict",
    "ConnectFailed",
    "CorpusCorrupt",
    "CorpusError",
    "CorpusExists",
    "Corrupt",
    "DeliveryFailed",
    "DeliveryRefused",
    "EgressRefused",
    "Encrypted",
    "EntityUnknown",
    "EvidenceError",
    "ExtractError",
    "FetchError",
    "FingerprintError",
    "IncompatibleParams",
    "KeyUnusable",
    "LayoutChanged",
    "LeakwatchError",
    "LedgerBroken",
    "MissingFile",
    "NotFound",
    "NotInCorpus",
    "OnionUnreachable",
    "RangeBroken",
    "RangeIgnored",
    "RateLimited",
    "RemoteChanged",
    "SandboxError",
    "SchemaOutdated",
    "SchemaUnknown",
    "SealFailed",
    "SelfTestFailed",
    "SourceError",
    "SpoolFull",
    "StoreError",
    "StoreUnavailable",
    "TimedOut",
    "TooManyRedirects",
    "TorUnavailable",
    "UnknownSourceKind",
    "UnpackError",
    "Unsupported",
    "VaultDamaged",
    "WrongKey",
    "error_classes",
]


def error_classes() -> Iterator[type[LeakwatchError]]:
    """Yield every class of the tree but the base, parents first."""
    pending = [LeakwatchError]
    while pending:
        for child in pending.pop(0).__subclasses__():
            if child.__module__.startswith(__name__ + "."):
                yield child
                pending.append(child)
