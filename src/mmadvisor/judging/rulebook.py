"""The verdicts on all regimens of one jurisdiction, from truths alone: no results, no sentences.

Each question of the catalogue has a number, and the answers of one patient are three integers with one bit for each
question. A regimen keeps its questions as integers too: those that close it, those that leave it open, and so on. So a
verdict is a few operations on integers. ``Assessor.assess`` gives the same verdict together with its reasons.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

from mmadvisor.answers.compact import Verdict
from mmadvisor.base.known import Bounds, Finding, Truth, span
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.listings import Listing, Status
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.judging.access import Had
from mmadvisor.judging.asked import asked_of
from mmadvisor.judging.interactions import asked_about
from mmadvisor.judging.results import is_unread

_LABELS_KEPT = 50_000  # a bound on the memory of a long run


# A criterion with the bit of its question.
Asked = tuple[int, AnyCriterion]


class Answers(NamedTuple):
    """The answers of one patient, one bit for each question; a question in neither ``no`` nor ``unknown`` is met.

    ``remarked``: the questions whose result has a remark.
    """

    no: int
    unknown: int
    remarked: int


class Suspected(NamedTuple):
    """A caution that closes a regimen: what an unknown answer counts as, if one of these findings is recorded.

    ``when``: the questions of the findings, the first that is met decides. Each with the truth that the caution then
    counts as.
    """

    caution: int
    when: tuple[tuple[int, Truth], ...]
    passing: bool


class Rule(NamedTuple):
    """What decides the verdict on one regimen, apart from its label: questions as bits.

    - ``closes``: a failure closes the regimen. ``defers``: a failure closes it for some time only.
    - ``unread``: a failure counts as unknown, because nobody has looked up the limit at its source.
    - ``asks``: an unknown answer leaves the regimen undetermined.
    - ``warns_if_no``, ``warns_if_unknown``: the answer is a caution. ``remarks``: a remark on it is a caution.
    - ``suspected``: cautions that close the regimen if they are suspected.
    - ``label``: the criteria of its label. ``labels_compete``: several indications could decide.
    - ``of_place``: the criteria of all its labels, in every jurisdiction, and of its funding.
    - ``asked``: every question about the regimen. ``of_events``: those of them that read the adverse events.
    - ``gates``, ``soft``: its gates and cautions, each with its bit. ``closing``: the cautions that close it if the
      harm is recorded.
    """

    regimen: Regimen
    closes: int
    defers: int
    unread: int
    asks: int
    warns_if_no: int
    warns_if_unknown: int
    remarks: int
    suspected: tuple[Suspected, ...]
    label: int
    labels_compete: bool
    of_place: int
    asked: int
    of_events: int
    gates: tuple[Asked, ...]
    soft: tuple[Asked, ...]
    closing: tuple[Asked, ...]


class Label(NamedTuple):
    """What the label of a regimen decides for one patient.

    - ``status``: the status of the regimen in the jurisdiction.
    - ``criteria``: the criteria that count, each with its bit, and with the code of another jurisdiction if it is from
      the label there.
    - ``closes``, ``defers``, ``asks``, ``warns``: as in ``Rule``, for the criteria of the label.
    """

    status: Status
    criteria: tuple[tuple[int, AnyCriterion, str], ...]
    closes: bool
    defers: bool
    asks: bool
    warns: bool


class Rulebook:
    """The regimens of a catalogue in one jurisdiction, each with its questions as bits.

    What a label decides is computed by ``Place`` once for each combination of answers and kept.

    Attributes:
        questions: The distinct questions, each by one criterion that asks it; its index is its number.
    """

    def __init__(self, catalogue: Catalogue, jurisdiction: str) -> None:
        self.catalogue = catalogue
        self.jurisdiction = jurisdiction
        self.questions: list[AnyCriterion] = []
        self._numbers: dict[str, int] = {}
        self._labels: dict[tuple[object, ...], Label] = {}
        rules = list(map(self._rule, catalogue.regimens))
        self._deciding = len(self.questions)
        # Questions of funding and of other labels come last, since no verdict needs their answers.
        self.rules = tuple(map(self._with_places, rules))
        self.by_regimen = {rule.regimen.id: rule for rule in self.rules}

    def bit(self, criterion: AnyCriterion) -> int:
        """The bit of a question; a new question gets the next number."""
        number = self._numbers.get(criterion.question)
        if number is None:
            number = self._numbers[criterion.question] = len(self.questions)
            self.questions.append(criterion)
        return 1 << number

    def _bits(self, criteria: Iterable[AnyCriterion]) -> int:
        found = 0
        for criterion in criteria:
            found |= self.bit(criterion)
        return found

    def _asked(self, criteria: Iterable[AnyCriterion]) -> tuple[Asked, ...]:
        return tuple((self.bit(criterion), criterion) for criterion in criteria)

    def _rule(self, regimen: Regimen) -> Rule:
        gates, soft = asked_of(regimen, self.catalogue)
        closing = [c for c in soft if c.closes]
        hard = [*gates, *closing]
        cautions = [*soft, *asked_about(regimen, self.catalogue)]
        listings = self._listings(regimen)
        label = self._bits(self._of_label(regimen))
        suspected = tuple(self._suspected(closing))
        when = self._bits(s.when for c in closing for s in self.catalogue.suspicions_of(c.id))
        return Rule(
            regimen,
            closes=self._bits(c for c in hard if not is_unread(c) and not c.passes_with_time),
            defers=self._bits(c for c in hard if not is_unread(c) and c.passes_with_time),
            unread=self._bits(filter(is_unread, hard)),
            asks=self._bits(gates),
            warns_if_no=self._bits(c for c in cautions if not c.closes),
            warns_if_unknown=self._bits(c for c in cautions if not c.if_recorded),
            remarks=self._bits((*gates, *cautions)),
            suspected=suspected,
            label=label,
            labels_compete=any(len(listing.indications) > 1 for listing in listings) or len(listings) > 1,
            of_place=0,
            asked=self._bits((*gates, *cautions)) | label | when,
            of_events=self._bits(c for c in (*gates, *cautions, *self._of_label(regimen)) if c.of_events),
            gates=self._asked(gates),
            soft=self._asked(soft),
            closing=self._asked(closing),
        )

    def _with_places(self, rule: Rule) -> Rule:
        of_place = rule.label | self._bits(self._of_places(rule.regimen))
        return rule._replace(of_place=of_place, asked=rule.asked | of_place)

    def _suspected(self, closing: Iterable[AnyCriterion]) -> Iterator[Suspected]:
        for criterion in closing:
            when = tuple((self.bit(s.when), Truth(s.counts_as)) for s in self.catalogue.suspicions_of(criterion.id))
            if when:
                yield Suspected(self.bit(criterion), when, criterion.passes_with_time)

    def bits(self, questions: Iterable[str]) -> int:
        """The bits of questions; a question that no regimen asks has none."""
        found = 0
        for question in questions:
            if question in self._numbers:
                found |= 1 << self._numbers[question]
        return found

    @cached_property
    def passing(self) -> int:
        """The questions that may be met after some time, by a gate, a caution or a label."""
        return self._bits(
            criterion
            for rule in self.rules
            for criterion in (*(c for _, c in (*rule.gates, *rule.soft)), *self._of_label(rule.regimen))
            if criterion.passes_with_time
        )

    @property
    def deciding(self) -> int:
        """The questions whose answers decide verdicts."""
        return (1 << self._deciding) - 1

    def asking(self, bits: int) -> Iterator[tuple[int, AnyCriterion]]:
        """Each of some bits with a criterion that asks the question."""
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            yield lowest, self.questions[lowest.bit_length() - 1]

    def _of_places(self, regimen: Regimen) -> Iterator[AnyCriterion]:
        """The criteria of all indications and funding decisions of a regimen."""
        for code in self.catalogue.jurisdictions:
            listing = self.catalogue.listing(code, regimen)
            if listing is not None:
                yield from (c for indication in listing.indications for c in indication.criteria)
                yield from (c for funding in listing.funded for c in funding.criteria)

    # --- answers and verdicts -----------------------------------------------------------------

    def answers(self, find: Callable[[AnyCriterion], Finding]) -> Answers:
        """The answers of one patient; ``find`` decides a criterion."""
        no = unknown = remarked = 0
        bit = 1
        for criterion in self.questions[: self._deciding]:
            finding = find(criterion)
            if finding.truth is Truth.NOT_MET:
                no |= bit
            elif finding.truth is Truth.UNKNOWN:
                unknown |= bit
            if finding.remark:
                remarked |= bit
            bit <<= 1
        return Answers(no, unknown, remarked)

    def turned(self, answers: Answers, turned: Mapping[str, tuple[Truth, bool]]) -> Answers:
        """The answers after a change: for some questions another truth, and whether it has a remark."""
        no, unknown, remarked = answers
        for question, (truth, remark) in turned.items():
            if question in self._numbers:
                bit = 1 << self._numbers[question]
                no = no | bit if truth is Truth.NOT_MET else no & ~bit
                unknown = unknown | bit if truth is Truth.UNKNOWN else unknown & ~bit
                remarked = remarked | bit if remark else remarked & ~bit
        return Answers(no, unknown, remarked)

    def verdict(self, rule: Rule, answers: Answers, label: Callable[[], Label], warned: Callable[[], bool]) -> Verdict:
        """The verdict on one regimen.

        Args:
            rule: The questions of the regimen.
            answers: The answers of the patient.
            label: What the label decides; called only if the verdict depends on it.
            warned: Whether a recorded drug interacts; called only if the verdict depends on it.
        """
        no, unknown, remarked = answers
        closes, defers, asks = no & rule.closes, no & rule.defers, no & rule.unread | unknown & rule.asks
        for suspected in rule.suspected:
            if unknown & suspected.caution:
                counted = next((truth for bit, truth in suspected.when if not (no | unknown) & bit), None)
                if counted is Truth.NOT_MET and suspected.passing:
                    defers |= suspected.caution
                elif counted is Truth.NOT_MET:
                    closes |= suspected.caution
                elif counted is Truth.UNKNOWN:
                    asks |= suspected.caution
        if closes:
            return "ineligible"
        by = label()
        if by.status == "not-available" or by.closes:
            return "ineligible"
        if defers or by.defers:
            return "deferred"
        if asks or by.asks:
            return "undetermined"
        if by.status == "off-label":
            return "off-label"
        cautions = no & rule.warns_if_no | unknown & rule.warns_if_unknown | remarked & rule.remarks
        return "caution" if cautions or by.warns or warned() else "eligible"

    # --- labels -------------------------------------------------------------------------------

    def label(
        self,
        rule: Rule,
        day: date,
        answers: Answers,
        had: Callable[[Rule], Had],
        changeless: Callable[[int], int],
        lines_off_label: Bounds | None,
    ) -> Label:
        """What the label of a regimen decides for one patient.

        Args:
            rule: The regimen, with the questions of its label.
            day: The day of the decision.
            answers: The answers of the patient.
            had: The state of a regimen in the jurisdiction; called only for answers that did not occur before.
            changeless: Of the questions that fail, those that no change can meet.
            lines_off_label: The number of lines; ``None`` if use outside the label is recorded as not acceptable.
        """
        no = answers.no & rule.label
        key = (
            rule.regimen.id,
            bisect_right(self.edges, day),
            no,
            answers.unknown & rule.label,
            answers.remarked & rule.label,
            changeless(no) if no and rule.labels_compete else 0,
            lines_off_label if no else None,
        )
        label = self._labels.get(key)
        if label is None:
            if len(self._labels) >= _LABELS_KEPT:
                self._labels.clear()
            label = self._labels[key] = self._decided(had(rule))
        return label

    def _decided(self, had: Had) -> Label:
        failing = [r.criterion.passes_with_time for r in had.label if r.counts_as is Truth.NOT_MET]
        return Label(
            status=had.approval.status,
            criteria=tuple((self.bit(r.criterion), r.criterion, r.of) for r in had.label),
            closes=not all(failing),
            defers=bool(failing),
            asks=any(r.counts_as is Truth.UNKNOWN for r in had.label),
            warns=any(r.finding.truth is not Truth.MET or r.finding.remark for r in had.label),
        )

    def _listings(self, regimen: Regimen) -> list[Listing]:
        """The listings by which a regimen is judged: its own here, or those of the other jurisdictions."""
        here = self.catalogue.listing(self.jurisdiction, regimen)
        if regimen.investigational:
            return []
        if here is not None and here.status != "unknown":
            return [here]
        listings = (self.catalogue.listing(code, regimen) for code in self.catalogue.jurisdictions)
        return [listing for listing in listings if listing is not None]

    def _of_label(self, regimen: Regimen) -> Iterator[AnyCriterion]:
        """The criteria of the labels by which a regimen is judged."""
        return (c for listing in self._listings(regimen) for i in listing.indications for c in i.criteria)

    @cached_property
    def edges(self) -> list[date]:
        """The days on which an indication may begin or end, or a product come to the market; in order."""
        found: set[date] = set()
        for rule in self.rules:
            for listing in self._listings(rule.regimen):
                if listing.launch is not None:
                    found.update(_edges(listing.launch.day))
                for indication in listing.indications:
                    found.update(_edges(indication.since), _edges(indication.until))
                    found.add(self.catalogue.known_from(rule.regimen, indication))
        return sorted(found)


def _edges(day: str | None) -> Iterator[date]:
    """The days on which the comparison of a later day with this day changes."""
    if day is not None:
        yield span(day).earliest
        yield span(day).latest


# The same for every patient; kept for a few catalogues.
@lru_cache(maxsize=16)
def rulebook(catalogue: Catalogue, jurisdiction: str) -> Rulebook:
    """The rulebook of a catalogue in a jurisdiction."""
    return Rulebook(catalogue, jurisdiction)
