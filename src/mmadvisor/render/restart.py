"""Advice after an interruption, for the pharmacist and the nurse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mmadvisor.answers import bedside
from mmadvisor.answers.bedside import PlannedDose, RestartAdvice
from mmadvisor.render import bedside as lines
from mmadvisor.render.bedside import line, rows, said, section
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import cite
from mmadvisor.render.shared import ends

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def draw(paper: Paper, r: RestartAdvice, look: Look) -> None:
    """What to give after an interruption."""
    where = f" ({r['jurisdiction']})" if r["jurisdiction"] else ""
    since = f"{r['days']} days since" if r["days"] is not None else "not known how many days since"
    paper.title(f"{r['name']}{where}: {since} {r['last_dose']} on {r['last_given']}")
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
        rows(paper, r["holds"])
    if r["elsewhere"]:
        paper.heading("Of other places; of premedication and watch the stricter stands")
        rows(paper, r["elsewhere"])
    _planned(paper, r["plan"])
    if r["next_due"]:
        paper.heading(f"{r['next_due']}: the next dose, if it is tolerated")
    said(paper, "Practice, beside the label", r["practice"])
    ends(paper, r["intended_use"])


def _planned(paper: Paper, plan: Sequence[PlannedDose]) -> None:
    """Each dose with its day, the premedication before it, and the observation after it."""
    for dose in plan:
        paper.heading(f"{dose['on']}: {dose['dose']}")
        nothing = not (dose["note"] or dose["premedication"] or dose["observation"])
        paper.bullets(["no premedication or watch was read for this dose"] if nothing else [])
        paper.bullets([f"{dose['note']} {cite(dose)}"] if dose["note"] else [])
        paper.bullets([f"by {dose['edition']}"] if dose["edition"] else [], sign="!")
        watched = [("premedication", dose["premedication"]), ("watch", dose["observation"])]
        paper.bullets([f"{title}: {line(x)}" for title, found in watched for x in found], sign=">")


def _action(paper: Paper, r: RestartAdvice) -> None:
    """The dose from the row that applies, or the reason why the answer gives no dose."""
    if r["action"] == "stopped":
        paper.heading("No dose is given here")
        paper.bullets([r["only_if"], f"{lines.once_decided(r['row'])} {cite(r)}"], sign="!")
    elif r["action"] in ("check-label", "find-record"):
        first = "Check the current label" if r["action"] == "check-label" else "Find the record first"
        paper.heading(f"{first}: no dose is given here")
        paper.bullets([f"{r['note']} {cite(r)}".rstrip()], sign="!")
        paper.bullets([line(x) for x in r["beware"]], sign="!")
        paper.bullets([section(x) for x in r["sections"]])
    else:
        paper.heading(r["headline"])
        note = f"; {r['note']}" if r["note"] else ""
        paper.bullets([f"{r['action']}: {r['dose']}; the row: {r['row']}{note} {cite(r)}"])
        paper.bullets([f"by {r['edition']}"] if r["edition"] else [], sign="!")
        paper.bullets([line(x) for x in r["in_mg"]], sign="!")


def page(r: RestartAdvice, look: Look) -> str:
    """The HTML page after an interruption."""
    from mmadvisor.render.web import written

    return written("restart", r, r["sources"], bedside=lines)


RESTART: Final = Kind(bedside.RESTART, draw, page)
