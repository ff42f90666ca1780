"""The counts of a cohort: on a terminal, as Markdown, as CSV and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.cohort import SCHEMA, Cohort
from mmadvisor.render import cohort_words as said
from mmadvisor.render import short
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.text import spreadsheet_cell

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def brief(paper: Paper, d: Cohort, look: Look) -> None:
    """Each table with its first rows."""
    left = _tables(paper, d, said.SHOWN)
    short.left_out(paper, {"rows": left})


def draw(paper: Paper, d: Cohort, look: Look) -> None:
    """Every table."""
    _tables(paper, d)
    paper.gap()
    paper.line(d["intended_use"])


def _tables(paper: Paper, d: Cohort, most: int | None = None) -> int:
    """Draw the tables with at most so many rows each; returns the number of rows that are left out."""
    paper.title(said.title(d))
    paper.line(said.masking(d))
    left = 0
    for table in d["tables"]:
        paper.heading(said.heading(d, table))
        note = said.NOTES.get(table["id"])
        if note:
            paper.line(note, indent=2)
        rows = table["rows"][:most]
        left += len(table["rows"]) - len(rows)
        paper.grid(["", *said.heads(table)], [[said.name(table, r), *said.numbers(r)] for r in rows], indent=2)
    return left


def page(d: Cohort, look: Look) -> str:
    """The HTML page."""
    from mmadvisor.render.web import written

    return written("cohort", d, {}, said=said)


def as_csv(d: Cohort) -> str:
    """A row for each number: table, row, column, number; a masked number is empty."""
    import csv
    from io import StringIO

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "row", "column", "number"])
    for table in d["tables"]:
        for row in table["rows"]:
            for column, number in zip(table["columns"], row["numbers"], strict=True):
                cell = "" if number is None else str(number)
                writer.writerow([table["id"], spreadsheet_cell(row["name"]), column, cell])
    return text.getvalue()


COHORT: Final = Kind(SCHEMA, draw, page, brief=brief)
