"""Other drugs that the patient takes: each is checked for interactions, or reported as not known."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class InteractionEntry(Cited):
    """An interaction of a drug with an agent, from one source; ``agent`` is empty if it applies to any treatment.

    ``regimens`` lists the regimens that contain the agent, of those that were examined.
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
    """One drug on the list of co-medication, and how it was checked.

    - ``checked``: whether the catalogue knows the drug; ``drug`` is then its generic name.
    - ``against``: the agents for which interactions were read at a source.
    - ``not_read``: the agents for which none were read.
    - ``hint``: the nearest name that the catalogue knows.
    """

    drug: str
    as_written: str
    checked: bool
    against: list[str]
    not_read: list[str]
    results: list[InteractionEntry]
    hint: str
