"""The page of a regimen. The format is ``mmadvisor/regimen-page/1``."""

from __future__ import annotations

from typing import Literal, NotRequired, final

from typing_extensions import TypedDict

from mmadvisor.answers.co_medication import CoMedicationEntry
from mmadvisor.answers.doses import ScheduleEntry, VariantEntry
from mmadvisor.answers.published import EvidenceEntry
from mmadvisor.answers.recommendation import (
    FigureEntry,
    FirstItem,
    Monitoring,
    NotOffered,
    OptionEntry,
    Sentence,
    TreatNow,
)
from mmadvisor.answers.stamps import Answer, CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry

SCHEMA = "mmadvisor/regimen-page/1"

# The topics of claims on a page about each agent; and those for which an empty list is mentioned.
Topic = Literal["contraindications", "renal", "hepatic", "dosing", "interactions", "supportive", "safety", "access"]
AskedOfEach = Literal[
    "contraindications", "renal", "hepatic", "dosing", "interactions", "supportive", "safety", "access", "holds"
]


@final
class Claim(Cited):
    """A statement with its source; ``about`` is its topic."""

    text: str
    about: str
    source: str
    verified: str


class DoseEntry(Cited):
    """How one agent is given: dose, route and days.

    ``caps``: the most that the dose may be. ``in_mg``: how many mg a dose per kg is for the patient on the day of the
    page, or how the label has it looked up. ``variants``: the possible doses, if the dose depends on facts of the
    patient, from the lowest up; otherwise empty.
    ``schedule``: the schedule to which the row belongs; empty if the agent is given alike in every schedule.
    """

    dose: str
    route: str
    days: str
    note: str
    caps: list[Sentence]
    in_mg: list[Sentence]
    schedule: str
    variants: list[VariantEntry]
    source: str
    verified: str


class Row(Cited):
    """One row of a label's table; empty ``jurisdictions`` or ``regimens`` means that it applies to all."""

    source: str
    verified: str
    jurisdictions: NotRequired[list[str]]
    regimens: NotRequired[list[str]]
    note: NotRequired[str]


@final
class StepEntry(Row):
    """One dose of a step-up schedule."""

    day: int
    dose: str
    route: str
    schedule: NotRequired[str]


@final
class PremedicationEntry(Row):
    """Premedication, and before which doses it is given (in words in ``before``, as data in ``doses`` or ``days``).

    ``hours_before``: the shortest and the longest time before the dose.
    """

    before: str
    doses: NotRequired[list[str]]
    days: NotRequired[list[int]]
    text: str
    hours_before: NotRequired[list[float]]


@final
class ObservationEntry(Row):
    """Hours of observation after a dose of the step-up, and where: ``hospital`` or ``nearby``."""

    after: str
    doses: NotRequired[list[str]]
    hours: float
    where: str


@final
class SpacingEntry(Row):
    """When doses may be given by the less frequent schedule ``enter`` instead of ``leave``, by the label."""

    leave: str
    enter: str
    text: str
    least_response: NotRequired[str]
    response_held_months: NotRequired[float]
    least_weeks: NotRequired[float]
    weeks_on: str
    least_full_doses: NotRequired[int]
    must: bool


class RestartRow(Row):
    """What to do after an interruption of a number of days."""

    last_dose: str
    action: str
    text: str
    schedule: NotRequired[str]
    days_from: NotRequired[int]
    days_to: NotRequired[int]
    dose: NotRequired[str]
    superseded: NotRequired[str]
    edition: NotRequired[str]
    resumes: bool
    review_over_days: NotRequired[int]


@final
class RestartEntry(RestartRow):
    """A row for an interruption on a regimen's page; a row that is not ``usable`` contains no dose."""

    usable: bool


@final
class CountEntry(TypedDict):
    """The values of a laboratory test to which a row applies; ``below`` is exclusive, the other limits inclusive."""

    of: str
    unit: str
    at_least: NotRequired[float]
    at_most: NotRequired[float]
    below: NotRequired[float]


@final
class HoldEntry(Row):
    """What to do at an adverse event of these grades; ``action`` is ``check-label`` if nobody looked up the row.

    ``count_is_grade``: the limits of ``count`` are those of the grades.
    """

    event: str
    covers: NotRequired[list[str]]
    or_stop: bool
    action: str
    text: str
    grades: NotRequired[list[int]]
    count: NotRequired[CountEntry]
    count_is_grade: bool
    only_with: NotRequired[str]


class LaterCyclesEntry(TypedDict):
    """The cycle from which cycles have another length, and this length in days."""

    from_cycle: int
    days: int


class LeadTimeEntry(Cited):
    """Weeks from the collection of cells to their infusion: the fewest, the most and the median (null: not known)."""

    low: float
    high: float
    median: float | None
    source: str
    verified: str


class BurdenEntry(Cited):
    """Visits and admission of a treatment; ``admission`` is none, step-up or inpatient."""

    admission: str
    source: str
    verified: str
    visits_per_28_days: float | None


class AgentPage(TypedDict):
    """One agent of the regimen."""

    agent: str
    name: str
    classes: list[str]
    doses: list[DoseEntry]
    contraindications: list[Claim]
    renal: list[Claim]
    hepatic: list[Claim]
    dosing: list[Claim]
    interactions: list[Claim]
    supportive: list[Claim]
    safety: list[Claim]
    access: list[Claim]
    steps: list[StepEntry]
    premedication: list[PremedicationEntry]
    observation: list[ObservationEntry]
    deescalation: list[SpacingEntry]
    restarts: list[RestartEntry]
    holds: list[HoldEntry]


class IndicationEntry(Cited):
    """One indication; all its criteria must be met. ``standing`` is empty if it is in force on the day of the page."""

    product: str
    since: str | None
    until: str | None
    conditional: bool
    standing: str
    criteria: list[Claim]
    note: str
    source: str
    verified: str


class ListingEntry(Cited):
    """Status and indications in one jurisdiction on the day of the page; a patient needs to fit only one of them."""

    jurisdiction: str
    name: str
    status: str
    note: str
    source: str
    verified: str
    indications: list[IndicationEntry]
    funding: list[Claim]
    of_the_place: list[Claim]


class PlacementEntry(Cited):
    """The recommendation of one guideline for the regimen."""

    setting: str
    level: str
    by: str
    dated: str
    text: str
    retired_by: str
    source: str
    verified: str


class LeadingFigure(Cited):
    """The published progression-free survival of one trial, for a first look.

    ``versus``: the control, if there was one. ``n``, ``hr``: null if the source does not give them.
    """

    trial: str
    subgroup: str
    population: str
    design: str
    n: int | None
    figure: FigureEntry
    versus: str
    hr: float | None
    source: str
    verified: str


class PatientTrace(TypedDict):
    """The part of one patient's answer that is about the regimen of the page, with its sources."""

    patient: PatientStamp
    jurisdiction: str
    treat_now: TreatNow
    first: list[FirstItem]
    entry: OptionEntry | NotOffered
    co_medication: list[CoMedicationEntry] | None
    sources: dict[str, SourceEntry]


class RegimenPage(Answer):
    """Everything in the catalogue about one regimen.

    ``on``: the day for which statuses are given. ``spent``: what else closes every regimen, besides its gates. An empty
    list means that nothing was found.
    """

    schema: str
    """Name and version of the format."""
    regimen: str
    """Id of the regimen."""
    on: str
    """Day for which statuses are given."""
    name: str
    """Name of the regimen."""
    uses: list[str]
    """What the regimen is used for, such as relapse or maintenance."""
    modality: str
    """Kind of treatment, such as conventional, bispecific or CAR-T."""
    intensity: str
    """How intensive the treatment is."""
    investigational: bool
    """Whether the regimen is investigational; it is then never offered."""
    routes: list[str]
    """Routes of its agents."""
    cycle_days: int | None
    """Length of a cycle in days; null if there are no cycles."""
    later_cycles: list[LaterCyclesEntry]
    """Later cycles with another length."""
    schedules: list[ScheduleEntry]
    """The schedules of the regimen, the usual one first, and which is proposed; empty if it has only one."""
    duration: str
    """For how long the treatment is given, in words."""
    lead_time_weeks: LeadTimeEntry | None
    """Weeks from the decision to the first dose; null if there is no wait."""
    burden: BurdenEntry | None
    """Admission and visits; null if nothing was found."""
    aliases: list[str]
    """Other names of the regimen."""
    states: list[str]
    """States of the disease in which it can be used."""
    agents: list[AgentPage]
    """Each agent with its doses, cautions and the tables of its label."""
    listings: list[ListingEntry]
    """Status and indications in each jurisdiction."""
    spent: str
    """What else closes every regimen, besides its gates."""
    gates: list[Claim]
    """Requirements that close the regimen if they are not met."""
    cautions: list[Claim]
    """Requirements that are reported if they are not met."""
    placements: list[PlacementEntry]
    """The settings in which guidelines recommend it."""
    evidence: list[EvidenceEntry]
    """Published results, one row for each trial and population."""
    leading: list[LeadingFigure]
    """The results to read first, one for each trial.

    Tested before control arm, whole trial before subgroup, then by design, then results with a comparison.
    """
    untried: str
    """Patients in whom it was not tried, in words; empty if no such statement is in the catalogue."""
    monitoring: list[Monitoring]
    """What is monitored, and when."""
    sequencing: list[Claim]
    """What should come before or after it."""
    notes: list[Claim]
    """Notes on the regimen."""
    sources: dict[str, SourceEntry]
    """Sources of everything in the answer, by key."""
    engine: Engine
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""
    for_patient: NotRequired[PatientTrace]
    """The answer for one patient, with `--patient`."""
