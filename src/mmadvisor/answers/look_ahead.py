"""What each choice opens, closes and spends: format ``mmadvisor/plan/1``."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from mmadvisor.answers.published import SequenceEntry
from mmadvisor.answers.recommendation import Sentence
from mmadvisor.answers.stamps import CatalogueStamp, Engine, PatientStamp, SourceEntry

SCHEMA = "mmadvisor/plan/1"


Branch = Literal["progression", "later"]


Step = tuple[str, Branch]


class ClassLeft(TypedDict):
    """What is left of a class or target, and how many options hold it.

    ``open``, ``doubtful`` (or not known to be active), ``not decided`` (only undetermined regimens hold it), ``spent``,
    or ``no option``.
    """

    state: str
    options: int


class Closed(TypedDict):
    """An option that the choice closes, and the first reason."""

    regimen: str
    because: str


class PlanNode(TypedDict):
    """One choice, the assumption about it, and what would be open then; the choice itself may be, a second time."""

    regimen: str
    name: str
    modality: str
    rank: int
    branch: str
    assumes: str
    verdict: str
    spends: list[str]
    closes: list[Closed]
    opens: list[str]
    remains: list[str]
    left: dict[str, ClassLeft]
    rules: list[Sentence]
    published: list[SequenceEntry]
    next: list[PlanNode]


class Plan(TypedDict):
    """The whole look-ahead."""

    schema: str
    patient: PatientStamp
    engine: Engine
    catalogue: CatalogueStamp
    jurisdiction: str
    depth: int
    top: int
    assumptions: list[str]
    nothing_open: str
    left: dict[str, ClassLeft]
    choices: list[PlanNode]
    states: int
    warnings: NotRequired[list[str]]
    sources: dict[str, SourceEntry]
    intended_use: str
