"""Matters and sources, read together and held against what they need."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leakwatch.demo.deployment import MATTER, Deployment, write_settings
from leakwatch.demo.leak_site import Urls
from leakwatch.errors import SealFailed
from leakwatch.places import load_places
from leakwatch.settings import load_settings

URLS = Urls(*["http://127.0.0.1:9/{id}"] * len(Urls.__dataclass_fields__))


def test_a_key_that_seals_nothing_is_refused(tmp_path: Path) -> None:
    """With a placeholder for a key nothing found could be sealed, and so nothing told."""
    deployment = Deployment(tmp_path)
    write_settings(deployment, URLS, smtp_port=25, health_port=8787, now=datetime.now(UTC))
    settings = load_settings(deployment.settings)
    (matter,) = load_places(settings).matters
    file = tmp_path / "matters" / f"{MATTER}.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(matter.evidence_keys[0], "age1" + "q" * 58), encoding="utf-8")
    with pytest.raises(SealFailed, match=f"matter {MATTER}: evidence key 1 of 1 is no age public"):
        load_places(settings)
