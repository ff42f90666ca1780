"""Whether a drug may be given less often from today on, by the conditions and dates of its label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from typing import NamedTuple, get_args

from mmadvisor.answers.monitor import Condition, Spacing
from mmadvisor.base.known import Bounds, Truth, all_of, truth_of
from mmadvisor.formats.drugs import Deescalation
from mmadvisor.formats.patient import Response, Therapy
from mmadvisor.history.record import DAYS_A_MONTH

RESPONSES = tuple(reversed(get_args(Response)))


@dataclass(frozen=True)
class Course:
    """The course of the treatment until today, as the user describes it.

    ``since`` is the first day of the present schedule. ``None`` or an empty text means not known.
    """

    start: date
    today: date
    schedule: str = ""
    since: date | None = None
    response: str = ""
    response_on: date | None = None
    full_doses: int | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


class _Check(NamedTuple):
    """The result of one condition; ``on`` is the day from which it is met, if a day decides it."""

    text: str
    truth: Truth
    found: str
    on: date | None = None


def spaced(agent: str, row: Deescalation, course: Course, place: str, therapy: Therapy | None) -> Spacing:
    """Whether a drug may be given less often from today on; every condition of the row must be met.

    Args:
        agent: The drug.
        row: The change to the sparser schedule, with its conditions.
        course: The course until today.
        place: Code of the jurisdiction; empty if none was given.
        therapy: The therapy in the patient file; ``None`` if it is not recorded.
    """
    of_label = [
        *_weeks(row, course),
        *_response(row, course, therapy),
        *_held(row, course, therapy),
        *_full_doses(row, course),
        *_progression(course, therapy),
    ]
    checks = [
        *_on_schedule(row, course),
        *(of_label or [_Check(row.text, Truth.UNKNOWN, "by assessment")]),
        *_read_here(row, place),
    ]
    days = [check.on for check in checks if check.on is not None]
    return Spacing(
        agent=agent,
        leave=row.leave.text,
        enter=row.enter.text,
        ready=all_of([check.truth for check in checks]).answer,
        earliest=max(days).isoformat() if days else "",
        due=row.must,
        conditions=[Condition(text=c.text, result=c.truth.answer, found=c.found) for c in checks],
        text=row.text,
        by=", ".join(row.jurisdictions),
        note=row.note,
        source=row.source,
        verified=row.verified,
    )


def _on_schedule(row: Deescalation, course: Course) -> Iterator[_Check]:
    """The present schedule must be the one before the step."""
    if not course.schedule:
        yield _Check(f"on {row.leave.text}", Truth.UNKNOWN, "not told: --schedule")
    elif course.schedule not in row.leave.names:
        yield _Check(f"on {row.leave.text}", Truth.NOT_MET, f"on {course.schedule}")


def _weeks(row: Deescalation, course: Course) -> Iterator[_Check]:
    """The required weeks on the schedule, or of treatment."""
    if row.least_weeks is None:
        return
    since: date | None = course.start
    of = "of treatment"
    if row.weeks_on == "schedule":
        of = f"on {row.leave.text}"
        # The given first day is that of the given schedule.
        since = course.since if not course.schedule or course.schedule in row.leave.names else None
    on = since + timedelta(weeks=row.least_weeks) if since else None
    yield _by_calendar(f"{row.least_weeks:g} weeks {of}", since, on, course.today, "--since")


def _response(row: Deescalation, course: Course, therapy: Therapy | None) -> Iterator[_Check]:
    """The required response: the present one as given. A recorded best response does not show that it lasts."""
    if row.least_response is None:
        return
    response = course.response or _best(therapy)
    asked = f"at least {row.least_response}"
    if not response:
        yield _Check(asked, Truth.UNKNOWN, "not told: --response")
        return
    reached = truth_of(RESPONSES.index(response) >= RESPONSES.index(row.least_response))
    yield _Check(asked, reached, f"{'response' if course.response else 'best response'} {response}")
    if not course.response:
        yield _Check("the response is kept", Truth.UNKNOWN, "the response now is not told: --response")


def _held(row: Deescalation, course: Course, therapy: Therapy | None) -> Iterator[_Check]:
    """The required duration of a response, from the given day, or from the last day on which it may have begun."""
    if row.response_held_months is None:
        return
    recorded = therapy.best_response_on if therapy else None
    since = course.response_on or (recorded.latest if recorded else None)
    on = months_after(since, row.response_held_months) if since else None
    yield _by_calendar(f"held for {row.response_held_months:g} months", since, on, course.today, "--response-on")


def _full_doses(row: Deescalation, course: Course) -> Iterator[_Check]:
    """The required number of full doses; unknown if it was not given."""
    if row.least_full_doses is None:
        return
    given = course.full_doses
    doses = Bounds(0, None) if given is None else Bounds(given, given)
    found = "not told: --full-doses" if given is None else f"{given} told"
    yield _Check(f"{row.least_full_doses} full doses", doses.at_least(row.least_full_doses), found)


def _progression(course: Course, therapy: Therapy | None) -> Iterator[_Check]:
    """No progression, neither recorded nor given as the response."""
    if therapy is not None and therapy.progressed_on is not None:
        yield _Check("no progression", Truth.NOT_MET, f"progressed {therapy.progressed_on}")
    elif (response := course.response or _best(therapy)) == RESPONSES[0]:
        yield _Check("no progression", Truth.NOT_MET, f"response {response}")


def _read_here(row: Deescalation, place: str) -> Iterator[_Check]:
    """A condition that is unknown if the row is only from other jurisdictions."""
    if row.jurisdictions and place and place not in row.jurisdictions:
        yield _Check(f"in the label of {place}", Truth.UNKNOWN, f"read for {' and '.join(row.jurisdictions)}")


def _best(therapy: Therapy | None) -> str:
    """The recorded best response; empty if there is none."""
    return (therapy.best_response if therapy else None) or ""


def first_day(schedule: str, rows: Sequence[Deescalation], course: Course) -> date | None:
    """The first day on which the dates of a label allow a schedule; ``None`` if no row ends in this schedule."""
    days = []
    for row in rows:
        if schedule in row.enter.names:
            others = [r for r in rows if r is not row]
            left = first_day(row.leave.text, others, course) if row.weeks_on == "schedule" else None
            ripe = (left or course.start) + timedelta(weeks=row.least_weeks or 0)
            days.append(max(ripe, months_after(course.response_on or course.start, row.response_held_months or 0)))
    return min(days, default=None)


def _by_calendar(what: str, since: date | None, on: date | None, today: date, option: str) -> _Check:
    """A condition that is met from a day on, with that day."""
    if since is None or on is None:
        return _Check(what, Truth.UNKNOWN, f"its beginning is not told: {option}")
    return _Check(what, truth_of(today >= on), f"since {since.isoformat()}, so from {on.isoformat()}", on)


def months_after(day: date, months: float) -> date:
    """The same day of a later month, or the first day of the next month if that month is too short."""
    whole = int(months)
    year, month = divmod(day.month - 1 + whole, 12)
    begins = date(day.year + year, month + 1, 1)
    then = begins + timedelta(days=day.day - 1)
    if then.month != begins.month:
        then = then.replace(day=1)
    return then + timedelta(days=ceil((months - whole) * DAYS_A_MONTH))
