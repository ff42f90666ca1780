"""A regimen's page: format ``mmadvisor/regimen-page/1``."""

from __future__ import annotations

from typing import Literal, NotRequired, final

from typing_extensions import TypedDict

from mmadvisor.answers.co_medication import CoMedicationEntry
from mmadvisor.answers.published import EvidenceEntry
from mmadvisor.answers.recommendation import FirstItem, Monitoring, NotOffered, OptionEntry, TreatNow
from mmadvisor.answers.stamps import CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry

SCHEMA = "mmadvisor/regimen-page/1"

# What a page says of each agent, claim by claim; and what silence about is shown as such.
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
    """How one agent is given."""

    dose: str
    route: str
    days: str
    note: str
    source: str
    verified: str


class Row(Cited):
    """What each row of a label's table has; without ``jurisdictions`` it holds in all, without ``regimens`` for all."""

    source: str
    verified: str
    jurisdictions: NotRequired[list[str]]
    regimens: NotRequired[list[str]]
    note: NotRequired[str]


@final
class StepEntry(Row):
    """One dose of a step-up."""

    day: int
    dose: str
    route: str
    schedule: NotRequired[str]


@final
class PremedicationEntry(Row):
    """What is given before which doses; ``hours_before``: the least and the most."""

    before: str
    doses: NotRequired[list[str]]
    days: NotRequired[list[int]]
    text: str
    hours_before: NotRequired[list[float]]


@final
class ObservationEntry(Row):
    """How many hours after which doses the patient is watched, and where: ``hospital`` or ``nearby``."""

    after: str
    doses: NotRequired[list[str]]
    hours: float
    where: str


@final
class SpacingEntry(Row):
    """When doses may be given further apart: from one schedule to the next, and what the label asks for that."""

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
    """What to do after an interruption of so many days."""

    last_dose: str
    action: str
    text: str
    schedule: NotRequired[str]
    days_from: NotRequired[int]
    days_to: NotRequired[int]
    dose: NotRequired[str]
    superseded: NotRequired[str]
    review_over_days: NotRequired[int]


@final
class RestartEntry(RestartRow):
    """A row after an interruption on a regimen's page; one that is not ``usable`` gives no dose."""

    usable: bool


@final
class HoldEntry(Row):
    """What to do at an adverse event of these grades; of one that was not read, that the label is to be looked up."""

    event: str
    covers: NotRequired[list[str]]
    or_stop: bool
    action: str
    text: str
    grades: NotRequired[list[int]]


class LaterCyclesEntry(TypedDict):
    """From which cycle on another length holds, in days."""

    from_cycle: int
    days: int


class LeadTimeEntry(Cited):
    """How many weeks pass before the first dose, at the least and at the most."""

    low: float
    high: float
    source: str
    verified: str


class BurdenEntry(Cited):
    """What treatment asks of the patient; ``admission``: none, step-up or inpatient."""

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
    """One indication; all its criteria must be met. ``standing``: empty where it is in force on the day of the page."""

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
    """How one jurisdiction has the regimen on the day of the page; any indication suffices."""

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
    """Where a guideline puts it."""

    setting: str
    level: str
    by: str
    dated: str
    text: str
    retired_by: str
    source: str
    verified: str


class PatientTrace(TypedDict):
    """One patient's answer for the regimen of a page, with all the sources of that answer."""

    patient: PatientStamp
    jurisdiction: str
    treat_now: TreatNow
    first: list[FirstItem]
    entry: OptionEntry | NotOffered
    co_medication: list[CoMedicationEntry] | None
    sources: dict[str, SourceEntry]


class RegimenPage(TypedDict):
    """Everything that the catalogue knows of one regimen.

    ``on`` is the day for which statuses are told; ``spent`` says what closes every regimen beside its gates.
    An empty list: nothing was found.
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
    """Whether the regimen is not licensed anywhere; it is then never offered."""
    routes: list[str]
    """Routes of its agents."""
    cycle_days: int | None
    """Length of a cycle in days; null where there are no cycles."""
    later_cycles: list[LaterCyclesEntry]
    """Where later cycles have another length."""
    duration: str
    """For how long the treatment is given, in words."""
    lead_time_weeks: LeadTimeEntry | None
    """Weeks from the decision to the first dose; null where there is no wait."""
    burden: BurdenEntry | None
    """Admission and visits; null where nothing was found."""
    aliases: list[str]
    """Other names of the regimen."""
    states: list[str]
    """States of the disease in which it can be used."""
    agents: list[AgentPage]
    """Each agent with its doses, cautions and the tables of its label."""
    listings: list[ListingEntry]
    """Status and indications in each place."""
    spent: str
    """What closes every regimen besides its gates."""
    gates: list[Claim]
    """Requirements that close the regimen when they are not met."""
    cautions: list[Claim]
    """Requirements that are reported when they are not met."""
    placements: list[PlacementEntry]
    """Where guidelines recommend it."""
    evidence: list[EvidenceEntry]
    """Published results, one row for each trial and population."""
    untried: str
    """In which patients it was not tried, in words; empty where nothing was found."""
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
