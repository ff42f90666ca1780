"""Laws of doses and schedules, over random patients: a further fact only excludes, and less on record gives no number."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mmadvisor.judging.case import Case
from mmadvisor.judging.dosing import Dosing, Given
from tests.builders.blank import DAY, LOADED, a_patient
from tests.laws.strategies import whole_patients, with_less

CATALOGUE = LOADED.catalogue
DECIDING = [
    ("demographics", "age"), ("demographics", "weight_kg"), ("demographics", "height_cm"),
    ("comorbidities", "dialysis"), ("comorbidities", "peripheral_neuropathy_grade"), ("comorbidities", "diabetes"),
    ("comorbidities", "steroid_intolerance"), ("labs", "bilirubin_xuln"), ("labs", "creatinine_umol_per_l"),
    ("labs", "baseline_creatinine_umol_per_l"), ("labs", "creatinine_clearance_ml_per_min"), ("access", "jurisdiction"),
]  # fmt: skip


@st.composite
def patients(draw: st.DrawFn) -> dict[str, Any]:
    """Whole patients, with what else the dose of a steroid depends on."""
    whole = draw(whole_patients())
    whole["comorbidities"] |= {
        "diabetes": draw(st.sampled_from(["none", "controlled", "poorly-controlled"])),
        "steroid_intolerance": draw(st.booleans()),
    }
    return whole


def rows(raw: dict[str, Any]) -> dict[tuple[str, str, int], Given]:
    """Every row of doses of every regimen, as it is given to a patient."""
    case = Case.of(a_patient(**raw), CATALOGUE, DAY)
    return {
        (regimen.id, agent, i): row
        for regimen in CATALOGUE.regimens
        for agent, given_ in Dosing(CATALOGUE, regimen, "", case).given.items()
        for i, row in enumerate(given_)
    }


def variants(row: Given) -> set[tuple[str, str]]:
    """The doses that are possible, each with its condition; a row without variants has its dose alone."""
    if not row.variants:
        return {("", row.row.dose)}
    return {(p.when if p.by else "", p.row.dose if p.row else "") for p in row.variants}


def held(less: dict[str, Any], whole: dict[str, Any]) -> None:
    """With less on record each variant is still there, and a number that stands is the one of the whole record."""
    part, full = rows(less), rows(whole)
    for key, row in full.items():
        assert variants(row) <= variants(part[key]), key
        if part[key].stands:
            assert row.stands and row.cell == part[key].cell, key


def schedules(raw: dict[str, Any]) -> dict[str, list[str]]:
    """The schedules that are possible for a patient, of each regimen that has several."""
    case = Case.of(a_patient(**raw), CATALOGUE, DAY)
    several = [r for r in CATALOGUE.regimens if r.schedules]
    return {r.id: [o.name for o in Dosing(CATALOGUE, r, "", case).schedules.possible] for r in several}


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_recording_a_fact_excludes_schedules_and_adds_none(data: st.DataObject) -> None:
    whole = data.draw(patients())
    less, full = schedules(data.draw(with_less(whole))), schedules(whole)
    for name, possible in full.items():
        assert possible and set(possible) <= set(less[name]), name


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_recording_a_fact_removes_variants_and_adds_none(data: st.DataObject) -> None:
    whole = data.draw(patients())
    held(data.draw(with_less(whole)), whole)


@settings(max_examples=25, deadline=None)
@given(patients(), st.lists(st.sampled_from(DECIDING), min_size=1, max_size=3, unique=True))
def test_less_known_of_kidneys_age_or_weight_yields_no_number_that_more_would_forbid(
    whole: dict[str, Any], gone: list[tuple[str, str]]
) -> None:
    less = copy.deepcopy(whole)
    for section, field in gone:
        less[section][field] = None
    if less["labs"]["creatinine_clearance_ml_per_min"] is None:
        # The clearance that is computed of a creatinine drawn beside it would be another one.
        less["labs"]["creatinine_umol_per_l"] = None
    held(less, whole)


@settings(max_examples=25, deadline=None)
@given(patients())
def test_one_number_stands_or_none(whole: dict[str, Any]) -> None:
    for key, row in rows(whole).items():
        known = [p for p in row.variants if p.holds.answer == "yes"]
        assert row.stands or row.variants, key
        assert not row.stands or len(row.variants) <= 1, key
        assert row.stands or len(known) != 1 or known[0].row is None or len(row.variants) > 1, key
