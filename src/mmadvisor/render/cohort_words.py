"""The counts of a cohort in words: titles of tables, columns, rows, and what they do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmadvisor.base.english import plural
from mmadvisor.render import audit_words
from mmadvisor.render.audit_words import MASK, NOT_MASKED

if TYPE_CHECKING:
    from mmadvisor.answers.cohort import Cohort, CohortRow, CohortTable, Column, TableId

MASKED = "Counts from 1 to 4 are masked, and further counts that would show them; --no-mask shows them."
TITLES: dict[TableId, str] = {
    "lines": "Prior lines",
    "exposed": "Exposed to",
    "refractory": "Refractory to",
    "labels": "Terms",
    "treat-now": "Treat now?",
    "emergencies": "Emergencies",
    "options": "Number of options",
    "groups": "Options by group",
    "regimens": "Regimens",
    "open-fields": "Missing facts that leave regimens undecided",
    "closed-by": "What closes or defers regimens",
    "years": "Year of the decision",
    "places": "Jurisdiction",
    "by": "By",
}
NOTES: dict[TableId, str] = {
    "refractory": "Doubtful: the target may have been lost.",
    "groups": "Patients with an option of the group, and the number of their options.",
    "regimens": "First: no other option ranks above it. Deferred regimens do not count.",
    "open-fields": "Regimens that depend on the fact, over all patients; one regimen may depend on several facts.",
    "closed-by": "Regimens closed or deferred, over all patients; one regimen may be closed by several criteria.",
    "years": "With an option: at least one regimen has a rank.",
}
COLUMNS: dict[Column, str] = {
    "patients": "Patients",
    "yes": "Yes",
    "doubtful": "Doubtful",
    "unknown": "Not known",
    "no": "No",
    "with-option": "With an option",
    "with-main-option": "With a usual option",
    "regimens": "Regimens",
    "option": "Option",
    "not-ranked": "Open, no rank",
    "undetermined": "Undecided",
    "deferred": "Deferred",
    "ineligible": "Closed",
    "first": "First",
}
TREAT = {
    "treat": "treat",
    "observe": "observe",
    "unknown": "not known",
    "no-relapse-recorded": "no relapse recorded",
    "not-active-myeloma": "no active myeloma",
}
# The longest tables end here on a first screen.
SHOWN = 10


def title(d: Cohort) -> str:
    """The title: how many records of how many patients."""
    records, patients = d["records"], d["patients"]
    return f"Cohort of {records} {plural('record', records)} ({patients} {plural('patient', patients)})"


def heading(d: Cohort, table: CohortTable) -> str:
    """The heading of a table."""
    return f"{TITLES[table['id']]} {d['by']}" if table["id"] == "by" else TITLES[table["id"]]


def heads(table: CohortTable) -> list[str]:
    """The heads of the columns of numbers."""
    return [COLUMNS[column] for column in table["columns"]]


def name(table: CohortTable, row: CohortRow) -> str:
    """The name of a row in words."""
    of, said = table["id"], row["name"]
    if of == "options" and said == "withheld":
        return "no ranking"
    if of == "groups":
        return audit_words.GROUPS[said]
    if of == "treat-now":
        return TREAT[said]
    return f"{row['text']} ({said})" if row["text"] else said


def numbers(row: CohortRow) -> list[str]:
    """The numbers of a row."""
    return [MASK if number is None else str(number) for number in row["numbers"]]


def masking(d: Cohort) -> str:
    """Whether small counts are masked."""
    return MASKED if d["masked"] else NOT_MASKED
