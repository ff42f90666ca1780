"""What is wrong with a catalogue: references that lead nowhere, criteria that nobody can meet, figures that cannot be.

Every finding carries the path of the entry that it is about, in ids and indices, so that whoever
reads the files can give its line. Errors stop the catalogue from loading; warnings are for its editors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from mmadvisor.catalogue import Catalogue, Evidence, Indication, Months, Regimen, Source, patient_has, walk
from mmadvisor.criteria import (
    All,
    AnyCriterion,
    Criterion,
    Exposed,
    Frailty,
    Not,
    Number,
    PriorLines,
    Refractory,
    State,
    TransplantEligible,
    Value,
)
from mmadvisor.errors import nearest
from mmadvisor.handling import Restart
from mmadvisor.patient import span
from mmadvisor.verdict import states_for

Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]

_RANK = {"unverified": 0, "secondary": 1, "primary": 2}
_FRAILTY = ("fit", "intermediate", "frail")


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong, and with which entry."""

    path: Path
    message: str
    severity: Severity = "error"

    @property
    def place(self) -> str:
        """The path in words."""
        return ".".join(str(part) for part in self.path)


def errors(catalogue: Catalogue) -> Iterator[Flaw]:
    """What makes a catalogue unusable."""
    nameless = list(_nameless(catalogue))
    yield from nameless
    if nameless:
        return  # which rules hold for a regimen hangs on the classes of its agents
    yield from _references(catalogue)
    yield from _ids(catalogue)
    yield from _contradictions(catalogue)
    yield from _figures(catalogue)
    yield from _restart_tables(catalogue)


def warnings(catalogue: Catalogue, today: date, stale_after_months: int) -> Iterator[Flaw]:
    """What an editor should look at: old readings, marks above their source, regimens that nobody can get."""
    yield from _marks(catalogue)
    yield from _stale(catalogue, today, stale_after_months)
    yield from _unreachable(catalogue)


# --- references ---------------------------------------------------------------------------------


def _nameless(catalogue: Catalogue) -> Iterator[Flaw]:
    """Agents and classes without which nothing else can be asked."""
    for regimen in catalogue.regimens:
        for index, component in enumerate(regimen.agents):
            if component.agent not in catalogue.formulary.by_id:
                path = ("regimens", regimen.id, "agents", index)
                yield Flaw(path, _unknown("agent", component.agent, catalogue.formulary.by_id))
    for agent in catalogue.agents:
        for drug_class in agent.classes:
            if drug_class not in catalogue.formulary.class_by_id:
                place = ("agents", agent.id, "classes")
                yield Flaw(place, _unknown("class", drug_class, catalogue.formulary.class_by_id))


def _references(catalogue: Catalogue) -> Iterator[Flaw]:
    cited: set[str] = set()
    tokens = {*catalogue.formulary.by_id, *catalogue.formulary.class_by_id}
    modalities = {agent.modality for agent in catalogue.agents}
    regimens = catalogue.regimen_by_id

    def token_known(token: str) -> bool:
        head, _, modality = token.partition("/")
        return head in tokens and (not modality or modality in modalities)

    for path, entry in walk(catalogue):
        for key in ("source", "retired_by"):
            named = getattr(entry, key, "")
            if named:
                cited.add(named)
                if named not in catalogue.sources:
                    yield Flaw((*path, key), _unknown("source", named, catalogue.sources))
            elif key == "source" and _must_cite(entry):
                yield Flaw(path, "no source is given")
        if isinstance(entry, Criterion):
            for token in entry.tokens():
                if not token_known(token):
                    yield Flaw(path, _unknown("agent or class", token, tokens))
            for name in entry.patient_fields():
                if not patient_has(name):
                    yield Flaw(path, f"the patient format has no field {name}")
        for key, known in (("regimens", regimens), ("jurisdictions", catalogue.jurisdictions)):
            named_here = getattr(entry, key, ())
            if not isinstance(entry, Catalogue) and isinstance(named_here, tuple):
                for name in named_here:
                    if name not in known:
                        yield Flaw((*path, key), _unknown(key.removesuffix("s"), name, known))
    for regimen in catalogue.regimens:
        yield from _checklists(catalogue, ("regimens", regimen.id, "monitoring"), regimen.monitoring)
    for index, rule in enumerate(catalogue.rules):
        yield from _checklists(catalogue, ("rules", index, "monitoring"), rule.monitoring)
        if not any(catalogue.matches(rule.applies_to, r) for r in catalogue.regimens):
            yield Flaw(("rules", index), "no regimen matches this rule")
    for agent in catalogue.handling:
        if agent not in catalogue.formulary.by_id:
            yield Flaw(("handling", agent), _unknown("agent", agent, catalogue.formulary.by_id))
    for code, jurisdiction in catalogue.jurisdictions.items():
        for name, listing in jurisdiction.listings.items():
            path = ("jurisdictions", code, "listings", name)
            if name not in regimens:
                yield Flaw(path, _unknown("regimen", name, regimens))
            elif regimens[name].investigational and listing.status != "not-available":
                yield Flaw(path, f"{name} is marked investigational, and listed here as {listing.status}")
    for setting in catalogue.settings:
        for index, placement in enumerate(setting.placements):
            if placement.regimen not in regimens:
                path = ("settings", setting.id, "placements", index, "regimen")
                yield Flaw(path, _unknown("regimen", placement.regimen, regimens))
    for key in sorted(catalogue.sources.keys() - cited):
        yield Flaw(("sources", key), "nothing cites this source")


def _checklists(catalogue: Catalogue, path: Path, keys: Iterable[str]) -> Iterator[Flaw]:
    for key in keys:
        if key not in catalogue.checklists:
            yield Flaw(path, _unknown("checklist", key, catalogue.checklists))


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    return f"there is no {kind} {name}. {nearest(name, known)}".strip()


def _must_cite(entry: object) -> bool:
    """Whether an entry is a clinical claim: criteria inside others inherit their parent's source."""
    return isinstance(entry, Criterion) and bool(entry.id)


def _ids(catalogue: Catalogue) -> Iterator[Flaw]:
    for key, listed in (
        ("regimens", catalogue.regimens),
        ("settings", catalogue.settings),
        ("agents", catalogue.agents),
        ("names", catalogue.names),
    ):
        for name, times in Counter(entry.id for entry in listed).items():
            if times > 1:
                yield Flaw((key, name), f"more than one of the {key} has the id {name}")
    for regimen in catalogue.regimens:
        rules = catalogue.rules_for(regimen)
        ids = [c.id for c in (*regimen.gates, *regimen.cautions)]
        ids += [c.id for rule in rules for c in (*rule.gates, *rule.cautions)]
        for name, times in Counter(ids).items():
            if times > 1 or not name:
                yield Flaw(("regimens", regimen.id), f"more than one of its criteria has the id {name!r}")


# --- criteria -----------------------------------------------------------------------------------


def _contradictions(catalogue: Catalogue) -> Iterator[Flaw]:
    """Sets of criteria that must all hold and cannot."""
    for regimen in catalogue.regimens:
        gates = [*regimen.gates, *(g for rule in catalogue.rules_for(regimen) for g in rule.gates)]
        if found := contradiction(gates):
            yield Flaw(("regimens", regimen.id, "gates"), f"these gates cannot all be met: {found}")
        for index, evidence in enumerate(regimen.evidence):
            if found := contradiction(evidence.when):
                yield Flaw(
                    ("regimens", regimen.id, "evidence", index), f"nobody can belong to this population: {found}"
                )
    for setting in catalogue.settings:
        if found := contradiction(setting.when):
            yield Flaw(("settings", setting.id, "when"), f"nobody can be in this setting: {found}")
    for place, regimen, indication in _indications(catalogue):
        if found := contradiction([*indication.criteria, _state_of(regimen)]):
            yield Flaw(place, f"these criteria cannot all be met: {found}")
        elif indication.since and indication.until and span(indication.since).earliest >= span(indication.until).latest:
            yield Flaw(place, f"it ends ({indication.until}) before it begins ({indication.since})")


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


# --- figures ------------------------------------------------------------------------------------


def _figures(catalogue: Catalogue) -> Iterator[Flaw]:
    """Shares above the whole, intervals that leave out their own figure."""
    for path, entry in walk(catalogue):
        if isinstance(entry, Evidence):
            for key in ("orr_percent", "cr_percent"):
                share = getattr(entry, key)
                if share is not None and not 0 <= share <= 100:
                    yield Flaw((*path, key), f"{share:g} is no percentage")
            if entry.orr_percent is not None and entry.cr_percent is not None and entry.cr_percent > entry.orr_percent:
                yield Flaw((*path, "cr_percent"), "more complete responses than responses")
        if isinstance(entry, Months):
            for key, interval in (("median", entry.ci95), ("hr", entry.hr_ci95)):
                figure = getattr(entry, key)
                if interval and not _inside(figure, interval):
                    yield Flaw((*path, key), f"{figure} lies outside its own interval {list(interval)}")


def _inside(figure: float | None, interval: tuple[float | None, float | None]) -> bool:
    low, high = interval
    if low is not None and high is not None and low > high:
        return False
    return figure is None or ((low is None or low <= figure) and (high is None or figure <= high))


def _restart_tables(catalogue: Catalogue) -> Iterator[Flaw]:
    """Two rows for one interruption."""
    for agent, handling in catalogue.handling.items():
        rows = [(i, r) for i, r in enumerate(handling.restarts) if r.days_from is not None]
        for place, (index, row) in enumerate(rows):
            for other_index, other in rows[:place]:
                if _overlap(row, other):
                    path = ("handling", agent, "restarts", index)
                    yield Flaw(path, f"its days overlap those of restarts.{other_index}, for the same last dose")
        for index, row in rows:
            if row.days_to is not None and cast(int, row.days_from) > row.days_to:
                yield Flaw(("handling", agent, "restarts", index), "its days end before they begin")


def _overlap(one: Restart, other: Restart) -> bool:
    if (one.last_dose, one.schedule) != (other.last_dose, other.schedule):
        return False
    for mine, theirs in ((one.regimens, other.regimens), (one.jurisdictions, other.jurisdictions)):
        if mine and theirs and set(mine).isdisjoint(theirs):
            return False
    first, second = sorted((one, other), key=lambda r: cast(int, r.days_from))
    return first.days_to is None or first.days_to >= cast(int, second.days_from)


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


def counts(catalogue: Catalogue) -> dict[str, Any]:
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
}


def _decides(entry: object) -> bool:
    if isinstance(entry, Criterion):
        return bool(entry.id)
    if isinstance(entry, Evidence):
        return entry.pfs_months is not None
    if type(entry).__name__ == "Listing":
        return getattr(entry, "status", "unknown") != "unknown"
    return type(entry).__name__ in _DECIDING
