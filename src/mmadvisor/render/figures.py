"""Published figures in words: whose they are, their interval, the design, and the control group of the same trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmadvisor.answers.published import EvidenceEntry
    from mmadvisor.answers.recommendation import NearestBenefit

NOT_COMPARED = "Rows of different trials are not compared: their patients differ"
_DESIGNS = {"randomised": "randomised trial", "single-arm": "single arm", "pooled": "pooled", "observational": "cohort"}


def who(e: EvidenceEntry) -> str:
    """A trial, its subgroup and its design."""
    return f"{e['trial']}{', ' + e['subgroup'] if 'subgroup' in e else ''} ({e['design']})"


def interval_alone(row: EvidenceEntry | NearestBenefit) -> str:
    """The interval of a published progression-free survival; empty if there is none."""
    months = row.get("pfs_months")
    low, high = months["ci95"] if months and "ci95" in months else (None, None)
    if low is None and high is None:
        return ""
    return f"95 % interval {'?' if low is None else f'{low:g}'} to {'not reached' if high is None else f'{high:g}'}"


def interval(row: EvidenceEntry | NearestBenefit) -> str:
    """A published progression-free survival with its interval."""
    median = row["pfs_months"]["median"]
    said = "not reached" if median is None else f"{median:g} months"
    return f"{said}, {interval_alone(row)}" if interval_alone(row) else said


def of_design(row: EvidenceEntry | NearestBenefit) -> str:
    """The design of a study, and the result of its own control group; or that it had none."""
    control = own_control(row) or ("no control group" if row["design"] == "single-arm" else "")
    return ", ".join(filter(None, [_DESIGNS.get(row["design"], row["design"]), control]))


def own_control(row: EvidenceEntry | NearestBenefit | None) -> str:
    """The progression-free survival of the control group of the same trial; empty if it is not in the catalogue.

    If the row is shown by a rate, the rate of the control group, if there is one.
    """
    if row is None:
        return ""
    rate, months = row.get("pfs_rate", {}).get("control"), row.get("pfs_months", {}).get("control")
    figure = row.get("figure")
    by_rate = isinstance(figure, dict) and figure["kind"] == "rate"
    if rate is not None and (by_rate or months is None):
        return f"control {rate:g} %"
    return f"control {months:g} mo" if months is not None else ""
