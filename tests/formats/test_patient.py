"""The patient as recorded: dates known in part, and the record as it was on an earlier day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmadvisor.base.known import Span, span
from mmadvisor.formats.patient import Patient
from tests.builders.blank import a_patient

LEN = {"agents": ["lenalidomide"]}


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024-03-18", date(2024, 3, 18), date(2024, 3, 18)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        (2024, date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_date_is_the_days_that_it_covers(written: object, first: date, last: date) -> None:
    assert span(written) == Span(first, last)


@pytest.mark.parametrize(
    "written",
    ["2024-13", "2024-00", "2024-02-30", "2023-02-29", "1899", "2201", "2024-3-1", "18/03/2024", "2024-03-18T10:00",
     "\uff12\uff10\uff12\uff14", " 2024", "", 20240318, True, 2024.0, None, []],
)  # fmt: skip
def test_what_is_no_date_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"date|month|day|year"):
        span(written)


@settings(deadline=None, derandomize=True)
@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)), st.sampled_from([4, 7, 10]))
def test_a_date_goes_round_through_its_words(day: date, length: int) -> None:
    written = day.isoformat()[:length]
    assert str(span(written)) == written
    assert span(written).earliest <= day <= span(written).latest


def test_no_field_but_the_two_required_ones_answers_anything_by_default() -> None:
    made = a_patient()
    assert {name for name, value in made.contents() if value is not None} == {"id", "therapies"}


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("labs.lvef_percent", True),
        ("disease.relapse.tempo", True),
        ("labs.lvef", False),
        ("id.x", False),
        ("nothing.at.all", False),
    ],
)
def test_a_field_is_there_or_not(path: str, there: bool) -> None:
    assert Patient.has(path) is there


def test_a_field_below_what_is_not_recorded_is_not_recorded() -> None:
    assert a_patient().get("disease.relapse.tempo") is None


def seen(therapy: dict[str, Any], day: date) -> Any:
    return a_patient(therapies=[LEN | therapy]).seen_on(day).therapies


def test_a_therapy_that_begins_later_is_not_seen() -> None:
    assert seen({"start": "2024-06-01"}, date(2024, 5, 31)) == ()
    assert len(seen({"start": "2024-06-01"}, date(2024, 6, 1))) == 1


def test_a_therapy_that_stops_later_is_still_running_and_gives_no_reason_for_stopping() -> None:
    (therapy,) = seen({"start": "2024-01", "stop": "2024-06-01", "stop_reason": "toxicity"}, date(2024, 3, 1))
    assert therapy.stop == "ongoing" and therapy.stop_reason is None


def test_a_progression_that_comes_later_is_not_recorded_yet() -> None:
    (therapy,) = seen({"start": "2024-01", "progressed_on": "2024-06-01"}, date(2024, 3, 1))
    assert therapy.progressed_on is None


def test_an_agent_that_joins_later_is_not_seen_and_one_that_stops_later_runs_on() -> None:
    agents = [{"agent": "lenalidomide", "stop": "2024-06-01"}, {"agent": "bortezomib", "start": "2024-05-01"}]
    (therapy,) = seen({"agents": agents, "start": "2024-01"}, date(2024, 3, 1))
    assert [(g.agent, g.stop) for g in therapy.given] == [("lenalidomide", "ongoing")]


def test_on_a_day_after_everything_the_record_is_the_same() -> None:
    made = a_patient(therapies=[LEN | {"start": "2024-01", "stop": "2024-06"}])
    assert made.seen_on(date(2025, 1, 1)) is made
