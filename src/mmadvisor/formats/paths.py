"""Takes apart the paths of fields that are inside a list of the patient file.

``therapies[2].stop`` is the field ``stop`` of the therapy with the index 2.
"""

import re
from typing import NamedTuple


def therapy_in(path: str) -> int | None:
    """The index of the therapy in a path such as ``therapies[2].stop``; ``None`` for any other path."""
    found = re.match(r"therapies\[([0-9]+)\]", path)
    return None if found is None else int(found[1])


class OfTherapy(NamedTuple):
    """The field of a therapy to which a path leads: the index of the therapy (``entry``), and the field (``name``).

    ``agent`` is the index of the agent, if the path leads to a field of one agent of the therapy; otherwise ``None``.
    """

    entry: int
    agent: int | None
    name: str


def of_therapy(path: str) -> OfTherapy | None:
    """``therapies[2].stop`` or ``therapies[2].agents[0].stop``, taken apart; ``None`` for any other path."""
    found = re.fullmatch(r"therapies\[(\d+)\](?:\.agents\[(\d+)\])?\.([a-z_]+)", path)
    return OfTherapy(int(found[1]), int(found[2]) if found[2] else None, found[3]) if found else None


def is_of_drugs(path: str) -> bool:
    """Whether a path leads to the drugs of a therapy: ``therapies[2].agents``."""
    named = of_therapy(path)
    return named is not None and named.name == "agents"


class ItemOf(NamedTuple):
    """An item of a list of the patient file: the path of the list (``field``), and the index (``place``)."""

    field: str
    place: int


def item_in(path: str) -> ItemOf | None:
    """The item of a list in a path such as ``toxicities[1].grade``; ``None`` for any other path."""
    found = re.match(r"([a-z_.]+)\[(\d+)\]", path)
    return ItemOf(found[1], int(found[2])) if found else None
