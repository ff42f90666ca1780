"""Rows that protect the patient: which are there for which regimen, and what the record makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.judging.case import Case
from mmadvisor.reports.options import monitoring
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.patients import TRIPLE_CLASS_REFRACTORY, patient

CATALOGUE = LOADED.catalogue


def rows(name: str, words: str, *lines: Any, **fields: Any) -> list[Any]:
    """The rows of an option for a patient whose item contains some words."""
    record = patient(*(lines or TRIPLE_CLASS_REFRACTORY), **fields)
    case = Case.of(a_patient(**record), CATALOGUE, DAY, jurisdiction="US")
    return [m for m in monitoring(case, find_regimen(CATALOGUE, name)) if words in m["item"]]


def test_levofloxacin_is_for_the_newly_diagnosed() -> None:
    raw = patient() | {"therapies": [], "therapies_complete": True}
    raw["disease"] = {**(raw.get("disease") or {}), "state": "newly_diagnosed"}
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction="US")
    (new,) = [m for m in monitoring(case, find_regimen(CATALOGUE, "DRd")) if "Levofloxacin" in m["item"]]
    assert new["applies"] == "yes" and new["verified"] == "primary" and not new["drugs"]
    assert not rows("DRd", "Levofloxacin once a day")


@pytest.mark.parametrize("name", ["DRd", "Pd", "Kd", "elranatamab", "cilta-cel"])
def test_pneumocystis_is_there_beyond_t_cell_drugs_with_g6pd_before_it(name: str) -> None:
    assert rows(name, "Co-trimoxazole")
    (asked,) = rows(name, "G6PD before co-trimoxazole", comorbidities__g6pd_deficiency=None)
    assert asked["applies"] == "unknown" and asked["missing"] == ["comorbidities.g6pd_deficiency"]
    (deficient,) = rows(name, "G6PD before co-trimoxazole", comorbidities__g6pd_deficiency=True)
    assert deficient["leads"] and deficient["now"] == "yes"
    assert not rows(name, "G6PD before co-trimoxazole", comorbidities__g6pd_deficiency=False)
    (test,) = rows(name, "G6PD activity", comorbidities__g6pd_deficiency=None)
    assert test["applies"] == "unknown" and test["missing"] == ["comorbidities.g6pd_deficiency"]
    assert not rows(name, "G6PD activity", comorbidities__g6pd_deficiency=False)
    (never,) = rows(name, "No rasburicase", comorbidities__g6pd_deficiency=True)
    assert never["leads"] and never["now"] == "yes"


@pytest.mark.parametrize(
    ("known", "test", "treat"),
    [(None, "unknown", "unknown"), ("none", "", ""), ("untreated", "", "yes"), ("treated", "", "")],
)
def test_tuberculosis_is_looked_for_and_treated(known: str | None, test: str, treat: str) -> None:
    for name in ("DRd", "teclistamab"):
        looked = rows(name, "Latent tuberculosis: interferon", comorbidities__latent_tuberculosis=known)
        assert [m["applies"] for m in looked] == ([test] if test else [])
        treated = rows(name, "Latent tuberculosis, untreated", comorbidities__latent_tuberculosis=known)
        assert [m["applies"] for m in treated] == ([treat] if treat else [])
        assert all(m["leads"] == (treat == "yes") for m in treated)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Kd", "progressive multifocal"), ("Pd", "progressive multifocal"), ("BVd", "progressive multifocal"),
        ("elranatamab", "progressive multifocal"), ("cilta-cel", "progressive multifocal"),
        ("DRd", "Strongyloides"), ("DRd", "COVID-19"), ("BVd", "umour lysis"), ("VenD", "umour lysis"),
        ("DCEP", "umour lysis"), ("DCEP", "G-CSF"), ("DRd", "G-CSF"), ("DRd", "Fertility"),
        ("cilta-cel", "T-cell lymphoma"), ("ide-cel", "T-cell lymphoma"), ("DRd", "Calcium and vitamin D"),
    ],
)  # fmt: skip
def test_a_row_that_was_missing_is_there_with_its_source(name: str, words: str) -> None:
    woman: dict[str, Any] = {
        "demographics__age": 40,
        "demographics__sex": "female",
        "comorbidities__childbearing_potential": True,
    }
    found = rows(name, words, **woman)
    assert found and all(m["source"] for m in found)


def test_the_vaccine_against_rsv_is_by_age() -> None:
    assert rows("DRd", "RSV", demographics__age=70)[0]["applies"] == "yes"
    assert not rows("DRd", "RSV", demographics__age=40)
    assert rows("DRd", "RSV", demographics__age=None)[0]["applies"] == "unknown"


def test_bone_agents_go_by_clearance() -> None:
    weak: dict[str, Any] = {"labs__creatinine_clearance_ml_per_min": 22}
    (none,) = rows("DRd", "No zoledronate", **weak)
    assert none["leads"] and not rows("DRd", "Zoledronate, or denosumab", **weak)
    fair: dict[str, Any] = {"labs__creatinine_clearance_ml_per_min": 45}
    (less,) = rows("DRd", "Zoledronate, or denosumab", **fair)
    assert [x["applies"] for x in less["adapt"]] == ["yes"] and not rows("DRd", "No zoledronate", **fair)
    (dialysis,) = rows(
        "DRd", "No zoledronate", comorbidities__dialysis=True, labs__creatinine_clearance_ml_per_min=None
    )
    assert dialysis["applies"] == "yes"


def test_an_anticoagulant_is_weighed_with_low_platelets_and_weak_kidneys() -> None:
    taken: dict[str, Any] = {"co_medication": ["apixaban"], "labs__platelets_10e9_per_l": 30}
    (row,) = rows("Kd", "Platelets and the anticoagulant", **taken)
    assert row["leads"] and row["now"] == "yes"
    assert not rows("Kd", "Platelets and the anticoagulant", co_medication=[])
    assert rows("Kd", "Platelets and the anticoagulant", co_medication=None)[0]["applies"] == "unknown"
    (kidney,) = rows("Kd", "The anticoagulant by clearance", **taken, labs__creatinine_clearance_ml_per_min=20)
    assert kidney["now"] == "yes"
    (aspirin,) = rows("Rd", "Thromboprophylaxis", co_medication=[], labs__platelets_10e9_per_l=30)
    assert [x["about"] for x in aspirin["adapt"]] == ["platelets"] and aspirin["leads"]


def test_after_an_earlier_car_t_cancers_are_watched_for_on_any_drug() -> None:
    lines = (*TRIPLE_CLASS_REFRACTORY, {"intent": "relapse", "regimen": "cilta-cel", "start": "2025-01-10"})
    (watch,) = rows("talquetamab", "earlier CAR-T", *lines)
    assert watch["applies"] == "yes"
    assert not rows("talquetamab", "earlier CAR-T")


@pytest.mark.parametrize(
    ("event", "grade", "said"),
    [("CRS", 3, "applies"), ("cytokine release syndrome", 4, "applies"), ("CRS", 2, ""), ("CRS", None, "unknown")],
)
def test_an_earlier_severe_crs_warns_before_the_next_t_cell_drug(event: str, grade: int | None, said: str) -> None:
    lines = (*TRIPLE_CLASS_REFRACTORY, {"intent": "relapse", "regimen": "cilta-cel", "start": "2025-01-10"})
    record = patient(*lines, toxicities=[{"agent": "ciltacabtagene autoleucel", "event": event, "grade": grade}])
    case = Case.of(a_patient(**record), CATALOGUE, DAY, jurisdiction="US")
    for name in ("talquetamab", "elranatamab", "ide-cel"):
        (found,) = (a for a in case.assessments if a.regimen.id == name)
        warned = [c for c in found.cautions if c.criterion.id == "tcell-earlier-crs"]
        results = ["unknown" if c.finding.truth.answer == "unknown" else "applies" for c in warned]
        assert results == ([said] if said else []), name


@pytest.mark.parametrize(
    ("labs", "emergencies", "applies"),
    [
        ({"calcium_mmol_per_l": 3.1}, [], ""),
        ({"calcium_mmol_per_l": 2.61}, [], ""),
        ({"calcium_mmol_per_l": 2.6}, [], "yes"),
        ({"calcium_mmol_per_l": 2.4, "albumin_g_per_l": 20}, [], ""),
        ({"calcium_mmol_per_l": 2.7, "albumin_g_per_l": 48}, [], "yes"),
        ({"calcium_mmol_per_l": None, "ionised_calcium_mmol_per_l": 1.5}, [], ""),
        ({"calcium_mmol_per_l": None}, ["hypercalcaemia"], ""),
        ({"calcium_mmol_per_l": None}, [], "unknown"),
        ({"calcium_mmol_per_l": None}, None, "unknown"),
    ],
)
def test_no_calcium_is_given_while_the_calcium_is_raised(labs: Any, emergencies: Any, applies: str) -> None:
    fields = {f"labs__{name}": value for name, value in labs.items()} | {"disease__emergencies": emergencies}
    for name in ("DRd", "VRd", "teclistamab", "cilta-cel"):
        found = rows(name, "Calcium and vitamin D", **fields)
        assert [m["applies"] for m in found] == ([applies] if applies else []), name
        assert applies != "unknown" or found[0]["missing"] == ["labs.calcium_mmol_per_l"]


def adapted(found: list[Any]) -> dict[str, str]:
    """The topics by which the one row is adapted, with whether they apply; the surer of two results counts."""
    (row,) = found
    order = sorted(row["adapt"], key=lambda x: x["applies"] == "yes")
    return {x["about"]: x["applies"] for x in order}


WELL: dict[str, Any] = {
    "comorbidities__nyha_class": 0,
    "labs__lvef_percent": 60,
    "demographics__age": 60,
    "comorbidities__dialysis": False,
    "labs__creatinine_clearance_ml_per_min": 80,
}


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({}, {}),
        ({"comorbidities__dialysis": True, "labs__creatinine_clearance_ml_per_min": None}, {"kidney": "yes"}),
        ({"labs__creatinine_clearance_ml_per_min": 14}, {"kidney": "yes"}),
        ({"comorbidities__nyha_class": 2}, {"heart": "yes"}),
        ({"labs__lvef_percent": 42}, {"heart": "yes"}),
        ({"demographics__age": 84}, {"heart": "yes"}),
        ({"comorbidities__nyha_class": None}, {"heart": "unknown"}),
    ],
)
def test_fluids_before_carfilzomib_are_adapted_to_heart_and_kidneys(changes: Any, about: dict[str, str]) -> None:
    for name in ("Kd", "DKd", "KRd"):
        assert adapted(rows(name, "Hydration IV", **WELL | changes)) == about, name


@pytest.mark.parametrize(("clearance", "applies"), [(60, {}), (49, {"kidney": "yes"}), (None, {"kidney": "yes"})])
def test_levofloxacin_is_adapted_to_the_kidneys(clearance: float | None, applies: dict[str, str]) -> None:
    kidneys = {"comorbidities__dialysis": clearance is None, "labs__creatinine_clearance_ml_per_min": clearance}
    assert adapted(rows("DRd", "Levofloxacin may be considered", **WELL | kidneys)) == applies
