"""What doctor and daemon say of the sandbox, and when they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakwatch.doctor import Verdict, examine
from leakwatch.errors import SandboxError
from leakwatch.sandbox.worker import Zygote
from leakwatch.settings import Settings
from leakwatch.wiring.looking import open_sandbox, read_limits


def settings(tmp_path: Path, *require: str) -> Settings:
    return Settings.model_validate(
        {
            "state_dir": tmp_path,
            "fingerprint": {"key_file": tmp_path / "key"},
            "sandbox": {"require": require},
        }
    )


@pytest.fixture
def no_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every zygote finds a kernel without it."""
    honest = Zygote.__init__

    def start(self: Zygote, modules: tuple[str, ...], *, pictures: bool = False) -> None:
        honest(self, (*modules, "tests.support.no_landlock"), pictures=pictures)

    monkeypatch.setattr(Zygote, "__init__", start)


@pytest.mark.usefixtures("no_landlock")
async def test_doctor_warns_of_a_missing_layer(tmp_path: Path) -> None:
    """A sandbox that works without Landlock is no failure, and is not passed over."""
    found = [check async for check in examine(settings(tmp_path))]
    (check,) = [check for check in found if check.name == "sandbox"]
    assert check.verdict is Verdict.WARNING
    assert "no landlock: a parser that is taken over could read files" in check.says
    assert "sandbox.require" in (check.next or "")


@pytest.mark.usefixtures("no_landlock")
async def test_doctor_fails_where_the_layer_is_required(tmp_path: Path) -> None:
    """The settings may insist; then doctor and daemon end with the same error."""
    own = settings(tmp_path, "landlock")
    found = [check async for check in examine(own)]
    (check,) = [check for check in found if check.name == "sandbox"]
    assert check.verdict is Verdict.FAILED
    assert isinstance(check.error, SandboxError)
    with open_sandbox(own, read_limits(own), workers=1) as pool, pytest.raises(SandboxError):
        pool.start()


def test_only_layers_that_exist_can_be_required(tmp_path: Path) -> None:
    """A slip of the pen in the settings is an error, not a layer that is never checked."""
    with pytest.raises(ValueError, match="landlock"):
        settings(tmp_path, "landlok")
