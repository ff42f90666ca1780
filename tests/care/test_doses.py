"""Which dose falls on which day: the length of a course, steps, schedules that were left."""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta
from typing import Any

import pytest

from mmadvisor.base.errors import UsageError
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.formats.drugs import Handling
from tests.builders.blank import DAY, LOADED
from tests.builders.checklists import START, STEPPED, dosed, items, listed, of
from tests.builders.drawn import render

CATALOGUE = LOADED.catalogue
BY_TABLE = " (mg from the label's weight table)"
CAP = "at most 2.2 m2; EU: at most"


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
    given = [d.replace(BY_TABLE, "") for day in made["calendar"] for d in day["doses"]]
    # The doses of one paraphrase have the mark of what was not read, and no others.
    marks = {d: " ‡" if (regimen, d.split()[0]) == ("Tec-Dara", "teclistamab") else "" for d in given}
    assert given and all(re.search(rf"[0-9.]+ (mg|mg/kg){marks[d]}$", d) and "," not in d for d in given), given
    full = {"talquetamab": {"weekly": "0.4 mg/kg", "every 2 weeks": "0.8 mg/kg"}.get(schedule)}.get(regimen)
    late = [d for day in made["calendar"] if day["day"] > 20 for d in day["doses"] if d.startswith(regimen)]
    assert full is None or (late and all(d.endswith(f"{full}{BY_TABLE}") for d in late))


@pytest.mark.parametrize("regimen", ["Kd", "DKd", "IsaKd"])
def test_carfilzomib_begins_low_and_the_calendar_says_when_it_rises(regimen: str) -> None:
    given = {d["day"]: " ".join(d["doses"]) for d in listed(regimen, weeks=8, case=of())["calendar"]}
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
    told: dict[str, Any] = {"start": date(2026, 1, 1), "today": DAY, "response": "CR", "response_on": date(2026, 3, 1)}
    later = listed("elranatamab", "US", **told)["deescalation"][1]
    assert later["ready"] == "unknown" and later["conditions"][0]["found"] == "not told: --schedule"


def test_one_watch_after_each_dose_of_teclistamab() -> None:
    watched = [d for t in listed("teclistamab")["tasks"] if t["checklist"].endswith("observation") for d in t["dates"]]
    assert sorted(watched) == ["2026-12-01", "2026-12-04", "2026-12-07"]


def test_vmp_as_labelled_and_with_daratumumab_as_in_its_trial() -> None:
    cycles = [[d - 42 * n for d in dosed("VMP", "bortezomib") if 0 < d - 42 * n <= 42] for n in range(9)]
    assert cycles[:4] == [[1, 4, 8, 11, 22, 25, 29, 32]] * 4 and cycles[4:] == [[1, 8, 22, 29]] * 5
    assert [d for d in dosed("D-VMP", "bortezomib") if d <= 84][8:] == [43, 50, 64, 71]
    daratumumab = dosed("D-VMP", "daratumumab")
    assert daratumumab[:7] == [1, 8, 15, 22, 29, 36, 43] and daratumumab[-1] == 54 * 7 + 1 + 6 * 28


# --- which dose on which day --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regimen", "agent", "doses"),
    [
        ("KRd", "carfilzomib", {1: f"20 mg/m2 ({CAP} 44 mg)", 8: f"27 mg/m2 ({CAP} 60 mg)", 29: f"27 mg/m2 ({CAP} 60 mg)",
                                344: None, 351: f"27 mg/m2 ({CAP} 60 mg)", 505: None}),
        ("BPd", "belantamab mafodotin", {1: "2.5 mg/kg", 8: None, 29: "1.9 mg/kg", 57: "1.9 mg/kg", 365: "1.9 mg/kg"}),
        ("EPd", "elotuzumab", {1: "10 mg/kg", 22: "10 mg/kg", 50: "10 mg/kg", 57: "20 mg/kg", 64: None, 85: "20 mg/kg"}),
        ("ERd", "elotuzumab", {1: "10 mg/kg", 50: "10 mg/kg", 57: "10 mg/kg", 64: None, 71: "10 mg/kg"}),
        ("Ixa-mono", "ixazomib", {1: "3 mg", 99: "3 mg", 113: "4 mg if cycles 1 to 4 were tolerated, else 3 mg", 729: None}),
        ("DKd", "dexamethasone", {1: "40 mg over days 1 and 2: shares not read",
                                  2: "40 mg over days 1 and 2: shares not read",
                                  16: "40 mg over days 15 and 16: shares not read",
                                  22: "40 mg",
                                  30: "40 mg over days 29 and 30: shares not read"}),
        ("Kd", "dexamethasone", {1: "20 mg", 2: "20 mg", 3: None, 9: "20 mg"}),
        ("Sd", "selinexor", dict.fromkeys((1, 3, 8), "80 mg (not above 70 mg/m2)")),
        ("SVd", "dexamethasone", {1: "20 mg", 2: "20 mg", 8: "20 mg"}),
        ("VenVd", "venetoclax", {1: "800 mg, each day from here on"}),
    ],
)  # fmt: skip
def test_the_calendar_names_the_dose_of_the_day(regimen: str, agent: str, doses: dict[int, str | None]) -> None:
    given = {d["day"]: d["doses"] for d in listed(regimen, weeks=105, case=of())["calendar"]}
    for day, dose in doses.items():
        told = [x.removeprefix(f"{agent} ") for x in given.get(day, []) if x.startswith(agent)]
        assert told == ([] if dose is None else [dose]), day


@pytest.mark.parametrize(("regimen", "sparse"), [("ERd", (64, 78)), ("EPd", (64, 71, 78))])
def test_dexamethasone_is_split_on_the_days_of_elotuzumab_and_whole_on_the_others(
    regimen: str, sparse: tuple[int, ...]
) -> None:
    for day in listed(regimen, weeks=12, case=of())["calendar"]:
        both = [d for d in day["doses"] if d.startswith(("elotuzumab", "dexamethasone"))]
        if day["day"] in sparse:
            assert [d for d in both if d.startswith("dexamethasone 40 mg")] == both and both
        elif both:
            assert len(both) == 2 and "28 mg by mouth" in both[1] and "8 mg IV" in both[1]


def test_a_dose_that_rises_on_a_day_that_was_not_read_says_so() -> None:
    for regimen in ("KPd", "KCd"):
        (row,) = [d for d in listed(regimen, case=of())["doses"] if d["agent"] == "carfilzomib"]
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
    on: dict[str, Any] = {
        "start": date(2026, 1, 5),
        "today": date(2026, 11, 25),
        "schedule": "every 2 weeks",
        "weeks": 60,
    }
    since = date(2026, 8, 17)
    made = listed("teclistamab", **on, since=since)
    days = [date.fromisoformat(d["date"]) for d in made["calendar"] if any("1.5 mg/kg" in x for x in d["doses"])]
    assert {(b - a).days for a, b in itertools.pairwise(days) if a >= since} == {14}
    assert since in days and made["undated"] == []
    weekly = [d for d in days if d < since]
    assert (weekly[-1] - weekly[-2]).days == 7, "what was before it stays as it was"


def test_a_schedule_left_on_a_day_that_is_not_told_is_not_dated_on() -> None:
    on: dict[str, Any] = {
        "start": date(2026, 1, 5),
        "today": date(2026, 11, 25),
        "schedule": "every 4 weeks",
        "weeks": 60,
    }
    made = listed("elranatamab", **on)
    (entry,) = made["undated"]
    assert "every 4 weeks" in entry["text"] and "--since" in entry["text"]
    last = [d["date"] for d in made["calendar"] if d["doses"]][-1]
    assert last <= "2026-06-22", "not on after the label's dates would have allowed the first step"


def test_talquetamab_spaced_out_takes_the_dose_of_its_new_schedule() -> None:
    on: dict[str, Any] = {"start": date(2026, 8, 3), "today": date(2026, 11, 25), "weeks": 20}
    made = listed("talquetamab", "EU", **on, schedule="0.8 mg/kg every 2 weeks", since=date(2026, 10, 5))
    given = {d["date"]: d["doses"] for d in made["calendar"]}
    assert given["2026-09-25"] == [f"talquetamab 0.4 mg/kg{BY_TABLE}"]
    assert given["2026-10-05"] == [f"talquetamab 0.8 mg/kg{BY_TABLE}"]
    assert "2026-10-02" not in given, "three days before would be a dose too close"
    assert "2026-10-09" not in given and given["2026-10-19"] == given["2026-10-05"]


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


@pytest.mark.parametrize("schedule", ["weekly", "every 2 weeks", "every 4 weeks"])
def test_the_plain_words_of_a_schedule_are_understood(schedule: str) -> None:
    assert listed("linvoseltamab", "EU", schedule=schedule)["deescalation"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("talquetamab", "every 2 weeks; weekly; 0.4 mg/kg weekly; 0.8 mg/kg every 2 weeks"),
        ("Tal-Dara", "every 2 weeks; 0.4 mg/kg weekly; 0.8 mg/kg every 2 weeks; weekly"),
        ("teclistamab", "weekly; every 2 weeks"),
        ("Tec-Dara", "weekly; every 2 weeks; every 4 weeks"),
        ("elranatamab", "weekly; every 2 weeks; every 4 weeks"),
        ("linvoseltamab", "weekly; every 2 weeks; every 4 weeks"),
        ("D-VRd", "weekly; every 3 weeks; every 4 weeks"),
        ("DRd", ""),
    ],
)
def test_the_error_names_each_schedule_that_is_understood(name: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        listed(name, schedule="thrice a day")
    named = str(raised.value).partition("write one of ")[2]
    assert named.rstrip(".") == words and (words or "has only one" in str(raised.value))
    for schedule in filter(None, words.split("; ")):
        assert listed(name, schedule=schedule)["doses"] is not None


# --- the day that was told ----------------------------------------------------------------------

ON: dict[str, Any] = {"start": date(2026, 1, 5), "today": date(2026, 11, 26)}


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
    with pytest.raises(UsageError, match="has not ended on that day"):
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
        [f"talquetamab {dose} mg/kg{BY_TABLE}"] for dose in ("0.01", "0.06", "0.4")
    ]
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
    response: dict[str, Any] = {"response": "CR"} if "response_on" in told else {}
    since = date(2026, 8, 1) if "response_on" in told else date(2026, 6, 29)
    warnings = listed(name, place, **ON, **told, **response, since=since)["warnings"]
    assert any(words in w for w in warnings), warnings


def test_a_first_day_needs_its_schedule() -> None:
    with pytest.raises(UsageError, match="give the schedule too"):
        listed("elranatamab", **ON, since=date(2026, 6, 1))


@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_each_dose_of_carfilzomib_names_the_most_that_it_may_be(place: str) -> None:
    for regimen in ("Kd", "DKd", "IsaKd", "KRd", "KPd", "KCd", "SKd"):
        for case in (None, of(demographics__weight_kg=120, demographics__height_cm=190)):
            made = listed(regimen, place, case=case)
            given = [d for d in made["doses"] if d["agent"] == "carfilzomib"]
            assert given and all("2.2 m2" in d["caps"][0]["text"] and d["caps"][0]["source"] for d in given)
            assert not any(d["caps"] for d in made["doses"] if d["agent"] not in ("carfilzomib", "selinexor"))
            for format in ("table", "markdown", "html", "ics"):
                assert "2.2 m2" in re.sub(r"\s+", " ", render("monitor", format, made)), (regimen, format)
    caps = {d["dose"]: [x["text"] for x in d["caps"]] for d in listed("KRd", place, case=of())["doses"]}
    assert caps["20 mg/m2"][1] == "EU: not more than 44 mg" and caps["27 mg/m2"][1] == "EU: not more than 60 mg"


def of_agent(name: str, agent: str, weeks: int, **fields: Any) -> dict[int, list[str]]:
    """What the calendar gives of an agent, by the day of treatment."""
    days = listed(name, weeks=weeks, case=of(**fields))["calendar"]
    given = {d["day"]: [x.removeprefix(f"{agent} ") for x in d["doses"] if x.startswith(agent)] for d in days}
    return {day: doses for day, doses in given.items() if doses}


def test_dexamethasone_with_carfilzomib_and_daratumumab_is_lowered_from_the_second_week_of_the_old() -> None:
    """From 75 years: whole in the first week; then 20 mg, before daratumumab in its weeks, else split."""
    given = of_agent("DKd", "dexamethasone", 28, demographics__age=78)
    before = "20 mg, all of it before daratumumab"
    assert given[1] == given[2] == ["40 mg over days 1 and 2: shares not read"]
    assert all(given[day] == [before] for day in (8, 15, 29, 36, 43, 57, 71, 85, 169))
    assert all(given[day] == ["20 mg"] for day in (22, 50, 78)) and all(
        given[day] == given[day + 1] == [f"20 mg over days {day} and {day + 1}: shares not read"]
        for day in (64, 92, 176, 183)
    )
    assert dosed("DKd", "dexamethasone", 28)[:4] == [1, 2, 8, 9]
    at_75 = of_agent("DKd", "dexamethasone", 8, demographics__age=75)
    assert at_75[1] == ["40 mg over days 1 and 2: shares not read"], "both sources agree on the first week"
    assert all("decide" in dose for day, (dose,) in at_75.items() if day > 2)


@pytest.mark.parametrize("age", [60, 78])
def test_the_first_dose_of_daratumumab_iv_is_halved_as_in_its_trial_with_carfilzomib(age: int) -> None:
    given = of_agent("DKd", "daratumumab", 12, demographics__age=age)
    assert "8 mg/kg on this day and 8 mg/kg on the next" in given[1][0] and "16 mg/kg" not in given[1][0]
    assert sorted(given) == [1, 2, 8, 15, 22, 29, 36, 43, 50, 57, 71]
    assert "only if IV the day before" in given[2][0] and "1800 mg SC" in given[1][0]
    assert all(doses == ["1800 mg SC (or 16 mg/kg IV, not both)"] for day, doses in given.items() if day > 2)


@pytest.mark.parametrize(
    "regimen", [r.id for r in CATALOGUE.regimens if any(d.given for c in r.agents for d in c.doses)]
)
def test_the_cell_of_a_day_has_no_dose_of_a_week(regimen: str) -> None:
    """ "80 mg twice weekly" in one cell could be read as two doses on this day."""
    steps = [s for a in find_regimen(CATALOGUE, regimen).agent_ids for s in CATALOGUE.handling.get(a, Handling()).steps]
    made = listed(regimen, case=of(), schedule="weekly" if any(s.schedule for s in steps) else "")
    cells = [dose for day in made["calendar"] for dose in day["doses"]]
    assert not [c for c in cells if re.search(r"\b(weekly|a week|split over|in all)\b", c)], regimen


def test_a_dose_that_was_read_for_the_first_cycle_is_not_dated_in_the_next() -> None:
    for name, agent, words, fields in (
        ("MP", "melphalan", "three quarters", {"fitness__frailty": "frail"}),
        ("Vd", "bortezomib", "0.7 mg/m2", {"labs__bilirubin_xuln": 2.0}),
        ("BVd", "bortezomib", "0.7 mg/m2", {"labs__bilirubin_xuln": 2.0}),
    ):
        given = of_agent(name, agent, 18, **fields)
        first = {day for day, doses in given.items() if words in doses[0]}
        length = CATALOGUE.regimen_by_id[name].cycle_days or 0
        assert first and max(first) <= length < max(given), name
        later = [doses[0] for day, doses in given.items() if day > length]
        assert all("decide the dose after the first cycle" in told for told in later), (name, later)


def test_the_dose_of_an_interval_that_was_not_chosen_has_no_number() -> None:
    for schedule, other in (("weekly", "0.8 mg/kg"), ("every 2 weeks", "0.4 mg/kg")):
        rows = [d for d in listed("talquetamab", "US", schedule=schedule)["doses"] if not d["days"].startswith("day ")]
        assert [d["dose"] for d in rows].count("dose of another schedule (ask with --schedule)") == 1
        assert other not in [d["dose"] for d in rows]


def test_the_frail_trial_of_d_r_was_given_its_dose_of_dexamethasone_above_75() -> None:
    """The general rule for the old, that a dose was not read, does not apply to a trial whose median age was 81."""
    assert of_agent("D-R", "dexamethasone", 8, demographics__age=82)[1] == ["20 mg weekly, two cycles only"]
    thin = of_agent("D-R", "dexamethasone", 8, demographics__age=60, demographics__weight_kg=45,
                    demographics__height_cm=170)  # fmt: skip
    assert thin[1] == ["by body mass: look it up"]
