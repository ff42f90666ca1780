"""Advice after an interruption and at an adverse event: ``mmadvisor/restart/1`` and ``mmadvisor/hold/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import CatalogueStamp, Cited, Engine, SourceEntry

RESTART = "mmadvisor/restart/1"


HOLD = "mmadvisor/hold/1"


class Said(Cited):
    """One line of advice with its source; ``by`` names the label or guideline that gives it."""

    text: str
    by: str
    source: str
    verified: str


class PlannedDose(Cited):
    """One dose after an interruption: on which day, with which premedication, and how the patient is watched."""

    dose: str
    on: str
    note: str
    premedication: list[Said]
    observation: list[Said]
    source: str
    verified: str


class RestartAdvice(Cited):
    """The row of the label's table for an interruption; ``dose`` is empty if no row may be used.

    ``only_if``: the condition that must be met first, if an event caused the interruption. ``action`` is ``stopped`` if
    a row for that event and grade may require stopping, or if a specialist must decide first. It is ``check-label`` if
    no row for the event was looked up at its source.
    """

    schema: str
    """Name and version of the format."""
    agent: str
    """Id of the drug."""
    name: str
    """Name of the drug."""
    jurisdiction: str
    """Code of the jurisdiction whose label applies; empty if none was given."""
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
    """What to do: continue, repeat a dose, restart the step-up, check the label, or `stopped` (ask a specialist)."""
    dose: str
    """The next dose; empty where no row of the label may be used."""
    headline: str
    """What to give on which day and what follows, in one sentence; empty where no dose is given."""
    plan: list[PlannedDose]
    """The next dose, and the later steps of the step-up with their days."""
    sections: list[SectionEntry]
    """Sections of labels with the table of interruptions, where it must be looked up."""
    beware: list[Said]
    """What goes wrong where a drug is restarted without its table."""
    row: str
    """The row of the label in words."""
    note: str
    """A note on the row."""
    withheld: str
    """Why no dose is given today; empty if a dose may be given."""
    only_if: str
    """What must be true first, if an event caused the interruption."""
    review: str
    """Whether benefit and risk must be weighed first, after a long interruption."""
    premedication: list[Said]
    """Premedication for this dose."""
    observation: list[Said]
    """Where and for how long the patient is observed after the dose."""
    holds: list[HoldRow]
    """Rows of the label for the event that caused the interruption."""
    elsewhere: list[HoldRow]
    """Rows of the labels of other places for that event; of premedication and watch the stricter stands."""
    practice: list[Said]
    """What guidelines recommend besides the label."""
    source: str
    """Key of the source of the row."""
    verified: str
    """How the source was read."""
    sources: dict[str, SourceEntry]
    """The sources of everything in the answer, by key."""
    engine: Engine
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""


class HoldRow(Cited):
    """One row of a label for an adverse event.

    ``recalled`` is the action of a row that was not read: it may withhold the next dose, and never ends treatment for
    good. ``or_stop``: the row lets the severity decide whether the drug is stopped for good. ``only_with`` is a further
    condition of the row, and ``count`` the laboratory values to which it applies.
    """

    event: str
    grades: list[int]
    action: str
    recalled: str
    or_stop: bool
    only_with: str
    count: str
    text: str
    jurisdictions: list[str]
    read: bool
    source: str
    verified: str


class GradeEntry(Cited):
    """The grade of an event that follows from its inputs; a range if an input is unknown."""

    at_least: int
    at_most: int
    because: list[str]
    missing: list[str]
    source: str
    verified: str


class SectionEntry(Cited):
    """The section of a label about adverse events; ``by`` names the label."""

    section: str
    by: str
    source: str
    verified: str


class Decision(Cited):
    """The decision that follows from all rows for an event together.

    ``action`` is one of these. Except with ``by-rows``, no further dose is given until the decision is made.

    - ``by-rows``: all rows for the grade agree; ``text`` is what they require.
    - ``decide-today``: the rows differ, or a row may require stopping for good.
    - ``check-label``: no row was looked up at its source.
    - ``stop-until-decided``: the event ends treatment until a specialist decides.
    """

    action: str
    text: str
    because: list[str]
    sections: list[SectionEntry]
    source: str
    verified: str


class HoldAdvice(TypedDict):
    """What to do with an agent at an adverse event.

    ``event``: the catalogue's name for the given event. ``conflict``: a sentence if the given grade does not follow
    from the inputs. ``elsewhere``: the rows of other jurisdictions.
    """

    schema: str
    """Name and version of the format."""
    agent: str
    """Id of the drug."""
    name: str
    """Name of the drug."""
    event: str
    """The event, by the catalogue's name."""
    jurisdiction: str
    """Code of the jurisdiction whose label applies; empty if none was given."""
    grade: GradeEntry | None
    """The grade that follows from the inputs; null if no inputs were given."""
    conflict: str
    """Where the grade that was given is not the one that follows from the inputs."""
    count: float | None
    """The laboratory value that was given; null where none was."""
    days: int | None
    """Days since the last dose; null where its day was not given."""
    first: list[Said]
    """What comes before the drug: another cause, or an emergency beside the event."""
    decision: Decision
    """What the rows of the label amount to, taken together."""
    give: list[Said]
    """What to give for the event by its grade, with the greatest dose and number of doses where they were read."""
    examine: list[Said]
    """What to examine."""
    ask: list[Said]
    """Questions whose answer changes what comes first."""
    rows: list[HoldRow]
    """Rows of the label for the event."""
    elsewhere: list[HoldRow]
    """Rows of the labels of other jurisdictions."""
    practice: list[Said]
    """What guidelines recommend besides the label."""
    sources: dict[str, SourceEntry]
    """The sources of everything in the answer, by key."""
    engine: Engine
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""
