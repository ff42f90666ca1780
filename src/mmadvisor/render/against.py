"""The comparison of two answers: what differs, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mmadvisor.answers.against import SCHEMA, Against, FactChange
from mmadvisor.render import words
from mmadvisor.render.kind import Kind, Look

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def draw(paper: Paper, d: Against, look: Look) -> None:
    """Derived facts, verdicts and ranks that differ, and missing fields."""
    before, after = (f"{x['id']} ({x['assessed_on']}, {x['jurisdiction']})" for x in (d["before"], d["after"]))
    with_ = f" with {', '.join(d['set'])}" if d["set"] else ""
    paper.title(f"From {before} to {after}{with_}")
    if not (d["facts"] or d["answers"] or d["ranking"] or d["no_longer_missing"] or d["newly_missing"]):
        paper.heading("Nothing changes")
    _facts(paper, d["facts"])
    if d["ranking"]:
        paper.heading("The ranking")
        paper.pairs([("before", d["ranking"]["before"]), ("now", d["ranking"]["after"])])
    _answers(paper, d)
    _fields(paper, "No longer missing", d["no_longer_missing"], d["missing_names"])
    _fields(paper, "Missing now", d["newly_missing"], d["missing_names"])
    paper.gap()
    paper.line(d["intended_use"])


def _facts(paper: Paper, facts: Iterable[FactChange]) -> None:
    """Derived facts that differ, with the reasons."""
    said = [f"{f['about']}: {f['before']} -> {f['after']}{'; ' + f['because'] if f['because'] else ''}" for f in facts]
    if said:
        paper.heading("Derived facts that differ")
        paper.bullets(said)


def _answers(paper: Paper, d: Against) -> None:
    """Verdicts and ranks that differ, and the first options."""
    if not d["answers"]:
        return
    paper.heading("Verdicts and ranks that change")
    if d["first"] and d["first_before"] and d["first"] != d["first_before"]:
        paper.line(f"first before: {', '.join(d['first_before'])}", indent=2)
        paper.line(f"first now:    {', '.join(d['first'])}", indent=2)
    for a in d["answers"]:
        paper.bullets([f"{a['regimen']}: {a['before']} -> {a['after']}"])
        paper.bullets(a["because"], indent=6, sign="-")


def _fields(paper: Paper, title: str, fields: Iterable[str], names: dict[str, str]) -> None:
    """Fields that are newly missing, or missing no longer."""
    named = [words.to_fill_in(field, names[field]) for field in fields]
    if named:
        paper.heading(f"{title}: {', '.join(named)}")


def page(d: Against, look: Look) -> str:
    """The HTML page of a comparison."""
    from mmadvisor.render.web import written

    return written("against", d, {})


AGAINST: Final = Kind(SCHEMA, draw, page)
