"""What is given after an interruption and in the days that follow, with the premedication and watch of each dose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from mmadvisor.answers.bedside import PlannedDose, Said
from mmadvisor.formats.drugs import Handling, Observation, Premedication, Restart, Row, Step
from mmadvisor.formats.schedule import either

_R = TypeVar("_R", bound=Row)
_WATCHED = ("repeat", "restart")
_WHERE = {"hospital": "in hospital", "nearby": "near the centre"}


def applies(row: Row, place: str, regimen: str) -> bool:
    """Whether a row applies in a place and for a regimen; an empty one means any."""
    here = not row.jurisdictions or not place or place in row.jurisdictions
    return here and (not row.regimens or not regimen or regimen in row.regimens)


def planned(
    handling: Handling, row: Restart, steps: Sequence[Step], place: str, regimen: str, today: date
) -> list[PlannedDose]:
    """The dose of a row on its day, and each later step of the step-up with its own day.

    Args:
        handling: The handling of the drug.
        row: The row of the table of interruptions, which may be used.
        steps: The steps of the place, regimen and schedule, in order.
        place: Code of the place.
        regimen: Id of the regimen.
        today: Day of the dose.
    """
    again = row.action in _WATCHED
    here = next((s for s in steps if s.dose == row.dose), None)
    if here is None or not again:
        # The rows for steps and first doses do not cover this dose.
        silent = "premedication and watch at this dose were not read" if handling.premedication else ""
        return [_dose(handling, row.dose, row.but(note=silent), row, today, place, regimen)]
    following = [s for s in steps if s.day >= here.day]
    # The note of a step says when it follows the one before it, which is not given.
    first = here if len(following) == 1 else here.but(note="")
    given = [first, *following[1:]]
    # A row with a note of its own says what follows the last step; the step-up of a first course may not.
    given[-1] = given[-1].but(note=row.note or given[-1].note)
    return [_dose(handling, s.dose, s, row, today + timedelta(days=s.day - here.day), place, regimen) for s in given]


def headline(plan: Sequence[PlannedDose], goes_on: str) -> str:
    """What to give on which day, and what follows."""
    first, *later = plan
    said = f"give {first['dose']} on {first['on']}"
    said += "".join(f", then {dose['dose']} on {dose['on']}" for dose in later)
    return f"{said}; {goes_on}" if goes_on else said


def goes_on(plan: Sequence[PlannedDose], row: Restart) -> str:
    """What follows the last dose of a plan, in words."""
    if row.action in _WATCHED:
        return plan[-1]["note"]
    return f"then {either(row.schedule)}, as before" if row.schedule else "then the schedule as before"


def next_due(plan: Sequence[PlannedDose], row: Restart) -> str:
    """The day of the dose after a plan; empty unless it is known that the one interval of the row follows."""
    if len(row.schedule) != 1 or not (row.action == "continue" or row.resumes):
        return ""
    return (date.fromisoformat(plan[-1]["on"]) + timedelta(days=row.schedule[0].every_days)).isoformat()


def premedication(rows: Iterable[Premedication], place: str, regimen: str, doses: set[str]) -> list[Said]:
    """The premedication of certain doses in a place."""
    mine = _of_place([r for r in rows if doses.intersection(r.doses)], place, regimen)
    return [_said(r, f"before {r.before}{_hours(r)}: {r.text}", place) for r in mine]


def observation(rows: Iterable[Observation], place: str, regimen: str, doses: set[str]) -> list[Said]:
    """Where and for how long a patient is watched after certain doses in a place."""
    mine = _of_place([r for r in rows if doses.intersection(r.doses)], place, regimen)
    return [_said(r, f"after {r.after}: {r.hours:g} h {_WHERE[r.where]}", place) for r in mine]


def _of_place(rows: Sequence[_R], place: str, regimen: str) -> list[_R]:
    """The rows of a place; those of other places if it has none."""
    mine = [r for r in rows if applies(r, "", regimen)]
    return [r for r in mine if applies(r, place, regimen)] or mine


def _dose(
    handling: Handling, dose: str, of: Restart | Step, row: Restart, on: date, place: str, regimen: str
) -> PlannedDose:
    """One dose on its day, by a row of the table; only after a dose given again are premedication and watch known."""
    doses = {dose} if row.action in _WATCHED else set()
    return PlannedDose(
        dose=dose,
        on=on.isoformat(),
        note=of.note,
        edition=row.edition,
        premedication=premedication(handling.premedication, place, regimen, doses),
        observation=observation(handling.observation, place, regimen, doses),
        source=of.source,
        verified=of.verified,
    )


def _hours(row: Premedication) -> str:
    if row.hours_before is None:
        return ""
    low, high = row.hours_before
    return f" ({low:g} h before)" if low == high else f" ({low:g} to {high:g} h before)"


def _said(row: Row, text: str, place: str) -> Said:
    """A row in words; that it belongs to other places is said."""
    notes = [row.note] if row.note else []
    if place and row.jurisdictions and place not in row.jurisdictions:
        notes.append(f"none was read for {place}: borrowed, and the stricter stands")
    note = f" ({'; '.join(notes)})" if notes else ""
    return Said(text=f"{text}{note}", by=", ".join(row.jurisdictions), source=row.source, verified=row.verified)
