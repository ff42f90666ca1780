"""Data of every answer and claim: sources, and the versions of patient file, program and catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NotRequired, TypeVar, cast

from typing_extensions import TypedDict


class Cited(TypedDict):
    """Keys that every claim with a source may have.

    ``later_source``: the date of the source, if this date is later than the day of the answer. ``known_since``: the day
    since which the claim was known, if the source alone does not show this.
    """

    later_source: NotRequired[str]
    """The date of the source, if it is later than the day of the answer."""
    known_since: NotRequired[str]
    """The day since which the claim was known, if the source alone does not show this."""


class Sourced(Cited):
    """A claim with the key of its source; the key is empty if there is none."""

    source: str


class Claimed(Sourced):
    """A claim with the key of its source, and how that source was read (primary, secondary, unverified)."""

    verified: str


class SourceEntry(TypedDict):
    """One source of the bibliography; keys without a value are left out.

    ``own`` marks a choice of this project. ``read_as``: what we read of the source, such as its abstract.
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


DAY_OF_FILE: Final = "patient file"  # the origin of a day of decision that nobody asked for


class PatientStamp(TypedDict):
    """The patient file, and the day of the decision."""

    id: str
    assessed_on: str
    assessed_on_from: str
    sha256: str


class SettingFrom(TypedDict):
    """A setting that the command line did not give, its value, and where the value was found."""

    setting: str
    value: str
    origin: str


class Answer(TypedDict):
    """Keys that every kind of answer may have."""

    settings_from: NotRequired[list[SettingFrom]]
    """The settings of the answer that came from the environment or the config file; absent if there are none."""


class Engine(TypedDict):
    """The program and its version."""

    name: str
    version: str


class CatalogueStamp(TypedDict):
    """The catalogue with its hash, its review and its layers.

    ``age_months``: months from its review to the day of the answer; 0 if that day is earlier. ``stale``: empty,
    ``notice`` or ``strong``, by the limits under ``review`` in ``data/edition.yaml``; ``stale_because`` is the sentence
    for it.
    """

    version: str
    sha256: str
    reviewed_on: str
    layers: list[str]
    age_months: float
    stale: str
    stale_because: str


class InputEntry(TypedDict):
    """Where the patient was read.

    ``row``: the number of the record in a file of many patients, from 1; null for a file of one patient.
    """

    file: str
    row: int | None


A = TypeVar("A", bound=Mapping[str, object])


def with_settings(data: A, settings: Sequence[SettingFrom]) -> A:
    """The answer with the settings after its schema; without settings, the answer as it is."""
    if not settings:
        return data
    first = {"schema": data["schema"], "settings_from": list(settings)}
    return cast("A", first | {key: value for key, value in data.items() if key not in first})
