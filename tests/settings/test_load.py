"""Settings: what is wrong is named by file, key and expectation."""

from pathlib import Path

import pytest

from leakwatch.errors import ConfigError, KeyUnusable, MissingFile
from leakwatch.settings import find_settings_file, load_settings, read_secret

GOOD = 'state_dir = "state"\n[fingerprint]\nkey_file = "key"\n'


def written(directory: Path, text: str) -> Path:
    path = directory / "leakwatch.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_relative_paths_are_taken_from_the_settings_file(tmp_path: Path) -> None:
    """A relative path means the same wherever the daemon is started."""
    settings = load_settings(written(tmp_path, GOOD), {})
    assert settings.state_dir == tmp_path / "state"
    assert settings.fingerprint.key_file == tmp_path / "key"
    assert settings.sources_dir == tmp_path / "sources"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD + "keyfile = 1\n", "fingerprint.keyfile: unknown key"),
        ('state_dir = "s"\n', "fingerprint: required key is missing"),
        (GOOD + "[daemon]\ntick_s = 'often'\n", "daemon.tick_s: Input should be a valid number"),
        (GOOD + "[daemon]\ntick_s = -1\n", "daemon.tick_s: Input should be greater than 0"),
        (GOOD + "[daemon]\nlisten = '0.0.0.0:80'\n", "daemon: daemon.listen must be a loopback"),
        (GOOD + "[a\n", "not valid TOML"),
        (
            GOOD + "[channels.email]\nhost='mail.example'\nsender='a@b'\nsecurity='none'\n",
            "channels.email: security",
        ),
    ],
)
def test_a_wrong_setting_names_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    """Every error line starts with the file and names the key and what was expected."""
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert caught.value.what.startswith(str(path))
    assert says in caught.value.what


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    """LEAKWATCH_SECTION__KEY wins over the file, read as TOML where it parses."""
    environ = {"LEAKWATCH_DAEMON__WORKERS": "3", "LEAKWATCH_FETCH__TOR_PROXY": "socks5://tor:9050"}
    settings = load_settings(written(tmp_path, GOOD), environ)
    assert settings.daemon.workers == 3
    assert settings.fetch.tor_proxy == "socks5://tor:9050"


def test_a_misspelt_environment_variable_is_named(tmp_path: Path) -> None:
    """An override that overrides nothing is an error that names the variable."""
    with pytest.raises(ConfigError, match="LEAKWATCH_DAEMON__WORKER: unknown key"):
        load_settings(written(tmp_path, GOOD), {"LEAKWATCH_DAEMON__WORKER": "3"})


def test_no_settings_file_lists_where_it_looked(tmp_path: Path) -> None:
    """A missing settings file says where it was looked for."""
    with pytest.raises(MissingFile, match=r"nowhere\.toml"):
        find_settings_file(tmp_path / "nowhere.toml", {})


def test_a_secret_open_to_all_is_refused(tmp_path: Path) -> None:
    """A secret that every user may read is not a secret."""
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    secret.chmod(0o644)
    with pytest.raises(KeyUnusable) as caught:
        read_secret(secret, purpose="SMTP password")
    assert "hunter2" not in str(caught.value)
    secret.chmod(0o600)
    assert read_secret(secret, purpose="SMTP password") == "hunter2"


def test_the_example_settings_load() -> None:
    """config/leakwatch.example.toml is a valid start."""
    example = Path(__file__).resolve().parents[2] / "config/leakwatch.example.toml"
    assert load_settings(example, {}).fingerprint.corpora
