"""Addresses as they may be kept and shown.

The last part of a URL may be the name of a stolen document, which is itself
patient data. Pages and archives keep their names; a document's name is
replaced, and its exact address is in the sealed evidence.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

ARCHIVE_SUFFIXES = (
    ".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".iso", ".torrent",
)  # fmt: skip


def canonical_url(url: str) -> str:
    """Return the URL with scheme and host lowered, default port and fragment dropped.

    Raises:
        ValueError: the URL has no scheme or host, or a malformed port.
    """
    parts = urlsplit(url.strip())
    if not parts.scheme or not parts.hostname:
        raise ValueError("not an absolute URL")
    scheme = parts.scheme.lower()
    host = parts.hostname.lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return urlunsplit((scheme, host + port, parts.path or "/", parts.query, ""))


def host_of(url: str) -> str:
    """Return the host of a URL in lower case, or an empty string."""
    return (urlsplit(url).hostname or "").lower()


def without_document_name(url: str) -> str:
    """Return a linked file's URL with its last part hidden unless it names an archive."""
    parts = urlsplit(url)
    head, _, last = parts.path.rpartition("/")
    if not last or last.lower().endswith(ARCHIVE_SUFFIXES):
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return urlunsplit((parts.scheme, parts.netloc, f"{head}/(document)", "", ""))


def defanged(url: str) -> str:
    """Return the URL as text that no mail client makes clickable."""
    scheme, sep, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    scheme = scheme.replace("http", "hxxp")
    return f"{scheme}{sep}{host.replace('.', '[.]')}{slash}{path}"
