"""A dated checklist: format ``mmadvisor/monitor/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.co_medication import CoMedicationEntry
from mmadvisor.answers.recommendation import FirstItem, Sentence, TreatNow
from mmadvisor.answers.stamps import CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry

SCHEMA = "mmadvisor/monitor/1"


class DoseRow(Cited):
    """How one agent is given; ``dates`` are runs of days, first and last, where its words can be dated.

    ``adapt``: what of this patient stands against the dose as it is written, such as the kidney. ``waits_for``: the
    fields that a dose by kidney waits for. ``look_up``: where the dose of kidneys stands for which the one as written
    does not hold. While there is any of both, ``dose`` holds no number.
    """

    agent: str
    name: str
    dose: str
    route: str
    days: str
    note: str
    adapt: str
    waits_for: list[str]
    look_up: str
    dates: list[list[str]]
    source: str
    verified: str


class Undated(TypedDict):
    """An agent, or the rest of its doses, that the calendar cannot hold, in the words that are known of it."""

    agent: str
    name: str
    text: str


class Standing(Cited):
    """How a jurisdiction has the regimen today."""

    jurisdiction: str
    status: str
    note: str
    source: str
    verified: str


class Adapting(Cited):
    """What of the patient stands against an item as it is written: ``applies`` is yes or unknown."""

    about: str
    text: str
    applies: str
    source: str
    verified: str


class Task(Cited):
    """One thing to do; ``short`` names it in a line of the calendar.

    ``phase``: before, step-up, treatment, after, when it happens. ``by`` are the jurisdictions it is said
    for. ``dates``: on these days; ``begins``, ``ends``: what goes on, or in phase ``before`` the days from and by
    which it is done. ``applies``: yes, or unknown with what would settle it. ``now``: whether the record calls for
    it at once; empty where nothing would. ``late``: the day by which it was due lies before today.
    """

    phase: str
    checklist: str
    item: str
    short: str
    when: str
    why: str
    by: str
    dates: list[str]
    begins: str
    ends: str
    applies: str
    because: str
    adapt: list[Adapting]
    now: str
    now_because: str
    late: bool
    missing: list[str]
    source: str
    verified: str


class LeftOut(TypedDict):
    """What this patient does not need, and why."""

    item: str
    because: str


class Day(TypedDict):
    """Everything of one day: what is given, and what is due in short. ``day`` 0 is the day before the first dose."""

    date: str
    day: int
    doses: list[str]
    tasks: list[str]


class MonitorAdvice(TypedDict):
    """The dated checklist of a regimen."""

    schema: str
    """Name and version of the format."""
    regimen: str
    """Id of the regimen."""
    name: str
    """Name of the regimen."""
    jurisdiction: str
    """Code of the place whose labels apply; empty where none is known."""
    patient: PatientStamp | None
    """Patient file and day; null without a patient."""
    treat_now: TreatNow | None
    """Whether to treat now, as in the recommendation; null without a patient."""
    first: list[FirstItem]
    """What is said before everything else, such as a second cancer that is to be treated first."""
    verdict: str
    """Verdict on the regimen for this patient; empty without a patient."""
    start: str
    """Day of the first dose."""
    today: str
    """The day that counts as today."""
    until: str
    """Last day of the calendar."""
    cycle_days: int | None
    """Length of a cycle in days; null where there are no cycles."""
    status: list[Standing]
    """Status of the regimen in the place."""
    warnings: list[str]
    """What to look at before the list is used."""
    adapt: list[Sentence]
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
    """The other drugs that are taken, each with its interactions; null where the list is not recorded, or without a
    patient."""
    deescalation: list[Spacing]
    """Whether doses may be given further apart, and from when."""
    evidence: list[Sentence]
    """What is published on giving doses further apart."""
    organs: list[Sentence]
    """Adjustments of the doses for kidney and liver."""
    sources: dict[str, SourceEntry]
    """Sources of everything in the answer, by key."""
    engine: Engine
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""


class ScoreItemEntry(TypedDict):
    """What a score asks: its points as far as they are known, and why."""

    name: str
    text: str
    at_least: int
    at_most: int
    because: str
    ask: str
    note: str


class ScoreEntry(Cited):
    """A risk score as far as it is known; ``says`` names every stratum that remains possible."""

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
