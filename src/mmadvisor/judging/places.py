"""The ranks of deferred regimens, and the provisional order of regimens that need only a test today.

Both come from a second case in which the criteria that defer the regimens, or are unknown, are taken as met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mmadvisor.criteria.base import every
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.judging.case import Case
from mmadvisor.judging.ranking import Key, Ranked, ranks
from mmadvisor.judging.results import Result
from mmadvisor.judging.verdict import Assessment, Decisions


class Waiting(NamedTuple):
    """A deferred regimen with the rank that it would have without the deferral.

    ``rank`` is ``None`` if it would not be offered even then. ``counted``: the options below it move down by one rank,
    because it is meant as a line of therapy. ``offered``: it would be an option, and nothing else about it is unknown.
    """

    assessment: Assessment
    rank: int | None
    counted: bool
    offered: bool


class Places(NamedTuple):
    """The ranks of the options, and the deferred regimens in the order of their ranks.

    The ranks of options count the deferred regimens above them. ``passed``: the case without the deferrals; ``None`` if
    nothing is deferred.
    """

    ranks: tuple[int, ...]
    deferred: tuple[Waiting, ...]
    passed: Case | None = None

    def would_rank(self, case: Case, assessment: Assessment) -> int:
        """The rank of an undetermined regimen if it were open; deferred regimens above it are counted."""
        if self.passed is None:
            return case.ranker.would_rank(assessment, case.offered)
        then = {a.regimen.id: a for a in self.passed.assessments}
        counted = [w.assessment.regimen.id for w in self.deferred if w.counted]
        others = [then[regimen] for regimen in (*case.order, *counted)]
        return self.passed.ranker.would_rank(then[assessment.regimen.id], others)


class Presumed(NamedTuple):
    """A regimen of the provisional order, which depends only on unknown tests of today.

    ``assessment``: the regimen today. ``ranked``: the regimen in ``case``, in which the tests are taken as met.
    """

    case: Case
    assessment: Assessment
    rank: int
    ranked: Ranked


# Why: docs/explanation/deferral.md
def places(case: Case) -> Places:
    """The ranks of the options and of the deferred regimens.

    The options keep their own order. A deferred regimen that is a line of therapy gets the rank that it would have
    without the deferral, and the options below it move down by one. It ties with options that equal it. A deferred
    bridge or palliation comes after all ranked regimens. A regimen that would not be offered even then gets no rank.
    """
    own = ranks(case.ranked)
    waiting = {a.regimen.id: a for a in case.assessments if a.verdict == "deferred"}
    if not waiting:
        return Places(tuple(own), ())
    then = case.supposing(_passing(case, waiting.values()))
    assessed = {a.regimen.id: a for a in then.assessments}
    joint = then.ranker.rank([assessed[regimen] for regimen in (*case.order, *waiting)])
    options = [r.key for r in joint if r.assessment.regimen.id not in waiting]
    held = [(r, waiting[r.assessment.regimen.id]) for r in joint if r.assessment.regimen.id in waiting]
    found = tuple(_waiting(then, options, held))
    # Up to which of the options none stands below each line that waits.
    keys = {r.assessment.regimen.id: r.key for r in joint}
    above = [sum(key <= keys[w.assessment.regimen.id] for key in options) for w in found if w.counted]
    return Places(tuple(rank + sum(n < rank for n in above) for rank in own), found, then)


def _waiting(then: Case, options: list[Key], held: list[tuple[Ranked, Assessment]]) -> Iterator[Waiting]:
    """The deferred regimens in order: lines of therapy with their ranks, other regimens, and those without a rank."""
    offerable = [(r, a) for r, a in held if then.would_offer(r.assessment)]
    lined = [(r, a) for r, a in offerable if r.is_line]
    beside = [(r, a) for r, a in offerable if not r.is_line]
    open_then = {a.regimen.id for a in then.offered}
    lines = [r.key for r, _ in lined]
    for r, today in lined:
        rank = 1 + _above(r.key, options) + _above(r.key, lines)
        yield Waiting(today, rank, counted=True, offered=today.regimen.id in open_then)
    last = len(options) + len(lined)
    for r, today in beside:
        rank = last + 1 + _above(r.key, [other.key for other, _ in beside])
        yield Waiting(today, rank, counted=False, offered=today.regimen.id in open_then)
    for r, today in held:
        if not then.would_offer(r.assessment):
            yield Waiting(today, None, counted=False, offered=False)


def _above(key: Key, keys: Iterable[Key]) -> int:
    """The number of keys that rank above a key."""
    return sum(other < key for other in keys)


def _passing(case: Case, waiting: Iterable[Assessment]) -> set[str]:
    """The questions that are met once every deferral has passed, with milder questions on the same fields.

    For example, an infection that has healed also meets a caution on infections of a lower grade.
    """
    deferring = {r.criterion.question: r.criterion for a in waiting for r in a.failing}
    fields = set(_fields(deferring.values()))
    book, failing = case.assessor.book, case.assessor.answers.no
    milder = {c.question for _, c in book.asking(book.passing & failing) if not fields.isdisjoint(_fields([c]))}
    return milder | deferring.keys()


def _fields(criteria: Iterable[AnyCriterion]) -> Iterator[str]:
    for part in every(tuple(criteria)):
        yield from part.patient_fields()


class Presumption(NamedTuple):
    """A case in which unknown tests of today are taken as met, for the regimens that depend on nothing else.

    ``held``: these regimens as they are today. ``supposed``: the questions that are taken as met. ``first``: the id of
    today's first option.
    """

    case: Case
    held: dict[str, Assessment]
    supposed: frozenset[str]
    first: str

    @classmethod
    def of(cls, case: Case) -> Presumption | None:
        """The presumption for a case; ``None`` if no regimen depends only on tests of today."""
        held = {
            a.regimen.id: a
            for a in case.assessments
            if a.verdict == "undetermined" and all(r.presumable and not _on_record(case, r) for r in a.open_questions)
        }
        if not held:
            return None
        supposed = frozenset(r.criterion.question for a in held.values() for r in a.open_questions)
        return cls(case.supposing(supposed), held, supposed, next(iter(case.order), ""))

    def order(self, case: Case | None = None) -> tuple[str, ...]:
        """The regimens in provisional order; empty if none of them would come before today's first option."""
        ranked = (case or self.case).ranked
        mine = [r for r in ranked if r.assessment.regimen.id in self.held]
        first = next((r for r in ranked if r.assessment.regimen.id == self.first), None)
        if not mine or (first is not None and first.key <= mine[0].key):
            return ()
        return tuple(r.assessment.regimen.id for r in mine)

    def knowing(self, field: str, decisions: Decisions) -> tuple[str, ...]:
        """The provisional order with one more fact that changes no verdict; ``decisions`` include the fact."""
        turned = decisions.turned.keys() - self.supposed
        if not turned and not self.case.ranker.reads(field):
            return self.order()
        return self.order(self.case.decided(self.case.assessor.decisions.turning(decisions, turned)))


def _on_record(case: Case, result: Result) -> bool:
    """Whether a recorded finding, such as changing kidney function, keeps a gate unknown; no test decides it then."""
    if not result.criterion.presumable:
        return False
    open_fields = set(result.finding.missing) - case.history.outdated.keys()
    return any(case.history.patient.get(field) is not None for field in open_fields)


# Why: docs/explanation/deferral.md#the-provisional-order
def provisional(case: Case) -> list[Presumed]:
    """The provisional order: the undetermined regimens that need only tests of today, with the tests taken as met.

    Empty if none of them would come before today's first option.
    """
    presumption = Presumption.of(case)
    if presumption is None or not presumption.order():
        return []
    then, held = presumption.case, presumption.held
    return [
        Presumed(then, held[r.assessment.regimen.id], rank, r)
        for r, rank in zip(then.ranked, places(then).ranks, strict=True)
        if r.assessment.regimen.id in held
    ]


class Beside(NamedTuple):
    """The deferred and the provisional regimens of an answer."""

    deferred: tuple[tuple[str, int | None], ...]
    presumption: Presumption | None
    provisional: tuple[str, ...]

    @classmethod
    def of(cls, case: Case) -> Beside:
        """The deferred and provisional regimens of a case."""
        presumption = Presumption.of(case)
        return cls(_ranks(case), presumption, presumption.order() if presumption else ())

    def differs(self, field: str, then: Case) -> bool:
        """Whether they change with one more fact that changes neither a verdict nor the order of the options."""
        if self.deferred and _ranks(then) != self.deferred:
            return True
        if self.presumption is None:
            return False
        return self.presumption.knowing(field, then.assessor.decisions) != self.provisional


def _ranks(case: Case) -> tuple[tuple[str, int | None], ...]:
    return tuple((w.assessment.regimen.id, w.rank) for w in places(case).deferred)
