"""Which URLs are taken, and what is said of them."""

from __future__ import annotations

import pytest

from leakwatch.errors import ConfigError
from leakwatch.store.database import parse_url


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+asyncpg", "postgres"])
def test_postgresql_is_reached_by_asyncpg_and_named_without_its_password(scheme: str) -> None:
    """A message may reach a log, so it holds neither password nor query."""
    database = parse_url(
        f"{scheme}://watch:s3cret@db.example:5433/leaks?password=other&ssl=require"
    )
    assert database.url.drivername == "postgresql+asyncpg"
    assert str(database) == repr(database) == "database postgresql://watch@db.example:5433/leaks"


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
def test_a_sqlite_file_is_opened_and_never_created(scheme: str) -> None:
    """A wrong path must not start an empty watch."""
    database = parse_url(f"{scheme}:////var/lib/leak watch/50%/leakwatch.db")
    assert str(database) == "database /var/lib/leak watch/50%/leakwatch.db"
    assert database.url.query["mode"] == "rw"
    assert database.url.database == "file:/var/lib/leak%20watch/50%25/leakwatch.db"


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "mysql://watch:s3cret@db.example/leaks",
        "postgresql+psycopg://db.example/leaks",
    ],
)
def test_other_urls_are_refused_without_quoting_them(url: str) -> None:
    """A mistyped URL may hold a password all the same."""
    with pytest.raises(ConfigError, match=r"store\.url") as caught:
        parse_url(url)
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"
