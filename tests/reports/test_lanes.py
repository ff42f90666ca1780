"""Lanes: what is done first where no ranking leads, which definitions hold, and what may be given without a rank."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.blank import LOADED, answer_for, offered
from tests.builders.drawn import render
from tests.builders.patients import DVD, GRAFT, LEN_REFRACTORY, PCD, UPKEEP, VRD, patient

SMOULDERING: dict[str, Any] = {
    "demographics": {"age": 60, "sex": "male"},
    "disease": {"state": "smouldering", "isotype": "IgG kappa", "marrow_plasma_cells_percent": 12, "flc_ratio": 4,
                "immunoparesis": False, "mri_focal_lesions": 0, "m_protein": [{"on": "2026-10-01", "serum_g_per_l": 15}]},
    "labs": {"calcium_mmol_per_l": 2.3, "creatinine_umol_per_l": 80, "haemoglobin_g_per_dl": 13},
    "comorbidities": {"active_infection_grade": 0},
    "access": {"jurisdiction": "US"}, "therapies": [], "therapies_complete": True,
}  # fmt: skip
RESPONDING: dict[str, Any] = {"disease__state": "responding", "comorbidities__active_infection_grade": 0}


def lane(answer: Any, name: str) -> Any:
    return next((lane for lane in answer["lanes"] if lane["lane"] == name), None)


def smouldering(**changes: Any) -> Any:
    raw: dict[str, Any] = {k: dict(v) if isinstance(v, dict) else v for k, v in SMOULDERING.items()}
    for path, value in changes.items():
        group, field = path.split("__")
        raw[group] = raw[group] | {field: value}
    return lane(answer_for(**raw), "smouldering")


def held(found: Any, definition: str) -> str:
    return str(next(d["value"] for d in found["definitions"] if d["id"] == definition))


def given(found: Any, regimen: str) -> str:
    return str(next(r["answer"] for r in found["regimens"] if r["regimen"] == regimen))


def test_no_lane_is_shown_to_whom_none_is_for() -> None:
    assert answer_for(**patient(VRD, GRAFT, UPKEEP, DVD, PCD))["lanes"] == []


def test_low_risk_smouldering_is_watched_and_not_treated() -> None:
    found = smouldering()
    assert held(found, "20-2-20") == held(found, "aquila") == held(found, "myeloma-defining") == "no"
    assert given(found, "Dara-mono") == "no"
    said = " ".join(s["text"] for s in found["first"])
    assert "no treatment" in said and "High risk" not in said


@pytest.mark.parametrize(
    ("changes", "by_factors", "aquila"),
    [
        ({"disease__flc_ratio": 0.04, "disease__marrow_plasma_cells_percent": 21}, "yes", "yes"),  # the inverse: 25
        ({"disease__flc_ratio": 20, "disease__marrow_plasma_cells_percent": 20}, "no", "yes"),  # above, not at least
        ({"disease__isotype": "IgA lambda"}, "no", "yes"),
        ({"disease__immunoparesis": True, "disease__marrow_plasma_cells_percent": 9}, "no", "no"),
        ({"disease__flc_ratio": None}, "no", "unknown"),
        ({"disease__flc_ratio": None, "disease__marrow_plasma_cells_percent": 21}, "unknown", "unknown"),
        ({"disease__m_protein": [{"on": "2026-10-01", "serum_g_per_l": 30}]}, "no", "yes"),
    ],
)
def test_both_definitions_of_high_risk_are_held_against_the_patient(
    changes: dict[str, Any], by_factors: str, aquila: str
) -> None:
    found = smouldering(**changes)
    assert held(found, "20-2-20") == by_factors
    assert held(found, "aquila") == aquila
    assert given(found, "Dara-mono") == {"yes": "yes", "no": "no", "unknown": "unknown"}[aquila]
    for definition in found["definitions"]:
        assert bool(definition["missing"]) is (definition["value"] == "unknown")


@pytest.mark.parametrize(
    "change",
    [{"disease__marrow_plasma_cells_percent": 60}, {"disease__flc_ratio": 100}, {"disease__mri_focal_lesions": 2},
     {"labs__calcium_mmol_per_l": 2.8}, {"labs__creatinine_umol_per_l": 180}, {"labs__haemoglobin_g_per_dl": 9.9},
     {"labs__creatinine_umol_per_l": 150, "labs__creatinine_clearance_ml_per_min": 39}],
)  # fmt: skip
def test_a_value_that_defines_active_myeloma_closes_watching_and_daratumumab(change: dict[str, Any]) -> None:
    found = smouldering(**change, disease__isotype="IgA kappa")
    assert held(found, "myeloma-defining") == "yes"
    assert given(found, "Dara-mono") == "no"
    said = " ".join(s["text"] for s in found["first"])
    assert "defines active myeloma" in said and "no treatment" not in said and "High risk" not in said


def test_a_clearance_that_cannot_be_computed_leaves_active_myeloma_open_where_the_creatinine_is_raised() -> None:
    """IMWG 2014: a clearance below 40 mL/min, or a creatinine above 177 µmol/L."""
    assert held(smouldering(labs__creatinine_umol_per_l=150), "myeloma-defining") == "unknown"
    weighed: dict[str, Any] = {"labs__creatinine_umol_per_l": 150, "labs__creatinine_clearance_ml_per_min": 40}
    assert held(smouldering(**weighed), "myeloma-defining") == "no"


@pytest.mark.parametrize(("place", "named"), [("EU", True), ("UK", True), ("HK", False)])
def test_daratumumab_in_smouldering_myeloma_is_open_only_where_a_label_names_it(place: str, named: bool) -> None:
    """The UK text is known by Scotland's notice of January 2026, which prints the indication."""
    found = smouldering(disease__isotype="IgA kappa", access__jurisdiction=place)
    assert (given(found, "Dara-mono") == "yes") is named


def test_smouldering_disease_has_no_ranked_option() -> None:
    raw = SMOULDERING | {"disease": SMOULDERING["disease"] | {"isotype": "IgA kappa"}}
    assert offered(answer_for(**raw)) == []


def test_lenalidomide_maintenance_follows_a_first_transplant_and_nothing_else() -> None:
    done = GRAFT | {"best_response": "VGPR"}
    found = lane(answer_for(**patient(VRD, done, access__jurisdiction="US", **RESPONDING)), "maintenance")
    assert given(found, "R-maintenance") == "yes"
    without = lane(answer_for(**patient(VRD, access__jurisdiction="US", **RESPONDING)), "maintenance")
    assert given(without, "R-maintenance") == "no"
    because = next(r["because"] for r in without["regimens"] if r["regimen"] == "R-maintenance")
    assert any("transplant" in b for b in because)


def test_daratumumab_is_added_to_maintenance_where_it_began_or_mrd_is_positive_without_it() -> None:
    done = GRAFT | {"best_response": "VGPR"}
    begun = VRD | {"regimen": "D-VRd", "agents": None}

    def answer(induction: dict[str, Any], **changes: Any) -> str:
        raw = patient({k: v for k, v in induction.items() if v is not None}, done, access__jurisdiction="US",
                      **RESPONDING, **changes)  # fmt: skip
        return given(lane(answer_for(**raw), "maintenance"), "D-R-maintenance")

    assert answer(VRD, disease__mrd="positive") == "yes"
    assert answer(VRD, disease__mrd="negative") == "no"
    assert answer(VRD) == "unknown"
    assert answer(begun, disease__mrd="negative") == "yes"


def test_without_a_transplant_the_schedule_goes_on_and_the_trial_after_one_is_not_cited() -> None:
    """AURIGA began after a transplant; what MAIA and SWOG S0777 went on with is said by what was given."""
    frail = {"fitness__frailty": "frail", "fitness__transplant_eligible": False}

    def said(*therapies: Any, **changes: Any) -> str:
        found = lane(answer_for(**patient(*therapies, **RESPONDING | changes)), "maintenance")
        return " ".join(step["text"] for step in found["first"] if step["applies"] == "yes")

    drd = VRD | {"regimen": "DRd"}
    for therapies, of in (([VRD], "SWOG S0777"), ([drd], "MAIA"), ([VRD | {"regimen": "Rd"}], "MAIA")):
        text = said(*therapies, **frail)
        assert "until progression or intolerance" in text and of in text
        assert "MRD" not in text and "after a transplant" not in text
    assert "SWOG" not in said(drd, **frail)
    grafted = said(VRD, GRAFT)
    assert "VGPR or better" in grafted and "after a transplant" in grafted and "MAIA" not in grafted


def test_maintenance_is_no_matter_after_a_relapse() -> None:
    assert lane(answer_for(**patient(VRD, GRAFT, UPKEEP, DVD, **RESPONDING)), "maintenance") is None


@pytest.mark.parametrize(("nyha", "applies"), [(2, None), ("IIIA", None), (3, "unknown"), ("IIIB", "yes"), (4, "yes")])
def test_the_heart_of_amyloidosis_asks_for_the_half_of_class_three(nyha: object, applies: str | None) -> None:
    raw = patient(VRD, GRAFT, UPKEEP, DVD, disease__amyloidosis="cardiac", comorbidities__nyha_class=nyha)
    found = lane(answer_for(**raw), "amyloidosis-heart")
    step = next((s for s in found["first"] if "IIIB or IV" in s["text"]), None)
    assert (step and step["applies"]) == applies
    assert bool(step and step["missing"]) is (applies == "unknown")


def test_pregnancy_leads_with_who_must_be_in_the_room() -> None:
    raw = patient(
        VRD, GRAFT, UPKEEP, DVD, comorbidities__pregnancy=True, demographics__sex="female", demographics__age=34
    )
    answer = answer_for(**raw)
    assert answer["lanes"][0]["lane"] == "pregnancy"
    assert not any(r for r in answer["lanes"][0]["regimens"])


@pytest.mark.parametrize(
    ("change", "name"),
    [({"disease__cns_involvement": True}, "cns"), ({"disease__plasma_cell_leukaemia": True}, "plasma-cell-leukaemia")],
)
def test_rare_disease_leads_with_its_lane_in_every_format(change: dict[str, Any], name: str) -> None:
    answer = answer_for(**patient(VRD, GRAFT, UPKEEP, DVD, PCD, access__jurisdiction="EU", **change))
    found = lane(answer, name)
    assert found["first"] and all(s["source"] in answer["sources"] for s in found["first"])
    for format_ in ("table", "markdown", "html"):
        shown = " ".join(render("recommendation", format_, answer).split())
        assert found["name"] in shown and " ".join(found["until"].split()) in shown
        for regimen in found["regimens"]:
            assert regimen["regimen"] in shown


def test_a_lane_whose_source_is_later_than_the_day_is_not_shown() -> None:
    from datetime import date

    raw = patient(VRD, GRAFT, UPKEEP, DVD, PCD, disease__plasma_cell_leukaemia=True)
    found = lane(answer_for(day=date(2024, 5, 1), **raw), "plasma-cell-leukaemia")
    assert found is None or not any(s["source"] == "pcl-bsab" for s in found["first"])


def _looked_for(place: Any = "EU", **changes: Any) -> dict[str, Any]:
    told = answer_for(**patient(*LEN_REFRACTORY, access__jurisdiction=place, **changes))
    return {row["id"]: row for row in told["looked_for"]}


def test_what_a_reader_looks_for_is_open_closed_or_undecided_with_the_reason() -> None:
    """CAR-T at relapse, and the regimens that a t(11;14) concerns."""
    assert _looked_for()["car-t"]["answer"] == "open"
    closed = _looked_for("UK")["car-t"]
    assert closed["answer"] == "ineligible" and closed["because"] and not closed["missing"]
    unsure = _looked_for(labs__lvef_percent=None)["car-t"]
    assert unsure["answer"] in ("open", "undetermined")
    assert (unsure["answer"] == "undetermined") == bool(unsure["missing"])
    marker = "disease__cytogenetics__t_11_14"
    assert "t-11-14" not in _looked_for(**{marker: "absent"}) and "t-11-14" not in _looked_for(**{marker: None})
    with_it = _looked_for(**{marker: "present"})["t-11-14"]
    held = {r.id for r in LOADED.catalogue.regimens if "venetoclax" in r.agent_ids}
    assert with_it["regimens"] and held.issuperset(with_it["regimens"])


def test_nothing_is_looked_for_before_a_relapse() -> None:
    assert answer_for(**patient(disease__state="newly_diagnosed"))["looked_for"] == []


def test_what_is_closed_is_named_by_a_regimen_that_is_on_the_market() -> None:
    """In the US the cells that are approved there close by the label, and others are not to be had."""
    told = answer_for(**patient(VRD, access__jurisdiction="US"))
    (row,) = [r for r in told["looked_for"] if r["id"] == "car-t"]
    assert row["answer"] == "ineligible" and row["needs"]
