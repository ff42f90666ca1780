"""What only a person can decide, such as whether a drug is unsuitable."""

from typing import Literal

from mmadvisor.base.known import Account, Truth
from mmadvisor.criteria.base import Criterion, Words
from mmadvisor.history.facts import Fact, Facts
from mmadvisor.history.history import History


class Judgement(Criterion):
    """A requirement that no field of a patient file decides; it is always unknown.

    A payer may ask for one. It belongs to funding alone: a label or a gate with it could never be decided.
    """

    type: Literal["judgement"] = "judgement"
    text: str
    """The requirement, as a statement that may be true of a patient."""

    @property
    def left_to_people(self) -> bool:
        """It is."""
        return True

    def required(self, words: Words) -> str:
        """The statement."""
        return self.text

    def reads(self) -> tuple[Fact, ...]:
        """No fact."""
        return ()

    def truth(self, facts: Facts) -> Truth:
        """Unknown, whatever is recorded."""
        return Truth.UNKNOWN

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """No field is missing for it."""
        return Account("no field of the patient file decides this")
