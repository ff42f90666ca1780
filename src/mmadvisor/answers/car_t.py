"""When cells can be collected and given: wash-outs, bridges and waits."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class WashoutEntry(Cited):
    """One source's word on one of the patient's drugs before one step.

    ``until``: the first day on which the interval has passed; null where the source gives no number or no last
    dose is known. A last dose not known to the day leaves a later day possible, ``until_at_the_latest``.
    ``still_taken``: the day counts from a stop today.
    """

    agent: str
    name: str
    last_dose: str
    still_taken: bool
    before: str
    advice: str
    days: int | None
    until: str | None
    until_at_the_latest: str | None
    by: str
    text: str
    disease: str
    source: str
    verified: str


class BridgeEntry(Cited):
    """What could hold the disease between collection and infusion."""

    agents: list[str]
    regimens: list[str]
    keeps_t_cells: bool
    by: str
    text: str
    source: str
    verified: str


class WaitEntry(Cited):
    """Weeks from collection to infusion as one source has them, against how long treatment can wait.

    ``infusion_from``: after the shortest and, ``at_the_latest``, after the longest wash-outs, if cells were collected
    as soon as those allow. ``fits`` is ``unknown`` where only the shortest fit.
    """

    regimen: str
    weeks: float
    range_weeks: list[float]
    text: str
    source: str
    verified: str
    infusion_from: str
    infusion_from_at_the_latest: str
    fits: str


class CarTTiming(TypedDict):
    """All that bears on when cells can be collected and given. Empty where no CAR-T is in question."""

    regimens: list[str]
    washouts: list[WashoutEntry]
    apheresis_from: str | None
    apheresis_from_at_the_latest: str | None
    infusion_from: str | None
    infusion_from_at_the_latest: str | None
    not_dated: list[str]
    bridges: list[BridgeEntry]
    vein_to_vein: list[WaitEntry]
    can_wait_weeks: float | None
