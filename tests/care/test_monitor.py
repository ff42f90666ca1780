"""The dated checklist (S17, S18), adapted to the patient; thrombosis scores; readiness for spacing out (S21)."""

from __future__ import annotations

import itertools
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mmadvisor.base.errors import UsageError
from mmadvisor.care.doses import runs
from mmadvisor.care.spacing import months_after
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.desk.cli import run
from mmadvisor.formats.drugs import Deescalation
from mmadvisor.formats.schedule import days_of
from mmadvisor.judging.case import Case
from mmadvisor.reports.options import monitoring
from mmadvisor.reports.recommend import advise
from mmadvisor.reports.regimen import find_regimen
from tests.builders.blank import DAY, LOADED, a_history, a_patient
from tests.builders.checklists import START, items, listed
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, patient
from tests.laws.strategies import whole_patients, with_less

CATALOGUE = LOADED.catalogue
PLACES = ["", *CATALOGUE.jurisdictions]
STEPPED = [("elranatamab", ""), ("teclistamab", ""), ("linvoseltamab", ""), ("talquetamab", "weekly"),
           ("talquetamab", "every 2 weeks"), ("Tec-Dara", "")]  # fmt: skip


def of(**fields: Any) -> Case:
    return Case.of(a_patient(**patient(*TRIPLE_CLASS_REFRACTORY, **fields)), CATALOGUE, DAY, jurisdiction="US")


# --- schedules ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "cycle", "days"),
    [
        ("1, 8, 15", 28, (1, 8, 15, 29, 36, 43)),
        ("1-3 of 21", None, (1, 2, 3, 22, 23, 24, 43, 44, 45)),
        ("days 1 and 3 of each week", None, (1, 3, 8, 10, 15, 17, 22, 24, 29, 31, 36, 38, 43, 45)),
        ("1, 4 in cycles 1-2, then 1", 14, (1, 4, 15, 18, 29, 43)),
        ("1, 4 of 14 for 2 cycles, then 1 of 28", None, (1, 4, 15, 18, 29)),
        ("weekly in cycle 1, then every 2 weeks", 28, (1, 8, 15, 22, 29, 43)),
        ("weekly for 2 weeks, every 2 weeks for 4, then every 4", None, (1, 8, 15, 29, 43)),
        ("every 3 weeks in cycles 1-2, every 4 weeks from cycle 3", 21, (1, 22, 43)),
        ("1", None, (1,)),
    ],
)
def test_a_schedule_in_days(words: str, cycle: int | None, days: tuple[int, ...]) -> None:
    assert days_of(words, cycle, 45) == days


@pytest.mark.parametrize(
    "words", ["", "by cycle", "weekly, then every 4 weeks", "1-14 of 21 or 1-21 of 28", "1, 8, then 1", "every 2 weeks in responders"]
)  # fmt: skip
def test_what_cannot_be_dated_is_not_dated(words: str) -> None:
    assert days_of(words, 28, 45) is None


def test_after_a_step_up_the_rhythm_goes_on_from_its_last_day() -> None:
    assert days_of("weekly through week 4", 28, 84, after=8) == (15, 22)
    assert days_of("every 2 weeks", 28, 45, after=7) == (21, 35)


@given(st.sampled_from(["weekly", "every 3 weeks", "1, 8 of 21", "1-21", "weekly for 4 weeks, every 2 weeks after"]), st.integers(1, 400), st.integers(0, 100))  # fmt: skip
def test_a_longer_look_adds_days_and_takes_none_away(words: str, last: int, more: int) -> None:
    short, long = days_of(words, 28, last), days_of(words, 28, last + more)
    assert short is not None and long is not None
    assert list(long)[: len(short)] == list(short) == sorted(short) and all(1 <= d <= last for d in short)


def test_whatever_the_catalogue_says_can_be_dated_can_be() -> None:
    for regimen in CATALOGUE.regimens:
        for component in regimen.agents:
            for dose in component.doses:
                assert not dose.dated or days_of(dose.dated, regimen.cycle_days, 84), (regimen.id, dose.dated)


# --- the list -----------------------------------------------------------------------------------


@pytest.mark.parametrize("regimen", CATALOGUE.regimens, ids=lambda r: r.id)
def test_every_regimen_has_its_list_everywhere(regimen: Regimen) -> None:
    for place in PLACES[1:]:
        try:
            made = listed(regimen.id, place)
        except UsageError as error:
            assert "--schedule" in str(error)
            made = listed(regimen.id, place, schedule="weekly")
        days = [day["day"] for day in made["calendar"]]
        assert days == sorted(set(days)) and all(-49 <= d <= 84 for d in days)
        assert all(date.fromisoformat(d["date"]) == START + timedelta(days=d["day"] - 1) for d in made["calendar"])
        for task in made["tasks"]:
            assert task["source"] in CATALOGUE.sources and task["item"]
            assert all(date.fromisoformat(d) >= START for d in task["dates"])
        assert made["tasks"], "whatever is given, bone and vaccines are asked about"
        dated = {row["agent"] for row in made["doses"] if row["dates"]}
        assert dated | {x["agent"] for x in made["undated"]} == set(regimen.agent_ids), "no drug drops out in silence"
        assert [s["jurisdiction"] for s in made["status"]] == [place]


@pytest.mark.parametrize(("name", "schedule"), STEPPED)
@pytest.mark.parametrize("place", ["US", "EU"])
def test_each_step_has_its_day_and_the_watch_after_it(name: str, schedule: str, place: str) -> None:
    made = listed(name, place, schedule=schedule)
    regimen = find_regimen(CATALOGUE, name)
    steps = [
        s
        for agent in regimen.agent_ids
        for s in getattr(CATALOGUE.handling.get(agent), "steps", ())
        if (not s.regimens or name in s.regimens) and s.schedule in ("", schedule)
    ]
    steps = [s for s in steps if not s.jurisdictions or place in s.jurisdictions] or steps
    assert len(steps) >= 3
    given = {d["day"]: " ".join(d["doses"]) for d in made["calendar"]}
    assert all(s.dose in given[s.day] for s in steps)
    for task in (t for t in made["tasks"] if t["checklist"].endswith("observation") and t["applies"] == "yes"):
        assert place in task["by"] and task["ends"] > max(task["dates"])


def test_a_place_without_steps_of_its_own_gets_none_that_differ_and_is_told() -> None:
    made = listed("talquetamab", "HK", schedule="weekly")
    assert any("no steps" in w and "HK" in w for w in made["warnings"])
    assert not any("0.06" in " ".join(day["doses"]) for day in made["calendar"])
    watch = [t for t in made["tasks"] if "observation" in t["checklist"]]
    assert watch and all(t["applies"] == "unknown" and "not read for HK" in t["because"] for t in watch)


@pytest.mark.parametrize(("place", "schedule", "asked"), [("", "weekly", "--jurisdiction"), ("US", "", "--schedule")])
def test_where_the_steps_differ_it_must_be_said(place: str, schedule: str, asked: str) -> None:
    with pytest.raises(UsageError, match=asked):
        listed("talquetamab", place, schedule=schedule)


def test_s17_s18_bloods_infection_and_low_grade_crs_are_on_a_bispecifics_list() -> None:
    made = listed("elranatamab")
    for words in ("Full blood count", "CMV", "IgG level; immunoglobulin", "Antifungal", "Co-trimoxazole", "Aciclovir",
                  "Temperature, pressure, oxygen", "Grade 3 to 4 infection"):  # fmt: skip
        assert items(made, words), words
    counts = items(made, "Full blood count")[0]
    assert counts["dates"][:3] == ["2026-12-01", "2026-12-04", "2026-12-08"], "before each step"


def test_blood_is_typed_before_an_anti_cd38_and_an_echo_done_before_carfilzomib() -> None:
    made = listed("DKd")
    for words in ("Blood group", "Echocardiogram", "HBsAg and anti-HBc", "Dental visit", "Influenza"):
        assert [t["phase"] for t in items(made, words)] == ["before"], words
    assert not items(listed("Kd"), "Blood group")


def test_an_eye_examination_by_place() -> None:
    assert len(items(listed("BVd", "US"), "Eye examination")[0]["dates"]) == 4
    assert len(items(listed("BVd", "US", weeks=30), "Eye examination")[0]["dates"]) == 10
    assert len(items(listed("BVd", "EU", weeks=30), "Eye examination")[0]["dates"]) == 4


# --- adapted ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kept", "left"),
    [("carrier", ["a carrier"], ["resolved"]), ("resolved", ["resolved"], ["a carrier"]), ("negative", [], ["a carrier", "resolved"])],
)  # fmt: skip
def test_hepatitis_b_by_status(status: str, kept: list[str], left: list[str]) -> None:
    made = listed("elranatamab", case=of(comorbidities__hepatitis_b=status))
    assert all(items(made, words)[0]["applies"] == "yes" for words in kept)
    assert not any(items(made, words) for words in left)
    assert all(any(words in x["item"] and status in x["because"] for x in made["left_out"]) for words in left)


def test_an_unknown_hepatitis_b_keeps_both_and_names_the_field() -> None:
    made = listed("elranatamab", case=of(comorbidities__hepatitis_b=None))
    for words in ("a carrier (", "a carrier on", "resolved"):
        (task,) = items(made, words)
        assert task["applies"] == "unknown" and task["missing"] == ["comorbidities.hepatitis_b"]


def test_a_regimen_that_is_closed_to_the_patient_says_so_unless_the_patient_is_on_it() -> None:
    spent = listed("DRd", case=of())
    assert spent["verdict"] == "ineligible" and any("spent" in w for w in spent["warnings"])
    on = {"intent": "relapse", "agents": ["elranatamab"], "start": "2026-10-05", "stop": "ongoing"}
    case = Case.of(a_patient(**patient(*TRIPLE_CLASS_REFRACTORY, on)), CATALOGUE, DAY, jurisdiction="US")
    assert listed("elranatamab", case=case)["warnings"] == []


def test_pregnancy_tests_are_for_whom_they_are() -> None:
    assert not items(listed("Pd", case=of(demographics__sex="male")), "regnancy")
    woman = of(demographics__sex="female", demographics__age=40, comorbidities__childbearing_potential=None)
    asked = items(listed("Pd", case=woman), "regnancy")
    assert asked and all(t["applies"] == "unknown" for t in asked)


@pytest.mark.parametrize(
    ("isotype", "igg", "protein", "now"),
    [
        ("IgG kappa", 23.0, 20.0, "yes"),  # 3 g/L are left
        ("IgG kappa", 23.0, 18.0, "no"),
        ("IgG lambda", 3.2, None, "yes"),  # with any paraprotein in it, less
        ("IgG lambda", 23.0, None, "unknown"),
        ("IgA kappa", 3.9, None, "yes"),
        ("IgA kappa", 4.0, 30.0, "no"),
        ("kappa light chain", 4.1, None, "no"),
        (None, 4.1, 30.0, "unknown"),
        (None, 3.9, None, "yes"),
        ("IgG kappa", None, 20.0, "unknown"),
    ],
)
def test_in_igg_disease_the_paraprotein_is_subtracted(
    isotype: str | None, igg: float | None, protein: float | None, now: str
) -> None:
    measured = None if protein is None else [{"on": "2026-01-01", "serum_g_per_l": 1.0}, {"on": "2026-10-01", "serum_g_per_l": protein}]  # fmt: skip
    case = of(disease__isotype=isotype, labs__igg_g_per_l=igg, disease__m_protein=measured)
    assert items(listed("elranatamab", case=case), "IgG level; immunoglobulin")[0]["now"] == now


@settings(max_examples=12, deadline=None)
@given(st.data(), st.sampled_from(["elranatamab", "DRd", "DKd", "BVd", "cilta-cel"]))
def test_with_less_on_record_no_item_is_lost_and_none_is_more_certain(data: st.DataObject, name: str) -> None:
    whole = data.draw(whole_patients())
    less = data.draw(with_less(whole))
    full, part = (
        listed(name, case=Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction="US")) for raw in (whole, less)
    )
    certain = {t["item"] for t in full["tasks"] if t["applies"] == "yes"}
    assert certain <= {t["item"] for t in part["tasks"]}
    assert {t["item"] for t in part["tasks"] if t["applies"] == "yes"} <= certain
    assert {x["item"] for x in part["left_out"]} <= {x["item"] for x in full["left_out"]}


# --- thrombosis ---------------------------------------------------------------------------------


def score_of(made: Any, name: str) -> Any:
    return next(s for s in made["scores"] if s["score"] == name)


def test_what_is_not_known_leaves_the_score_a_range_and_names_what_to_ask() -> None:
    saved = score_of(listed("DRd"), "SAVED")
    assert (saved["at_least"], saved["at_most"]) == (-3 + 0, 2 + 3 + 1 + 2) and len(saved["says"]) == 2
    assert {i["name"] for i in saved["items"] if i["ask"]} == {"surgery", "asian", "thrombosis", "age", "dexamethasone"}


def test_the_asian_item_is_shown_and_can_be_overruled() -> None:
    told = {"surgery": "yes", "dexamethasone": "low"}
    case = of(comorbidities__venous_thromboembolism=False, demographics__age=70)
    asian = score_of(listed("DRd", case=case, answers=told | {"asian": "yes"}), "SAVED")
    other = score_of(listed("DRd", case=case, answers=told | {"asian": "no"}), "SAVED")
    assert (asian["at_least"], asian["at_most"]) == (0, 0) and asian["says"][0].startswith("low")
    assert (other["at_least"], other["at_most"]) == (3, 3) and other["says"][0].startswith("high")
    assert any("Hong Kong" in i["note"] for i in asian["items"] if i["name"] == "asian")


@pytest.mark.parametrize(
    ("answers", "points", "says"),
    [
        ({}, 6, "intermediate"),
        ({"fracture": "yes"}, 10, "high"),
        ({"prophylaxis": "therapeutic"}, 2, "low"),
        ({"prophylaxis": "prophylactic"}, 3, "low"),
        ({"catheter": "yes"}, 8, "high"),
    ],
)
def test_impede_on_both_sides_of_its_strata(answers: dict[str, str], points: int, says: str) -> None:
    neutral = {"fracture": "no", "erythropoietin": "no", "dexamethasone": "low", "asian": "no", "catheter": "no", "prophylaxis": "none"}  # fmt: skip
    case = of(comorbidities__venous_thromboembolism=False, demographics__weight_kg=60, demographics__height_cm=170)
    found = score_of(listed("Pd", case=case, answers=neutral | answers), "IMPEDE-VTE")
    assert (found["at_least"], found["at_most"]) == (points, points) and found["says"][0].startswith(says)


def test_no_score_without_an_imid_and_no_answer_to_what_is_not_asked() -> None:
    assert listed("Kd")["scores"] == []
    for answers, said in (({"surgry": "no"}, "surgery"), ({"surgery": "maybe"}, "known: no, yes")):
        with pytest.raises(UsageError, match=said):
            listed("DRd", answers=answers)


# --- spacing out (S21) --------------------------------------------------------------------------

ROWS = [(regimen, agent, row)
        for regimen in ("elranatamab", "teclistamab", "linvoseltamab", "Tec-Dara")
        for agent in find_regimen(CATALOGUE, regimen).agent_ids
        for row in getattr(CATALOGUE.handling.get(agent), "deescalation", ())
        if not row.regimens or regimen in row.regimens]  # fmt: skip


def readiness(regimen: str, row: Deescalation, **course: Any) -> tuple[str, str]:
    made = listed(regimen, "US", schedule=row.leave, **course)
    (step,) = [s for s in made["deescalation"] if s["leave"] == row.leave and s["enter"] == row.enter]
    return step["ready"], step["earliest"]


@pytest.mark.parametrize(("regimen", "agent", "row"), ROWS, ids=lambda x: x if isinstance(x, str) else x.enter)
def test_every_condition_of_the_label_on_both_sides(regimen: str, agent: str, row: Deescalation) -> None:
    weeks, months = row.least_weeks or 0, row.response_held_months or 0
    start = date(2025, 1, 1)
    ripe = start + timedelta(days=round(weeks * 7) or 300)
    kept = (
        next(d for n in range(300) if months_after(d := ripe - timedelta(days=n), months) <= ripe) if months else start
    )
    full: dict[str, Any] = {
        "start": start - timedelta(days=200 if row.weeks_on == "schedule" else 0),
        "since": start,
        "today": ripe,
        "response": row.least_response or "PR",
        "response_on": kept,
        "full_doses": row.least_full_doses or 0,
    }
    assert readiness(regimen, row, **full)[0] == "yes"
    if weeks:
        assert readiness(regimen, row, **full | {"today": ripe - timedelta(days=1)}) == ("no", ripe.isoformat())
    if row.least_response:
        assert readiness(regimen, row, **full | {"response": "MR"})[0] == "no"
        assert readiness(regimen, row, **full | {"response": ""})[0] == "unknown"
    if months:
        late = kept + timedelta(days=1)
        assert readiness(regimen, row, **full | {"response_on": late})[0] == "no"
        assert readiness(regimen, row, **full | {"response_on": None})[0] == "unknown"
    if row.least_full_doses:
        assert readiness(regimen, row, **full | {"full_doses": row.least_full_doses - 1})[0] == "no"
        assert readiness(regimen, row, **full | {"full_doses": None})[0] == "unknown"
    if row.weeks_on == "schedule":
        assert readiness(regimen, row, **full | {"since": None})[0] == "unknown"
    assert readiness(regimen, row, **full | {"response": "PD"})[0] == "no", "nothing is spaced out in progression"
    made = listed(regimen, "US", schedule=row.enter, **full | {"since": ripe})
    there = [s for s in made["deescalation"] if s["leave"] == row.leave]
    assert [s["ready"] for s in there] == ["no"], "a schedule that it is not on cannot be left"


def test_what_cannot_be_is_refused() -> None:
    begun = {"start": date(2026, 1, 5), "today": date(2026, 12, 10), "response": "VGPR"}
    for change, said in (
        ({"schedule": "nonsense"}, "--schedule nonsense: known"),
        ({"schedule": "week"}, "Did you mean weekly"),
        ({"since": date(2025, 6, 1)}, "before the first dose"),
        ({"response_on": date(2020, 1, 1)}, "before the first dose"),
        ({"start": date(2027, 1, 1)}, "lies after today"),
    ):
        with pytest.raises(UsageError, match=said):
            listed("elranatamab", "US", **begun | change)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [("2026-05-25", 6, "2026-11-25"), ("2026-08-31", 6, "2027-03-01"), ("2026-12-30", 2, "2027-03-01"),
     ("2027-12-31", 2, "2028-03-01"), ("2027-01-15", 0, "2027-01-15")],
)  # fmt: skip
def test_months_are_those_of_the_calendar(day: str, months: float, then: str) -> None:
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(then)


def test_the_dose_as_written_says_that_it_must_be_adapted() -> None:
    """What a nurse copies from the calendar is not the full dose of a patient on dialysis."""

    def case_for(**changes: Any) -> Case:
        return Case.of(a_patient(**patient(*LEN_REFRACTORY, **changes)), CATALOGUE, DAY, jurisdiction="US")

    ill = case_for(comorbidities__dialysis=True, labs__creatinine_clearance_ml_per_min=None)
    made = listed("DRd", "US", case=ill)
    given = [d for day in made["calendar"] for d in day["doses"]]
    assert all("adapt it, kidney" in d for d in given if d.startswith("lenalidomide"))
    assert not any("adapt it" in d for d in given if d.startswith("daratumumab"))
    assert any(d["adapt"] == "kidney" for d in made["doses"] if d["agent"] == "lenalidomide")
    well = listed("DRd", "US", case=case_for())
    assert not any("adapt it" in d for day in well["calendar"] for d in day["doses"])


def test_the_day_from_which_spacing_out_is_weighed_stands_on_the_list() -> None:
    (task,) = items(listed("elranatamab", weeks=30), "every 2 weeks in place of weekly")
    assert task["dates"] == ["2027-05-18"] and not items(listed("elranatamab"), "every 4 weeks")
    due = items(listed("Tec-Dara"), "The label of US asks for")
    assert [t["dates"] for t in due] == [["2027-01-26"], ["2027-05-18"]], "weeks 9 and 25 begin"
    assert any("Spacing out" in t for d in listed("Tec-Dara")["calendar"] for t in d["tasks"])


def test_the_patients_own_record_answers_and_progression_ends_it() -> None:
    on = {"intent": "relapse", "agents": ["elranatamab"], "start": "2026-01-05", "stop": "ongoing",
          "best_response": "VGPR", "best_response_on": "2026-03-02"}  # fmt: skip
    row = next(r for _, _, r in ROWS if r.leave == "weekly")
    for more, told, ready in (
        ({}, "", "unknown"),  # what was best is not what is kept
        ({}, "PR", "yes"),
        ({}, "MR", "no"),
        ({"progressed_on": "2026-09-01"}, "", "no"),
        ({"best_response": "MR"}, "", "no"),
    ):
        whole = patient(*TRIPLE_CLASS_REFRACTORY, on | more)
        case = Case.of(a_patient(**whole), CATALOGUE, DAY, jurisdiction="US")
        found = readiness("elranatamab", row, start=date(2026, 1, 5), today=DAY, case=case, response=told)
        assert found[0] == ready, (more, told)


def test_s21_the_published_figures_stand_beside_readiness() -> None:
    said = " ".join(x["text"] for x in listed("elranatamab")["evidence"])
    assert "92 %" in said and "40 of 50" in said


# --- the command --------------------------------------------------------------------------------


def test_the_command_and_its_data(capsys: pytest.CaptureFixture[str]) -> None:
    example = "examples/hk-triple-class-refractory.yaml"
    asked = ["monitor", "elranatamab", "--start", "2026-12-01", "--today", "2026-12-03", "--patient", example]
    assert run([*asked, "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["schema"] == "mmadvisor/monitor/1" and made["jurisdiction"] == "HK" and made["verdict"]
    assert run(asked) == 0
    page = " ".join(capsys.readouterr().out.split())
    for words in ("2026-12-04", "ALREADY PAST", "NOW: IgG", "Spacing out", "Not read for HK", "Not for this patient", made["intended_use"][:40]):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--start", "2026-12"], "a full day"),
        (["--start", "2026-12-01", "--answer", "surgery"], "NAME=WORD"),
        (["--start", "2026-12-01", "--set", "fitness.ecog=1"], "--patient"),
        (["--start", "2026-12-01", "-j", "XX"], "jurisdiction"),
        (["--start", "2026-12-01", "--response", "good"], "VGPR"),
        (["--start", "2026-12-01", "--today", "2026-12-01", "--response-on", "2027-01-01"], "after today"),
        ([], "--start"),
    ],
)
def test_wrong_usage_is_said(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "DRd", *options]) == 2
    out, err = capsys.readouterr()
    assert not out and said in err


def test_body_mass_index_and_what_it_lacks() -> None:
    found, _, missing = a_history(demographics={"weight_kg": 80.0, "height_cm": 160.0}).body_mass_index
    assert found is not None and found.low == 31.2 and not missing
    found, _, missing = a_history(demographics={"weight_kg": 80.0}).body_mass_index
    assert found is None and missing == ("demographics.height_cm",)


@pytest.mark.parametrize("name", ["elranatamab", "DRd", "cilta-cel"])
def test_the_page_for_a_browser_holds_the_list_and_obeys_no_patient_file(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    example = "examples/hk-triple-class-refractory.yaml"
    asked = ["monitor", name, "--start", "2026-12-01", "--today", "2026-11-25", "--patient", example, "-j", "US"]
    assert run([*asked, "--set", "id=<script>alert(1)</script>", "--format", "html"]) == 0
    page = capsys.readouterr().out
    assert "<script>" not in page and "&lt;script&gt;" in page
    for words in (
        "Before the first dose",
        "Dental visit",
        "Day by day",
        "2026-12-01",
        "Not for this patient",
        "Sources",
    ):
        assert words in page, words


@pytest.mark.parametrize("word", ["none", "under-120", "low", "high"])
def test_an_answer_that_two_scores_ask_for_serves_both(word: str) -> None:
    for score in listed("DRd", answers={"dexamethasone": word})["scores"]:
        (item,) = [i for i in score["items"] if i["name"] == "dexamethasone"]
        assert item["at_least"] == item["at_most"] and item["because"] == f"told: {word}"


# --- the length of a course ---------------------------------------------------------------------


def dosed(name: str, agent: str, weeks: int = 80, place: str = "US", **course: Any) -> list[int]:
    """The days of an agent, runs of days written out."""
    made = listed(name, place, weeks=weeks, **course)
    runs = [run for row in made["doses"] if row["agent"] == agent for run in row["dates"]]
    spans = [(date.fromisoformat(a) - START, date.fromisoformat(b) - START) for a, b in runs]
    return sorted(day + 1 for first, last in spans for day in range(first.days, last.days + 1))


@pytest.mark.parametrize(
    ("name", "agent", "last"),
    [
        ("DVd", "bortezomib", 158),
        ("DVd", "dexamethasone", 159),
        ("BVd", "bortezomib", 158),
        ("Vd", "bortezomib", 158),
        ("VRd", "lenalidomide", 161),
        ("KRd", "carfilzomib", 17 * 28 + 16),
        ("D-R", "dexamethasone", 50),
        ("Benda-Vd", "bortezomib", 7 * 28 + 11),
        ("VMP", "melphalan", 8 * 42 + 4),
        ("DCEP", "cisplatin", 32),
    ],
)
def test_nothing_is_dated_past_the_end_of_a_course(name: str, agent: str, last: int) -> None:
    assert dosed(name, agent)[-1] == last


def test_a_change_of_rhythm_is_dated() -> None:
    carfilzomib = dosed("KRd", "carfilzomib")
    thirteenth = 12 * 28
    assert [d - thirteenth for d in carfilzomib if d > thirteenth][:4] == [1, 2, 15, 16]
    assert dosed("IberDd", "daratumumab")[:11] == [1, 8, 15, 22, 29, 36, 43, 50, 57, 71, 85]
    assert [d for d in dosed("IberDd", "daratumumab") if d > 155] == [*range(169, 561, 28)]
    assert [d for d in dosed("PVd", "bortezomib", 27) if d > 147] == [148, 151, 155, 158, 169, 176]
    isatuximab = dosed("Isa-VRd", "isatuximab", weeks=104)
    assert isatuximab[:8] == [1, 8, 15, 22, 29, 43, 57, 71] and [d for d in isatuximab if d > 500] == [
        505,
        519,
        533,
        *range(533 + 28, 729, 28),
    ]


def test_doses_that_hang_on_the_response_do_not_stop_without_a_word() -> None:
    assert dosed("elranatamab", "elranatamab") == [1, 4, *range(8, 169, 7)]
    weekly, later = [d for d in listed("elranatamab", weeks=60)["doses"] if d["dose"] == "76 mg"][1:]
    assert "dates end" in weekly["note"] and not later["dates"] and "else on weekly" in later["days"]


def test_teclistamab_with_daratumumab_is_dated_by_the_calendar_and_its_dose_rises() -> None:
    teclistamab = [2, 4, 8, 15, 22, 29, 36, 43, 50, *range(57, 169, 14), *range(169, 561, 28)]
    assert dosed("Tec-Dara", "teclistamab") == teclistamab
    assert dosed("Tec-Dara", "daratumumab") == [1, *teclistamab[2:]]
    calendar = {day["day"]: " ".join(day["doses"]) for day in listed("Tec-Dara", weeks=12)["calendar"]}
    assert (
        "teclistamab 3 mg/kg" in calendar[57]
        and "teclistamab 1.5 mg/kg" in calendar[50]
        and "daratumumab" in calendar[1]
    )


@pytest.mark.parametrize(("regimen", "schedule"), STEPPED)
@pytest.mark.parametrize("place", ["US", "EU"])
def test_after_the_steps_the_calendar_names_one_dose(regimen: str, schedule: str, place: str) -> None:
    """Never the words of the whole step-up, of which a nurse could copy the first."""
    made = listed(regimen, place, schedule=schedule, weeks=30)
    given = [d for day in made["calendar"] for d in day["doses"]]
    assert given and all(re.search(r"[0-9.]+ (mg|mg/kg)$", d) and "," not in d for d in given), given
    full = {"talquetamab": {"weekly": "0.4 mg/kg", "every 2 weeks": "0.8 mg/kg"}.get(schedule)}.get(regimen)
    late = [d for day in made["calendar"] if day["day"] > 20 for d in day["doses"] if d.startswith(regimen)]
    assert full is None or (late and all(d.endswith(full) for d in late))


@pytest.mark.parametrize("regimen", ["Kd", "DKd", "IsaKd"])
def test_carfilzomib_begins_low_and_the_calendar_says_when_it_rises(regimen: str) -> None:
    given = {d["day"]: " ".join(d["doses"]) for d in listed(regimen, weeks=8)["calendar"]}
    assert "carfilzomib 20 mg/m2" in given[1]
    assert all("carfilzomib 56 mg/m2" in given[day] for day in (8, 9, 15, 16, 29, 30, 36, 43))
    assert dosed(regimen, "carfilzomib")[:8] == [1, 2, 8, 9, 15, 16, 29, 30]


def test_what_was_read_for_other_places_is_not_lost_where_nothing_was_read() -> None:
    """Hong Kong: no text on the eyes was read there, and belantamab harms them there as well."""
    for regimen, words, own in (("BVd", "Eye examination", "US"), ("cilta-cel", "driv", "EU")):
        elsewhere = items(listed(regimen, "HK"), words)
        assert elsewhere and all(t["applies"] == "unknown" and "not read for HK" in t["because"] for t in elsewhere)
        assert all(own in t["by"] for t in items(listed(regimen, own), words))


def test_talquetamab_every_two_weeks_has_a_word_on_premedication_at_its_last_step() -> None:
    for place, day in (("US", "2026-12-10"), ("EU", "2026-12-07")):
        tasks = listed("talquetamab", place, schedule="every 2 weeks")["tasks"]
        assert day in {d for t in tasks if t["checklist"].endswith("premedication") for d in t["dates"]}
    weekly = listed("talquetamab", "US", schedule="weekly")["tasks"]
    assert not [t for t in weekly if "0.8 mg/kg" in t["item"]]


def test_no_schedule_is_left_that_was_not_told() -> None:
    told = {"start": date(2026, 1, 1), "today": DAY, "response": "CR", "response_on": date(2026, 3, 1)}
    later = listed("elranatamab", "US", **told)["deescalation"][1]
    assert later["ready"] == "unknown" and later["conditions"][0]["found"] == "not told: --schedule"


def test_one_watch_after_each_dose_of_teclistamab() -> None:
    watched = [d for t in listed("teclistamab")["tasks"] if t["checklist"].endswith("observation") for d in t["dates"]]
    assert sorted(watched) == ["2026-12-01", "2026-12-04", "2026-12-07"]


# --- items that must not be missing, and none twice ---------------------------------------------

RELAPSE = [r for r in CATALOGUE.regimens if "relapse" in r.uses]


def of_the_list(name: str, place: str = "US", **more: Any) -> Any:
    try:
        return listed(name, place, **more)
    except UsageError:
        return listed(name, place, schedule="weekly", **more)


@pytest.mark.parametrize("regimen", RELAPSE, ids=lambda r: r.id)
def test_every_regimen_at_relapse_asks_once_for_an_antiviral_and_counts_blood(regimen: Regimen) -> None:
    made = of_the_list(regimen.id)
    assert len(items(made, "Aciclovir")) == 1
    if regimen.cycle_days and regimen.agents:
        assert len(items(made, "Full blood count")) == 1
        assert regimen.modality == "bispecific" or items(made, "Full blood count")[0]["dates"]


@pytest.mark.parametrize("name", ["Sd", "Pd", "VenD", "CP"])
def test_steroids_alone_ask_for_hepatitis_b(name: str) -> None:
    made = listed(name, case=of(comorbidities__hepatitis_b="carrier"))
    assert items(made, "HBsAg and anti-HBc") and items(made, "Steroids of moderate")
    (carrier,) = items(made, "for a carrier")
    assert carrier["phase"] == "before" and carrier["ends"] == "2026-11-30", "begun before the first dose"


def test_one_rule_on_driving_after_car_t_and_the_wash_out_stands_before_it() -> None:
    made = listed("cilta-cel", "EU")
    told = [f"{t['item']} {t['why']}" for t in made["tasks"] if "driv" in f"{t['item']} {t['why']}"]
    assert len(told) == 1 and "no driving for 8 weeks" in told[0] and "centre for 4 weeks" in told[0]
    for words in ("Stop treatment in time", "Lymphodepletion", "Fludarabine by clearance"):
        assert [t["phase"] for t in items(made, words)] == ["before"], words
    (watch,) = items(made, "ICE score")
    assert (watch["begins"], watch["ends"]) == ("2026-12-01", "2026-12-14")


def test_fludarabine_is_asked_about_where_the_kidneys_are_weak() -> None:
    weak = of(labs__creatinine_clearance_ml_per_min=45)
    fit = of(labs__creatinine_clearance_ml_per_min=90)
    assert items(listed("cilta-cel", case=weak), "Fludarabine by clearance")[0]["applies"] == "yes"
    assert not items(listed("cilta-cel", case=fit), "Fludarabine by clearance")


@pytest.mark.parametrize(
    ("name", "months"), [("elranatamab", 6), ("teclistamab", 5), ("talquetamab", 3), ("Tec-Dara", 5)]
)
def test_contraception_on_a_bispecific_is_for_whom_it_is(name: str, months: int) -> None:
    woman = of(demographics__sex="female", comorbidities__childbearing_potential=True)
    (item,) = items(of_the_list(name, case=woman), "Contraception")
    assert f"{months} months" in item["item"] and items(of_the_list(name, case=woman), "Pregnancy test")
    assert not items(of_the_list(name, case=of(demographics__sex="male")), "Contraception")


@pytest.mark.parametrize(
    ("known", "needed"),
    [
        ({"demographics__sex": "male"}, ""),
        ({"demographics__sex": "female", "demographics__age": 70}, ""),
        ({"demographics__sex": None, "demographics__age": 70}, ""),
        ({"demographics__sex": "female", "demographics__age": 40, "comorbidities__childbearing_potential": False}, ""),
        ({"demographics__sex": "female", "demographics__age": 59}, "unknown"),
        ({"demographics__sex": None, "demographics__age": None}, "unknown"),
        ({"demographics__sex": "female", "demographics__age": 40, "comorbidities__pregnancy": False}, "unknown"),
        (
            {"demographics__sex": "female", "demographics__age": 40, "comorbidities__childbearing_potential": True},
            "yes",
        ),
        (
            {"demographics__sex": "female", "demographics__age": 70, "comorbidities__childbearing_potential": True},
            "yes",
        ),
    ],
)
@pytest.mark.parametrize("name", ["Pd", "elranatamab", "teclistamab", "talquetamab"])
def test_nobody_past_the_menopause_is_asked_for_a_pregnancy_test(name: str, known: dict[str, Any], needed: str) -> None:
    """By the rule that the verdicts use: one question, one answer, in the checklist and beside the option."""
    blank = {"comorbidities__childbearing_potential": None, "comorbidities__pregnancy": None}
    case = of(**blank | known)
    made = listed(name, case=case, schedule="weekly" if name == "talquetamab" else "")
    asked = [t for word in ("regnancy test", "Contraception") for t in items(made, word)]
    assert {t["applies"] for t in asked} == ({needed} if needed else set())
    shown = advise(case.history.patient, CATALOGUE, DAY, jurisdiction="US", assume_relapse=True)
    for option in shown["options"]:
        rows = [
            m
            for m in option["monitoring"]
            if m["item"].startswith(("First preg", "Second preg", "Pregnancy", "Contra"))
        ]
        assert {m["applies"] for m in rows} <= ({needed} if needed else set())


def test_an_option_lists_what_is_for_it_for_its_place_and_for_the_patient() -> None:
    def watched(lines: Any, place: str, name: str, word: str) -> list[Any]:
        case = Case.of(a_patient(**patient(*lines)), CATALOGUE, DAY, jurisdiction=place)
        return [m for m in monitoring(case, find_regimen(CATALOGUE, name)) if m["item"].startswith(word)]

    (cells,) = watched(TRIPLE_CLASS_REFRACTORY, "EU", "cilta-cel", "Temperature")
    (doses,) = watched(TRIPLE_CLASS_REFRACTORY, "EU", "elranatamab", "Temperature")
    assert "daily for 7 days" in cells["when"] and "each step" in doses["when"]
    (eyes,) = watched(LEN_REFRACTORY, "EU", "BVd", "Eye exam")
    assert (eyes["by"], eyes["applies"]) == ("EU, UK", "yes")
    elsewhere = watched(LEN_REFRACTORY, "HK", "BVd", "Eye exam")
    assert [e["by"] for e in elsewhere] == ["US", "EU, UK"]
    assert all(e["applies"] == "unknown" and "not read for HK" in e["because"] for e in elsewhere)


def test_an_imid_asks_men_for_condoms_and_goes_on_testing() -> None:
    assert items(listed("Pd", case=of(demographics__sex="male")), "condoms")[0]["applies"] == "yes"
    woman = of(demographics__sex="female", comorbidities__childbearing_potential=True)
    later = items(listed("Pd", case=woman, weeks=16), "Pregnancy test, later")
    assert later[0]["dates"] == ["2026-12-29", "2027-01-26", "2027-02-23"]
    assert not items(listed("Pd", case=woman), "condoms")


@pytest.mark.parametrize("name", ["elranatamab", "teclistamab", "cilta-cel"])
def test_a_prohibition_is_no_task_that_can_be_late(name: str) -> None:
    (vaccine,) = items(listed(name, today=START + timedelta(days=30)), "No live vaccine")
    assert not vaccine["late"]


def test_premedication_falls_on_the_days_of_the_antibody() -> None:
    for name, agent in (("DRd", "daratumumab"), ("IsaPd", "isatuximab")):
        (item,) = items(listed(name), "Premedication")
        days = [(date.fromisoformat(d) - START).days + 1 for d in item["dates"]]
        assert days == dosed(name, agent, 12), name


def test_what_a_bispecific_asks_before_and_while_it_is_given() -> None:
    made = listed("elranatamab", weeks=30)
    assert items(made, "ALT, AST")[0]["phase"] == "before"
    assert items(made, "Response:")[0]["dates"][:2] == ["2026-12-29", "2027-01-26"]
    assert items(made, "narrow range")[0]["ends"] == "2026-12-22"
    assert items(made, "goes on")[0]["dates"][0] == "2027-05-18", "the day after its last dated week"
    assert items(listed("teclistamab", case=of(comorbidities__hepatitis_b="resolved")), "On teclistamab")


# --- what the calendar cannot hold, and what lies before it ---------------------------------------


def given_on(made: Any, day: int) -> str:
    return "; ".join(d for x in made["calendar"] if x["day"] == day for d in x["doses"])


@pytest.mark.parametrize(
    ("name", "agent", "words"),
    [
        ("VTD-PACE", "bortezomib", "no dose of it was read"),
        ("D-VRd", "lenalidomide", "1-14 of 21 or 1-21 of 28"),
        ("CP", "prednisone", "100 mg, alternate days"),
        ("Elra-Dara", "elranatamab", "after 2026-12-08: no dose of it was read"),
    ],
)
def test_what_the_calendar_does_not_hold_is_named(name: str, agent: str, words: str) -> None:
    (entry,) = [x for x in listed(name)["undated"] if x["agent"] == agent]
    assert words in entry["text"]


def test_a_drug_that_is_dated_to_its_end_is_not_called_undated() -> None:
    assert listed("DKd")["undated"] == [] and listed("elranatamab", weeks=104)["undated"] == []


@pytest.mark.parametrize("weeks", [11, 12, 13, 20])
def test_a_run_of_days_has_its_own_length_wherever_the_calendar_ends(weeks: int) -> None:
    made = listed("VRd-lite", weeks=weeks)
    assert "lenalidomide 15 mg, 21 days" in given_on(made, 71)
    (row,) = [r for r in made["doses"] if r["agent"] == "lenalidomide" and r["dates"]]
    first, last = map(date.fromisoformat, row["dates"][-1])
    assert (last - first).days == 20 and first <= date.fromisoformat(made["until"])


def test_consecutive_days_of_two_doses_are_two_entries() -> None:
    rows = {1: "low", 2: "high", 3: "high", 8: "high"}
    assert runs(rows) == [(1, 1), (2, 3), (8, 8)]


@pytest.mark.parametrize(("today", "late"), [("2026-11-21", False), ("2026-11-22", True)])
def test_two_pregnancy_tests_each_with_its_days(today: str, late: bool) -> None:
    woman = of(demographics__sex="female", comorbidities__childbearing_potential=True)
    made = listed("Pd", case=woman, today=date.fromisoformat(today))
    (first,), (second,) = items(made, "First pregnancy test"), items(made, "Second pregnancy test")
    assert (first["begins"], first["ends"], first["late"]) == ("2026-11-17", "2026-11-21", late)
    assert (second["begins"], second["ends"], second["late"]) == ("2026-11-30", "2026-12-01", False)
    assert any("First pregnancy test, negative" in day["tasks"] for day in made["calendar"] if day["day"] == -9)
    assert any("Second pregnancy test, negative" in day["tasks"] for day in made["calendar"] if day["day"] == 0)
    (contraception,) = items(made, "Contraception, two methods")
    assert (contraception["phase"], contraception["ends"], contraception["late"]) == ("before", "2026-11-03", True)


@pytest.mark.parametrize(("name", "begins"), [("elranatamab", "2026-11-03"), ("cilta-cel", "2026-10-13")])
def test_live_vaccines_are_forbidden_from_weeks_before(name: str, begins: str) -> None:
    (item,) = items(listed(name), "No live vaccine")
    assert (item["phase"], item["begins"], item["ends"]) == ("before", begins, "")


def test_what_is_done_days_before_stands_in_the_calendar() -> None:
    before = {day["day"]: day["tasks"] for day in listed("cilta-cel")["calendar"] if day["day"] < 1}
    assert any("Lymphodepletion" in task for task in before[-5]), "six days before infusion"
    assert any("HBsAg" in task for task in before[-6]) and not any("HBsAg" in t for t in before.get(0, []))


def test_the_serology_is_due_before_the_antiviral_that_it_decides() -> None:
    made = listed("DRd", case=of(comorbidities__hepatitis_b="carrier"))
    (test,), (antiviral,) = items(made, "HBsAg and anti-HBc"), items(made, "for a carrier")
    assert test["ends"] < antiviral["ends"] < START.isoformat()
    assert items(made, "carrier on the antiviral")[0]["dates"] == ["2026-12-01"]
    assert len(items(listed("DRd", weeks=30, case=of(comorbidities__hepatitis_b="carrier")), "carrier on the")[0]["dates"]) == 3  # fmt: skip


@pytest.mark.parametrize(
    ("words", "enough", "short"),
    [("Zoledronate", 61, 60), ("Aciclovir", 30, 29), ("Co-trimoxazole", 31, 30)],
)
def test_what_goes_by_the_kidney_says_so(words: str, enough: int, short: int) -> None:
    def found(clearance: float | None) -> tuple[str, bool]:
        made = listed("teclistamab", case=of(labs__creatinine_clearance_ml_per_min=clearance, **BARE))
        (task,) = items(made, words)
        marked = any(t.startswith(task["short"]) and "adapt it, kidney" in t for d in made["calendar"] for t in d["tasks"])  # fmt: skip
        (about,) = [x["applies"] for x in task["adapt"]] or ["no"]
        return about, marked

    dated = words == "Zoledronate"
    assert found(enough) == ("no", False) and found(short) == ("yes", dated) and found(None) == ("unknown", False)


BARE = {"labs__creatinine_umol_per_l": None, "comorbidities__dialysis": None}


def test_a_schedule_that_began_before_its_time_is_told() -> None:
    on = {"start": date(2026, 1, 5), "today": date(2026, 11, 25), "schedule": "every 2 weeks"}
    early = listed("elranatamab", **on, since=date(2026, 2, 2))["warnings"]
    assert [w for w in early if "2026-06-22 at the earliest" in w], early
    assert not any("earliest" in w for w in listed("elranatamab", **on, since=date(2026, 6, 22))["warnings"])
    fourth = on | {"schedule": "every 4 weeks"}
    assert any("2026-12-07" in w for w in listed("elranatamab", **fourth, since=date(2026, 9, 1))["warnings"])


@pytest.mark.parametrize(
    ("name", "place", "words"),
    [("Melflufen-d", "US", "US: not-available"), ("Tec-Dara", "EU", "EU: not-available"), ("DRd", "", "UK:")],
)
def test_the_status_is_said_without_a_patient(
    name: str, place: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["monitor", name, "--start", "2026-12-01", *(["-j", place] if place else [])]) == 0
    assert words in capsys.readouterr().out
    assert run(["monitor", name, "--start", "2026-12-01", *(["-j", place] if place else []), "--format", "html"]) == 0
    assert words in capsys.readouterr().out


def test_vmp_as_labelled_and_with_daratumumab_as_in_its_trial() -> None:
    cycles = [[d - 42 * n for d in dosed("VMP", "bortezomib") if 0 < d - 42 * n <= 42] for n in range(9)]
    assert cycles[:4] == [[1, 4, 8, 11, 22, 25, 29, 32]] * 4 and cycles[4:] == [[1, 8, 22, 29]] * 5
    assert [d for d in dosed("D-VMP", "bortezomib") if d <= 84][8:] == [43, 50, 64, 71]
    daratumumab = dosed("D-VMP", "daratumumab")
    assert daratumumab[:7] == [1, 8, 15, 22, 29, 36, 43] and daratumumab[-1] == 54 * 7 + 1 + 6 * 28


def test_a_row_of_another_place_is_never_ready_here() -> None:
    """By its dates Tec-Dara may be spaced out; for the EU nothing of it was read."""
    ripe = {"start": date(2026, 1, 5), "today": date(2026, 11, 25), "schedule": "weekly"}
    us, eu = ([s["ready"] for s in listed("Tec-Dara", p, **ripe)["deescalation"] if s["leave"] == "weekly"] for p in ("US", "EU"))  # fmt: skip
    assert us == ["yes"] and eu == ["unknown"]


def test_what_speaks_of_step_up_is_not_said_after_a_single_infusion() -> None:
    assert items(listed("teclistamab"), "step-up may be needed") and not items(listed("cilta-cel"), "step-up may be")


def test_a_sunday_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "DRd", "--start", "2026-12-06", "--weeks", "1"]) == 0
    assert "Sun 2026-12-06" in capsys.readouterr().out


def test_premedication_goes_on_where_its_day_is_no_step() -> None:
    eu = {x["day"]: x["tasks"] for x in listed("linvoseltamab", "EU")["calendar"]}
    assert all(any("premedication" in task for task in eu[day]) for day in (1, 8, 15, 22))
    assert not any("premedication" in task for task in eu[29])


# --- which dose on which day --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regimen", "agent", "doses"),
    [
        ("KRd", "carfilzomib", {1: "20 mg/m2", 8: "27 mg/m2", 15: "27 mg/m2", 29: "27 mg/m2",
                                344: None, 351: "27 mg/m2", 505: None}),
        ("BPd", "belantamab mafodotin", {1: "2.5 mg/kg", 8: None, 29: "1.9 mg/kg", 57: "1.9 mg/kg", 365: "1.9 mg/kg"}),
        ("EPd", "elotuzumab", {1: "10 mg/kg", 22: "10 mg/kg", 50: "10 mg/kg", 57: "20 mg/kg", 64: None, 85: "20 mg/kg"}),
        ("ERd", "elotuzumab", {1: "10 mg/kg", 50: "10 mg/kg", 57: "10 mg/kg", 64: None, 71: "10 mg/kg"}),
        ("Ixa-mono", "ixazomib", {1: "3 mg", 99: "3 mg", 113: "4 mg if cycles 1 to 4 were tolerated, else 3 mg", 729: None}),
        ("DKd", "dexamethasone", {1: "40 mg split over the two days (20 mg in all above 75 years), 2 days",
                                  15: "40 mg split over the two days (20 mg in all above 75 years), 2 days",
                                  22: "40 mg (20 mg over 75 years)",
                                  29: "40 mg split over the two days (20 mg in all above 75 years), 2 days"}),
        ("VenVd", "venetoclax", {1: "800 mg, each day from here on"}),
    ],
)  # fmt: skip
def test_the_calendar_names_the_dose_of_the_day(regimen: str, agent: str, doses: dict[int, str | None]) -> None:
    given = {d["day"]: d["doses"] for d in listed(regimen, weeks=105)["calendar"]}
    for day, dose in doses.items():
        told = [x.removeprefix(f"{agent} ") for x in given.get(day, []) if x.startswith(agent)]
        assert told == ([] if dose is None else [dose]), day


@pytest.mark.parametrize(("regimen", "sparse"), [("ERd", (64, 78)), ("EPd", (64, 71, 78))])
def test_dexamethasone_is_split_on_the_days_of_elotuzumab_and_whole_on_the_others(
    regimen: str, sparse: tuple[int, ...]
) -> None:
    for day in listed(regimen, weeks=12)["calendar"]:
        both = [d for d in day["doses"] if d.startswith(("elotuzumab", "dexamethasone"))]
        if day["day"] in sparse:
            assert [d for d in both if d.startswith("dexamethasone 40 mg")] == both and both
        elif both:
            assert len(both) == 2 and "28 mg by mouth" in both[1] and "8 mg IV" in both[1]


def test_a_dose_that_rises_on_a_day_that_was_not_read_says_so() -> None:
    for regimen in ("KPd", "KCd"):
        (row,) = [d for d in listed(regimen)["doses"] if d["agent"] == "carfilzomib"]
        assert " then " in row["dose"] and "rises" in row["note"]


def test_paracetamol_and_an_antihistamine_before_ide_cel() -> None:
    (task,) = [t for t in listed("ide-cel")["tasks"] if t["checklist"].endswith("premedication")]
    assert "paracetamol 650 mg" in task["item"] and task["dates"] == ["2026-12-01"] and task["applies"] == "yes"
    (elsewhere,) = [t for t in listed("ide-cel", "EU")["tasks"] if t["checklist"].endswith("premedication")]
    assert elsewhere["applies"] == "unknown" and "not read for EU" in elsewhere["because"]


def test_elotuzumab_has_its_premedication_at_each_dose() -> None:
    (item,) = items(listed("ERd", weeks=12), "Premedication")
    assert [(date.fromisoformat(d) - START).days + 1 for d in item["dates"]] == dosed("ERd", "elotuzumab", 12)


def test_where_no_steps_are_shown_nothing_is_dated_by_them() -> None:
    made = listed("talquetamab", "HK", schedule="weekly")
    assert all(not t["dates"] for t in made["tasks"] if t["checklist"].endswith(("premedication", "observation")))
    assert items(listed("cilta-cel"), "0.5 to 1 h before infusion")[0]["dates"] == [START.isoformat()]  # fmt: skip


# --- a schedule that was left, days of infusion, cycles that change ------------------------------


def test_after_spacing_out_the_days_are_those_of_the_schedule_told() -> None:
    on = {"start": date(2026, 1, 5), "today": date(2026, 11, 25), "schedule": "every 2 weeks", "weeks": 60}
    since = date(2026, 8, 17)
    made = listed("teclistamab", **on, since=since)
    days = [date.fromisoformat(d["date"]) for d in made["calendar"] if any("1.5 mg/kg" in x for x in d["doses"])]
    assert {(b - a).days for a, b in itertools.pairwise(days) if a >= since} == {14}
    assert since in days and made["undated"] == []
    weekly = [d for d in days if d < since]
    assert (weekly[-1] - weekly[-2]).days == 7, "what was before it stays as it was"


def test_a_schedule_left_on_a_day_that_is_not_told_is_not_dated_on() -> None:
    on = {"start": date(2026, 1, 5), "today": date(2026, 11, 25), "schedule": "every 4 weeks", "weeks": 60}
    made = listed("elranatamab", **on)
    (entry,) = made["undated"]
    assert "every 4 weeks" in entry["text"] and "--since" in entry["text"]
    last = [d["date"] for d in made["calendar"] if d["doses"]][-1]
    assert last <= "2026-06-22", "not on after the label's dates would have allowed the first step"


def test_talquetamab_spaced_out_takes_the_dose_of_its_new_schedule() -> None:
    on = {"start": date(2026, 8, 3), "today": date(2026, 11, 25), "weeks": 20}
    made = listed("talquetamab", "EU", **on, schedule="0.8 mg/kg every 2 weeks", since=date(2026, 10, 5))
    given = {d["date"]: d["doses"] for d in made["calendar"]}
    assert given["2026-09-25"] == ["talquetamab 0.4 mg/kg"] and given["2026-10-05"] == ["talquetamab 0.8 mg/kg"]
    assert "2026-10-02" not in given, "three days before would be a dose too close"
    assert "2026-10-09" not in given and given["2026-10-19"] == ["talquetamab 0.8 mg/kg"]


def test_what_the_calendar_alone_spaces_out_keeps_its_days() -> None:
    assert dosed("Tec-Dara", "teclistamab", schedule="every 2 weeks") == dosed("Tec-Dara", "teclistamab")


@pytest.mark.parametrize(
    ("name", "agent"), [("DKd", "carfilzomib"), ("Benda-Rd", "bendamustine"), ("DCEP", "cisplatin")]
)
def test_an_infusion_stands_on_each_of_its_days(name: str, agent: str) -> None:
    given = {d["day"]: "; ".join(d["doses"]) for d in listed(name)["calendar"]}
    drug = CATALOGUE.formulary.by_id[agent].name
    days = [d for d in dosed(name, agent) if d <= 84]
    assert 2 in days and all(drug in given[day] for day in days)


def test_the_last_day_of_the_calendar_belongs_to_it() -> None:
    (item,) = items(listed("ERd", weeks=11, start=date(2026, 12, 1)), "Premedication")
    assert "2027-02-09" in item["dates"] and listed("ERd", weeks=11)["until"] == "2027-02-15"
    (bloods,) = items(listed("teclistamab", "EU", weeks=1), "Frequent bloods")
    assert [(date.fromisoformat(d) - START).days + 1 for d in bloods["dates"]] == [1, 3, 5]
    assert listed("IsaPd", weeks=5)["calendar"][-1]["day"] <= 35
    (weekly,) = items(listed("Pd", weeks=16), "Blood count")
    assert weekly["dates"][-1] == (START + timedelta(days=49)).isoformat(), "weekly for 8 weeks"


@pytest.mark.parametrize(
    ("name", "days"),
    [("Isa-VRd", [1, 43, 85, 127, 169, 197, 225, 253]), ("VenVd", [*range(1, 170, 21), 204, 239]), ("D-VRd", [*range(1, 170, 21), 197, 225, 253]),
     ("DVd", [*range(1, 170, 21), 197, 225, 253]), ("DRd", [*range(1, 260, 28)])],
)  # fmt: skip
def test_blood_is_counted_by_the_cycles_as_they_are(name: str, days: list[int]) -> None:
    counts = items(listed(name, weeks=37), "Full blood count")[0]["dates"]
    assert [(date.fromisoformat(d) - START).days + 1 for d in counts] == [d for d in days if d <= 37 * 7]


@pytest.mark.parametrize(("name", "place"), [("Tal-Tec", "US"), ("Tal-Tec", "HK"), ("Tal-Dara", "US")])
def test_a_drug_without_a_day_has_no_premedication_on_one(name: str, place: str) -> None:
    made = listed(name, place, schedule="weekly")
    dated = {row["name"] for row in made["doses"] if row["dates"]}
    for task in made["tasks"]:
        drug, _, what = task["checklist"].rpartition(": ")
        if what in ("premedication", "observation") and task["dates"]:
            assert drug in dated, task["item"]


def test_what_begins_and_what_is_due_before_stand_in_the_calendar() -> None:
    made = {d["day"]: d["tasks"] for d in listed("Kd")["calendar"]}
    assert "Echocardiogram and ECG" in made[0] and "begin: Aciclovir or valaciclovir" in made[1]
    after = {d["day"]: d["tasks"] for d in listed("cilta-cel")["calendar"]}
    assert any(t.startswith("begin (to 2026-12-14): Temperature") for t in after[1])


def test_the_calendar_orders_an_igg_level_and_no_immunoglobulin() -> None:
    tasks = [t for d in listed("teclistamab")["calendar"] for t in d["tasks"]]
    assert "IgG level" in tasks and not any("mmunoglobulin" in t for t in tasks)


def test_a_dose_that_nobody_read_is_marked_in_the_calendar_too() -> None:
    assert "carfilzomib 56 mg/m2 weekly ‡" in given_on(listed("SKd"), 1)
    assert "‡" not in given_on(listed("Kd"), 1)


def test_a_doubtful_task_keeps_its_mark_in_the_calendar() -> None:
    asked = of(comorbidities__hepatitis_b=None)
    tasks = [t for d in listed("teclistamab", case=asked)["calendar"] for t in d["tasks"]]
    assert "Entecavir or tenofovir for a carrier (?)" in tasks and "ALT, AST and bilirubin" in tasks


def test_a_response_of_an_unknown_day_counts_from_the_last_it_may_be() -> None:
    on = {"intent": "relapse", "agents": ["elranatamab"], "start": "2026-01-05", "stop": "ongoing",
          "best_response": "VGPR", "best_response_on": "2026-03"}  # fmt: skip
    case = Case.of(a_patient(**patient(*TRIPLE_CLASS_REFRACTORY, on)), CATALOGUE, DAY, jurisdiction="US")
    made = listed("elranatamab", start=date(2026, 1, 5), today=DAY, case=case, schedule="weekly", response="VGPR")
    (held,) = [c for s in made["deescalation"][:1] for c in s["conditions"] if c["text"].startswith("held")]
    assert "since 2026-03-31, so from 2026-05-31" in held["found"]


def test_readiness_names_the_option_that_would_settle_each_condition() -> None:
    (step,) = list(listed("teclistamab")["deescalation"])
    assert [c["found"] for c in step["conditions"]] == [
        "not told: --schedule", "not told: --response", "its beginning is not told: --response-on"]  # fmt: skip
    ripe = {"start": date(2025, 1, 6), "today": date(2026, 11, 25), "response": "CR", "response_on": date(2025, 6, 2)}
    assert [s["ready"] for s in listed("teclistamab", **ripe)["deescalation"]] == ["unknown"]


@pytest.mark.parametrize("schedule", ["weekly", "every 2 weeks", "every 4 weeks"])
def test_the_plain_words_of_a_schedule_are_understood(schedule: str) -> None:
    assert listed("linvoseltamab", "EU", schedule=schedule)["deescalation"]


# --- the day that was told ----------------------------------------------------------------------

ON = {"start": date(2026, 1, 5), "today": date(2026, 11, 26)}


def test_the_first_day_of_one_schedule_is_not_counted_for_another() -> None:
    told = ON | {"schedule": "weekly", "since": date(2026, 1, 12), "response": "PR", "response_on": date(2026, 3, 1)}
    made = listed("elranatamab", weeks=60, **told)
    (later,) = [s for s in made["deescalation"] if s["leave"] == "every 2 weeks"]
    assert later["earliest"] == "" and later["ready"] == "no"
    assert [t["item"] for t in made["tasks"] if t["checklist"] == "Spacing out"] == [
        "Weigh elranatamab every 2 weeks in place of weekly"]  # fmt: skip
    past = ON | {"schedule": "every 4 weeks", "since": date(2026, 11, 2), "today": date(2026, 11, 26)}
    assert not [t for t in listed("elranatamab", weeks=80, **past)["tasks"] if t["checklist"] == "Spacing out"]


@pytest.mark.parametrize("since", [date(2026, 1, 5), date(2026, 1, 8)])
def test_no_schedule_is_left_within_the_steps(since: date) -> None:
    with pytest.raises(UsageError, match="still at its steps"):
        listed("teclistamab", "EU", **ON, schedule="every 2 weeks", since=since)


def test_what_lies_between_two_schedules_is_named() -> None:
    made = listed("elranatamab", weeks=60, **ON, schedule="every 4 weeks", since=date(2026, 11, 9))
    (entry,) = made["undated"]
    assert "2026-06-16 to 2026-11-08" in entry["text"]
    assert [d["date"] for d in made["calendar"] if d["doses"]][-2:] == ["2027-01-04", "2027-02-01"]
    (entry,) = listed("elranatamab", weeks=60, **ON, schedule="every 4 weeks")["undated"]
    assert entry["text"].startswith("after 2026-06-15: every 4 weeks now")


def test_a_step_that_hangs_on_the_response_is_followed_though_the_label_asks_for_it() -> None:
    made = listed("linvoseltamab", weeks=40, **ON, schedule="every 4 weeks", since=date(2026, 7, 6))
    days = [date.fromisoformat(d["date"]) for d in made["calendar"] if d["doses"] and d["date"] >= "2026-07-06"]
    assert days[0] == date(2026, 7, 6) and {(b - a).days for a, b in itertools.pairwise(days)} == {28}


def test_a_plan_to_space_out_keeps_the_steps() -> None:
    made = listed("talquetamab", "EU", schedule="0.8 mg/kg every 2 weeks")
    assert [d["doses"] for d in made["calendar"] if d["doses"]] == [
        ["talquetamab 0.01 mg/kg"], ["talquetamab 0.06 mg/kg"], ["talquetamab 0.4 mg/kg"]]  # fmt: skip
    assert "--since" in made["undated"][0]["text"]


@pytest.mark.parametrize("name", ["Tal-Dara", "Elra-Dara"])
def test_no_dose_is_carried_into_a_schedule_of_which_none_was_read(name: str) -> None:
    schedule = "0.8 mg/kg every 2 weeks" if name == "Tal-Dara" else "every 2 weeks"
    made = listed(name, "EU", **ON, schedule=schedule, since=date(2026, 7, 6), weeks=40)
    assert all(d["date"] < "2026-07-06" for d in made["calendar"] if d["doses"])
    assert all("no dose of it was read" in x["text"] for x in made["undated"])
    assert any(x["text"].startswith("after 2026-01-") for x in made["undated"]), "after its last step"


@pytest.mark.parametrize(
    ("name", "told", "words"),
    [
        ("talquetamab", {"schedule": "every 2 weeks"}, "goes by '0.8 mg/kg every 2 weeks'"),
        ("Tec-Dara", {"schedule": "every 2 weeks"}, "the label's own calendar"),
        ("teclistamab", {"schedule": "every 2 weeks", "response_on": date(2026, 2, 20)}, "2026-08-20 at the earliest"),
        ("teclistamab", {"schedule": "every 2 weeks"}, "2026-07-05 at the earliest"),
    ],
)
def test_a_day_that_is_not_used_or_comes_too_early_is_told(name: str, told: dict[str, Any], words: str) -> None:
    place = "EU" if name == "talquetamab" else "US"
    response = {"response": "CR"} if "response_on" in told else {}
    since = date(2026, 8, 1) if "response_on" in told else date(2026, 6, 29)
    warnings = listed(name, place, **ON, **told, **response, since=since)["warnings"]
    assert any(words in w for w in warnings), warnings


def test_a_first_day_needs_its_schedule() -> None:
    with pytest.raises(UsageError, match="of which schedule"):
        listed("elranatamab", **ON, since=date(2026, 6, 1))


def test_what_the_record_calls_for_now_is_called_in_the_calendar_once() -> None:
    low = of(disease__isotype="IgA kappa", labs__igg_g_per_l=3.2)
    tasks = [t for d in listed("teclistamab", case=low)["calendar"] for t in d["tasks"] if t.startswith("IgG level")]
    assert tasks == ["IgG level (NOW)", "IgG level", "IgG level"]


def test_a_prohibition_begins_in_the_calendar_too() -> None:
    days = {d["day"]: d["tasks"] for d in listed("cilta-cel")["calendar"]}
    assert any(t.startswith("No live vaccine") for t in days[-48])


@pytest.mark.parametrize(("place", "ends"), [("US", "2026-12-14"), ("EU", "2026-12-12"), ("HK", "2026-12-12")])
def test_narrow_drugs_are_watched_until_a_week_after_the_first_full_dose(place: str, ends: str) -> None:
    (item,) = items(listed("teclistamab", place), "narrow range")
    full = max(d for t in listed("teclistamab", place)["doses"] if t["days"].startswith("day ") for d, _ in t["dates"])
    assert item["ends"] == ends and (date.fromisoformat(ends) - date.fromisoformat(full)).days == 7


@settings(max_examples=60, deadline=None)
@example(("linvoseltamab", ""), "US", "every 4 weeks", 22, 12)
@given(
    st.sampled_from(STEPPED),
    st.sampled_from(["US", "EU"]),
    st.sampled_from(["", "weekly", "every 2 weeks", "every 4 weeks", "0.8 mg/kg every 2 weeks"]),
    st.integers(0, 700) | st.none(),
    st.sampled_from([1, 12, 60, 104]),
)
def test_whatever_is_told_no_two_full_doses_lie_close_and_no_drug_is_lost(
    stepped: tuple[str, str], place: str, schedule: str, since: int | None, weeks: int
) -> None:
    start, name = date(2024, 6, 3), stepped[0]
    try:
        made = listed(name, place, weeks, start=start, today=date(2026, 11, 26), schedule=schedule,
                      since=None if since is None else start + timedelta(days=since))  # fmt: skip
    except UsageError:
        return
    regimen = find_regimen(CATALOGUE, name)
    dated = {row["agent"] for row in made["doses"] if row["dates"]}
    assert dated | {x["agent"] for x in made["undated"]} == set(regimen.agent_ids)
    drug = next(CATALOGUE.formulary.by_id[a].name for a in regimen.agent_ids if CATALOGUE.handling[a].steps)
    days = [d["day"] for d in made["calendar"] if any(x.startswith(f"{drug} ") for x in d["doses"])]
    steps = max(s.day for a in regimen.agent_ids for s in CATALOGUE.handling[a].steps if not s.regimens or name in s.regimens)  # fmt: skip
    assert all(b - a >= 6 for a, b in itertools.pairwise(days) if a >= steps)
    assert all(c["result"] == "yes" for s in made["deescalation"] if s["ready"] == "yes" for c in s["conditions"])
