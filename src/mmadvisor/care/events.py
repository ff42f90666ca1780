"""Names of adverse events: the name that the user gave, and the name in the catalogue."""

from __future__ import annotations

from mmadvisor.catalogue.catalogue import Catalogue


def event_named(catalogue: Catalogue, event: str) -> str:
    """The catalogue's name for an event; the given name if the catalogue has none."""
    asked = in_one_spelling(event)
    for name, also in catalogue.events.items():
        if asked == in_one_spelling(name) or asked in map(in_one_spelling, also):
            return name
    return event


def names_of(catalogue: Catalogue, event: str) -> set[str]:
    """The given name of an event and the catalogue's name for it, both in one spelling."""
    return {in_one_spelling(event), in_one_spelling(event_named(catalogue, event))}


def in_one_spelling(event: str) -> str:
    """A name in lower case and without hyphens."""
    return " ".join(event.casefold().replace("-", " ").split())
