"""Schedules as days of treatment, and as words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.formats.schedule import Interval, Phase, days_of, either, in_words, interval_of, named_by
from tests.builders.blank import LOADED

CATALOGUE = LOADED.catalogue


def phases(*raw: dict[str, Any]) -> tuple[Phase, ...]:
    return tuple(Phase.over(phase) for phase in raw)


# A schedule, the length of a cycle, its words, and its days up to day 45.
EXAMPLES: list[tuple[list[dict[str, Any]], int | None, str, tuple[int, ...]]] = [
    ([{"days": [1, 8, 15]}], 28, "1, 8, 15", (1, 8, 15, 29, 36, 43)),
    ([{"days": ["1-3"], "cycle_days": 21}], None, "1-3 of 21", (1, 2, 3, 22, 23, 24, 43, 44, 45)),
    ([{"days": [1, "4-6"]}], 28, "1, 4-6", (1, 4, 5, 6, 29, 32, 33, 34)),
    ([{"days": [1], "cycle_days": 7}], 28, "day 1 of each week", (1, 8, 15, 22, 29, 36, 43)),
    ([{"days": [1, 3], "cycle_days": 7}], None, "days 1 and 3 of each week",
     (1, 3, 8, 10, 15, 17, 22, 24, 29, 31, 36, 38, 43, 45)),
    ([{"days": [1, 4], "to_cycle": 2}, {"days": [1]}], 14, "1, 4 in cycles 1-2, then 1", (1, 4, 15, 18, 29, 43)),
    ([{"days": [8], "to_cycle": 1}, {"days": [1, 8], "to_cycle": 2}, {"days": [1]}], 14,
     "8 in cycle 1, then 1, 8 in cycle 2, then 1", (8, 15, 22, 29, 43)),
    ([{"days": [1, 4], "cycle_days": 14, "to_cycle": 2}, {"days": [1], "cycle_days": 28}], None,
     "1, 4 of 14 in cycles 1-2, then 1 of 28", (1, 4, 15, 18, 29)),
    ([{"days": [1, 2], "from_cycle": 2}], 21, "1, 2 from cycle 2", (22, 23, 43, 44)),
    ([{"days": [1], "from_cycle": 2, "to_cycle": 2}], 21, "1 in cycle 2", (22,)),
    ([{"days": [1], "to_cycle": 1}, {"days": [1], "from_cycle": 3}], 14, "1 in cycle 1, then 1 from cycle 3", (1, 29, 43)),
    ([{"days": [1]}], None, "1", (1,)),
    ([{"every_days": 1, "to_week": 1}], None, "daily in week 1", (1, 2, 3, 4, 5, 6, 7)),
    ([{"every_days": 7, "to_cycle": 1}, {"every_days": 14}], 28, "weekly in cycle 1, then every 2 weeks",
     (1, 8, 15, 22, 29, 43)),
    ([{"every_days": 7, "to_week": 2}, {"every_days": 14, "to_week": 6}, {"every_days": 28}], None,
     "weekly in weeks 1-2, every 2 weeks in weeks 3-6, then every 4 weeks", (1, 8, 15, 29, 43)),
    ([{"every_days": 7, "from_week": 2, "to_week": 4}], None, "weekly in weeks 2-4", (8, 15, 22)),
    ([{"every_days": 10, "from_week": 3}], None, "every 10 days from week 3", (15, 25, 35, 45)),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "cycle", "words", "days"), EXAMPLES, ids=[e[2] for e in EXAMPLES])
def test_a_schedule_in_days_and_in_words(
    raw: list[dict[str, Any]], cycle: int | None, words: str, days: tuple[int, ...]
) -> None:
    assert days_of(phases(*raw), cycle, 45) == days
    assert in_words(phases(*raw)) == words


def test_after_a_step_up_the_first_dose_is_one_interval_later() -> None:
    weekly = phases({"every_days": 7, "after_step_up": True, "to_week": 4}, {"every_days": 14})
    assert days_of(weekly, 28, 60, after=8) == (15, 22, 29, 43, 57)
    assert days_of(weekly, 28, 60, after=15) == (22, 29, 43, 57)
    assert days_of(weekly, 28, 30) == (1, 8, 15, 22, 29), "without a step-up it begins on the first day"
    assert in_words(weekly) == "weekly through week 4, then every 2 weeks"
    assert days_of(phases({"every_days": 14}), 28, 45, after=7) == (1, 15, 29, 43), "it does not follow the step-up"


def test_only_an_interval_without_an_end_is_one_interval() -> None:
    assert interval_of(phases({"every_days": 14, "after_step_up": True})) == 14
    for other in ({"days": [1]}, {"every_days": 7, "to_week": 8}):
        assert interval_of(phases(other)) is None
    assert interval_of(()) is interval_of(phases({"every_days": 7, "to_week": 2}, {"every_days": 14})) is None


def test_no_schedule_has_neither_days_nor_words() -> None:
    assert days_of((), 28, 45) == () and in_words(()) == "" and named_by(()) == ()


def test_an_interval_is_named_with_and_without_its_dose() -> None:
    fortnight = Interval(every_days=14, dose="0.8 mg/kg")
    assert fortnight.names == ("0.8 mg/kg every 2 weeks", "every 2 weeks")
    two, four = Interval(every_days=14), Interval(every_days=28)
    assert named_by((two, four)) == ("every 2 or 4 weeks", "every 2 weeks", "every 4 weeks")
    assert either((Interval(every_days=7), two)) == "weekly or every 2 weeks" and either((two,)) == "every 2 weeks"


# --- laws ---------------------------------------------------------------------------------------


@st.composite
def schedules(draw: st.DrawFn) -> tuple[tuple[Phase, ...], int]:
    """Phases in cycles or in weeks that follow each other, and the length of a cycle."""
    cycle = draw(st.sampled_from([14, 21, 28, 42]))
    unit = draw(st.sampled_from(["cycle", "week"]))
    made: list[dict[str, Any]] = []
    past = 0
    for n in range(count := draw(st.integers(1, 3))):
        if unit == "cycle" and draw(st.booleans()):
            phase: dict[str, Any] = {"days": sorted(draw(st.sets(st.integers(1, cycle), min_size=1, max_size=6)))}
        else:
            phase = {"every_days": draw(st.sampled_from([1, 7, 14, 21, 28]))}
        if draw(st.booleans()):
            past = phase[f"from_{unit}"] = past + draw(st.integers(1, 3))
        else:
            past += 1
        if n < count - 1 or draw(st.booleans()):
            past = phase[f"to_{unit}"] = past + draw(st.integers(0, 6))
        made.append(phase)
    return phases(*made), cycle


@given(schedules(), st.integers(1, 400), st.integers(0, 200))
def test_days_are_in_order_and_a_longer_look_only_adds_some(
    drawn: tuple[tuple[Phase, ...], int], last: int, more: int
) -> None:
    schedule, cycle = drawn
    short, long = days_of(schedule, cycle, last), days_of(schedule, cycle, last + more)
    assert list(long) == sorted(set(long)) and long[: len(short)] == short
    assert all(1 <= day <= last for day in short) and all(day > last for day in long[len(short) :])


@given(schedules())
def test_each_day_lies_in_a_cycle_or_week_of_its_phase(drawn: tuple[tuple[Phase, ...], int]) -> None:
    schedule, cycle = drawn
    for index, phase in enumerate(schedule):
        so_far, before = (set(days_of(schedule[:n], cycle, 900)) for n in (index + 1, index))
        for day in so_far - before:
            turn = {"cycle": (day - 1) // cycle + 1, "week": (day - 1) // 7 + 1}
            assert (phase.from_cycle or 1) <= turn["cycle"] <= (phase.to_cycle or 10**4)
            assert (phase.from_week or 1) <= turn["week"] <= (phase.to_week or 10**4)
            assert phase.every_days is not None or (day - 1) % cycle + 1 in phase.numbers


@given(schedules())
def test_a_phase_more_keeps_the_days_before_it(drawn: tuple[tuple[Phase, ...], int]) -> None:
    schedule, cycle = drawn
    whole = days_of(schedule, cycle, 900)
    for n in range(1, len(schedule)):
        begun = days_of(schedule[:n], cycle, 900)
        assert whole[: len(begun)] == begun


def test_each_schedule_of_the_catalogue_gives_a_dose_and_has_its_own_words() -> None:
    words: dict[str, tuple[Phase, ...]] = {}
    for regimen in CATALOGUE.regimens:
        for component in regimen.agents:
            for dose in component.doses:
                assert not dose.given or days_of(dose.given, regimen.cycle_days, 800), (regimen.id, dose)
                bare = tuple(phase.but(after_step_up=False) for phase in dose.given)
                assert words.setdefault(in_words(dose.given), bare) == bare, (regimen.id, in_words(dose.given))
