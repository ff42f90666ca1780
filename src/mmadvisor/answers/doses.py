"""A dose of an agent that depends on facts of the patient, for checklists and the pages of regimens."""

from __future__ import annotations

from mmadvisor.answers.stamps import Cited


class VariantEntry(Cited):
    """One dose that is possible for this patient; without a patient, one dose that is possible for anybody.

    - ``by``: what the dose depends on, such as the age; empty for the dose as the regimen states it.
    - ``when``: the condition for the dose. ``holds``: whether the condition is met: yes or unknown.
    - ``found``: what is known about the condition. ``missing``: the fields that would decide it.
    - ``dose``: the dose; empty if we have not read it.
    """

    by: list[str]
    when: str
    holds: str
    found: str
    missing: list[str]
    dose: str
    days: str
    note: str
    source: str
    verified: str
