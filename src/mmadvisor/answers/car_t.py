"""When cells can be collected and given: wash-outs, bridging and waits."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class WashoutEntry(Cited):
    """The interval of one source, for one of the patient's drugs, before one step of CAR-T therapy.

    ``until``: the first day after the interval; null if the source gives no number or no last dose is known.
    ``until_at_the_latest``: the latest possible such day, if the last dose is not known to the day.
    ``still_taken``: the drug is still given, so the interval is counted from today. ``missing``: the field for the last
    dose, if it is not recorded.
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
    missing: list[str]
    source: str
    verified: str


class BridgeEntry(Cited):
    """A treatment that may control the disease between collection and infusion."""

    agents: list[str]
    regimens: list[str]
    keeps_t_cells: bool
    by: str
    text: str
    source: str
    verified: str


class WaitEntry(Cited):
    """Weeks from collection to infusion in one source, compared with how long treatment can wait.

    Cells are collected as soon as the wash-outs allow. ``infusion_from`` is the day of infusion if the shortest
    wash-outs are kept, and ``infusion_from_at_the_latest`` if the longest are kept. ``fits``: whether treatment can
    wait until then; ``unknown`` if it can wait only for the earlier day, or if nothing is recorded.
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
    """Everything that decides when cells can be collected and infused."""

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
