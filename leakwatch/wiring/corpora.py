"""The fingerprint key and the corpora it opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leakwatch.corpus.bundle import Corpus, open_corpus, read_manifest
from leakwatch.errors import LeakwatchError
from leakwatch.fingerprint import golden
from leakwatch.fingerprint.key import FingerprintKey
from leakwatch.match.matcher import CorpusMatcher
from leakwatch.model.matter import Matter
from leakwatch.ports import Matcher
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


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What looking at the bundles on disk came to."""

    changed: tuple[str, ...]
    """Corpora that were opened anew."""
    problems: Mapping[str, LeakwatchError] = field(default_factory=dict)
    """Corpora that have changed and cannot be opened: the old state stays in use."""


class CorporaInUse:
    """The corpora as they were opened, with a matcher for each matter.

    Args:
        settings: says where the bundles are.
        matters: each is matched against its own corpora alone.
        key: the fingerprint key.

    Attributes:
        corpora: by name.
        matchers: by matter; the mapping stays the same, its values are exchanged.

    Raises:
        CorpusError, WrongKey: a bundle cannot be used.
    """

    def __init__(self, settings: Settings, matters: Sequence[Matter], key: FingerprintKey) -> None:
        self._paths = settings.fingerprint.corpora
        self._matters = tuple(matters)
        self._key = key
        self.corpora = open_corpora(settings)
        self.matchers: dict[str, Matcher] = self._built(self.corpora)

    @property
    def have_pictures(self) -> bool:
        """Whether pictures are worth looking for: a corpus holds some."""
        return any(corpus.manifest.images for corpus in self.corpora.values())

    def refresh(self) -> Refreshed:
        """Open anew what has changed on disk, and exchange the matchers; blocking.

        A bundle that is being written, or is damaged, leaves its old state in
        use, which its open files keep alive.
        """
        corpora, problems = dict(self.corpora), {}
        for name, path in self._paths.items():
            try:
                if read_manifest(path).digest == self.corpora[name].manifest_sha256:
                    continue
                opened = open_corpus(path, name=name)
                CorpusMatcher([opened], self._key)
                corpora[name] = opened
            except LeakwatchError as error:
                problems[name] = error
        changed = tuple(name for name in corpora if corpora[name] is not self.corpora[name])
        if changed:
            matchers = self._built(corpora)
            self.corpora = corpora
            self.matchers.update(matchers)
        return Refreshed(changed, problems)

    def matcher_of(self, corpus: str) -> Matcher:
        """Return a matcher of one corpus alone."""
        return CorpusMatcher([self.corpora[corpus]], self._key)

    def _built(self, corpora: Mapping[str, Corpus]) -> dict[str, Matcher]:
        return {
            m.id: CorpusMatcher([corpora[name] for name in m.corpora], self._key)
            for m in self._matters
        }
