"""Labels: whom a known file is about and what kind of document it is.

Subjects become opaque tokens under the key; the custodian, who has key and
labels, alone can turn a token into a person. Categories stay words: they are
the custodian's own few ("passport scan", "lab result").
"""

from __future__ import annotations

import csv
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from leakwatch.errors import ConfigError, MissingFile
from leakwatch.fingerprint.key import FingerprintKey

COLUMNS = ("path", "subject", "category")
MAX_CATEGORIES, MAX_CATEGORY_LETTERS = 200, 80
"""A bundle holds categories as words: more, or longer ones, are what belongs in another column."""


@dataclass(frozen=True, slots=True)
class Label:
    """What the custodian says of one file."""

    subject: int | None
    """64-bit token."""
    category: str | None


@dataclass(frozen=True)
class Labels:
    """The labels of a tree, by path as written."""

    by_path: dict[str, Label] = field(default_factory=dict, repr=False)
    _used: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def unused(self) -> int:
        """Return how many are of no file that was asked about: paths written otherwise, or typos."""
        return len(self.by_path) - len(self._used)

    def of(self, root: Path, relative: str) -> Label | None:
        """Return the label of a file, written relative to its folder or in full.

        A member of an archive has its archive's label unless it has its own.
        """
        if not self.by_path:
            return None
        outer, separator, _ = relative.partition("!/")
        for path in (relative, outer) if separator else (relative,):
            for written in (path, f"{root}/{path}"):
                label = self.by_path.get(plain := _plain(written))
                if label is not None:
                    self._used.add(plain)
                    return label
        return None


def subject_token(key: FingerprintKey, subject: str) -> int:
    """Return the token of a subject as the labels file writes it."""
    subkey = key.subkey("label/subject")
    digest = hmac.digest(subkey, subject.strip().encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "little")


def read_labels(path: Path, key: FingerprintKey) -> Labels:
    """Read a CSV with the header ``path,subject,category`` (any order, more allowed).

    Raises:
        MissingFile: it is not there or may not be read.
        ConfigError: a column is missing, it is not UTF-8 CSV, or its categories
            are too many or too long to be kinds of documents.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # Strict: else a quote that is never closed takes all rows after it for one cell.
            rows = csv.DictReader(file, strict=True)
            missing = [c for c in COLUMNS if c not in (rows.fieldnames or ())]
            if missing:
                raise ConfigError(f"labels: {path}: no column {', '.join(missing)} in its header")
            try:
                by_path = {_plain(row["path"] or ""): _label(row, key) for row in rows}
            except csv.Error as error:
                raise ConfigError(f"labels: {path}: after line {rows.line_num}: {error}") from None
    except OSError as error:
        raise MissingFile(f"labels: {path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise ConfigError(f"labels: {path}: not UTF-8 CSV") from None
    _check_categories({label.category for label in by_path.values() if label.category}, path)
    return Labels(by_path)


def _check_categories(categories: Collection[str], path: Path) -> None:
    if len(categories) > MAX_CATEGORIES or any(len(c) > MAX_CATEGORY_LETTERS for c in categories):
        raise ConfigError(
            f"labels: {path}: more than {MAX_CATEGORIES} different categories, "
            f"or one of more than {MAX_CATEGORY_LETTERS} letters",
            hint="a category is a kind of document, kept in plain words; people are subjects",
        )


def _label(row: dict[str, str], key: FingerprintKey) -> Label:
    subject = (row["subject"] or "").strip()
    category = (row["category"] or "").strip()
    return Label(subject_token(key, subject) if subject else None, category or None)


def _plain(path: str) -> str:
    return str(PurePosixPath(path))
