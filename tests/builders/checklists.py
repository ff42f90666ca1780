"""Checklists as tests ask for them: of a regimen, from a day on."""

from __future__ import annotations

from datetime import date
from typing import Any

from mmadvisor.care.monitor import monitor
from mmadvisor.care.spacing import Course
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.judging.case import Case
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.patients import TRIPLE_CLASS_REFRACTORY, patient

START = date(2026, 12, 1)


def listed(name: str, place: str = "US", weeks: int = 12, case: Case | None = None, **course: Any) -> Any:
    regimen = find_regimen(LOADED.catalogue, name)
    told = {"start": START, "today": DAY} | course
    return monitor(LOADED.catalogue, regimen, Course(**told), LOADED.stamp(), place=place, case=case, weeks=weeks)


def items(made: Any, words: str) -> list[Any]:
    return [t for t in made["tasks"] if words in t["item"]]


CATALOGUE = LOADED.catalogue
STEPPED = [("elranatamab", ""), ("teclistamab", ""), ("linvoseltamab", ""), ("talquetamab", "weekly"),
           ("talquetamab", "every 2 weeks"), ("Tec-Dara", "")]  # fmt: skip


def of(**fields: Any) -> Case:
    return Case.of(a_patient(**patient(*TRIPLE_CLASS_REFRACTORY, **fields)), CATALOGUE, DAY, jurisdiction="US")


def dosed(name: str, agent: str, weeks: int = 80, place: str = "US", **course: Any) -> list[int]:
    """The days of an agent, runs of days written out."""
    made = listed(name, place, weeks=weeks, **course)
    runs = [run for row in made["doses"] if row["agent"] == agent for run in row["dates"]]
    spans = [(date.fromisoformat(a) - START, date.fromisoformat(b) - START) for a, b in runs]
    return sorted(day + 1 for first, last in spans for day in range(first.days, last.days + 1))


def given_on(made: Any, day: int) -> str:
    return "; ".join(d for x in made["calendar"] if x["day"] == day for d in x["doses"])
