"""Interruptions and holds, for a terminal."""

from __future__ import annotations

from typing import Any

from mmadvisor.render.paper import LEGEND, Paper, cite


class WardPaper(Paper):
    """What the pharmacist and the nurse work from."""

    def restart(self, r: dict[str, Any]) -> None:
        """What to give after an interruption."""
        where = f" ({r['jurisdiction']})" if r["jurisdiction"] else ""
        self.line(f"{r['name']}{where}: {r['days']} days since {r['last_dose']} on {r['last_given']}", style="bold")
        self.line(f"counted to {r['today']} from the last dose that was given, not from a missed visit", indent=2)
        if r["withheld"]:
            self.heading(r["withheld"].capitalize())
        if r["action"] == "check-label":
            self.heading("Check the current label: no dose is given here")
            self.bullets([f"{r['note']} {cite(r)}".rstrip()], sign="!")
        else:
            self.heading(f"{r['action']}: {r['dose']}")
            self.bullets([f"{r['row']}{'; ' + r['note'] if r['note'] else ''} {cite(r)}"])
        self._said("Premedication", r["premedication"])
        self._said("Watch", r["observation"])
        self._said("Practice, beside the label", r["practice"])
        self._end(r)

    def hold(self, h: dict[str, Any]) -> None:
        """What to do at an event."""
        where = f" ({h['jurisdiction']})" if h["jurisdiction"] else ""
        self.line(f"{h['name']}{where}: {h['event']}", style="bold")
        grade = h["grade"]
        if grade:
            low, high = grade["at_least"], grade["at_most"]
            shown = str(low) if low == high else f"{low} to {high}"
            self.heading(f"Grade {shown}: {'; '.join(grade['because']) or 'nothing told'} {cite(grade)}")
            if grade["missing"]:
                self.bullets([f"not told: {', '.join(grade['missing'])}"], sign="?")
        self.heading("Rows of the label")
        if not h["rows"]:
            self.bullets(["none was read: check the current label"], sign="!")
        for row in h["rows"]:
            grades = f"grade {', '.join(map(str, row['grades']))}: " if row["grades"] else ""
            places = f" [{', '.join(row['jurisdictions'])}]" if row["jurisdictions"] else ""
            action = f"{row['action']}; " if row["read"] else ""
            sign = "-" if row["read"] else "!"
            self.bullets([f"{row['event']}{places}, {grades}{action}{row['text']} {cite(row)}"], sign=sign)
        self._said("Practice, beside the label", h["practice"])
        self._end(h)

    def _said(self, title: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.heading(title)
            self.bullets([_line(x) for x in rows])

    def _end(self, x: dict[str, Any]) -> None:
        self.buffer.write("\n")
        self.line(LEGEND)
        self.line(x["intended_use"])


def _line(x: dict[str, Any]) -> str:
    by = f"[{x['by']}] " if x["by"] else ""
    return f"{by}{x['text']} {cite(x)}"
