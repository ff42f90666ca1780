"""The days on which each agent of a course is given, and what cannot be dated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise, takewhile

from mmadvisor.answers.monitor import DoseRow, Undated
from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.care.beside import Beside
from mmadvisor.care.scope import Scope
from mmadvisor.care.spacing import first_day
from mmadvisor.catalogue.regimens import Component, Dose
from mmadvisor.formats.drugs import Deescalation, Handling, Step
from mmadvisor.formats.schedule import days_of, either, every, in_words, interval_of, named_by
from mmadvisor.judging.dosing import Dosing, variant_entries

# Days beyond the calendar for which a run that began within it is followed, so that its full length is known.
_AHEAD = 366
_SHORT = 2  # days: a shorter run of a drug taken at home is listed on each of its days
NOT_YET = "NOT YET"
_LOWER = "lower dose: look it up"
_OTHER_INTERVAL = "dose of another schedule (ask with --schedule)"


class Doses:
    """The doses of one course.

    Attributes:
        scope: The course.
        components: The agents with the doses for this patient.
        steps: The step-up doses of each agent, for the jurisdiction and the schedule.
        schedules: The schedules of the regimen, and which of them is proposed.
        days: For each agent, the dose on each day of treatment.
        warnings: What we have not looked up for the jurisdiction.
    """

    def __init__(self, scope: Scope) -> None:
        """Compute the days.

        Raises:
            UsageError: The rows differ by an option that was not given, or no row has the given schedule.
        """
        self.scope = scope
        self.warnings: list[str] = []
        dosing = Dosing(scope.catalogue, scope.regimen, scope.place, scope.case)
        self.schedules = dosing.schedules
        self.components = dosing.components
        self._caps = dosing.caps
        self._amounts = dosing.amounts
        self._given = {id(given.row): given for rows in dosing.given.values() for given in rows}
        self._ahead = scope.last + _AHEAD
        self._open: dict[str, str] = {}
        self._beside = Beside(scope)
        self._known_schedule()
        self.steps = {agent: self._steps_of(agent, handling) for agent, handling in scope.handled()}
        self.days = {c.agent: self._days_of(c) for c in self.components}

    @property
    def cycle_days(self) -> int | None:
        """The length of the cycles in the schedule that is dated, in days."""
        shown = self.schedules.shown
        return (shown.cycle_days if shown else None) or self.scope.regimen.cycle_days

    def _known_schedule(self) -> None:
        """Check that the regimen has a row for the schedule.

        Raises:
            UsageError: It has none.
        """
        said = self.scope.course.schedule
        known = dict.fromkeys(name for component in self.components for name in self._names_of(component))
        if said and said not in known:
            listed = (
                f"write one of {'; '.join(known)}. {nearest(said, known)}" if known else "this regimen has only one"
            )
            raise UsageError(f"--schedule {said}: {listed}".strip())

    def _names_of(self, component: Component) -> Iterator[str]:
        """The words by which the present schedule of an agent may be given.

        These are the schedules of its step-up and of its rows for giving doses less often. The intervals of its doses
        are among them if it has such rows, or if the words of a dose leave the interval open.
        """
        handling = self.scope.handling(component.agent)
        spacing = self.scope.here(handling.deescalation)
        yield from (name for step in handling.steps for name in named_by(step.schedule))
        for dose in component.doses:
            if spacing or dose.days:
                yield from (every(phase.every_days) for phase in dose.given if phase.every_days is not None)
        yield from (interval.text for row in spacing for interval in (row.leave, row.enter))
        yield from (every(interval.every_days) for row in spacing for interval in (row.leave, row.enter))

    def _steps_of(self, agent: str, handling: Handling) -> list[Step]:
        """The step-up doses of an agent for this jurisdiction and schedule; empty if the known rows differ."""
        steps = self.scope.here(handling.steps)
        places = list(dict.fromkeys(" and ".join(s.jurisdictions) for s in steps))
        name = self.scope.name(agent)
        if len(places) > 1:
            read = "; ".join(places)
            if not self.scope.place:
                raise UsageError(f"the step-up of {name} differs by jurisdiction: give --jurisdiction, one of: {read}")
            self.warnings.append(
                f"no steps of {name} were read for {self.scope.place}, and those of others differ ({read})"
            )
            return []
        if self.scope.place and any(s.jurisdictions and self.scope.place not in s.jurisdictions for s in steps):
            self.warnings.append(f"no steps of {name} were read for {self.scope.place}; those of {places[0]} are shown")
        schedules = list(dict.fromkeys(either(s.schedule) for s in steps if s.schedule))
        if schedules and not self.scope.course.schedule:
            known = ", ".join(f"'{s}'" for s in schedules)
            raise UsageError(f"the step-up of {name} differs by schedule: give --schedule, weekly or {known}")
        return [s for s in steps if not s.schedule or self._begun(handling) in named_by(s.schedule)]

    def _begun(self, handling: Handling) -> str:
        """The schedule at the beginning: the one before spacing out, if the schedule is a sparser one now."""
        left = self._left_for(handling)
        return every(left.leave.every_days) if left else self.scope.course.schedule

    def _left_for(self, handling: Handling) -> Deescalation | None:
        """The step to the schedule that was given, if it depends on more than the calendar; otherwise ``None``."""
        told = self.scope.course.schedule
        if not told or any(told in named_by(s.schedule) for s in handling.steps):
            return None
        rows = self.scope.here(handling.deescalation)
        return next((r for r in rows if told in r.enter.names and not r.by_calendar), None)

    def _days_of(self, component: Component) -> dict[int, Step | Dose]:
        """For one agent the dose of each day: its step-up, and the rows that can be dated."""
        steps = self.steps[component.agent]
        if not steps and self.scope.here(self.scope.handling(component.agent).steps):
            return {}
        after = max((s.day for s in steps), default=None)
        found: dict[int, Step | Dose] = {s.day: s for s in steps}
        for dose in self._written_out(component):
            for day in days_of(dose.given, self.scope.regimen.cycle_days, self._ahead, after):
                found.setdefault(day, dose)
        return self._spaced_out(component, found)

    def _spaced_out(self, component: Component, found: dict[int, Step | Dose]) -> dict[int, Step | Dose]:
        """The days since a change to a sparser schedule; none from the day on which it may have changed."""
        left = self._left_for(self.scope.handling(component.agent))
        if not found or left is None:
            return found
        interval = left.enter.every_days
        stepped = max((s.day for s in self.steps[component.agent]), default=0)
        changed = self._changed_on(component, stepped)
        kept = {day: row for day, row in found.items() if day < max(changed, stepped + 1)}
        row = _row_of_now(component, interval, kept)
        told, since = self.scope.course.schedule, self.scope.course.since
        if since is None or row is None:
            unread = "" if row else "; no dose of it was read for this regimen"
            day = f"since {since}" if since else "since a day that is not told: --since"
            self._open[component.agent] = f"after {self.scope.date(max(kept))}: {told} now, {day}{unread}"
            return kept
        if max(found) < changed:
            between = f"{self.scope.date(max(found) + 1)} to {self.scope.date(changed - 1)}"
            self._open[component.agent] = f"{between}: what was given before {told} cannot be dated"
        days = range(changed, self._ahead + 1, interval)
        return _apart(kept, found, changed, stepped) | dict.fromkeys(days, row)

    def _changed_on(self, component: Component, stepped: int) -> int:
        """The first day of the sparser schedule; if it was not given, the first possible day.

        Raises:
            UsageError: The day that was given is within the step-up, which ends on day ``stepped``.
        """
        course = self.scope.course
        rows = self.scope.here(self.scope.handling(component.agent).deescalation)
        first = course.since or first_day(course.schedule, rows, course) or course.start
        changed = (first - course.start).days + 1
        if course.since is not None and changed <= stepped:
            name = self.scope.name(component.agent)
            raise UsageError(f"--since {course.since}: the step-up of {name} has not ended on that day")
        return changed

    def undated(self) -> Iterator[Undated]:
        """The agents whose doses the calendar cannot show, or can show only up to a day.

        The reason is a row of doses that is missing, or whose days cannot be converted into dates.
        """
        for component in self.components:
            given, rows = self.days[component.agent], self._written_out(component)
            if component.doses and not rows:
                yield Undated(
                    agent=component.agent, name=self.scope.name(component.agent), text=self.schedules.to_decide
                )
                continue
            if component.agent in self._open:
                yield Undated(
                    agent=component.agent, name=self.scope.name(component.agent), text=self._open[component.agent]
                )
                continue
            open_rows = [r for r in rows if not r.given]
            if given and rows and not open_rows:
                continue
            words = "; ".join(
                ", ".join(x for x in (self._given[id(r)].cell, r.told_days) if x) for r in open_rows or rows
            )
            said = words or "no dose of it was read for this regimen"
            if given and max(given) <= self.scope.last:
                said = f"after {self.scope.date(max(given))}: {said}"
            yield Undated(agent=component.agent, name=self.scope.name(component.agent), text=said)

    def _written_out(self, component: Component) -> list[Dose]:
        """The rows of an agent that can be dated, in the schedule that is shown; the others are alternatives."""
        doses = self.schedules.shown_rows(component)
        if not doses:
            return []
        row = 0
        if self.steps[component.agent]:
            dated = [i for i, d in enumerate(doses) if d.given]
            begun = self._begun(self.scope.handling(component.agent))
            chosen = [i for i in dated if in_words(doses[i].given) == begun]
            row = (chosen or dated or [min(1, len(doses) - 1)])[0]
        return [doses[row], *takewhile(lambda dose: dose.follows, doses[row + 1 :])]

    def rows(self) -> list[DoseRow]:
        """The step-up doses with their days, then every other dose as the label writes it."""
        rows: list[DoseRow] = []
        for component in self.components:
            steps = self.steps[component.agent]
            rows += [self._dose(component.agent, s, f"day {s.day}", s.note, "", {s.day: s}) for s in steps]
            given = self.days[component.agent]
            for dose in component.doses:
                on = {day: row for day, row in given.items() if row is dose}
                if self._is_of_other_interval(component, dose, on):
                    dose = dose.but(**{"dose": _OTHER_INTERVAL, "note": ""})
                schedule = self.schedules.label(component, dose)
                rows.append(self._dose(component.agent, dose, dose.told_days, dose.note, schedule, on))
        return rows

    def _is_of_other_interval(self, component: Component, dose: Dose, on: Mapping[int, object]) -> bool:
        """Whether a dose after the step-up belongs to another interval than the one that was chosen."""
        stepped = bool(self.steps[component.agent]) and bool(self.scope.course.schedule)
        return stepped and bool(dose.given) and not on and all(dose is not x for x in self._written_out(component))

    def _shown(self, days: Mapping[int, object]) -> list[tuple[int, int]]:
        """The runs of days that begin within the calendar."""
        return [run for run in runs(days) if run[0] <= self.scope.last]

    def _dose(
        self, agent: str, row: Step | Dose, days: str, note: str, schedule: str, on: Mapping[int, object]
    ) -> DoseRow:
        given, held = self._given.get(id(row)), self._beside.held.get(agent, "")
        instead = held or (_LOWER if agent in self._beside.reduced else self._amounts.by_cap(agent, row.dose))
        return DoseRow(
            agent=agent,
            name=self.scope.name(agent),
            dose=instead or row.dose,
            route=row.route,
            days=days,
            note="; ".join(filter(None, [note, self._beside.by_counts[agent]])),
            schedule=schedule,
            adapt="" if held else self._beside.to_adapt.get(agent, ""),
            waits_for=list(given.waits_for) if given else [],
            look_up=given.look_up if given else "",
            caps=self._caps(agent, row.dose, given),
            in_mg=[] if instead else self._amounts.in_mg(agent, row.dose, self.scope.date(min(on, default=1))),
            variants=variant_entries(given) if given else [],
            dates=[
                [
                    self.scope.date(first).isoformat(),
                    self.scope.date(self.scope.last if last >= self._ahead else last).isoformat(),
                ]
                for first, last in self._shown(on)
            ],
            source=row.source,
            verified=row.verified,
        )

    def by_day(self, not_yet: Collection[str] = ()) -> dict[int, list[tuple[str, str]]]:
        """What is given on each day, with the name of the drug; a run of days at home is on its first day.

        From today on, each dose of the drugs with the names ``not_yet``, and of drugs that counts withhold, is marked.
        """
        found: dict[int, list[tuple[str, str]]] = {}
        today = (self.scope.course.today - self.scope.course.start).days + 1
        for component in self.components:
            name = self.scope.name(component.agent)
            by_mouth = {id(row) for row in self.days[component.agent].values() if row.route.startswith("oral")}
            for day, said in self._said_on(component.agent, today, by_mouth):
                told = self._marked(component.agent, said, day, today, stopped=name in not_yet)
                found.setdefault(day, []).append((name, told))
        return found

    def _said_on(self, agent: str, today: int, by_mouth: Collection[int]) -> Iterator[tuple[int, str]]:
        """Each day of an agent within the calendar, with its dose in words; ``by_mouth``: the ids of rows by mouth."""
        rows = self.days[agent]
        for first, last in self._shown(rows):
            run, row, goes_on, until = (first, last), rows[first], last >= self._ahead, min(last, self.scope.last)
            at_home = goes_on or (id(row) in by_mouth and not _is_each_day(row, run))
            length = f", {last - first + 1} days" if at_home and last > first else ""
            said = self._dose_of(agent, row, run, ", each day from here on" if goes_on else length)
            days = [first] if at_home else range(first, until + 1)
            if agent in self._beside.held and at_home and first < today <= until:
                days = [first, today]
            yield from ((day, said) for day in days)
            if isinstance(row, Dose) and row.next_day and last < self.scope.last:
                yield last + 1, f"{self.scope.name(agent)}: {row.next_day}"

    def _marked(self, agent: str, said: str, day: int, today: int, *, stopped: bool) -> str:
        """A dose in the calendar; from today on it is marked if it is stopped, and without a number if counts do it."""
        if day >= today and (held := self._beside.held.get(agent)):
            return f"{NOT_YET}: {self.scope.name(agent)}: {held}"
        return f"{NOT_YET}: {said}" if day >= today and stopped else said

    def _dose_of(self, agent: str, row: Step | Dose, run: tuple[int, int], length: str) -> str:
        """A dose in the calendar: without a number if none is known to hold, marked if it must be adapted."""
        day, about, given = run[0], self._beside.to_adapt.get(agent), self._given.get(id(row))
        if given is not None and given.to_cycle is not None and self.scope.cycle_of(day) > given.to_cycle:
            cycles = "the first cycle" if given.to_cycle == 1 else f"cycle {given.to_cycle}"
            return f"{self.scope.name(agent)}: decide the dose after {cycles}, see table{length}"
        stands = given is None or given.stands
        length = length if stands else ""  # the days may differ by the dose too
        dose = given.cell if given else row.dose
        if stands:
            dose = _of_one_day(row, run) + self._amounts.beside(agent, dose, self.scope.date(day))
        about = "; ".join(filter(None, [about, self._beside.by_counts[agent]]))
        if lower := _LOWER if agent in self._beside.reduced else self._amounts.by_cap(agent, row.dose):
            about = f" (adapt it, {about})" if about else ""
            return f"{self.scope.name(agent)}: {lower}{about}{self._beside.on_dialysis.get(agent, '')}"
        adapt = f" ({'as written: ' if stands else ''}adapt it, {about})" if about else ""
        unread = " ‡" if row.verified == "unverified" and stands else ""
        return f"{self.scope.name(agent)} {dose}{length}{adapt}{unread}{self._beside.on_dialysis.get(agent, '')}"


def _is_each_day(row: Step | Dose, run: tuple[int, int]) -> bool:
    """Whether each day of a run of a drug taken at home is listed: if it is short or split, whatever is known of it."""
    return (isinstance(row, Dose) and bool(row.split)) or run[1] - run[0] < _SHORT


def _of_one_day(row: Step | Dose, run: tuple[int, int]) -> str:
    """A dose as each day of a run has it; if it is split over the days, the whole with its days."""
    first, last = run
    if not isinstance(row, Dose):
        return row.dose
    if row.split and last > first:
        return f"{row.split} over days {first} {'and' if last == first + 1 else 'to'} {last}: shares not read"
    return row.split or row.cell or row.dose


def _row_of_now(component: Component, interval: int, kept: Mapping[int, Step | Dose]) -> Dose | None:
    """The dose at an interval: its own row, otherwise the last dose; ``None`` if there is no row."""
    rows = [d for d in component.doses if interval_of(d.given) == interval]
    rows += [row for _, row in sorted(kept.items(), reverse=True) if isinstance(row, Dose)]
    return rows[0] if rows else None


def runs(days: Mapping[int, object]) -> list[tuple[int, int]]:
    """Consecutive days with the same row, each run as its first and last day."""
    runs: list[tuple[int, int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][1] + 1 and days[day] is days[runs[-1][0]]:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _apart(
    kept: Mapping[int, Step | Dose], found: Collection[int], changed: int, stepped: int
) -> dict[int, Step | Dose]:
    """The days that are kept; a computed day just before the reported change is dropped, as it would be too close."""
    apart = min((b - a for a, b in pairwise(sorted(found)) if a >= stepped), default=0)
    return {day: row for day, row in kept.items() if day <= stepped or changed - day >= apart}
