"""The demo's sites have the shapes that real ones have, and answer as servers do."""

from __future__ import annotations

import asyncio
import io
import socket
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from leakwatch.demo.leak_site import LeakSite
from leakwatch.sources.wire import autoindex, feed, js_list, paste_archive
from tests.support.alerts import NOON, StoppedClock

KAZU = {
    "variable": "companies",
    "title": "name",
    "link": "url",
    "text": "description",
    "date": "pubdate",
    "key": None,
    "state": None,
    "files": ["files", "links"],
}
CLINIC = "Kererū Street Clinic"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def site(clock: StoppedClock) -> AsyncIterator[LeakSite]:
    async with LeakSite(clock) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def body(http: httpx.AsyncClient, url: str) -> bytes:
    answer = await http.get(url)
    assert answer.status_code == 200
    return answer.content


def an_archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("notes/one.txt", "made up " * 400)
    return out.getvalue()


async def test_leak_site_goes_from_quiet_to_published(
    site: LeakSite, http: httpx.AsyncClient
) -> None:
    """Nothing of the clinic, then a threat with a timer, then files, in Kazu's page shape."""

    async def victim() -> dict[str, object] | None:
        page = js_list.parse(await body(http, site.urls.leak_site), KAZU)
        assert page["problem"] is None
        assert len(page["items"]) >= 2
        return next((item for item in page["items"] if item["title"] == CLINIC), None)

    assert site.state == "quiet"
    assert await victim() is None
    site.list_victim()
    listed = await victim()
    assert site.state == "listed"
    assert listed is not None
    assert "if they do not pay" in str(listed["text"])
    assert not listed["links"]
    archive = an_archive()
    address = site.publish(archive)
    published = await victim()
    assert site.state == "published"
    assert published is not None
    assert "Published" in str(published["text"])
    assert httpx.URL(address).path in str(published["links"])
    assert await body(http, address) == archive


async def test_page_is_a_literal_and_not_json(site: LeakSite, http: httpx.AsyncClient) -> None:
    """The page has what makes Kazu's hard: comments, bare keys, both quotes, trailing commas."""
    site.list_victim()
    text = (await body(http, site.urls.leak_site)).decode()
    listing = text.split("const companies = ")[1]
    for feature in ("// ", "/* ", "    name: '", '"description": "', ",\n  }"):
        assert feature in listing


async def test_pastes(site: LeakSite, http: httpx.AsyncClient) -> None:
    """A paste appears in the archive, as a page and raw, letter for letter."""
    text = "first line\n<b>Aroha</b> & co\n"
    page_url = site.paste(text, title="look <here>")
    options = {
        "id_pattern": r'href="/paste/(?P<id>\w{8})">(?P<title>[^<]*)</a>',
        "refused_texts": [],
    }
    page = paste_archive.parse(await body(http, site.urls.paste_archive), options)
    newest = page["items"][0]
    assert newest["title"] == "look <here>"
    assert len(page["items"]) == 2
    assert page_url == site.urls.paste_page.format(id=newest["key"])
    assert await body(http, site.urls.paste_raw.format(id=newest["key"])) == text.encode()
    assert b"&lt;b&gt;Aroha" in await body(http, page_url)
    assert (await http.get(site.urls.paste_raw.format(id="zzzzzzzz"))).status_code == 404


async def test_open_directory(site: LeakSite, http: httpx.AsyncClient) -> None:
    """A dropped file is listed with its exact size, its whole name in the link, and served."""
    name = "a very long name of a note that nginx would cut in its listing.txt"
    address = site.drop(name, b"x" * 1234)
    url = site.urls.directory
    listing = autoindex.parse(await body(http, url), {"url": url})
    sizes = {entry["name"]: entry["size_bytes"] for entry in listing["entries"]}
    assert listing["problem"] is None
    assert sizes[name] == 1234
    assert "README.txt" in sizes
    assert await body(http, address) == b"x" * 1234


async def test_news_mentions_only_when_told(site: LeakSite, http: httpx.AsyncClient) -> None:
    """The newspaper and its feed report the incident, without a word of any file."""
    assert CLINIC.encode() not in await body(http, site.urls.news)
    site.mention()
    items = feed.parse(await body(http, site.urls.feed), {})["items"]
    assert [item["key"] for item in items] == ["clinic-hacked", "bowling-club"]
    assert CLINIC in items[0]["title"]
    assert CLINIC.encode() in await body(http, site.urls.news)


async def test_validators(site: LeakSite, http: httpx.AsyncClient, clock: StoppedClock) -> None:
    """An unchanged page answers 304 to its ETag or date; a changed one is sent again."""
    url = site.urls.leak_site
    first = await http.get(url)
    assert first.headers["Last-Modified"] == format_datetime(NOON, usegmt=True)
    by_tag = {"If-None-Match": first.headers["ETag"]}
    by_date = {"If-Modified-Since": first.headers["Last-Modified"]}
    for headers in (by_tag, by_date):
        answer = await http.get(url, headers=headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == first.headers["ETag"]
    clock.move(timedelta(minutes=5).total_seconds())
    site.list_victim()
    for headers in (by_tag, by_date):
        assert (await http.get(url, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "start", "stop"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=10-", 206, 10, None),
        ("bytes=-22", 206, -22, None),
        ("bytes=-999999", 206, 0, None),
        ("bytes=5-999999", 206, 5, None),
        ("bytes=oops", 200, 0, None),
        ("bytes=999999-", 416, 0, 0),
    ],
)
async def test_ranges(
    site: LeakSite,
    http: httpx.AsyncClient,
    *,
    asked: str,
    status: int,
    start: int,
    stop: int | None,
) -> None:
    """A published archive can be read by its end alone, as RFC 9110 says."""
    archive = an_archive()
    answer = await http.get(site.publish(archive), headers={"Range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer.headers["Content-Range"] == f"bytes */{len(archive)}"
        return
    assert answer.content == archive[start:stop]
    if status == 206:
        first = archive.index(answer.content)
        last = first + len(answer.content) - 1
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(archive)}"


async def test_a_range_of_another_version_is_the_whole(
    site: LeakSite, http: httpx.AsyncClient
) -> None:
    """A reader that began with another archive is not given the middle of this one."""
    address = site.publish(an_archive())
    tag = (await http.head(address)).headers["ETag"]
    for held, status in ((tag, 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-9", "If-Range": held}
        assert (await http.get(address, headers=headers)).status_code == status


async def test_nothing_is_left(clock: StoppedClock) -> None:
    """After stop no port listens and no task runs; stopping again is harmless."""
    site = LeakSite(clock)
    await site.start()
    url = httpx.URL(site.urls.news)
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(url)
        await site.stop()
    await site.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.host, url.port or 0), timeout=5)
    assert asyncio.all_tasks() == {asyncio.current_task()}
