"""The calendar: what it holds on which day, and what it cannot hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mmadvisor.care.doses import runs
from mmadvisor.desk.cli import run
from tests.builders.checklists import START, given_on, items, listed, of


@pytest.mark.parametrize(
    ("name", "agent", "words"),
    [
        ("VTD-PACE", "bortezomib", "no dose of it was read"),
        ("D-VRd", "lenalidomide", "1-14 of 21 or 1-21 of 28"),
        ("Elra-Dara", "elranatamab", "after 2026-12-08: no dose of it was read"),
    ],
)
def test_what_the_calendar_does_not_hold_is_named(name: str, agent: str, words: str) -> None:
    (entry,) = [x for x in listed(name, case=of())["undated"] if x["agent"] == agent]
    assert words in entry["text"]


def test_the_steroid_before_daratumumab_takes_the_place_of_prednisone_on_its_day() -> None:
    given = {
        d["day"]: "; ".join(d["doses"]) for d in listed("D-VMP", weeks=8, case=of(demographics__age=60))["calendar"]
    }
    for first in (1, 43):
        assert "prednisone none: dexamethasone 20 mg before daratumumab takes its place" in given[first]
        assert "prednisone 60 mg/m2, 3 days" in given[first + 1]


def test_prednisone_on_alternate_days_is_dated() -> None:
    given = {d["day"]: d["doses"] for d in listed("CP", weeks=4, case=of(demographics__age=60))["calendar"]}
    days = [day for day, doses in given.items() if any(x.startswith("prednisone") for x in doses)]
    assert days == [*range(1, 29, 2)]
    assert [day for day, doses in given.items() if any(x.startswith("cyclo") for x in doses)] == [1, 8, 15, 22]


def test_a_drug_that_is_dated_to_its_end_is_not_called_undated() -> None:
    assert listed("DKd")["undated"] == [] and listed("elranatamab", weeks=104)["undated"] == []


@pytest.mark.parametrize("weeks", [11, 12, 13, 20])
def test_a_run_of_days_has_its_own_length_wherever_the_calendar_ends(weeks: int) -> None:
    made = listed("VRd-lite", weeks=weeks, case=of())
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
    on: dict[str, Any] = {"start": date(2026, 1, 5), "today": date(2026, 11, 25), "schedule": "every 2 weeks"}
    early = listed("elranatamab", **on, since=date(2026, 2, 2))["warnings"]
    assert [w for w in early if "2026-06-22 at the earliest" in w], early
    assert not any("earliest" in w for w in listed("elranatamab", **on, since=date(2026, 6, 22))["warnings"])
    fourth = on | {"schedule": "every 4 weeks"}
    assert any("2026-12-07" in w for w in listed("elranatamab", **fourth, since=date(2026, 9, 1))["warnings"])


@pytest.mark.parametrize(
    ("name", "place", "words"),
    [("Melflufen-d", "US", "US: not-available"), ("Tec-Dara", "EU", "EU: unknown"), ("DRd", "", "UK:")],
)
def test_the_status_is_said_without_a_patient(
    name: str, place: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["monitor", name, "--start", "2026-12-01", *(["-j", place] if place else [])]) == 0
    assert words in capsys.readouterr().out
    assert run(["monitor", name, "--start", "2026-12-01", *(["-j", place] if place else []), "--format", "html"]) == 0
    assert words in capsys.readouterr().out


def test_what_speaks_of_step_up_is_not_said_after_a_single_infusion() -> None:
    assert items(listed("teclistamab"), "step-up may be needed") and not items(listed("cilta-cel"), "step-up may be")


def test_a_sunday_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "DRd", "--start", "2026-12-06", "--weeks", "1"]) == 0
    assert "Sun 2026-12-06" in capsys.readouterr().out


def test_premedication_goes_on_where_its_day_is_no_step() -> None:
    eu = {x["day"]: x["tasks"] for x in listed("linvoseltamab", "EU")["calendar"]}
    assert all(any("premedication" in task for task in eu[day]) for day in (1, 8, 15, 22))
    assert not any("premedication" in task for task in eu[29])


def test_what_begins_and_what_is_due_before_stand_in_the_calendar() -> None:
    made = {d["day"]: d["tasks"] for d in listed("Kd")["calendar"]}
    assert "Echocardiogram and ECG" in made[0] and "begin: Aciclovir or valaciclovir" in made[1]
    after = {d["day"]: d["tasks"] for d in listed("cilta-cel")["calendar"]}
    assert any(t.startswith("begin (to 2026-12-14): Temperature") for t in after[1])


def test_the_calendar_orders_an_igg_level_and_no_immunoglobulin() -> None:
    tasks = [t for d in listed("teclistamab")["calendar"] for t in d["tasks"]]
    assert "IgG level" in tasks and not any("mmunoglobulin" in t for t in tasks)


def test_a_dose_that_nobody_read_is_marked_in_the_calendar_too() -> None:
    assert "carfilzomib 56 mg/m2 (at most 2.2 m2) ‡" in given_on(listed("SKd", case=of()), 1)
    assert "‡" not in given_on(listed("Kd", case=of()), 1)


def test_a_doubtful_task_keeps_its_mark_in_the_calendar() -> None:
    asked = of(comorbidities__hepatitis_b=None)
    tasks = [t for d in listed("teclistamab", case=asked)["calendar"] for t in d["tasks"]]
    assert "Entecavir or tenofovir for a carrier (?)" in tasks and "ALT, AST and bilirubin" in tasks


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
