"""Every regimen for twelve patients: each number of the calendar belongs to a dose whose conditions are known to hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.judging.dosing import Dosing
from tests.builders.checklists import listed
from tests.judging.test_dosing import CATALOGUE, PLACES, TWELVE, case_of

# An amount, with the first of a range, and without the days and hours beside it.
AMOUNT = re.compile(r"\d+(?:\.\d+)?(?= ?(?:mg|million|to \d+ mg))")
WHO = list(TWELVE)


def amounts(*texts: str) -> set[str]:
    return {amount for text in texts for amount in AMOUNT.findall(text)}


def given(made: Any, regimen: Regimen) -> Iterator[tuple[str, str]]:
    """Each dose of the calendar, with its agent."""
    agents = {CATALOGUE.formulary.by_id[a].name: a for a in regimen.agent_ids}
    for day in made["calendar"]:
        for cell in day["doses"]:
            names = [name for name in agents if cell.removeprefix("NOT YET: ").startswith(name)]
            if names:
                yield agents[max(names, key=len)], cell
            else:
                assert cell.startswith("lymphodepletion") and not AMOUNT.search(cell), cell


@pytest.mark.parametrize("turn", range(len(PLACES)))
@pytest.mark.parametrize("who", WHO)
def test_every_number_of_the_calendar_is_of_a_dose_that_is_known_to_hold(who: str, turn: int) -> None:
    """Each patient meets each regimen in one place; over four patients a regimen is asked in each place."""
    for index, regimen in enumerate(CATALOGUE.regimens):
        place = PLACES[(WHO.index(who) + index) % len(PLACES)]
        if index % len(PLACES) != turn:
            continue
        case = case_of(place, **TWELVE[who])
        handled = [CATALOGUE.handling[a] for a in regimen.agent_ids if a in CATALOGUE.handling]
        by_schedule = any(step.schedule for handling in handled for step in handling.steps)
        told = {"schedule": "weekly"} if by_schedule else {}
        made = listed(regimen.id, place, weeks=8, case=case, **told)
        doses = Dosing(CATALOGUE, regimen, place, case).given
        for agent, cell in given(made, regimen):
            rows = [d for d in made["doses"] if d["agent"] == agent]
            holding = amounts(*(row.cell for row in doses[agent] if row.stands))
            beside = amounts(*(said["text"] for row in rows for said in (*row["in_mg"], *row["caps"])))
            steps = CATALOGUE.handling[agent].steps if agent in CATALOGUE.handling else ()
            stepped = amounts(*(step.dose for step in steps))
            noted = amounts(*(row.row.note for row in doses[agent] if row.stands))
            assert amounts(cell) <= holding | beside | stepped | noted, (regimen.id, place, cell)
