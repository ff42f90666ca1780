"""The types that join other criteria, and the list of all types.

To add a type, write one class in the room of what it asks, name it in ``AnyCriterion``, and give it a case file in
``tests/cases/criteria``.
"""

import typing
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, cast

from mmadvisor.base.known import Change, Finding, Truth, all_of, any_of, negate
from mmadvisor.base.validation import Tagged
from mmadvisor.criteria.base import Criterion, OfDrug, Words, unique
from mmadvisor.criteria.conditions import (
    NoAllograft,
    NoCoMedication,
    NoGvhd,
    NoPregnancy,
    NoSecondCancer,
    NoToxicity,
    Tolerated,
)
from mmadvisor.criteria.fields import Frailty, NoEmergency, Number, State, TransplantEligible, Value
from mmadvisor.criteria.therapies import (
    Active,
    DaysSinceDose,
    EarlyRelapse,
    Exposed,
    MonthsSinceTransplant,
    PriorLines,
    ProgressedOnLast,
    Refractory,
    RefractoryCount,
    Undoubted,
)
from mmadvisor.history.history import History


class Not(Criterion):
    """The criterion inside must not hold."""

    type: Literal["not"] = "not"
    criterion: "AnyCriterion"
    """The criterion that must not be met."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"not: {self.criterion.text or self.criterion.required(words)}"

    def decide(self, history: History, words: Words) -> Finding:
        """The opposite; unknown stays."""
        inner = self.criterion.decide(history, words)
        return Finding(negate(inner.truth), inner.found, inner.where, inner.missing)

    def parts(self) -> tuple["AnyCriterion", ...]:
        """What it is made of."""
        return (self.criterion,)

    def rules_out(self) -> frozenset[OfDrug]:
        """What alone would meet the criterion inside."""
        return self.criterion.is_met_by()


class _Several(Criterion):
    criteria: tuple["AnyCriterion", ...]
    """The criteria."""

    def parts(self) -> tuple["AnyCriterion", ...]:
        """What it is made of."""
        return self.criteria

    def _joined(self, truth: Truth, findings: list[Finding], changes: tuple[Change, ...]) -> Finding:
        deciding = [f for f in findings if f.truth is truth] or findings
        return Finding(
            truth,
            "; ".join(unique(f.found for f in deciding)),
            unique(w for f in deciding for w in f.where),
            unique(m for f in findings if f.truth is Truth.UNKNOWN for m in f.missing)
            if truth is Truth.UNKNOWN
            else (),
            changes,
        )


class All(_Several):
    """Every criterion inside must hold."""

    type: Literal["all"] = "all"

    def required(self, words: Words) -> str:
        """In words."""
        return " and ".join(c.text or c.required(words) for c in self.criteria)

    def decide(self, history: History, words: Words) -> Finding:
        """The weakest of them."""
        findings = [c.decide(history, words) for c in self.criteria]
        failing = [f for f in findings if f.truth is Truth.NOT_MET]
        changes = tuple(c for f in failing for c in f.changes) if all(f.changes for f in failing) else ()
        return self._joined(all_of(f.truth for f in findings), findings, changes)

    def joint_parts(self) -> tuple["AnyCriterion", ...]:
        """What it is made of."""
        return self.criteria


class Any(_Several):
    """One criterion inside suffices."""

    type: Literal["any"] = "any"

    def required(self, words: Words) -> str:
        """In words."""
        return " or ".join(c.text or c.required(words) for c in self.criteria)

    def decide(self, history: History, words: Words) -> Finding:
        """The strongest of them."""
        findings = [c.decide(history, words) for c in self.criteria]
        truth = any_of(f.truth for f in findings)
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
    | ProgressedOnLast
    | State
    | Number
    | Value
    | Frailty
    | TransplantEligible
    | DaysSinceDose
    | MonthsSinceTransplant
    | EarlyRelapse
    | NoPregnancy
    | NoToxicity
    | NoSecondCancer
    | NoCoMedication
    | NoEmergency
    | NoAllograft
    | NoGvhd
    | Not
    | All
    | Any,
    Tagged(tuple(OPPOSITES.items())),
]


def criterion_from(data: Mapping[str, typing.Any]) -> AnyCriterion:
    """A criterion from plain data."""
    return cast(AnyCriterion, criterion_types()[data["type"]].over(data))


@cache
def criterion_types() -> dict[str, type[Criterion]]:
    """Every type of criterion by the name it has in data."""
    union = typing.get_args(typing.get_args(AnyCriterion)[0])
    return {member.defaults()["type"]: member for member in union}
