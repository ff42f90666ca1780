"""What an answer holds of lanes: situations that the ranking does not answer."""

# pydantic, which makes the schema, needs this one before Python 3.12.
from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class LaneStep(Cited):
    """What is done in a lane."""

    text: str
    applies: str
    """`yes`, or `unknown` where it is not known whether the step is for this patient."""
    missing: list[str]
    """Fields that would say whether it is."""
    source: str
    verified: str


class LaneDefinition(Cited):
    """A published definition, held against the patient."""

    id: str
    name: str
    value: str
    """`yes`, `no` or `unknown`."""
    found: str
    """What of the record decides."""
    text: str
    """What it means to meet the definition; empty unless it is met."""
    missing: list[str]
    """Fields that would settle it."""
    source: str
    verified: str


class LaneRegimen(Cited):
    """A regimen of a lane; it has no rank."""

    regimen: str
    name: str
    answer: str
    """Whether it may be given: `yes`, `no` or `unknown`, by the lane and by the verdict."""
    verdict: str
    """The verdict of the regimen for this patient, its label here and its gates included."""
    because: list[str]
    """What closes it or is not known; empty where the answer is `yes`."""
    missing: list[str]
    """Fields that would settle it."""
    text: str
    """For whom the lane has it."""
    source: str
    verified: str


class Lane(TypedDict):
    """A situation in which no ranking leads."""

    lane: str
    name: str
    first: list[LaneStep]
    """What is done, in order."""
    definitions: list[LaneDefinition]
    """Published definitions, held against the patient."""
    regimens: list[LaneRegimen]
    """What may be given, in no order; those that may not stand last, with the reason."""
    until: str
    """Until when the lane is kept to."""
    source: str
    verified: str
