"""The list of regimens, with their status by jurisdiction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mmadvisor.answers.shelf import LIST, CatalogueList, Listed
from mmadvisor.base.english import plural
from mmadvisor.render.kind import Kind, Look

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper

NARROWEST_LIST = 90
SHORT = {
    "approved": "yes",
    "guideline-supported": "guideline",
    "not-available": "no",
    "off-label": "off-label",
    "unknown": "?",
}


def draw(paper: Paper, c: CatalogueList, look: Look) -> None:
    """The list of regimens, with their status by jurisdiction."""
    asked = "; ".join(f"{name} {value}" for name, value in c["filters"].items())
    n = len(c["regimens"])
    paper.title(f"{n} {plural('regimen', n)} on {c['on']}{': ' + asked if asked else ''}")
    if c["regimens"]:
        _listed(paper, c["regimens"])
        paper.line(
            "yes: approved. guideline: an open guideline supports it. no: not available. "
            "?: not found, or not known for that day."
        )
    if c["not_known"]:
        paper.heading("Not known for that day")
        paper.line("the beginning was not read, or not to the day: " + ", ".join(c["not_known"]), indent=2)
    paper.gap()
    paper.line(c["intended_use"])


def _listed(paper: Paper, regimens: Sequence[Listed]) -> None:
    """A line a regimen where it has room, else two."""
    uses = ["investigational" if r["investigational"] else ", ".join(r["uses"]) for r in regimens]
    statuses = [{code: SHORT.get(status, status) for code, status in r["status"].items()} for r in regimens]
    if paper.width >= NARROWEST_LIST:
        paper.table(
            ["Regimen", "Name", "Classes", "Use", *statuses[0]],
            [
                [paper.bold(r["regimen"]), r["name"], ", ".join(r["classes"]), use, *by.values()]
                for r, use, by in zip(regimens, uses, statuses, strict=True)
            ],
        )
        return
    for r, use, by in zip(regimens, uses, statuses, strict=True):
        paper.line(f"{r['regimen']}: {r['name']}", style="bold")
        parts = [", ".join(r["classes"]), use, ", ".join(f"{code} {status}" for code, status in by.items())]
        paper.line("; ".join(part for part in parts if part), indent=4)


CATALOGUE_LIST: Final = Kind(LIST, draw)
