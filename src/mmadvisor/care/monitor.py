"""The dated checklist of a regimen for one patient, and whether its doses may be given less often.

Day 1 is the day of the first dose. An item that applies only to some patients is left out, with the reason, if the
record shows that this patient does not need it. If this is unknown, the item is listed with the missing fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from typing_extensions import TypedDict

from mmadvisor.answers.doses import ScheduleEntry
from mmadvisor.answers.monitor import SCHEMA, Adaptation, MonitorAdvice, Spacing, Standing
from mmadvisor.answers.recommendation import FirstItem, Sentence, TreatNow
from mmadvisor.answers.stamps import INTENDED_USE, Answer, PatientStamp
from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.base.known import Truth
from mmadvisor.care.calendar import calendar
from mmadvisor.care.doses import Doses
from mmadvisor.care.scope import Scope
from mmadvisor.care.scores import scored
from mmadvisor.care.spacing import RESPONSES, Course, first_day, spaced
from mmadvisor.care.tasks import Tasks
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, patient_stamp, since_of, stamped
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.formats.drugs import Deescalation
from mmadvisor.formats.schedule import named_by
from mmadvisor.judging.case import Case
from mmadvisor.judging.results import OFFERED
from mmadvisor.judging.treat_now import due_now
from mmadvisor.judging.verdict import Assessment

_SOON = timedelta(days=13)  # after the first day


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
        catalogue: The catalogue.
        regimen: The regimen that was chosen.
        course: The day of the first dose, today, and the course so far.
        stamp: Hashes and layers to print.
        place: Code of the jurisdiction. Rows of other jurisdictions are left out if the jurisdiction has its own.
        case: The patient to whom the list is adapted; ``None`` if there is no patient.
        weeks: The number of weeks with dates.

    Raises:
        UsageError: The rows differ by an option that was not given, or a reply is not an allowed word.
    """
    scope = Scope(catalogue, regimen, course, place, case, last=weeks * 7)
    doses = Doses(scope)
    _refuse(course, dict.fromkeys(i.name for s in scope.scores for i in s.items))
    spacing = _spacing(scope)
    todo = Tasks(doses, spacing)
    entry = next((a for a in case.assessments if a.regimen.id == regimen.id), None) if case else None
    made = MonitorAdvice(
        schema=SCHEMA,
        regimen=regimen.id,
        name=regimen.name,
        jurisdiction=place,
        **_of_patient(case, entry, stamp),
        **_days(scope),
        **_of_schedules(doses),
        status=list(_status(scope)),
        warnings=[*todo.not_started, *_warnings(scope, doses, entry)],
        adapt=list(_stands_against(catalogue, entry)),
        doses=doses.rows(),
        undated=list(doses.undated()),
        calendar=calendar(doses, todo.tasks, todo.not_yet, todo.given),
        tasks=todo.tasks,
        left_out=todo.left_out,
        scores=[scored(s, course.answers, case, regimen, catalogue) for s in scope.scores],
        co_medication=case.assessor.interactions.checked([regimen]) if case else None,
        deescalation=[step for _, step in spacing],
        evidence=list(_on_spacing(scope)),
        organs=list(_organs(scope)),
        sources={},
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, course.today),
        intended_use=INTENDED_USE,
    )
    made["sources"] = bibliography(catalogue, made, course.today)
    return made


def _warnings(scope: Scope, doses: Doses, entry: Assessment | None) -> Iterator[str]:
    """Drugs that the catalogue does not know, rows that were not read, and why the regimen is not a choice."""
    yield from _unknown_drugs(scope.case)
    yield from doses.warnings
    yield from _not_a_choice(scope, entry)
    yield from _about_since(scope)


class _Days(TypedDict):
    start: str
    today: str
    until: str
    soon: str


def _days(scope: Scope) -> _Days:
    """The days of the list: of the first dose, today, the last of the calendar, and the last of the days to come."""
    course = scope.course
    return _Days(
        start=course.start.isoformat(),
        today=course.today.isoformat(),
        until=scope.date(scope.last).isoformat(),
        soon=(max(course.today, course.start) + _SOON).isoformat(),
    )


class _OfPatient(Answer):
    patient: PatientStamp | None
    treat_now: TreatNow | None
    first: list[FirstItem]
    verdict: str


def _of_patient(case: Case | None, entry: Assessment | None, stamp: Stamp) -> _OfPatient:
    """The part of the list about the patient; empty without one."""
    due = due_now(case) if case else None
    return _OfPatient(
        patient=patient_stamp(case.history, stamp) if case else None,
        treat_now=due[0] if due else None,
        first=due[1] if due else [],
        verdict=entry.verdict if entry else "",
    )


class _OfSchedules(TypedDict):
    cycle_days: int | None
    schedules: list[ScheduleEntry]


def _of_schedules(doses: Doses) -> _OfSchedules:
    """The schedules, and the length of the cycles in the one that is dated."""
    return _OfSchedules(cycle_days=doses.cycle_days, schedules=doses.schedules.entries())


def _refuse(course: Course, asked: Iterable[str]) -> None:
    """Refuse an impossible course; ``asked`` are the questions of its scores.

    Raises:
        UsageError: An answer to no question, an impossible day, or an incomplete response or schedule.
    """
    for name in course.answers:
        if name not in asked:
            known = (
                f"no score asks this; the questions are: {', '.join(asked)}. {nearest(name, asked)}".strip()
                if asked
                else "this regimen has no score"
            )
            raise UsageError(f"--answer {name}: {known}")
    for option, day in (("--since", course.since), ("--response-on", course.response_on)):
        if day is not None and day > course.today:
            raise UsageError(f"{option} {day}: this is after today ({course.today})")
        if day is not None and day < course.start:
            raise UsageError(f"{option} {day}: this is before the first dose ({course.start})")
    if course.since is not None and not course.schedule:
        raise UsageError(f"--since {course.since}: give the schedule too, with --schedule")
    if course.response and course.response not in RESPONSES:
        raise UsageError(f"--response {course.response}: write one of {', '.join(RESPONSES)}")
    if course.response and course.start > course.today:
        raise UsageError(f"--response: the first dose ({course.start}) is after today ({course.today})")


def _spacing(scope: Scope) -> list[tuple[Deescalation, Spacing]]:
    """Each step to a sparser schedule, and whether it may be taken today."""
    return [
        (row, spaced(agent, row, scope.course, scope.place, scope.therapy(agent)))
        for agent, handling in scope.handled()
        for row in scope.here(handling.deescalation)
    ]


def _stands_against(catalogue: Catalogue, entry: Assessment | None) -> Iterator[Adaptation]:
    """Findings of the patient against the regimen as written; other drugs are listed with the co-medication."""
    for caution in entry.cautions if entry else ():
        if not caution.criterion.of_co_medication:
            said = caution.warned(catalogue.words)
            yield Adaptation(
                text=said.text,
                applies="unknown" if caution.finding.truth is Truth.UNKNOWN else "yes",
                source=said.source,
                verified=said.verified,
                **since_of(caution.criterion),
            )


def _on_spacing(scope: Scope) -> Iterator[Sentence]:
    """What was published by today on giving doses less often."""
    for note in scope.regimen.notes:
        if note.topic == "de-escalation" and scope.catalogue.known(note.source, scope.course.today):
            yield Sentence(text=note.text, source=note.source, verified=note.verified)


def _unknown_drugs(case: Case | None) -> list[str]:
    return case.assessor.interactions.unknown() if case else []


def _not_a_choice(scope: Scope, entry: Assessment | None) -> Iterator[str]:
    """That the regimen is not in use, or not open to the patient, unless the patient receives it."""
    if scope.regimen.investigational:
        yield "investigational: given in trials only, by their protocol"
    if entry is None or entry.verdict in OFFERED or any(map(scope.therapy, entry.regimen.agent_ids)):
        return
    reasons = [scope.case.reason(r) for r in entry.failing or entry.open_questions] if scope.case else []
    yield f"today {entry.verdict}" + (f" ({'; '.join(reasons)})" if reasons else "")


def _status(scope: Scope) -> Iterator[Standing]:
    """The status of the regimen in the jurisdiction, or in every jurisdiction if none was given."""
    for code in (scope.place,) if scope.place else scope.catalogue.jurisdictions:
        listing = scope.catalogue.listing(code, scope.regimen)
        yield Standing(
            jurisdiction=code,
            status=scope.catalogue.status(code, scope.regimen, scope.course.today),
            note=listing.note if listing else "",
            source=listing.source if listing else "",
            verified=listing.verified if listing else "unverified",
        )


def _about_since(scope: Scope) -> Iterator[str]:
    """Warnings if the given first day of the schedule is not allowed by its rows, or does not fit the calendar."""
    told, since = scope.course.schedule, scope.course.since
    if since is None:
        return
    for agent, handling in scope.handled():
        name = scope.name(agent)
        rows = [r for r in scope.here(handling.deescalation) if told in r.enter.names]
        if any(told in named_by(s.schedule) for s in handling.steps) and since != scope.course.start:
            others = ", ".join(f"'{r.enter.text}'" for r in rows if r.enter.text != told)
            reached = f"; one that is reached later goes by {others}" if others else ""
            yield f"--since {since} is not used: {name} {told} begins on the first day{reached}"
        elif any(r.by_calendar for r in rows):
            yield f"--since {since} is not used: {name} {told} is dated by the label's own calendar"
        elif (first := first_day(told, scope.here(handling.deescalation), scope.course)) and since < first:
            yield (
                f"--since {since}: by its dates {name} {told} begins on {first} at the earliest;"
                f" what is counted from {since} stands on that"
            )


def _organs(scope: Scope) -> Iterator[Sentence]:
    """How its agents are handled with impaired kidney or liver function."""
    for agent, handling in scope.handled():
        for row in (*handling.renal, *handling.hepatic):
            yield Sentence(text=f"{scope.name(agent)}: {row.text}", source=row.source, verified=row.verified)
