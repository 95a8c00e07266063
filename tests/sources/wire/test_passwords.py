"""Passwords stated in a post."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakwatch.sources.wire.passwords import MAX_PASSWORD_CHARS, MAX_PASSWORDS, passwords_in


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("Archive password: hunter2", "hunter2"),
        ("PASSWORD:hunter2", "hunter2"),
        ("pass - hunter2", "hunter2"),
        ("pw=hunter2", "hunter2"),
        ("dump.7z (pw: hunter2)", "hunter2"),
        ("Password for the archive: hunter2", "hunter2"),
        ("Password (all parts): hunter2", "hunter2"),
        ("the password is hunter2.", "hunter2"),
        ("Password => hunter2", "hunter2"),
        ("password:\n  hunter2\nmirror below", "hunter2"),
        ("password:\r\n\r\nhunter2", "hunter2"),
        ('pass: "two words"', "two words"),
        ("pass: two words", "two words"),
        ("Пароль: ЖЫШЦ2", "ЖЫШЦ2"),
        ("contraseña: hunter2", "hunter2"),
        ("Mot de passe : hunter2", "hunter2"),
        ("senha - hunter2", "hunter2"),
        ("Passwort: hunter2", "hunter2"),
        ("解压密码\uff1ahunter2", "hunter2"),
        ("文件密码是hunter2", "hunter2"),
        ("pass: a1 / pass: b2", "b2"),
        ("password: www.leaks.example!", "www.leaks.example!"),
    ],
)
def test_a_stated_password_is_found(text: str, password: str) -> None:
    """Whatever the word, the sign and the language."""
    assert password in passwords_in(text)


@pytest.mark.parametrize(
    "text", ["", "compass: north", "We passed the exam.", "password:", "no words at all"]
)
def test_other_text_states_none(text: str) -> None:
    """A word that merely contains one is none."""
    assert passwords_in(text) == ()


def test_the_likeliest_comes_first() -> None:
    """A quoted one before its readings, a first word before its line."""
    assert passwords_in("password: 'a b' c")[0] == "a b"
    assert passwords_in("password: ab c")[0] == "ab"


@given(st.text(alphabet="pass wordPw:=-\n\r()\"'пароль密码:x", max_size=400))
def test_any_text_gives_few_short_passwords(text: str) -> None:
    """Total, bounded, none twice, none that was not there."""
    found = passwords_in(text)
    assert len(found) == len(set(found)) <= MAX_PASSWORDS
    assert all(0 < len(password) <= MAX_PASSWORD_CHARS for password in found)
    assert all(password in text for password in found)


@pytest.mark.parametrize(
    "piece", ["pass", "pass: ", "password for ", "pass \n", "pw(", "密码", " "]
)
def test_long_repetitions_are_passed_in_one_go(piece: str) -> None:
    """A million characters of what nearly matches end like others do."""
    assert len(passwords_in(piece * (1_000_000 // len(piece)))) <= MAX_PASSWORDS
