"""The recommendation for a terminal: calm, complete, readable at eighty columns and without colour.

Everything shown comes from the plain data that it is given, cleaned; nothing is decided here.
"""

from __future__ import annotations

from typing import Any

from rich.text import Text

from mmadvisor.render import words
from mmadvisor.render.paper import LEGEND, UNBROKEN, cite, sign_of
from mmadvisor.render.taken import TakenPaper

LEADING = 3
SHOWN = 8  # of a provisional order


class AnswerPaper(TakenPaper):
    """What every report on a patient shows, and the recommendation itself."""

    def recommendation(self, a: dict[str, Any], *, explain_order: bool = False) -> None:
        """The first screen answers what must be done first, what is open, why, what is missing."""
        self._strip(a)
        self._first(a)
        self._options(a)
        self._missing(a)
        self.co_medication(a["co_medication"])
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
        count = words.line_count(lines)
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
        self.due_now(a["treat_now"], a.get("first", ()))
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
        self._deferred(a)
        self._listed(a)
        self._provisional(a)

    def _deferred(self, a: dict[str, Any]) -> None:
        """What comes first, or at which rank, once something has passed; and what need not wait."""
        groups = words.waiting(a)
        if not groups:
            return
        self.heading(f"Deferred: not today, with the ranks that they keep ({self.sign('deferred')})")
        for once, rows in groups:
            self.bullets([f"{once}: {words.ranked(rows)}"], sign=self.sign("deferred"))
            self.bullets([f"Now: {'; '.join(rows[0]['found'])}"], indent=6)
            said = (*rows[0]["next_steps"], *rows[0]["look_again"])
            self.bullets([f"{s['text']} {cite(s)}" for s in said], indent=6)

    def _provisional(self, a: dict[str, Any]) -> None:
        """The order that would stand if unknown tests of the day were met; nothing of it is confirmed."""
        rows = a.get("provisional", ())
        if not rows:
            return
        self.heading(words.provisional(a))
        self.table(
            ["#", "Not confirmed", "And if", "PFS, nearest population", "Cautions and checks"],
            [
                [
                    f"{p['rank']}{UNBROKEN}?",
                    Text(self.said(p["regimen"]), style="bold"),
                    "; ".join(words.own_gates(a, p)) or "no more",
                    f"{words.benefit(p)}{UNBROKEN}{sign_of(p['nearest_benefit'] or {})}".strip(),
                    words.concerns(p),
                ]
                for p in rows[:SHOWN]
            ],
        )
        if rows[SHOWN:]:
            self.line(f"Then: {', '.join(p['regimen'] for p in rows[SHOWN:])}", indent=2)

    def _listed(self, a: dict[str, Any]) -> None:
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
                    f"{words.benefit(o)}{UNBROKEN}{sign_of(o['nearest_benefit'] or {})}".strip(),
                    words.placed(o),
                    words.concerns(o),
                ]
                for o in a["options"]
            ],
        )
        self.bullets([f"{name}: {said}" for name, said in words.untried(a["options"])], sign="!")
        self.line(LEGEND)

    def _missing(self, a: dict[str, Any]) -> None:
        undetermined = words.undecided(a)
        if undetermined:
            self.heading(f"Not decided yet (? undetermined): {'where they' if a['options'] else 'as they'} would rank")
            for n in undetermined[:6]:
                self.bullets([f"{n['regimen']}: {words.would_rank(n, bool(a['options']))}"], sign="?")
            if len(undetermined) > 6:
                self.line(f"{len(undetermined)} in all: {', '.join(n['regimen'] for n in undetermined)}", indent=4)
        if a["missing"]:
            self.heading("Missing, the most useful first")
            decisive = [m for m in a["missing"] if m["decisive"]]
            for m in decisive[:3]:
                self.bullets([f"{m['name']} ({m['field']}), asked for {words.few(m['matters_for'])}"], sign="?")
                self.bullets([f"{o['value']}: {words.effect(o, a['options'])}" for o in m["outcomes"]], indent=6)
            rest = [words.to_fill_in(m) for m in decisive[3:]]
            if rest:
                self.line(f"Then: {', '.join(rest)}", indent=4)
            caring = [m for m in a["missing"] if m["changes_care"]]
            if caring:
                self.line("These change what is done before the first dose:", indent=4)
            for m in caring:
                self.bullets([f"{m['name']} ({m['field']})"], sign="?")
                self.bullets([f"{s['text']} {cite(s)}" for s in m["changes_care"]], indent=6)
            for said, fields in words.not_decisive(a["missing"]):
                self.line(f"{said}: {', '.join(fields)}", indent=4)

    def _leading(self, a: dict[str, Any]) -> None:
        for o in a["options"][:LEADING]:
            self.heading(f"{o['rank']}. {o['regimen']}: {o['name']}")
            approval = o["approval"]
            notes = "; ".join(t for t in (approval["check"], approval["note"]) if t)
            self.pairs(
                [
                    ("Approval", f"{words.approval(approval)} {sign_of(approval)}{': ' + notes if notes else ''}"),
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
            said = [f"{text} {sign_of(b)}".rstrip() for text, b in words.bodies(p)]
            name = f"{p['regimen']}{' =' if p['disagree'] else ''}"
            rows.append((name, "; ".join(said)))
        self.pairs(rows, indent=2)

    def _cells(self, a: dict[str, Any]) -> None:
        """When cells can be collected and given: wash-outs with dates, bridging, the wait."""
        timing = a["car_t_timing"]
        if not timing:
            return
        self.heading(f"CAR-T timing ({', '.join(timing['regimens'])})")
        if span := words.collection(timing):
            self.line(f"Collection (apheresis) from {span}", indent=2)
        if span := words.infusion(timing):
            self.line(f"Infusion not before {span}", indent=2)
        for drug, rows in words.washouts(timing):
            self.bullets([f"{drug}:"], indent=2)
            self.bullets([f"{words.washout(w)} {cite(w)}" for w in rows], indent=6, sign="-")
        self.bullets([f"{words.wait(w)} {cite(w)}" for w in timing["vein_to_vein"]], indent=2)
        self.bullets([f"{words.bridge(b)} {cite(b)}" for b in timing["bridges"]], indent=2)

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
                    [f"{n['regimen']}: {'; '.join(n['because'])}. {words.opening(n)}" for n in found],
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
        mendable, shared = words.grouped(closed)
        sign = self.sign("ineligible")
        if mendable:
            self.table(
                ["Regimen", "Why", "Opens"],
                [[f"{sign}{UNBROKEN}{', '.join(names)}", why, opens] for (why, opens), names in mendable.items()],
            )
        self.bullets([f"{reason}: {', '.join(names)}" for reason, names in shared.items()], sign=sign)

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
