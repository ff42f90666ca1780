"""A clinical relapse by its values, and a recorded kind of relapse."""

from __future__ import annotations

import pytest

from tests.builders.blank import answer_for
from tests.builders.patients import LEN_REFRACTORY, UPKEEP, patient
from tests.builders.treat_now import BIOCHEMICAL, RISING, TREATMENT, now

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


# --- ionised calcium, plasma cell leukaemia, and what nobody knows ------------------------------


@pytest.mark.parametrize(("ionised", "answer"), [(1.39, "observe"), (1.41, "treat"), (2.0, "treat")])
def test_ionised_calcium_makes_a_relapse_clinical_like_total_calcium(ionised: float, answer: str) -> None:
    treat = now(labs__calcium_mmol_per_l=None, labs__ionised_calcium_mmol_per_l=ionised, **BIOCHEMICAL)
    assert treat["answer"] == answer
    (found,) = treat["emergencies"]
    does = TREATMENT.emergencies["hypercalcaemia"] if ionised >= 1.5 else TREATMENT.alarms.does["calcium-raised"]
    assert found["text"] == does.text
