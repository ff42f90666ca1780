"""Doses that are not given today: the counts on record, and every dose after a step that is stopped."""

from __future__ import annotations

import itertools
import json
import re
from datetime import date
from typing import Any

import pytest

from mmadvisor.desk.cli import run
from mmadvisor.formats.drugs import Count, Hold
from mmadvisor.formats.patient import Labs
from tests.builders.blank import LOADED
from tests.builders.checklists import START, listed, of
from tests.builders.drawn import render

TODAY = date(2026, 11, 30)
CATALOGUE = LOADED.catalogue
WAITING = ("withhold", "interrupt", "stop")


def cells(made: Any, agent: str) -> list[str]:
    return [
        d for day in made["calendar"] for d in day["doses"] if d.removeprefix("NOT YET: ").casefold().startswith(agent)
    ]


@pytest.mark.parametrize(
    ("regimen", "agent", "field", "value", "words"),
    [
        ("DKd", "carfilzomib", "platelets", 8, "withhold (platelets 8; US label: below 10 ×10⁹/L)"),
        ("DKd", "carfilzomib", "neutrophils", 0.3, "withhold (neutrophils 0.3; US label: below 0.5 ×10⁹/L)"),
        ("DRd", "lenalidomide", "platelets", 20, "US label: below 30 ×10⁹/L"),
        ("Pd", "pomalidomide", "neutrophils", 0.4, "US label: below 0.5 ×10⁹/L"),
        ("Sd", "selinexor", "platelets", 20, "interrupt (platelets 20"),
        ("elranatamab", "elranatamab", "neutrophils", 0.4, "withhold (neutrophils 0.4"),
        ("DVd", "bortezomib", "platelets", 20, "withhold (platelets 20"),
    ],
)
def test_a_dose_that_a_row_withholds_has_no_number(
    regimen: str, agent: str, field: str, value: float, words: str
) -> None:
    """A nurse may read nothing but the cell, or the title of an appointment."""
    case = of(**{f"labs__{field}_10e9_per_l": value})
    made = listed(regimen, case=case, today=TODAY)
    mine = cells(made, agent)
    assert mine and words in mine[0], mine[:2]
    assert all(cell.startswith("NOT YET: ") for cell in mine), mine
    assert not any("mg" in cell for cell in mine)
    rows = [d for d in made["doses"] if d["agent"] == agent]
    assert rows and not any("mg" in d["dose"] or d["in_mg"] for d in rows)
    assert words.split(" ", maxsplit=1)[0] in rows[0]["dose"] or "label" in rows[0]["dose"]
    assert "NOT YET" in render("monitor", "ics", made).replace("\r\n ", "")
    assert not any("NOT YET" in cell for cell in cells(made, "dexamethasone"))


@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
@pytest.mark.parametrize("value", [0.1, 5.0])
def test_no_row_that_withholds_at_a_count_leaves_a_number_in_any_place(place: str, value: float) -> None:
    """For every drug with rows by counts, in every regimen with it: here or elsewhere, a person decides first."""
    case = of(labs__platelets_10e9_per_l=value, labs__neutrophils_10e9_per_l=value / 20)
    for agent, handling in CATALOGUE.handling.items():
        if not any(
            r.count and r.action in WAITING and r.count.of in ("platelets", "neutrophils") for r in handling.holds
        ):
            continue
        with_it = [
            r for r in CATALOGUE.regimens if agent in r.agent_ids and "relapse" in r.uses and not r.investigational
        ]
        for regimen in itertools.islice(with_it, 3):
            schedule = "weekly" if "talquetamab" in regimen.agent_ids else ""
            made = listed(regimen.id, place, case=case, today=TODAY, schedule=schedule)
            name = CATALOGUE.formulary.by_id[agent].name.casefold()
            assert all(c.startswith("NOT YET: ") for c in cells(made, name)), (regimen.id, place)


def _inside(count: Count) -> float:
    """A value within the limits of a row."""
    if count.below is not None:
        return count.below - 0.1
    return count.at_most if count.at_most is not None else count.at_least or 0.0


FIELDS = {CATALOGUE.words.field(f"labs.{name}"): name for name in Labs.defaults()}
BY_COUNT = [
    (agent, row)
    for agent, handling in CATALOGUE.handling.items()
    for row in handling.holds
    if row.count and row.count.of in FIELDS and row.read and row.action in WAITING
]


@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
@pytest.mark.parametrize(("agent", "row"), BY_COUNT, ids=[f"{a}-{r.event}-{i}" for i, (a, r) in enumerate(BY_COUNT)])
def test_each_row_by_counts_marks_the_drug_in_each_regimen(agent: str, row: Hold, place: str) -> None:
    """Just inside the limit of one row alone, and in whichever regimen the drug is given."""
    assert row.count is not None
    case = of(**{f"labs__{FIELDS[row.count.of]}": _inside(row.count)})
    name = CATALOGUE.formulary.by_id[agent].name.casefold()
    for regimen in CATALOGUE.regimens:
        if agent in regimen.agent_ids and not regimen.investigational:
            schedule = "weekly" if "talquetamab" in regimen.agent_ids else ""
            made = listed(regimen.id, place, weeks=4, case=case, today=TODAY, schedule=schedule)
            assert all(c.startswith("NOT YET: ") for c in cells(made, name)), regimen.id


@pytest.mark.parametrize("regimen", ["BPd", "IsaPd", "Pd", "EPd", "DPd", "PVd"])
@pytest.mark.parametrize(("place", "waits"), [("EU", True), ("UK", True), ("HK", True), ("US", False)])
def test_pomalidomide_waits_between_the_limits_of_two_labels(regimen: str, place: str, *, waits: bool) -> None:
    """The EU text gives it again from neutrophils of 1.0, the US text from 0.5; the row of the place is beside it."""
    made = listed(regimen, place, case=of(labs__neutrophils_10e9_per_l=0.7), today=TODAY)
    mine = cells(made, "pomalidomide")
    assert mine and all(c.startswith("NOT YET: ") == waits for c in mine), mine[:1]
    assert all("neutrophils 0.7" in c for c in mine)
    assert all("section 4.2" in c or not waits for c in mine if place != "HK")
    assert all("withhold below 0.5" in c for c in mine) or waits


@pytest.mark.parametrize("value", [8, 40])
def test_low_counts_without_a_row_of_the_place_leave_no_number(value: float) -> None:
    """There is no reduced dose to adapt to: the cell names what to look up, and the row of another place."""
    mine = cells(listed("DKd", "UK", case=of(labs__platelets_10e9_per_l=value), today=TODAY), "carfilzomib")
    assert mine and all(c.startswith("NOT YET: ") and "mg" not in c for c in mine), mine
    assert ("look it up in the label, section 4.2" in mine[0]) if value == 40 else ("US label: withhold" in mine[0])


def test_a_count_that_no_row_of_the_place_reaches_names_the_row() -> None:
    made = listed("DKd", case=of(labs__platelets_10e9_per_l=40), today=TODAY)
    first = cells(made, "carfilzomib")[0]
    assert "20 mg/m2" in first and "US label: withhold below 10 ×10⁹/L" in first


def test_a_reduced_dose_is_named_with_its_row() -> None:
    first = cells(listed("Sd", case=of(labs__platelets_10e9_per_l=60), today=TODAY), "selinexor")[0]
    assert "adapt it" in first and "reduce" in first and "from 25 to below 75" in first


def test_doses_before_today_are_not_marked() -> None:
    made = listed("DKd", case=of(labs__platelets_10e9_per_l=8), start=date(2026, 11, 20), today=TODAY)
    marked = {d["date"]: any(x.startswith("NOT YET") for x in d["doses"]) for d in made["calendar"] if d["doses"]}
    assert not any(on for day, on in marked.items() if day < TODAY.isoformat())
    assert any(on for day, on in marked.items() if day >= TODAY.isoformat())


def test_a_run_that_has_begun_is_marked_today() -> None:
    made = listed("DRd", case=of(labs__platelets_10e9_per_l=8), start=date(2026, 11, 20), today=TODAY)
    (today,) = [d for d in made["calendar"] if d["date"] == TODAY.isoformat()]
    assert any(x.startswith("NOT YET: lenalidomide") for x in today["doses"])


@pytest.mark.parametrize("name", ["elranatamab", "teclistamab", "linvoseltamab"])
@pytest.mark.parametrize("grade", [1, 2, 3])
def test_every_dose_after_a_stopped_step_is_marked(name: str, grade: int) -> None:
    made = listed(name, case=of(comorbidities__active_infection_grade=grade), today=TODAY, start=START)
    doses = cells(made, name)
    assert len(doses) > 3 and all(c.startswith("NOT YET: ") for c in doses)


@pytest.mark.parametrize("agent", ["elranatamab", "teclistamab", "talquetamab"])
@pytest.mark.parametrize(
    ("last_dose", "on", "lacking"),
    [
        ("unknown", "2026-10-01", "which dose"),
        ("unknown", "unknown", "which dose was given last and the exact day"),
        ("76 mg", "unknown", "the exact day"),
        ("0.4 mg/kg", "2026-10", "the exact day"),
        ("1.5 mg/kg", "2026-10-01/2026-10-20", "the exact day"),
    ],
)
def test_an_unknown_last_dose_or_day_has_no_dose_and_names_the_record(
    agent: str, last_dose: str, on: str, lacking: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never the last full dose: the record is found first."""
    command = ["restart", agent, "--last-dose", last_dose, "--on", on, "-j", "US", "--as-of", "2026-11-30"]
    assert run([*command, "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["action"] == "find-record" and made["dose"] == made["headline"] == "" and made["plan"] == []
    assert lacking in made["note"] and "never the last full dose" in made["note"]
    for shape in ("table", "html", "markdown"):
        assert run([*command, "--format", shape]) == 0
        out = capsys.readouterr().out
        assert "never the last full dose" in " ".join(out.split())


def test_a_day_that_is_no_date_is_still_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["restart", "elranatamab", "--last-dose", "76 mg", "--on", "tomorrow", "-j", "US"]) == 2
    assert "tomorrow" in capsys.readouterr().err


def test_a_single_schedule_is_no_choice(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["restart", "talquetamab", "--last-dose", "0.06 mg/kg", "--on", "2026-11-01", "-j", "EU"]
    assert run(command) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "one of" not in said and "the only rows that were read are for the schedule weekly" in said


def test_the_row_of_the_grade_leads_and_the_first_drug_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["hold", "elranatamab", "CRS", "--grade", "2", "-j", "US", "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["decision"]["text"].startswith("Withhold, by the row of grade 2; give no further dose before")
    given = [x["text"] for x in made["give"]]
    first = next(i for i, text in enumerate(given) if "8 mg/kg IV" in text)
    again = next(i for i, text in enumerate(given) if "once more" in text)
    assert first < again


def test_a_count_above_the_row_names_the_row_in_the_headline(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["hold", "carfilzomib", "platelets", "--count", "40", "-j", "US", "--format", "json"]
    assert run([*command[:2], "thrombocytopenia", *command[3:]]) == 0
    text = json.loads(capsys.readouterr().out)["decision"]["text"]
    assert "no row of US that was read withholds by itself (withhold at platelets below 10" in text
    assert run(command) == 0, "an ordinary name of the test is an event too"


@pytest.mark.parametrize(("event", "count"), [("thrombocytopenia", 20), ("platelets", 24), ("neutropenia", 0.4)])
def test_bortezomib_is_withheld_by_the_counts_that_the_calendar_uses(
    event: str, count: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hold", "bortezomib", event, "--count", str(count), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["decision"]["text"].casefold().startswith("withhold")


@pytest.mark.parametrize(("regimen", "agent"), [("DVd", "bortezomib"), ("DKd", "carfilzomib")])
def test_each_cell_says_that_a_drug_is_given_after_dialysis(regimen: str, agent: str) -> None:
    on, off = (cells(listed(regimen, case=of(comorbidities__dialysis=state)), agent) for state in (True, False))
    assert on and all("dialysis: after the session ‡" in cell for cell in on)
    assert off and not any("dialysis" in cell for cell in off)


LIGHT = {"demographics__weight_kg": 43}
LOW = {"labs__platelets_10e9_per_l": 45}


@pytest.mark.parametrize(
    ("regimen", "field"),
    [*((r, LOW) for r in ("SVd", "Sd", "SKd", "SPd", "SDd")), *((r, LIGHT) for r in ("SVd", "Sd", "SKd", "SDd"))],
)
def test_selinexor_has_no_number_that_its_own_row_forbids(regimen: str, field: dict[str, Any]) -> None:
    """Counts for which the row has a lower dose, and a weight at which the cap may be lower than the dose."""
    made = listed(regimen, case=of(**field), today=TODAY)
    mine = cells(made, "selinexor")
    assert mine and not any(re.search(r"\d mg(?!/m2)", cell) for cell in mine), mine[0]
    assert all(cell.startswith(("selinexor: lower dose: look it up", "selinexor: dose by surface")) for cell in mine)
    assert not any(
        re.search(r"\d mg", d["dose"].replace("mg/m2", "")) for d in made["doses"] if d["agent"] == "selinexor"
    )


def test_selinexor_keeps_its_number_from_the_weight_on() -> None:
    heavy = cells(listed("Sd", case=of(demographics__weight_kg=60), today=TODAY), "selinexor")
    assert heavy and all("mg" in cell and "dose by surface" not in cell for cell in heavy)
