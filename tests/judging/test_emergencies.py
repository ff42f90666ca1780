"""What a value means: calcium, kidneys, blood, and what no value derives."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.blank import LOADED, a_history, offered
from tests.builders.treat_now import BIOCHEMICAL, NO_BASELINE, OLD, TREATMENT, about, asked, fired, now

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


@pytest.mark.parametrize(("total", "ionised", "lead"), [(3.1, 1.32, "calcium"), (2.65, 1.6, "ionised_calcium")])
def test_where_total_and_ionised_calcium_are_recorded_both_are_shown_and_the_graver_leads(
    total: float, ionised: float, lead: str
) -> None:
    (found,) = now(labs__calcium_mmol_per_l=total, labs__ionised_calcium_mmol_per_l=ionised)["emergencies"]
    assert found["field"] == f"labs.{lead}_mmol_per_l"
    assert f"{total:g} mmol/L" in found["found"] and f"{ionised:g} mmol/L" in found["found"]


@pytest.mark.parametrize(("percent", "answer"), [(None, "observe"), (4.9, "observe"), (5, "treat"), (12, "treat")])
def test_circulating_plasma_cells_from_the_limit_on_are_never_observed(percent: float | None, answer: str) -> None:
    treat = now(disease__circulating_plasma_cells_percent=percent, **BIOCHEMICAL)
    assert treat["answer"] == answer
    # The record says that there is no plasma cell leukaemia, and that the relapse is biochemical.
    assert len(treat["contradictions"]) == (2 if answer == "treat" else 0)


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


@pytest.mark.parametrize(
    ("ticked", "asks"),
    [(None, True), (["hypercalcaemia"], True), ([], False), (["cord_compression"], False),
     (["hypercalcaemia", "cord_compression"], False)],
)  # fmt: skip
def test_another_recorded_emergency_does_not_silence_the_question_about_the_spinal_cord(
    ticked: list[str] | None, asks: bool
) -> None:
    assert ("cord" in about(now(disease__emergencies=ticked))) is asks
