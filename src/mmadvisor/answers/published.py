"""What was published, as rows of an answer: figures, trials, benchmarks, outcomes of one treatment after another.

A key that a source does not give is left out.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class MonthsEntry(TypedDict):
    """A survival in months; an end of ``ci95`` is null where it was not reached, or not read."""

    median: float | None
    ci95: NotRequired[list[float | None]]
    not_reached: NotRequired[bool]
    control: NotRequired[float]
    hr: NotRequired[float]
    hr_ci95: NotRequired[list[float | None]]


class RateEntry(TypedDict):
    """The percent without progression at so many months, and that of the control arm."""

    months: float
    percent: float
    control: NotRequired[float]


class EvidenceEntry(Cited):
    """One row of evidence of a regimen."""

    trial: str
    design: str
    population: str
    source: str
    verified: str
    nct: NotRequired[str]
    subgroup: NotRequired[str]
    versus: NotRequired[str]
    n: NotRequired[int]
    orr_percent: NotRequired[float]
    cr_percent: NotRequired[float]
    pfs_months: NotRequired[MonthsEntry]
    pfs_rate: NotRequired[RateEntry]
    os_months: NotRequired[MonthsEntry]
    dor_months: NotRequired[MonthsEntry]
    followup_months: NotRequired[float]
    note: NotRequired[str]
    outside: NotRequired[dict[str, str]]
    """For each trait whether the trial took such patients: `in`, `left-out`, `before-its-time` or `not-told`."""
    against: NotRequired[list[str]]
    """Regimens of the control arm."""
    earlier_lines_median: NotRequired[float]


class OptionEvidence(EvidenceEntry):
    """A row of evidence of an option; ``nearest``: of all of them it is the nearest to the patient."""

    nearest: bool


class BenchmarkEntry(Cited):
    """What standard care achieved in a population, to hold options against."""

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
    """What was published of one treatment after another; ``as_bridge``: the earlier one held the disease for it."""

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
