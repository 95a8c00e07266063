"""Driver errors become ours, whatever the driver says."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy.exc
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from leakwatch.errors import (
    LeakwatchError,
    SchemaOutdated,
    SchemaUnknown,
    StoreError,
    StoreUnavailable,
)
from leakwatch.store.failures import translated


def _driver_error(**facts: object) -> DBAPIError:
    driver_error = sqlite3.OperationalError("Key (name)=(patient-name) already there")
    for name, value in facts.items():
        setattr(driver_error, name, value)
    return OperationalError("INSERT ...", {"name": "patient-name"}, driver_error)


def _raised(error: Exception) -> LeakwatchError:
    with pytest.raises(LeakwatchError) as caught, translated("database x"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("facts", "kind", "word"),
    [
        ({"sqlite_errorcode": sqlite3.SQLITE_BUSY}, StoreUnavailable, "locked"),
        ({"sqlite_errorcode": sqlite3.SQLITE_BUSY_SNAPSHOT}, StoreUnavailable, "locked"),
        ({"sqlite_errorcode": sqlite3.SQLITE_FULL}, StoreUnavailable, "disk is full"),
        ({"sqlite_errorcode": sqlite3.SQLITE_IOERR_WRITE}, StoreUnavailable, "disk"),
        ({"sqlite_errorcode": sqlite3.SQLITE_READONLY}, StoreUnavailable, "read-only"),
        ({"sqlite_errorcode": sqlite3.SQLITE_CANTOPEN}, StoreUnavailable, "opened"),
        ({"sqlite_errorcode": sqlite3.SQLITE_CORRUPT}, SchemaUnknown, "damaged"),
        ({"sqlite_errorcode": sqlite3.SQLITE_NOTADB}, SchemaUnknown, "not a SQLite"),
        ({"sqlite_errorcode": sqlite3.SQLITE_MISUSE}, StoreError, "failed"),
        ({"sqlstate": "08006"}, StoreUnavailable, "connection"),
        ({"sqlstate": "28P01"}, StoreUnavailable, "password"),
        ({"sqlstate": "3D000"}, StoreUnavailable, "no such database"),
        ({"sqlstate": "53100"}, StoreUnavailable, "disk is full"),
        ({"sqlstate": "55P03"}, StoreUnavailable, "locked"),
        ({"sqlstate": "57P01"}, StoreUnavailable, "stopping"),
        ({"sqlstate": "42P01"}, SchemaOutdated, "missing"),
        ({"sqlstate": "23505"}, StoreError, "constraint"),
        ({"sqlstate": "22P05"}, StoreError, "22P05"),
        ({}, StoreError, "OperationalError"),
    ],
)
def test_each_code_has_its_meaning_and_no_value_is_quoted(
    facts: dict[str, object], kind: type[StoreError], word: str
) -> None:
    """One line that names the database and what went wrong, and nothing of the row."""
    error = _raised(_driver_error(**facts))
    assert type(error) is kind
    assert str(error).startswith("database x: ")
    assert word in str(error)
    assert "patient-name" not in f"{error!r} {error} {error.hint}"
    assert error.__suppress_context__


def test_a_network_error_is_unavailable() -> None:
    """Some come from the socket and never pass the driver."""
    error = _raised(ConnectionRefusedError(111, "Connection refused"))
    assert type(error) is StoreUnavailable
    assert str(error) == "database x: cannot be reached (Connection refused)"


def test_no_class_of_the_library_gets_through() -> None:
    """A class that SQLAlchemy adds is translated too."""
    classes = [
        value
        for value in vars(sqlalchemy.exc).values()
        if isinstance(value, type) and issubclass(value, SQLAlchemyError)
    ]
    assert len(classes) > 20
    for kind in classes:
        error = kind.__new__(kind)
        if isinstance(error, DBAPIError):
            error.orig, error.connection_invalidated = sqlite3.OperationalError("x"), False
        assert isinstance(_raised(error), StoreError), kind


def test_other_errors_pass() -> None:
    """A mistake in our own code must look like one."""
    with pytest.raises(KeyError), translated("database x"):
        raise KeyError
