"""What every claim of an answer carries beside its source."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class Cited(TypedDict):
    """What every claim with a source may carry.

    ``later_source``: the date of its source where that is later than the day of the answer, and the claim stays all the
    same. ``known_since``: since when it was known, where its source alone does not show it.
    """

    later_source: NotRequired[str]
    """Date of the source, where that is later than the day of the answer."""
    known_since: NotRequired[str]
    """Since when it was known, where the source alone does not show this."""


class Sourced(Cited):
    """What has a source, whose key is empty where there is none."""

    source: str


class Claimed(Sourced):
    """Every claim: the key of its source, and how that was read (primary, secondary, unverified)."""

    verified: str


class SourceEntry(TypedDict):
    """One source of the bibliography; a key that is not known, or empty, is left out.

    ``own``: the catalogue's own word. ``read_as``: what was read of it, such as a digest.
    """

    kind: str
    title: str
    verified: str
    year: NotRequired[int]
    read_on: NotRequired[str]
    dated: NotRequired[str]
    known_since: NotRequired[str]
    own: NotRequired[bool]
    read_as: NotRequired[str]
    doi: NotRequired[str]
    pmid: NotRequired[str]
    nct: NotRequired[str]
    revision: NotRequired[str]
    note: NotRequired[str]


INTENDED_USE = (
    "Decision support for health professionals, who can review the basis of each line. Not a substitute "
    "for judgement, not for emergencies, not validated in a clinical study."
)


class PatientStamp(TypedDict):
    """Which patient file, on which day."""

    id: str
    assessed_on: str
    assessed_on_from: str
    sha256: str


class Engine(TypedDict):
    """What made the answer."""

    name: str
    version: str


class CatalogueStamp(TypedDict):
    """Which catalogue, and its layers.

    ``age_months`` from its review to the day of the answer, 0 where that comes before. ``stale``: empty, ``notice`` or
    ``strong``, by the limits of the catalogue's edition, with the sentence for it.
    """

    version: str
    sha256: str
    reviewed_on: str
    layers: list[str]
    age_months: float
    stale: str
    stale_because: str
