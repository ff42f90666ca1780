"""Relapses of which the day is not recorded, or stands at another part of the line."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base.known import Truth
from tests.builders.blank import a_history, answer_for
from tests.builders.patients import patient

INDUCTION = {
    "intent": "induction", "regimen": "VRd", "start": "2020-01-10", "stop": "2020-06-01",
    "best_response": "VGPR", "stop_reason": "completed",
}  # fmt: skip
GRAFT = {"intent": "transplant", "agents": ["melphalan"], "start": "2020-07-15"}
KEPT = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2020-11-01", "best_response": "CR"}
LAST = {
    "intent": "relapse", "regimen": "PCd", "start": "2024-05-15", "stop": "2026-08-01",
    "best_response": "PR", "progressed_on": "2026-08-01", "stop_reason": "progression",
}  # fmt: skip


def history(*therapies: dict[str, Any], **changes: Any) -> Any:
    return a_history(**patient(*therapies, **changes))


def refractory(drug: str, *therapies: dict[str, Any], **changes: Any) -> Any:
    return history(*therapies, **changes).refractory_agent(drug)


# --- a whole list without the day of a relapse ------------------------------------------------------


def told(*therapies: dict[str, Any], **changes: Any) -> list[str]:
    """What is said of relapses that a later line answers, and nobody dated."""
    answer = answer_for(**patient(*therapies, **changes))
    return [warning for warning in answer["warnings"] if "was given for relapse" in warning]


@pytest.mark.parametrize("stop", ["2024-05-01", "2023-05-01"])
def test_the_absent_day_says_that_none_came_and_the_answer_says_that_one_did(stop: str) -> None:
    """Contract 2: "with `therapies_complete: true` a missing `progressed_on` says that no progression came before"."""
    kept = KEPT | {"stop": stop}
    assert refractory("lenalidomide", INDUCTION, GRAFT, kept, LAST).truth is Truth.NOT_MET
    (warning,) = told(INDUCTION, GRAFT, kept, LAST)
    assert warning.startswith("PCd, therapy 4, 2024-05 to 2026-08 was given for relapse")
    assert warning.endswith("therapies[2].progressed_on")


@pytest.mark.parametrize(
    "kept",
    [
        {"stop": "2024-05-01", "progressed_on": "2024-05-01"},
        {"stop": "2024-05-01", "stop_reason": "progression"},
        {"stop": "2023-05-01", "progressed_on": "2024-05-01"},
    ],
)
def test_a_relapse_on_record_is_not_asked_for(kept: dict[str, Any]) -> None:
    assert not told(INDUCTION, GRAFT, KEPT | kept, LAST)


def test_a_list_that_may_not_be_whole_leaves_it_unknown_already() -> None:
    kept = KEPT | {"stop": "2024-05-01"}
    assert not told(INDUCTION, GRAFT, kept, LAST, therapies_complete=None)
    assert refractory("lenalidomide", INDUCTION, GRAFT, kept, LAST, therapies_complete=None).truth is Truth.UNKNOWN


def test_cells_after_their_bridge_answer_the_relapse_before() -> None:
    bridge = {"intent": "bridging", "regimen": "KCd", "start": "2026-08-20", "stop": "2026-09-10"}
    cells = {"intent": "relapse", "regimen": "cilta-cel", "start": "2026-09-20"}
    kept = KEPT | {"stop": "2024-05-01", "progressed_on": "2024-05-01"}
    assert not told(INDUCTION, GRAFT, kept, LAST, bridge, cells)


# --- how soon the first relapse came ------------------------------------------------------------------


def early(*therapies: dict[str, Any], **changes: Any) -> Any:
    return history(*therapies, **changes).early_relapse(18, 12)


def test_a_first_line_without_a_day_did_not_end_in_progression() -> None:
    assert early(INDUCTION, GRAFT, LAST | {"start": "2021-02-01"}).truth is Truth.NOT_MET
    assert told(INDUCTION, GRAFT, LAST | {"start": "2021-02-01"})


def test_a_relapse_now_after_the_first_line_is_bounded_by_today() -> None:
    assert early(INDUCTION | {"start": "2026-01-10", "stop": "2026-05-01"}).truth is Truth.MET
    assert early(INDUCTION | {"start": "2024-01-10", "stop": "2024-06-01"}).truth is Truth.UNKNOWN


def test_without_a_relapse_the_first_line_did_not_end_in_one() -> None:
    assert early(INDUCTION, disease__state="responding", disease__relapse=None).truth is Truth.NOT_MET


# --- a day that stands on another part of the line ----------------------------------------------------


def test_a_progression_dated_on_an_earlier_part_of_the_line_counts_for_its_maintenance() -> None:
    induction = INDUCTION | {"stop_reason": None, "progressed_on": "2026-08-20"}
    held = history(induction, GRAFT, KEPT | {"stop": "2026-08-01"})
    assert held.refractory_agent("lenalidomide").truth is Truth.MET
    assert held.progressed_on_last().truth is Truth.MET


def test_it_counts_as_a_relapse_after_maintenance_that_ended_long_before() -> None:
    graft = GRAFT | {"progressed_on": "2026-07-01"}
    found = history(INDUCTION, graft, KEPT | {"stop": "2021-06-01", "stop_reason": "toxicity"}).progressed_on_last()
    assert found.truth is Truth.MET and found.remark


def test_a_progression_before_the_maintenance_is_not_of_it() -> None:
    induction = INDUCTION | {"progressed_on": "2020-10-01"}
    held = history(induction, GRAFT, KEPT | {"stop": "2023-05-01"}, disease__state="responding", disease__relapse=None)
    assert held.refractory_agent("lenalidomide").truth is Truth.NOT_MET


def test_a_later_line_is_not_charged_with_a_progression_before_it() -> None:
    first = INDUCTION | {"progressed_on": "2024-05-20"}  # written down a few days after the next line began
    later = LAST | {"stop": "ongoing", "progressed_on": None, "stop_reason": None, "best_response": "CR"}
    held = history(first, later, disease__state="responding", disease__relapse=None)
    assert held.refractory_agent("pomalidomide").truth is Truth.NOT_MET


# --- lines without days -------------------------------------------------------------------------------


def test_a_dated_progression_stands_although_the_next_line_is_not_dated() -> None:
    first = INDUCTION | {"line": 1, "progressed_on": "2023-01", "stop_reason": None}
    second = {"line": 2, "intent": "relapse", "regimen": "DKd", "best_response": "VGPR"}
    assert history(first, second).refractory_agent("lenalidomide").truth is Truth.NOT_MET


def test_the_regimen_of_a_later_line_comes_before_its_maintenance() -> None:
    second = {"line": 2, "intent": "relapse", "regimen": "DVd", "best_response": "VGPR", "stop_reason": "completed"}
    kept = {"line": 2, "intent": "maintenance", "agents": ["daratumumab"], "stop_reason": "progression"}
    held = history(kept, second, {"line": 1, "intent": "induction", "regimen": "VRd", "best_response": "PR"})
    assert held.timeline.order == (2, 1, 0)
    assert held.progressed_on_last().truth is Truth.MET
