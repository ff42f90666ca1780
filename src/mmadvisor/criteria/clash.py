"""Contradictions between criteria that must be met together; used only by the checks of a catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mmadvisor.criteria.base import Criterion, OfDrug


# Why: docs/explanation/catalogue-data.md#two-kinds-of-checks
def contradiction(criteria: Iterable[Criterion]) -> str:
    """Why criteria contradict each other, in words; empty if no contradiction is found.

    It finds empty intervals, values that exclude each other, and a criterion together with its opposite. It does not
    look into alternatives (``any``), so it does not find every contradiction.
    """
    leaves = list(conjuncts(criteria))
    alike: dict[type[Criterion], list[Criterion]] = {}
    for leaf in leaves:
        alike.setdefault(type(leaf), []).append(leaf)
    return next((said for cls, asked in alike.items() if (said := cls.clash(asked))), "") or _opposites(leaves)


def conjuncts(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """The criteria; in place of each ``all``, the criteria inside it."""
    for criterion in criteria:
        if joint := criterion.joint_parts():
            yield from conjuncts(joint)
        else:
            yield criterion


def _opposites(leaves: list[Criterion]) -> str:
    """A contradiction in words: exposed or refractory to an agent or class, and also not; empty if there is none."""
    known = certain(leaves)
    for leaf in leaves:
        if both := known & leaf.rules_out():
            return f"{min(both)[0]} to {', '.join(sorted(name for _, name in both))}, and not"
    return ""


def certain(leaves: Iterable[Criterion]) -> frozenset[OfDrug]:
    """Exposure and refractoriness that are certain if all of the criteria are met."""
    return frozenset().union(*(leaf.makes_certain() for leaf in leaves))
