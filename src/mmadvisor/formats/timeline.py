"""The therapies of a record in order of time. Only this module compares their order.

The order in the file does not count. Dates decide first (start, otherwise last dose, otherwise progression), then the
stated line, then the purpose within a line. A therapy that is still given and has no recorded start comes after every
therapy that has ended. If these rules do not decide, the order is unknown, and the missing fields are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Any, Literal, NamedTuple, Protocol

from mmadvisor.base.known import FAR_AHEAD, Span, Truth


class Therapy(Protocol):
    """The fields of a therapy that the timeline uses."""

    @property
    def line(self) -> int | None: ...  # noqa: D102
    @property
    def intent(self) -> str | None: ...  # noqa: D102
    @property
    def regimen(self) -> str | None: ...  # noqa: D102
    @property
    def start(self) -> Span | None: ...  # noqa: D102
    @property
    def stop(self) -> Span | Literal["ongoing"] | None: ...  # noqa: D102
    @property
    def progressed_on(self) -> Span | None: ...  # noqa: D102
    @property
    def best_response(self) -> str | None: ...  # noqa: D102
    @property
    def stop_reason(self) -> str | None: ...  # noqa: D102
    @property
    def given(self) -> Sequence[Any]: ...  # noqa: D102


# The order of purposes within a line; in a later line relapse therapy takes the place of induction.
_WITHIN_A_LINE = {"induction": 0, "relapse": 0, "transplant": 1, "consolidation": 2, "maintenance": 3}
_FIRST = "induction"
_AT_RELAPSE = "relapse"
_BEFORE, _TOGETHER, _AFTER = -1, 0, 1


class _Day(NamedTuple):
    """The day that orders a therapy; a progression comes before a therapy that began on the same day."""

    when: Span
    of_progression: bool


# Why: docs/explanation/order-of-therapies.md
class Timeline:
    """The order of the therapies, as far as the record shows it.

    A therapy is named by its index in the file, from 0 (the parameters ``place``, ``places``, ``one``, ``other``).
    ``assumed``: the list has neither dates nor lines, so the order of the file counts as the order of time.
    """

    def __init__(self, therapies: Sequence[Therapy], recorded: int | None = None) -> None:
        """Order the therapies.

        ``recorded``: how many of them are recorded. The look-ahead assumes the others, in the order of the list.
        """
        self.therapies = therapies
        self._recorded = len(therapies) if recorded is None else recorded
        self._days = [_day_of(t) for t in therapies]
        self.assumed = len(therapies) > 1 and all(
            day is None and t.line is None for day, t in zip(self._days, therapies, strict=True)
        )

    @cached_property
    def order(self) -> tuple[int, ...]:
        """All indices in one order of time.

        If the record allows several orders, the choice between them does not depend on the order of the file.
        """
        return next(self.orders(range(len(self.therapies)), 1))

    def number(self, place: int) -> int:
        """The number of the therapy in order of time, from 1; ``place`` is its index in the file, from 0."""
        return self._numbers[place]

    def follows(self, later: int, earlier: int) -> Truth:
        """Whether therapy ``later`` began after therapy ``earlier``.

        Not met if both began on the same day; unknown if the record does not show the order.
        """
        if later == earlier or (later, earlier) in self._on_one_day:
            return Truth.NOT_MET
        if self._before[later] >> earlier & 1:
            return Truth.MET
        return Truth.NOT_MET if self._before[earlier] >> later & 1 else Truth.UNKNOWN

    def together(self, one: int, other: int) -> bool:
        """Whether both therapies began on the same day."""
        return one == other or (one, other) in self._on_one_day

    def open_between(self, one: int, other: int) -> tuple[str, ...]:
        """The fields that would decide which of two therapies came first; empty if this is known."""
        if self.follows(one, other) is not Truth.UNKNOWN:
            return ()
        inexact = [i for i in (one, other) if self._inexact(i)]
        absent = [i for i in inexact if self.therapies[i].start is None]
        return tuple(f"therapies[{i}].start" for i in absent or inexact)

    def began(self, place: int) -> Span:
        """The span of days in which a therapy began; ``place`` is its index in the file, from 0.

        If the start is recorded, this is the start. Otherwise the span begins with the latest start of the therapies
        that certainly came before it, or with the progression of an earlier line. It ends with the last dose of the
        therapy, with its progression, or with the first start of the therapies that certainly came later. If nothing is
        known, the span has no real limits.
        """
        therapy = self.therapies[place]
        if therapy.start is not None:
            return therapy.start
        before = [(i, t) for i, t in enumerate(self.therapies) if self._before[place] >> i & 1]
        starts = [t.start for _, t in before if t.start is not None]
        # An entry's progression comes before the next line.
        starts += [
            t.progressed_on for i, t in before if t.progressed_on is not None and self._of_a_later_line(place, i)
        ]
        ends = [day for day in (therapy.stop, therapy.progressed_on) if isinstance(day, Span)]
        ends += [t.start for i, t in enumerate(self.therapies) if t.start is not None and self._before[i] >> place & 1]
        earliest = max((day.earliest for day in starts), default=date.min)
        latest = min((day.latest for day in ends), default=FAR_AHEAD)
        return Span(earliest, latest) if earliest <= latest else Span(date.min, FAR_AHEAD)

    def placed(self, place: int) -> bool:
        """Whether the order of the therapy relative to every other therapy is known.

        ``place`` is its index in the file.
        """
        others = range(len(self.therapies))
        return all(self.follows(place, other) is not Truth.UNKNOWN for other in others)

    def settled(self, places: Iterable[int]) -> bool:
        """Whether it is known in which order these therapies were given; ``places`` are indices in the file, from 0."""
        found = tuple(places)
        return not any(self.follows(a, b) is Truth.UNKNOWN for i, a in enumerate(found) for b in found[i + 1 :])

    def open_fields(self, places: Iterable[int]) -> tuple[str, ...]:
        """The fields that would decide the order of these therapies; ``places`` are indices in the file, from 0."""
        found = tuple(places)
        pairs = (self.open_between(a, b) for i, a in enumerate(found) for b in found[i + 1 :])
        return tuple(dict.fromkeys(field for fields in pairs for field in fields))

    @cached_property
    def contradictions(self) -> tuple[tuple[int, int], ...]:
        """Pairs of therapies whose dates and stated lines have opposite orders; the order by dates is used."""
        found = []
        for i, a in enumerate(self.therapies):
            for j, b in enumerate(self.therapies):
                if a.line is not None and b.line is not None and a.line > b.line and self._by_date(i, j) == _BEFORE:
                    found.append((i, j))
        return tuple(found)

    def orders(self, places: Iterable[int], most: int) -> Iterator[tuple[int, ...]]:
        """The orders in which these therapies may have been given, at most ``most`` orders; answers show the first."""
        found = sorted(places, key=self._rank)
        first = {place: self._before[place] | self._shown_before(place) for place in found}

        def following(left: int, so_far: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
            if not left:
                yield so_far
            for place in found:
                if left >> place & 1 and not left & first[place]:
                    yield from following(left & ~(1 << place), (*so_far, place))

        yield from islice(following(sum(1 << place for place in found), ()), most)

    # --- the rules of the order ---------------------------------------------------------------------

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {place: number for number, place in enumerate(self.order, 1)}

    def _of_a_later_line(self, later: int, earlier: int) -> bool:
        """Whether a therapy certainly belongs to a later line than another, by stated lines or by purpose."""
        a, b = self.therapies[later], self.therapies[earlier]
        return a.line > b.line if a.line is not None and b.line is not None else a.intent == _AT_RELAPSE

    def _inexact(self, place: int) -> bool:
        start = self.therapies[place].start
        return start is None or not start.exact

    def _shown_before(self, place: int) -> int:
        """The therapies of the same day that are shown before this one, as bits (bit 2 is the therapy with index 2)."""
        mine = self._rank(place)
        same_day = (i for i in range(len(self.therapies)) if (i, place) in self._on_one_day)
        return sum(1 << i for i in same_day if self._rank(i) < mine)

    def _rank(self, place: int) -> tuple[object, ...]:
        """The order in which therapies are shown if nothing else decides: by their contents, then by the file."""
        if place not in self._ranks:
            therapy, day = self.therapies[place], self._days[place]
            when = day.when if day else Span.day(FAR_AHEAD)
            content = () if self.assumed or self._is_supposed(place) else _content(therapy)
            purpose = _WITHIN_A_LINE.get(therapy.intent or "", len(_WITHIN_A_LINE))
            self._ranks[place] = (when.earliest, when.latest, therapy.line or 0, purpose, content, place)
        return self._ranks[place]

    @cached_property
    def _ranks(self) -> dict[int, tuple[object, ...]]:
        return {}

    @cached_property
    def _on_one_day(self) -> frozenset[tuple[int, int]]:
        places = range(len(self.therapies))
        return frozenset(
            (i, j)
            for i in places
            for j in places
            if i != j and self._by_date(i, j) == _TOGETHER and self._by_purpose(i, j) is None
        )

    @cached_property
    def _before(self) -> list[int]:
        """For each therapy the therapies that certainly came before it, as bits: by dates, then by the other rules."""
        n = len(self.therapies)
        if self.assumed:
            return [(1 << i) - 1 for i in range(n)]
        dated, stated = [0] * n, [0] * n
        for i in range(n):
            for j in range(n):
                by_date = self._by_date(i, j) if i != j else _TOGETHER
                if by_date == _BEFORE:
                    dated[j] |= 1 << i
                elif i != j and by_date != _AFTER and self._by_the_rest(i, j) == _BEFORE:
                    stated[j] |= 1 << i
        dated = _closed(dated)
        whole = _closed([d | s for d, s in zip(dated, stated, strict=True)])
        if not any(whole[i] >> i & 1 for i in range(n)):
            return whole
        # Lines and dates contradict each other in a circle, so stated lines decide nothing within it.
        circle = sum(1 << i for i in range(n) if whole[i] >> i & 1)
        kept = [s & ~circle if circle >> i & 1 else s for i, s in enumerate(stated)]
        return _closed([d | s for d, s in zip(dated, kept, strict=True)])

    def _by_date(self, i: int, j: int) -> int | None:
        """Before, together or after by the recorded dates; ``None`` if these leave it open."""
        a, b = self._days[i], self._days[j]
        if max(i, j) >= self._recorded:
            return _BEFORE if i < j else _AFTER
        if a is None or b is None:
            return None
        if a.when.latest < b.when.earliest:
            return _BEFORE
        if b.when.latest < a.when.earliest:
            return _AFTER
        if a.of_progression is not b.of_progression:
            return _BEFORE if a.of_progression else _AFTER
        return _TOGETHER if a.when.exact and b.when.exact else None

    def _by_the_rest(self, i: int, j: int) -> int | None:
        """Before or after by line and purpose, otherwise by which therapy has ended; ``None`` if neither decides."""
        stated = self._by_purpose(i, j)
        if stated is not None:
            return stated
        if self._ended(i) and self._given_since_no_day(j):
            return _BEFORE
        return _AFTER if self._ended(j) and self._given_since_no_day(i) else None

    def _ended(self, place: int) -> bool:
        return self._days[place] is not None and self.therapies[place].stop != "ongoing"

    def _given_since_no_day(self, place: int) -> bool:
        """Whether a therapy is still given and no date shows when it began."""
        return self._days[place] is None and self.therapies[place].stop == "ongoing"

    def _is_supposed(self, place: int) -> bool:
        return place >= self._recorded

    def _by_purpose(self, i: int, j: int) -> int | None:
        """Before or after by the stated lines, and by purpose within one line; ``None`` if neither decides.

        If no line is stated, induction comes before everything else, since a treatment for relapse has its own purpose.
        A treatment for relapse in a line that is not stated comes after all of the first line.
        """
        a, b = self.therapies[i], self.therapies[j]
        if a.line != b.line:
            if a.line is None or b.line is None:
                if self._of_the_first_line(a) and b.intent == _AT_RELAPSE:
                    return _BEFORE
                return _AFTER if self._of_the_first_line(b) and a.intent == _AT_RELAPSE else None
            return _BEFORE if a.line < b.line else _AFTER
        first, second = (self._purpose_rank(t) for t in (a, b))
        if first is None or second is None or first == second:
            return None
        return _BEFORE if first < second else _AFTER

    @staticmethod
    def _of_the_first_line(therapy: Therapy) -> bool:
        return therapy.line == 1 and therapy.intent != _AT_RELAPSE

    @staticmethod
    def _purpose_rank(therapy: Therapy) -> int | None:
        if therapy.line is None:
            return None if therapy.intent is None else int(therapy.intent != _FIRST)
        return _WITHIN_A_LINE.get(therapy.intent or "")


def _day_of(therapy: Therapy) -> _Day | None:
    """The day that orders a therapy: its start, otherwise its last dose, otherwise its progression.

    A partial start ends at the last dose and the progression at the latest. ``None`` if no day is recorded.
    """
    stop = therapy.stop if isinstance(therapy.stop, Span) else None
    if therapy.start is not None:
        ends = [d.latest for d in (stop, therapy.progressed_on) if d is not None]
        latest = min([therapy.start.latest, *ends])
        return _Day(Span(min(therapy.start.earliest, latest), latest), False)
    if stop is not None:
        return _Day(stop, False)
    return None if therapy.progressed_on is None else _Day(therapy.progressed_on, True)


def _content(therapy: Therapy) -> tuple[str, ...]:
    """The contents of a therapy as texts, to order therapies of one day."""
    drugs = sorted(str(given.agent) for given in therapy.given)
    told = (therapy.regimen, therapy.intent, therapy.stop, therapy.progressed_on, therapy.best_response,
            therapy.stop_reason)  # fmt: skip
    return (*map(str, told), *drugs)


def _closed(before: list[int]) -> list[int]:
    """The transitive closure: all predecessors of the predecessors are added, as bits."""
    found = list(before)
    for k in range(len(found)):
        bit, through = 1 << k, found[k]
        for i, held in enumerate(found):
            if held & bit:
                found[i] = held | through
    return found
