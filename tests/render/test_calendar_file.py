"""The calendar of a course as an iCalendar file: every day of it, nothing that a clinic's calendar could misread."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest

from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.care.monitor import monitor
from mmadvisor.care.spacing import Course
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.desk.cli import run
from mmadvisor.render.calendar_file import CHECK
from tests.builders.blank import LOADED
from tests.builders.drawn import render

START = date(2026, 12, 1)


def checklist(regimen: str = "teclistamab", *, place: str = "UK", schedule: str = "", today: date = START) -> Any:
    made = find_regimen(LOADED.catalogue, regimen)
    course = Course(start=START, today=today, schedule=schedule)
    return monitor(LOADED.catalogue, made, course, LOADED.stamp(), place=place, weeks=12)


def entries(text: str) -> list[Any]:
    return list(icalendar.Calendar.from_ical(text).walk("VEVENT"))


def test_each_day_of_the_calendar_is_an_entry_of_a_whole_day_with_what_is_given_and_done() -> None:
    answer = checklist()
    found = entries(render("monitor", "ics", answer))
    assert [e["dtstart"].dt.isoformat() for e in found] == [day["date"] for day in answer["calendar"]]
    for entry, day in zip(found, answer["calendar"], strict=True):
        assert entry["dtend"].dt - entry["dtstart"].dt == timedelta(days=1)
        assert all(said in entry["description"] for said in [*day["doses"], *day["tasks"]])
        assert entry["transp"] == "TRANSPARENT" and entry["class"] == "PRIVATE"


def test_each_entry_says_to_check_it_against_the_prescription_and_what_it_is_for() -> None:
    for entry in entries(render("monitor", "ics", checklist())):
        assert CHECK in entry["summary"] and CHECK.capitalize() in entry["description"]
        assert INTENDED_USE in entry["description"]


def test_an_agent_without_dates_is_named_on_every_day() -> None:
    answer = checklist("VTD-PACE")
    assert answer["undated"]
    for entry in entries(render("monitor", "ics", answer)):
        assert all(f"{gap['name']}: {gap['text']}" in entry["description"] for gap in answer["undated"])


def test_a_dose_that_waits_for_a_fact_stands_without_a_number_and_with_its_variants() -> None:
    answer = checklist("Rd")
    waiting = next(d for d in answer["doses"] if d["variants"])
    first = next(e for e in entries(render("monitor", "ics", answer)) if e["dtstart"].dt == START)
    assert all(f"{waiting['name']}, {v['when']}: " in first["description"] for v in waiting["variants"])


def test_a_later_file_replaces_the_entries_of_an_earlier_one() -> None:
    earlier, later = (entries(render("monitor", "ics", checklist(today=START + timedelta(days=n)))) for n in (0, 3))
    assert [e["uid"] for e in earlier] == [e["uid"] for e in later]
    assert len({e["uid"] for e in earlier}) == len(earlier)
    assert all(a["sequence"] < b["sequence"] for a, b in zip(earlier, later, strict=True))
    elsewhere = entries(render("monitor", "ics", checklist("elranatamab")))
    assert {e["uid"] for e in elsewhere}.isdisjoint(e["uid"] for e in earlier)


def test_the_first_entry_says_what_to_check_before_the_list_is_used() -> None:
    answer = checklist()
    answer["warnings"] = ["no steps were read for this place"]
    first, *_ = entries(render("monitor", "ics", answer))
    assert all(said in first["description"] for said in answer["warnings"])


def test_hostile_text_adds_no_line_of_its_own() -> None:
    answer = checklist()
    answer["calendar"][0]["doses"] = ["x\r\nEND:VEVENT\r\nBEGIN:VALARM \u202e\x1b[31m"]
    text = render("monitor", "ics", answer)
    assert len(entries(text)) == len(answer["calendar"])
    assert not {"\x1b", "\u202e"} & set(text)
    assert not [line for line in text.split("\r\n") if line.startswith(("BEGIN:VALARM", "X-"))]


def test_lines_end_and_fold_as_the_standard_asks() -> None:
    text = render("monitor", "ics", checklist())
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75


def test_the_command_writes_it_by_the_suffix_of_the_output(here: Path) -> None:
    assert run(["monitor", "DVd", "--start", "2026-12-01", "--patient", "p.yaml", "--output", "dvd.ics"]) == 0
    found = entries((here / "dvd.ics").read_bytes().decode())
    assert found and all(e["summary"].startswith("hk-001, ") for e in found)


def test_an_answer_without_days_says_which_answer_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "DKd", "--format", "ics"]) == 2
    assert "monitor" in capsys.readouterr().err


def test_without_the_library_the_error_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "icalendar", None)
    assert run(["monitor", "DVd", "--start", "2026-12-01", "--format", "ics"]) == 2
    assert "mmadvisor[calendar]" in capsys.readouterr().err
