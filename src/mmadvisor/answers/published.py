"""Published results as rows of an answer: figures, trials, benchmarks, and sequences of treatments.

A key is left out if the source does not give it.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class MonthsEntry(TypedDict):
    """A survival time in months; an end of ``ci95`` is null if it was not reached or is not known."""

    median: float | None
    ci95: NotRequired[list[float | None]]
    not_reached: NotRequired[bool]
    control: NotRequired[float]
    hr: NotRequired[float]
    hr_ci95: NotRequired[list[float | None]]


class RateEntry(TypedDict):
    """The percentage without progression after a number of months, and that of the control arm."""

    months: float
    percent: float
    ci95: NotRequired[list[float | None]]
    control: NotRequired[float]


class EvidenceEntry(Cited):
    """One row of evidence for a regimen: one trial in one population."""

    trial: str
    design: str
    population: str
    source: str
    verified: str
    nct: NotRequired[str]
    subgroup: NotRequired[str]
    versus: NotRequired[str]
    against: NotRequired[list[str]]
    pools: NotRequired[list[str]]
    """The numbers of the trials whose patients a pooled result contains."""
    begun: NotRequired[int]
    earlier_lines_median: NotRequired[float]
    n: NotRequired[int]
    orr_percent: NotRequired[float]
    cr_percent: NotRequired[float]
    pfs_months: NotRequired[MonthsEntry]
    pfs_rate: NotRequired[RateEntry]
    os_months: NotRequired[MonthsEntry]
    dor_months: NotRequired[MonthsEntry]
    followup_months: NotRequired[float]
    note: NotRequired[str]
    arm: NotRequired[str]
    """`tested`, or `control` if the regimen was the control of the trial."""
    beside: NotRequired[str]
    """Why the row may not be used for the ranking, such as `topline`; empty if it may be used."""
    outside: NotRequired[dict[str, str]]
    """For each trait, whether the trial took patients with it, in the words of `Study.outside`, such as `in`."""


class OptionEvidence(EvidenceEntry):
    """A row of evidence for an option; ``nearest`` marks the row whose population is nearest to the patient."""

    nearest: bool


class BenchmarkEntry(Cited):
    """The result of standard care in a population, for comparison with the options."""

    id: str
    trial: str
    population: str
    source: str
    verified: str
    orr_percent: NotRequired[float]
    pfs_months: NotRequired[MonthsEntry]
    os_months: NotRequired[MonthsEntry]
    note: NotRequired[str]


class SequenceEntry(Cited):
    """The published result of one treatment after another; ``as_bridge``: the first was a bridge to the second."""

    id: str
    after: list[str]
    never: NotRequired[list[str]]
    as_bridge: bool
    then: list[str]
    trial: str
    design: str
    population: str
    source: str
    verified: str
    n: NotRequired[int]
    orr_percent: NotRequired[float]
    cr_percent: NotRequired[float]
    pfs_months: NotRequired[MonthsEntry]
    os_months: NotRequired[MonthsEntry]
    note: NotRequired[str]
