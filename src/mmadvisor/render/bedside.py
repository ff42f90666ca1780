"""Lines that the advice after an interruption and at an event share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmadvisor.answers.bedside import GradeEntry, HoldAdvice, HoldRow, Said, SectionEntry
from mmadvisor.render.marks import cite

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def section(x: SectionEntry) -> str:
    """A section of a label."""
    return f"label of {x['by']}: section {x['section']} {cite(x)}"


def rows(paper: Paper, found: Sequence[HoldRow]) -> None:
    """Rows of labels for an event."""
    for row in found:
        paper.bullets([f"{hold_row(row)} {cite(row)}"], sign="-" if row["read"] else "!")


def said(paper: Paper, title: str, lines: Sequence[Said]) -> None:
    """Lines of advice, each after the name of its source."""
    if lines:
        paper.heading(title)
        paper.bullets([line(x) for x in lines])


def line(x: Said) -> str:
    """A line of advice, after the jurisdiction or guideline from which it comes."""
    return f"{by(x)}{x['text']} {cite(x)}"


def once_decided(row: str) -> str:
    """A row of the table of interruptions after an event that may end treatment, with all that must come before it."""
    return (
        "only once a specialist has decided that it is not stopped for good, and then with the premedication and the"
        f" watch in hospital of the rows for the event (where they are silent: not read), the table has: {row}"
    )


def none(h: HoldAdvice) -> str:
    """That no row was read for the event, or none for its value."""
    return "none was read for this value" if h["at_other_values"] else "none was read: check the current label"


def hold_row(row: HoldRow) -> str:
    """A row of a label for an event, with its jurisdictions and grades; an action from memory is marked as such."""
    graded = f"grade {', '.join(map(str, row['grades']))}: " if row["grades"] else ""
    held = f" [{', '.join(row['jurisdictions'])}]" if row["jurisdictions"] else ""
    action = f"{row['action']}; " if row["read"] else ""
    recalled = f" (from memory: {row['recalled']})" if row["recalled"] else ""
    return f"{row['event']}{held}, {graded}{action}{row['text']}{recalled}"


def by(x: Said) -> str:
    """The jurisdiction or guideline from which a line of advice comes, in brackets; empty if there is none."""
    return f"[{x['by']}] " if x["by"] else ""


def range_of(grade: GradeEntry) -> str:
    """A grade, or a range such as ``2 to 3`` if the grade is not known exactly."""
    low, high = grade["at_least"], grade["at_most"]
    return str(low) if low == high else f"{low} to {high}"
