"""Doses per kg in mg, and the most that a dose may be: each on both sides of what was read."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mmadvisor.judging.case import Case
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.checklists import START, given_on, listed

CATALOGUE = LOADED.catalogue
MG = re.compile(r"\(([\d.]+) mg at ([\d.]+) kg\)")
WEIGHED = START.isoformat()


def whole(weight: float | None, on: str | None = WEIGHED, place: str = "US") -> Case:
    """A healthy man of 60, with the weight and the day of the file."""
    raw: dict[str, Any] = {
        "demographics": {"age": 60, "sex": "male", "weight_kg": weight, "height_cm": 175},
        "labs": {"creatinine_clearance_ml_per_min": 90, "bilirubin_xuln": 0.6},
        "comorbidities": {"dialysis": False, "peripheral_neuropathy_grade": 0},
        "co_medication": [],
        "access": {"jurisdiction": place},
        "assessed_on": on,
    }
    return Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)


def cell(name: str, day: int, weight: float | None = 72.4, on: str | None = WEIGHED, place: str = "US") -> str:
    return given_on(listed(name, place, case=whole(weight, on, place), weeks=12), day)


@pytest.mark.parametrize(
    ("weight", "mg"), [(40.9, ""), (41, "410"), (72.4, "724"), (140, "1400"), (140.1, ""), (None, ""), (25, "")]
)
def test_elotuzumab_has_mg_for_the_weights_of_the_table_that_was_read(weight: float | None, mg: str) -> None:
    said = cell("ERd", 1, weight)
    assert "elotuzumab 10 mg/kg" in said
    assert [m[0] for m in MG.findall(said)] == ([mg] if mg else [])


def test_a_weight_counts_for_one_cycle_after_the_day_of_the_file() -> None:
    made = listed("IsaPd", "US", case=whole(80), weeks=12)
    assert "isatuximab 10 mg/kg (800 mg at 80 kg)" in given_on(made, 1)
    assert "800 mg" in given_on(made, 29) and "mg at" not in given_on(made, 43)
    assert "800 mg" not in cell("IsaPd", 1, 80, "2026-12-02") and "800 mg" not in cell("IsaPd", 1, 80, "2026-11-02")
    assert "800 mg" in cell("IsaPd", 1, 80, "2026-11-03") and "800 mg" not in cell("IsaPd", 1, 80, None)


def test_the_table_shows_the_arithmetic_with_the_day_of_the_weight() -> None:
    (row,) = [d for d in listed("IsaPd", "US", case=whole(80))["doses"] if d["dose"] == "10 mg/kg"]
    (said,) = row["in_mg"]
    assert said["text"].startswith("800 mg for this patient: 10 mg/kg x 80 kg, not rounded; the weight is that of")
    assert "counts until 2026-12-29" in said["text"] and said["verified"] == "secondary"


@pytest.mark.parametrize("place", ["HK", "UK", "EU"])
def test_a_rule_that_was_not_read_for_the_place_gives_no_mg(place: str) -> None:
    assert not MG.search(cell("IsaPd", 1, place=place))


def test_bispecifics_by_weight_send_the_reader_to_the_labels_table_and_have_no_mg() -> None:
    for name, schedule in (("teclistamab", ""), ("talquetamab", "weekly")):
        made = listed(name, "US", case=whole(72.4), schedule=schedule)
        for day in made["calendar"]:
            for dose in day["doses"]:
                assert "mg from the label's weight table" in dose and not MG.search(dose), dose


def test_a_cap_follows_the_dose_in_each_cell() -> None:
    said = cell("KRd", 1, 120, place="EU")
    assert "carfilzomib 20 mg/m2 (at most 2.2 m2; EU: at most 44 mg)" in said
    assert "carfilzomib 27 mg/m2 (at most 2.2 m2; EU: at most 60 mg)" in cell("KRd", 8, 120, place="EU")
    assert "carfilzomib 56 mg/m2 (at most 2.2 m2)" in cell("Kd", 8, 120)
    assert "selinexor 100 mg (not above 70 mg/m2)" in cell("SDd", 1)


def test_no_dose_by_surface_has_mg_for_the_patient() -> None:
    """The formula of the surface was read in no label, and no label that was read has a rounding."""
    assert all(row.mg_per_kg is None or all("mg/kg" in dose for dose in row.of)
               for handling in CATALOGUE.handling.values() for row in handling.amounts)  # fmt: skip


@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_every_mg_is_the_product_of_a_dose_and_a_weight_that_stand_beside_it(place: str) -> None:
    stepped = {agent for agent, handling in CATALOGUE.handling.items() if handling.steps}
    case = whole(72.4, place=place)
    for name in (r.id for r in CATALOGUE.regimens if stepped.isdisjoint(r.agent_ids)):
        for given in (d for day in listed(name, place, case=case, weeks=6)["calendar"] for d in day["doses"]):
            for mg, kg in MG.findall(given):
                per = re.search(r"([\d.]+) mg/kg \(", given)
                assert per and float(mg) == pytest.approx(float(per[1]) * float(kg)), given
