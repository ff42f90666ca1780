"""Readiness for spacing out (S21): each condition of the label on both sides."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mmadvisor.base.errors import UsageError
from mmadvisor.care.spacing import months_after
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.formats.drugs import Deescalation
from mmadvisor.judging.case import Case
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.checklists import items, listed
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, patient

CATALOGUE = LOADED.catalogue


ROWS = [(regimen, agent, row)
        for regimen in ("elranatamab", "teclistamab", "linvoseltamab", "Tec-Dara")
        for agent in find_regimen(CATALOGUE, regimen).agent_ids
        for row in getattr(CATALOGUE.handling.get(agent), "deescalation", ())
        if not row.regimens or regimen in row.regimens]  # fmt: skip


def readiness(regimen: str, row: Deescalation, **course: Any) -> tuple[str, str]:
    made = listed(regimen, "US", schedule=row.leave.text, **course)
    (step,) = [s for s in made["deescalation"] if s["leave"] == row.leave.text and s["enter"] == row.enter.text]
    return step["ready"], step["earliest"]


@pytest.mark.parametrize(("regimen", "agent", "row"), ROWS, ids=lambda x: x if isinstance(x, str) else x.enter.text)
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
    made = listed(regimen, "US", schedule=row.enter.text, **full | {"since": ripe})
    there = [s for s in made["deescalation"] if s["leave"] == row.leave.text]
    assert [s["ready"] for s in there] == ["no"], "a schedule that it is not on cannot be left"


def test_what_cannot_be_is_refused() -> None:
    begun: dict[str, Any] = {"start": date(2026, 1, 5), "today": date(2026, 12, 10), "response": "VGPR"}
    for change, said in (
        ({"schedule": "nonsense"}, "--schedule nonsense: write one of"),
        ({"schedule": "week"}, "Did you mean weekly"),
        ({"since": date(2025, 6, 1)}, "before the first dose"),
        ({"response_on": date(2020, 1, 1)}, "before the first dose"),
        ({"start": date(2027, 1, 1)}, "is after today"),
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
    """What a nurse copies from the calendar is not the full dose of a patient with low counts."""

    def case_for(**changes: Any) -> Case:
        return Case.of(a_patient(**patient(*LEN_REFRACTORY, **changes)), CATALOGUE, DAY, jurisdiction="US")

    ill = case_for(labs__platelets_10e9_per_l=40)
    made = listed("DRd", "US", case=ill)
    given = [d for day in made["calendar"] for d in day["doses"]]
    assert all("as written: adapt it, counts" in d for d in given if d.startswith("lenalidomide"))
    assert not any("adapt it" in d for d in given if d.startswith("dexamethasone"))
    assert any(d["adapt"] == "counts" for d in made["doses"] if d["agent"] == "lenalidomide")
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
    row = next(r for _, _, r in ROWS if r.leave.text == "weekly")
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


def test_a_row_of_another_place_is_never_ready_here() -> None:
    """By its dates Tec-Dara may be spaced out; for the EU nothing of it was read."""
    ripe: dict[str, Any] = {"start": date(2026, 1, 5), "today": date(2026, 11, 25), "schedule": "weekly"}
    us, eu = ([s["ready"] for s in listed("Tec-Dara", p, **ripe)["deescalation"] if s["leave"] == "weekly"] for p in ("US", "EU"))  # fmt: skip
    assert us == ["yes"] and eu == ["unknown"]


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
    ripe: dict[str, Any] = {
        "start": date(2025, 1, 6),
        "today": date(2026, 11, 25),
        "response": "CR",
        "response_on": date(2025, 6, 2),
    }
    assert [s["ready"] for s in listed("teclistamab", **ripe)["deescalation"]] == ["unknown"]
