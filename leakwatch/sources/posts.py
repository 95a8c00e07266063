"""Wire items to posts: addresses resolved, dates and states read, keys made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from leakwatch.model.listing import Listing, ListingEntry
from leakwatch.model.location import canonical_url
from leakwatch.model.post import Link, Post, PostState
from leakwatch.sources.dates import read_date
from leakwatch.sources.digest import digest
from leakwatch.sources.states import name_of_title, state_of_title
from leakwatch.sources.wire.items import names_file


@dataclass(frozen=True, slots=True)
class Reading:
    """How a kind's items become posts."""

    trust_links: bool = True
    """An item's link to another host is the post's own address, not a mention."""
    link_template: str | None = None
    """Address of a post by its ``{key}``, where the page links none."""
    assume_utc: bool = False
    date_format: str | None = None
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """State -> values of the item's own state that mean it."""


@dataclass(frozen=True, slots=True)
class PageAddress:
    """Where a page was found: what its addresses are relative to."""

    url: str
    base: str | None = None
    seen_at: datetime | None = None

    def resolve(self, href: str) -> str | None:
        """Return an absolute http(s) address, or None."""
        try:
            url = urljoin(urljoin(self.url, self.base or ""), href.strip())
            return url if urlsplit(url).scheme in ("http", "https") and canonical_url(url) else None
        except ValueError:
            return None

    def is_same_host(self, url: str) -> bool:
        return urlsplit(url).netloc.lower() == urlsplit(self.url).netloc.lower()

    def relative(self, url: str) -> str:
        """Return an address without its host where that is the page's own: alike on every mirror."""
        parts = urlsplit(url)
        if not self.is_same_host(url):
            return url
        return parts._replace(scheme="", netloc="").geturl()


def read_posts(
    items: Iterable[Mapping[str, Any]], page: PageAddress, reading: Reading
) -> list[Post]:
    """Return the posts of a page, each with a key of its own."""
    posts: dict[str, Post] = {}
    for item in items:
        post = _post(item, page, reading)
        if post is None:
            continue
        key, repeat = post.key, 1
        while post.key in posts and content_digest(posts[post.key], page) != content_digest(
            post, page
        ):
            repeat += 1
            post = _renamed(post, f"{key}~{repeat}")
        posts.setdefault(post.key, post)
    return list(posts.values())


def content_digest(post: Post, page: PageAddress) -> str:
    """Return a digest of what a post says; alike on every mirror, changed by any change."""
    links = [part for x in post.links for part in (page.relative(x.url), x.name)]
    entries = post.listing.entries if post.listing else ()
    files = [str((x.path, x.size_bytes, x.size_range)) for x in entries]
    return digest(post.title, post.text, post.state, str(post.stated_at), *links, *files)


def _post(item: Mapping[str, Any], page: PageAddress, reading: Reading) -> Post | None:
    title, text = item["title"], item["text"]
    links = [found for x in item["links"] if (found := _link(x, page)) is not None]
    url = _address(item, page, reading)
    is_own = url is not None and (reading.trust_links or page.is_same_host(url))
    own = _own_address(url, page) if url is not None and is_own else None
    key = item["key"] or (f"at {digest(page.relative(own), chars=16)}" if own else None)
    if url is not None and names_file(url):
        # No place, though the post may be nothing else: a file, whose address may hold a name.
        own = None
        links += [Link(url)] if all(link.url != url for link in links) else []
    if not (title or text or links or item.get("files")):
        return None
    # An address or a title may hold a name: its digest stands for it.
    key = key or f"of {digest(name_of_title(title) or text, chars=16)}"
    when = read_date(item["date"], assume_utc=reading.assume_utc, form=reading.date_format)
    return Post(
        key=key,
        location=own or f"{canonical_url(page.url)}#{digest(key, chars=16)}",
        title=title,
        text=text,
        state=_state(item, page, reading),
        stated_at=when,
        links=tuple(links),
        listing=_listing(item.get("files") or ()),
    )


def _listing(files: Iterable[Mapping[str, Any]]) -> Listing | None:
    """Return the files that an item shows by name as a listing."""
    entries = tuple(dict.fromkeys(_entry(file) for file in files))
    return Listing("post", entries) if entries else None


def _entry(file: Mapping[str, Any]) -> ListingEntry:
    path, sizes = file["name"].replace("\\", "/"), file["size_range"]
    if sizes is None:
        return ListingEntry(path)
    low, high = sizes
    if low == high:
        return ListingEntry(path, size_bytes=low)
    return ListingEntry(path, size_range=(low, high))


def _address(item: Mapping[str, Any], page: PageAddress, reading: Reading) -> str | None:
    """Return the address that an item links, or that its key makes; any host."""
    href = item["link"]
    if not href and reading.link_template and item["key"]:
        href = reading.link_template.replace("{key}", quote(item["key"], safe=""))
    return page.resolve(href) if href else None


def _own_address(url: str, page: PageAddress) -> str | None:
    """Return a link as a post's own address, or None when it is the page's."""
    canonical, here = canonical_url(url), canonical_url(page.url)
    if canonical != here:
        return canonical
    fragment = urlsplit(url).fragment
    return f"{canonical}#{fragment[:200]}" if fragment else None


def _link(found: Mapping[str, str], page: PageAddress) -> Link | None:
    if found["url"].lower().startswith("magnet:?"):
        return Link(found["url"], name=found["name"], is_magnet=True)
    url = page.resolve(found["url"])
    return Link(url, name=found["name"]) if url else None


def _state(item: Mapping[str, Any], page: PageAddress, reading: Reading) -> PostState:
    """Return the site's own word on the state: its mark, its deadline, its title."""
    given = (item["state"] or "").strip().casefold()
    for state, values in reading.states.items():
        if given and given in (v.casefold() for v in values):
            return PostState(state)
    if given in set(PostState):
        return PostState(given)
    deadline = read_date(item.get("deadline"), assume_utc=reading.assume_utc)
    if deadline and page.seen_at and deadline > page.seen_at:
        return PostState.COUNTDOWN
    return state_of_title(item["title"])


def _renamed(post: Post, key: str) -> Post:
    base, _, _ = post.location.partition("#")
    return replace(post, key=key, location=f"{base}#{digest(key, chars=16)}")


def whole_page(page: PageAddress, wire: Mapping[str, Any]) -> Post | None:
    """Return a page that was not understood as one post, so that a claim in it is still seen."""
    links = [x for x in wire["links"] if names_file(x["url"])]
    found = tuple(link for x in links if (link := _link(x, page)) is not None)
    if not (wire["text"] or wire["title"] or found):
        return None
    return Post(
        key=f"page {digest(page.relative(page.url))}",
        location=canonical_url(page.url),
        title=wire["title"],
        text=wire["text"],
        links=found,
    )
