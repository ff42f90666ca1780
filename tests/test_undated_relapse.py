"""A relapse that the next line answers happened, also where nobody recorded its day."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import a_history, answer_for
from mmadvisor.base.known import Truth
from patients import patient

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


# --- refractoriness ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", ["2024-05-01", "2024-05-15", "2024-03-16"])
def test_a_relapse_line_within_the_window_leaves_refractoriness_open(stop: str) -> None:
    found = refractory("lenalidomide", INDUCTION, GRAFT, KEPT | {"stop": stop}, LAST)
    assert found.truth is Truth.UNKNOWN
    assert "therapies[2].progressed_on" in found.missing


@pytest.mark.parametrize("stop", ["2024-03-15", "2023-05-01"])
def test_a_relapse_line_after_the_window_leaves_it_open_only_where_no_reason_is_recorded(stop: str) -> None:
    kept = KEPT | {"stop": stop}
    found = refractory("lenalidomide", INDUCTION, GRAFT, kept, LAST)
    assert found.truth is Truth.UNKNOWN and "therapies[2].progressed_on" in found.missing
    for reason in ("toxicity", "completed", "patient_choice", "other"):
        told = kept | {"stop_reason": reason}
        assert refractory("lenalidomide", INDUCTION, GRAFT, told, LAST).truth is Truth.NOT_MET


def test_a_last_dose_that_is_not_recorded_may_have_been_the_day_before_the_relapse_line() -> None:
    found = refractory("lenalidomide", INDUCTION, GRAFT, KEPT, LAST)
    assert found.truth is Truth.UNKNOWN and "therapies[2].stop" in found.missing


@pytest.mark.parametrize("reason", ["toxicity", "patient_choice", "completed", "access", "other"])
def test_whatever_ended_it_the_relapse_may_have_come_within_the_window(reason: str) -> None:
    kept = KEPT | {"stop": "2024-05-01", "stop_reason": reason}
    assert refractory("lenalidomide", INDUCTION, GRAFT, kept, LAST).truth is Truth.UNKNOWN


def test_a_planned_switch_is_no_relapse() -> None:
    kept = KEPT | {"stop": "2024-05-01", "stop_reason": "planned_switch"}
    assert refractory("lenalidomide", INDUCTION, GRAFT, kept, LAST).truth is Truth.NOT_MET


@pytest.mark.parametrize("drug", ["bortezomib", "melphalan"])
def test_it_says_nothing_of_drugs_of_long_before(drug: str) -> None:
    kept = KEPT | {"stop": "2024-05-01"}
    assert refractory(drug, INDUCTION, GRAFT, kept, LAST).truth is Truth.NOT_MET


def test_a_drug_that_was_stopped_long_before_its_therapy_is_not_open() -> None:
    line = {
        "intent": "relapse", "start": "2022-09-01", "stop": "2024-05-01", "best_response": "VGPR",
        "agents": ["daratumumab", {"agent": "bortezomib", "stop": "2023-03-01"}, "dexamethasone"],
    }  # fmt: skip
    held = history(INDUCTION, line, LAST)
    assert held.refractory_agent("daratumumab").truth is Truth.UNKNOWN
    assert held.refractory_agent("bortezomib").truth is Truth.NOT_MET


def test_a_planned_part_of_the_line_is_no_relapse() -> None:
    induction = INDUCTION | {"stop_reason": None}
    later = LAST | {"start": "2025-05-15"}
    graft = GRAFT | {"start": "2020-06-15"}
    assert refractory("bortezomib", induction, graft, KEPT | {"stop": "2023-05-01"}, later).truth is Truth.NOT_MET


def test_no_regimen_with_the_drug_is_simply_open() -> None:
    answer = answer_for(**patient(INDUCTION, GRAFT, KEPT | {"stop": "2024-05-01"}, LAST))
    assert not {"DRd", "KRd", "Rd"} & {o["regimen"] for o in answer["options"]}


# --- how soon the first relapse came ------------------------------------------------------------------


def early(*therapies: dict[str, Any], **changes: Any) -> Any:
    return history(*therapies, **changes).early_relapse(18, 12)


def test_a_second_line_for_relapse_bounds_the_first_relapse() -> None:
    found = early(INDUCTION, GRAFT, LAST | {"start": "2021-02-01"})
    assert found.truth is Truth.MET


def test_a_second_line_that_came_late_leaves_it_open() -> None:
    found = early(INDUCTION, GRAFT, LAST)
    assert found.truth is Truth.UNKNOWN
    assert "therapies[1].progressed_on" in found.missing


def test_a_relapse_now_after_the_first_line_is_bounded_by_today() -> None:
    assert early(INDUCTION | {"start": "2026-01-10", "stop": "2026-05-01"}).truth is Truth.MET
    assert early(INDUCTION | {"start": "2024-01-10", "stop": "2024-06-01"}).truth is Truth.UNKNOWN


def test_without_a_relapse_the_first_line_did_not_end_in_one() -> None:
    assert early(INDUCTION, disease__state="responding", disease__relapse=None).truth is Truth.NOT_MET


def test_remission_after_a_transplant_ends_before_the_line_for_the_relapse() -> None:
    bounds, _, missing = history(INDUCTION, GRAFT, LAST | {"start": "2021-02-01"}).months_since_transplant()
    assert bounds is not None and bounds.high is not None and bounds.high < 7
    assert "therapies[1].progressed_on" in missing


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
