"""Advice after an interruption and at an adverse event: ``mmadvisor/restart/1`` and ``mmadvisor/hold/1``."""

from __future__ import annotations

from mmadvisor.answers.stamps import Answer, CatalogueStamp, Cited, Engine, SourceEntry

RESTART = "mmadvisor/restart/1"


HOLD = "mmadvisor/hold/1"


class Said(Cited):
    """One line of advice with its source; ``by`` names the label or guideline that gives it."""

    text: str
    by: str
    source: str
    verified: str


class PlannedDose(Cited):
    """One dose after an interruption: on which day, with which premedication, and how the patient is watched.

    ``edition``: the day of the table of interruptions that was read, and whether a later revision was not read.
    """

    dose: str
    on: str
    note: str
    edition: str
    premedication: list[Said]
    observation: list[Said]
    source: str
    verified: str


class RestartAdvice(Answer, Cited):
    """What to give after an interruption, from the label's table; ``dose`` is empty if no row may be used.

    If an event caused the interruption, ``only_if`` is the condition that must be met first. ``action`` is then
    ``stopped`` if a row for the event and its grade may require stopping, or if a specialist must decide first. It is
    ``check-label`` if no row for the event was looked up at its source.
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
    days: int | None
    """Days from the last dose to that day; null if its day is not known exactly."""
    action: str
    """What to do: continue, repeat a dose, restart the step-up, check the label, `stopped` (ask a specialist), or
    `find-record` (the last dose or its day is not known)."""
    dose: str
    """The next dose; empty if no row of the label may be used."""
    headline: str
    """What to give on which day and what follows, in one sentence; empty if no dose is given."""
    plan: list[PlannedDose]
    """The next dose, and the later steps of the step-up with their days."""
    next_due: str
    """Day of the dose after the last one of `plan`; empty if its interval was not read."""
    sections: list[SectionEntry]
    """Sections of labels that contain the table of interruptions, if the table must be looked up."""
    beware: list[Said]
    """What can go wrong if a drug is restarted without the table of its label."""
    in_mg: list[Said]
    """How the label turns the doses into mg; empty if no dose is given."""
    row: str
    """The row of the label in words."""
    note: str
    """A note on the row."""
    edition: str
    """The day of the table that was read, and whether a later revision was not read; empty if no dose is given."""
    withheld: str
    """Why no dose is given today; empty if a dose may be given."""
    only_if: str
    """The condition that must be met first, if an event caused the interruption; otherwise empty."""
    review: str
    """That benefit and risk must be weighed first, after a long interruption; otherwise empty."""
    premedication: list[Said]
    """Premedication for this dose."""
    observation: list[Said]
    """Where and for how long the patient is observed after the dose."""
    holds: list[HoldRow]
    """Rows of the label for the event that caused the interruption."""
    elsewhere: list[HoldRow]
    """Rows of the labels of other places for that event; of premedication and observation, the stricter applies."""
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

    - ``recalled``: the action of a row that was not read. It may withhold the next dose, and never ends treatment for
      good.
    - ``or_stop``: by the row, the severity of the event decides whether the drug is stopped for good.
    - ``only_with``: a further condition of the row.
    - ``count``: the laboratory values to which the row applies.
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

    At an event that begins while the drug is given, ``text`` begins with what is done at once.
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


class HoldAdvice(Answer):
    """What to do with an agent at an adverse event.

    ``event``: the catalogue's name for the event. ``conflict``: a sentence if the grade that was given does not follow
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
    """A sentence if the grade that was given does not follow from the inputs; otherwise empty."""
    count: float | None
    """The laboratory value that was given; null if none was given."""
    days: int | None
    """Days since the last dose; null if the day of the last dose was not given."""
    first: list[Said]
    """What to consider before the drug itself: another cause, or an emergency besides the event."""
    decision: Decision
    """The decision that follows from all rows of the label together."""
    give: list[Said]
    """What to give for the event by its grade, with the maximum dose and number of doses if these were read."""
    examine: list[Said]
    """What to examine."""
    ask: list[Said]
    """Questions whose answers change what to consider first."""
    rows: list[HoldRow]
    """Rows of the label for the event."""
    elsewhere: list[HoldRow]
    """Rows of the labels of other jurisdictions."""
    at_other_values: list[HoldRow]
    """Rows of the label that go by other laboratory values than the one that was given."""
    levels: list[Said]
    """The dose levels of the drug, if a row that was read is shown: what one level lower means."""
    practice: list[Said]
    """What guidelines recommend besides the label."""
    sources: dict[str, SourceEntry]
    """The sources of everything in the answer, by key."""
    engine: Engine
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""
