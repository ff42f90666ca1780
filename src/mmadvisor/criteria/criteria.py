"""Every type of criterion: its data, its words, and how it is decided.

A criterion is a requirement: met is good, wherever it stands. What its failure means (a closed
option, a caution) is said by the list it stands in. To add a type, write one class here, name it
in ``AnyCriterion``, and give it a case file in ``tests/criteria``.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from sys import intern
from typing import Annotated, Literal

from mmadvisor.base.known import Bounds, Change, Finding, Span, Truth, all_of, any_of, negate, span, truth_of
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Formed, Tagged
from mmadvisor.criteria import possible
from mmadvisor.formats.agents import Formulary, Verified
from mmadvisor.formats.paths import item_in
from mmadvisor.formats.patient import Emergency, MProtein, SecondCancer, Toxicity
from mmadvisor.history.history import History


def dated(text: str) -> str:
    """A full or partial date as it is written.

    Raises:
        ValueError: It is none.
    """
    span(text)
    return text


# A full or partial date, kept as it is written: `2024-03-18`, `2024-03`, `"2024"`.
Dated = Annotated[str, Formed(dated, r"^(19|2[01])\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")]


class FieldWord(Entry):
    """How a patient field is called in a sentence, and its unit."""

    name: str
    unit: str = ""
    fixed: bool = False


class Words(Entry):
    """Names of fields and classes for people; a field without one goes by its path.

    ``fixed`` fields are facts that no waiting and no treatment changes.
    """

    fields: dict[str, FieldWord]

    def field(self, path: str) -> str:
        """The name of a field."""
        return self.fields[path].name if path in self.fields else path.rsplit(".", 1)[-1].replace("_", " ")

    def unit(self, path: str) -> str:
        """Its unit with a space before it, or nothing."""
        unit = self.fields[path].unit if path in self.fields else ""
        return f" {unit}" if unit else ""

    def fixed(self, path: str) -> bool:
        """Whether nothing changes it."""
        return path in self.fields and self.fields[path].fixed


_NOT_ASKED = frozenset(
    {
        "id", "text", "about", "say", "branches", "taken", "source", "verified", "known_since", "passes_with_time",
        "strong", "closes", "if_recorded", "presumable",
    }
)  # fmt: skip


class Branch(Entry):
    """What a caution tells a patient of whom a field holds one word.

    ``value``: the word, or ``unknown`` where the field is not recorded. ``taking``: only where one of these drugs or
    groups of drugs is on the list of co-medication; with ``or_not_known`` also where a drug on it is one that nobody
    knows, and may be such a drug. ``jurisdictions``: only there; empty means everywhere.
    """

    value: str
    text: str
    source: str
    verified: Verified
    taking: tuple[str, ...] = ()
    or_not_known: bool = False
    jurisdictions: tuple[str, ...] = ()

    def is_for(self, history: History, field: str, place: str) -> bool:
        """Whether it is for a patient, by what a field holds, in a place; a drug that may be taken does not count."""
        value = history.patient.get(field)
        if self.value != (NOT_RECORDED if value is None else value):
            return False
        if self.jurisdictions and place not in self.jurisdictions:
            return False
        wanted = {drug for token in self.taking for drug in history.formulary.drugs_of(token)}
        taken = history.taken or ()
        if self.or_not_known and not all(t.drug for t in taken):
            return True
        return not wanted or any(t.drug in wanted for t in taken)


NOT_RECORDED = "unknown"


# Why: docs/explanation/criteria.md
class Criterion(Entry, ABC):
    """One requirement that a patient meets, does not meet, or is not known to meet."""

    id: str = ""
    """Name of the criterion, unique within its regimen."""
    text: str = ""
    """A sentence that replaces the one made of the fields, where a source words the requirement otherwise."""
    about: str = ""
    """Topic of a caution, such as heart or infection."""
    say: str = ""
    """What a caution tells when its requirement is not met or not known."""
    source: str = ""
    """Key of the source in `sources.yaml`."""
    verified: Verified = "unverified"
    """How the source was read. An unverified limit can leave a regimen undetermined and never closes it."""
    known_since: Dated | None = None
    """Since when it was known, where its source is later or bears no date."""
    passes_with_time: bool = False
    """A gate that waiting can open; a regimen that it closes is deferred."""
    strong: bool = False
    """A caution that places the regimen below those of which nothing so grave is known."""
    closes: bool = False
    """A caution that closes the regimen where the harm is recorded, and warns where it is not known."""
    if_recorded: bool = False
    """A caution that tells nothing while the fact is not known."""
    presumable: bool = False
    """A gate that a test of the day settles, so that a provisional order is given while the result is unknown."""

    @property
    def tells_unknown(self) -> bool:
        """Whether what it tells of a finding says itself that something is not known."""
        return False

    @cached_property
    def over_therapies(self) -> bool:
        """Whether another therapy could change its answer."""
        parts = self.parts()
        return any(part.over_therapies for part in parts) if parts else not self.patient_fields()

    @cached_property
    def of_gaps(self) -> bool:
        """Whether it asks what is not recorded, so that a fact more may turn an answer that was no unknown."""
        return any(part.of_gaps for part in self.parts())

    def bearing(self, formulary: Formulary) -> frozenset[str] | None:
        """The agents that could change its answer by being given; ``None``: any of them, or time alone."""
        if parts := self.parts():
            bearings = [part.bearing(formulary) for part in parts]
            return None if None in bearings else frozenset().union(*(b for b in bearings if b is not None))
        if not self.over_therapies:
            return frozenset()
        return frozenset().union(*map(formulary.like, self.tokens())) if self.tokens() else None

    @cached_property
    def question(self) -> str:
        """What is asked, without whose word it is: criteria that ask the same have the same answer."""
        plain = vars(self).get("_data") or dict(self.contents())
        return intern(repr({name: value for name, value in plain.items() if name not in _NOT_ASKED}))

    @abstractmethod
    def required(self, words: Words) -> str:
        """The requirement in words, as a report prints it."""

    def told(self, finding: Finding, words: Words) -> str:
        """A requirement that is not met, or not known to be, with what was found."""
        return f"{self.text or self.required(words)}: {finding.found}"

    def warned(self, finding: Finding) -> str:
        """What a caution tells with what was found; empty where the criterion has no sentence of its own."""
        return f"{self.say} ({finding.found})" if self.say and finding.found else self.say

    @abstractmethod
    def decide(self, history: History, words: Words) -> Finding:
        """Decide the criterion for one patient."""

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """What a field that it names as missing may turn out to be, one value at least for each answer it can give.

        Empty: the values of the field cannot be tried, and what it would change is not known. By default those of
        its parts, and those that the record of therapies leaves open; a type that reads a field of the patient file
        says which values of it turn its answer.
        """
        if parts := self.parts():
            return distinct(value for part in parts for value in part.tries(field, history))
        if not self.over_therapies:
            return ()
        return (*possible.of_record(history, field), *possible.drugs_meant(history, field, self.tokens()))

    def tokens(self) -> tuple[str, ...]:
        """The agents and classes it names, for the catalogue's cross-checks."""
        return ()

    def patient_fields(self) -> tuple[str, ...]:
        """The patient fields it names, for the catalogue's cross-checks."""
        return ()

    def parts(self) -> tuple["AnyCriterion", ...]:
        """The criteria it is made of."""
        return ()


class PriorLines(Criterion):
    """A number of prior lines, by the definition in use."""

    type: Literal["prior-lines"] = "prior-lines"
    at_least: int | None = None
    """The fewest lines."""
    at_most: int | None = None
    """The most lines."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"{_limits(self.at_least, self.at_most)} prior {_plural('line', self.at_most or self.at_least)}"

    def decide(self, history: History, words: Words) -> Finding:
        """Met, not met, or unknown where the count is a range."""
        lines = history.lines
        truths = []
        if self.at_least is not None:
            truths.append(lines.bounds.at_least(self.at_least))
        if self.at_most is not None:
            truths.append(lines.bounds.at_most(self.at_most))
        truth = all_of(truths)
        found = _count(lines.low, lines.high)
        changes: tuple[Change, ...] = ()
        if truth is Truth.NOT_MET and self.at_least is not None and lines.high is not None:
            more = self.at_least - lines.high
            if more > 0:
                changes = (Change(f"{_small(more)} more prior {_plural('line', more)}", "lines", amount=more),)
        missing = lines.missing if truth is Truth.UNKNOWN else ()
        return Finding(
            truth,
            found,
            ("therapies",),
            missing or (("therapies",) if truth is Truth.UNKNOWN else ()),
            changes,
        )


class _OverTokens(Criterion):
    to_each: tuple[str, ...] = ()
    """Agents or classes; every one of them is required."""
    to_any: tuple[str, ...] = ()
    """Agents or classes; one of them is enough."""

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return self.to_each + self.to_any

    def _listed(self) -> str:
        parts = []
        if self.to_each:
            parts.append(_and(self.to_each, "and"))
        if self.to_any:
            parts.append(_and(self.to_any, "or"))
        return ", and ".join(parts)

    def _combine(self, findings: dict[str, Finding]) -> Finding:
        each = [findings[t] for t in self.to_each]
        some = [findings[t] for t in self.to_any]
        truths = [f.truth for f in each]
        if some:
            truths.append(any_of(f.truth for f in some))
        truth = all_of(truths)
        pool = each + some
        deciding = [f for f in pool if f.truth is truth] or pool
        unknown = [f for f in pool if f.truth is Truth.UNKNOWN] if truth is Truth.UNKNOWN else []
        return Finding(
            truth,
            "; ".join(_unique(f.found for f in deciding)),
            _unique(w for f in deciding for w in f.where),
            _unique(m for f in unknown for m in f.missing),
        )

    def _with_changes(
        self, found: Finding, findings: dict[str, Finding], kind: Literal["receive", "resist"], words: str
    ) -> Finding:
        """With what lacks: each of those that all must hold, and the first of those of which one suffices."""
        if found.truth is not Truth.NOT_MET:
            return found
        lacking = tuple(t for t in self.to_each if findings[t].truth is Truth.NOT_MET)
        changes = [Change(f"{words} {_and(lacking, 'and')}", kind, tokens=lacking)] if lacking else []
        if self.to_any and all(findings[t].truth is Truth.NOT_MET for t in self.to_any):
            changes.append(Change(f"{words} {_and(self.to_any, 'or')}", kind, tokens=self.to_any[:1]))
        return found._replace(changes=tuple(changes))


class Exposed(_OverTokens):
    """Agents or classes received before."""

    type: Literal["exposed"] = "exposed"

    def required(self, words: Words) -> str:
        """In words."""
        return f"has received {self._listed()}"

    def decide(self, history: History, words: Words) -> Finding:
        """By the record; what a list that may not be whole lacks is unknown. Receiving what lacks would change it."""
        findings = {t: history.exposed_to(t) for t in self.tokens()}
        return self._with_changes(self._combine(findings), findings, "receive", "treatment with")


class Refractory(_OverTokens):
    """Agents or classes to which the disease is refractory."""

    type: Literal["refractory"] = "refractory"

    def required(self, words: Words) -> str:
        """In words."""
        return f"refractory to {self._listed()}"

    def decide(self, history: History, words: Words) -> Finding:
        """By the derived history [rajkumar-2011]. Progression on what lacks would change it."""
        findings = {t: history.refractory_to(t) for t in self.tokens()}
        return self._with_changes(self._combine(findings), findings, "resist", "refractoriness to")


class RefractoryCount(Criterion):
    """A number of agents of a class to which the disease is refractory."""

    type: Literal["refractory-count"] = "refractory-count"
    of: str
    """The class whose agents are counted."""
    at_least: int
    """The fewest agents."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"refractory to at least {self.at_least} agents of {self.of}"

    def decide(self, history: History, words: Words) -> Finding:
        """By counting agents."""
        bounds, missing = history.refractory_count(self.of)
        truth = bounds.at_least(self.at_least)
        found = f"{self.of}: {_count_of(bounds)} refractory"
        changes: tuple[Change, ...] = ()
        if truth is Truth.NOT_MET and bounds.high is not None:
            more = self.at_least - int(bounds.high)
            text = f"refractoriness to {_small(more)} more {_plural('agent', more)} of {self.of}"
            changes = (Change(text, "resist", amount=more, tokens=(self.of,)),)
        return Finding(truth, found, ("therapies",), missing if truth is Truth.UNKNOWN else (), changes)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return (self.of,)


class Active(Criterion):
    """A component of a regimen that refractoriness to it or its like does not close.

    Added to every regimen for each of its agents; never written in data.
    """

    type: Literal["active"] = "active"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"{self.agent} not spent"

    def told(self, finding: Finding, words: Words) -> str:
        """As what it is, and not as what it should not be."""
        return f"{_whether(finding)}{self.agent} is spent: {finding.found}"

    @property
    def tells_unknown(self) -> bool:
        """It does."""
        return True

    def decide(self, history: History, words: Words) -> Finding:
        """Not met when spent."""
        spent = history.spent(self.agent)
        return Finding(negate(spent.truth), spent.found, spent.where, spent.missing)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return (self.agent,)


class Undoubted(Criterion):
    """A component that earlier therapy does not make doubtful. Added for each agent of a regimen."""

    type: Literal["undoubted"] = "undoubted"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"{self.agent} not doubtful"

    def told(self, finding: Finding, words: Words) -> str:
        """As what it is, and not as what it should not be."""
        return f"{_whether(finding)}{self.agent} is doubtful: {finding.found}"

    @property
    def tells_unknown(self) -> bool:
        """It does."""
        return True

    def decide(self, history: History, words: Words) -> Finding:
        """Not met when doubtful."""
        doubtful = history.doubtful(self.agent)
        return Finding(negate(doubtful.truth), doubtful.found, doubtful.where, doubtful.missing)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return (self.agent,)


class ProgressedOnLast(Criterion):
    """Progression on the last therapy, as labels ask it.

    ``within_window``: the label itself asks for progression on it or within the refractory window; else a later
    relapse meets it, with a remark.
    """

    type: Literal["progressed-on-last"] = "progressed-on-last"
    within_window: bool = False
    """The label itself asks for progression on the therapy or within the refractory window after it. Otherwise a later
    relapse meets the criterion, with a remark."""

    def required(self, words: Words) -> str:
        """In words."""
        return "progressed on the last therapy"

    def decide(self, history: History, words: Words) -> Finding:
        """By the last entry that treated a line, with the interval of a relapse that came later."""
        found = history.progressed_on_last(within_window=self.within_window)
        if found.truth is not Truth.NOT_MET or history.last_treated is None:
            return found
        field = f"therapies[{history.last_treated}].stop_reason"
        return found._replace(changes=(Change("progression on the last therapy", "value", field, "progression"),))


class State(Criterion):
    """The state of the disease."""

    type: Literal["state"] = "state"
    one_of: tuple[str, ...]
    """The states that meet it, as `disease.state` has them."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"disease is {_and(tuple(s.replace('_', ' ') for s in self.one_of), 'or')}"

    def decide(self, history: History, words: Words) -> Finding:
        """By what is stated, or by a record that ends in progression."""
        state, where = history.state
        if state is None:
            return Finding(Truth.UNKNOWN, "state of the disease not recorded", (where,), ("disease.state",))
        return Finding(truth_of(state in self.one_of), state.replace("_", " "), (where,))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Every state; and what the record leaves open, since one that ends in progression says it."""
        return possible.words(field) if field == "disease.state" else super().tries(field, history)


class Number(Criterion):
    """A number of the patient file, or a derived one, within limits."""

    type: Literal["number"] = "number"
    field: str
    """The field, or a derived number: `derived.creatinine_clearance_ml_per_min`, `derived.polyclonal_igg_g_per_l`,
    `derived.body_mass_index`."""
    at_least: float | None = None
    """The lowest number, itself included."""
    at_most: float | None = None
    """The highest number, itself included."""
    above: float | None = None
    """The number must be higher than this."""
    below: float | None = None
    """The number must be lower than this."""

    def required(self, words: Words) -> str:
        """In words."""
        limits = [
            f"{word} {_figure(limit)}{words.unit(self.field)}"
            for word, limit in (
                ("at least", self.at_least),
                ("above", self.above),
                ("at most", self.at_most),
                ("below", self.below),
            )
            if limit is not None
        ]
        return f"{words.field(self.field)} {' and '.join(limits)}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when the number is not recorded."""
        bounds, how, missing = number(history, self.field)
        if bounds is None:
            return Finding(Truth.UNKNOWN, f"{words.field(self.field)} {how}", (self.field,), missing)
        truths = []
        if self.at_least is not None:
            truths.append(bounds.at_least(self.at_least))
        if self.at_most is not None:
            truths.append(bounds.at_most(self.at_most))
        if self.above is not None:
            truths.append(negate(bounds.at_most(self.above)))
        if self.below is not None:
            truths.append(negate(bounds.at_least(self.below)))
        truth = all_of(truths)
        value = _figure(bounds.low) if bounds.low == bounds.high else f"at most {_figure(bounds.high)}"
        found = f"{words.field(self.field)} {value}{words.unit(self.field)}{f' ({how})' if how else ''}"
        changes = self._changes(history, words) if truth is Truth.NOT_MET else ()
        return Finding(truth, found, (self.field,), missing if truth is Truth.UNKNOWN else (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """A number on either side of each limit; of what a number is derived from, what takes it across each."""
        limits = [limit for limit in (self.at_least, self.at_most, self.above, self.below) if limit is not None]
        if self.field in _DERIVED:
            return _leading_to(history, self.field, limits, field)
        return possible.either_side(field, limits) if field == self.field else ()

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (self.field,)

    def _changes(self, history: History, words: Words) -> tuple[Change, ...]:
        """The nearest number within the limits, where anything can change it."""
        derived = self.field in MEASURED_AS
        if words.fixed(self.field) or (derived and history.patient.get("comorbidities.dialysis")):
            return ()
        field = MEASURED_AS.get(self.field, self.field)
        whole = isinstance(history.patient.get(field), int)
        step = 1 if whole else 0.1
        rise = self.at_least is not None or self.above is not None
        if self.at_least is not None:
            value = self.at_least
        elif self.above is not None:
            value = self.above + step
        elif self.at_most is not None:
            value = self.at_most
        else:
            assert self.below is not None
            value = self.below - step
        return (Change(self.required(words), "value", field, int(value) if whole else value, 1 if rise else -1),)


class Value(Criterion):
    """A categorical or yes/no field of the patient file, or a derived fact, which is true or false.

    ``branches``: of a caution the key of what it tells by the word that was found.
    """

    type: Literal["value"] = "value"
    field: str
    """The field, or the derived fact `derived.plasma_cell_leukaemia`."""
    one_of: tuple[bool | str, ...] = ()
    """The values that meet it."""
    none_of: tuple[bool | str, ...] = ()
    """The values that do not meet it; every other one does."""
    branches: str = ""
    """Key of the sentences in `branches` of `rules.yaml`, one for each value of the field."""

    def required(self, words: Words) -> str:
        """In words."""
        name = words.field(self.field)
        allowed = self.one_of or self.none_of
        if len(allowed) == 1 and isinstance(allowed[0], bool):
            wanted = allowed[0] if self.one_of else not allowed[0]
            return name if wanted else f"no {name}"
        listed = _and(tuple(str(v).replace("_", " ") for v in allowed), "or")
        return f"{name}: {'' if self.one_of else 'not '}{listed}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when the field is not recorded, and the derived fact not known."""
        if self.field in _FACTS:
            fact = _FACTS[self.field](history)
            asked = True in self.one_of if self.one_of else True not in self.none_of
            return Finding(fact.truth if asked else negate(fact.truth), fact.found, fact.where, fact.missing)
        value = history.patient.get(self.field)
        name = words.field(self.field)
        if value is None:
            return Finding(Truth.UNKNOWN, f"{name} not recorded", (self.field,), (self.field,))
        truth = truth_of(value in self.one_of if self.one_of else value not in self.none_of)
        shown = ("yes" if value else "no") if isinstance(value, bool) else str(value).replace("_", " ")
        changes = self._changes(words) if truth is Truth.NOT_MET else ()
        return Finding(truth, f"{name}: {shown}", (self.field,), (), changes)

    def _changes(self, words: Words) -> tuple[Change, ...]:
        allowed: tuple[bool | str, ...] = self.one_of or tuple(not v for v in self.none_of if isinstance(v, bool))
        if words.fixed(self.field) or not allowed:
            return ()
        return (Change(self.required(words), "value", self.field, allowed[0]),)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Every word of its field; of one that takes any text, those that are asked about."""
        if field != MEASURED_AS.get(self.field, self.field):
            return ()
        return possible.words_left(history, field) or self.one_of + self.none_of

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (self.field,)


class Frailty(Criterion):
    """Frailty up to a group, as recorded or by the IMWG items."""

    type: Literal["frailty"] = "frailty"
    at_most: Literal["fit", "intermediate"] | None = None
    """The frailest group that meets it."""
    at_least: Literal["intermediate", "frail"] | None = None
    """The fittest group that meets it."""

    def required(self, words: Words) -> str:
        """In words."""
        if self.at_most == "fit":
            return "fit"
        if self.at_most == "intermediate":
            return "not frail"
        return "frail" if self.at_least == "frail" else "frail or of intermediate fitness"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown while more than one answer remains possible."""
        order = ("fit", "intermediate", "frail")
        possible, how, missing = history.frailty
        ranks = [order.index(group) for group in possible]
        bounds = Bounds(min(ranks), max(ranks))
        truths = []
        if self.at_most is not None:
            truths.append(bounds.at_most(order.index(self.at_most)))
        if self.at_least is not None:
            truths.append(bounds.at_least(order.index(self.at_least)))
        truth = all_of(truths)
        found = f"{' or '.join(possible)} ({how})" if len(possible) < 3 else f"frailty {how}"
        changes: tuple[Change, ...] = ()
        if truth is Truth.NOT_MET:
            changes = (Change(self.required(words), "value", "fitness.frailty", self.at_most or self.at_least),)
        return Finding(truth, found, ("fitness.frailty",), missing if truth is Truth.UNKNOWN else (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """The groups that remain possible, and a number on either side of each limit of an item."""
        return possible.of_frailty(history, field)


class TransplantEligible(Criterion):
    """Whether transplant is open to the patient, as the clinician recorded it."""

    type: Literal["transplant-eligible"] = "transplant-eligible"
    eligible: bool = True
    """Whether the patient must be eligible (`true`) or not (`false`)."""

    def required(self, words: Words) -> str:
        """In words."""
        return "eligible for transplant" if self.eligible else "not eligible for transplant"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when not recorded."""
        field = "fitness.transplant_eligible"
        value = history.patient.get(field)
        if value is None:
            return Finding(Truth.UNKNOWN, "transplant eligibility not recorded", (field,), (field,))
        changes = (Change(self.required(words), "value", field, self.eligible),) if value is not self.eligible else ()
        found = "eligible for transplant" if value else "not eligible for transplant"
        return Finding(truth_of(value is self.eligible), found, (field,), (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Yes and no."""
        return possible.words(field) if field in self.patient_fields() else ()

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return ("fitness.transplant_eligible",)


class DaysSinceDose(Criterion):
    """Days since the last dose of certain agents; those never given ask nothing."""

    type: Literal["days-since-dose"] = "days-since-dose"
    of: tuple[str, ...]
    """Agents or classes. Each that was given must have been stopped for so long."""
    at_least: int
    """The fewest days since the last dose."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"at least {self.at_least} days since the last dose of {_and(self.of, 'or')}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when a last dose is not recorded or a list may not be whole."""
        truths: list[Truth] = []
        shown: list[str] = []
        where: list[str] = []
        missing: list[str] = []
        days = 0
        last = ""
        for token in self.of:
            bounds, agent, field = history.days_since_dose(token)
            if bounds is None:
                absent = history.exposed_to(token)
                truths.append(negate(absent.truth))
                missing += absent.missing
                continue
            truth = bounds.at_least(self.at_least)
            truths.append(truth)
            where.append(field)
            days_since = f"{_count_of(bounds)} days since {agent}{self._on_which_days(history, bounds, truth)}"
            no_day = not bounds.low and bounds.high is None
            shown.append(f"when {agent} was last given is not recorded" if no_day else days_since)
            if truth is Truth.UNKNOWN:
                missing.append(field)
            if truth is Truth.NOT_MET and bounds.high is not None and self.at_least - int(bounds.high) > days:
                days, last = self.at_least - int(bounds.high), agent
        truth = all_of(truths)
        text = f"{days} more {_plural('day', days)} since the last dose of {last}"
        changes = (Change(text, "wait", amount=days),) if days else ()
        if truth is Truth.MET and history.complete is not Truth.MET:
            truth = Truth.UNKNOWN
            missing.append("therapies_complete")
        found = "; ".join(_unique(shown)) or "never received"
        return Finding(
            truth,
            found,
            tuple(where) or ("therapies",),
            _unique(missing) if truth is Truth.UNKNOWN else (),
            changes if truth is Truth.NOT_MET else (),
        )

    def _on_which_days(self, history: History, bounds: Bounds, truth: Truth) -> str:
        """The last dose and the first day on which the interval has passed, where it has not and both can be said."""
        if truth is Truth.MET or bounds.low is None or bounds.high is None or not history.today.exact:
            return ""
        today = history.today.earliest
        last = Span(today - timedelta(days=bounds.high), today - timedelta(days=bounds.low))
        return f", last given {last}, {self.at_least} days on {last.plus(self.at_least)}"

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return self.of

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """What the record leaves open, and a last dose on either side of the interval."""
        last = history.as_of - timedelta(days=self.at_least)
        return distinct((*super().tries(field, history), *possible.days(history, field, [last])))

    def bearing(self, formulary: Formulary) -> frozenset[str] | None:
        """Time passes whatever is given."""
        return None


class MonthsSinceTransplant(Criterion):
    """How long the remission after the last transplant lasted, in months."""

    type: Literal["months-since-transplant"] = "months-since-transplant"
    at_least: float
    """The fewest months from the last transplant to progression."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"at least {_figure(self.at_least)} months from the last transplant to progression"

    def decide(self, history: History, words: Words) -> Finding:
        """Not met without a transplant, where the list is whole."""
        months, where, missing = history.months_since_transplant()
        found = "no transplant among the therapies"
        if months is not None:
            found = f"{_count_of(months)} months from transplant to progression"
        if history.complete is not Truth.MET:
            found += "; the list of therapies may not be whole"
            open_ = missing if months is not None and months.at_least(self.at_least) is Truth.UNKNOWN else ()
            return Finding(Truth.UNKNOWN, found, (where,), ("therapies_complete", *open_))
        truth = Truth.NOT_MET if months is None else months.at_least(self.at_least)
        return Finding(truth, found, (where,), missing if truth is Truth.UNKNOWN else ())

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """What the record leaves open, and days on either side of the interval from the last transplant."""
        last = [(entry, self.at_least) for entry in possible.transplants(history)[-1:]]
        return distinct((*super().tries(field, history), *possible.months_apart(history, field, last)))


class EarlyRelapse(Criterion):
    """The first line ended early."""

    type: Literal["early-relapse"] = "early-relapse"
    within_months_of_start: float
    """Months from the start of line 1 within which a relapse is early."""
    within_months_of_transplant: float
    """Months from the transplant of line 1 within which a relapse is early."""

    def required(self, words: Words) -> str:
        """In words."""
        return (
            f"first relapse within {_figure(self.within_months_of_start)} months of starting line 1, "
            f"or within {_figure(self.within_months_of_transplant)} months of transplant"
        )

    def decide(self, history: History, words: Words) -> Finding:
        """From the dates of the first line."""
        return history.early_relapse(self.within_months_of_start, self.within_months_of_transplant)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """What the record leaves open, and days on either side of each interval within the first line."""
        first = [i for i in history.treatments if history.lines.of_entry[i] == 1]
        within = [(entry, self.within_months_of_start) for entry in first[:1]]
        within += [
            (entry, self.within_months_of_transplant) for entry in possible.transplants(history) if entry in first
        ]
        return distinct((*super().tries(field, history), *possible.months_apart(history, field, within)))


class NoPregnancy(Criterion):
    """No pregnancy: met for men, without childbearing potential, and past the menopause.

    ``nor_possible``: none can come about either, so that neither a test nor contraception is needed; a test of
    today does not settle it. Past the menopause is from ``postmenopausal_from_age`` on, unless childbearing potential
    is on record.
    """

    type: Literal["no-pregnancy"] = "no-pregnancy"
    nor_possible: bool = False
    """Pregnancy must also be impossible, so that neither a test nor contraception is needed. A test of the day does not
    settle this."""

    def required(self, words: Words) -> str:
        """In words."""
        return "no pregnancy possible" if self.nor_possible else "no pregnancy"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown only where pregnancy is possible and not excluded."""
        get = history.patient.get
        recorded = get("comorbidities.pregnancy")
        potential = get("comorbidities.childbearing_potential")
        if recorded is True:
            field = "comorbidities.pregnancy"
            return Finding(Truth.NOT_MET, "pregnant", (field,), (), (Change("no pregnancy", "value", field, False),))
        if recorded is False and not self.nor_possible:
            return Finding(Truth.MET, "not pregnant", ("comorbidities.pregnancy",))
        if get("demographics.sex") == "male":
            return Finding(Truth.MET, "a man", ("demographics.sex",))
        if potential is False:
            return Finding(Truth.MET, "no childbearing potential", ("comorbidities.childbearing_potential",))
        if potential is True and self.nor_possible:
            return Finding(Truth.NOT_MET, "childbearing potential", ("comorbidities.childbearing_potential",))
        age = get("demographics.age")
        if potential is None and age is not None and age >= history.definitions.postmenopausal_from_age.value:
            return Finding(Truth.MET, f"{age} years old", ("demographics.age",))
        # Any one of these could settle it.
        others = ("demographics.sex", "demographics.age", "comorbidities.childbearing_potential")
        missing = tuple(field for field in others if get(field) is None)
        if not self.nor_possible:
            missing = ("comorbidities.pregnancy", *missing)
        found = "whether pregnancy is possible is not recorded" if self.nor_possible else "pregnancy not excluded"
        return Finding(Truth.UNKNOWN, found, missing, missing)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Every word, and an age on either side of the menopause."""
        if field == "demographics.age":
            return possible.either_side(field, [history.definitions.postmenopausal_from_age.value])
        asked = ("comorbidities.pregnancy", "demographics.sex", "comorbidities.childbearing_potential")
        return possible.words(field) if field in asked else ()


class NoToxicity(Criterion):
    """No recorded adverse event of a kind, or only of a lower grade.

    ``events`` are words that the event's name may contain, with a hyphen, a space or neither; a short form in capitals,
    such as ``MDS``, stands as a word of its own. ``below_grade`` 1 means of no grade at all.
    """

    type: Literal["no-toxicity"] = "no-toxicity"
    events: tuple[str, ...]
    """Words that the name of a recorded event may contain."""
    of: tuple[str, ...] = ()
    """Agents or classes on which the event counts; empty means on any."""
    below_grade: int
    """The lowest grade that fails it; 1 means that any grade does."""

    def required(self, words: Words) -> str:
        """In words."""
        agents = f" on {_and(self.of, 'or')}" if self.of else ""
        grade = f" of grade {self.below_grade} or more" if self.below_grade > 1 else ""
        return f"no {_and(self.events, 'or')}{grade}{agents}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when toxicities are not recorded, or one without its agent or its grade."""
        recorded = history.patient.toxicities
        if recorded is None:
            return _not_recorded(history, self.of)
        members = frozenset(a for token in self.of for a in history.formulary.members(token))
        named = [
            (i, t) for i, t in enumerate(recorded)
            if any(_names(t.event, event) for event in self.events)
        ]  # fmt: skip
        given = not self.of or any(history.exposed_to(token).truth is not Truth.NOT_MET for token in self.of)
        return _no_event(named, members, self.below_grade, given) or Finding(
            Truth.MET, f"no {_and(self.events, 'or')} recorded", ("toxicities",)
        )

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No event, and one that it forbids, on an agent that was given where there is one."""
        members = sorted(a for token in self.of for a in history.formulary.members(token))
        return _events(history, field, members, self.events[0], self.below_grade)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return self.of


# What joins the parts of a name: "T-cell lymphoma" is the same event as "T cell lymphoma".
_JOINTS = re.compile(r"[\W_]+")


def _names(recorded: str, event: str) -> bool:
    """Whether a recorded event holds the words of another, however they are joined."""
    if event.isupper():
        return _words(event) in _words(recorded)
    return _words(event).replace(" ", "") in _words(recorded).replace(" ", "")


def _words(event: str) -> str:
    return f" {_JOINTS.sub(' ', event).casefold().strip()} "


class Tolerated(Criterion):
    """No severe event on an agent of a regimen. Added for each agent; never written in data."""

    type: Literal["tolerated"] = "tolerated"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"no severe event on {self.agent} before"

    def told(self, finding: Finding, words: Words) -> str:
        """The event."""
        return f"{self.agent}: {finding.found}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when toxicities are not recorded of an agent that was given, or may have been."""
        recorded = history.patient.toxicities
        given = [e for e in history.exposures if e.agent.id == self.agent]
        severe = int(history.definitions.severe_from_grade.value)
        may_have_been = history.exposed_to(self.agent).truth is not Truth.NOT_MET
        found = _no_event(list(enumerate(recorded or ())), frozenset({self.agent}), severe, may_have_been)
        if found is not None and found.truth is not Truth.MET:
            return found
        stopped = [e for e in given if history.patient.therapies[e.entry].stop_reason == "toxicity"]
        told = {t.agent for t in recorded or ()}
        for exposure in stopped:
            if told.isdisjoint(g.agent for g in history.patient.therapies[exposure.entry].given):
                said = f"its therapy was stopped for toxicity that is not recorded ({history.called(exposure.entry)})"
                return Finding(Truth.UNKNOWN, said, (exposure.where,), ("toxicities",))
        if found is not None:
            return found
        if recorded is not None:
            return Finding(Truth.MET, "none recorded", ("toxicities",))
        return _not_recorded(history, (self.agent,))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No event, a severe one and a mild one on the agent: after the mild one it is known why it was stopped."""
        severe = int(history.definitions.severe_from_grade.value)
        tried = _events(history, field, [self.agent], "adverse event", severe)
        stopped = any(
            e.agent.id == self.agent and history.patient.therapies[e.entry].stop_reason == "toxicity"
            for e in history.exposures
        )
        if field != "toxicities" or not stopped or severe <= 1:
            return tried
        mild = Toxicity(agent=self.agent, event="adverse event", grade=severe - 1)
        return (*tried, (*(history.patient.toxicities or ()), mild))

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return (self.agent,)


def _not_recorded(history: History, of: tuple[str, ...]) -> Finding:
    """No toxicities on record: what was never given harmed nobody, of what was given nothing is known."""
    given = [history.exposed_to(token) for token in of]
    truth = any_of(found.truth for found in given) if of else Truth.MET
    if truth is Truth.NOT_MET:
        return Finding(Truth.MET, "never given", ("therapies",))
    whether = [field for found in given for field in found.missing] if truth is Truth.UNKNOWN else []
    return Finding(Truth.UNKNOWN, "toxicities not recorded", ("toxicities",), _unique(["toxicities", *whether]))


def _events(history: History, field: str, members: list[str], event: str, grade: int) -> tuple[object, ...]:
    """What toxicities may turn out to be, where an event of some grade on some agents is asked about.

    None more than is recorded, and that event as well; of a recorded event its agent, among those asked about and
    among the others that were given, and its grade.
    """
    given = list(dict.fromkeys(e.agent.id for e in history.exposures if not e.agent.supportive))
    mine = [a for a in given if a in members] or [
        a for a in members if history.exposed_to(a).truth is not Truth.NOT_MET
    ]
    if field == "toxicities":
        held = history.patient.toxicities or ()
        agent = next(iter(mine or members), None)
        return (held, (*held, Toxicity(agent=agent, event=event, grade=grade)))
    if not field.startswith("toxicities["):
        return (*possible.of_record(history, field), *possible.drugs_meant(history, field, members))
    if field.endswith(".grade"):
        return possible.either_side(field, [grade])
    return (*(mine or members[:1]), *(a for a in given if a not in mine))


def _no_event(
    recorded: list[tuple[int, Toxicity]], members: frozenset[str], below_grade: int, given: bool = True
) -> Finding | None:
    """What recorded events say of agents; ``None`` where none of them is about these.

    One without its agent may have been on any that was given.
    """
    truths: list[Truth] = []
    shown: list[str] = []
    where: list[str] = []
    missing: list[str] = []
    for index, toxicity in recorded:
        about = given if toxicity.agent is None else toxicity.agent in members
        if members and not about:
            continue
        path = f"toxicities[{index}]"
        certain = Truth.UNKNOWN if members and toxicity.agent is None else Truth.MET
        any_grade = below_grade <= 1
        severe = truth_of(True if any_grade else None if toxicity.grade is None else toxicity.grade >= below_grade)
        truths.append(negate(all_of([certain, severe])))
        if truths[-1] is Truth.MET and members:
            continue
        where.append(path)
        agent = f" on {toxicity.agent}" if toxicity.agent else ", on which agent is not recorded"
        grade = "grade not recorded" if toxicity.grade is None else f"grade {toxicity.grade}"
        shown.append(f"{toxicity.event}{agent}, {grade} ({path})")
        if truths[-1] is Truth.UNKNOWN:
            missing.append(f"{path}.{'agent' if toxicity.agent is None else 'grade'}")
    if not truths:
        return None
    truth = all_of(truths)
    found = "; ".join(shown) or "none of that grade recorded"
    return Finding(truth, found, tuple(where) or ("toxicities",), _unique(missing) if truth is Truth.UNKNOWN else ())


class NoSecondCancer(Criterion):
    """No second cancer on record of certain kinds, in certain states, after certain drugs.

    ``kinds`` and ``states`` empty: any. The kind ``unknown`` is a cancer of which no kind is recorded, and the state
    ``unknown`` one of which no state is. ``after``:
    only cancers that nothing shows to have come before treatment with one of these agents or classes.
    `other_malignancy` alone is one cancer of a kind that is not recorded.
    """

    type: Literal["no-second-cancer"] = "no-second-cancer"
    kinds: tuple[Literal["t-cell", "myeloid", "solid", "skin-non-melanoma", "unknown"], ...] = ()
    """Kinds of cancer that count; `unknown` is a cancer without a recorded kind. Empty means any."""
    states: tuple[Literal["active", "watched", "past", "unknown"], ...] = ()
    """States that count; `unknown` is a cancer without a recorded state. Empty means any."""
    after: tuple[str, ...] = ()
    """Agents or classes. Only a cancer that nothing shows to have come before them counts."""

    @cached_property
    def over_therapies(self) -> bool:
        """Whether another therapy could change its answer."""
        return bool(self.after)

    @cached_property
    def of_gaps(self) -> bool:
        """Whether it asks for a kind, a state, or a day, that is not recorded."""
        return "unknown" in self.kinds or "unknown" in self.states or bool(self.after)

    def required(self, words: Words) -> str:
        """In words."""
        kinds = [_KINDS[kind] for kind in self.kinds if kind != "unknown"]
        known = tuple(state for state in self.states if state != "unknown")
        states = f"{_and(known, 'or')} " if known else ""
        named = f"{_and(tuple(kinds), 'or')} " if kinds else "" if self.kinds else "second "
        unnamed = " of a kind that is not recorded" if "unknown" in self.kinds else ""
        stateless = " without a recorded state" if "unknown" in self.states else ""
        either = f", nor one{stateless}" if known and stateless else stateless
        after = f" after {_and(self.after, 'or')}" if self.after else ""
        return f"no {states}{named}cancer{unnamed}{either}{after}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown while a cancer's kind or state is not recorded, or nothing of other cancers is."""
        get = history.patient.get
        listed: tuple[SecondCancer, ...] | None = get(_CANCERS)
        ticked = get(_TICKED)
        if listed is None and ticked is None:
            return Finding(Truth.UNKNOWN, "second cancers not recorded", (_TICKED,), (_TICKED,))
        found = [(f"{_CANCERS}[{i}]", c, self._concerns(c, history)) for i, c in enumerate(listed or ())]
        if (listed is None and ticked == "past") or (ticked == "active" and not _explained(listed or ())):
            one = SecondCancer(state=ticked)
            # One of which the state is not recorded may be the active one.
            open_ = Truth.UNKNOWN if any(c.state is None for c in listed or ()) else Truth.MET
            found.append((_TICKED, one, all_of([open_, self._concerns(one, history)])))
        truth = negate(any_of(concerned for _, _, concerned in found))
        if truth is Truth.MET:
            return Finding(truth, "no such cancer recorded", (_CANCERS if listed is not None else _TICKED,))
        deciding = [(path, c) for path, c, concerned in found if concerned is negate(truth)]
        said = "; ".join(f"{_cancer(c)} ({_which(path)})" for path, c in deciding)
        where = tuple(path for path, _ in deciding)
        if truth is Truth.UNKNOWN:
            return Finding(truth, said, where, _unique(m for path, c in deciding for m in _unrecorded(path, c)))
        ends = bool(self.states) and "past" not in self.states
        return Finding(truth, said, where, (), tuple(_over(path, c) for path, c in deciding) if ends else ())

    def _concerns(self, cancer: SecondCancer, history: History) -> Truth:
        """Whether a cancer is one of those that are asked about."""
        kind = cancer.kind or ("unknown" if "unknown" in self.kinds else None)
        truths = [truth_of(None if kind is None else kind in self.kinds)] if self.kinds else []
        if self.states:
            state = cancer.state or ("unknown" if "unknown" in self.states else None)
            truths.append(truth_of(None if state is None else state in self.states))
        if self.after:
            truths.append(self._follows(cancer, history))
        return all_of(truths)

    def _follows(self, cancer: SecondCancer, history: History) -> Truth:
        """Whether a cancer came after one of the drugs; unknown where such a drug may have been given."""
        members = {a for token in self.after for a in history.formulary.members(token)}
        if cancer.after in members:
            return Truth.MET
        starts = [e.start for e in history.exposures if e.agent.id in members]
        # What a look-ahead only assumes comes after every cancer that is on record today.
        given = [s for s in starts if s is None or history.today.exact or s.earliest < history.as_of]
        found = cancer.found_on
        if any(s is None or found is None or s.not_after(found) is not Truth.NOT_MET for s in given):
            return Truth.MET
        return truth_of(False if history.complete is Truth.MET else None)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """A cancer of each kind that is active; every word of a field of one; and what the record leaves open."""
        if field == _CANCERS:
            held, ticked = history.patient.get(_CANCERS) or (), history.patient.get(_TICKED)
            return tuple((*held, SecondCancer(kind=kind, state=ticked)) for kind in _KINDS)
        item = item_in(field)
        if field == _TICKED or (item is not None and item.field == _CANCERS):
            return possible.words(field)
        return super().tries(field, history)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return self.after

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (_CANCERS, _TICKED)


_CANCERS = "comorbidities.second_cancers"
_TICKED = "comorbidities.other_malignancy"
_KINDS: dict[Literal["t-cell", "myeloid", "solid", "skin-non-melanoma"], str] = {
    "t-cell": "T-cell",
    "myeloid": "myeloid",
    "solid": "solid",
    "skin-non-melanoma": "non-melanoma skin",
}


def _explained(cancers: tuple[SecondCancer, ...]) -> bool:
    """Whether one of the cancers is the one that is ticked as active."""
    return any(c.state in ("active", "watched") for c in cancers)


def _which(path: str) -> str:
    """Which cancer of the record is meant, as people count; or the field that holds the one word."""
    item = item_in(path)
    return path if item is None else f"second cancer {item.place + 1}"


def _cancer(cancer: SecondCancer) -> str:
    """A cancer in words, as far as it is recorded."""
    kind = f"{_KINDS[cancer.kind]} cancer" if cancer.kind else "cancer of a kind that is not recorded"
    return f"{cancer.state} {kind}" if cancer.state else f"{kind}, state not recorded"


def _unrecorded(path: str, cancer: SecondCancer) -> list[str]:
    """The fields that would tell what a cancer is."""
    if path == _TICKED:
        return [_CANCERS]
    lacking = [f"{path}.{key}" for key in ("kind", "state") if getattr(cancer, key) is None]
    return lacking or ["therapies_complete"]


def _over(path: str, cancer: SecondCancer) -> Change:
    """What ends what a cancer forbids."""
    kind = f"{_KINDS[cancer.kind]} cancer" if cancer.kind else "other cancer"
    field = path if path == _TICKED else f"{path}.state"
    return Change(f"the {kind} is no longer active", "value", field, "past")


class NoCoMedication(Criterion):
    """None of certain other drugs is taken: drugs by name, or groups of drugs by id."""

    type: Literal["no-co-medication"] = "no-co-medication"
    none_of: tuple[str, ...]
    """Drugs by name, or groups of drugs by id."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"takes no {_and(self.none_of, 'or')}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when co-medication is not recorded, and where a drug on the list is one that nobody knows."""
        taken = history.taken
        if taken is None:
            return Finding(Truth.UNKNOWN, "co-medication not recorded", ("co_medication",), ("co_medication",))
        wanted = {drug for token in self.none_of for drug in history.formulary.drugs_of(token)}
        hits = tuple(t.written for t in taken if t.drug in wanted)
        if hits:
            left = tuple(t.written for t in taken if t.written not in hits)
            changes = (Change(f"stopping {_and(hits, 'and')}", "value", "co_medication", left),)
            return Finding(Truth.NOT_MET, f"takes {_and(hits, 'and')}", ("co_medication",), (), changes)
        unknown = {f"co_medication[{i}]": t.written for i, t in enumerate(taken) if not t.drug}
        if unknown:
            found = f"{_and(tuple(unknown.values()), 'and')} not known to the catalogue"
            return Finding(Truth.UNKNOWN, found, tuple(unknown), tuple(unknown))
        return Finding(Truth.MET, "none of them taken", ("co_medication",))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """No drug, and one of those that it forbids; of a name that is not known, such a drug and another."""
        drugs_of = history.formulary.drugs_of
        forbidden = next(iter(drugs_of(self.none_of[0])))
        if field == "co_medication":
            return (), (forbidden,)
        item = item_in(field)
        if item is None or item.field != "co_medication":
            return ()
        wanted = {drug for token in self.none_of for drug in drugs_of(token)}
        return forbidden, next(drug for drug in history.formulary.other_drugs if drug not in wanted)

    def drugs(self) -> tuple[str, ...]:
        """The drugs and groups of drugs that it names, for the catalogue's cross-checks."""
        return self.none_of


class NoEmergency(Criterion):
    """None of certain emergencies is ticked in the list of emergencies."""

    type: Literal["no-emergency"] = "no-emergency"
    none_of: tuple[Emergency, ...]
    """Emergencies, as `disease.emergencies` has them."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"no {_and(tuple(name.replace('_', ' ') for name in self.none_of), 'or')} ticked"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when the list is not recorded."""
        ticked = history.patient.get(_EMERGENCIES)
        if ticked is None:
            return Finding(Truth.UNKNOWN, "the list of emergencies is not recorded", (_EMERGENCIES,), (_EMERGENCIES,))
        hits = tuple(name for name in ticked if name in self.none_of)
        if not hits:
            return Finding(Truth.MET, "not in the list of emergencies", (_EMERGENCIES,))
        left = tuple(name for name in ticked if name not in hits)
        named = _and(tuple(name.replace("_", " ") for name in hits), "and")
        changes = (Change(f"{named} is over", "value", _EMERGENCIES, left),)
        return Finding(Truth.NOT_MET, f"{named} in the list of emergencies", (_EMERGENCIES,), (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """An empty list, and one with such an emergency."""
        return ((), self.none_of[:1]) if field == _EMERGENCIES else ()

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (_EMERGENCIES,)


_EMERGENCIES = "disease.emergencies"


class _OverAllografts(Criterion):
    """What hangs on an allogeneic transplant, which the record of therapies may hold."""

    @cached_property
    def over_therapies(self) -> bool:
        """Another therapy could change its answer."""
        return True

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Yes and no, and what the record of therapies leaves open."""
        return possible.words(field) if field in self.patient_fields() else super().tries(field, history)


class NoAllograft(_OverAllografts):
    """No allogeneic transplant before: as recorded, or by a whole list of therapies that holds none."""

    type: Literal["no-allograft"] = "no-allograft"

    def required(self, words: Words) -> str:
        """In words."""
        return f"no {words.field(_ALLOGRAFT)}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown where none is recorded and the list of therapies may not be whole, or holds one of unknown kind."""
        graft = history.allograft
        return Finding(negate(graft.truth), graft.found, graft.where, graft.missing)

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (_ALLOGRAFT,)


class NoGvhd(_OverAllografts):
    """No active graft-versus-host disease: as recorded; without an allogeneic transplant there is none."""

    type: Literal["no-gvhd"] = "no-gvhd"

    def required(self, words: Words) -> str:
        """In words."""
        return f"no {words.field(_GVHD)}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown where it is not recorded and an allogeneic transplant is not excluded."""
        recorded, name = history.patient.get(_GVHD), words.field(_GVHD)
        if recorded is not None:
            changes = (Change(self.required(words), "value", _GVHD, False),) if recorded else ()
            return Finding(truth_of(not recorded), f"{name}: {'yes' if recorded else 'no'}", (_GVHD,), (), changes)
        graft = history.allograft
        if graft.truth is Truth.NOT_MET:
            return Finding(Truth.MET, graft.found, graft.where)
        return Finding(Truth.UNKNOWN, f"{name} not recorded", (_GVHD,), (_GVHD, *graft.missing))

    def patient_fields(self) -> tuple[str, ...]:
        """What it reads."""
        return (_GVHD, _ALLOGRAFT)


_GVHD = "comorbidities.active_gvhd"
_ALLOGRAFT = "comorbidities.prior_allogeneic_transplant"


def by_kidney(criterion: "AnyCriterion") -> bool:
    """Whether a criterion asks for the function of the kidneys: a dose that it warns about is one by kidney."""
    asked = criterion.field if isinstance(criterion, Number | Value) else ""
    return asked in ("derived.creatinine_clearance_ml_per_min", "comorbidities.dialysis")


class NotBeside(NoCoMedication):
    """Nothing is taken that a row of interactions is about. Made for such a row; never written in data.

    ``taken``: the drugs on the list of co-medication that the row is about, as they are written there.
    """

    taken: tuple[str, ...] = ()
    """The drugs on the list of co-medication that the row is about, as they are written there."""

    def warned(self, finding: Finding) -> str:
        """What the row tells, which names the drugs that are taken."""
        return self.say if finding.truth is Truth.NOT_MET else super().warned(finding)


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
            "; ".join(_unique(f.found for f in deciding)),
            _unique(w for f in deciding for w in f.where),
            _unique(m for f in findings if f.truth is Truth.UNKNOWN for m in f.missing)
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


def every(criteria: tuple["AnyCriterion", ...]) -> Iterator[AnyCriterion]:
    """The criteria and all those inside them."""
    for criterion in criteria:
        yield criterion
        yield from every(criterion.parts())


# Derived numbers and facts, and the field that a measurement of them would stand in.
MEASURED_AS = {
    "derived.plasma_cell_leukaemia": "disease.plasma_cell_leukaemia",
    "derived.creatinine_clearance_ml_per_min": "labs.creatinine_clearance_ml_per_min",
    "derived.polyclonal_igg_g_per_l": "labs.igg_g_per_l",
    "derived.body_mass_index": "demographics.weight_kg",
}
_FACTS: dict[str, Callable[[History], Finding]] = {
    "derived.plasma_cell_leukaemia": lambda history: history.plasma_cell_leukaemia,
}
_DERIVED: dict[str, Callable[[History], tuple[Bounds | None, str, tuple[str, ...]]]] = {
    "derived.creatinine_clearance_ml_per_min": lambda history: history.creatinine_clearance,
    "derived.polyclonal_igg_g_per_l": lambda history: history.polyclonal_igg,
    "derived.body_mass_index": lambda history: history.body_mass_index,
}


def number(history: History, field: str) -> tuple[Bounds | None, str, tuple[str, ...]]:
    """A number of the patient file or a derived one, how it was had, and what is missing for it."""
    if field in _DERIVED:
        return _DERIVED[field](history)
    value = history.value(field)
    if value is None:
        return None, history.outdated.get(field, "not recorded"), (field,)
    return Bounds(value, value), "", ()


def _leading_to(history: History, derived: str, limits: list[float], field: str) -> tuple[object, ...]:
    """What a field may turn out to be that a derived number is made from: what takes the number across each limit.

    Words are all tried, and a number beside the limits themselves where the field holds a measurement of it.
    """
    if field not in number(history, derived)[2]:
        return ()
    if field == "disease.isotype":
        return history.definitions.isotypes_with_igg[:1] + history.definitions.isotypes_without_igg[:1]
    if field == "disease.m_protein":
        return _paraproteins(history, limits)
    if field == "disease.emergencies":
        held = history.patient.get(field) or ()
        return tuple(tuple(other for other in held if other != one) for one in held)
    found = possible.scale(field)
    if found is None:
        return possible.words_left(history, field)
    tried = list(limits) if MEASURED_AS.get(derived) == field else []

    def at(value: float) -> float | None:
        told = history.knowing(field, round(value) if found.step == 1 else value)
        bounds, _, _ = number(told, derived)
        return bounds.low if bounds is not None and bounds.low == bounds.high else None

    low, high = ends = found.usual
    if (at(low) is None) is not (at(high) is None):
        # Beyond some value nothing is derived any more, as of a creatinine that may be new.
        known = at(low) is not None
        while high - low > found.step:
            middle = (low + high) / 2
            low, high = (middle, high) if (at(middle) is not None) is known else (low, middle)
        tried.append(round(high) if found.step == 1 else round(high, 1))
        ends = (ends[0], low) if known else (high, ends[1])
    first, last = (at(end) for end in ends)
    if first is None or last is None:
        return possible.either_side(field, tried)
    for limit in limits:
        low, high = ends
        if (first < limit) is (last < limit):
            continue
        while high - low > found.step:
            middle = (low + high) / 2
            beyond = at(middle)
            if beyond is None:
                break
            low, high = (middle, high) if (beyond < limit) is (first < limit) else (low, middle)
        else:
            tried.append(round(low) if found.step == 1 else round(low, 1))
    return possible.either_side(field, tried)


def _paraproteins(history: History, limits: Iterable[float]) -> tuple[object, ...]:
    """Measurements of today that leave the rest of the IgG on either side of each limit, or no IgG at all."""
    measured = history.patient.get("labs.igg_g_per_l")
    held = history.patient.get("disease.m_protein") or ()
    found = possible.scale("disease.m_protein.serum_g_per_l")
    if measured is None or found is None:
        return ()
    near = {measured - limit + more for limit in limits for more in (-found.step, 0, found.step)} | {0, measured}
    amounts = sorted({round(min(max(amount, 0), measured), 2) for amount in near})
    today = Span.day(history.as_of)
    return tuple((*held, MProtein(on=today, serum_g_per_l=amount)) for amount in amounts)


def distinct(values: Iterable[object]) -> tuple[object, ...]:
    """The values without those that are there already; 1 and yes are two."""
    return tuple({(type(value), value): value for value in values}.values())


def _whether(finding: Finding) -> str:
    return "not known whether " if finding.truth is Truth.UNKNOWN else ""


def _limits(at_least: int | None, at_most: int | None) -> str:
    if at_least is not None and at_least == at_most:
        return f"exactly {at_least}"
    if at_least is not None and at_most is not None:
        return f"{at_least} to {at_most}"
    return f"at least {at_least}" if at_least is not None else f"at most {at_most}"


def _count(low: int, high: int | None) -> str:
    if high is None:
        return f"at least {low} prior {_plural('line', low)}; the list may not be whole"
    number = str(low) if low == high else f"{low} to {high}"
    return f"{number} prior {_plural('line', high)}"


def _count_of(bounds: Bounds) -> str:
    low, high = (None if b is None else f"{b:.0f}" for b in (bounds.low, bounds.high))
    if low is None:
        return "an unknown number of"
    if high is None:
        return f"at least {low}"
    return low if low == high else f"{low} to {high}"


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def _small(n: int) -> str:
    return ("no", "one", "two", "three", "four", "five", "six")[n] if 0 <= n <= 6 else str(n)


def _plural(word: str, n: int | None) -> str:
    return word if n == 1 else f"{word}s"


def _and(names: tuple[str, ...], word: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _unique(items: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
