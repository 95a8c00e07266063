"""Settings: one frozen tree, read from TOML, environment and secret files.

Read only by ``wiring.py`` and the entry points (``cli``, ``daemon``). Every
unknown key is an error that names file, key and what was expected. Relative
paths are taken from the folder of the file that names them. Secrets are named
by file path and read late, so that no settings object holds one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from leakwatch.errors import ConfigError, KeyUnusable, MissingFile

DEFAULT_FILES = (Path("leakwatch.toml"), Path("/etc/leakwatch/leakwatch.toml"))
ENV_FILE = "LEAKWATCH_CONFIG"
ENV_PREFIX = "LEAKWATCH_"

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class StoreSettings(_Section):
    url: str | None = None
    """SQLAlchemy URL of PostgreSQL; None means SQLite in the state directory."""
    url_file: Path | None = None
    """File that holds the URL, where the URL holds a password."""


class FingerprintSettings(_Section):
    key_file: Path
    """32 random bytes, as ``leakwatch keygen`` writes them."""
    corpora: dict[str, Path] = Field(default_factory=dict)
    """Name of a corpus -> its ``NAME.corpus`` directory."""


class FetchSettings(_Section):
    tor_proxy: str = "socks5://127.0.0.1:9050"
    connect_timeout_s: Seconds = 60.0
    read_timeout_s: Seconds = 60.0
    total_timeout_s: Seconds = 300.0
    max_page_bytes: Count = 16 * 1024 * 1024
    max_payload_bytes: Count = 256 * 1024 * 1024
    max_redirects: Annotated[int, Field(ge=0, le=20)] = 5
    requests_per_host_per_minute: Annotated[float, Field(gt=0)] = 30.0
    attempts: Count = 3
    user_agent: str = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"


class LimitSettings(_Section):
    """The budget of one artefact, and of the child that reads it."""

    max_depth: Count = 5
    max_members: Count = 200_000
    max_total_bytes: Count = 4 * 1024**3
    max_member_bytes: Count = 1024**3
    max_ratio: Annotated[float, Field(gt=1)] = 200.0
    child_cpu_s: Count = 60
    child_memory_bytes: Count = 1024**3
    child_wall_s: Seconds = 120.0
    child_output_bytes: Count = 512 * 1024**2


class DaemonSettings(_Section):
    tick_s: Seconds = 5.0
    workers: Count = 8
    lease_s: Seconds = 900.0
    outbox_s: Seconds = 2.0
    drain_s: Seconds = 30.0
    listen: str = "127.0.0.1:8787"
    """Address of /healthz, /readyz and /metrics; loopback."""


class SmtpSettings(_Section):
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """``none`` is accepted for loopback only."""
    username: str | None = None
    password_file: Path | None = None
    sender: str
    ca_file: Path | None = None
    timeout_s: Seconds = 30.0

    @model_validator(mode="after")
    def _clear_text_stays_home(self) -> SmtpSettings:
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError('security = "none" is accepted for a loopback host only')
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file go together")
        return self


class WebhookSettings(_Section):
    url: str
    secret_file: Path
    """Shared secret of the HMAC-SHA256 signature header."""
    via: Literal["tor", "direct"] = "direct"
    allow_private: bool = False
    timeout_s: Seconds = 30.0


class ConsoleSettings(_Section):
    enabled: bool = True


class ChannelSettings(_Section):
    email: SmtpSettings | None = None
    console: ConsoleSettings = ConsoleSettings()
    webhook: dict[str, WebhookSettings] = Field(default_factory=dict)


class Settings(_Section):
    """The whole of ``leakwatch.toml``."""

    state_dir: Path
    """Database, vault and journal; one volume in a container."""
    matters_dir: Path = Path("matters")
    sources_dir: Path = Path("sources")
    store: StoreSettings = StoreSettings()
    fingerprint: FingerprintSettings
    fetch: FetchSettings = FetchSettings()
    limits: LimitSettings = LimitSettings()
    daemon: DaemonSettings = DaemonSettings()
    channels: ChannelSettings = ChannelSettings()

    @field_validator("daemon")
    @classmethod
    def _loopback_only(cls, value: DaemonSettings) -> DaemonSettings:
        host, _, port = value.listen.rpartition(":")
        if not port.isdigit() or not _is_loopback(host.strip("[]")):
            raise ValueError('daemon.listen must be a loopback "host:port"')
        return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
    for name, value in environ.items():
        if name.startswith(ENV_PREFIX) and name != ENV_FILE:
            _override(raw, name.removeprefix(ENV_PREFIX).lower().split("__"), value, name)
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(explain(error, path)) from None
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


def explain(error: ValidationError, path: Path) -> str:
    """Return one line a problem: file, key, what was expected; never the value."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in problem["loc"]) or "(whole file)"
        says = {
            "extra_forbidden": "unknown key",
            "missing": "required key is missing",
        }.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        lines.append(f"{path}: {key}: {says}")
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
