"""Past decisions: which entries are decisions, what was given, and each reason for and against."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest

from mmadvisor.answers.audit import Audit, AuditedPatient, Judgement
from mmadvisor.catalogue.citing import Stamp
from mmadvisor.reports.audit import Asking, Tables, audit, audited
from tests.builders.blank import LOADED, a_patient
from tests.builders.patients import DVD, GRAFT, LEN_REFRACTORY, PCD, UPKEEP, VRD, entry, patient

DAY = date(2026, 10, 20)
PLAIN = Asking()
AT: Any = {"file": "f", "row": None}


def of(raw: dict[str, Any], asking: Asking = PLAIN) -> AuditedPatient:
    return audited(a_patient(**raw), LOADED.catalogue, DAY, asking, copy.deepcopy(AT))


def last(*therapies: dict[str, Any], place: str = "EU", asking: Asking = PLAIN, **changes: Any) -> Judgement:
    """The judgement of the last decision of a patient about whom everything else is recorded."""
    return of(patient(*therapies, access__jurisdiction=place, **changes), asking)["decisions"][-1]


def begun(start: str, regimen: str | None = None, **more: Any) -> dict[str, Any]:
    """A therapy for relapse that is still given."""
    named = {"regimen": regimen} if regimen else {}
    return {"intent": "relapse", "start": start, "stop": "ongoing"} | named | more


# --- which entries are decisions ------------------------------------------------------------------


def test_a_decision_begins_a_line_and_the_rest_is_counted_by_kind() -> None:
    found = of(patient(VRD, GRAFT, UPKEEP, DVD, PCD))
    assert [(d["number"], d["line"], d["regimen"]) for d in found["decisions"]] == [
        (1, 1, "VRd"), (4, 2, "DVd"), (5, 3, "PCd"),
    ]  # fmt: skip
    assert [(p["number"], p["kind"]) for p in found["parts"]] == [(2, "transplant"), (3, "maintenance")]


def test_of_cells_the_infusion_is_the_decision_and_not_its_bridging() -> None:
    bridge = {
        "intent": "bridging",
        "agents": ["bortezomib", "dexamethasone"],
        "start": "2026-01-10",
        "stop": "2026-01-20",
    }
    depletion = {"intent": "other", "agents": ["fludarabine", "cyclophosphamide"], "start": "2026-02-01",
                 "stop": "2026-02-03"}  # fmt: skip
    cells = {"intent": "relapse", "regimen": "cilta-cel", "start": "2026-02-06", "stop": "2026-02-06"}
    dvd = entry("DVd", "2022-12-01", "2025-12-20", "2025-12-20")
    found = of(patient(*LEN_REFRACTORY, dvd, bridge, depletion, cells))
    assert found["decisions"][-1]["regimen"] == "cilta-cel" and found["decisions"][-1]["line"] == 3
    assert [p["kind"] for p in found["parts"]] == ["transplant", "maintenance", "bridging", "preparation"]


def test_steroids_alone_are_no_decision() -> None:
    steroids = {"agents": ["dexamethasone"], "start": "2026-09-25", "stop": "2026-09-28"}
    assert of(patient(*LEN_REFRACTORY, DVD, PCD, steroids))["parts"][-1]["kind"] == "support"


def test_drugs_of_one_line_and_day_are_taken_together() -> None:
    parts = [begun("2022-12-01", agents=[a], line=2) for a in ("daratumumab", "bortezomib", "dexamethasone")]
    found = of(patient(*(t | {"line": 1} for t in LEN_REFRACTORY), *parts))
    decision = found["decisions"][-1]
    assert decision["regimen"] == "DVd" and decision["matched_by"] == "agents"
    assert sorted(decision["therapies"]) == [3, 4, 5] and len(found["decisions"]) == 2


def test_two_entries_of_a_line_whose_order_is_open_are_not_judged() -> None:
    parts = [begun("2022-12", agents=[a], line=2) for a in ("daratumumab", "carfilzomib")]
    decision = last(*(t | {"line": 1} for t in LEN_REFRACTORY), *parts)
    assert decision["not_judged"] == "order-unknown" and decision["missing"]


def test_an_entry_that_may_be_no_line_is_not_judged() -> None:
    vague = {"agents": ["daratumumab", "dexamethasone"], "start": "2022-12-01"}
    quiet = {k: v for k, v in UPKEEP.items() if k not in ("progressed_on", "stop_reason")}
    decision = last(VRD, quiet, vague)
    assert decision["line"] is None and decision["not_judged"] == "line-unknown" and decision["missing"]


# --- what was given --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agents", "regimen", "by"),
    [
        (["daratumumab", "bortezomib", "dexamethasone"], "DVd", "agents"),
        (["daratumumab", "bortezomib"], "DVd", "agents-without-steroids"),
        (["lenalidomide"], "Rd", "agents-without-steroids"),
        (["daratumumab", "lenalidomide"], "DRd", "agents-without-steroids"),
        (["carfilzomib", "lenalidomide", "dexamethasone"], "KRd", "agents"),
    ],
)
def test_a_therapy_is_known_by_its_drugs(agents: list[str], regimen: str, by: str) -> None:
    decision = last(*LEN_REFRACTORY, begun("2022-12-01", agents=agents))
    assert (decision["regimen"], decision["matched_by"]) == (regimen, by)


def test_drugs_that_are_no_regimen_of_the_catalogue_are_not_judged() -> None:
    decision = last(*LEN_REFRACTORY, begun("2022-12-01", agents=["daratumumab", "etoposide"]))
    assert decision["not_judged"] == "no-such-regimen" and decision["offered"] is None


@pytest.mark.parametrize("agents", ["unknown", ["daratumumab", "unknown"], [{"one_of": ["venetoclax", "placebo"]}]])
def test_unknown_drugs_are_not_judged(agents: Any) -> None:
    decision = last(*LEN_REFRACTORY, begun("2022-12-01", agents=agents))
    assert decision["not_judged"] == "unknown-drugs" and decision["missing"]


# --- the day ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "day", "partial"),
    [
        ("2022-12-01", "2022-11-30", False),
        ("2022-12", "2022-11-30", True),
        ("2023", "2022-12-31", True),
        ("2022-12-05/2022-12-20", "2022-12-04", True),
    ],
)
def test_the_day_is_that_before_the_first_possible_day(start: str, day: str, partial: bool) -> None:
    decision = last(*LEN_REFRACTORY, begun(start, "DVd"))
    assert (decision["day"], decision["partial"], decision["judged"]) == (day, partial, True)


def test_without_a_date_a_decision_is_counted_as_not_judged() -> None:
    undated = {"intent": "relapse", "regimen": "DVd", "line": 2}
    decision = last(*(t | {"line": 1} for t in LEN_REFRACTORY), undated)
    assert decision["not_judged"] == "no-date" and decision["day"] is None
    assert decision["missing"] == ["therapies[3].start"]


def test_a_therapy_after_the_day_of_the_record_is_no_past_decision() -> None:
    decision = last(*LEN_REFRACTORY, begun("2026-12-01", "DVd"), assessed_on=None)
    assert decision["not_judged"] == "later-than-record"


def test_of_a_relapsed_patient_the_first_line_is_not_judged() -> None:
    first = of(patient(*LEN_REFRACTORY))["decisions"][0]
    assert first["not_judged"] == "before-first-therapy"


def test_a_first_line_is_not_judged_even_if_an_earlier_entry_is_possible() -> None:
    graft = {"intent": "transplant", "regimen": "ASCT", "start": "2019"}
    decision = of(patient(VRD, graft, UPKEEP))["decisions"][0]
    assert decision["line"] == 1 and decision["not_judged"] == "before-first-therapy"


def test_a_first_line_is_judged_if_the_disease_is_recorded_as_newly_diagnosed() -> None:
    raw = patient(
        {"intent": "induction", "regimen": "D-VRd", "start": "2026-10-10", "stop": "ongoing"},
        disease__state="newly_diagnosed", disease__relapse=None, access__jurisdiction="EU",
    )  # fmt: skip
    (decision,) = of(raw)["decisions"]
    assert decision["judged"] and decision["day"] == "2026-10-09"


def test_without_a_relapse_by_then_a_decision_is_judged_only_with_an_assumed_one() -> None:
    quiet = {k: v for k, v in UPKEEP.items() if k != "progressed_on"} | {"stop_reason": "completed"}
    therapies = (VRD, GRAFT, quiet, begun("2024-12-01", "DVd"))
    assert last(*therapies, disease__state="responding")["not_judged"] == "no-relapse"
    assert last(*therapies, asking=Asking(if_relapse=True))["judged"]


def test_facts_that_are_missing_are_named() -> None:
    decision = last(*LEN_REFRACTORY, begun("2022-12-01", "DVd"), comorbidities__active_infection_grade=None)
    assert decision["not_judged"] == "undetermined" and decision["verdict"] == "undetermined"
    assert decision["missing"] == ["comorbidities.active_infection_grade"]
    assert {a["kind"] for a in decision["against"]} == {"not-known"} and decision["provisional_rank"] is not None


# --- the reasons -----------------------------------------------------------------------------------


def test_an_option_of_the_day_has_its_group_and_rank() -> None:
    decision = last(*LEN_REFRACTORY, begun("2022-12-01", "DVd"))
    assert decision["offered"] and decision["group"] == "main" and decision["rank"] and decision["reason"] == ""
    assert decision["first"] and decision["options"]


def test_a_refractory_agent_again() -> None:
    decision = last(*LEN_REFRACTORY, begun("2022-12-01", "DRd"))
    assert decision["offered"] is False and decision["reason"] == "refractory-again"
    assert decision["against"][0]["criterion"] == "active-lenalidomide"


def test_not_yet_approved() -> None:
    dvd = entry("DVd", "2022-12-01", "2023-05-01", "2023-05-01")
    decision = last(*LEN_REFRACTORY, dvd, begun("2023-05-20", "talquetamab"), place="EU")
    assert decision["reason"] == "not-yet-approved" and decision["verdict"] == "ineligible"


def test_what_a_guideline_named_only_later_is_told_apart_from_an_approval() -> None:
    assert last(*LEN_REFRACTORY, DVD, PCD, place="EU")["reason"] == "not-yet-recommended"


@pytest.mark.parametrize(("start", "matters"), [("2023-05-20", False), ("2023", True), ("2023-05", False)])
def test_a_partial_date_in_which_the_approval_began_is_told(start: str, matters: bool) -> None:
    dvd = entry("DVd", "2021-12-01", "2022-11-01", "2022-11-01")
    early = UPKEEP | {"stop": "2021-11-01", "progressed_on": "2021-11-01"}
    decision = last(VRD, GRAFT, early, dvd, begun(start, "talquetamab"), place="EU")
    assert decision["reason"] == "not-yet-approved" and decision["date_matters"] is matters


def test_outside_the_indication() -> None:
    decision = last(*LEN_REFRACTORY, begun("2026-10-01", "elranatamab"), place="EU")
    assert decision["reason"] == "outside-indication"


def test_contraindicated() -> None:
    decision = last(*LEN_REFRACTORY, begun("2022-12-01", "DKd"), comorbidities__pregnancy=True)
    assert "contraindicated" in {a["kind"] for a in decision["against"]}


def test_something_had_to_pass_first() -> None:
    decision = last(*LEN_REFRACTORY, begun("2022-12-01", "DVd"), comorbidities__active_infection_grade=3)
    assert decision["verdict"] == "deferred" and decision["reason"] == "must-wait" and decision["offered"] is False


def test_off_label() -> None:
    known: dict[str, Any] = {"disease__cytogenetics": {"t_11_14": "present"}}
    assert last(*LEN_REFRACTORY, begun("2026-09-01", "VenVd"), **known)["reason"] == "off-label"
    assert last(*LEN_REFRACTORY, begun("2026-09-01", "VenVd"), **known, access__off_label=True)["offered"]


def test_not_meant_for_this_state() -> None:
    assert last(*LEN_REFRACTORY, begun("2022-12-01", "VTd"))["reason"] in ("another-state", "refractory-again")
    assert last(*LEN_REFRACTORY, begun("2022-12-01", "D-VMP"))["reason"] == "another-state"


def test_not_funded_is_said_beside_an_option_and_beside_a_closed_regimen() -> None:
    option = last(*LEN_REFRACTORY, begun("2026-09-25", "DKd"), place="UK")
    assert option["offered"] and option["group"] == "ask" and [a["kind"] for a in option["against"]] == ["not-funded"]
    closed = last(*LEN_REFRACTORY, begun("2026-09-25", "VCd"), place="UK")
    assert closed["reason"] == "off-label" and [a["kind"] for a in closed["against"]] == ["off-label", "not-funded"]


# --- the counts -------------------------------------------------------------------------------------


def counted(number: int, mask: bool) -> Audit:
    one = of(patient(*LEN_REFRACTORY, begun("2022-12-01", "DVd"), access__jurisdiction="EU"))
    other = of(patient(*LEN_REFRACTORY, begun("2022-12-01", "DRd"), access__jurisdiction="EU"))
    return audit(LOADED.catalogue, Stamp(), DAY, Asking(), [one] * number + [other], mask=mask)


def test_coverage_and_concordance_are_two_numbers() -> None:
    made = counted(6, mask=False)
    assert made["coverage"] == {"number": 7, "of": 14, "percent": 50.0}
    assert made["concordance"] == {"number": 6, "of": 7, "percent": 85.7}
    assert made["by_line"] == [
        {"line": 1, "decisions": 7, "judged": 0, "offered": 0}, {"line": 2, "decisions": 7, "judged": 7, "offered": 6}
    ]  # fmt: skip
    assert made["by_reason"] == [{"kind": "refractory-again", "decisions": 1}]
    assert sum(row["decisions"] or 0 for row in made["by_not_judged"]) == 7
    assert made["if_all_known"]["lowest"] == made["if_all_known"]["highest"] == made["concordance"]
    assert made["limits"] and made["sources"] is not None


def test_undetermined_decisions_leave_the_concordance_open() -> None:
    closed = of(patient(*LEN_REFRACTORY, begun("2022-12-01", "DRd")))
    hanging = of(patient(*LEN_REFRACTORY, begun("2022-12-01", "DVd"), comorbidities__active_infection_grade=None))
    made = audit(LOADED.catalogue, Stamp(), DAY, PLAIN, [closed, hanging])
    assert made["concordance"] == {"number": 0, "of": 1, "percent": 0.0}
    assert [made["if_all_known"][end]["percent"] for end in ("lowest", "highest")] == [0.0, 50.0]


def test_small_counts_are_masked_and_a_single_one_takes_another_with_it() -> None:
    made = counted(6, mask=True)
    assert made["masked"] and made["by_reason"] == [{"kind": "refractory-again", "decisions": None}]
    masked = Tables([], [], mask=True)._masked
    assert masked([3, 9, 12]) == [None, None, 12] and masked([3, 2, 9]) == [None, None, 9]
    assert masked([0, 5, 9]) == [0, 5, 9] and Tables([], [], mask=False)._masked([1, 2]) == [1, 2]


def test_without_decisions_there_is_no_percentage() -> None:
    made = audit(LOADED.catalogue, Stamp(), DAY, Asking(), [])
    assert made["coverage"] == {"number": 0, "of": 0, "percent": None}
