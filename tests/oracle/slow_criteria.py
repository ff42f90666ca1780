"""Every type of criterion decided in one step, words and all: the meaning that truths and accounts are held against.

What a criterion comes to was written like this before its truth and its account were parted. It is slow, and plain.
"""

from __future__ import annotations

from datetime import timedelta
from functools import singledispatch
from typing import Literal

from mmadvisor.base.english import listed, plural
from mmadvisor.base.known import Bounds, Change, Finding, Span, Truth, all_of, any_of, negate, truth_of
from mmadvisor.criteria.base import Criterion, Words, count_of, figure, small, unique
from mmadvisor.criteria.conditions import (
    _CANCERS,
    _GVHD,
    _TICKED,
    NoAllograft,
    NoCoMedication,
    NoGvhd,
    NoPregnancy,
    NoSecondCancer,
    NoToxicity,
    Tolerated,
    _cancer,
    _explained,
    _names,
    _over,
    _unrecorded,
    _which,
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
from mmadvisor.criteria.types import All, Any, Not
from mmadvisor.formats.patient import SecondCancer, Toxicity
from mmadvisor.history.history import History

_EMERGENCIES = "disease.emergencies"
_FRAILTY = ("fit", "intermediate", "frail")


@singledispatch
def decided(self: Criterion, history: History, words: Words) -> Finding:
    """What a criterion comes to for one patient."""
    raise NotImplementedError(type(self).__name__)


# --- therapies ------------------------------------------------------------------------------------


@decided.register
def _(self: PriorLines, history: History, words: Words) -> Finding:
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
            changes = (Change(f"{small(more)} more prior {plural('line', more)}", "lines", amount=more),)
    missing = lines.missing if truth is Truth.UNKNOWN else ()
    return Finding(
        truth,
        found,
        ("therapies",),
        missing or (("therapies",) if truth is Truth.UNKNOWN else ()),
        changes,
    )


def _combine(self: Exposed | Refractory, findings: dict[str, Finding]) -> Finding:
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
        "; ".join(unique(f.found for f in deciding)),
        unique(w for f in deciding for w in f.where),
        unique(m for f in unknown for m in f.missing),
    )


def _with_changes(
    self: Exposed | Refractory,
    found: Finding,
    findings: dict[str, Finding],
    kind: Literal["receive", "resist"],
    words: str,
) -> Finding:
    """With what lacks: each of those that all must hold, and the first of those of which one suffices."""
    if found.truth is not Truth.NOT_MET:
        return found
    lacking = tuple(t for t in self.to_each if findings[t].truth is Truth.NOT_MET)
    changes = [Change(f"{words} {listed(lacking, 'and')}", kind, tokens=lacking)] if lacking else []
    if self.to_any and all(findings[t].truth is Truth.NOT_MET for t in self.to_any):
        changes.append(Change(f"{words} {listed(self.to_any, 'or')}", kind, tokens=self.to_any[:1]))
    return found.but(changes=tuple(changes))


@decided.register
def _(self: Exposed, history: History, words: Words) -> Finding:
    """By the record; what a list that may not be whole lacks is unknown. Receiving what lacks would change it."""
    findings = {t: history.exposed_to(t) for t in self.tokens()}
    return _with_changes(self, _combine(self, findings), findings, "receive", "treatment with")


@decided.register
def _(self: Refractory, history: History, words: Words) -> Finding:
    """By the derived history [rajkumar-2011]. Progression on what lacks would change it."""
    findings = {t: history.refractory_to(t) for t in self.tokens()}
    return _with_changes(self, _combine(self, findings), findings, "resist", "refractoriness to")


@decided.register
def _(self: RefractoryCount, history: History, words: Words) -> Finding:
    """By counting agents."""
    bounds, missing = history.refractory_count(self.of)
    truth = bounds.at_least(self.at_least)
    found = f"{self.of}: {count_of(bounds)} refractory"
    changes: tuple[Change, ...] = ()
    if truth is Truth.NOT_MET and bounds.high is not None:
        more = self.at_least - int(bounds.high)
        text = f"refractoriness to {small(more)} more {plural('agent', more)} of {self.of}"
        changes = (Change(text, "resist", amount=more, tokens=(self.of,)),)
    return Finding(truth, found, ("therapies",), missing if truth is Truth.UNKNOWN else (), changes)


@decided.register
def _(self: Active, history: History, words: Words) -> Finding:
    """Not met when spent."""
    spent = history.spent(self.agent)
    return Finding(negate(spent.truth), spent.found, spent.where, spent.missing)


@decided.register
def _(self: Undoubted, history: History, words: Words) -> Finding:
    """Not met when doubtful."""
    doubtful = history.doubtful(self.agent)
    return Finding(negate(doubtful.truth), doubtful.found, doubtful.where, doubtful.missing)


@decided.register
def _(self: ProgressedOnLast, history: History, words: Words) -> Finding:
    """By the last entry that treated a line, with the interval of a relapse that came later."""
    found = history.progressed_on_last(within_window=self.within_window)
    if found.truth is not Truth.NOT_MET or history.last_treated is None:
        return found
    field = f"therapies[{history.last_treated}].stop_reason"
    if (
        history.knowing(field, "progression").progressed_on_last(within_window=self.within_window).truth
        is not Truth.MET
    ):
        return found
    return found.but(changes=(Change("progression on the last therapy", "value", field, "progression"),))


@decided.register
def _(self: DaysSinceDose, history: History, words: Words) -> Finding:
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
        days_since = f"{count_of(bounds)} days since {agent}{_on_which_days(self, history, bounds, truth)}"
        no_day = not bounds.low and bounds.high is None
        shown.append(f"when {agent} was last given is not recorded" if no_day else days_since)
        if truth is Truth.UNKNOWN:
            missing.append(field)
        if truth is Truth.NOT_MET and bounds.high is not None and self.at_least - int(bounds.high) > days:
            days, last = self.at_least - int(bounds.high), agent
    truth = all_of(truths)
    text = f"{days} more {plural('day', days)} since the last dose of {last}"
    changes = (Change(text, "wait", amount=days),) if days else ()
    if truth is Truth.MET and history.complete is not Truth.MET:
        truth = Truth.UNKNOWN
        missing.append("therapies_complete")
    found = "; ".join(unique(shown)) or "never received"
    return Finding(
        truth,
        found,
        tuple(where) or ("therapies",),
        unique(missing) if truth is Truth.UNKNOWN else (),
        changes if truth is Truth.NOT_MET else (),
    )


def _on_which_days(self: DaysSinceDose, history: History, bounds: Bounds, truth: Truth) -> str:
    """The last dose and the first day on which the interval has passed, where it has not and both can be said."""
    if truth is Truth.MET or bounds.low is None or bounds.high is None or not history.today.exact:
        return ""
    today = history.today.earliest
    last = Span(today - timedelta(days=bounds.high), today - timedelta(days=bounds.low))
    return f", last given {last}, {self.at_least} days on {last.plus(self.at_least)}"


@decided.register
def _(self: MonthsSinceTransplant, history: History, words: Words) -> Finding:
    """Not met without a transplant, where the list is whole."""
    months, where, missing = history.months_since_transplant()
    found = "no transplant among the therapies"
    if months is not None:
        found = f"{count_of(months)} months from transplant to progression"
    if history.complete is not Truth.MET:
        found += "; the list of therapies may not be whole"
        open_ = missing if months is not None and months.at_least(self.at_least) is Truth.UNKNOWN else ()
        return Finding(Truth.UNKNOWN, found, (where,), ("therapies_complete", *open_))
    truth = Truth.NOT_MET if months is None else months.at_least(self.at_least)
    return Finding(truth, found, (where,), missing if truth is Truth.UNKNOWN else ())


@decided.register
def _(self: EarlyRelapse, history: History, words: Words) -> Finding:
    """From the dates of the first line."""
    return history.early_relapse(self.within_months_of_start, self.within_months_of_transplant)


def _count(low: int, high: int | None) -> str:
    if high is None:
        return f"at least {low} prior {plural('line', low)}; the list may not be whole"
    number = str(low) if low == high else f"{low} to {high}"
    return f"{number} prior {plural('line', high)}"


# --- fields ---------------------------------------------------------------------------------------


@decided.register
def _(self: State, history: History, words: Words) -> Finding:
    """By what is stated, or by a record that ends in progression."""
    state, where = history.state
    if state is None:
        return Finding(Truth.UNKNOWN, "state of the disease not recorded", (where,), ("disease.state",))
    return Finding(truth_of(state in self.one_of), state.replace("_", " "), (where,))


@decided.register
def _(self: Number, history: History, words: Words) -> Finding:
    """Unknown when the number is not recorded."""
    bounds, how, missing = history.with_reason(self.field)
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
    value = figure(bounds.low) if bounds.low == bounds.high else f"at most {figure(bounds.high)}"
    found = f"{words.field(self.field)} {value}{words.unit(self.field)}{f' ({how})' if how else ''}"
    changes = self._changes(history, words) if truth is Truth.NOT_MET else ()
    return Finding(truth, found, (self.field,), missing if truth is Truth.UNKNOWN else (), changes)


@decided.register
def _(self: Value, history: History, words: Words) -> Finding:
    """Unknown when the field is not recorded, and the derived fact not known."""
    if self.field == "derived.plasma_cell_leukaemia":
        fact = history.plasma_cell_leukaemia
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


@decided.register
def _(self: Frailty, history: History, words: Words) -> Finding:
    """Unknown while more than one answer remains possible."""
    possible, how, missing = history.frailty
    ranks = [_FRAILTY.index(group) for group in possible]
    bounds = Bounds(min(ranks), max(ranks))
    truths = []
    if self.at_most is not None:
        truths.append(bounds.at_most(_FRAILTY.index(self.at_most)))
    if self.at_least is not None:
        truths.append(bounds.at_least(_FRAILTY.index(self.at_least)))
    truth = all_of(truths)
    found = f"{' or '.join(possible)} ({how})" if len(possible) < 3 else f"frailty {how}"
    changes: tuple[Change, ...] = ()
    if truth is Truth.NOT_MET:
        changes = (Change(self.required(words), "value", "fitness.frailty", self.at_most or self.at_least),)
    return Finding(truth, found, ("fitness.frailty",), missing if truth is Truth.UNKNOWN else (), changes)


@decided.register
def _(self: TransplantEligible, history: History, words: Words) -> Finding:
    """Unknown when not recorded."""
    field = "fitness.transplant_eligible"
    value = history.patient.get(field)
    if value is None:
        return Finding(Truth.UNKNOWN, "transplant eligibility not recorded", (field,), (field,))
    changes = (Change(self.required(words), "value", field, self.eligible),) if value is not self.eligible else ()
    found = "eligible for transplant" if value else "not eligible for transplant"
    return Finding(truth_of(value is self.eligible), found, (field,), (), changes)


@decided.register
def _(self: NoEmergency, history: History, words: Words) -> Finding:
    """Unknown when the list is not recorded."""
    ticked = history.patient.get(_EMERGENCIES)
    if ticked is None:
        return Finding(Truth.UNKNOWN, "the list of emergencies is not recorded", (_EMERGENCIES,), (_EMERGENCIES,))
    hits = tuple(name for name in ticked if name in self.none_of)
    if not hits:
        return Finding(Truth.MET, "not in the list of emergencies", (_EMERGENCIES,))
    left = tuple(name for name in ticked if name not in hits)
    named = listed(tuple(name.replace("_", " ") for name in hits), "and")
    changes = (Change(f"{named} is over", "value", _EMERGENCIES, left),)
    return Finding(Truth.NOT_MET, f"{named} in the list of emergencies", (_EMERGENCIES,), (), changes)


# --- conditions -----------------------------------------------------------------------------------


@decided.register
def _(self: NoPregnancy, history: History, words: Words) -> Finding:
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


@decided.register
def _(self: NoToxicity, history: History, words: Words) -> Finding:
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
        Truth.MET, f"no {listed(self.events, 'or')} recorded", ("toxicities",)
    )


@decided.register
def _(self: Tolerated, history: History, words: Words) -> Finding:
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


def _not_recorded(history: History, of: tuple[str, ...]) -> Finding:
    """No toxicities on record: what was never given harmed nobody, of what was given nothing is known."""
    given = [history.exposed_to(token) for token in of]
    truth = any_of(found.truth for found in given) if of else Truth.MET
    if truth is Truth.NOT_MET:
        return Finding(Truth.MET, "never given", ("therapies",))
    whether = [field for found in given for field in found.missing] if truth is Truth.UNKNOWN else []
    return Finding(Truth.UNKNOWN, "toxicities not recorded", ("toxicities",), unique(["toxicities", *whether]))


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
    return Finding(truth, found, tuple(where) or ("toxicities",), unique(missing) if truth is Truth.UNKNOWN else ())


@decided.register
def _(self: NoSecondCancer, history: History, words: Words) -> Finding:
    """Unknown while a cancer's kind or state is not recorded, or nothing of other cancers is."""
    cancers: tuple[SecondCancer, ...] | None = history.patient.get(_CANCERS)
    ticked = history.patient.get(_TICKED)
    if cancers is None and ticked is None:
        return Finding(Truth.UNKNOWN, "second cancers not recorded", (_TICKED,), (_TICKED,))
    found = [(f"{_CANCERS}[{i}]", c, _concerns(self, c, history)) for i, c in enumerate(cancers or ())]
    if (cancers is None and ticked == "past") or (ticked == "active" and not _explained(cancers or ())):
        one = SecondCancer(state=ticked)
        # One of which the state is not recorded may be the active one.
        open_ = Truth.UNKNOWN if any(c.state is None for c in cancers or ()) else Truth.MET
        found.append((_TICKED, one, all_of([open_, _concerns(self, one, history)])))
    truth = negate(any_of(concerned for _, _, concerned in found))
    if truth is Truth.MET:
        return Finding(truth, "no such cancer recorded", (_CANCERS if cancers is not None else _TICKED,))
    return _against(self, truth, [(path, c) for path, c, concerned in found if concerned is negate(truth)])


def _against(self: NoSecondCancer, truth: Truth, deciding: list[tuple[str, SecondCancer]]) -> Finding:
    """The finding where cancers of the record stand against it, or may: each with its path."""
    said = "; ".join(f"{_cancer(c)} ({_which(path)})" for path, c in deciding)
    where = tuple(path for path, _ in deciding)
    if truth is Truth.UNKNOWN:
        return Finding(truth, said, where, unique(m for path, c in deciding for m in _unrecorded(path, c)))
    ends = bool(self.states) and "past" not in self.states
    return Finding(truth, said, where, (), tuple(_over(path, c) for path, c in deciding) if ends else ())


def _concerns(self: NoSecondCancer, cancer: SecondCancer, history: History) -> Truth:
    """Whether a cancer is one of those that are asked about."""
    kind = cancer.kind or ("unknown" if "unknown" in self.kinds else None)
    truths = [truth_of(None if kind is None else kind in self.kinds)] if self.kinds else []
    if self.states:
        state = cancer.state or ("unknown" if "unknown" in self.states else None)
        truths.append(truth_of(None if state is None else state in self.states))
    if self.after:
        truths.append(_follows(self, cancer, history))
    return all_of(truths)


def _follows(self: NoSecondCancer, cancer: SecondCancer, history: History) -> Truth:
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


@decided.register
def _(self: NoCoMedication, history: History, words: Words) -> Finding:
    """Unknown when co-medication is not recorded, and where a drug on the list is one that nobody knows."""
    taken = history.taken
    if taken is None:
        return Finding(Truth.UNKNOWN, "co-medication not recorded", ("co_medication",), ("co_medication",))
    wanted = {drug for token in self.none_of for drug in history.formulary.drugs_of(token)}
    hits = tuple(t.written for t in taken if t.drug in wanted)
    if hits:
        left = tuple(t.written for t in taken if t.written not in hits)
        changes = (Change(f"stopping {listed(hits, 'and')}", "value", "co_medication", left),)
        return Finding(Truth.NOT_MET, f"takes {listed(hits, 'and')}", ("co_medication",), (), changes)
    unknown = {f"co_medication[{i}]": t.written for i, t in enumerate(taken) if not t.drug}
    if unknown:
        found = f"{listed(tuple(unknown.values()), 'and')} not known to the catalogue"
        return Finding(Truth.UNKNOWN, found, tuple(unknown), tuple(unknown))
    return Finding(Truth.MET, "none of them taken", ("co_medication",))


@decided.register
def _(self: NoAllograft, history: History, words: Words) -> Finding:
    """Unknown where none is recorded and the list of therapies may not be whole, or holds one of unknown kind."""
    graft = history.allograft
    return Finding(negate(graft.truth), graft.found, graft.where, graft.missing)


@decided.register
def _(self: NoGvhd, history: History, words: Words) -> Finding:
    """Unknown where it is not recorded and an allogeneic transplant is not excluded."""
    recorded, name = history.patient.get(_GVHD), words.field(_GVHD)
    if recorded is not None:
        changes = (Change(self.required(words), "value", _GVHD, False),) if recorded else ()
        return Finding(truth_of(not recorded), f"{name}: {'yes' if recorded else 'no'}", (_GVHD,), (), changes)
    graft = history.allograft
    if graft.truth is Truth.NOT_MET:
        return Finding(Truth.MET, graft.found, graft.where)
    return Finding(Truth.UNKNOWN, f"{name} not recorded", (_GVHD,), (_GVHD, *graft.missing))


# --- types ----------------------------------------------------------------------------------------


@decided.register
def _(self: Not, history: History, words: Words) -> Finding:
    """The opposite; unknown stays."""
    inner = decided(self.criterion, history, words)
    return Finding(negate(inner.truth), inner.found, inner.where, inner.missing)


def _joined(self: All | Any, truth: Truth, findings: list[Finding], changes: tuple[Change, ...]) -> Finding:
    deciding = [f for f in findings if f.truth is truth] or findings
    return Finding(
        truth,
        "; ".join(unique(f.found for f in deciding)),
        unique(w for f in deciding for w in f.where),
        unique(m for f in findings if f.truth is Truth.UNKNOWN for m in f.missing) if truth is Truth.UNKNOWN else (),
        changes,
    )


@decided.register
def _(self: All, history: History, words: Words) -> Finding:
    """The weakest of them."""
    findings = [decided(c, history, words) for c in self.criteria]
    failing = [f for f in findings if f.truth is Truth.NOT_MET]
    changes = tuple(c for f in failing for c in f.changes) if all(f.changes for f in failing) else ()
    return _joined(self, all_of(f.truth for f in findings), findings, changes)


@decided.register
def _(self: Any, history: History, words: Words) -> Finding:
    """The strongest of them."""
    findings = [decided(c, history, words) for c in self.criteria]
    truth = any_of(f.truth for f in findings)
    ways = [f.changes for f in findings if f.changes] if truth is Truth.NOT_MET else []
    return _joined(self, truth, findings, min(ways, key=len, default=()))
