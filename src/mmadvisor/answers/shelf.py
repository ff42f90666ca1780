"""Answers about the catalogue: regimens side by side, the list of regimens, one entry."""

from __future__ import annotations

from typing import NotRequired, final

from typing_extensions import TypedDict

from mmadvisor.answers.co_medication import CoMedicationEntry
from mmadvisor.answers.recommendation import Caution, FirstItem, NearestBenefit, TreatNow
from mmadvisor.answers.regimen import (
    Claim,
    DoseEntry,
    HoldEntry,
    LeadingFigure,
    ObservationEntry,
    PremedicationEntry,
    RestartRow,
    SpacingEntry,
    StepEntry,
)
from mmadvisor.answers.stamps import Answer, CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry

COMPARISON = "mmadvisor/comparison/1"


LIST = "mmadvisor/catalogue-list/1"


ENTRY = "mmadvisor/catalogue-entry/1"


class Cell(Cited):
    """One statement about one regimen."""

    text: str
    source: str
    verified: str


class ComparisonRow(TypedDict):
    """One question, with a list of statements for each regimen; an empty list means that nothing was found."""

    name: str
    cells: list[list[Cell]]


class GlanceDoses(TypedDict):
    """One drug of a regimen, with its doses for the patient, or for anybody without a patient."""

    agent: str
    name: str
    doses: list[DoseEntry]


class GlanceStatus(Cited):
    """The status of a regimen in one jurisdiction."""

    jurisdiction: str
    status: str
    source: str
    verified: str


class GlanceOfPatient(TypedDict):
    """What the answer for a patient says of one regimen, in few words.

    - ``rank``, ``group``: null and empty if it is not an option. ``would_rank``: the rank if it were open.
    - ``licensed``, ``funded``, ``at_hand``: yes, no or unknown; ``licensed`` is not-applicable for a procedure.
    - ``unread``: drugs that are taken, if the interactions of an option were not all looked up.
    - ``because``: why it is not an option; empty if it is one.
    """

    verdict: str
    rank: int | None
    tied: bool
    group: str
    would_rank: int | None
    licensed: str
    funded: str
    at_hand: str
    status: str
    nearest_benefit: NearestBenefit | None
    cautions: list[Caution]
    unread: list[str]
    because: list[str]


class Glance(TypedDict):
    """One regimen of a comparison in few words.

    - ``visits``: visits in 28 days; null if not known.
    - ``wait``: weeks before the start, the fewest and the most; empty if there is no wait.
    - ``closes``, ``cautions``: the topics of the requirements that close it, and of those that are reported.
    - ``uses``: what it uses up. ``figure``: the result to read first; null if there is none.
    """

    regimen: str
    name: str
    modality: str
    intensity: str
    classes: list[str]
    routes: list[str]
    duration: str
    visits: float | None
    admission: str
    wait: list[float]
    doses: list[GlanceDoses]
    status: list[GlanceStatus]
    closes: list[str]
    cautions: list[str]
    uses: list[Claim]
    figure: LeadingFigure | None
    for_patient: GlanceOfPatient | None


class Comparison(Answer):
    """Regimens side by side."""

    schema: str
    """Name and version of the format."""
    on: str
    """Day for which statuses are given."""
    regimens: list[str]
    """Ids of the regimens, in the order of the columns."""
    rows: list[ComparisonRow]
    """The questions, each with the statements for every regimen."""
    glance: list[Glance]
    """Each regimen in few words, in the order of the columns."""
    engine: Engine
    catalogue: CatalogueStamp
    patient: NotRequired[PatientStamp]
    treat_now: NotRequired[TreatNow]
    """Whether to treat now, as in the recommendation, if a patient was given."""
    first: NotRequired[list[FirstItem]]
    """What an answer prints first, such as a second cancer that must be treated first."""
    co_medication: NotRequired[list[CoMedicationEntry] | None]
    """The other drugs that are taken; null if the list is not recorded."""
    funding_read: NotRequired[bool]
    """Whether the catalogue has any funding decision of the patient's jurisdiction."""
    jurisdiction: NotRequired[str]
    """Code of the jurisdiction whose approvals apply, if a patient or a jurisdiction was given."""
    sources: dict[str, SourceEntry]
    """Sources of everything in the answer, by key."""
    intended_use: str
    """What the answer is for, and what it does not replace."""


class Listed(TypedDict):
    """One regimen of the list; ``status`` gives its status in each jurisdiction on the day of the list."""

    regimen: str
    name: str
    uses: list[str]
    modality: str
    classes: list[str]
    targets: list[str]
    investigational: bool
    status: dict[str, str]
    settings: list[str]


class CatalogueList(Answer):
    """The regimens that match every filter.

    ``not_known``: regimens that are approved now, although it is unknown whether they were approved on that day.
    """

    schema: str
    """Name and version of the format."""
    on: str
    """Day for which statuses are given."""
    filters: dict[str, str]
    """The options that were given, each with its value."""
    regimens: list[Listed]
    """The regimens that match every filter."""
    not_known: list[str]
    """Regimens that are approved now, although it is unknown whether they were approved on that day."""
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""


@final
class StatementEntry(Cited):
    """A statement of the catalogue."""

    text: str
    source: str
    verified: str
    topic: NotRequired[str]
    id: NotRequired[str]


@final
class CatalogueRestart(RestartRow):
    """A row for an interruption as the catalogue contains it, whether or not it was looked up at its source."""


CatalogueClaim = (
    Claim
    | StatementEntry
    | StepEntry
    | PremedicationEntry
    | ObservationEntry
    | SpacingEntry
    | CatalogueRestart
    | HoldEntry
)


class CatalogueEntry(Answer):
    """One agent, source or setting, with everything connected to it.

    ``facts``: its own fields. ``regimens``: those that contain the agent, or that a guideline recommends in the
    setting. ``cited_by``: the entries of the catalogue that cite the source. ``claims``: the statements about it, by
    topic.
    """

    schema: str
    """Name and version of the format."""
    kind: str
    """Whether it is an agent, a source or a setting."""
    id: str
    """Its id."""
    name: str
    """Its name."""
    facts: dict[str, object]
    """Its own fields."""
    regimens: list[str]
    """Regimens that contain the agent, or that a guideline recommends in the setting."""
    cited_by: list[str]
    """Entries of the catalogue that cite the source."""
    claims: dict[str, list[CatalogueClaim]]
    """Statements about it, by topic."""
    sources: dict[str, SourceEntry]
    """Sources of everything in the answer, by key."""
    intended_use: str
    """What the answer is for, and what it does not replace."""
