"""How long a drug must be stopped before cells are collected and given: rows of a table, dated by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mmadvisor.base.known import Bounds
from mmadvisor.catalogue.care import Washout
from mmadvisor.judging.washout import Pause, passed_by, pauses, weeks_to_infusion
from tests.builders.blank import DAY, LOADED, a_history
from tests.builders.patients import patient

LEN = {"agents": ["lenalidomide"], "start": "2026-01-05", "line": 1, "intent": "relapse"}
DARA = {"agents": ["daratumumab"], "start": "2026-01-05", "line": 1, "intent": "relapse"}


def row(id: str, before: str = "apheresis", of: tuple[str, ...] = ("lenalidomide",), **more: Any) -> Washout:
    fields: dict[str, Any] = {"id": id, "before": before, "of": of, "advice": "hold", "by": "x", "text": "x", "source": "s",
                              "verified": "primary", "days": 14}  # fmt: skip
    return Washout(**fields | more)


def found(*rows: Washout, therapies: tuple[dict[str, Any], ...] = ({**LEN, "stop": "2026-10-10"},)) -> list[Pause]:
    return pauses(a_history(**patient(*therapies)), LOADED.catalogue.but(washouts=rows))


def ids(pauses: list[Pause]) -> list[tuple[str, str]]:
    return [(p.exposure.agent.id if p.exposure else "", p.row.id) for p in pauses]


def step(pauses: list[Pause], before: str = "apheresis") -> tuple[str, str, str, str] | None:
    """First and last day of the shortest interval, then of the longest."""
    days = passed_by(pauses, before)
    if days is None:
        return None
    first, second = ((s.earliest.isoformat(), s.latest.isoformat()) for s in days)
    return first + second


# --- which rows -------------------------------------------------------------------------------------


def test_a_row_is_for_the_agents_and_the_classes_that_it_names() -> None:
    rows = (
        row("agent"),
        row("class", of=("IMiD",)),
        row("other", of=("bortezomib",)),
        row("others", of=("PI", "IMiD")),
    )
    assert ids(found(*rows)) == [("lenalidomide", "agent"), ("lenalidomide", "class"), ("lenalidomide", "others")]


def test_a_row_that_names_no_drug_is_for_each_before_collection_and_for_the_bridge_before_infusion() -> None:
    rows = (row("any", of=()), row("bridge", "infusion", of=()), row("named", "infusion"))
    two = ({**LEN, "stop": "2026-10-10"}, {**DARA, "start": "2026-01-06", "stop": "2026-10-12"})
    assert ids(found(*rows, therapies=two)) == [
        ("lenalidomide", "any"), ("lenalidomide", "named"), ("daratumumab", "any"), ("", "bridge"),
    ]  # fmt: skip
    assert found(*rows, therapies=two)[-1].until is None


def test_drugs_are_looked_back_on_as_far_as_the_longest_interval_for_myeloma_reaches() -> None:
    rows = (
        row("short", days=7),
        row("long", days=21),
        row("none", days=None),
        row("other", days=400, disease="lymphoma"),
    )
    for days_ago, told in ((20, True), (21, False), (100, False)):
        last = {**LEN, "stop": (DAY - timedelta(days_ago)).isoformat()}
        assert bool(found(*rows, therapies=(last,))) is told, days_ago
    today = {**LEN, "stop": DAY.isoformat()}
    assert not found(row("none", days=None), row("other", days=400, disease="lymphoma"), therapies=(today,))
    assert found(row("one", days=1), therapies=({**LEN, "stop": DAY.isoformat()},))
    assert not found(row("one", days=1), therapies=({**LEN, "stop": (DAY - timedelta(1)).isoformat()},))


def test_a_partial_last_dose_is_recent_if_its_latest_day_is() -> None:
    rows = (row("x", days=14),)
    assert ids(found(*rows, therapies=({**LEN, "stop": "2026-10"},))), "it may have been on the day of the decision"
    assert not found(*rows, therapies=({**LEN, "stop": "2026-09"},)), "30 September is twenty days ago"
    assert found(row("x", days=21), therapies=({**LEN, "stop": "2026-09"},))


def test_what_is_taken_and_what_has_no_day_is_told() -> None:
    running, unknown = found(row("x"), therapies=({**LEN, "stop": "ongoing"},)), found(row("x"), therapies=(LEN,))
    assert step(running) == ("2026-11-03",) * 4, "counted from a stop today"
    assert ids(unknown) == [("lenalidomide", "x")] and step(unknown) is None


# --- when they have passed --------------------------------------------------------------------------


def test_the_shortest_and_the_longest_interval_of_a_drug_are_kept_apart() -> None:
    made = found(row("a", days=14), row("b", days=21), row("c", days=28, disease="lymphoma"), row("d", days=None))
    assert step(made) == ("2026-10-24", "2026-10-24", "2026-10-31", "2026-10-31")
    assert step(made, "infusion") is None


def test_every_drug_must_have_passed() -> None:
    two = ({**LEN, "stop": "2026-10-10"}, {**DARA, "stop": "2026-10-16"})
    made = found(row("a", days=14), row("b", days=21), row("c", of=("daratumumab",), days=7), therapies=two)
    assert step(made) == ("2026-10-24", "2026-10-24", "2026-10-31", "2026-10-31")
    made = found(row("a", days=7), row("c", of=("daratumumab",), days=14), therapies=two)
    assert step(made) == ("2026-10-30",) * 4


def test_a_last_dose_known_to_the_month_leaves_a_range() -> None:
    made = found(row("a", days=14), row("b", days=21), therapies=({**LEN, "stop": "2026-10"},))
    assert step(made) == ("2026-10-15", "2026-11-03", "2026-10-22", "2026-11-10")


@pytest.mark.parametrize(
    ("rows", "stop", "weeks"),
    [
        ((), "2026-10-20", (4, 4)),
        ((row("x", days=14),), "2026-10-20", (6, 6)),  # collection in two weeks, and four from there
        ((row("x", days=14), row("y", days=28)), "2026-10-20", (6, 6)),  # by the shortest
        ((row("x", days=14),), "2026-10-13", (5, 5)),
        ((row("x", days=14),), "2026-10-07", (4 + 1 / 7, 4 + 1 / 7)),
        ((row("x", "infusion", days=35),), "2026-10-20", (5, 5)),  # longer than the cells take
        ((row("x", "infusion", days=14),), "2026-10-20", (4, 4)),  # shorter than they take
        ((row("x", days=14), row("y", "infusion", days=35)), "2026-10-20", (6, 6)),
        ((row("x", days=14), row("y", "infusion", days=56)), "2026-10-20", (8, 8)),
        ((row("x", days=21),), "2026-10", (4 + 2 / 7, 7)),  # between 22 October and 10 November
        ((row("x", days=14),), "2026-10", (4, 6)),  # may have passed
        ((row("x", days=14, disease="lymphoma"),), "2026-10-20", (4, 4)),
    ],
)
def test_weeks_from_today_to_the_infusion(rows: tuple[Washout, ...], stop: str, weeks: tuple[float, float]) -> None:
    made = weeks_to_infusion(found(*rows, therapies=({**LEN, "stop": stop},)), DAY, 4.0)
    assert (made.low, made.high) == pytest.approx(weeks)


def test_no_drug_no_wait() -> None:
    assert weeks_to_infusion([], date(2026, 10, 20), 5.0) == Bounds(5.0, 5.0) and passed_by([], "apheresis") is None
