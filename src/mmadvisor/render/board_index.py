"""The index of the sheets for a tumour board, as text and as a page.

The sheets themselves are made from the template ``board.html``, as for `recommend --board`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.board_index import SCHEMA, BoardIndex, BoardRow
from mmadvisor.render import board_words as board
from mmadvisor.render import brief, short
from mmadvisor.render.kind import Kind, Look

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def draw(paper: Paper, d: BoardIndex, look: Look) -> None:
    """The index for a terminal, or as Markdown."""
    paper.title(board.title(d))
    paper.bullets(board.ignored(d["settings_ignored"]), sign="!")
    paper.bullets(board.since_the_last_run(d))
    urgent, treated = board.emergencies(d), board.to_treat(d)
    if urgent:
        paper.heading(f"Emergencies, and what comes first ({len(urgent)})")
        for r in urgent:
            paper.line(board.name(r), indent=2, style="bold red")
            paper.bullets(board.coming_first(r), indent=4, sign="!")
    if treated:
        paper.heading(board.to_treat_heading(d))
        paper.bullets([f"{board.name(r)}: {r['treat_now']['because']}" for r in treated])
    if d["unread"]:
        paper.heading(f"Not answered ({len(d['unread'])})")
        for u in d["unread"]:
            paper.line(board.unread(u), indent=2, style="bold")
            paper.bullets(map(board.problem, u["problems"]), indent=4, sign="!")
    if d["passed_over"]:
        paper.heading(board.passed_over_heading(d))
        paper.bullets(d["passed_over"], sign="!")
    paper.heading("Patients")
    for r in d["patients"]:
        _patient(paper, d, r)
    if d["old_sheets"]:
        paper.heading(board.OLD_SHEETS)
        paper.bullets([f"{x['sheet']}: {board.old(x)}" for x in d["old_sheets"]], sign="!")
    paper.gap()
    short.marks(paper)
    paper.line(d["intended_use"])


def _patient(paper: Paper, d: BoardIndex, r: BoardRow) -> None:
    """One patient in a few lines."""
    paper.line("  ".join([board.name(r), *board.facts(r), r["sheet"]]), indent=2, style="bold")
    for head, options in board.leading(r):
        paper.bullets([f"{head}{'; '.join(board.option(r, o) for o in options[: brief.OPTIONS_SHOWN])}"], indent=4)
    paper.bullets(board.strong(r), indent=4, sign="!")
    paper.bullets(board.instead(r), indent=4, sign="!")
    paper.bullets(board.age(d, r) + board.doubts(r), indent=4, sign="!")
    paper.bullets(board.questions(r), indent=4, sign="?")
    paper.bullets(board.since(d, r), indent=4, sign=">")


def page(d: BoardIndex, look: Look) -> str:
    """The HTML page of the index."""
    from mmadvisor.render.web import written

    return written("board_index", d, d["sources"], board=board)


BOARD_INDEX: Final = Kind(SCHEMA, draw, page)
