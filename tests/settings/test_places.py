"""Matter and source files: read whole, or refused with file and key."""

import tomllib
from pathlib import Path

import pytest

from leakwatch.errors import ConfigError, MissingFile
from leakwatch.model.matter import ActCode, PayloadPolicy
from leakwatch.model.source import Via
from leakwatch.settings import load_matters, load_sources
from leakwatch.settings.sources import SourceFile

KEY = "age1" + "q" * 58
MATTER = f"""
id = "fiction"
title = "Fictional Clinic v Persons Unknown"
case_ref = "FC-1"
corpora = ["clinic"]
victim_names = ["Fictional Clinic"]
evidence_keys = ["{KEY}"]
payload = "seal_matches"
[[orders]]
order_id = "interim"
version = 1
kind = "interim"
effective_from = 2026-01-05T14:00:00+13:00
verified_by = "L. Lawyer"
verified_at = 2026-01-06T09:00:00+13:00
[[orders.acts]]
code = "publish"
paragraph = "1(b)"
[[recipients]]
name = "Legal"
role = "legal"
channel = "email"
address = "legal@clinic.example"
"""
SOURCE = """
name = "blog"
kind = "html_blog"
role = "leak_site"
locations = ["http://blog.example/"]
matters = ["fiction"]
[options]
item = "div"
"""


def matters(directory: Path, text: str) -> list[object]:
    (directory / "m.toml").write_text(text)
    return list(
        load_matters(directory, corpora=frozenset({"clinic"}), channels=frozenset({"email"}))
    )


def test_a_matter_is_read_whole(tmp_path: Path) -> None:
    """Orders, acts and recipients come out as the model has them, times in UTC."""
    (tmp_path / "m.toml").write_text(MATTER)
    (matter,) = load_matters(tmp_path, corpora=frozenset({"clinic"}), channels=frozenset({"email"}))
    assert matter.payload is PayloadPolicy.SEAL_MATCHES
    (order,) = matter.orders
    assert order.is_verified
    assert order.effective_from.isoformat() == "2026-01-05T01:00:00+00:00"
    act = order.act(ActCode.PUBLISH)
    assert act is not None
    assert act.paragraph == "1(b)"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("T14:00:00+13:00", "T14:00:00", "orders.0.effective_from: needs a time zone"),
        ('code = "publish"', 'code = "tweet"', "orders.0.acts.0.code"),
        ('verified_by = "L. Lawyer"\n', "", "verified_by and verified_at go together"),
        ('"legal@clinic.example"', '"legal"', "recipients.0: an e-mail recipient needs an address"),
        ('channel = "email"', 'channel = "pigeon"', "no channel 'pigeon'"),
        ('corpora = ["clinic"]', 'corpora = ["other"]', "no corpus 'other'"),
        (f'"{KEY}"', '"AGE-SECRET-KEY-1X"', "evidence_keys.0"),
        ('id = "fiction"', 'id = "../etc"', "id: expected"),
        ('title = "F', 'titel = "F', "titel: unknown key"),
    ],
)
def test_a_wrong_matter_names_file_and_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    """A wrong key, value or reference is refused by file and key, never by its value."""
    assert old in MATTER
    with pytest.raises(ConfigError) as caught:
        matters(tmp_path, MATTER.replace(old, new))
    assert str(tmp_path / "m.toml") in caught.value.what
    assert says in caught.value.what
    assert "SECRET" not in caught.value.what


def test_two_matters_of_one_id_are_refused(tmp_path: Path) -> None:
    """An id names one matter."""
    (tmp_path / "a.toml").write_text(MATTER)
    with pytest.raises(ConfigError, match="another matter"):
        matters(tmp_path, MATTER)


def test_examples_beside_real_files_are_not_loaded(tmp_path: Path) -> None:
    """A *.example.toml is never taken for configuration."""
    (tmp_path / "x.example.toml").write_text("not toml at all [")
    assert len(matters(tmp_path, MATTER)) == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("http://blog", "ftp://blog", "locations"),
        ('matters = ["fiction"]', 'matters = ["fact"]', "no matter 'fact'"),
        ('role = "leak_site"', 'role = "leak"', "role"),
        ("http://blog.example/", "http://x.onion/", "an .onion location needs"),
        ('name = "blog"', 'name = "B l"', "name: expected"),
    ],
)
def test_a_wrong_source_names_file_and_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    """Sources are held to the same rule."""
    text = SOURCE.replace(old, new)
    if "onion" in new:
        text = text.replace("[options]", 'via = "direct"\n[options]')
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_sources(tmp_path, matters=frozenset({"fiction"}))
    assert says in caught.value.what


def test_a_source_goes_through_tor_unless_it_says_otherwise(tmp_path: Path) -> None:
    """The default way is Tor."""
    (tmp_path / "s.toml").write_text(SOURCE)
    (source,) = load_sources(tmp_path, matters=frozenset({"fiction"}))
    assert source.via is Via.TOR


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    """A directory that is not there is not an empty one."""
    with pytest.raises(MissingFile, match="sources directory"):
        load_sources(tmp_path / "none", matters=frozenset())


def test_passwords_of_a_source_show_nowhere(tmp_path: Path) -> None:
    """Neither what was read of the file nor what is made of it tells them when it is printed."""
    text = SOURCE.replace("[options]", 'passwords = ["hunter2"]\n[options]')
    (tmp_path / "blog.toml").write_text(text, encoding="utf-8")
    (spec,) = load_sources(tmp_path, matters=frozenset({"fiction"}))
    read = SourceFile.model_validate(tomllib.loads(text))
    assert spec.passwords == read.passwords == ("hunter2",)
    assert "hunter2" not in repr(spec) + repr(read)
