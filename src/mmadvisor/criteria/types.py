"""The types of criterion that join other criteria, and the list of all types.

To add a type, write a class in the file for its subject, name it in ``AnyCriterion``, and write cases for it in
``tests/cases/criteria``.
"""

import typing
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, cast

from mmadvisor.base.known import Account, Change, Finding, Truth, all_of, any_of, negate
from mmadvisor.base.validation import Tagged
from mmadvisor.criteria.base import Criterion, OfDrug, Words, unique
from mmadvisor.criteria.conditions import (
    NoAllograft,
    NoCoMedication,
    NoGvhd,
    NoPregnancy,
    NoSecondCancer,
    NoToxicity,
    StoppedForToxicity,
    Tolerated,
)
from mmadvisor.criteria.fields import Frailty, NoEmergency, Number, State, TransplantEligible, Value
from mmadvisor.criteria.judgement import Judgement
from mmadvisor.criteria.therapies import (
    Active,
    DaysSinceDose,
    EarlyRelapse,
    Exposed,
    MonthsSinceTransplant,
    PriorLines,
    ProgressedOnLast,
    RecordedSinceRelapse,
    Refractory,
    RefractoryCount,
    Undoubted,
)
from mmadvisor.history.facts import Fact, Facts
from mmadvisor.history.history import History


class Not(Criterion):
    """The criterion inside must not be met."""

    type: Literal["not"] = "not"
    criterion: "AnyCriterion"
    """The criterion that must not be met."""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"not: {self.criterion.text or self.criterion.required(words)}"

    def reads(self) -> tuple[Fact, ...]:
        """The facts of the criterion inside."""
        return self.criterion.reads()

    def truth(self, facts: Facts) -> Truth:
        """The opposite of the criterion inside; unknown stays unknown."""
        return negate(self.criterion.truth(facts))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """What was found for the criterion inside; no change is named that would meet this criterion."""
        return self.criterion.account(history, negate(truth), words)._replace(changes=())

    def parts(self) -> tuple["AnyCriterion", ...]:
        """The criterion inside."""
        return (self.criterion,)

    def rules_out(self) -> frozenset[OfDrug]:
        """The exposures and refractoriness that alone would meet the criterion inside."""
        return self.criterion.is_met_by()


class _Several(Criterion):
    criteria: tuple["AnyCriterion", ...]
    """The criteria."""

    def parts(self) -> tuple["AnyCriterion", ...]:
        """The criteria inside."""
        return self.criteria

    def reads(self) -> tuple[Fact, ...]:
        """The facts of the criteria inside."""
        return tuple(fact for criterion in self.criteria for fact in criterion.reads())

    def _joined(self, truth: Truth, findings: list[Finding], changes: tuple[Change, ...]) -> Account:
        """The account of the criteria inside that have the truth of the whole."""
        deciding = [f for f in findings if f.truth is truth] or findings
        return Account(
            "; ".join(unique(f.found for f in deciding)),
            unique(w for f in deciding for w in f.where),
            unique(m for f in deciding for m in f.missing) if truth is Truth.UNKNOWN else (),
            changes,
        )


class All(_Several):
    """Every criterion inside must be met."""

    type: Literal["all"] = "all"

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return " and ".join(c.text or c.required(words) for c in self.criteria)

    def truth(self, facts: Facts) -> Truth:
        """The weakest truth of the criteria inside."""
        return all_of([criterion.truth(facts) for criterion in self.criteria])

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """What was found for the criteria that decide, with the changes that all failing criteria need together."""
        findings = [c.decide(history, words) for c in self.criteria]
        failing = [f for f in findings if f.truth is Truth.NOT_MET]
        changes = tuple(c for f in failing for c in f.changes) if all(f.changes for f in failing) else ()
        return self._joined(truth, findings, changes)

    def joint_parts(self) -> tuple["AnyCriterion", ...]:
        """The criteria inside."""
        return self.criteria


class Any(_Several):
    """At least one criterion inside must be met."""

    type: Literal["any"] = "any"

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return " or ".join(c.text or c.required(words) for c in self.criteria)

    def truth(self, facts: Facts) -> Truth:
        """The strongest truth of the criteria inside."""
        return any_of([criterion.truth(facts) for criterion in self.criteria])

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """What was found for the criteria that decide; if none is met, the shortest list of changes that meets one."""
        findings = [c.decide(history, words) for c in self.criteria]
        ways = [f.changes for f in findings if f.changes] if truth is Truth.NOT_MET else []
        return self._joined(truth, findings, min(ways, key=len, default=()))


# Short words for a criterion inside a `not`: each is written with the fields of the type that it is the opposite of.
# A type without one here has its own opposite (`number`), or would read as a double negation (`no-pregnancy`).
OPPOSITES = {
    "not-active": "active",
    "not-early-relapse": "early-relapse",
    "not-exposed": "exposed",
    "not-frailty": "frailty",
    "not-months-since-transplant": "months-since-transplant",
    "not-prior-lines": "prior-lines",
    "not-progressed-on-last": "progressed-on-last",
    "not-recorded-since-relapse": "recorded-since-relapse",
    "not-refractory": "refractory",
    "not-refractory-count": "refractory-count",
    "not-state": "state",
    "not-transplant-eligible": "transplant-eligible",
    "not-value": "value",
    "allograft": "no-allograft",
    "gvhd": "no-gvhd",
    "second-cancer": "no-second-cancer",
}

AnyCriterion = Annotated[
    PriorLines
    | Exposed
    | Refractory
    | RefractoryCount
    | Active
    | Undoubted
    | Tolerated
    | StoppedForToxicity
    | ProgressedOnLast
    | State
    | Number
    | Value
    | Frailty
    | TransplantEligible
    | DaysSinceDose
    | MonthsSinceTransplant
    | EarlyRelapse
    | RecordedSinceRelapse
    | NoPregnancy
    | NoToxicity
    | NoSecondCancer
    | NoCoMedication
    | NoEmergency
    | NoAllograft
    | NoGvhd
    | Judgement
    | Not
    | All
    | Any,
    Tagged(tuple(OPPOSITES.items())),
]


def criterion_from(data: Mapping[str, typing.Any]) -> AnyCriterion:
    """A criterion made from plain data that is already validated."""
    return cast(AnyCriterion, criterion_types()[data["type"]].over(data))


@cache
def criterion_types() -> dict[str, type[Criterion]]:
    """Every class of criterion, by its ``type`` in data."""
    union = typing.get_args(typing.get_args(AnyCriterion)[0])
    return {member.defaults()["type"]: member for member in union}
