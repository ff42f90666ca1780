"""What recorded values ask for today: what fires, what must not, and what is asked and decides nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mmadvisor.formats.patient import Emergency
from mmadvisor.judging.alarm import alarm
from mmadvisor.judging.case import Case
from mmadvisor.judging.unknowns import unknowns
from mmadvisor.reports.against import against
from tests.builders.blank import DAY, LOADED, a_history, a_patient, answer_for
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, UPKEEP, patient
from tests.builders.treat_now import (
    BIOCHEMICAL,
    NO_BASELINE,
    OLD,
    RECENT,
    RESPONDING,
    SLOW,
    TREATMENT,
    asked,
    case_of,
    fired,
    now,
)

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


def test_a_clearance_that_is_too_old_is_named_once() -> None:
    raw = patient(*LEN_REFRACTORY, labs__creatinine_umol_per_l={"value": 300, "on": OLD}, **NO_BASELINE)
    (found,) = {r.finding.found for a in case_of(raw).assessments for r in a.results if "300" in r.finding.found}
    assert found.startswith(f"creatinine clearance not known: creatinine 300 of {OLD} is too old")
    both = a_history(**raw | {"labs": raw["labs"] | {"creatinine_clearance_ml_per_min": {"value": 40, "on": OLD}}})
    assert both.creatinine_clearance[1].startswith(f"not known: the measured 40 of {OLD} is too old")


def test_a_nadir_of_treatment_asks_for_no_cause() -> None:
    treat = asked(responding=True, labs__platelets_10e9_per_l=8, labs__cytopenia_cause="treatment")["treat_now"]
    assert treat["answer"] == "no-relapse-recorded" and treat["emergencies"][0]["questions"] == []


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
