"""The matters and sources beside the settings file, read and checked together."""

from __future__ import annotations

from dataclasses import dataclass

from leakwatch.evidence.seal import check_keys
from leakwatch.model.matter import Matter
from leakwatch.model.source import SourceSpec
from leakwatch.settings import Settings, load_matters, load_sources


@dataclass(frozen=True, slots=True)
class Places:
    """What is protected, and where we look."""

    matters: tuple[Matter, ...]
    sources: tuple[SourceSpec, ...]


def load_places(settings: Settings) -> Places:
    """Read the matter and source files.

    Raises:
        ConfigError: one of them is wrong, or names what is not configured.
        SealFailed: an evidence key is none. Sealing goes before telling, so
            nothing that is found would ever be told.
    """
    matters = load_matters(
        settings.matters_dir,
        corpora=frozenset(settings.fingerprint.corpora),
        channels=frozenset(channel_names(settings)),
    )
    for matter in matters:
        check_keys(matter)
    sources = load_sources(settings.sources_dir, matters=frozenset(m.id for m in matters))
    return Places(matters, sources)


def channel_names(settings: Settings) -> tuple[str, ...]:
    """Return the names that a recipient may be told over."""
    channels = settings.channels
    return (
        *(["email"] if channels.email else []),
        *(["console"] if channels.console.enabled else []),
        *(f"webhook.{name}" for name in channels.webhook),
    )
