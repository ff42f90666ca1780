"""The items of a checklist: none is missing, and none stands twice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mmadvisor.base.errors import UsageError
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.judging.case import Case
from mmadvisor.reports.options import monitoring
from mmadvisor.reports.recommend import advise
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.checklists import START, STEPPED, dosed, items, listed, of
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, patient

CATALOGUE = LOADED.catalogue


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


WOMAN: dict[str, Any] = {
    "demographics__sex": "female",
    "demographics__age": 38,
    "comorbidities__childbearing_potential": True,
}


def not_started(name: str, today: date, **fields: Any) -> list[str]:
    made = listed(name, case=of(**fields), start=date(2026, 12, 1), today=today)
    return [w for w in made["warnings"] if w.startswith("Do not start")]


def test_a_drug_is_not_started_while_what_must_come_before_it_is_late() -> None:
    found = not_started("VRd", date(2026, 11, 30), **WOMAN)
    assert any("lenalidomide" in w and "First pregnancy test" in w for w in found)
    assert any("Contraception, two methods" in w for w in found) and not any("bortezomib" in w for w in found)
    assert not not_started("VRd", date(2026, 11, 1), **WOMAN), "there is still time"
    assert not not_started("VRd", date(2026, 12, 20), **WOMAN), "it was started"
    assert not not_started("VRd", date(2026, 11, 30), **WOMAN | {"demographics__sex": "male"})
    assert not not_started("Kd", date(2026, 11, 30), **WOMAN)


def test_bortezomib_has_its_own_contraception() -> None:
    for name in ("VRd", "Vd", "DVd"):
        (item,) = items(listed(name, case=of(**WOMAN)), "until 3 months after the last dose (EU text)")
        assert item["applies"] == "yes" and item["drugs"] == ["bortezomib"]
        assert items(listed(name, case=of(demographics__sex="male")), "until 3 months after the last dose (EU text)")


def test_the_steroid_of_the_regimen_is_the_premedication() -> None:
    (item,) = items(
        listed("DVd"),
        "paracetamol 650 to 1000 mg by mouth, diphenhydramine 25 to 50 mg or an equivalent, dexamethasone 20 mg",
    )
    assert "none is added to it" in item["item"]


def test_two_doses_of_tocilizumab_are_at_hand_before_cilta_cel() -> None:
    (item,) = items(listed("cilta-cel"), "ICE score")
    assert "at least two doses (US text)" in item["item"]


@pytest.mark.parametrize(
    ("taken", "applies"), [(["rifampicin"], ["yes"]), (["Rifater"], ["yes"]), ([], []), (None, ["unknown"])]
)
def test_the_antiviral_of_a_carrier_is_checked_against_rifamycins(taken: Any, applies: list[str]) -> None:
    case = of(comorbidities__hepatitis_b="carrier", co_medication=taken)
    (item,) = items(listed("DRd", case=case), "Entecavir or tenofovir for a carrier")
    assert [x["applies"] for x in item["adapt"]] == applies


def test_no_length_is_dated_where_the_dose_is_not_known() -> None:
    old = of(demographics__age=84)
    made = listed("VRd-lite", case=old)
    cells = [d for x in made["calendar"] for d in x["doses"] if "look it up" in d or "see table" in d]
    assert cells and not any(d.endswith("days") for d in cells)


def test_a_dose_as_written_is_not_offered_by_a_double_negative() -> None:
    kidneys: list[dict[str, Any]] = [
        {"labs__creatinine_clearance_ml_per_min": 25},
        {"labs__creatinine_clearance_ml_per_min": None, "labs__creatinine_umol_per_l": None},
    ]
    for changes in kidneys:
        rows = [d for d in listed("IRd", case=of(**changes))["doses"] if d["agent"] == "ixazomib"]
        said = [v["when"] for row in rows if any(not v["dose"] for v in row["variants"]) for v in row["variants"]]
        assert said and not any(w.startswith(("unless", "otherwise")) for w in said), said


@pytest.mark.parametrize("name", ["elranatamab", "teclistamab", "linvoseltamab", "cilta-cel"])
def test_a_drug_that_needs_infection_treated_first_is_not_started_in_active_infection(name: str) -> None:
    """Every cell of the calendar is marked too, since each depends on the first: a nurse may read nothing else."""
    for grade in (1, 3):
        found = not_started(name, date(2026, 11, 30), comorbidities__active_infection_grade=grade)
        assert any("Active infection treated first" in w and f"active infection grade {grade}" in w for w in found)
    made = listed(name, case=of(comorbidities__active_infection_grade=1), today=date(2026, 11, 30))
    cells = [d for day in made["calendar"] for d in day["doses"]]
    assert cells and all(c.startswith("NOT YET: ") for c in cells)
    without = not_started(name, date(2026, 11, 30), comorbidities__active_infection_grade=0)
    assert not any("Active infection" in w for w in without)
    assert not not_started(name, date(2026, 12, 20), comorbidities__active_infection_grade=1), "it was started"


def test_an_infection_of_grade_3_calls_for_its_row_now() -> None:
    for grade, now in ((2, "no"), (3, "yes"), (None, "unknown")):
        made = listed("teclistamab", case=of(comorbidities__active_infection_grade=grade))
        (row,) = items(made, "Grade 3 to 4 infection")
        assert row["now"] == now and "label's table of delays comes first" in row["item"]


def test_the_steroid_before_daratumumab_is_decided_when_that_of_the_regimen_ends() -> None:
    (row,) = items(listed("D-R", case=of()), "Decide the steroid before daratumumab")
    assert row["dates"] == ["2027-01-26"] and row["verified"] == "unverified"
    assert not items(listed("DRd", case=of()), "Decide the steroid before daratumumab")


@pytest.mark.parametrize(("regimen", "schedule"), STEPPED)
@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_each_step_has_its_premedication_and_its_watch_in_every_place(regimen: str, schedule: str, place: str) -> None:
    """A row of the place for one dose left out the rows of other places for all other doses."""
    agent = "teclistamab" if regimen == "Tec-Dara" else regimen
    handling = CATALOGUE.handling[agent]
    read: dict[str, Any] = {"premedication": handling.premedication, "observation": handling.observation}
    made = listed(regimen, place, schedule=schedule, case=of())
    steps = [d["dates"][0][0] for d in made["doses"] if d["agent"] == agent and d["days"].startswith("day ")]
    for what, rows in read.items():
        named = {dose for row in rows if not row.regimens or regimen in row.regimens for dose in row.doses}
        due = {day for t in made["tasks"] if t["short"] == f"{agent}: {what}" for day in t["dates"]}
        asked = {
            d["dates"][0][0]
            for d in made["doses"]
            if d["days"].startswith("day ") and d["dose"] in named and d["dates"]
        }
        assert asked <= due, (what, sorted(asked - due))
        assert steps or any(t["short"] == f"{agent}: {what}" for t in made["tasks"]), what


@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
@pytest.mark.parametrize(
    ("name", "fields", "words", "before"),
    [
        ("cilta-cel", {}, "Lymphodepletion", 6),
        ("ide-cel", {}, "Lymphodepletion", 5),
        ("teclistamab", {"comorbidities__hepatitis_b": "carrier", "co_medication": ["rifampicin"]}, "for a carrier", 1),
        ("elranatamab", {"comorbidities__hepatitis_b": "carrier", "co_medication": []}, "for a carrier", 1),
        ("DRd", {"comorbidities__hepatitis_b": "carrier", "co_medication": None}, "for a carrier", 1),
        ("Kd", {"comorbidities__hepatitis_b": "carrier", "co_medication": []}, "for a carrier", 1),
    ],
)
def test_no_drug_starts_without_a_step_that_is_past_and_not_recorded_as_done(
    name: str, place: str, fields: dict[str, Any], words: str, before: int
) -> None:
    """The first dose depends on it, and so does every later one: each cell is marked, and the top says it."""
    case = of(**fields)
    late, in_time = (
        listed(name, place, case=case, start=START, today=START - timedelta(days=before - past)) for past in (1, 0)
    )
    assert any(w.startswith("Do not start") and words in w and "its last day was" in w for w in late["warnings"])
    assert not any(words in w for w in in_time["warnings"])
    first = late["warnings"][0]
    agents = [CATALOGUE.formulary.by_id[a].name for a in find_regimen(CATALOGUE, name).agent_ids]
    cells = [d for x in late["calendar"] for d in x["doses"] if any(a in d for a in agents if a in first)]
    assert cells and all(c.startswith("NOT YET: ") for c in cells)


@pytest.mark.parametrize("drug", ["entecavir", "tenofovir disoproxil", "tenofovir alafenamide", "Vemlidy"])
def test_an_antiviral_that_is_taken_is_not_late(drug: str) -> None:
    case = of(comorbidities__hepatitis_b="carrier", co_medication=[drug])
    made = listed("teclistamab", case=case, start=START, today=START)
    assert not any("for a carrier" in w for w in made["warnings"])
    assert not items(made, "for a carrier")[0]["late"]


@pytest.mark.parametrize(("name", "first"), [("cilta-cel", -5), ("ide-cel", -4)])
def test_each_day_of_lymphodepletion_has_its_cell_without_a_dose(name: str, first: int) -> None:
    """The doses depend on the kidneys, and are in the task of the same day."""
    from tests.builders.drawn import render

    made = listed(name, case=of(), today=START - timedelta(days=20))
    days = {d["day"]: d for d in made["calendar"]}
    for n in range(3):
        (cell,) = days[first + n]["doses"]
        assert cell.startswith(f"lymphodepletion with cyclophosphamide and fludarabine, day {n + 1} of 3")
        assert cell.endswith(f"doses by the task of {days[first]['date']}")
    assert any("Lymphodepletion" in t for t in days[first]["tasks"])
    text = render("monitor", "ics", made).replace("\r\n ", "")
    assert text.count("lymphodepletion with cyclophosphamide") >= 6 and "no dose, tasks only): lympho" not in text


FIRST_SCREEN = [
    ("teclistamab", "US", ["teclistamab: premedication", "48 h in hospital"], "teclistamab"),
    ("elranatamab", "US", ["elranatamab: premedication", "in hospital"], "elranatamab 12 mg"),
    ("KRd", "US", ["Hydration IV"], "carfilzomib"),
    ("DVd", "US", ["Premedication"], "daratumumab"),
    ("IsaPd", "EU", ["Premedication"], "isatuximab"),
    ("EPd", "EU", ["Premedication"], "elotuzumab"),
]


@pytest.mark.parametrize(("name", "place", "words", "dose"), FIRST_SCREEN)
def test_the_first_screen_has_what_belongs_to_each_dose_before_all_else(
    name: str, place: str, words: list[str], dose: str
) -> None:
    from tests.builders.drawn import render

    made = listed(name, place, case=of(), start=START, today=START)
    days = [d for d in made["calendar"] if 1 <= d["day"] <= 8 and any(x.startswith(dose) for x in d["doses"])]
    assert days
    screen = " ".join(render("monitor", "table", made, full=False).split())
    told: set[str] = set()
    for day in days:
        mine = screen.split(f"{day['date']} ", maxsplit=1)[1] if day["day"] > 1 else screen
        due = day["tasks"][: day["of_dose"]]
        for word in words:
            assert any(word in t for t in due), (day["date"], word)
        # What an earlier day has is counted there with its day, so that the screen stays one (9.19).
        assert all(t in mine for t in due if t not in told), day["date"]
        assert told.isdisjoint(due) or " tasks as on " in mine, day["date"]
        told.update(due)


@pytest.mark.parametrize("regimen", ["KRd", "Kd", "DKd", "IsaKd"])
@pytest.mark.parametrize("age", [60, 84])
def test_dexamethasone_before_carfilzomib_is_only_on_days_with_it(regimen: str, age: int) -> None:
    """A task on another day would invite an extra dose."""
    made = listed(regimen, "EU", case=of(demographics__age=age))
    given = {d["date"] for d in made["calendar"] if any(x.startswith("dexamethasone") for x in d["doses"])}
    for row in items(made, "Dexamethasone 30 minutes"):
        assert set(row["dates"]) <= given


@pytest.mark.parametrize("regimen", ["SVd", "BVd", "PVd", "IsaKd", "Kd"])
@pytest.mark.parametrize("place", ["US", "EU"])
def test_a_steroid_that_is_not_decided_keeps_its_days(regimen: str, place: str) -> None:
    """With the first day of a week alone, a ward would give half of the course."""

    def days(age: int) -> list[int]:
        made = listed(regimen, place, case=of(demographics__age=age))
        return [d["day"] for d in made["calendar"] if any(x.startswith("dexamethasone") for x in d["doses"])]

    assert set(days(60)) <= set(days(84)), "the dose of the younger has the days as written"
