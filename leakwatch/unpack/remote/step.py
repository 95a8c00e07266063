"""What the child is asked: from these pieces of an archive, what does it hold?

``step`` is pure: ``(bytes, JSON) -> JSON``, total but for ``MemoryError``.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from leakwatch.errors import Corrupt, UnpackError
from leakwatch.unpack.remote import iso, rar, sevenzip, tar
from leakwatch.unpack.remote import zip as zipped
from leakwatch.unpack.remote.sparse import Missing, Pieces, Step
from leakwatch.unpack.sniff import UNKNOWN, sniff
from leakwatch.unpack.tar_header import BLOCK_BYTES, is_header

_ISO_AT = 0x8001


class Format(Protocol):
    """One format's ``step``; see ``sparse.Step``."""

    def __call__(
        self, pieces: Pieces, state: dict[str, Any], /, *, is_full: bool, seed: int
    ) -> Step: ...


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "zip": zipped.step,
        "7z": sevenzip.step,
        "rar": rar.step,
        "tar": tar.step,
        "iso": iso.step,
    }
)


def kind_of(body: bytes, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{"kind": ...}`` of a file by its first bytes: one of ``FORMATS``, or what it is.

    Args:
        body: the first bytes.
        options: ``name``: what the file is called; asked only of what shows
            nothing: the last volume of a split archive, a disc image.
    """
    kind = sniff(body)
    if kind == "exe" and _starts_later(body):
        kind = _starts_later(body)
    if kind == UNKNOWN:
        name = str(options.get("name", "")).lower()
        if body[_ISO_AT : _ISO_AT + 5] == b"CD001" or name.endswith(".iso"):
            kind = "iso"
        elif is_header(body[:BLOCK_BYTES]):
            kind = "tar"
        elif name.endswith(".zip") or _is_last_part(name):
            kind = "zip"
    return {"kind": kind}


def step(body: bytes, options: Mapping[str, Any]) -> dict[str, Any]:
    """Do one step of reading a remote archive's directory.

    Args:
        body: the state that the step before gave, and pieces of the file, joined.
            (What a child says is parsed by another child alone.)
        options: ``kind``, one of ``FORMATS``; ``size``: of the file; ``state_bytes``;
            ``pieces``: ``[offset, length]`` of each piece; ``full``: read all of
            the directory; ``seed``: where a sample is taken.

    Returns:
        ``need``, ``state`` (text), ``rows``, ``done``, ``complete``, ``claimed``,
        ``directory_bytes``; or ``error`` (a slug) and ``detail``.
    """
    cut = options["state_bytes"]
    pieces = Pieces.cut(options["size"], body[cut:], options["pieces"])
    state = json.loads(body[:cut]) if cut else {}
    try:
        made = _made(FORMATS[options["kind"]], pieces, state, options)
    except UnpackError as error:
        return {"error": error.slug, "detail": error.what}
    except (ValueError, IndexError, KeyError, ArithmeticError, EOFError, struct.error):
        return {"error": Corrupt.slug, "detail": "the archive's directory is damaged"}
    return {
        "need": [list(span) for span in made.need],
        "state": json.dumps(made.state, separators=(",", ":")),
        "rows": [entry.row() for entry in made.entries],
        "done": made.is_done,
        "complete": made.is_complete,
        "claimed": made.claimed,
        "directory_bytes": made.directory_bytes,
    }


def _made(
    format_: Format, pieces: Pieces, state: dict[str, Any], options: Mapping[str, Any]
) -> Step:
    try:
        return format_(pieces, state, is_full=options["full"], seed=options["seed"])
    except Missing as missing:
        # The same step again, with these bytes too.
        return Step(need=[*pieces.spans(), missing.span], state=state)


def _starts_later(body: bytes) -> str:
    """Return what follows a self-extractor's program, if its start is here."""
    found: dict[str, Callable[[], bool]] = {
        "rar": lambda: b"Rar!\x1a\x07" in body,
        "7z": lambda: b"7z\xbc\xaf\x27\x1c" in body,
    }
    return next((kind for kind, is_it in found.items() if is_it()), "")


def _is_last_part(name: str) -> bool:
    stem, _, number = name.rpartition(".")
    return number.isdigit() and len(number) == 3 and stem.endswith(".zip")
