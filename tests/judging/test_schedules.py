"""Which schedule of a regimen is proposed: the one that the facts of the patient call for, and the others are named."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.judging.dosing import Dosing
from mmadvisor.render import words
from mmadvisor.reports.regimen import regimen_page
from tests.builders.blank import DAY, LOADED, answer_for
from tests.builders.checklists import given_on, listed, of
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, patient
from tests.judging.test_dosing import AMOUNT, TWELVE, case_of, dosing

CATALOGUE = LOADED.catalogue
NERVES: dict[str, Any] = {"comorbidities__peripheral_neuropathy_grade": 1}
NOT_NERVES: dict[str, Any] = {"comorbidities__peripheral_neuropathy_grade": None}
FRAIL: dict[str, Any] = {"fitness__frailty": "frail"}
NOT_FRAIL: dict[str, Any] = {"fitness__frailty": None}
WITH_OTHERS = [r.id for r in CATALOGUE.regimens if r.schedules]


def days_of(name: str, agent: str, **changes: Any) -> list[int]:
    made = listed(name, case=case_of(**changes), weeks=4)
    formulary = CATALOGUE.formulary.by_id
    return [x["day"] for x in made["calendar"] if any(d.startswith(formulary[agent].name) for d in x["doses"])]


def line(name: str, **changes: Any) -> str:
    return words.proposed_schedule(listed(name, case=case_of(**changes))["schedules"])


TWICE, WEEKLY, LESS = (
    "twice-weekly bortezomib (usual)", "weekly bortezomib", "weekly bortezomib with less melphalan and prednisone"
)  # fmt: skip
BY_NERVES = f"{WEEKLY} (peripheral neuropathy grade 1)"
ALCYONE = "bortezomib as in ALCYONE"
CARFILZOMIB = "Proposed: twice-weekly carfilzomib (usual); also: once-weekly carfilzomib (US label)"


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("PVd", {}, f"Proposed: {TWICE}; also: {WEEKLY}"),
        ("PVd", NERVES, f"Proposed: {BY_NERVES}; also: {TWICE}"),
        ("PVd", NOT_NERVES, f"Not settled (peripheral neuropathy grade not recorded): {TWICE} or {WEEKLY}"),
        ("DVd", FRAIL, f"Proposed: {WEEKLY} (frail (as recorded)); also: {TWICE}"),
        ("DVd", NOT_FRAIL, f"Not settled (frailty not recorded): {TWICE} or {WEEKLY}"),
        ("DVd", NOT_FRAIL | NERVES, f"Proposed: {BY_NERVES}; also: {TWICE}"),
        ("VMP", {"demographics__age": 75}, f"Proposed: {TWICE}; also: {WEEKLY}; {ALCYONE}; {LESS}"),
        (
            "VMP",
            {"demographics__age": 76} | NERVES,
            f"Decide: {BY_NERVES} or {LESS} (age 76 years); also: {TWICE}; {ALCYONE}",
        ),
        ("Kd", {}, CARFILZOMIB),
        ("Kd", FRAIL, CARFILZOMIB),
    ],
)
def test_the_schedule_for_which_the_facts_call_is_proposed_and_the_others_are_named(
    name: str, changes: dict[str, Any], said: str
) -> None:
    assert line(name, **changes) == said


@pytest.mark.parametrize(
    ("name", "agent", "changes", "days"),
    [
        ("PVd", "bortezomib", {}, [1, 4, 8, 11, 22, 25]),
        ("PVd", "bortezomib", NERVES, [1, 8, 15, 22]),
        ("PVd", "dexamethasone", NERVES, [1, 8, 15, 22]),
        ("DVd", "bortezomib", FRAIL, [1, 8, 15, 22]),
        ("Vd", "bortezomib", FRAIL, [1, 8, 15, 22]),
        ("VMP", "bortezomib", {"demographics__age": 80}, [1, 8, 15, 22]),
        ("Kd", "carfilzomib", FRAIL, [1, 2, 8, 9, 15, 16]),
        ("PVd", "bortezomib", NOT_NERVES, [1, 4, 8, 11, 22, 25]),
    ],
)
def test_the_calendar_has_the_days_of_the_proposed_schedule(
    name: str, agent: str, changes: dict[str, Any], days: list[int]
) -> None:
    assert days_of(name, agent, **changes) == days


def test_the_agents_of_a_schedule_are_chosen_together() -> None:
    made = listed("PVd", case=case_of(**NERVES), weeks=5)
    dated = {(d["agent"], d["days"]) for d in made["doses"] if d["dates"]}
    assert dated == {("pomalidomide", "1-21 of 28"), ("bortezomib", "1, 8, 15, 22 of 28"), ("dexamethasone", "1, 8, 15, 22 of 28")}  # fmt: skip
    assert made["cycle_days"] == 28


def test_no_number_stands_in_a_schedule_that_a_missing_fact_could_exclude() -> None:
    made = listed("DVd", case=case_of(**NOT_FRAIL), weeks=3)
    rows = {(d["agent"], d["schedule"]): d for d in made["doses"]}
    for agent, schedule in (("bortezomib", "twice-weekly bortezomib"), ("bortezomib", "weekly bortezomib")):
        row = rows[agent, schedule]
        assert not AMOUNT.search(row["dose"].partition(" (")[0]) and "fitness.frailty" in row["waits_for"]
        assert [v["dose"] for v in row["variants"]] == ["1.3 mg/m2"]
    assert "bortezomib by schedule (frailty not recorded): see table" in given_on(made, 1)
    assert rows["daratumumab", ""]["dose"].startswith("1800 mg")


def test_where_two_schedules_are_called_for_nothing_that_differs_is_dated() -> None:
    made = listed("VMP", case=case_of(demographics__age=80, **NERVES), weeks=6)
    assert not [d["agent"] for d in made["doses"] if d["dates"]]
    assert {x["name"] for x in made["undated"]} == {"bortezomib", "melphalan", "prednisone"}
    assert all("weekly bortezomib with less melphalan and prednisone" in x["text"] for x in made["undated"])


def test_a_dose_that_was_not_read_for_a_schedule_has_no_number_and_no_day() -> None:
    made = listed("DVd", case=case_of(**FRAIL), weeks=3)
    assert [x for x in made["undated"] if x["name"] == "dexamethasone"] and "dexamethasone" not in given_on(made, 1)


@pytest.mark.parametrize("name", WITH_OTHERS)
@pytest.mark.parametrize("changes", [{}, FRAIL, NOT_FRAIL, NERVES, NOT_NERVES, {"demographics__age": 80}])
def test_the_checklist_the_page_and_each_format_name_one_proposal(name: str, changes: dict[str, Any]) -> None:
    case = case_of(**changes)
    made = listed(name, case=case, weeks=2)
    raw = patient(*LEN_REFRACTORY, **changes)
    page = regimen_page(
        CATALOGUE, name, LOADED.stamp(), answer_for(**raw, jurisdiction="US"), day=DAY, place="US", case=case
    )  # fmt: skip
    assert page["schedules"] == made["schedules"]
    said = re.sub(r"\W+", "", words.proposed_schedule(made["schedules"]))
    for format in ("table", "markdown", "html", "ics"):
        for kind, answer in (("monitor", made), ("page", page)):
            if (kind, format) != ("page", "ics"):
                folds = "\r?\n[ ]" if format == "ics" else "<[^>]+>"
                assert said in re.sub(r"\W+", "", re.sub(folds, "", render(kind, format, answer))), (kind, format)


@pytest.mark.parametrize("name", WITH_OTHERS)
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("fitness__frailty", ("fit", "intermediate", "frail")),
        ("comorbidities__peripheral_neuropathy_grade", (0, 1, 2, 3, 4)),
        ("demographics__age", (60, 75, 76, 90)),
    ],
)
def test_recording_a_fact_excludes_schedules_and_settles_no_dose_otherwise(
    name: str, field: str, values: tuple[Any, ...]
) -> None:
    nothing: dict[str, Any] = {field: None}
    less = dosing(name, **nothing)
    for value in values:
        something: dict[str, Any] = {field: value}
        full = dosing(name, **something)
        assert {o.name for o in full.schedules.possible} <= {o.name for o in less.schedules.possible}
        for agent, rows in full.given.items():
            for row, open_row in zip(rows, less.given[agent], strict=True):
                assert not open_row.stands or (row.stands and row.cell == open_row.cell), (agent, value, row.cell)


@pytest.mark.parametrize("who", TWELVE)
@pytest.mark.parametrize("name", WITH_OTHERS)
def test_a_number_that_is_dated_is_of_the_only_schedule_that_is_possible(name: str, who: str) -> None:
    regimen = find_regimen(CATALOGUE, name)
    chosen = dosing(name, **TWELVE[who])
    case = case_of(**TWELVE[who])
    called = [
        s.name for s in regimen.schedules
        if s.called_for and s.called_for.decide(case.history, CATALOGUE.words).truth is Truth.MET
    ]  # fmt: skip
    shown = chosen.schedules.shown
    assert (shown.key if shown else None) == (called[0] if len(called) == 1 else None if called else "")
    for component in regimen.agents:
        for given in chosen.given[component.agent]:
            open_ = chosen.schedules.is_open(component, given.row)
            assert not (open_ and given.stands), (component.agent, given.cell)


def test_without_a_patient_no_schedule_that_a_fact_calls_for_is_settled() -> None:
    for name in WITH_OTHERS:
        regimen = find_regimen(CATALOGUE, name)
        entries = Dosing(CATALOGUE, regimen, "US", None).schedules.entries()
        asked = {s.name for s in regimen.schedules if s.called_for}
        told = {e["name"]: "other" for e in entries[1:]} | dict.fromkeys(asked, "possible")
        told[entries[0]["name"]] = "possible" if asked else "proposed"
        assert {e["name"]: e["status"] for e in entries} == told, name


def test_a_regimen_with_one_schedule_names_none() -> None:
    made = listed("DRd", case=case_of())
    assert made["schedules"] == [] and {d["schedule"] for d in made["doses"]} == {""}


def test_each_condition_of_a_schedule_is_cited() -> None:
    for name in WITH_OTHERS:
        made = listed(name, case=case_of())
        for schedule in made["schedules"]:
            for claim in (schedule, *schedule["conditions"]):
                assert claim["source"] in made["sources"] and claim["verified"], (name, claim)
            assert bool(schedule["conditions"]) is bool(schedule["when"])


@pytest.mark.parametrize(
    ("name", "agent", "number"),
    [("IsaPd", "isatuximab", "1400 mg"), ("Dara-mono", "daratumumab", "16 mg/kg"), ("CP", "cyclophosphamide", "100 mg"),
     ("Kd", "carfilzomib", "70 mg/m2"), ("VMP", "bortezomib", "1.3 mg/m2")],
)  # fmt: skip
def test_the_dose_of_a_schedule_that_is_not_proposed_is_only_among_the_variants(
    name: str, agent: str, number: str
) -> None:
    """Who reads the doses of an answer would add it to the dose of the proposed schedule."""
    made = listed(name, "US", case=of(demographics__age=60, comorbidities__peripheral_neuropathy_grade=0))
    proposed = [x["name"] for x in made["schedules"] if x["status"] == "proposed"]
    rows = [d for d in made["doses"] if d["agent"] == agent and d["schedule"] not in ("", *proposed)]
    assert rows and not any(re.search(r"\d", d["dose"]) or d["dates"] for d in rows)
    assert any(number in v["dose"] and v["holds"] == "no" for d in rows for v in d["variants"])
