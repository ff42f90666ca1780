"""The timing of CAR-T therapy: wash-outs dated from the patient's own drugs, bridging, and the wait.

Sources disagree on how long before collection and before infusion a drug must stop. Each keeps its word
here, and the earliest day is given by the shortest and by the longest of them.
"""

from datetime import date, timedelta

from typing_extensions import TypedDict

from mmadvisor.case import Case
from mmadvisor.catalogue import Washout
from mmadvisor.history import Exposure
from mmadvisor.truth import Span
from mmadvisor.verdict import OFFERED


class WashoutEntry(TypedDict):
    """One source's word on one of the patient's drugs before one step.

    ``until``: the first day on which the interval has passed; null where the source gives no number or the
    last dose is not known to the day. ``from_last_dose``: it is still taken, and the day counts from a stop today.
    """

    agent: str
    name: str
    last_dose: str
    still_taken: bool
    before: str
    advice: str
    days: int | None
    until: str | None
    by: str
    text: str
    disease: str
    source: str
    verified: str


class BridgeEntry(TypedDict):
    """What could hold the disease between collection and infusion."""

    agents: list[str]
    regimens: list[str]
    keeps_t_cells: bool
    by: str
    text: str
    source: str
    verified: str


class WaitEntry(TypedDict):
    """Weeks from collection to infusion as one source has them, against how long treatment can wait."""

    regimen: str
    weeks: float
    range_weeks: list[float]
    text: str
    source: str
    verified: str
    fits: str


class CarTTiming(TypedDict):
    """All that bears on when cells can be collected and given. Empty where no CAR-T is in question."""

    regimens: list[str]
    washouts: list[WashoutEntry]
    apheresis_from: str | None
    apheresis_from_at_the_latest: str | None
    not_dated: list[str]
    bridges: list[BridgeEntry]
    vein_to_vein: list[WaitEntry]
    can_wait_weeks: float | None


def car_t_timing(case: Case) -> CarTTiming | None:
    """Wash-outs, bridges and waits, where a CAR-T is open, or could be."""
    one_time = case.history.definitions.one_time_modalities
    regimens = [
        a.regimen.id
        for a in case.assessments
        if a.regimen.modality in one_time and a.verdict in (*OFFERED, "undetermined", "deferred")
    ]
    if not regimens:
        return None
    members = case.catalogue.formulary.members
    washouts = [
        _washout(case, exposure, row)
        for exposure in _recent(case)
        for row in case.catalogue.washouts
        if any(exposure.agent.id in members(token) for token in row.of) or (not row.of and row.before == "apheresis")
    ]
    # What is asked before infusion of whatever bridges is asked of no drug in particular.
    washouts += [_washout(case, None, w) for w in case.catalogue.washouts if not w.of and w.before == "infusion"]
    dated: dict[str, list[str]] = {}
    for w in washouts:
        if w["before"] == "apheresis" and w["until"] is not None and not w["disease"]:
            dated.setdefault(w["agent"], []).append(w["until"])
    earliest = max((min(days) for days in dated.values()), default=None)
    latest = max((max(days) for days in dated.values()), default=None)
    undated = [w["name"] for w in washouts if w["before"] == "apheresis" and w["until"] is None and not w["disease"]]
    return CarTTiming(
        regimens=regimens,
        washouts=washouts,
        apheresis_from=_not_before(case, earliest),
        apheresis_from_at_the_latest=_not_before(case, latest),
        not_dated=list(dict.fromkeys(undated)),
        bridges=_bridges(case),
        vein_to_vein=_waits(case, regimens),
        can_wait_weeks=case.history.patient.get("access.can_wait_weeks"),
    )


def _not_before(case: Case, day: str | None) -> str | None:
    """A day, or the day of the decision where it has passed."""
    return max(day, case.history.as_of.isoformat()) if day else None


def _recent(case: Case) -> list[Exposure]:
    """The last exposure to each agent that is taken, or whose last dose may lie within the longest wash-out."""
    longest = max((w.days for w in case.catalogue.washouts if w.days is not None and not w.disease), default=0)
    last: dict[str, Exposure] = {}
    for exposure in case.history.exposures:
        if not exposure.agent.supportive:
            last[exposure.agent.id] = exposure
    today = case.history.today
    return [
        e
        for e in last.values()
        if not isinstance(e.last, Span) or (e.last.latest + timedelta(days=longest)) > today.earliest
    ]


def _washout(case: Case, exposure: Exposure | None, row: Washout) -> WashoutEntry:
    last = exposure.last if exposure else None
    stopped: date | None = case.history.as_of if last == "ongoing" else None
    if isinstance(last, Span) and last.exact:
        stopped = last.earliest
    until = stopped + timedelta(days=row.days) if stopped is not None and row.days is not None else None
    return WashoutEntry(
        agent=exposure.agent.id if exposure else "",
        name=exposure.agent.name if exposure else "whatever bridges",
        last_dose=str(last) if last is not None else "not recorded" if exposure else "",
        still_taken=last == "ongoing",
        before=row.before,
        advice=row.advice,
        days=row.days,
        until=until.isoformat() if until else None,
        by=row.by,
        text=row.text,
        disease=row.disease,
        source=row.source,
        verified=row.verified,
    )


def _bridges(case: Case) -> list[BridgeEntry]:
    """What sources say of bridging, each with the options that are open and hold what it names."""
    formulary = case.catalogue.formulary
    found = []
    for row in case.catalogue.bridges:
        members = {a for token in row.agents for a in formulary.members(token) if not formulary.by_id[a].steroid}
        regimens = []
        for option in case.ranked:
            regimen = option.assessment.regimen
            agents = {a for a in regimen.agent_ids if not formulary.by_id[a].steroid}
            # A bridge that counts is made of such drugs alone: a mixture with others is not what the source means.
            fits = agents <= members if row.keeps_t_cells else not agents.isdisjoint(members)
            if agents and fits and regimen.lead_time_weeks is None:
                regimens.append(regimen.id)
        found.append(
            BridgeEntry(
                agents=list(row.agents),
                regimens=regimens,
                keeps_t_cells=row.keeps_t_cells,
                by=row.by,
                text=row.text,
                source=row.source,
                verified=row.verified,
            )
        )
    return found


def _waits(case: Case, regimens: list[str]) -> list[WaitEntry]:
    can_wait = case.history.patient.get("access.can_wait_weeks")

    def fits(weeks: float) -> str:
        if can_wait is None:
            return "unknown"
        return "yes" if can_wait >= weeks else "no"

    return [
        WaitEntry(
            regimen=row.regimen,
            weeks=row.weeks,
            range_weeks=list(row.range_weeks or ()),
            text=row.text,
            source=row.source,
            verified=row.verified,
            fits=fits(row.weeks),
        )
        for row in case.catalogue.vein_to_vein
        if row.regimen in regimens
    ]
