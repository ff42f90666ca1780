"""Criteria on a number or word of the patient file, or on a value that is derived from such fields."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from math import inf
from typing import Literal, Self

from mmadvisor.base.english import listed
from mmadvisor.base.known import Account, Change, Span, Truth, negate, truth_of
from mmadvisor.criteria import possible
from mmadvisor.criteria.base import NOT_RECORDED, Criterion, Words, figure, within
from mmadvisor.formats.patient import Emergency, MProtein
from mmadvisor.history.answering import DERIVED_NUMBERS, DERIVED_TRUTHS, FRAILTY
from mmadvisor.history.facts import Fact, Facts
from mmadvisor.history.history import History


class State(Criterion):
    """The state of the disease."""

    type: Literal["state"] = "state"
    one_of: tuple[str, ...]
    """The states that meet the criterion, as `disease.state` names them."""

    _one_given = ("one_of",)

    def flaws(self) -> Iterator[tuple[str, str]]:
        """States that the format does not have."""
        from mmadvisor.criteria.allowed import literals, not_among, type_of

        yield from super().flaws()
        yield from not_among("one_of", self.one_of, literals(type_of("disease.state")))

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """No state is allowed by all of the criteria."""
        return "" if set.intersection(*(set(c.one_of) for c in asked)) else "no state of the disease is left"

    def states_asked(self) -> tuple[str, ...]:
        """The states in ``one_of``."""
        return self.one_of

    @property
    def turns_with_therapy(self) -> bool:
        """Whether the criterion is about relapsed disease, the state in which further therapy is given."""
        return "relapsed" in self.one_of

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"disease is {listed(tuple(s.replace('_', ' ') for s in self.one_of), 'or')}"

    def reads(self) -> tuple[Fact, ...]:
        """The state."""
        return (Fact("state"),)

    def truth(self, facts: Facts) -> Truth:
        """By the recorded state, or by a complete record that ends in progression."""
        state = facts.word(Fact("state"))
        return truth_of(None if state is None else state in self.one_of)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The state, and the field that shows it."""
        state, where = history.state
        if state is None:
            return Account("state of the disease not recorded", (where,), ("disease.state",))
        return Account(state.replace("_", " "), (where,))

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Every state, and possible values in the record of therapies, because its end may show the state."""
        return possible.words(field) if field == "disease.state" else super().tries(field, history)


class Number(Criterion):
    """A number of the patient file, or a derived number, must be within limits."""

    type: Literal["number"] = "number"
    field: str
    """The field, or a derived number: `derived.creatinine_clearance_ml_per_min`, `derived.polyclonal_igg_g_per_l`,
    `derived.body_mass_index`."""
    at_least: float | None = None
    """The lowest allowed number (inclusive)."""
    at_most: float | None = None
    """The highest allowed number (inclusive)."""
    above: float | None = None
    """The number must be higher than this."""
    below: float | None = None
    """The number must be lower than this."""

    _one_given = ("at_least", "at_most", "above", "below")

    @property
    def of_a_test(self) -> bool:
        """Whether the field is a laboratory value or a value of an organ."""
        return self.field.startswith(("labs.", "derived.", "comorbidities."))

    def flaws(self) -> Iterator[tuple[str, str]]:
        """A field that is not a number, or a limit that no patient reaches."""
        from mmadvisor.criteria.allowed import limits_of, outside, patient_has

        yield from super().flaws()
        if limits := limits_of(self.field):
            yield from outside(self, self._one_given, limits)
        elif patient_has(self.field):
            yield "field", f"{self.field} holds no number"

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """No number is allowed by all of the criteria on one field."""
        for field in dict.fromkeys(c.field for c in asked):
            here = [c for c in asked if c.field == field]
            low = max((v for c in here for v in (c.at_least, c.above) if v is not None), default=-inf)
            high = min((v for c in here for v in (c.at_most, c.below) if v is not None), default=inf)
            left_out = any(c.above == low or c.below == high for c in here)
            if low > high or (low == high and left_out):
                return f"{field} from {low:g} to {high:g}"
        return ""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        limits = [
            f"{word} {figure(limit)}{words.unit(self.field)}"
            for word, limit in (
                ("at least", self.at_least),
                ("above", self.above),
                ("at most", self.at_most),
                ("below", self.below),
            )
            if limit is not None
        ]
        return f"{words.field(self.field)} {' and '.join(limits)}"

    def reads(self) -> tuple[Fact, ...]:
        """The number."""
        return (Fact("number", self.field),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if the number is not recorded."""
        number = facts.number(Fact("number", self.field))
        return within(number, at_least=self.at_least, at_most=self.at_most, above=self.above, below=self.below)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The number, how it was obtained, and the nearest allowed number."""
        bounds, how, missing = history.with_reason(self.field)
        if bounds is None:
            return Account(f"{words.field(self.field)} {how}", (self.field,), missing)
        found = f"{words.field(self.field)} {bounds.in_words}{words.unit(self.field)}{f' ({how})' if how else ''}"
        changes = self._changes(history, words) if truth is Truth.NOT_MET else ()
        return Account(found, (self.field,), missing if truth is Truth.UNKNOWN else (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """A number on both sides of each limit; for a derived number, values that move it across each limit."""
        limits = [limit for limit in (self.at_least, self.at_most, self.above, self.below) if limit is not None]
        if self.field in DERIVED_NUMBERS:
            return _leading_to(history, self.field, limits, field)
        return possible.either_side(field, limits) if field == self.field else ()

    def _changes(self, history: History, words: Words) -> tuple[Change, ...]:
        """The nearest allowed number, if the field can change."""
        derived = self.field in possible.MEASURED_AS
        if words.fixed(self.field) or (derived and history.patient.get("comorbidities.dialysis")):
            return ()
        field = possible.MEASURED_AS.get(self.field, self.field)
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
    """A field with words or yes/no, or a derived fact, must have one of the allowed values.

    ``branches``: for a caution that has one text for each value of the field, the key of these texts.
    """

    type: Literal["value"] = "value"
    field: str
    """The field, or the derived fact `derived.plasma_cell_leukaemia`."""
    one_of: tuple[bool | str, ...] = ()
    """The values that meet the criterion."""
    none_of: tuple[bool | str, ...] = ()
    """The values that do not meet the criterion; every other value does."""
    branches: str = ""
    """Key of the sentences in `branches` of `rules.yaml`, one for each value of the field."""

    _one_given = ("one_of", "none_of")

    @property
    def tells_by(self) -> str:
        """The key in ``branches``."""
        return self.branches

    def words_found(self) -> dict[str, bool]:
        """The words that the field may have, and ``unknown``, each with whether it meets the criterion."""
        from mmadvisor.criteria.allowed import words_of

        meets = set(map(str, self.one_of))
        return {word: word in meets for word in (*map(str, words_of(self.field) or ()), NOT_RECORDED)}

    def flaws(self) -> Iterator[tuple[str, str]]:
        """A field without single words, or words that the field never has."""
        from mmadvisor.criteria.allowed import holds_one_word, not_among, patient_has, words_of

        yield from super().flaws()
        allowed = words_of(self.field)
        if allowed is not None:
            yield from not_among("one_of", self.one_of, allowed)
            yield from not_among("none_of", self.none_of, allowed)
        elif patient_has(self.field) and not holds_one_word(self.field):
            yield "field", f"{self.field} holds no single word"

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """No word is allowed by all of the criteria on one field."""
        for field in dict.fromkeys(c.field for c in asked):
            here = [c for c in asked if c.field == field]
            allowed = [set(c.one_of) for c in here if c.one_of]
            forbidden = {word for c in here for word in c.none_of}
            if allowed and not set.intersection(*allowed) - forbidden:
                return f"no value of {field} is left"
        return ""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        name = words.field(self.field)
        allowed = self.one_of or self.none_of
        if len(allowed) == 1 and isinstance(allowed[0], bool):
            wanted = allowed[0] if self.one_of else not allowed[0]
            return name if wanted else f"no {name}"
        allowed_words = listed(tuple(str(v).replace("_", " ") for v in allowed), "or")
        return f"{name}: {'' if self.one_of else 'not '}{allowed_words}"

    def reads(self) -> tuple[Fact, ...]:
        """The value of the field, or the derived fact."""
        return (Fact("derived" if self.field in DERIVED_TRUTHS else "word", self.field),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if the field is not recorded, or if the derived fact is not known."""
        (fact,) = self.reads()
        if fact.kind == "derived":
            return facts.truth(fact) if self._meets(True) else negate(facts.truth(fact))
        value = facts.word(fact)
        return truth_of(None if value is None else self._meets(value))

    def _meets(self, value: bool | str) -> bool:
        return value in self.one_of if self.one_of else value not in self.none_of

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The recorded value, or the reason for the derived fact."""
        if self.field in DERIVED_TRUTHS:
            return history.derived(self.field).account
        value = history.patient.get(self.field)
        name = words.field(self.field)
        if value is None:
            return Account(f"{name} not recorded", (self.field,), (self.field,))
        shown = ("yes" if value else "no") if isinstance(value, bool) else str(value).replace("_", " ")
        return Account(f"{name}: {shown}", (self.field,), (), self._changes(words) if truth is Truth.NOT_MET else ())

    def _changes(self, words: Words) -> tuple[Change, ...]:
        allowed: tuple[bool | str, ...] = self.one_of or tuple(not v for v in self.none_of if isinstance(v, bool))
        if words.fixed(self.field) or not allowed:
            return ()
        return (Change(self.required(words), "value", self.field, allowed[0]),)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Every word of the field; the ends of its usual range, if it is a number; else the words of the criterion."""
        if field != possible.MEASURED_AS.get(self.field, self.field):
            return ()
        return possible.words_left(history, field) or possible.either_side(field, ()) or self.one_of + self.none_of


class Frailty(Criterion):
    """The frailty group must be within limits, as recorded or by the IMWG items."""

    type: Literal["frailty"] = "frailty"
    at_most: Literal["fit", "intermediate"] | None = None
    """The frailest allowed group."""
    at_least: Literal["intermediate", "frail"] | None = None
    """The least frail allowed group."""

    _passes = True
    _one_given = ("at_least", "at_most")

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """No frailty group is allowed by all of the criteria."""
        low = max((FRAILTY.index(c.at_least) for c in asked if c.at_least), default=0)
        high = min((FRAILTY.index(c.at_most) for c in asked if c.at_most), default=2)
        return f"at least {FRAILTY[low]} and at most {FRAILTY[high]}" if low > high else ""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        if self.at_most == "fit":
            return "fit"
        if self.at_most == "intermediate":
            return "not frail"
        return "frail" if self.at_least == "frail" else "frail or of intermediate fitness"

    def reads(self) -> tuple[Fact, ...]:
        """The groups that remain possible."""
        return (Fact("frailty"),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if some of the groups that remain possible meet the limits, and others do not."""
        low, high = (None if group is None else FRAILTY.index(group) for group in (self.at_least, self.at_most))
        return within(facts.number(Fact("frailty")), at_least=low, at_most=high)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The groups that remain possible, and how they were obtained."""
        groups, how, missing = history.frailty
        found = f"{' or '.join(groups)} ({how})" if len(groups) < 3 else f"frailty {how}"
        changes: tuple[Change, ...] = ()
        if truth is Truth.NOT_MET:
            changes = (Change(self.required(words), "value", "fitness.frailty", self.at_most or self.at_least),)
        return Account(found, ("fitness.frailty",), missing if truth is Truth.UNKNOWN else (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """The groups that remain possible, or numbers on both sides of each limit of an item."""
        return possible.of_frailty(history, field)


_ELIGIBLE = "fitness.transplant_eligible"


class TransplantEligible(Criterion):
    """Whether the patient is eligible for a transplant, as the clinician recorded it."""

    type: Literal["transplant-eligible"] = "transplant-eligible"
    eligible: bool = True
    """Whether the patient must be eligible (`true`) or not (`false`)."""

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """One criterion requires eligibility, and another excludes it."""
        return "eligible for transplant and not" if len({c.eligible for c in asked}) > 1 else ""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return "eligible for transplant" if self.eligible else "not eligible for transplant"

    def reads(self) -> tuple[Fact, ...]:
        """The recorded field."""
        return (Fact("word", _ELIGIBLE),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if not recorded."""
        value = facts.word(Fact("word", _ELIGIBLE))
        return truth_of(None if value is None else value is self.eligible)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The recorded value."""
        value = history.patient.get(_ELIGIBLE)
        if value is None:
            return Account("transplant eligibility not recorded", (_ELIGIBLE,), (_ELIGIBLE,))
        changes = (Change(self.required(words), "value", _ELIGIBLE, self.eligible),) if truth is Truth.NOT_MET else ()
        return Account("eligible for transplant" if value else "not eligible for transplant", (_ELIGIBLE,), (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Yes and no."""
        return possible.words(field) if field == _ELIGIBLE else ()


_EMERGENCIES = "disease.emergencies"


class NoEmergency(Criterion):
    """None of these emergencies is in the recorded list of emergencies."""

    type: Literal["no-emergency"] = "no-emergency"
    none_of: tuple[Emergency, ...]
    """Emergencies, as `disease.emergencies` names them."""

    _one_given = ("none_of",)

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"no {listed(tuple(name.replace('_', ' ') for name in self.none_of), 'or')} ticked"

    def reads(self) -> tuple[Fact, ...]:
        """The list of emergencies."""
        return (Fact("word", _EMERGENCIES),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if the list is not recorded."""
        ticked = facts.word(Fact("word", _EMERGENCIES))
        return truth_of(None if ticked is None else not any(name in self.none_of for name in ticked))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The recorded emergencies that are not allowed."""
        ticked = history.patient.get(_EMERGENCIES)
        if ticked is None:
            return Account("the list of emergencies is not recorded", (_EMERGENCIES,), (_EMERGENCIES,))
        if truth is Truth.MET:
            return Account("not in the list of emergencies", (_EMERGENCIES,))
        hits = tuple(name for name in ticked if name in self.none_of)
        left = tuple(name for name in ticked if name not in hits)
        named = listed(tuple(name.replace("_", " ") for name in hits), "and")
        changes = (Change(f"{named} is over", "value", _EMERGENCIES, left),)
        return Account(f"{named} in the list of emergencies", (_EMERGENCIES,), (), changes)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """An empty list, and a list with an emergency that is not allowed."""
        return ((), self.none_of[:1]) if field == _EMERGENCIES else ()


def by_kidney(criterion: Criterion) -> bool:
    """Whether a criterion is about kidney function; a caution of this kind means that the dose may depend on it."""
    return not _OF_KIDNEYS.isdisjoint(criterion.patient_fields())


_OF_KIDNEYS = frozenset({"derived.creatinine_clearance_ml_per_min", "comorbidities.dialysis"})


def _leading_to(history: History, derived: str, limits: list[float], field: str) -> tuple[object, ...]:
    """Possible values of a field from which a number is derived: values that move the number across each limit.

    For a field of words, all words. For a measurement of the number itself, numbers around the limits.
    """
    if field not in history.with_reason(derived)[2]:
        return ()
    if field in _LISTS:
        return _LISTS[field](history, limits)
    scale = possible.scale(field)
    if scale is None:
        return possible.words_left(history, field)

    @cache
    def at(value: float) -> float | None:
        told = history.knowing(field, round(value) if scale.step == 1 else value)
        bounds, _, _ = told.with_reason(derived)
        return bounds.low if bounds is not None and bounds.low == bounds.high else None

    tried = list(limits) if possible.MEASURED_AS.get(derived) == field else []
    low, high = ends = scale.usual
    known = at(low) is not None
    if (at(high) is not None) is not known:
        # Beyond some value nothing is derived any more, as of a creatinine that may be new.
        low, high = _edge(at, ends, scale.step)
        tried.append(scale.rounded(high))
        ends = (ends[0], low) if known else (high, ends[1])
    tried += [
        scale.rounded(crossed) for limit in limits if (crossed := _crossing(at, ends, limit, scale.step)) is not None
    ]
    return possible.either_side(field, tried)


def _edge(at: Callable[[float], float | None], ends: tuple[float, float], step: float) -> tuple[float, float]:
    """The two values, at most ``step`` apart, between which a number begins or ceases to be derived."""
    low, high = ends
    known = at(low) is not None
    while high - low > step:
        middle = (low + high) / 2
        low, high = (middle, high) if (at(middle) is not None) is known else (low, middle)
    return low, high


def _crossing(
    at: Callable[[float], float | None], ends: tuple[float, float], limit: float, step: float
) -> float | None:
    """The value, to ``step``, at which a number crosses a limit; ``None`` if it does not cross it."""
    first, last = map(at, ends)
    if first is None or last is None or (first < limit) is (last < limit):
        return None
    low, high = ends
    while high - low > step:
        middle = (low + high) / 2
        there = at(middle)
        if there is None:
            return None
        low, high = (middle, high) if (there < limit) is (first < limit) else (low, middle)
    return low


def _isotypes(history: History, limits: Iterable[float]) -> tuple[object, ...]:
    """One isotype with IgG, and one without."""
    return history.definitions.isotypes_with_igg[:1] + history.definitions.isotypes_without_igg[:1]


def _emergencies_without_one(history: History, limits: Iterable[float]) -> tuple[object, ...]:
    """The list of emergencies, each time without one recorded emergency."""
    held = history.patient.get(_EMERGENCIES) or ()
    return tuple(tuple(other for other in held if other != one) for one in held)


def _paraproteins(history: History, limits: Iterable[float]) -> tuple[object, ...]:
    """Paraprotein values of today with which the polyclonal IgG is just below, at or above each limit, or 0."""
    measured = history.patient.get("labs.igg_g_per_l")
    held = history.patient.get("disease.m_protein") or ()
    found = possible.scale("disease.m_protein.serum_g_per_l")
    if measured is None or found is None:
        return ()
    near = {measured - limit + more for limit in limits for more in (-found.step, 0, found.step)} | {0, measured}
    amounts = sorted({round(min(max(amount, 0), measured), 2) for amount in near})
    today = Span.day(history.as_of)
    return tuple((*held, MProtein(on=today, serum_g_per_l=amount)) for amount in amounts)


# What a field that holds no number may turn out to be, where a derived number is made from it.
_LISTS: dict[str, Callable[[History, Iterable[float]], tuple[object, ...]]] = {
    "disease.isotype": _isotypes,
    "disease.m_protein": _paraproteins,
    _EMERGENCIES: _emergencies_without_one,
}
