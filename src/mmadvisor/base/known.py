"""All three-valued logic: truths, and counts and days that are known only in part.

The connectives are Kleene's strong ones. A missing fact that becomes known may turn ``UNKNOWN`` into either other
value, and can never turn ``MET`` into ``NOT_MET`` or back.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any, Literal, NamedTuple, NoReturn


# Why: docs/explanation/three-values.md
class Truth(Enum):
    """The result of one criterion for one patient."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("a truth has three values: compare it with `is`")

    @property
    def answer(self) -> str:
        """The truth as the answer to a question: yes, no or unknown."""
        return _ANSWER[self]


_ANSWER = {Truth.MET: "yes", Truth.NOT_MET: "no", Truth.UNKNOWN: "unknown"}


def all_of(truths: Iterable[Truth]) -> Truth:
    """The weakest of the truths; ``MET`` when there are none."""
    weakest = Truth.MET
    for truth in truths:  # called so often that a loop which ends early is worth its lines
        if truth is Truth.NOT_MET:
            return truth
        if truth is Truth.UNKNOWN:
            weakest = truth
    return weakest


def any_of(truths: Iterable[Truth]) -> Truth:
    """The strongest of the truths; ``NOT_MET`` when there are none."""
    strongest = Truth.NOT_MET
    for truth in truths:
        if truth is Truth.MET:
            return truth
        if truth is Truth.UNKNOWN:
            strongest = truth
    return strongest


def negate(truth: Truth) -> Truth:
    """``MET`` and ``NOT_MET`` exchanged; ``UNKNOWN`` stays."""
    match truth:
        case Truth.MET:
            return Truth.NOT_MET
        case Truth.NOT_MET:
            return Truth.MET
        case Truth.UNKNOWN:
            return Truth.UNKNOWN


def truth_of(flag: bool | None) -> Truth:
    """A recorded flag as a truth; ``UNKNOWN`` if it is not recorded."""
    if flag is None:
        return Truth.UNKNOWN
    return Truth.MET if flag else Truth.NOT_MET


class Bounds(NamedTuple):
    """A number that is known to lie between two ends, both inclusive; an end that is ``None`` is open."""

    low: float | None
    high: float | None

    def at_least(self, n: float) -> Truth:
        """Whether the number is ``n`` or more."""
        if self.low is not None and self.low >= n:
            return Truth.MET
        if self.high is not None and self.high < n:
            return Truth.NOT_MET
        return Truth.UNKNOWN

    def at_most(self, n: float) -> Truth:
        """Whether the number is ``n`` or less."""
        if self.high is not None and self.high <= n:
            return Truth.MET
        if self.low is not None and self.low > n:
            return Truth.NOT_MET
        return Truth.UNKNOWN


# The end of an interval without one: any day from its beginning on.
FAR_AHEAD = date(9000, 12, 31)


@dataclass(frozen=True, slots=True)
class Span:
    """A day that is known to lie between two days, both inclusive: ``2023-05`` is 1 to 31 May 2023."""

    earliest: date
    latest: date

    @classmethod
    def day(cls, day: date) -> Span:
        """The span of a day that is known exactly."""
        return cls(day, day)

    @property
    def exact(self) -> bool:
        """Whether the day is known exactly."""
        return self.earliest == self.latest

    def days_until(self, later: Span) -> Bounds:
        """Days from this day to another; negative if the other comes first."""
        return Bounds((later.earliest - self.latest).days, (later.latest - self.earliest).days)

    def not_after(self, other: Span) -> Truth:
        """Whether this day is the other day or comes before it."""
        return self.days_until(other).at_least(0)

    def plus(self, days: int) -> Span:
        """The span a number of days later."""
        step = timedelta(days=days)
        return Span(self.earliest + step, self.latest + step)

    @property
    def written(self) -> str:
        """The span as a patient file writes it: a day, a month, a year (also the present one) or an interval."""
        first, last = self.earliest, self.latest
        if not self.exact and first.day == 1 and (first.year, first.month) == (last.year, last.month):
            return f"{first:%Y-%m}"
        if not self.exact and (first.month, first.day) == (1, 1) and first.year == last.year:
            return f"{first:%Y}"
        if last == FAR_AHEAD:
            return str(self)
        return first.isoformat() if self.exact else f"{first.isoformat()}/{last.isoformat()}"

    def __str__(self) -> str:
        """The span as text: a day, a month, a year, or both ends."""
        first, last = self.earliest, self.latest
        if self.exact:
            return first.isoformat()
        if last == FAR_AHEAD:
            return f"some day from {first.isoformat()} on"
        if first.day == 1 and (last + timedelta(days=1)).day == 1:
            if (first.year, first.month) == (last.year, last.month):
                return f"{first:%Y-%m}"
            if first.month == 1 and last.month == 12 and first.year == last.year:
                return f"{first:%Y}"
        return f"{first.isoformat()} to {last.isoformat()}"


class Change(NamedTuple):
    """One change that would help to open a regimen, in words and as data that can be applied.

    - ``value``: a field of the patient file with the value that it would need; for a number, ``amount`` is 1 if it
      would have to rise and -1 if it would have to fall.
    - ``wait``: a number of days.
    - ``lines``: a number of further prior lines.
    - ``receive``, ``resist``: treatment with, or refractoriness to, an agent of each token.
    """

    text: str
    kind: Literal["value", "wait", "lines", "receive", "resist"]
    field: str = ""
    value: Any = None
    amount: int = 0
    tokens: tuple[str, ...] = ()


def merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes without those that another one includes: by field, by days of waiting, by lines."""
    kept: dict[object, Change] = {}
    for change in changes:
        key = change.field or (change.kind if change.kind in ("wait", "lines") else change.text)
        held = kept.get(key)
        if held is None or _further(change) > _further(held):
            kept[key] = change
    return tuple(kept.values())


def _further(change: Change) -> float:
    return change.value * change.amount if change.kind == "value" and change.amount else change.amount


class Finding(NamedTuple):
    """A truth with the reason in words, and the fields of the patient file from which it came.

    - ``where``: the fields that decided it.
    - ``missing``: the fields that would settle an ``UNKNOWN``; empty for the other truths.
    - ``changes``: the fewest changes that together would turn a ``NOT_MET``; empty if nothing can.
    - ``remark``: a reservation about a ``MET``, shown as a caution.
    """

    truth: Truth
    found: str
    where: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    remark: str = ""


_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def span(value: object) -> Span:
    """The days that a full or partial ISO date covers, or two dates with a slash between them.

    Raises:
        ValueError: It is no such date.
    """
    if isinstance(value, str) and "/" in value:
        first, _, last = value.partition("/")
        ends = _span(first), _span(last)
        if ends[0].earliest > ends[1].latest:
            raise ValueError("the first day of the interval is after its last")
        return Span(ends[0].earliest, ends[1].latest)
    return _span(value)


def _span(value: object) -> Span:
    if isinstance(value, Span):
        return value
    if isinstance(value, date):
        return Span.day(date(value.year, value.month, value.day))
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    match = _DATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("write a date as 2024-03-18, 2024-03, 2024, or as an interval 2024-03-18/2024-05-02")
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or not 1900 <= year <= 2200:
        raise ValueError("the year must be from 1900 to 2200")
    if month is None:
        return Span(date(year, 1, 1), date(year, 12, 31))
    if not 1 <= month <= 12:
        raise ValueError("there is no such month")
    last = calendar.monthrange(year, month)[1]
    if day is None:
        return Span(date(year, month, 1), date(year, month, last))
    if not 1 <= day <= last:
        raise ValueError("there is no such day")
    return Span.day(date(year, month, day))
