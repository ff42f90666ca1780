"""Which dose of an agent applies to one patient. It is decided once, and every report shows this decision.

A regimen states one dose in each row of an agent (the dose as written). A variant replaces this dose, for example for
patients above an age, with a low clearance, with another drug, or in one jurisdiction. If a fact is missing, the
variants that depend on it stay possible. So another recorded fact can only exclude variants.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from mmadvisor.answers.doses import VariantEntry
from mmadvisor.answers.recommendation import Sentence
from mmadvisor.base.english import listed
from mmadvisor.base.known import Finding, Truth, all_of, any_of, negate
from mmadvisor.catalogue.care import Interaction
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Component, Dose, Regimen, Variant
from mmadvisor.catalogue.rules import Rule
from mmadvisor.criteria.fields import by_kidney
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.judging.amounts import Amounts
from mmadvisor.judging.case import Case
from mmadvisor.judging.schedules import NOBODY, Schedules, finding, unknown

_PLACE = "place"
_OTHER_DRUGS = "co-medication"
_KIDNEY = "kidney"


class Possible(NamedTuple):
    """A dose that is not excluded for a patient.

    Attributes:
        by: What the dose depends on, such as the age; empty for the dose as written.
        when: The condition for the dose, in words.
        holds: Whether the condition is met: ``MET`` or ``UNKNOWN``.
        row: The dose and how it is given; ``None`` if we have not read it.
        found: What was found for the condition.
        unknown: The names of the facts for the condition that are missing.
        missing: The fields that would decide the condition.
        note: What the source adds.
        source: Key of the source.
        verified: How the source was read.
        to_cycle: The last cycle for which the dose was read; ``None`` if it does not end.
        amount: The dose as a number, if the data has it; 0 means that none is given.
    """

    by: tuple[str, ...]
    when: str
    holds: Truth
    row: Dose | None
    found: str
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    note: str
    source: str
    verified: Verified
    to_cycle: int | None = None
    amount: float | None = None


class Given(NamedTuple):
    """How an agent is given to a patient by one row of its doses.

    Attributes:
        row: The row; its ``dose`` has a number only if this dose is known to apply.
        cell: The dose in a calendar: the number, or what the dose depends on.
        waits_for: The fields that would decide which dose applies.
        look_up: Where to find a dose that applies and that we have not read; empty otherwise.
        variants: The doses that are not excluded, from the lowest up; empty if the dose depends on nothing.
        by_schedule: Whether the dose has no number only because several schedules are possible, or because its
            schedule is not proposed.
    """

    row: Dose
    cell: str
    waits_for: tuple[str, ...] = ()
    look_up: str = ""
    variants: tuple[Possible, ...] = ()
    by_schedule: bool = False

    @property
    def to_cycle(self) -> int | None:
        """The last cycle for which the dose that applies was read; ``None`` if it does not end."""
        return self.variants[0].to_cycle if self.stands and self.variants else None

    @property
    def stands(self) -> bool:
        """Whether one dose is known to apply, and we have read it."""
        return self.cell == self.row.dose


class Dosing:
    """The doses of one regimen for one patient, or without a patient.

    Attributes:
        given: For each agent its rows, in the order of the regimen; without a patient every condition is unknown.
        schedules: The schedules of the regimen, and which of them is proposed.
        amounts: The limits of the doses, and the doses in mg.
    """

    def __init__(self, catalogue: Catalogue, regimen: Regimen, place: str, case: Case | None) -> None:
        """Decide the doses.

        Args:
            catalogue: The catalogue.
            regimen: The regimen.
            place: Code of the jurisdiction if there is no patient; empty or ``unknown`` if it is not known.
            case: The patient.
        """
        self._catalogue = catalogue
        self._regimen = regimen
        self._case = case
        self._place = case.jurisdiction if case else place
        self.schedules = Schedules(catalogue, regimen, case)
        self.amounts = Amounts(catalogue, regimen.id, self._place, case)
        self.given = {c.agent: [self._chosen(c, dose) for dose in c.doses] for c in regimen.agents}

    def caps(self, agent: str, dose: str, given: Given | None) -> list[Sentence]:
        """The most that a dose, and those still possible, may be."""
        return self.amounts.caps(agent, {dose, *(p.row.dose for p in (given.variants if given else ()) if p.row)})

    @property
    def components(self) -> tuple[Component, ...]:
        """The agents of the regimen with the rows as they are given."""
        return tuple(
            c.but(**{"doses": tuple(given.row for given in self.given[c.agent])}) for c in self._regimen.agents
        )

    # --- the choice -----------------------------------------------------------------------------

    def _chosen(self, component: Component, dose: Dose) -> Given:
        """A row of an agent: with the only dose that is possible, if we have read it; otherwise without a number."""
        possible = self._possible(component.agent, dose)
        row = possible[0].row
        if len(possible) > 1 or row is None:
            return self._without_number(dose, possible)
        if self.schedules.is_open(component, dose):
            return self._by_schedule(component, dose, possible[0])
        if self.schedules.is_excluded(component, dose) and possible[0].amount != 0:
            return self._not_proposed(component, dose, possible[0])
        return Given(row, row.dose, variants=possible if possible[0].by else ())

    def _by_schedule(self, component: Component, dose: Dose, only: Possible) -> Given:
        """A row with one possible dose, in a schedule of which it is not settled whether it applies."""
        missing = self.schedules.not_known
        told = f"{missing}: see the schedules" if missing else "decide between the schedules"
        cell = f"by schedule ({missing}): see table" if missing else "by schedule: decide, see table"
        row = dose.but(**{"dose": f"dose by schedule ({told})", "note": "" if only.by else dose.note})
        when = only.when if only.by else self.schedules.label(component, dose)
        variants = (only._replace(when=when, holds=Truth.UNKNOWN),)
        return Given(row, cell, self.schedules.waits_for, "", variants, by_schedule=True)

    # Why: docs/explanation/doses.md#one-schedule-of-several
    def _not_proposed(self, component: Component, dose: Dose, only: Possible) -> Given:
        """A row of a schedule that is not proposed: its number is only among the variants."""
        when = only.when if only.by else self.schedules.label(component, dose)
        row = dose.but(**{"dose": "dose of a schedule that is not proposed (see the variants)", "note": ""})
        cell = "by schedule: this one is not proposed, see table"
        return Given(row, cell, variants=(only._replace(when=when, holds=Truth.NOT_MET),), by_schedule=True)

    def _without_number(self, dose: Dose, possible: tuple[Possible, ...]) -> Given:
        """A row for which no single dose is known to apply; in place of the dose, it has what the dose depends on."""
        open_ = [p for p in possible if p.holds is Truth.UNKNOWN and p.by]
        known = [p for p in possible if p.holds is Truth.MET]
        look_up = self._label() if any(p.row is None for p in known) else ""
        by = self._by(open_ or known)
        found = "; ".join(_once(p.found for p in (open_ or known) if p.found)) or NOBODY
        if open_:
            told, cell = f"{found}: see the variants", f"{by} ({self._not_known(open_)}): see table"
        elif any(p.row for p in known):
            told, cell = f"{found}: decide between the variants", f"{by}: decide, see table"
        else:
            told, cell = f"look it up in {look_up}: {found}", f"{by}: look it up"
        row = dose.but(**{"dose": f"dose {by} ({told})", "note": ""})
        return Given(row, cell, _once(field for p in open_ for field in p.missing), look_up, possible)

    def _not_known(self, variants: Iterable[Possible]) -> str:
        """The facts that are not known, in words."""
        return f"{listed(_once(name for p in variants for name in p.unknown))} not known" if self._case else NOBODY

    def _by(self, variants: Iterable[Possible]) -> str:
        """What the variants depend on, in words, such as ``by age``."""
        topics = _once(topic for p in variants for topic in p.by)
        return f"by {listed([self._catalogue.dose_topics.get(topic, topic) for topic in topics])}"

    def _possible(self, agent: str, dose: Dose) -> tuple[Possible, ...]:
        """The doses that are not excluded, from the lowest up; the dose as written, which is the highest, is last."""
        variants = sorted(self._variants(agent, dose), key=lambda v: v.amount or 0.0)
        read = [self._of_variant(dose, v) for v in variants]
        complete = {topic for v in variants if v.complete and self._is_of_place(v) for topic in v.by}
        found = [*self._unread(agent, read, complete), *read]
        otherwise = "only if none of these applies" if any(p.row is None for p in found) else "otherwise"
        written = Possible(
            by=(),
            when=otherwise if found else "",
            holds=all_of(negate(p.holds) for p in found),
            row=dose,
            found="",
            unknown=(),
            missing=(),
            note=dose.note,
            source=dose.source,
            verified=dose.verified,
        )
        return tuple(p for p in (*found, written) if p.holds is not Truth.NOT_MET)

    def _is_of_place(self, variant: Variant) -> bool:
        """Whether a variant is known to apply in the jurisdiction."""
        return not variant.jurisdictions or self._place in variant.jurisdictions

    def _of_variant(self, dose: Dose, variant: Variant) -> Possible:
        """A variant, and whether it applies; a variant for particular places is unknown if the place is unknown."""
        found = self._found(variant.when)
        by, holds, missing, words = variant.by, found.truth, found.missing, found.found
        unknown = self._unknown(variant.when)
        if variant.jurisdictions and not self._is_known_place and holds is not Truth.NOT_MET:
            by, holds, unknown = (*by, _PLACE), Truth.UNKNOWN, (*unknown, _PLACE)
            if self._case:
                missing, words = (
                    (*missing, "access.jurisdiction"),
                    "; ".join(filter(None, (words, "place not recorded"))),
                )
        when = variant.when.text or variant.when.required(self._catalogue.words)
        places = f" ({', '.join(variant.jurisdictions)})" if variant.jurisdictions else ""
        return Possible(
            by=by,
            when=f"{when}{places}",
            holds=holds,
            row=_row_of(dose, variant) if variant.dose else None,
            found=words,
            unknown=unknown,
            missing=missing,
            note=variant.note,
            source=variant.source,
            verified=variant.verified,
            to_cycle=variant.to_cycle,
            amount=variant.amount,
        )

    @property
    def _is_known_place(self) -> bool:
        return self._place in self._catalogue.jurisdictions

    def _variants(self, agent: str, dose: Dose) -> Iterator[Variant]:
        """The variants of a row: its own, and those of the agent that depend on other facts than its own variants."""
        own = {topic for variant in dose.variants for topic in variant.by}
        of_agent = (
            v for v in self._catalogue.dose_variants
            if agent in v.agents and (not v.of or dose.dose in v.of) and own.isdisjoint(v.by)
        )  # fmt: skip
        for variant in (*dose.variants, *of_agent):
            mine = not variant.regimens or self._regimen.id in variant.regimens
            elsewhere = variant.jurisdictions and self._is_known_place and self._place not in variant.jurisdictions
            if mine and not elsewhere:
                yield variant

    # --- doses that were not read ---------------------------------------------------------------

    def _unread(self, agent: str, read: Sequence[Possible], complete: Container[str]) -> Iterator[Possible]:
        """Reasons to doubt the dose as written for which we have read no other dose: cautions, and other drugs.

        Args:
            agent: The agent.
            read: Its variants in the catalogue.
            complete: The topics for which these variants cover every patient.
        """
        topics: dict[str, list[AnyCriterion]] = {}
        if not self._catalogue.formulary.by_id[agent].steroid:
            for topic, criterion in self._cautions(agent):
                if topic not in complete:
                    topics.setdefault(topic, []).append(criterion)
        for topic, criteria in topics.items():
            yield self._not_read(topic, criteria, any_of(p.holds for p in read if topic in p.by))
        yield from self._beside(agent)

    def _not_read(self, topic: str, criteria: Sequence[AnyCriterion], covered: Truth) -> Possible:
        """The doubt from cautions of one topic, such as kidney function, which has no dose.

        It applies if one of the cautions is not met, or may not be, and no variant of the topic (``covered``) applies.
        """
        criteria = list({c.question: c for c in criteria}.values())
        found = [self._found(c) for c in criteria]
        holds = all_of((negate(covered), any_of(negate(f.truth) for f in found)))
        telling = [(c, f) for c, f in zip(criteria, found, strict=True) if negate(f.truth) is not Truth.NOT_MET]
        first = telling[0][0] if telling else criteria[0]
        return Possible(
            by=(topic,),
            when=f"not met: {listed([c.text or c.required(self._catalogue.words) for c in criteria], 'or')}",
            holds=holds,
            row=None,
            found="; ".join(_once(f.found for _, f in telling if f.found)),
            unknown=_once(name for c, _ in telling for name in self._unknown(c)),
            missing=_once(field for _, f in telling for field in f.missing),
            note=first.say,
            source=first.source,
            verified=first.verified,
        )

    def _cautions(self, agent: str) -> Iterator[tuple[str, AnyCriterion]]:
        """The cautions on which the dose depends, each with its topic: of the regimen, of rules, and of the agent."""
        yield from ((_KIDNEY, c) for c in self._regimen.cautions if by_kidney(c))
        for rule in self._catalogue.rules_for(self._regimen):
            if self._is_for(rule, agent):
                yield from ((_KIDNEY if by_kidney(c) else c.about, c) for c in rule.cautions if self._tells_dose(c))
        for row in self._catalogue.doses_by_kidney:
            if agent in row.agents and (not row.regimens or self._regimen.id in row.regimens):
                yield _KIDNEY, row.holds

    def _tells_dose(self, caution: AnyCriterion) -> bool:
        """Whether the dose as written depends on a caution: by its topic, unless it is about the choice of the drug."""
        of_choice = caution.over_therapies or caution.closes or caution.if_recorded
        return by_kidney(caution) or (caution.about in self._catalogue.dose_topics and not of_choice)

    def _is_for(self, rule: Rule, agent: str) -> bool:
        """Whether a rule applies to an agent; a rule that names no agent and no class applies to each agent."""
        tokens = (*rule.applies_to.agents, *rule.applies_to.classes)
        members = {a for token in tokens for a in self._catalogue.formulary.members(token)}
        return not tokens or agent in members

    def _beside(self, agent: str) -> Iterator[Possible]:
        """The doubts from drugs that the patient takes, or may take, and with which the dose as written is in doubt."""
        interactions = self._case.assessor.interactions if self._case else None
        taken = interactions.taken if interactions else None
        met = interactions.doubting_dose(agent) if interactions else []
        if met:
            found = f"takes {', '.join(_once(m.taken.written for m in met))}"
            yield from (self._doubt(m.row, Truth.MET, found, ()) for m in met)
        elif taken is None or not all(t.drug for t in taken):
            names = [t.written for t in taken or () if not t.drug] or [_OTHER_DRUGS]
            found = f"{listed(names)} not known" if self._case else ""
            rows = [row for row in self._catalogue.interactions if row.doubts_dose and self._is_of(row.of, agent)]
            yield from (self._doubt(row, Truth.UNKNOWN, found, names) for row in rows)

    def _doubt(self, row: Interaction, holds: Truth, found: str, unknown: Sequence[str]) -> Possible:
        """The doubt from one row of drug interactions; ``unknown``: the drugs that the catalogue does not know."""
        names = [self._catalogue.formulary.group_name(t) or t for t in row.beside]
        return Possible(
            by=(_OTHER_DRUGS,),
            when=f"beside {listed(names, 'or')}",
            holds=holds,
            row=None,
            found=found,
            unknown=tuple(unknown),
            missing=("co_medication",) if unknown and self._case else (),
            note="; ".join(filter(None, (row.effect, row.advice))),
            source=row.source,
            verified=row.verified,
        )

    def _is_of(self, tokens: Iterable[str], agent: str) -> bool:
        return any(agent in self._catalogue.formulary.members(token) for token in tokens)

    # --- what is known --------------------------------------------------------------------------

    def _found(self, criterion: AnyCriterion) -> Finding:
        return finding(self._case, criterion)

    def _unknown(self, criterion: AnyCriterion) -> tuple[str, ...]:
        return unknown(self._catalogue, self._case, criterion)

    def _label(self) -> str:
        """The section of the label with the doses, as far as it is known for the place."""
        rows = [
            r for r in self._catalogue.label_sections if self._place in r.jurisdictions and not r.agents and r.doses
        ]
        return f"the label, section {' or '.join(r.section for r in rows)}" if rows else "the label of the place"


def _row_of(dose: Dose, variant: Variant) -> Dose:
    """A row of doses with the dose and days of a variant."""
    own = {"dose": variant.dose, "note": variant.note, "source": variant.source, "verified": variant.verified}
    own |= {"cell": variant.cell, "split": variant.split}
    days = {"days": variant.days, "given": variant.given} if variant.days or variant.given else {}
    return dose.but(**own, **days, variants=())


def variant_entries(given: Given) -> list[VariantEntry]:
    """The possible doses, as entries of an answer."""
    return [
        VariantEntry(
            by=list(p.by),
            when=p.when,
            holds=p.holds.answer,
            found=p.found,
            missing=list(p.missing),
            dose=p.row.dose if p.row else "",
            days=p.row.told_days if p.row else "",
            note=p.note,
            source=p.source,
            verified=p.verified,
        )
        for p in given.variants
    ]


def _once(values: Iterable[str]) -> tuple[str, ...]:
    """The values in order, each once."""
    return tuple(dict.fromkeys(values))
