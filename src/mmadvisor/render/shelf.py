"""The catalogue looked at from other sides, for a terminal: side by side, as a list, entry by entry."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from mmadvisor.render.paper import LEGEND, Paper, cite
from mmadvisor.render.text import cells, spoken

NOTHING = "nothing found"
NARROWEST_COLUMN = 26
NARROWEST_LIST = 90
ASKED_COLUMN = 16
SHORT = {
    "approved": "yes",
    "guideline-supported": "guideline",
    "not-available": "no",
    "off-label": "off-label",
    "unknown": "?",
}
TOPICS = {
    "contraindications": "Contraindications",
    "renal": "Kidney",
    "hepatic": "Liver",
    "dosing": "Dosing rules",
    "interactions": "Interactions",
    "supportive": "Supportive care",
    "safety": "Warnings",
    "access": "Access",
    "steps": "Step-up",
    "premedication": "Premedication",
    "observation": "Observation",
    "deescalation": "Spacing out",
    "restarts": "After an interruption",
    "holds": "At adverse events",
}


class ShelfPaper(Paper):
    """What shows the catalogue and not one regimen."""

    def comparison(self, c: dict[str, Any]) -> None:
        """A column a regimen where the line has room for them, else a list a question."""
        self.title(f"{', '.join(c['regimens'])}: side by side on {c['on']}")
        room = (self.width - ASKED_COLUMN) // len(c["regimens"])
        if room >= NARROWEST_COLUMN:
            self.table(
                ["", *c["regimens"]],
                [[row["name"], *([*map(_cell, cells)] or NOTHING for cells in row["cells"])] for row in c["rows"]],
                heads_are_names=True,
            )
        else:
            for row in c["rows"]:
                self.heading(row["name"])
                for regimen, cells in zip(c["regimens"], row["cells"], strict=True):
                    self.bullets([f"{regimen}: {_cell(cell)}" for cell in cells] or [f"{regimen}: {NOTHING}"])
        self._foot(c)

    def listing(self, c: dict[str, Any]) -> None:
        """The list of regimens, with their status by jurisdiction."""
        asked = "; ".join(f"{name} {value}" for name, value in c["filters"].items())
        self.title(f"{len(c['regimens'])} regimens on {c['on']}{': ' + asked if asked else ''}")
        if c["regimens"]:
            self._listed(c["regimens"])
            self.line(
                "yes: approved. guideline: an open guideline supports it. no: not available. "
                "?: not found, or not known for that day."
            )
        if c["not_known"]:
            self.heading("Not known for that day")
            self.line("the beginning was not read, or not to the day: " + ", ".join(c["not_known"]), indent=2)
        self.gap()
        self.line(c["intended_use"])

    def _listed(self, regimens: list[dict[str, Any]]) -> None:
        """A line a regimen where it has room, else two."""
        uses = ["investigational" if r["investigational"] else ", ".join(r["uses"]) for r in regimens]
        statuses = [{code: SHORT.get(status, status) for code, status in r["status"].items()} for r in regimens]
        if self.width >= NARROWEST_LIST:
            self.table(
                ["Regimen", "Name", "Classes", "Use", *statuses[0]],
                [
                    [Text(self.said(r["regimen"]), style="bold"), r["name"], ", ".join(r["classes"]), use, *by.values()]
                    for r, use, by in zip(regimens, uses, statuses, strict=True)
                ],
            )
            return
        for r, use, by in zip(regimens, uses, statuses, strict=True):
            self.line(f"{r['regimen']}: {r['name']}", style="bold")
            parts = [", ".join(r["classes"]), use, ", ".join(f"{code} {status}" for code, status in by.items())]
            self.line("; ".join(part for part in parts if part), indent=4)

    def entry(self, e: dict[str, Any]) -> None:
        """One agent, source or setting."""
        self.title(f"{e['kind'].capitalize()} {e['id']}: {e['name']}")
        self.pairs([(spoken(name).capitalize(), _plain(value)) for name, value in e["facts"].items()])
        if e["regimens"]:
            self.heading("Regimens")
            self.line(", ".join(e["regimens"]), indent=2)
        for topic, claims in e["claims"].items():
            self.heading(TOPICS.get(topic, topic))
            self.bullets([f"{_claim(claim)} {cite(claim)}".rstrip() for claim in claims])
        if e["cited_by"]:
            self.heading(f"Cited {len(e['cited_by'])} times")
            self.bullets(e["cited_by"])
        self._foot(e)

    def check(self, c: dict[str, Any]) -> None:
        """Errors first, then what is doubtful, then the counts."""
        for title, found in (("Errors", c["problems"]), ("To look at", c["warnings"])):
            if found:
                self.heading(f"{title}: {len(found)}")
                for problem in found:
                    self._problem(problem, sign="!" if title == "Errors" else "?")
        counts = c["counts"]
        if counts:
            self.heading("What there is")
            listed = ", ".join(f"{code} {n}" for code, n in counts["jurisdictions"].items())
            self.pairs(
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
            self.line(
                "Deciding: what a verdict or a rank hangs on. Read: at the source itself, or in a copy or digest."
            )
        if not c["problems"]:
            self.heading("No error found")

    def _problem(self, problem: dict[str, Any], *, sign: str) -> None:
        """Where it stands, in one piece so that an editor can jump there, and what is wrong."""
        where = ":".join(str(part) for part in (problem["file"], problem["line"], problem["column"]) if part)
        place = f"{problem['path']}: " if problem["path"] else ""
        found = f"; found {problem['found']}" if problem["found"] else ""
        hint = f". {problem['hint']}" if problem["hint"] else ""
        said = f"{place}{problem['message']}{found}{hint}"
        if cells(f"  {sign} {where}: {said}") <= self.width:
            self.line(f"{sign} {where}: {said}", indent=2)
        else:
            self.unbroken(f"{sign} {where}:", indent=2)
            self.line(said, indent=4)

    def difference(self, d: dict[str, Any]) -> None:
        """What changed, and whose answer with it."""
        self.title(f"From {d['before']} to {d['after']}")
        if not d["entries"]:
            self.line("The catalogues say the same.")
        for what in ("added", "removed", "changed"):
            entries = [e for e in d["entries"] if e["what"] == what]
            if entries:
                self.heading(f"{what.capitalize()}: {len(entries)}")
            for e in entries:
                self.line(e["entry"], indent=2)
                self.bullets(map(_field_change, e["fields"]), indent=6)
        if d["patients_compared"]:
            changed = [p for p in d["patients"] if p["answers"]]
            self.heading(f"Answers that change: {len(changed)} of {d['patients_compared']} patients")
            for p in changed:
                self.line(p["patient"], indent=2, style="bold")
                if p["ranking"]:
                    self.bullets([f"ranking: {p['ranking']['before']} -> {p['ranking']['after']}"], indent=4)
                for a in p["answers"]:
                    why = f": {'; '.join(a['because'])}" if a["because"] else ""
                    self.bullets([f"{a['regimen']}: {a['before']} -> {a['after']}{why}"], indent=4)
        for p in d["patients"]:
            if p["error"]:
                self.bullets([f"{p['patient']}: {p['error']}"], sign="!")
        self.gap()
        self.line(d["intended_use"])

    def _foot(self, page: dict[str, Any]) -> None:
        if page["sources"]:
            self.heading("Sources")
            self.bullets(
                [f"[{key}] {source['title']} ({source['verified']})" for key, source in page["sources"].items()]
            )
        self.gap()
        self.line(LEGEND)
        self.line(page["intended_use"])


def _cell(cell: dict[str, Any]) -> str:
    return f"{cell['text']} {cite(cell)}".rstrip()


def _claim(claim: dict[str, Any]) -> str:
    """A claim, or a row of a table, in one line."""
    about = f"{claim['about']}: " if claim.get("about") else ""
    if "text" in claim and not {"day", "last_dose", "event", "after", "leave"} & claim.keys():
        return f"{about}{claim['text']}"
    shown = {k: v for k, v in claim.items() if k not in ("source", "verified")}
    return "; ".join(f"{spoken(name)} {_plain(value)}" for name, value in shown.items())


def _field_change(change: dict[str, Any]) -> str:
    """A field before and after; of a part that came or went whole, all that it says."""
    before, after = change["before"], change["after"]
    if before is None and isinstance(after, dict):
        return f"{change['field']} added: {_plain(after)}"
    if after is None and isinstance(before, dict):
        return f"{change['field']} removed: {_plain(before)}"
    changed = f"{_plain(before)} -> {_plain(after)}"
    return f"{change['field']}: {changed}" if change["field"] else changed


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        inner = ((name, f"({_plain(part)})" if _nested(part) else _plain(part)) for name, part in value.items())
        return "; ".join(f"{spoken(name)} {part}" for name, part in inner)
    if isinstance(value, list | tuple) and _nested(value):
        return " and ".join(f"({_plain(part)})" if len(value) > 1 else _plain(part) for part in value)
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return "nothing" if value in (None, "") else str(value)


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list | tuple) and any(isinstance(part, dict) for part in value)
    )


def _marks(marks: dict[str, int]) -> str:
    return ", ".join(f"{n} {mark}" for mark, n in marks.items())
