"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.deployment import Stage, Template, make_template, staged
from tests.support.tor_network import tor_network

__all__ = ["tor_network"]


@pytest.fixture(scope="session")
def clinic_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The clinic's fingerprints, made once."""
    return make_template(tmp_path_factory.mktemp("clinic"))


@pytest.fixture
async def stage(
    clinic_template: Template, sqlite_template: Path, tmp_path: Path
) -> AsyncIterator[Stage]:
    """A deployment of the clinic with its sites and mailbox; no daemon yet."""
    async with staged(clinic_template, sqlite_template, tmp_path) as set_up:
        yield set_up
