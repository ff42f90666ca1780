"""The recommendation for a terminal: calm, complete, readable at eighty columns and without colour.

Everything shown comes from the plain data that it is given, cleaned; nothing is decided here.
"""

from __future__ import annotations

import re
from typing import Any

from rich.text import Text

from mmadvisor.render.paper import LEGEND, UNBROKEN, Paper, cite, sign_of

LEADING = 3


class AnswerPaper(Paper):
    """What every report on a patient shows, and the recommendation itself."""

    def recommendation(self, a: dict[str, Any], *, explain_order: bool = False) -> None:
        """The first screen answers what must be done first, what is open, why, what is missing."""
        self._strip(a)
        self._first(a)
        self._options(a)
        self._missing(a)
        self._leading(a)
        self._positions(a)
        if explain_order:
            self._order(a)
        self._cells(a)
        self._waiting(a)
        self._closed(a)
        self._rest(a)
        self._foot(a)

    def _strip(self, a: dict[str, Any]) -> None:
        history = a["history"]
        lines = history["prior_lines"]
        most = "or more" if lines["at_most"] is None else f"to {lines['at_most']}"
        count = str(lines["count"]) if lines["at_least"] == lines["at_most"] else f"{lines['at_least']} {most}"
        others = "; ".join(f"{o['count']} by {o['definition']}" for o in lines["alternatives"])
        held = [x["label"] for x in history["labels"] if x["value"] == "yes"]
        open_ = [x["label"] for x in history["labels"] if x["value"] == "unknown"]
        refractory = [x["name"] for x in history["agents"] if x["refractory"] == "yes"]
        unsettled = [x["name"] for x in history["agents"] if x["refractory"] == "unknown"]
        day = a["patient"]["assessed_on"]
        origin = a["patient"]["assessed_on_from"]
        where = f"{a['jurisdiction']}   catalogue {a['catalogue']['version']}"
        self.title(f"Patient {a['patient']['id']}   {day} ({origin})   {where}")
        self.pairs(
            [
                ("Prior lines", f"{count} ({lines['definition']}{'; ' + others if others else ''})"),
                ("Refractory to", ", ".join(refractory) or "nothing recorded"),
                ("Not settled", ", ".join(unsettled)),
                ("History", ", ".join(held)),
                ("Not known", ", ".join(open_)),
                ("Situation", "; ".join(a["settings"])),
            ]
        )

    def _first(self, a: dict[str, Any]) -> None:
        treat = a["treat_now"]
        for emergency in treat["emergencies"]:
            name = emergency["emergency"].replace("_", " ").upper()
            self.gap()
            self.line(f"FIRST: {name}. {emergency['text']} {cite(emergency)}".rstrip(), style="bold red")
        self.heading(f"Treat now? {treat['answer'].replace('-', ' ')}: {treat['because']} {cite(treat)}".rstrip())
        self.bullets(treat["ask"], sign="?")
        if a["hang_on_completeness"]:
            n = a["hang_on_completeness"]
            hang = f"{n} verdicts hang" if n > 1 else "1 verdict hangs"
            self.bullets([f"{hang} on whether the list of therapies is whole: record therapies_complete"], sign="?")
        self.bullets(
            [f"{s['text']} {cite(s)}" for situation in a["situations"] for s in situation["says"]],
            sign=">",
        )
        self.bullets(a["warnings"], sign="!")
        if a["ranking_withheld"]:
            self.bullets([a["ranking_withheld"]], sign="!")

    def _options(self, a: dict[str, Any]) -> None:
        if a["nothing_open"]:
            self.heading(a["nothing_open"])
        if not a["options"]:
            return
        self.heading("Options, in order")
        self.table(
            ["#", "Option", "Verdict", "PFS, nearest population", "Placed by", "Cautions and checks"],
            [
                [
                    str(o["rank"]),
                    Text(self.said(o["regimen"]), style="bold"),
                    self.mark(o["verdict"]),
                    _benefit(o),
                    _placed(o),
                    _concerns(o),
                ]
                for o in a["options"]
            ],
        )
        self.line(LEGEND)

    def _missing(self, a: dict[str, Any]) -> None:
        undetermined = [n for n in a["not_offered"] if n["verdict"] == "undetermined" and n["would_rank"] is not None]
        if undetermined:
            self.heading(f"Not decided yet (? undetermined): {'where they' if a['options'] else 'as they'} would rank")
            for n in undetermined[:6]:
                rank = "first" if n["would_rank"] == 1 else f"rank {n['would_rank']}"
                place = f"{rank} if" if a["options"] else "if"
                self.bullets([f"{n['regimen']}: {place} {n['would_rank_if']}"], sign="?")
            if len(undetermined) > 6:
                self.line(f"{len(undetermined)} in all: {', '.join(n['regimen'] for n in undetermined)}", indent=4)
        if a["missing"]:
            self.heading("Missing, the most useful first")
            decisive = [m for m in a["missing"] if m["decisive"]]
            for m in decisive[:3]:
                self.bullets([f"{m['name']} ({m['field']}), asked for {_few(m['matters_for'])}"], sign="?")
                self.bullets([f"{o['value']}: {_effect(o, a['options'])}" for o in m["outcomes"]], indent=6)
            rest = [m["field"] for m in decisive[3:]]
            idle = [m["field"] for m in a["missing"] if not m["decisive"]]
            if rest:
                self.line(f"Then: {', '.join(rest)}", indent=4)
            if idle:
                self.line(f"Alone they change no verdict and no order: {', '.join(idle)}", indent=4)

    def _leading(self, a: dict[str, Any]) -> None:
        for o in a["options"][:LEADING]:
            self.heading(f"{o['rank']}. {o['regimen']}: {o['name']}")
            approval = o["approval"]
            status = f"{approval['status']} in {approval['jurisdiction']}"
            if approval["since"]:
                status += f" since {approval['since']}"
            if approval["conditional"]:
                status += ", conditional"
            notes = "; ".join(t for t in (approval["check"], approval["note"]) if t)
            self.pairs(
                [
                    ("Approval", f"{status} {sign_of(approval)}{': ' + notes if notes else ''}"),
                    ("Above the next", o["above_next_because"]),
                ],
                indent=2,
            )
            self.bullets(o["rechallenge"], sign="!")
            caution = {c["text"] for c in o["cautions"]}
            for side, sign in (("for", "+"), ("against", "-")):
                mine = [x for x in o["arguments"] if x["side"] == side and x["text"] not in caution]
                self.bullets([f"{x['text']} {cite(x)}".rstrip() for x in mine], sign=sign, word=side)
            self.bullets([f"{c['about']}: {c['text']} {sign_of(c)}".rstrip() for c in o["cautions"]], sign="!")
            self.bullets([f"Spends: {s}" for s in o["sequencing"]], sign=">")
            self.monitoring(o["monitoring"])

    def _positions(self, a: dict[str, Any]) -> None:
        """Who places what, side by side, where somebody does."""
        placed = [p for p in a["positions"] if len(p["bodies"]) > 1]
        if not placed:
            return
        self.heading("Who places what (the newest first; = they disagree)")
        rows = []
        for p in placed:
            said: dict[str, None] = {}
            for b in p["bodies"]:
                gone = ", superseded" if b["superseded"] else ""
                when = f" ({b['dated']})" if b["dated"] else ""
                said[f"{b['by']}{when}: {b['level']}{gone} {sign_of(b)}".rstrip()] = None
            name = f"{p['regimen']}{' =' if p['disagree'] else ''}"
            rows.append((name, "; ".join(said)))
        self.pairs(rows, indent=2)

    def _cells(self, a: dict[str, Any]) -> None:
        """When cells can be collected and given: wash-outs with dates, bridging, the wait."""
        timing = a["car_t_timing"]
        if not timing:
            return
        self.heading(f"CAR-T timing ({', '.join(timing['regimens'])})")
        first, last = timing["apheresis_from"], timing["apheresis_from_at_the_latest"]
        if first:
            span = first if first == last else f"{first} by the shortest, {last} by the longest of the intervals below"
            self.line(f"Collection (apheresis) from {span}", indent=2)
        by_drug: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for w in timing["washouts"]:
            by_drug.setdefault((w["before"], w["name"]), []).append(w)
        for (before, name), rows in by_drug.items():
            since = "still taken" if rows[0]["still_taken"] else f"last dose {rows[0]['last_dose']}"
            known = f" ({since})" if rows[0]["agent"] else ""
            self.bullets([f"{name}{known}, before {before}:"], indent=2)
            self.bullets([_washout(w) for w in sorted(rows, key=lambda w: bool(w["disease"]))], indent=6, sign="-")
        for w in timing["vein_to_vein"]:
            fits = {"yes": "; treatment can wait that long", "no": "; longer than treatment can wait"}.get(
                w["fits"], ""
            )
            self.bullets([f"{w['regimen']}: {w['text']}{fits} {cite(w)}"], indent=2)
        for b in timing["bridges"]:
            open_ = f" (open here: {_few(b['regimens'])})" if b["regimens"] else ""
            what = f"Bridging with {', '.join(b['agents'])}" if b["agents"] else "Bridging"
            keeps = "" if b["keeps_t_cells"] else " (harms)"
            self.bullets([f"{what}{keeps}{open_}: {b['text']}; {b['by']} {cite(b)}"], indent=2)

    def _order(self, a: dict[str, Any]) -> None:
        self.heading(f"Every comparison ({a['profile']})")
        for o in a["options"]:
            self.line(f"{o['rank']}. {o['regimen']}", indent=2, style="bold")
            self.pairs([(s["by"], f"{s['value']} ({s['because']})") for s in o["standing"]], indent=4)

    def _waiting(self, a: dict[str, Any]) -> None:
        titles = {"deferred": "Deferred: what must pass first", "off-label": "Off-label here"}
        for verdict, title in titles.items():
            found = [n for n in a["not_offered"] if n["verdict"] == verdict]
            if found:
                self.heading(title)
                self.bullets(
                    [f"{n['regimen']}: {'; '.join(n['because'])}. {_opening(n)}" for n in found],
                    sign=self.sign(verdict),
                )
        undetermined = [n for n in a["not_offered"] if n["verdict"] == "undetermined" and n["would_rank"] is None]
        if undetermined:
            self.heading("Undetermined, and of no rank yet")
            self.bullets([f"{n['regimen']}: {'; '.join(n['because'])}" for n in undetermined], sign="?")

    def _closed(self, a: dict[str, Any]) -> None:
        """What is closed: alike reasons together, and one line each for those that something would open."""
        closed = [n for n in a["not_offered"] if n["verdict"] == "ineligible"]
        if not closed:
            return
        self.heading(f"Closed ({self.sign('ineligible')} ineligible), and what would open it")
        groups: dict[str, list[str]] = {}
        alike: dict[tuple[str, str], list[str]] = {}
        for n in closed:
            reason = _alike(n)
            if reason:
                groups.setdefault(reason, []).append(n["regimen"])
            else:
                alike.setdefault(("; ".join(dict.fromkeys(n["because"])), _opens(n)), []).append(n["regimen"])
        sign = self.sign("ineligible")
        if alike:
            self.table(
                ["Regimen", "Why", "Opens"],
                [[f"{sign}{UNBROKEN}{', '.join(names)}", why, opens] for (why, opens), names in alike.items()],
            )
        self.bullets([f"{reason}: {', '.join(names)}" for reason, names in groups.items()], sign=sign)

    def _rest(self, a: dict[str, Any]) -> None:
        if a["line_definition_flips"]:
            self.heading("Hangs on how lines are counted")
            self.bullets(a["line_definition_flips"])
        if a["benchmarks"]:
            self.heading("For comparison: standard care (indirect, across trials)")
            for b in a["benchmarks"]:
                pfs = b.get("pfs_months", {}).get("median")
                survival = b.get("os_months", {}).get("median")
                self.bullets(
                    [f"{b['trial']}, {b['population']}: median PFS {pfs} months, OS {survival} months {sign_of(b)}"]
                )
        self.heading("Always open")
        self.bullets([s["text"] for s in a["always"]])

    def _foot(self, a: dict[str, Any]) -> None:
        self.gap()
        c = a["catalogue"]
        self.line(
            f"{a['engine']['name']} {a['engine']['version']}, catalogue {c['version']} ({c['sha256'][:12]}, reviewed "
            f"{c['reviewed_on']}; {', '.join(c['layers'])}), order {a['profile']}. {len(a['sources'])} sources: "
            "see --format json, or mmadvisor explain."
        )
        self.line(a["intended_use"])


def _effect(outcome: dict[str, Any], options: list[dict[str, Any]]) -> str:
    """What an outcome of a missing fact does, in a few words."""
    settled = [r for r in outcome["settles"] if r not in outcome["opens"]]
    said = []
    if outcome["opens"]:
        said.append(f"opens {_few(outcome['opens'])}")
    if settled:
        said.append(f"rules out {_few(settled)}")
    if outcome["closes"]:
        said.append(f"closes {_few(outcome['closes'])}")
    first = outcome["first"][:1]
    if first and options and first[0] != options[0]["regimen"]:
        said.append(f"{first[0]} first")
    elif first and [o["regimen"] for o in options[: len(outcome["first"])]] != outcome["first"] and not said:
        said.append("another order of the first five")
    return "; ".join(said) or "settles nothing alone"


def _washout(w: dict[str, Any]) -> str:
    """One source's word on one drug: the day, or that it gives none."""
    when = {"safe": "may go on up to it", "avoid": "to be avoided"}.get(w["advice"], "")
    if w["until"]:
        when = f"{w['days']} days: from {w['until']}{' if stopped today' if w['still_taken'] else ''}"
    elif w["days"] is not None:
        when = f"{w['days']} days" + (" from a last dose that is not known to the day" if w["agent"] else "")
    said = "; ".join(part for part in (when, w["text"]) if part)
    return f"{w['by']}: {said} {cite(w)}"


def _few(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _standing(o: dict[str, Any], by: str) -> dict[str, Any]:
    """An option's value in a comparison; a profile need not have every comparison."""
    return next((s for s in o["standing"] if s["by"] == by), {"value": "", "because": "", "source": ""})


def _benefit(o: dict[str, Any]) -> str:
    standing = _standing(o, "benefit")
    because: str = standing["because"]
    if because.startswith("no "):
        return "not published"
    rows = [e for e in o["evidence"] if e["source"] == standing["source"]]
    trial: dict[str, Any] = next((e for e in rows if e["trial"] in because), rows[0] if rows else {})
    return f"{because.removeprefix('median PFS ')}{UNBROKEN}{sign_of(trial)}".strip()


def _placed(o: dict[str, Any]) -> str:
    """The grade and the newest guideline that gives it; the rest of the reason stands further down."""
    standing = _standing(o, "placement")
    by = re.split("[;,]", standing["because"])[0]
    return f"{standing['value']}: {by}" if standing["value"] not in ("", "not placed") else standing["value"]


def _concerns(o: dict[str, Any]) -> str:
    applies = dict.fromkeys(c["about"] for c in o["cautions"] if c["result"] == "applies")
    unknown = dict.fromkeys(c["about"] for c in o["cautions"] if c["result"] == "unknown")
    parts = [", ".join(applies), f"not known: {', '.join(u for u in unknown if u not in applies)}" if unknown else ""]
    if o["approval"]["check"]:
        parts.append("check registration")
    if o["rechallenge"]:
        parts.append("rechallenge")
    return "; ".join(p for p in parts if p and not p.endswith(": ")) or "none"


def _alike(n: dict[str, Any]) -> str:
    """The reason that a closed regimen shares with others, where nothing would open it."""
    failing = [c for c in n["criteria"] if c["force"] == "hard" and c["result"] == "not-met"]
    if n["approval"]["status"] == "not-available":
        return "Not available here"
    if any(c["id"] == "state" for c in failing):
        return "For another state of the disease"
    if failing and all(c["id"].startswith("active-") for c in failing):
        return f"Spent: {', '.join(c['id'].removeprefix('active-') for c in failing)}"
    return ""


def _opens(n: dict[str, Any]) -> str:
    return "nothing can" if n["would_change_if"].startswith("nothing") else n["would_change_if"]


def _opening(n: dict[str, Any]) -> str:
    return "Nothing opens it" if n["would_change_if"].startswith("nothing") else f"Opens {n['would_change_if']}"
