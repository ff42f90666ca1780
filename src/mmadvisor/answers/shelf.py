"""The catalogue itself, and regimens side by side."""

from __future__ import annotations

from typing import NotRequired, final

from typing_extensions import TypedDict

from mmadvisor.answers.regimen import (
    Claim,
    HoldEntry,
    ObservationEntry,
    PremedicationEntry,
    RestartRow,
    SpacingEntry,
    StepEntry,
)
from mmadvisor.answers.stamps import CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry

COMPARISON = "mmadvisor/comparison/1"


LIST = "mmadvisor/catalogue-list/1"


ENTRY = "mmadvisor/catalogue-entry/1"


class Cell(Cited):
    """One thing said of one regimen."""

    text: str
    source: str
    verified: str


class ComparisonRow(TypedDict):
    """One question, answered by each regimen in turn; an empty list: nothing was found."""

    name: str
    cells: list[list[Cell]]


class Comparison(TypedDict):
    """Regimens side by side."""

    schema: str
    on: str
    regimens: list[str]
    rows: list[ComparisonRow]
    engine: Engine
    catalogue: CatalogueStamp
    patient: NotRequired[PatientStamp]
    jurisdiction: NotRequired[str]
    sources: dict[str, SourceEntry]
    intended_use: str


class Listed(TypedDict):
    """One regimen of the list; ``status`` is by jurisdiction, on the day that was asked."""

    regimen: str
    name: str
    uses: list[str]
    modality: str
    classes: list[str]
    targets: list[str]
    investigational: bool
    status: dict[str, str]
    settings: list[str]


class CatalogueList(TypedDict):
    """The regimens that every filter lets through.

    ``not_known`` are those that are approved, though whether they were on the day that was asked was not read.
    """

    schema: str
    on: str
    filters: dict[str, str]
    regimens: list[Listed]
    not_known: list[str]
    catalogue: CatalogueStamp
    intended_use: str


@final
class StatementEntry(Cited):
    """A statement as the catalogue holds it."""

    text: str
    source: str
    verified: str
    topic: NotRequired[str]
    id: NotRequired[str]


@final
class CatalogueRestart(RestartRow):
    """A row after an interruption as the catalogue holds it, read at its source or not."""


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


class CatalogueEntry(TypedDict):
    """One agent, source or setting, with what is connected to it.

    ``facts`` are its own fields; ``regimens`` those that contain the agent, or are placed in the
    setting; ``cited_by`` the places that cite the source; ``claims`` what is said of it, by topic.
    """

    schema: str
    kind: str
    id: str
    name: str
    facts: dict[str, object]
    regimens: list[str]
    cited_by: list[str]
    claims: dict[str, list[CatalogueClaim]]
    sources: dict[str, SourceEntry]
    intended_use: str
