"""Whether a schedule may be spaced out today, by the label's conditions and dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from typing import get_args

from typing_extensions import TypedDict

from mmadvisor.cited import Cited
from mmadvisor.handling import Deescalation
from mmadvisor.history import DAYS_A_MONTH
from mmadvisor.patient import Response, Therapy
from mmadvisor.schedule import rhythm_of
from mmadvisor.truth import Bounds, Truth, all_of, truth_of

RESPONSES = tuple(reversed(get_args(Response)))


@dataclass(frozen=True)
class Course:
    """How the treatment goes: what the checklist cannot know of itself.

    ``since`` is the first day of the schedule. What is ``None`` or empty is not known.
    """

    start: date
    today: date
    schedule: str = ""
    since: date | None = None
    response: str = ""
    response_on: date | None = None
    full_doses: int | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


class Condition(TypedDict):
    """One condition of a label for spacing out."""

    text: str
    result: str
    found: str


class Spacing(Cited):
    """A step of de-escalation: whether it may be taken today, and from when its dates allow it."""

    agent: str
    leave: str
    enter: str
    ready: str
    earliest: str
    due: bool
    conditions: list[Condition]
    text: str
    by: str
    note: str
    source: str
    verified: str


def spaced(agent: str, row: Deescalation, course: Course, place: str, therapy: Therapy | None) -> Spacing:
    """Whether a step of de-escalation may be taken today; all of its conditions must hold."""
    conditions: list[tuple[str, Truth, str, date | None]] = []
    here = not course.schedule or course.schedule in row.leave
    if row.least_weeks is not None:
        on_schedule = row.weeks_on == "schedule"
        # The day that was told belongs to the schedule that was told.
        since = (course.since if here else None) if on_schedule else course.start
        what = f"{row.least_weeks:g} weeks {f'on {row.leave}' if on_schedule else 'of treatment'}"
        on = since + timedelta(weeks=row.least_weeks) if since else None
        conditions.append(_by_calendar(what, since, on, course.today, "--since"))
    recorded = (therapy.best_response if therapy else None) or ""
    response = course.response or recorded
    if row.least_response is not None:
        reached = (
            Truth.UNKNOWN
            if not response
            else truth_of(RESPONSES.index(response) >= RESPONSES.index(row.least_response))
        )
        found = (
            f"{'response' if course.response else 'best response'} {response}" if response else "not told: --response"
        )
        conditions.append((f"at least {row.least_response}", reached, found, None))
        if recorded and not course.response:
            # The best response is what was reached; whether it is there today is another fact.
            conditions.append(("the response is kept", Truth.UNKNOWN, "the response now is not told: --response", None))
    if row.response_held_months is not None:
        told = course.response_on
        reached_on = therapy.best_response_on if therapy else None
        since = told or (reached_on.latest if reached_on else None)
        what = f"held for {row.response_held_months:g} months"
        on = months_after(since, row.response_held_months) if since else None
        conditions.append(_by_calendar(what, since, on, course.today, "--response-on"))
    if row.least_full_doses is not None:
        doses = Bounds(course.full_doses, course.full_doses) if course.full_doses is not None else Bounds(0, None)
        found = f"{course.full_doses} told" if course.full_doses is not None else "not told: --full-doses"
        conditions.append((f"{row.least_full_doses} full doses", doses.at_least(row.least_full_doses), found, None))
    if therapy is not None and therapy.progressed_on is not None:
        conditions.append(("no progression", Truth.NOT_MET, f"progressed {therapy.progressed_on}", None))
    elif response == RESPONSES[0]:
        conditions.append(("no progression", Truth.NOT_MET, f"response {response}", None))
    if not conditions:
        conditions.append((row.text, Truth.UNKNOWN, "by assessment", None))
    if row.jurisdictions and place and place not in row.jurisdictions:
        read = f"read for {' and '.join(row.jurisdictions)}"
        conditions.append((f"in the label of {place}", Truth.UNKNOWN, read, None))
    if not course.schedule:
        conditions.insert(0, (f"on {row.leave}", Truth.UNKNOWN, "not told: --schedule", None))
    elif not here:
        conditions.insert(0, (f"on {row.leave}", Truth.NOT_MET, f"on {course.schedule}", None))
    ready = all_of([truth for _, truth, _, _ in conditions])
    days_from = [on for _, _, _, on in conditions if on is not None]
    return Spacing(
        agent=agent,
        leave=row.leave,
        enter=row.enter,
        ready=ready.answer,
        earliest=max(days_from).isoformat() if days_from else "",
        due=row.must,
        conditions=[Condition(text=text, result=truth.answer, found=found) for text, truth, found, _ in conditions],
        text=row.text,
        by=", ".join(row.jurisdictions),
        note=row.note,
        source=row.source,
        verified=row.verified,
    )


def first_day(schedule: str, rows: Sequence[Deescalation], course: Course) -> date | None:
    """The first day on which a label's dates allow a schedule; ``None`` where no row leads to it."""
    days = []
    for row in rows:
        if schedule and schedule in (row.enter, rhythm_of(row.enter)):
            others = [r for r in rows if r is not row]
            left = first_day(row.leave, others, course) if row.weeks_on == "schedule" else None
            ripe = (left or course.start) + timedelta(weeks=row.least_weeks or 0)
            days.append(max(ripe, months_after(course.response_on or course.start, row.response_held_months or 0)))
    return min(days, default=None)


def _by_calendar(
    what: str, since: date | None, on: date | None, today: date, option: str
) -> tuple[str, Truth, str, date | None]:
    """A condition that a day fulfils, and that day."""
    if since is None or on is None:
        return what, Truth.UNKNOWN, f"its beginning is not told: {option}", None
    return what, truth_of(today >= on), f"since {since.isoformat()}, so from {on.isoformat()}", on


def months_after(day: date, months: float) -> date:
    """The same day of a later month, or the first of the next where that month has no such day."""
    whole = int(months)
    year, month = divmod(day.month - 1 + whole, 12)
    begins = date(day.year + year, month + 1, 1)
    then = begins + timedelta(days=day.day - 1)
    if then.month != begins.month:
        then = then.replace(day=1)
    return then + timedelta(days=ceil((months - whole) * DAYS_A_MONTH))
