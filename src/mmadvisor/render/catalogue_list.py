"""The list of regimens, with their status by jurisdiction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mmadvisor.answers.shelf import LIST, CatalogueList, Listed
from mmadvisor.base.english import plural
from mmadvisor.render import screen_words, short
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.text import spoken

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
    _title(paper, c)
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


def _title(paper: Paper, c: CatalogueList) -> None:
    asked = "; ".join(f"{name} {value}" for name, value in c["filters"].items())
    n = len(c["regimens"])
    paper.title(f"{n} {plural('regimen', n)} on {c['on']}{': ' + asked if asked else ''}")


def brief(paper: Paper, c: CatalogueList, look: Look) -> None:
    """The names by use and kind of treatment, and the number of regimens with each status by jurisdiction."""
    _title(paper, c)
    groups: dict[str, list[str]] = {}
    for r in sorted(c["regimens"], key=lambda r: r["investigational"]):
        kind = screen_words.KINDS.get(r["modality"], r["modality"])
        use = screen_words.INVESTIGATIONAL if r["investigational"] else " or ".join(map(spoken, r["uses"]))
        groups.setdefault(f"{use}, {kind}", []).append(r["regimen"])
    paper.bullets(f"{title} ({len(names)}): {', '.join(names)}" for title, names in groups.items())
    if c["regimens"]:
        counts = {code: Counter(r["status"][code] for r in c["regimens"]) for code in c["regimens"][0]["status"]}
        shown = [status for status in SHORT if any(by[status] for by in counts.values())]
        paper.grid(
            [screen_words.PLACE, *(screen_words.STATUSES[status] for status in shown)],
            [[code, *(str(by[status] or "-") for status in shown)] for code, by in counts.items()],
        )
    if c["not_known"]:
        paper.bullets([screen_words.STATUS_NOT_KNOWN.format(names=", ".join(c["not_known"]))], sign="?")
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE_OF_LIST)
    short.left_out(paper, {"names": len(c["regimens"]), "statuses": sum(len(r["status"]) for r in c["regimens"])})


def _listed(paper: Paper, regimens: Sequence[Listed]) -> None:
    """One line for each regimen if the width allows it, otherwise two."""
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


CATALOGUE_LIST: Final = Kind(LIST, draw, brief=brief)
