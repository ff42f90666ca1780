"""Reports for a terminal: calm, complete, readable at eighty columns and without colour.

Everything shown comes from the plain data that it is given, cleaned; nothing is decided here.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
from collections.abc import Iterable
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mmadvisor.render.text import cells, clean, folded, in_ascii, joints

MARKS = {
    "eligible": ("✓", "+"),
    "caution": ("!", "!"),
    "undetermined": ("?", "?"),
    "deferred": ("~", "~"),
    "off-label": ("○", "o"),
    "ineligible": ("✗", "x"),
    "met": ("✓", "+"),
    "not-met": ("✗", "x"),
    "unknown": ("?", "?"),
    "yes": ("●", "*"),
    "no": ("–", "-"),
    "doubtful": ("~", "~"),
}
STYLES = {
    "eligible": "green",
    "caution": "yellow",
    "undetermined": "cyan",
    "deferred": "cyan",
    "off-label": "magenta",
    "ineligible": "red",
    "not-met": "red",
    "unknown": "cyan",
    "yes": "bold",
    "doubtful": "yellow",
}
CHECKED = {"secondary": "†", "unverified": "‡"}
LEGEND = "† read in a mirror, digest or review   ‡ not read at any source: check it"
LEADING = 3
MOST_COLUMNS = 140
COLUMNS_IN_A_PIPE = 100
BETWEEN_COLUMNS = 2
FEWEST_CELLS = 4
UNBROKEN = "\u00a0"
WIDEST_NAME = 24


def render(kind: str, data: Any, *, to_terminal: bool = True, no_color: bool = False, **options: Any) -> str:
    """One report as text, with the terminal's colours where it has any."""
    page = _Page(to_terminal and sys.stdout.isatty() and not no_color, _ascii_only() if to_terminal else False)
    {"recommendation": page.recommendation, "history": page.history, "page": page.regimen}[kind](data, **options)
    return page.text()


def _ascii_only() -> bool:
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").casefold().replace("-", "")
    return not encoding.startswith("utf")


class _Page:
    """A report being written."""

    def __init__(self, coloured: bool, ascii_only: bool) -> None:
        self.buffer = io.StringIO()
        self.ascii_only = ascii_only
        self.shown_checklists: set[str] = set()
        width = shutil.get_terminal_size((COLUMNS_IN_A_PIPE, 24)).columns
        self.console = Console(
            file=self.buffer,
            width=max(60, min(width, MOST_COLUMNS)),
            force_terminal=coloured,
            color_system="auto" if coloured else None,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def text(self) -> str:
        """What was written."""
        text = "\n".join(line.rstrip() for line in self.buffer.getvalue().splitlines()) + "\n"
        text = text.replace(UNBROKEN, " ")
        return text.replace("─", "-") if self.ascii_only else text

    # --- pieces ---------------------------------------------------------------------------

    def said(self, text: str) -> str:
        """Text as this terminal can show it; done before anything is measured."""
        return in_ascii(clean(text)) if self.ascii_only else clean(text)

    def sign(self, word: str) -> str:
        """The mark of a verdict or a result."""
        return MARKS.get(word, ("", ""))[self.ascii_only]

    def mark(self, word: str) -> Text:
        """A word with its mark: never colour alone."""
        shown = "not met" if word == "not-met" else self.said(word)
        return Text(f"{self.sign(word)} {shown}".strip(), style=STYLES.get(word, ""))

    def heading(self, text: str) -> None:
        self.buffer.write("\n")
        self.line(text, style="bold")

    def line(self, text: str, *, indent: int = 0, style: str = "") -> None:
        if style and self.console.is_terminal:
            self.console.print(Padding(Text(self.said(text), style=style), (0, 0, 0, indent)))
        else:
            self._wrapped(text, " " * indent, " " * indent)

    def bullets(self, items: Iterable[str], *, indent: int = 2, sign: str = "-") -> None:
        for item in items:
            self._wrapped(item, f"{' ' * indent}{sign} ", " " * (indent + len(sign) + 1))

    def pairs(self, rows: Iterable[tuple[str, str]], *, indent: int = 0) -> None:
        shown = [(name, value) for name, value in rows if value]
        wide = max((len(name) for name, _ in shown), default=0) + 2
        for name, value in shown:
            self._wrapped(value, f"{' ' * indent}{name:<{wide}}", " " * (indent + wide))

    def _wrapped(self, text: str, first: str, rest: str) -> None:
        """Plain text, wrapped: most of a report, and quicker than asking Rich for it."""
        lines = folded(self.said(text), self.console.width - len(first))
        self.buffer.write("\n".join(f"{rest if i else first}{line}".rstrip() for i, line in enumerate(lines)) + "\n")

    def table(self, columns: list[str], rows: list[list[Any]]) -> None:
        """A table whose columns are as wide as they need to be; where the line is too short, they share it."""
        shown = [[c if isinstance(c, Text) else Text(self.said(str(c))) for c in row] for row in rows]
        texts = [[name, *(row[i].plain for row in shown)] for i, name in enumerate(columns)]
        marked = [any(isinstance(row[i], Text) for row in rows) for i in range(len(columns))]
        least = [_least(t, whole) for t, whole in zip(texts, marked, strict=True)]
        widths = _shares(texts, least, self.console.width - BETWEEN_COLUMNS * (len(columns) - 1))
        made = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        for name, width in zip(columns, widths, strict=True):
            made.add_column(name, width=width, overflow="fold")
        for row in shown:
            made.add_row(
                *[Text("\n".join(folded(c.plain, w)), style=c.style) for c, w in zip(row, widths, strict=True)]
            )
        self.console.print(made)

    # --- the answer -----------------------------------------------------------------------

    def recommendation(self, a: dict[str, Any], *, explain_order: bool = False) -> None:
        """The first screen answers what must be done first, what is open, why, what is missing."""
        self._strip(a)
        self._first(a)
        self._options(a)
        self._missing(a)
        self._leading(a)
        if explain_order:
            self._order(a)
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
        self.line(f"Patient {a['patient']['id']}   {day} ({origin})   {where}", style="bold")
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
            self.console.print()
            self.line(f"FIRST: {name}. {emergency['text']} {_cite(emergency)}".rstrip(), style="bold red")
        self.heading(f"Treat now? {treat['answer'].replace('-', ' ')}: {treat['because']} {_cite(treat)}".rstrip())
        self.bullets(treat["ask"], sign="?")
        if a["hang_on_completeness"]:
            n = a["hang_on_completeness"]
            hang = f"{n} verdicts hang" if n > 1 else "1 verdict hangs"
            self.bullets([f"{hang} on whether the list of therapies is whole: record therapies_complete"], sign="?")
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
            self.heading("Not decided yet (? undetermined): where they would rank")
            for n in sorted(undetermined, key=lambda n: (n["would_rank"], n["regimen"]))[:6]:
                self.bullets([f"{n['regimen']}: rank {n['would_rank']} if {n['would_rank_if']}"], sign="?")
            if len(undetermined) > 6:
                rest = sorted(n["regimen"] for n in undetermined)
                self.line(f"{len(undetermined)} in all: {', '.join(rest)}", indent=4)
        if a["missing"]:
            self.heading("Missing, the most useful first")
            for m in a["missing"][:3]:
                settles = f", settles {m['gain']} alone" if m["gain"] else ""
                matters = _few(m["matters_for"])
                self.bullets([f"{m['name']} ({m['field']}): for {matters}{settles}"], sign="?")
            rest = [m["field"] for m in a["missing"][3:]]
            if rest:
                self.line(f"Also: {', '.join(rest)}", indent=4)

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
                    ("Approval", f"{status} {_sign(approval)}{': ' + notes if notes else ''}"),
                    ("Above the next", o["above_next_because"]),
                ],
                indent=2,
            )
            self.bullets(o["rechallenge"], sign="!")
            self.bullets(o["for"], sign="+")
            self.bullets(_unlike(o["against"], [c["text"] for c in o["cautions"]]), sign="-")
            self.bullets([f"{c['about']}: {c['text']} {_sign(c)}".rstrip() for c in o["cautions"]], sign="!")
            self.bullets([f"Spends: {s}" for s in o["sequencing"]], sign=">")
            self._monitoring(o["monitoring"])

    def _monitoring(self, items: list[dict[str, Any]]) -> None:
        """Checklists by title; one that was shown for an option above is only named again."""
        again = []
        for title in dict.fromkeys(i["checklist"] for i in items):
            if title in self.shown_checklists:
                again.append(title)
                continue
            self.shown_checklists.add(title)
            self.line(f"[ ] {title}", indent=2)
            for i in (i for i in items if i["checklist"] == title):
                why = f" ({i['why']})" if i["why"] else ""
                self.bullets([f"{i['item']}: {i['when']}{why} {_sign(i)}".rstrip()], indent=6)
        if again:
            self.line(f"[ ] As above: {'; '.join(again)}", indent=2)

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
                    [f"{b['trial']}, {b['population']}: median PFS {pfs} months, OS {survival} months {_sign(b)}"]
                )
        self.heading("Always open")
        self.bullets([s["text"] for s in a["always"]])

    def _foot(self, a: dict[str, Any]) -> None:
        self.console.print()
        c = a["catalogue"]
        self.line(
            f"{a['engine']['name']} {a['engine']['version']}, catalogue {c['version']} ({c['sha256'][:12]}, reviewed "
            f"{c['reviewed_on']}; {', '.join(c['layers'])}), order {a['profile']}. {len(a['sources'])} sources: "
            "see --format json, or mmadvisor explain."
        )
        self.line(a["intended_use"])

    # --- history --------------------------------------------------------------------------

    def history(self, a: dict[str, Any]) -> None:
        """Lines as rows, agents as bars over the years, then every finding with its proof."""
        self._strip(a)
        h = a["history"]
        self.pairs(
            [
                ("State", h["state"].replace("_", " ")),
                ("List is whole", h["complete"]),
                ("Clearance", h["creatinine_clearance"]),
                ("Frailty", h["frailty"]),
                ("Progressed on last", h["progressed_on_last"]),
            ]
        )
        self.bullets(a["warnings"], sign="!")
        if h["therapies"]:
            self.heading("Timeline")
            self._timeline(h["therapies"], a["patient"]["assessed_on"])
        if h["agents"]:
            self.heading("Agents")
            self.table(
                ["Agent", "Class", "Refractory", "Because"],
                [[_exposed(x), x["class"], self.mark(x["refractory"]), _reason(x)] for x in h["agents"]],
            )
        self.heading("Classes, targets and modalities")
        self.table(
            ["Class", "Exposed", "Refractory", "Because"],
            [
                [
                    x["class"] + (f" ({x['modality']})" if "modality" in x else ""),
                    self.mark(x["exposed"]),
                    self.mark(x["refractory"]),
                    _reason(x),
                ]
                for x in h["classes"]
                if x["exposed"] == "yes" or x["refractory"] in ("yes", "doubtful")
            ],
        )
        untouched = [x["class"] for x in h["classes"] if x["exposed"] == "no"]
        unknown = [x["class"] for x in h["classes"] if x["exposed"] == "unknown"]
        self.pairs([("Never received", ", ".join(untouched)), ("Not known", ", ".join(unknown))])
        self.heading("Labels")
        self.table(
            ["Label", "", "Because"],
            [[x["label"], self.mark(x["value"]), _reason(x)] for x in h["labels"]],
        )
        self.heading("How the lines were counted")
        self.bullets(h["prior_lines"]["reasons"])
        self._foot(a)

    def _timeline(self, therapies: list[dict[str, Any]], today: str) -> None:
        """One row a bar: the agents of a therapy that share their dates."""
        full, light, arrow, cross = ("█", "░", "▶", "×") if not self.ascii_only else ("#", ":", ">", "x")
        bars = [bar for t in therapies for bar in _bars(t)]
        starts = [start or stop for _, _, start, stop in bars if start or stop not in (None, "ongoing")]
        if not starts:
            self.line("no dates recorded")
            return
        first, last = min(int(str(day)[:4]) for day in starts), int(today[:4]) + 1
        label = min(_widest(name for name, *_ in bars), self.console.width * 2 // 5) + 2
        room = max(20, self.console.width - label - 9)
        scale = room / (last - first)

        def column(day: str, *, end: bool = False) -> int:
            return min(room - 1, max(0, int((_year(day, end) - first) * scale)))

        self.buffer.write(f"{' ' * label}{_ticks(first, last, room)}\n")
        for name, t, start, stop in bars:
            bar = [" "] * room
            begun = start or (stop if stop != "ongoing" else None)
            if begun:
                begin = column(begun)
                finish = max(begin, column(stop if stop and stop != "ongoing" else today, end=True))
                known = start and stop and len(start) == 10 and (len(stop) == 10 or stop == "ongoing")
                bar[begin : finish + 1] = (full if known else light) * (finish - begin + 1)
                if stop == "ongoing":
                    bar[finish] = arrow
            if t["progressed_on"]:
                bar[column(t["progressed_on"], end=len(t["progressed_on"]) < 10)] = cross
            outcome = " ".join(x for x in (t["best_response"], "PD" if t["progressed_on"] else "") if x)
            drawn = "".join(bar) if begun or t["progressed_on"] else f"{'no dates recorded':<{room}}"
            head, *more = folded(self.said(name), label - 2)
            self.buffer.write(f"{head}{' ' * (label - cells(head))}{drawn} {self.said(outcome)}".rstrip() + "\n")
            self.buffer.writelines(f"     {line}\n" for line in more)
        self.line(f"{full} given   {light} dates known in part   {cross} progression (PD)   {arrow} ongoing")

    # --- a regimen's page -----------------------------------------------------------------

    def regimen(self, p: dict[str, Any]) -> None:
        """What it is, for whom, how it is given, what it showed, what to watch."""
        self.line(f"{p['regimen']}: {p['name']}", style="bold")
        burden = p["burden"]
        lead = p["lead_time_weeks"]
        self.pairs(
            [
                ("Also", ", ".join(p["aliases"])),
                ("Use", ", ".join(p["uses"]) + (", investigational" if p["investigational"] else "")),
                ("Kind", f"{p['modality']}, {p['intensity']} intensity, {', '.join(p['routes'])}"),
                ("Cycle", f"{p['cycle_days']} days" if p["cycle_days"] else ""),
                ("Duration", p["duration"]),
                (
                    "Before start",
                    f"{lead['low']:g} to {lead['high']:g} weeks {_sign(lead)} [{lead['source']}]" if lead else "",
                ),
                ("Burden", _burden(burden)),
            ]
        )
        self.heading("Agents and doses")
        for agent in p["agents"]:
            self.line(f"{agent['name']} ({', '.join(agent['classes'])})", indent=2, style="bold")
            for d in agent["doses"]:
                parts = [d["dose"], d["route"], _days(d["days"]), d["note"]]
                self.bullets([f"{', '.join(x for x in parts if x)} {_cite(d)}"], indent=4)
            for name in ("renal", "hepatic"):
                if agent[name]:
                    self.bullets([f"{name}: {agent[name]['text']} {_cite(agent[name])}"], indent=4)
        self.heading("Indications; any one suffices, and all its criteria must be met")
        for listing in p["listings"]:
            note = f": {listing['note']}" if listing["note"] else ""
            self.line(f"{listing['jurisdiction']}  {listing['status']}{note} {_cite(listing)}", indent=2, style="bold")
            for i in listing["indications"]:
                since = f" from {i['since']}" if i["since"] else ""
                until = f" until {i['until']}" if i["until"] else ""
                conditional = ", conditional" if i["conditional"] else ""
                asks = "; ".join(c["text"] for c in i["criteria"]) or "no further criterion"
                extra = f" ({i['note']})" if i["note"] else ""
                self.bullets([f"{i['product']}{since}{until}{conditional}: {asks}{extra} {_cite(i)}"], indent=4)
        for title, key in (("Closes", "gates"), ("Cautions", "cautions")):
            if p[key]:
                self.heading(title)
                self.bullets([f"{c['about'] + ': ' if c['about'] else ''}{c['text']} {_cite(c)}" for c in p[key]])
        if p["placements"]:
            self.heading("Placed by open guidelines and consensus")
            self.bullets(
                [
                    f"{x['setting']}: {x['level']} ({x['by']}, {x['dated']}){': ' + x['text'] if x['text'] else ''}"
                    f"{', superseded by ' + x['retired_by'] if x['retired_by'] else ''} {_cite(x)}"
                    for x in p["placements"]
                ]
            )
        if p["evidence"]:
            self.heading("Evidence")
            for e in p["evidence"]:
                self._trial(e)
        if p["monitoring"]:
            self.heading("Monitoring")
            self._monitoring(p["monitoring"])
        for title, key in (("What it spends", "sequencing"), ("Notes", "notes")):
            if p[key]:
                self.heading(title)
                self.bullets([f"{s['about'] + ': ' if s['about'] else ''}{s['text']} {_cite(s)}" for s in p[key]])
        if "for_patient" in p:
            self._trace(p["for_patient"])
        self._sources(p["sources"] | _cited(p["for_patient"]) if "for_patient" in p else p["sources"])
        self.console.print()
        self.line(LEGEND)
        self.line(p["intended_use"])

    def _trial(self, e: dict[str, Any]) -> None:
        who = f"{e['trial']}{', ' + e['subgroup'] if 'subgroup' in e else ''} ({e['design']})"
        self.line(f"{who}: {e['population']}", indent=2, style="bold")
        n = f"n {e['n']}" if "n" in e else ""
        versus = f"against {e['versus']}" if "versus" in e else ""
        rates = [f"{name} {e[key]:g} %" for name, key in (("ORR", "orr_percent"), ("CR", "cr_percent")) if key in e]
        spans = [f"{name} {_months(e[key])}" for name, key in (("PFS", "pfs_months"), ("OS", "os_months")) if key in e]
        if "pfs_rate" in e:
            spans.append(f"{e['pfs_rate']['percent']:g} % without progression at {e['pfs_rate']['months']:g} months")
        follow = f"follow-up {e['followup_months']:g} months" if "followup_months" in e else ""
        facts = [x for x in (n, versus, *rates, *spans, follow, e.get("note", "")) if x]
        self.bullets([f"{'; '.join(facts)} {_cite(e)}"], indent=4)

    def _trace(self, t: dict[str, Any]) -> None:
        entry = t["entry"]
        self.heading(f"For patient {t['patient']['id']} in {t['jurisdiction']}: {entry['verdict']}")
        if entry.get("would_change_if"):
            self.bullets([*entry["because"], f"Opens {entry['would_change_if']}"])
        self.table(
            ["Result", "Required", "Found", "Where", "Source"],
            [
                [
                    self.mark(c["result"]),
                    f"{c['required']} ({c['force']})",
                    c["found"],
                    c["where"],
                    f"{c['source']}{UNBROKEN}{_sign(c)}".strip(),
                ]
                for c in entry["criteria"]
            ],
        )

    def _sources(self, sources: dict[str, Any]) -> None:
        self.heading("Sources")
        for key, s in sorted(sources.items()):
            ids = [f"{name} {s[k]}" for name, k in (("doi", "doi"), ("PMID", "pmid"), ("", "nct")) if k in s]
            year = str(s.get("year", "undated"))
            read = f"read {s['read_on']}" if s.get("read_on") else "not read"
            facts = ", ".join(
                dict.fromkeys(x.strip() for x in (year, *ids, s.get("read_as", ""), read, s["verified"]) if x)
            )
            self.bullets([f"[{key}] {s['title']}. {facts}"])


def _widest(texts: Iterable[str]) -> int:
    return max(map(cells, texts), default=0)


def _least(texts: list[str], whole: bool) -> int:
    """How narrow a column may become before words are cut: marks and single names stay in one piece."""
    natural = _widest(texts)
    if whole or (natural <= WIDEST_NAME and not any(" " in t for t in texts[1:])):
        return natural
    return _widest(part for t in texts for part in joints(t))


def _shares(texts: list[list[str]], least: list[int], room: int) -> list[int]:
    """Widths that fit the room: the column with the least text for its width gives way first.

    Words are cut only where nothing else helps.
    """
    widths = [_widest(t) for t in texts]
    amounts = [sum(map(cells, t)) for t in texts]
    for floors in (least, [FEWEST_CELLS] * len(widths)):
        for _ in range(sum(widths) - room):
            free = [i for i, width in enumerate(widths) if width > floors[i]]
            if free:
                widths[min(free, key=lambda i: amounts[i] / widths[i])] -= 1
    return widths


def _few(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _reason(finding: dict[str, Any]) -> str:
    """Why, and the fields that would settle it."""
    missing = f" (would settle it: {', '.join(finding['missing'])})" if finding["missing"] else ""
    return f"{finding['because']}{missing}"


def _exposed(agent: dict[str, Any]) -> str:
    return str(agent["name"]) if agent["exposed"] == "yes" else f"{agent['name']} (received: {agent['exposed']})"


def _bars(therapy: dict[str, Any]) -> list[tuple[str, dict[str, Any], str | None, str | None]]:
    """The name, therapy, start and stop of each bar: agents that share their dates share a bar."""
    groups: dict[tuple[str | None, str | None], list[str]] = {}
    for agent in therapy["agents"]:
        groups.setdefault((agent["start"], agent["stop"]), []).append(agent["name"])
    row = f"{therapy['line'] or '-'}  {therapy['regimen'] or therapy['intent'] or ''}"
    alone = therapy["regimen"] and len(groups) == 1
    return [
        (row if alone else f"{row}: {', '.join(agents)}", therapy, start, stop)
        for (start, stop), agents in groups.items()
    ]


def _ticks(first: int, last: int, room: int) -> str:
    """The years above the bars, as many as stand apart."""
    scale = room / (last - first)
    ticks = [" "] * room
    for year in range(first, last, max(1, round(6 / scale + 0.5))):
        at = int((year - first) * scale)
        if at + 4 <= room:
            ticks[at : at + 4] = str(year)
    return "".join(ticks).rstrip()


def _days(days: str) -> str:
    return f"days {days}" if days[:1].isdigit() else days


def _cited(trace: dict[str, Any]) -> dict[str, Any]:
    """The sources that one regimen's trace cites, of all those of the answer."""
    entry = trace["entry"]
    rows = [*entry["criteria"], *entry["cautions"], entry["approval"]]
    rows += [*entry.get("standing", ()), *entry.get("evidence", ()), *entry.get("placements", ())]
    keys = {row["source"] for row in rows if row.get("source")}
    return {key: source for key, source in trace["sources"].items() if key in keys}


def _sign(entry: dict[str, Any]) -> str:
    return CHECKED.get(entry.get("verified", ""), "")


def _cite(entry: dict[str, Any]) -> str:
    return f"{_sign(entry)}[{entry['source']}]" if entry.get("source") else ""


def _year(day: str, end: bool) -> float:
    parts = [int(p) for p in day.split(" to ")[-1 if end else 0].split("-")]
    year, month = parts[0], parts[1] if len(parts) > 1 else (12 if end else 1)
    of_month = parts[2] if len(parts) > 2 else (28 if end else 1)
    return year + (month - 1) / 12 + (of_month - 1) / 366


def _months(m: dict[str, Any]) -> str:
    median = "not reached" if m.get("median") is None and m.get("not_reached") else m.get("median")
    text = f"{median} months" if isinstance(median, int | float) else str(median or "median not published")
    if "ci95" in m:
        low, high = m["ci95"]
        text += f" ({low if low is not None else '?'} to {high if high is not None else 'not reached'})"
    if "control" in m:
        text += f" against {m['control']}"
    if "hr" in m:
        text += f", HR {m['hr']}"
        if "hr_ci95" in m:
            text += f" ({m['hr_ci95'][0]} to {m['hr_ci95'][1]})"
    return text


def _burden(b: dict[str, Any] | None) -> str:
    if b is None:
        return ""
    visits = f"{b['visits_per_28_days']:g} visits in 28 days, " if b.get("visits_per_28_days") is not None else ""
    return f"{visits}admission: {b['admission']} {_cite(b)}"


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
    return f"{because.removeprefix('median PFS ')}{UNBROKEN}{_sign(trial)}".strip()


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


def _unlike(texts: list[str], others: list[str]) -> list[str]:
    return [t for t in texts if t not in others]


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
