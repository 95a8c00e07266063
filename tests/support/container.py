"""The image, built for real and run locked down: buildah, podman and runc, no daemon.

The base image is made by debootstrap, so that no image registry is needed.
Base, layers and containers live in storage of their own under the user's cache
folder; the system's own containers are never touched.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("buildah", "podman", "runc", "debootstrap")
SUITE = "trixie"
"""The Debian release whose Python has the minor version of the Dockerfile's default base."""
BASE = f"localhost/leakwatch-tests-base:{SUITE}-archives"
BUILD_LIMIT_S = 900.0
RUN_LIMIT_S = 60.0
# Without explicit limits the runtime tries to raise them, which not every host lets it.
_ULIMITS = ("--ulimit", "nofile=1024:4096", "--ulimit", "nproc=512:512")


class NoContainers(Exception):
    """Containers cannot be built or run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """podman and buildah on storage of their own."""

    folder: Path

    def buildah(self, *args: str | Path, limit_s: float = BUILD_LIMIT_S) -> str:
        return self._run(["buildah", *args], limit_s=limit_s).stdout

    def podman(self, *args: str | Path, limit_s: float = RUN_LIMIT_S) -> str:
        """Return what podman printed.

        Raises:
            AssertionError: it failed; the message holds what it said.
        """
        return self._run([*self._podman(), *args], limit_s=limit_s).stdout

    def attempt(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        """Return what happened, whatever it was."""
        return self._run([*self._podman(), *args], limit_s=RUN_LIMIT_S, check=False)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other test processes of this user waiting."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _podman(self) -> Sequence[str]:
        return ["podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs"]

    def _run(
        self, command: Sequence[str | Path], *, limit_s: float, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf")}
        words = [str(part) for part in command]
        done = subprocess.run(  # noqa: S603
            words, env=environ, capture_output=True, text=True, timeout=limit_s, check=False
        )
        if check:
            said = (done.stdout + done.stderr)[-4000:]
            assert done.returncode == 0, f"{' '.join(words)}: {done.returncode}\n{said}"
        return done


@dataclass(frozen=True, slots=True)
class LockedDown:
    """How a careful operator runs the image: nothing of the host, nothing writable but state."""

    engine: Engine
    image: str
    settings: Path
    """Mounted read-only at /etc/leakwatch."""
    volume: str

    def options(self) -> list[str]:
        return [
            *("--network", "none", "--read-only", "--read-only-tmpfs=false"),
            *("--tmpfs", "/tmp:size=64m,mode=1777,noexec,nosuid,nodev"),  # noqa: S108
            *("--cap-drop", "all", "--security-opt", "no-new-privileges"),
            *("--memory", "1g", "--pids-limit", "256", *_ULIMITS),
            *("--no-healthcheck", "--volume", f"{self.settings}:/etc/leakwatch:ro"),
            *("--volume", f"{self.volume}:/var/lib/leakwatch"),
        ]

    def once(self, *args: str) -> str:
        """Run one command of leakwatch and return its standard output."""
        return self.engine.podman("run", "--rm", *self.options(), self.image, *args)

    def shell(self, script: str) -> str:
        """Run a shell in the place of leakwatch."""
        options = [*self.options(), "--entrypoint", "sh"]
        return self.engine.podman("run", "--rm", *options, self.image, "-c", script)

    @contextmanager
    def in_background(self, *args: str) -> Iterator[str]:
        """Run until the end of the block; yields the container's id."""
        container = self.engine.podman("run", "--detach", *self.options(), self.image, *args)
        try:
            yield container.strip()
        finally:
            self.engine.podman("rm", "--force", "--time", "0", container.strip())


def open_engine() -> Engine:
    """Return an engine with the base image in its storage, made when it is not there yet.

    Raises:
        NoContainers: a tool or privilege is missing, or there is no Debian mirror to be had.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise NoContainers(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        raise NoContainers("a root file system can be made by root alone")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "leakwatch-tests"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/graph"\n',
        encoding="utf-8",
    )
    engine = Engine(folder)
    with engine.alone():
        if engine.attempt("image", "exists", BASE).returncode:
            _make_base(engine)
    return engine


def build_image(engine: Engine, *, labels: Mapping[str, str]) -> str:
    """Build the repository's Dockerfile on the base image; return the image's name."""
    image = f"localhost/leakwatch-tests:{secrets.token_hex(6)}"
    with engine.alone(), tempfile.TemporaryDirectory() as scratch:
        engine.buildah(
            *("bud", "--isolation", "chroot", "--network", "host", "--pull-never", "--layers"),
            *("--format", "docker", *_pip_mounts(Path(scratch))),
            *(part for name, value in labels.items() for part in ("--label", f"{name}={value}")),
            *("--build-arg", f"BASE_IMAGE={BASE}", "--tag", image, ROOT),
        )
    return image


def _make_base(engine: Engine) -> None:
    with tempfile.TemporaryDirectory(dir=engine.folder) as scratch:
        root = Path(scratch) / "root"
        # The library too: a build then needs no mirror.
        packages = "ca-certificates,libarchive13t64,python3,python3-venv"
        command = ["debootstrap", "--variant=minbase", f"--include={packages}", SUITE, str(root)]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=False
        )
        if done.returncode:
            raise NoContainers(f"debootstrap: {done.stdout.strip().splitlines()[-1:]}")
        for left_over in ("var/lib/apt/lists", "var/cache/apt/archives"):
            shutil.rmtree(root / left_over)
        archive = Path(scratch) / "root.tar"
        subprocess.run(["tar", "-C", root, "-cf", archive, "."], check=True)  # noqa: S603, S607
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        engine.podman("import", "--change", f"ENV {path}", archive, BASE, limit_s=BUILD_LIMIT_S)


def _pip_mounts(scratch: Path) -> list[str]:
    """Return mounts that let pip reach, inside the build, the registry it reaches here.

    The host's own configuration goes in, with its CA bundle; folders of the
    host, which the build does not have, stay out.
    """
    show = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    shown = subprocess.run(show, capture_output=True, text=True, check=True)  # noqa: S603
    lines = re.findall(r"^[\w:-]+\.([\w-]+)='(.*)'$", shown.stdout, re.MULTILINE)
    is_folder = re.compile(r"(?:file:|/)").match
    options = {key: value for key, value in lines if key == "cert" or not is_folder(value)}
    mounts = []
    bundle = options.get("cert") or ssl.get_default_verify_paths().cafile
    if bundle and Path(bundle).is_file():
        options["cert"] = "/etc/pip-ca.pem"
        mounts += ["--volume", f"{Path(bundle).resolve()}:{options['cert']}:ro"]
    written = "".join(f"{key} = {value}\n" for key, value in options.items())
    config = scratch / "pip.conf"
    config.write_text(f"[global]\n{written}", encoding="utf-8")
    return [*mounts, "--volume", f"{config}:/etc/pip.conf:ro"]
