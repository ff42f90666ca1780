"""What only a person can decide, such as whether a drug is unsuitable."""

from functools import cached_property
from typing import Literal

from mmadvisor.base.known import Finding, Truth
from mmadvisor.criteria.base import Criterion, Words
from mmadvisor.history.history import History


class Judgement(Criterion):
    """A requirement that no field of a patient file decides; it is always unknown.

    Whoever pays may ask for one. It belongs to funding alone: a label or a gate with it could never be decided.
    """

    type: Literal["judgement"] = "judgement"
    text: str
    """The requirement, as a statement that may be true of a patient."""

    @cached_property
    def over_therapies(self) -> bool:
        """Nothing on record could change its answer."""
        return False

    @property
    def left_to_people(self) -> bool:
        """It is."""
        return True

    def required(self, words: Words) -> str:
        """The statement."""
        return self.text

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown; no field is missing for it."""
        return Finding(Truth.UNKNOWN, "no field of the patient file decides this")
