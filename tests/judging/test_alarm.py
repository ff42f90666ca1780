"""What recorded values ask for today: what fires, what must not, and what is asked and decides nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmadvisor.base.known import Truth, negate
from mmadvisor.formats.patient import Emergency
from mmadvisor.judging.alarm import alarm
from mmadvisor.judging.case import Case
from mmadvisor.judging.unknowns import unknowns
from mmadvisor.reports.against import against
from mmadvisor.reports.recommend import advise
from tests.builders.blank import DAY, LOADED, a_history, a_patient, answer_for, offered
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, UPKEEP, patient
from tests.laws.strategies import recorded_at_random, said, treated, whole_patients, with_less

TREATMENT = LOADED.catalogue.treatment
OLD = (DAY - timedelta(days=120)).isoformat()
RECENT = (DAY - timedelta(days=14)).isoformat()
SLOW = [{"on": "2026-02-10", "serum_g_per_l": 3.0}, {"on": "2026-10-10", "serum_g_per_l": 6.0}]
BIOCHEMICAL = {"disease__relapse": {"kind": "biochemical", "tempo": "indolent"}, "disease__m_protein": SLOW}
RESPONDING = {"disease__state": "responding", "disease__relapse": None}
NO_BASELINE = {"labs__creatinine_clearance_ml_per_min": None}


def asked(*, responding: bool = False, **changes: Any) -> Any:
    """The answer for a first relapse on lenalidomide, or for the same patient in remission."""
    upkeep = {**UPKEEP, "progressed_on": None, "stop_reason": "completed"} if responding else UPKEEP
    return answer_for(**patient(*LEN_REFRACTORY[:2], upkeep, **(RESPONDING if responding else {}), **changes))


def now(**changes: Any) -> Any:
    return asked(**changes)["treat_now"]


def fired(treat: Any) -> list[tuple[str, str]]:
    return [(e["emergency"], e["how"]) for e in treat["emergencies"]]


def case_of(raw: dict[str, Any]) -> Case:
    return Case.of(a_patient(**raw), LOADED.catalogue, DAY)


def about(treat: Any) -> list[str]:
    return [q["about"] for q in treat["questions"]]


# --- what every entry says ----------------------------------------------------------------------


def test_nothing_is_due_for_a_patient_with_ordinary_values() -> None:
    treat = now()
    assert not treat["emergencies"] and not treat["questions"] and not treat["repeat"] and not treat["contradictions"]


def test_an_emergency_says_how_it_is_known_its_value_its_day_and_the_limit() -> None:
    (found,) = now(labs__calcium_mmol_per_l={"value": 3.4, "on": RECENT})["emergencies"]
    assert found["how"] == "derived" and found["field"] == "labs.calcium_mmol_per_l"
    assert (found["value"], found["unit"], found["limit"], found["day"]) == (3.4, "mmol/L", 3, RECENT)
    assert RECENT in found["found"] and "3.4 mmol/L" in found["found"] and "limit" in found["found"]
    assert found["source"] in LOADED.catalogue.sources


def test_a_value_without_a_day_is_taken_as_of_the_day_of_the_decision_and_this_is_said() -> None:
    (found,) = now(labs__calcium_mmol_per_l=3.4)["emergencies"]
    assert found["day"] == "" and f"undated, taken as of {DAY}" in found["found"]


def test_what_is_ticked_is_recorded_and_says_its_value_where_there_is_one() -> None:
    treat = now(disease__emergencies=["cord_compression", "hypercalcaemia"], labs__calcium_mmol_per_l=2.68)
    assert fired(treat) == [("cord_compression", "recorded"), ("hypercalcaemia", "recorded")]
    assert treat["emergencies"][1]["value"] == 2.68
    assert treat["emergencies"][1]["text"] == TREATMENT.emergencies["hypercalcaemia"].text
    assert treat["emergencies"][0]["field"] == "disease.emergencies" and treat["emergencies"][0]["value"] is None


def test_every_emergency_that_may_be_ticked_says_what_to_do() -> None:
    from typing import get_args

    assert set(get_args(Emergency)) == TREATMENT.emergencies.keys()
    for name in get_args(Emergency):
        assert fired(now(disease__emergencies=[name])) == [(name, "recorded")]


@pytest.mark.parametrize("name", ["severe_cytopenia", "neutropenic_sepsis"])
def test_what_the_myeloma_need_not_have_caused_is_said_first_and_changes_no_answer(name: str) -> None:
    treat = now(disease__emergencies=[name], **BIOCHEMICAL)
    assert fired(treat) == [(name, "recorded")] and treat["answer"] == "observe"
    assert asked(responding=True, disease__emergencies=[name])["treat_now"]["answer"] == "no-relapse-recorded"


# --- the age of a value -------------------------------------------------------------------------

HIGH: dict[str, Any] = {
    "calcium_mmol_per_l": 3.4, "creatinine_umol_per_l": 600, "haemoglobin_g_per_dl": 6.0,
    "platelets_10e9_per_l": 8, "neutrophils_10e9_per_l": 0.3, "ionised_calcium_mmol_per_l": 1.6,
}  # fmt: skip


@pytest.mark.parametrize("name", HIGH)
def test_a_value_of_four_months_ago_is_asked_for_again_and_raises_nothing_else(name: str) -> None:
    infected = {"comorbidities__active_infection_grade": 2}
    treat = now(**{f"labs__{name}": {"value": HIGH[name], "on": OLD}}, **infected, **BIOCHEMICAL)
    assert not treat["emergencies"] and not treat["questions"] and not treat["contradictions"]
    assert treat["answer"] == "observe"
    (again,) = treat["repeat"]
    assert again["field"] == f"labs.{name}" and again["day"] == OLD and "120 days" in again["found"]


def test_the_day_of_all_values_counts_for_each() -> None:
    raw = patient(*LEN_REFRACTORY, labs__calcium_mmol_per_l=3.4) | {"labs_on": OLD}
    treat = answer_for(**raw)["treat_now"]
    assert not treat["emergencies"]
    assert {q["field"] for q in treat["repeat"]} == {
        f"labs.{name}" for name in ("calcium_mmol_per_l", "creatinine_umol_per_l", "haemoglobin_g_per_dl",
                                    "platelets_10e9_per_l", "neutrophils_10e9_per_l",
                                    "creatinine_clearance_ml_per_min", "bilirubin_xuln", "alt_xuln")
    }  # fmt: skip


def test_fourteen_days_hold_and_fifteen_do_not() -> None:
    for days, fires in ((14, True), (15, False)):
        day = (DAY - timedelta(days=days)).isoformat()
        treat = now(labs__calcium_mmol_per_l={"value": 3.4, "on": day})
        assert bool(treat["emergencies"]) is fires and bool(treat["repeat"]) is not fires


def test_a_value_of_a_month_that_may_still_hold_raises_its_alarm_and_says_so() -> None:
    (found,) = now(labs__calcium_mmol_per_l={"value": 3.4, "on": "2026-10"})["emergencies"]
    assert found["day"] == "2026-10" and "repeat it" in found["found"]


def test_looked_back_upon_an_undated_value_is_used_and_said_to_be_undated() -> None:
    raw = patient(*LEN_REFRACTORY, labs__calcium_mmol_per_l=3.4, disease__m_protein=[{"serum_g_per_l": 3}])
    answer = answer_for(DAY - timedelta(days=60), **raw)
    assert fired(answer["treat_now"]) == [("hypercalcaemia", "derived")]
    assert any("carry no day" in w and "calcium" in w for w in answer["warnings"])
    assert not any("carry no day" in w for w in answer_for(**raw)["warnings"])


@pytest.mark.parametrize("name", ["platelets_10e9_per_l", "creatinine_umol_per_l", "neutrophils_10e9_per_l"])
def test_a_value_that_is_too_old_closes_and_defers_nothing_and_is_asked_for(name: str) -> None:
    low = {"platelets_10e9_per_l": 9, "creatinine_umol_per_l": 520, "neutrophils_10e9_per_l": 0.3}[name]
    changes: dict[str, Any] = {} if name != "creatinine_umol_per_l" else {
        **NO_BASELINE, "labs__baseline_creatinine_umol_per_l": 500}  # fmt: skip
    found = {}
    for day in (OLD, RECENT):
        raw = patient(*LEN_REFRACTORY, **{f"labs__{name}": {"value": low, "on": day}}, **changes)
        found[day] = case_of(raw)
    gated = [a for a in found[RECENT].assessments if a.regimen.id == "cilta-cel"]
    (then,) = [a for a in found[OLD].assessments if a.regimen.id == "cilta-cel"]
    assert gated[0].verdict in ("deferred", "ineligible")
    assert then.verdict == "undetermined" and f"labs.{name}" in then.missing
    (told,) = [r.finding.found for r in then.open_questions if f"labs.{name}" in r.finding.missing][:1]
    assert "too old" in told and OLD in told


def test_a_value_that_is_too_old_is_tried_as_one_of_today_and_the_setting_says_its_day() -> None:
    raw = patient(*LEN_REFRACTORY, labs__platelets_10e9_per_l={"value": 9, "on": OLD})
    case = case_of(raw)
    known = case.knowing("labs.platelets_10e9_per_l", 160)
    (cells,) = [a for a in known.assessments if a.regimen.id == "cilta-cel"]
    assert "labs.platelets_10e9_per_l" not in cells.missing and cells.verdict != "undetermined"
    (asked_for,) = [u for u in unknowns(case) if u.field == "labs.platelets_10e9_per_l"]
    assert asked_for.outcomes and all(f"on: {DAY}" in outcome.setting for outcome in asked_for.outcomes)


def test_a_value_that_changes_slowly_and_a_baseline_hold_whatever_their_day() -> None:
    raw = patient(*LEN_REFRACTORY, labs__lvef_percent={"value": 30, "on": OLD},
                  labs__baseline_creatinine_umol_per_l={"value": 80, "on": OLD})  # fmt: skip
    case = case_of(raw)
    assert not case.history.outdated and case.history.value("labs.lvef_percent") == 30


# --- calcium ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labs", "value", "limit"),
    [
        ({"calcium_mmol_per_l": 2.6}, None, None),
        ({"calcium_mmol_per_l": 2.61}, 2.61, 2.6),
        ({"calcium_mmol_per_l": 2.75}, 2.75, 2.6),
        ({"calcium_mmol_per_l": 2.76}, 2.76, 2.75),
        ({"calcium_mmol_per_l": 2.99}, 2.99, 2.75),
        ({"calcium_mmol_per_l": 3.0}, 3.0, 3),
        ({"calcium_mmol_per_l": 2.8, "albumin_g_per_l": 52}, None, None),
        ({"calcium_mmol_per_l": 2.5, "albumin_g_per_l": 25}, 2.8, 2.75),
        ({"calcium_mmol_per_l": 2.8, "albumin_g_per_l": {"value": 52, "on": OLD}}, 2.8, 2.75),
        ({"calcium_mmol_per_l": 2.4, "ionised_calcium_mmol_per_l": 1.3}, None, None),
        ({"calcium_mmol_per_l": 2.4, "ionised_calcium_mmol_per_l": 1.31}, 1.31, 1.3),
        ({"calcium_mmol_per_l": None, "ionised_calcium_mmol_per_l": 1.4}, 1.4, 1.3),
        ({"calcium_mmol_per_l": None, "ionised_calcium_mmol_per_l": 1.41}, 1.41, 1.4),
        ({"calcium_mmol_per_l": None, "ionised_calcium_mmol_per_l": 1.49}, 1.49, 1.4),
        ({"calcium_mmol_per_l": None, "ionised_calcium_mmol_per_l": 1.6}, 1.6, 1.5),
        ({"calcium_mmol_per_l": 2.65, "ionised_calcium_mmol_per_l": 1.6}, 1.6, 1.5),
        ({"calcium_mmol_per_l": 3.1, "ionised_calcium_mmol_per_l": 1.45}, 3.1, 3),
    ],
)
def test_calcium_has_three_levels_corrected_where_albumin_is_known(
    labs: dict[str, Any], value: float | None, limit: float | None
) -> None:
    found = now(**{f"labs__{name}": held for name, held in labs.items()})["emergencies"]
    assert [(e["value"], e["limit"]) for e in found] == ([] if value is None else [(value, limit)])


def test_a_calcium_says_whether_it_was_corrected_for_albumin() -> None:
    (plain,) = now(labs__calcium_mmol_per_l=2.8)["emergencies"]
    (corrected,) = now(labs__calcium_mmol_per_l=2.5, labs__albumin_g_per_l=25)["emergencies"]
    assert "not corrected for albumin" in plain["found"]
    assert "corrected from 2.5 for albumin 25 g/L" in corrected["found"]


def test_from_three_it_is_treated_today_and_below_that_with_symptoms() -> None:
    (grave,) = now(labs__calcium_mmol_per_l=3.0)["emergencies"]
    assert grave["text"] == TREATMENT.emergencies["hypercalcaemia"].text
    for value in (2.65, 2.9):
        (lesser,) = now(labs__calcium_mmol_per_l=value)["emergencies"]
        assert lesser["text"] != grave["text"]
        assert any("treat today" in q for q in lesser["questions"]) and not any(
            "treat today" in q for q in grave["questions"]
        )


def test_calcium_above_the_limit_of_a_relapse_makes_a_biochemical_one_clinical_and_asks_for_another_cause() -> None:
    treat = now(labs__calcium_mmol_per_l=2.95, **BIOCHEMICAL)
    assert treat["answer"] == "treat" and "calcium 2.95" in treat["because"]
    assert any("biochemical" in c for c in treat["contradictions"])
    assert any("Another cause" in q for q in treat["emergencies"][0]["questions"])
    assert not treat["ask"]
    assert treat["relapse"]["clinical"] == "yes"
    lesser = now(labs__calcium_mmol_per_l=2.7, **BIOCHEMICAL)
    assert lesser["answer"] == "observe" and not lesser["contradictions"]


def test_a_normal_ionised_calcium_beside_a_high_total_one_is_asked_about() -> None:
    (found,) = now(labs__calcium_mmol_per_l=3.1, labs__ionised_calcium_mmol_per_l=1.2)["emergencies"]
    assert any("bound to the paraprotein" in q for q in found["questions"])


# --- kidneys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("creatinine", "baseline", "changing"),
    [(250, 75, True), (113, 75, True), (112, 75, False), (61, 40, False), (70, 40, True), (200, 190, False)],
)
def test_a_creatinine_of_half_as_much_again_as_its_baseline_may_be_new_and_is_no_emergency(
    creatinine: float, baseline: float, changing: bool
) -> None:
    answer = asked(labs__creatinine_umol_per_l=creatinine, labs__baseline_creatinine_umol_per_l=baseline)
    treat = answer["treat_now"]
    assert not treat["emergencies"]
    assert ("kidney-risen" in about(treat)) is changing
    clearance = answer["history"]["creatinine_clearance"]
    assert ("not known while kidney function is changing" in clearance) is changing


def test_a_high_creatinine_without_a_baseline_is_the_question_whether_it_is_new() -> None:
    answer = asked(labs__creatinine_umol_per_l=600)
    treat = answer["treat_now"]
    assert not treat["emergencies"] and about(treat) == ["kidney-new-or-old"]
    assert "48 hours" in treat["questions"][0]["text"] and treat["questions"][0]["limit"] == 177
    assert "not known while kidney function is changing" in answer["history"]["creatinine_clearance"]
    assert "the measured 80 mL/min is not used" in answer["history"]["creatinine_clearance"]


@pytest.mark.parametrize(
    ("creatinine", "baseline", "dialysis", "state"),
    [
        (176, None, False, "steady"),
        (177, None, False, "open"),
        (600, None, False, "open"),
        (600, None, None, "open"),
        (600, None, True, "not known"),
        (600, 90, True, "not known"),
        (600, 90, False, "acute"),
        (267, 90, False, "acute"),
        (266, 90, False, "risen"),
        (134, 90, False, "steady"),
        (620, 590, False, "steady"),
        (90, 600, False, "steady"),
        ({"value": 600, "on": OLD}, None, False, "not known"),
        ({"value": 600, "on": OLD}, 90, False, "not known"),
    ],
)
def test_an_injury_is_a_step_over_the_baseline_never_derived_on_dialysis(
    creatinine: Any, baseline: int | None, dialysis: bool | None, state: str
) -> None:
    labs = {"creatinine_umol_per_l": creatinine, "baseline_creatinine_umol_per_l": baseline}
    history = a_history(
        labs=labs, comorbidities={"dialysis": dialysis}, demographics={"age": 60, "sex": "male", "weight_kg": 70}
    )
    assert history.kidneys.state == state
    clearance, how, missing = history.creatinine_clearance
    too_old = isinstance(creatinine, dict)
    assert (clearance is None) is (state in ("open", "acute", "risen") or too_old)
    if clearance is None:
        assert missing and ("too old" if too_old else "changing") in how


def test_an_injury_that_is_ticked_beside_dialysis_is_asked_about() -> None:
    ticked = {"disease__emergencies": ["acute_kidney_injury"], "comorbidities__dialysis": True, **NO_BASELINE}
    for creatinine in (700, None):
        (said,) = now(labs__creatinine_umol_per_l=creatinine, **ticked)["contradictions"]
        assert "disease.emergencies" in said and "comorbidities.dialysis" in said


def test_only_a_ticked_injury_counts_on_dialysis() -> None:
    on_dialysis = {"comorbidities__dialysis": True, "labs__creatinine_umol_per_l": 620, **NO_BASELINE}
    treat = now(**on_dialysis)
    assert not treat["emergencies"] and not treat["questions"]
    assert fired(now(**on_dialysis, disease__emergencies=["acute_kidney_injury"])) == [
        ("acute_kidney_injury", "recorded")
    ]


def test_an_injury_over_the_baseline_is_an_emergency_and_a_clinical_relapse() -> None:
    high = {"labs__creatinine_umol_per_l": 600, "labs__baseline_creatinine_umol_per_l": 90}
    treat = now(**high, **BIOCHEMICAL)
    assert fired(treat) == [("acute_kidney_injury", "derived")] and "510 above the baseline of 90" in treat["because"]
    assert treat["answer"] == "treat" and not treat["questions"]


def test_while_a_creatinine_may_be_new_a_biochemical_relapse_is_not_observed() -> None:
    treat = now(labs__creatinine_umol_per_l=600, **BIOCHEMICAL)
    assert treat["answer"] == "unknown" and "creatinine 600" in treat["because"]
    settled = now(labs__creatinine_umol_per_l=600, labs__baseline_creatinine_umol_per_l=580, **BIOCHEMICAL)
    assert settled["answer"] == "observe"


def test_what_hangs_on_the_clearance_waits_for_the_repeat() -> None:
    answer = asked(labs__creatinine_umol_per_l=600, access__jurisdiction="US")
    closed = {n["regimen"]: n for n in answer["not_offered"]}
    assert "labs.baseline_creatinine_umol_per_l" in {f for n in closed.values() for f in n["missing"]}
    missing = {m["field"]: m for m in answer["missing"]}
    assert len(missing["labs.baseline_creatinine_umol_per_l"]["outcomes"]) > 1


# --- blood --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("haemoglobin", "baseline", "cause", "clinical"),
    [
        (7.4, None, "disease", "yes"),
        (7.4, None, "treatment", "no"),
        (7.4, None, None, "unknown"),
        (9.4, 9.6, "disease", "yes"),
        (7.4, 9.3, "disease", "yes"),
        (7.4, 9.3, "treatment", "no"),
        (7.4, 9.3, None, "no"),
        (9.4, 9.6, None, "no"),
        (9.4, 10.0, "disease", "yes"),
        (9.4, None, "treatment", "no"),
        (11.0, 13.0, "disease", "yes"),
        (11.1, 13.0, "disease", "no"),
        (11.0, None, "disease", "no"),
        (7.5, 9.6, "disease", "yes"),
    ],
)
def test_haemoglobin_makes_a_relapse_clinical_only_by_a_fall_that_the_myeloma_caused(
    haemoglobin: float, baseline: float | None, cause: str | None, clinical: str
) -> None:
    labs = {
        "labs__haemoglobin_g_per_dl": haemoglobin,
        "labs__baseline_haemoglobin_g_per_dl": baseline,
        "labs__cytopenia_cause": cause,
    }
    treat = now(**labs, **BIOCHEMICAL)
    assert treat["relapse"]["clinical"] == clinical
    assert treat["answer"] == {"yes": "treat", "no": "observe", "unknown": "unknown"}[clinical]
    assert ("anaemia-cause" in about(treat)) is (clinical == "unknown")


@pytest.mark.parametrize(
    ("haemoglobin", "nyha", "fires", "asks"),
    [(6.9, 0, True, False), (7.0, 0, False, False), (7.9, 2, True, False), (7.9, "IIIA", True, False), (8.0, 4, False, False),
     (7.9, 1, False, False), (7.9, None, False, True), (6.9, None, True, False)],
)  # fmt: skip
def test_red_cells_are_given_below_seven_or_eight_with_heart_disease(
    haemoglobin: float, nyha: Any, fires: bool, asks: bool
) -> None:
    treat = now(
        labs__haemoglobin_g_per_dl=haemoglobin, comorbidities__nyha_class=nyha, labs__cytopenia_cause="treatment"
    )
    assert bool(treat["emergencies"]) is fires and ("red-cells-heart" in about(treat)) is asks
    assert all("hyperviscosity was excluded" in e["text"] for e in treat["emergencies"])


@pytest.mark.parametrize(
    ("platelets", "taken", "limits", "asks"),
    [
        (8, [], [10], []),
        (9.9, ["Warfarin"], [10, 50], []),
        (10, [], [], ["platelets-fever", "platelets-bleeding"]),
        (19, None, [], ["platelets-fever", "platelets-bleeding", "platelets-anticoagulant"]),
        (20, ["aspirin"], [], ["platelets-bleeding"]),
        (49, ["apixaban"], [50], ["platelets-bleeding"]),
        (50, ["apixaban"], [], []),
        (50, None, [], []),
    ],
)
def test_platelets_are_an_action_or_a_question_with_its_limit(
    platelets: float, taken: list[str] | None, limits: list[float], asks: list[str]
) -> None:
    answer = asked(labs__platelets_10e9_per_l=platelets, co_medication=taken)
    treat = answer["treat_now"]
    assert [(e["emergency"], e["limit"]) for e in treat["emergencies"]] == [("severe_cytopenia", n) for n in limits]
    assert about(treat) == asks
    assert all(q["limit"] is not None for q in treat["questions"])


LOW_PLATELETS = {"labs__platelets_10e9_per_l": 8, "disease__emergencies": None}


@pytest.mark.parametrize(
    ("changes", "recorded", "answer"),
    [
        (BIOCHEMICAL, "The relapse is recorded as biochemical", "observe"),
        (None, "The disease is recorded as responding", "no-relapse-recorded"),
        ({"disease__relapse": None}, "", "unknown"),
    ],
)
def test_nobody_is_told_that_waiting_will_not_help_beside_an_answer_that_is_not_to_treat(
    changes: dict[str, Any] | None, recorded: str, answer: str
) -> None:
    low = {**LOW_PLATELETS, "labs__cytopenia_cause": "disease", **(changes or {})}
    treat = asked(responding=changes is None, **low)["treat_now"]
    (found,) = treat["emergencies"]
    assert treat["answer"] == answer and found["text"] == TREATMENT.alarms.does["platelets-watched"].text
    assert "Waiting will not help" not in found["text"]
    said = treat["contradictions"]
    assert [c.startswith(recorded) and "platelets 8" in c for c in said] == ([True] if recorded else [])


def test_low_counts_by_treatment_contradict_nothing() -> None:
    for cause in ("treatment", None):
        low = {**LOW_PLATELETS, "labs__cytopenia_cause": cause}
        assert not now(**low, **BIOCHEMICAL)["contradictions"]
        assert not asked(responding=True, **low)["treat_now"]["contradictions"]


def test_low_platelets_are_no_gate() -> None:
    low, lower = (offered(asked(labs__platelets_10e9_per_l=n)) for n in (11, 8))
    assert low == lower


def test_waiting_will_not_help_where_the_myeloma_causes_the_low_platelets() -> None:
    for cause, told in (("disease", True), ("treatment", False), (None, False)):
        (found,) = now(labs__platelets_10e9_per_l=8, labs__cytopenia_cause=cause)["emergencies"]
        assert ("Waiting will not help" in found["text"]) is told


def test_the_limit_with_bleeding_rests_on_a_text_about_bleeding() -> None:
    """The text on anticoagulants says nothing of patients who take none."""
    found = {q["about"]: q for q in now(labs__platelets_10e9_per_l=40, co_medication=None)["questions"]}
    assert found["platelets-bleeding"]["source"] == "bsh-2022-major-haemorrhage"
    assert found["platelets-anticoagulant"]["source"] == "isth-2018-platelets"
    limit = LOADED.catalogue.treatment.alarms.platelets_with_bleeding_below_10e9_per_l
    assert limit.source == "bsh-2022-major-haemorrhage" and limit.value == 50


@pytest.mark.parametrize(
    ("neutrophils", "grade", "fires", "asks"),
    [(0.4, 1, True, False), (0.4, 0, False, True), (0.4, None, False, True), (0.5, 3, False, False)],
)
def test_neutropenic_sepsis_is_low_neutrophils_with_an_infection(
    neutrophils: float, grade: int | None, fires: bool, asks: bool
) -> None:
    treat = now(labs__neutrophils_10e9_per_l=neutrophils, comorbidities__active_infection_grade=grade)
    assert (("neutropenic_sepsis", "derived") in fired(treat)) is fires
    assert ("neutrophils-fever" in about(treat)) is asks


# --- what is never derived ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("isotype", "value", "asks"),
    [("IgG kappa", 59, False), ("IgG kappa", 60, True), ("IgA lambda", 50, True), ("IgM", 40, True), (None, 40, True),
     (None, 39, False)],
)  # fmt: skip
def test_a_high_paraprotein_is_asked_about_and_never_is_hyperviscosity(
    isotype: str | None, value: float, asks: bool
) -> None:
    series = [{"on": "2026-10-10", "serum_g_per_l": value}]
    treat = now(disease__isotype=isotype, disease__m_protein=series)
    assert ("viscosity" in about(treat)) is asks and not treat["emergencies"]
    if asks:
        assert "symptoms" in treat["questions"][-1]["text"]
        old = now(disease__isotype=isotype, disease__m_protein=[{"on": OLD, "serum_g_per_l": value}])
        assert "viscosity" not in about(old) and [q["field"] for q in old["repeat"]] == ["disease.m_protein"]


@pytest.mark.parametrize(
    ("changes", "asks"),
    [
        ({"disease__extramedullary": True}, True),
        ({"disease__mri_focal_lesions": 3}, True),
        ({"disease__mri_focal_lesions": 0}, False),
        ({"disease__emergencies": None}, True),
        ({"disease__emergencies": ["cord_compression"], "disease__extramedullary": True}, False),
        ({}, False),
    ],
)
def test_back_pain_with_weakness_is_asked_about_and_decides_nothing(changes: dict[str, Any], asks: bool) -> None:
    assert ("cord" in about(now(**changes))) is asks
    assert "cord" not in about(asked(responding=True, **changes)["treat_now"])


# --- a clinical relapse -------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["extramedullary", "cns_involvement", "plasma_cell_leukaemia"])
def test_disease_outside_the_marrow_is_never_observed(field: str) -> None:
    treat = now(**{f"disease__{field}": True}, **BIOCHEMICAL)
    assert treat["answer"] == "treat" and treat["contradictions"]
    assert treat["because"].startswith("clinical relapse: ")


def test_a_relapse_whose_kind_is_not_recorded_is_clinical_by_its_values() -> None:
    treat = now(disease__relapse=None, labs__calcium_mmol_per_l=2.9)
    assert treat["answer"] == "treat" and not any("kind" in c for c in treat["contradictions"])
    assert now(disease__relapse=None)["answer"] == "unknown"


def test_after_treat_nobody_asks_whether_a_new_line_is_needed() -> None:
    stopped = {**UPKEEP, "progressed_on": None, "stop_reason": "completed"}
    for changes in ({}, {"disease__relapse": None, "disease__extramedullary": True}):
        treat = answer_for(**patient(*LEN_REFRACTORY[:2], stopped, **changes))["treat_now"]
        assert treat["answer"] == "treat" and treat["ask"] == []
    watched = answer_for(**patient(*LEN_REFRACTORY[:2], stopped, **BIOCHEMICAL))["treat_now"]
    assert watched["answer"] == "observe" and "is a new line needed at all" in watched["ask"][0]


def test_a_list_of_emergencies_that_leaves_one_out_contradicts_it() -> None:
    assert any("without hypercalcaemia" in c for c in now(labs__calcium_mmol_per_l=3.4)["contradictions"])
    assert not now(labs__calcium_mmol_per_l=3.4, disease__emergencies=None)["contradictions"]
    assert not now(labs__calcium_mmol_per_l=2.7)["contradictions"]
    ticked = now(disease__emergencies=["hypercalcaemia"])["contradictions"]
    assert len(ticked) == 1 and "2.3 mmol/L" in ticked[0] and "ticked" in ticked[0]
    sepsis = now(disease__emergencies=["neutropenic_sepsis"])["contradictions"]
    assert len(sepsis) == 1 and "neutrophils 2.5" in sepsis[0]


# --- no relapse recorded ------------------------------------------------------------------------

ALARMING: list[dict[str, Any]] = [
    {"labs__calcium_mmol_per_l": 3.4},
    {"labs__creatinine_umol_per_l": 600, "labs__baseline_creatinine_umol_per_l": 90},
    {"labs__haemoglobin_g_per_dl": 6.5},
    {"labs__platelets_10e9_per_l": 8},
]


@pytest.mark.parametrize("changes", ALARMING)
def test_with_no_relapse_recorded_a_derived_emergency_asks_for_its_cause_and_changes_no_answer(
    changes: dict[str, Any],
) -> None:
    answer = asked(responding=True, **changes)
    assert answer["treat_now"]["answer"] == "no-relapse-recorded" and not answer["options"]
    (found,) = answer["treat_now"]["emergencies"]
    assert any("is the myeloma the cause" in q for q in found["questions"])


@pytest.mark.parametrize(("cause", "asks"), [(None, True), ("treatment", False), ("disease", False)])
def test_sepsis_with_no_relapse_recorded_asks_whether_the_myeloma_lowers_the_neutrophils(
    cause: str | None, asks: bool
) -> None:
    septic = {"labs__neutrophils_10e9_per_l": 0.3, "comorbidities__active_infection_grade": 2,
              "disease__emergencies": None}  # fmt: skip
    treat = asked(responding=True, labs__cytopenia_cause=cause, **septic)["treat_now"]
    (found,) = treat["emergencies"]
    assert treat["answer"] == "no-relapse-recorded"
    assert any("is the myeloma the cause" in q for q in found["questions"]) is asks
    assert any("neutrophils 0.3" in c for c in treat["contradictions"]) is (cause == "disease")
    (relapsed,) = now(labs__cytopenia_cause=cause, **septic)["emergencies"]
    assert not relapsed["questions"]


# --- a state that says no relapse, beside what says otherwise -----------------------------------

RISING = [{"on": day, "serum_g_per_l": value} for day, value in
          (("2026-06-01", 6), ("2026-08-20", 18), ("2026-09-20", 24))]  # fmt: skip
OTHERWISE: list[tuple[dict[str, Any], str]] = [
    ({"disease__relapse": {"kind": "biochemical"}}, "biochemical relapse"),
    ({"disease__relapse": {"kind": "clinical"}}, "clinical relapse"),
    ({"disease__m_protein": RISING}, "confirmed by 24"),
    ({"disease__extramedullary": True}, "extramedullary disease"),
    ({"disease__cns_involvement": True}, "CNS involvement"),
    ({"disease__plasma_cell_leukaemia": True}, "plasma cell leukaemia"),
    ({"disease__circulating_plasma_cells_percent": 12}, "12 %"),
    ({"disease__emergencies": ["cord_compression"]}, "cord compression"),
    ({"labs__haemoglobin_g_per_dl": 7.4, "labs__cytopenia_cause": "disease"}, "haemoglobin 7.4"),
    ({"labs__calcium_mmol_per_l": 2.95}, "calcium 2.95"),
    ({"labs__creatinine_umol_per_l": 600, "labs__baseline_creatinine_umol_per_l": 90}, "creatinine 600"),
]


@pytest.mark.parametrize(("changes", "named"), OTHERWISE, ids=[named for _, named in OTHERWISE])
def test_a_response_on_record_beside_what_says_otherwise_is_a_contradiction_and_changes_no_answer(
    changes: dict[str, Any], named: str
) -> None:
    upkeep = {**UPKEEP, "progressed_on": None, "stop_reason": "completed"}
    answer = answer_for(**patient(*LEN_REFRACTORY[:2], upkeep, **RESPONDING | changes))
    treat, ticked = answer["treat_now"], "disease__emergencies" in changes
    assert treat["answer"] == ("treat" if ticked else "no-relapse-recorded")
    (said,) = [c for c in treat["contradictions"] if c.startswith("The disease is recorded as responding")]
    assert named in said
    assert not answer["options"] and "--if-relapse" in answer["ranking_withheld"] and not answer["nothing_open"]


def test_asked_what_would_be_open_the_contradictions_of_a_responder_stand() -> None:
    upkeep = {**UPKEEP, "progressed_on": None, "stop_reason": "completed"}
    for changes, named in OTHERWISE:
        raw = patient(*LEN_REFRACTORY[:2], upkeep, **RESPONDING | changes)
        treat = answer_for(assume_relapse=True, **raw)["treat_now"]
        assert any(
            c.startswith("The disease is recorded as responding") and named in c for c in treat["contradictions"]
        )


def test_a_whole_list_without_a_progression_is_contradicted_like_a_recorded_response() -> None:
    upkeep = {**UPKEEP, "progressed_on": None, "stop_reason": "completed"}
    for changes, named in OTHERWISE:
        if "disease__relapse" in changes:
            continue
        raw = patient(*LEN_REFRACTORY[:2], upkeep, **RESPONDING | {"disease__state": None} | changes)
        answer = answer_for(**raw)
        said = [c for c in answer["treat_now"]["contradictions"] if c.startswith("No progression is recorded")]
        assert len(said) == 1 and named in said[0], named
        assert not answer["options"] and "--if-relapse" in answer["ranking_withheld"]


def test_a_response_without_anything_against_it_is_not_contradicted() -> None:
    answer = asked(responding=True, disease__m_protein=[*SLOW[:1], {"on": "2026-10-10", "serum_g_per_l": 3.1}])
    assert not answer["treat_now"]["contradictions"] and answer["treat_now"]["relapse"]["biochemical"] == "no"


def test_a_limit_that_a_responder_reached_once_is_asked_about() -> None:
    treat = asked(responding=True, disease__m_protein=RISING[:2])["treat_now"]
    assert treat["answer"] == "no-relapse-recorded" and not treat["contradictions"]
    assert treat["relapse"]["biochemical"] == "unknown"
    assert any("repeat now" in question for question in treat["ask"])


def test_the_series_of_a_responder_is_told_in_json_and_an_empty_one_is_unknown() -> None:
    rising = asked(responding=True, disease__m_protein=RISING)["treat_now"]["relapse"]
    assert rising["biochemical"] == "yes" and "24" in rising["biochemical_because"]
    assert asked(responding=True)["treat_now"]["relapse"]["biochemical"] == "unknown"
    assert asked(responding=True, labs__calcium_mmol_per_l=2.95)["treat_now"]["relapse"]["clinical"] == "unknown"


@pytest.mark.parametrize(
    ("last", "contradicts"),
    [
        ({}, True),
        ({"best_response_on": "2022-01-01"}, True),
        ({"best_response_on": "2022-12-01"}, False),
        ({"progressed_on": None, "stop_reason": "progression"}, True),
        ({"progressed_on": None, "best_response": "PD", "stop_reason": None}, True),
        ({"progressed_on": None, "stop_reason": "completed"}, False),
    ],
)
def test_a_progression_after_the_last_response_contradicts_a_response(last: dict[str, Any], contradicts: bool) -> None:
    treat = answer_for(**patient(*LEN_REFRACTORY[:2], UPKEEP | last, **RESPONDING))["treat_now"]
    said = [c for c in treat["contradictions"] if "progression" in c]
    assert treat["answer"] == "no-relapse-recorded" and bool(said) is contradicts
    assert all("2022-11" in c for c in said)


def test_a_progression_that_was_treated_since_contradicts_no_response() -> None:
    again = {"intent": "relapse", "regimen": "DVd", "start": "2022-12-01", "stop": "ongoing", "best_response": "VGPR"}
    for therapies in ([*LEN_REFRACTORY, again], [again, *LEN_REFRACTORY]):
        assert not answer_for(**patient(*therapies, **RESPONDING))["treat_now"]["contradictions"]


@pytest.mark.parametrize("state", ["newly_diagnosed", "smouldering"])
def test_disease_that_never_relapsed_is_contradicted_by_a_relapse_and_not_by_what_belongs_to_it(state: str) -> None:
    told = {"disease__state": state, "disease__relapse": None}
    kind = answer_for(**patient(**told | {"disease__relapse": {"kind": "biochemical"}}))["treat_now"]
    assert ["biochemical relapse" in c for c in kind["contradictions"]] == [True]
    progressed = answer_for(**patient(*LEN_REFRACTORY, **told))["treat_now"]
    assert ["progression" in c for c in progressed["contradictions"]] == [True]
    rising = answer_for(**patient(**told, disease__m_protein=RISING))["treat_now"]
    assert not rising["contradictions"]


def test_the_cells_of_a_leukaemia_that_a_response_has_cleared_contradict_nothing() -> None:
    told = {"disease__plasma_cell_leukaemia": True}
    assert asked(responding=True, **told)["treat_now"]["contradictions"]
    cleared = asked(responding=True, **told, disease__circulating_plasma_cells_percent=0)["treat_now"]
    assert not cleared["contradictions"]


@pytest.mark.parametrize("name", sorted(n for n, e in TREATMENT.emergencies.items() if e.of_the_myeloma))
def test_an_emergency_of_a_responder_withholds_the_ranking_and_says_how_to_ask(name: str) -> None:
    answer = asked(responding=True, disease__emergencies=[name])
    assert answer["treat_now"]["answer"] == "treat"
    assert not answer["options"] and not answer["nothing_open"]
    doubted = [c for c in answer["treat_now"]["contradictions"] if "2.3 mmol/L" in c]
    assert bool(doubted) is (name == "hypercalcaemia")
    assert "responding" in answer["ranking_withheld"] and "--if-relapse" in answer["ranking_withheld"]
    raw = patient(*LEN_REFRACTORY[:2], {**UPKEEP, "progressed_on": None, "stop_reason": "completed"}, **RESPONDING)
    raw["disease"]["emergencies"] = [name]
    supposed = answer_for(assume_relapse=True, **raw)
    assert supposed["options"] and not supposed["ranking_withheld"]


def test_an_emergency_of_new_or_relapsed_disease_keeps_its_ranking() -> None:
    new = {"disease__state": "newly_diagnosed", "disease__relapse": None}
    for answer in (asked(disease__emergencies=["cord_compression"]),
                   answer_for(**patient(disease__emergencies=["cord_compression"], **new))):  # fmt: skip
        assert answer["treat_now"]["answer"] == "treat" and not answer["ranking_withheld"]


# --- a kind of relapse is a relapse -------------------------------------------------------------


@pytest.mark.parametrize(("calcium", "answer"), [(2.3, "observe"), (2.95, "treat")])
def test_a_recorded_kind_of_relapse_records_the_relapse_where_no_state_does(calcium: float, answer: str) -> None:
    upkeep = {**UPKEEP, "progressed_on": None, "stop_reason": "completed"}
    changes = {"disease__state": None, "labs__calcium_mmol_per_l": calcium, **BIOCHEMICAL}
    for whole in (True, None):
        found = answer_for(**patient(*LEN_REFRACTORY[:2], upkeep, therapies_complete=whole, **changes))
        assert found["treat_now"]["answer"] == answer and found["history"]["state"] == "relapsed"
        assert not found["ranking_withheld"]
    clinical = changes | {"disease__relapse": {"kind": "clinical"}}
    assert answer_for(**patient(*LEN_REFRACTORY[:2], upkeep, **clinical))["treat_now"]["answer"] == "treat"


def test_a_kind_of_relapse_without_any_therapy_is_asked_about() -> None:
    for kind in ("biochemical", "clinical"):
        treat = answer_for(**patient(disease__state=None, disease__relapse={"kind": kind}))["treat_now"]
        assert treat["answer"] == "unknown" and "Record disease.state" in treat["ask"][0]


def test_without_a_kind_or_a_state_an_open_list_leaves_the_relapse_unknown() -> None:
    upkeep = {**UPKEEP, "progressed_on": None, "stop_reason": None, "stop": "ongoing"}
    told = {"disease__state": None, "disease__relapse": None, "therapies_complete": None}
    treat = answer_for(**patient(*LEN_REFRACTORY[:2], upkeep, **told, disease__m_protein=RISING))["treat_now"]
    assert treat["answer"] == "unknown" and treat["relapse"]["biochemical"] == "yes"
    assert any("confirmed by 24" in question for question in treat["ask"]) and not treat["contradictions"]


def test_a_clearance_that_is_too_old_is_named_once() -> None:
    raw = patient(*LEN_REFRACTORY, labs__creatinine_umol_per_l={"value": 300, "on": OLD}, **NO_BASELINE)
    (found,) = {r.finding.found for a in case_of(raw).assessments for r in a.results if "300" in r.finding.found}
    assert found.startswith(f"creatinine clearance not known: creatinine 300 of {OLD} is too old")
    both = a_history(**raw | {"labs": raw["labs"] | {"creatinine_clearance_ml_per_min": {"value": 40, "on": OLD}}})
    assert both.creatinine_clearance[1].startswith(f"not known: the measured 40 of {OLD} is too old")


def test_a_nadir_of_treatment_asks_for_no_cause() -> None:
    treat = asked(responding=True, labs__platelets_10e9_per_l=8, labs__cytopenia_cause="treatment")["treat_now"]
    assert treat["answer"] == "no-relapse-recorded" and treat["emergencies"][0]["questions"] == []


def test_smouldering_disease_with_a_high_calcium_is_said_to_be_contradictory() -> None:
    treat = answer_for(**patient(disease__state="smouldering", disease__relapse=None, labs__calcium_mmol_per_l=3.4))[
        "treat_now"
    ]
    assert treat["answer"] == "not-active-myeloma" and fired(treat) == [("hypercalcaemia", "derived")]
    assert any("smouldering" in c for c in treat["contradictions"])


def test_a_relapse_that_is_only_assumed_is_not_recorded() -> None:
    """Asked what would be open, a responder with a high calcium is still asked whether the myeloma is the cause."""
    raw = patient(*LEN_REFRACTORY[:2], {**UPKEEP, "progressed_on": None, "stop_reason": "completed"}, **RESPONDING,
                  labs__calcium_mmol_per_l=3.4)  # fmt: skip
    answer = answer_for(assume_relapse=True, **raw)
    assert answer["treat_now"]["answer"] == "unknown" and answer["options"]
    assert any("is the myeloma the cause" in q for q in answer["treat_now"]["emergencies"][0]["questions"])


def test_what_is_due_today_is_part_of_what_changes_from_one_answer_to_another() -> None:
    quiet, due = asked(), asked(labs__calcium_mmol_per_l=3.4, labs__creatinine_umol_per_l=600)
    facts = {f["about"]: f for f in against(due, quiet)["facts"]}
    assert facts["emergency: hypercalcaemia, labs.calcium_mmol_per_l"]["after"] == "derived"
    assert any(about.startswith("asked: New or old?") for about in facts)


# --- laws ---------------------------------------------------------------------------------------

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
law = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)


@law
@given(recorded_at_random(whole_patients()))
def test_whatever_is_recorded_every_entry_is_whole_and_nothing_old_raises_an_alarm(raw: dict[str, Any]) -> None:
    treat = treated(raw)
    entries = [*treat["emergencies"], *treat["questions"], *treat["repeat"]]
    for entry in entries:
        assert entry["text"] and entry["found"] and entry["source"] in LOADED.catalogue.sources
    again = {q["field"] for q in treat["repeat"]}
    assert not again & {e["field"] for e in [*treat["emergencies"], *treat["questions"]]}
    assert json.loads(json.dumps(treat)) == treat
    if raw["comorbidities"]["dialysis"]:
        assert ("acute_kidney_injury", "derived") not in fired(treat) and "kidney-new-or-old" not in about(treat)
    outside = any(raw["disease"][f] for f in ("extramedullary", "cns_involvement", "plasma_cell_leukaemia"))
    if outside or "kidney-new-or-old" in about(treat):
        assert treat["answer"] != "observe"


@law
@given(st.data())
def test_what_is_said_with_less_stays_true_with_more_whatever_the_labs(data: st.DataObject) -> None:
    """A measured clearance that a new creatinine contradicts is the one fact that another takes back."""
    whole = data.draw(recorded_at_random(whole_patients()))
    whole["labs"]["creatinine_clearance_ml_per_min"] = None
    whole["comorbidities"]["dialysis"] = False
    whole["disease"]["emergencies"] = []
    less = data.draw(with_less(whole))
    truth = said(whole, case_of(whole))
    for question, answer in said(less, case_of(less)).items():
        assert answer in (Truth.UNKNOWN, truth[question]), question


@settings(law, max_examples=20)
@given(recorded_at_random(whole_patients()))
def test_the_answer_is_whole_and_the_same_again_whatever_the_labs(raw: dict[str, Any]) -> None:
    first, second = (advise(a_patient(**raw), LOADED.catalogue, DAY) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    names = [e["regimen"] for e in [*first["options"], *first["not_offered"]]]
    assert sorted(names) == sorted(r.id for r in LOADED.catalogue.regimens)


@law
@given(recorded_at_random(whole_patients()), st.sampled_from(["platelets_10e9_per_l", "neutrophils_10e9_per_l"]))
def test_low_counts_never_change_whether_to_treat(raw: dict[str, Any], name: str) -> None:
    answers = {treated({**raw, "labs": {**raw["labs"], name: value}})["answer"] for value in (0.1, 100)}
    assert len(answers) == 1


@law
@given(recorded_at_random(whole_patients()), st.floats(0.5, 6))
def test_a_responder_is_never_told_to_start_a_new_line_by_a_value(raw: dict[str, Any], calcium: float) -> None:
    quiet = {**raw, "disease": {**raw["disease"], "state": "responding", "emergencies": []}}
    quiet["labs"] = {**raw["labs"], "calcium_mmol_per_l": round(calcium, 2)}
    assert treated(quiet)["answer"] == "no-relapse-recorded"


@law
@given(recorded_at_random(whole_patients()))
def test_a_kind_of_relapse_alone_says_as_much_as_the_state_beside_it(raw: dict[str, Any]) -> None:
    raw["disease"] |= {"relapse": raw["disease"]["relapse"] or {"kind": "biochemical"}}
    raw["therapies"][-1] |= {"progressed_on": None, "stop_reason": "completed"}
    assert treated({**raw, "disease": {**raw["disease"], "state": None}}) == treated(raw)


@law
@given(recorded_at_random(whole_patients()))
def test_whatever_speaks_against_a_response_is_said_and_only_a_ticked_emergency_treats_it(raw: dict[str, Any]) -> None:
    treat = treated({**raw, "disease": {**raw["disease"], "state": "responding"}})
    said = [c for c in treat["contradictions"] if c.startswith("The disease is recorded as responding")]
    outside = any(raw["disease"][f] for f in ("extramedullary", "cns_involvement"))
    shown = treat["relapse"]["biochemical"] == "yes" or raw["disease"]["relapse"] is not None
    ticked = [e for e in raw["disease"]["emergencies"] or () if TREATMENT.emergencies[e].of_the_myeloma]
    if outside or shown or ticked:
        assert said
    assert treat["answer"] == ("treat" if ticked else "no-relapse-recorded")


def test_the_reports_show_all_of_it_before_the_options() -> None:
    raw = patient(
        *LEN_REFRACTORY,
        labs__calcium_mmol_per_l=3.4,
        labs__creatinine_umol_per_l=600,
        labs__platelets_10e9_per_l={"value": 8, "on": OLD},
        disease__m_protein=SLOW,
        disease__relapse={"kind": "biochemical"},
        access__jurisdiction="EU",
    )
    answer = answer_for(**raw)
    treat = answer["treat_now"]
    assert treat["emergencies"] and treat["questions"] and treat["repeat"] and treat["contradictions"]
    for form in ("table", "markdown", "html"):
        text = " ".join(
            render("recommendation", form, answer, **({"to_terminal": False} if form != "html" else {})).split()
        )
        head = text[: text.index("Options, in order", text.index("Treat now?"))]
        for part in (
            "(derived)",
            "New or old?",
            "Too old to raise anything",
            "recorded without",
            "treatment today is 3",
        ):
            assert part in head, (form, part)
    assert alarm(Case.of(a_patient(**raw), LOADED.catalogue, DAY).history, LOADED.catalogue).clinical.where


# --- ionised calcium, plasma cell leukaemia, and what nobody knows ------------------------------


@pytest.mark.parametrize(("ionised", "answer"), [(1.39, "observe"), (1.41, "treat"), (2.0, "treat")])
def test_ionised_calcium_makes_a_relapse_clinical_like_total_calcium(ionised: float, answer: str) -> None:
    treat = now(labs__calcium_mmol_per_l=None, labs__ionised_calcium_mmol_per_l=ionised, **BIOCHEMICAL)
    assert treat["answer"] == answer
    (found,) = treat["emergencies"]
    does = TREATMENT.emergencies["hypercalcaemia"] if ionised >= 1.5 else TREATMENT.alarms.does["calcium-raised"]
    assert found["text"] == does.text


@pytest.mark.parametrize(("total", "ionised", "lead"), [(3.1, 1.32, "calcium"), (2.65, 1.6, "ionised_calcium")])
def test_where_total_and_ionised_calcium_are_recorded_both_are_shown_and_the_graver_leads(
    total: float, ionised: float, lead: str
) -> None:
    (found,) = now(labs__calcium_mmol_per_l=total, labs__ionised_calcium_mmol_per_l=ionised)["emergencies"]
    assert found["field"] == f"labs.{lead}_mmol_per_l"
    assert f"{total:g} mmol/L" in found["found"] and f"{ionised:g} mmol/L" in found["found"]


def test_a_ticked_hypercalcaemia_is_no_contradiction_where_ionised_calcium_is_raised() -> None:
    ticked = {"disease__emergencies": ["hypercalcaemia"], "labs__calcium_mmol_per_l": 2.3}
    assert now(**ticked, labs__ionised_calcium_mmol_per_l=1.2)["contradictions"]
    assert not now(**ticked, labs__ionised_calcium_mmol_per_l=1.45)["contradictions"]


@pytest.mark.parametrize(("percent", "answer"), [(None, "observe"), (4.9, "observe"), (5, "treat"), (12, "treat")])
def test_circulating_plasma_cells_from_the_limit_on_are_never_observed(percent: float | None, answer: str) -> None:
    treat = now(disease__circulating_plasma_cells_percent=percent, **BIOCHEMICAL)
    assert treat["answer"] == answer
    # The record says that there is no plasma cell leukaemia, and that the relapse is biochemical.
    assert len(treat["contradictions"]) == (2 if answer == "treat" else 0)


def test_circulating_plasma_cells_contradict_a_response() -> None:
    treat = asked(responding=True, disease__circulating_plasma_cells_percent=12)["treat_now"]
    assert treat["answer"] == "no-relapse-recorded"
    assert any("responding" in said and "12 %" in said for said in treat["contradictions"])


@pytest.mark.parametrize(
    ("taken", "asks", "raised"),
    [(["Eliqis"], True, False), (["apixaban"], False, True), (["apixaban", "Eliqis"], False, True),
     (["aciclovir"], False, False), ([], False, False)],
)  # fmt: skip
def test_a_drug_that_nobody_knows_may_be_an_anticoagulant(taken: list[str], asks: bool, raised: bool) -> None:
    treat = now(labs__platelets_10e9_per_l=30, co_medication=taken)
    questions = [q for q in treat["questions"] if q["about"] == "platelets-anticoagulant"]
    assert bool(questions) is asks and bool(treat["emergencies"]) is raised
    assert all("Eliqis" in q["found"] for q in questions)


@pytest.mark.parametrize(
    ("creatinine", "baseline", "doubted"),
    [
        (80, 80, True),
        (90, 80, True),
        (107, 80, False),
        (80, None, False),
        (600, 590, True),
        (None, 80, False),
        (300, 300, True),
        (300, 280, True),
        (280, 100, False),
        (300, None, False),
    ],
)
def test_an_injury_that_is_ticked_beside_a_steady_creatinine_is_doubted(
    creatinine: int | None, baseline: int | None, doubted: bool
) -> None:
    answer = asked(disease__emergencies=["acute_kidney_injury"], labs__creatinine_umol_per_l=creatinine,
                   labs__baseline_creatinine_umol_per_l=baseline)  # fmt: skip
    said = [*answer["treat_now"]["contradictions"], *answer["warnings"]]
    named = [w for w in said if "disease.emergencies" in w and "labs.creatinine_umol_per_l" in w]
    assert len(named) is int(doubted) and all(w in answer["treat_now"]["contradictions"] for w in named)
    assert fired(answer["treat_now"])[0] == ("acute_kidney_injury", "recorded")


def test_red_cells_come_after_plasma_exchange_where_hyperviscosity_is_recorded() -> None:
    does, anaemic = TREATMENT.alarms.does, {"labs__haemoglobin_g_per_dl": 6.4, "labs__cytopenia_cause": "disease"}
    for ticked, row in (([], "red-cells"), (["hyperviscosity"], "red-cells-viscosity")):
        found = {e["emergency"]: e["text"] for e in now(disease__emergencies=ticked, **anaemic)["emergencies"]}
        assert found["severe_cytopenia"] == does[row].text
    treat = now(disease__emergencies=["hyperviscosity"], labs__haemoglobin_g_per_dl=7.5, comorbidities__nyha_class=None)
    assert "red-cells-heart-viscosity" in about(treat)


# --- a recorded yes beside a value that speaks against it ---------------------------------------


@pytest.mark.parametrize(
    ("recorded", "percent", "state", "doubted"),
    [(True, 1, "relapsed", True), (True, 4.9, "relapsed", True), (True, 5, "relapsed", False),
     (True, None, "relapsed", False), (False, 1, "relapsed", False), (False, 5, "relapsed", True),
     (None, 1, "relapsed", False), (True, 1, "responding", False)],
)  # fmt: skip
def test_plasma_cell_leukaemia_beside_few_circulating_cells_is_doubted_and_counts_as_recorded(
    recorded: bool | None, percent: float | None, state: str, doubted: bool
) -> None:
    answer = asked(responding=state == "responding", disease__plasma_cell_leukaemia=recorded,
                   disease__circulating_plasma_cells_percent=percent)  # fmt: skip
    named = [c for c in answer["treat_now"]["contradictions"] if "lasma cell leukaemia is recorded" in c]
    assert bool(named) is doubted
    shown = " ".join(render("recommendation", "table", answer).split())
    assert all(c in shown for c in named)
    if recorded and state == "relapsed":
        assert any(s["id"] == "plasma-cell-leukaemia" for s in answer["situations"])


@pytest.mark.parametrize(
    ("creatinine", "baseline", "dialysis", "asks"),
    [(80, None, False, True), (176, None, None, True), (177, None, False, False), (80, 80, False, False),
     (80, None, True, False), (None, None, False, False), ({"value": 80, "on": OLD}, None, False, False)],
)  # fmt: skip
def test_an_injury_that_is_ticked_without_a_baseline_asks_whether_creatinine_has_risen(
    creatinine: Any, baseline: int | None, dialysis: bool | None, asks: bool
) -> None:
    treat = now(disease__emergencies=["acute_kidney_injury"], labs__creatinine_umol_per_l=creatinine,
                labs__baseline_creatinine_umol_per_l=baseline, comorbidities__dialysis=dialysis)  # fmt: skip
    questions = [q for q in treat["questions"] if q["about"] == "kidney-ticked"]
    assert bool(questions) is asks
    assert all("80" in q["found"] or "176" in q["found"] for q in questions)
    assert fired(treat)[0] == ("acute_kidney_injury", "recorded") and treat["answer"] == "treat"


def test_a_kidney_that_nobody_ticked_is_not_asked_about() -> None:
    assert "kidney-ticked" not in about(now(labs__creatinine_umol_per_l=80))


ENOUGH = {"labs__haemoglobin_g_per_dl": 8, "labs__platelets_10e9_per_l": 50, "labs__neutrophils_10e9_per_l": 0.5}


@pytest.mark.parametrize(
    ("changes", "doubted"),
    [({}, True), ({"labs__haemoglobin_g_per_dl": 7.9}, False), ({"labs__platelets_10e9_per_l": 49}, False),
     ({"labs__neutrophils_10e9_per_l": 0.4}, False), ({"labs__platelets_10e9_per_l": None}, False),
     ({"labs__platelets_10e9_per_l": {"value": 160, "on": OLD}}, False)],
)  # fmt: skip
def test_a_ticked_cytopenia_is_doubted_only_where_all_three_counts_speak_against_it(
    changes: dict[str, Any], doubted: bool
) -> None:
    ticked = now(disease__emergencies=["severe_cytopenia"], **ENOUGH | changes)
    assert any(c.startswith("Severe cytopenia is ticked") for c in ticked["contradictions"]) is doubted
    assert ("severe_cytopenia", "recorded") in fired(ticked)
    assert not now(**ENOUGH)["contradictions"]


@pytest.mark.parametrize(("grade", "doubted"), [(0, True), (1, False), (None, False)])
def test_a_ticked_sepsis_without_an_infection_is_doubted(grade: int | None, doubted: bool) -> None:
    low = {"labs__neutrophils_10e9_per_l": 0.3, "comorbidities__active_infection_grade": grade}
    said = now(disease__emergencies=["neutropenic_sepsis"], **low)["contradictions"]
    assert any("sepsis" in c and "infection" in c for c in said) is doubted


@pytest.mark.parametrize(
    ("changes", "fields"),
    [({"comorbidities__dialysis": True, "labs__creatinine_umol_per_l": 80, **NO_BASELINE},
      ("comorbidities.dialysis", "labs.creatinine_umol_per_l")),
     ({"comorbidities__pregnancy": True, "demographics__sex": "male"}, ("comorbidities.pregnancy", "demographics.sex")),
     ({"comorbidities__active_gvhd": True, "comorbidities__prior_allogeneic_transplant": False},
      ("comorbidities.active_gvhd", "comorbidities.prior_allogeneic_transplant")),
     ({"fitness__frailty": "fit", "demographics__age": 82}, ("fitness.frailty", "frail"))],
    ids=["dialysis", "pregnancy", "GVHD", "frailty"],
)  # fmt: skip
def test_a_recorded_word_that_another_fact_speaks_against_is_named(
    changes: dict[str, Any], fields: tuple[str, str]
) -> None:
    named = [w for w in asked(**changes)["warnings"] if all(f in w for f in fields) and "right?" in w]
    assert len(named) == 1
    assert not [w for w in asked()["warnings"] if "right?" in w]


def test_what_does_not_contradict_is_not_doubted() -> None:
    for changes in (
        {"comorbidities__dialysis": True, "labs__creatinine_umol_per_l": 620, **NO_BASELINE},
        {"comorbidities__dialysis": True, "labs__creatinine_umol_per_l": {"value": 80, "on": OLD}, **NO_BASELINE},
        {"comorbidities__active_gvhd": True, "comorbidities__prior_allogeneic_transplant": None},
        {"fitness__frailty": "frail", "demographics__age": 82},
        {"fitness__frailty": "intermediate", "demographics__age": 78},
    ):
        assert not [w for w in asked(**changes)["warnings"] if "right?" in w], changes


@pytest.mark.parametrize("recorded", [None, False])
@pytest.mark.parametrize("percent", [4.9, 5, 12])
def test_what_asks_for_plasma_cell_leukaemia_takes_the_circulating_cells(recorded: bool | None, percent: float) -> None:
    """As the emergencies and the situation do: caution on CAR-T, purpose of debulking, and what trials left out."""
    told = {"disease__plasma_cell_leukaemia": recorded, "disease__circulating_plasma_cells_percent": percent}
    case = case_of(patient(*TRIPLE_CLASS_REFRACTORY, **told))
    leukaemia = percent >= 5
    results = {(r.criterion.id, a.regimen.id): r for a in case.assessments for r in (*a.results, *a.cautions)}
    found = results.get(("car-t-pcl", "cilta-cel"))
    truth = Truth.NOT_MET if leukaemia else Truth.UNKNOWN if recorded is None else Truth.MET
    assert (found.finding.truth if found else Truth.MET) is truth
    assert results["debulking", "DT-PACE"].finding.truth is (Truth.MET if leukaemia else negate(truth))
    if leukaemia:
        assert found is not None and f"{percent:g} %" in found.finding.found
    trial = [c.decide(case.history, LOADED.catalogue.words).truth for c in LOADED.catalogue.ranking.extrapolated_when]
    assert (Truth.MET in trial) is leukaemia
