"""Rules of addresses, redirects, waiting and giving up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakwatch.errors import (
    BadStatus,
    BodyTooLarge,
    BrokenResponse,
    Challenged,
    ConnectFailed,
    EgressRefused,
    LeakwatchError,
    RateLimited,
)
from leakwatch.fetch.policy import (
    MAX_RETRY_AFTER_S,
    FetchPolicy,
    check_target,
    choose_way,
    headers_for_hop,
    is_challenge,
    next_hop,
    normal_hosts,
    parse_target,
    pause_s,
    redirect_location,
    retry_after_s,
    status_error,
)
from leakwatch.model.source import Via
from tests.support.fetching import ONION

NOW = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "", "/page", "//host/page", "ftp://host/", "file:///etc/passwd", "javascript:1",
        "http://", "http:///page", "http://user@host/", "http://user:pw@host/", "http://a\\@b/",
        "http://host:0/", "http://host:65536/", "http://a b/", "http://%6c/", "http://a..b/",
        "http://" + "a" * 64 + ".onion/", "http://" + "a." * 127 + "onion/", "http://-a.org/",
    ],
)  # fmt: skip
def test_addresses_that_are_not_fetched(url: str) -> None:
    """Other schemes, credentials, and hosts no query could carry are refused."""
    with pytest.raises(EgressRefused):
        parse_target(url)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.text(max_size=40).map(lambda t: f"http://{t}"))
def test_any_text_is_parsed_or_refused(url: str) -> None:
    """No text makes the parser fail otherwise; what passes is stable when parsed again."""
    try:
        target = parse_target(url)
    except EgressRefused:
        return
    assert parse_target(target.url) == target


def test_targets_are_normalised() -> None:
    """Host in lower case without its trailing dot, default port told, fragment dropped."""
    target = parse_target("HTTPS://Paste.Example./a?b=1#c")
    assert target.url == "https://paste.example/a?b=1"
    assert target.origin == ("https", "paste.example", 443)
    assert parse_target("http://[2001:DB8::1]:8080/").host == "2001:db8::1"


def test_configured_hosts_are_spelt_as_targets_are() -> None:
    """A host written with capitals, an accent, a trailing dot or colons is the same host."""
    written = ["Feed.Example.", "clínica.example", "2001:DB8::1", "10.0.0.1", "", "a b"]
    hosts = normal_hosts(written)
    assert hosts == {"feed.example", "xn--clnica-4va.example", "2001:db8::1", "10.0.0.1"}
    assert parse_target("http://clínica.example/").host in hosts


def test_messages_hold_no_path() -> None:
    """A path may name a patient: neither repr nor errors show it."""
    secret = "smith-john.pdf"
    target = parse_target(f"http://10.0.0.1/{secret}?{secret}")
    assert secret not in repr(target)
    with pytest.raises(EgressRefused) as caught:
        check_target(target, Via.TOR, direct_hosts=frozenset(), allow_private=False)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("host", [ONION, ONION.upper(), f"{ONION}.", f"www.{ONION}"])
def test_onions_go_through_tor_whatever_via_says(host: str) -> None:
    """However it is spelt, an onion name never goes any other way."""
    target = parse_target(f"http://{host}/")
    assert choose_way(target, Via.DIRECT) is Via.TOR
    with pytest.raises(EgressRefused):
        check_target(target, Via.DIRECT, direct_hosts=frozenset({target.host}), allow_private=True)


def test_direct_is_for_configured_hosts() -> None:
    """Without Tor only hosts the operator named; through Tor any host a page may link to."""
    hosts = frozenset({"feed.example"})
    linked = parse_target("http://files.example/")
    with pytest.raises(EgressRefused, match="without Tor"):
        check_target(linked, Via.DIRECT, direct_hosts=hosts, allow_private=True)
    check_target(linked, Via.TOR, direct_hosts=hosts, allow_private=False)
    configured = parse_target("http://feed.example:8080/")
    check_target(configured, Via.DIRECT, direct_hosts=hosts, allow_private=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "nas.local"])
@pytest.mark.parametrize("via", list(Via))
def test_private_hosts_need_leave(host: str, via: Via) -> None:
    """Private addresses are refused on both ways, unless the source allows them."""
    target = parse_target(f"http://{host}/")
    hosts = frozenset({target.host})
    with pytest.raises(EgressRefused, match="private"):
        check_target(target, via, direct_hosts=hosts, allow_private=False)
    check_target(target, via, direct_hosts=hosts, allow_private=True)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b", "https://a.example/b"),
        ("?p=2", "https://a.example/x?p=2"),
        ("//b.example/", "https://b.example/"),
        ("https://b.example:444/", "https://b.example:444/"),
        (f"http://{ONION}/", f"http://{ONION}/"),
    ],
)
def test_redirects_lead_on(location: str, leads_to: str) -> None:
    """References resolve against the page; an onion name needs no https."""
    assert next_hop(parse_target("https://a.example/x"), location).url == leads_to


@pytest.mark.parametrize(
    "location", ["http://a.example/x", "ftp://a.example/", "http://u:p@a.example/", "data:,x"]
)
def test_redirects_that_are_refused(location: str) -> None:
    """A redirect does not leave https; schemes and credentials are judged anew."""
    with pytest.raises(EgressRefused):
        next_hop(parse_target("https://a.example/x"), location)


def test_malformed_redirects() -> None:
    """A Location that is no reference at all is a broken answer."""
    with pytest.raises(BrokenResponse):
        next_hop(parse_target("http://a.example/"), "http://[::1")


def test_only_redirects_with_a_location_are_followed() -> None:
    """300, 304 and 200 are not followed, whatever Location they carry."""
    headers = httpx.Headers({"Location": "/b"})
    followed = [s for s in range(200, 600) if redirect_location(s, headers) is not None]
    assert followed == [301, 302, 303, 307, 308]
    assert redirect_location(302, httpx.Headers()) is None


def test_other_origins_see_no_validators() -> None:
    """Validators and keys stay with their origin: host, scheme and port."""
    ours = {"if-none-match": '"a"', "x-api-key": "k", "range": "bytes=0-1", "if-range": '"a"'}
    first = parse_target("http://a.example/")
    assert headers_for_hop(ours, first, parse_target("http://a.example/b")) == ours
    for elsewhere in ("http://b.example/", "https://a.example/", "http://a.example:81/"):
        assert headers_for_hop(ours, first, parse_target(elsewhere)) == {"range": "bytes=0-1"}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 40, MAX_RETRY_AFTER_S),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30.0),  # IMF-fixdate
        ("Sunday, 06-Nov-94 08:49:37 GMT", 30.0),  # RFC 850
        ("Sun Nov  6 08:49:37 1994", 30.0),  # asctime
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        (None, None), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("٣", None),
    ],
)  # fmt: skip
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """Seconds or one of three date forms (RFC 9110, 10.2.3 and 5.6.7); else nothing."""
    assert retry_after_s(value, NOW) == seconds


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_retry_after_never_fails(value: str) -> None:
    """No header value makes it fail, or ask for a negative or endless wait."""
    seconds = retry_after_s(value, NOW)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=0, max_value=86_400))
def test_retry_after_dates_count_from_now(seconds: int) -> None:
    """A date means the seconds from now until then."""
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after_s(date, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"CF-Mitigated": "challenge"}),
        (503, {"cf-mitigated": "challenge", "retry-after": "5"}),
        (202, {"x-amzn-waf-action": "challenge"}),
        (405, {"x-amzn-waf-action": "captcha"}),
        (403, {"Server": "ddos-guard"}),
        (503, {"Server": "ddos-guard"}),
    ],
)
def test_challenges(status: int, headers: dict[str, str]) -> None:
    """Waiting rooms are known by their headers, and come before other readings."""
    found = httpx.Headers(headers)
    assert is_challenge(status, found)
    assert isinstance(status_error(status, found, host="h", now=NOW), Challenged)


@pytest.mark.parametrize(
    ("status", "headers"),
    [(403, {}), (403, {"Server": "cloudflare"}), (200, {"Server": "ddos-guard"})],
)
def test_not_challenges(status: int, headers: dict[str, str]) -> None:
    """A plain refusal, or a page behind such a service, is not a challenge."""
    assert not is_challenge(status, httpx.Headers(headers))


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, None), (206, None), (304, None), (404, None), (410, None), (302, BadStatus),
     (400, BadStatus), (403, BadStatus), (429, RateLimited), (503, BadStatus), (101, BadStatus)],
)  # fmt: skip
def test_statuses(status: int, expected: type[LeakwatchError] | None) -> None:
    """What is an answer, and what is which error."""
    error = status_error(status, httpx.Headers(), host="h", now=NOW)
    assert type(error) is (expected or type(None))


POLICY = FetchPolicy(attempts=3, max_wait_s=30)


def pause(error: LeakwatchError, *, attempt: int = 1, left_s: float = 300.0) -> float | None:
    return pause_s(error, POLICY, attempt=attempt, left_s=left_s, jitter=0.0)


def test_pauses_double_and_end() -> None:
    """One second, two, then no more attempts."""
    error = ConnectFailed("x")
    assert [pause(error, attempt=n) for n in (1, 2, 3)] == [1.0, 2.0, None]


def test_jitter_takes_up_to_half() -> None:
    """Jitter spreads pauses over the upper half."""
    for jitter, expected in ((0.0, 1.0), (1.0, 0.5)):
        found = pause_s(ConnectFailed("x"), POLICY, attempt=1, left_s=9, jitter=jitter)
        assert found == expected


def test_retry_after_is_kept_to_the_second() -> None:
    """What the site asks for is what it gets, up to the cap and the deadline."""
    assert pause(RateLimited("x", retry_after_s=30)) == 30
    assert pause(RateLimited("x", retry_after_s=0)) == 0
    assert pause(RateLimited("x", retry_after_s=30.5)) is None
    assert pause(RateLimited("x", retry_after_s=30), left_s=30) is None
    assert pause(RateLimited("x")) == 1.0


@pytest.mark.parametrize(
    "error",
    [
        EgressRefused("x"),
        BodyTooLarge("x"),
        BadStatus("x", status=403),
        Challenged("x"),
    ],
)
def test_what_is_not_tried_again(error: LeakwatchError) -> None:
    """Refusals of ours or theirs do not change within a minute."""
    assert pause(error) is None


def test_nothing_starts_after_the_deadline() -> None:
    """No attempt begins when the total deadline has passed or would during the pause."""
    assert pause(ConnectFailed("x"), left_s=0.9) is None
    assert pause(ConnectFailed("x"), left_s=-5) is None
