"""Advice after an interruption and at an event, for the pharmacist and the nurse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mmadvisor.answers import bedside
from mmadvisor.answers.bedside import (
    Decision,
    GradeEntry,
    HoldAdvice,
    HoldRow,
    PlannedDose,
    RestartAdvice,
    Said,
    SectionEntry,
)
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import cite
from mmadvisor.render.shared import ends

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def restart(paper: Paper, r: RestartAdvice, look: Look) -> None:
    """What to give after an interruption."""
    where = f" ({r['jurisdiction']})" if r["jurisdiction"] else ""
    paper.title(f"{r['name']}{where}: {r['days']} days since {r['last_dose']} on {r['last_given']}")
    paper.line(f"counted to {r['today']} from the last dose that was given, not from a missed visit", indent=2)
    if r["withheld"]:
        paper.heading(r["withheld"].capitalize())
    if r["only_if"] and r["action"] != "stopped":
        paper.bullets([r["only_if"]], sign="!")
    _action(paper, r)
    if r["review"]:
        paper.bullets([r["review"]], sign="!")
    if r["holds"]:
        paper.heading("At that event, by the label, or by a consensus where the row says so")
        _rows(paper, r["holds"])
    _planned(paper, r["plan"])
    _said(paper, "Practice, beside the label", r["practice"])
    ends(paper, r["intended_use"])


def _planned(paper: Paper, plan: Sequence[PlannedDose]) -> None:
    """Each dose with its day, its premedication and how the patient is watched after it."""
    for dose in plan:
        paper.heading(f"{dose['on']}: {dose['dose']}")
        paper.bullets([f"{dose['note']} {cite(dose)}"] if dose["note"] else [])
        said = [("premedication", dose["premedication"]), ("watch", dose["observation"])]
        paper.bullets([f"{title}: {_line(x)}" for title, rows in said for x in rows], sign=">")


def _action(paper: Paper, r: RestartAdvice) -> None:
    """The dose of the row, or that none is given here."""
    if r["action"] == "stopped":
        paper.heading("No dose is given here")
        paper.bullets([r["only_if"], f"where it does not, the table has: {r['row']} {cite(r)}"], sign="!")
    elif r["action"] == "check-label":
        paper.heading("Check the current label: no dose is given here")
        paper.bullets([f"{r['note']} {cite(r)}".rstrip()], sign="!")
        paper.bullets([_line(x) for x in r["beware"]], sign="!")
        paper.bullets([_section(x) for x in r["sections"]])
    else:
        paper.heading(r["headline"])
        note = f"; {r['note']}" if r["note"] else ""
        paper.bullets([f"{r['action']}: {r['dose']}; the row: {r['row']}{note} {cite(r)}"])


def hold(paper: Paper, h: HoldAdvice, look: Look) -> None:
    """What to do at an event."""
    where = f" ({h['jurisdiction']})" if h["jurisdiction"] else ""
    paper.title(f"{h['name']}{where}: {h['event']}")
    if h["grade"]:
        _grade(paper, h["grade"])
    if h["conflict"]:
        paper.bullets([h["conflict"]], sign="!")
    if h["first"]:
        paper.heading("First")
        paper.bullets([_line(x) for x in h["first"]], sign="!")
    paper.bullets([_line(x) for x in h["ask"]], sign="?")
    _decision(paper, h["decision"])
    _said(paper, "What to give, by texts that were read", h["give"])
    _said(paper, "Examine", h["examine"])
    paper.heading("By the label, or by a consensus where the row says so")
    if not h["rows"]:
        paper.bullets(["none was read: check the current label"], sign="!")
    _rows(paper, h["rows"])
    if h["elsewhere"]:
        paper.heading("Of other places")
        _rows(paper, h["elsewhere"])
    _said(paper, "Practice, beside the label", h["practice"])
    ends(paper, h["intended_use"])


def _grade(paper: Paper, grade: GradeEntry) -> None:
    """The grade from its inputs, and the missing inputs."""
    low, high = grade["at_least"], grade["at_most"]
    shown = str(low) if low == high else f"{low} to {high}"
    paper.heading(f"Grade {shown}: {'; '.join(grade['because']) or 'nothing told'} {cite(grade)}")
    if grade["missing"]:
        paper.bullets([f"not told: {', '.join(grade['missing'])}"], sign="?")


def _decision(paper: Paper, d: Decision) -> None:
    """The decision, and the sections of the labels."""
    paper.heading(f"{d['text'][:1].upper()}{d['text'][1:]} {cite(d)}".rstrip())
    paper.bullets(d["because"], sign="!")
    paper.bullets([_section(x) for x in d["sections"]])


def _section(x: SectionEntry) -> str:
    return f"label of {x['by']}: section {x['section']} {cite(x)}"


def _rows(paper: Paper, rows: Sequence[HoldRow]) -> None:
    for row in rows:
        grades = f"grade {', '.join(map(str, row['grades']))}: " if row["grades"] else ""
        places = f" [{', '.join(row['jurisdictions'])}]" if row["jurisdictions"] else ""
        action = f"{row['action']}; " if row["read"] else ""
        recalled = f" (from memory: {row['recalled']})" if row["recalled"] else ""
        sign = "-" if row["read"] else "!"
        paper.bullets([f"{row['event']}{places}, {grades}{action}{row['text']}{recalled} {cite(row)}"], sign=sign)


def _said(paper: Paper, title: str, rows: Sequence[Said]) -> None:
    """Lines of advice, each after the name of its source."""
    if rows:
        paper.heading(title)
        paper.bullets([_line(x) for x in rows])


def _line(x: Said) -> str:
    """A line of advice with the place or guideline that it is of."""
    by = f"[{x['by']}] " if x["by"] else ""
    return f"{by}{x['text']} {cite(x)}"


RESTART: Final = Kind(bedside.RESTART, restart)
HOLD: Final = Kind(bedside.HOLD, hold)
