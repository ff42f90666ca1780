"""On which days of treatment a dose is given, and the same in words; day 1 is the day of the first dose."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Annotated

from mmadvisor.base.english import listed
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits, MinLength, formed

WEEK = 7
_ENDLESS = 10**6

Day = Annotated[int, Limits(1, 366)]
Days = Annotated[str, formed(r"^[1-9][0-9]{0,2}-[1-9][0-9]{0,2}$", "write a span of days as 1-21")]
Number = Annotated[int, Limits(1, 520)]


class Phase(Entry):
    """One phase of a schedule: listed days of each cycle, or a dose at a fixed interval.

    - ``days``: days of a cycle, and spans of days such as ``1-21``. Each cycle of the phase has them. They are given
      once if neither the phase nor the regimen has cycles.
    - ``every_days``: the days from one dose to the next: 1 is daily, 7 is weekly.
    - ``cycle_days``: the length of a cycle, if it is not that of the regimen. With 7, ``days`` are days of a week.
    - ``from_cycle``, ``to_cycle``: the first and the last cycle of the phase, counted from the start of treatment.
    - ``from_week``, ``to_week``: the same in weeks.
    - ``after_step_up``: the first dose is one interval after the last step-up dose.

    A phase without a beginning begins when the phase before it ends, or on day 1. A phase without an end goes on.
    """

    days: Annotated[tuple[Day | Days, ...], MinLength(1)] = ()
    every_days: Day | None = None
    cycle_days: Day | None = None
    from_cycle: Number | None = None
    to_cycle: Number | None = None
    from_week: Number | None = None
    to_week: Number | None = None
    after_step_up: bool = False

    @property
    def numbers(self) -> tuple[int, ...]:
        """The listed days, with each day of a span."""
        return tuple(chain.from_iterable(map(_spanned, self.days)))

    @property
    def ends(self) -> bool:
        """Whether the phase has a last cycle or week."""
        return self.to_cycle is not None or self.to_week is not None


class Interval(Entry):
    """A schedule with one fixed interval: the days from one dose to the next, and the dose if it belongs to it."""

    every_days: Day
    dose: str = ""

    @property
    def text(self) -> str:
        """The dose and the interval in words: ``0.4 mg/kg weekly``."""
        return f"{self.dose} {every(self.every_days)}".lstrip()

    @property
    def names(self) -> tuple[str, ...]:
        """The words by which a user may name the schedule, with and without the dose."""
        return self.text, every(self.every_days)


def days_of(schedule: Iterable[Phase], cycle: int | None, last: int, after: int | None = None) -> tuple[int, ...]:
    """The days up to ``last`` on which a schedule gives a dose, in order.

    Args:
        schedule: The phases, in order of time.
        cycle: The length of a cycle of the regimen in days; ``None`` if it has none.
        last: The last day of treatment that is needed.
        after: The day of the last step-up dose; ``None`` if there is none.
    """
    days: list[int] = []
    for phase, begin, end in _in_time(schedule, cycle, after):
        until = min(end, last)
        if phase.every_days is not None:
            days += range(begin, until + 1, phase.every_days)
            continue
        length = phase.cycle_days or cycle
        for start in range(begin, until + 1, length) if length else [begin]:
            days += (start + number - 1 for number in phase.numbers if start + number - 1 <= until)
    return tuple(days)


def interval_of(schedule: Sequence[Phase]) -> int | None:
    """The interval in days of a schedule that is one interval without an end; ``None`` for any other."""
    if len(schedule) != 1 or schedule[0].ends:
        return None
    return schedule[0].every_days


def _in_time(schedule: Iterable[Phase], cycle: int | None, after: int | None) -> Iterator[tuple[Phase, int, int]]:
    """Each phase with its first and last day of treatment."""
    begin, past = 1, 0
    for phase in schedule:
        length = phase.cycle_days or cycle or 0
        first = phase.from_cycle or past + 1
        begin += (first - past - 1) * length
        if phase.from_week is not None:
            begin = (phase.from_week - 1) * WEEK + 1
        if phase.after_step_up and phase.every_days is not None and after is not None:
            begin = after + phase.every_days
        end = _ENDLESS
        if phase.to_week is not None:
            end = phase.to_week * WEEK
        elif phase.to_cycle is not None:
            end, past = begin + (phase.to_cycle - first + 1) * length - 1, phase.to_cycle
        yield phase, begin, end
        begin = end + 1


def _spanned(days: int | str) -> range:
    """The days of a span, or a single day."""
    first, _, last = str(days).partition("-")
    return range(int(first), int(last or first) + 1)


# --- words --------------------------------------------------------------------------------------


def in_words(schedule: Sequence[Phase]) -> str:
    """A schedule in words: ``1, 8, 15, 22 in cycles 1-2, then 1, 15``; ``weekly in weeks 1-8, then every 2 weeks``."""
    said, cycles, weeks = "", 0, 0
    for before, phase in zip((None, *schedule), schedule, strict=False):
        if before is not None:
            inner = phase is not schedule[-1] and before.every_days is not None and phase.every_days is not None
            said += ", " if inner else ", then "
        said += " ".join(filter(None, (_rhythm(phase), _time(phase, cycles, weeks))))
        cycles, weeks = phase.to_cycle or cycles, phase.to_week or weeks
    return said


def every(days: int) -> str:
    """An interval in words: daily, weekly, or every so many weeks or days."""
    if days in _NAMED:
        return _NAMED[days]
    return f"every {days} days" if days % WEEK else f"every {days // WEEK} weeks"


_NAMED = {1: "daily", WEEK: "weekly"}


def either(schedules: Sequence[Interval]) -> str:
    """Alternative intervals in words: ``every 2 or 4 weeks``."""
    weeks = [s.every_days // WEEK for s in schedules if not s.dose and s.every_days % WEEK == 0]
    if len(weeks) == len(schedules) > 1 and min(weeks) > 1:
        return f"every {listed([str(n) for n in weeks], 'or')} weeks"
    return listed([s.text for s in schedules], "or")


def named_by(schedules: Sequence[Interval]) -> tuple[str, ...]:
    """The words by which a user may name one of some schedules, or all of them; empty if there are none."""
    return (either(schedules), *(s.text for s in schedules)) if schedules else ()


def _rhythm(phase: Phase) -> str:
    """The listed days, or the interval."""
    if phase.every_days is not None:
        return every(phase.every_days)
    if phase.cycle_days == WEEK:
        return f"{'day' if len(phase.numbers) == 1 else 'days'} {listed([str(d) for d in phase.days])} of each week"
    of = f" of {phase.cycle_days}" if phase.cycle_days is not None else ""
    return ", ".join(str(d) for d in phase.days) + of


def _time(phase: Phase, cycles: int, weeks: int) -> str:
    """The cycles or weeks of a phase that follows so many; empty if it begins at once and goes on."""
    if phase.to_week is not None and phase.after_step_up:
        return f"through week {phase.to_week}"
    for unit, past, first, last in (
        ("cycle", cycles, phase.from_cycle, phase.to_cycle),
        ("week", weeks, phase.from_week, phase.to_week),
    ):
        begin = first or past + 1
        if last is not None:
            return f"in {unit} {last}" if begin == last else f"in {unit}s {begin}-{last}"
        if first is not None:
            return f"from {unit} {first}"
    return ""
