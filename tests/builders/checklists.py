"""Checklists as tests ask for them: of a regimen, from a day on."""

from __future__ import annotations

from datetime import date
from typing import Any

from mmadvisor.care.monitor import monitor
from mmadvisor.care.spacing import Course
from mmadvisor.judging.case import Case
from mmadvisor.reports.regimen import find_regimen
from tests.builders.blank import DAY, LOADED

START = date(2026, 12, 1)


def listed(name: str, place: str = "US", weeks: int = 12, case: Case | None = None, **course: Any) -> Any:
    regimen = find_regimen(LOADED.catalogue, name)
    told = {"start": START, "today": DAY} | course
    return monitor(LOADED.catalogue, regimen, Course(**told), LOADED.stamp(), place=place, case=case, weeks=weeks)


def items(made: Any, words: str) -> list[Any]:
    return [t for t in made["tasks"] if words in t["item"]]
