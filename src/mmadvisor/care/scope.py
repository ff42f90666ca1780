"""The inputs of a checklist (regimen, course, jurisdiction, patient), and the rows that apply to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from mmadvisor.care.spacing import Course
from mmadvisor.catalogue.care import Score
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.formats.drugs import Handling, Row
from mmadvisor.formats.patient import Therapy
from mmadvisor.judging.case import Case
from mmadvisor.judging.checklist import here

_R = TypeVar("_R", bound=Row)


@dataclass(frozen=True, eq=False)
class Scope:
    """One course of a regimen.

    Attributes:
        catalogue: The catalogue.
        regimen: The regimen that was chosen.
        course: The day of the first dose, today, and the course so far.
        place: Code of the jurisdiction; empty if none was given.
        case: The patient; ``None`` if there is none.
        last: The last day with a date. Day 1 is the day of the first dose.
    """

    catalogue: Catalogue
    regimen: Regimen
    course: Course
    place: str
    case: Case | None
    last: int

    def date(self, day: int) -> date:
        """The date of a day of treatment; day 1 is the day of the first dose."""
        return self.course.start + timedelta(days=day - 1)

    def cycle_of(self, day: int) -> int:
        """The cycle of a day of treatment; a regimen without cycles counts by the longest usual cycle."""
        later = {c.from_cycle: c.days for c in self.regimen.later_cycles}
        length = self.regimen.cycle_days or int(self.catalogue.definitions.longest_usual_cycle_days.value)
        cycle, past = 1, length
        while day > past:
            cycle += 1
            length = later.get(cycle, length)
            past += length
        return cycle

    @property
    def scores(self) -> list[Score]:
        """The scores for the regimen."""
        return [score for score in self.catalogue.scores if self.catalogue.matches(score.applies_to, self.regimen)]

    def handling(self, agent: str) -> Handling:
        """The catalogue's entry on handling an agent."""
        return self.catalogue.handling.get(agent, Handling())

    def handled(self) -> Iterator[tuple[str, Handling]]:
        """Each agent with its handling."""
        for agent in self.regimen.agent_ids:
            yield agent, self.handling(agent)

    def therapy(self, agent: str) -> Therapy | None:
        """The ongoing therapy of the patient with the agent; ``None`` if there is none."""
        therapies = self.case.history.patient.therapies if self.case else ()
        on = [t for t in therapies if t.stop == "ongoing" and any(g.agent == agent for g in t.given)]
        return on[-1] if on else None

    def here(self, rows: Sequence[_R]) -> list[_R]:
        """The rows that apply to this regimen in this jurisdiction.

        If the jurisdiction has no row, the rows of the other jurisdictions are returned.
        """
        return here(rows, self.regimen, self.place)

    def name(self, agent: str) -> str:
        """The name of an agent in sentences."""
        return self.catalogue.formulary.by_id[agent].name
