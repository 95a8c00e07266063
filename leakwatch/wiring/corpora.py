"""The fingerprint key and the corpora it opens."""

from __future__ import annotations

from leakwatch.corpus.bundle import Corpus, open_corpus
from leakwatch.fingerprint import golden
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.settings import Settings


def load_key(settings: Settings) -> FingerprintKey:
    """Test the fingerprints against their golden vector, then load the key.

    Raises:
        SelfTestFailed, KeyUnusable, MissingFile: as they say.
    """
    golden.check()
    return FingerprintKey.load(settings.fingerprint.key_file)


def open_corpora(settings: Settings) -> dict[str, Corpus]:
    """Open and verify every configured corpus; check that the key is theirs.

    Raises:
        CorpusError, WrongKey: a bundle cannot be used; the message names it.
    """
    corpora = {
        name: open_corpus(path, name=name) for name, path in settings.fingerprint.corpora.items()
    }
    CorpusMatcher(tuple(corpora.values()), FingerprintKey.load(settings.fingerprint.key_file))
    return corpora
