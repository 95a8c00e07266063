"""Passwords that a post states for what it offers. Pure, total and linear.

Too many cost a few tries more; one missed leaves an archive shut. So every
reading of a line is given, the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_PASSWORDS = 32
MAX_PASSWORD_CHARS = 128
_MAX_TEXT_CHARS = 1_000_000

_WORDS = (
    "passwords?|passwd|passphrase|passcode|pass|pwd|psw|pw|"  # English
    "пароль|пасс|"  # Russian
    "contraseña|contrasena|clave|"  # Spanish
    "mot\\s+de\\s+passe|mdp|"  # French
    "senha|palavra[ -]passe|"  # Portuguese
    "passwort|kennwort|"  # German
    "wachtwoord|hasło|haslo|parola|şifre|sifre|heslo|"  # Dutch, Polish, Italian, Turkish, Czech
    "解压密码|解壓密碼|密码|密碼|パスワード|비밀번호|암호"  # Chinese, Japanese, Korean
)
_SPACE = r"[^\S\n]"
_STATED = re.compile(
    rf"(?<![^\W_])(?:{_WORDS})(?![^\W_])"
    # "for the archive", "(all parts)": what may stand before the sign.
    rf"(?:{_SPACE}{{1,4}}(?:for|to|of|para|de|pour|für|для|от)\b[^\n:=\uff1a]{{0,40}})?"
    rf"(?:{_SPACE}{{0,4}}[(\[][^\n)\]]{{0,40}}[)\]])?"
    rf"{_SPACE}{{0,8}}"
    r"(?:[:=\uff1a\uff1d]>?|[-\u2013\u2014]{1,2}>?|→|>{1,2}|(?:is|es|est|é|ist|to)\b:?)"
    rf"(?P<rest>[^\n]{{0,200}})(?P<next>(?:\n{_SPACE}{{0,8}}){{0,3}}[^\n]{{0,200}})",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    # No word boundary within Chinese text, and none needed.
    r"(?:密码|密碼)(?:是|为|為)?[:\uff1a=]?(?P<rest>[^\n]{0,200})(?P<next>(?:\n[^\S\n]{0,8}){0,3}[^\n]{0,200})"
)
_QUOTES = {
    '"': '"',
    "'": "'",
    "`": "`",
    "\u201c": "\u201d",
    "\u2018": "\u2019",
    "«": "»",
    "「": "」",
    "[": "]",
}
_TRAILING = ".,;:!?)]}>\"'`\u201d\u2019»\u3002\uff0c\uff1b"


def passwords_in(text: str) -> tuple[str, ...]:
    """Return the passwords that a text seems to state, likeliest first, none twice.

    Understands ``password: x``, ``pass - x``, ``pw=x`` and their like in a
    dozen languages, also with the password on the next line.

    Args:
        text: of a post; only its first million characters are looked at.

    Returns:
        At most ``MAX_PASSWORDS`` of at most ``MAX_PASSWORD_CHARS`` characters.
    """
    text = text[:_MAX_TEXT_CHARS].replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    found: dict[str, None] = {}
    for pattern in (_STATED, _CHINESE):
        for readings in _stated(pattern, text):
            for reading in readings:
                if 0 < len(reading) <= MAX_PASSWORD_CHARS and reading.isprintable():
                    found.setdefault(reading)
            if len(found) >= MAX_PASSWORDS:
                break
    return tuple(found)[:MAX_PASSWORDS]


def _stated(pattern: re.Pattern[str], text: str) -> Iterator[Iterator[str]]:
    at = 0
    while match := pattern.search(text, at):
        rest = match["rest"].strip()
        yield _readings(rest or match["next"].strip())
        # The rest of the line may state another: "pass: a / pass: b".
        at = max(match.start("rest"), match.start() + 1)


def _readings(line: str) -> Iterator[str]:
    """Yield what a line may mean: within quotes, its first word, the whole of it."""
    if not line:
        return
    closing = _QUOTES.get(line[0])
    if closing is not None and (end := line.find(closing, 1)) > 1:
        yield line[1:end]
    word = line.split(None, 1)[0]
    yield word
    yield word.rstrip(_TRAILING)
    yield line
    yield line.rstrip(_TRAILING)
