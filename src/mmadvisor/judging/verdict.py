"""The assessment of a regimen: the result of every criterion, the approval, and the verdict."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property, lru_cache
from typing import Literal

from mmadvisor.base.known import Change, Finding, Truth, all_of, merged
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Regimen, states_for
from mmadvisor.criteria.base import Branch, Words, every
from mmadvisor.criteria.conditions import Tolerated
from mmadvisor.criteria.fields import State
from mmadvisor.criteria.therapies import Active, Undoubted
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Formulary
from mmadvisor.formats.paths import item_in
from mmadvisor.history.history import History
from mmadvisor.judging.access import Access, Approval, Had, Place
from mmadvisor.judging.interactions import Interactions
from mmadvisor.judging.results import Force, Result

Verdict = Literal["eligible", "caution", "off-label", "undetermined", "deferred", "ineligible"]
OFFERED: tuple[Verdict, ...] = ("eligible", "caution")


# A criterion that all regimens share is one object, and so is decided once.


@cache
def _state_of(states: tuple[str, ...]) -> State:
    return State(id="state", one_of=states)


@cache
def active(agent: str) -> Active:
    """The criterion that the agent is not spent."""
    return Active(id=f"active-{agent}", agent=agent)


@cache
def undoubted(agent: str) -> Undoubted:
    """The criterion that earlier therapy does not make the agent doubtful."""
    return Undoubted(id=f"undoubted-{agent}", agent=agent, about="earlier therapy")


@cache
def tolerated(agent: str) -> Tolerated:
    """The criterion that no severe event on an agent is recorded."""
    return Tolerated(id=f"tolerated-{agent}", agent=agent, about="toxicity before", strong=True)


@dataclass(frozen=True, eq=False)
class Assessment:
    """One regimen, assessed for one patient.

    ``beside``: unknown cautions that are kept apart from ``results``: those that are reported only if recorded, and
    those for which a recorded finding makes a failure likely, which can close the regimen.
    """

    regimen: Regimen
    verdict: Verdict
    approval: Approval
    access: Access
    results: tuple[Result, ...]
    missing: tuple[str, ...] = field(default=())
    beside: tuple[Result, ...] = field(default=())

    def of(self, force: Force, truth: Truth) -> list[Result]:
        """The results with this force and this truth."""
        return [r for r in self.results if r.force == force and r.finding.truth is truth]

    @property
    def hard(self) -> list[Result]:
        """The results that close the regimen if they fail."""
        return [r for r in self.results if r.force == "hard"] + self.suspected

    @property
    def suspected(self) -> list[Result]:
        """Unknown results that count, because a recorded finding makes a failure likely."""
        return [r for r in self.beside if r.force == "hard"]

    @property
    def failing(self) -> list[Result]:
        """The hard criteria that fail and close the regimen."""
        return [r for r in self.hard if r.counts_as is Truth.NOT_MET]

    @property
    def open_questions(self) -> list[Result]:
        """The hard criteria that are unknown, or that fail although nobody has looked them up at their source."""
        return [r for r in self.hard if r.counts_as is Truth.UNKNOWN]

    @property
    def remarks(self) -> list[Result]:
        """The hard criteria that are met with a remark; they do not change the order."""
        return [r for r in self.results if r.force == "hard" and r.finding.remark]

    @property
    def cautions(self) -> list[Result]:
        """The cautions that apply or are unknown; unknown toxicities are mentioned once for each agent."""
        return [
            r
            for r in self.results
            if r.force == "caution"
            and r.finding.truth is not Truth.MET
            and not (r.criterion.type == "no-toxicity" and "toxicities" in r.finding.missing)
        ]


# Why: docs/explanation/criteria.md#a-change-is-data-before-it-is-a-sentence
def smallest_change(assessment: Assessment) -> tuple[Change, ...]:
    """The changes that together would open a closed regimen: those of each criterion that closes it.

    Empty if no change is known for one of these criteria.
    """
    failing = [r.finding.changes for r in assessment.failing]
    if not all(failing) or assessment.approval.status == "not-available":
        return ()
    return merged(change for changes in failing for change in changes)


# Why: docs/explanation/criteria.md#the-same-question-is-decided-once
class Decisions:
    """The result of every question of the criteria, for one history. Each question is decided once.

    ``before`` and ``reopened`` are for a history with a small difference: earlier results are kept, except for the
    reopened questions. ``turned``: the questions whose result changed, each with the new truth and whether it has a
    remark.
    """

    def __init__(
        self, history: History, words: Words, before: Decisions | None = None, reopened: Iterable[str] = ()
    ) -> None:
        self.history = history
        self._words = words
        self.findings: dict[str, Finding] = dict(before.findings) if before else {}
        self.asked: dict[str, AnyCriterion] = before.asked if before else {}
        self.turned: dict[str, tuple[Truth, bool]] = {}
        for question in reopened:
            found = self.asked[question].decide(history, words)
            was = self.findings[question]
            if found.truth is not was.truth or bool(found.remark) is not bool(was.remark):
                self.turned[question] = found.truth, bool(found.remark)
            self.findings[question] = found

    def of(self, criterion: AnyCriterion) -> Finding:
        """The finding for a criterion; criteria with the same question share it."""
        found = self.findings.get(criterion.question)
        if found is None:
            found = self.findings[criterion.question] = criterion.decide(self.history, self._words)
            self.asked.setdefault(criterion.question, criterion)
        return found

    def supposing(self, questions: Iterable[str]) -> Decisions:
        """The same results with some questions taken as met."""
        then = Decisions(self.history, self._words, self)
        for question in questions:
            found = then.findings[question]
            if found.truth is not Truth.MET:
                then.findings[question] = Finding(Truth.MET, found.found, found.where)
                then.turned[question] = Truth.MET, False
        return then

    def turning(self, other: Decisions, questions: Iterable[str]) -> Decisions:
        """The same results, but for some questions those of ``other``, for which one more fact is recorded."""
        then = Decisions(other.history, self._words, self)
        for question in questions:
            found = then.findings[question] = other.findings[question]
            then.turned[question] = found.truth, bool(found.remark)
        return then

    def holding(self, questions: Container[str]) -> Decisions:
        """The results of these questions only."""
        fewer = Decisions(self.history, self._words)
        fewer.findings = {q: found for q, found in self.findings.items() if q in questions}
        fewer.asked = {q: self.asked[q] for q in fewer.findings}
        return fewer

    def hanging_on_field(self, field: str) -> list[str]:
        """The questions whose result a field of the patient file could change.

        For a field of a therapy these are all questions about therapies. A new fact may contradict what was presumed
        about a therapy: that it lasted a cycle, or that no progression is missing.
        """
        of_record = field.startswith("therapies")
        return [
            q
            for q, found in self.findings.items()
            if (of_record and self.asked[q].over_therapies)
            or (found.truth is Truth.UNKNOWN and field in found.missing)
            or (self.asked[q].of_gaps and field.startswith(self._read(q)))
        ]

    def _read(self, question: str) -> tuple[str, ...]:
        """The fields of the patient file that a question reads."""
        return tuple(field for part in every((self.asked[question],)) for field in part.patient_fields())

    def hanging_on(self, agents: frozenset[str], formulary: Formulary) -> list[str]:
        """The questions whose result could change through treatment with these agents."""
        for q in self.findings.keys() - self._bearing.keys():
            self._bearing[q] = self.asked[q].bearing(formulary)
        return [
            q
            for q in self.findings
            for bearing in [self._bearing[q]]
            if bearing is None or not bearing.isdisjoint(agents)
        ]

    @cached_property
    def _bearing(self) -> dict[str, frozenset[str] | None]:
        return {}

    def all_hold(self, criteria: Iterable[AnyCriterion]) -> Truth:
        """Whether all of the criteria are met."""
        return all_of([self.of(criterion).truth for criterion in criteria])


def _verdict(approval: Approval, hard: Sequence[Result], cautions: Sequence[Result]) -> Verdict:
    """The verdict from approval and criteria: what closes comes first, then what is unknown, then what warns."""
    counted = {r.counts_as for r in hard}
    if approval.status == "not-available":
        return "ineligible"
    if Truth.NOT_MET in counted:
        passing = all(r.criterion.passes_with_time for r in hard if r.counts_as is Truth.NOT_MET)
        return "deferred" if passing else "ineligible"
    if Truth.UNKNOWN in counted:
        return "undetermined"
    if approval.status == "off-label":
        return "off-label"
    warned = any(r.finding.truth is not Truth.MET or r.finding.remark for r in (*hard, *cautions))
    return "caution" if warned else "eligible"


class Assessor:
    """Assesses regimens for one history in one jurisdiction."""

    def __init__(
        self, history: History, catalogue: Catalogue, jurisdiction: str, decisions: Decisions | None = None
    ) -> None:
        self.history = history
        self.catalogue = catalogue
        self.jurisdiction = jurisdiction
        self.as_of: date = history.as_of
        self.decisions = decisions or Decisions(history, catalogue.words)
        # All questions of each regimen, those of its label included, and those of its place alone.
        self._asked: dict[str, frozenset[str]] = {}
        self._asked_by_place: dict[str, frozenset[str]] = {}
        self._results: dict[tuple[int, str], Result] = {}
        self._had: dict[str, Had] = {}
        self._before: Assessor | None = None
        self.interactions = Interactions(catalogue, history, jurisdiction)
        self.place = Place(history, catalogue, jurisdiction, lambda c, of: self._decide(c, "hard", of))
        # The assessments of regimens in histories that differ from this one, by the criteria that turned.
        self._told: dict[tuple[str, frozenset[tuple[str, tuple[Truth, bool]]]], Assessment] = {}
        self._asking: set[str] | None = None

    def every(self) -> list[Assessment]:
        """All regimens, in the order of the catalogue."""
        return [self.assess(regimen) for regimen in self.catalogue.regimens]

    def asked_of(self, regimen: str) -> frozenset[str]:
        """Every question about a regimen, including the questions of all its indications."""
        return self._asked[regimen]

    def of_these(self, regimens: Iterable[Regimen]) -> Assessor:
        """An assessor for some of the regimens, with the results so far."""
        asked = frozenset(key for regimen in regimens for key in self._asked[regimen.id])
        fewer = Assessor(self.history, self.catalogue, self.jurisdiction, self.decisions.holding(asked))
        fewer._follow(self)
        return fewer

    def again(self, before: Assessor, assessments: Iterable[Assessment]) -> list[Assessment]:
        """The assessments of all regimens for a history with a small difference.

        Only regimens with a changed criterion, or with other interactions because of other drugs, are assessed again.
        """
        self._follow(before)
        if self.interactions.taken == before.interactions.taken:
            return [self._again(a, before._told) for a in assessments]
        return [
            self.assess(a.regimen) if self._other_cautions(before, a.regimen) else self._again(a, before._told)
            for a in assessments
        ]

    def _follow(self, before: Assessor) -> None:
        """Take over the questions, and the results that did not change, from an assessor for a similar history."""
        self._asked, self._asked_by_place = before._asked, before._asked_by_place
        self._before = before
        if self.interactions.taken == before.interactions.taken:
            self.interactions = before.interactions

    def _other_cautions(self, before: Assessor, regimen: Regimen) -> bool:
        mine, its = (x.interactions.cautions(regimen) for x in (self, before))
        return [(c.id, c.taken) for c in mine] != [(c.id, c.taken) for c in its]

    def reads(self, field: str) -> bool:
        """Whether a field decides which criteria a regimen has, such as the list of other drugs."""
        item = item_in(field)
        return (item.field if item else field) == "co_medication"

    def _again(
        self, before: Assessment, told: dict[tuple[str, frozenset[tuple[str, tuple[Truth, bool]]]], Assessment]
    ) -> Assessment:
        """The assessment of a regimen after a change; reused if the same criteria changed in the same way before."""
        turned = self.decisions.turned
        mine = self._asked[before.regimen.id] & turned.keys()
        if not mine:
            return before
        key = (before.regimen.id, frozenset((k, turned[k]) for k in mine))
        if key not in told:
            told[key] = self.assess(before.regimen)
        return told[key]

    def assess(self, regimen: Regimen) -> Assessment:
        """The assessment of one regimen: the results of all its criteria, and the verdict."""
        self._asking = set() if regimen.id not in self._asked else None
        gates, soft = _asked_of(regimen, self.catalogue)
        had = self._had[regimen.id] = self._had_before(regimen) or self.place.of(regimen)
        if self._asking is not None:
            self._asked_by_place[regimen.id] = frozenset(self._asking)
        asked = [self._decide(criterion, "caution") for criterion in (*soft, *self.interactions.cautions(regimen))]
        beside = [r for r in asked if r.beside]
        cautions = [r for r in asked if r.force == "caution" and not r.beside]
        decided = [self._decide(criterion, "hard") for criterion in gates] + had.label
        decided += [r for r in asked if r.force == "hard" and not r.beside]
        hard = [*decided, *(r for r in beside if r.force == "hard")]
        if self._asking is not None:
            self._asked[regimen.id] = frozenset(self._asking)
        missing = dict.fromkeys(m for r in hard if r.finding.truth is Truth.UNKNOWN for m in r.finding.missing)
        verdict = _verdict(had.approval, hard, cautions)
        results = (*decided, *cautions)
        return Assessment(regimen, verdict, had.approval, had.access, results, tuple(missing), tuple(beside))

    def _decide(self, criterion: AnyCriterion, force: Force, of: str = "") -> Result:
        key = (id(criterion), of)
        held = self._results.get(key)
        if held is None:
            held = self._results[key] = self._found_before(key) or self._found(criterion, force, of)
        if self._asking is not None:
            self._asking.add(criterion.question)
            if criterion.closes:
                self._asking.update(s.when.question for s in self.catalogue.suspicions_of(criterion.id))
        return held

    def _earlier(self) -> Iterator[Assessor]:
        """The assessors of the histories from which this one was made, the last first."""
        before = self._before
        while before is not None:
            yield before
            before = before._before

    def _had_before(self, regimen: Regimen) -> Had | None:
        """The earlier licence and access of a regimen; ``None`` if one of the findings behind them has changed."""
        before = next((a for a in self._earlier() if regimen.id in a._had), None)
        if before is None or self.place.region != before.place.region:
            return None
        mine, its = self.decisions.findings, before.decisions.findings
        stands = all(mine.get(q) is its.get(q) for q in self._asked_by_place[regimen.id])
        return before._had[regimen.id] if stands else None

    def _found_before(self, key: tuple[int, str]) -> Result | None:
        """The earlier result of a criterion; ``None`` if its finding has changed, or if more than that decides it."""
        held = next((a._results[key] for a in self._earlier() if key in a._results), None)
        if held is None or held.criterion.closes or held.criterion.tells_by:
            return None
        return held if self.decisions.findings.get(held.criterion.question) is held.finding else None

    def _found(self, criterion: AnyCriterion, force: Force, of: str) -> Result:
        finding = self.decisions.of(criterion)
        # Why: docs/explanation/three-values.md#a-limit-that-nobody-could-read
        unread = bool(criterion.source) and criterion.verified == "unverified"
        counts_as = Truth.UNKNOWN if unread and finding.truth is Truth.NOT_MET else finding.truth
        # Why: docs/explanation/criteria.md#a-caution-that-closes
        if criterion.closes and finding.truth is Truth.NOT_MET:
            force = "hard"
        elif criterion.closes and finding.truth is Truth.UNKNOWN:
            # Why: docs/explanation/three-values.md#a-suspicion-does-not-answer-a-criterion
            for suspicion in self.catalogue.suspicions_of(criterion.id):
                if self.decisions.of(suspicion.when).truth is Truth.MET:
                    force, counts_as = "hard", Truth(suspicion.counts_as)
                    break
        return Result(criterion, force, finding, of, unread, counts_as, self._branch(criterion, finding))

    def _branch(self, criterion: AnyCriterion, finding: Finding) -> Branch | None:
        """The text of a caution that applies to this patient in this jurisdiction, if the caution has several texts."""
        if finding.truth is Truth.MET or not criterion.tells_by:
            return None
        branches, (field,) = self.catalogue.branches[criterion.tells_by], criterion.patient_fields()
        return next((b for b in branches if b.is_for(self.history, field, self.jurisdiction)), None)


# The same for every patient; kept for a few catalogues.
@lru_cache(maxsize=512)
def _asked_of(regimen: Regimen, catalogue: Catalogue) -> tuple[list[AnyCriterion], list[AnyCriterion]]:
    """The gates and the cautions of a regimen, without the criteria of its label.

    The gates are the state of the disease, the agents that must not be spent, the regimen's own gates, and those of
    rules.
    """
    treating = [a for a in regimen.agent_ids if not catalogue.formulary.by_id[a].steroid]
    gates = [_state_of(states_for(regimen)), *map(active, treating), *catalogue.gates_of(regimen)]
    soft = [*map(undoubted, treating), *map(tolerated, treating), *catalogue.cautions_of(regimen)]
    return gates, soft
