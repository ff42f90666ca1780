"""Doses and schedules that depend on facts of the patient, for checklists and the pages of regimens."""

from __future__ import annotations

from typing import Literal

from mmadvisor.answers.stamps import Cited

Status = Literal["proposed", "possible", "other"]


class ConditionEntry(Cited):
    """One condition for which a schedule is proposed, with its own source."""

    text: str
    source: str
    verified: str


class ScheduleEntry(Cited):
    """One schedule of a regimen that has several, such as weekly bortezomib.

    - ``usual``: whether it is the usual schedule.
    - ``status``: ``proposed`` if it is the only one that is possible; ``possible`` if others are too, because facts are
      missing or because two are called for; otherwise ``other``.
    - ``when``: the patients for whom it is proposed; empty for the usual one, and if nothing calls for it.
    - ``conditions``: each condition of these patients, with its source.
    - ``holds``: whether the patient is one of them: yes, no or unknown; empty without ``when``.
    - ``found``: what is known about the condition. ``missing``: the fields that would decide it.
    - ``cycle_days``: the length of its cycles; null if there are no cycles.
    """

    name: str
    usual: bool
    status: Status
    when: str
    conditions: list[ConditionEntry]
    holds: str
    found: str
    missing: list[str]
    cycle_days: int | None
    note: str
    source: str
    verified: str


class VariantEntry(Cited):
    """One dose that is possible for this patient; without a patient, one dose that is possible for anybody.

    - ``by``: what the dose depends on, such as the age; empty for the dose as the regimen states it.
    - ``when``: the condition for the dose. ``holds``: whether the condition is met: yes or unknown; no
      for the dose of a schedule that is not proposed.
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
