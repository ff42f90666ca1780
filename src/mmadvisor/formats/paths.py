"""Paths of the patient file into a list, such as ``therapies[2].stop``: the item and the field."""

import re
from typing import NamedTuple


def therapy_in(path: str) -> int | None:
    """The index of the therapy in a path such as ``therapies[2].stop``; ``None`` for any other path."""
    found = re.match(r"therapies\[([0-9]+)\]", path)
    return None if found is None else int(found[1])


class OfTherapy(NamedTuple):
    """The therapy and the field of a path; ``agent`` is the index of an agent with its own dates."""

    entry: int
    agent: int | None
    name: str


def of_therapy(path: str) -> OfTherapy | None:
    """The parts of ``therapies[2].stop`` or ``therapies[2].agents[0].stop``; ``None`` for any other path."""
    found = re.fullmatch(r"therapies\[(\d+)\](?:\.agents\[(\d+)\])?\.([a-z_]+)", path)
    return OfTherapy(int(found[1]), int(found[2]) if found[2] else None, found[3]) if found else None


def is_of_drugs(path: str) -> bool:
    """Whether a path leads to the drugs of a therapy."""
    named = of_therapy(path)
    return named is not None and named.name == "agents"


class ItemOf(NamedTuple):
    """An item of a list of the patient file: the path of the list, and the index."""

    field: str
    place: int


def item_in(path: str) -> ItemOf | None:
    """The item of a list in a path such as ``toxicities[1].grade``; ``None`` for any other path."""
    found = re.match(r"([a-z_.]+)\[(\d+)\]", path)
    return ItemOf(found[1], int(found[2])) if found else None
