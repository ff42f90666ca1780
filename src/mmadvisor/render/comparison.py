"""Regimens side by side: a column for each if the width allows it, otherwise a list for each question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.shelf import COMPARISON as SCHEMA
from mmadvisor.answers.shelf import Cell, Comparison
from mmadvisor.render import brief_comparison
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import cite
from mmadvisor.render.shared import due_now, ends

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper

NOTHING = "nothing found"
NARROWEST_COLUMN = 26
ASKED_COLUMN = 16


def draw(paper: Paper, c: Comparison, look: Look) -> None:
    """A column for each regimen if the width allows it, otherwise a list for each question."""
    paper.title(f"{', '.join(c['regimens'])}: side by side on {c['on']}")
    if "treat_now" in c:
        due_now(paper, c["treat_now"], c["first"])
        paper.gap()
    room = (paper.width - ASKED_COLUMN) // len(c["regimens"])
    if room >= NARROWEST_COLUMN:
        paper.table(
            ["", *c["regimens"]],
            [[row["name"], *([*map(_cell, cells)] or NOTHING for cells in row["cells"])] for row in c["rows"]],
            heads_are_names=True,
        )
    else:
        for row in c["rows"]:
            paper.heading(row["name"])
            for regimen, cells in zip(c["regimens"], row["cells"], strict=True):
                paper.bullets([f"{regimen}: {_cell(cell)}" for cell in cells] or [f"{regimen}: {NOTHING}"])
    ends(paper, c["intended_use"], c["sources"])


def _cell(cell: Cell) -> str:
    return f"{cell['text']} {cite(cell)}".rstrip()


def page(c: Comparison, look: Look) -> str:
    """The HTML page of a comparison."""
    from mmadvisor.render.web import written

    return written("comparison", c, c["sources"])


COMPARISON: Final = Kind(SCHEMA, draw, page, brief=brief_comparison.draw)
