"""Reports for a terminal: calm, complete, readable at eighty columns and without colour.

Everything shown comes from the plain data that it is given, cleaned; nothing is decided here.
"""

from __future__ import annotations

import io
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mmadvisor.render.text import clean

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
LEGEND = "† read in a mirror, digest or review   ‡ not read at any source: check before use"
LEADING = 3
MOST_COLUMNS = 140


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
        width = Console().width
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
        return text.translate(_ASCII).encode("ascii", "replace").decode() if self.ascii_only else text

    # --- pieces ---------------------------------------------------------------------------

    def mark(self, word: str) -> Text:
        """A word with its mark: never colour alone."""
        sign = MARKS.get(word, ("", ""))[self.ascii_only]
        return Text(
            f"{sign} {word.replace('-', ' ') if word == 'not-met' else word}".strip(), style=STYLES.get(word, "")
        )

    def heading(self, text: str) -> None:
        self.buffer.write("\n")
        self.line(text, style="bold")

    def line(self, text: str, *, indent: int = 0, style: str = "") -> None:
        if style and self.console.is_terminal:
            self.console.print(Padding(Text(clean(text), style=style), (0, 0, 0, indent)))
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
        for part in clean(text).split("\n"):
            lines = textwrap.wrap(
                part,
                self.console.width,
                initial_indent=first,
                subsequent_indent=rest,
                break_on_hyphens=False,
            )
            self.buffer.write("\n".join(lines or [first.rstrip()]) + "\n")

    def table(
        self, columns: list[str], rows: Iterable[list[Any]], *, ratios: list[int] | None = None, whole: int = 0
    ) -> None:
        """A table; the first ``whole`` columns are as wide as they need to be, the rest share what is left."""
        made = Table(box=SIMPLE_HEAD, pad_edge=False, expand=ratios is not None, padding=(0, 1, 0, 0), show_edge=False)
        for i, name in enumerate(columns):
            if i < whole:
                made.add_column(name, no_wrap=True)
            else:
                made.add_column(name, ratio=ratios[i] if ratios else None, overflow="fold")
        for row in rows:
            made.add_row(*[c if isinstance(c, Text) else Text(clean(str(c))) for c in row])
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
        self.line(f"Patient {a['patient']['id']}   {day} ({origin})   {a['jurisdiction']}", style="bold")
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
            self.line(f"FIRST: {name}. {emergency['text']} {_sign(emergency)}".rstrip(), style="bold red")
        self.heading(f"Treat now? {treat['answer'].replace('-', ' ')}: {treat['because']}")
        self.bullets(treat["ask"], sign="?")
        if a["hang_on_completeness"]:
            n = a["hang_on_completeness"]
            self.bullets([f"{n} verdicts hang on whether the list is whole: record therapies_complete"], sign="?")
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
                    Text(clean(o["regimen"]), style="bold"),
                    self.mark(o["verdict"]),
                    _benefit(o),
                    _placed(o),
                    _concerns(o),
                ]
                for o in a["options"]
            ],
            ratios=[0, 0, 0, 15, 13, 18],
            whole=3,
        )
        self.line(LEGEND)

    def _missing(self, a: dict[str, Any]) -> None:
        undetermined = [n for n in a["not_offered"] if n["verdict"] == "undetermined" and n["would_rank"] is not None]
        if undetermined:
            self.heading("Not decided yet: where they would rank")
            for n in sorted(undetermined, key=lambda n: (n["would_rank"], n["regimen"]))[:6]:
                self.bullets([f"{n['regimen']}: rank {n['would_rank']} if {n['would_rank_if']}"], sign="?")
            if len(undetermined) > 6:
                rest = sorted(n["regimen"] for n in undetermined)
                self.line(f"{len(undetermined)} in all: {', '.join(rest)}", indent=4)
        if a["missing"]:
            self.heading("Missing, the most useful first")
            for m in a["missing"][:3]:
                settles = f", settles {m['gain']} alone" if m["gain"] else ""
                matters = ", ".join(m["matters_for"][:8]) + (" ..." if len(m["matters_for"]) > 8 else "")
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
                    [f"{n['regimen']}: {'; '.join(n['because'])}. Opens {n['would_change_if']}" for n in found],
                    sign=MARKS[verdict][self.ascii_only],
                )
        undetermined = [n for n in a["not_offered"] if n["verdict"] == "undetermined" and n["would_rank"] is None]
        if undetermined:
            self.heading("Undetermined")
            self.bullets([f"{n['regimen']}: {'; '.join(n['because'])}" for n in undetermined], sign="?")

    def _closed(self, a: dict[str, Any]) -> None:
        """What is closed: alike reasons together, and one line each for those that something would open."""
        closed = [n for n in a["not_offered"] if n["verdict"] == "ineligible"]
        if not closed:
            return
        self.heading("Closed, and what would open it")
        groups: dict[str, list[str]] = {}
        single: list[dict[str, Any]] = []
        for n in closed:
            reason = _alike(n)
            if reason:
                groups.setdefault(reason, []).append(n["regimen"])
            else:
                single.append(n)
        if single:
            self.table(
                ["Regimen", "Why", "Opens"],
                [
                    [
                        Text(f"{MARKS['ineligible'][self.ascii_only]} {clean(n['regimen'])}"),
                        "; ".join(dict.fromkeys(n["because"])),
                        _opens(n),
                    ]
                    for n in single
                ],
                ratios=[0, 40, 22],
                whole=1,
            )
        sign = MARKS["ineligible"][self.ascii_only]
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
                ["Agent", "Class", "Refractory", "Because", "Would settle"],
                [
                    [x["name"], x["class"], self.mark(x["refractory"]), x["because"], ", ".join(x["missing"])]
                    for x in h["agents"]
                ],
                ratios=[14, 10, 10, 34, 14],
            )
        self.heading("Classes, targets and modalities")
        self.table(
            ["Class", "Exposed", "Refractory", "Because"],
            [
                [
                    x["class"] + (f" ({x['modality']})" if "modality" in x else ""),
                    self.mark(x["exposed"]),
                    self.mark(x["refractory"]),
                    x["because"],
                ]
                for x in h["classes"]
                if x["exposed"] == "yes" or x["refractory"] in ("yes", "doubtful")
            ],
            ratios=[18, 10, 12, 44],
        )
        untouched = [x["class"] for x in h["classes"] if x["exposed"] == "no"]
        unknown = [x["class"] for x in h["classes"] if x["exposed"] == "unknown"]
        self.pairs([("Never received", ", ".join(untouched)), ("Not known", ", ".join(unknown))])
        self.heading("Labels")
        self.table(
            ["Label", "", "Because", "Would settle"],
            [[x["label"], self.mark(x["value"]), x["because"], ", ".join(x["missing"])] for x in h["labels"]],
            ratios=[22, 10, 40, 14],
        )
        self.heading("How the lines were counted")
        self.bullets(h["prior_lines"]["reasons"])
        self._foot(a)

    def _timeline(self, therapies: list[dict[str, Any]], today: str) -> None:
        """One row a bar: the agents of a therapy that share their dates."""
        full, light, arrow, cross = ("█", "░", "▶", "×") if not self.ascii_only else ("#", ":", ">", "x")
        dated = [t for t in therapies if t["start"]]
        if not dated:
            self.line("no dates recorded")
            return
        first = min(int(t["start"][:4]) for t in dated)
        last = int(today[:4]) + 1
        label = 30
        room = max(20, self.console.width - label - 14)
        scale = room / (last - first)

        def column(day: str, *, end: bool = False) -> int:
            return min(room - 1, max(0, int((_year(day, end) - first) * scale)))

        ticks = [" "] * room
        step = max(1, round(6 / scale + 0.5))
        for year in range(first, last, step):
            at = int((year - first) * scale)
            ticks[at : at + 4] = list(str(year))[: room - at]
        self.line(" " * label + "".join(ticks))
        for t in therapies:
            name = f"{t['line'] or '-'}  {t['regimen'] or t['intent'] or ''}"
            groups: dict[tuple[str | None, str | None], list[str]] = {}
            for agent in t["agents"]:
                groups.setdefault((agent["start"], agent["stop"]), []).append(agent["name"])
            for (start, stop), agents in groups.items():
                bar = [" "] * room
                if start:
                    begin = column(start)
                    ended = stop if stop and stop != "ongoing" else today
                    finish = max(begin, column(ended, end=True))
                    sure = full if len(start) == 10 and stop and (len(stop) == 10 or stop == "ongoing") else light
                    bar[begin : finish + 1] = sure * (finish - begin + 1)
                    if stop == "ongoing":
                        bar[finish] = arrow
                if t["progressed_on"] and len(t["progressed_on"]) >= 4:
                    bar[column(t["progressed_on"], end=len(t["progressed_on"]) < 10)] = cross
                shown = clean(f"{name}: {', '.join(agents)}" if not t["regimen"] else f"{name}")
                if t["regimen"] and len(groups) > 1:
                    shown = clean(f"{name}: {', '.join(agents)}")
                shown = shown if len(shown) < label else shown[: label - 2] + "…"
                outcome = " ".join(x for x in (t["best_response"], "PD" if t["progressed_on"] else "") if x)
                self.line(f"{shown:<{label}}{''.join(bar)} {outcome}")
        self.line(f"{full} given   {light} dates known in part   {cross} progression   {arrow} ongoing")

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
                parts = [d["dose"], d["route"], f"days {d['days']}" if d["days"] else "", d["note"]]
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
        self._sources(p["sources"] | p.get("for_patient", {}).get("sources", {}))
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
                    f"{c['source']} {_sign(c)}".strip(),
                ]
                for c in entry["criteria"]
            ],
            ratios=[10, 24, 26, 14, 16],
        )

    def _sources(self, sources: dict[str, Any]) -> None:
        self.heading("Sources")
        for key, s in sorted(sources.items()):
            ids = [f"{name} {s[k]}" for name, k in (("doi", "doi"), ("PMID", "pmid"), ("", "nct")) if k in s]
            year = str(s.get("year", "undated"))
            read = f"read {s['read_on']}" if s.get("read_on") else "not read"
            facts = ", ".join(x.strip() for x in (year, *ids, s.get("read_as", ""), read, s["verified"]) if x)
            self.bullets([f"[{key}] {s['title']}. {facts}"])


_ASCII = str.maketrans(
    {
        "×": "x",
        "–": "-",
        "’": "'",
        "⁹": "9",
        "µ": "u",
        "…": ".",
        "†": "+",
        "‡": "++",
        "─": "-",
        "━": "-",
        "═": "=",
        "│": "|",
    }
)


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


def _benefit(o: dict[str, Any]) -> str:
    standing = next(s for s in o["standing"] if s["by"] == "benefit")
    because: str = standing["because"]
    figure = because.removeprefix("median PFS ")
    trial: dict[str, Any] = next((e for e in o["evidence"] if e["source"] == standing["source"]), {})
    return f"{figure} {_sign(trial)}".strip()


def _placed(o: dict[str, Any]) -> str:
    standing = next(s for s in o["standing"] if s["by"] == "placement")
    by = standing["because"].split(";")[0]
    return f"{standing['value']}: {by}" if standing["value"] != "not placed" else "not placed"


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
