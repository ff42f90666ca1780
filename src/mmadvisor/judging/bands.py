"""From a published figure to a band of benefit: when a figure is firm, and when it lies near the border."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from mmadvisor.catalogue.regimens import Evidence, Rate
from mmadvisor.catalogue.rules import Firm, Ranking


class Figure(NamedTuple):
    """A published progression-free survival, as far as it decides a band.

    ``median`` in months; of a ``rate`` the percent without progression at so many months; of a median that was
    ``not-reached`` the lower end of its interval, where there is one.
    """

    kind: Literal["median", "rate", "not-reached"]
    months: float | None
    percent: float | None = None

    @property
    def known(self) -> float | None:
        """The months that the median is known to reach; one that less than half reached lies just below."""
        if self.months is None or self.percent is None or self.percent >= 50:
            return self.months
        return self.months - 0.1

    @property
    def said(self) -> str:
        """In words."""
        if self.kind == "rate":
            return f"{self.percent:g} % without progression at {self.months:g} months"
        if self.kind == "median":
            return f"median PFS {self.months:g} months"
        return "median PFS not reached" + (f", at least {self.months:g} months" if self.months else "")


def figure_of(row: Evidence) -> Figure | None:
    """The progression-free survival that a row gives: the median, else what reaches further.

    That is a rate, or that the median was not reached, by the lower end of its interval.
    """
    months, rate = row.pfs_months, row.pfs_rate
    if months is not None and months.median is not None:
        return Figure("median", months.median)
    low = months.ci95[0] if months is not None and months.not_reached and months.ci95 else None
    if rate is not None and (low is None or low < rate.months):
        return Figure("rate", rate.months, rate.percent)
    return Figure("not-reached", low) if months is not None and months.not_reached else None


def has_figure(row: Evidence) -> bool:
    """Whether a row gives months that can be put into a band."""
    figure = figure_of(row)
    return figure is not None and figure.known is not None


class Bands:
    """The bands of ``ranking``, best first: the values of the comparison of benefit.

    The place of what is not in the catalogue lies just before the last band.
    """

    def __init__(self, ranking: Ranking) -> None:
        self.limits: Sequence[float] = ranking.benefit_bands_months
        self.firm: Firm = ranking.firm
        self.unknown = len(self.limits)
        self.last = len(self.limits) + 1
        self._steps: list[int] = [*range(len(self.limits)), self.last]

    def of_months(self, months: float) -> int:
        """The band of a number of months, firm or not."""
        return next((i for i, limit in enumerate(self.limits) if months >= limit), self.last)

    def lower(self, place: int, by: int = 1) -> int:
        """The band so many below; what is not in the catalogue stays where it is."""
        if place == self.unknown:
            return place
        steps = self._steps
        return steps[min(steps.index(place) + by, len(steps) - 1)]

    def higher(self, place: int, by: int) -> int:
        """The band so many above."""
        steps = self._steps
        return steps[max(steps.index(place) - by, 0)]

    def of(self, row: Evidence) -> tuple[int, str]:
        """The band of a row, and what must be said of it where it lies near the border.

        The best that its median, its share without progression or the lower limit of its median allow.
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
        """Whether a median of the best band is firm: by its lower limit, without one by itself."""
        return low >= self.firm.lower_months if low is not None else median >= self.firm.median_months

    def _capped(self, place: int, *, firm: bool) -> int:
        """The best band is for what is firm; what is not stands in the next one."""
        return place if firm else max(place, 1)

    def _of_rate(self, rate: Rate, n: int | None) -> tuple[int, str]:
        """Of a share without progression: the band of its months only where it is surely more than half."""
        below = self.of_months(rate.months - 0.1)
        if rate.percent < 50:
            return self._capped(below, firm=False), ""
        if self.surely_half(rate, n):
            return self.of_months(rate.months), ""
        return self._capped(below, firm=False), "near the border"

    def surely_half(self, rate: Rate, n: int | None) -> bool:
        """Whether more than half were surely without progression: by the interval, else by share and number."""
        low = rate.ci95[0] if rate.ci95 else None
        if low is not None:
            return low > 50
        return n is not None and any(rate.percent >= m.percent and n >= m.patients for m in self.firm.landmarks)
