"""Pages that stand in front of the page asked for.

Asked only when a parser found nothing: a blog that speaks of captchas is a
blog. The words were taken from captured waiting rooms, logins and gateways.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from leakwatch.sources.wire.html import title_of, visible_text

_CHALLENGE = re.compile(
    r"anti[- ]?(?:ddos|crawl|bot)|ddos[- ]?(?:protect|guard)|access queue|in (?:a|the) queue"
    r"|checking (?:your|if the) (?:browser|site|connection)|captcha|just a moment"
    r"|estimated wait|please wait \d+ sec|you will (?:see|be redirected)|are you (?:a )?(?:human|robot)"
    r"|not a robot|prove (?:that )?you|verify (?:that )?you(?:'re| are) (?:a )?human|i'm just a human"
    r"|select (?:all )?images|enable javascript and cookies|waiting room|endgame",
    re.IGNORECASE,
)
_LOGIN_TITLE = re.compile(r"\b(?:log ?in|sign ?in|authori[sz]ation|enter the key)\b", re.IGNORECASE)
_ERROR = re.compile(
    r"^\W*(?:error )?(?:4\d\d|5\d\d)\b[^\n]{0,60}"
    r"(?:not found|bad gateway|time-?out|unavailable|forbidden|denied|error|too many)"
    r"|^\W*(?:internal server error|bad gateway|service unavailable|not found)\W*$",
    re.IGNORECASE,
)
_SCRIPTED = re.compile(
    r"javascript (?:enabled|is required|is disabled)|enable javascript", re.IGNORECASE
)
_TELEGRAM_CARD = "div.tgme_page"
"""What ``t.me/s/NAME`` leads to where a channel's posts are not to be seen."""
_TELEGRAM_POSTS = ".tgme_channel_history, .tgme_widget_message"
_SHORT = 1500
"""Letters of visible text above which a page has content of its own."""


def obstacle(tree: LexborHTMLParser) -> tuple[str, str] | None:
    """Return (slug, one line) for a page that is not the one asked for, or None."""
    title = title_of(tree)
    text = visible_text(tree.body, 4 * _SHORT) if tree.body is not None else ""
    if len(text) > _SHORT:
        return None
    first = text.partition("\n")[0]
    if tree.css_first(_TELEGRAM_CARD) is not None and tree.css_first(_TELEGRAM_POSTS) is None:
        return "no_preview", "the channel is private, missing, or shows no public preview"
    if _ERROR.match(title) or _ERROR.match(first):
        return "error_page", "the page is a server's error message"
    if _CHALLENGE.search(title) or _CHALLENGE.search(text) or _has_captcha(tree):
        return "challenged", "a waiting room or captcha stands in front"
    if tree.css_first("input[type=password]") is not None or _LOGIN_TITLE.search(title):
        return "access_refused", "the page is a login"
    if tree.css_first("form[action*=login], form[action*=signin]") is not None:
        return "access_refused", "the page is a login"
    if _is_empty_shell(tree, text):
        return "layout_changed", "the page shows nothing without a script: it needs a browser"
    return None


def _has_captcha(tree: LexborHTMLParser) -> bool:
    return tree.css_first("[class*=captcha i], [id*=captcha i], img[src*=captcha i]") is not None


def _is_empty_shell(tree: LexborHTMLParser, text: str) -> bool:
    without_notice = "\n".join(x for x in text.split("\n") if not _SCRIPTED.search(x))
    return len(without_notice) < 40 and tree.css_first("script") is not None
