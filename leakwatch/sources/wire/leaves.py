"""Looking into JSON-like objects of unknown shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

MAX_LEAVES = 2_000
_NAMES = ("path", "name", "filename", "file", "title")
_SIZES = ("size", "size_bytes", "bytes", "length", "filesize")


def pick(node: Any, path: str | None) -> Any:
    """Return what stands at a dotted path of keys, or None."""
    for key in path.split(".") if path else ():
        node = node.get(key) if isinstance(node, dict) else None
    return node if path else None


def pick_all(node: Any, paths: Sequence[str]) -> list[tuple[str, str]]:
    """Return (address, name) of files at the paths: texts, lists, or objects with a url."""
    return [file for path in paths for file in files_of(pick(node, path))]


def files_of(found: Any) -> list[tuple[str, str]]:
    """Return (address, name) of the files a value describes."""
    files = []
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, str) and one.strip():
            files.append((one, ""))
        elif isinstance(one, dict):
            url = next((one[k] for k in ("url", "link", "href", "path") if one.get(k)), None)
            name = next((one[k] for k in ("name", "title", "filename") if one.get(k)), "")
            if isinstance(url, str):
                files.append((url, str(name)))
    return files


def shown_files(found: Any) -> Iterator[tuple[str, str]]:
    """Yield (name, size as given) of the files that objects describe by both."""
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            name = next((one[k] for k in _NAMES if one.get(k)), None)
            size = next((one[k] for k in _SIZES if one.get(k) is not None), None)
            if isinstance(name, str) and isinstance(size, int | str):
                yield name, str(size)


def leaves(node: Any) -> Iterator[tuple[str, str]]:
    """Yield (dotted path, text) of every leaf that says something, breadth first."""
    pending: list[tuple[str, Any]] = [("", node)]
    for path, value in pending:
        if len(pending) > MAX_LEAVES:
            return
        if isinstance(value, dict):
            pending += [(f"{path}.{k}" if path else str(k), v) for k, v in value.items()]
        elif isinstance(value, list):
            pending += [(path, v) for v in value]
        elif text := text_of(value):
            yield path, text


def text_of(value: Any) -> str:
    """Return a value as text: lists joined by lines, null and truth values as nothing."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, list):
        return "\n".join(filter(None, map(text_of, value[:MAX_LEAVES])))
    if isinstance(value, dict):
        return "\n".join(text for _, text in leaves(value))
    return str(value)
