"""The words of a schedule as days."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.formats.schedule import days_of
from tests.builders.blank import LOADED

CATALOGUE = LOADED.catalogue


@pytest.mark.parametrize(
    ("words", "cycle", "days"),
    [
        ("1, 8, 15", 28, (1, 8, 15, 29, 36, 43)),
        ("1-3 of 21", None, (1, 2, 3, 22, 23, 24, 43, 44, 45)),
        ("days 1 and 3 of each week", None, (1, 3, 8, 10, 15, 17, 22, 24, 29, 31, 36, 38, 43, 45)),
        ("1, 4 in cycles 1-2, then 1", 14, (1, 4, 15, 18, 29, 43)),
        ("1, 4 of 14 for 2 cycles, then 1 of 28", None, (1, 4, 15, 18, 29)),
        ("weekly in cycle 1, then every 2 weeks", 28, (1, 8, 15, 22, 29, 43)),
        ("weekly for 2 weeks, every 2 weeks for 4, then every 4", None, (1, 8, 15, 29, 43)),
        ("every 3 weeks in cycles 1-2, every 4 weeks from cycle 3", 21, (1, 22, 43)),
        ("1", None, (1,)),
    ],
)
def test_a_schedule_in_days(words: str, cycle: int | None, days: tuple[int, ...]) -> None:
    assert days_of(words, cycle, 45) == days


@pytest.mark.parametrize(
    "words", ["", "by cycle", "weekly, then every 4 weeks", "1-14 of 21 or 1-21 of 28", "1, 8, then 1", "every 2 weeks in responders"]
)  # fmt: skip
def test_what_cannot_be_dated_is_not_dated(words: str) -> None:
    assert days_of(words, 28, 45) is None


def test_after_a_step_up_the_rhythm_goes_on_from_its_last_day() -> None:
    assert days_of("weekly through week 4", 28, 84, after=8) == (15, 22)
    assert days_of("every 2 weeks", 28, 45, after=7) == (21, 35)


@given(st.sampled_from(["weekly", "every 3 weeks", "1, 8 of 21", "1-21", "weekly for 4 weeks, every 2 weeks after"]), st.integers(1, 400), st.integers(0, 100))  # fmt: skip
def test_a_longer_look_adds_days_and_takes_none_away(words: str, last: int, more: int) -> None:
    short, long = days_of(words, 28, last), days_of(words, 28, last + more)
    assert short is not None and long is not None
    assert list(long)[: len(short)] == list(short) == sorted(short) and all(1 <= d <= last for d in short)


def test_whatever_the_catalogue_says_can_be_dated_can_be() -> None:
    for regimen in CATALOGUE.regimens:
        for component in regimen.agents:
            for dose in component.doses:
                assert not dose.dated or days_of(dose.dated, regimen.cycle_days, 84), (regimen.id, dose.dated)
