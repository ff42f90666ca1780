"""Errors in the schedules of doses: days that no cycle has, phases that overlap or never begin."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.flaws import Flaw, Path, unknown
from mmadvisor.catalogue.regimens import Dose, Regimen, Variant
from mmadvisor.formats.schedule import Phase, in_words

_UNITS = ("cycle", "week")


def schedules(catalogue: Catalogue) -> Iterator[Flaw]:
    """The errors in every schedule, and words of days that tell no more than their schedule."""
    for regimen in catalogue.regimens:
        yield from _named(regimen)
        for place, component in enumerate(regimen.agents):
            for index, dose in enumerate(component.doses):
                path: Path = ("regimens", regimen.id, "agents", place, "doses", index)
                yield from _of_row(path, dose, regimen.cycle_days)
                for number, variant in enumerate(dose.variants):
                    yield from _of_row((*path, "variants", number), variant, regimen.cycle_days)
    for number, of_agent in enumerate(catalogue.dose_variants):
        yield from _of_row(("dose_variants", number), of_agent, None)


def _named(regimen: Regimen) -> Iterator[Flaw]:
    """The errors in the names of the schedules of a regimen, and in the rows that name them."""
    path: Path = ("regimens", regimen.id)
    names = [s.name for s in regimen.schedules]
    told = [(("agents", i, "doses", j), d) for i, c in enumerate(regimen.agents) for j, d in enumerate(c.doses)]
    if bool(regimen.usual_schedule) != bool(names):
        yield Flaw((*path, "usual_schedule"), "it is the name of the usual schedule beside others: give both, or none")
    for index, name in enumerate(names):
        if name in (regimen.usual_schedule, *names[:index]):
            yield Flaw((*path, "schedules", index), f"another schedule of the regimen has the name {name}")
        if not any(dose.schedule == name for _, dose in told):
            yield Flaw((*path, "schedules", index), f"no row of doses has the schedule {name}")
    for place, dose in told:
        if dose.schedule and dose.schedule not in names:
            yield unknown((*path, *place, "schedule"), f"schedule of {regimen.id}", dose.schedule, names)
    for i, component in enumerate(regimen.agents):
        if component.doses and component.doses[0].schedule:
            yield Flaw((*path, "agents", i, "doses", 0, "schedule"), "the first row of an agent is a usual one")
        for j, (before, dose) in enumerate(pairwise(component.doses), start=1):
            if dose.follows and dose.schedule != before.schedule:
                yield Flaw((*path, "agents", i, "doses", j), "it follows a row of another schedule")


def _of_row(path: Path, row: Dose | Variant, cycle: int | None) -> Iterator[Flaw]:
    if row.given and row.days == in_words(row.given):
        yield Flaw((*path, "days"), "these are the words of the schedule: leave `days` out")
    units = {unit for phase in row.given for unit in _UNITS if _first(phase, unit) or _last(phase, unit)}
    if len(units) > 1:
        yield Flaw((*path, "given"), "a schedule counts in cycles or in weeks, not in both")
    for index, phase in enumerate(row.given):
        yield from (Flaw((*path, "given", index), said) for said in _alone(phase, cycle, first=index == 0))
    past = dict.fromkeys(_UNITS, 0)
    for index, (before, phase) in enumerate(pairwise(row.given), start=1):
        past |= {unit: _last(before, unit) or past[unit] for unit in _UNITS}
        yield from (Flaw((*path, "given", index), said) for said in _following(before, phase, past))


def _alone(phase: Phase, cycle: int | None, *, first: bool) -> Iterator[str]:
    """The errors of one phase: its days, its length, its beginning."""
    if bool(phase.days) == (phase.every_days is not None):
        yield "write either `days` or `every_days`"
    yield from _listed(phase, phase.cycle_days or cycle)
    if (phase.from_cycle or phase.to_cycle) and not (phase.cycle_days or cycle):
        yield "the regimen has no cycles: add `cycle_days`, or count in weeks"
    for unit in _UNITS:
        begin, end = _first(phase, unit), _last(phase, unit)
        if begin is not None and end is not None and end < begin:
            yield f"it ends (with {unit} {end}) before it begins (with {unit} {begin})"
    bound = phase.from_cycle or phase.to_cycle or phase.from_week
    if phase.after_step_up and (not first or phase.every_days is None or bound):
        yield "`after_step_up` is for a first phase with `every_days`, and with no bound but `to_week`"


def _listed(phase: Phase, length: int | None) -> Iterator[str]:
    """The errors of the listed days."""
    for days in phase.days:
        if not isinstance(days, int) and not Phase(days=(days,)).numbers:
            yield f"the span {days} ends before it begins"
    if any(later <= day for day, later in pairwise(phase.numbers)):
        yield "the days are not in order, each once"
    beyond = [day for day in phase.numbers if length is not None and day > length]
    if beyond:
        yield f"day {beyond[0]} is beyond the cycle of {length} days: correct it, or give the phase its `cycle_days`"


def _following(before: Phase, phase: Phase, past: dict[str, int]) -> Iterator[str]:
    """The errors of a phase after another; ``past``: the last cycle and week of those before it."""
    if not before.ends:
        yield "it never begins: give the phase before it a `to_cycle` or `to_week`"
    for unit in _UNITS:
        begin, end = _first(phase, unit), _last(phase, unit)
        if min(n for n in (begin, end, past[unit] + 1) if n is not None) <= past[unit]:
            yield f"it overlaps the phase before it, which ends with {unit} {past[unit]}"


def _first(phase: Phase, unit: str) -> int | None:
    return phase.from_cycle if unit == "cycle" else phase.from_week


def _last(phase: Phase, unit: str) -> int | None:
    return phase.to_cycle if unit == "cycle" else phase.to_week
