"""Builders of facts and orders; every matter here is fiction."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from leakwatch.model.finding import Claims, Facts
from leakwatch.model.match import Grade, Match, Method
from leakwatch.model.matter import Act, ActCode, OrderKind, OrderVersion
from leakwatch.model.post import PostState
from leakwatch.model.source import Role

EFFECTIVE = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

ORDER = OrderVersion(
    order_id="interim",
    version=1,
    kind=OrderKind.INTERIM,
    effective_from=EFFECTIVE,
    acts=(Act(ActCode.PUBLISH, "1(b)"), Act(ActCode.ACCESS, "1(a)")),
    bound="persons unknown",
    verified_by="L. Lawyer",
    verified_at=EFFECTIVE + HOUR,
)
UNVERIFIED = replace(ORDER, verified_by=None, verified_at=None)
SELLING = replace(ORDER, acts=(*ORDER.acts, Act(ActCode.OFFER_OR_SELL, "1(c)")))


def match(
    file: str = "k1",
    grade: Grade = Grade.CONCLUSIVE,
    method: Method = Method.EXACT,
    share: float = 0.3,
    passage: int = 200,
) -> Match:
    return Match(file, "clinic", method, grade, stolen_in_leak=share, passage_chars=passage)


def facts(
    *matches: Match,
    role: Role = Role.LEAK_SITE,
    claims: Claims | None = None,
    state: PostState = PostState.UNKNOWN,
    seen: datetime = EFFECTIVE + 2 * HOUR,
    first_seen: datetime | None = None,
    last_absent: datetime | None = EFFECTIVE + HOUR,
    gone: datetime | None = None,
    unread: int = 0,
) -> Facts:
    return Facts(
        role=role,
        claims=claims or Claims(names_victim=True),
        post_state=state,
        matches=matches,
        observed_at=seen,
        first_seen_at=first_seen or seen,
        last_absent_at=last_absent,
        gone_at=gone,
        is_content_reachable=bool(matches),
        unread_files=unread,
    )
