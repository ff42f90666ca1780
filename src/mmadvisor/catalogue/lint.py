"""What is wrong with a catalogue: references that lead nowhere, criteria that nobody can meet, figures that cannot be.

Every finding carries the path of the entry that it is about, in ids and indices, so that whoever
reads the files can give its line. Errors stop the catalogue from loading; warnings are for its editors.
What one field alone can hold is said by its type, and checked before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, cast

from mmadvisor.answers.check import Counts
from mmadvisor.base.errors import nearest
from mmadvisor.base.known import span
from mmadvisor.base.records import hints
from mmadvisor.base.validation import Limits, parts
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
from mmadvisor.catalogue.catalogue import Catalogue, walk
from mmadvisor.catalogue.listings import Indication, Placement
from mmadvisor.catalogue.regimens import (
    Component,
    Evidence,
    LeadTime,
    Months,
    Regimen,
    Selector,
    Sequence,
    Source,
    states_for,
)
from mmadvisor.catalogue.rules import Alarms, Profile, Ranking, Rule, Treatment
from mmadvisor.criteria.base import NOT_RECORDED, Branch, Criterion, every
from mmadvisor.criteria.conditions import NoCoMedication, NoToxicity
from mmadvisor.criteria.fields import (
    MEASURED_AS,
    Frailty,
    NoEmergency,
    Number,
    State,
    TransplantEligible,
    Value,
    patient_has,
)
from mmadvisor.criteria.therapies import (
    DaysSinceDose,
    EarlyRelapse,
    Exposed,
    MonthsSinceTransplant,
    PriorLines,
    Refractory,
    RefractoryCount,
)
from mmadvisor.criteria.types import All, AnyCriterion, Not
from mmadvisor.formats.agents import Agent, Members, RegimenName
from mmadvisor.formats.drugs import Hold, LabelSection, Premedication, Restart, Row, Step, StopAt
from mmadvisor.formats.patient import Patient
from mmadvisor.history.history import Definitions, FrailtyItem, Quantity

Path = tuple[str | int, ...]
Entries = list[tuple[Path, object]]
Severity = Literal["error", "warning"]

_RANK = {"unverified": 0, "secondary": 1, "primary": 2}
_FRAILTY = ("fit", "intermediate", "frail")
_OPENS = ("approved", "guideline-supported")


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong, and with which entry; ``leads_nowhere``: it names an entry that is not there."""

    path: Path
    message: str
    severity: Severity = "error"
    leads_nowhere: bool = False

    @property
    def place(self) -> str:
        """The path in words."""
        return ".".join(str(part) for part in self.path)


def errors(catalogue: Catalogue, cited: Collection[str] | None = None) -> Iterator[Flaw]:
    """What makes a catalogue unusable.

    ``cited`` are the sources that something must cite: those of the layer that is being looked at, since it
    may replace the one entry that cites a source of another; all of them where nothing is given.
    """
    entries: Entries = list(walk(catalogue))
    yield from _named(catalogue, entries)
    if any(agent not in catalogue.formulary.by_id for regimen in catalogue.regimens for agent in regimen.agent_ids):
        return  # which rules hold for a regimen hangs on its agents
    yield from _keyed(catalogue)
    yield from _citations(catalogue, entries, catalogue.sources if cited is None else cited)
    yield from _rules(catalogue)
    yield from _ids(catalogue)
    yield from _shared_names(catalogue)
    yield from _patient_fields(entries)
    yield from _limits(entries)
    yield from _presumed(entries)
    yield from _waited_for(catalogue)
    yield from _contradictions(catalogue, entries)
    yield from _listings(catalogue)
    yield from _figures(entries)
    yield from _tables(catalogue)
    yield from _days(catalogue, entries)
    yield from _co_medication(catalogue)
    yield from _branches(catalogue, entries)


def ahead(catalogue: Catalogue, today: date) -> Iterator[Flaw]:
    """Readings that are still to come.

    A day is allowed for the turn of the earth, and the day of the review for a clock that is behind.
    """
    latest = max(today + timedelta(days=1), span(catalogue.reviewed_on).latest)
    for key, source in catalogue.sources.items():
        if source.read_on is not None and span(source.read_on).earliest > latest:
            yield Flaw(("sources", key, "read_on"), f"{source.read_on} is still to come")


def warnings(catalogue: Catalogue, today: date, stale_after_months: int) -> Iterator[Flaw]:
    """What an editor should look at: old readings, marks above their source, regimens that nobody can get."""
    yield from _marks(catalogue)
    yield from _stale(catalogue, today, stale_after_months)
    yield from _unreachable(catalogue)


# --- references ---------------------------------------------------------------------------------


# What a field names: one name, or a list of them.
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
    ("drug or group of drugs", NoCoMedication, ("none_of",)),
    ("drug or group of drugs", Alarms, ("anticoagulants",)),
    ("agent or class", Ranking, ("bridges_without", "look_ahead_at")),
    ("regimen", Placement, ("regimen",)),
    ("regimen", VeinToVein, ("regimen",)),
    ("regimen", Selector, ("regimens", "but_not")),
    ("regimen", Row, ("regimens",)),
    ("regimen name", RegimenName, ("ambiguous_with",)),
    ("jurisdiction", Row, ("jurisdictions",)),
    ("agent", LabelSection, ("agents",)),
    ("agent", DoseByKidney, ("agents",)),
    ("event", Hold, ("event", "covers")),
    ("event", StopAt, ("events",)),
    ("event", Practice, ("event",)),
    ("event", Grading, ("event",)),
    ("jurisdiction", Interaction, ("jurisdictions",)),
    ("jurisdiction", Branch, ("jurisdictions",)),
    ("jurisdiction", Item, ("only_in",)),
    ("checklist", Regimen, ("monitoring",)),
    ("checklist", Rule, ("monitoring",)),
    ("comparison", Profile, ("order", "within_kind", "between_kinds")),
    ("label", Treatment, ("treat_anyway",)),
    ("modality", Definitions, ("one_time_modalities",)),
    ("response", Definitions, ("non_response",)),
    ("intent", Definitions, ("non_response_counts_for",)),
)


def _named(catalogue: Catalogue, entries: Entries) -> Iterator[Flaw]:
    """Names of entries that are not there."""
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
        "label": catalogue.labels,
        "event": catalogue.events,
        "modality": modalities,
        "response": literals(type_of("therapies.best_response")),
        "intent": literals(type_of("therapies.intent")),
    }

    def leads(kind: str, name: str) -> bool:
        head, _, modality = name.partition("/") if kind == "agent or class" else (name, "", "")
        return head in known[kind] and (not modality or modality in modalities)

    for path, entry in entries:
        for kind, key in _named_by(type(entry)):
            held = getattr(entry, key)
            for name in (held,) if isinstance(held, str) else held:
                if not leads(kind, name):
                    yield _unknown((*path, key), kind, name, known[kind])
        for token in entry.tokens() if isinstance(entry, Criterion) else ():
            if not leads("agent or class", token):
                yield _unknown(path, "agent or class", token, known["agent or class"])


def _named_by(cls: type) -> list[tuple[str, str]]:
    return [(kind, key) for kind, named, keys in _NAMES if issubclass(cls, named) for key in keys]


def _keyed(catalogue: Catalogue) -> Iterator[Flaw]:
    """Keys that lead nowhere, and orphans that could mean nothing."""
    formulary = catalogue.formulary
    for agent in catalogue.handling:
        if agent not in formulary.by_id:
            yield _unknown(("handling", agent), "agent", agent, formulary.by_id)
    for code, jurisdiction in catalogue.jurisdictions.items():
        for name in jurisdiction.listings:
            if name not in catalogue.regimen_by_id:
                path = ("jurisdictions", code, "listings", name)
                yield _unknown(path, "regimen", name, catalogue.regimen_by_id)
    for field in catalogue.field_words:
        if not patient_has(field):
            yield Flaw(("field_words", field), _no_field(field))
    emergencies = literals(type_of("disease.emergencies"))
    for emergency in catalogue.treatment.emergencies:
        if emergency not in emergencies:
            yield _unknown(("treatment", "emergencies", emergency), "emergency", emergency, emergencies)
    for emergency in sorted(emergencies - catalogue.treatment.emergencies.keys()):
        yield Flaw(("treatment", "emergencies"), f"nothing is said of {emergency}, which a record may tick")
    for group, intensity in catalogue.ranking.unfit_for.items():
        for kind, name, known in (
            ("frailty group", group, _FRAILTY),
            ("intensity", intensity, literals(hints(Regimen)["intensity"])),
        ):
            if name not in known:
                yield _unknown(("ranking", "unfit_for", group), kind, name, known)
    yield from _events(catalogue)
    owned = {*formulary.by_id, *formulary.name_by_id}
    for short, candidates in catalogue.orphans.items():
        for name in candidates:
            if name not in owned:
                yield _unknown(("orphans", short), "agent or regimen name", name, owned)


def _days(catalogue: Catalogue, entries: Entries) -> Iterator[Flaw]:
    """Sources whose date is not of their year, and what is said to be known before, and is not."""
    for key, source in catalogue.sources.items():
        if source.dated is not None and source.year != span(source.dated).earliest.year:
            yield Flaw(("sources", key, "dated"), f"{source.dated} is not of the year {source.year}")
        if source.known_since is not None and not _earlier(source.known_since, source.dated, source.year):
            yield Flaw(("sources", key, "known_since"), f"{source.known_since} is not before the source itself")
    for path, entry in entries:
        since = span(entry.known_since) if isinstance(entry, Criterion) and entry.known_since is not None else None
        if since is not None and since.latest.isoformat() >= catalogue.known_by(cast(Criterion, entry).source):
            yield Flaw((*path, "known_since"), f"{since} is not before its source")


def _earlier(since: str, dated: str | None, year: int | None) -> bool:
    own = dated or (str(year) if year else None)
    return own is None or span(since).latest < span(own).latest


def _events(catalogue: Catalogue) -> Iterator[Flaw]:
    """Words that lead to two events, or to an event and a sign of it; signs of events that are not there."""
    owners: dict[str, str] = {}
    for event, also in catalogue.events.items():
        for word in (event, *also):
            owner = owners.setdefault(" ".join(word.casefold().replace("-", " ").split()), event)
            if owner != event:
                yield Flaw(("events", event), f"{word} leads to {owner} too")
    for sign, events in catalogue.signs.items():
        if sign.casefold() in owners:
            yield Flaw(("signs", sign), f"{sign} is an event, {owners[sign.casefold()]}, too")
        for event in events:
            if event not in catalogue.events:
                yield _unknown(("signs", sign), "event", event, catalogue.events)


def _citations(catalogue: Catalogue, entries: Entries, must_be_cited: Iterable[str]) -> Iterator[Flaw]:
    cited: set[str] = set()
    for path, entry in entries:
        for key in ("source", "retired_by"):
            named = getattr(entry, key, "")
            if named:
                cited.add(named)
                if named not in catalogue.sources:
                    yield _unknown((*path, key), "source", named, catalogue.sources)
            elif key == "source" and _must_cite(entry):
                yield Flaw(path, "no source is given")
    for key in sorted(set(must_be_cited) - cited):
        yield Flaw(("sources", key), "nothing cites this source")


def _rules(catalogue: Catalogue) -> Iterator[Flaw]:
    for index, rule in enumerate(catalogue.rules):
        if not any(catalogue.matches(rule.applies_to, regimen) for regimen in catalogue.regimens):
            yield Flaw(("rules", index), "no regimen matches this rule")


def _unknown(path: Path, kind: str, name: str, known: Iterable[str]) -> Flaw:
    message = f"there is no {kind} {name}. {nearest(name, known)}".strip()
    return Flaw(path, message, leads_nowhere=True)


def _no_field(name: str) -> str:
    return f"the patient format has no field {name}"


def _must_cite(entry: object) -> bool:
    """Whether an entry is a clinical claim: criteria inside others inherit their parent's source."""
    return isinstance(entry, Criterion) and bool(entry.id)


def _ids(catalogue: Catalogue) -> Iterator[Flaw]:
    """Ids that two criteria of one regimen share, each of the same layer."""
    for regimen in catalogue.regimens:
        ids = [c.id for c in (*catalogue.gates_of(regimen), *catalogue.cautions_of(regimen))]
        for name, times in Counter(ids).items():
            if times > 1 or not name:
                yield Flaw(("regimens", regimen.id), f"more than one of its criteria has the id {name!r}")


def _shared_names(catalogue: Catalogue) -> Iterator[Flaw]:
    """Names that lead to two agents, or to two regimens; agents that stand twice where one is meant."""
    for kind, listed in (("agents", catalogue.agents), ("names", catalogue.names)):
        owners: dict[str, str] = {}
        for one in cast(tuple[Agent | RegimenName, ...], listed):
            spelt = [("id", one.id)]
            spelt += [("name", one.name), *(("brands", n) for n in one.brands)] if isinstance(one, Agent) else []
            for key, name in [*spelt, *(("aliases", n) for n in one.aliases)]:
                owner = owners.setdefault(" ".join(name.casefold().split()), one.id)
                if owner != one.id:
                    yield Flaw((kind, one.id, key), f"{name} leads to {owner} too")
    given = [("regimens", regimen.id, regimen.agent_ids) for regimen in catalogue.regimens]
    given += [("names", name.id, name.agents) for name in catalogue.names]
    for kind, owner, agents in given:
        for agent, times in Counter(agents).items():
            if times > 1:
                yield Flaw((kind, owner, "agents"), f"{agent} stands in it {times} times")


# --- what the patient format can hold -----------------------------------------------------------


def type_of(field: str) -> Any:
    """The type of a patient field; of a derived one that of the measurement; nothing where there is no such field."""
    *above, name = MEASURED_AS.get(field, field).split(".")
    record = Patient.record_at(above)
    return hints(record)[name] if record is not None and name in record.defaults() else None


def limits_of(field: str) -> Limits | None:
    """The bounds of a patient field that holds a number; of a body mass index those that its parts span."""
    if field == "derived.body_mass_index":
        weight, height = limits_of("demographics.weight_kg"), limits_of("demographics.height_cm")
        if weight is None or height is None:
            return None
        return Limits(round(weight.low / (height.high / 100) ** 2, 1), round(weight.high / (height.low / 100) ** 2, 1))
    return next((part for part in parts(type_of(field)) if isinstance(part, Limits)), None)


def literals(hint: Any) -> set[str]:
    """The words that a type lists."""
    return {part for part in parts(hint) if isinstance(part, str)}


def words_of(field: str) -> Collection[bool | str] | None:
    """What a patient field can hold that holds one word of a list, or yes or no; nothing where it does not."""
    found = list(parts(type_of(field)))
    if str in found or Ellipsis in found:
        return None
    return (True, False) if bool in found else literals(type_of(field)) or None


def _patient_fields(entries: Entries) -> Iterator[Flaw]:
    """Criteria that ask for what the patient format does not hold."""
    for path, entry in entries:
        names = entry.patient_fields() if isinstance(entry, Criterion) else ()
        for name in (entry.field,) if isinstance(entry, FrailtyItem) else names:
            if not patient_has(name):
                yield Flaw(path, _no_field(name))
                continue
            if isinstance(entry, Number | FrailtyItem) and limits_of(name) is None:
                yield Flaw((*path, "field"), f"{name} holds no number")
        if isinstance(entry, Value) and patient_has(entry.field):
            yield from _wrong_words(path, entry)
        if isinstance(entry, State):
            yield from _not_among(path, "one_of", entry.one_of, literals(type_of("disease.state")))


def _wrong_words(path: Path, criterion: Value) -> Iterator[Flaw]:
    """Words that a field never holds."""
    allowed = words_of(criterion.field)
    if allowed is not None:
        for key, words in (("one_of", criterion.one_of), ("none_of", criterion.none_of)):
            yield from _not_among(path, key, words, allowed)
    elif str not in (found := set(parts(type_of(criterion.field)))) or Ellipsis in found:
        yield Flaw((*path, "field"), f"{criterion.field} holds no single word")


def _not_among(path: Path, key: str, words: Iterable[bool | str], allowed: Collection[bool | str]) -> Iterator[Flaw]:
    for word in words:
        if not any(word is a or (isinstance(word, str) and word == a) for a in allowed):
            listed = ", ".join(sorted(str(a).lower() if isinstance(a, bool) else a for a in allowed))
            yield Flaw((*path, key), f"{word!r} is never on record: the patient format has {listed}")


# The least and the most that a number of a criterion can sensibly be, where no patient field says so.
_SENSIBLE: tuple[tuple[type, tuple[str, ...], str], ...] = (
    (PriorLines, ("at_least", "at_most"), "therapies.line"),
    (NoToxicity, ("below_grade",), "toxicities.grade"),
)
_NEVER_NEGATIVE: tuple[tuple[type, tuple[str, ...]], ...] = (
    (RefractoryCount, ("at_least",)),
    (DaysSinceDose, ("at_least",)),
    (MonthsSinceTransplant, ("at_least",)),
    (EarlyRelapse, ("within_months_of_start", "within_months_of_transplant")),
    (Quantity, ("value",)),
)
# Of each type of criterion what of it must be there, or it asks nothing.
_ASKS: tuple[tuple[type, tuple[str, ...]], ...] = (
    (Number, ("at_least", "at_most", "above", "below")),
    (PriorLines, ("at_least", "at_most")),
    (Frailty, ("at_least", "at_most")),
    (Value, ("one_of", "none_of")),
    (Exposed, ("to_each", "to_any")),
    (Refractory, ("to_each", "to_any")),
    (State, ("one_of",)),
    (DaysSinceDose, ("of",)),
    (NoCoMedication, ("none_of",)),
    (NoEmergency, ("none_of",)),
)


def _limits(entries: Entries) -> Iterator[Flaw]:
    """Criteria that ask nothing, or for a number that nobody has."""
    for path, entry in entries:
        for asked, keys in _ASKS:
            if isinstance(entry, asked) and all(getattr(entry, key) in (None, ()) for key in keys):
                yield Flaw(path, f"it asks nothing: give {' or '.join(keys)}")
        for counted, keys in _NEVER_NEGATIVE:
            for key in keys if isinstance(entry, counted) else ():
                if getattr(entry, key) < 0:
                    yield Flaw((*path, key), f"{getattr(entry, key):g} is below nought")
        for bound, keys, field in _SENSIBLE:
            limits = limits_of(field)
            for key in keys if isinstance(entry, bound) and limits else ():
                # No prior line at all is a number of lines, though no therapy has it.
                least = 0 if bound is PriorLines else cast(Limits, limits).low
                yield from _outside(path, key, getattr(entry, key), cast(Limits, limits)._replace(low=least))
        if isinstance(entry, Number | FrailtyItem) and (limits := limits_of(entry.field)):
            for key in ("at_least", "at_most", "above", "below"):
                yield from _outside(path, key, getattr(entry, key, None), limits)


# Where a number stands that a test of the day settles.
_TESTED = ("labs.", "derived.", "comorbidities.")


def _presumed(entries: Entries) -> Iterator[Flaw]:
    """Gates that a provisional order may not presume: what no test of the day settles."""
    for path, entry in entries:
        if isinstance(entry, Criterion) and entry.presumable:
            leaves = [c for c in every((cast(AnyCriterion, entry),)) if not c.parts()]
            if not all(isinstance(c, Number) and c.field.startswith(_TESTED) for c in leaves):
                yield Flaw((*path, "presumable"), "only a number that a test of the day settles is presumable")


def _waited_for(catalogue: Catalogue) -> Iterator[Flaw]:
    """Ids and topics of criteria that suspicions and deferrals name, and that nothing has."""
    holders: tuple[Regimen | Rule, ...] = (*catalogue.regimens, *catalogue.rules)
    criteria = [c for holder in holders for c in (*holder.gates, *holder.cautions)]
    closing, passing = {c.id for c in criteria if c.closes}, {c.id for c in criteria if c.passes_with_time}
    topics = {c.about for c in criteria if c.passes_with_time}
    for suspicion in catalogue.suspicions:
        for name in suspicion.of:
            if name not in closing:
                path = ("suspicions", suspicion.id, "of")
                yield _unknown(path, "caution that closes", name, closing)
    for row in catalogue.deferrals:
        for name in row.criteria:
            if name not in passing:
                yield _unknown(("deferrals", row.id, "criteria"), "criterion that passes with time", name, passing)
        if not row.criteria and row.about not in topics:
            yield _unknown(("deferrals", row.id, "about"), "topic that passes with time", row.about, topics)


def _outside(path: Path, key: str, value: float | None, limits: Limits) -> Iterator[Flaw]:
    if value is None:
        return
    nobody = (key == "above" and value >= limits.high) or (key == "below" and value <= limits.low)
    if nobody or not limits.low <= value <= limits.high:
        said = f"nobody has it {key.replace('_', ' ')} {value:g}" if nobody else f"{value:g} is on nobody's record"
        yield Flaw((*path, key), f"{said}: the patient format takes {limits.low:g} to {limits.high:g}")


# --- criteria -----------------------------------------------------------------------------------


def _contradictions(catalogue: Catalogue, entries: Entries) -> Iterator[Flaw]:
    """Criteria that nobody can meet, alone or together with those beside them."""
    for path, entry in entries:
        if isinstance(entry, Criterion):
            criterion = cast(AnyCriterion, entry)
            if found := _together(entry.criteria) if isinstance(entry, All) else contradiction([criterion]):
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


def _together(criteria: Iterable[AnyCriterion]) -> str:
    """Why criteria cannot all be met, where each of them alone could be."""
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


def contradiction(criteria: Iterable[AnyCriterion]) -> str:
    """Why criteria cannot all be met, in words; empty where nothing is seen that forbids it.

    It sees intervals that are empty, values that exclude each other, and what is asked together
    with its opposite. It does not try alternatives (``any``): silence is no proof.
    """
    leaves = list(_conjuncts(criteria))
    checks: list[Callable[[list[AnyCriterion]], str]] = [
        _lines_clash,
        _numbers_clash,
        _values_clash,
        _states_clash,
        _frailty_clash,
        _opposites_clash,
    ]
    return next((found for check in checks if (found := check(leaves))), "")


def _conjuncts(criteria: Iterable[AnyCriterion]) -> Iterator[AnyCriterion]:
    for criterion in criteria:
        if isinstance(criterion, All):
            yield from _conjuncts(criterion.criteria)
        else:
            yield criterion


def _lines_clash(leaves: list[AnyCriterion]) -> str:
    lines = [c for c in leaves if isinstance(c, PriorLines)]
    low = max((c.at_least for c in lines if c.at_least is not None), default=0)
    high = min((c.at_most for c in lines if c.at_most is not None), default=low)
    return f"at least {low} and at most {high} prior lines" if low > high else ""


def _numbers_clash(leaves: list[AnyCriterion]) -> str:
    numbers = [c for c in leaves if isinstance(c, Number)]
    for field in dict.fromkeys(c.field for c in numbers):
        here = [c for c in numbers if c.field == field]
        low = max((v for c in here for v in (c.at_least, c.above) if v is not None), default=None)
        high = min((v for c in here for v in (c.at_most, c.below) if v is not None), default=None)
        if low is None or high is None:
            continue
        open_ended = any(c.above == low or c.below == high for c in here)
        if low > high or (low == high and open_ended):
            return f"{field} from {low:g} to {high:g}"
    return ""


def _values_clash(leaves: list[AnyCriterion]) -> str:
    values = [c for c in leaves if isinstance(c, Value)]
    for field in dict.fromkeys(c.field for c in values):
        here = [c for c in values if c.field == field]
        allowed = [set(c.one_of) for c in here if c.one_of]
        forbidden = {v for c in here for v in c.none_of}
        if allowed and not set.intersection(*allowed) - forbidden:
            return f"no value of {field} is left"
    return ""


def _states_clash(leaves: list[AnyCriterion]) -> str:
    states = [set(c.one_of) for c in leaves if isinstance(c, State)]
    return "no state of the disease is left" if states and not set.intersection(*states) else ""


def _frailty_clash(leaves: list[AnyCriterion]) -> str:
    frail = [c for c in leaves if isinstance(c, Frailty)]
    low = max((_FRAILTY.index(c.at_least) for c in frail if c.at_least), default=0)
    high = min((_FRAILTY.index(c.at_most) for c in frail if c.at_most), default=2)
    wanted = {c.eligible for c in leaves if isinstance(c, TransplantEligible)}
    if low > high:
        return f"at least {_FRAILTY[low]} and at most {_FRAILTY[high]}"
    return "eligible for transplant and not" if len(wanted) > 1 else ""


def _opposites_clash(leaves: list[AnyCriterion]) -> str:
    """Exposed or refractory to something, and also not exposed or not refractory to it."""
    exposed = {t for c in leaves if isinstance(c, Exposed | Refractory) for t in c.to_each}
    refractory = {t for c in leaves if isinstance(c, Refractory) for t in c.to_each}
    for leaf in leaves:
        inner = leaf.criterion if isinstance(leaf, Not) else None
        if isinstance(inner, Exposed | Refractory) and not inner.to_each:
            asked = exposed if isinstance(inner, Exposed) else refractory
            if both := asked & set(inner.to_any):
                word = "exposed" if isinstance(inner, Exposed) else "refractory"
                return f"{word} to {', '.join(sorted(both))}, and not"
    return ""


def _unreachable(catalogue: Catalogue) -> Iterator[Flaw]:
    """Regimens that no label or guideline opens to anybody."""
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
        if not regimen.investigational and regimen.id not in opened | listed:
            yield Flaw(("regimens", regimen.id), "no jurisdiction opens this regimen to anybody", "warning")


def _spends_itself(catalogue: Catalogue, regimen: Regimen, indication: Indication) -> bool:
    """Whether an indication asks for refractoriness to an agent that the regimen contains."""
    asked = {t for c in _conjuncts(indication.criteria) if isinstance(c, Refractory) for t in c.to_each}
    return not asked.isdisjoint(regimen.agent_ids)


# --- listings, figures, tables ------------------------------------------------------------------


def _listings(catalogue: Catalogue) -> Iterator[Flaw]:
    """Statuses that the rest of the catalogue does not bear out."""
    for code, jurisdiction in catalogue.jurisdictions.items():
        for name, listing in jurisdiction.listings.items():
            path = ("jurisdictions", code, "listings", name)
            regimen = catalogue.regimen_by_id.get(name)
            if regimen is not None and regimen.investigational and listing.status != "not-available":
                yield Flaw(path, f"{name} is marked investigational, and listed here as {listing.status}")
            elif listing.status in _OPENS and not listing.indications:
                yield Flaw((*path, "status"), f"listed as {listing.status}, and no indication says for whom")


def _figures(entries: Entries) -> Iterator[Flaw]:
    """Intervals that end before they begin or leave out their own figure; parts above the whole."""
    for path, entry in entries:
        if isinstance(entry, Evidence | Sequence) and _more(entry.cr_percent, entry.orr_percent):
            yield Flaw((*path, "cr_percent"), "more complete responses than responses")
        for key, figure, interval in _intervals(entry):
            if interval and not _inside(figure, interval):
                low, high = interval
                reversed_ = low is not None and high is not None and low > high
                said = f"it ends ({high:g}) before it begins ({low:g})" if figure is None and reversed_ else ""
                yield Flaw((*path, key), said or f"{figure} lies outside its own interval {list(interval)}")


def _more(part: float | None, whole: float | None) -> bool:
    return part is not None and whole is not None and part > whole


def _intervals(entry: object) -> Iterator[tuple[str, float | None, tuple[float | None, float | None] | None]]:
    """Of an entry its intervals, each with the figure that must lie inside and the field that is to be mended."""
    match entry:
        case Months():
            yield "median", entry.median, entry.ci95
            yield "hr", entry.hr, entry.hr_ci95
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
    """Tables of labels: doses that go back in time, two rows for one interruption, interruptions without a row."""
    for agent, handling in catalogue.handling.items():
        before: dict[tuple[tuple[str, ...], ...], Step] = {}
        for index, step in enumerate(handling.steps):
            last = before.get((step.jurisdictions, step.regimens))
            anew = last is not None and step.day == 1 and step.schedule != last.schedule
            if last is not None and step.day <= last.day and not anew:
                said = f"day {step.day} does not come after day {last.day}, the step before it"
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
            yield Flaw((*path, "days_to"), f"no row says what to do on day {after} in {', '.join(lacking)}")


def _goes_on(row: Restart, before: Restart, code: str, day: int) -> bool:
    """Whether a row says what to do from a day on, wherever the row before it stands for."""
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
    """Names of two drugs, drugs that no row is about, rows that reassure unread, answers that a score lacks."""
    yield from _other_drugs(catalogue)
    for group in catalogue.drug_groups:
        if not group.mark_of:
            yield Flaw(("drug_groups", group.id), "nothing belongs to it")
    yield from _rows_of_interactions(catalogue)
    for score in catalogue.scores:
        for item in score.items:
            for word in (w for taken in item.taken for w in taken.answers):
                if word not in item.answers:
                    place = ("scores", score.id, "items", score.items.index(item), "taken")
                    yield _unknown(place, "answer", word, item.answers)


def _other_drugs(catalogue: Catalogue) -> Iterator[Flaw]:
    """Names that lead to two drugs, and drugs that nothing is about."""
    owners = {name.casefold(): a.id for a in catalogue.agents for name in (a.id, a.name, *a.brands, *a.aliases)}
    for drug, others in catalogue.other_drugs.items():
        for name in (drug, *others):
            if (owner := owners.setdefault(" ".join(name.casefold().split()), drug)) != drug:
                yield Flaw(("other_drugs", drug), f"{name} leads to {owner} too")
    named = {drug for group in catalogue.drug_groups for drug in group.mark_of}
    tokens = {token for row in catalogue.interactions for token in row.beside}
    for drug in catalogue.other_drugs:
        if drug not in named | tokens:
            yield Flaw(("other_drugs", drug), "it belongs to no group, and no interaction is about it")


def _rows_of_interactions(catalogue: Catalogue) -> Iterator[Flaw]:
    """Rows that reassure unread, that say what to do where nothing need be done, or are about no drug."""
    for row in catalogue.interactions:
        path = ("interactions", row.id)
        if row.strength == NO_NEED and not row.read:
            yield Flaw((*path, "verified"), "that nothing need be done must have been read at a source")
        if (row.strength == NO_NEED) is bool(row.advice):
            yield Flaw((*path, "advice"), f"what to do belongs to every strength but {NO_NEED}")
        if not row.beside:
            yield Flaw((*path, "beside"), "it is about no drug")


def _branches(catalogue: Catalogue, entries: Entries) -> Iterator[Flaw]:
    """Branches that are not there, that lack a word which a field may hold, or have one that it never holds."""
    used: set[str] = set()
    for path, entry in entries:
        if isinstance(entry, Item) and entry.settles and not patient_has(entry.settles):
            yield Flaw((*path, "settles"), _no_field(entry.settles))
        if not isinstance(entry, Value) or not entry.branches:
            continue
        used.add(entry.branches)
        if entry.branches not in catalogue.branches:
            yield _unknown((*path, "branches"), "set of branches", entry.branches, catalogue.branches)
            continue
        words = {*map(str, words_of(entry.field) or ()), NOT_RECORDED}
        branches = catalogue.branches[entry.branches]
        for branch in branches:
            if branch.value not in words:
                place = ("branches", entry.branches, branches.index(branch), "value")
                yield _unknown(place, "word", branch.value, words)
        whole = {b.value for b in branches if not b.taking and not b.jurisdictions}
        for word in sorted(words - {str(v) for v in entry.one_of} - whole):
            yield Flaw(("branches", entry.branches), f"nothing is told to everybody of whom it is {word}")
    for key in catalogue.branches.keys() - used:
        yield Flaw(("branches", key), "no criterion uses these branches")


# --- readings -----------------------------------------------------------------------------------


def _marks(catalogue: Catalogue) -> Iterator[Flaw]:
    """Claims that are marked better than anything that was read for them."""
    for path, entry in walk(catalogue):
        source = catalogue.sources.get(getattr(entry, "source", "") or "")
        mark = getattr(entry, "verified", None)
        if source is not None and mark in _RANK and _RANK[mark] > _RANK[source.verified]:
            yield Flaw(path, f"marked {mark}, but its source was read as {source.verified}", "warning")


def _stale(catalogue: Catalogue, today: date, months: int) -> Iterator[Flaw]:
    """Sources whose reading is older than a number of months."""
    for key, source in catalogue.sources.items():
        age = _age_months(source, today)
        if age is not None and age >= months:
            yield Flaw(("sources", key), f"read on {source.read_on}, {age} months ago: read it again", "warning")


def _age_months(source: Source, today: date) -> int | None:
    if source.read_on is None:
        return None
    read = span(source.read_on).earliest
    return (today.year - read.year) * 12 + today.month - read.month - (today.day < read.day)


# --- counts -------------------------------------------------------------------------------------


def counts(catalogue: Catalogue) -> Counts:
    """How much there is, how it was read, and how much of what decides a verdict or a rank was read.

    Deciding are: hard and soft criteria, indications, the status of listings that say one, placements,
    the progression-free survival that ranks, lead times, burdens, orders within a class, labels, thresholds.
    """
    marks: Counter[str] = Counter()
    deciding: Counter[str] = Counter()
    for _, entry in walk(catalogue):
        mark = getattr(entry, "verified", None)
        if mark is None or isinstance(entry, Source) or not getattr(entry, "source", ""):
            continue
        marks[mark] += 1
        if _decides(entry):
            deciding[mark] += 1
    read = deciding["primary"] + deciding["secondary"]
    return {
        "regimens": len(catalogue.regimens),
        "agents": len(catalogue.agents),
        "names": len(catalogue.names),
        "sources": len(catalogue.sources),
        "jurisdictions": {code: len(j.listings) for code, j in catalogue.jurisdictions.items()},
        "claims": {mark: marks[mark] for mark in ("primary", "secondary", "unverified")},
        "deciding": {mark: deciding[mark] for mark in ("primary", "secondary", "unverified")},
        "deciding_read_percent": round(100 * read / max(1, read + deciding["unverified"]), 1),
    }


_DECIDING = {
    "Indication",
    "Placement",
    "LeadTime",
    "Burden",
    "DrugClass",
    "Label",
    "Threshold",
    "Quantity",
    "FrailtyItem",
    "Door",
    "Interaction",
}


def _decides(entry: object) -> bool:
    if isinstance(entry, Criterion):
        return bool(entry.id)
    if isinstance(entry, Evidence):
        return entry.pfs_months is not None
    if type(entry).__name__ == "Listing":
        return getattr(entry, "status", "unknown") != "unknown"
    return type(entry).__name__ in _DECIDING
