"""Reading settings: TOML, environment overrides, secret files.

Relative paths are taken from the folder of the file that names them. Secrets
are named by file path and read late, so that no settings object holds one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from leakwatch.errors import ConfigError, KeyUnusable, MissingFile
from leakwatch.settings.tree import Settings

DEFAULT_FILES = (Path("leakwatch.toml"), Path("/etc/leakwatch/leakwatch.toml"))
ENV_FILE = "LEAKWATCH_CONFIG"
ENV_PREFIX = "LEAKWATCH_"


def find_settings_file(given: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the settings file to use.

    Raises:
        MissingFile: none of the places has one; the message lists them.
    """
    if given is None and ENV_FILE in environ:
        given = Path(environ[ENV_FILE])
    candidates = (given,) if given is not None else DEFAULT_FILES
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise MissingFile(
        f"no settings file at {' or '.join(str(c) for c in candidates)}",
        hint=f"name one with --config FILE or {ENV_FILE}; config/leakwatch.example.toml is a start",
    )


def load_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings file with environment overrides applied.

    ``LEAKWATCH_FETCH__TOR_PROXY=...`` overrides ``[fetch] tor_proxy``; values
    are read as TOML where they parse, else as text.

    Raises:
        MissingFile: no such file, or it may not be read.
        ConfigError: not TOML, an unknown key, or a wrong value.
    """
    raw = read_toml(path)
    overrides: dict[str, str] = {}
    for name, value in environ.items():
        if name.startswith(ENV_PREFIX) and name != ENV_FILE:
            keys = name.removeprefix(ENV_PREFIX).lower().split("__")
            _override(raw, keys, value, name)
            overrides[".".join(keys)] = name
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(explain(error, path, overrides=overrides)) from None
    return _with_absolute_paths(settings, path.parent.absolute())


def read_toml(path: Path) -> dict[str, Any]:
    """Read one TOML file.

    Raises:
        MissingFile: it is not there or may not be read.
        ConfigError: it is not TOML; the message names line and column.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingFile(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None


def explain(
    error: ValidationError, path: Path, *, overrides: Mapping[str, str] | None = None
) -> str:
    """Return one line a problem: file, key, what was expected; never the value.

    Args:
        error: what validation found.
        path: the file that was read.
        overrides: key -> environment variable that set it.
    """
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in problem["loc"]) or "(whole file)"
        says = {
            "extra_forbidden": "unknown key",
            "missing": "required key is missing",
        }.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        variable = (overrides or {}).get(key)
        lines.append(f"{variable or f'{path}: {key}'}: {says}")
    return "\n".join(lines)


def read_secret(path: Path, *, purpose: str) -> str:
    """Return the text of a secret file without its line end.

    Raises:
        MissingFile: it is not there or may not be read.
        KeyUnusable: it is empty or readable by everybody.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise MissingFile(f"{purpose}: {path}: {error.strerror}") from None
    if mode & 0o007:
        raise KeyUnusable(f"{purpose}: {path} is open to every user", hint=f"chmod 600 {path}")
    if not text:
        raise KeyUnusable(f"{purpose}: {path} is empty")
    return text


def _override(raw: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    node = raw
    for key in keys[:-1]:
        child = node.setdefault(key, {})
        if not isinstance(child, dict):
            raise ConfigError(f"{name}: {key} is not a section")
        node = child
    try:
        node[keys[-1]] = tomllib.loads(f"v = {value}")["v"]
    except tomllib.TOMLDecodeError:
        node[keys[-1]] = value


def _with_absolute_paths(settings: Settings, base: Path) -> Settings:
    def absolute(node: Any) -> Any:
        if isinstance(node, Path):
            return base / node.expanduser()
        if isinstance(node, dict):
            return {key: absolute(value) for key, value in node.items()}
        return node

    return Settings.model_validate(absolute(settings.model_dump()))
