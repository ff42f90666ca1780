"""The lanes in an answer: situations that the ranking does not cover."""

# pydantic, which makes the schema, needs this one before Python 3.12.
from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class LaneStep(Cited):
    """What is done in a lane."""

    text: str
    applies: str
    """`yes`, or `unknown` if it is not known whether the step is for this patient."""
    missing: list[str]
    """Fields that would decide whether the step is for this patient."""
    source: str
    verified: str


class LaneDefinition(Cited):
    """A published definition, checked for the patient."""

    id: str
    name: str
    value: str
    """`yes`, `no` or `unknown`."""
    found: str
    """The recorded facts that decide it."""
    text: str
    """What it means if the definition is met; otherwise empty."""
    missing: list[str]
    """Fields that would decide it."""
    source: str
    verified: str


class LaneRegimen(Cited):
    """A regimen of a lane; it has no rank."""

    regimen: str
    name: str
    answer: str
    """Whether it may be given, by the lane and by the verdict together: `yes`, `no` or `unknown`."""
    verdict: str
    """The verdict of the regimen for this patient, which includes its label and its gates."""
    because: list[str]
    """The reasons that close the regimen, or that are unknown; empty if `answer` is `yes`."""
    missing: list[str]
    """Fields that would decide it."""
    text: str
    """The patients for whom the lane has the regimen."""
    source: str
    verified: str


class LookedForEntry(Cited):
    """Regimens that a reader looks for, and whether they are open; only the regimens with this answer are named.

    ``answer``: `open`, `undetermined`, `deferred`, `off-label` or `ineligible`. ``because``: the reasons of the first
    of them, which has the fewest. ``needs``: the requirements that close it, if it is on the market. ``missing``: the
    names of the facts that would decide about it.
    """

    id: str
    name: str
    answer: str
    regimens: list[str]
    because: list[str]
    needs: list[str]
    missing: list[str]
    source: str
    verified: str


class Lane(TypedDict):
    """A situation in which the answer gives no ranking."""

    lane: str
    name: str
    first: list[LaneStep]
    """What is done, in order."""
    definitions: list[LaneDefinition]
    """Published definitions, checked for the patient."""
    regimens: list[LaneRegimen]
    """The regimens that may be given, in no order; those that may not be given come last, with the reason."""
    until: str
    """When the lane ends, in words."""
    source: str
    verified: str
