"""Possible values of a missing field: values on both sides of every limit that a criterion or the order uses.

The limits come from the caller: each criterion, the order, the history. This module finds the values that the format
allows (words, numbers), and the values that the record of therapies leaves possible. It decides nothing.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from math import ceil, floor
from typing import Any, Literal, NamedTuple

from mmadvisor.base.known import Span
from mmadvisor.base.records import hints
from mmadvisor.base.validation import Limits
from mmadvisor.formats.paths import OfTherapy, of_therapy
from mmadvisor.formats.patient import PLACEBO, Given, Patient
from mmadvisor.history.history import History
from mmadvisor.history.record import DAYS_A_MONTH

_FEW = 6  # the whole numbers of a scale with no more steps than this are all tried
_LONGEST = timedelta(days=3650)  # how far back a day is tried of which nothing is recorded
_A_DAY = timedelta(days=1)
_DAYS = ("start", "stop", "progressed_on", "best_response_on")


# Derived numbers and facts, and the field that a measurement of them would stand in.
MEASURED_AS = {
    "derived.plasma_cell_leukaemia": "disease.plasma_cell_leukaemia",
    "derived.creatinine_clearance_ml_per_min": "labs.creatinine_clearance_ml_per_min",
    "derived.polyclonal_igg_g_per_l": "labs.igg_g_per_l",
    "derived.body_mass_index": "demographics.weight_kg",
    "derived.serum_m_protein_g_per_l": "disease.m_protein",
    "derived.involved_flc_ratio": "disease.flc_ratio",
    "derived.iga_isotype": "disease.isotype",
    "derived.nyha_iiib_or_iv": "comorbidities.nyha_class",
    "derived.hypercalcaemia": "labs.calcium_mmol_per_l",
}

# Those of them that are so or not so, whatever the field holds.
FACTS = frozenset(
    {"derived.plasma_cell_leukaemia", "derived.iga_isotype", "derived.nyha_iiib_or_iv", "derived.hypercalcaemia"}
)


# --- by the format ------------------------------------------------------------------------------


class Scale(NamedTuple):
    """The lowest and highest allowed number of a field, its usual range, and the step in which it is recorded."""

    low: float
    high: float
    usual: tuple[float, float]
    step: float

    def rounded(self, value: float) -> float:
        """A number as it would be recorded: whole, or with one decimal."""
        return round(value) if self.step == 1 else round(value, 1)


def scale(path: str) -> Scale | None:
    """The scale of a field such as ``labs.lvef_percent``; ``None`` if the field is not a number."""
    for hint in _alternatives(path):
        limits = next((a for a in typing.get_args(hint) if isinstance(a, Limits)), None)
        if limits is not None:
            step = 1 if typing.get_args(hint)[0] is int else 0.1
            return Scale(limits.low, limits.high, limits.usual or (limits.low, limits.high), step)
    return None


def words(path: str) -> tuple[bool | str, ...]:
    """Every word that a field may have, or ``True`` and ``False``; empty for a field of any other type."""
    for hint in _alternatives(path):
        if hint is bool:
            return (True, False)
        if typing.get_origin(hint) is Literal:
            return typing.get_args(hint)
    return ()


def words_left(history: History, path: str) -> tuple[bool | str, ...]:
    """The words that a field may still have: all of them, but no dialysis if the creatinine clearance excludes it."""
    if path == "comorbidities.dialysis":
        clearance, _, _ = history.creatinine_clearance
        limit = history.definitions.dialysis_clearance_at_most.value
        if clearance is not None and clearance.low is not None and clearance.low > limit:
            return (False,)
    return words(path)


def _alternatives(path: str) -> Iterator[Any]:
    """The types that the format allows for a field, without ``None``; empty if there is no such field."""
    *above, name = [step.partition("[")[0] for step in path.split(".")]
    record = Patient.record_at(above)
    if record is None or name not in record.defaults():
        return
    hint = hints(record)[name]
    several = typing.get_origin(hint) in (typing.Union, types.UnionType)
    yield from (a for a in typing.get_args(hint) if a is not type(None)) if several else (hint,)


def either_side(path: str, limits: Iterable[float]) -> tuple[float, ...]:
    """Numbers at each limit and just below and above it, with the ends of the usual range.

    If the scale has only a few numbers, all of them. Empty if the field is not a number.
    """
    found = scale(path)
    if found is None:
        return ()
    if found.step == 1 and found.high - found.low <= _FEW:
        return tuple(range(int(found.low), int(found.high) + 1))
    near = {limit + more for limit in limits for more in (-found.step, 0, found.step)}
    kept = sorted(min(max(v, found.low), found.high) for v in near.union(found.usual))
    return tuple(dict.fromkeys(int(v) if found.step == 1 else round(v, 2) for v in kept))


# --- by the record of therapies -----------------------------------------------------------------


def of_record(history: History, path: str) -> tuple[Any, ...]:
    """Possible values of a field of the record of therapies; empty for other fields, and if no values can be tried."""
    if path not in history.tried:
        history.tried[path] = tuple(_of_record(history, path))
    return history.tried[path]


def _of_record(history: History, path: str) -> Iterable[Any]:
    if path == "therapies_complete":
        return (True,)
    field = of_therapy(path)
    if field is None:
        return ()
    if field.name in _DAYS:
        return days(history, path, _windows(history, field))
    if field.name == "agents":
        return _agents_meant(history, field.entry)
    if field.name in ("refractory_to", "not_refractory_to"):
        return _declared(history, field)
    if field.name == "line":
        return tuple(range(1, 1 + max((n for n in history.lines.of_entry if n is not None), default=0)))
    return words(path)


def days(history: History, path: str, limits: Iterable[date] = ()) -> tuple[Span, ...]:
    """The first and the last possible day of a date of a therapy, and each limit with the day after it.

    Empty if the path is not such a date.
    """
    field = of_therapy(path)
    if field is None or field.name not in _DAYS:
        return ()
    within = _within(history, field)
    tried = {within.earliest, within.latest} | {day + more for day in limits for more in (0 * _A_DAY, _A_DAY)}
    return tuple(Span.day(day) for day in sorted(tried) if within.earliest <= day <= within.latest)


def transplants(history: History) -> list[int]:
    """The indices of the entries that are or may be transplants, in order of time."""
    found = {e.entry for e in history.exposures if e.role in ("conditioning", "unclear")}
    return [i for i in history.treatments if i in found or history.patient.therapies[i].intent == "transplant"]


def months_apart(history: History, path: str, intervals: Iterable[tuple[int, float]]) -> tuple[Span, ...]:
    """Days to try for a date, if a criterion counts the months from the start of an entry to a later progression.

    The interval is then just below and just above the limit. ``intervals``: the index of each such entry, with the
    limit in months. ``path``: the start of this entry, or the progression of the same or a later entry.
    """
    field = of_therapy(path)
    if field is None or field.entry not in history.treatments:
        return ()
    limits: list[date] = []
    therapies, order = history.patient.therapies, history.treatments
    for entry, months in intervals:
        least, most = ceil(months * DAYS_A_MONTH), floor(months * DAYS_A_MONTH)
        if field.name == "start" and field.entry == entry:
            for day in (edge for t in therapies for edge in _edges(t.progressed_on)):
                limits += [day - timedelta(days=least), day - timedelta(days=most + 1)]
        if field.name == "progressed_on" and order.index(entry) <= order.index(field.entry):
            for day in _edges(therapies[entry].start):
                limits += [day + timedelta(days=least - 1), day + timedelta(days=most)]
    return days(history, path, limits)


def _within(history: History, field: OfTherapy) -> Span:
    """The span of a date, as recorded; otherwise from the start of the therapy (or years ago) to its end or today."""
    therapy = history.patient.therapies[field.entry]
    listed = (therapy.agents or ())[field.agent] if field.agent is not None else None
    own = listed if isinstance(listed, Given) else None
    held = getattr(own or therapy, field.name)
    if isinstance(held, Span):
        return held
    start, stop = (own and own.start) or therapy.start, (own and own.stop) or therapy.stop
    last = stop.latest if field.name == "start" and isinstance(stop, Span) else history.as_of
    first = start.earliest if start and field.name != "start" else last - _LONGEST
    return Span(min(first, last), last)


def _windows(history: History, field: OfTherapy) -> Iterator[date]:
    """For each limit that the history applies to a date, such as the refractory window, the last day before it."""
    definitions = history.definitions
    window = timedelta(days=definitions.refractory_window_days.value)
    cycle = timedelta(days=definitions.one_cycle_days.value)
    therapy = history.patient.therapies[field.entry]
    if field.name == "progressed_on":
        soon = timedelta(days=ceil(definitions.car_t_doubtful_months.value * DAYS_A_MONTH) - 1)
        begun = therapy.start.latest if therapy.start else history.as_of
        for exposure in history.exposures:
            for edge in _edges(exposure.last) if exposure.start is None or exposure.start.earliest <= begun else ():
                yield edge + window
                if exposure.agent.modality in definitions.one_time_modalities:
                    yield edge + soon
    if field.name == "stop":
        for other in history.patient.therapies:
            yield from (edge - window - _A_DAY for edge in _edges(other.progressed_on))
        yield from (edge + cycle - _A_DAY for edge in _edges(therapy.start))
    if field.name == "start":
        yield from (edge - cycle for edge in _edges(therapy.stop))
        tandem = timedelta(days=int(definitions.tandem_months.value * DAYS_A_MONTH))
        yield from (edge + tandem for other in history.patient.therapies for edge in _edges(other.start))


def _edges(day: object) -> tuple[date, ...]:
    return (day.earliest, day.latest) if isinstance(day, Span) else ()


def _declared(history: History, field: OfTherapy) -> Iterator[tuple[Any, ...]]:
    """The value to try for a declaration of the clinician on a therapy: all agents of the therapy are declared."""
    therapy = history.patient.therapies[field.entry]
    asked = [e.agent for e in history.exposures if e.entry == field.entry]
    agents = tuple(a.id for a in asked if not (a.steroid or a.supportive))
    if agents:
        yield (*(getattr(therapy, field.name) or ()), *agents)


def _agents_meant(history: History, entry: int) -> Iterator[tuple[str | Given, ...]]:
    """Possible agents of a therapy in which a class is declared refractory, but no agent of the class is listed.

    They are the listed agents with one agent of the class added; one value for each agent of the class.
    """
    therapy = history.patient.therapies[entry]
    held = {given.agent for given in therapy.given}
    for token in therapy.refractory_to or ():
        members = history.formulary.members(token) if token in history.formulary.class_by_id else frozenset()
        if members.isdisjoint(held):
            yield from ((*(therapy.agents or ()), agent) for agent in sorted(members))


def drugs_meant(history: History, path: str, tokens: Iterable[str]) -> Iterator[tuple[str | Given, ...]]:
    """The agents of a therapy with an unknown drug replaced by possible drugs.

    ``tokens`` are the agents and classes that a criterion asks about. In turn, the unknown drug becomes one agent of
    each token, and an agent of none of them. If ``tokens`` is empty, the agents that were given at another time are
    used in their place. If the drug may have been a placebo, it is also left out.
    """
    field = of_therapy(path)
    if field is None or field.name != "agents":
        return
    agents = history.patient.therapies[field.entry].agents or ()
    asked = [history.formulary.members(token) for token in tokens]
    asked = asked or [frozenset({e.agent.id}) for e in history.exposures]
    for unnamed in history.unnamed:
        if unnamed.entry == field.entry:
            others = unnamed.candidates.difference(*asked)
            meant = [min(found) for members in (*asked, others) if (found := unnamed.candidates & members)]
            yield from _named(agents, dict.fromkeys(meant))


def _named(agents: tuple[str | Given, ...], meant: Iterable[str]) -> Iterator[tuple[str | Given, ...]]:
    """The agents of a therapy, with each unknown drug replaced by each agent in ``meant``.

    A drug that may have been a placebo is also left out.
    """
    for place, given in enumerate(agents):
        if not isinstance(given, Given) or given.agent is not None:
            continue
        before, after = agents[:place], agents[place + 1 :]
        dated = given.start is not None or given.stop is not None
        for agent in meant:
            known = Given(agent=agent, start=given.start, stop=given.stop)
            yield (*before, known if dated else agent, *after)
        if PLACEBO in (given.one_of or ()) and (before or after):
            yield (*before, *after)


# --- frailty ------------------------------------------------------------------------------------


def of_frailty(history: History, path: str) -> tuple[Any, ...]:
    """The frailty groups that remain possible, or numbers on both sides of each limit of an item of the score."""
    if path == "fitness.frailty":
        return history.frailty[0]
    items = [item for item in history.definitions.frailty_items if item.field == path]
    limits = [limit for item in items for limit in (item.above, item.at_most) if limit is not None]
    return either_side(path, limits) if items else ()
