"""Criteria that nobody can meet together, as far as it is seen. Loaded only where a catalogue is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mmadvisor.criteria.base import Criterion, OfDrug


# Why: docs/explanation/catalogue-data.md#two-kinds-of-checks
def contradiction(criteria: Iterable[Criterion]) -> str:
    """Why criteria cannot all be met, in words; empty where nothing is seen that forbids it.

    It sees intervals that are empty, values that exclude each other, and what is asked together
    with its opposite. It does not try alternatives (``any``): silence is no proof.
    """
    leaves = list(conjuncts(criteria))
    alike: dict[type[Criterion], list[Criterion]] = {}
    for leaf in leaves:
        alike.setdefault(type(leaf), []).append(leaf)
    return next((said for cls, asked in alike.items() if (said := cls.clash(asked))), "") or _opposites(leaves)


def conjuncts(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """The criteria, and instead of each that joins some which must all hold, those."""
    for criterion in criteria:
        if joint := criterion.joint_parts():
            yield from conjuncts(joint)
        else:
            yield criterion


def _opposites(leaves: list[Criterion]) -> str:
    """Exposed or refractory to something, and also not exposed or not refractory to it."""
    known = certain(leaves)
    for leaf in leaves:
        if both := known & leaf.rules_out():
            return f"{min(both)[0]} to {', '.join(sorted(name for _, name in both))}, and not"
    return ""


def certain(leaves: Iterable[Criterion]) -> frozenset[OfDrug]:
    """What of agents and classes is certain where all of the criteria are met."""
    return frozenset().union(*(leaf.makes_certain() for leaf in leaves))
