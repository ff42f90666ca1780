"""The changes between two catalogues, and the answers that change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.changes import SCHEMA, CatalogueDifference, FieldChange
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.values import plain

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def draw(paper: Paper, d: CatalogueDifference, look: Look) -> None:
    """The changed entries, then the changed answers."""
    paper.title(f"From {d['before']} to {d['after']}")
    if not d["entries"]:
        paper.line("The catalogues say the same.")
    for what in ("added", "removed", "changed"):
        entries = [e for e in d["entries"] if e["what"] == what]
        if entries:
            paper.heading(f"{what.capitalize()}: {len(entries)}")
        for e in entries:
            paper.line(e["entry"], indent=2)
            paper.bullets(map(_field_change, e["fields"]), indent=6)
    if d["patients_compared"]:
        changed = [p for p in d["patients"] if p["answers"]]
        paper.heading(f"Answers that change: {len(changed)} of {d['patients_compared']} patients")
        for p in changed:
            paper.line(p["patient"], indent=2, style="bold")
            if p["ranking"]:
                paper.bullets([f"ranking: {p['ranking']['before']} -> {p['ranking']['after']}"], indent=4)
            for a in p["answers"]:
                why = f": {'; '.join(a['because'])}" if a["because"] else ""
                paper.bullets([f"{a['regimen']}: {a['before']} -> {a['after']}{why}"], indent=4)
    for p in d["patients"]:
        if p["error"]:
            paper.bullets([f"{p['patient']}: {p['error']}"], sign="!")
    paper.gap()
    paper.line(d["intended_use"])


def _field_change(change: FieldChange) -> str:
    """A field before and after; a part that was added or removed, with all its contents."""
    before, after = change["before"], change["after"]
    if before is None and isinstance(after, dict):
        return f"{change['field']} added: {plain(after)}"
    if after is None and isinstance(before, dict):
        return f"{change['field']} removed: {plain(before)}"
    changed = f"{plain(before)} -> {plain(after)}"
    return f"{change['field']}: {changed}" if change["field"] else changed


CATALOGUE_DIFF: Final = Kind(SCHEMA, draw)
