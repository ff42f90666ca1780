"""Answers about the catalogue: regimens side by side, the list of regimens, one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, cast

from mmadvisor.answers.recommendation import Monitoring, Recommendation
from mmadvisor.answers.regimen import Claim, RegimenPage, Topic
from mmadvisor.answers.shelf import (
    COMPARISON,
    ENTRY,
    LIST,
    CatalogueClaim,
    CatalogueEntry,
    CatalogueList,
    Cell,
    Comparison,
    ComparisonRow,
    Listed,
)
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.answers.words import (
    cycle_in_words,
    evidence_in_words,
    hold_in_words,
    indication_in_words,
    manufacture_in_words,
    silent,
)
from mmadvisor.base.english import plural
from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.base.records import Entry
from mmadvisor.catalogue.catalogue import Catalogue, find_regimen, walk
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, plain, stamped
from mmadvisor.catalogue.listings import Setting, find_jurisdiction
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.formats.agents import UnknownNameError
from mmadvisor.judging.case import Case
from mmadvisor.judging.interactions import CHECKLIST
from mmadvisor.reports.glance import glance
from mmadvisor.reports.regimen import criterion_claim, places_of, regimen_page

# --- side by side -------------------------------------------------------------------------------


def comparison(
    catalogue: Catalogue,
    names: Sequence[str],
    stamp: Stamp,
    day: date,
    answer: Recommendation | None = None,
    *,
    place: str | None = None,
    case: Case | None = None,
) -> Comparison:
    """Regimens side by side, with verdicts for a patient if an answer is given.

    ``place``: the code of the jurisdiction that comes first. ``case``: the same patient; a dose is printed only if it
    is known to apply.

    Raises:
        UsageError: The catalogue has no such regimen, or fewer than two different ones are named.
    """
    regimens = list(dict.fromkeys(find_regimen(catalogue, name).id for name in names))
    if len(regimens) < 2:
        raise UsageError("compare needs at least two different regimens")
    pages = [regimen_page(catalogue, name, stamp, answer, day=day, place=place, case=case) for name in regimens]
    places = [(code, _status(code)) for code in places_of(catalogue, place)]
    asked = [*_ROWS, *places, *_MORE_ROWS]
    rows = [ComparisonRow(name=name, cells=[tell(page) for page in pages]) for name, tell in asked]
    if answer is not None:
        rows.insert(0, ComparisonRow(name="For this patient", cells=[_verdict(page) for page in pages]))
    rows = [row for row in rows if any(row["cells"]) or row["name"] in _ASKED_OF_ALL]
    made = Comparison(
        schema=COMPARISON,
        on=day.isoformat(),
        regimens=regimens,
        rows=rows,
        glance=[glance(page, catalogue.formulary) for page in pages],
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, day),
        sources={},
        intended_use=INTENDED_USE,
    )
    if answer is not None:
        made["patient"], made["jurisdiction"] = answer["patient"], answer["jurisdiction"]
        made["treat_now"], made["first"] = answer["treat_now"], answer["first"]
        made["co_medication"], made["funding_read"] = answer["co_medication"], answer["place"]["funding_read"]
    made["sources"] = bibliography(catalogue, made, day)
    return made


def _cell(text: str, claim: Any = None) -> Cell:
    claim = claim or {}
    return Cell(text=text, source=claim.get("source", ""), verified=claim.get("verified", ""))


def _said(*texts: str) -> list[Cell]:
    return [_cell(text) for text in texts if text]


def _doses(page: RegimenPage) -> list[Cell]:
    cells = []
    for agent in page["agents"]:
        for d in agent["doses"]:
            cells.append(_cell(f"{agent['name']} {', '.join(x for x in (d['dose'], d['route'], d['days']) if x)}", d))
            read = [v for v in d["variants"] if v["dose"] and v["by"]] if "for_patient" not in page else []
            cells += [_cell(f"{agent['name']}, {v['when']}: {v['dose']}", v) for v in read]
        if not agent["doses"]:
            cells.append(_cell(f"{agent['name']}: dose not read"))
    return cells


def _lead(page: RegimenPage) -> list[Cell]:
    lead = page["lead_time_weeks"]
    return [_cell(manufacture_in_words(lead), lead)] if lead else _said("none known")


def _burden(page: RegimenPage) -> list[Cell]:
    burden = page["burden"]
    if not burden:
        return []
    visits = burden.get("visits_per_28_days")
    parts = [
        f"{visits:g} {plural('visit', visits)} in 28 days" if visits is not None else "",
        f"admission: {burden['admission']}",
    ]
    return [_cell(", ".join(part for part in parts if part), burden)]


def _evidence(page: RegimenPage) -> list[Cell]:
    cells = []
    for row in page["evidence"]:
        group = f", {row['subgroup']}" if "subgroup" in row else ""
        cells.append(_cell(f"{row['trial']}{group}: {evidence_in_words(row)}", row))
    return cells


def _placed(page: RegimenPage) -> list[Cell]:
    return [
        _cell(f"{p['setting']}: {p['level']} ({p['by']}, {p['dated']})", p)
        for p in page["placements"]
        if not p["retired_by"]
    ]


def _handled(topic: Topic, *, asked: bool = False) -> Callable[[RegimenPage], list[Cell]]:
    """The handling of each agent under one topic.

    ``asked``: if another agent has an entry, an agent without one is named as well.
    """

    def tell(page: RegimenPage) -> list[Cell]:
        agents = page["agents"]
        cells = [_cell(f"{agent['name']}: {claim['text']}", claim) for agent in agents for claim in agent[topic]]
        return [*cells, *(_unsaid(silent(agents, topic)) if cells and asked else ())]

    return tell


def _at_events(page: RegimenPage) -> list[Cell]:
    """What to do at adverse events, for each agent; if one agent has a row, agents without any row are named."""
    agents = page["agents"]
    cells = [_cell(f"{agent['name']}: {hold_in_words(row)}", row) for agent in agents for row in agent["holds"]]
    return [*cells, *(_unsaid(silent(agents, "holds")) if cells else ())]


def _unsaid(agents: Iterable[str]) -> list[Cell]:
    return [_cell(f"{name}: nothing found") for name in agents]


def _claims(key: Literal["gates", "cautions", "sequencing"]) -> Callable[[RegimenPage], list[Cell]]:
    def tell(page: RegimenPage) -> list[Cell]:
        return [_cell(f"{c['about'] + ': ' if c['about'] else ''}{c['text']}", c) for c in page[key]]

    return tell


def _closes(page: RegimenPage) -> list[Cell]:
    return [*_said(page["spent"]), *_claims("gates")(page)]


def _watched(page: RegimenPage) -> list[Cell]:
    """The checklist; interactions with drugs that may be taken are in a row of their own."""
    rows = (i for i in page["monitoring"] if i["checklist"] != CHECKLIST or i["applies"] == "yes")
    return [_cell(f"{_whose(i)} {i['item']}{': ' + i['when'] if i['when'] else ''}{_hangs(i)}", i) for i in rows]


def _whose(item: Monitoring) -> str:
    """The drugs for which an item is there, and whose text it is."""
    return f"[{', '.join(item['drugs']) or 'any treatment'}; {item['text_of']}]"


def _hangs(item: Monitoring) -> str:
    """The patients who need an item; empty if all do."""
    return f" ({item['because']})" if item["because"] else ""


_ROWS: tuple[tuple[str, Callable[[RegimenPage], list[Cell]]], ...] = (
    ("Name", lambda p: _said(p["name"])),
    ("Use", lambda p: _said(", ".join(p["uses"]) + (", investigational" if p["investigational"] else ""))),
    ("Kind", lambda p: _said(f"{p['modality']}, {p['intensity']} intensity")),
    ("Route", lambda p: _said(", ".join(p["routes"]))),
    ("Doses", _doses),
    ("Cycle", lambda p: _said(cycle_in_words(p), p["duration"])),
    ("Before start", _lead),
    ("Burden", _burden),
)
_MORE_ROWS: tuple[tuple[str, Callable[[RegimenPage], list[Cell]]], ...] = (
    ("Placed by", _placed),
    ("Evidence", _evidence),
    ("Closes", _closes),
    ("Cautions", _claims("cautions")),
    ("Contraindications", _handled("contraindications", asked=True)),
    ("Kidney", _handled("renal", asked=True)),
    ("Liver", _handled("hepatic", asked=True)),
    ("Interactions", _handled("interactions", asked=True)),
    ("Warnings", _handled("safety")),
    ("At adverse events", _at_events),
    ("Supportive care", _handled("supportive")),
    ("Monitoring", _watched),
    ("Spends", _claims("sequencing")),
)
# Topics for which a missing row could be read as nothing to consider.
_ASKED_OF_ALL = (
    "Placed by", "Evidence", "Contraindications", "Kidney", "Liver", "Interactions", "At adverse events", "Monitoring",
)  # fmt: skip


def _status(code: str) -> Callable[[RegimenPage], list[Cell]]:
    """The status in one jurisdiction, with its criteria if it is open or may be."""

    def tell(page: RegimenPage) -> list[Cell]:
        listing = next(entry for entry in page["listings"] if entry["jurisdiction"] == code)
        asks = [indication_in_words(i) for i in listing["indications"] if not i["standing"]]
        if listing["status"] == "unknown":
            asks = [indication_in_words(i) for i in listing["indications"]]
        text = f"{listing['status']}. {' OR '.join(asks)}" if asks else listing["status"]
        return [_cell(text, listing)]

    return tell


def _verdict(page: RegimenPage) -> list[Cell]:
    entry = page["for_patient"]["entry"]
    if "rank" not in entry:
        return [*_said(entry["verdict"]), *_said(*entry["because"])]
    nearest = entry["nearest_benefit"]
    benefit = [_cell(f"Nearest population: {nearest['text']}", nearest)] if nearest else []
    return [*_said(f"rank {entry['rank']}, {entry['verdict']}"), *benefit, *_said(*entry["for"], *entry["against"])]


# --- the list -----------------------------------------------------------------------------------


def catalogue_list(
    catalogue: Catalogue,
    day: date,
    stamp: Stamp | None = None,
    *,
    drug_class: str | None = None,
    target: str | None = None,
    setting: str | None = None,
    jurisdiction: str | None = None,
    use: str | None = None,
    approved_on: date | None = None,
) -> CatalogueList:
    """The regimens that match every given filter, with their status on a day.

    - Without ``jurisdiction`` and ``approved_on``: every regimen that matches the other filters, with its statuses on
      ``day``.
    - With ``jurisdiction`` only: regimens that are approved or guideline-supported there on ``day``.
    - With ``approved_on``: regimens that were approved on that day, in ``jurisdiction`` or, without one, anywhere.

    Regimens that may have had such a status, although it is unknown for the day, are listed in ``not_known``.

    Raises:
        UsageError: A filter names something that the catalogue does not have.
    """
    day = approved_on or day
    named = _filters(catalogue, drug_class, target, setting, jurisdiction, use)
    codes = [named["jurisdiction"]] if "jurisdiction" in named else list(catalogue.jurisdictions)
    wanted = ("approved",) if approved_on else ("approved", "guideline-supported")
    found: list[Listed] = []
    not_known: list[str] = []
    for regimen in catalogue.regimens:
        listed = _listed(catalogue, regimen, day, codes)
        if not _asked_for(listed, named):
            continue
        if not (approved_on or jurisdiction) or any(s in wanted for s in listed["status"].values()):
            found.append(listed)
        elif any(_perhaps(catalogue, regimen, code, status, wanted) for code, status in listed["status"].items()):
            not_known.append(regimen.id)
    if approved_on:
        named["approved on"] = approved_on.isoformat()
    return CatalogueList(
        schema=LIST,
        on=day.isoformat(),
        filters=named,
        regimens=found,
        not_known=not_known,
        catalogue=stamped(catalogue, stamp or Stamp(), day),
        intended_use=INTENDED_USE,
    )


def _asked_for(listed: Listed, named: Mapping[str, str]) -> bool:
    """Whether a regimen matches every filter."""
    held = {
        "class": listed["classes"],
        "target": listed["targets"],
        "setting": listed["settings"],
        "use": listed["uses"],
    }
    return all(named[what] in having for what, having in held.items() if what in named)


def _perhaps(catalogue: Catalogue, regimen: Regimen, code: str, status: str, wanted: Sequence[str]) -> bool:
    """Whether a regimen may have had a wanted status on the day.

    True if ``status``, the status on the day, is unknown, and the listing of the regimen has a wanted status.
    """
    listing = catalogue.listing(code, regimen)
    return status == "unknown" and listing is not None and listing.status in wanted


def _filters(
    catalogue: Catalogue,
    drug_class: str | None,
    target: str | None,
    setting: str | None,
    jurisdiction: str | None,
    use: str | None,
) -> dict[str, str]:
    """Each filter as the catalogue writes it."""
    asked: tuple[tuple[str, str | None, Iterable[str]], ...] = (
        ("class", drug_class, catalogue.formulary.class_by_id),
        ("target", target, sorted({t for agent in catalogue.agents for t in agent.targets})),
        ("setting", setting, [s.id for s in catalogue.settings]),
        ("use", use, dict.fromkeys(u for regimen in catalogue.regimens for u in regimen.uses)),
    )
    named = {what: _named(what, name, list(known)) for what, name, known in asked if name is not None}
    return named | (
        {"jurisdiction": find_jurisdiction(catalogue.jurisdictions, jurisdiction)} if jurisdiction is not None else {}
    )


def _named(what: str, name: str, known: list[str]) -> str:
    for one in known:
        if one.casefold() == name.casefold():
            return one
    hint = nearest(name, known) or f"Known: {', '.join(known)}"
    raise UsageError(f"the catalogue has no {what} {name!r}. {hint}")


def _listed(catalogue: Catalogue, regimen: Regimen, day: date, codes: Iterable[str]) -> Listed:
    agents = [catalogue.formulary.by_id[a] for a in regimen.agent_ids]
    return Listed(
        regimen=regimen.id,
        name=regimen.name,
        uses=list(regimen.uses),
        modality=regimen.modality,
        classes=list(dict.fromkeys(c for a in agents if not a.steroid for c in a.classes)),
        targets=list(dict.fromkeys(t for a in agents for t in a.targets)),
        investigational=regimen.investigational,
        status={code: catalogue.status(code, regimen, day) for code in codes},
        settings=[
            s.id
            for s in catalogue.settings
            if any(p.regimen == regimen.id and catalogue.placed_by(p, day) for p in s.placements)
        ],
    )


# --- one entry ----------------------------------------------------------------------------------


def catalogue_entry(catalogue: Catalogue, name: str) -> CatalogueEntry:
    """The agent, source or setting with this name; if several match, a setting or source comes before an agent.

    Raises:
        UsageError: There is no such entry; the message names the nearest.
    """
    settings = {s.id.casefold(): s for s in catalogue.settings} | {s.name.casefold(): s for s in catalogue.settings}
    sources = {key.casefold(): key for key in catalogue.sources}
    key = name.casefold()
    if key in settings:
        made = _setting_entry(catalogue, settings[key])
    elif key in sources:
        made = _source_entry(catalogue, sources[key])
    else:
        made = _agent_entry(catalogue, name, [*settings, *sources])
    made["sources"] = bibliography(catalogue, made)
    return made


def _entry(kind: str, name: str, title: str, facts: dict[str, Any]) -> CatalogueEntry:
    shown = {k: list(v) if isinstance(v, tuple) else v for k, v in facts.items() if v not in (None, "", (), [], False)}
    return CatalogueEntry(
        schema=ENTRY,
        kind=kind,
        id=name,
        name=title,
        facts=shown,
        regimens=[],
        cited_by=[],
        claims={},
        sources={},
        intended_use=INTENDED_USE,
    )


def _setting_entry(catalogue: Catalogue, setting: Setting) -> CatalogueEntry:
    made = _entry("setting", setting.id, setting.name, {})
    made["regimens"] = list(dict.fromkeys(p.regimen for p in setting.placements))
    made["claims"] = {
        "Who is in it": [criterion_claim(catalogue, c) for c in setting.when],
        "Placed in it": [
            Claim(
                text=f"{p.regimen}: {p.level} ({p.by}, {p.dated}){': ' + p.text if p.text else ''}"
                f"{', superseded by ' + p.retired_by if p.retired_by else ''}",
                about="",
                source=p.source,
                verified=p.verified,
            )
            for p in setting.placements
        ],
    }
    return made


# Where a paper or trial can be read, by the kind of its number.
_ADDRESSES = {
    "doi": "https://doi.org/{}",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "nct": "https://clinicaltrials.gov/study/{}",
}


def _source_entry(catalogue: Catalogue, key: str) -> CatalogueEntry:
    source = catalogue.sources[key]
    known = dict(source.contents())
    links = [address.format(known[name]) for name, address in _ADDRESSES.items() if known.get(name)]
    made = _entry("source", key, source.title, {k: v for k, v in known.items() if k != "title"} | {"links": links})
    made["cited_by"] = [
        ".".join(str(part) for part in path)
        for path, entry in walk(catalogue)
        if getattr(entry, "source", "") == key or getattr(entry, "retired_by", "") == key
    ]
    return made


def _agent_entry(catalogue: Catalogue, name: str, others: list[str]) -> CatalogueEntry:
    try:
        agent = catalogue.formulary.by_id[catalogue.formulary.agent(name).id]
    except UnknownNameError as error:
        if _is_regimen(catalogue, name):
            raise UsageError(f"{name!r} is a regimen: mmadvisor explain {name} shows its page") from None
        hint = error.hint or nearest(name, others)
        raise UsageError(f"the catalogue has no agent, source or setting {name!r}. {hint}".strip()) from None
    own = {"id", "name", "source", "verified"}
    made = _entry("agent", agent.id, agent.name, {k: v for k, v in agent.contents() if k not in own})
    made["facts"] |= {"source": agent.source, "verified": agent.verified}
    made["regimens"] = [r.id for r in catalogue.regimens if agent.id in r.agent_ids]
    handling = catalogue.handling.get(agent.id)
    for topic, rows in handling.contents() if handling else ():
        if rows:
            made["claims"][topic] = [cast(CatalogueClaim, plain(row)) for row in cast(tuple[Entry, ...], rows)]
    return made


def _is_regimen(catalogue: Catalogue, name: str) -> bool:
    try:
        find_regimen(catalogue, name)
    except UsageError:
        return False
    return True
