"""Days of treatment from a schedule in words: ``1, 8, 15 of 21``, ``weekly for 8 weeks, then every 4 weeks``.

The day of the first dose is day 1. A schedule in any other form has no days; its words are printed as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

_NUMBER = r"\d+(?:-\d+)?"
_DAYS = re.compile(
    rf"(?:days? )?({_NUMBER}(?:(?:, | and ){_NUMBER})*)(?: of (\d+|each week))?"
    r"(?: in cycles? (\d+)(?:-(\d+))?| for (\d+) cycles)?"
)
_RHYTHM = re.compile(
    r"(daily|weekly|every (\d+)(?: weeks)?)"
    r"(?: in cycles? (\d+)(?:-(\d+))?| for (\d+)(?: weeks)?| through week (\d+)| from cycle (\d+)| after)?"
)
_EVERY = {"daily": 1, "weekly": 7}
_BEYOND = 10**6


def days_of(words: str, cycle: int | None, last: int, after: int | None = None) -> tuple[int, ...] | None:
    """The days up to ``last`` on which a schedule gives a dose; ``None`` if its days cannot be computed.

    Args:
        words: The schedule.
        cycle: Days of a cycle, if the regimen has cycles.
        last: The last day of treatment that is needed.
        after: The day of the last step-up dose; intervals are counted from it.
    """
    days: list[int] = []
    begin = 1
    for part in _parts(words):
        found = _listed(part, cycle, begin) or _rhythmic(part, cycle, begin, after)
        if found is None or begin > _BEYOND:  # a part after one without an end never begins
            return None
        end, every = found
        days += takewhile(lambda day: day <= last, every)
        begin = end + 1
        after = None
    return tuple(dict.fromkeys(days)) if words else None


def rhythm_of(schedule: str) -> str:
    """The interval in a schedule that also names a dose or a duration, such as ``weekly``."""
    for words in ("every", "weekly"):
        if words in schedule:
            return " ".join(schedule[schedule.index(words) :].split(",")[0].split()[: 3 if words == "every" else 1])
    return ""


def rhythms_of(schedule: str) -> list[str]:
    """The interval in each part of a schedule that has one."""
    return [words for words in map(rhythm_of, _parts(schedule)) if words]


def _parts(words: str) -> list[str]:
    """The consecutive parts of a schedule."""
    parts = re.split(r", then |; |, (?=every|weekly|daily)", words)
    return [part.removeprefix("then ").strip() for part in parts]


def _listed(part: str, cycle: int | None, begin: int) -> tuple[int, Iterator[int]] | None:
    """The listed days, in every cycle or in some."""
    match = _DAYS.fullmatch(part)
    if match is None:
        return None
    listed, own, first, final, times = match.groups()
    length = cycle if own is None else 7 if own == "each week" else int(own)
    numbers = [n for span in re.split(", | and ", listed) for n in _spanned(span)]
    if length is None:
        return _BEYOND, iter(numbers)
    if first:
        begin, end = (int(first) - 1) * length + 1, int(final or first) * length
    else:
        end = begin - 1 + int(times) * length if times else _BEYOND
    return end, (start + n - 1 for start in range(begin, end + 1, length) for n in numbers if start + n - 1 <= end)


def _rhythmic(part: str, cycle: int | None, begin: int, after: int | None) -> tuple[int, Iterator[int]] | None:
    """The days of a dose at a fixed interval, for a time or without end."""
    match = _RHYTHM.fullmatch(part)
    if match is None:
        return None
    rhythm, weeks, first, final, length, through, since = match.groups()
    every = _EVERY.get(rhythm) or int(weeks) * 7
    end = _BEYOND
    if (first or since) and cycle is None:
        return None
    if since and cycle:
        begin = (int(since) - 1) * cycle + 1
    elif first and cycle:
        begin, end = (int(first) - 1) * cycle + 1, int(final or first) * cycle
    elif after is not None:
        begin = after + every
    if length:
        end = begin + int(length) * 7 - 1
    if through:
        end = int(through) * 7
    return end, iter(range(begin, end + 1, every))


def _spanned(words: str) -> range:
    first, _, last = words.partition("-")
    return range(int(first), int(last or first) + 1)
