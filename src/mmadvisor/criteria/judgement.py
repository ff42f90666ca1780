"""A requirement that only a person can decide, such as whether a drug is unsuitable."""

from typing import Literal

from mmadvisor.base.known import Account, Truth
from mmadvisor.criteria.base import Criterion, Words
from mmadvisor.history.facts import Fact, Facts
from mmadvisor.history.history import History


class Judgement(Criterion):
    """A requirement that no field of the patient file can decide; it is always unknown.

    Payers use such requirements. The type is allowed only in funding decisions: a label or a gate with such a
    requirement could never be decided.
    """

    type: Literal["judgement"] = "judgement"
    text: str
    """The requirement, as a statement that may be true of a patient."""

    @property
    def left_to_people(self) -> bool:
        """Always true."""
        return True

    def required(self, words: Words) -> str:
        """The statement."""
        return self.text

    def reads(self) -> tuple[Fact, ...]:
        """No fact."""
        return ()

    def truth(self, facts: Facts) -> Truth:
        """Always unknown."""
        return Truth.UNKNOWN

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The requirement, without a missing field."""
        return Account("no field of the patient file decides this")
