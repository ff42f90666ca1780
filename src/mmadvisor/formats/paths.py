"""Paths of the patient file that lead into a list, such as ``therapies[2].stop``: which item and which field."""

import re
from typing import NamedTuple


def therapy_in(path: str) -> int | None:
    """The place of the therapy that a path such as ``therapies[2].stop`` leads into; ``None`` for any other."""
    found = re.match(r"therapies\[([0-9]+)\]", path)
    return None if found is None else int(found[1])


class OfTherapy(NamedTuple):
    """Which field of which therapy a path names; ``agent`` is the place of an agent that has dates of its own."""

    entry: int
    agent: int | None
    name: str


def of_therapy(path: str) -> OfTherapy | None:
    """What ``therapies[2].stop`` or ``therapies[2].agents[0].stop`` names; ``None`` for every other path."""
    found = re.fullmatch(r"therapies\[(\d+)\](?:\.agents\[(\d+)\])?\.([a-z_]+)", path)
    return OfTherapy(int(found[1]), int(found[2]) if found[2] else None, found[3]) if found else None


def is_of_drugs(path: str) -> bool:
    """Whether a path leads to the drugs of a therapy."""
    named = of_therapy(path)
    return named is not None and named.name == "agents"


class ItemOf(NamedTuple):
    """An item of a list of the patient file, by the list's path and its place."""

    field: str
    place: int


def item_in(path: str) -> ItemOf | None:
    """The item of a list that ``toxicities[1].grade`` leads into; ``None`` where a path leads into none."""
    found = re.match(r"([a-z_.]+)\[(\d+)\]", path)
    return ItemOf(found[1], int(found[2])) if found else None
