"""Clearance, frailty and performance status, each with what is not known of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.blank import a_history


def test_clearance_is_computed_with_the_formula_and_says_so() -> None:
    known: dict[str, Any] = {
        "demographics": {"age": 74, "sex": "female", "weight_kg": 52},
        "labs": {"creatinine_umol_per_l": 152},
    }
    clearance, how, missing = a_history(**known).creatinine_clearance
    # (140-74) * 52 / (72 * 152/88.4) * 0.85
    assert clearance is not None and clearance.low == pytest.approx(23.6, abs=0.1)
    assert "Cockcroft-Gault" in how and not missing
    kidneys = known | {"disease": {"emergencies": ["acute_kidney_injury"]}}
    assert a_history(**kidneys).creatinine_clearance[0] is None


@pytest.mark.parametrize(
    ("measured", "creatinine", "changes", "contradicts"),
    [
        (80, 80, {}, True), (58, 80, {}, True), (57, 80, {}, False), (45, 80, {}, False),
        (20, 80, {}, False), (80, None, {}, False), (14, 600, {"comorbidities": {"dialysis": True}}, False),
    ],
)  # fmt: skip
def test_a_measured_clearance_far_above_what_the_creatinine_gives_is_used_and_is_questioned(
    measured: float, creatinine: float | None, changes: dict[str, Any], contradicts: bool
) -> None:
    labs = {"creatinine_clearance_ml_per_min": measured, "creatinine_umol_per_l": creatinine}
    person = {"age": 81, "sex": "female", "weight_kg": 58}
    history = a_history(demographics=person, labs=labs, **changes)
    clearance, _, missing = history.creatinine_clearance
    assert clearance == (measured, measured) and missing == ()
    question = history.organ_accounts.clearance_contradicted
    assert ("44.6" in question and f"{measured:g} mL/min" in question) if contradicts else not question


def test_dialysis_and_a_healthy_clearance_contradict_each_other_and_neither_is_believed() -> None:
    dialysis: dict[str, Any] = {"comorbidities": {"dialysis": True}}
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
