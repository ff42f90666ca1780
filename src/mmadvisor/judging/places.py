"""The ranks of deferred regimens, and the provisional order of regimens that depend on tests of the day.

Both are ranked in a second case, in which the criteria that defer them or are unknown are taken as met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mmadvisor.base.known import Truth
from mmadvisor.criteria.base import every
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.judging.case import Case
from mmadvisor.judging.ranking import Ranked, is_main
from mmadvisor.judging.verdict import Assessment, Decisions, Result


class Waiting(NamedTuple):
    """A deferred regimen with the rank that it would have once its deferral has passed.

    ``rank`` is ``None`` if it would not be offered then either. ``counted``: the ranks of the options count it, since
    it is a line of its own. ``offered``: it would be an option then, and nothing else about it is unknown.
    """

    assessment: Assessment
    rank: int | None
    counted: bool
    offered: bool


class Places(NamedTuple):
    """The ranks of the options, which count the deferred regimens above them, and the deferred regimens by rank.

    ``passed`` is the case in which every deferral has passed; ``None`` if nothing is deferred.
    """

    ranks: tuple[int, ...]
    deferred: tuple[Waiting, ...]
    passed: Case | None = None

    def would_rank(self, case: Case, assessment: Assessment) -> int:
        """The rank that an undetermined regimen would have, with the deferred regimens above it counted."""
        if self.passed is None:
            return case.ranker.would_rank(assessment, case.offered)
        then = {a.regimen.id: a for a in self.passed.assessments}
        counted = [w.assessment.regimen.id for w in self.deferred if w.counted]
        others = [then[regimen] for regimen in (*case.order, *counted)]
        return self.passed.ranker.would_rank(then[assessment.regimen.id], others)


class Presumed(NamedTuple):
    """A regimen that depends only on unknown tests of the day, in the provisional order.

    ``assessment`` is its assessment today, ``ranked`` the one in ``case``, where the tests are met; ``below`` is the
    next regimen in that order.
    """

    case: Case
    assessment: Assessment
    rank: int
    ranked: Ranked
    below: Ranked | None


# Why: docs/explanation/deferral.md
def places(case: Case) -> Places:
    """The ranks of the options and of the deferred regimens.

    The options keep their own order. A deferred line of its own is placed after those options that come before it once
    every deferral has passed. A deferred regimen that is no such line comes after everything that is ranked. One that
    would not be offered then has no rank, so no rank is given twice.
    """
    order = case.order
    waiting = {a.regimen.id: a for a in case.assessments if a.verdict == "deferred"}
    if not waiting:
        return Places(tuple(range(1, len(order) + 1)), ())
    then = case.supposing(_passing(case, waiting.values()))
    assessed = {a.regimen.id: a for a in then.assessments}
    joint = then.ranker.rank([assessed[regimen] for regimen in (*order, *waiting)])
    lined: list[Waiting] = []
    beside: list[Assessment] = []
    unranked: list[Waiting] = []
    open_then = {a.regimen.id for a in then.offered}
    # For each counted regimen the number of options above it; only lines of their own count.
    above: list[int] = []
    lines = next((i for i, r in enumerate(case.ranked) if not is_main(r.assessment)), len(order))
    options = 0
    for assessment in (r.assessment for r in joint):
        if assessment.regimen.id not in waiting:
            options += 1
            continue
        today, opens = waiting[assessment.regimen.id], assessment.regimen.id in open_then
        if not then.would_offer(assessment):
            unranked.append(Waiting(today, None, counted=False, offered=False))
        elif is_main(assessment):
            before = min(options, lines)
            lined.append(Waiting(today, before + len(lined) + 1, counted=True, offered=opens))
            above.append(before)
        else:
            beside.append(today)
    last = len(order) + len(lined)
    after = [
        Waiting(a, last + i, counted=False, offered=a.regimen.id in open_then) for i, a in enumerate(beside, start=1)
    ]
    ranks = tuple(i + 1 + sum(n <= i for n in above) for i in range(len(order)))
    return Places(ranks, (*lined, *after, *unranked), then)


def _passing(case: Case, waiting: Iterable[Assessment]) -> set[str]:
    """The questions that are met once every deferral has passed, and milder ones of the same fields."""
    deferring = {r.criterion.question: r.criterion for a in waiting for r in a.failing}
    fields = set(_fields(deferring.values()))
    milder = {
        r.criterion.question
        for a in case.assessments
        for r in a.results
        if r.criterion.passes_with_time
        and r.finding.truth is Truth.NOT_MET
        and not fields.isdisjoint(_fields([r.criterion]))
    }
    return milder | deferring.keys()


def _fields(criteria: Iterable[AnyCriterion]) -> Iterator[str]:
    for part in every(tuple(criteria)):
        yield from part.patient_fields()


class Presumption(NamedTuple):
    """A case in which the unknown tests of the day are met, for regimens that depend on nothing else.

    ``held`` are those regimens as they are today, ``supposed`` the questions that are taken as met, ``first`` the first
    option of today.
    """

    case: Case
    held: dict[str, Assessment]
    supposed: frozenset[str]
    first: str

    @classmethod
    def of(cls, case: Case) -> Presumption | None:
        """The presumption of a case; ``None`` if it has no such regimen."""
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
        """These regimens in the provisional order; empty if none comes before the first option of today."""
        order = (case or self.case).order
        mine = tuple(regimen for regimen in order if regimen in self.held)
        if not mine or (self.first and order.index(self.first) < order.index(mine[0])):
            return ()
        return mine

    def knowing(self, field: str, decisions: Decisions) -> tuple[str, ...]:
        """The order with one more fact that changes no verdict of today; ``decisions`` are those with the fact."""
        turned = decisions.turned.keys() - self.supposed
        if not turned and not self.case.ranker.reads(field):
            return self.order()
        return self.order(self.case.decided(self.case.assessor.decisions.turning(decisions, turned)))


def _on_record(case: Case, result: Result) -> bool:
    """Whether a recorded finding keeps a gate unknown, such as changing kidneys: no test settles it."""
    if not result.criterion.presumable:
        return False
    open_fields = set(result.finding.missing) - case.history.outdated.keys()
    return any(case.history.patient.get(field) is not None for field in open_fields)


# Why: docs/explanation/deferral.md#the-provisional-order
def provisional(case: Case) -> list[Presumed]:
    """The provisional order: regimens that would come before the first option if all unknown tests were met.

    Empty if none of them would come before the first option.
    """
    presumption = Presumption.of(case)
    if presumption is None or not presumption.order():
        return []
    then, held = presumption.case, presumption.held
    ranks = places(then).ranks
    return [
        Presumed(then, held[r.assessment.regimen.id], ranks[i], r, then.ranked[i + 1] if i + 1 < len(ranks) else None)
        for i, r in enumerate(then.ranked)
        if r.assessment.regimen.id in held
    ]


class Beside(NamedTuple):
    """The deferred and the provisional regimens of an answer."""

    deferred: tuple[tuple[str, int | None], ...]
    presumption: Presumption | None
    provisional: tuple[str, ...]

    @classmethod
    def of(cls, case: Case) -> Beside:
        """Both for one case."""
        presumption = Presumption.of(case)
        return cls(_ranks(case), presumption, presumption.order() if presumption else ())

    def differs(self, field: str, then: Case) -> bool:
        """Whether they differ with one more fact that changes neither a verdict nor the order of the options."""
        if self.deferred and _ranks(then) != self.deferred:
            return True
        if self.presumption is None:
            return False
        return self.presumption.knowing(field, then.assessor.decisions) != self.provisional


def _ranks(case: Case) -> tuple[tuple[str, int | None], ...]:
    return tuple((w.assessment.regimen.id, w.rank) for w in places(case).deferred)
