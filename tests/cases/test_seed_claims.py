"""What the article that the product stands on says, claim by claim (source key mims-hk-2025)."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.answers.recommendation import Recommendation
from tests.builders.blank import LOADED, answer_for, offered, verdict_of
from tests.builders.patients import (
    DVD,
    GRAFT,
    LEN_REFRACTORY,
    PCD,
    TRIPLE_CLASS_REFRACTORY,
    UPKEEP,
    VRD,
    entry,
    patient,
)

BCMA_BISPECIFICS = {"elranatamab", "teclistamab", "linvoseltamab"}
CAR_T = {"cilta-cel", "ide-cel", "eque-cel"}
ND = {"disease__state": "newly_diagnosed"}


def ask(*therapies: dict[str, Any], **changes: Any) -> Recommendation:
    return answer_for(**patient(*therapies, **changes))


def option(answer: Recommendation, regimen: str) -> Any:
    return next(o for o in answer["options"] if o["regimen"] == regimen)


def label(answer: Recommendation, name: str) -> str:
    return next(x["value"] for x in answer["history"]["labels"] if x["label"] == name)


def standing(answer: Recommendation, regimen: str, by: str) -> str:
    return str(next(s["value"] for s in option(answer, regimen)["standing"] if s["by"] == by))


def monitoring(answer: Recommendation, regimen: str) -> str:
    return " ".join(f"{m['item']} {m['why']}" for m in option(answer, regimen)["monitoring"]).casefold()


@pytest.mark.parametrize("place", ["US", "EU", "HK"])
def test_s1_newly_diagnosed_the_quadruplet_is_offered_first_to_who_can_take_it(place: str) -> None:
    answer = ask(**ND, access__jurisdiction=place)
    assert offered(answer)[0] in ("D-VRd", "Isa-VRd")
    assert "D-VRd" in offered(answer)


def test_s2_maintenance_is_a_planned_part_of_line_one() -> None:
    answer = ask(*LEN_REFRACTORY)
    assert answer["history"]["prior_lines"]["count"] == 1
    responding = [VRD, GRAFT, {**UPKEEP, "progressed_on": None, "stop": "ongoing", "stop_reason": None}]
    after = ask(*responding, disease__state="responding")
    assert after["treat_now"]["answer"] == "no-relapse-recorded"
    assert not after["options"] and after["ranking_withheld"]


@pytest.mark.parametrize("place", ["US", "EU", "HK"])
def test_s3_the_frail_first_line_patient_gets_the_triplet_without_pi_first(place: str) -> None:
    answer = ask(**ND, access__jurisdiction=place, fitness__frailty="frail", fitness__transplant_eligible=None)
    assert offered(answer)[0] == "DRd"


@pytest.mark.parametrize(
    "change",
    [
        {"demographics__age": 82, "fitness__frailty": None},
        {"fitness__ecog": 2},
        {"labs__lvef_percent": 35},
        {"disease__extramedullary": True},
        {"therapies": [*LEN_REFRACTORY, DVD]},
    ],
    ids=["age", "performance status", "comorbidity", "disease", "prior treatment"],
)
def test_s4_each_of_the_five_visibly_moves_the_answer(change: dict[str, Any]) -> None:
    before = ask(*LEN_REFRACTORY, access__jurisdiction="US")
    after = ask(*change.pop("therapies", LEN_REFRACTORY), access__jurisdiction="US", **change)
    assert [(o["regimen"], o["verdict"]) for o in before["options"]] != [
        (o["regimen"], o["verdict"]) for o in after["options"]
    ] or before["options"] != after["options"]


def test_s5_refractoriness_at_first_relapse_is_derived_from_the_maintenance() -> None:
    assert label(ask(*LEN_REFRACTORY), "lenalidomide-refractory") == "yes"
    both = {**UPKEEP, "agents": ["daratumumab", "lenalidomide"]}
    answer = ask(VRD, GRAFT, both)
    assert label(answer, "lenalidomide-refractory") == "yes"
    assert label(answer, "anti-cd38-refractory") == "yes"
    stopped = {**UPKEEP, "stop": "2021-11-01", "progressed_on": "2023-11-01", "stop_reason": "completed"}
    assert label(ask(VRD, GRAFT, stopped), "lenalidomide-refractory") == "no"


def test_s7_triple_class_refractory_is_a_derived_label() -> None:
    assert label(ask(*TRIPLE_CLASS_REFRACTORY), "triple-class-refractory") == "yes"
    assert label(ask(*LEN_REFRACTORY, DVD), "triple-class-refractory") == "yes"
    assert label(ask(*LEN_REFRACTORY), "triple-class-refractory") == "no"


def test_s8_a_rechallenge_is_marked_with_its_interval_and_never_a_refractory_agent() -> None:
    answer = ask(*LEN_REFRACTORY)
    assert "DVd" in offered(answer)
    (marked,) = option(answer, "DVd")["rechallenge"]
    assert "bortezomib" in marked and "months ago" in marked
    assert not [r for r in offered(answer) if "lenalidomide" in LOADED.catalogue.regimen_by_id[r].agent_ids]


@pytest.mark.parametrize(
    ("found", "verdict"), [("present", "off-label"), ("absent", "ineligible"), (None, "undetermined")]
)
def test_s9_a_bcl2_inhibitor_is_for_t_11_14_and_off_label(found: str | None, verdict: str) -> None:
    raw = patient(*LEN_REFRACTORY)
    raw["disease"]["cytogenetics"]["t_11_14"] = found
    for regimen in ("VenD", "VenVd"):
        assert verdict_of(answer_for(**raw), regimen) == verdict
    raw["access"]["off_label"] = True
    options = offered(answer_for(**raw))
    assert ("VenD" in options) == (found == "present")
    if found == "present":
        assert options.index("VenD") > options.index("DKd")


def test_s10_the_bcma_conjugate_is_judged_by_its_partner_too() -> None:
    bortezomib_failed = {**DVD, "agents": ["bortezomib", "dexamethasone"], "regimen": None}
    answer = ask(*LEN_REFRACTORY, bortezomib_failed, access__jurisdiction="EU")
    assert "BVd" not in offered(answer)
    assert "BPd" in offered(answer)
    after_pomalidomide = ask(*LEN_REFRACTORY, PCD, access__jurisdiction="EU")
    assert "BPd" not in offered(after_pomalidomide)
    assert "BVd" in offered(after_pomalidomide)


def test_s11_chemotherapy_is_last_and_only_in_rapid_disease() -> None:
    therapies = [*LEN_REFRACTORY, DVD]
    assert "DCEP" not in offered(ask(*therapies))
    rapid = ask(*therapies, disease__relapse={"kind": "clinical", "tempo": "rapid"})
    assert offered(rapid)[-1] in ("DCEP", "D-PACE")
    assert standing(rapid, "DCEP", "purpose") == "a bridge"


def test_s12_locommotion_stands_beside_late_options() -> None:
    (benchmark,) = ask(*TRIPLE_CLASS_REFRACTORY)["benchmarks"]
    assert benchmark["pfs_months"]["median"] == 4.6
    assert benchmark["os_months"]["median"] == 13.8
    assert not ask(*LEN_REFRACTORY)["benchmarks"]


def test_s13_access_is_part_of_the_ranking_and_says_so() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY)
    assert BCMA_BISPECIFICS & set(offered(answer))
    for o in answer["options"]:
        assert {"starts-in-time", "registered", "ease"} <= {s["by"] for s in o["standing"]}
    no_centre = ask(*TRIPLE_CLASS_REFRACTORY, access__car_t_centre=False)
    assert not CAR_T & set(offered(no_centre))
    assert BCMA_BISPECIFICS & set(offered(no_centre))


def test_s14_the_hong_kong_criteria_of_the_anti_bcma_bispecific_each_traced() -> None:
    traced = {c["id"]: c for c in option(ask(*TRIPLE_CLASS_REFRACTORY), "elranatamab")["criteria"]}
    for name in ("lines", "exposure", "progressed-on-last"):
        assert traced[name]["result"] == "met" and traced[name]["force"] == "hard"
        assert traced[name]["found"] and traced[name]["source"] == "mims-hk-2025"
    assert verdict_of(ask(*LEN_REFRACTORY, DVD), "elranatamab") == "ineligible"


def test_s15_and_s16_durable_and_better_than_locommotion_by_an_indirect_comparison() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY)
    row = next(e for e in option(answer, "elranatamab")["evidence"] if e["nearest"])
    assert row["dor_months"]["not_reached"] is True
    assert 23 < row["os_months"]["median"] < 26
    assert row["pfs_months"]["median"] > answer["benchmarks"][0]["pfs_months"]["median"]
    assert "indirect" in answer["benchmarks"][0]["note"]


def test_s17_and_s18_the_checklist_names_counts_infection_and_its_triggers() -> None:
    told = monitoring(ask(*TRIPLE_CLASS_REFRACTORY), "elranatamab")
    for word in ("anaemia", "thrombocytopenia", "neutropenia", "infection", "crs", "blood count"):
        assert word in told
    for word in ("cmv", "immunoglobulin", "antifungal", "frequent bloods", "igg is below 4"):
        assert word in told


@pytest.mark.parametrize(
    "change",
    [
        {"access__can_wait_weeks": 1},
        {"access__can_wait_weeks": None, "disease__relapse": {"kind": "clinical", "tempo": "rapid"}},
    ],
)
def test_s22_off_the_shelf_goes_above_cells_when_treatment_cannot_wait(change: dict[str, Any]) -> None:
    waiting = offered(ask(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU"))
    assert waiting[0] in CAR_T
    hurried = offered(ask(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU", **change))
    first_bispecific = min(hurried.index(r) for r in BCMA_BISPECIFICS if r in hurried)
    assert all(hurried.index(r) > first_bispecific for r in CAR_T if r in hurried)


@pytest.mark.parametrize("change", [{"labs__creatinine_clearance_ml_per_min": 25}, {"fitness__ecog": 2}])
def test_s23_kidneys_and_performance_status_close_cells_and_not_bispecifics(change: dict[str, Any]) -> None:
    options = set(offered(ask(*TRIPLE_CLASS_REFRACTORY, **change)))
    assert BCMA_BISPECIFICS & options
    assert not CAR_T & options


@pytest.mark.parametrize(
    "field",
    ["fitness__ecog", "labs__lvef_percent", "labs__spo2_percent", "labs__creatinine_clearance_ml_per_min",
     "labs__neutrophils_10e9_per_l", "labs__platelets_10e9_per_l"],
)  # fmt: skip
def test_s24_unknown_organ_function_leaves_cells_undetermined_never_eligible(field: str) -> None:
    changes: dict[str, Any] = {field: None}
    if "clearance" in field:
        changes["labs__creatinine_umol_per_l"] = None
    answer = ask(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU", **changes)
    assert verdict_of(answer, "cilta-cel") == "undetermined"
    closed = next(n for n in answer["not_offered"] if n["regimen"] == "cilta-cel")
    assert field.replace("__", ".") in closed["missing"]
    assert closed["would_rank"] == 1


def test_s25_a_wish_for_time_without_treatment_favours_the_single_infusion() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, preferences__treatment_free_interval=True)
    chosen = next(r for r in offered(answer) if r in CAR_T)
    assert standing(answer, chosen, "preference") == "matches"
    without = ask(*TRIPLE_CLASS_REFRACTORY)
    assert standing(without, chosen, "preference") == "neutral"


def test_s26_cells_ask_for_a_centre() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, access__car_t_centre=None, access__jurisdiction="EU")
    assert verdict_of(answer, "cilta-cel") == "undetermined"


def test_s27_and_s28_triple_class_refractory_and_not_fit_for_cells_a_bispecific_first() -> None:
    for change in (
        {"fitness__ecog": 2},
        {"labs__creatinine_clearance_ml_per_min": 25},
        {"fitness__frailty": "frail", "fitness__ecog": 2},
    ):
        assert offered(ask(*TRIPLE_CLASS_REFRACTORY, **change))[0] in BCMA_BISPECIFICS


def test_s28_after_cells_the_bispecific_stays_with_what_earlier_bcma_therapy_does() -> None:
    cells = {
        "intent": "relapse",
        "regimen": "cilta-cel",
        "start": "2025-01-20",
        "best_response": "CR",
        "progressed_on": "2025-10-01",
    }
    before = [VRD, GRAFT, UPKEEP, DVD, entry("PCd", "2024-07-01", "2024-12-01", "2024-12-01")]
    answer = ask(*before, cells, access__jurisdiction="EU")
    options = offered(answer)
    assert options[0] == "talquetamab"
    assert "teclistamab" in options
    told = str(option(answer, "teclistamab")["cautions"])
    assert "BCMA" in told and "58" in told
