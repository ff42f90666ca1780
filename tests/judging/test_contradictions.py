"""What the record says beside what says otherwise: named, and decided by the record."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base.known import Truth, negate
from tests.builders.blank import LOADED, answer_for
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, UPKEEP, patient
from tests.builders.treat_now import (
    NO_BASELINE,
    OLD,
    RESPONDING,
    RISING,
    SLOW,
    TREATMENT,
    about,
    asked,
    case_of,
    fired,
    now,
)


def test_a_list_of_emergencies_that_leaves_one_out_contradicts_it() -> None:
    assert any("without hypercalcaemia" in c for c in now(labs__calcium_mmol_per_l=3.4)["contradictions"])
    assert not now(labs__calcium_mmol_per_l=3.4, disease__emergencies=None)["contradictions"]
    assert not now(labs__calcium_mmol_per_l=2.7)["contradictions"]
    ticked = now(disease__emergencies=["hypercalcaemia"])["contradictions"]
    assert len(ticked) == 1 and "2.3 mmol/L" in ticked[0] and "ticked" in ticked[0]
    sepsis = now(disease__emergencies=["neutropenic_sepsis"])["contradictions"]
    assert len(sepsis) == 1 and "neutrophils 2.5" in sepsis[0]


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


def test_smouldering_disease_with_a_high_calcium_is_said_to_be_contradictory() -> None:
    treat = answer_for(**patient(disease__state="smouldering", disease__relapse=None, labs__calcium_mmol_per_l=3.4))[
        "treat_now"
    ]
    assert treat["answer"] == "not-active-myeloma" and fired(treat) == [("hypercalcaemia", "derived")]
    assert any("smouldering" in c for c in treat["contradictions"])


def test_a_ticked_hypercalcaemia_is_no_contradiction_where_ionised_calcium_is_raised() -> None:
    ticked = {"disease__emergencies": ["hypercalcaemia"], "labs__calcium_mmol_per_l": 2.3}
    assert now(**ticked, labs__ionised_calcium_mmol_per_l=1.2)["contradictions"]
    assert not now(**ticked, labs__ionised_calcium_mmol_per_l=1.45)["contradictions"]


def test_circulating_plasma_cells_contradict_a_response() -> None:
    treat = asked(responding=True, disease__circulating_plasma_cells_percent=12)["treat_now"]
    assert treat["answer"] == "no-relapse-recorded"
    assert any("responding" in said and "12 %" in said for said in treat["contradictions"])


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
    (trait,) = (t for t in LOADED.catalogue.ranking.traits if t.id == "plasma-cell-leukaemia")
    trial = [c.decide(case.history, LOADED.catalogue.words).truth for c in trait.when]
    assert (Truth.MET in trial) is leukaemia
