"""The tasks of a course with their days: checklists, step-up, co-medication, and giving doses less often."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from math import ceil

from mmadvisor.answers.monitor import LeftOut, Spacing, Task
from mmadvisor.base.english import listed
from mmadvisor.base.known import Truth
from mmadvisor.care.doses import Doses
from mmadvisor.catalogue.care import Due, Interaction, Item
from mmadvisor.formats.drugs import Deescalation, Observation, Premedication
from mmadvisor.judging.checklist import Listed, checklist

_PHASES = ("before", "step-up", "treatment", "after", "when it happens")
_SPACING_RANK = 3  # of a step to a sparser schedule, which has no rank in the data; see Checklist.rank


class Tasks:
    """The tasks of one course.

    Attributes:
        scope: The course.
        doses: What is given on each day.
        tasks: The tasks, in order of phase and day.
        left_out: The items that this patient does not need, each with the reason.
        not_started: Why a drug is not started on day 1: what must be done before it, and whose last day is past or for
            which the record calls now.
        not_yet: The names of these drugs.
        given: What the checklist gives on days of its own, such as lymphodepletion, by day.
    """

    def __init__(self, doses: Doses, spacing: Iterable[tuple[Deescalation, Spacing]]) -> None:
        """``spacing``: the rows for giving drugs less often, and when that may be done, which becomes a task."""
        self.scope = doses.scope
        self.doses = doses
        self.left_out: list[LeftOut] = []
        self.not_started: list[str] = []
        self.not_yet: list[str] = []
        self.given: dict[int, list[str]] = {}
        self.tasks = self._in_order(spacing)

    def _in_order(self, spacing: Iterable[tuple[Deescalation, Spacing]]) -> list[Task]:
        """The tasks of the checklist and of spacing out: those that lead, then the others by phase, rank and day."""
        rows = checklist(self.scope.catalogue, self.scope.regimen, self.scope.place, self.scope.case)
        found: list[Task] = []
        for row in rows:
            if row.needs.truth is Truth.NOT_MET:
                self.left_out.append(LeftOut(item=row.item, because=row.needs.found))
            elif task := self._dated(row):
                found.append(task)
        found += (self._to_weigh(step) for row, step in spacing if self._lies_ahead(row, step))
        found.sort(key=_order)
        return found

    def _dated(self, row: Listed) -> Task | None:
        """A row of the checklist with its days; ``None`` if it belongs to another schedule of the drug."""
        entry = row.entry
        if isinstance(entry, Premedication | Observation):
            return self._of_step(row, entry)
        due = entry.due or Due()
        begins, ends = self._lasting(due)
        if isinstance(entry, Interaction):
            agents = [a for a in self.scope.regimen.agent_ids if self.scope.name(a) in row.drugs]
            short = f"{row.title}: {row.taken}" if row.taken else row.title
            days = self._days_due(due, "", agents)
        else:
            days, short = self._days_due(due, row.key), _short(row.title, row.item)
        late = self._is_late(due) and not row.done
        self._give(entry, due)
        ahead = self.scope.case is not None and self.scope.course.today <= self.scope.course.start
        if ahead and isinstance(entry, Item) and entry.starts and (late or (row.called and entry.done_if is None)):
            self._not_started(row, ends if late else "")
        return Task(
            **row.entered(),
            phase=_phase(due),
            short=short,
            dates=[self.scope.date(day).isoformat() for day in days],
            begins=begins,
            ends=ends,
            late=late,
            of_dose=isinstance(entry, Item) and entry.with_dose,
            lasts="",
        )

    def _is_late(self, due: Due) -> bool:
        """Whether the last day before the first dose on which something is due is past."""
        return due.days_before is not None and self.scope.date(1 - due.days_before) < self.scope.course.today

    def _give(self, entry: object, due: Due) -> None:
        """Note what an item gives on its days before the first dose."""
        if not isinstance(entry, Item) or not entry.gives or due.days_before is None:
            return
        of = due.for_days or 1
        by = self.scope.date(1 - due.days_before)
        for n in range(of):
            said = f"{entry.gives}, day {n + 1} of {of}: doses by the task of {by}"
            self.given.setdefault(1 - due.days_before + n, []).append(said)

    def _not_started(self, row: Listed, last_day: str) -> None:
        """Note that the drugs of a row are not started before it is done; ``last_day``: the last day, if it is past."""
        found = row.needs.found if row.needs.truth is Truth.UNKNOWN else ""
        found = row.now.found if row.now is not None and row.called else found
        only_if = f" ({found})" if found else ""
        past = f"; its last day was {last_day}" if last_day else ""
        drugs = row.drugs or [self.scope.name(agent) for agent in self.scope.regimen.agent_ids]
        self.not_yet += drugs
        self.not_started.append(
            f"Do not start {listed(drugs, 'or')} until this is done{only_if}: {row.item}, {row.when}{past}"
        )

    def _of_step(self, row: Listed, entry: Premedication | Observation) -> Task | None:
        """Premedication or observation, on the days of its doses."""
        given = {s.dose for s in self.doses.steps[row.agent]}
        further: Sequence[int] = ()
        lasts = 0
        if isinstance(entry, Observation):
            lasts = ceil(entry.hours / 24)
        elif given and entry.doses and given.isdisjoint(entry.doses):  # for another schedule
            return None
        else:
            further = entry.days
        on = self._days_with(row.agent, entry.doses, further)
        task = Task(
            **row.entered(),
            phase="step-up",
            short=row.title,
            dates=[self.scope.date(day).isoformat() for day in on],
            begins="",
            ends=self.scope.date(on[-1] + lasts).isoformat() if on and lasts else "",
            late=False,
            of_dose=True,
            lasts=row.lasts,
        )
        task["when"] = "" if on else "on the days that it names"
        return task

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
        open_ones = "; ".join(f"{c['text']}: {c['found']}" for c in step["conditions"] if c["result"] == "unknown")
        return Task(
            phase="treatment",
            checklist="Spacing out",
            item=f"{said} {self.scope.name(step['agent'])} {step['enter']} in place of {step['leave']}",
            short=f"Spacing out: {step['enter']}",
            drugs=[self.scope.name(step["agent"])],
            by=step["by"],
            text_of=step["by"] or self.scope.catalogue.sources[step["source"]].kind,
            rank=_SPACING_RANK,
            leads=False,
            applies="unknown" if step["ready"] == "unknown" else "yes",
            because=open_ones,
            when=step["text"],
            why=step["note"],
            adapt=[],
            now="",
            now_because="",
            missing=[],
            dates=[step["earliest"]],
            begins="",
            ends="",
            late=False,
            of_dose=False,
            lasts="",
            source=step["source"],
            verified=step["verified"],
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
        if due.beside:
            days &= {day for agent in due.beside for day in self.doses.days.get(agent, {})}
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
        length, later = self.doses.cycle_days, {c.from_cycle: c.days for c in self.scope.regimen.later_cycles}
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


def _order(task: Task) -> tuple[bool, int, int, str]:
    """The place of a task; ``9`` comes behind every day in ISO text."""
    first = (task["dates"] or [task["begins"] or "9"])[0]
    phase = int(task["now"] != "yes") if task["leads"] else _PHASES.index(task["phase"])
    return not task["leads"], phase, task["rank"], first


def _phase(due: Due) -> str:
    if due.days_before is not None or due.from_days_before is not None:
        return "before"
    if due.each == ("step",):
        return "step-up"
    if due.each or due.from_day:
        return "treatment"
    return "after" if due.days_after else "when it happens"
