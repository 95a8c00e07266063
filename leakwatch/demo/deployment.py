"""The demo's deployment: what custodian, legal team and operator each make, in one folder.

clinic/  background/   the custodian's files, and documents that were not stolen
fingerprint.key  clinic.corpus/
legal.age              the legal team's private key; a real one is never here
leakwatch.toml  matters/  sources/  state/
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyrage

from leakwatch.demo.clinic import ClinicFile, background, generate, labels_csv, write
from leakwatch.demo.leak_site import Urls

MATTER = "kereru-street"
CASE = "FICTION-2026-1"
SEED = 7
PASTE_PATTERN = 'href="/paste/(?P<id>[0-9a-z]{8})">(?P<title>[^<]*)</a>'


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where everything lies."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "leakwatch.toml"

    @property
    def corpus(self) -> Path:
        return self.root / "clinic.corpus"

    @property
    def key(self) -> Path:
        return self.root / "fingerprint.key"

    @property
    def identity(self) -> Path:
        return self.root / "legal.age"


def write_clinic(deployment: Deployment, *, people: int = 60) -> tuple[ClinicFile, ...]:
    """Write the clinic's files, its labels, and documents that were not stolen."""
    files = tuple(generate(SEED, people))
    write(deployment.root / "clinic", files)
    write(deployment.root / "background", background(SEED, people))
    (deployment.root / "labels.csv").write_text(labels_csv(files), encoding="utf-8")
    return files


def write_settings(
    deployment: Deployment,
    urls: Urls,
    *,
    smtp_port: int,
    health_port: int,
    now: datetime,
    interval_s: float = 1.0,
) -> None:
    """Write the settings, one matter and four sources; make the legal team's key pair."""
    identity = pyrage.x25519.Identity.generate()
    deployment.identity.touch(mode=0o600)
    deployment.identity.write_text(f"{identity}\n", encoding="ascii")
    deployment.settings.write_text(_settings(smtp_port, health_port), encoding="utf-8")
    matters, sources = deployment.root / "matters", deployment.root / "sources"
    matters.mkdir(exist_ok=True)
    sources.mkdir(exist_ok=True)
    matter = _matter(str(identity.to_public()), now)
    (matters / f"{MATTER}.toml").write_text(matter, encoding="utf-8")
    for name, text in _sources(urls, interval_s).items():
        (sources / f"{name}.toml").write_text(text, encoding="utf-8")


def _settings(smtp_port: int, health_port: int) -> str:
    return f"""\
state_dir = "state"

[fingerprint]
key_file = "fingerprint.key"
[fingerprint.corpora]
clinic = "clinic.corpus"

[fetch]
requests_per_host_per_minute = 6000
connect_timeout_s = 5
read_timeout_s = 5
total_timeout_s = 20

[daemon]
tick_s = 0.5
outbox_s = 0.5
listen = "127.0.0.1:{health_port}"

[channels.console]
enabled = false
[channels.email]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
sender = "leakwatch <leakwatch@kereru-street-clinic.example>"
"""


def _matter(public_key: str, now: datetime) -> str:
    day = timedelta(days=1)
    return f"""\
id = "{MATTER}"
title = "Kererū Street Clinic v Persons Unknown (fictional)"
case_ref = "{CASE}"
corpora = ["clinic"]
victim_names = ["Kererū Street Clinic"]
actor_names = ["Kazu"]
evidence_keys = ["{public_key}"]
payload = "seal_matches"

[[orders]]
order_id = "interim injunction"
version = 1
kind = "interim_without_notice"
effective_from = {(now - 2 * day).isoformat(timespec="seconds")}
bound = "the takers, and anyone who holds the files without consent"
verified_by = "L. Lawyer (fictional)"
verified_at = {(now - day).isoformat(timespec="seconds")}
[[orders.acts]]
code = "access"
paragraph = "1(a)"
[[orders.acts]]
code = "publish"
paragraph = "1(b)"
[[orders.acts]]
code = "communicate_contents"
paragraph = "1(c)"

[[recipients]]
name = "Legal team"
role = "legal"
channel = "email"
address = "legal@kereru-street-clinic.example"

[[authorisations]]
granted_by = "Kererū Street Clinic (fictional)"
reference = "letter of consent"
effective_from = {(now - day).isoformat(timespec="seconds")}
expires_at = {(now + 30 * day).isoformat(timespec="seconds")}
"""


def _sources(urls: Urls, interval_s: float) -> dict[str, str]:
    return {
        "kazu": _source("kazu", "js_list", "leak_site", urls.leak_site, interval_s),
        "pastes": _source("pastes", "paste_archive", "paste", urls.paste_archive, interval_s)
        + "[options]\n"
        + f"id_pattern = {json.dumps(PASTE_PATTERN)}\n"
        + f"raw_url = {json.dumps(urls.paste_raw)}\n"
        + f"page_url = {json.dumps(urls.paste_page)}\n",
        "directory": _source(
            "directory", "open_directory", "open_directory", urls.directory, interval_s
        ),
        "news": _source("news", "feed", "news", urls.feed, interval_s),
    }


def _source(name: str, kind: str, role: str, url: str, interval_s: float) -> str:
    return f"""\
name = "{name}"
kind = "{kind}"
role = "{role}"
locations = [{json.dumps(url)}]
via = "direct"
allow_private = true
interval_s = {interval_s}
"""
