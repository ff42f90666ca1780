"""The names of an event: what was asked for, by whatever word, and what the catalogue calls it."""

from __future__ import annotations

from mmadvisor.catalogue.catalogue import Catalogue


def event_named(catalogue: Catalogue, event: str) -> str:
    """An event by the name that the catalogue has for it; what was asked where it has none."""
    asked = in_one_spelling(event)
    for name, also in catalogue.events.items():
        if asked == in_one_spelling(name) or asked in map(in_one_spelling, also):
            return name
    return event


def names_of(catalogue: Catalogue, event: str) -> set[str]:
    """What was asked, and the event that it is another word for."""
    return {in_one_spelling(event), in_one_spelling(event_named(catalogue, event))}


def in_one_spelling(event: str) -> str:
    """The words of a name, whatever its case and hyphens."""
    return " ".join(event.casefold().replace("-", " ").split())
