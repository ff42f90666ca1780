"""The errors, warnings and counts of the catalogue's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.check import SCHEMA, CatalogueCheck, ProblemEntry
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.text import cells

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def draw(paper: Paper, c: CatalogueCheck, look: Look) -> None:
    """The errors first, then the warnings, then the counts."""
    for title, found in (("Errors", c["problems"]), ("To look at", c["warnings"])):
        if found:
            paper.heading(f"{title}: {len(found)}")
            for problem in found:
                _problem(paper, problem, sign="!" if title == "Errors" else "?")
    counts = c["counts"]
    if counts:
        paper.heading("What there is")
        listed = ", ".join(f"{code} {n}" for code, n in counts["jurisdictions"].items())
        paper.pairs(
            [
                ("Regimens", str(counts["regimens"])),
                ("Agents", str(counts["agents"])),
                ("Regimen names", str(counts["names"])),
                ("Sources", str(counts["sources"])),
                ("Listings", listed),
                ("Claims", _marks(counts["claims"])),
                ("Deciding claims", f"{_marks(counts['deciding'])}: {counts['deciding_read_percent']:g} % read"),
            ]
        )
        paper.line("Deciding: what a verdict or a rank hangs on. Read: at the source itself, or in a copy or digest.")
    if not c["problems"]:
        paper.heading("No error found")


def _problem(paper: Paper, problem: ProblemEntry, *, sign: str) -> None:
    """The position, unbroken so that an editor can jump to it, and the error."""
    where = ":".join(str(part) for part in (problem["file"], problem["line"], problem["column"]) if part)
    place = f"{problem['path']}: " if problem["path"] else ""
    found = f"; found {problem['found']}" if problem["found"] else ""
    hint = f". {problem['hint']}" if problem["hint"] else ""
    said = f"{place}{problem['message']}{found}{hint}"
    if cells(f"  {sign} {where}: {said}") <= paper.width:
        paper.line(f"{sign} {where}: {said}", indent=2)
    else:
        paper.unbroken(f"{sign} {where}:", indent=2)
        paper.line(said, indent=4)


def _marks(marks: dict[str, int]) -> str:
    return ", ".join(f"{n} {mark}" for mark, n in marks.items())


CATALOGUE_CHECK: Final = Kind(SCHEMA, draw, untitled="Catalogue check")
