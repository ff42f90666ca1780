"""The checks of a catalogue: names that do not exist, criteria that nobody can meet, impossible figures.

Every flaw has the path of its entry, in ids and indices, so that the reader of the files can add the line number.
Errors prevent the catalogue from loading; warnings are for its editors. The limits of single fields are part of their
types, and are checked earlier.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from itertools import chain
from typing import Any, cast

from mmadvisor.base.known import span
from mmadvisor.base.records import hints
from mmadvisor.catalogue.care import (
    NO_NEED,
    Band,
    Bridge,
    DoseByKidney,
    Grading,
    Interaction,
    Item,
    Practice,
    TakenAs,
    VeinToVein,
    Washout,
)
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.flaws import Flaw, Path, unknown
from mmadvisor.catalogue.lanes import LaneRegimen
from mmadvisor.catalogue.listings import Indication, Placement, Product
from mmadvisor.catalogue.populations import populations
from mmadvisor.catalogue.regimens import (
    Component,
    Evidence,
    LeadTime,
    Months,
    Rate,
    Regimen,
    Selector,
    Sequence,
    states_for,
)
from mmadvisor.catalogue.rules import Alarms, Cap, KeptBack, Profile, Ranking, Rule, Trait, Treatment
from mmadvisor.catalogue.schedules import schedules
from mmadvisor.catalogue.week import WeekRow, flaws_of_week
from mmadvisor.criteria.allowed import limits_of, literals, no_field, outside, patient_has, type_of
from mmadvisor.criteria.base import Branch, Criterion, every
from mmadvisor.criteria.clash import certain, conjuncts, contradiction
from mmadvisor.criteria.fields import State
from mmadvisor.formats.agents import Agent, Members, RegimenName
from mmadvisor.formats.drugs import Hold, LabelSection, NotLow, Premedication, Restart, Row, Step, StopAt, WhileGiven
from mmadvisor.history.record import Definitions, FrailtyItem, Quantity

Entries = list[tuple[Path, object]]

_FRAILTY = ("fit", "intermediate", "frail")
_OPENS = ("approved", "guideline-supported")


# Why: docs/explanation/catalogue-data.md#two-kinds-of-checks
def errors(catalogue: Catalogue, cited: Collection[str] | None = None, lost: str = "") -> Iterator[Flaw]:
    """Every error that makes a catalogue unusable.

    Args:
        catalogue: The catalogue, as far as its files could be read.
        cited: The sources that must be cited: those of the layer that is checked, because a layer may replace the only
            entry that cites a source of the layer below. ``None`` means all sources.
        lost: The text of files that could not be read, in which an entry that seems to be missing may be. An error is
            left out if its ``name`` is in this text. Errors that something is missing (``lacks``) are left out if there
            is such a text.
    """
    entries: Entries = catalogue.entries
    # The rules of a regimen depend on its agents, so an unknown agent is the only error that is reported for it.
    agents = catalogue.formulary.by_id
    sound = tuple(r for r in catalogue.regimens if all(agent in agents for agent in r.agent_ids))
    whole = len(sound) == len(catalogue.regimens)
    checked = catalogue if whole else catalogue.but(regimens=sound)
    for flaw in chain(
        _named(catalogue, entries),
        _keyed(catalogue),
        _citations(catalogue, entries, catalogue.sources if cited is None else cited),
        _rules(checked),
        _ids(checked),
        _shared_names(catalogue),
        _without_name(catalogue),
        _alone(entries),
        _presumed(entries),
        _judged(entries),
        _waited_for(catalogue),
        _contradictions(checked, entries),
        _listings(catalogue),
        _figures(entries),
        populations(checked),
        flaws_of_week(catalogue.week_topics, catalogue.this_week),
        _tables(catalogue),
        schedules(catalogue),
        _days(catalogue, entries),
        _co_medication(catalogue),
        _branches(catalogue, entries),
    ):
        if not _stands_in(lost, flaw.name) and not (flaw.lacks and (lost or not whole)):
            yield flaw


def _stands_in(text: str, name: str) -> bool:
    """Whether a text contains a name as a whole word."""
    return bool(name) and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


# --- references ---------------------------------------------------------------------------------


# The kind of name that a field holds, one or a list of them.
_NAMES: tuple[tuple[str, type, tuple[str, ...]], ...] = (
    ("agent", Component, ("agent",)),
    ("agent", RegimenName, ("agents",)),
    ("agent", Selector, ("agents",)),
    ("class", Agent, ("classes",)),
    ("class", Selector, ("classes",)),
    ("target", Selector, ("targets",)),
    ("agent or class", Sequence, ("after", "never", "then")),
    ("agent or class", Washout, ("of",)),
    ("agent or class", Bridge, ("agents",)),
    ("agent or class", Selector, ("but_not_with",)),
    ("agent or class", Interaction, ("of",)),
    ("drug", Members, ("drugs",)),
    ("drug or group of drugs", Interaction, ("beside",)),
    ("drug or group of drugs", TakenAs, ("drugs",)),
    ("drug or group of drugs", Branch, ("taking",)),
    ("drug or group of drugs", Alarms, ("anticoagulants",)),
    ("agent or class", Ranking, ("bridges_without", "look_ahead_at")),
    ("regimen", Placement, ("regimen",)),
    ("regimen", Evidence, ("against",)),
    ("regimen", Regimen, ("variant_of",)),
    ("regimen", KeptBack, ("regimens",)),
    ("class", Trait, ("only_with",)),
    ("regimen", VeinToVein, ("regimen",)),
    ("regimen", Product, ("names",)),
    ("regimen", Selector, ("regimens", "but_not")),
    ("regimen", Row, ("regimens",)),
    ("regimen name", RegimenName, ("ambiguous_with",)),
    ("jurisdiction", Row, ("jurisdictions",)),
    ("agent", LabelSection, ("agents",)),
    ("agent", DoseByKidney, ("agents",)),
    ("event", Hold, ("event", "covers")),
    ("event", NotLow, ("events",)),
    ("event", StopAt, ("events",)),
    ("event", WhileGiven, ("events",)),
    ("event", Practice, ("event",)),
    ("event", Grading, ("event",)),
    ("jurisdiction", Interaction, ("jurisdictions",)),
    ("jurisdiction", Branch, ("jurisdictions",)),
    ("jurisdiction", Item, ("only_in",)),
    ("jurisdiction", WeekRow, ("jurisdictions",)),
    ("checklist", Regimen, ("monitoring",)),
    ("checklist", Rule, ("monitoring",)),
    ("comparison", Profile, ("order",)),
    ("benchmark", Cap, ("benchmark",)),
    ("regimen", LaneRegimen, ("regimen",)),
    ("label", Treatment, ("treat_anyway",)),
    ("modality", Definitions, ("one_time_modalities",)),
    ("modality of a regimen", Definitions, ("procedure_modalities",)),
    ("response", Definitions, ("non_response",)),
    ("intent", Definitions, ("non_response_counts_for",)),
)


def _named(catalogue: Catalogue, entries: Entries) -> Iterator[Flaw]:
    """Names of entries that do not exist."""
    formulary = catalogue.formulary
    modalities = {agent.modality for agent in catalogue.agents}
    known: dict[str, Collection[str]] = {
        "agent": formulary.by_id,
        "class": formulary.class_by_id,
        "agent or class": {*formulary.by_id, *formulary.class_by_id},
        "drug": {*formulary.other_drugs, *formulary.by_id},
        "drug or group of drugs": {*formulary.other_drugs, *formulary.by_id, *(g.id for g in formulary.drug_groups)},
        "target": {target for agent in catalogue.agents for target in agent.targets},
        "regimen": catalogue.regimen_by_id,
        "regimen name": formulary.name_by_id,
        "jurisdiction": catalogue.jurisdictions,
        "checklist": catalogue.checklists,
        "comparison": {c.by for c in catalogue.ranking.comparisons},
        "benchmark": {b.id for b in catalogue.benchmarks},
        "label": catalogue.labels,
        "event": catalogue.events,
        "modality": modalities,
        "modality of a regimen": literals(hints(Regimen)["modality"]),
        "response": literals(type_of("therapies.best_response")),
        "intent": literals(type_of("therapies.intent")),
    }

    def leads(kind: str, name: str) -> bool:
        head, _, modality = name.partition("/") if kind == "agent or class" else (name, "", "")
        return head in known[kind] and (not modality or modality in modalities)

    for path, entry in entries:
        for kind, key in _named_by(cast(Any, type(entry))):
            held = getattr(entry, key)
            for name in (held,) if isinstance(held, str) else held or ():
                if not leads(kind, name):
                    yield unknown((*path, key), kind, name, known[kind])
    for path, criterion in _criteria(entries):
        for token in criterion.tokens():
            if not leads("agent or class", token):
                yield unknown(path, "agent or class", token, known["agent or class"])
        for key, names in criterion.drugs().items():
            for name in names:
                if not leads("drug or group of drugs", name):
                    yield unknown((*path, key), "drug or group of drugs", name, known["drug or group of drugs"])


@cache
def _named_by(cls: type) -> list[tuple[str, str]]:
    return [(kind, key) for kind, named, keys in _NAMES if issubclass(cls, named) for key in keys]


def _keyed(catalogue: Catalogue) -> Iterator[Flaw]:
    """Keys that name nothing, emergencies without an entry, and short forms with a meaning that does not exist."""
    formulary = catalogue.formulary
    for agent in catalogue.handling:
        if agent not in formulary.by_id:
            yield unknown(("handling", agent), "agent", agent, formulary.by_id)
    for code, jurisdiction in catalogue.jurisdictions.items():
        for name in jurisdiction.listings:
            if name not in catalogue.regimen_by_id:
                path = ("jurisdictions", code, "listings", name)
                yield unknown(path, "regimen", name, catalogue.regimen_by_id)
        for agent in jurisdiction.products:
            if agent not in formulary.by_id:
                yield unknown(("jurisdictions", code, "products", agent), "agent", agent, formulary.by_id)
    for field in catalogue.field_words:
        if not patient_has(field):
            yield Flaw(("field_words", field), no_field(field))
    emergencies = literals(type_of("disease.emergencies"))
    for emergency in catalogue.treatment.emergencies:
        if emergency not in emergencies:
            yield unknown(("treatment", "emergencies", emergency), "emergency", emergency, emergencies)
    for emergency in sorted(emergencies - catalogue.treatment.emergencies.keys()):
        yield Flaw(
            ("treatment", "emergencies"),
            f"there is no entry for {emergency}, which a patient file may record",
            lacks=True,
        )
    yield from _unfit_groups(catalogue)
    yield from _order(catalogue)
    for lane in catalogue.lanes:
        yield from (Flaw(("lanes", lane.id, *path), said, lacks=True) for path, said in lane.unknown_definitions())
    yield from _events(catalogue)
    owned = {*formulary.by_id, *formulary.name_by_id}
    for short, candidates in catalogue.orphans.items():
        for name in candidates:
            if name not in owned:
                yield unknown(("orphans", short), "agent or regimen name", name, owned)


def _unfit_groups(catalogue: Catalogue) -> Iterator[Flaw]:
    """Frailty groups and intensities of the ranking that do not exist."""
    for group, intensity in catalogue.ranking.unfit_for.items():
        for kind, name, known in (
            ("frailty group", group, _FRAILTY),
            ("intensity", intensity, literals(hints(Regimen)["intensity"])),
        ):
            if name not in known:
                yield unknown(("ranking", "unfit_for", group), kind, name, known)


def _order(catalogue: Catalogue) -> Iterator[Flaw]:
    """Entries of ``order`` that do not exist, or are listed twice."""
    for kind, names in catalogue.order.items():
        held = getattr(catalogue, kind)
        known_here = held if isinstance(held, dict) else {entry.id for entry in held}
        for name in names:
            if name not in known_here:
                yield unknown(("order", kind), f"entry of {kind}", name, known_here)
        if twice := sorted(name for name, times in Counter(names).items() if times > 1):
            yield Flaw(("order", kind), f"{', '.join(twice)} is listed more than once")


def _days(catalogue: Catalogue, entries: Entries) -> Iterator[Flaw]:
    """Sources whose date is not in their year, and each ``known_since`` that is not before the source."""
    for key, source in catalogue.sources.items():
        if source.dated is not None and source.year != span(source.dated).earliest.year:
            yield Flaw(("sources", key, "dated"), f"{source.dated} is not in the year of the source, {source.year}")
        if source.known_since is not None and not _earlier(source.known_since, source.dated, source.year):
            yield Flaw(("sources", key, "known_since"), f"{source.known_since} is not before the source itself")
    for path, criterion in _criteria(entries):
        since = span(criterion.known_since) if criterion.known_since is not None else None
        if since is not None and since.latest.isoformat() >= catalogue.known_by(criterion.source):
            yield Flaw((*path, "known_since"), f"{since} is not before its source")


def _earlier(since: str, dated: str | None, year: int | None) -> bool:
    own = dated or (str(year) if year else None)
    return own is None or span(since).latest < span(own).latest


def _events(catalogue: Catalogue) -> Iterator[Flaw]:
    """Words for two events, words for both an event and a sign, and signs of events that do not exist."""
    owners: dict[str, str] = {}
    for event, also in catalogue.events.items():
        for word in (event, *also):
            owner = owners.setdefault(" ".join(word.casefold().replace("-", " ").split()), event)
            if owner != event:
                yield Flaw(("events", event), f"{word} also names {owner}")
    for sign, events in catalogue.signs.items():
        if sign.casefold() in owners:
            yield Flaw(("signs", sign), f"{sign} is also an event, {owners[sign.casefold()]}")
        for event in events:
            if event not in catalogue.events:
                yield unknown(("signs", sign), "event", event, catalogue.events)


def _citations(catalogue: Catalogue, entries: Entries, must_be_cited: Iterable[str]) -> Iterator[Flaw]:
    cited: set[str] = set()
    for path, entry in entries:
        for key in ("source", "retired_by"):
            named = getattr(entry, key, "")
            if named:
                cited.add(named)
                if named not in catalogue.sources:
                    yield unknown((*path, key), "source", named, catalogue.sources)
            elif key == "source" and _must_cite(entry):
                yield Flaw(path, "the source is missing: add `source`", lacks=True)
    for key in sorted(set(must_be_cited) - cited):
        yield Flaw(("sources", key), "nothing cites this source", name=key)


def _rules(catalogue: Catalogue) -> Iterator[Flaw]:
    for index, rule in enumerate(catalogue.rules):
        if not any(catalogue.matches(rule.applies_to, regimen) for regimen in catalogue.regimens):
            yield Flaw(("rules", index), "no regimen matches this rule", lacks=True)


def _must_cite(entry: object) -> bool:
    """Whether an entry is a clinical claim; a criterion inside another inherits its source."""
    return isinstance(entry, Criterion) and bool(entry.id)


def _ids(catalogue: Catalogue) -> Iterator[Flaw]:
    """Ids that two criteria of one regimen share within the same layer."""
    for regimen in catalogue.regimens:
        ids = [c.id for c in (*catalogue.gates_of(regimen), *catalogue.cautions_of(regimen))]
        for name, times in Counter(ids).items():
            if times > 1 or not name:
                yield Flaw(("regimens", regimen.id), f"more than one of its criteria has the id {name!r}")


def _shared_names(catalogue: Catalogue) -> Iterator[Flaw]:
    """Names that lead to two agents or two regimens; agents that are listed twice in a regimen."""
    for kind, listed in (("agents", catalogue.agents), ("names", catalogue.names)):
        owners: dict[str, str] = {}
        for one in cast(tuple[Agent | RegimenName, ...], listed):
            spelt = [("id", one.id)]
            spelt += [("name", one.name), *(("brands", n) for n in one.brands)] if isinstance(one, Agent) else []
            for key, name in [*spelt, *(("aliases", n) for n in one.aliases)]:
                owner = owners.setdefault(" ".join(name.casefold().split()), one.id)
                if owner != one.id:
                    yield Flaw((kind, one.id, key), f"{name} also names {owner}")
    given = [("regimens", regimen.id, regimen.agent_ids) for regimen in catalogue.regimens]
    given += [("names", name.id, name.agents) for name in catalogue.names]
    for kind, owner, agents in given:
        for agent, times in Counter(agents).items():
            if times > 1:
                yield Flaw((kind, owner, "agents"), f"{agent} is listed {times} times")


def _without_name(catalogue: Catalogue) -> Iterator[Flaw]:
    """Regimens that a patient file cannot name, as they have no row in ``names``; those of a layer may lack it."""
    named = {name.id for name in catalogue.names}
    for regimen in catalogue.regimens:
        if regimen.id not in named and not regimen.layer:
            row = f"- {{id: {regimen.id}, agents: [{', '.join(regimen.agent_ids)}]}}"
            said = f"a patient file cannot name it without a row under `names` (data/names.yaml). Add: {row}"
            yield Flaw(("regimens", regimen.id), said, name=regimen.id, lacks=True)


# --- criteria -----------------------------------------------------------------------------------


def _criteria(entries: Entries) -> Iterator[tuple[Path, Criterion]]:
    """The criteria among entries, each with its path."""
    yield from ((path, entry) for path, entry in entries if isinstance(entry, Criterion))


def _alone(entries: Entries) -> Iterator[Flaw]:
    """Errors of a single criterion, from its own checks, or of a single number of a definition."""
    for path, entry in entries:
        if isinstance(entry, Criterion):
            amiss = entry.flaws()
        elif isinstance(entry, FrailtyItem):
            amiss = _amiss_in_item(entry)
        elif isinstance(entry, Quantity) and entry.value < 0:
            amiss = iter([("value", f"{entry.value:g} is below 0")])
        else:
            continue
        for key, said in amiss:
            yield Flaw((*path, key) if key else path, said)


def _amiss_in_item(item: FrailtyItem) -> Iterator[tuple[str, str]]:
    """Errors in an item of the frailty score: its field does not exist or is no number, or nobody reaches its limit."""
    if limits := limits_of(item.field):
        yield from outside(item, ("at_most", "above"), limits)
    elif patient_has(item.field):
        yield "field", f"{item.field} does not hold a number"
    else:
        yield "", no_field(item.field)


def _presumed(entries: Entries) -> Iterator[Flaw]:
    """Gates marked ``presumable`` that a test of today cannot decide."""
    for path, criterion in _criteria(entries):
        if criterion.presumable and not all(c.of_a_test for c in every((criterion,)) if not c.parts()):
            yield Flaw((*path, "presumable"), "only a number that a test of the day settles may be `presumable`")


def _judged(entries: Entries) -> Iterator[Flaw]:
    """Criteria of the type ``judgement`` outside funding; they would leave a regimen undetermined for ever."""
    for path, criterion in _criteria(entries):
        if criterion.left_to_people and not {"funded", "products"} & set(path):
            yield Flaw(path, "a judgement decides nothing: it belongs to funding alone")


def _waited_for(catalogue: Catalogue) -> Iterator[Flaw]:
    """Suspicions and deferrals that name an id or a topic that no criterion has."""
    holders: tuple[Regimen | Rule, ...] = (*catalogue.regimens, *catalogue.rules)
    criteria = [c for holder in holders for c in (*holder.gates, *holder.cautions)]
    closing, passing = {c.id for c in criteria if c.closes}, {c.id for c in criteria if c.passes_with_time}
    topics = {c.about for c in criteria if c.passes_with_time}
    for suspicion in catalogue.suspicions:
        for name in suspicion.of:
            if name not in closing:
                path = ("suspicions", suspicion.id, "of")
                yield unknown(path, "caution that closes", name, closing)
    for row in catalogue.deferrals:
        for name in row.criteria:
            if name not in passing:
                yield unknown(("deferrals", row.id, "criteria"), "criterion that passes with time", name, passing)
        if not row.criteria and row.about not in topics:
            yield unknown(("deferrals", row.id, "about"), "topic that passes with time", row.about, topics)


def _contradictions(catalogue: Catalogue, entries: Entries) -> Iterator[Flaw]:
    """Criteria that nobody can meet, alone or together with others of their list."""
    for path, criterion in _criteria(entries):
        joint = criterion.joint_parts()
        if found := _together(joint) if joint else contradiction([criterion]):
            yield Flaw(path, f"this cannot be met: {found}")
    for regimen in catalogue.regimens:
        if found := _together(catalogue.gates_of(regimen)):
            yield Flaw(("regimens", regimen.id, "gates"), f"these gates cannot all be met: {found}")
        for index, evidence in enumerate(regimen.evidence):
            if found := _together(evidence.when):
                path = ("regimens", regimen.id, "evidence", index)
                yield Flaw(path, f"nobody can belong to this population: {found}")
    for setting in catalogue.settings:
        if found := _together(setting.when):
            yield Flaw(("settings", setting.id, "when"), f"nobody can be in this setting: {found}")
    for place, regimen, indication in _indications(catalogue):
        if found := _together([*indication.criteria, _state_of(regimen)]):
            yield Flaw(place, f"these criteria cannot all be met: {found}")
        elif indication.since and indication.until and span(indication.since).earliest >= span(indication.until).latest:
            yield Flaw(place, f"it ends ({indication.until}) before it begins ({indication.since})")


def _together(criteria: Iterable[Criterion]) -> str:
    """Why criteria cannot all be met together; empty if they can, or if one of them cannot be met even alone."""
    asked = list(criteria)
    return "" if any(contradiction([criterion]) for criterion in asked) else contradiction(asked)


def _indications(catalogue: Catalogue) -> Iterator[tuple[Path, Regimen, Indication]]:
    for code, jurisdiction in catalogue.jurisdictions.items():
        for name, listing in jurisdiction.listings.items():
            for index, indication in enumerate(listing.indications):
                if name in catalogue.regimen_by_id:
                    path = ("jurisdictions", code, "listings", name, "indications", index)
                    yield path, catalogue.regimen_by_id[name], indication


def _state_of(regimen: Regimen) -> State:
    return State(one_of=states_for(regimen))


def unreachable(catalogue: Catalogue) -> Iterator[Flaw]:
    """Regimens that no label and no guideline opens for any patient."""
    opened: set[str] = set()
    for _, regimen, indication in _indications(catalogue):
        if not _spends_itself(catalogue, regimen, indication):
            opened.add(regimen.id)
    listed = {
        name
        for jurisdiction in catalogue.jurisdictions.values()
        for name, listing in jurisdiction.listings.items()
        if listing.status in ("off-label", "not-available") or (listing.status != "unknown" and not listing.indications)
    }
    for regimen in catalogue.regimens:
        if not regimen.investigational and not {regimen.id, regimen.variant_of} & {*opened, *listed}:
            yield Flaw(("regimens", regimen.id), "no jurisdiction opens this regimen to anybody", "warning")


def _spends_itself(catalogue: Catalogue, regimen: Regimen, indication: Indication) -> bool:
    """Whether an indication requires refractoriness to an agent that the regimen contains."""
    known = certain(conjuncts(indication.criteria))
    return any(("refractory", agent) in known for agent in regimen.agent_ids)


# --- listings, figures, tables ------------------------------------------------------------------


def _listings(catalogue: Catalogue) -> Iterator[Flaw]:
    """Statuses that the rest of the catalogue does not support."""
    for code, jurisdiction in catalogue.jurisdictions.items():
        for name, listing in jurisdiction.listings.items():
            path = ("jurisdictions", code, "listings", name)
            regimen = catalogue.regimen_by_id.get(name)
            if regimen is not None and regimen.investigational and listing.status != "not-available":
                yield Flaw(path, f"{name} is marked investigational, but listed here as {listing.status}")
            elif listing.status in _OPENS and not listing.indications:
                yield Flaw(
                    (*path, "status"),
                    f"listed as {listing.status} without an indication: add one under `indications`",
                    lacks=True,
                )


def _figures(entries: Entries) -> Iterator[Flaw]:
    """Intervals that end before they begin or exclude their own figure; parts above the whole."""
    for path, entry in entries:
        if isinstance(entry, Evidence | Sequence) and _more(entry.cr_percent, entry.orr_percent):
            yield Flaw((*path, "cr_percent"), "there are more complete responses than responses")
        for key, figure, interval in _intervals(entry):
            if interval and not _inside(figure, interval):
                low, high = interval
                reversed_ = low is not None and high is not None and low > high
                said = f"it ends ({high:g}) before it begins ({low:g})" if figure is None and reversed_ else ""
                yield Flaw((*path, key), said or f"{figure} is outside its own interval {list(interval)}")


def _more(part: float | None, whole: float | None) -> bool:
    return part is not None and whole is not None and part > whole


def _intervals(entry: object) -> Iterator[tuple[str, float | None, tuple[float | None, float | None] | None]]:
    """The intervals of an entry, each with the figure that must lie inside and the field to correct."""
    match entry:
        case Months():
            yield "median", entry.median, entry.ci95
            yield "hr", entry.hr, entry.hr_ci95
        case Rate():
            yield "percent", entry.percent, entry.ci95
        case Band():
            yield "at_most", None, (entry.at_least, entry.at_most)
        case LeadTime():
            yield "high", None, (entry.low, entry.high)
        case VeinToVein():
            yield "weeks", entry.weeks, entry.range_weeks
        case Premedication():
            yield "hours_before", None, entry.hours_before
        case _:
            pass


def _inside(figure: float | None, interval: tuple[float | None, float | None]) -> bool:
    low, high = interval
    if low is not None and high is not None and low > high:
        return False
    return figure is None or ((low is None or low <= figure) and (high is None or figure <= high))


def _tables(catalogue: Catalogue) -> Iterator[Flaw]:
    """Errors in tables of labels: steps that go back in time, overlapping rows, interruptions without a row."""
    for agent, handling in catalogue.handling.items():
        before: dict[tuple[tuple[str, ...], ...], Step] = {}
        for index, step in enumerate(handling.steps):
            last = before.get((step.jurisdictions, step.regimens))
            anew = last is not None and step.day == 1 and step.schedule != last.schedule
            if last is not None and step.day <= last.day and not anew:
                said = f"day {step.day} is not after day {last.day}, the step before it"
                yield Flaw(("handling", agent, "steps", index, "day"), said)
            before[step.jurisdictions, step.regimens] = step
        yield from _restart_table(catalogue, agent, handling.restarts)


def _restart_table(catalogue: Catalogue, agent: str, restarts: Iterable[Restart]) -> Iterator[Flaw]:
    rows = [(i, r) for i, r in enumerate(restarts) if r.days_from is not None]
    for place, (index, row) in enumerate(rows):
        path = ("handling", agent, "restarts", index)
        for other_index, other in rows[:place]:
            if _overlap(row, other):
                yield Flaw(path, f"its days overlap those of restarts.{other_index}, for the same last dose")
        if row.days_to is None:
            continue
        if cast(int, row.days_from) > row.days_to:
            yield Flaw(path, "its days end before they begin")
        after = row.days_to + 1
        places = row.jurisdictions or tuple(catalogue.jurisdictions)
        lacking = [code for code in places if not any(_goes_on(r, row, code, after) for _, r in rows)]
        if lacking:
            yield Flaw((*path, "days_to"), f"there is no row for day {after} in {', '.join(lacking)}", lacks=True)


def _goes_on(row: Restart, before: Restart, code: str, day: int) -> bool:
    """Whether ``row`` begins on ``day`` and applies in jurisdiction ``code`` to all regimens of the row ``before``."""
    return (
        (row.last_dose, row.schedule) == (before.last_dose, before.schedule)
        and row.days_from == day
        and (not row.jurisdictions or code in row.jurisdictions)
        and (not row.regimens or (bool(before.regimens) and set(before.regimens) <= set(row.regimens)))
    )


def _overlap(one: Restart, other: Restart) -> bool:
    if (one.last_dose, one.schedule) != (other.last_dose, other.schedule):
        return False
    for mine, theirs in ((one.regimens, other.regimens), (one.jurisdictions, other.jurisdictions)):
        if mine and theirs and set(mine).isdisjoint(theirs):
            return False
    first, second = sorted((one, other), key=lambda r: cast(int, r.days_from))
    return first.days_to is None or first.days_to >= cast(int, second.days_from)


# --- drugs that are taken beside treatment --------------------------------------------------------


def _co_medication(catalogue: Catalogue) -> Iterator[Flaw]:
    """Errors in other drugs, groups and interactions; replies in ``taken`` that the item of a score does not have."""
    yield from _other_drugs(catalogue)
    for group in catalogue.drug_groups:
        if not group.mark_of:
            yield Flaw(("drug_groups", group.id), "this group has no members", lacks=True)
    yield from _rows_of_interactions(catalogue)
    for score in catalogue.scores:
        for item in score.items:
            for word in (w for taken in item.taken for w in taken.answers):
                if word not in item.answers:
                    place = ("scores", score.id, "items", score.items.index(item), "taken")
                    yield unknown(place, "answer", word, item.answers)


def _other_drugs(catalogue: Catalogue) -> Iterator[Flaw]:
    """Names that lead to two drugs, and drugs without any entry about them."""
    owners = {name.casefold(): a.id for a in catalogue.agents for name in (a.id, a.name, *a.brands, *a.aliases)}
    for drug, others in catalogue.other_drugs.items():
        for name in (drug, *others):
            if (owner := owners.setdefault(" ".join(name.casefold().split()), drug)) != drug:
                yield Flaw(("other_drugs", drug), f"{name} also names {owner}")
    named = {drug for group in catalogue.drug_groups for drug in group.mark_of}
    tokens = {token for row in catalogue.interactions for token in row.beside}
    for drug in catalogue.other_drugs:
        if drug not in named | tokens:
            yield Flaw(("other_drugs", drug), "this drug is in no group and in no interaction", lacks=True)


def _rows_of_interactions(catalogue: Catalogue) -> Iterator[Flaw]:
    """Interactions that name no drug, or whose advice or verification does not match their strength.

    Advice is required for every strength but ``none``. The strength ``none`` requires that a source was read.
    """
    for row in catalogue.interactions:
        path = ("interactions", row.id)
        if row.strength == NO_NEED and not row.read:
            yield Flaw(
                (*path, "verified"), f"strength {NO_NEED} needs a mark other than unverified: read it at a source"
            )
        if (row.strength == NO_NEED) is bool(row.advice):
            yield Flaw((*path, "advice"), f"write `advice` for every strength but {NO_NEED}, and none for that")
        if not row.beside:
            yield Flaw((*path, "beside"), "no drug is named", lacks=True)


def _branches(catalogue: Catalogue, entries: Entries) -> Iterator[Flaw]:
    """Sets of branches that do not exist, are not used, lack a word of their field, or have an impossible word."""
    used: set[str] = set()
    for path, entry in entries:
        if isinstance(entry, Item) and entry.settles and not patient_has(entry.settles):
            yield Flaw((*path, "settles"), no_field(entry.settles))
    for path, criterion in _criteria(entries):
        if not (key := criterion.tells_by):
            continue
        used.add(key)
        if key not in catalogue.branches:
            yield unknown((*path, "branches"), "set of branches", key, catalogue.branches)
            continue
        words = criterion.words_found()
        branches = catalogue.branches[key]
        for branch in branches:
            if branch.value not in words:
                yield unknown(("branches", key, branches.index(branch), "value"), "word", branch.value, words)
        whole = {b.value for b in branches if not b.taking and not b.jurisdictions}
        for word in sorted(word for word, meets in words.items() if not meets and word not in whole):
            yield Flaw(("branches", key), f"no branch applies to every patient with {word}", lacks=True)
    for key in catalogue.branches.keys() - used:
        yield Flaw(("branches", key), "no criterion uses these branches", lacks=True)
