"""Settings: one frozen tree from TOML, read only by ``wiring/`` and the entry points.

``tree`` is the shape of ``leakwatch.toml``, ``load`` reads it, ``matters`` and
``sources`` read the files beside it. Every unknown key, wrong type or missing
file is an error that names file, key and what was expected.
"""

from leakwatch.settings.load import find_settings_file, load_settings, read_secret
from leakwatch.settings.matters import load_matters
from leakwatch.settings.sources import load_sources
from leakwatch.settings.tree import Settings

__all__ = [
    "Settings",
    "find_settings_file",
    "load_matters",
    "load_settings",
    "load_sources",
    "read_secret",
]
