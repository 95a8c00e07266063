"""A finding as a message to a lawyer: page one, and nothing that should not be in a mail.

Pure: no clock, no store, no network; the same facts give the same alert to the
byte. It says outcome, what, where, when, how sure, which paragraph, what next
and on which evidence, in this order, so that the first lines are enough to act
on. It holds no leaked text, no title or word of a page, no document name, no
fact about a person and no address that clicks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leakwatch import __version__
from leakwatch.alert.layout import (
    address,
    both_times,
    chopped,
    one_line,
    paragraph,
    plain,
    section,
)
from leakwatch.alert.wording import ELEMENT_NAMES, GRADE_MEANS, WORDING, Wording
from leakwatch.model.alert import Alert
from leakwatch.model.evidence import EvidenceRecord, RecordKind
from leakwatch.model.finding import ElementState, Finding, Outcome
from leakwatch.model.ids import alert_id
from leakwatch.model.matter import Matter, OrderVersion

_RECORDS_SHOWN = 5
_KEPT = "What was seen is kept, sealed to your key: leakwatch evidence open RECORD."
_NOT_KEPT = (
    "Digests of what was seen are recorded; the content was not kept, for the matter has no live "
    "authorisation to seal it."
)
_NOT_KNOWN_THEN = (
    "Digests of what was seen are recorded; the content was not kept, for nothing in it was known "
    "when it was seen."
)
_HINDSIGHT = (
    "Recognised only later, in the fingerprints kept of an earlier look, after files were added to "
    "the protected set. The times below are those of the looks, not of the recognition."
)
_STATES = {ElementState.MET: "met", ElementState.NOT_MET: "NOT met", ElementState.UNKNOWN: "?"}


def compose(
    finding: Finding,
    matter: Matter,
    *,
    records: Sequence[EvidenceRecord],
    composed_at: datetime,
    previous: Outcome | None = None,
    unread_files: int = 0,
) -> Alert:
    """Return the alert of this revision of the finding.

    Args:
        finding: as it is saved in the same transaction.
        matter: the finding's matter.
        records: evidence of the finding, oldest first.
        composed_at: when the finding was assessed, aware UTC.
        previous: outcome last told; None when nothing was told before.
        unread_files: files that are there but were not read.
    """
    wording = WORDING[finding.outcome]
    name = alert_id(finding.id, finding.revision)
    lines = [
        *_banner(matter),
        "",
        *paragraph(wording.headline, indent=""),
        *_change(finding, previous),
        *section("What", _what(finding, unread_files)),
        *section("Where", _where(finding)),
        *section("When", [*_hindsight(records), *_when(finding, matter)]),
        *section("How sure", _how_sure(finding, wording)),
        *section("Order", _order(finding, matter)),
        *section("Elements", _elements(finding)),
        *section("What to do next", _steps(wording, name, finding.id)),
        *section("Evidence", _evidence(records)),
        *_footer(matter, finding, name, composed_at),
    ]
    return Alert(
        id=name,
        finding_id=finding.id,
        revision=finding.revision,
        matter=matter.id,
        outcome=finding.outcome,
        subject=subject(matter, f"{wording.label} ({finding.id})"),
        body="\n".join(lines) + "\n",
        composed_at=composed_at,
    )


def subject(matter: Matter, text: str) -> str:
    """Return the one line that shows on a locked screen: TLP, case, outcome class."""
    return f"[TLP:{one_line(matter.tlp, limit=20)}] {one_line(matter.case_ref, limit=60)} {text}"


def _banner(matter: Matter) -> list[str]:
    return [
        *paragraph(f"TLP:{plain(matter.tlp, limit=20)}  {plain(matter.case_ref)}", indent=""),
        *paragraph(plain(matter.title), indent=""),
        "CONFIDENTIAL. Prepared for the legal team; privilege is claimed.",
    ]


def _change(finding: Finding, previous: Outcome | None) -> list[str]:
    if previous is None:
        return []
    was, now = WORDING[previous].label, WORDING[finding.outcome].label
    if previous is finding.outcome:
        text = f"UPDATE (revision {finding.revision}): still {now}; what is known has changed."
    elif finding.outcome.severity > previous.severity:
        text = f"RAISED (revision {finding.revision}): was {was}; now {now}."
    else:
        text = (
            f"LOWERED (revision {finding.revision}): was {was}; now {now}. "
            "The history of the finding says who or what lowered it."
        )
    return paragraph(text, indent="")


def _what(finding: Finding, unread_files: int) -> list[str]:
    if finding.documents:
        noun = "document" if finding.documents == 1 else "documents"
        text = f"{finding.documents} known {noun} of the protected set recognised so far."
    else:
        text = "No document of the protected set was recognised here."
    lines = paragraph(text)
    if finding.grade is not None:
        lines += paragraph(f"Best match: {GRADE_MEANS[finding.grade]}.")
    if unread_files:
        noun = "file that is there" if unread_files == 1 else "files that are there"
        lines += paragraph(
            f"{unread_files} further {noun} could not be read (locked, dead, too large or not "
            "fetched): content unknown."
        )
    return lines


def _where(finding: Finding) -> list[str]:
    return [
        *chopped(address(finding.location)),
        *paragraph(f"Source as configured: {plain(finding.source)}."),
        *paragraph(
            "The address is written so that nothing opens it: read [.] as a dot, hxxp as http; "
            "lines join. Names of documents and folders are left out."
        ),
    ]


def _hindsight(records: Sequence[EvidenceRecord]) -> list[str]:
    is_late = bool(records) and records[-1].draft.kind is RecordKind.HINDSIGHT
    return paragraph(_HINDSIGHT) if is_late else []


def _when(finding: Finding, matter: Matter) -> list[str]:
    def at(moment: datetime) -> str:
        return both_times(moment, matter.timezone)

    if finding.last_absent_at is None:
        lines = paragraph(
            "When it appeared is not known: no earlier look at this place could have shown its "
            "absence. It may have been there for longer."
        )
    else:
        lines = paragraph(
            "It appeared after the last look that did not show it and no later than the first "
            "that did:"
        )
        lines += paragraph(at(finding.last_absent_at), first="absent at   ")
    lines += paragraph(at(finding.first_seen_at), first="first seen  ")
    lines += paragraph(at(finding.last_seen_at), first="last seen   ")
    if finding.gone_since is not None:
        lines += paragraph(at(finding.gone_since), first="gone since  ")
    if finding.claimed_posted_at is not None:
        lines += paragraph(
            f"The place itself gives {at(finding.claimed_posted_at)} as its date: "
            "a claim, not a fact."
        )
    return lines


def _how_sure(finding: Finding, wording: Wording) -> list[str]:
    lines: list[str] = []
    for reason in finding.assessment.reasons:
        lines += paragraph(plain(reason), first="- ")
    unknown = [
        f"{e.code} {ELEMENT_NAMES.get(e.code, '')}".strip()
        for e in finding.assessment.elements
        if e.state is ElementState.UNKNOWN
    ]
    if unknown:
        lines += paragraph(f"Not known: {', '.join(unknown)}.")
    return lines + paragraph(f"What would change this: {wording.would_change}")


def _order(finding: Finding, matter: Matter) -> list[str]:
    assessment = finding.assessment
    if assessment.order is None:
        return paragraph("No version of an order was in force at the observation.")
    lines = paragraph(f"In force at the observation: {plain(assessment.order)}.")
    if assessment.paragraph is None:
        lines += paragraph("No paragraph of it was found to match.")
    else:
        lines += paragraph(f"Paragraph: {plain(assessment.paragraph)}.")
    version = _version_named(assessment.order, matter)
    if version is not None and version.is_verified:
        lines += paragraph(
            "The record was checked against the sealed order by "
            f"{plain(version.verified_by or '')}."
        )
    else:
        lines += paragraph(
            "CAUTION: the record of this order has not been checked against the sealed order by "
            "a named lawyer."
        )
    return lines


def _version_named(label: str, matter: Matter) -> OrderVersion | None:
    return next((o for o in matter.orders if f"{o.order_id} v{o.version}" == label), None)


def _elements(finding: Finding) -> list[str]:
    lines: list[str] = []
    for element in finding.assessment.elements:
        name = ELEMENT_NAMES.get(element.code, "")
        head = f"{one_line(element.code, limit=4):<3}{name:<13}{_STATES[element.state]:<8}"
        lines += paragraph(plain(element.because) or "-", first=head)
    return lines or paragraph("None recorded.")


def _steps(wording: Wording, alert: str, finding: str) -> list[str]:
    steps = (
        f"Legal, now: acknowledge this message: leakwatch alerts ack {alert}",
        *wording.steps,
        f"For more: leakwatch findings show {finding}; leakwatch findings explain {finding}",
    )
    lines: list[str] = []
    for number, step in enumerate(steps, start=1):
        lines += paragraph(step, first=f"{number}. ")
    return lines


def _evidence(records: Sequence[EvidenceRecord]) -> list[str]:
    if not records:
        return paragraph("No record is linked to this finding yet.")
    is_late = all(r.draft.kind is RecordKind.HINDSIGHT for r in records)
    not_kept = _NOT_KNOWN_THEN if is_late else _NOT_KEPT
    lines = paragraph(_KEPT if any(r.draft.sealed for r in records) else not_kept)
    left_out = len(records) - _RECORDS_SHOWN
    if left_out > 0:
        noun = "record" if left_out == 1 else "records"
        lines += paragraph(f"{left_out} earlier {noun} of this finding not listed here.")
    for record in records[-_RECORDS_SHOWN:]:
        lines += paragraph(f"record {record.seq}, {plain(record.draft.id)}, SHA-256:")
        lines += chopped(one_line(record.sha256))
    return lines


def _footer(matter: Matter, finding: Finding, alert: str, composed_at: datetime) -> list[str]:
    return [
        "",
        "-" * 40,
        *paragraph(
            f"Alert {alert}, finding {finding.id}, revision {finding.revision}, matter "
            f"{plain(matter.id)}. Composed {both_times(composed_at, matter.timezone)}.",
            indent="",
        ),
        *paragraph(
            f"Generated by leakwatch {__version__}. Decision support, not a legal conclusion: a "
            "machine compared what it saw with fingerprints of the protected set and with the "
            "order as recorded. The same alert may reach you twice; its number tells.",
            indent="",
        ),
    ]
