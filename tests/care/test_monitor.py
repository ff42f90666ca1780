"""The dated checklist (S17, S18), adapted to the patient; thrombosis scores; readiness for spacing out (S21)."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from mmadvisor.base.errors import UsageError
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.desk.cli import run
from mmadvisor.formats.schedule import named_by
from mmadvisor.judging.case import Case
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.checklists import START, STEPPED, items, listed, of
from tests.builders.patients import TRIPLE_CLASS_REFRACTORY, patient

CATALOGUE = LOADED.catalogue
PLACES = ["", *CATALOGUE.jurisdictions]


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
        if (not s.regimens or name in s.regimens) and (not s.schedule or schedule in named_by(s.schedule))
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


# --- the command --------------------------------------------------------------------------------


def test_the_command_and_its_data(capsys: pytest.CaptureFixture[str]) -> None:
    example = "examples/hk-triple-class-refractory.yaml"
    asked = ["monitor", "elranatamab", "--start", "2026-12-01", "--today", "2026-12-03", "--patient", example]
    assert run([*asked, "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["schema"] == "mmadvisor/monitor/1" and made["jurisdiction"] == "HK" and made["verdict"]
    assert run([*asked, "--full"]) == 0
    page = " ".join(capsys.readouterr().out.split())
    for words in ("2026-12-04", "ALREADY PAST", "NOW: IgG", "Spacing out", "Not read for HK", "Not for this patient", made["intended_use"][:40]):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--start", "2026-12"], "a full date"),
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
