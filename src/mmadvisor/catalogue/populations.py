"""Checks of what the catalogue records about the patients whom each trial took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.flaws import Flaw, Path, unknown
from mmadvisor.catalogue.regimens import Evidence, Regimen
from mmadvisor.catalogue.rules import Trait
from mmadvisor.criteria.base import every


# Why: docs/explanation/ranking.md#whom-a-trial-took
def populations(catalogue: Catalogue) -> Iterator[Flaw]:
    """Errors in what rows of evidence and trials record about their patients.

    Errors are: a row without a state of the disease, a trait without an entry, an impossible entry, and a trial without
    a row of evidence.
    """
    traits = {trait.id: trait for trait in catalogue.ranking.traits}
    for regimen in catalogue.regimens:
        for index, row in enumerate(regimen.evidence):
            path = ("regimens", regimen.id, "evidence", index)
            if not regimen.layer:  # a hospital may lay a row over the catalogue that says less
                yield from _silent(catalogue, regimen, row, path)
            yield from _pooled(catalogue, row, path)
            for name in row.outside:
                place = _said_at(catalogue, row, name, path)
                if name in traits:
                    yield from _out_of_time(row, traits[name], place)
                else:
                    yield unknown(place, "trait", name, traits)
    yield from _by_trait(catalogue, traits)
    used = {row.nct or row.trial for regimen in catalogue.regimens for row in regimen.evidence}
    # A layer that replaces a regimen may leave a trial of the catalogue without a row.
    alone = not any(regimen.layer for regimen in catalogue.regimens)
    for key, trial in catalogue.trials.items():
        times = Counter(name for names in trial.outside.values() for name in names)
        if twice := sorted(name for name, count in times.items() if count > 1):
            yield Flaw(("trials", key, "outside"), f"{', '.join(twice)} stands there more than once")
        if alone and key not in used:
            yield Flaw(("trials", key), "no row of evidence is of this trial", name=key, lacks=True)


def _pooled(catalogue: Catalogue, row: Evidence, path: Path) -> Iterator[Flaw]:
    """Trials of a pool that do not exist."""
    known = catalogue.trials
    yield from (unknown((*path, "pools"), "trial", number, known) for number in row.pools if number not in known)


def _by_trait(catalogue: Catalogue, traits: Mapping[str, Trait]) -> Iterator[Flaw]:
    """Traits with a source but without an entry, and unverified entries that do not lower the benefit."""
    for key, trial in catalogue.trials.items():
        answers = {name: taken for taken, names in trial.outside.items() for name in names}
        for name, own in trial.by_trait.items():
            path, taken = ("trials", key, "by_trait", name), answers.get(name, "not-told")
            if name not in traits:
                yield unknown(path, "trait", name, traits)
            elif taken == "not-told":
                yield Flaw(path, f"a source of {name}, of which outside gives no answer")
            elif own.verified == "unverified" and taken not in ("left-out", "minority"):
                yield Flaw(path, f"{name} was recalled, and stands as {taken}: what was recalled may only leave out")


def _silent(catalogue: Catalogue, regimen: Regimen, row: Evidence, path: Path) -> Iterator[Flaw]:
    """A row without a state of the disease, or without an entry for a trait."""
    states = {state for criterion in row.when for state in criterion.states_asked()}
    if not states:
        yield Flaw((*path, "when"), "it names no state of the disease: a relapse says nothing of a first line")
        return
    asked = [t.id for t in catalogue.ranking.traits if _may_ask(catalogue, t, regimen, states)]
    if left := [name for name in asked if name not in row.outside]:
        said = f"{regimen.id}, {row.trial}: whether it took patients of the traits {', '.join(left)} is not said"
        place = _said_at(catalogue, row, left[0], path)
        yield Flaw(place, f"{said}: write not-told where no source says it", lacks=True)


def _said_at(catalogue: Catalogue, row: Evidence, trait: str, path: Path) -> Path:
    """The path of the entry for a trait: in the trial, or in the row if the row has its own entry."""
    key = row.nct or row.trial
    trial = catalogue.trials.get(key)
    told = {name: taken for taken, names in trial.outside.items() for name in names} if trial else {}
    of_trial = trial is not None and row.outside.get(trait) == told.get(trait)
    return ("trials", key, "outside") if of_trial else (*path, "outside")


def _may_ask(catalogue: Catalogue, trait: Trait, regimen: Regimen, states: set[str]) -> bool:
    """Whether a trial of a regimen could take patients with a trait; traits from earlier drugs only in relapse."""
    of_drugs = any(criterion.tokens() for criterion in every(trait.when))
    held = {name for agent in regimen.agent_ids for name in catalogue.formulary.by_id[agent].classes}
    return (not of_drugs or "relapsed" in states) and (not trait.only_with or not held.isdisjoint(trait.only_with))


def _out_of_time(row: Evidence, trait: Trait, place: Path) -> Iterator[Flaw]:
    """A trial that took patients before the trait existed, or a ``before-its-time`` that the year does not support."""
    taken = row.outside[trait.id]
    early = row.begun is not None and row.begun < (trait.since or 0)
    if taken == "in" and early:
        yield Flaw(place, f"{row.trial} began by {row.begun}, and patients {trait.name} came from {trait.since} on")
    elif taken == "before-its-time" and not early:
        since = trait.since or "the first trial"
        said = f"there were patients {trait.name} from {since} on, and {row.trial} is not known to have begun before"
        yield Flaw(place, said)
