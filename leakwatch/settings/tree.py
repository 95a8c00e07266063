"""The shape of ``leakwatch.toml``: sections, types, defaults."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class StoreSettings(Section):
    url: str | None = None
    """SQLAlchemy URL of PostgreSQL; None means SQLite in the state directory."""
    url_file: Path | None = None
    """File that holds the URL, where the URL holds a password."""
    lock_timeout_s: Seconds = 30.0
    """How long to wait for other transactions."""


class FingerprintSettings(Section):
    key_file: Path
    """32 random bytes, as ``leakwatch keygen`` writes them."""
    corpora: dict[str, Path] = Field(default_factory=dict)
    """Name of a corpus -> its ``NAME.corpus`` directory."""


class FetchSettings(Section):
    tor_proxy: str = "socks5://127.0.0.1:9050"
    connect_timeout_s: Seconds = 60.0
    read_timeout_s: Seconds = 60.0
    total_timeout_s: Seconds = 300.0
    max_page_bytes: Count = 16 * 1024 * 1024
    max_payload_bytes: Count = 4 * 1024**3
    """Cap of one linked file."""
    max_spool_bytes: Count = 16 * 1024**3
    """Of all linked files that lie encrypted in the state directory at one time."""
    payload_timeout_s: Seconds = 6 * 3600.0
    """Of one attempt at a linked file."""
    max_files_per_post: Count = 100
    max_listing_bytes: Count = 128 * 1024 * 1024
    """Of one remote archive's directory; one of 428,000 files has some 50 MB."""
    max_listing_requests: Count = 200
    max_listing_s: Seconds = 1800.0
    max_redirects: Annotated[int, Field(ge=0, le=20)] = 5
    requests_per_host_per_minute: Annotated[float, Field(gt=0)] = 30.0
    attempts: Count = 3
    user_agent: str = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"

    @model_validator(mode="after")
    def _one_file_fits(self) -> FetchSettings:
        if self.max_spool_bytes < self.max_payload_bytes:
            raise ValueError("max_spool_bytes must be max_payload_bytes or more")
        return self


class LimitSettings(Section):
    """The budget of one artefact, and of the child that reads it."""

    max_depth: Count = 5
    max_members: Count = 200_000
    max_total_bytes: Count = 16 * 1024**3
    max_member_bytes: Count = 1024**3
    max_ratio: Annotated[float, Field(gt=1)] = 200.0
    child_cpu_s: Count = 60
    child_memory_bytes: Count = 1024**3
    child_wall_s: Seconds = 120.0
    child_output_bytes: Count = 512 * 1024**2


class SandboxSettings(Section):
    """What the processes that read hostile bytes must be confined by."""

    require: tuple[Literal["landlock", "seccomp"], ...] = ()
    """Layers of the kernel without which nothing is read."""


class ExtractSettings(Section):
    """How content is turned into text."""

    ocr: bool = False
    """Read scans and pictures of pages by Tesseract, which the extra ``ocr`` installs."""


class DaemonSettings(Section):
    tick_s: Seconds = 5.0
    workers: Count = 8
    lease_s: Seconds = 120.0
    """How long a source stays taken after its daemon died; a running poll renews it."""
    outbox_s: Seconds = 2.0
    drain_s: Seconds = 30.0
    listen: str = "127.0.0.1:8787"
    """Address of /healthz, /readyz and /metrics; loopback."""


class SmtpSettings(Section):
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


class WebhookSettings(Section):
    url: str
    secret_file: Path
    """Shared secret of the HMAC-SHA256 signature header."""
    allow_private: bool = False
    timeout_s: Seconds = 30.0


class ConsoleSettings(Section):
    enabled: bool = True


class ChannelSettings(Section):
    email: SmtpSettings | None = None
    console: ConsoleSettings = ConsoleSettings()
    webhook: dict[str, WebhookSettings] = Field(default_factory=dict)


class Settings(Section):
    """The whole of ``leakwatch.toml``."""

    state_dir: Path
    """Database, vault and journal; one volume in a container."""
    matters_dir: Path = Path("matters")
    sources_dir: Path = Path("sources")
    store: StoreSettings = StoreSettings()
    fingerprint: FingerprintSettings
    fetch: FetchSettings = FetchSettings()
    limits: LimitSettings = LimitSettings()
    sandbox: SandboxSettings = SandboxSettings()
    extract: ExtractSettings = ExtractSettings()
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
