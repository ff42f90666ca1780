"""Refractory to what: day sixty, declarations, classes and targets."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base.known import Truth
from tests.builders.blank import a_history, answer_for
from tests.builders.histories import MAINTENANCE, VRD, refractory


@pytest.mark.parametrize(
    ("progressed", "expected"),
    [("2023-03-31", Truth.MET), ("2023-04-01", Truth.MET), ("2023-04-02", Truth.NOT_MET), ("2023-03", Truth.MET),
     ("2023-04", Truth.UNKNOWN), ("2023", Truth.UNKNOWN), ("2024", Truth.NOT_MET)],
)  # fmt: skip
def test_day_sixty_counts_and_day_sixty_one_does_not(progressed: str, expected: Truth) -> None:
    entry = MAINTENANCE | {"stop": "2023-01-31", "progressed_on": progressed, "stop_reason": "patient_choice"}
    assert refractory("lenalidomide", entry) is expected


def test_a_missing_date_of_progression_says_nothing_unless_the_list_is_whole() -> None:
    entry = MAINTENANCE | {"stop": "2023-01-31", "stop_reason": "completed"}
    later = {"intent": "relapse", "agents": ["bortezomib"], "start": "2025-01-01"}
    assert refractory("lenalidomide", entry, later) is Truth.NOT_MET
    assert refractory("lenalidomide", entry, later, complete=None) is Truth.UNKNOWN
    assert refractory("lenalidomide", entry, later, complete=False) is Truth.UNKNOWN


def test_a_stop_for_progression_proves_it_without_a_date() -> None:
    entry = MAINTENANCE | {"stop": "2023-01-31", "stop_reason": "progression"}
    assert refractory("lenalidomide", entry, complete=None) is Truth.MET


def test_a_relapse_now_on_ongoing_therapy_without_a_date_is_unknown_never_no() -> None:
    entry = MAINTENANCE | {"stop": "ongoing", "best_response": "CR"}
    assert refractory("lenalidomide", entry, disease={"state": "relapsed"}) is Truth.UNKNOWN
    assert refractory("lenalidomide", entry, disease={"state": "responding"}) is Truth.NOT_MET
    assert refractory("lenalidomide", entry) is Truth.UNKNOWN


def test_a_relapse_now_long_after_the_last_dose_of_a_whole_list_is_not_refractory() -> None:
    entry = MAINTENANCE | {"stop": "2024-01-31", "best_response": "CR"}
    assert refractory("lenalidomide", entry, disease={"state": "relapsed"}) is Truth.NOT_MET
    recent = MAINTENANCE | {"stop": "2026-09-01", "best_response": "CR"}
    assert refractory("lenalidomide", recent, disease={"state": "relapsed"}) is Truth.UNKNOWN


def test_an_agent_stopped_early_is_judged_by_its_own_last_dose() -> None:
    entry = {
        "intent": "relapse",
        "agents": [{"agent": "bortezomib", "stop": "2023-01-10"}, "daratumumab"],
        "start": "2022-06-01",
        "stop": "2024-05-01",
        "best_response": "PR",
        "progressed_on": "2024-05-01",
        "stop_reason": "progression",
    }
    assert refractory("daratumumab", entry) is Truth.MET
    assert refractory("bortezomib", entry) is Truth.NOT_MET


def test_a_later_progression_within_the_window_of_an_earlier_entry_counts() -> None:
    induction = {"intent": "induction", "agents": ["bortezomib"], "start": "2023-01-01", "stop": "2023-06-01",
                 "best_response": "PR", "stop_reason": "completed"}  # fmt: skip
    upkeep = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2023-06-10", "stop": "2023-07-20",
              "progressed_on": "2023-07-20", "stop_reason": "progression"}  # fmt: skip
    assert refractory("bortezomib", induction, upkeep) is Truth.MET


@pytest.mark.parametrize("response", ["SD", "PD"])
def test_no_response_makes_refractory_but_not_to_maintenance(response: str) -> None:
    relapse = {"intent": "relapse", "agents": ["pomalidomide"], "start": "2023-01-01", "stop": "2023-06-01",
               "best_response": response, "stop_reason": "other"}  # fmt: skip
    later = {"intent": "relapse", "agents": ["carfilzomib"], "start": "2024-01-01"}
    assert refractory("pomalidomide", relapse, later) is Truth.MET
    upkeep = relapse | {"intent": "maintenance", "best_response": "SD"}
    assert refractory("pomalidomide", upkeep, later) is Truth.NOT_MET


def test_stable_disease_after_less_than_a_cycle_is_unknown() -> None:
    brief = {"intent": "relapse", "agents": ["pomalidomide"], "start": "2023-01-01", "stop": "2023-01-12",
             "best_response": "SD", "stop_reason": "other"}  # fmt: skip
    assert (
        refractory("pomalidomide", brief, {"intent": "relapse", "agents": ["carfilzomib"], "start": "2024"})
        is Truth.UNKNOWN
    )


def test_steroids_and_conditioning_are_never_refractory() -> None:
    entry = {"intent": "relapse", "agents": ["dexamethasone", "bortezomib"], "stop_reason": "progression"}
    graft = {"intent": "transplant", "agents": ["melphalan"], "start": "2023-01-01", "progressed_on": "2023-02-01"}
    assert refractory("dexamethasone", entry) is Truth.NOT_MET
    assert refractory("melphalan", graft) is Truth.NOT_MET
    assert a_history(therapies=[graft]).exposed_to("alkylator").truth is Truth.MET


def test_declarations_add_and_only_a_reason_overrules() -> None:
    entry = MAINTENANCE | {"stop": "2022-01-01", "best_response": "CR", "refractory_to": ["lenalidomide"]}
    assert refractory("lenalidomide", entry) is Truth.MET
    empty = MAINTENANCE | {"stop": "2023-01-31", "stop_reason": "progression", "refractory_to": []}
    assert refractory("lenalidomide", empty) is Truth.MET
    overruled = MAINTENANCE | {"stop": "2023-01-31", "stop_reason": "progression",
                               "not_refractory_to": ["lenalidomide"], "reason": "not taken"}  # fmt: skip
    found = a_history(therapies=[overruled], therapies_complete=True).refractory_agent("lenalidomide")
    assert found.truth is Truth.NOT_MET
    assert "not taken" in found.found and "stopped for progression" in found.found


def test_cells_are_refractory_by_no_response_or_relapse_within_sixty_days() -> None:
    cells = {"agents": ["cilta-cel"], "start": "2025-01-01"}
    assert refractory("ciltacabtagene-autoleucel", cells | {"best_response": "SD"}) is Truth.MET
    early = cells | {"best_response": "PR", "progressed_on": "2025-02-20"}
    assert refractory("ciltacabtagene-autoleucel", early) is Truth.MET
    late = cells | {"best_response": "CR", "progressed_on": "2025-07-20"}
    history = a_history(therapies=[late], therapies_complete=True)
    assert history.refractory_agent("ciltacabtagene-autoleucel").truth is Truth.NOT_MET
    assert history.doubtful_class("BCMA-directed")
    much_later = cells | {"best_response": "CR", "progressed_on": "2026-01-20"}
    assert not a_history(therapies=[much_later], therapies_complete=True).doubtful_class("BCMA-directed")


def test_lymphodepletion_proves_nothing() -> None:
    cells = {"agents": ["fludarabine", "cyclophosphamide", "cilta-cel"], "start": "2025-01-01", "best_response": "SD"}
    assert refractory("cyclophosphamide", cells) is Truth.NOT_MET


def test_a_refractory_target_and_modality_closes_its_like_and_no_other() -> None:
    entry = {"intent": "relapse", "agents": ["teclistamab"], "stop_reason": "progression"}
    history = a_history(therapies=[entry], therapies_complete=True)
    assert history.spent("elranatamab").truth is Truth.MET
    assert history.spent("ciltacabtagene-autoleucel").truth is Truth.NOT_MET
    assert history.spent("talquetamab").truth is Truth.NOT_MET
    assert history.doubtful("ciltacabtagene-autoleucel").truth is Truth.MET


def test_within_a_class_the_newer_may_work_where_the_older_failed() -> None:
    len_failed = {"intent": "relapse", "agents": ["lenalidomide"], "stop_reason": "progression"}
    history = a_history(therapies=[len_failed], therapies_complete=True)
    assert history.spent("pomalidomide").truth is Truth.NOT_MET
    assert history.spent("thalidomide").truth is Truth.MET
    dara_failed = {"intent": "relapse", "agents": ["daratumumab"], "stop_reason": "progression"}
    assert a_history(therapies=[dara_failed], therapies_complete=True).spent("isatuximab").truth is Truth.MET
    k_failed = {"intent": "relapse", "agents": ["carfilzomib"], "stop_reason": "progression"}
    history = a_history(therapies=[k_failed], therapies_complete=True)
    assert history.spent("bortezomib").truth is Truth.NOT_MET
    assert history.doubtful("bortezomib").truth is Truth.MET


def test_a_declaration_counts_in_whichever_therapy_it_stands() -> None:
    """Clinicians write it where they think of it; ignoring it would offer the drug again."""
    vrd = {"regimen": "VRd", "intent": "induction", "start": "2019-01-10", "stop": "2019-06-01",
           "best_response": "VGPR", "progressed_on": "2022-01-01", "stop_reason": "completed"}  # fmt: skip
    dvd = vrd | {"regimen": "DVd", "intent": "relapse", "start": "2022-02-01", "stop": "2022-06-01",
                 "progressed_on": "2024-01-01"}  # fmt: skip
    whole: dict[str, Any] = {"therapies_complete": True}
    plain = a_history(therapies=[vrd, dvd], **whole)
    assert plain.refractory_agent("lenalidomide").truth is Truth.NOT_MET
    declared = a_history(therapies=[vrd, dvd | {"refractory_to": ["lenalidomide", "carfilzomib"]}], **whole)
    for agent in ("lenalidomide", "carfilzomib"):
        assert declared.refractory_agent(agent).truth is Truth.MET
        assert declared.spent(agent).truth is Truth.MET
        assert declared.exposed_to(agent).truth is Truth.MET
    assert declared.refractory_to("IMiD").truth is Truth.MET
    assert declared.refractory_agent("pomalidomide").truth is Truth.NOT_MET
    assert declared.spent("thalidomide").truth is Truth.MET  # an older IMiD after a newer one that failed


def test_a_class_declared_where_no_agent_of_it_was_given() -> None:
    vrd = {"regimen": "VRd", "intent": "induction", "start": "2019-01-10", "stop": "2019-06-01",
           "best_response": "VGPR", "progressed_on": "2022-01-01", "refractory_to": ["anti-CD38", "XPO1", "PI"]}  # fmt: skip
    history = a_history(therapies=[vrd], therapies_complete=True)
    assert history.spent("daratumumab").truth is Truth.MET  # cross-resistant: whichever antibody it was
    assert history.refractory_agent("selinexor").truth is Truth.UNKNOWN  # which agent is not recorded
    assert history.refractory_agent("bortezomib").truth is Truth.MET  # the one that this therapy held
    assert history.refractory_agent("carfilzomib").truth is Truth.NOT_MET


@pytest.mark.parametrize(
    ("excluded", "warned"),
    [(["daratumumab", "isatuximab"], True), (["anti-CD38"], False), (["daratumumab"], False), (["bortezomib"], False)],
)
def test_a_class_that_is_excluded_but_for_one_drug_is_named(excluded: list[str], warned: bool) -> None:
    """A third antibody against CD38 was in trials: the reader is told how to exclude all of them."""
    unknown = {"intent": "relapse", "agents": [{"not": excluded}], "start": "2021-06-01", "stop": "2023-02-01"}
    warnings = answer_for(therapies_complete=True, therapies=[VRD, unknown])["warnings"]
    told = [w for w in warnings if "not: [anti-CD38]" in w]
    assert bool(told) is warned and all("felzartamab" in w and "therapy 2" in w for w in told)
