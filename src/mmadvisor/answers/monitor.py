"""A dated checklist. The format is ``mmadvisor/monitor/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.co_medication import CoMedicationEntry
from mmadvisor.answers.doses import ScheduleEntry, VariantEntry
from mmadvisor.answers.recommendation import FirstItem, Monitoring, Sentence, TreatNow
from mmadvisor.answers.stamps import Answer, CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry

SCHEMA = "mmadvisor/monitor/1"


class DoseRow(Cited):
    """How one agent is given.

    - ``dose``: contains a number only if exactly one dose is known to apply.
    - ``dates``: the first and the last day of each run of days on which a dose is given, if the schedule can be dated.
    - ``adapt``: findings of this patient for which the dose may have to change, such as the kidney function.
    - ``waits_for``: fields that must be known before the dose can be given.
    - ``look_up``: where to find a dose that applies to this patient, if we have not read that dose.
    - ``caps``: the most that the dose may be, such as the dose for a body surface.
    - ``in_mg``: how many mg a dose per kg is for this patient on its first day, or how the label has it looked up.
    - ``variants``: the doses that are possible for this patient, from the lowest up.
    - ``schedule``: the schedule to which the row belongs; empty if the agent is given alike in every schedule.
    """

    agent: str
    name: str
    dose: str
    route: str
    days: str
    note: str
    schedule: str
    adapt: str
    waits_for: list[str]
    look_up: str
    caps: list[Sentence]
    in_mg: list[Sentence]
    variants: list[VariantEntry]
    dates: list[list[str]]
    source: str
    verified: str


class Undated(TypedDict):
    """An agent whose doses, or later doses, have no dates in the calendar; ``text`` is the schedule in words."""

    agent: str
    name: str
    text: str


class Standing(Cited):
    """The status of the regimen in one jurisdiction today."""

    jurisdiction: str
    status: str
    note: str
    source: str
    verified: str


class Adaptation(Sentence):
    """A caution of this patient on the regimen; ``applies`` is yes, or unknown if a fact is missing."""

    applies: str


class Task(Monitoring):
    """An item of the checklist with its days; ``short`` is its name in a line of the calendar.

    - ``phase``: one of ``before``, ``step-up``, ``treatment``, ``after`` and ``when it happens``; a task of the last
      phase depends on an event, and not on a date.
    - ``dates``: the days on which it is done.
    - ``begins``, ``ends``: the first and last day of a task that continues; in phase ``before``, the earliest and the
      latest day.
    - ``late``: whether the latest day has passed.
    - ``of_dose``: whether it is done with each dose on its ``dates``, such as premedication.
    - ``lasts``: how long and where the patient is observed, in words; empty for all other tasks.
    """

    phase: str
    short: str
    dates: list[str]
    begins: str
    ends: str
    late: bool
    of_dose: bool
    lasts: str


class LeftOut(TypedDict):
    """An item that this patient does not need, with the reason."""

    item: str
    because: str


class Day(TypedDict):
    """What is given and what is due on one day. ``day`` 0 is the day before the first dose.

    ``drugs``: for each dose the name of its drug; empty for what the checklist gives.
    ``of_dose``: how many of the tasks, which come first, are done with a dose of the day.
    """

    date: str
    day: int
    doses: list[str]
    drugs: list[str]
    tasks: list[str]
    of_dose: int


class MonitorAdvice(Answer):
    """The dated checklist of a regimen."""

    schema: str
    """Name and version of the format."""
    regimen: str
    """Id of the regimen."""
    name: str
    """Name of the regimen."""
    jurisdiction: str
    """Code of the jurisdiction whose labels apply; empty if none is known."""
    patient: PatientStamp | None
    """Patient file and day; null without a patient."""
    treat_now: TreatNow | None
    """Whether to treat now, as in the recommendation; null without a patient."""
    first: list[FirstItem]
    """What an answer prints first, such as a second cancer that must be treated first."""
    verdict: str
    """Verdict on the regimen for this patient; empty without a patient."""
    start: str
    """Day of the first dose."""
    today: str
    """The day that is used as today."""
    until: str
    """Last day of the calendar."""
    soon: str
    """Last of the next 14 days, counted from today, or from the first dose if that is later."""
    cycle_days: int | None
    """Length of a cycle in days, in the schedule that is dated; null if there are no cycles."""
    schedules: list[ScheduleEntry]
    """The schedules of the regimen, the usual one first, and which is proposed; empty if it has only one."""
    status: list[Standing]
    """Status of the regimen in the jurisdiction."""
    warnings: list[str]
    """What to check before the list is used."""
    adapt: list[Adaptation]
    """Cautions of this patient that change how the regimen is given."""
    doses: list[DoseRow]
    """Dose, route and days of each agent."""
    undated: list[Undated]
    """Doses that the calendar cannot date."""
    calendar: list[Day]
    """Every day on which something is given or due."""
    tasks: list[Task]
    """What to do, once or repeatedly, with its days."""
    left_out: list[LeftOut]
    """Items that this patient does not need, with the reason."""
    scores: list[ScoreEntry]
    """Risk scores, such as for thrombosis, as far as their items are known."""
    co_medication: list[CoMedicationEntry] | None
    """The other drugs that are taken, each with its interactions.

    Null if the list is not recorded, or without a patient.
    """
    deescalation: list[Spacing]
    """Whether doses may be given less often, and from when."""
    evidence: list[Sentence]
    """What is published on giving doses less often."""
    organs: list[Sentence]
    """Adjustments of the doses for kidney and liver."""
    sources: dict[str, SourceEntry]
    """Sources of everything in the answer, by key."""
    engine: Engine
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""


class ScoreItemEntry(TypedDict):
    """One item of a score: its points, and the reason. The points are a range if the facts for the item are missing."""

    name: str
    text: str
    at_least: int
    at_most: int
    because: str
    ask: str
    note: str


class ScoreEntry(Cited):
    """A risk score; ``says`` has a sentence for every risk group that remains possible."""

    score: str
    title: str
    at_least: int
    at_most: int
    says: list[str]
    items: list[ScoreItemEntry]
    note: str
    source: str
    verified: str


class Condition(TypedDict):
    """One condition of a label for giving doses less often."""

    text: str
    result: str
    found: str


class Spacing(Cited):
    """A change to a less frequent schedule.

    ``ready``: whether the change may be made today: yes, no or unknown. ``earliest``: the first day on which the
    conditions that depend on dates are met. ``due``: whether the label requires the change.
    """

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
