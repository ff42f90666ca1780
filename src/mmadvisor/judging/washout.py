"""How long a drug must be stopped before cells are collected and infused, with dates from the patient's drugs.

Sources disagree, and every source is kept. If a last dose is known only to the month, the earliest and the latest
possible day are given. If it is not recorded, there is no day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from mmadvisor.base.known import FAR_AHEAD, Bounds, Span
from mmadvisor.catalogue.care import Washout
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.history.history import History
from mmadvisor.history.record import Exposure


class Pause(NamedTuple):
    """The interval of one source, for one of the patient's drugs, before one step of CAR-T.

    ``exposure`` is ``None`` if the interval is for any drug. ``until``: the first day after the interval; if the drug
    is still given, counted from today.
    """

    exposure: Exposure | None
    row: Washout
    until: Span | None


def pauses(history: History, catalogue: Catalogue) -> list[Pause]:
    """The intervals of every source for every drug whose last dose may be more recent than the longest interval."""
    members = catalogue.formulary.members
    found = [
        Pause(exposure, row, _until(history, exposure, row))
        for exposure in _recent(history, catalogue)
        for row in catalogue.washouts
        if any(exposure.agent.id in members(token) for token in row.of) or (not row.of and row.before == "apheresis")
    ]
    # An interval between any bridge and infusion belongs to no particular drug.
    return found + [Pause(None, row, None) for row in catalogue.washouts if not row.of and row.before == "infusion"]


def passed_by(found: Iterable[Pause], step: str) -> tuple[Span, Span] | None:
    """The day on which every interval before a step has passed: by the shortest intervals, and by the longest.

    An interval for another disease is ignored. ``None`` if no interval has a date.
    """
    dated: dict[str, list[Span]] = {}
    for pause in found:
        if pause.row.before == step and pause.until is not None and pause.exposure and not pause.row.disease:
            dated.setdefault(pause.exposure.agent.id, []).append(pause.until)
    if not dated:
        return None
    shortest = [min(days, key=lambda d: d.latest) for days in dated.values()]
    longest = [max(days, key=lambda d: d.latest) for days in dated.values()]
    return _last(shortest), _last(longest)


# Why: docs/explanation/car-t.md#wash-outs-are-part-of-the-wait
def weeks_to_infusion(found: Iterable[Pause], today: date, weeks: float) -> Bounds:
    """The weeks from today until cells can be infused, if collection to infusion takes ``weeks``.

    The shortest interval of each drug counts. If a last dose is not known to the day, the result is a range.
    """
    found = list(found)
    low = high = weeks
    for step, more in (("apheresis", weeks), ("infusion", 0.0)):
        days = passed_by(found, step)
        if days is not None:
            low = max(low, (days[0].earliest - today).days / 7 + more)
            high = max(high, (days[0].latest - today).days / 7 + more)
    return Bounds(low, high)


def _last(days: list[Span]) -> Span:
    return Span(max(d.earliest for d in days), max(d.latest for d in days))


def _recent(history: History, catalogue: Catalogue) -> list[Exposure]:
    """The last exposure to each agent that is still given, or was given within the longest interval."""
    longest = max((w.days for w in catalogue.washouts if w.days is not None and not w.disease), default=0)
    last: dict[str, Exposure] = {}
    for exposure in history.exposures:
        if not exposure.agent.supportive:
            last[exposure.agent.id] = exposure
    return [
        e
        for e in last.values()
        if not isinstance(e.last, Span) or (history.today.earliest - e.last.latest).days < longest
    ]


def _until(history: History, exposure: Exposure, row: Washout) -> Span | None:
    last = Span.day(history.as_of) if exposure.last == "ongoing" else exposure.last
    if row.days is None or last is None or last.latest == FAR_AHEAD:
        return None
    return last.plus(row.days)
