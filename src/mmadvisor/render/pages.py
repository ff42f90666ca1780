"""The catalogue's own pages for a terminal."""

from __future__ import annotations

from typing import Any

from mmadvisor.answers.words import action_in_words, cycle_in_words, evidence_in_words, indication_in_words, silent
from mmadvisor.render import words
from mmadvisor.render.paper import LEGEND, UNBROKEN, cite, sign_of
from mmadvisor.render.taken import TakenPaper

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


class CataloguePaper(TakenPaper):
    """A regimen's page, and what else shows the catalogue."""

    def regimen(self, p: dict[str, Any]) -> None:
        """What it is, for whom, how it is given, what it showed, what to watch."""
        self.title(f"{p['regimen']}: {p['name']}")
        if "for_patient" in p:
            self.due_now(p["for_patient"]["treat_now"], p["for_patient"]["first"])
            self.gap()
        lead = p["lead_time_weeks"]
        self.pairs(
            [
                ("Also", ", ".join(p["aliases"])),
                ("Use", ", ".join(p["uses"]) + (", investigational" if p["investigational"] else "")),
                ("Kind", f"{p['modality']}, {p['intensity']} intensity, {', '.join(p['routes'])}"),
                ("Cycle", cycle_in_words(p)),
                ("Duration", p["duration"]),
                (
                    "Before start",
                    f"{lead['low']:g} to {lead['high']:g} weeks {cite(lead)}" if lead else "",
                ),
                ("Burden", f"{words.burden(p['burden'])} {cite(p['burden'])}" if p["burden"] else ""),
            ]
        )
        self.heading("Agents and doses")
        for agent in p["agents"]:
            self.line(f"{agent['name']} ({', '.join(agent['classes'])})", indent=2, style="bold")
            self.bullets([f"{words.dose(d)} {cite(d)}" for d in agent["doses"]], indent=4)
            self.bullets([] if agent["doses"] else ["dose not read"], indent=4, sign="?")
        self._schedules(p["agents"])
        self._handling(p["agents"])
        self._indications(p)
        self.heading("Closes")
        self.bullets([p["spent"]] if p["spent"] else [])
        self.bullets([f"{words.about(c)} {cite(c)}" for c in p["gates"]])
        if p["cautions"]:
            self.heading("Cautions")
            self.bullets([f"{words.about(c)} {cite(c)}" for c in p["cautions"]])
        self.heading("Placed by open guidelines and consensus")
        self.bullets([f"{words.placement(x)} {cite(x)}" for x in p["placements"]])
        self._nothing(p["placements"], "no placement was found")
        self.heading("Evidence")
        for e in p["evidence"]:
            self._trial(e)
        self._nothing(p["evidence"], p["untried"] or "no trial was found")
        self.heading("Monitoring")
        self.monitoring(p["monitoring"])
        self._nothing(p["monitoring"], "no monitoring was found")
        for title, key in (("What it spends", "sequencing"), ("Notes", "notes")):
            if p[key]:
                self.heading(title)
                self.bullets([f"{words.about(s)} {cite(s)}" for s in p[key]])
        if "for_patient" in p:
            self._trace(p["for_patient"])
        self._sources(p["sources"] | words.cited(p["for_patient"]) if "for_patient" in p else p["sources"])
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
                [
                    [name, r["event"], words.grades(r), action_in_words(r), f"{r['text']}{words.where(r)}", cite(r)]
                    for name, r in holds
                ],
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
                        [str(r["day"]), r["dose"], r["route"], words.places(r), words.noted(r), cite(r)]
                        for r in a["steps"]
                    ],
                )
            rows = [f"{words.premedication(r)} {cite(r)}" for r in a["premedication"]]
            rows += [f"{words.observation(r)} {cite(r)}" for r in a["observation"]]
            rows += [f"{words.spacing(r)} {cite(r)}" for r in a["deescalation"]]
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
                [[words.last_dose(r), words.days_between(r), f"{r['text']}{words.where(r)}", cite(r)] for r in read],
            )
        self.bullets([f"{text} {cite(claim)}" for text, claim in words.unread_restarts(restarts)], sign="?")

    def _trial(self, e: dict[str, Any]) -> None:
        self.line(f"{words.who(e)}: {e['population']}", indent=2, style="bold")
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

        unknown = [c for c in t["co_medication"] or () if not c["checked"]]
        taken = [c for c in entry["cautions"] if c["drugs"]]
        if t["co_medication"] == []:
            self.heading(f"Co-medication: {words.NONE_TAKEN}")
        elif unknown or taken or t["co_medication"] is None:
            self.heading("Co-medication")
        self.bullets([words.NO_LIST] if t["co_medication"] is None else [], sign="?")
        self.bullets([words.checked(c) for c in unknown], sign="!")
        self.bullets([f"{c['text']} {cite(c)}" for c in taken], sign="!")

    def _sources(self, sources: dict[str, Any]) -> None:
        self.heading("Sources")
        for key, s in sorted(sources.items()):
            self.bullets([f"[{key}] {s['title']}. {words.provenance(s)}"])
