"""What is not recorded, and which fact would matter most: its possible outcomes are tried.

An outcome is a value that the fact could turn out to have, one for each answer that the criteria can
tell apart. What each would settle, open, close or move is what the whole advisor says with it.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import Any, Literal

from mmadvisor.case import Case
from mmadvisor.checked import Limits
from mmadvisor.criteria import MEASURED_AS, AnyCriterion, NoCoMedication, NoToxicity, Number, Tolerated, every, number
from mmadvisor.entry import hints
from mmadvisor.history import History
from mmadvisor.patient import Patient, SecondCancer, Therapy, Toxicity
from mmadvisor.places import Beside
from mmadvisor.truth import Span, Truth
from mmadvisor.verdict import Assessment

FIRST = 5
_LISTED = 3  # values that do the same are named up to this many
_FEW = 6  # whole numbers of a scale with no more steps than this are all tried


@dataclass(frozen=True)
class Outcome:
    """What the answer would be with a fact on record: for one value, or for several that do the same.

    ``setting`` lays one of these values over the record, as ``FIELD=VALUE``. ``reorders``: verdicts and options stay,
    and what is deferred, or provisional, stands in another order.
    """

    value: str
    setting: str
    settles: tuple[str, ...]
    rules_out: tuple[str, ...]
    defers: tuple[str, ...]
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    first: tuple[str, ...]
    changed: bool
    reorders: bool


@dataclass(frozen=True)
class Unknown:
    """One fact that is not recorded.

    ``gain`` adds the verdicts that it settles, over its outcomes on average, and the regimens that
    it could bring among the first five or take from them. ``decisive``: an outcome changes a verdict
    or the order; where none does, it need not be chased for this answer.
    """

    field: str
    matters_for: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    gain: int
    decisive: bool

    @property
    def settles(self) -> tuple[str, ...]:
        """The undetermined regimens that some outcome settles."""
        return tuple(dict.fromkeys(r for o in self.outcomes for r in o.settles))


def unknowns(case: Case) -> list[Unknown]:
    """Everything that is not recorded and is asked for, what could change most first."""
    matters = _matters_for(case)
    beside = Beside.of(case)
    found = [_tried(case, field, matters.get(field, ()), beside) for field in _asked(case, matters)]
    return sorted(found, key=lambda u: (-u.gain, not u.decisive, -len(u.matters_for), case.history.in_time(u.field)))


def _asked(case: Case, matters: dict[str, tuple[str, ...]]) -> Iterable[str]:
    """The fields that some regimen, the order or a label asks for."""
    fields = dict.fromkeys(matters)
    fields |= dict.fromkeys(case.ranker.fields_not_known())
    return fields


def _matters_for(case: Case) -> dict[str, tuple[str, ...]]:
    """The regimens that a field is asked for: those it leaves undetermined, then those whose caution hangs on it."""
    found: dict[str, list[str]] = {}
    for a in case.assessments:
        for field in a.missing if a.verdict == "undetermined" else ():
            found.setdefault(field, []).append(a.regimen.id)
    for ranked in case.ranked:
        for result in ranked.assessment.cautions:
            for field in result.finding.missing if result.finding.truth is Truth.UNKNOWN else ():
                regimens = found.setdefault(field, [])
                if ranked.assessment.regimen.id not in regimens:
                    regimens.append(ranked.assessment.regimen.id)
    for a in case.assessments:
        for field in _of_what_is_recorded(a) if a.verdict not in ("ineligible", "undetermined") else ():
            regimens = found.setdefault(field, [])
            if a.regimen.id not in regimens:
                regimens.append(a.regimen.id)
    return {field: tuple(regimens) for field, regimens in found.items()}


def _of_what_is_recorded(assessment: Assessment) -> Iterator[str]:
    """The fields that would tell what something on record is, where it may close a regimen."""
    for result in assessment.beside:
        if result.finding.where != result.finding.missing:
            yield from result.finding.missing


def _tried(case: Case, field: str, matters_for: tuple[str, ...], beside: Beside) -> Unknown:
    alike: dict[tuple[object, object], Outcome] = {}
    effects: list[tuple[Any, Outcome]] = []
    for value in possible_values(case, field):
        decisions = case.decisions_knowing(field, value)
        # What turns the same criteria the same way gives the same answer, unless the order itself reads the field.
        turned = frozenset(decisions.turned.items())
        read = case.ranker.reads(field) or case.assessor.reads(field)
        key = (turned, value if read else None)
        if key not in alike:
            alike[key] = _outcome(case, case.decided(decisions) if turned or read else case, field, beside)
        effects.append((value, alike[key]))
    settled = sum(len(o.settles) for _, o in effects) / max(1, len(effects))
    now = set(case.order[:FIRST])
    moved = {r for _, o in effects for r in now.symmetric_difference(o.first)}
    decisive = any(o.changed for _, o in effects)
    return Unknown(field, matters_for, tuple(_joined(field, effects)), ceil(settled) + len(moved), decisive)


def _outcome(case: Case, then: Case, field: str, beside: Beside) -> Outcome:
    """``beside``: what is deferred, or provisional, as it stands today."""
    verdicts = [(b.regimen.id, b.verdict, a.verdict) for b, a in zip(case.assessments, then.assessments, strict=True)]
    before, after = case.order, then.order
    changed = before != after or any(was != now for _, was, now in verdicts)
    # Where the options stay as they are, what waits may still stand in another order.
    reorders = not changed and then is not case and beside.differs(field, then)
    return Outcome(
        value="",
        setting="",
        settles=tuple(r for r, was, now in verdicts if was == "undetermined" != now),
        rules_out=tuple(r for r, was, now in verdicts if was == "undetermined" and now == "ineligible"),
        defers=tuple(r for r, was, now in verdicts if was == "undetermined" and now == "deferred"),
        opens=tuple(r for r in after if r not in before),
        closes=tuple(r for r in before if r not in after),
        first=tuple(after[:FIRST]),
        changed=changed,
        reorders=reorders,
    )


def _joined(field: str, effects: list[tuple[Any, Outcome]]) -> Iterator[Outcome]:
    """Outcomes with the values that lead to them: numbers and days that follow each other as a range."""
    groups: list[tuple[list[Any], Outcome]] = []
    for value, outcome in effects:
        ordered = isinstance(value, int | float | Span) and not isinstance(value, bool)
        held = next((g for g in (groups[-1:] if ordered else groups) if g[1] == outcome), None)
        if held:
            held[0].append(value)
        else:
            groups.append(([value], outcome))
    for i, (values, outcome) in enumerate(groups):
        first, last = _shown(values[0]), _shown(values[-1])
        if not isinstance(values[0], int | float | Span) or isinstance(values[0], bool):
            listed = [_shown(v) for v in values]
            said = " or ".join(listed[:_LISTED]) + (
                f" or {len(listed) - _LISTED} like these" if listed[_LISTED:] else ""
            )
        elif len(groups) == 1:
            said = f"any, {first} to {last}" if first != last else first
        elif first == last:
            said = first
        elif i == 0:
            said = f"up to {last}"
        else:
            said = f"from {first}" if i == len(groups) - 1 else f"{first} to {last}"
        example = values[-1] if i == 0 else values[0]
        yield replace(outcome, value=said, setting=f"{field}={_written(example)}")


# --- what a fact could turn out to be -----------------------------------------------------------


def possible_values(case: Case, field: str) -> list[Any]:
    """Values of a field, one at least for each answer that the criteria asked of this patient can tell apart."""
    if field == "therapies_complete":
        return [True]
    if field.startswith("therapies["):
        return _of_therapy(case.history, field)
    if field.startswith("toxicities[") and field.endswith(".agent"):
        given = dict.fromkeys(e.agent.id for e in case.history.exposures if not e.agent.supportive)
        return list(given)
    if field == "fitness.frailty":
        return list(case.history.frailty[0])
    if field in ("toxicities", "co_medication"):
        return _of_list(case, field)
    if field.startswith("co_medication["):
        return _drugs(case)
    if field == "comorbidities.second_cancers":
        return [(SecondCancer(kind=kind, state="active"),) for kind in _choices(_hint(f"{field}.kind"))]
    if field == "comorbidities.dialysis" and _kidneys_work(case.history):
        return [False]
    hint = _hint(field)
    if hint is None:
        return []
    choices = _choices(hint)
    if choices:
        return choices
    limits = next((a for a in typing.get_args(hint) if isinstance(a, Limits)), None)
    return _numbers(case, field, limits) if limits else []


def _kidneys_work(history: History) -> bool:
    """Whether the clearance is known to be one that nobody on dialysis has."""
    clearance, _, _ = history.creatinine_clearance
    limit = history.definitions.dialysis_clearance_at_most.value
    return clearance is not None and clearance.low is not None and clearance.low > limit


def _hint(field: str) -> Any:
    """The annotation of a field without its ``None``."""
    *above, name = [step.partition("[")[0] for step in field.split(".")]
    record = Patient.record_at(above)
    if record is None or name not in record.defaults():
        return None
    hint = hints(record)[name]
    rest = [a for a in typing.get_args(hint) if a is not type(None)]
    return rest[0] if type(None) in typing.get_args(hint) else hint


def _choices(hint: Any) -> list[Any]:
    if hint is bool:
        return [True, False]
    if typing.get_origin(hint) is Literal:
        return list(typing.get_args(hint))
    return []


def _numbers(case: Case, field: str, limits: Limits) -> list[Any]:
    """A value on either side of each limit that is asked, and the ends of what is usual."""
    low, high = limits.usual or (limits.low, limits.high)
    whole = typing.get_args(_hint(field))[0] is int
    if whole and limits.high - limits.low <= _FEW:
        return list(range(int(limits.low), int(limits.high) + 1))
    step = 1 if whole else 0.1
    tried = {low, high}
    for limit in set(_limits_asked(case, field)):
        tried |= {limit - step, limit, limit + step}
    kept = sorted(min(max(v, limits.low), limits.high) for v in tried)
    return list(dict.fromkeys(int(v) if whole else round(v, 2) for v in kept))


def _limits_asked(case: Case, field: str) -> Iterator[float]:
    for criterion in _criteria(case):
        if isinstance(criterion, Number):
            asked = (criterion.at_least, criterion.at_most, criterion.above, criterion.below)
            limits = [limit for limit in asked if limit is not None]
            if field in (criterion.field, MEASURED_AS.get(criterion.field)):
                yield from limits
            elif criterion.field in MEASURED_AS:
                yield from _leading_to(case.history, criterion.field, limits, field)
    for item in case.history.definitions.frailty_items:
        if item.field == field:
            yield from (limit for limit in (item.above, item.at_most) if limit is not None)
    if field == "demographics.age":
        yield case.history.definitions.postmenopausal_from_age.value
    yield from case.ranker.limits_of(field)


def _leading_to(history: History, derived: str, limits: list[float], field: str) -> Iterator[float]:
    """The values of a field at which a number that is derived from it crosses limits."""
    hint = _hint(field)
    within = next((a for a in typing.get_args(hint) if isinstance(a, Limits)), None)
    if within is None or field not in number(history, derived)[2]:
        return
    whole = typing.get_args(hint)[0] is int

    def at(value: float) -> float | None:
        told = history.patient.with_value(field, round(value) if whole else value)
        bounds, _, _ = number(history.of_patient(told), derived)
        return bounds.low if bounds is not None and bounds.low == bounds.high else None

    step = 1 if whole else 0.1
    ends = within.usual or (within.low, within.high)
    if (at(ends[0]) is None) is not (at(ends[1]) is None):
        # Beyond some value nothing is derived any more, as of a creatinine that may be new.
        known = at(ends[0]) is not None
        low, high = ends
        while high - low > step:
            middle = (low + high) / 2
            low, high = (middle, high) if (at(middle) is not None) is known else (low, middle)
        yield round(high) if whole else round(high, 1)
        ends = (ends[0], low) if known else (high, ends[1])
    first, last = (at(end) for end in ends)
    if first is None or last is None:
        return
    for limit in limits:
        low, high = ends
        if (first < limit) is (last < limit):
            continue
        while high - low > step:
            middle = (low + high) / 2
            beyond = at(middle)
            if beyond is None:
                return
            low, high = (middle, high) if (beyond < limit) is (first < limit) else (low, middle)
        yield round(low) if whole else round(low, 1)


def _criteria(case: Case) -> Iterator[AnyCriterion]:
    yield from every(tuple(case.assessor.decisions.asked.values()))


def _of_list(case: Case, field: str) -> list[Any]:
    """No item; and of those that a criterion asks about, each alone."""
    tried: list[Any] = [()]
    # Of what is closed anyway no event need be tried.
    live = {
        r.criterion.question
        for a in case.assessments
        for r in (a.results if not a.failing else ())
        if field in r.finding.missing
    }
    if field == "co_medication":
        return [*tried, *((drug,) for drug in _drugs(case))]
    for criterion in _criteria(case):
        if field != "toxicities" or criterion.question not in live:
            continue
        if isinstance(criterion, Tolerated):
            severe = int(case.history.definitions.severe_from_grade.value)
            tried.append((Toxicity(agent=criterion.agent, event="adverse event", grade=severe),))
        if isinstance(criterion, NoToxicity):
            members = sorted(a for t in criterion.of for a in case.catalogue.formulary.members(t))
            given = [a for a in members if case.history.exposed_to(a).truth is not Truth.NOT_MET]
            agent = next(iter(given or members), None)
            tried.append((Toxicity(agent=agent, event=criterion.events[0], grade=criterion.below_grade),))
    return [value for i, value in enumerate(tried) if value not in tried[:i]]


def _drugs(case: Case) -> list[str]:
    """Drugs that may be taken, one for each group that a criterion asks about or that does something to an agent."""
    asked = [c for c in _criteria(case) if isinstance(c, NoCoMedication)]
    named = [next(iter(case.catalogue.formulary.drugs_of(c.none_of[0]))) for c in asked]
    live = (a.regimen for a in case.assessments if not a.failing)
    return list(dict.fromkeys([*named, *case.assessor.interactions.examples(live)]))


def _of_therapy(history: History, field: str) -> list[Any]:
    index = int(field.removeprefix("therapies[").partition("]")[0])
    name = field.partition(".")[2]
    therapy = history.patient.therapies[index]
    if name in ("start", "stop", "progressed_on"):
        return list(_days(history, therapy, name))
    hint = hints(Therapy).get(name)
    rest = [a for a in typing.get_args(hint) if a is not type(None)]
    return _choices(rest[0]) if rest else []


def _days(history: History, therapy: Therapy, name: str) -> Iterator[Span]:
    """The first and the last day that it could have been, and those round one cycle and the refractory window."""
    held = getattr(therapy, name)
    start = therapy.start.earliest if therapy.start else history.as_of - timedelta(days=3650)
    within = held if isinstance(held, Span) else Span(start, history.as_of)
    window = timedelta(days=history.definitions.refractory_window_days.value)
    one = timedelta(days=1)
    tried = {within.earliest, within.latest}
    if name == "progressed_on":
        for last in (g.stop or therapy.stop for g in therapy.given):
            if isinstance(last, Span):
                tried |= {edge + window + more for edge in (last.earliest, last.latest) for more in (one * 0, one)}
    if name == "stop" and therapy.start is not None:
        cycle = timedelta(days=history.definitions.one_cycle_days.value)
        tried |= {therapy.start.latest + cycle - one, therapy.start.earliest + cycle}
    if name == "stop" and therapy.progressed_on is not None:
        day = therapy.progressed_on
        tried |= {edge - window - more for edge in (day.earliest, day.latest) for more in (one * 0, one)}
    for tried_day in sorted(tried):
        if within.earliest <= tried_day <= within.latest:
            yield Span.day(tried_day)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(v if isinstance(v, str) else _item(v) for v in value) or "none"
    return str(value).replace("_", " ")


def _written(value: Any) -> str:
    """A value as it stands in a patient file."""
    if isinstance(value, tuple):
        told = [v if isinstance(v, str) else {k: x for k, x in v.contents() if x is not None} for v in value]
        return json.dumps(told)
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _item(item: Toxicity | SecondCancer) -> str:
    if isinstance(item, SecondCancer):
        return f"{item.kind}, {item.state}"
    agent = f" on {item.agent}" if item.agent else ""
    return f"{item.event}{agent}, grade {item.grade}"
