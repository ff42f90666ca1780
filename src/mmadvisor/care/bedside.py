"""What to give after an interruption, and what to do with a drug at an adverse event.

All advice comes from rows of the label. If nobody has looked up a row at its source, or a later revision of the label
replaced the row, the advice is to check the current label. It then contains no dose and no action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from mmadvisor.answers.bedside import (
    HOLD,
    RESTART,
    Decision,
    GradeEntry,
    HoldAdvice,
    HoldRow,
    PlannedDose,
    RestartAdvice,
    Said,
    SectionEntry,
)
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.base.known import span
from mmadvisor.care.after_pause import applies, goes_on, headline, next_due, observation, planned, premedication
from mmadvisor.care.at_event import Event, Since, given_at, practice_at, said_at
from mmadvisor.care.deciding import (
    CHECK_LABEL,
    STOPPING,
    Here,
    asked,
    decision,
    ends_until_decided,
    may_stop,
    sections_of,
    strictest_first,
    while_given,
)
from mmadvisor.care.events import event_named, in_one_spelling, names_of
from mmadvisor.care.grading import grade_of
from mmadvisor.care.to_find import is_unknown, to_find
from mmadvisor.catalogue.catalogue import Catalogue, find_regimen
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, stamped
from mmadvisor.catalogue.listings import find_jurisdiction
from mmadvisor.formats.agents import UnknownNameError
from mmadvisor.formats.drugs import CHECK, Amount, Handling, Hold, Restart, Statement
from mmadvisor.formats.schedule import either, every, named_by

_YEAR = 366


def restart(
    catalogue: Catalogue,
    agent: str,
    *,
    last_dose: str,
    on: date | str,
    today: date,
    schedule: str = "",
    jurisdiction: str = "",
    regimen: str = "",
    reason: str = "",
    grade: int | None = None,
    in_hospital: bool = False,
    stamp: Stamp | None = None,
) -> RestartAdvice:
    """What to give after an interruption, from the label's table.

    Args:
        catalogue: The catalogue.
        agent: Name of the drug.
        last_dose: The last dose that was given, as the table writes it: ``76 mg``; or ``unknown``.
        on: Day of that dose. Days are counted from this day, never from a missed visit. A text is what is known of a
            day that is not known exactly, such as ``unknown`` or ``2026-10``; the answer then has no dose.
        today: Day of the next dose.
        schedule: The schedule; needed if the rows of the table differ by schedule.
        jurisdiction: Code of the jurisdiction; needed if the rows differ by jurisdiction.
        regimen: The regimen; needed if the rows differ by regimen.
        reason: The event that caused the interruption. The advice then includes the rows and the practice for the
            event.
        grade: Grade of the event, if known.
        in_hospital: Whether the patient is in hospital for the event. The advice is then to give nothing today, and
            shows the row for the day after discharge.
        stamp: Hash and layers to print.

    Raises:
        UsageError: The agent, regimen, event, table or dose does not exist; the rows differ by an argument that was not
            given; or ``today`` is before the last dose.
    """
    known, handling = _handling(catalogue, agent)
    if grade is not None and not reason:
        raise UsageError("--grade: give the event too, with --reason")
    regimen = _regimen_with(catalogue, known, regimen)
    place = _place(catalogue, jurisdiction)
    if isinstance(on, str) or is_unknown(last_dose):
        cause = _Cause.of(catalogue, known, handling, event_named(catalogue, reason), grade, place)
        made = to_find(catalogue, known, place, last_dose, on, today, stamp or Stamp())
        made["beware"] = _said(catalogue.restart_warnings)
        made["holds"] = [_hold_row(r) for r in strictest_first(cause.rows)]
        made["elsewhere"] = [_hold_row(r) for r in strictest_first(cause.elsewhere)]
        made["sources"] = bibliography(catalogue, made, today)
        return made
    told = _Interruption(known, handling, regimen, last_dose, schedule, on, today, in_hospital)
    told.must_be_possible(sections_of(catalogue.restart_sections, catalogue, known, place))
    cause = _Cause.of(catalogue, known, handling, event_named(catalogue, reason), grade, place)
    table = _Table.of(handling, last_dose, regimen, schedule, place)
    made = _advice(catalogue, told, cause, table, stamp or Stamp())
    made["sources"] = bibliography(catalogue, made, today)
    return made


class _Interruption(NamedTuple):
    """An interrupted drug: the arguments that were given, and its handling."""

    agent: str
    handling: Handling
    regimen: str
    last_dose: str
    schedule: str
    on: date
    today: date
    in_hospital: bool

    @property
    def days(self) -> int:
        """Days from the last dose to the next."""
        return (self.today - self.on).days

    def must_be_possible(self, sections: Sequence[SectionEntry]) -> None:
        """Refuse an interruption that no table covers.

        Args:
            sections: The sections of labels to read instead.

        Raises:
            UsageError: The last dose is after today, or there is no table.
        """
        if self.days < 0:
            raise UsageError(f"the last dose ({self.on}) is after the day of the next ({self.today})")
        if not self.handling.restarts:
            where = " or ".join(f"{x['section']} ({x['by']})" for x in sections)
            raise UsageError(
                f"no table for an interruption of {self.agent} was found: {CHECK}, section {where};"
                " give no dose before it was read"
            )


def _advice(catalogue: Catalogue, told: _Interruption, cause: _Cause, table: _Table, stamp: Stamp) -> RestartAdvice:
    """The advice from the row of the table for the interruption, and from the rows for its cause."""
    row = table.covering(told.days)
    step = _Step.of(row, cause, table)
    place, handling = table.place, told.handling
    plan = _plan(told, row, place) if row is not None and step.dose else []
    regimen = told.regimen or (_only(row.regimens) if row is not None else "")
    doses = {d["dose"] for d in plan} if step.watched else set()
    looked_up = step.action == CHECK_LABEL
    withheld = "in hospital: withheld until discharge; the row is for a dose on the day named"
    return RestartAdvice(
        schema=RESTART,
        agent=told.agent,
        name=catalogue.formulary.by_id[told.agent].name,
        jurisdiction=place,
        schedule=told.schedule,
        last_dose=told.last_dose,
        last_given=told.on.isoformat(),
        today=told.today.isoformat(),
        days=told.days,
        action=step.action,
        dose=step.dose,
        headline=_headline(plan, row, cause, told),
        plan=plan,
        next_due=next_due(plan, row) if row is not None and plan else "",
        sections=sections_of(catalogue.restart_sections, catalogue, told.agent, place) if looked_up else [],
        beware=_said(catalogue.restart_warnings if looked_up else ()),
        in_mg=_said(_amounts(handling, plan, place)),
        row=step.text,
        note=step.note,
        edition=row.edition if row is not None and step.dose else "",
        review=_review(row, told.days) if step.action != CHECK_LABEL else "",
        only_if=cause.only_if(),
        withheld=withheld if told.in_hospital else "",
        premedication=premedication(handling.premedication, place, regimen, doses),
        observation=observation(handling.observation, place, regimen, doses),
        holds=[_hold_row(r) for r in strictest_first(cause.rows)],
        elsewhere=[_hold_row(r) for r in strictest_first(cause.elsewhere)],
        practice=practice_at(
            catalogue,
            Event(told.agent, cause.event, cause.of_any_grade, cause.grade, cause.grade),
            Since(),
            may_stop=may_stop(cause.rows),
        ),
        source=row.source if row is not None else "",
        verified=row.verified if row is not None else "",
        sources={},
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, told.today),
        intended_use=INTENDED_USE,
    )


def _plan(told: _Interruption, row: Restart, place: str) -> list[PlannedDose]:
    """The dose of a row and the steps after it, by the step-up of the place, regimen and schedule."""
    regimen = told.regimen or _only(row.regimens)
    steps = [
        s
        for s in told.handling.steps
        if applies(s, place, regimen) and (not s.schedule or _fold(told.schedule) in map(_fold, named_by(s.schedule)))
    ]
    return planned(told.handling, row, steps, place, regimen, told.today)


def _said(rows: Iterable[Amount | Statement]) -> list[Said]:
    return [Said(text=row.text, by="", source=row.source, verified=row.verified) for row in rows]


def _amounts(handling: Handling, plan: Sequence[PlannedDose], place: str) -> list[Amount]:
    """How the label turns the doses of a plan into mg."""
    doses = {d["dose"] for d in plan}
    return [row for row in handling.amounts if applies(row, place, "") and not doses.isdisjoint(row.of)]


def _headline(plan: Sequence[PlannedDose], row: Restart | None, cause: _Cause, told: _Interruption) -> str:
    """What to give on which day and what follows; empty where no dose is given."""
    if row is None or not plan:
        return ""
    said = headline(plan, goes_on(plan, row))
    if told.in_hospital:
        return f"Nothing while in hospital; after discharge {said}"
    if cause.event:
        return f"Only if the condition above holds, {said}"
    return f"{said[:1].upper()}{said[1:]}"


def _only(names: Sequence[str]) -> str:
    """The one name of a list; empty if it has none or several."""
    return names[0] if len(names) == 1 else ""


# Why: docs/explanation/checklists-and-interruptions.md#after-an-event-the-table-of-interruptions-is-not-enough
class _Cause(NamedTuple):
    """The event that interrupted a drug, and what it requires; ``event`` is empty if none was given.

    ``rows`` are the rows for its grade in the place, ``elsewhere`` those of other places. ``waits`` is the sentence
    that no dose is given until a specialist has decided.
    """

    event: str
    grade: int | None
    of_any_grade: list[Hold]
    rows: list[Hold]
    decided: Decision | None
    waits: str
    elsewhere: tuple[Hold, ...] = ()

    @classmethod
    def of(
        cls, catalogue: Catalogue, agent: str, handling: Handling, event: str, grade: int | None, place: str
    ) -> _Cause:
        if not event:
            return cls("", grade, [], [], None, "")
        of_any_grade = _rows_at(catalogue, agent, handling, event)
        rows = [r for r in of_any_grade if _holds_for(r, place, grade, grade)]
        at = Event(agent, event, of_any_grade, grade, grade)
        elsewhere = [r for r in of_any_grade if _of_grade(r, grade, grade) and r not in rows]
        decided = decision(catalogue, at, Here(place, rows, elsewhere))
        waits = ends_until_decided(catalogue, event, grade)
        return cls(event, grade, of_any_grade, rows, decided, waits, tuple(elsewhere))

    @property
    def stopping(self) -> list[Hold]:
        """The rows that may require stopping for good."""
        return [r for r in self.rows if r.action in STOPPING]

    @property
    def ends(self) -> bool:
        """Whether no dose is given until a decision is made."""
        return bool(self.stopping or self.waits)

    @property
    def unread(self) -> bool:
        """Whether no row for the event was looked up at its source."""
        return self.decided is not None and self.decided["action"] == CHECK_LABEL

    def only_if(self) -> str:
        """The condition for using the table; empty without an event."""
        if not self.event:
            return ""
        graded = f" of grade {self.grade}" if self.grade is not None else " (its grade is not told)"
        event = f"{self.event}{graded}"
        if self.stopping:
            doubt = (
                "" if any(r.read for r in self.stopping) else " (it was not read at a source: check the current label)"
            )
            ask = "; say --grade" if self.grade is None else ""
            return f"after {event} a row of the label may ask to stop for good{doubt}{ask}"
        if self.waits:
            return self.waits
        if self.rows:
            return (
                f"only once the {event} has settled as the rows at that event ask; premedication and watch at this"
                " dose: as they say, and where they are silent it was not read"
            )
        return f"no row was read for {event}: {CHECK}"


class _Step(NamedTuple):
    """The next step; it has no dose if the event ends treatment or no row may be used."""

    action: str
    dose: str
    text: str
    note: str

    @classmethod
    def of(cls, row: Restart | None, cause: _Cause, table: _Table) -> _Step:
        if row is None or not row.usable:
            note = cause.decided["text"] if cause.unread and cause.decided else table.why_not(row)
            return cls(CHECK_LABEL, "", CHECK, note)
        if cause.ends:
            return cls("stopped", "", row.text, row.note)
        if cause.unread and cause.decided:
            return cls(CHECK_LABEL, "", CHECK, cause.decided["text"])
        return cls(row.action, row.dose, row.text, row.note)

    @property
    def watched(self) -> bool:
        """Whether the dose needs the premedication and observation of a first dose."""
        return self.action in ("repeat", "restart")


class _Table(NamedTuple):
    """The rows for a last dose in a jurisdiction, and the jurisdictions that have any rows.

    ``beyond`` is a sentence if the doses were further apart than in any row; there are then no rows.
    """

    rows: list[Restart]
    place: str
    places: set[str]
    regimen: str
    beyond: str = ""

    @classmethod
    def of(cls, handling: Handling, last_dose: str, regimen: str, schedule: str, place: str) -> _Table:
        """The rows for the arguments that were given.

        Raises:
            UsageError: There is no row, or the rows differ by an argument that was not given.
        """
        rows = [r for r in handling.restarts if _fold(r.last_dose) == _fold(last_dose)]
        if not rows:
            doses = list(dict.fromkeys(r.last_dose for r in handling.restarts))
            known = f"the table has {', '.join(doses)}. {nearest(last_dose, doses)}"
            raise UsageError(f"no row for a last dose of {last_dose!r}; {known}")
        places = {p for r in rows for p in r.jurisdictions}
        if places and not place:
            raise UsageError(f"the rows apply only to {', '.join(sorted(places))}: give --jurisdiction")
        rows = [r for r in rows if not r.jurisdictions or place in r.jurisdictions]
        if regimen and rows and not any(applies(r, place, regimen) for r in rows):
            return cls([], place, places, regimen)
        rows = _one_of("regimen", rows, regimen, lambda r: [(name,) for name in r.regimens])
        if beyond := _beyond(rows, schedule):
            return cls([], place, places, regimen, beyond)
        rows = _one_of("schedule", rows, schedule, lambda r: [named_by(r.schedule)] if r.schedule else [])
        return cls(rows, place, places, regimen)

    def covering(self, days: int) -> Restart | None:
        """The row for a number of days; ``None`` if there is none."""
        return next((r for r in self.rows if _covers(r, days)), None)

    def why_not(self, row: Restart | None) -> str:
        """Why a row may not be used."""
        if row is None:
            if self.beyond:
                return self.beyond
            if not self.rows and self.regimen and self.place in self.places:
                return f"no row was read for {self.regimen}; the rows read are those of another regimen"
            if not self.rows and self.places:
                return f"the rows read are those of {', '.join(sorted(self.places))}; none was found for {self.place}"
            return "no row read covers so many days"
        return row.superseded or row.note or "this row was not read at a source"


def hold(
    catalogue: Catalogue,
    agent: str,
    event: str,
    *,
    grade: int | None = None,
    inputs: Mapping[str, float | str] | None = None,
    count: float | None = None,
    pain: bool | None = None,
    last_dose: date | None = None,
    last_step: date | None = None,
    jurisdiction: str = "",
    today: date | None = None,
    stamp: Stamp | None = None,
) -> HoldAdvice:
    """What to do with an agent at an adverse event, from the rows of its label.

    Args:
        catalogue: The catalogue.
        agent: Name of the drug.
        event: The event, such as CRS, ICANS, infection, neutropenia.
        grade: Grade of the event; rows for other grades are left out. If it differs from the grade of the inputs, both
            are used.
        inputs: ``temperature`` in degrees Celsius, ``ice`` and the answers to the questions of the grading.
        count: The laboratory value of the event; rows that go by a value then apply by it, and not by the grade.
        pain: Whether the patient has neuropathic pain; rows for the other case are left out.
        last_dose: Day of the last dose; ``last_step`` that of the last dose of the step-up.
        last_step: See ``last_dose``; later events have other causes first.
        jurisdiction: Code of the place; rows of other places are listed apart.
        today: Day of the answer, for the age of the catalogue; if not given, the day of its review.
        stamp: Hash and layers to print.

    Raises:
        UsageError: There is no such agent, event or answer; or no row goes by a count that was given.
    """
    known, handling = _handling(catalogue, agent)
    place = _place(catalogue, jurisdiction)
    event = event_named(catalogue, event)
    mine = _rows_at(catalogue, known, handling, event)
    graded = grade_of(catalogue, event, inputs or {}) if inputs else None
    least, most, conflict = _agreed(graded, grade)
    _must_go_by(catalogue, mine, count, known, event)
    mine = _by_pain(mine, pain, known, event)
    day = today or span(catalogue.reviewed_on).latest
    since = Since.of(day, last_dose, last_step)
    at_grade = [r for r in mine if _of_grade(r, least, most, count)]
    rows = [r for r in at_grade if applies(r, place, "")]
    others = [r for r in mine if count is not None and r.read and applies(r, place, "") and r not in at_grade]
    here = Here(place, rows, [r for r in at_grade if r not in rows], count, [r for r in others if r.count])
    made = _held(catalogue, Event(known, event, mine, least, most), here, since)
    made["grade"], made["conflict"] = graded, conflict
    made["ask"] = made["ask"] if pain is None else []
    made["catalogue"] = stamped(catalogue, stamp or Stamp(), day)
    made["sources"] = bibliography(catalogue, made, today)
    return made


def _held(catalogue: Catalogue, at: Event, here: Here, since: Since) -> HoldAdvice:
    """The advice for an event, without its inputs and stamps."""
    return HoldAdvice(
        schema=HOLD,
        agent=at.agent,
        name=catalogue.formulary.by_id[at.agent].name,
        event=at.event,
        jurisdiction=here.place,
        grade=None,
        conflict="",
        count=here.value,
        days=since.dose,
        first=said_at(catalogue, at, "first", since),
        decision=while_given(catalogue, at, here, decision(catalogue, at, here)),
        give=given_at(catalogue, at),
        examine=said_at(catalogue, at, "examine", since),
        ask=said_at(catalogue, at, "ask", since) if since.step is None else [],
        rows=[_hold_row(r) for r in strictest_first(here.rows)],
        elsewhere=[_hold_row(r) for r in strictest_first(here.elsewhere)],
        at_other_values=[_hold_row(r) for r in strictest_first(here.others)],
        levels=_levels(catalogue, at.agent, here),
        practice=practice_at(catalogue, at, since, may_stop=may_stop(here.rows)),
        sources={},
        engine=ENGINE,
        catalogue=stamped(catalogue, Stamp(), span(catalogue.reviewed_on).latest),
        intended_use=INTENDED_USE,
    )


def _agreed(graded: GradeEntry | None, told: int | None) -> tuple[int | None, int | None, str]:
    """The possible grades: the given grade, if the inputs allow it; otherwise a range from the lower to the higher."""
    if graded is None:
        return told, told, ""
    least, most = graded["at_least"], graded["at_most"]
    if told is None:
        return least, most, ""
    if least <= told <= most:
        return told, told, ""
    by_inputs = f"grade {least}" if least == most else f"grade {least} to {most}"
    conflict = f"grade {told} was told, and the inputs give {by_inputs}: the rows of both are shown; which is right?"
    return min(told, least), max(told, most), conflict


# --- rows ---------------------------------------------------------------------------------------


def _handling(catalogue: Catalogue, agent: str) -> tuple[str, Handling]:
    try:
        known = catalogue.formulary.agent(agent).id
    except UnknownNameError as error:
        raise UsageError(f"there is no agent {agent!r}. {error.hint}".strip()) from None
    return known, catalogue.handling.get(known, Handling())


def _place(catalogue: Catalogue, jurisdiction: str) -> str:
    return find_jurisdiction(catalogue.jurisdictions, jurisdiction) if jurisdiction else ""


def _regimen_with(catalogue: Catalogue, agent: str, regimen: str) -> str:
    """The id of a regimen with the agent, from any of its names; empty if no name is given.

    Raises:
        UsageError: There is no such regimen, or it does not contain the agent.
    """
    if not regimen:
        return ""
    holding = [r.id for r in catalogue.regimens if agent in r.agent_ids]
    try:
        found = find_regimen(catalogue, regimen).id
    except UsageError:
        found = ""
    if found not in holding:
        known = ", ".join(holding)
        hint = nearest(regimen, holding)
        raise UsageError(f"--regimen {regimen}: no such regimen contains {agent}; these do: {known}. {hint}".strip())
    return found


def _rows_at(catalogue: Catalogue, agent: str, handling: Handling, event: str) -> list[Hold]:
    """The rows for an event, and those for narrower or wider events that cover it; possibly none.

    Raises:
        UsageError: The catalogue knows no event by this name.
    """
    asked = names_of(catalogue, event) - {""}
    mine = [r for r in handling.holds if not asked.isdisjoint(map(in_one_spelling, (r.event, *r.covers)))]
    if not mine and asked.isdisjoint(map(in_one_spelling, catalogue.events)):
        modality = catalogue.formulary.by_id[agent].modality
        of_the_drug = [g.event for g in catalogue.gradings if modality in g.modalities]
        of_the_drug += [p.event for p in catalogue.practice if p.part == "practice" and modality in p.modalities]
        events = list(dict.fromkeys([*(r.event for r in handling.holds), *of_the_drug]))
        found = f"events: {', '.join(events or catalogue.events)}. "
        found += nearest(event, [*events, *catalogue.events, *(w for also in catalogue.events.values() for w in also)])
        signs = {in_one_spelling(sign): of for sign, of in catalogue.signs.items()}
        may_be = signs.get(in_one_spelling(event), ())
        if asked_for := [e for e in may_be if e in events]:
            found = f"it may be a sign of {', '.join(may_be)}: use {' or '.join(asked_for)} instead; {found}"
        raise UsageError(f"{event!r} is not an event that the catalogue knows for {agent}; {found}".strip("; "))
    return mine


def _must_go_by(catalogue: Catalogue, rows: Sequence[Hold], count: float | None, agent: str, event: str) -> None:
    """Refuse a count if no row of any drug for the event goes by one, if it may be of several tests, or is not low."""
    if count is None:
        return
    tests = _tests(catalogue, rows, event)
    if len(tests) != 1:
        why = "no row that was read goes by a count: give --grade instead"
        why = f"it may be of {' or '.join(tests)}: name that event" if tests else why
        raise UsageError(f"--count for {event} of {agent}: {why}")
    for limit in catalogue.not_low:
        if limit.of == tests[0] and count >= limit.at_least:
            raise UsageError(
                f"--count {count:g}: {limit.of} of {limit.at_least:g} {limit.unit} or more are not low:"
                " check the value and its unit"
            )


def _tests(catalogue: Catalogue, rows: Sequence[Hold], event: str) -> list[str]:
    """The laboratory tests of an event: by the catalogue, else by the rows of the drug, else by those of any drug."""
    if known := [x.of for x in catalogue.not_low if event in x.events]:
        return known
    every = (r for h in catalogue.handling.values() for r in h.holds if event in (r.event, *r.covers))
    mine = {r.count.of for r in rows if r.count and r.event == event}
    return sorted(mine or {r.count.of for r in every if r.count})


def _by_pain(rows: Sequence[Hold], pain: bool | None, agent: str, event: str) -> list[Hold]:
    """The rows for a patient with or without neuropathic pain, which is then no further condition of theirs."""
    if pain is None:
        return list(rows)
    if all(r.pain is None for r in rows):
        raise UsageError(f"--pain for {event} of {agent}: no row that was read goes by pain")
    mine = (r for r in rows if r.pain in (None, pain))
    return [r if r.pain is None else r.but(only_with="") for r in mine]


def _of_grade(row: Hold, least: int | None, most: int | None, count: float | None = None) -> bool:
    """Whether a row may apply at the grades; a row that goes by a count applies by the count, if it is known."""
    if row.count is not None and count is not None:
        return row.count.holds(count)
    return least is None or most is None or not row.grades or any(least <= g <= most for g in row.grades)


def _holds_for(row: Hold, place: str, least: int | None, most: int | None) -> bool:
    return _of_grade(row, least, most) and applies(row, place, "")


def _hold_row(row: Hold) -> HoldRow:
    return HoldRow(
        event=row.event,
        grades=list(row.grades),
        action=row.action if row.read else CHECK_LABEL,
        recalled="" if row.read else asked(row),
        or_stop=row.or_stop,
        only_with=row.only_with,
        count=row.count.text if row.count and row.read else "",
        text=row.text if row.read else CHECK,
        jurisdictions=list(row.jurisdictions),
        read=row.read,
        source=row.source,
        verified=row.verified,
    )


def _levels(catalogue: Catalogue, agent: str, here: Here) -> list[Said]:
    """The dose levels of a drug, those of the place first; none unless a row that was read is shown."""
    if not any(r.read for r in (*here.rows, *here.elsewhere)):
        return []
    rows = catalogue.handling.get(agent, Handling()).levels
    mine = sorted(rows, key=lambda r: not applies(r, here.place, ""))
    return [Said(text=r.text, by=", ".join(r.jurisdictions), source=r.source, verified=r.verified) for r in mine]


def _review(row: Restart | None, days: int) -> str:
    """The sentence that benefit and risk must be weighed after a long interruption; otherwise empty."""
    if row is None or row.review_over_days is None or days <= row.review_over_days:
        return ""
    return (
        f"more than {row.review_over_days} days: where an adverse reaction was the cause, weigh benefit and risk first"
    )


def _one_of(
    what: str, rows: list[Restart], said: str, of: Callable[[Restart], Sequence[tuple[str, ...]]]
) -> list[Restart]:
    """The rows for an argument; an error if they differ by it and it was not given.

    Args:
        what: The argument.
        rows: The rows.
        said: What was given; empty if nothing was.
        of: The values of a row, each with its names; errors show the first name.
    """
    known = list(dict.fromkeys(first for r in rows for first, *_ in of(r)))
    if not known:
        return rows
    if not said and len(known) == 1 and what == "schedule":
        raise UsageError(
            f"the only rows that were read are for the schedule {known[0]}: give --schedule '{known[0]}' if that was"
            " the schedule; for another none was read, and no dose is known"
        )
    if not said and len(known) > 1:
        raise UsageError(f"the rows differ by {what}: give --{what}, one of: {'; '.join(known)}")
    if not said:
        return rows
    chosen = [r for r in rows if not of(r) or any(_fold(said) in map(_fold, names) for names in of(r))]
    if not chosen:
        raise UsageError(
            f"no row is for the {what} {said!r}; there are rows for: {'; '.join(known)}. {nearest(said, known)}".strip()
        )
    return chosen


def _beyond(rows: Sequence[Restart], schedule: str) -> str:
    """That a schedule has a longer interval than every row of the table; empty if it has not, or names no interval."""
    found, known = _days_named(schedule), [s.every_days for r in rows for s in r.schedule]
    if found is None or not known or found <= max(known):
        return ""
    read = ", ".join(dict.fromkeys(either(r.schedule) for r in rows if r.schedule))
    return f"no row was read for {schedule.casefold()}; the rows read are those for: {read}"


def _days_named(schedule: str) -> int | None:
    """The days of an interval that a user may name in days or weeks; ``None`` if the words name none."""
    asked = _fold(schedule)
    return next((n for n in range(1, _YEAR) if asked in map(_fold, (every(n), f"every {n} days"))), None)


def _fold(text: str) -> str:
    return "".join(text.casefold().split())


def _covers(row: Restart, days: int) -> bool:
    return (row.days_from or 0) <= days and (row.days_to is None or days <= row.days_to)
