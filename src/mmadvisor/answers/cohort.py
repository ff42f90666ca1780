"""The records of `batch`, counted. The format is ``mmadvisor/cohort/1``."""

from __future__ import annotations

from typing import Literal, final

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Answer, Engine

SCHEMA = "mmadvisor/cohort/1"

TableId = Literal[
    "lines", "exposed", "refractory", "labels", "treat-now", "emergencies", "options", "groups", "regimens",
    "open-fields", "closed-by", "years", "places", "by",
]  # fmt: skip
# What a table counts, in the order of its columns.
Column = Literal[
    "patients", "yes", "doubtful", "unknown", "no", "with-option", "with-main-option", "regimens", "option",
    "not-ranked", "undetermined", "deferred", "ineligible", "first",
]  # fmt: skip
COLUMNS: dict[TableId, tuple[Column, ...]] = {
    "lines": ("patients",),
    "exposed": ("yes", "unknown", "no"),
    "refractory": ("yes", "doubtful", "unknown", "no"),
    "labels": ("yes", "unknown", "no"),
    "treat-now": ("patients",),
    "emergencies": ("patients",),
    "options": ("patients",),
    "groups": ("patients", "regimens"),
    "regimens": ("option", "not-ranked", "undetermined", "deferred", "ineligible", "first"),
    "open-fields": ("regimens", "patients"),
    "closed-by": ("regimens", "patients"),
    "years": ("patients", "with-option", "with-main-option"),
    "places": ("patients", "with-option", "with-main-option"),
    "by": ("patients", "with-option", "with-main-option"),
}


class CohortRow(TypedDict):
    """One row: its name, and its numbers in the order of the columns of the table; null is a count that is masked.

    ``text``: what the name means, if the records say so; otherwise empty.
    """

    name: str
    text: str
    numbers: list[int | None]


class CohortTable(TypedDict):
    """One table.

    - ``lines``: records by the number of prior lines, which may be a range.
    - ``exposed``, ``refractory``, ``labels``: records by what is known of each class, or of each term.
    - ``treat-now``: records by the answer. ``emergencies``: records with each emergency.
    - ``options``: records by the number of options; ``withheld`` has no ranking.
    - ``groups``: for each group the records with an option in it, and their options.
    - ``regimens``: for each regimen the records by verdict. ``option``: it has a rank; ``not-ranked``: it is open, and
      has none. ``first``: no option ranks above it; deferred regimens, which keep their rank free, do not count.
    - ``open-fields``: for each missing field the undetermined regimens that depend on it (``regimens``, over all
      records), and the records in which there is one; a place in a list is left out of the field.
    - ``closed-by``: for each criterion the regimens that it closes or defers, and the records in which it does.
    - ``years``, ``places``, ``by``: records by the year of the decision, by jurisdiction, and by the folder of the
      input or by ``--by``; of these, the records with an option, and with an option of the group ``main``.
    """

    id: TableId
    columns: list[Column]
    rows: list[CohortRow]


@final
class Cohort(Answer):
    """The records of `batch`, counted in tables."""

    schema: str
    """Name and version of the format."""
    made_on: str
    """The day of the run."""
    files: list[str]
    """The files with the records."""
    records: int
    """The number of records."""
    patients: int
    """The number of distinct ids."""
    by: str
    """What the rows of the table ``by`` are: ``folder``, or the field or column of ``--by``; empty without one."""
    masked: bool
    """Whether counts from 1 to 4 are null, with further counts that would show them."""
    tables: list[CohortTable]
    """The tables; a table without rows is left out."""
    engine: Engine
    """The program and its version."""
    intended_use: str
    """What the program is for."""
