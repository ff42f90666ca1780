"""The tasks of a course with their days: checklists, step-up, co-medication, and giving doses less often."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from math import ceil

from mmadvisor.answers.monitor import Adapting, LeftOut, Spacing, Task
from mmadvisor.base.known import Finding, Truth
from mmadvisor.care.doses import Doses
from mmadvisor.catalogue.care import Due, Interaction
from mmadvisor.catalogue.citing import since_of
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.drugs import Deescalation, Row
from mmadvisor.judging.interactions import CHECKLIST, MARKS, Interactions, Meeting

_PHASES = ("before", "step-up", "treatment", "after", "when it happens")
_WHERE = {"hospital": "in hospital", "nearby": "near the centre"}


class Tasks:
    """The tasks of one course.

    Attributes:
        scope: The course.
        doses: What is given on each day.
        tasks: The tasks, in order of phase and day.
        left_out: The items that this patient does not need, each with the reason.
    """

    def __init__(self, doses: Doses, spacing: Iterable[tuple[Deescalation, Spacing]]) -> None:
        """``spacing``: the rows for giving drugs less often, and when that may be done, which becomes a task."""
        self.scope = doses.scope
        self.doses = doses
        self.left_out: list[LeftOut] = []
        self.tasks = self._in_order(spacing)

    def _in_order(self, spacing: Iterable[tuple[Deescalation, Spacing]]) -> list[Task]:
        """The tasks of checklists, of the agents' rows and of spacing out, in order of phase and day."""
        found = [
            *self._of_handling(),
            *(self._to_weigh(step) for row, step in spacing if self._lies_ahead(row, step)),
            *self._of_co_medication(),
        ]
        stepped = any(self.doses.steps.values())
        lists = self.scope.catalogue.checklists_for(self.scope.regimen)
        found += self._of_checklists([key for key, checklist in lists.items() if checklist.of_steps and stepped])
        found.sort(key=lambda t: (_PHASES.index(t["phase"]), (t["dates"] or [t["begins"] or "9"])[0]))
        return found

    def _of_handling(self) -> Iterator[Task]:
        """Premedication and observation, on the days of their doses."""
        for agent, handling in self.scope.handled():
            given = {s.dose for s in self.doses.steps[agent]}
            for row in self.scope.here(handling.premedication):
                if given and row.doses and given.isdisjoint(row.doses):  # for another schedule
                    continue
                hours = row.hours_before
                when = f"{_hours(*hours)} before" if hours else "before"
                on = self._days_with(agent, row.doses, row.days)
                yield self._row_task(agent, row, on, f"{when} {row.before}: {row.text}", "premedication")
            for watch in self.scope.here(handling.observation):
                text = f"{_lasts(watch.hours)} {_WHERE[watch.where]} after {watch.after}"
                on = self._days_with(agent, watch.doses)
                yield self._row_task(agent, watch, on, text, "observation", ceil(watch.hours / 24))

    def _of_co_medication(self) -> Iterator[Task]:
        """Tasks for other drugs that are taken, or may be, unless a checklist covers them."""
        if self.scope.case is None:
            return
        interactions = self.scope.case.assessor.interactions
        taken = interactions.taken
        not_known = {f"co_medication[{i}]": t.written for i, t in enumerate(taken or ()) if not t.drug}
        listed = interactions.rows_for(self.scope.regimen)
        if taken is None or not_known:
            # A list that is not recorded, or an unknown name on it, may include any of these drugs.
            told = {row.id for row, _ in listed}
            listed += [(r, []) for r in interactions.rows_of(self.scope.regimen) if r.id not in told]
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
        """The task of a row for the drugs that match it; for unknown drugs, everything that may apply."""
        due = row.due or Due()
        begins, ends = self._lasting(due)
        drugs = ", ".join(dict.fromkeys(m.taken.written for m in meetings))
        found = Finding(Truth.MET, f"takes {drugs}") if meetings else unknown
        agents = [a for a in self.scope.regimen.agent_ids if row in interactions.of_agent.get(a, ())]
        return Task(
            phase=_phase(due),
            checklist=CHECKLIST,
            item=interactions.sentence(row, labelled=False),
            short=f"{CHECKLIST}: {drugs}" if meetings else CHECKLIST,
            when=row.when,
            why=found.found if meetings else "",
            by=", ".join(row.jurisdictions),
            dates=[self.scope.date(day).isoformat() for day in self._days_due(due, "", agents)],
            begins=begins,
            ends=ends,
            applies=found.truth.answer,
            because=found.found,
            adapt=[],
            now="",
            now_because="",
            late=due.days_before is not None and self.scope.date(1 - due.days_before) < self.scope.course.today,
            missing=list(found.missing),
            source=row.source,
            verified=min((m.verified for m in meetings), key=MARKS.index, default=row.verified),
        )

    def _days_with(self, agent: str, doses: Sequence[str], days: Sequence[int] = ()) -> list[int]:
        """The days of certain steps, with further days that are named; without step-up, the first day."""
        given = self.doses.days[agent]
        on = (
            [s.day for s in self.doses.steps[agent] if s.dose in doses]
            if self.doses.steps[agent]
            else [min(given, default=0)]
        )
        return sorted({*on, *days} & given.keys())

    def _lies_ahead(self, row: Deescalation, step: Spacing) -> bool:
        """Whether a step has a day, and may be the next one or will be required by the calendar alone."""
        told = self.scope.course.schedule
        to_come = step["due"] and step["earliest"] >= self.scope.course.today.isoformat()
        return bool(step["earliest"]) and (not told or told in row.leave.names or to_come)

    def _to_weigh(self, step: Spacing) -> Task:
        """The day from which a schedule may be spaced out, if it is known."""
        label = f"The label of {step['by']}" if step["by"] else "The label"
        said = f"{label} asks for" if step["due"] else "Weigh"
        return Task(
            phase="treatment",
            checklist="Spacing out",
            item=f"{said} {self.scope.name(step['agent'])} {step['enter']} in place of {step['leave']}",
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
        elsewhere = bool(self.scope.place and row.jurisdictions and self.scope.place not in row.jurisdictions)
        return Task(
            phase="step-up",
            checklist=f"{self.scope.name(agent)}: {what}",
            item=text,
            short=f"{self.scope.name(agent)}: {what}",
            when="" if on else "on the days that it names",
            why=row.note,
            by=", ".join(row.jurisdictions),
            dates=[self.scope.date(day).isoformat() for day in on],
            begins="",
            ends=self.scope.date(on[-1] + days).isoformat() if on and days else "",
            applies="unknown" if elsewhere else "yes",
            because=f"{self._not_read_here}; {_borrowed(row)}" if elsewhere else "",
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
        return f"not read for {self.scope.place}: check the label there"

    # Why: docs/explanation/checklists-and-interruptions.md#a-checklist-uses-three-values-too
    def _of_checklists(self, left_out: Container[str]) -> Iterator[Task]:
        """Items for this jurisdiction; if a checklist has none, those of others, marked as not known here."""
        for key, checklist, item, here in self.scope.catalogue.items_for(self.scope.regimen, self.scope.place):
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
                when=item.told_when(whole=self.scope.case is None or self.scope.case.whole(item)),
                why=item.why,
                by=", ".join(item.jurisdictions),
                dates=[self.scope.date(day).isoformat() for day in self._days_due(due, key)],
                begins=begins,
                ends=ends,
                applies="unknown" if needs.truth is Truth.UNKNOWN else "yes",
                because=needs.found,
                adapt=list(self._adapting(item.cautions)),
                now=now.truth.answer if now and self.scope.case else "",
                now_because=now.found if now and self.scope.case else "",
                late=due.days_before is not None and self.scope.date(1 - due.days_before) < self.scope.course.today,
                missing=list(dict.fromkeys([*needs.missing, *(now.missing if now and self.scope.case else ())])),
                source=item.source,
                verified=item.verified,
            )

    def _asked(self, criterion: AnyCriterion | None) -> Finding:
        """The result of a criterion; without a patient it is unknown, with the requirement in words."""
        if criterion is None:
            return Finding(Truth.MET, "")
        words = self.scope.catalogue.words
        if self.scope.case is None:
            return Finding(Truth.UNKNOWN, f"only if {criterion.text or criterion.required(words)}")
        return criterion.decide(self.scope.case.history, words)

    def _adapting(self, cautions: Sequence[AnyCriterion]) -> Iterator[Adapting]:
        """Cautions against an item as written; without a patient, all that may apply."""
        for caution in cautions:
            found = self._asked(caution)
            if found.truth is not Truth.MET:
                applies = "yes" if found.truth is Truth.NOT_MET else "unknown"
                text = f"{found.found}: {caution.say}" if self.scope.case and found.found else caution.say
                yield Adapting(
                    about=caution.about,
                    text=text,
                    applies=applies,
                    source=caution.source,
                    verified=caution.verified,
                    **since_of(caution),
                )

    def _lasting(self, due: Due) -> tuple[str, str]:
        """The first and last day of a task that continues, as ISO text; empty if there is none."""
        first = due.from_day if due.from_days_before is None else 1 - due.from_days_before
        last = due.to_day if due.days_before is None else 1 - due.days_before
        begins, ends = (self.scope.date(day).isoformat() if day is not None else "" for day in (first, last))
        return begins, ends

    def _days_due(self, due: Due, key: str, agents: Sequence[str] = ()) -> list[int]:
        """The days on which something is due within the calendar; for ``agents``, the days of their doses."""
        days: set[int] = set()
        for each in due.each:
            days |= set(self._each(each, key, agents))
        if due.every_days:
            days |= set(range(due.from_day or 1, (due.to_day or self.scope.last) + 1, due.every_days))
        kept = sorted(day for day in days if day <= min(self.scope.last, due.to_day or self.scope.last))
        return kept[: due.times]

    def _each(self, each: str, key: str, agents: Sequence[str]) -> Iterable[int]:
        if each == "step":
            return [s.day for steps in self.doses.steps.values() for s in steps]
        if each == "cycle":
            return self._cycles()
        return [day for agent in agents or self._given_by(key) for day in self.doses.days[agent]]

    def _cycles(self) -> Iterator[int]:
        """The first day of each cycle within the calendar."""
        length, later = self.scope.regimen.cycle_days, {c.from_cycle: c.days for c in self.scope.regimen.later_cycles}
        day, cycle = 1, 1
        while length is not None and day <= self.scope.last:
            yield day
            day, cycle = day + length, cycle + 1
            length = later.get(cycle, length)

    def _given_by(self, key: str) -> list[str]:
        """The agents whose doses a checklist refers to: those of its rules, else all infusions and injections."""
        formulary = self.scope.catalogue.formulary
        named = [
            agent
            for rule in self.scope.catalogue.rules_for(self.scope.regimen)
            if key in rule.monitoring
            for agent in self.scope.regimen.agent_ids
            if agent in rule.applies_to.agents or set(formulary.by_id[agent].classes) & set(rule.applies_to.classes)
        ]
        visits = [c.agent for c in self.doses.components if any(d.route not in ("oral", "") for d in c.doses)]
        return list(dict.fromkeys(named)) or visits


def _short(title: str, item: str) -> str:
    """The beginning of an item, before any detail; a single word gets its title."""
    begins = re.split(r"[:;(]| where | when ", item, maxsplit=1)[0].strip().rstrip(",")
    return begins if " " in begins else f"{title}: {begins}"


def _borrowed(row: Row) -> str:
    """The places from which a row is borrowed for a place without one."""
    return f"borrowed from {', '.join(row.jurisdictions)}, and where places differ the stricter stands"


def _phase(due: Due) -> str:
    if due.days_before is not None or due.from_days_before is not None:
        return "before"
    if due.each == ("step",):
        return "step-up"
    if due.each or due.from_day:
        return "treatment"
    return "after" if due.days_after else "when it happens"


def _hours(low: float, high: float) -> str:
    return f"{low:g} h" if low == high else f"{low:g} to {high:g} h"


def _lasts(hours: float) -> str:
    days, rest = divmod(hours, 24)
    return f"{days:g} days" if days >= 7 and not rest else f"{hours:g} h"
