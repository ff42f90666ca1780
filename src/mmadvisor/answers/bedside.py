"""After an interruption and at an event: formats ``mmadvisor/restart/1`` and ``mmadvisor/hold/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import CatalogueStamp, Cited

RESTART = "mmadvisor/restart/1"


HOLD = "mmadvisor/hold/1"


class Said(Cited):
    """One line with its source; ``by`` is whose word it is."""

    text: str
    by: str
    source: str
    verified: str


class RestartAdvice(Cited):
    """What the label's table gives for an interruption; ``dose`` is empty where no row may be acted on.

    ``only_if``: what must hold first where the interruption was for an event; action ``stopped`` where a row at that
    event and grade speaks of stopping, or a specialist must decide first; ``check-label`` where no row was read for it.
    """

    schema: str
    agent: str
    name: str
    jurisdiction: str
    schedule: str
    last_dose: str
    last_given: str
    today: str
    days: int
    action: str
    dose: str
    row: str
    note: str
    withheld: str
    only_if: str
    review: str
    premedication: list[Said]
    observation: list[Said]
    holds: list[HoldRow]
    practice: list[Said]
    source: str
    verified: str
    catalogue: CatalogueStamp
    intended_use: str


class HoldRow(Cited):
    """One row of a label at an event; ``action`` and ``text`` are the check where it was not read.

    ``recalled``: the action of a row that was not read, which may hold the next dose and ends nothing for good.
    ``or_stop``: the row leaves it to the severity whether the drug is stopped for good.
    """

    event: str
    grades: list[int]
    action: str
    recalled: str
    or_stop: bool
    text: str
    jurisdictions: list[str]
    read: bool
    source: str
    verified: str


class GradeEntry(Cited):
    """The grade of an event by its inputs: a range while an input is not known."""

    at_least: int
    at_most: int
    because: list[str]
    missing: list[str]
    source: str
    verified: str


class SectionEntry(Cited):
    """Where a label has its actions at events; ``by`` is whose label."""

    section: str
    by: str
    source: str
    verified: str


class Decision(Cited):
    """What the rows at an event come to, before they are read one by one.

    ``action``: ``by-rows``, where all that speak of the grade ask the same, which is then ``text``; ``decide-today``,
    where they differ or one may ask to stop for good; ``check-label``, where none was read; ``stop-until-decided``, at
    events that end treatment until a specialist decides. Without ``by-rows`` no further dose is given before that.
    """

    action: str
    text: str
    because: list[str]
    sections: list[SectionEntry]
    source: str
    verified: str


class HoldAdvice(TypedDict):
    """What to do with an agent at an event; ``conflict`` where the grade told is not that of the inputs.

    ``event`` is the catalogue's name for what was asked; ``elsewhere`` are the rows of other places.
    """

    schema: str
    agent: str
    name: str
    event: str
    jurisdiction: str
    grade: GradeEntry | None
    conflict: str
    decision: Decision
    rows: list[HoldRow]
    elsewhere: list[HoldRow]
    practice: list[Said]
    catalogue: CatalogueStamp
    intended_use: str
