"""Dates, states, keys and addresses: what items become."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.model.post import PostState
from leakwatch.sources.dates import read_date
from leakwatch.sources.posts import PageAddress, Reading, content_digest, read_posts, whole_page
from leakwatch.sources.states import state_of_title

PAGE = PageAddress("http://board.example/list", seen_at=datetime(2026, 3, 1, tzinfo=UTC))


def item(**facts: Any) -> dict[str, Any]:
    blank = {"key": None, "title": "", "text": "", "link": None, "date": None, "state": None}
    return {**blank, "links": [], **facts}


def one(reading: Reading | None = None, **facts: Any) -> Any:
    (post,) = read_posts([item(**facts)], PAGE, reading or Reading())
    return post


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-02T10:01:00+00:00", datetime(2024, 3, 2, 10, 1, tzinfo=UTC)),
        ("2024-03-02T10:01:00+13:00", datetime(2024, 3, 1, 21, 1, tzinfo=UTC)),
        ("2024-03-02T10:01:00Z", datetime(2024, 3, 2, 10, 1, tzinfo=UTC)),
        ("2024-03-02 10:01:00 UTC", datetime(2024, 3, 2, 10, 1, tzinfo=UTC)),
        ("Sat, 02 Mar 2024 10:01:00 GMT", datetime(2024, 3, 2, 10, 1, tzinfo=UTC)),
        ("Sat, 02 Mar 2024 10:01:00 -0000", datetime(2024, 3, 2, 10, 1, tzinfo=UTC)),
        ("1709373660", datetime(2024, 3, 2, 10, 1, tzinfo=UTC)),
        ("1709373660000", datetime(2024, 3, 2, 10, 1, tzinfo=UTC)),
        ("2024-03-02 10:01:00", None),
        ("2024-03-02", None),
        ("03/02/2024", None),
        ("2 March 2024", None),
        ("2024-13-45T10:01:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("99999999999", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_only_unambiguous_dates_are_read(text: str | None, moment: datetime | None) -> None:
    """A date that could mean two moments is none; nothing is filled in."""
    assert read_date(text) == moment


def test_operator_may_say_that_times_are_utc() -> None:
    """With the operator's word zoneless dates and spelt months are read."""
    wanted = datetime(2024, 3, 2, tzinfo=UTC)
    for text in ("2024-03-02", "2 March 2024", "Mar 2, 2024", "2024-03-02T00:00:00"):
        assert read_date(text, assume_utc=True) == wanted
    assert read_date("02/03/24", assume_utc=True) is None
    assert read_date("02/03/24", assume_utc=True, form="%d/%m/%y") == wanted
    assert read_date("02/03/24", form="%d/%m/%y") is None


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789-:T.+Z GMTUCabMar,", max_size=30), st.booleans())
def test_no_date_raises(text: str, assume_utc: bool) -> None:
    """Any text is a date in range or None."""
    found = read_date(text, assume_utc=assume_utc)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("title", "state"),
    [
        ("Harbour Clinic [DISCLOSED]", PostState.PUBLISHED),
        ("Harbour Clinic - LEAKED", PostState.PUBLISHED),
        ("Harbour Clinic Full Data Leak", PostState.PUBLISHED),
        ("Harbour Clinic [TORRENT]", PostState.PUBLISHED),
        ("Harbour Clinic (Part 2)", PostState.PUBLISHED),
        ("Harbour Clinic - part 12", PostState.PUBLISHED),
        ("Harbour Clinic [EVIDENCE]", PostState.PUBLISHED),
        ("Harbour Clinic (SOLD)", PostState.OFFERED),
        ("Harbour Clinic for sale", PostState.OFFERED),
        ("Harbour Clinic (Updated)", PostState.UNKNOWN),
        ("Harbour Clinic to be leaked soon", PostState.COUNTDOWN),
        ("Harbour Clinic: not yet published", PostState.COUNTDOWN),
        ("Harbour Clinic unleaked", PostState.COUNTDOWN),
        ("Harbour Clinic, 3 days left", PostState.COUNTDOWN),
        ("Department of Torrent Engineering", PostState.UNKNOWN),
        ("Part 2 Pictures Ltd", PostState.UNKNOWN),
        ("Leakwell Plumbing", PostState.UNKNOWN),
    ],
)
def test_titles_say_their_state(title: str, state: PostState) -> None:
    """State words are read, and names that hold such words are left alone."""
    assert state_of_title(title) is state


def test_title_is_kept_as_it_is() -> None:
    """A state word stays in the title, and sets the state."""
    post = one(title="Harbour Clinic [DISCLOSED]")
    assert (post.title, post.state) == ("Harbour Clinic [DISCLOSED]", PostState.PUBLISHED)


def test_state_sources_in_order() -> None:
    """The site's own mark goes before its deadline, that before the title."""
    reading = Reading(states={"published": ("out",)})
    late = "2026-04-01T00:00:00Z"
    assert one(reading, title="a", state="OUT", deadline=late).state is PostState.PUBLISHED
    assert one(reading, title="a LEAKED", deadline=late).state is PostState.COUNTDOWN
    past = one(reading, title="a", deadline="2026-02-01T00:00:00Z")
    assert past.state is PostState.UNKNOWN
    assert one(title="a", state="offered").state is PostState.OFFERED


def test_addresses() -> None:
    """A link makes the location; without one the page's does, with a token that tells no name."""
    assert one(title="a", link="../post/7?x=1").location == "http://board.example/post/7?x=1"
    assert one(title="a", link="#row7").location == "http://board.example/list#row7"
    bare = one(title="Harbour Clinic")
    assert bare.location.startswith("http://board.example/list#")
    assert "Harbour" not in bare.location + bare.key
    assert bare == one(title="Harbour Clinic")
    for bad in ("javascript:go(1)", "http://[bad/", "ftp://x.example/"):
        assert one(title="a", link=bad).location.startswith("http://board.example/list#")
    made = one(Reading(link_template="/p/{key}"), title="a", key="x y/z")
    assert made.location == "http://board.example/p/x%20y%2Fz"


def test_foreign_link_is_no_address_where_links_are_not_trusted() -> None:
    """A victim's own site is not where its post is; a file elsewhere is still a link."""
    reading = Reading(trust_links=False)
    victim = one(reading, title="a", link="https://clinic.example/")
    assert victim.location.startswith("http://board.example/list#")
    assert victim.links == ()
    dump = one(reading, title="a", link="http://files.example/a.zip")
    assert [x.url for x in dump.links] == ["http://files.example/a.zip"]
    assert one(title="a", link="https://news.example/x").location == "https://news.example/x"


def test_file_is_followed_and_is_no_address() -> None:
    """A post that links straight to a document shows it, and no part of its name is kept."""
    alone = one(link="/got/J_Doe_results.pdf")
    assert [x.url for x in alone.links] == ["http://board.example/got/J_Doe_results.pdf"]
    assert alone.location.startswith("http://board.example/list#")
    assert "Doe" not in alone.location + alone.key
    assert one(link="/got/A_Roe_results.pdf").location != alone.location
    again = one(title="a", link="/a.zip", links=[{"url": "a.zip", "name": "all of it"}])
    assert [x.name for x in again.links] == ["all of it"]
    made = one(Reading(link_template="/{key}.zip"), title="a", key="x")
    assert [x.url for x in made.links] == ["http://board.example/x.zip"]


def test_repeated_keys_are_told_apart() -> None:
    """Two posts under one name are two posts; the same post twice is one."""
    items = [item(title="a", text="1"), item(title="a", text="2"), item(title="a", text="1")]
    posts = read_posts(items, PAGE, Reading())
    assert [p.text for p in posts] == ["1", "2"]
    assert len({p.key for p in posts}) == len({p.location for p in posts}) == 2


def test_links_are_resolved_and_magnets_kept() -> None:
    """Relative links become absolute, magnets are marked, other schemes are dropped."""
    urls = ["a.zip", "magnet:?xt=urn:btih:0123", "javascript:x", "/b"]
    post = one(title="a", links=[{"url": url, "name": "n"} for url in urls])
    assert [(x.url, x.is_magnet) for x in post.links] == [
        ("http://board.example/a.zip", False),
        ("magnet:?xt=urn:btih:0123", True),
        ("http://board.example/b", False),
    ]


def test_digest_tells_what_counts() -> None:
    """Any change of title, text, state, date or links changes it; another host does not."""
    base = {"title": "a", "text": "b", "link": "/p", "links": [{"url": "/x.zip", "name": "x"}]}
    changes: list[dict[str, Any]] = [
        {}, {"title": "c"}, {"text": "c"}, {"state": "published"}, {"date": "1709373660"},
        {"links": []}, {"links": [{"url": "/y.zip", "name": "x"}]},
    ]  # fmt: skip
    digests = {content_digest(one(**{**base, **change}), PAGE) for change in changes}
    assert len(digests) == len(changes)
    mirror = PageAddress("http://mirror.example/list")
    (same,) = read_posts([item(**base)], mirror, Reading())
    assert content_digest(same, mirror) in digests


def test_whole_page_keeps_files_and_words() -> None:
    """A page read whole gives its words, and of its links those that look like files."""
    links = [{"url": u, "name": ""} for u in ("/about", "/a.7z", "magnet:?xt=urn:btih:01")]
    post = whole_page(PAGE, {"title": "t", "text": "words", "links": links})
    assert post is not None
    assert (post.title, post.text, post.location) == ("t", "words", "http://board.example/list")
    assert [x.url for x in post.links] == ["http://board.example/a.7z", "magnet:?xt=urn:btih:01"]
    assert whole_page(PAGE, {"title": "", "text": "", "links": []}) is None
