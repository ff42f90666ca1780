"""Interruptions and holds, for a terminal."""

from __future__ import annotations

from typing import Any

from mmadvisor.render import words
from mmadvisor.render.paper import LEGEND, cite
from mmadvisor.render.taken import TakenPaper


class WardPaper(TakenPaper):
    """What the pharmacist and the nurse work from."""

    def restart(self, r: dict[str, Any]) -> None:
        """What to give after an interruption."""
        where = f" ({r['jurisdiction']})" if r["jurisdiction"] else ""
        self.title(f"{r['name']}{where}: {r['days']} days since {r['last_dose']} on {r['last_given']}")
        self.line(f"counted to {r['today']} from the last dose that was given, not from a missed visit", indent=2)
        if r["withheld"]:
            self.heading(r["withheld"].capitalize())
        if r["only_if"] and r["action"] != "stopped":
            self.bullets([r["only_if"]], sign="!")
        if r["action"] == "stopped":
            self.heading("No dose is given here")
            self.bullets([r["only_if"], f"where it does not, the table has: {r['row']} {cite(r)}"], sign="!")
        elif r["action"] == "check-label":
            self.heading("Check the current label: no dose is given here")
            self.bullets([f"{r['note']} {cite(r)}".rstrip()], sign="!")
        else:
            self.heading(f"{r['action']}: {r['dose']}")
            self.bullets([f"{r['row']}{'; ' + r['note'] if r['note'] else ''} {cite(r)}"])
        if r["review"]:
            self.bullets([r["review"]], sign="!")
        if r["holds"]:
            self.heading("At that event, by the label, or by a consensus where the row says so")
            self._rows(r["holds"])
        self._said("Premedication", r["premedication"])
        self._said("Watch", r["observation"])
        self._said("Practice, beside the label", r["practice"])
        self._end(r)

    def monitor(self, m: dict[str, Any]) -> None:
        """The checklist: what hangs on the patient, the calendar, then every task by phase."""
        where = f"   {m['jurisdiction']}" if m["jurisdiction"] else ""
        whose = f"   patient {m['patient']['id']}" if m["patient"] else ""
        self.title(f"{m['name']}: first dose {m['start']}{where}{whose}   seen on {m['today']}")
        if m["treat_now"]:
            self.due_now(m["treat_now"], m["first"])
            self.gap()
        if m["verdict"]:
            self.pairs([("As a choice today", f"{self.sign(m['verdict'])} {m['verdict']}")])
        self.bullets([words.status_in(s) + f" {cite(s)}" for s in m["status"]])
        self.bullets(m["warnings"], sign="!")
        if m["patient"]:
            self.co_medication(m["co_medication"])
        self._said("Adapt to this patient", m["adapt"])
        self._spacing(m)
        self._scores(m["scores"])
        self._calendar(m)
        for phase, title in words.PHASES:
            self._tasks(title, [t for t in m["tasks"] if t["phase"] == phase])
        self._said("Doses by kidney and liver", m["organs"])
        if m["left_out"]:
            self.heading("Not for this patient")
            self.bullets(f"{x['item']}: {x['because']}" for x in m["left_out"])
        self._end(m)

    def _calendar(self, m: dict[str, Any]) -> None:
        """Doses as they are written, then day by day."""
        self.heading("Doses")
        self.bullets([_dosed(d) for d in m["doses"]] or ["none was read"])
        if m["undated"]:
            self.heading("Not in the calendar below")
            self.bullets([f"{x['name']}: {x['text']}" for x in m["undated"]], sign="!")
        if m["calendar"]:
            self.heading(f"Day by day to {m['until']}")
            rows = [
                [words.dated(d), words.day_of(d), "; ".join(d["doses"]), "; ".join(d["tasks"])] for d in m["calendar"]
            ]
            self.table(["Date", "Day", "Give", "Do"], rows)

    def _tasks(self, title: str, tasks: list[dict[str, Any]]) -> None:
        if not tasks:
            return
        self.heading(title)
        for name in dict.fromkeys(t["checklist"] for t in tasks):
            self.line(name, indent=2)
            for t in (t for t in tasks if t["checklist"] == name):
                sign = "[ ]" if t["applies"] == "yes" else "[?]"
                self.bullets([_task(t)], indent=4, sign=sign)

    def _scores(self, scores: list[dict[str, Any]]) -> None:
        for s in scores:
            low, high = s["at_least"], s["at_most"]
            points = f"{low}" if low == high else f"{low} to {high}, not settled"
            self.heading(f"{s['title']}: {points}: {' or '.join(s['says'])} {cite(s)}")
            self.bullets([_scored(i) for i in s["items"]])
            self.line(f"{s['note']}", indent=2)

    def _spacing(self, m: dict[str, Any]) -> None:
        if not m["deescalation"]:
            return
        self.heading("Spacing out the doses")
        for step in m["deescalation"]:
            by = f" [{step['by']}]" if step["by"] else ""
            ready = {"yes": "ready", "no": "not ready", "unknown": "not known"}[step["ready"]]
            met = {"yes": "met", "no": "not-met", "unknown": "unknown"}[step["ready"]]
            earliest = f", by its dates from {step['earliest']}" if step["earliest"] else ""
            label = f"the label of {step['by']}" if step["by"] else "the label"
            due = f"; {label} asks for it" if step["due"] else ""
            said = f"from {step['leave']} to {step['enter']}{by}: {ready}{earliest}{due}. {step['text']}"
            note = f" ({step['note']})" if step["note"] else ""
            self.bullets([f"{said}{note} {cite(step)}"], sign=self.sign(met))
            for c in step["conditions"]:
                word = {"yes": "met", "no": "not met", "unknown": "unknown"}[c["result"]]
                self.bullets([f"{c['text']}: {word} ({c['found']})"], indent=6)
        self.bullets([_line(x | {"by": ""}) for x in m["evidence"]], indent=2, sign=">")

    def hold(self, h: dict[str, Any]) -> None:
        """What to do at an event."""
        where = f" ({h['jurisdiction']})" if h["jurisdiction"] else ""
        self.title(f"{h['name']}{where}: {h['event']}")
        grade = h["grade"]
        if grade:
            low, high = grade["at_least"], grade["at_most"]
            shown = str(low) if low == high else f"{low} to {high}"
            self.heading(f"Grade {shown}: {'; '.join(grade['because']) or 'nothing told'} {cite(grade)}")
            if grade["missing"]:
                self.bullets([f"not told: {', '.join(grade['missing'])}"], sign="?")
        if h["conflict"]:
            self.bullets([h["conflict"]], sign="!")
        self._decision(h["decision"])
        self.heading("By the label, or by a consensus where the row says so")
        if not h["rows"]:
            self.bullets(["none was read: check the current label"], sign="!")
        self._rows(h["rows"])
        if h["elsewhere"]:
            self.heading("Of other places")
            self._rows(h["elsewhere"])
        self._said("Practice, beside the label", h["practice"])
        self._end(h)

    def _decision(self, d: dict[str, Any]) -> None:
        """What the rows come to, and where the label has them."""
        self.heading(f"{d['text'][:1].upper()}{d['text'][1:]} {cite(d)}".rstrip())
        self.bullets(d["because"], sign="!")
        self.bullets([f"label of {x['by']}: section {x['section']} {cite(x)}" for x in d["sections"]])

    def _rows(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            grades = f"grade {', '.join(map(str, row['grades']))}: " if row["grades"] else ""
            places = f" [{', '.join(row['jurisdictions'])}]" if row["jurisdictions"] else ""
            action = f"{row['action']}; " if row["read"] else ""
            recalled = f" (from memory: {row['recalled']})" if row["recalled"] else ""
            sign = "-" if row["read"] else "!"
            self.bullets([f"{row['event']}{places}, {grades}{action}{row['text']}{recalled} {cite(row)}"], sign=sign)

    def _said(self, title: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.heading(title)
            self.bullets([_line(x) for x in rows])

    def _end(self, x: dict[str, Any]) -> None:
        self.gap()
        self.line(LEGEND)
        self.line(x["intended_use"])


def _line(x: dict[str, Any]) -> str:
    by = f"[{x['by']}] " if x.get("by") else ""
    return f"{by}{x['text']} {cite(x)}"


def _dosed(d: dict[str, Any]) -> str:
    how = ", ".join(x for x in (d["dose"], d["route"]) if x)
    note = f" ({d['note']})" if d["note"] else ""
    note += words.to_adapt(d)
    first = f"; first {d['dates'][0][0]}" if d["dates"] else ""
    return f"{d['name']}: {how}; {d['days'] or 'days not read'}{note}{first} {cite(d)}"


def _task(t: dict[str, Any]) -> str:
    """What, when in words and in dates, why, for whom, and whether the record calls for it now."""
    by = f"[{t['by']}] " if t["by"] else ""
    why = f"; {t['why']}" if t["why"] else ""
    dates = ", ".join(t["dates"][: words.SHOWN_DATES]) + (" ..." if len(t["dates"]) > words.SHOWN_DATES else "")
    begins = f"from {t['begins']}" if t["begins"] and not t["dates"] else ""
    ends = f"{'until' if t['phase'] != 'before' else 'by'} {t['ends']}" if t["ends"] else ""
    ends += " (ALREADY PAST)" if t["late"] else ""
    when = ", ".join(x for x in (t["when"], dates, begins, ends) if x)
    unknown = f" {t['because'][0].upper()}{t['because'][1:]}." if t["applies"] == "unknown" and t["because"] else ""
    now = {"yes": "NOW: ", "no": "Not now: ", "unknown": "Now? not known: ", "": ""}[t["now"]]
    called = f" {now}{t['now_because']}." if now else ""
    adapt = "".join(f" {words.adapting(x)}. {cite(x)}" for x in t["adapt"])
    return f"{by}{t['item']}: {when}{why}.{unknown}{called} {cite(t)}{adapt}"


def _scored(i: dict[str, Any]) -> str:
    points = f"{i['at_least']:+d}" if i["at_least"] == i["at_most"] else f"{i['at_least']:+d} to {i['at_most']:+d}"
    said = "; ".join(x for x in (i["because"], f"ask: {i['ask']}" if i["ask"] else "", i["note"]) if x)
    return f"{points} {i['text']} ({said})"
