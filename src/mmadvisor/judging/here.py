"""Whether a trial took patients like this one; the same test is used for every row of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from mmadvisor.base.known import Bounds, Truth, negate
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Evidence, Regimen, Taken
from mmadvisor.catalogue.rules import Ranking, Trait
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import without_modality
from mmadvisor.judging.verdict import Decisions

FitKind = Literal["this", "neighbour", "unknown", "other"]
FITS: tuple[FitKind, ...] = ("this", "neighbour", "unknown", "other")
_TRUTHS = tuple(Truth)


class Fit(NamedTuple):
    """How well the population of a row of evidence matches the patient.

    - ``kind``: ``this``: the patient belongs to the population. ``neighbour``: the patient is one line of therapy off.
      ``unknown``: it depends on missing facts. ``other``: the trial left such patients out.
    - ``misfits``: the number of mismatches; ``because``: what they are.
    - ``silent``: traits of the patient about which the trial gives no information; they do not lower the benefit.
    - ``untold``: how many of the mismatches are only that the trial does not say whether it took patients who were
      treated so before. It counts no silence on another disease or on organs, which trials usually leave out.
    """

    kind: FitKind
    misfits: int = 0
    because: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    untold: int = 0

    @property
    def extrapolated(self) -> bool:
        """Whether the trial left patients like this one out, so that its figure is extrapolated."""
        return self.kind == "other"

    @property
    def takes(self) -> bool:
        """Whether the trial took patients like this one, as far as it is known."""
        return self.kind == "this"

    @property
    def leaves_out(self) -> bool:
        """Whether the trial is not known to have been open to patients like this one.

        A trial that only does not say whether it took patients who were treated so before was open to them.
        """
        return not self.takes and not (self.extrapolated and self.misfits == self.untold)


class Here:
    """The rows of evidence, compared with one patient.

    Attributes:
        asked: The questions that were used so far; a change of their results changes the comparison.
    """

    def __init__(self, decisions: Decisions, catalogue: Catalogue, like: Here | None = None) -> None:
        """``like``: the same object for a patient of whom none of the used questions has changed.

        Its results are reused.
        """
        self.decisions = decisions
        self.history = decisions.history
        self.catalogue = catalogue
        self.asked: set[str] = set(like.asked) if like else set()
        self._fits: dict[int, tuple[Evidence, Fit]] = dict(like._fits) if like else {}
        self._state = self.history.patient.get("disease.state")
        self._of_state: dict[str, list[Evidence]] = {}
        carry(self, like, "_truths", "_had", "alike")

    def stands_for(self, decisions: Decisions) -> bool:
        """Whether the results so far are also those for another patient, on the same day with the same catalogue.

        They are if each question that was used has the same answer, and lines and state of the disease are the same.
        """
        mine, its = self.decisions, decisions
        if self._state != its.history.patient.get("disease.state") or self.history.as_of != its.history.as_of:
            return False
        if self.history.lines.bounds != its.history.lines.bounds:
            return False
        return all(q in its.findings and its.findings[q].truth is mine.findings[q].truth for q in self.asked)

    def holds(self, criteria: Sequence[AnyCriterion]) -> Truth:
        """Whether all of the criteria are met; their questions are added to ``asked``."""
        self.asked.update(c.question for c in criteria)
        return self.decisions.all_hold(criteria)

    def of_state(self, regimen: Regimen) -> list[Evidence]:
        """The published rows for the patient's state of the disease; results in relapse do not apply to a first line.

        A row without a state counts as relapse. If the patient's state is unknown, all rows are returned.
        """
        held = self._of_state.get(regimen.id)
        if held is None:
            rows = self.catalogue.evidence_on(regimen, self.history.as_of)
            held = [row for row in rows if self._state is None or self._state in states_of(row)]
            self._of_state[regimen.id] = held
        return held

    def fit(self, row: Evidence, regimen: Regimen) -> Fit:
        """How well a row matches: by the criteria of its population, the traits of its patients, and earlier lines."""
        held = self._fits.get(id(row))
        if held is None:
            held = self._fits[id(row)] = row, self._fit(row, regimen)
        return held[1]

    def _fit(self, row: Evidence, regimen: Regimen) -> Fit:
        self.asked.update(c.question for c in row.when)
        decided = tuple(int(self.decisions.of(c).truth) for c in row.when)
        return _fit_of(row, regimen, self.catalogue, decided, self._had, self.history.lines.bounds)

    @cached_property
    def _had(self) -> tuple[int, ...]:
        """For each trait of the catalogue, whether the patient has it."""
        return tuple(int(self._truths[trait.id]) for trait in self.catalogue.ranking.traits)

    @cached_property
    def _truths(self) -> dict[str, Truth]:
        """Which traits the patient has."""
        traits = self.catalogue.ranking.traits
        return {t.id: self.holds(t.when) for t in traits}

    def speaks_of_all(self, row: Evidence, regimen: Regimen) -> bool:
        """Whether the trial is known to have taken patients with each grave trait of this patient.

        Grave traits are those with ``must_tell`` or ``alike`` in the catalogue.
        """
        grave = [t for t in self.catalogue.ranking.traits if t.alike or t.must_tell]
        return all(
            _taken(row, t, regimen, self.catalogue.ranking) == "in" for t in grave if self._truths[t.id] is Truth.MET
        )

    @cached_property
    def alike(self) -> list[Trait]:
        """The traits of this patient for which drugs of the same target and modality are judged alike."""
        return [t for t in self.catalogue.ranking.traits if t.alike and self._truths[t.id] is Truth.MET]


def carry(mine: object, like: object | None, *names: str) -> None:
    """Copy cached results from ``like`` (the same patient) to ``mine``."""
    if like is not None:
        mine.__dict__.update({name: like.__dict__[name] for name in names if name in like.__dict__})


# Patients with the same truths have the same fit.
@lru_cache(maxsize=2**16)
def _fit_of(
    row: Evidence, regimen: Regimen, catalogue: Catalogue, decided: tuple[int, ...], had: tuple[int, ...], lines: Bounds
) -> Fit:
    """How well a row of evidence matches a patient.

    Args:
        row: The row, of a trial of the regimen.
        regimen: The regimen.
        catalogue: The catalogue.
        decided: The truth of each criterion of the row.
        had: For each trait of the catalogue, whether the patient has it.
        lines: The number of earlier lines.
    """
    left_out, not_told = _told(row, regimen, catalogue)
    outside = [(_TRUTHS[had[place]], said, _untold(row, trait)) for place, said, trait in left_out]
    if beyond := _beyond(row, lines):
        outside.append((*beyond, False))
    failing = [c for c, truth in zip(row.when, decided, strict=True) if truth == Truth.NOT_MET]
    away = [c for c in failing if not c.is_one_line_off(lines)]
    out = [(said, untold) for truth, said, untold in outside if truth is Truth.MET]
    silent = tuple(trait.name for place, trait in not_told if had[place] == Truth.MET)
    if out or away:
        because = [said for said, _ in out] or [_asked_for(c, catalogue) for c in away]
        return Fit("other", len(out) + len(away), tuple(because), silent, sum(untold for _, untold in out))
    if Truth.UNKNOWN in (*decided, *(truth for truth, *_ in outside)):
        return Fit("unknown", silent=silent)
    return Fit("neighbour" if failing else "this", silent=silent)


def _asked_for(criterion: AnyCriterion, catalogue: Catalogue) -> str:
    return f"it asked for: {criterion.text or criterion.required(catalogue.words)}"


def _beyond(row: Evidence, lines: Bounds) -> tuple[Truth, str] | None:
    """Whether the patient had more earlier lines than the patients of the trial; ``None`` if it does not matter.

    The limit is the median of the trial plus one. An unknown median counts as 1 if the trial took patients after one
    line. For a subgroup that is defined by lines, only its own criteria count.
    """
    asked = [c for c in row.when if c.type == "prior-lines"]
    if "relapsed" not in states_of(row) or (row.subgroup and any(c.at_most is not None for c in asked)):
        return None
    median = row.earlier_lines_median
    if median is None and asked and all((c.at_least or 0) <= 1 for c in asked):
        median = 1
    if median is None:
        return None
    said = f"it mostly tested after {median:g} earlier {'line' if median == 1 else 'lines'}"
    return negate(lines.at_most(median + 1)), said


# The same for every patient.
@lru_cache(maxsize=2**12)
def _told(
    row: Evidence, regimen: Regimen, catalogue: Catalogue
) -> tuple[list[tuple[int, str, Trait]], list[tuple[int, Trait]]]:
    """The traits with which a trial of a regimen took no patients, each in words; and those of which it does not say.

    Only traits that matter for the regimen, each with its place in the catalogue.
    """
    held = {c for a in regimen.agent_ids for c in catalogue.formulary.by_id[a].classes}
    outside: list[tuple[int, str, Trait]] = []
    not_told: list[tuple[int, Trait]] = []
    for place, trait in enumerate(catalogue.ranking.traits):
        if trait.only_with and held.isdisjoint(trait.only_with):
            continue
        taken = _taken(row, trait, regimen, catalogue.ranking)
        if taken == "not-told":
            not_told.append((place, trait))
        elif taken == "left-out" and row.outside.get(trait.id, "not-told") == "not-told":
            outside.append((place, f"it does not say that it took patients {trait.name}", trait))
        elif taken in ("left-out", "minority"):
            recalled = " (recalled)" if trait.id in row.recalled else ""
            said = "it left out patients" if taken == "left-out" else "only a minority of its patients were"
            outside.append((place, f"{said} {trait.name}{recalled}", trait))
        elif taken == "before-its-time":
            outside.append((place, f"it was done before there were patients {trait.name}", trait))
    return outside, not_told


@lru_cache(maxsize=2**12)
def states_of(row: Evidence) -> tuple[str, ...]:
    """The states of the disease in the criteria of a row; relapse if it names none."""
    named = [state for c in row.when for state in c.states_asked()]
    return tuple(named) or ("relapsed",)


@lru_cache(maxsize=2**12)
def _taken(row: Evidence, trait: Trait, regimen: Regimen, ranking: Ranking) -> Taken:
    """Whether a trial of a regimen took patients with a trait.

    If it took patients with a narrower trait, it took patients with this trait too. If the trial gives no information
    about the trait, it counts as having left such patients out for regimens of a modality in ``must_tell``.
    """
    told = row.outside.get(trait.id, "not-told")
    if told != "in" and names(row, trait):
        return "in"
    if told != "not-told":
        return told
    if any(row.outside.get(t.id) == "in" and _imply(t.when, trait) for t in ranking.traits if t is not trait):
        return "in"
    return "left-out" if regimen.modality in trait.must_tell else told


def _untold(row: Evidence, trait: Trait) -> bool:
    """Whether a trial does not say whether it took patients with a trait of earlier treatment."""
    of_treatment = all(c.type in ("exposed", "refractory") for c in trait.when)
    return of_treatment and row.outside.get(trait.id, "not-told") == "not-told"


def names(row: Evidence, trait: Trait) -> bool:
    """Whether the criteria of a row require a trait of exposure or refractoriness, so that every patient had it."""
    return _imply(row.when, trait)


def _imply(criteria: Iterable[AnyCriterion], trait: Trait) -> bool:
    """Whether criteria require a trait of exposure or refractoriness."""
    asked = [(c.type, _asked(c)) for c in trait.when if c.type in ("exposed", "refractory")]
    return any(c.type == kind and _asked(c) >= heads for c in criteria for kind, heads in asked)


def _asked(criterion: AnyCriterion) -> set[str]:
    """The agents and classes that a criterion certainly requires; if one of several is enough, none of these."""
    if criterion.type not in ("exposed", "refractory"):
        return set()
    any_of_these = _heads(criterion.to_any)
    return _heads(criterion.to_each) | (any_of_these if len(any_of_these) == 1 else set())


def _heads(tokens: Iterable[str]) -> set[str]:
    """Agents and classes without the modality."""
    return set(map(without_modality, tokens))
