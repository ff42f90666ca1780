"""What a checklist is made of: regimen, course, place and patient; and which rows of the catalogue hold for these."""

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

_R = TypeVar("_R", bound=Row)


@dataclass(frozen=True, eq=False)
class Scope:
    """One course of a regimen.

    Attributes:
        catalogue: All that is known.
        regimen: What was chosen.
        course: The first dose, today, and how it goes.
        place: The jurisdiction; empty where none is named.
        case: The patient, where there is one.
        last: The last day that is written out, counted from the first dose, which is day 1.
    """

    catalogue: Catalogue
    regimen: Regimen
    course: Course
    place: str
    case: Case | None
    last: int

    def date(self, day: int) -> date:
        """The date of a day of treatment."""
        return self.course.start + timedelta(days=day - 1)

    @property
    def scores(self) -> list[Score]:
        """The scores that are asked before the regimen."""
        return [score for score in self.catalogue.scores if self.catalogue.matches(score.applies_to, self.regimen)]

    def handling(self, agent: str) -> Handling:
        """What is known of the handling of an agent."""
        return self.catalogue.handling.get(agent, Handling())

    def handled(self) -> Iterator[tuple[str, Handling]]:
        """The agents with what is known of their handling."""
        for agent in self.regimen.agent_ids:
            yield agent, self.handling(agent)

    def therapy(self, agent: str) -> Therapy | None:
        """The therapy with the agent that the patient is on."""
        therapies = self.case.history.patient.therapies if self.case else ()
        on = [t for t in therapies if t.stop == "ongoing" and any(g.agent == agent for g in t.given)]
        return on[-1] if on else None

    def here(self, rows: Sequence[_R]) -> list[_R]:
        """The rows of a table for this regimen and place; those of others where the place has none."""
        mine = [r for r in rows if not r.regimens or self.regimen.id in r.regimens]
        local = [r for r in mine if not self.place or not r.jurisdictions or self.place in r.jurisdictions]
        return local or mine

    def name(self, agent: str) -> str:
        """An agent as it is written for people."""
        return self.catalogue.formulary.by_id[agent].name
