"""The assessment of a regimen: the result of every criterion, the approval, and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from mmadvisor.answers.compact import Verdict
from mmadvisor.base.known import Change, Finding, Truth, all_of, merged
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.criteria.base import Branch, Words, every
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Formulary
from mmadvisor.formats.paths import item_in
from mmadvisor.history.history import History
from mmadvisor.judging.access import Access, Approval, Had, Place
from mmadvisor.judging.interactions import Interactions
from mmadvisor.judging.results import Force, Result, is_unread
from mmadvisor.judging.rulebook import Answers, Label, Rule, Rulebook, rulebook


# Why: docs/explanation/criteria.md#the-verdict-first-the-results-when-they-are-read
@dataclass(frozen=True, eq=False)
class Assessment:
    """One regimen, assessed for one patient: the verdict, and the results, which are computed when first read."""

    regimen: Regimen
    verdict: Verdict
    rule: Rule
    assessor: Assessor

    # --- licence and access -------------------------------------------------------------------

    @cached_property
    def _had(self) -> Had:
        return self.assessor.obtained(self.rule)

    @property
    def approval(self) -> Approval:
        """The approval in the jurisdiction."""
        return self._had.approval

    @property
    def access(self) -> Access:
        """Licence, funding and supply for this patient."""
        return self._had.access

    @property
    def available(self) -> bool:
        """Whether the regimen is available in the jurisdiction at all."""
        return self.assessor.label(self.rule).status != "not-available"

    # --- what decided -------------------------------------------------------------------------

    @cached_property
    def _counting(self) -> list[Result]:
        """The hard criteria that are not met or unknown."""
        return self.assessor.counting(self.rule)

    @property
    def failing(self) -> list[Result]:
        """The hard criteria that fail and close the regimen."""
        return [r for r in self._counting if r.counts_as is Truth.NOT_MET]

    @property
    def open_questions(self) -> list[Result]:
        """The hard criteria that are unknown, or that fail although nobody has looked them up at their source."""
        return [r for r in self._counting if r.counts_as is Truth.UNKNOWN]

    @property
    def suspected(self) -> list[Result]:
        """Unknown results that count, because a recorded finding makes a failure likely."""
        return [r for r in self._counting if r.beside]

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The missing fields of the unknown hard criteria."""
        unknown = (r.finding.missing for r in self._counting if r.finding.truth is Truth.UNKNOWN)
        return tuple(dict.fromkeys(field for missing in unknown for field in missing))

    # --- all results --------------------------------------------------------------------------

    @cached_property
    def _asked(self) -> tuple[list[Result], list[Result]]:
        """The results of the cautions; then those of them that are kept apart (``beside``)."""
        asked = self.assessor.cautions(self.rule)
        return [r for r in asked if not r.beside], [r for r in asked if r.beside]

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The results of the criteria, without those in ``beside``; those that can close the regimen come first."""
        asked, _ = self._asked
        hard = [*self.assessor.gates(self.rule), *self._had.label, *(r for r in asked if r.force == "hard")]
        return (*hard, *(r for r in asked if r.force == "caution"))

    @property
    def beside(self) -> tuple[Result, ...]:
        """The unknown cautions that are kept apart from the results.

        Those that are reported only if recorded, and those for which a recorded finding makes a failure likely, which
        can close the regimen.
        """
        return tuple(self._asked[1])

    @property
    def hard(self) -> list[Result]:
        """The results that close the regimen if they fail."""
        return [r for r in self.results if r.force == "hard"] + self.suspected

    def of(self, force: Force, truth: Truth) -> list[Result]:
        """The results with this force and this truth."""
        return [r for r in self.results if r.force == force and r.finding.truth is truth]

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

    @property
    def of_events(self) -> list[Result]:
        """The results that the recorded adverse events make not met or unknown, without those in ``beside``."""
        return self.assessor.of_events(self.rule)

    @cached_property
    def undoubted(self) -> list[Result]:
        """For each drug, the result of the criterion that earlier therapy does not make it doubtful."""
        return self.assessor.some(self.rule, lambda c: c.type == "undoubted")

    @cached_property
    def grave(self) -> list[Result]:
        """The results of strong cautions and of earlier harms, without those in ``beside``."""
        return self.assessor.some(self.rule, lambda c: c.strong or c.type in ("no-toxicity", "tolerated"))


# Why: docs/explanation/criteria.md#a-change-is-data-before-it-is-a-sentence
def smallest_change(assessment: Assessment) -> tuple[Change, ...]:
    """The changes that together would open a closed regimen: those of each criterion that closes it.

    Empty if no change is known for one of these criteria.
    """
    failing = [r.finding.changes for r in assessment.failing]
    if not all(failing) or not assessment.available:
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
            found = then.findings.get(question)
            if found is not None and found.truth is not Truth.MET:
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

    def holding(self, asked: Callable[[str], bool]) -> Decisions:
        """The results of those questions for which ``asked`` is true."""
        fewer = Decisions(self.history, self._words)
        fewer.findings = {q: found for q, found in self.findings.items() if asked(q)}
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


class Assessor:
    """Assesses the regimens for one history in one jurisdiction.

    ``before``: the assessor of a history with a small difference; what the difference does not touch is kept.
    """

    def __init__(
        self,
        history: History,
        catalogue: Catalogue,
        jurisdiction: str,
        decisions: Decisions | None = None,
        before: Assessor | None = None,
    ) -> None:
        self.history = history
        self.catalogue = catalogue
        self.jurisdiction = jurisdiction
        self.as_of: date = history.as_of
        self.decisions = decisions or Decisions(history, catalogue.words)
        self.book: Rulebook = rulebook(catalogue, jurisdiction)
        self.interactions = Interactions(catalogue, history, jurisdiction)
        if before is not None and before.interactions.taken == self.interactions.taken:
            self.interactions = before.interactions
        self.place = Place(history, catalogue, jurisdiction, lambda c, of: self._decide(c, "hard", of))
        self._before = before
        self._results: dict[tuple[int, str], Result] = {}
        self._had: dict[str, Had] = {}
        self._labels: dict[str, Label] = {}

    @cached_property
    def answers(self) -> Answers:
        """The answers to the questions of the rulebook."""
        if self._before is None:
            return self.book.answers(self.decisions.of)
        return self.book.turned(self._before.answers, self.decisions.turned)

    @cached_property
    def _turned(self) -> int:
        """The questions whose result changed."""
        return self.book.bits(self.decisions.turned)

    def every(self) -> list[Assessment]:
        """All regimens, in the order of the catalogue."""
        return list(map(self._assessed, self.book.rules))

    def asked_of(self, regimen: str) -> int:
        """Every question about a regimen, including the questions of all its indications, as bits of the rulebook."""
        return self.book.by_regimen[regimen].asked

    def of_these(self, regimens: Iterable[Regimen]) -> Assessor:
        """An assessor for some of the regimens, with only the results that they need."""
        asked = 0
        for regimen in regimens:
            asked |= self.asked_of(regimen.id)
        decisions = self.decisions.holding(lambda question: bool(self.book.bits((question,)) & asked))
        return Assessor(self.history, self.catalogue, self.jurisdiction, decisions, self)

    def again(self, assessments: Iterable[Assessment]) -> list[Assessment]:
        """The assessments of regimens for a history with a small difference (``before``).

        Only regimens with a changed criterion, or with other interactions because of other drugs, are assessed again.
        """
        turned, before = self._turned, self._before
        relabelled = before is not None and before.place.lines_off_label != self.place.lines_off_label
        found = []
        for held in assessments:
            rule = self.book.by_regimen[held.regimen.id]
            asked = bool(rule.asked & turned) or (relabelled and bool(rule.label & self.answers.no))
            stands = not asked and not self._other_cautions(rule.regimen)
            found.append(held if stands else self._assessed(rule))
        return found

    def _other_cautions(self, regimen: Regimen) -> bool:
        before = self._before
        if before is None or before.interactions is self.interactions:
            return False
        mine, its = (x.interactions.cautions(regimen) for x in (self, before))
        return [(c.id, c.taken) for c in mine] != [(c.id, c.taken) for c in its]

    def reads(self, field: str) -> bool:
        """Whether a field decides which criteria a regimen has, such as the list of other drugs."""
        item = item_in(field)
        return (item.field if item else field) == "co_medication"

    def _assessed(self, rule: Rule) -> Assessment:
        return Assessment(rule.regimen, self._verdict(rule), rule, self)

    def _verdict(self, rule: Rule) -> Verdict:
        return self.book.verdict(rule, self.answers, lambda: self.label(rule), lambda: self._warned(rule.regimen))

    def label(self, rule: Rule) -> Label:
        """What the label of a regimen decides for this patient."""
        label = self._labels.get(rule.regimen.id)
        if label is None:
            off_label = self.place.lines_off_label
            label = self.book.label(rule, self.as_of, self.answers, self.obtained, self._changeless, off_label)
            self._labels[rule.regimen.id] = label
        return label

    def _warned(self, regimen: Regimen) -> bool:
        """Whether a recorded drug interacts with an agent of a regimen."""
        if not self.interactions.taken:
            return False
        return self.decisions.all_hold(self.interactions.cautions(regimen)) is not Truth.MET

    def _changeless(self, failing: int) -> int:
        """The failing questions that no change of the patient file can meet."""
        return sum(bit for bit, criterion in self.book.asking(failing) if not self.decisions.of(criterion).changes)

    def obtained(self, rule: Rule) -> Had:
        """How a regimen can be obtained in the jurisdiction, with the results of its label."""
        had = self._had.get(rule.regimen.id)
        if had is None:
            before = self._before
            alike = before is not None and all(
                getattr(before.place, of) == getattr(self.place, of) for of in ("region", "lines_off_label")
            )
            kept = alike and not self._turned & rule.of_place
            had = before.obtained(rule) if before is not None and kept else self.place.of(rule.regimen)
            self._had[rule.regimen.id] = had
        return had

    # --- results ------------------------------------------------------------------------------

    def gates(self, rule: Rule) -> list[Result]:
        """The results of the gates of a regimen."""
        return [self._decide(criterion, "hard") for _, criterion in rule.gates]

    def cautions(self, rule: Rule) -> list[Result]:
        """The results of the cautions of a regimen, of those that close it, and of interactions."""
        return [self._decide(c, "caution") for c in self._soft(rule)]

    def _soft(self, rule: Rule) -> Iterator[AnyCriterion]:
        yield from (criterion for _, criterion in rule.soft)
        yield from self.interactions.cautions(rule.regimen)

    def some(self, rule: Rule, which: Callable[[AnyCriterion], bool]) -> list[Result]:
        """The results of some gates and cautions of a regimen, without those that are kept apart."""
        gates = [self._decide(c, "hard") for _, c in rule.gates if which(c)]
        cautions = [self._decide(c, "caution") for c in self._soft(rule) if which(c)]
        return [r for r in (*gates, *cautions) if not r.beside]

    def counting(self, rule: Rule) -> list[Result]:
        """The results that close a regimen or leave it open, in the order of ``Assessment.hard``."""
        amiss = self.answers.no | self.answers.unknown
        gates, label = self._hard(rule, amiss)
        soft = [self._decide(c, "caution") for bit, c in rule.closing if bit & amiss]
        closing = [r for r in soft if r.force == "hard"]
        found = [*gates, *label, *(r for r in closing if not r.beside), *(r for r in closing if r.beside)]
        return [r for r in found if r.counts_as is not Truth.MET]

    def of_events(self, rule: Rule) -> list[Result]:
        """The results of ``Assessment.of_events``."""
        asked = (self.answers.no | self.answers.unknown) & rule.of_events
        if not asked:
            return []
        soft = (self._decide(c, "caution") for bit, c in rule.soft if bit & asked)
        gates, label = self._hard(rule, asked)
        return [*gates, *label, *(r for r in soft if not r.beside)]

    def _hard(self, rule: Rule, asked: int) -> tuple[list[Result], list[Result]]:
        """The results of those gates, and of those criteria of the label, that ask one of some questions."""
        gates = [self._decide(c, "hard") for bit, c in rule.gates if bit & asked]
        label = [self._decide(c, "hard", of) for bit, c, of in self.label(rule).criteria if bit & asked]
        return gates, label

    def _decide(self, criterion: AnyCriterion, force: Force, of: str = "") -> Result:
        key = (id(criterion), of)
        held = self._results.get(key)
        if held is None:
            held = self._results[key] = self._found(criterion, force, of)
        return held

    def _found(self, criterion: AnyCriterion, force: Force, of: str) -> Result:
        finding = self.decisions.of(criterion)
        # Why: docs/explanation/three-values.md#a-limit-that-nobody-could-read
        unread = is_unread(criterion)
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
