"""Advice at an event, for the pharmacist and the nurse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers import bedside
from mmadvisor.answers.bedside import Decision, GradeEntry, HoldAdvice
from mmadvisor.render import bedside as lines
from mmadvisor.render.bedside import line, range_of, rows, said, section
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import cite
from mmadvisor.render.shared import ends

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def draw(paper: Paper, h: HoldAdvice, look: Look) -> None:
    """What to do at an event."""
    where = f" ({h['jurisdiction']})" if h["jurisdiction"] else ""
    paper.title(f"{h['name']}{where}: {h['event']}")
    if h["grade"]:
        _grade(paper, h["grade"])
    if h["conflict"]:
        paper.bullets([h["conflict"]], sign="!")
    if h["first"]:
        paper.heading("First")
        paper.bullets([line(x) for x in h["first"]], sign="!")
    paper.bullets([line(x) for x in h["ask"]], sign="?")
    _decision(paper, h["decision"])
    said(paper, "What to give", h["give"])
    said(paper, "Examine", h["examine"])
    paper.heading("By the label, or by a consensus where the row says so")
    if not h["rows"]:
        paper.bullets([lines.none(h)], sign="!")
    rows(paper, h["rows"])
    if h["at_other_values"]:
        paper.heading("At other values")
        rows(paper, h["at_other_values"])
    if h["elsewhere"]:
        paper.heading("Of other places")
        rows(paper, h["elsewhere"])
    said(paper, "Dose levels", h["levels"])
    said(paper, "Practice, beside the label", h["practice"])
    ends(paper, h["intended_use"])


def _grade(paper: Paper, grade: GradeEntry) -> None:
    """The grade from its inputs, and the missing inputs."""
    paper.heading(f"Grade {range_of(grade)}: {'; '.join(grade['because']) or 'nothing told'} {cite(grade)}")
    if grade["missing"]:
        paper.bullets([f"not told: {', '.join(grade['missing'])}"], sign="?")


def _decision(paper: Paper, d: Decision) -> None:
    """The decision, and the sections of the labels."""
    paper.heading(f"{d['text'][:1].upper()}{d['text'][1:]} {cite(d)}".rstrip())
    paper.bullets(d["because"], sign="!")
    paper.bullets([section(x) for x in d["sections"]])


def page(h: HoldAdvice, look: Look) -> str:
    """The HTML page at an event."""
    from mmadvisor.render.web import written

    return written("hold", h, h["sources"], bedside=lines)


HOLD: Final = Kind(bedside.HOLD, draw, page)
