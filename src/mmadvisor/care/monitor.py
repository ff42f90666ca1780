"""After the choice: what to do on which day, for this patient; and whether a schedule may be spaced out.

Days count from the first dose, which is day 1. An item that is only for some patients asks the record:
who is known not to need it is left out, with the reason; who may need it gets it, with what would settle it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise, takewhile
from math import ceil
from typing import TypeVar

from mmadvisor.answers.monitor import (
    SCHEMA,
    Adapting,
    Day,
    DoseRow,
    LeftOut,
    MonitorAdvice,
    Spacing,
    Standing,
    Task,
    Undated,
)
from mmadvisor.answers.recommendation import Sentence
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.base.known import Finding, Truth
from mmadvisor.care.scores import scored
from mmadvisor.care.spacing import RESPONSES, Course, first_day, spaced
from mmadvisor.catalogue.care import Due, Interaction
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, patient_stamp, since_of, stamped
from mmadvisor.catalogue.regimens import Component, Dose, Regimen, Selector
from mmadvisor.criteria.conditions import NotBeside
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.drugs import Deescalation, Handling, Row, Step
from mmadvisor.formats.patient import Therapy
from mmadvisor.formats.schedule import days_of, rhythm_of, rhythms_of
from mmadvisor.judging.case import Case, DoseWaits
from mmadvisor.judging.interactions import CHECKLIST, MARKS, Interactions, Meeting
from mmadvisor.judging.treat_now import due_now
from mmadvisor.judging.verdict import OFFERED, Assessment

_PHASES = ("before", "step-up", "treatment", "after", "when it happens")
_R = TypeVar("_R", bound=Row)
# A run of days that begins within the calendar is followed so far beyond it, so that its length is its own.
_AHEAD = 366
_WHERE = {"hospital": "in hospital", "nearby": "near the centre"}


def monitor(
    catalogue: Catalogue,
    regimen: Regimen,
    course: Course,
    stamp: Stamp,
    *,
    place: str = "",
    case: Case | None = None,
    weeks: int,
) -> MonitorAdvice:
    """The dated checklist of a regimen.

    Args:
        catalogue: All that is known.
        regimen: What was chosen.
        course: The first dose, today, and how it goes.
        stamp: Hashes and layers to print.
        place: The jurisdiction; rows of others are left out where it has its own.
        case: The patient, where the list is to be adapted.
        weeks: How far the days are written out.

    Raises:
        UsageError: The rows differ by what was not said, or an answer is none of its words.
    """
    plan = _Plan(catalogue, regimen, course, place, case, weeks)
    scores = [s for s in catalogue.scores if plan.matches(s.applies_to)]
    _refuse(course, dict.fromkeys(i.name for s in scores for i in s.items))
    spacing = [
        spaced(agent, row, course, place, plan.therapy(agent))
        for agent, handling in plan.handled()
        for row in plan.here(handling.deescalation)
    ]
    tasks = plan.tasks(spacing)
    entry = next((a for a in case.assessments if a.regimen.id == regimen.id), None) if case else None
    due = due_now(case) if case else None
    made = MonitorAdvice(
        schema=SCHEMA,
        regimen=regimen.id,
        name=regimen.name,
        jurisdiction=place,
        patient=patient_stamp(case.history, stamp) if case else None,
        treat_now=due[0] if due else None,
        first=due[1] if due else [],
        verdict=entry.verdict if entry else "",
        start=course.start.isoformat(),
        today=course.today.isoformat(),
        until=plan.date(plan.last).isoformat(),
        cycle_days=regimen.cycle_days,
        status=list(_status(catalogue, regimen, place, course.today)),
        warnings=[*_unknown_drugs(case), *plan.warnings, *_not_a_choice(plan, entry), *_about_since(plan)],
        adapt=list(_stands_against(catalogue, entry)),
        doses=plan.doses(),
        undated=list(plan.undated()),
        calendar=plan.calendar(tasks),
        tasks=tasks,
        left_out=plan.left_out,
        scores=[scored(s, course.answers, case, regimen, catalogue) for s in scores],
        co_medication=case.assessor.interactions.checked([regimen]) if case else None,
        deescalation=spacing,
        evidence=list(_on_spacing(catalogue, regimen, course.today)),
        organs=list(plan.organs()),
        sources={},
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, course.today),
        intended_use=INTENDED_USE,
    )
    made["sources"] = bibliography(catalogue, made, course.today)
    return made


def _refuse(course: Course, asked: Iterable[str]) -> None:
    """Refuse what was told of a course where it cannot be so; ``asked`` are the questions of its scores.

    Raises:
        UsageError: An answer to no question, a day that cannot be, a response or schedule that says too little.
    """
    for name in course.answers:
        if name not in asked:
            known = f"asked: {', '.join(asked)}. {nearest(name, asked)}".strip() if asked else "no score is asked here"
            raise UsageError(f"--answer {name}: {known}")
    for option, day in (("--since", course.since), ("--response-on", course.response_on)):
        if day is not None and day > course.today:
            raise UsageError(f"{option} {day}: this lies after today ({course.today})")
        if day is not None and day < course.start:
            raise UsageError(f"{option} {day}: this lies before the first dose ({course.start})")
    if course.since is not None and not course.schedule:
        raise UsageError(f"--since {course.since}: of which schedule? Say --schedule")
    if course.response and course.response not in RESPONSES:
        raise UsageError(f"--response {course.response}: known: {', '.join(RESPONSES)}")
    if course.response and course.start > course.today:
        raise UsageError(f"--response: the first dose ({course.start}) lies after today ({course.today})")


def _stands_against(catalogue: Catalogue, entry: Assessment | None) -> Iterator[Sentence]:
    """What of the patient stands against the regimen as it is written; other drugs stand with the co-medication."""
    for caution in entry.cautions if entry else ():
        if not isinstance(caution.criterion, NotBeside):
            said = caution.warned(catalogue.words)
            yield Sentence(text=said.text, source=said.source, verified=said.verified, **since_of(caution.criterion))


def _on_spacing(catalogue: Catalogue, regimen: Regimen, day: date) -> Iterator[Sentence]:
    """What was published by a day on spacing the regimen out."""
    for note in regimen.notes:
        if note.topic == "de-escalation" and catalogue.known(note.source, day):
            yield Sentence(text=note.text, source=note.source, verified=note.verified)


def _unknown_drugs(case: Case | None) -> list[str]:
    return case.assessor.interactions.unknown() if case else []


def _not_a_choice(plan: _Plan, entry: Assessment | None) -> Iterator[str]:
    """That the regimen is not in use, or not open to the patient, unless it is what the patient is on."""
    if plan.regimen.investigational:
        yield "investigational: given in trials only, by their protocol"
    if entry is None or entry.verdict in OFFERED or any(map(plan.therapy, entry.regimen.agent_ids)):
        return
    reasons = [plan.case.reason(r) for r in entry.failing or entry.open_questions] if plan.case else []
    yield f"as a choice today it is {entry.verdict}" + (f" ({'; '.join(reasons)})" if reasons else "")


def _status(catalogue: Catalogue, regimen: Regimen, place: str, day: date) -> Iterator[Standing]:
    """The status in the place, or in each where none was named."""
    for code in (place,) if place else catalogue.jurisdictions:
        listing = catalogue.listing(code, regimen)
        yield Standing(
            jurisdiction=code,
            status=catalogue.status(code, regimen, day),
            note=listing.note if listing else "",
            source=listing.source if listing else "",
            verified=listing.verified if listing else "unverified",
        )


def _about_since(plan: _Plan) -> Iterator[str]:
    """Where the first day of the schedule told is not one that its rows allow, or none that the calendar goes by."""
    told, since = plan.course.schedule, plan.course.since
    if since is None:
        return
    for agent, handling in plan.handled():
        name = plan.catalogue.formulary.by_id[agent].name
        rows = [r for r in plan.here(handling.deescalation) if told in (r.enter, rhythm_of(r.enter))]
        if any(s.schedule == told for s in handling.steps) and since != plan.course.start:
            others = ", ".join(f"'{r.enter}'" for r in rows if r.enter != told)
            reached = f"; one that is reached later goes by {others}" if others else ""
            yield f"--since {since} is not used: {name} {told} begins on the first day{reached}"
        elif any(r.by_calendar for r in rows):
            yield f"--since {since} is not used: {name} {told} is dated by the label's own calendar"
        elif (first := first_day(told, plan.here(handling.deescalation), plan.course)) and since < first:
            yield (
                f"--since {since}: by its dates {name} {told} begins on {first} at the earliest;"
                f" what is counted from {since} stands on that"
            )


class _Plan:
    """The days of one course."""

    def __init__(
        self, catalogue: Catalogue, regimen: Regimen, course: Course, place: str, case: Case | None, weeks: int
    ) -> None:
        self.catalogue = catalogue
        self.regimen = regimen
        self.course = course
        self.place = place
        self.case = case
        self.last = weeks * 7
        self._ahead = self.last + _AHEAD
        self.warnings: list[str] = []
        self.left_out: list[LeftOut] = []
        self.waiting: dict[str, DoseWaits] = case.doses_waiting(regimen) if case else {}
        self.components = case.components(regimen) if case else regimen.agents
        self._open: dict[str, str] = {}
        self._known_schedule()
        self._steps = {agent: self._steps_of(agent, handling) for agent, handling in self.handled()}
        self._days = {c.agent: self._days_of(c) for c in self.components}

    def _known_schedule(self) -> None:
        """A schedule must be one that the regimen's rows speak of.

        Raises:
            UsageError: It is none of them.
        """
        said = self.course.schedule
        known: dict[str, None] = {}
        for component in self.components:
            handling = self.handling(component.agent)
            known |= dict.fromkeys(s.schedule for s in handling.steps if s.schedule)
            known |= dict.fromkeys(d.dated for d in component.doses if d.dated and not d.dated[0].isdigit())
            known |= dict.fromkeys(word for row in self.here(handling.deescalation) for word in (row.leave, row.enter))
        known |= dict.fromkeys(words for schedule in list(known) for words in rhythms_of(schedule))
        if said and said not in known:
            listed = f"known: {'; '.join(known)}. {nearest(said, known)}" if known else "this regimen has one only"
            raise UsageError(f"--schedule {said}: {listed}".strip())

    def date(self, day: int) -> date:
        """The date of a day of treatment."""
        return self.course.start + timedelta(days=day - 1)

    def matches(self, selector: Selector) -> bool:
        """Whether the regimen is one of these."""
        return self.catalogue.matches(selector, self.regimen)

    def handling(self, agent: str) -> Handling:
        """What is known of the handling of an agent."""
        return self.catalogue.handling.get(agent, Handling())

    def handled(self) -> Iterator[tuple[str, Handling]]:
        """The agents with what is known of their handling."""
        for agent in self.regimen.agent_ids:
            yield agent, self.handling(agent)

    def therapy(self, agent: str) -> Therapy | None:
        """The therapy with the agent that the patient is on."""
        therapies = self.case.history.patient.therapies if self.case else ()
        on = [t for t in therapies if t.stop == "ongoing" and any(g.agent == agent for g in t.given)]
        return on[-1] if on else None

    def organs(self) -> Iterator[Sentence]:
        """How its agents are handled where kidney or liver is weak."""
        for agent, handling in self.handled():
            for row in (*handling.renal, *handling.hepatic):
                yield Sentence(text=f"{self._name(agent)}: {row.text}", source=row.source, verified=row.verified)

    def here(self, rows: Sequence[_R]) -> list[_R]:
        """The rows of a table for this regimen and place; those of others where the place has none."""
        mine = [r for r in rows if not r.regimens or self.regimen.id in r.regimens]
        local = [r for r in mine if not self.place or not r.jurisdictions or self.place in r.jurisdictions]
        return local or mine

    # --- doses ----------------------------------------------------------------------------

    def _steps_of(self, agent: str, handling: Handling) -> list[Step]:
        """The steps of an agent for this place and schedule; none where those that were read differ."""
        steps = self.here(handling.steps)
        places = list(dict.fromkeys(" and ".join(s.jurisdictions) for s in steps))
        name = self._name(agent)
        if len(places) > 1:
            read = "; ".join(places)
            if not self.place:
                raise UsageError(f"the steps of {name} differ by jurisdiction: say --jurisdiction; read: {read}")
            self.warnings.append(f"no steps of {name} were read for {self.place}, and those of others differ ({read})")
            return []
        if self.place and any(s.jurisdictions and self.place not in s.jurisdictions for s in steps):
            self.warnings.append(f"no steps of {name} were read for {self.place}; those of {places[0]} are shown")
        schedules = list(dict.fromkeys(s.schedule for s in steps if s.schedule))
        if schedules and not self.course.schedule:
            known = ", ".join(f"'{s}'" for s in schedules)
            raise UsageError(f"the steps of {name} differ by schedule: say --schedule, weekly or {known}")
        return [s for s in steps if s.schedule in ("", self._begun(handling))]

    def _begun(self, handling: Handling) -> str:
        """The schedule by which it began: the one that was left, where it is on a sparser one now."""
        left = self._left_for(handling)
        return rhythm_of(left.leave) if left else self.course.schedule

    def _left_for(self, handling: Handling) -> Deescalation | None:
        """The step of spacing out that led to the schedule that was told, where it hangs on more than the calendar."""
        told = self.course.schedule
        if not told or any(s.schedule == told for s in handling.steps):
            return None
        rows = self.here(handling.deescalation)
        return next((r for r in rows if told in (r.enter, rhythm_of(r.enter)) and not r.by_calendar), None)

    def _days_of(self, component: Component) -> dict[int, Step | Dose]:
        """What of an agent is given on which day: its steps, and the rows that are written out in days."""
        steps = self._steps[component.agent]
        if not steps and self.here(self.handling(component.agent).steps):
            return {}
        after = max((s.day for s in steps), default=None)
        found: dict[int, Step | Dose] = {s.day: s for s in steps}
        for dose in self._written_out(component):
            for day in days_of(dose.dated or dose.days, self.regimen.cycle_days, self._ahead, after) or ():
                found.setdefault(day, dose)
        return self._spaced_out(component, found)

    def _spaced_out(self, component: Component, found: dict[int, Step | Dose]) -> dict[int, Step | Dose]:
        """The days as they are since a schedule was left for a sparser one; none from when that may have been."""
        handling = self.handling(component.agent)
        if not found or self._left_for(handling) is None:
            return found
        told, since, start = self.course.schedule, self.course.since, self.course.start
        stepped = max((s.day for s in self._steps[component.agent]), default=0)
        ripe = since or first_day(told, self.here(handling.deescalation), self.course) or start
        changed = (ripe - start).days + 1
        if changed <= stepped and since is not None:
            raise UsageError(f"--since {since}: {self._name(component.agent)} is still at its steps on that day")
        kept = {day: row for day, row in found.items() if day < max(changed, stepped + 1)}
        row = self._row_of_now(component, kept)
        if since is None or row is None:
            unread = "" if row else "; no dose of it was read for this regimen"
            day = f"since {since}" if since else "since a day that is not told: --since"
            self._open[component.agent] = f"after {self.date(max(kept))}: {told} now, {day}{unread}"
            return kept
        if max(found) < changed:
            between = f"{self.date(max(found) + 1)} to {self.date(changed - 1)}"
            self._open[component.agent] = f"{between}: what was given before {told} cannot be dated"
        days = days_of(rhythm_of(told), None, self._ahead - changed + 1) or ()
        # A computed day just before the one that was told would be a dose too close to it.
        apart = min((b - a for a, b in pairwise(sorted(found)) if a >= stepped), default=0)
        kept = {day: row for day, row in kept.items() if day <= stepped or changed - day >= apart}
        return kept | dict.fromkeys((changed - 1 + day for day in days), row)

    def _row_of_now(self, component: Component, kept: Mapping[int, Step | Dose]) -> Dose | None:
        """The dose of the schedule that was told: its own row, else the last that was given; none was read else."""
        rhythm = rhythm_of(self.course.schedule)
        rows = [d for d in component.doses if d.dated == rhythm]
        rows += [row for _, row in sorted(kept.items(), reverse=True) if isinstance(row, Dose)]
        return rows[0] if rows else None

    def undated(self) -> Iterator[Undated]:
        """The agents that the calendar does not hold, or not to the end: what was not read, or cannot be dated."""
        for component in self.components:
            given, rows = self._days[component.agent], self._written_out(component)
            if component.agent in self._open:
                yield Undated(agent=component.agent, name=self._name(component.agent), text=self._open[component.agent])
                continue
            open_rows = [r for r in rows if days_of(r.dated or r.days, self.regimen.cycle_days, self._ahead) is None]
            if given and rows and not open_rows:
                continue
            waits = self.waiting.get(component.agent)
            words = "; ".join(
                ", ".join(x for x in (waits.short if waits else r.dose, r.days) if x) for r in open_rows or rows
            )
            said = words or "no dose of it was read for this regimen"
            if given and max(given) <= self.last:
                said = f"after {self.date(max(given))}: {said}"
            yield Undated(agent=component.agent, name=self._name(component.agent), text=said)

    def _written_out(self, component: Component) -> list[Dose]:
        """The rows of an agent's doses that are written out in days; the others are other ways to give it."""
        doses = component.doses
        if not doses:
            return []
        row = 0
        if self._steps[component.agent]:
            dated = [i for i, d in enumerate(doses) if d.dated]
            begun = self._begun(self.handling(component.agent))
            chosen = [i for i in dated if doses[i].dated == begun]
            row = (chosen or dated or [min(1, len(doses) - 1)])[0]
        return [doses[row], *takewhile(lambda dose: dose.follows, doses[row + 1 :])]

    def doses(self) -> list[DoseRow]:
        """The steps with their days, then every dose as it is written."""
        rows: list[DoseRow] = []
        for component in self.components:
            steps = self._steps[component.agent]
            rows += [self._dose(component.agent, s, f"day {s.day}", s.note, {s.day: s}) for s in steps]
            given = self._days[component.agent]
            for dose in component.doses:
                on = {day: row for day, row in given.items() if row is dose}
                rows.append(self._dose(component.agent, dose, dose.days, dose.note, on))
        return rows

    def _shown(self, days: Mapping[int, object]) -> list[tuple[int, int]]:
        """The runs of days that begin within the calendar."""
        return [run for run in _runs(days) if run[0] <= self.last]

    def _dose(self, agent: str, row: Step | Dose, days: str, note: str, on: Mapping[int, object]) -> DoseRow:
        waits = self.waiting.get(agent)
        return DoseRow(
            agent=agent,
            name=self._name(agent),
            dose=waits.text if waits else row.dose,
            route=row.route,
            days=days,
            note="" if waits else note,
            adapt=self._to_adapt.get(agent, ""),
            waits_for=list(waits.missing) if waits else [],
            look_up=waits.look_up if waits else "",
            dates=[
                [self.date(first).isoformat(), self.date(self.last if last >= self._ahead else last).isoformat()]
                for first, last in self._shown(on)
            ],
            source=row.source,
            verified=row.verified,
        )

    @cached_property
    def _to_adapt(self) -> dict[str, str]:
        """The agents of which a caution is known to apply to this patient, with its topics."""
        found: dict[str, dict[str, None]] = {}
        for rule in self.catalogue.rules_for(self.regimen) if self.case else ():
            for criterion in rule.cautions:
                if self.case and self.case.assessor.decisions.of(criterion).truth is Truth.NOT_MET and criterion.about:
                    for agent in set(rule.applies_to.agents) & set(self.regimen.agent_ids):
                        found.setdefault(agent, {})[criterion.about] = None
        for agent in self.regimen.agent_ids if self.case else ():
            for drug in self.case.assessor.interactions.changes_dose(agent) if self.case else ():
                found.setdefault(agent, {})[f"interaction with {drug}"] = None
        return {agent: ", ".join(topics) for agent, topics in found.items()}

    def _name(self, agent: str) -> str:
        return self.catalogue.formulary.by_id[agent].name

    # --- tasks ----------------------------------------------------------------------------

    def tasks(self, spacing: Iterable[Spacing]) -> list[Task]:
        """What to do: of the checklists, of the agents' own rows and of spacing out, in order of phase and day."""
        found = [
            *self._of_handling(),
            *map(self._to_weigh, filter(self._lies_ahead, spacing)),
            *self._of_co_medication(),
        ]
        stepped = any(self._steps.values())
        lists = self.catalogue.checklists_for(self.regimen)
        found += self._of_checklists([key for key, checklist in lists.items() if checklist.of_steps and stepped])
        found.sort(key=lambda t: (_PHASES.index(t["phase"]), (t["dates"] or [t["begins"] or "9"])[0]))
        return found

    def _of_handling(self) -> Iterator[Task]:
        """Premedication and observation, on the days of the doses that they name."""
        for agent, handling in self.handled():
            given = {s.dose for s in self._steps[agent]}
            for row in self.here(handling.premedication):
                if given and row.doses and given.isdisjoint(row.doses):  # of another schedule
                    continue
                hours = row.hours_before
                when = f"{_hours(*hours)} before" if hours else "before"
                on = self._days_with(agent, row.doses, row.days)
                yield self._row_task(agent, row, on, f"{when} {row.before}: {row.text}", "premedication")
            for watch in self.here(handling.observation):
                text = f"{_lasts(watch.hours)} {_WHERE[watch.where]} after {watch.after}"
                on = self._days_with(agent, watch.doses)
                yield self._row_task(agent, watch, on, text, "observation", ceil(watch.hours / 24))

    def _of_co_medication(self) -> Iterator[Task]:
        """What is to be done about drugs that are taken, or may be, where no checklist asks for it already."""
        if self.case is None:
            return
        interactions = self.case.assessor.interactions
        taken = interactions.taken
        not_known = {f"co_medication[{i}]": t.written for i, t in enumerate(taken or ()) if not t.drug}
        listed = interactions.rows_for(self.regimen)
        if taken is None or not_known:
            # A list that is not recorded, or a name on it that nobody knows, may hold any of these drugs.
            told = {row.id for row, _ in listed}
            listed += [(r, []) for r in interactions.rows_of(self.regimen) if r.id not in told]
        unknown = Finding(
            Truth.UNKNOWN,
            f"{' and '.join(not_known.values())} not known to the catalogue" if taken else "co-medication not recorded",
            (),
            tuple(not_known) or ("co_medication",),
        )
        for row, meetings in listed:
            if not row.on_checklist:
                yield self._beside(interactions, row, meetings, unknown)

    def _beside(
        self, interactions: Interactions, row: Interaction, meetings: Sequence[Meeting], unknown: Finding
    ) -> Task:
        """What a row asks for the drugs that it meets; of drugs that are not known, whatever it would ask."""
        due = row.due or Due()
        begins, ends = self._lasting(due)
        drugs = ", ".join(dict.fromkeys(m.taken.written for m in meetings))
        found = Finding(Truth.MET, f"takes {drugs}") if meetings else unknown
        agents = [a for a in self.regimen.agent_ids if row in interactions.of_agent.get(a, ())]
        return Task(
            phase=_phase(due),
            checklist=CHECKLIST,
            item=interactions.sentence(row, labelled=False),
            short=f"{CHECKLIST}: {drugs}" if meetings else CHECKLIST,
            when=row.when,
            why=found.found if meetings else "",
            by=", ".join(row.jurisdictions),
            dates=[self.date(day).isoformat() for day in self._days_due(due, "", agents)],
            begins=begins,
            ends=ends,
            applies=found.truth.answer,
            because=found.found,
            adapt=[],
            now="",
            now_because="",
            late=due.days_before is not None and self.date(1 - due.days_before) < self.course.today,
            missing=list(found.missing),
            source=row.source,
            verified=min((m.verified for m in meetings), key=MARKS.index, default=row.verified),
        )

    def _days_with(self, agent: str, doses: Sequence[str], days: Sequence[int] = ()) -> list[int]:
        """The days of certain steps, with others that are named; of what has no steps, the first day."""
        given = self._days[agent]
        on = [s.day for s in self._steps[agent] if s.dose in doses] if self._steps[agent] else [min(given, default=0)]
        return sorted({*on, *days} & given.keys())

    def _lies_ahead(self, step: Spacing) -> bool:
        """Whether a step has a day, and is the next of the schedule told or one that the calendar alone will bring."""
        told = self.course.schedule
        to_come = step["due"] and step["earliest"] >= self.course.today.isoformat()
        return bool(step["earliest"]) and (told in step["leave"] or to_come)  # no word is in every word

    def _to_weigh(self, step: Spacing) -> Task:
        """The day from which a schedule may be spaced out, where that can be said."""
        label = f"The label of {step['by']}" if step["by"] else "The label"
        said = f"{label} asks for" if step["due"] else "Weigh"
        return Task(
            phase="treatment",
            checklist="Spacing out",
            item=f"{said} {self._name(step['agent'])} {step['enter']} in place of {step['leave']}",
            short=f"Spacing out: {step['enter']}",
            when=step["text"],
            why=step["note"],
            by=step["by"],
            dates=[step["earliest"]],
            begins="",
            ends="",
            applies="unknown" if step["ready"] == "unknown" else "yes",
            because="; ".join(f"{c['text']}: {c['found']}" for c in step["conditions"] if c["result"] == "unknown"),
            adapt=[],
            now="",
            now_because="",
            late=False,
            missing=[],
            source=step["source"],
            verified=step["verified"],
        )

    def _row_task(self, agent: str, row: Row, on: Sequence[int], text: str, what: str, days: int = 0) -> Task:
        elsewhere = bool(self.place and row.jurisdictions and self.place not in row.jurisdictions)
        return Task(
            phase="step-up",
            checklist=f"{self._name(agent)}: {what}",
            item=text,
            short=f"{self._name(agent)}: {what}",
            when="" if on else "on the days that it names",
            why=row.note,
            by=", ".join(row.jurisdictions),
            dates=[self.date(day).isoformat() for day in on],
            begins="",
            ends=self.date(on[-1] + days).isoformat() if on and days else "",
            applies="unknown" if elsewhere else "yes",
            because=self._not_read_here if elsewhere else "",
            adapt=[],
            now="",
            now_because="",
            late=False,
            missing=[],
            source=row.source,
            verified=row.verified,
        )

    @property
    def _not_read_here(self) -> str:
        return f"not read for {self.place}: check the label there"

    def _of_checklists(self, left_out: Container[str]) -> Iterator[Task]:
        """Items for this place; where none of a checklist is this place's own, those of others, as not known here."""
        for key, checklist, item, here in self.catalogue.items_for(self.regimen, self.place):
            if key in left_out:
                continue
            needs = self._asked(item.for_whom)
            if not here and needs.truth is not Truth.NOT_MET:
                needs = Finding(Truth.UNKNOWN, self._not_read_here)
            if needs.truth is Truth.NOT_MET:
                self.left_out.append(LeftOut(item=item.item, because=needs.found))
                continue
            now = self._asked(item.now_if) if item.now_if else None
            due = item.due or Due()
            begins, ends = self._lasting(due)
            yield Task(
                phase=_phase(due),
                checklist=checklist.title,
                item=item.item,
                short=_short(checklist.title, item.item),
                when=item.told_when(whole=self.case is None or self.case.whole(item)),
                why=item.why,
                by=", ".join(item.jurisdictions),
                dates=[self.date(day).isoformat() for day in self._days_due(due, key)],
                begins=begins,
                ends=ends,
                applies="unknown" if needs.truth is Truth.UNKNOWN else "yes",
                because=needs.found,
                adapt=list(self._adapting(item.cautions)),
                now=now.truth.answer if now and self.case else "",
                now_because=now.found if now and self.case else "",
                late=due.days_before is not None and self.date(1 - due.days_before) < self.course.today,
                missing=list(dict.fromkeys([*needs.missing, *(now.missing if now and self.case else ())])),
                source=item.source,
                verified=item.verified,
            )

    def _asked(self, criterion: AnyCriterion | None) -> Finding:
        """What the record says of a criterion; without a record whatever it asks for is said."""
        if criterion is None:
            return Finding(Truth.MET, "")
        words = self.catalogue.words
        if self.case is None:
            return Finding(Truth.UNKNOWN, f"only if {criterion.text or criterion.required(words)}")
        return criterion.decide(self.case.history, words)

    def _adapting(self, cautions: Sequence[AnyCriterion]) -> Iterator[Adapting]:
        """What stands against an item as it is written; without a record whatever may do so."""
        for caution in cautions:
            found = self._asked(caution)
            if found.truth is not Truth.MET:
                applies = "yes" if found.truth is Truth.NOT_MET else "unknown"
                text = f"{found.found}: {caution.say}" if self.case and found.found else caution.say
                yield Adapting(
                    about=caution.about,
                    text=text,
                    applies=applies,
                    source=caution.source,
                    verified=caution.verified,
                    **since_of(caution),
                )

    def _lasting(self, due: Due) -> tuple[str, str]:
        """The days from and to which something goes on, where they can be said."""
        first = due.from_day if due.from_days_before is None else 1 - due.from_days_before
        last = due.to_day if due.days_before is None else 1 - due.days_before
        begins, ends = (self.date(day).isoformat() if day is not None else "" for day in (first, last))
        return begins, ends

    def _days_due(self, due: Due, key: str, agents: Sequence[str] = ()) -> list[int]:
        """The days on which something is due, as far as they are written out; with each dose of agents, if named."""
        days: set[int] = set()
        for each in due.each:
            days |= set(self._each(each, key, agents))
        if due.every_days:
            days |= set(range(due.from_day or 1, (due.to_day or self.last) + 1, due.every_days))
        kept = sorted(day for day in days if day <= min(self.last, due.to_day or self.last))
        return kept[: due.times]

    def _each(self, each: str, key: str, agents: Sequence[str]) -> Iterable[int]:
        if each == "step":
            return [s.day for steps in self._steps.values() for s in steps]
        if each == "cycle":
            return self._cycles()
        return [day for agent in agents or self._given_by(key) for day in self._days[agent]]

    def _cycles(self) -> Iterator[int]:
        """The first day of each cycle, as far as the calendar goes."""
        length, later = self.regimen.cycle_days, {c.from_cycle: c.days for c in self.regimen.later_cycles}
        day, cycle = 1, 1
        while length is not None and day <= self.last:
            yield day
            day, cycle = day + length, cycle + 1
            length = later.get(cycle, length)

    def _given_by(self, key: str) -> list[str]:
        """The agents whose doses a checklist speaks of: those that its rules name, else what is infused or injected."""
        formulary = self.catalogue.formulary
        named = [
            agent
            for rule in self.catalogue.rules_for(self.regimen)
            if key in rule.monitoring
            for agent in self.regimen.agent_ids
            if agent in rule.applies_to.agents or set(formulary.by_id[agent].classes) & set(rule.applies_to.classes)
        ]
        visits = [c.agent for c in self.components if any(d.route not in ("oral", "") for d in c.doses)]
        return list(dict.fromkeys(named)) or visits

    # --- the calendar ---------------------------------------------------------------------

    def _days_before(self, task: Task) -> list[str]:
        """The last day of what is due before the first dose; the day before it at the latest."""
        if task["phase"] != "before" or not task["ends"]:
            return []
        return [min(task["ends"], self.date(0).isoformat())]

    def calendar(self, tasks: Sequence[Task]) -> list[Day]:
        """Every day on which something is given or due, first to last."""
        doses, due = self._doses_by_day(), self._tasks_by_date(tasks)
        days = {self.date(day).isoformat(): day for day in doses}
        days |= {on: (date.fromisoformat(on) - self.course.start).days + 1 for on in due}
        return [
            Day(date=on, day=day, doses=doses.get(day, []), tasks=due.get(on, []))
            for on, day in sorted(days.items(), key=lambda pair: pair[1])
        ]

    def _doses_by_day(self) -> dict[int, list[str]]:
        """What is given on each day: what is taken at home in one entry, an infusion on each of its days."""
        doses: dict[int, list[str]] = {}
        for component in self.components:
            rows = self._days[component.agent]
            for first, last in self._shown(rows):
                goes_on = last >= self._ahead
                taken = rows[first].route.startswith("oral")
                length = f", {last - first + 1} days" if taken and last > first else ""
                said = self._dose_of(component.agent, rows[first], ", each day from here on" if goes_on else length)
                for day in [first] if taken or goes_on else range(first, min(last, self.last) + 1):
                    doses.setdefault(day, []).append(said)
        return doses

    def _dose_of(self, agent: str, given: Step | Dose, length: str) -> str:
        """A dose in the calendar: what waits for the kidneys has no number, and what must be adapted says so."""
        about, waits = self._to_adapt.get(agent), self.waiting.get(agent)
        dose = f"({waits.short})" if waits else given.dose
        adapt = f" ({'' if waits else 'as written: '}adapt it, {about})" if about else ""
        unread = " ‡" if given.verified == "unverified" and not waits else ""
        return f"{self._name(agent)} {dose}{length}{adapt}{unread}"

    def _tasks_by_date(self, tasks: Sequence[Task]) -> dict[str, list[str]]:
        """What is due on each date within the calendar, each title once."""
        until = self.date(self.last).isoformat()
        due: dict[str, dict[str, None]] = {}
        for task in tasks:
            dates = self._days_before(task) or task["dates"] or [task["begins"]]
            for on in dates:
                if on and on <= until:
                    due.setdefault(on, {})[self._title(task, now=on == dates[0])] = None
        return {on: list(titles) for on, titles in due.items()}

    def _title(self, task: Task, *, now: bool) -> str:
        """A task in the calendar; ``now``: it is the first day on which it is due."""
        title = f"{task['short']} [{task['by']}]" if task["by"] else task["short"]
        if task["phase"] != "before" and not task["dates"]:
            title = f"begin{f' (to {ends})' if (ends := task['ends']) else ''}: {title}"
        title += " (NOW)" if task["now"] == "yes" and now else ""
        title += " (?)" if task["applies"] == "unknown" else ""
        against = {"yes": "", "unknown": ""}
        for applies in against:
            against[applies] = ", ".join(x["about"] for x in task["adapt"] if x["applies"] == applies)
        title += f" (adapt it, {against['yes']})" if against["yes"] else ""
        unsure = against["unknown"] if self.case else ""
        return title + (f" (dose by {unsure}, which is not known)" if unsure else "")


def _short(title: str, item: str) -> str:
    """The beginning of an item, up to where it goes into detail; a single word says too little without its title."""
    begins = re.split(r"[:;(]| where | when ", item, maxsplit=1)[0].strip().rstrip(",")
    return begins if " " in begins else f"{title}: {begins}"


def _phase(due: Due) -> str:
    if due.days_before is not None or due.from_days_before is not None:
        return "before"
    if due.each == ("step",):
        return "step-up"
    if due.each or due.from_day:
        return "treatment"
    return "after" if due.days_after else "when it happens"


def _runs(days: Mapping[int, object]) -> list[tuple[int, int]]:
    """Days that follow each other with the same row, as one run."""
    runs: list[tuple[int, int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][1] + 1 and days[day] is days[runs[-1][0]]:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _hours(low: float, high: float) -> str:
    return f"{low:g} h" if low == high else f"{low:g} to {high:g} h"


def _lasts(hours: float) -> str:
    days, rest = divmod(hours, 24)
    return f"{days:g} days" if days >= 7 and not rest else f"{hours:g} h"
