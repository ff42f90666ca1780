"""Drugs that are taken beside a treatment: each checked, or not known."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class InteractionEntry(Cited):
    """What one source says of a drug that is taken and an agent; ``agent`` is empty where it holds whatever is given.

    ``regimens`` are those that hold the agent, of the ones that were looked at.
    """

    agent: str
    name: str
    regimens: list[str]
    group: str
    strength: str
    effect: str
    advice: str
    jurisdictions: list[str]
    text: str
    source: str
    verified: str


class CoMedicationEntry(TypedDict):
    """One drug on the list of co-medication, as checked.

    ``checked``: the catalogue knows the drug, by the generic name ``drug``. ``against`` are the agents of which
    interactions were read at a source, ``not_read`` those of which none were. ``hint``: the nearest name.
    """

    drug: str
    as_written: str
    checked: bool
    against: list[str]
    not_read: list[str]
    results: list[InteractionEntry]
    hint: str
