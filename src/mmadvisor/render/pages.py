"""The catalogue's own pages for a terminal."""

from __future__ import annotations

from typing import Any

from mmadvisor.page import evidence_in_words, indication_in_words, silent
from mmadvisor.render.paper import LEGEND, UNBROKEN, Paper, cite, sign_of

HANDLED = (
    ("Contraindications of the agents", "contraindications"),
    ("Kidney", "renal"),
    ("Liver", "hepatic"),
    ("Dosing rules", "dosing"),
    ("Interactions", "interactions"),
    ("Supportive care", "supportive"),
    ("Warnings", "safety"),
    ("Access", "access"),
)
# Where silence could be taken for "no adjustment", it is said.
ASKED_OF_ALL = ("contraindications", "renal", "hepatic", "interactions")
LONGEST_IN_HOURS = 96
WHERE = {"hospital": "in hospital", "nearby": "near the centre"}


class CataloguePaper(Paper):
    """A regimen's page, and what else shows the catalogue."""

    def regimen(self, p: dict[str, Any]) -> None:
        """What it is, for whom, how it is given, what it showed, what to watch."""
        self.title(f"{p['regimen']}: {p['name']}")
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
                    f"{lead['low']:g} to {lead['high']:g} weeks {cite(lead)}" if lead else "",
                ),
                ("Burden", _burden(p["burden"])),
            ]
        )
        self.heading("Agents and doses")
        for agent in p["agents"]:
            self.line(f"{agent['name']} ({', '.join(agent['classes'])})", indent=2, style="bold")
            for d in agent["doses"]:
                parts = [d["dose"], d["route"], _days(d["days"]), d["note"]]
                self.bullets([f"{', '.join(x for x in parts if x)} {cite(d)}"], indent=4)
            self.bullets([] if agent["doses"] else ["dose not read"], indent=4, sign="?")
        self._schedules(p["agents"])
        self._handling(p["agents"])
        self._indications(p)
        self.heading("Closes")
        self.bullets([p["spent"]] if p["spent"] else [])
        self.bullets([f"{c['about'] + ': ' if c['about'] else ''}{c['text']} {cite(c)}" for c in p["gates"]])
        if p["cautions"]:
            self.heading("Cautions")
            self.bullets([f"{c['about'] + ': ' if c['about'] else ''}{c['text']} {cite(c)}" for c in p["cautions"]])
        self.heading("Placed by open guidelines and consensus")
        self.bullets(
            [
                f"{x['setting']}: {x['level']} ({x['by']}, {x['dated']}){': ' + x['text'] if x['text'] else ''}"
                f"{', superseded by ' + x['retired_by'] if x['retired_by'] else ''} {cite(x)}"
                for x in p["placements"]
            ]
        )
        self._nothing(p["placements"], "no placement was found")
        self.heading("Evidence")
        for e in p["evidence"]:
            self._trial(e)
        self._nothing(p["evidence"], "no trial was found")
        self.heading("Monitoring")
        self.monitoring(p["monitoring"])
        self._nothing(p["monitoring"], "no monitoring was found")
        for title, key in (("What it spends", "sequencing"), ("Notes", "notes")):
            if p[key]:
                self.heading(title)
                self.bullets([f"{s['about'] + ': ' if s['about'] else ''}{s['text']} {cite(s)}" for s in p[key]])
        if "for_patient" in p:
            self._trace(p["for_patient"])
        self._sources(p["sources"] | _cited(p["for_patient"]) if "for_patient" in p else p["sources"])
        self.gap()
        self.line(LEGEND)
        self.line(p["intended_use"])

    def _nothing(self, found: list[Any], said: str) -> None:
        """Silence said aloud, so that it is not taken for nothing to mind."""
        self.bullets([] if found else [said], sign="?")

    def _indications(self, p: dict[str, Any]) -> None:
        self.heading(f"Indications on {p['on']}; any one suffices, and all its criteria must be met")
        for listing in p["listings"]:
            note = f": {listing['note']}" if listing["note"] else ""
            self.line(f"{listing['jurisdiction']}  {listing['status']}{note} {cite(listing)}", indent=2, style="bold")
            self.bullets([f"{indication_in_words(i)} {cite(i)}" for i in listing["indications"]], indent=4)
            self.bullets([f"Funding: {f['text']} {cite(f)}" for f in listing["funding"]], indent=4)
            self.bullets([f"{n['text']} {cite(n)}" for n in listing["of_the_place"]], indent=4)

    def _handling(self, agents: list[dict[str, Any]]) -> None:
        """What a pharmacist asks of each agent: one section a question, one line an agent and fact."""
        for title, key in HANDLED:
            facts = [(agent["name"], claim) for agent in agents for claim in agent[key]]
            unsaid = silent(agents, key) if key in ASKED_OF_ALL else []
            if facts or unsaid:
                self.heading(title)
                whose = len(agents) > 1
                self.bullets([f"{f'{name}: ' if whose else ''}{claim['text']} {cite(claim)}" for name, claim in facts])
                self._unsaid(unsaid)
        holds = [(agent["name"], row) for agent in agents for row in agent["holds"]]
        self.heading("At adverse events")
        if holds:
            self.table(
                ["Agent", "Event", "Grade", "Do", "When and how", "Source"],
                [[name, r["event"], _grades(r), r["action"], f"{r['text']}{_where(r)}", cite(r)] for name, r in holds],
            )
        self._unsaid(silent(agents, "holds"))

    def _unsaid(self, agents: list[str]) -> None:
        self.bullets([f"nothing was read for {', '.join(agents)}"] if agents else [], sign="?")

    def _schedules(self, agents: list[dict[str, Any]]) -> None:
        """Step-up, what goes with it, spacing out, and what to do after an interruption."""
        for a in agents:
            if a["steps"]:
                self.heading(f"Step-up of {a['name']}")
                self.table(
                    ["Day", "Dose", "Route", "Where", "Note", "Source"],
                    [
                        [str(r["day"]), r["dose"], r["route"], _places(r), _after_dash(r.get("schedule"), r), cite(r)]
                        for r in a["steps"]
                    ],
                )
            rows = [
                f"Before {r['before']}{_hours_before(r)}: {r['text']}{_where(r)} {cite(r)}" for r in a["premedication"]
            ]
            rows += [
                f"After {r['after']}: {_span(r['hours'])} {WHERE[r['where']]}{_where(r)} {cite(r)}"
                for r in a["observation"]
            ]
            rows += [f"From {r['leave']} to {r['enter']}: {r['text']}{_where(r)} {cite(r)}" for r in a["deescalation"]]
            if rows:
                self.heading(f"Premedication, observation and spacing of {a['name']}")
                self.bullets(rows)
            self._restarts(a["name"], a["restarts"])

    def _restarts(self, name: str, restarts: list[dict[str, Any]]) -> None:
        """What the label says of an interruption; rows that nobody could read stand together below."""
        if not restarts:
            return
        self.heading(f"After an interruption of {name}: days count from the last dose given")
        read = [r for r in restarts if r["usable"]]
        if read:
            self.table(
                ["Last dose", "Days", "Do", "Source"],
                [[_last_dose(r), _days_between(r), f"{r['text']}{_where(r)}", cite(r)] for r in read],
            )
        unread: dict[str, list[str]] = {}
        for r in restarts:
            if not r["usable"]:
                span = f", {_days_between(r)} days" if "days_from" in r else ""
                unread.setdefault(f"{r['text']} {cite(r)}", []).append(f"{_last_dose(r)}{span}{_where(r)}")
        self.bullets([f"After {'; '.join(dict.fromkeys(doses))}: {text}" for text, doses in unread.items()], sign="?")

    def _trial(self, e: dict[str, Any]) -> None:
        who = f"{e['trial']}{', ' + e['subgroup'] if 'subgroup' in e else ''} ({e['design']})"
        self.line(f"{who}: {e['population']}", indent=2, style="bold")
        self.bullets([f"{evidence_in_words(e)} {cite(e)}"], indent=4)

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
                    f"{c['source']}{UNBROKEN}{sign_of(c)}".strip(),
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


def _days(days: str) -> str:
    return f"days {days}" if days[:1].isdigit() else days


def _cited(trace: dict[str, Any]) -> dict[str, Any]:
    """The sources that one regimen's trace cites, of all those of the answer."""
    entry = trace["entry"]
    rows = [*entry["criteria"], *entry["cautions"], entry["approval"]]
    rows += [*entry.get("standing", ()), *entry.get("evidence", ()), *entry.get("placements", ())]
    keys = {row["source"] for row in rows if row.get("source")}
    return {key: source for key, source in trace["sources"].items() if key in keys}


def _burden(b: dict[str, Any] | None) -> str:
    if b is None:
        return ""
    visits = f"{b['visits_per_28_days']:g} visits in 28 days, " if b.get("visits_per_28_days") is not None else ""
    return f"{visits}admission: {b['admission']} {cite(b)}"


def _places(row: dict[str, Any]) -> str:
    return ", ".join(row.get("jurisdictions", ())) or "all"


def _where(row: dict[str, Any]) -> str:
    """Where a row holds, and what else is said of it."""
    places = f" [{', '.join(row['jurisdictions'])}]" if row.get("jurisdictions") else ""
    return places + (f" ({row['note']})" if row.get("note") else "")


def _after_dash(schedule: str | None, row: dict[str, Any]) -> str:
    return "; ".join(part for part in (schedule, row.get("note")) if part)


def _hours_before(row: dict[str, Any]) -> str:
    low, high = row.get("hours_before", (None, None))
    if low is None:
        return ""
    return f" ({low:g} h before)" if low == high else f" ({low:g} to {high:g} h before)"


def _span(hours: float) -> str:
    return f"{hours:g} h" if hours < LONGEST_IN_HOURS else f"{hours / 24:g} days"


def _grades(row: dict[str, Any]) -> str:
    return ", ".join(str(grade) for grade in row.get("grades", ())) or "any"


def _last_dose(row: dict[str, Any]) -> str:
    return UNBROKEN.join(part for part in (row["last_dose"], row.get("schedule", "")) if part).replace(" ", UNBROKEN)


def _days_between(row: dict[str, Any]) -> str:
    return f"{row['days_from']} to {row['days_to']}" if "days_to" in row else f"{row['days_from']} or more"
