"""Whether a trial took patients like this one; the same test is used for every row of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Evidence, Regimen, Taken
from mmadvisor.catalogue.rules import Ranking, Trait
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import without_modality
from mmadvisor.judging.verdict import Decisions

FitKind = Literal["this", "neighbour", "unknown", "other"]
FITS: tuple[FitKind, ...] = ("this", "neighbour", "unknown", "other")


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
        carry(self, like, "_truths", "alike")

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
        decided = [(c, self.decisions.of(c).truth) for c in row.when]
        outside = [*self._outside(row, regimen), *self._beyond(row)]
        failing = [c for c, truth in decided if truth is Truth.NOT_MET]
        away = [c for c in failing if not c.is_one_line_off(self.history)]
        out = [said for truth, said, _ in outside if truth is Truth.MET]
        silent = self._silent(row, regimen)
        if out or away:
            untold = sum(truth is Truth.MET and _untold(row, trait) for truth, _, trait in outside if trait is not None)
            return Fit("other", len(out) + len(away), tuple(out or self._asked_for(away)), silent, untold)
        if any(truth is Truth.UNKNOWN for truth in (*(t for _, t in decided), *(t for t, *_ in outside))):
            return Fit("unknown", silent=silent)
        return Fit("neighbour" if failing else "this", silent=silent)

    def _silent(self, row: Evidence, regimen: Regimen) -> tuple[str, ...]:
        """The traits of the patient of which a trial does not say whether it took such patients."""
        _, not_told = _told(row, regimen, self.catalogue)
        return tuple(t.name for t in not_told if self._truths[t.id] is Truth.MET)

    def _asked_for(self, criteria: Iterable[AnyCriterion]) -> Iterator[str]:
        words = self.catalogue.words
        return (f"it asked for: {c.text or c.required(words)}" for c in criteria)

    def _outside(self, row: Evidence, regimen: Regimen) -> list[tuple[Truth, str, Trait | None]]:
        """For each trait with which the trial took no patients, whether the patient has it."""
        outside, _ = _told(row, regimen, self.catalogue)
        return [(self._truths[trait.id], said, trait) for trait, said in outside]

    def _beyond(self, row: Evidence) -> Iterator[tuple[Truth, str, Trait | None]]:
        """Whether the patient had more earlier lines than the patients of the trial.

        The limit is the median of the trial plus one. An unknown median counts as 1 if the trial took patients after
        one line. For a subgroup that is defined by lines, only its own criteria count.
        """
        asked = [c for c in row.when if c.type == "prior-lines"]
        if "relapsed" not in states_of(row) or (row.subgroup and any(c.at_most is not None for c in asked)):
            return
        median = row.earlier_lines_median
        if median is None and asked and all((c.at_least or 0) <= 1 for c in asked):
            median = 1
        if median is not None:
            said = f"it mostly tested after {median:g} earlier {'line' if median == 1 else 'lines'}"
            yield self._lines_above(median + 1), said, None

    def _lines_above(self, most: float) -> Truth:
        low, high = self.history.lines.low, self.history.lines.high
        if low > most:
            return Truth.MET
        return Truth.NOT_MET if high is not None and high <= most else Truth.UNKNOWN

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


# The same for every patient.
@lru_cache(maxsize=2**12)
def _told(row: Evidence, regimen: Regimen, catalogue: Catalogue) -> tuple[list[tuple[Trait, str]], list[Trait]]:
    """The traits with which a trial of a regimen took no patients, each in words; and those of which it does not say.

    Only traits that matter for the regimen.
    """
    held = {c for a in regimen.agent_ids for c in catalogue.formulary.by_id[a].classes}
    outside: list[tuple[Trait, str]] = []
    not_told: list[Trait] = []
    for trait in catalogue.ranking.traits:
        if trait.only_with and held.isdisjoint(trait.only_with):
            continue
        taken = _taken(row, trait, regimen, catalogue.ranking)
        if taken == "not-told":
            not_told.append(trait)
        elif taken == "left-out" and row.outside.get(trait.id, "not-told") == "not-told":
            outside.append((trait, f"it does not say that it took patients {trait.name}"))
        elif taken == "left-out":
            recalled = " (recalled)" if trait.id in row.recalled else ""
            outside.append((trait, f"it left out patients {trait.name}{recalled}"))
        elif taken == "before-its-time":
            outside.append((trait, f"it was done before there were patients {trait.name}"))
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
