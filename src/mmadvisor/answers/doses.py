"""A dose of an agent by a fact of the patient, as checklists and the pages of regimens show it."""

from __future__ import annotations

from mmadvisor.answers.stamps import Cited


class VariantEntry(Cited):
    """One dose that is possible for this patient, or for anybody where no patient is given.

    - ``by``: what it depends on; empty for the dose as written. ``when``: its condition.
    - ``holds``: yes or unknown. ``found``: what is known of it. ``missing``: the fields that would settle it.
    - ``dose``: empty if it was not read.
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
