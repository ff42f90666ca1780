"""Bands of benefit: ranges of months of progression-free survival into which published figures are sorted.

The module decides to which band a figure belongs, whether the figure is firm, and whether it is near the border.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from mmadvisor.catalogue.regimens import Evidence, Rate
from mmadvisor.catalogue.rules import Firm, Ranking


class Figure(NamedTuple):
    """A published progression-free survival, in the form that decides a band.

    - ``median``: ``months`` is the median.
    - ``rate``: ``percent`` were alive without progression after ``months``.
    - ``not-reached``: the median was not reached. ``months`` is the lower limit of its interval; ``None`` without one.
    """

    kind: Literal["median", "rate", "not-reached"]
    months: float | None
    percent: float | None = None

    @property
    def known(self) -> float | None:
        """The months by which the figure gets its band; for a rate below 50 %, just below the months of the rate."""
        if self.months is None or self.percent is None or self.percent >= 50:
            return self.months
        return self.months - 0.1

    @property
    def said(self) -> str:
        """The figure in words."""
        if self.kind == "rate":
            return f"{self.percent:g} % without progression at {self.months:g} months"
        if self.kind == "median":
            return f"median PFS {self.months:g} months"
        return "median PFS not reached" + (f", at least {self.months:g} months" if self.months else "")


@lru_cache(maxsize=2**12)
def figure_of(row: Evidence) -> Figure | None:
    """The progression-free survival of a row: the median if there is one; ``None`` if there is no figure.

    Without a median: the rate, or the lower limit of a median that was not reached, whichever has more months.
    """
    months, rate = row.pfs_months, row.pfs_rate
    if months is not None and months.median is not None:
        return Figure("median", months.median)
    low = months.ci95[0] if months is not None and months.not_reached and months.ci95 else None
    if rate is not None and (low is None or low < rate.months):
        return Figure("rate", rate.months, rate.percent)
    return Figure("not-reached", low) if months is not None and months.not_reached else None


@lru_cache(maxsize=2**12)
def has_figure(row: Evidence) -> bool:
    """Whether a row has a number of months that can be put into a band."""
    figure = figure_of(row)
    return figure is not None and figure.known is not None


class Bands:
    """The bands of benefit of ``ranking``, numbered from 0 (best).

    A regimen without a figure in the catalogue is placed just above the last band (``unknown``).
    """

    def __init__(self, ranking: Ranking) -> None:
        self.limits: Sequence[float] = ranking.benefit_bands_months
        self.firm: Firm = ranking.firm
        self.unknown = len(self.limits)
        self.last = len(self.limits) + 1
        self.best_unless_firm = 1
        self._steps: list[int] = [*range(len(self.limits)), self.last]

    def of_months(self, months: float) -> int:
        """The band of a number of months, without a check whether the figure is firm."""
        return next((i for i, limit in enumerate(self.limits) if months >= limit), self.last)

    def lower(self, place: int, by: int = 1) -> int:
        """The band that is ``by`` bands below ``place``; ``unknown`` stays."""
        if place == self.unknown:
            return place
        steps = self._steps
        return steps[min(steps.index(place) + by, len(steps) - 1)]

    def higher(self, place: int, by: int) -> int:
        """The band that is ``by`` bands above ``place``."""
        steps = self._steps
        return steps[max(steps.index(place) - by, 0)]

    def of(self, row: Evidence) -> tuple[int, str]:
        """The band of a row, and a remark if it is near the border of a band.

        With a median, the median decides. Otherwise the better of two bands: by the progression-free rate, and by the
        lower limit of a median that was not reached.
        """
        months = row.pfs_months
        if months is not None and months.median is not None:
            firm = self._is_firm(months.median, months.ci95[0] if months.ci95 else None)
            return self._capped(self.of_months(months.median), firm=firm), ""
        found: list[tuple[int, str]] = []
        if row.pfs_rate is not None:
            found.append(self._of_rate(row.pfs_rate, row.n))
        low = months.ci95[0] if months is not None and months.not_reached and months.ci95 else None
        if low is not None:
            firm = low >= self.firm.lower_months
            found.append((0 if firm else self._capped(self.of_months(low), firm=False), ""))
        return min(found, default=(self.unknown, ""))

    def _is_firm(self, median: float, low: float | None) -> bool:
        """Whether a median is firm: by the lower limit of its interval; without an interval, by the median."""
        return low >= self.firm.lower_months if low is not None else median >= self.firm.median_months

    def _capped(self, place: int, *, firm: bool) -> int:
        """The band, but not the best band if the figure is not firm."""
        return place if firm else max(place, self.best_unless_firm)

    def _of_rate(self, rate: Rate, n: int | None) -> tuple[int, str]:
        """The band of a progression-free rate, such as 70 % at 24 months.

        If certainly more than half of the patients had no progression by then, the band of 24 months; otherwise the
        band just below 24 months.
        """
        below = self.of_months(rate.months - 0.1)
        if rate.percent < 50:
            return self._capped(below, firm=False), ""
        if self.surely_half(rate, n):
            return self.of_months(rate.months), ""
        return self._capped(below, firm=False), "near the border"

    def surely_half(self, rate: Rate, n: int | None) -> bool:
        """Whether certainly more than half of all patients were alive without progression.

        The lower limit of the confidence interval must be above 50 %. Without an interval, the rate and the number of
        patients must reach one of the ``landmarks``.
        """
        low = rate.ci95[0] if rate.ci95 else None
        if low is not None:
            return low > 50
        return n is not None and any(rate.percent >= m.percent and n >= m.patients for m in self.firm.landmarks)
