"""The audit of past decisions: on a terminal, as Markdown, as CSV and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.audit import SCHEMA, Audit, AuditedPatient, Judgement
from mmadvisor.render import audit_words as said
from mmadvisor.render import short
from mmadvisor.render.board_words import ignored
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.text import spreadsheet_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mmadvisor.render.paper import Paper

_REASONS_SHOWN = 3
_COLUMNS = (
    "file", "row", "patient", "therapy", "line", "start", "partial", "day", "date_matters", "jurisdiction", "drugs",
    "regimen", "matched_by", "judged", "not_judged", "missing", "offered", "verdict", "group", "rank", "tied",
    "provisional_rank", "reason", "against", "options", "first", "undated",
)  # fmt: skip


def brief(paper: Paper, d: Audit, look: Look) -> None:
    """The two numbers and the tables."""
    _numbers(paper, d)
    short.left_out(paper, {"decisions": d["coverage"]["of"]})


def draw(paper: Paper, d: Audit, look: Look) -> None:
    """The two numbers, the tables, and each decision."""
    _numbers(paper, d)
    paper.heading("Decisions")
    for p in d["audited"]:
        for j in p["decisions"]:
            paper.line(f"{said.whose(p['patient'], j)}: {said.given(j)}", indent=2, style="bold")
            paper.line(said.when(j), indent=4)
            paper.line(said.result(j), indent=4)
            paper.bullets(said.details(j, _REASONS_SHOWN), indent=4)
    paper.gap()
    short.marks(paper)
    paper.line(d["intended_use"])


def _numbers(paper: Paper, d: Audit) -> None:
    paper.title(said.title(d))
    paper.bullets(ignored(d["settings_ignored"]), sign="!")
    paper.line(f"{said.PURPOSE} {said.limits(d)}")
    paper.gap()
    paper.pairs([(name, f"{value}: {meaning}") for name, value, meaning in said.numbers(d)])
    paper.line(said.TWO_NUMBERS)
    paper.line(said.basis(d))
    if d["unread"]:
        paper.heading(f"Not read ({len(d['unread'])})")
        paper.bullets(map(said.failure, d["unread"]), sign="!")
    if d["by_line"]:
        paper.heading("By line")
        rows = [[said.line(r), *map(said.count, (r["decisions"], r["judged"], r["offered"]))] for r in d["by_line"]]
        paper.grid(["Line", "Decisions", "Judged", "Among the options"], rows, indent=2)
    for heading, names, rows_of in said.tables(d):
        if rows_of:
            paper.heading(heading)
            paper.pairs(said.kinds(rows_of, names), indent=2)
    paper.gap()
    paper.line(said.MASKED if d["masked"] else said.NOT_MASKED)


def page(d: Audit, look: Look) -> str:
    """The HTML page."""
    from mmadvisor.render.web import written

    return written("audit", d, d["sources"], said=said, ignored=ignored(d["settings_ignored"]))


def as_csv(d: Audit) -> str:
    """A row for each decision; lists are joined by semicolons."""
    import csv
    from io import StringIO

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([spreadsheet_cell(cell) for cell in row] for row in _rows(d))
    return text.getvalue()


def _rows(d: Audit) -> Iterator[list[str]]:
    for p in d["audited"]:
        for j in p["decisions"]:
            cells = _cells(p, j)
            yield [cells[name] for name in _COLUMNS]


def _cells(p: AuditedPatient, j: Judgement) -> dict[str, str]:
    values: dict[str, str | int | bool | list[str] | None] = {
        "file": p["input"]["file"],
        "row": p["input"]["row"],
        "patient": p["patient"],
        "therapy": j["number"],
        "line": j["line"],
        "start": j["start"],
        "partial": j["partial"],
        "day": j["day"],
        "date_matters": j["date_matters"],
        "jurisdiction": j["jurisdiction"],
        "drugs": j["drugs"],
        "regimen": j["regimen"],
        "matched_by": j["matched_by"],
        "judged": j["judged"],
        "not_judged": j["not_judged"],
        "missing": j["missing"],
        "offered": j["offered"],
        "verdict": j["verdict"],
        "group": j["group"],
        "rank": j["rank"],
        "tied": j["tied"],
        "provisional_rank": j["provisional_rank"],
        "reason": j["reason"],
        "against": [":".join(x for x in (a["kind"], a["criterion"]) if x) for a in j["against"]],
        "options": j["options"],
        "first": j["first"],
        "undated": j["undated"],
    }
    return {name: _cell(value) for name, value in values.items()}


def _cell(value: str | int | bool | list[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, list) else str(value)


AUDIT: Final = Kind(SCHEMA, draw, page, brief=brief)
