"""All three-valued logic: truths, and counts and days that are known only in part.

``all_of``, ``any_of`` and ``negate`` are Kleene's strong logic. If a missing fact becomes known, ``UNKNOWN`` may become
``MET`` or ``NOT_MET``. ``MET`` never becomes ``NOT_MET``, nor the reverse.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn, Self


# Why: docs/explanation/three-values.md
class Truth(int, Enum):
    """The result of one criterion for one patient: met, not met or unknown.

    Truths can be compared: ``NOT_MET < UNKNOWN < MET``. A truth cannot be used as a condition (``if truth:`` raises).
    """

    _value_: str
    NOT_MET = "not-met"
    UNKNOWN = "unknown"
    MET = "met"

    def __new__(cls, word: str) -> Self:
        """Make a truth from its text in JSON; its number is its position in the class, from 0."""
        truth = int.__new__(cls, len(cls.__members__))
        truth._value_ = word
        return truth

    def __bool__(self) -> NoReturn:
        raise TypeError("a truth has three values: compare it with `is`")

    def __repr__(self) -> str:
        return f"Truth.{self.name}"

    @property
    def answer(self) -> str:
        """The truth as the answer to a question: yes, no or unknown."""
        return ("no", "unknown", "yes")[self]


_NEGATED = (Truth.MET, Truth.UNKNOWN, Truth.NOT_MET)


def all_of(truths: Iterable[Truth]) -> Truth:
    """The weakest of the truths; ``MET`` when there are none."""
    return min(truths, default=Truth.MET)


def any_of(truths: Iterable[Truth]) -> Truth:
    """The strongest of the truths; ``NOT_MET`` when there are none."""
    return max(truths, default=Truth.NOT_MET)


def negate(truth: Truth) -> Truth:
    """``MET`` and ``NOT_MET`` exchanged; ``UNKNOWN`` stays."""
    return _NEGATED[truth]


def truth_of(flag: bool | None) -> Truth:
    """A recorded yes or no as a truth; ``UNKNOWN`` for ``None``, if nothing is recorded."""
    if flag is None:
        return Truth.UNKNOWN
    return Truth.MET if flag else Truth.NOT_MET


class Bounds(NamedTuple):
    """A number between two limits, both inclusive; ``None`` as a limit means that there is no limit on that side."""

    low: float | None
    high: float | None

    @property
    def in_words(self) -> str:
        """The number, or between which limits it is."""
        if self.low == self.high:
            return "?" if self.low is None else f"{self.low:g}"
        if not self.low:
            return f"at most {self.high:g}"
        return f"at least {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"

    def at_least(self, n: float) -> Truth:
        """Whether the number is ``n`` or more; unknown if the limits allow both."""
        if self.low is not None and self.low >= n:
            return Truth.MET
        if self.high is not None and self.high < n:
            return Truth.NOT_MET
        return Truth.UNKNOWN

    def at_most(self, n: float) -> Truth:
        """Whether the number is ``n`` or less; unknown if the limits allow both."""
        if self.high is not None and self.high <= n:
            return Truth.MET
        if self.low is not None and self.low > n:
            return Truth.NOT_MET
        return Truth.UNKNOWN


# The end of an interval without one: any day from its beginning on.
FAR_AHEAD = date(9000, 12, 31)


@dataclass(frozen=True, slots=True)
class Span:
    """One day that lies between two known days, both inclusive: ``2023-05`` means some day from 1 to 31 May 2023."""

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
        """The number of days from this day to ``later``, as a range; negative if ``later`` comes first."""
        return Bounds((later.earliest - self.latest).days, (later.latest - self.earliest).days)

    def not_after(self, other: Span) -> Truth:
        """Whether this day is ``other`` or an earlier day; unknown if the two spans allow both."""
        return self.days_until(other).at_least(0)

    def plus(self, days: int) -> Span:
        """The span moved forward by a number of days."""
        step = timedelta(days=days)
        return Span(self.earliest + step, self.latest + step)

    @property
    def written(self) -> str:
        """The span as a patient file writes it: a day, a month, a year or an interval.

        A span from the first day of a month or year to another day in it is also written as this month or year: 1 to
        14 September 2026 is ``2026-09``.
        """
        first, last = self.earliest, self.latest
        if not self.exact and first.day == 1 and (first.year, first.month) == (last.year, last.month):
            return f"{first:%Y-%m}"
        if not self.exact and (first.month, first.day) == (1, 1) and first.year == last.year:
            return f"{first:%Y}"
        if last == FAR_AHEAD:
            return str(self)
        return first.isoformat() if self.exact else f"{first.isoformat()}/{last.isoformat()}"

    def __str__(self) -> str:
        """The span as text: a day, a month, a year, or both ends; without an end, ``some day from 2024-03-18 on``."""
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
    """One change that would help to open a regimen, in words and as data that the program can apply.

    - ``value``: give ``value`` to ``field``, a field of the patient file. For a number, ``amount`` is 1 if the number
      must rise, and -1 if it must fall.
    - ``wait``: wait ``amount`` days.
    - ``lines``: receive ``amount`` further lines of therapy.
    - ``receive``: receive one agent of each of ``tokens``, which are agents and classes.
    - ``resist``: become refractory to one agent of each of ``tokens``. If ``amount`` is not 0, to this number of agents
      of the class.
    """

    text: str
    kind: Literal["value", "wait", "lines", "receive", "resist"]
    field: str = ""
    value: Any = None
    amount: int = 0
    tokens: tuple[str, ...] = ()


def merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes, without each change that a larger one includes.

    Only the largest change of each field, the longest wait, and the largest number of further lines are kept. For
    example, a wait of 14 days includes a wait of 7 days.
    """
    kept: dict[object, Change] = {}
    for change in changes:
        key = change.field or (change.kind if change.kind in ("wait", "lines") else change.text)
        held = kept.get(key)
        if held is None or _further(change) > _further(held):
            kept[key] = change
    return tuple(kept.values())


def _further(change: Change) -> float:
    return change.value * change.amount if change.kind == "value" and change.amount else change.amount


class Account(NamedTuple):
    """The explanation of a truth in words, with the fields of the patient file that were used.

    - ``found``: the explanation.
    - ``where``: the fields that decided the truth.
    - ``missing``: the missing fields that would decide an ``UNKNOWN``; empty for the other truths.
    - ``changes``: the smallest set of changes that together would make a ``NOT_MET`` met; empty if there is none.
    """

    found: str
    where: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


# Why: docs/explanation/criteria.md#decide-first-account-afterwards
class Finding:
    """A truth with its account.

    ``remark`` is a sentence to print as a caution although the truth is ``MET``; empty if there is none. If the account
    is given as a function, the function is called when the account is first read.
    """

    __slots__ = ("_make", "changes", "found", "missing", "remark", "truth", "where")
    _make: Callable[[], Account]

    def __init__(
        self,
        truth: Truth,
        found: str,
        where: tuple[str, ...] = (),
        missing: tuple[str, ...] = (),
        changes: tuple[Change, ...] = (),
        remark: str = "",
    ) -> None:
        self.truth = truth
        self.remark = remark
        self.found, self.where, self.missing, self.changes = found, where, missing, changes

    @classmethod
    def of(cls, truth: Truth, account: Callable[[], Account], remark: str = "") -> Finding:
        """A finding whose account is made by calling a function, at most once, when the account is first read."""
        finding = object.__new__(cls)
        finding.truth, finding.remark, finding._make = truth, remark, account
        return finding

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Asked only of what is not set yet, so that an account that was made is read as fast as any attribute.
            if name not in Account._fields:
                raise AttributeError(f"a finding has no {name}")
            self.found, self.where, self.missing, self.changes = self._make()
            return getattr(self, name)

    @property
    def account(self) -> Account:
        """The explanation of the truth."""
        return Account(self.found, self.where, self.missing, self.changes)

    def but(self, **changes: Any) -> Finding:
        """A copy with other values for the truth, the remark, or parts of the account."""
        truth, remark = changes.pop("truth", self.truth), changes.pop("remark", self.remark)
        return Finding(truth, *self.account._replace(**changes), remark)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Finding) and self._whole == other._whole

    def __hash__(self) -> int:
        return hash((self.truth, self.remark))

    def __repr__(self) -> str:
        return f"Finding{self._whole!r}"

    @property
    def _whole(self) -> tuple[Truth, Account, str]:
        return self.truth, self.account, self.remark


_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def span(value: object) -> Span:
    """The span of a full or partial ISO date, or of two dates with a slash between them.

    Raises:
        ValueError: The value is not such a date.
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
