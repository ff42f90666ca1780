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
    """Name and version of the format."""
    agent: str
    """Id of the drug."""
    name: str
    """Name of the drug."""
    jurisdiction: str
    """Code of the place whose label applies; empty where none was given."""
    schedule: str
    """The schedule before the interruption, as given."""
    last_dose: str
    """The last dose, as given."""
    last_given: str
    """Day of the last dose."""
    today: str
    """Day of the next dose."""
    days: int
    """Days from the last dose to that day."""
    action: str
    """What to do: continue, repeat a dose, restart the step-up, check the label, or `stopped`: give none before a
    specialist has decided."""
    dose: str
    """The next dose; empty where no row of the label may be used."""
    row: str
    """The row of the label in words."""
    note: str
    """A note on the row."""
    withheld: str
    """Why no dose is given today; empty where one may be."""
    only_if: str
    """What must hold first, where the interruption was for an event."""
    review: str
    """Whether benefit and risk must be weighed first, after a long interruption."""
    premedication: list[Said]
    """Premedication for this dose."""
    observation: list[Said]
    """Where and for how long the patient is watched after it."""
    holds: list[HoldRow]
    """Rows of the label for the event that caused the interruption."""
    practice: list[Said]
    """What guidelines recommend besides the label."""
    source: str
    """Key of the source of the row."""
    verified: str
    """How the source was read."""
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""


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
    """Name and version of the format."""
    agent: str
    """Id of the drug."""
    name: str
    """Name of the drug."""
    event: str
    """The event, by the name that the catalogue uses."""
    jurisdiction: str
    """Code of the place whose label applies; empty where none was given."""
    grade: GradeEntry | None
    """The grade that follows from the inputs; null where none was given."""
    conflict: str
    """Where the grade that was given is not the one that follows from the inputs."""
    decision: Decision
    """What the rows of the label amount to, taken together."""
    rows: list[HoldRow]
    """Rows of the label for the event."""
    elsewhere: list[HoldRow]
    """Rows of the labels of other places."""
    practice: list[Said]
    """What guidelines recommend besides the label."""
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""
