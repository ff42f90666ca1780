"""History: refractoriness with its proof, lines by both definitions, time since, organs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mmadvisor.base.known import Truth
from tests.builders.blank import DAY, a_history, a_patient, answer_for, offered
from tests.builders.patients import patient

MAINTENANCE = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2021-01-04"}


def refractory(agent: str, *therapies: dict[str, Any], complete: bool | None = True, **more: Any) -> Truth:
    fields = {"therapies": list(therapies), "therapies_complete": complete} | more
    return a_history(**fields).refractory_agent(agent).truth


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


# --- lines --------------------------------------------------------------------------------------


def lines(*therapies: dict[str, Any], **more: Any) -> tuple[int, int | None, int, int | None]:
    history = a_history(**({"therapies": list(therapies), "therapies_complete": True} | more))
    default, strict = history.count_lines("imwg-2015"), history.count_lines("imwg-strict")
    return default.low, default.high, strict.low, strict.high


VRD = {"intent": "induction", "regimen": "VRd", "start": "2020-01-01", "stop": "2020-05-01", "best_response": "PR",
       "stop_reason": "completed"}  # fmt: skip
GRAFT = {"intent": "transplant", "agents": ["melphalan"], "start": "2020-06-15", "stop": "2020-06-15"}
UPKEEP = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2020-09-01", "stop": "2022-09-01"}


def test_induction_transplant_consolidation_and_maintenance_are_one_line() -> None:
    more = {"intent": "consolidation", "regimen": "VRd", "start": "2020-08-01", "stop": "2020-09-01"}
    assert lines(VRD, GRAFT, more, UPKEEP) == (1, 1, 1, 1)


def test_a_different_regimen_for_relapse_is_a_new_line() -> None:
    relapse = {"intent": "relapse", "regimen": "DKd", "start": "2023-01-01"}
    assert lines(VRD, GRAFT, UPKEEP | {"progressed_on": "2022-09-01"}, relapse) == (2, 2, 2, 2)


def test_the_same_regimen_again_after_progression_hangs_on_the_definition() -> None:
    first = {"intent": "relapse", "regimen": "DVd", "start": "2022-01-01", "stop": "2022-09-01", "best_response": "PR",
             "progressed_on": "2023-11-01", "stop_reason": "completed"}  # fmt: skip
    again = {"intent": "relapse", "regimen": "DVd", "start": "2024-01-01", "stop": "ongoing"}
    assert lines(VRD | {"progressed_on": "2021-12-01"}, first, again) == (3, 3, 2, 2)


def test_the_same_regimen_again_without_progression_is_the_same_line() -> None:
    pause = VRD | {"start": "2020-06-01", "stop": "2020-09-01"}
    assert lines(VRD, pause) == (1, 1, 1, 1)


def test_stopping_some_drugs_is_no_new_line() -> None:
    rest = {"intent": "other", "agents": ["lenalidomide", "dexamethasone"], "start": "2020-05-02", "stop": "2021-01-01"}
    assert lines(VRD, rest) == (1, 1, 1, 1)


def test_an_unplanned_change_for_toxicity_is_a_new_line() -> None:
    changed = {"intent": "induction", "regimen": "KRd", "start": "2020-05-10", "stop": "2020-09-01"}
    assert lines(VRD | {"stop_reason": "toxicity"}, changed)[:2] == (2, 2)
    assert lines(VRD | {"stop_reason": "planned_switch"}, changed)[:2] == (1, 1)
    assert lines(VRD | {"stop_reason": None}, changed)[:2] == (1, 2)


def test_tandem_transplants_are_one_line_and_a_late_second_one_is_another() -> None:
    tandem = GRAFT | {"start": "2020-10-01", "stop": "2020-10-01"}
    assert lines(VRD, GRAFT, tandem)[:2] == (1, 1)
    salvage = GRAFT | {"start": "2023-10-01", "stop": "2023-10-01"}
    assert lines(VRD, GRAFT, salvage)[:2] == (2, 2)


def test_bridging_lymphodepletion_and_cells_are_one_line() -> None:
    bridge = {"intent": "bridging", "regimen": "Kd", "start": "2023-01-01", "stop": "2023-02-01"}
    depletion = {"intent": "other", "regimen": "Flu-Cy", "start": "2023-02-20", "stop": "2023-02-22"}
    cells = {"intent": "relapse", "regimen": "cilta-cel", "start": "2023-02-25"}
    assert lines(VRD | {"progressed_on": "2022-12-01"}, bridge, depletion, cells)[:2] == (2, 2)


def test_steroids_alone_are_no_line() -> None:
    pulse = {"intent": "other", "agents": ["dexamethasone"], "start": "2022-01-01", "stop": "2022-01-20"}
    assert lines(VRD, pulse)[:2] == (1, 1)


def test_less_than_one_cycle_without_progression_makes_a_range() -> None:
    brief = {
        "intent": "relapse",
        "regimen": "DVd",
        "start": "2022-01-01",
        "stop": "2022-01-10",
        "stop_reason": "toxicity",
    }
    assert lines(VRD | {"progressed_on": "2021-12-01"}, brief)[:2] == (1, 2)


def test_a_stated_line_decides() -> None:
    stated = [VRD | {"line": 1}, {"line": 3, "intent": "relapse", "regimen": "DKd", "start": "2022-01-01"}]
    assert lines(*stated)[:2] == (3, 3)


def test_an_open_list_has_no_upper_end() -> None:
    assert lines(VRD, therapies_complete=None)[:2] == (1, None)


# --- time and organs ----------------------------------------------------------------------------


def test_what_came_later_is_invisible() -> None:
    patient = a_patient(
        therapies=[VRD, {"intent": "relapse", "regimen": "DKd", "start": "2023-01-01", "stop": "2024-01-01",
                         "progressed_on": "2024-01-01", "stop_reason": "progression"}]
    )  # fmt: skip
    then = patient.seen_on(date(2023, 6, 1))
    assert then.therapies[1].stop == "ongoing"
    assert then.therapies[1].progressed_on is None and then.therapies[1].stop_reason is None
    assert len(patient.seen_on(date(2022, 6, 1)).therapies) == 1
    assert patient.seen_on(DAY) == patient


def test_clearance_is_computed_with_the_formula_and_says_so() -> None:
    known = {"demographics": {"age": 74, "sex": "female", "weight_kg": 52}, "labs": {"creatinine_umol_per_l": 152}}
    clearance, how, missing = a_history(**known).creatinine_clearance
    # (140-74) * 52 / (72 * 152/88.4) * 0.85
    assert clearance is not None and clearance.low == pytest.approx(23.6, abs=0.1)
    assert "Cockcroft-Gault" in how and not missing
    kidneys = known | {"disease": {"emergencies": ["acute_kidney_injury"]}}
    assert a_history(**kidneys).creatinine_clearance[0] is None


def test_a_declaration_counts_in_whichever_therapy_it_stands() -> None:
    """Clinicians write it where they think of it; ignoring it would offer the drug again."""
    vrd = {"regimen": "VRd", "intent": "induction", "start": "2019-01-10", "stop": "2019-06-01",
           "best_response": "VGPR", "progressed_on": "2022-01-01", "stop_reason": "completed"}  # fmt: skip
    dvd = vrd | {"regimen": "DVd", "intent": "relapse", "start": "2022-02-01", "stop": "2022-06-01",
                 "progressed_on": "2024-01-01"}  # fmt: skip
    whole = {"therapies_complete": True}
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


def test_dialysis_and_a_healthy_clearance_contradict_each_other_and_neither_is_believed() -> None:
    dialysis = {"comorbidities": {"dialysis": True}}
    clearance, how, missing = a_history(**dialysis, labs={"creatinine_clearance_ml_per_min": 55}).creatinine_clearance
    assert clearance is None and "contradict" in how
    assert missing == ("labs.creatinine_clearance_ml_per_min", "comorbidities.dialysis")
    low, _, _ = a_history(**dialysis, labs={"creatinine_clearance_ml_per_min": 9}).creatinine_clearance
    assert low is not None and low.high == 9
    alone, _, _ = a_history(**dialysis).creatinine_clearance
    assert alone is not None and alone.low == 0


def test_nothing_known_is_not_frail() -> None:
    possible, _, missing = a_history().frailty
    assert possible == ("fit", "intermediate", "frail")
    assert "fitness.frailty" in missing


def test_ecog_nought_is_a_value() -> None:
    assert a_history(fitness={"ecog": 0}).patient.get("fitness.ecog") == 0


# --- progressive disease as the best response (contract 9.4) --------------------------------------

PD_AT_ONCE = {"intent": "relapse", "regimen": "KRd", "start": "2023-01-01", "stop": "2023-01-08", "best_response": "PD",
              "stop_reason": "toxicity"}  # fmt: skip


@pytest.mark.parametrize("intent", ["induction", "relapse", "maintenance", "consolidation"])
def test_progressive_disease_as_best_response_is_a_progression_on_it(intent: str) -> None:
    entry = PD_AT_ONCE | {"intent": intent}
    assert refractory("carfilzomib", entry) is Truth.MET
    assert refractory("lenalidomide", entry) is Truth.MET


def test_a_drug_stopped_long_before_the_progressive_disease_is_unknown() -> None:
    agents = [{"agent": "bortezomib", "stop": "2023-01-25"}, "daratumumab"]
    entry = {"intent": "relapse", "agents": agents, "start": "2023-01-01", "stop": "2023-10-20", "best_response": "PD",
             "stop_reason": "other"}  # fmt: skip
    history = a_history(therapies=[entry], therapies_complete=True)
    assert history.refractory_agent("daratumumab").truth is Truth.MET
    found = history.refractory_agent("bortezomib")
    assert found.truth is Truth.UNKNOWN and "therapies[0].best_response_on" in found.missing
    # Found within 60 days of its last dose it counts for the drug too; found later it leaves it open.
    assert refractory("bortezomib", entry | {"best_response_on": "2023-03-20"}) is Truth.MET
    assert refractory("bortezomib", entry | {"best_response_on": "2023-10-20"}) is Truth.UNKNOWN


def test_a_drug_whose_own_last_dose_is_that_of_its_therapy_was_given_to_the_end() -> None:
    agents = [{"agent": "bortezomib", "stop": "2023-10-20"}, "daratumumab"]
    entry = {"intent": "maintenance", "agents": agents, "start": "2022-01-01", "stop": "2023-10-20",
             "best_response": "PD"}  # fmt: skip
    assert refractory("bortezomib", entry) is Truth.MET


def test_progression_found_long_after_the_last_dose_is_judged_by_its_day() -> None:
    entry = PD_AT_ONCE | {"stop": "2023-06-01", "progressed_on": "2023-08-01", "stop_reason": None}
    assert (
        refractory("carfilzomib", entry) is Truth.UNKNOWN
    )  # 61 days after: perhaps no response, the reason is not told
    assert refractory("carfilzomib", entry | {"progressed_on": "2023-07-31"}) is Truth.MET


def test_one_cycle_is_that_of_the_regimen() -> None:
    entry = {"intent": "relapse", "regimen": "Pd", "start": "2023-01-01", "stop": "2023-01-26", "best_response": "SD",
             "stop_reason": "other"}  # fmt: skip
    assert refractory("pomalidomide", entry) is Truth.UNKNOWN  # 25 of 28 days
    assert refractory("pomalidomide", entry | {"stop": "2023-01-29"}) is Truth.MET
    pvd = entry | {"regimen": "PVd", "stop": "2023-01-22"}  # a cycle of 21
    assert refractory("pomalidomide", pvd) is Truth.MET


@pytest.mark.parametrize("response", ["PD", "SD", "MR"])
def test_bridging_of_one_cycle_proves_nothing(response: str) -> None:
    bridge = {"intent": "bridging", "regimen": "Kd", "start": "2023-01-01", "stop": "2023-01-20",
              "best_response": response, "progressed_on": "2023-01-25" if response == "PD" else None}  # fmt: skip
    assert refractory("carfilzomib", bridge) is Truth.NOT_MET
    longer = bridge | {"stop": "2023-03-20", "progressed_on": "2023-03-20" if response == "PD" else None}
    assert refractory("carfilzomib", longer) is (Truth.MET if response == "PD" else Truth.NOT_MET)
    undated = bridge | {"start": None}
    assert refractory("carfilzomib", undated) is (Truth.UNKNOWN if response == "PD" else Truth.NOT_MET)


def test_drugs_of_lymphodepletion_given_as_treatment_are_treatment() -> None:
    entry = {"intent": "relapse", "agents": ["fludarabine", "cyclophosphamide"], "start": "2023-01-01",
             "stop": "2023-08-01", "best_response": "PD"}  # fmt: skip
    assert refractory("cyclophosphamide", entry) is Truth.MET


# --- stated lines (contract 9.5) ------------------------------------------------------------------


@pytest.mark.parametrize("agents", [["dexamethasone"], ["fludarabine", "cyclophosphamide"]])
def test_a_stated_line_counts_although_the_rules_know_none(agents: list[str]) -> None:
    entry = {"line": 2, "intent": "other", "agents": agents, "start": "2022-01-01", "stop": "2022-01-20"}
    assert lines(VRD | {"line": 1}, entry)[:2] == (2, 2)
    from tests.builders.blank import answer_for

    answer = answer_for(therapies=[VRD | {"line": 1}, entry], therapies_complete=True)
    assert any("the file states 2 lines, the record counts 1" in w for w in answer["warnings"])


def test_stated_lines_count_whatever_the_order_of_the_file() -> None:
    later = {"line": 3, "intent": "relapse", "regimen": "DKd", "start": "2022-01-01"}
    assert lines(later, VRD | {"line": 1})[:2] == (3, 3)


# --- drugs that nobody knows (contract 9.3) -------------------------------------------------------

LOST: dict[str, Any] = {"intent": "relapse", "agents": "unknown", "start": "2021-02-01", "stop": "2022-03-01",
                        "best_response": "PR", "progressed_on": "2022-03-01", "stop_reason": "progression"}  # fmt: skip


def test_a_therapy_of_unknown_drugs_is_a_line_and_may_have_been_anything_of_its_time() -> None:
    assert lines(VRD | {"progressed_on": "2021-01-20"}, LOST)[:2] == (2, 2)
    history = a_history(therapies=[VRD | {"progressed_on": "2021-01-20"}, LOST], therapies_complete=True)
    for agent in ("daratumumab", "carfilzomib", "belantamab-mafodotin", "isatuximab", "bortezomib"):
        found = history.refractory_agent(agent)
        assert found.truth is Truth.UNKNOWN and "therapies[1].agents" in found.missing, agent
    assert "may have had daratumumab" in history.refractory_agent("daratumumab").found
    assert history.spent("pomalidomide").truth is Truth.UNKNOWN
    assert history.exposed_to("anti-CD38").truth is Truth.UNKNOWN
    # Cells and a transplant nobody has without knowing it.
    assert history.refractory_agent("ciltacabtagene-autoleucel").truth is Truth.NOT_MET
    assert history.exposed_to("BCMA-directed/car-t").truth is Truth.NOT_MET


def test_a_class_that_was_in_no_trial_yet_was_not_given() -> None:
    old = LOST | {"start": "2009-01-01", "stop": "2010-03-01", "progressed_on": "2010-03-01"}
    history = a_history(therapies=[old], therapies_complete=True)
    assert history.exposed_to("BCMA-directed").truth is Truth.NOT_MET
    assert history.exposed_to("GPRC5D-directed").truth is Truth.NOT_MET
    assert history.exposed_to("anti-CD38").truth is Truth.UNKNOWN
    without_days = LOST | {"start": None, "stop": None, "progressed_on": None, "line": 2}
    assert (
        a_history(therapies=[without_days], therapies_complete=True).exposed_to("BCMA-directed").truth is Truth.UNKNOWN
    )


def test_what_is_known_of_a_drug_narrows_it() -> None:
    blinded = LOST | {"agents": ["bortezomib", "dexamethasone", {"one_of": ["venetoclax", "placebo"]}]}
    history = a_history(therapies=[blinded], therapies_complete=True)
    assert history.refractory_agent("venetoclax").truth is Truth.UNKNOWN
    assert history.refractory_agent("bortezomib").truth is Truth.MET
    assert history.refractory_agent("daratumumab").truth is Truth.NOT_MET
    no_antibody = LOST | {"agents": {"not": ["anti-CD38", "carfilzomib"]}}
    history = a_history(therapies=[no_antibody], therapies_complete=True)
    assert history.exposed_to("anti-CD38").truth is history.exposed_to("carfilzomib").truth is Truth.NOT_MET
    assert history.exposed_to("bortezomib").truth is Truth.UNKNOWN


def test_an_unknown_drug_that_no_progression_followed_makes_nothing_refractory() -> None:
    calm = LOST | {"stop_reason": "completed", "progressed_on": "2024-03-01"}
    history = a_history(therapies=[calm], therapies_complete=True)
    assert history.refractory_agent("daratumumab").truth is Truth.NOT_MET
    assert history.exposed_to("daratumumab").truth is Truth.UNKNOWN


def test_days_since_a_drug_that_may_have_been_the_unknown_one() -> None:
    history = a_history(therapies=[LOST | {"stop": "2026-09-20", "progressed_on": None}], therapies_complete=True)
    days, _, where = history.days_since_dose("BCMA-directed/bispecific")
    assert days is not None and days.low == 30 and days.high is None and where == "therapies[0].agents"


def test_a_regimen_that_hangs_on_an_unknown_drug_is_undetermined_and_stands_in_the_provisional_order() -> None:
    from tests.builders.blank import answer_for
    from tests.builders.patients import patient

    raw = patient(VRD | {"progressed_on": "2021-01-20"}, LOST, access__jurisdiction="EU")
    answer = answer_for(**raw)
    verdicts = {o["regimen"]: o["verdict"] for o in [*answer["options"], *answer["not_offered"]]}
    for regimen in ("DPd", "Kd", "DKd", "IsaKd"):
        assert verdicts[regimen] == "undetermined"
    provisional = {p["regimen"]: p for p in answer["provisional"]}
    assert provisional["DKd"]["gates"][0] == "therapies[1].agents"
    assert provisional["Kd"]["verdict"] == "undetermined"


CELLS = {"intent": "relapse", "agents": ["cilta-cel"], "start": "2025-09-20", "best_response": "CR"}
LATE = {"progressed_on": "2026-09-25", "stop_reason": "progression"}


@pytest.mark.parametrize("stop", ["2025-09-20", None])
def test_cells_are_given_on_one_day_and_a_late_relapse_is_none_on_treatment(stop: str | None) -> None:
    late = CELLS | LATE | {"stop": stop}
    assert refractory("ciltacabtagene-autoleucel", late) is Truth.NOT_MET
    early = late | {"progressed_on": "2025-11-01"}
    assert refractory("ciltacabtagene-autoleucel", early) is Truth.MET


def test_conditioning_without_a_stop_is_not_still_given_at_the_relapse() -> None:
    conditioning = {"intent": "transplant", "agents": ["melphalan"], "start": "2023-04-01", "best_response": "CR"}
    assert refractory("melphalan", conditioning | LATE) is Truth.NOT_MET


def test_radiotherapy_is_no_line_and_a_placebo_no_drug() -> None:
    rays = {"intent": "other", "agents": ["radiotherapy"], "start": "2026-08-20", "stop": "2026-08-27"}
    history = a_history(therapies=[MAINTENANCE | {"stop": "2023-01-31"}, rays], therapies_complete=True)
    assert (history.lines.low, history.lines.high) == (1, 1) and history.last_treated == 0
    assert a_history(therapies=[rays], therapies_complete=True).last_treated is None
    blinded = MAINTENANCE | {"agents": ["lenalidomide", "placebo"]}
    assert [g.agent for g in a_patient(therapies=[blinded]).therapies[0].agents] == ["lenalidomide"]


def test_a_bridge_that_led_to_nothing_recorded_leaves_the_lines_open_and_asks_for_its_line() -> None:
    bridge = {"intent": "bridging", "agents": ["pomalidomide"], "start": "2023-05-01", "stop": "2023-06-01"}
    lines = a_history(therapies=[MAINTENANCE | {"stop": "2023-01-31"}, bridge], therapies_complete=True).lines
    assert (lines.low, lines.high) == (1, 2) and lines.missing == ("therapies[1].line",)


@pytest.mark.parametrize(
    ("start", "stop", "counted"),
    [
        ("2026-09-20", "2026-10-05", (1, 1)),  # one cycle, and the cells may still come
        ("2026-11-10", "ongoing", (1, 1)),
        ("2026-06-01", "2026-10-05", (1, 2)),  # longer than a cycle: it may have become a treatment
        ("2025-06-01", "2025-06-15", (1, 2)),  # long ago: what became of it is not recorded
        (None, "2026-10-05", (1, 2)),
    ],
)
def test_a_bridge_that_still_waits_for_its_cells_opens_no_line(
    start: str | None, stop: str, counted: tuple[int, int]
) -> None:
    bridge = {"intent": "bridging", "regimen": "PVd", "start": start, "stop": stop}
    first = MAINTENANCE | {"stop": "2026-01-31", "progressed_on": "2026-09-01"}
    lines = a_history(therapies=[first, bridge], therapies_complete=True).lines
    assert (lines.low, lines.high) == counted


def test_a_relapse_without_a_day_is_said_where_it_counts_as_late() -> None:
    stopped = {"intent": "relapse", "regimen": "DPd", "start": "2025-06-01", "stop": "2026-03-15"}
    stopped |= {"stop_reason": "toxicity", "best_response": "VGPR"}
    fields: dict[str, Any] = {"therapies_complete": True, "disease": {"state": "relapsed"}}
    warned = answer_for(therapies=[stopped], **fields)["warnings"]
    assert [w for w in warned if "therapies[0].progressed_on" in w]
    told = answer_for(therapies=[stopped | {"progressed_on": "2026-09-01"}], **fields)["warnings"]
    assert not [w for w in told if "progressed_on" in w]


RVD = {"intent": "induction", "regimen": "VRd", "start": "2018-03-01", "stop": "2018-08-01", "best_response": "VGPR"}
RESCUED = {"intent": "transplant", "agents": ["melphalan"], "start": "2018-09-10", "best_response": "CR"}


def test_a_relapse_after_a_transplant_is_asked_of_the_transplant_and_makes_no_line_of_it() -> None:
    first = [RVD | {"stop_reason": "completed"}, RESCUED | {"stop_reason": "completed"}]
    fields: dict[str, Any] = {"therapies_complete": True, "disease": {"state": "relapsed"}}
    warned = answer_for(therapies=first, **fields)["warnings"]
    assert [w for w in warned if w.endswith("therapies[1].progressed_on")]
    assert not [w for w in warned if "therapies[0].progressed_on" in w]
    for place in (0, 1):
        told = [t | ({"progressed_on": "2026-10-01"} if i == place else {}) for i, t in enumerate(first)]
        lines = a_history(therapies=told, **fields).lines
        assert (lines.low, lines.high) == (1, 1), place
    before = [RVD | {"progressed_on": "2018-08-15", "stop_reason": "progression"}, first[1]]
    assert a_history(therapies=before, **fields).lines.low == 2


@pytest.mark.parametrize("reason", [None, "toxicity", "other"])
def test_no_response_to_a_cycle_is_progression_on_the_last_therapy_whatever_ended_it(reason: str | None) -> None:
    poor = {"intent": "relapse", "agents": ["teclistamab"], "start": "2025-04-01", "stop": "2025-10-01"}
    poor |= {"best_response": "SD", "stop_reason": reason}
    fields: dict[str, Any] = {"therapies_complete": True, "disease": {"state": "relapsed"}}
    assert a_history(therapies=[poor], **fields).progressed_on_last().truth is Truth.MET
    brief = poor | {"stop": "2025-04-08"}
    assert a_history(therapies=[brief], **fields).progressed_on_last().truth is not Truth.MET


@pytest.mark.parametrize("intent", ["transplant", None])
def test_an_allograft_by_name_is_a_transplant_whatever_its_purpose_says(intent: str | None) -> None:
    """Its conditioning proves nothing of melphalan, and its lines are counted as after an autologous transplant."""
    graft = {"intent": intent, "agents": ["melphalan"], "start": "2020-06-10", "stop": "2020-06-10",
             "best_response": "CR", "progressed_on": "2021-01-10"}  # fmt: skip
    allo, auto = (
        a_history(therapies_complete=True, therapies=[VRD, graft | {"regimen": name}]) for name in ("Allo-SCT", "ASCT")
    )
    assert allo.refractory_agent("melphalan").truth is Truth.NOT_MET
    assert (allo.lines.low, allo.lines.high) == (auto.lines.low, auto.lines.high)
    assert (allo.allograft.truth, auto.allograft.truth) == (Truth.MET, Truth.NOT_MET)


def test_two_allografts_are_named_in_order_of_time_wherever_they_stand_in_the_list() -> None:
    grafts = [
        {"intent": "transplant", "regimen": "Allo-SCT", "start": day, "stop": day, "stop_reason": "completed"}
        for day in ("2020-06-10", "2022-03-01")
    ]
    told = [a_history(therapies_complete=True, therapies=[VRD, *these]) for these in (grafts, grafts[::-1])]
    assert told[0].allograft.found == told[1].allograft.found
    assert "therapy 2; " in told[0].allograft.found


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


# --- the last therapy: salvage transplants, and what is perhaps no line ---------------------------

BEFORE: list[dict[str, Any]] = [
    {"intent": "induction", "regimen": "VRd", "start": "2019-03-01", "stop": "2019-08-01", "best_response": "VGPR",
     "stop_reason": "completed"},
    {"intent": "relapse", "regimen": "DRd", "start": "2021-05-01", "stop": "2022-06-01", "best_response": "PR",
     "progressed_on": "2022-05-30"},
]  # fmt: skip
SALVAGE = {"intent": "transplant", "agents": ["melphalan"], "start": "2023-01-10", "best_response": "VGPR"}
ON_THE_WAY = {"intent": "relapse", "regimen": "DT-PACE", "start": "2022-11-10", "stop": "2022-11-14",
              "best_response": "PR", "stop_reason": "planned_switch"}  # fmt: skip


def last_of(*therapies: dict[str, Any], state: str = "relapsed", **more: Any) -> Any:
    return a_history(therapies=list(therapies), therapies_complete=True, disease={"state": state}, **more)


@pytest.mark.parametrize("line", [None, 3])
@pytest.mark.parametrize("way", [[], [ON_THE_WAY]], ids=["straight", "after debulking"])
@pytest.mark.parametrize("named", [True, False])
def test_a_transplant_that_treats_a_line_of_its_own_is_the_last_therapy(
    line: int | None, way: list[dict[str, Any]], named: bool
) -> None:
    graft = SALVAGE | {"line": line} | ({} if named else {"agents": None})
    assert last_of(*BEFORE, *way, graft).progressed_on_last().truth is Truth.UNKNOWN
    assert f"therapies[{2 + len(way)}].progressed_on" in last_of(*BEFORE, *way, graft).progressed_on_last().missing
    assert last_of(*BEFORE, *way, graft, state="responding").progressed_on_last().truth is Truth.NOT_MET
    late = last_of(*BEFORE, *way, graft | {"progressed_on": "2026-08-10"}).progressed_on_last()
    assert late.truth is Truth.MET and "43 months" in late.remark
    for response in ("SD", "PD"):
        poor = last_of(*BEFORE, *way, graft | {"best_response": response}).progressed_on_last()
        assert poor.truth is Truth.MET


def test_conditioning_within_a_line_is_passed_over() -> None:
    kd = {"intent": "relapse", "regimen": "Kd", "start": "2022-09-01", "stop": "2022-12-10", "best_response": "PR"}
    history = last_of(*BEFORE, kd, SALVAGE | {"progressed_on": "2026-08-10"})
    assert history.last_treated == 2 and "the transplant after Kd" in history.progressed_on_last().remark
    upkeep = {"intent": "maintenance", "agents": ["ixazomib"], "start": "2023-04-01", "stop": "2024-01-10"}
    assert last_of(*BEFORE, SALVAGE, upkeep).last_treated == 3
    assert last_of(BEFORE[0], SALVAGE | {"start": "2019-10-01"}).last_treated == 0


PROGRESSED_LATELY = {"intent": "relapse", "regimen": "PVd", "start": "2022-07-01", "stop": "2026-07-01",
                     "best_response": "PR", "progressed_on": "2026-06-28"}  # fmt: skip
CYDEX = {"intent": "other", "agents": ["cyclophosphamide", "dexamethasone"], "start": "2026-07-20"}


@pytest.mark.parametrize(
    ("entry", "truth"),
    [
        ({**CYDEX, "stop": "2026-08-05", "best_response": "SD"}, Truth.MET),  # by either reading
        ({**CYDEX, "stop": "2026-08-20", "best_response": "SD"}, Truth.MET),  # a line, and no response to it
        ({**CYDEX, "stop": "2026-08-05", "best_response": "PR"}, Truth.UNKNOWN),
        ({**CYDEX, "stop": "2026-09-20", "best_response": "PR"}, Truth.UNKNOWN),
        ({**CYDEX, "stop": "2026-08-05", "best_response": "PR", "line": 3}, Truth.MET),  # debulks within the line
        ({**CYDEX, "stop": "2026-08-05", "best_response": "PR", "line": 4}, Truth.UNKNOWN),  # as stated
        ({"intent": "relapse", "regimen": "Kd", "start": "2026-07-20", "stop": "2026-08-16", "best_response": "SD"},
         Truth.MET),
        ({"intent": "relapse", "regimen": "Kd", "start": "2026-07-20", "stop": "2026-08-01",
          "stop_reason": "toxicity"}, Truth.UNKNOWN),
    ],
)  # fmt: skip
def test_what_is_perhaps_no_line_is_read_both_ways(entry: dict[str, Any], truth: Truth) -> None:
    found = last_of(*BEFORE, PROGRESSED_LATELY, entry).progressed_on_last()
    assert found.truth is truth
    if truth is Truth.UNKNOWN:
        assert "therapies[3].progressed_on" in found.missing
        doubted = entry.get("line") is None and entry["stop"] < "2026-08-10"
        assert ("therapies[3].line" in found.missing) is doubted


def test_a_brief_therapy_alone_proves_nothing_of_the_last() -> None:
    brief = CYDEX | {"stop": "2026-08-05", "best_response": "SD"}
    assert last_of(BEFORE[0], brief, state="responding").progressed_on_last().truth is Truth.UNKNOWN
    assert last_of(brief).progressed_on_last().truth is Truth.UNKNOWN


# --- a drug that is one of a few ------------------------------------------------------------------

ONE_LINE = {"intent": "relapse", "start": "2021-05-01", "stop": "2024-09-01", "best_response": "PR",
        "progressed_on": "2024-08-28"}  # fmt: skip
LONG_AFTER = ONE_LINE | {"progressed_on": "2025-09-28"}
CAR_T_CELLS = {"intent": "relapse", "start": "2023-05-10", "best_response": "CR"}
PAIRS: list[tuple[list[str], dict[str, Any]]] = [
    (["daratumumab", "isatuximab"], ONE_LINE),
    (["daratumumab", "isatuximab"], LONG_AFTER),
    (["daratumumab", "isatuximab"], ONE_LINE | {"intent": "transplant", "stop": None}),
    (["teclistamab", "elranatamab"], ONE_LINE),
    (["teclistamab", "talquetamab"], ONE_LINE),
    (["bortezomib", "carfilzomib"], ONE_LINE),
    (["lenalidomide", "pomalidomide"], ONE_LINE),
    (["pomalidomide", "iberdomide"], ONE_LINE),
    (["ciltacabtagene-autoleucel", "idecabtagene-vicleucel"], CAR_T_CELLS | {"progressed_on": "2026-08-10"}),
    (["ciltacabtagene-autoleucel", "idecabtagene-vicleucel"], CAR_T_CELLS | {"progressed_on": "2023-10-10"}),
    (["ciltacabtagene-autoleucel", "idecabtagene-vicleucel"], CAR_T_CELLS | {"progressed_on": "2023-06-10"}),
    (["ciltacabtagene-autoleucel", "teclistamab"], CAR_T_CELLS | {"progressed_on": "2023-10-10"}),
    (["venetoclax", "selinexor"], ONE_LINE | {"not_refractory_to": ["venetoclax"], "reason": "stopped early"}),
    (["daratumumab", "dexamethasone"], ONE_LINE),
    (["daratumumab"], ONE_LINE),
]
QUESTIONS = ("exposed_to", "refractory_to", "spent", "doubtful")


def asked(history: Any) -> dict[tuple[str, str], Truth]:
    formulary = history.formulary
    tokens = [*formulary.by_id, *formulary.class_by_id, "BCMA-directed/car-t", "BCMA-directed/bispecific"]
    found = {(q, t): getattr(history, q)(t).truth for q in QUESTIONS[:2] for t in tokens}
    return found | {(q, a): getattr(history, q)(a).truth for q in QUESTIONS[2:] for a in formulary.by_id}


def given_as(*agents: Any, therapy: dict[str, Any]) -> Any:
    return a_history(
        therapies=[*BEFORE[:1], therapy | {"agents": [*agents, "dexamethasone"]}],
        therapies_complete=True,
        disease={"state": "relapsed"},
    )


@pytest.mark.parametrize(("agents", "therapy"), PAIRS, ids=lambda v: "+".join(v) if isinstance(v, list) else "")
def test_what_all_share_that_a_drug_may_be_is_known_of_it(agents: list[str], therapy: dict[str, Any]) -> None:
    """Each answer is that which every one of them gives; where they differ it is open, and the drug is asked for."""
    history = given_as({"one_of": agents}, therapy=therapy)
    each = [asked(given_as(agent, therapy=therapy)) for agent in agents]
    one = asked(history)
    for question, truth in one.items():
        truths = {answers[question] for answers in each}
        assert truth is (truths.pop() if len(truths) == 1 else Truth.UNKNOWN), question
    for class_id in history.formulary.class_by_id:
        bounds, _ = history.refractory_count(class_id)
        counts = [given_as(a, therapy=therapy).refractory_count(class_id)[0] for a in agents]
        assert bounds.low is not None and bounds.low <= min(c.low or 0 for c in counts)
        assert bounds.high is not None and bounds.high >= max(c.high or 0 for c in counts)
    lines = [given_as(a, therapy=therapy).lines.bounds for a in agents]
    assert history.lines.bounds in lines


@pytest.mark.parametrize("agents", [["daratumumab", "placebo"], ["isatuximab", "daratumumab", "placebo"]])
def test_a_drug_that_may_have_been_a_placebo_is_never_sure(agents: list[str]) -> None:
    history = given_as({"one_of": agents}, therapy=ONE_LINE)
    assert history.exposed_to("anti-CD38").truth is history.refractory_to("anti-CD38").truth is Truth.UNKNOWN
    assert history.spent("daratumumab").truth is Truth.UNKNOWN
    assert history.called(1).endswith("or placebo), therapy 2")


def test_nothing_stands_open_that_no_answer_can_open() -> None:
    line = ONE_LINE | {"agents": [{"one_of": ["daratumumab", "isatuximab"]}, "carfilzomib"]}
    upkeep = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2019-10", "stop": "2021-03",
              "progressed_on": "2021-03"}  # fmt: skip
    last = ONE_LINE | {"regimen": "PVd", "start": "2024-10", "stop": "2026-09-01", "progressed_on": "2026-08-28"}
    answer = answer_for(**patient(BEFORE[0], upkeep, line, last, access__jurisdiction="EU"))
    assert answer["provisional"] == []
    assert {"teclistamab", "elranatamab", "talquetamab"} <= set(offered(answer))
    assert not {"Dara-mono", "IberDd", "DVd"} & {o["regimen"] for o in answer["options"]}
    (labels,) = [c for c in answer["history"]["classes"] if c["class"] == "anti-CD38"]
    assert labels["exposed"] == labels["refractory"] == "yes"
    assert not [m for m in answer["missing"] if m["field"] == "therapies[2].agents"]


def test_a_transplant_without_its_drugs_prepared_by_what_prepares_for_one() -> None:
    """It is high-dose therapy: no immunotherapy, and of its drugs nothing is proved."""
    graft = {"intent": "transplant", "start": "2019-10"}
    last = ONE_LINE | {"regimen": "DRd", "stop": "2026-09-01", "progressed_on": "2026-08-28"}
    history = a_history(therapies=[BEFORE[0], graft, last], therapies_complete=True, disease={"state": "relapsed"})
    for class_id in ("BCMA-directed", "GPRC5D-directed", "FcRH5-directed", "XPO1", "BCL2", "SLAMF7", "HDAC"):
        assert history.exposed_to(class_id).truth is Truth.NOT_MET
    assert history.exposed_to("alkylator").truth is Truth.UNKNOWN
    assert history.refractory_to("alkylator").truth is Truth.NOT_MET
    assert history.called(1) == "transplant, therapy 2"
    assert history.days_since_dose("melphalan")[0].low > 2000  # type: ignore[union-attr]
    named = patient(BEFORE[0], graft | {"agents": ["melphalan"]}, last, access__jurisdiction="EU")
    unnamed = patient(BEFORE[0], graft, last, access__jurisdiction="EU")
    assert offered(answer_for(**unnamed))[:5] == offered(answer_for(**named))[:5]
    # Whether it was an allogeneic one is another question, which is still asked.
    assert history.allograft.truth is Truth.UNKNOWN
