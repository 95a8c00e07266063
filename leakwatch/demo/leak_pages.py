"""Pages of the demo's sites, in the shapes that real ones have.

Pure: state in, HTML or XML out. The leak site holds its posts as a JavaScript
list with comments, trailing commas, bare keys and both kinds of quotes; the
directory is nginx's; the feed is RSS 2.0. All names are made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from json import dumps
from urllib.parse import quote

from leakwatch.demo.clinic_data import CLINIC

ACTOR = "Kazu"
_DECOYS = (
    ("Norwegian Blue Aviaries", "birds.example", "Invoices and payroll, 14 GB.", "2026-09-14"),
    ("Pemberton's Buttons", "buttons.example", "Designs, mail, backups.", "2026-10-02"),
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that a site gives away."""

    data: bytes
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class Paste:
    """One paste."""

    id: str
    title: str
    text: str
    pasted_at: datetime


def companies(*, listed_at: datetime | None, files: Mapping[str, StoredFile]) -> str:
    """Return the leak site's front page.

    Args:
        listed_at: when the clinic was put on the list; None before.
        files: what is published of it, by path; none while it is a threat.
    """
    entries = [
        "  {\n"
        f"    name: {dumps(name)}, // paid? no\n"
        f"    url: 'https://{site}/',\n"
        f'    "description": {dumps(text)},\n'
        f"    pubdate: '{day}', ransom: '$40,000', size: \"14 GB\",\n"
        "  },"
        for name, site, text, day in _DECOYS
    ]
    if listed_at is not None:
        entries.insert(0, _victim(listed_at, files))
    posts = "\n".join(entries)
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8">'
        f"<title>{ACTOR}</title><style>.card{{border:1px solid #444}}</style></head>\n"
        f'<body><h1>{ACTOR}</h1><div id="list"></div>\n<script>\n'
        "/* newest first */\n"
        f"const companies = [\n{posts}\n];\n"
        "for (const c of companies) { document.getElementById('list').append(c.name); }\n"
        "</script></body></html>\n"
    )


def _victim(listed_at: datetime, files: Mapping[str, StoredFile]) -> str:
    if files:
        says = "Full data leak. Published, free for everybody. They did not pay."
        links = "    files: [" + ", ".join(f"'{quote(path)}'" for path in files) + ",],\n"
    else:
        deadline = listed_at + timedelta(days=2)
        says = (
            "Patient files of a clinic, all of them. Timer is running: we publish everything on "
            f"{deadline:%Y-%m-%d %H:%M} UTC if they do not pay."
        )
        links = "    // files: soon\n"
    return (
        "  { /* new */\n"
        f"    name: '{CLINIC}',\n"
        "    url: 'https://kereru-street-clinic.example/',\n"
        f"    description: {dumps(says)},\n"
        f"{links}"
        f"    pubdate: '{listed_at:%Y-%m-%d}', ransom: \"$60,000\", size: '1 GB',\n"
        "  },"
    )


def paste_archive(pastes: Sequence[Paste]) -> str:
    """Return the list of recent pastes, newest first."""
    rows = "\n".join(
        f'<tr><td><a href="/paste/{p.id}">{escape(p.title)}</a></td>'
        f"<td>{p.pasted_at:%Y-%m-%d %H:%M}</td></tr>"
        for p in reversed(pastes)
    )
    return _html("Recent pastes", f'<table class="recent">\n{rows}\n</table>')


def paste_page(paste: Paste) -> str:
    """Return the page that a person would open."""
    return _html(
        paste.title, f'<pre>{escape(paste.text)}</pre><a href="/paste/raw/{paste.id}">raw</a>'
    )


def autoindex(path: str, files: Mapping[str, StoredFile]) -> str:
    """Return the directory as nginx lists it: names cut at 50 letters, exact sizes."""
    rows = []
    for name in sorted(files):
        shown = name if len(name) <= 50 else name[:47] + "..>"
        gap = " " * (51 - len(shown))
        stored = files[name]
        rows.append(
            f'<a href="{quote(name)}">{escape(shown)}</a>{gap}'
            f"{stored.stored_at:%d-%b-%Y %H:%M} {len(stored.data):>19}"
        )
    listing = "\n".join(['<a href="../">../</a>', *rows])
    title = f"Index of {escape(path)}"
    return (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n"
        f"<h1>{title}</h1><hr><pre>{listing}\n</pre><hr></body>\n</html>\n"
    )


def stories(mentioned_at: datetime | None) -> list[tuple[str, str, str]]:
    """Return the newspaper's stories, newest first, as (slug, title, text)."""
    told = [
        (
            "bowling-club",
            "Bowling club wins after forty years",
            "Scenes at the green as the club took the shield on the last end.",
        )
    ]
    if mentioned_at is not None:
        told.insert(
            0,
            (
                "clinic-hacked",
                f"{CLINIC} confirms cyber incident",
                (
                    f"{CLINIC} has confirmed that files were taken by a group calling itself {ACTOR}. "
                    "A court has ordered that nobody may access or publish them. The clinic has "
                    "written to its patients."
                ),
            ),
        )
    return told


def news_page(mentioned_at: datetime | None) -> str:
    """Return the newspaper's front page."""
    body = "\n".join(
        f'<article id="{slug}"><h2>{escape(title)}</h2><p>{escape(text)}</p></article>'
        for slug, title, text in stories(mentioned_at)
    )
    return _html("The Te Awaiti Courier", body)


def feed(base: str, *, built_at: datetime, mentioned_at: datetime | None) -> str:
    """Return the newspaper's RSS feed."""
    items = "\n".join(
        f"<item><title>{escape(title)}</title><link>{base}/news/#{slug}</link>"
        f'<guid isPermaLink="false">{slug}</guid>'
        f"<pubDate>{format_datetime(mentioned_at or built_at)}</pubDate>"
        f"<description>{escape(text)}</description></item>"
        for slug, title, text in stories(mentioned_at)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>The Te Awaiti Courier</title><link>{base}/news/</link>"
        f"<description>News</description>\n{items}\n</channel></rss>\n"
    )


def _html(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n<body>\n{body}\n</body></html>\n"
    )
