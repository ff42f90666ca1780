"""What each choice opens, closes and uses. The format is ``mmadvisor/plan/1``."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from mmadvisor.answers.published import SequenceEntry
from mmadvisor.answers.recommendation import FirstItem, Sentence, TreatNow
from mmadvisor.answers.stamps import Answer, CatalogueStamp, Engine, PatientStamp, SourceEntry

SCHEMA = "mmadvisor/plan/1"


Branch = Literal["progression", "later"]


Step = tuple[str, Branch]


class ClassLeft(TypedDict):
    """Whether a class or target can still be used, and how many options contain it.

    ``state`` is one of these:

    - ``open``: an option contains an agent of it that is not doubtful.
    - ``doubtful``: in every option that contains it, its agents are doubtful, or it is unknown whether they are.
    - ``not decided``: no option contains it, but an undetermined regimen does.
    - ``spent``: no option contains it, and the disease is refractory to it.
    - ``no option``: no option contains it, for another reason.
    """

    state: str
    options: int


class Closed(TypedDict):
    """An option that the choice closes, with the first reason."""

    regimen: str
    because: str


class PlanNode(TypedDict):
    """One choice, what is assumed about its course, and the options after it.

    ``branch`` and ``assumes``: the assumption, as data and as a sentence. The same regimen may be an option again.
    """

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


class AccessAsked(TypedDict):
    """A fact of access that is not recorded, by field and name, and the classes and targets that it decides."""

    field: str
    name: str
    classes: list[str]


class Plan(Answer):
    """The whole look-ahead, from today's leading options to the last choice that was followed."""

    schema: str
    """Name and version of the format."""
    patient: PatientStamp
    engine: Engine
    catalogue: CatalogueStamp
    jurisdiction: str
    """Code of the jurisdiction whose approvals and labels apply; `unknown` if none is known."""
    treat_now: TreatNow
    """Whether to treat now, as in the recommendation."""
    first: list[FirstItem]
    """What an answer prints first, such as a second cancer that must be treated first."""
    depth: int
    """The largest number of consecutive choices."""
    top: int
    """How many leading options are followed at each step."""
    assumptions: list[str]
    """What the look-ahead assumes of the future."""
    nothing_open: str
    """Why no choice can be followed; empty if there is a choice."""
    left: dict[str, ClassLeft]
    """For each class and target, what remains of it today."""
    access_asked: list[AccessAsked]
    """The facts of access that are not recorded, and that decide regimens which are or may come open."""
    choices: list[PlanNode]
    """The leading options of today, each with what it uses, closes and opens, and the choices after it."""
    states: int
    """How many different states of the patient were computed."""
    warnings: NotRequired[list[str]]
    """What looks unusual in the file."""
    sources: dict[str, SourceEntry]
    """Sources of everything in the answer, by key."""
    intended_use: str
    """What the answer is for, and what it does not replace."""
