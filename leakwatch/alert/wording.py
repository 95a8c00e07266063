"""What an alert says of each outcome: one entry an outcome, nothing else.

Pure data. The words are always "apparent" or "appears": whether an order was
breached is for a court. What comes of a breach is counsel's decision, so the
steps name who decides and by when, and never act for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from leakwatch.model.finding import Outcome
from leakwatch.model.match import Grade


@dataclass(frozen=True, slots=True)
class Wording:
    """The fixed words of one outcome."""

    label: str
    """As in the subject line: ``apparent breach: publication``."""
    headline: str
    """The outcome in one sentence: the first thing a reader sees."""
    would_change: str
    """What would change this assessment."""
    steps: tuple[str, ...]
    """What to do next, in order, each with its owner and its time."""


_NO_VISIT = (
    "Everybody: do not open the address or download from it on an office machine; "
    "what leakwatch recorded of it is under Evidence."
)
_REPORT = "Analyst, today: send counsel the full report, with its chronology and capture list."
_TAKEDOWN = (
    "Legal, within 24 hours: decide on a takedown or preservation notice to whoever hosts it; "
    "ask for logs to be kept before removal. leakwatch sends no notice by itself."
)
_EXCEPTION = (
    "Legal, today: consider whether an exception, a consent or a variation of the order applies."
)
_VERIFY = (
    "Legal, today: check the recorded order against the sealed copy and have it marked verified, "
    "or decide whether to apply for an order."
)
_LOOK = "Analyst, today: look at the finding and confirm or reject it, with a reason."
_NO_NOTICE = "No takedown notice is suggested for this outcome."
_NOTHING = "Nothing is asked of you. leakwatch keeps watching."

_BREACH_CHANGES = (
    "A named person rejecting the match, an exception to the order, or evidence that the "
    "material was public before the order took effect."
)

WORDING: Mapping[Outcome, Wording] = MappingProxyType(
    {
        Outcome.BREACH_PUBLICATION: Wording(
            "apparent breach: publication",
            "Protected material appears to have been published, in apparent breach of the order.",
            _BREACH_CHANGES,
            (_NO_VISIT, _EXCEPTION, _TAKEDOWN, _REPORT),
        ),
        Outcome.BREACH_CONTINUING: Wording(
            "apparent breach: continuing",
            "Protected material that appears to have been posted before the order is still up, "
            "in apparent continuing breach.",
            "Whether the order reaches publication that began before it; a named person "
            "rejecting the match; or evidence that it was taken down in time.",
            (
                _NO_VISIT,
                (
                    "Legal, today: decide whether the order reaches publication that began before it, "
                    "and whether it has been served on whoever hosts the material."
                ),
                _TAKEDOWN,
                _REPORT,
            ),
        ),
        Outcome.BREACH_OFFER: Wording(
            "apparent breach: offer",
            "Protected material appears to be offered to others, in apparent breach of the order.",
            "A named person finding that the offer concerns other data, that what is offered is "
            "not what it claims to be, or that an exception applies.",
            (
                _NO_VISIT,
                "Everybody: do not answer the offer, ask for samples or negotiate.",
                _EXCEPTION,
                _TAKEDOWN,
                _REPORT,
            ),
        ),
        Outcome.BREACH_FACILITATION: Wording(
            "apparent breach: facilitation",
            "This place appears to lead others to protected material (a link, a password or a "
            "list of mirrors), in apparent breach of the order.",
            "The place it leads to no longer holding protected material, or a named person "
            "finding that the link serves another purpose.",
            (
                _NO_VISIT,
                "Legal, today: read this together with the finding on the place it leads to.",
                _EXCEPTION,
                _TAKEDOWN,
                _REPORT,
            ),
        ),
        Outcome.THREAT: Wording(
            "threat",
            "Publication or sale appears to be threatened. No protected material was seen in a "
            "way that the order covers.",
            "Protected material becoming reachable here or elsewhere; it would be assessed again "
            "at once and you would be told.",
            (
                "Everybody: do not answer, pay or negotiate on the strength of this message.",
                "Legal, today: consider notice to the place, to the Police and to those affected.",
                _LOOK,
            ),
        ),
        Outcome.REVIEW_ORDER: Wording(
            "for review: no verified order",
            "Protected material appears to be reachable at this place. No verified order is "
            "recorded to hold it against, so nothing is concluded about the order.",
            "A named lawyer checking the recorded order against the sealed one, or an order "
            "being made: the finding is then assessed again.",
            (
                _NO_VISIT,
                _VERIFY,
                _LOOK,
            ),
        ),
        Outcome.REVIEW_FACILITATION: Wording(
            "for review: possible facilitation",
            "This place appears to lead to protected material, but no act that the order names "
            "covers it as recorded.",
            "A paragraph of the order that covers linking or helping, or the material itself "
            "being found at this place.",
            (
                _NO_VISIT,
                "Legal, today: decide whether the order, or a variation of it, reaches this place.",
                _NO_NOTICE,
            ),
        ),
        Outcome.REVIEW_MEDIA: Wording(
            "for review: reporting",
            "Reporting or comment appears to quote protected material.",
            "The quotation proving to be public information, or full documents appearing here.",
            (
                (
                    "Legal, today: weigh the quotation against the freedom to report before any "
                    "contact."
                ),
                _LOOK,
                _NO_NOTICE,
            ),
        ),
        Outcome.REVIEW_OWN_DATA: Wording(
            "for review: possibly own data",
            "Protected material was seen where the person it concerns, or their provider, may "
            "have put it themselves.",
            "Who put it there, and whether they hold it by right.",
            (
                (
                    "Legal, today: decide with the custodian whether the person concerned should be "
                    "contacted, with care for their safety and privacy."
                ),
                _LOOK,
                _NO_NOTICE,
            ),
        ),
        Outcome.CLAIM_UNVERIFIED: Wording(
            "unverified claim",
            "This place claims to hold or to have published the material. leakwatch could not "
            "verify the claim.",
            "A password, a working link or leave to fetch what is linked: then it could be "
            "compared with the protected set.",
            (
                _LOOK,
                "Analyst, today: note counts and sizes that the place states against the inventory.",
                "Legal: for the daily list; decide whether leave to fetch should be given.",
            ),
        ),
        Outcome.MENTION: Wording(
            "mention",
            "The incident is mentioned here. No protected material was seen.",
            "Protected material appearing at this place.",
            (_NOTHING,),
        ),
        Outcome.PRE_ORDER: Wording(
            "before the order",
            "Protected material was up here, and appears to have gone before the order took "
            "effect.",
            "The material being seen again, or an earlier effective date.",
            (_NOTHING,),
        ),
        Outcome.OUT_OF_SCOPE: Wording(
            "out of scope",
            "What was seen here appears to lie outside the order.",
            "A new version of the order.",
            (_NOTHING,),
        ),
        Outcome.FALSE_POSITIVE: Wording(
            "not a match",
            "A named person found that this is not protected material.",
            "The same person or another named person reopening it.",
            (_NOTHING,),
        ),
    }
)

GRADE_MEANS: Mapping[Grade, str] = MappingProxyType(
    {
        Grade.CONCLUSIVE: (
            "conclusive: the same bytes, the same text at length, or several files that agree in "
            "size and checksum"
        ),
        Grade.PROBABLE: "probable: near-complete, or a long distinctive passage in common",
        Grade.POSSIBLE: "possible: resembles known material; an analyst should look",
    }
)

ELEMENT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "E1": "material",
        "E2": "act",
        "E3": "time",
        "E4": "person",
        "E5": "notice",
        "E6": "exceptions",
        "E7": "jurisdiction",
    }
)
