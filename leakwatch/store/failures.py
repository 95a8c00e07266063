"""Driver errors -> ours, at one place. Nothing of SQLAlchemy's gets past here.

A driver's message may quote rows (PostgreSQL's DETAIL does), so none is passed
on, and none is chained: what is said is chosen by the error's code alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from leakwatch.errors import SchemaOutdated, SchemaUnknown, StoreError, StoreUnavailable

UPGRADE_HINT = "leakwatch db upgrade"

_Meaning = tuple[type[StoreError], str, str | None]

# Primary result codes, https://www.sqlite.org/rescode.html
_SQLITE: dict[int, _Meaning] = {
    3: (StoreUnavailable, "access was denied", "check who owns the file"),
    5: (StoreUnavailable, "locked by another process for too long", None),
    6: (StoreUnavailable, "locked by another connection for too long", None),
    8: (StoreUnavailable, "it is read-only", "check who owns the file and its directory"),
    10: (StoreUnavailable, "the disk failed or is full", "check the disk"),
    11: (SchemaUnknown, "the file is damaged", "restore it from a backup"),
    13: (StoreUnavailable, "the disk is full", "free some space; nothing was half written"),
    14: (StoreUnavailable, "the file cannot be opened", "check who owns it and its directory"),
    19: (StoreError, "a row was refused by a constraint", None),
    26: (SchemaUnknown, "not a SQLite database", "check store.url"),
}

# SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html; whole
# codes before classes.
_POSTGRES: dict[str, _Meaning] = {
    "25006": (StoreUnavailable, "it is read-only (a standby?)", None),
    "28P01": (StoreUnavailable, "the password was refused", "check store.url_file"),
    "3D000": (
        StoreUnavailable,
        "there is no such database",
        "create it, then leakwatch db upgrade",
    ),
    "40001": (StoreUnavailable, "another transaction was in the way", None),
    "40P01": (StoreUnavailable, "another transaction was in the way", None),
    "42501": (StoreUnavailable, "this user may not do that", "check the grants"),
    "42703": (SchemaOutdated, "a column is missing", UPGRADE_HINT),
    "42P01": (SchemaOutdated, "a table is missing", UPGRADE_HINT),
    "53100": (StoreUnavailable, "the disk is full", "free some space; nothing was half written"),
    "53300": (StoreUnavailable, "it has no connections left", None),
    "55P03": (StoreUnavailable, "locked by another process for too long", None),
    "57014": (StoreUnavailable, "it took too long", None),
    "08": (StoreUnavailable, "the connection broke", None),
    "23": (StoreError, "a row was refused by a constraint", None),
    "28": (StoreUnavailable, "the login was refused", "check store.url"),
    "53": (StoreUnavailable, "it is out of resources", None),
    "57": (StoreUnavailable, "it is starting or stopping", None),
    "58": (StoreUnavailable, "its disk failed", None),
    "XX": (SchemaUnknown, "the database is damaged", "restore it from a backup"),
}


@contextmanager
def translated(database: str) -> Iterator[None]:
    """Raise what the block's driver raises as one of ours.

    Put round calls of the driver alone: a caller's own error must pass as it is.

    Args:
        database: what the message calls the database; holds no password.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise _ours(error, database) from None


def _ours(error: Exception, database: str) -> Exception:
    if isinstance(error, PoolTimeout):
        return StoreUnavailable(f"{database}: busy for too long")
    if isinstance(error, OSError):
        return StoreUnavailable(f"{database}: cannot be reached ({_reason(error)})")
    if isinstance(error, DBAPIError):
        return _of_driver(error, database)
    if isinstance(error, StatementError) and isinstance(error.orig, (TypeError, ValueError)):
        return error.orig  # a value its column type refuses: the caller's mistake
    return StoreError(f"{database}: the statement failed ({type(error).__name__})")


def _of_driver(error: DBAPIError, database: str) -> StoreError:
    driver_error = error.orig
    meaning: _Meaning | None = None
    code = getattr(driver_error, "sqlstate", None)
    number = getattr(driver_error, "sqlite_errorcode", None)
    if code is not None:
        meaning = _POSTGRES.get(code) or _POSTGRES.get(code[:2])
    elif number is not None:
        meaning = _of_sqlite(number, str(driver_error))
    elif error.connection_invalidated:
        meaning = (StoreUnavailable, "the connection broke", None)
    if meaning is None:
        code = code or getattr(driver_error, "sqlite_errorname", type(driver_error).__name__)
        return StoreError(f"{database}: the statement failed ({code})")
    kind, what, hint = meaning
    if kind is StoreError and (name := _constraint(driver_error)):
        what = f"{what} ({name})"
    return kind(f"{database}: {what}", hint=hint)


def _of_sqlite(number: int, message: str) -> _Meaning | None:
    # SQLITE_ERROR has no code of its own for a schema that is behind.
    if number == 1 and message.startswith(("no such table", "no such column")):
        return (SchemaOutdated, "a table or column is missing", UPGRADE_HINT)
    return _SQLITE.get(number & 0xFF)


def _constraint(driver_error: BaseException | None) -> str | None:
    """Return the constraint's or columns' name; both engines' names hold no values."""
    name = getattr(getattr(driver_error, "__cause__", None), "constraint_name", None)
    if isinstance(name, str):
        return name
    message = str(driver_error)
    return message if " constraint failed" in message else None


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
