"""Which schedule of a regimen is proposed for one patient: the usual one, or another for which the facts call.

If a fact is missing, the schedules that depend on it stay possible. So another recorded fact only excludes schedules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from mmadvisor.answers.doses import ConditionEntry, ScheduleEntry, Status
from mmadvisor.base.english import listed
from mmadvisor.base.known import Finding, Truth, any_of, negate
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Component, Dose, OtherSchedule, Regimen
from mmadvisor.criteria.base import every
from mmadvisor.criteria.fields import by_kidney
from mmadvisor.criteria.possible import words_left
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.judging.case import Case

NOBODY = "no patient given"
_USUAL = "the usual schedule"
_DIALYSIS = "comorbidities.dialysis"


class Option(NamedTuple):
    """One schedule of a regimen, for one patient.

    Attributes:
        key: What its rows of doses name in ``schedule``; empty for the usual schedule.
        name: Its name.
        when: The patients for whom it is proposed, in words; empty if nothing calls for it.
        conditions: Each of its conditions, with its source.
        holds: Whether the facts call for it. The usual schedule is called for if no other is.
        found: What was found for the condition.
        missing: The fields that would decide the condition.
        cycle_days: The length of its cycles in days, if it differs from that of the regimen.
        note: What the source adds.
        source: Key of the source.
        verified: How the source was read.
    """

    key: str
    name: str
    when: str
    conditions: tuple[ConditionEntry, ...]
    holds: Truth
    found: str
    missing: tuple[str, ...]
    cycle_days: int | None
    note: str
    source: str
    verified: Verified


class Schedules:
    """The schedules of one regimen for one patient, or without a patient.

    Attributes:
        options: Every schedule, the usual one first.
        possible: The schedules that are not excluded.
    """

    def __init__(self, catalogue: Catalogue, regimen: Regimen, case: Case | None) -> None:
        self._catalogue = catalogue
        self._case = case
        self._regimen = regimen
        others = [self._other(s) for s in regimen.schedules]
        self.options = (self._usual(others), *others)
        self.possible = tuple(o for o in self.options if o.holds is not Truth.NOT_MET)

    def _usual(self, others: list[Option]) -> Option:
        rows = [c.doses[0] for c in self._regimen.agents if len({d.schedule for d in c.doses}) > 1]
        return Option(
            key="",
            name=self._regimen.usual_schedule or _USUAL,
            when="",
            conditions=(),
            holds=negate(any_of(o.holds for o in others)),
            found="",
            missing=(),
            cycle_days=None,
            note="",
            source=rows[0].source if rows else "",
            verified=rows[0].verified if rows else "unverified",
        )

    def _other(self, schedule: OtherSchedule) -> Option:
        asked = schedule.called_for
        found = finding(self._case, asked) if asked else Finding(Truth.NOT_MET, "")
        return Option(
            key=schedule.name,
            name=schedule.name,
            when=asked.text or asked.required(self._catalogue.words) if asked else "",
            conditions=tuple(self._conditions(asked)) if asked else (),
            holds=found.truth,
            found=found.found if asked else "",
            missing=found.missing,
            cycle_days=schedule.cycle_days,
            note=schedule.note,
            source=schedule.source,
            verified=schedule.verified,
        )

    def _conditions(self, asked: AnyCriterion) -> Iterator[ConditionEntry]:
        """The conditions of a criterion; one without a source of its own has the source of the whole."""
        for part in every((asked,)):
            if not part.parts():
                cited = part if part.source else asked
                text = part.text or part.required(self._catalogue.words)
                yield ConditionEntry(text=text, source=cited.source, verified=cited.verified)

    @property
    def shown(self) -> Option | None:
        """The schedule whose days are dated: the only one called for, or the usual one.

        It is ``None`` if two are called for.
        """
        called = [o for o in self.possible if o.holds is Truth.MET]
        return called[0] if len(called) == 1 else None if called else self.options[0]

    def rows(self, component: Component, option: Option) -> tuple[Dose, ...]:
        """The rows of an agent in a schedule; its usual rows, if the schedule has none for it."""
        own = tuple(d for d in component.doses if d.schedule == option.key)
        return own or tuple(d for d in component.doses if not d.schedule)

    def shown_rows(self, component: Component) -> tuple[Dose, ...]:
        """The rows of an agent whose days are dated; none if somebody must decide between schedules that differ."""
        if self.shown is not None:
            return self.rows(component, self.shown)
        found = self._differing(component)
        return () if len(found) > 1 else self.rows(component, self.possible[0])

    def is_open(self, component: Component, dose: Dose) -> bool:
        """Whether it is not settled that a row is given, or not given, because several schedules are possible."""
        found = self._differing(component)
        return len(found) > 1 and any(dose.schedule in keys for keys in found)

    def is_excluded(self, component: Component, dose: Dose) -> bool:
        """Whether a row belongs only to schedules that are not proposed."""
        return not any(dose.schedule in keys for keys in self._differing(component))

    def _differing(self, component: Component) -> set[frozenset[str]]:
        """The names of schedules in the rows of an agent, for each possible schedule."""
        return {frozenset(d.schedule for d in self.rows(component, o)) for o in self.possible}

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The fields that would decide which schedule applies."""
        return tuple(dict.fromkeys(field for o in self.possible for field in o.missing if o.holds is Truth.UNKNOWN))

    @property
    def to_decide(self) -> str:
        """That somebody must decide between the schedules that are possible."""
        return f"decide between {listed([o.name for o in self.possible])}"

    @property
    def not_known(self) -> str:
        """What is not known of the patient; empty if nothing is missing, and somebody must decide."""
        open_ = [o for o in self.possible if o.holds is Truth.UNKNOWN and o.key]
        if open_ and self._case is None:
            return NOBODY
        return "; ".join(dict.fromkeys(o.found for o in open_))

    def label(self, component: Component, dose: Dose) -> str:
        """The name of the schedule of a row; empty if the agent is given alike in every schedule."""
        alike = len({d.schedule for d in component.doses}) == 1
        return "" if alike else next(o.name for o in self.options if o.key == dose.schedule)

    def entries(self) -> list[ScheduleEntry]:
        """The schedules as entries of an answer; none if the regimen has only one."""
        return [self._entry(o) for o in self.options] if len(self.options) > 1 else []

    def _entry(self, option: Option) -> ScheduleEntry:
        status: Status = "possible"
        if option not in self.possible:
            status = "other"
        elif len(self.possible) == 1:
            status = "proposed"
        return ScheduleEntry(
            name=option.name,
            usual=not option.key,
            status=status,
            when=option.when,
            conditions=list(option.conditions),
            holds=option.holds.answer if option.when else "",
            found=option.found,
            missing=list(option.missing),
            cycle_days=option.cycle_days or self._regimen.cycle_days,
            note=option.note,
            source=option.source,
            verified=option.verified,
        )


def finding(case: Case | None, criterion: AnyCriterion) -> Finding:
    """The finding for a criterion; a field that can have one value only is taken as known to have it."""
    if case is None:
        return Finding(Truth.UNKNOWN, "")
    dialysis = case.history.patient.get(_DIALYSIS)
    if case.history.kidneys.changing and dialysis and any(map(by_kidney, every((criterion,)))):
        return _undecided(case, criterion)
    found = case.care.of(criterion)
    left = {field: words_left(case.history, field) for field in found.missing}
    if found.truth is Truth.UNKNOWN and len(left) == 1 and all(len(words) == 1 for words in left.values()):
        (field, words), *_ = left.items()
        return case.decisions_knowing(field, words[0]).of(criterion)
    return found


# Why: docs/explanation/doses.md#while-the-kidneys-change
def _undecided(case: Case, criterion: AnyCriterion) -> Finding:
    """The finding for a criterion on kidney function while that changes: dialysis beside it may be new or old."""
    kidneys, found = case.history.kidneys, case.without_dialysis.of(criterion)
    if found.truth is not Truth.UNKNOWN:
        return found
    missing = tuple(dict.fromkeys((*kidneys.missing, _DIALYSIS)))
    return Finding(Truth.UNKNOWN, f"{kidneys.found} beside dialysis", found.where, missing)


def unknown(catalogue: Catalogue, case: Case | None, criterion: AnyCriterion) -> tuple[str, ...]:
    """The names of the facts of a criterion that are not known."""
    parts = (cast(AnyCriterion, part) for part in every((criterion,)) if not part.parts())
    asked = [(part, finding(case, part)) for part in parts]
    open_ = [(part, found) for part, found in asked if found.truth is Truth.UNKNOWN]
    fields = (field for part, found in open_ for field in part.patient_fields() or found.missing)
    return tuple(dict.fromkeys(catalogue.words.field(field) for field in fields))
