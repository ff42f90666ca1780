"""Whether a trial took patients like this one: one test for every row of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Evidence, Regimen, Taken
from mmadvisor.catalogue.rules import Trait
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import without_modality
from mmadvisor.judging.verdict import Decisions

FitKind = Literal["this", "neighbour", "unknown", "other"]
FITS: tuple[FitKind, ...] = ("this", "neighbour", "unknown", "other")


class Fit(NamedTuple):
    """How near a row's population is to the patient.

    ``this``: the patient belongs to it; ``neighbour``: misses it by one line; ``unknown``: hangs on missing facts;
    ``other``: the trial left such patients out, and its figure is extrapolated. ``because`` says why, ``misfits`` in
    how many ways. ``silent``: what the patient has and the trial does not speak of, which lowers nothing.
    """

    kind: FitKind
    misfits: int = 0
    because: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def extrapolated(self) -> bool:
        """Whether the trial left such patients out."""
        return self.kind == "other"

    @property
    def takes(self) -> bool:
        """Whether the trial took such patients, as far as it is known."""
        return self.kind == "this"


class Here:
    """The rows of evidence as seen from one patient.

    Attributes:
        asked: The questions that were asked of the patient so far.
    """

    def __init__(self, decisions: Decisions, catalogue: Catalogue, like: Here | None = None) -> None:
        """``like`` is of the same patient, of whom nothing that it asked has turned since: what it found stands."""
        self.decisions = decisions
        self.history = decisions.history
        self.catalogue = catalogue
        self.asked: set[str] = set(like.asked) if like else set()
        self._fits: dict[int, tuple[Evidence, Fit]] = dict(like._fits) if like else {}
        carry(self, like, "_truths", "alike")

    def holds(self, criteria: Sequence[AnyCriterion]) -> Truth:
        """Whether all of these criteria are met; they are remembered as asked."""
        self.asked.update(c.question for c in criteria)
        return self.decisions.all_hold(criteria)

    def of_state(self, regimen: Regimen) -> list[Evidence]:
        """The visible rows of the patient's own state: a relapse says nothing of a first line, nor the reverse.

        A row that names no state is of relapse. Where the state is not known, every row stays.
        """
        state = self.history.patient.get("disease.state")
        rows = self.catalogue.evidence_on(regimen, self.history.as_of)
        return [row for row in rows if state is None or state in states_of(row)]

    def fit(self, row: Evidence, regimen: Regimen) -> Fit:
        """How near a row is: by who belongs to it, by whom its trial took, and by the number of earlier lines."""
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
        out = [said for truth, said in outside if truth is Truth.MET]
        silent = tuple(t.name for t in self._had(regimen) if _taken(row, t, regimen) == "not-told")
        if out or away:
            return Fit("other", len(out) + len(away), tuple(out or self._asked_for(away)), silent)
        if any(truth is Truth.UNKNOWN for truth, _ in (*((t, c) for c, t in decided), *outside)):
            return Fit("unknown", silent=silent)
        return Fit("neighbour" if failing else "this", silent=silent)

    def _asked_for(self, criteria: Iterable[AnyCriterion]) -> Iterator[str]:
        words = self.catalogue.words
        return (f"it asked for: {c.text or c.required(words)}" for c in criteria)

    def _outside(self, row: Evidence, regimen: Regimen) -> Iterator[tuple[Truth, str]]:
        """Whether the patient has a trait with which the trial took nobody, trait by trait."""
        for trait in self._asked_of(regimen):
            taken = _taken(row, trait, regimen)
            if taken == "left-out":
                yield self._truths[trait.id], f"it left out patients {trait.name}"
            elif taken == "before-its-time":
                yield self._truths[trait.id], f"it was done before there were patients {trait.name}"

    def _beyond(self, row: Evidence) -> Iterator[tuple[Truth, str]]:
        """Whether the patient had more earlier lines than the trial mostly tested.

        Up to its own median and one more; a median that was not read counts as 1 where it admits patients after one
        line. A subgroup that names its lines decides by them alone.
        """
        asked = [c for c in row.when if c.type == "prior-lines"]
        if "relapsed" not in states_of(row) or (row.subgroup and any(c.at_most is not None for c in asked)):
            return
        median = row.earlier_lines_median
        if median is None and asked and all((c.at_least or 0) <= 1 for c in asked):
            median = 1
        if median is not None:
            said = f"it mostly tested after {median:g} earlier {'line' if median == 1 else 'lines'}"
            yield self._lines_above(median + 1), said

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

    def _asked_of(self, regimen: Regimen) -> list[Trait]:
        """The traits of which a trial of this regimen is asked."""
        held = {c for a in regimen.agent_ids for c in self.catalogue.formulary.by_id[a].classes}
        return [t for t in self.catalogue.ranking.traits if not t.only_with or not held.isdisjoint(t.only_with)]

    def _had(self, regimen: Regimen) -> list[Trait]:
        return [t for t in self._asked_of(regimen) if self._truths[t.id] is Truth.MET]

    def speaks_of_all(self, row: Evidence, regimen: Regimen) -> bool:
        """Whether the trial is known to have taken patients with each grave trait of this one.

        Grave are the traits of which a trial must have told, and those in which drugs of a kind are read alike.
        """
        grave = [t for t in self.catalogue.ranking.traits if t.alike or t.must_tell]
        return all(_taken(row, t, regimen) == "in" for t in grave if self._truths[t.id] is Truth.MET)

    @cached_property
    def alike(self) -> list[Trait]:
        """The traits of this patient in which drugs of one target and kind are read alike."""
        return [t for t in self.catalogue.ranking.traits if t.alike and self._truths[t.id] is Truth.MET]


def carry(mine: object, like: object | None, *names: str) -> None:
    """Keep what was worked out for the same patient before."""
    if like is not None:
        mine.__dict__.update({name: like.__dict__[name] for name in names if name in like.__dict__})


def states_of(row: Evidence) -> tuple[str, ...]:
    """The states of the disease that a row speaks of; of relapse where it names none."""
    named = [state for c in row.when for state in c.states_asked()]
    return tuple(named) or ("relapsed",)


@lru_cache(maxsize=2**15)
def _taken(row: Evidence, trait: Trait, regimen: Regimen) -> Taken:
    """Whether a trial of a regimen took patients with a trait; what it does not say is read as the trait says."""
    told = row.outside.get(trait.id, "not-told")
    if told != "in" and names(row, trait):
        return "in"
    return "left-out" if told == "not-told" and regimen.modality in trait.must_tell else told


def names(row: Evidence, trait: Trait) -> bool:
    """Whether every patient of a row had a trait of exposure or refractoriness: its own criteria ask for it."""
    return any(
        part.type == asked.type and _heads(part.tokens()) >= _heads(asked.tokens())
        for asked in trait.when
        if asked.type in ("exposed", "refractory")
        for part in row.when
    )


def _heads(tokens: Iterable[str]) -> set[str]:
    """Agents and classes without the modality."""
    return set(map(without_modality, tokens))
