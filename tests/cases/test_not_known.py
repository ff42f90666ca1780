"""What is not known of a patient is asked for, and never taken for the usual: doses, lists of drugs, states, tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmadvisor.desk.cli import run
from mmadvisor.judging.case import Case
from mmadvisor.judging.dosing import Dosing
from mmadvisor.reports.options import monitoring
from mmadvisor.reports.regimen import regimen_page
from mmadvisor.reports.shelf import comparison
from tests.builders.blank import DAY, LOADED, a_patient, answer_for
from tests.builders.checklists import items, listed
from tests.builders.co_medication import answer, drug
from tests.builders.drawn import render
from tests.builders.patients import GRAFT, LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, entry, patient

CATALOGUE = LOADED.catalogue
FORMULARY = CATALOGUE.formulary
CHANGING = {"labs__creatinine_umol_per_l": 310, "labs__creatinine_clearance_ml_per_min": None}
NO_KIDNEY = {"labs__creatinine_umol_per_l": None, "labs__creatinine_clearance_ml_per_min": None}
UNSURE = [CHANGING, NO_KIDNEY, {"disease__emergencies": ["acute_kidney_injury"]}]
NEWLY = {"disease__state": "newly_diagnosed", "disease__relapse": None}


def case_of(*therapies: Any, **changes: Any) -> Case:
    return Case.of(a_patient(**patient(*(therapies or LEN_REFRACTORY), **changes)), CATALOGUE, DAY, jurisdiction="US")


# --- doses by kidney ----------------------------------------------------------------------------


@pytest.mark.parametrize("changes", UNSURE, ids=["changing", "absent", "ticked"])
def test_no_dose_by_kidney_is_given_while_the_kidneys_are_not_known(changes: dict[str, Any]) -> None:
    made = listed("DRd", case=case_of(**changes))
    rows = [d for d in made["doses"] if d["agent"] == "lenalidomide"]
    assert rows and all(d["waits_for"] and "25 mg" not in d["dose"] for d in rows)
    given = [d for day in made["calendar"] for d in day["doses"] if d.startswith("lenalidomide")]
    assert given and not any("mg" in d for d in given)
    others = [d for d in made["doses"] if d["agent"] == "daratumumab"]
    assert others and not any(d["waits_for"] for d in others)
    (zoledronate,) = {t for day in made["calendar"] for t in day["tasks"] if t.startswith("Zoledronate")}
    assert "not known" in zoledronate


def test_recorded_kidneys_give_the_dose_back() -> None:
    made = listed("DRd", case=case_of())
    assert not any(d["waits_for"] for d in made["doses"])
    assert any("25 mg" in d for day in made["calendar"] for d in day["doses"])


def test_a_good_clearance_excludes_dialysis() -> None:
    known = case_of(comorbidities__dialysis=None, labs__creatinine_clearance_ml_per_min=80)
    unknown = case_of(comorbidities__dialysis=None, **NO_KIDNEY)
    regimen = next(r for r in CATALOGUE.regimens if r.id == "DPd")
    given = [Dosing(CATALOGUE, regimen, "US", case).given for case in (known, unknown)]
    assert [[agent for agent, rows in of.items() if any(r.waits_for for r in rows)] for of in given] == [
        [], ["pomalidomide"]
    ]  # fmt: skip


def test_a_page_and_a_comparison_for_a_patient_give_no_such_dose_either() -> None:
    raw = patient(*LEN_REFRACTORY, **CHANGING)
    made, case = answer_for(**raw, jurisdiction="US"), case_of(**CHANGING)
    page = regimen_page(CATALOGUE, "DRd", LOADED.stamp(), made, day=DAY, place="US", case=case)
    (agent,) = [a for a in page["agents"] if a["agent"] == "lenalidomide"]
    assert agent["doses"] and not any("25 mg" in d["dose"] for d in agent["doses"])
    side = comparison(CATALOGUE, ["DRd", "KRd"], LOADED.stamp(), DAY, made, place="US", case=case)
    told = json.dumps([row["cells"] for row in side["rows"] if row["name"] == "Doses"])
    assert "lenalidomide" in told and "25 mg" not in told


# Steady, and too low to contradict the clearances below (section 9.16: a clearance far above it gives no number).
BAD = {"labs__creatinine_umol_per_l": 110, "labs__baseline_creatinine_umol_per_l": 110}


def given(made: Any, agent: str) -> list[str]:
    """What the table and the calendar of a checklist give of an agent."""
    days = [d for day in made["calendar"] for d in day["doses"] if d.startswith(agent)]
    return [*(d["dose"] for d in made["doses"] if d["agent"] == agent), *days]


@pytest.mark.parametrize(
    ("regimen", "agent", "clearance", "gives"),
    [
        ("R-maintenance", "lenalidomide", 60, False), ("R-maintenance", "lenalidomide", 61, True),
        ("DRd", "lenalidomide", 61, True), ("DRd", "daratumumab", 20, True),
        ("IRd", "ixazomib", 30, True), ("IRd", "ixazomib", 29, False),
        ("VMP", "melphalan", 50, True), ("VMP", "melphalan", 49, False), ("VMP", "bortezomib", 20, True),
        ("DCEP", "cisplatin", 60, True), ("DCEP", "cisplatin", 59, False),
        ("DCEP", "etoposide", 51, True), ("DCEP", "etoposide", 50, False),
        ("DCEP", "cyclophosphamide", 25, True), ("DCEP", "cyclophosphamide", 24, False),
        ("VCd", "cyclophosphamide", 24, False), ("Benda-Vd", "bendamustine", 39, False),
    ],
)  # fmt: skip
def test_no_ordinary_dose_is_given_to_kidneys_for_which_it_does_not_hold(
    regimen: str, agent: str, clearance: int, gives: bool
) -> None:
    case = case_of(labs__creatinine_clearance_ml_per_min=clearance, **BAD)
    made = listed(regimen, case=case)
    rows = [d for d in made["doses"] if d["agent"] == agent]
    assert rows and all(not d["waits_for"] and bool(d["look_up"]) is not gives for d in rows)
    # Contract 9.16: no number stands for a schedule that is not proposed, so only the proposed one is looked at.
    doses = [d for d in given(made, agent) if "not proposed" not in d]
    assert doses and all(("look it up" in d) is not gives and ("mg" in d.replace("mL/min", "")) is gives for d in doses)
    for format in ("table", "markdown", "html") if not gives else ():
        assert "look it up" in " ".join(render("monitor", format, made).split())
    answer_ = answer_for(**patient(*LEN_REFRACTORY, labs__creatinine_clearance_ml_per_min=clearance, **BAD))
    page = regimen_page(CATALOGUE, regimen, LOADED.stamp(), answer_, day=DAY, place="US", case=case)
    (shown,) = [a for a in page["agents"] if a["agent"] == agent]
    assert all(("look it up" in d["dose"]) is not gives for d in shown["doses"])


@pytest.mark.parametrize(
    ("place", "says"),
    [("EU", "section 4.2"), ("UK", "section 4.2"), ("HK", "the label of the place")],
)
def test_the_section_of_the_label_to_look_up_is_that_of_the_place(place: str, says: str) -> None:
    raw = patient(*LEN_REFRACTORY, comorbidities__dialysis=True, labs__creatinine_clearance_ml_per_min=None)
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    told = given(listed("DPd", place, case=case), "pomalidomide")
    assert says in told[0] and not any("4 mg" in d for d in told)


@pytest.mark.parametrize("changes", UNSURE, ids=["changing", "absent", "ticked"])
@pytest.mark.parametrize("regimen", ["DCEP", "VCd", "cilta-cel", "ide-cel"])
def test_chemotherapy_and_lymphodepletion_have_no_dose_while_the_kidneys_are_not_known(
    changes: dict[str, Any], regimen: str
) -> None:
    case = case_of(**changes)
    made = listed(regimen, case=case)
    answer_ = answer_for(**patient(*LEN_REFRACTORY, **changes), jurisdiction="US")
    page = regimen_page(CATALOGUE, regimen, LOADED.stamp(), answer_, day=DAY, place="US", case=case)
    for agent in ("cyclophosphamide", "etoposide", "cisplatin"):
        assert not any("mg/m2" in d or " mg" in d for d in given(made, agent))
    in_lists = [f"{t['item']}: {t['when']}" for t in (*made["tasks"], *page["monitoring"])]
    notes = [d["note"] for d in made["doses"]] + [d["note"] for a in page["agents"] for d in a["doses"]]
    told = [
        f"{t['item']}: {t['when']}" for t in monitoring(case, next(r for r in CATALOGUE.regimens if r.id == regimen))
    ]
    assert not [text for text in (*in_lists, *notes, *told) if "30 mg/m2" in text]
    if regimen.endswith("-cel"):
        assert [t for t in in_lists if t.startswith("Lymphodepletion") and "dose by kidney function" in t]


def test_lymphodepletion_has_its_dose_where_the_kidneys_allow_it_and_where_nobody_is_named() -> None:
    for case, whole in ((None, True), (case_of(), True), (case_of(labs__creatinine_clearance_ml_per_min=69), False)):
        (when,) = [t["when"] for t in listed("cilta-cel", case=case)["tasks"] if t["item"].startswith("Lymphodepl")]
        assert ("30 mg/m2" in when) is whole


# --- doses by age -------------------------------------------------------------------------------


# The cut differs by regimen: the dose up to it, the dose beyond it, and whether 75 years are beyond it.
BY_AGE = {
    "DRd": ("40 mg weekly", "20 mg weekly", False), "Rd": ("40 mg weekly", "20 mg weekly", False),
    "DVd": ("20 mg", "20 mg a week", False), "Pd": ("40 mg", "20 mg", False), "PVd": ("20 mg", "10 mg", False),
    "DPd": ("40 mg", "20 mg", True), "IsaPd": ("40 mg weekly", "20 mg weekly", True),
    "IberDd": ("40 mg", "20 mg", True), "Melflufen-d": ("40 mg", "20 mg", True),
    "Kd": ("20 mg", "20 mg a week in all", None),
    "EPd": ("28 mg by mouth 3 to 24 hours before elotuzumab and 8 mg IV 45 to 90 minutes before",
            "8 mg by mouth 3 to 24 hours before elotuzumab and 8 mg IV 45 to 90 minutes before", False),
}  # fmt: skip


def test_every_regimen_with_a_dose_by_age_is_in_the_table() -> None:
    rows = {
        r.id: [v for c in r.agents for d in c.doses for v in d.variants if "age" in v.by and v.dose]
        for r in CATALOGUE.regimens
    }
    # DKd lowers it from the second week, and D-R gives it for two cycles; both have tests of their own.
    assert {name for name, variants in rows.items() if variants} == {*BY_AGE, "DKd", "D-R"}


def of_one_day(dose: str) -> str:
    """A dose as the cell of a day has it, without the words on how often it is given."""
    return dose.removesuffix(" weekly").removesuffix(" in all").removesuffix(" a week")


@pytest.mark.parametrize("regimen", sorted(BY_AGE))
@pytest.mark.parametrize("age", [66, 74, 75, 76, 90, None])
def test_only_the_dose_of_the_patients_age_is_given(regimen: str, age: int | None) -> None:
    made = listed(regimen, case=case_of(demographics__age=age))
    row = next(d for d in made["doses"] if d["agent"] == "dexamethasone")
    cells = [d for day in made["calendar"] for d in day["doses"] if d.startswith("dexamethasone")]
    young, old, from_75 = BY_AGE[regimen]
    listed_ = [v["dose"] for v in row["variants"]]
    if age is None:
        assert row["waits_for"] == ["demographics.age"] and listed_[0] == old and listed_[-1] == young
        assert cells and all("(age not known): see table" in d and "mg" not in d for d in cells)
    elif age == 75 and from_75 is None:
        assert listed_ == [old, young] and {v["holds"] for v in row["variants"]} == {"yes"}
        assert cells and all("decide, see table" in d and "mg" not in d for d in cells)
    else:
        mine = old if age > 75 or (age == 75 and from_75) else young
        assert row["dose"] == mine and any(of_one_day(mine) in d for d in cells)
        told = [d for d in cells if of_one_day(young) in d or of_one_day(old) in d]
        assert all(d.startswith(f"dexamethasone {of_one_day(mine)}") for d in told)


def test_the_reduced_steroid_beside_bortezomib_and_daratumumab_has_days_of_its_own() -> None:
    for changes, days in (
        ({}, 12),
        ({"demographics__age": 80}, 6),
        ({"comorbidities__diabetes": "poorly-controlled"}, 6),
    ):
        made = listed("DVd", case=case_of(**changes), weeks=6)
        rows = [d for day in made["calendar"] if day["day"] > 0 for d in day["doses"] if d.startswith("dexa")]
        assert len(rows) * (2 if days == 12 else 1) >= days
        given = [d["day"] for d in made["calendar"] if any(x.startswith("dexamethasone 20 mg") for x in d["doses"])]
        assert not changes or given == [1, 8, 15, 22, 29, 36]


@pytest.mark.parametrize(
    ("weight", "dose"),
    [
        (80, "40 mg weekly"),
        (45, "20 mg weekly"),
        (None, "dose by age and body mass (body mass index not computable: see the variants)"),
    ],
)
@pytest.mark.parametrize("regimen", ["DRd", "Rd"])
def test_a_body_mass_below_the_limit_halves_dexamethasone_and_an_unknown_one_gives_no_number(
    regimen: str, weight: float | None, dose: str
) -> None:
    case = case_of(demographics__age=66, demographics__weight_kg=weight, demographics__height_cm=170)
    rows = [d["dose"] for d in listed(regimen, case=case)["doses"] if d["agent"] == "dexamethasone"]
    assert rows == [dose]


WEEKLY_FIRST = [1, 8, 15, 22, 29, 36, 43, 50, 57, 71]


@pytest.mark.parametrize(("induction", "days"), [("VRd", WEEKLY_FIRST), ("D-VRd", [])])
def test_daratumumab_in_maintenance_is_given_by_auriga_only_without_an_earlier_antibody(
    induction: str, days: list[int]
) -> None:
    """AURIGA took nobody who had had an antibody: weekly in cycles 1 and 2, then every 2, from cycle 7 every 4 weeks."""
    given_before = entry(induction, "2025-10-01", "2026-03-01", intent="induction", stop_reason="completed")
    raw = patient(given_before, GRAFT | {"start": "2026-04-01", "stop": "2026-04-01"}, disease__state="responding")
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction="US")
    made = listed("D-R-maintenance", case=case, weeks=11)
    found = [d["day"] for d in made["calendar"] if any(x.startswith("daratumumab 1800 mg") for x in d["doses"])]
    assert found == days


def test_the_page_and_the_comparison_give_the_dose_of_the_age_too() -> None:
    made, case = answer_for(**patient(*LEN_REFRACTORY), jurisdiction="US"), case_of()
    page = regimen_page(CATALOGUE, "DRd", LOADED.stamp(), made, day=DAY, place="US", case=case)
    (agent,) = [a for a in page["agents"] if a["agent"] == "dexamethasone"]
    assert [d["dose"] for d in agent["doses"]] == ["40 mg weekly"]
    side = comparison(CATALOGUE, ["DRd", "Rd"], LOADED.stamp(), DAY, made, place="US", case=case)
    told = json.dumps([row["cells"] for row in side["rows"] if row["name"] == "Doses"])
    assert "40 mg weekly" in told and "20 mg weekly" not in told


# --- what stands first, and the state -----------------------------------------------------------


def of_file(path: Path, *command: str, **changes: Any) -> Any:
    file = path / "p.yaml"
    file.write_text(yaml.safe_dump(json.loads(json.dumps(patient(**changes), default=str))), encoding="utf-8")
    out = path / "out.json"
    assert run([*command, "--patient", str(file), "-o", str(out), "-j", "EU"]) == 0
    return json.loads(out.read_text(encoding="utf-8"))


def test_newly_diagnosed_disease_is_not_taken_for_a_relapse(tmp_path: Path) -> None:
    listed_ = of_file(tmp_path, "monitor", "VRd", "--start", "2026-12-01", "--today", "2026-11-30", **NEWLY)
    page = of_file(tmp_path, "explain", "VRd", **NEWLY)["for_patient"]
    made = answer_for(**patient(**NEWLY), jurisdiction="EU")
    verdict = next(e["verdict"] for e in (*made["options"], *made["not_offered"]) if e["regimen"] == "VRd")
    assert listed_["verdict"] == page["entry"]["verdict"] == verdict != "ineligible"
    assert listed_["treat_now"]["answer"] == page["treat_now"]["answer"] == made["treat_now"]["answer"]


def test_emergencies_stand_first_on_the_checklist_and_on_the_page() -> None:
    changes = {"labs__calcium_mmol_per_l": 3.3}
    made = answer_for(**patient(*LEN_REFRACTORY, **changes), jurisdiction="US")
    names = [e["emergency"] for e in made["treat_now"]["emergencies"]]
    case = case_of(**changes)
    list_ = listed("DRd", case=case)
    page = regimen_page(CATALOGUE, "DRd", LOADED.stamp(), made, day=DAY, place="US", case=case)
    assert names == ["hypercalcaemia"]
    assert [e["emergency"] for e in list_["treat_now"]["emergencies"]] == names
    for kind, shown in (("monitor", list_), ("page", page)):
        for format in ("table", "markdown", "html"):
            text = render(kind, format, shown).upper()
            assert "FIRST: HYPERCALCAEMIA" in text, (kind, format)
            assert text.index("FIRST: HYPERCALCAEMIA") < text.index("25 MG"), (kind, format)


# --- drugs that are taken -----------------------------------------------------------------------


def test_no_aspirin_is_ordered_beside_an_anticoagulant() -> None:
    def on_list(drugs: list[str] | None) -> tuple[list[str], list[str]]:
        made = listed("DRd", case=case_of(co_medication=drugs))
        return [t["applies"] for t in items(made, "aspirin is the least")], [
            t["applies"] for t in items(made, "counts as thromboprophylaxis")
        ]

    assert on_list(["Eliquis"]) == on_list(["warfarin"]) == on_list(["Clexane"]) == ([], ["yes"])
    assert on_list([]) == (["yes"], []) and on_list(["simvastatin"]) == (["yes"], [])
    assert on_list(None) == on_list(["no such drug"]) == (["unknown"], ["unknown"])
    regimen = next(r for r in CATALOGUE.regimens if r.id == "DRd")
    told = [m["item"] for m in monitoring(case_of(co_medication=["Eliquis"]), regimen)]
    assert any("counts as thromboprophylaxis" in t for t in told) and not any("is the least" in t for t in told)


@pytest.mark.parametrize("written", ["Eliquis®", "ELIQUIS ®", "Eliquis\u2122", "Eliquis® 5 mg bd"])
def test_the_sign_of_a_trademark_is_no_part_of_a_name(written: str) -> None:
    assert FORMULARY.taken(written).drug == "apixaban"


@pytest.mark.parametrize("written", ["levofloxacin", "Cravit", "allopurinol", "Zyloric"])
def test_common_drugs_are_known(written: str) -> None:
    assert drug(answer([written]), written)["checked"]


def test_fluconazole_is_an_azole_from_memory() -> None:
    assert FORMULARY.drugs_of("azole antifungals")["fluconazole"] == "unverified"
    rows = {r["agent"]: r for r in drug(answer(["Diflucan"]), "Diflucan")["results"]}
    assert rows["bortezomib"]["verified"] == "unverified" and "azole" in rows["bortezomib"]["group"]
    isavuconazole = {r["agent"]: r["strength"] for r in drug(answer(["Cresemba"]), "Cresemba")["results"]}
    assert isavuconazole["bortezomib"] == isavuconazole["carfilzomib"] == "none"
    assert isavuconazole["cyclophosphamide"] == "monitor"


# --- provisional --------------------------------------------------------------------------------


def test_hepatitis_b_is_asked_where_all_is_provisional() -> None:
    raw = patient(*TRIPLE_CLASS_REFRACTORY, comorbidities__active_infection_grade=None, comorbidities__hepatitis_b=None)
    made = answer_for(**raw, jurisdiction="HK")
    assert made["options"] == [] and made["provisional"]
    (asked,) = [m for m in made["missing"] if m["field"] == "comorbidities.hepatitis_b"]
    assert asked["changes_care"] and any(s["source"] == "hbv-hk-2019" for s in asked["changes_care"])


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_a_provisional_row_carries_its_cautions(format: str) -> None:
    raw = patient(*TRIPLE_CLASS_REFRACTORY, comorbidities__active_infection_grade=None, comorbidities__hepatitis_b=None)
    made = answer_for(**raw, jurisdiction="HK")
    text = render("recommendation", format, made)
    shown = text[text.index("PROVISIONAL") :]
    assert made["options"] == [] and "Cautions and checks" in shown
    assert all(p["cautions"] for p in made["provisional"])
