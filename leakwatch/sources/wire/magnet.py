"""What a magnet link says of the files behind it; nobody is asked for more.

BEP 9 and 53: ``dn`` is a name, ``xl`` a size in bytes, ``xt`` what identifies
the torrent. ``xt.1``, ``dn.1``, ... are several files in one link. Trackers,
peers and web seeds (``tr``, ``x.pe``, ``ws``, ``xs``, ``as``) are passed over.

A name without a size, or a folder's with the size of all in it, names nobody
by itself (``match.listing``), so nothing is lost by telling it. Pure and cheap:
may be called outside the sandbox.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.sources.wire.decode import clean

MAX_CHARS = 16_384
"""Of one link; what follows is cut off."""
MAX_PARTS = 512
"""Of one link: a hundred trackers come before the one that tells."""
MAX_NAME = 4_096

_SCHEME = "magnet:?"
_PART = re.compile(r"(?:amp;)?(dn|xl|xt)(?:\.(\d{1,4}))?=(.*)", re.IGNORECASE | re.DOTALL)
_SIZE = re.compile(r"\d{1,18}", re.ASCII)
_V1 = re.compile(r"urn:btih:([0-9a-f]{40}|[a-z2-7]{32})", re.IGNORECASE | re.ASCII)
_V2 = re.compile(r"urn:btmh:1220([0-9a-f]{64})", re.IGNORECASE | re.ASCII)
"""A multihash: 12 is SHA-256, 20 its 32 bytes (BEP 52)."""


@dataclass(frozen=True, slots=True)
class MagnetFile:
    """One name of a magnet link, with what goes with it."""

    name: str = field(repr=False)
    """As given, separated by ``/``; empty where there is none."""
    size_bytes: int | None
    v1: str | None
    """BitTorrent v1 info-hash, 40 hex digits."""
    v2: str | None
    """BitTorrent v2 info-hash, 64 hex digits."""


def magnet(uri: str) -> Listing | None:
    """Return the names and sizes of one link as a listing; None where it names nothing."""
    return magnets([uri])


def magnets(uris: Iterable[str]) -> Listing | None:
    """Return the same of several links, as one listing: together they tell more.

    What is no magnet link is passed over.
    """
    files = (file for uri in uris for file in read_magnet(uri) if file.name)
    entries = (ListingEntry(path=file.name, size_bytes=file.size_bytes) for file in files)
    unique = tuple(dict.fromkeys(entries))
    # A name may be that of a folder, of which the link does not tell the content.
    return Listing("magnet", unique, is_complete=False) if unique else None


def read_magnet(uri: str) -> tuple[MagnetFile, ...]:
    """Return what a link tells, file by file; empty for what is no magnet link."""
    uri = uri.strip()
    if uri[: len(_SCHEME)].lower() != _SCHEME:
        return ()
    told: dict[str, dict[str, list[str]]] = {}
    for part in uri[len(_SCHEME) : MAX_CHARS].split("&", MAX_PARTS)[:MAX_PARTS]:
        if found := _PART.fullmatch(part):
            file = told.setdefault(found[2] or "", {})
            file.setdefault(found[1].lower(), []).append(unquote_plus(found[3]))
    # Indices of topics alone are those of one torrent: ``xt.1``, ``xt.2`` and one ``dn``.
    return tuple(_file(parts) for parts in told.values())


def _file(parts: dict[str, list[str]]) -> MagnetFile:
    topics = parts.get("xt", ())
    return MagnetFile(
        name=_name(next(iter(parts.get("dn", ())), "")),
        size_bytes=next((int(s) for s in parts.get("xl", ()) if _SIZE.fullmatch(s)), None),
        v1=next((_hex(m[1]) for t in topics if (m := _V1.fullmatch(t))), None),
        v2=next((m[1].lower() for t in topics if (m := _V2.fullmatch(t))), None),
    )


def _name(given: str) -> str:
    return clean(given).replace("\\", "/").strip().strip("/")[:MAX_NAME]


def _hex(digest: str) -> str | None:
    if len(digest) == 40:
        return digest.lower()
    try:
        return base64.b32decode(digest.upper()).hex()
    except binascii.Error:
        return None
