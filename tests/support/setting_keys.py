"""The keys that a settings model takes, as a document would name them.

``fetch.tor_proxy``; ``fingerprint.corpora.NAME`` where the operator picks the
name; ``orders[].acts[].code`` in a list of tables.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]*) \| [^|]+ \|$", re.MULTILINE)
_BOLD = re.compile(r"\*\*`([^`]+)`\*\*(?: = `([^`]*)`| (required)\b)?")


def keys_of(model: type[BaseModel], prefix: str = "") -> dict[str, str]:
    """Return every key with its default as the handbook writes it."""
    found: dict[str, str] = {}
    for name, field in model.model_fields.items():
        found |= _keys_of_field(f"{prefix}{name}", field)
    return found


def tabled(section: str) -> dict[str, str]:
    """Return the keys of a section's tables with their defaults: ``| `key` | default | meaning |``."""
    return _once((key, default.strip("` ")) for key, default in _ROW.findall(section))


def told(section: str) -> dict[str, str]:
    """Return the keys told in prose: ``**`key`** required``, ``**`key`** = `default` `` or bare."""
    line = " ".join(section.split())
    return _once((key, default or required) for key, default, required in _BOLD.findall(line))


def section_of(markdown: str, heading: str) -> str:
    """Return the text under a heading, with that of the headings below it."""
    level = len(heading.split(" ", 1)[0])
    _, found, rest = f"\n{markdown}".partition(f"\n{heading}\n")
    assert found, f"no heading {heading!r}"
    return re.split(rf"^#{{1,{level}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, default in pairs:
        assert key not in found, f"told twice: {key}"
        found[key] = default
    return found


def _keys_of_field(name: str, field: FieldInfo) -> dict[str, str]:
    inner, suffix = _models_in(field.annotation)
    if inner is not None:
        return keys_of(inner, f"{name}{suffix}.")
    return {f"{name}{suffix}": "" if suffix == ".NAME" else _default(field)}


def _models_in(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """Return the table that a field holds, if any, and what stands after its name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return next(_tables(arguments, ""), (None, ""))
    if origin is tuple:
        return next(_tables(arguments, "[]"), (None, ""))
    if origin is dict and arguments[1] is not Any and arguments[0] is str:
        return next(_tables(arguments[1:], ".NAME"), (None, ".NAME"))
    return None, ""


def _tables(arguments: tuple[Any, ...], suffix: str) -> Iterator[tuple[type[BaseModel], str]]:
    for argument in arguments:
        inner, below = _models_in(argument)
        if inner is not None:
            yield inner, suffix + below


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ({}, (), ""):
        return ""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return f"{value:_}"
        case float():
            return f"{value:g}"
        case Path() | str():
            return f'"{value}"'
        case tuple():
            return ", ".join(f'"{item}"' for item in value)
        case _:
            raise AssertionError(f"no way to write the default {value!r}")
