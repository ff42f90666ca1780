"""A regimen's page: format ``mmadvisor/regimen-page/1``."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from mmadvisor.answers.recommendation import Monitoring
from mmadvisor.answers.stamps import CatalogueStamp, Cited, Engine

SCHEMA = "mmadvisor/regimen-page/1"


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
    steps: list[dict[str, Any]]
    premedication: list[dict[str, Any]]
    observation: list[dict[str, Any]]
    deescalation: list[dict[str, Any]]
    restarts: list[dict[str, Any]]
    holds: list[dict[str, Any]]


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


class RegimenPage(TypedDict):
    """Everything that the catalogue knows of one regimen.

    ``on`` is the day for which statuses are told; ``spent`` says what closes every regimen beside its gates.
    An empty list: nothing was found.
    """

    schema: str
    regimen: str
    on: str
    name: str
    uses: list[str]
    modality: str
    intensity: str
    investigational: bool
    routes: list[str]
    cycle_days: int | None
    later_cycles: list[dict[str, Any]]
    duration: str
    lead_time_weeks: dict[str, Any] | None
    burden: dict[str, Any] | None
    aliases: list[str]
    states: list[str]
    agents: list[AgentPage]
    listings: list[ListingEntry]
    spent: str
    gates: list[Claim]
    cautions: list[Claim]
    placements: list[PlacementEntry]
    evidence: list[dict[str, Any]]
    untried: str
    monitoring: list[Monitoring]
    sequencing: list[Claim]
    notes: list[Claim]
    sources: dict[str, dict[str, Any]]
    engine: Engine
    catalogue: CatalogueStamp
    intended_use: str
    for_patient: NotRequired[dict[str, Any]]
