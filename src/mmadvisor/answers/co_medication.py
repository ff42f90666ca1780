"""Other drugs that the patient takes, each with its interactions; drugs that the catalogue does not know are named."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class InteractionEntry(Cited):
    """An interaction of a drug with an agent, from one source; ``agent`` is empty if it applies to any treatment.

    ``regimens``: the regimens of this answer that contain the agent.
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
    """One drug of the co-medication, and how it was checked for interactions.

    - ``checked``: whether the catalogue knows the drug. ``drug`` is then its generic name, otherwise empty.
    - ``against``: the agents whose interactions were looked up at a source.
    - ``not_read``: the agents whose interactions were not looked up.
    - ``hint``: the most similar name that the catalogue knows, if it does not know the drug.
    """

    drug: str
    as_written: str
    checked: bool
    against: list[str]
    not_read: list[str]
    results: list[InteractionEntry]
    hint: str
