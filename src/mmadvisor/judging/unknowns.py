"""Missing facts, and which of them matters most: the program tries the possible values of each fact.

An outcome is a value that a fact could have. For each result that a criterion could give, at least one value is tried.
The whole answer is computed with each value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from math import ceil
from typing import Any, NamedTuple

from mmadvisor.base.known import Span, Truth
from mmadvisor.base.records import Entry
from mmadvisor.criteria.base import Criterion
from mmadvisor.formats.paths import item_in
from mmadvisor.formats.patient import Given, MProtein, SecondCancer, Toxicity
from mmadvisor.judging.case import Case
from mmadvisor.judging.places import Beside
from mmadvisor.judging.verdict import Assessment

FIRST = 5
_LISTED = 3  # the most values with the same effect that are named


class Outcome(NamedTuple):
    """The answer if a missing fact had one particular value, or one of several values with the same effect.

    ``setting``: one of these values as ``FIELD=VALUE``. ``turned``: all verdicts that change, before and after.
    ``reorders_waiting``: verdicts and options stay, but deferred or provisional regimens change their order.
    """

    value: str
    setting: str
    settles: tuple[str, ...]
    rules_out: tuple[str, ...]
    defers: tuple[str, ...]
    opens: tuple[str, ...]
    closes: tuple[str, ...]
    first: tuple[str, ...]
    turned: tuple[tuple[str, str, str], ...]
    reordered: bool
    reorders_waiting: bool

    @property
    def changed(self) -> bool:
        """Whether any verdict, or the order, changes."""
        return bool(self.turned) or self.reordered


class Unknown(NamedTuple):
    """One missing fact.

    - ``gain``: the mean number of verdicts that the fact decides, over its outcomes, plus the number of regimens that
      could enter or leave the first five.
    - ``decisive``: at least one outcome changes a verdict or the order.
    - ``tried``: every criterion that uses the fact named values to try, or none uses it. If a tried fact is not
      decisive, this answer does not need it. If a fact was not tried, its effect is unknown.
    """

    field: str
    matters_for: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    gain: int
    decisive: bool
    tried: bool

    @property
    def settles(self) -> tuple[str, ...]:
        """The undetermined regimens that at least one outcome would decide."""
        return tuple(dict.fromkeys(r for o in self.outcomes for r in o.settles))


# Why: docs/explanation/missing-facts.md
def unknowns(case: Case, also: Mapping[str, tuple[str, ...]] | None = None) -> list[Unknown]:
    """Every missing fact that a criterion or the order uses; the fact that could change most comes first.

    Facts that could not be tried come before facts that change nothing. ``also``: fields that regimens need before the
    first dose, although no verdict uses them.
    """
    of_verdicts = _matters_for(case)
    matters = {**(also or {}), **of_verdicts}
    fields = _asked(case, matters)
    asking = _asking(case) if fields else {}
    beside = Beside.of(case)
    found = [_tried(case, field, matters.get(field, ()), asking.get(field, ()), beside) for field in fields]
    # A field that no verdict and no order reads has nothing to try: that it changes neither is known.
    used = of_verdicts.keys() | asking.keys() | set(case.ranker.fields_not_known())
    found = [u if u.field in used else u._replace(tried=True) for u in found]
    in_time = case.history.in_time
    return sorted(found, key=lambda u: (-u.gain, not u.decisive, u.tried, -len(u.matters_for), in_time(u.field)))


def _asked(case: Case, matters: dict[str, tuple[str, ...]]) -> dict[str, None]:
    """The fields that a regimen, the order or a label needs."""
    fields = dict.fromkeys(matters)
    fields |= dict.fromkeys(case.ranker.fields_not_known())
    return fields


def _matters_for(case: Case) -> dict[str, tuple[str, ...]]:
    """The regimens for each field: those it leaves undetermined, then those with a caution that depends on it."""
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


# Why: docs/explanation/missing-facts.md#which-fields-are-missing
def _of_what_is_recorded(assessment: Assessment) -> Iterator[str]:
    """The missing details of recorded findings, such as an event without its grade.

    Only those that may close a regimen or be a strong caution.
    """
    for result in assessment.beside:
        if (result.criterion.closes or result.criterion.strong) and result.finding.where != result.finding.missing:
            yield from result.finding.missing


def _asking(case: Case) -> dict[str, list[Criterion]]:
    """The criteria of regimens and of the order that depend on each field; a joined criterion is split into its parts.

    Criteria of closed regimens are left out, because no missing fact can open a closed regimen.
    """
    assessor, of_the_order = case.assessor, case.ranker.published.asked
    decisions = assessor.decisions
    asked = 0
    for a in case.assessments:
        if not (a.failing and a.verdict == "ineligible"):
            asked |= assessor.asked_of(a.regimen.id)
    found: dict[str, dict[str, Criterion]] = {}
    for question, finding in decisions.findings.items():
        of_a_regimen = assessor.book.bits((question,)) & asked
        if finding.truth is Truth.UNKNOWN and (of_a_regimen or question in of_the_order):
            for part, missing in _parts(case, decisions.asked[question], finding.missing):
                for field in missing:
                    found.setdefault(field, {})[part.question] = part
    return {field: list(parts.values()) for field, parts in found.items()}


def _parts(case: Case, criterion: Criterion, missing: tuple[str, ...]) -> Iterator[tuple[Criterion, tuple[str, ...]]]:
    """The unknown parts of a criterion, each with its missing fields."""
    if not criterion.parts():
        yield criterion, missing
    for part in criterion.parts():
        finding = part.decide(case.history, case.catalogue.words)
        if finding.truth is Truth.UNKNOWN:
            yield from _parts(case, part, finding.missing)


def tries(case: Case, field: str) -> list[Any]:
    """The values to try for a field, in order: at least one for each result of the criteria that use it."""
    return _values(case, field, _asking(case).get(field, ()))[0]


def _values(case: Case, field: str, asking: Iterable[Criterion]) -> tuple[list[Any], bool]:
    """The values to try, and whether every criterion that reads the field named some."""
    said = [criterion.tries(field, case.history) for criterion in asking]
    of_the_order = case.ranker.tries(field)
    if field in case.ranker.fields_not_known():
        said.append(of_the_order)
    if taken := _drugs_beside(case, field):
        said.append(taken)
    found: dict[str, Any] = {}
    for value in (v for values in (*said, of_the_order) for v in values):
        found.setdefault(_written(value), value)
    values = list(found.values())
    if all(_is_number(value) for value in values):
        values.sort()
    elif all(isinstance(value, Span) for value in values):
        values.sort(key=lambda day: day.earliest)
    return values, bool(said) and all(said)


def _drugs_beside(case: Case, field: str) -> tuple[Any, ...]:
    """Drugs that may be taken, one for each group that interacts with an agent of a regimen that is not closed."""
    item = item_in(field)
    if (item.field if item else field) != "co_medication":
        return ()
    live = (a.regimen for a in case.assessments if not a.failing)
    drugs = case.assessor.interactions.examples(live)
    return tuple(drugs) if item else tuple((drug,) for drug in drugs)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tried(
    case: Case, field: str, matters_for: tuple[str, ...], asking: Iterable[Criterion], beside: Beside
) -> Unknown:
    alike: dict[tuple[object, object], Outcome] = {}
    effects: list[tuple[Any, Outcome]] = []
    values, tried = _values(case, field, asking)
    for value in values:
        decisions = case.decisions_knowing(field, value)
        # Values that turn the same criteria the same way have the same answer, unless the order reads the field.
        turned = frozenset(decisions.turned.items())
        read = case.ranker.reads(field) or case.assessor.reads(field)
        key = (turned, value if read else None)
        if key not in alike:
            alike[key] = _outcome(case, case.decided(decisions) if turned or read else case, field, beside)
        effects.append((value, alike[key]))
    on = case.history.as_of.isoformat() if case.history.needs_a_day(field) else ""
    outcomes = tuple(_joined(field, effects, on))
    settled = sum(len(o.settles) for o in outcomes) / max(1, len(outcomes))
    now = set(case.order[:FIRST])
    moved = {r for o in outcomes for r in now.symmetric_difference(o.first)}
    decisive = any(o.changed for o in outcomes)
    return Unknown(field, matters_for, outcomes, ceil(settled) + len(moved), decisive, tried)


def _outcome(case: Case, then: Case, field: str, beside: Beside) -> Outcome:
    """The outcome of a fact; ``beside`` holds the deferred and provisional regimens of today."""
    verdicts = [(b.regimen.id, b.verdict, a.verdict) for b, a in zip(case.assessments, then.assessments, strict=True)]
    before, after = case.order, then.order
    turned = tuple((r, was, now) for r, was, now in verdicts if was != now)
    # If the options are the same, deferred or provisional regimens may still change their order.
    stays = not turned and before == after
    return Outcome(
        value="",
        setting="",
        settles=tuple(r for r, was, now in verdicts if was == "undetermined" != now),
        rules_out=tuple(r for r, was, now in verdicts if was == "undetermined" and now == "ineligible"),
        defers=tuple(r for r, was, now in verdicts if was == "undetermined" and now == "deferred"),
        opens=tuple(r for r in after if r not in before),
        closes=tuple(r for r in before if r not in after),
        first=tuple(after[:FIRST]),
        turned=turned,
        reordered=before != after,
        reorders_waiting=stays and then is not case and beside.differs(field, then),
    )


def _joined(field: str, effects: list[tuple[Any, Outcome]], on: str = "") -> Iterator[Outcome]:
    """Outcomes with the same effect as one; consecutive numbers and days as a range.

    ``on`` is the day that a value must carry to count, if the recorded day is too old.
    """
    groups: list[tuple[list[Any], Outcome]] = []
    for value, outcome in effects:
        ordered = _is_number(value) or isinstance(value, Span)
        held = next((g for g in (groups[-1:] if ordered else groups) if g[1] == outcome), None)
        if held:
            held[0].append(value)
        else:
            groups.append(([value], outcome))
    for i, (values, outcome) in enumerate(groups):
        first, last = _shown(values[0]), _shown(values[-1])
        if not (_is_number(values[0]) or isinstance(values[0], Span)):
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
        told = f"{{value: {_written(example)}, on: {on}}}" if on else _written(example)
        yield outcome._replace(value=said, setting=f"{field}={told}")


# --- values in words ----------------------------------------------------------------------------


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(map(_item, value)) or "none"
    return str(value).replace("_", " ")


def _written(value: Any) -> str:
    """A value as a patient file writes it."""
    if isinstance(value, tuple):
        return json.dumps([_plain(v) for v in value])
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _plain(item: Any) -> Any:
    """An item of a list as a patient file writes it, without what is not recorded."""
    if not isinstance(item, Entry):
        return item
    return {k: v.written if isinstance(v, Span) else v for k, v in item.contents() if v is not None}


def _item(item: Any) -> str:
    """An item of a list in words."""
    if isinstance(item, Toxicity):
        agent = f" on {item.agent}" if item.agent else ""
        grade = f", grade {item.grade}" if item.grade is not None else ""
        return f"{item.event}{agent}{grade}"
    if isinstance(item, SecondCancer):
        return ", ".join(part for part in (item.kind, item.state) if part)
    if isinstance(item, MProtein):
        return "not measured" if item.serum_g_per_l is None else f"{item.serum_g_per_l:g} g/L in the serum"
    return item.agent or "an unknown drug" if isinstance(item, Given) else str(item)
