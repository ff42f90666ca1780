"""The page of a regimen as plain data, for ``mmadvisor explain`` in any format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from mmadvisor.answers.published import EvidenceEntry
from mmadvisor.answers.recommendation import FigureEntry, Monitoring, NotOffered, OptionEntry, Recommendation
from mmadvisor.answers.regimen import (
    SCHEMA,
    AgentPage,
    BurdenEntry,
    Claim,
    DoseEntry,
    HoldEntry,
    IndicationEntry,
    LaterCyclesEntry,
    LeadingFigure,
    LeadTimeEntry,
    ListingEntry,
    PatientTrace,
    PlacementEntry,
    RegimenPage,
    RestartEntry,
)
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.base.known import Truth, span
from mmadvisor.catalogue.catalogue import Catalogue, find_regimen
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, plain, since_of, stamped
from mmadvisor.catalogue.listings import Indication, Listing
from mmadvisor.catalogue.regimens import Component, Evidence, Regimen, states_for
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.drugs import CHECK, Handling, Hold, Restart, Row, Statement
from mmadvisor.judging.bands import figure_of
from mmadvisor.judging.case import Case
from mmadvisor.judging.checklist import checklist
from mmadvisor.judging.dosing import Dosing, variant_entries
from mmadvisor.judging.interactions import interaction_in_words
from mmadvisor.judging.nearest import DESIGNS, same_trial
from mmadvisor.reports.options import monitoring

_UNREAD = "this row was not read at its source"


def regimen_page(
    catalogue: Catalogue,
    name: str,
    stamp: Stamp,
    answer: Recommendation | None = None,
    *,
    day: date | None = None,
    place: str | None = None,
    case: Case | None = None,
) -> RegimenPage:
    """The page of a regimen, with the part of a patient's answer about this regimen if an answer is given.

    Args:
        catalogue: The catalogue.
        name: An id, an abbreviation or an alias.
        stamp: What identifies the catalogue.
        answer: The answer for a patient; ``None`` without a patient.
        day: Day for the statuses. Default: the day of the catalogue's review.
        place: Code of the jurisdiction that comes first.
        case: The same patient; a dose is printed only if it is known to apply to this patient.

    Raises:
        UsageError: The catalogue has no such regimen.
    """
    regimen = find_regimen(catalogue, name)
    day = day or span(catalogue.reviewed_on).latest
    page = _page(catalogue, regimen, stamp, day, place, case)
    page["sources"] = bibliography(catalogue, page, day)
    if answer is not None:
        page["for_patient"] = _for_patient(answer, regimen)
    return page


def _page(
    catalogue: Catalogue, regimen: Regimen, stamp: Stamp, day: date, place: str | None, case: Case | None
) -> RegimenPage:
    """The page for a day, without its sources and without a patient's trace."""
    known = catalogue.formulary.name_by_id.get(regimen.id)
    dosing = Dosing(catalogue, regimen, place or "", case)
    return RegimenPage(
        schema=SCHEMA,
        regimen=regimen.id,
        on=day.isoformat(),
        name=regimen.name,
        uses=list(regimen.uses),
        modality=regimen.modality,
        intensity=regimen.intensity,
        investigational=regimen.investigational,
        routes=list(regimen.routes),
        cycle_days=regimen.cycle_days,
        later_cycles=[cast(LaterCyclesEntry, plain(c)) for c in regimen.later_cycles],
        duration=regimen.duration,
        lead_time_weeks=cast(LeadTimeEntry, dict(lead.contents())) if (lead := regimen.lead_time_weeks) else None,
        burden=cast(BurdenEntry, dict(burden.contents())) if (burden := regimen.burden) else None,
        aliases=list(known.aliases) if known else [],
        states=list(states_for(regimen)),
        schedules=dosing.schedules.entries(),
        agents=[_agent(catalogue, regimen, c, dosing, day, of_patient=case is not None) for c in regimen.agents],
        listings=_listings(catalogue, regimen, day, place),
        spent=_spent(catalogue, regimen),
        gates=[criterion_claim(catalogue, c) for c in catalogue.gates_of(regimen)],
        cautions=[claim for c in catalogue.cautions_of(regimen) for claim in _caution_claims(catalogue, c)],
        placements=list(_placements(catalogue, regimen, day)),
        evidence=[cast(EvidenceEntry, plain(row)) for row in catalogue.evidence_on(regimen, day)],
        leading=_leading(catalogue, regimen, day),
        untried=catalogue.untried(regimen, day),
        monitoring=_monitoring(catalogue, regimen, place or "", case),
        sequencing=[_statement(s) for s in regimen.sequencing if catalogue.known(s.source, day)],
        notes=[_statement(s) for s in regimen.notes],
        sources={},
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, day),
        intended_use=INTENDED_USE,
    )


def _for_patient(answer: Recommendation, regimen: Regimen) -> PatientTrace:
    """The part of an answer about one regimen, with what comes first in that answer."""
    entries: list[OptionEntry | NotOffered] = [*answer["options"], *answer["not_offered"]]
    return PatientTrace(
        patient=answer["patient"],
        jurisdiction=answer["jurisdiction"],
        treat_now=answer["treat_now"],
        first=answer["first"],
        entry=next(e for e in entries if e["regimen"] == regimen.id),
        co_medication=answer["co_medication"],
        sources=answer["sources"],
    )


def _placements(catalogue: Catalogue, regimen: Regimen, day: date) -> Iterator[PlacementEntry]:
    """The placements of a regimen by a day, setting by setting."""
    for setting in catalogue.settings:
        for p in setting.placements:
            if p.regimen == regimen.id and catalogue.placed_by(p, day):
                yield PlacementEntry(
                    setting=setting.name,
                    level=p.level,
                    by=p.by,
                    dated=p.dated,
                    text=p.text,
                    retired_by=p.retired_by if catalogue.retired(p, day) else "",
                    source=p.source,
                    verified=p.verified,
                )


def _leading(catalogue: Catalogue, regimen: Regimen, day: date) -> list[LeadingFigure]:
    """One figure for each trial, the figures to read first at the front; the order never depends on a figure."""

    def first(row: Evidence) -> tuple[bool, bool, int, bool, bool, int]:
        alone = row.pfs_months is None or (row.pfs_months.hr is None and row.pfs_months.control is None)
        unread = row.verified == "unverified"
        return row.arm != "tested", bool(row.subgroup), DESIGNS.index(row.design), alone, unread, -(row.n or 0)

    found: list[LeadingFigure] = []
    shown: list[Evidence] = []
    for row in sorted(catalogue.evidence_on(regimen, day), key=first):
        figure = figure_of(row)
        if figure is None or row.beside or any(same_trial(row, other) for other in shown):
            continue
        shown.append(row)
        found.append(
            LeadingFigure(
                trial=row.trial,
                subgroup=row.subgroup,
                population=row.population,
                design=row.design,
                n=row.n,
                figure=FigureEntry(kind=figure.kind, months=figure.months, percent=figure.percent),
                versus=row.versus,
                hr=row.pfs_months.hr if row.pfs_months is not None else None,
                source=row.source,
                verified=row.verified,
            )
        )
    return found


def _monitoring(catalogue: Catalogue, regimen: Regimen, place: str, case: Case | None) -> list[Monitoring]:
    """Its checklist as the answer for the patient has it; without a patient every item, with whom it is for."""
    if case is not None:
        return monitoring(case, regimen)
    return [row.entered("if") for row in checklist(catalogue, regimen, place)]


def places_of(catalogue: Catalogue, first: str | None) -> list[str]:
    """The codes of the jurisdictions, beginning with ``first``."""
    return sorted(catalogue.jurisdictions, key=lambda code: code != first)


def _spent(catalogue: Catalogue, regimen: Regimen) -> str:
    agents = [catalogue.formulary.by_id[a] for a in regimen.agent_ids]
    names = [agent.name for agent in agents if not agent.steroid]
    whose = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)
    return f"refractoriness that has spent {whose}" if names else ""


def _agent(
    catalogue: Catalogue, regimen: Regimen, component: Component, dosing: Dosing, day: date, *, of_patient: bool
) -> AgentPage:
    """An agent with its doses for the patient; without a patient, the doses as written, with all variants."""
    agent = catalogue.formulary.by_id[component.agent]
    handling = catalogue.handling.get(component.agent, Handling())

    def rows(kind: tuple[Row, ...]) -> list[Any]:
        return [plain(row) for row in kind if not row.regimens or regimen.id in row.regimens]

    return AgentPage(
        agent=component.agent,
        name=agent.name,
        classes=list(agent.classes),
        doses=[
            DoseEntry(
                dose=d.dose,
                route=d.route,
                days=d.told_days,
                note=d.note,
                caps=dosing.caps(component.agent, d.dose, g),
                in_mg=dosing.amounts.in_mg(component.agent, d.dose, day),
                schedule=dosing.schedules.label(component, d),
                variants=variant_entries(g) if of_patient or not g.by_schedule else [],
                source=d.source,
                verified=d.verified,
            )
            for g, d in (
                (g, g.row if of_patient else written)
                for g, written in zip(dosing.given[component.agent], component.doses, strict=True)
            )
        ],
        contraindications=[_statement(s) for s in handling.contraindications],
        renal=[_statement(s) for s in handling.renal],
        hepatic=[_statement(s) for s in handling.hepatic],
        dosing=[_statement(s) for s in handling.dosing],
        interactions=[*_interactions(catalogue, component.agent), *map(_statement, handling.interactions)],
        supportive=[_statement(s) for s in handling.supportive],
        safety=[_statement(s) for s in handling.safety],
        access=[_statement(s) for s in handling.access],
        steps=rows(handling.steps),
        premedication=rows(handling.premedication),
        observation=rows(handling.observation),
        deescalation=rows(handling.deescalation),
        restarts=[_restart(r) for r in handling.restarts if not r.regimens or regimen.id in r.regimens],
        holds=[_hold(r) for r in handling.holds if not r.regimens or regimen.id in r.regimens],
    )


def _interactions(catalogue: Catalogue, agent: str) -> Iterator[Claim]:
    """The interactions of an agent, one claim for each row, under the drugs of the row."""
    formulary = catalogue.formulary
    for row in catalogue.interactions:
        if any(agent in formulary.members(token) for token in row.of):
            text = interaction_in_words(row, formulary)
            yield Claim(text=text, about="", source=row.source, verified=row.verified)


def _restart(row: Restart) -> RestartEntry:
    """A row for an interruption; a row that was not read, or was superseded, gives no dose."""
    if row.usable:
        return cast(RestartEntry, plain(row) | {"usable": True})
    why = row.superseded or _UNREAD
    shown = plain(row.but(action="check-label", text=f"{CHECK}: {why}", dose="", superseded="", note=""))
    return cast(RestartEntry, shown | {"usable": False})


def _hold(row: Hold) -> HoldEntry:
    """A row for an event; a row that was not read gives neither action nor text."""
    shown = plain(row)
    if not row.read:
        shown |= {"action": "check-label", "text": f"{CHECK}: {_UNREAD}"}
    return cast(HoldEntry, shown)


def _listings(catalogue: Catalogue, regimen: Regimen, day: date, place: str | None) -> list[ListingEntry]:
    found = []
    for code in places_of(catalogue, place):
        jurisdiction = catalogue.jurisdictions[code]
        listing = catalogue.listing(code, regimen)
        found.append(
            ListingEntry(
                jurisdiction=code,
                name=jurisdiction.name,
                status=catalogue.status(code, regimen, day),
                note=listing.note if listing else "",
                source=listing.source if listing else "",
                verified=listing.verified if listing else "unverified",
                indications=[_indication(catalogue, regimen, i, day) for i in listing.indications] if listing else [],
                funding=list(_funding(catalogue, listing, day)) if listing else [],
                of_the_place=[
                    _statement(n)
                    for n in jurisdiction.notes
                    if not regimen.investigational and (listing is None or listing.status == "unknown")
                ],
            )
        )
    return found


def _funding(catalogue: Catalogue, listing: Listing, day: date) -> Iterator[Claim]:
    """The funding decisions that are, or may be, in force on a day, each with its patients."""
    for f in listing.funded:
        if f.in_force(day, catalogue.known(f.source, day)) is Truth.NOT_MET:
            continue
        said = ", ".join(part for part in (f.called, f.outcome, f.decided_on or "") if part)
        asks = " and ".join(c.text or c.required(catalogue.words) for c in f.criteria)
        text = f"{said}{f': {asks}' if asks else ''}{f' ({f.note})' if f.note else ''}"
        yield Claim(text=text, about=", ".join(f.regions), source=f.source, verified=f.verified)


def _indication(catalogue: Catalogue, regimen: Regimen, indication: Indication, day: date) -> IndicationEntry:
    return IndicationEntry(
        product=indication.product,
        since=indication.since,
        until=indication.until,
        conditional=indication.conditional,
        standing=_standing(catalogue, regimen, indication, day),
        criteria=[criterion_claim(catalogue, c) for c in indication.criteria],
        note=indication.note,
        source=indication.source,
        verified=indication.verified,
    )


def _standing(catalogue: Catalogue, regimen: Regimen, indication: Indication, day: date) -> str:
    """Why an indication does not count on a day; empty if it counts."""
    match catalogue.holds_on(regimen, indication, day):
        case Truth.MET:
            return ""
        case Truth.UNKNOWN:
            why = "its dates are not known to the day" if indication.since else "its beginning was not read"
            return f"not known to be in force on {day.isoformat()}, since {why}"
        case Truth.NOT_MET:
            begun = indication.since is None or span(indication.since).earliest <= day
            return f"{'no longer' if begun else 'not yet'} in force on {day.isoformat()}"


def criterion_claim(catalogue: Catalogue, criterion: AnyCriterion) -> Claim:
    """A criterion in words, with its source."""
    required = criterion.text or criterion.required(catalogue.words)
    text = f"{criterion.say} ({required})" if criterion.say else required
    return Claim(
        text=text,
        about=criterion.about,
        source=criterion.source,
        verified=criterion.verified,
        **since_of(criterion),
    )


def _caution_claims(catalogue: Catalogue, criterion: AnyCriterion) -> Iterator[Claim]:
    """A caution in words; if it has branches, each branch in words with its own source."""
    if not criterion.tells_by:
        yield criterion_claim(catalogue, criterion)
        return
    for branch in catalogue.branches[criterion.tells_by]:
        perhaps = "perhaps " if branch.or_not_known else ""
        drugs = f", {perhaps}on {' or '.join(branch.taking)}" if branch.taking else ""
        places = f" [{', '.join(branch.jurisdictions)}]" if branch.jurisdictions else ""
        text = f"{branch.value}{drugs}{places}: {branch.text}"
        yield Claim(text=text, about=criterion.about, source=branch.source, verified=branch.verified)
    if criterion.say:
        yield Claim(text=criterion.say, about=criterion.about, source=criterion.source, verified=criterion.verified)


def _statement(statement: Statement) -> Claim:
    return Claim(text=statement.text, about=statement.topic, source=statement.source, verified=statement.verified)
