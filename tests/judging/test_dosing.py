"""Which dose holds for one patient: every printed number has its conditions known to hold."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.criteria.base import every
from mmadvisor.judging.case import Case
from mmadvisor.judging.dosing import Dosing
from mmadvisor.reports.regimen import regimen_page
from tests.builders.blank import DAY, LOADED, a_patient, answer_for
from tests.builders.checklists import listed
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, patient

CATALOGUE = LOADED.catalogue
NO_KIDNEY = {"labs__creatinine_umol_per_l": None, "labs__creatinine_clearance_ml_per_min": None}
STEADY = {"labs__creatinine_umol_per_l": 300, "labs__baseline_creatinine_umol_per_l": 300}
TWELVE: dict[str, dict[str, Any]] = {
    "84 and frail": {"demographics__age": 84, "fitness__frailty": "frail"},
    "thin": {"demographics__weight_kg": 49, "demographics__height_cm": 170},
    "clearance 45": {"labs__creatinine_clearance_ml_per_min": 45} | STEADY,
    "clearance 25": {"labs__creatinine_clearance_ml_per_min": 25} | STEADY,
    "clearance unknown": {"comorbidities__dialysis": None} | NO_KIDNEY,
    "dialysis": {"comorbidities__dialysis": True} | NO_KIDNEY,
    "bilirubin twice the limit": {"labs__bilirubin_xuln": 2.0},
    "neuropathy of grade 2": {"comorbidities__peripheral_neuropathy_grade": 2},
    "120 kg": {"demographics__weight_kg": 120},
    "may bear children": {"demographics__sex": "female", "demographics__age": 38, "comorbidities__childbearing_potential": True},
    "carrier on rifampicin": {"comorbidities__hepatitis_b": "carrier", "co_medication": ["rifampicin"]},
    "healthy at 60": {"demographics__age": 60},
}  # fmt: skip
AMOUNT = re.compile(r"\d+(?:\.\d+)? ?(?:to \d+ )?(?:mg|million)")
PLACES = ("US", "EU", "UK", "HK")


def case_of(place: str = "US", **changes: Any) -> Case:
    return Case.of(a_patient(**patient(*LEN_REFRACTORY, **changes)), CATALOGUE, DAY, jurisdiction=place)


def dosing(name: str, place: str = "US", **changes: Any) -> Dosing:
    return Dosing(CATALOGUE, find_regimen(CATALOGUE, name), place, case_of(place, **changes))


def told(name: str, agent: str, place: str = "US", **changes: Any) -> str:
    return dosing(name, place, **changes).given[agent][0].cell


# --- every regimen, twelve patients -------------------------------------------------------------


def conditions(case: Case, regimen: Any, agent: str, dose: Any) -> dict[str, tuple[tuple[str, ...], Truth]]:
    """Every variant of a dose as data has it, with what of it is known of the patient, found without the choice."""
    own = {topic for v in dose.variants for topic in v.by}
    rows = [*dose.variants]
    for v in CATALOGUE.dose_variants:
        if agent in v.agents and (not v.of or dose.dose in v.of) and own.isdisjoint(v.by):
            rows.append(v)
    here = [v for v in rows if (not v.regimens or regimen.id in v.regimens)
            and (not v.jurisdictions or case.jurisdiction in v.jurisdictions)]  # fmt: skip
    return {f"{i} {v.dose}": (v.by, v.when.decide(case.history, CATALOGUE.words).truth) for i, v in enumerate(here)}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("who", TWELVE)
def test_every_printed_number_has_its_conditions_known_to_hold(who: str, place: str) -> None:
    case = case_of(place, **TWELVE[who])
    for regimen in CATALOGUE.regimens:
        given = Dosing(CATALOGUE, regimen, place, case).given
        for component in regimen.agents:
            for written, row in zip(component.doses, given[component.agent], strict=True):
                truths = conditions(case, regimen, component.agent, written)
                holding = [name.partition(" ")[2] for name, (_, truth) in truths.items() if truth is Truth.MET]
                where = (regimen.id, component.agent, row.cell)
                if not row.stands:
                    assert not AMOUNT.search(row.cell), where
                    assert not AMOUNT.search(row.row.dose.partition(" (")[0]), where
                elif row.row.dose == written.dose and row.row.source == written.source:
                    assert not holding, where
                    unknown = [name for name, (_, truth) in truths.items() if truth is Truth.UNKNOWN]
                    settled = [n for n in unknown if case.history.patient.get("comorbidities.dialysis") is None]
                    assert unknown == settled, where
                else:
                    assert holding == [row.row.dose], where


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("who", TWELVE)
def test_no_number_as_written_stands_beside_a_caution_on_the_dose_that_is_not_met(who: str, place: str) -> None:
    case = case_of(place, **TWELVE[who])
    for regimen in CATALOGUE.regimens:
        given = Dosing(CATALOGUE, regimen, place, case).given
        for rule in CATALOGUE.rules_for(regimen):
            agents = {a for t in rule.applies_to.agents for a in CATALOGUE.formulary.members(t)}
            for caution in rule.cautions:
                about_dose = caution.about in CATALOGUE.dose_topics and not (caution.closes or caution.if_recorded)
                if not about_dose or case.care.of(caution).truth is not Truth.NOT_MET:
                    continue
                for agent in agents & set(regimen.agent_ids):
                    if CATALOGUE.formulary.by_id[agent].steroid:
                        continue
                    component = next(c for c in regimen.agents if c.agent == agent)
                    for written, row in zip(component.doses, given[agent], strict=True):
                        assert row.row is not written or not row.stands, (regimen.id, agent, caution.id, row.cell)


@pytest.mark.parametrize("regimen", ["DRd", "DVd", "KRd", "IRd", "Pd", "EPd", "VMP", "MP", "teclistamab"])
@pytest.mark.parametrize("who", TWELVE)
def test_the_page_the_checklist_and_each_format_show_one_dose(regimen: str, who: str) -> None:
    raw = patient(*LEN_REFRACTORY, **TWELVE[who])
    case = case_of(**TWELVE[who])
    made = listed(regimen, case=case, weeks=2)
    page = regimen_page(
        CATALOGUE, regimen, LOADED.stamp(), answer_for(**raw, jurisdiction="US"), day=DAY, place="US", case=case
    )
    on_page = [(a["agent"], d["dose"], d["variants"]) for a in page["agents"] for d in a["doses"]]
    on_list = [(d["agent"], d["dose"], d["variants"]) for d in made["doses"] if not d["days"].startswith("day ")]
    assert on_page == on_list
    for format in ("table", "markdown", "html"):
        for kind, answer in (("monitor", made), ("page", page)):
            text = re.sub(r"\W+", " ", re.sub("<[^>]+>", " ", render(kind, format, answer)))
            for _, dose, variants in on_list:
                assert re.sub(r"\W+", " ", dose).strip() in text, (kind, format, dose)
                assert all(re.sub(r"\W+", " ", v["dose"]).strip() in text for v in variants)


# --- single variants ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "agent", "place", "changes", "cell"),
    [
        ("DRd", "lenalidomide", "US", {"labs__creatinine_clearance_ml_per_min": 61}, "25 mg"),
        ("DRd", "lenalidomide", "US", {"labs__creatinine_clearance_ml_per_min": 60}, "10 mg"),
        ("DRd", "lenalidomide", "US", {"labs__creatinine_clearance_ml_per_min": 30}, "10 mg"),
        ("DRd", "lenalidomide", "US", {"labs__creatinine_clearance_ml_per_min": 29}, "15 mg on alternate days"),
        ("DRd", "lenalidomide", "EU", {"labs__creatinine_clearance_ml_per_min": 60}, "by kidney function: look it up"),
        ("DRd", "lenalidomide", "EU", {"labs__creatinine_clearance_ml_per_min": 50}, "by kidney function: look it up"),
        ("DRd", "lenalidomide", "EU", {"labs__creatinine_clearance_ml_per_min": 49}, "10 mg"),
        ("DRd", "lenalidomide", "EU", {"labs__creatinine_clearance_ml_per_min": 29}, "15 mg on alternate days"),
        ("DRd", "lenalidomide", "HK", {"labs__creatinine_clearance_ml_per_min": 45}, "by kidney function: look it up"),
        ("DRd", "lenalidomide", "US", TWELVE["dialysis"], "5 mg, on days of dialysis after it"),
        ("Benda-Rd", "lenalidomide", "US", TWELVE["clearance 45"], "by kidney function: look it up"),
        ("Pd", "pomalidomide", "US", TWELVE["dialysis"], "3 mg, on days of dialysis after it"),
        ("Pd", "pomalidomide", "EU", TWELVE["dialysis"], "by kidney function: look it up"),
        ("Vd", "bortezomib", "US", {"labs__bilirubin_xuln": 1.5}, "1.3 mg/m2"),
        ("Vd", "bortezomib", "US", {"labs__bilirubin_xuln": 1.6}, "0.7 mg/m2 in the first cycle"),
        ("Vd", "bortezomib", "EU", {"labs__bilirubin_xuln": 1.6}, "by liver function: look it up"),
        ("Vd", "bortezomib", "US", {"comorbidities__peripheral_neuropathy_grade": 1}, "by neuropathy: decide, see table"),
        ("Vd", "bortezomib", "US", {"comorbidities__peripheral_neuropathy_grade": 2}, "by neuropathy: decide, see table"),
        ("Vd", "bortezomib", "US", {"comorbidities__peripheral_neuropathy_grade": 3}, "none until it settles"),
        ("Vd", "bortezomib", "US", {"comorbidities__peripheral_neuropathy_grade": 4}, "none: ended for good"),
        ("Vd", "bortezomib", "US", {"comorbidities__peripheral_neuropathy_grade": None},
         "by neuropathy (peripheral neuropathy grade not known): see table"),
        ("Vd", "bortezomib", "US", {"co_medication": ["rifampicin"]}, "by co-medication: look it up"),
        ("Vd", "bortezomib", "US", {"co_medication": None}, "by co-medication (co-medication not known): see table"),
        ("IRd", "ixazomib", "UK", {"labs__creatinine_clearance_ml_per_min": 29}, "3 mg, fasting, apart from dexamethasone"),
        ("IRd", "ixazomib", "UK", {"labs__bilirubin_xuln": 1.6}, "3 mg, fasting, apart from dexamethasone"),
        ("IRd", "ixazomib", "US", {"labs__bilirubin_xuln": 1.6}, "by liver function: look it up"),
        ("MP", "melphalan", "EU", {"fitness__frailty": "frail"}, "three quarters of it in the first course"),
        ("MP", "melphalan", "EU", TWELVE["clearance 45"], "by kidney function: look it up"),
        ("KRd", "dexamethasone", "US", {"demographics__age": 74}, "40 mg"),
        ("KRd", "dexamethasone", "US", {"demographics__age": 75}, "by age and body mass: look it up"),
        ("DVd", "dexamethasone", "US", {"comorbidities__steroid_intolerance": True}, "20 mg a week"),
        ("DVd", "dexamethasone", "US", {"comorbidities__diabetes": "controlled"}, "20 mg"),
        ("DVd", "dexamethasone", "US", {"comorbidities__diabetes": None},
         "by age, body mass, diabetes and tolerance of steroids (diabetes not known): see table"),
        ("EPd", "dexamethasone", "US", {"demographics__age": 76},
         "8 mg by mouth 3 to 24 hours before elotuzumab and 8 mg IV 45 to 90 minutes before"),
        ("DRd", "daratumumab", "US", TWELVE["120 kg"], "1800 mg (or 16 mg/kg IV)"),
    ],
)  # fmt: skip
def test_the_dose_of_a_patient(name: str, agent: str, place: str, changes: dict[str, Any], cell: str) -> None:
    steady = (
        STEADY
        if "labs__creatinine_clearance_ml_per_min" in changes and "labs__creatinine_umol_per_l" not in changes
        else {}
    )
    assert told(name, agent, place, **steady, **changes) == cell


def test_variants_are_listed_from_the_lowest_up_with_the_missing_fact() -> None:
    (row,) = dosing("DRd", **TWELVE["clearance unknown"]).given["lenalidomide"]
    assert [p.row.dose if p.row else "" for p in row.variants] == [
        "5 mg, on days of dialysis after it", "15 mg on alternate days", "10 mg", "25 mg"
    ]  # fmt: skip
    assert "labs.creatinine_clearance_ml_per_min" in row.waits_for and not row.stands


def test_while_the_kidneys_change_no_dose_by_kidney_is_given() -> None:
    changing: dict[str, Any] = {"labs__creatinine_umol_per_l": 310, "labs__creatinine_clearance_ml_per_min": 45}
    assert told("DRd", "lenalidomide", **changing).startswith("by kidney function (creatinine clearance not known)")


INJURED: dict[str, Any] = {"disease__emergencies": ["acute_kidney_injury"], "comorbidities__dialysis": True} | NO_KIDNEY


@pytest.mark.parametrize("place", PLACES)
def test_beside_an_acute_kidney_injury_dialysis_decides_no_dose(place: str) -> None:
    """It may be new or old: no variant by the kidneys is known to hold, in any regimen, until that is settled."""
    case = case_of(place, **INJURED)
    for regimen in CATALOGUE.regimens:
        given = Dosing(CATALOGUE, regimen, place, case).given
        for component in regimen.agents:
            for written, row in zip(component.doses, given[component.agent], strict=True):
                of_agent = [v for v in CATALOGUE.dose_variants if component.agent in v.agents]
                kidney = [v for v in (*written.variants, *of_agent) if "kidney" in v.by]
                numbers = {v.dose for v in kidney if v.dose} - {written.dose}
                assert not (row.stands and row.row.dose in numbers), (regimen.id, component.agent, row.cell)
                of_kidney = [p for p in row.variants if "kidney" in p.by]
                assert all(p.holds is Truth.UNKNOWN for p in of_kidney), (regimen.id, component.agent, row.cell)


def test_the_cell_says_why_dialysis_decides_no_dose() -> None:
    (row, *_) = dosing("VRd", "EU", **INJURED).given["lenalidomide"]
    assert row.cell.startswith("by kidney function (") and not row.stands
    assert row.waits_for[:1] == ("disease.emergencies",) and "comorbidities.dialysis" in row.waits_for
    assert any("acute kidney injury is recorded" in p.found for p in row.variants)
    calm = INJURED | {"disease__emergencies": []}
    assert told("VRd", "lenalidomide", "EU", **calm) == "5 mg, on days of dialysis after it"


def test_without_a_place_no_dose_that_differs_by_place_is_given() -> None:
    case = Case.of(
        a_patient(**patient(*LEN_REFRACTORY, access__jurisdiction=None, **TWELVE["clearance 45"])), CATALOGUE, DAY
    )
    (row,) = Dosing(CATALOGUE, find_regimen(CATALOGUE, "DRd"), "", case).given["lenalidomide"]
    assert "place not known" in row.cell and "access.jurisdiction" in row.waits_for


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("clearance", [25, 45, 55])
def test_a_place_that_becomes_known_adds_no_variant(clearance: int, place: str) -> None:
    changes: dict[str, Any] = {"labs__creatinine_clearance_ml_per_min": clearance} | STEADY
    nowhere = Case.of(a_patient(**patient(*LEN_REFRACTORY, access__jurisdiction=None, **changes)), CATALOGUE, DAY)
    for name in ("DRd", "Pd", "Vd", "IRd"):
        before = Dosing(CATALOGUE, find_regimen(CATALOGUE, name), "", nowhere).given
        for agent, rows in dosing(name, place, **changes).given.items():
            for row, open_row in zip(rows, before[agent], strict=True):
                left, all_ = ({(p.when, p.row.dose if p.row else "") for p in r.variants} for r in (row, open_row))
                assert left <= all_, (name, agent, row.cell)


@pytest.mark.parametrize("regimen", [r.id for r in CATALOGUE.regimens])
def test_without_a_patient_no_dose_with_variants_has_a_number_in_the_calendar(regimen: str) -> None:
    for rows in Dosing(CATALOGUE, find_regimen(CATALOGUE, regimen), "US", None).given.values():
        assert all(row.stands is (not row.variants) for row in rows)
        assert all(not AMOUNT.search(row.cell) for row in rows if row.variants)


# --- the data -----------------------------------------------------------------------------------

VARIANTS = [
    *(v for r in CATALOGUE.regimens for c in r.agents for d in c.doses for v in d.variants), *CATALOGUE.dose_variants
]  # fmt: skip


def test_a_dose_that_was_not_read_is_no_number() -> None:
    assert len(VARIANTS) >= 30
    for variant in VARIANTS:
        assert variant.by and (variant.verified != "unverified" or not variant.dose), variant.source
        assert (variant.amount is not None) is bool(variant.dose), variant.dose


def test_a_variant_names_facts_that_a_file_may_hold() -> None:
    for variant in VARIANTS:
        assert any(c.patient_fields() for c in every((variant.when,)) if not c.parts()), variant.source


def test_the_doses_as_written_that_a_row_names_exist() -> None:
    written = {(c.agent, d.dose) for r in CATALOGUE.regimens for c in r.agents for d in c.doses}
    for variant in CATALOGUE.dose_variants:
        assert all((agent, dose) in written for agent in variant.agents for dose in variant.of), variant.of


def test_the_lower_dose_of_bortezomib_after_neuropathy_says_that_it_may_be_weekly() -> None:
    for grade in (2, 3):
        for name in ("BVd", "SVd", "Vd"):
            (row, *_) = dosing(name, comorbidities__peripheral_neuropathy_grade=grade).given["bortezomib"]
            later = [p.note for p in row.variants if "0.7" in p.note]
            assert later and all("once a week" in note and "check the label" in note for note in later), (name, grade)


@pytest.mark.parametrize(
    ("changes", "cell"),
    [
        ({"demographics__age": 60, "fitness__frailty": "fit"}, "500 mg"),
        ({"demographics__age": 86, "fitness__frailty": "frail"}, "by age and frailty: look it up"),
        ({"demographics__age": 76, "fitness__frailty": "fit"}, "by age and frailty: look it up"),
        ({"demographics__age": None, "fitness__frailty": "fit"}, "by age and frailty (age not known): see table"),
    ],
)
def test_doses_of_a_trial_after_transplant_are_not_those_of_the_old_and_frail(changes: Any, cell: str) -> None:
    assert told("CP", "cyclophosphamide", "HK", **changes) == cell
    assert told("CP", "prednisone", "HK", **changes) == cell.replace("500 mg", "100 mg")


@pytest.mark.parametrize("place", PLACES)
def test_a_caution_with_a_dose_of_one_place_names_the_place(place: str) -> None:
    made = listed("PVd", place, case=case_of(place, demographics__age=78, labs__bilirubin_xuln=2.0))
    (liver,) = [x for x in made["adapt"] if "Child-Pugh" in x["text"]]
    assert "the US text" in liver["text"] and liver["verified"] == "secondary"


def test_a_caution_that_names_a_dose_of_a_label_names_its_place() -> None:
    for rule in CATALOGUE.rules:
        for caution in rule.cautions:
            kind = CATALOGUE.sources[caution.source].kind
            if caution.about in CATALOGUE.dose_topics and kind == "label" and AMOUNT.search(caution.say):
                assert re.search(r"\b(US|EU|UK|HK)\b", caution.say), caution.id
