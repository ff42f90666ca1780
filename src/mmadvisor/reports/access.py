"""Access to a regimen, and the jurisdiction of an answer, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mmadvisor.answers.access import (
    AccessEntry,
    AskedEntry,
    AtHandEntry,
    DecisionEntry,
    FundedEntry,
    LabelEntry,
    LastReadEntry,
    LicensedEntry,
    PlaceEntry,
    PlaceSentence,
)
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.listings import Jurisdiction, LastRead
from mmadvisor.criteria.base import every
from mmadvisor.judging.access import Label, Licence
from mmadvisor.judging.case import Case
from mmadvisor.judging.funding import Decision, Funded
from mmadvisor.judging.results import Result
from mmadvisor.judging.verdict import Assessment

NO_DECISION = "no decision on paying for it was found"


def access_entry(case: Case, assessment: Assessment) -> AccessEntry:
    """Whether a regimen is licensed, paid for, and on the market, for this patient."""
    access = assessment.access
    supply = access.supply
    return AccessEntry(
        licensed=_licensed(case, access.licence),
        funded=_funded(case, access.funding),
        at_hand=AtHandEntry(
            answer=supply.truth.answer,
            because=supply.because,
            on=supply.on,
            source=supply.source,
            verified=supply.verified,
        ),
    )


def _licensed(case: Case, licence: Licence) -> LicensedEntry:
    return LicensedEntry(
        answer=licence.truth.answer if licence.applies else "not-applicable",
        because=licence.because,
        since=licence.since,
        foreign=[_label(case, label) for label in licence.foreign],
        last_read=_last_read(licence.last_read) if licence.last_read is not None else None,
        source=licence.source,
        verified=licence.verified,
    )


def _last_read(read: LastRead) -> LastReadEntry:
    return LastReadEntry(registered=read.registered, on=read.day, source=read.source, verified=read.verified)


def _label(case: Case, label: Label) -> LabelEntry:
    return LabelEntry(
        jurisdiction=label.jurisdiction,
        answer=label.takes.answer,
        text="; ".join(_plainly(case, r) for r in label.results) or "no further condition",
        since=label.indication.since,
        source=label.indication.source,
        verified=label.indication.verified,
    )


def _plainly(case: Case, result: Result) -> str:
    """A requirement in words, without the jurisdiction of its label.

    What was found is added if the requirement is not met, or if a fact is missing.
    """
    criterion, words = result.criterion, case.catalogue.words
    if result.finding.truth is Truth.MET or (not result.finding.missing and result.finding.truth is Truth.UNKNOWN):
        return criterion.text or criterion.required(words)
    return criterion.told(result.finding, words)


def _funded(case: Case, funding: Funded) -> FundedEntry:
    by = funding.by
    return FundedEntry(
        answer=funding.truth.answer,
        because=_because(case, by) if by is not None else NO_DECISION,
        by=_decision(case, by) if by is not None else None,
        questions=list(dict.fromkeys(_questions(by.results))) if by is not None else [],
        others=[_decision(case, d) for d in funding.others],
        source=by.funding.source if by is not None else "",
        verified=by.funding.verified if by is not None else "unverified",
    )


def _because(case: Case, decision: Decision) -> str:
    """Who decided what, and which criteria this patient does not meet or may not meet.

    The note of the decision is added if the payer does not pay, because a refusal that was only inferred is explained
    there.
    """
    funding = decision.funding
    outcome = {"not-read": "decided or due, and not read"}.get(funding.outcome, funding.outcome)
    recalled = ", recalled and not read" if funding.verified == "unverified" else ""
    day = f" {funding.decided_on}" if funding.decided_on else ""
    lacking = [r for r in decision.results if r.counts_as is not Truth.MET]
    said = f": {'; '.join(_plainly(case, r) for r in lacking)}" if lacking else ""
    note = f" ({funding.note})" if funding.note and not funding.pays else ""
    return f"{funding.called}, {outcome}{day}{recalled}{note}{said}"


def _questions(results: Sequence[Result]) -> Iterator[str]:
    """The conditions that no field of the patient file can decide, as questions for a person."""
    for result in results:
        if result.finding.truth is Truth.UNKNOWN:
            yield from (part.text for part in every((result.criterion,)) if part.left_to_people and not part.parts())


def _decision(case: Case, decision: Decision) -> DecisionEntry:
    funding = decision.funding
    return DecisionEntry(
        scheme=funding.scheme,
        number=funding.number,
        outcome=funding.outcome,
        decided_on=funding.decided_on,
        regions=list(funding.regions),
        answer=decision.takes.answer,
        criteria=[_asked(case, r) for r in decision.results],
        note=funding.note,
        source=funding.source,
        verified=funding.verified,
    )


def _asked(case: Case, result: Result) -> AskedEntry:
    return AskedEntry(
        text=result.criterion.text or result.criterion.required(case.catalogue.words),
        result=result.finding.truth.value,
        found=result.finding.found,
        missing=list(result.finding.missing),
    )


def place_entry(case: Case, options: Sequence[Assessment]) -> PlaceEntry:
    """The jurisdiction of an answer, and which of the options are licensed, or may be licensed, in it."""
    place = case.catalogue.jurisdictions.get(case.jurisdiction) or Jurisdiction(name="", listings={})
    get = case.history.patient.get
    region, pays = case.assessor.place.region, get("access.pays")
    return PlaceEntry(
        jurisdiction=case.jurisdiction,
        name=place.name,
        region=region or "",
        region_from="recorded" if region is not None and get("access.region") == region else "assumed",
        pays=pays or "public",
        pays_from="recorded" if pays else "assumed",
        funding_read=place.funding_read,
        says=list(_said(case, place)),
        licensed=[a.regimen.id for a in options if a.access.licensed is Truth.MET and a.access.licence.applies],
        not_known=[a.regimen.id for a in options if a.access.licensed is Truth.UNKNOWN],
    )


def _said(case: Case, place: Jurisdiction) -> Iterator[PlaceSentence]:
    """Sentences on a jurisdiction that apply to the region and were known by the day of the decision."""
    for note in place.says:
        if (not note.regions or case.assessor.place.region in note.regions) and case.known(note.source):
            yield PlaceSentence(text=note.text, source=note.source, verified=note.verified)
