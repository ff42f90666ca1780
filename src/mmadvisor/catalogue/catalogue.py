"""The catalogue: all entries, their look-up, and how layers of files are combined.

A file in ``data/`` contains some of the keys of ``Catalogue``. A layer is a folder of such files; a later layer is laid
over an earlier one. The types of entries are in ``regimens``, ``listings``, ``rules`` and ``care``.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Literal

from mmadvisor.base.errors import UsageError
from mmadvisor.base.known import Truth, span
from mmadvisor.base.records import Entry
from mmadvisor.catalogue.care import (
    Bridge,
    Checklist,
    DoseByKidney,
    Grading,
    Interaction,
    Practice,
    Score,
    VeinToVein,
    Washout,
)
from mmadvisor.catalogue.lanes import Lane
from mmadvisor.catalogue.listings import (
    NOT_AVAILABLE,
    UNKNOWN,
    Indication,
    Jurisdiction,
    Label,
    Listing,
    Placement,
    Setting,
    Status,
)
from mmadvisor.catalogue.products import listing_by_products
from mmadvisor.catalogue.regimens import (
    AgentVariant,
    Benchmark,
    Door,
    Evidence,
    LookedFor,
    Part,
    Regimen,
    Selector,
    Sequence,
    Source,
    Study,
)
from mmadvisor.catalogue.rules import Deferral, FirstSaid, Ranking, Review, Rule, Suspicion, Treatment
from mmadvisor.catalogue.week import WeekRow, WeekTopic
from mmadvisor.criteria.base import Branch, Dated, FieldWord, Words
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Agent, Course, DrugClass, DrugGroup, Formulary, RegimenName, UnknownNameError
from mmadvisor.formats.drugs import CallCentre, GivenOnce, Handling, LabelSection, NotLow, Statement, StopAt, WhileGiven
from mmadvisor.history.record import Definitions

_ANY_REGIMEN: Part = ("", "")


# Lists and groups whose order matters to the reader; the order in a file does not count.
Ordered = Literal[
    "bridges", "classes", "deferrals", "first_said", "interactions", "labels", "lanes", "looked_for", "practice",
    "regimens", "scores", "settings", "suspicions", "this_week", "vein_to_vein", "washouts", "week_topics",
]  # fmt: skip


class Catalogue(Entry):
    """The whole catalogue, with all layers combined.

    ``order``: the ids of each list in the order in which answers show its entries. ``trials``: the patients of a trial,
    by its registration number or, without one, by its name in the rows of evidence. ``dose_topics``: the topics of
    cautions on which a dose depends, in words. ``dose_variants``: the doses of agents by facts of the patient.
    """

    version: str
    reviewed_on: Dated
    classes: tuple[DrugClass, ...]
    agents: tuple[Agent, ...]
    names: tuple[RegimenName, ...]
    sources: dict[str, Source]
    regimens: tuple[Regimen, ...]
    rules: tuple[Rule, ...]
    handling: dict[str, Handling]
    checklists: dict[str, Checklist]
    jurisdictions: dict[str, Jurisdiction]
    settings: tuple[Setting, ...]
    labels: dict[str, Label]
    definitions: Definitions
    field_words: dict[str, FieldWord]
    treatment: Treatment
    ranking: Ranking
    review: Review | None = None
    doors: tuple[Door, ...] = ()
    events: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    stops: tuple[StopAt, ...] = ()
    while_given: tuple[WhileGiven, ...] = ()
    label_sections: tuple[LabelSection, ...] = ()
    call_centre: tuple[CallCentre, ...] = ()
    given_once: tuple[GivenOnce, ...] = ()
    not_low: tuple[NotLow, ...] = ()
    restart_sections: tuple[LabelSection, ...] = ()
    restart_warnings: tuple[Statement, ...] = ()
    doses_by_kidney: tuple[DoseByKidney, ...] = ()
    dose_topics: dict[str, str] = {}  # noqa: RUF012 - an immutable entry never changes it
    dose_variants: tuple[AgentVariant, ...] = ()
    signs: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    practice: tuple[Practice, ...] = ()
    gradings: tuple[Grading, ...] = ()
    scores: tuple[Score, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    washouts: tuple[Washout, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    vein_to_vein: tuple[VeinToVein, ...] = ()
    week_topics: tuple[WeekTopic, ...] = ()
    this_week: tuple[WeekRow, ...] = ()
    sequencing: tuple[Statement, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    first_said: tuple[FirstSaid, ...] = ()
    lanes: tuple[Lane, ...] = ()
    looked_for: tuple[LookedFor, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    deferrals: tuple[Deferral, ...] = ()
    orphans: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    other_drugs: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    drug_groups: tuple[DrugGroup, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    branches: dict[str, tuple[Branch, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it
    trials: dict[str, Study] = {}  # noqa: RUF012 - an immutable entry never changes it
    order: dict[Ordered, tuple[str, ...]] = {}  # noqa: RUF012 - an immutable entry never changes it

    @cached_property
    def formulary(self) -> Formulary:
        """Agents, classes and names, and the other drugs that patients take."""
        return Formulary(
            classes=self.classes,
            agents=self.agents,
            names=self.names,
            orphans=self.orphans,
            courses=tuple(
                Course(agents=frozenset(r.agent_ids), cycle_days=r.cycle_days, debulks=r.uses == ("debulking",))
                for r in self.regimens
            ),
            other_drugs=self.other_drugs,
            drug_groups=self.drug_groups,
        )

    @cached_property
    def words(self) -> Words:
        """The names of the fields of a patient."""
        return Words(fields=self.field_words)

    @cached_property
    def entries(self) -> list[tuple[tuple[str | int, ...], object]]:
        """Every entry with its path."""
        return list(walk(self))

    @cached_property
    def regimen_by_id(self) -> dict[str, Regimen]:
        """Every regimen by its id."""
        return {regimen.id: regimen for regimen in self.regimens}

    def listing(self, code: str, regimen: Regimen) -> Listing | None:
        """The listing of a regimen or, if it has none, of the regimen of which it is a variant; otherwise ``None``."""
        jurisdiction = self.jurisdictions.get(code)
        if jurisdiction is None or regimen.investigational:
            return None
        name = regimen.id if regimen.id in jurisdiction.listings else regimen.variant_of or regimen.id
        if not jurisdiction.products:
            return jurisdiction.listings.get(name)
        agents = tuple(a for a in regimen.agent_ids if not self.formulary.by_id[a].steroid)
        return listing_by_products(jurisdiction, name, agents, self.reviewed_on)

    def status(self, code: str, regimen: Regimen, day: date) -> Status:
        """The status of a regimen in a jurisdiction on a day; ``unknown`` without a listing."""
        if regimen.investigational:
            return NOT_AVAILABLE
        listing = self.listing(code, regimen)
        return listing.status_on(day, lambda i: self.known_from(regimen, i)) if listing else UNKNOWN

    def holds_on(self, regimen: Regimen, indication: Indication, day: date) -> Truth:
        """Whether an indication of a regimen is in force on a day; unknown if its dates do not decide it."""
        return indication.holds_on(day, self.known_from(regimen, indication))

    def by_guideline(self, indication: Indication) -> bool:
        """Whether an indication is from a guideline or consensus: it supports a use, and licenses nothing."""
        return self.sources[indication.source].kind in ("guideline", "consensus")

    # --- since when something is known --------------------------------------------------

    # Why: docs/explanation/as-of.md
    def known_by(self, key: str) -> str:
        """The day by which a source was known, as ISO text; empty for a choice of the project's own.

        A partial date counts as its last day: a source with the year alone was known by 31 December. The day on which
        we read the source counts instead, if it is earlier or if the source has no date. No source counts as later than
        the review of the catalogue.
        """
        if key not in self._known_by:
            source = self.sources.get(key)
            self._known_by[key] = _known_by(source, self.reviewed_on) if source else ""
        return self._known_by[key]

    @cached_property
    def _known_by(self) -> dict[str, str]:
        return {}

    def known(self, key: str, day: date) -> bool:
        """Whether a source was known on a day."""
        return self.known_by(key) <= day.isoformat()

    def placed_by(self, placement: Placement, day: date) -> bool:
        """Whether a recommendation existed on ``day``, by its own date or by the day on which we read it."""
        source = self.sources.get(placement.source)
        if source is not None and source.own:  # a choice of this project has no day
            return True
        own = (placement.dated, source.read_on if source else None)
        return min(_last_day(d) for d in own if d is not None) <= day.isoformat()

    def retired(self, placement: Placement, day: date) -> bool:
        """Whether a newer recommendation had replaced this recommendation by ``day``."""
        return bool(placement.retired_by) and self.known(placement.retired_by, day)

    def evidence_on(self, regimen: Regimen, day: date) -> list[Evidence]:
        """The evidence for a regimen that had been published by a day."""
        return [row for row in regimen.evidence if self.known(row.source, day)]

    def later(self, key: str, day: date, known_since: str | None = None) -> str:
        """The date of a source that was not yet known on ``day``, as far as the date is known; otherwise empty.

        ``known_since``: the day since which a claim older than its source was known. Empty if it is not after ``day``.
        """
        if self.known(key, day) or (known_since is not None and _last_day(known_since) <= day.isoformat()):
            return ""
        source = self.sources[key]
        if source.dated or source.year:
            return source.dated or str(source.year)
        return f"unknown date, read on {source.read_on}" if source.read_on else "unknown date, not read"

    def untried(self, regimen: Regimen, day: date) -> str:
        """A sentence if a regimen has evidence, but no result and no guideline for it by ``day``; otherwise empty."""
        if not regimen.evidence or self.evidence_on(regimen, day):
            return ""
        if any(p.regimen == regimen.id and self.placed_by(p, day) for s in self.settings for p in s.placements):
            return ""
        return f"The catalogue has no result of it published by {day}, and no open guideline that placed it by then"

    def known_from(self, regimen: Regimen, indication: Indication) -> date:
        """The day from which an indication certainly applies, if its beginning (``since``) is not known.

        This is the day by which its source was known, or the first dated approval in any jurisdiction, if earlier.
        """
        text = self.known_by(indication.source) or span(self.reviewed_on).latest.isoformat()
        return min([date.fromisoformat(text), *self._first_approval(regimen)])

    def _first_approval(self, regimen: Regimen) -> list[date]:
        """The first dated approval of a regimen, as a list of one, or an empty list."""
        if regimen.id not in self._first_approvals:
            listings = [j.listings[regimen.id] for j in self.jurisdictions.values() if regimen.id in j.listings]
            dated = [i.since for x in listings if x.status == "approved" for i in x.indications if i.since]
            self._first_approvals[regimen.id] = sorted(span(since).latest for since in dated)[:1]
        return self._first_approvals[regimen.id]

    @cached_property
    def _first_approvals(self) -> dict[str, list[date]]:
        return {}

    def matches(self, selector: Selector, regimen: Regimen) -> bool:
        """Whether a selector selects a regimen."""
        parts = self._parts_of(regimen)
        return (selector.all or not selector.wanted.isdisjoint(parts)) and selector.unwanted.isdisjoint(parts)

    def _parts_of(self, regimen: Regimen) -> frozenset[Part]:
        """The properties of a regimen that a selector can name."""
        if regimen.id not in self._parts:
            agents = [self.formulary.by_id[a] for a in regimen.agent_ids]
            itself = [("regimen", regimen.id), ("modality", regimen.modality), *(("use", use) for use in regimen.uses)]
            classes = [("class", name) for a in agents for name in a.classes]
            targets = [("target", name) for a in agents for name in a.targets]
            self._parts[regimen.id] = frozenset([*itself, *(("agent", a.id) for a in agents), *classes, *targets])
        return self._parts[regimen.id]

    @cached_property
    def _parts(self) -> dict[str, frozenset[Part]]:
        return {}

    def rules_for(self, regimen: Regimen) -> list[Rule]:
        """The rules that apply to a regimen."""
        if regimen.id not in self._rules_of:
            parts = self._parts_of(regimen)
            wanted = {place for part in (*parts, _ANY_REGIMEN) for place in self._rules_by_part.get(part, ())}
            rules = [self.rules[place] for place in sorted(wanted)]
            self._rules_of[regimen.id] = [rule for rule in rules if rule.applies_to.unwanted.isdisjoint(parts)]
        return self._rules_of[regimen.id]

    @cached_property
    def _rules_by_part(self) -> dict[Part, list[int]]:
        """The indices of the rules by each property of a regimen that selects them."""
        found: dict[Part, list[int]] = {}
        for place, rule in enumerate(self.rules):
            for part in (_ANY_REGIMEN,) if rule.applies_to.all else rule.applies_to.wanted:
                found.setdefault(part, []).append(place)
        return found

    @cached_property
    def _rules_of(self) -> dict[str, list[Rule]]:
        return {}

    def gates_of(self, regimen: Regimen) -> Iterator[AnyCriterion]:
        """The gates of a regimen: its own, then those of rules. The criteria of its label are not included."""
        for holder in self._holders(regimen):
            yield from (c for c in holder.gates if self._stands(c, holder, regimen))

    def cautions_of(self, regimen: Regimen) -> Iterator[AnyCriterion]:
        """The requirements that are only reported: a regimen's own cautions, then those of its rules."""
        for holder in self._holders(regimen):
            yield from (c for c in holder.cautions if self._stands(c, holder, regimen))

    def suspicions_of(self, criterion: str) -> list[Suspicion]:
        """The suspicions about the criterion with this id; suspicions that count as not met come first."""
        if criterion not in self._suspicions:
            found = [s for s in self.suspicions if criterion in s.of]
            self._suspicions[criterion] = sorted(found, key=lambda s: s.counts_as)
        return self._suspicions[criterion]

    @cached_property
    def _suspicions(self) -> dict[str, list[Suspicion]]:
        return {}

    def deferrals_of(self, criterion: AnyCriterion, regimen: Regimen) -> Iterator[Deferral]:
        """The rows that say what to do while this criterion defers the regimen; possibly none."""
        for row in self.deferrals:
            named = criterion.id in row.criteria if row.criteria else criterion.about == row.about
            if named and self.matches(row.applies_to, regimen):
                yield row

    def _holders(self, regimen: Regimen) -> tuple[Regimen | Rule, ...]:
        return (regimen, *self.rules_for(regimen))

    # Why: docs/explanation/catalogue-data.md#layers
    def _stands(self, criterion: AnyCriterion, holder: Regimen | Rule, regimen: Regimen) -> bool:
        """Whether a criterion of a rule or a regimen applies: no later layer has one with its id for the regimen."""
        if self.depth == 0:
            return True
        if regimen.id not in self._restated:
            highest: dict[str, int] = {}
            for each in self._holders(regimen):
                for c in (*each.gates, *each.cautions):
                    highest[c.id] = max(each.layer, highest.get(c.id, 0))
            self._restated[regimen.id] = highest
        return holder.layer == self._restated[regimen.id][criterion.id]

    @cached_property
    def depth(self) -> int:
        """The number of layers over the built-in catalogue."""
        holders: tuple[Regimen | Rule, ...] = (*self.regimens, *self.rules)
        return max((holder.layer for holder in holders), default=0)

    @cached_property
    def _restated(self) -> dict[str, dict[str, int]]:
        return {}

    def checklists_for(self, regimen: Regimen) -> dict[str, Checklist]:
        """The checklists of a regimen, its own keys first."""
        keys = [*regimen.monitoring, *(key for rule in self.rules_for(regimen) for key in rule.monitoring)]
        return {key: self.checklists[key] for key in dict.fromkeys(keys)}


def _known_by(source: Source, reviewed_on: str) -> str:
    """The day by which a source was known, at the latest the review of the catalogue."""
    if source.own:
        return ""
    if source.known_since is not None:
        return _last_day(source.known_since)
    own = source.dated or (str(source.year) if source.year else None)
    return min(_last_day(day) for day in (own, source.read_on, reviewed_on) if day is not None)


def _last_day(written: str) -> str:
    """The last day of a partial date, as ISO text."""
    return written if len(written) == len("2026-11-24") else span(written).latest.isoformat()


def walk(entry: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every entry inside ``entry`` with its path: keys, ids, and indices for entries without an id."""
    if isinstance(entry, Entry):
        if path:
            yield path, entry
        for name, value in entry.contents():
            yield from walk(value, (*path, name))
    elif isinstance(entry, dict):
        for key, value in entry.items():
            yield from walk(value, (*path, key))
    elif isinstance(entry, tuple):
        for index, value in enumerate(entry):
            yield from walk(value, (*path, getattr(value, "id", "") or index))


def find_regimen(catalogue: Catalogue, name: str) -> Regimen:
    """The regimen with this id, abbreviation or alias, in any case.

    Raises:
        UsageError: The catalogue has no such regimen; the message names the nearest.
    """
    by_fold = {regimen.id.casefold(): regimen for regimen in catalogue.regimens}
    if name.casefold() in by_fold:
        return by_fold[name.casefold()]
    try:
        resolved = catalogue.formulary.regimen(name)
    except UnknownNameError as error:
        raise UsageError(f"the catalogue has no regimen {name!r}. {error.hint}".strip()) from None
    if resolved.id.casefold() not in by_fold:
        raise UsageError(f"{name!r} is the name of a regimen ({resolved.id}) that the catalogue does not describe")
    return by_fold[resolved.id.casefold()]


# --- layers and the compiled form ---------------------------------------------------------------


def overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two layers combined into one: an entry of the upper layer replaces the entry with the same id, or is added.

    Jurisdictions are combined listing by listing. A criterion of a rule or a regimen replaces the criterion with the
    same id wherever both would apply. To make this possible, each rule and regimen has the number of its layer.
    """
    depth = 1 + max((holder.get("layer", 0) for key in _HOLDERS for holder in below.get(key) or ()), default=0)
    numbered = {key: [holder | {"layer": depth} for holder in above[key]] for key in _HOLDERS if above.get(key)}
    return joined(below, {**above, **numbered})


_HOLDERS = ("regimens", "rules")


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The contents of two files of one layer, combined."""
    merged = dict(one)
    for key, value in other.items():
        old = merged.get(key)
        if value is None:
            continue
        if key == "jurisdictions" and old:
            merged[key] = old | {code: _relist(old.get(code), new) for code, new in value.items()}
        elif isinstance(value, list) and isinstance(old, list):
            merged[key] = _add(old, value)
        elif isinstance(value, dict) and isinstance(old, dict):
            merged[key] = old | value
        else:
            merged[key] = value
    return merged


def ordered(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a catalogue's data in which lists and groups have the order given by its own ``order``.

    Entries that ``order`` does not name come last, by id. Lists that ``order`` does not name are not changed.
    """
    made = dict(tree)
    for key, names in (tree.get("order") or {}).items():
        places = {name: place for place, name in enumerate(names)}

        def place(name: str, places: Mapping[str, int] = places) -> tuple[int, str, str]:
            return places.get(name, len(places)), name.casefold(), name

        value = made.get(key)
        if isinstance(value, list):
            made[key] = sorted(value, key=lambda entry: place(entry["id"]))
        elif isinstance(value, dict):
            made[key] = {name: value[name] for name in sorted(value, key=place)}
    return made


def _relist(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    if old is None:
        return dict(new)
    laid = {key: {**old.get(key, {}), **new.get(key, {})} for key in ("listings", "products")}
    return {**old, **new, **{key: held for key, held in laid.items() if held or key == "listings"}}


def _add(old: list[Any], new: list[Any]) -> list[Any]:
    if not all(isinstance(entry, dict) and "id" in entry for entry in [*old, *new]):
        return [*old, *new]
    return list(({entry["id"]: entry for entry in old} | {entry["id"]: entry for entry in new}).values())


def build(data: Mapping[str, Any]) -> Catalogue:
    """A catalogue made from data that is already validated, such as the compiled file."""
    return Catalogue.over({**data, "regimens": _with_trials(data["regimens"], data.get("trials") or {})})


def _with_trials(regimens: list[Any], trials: Mapping[str, Any]) -> list[Any]:
    """Regimens whose rows of evidence are completed with the data of their trials."""
    return [
        {**regimen, "evidence": [_of_trial(row, trials) for row in regimen["evidence"]]}
        if regimen.get("evidence")
        else regimen
        for regimen in regimens
    ]


def _of_trial(row: Mapping[str, Any], trials: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of evidence completed with the data of its trial; the data of the row itself has priority."""
    trial = trials.get(row.get("nct") or row["trial"])
    if trial is None:
        return row
    told = {trait: taken for taken, traits in trial["outside"].items() for trait in traits}
    whole = {key: trial[key] for key in ("begun", "earlier_lines_median") if key in trial}
    own = row.get("outside", {})
    recalled = [trait for trait in told if trait not in own and _recalled(trait, trial)]
    return {**whole, **row, "outside": told | own, **({"recalled": recalled} if recalled else {})}


def _recalled(trait: str, trial: Mapping[str, Any]) -> bool:
    """Whether a trial's entry for a trait is ``unverified``, by the trait's own source or that of the trial."""
    return bool(trial.get("by_trait", {}).get(trait, trial)["verified"] == "unverified")
