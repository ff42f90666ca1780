"""The timing of CAR-T therapy: dated wash-outs of the patient's drugs, bridging, and waiting times.

Sources disagree on how long a drug must be stopped before collection and before infusion. Every source is shown. The
earliest day is computed twice: with the shortest and with the longest interval.
"""

from datetime import date, timedelta

from mmadvisor.answers.car_t import BridgeEntry, CarTTiming, WaitEntry, WashoutEntry
from mmadvisor.base.known import Span
from mmadvisor.catalogue.care import Bridge
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.judging.case import Case
from mmadvisor.judging.results import OFFERED
from mmadvisor.judging.verdict import Assessment
from mmadvisor.judging.washout import Pause, passed_by, pauses

Days = tuple[date, date]


def car_t_timing(case: Case) -> CarTTiming | None:
    """Wash-outs, bridges and waits; ``None`` if no CAR-T is open or could be."""
    one_time = case.history.definitions.one_time_modalities
    regimens = [
        a.regimen.id
        for a in case.assessments
        if a.regimen.modality in one_time
        and a.verdict in (*OFFERED, "undetermined", "deferred")
        and _may_be_collected(case, a)
    ]
    if not regimens:
        return None
    found = pauses(case.history, case.catalogue)
    collected, infused = (_not_before(case, passed_by(found, step)) for step in ("apheresis", "infusion"))
    undated = [
        p.exposure.agent.name
        for p in found
        if p.exposure and p.row.before == "apheresis" and p.until is None and not p.row.disease
    ]
    return CarTTiming(
        regimens=regimens,
        washouts=[_washout(case, p) for p in found],
        apheresis_from=_iso(collected, 0),
        apheresis_from_at_the_latest=_iso(collected, 1),
        infusion_from=_iso(infused, 0),
        infusion_from_at_the_latest=_iso(infused, 1),
        not_dated=list(dict.fromkeys(undated)),
        bridges=bridges(case),
        vein_to_vein=_waits(case, regimens, collected, infused),
        can_wait_weeks=case.history.patient.get("access.can_wait_weeks"),
    )


def _may_be_collected(case: Case, assessment: Assessment) -> bool:
    """Whether cells may be collected while a CAR-T is deferred."""
    rows = (case.deferral(r.criterion, assessment.regimen) for r in assessment.failing)
    return all(row is None or row.collect for row in rows)


def _not_before(case: Case, passed: tuple[Span, Span] | None) -> Days | None:
    """The first and the last possible day, or the day of the decision if they have passed."""
    if passed is None:
        return None
    today = case.history.as_of
    return max(passed[0].earliest, today), max(passed[1].latest, today)


def _iso(days: Days | None, which: int) -> str | None:
    return days[which].isoformat() if days else None


def _washout(case: Case, pause: Pause) -> WashoutEntry:
    exposure, row, until = pause.exposure, pause.row, pause.until
    last = exposure.last if exposure else None
    return WashoutEntry(
        agent=exposure.agent.id if exposure else "",
        name=exposure.agent.name if exposure else "whatever bridges",
        last_dose=str(last) if last is not None else "not recorded" if exposure else "",
        still_taken=last == "ongoing",
        before=row.before,
        advice=row.advice,
        days=row.days,
        until=until.earliest.isoformat() if until else None,
        until_at_the_latest=until.latest.isoformat() if until else None,
        by=row.by,
        text=row.text,
        disease=row.disease,
        missing=[case.history.last_field(exposure)] if exposure and last is None else [],
        source=row.source,
        verified=row.verified,
    )


def bridges(case: Case) -> list[BridgeEntry]:
    """The bridges of the sources, each with the open options that contain it."""
    return [
        BridgeEntry(
            agents=list(row.agents),
            regimens=[r.assessment.regimen.id for r in case.ranked if bridges_with(case, row, r.assessment.regimen)],
            keeps_t_cells=row.keeps_t_cells,
            by=row.by,
            text=row.text,
            source=row.source,
            verified=row.verified,
        )
        for row in known_bridges(case)
    ]


def known_bridges(case: Case) -> list[Bridge]:
    """The bridges of sources that were known on the day."""
    return [row for row in case.catalogue.bridges if case.known(row.source)]


def bridges_with(case: Case, row: Bridge, regimen: Regimen) -> bool:
    """Whether a regimen is a bridge of this source, and can be started at once."""
    formulary = case.catalogue.formulary
    members = {a for token in row.agents for a in formulary.members(token) if not formulary.by_id[a].steroid}
    agents = {a for a in regimen.agent_ids if not formulary.by_id[a].steroid}
    # A bridge must consist of such drugs alone; the source does not mean combinations with others.
    fits = agents <= members if row.keeps_t_cells else not agents.isdisjoint(members)
    return bool(agents) and fits and regimen.lead_time_weeks is None


def _waits(case: Case, regimens: list[str], collected: Days | None, infused: Days | None) -> list[WaitEntry]:
    """Weeks from collection to infusion by each source, and whether they fit with the wash-outs included."""
    today = case.history.as_of
    can_wait = case.history.patient.get("access.can_wait_weeks")

    def infusion(weeks: float, which: int) -> date:
        made = (collected[which] if collected else today) + timedelta(weeks=weeks)
        return max(made, infused[which]) if infused else made

    def fits(weeks: float) -> str:
        if can_wait is None:
            return "unknown"
        until = today + timedelta(weeks=can_wait)
        if infusion(weeks, 1) <= until:
            return "yes"
        return "no" if infusion(weeks, 0) > until else "unknown"

    return [
        WaitEntry(
            regimen=row.regimen,
            weeks=row.weeks,
            range_weeks=list(row.range_weeks or ()),
            text=row.text,
            source=row.source,
            verified=row.verified,
            infusion_from=infusion(row.weeks, 0).isoformat(),
            infusion_from_at_the_latest=infusion(row.weeks, 1).isoformat(),
            fits=fits(row.weeks),
        )
        for row in case.catalogue.vein_to_vein
        if row.regimen in regimens and case.known(row.source)
    ]
