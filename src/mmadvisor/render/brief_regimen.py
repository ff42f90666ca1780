"""The first screen of a regimen's page: the verdict for the patient, licences, doses, figures and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mmadvisor.answers.words import cycle_in_words, indication_in_words
from mmadvisor.render import screen_words, short, words
from mmadvisor.render.access import for_this_patient

if TYPE_CHECKING:
    from mmadvisor.answers.recommendation import NotOffered, OptionEntry
    from mmadvisor.answers.regimen import Claim, DoseEntry, LeadingFigure, ListingEntry, PatientTrace, RegimenPage
    from mmadvisor.render.kind import Look
    from mmadvisor.render.paper import Paper

CAUTIONS_SHOWN, REASONS_SHOWN, FIGURES_SHOWN, WARNINGS_SHOWN, PLACEMENTS_SHOWN = 3, 3, 2, 3, 1
TOPICS_SHOWN = 5


def draw(paper: Paper, p: RegimenPage, look: Look) -> None:
    """The first screen."""
    investigational = [screen_words.INVESTIGATIONAL] if p["investigational"] else []
    paper.title("  ".join([p["regimen"], p["name"], *investigational]))
    t = p.get("for_patient")
    if t is not None:
        short.first(paper, t["treat_now"], t["first"])
    cautions = _of_patient(paper, t) if t is not None else len(p["cautions"])
    kind = screen_words.KINDS.get(p["modality"], p["modality"])
    burden = short.marked(words.burden(p["burden"]), p["burden"]) if p["burden"] else ""
    cycle = screen_words.CYCLE.format(days=cycle_in_words(p)) if p["cycle_days"] else ""
    paper.line("; ".join(filter(None, [kind, ", ".join(p["routes"]), cycle, p["duration"], burden])))
    _licences(paper, p, t)
    decided = _doses(paper, p)
    _figures(paper, p, t)
    warnings = list(_warnings(p))
    if warnings:
        paper.line(screen_words.WARNINGS, style="bold")
        paper.bullets(warnings[:WARNINGS_SHOWN], sign="!")
    short.marks(paper)
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE_OF_REGIMEN.format(regimen=p["regimen"]))
    short.left_out(
        paper,
        {
            "cautions": cautions,
            "warnings": len(warnings) - WARNINGS_SHOWN,
            "variants": sum(len(d["variants"]) for a in p["agents"] for d in a["doses"]) - decided,
            "events": sum(len(a["holds"]) for a in p["agents"]),
            "results": len(p["evidence"]) - min(FIGURES_SHOWN, len(p["leading"])),
            "positions": len(p["placements"]),
            "tasks": len(p["monitoring"]),
            "sources": len(p["sources"]),
        },
    )


def _of_patient(paper: Paper, t: PatientTrace) -> int:
    """The verdict for the patient with its reasons, and who recommends it; returns how many cautions are not shown."""
    entry = t["entry"]
    where = {"id": t["patient"]["id"], "place": t["jurisdiction"]}
    said = [f"{paper.sign(entry['verdict'])} {entry['verdict']}", *_standing(entry), _access(entry)]
    paper.line(screen_words.VERDICT.format(**where, verdict="; ".join(said)), style="bold")
    if "rank" not in entry:
        reasons = entry["because"]
        paper.bullets(reasons[:REASONS_SHOWN], sign=paper.sign(entry["verdict"]))
        if more := len(reasons) - REASONS_SHOWN if len(reasons) > REASONS_SHOWN else 0:
            paper.bullets([screen_words.MORE_REASONS.format(n=more)], sign=paper.sign(entry["verdict"]))
        closed = entry["verdict"] != "undetermined"  # otherwise the reasons say what must be known
        paper.bullets([words.opening(entry)] if closed and entry["would_change_if"] else [], sign=">")
    applies = [c for c in entry["cautions"] if c["result"] == "applies"]
    first = [c for c in applies if c["strong"]]
    shown = [*first, *[c for c in applies if not c["strong"]][: max(0, CAUTIONS_SHOWN - len(first))]]
    for c in shown:
        text = screen_words.STRONG.format(about=c["text"]) if c["strong"] else c["text"]
        paper.bullets([short.marked(text, c)], sign="!")
    missing = short.unknown(entry["cautions"])
    if missing and entry["verdict"] != "ineligible":
        paper.bullets([screen_words.UNKNOWN.format(parts=words.few(missing, TOPICS_SHOWN))], sign="?")
    short.unchecked(paper, t["co_medication"])
    if "rank" in entry:
        paper.bullets([short.marked(x["text"], x) for x in entry["placements"][:PLACEMENTS_SHOWN]])
    return len(applies) - len(shown)


def _standing(entry: OptionEntry | NotOffered) -> Iterator[str]:
    """The rank and the group of an option."""
    if "rank" in entry:
        rank = f"{entry['rank']}{'=' if entry['tied'] else ''}"
        yield screen_words.RANK.format(rank=rank)
        if entry["group"] != "main":
            yield screen_words.GROUPS[entry["group"]].rstrip(":").lower()


def _access(entry: OptionEntry | NotOffered) -> str:
    """Whether the regimen is licensed, funded and on the market."""
    access = entry["access"]
    return screen_words.ACCESS_IN_FULL.format(
        licensed=for_this_patient(access["licensed"]["answer"], entry["approval"]["status"]),
        funded=access["funded"]["answer"],
        at_hand=access["at_hand"]["answer"],
    )


def _licences(paper: Paper, p: RegimenPage, t: PatientTrace | None) -> None:
    """One line for each place with its criteria; with a patient, one for the patient's place and one for the others."""
    paper.line(screen_words.LICENCES.format(on=p["on"]), style="bold")
    here = [x for x in p["listings"] if t is None or x["jurisdiction"] == t["jurisdiction"]]
    paper.bullets([_licence(listing, whole=True) for listing in here])
    elsewhere = [_licence(x, whole=False) for x in p["listings"] if x not in here]
    paper.bullets([screen_words.ELSEWHERE.format(places="; ".join(elsewhere))] if elsewhere else [])


def _licence(listing: ListingEntry, *, whole: bool) -> str:
    """The status in a place and the indications in force, the first one with its criteria if ``whole``."""
    inforce = [i for i in listing["indications"] if not i["standing"]]
    said = short.marked(f"{listing['jurisdiction']} {listing['status']}", listing)
    if whole and inforce:
        more = screen_words.AND_MORE.format(n=len(inforce) - 1) if len(inforce) > 1 else ""
        return f"{said}: {indication_in_words(inforce[0])}{more}"
    since = [i["since"] for i in inforce if i["since"]]
    return f"{said}, {screen_words.SINCE.format(since=min(since))}" if since else said


def _doses(paper: Paper, p: RegimenPage) -> int:
    """Write the doses of each agent, and the variants to decide between; returns how many variants are shown."""
    decided = 0
    paper.line(screen_words.DOSES_OF_PATIENT if "for_patient" in p else screen_words.DOSES, style="bold")
    short.schedules(paper, p["schedules"])
    for agent in p["agents"]:
        rows = short.of_schedules(agent["doses"], p["schedules"])
        paper.bullets([f"{agent['name']}: {'; '.join(doses(rows, of_patient='for_patient' in p))}"])
        variants = short.to_decide(rows)
        paper.bullets(variants, indent=4)
        decided += len(variants)
    return decided


def doses(rows: Sequence[DoseEntry], *, of_patient: bool = False) -> list[str]:
    """The doses of an agent, each once with its days, its mark, and what it depends on."""
    found: dict[tuple[str, str], list[str]] = {}
    for d in rows:
        by = dict.fromkeys(topic for v in d["variants"] for topic in v["by"])
        depends = screen_words.DEPENDS.format(on=", ".join(by)) if by and not of_patient else ""
        how = " ".join(filter(None, [d["dose"], d["route"], depends]))
        known = d["days"] and not (by and of_patient)  # the dose that applies to the patient is open
        found.setdefault((how, short.sign(d)), []).extend([words.days(d["days"])] if known else [])
    said = [
        " ".join(filter(None, [how, f"({'; '.join(days)})" if days else "", sign]))
        for (how, sign), days in found.items()
    ]
    return said or [screen_words.NO_DOSE]


def _figures(paper: Paper, p: RegimenPage, t: PatientTrace | None) -> None:
    """The result of the nearest patients, then the results to read first."""
    paper.line(screen_words.FIGURES, style="bold")
    nearest = t["entry"]["nearest_benefit"] if t is not None and "rank" in t["entry"] else None
    rows = p["leading"]
    if nearest is not None:
        told = {"figure": short.figure(nearest), "trial": nearest["trial"], "population": nearest["population"]}
        paper.bullets([screen_words.NEAREST.format(**told)], sign=">")
        rows = [r for r in rows if (r["trial"], r["subgroup"]) != (nearest["trial"], nearest["subgroup"])]
    paper.bullets([leading(row) for row in rows[:FIGURES_SHOWN]])
    if not p["leading"]:
        paper.bullets([p["untried"] or screen_words.NO_FIGURE], sign="?")


def leading(row: LeadingFigure) -> str:
    """A result with its trial, its number of patients and its control."""
    number = screen_words.NUMBER.format(n=row["n"]) if row["n"] is not None else ""
    control = screen_words.AGAINST.format(versus=row["versus"]) if row["versus"] else ""
    ratio = screen_words.RATIO.format(hr=row["hr"]) if row["hr"] is not None else ""
    whose = ", ".join(filter(None, [row["trial"], row["population"], number]))
    return f"{whose}: {short.measured(row, ', '.join(filter(None, [control, ratio])))}"


def _warnings(p: RegimenPage) -> Iterator[str]:
    """The warnings of the regimen, then the first of each agent, then the others."""
    yield from (short.marked(n["text"], n) for n in p["notes"] if n["about"] == "safety")
    most = max((len(agent["safety"]) for agent in p["agents"]), default=0)
    for i in range(most):
        for agent in p["agents"]:
            yield from _warning(agent["name"], agent["safety"][i : i + 1], alone=len(p["agents"]) == 1)


def _warning(name: str, claims: Sequence[Claim], *, alone: bool) -> Iterator[str]:
    for claim in claims:
        yield short.marked(claim["text"] if alone else f"{name}: {claim['text']}", claim)
