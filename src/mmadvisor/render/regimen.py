"""The page of a regimen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mmadvisor.answers.published import EvidenceEntry
from mmadvisor.answers.regimen import SCHEMA, AgentPage, Claim, PatientTrace, RegimenPage, RestartEntry, Topic
from mmadvisor.answers.stamps import SourceEntry
from mmadvisor.answers.words import (
    action_in_words,
    cycle_in_words,
    evidence_in_words,
    indication_in_words,
    manufacture_in_words,
    silent,
)
from mmadvisor.render import brief_regimen, figures, words
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import UNBROKEN, cite, sign_of
from mmadvisor.render.shared import due_now, ends, monitoring, schedules

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper

HANDLED: tuple[tuple[str, Topic], ...] = (
    ("Contraindications of the agents", "contraindications"),
    ("Kidney", "renal"),
    ("Liver", "hepatic"),
    ("Dosing rules", "dosing"),
    ("Interactions", "interactions"),
    ("Supportive care", "supportive"),
    ("Warnings", "safety"),
    ("Access", "access"),
)
# Topics for which a gap could be read as "no adjustment" are mentioned.
ASKED_OF_ALL: tuple[Topic, ...] = ("contraindications", "renal", "hepatic", "interactions")


def draw(paper: Paper, p: RegimenPage, look: Look) -> None:
    """The regimen, its indications, doses, evidence and monitoring."""
    paper.title(f"{p['regimen']}: {p['name']}")
    if "for_patient" in p:
        due_now(paper, p["for_patient"]["treat_now"], p["for_patient"]["first"])
        paper.gap()
    _facts(paper, p)
    paper.heading("Agents and doses")
    schedules(paper, p["schedules"])
    for agent in p["agents"]:
        paper.line(f"{agent['name']} ({', '.join(agent['classes'])})", indent=2, style="bold")
        for d in agent["doses"]:
            paper.bullets([f"{words.dose(d)} {cite(d)}"], indent=4)
            paper.bullets([f"{x['text']} {cite(x)}" for x in (*d["in_mg"], *d["caps"])], indent=6)
            paper.bullets([f"{words.variant(v, d['days'])} {cite(v)}" for v in d["variants"]], indent=6)
        paper.bullets([] if agent["doses"] else ["dose not read"], indent=4, sign="?")
    _schedules(paper, p["agents"])
    _handling(paper, p["agents"])
    _indications(paper, p)
    paper.heading("Closes")
    paper.bullets([p["spent"]] if p["spent"] else [])
    paper.bullets([f"{words.about(c)} {cite(c)}" for c in p["gates"]])
    _known(paper, p)
    if "for_patient" in p:
        _trace(paper, p["for_patient"])
    _sources(paper, _cited(p))
    ends(paper, p["intended_use"])


def _facts(paper: Paper, p: RegimenPage) -> None:
    """The kind of regimen, its duration, and its burden."""
    lead = p["lead_time_weeks"]
    paper.pairs(
        [
            ("Also", ", ".join(p["aliases"])),
            ("Use", ", ".join(p["uses"]) + (", investigational" if p["investigational"] else "")),
            ("Kind", f"{p['modality']}, {p['intensity']} intensity, {', '.join(p['routes'])}"),
            ("Cycle", cycle_in_words(p)),
            ("Duration", p["duration"]),
            (
                "Before start",
                f"{manufacture_in_words(lead)} {cite(lead)}" if lead else "",
            ),
            ("Burden", f"{words.burden(p['burden'])} {cite(p['burden'])}" if p["burden"] else ""),
        ]
    )


def _known(paper: Paper, p: RegimenPage) -> None:
    """Cautions, placements, evidence, monitoring, and what the regimen uses."""
    _claims(paper, "Cautions", p["cautions"])
    paper.heading("Placed by open guidelines and consensus")
    paper.bullets([f"{words.placement(x)} {cite(x)}" for x in p["placements"]])
    _nothing(paper, p["placements"], "no placement was found")
    paper.heading("Evidence")
    for e in p["evidence"]:
        _trial(paper, e)
    _nothing(paper, p["evidence"], p["untried"] or "no trial was found")
    paper.heading("Monitoring")
    monitoring(paper, p["monitoring"], set())
    _nothing(paper, p["monitoring"], "no monitoring was found")
    _claims(paper, "What it spends", p["sequencing"])
    _claims(paper, "Notes", p["notes"])


def _claims(paper: Paper, title: str, claims: Sequence[Claim]) -> None:
    """Claims after their topics, if there are any."""
    if claims:
        paper.heading(title)
        paper.bullets([f"{words.about(c)} {cite(c)}" for c in claims])


def _nothing(paper: Paper, found: Sequence[object], said: str) -> None:
    """Write a sentence if nothing was found, so that nobody reads an empty section as "nothing to do"."""
    paper.bullets([] if found else [said], sign="?")


def _indications(paper: Paper, p: RegimenPage) -> None:
    paper.heading(f"Indications on {p['on']}; any one suffices, and all its criteria must be met")
    for listing in p["listings"]:
        note = f": {listing['note']}" if listing["note"] else ""
        paper.line(f"{listing['jurisdiction']}  {listing['status']}{note} {cite(listing)}", indent=2, style="bold")
        paper.bullets([f"{indication_in_words(i)} {cite(i)}" for i in listing["indications"]], indent=4)
        paper.bullets([f"Funding: {f['text']} {cite(f)}" for f in listing["funding"]], indent=4)
        paper.bullets([f"{n['text']} {cite(n)}" for n in listing["of_the_place"]], indent=4)


def _handling(paper: Paper, agents: Sequence[AgentPage]) -> None:
    """The handling of each agent: a section for each topic, a line for each agent and fact."""
    for title, key in HANDLED:
        facts = [(agent["name"], claim) for agent in agents for claim in agent[key]]
        unsaid = silent(agents, key) if key in ASKED_OF_ALL else []
        if facts or unsaid:
            paper.heading(title)
            whose = len(agents) > 1
            paper.bullets([f"{f'{name}: ' if whose else ''}{claim['text']} {cite(claim)}" for name, claim in facts])
            _unsaid(paper, unsaid)
    holds = [(agent["name"], row) for agent in agents for row in agent["holds"]]
    paper.heading("At adverse events")
    if holds:
        paper.table(
            ["Agent", "Event", "Grade", "Do", "When and how", "Source"],
            [
                [name, r["event"], words.grades(r), action_in_words(r), f"{r['text']}{words.where(r)}", cite(r)]
                for name, r in holds
            ],
        )
    _unsaid(paper, silent(agents, "holds"))


def _unsaid(paper: Paper, agents: list[str]) -> None:
    paper.bullets([f"nothing was read for {', '.join(agents)}"] if agents else [], sign="?")


def _schedules(paper: Paper, agents: Sequence[AgentPage]) -> None:
    """Step-up, premedication and observation, spacing out, and interruptions."""
    for a in agents:
        if a["steps"]:
            paper.heading(f"Step-up of {a['name']}")
            paper.table(
                ["Day", "Dose", "Route", "Where", "Note", "Source"],
                [[str(r["day"]), r["dose"], r["route"], words.places(r), words.noted(r), cite(r)] for r in a["steps"]],
            )
        rows = [f"{words.premedication(r)} {cite(r)}" for r in a["premedication"]]
        rows += [f"{words.observation(r)} {cite(r)}" for r in a["observation"]]
        rows += [f"{words.spacing(r)} {cite(r)}" for r in a["deescalation"]]
        if rows:
            paper.heading(f"Premedication, observation and spacing of {a['name']}")
            paper.bullets(rows)
        _restarts(paper, a["name"], a["restarts"])


def _restarts(paper: Paper, name: str, restarts: Sequence[RestartEntry]) -> None:
    """The rows for an interruption; rows that nobody looked up at their source are listed together below."""
    if not restarts:
        return
    paper.heading(f"After an interruption of {name}: days count from the last dose given")
    read = [r for r in restarts if r["usable"]]
    if read:
        paper.table(
            ["Last dose", "Days", "Do", "Source"],
            [[words.last_dose(r), words.days_between(r), f"{r['text']}{words.where(r)}", cite(r)] for r in read],
        )
    paper.bullets([f"{text} {cite(claim)}" for text, claim in words.unread_restarts(restarts)], sign="?")


def _trial(paper: Paper, e: EvidenceEntry) -> None:
    paper.line(f"{figures.who(e)}: {e['population']}", indent=2, style="bold")
    paper.bullets([f"{evidence_in_words(e)} {cite(e)}"], indent=4)


def _trace(paper: Paper, t: PatientTrace) -> None:
    entry = t["entry"]
    paper.heading(f"For patient {t['patient']['id']} in {t['jurisdiction']}: {entry['verdict']}")
    if "rank" not in entry and entry["would_change_if"]:
        paper.bullets([*entry["because"], words.opening(entry)])
    paper.table(
        ["Result", "Required", "Found", "Where", "Source"],
        [
            [
                paper.mark(c["result"]),
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
        paper.heading(f"Co-medication: {words.NONE_TAKEN}")
    elif unknown or taken or t["co_medication"] is None:
        paper.heading("Co-medication")
    paper.bullets([words.NO_LIST] if t["co_medication"] is None else [], sign="?")
    paper.bullets([words.checked(c) for c in unknown], sign="!")
    paper.bullets([f"{c['text']} {cite(c)}" for c in taken], sign="!")


def _sources(paper: Paper, sources: Mapping[str, SourceEntry]) -> None:
    paper.heading("Sources")
    for key, s in sorted(sources.items()):
        paper.bullets([f"[{key}] {s['title']}. {words.provenance(s)}"])


def _cited(p: RegimenPage) -> dict[str, SourceEntry]:
    """The sources of the page, and those of the patient's answer that this regimen cites."""
    return p["sources"] | (words.cited(p["for_patient"]) if "for_patient" in p else {})


def page(p: RegimenPage, look: Look) -> str:
    """The HTML page of a regimen.

    Raises:
        UsageError: Jinja2 is not installed.
    """
    from mmadvisor.render.web import written

    return written("regimen", p, _cited(p), handled=HANDLED, asked_of_all=ASKED_OF_ALL)


REGIMEN_PAGE: Final = Kind(SCHEMA, draw, page, brief=brief_regimen.draw)
