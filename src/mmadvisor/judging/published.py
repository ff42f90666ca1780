"""Recommendations and evidence for a regimen that apply to this patient on the day of the decision."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Literal, NamedTuple

from mmadvisor.base.known import Truth, all_of
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.listings import Placement, Setting
from mmadvisor.catalogue.regimens import Evidence, Regimen
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.judging.verdict import Decisions

LEVELS = ("preferred", "recommended", "option")


class Nearest(NamedTuple):
    """The evidence row whose population is nearest to the patient, and how near it is."""

    row: Evidence
    fit: str  # this | unknown | neighbour | other


class Figure(NamedTuple):
    """A published progression-free survival, as far as it decides a band of benefit.

    ``months``: of a median, the median; of a rate, the time after which it was read; of a median that was not reached,
    the lower end of its interval, ``None`` if that was not published. ``percent``: of a rate alone, those without
    progression at that time.
    """

    kind: Literal["median", "rate", "not-reached"]
    months: float | None
    percent: float | None = None

    @property
    def known(self) -> float | None:
        """The months that the median certainly reaches; just below a time at which fewer than half remain."""
        if self.months is None or self.percent is None or self.percent >= 50:
            return self.months
        return self.months - 0.1

    @property
    def said(self) -> str:
        """The figure as a sentence."""
        if self.kind == "rate":
            return f"{self.percent:g} % without progression at {self.months:g} months"
        if self.kind == "median":
            return f"median PFS {self.months:g} months"
        return "median PFS not reached" + (f", at least {self.months:g} months" if self.months else "")


class Published:
    """Placements and evidence for one patient.

    Attributes:
        asked: The questions of settings and of trial populations, as far as they were decided.
    """

    def __init__(self, decisions: Decisions, catalogue: Catalogue, like: Published | None = None) -> None:
        """``like`` is of the same patient, and none of its questions has another answer now."""
        self.decisions = decisions
        self.history = decisions.history
        self.catalogue = catalogue
        self.asked: set[str] = set()
        self._nearest: dict[tuple[str, bool], Nearest | None] = {}
        if like is not None:
            self.settings, self.asked, self._nearest = like.settings, like.asked, like._nearest

    @cached_property
    def settings(self) -> list[str]:
        """The ids of the settings of the patient."""
        return [s.id for s in self.catalogue.settings if self._hold(s.when) is Truth.MET]

    def _hold(self, criteria: Iterable[AnyCriterion]) -> Truth:
        asked = list(criteria)
        self.asked.update(c.question for c in asked)
        return self.decisions.all_hold(asked)

    def placements(self, regimen: Regimen) -> list[Placement]:
        """Current placements of a regimen in the patient's settings, newest first."""
        day = self.history.as_of
        return [p for _, p in self.positions(regimen) if not self.catalogue.retired(p, day)]

    def positions(self, regimen: Regimen) -> list[tuple[Setting, Placement]]:
        """Every placement of a regimen in the patient's settings by the day of the decision, newest first."""
        found = [
            (setting, placement)
            for setting in self.catalogue.settings
            if setting.id in self.settings
            for placement in setting.placements
            if placement.regimen == regimen.id and self.catalogue.placed_by(placement, self.history.as_of)
        ]
        found.sort(key=lambda f: (LEVELS.index(f[1].level), f[1].by))
        found.sort(key=lambda f: f[1].dated, reverse=True)
        return found

    def nearest(self, regimen: Regimen, *, with_benefit: bool = False) -> Nearest | None:
        """The evidence row whose population is nearest to the patient.

        With ``with_benefit`` only rows with progression-free survival count.
        """
        key = (regimen.id, with_benefit)
        if key not in self._nearest:
            rows = self.visible(regimen)
            if with_benefit:
                rows = [row for row in rows if (figure := figure_of(row)) is not None and figure.known is not None]
            self._nearest[key] = self._find_nearest(rows)
        return self._nearest[key]

    def visible(self, regimen: Regimen) -> list[Evidence]:
        """The evidence published by the day of the decision."""
        return self.catalogue.evidence_on(regimen, self.history.as_of)

    def _find_nearest(self, rows: Iterable[Evidence]) -> Nearest | None:
        """The nearest population; among equals the narrower, the better design, one that was read, newer, larger."""
        designs = ("randomised", "pooled", "single-arm", "observational")
        fits = ("this", "neighbour", "unknown", "other")

        def near(found: Nearest) -> tuple[int, int, int, bool, int, int, str]:
            row = found.row
            year = self.catalogue.sources[row.source].year or 0
            unread = row.verified == "unverified"
            return (
                fits.index(found.fit),
                -len(row.when),
                designs.index(row.design),
                unread,
                -year,
                -(row.n or 0),
                row.trial,
            )

        return min((Nearest(row, self._fit(row)) for row in rows), key=near, default=None)

    def _fit(self, row: Evidence) -> str:
        """How the patient fits a trial's population: ``this``, ``neighbour``, ``other`` or ``unknown``."""
        self.asked.update(c.question for c in row.when)
        decided = [(c, self.decisions.of(c).truth) for c in row.when]
        truth = all_of(t for _, t in decided)
        if truth is Truth.MET:
            return "this"
        failing = [c for c, t in decided if t is Truth.NOT_MET]
        if not failing:
            return "unknown"
        if all(c.is_one_line_off(self.history) for c in failing):
            return "neighbour"
        return "other"

    @cached_property
    def outside_trials(self) -> str:
        """The finding that excludes the patient from every trial's population, if there is one."""
        for criterion in self.catalogue.ranking.extrapolated_when:
            self.asked.add(criterion.question)
            finding = self.decisions.of(criterion)
            if finding.truth is Truth.MET:
                return finding.found
        return ""


def figure_of(row: Evidence) -> Figure | None:
    """The progression-free survival of a row: the median, else a rate, else that the median was not reached."""
    months, rate = row.pfs_months, row.pfs_rate
    if months is not None and months.median is not None:
        return Figure("median", months.median)
    if rate is not None:
        return Figure("rate", rate.months, rate.percent)
    if months is not None and months.not_reached:
        return Figure("not-reached", months.ci95[0] if months.ci95 else None)
    return None


def benefit_in_words(nearest: Nearest) -> str:
    """The progression-free survival of a row with its trial, and whether its population differs from the patient."""
    row, figure = nearest.row, figure_of(nearest.row)
    group = f", {row.subgroup}" if row.subgroup else ""
    other = "" if nearest.fit == "this" else ", the nearest population published"
    return f"{figure.said if figure is not None else 'no progression-free survival'}, {row.trial}{group}{other}"
