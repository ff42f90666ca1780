"""Whether treatment can wait until an option can be given, such as for the manufacture of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from mmadvisor.base.known import Bounds, Truth
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import LeadTime
from mmadvisor.history.history import History
from mmadvisor.judging.results import OFFERED
from mmadvisor.judging.verdict import Assessment
from mmadvisor.judging.washout import Pause, pauses, weeks_to_infusion

_NO_BRIDGE = "no bridge at once: none is open of classes that have not failed, and spares the T cells"


class _Making(NamedTuple):
    """The weeks until an option can be given: its manufacture alone, and with the wash-outs before it.

    ``at_best``, ``usual`` and ``at_most`` are for the fewest, the usual and the most weeks of manufacture.
    """

    lead: LeadTime
    at_best: float
    usual: float
    at_most: float

    @property
    def idle(self) -> float:
        """The weeks that wash-outs add to the usual manufacture; days were added as fractions of weeks."""
        return round(self.usual - self.lead.usual, 6)

    @property
    def said(self) -> str:
        """The weeks of manufacture and of wash-outs, in words."""
        more = f", and {self.idle:.0f} more for wash-outs" if self.idle >= 0.5 else ""
        if self.lead.median is None:
            return f"up to {self.lead.high:g} weeks of manufacture{more}"
        return f"{self.lead.median:g} weeks of manufacture at the median, {self.lead.high:g} at most{more}"


class Starting:
    """When the options of one patient can start.

    A bridge controls the disease while cells are made. Wash-outs before the collection of cells must be waited out, and
    so must wash-outs that are longer than the manufacture.
    """

    def __init__(self, assessments: Sequence[Assessment], history: History, catalogue: Catalogue) -> None:
        self.assessments = assessments
        self.history = history
        self.catalogue = catalogue
        self.limits = catalogue.ranking

    def in_time(self, option: Assessment) -> tuple[int, str]:
        """The value in the comparison of starting in time (0 is best), and the reason."""
        lead = option.regimen.lead_time_weeks
        if lead is None:
            return 0, "can start at once"
        making = _Making(
            lead,
            self._weeks_to_infusion(lead.low).low or 0,
            self._weeks_to_infusion(lead.usual).high or 0,
            self._weeks_to_infusion(lead.high).high or 0,
        )
        wait = self.history.patient.get("access.can_wait_weeks")
        tempo = self.history.patient.get("disease.relapse.tempo")
        if wait is not None:
            return self._within(wait, making)
        if tempo is None:
            return 1, f"{making.said}; how long treatment can wait is not recorded"
        if tempo == "indolent":
            return (
                0 if making.idle < self.limits.rapid_lead_time_weeks else 1,
                f"{making.said}, and the relapse is indolent",
            )
        return self._in_rapid_relapse(making)

    def _within(self, wait: float, making: _Making) -> tuple[int, str]:
        """The value and the reason, if it is recorded how many weeks treatment can wait."""
        why = f"{making.said}, and treatment can wait {wait:g}"
        if round(making.at_most, 6) <= wait:
            return 0, why
        if making.idle > wait:
            return 2, f"{why}: the wash-outs alone take longer"
        if self._bridge is not None:
            return 0, f"{why}, bridged with {self._bridge}"
        # It takes weeks to see whether a T-cell-redirecting drug, or a newer agent of a failed class, works.
        if self._late_bridge is not None and wait >= making.lead.low:
            return 0, f"{why}, bridged with {self._late_bridge}"
        if round(making.at_best, 6) <= wait:
            return 1, f"{why}: enough only if it is made in {making.lead.low:g}"
        return 2, f"{why}, and {_NO_BRIDGE}"

    def _in_rapid_relapse(self, making: _Making) -> tuple[int, str]:
        """The value and the reason in a rapid relapse, by the weeks that such a relapse allows."""
        why = f"{making.said} in a rapid relapse"
        if making.at_most < self.limits.rapid_lead_time_weeks:
            return 0, why
        if making.idle > self.limits.rapid_lead_time_weeks:
            return 2, f"{why}: the wash-outs alone take longer"
        if self._bridge is not None:
            return 0, f"{why}, bridged with {self._bridge}"
        return 2, f"{why}, and {_NO_BRIDGE}"

    def turning_points(self) -> Iterator[float]:
        """The numbers of weeks of waiting at which the result for an option changes."""
        for assessment in self.assessments:
            lead = assessment.regimen.lead_time_weeks
            for weeks in (lead.low, lead.usual, lead.high) if lead is not None else ():
                needed = self._weeks_to_infusion(weeks)
                yield from {needed.low or 0, needed.high or 0, (needed.high or 0) - weeks}

    def _weeks_to_infusion(self, weeks: float) -> Bounds:
        return weeks_to_infusion(self._pauses, self.history.today.earliest, weeks)

    @cached_property
    def _pauses(self) -> list[Pause]:
        return pauses(self.history, self.catalogue)

    # Why: docs/explanation/car-t.md#which-bridge-counts
    @cached_property
    def _bridge(self) -> str | None:
        """A regimen that controls the disease from its first week until cells arrive, and spares T cells.

        It is conventional, and the disease is not refractory to any of its classes. ``None`` if there is none.
        """
        is_refractory_to = self.history.is_refractory_to
        return self._bridging(
            lambda o: (
                o.regimen.modality == "conventional"
                and all(is_refractory_to(c) is Truth.NOT_MET for c in self._classes(o))
            )
        )

    @cached_property
    def _late_bridge(self) -> str | None:
        """A bridge of any modality without a doubtful component; ``None`` if there is none."""
        return self._bridging(lambda o: all(r.finding.truth is Truth.MET for r in o.undoubted))

    def _bridging(self, holds: Callable[[Assessment], bool]) -> str | None:
        """The first offered regimen that can start now, spares T cells, and for which ``holds`` is true.

        If there is none, the first such regimen that only waits for something that passes, because the cells need time
        too.
        """
        deferred = None
        for option in self.assessments:
            if option.verdict not in (*OFFERED, "deferred") or option.regimen.lead_time_weeks is not None:
                continue
            classes = self._classes(option)
            if not classes or not classes.isdisjoint(self.limits.bridges_without) or not holds(option):
                continue
            if option.verdict in OFFERED:
                return option.regimen.id
            deferred = deferred or f"{option.regimen.id} once it may start"
        return deferred

    def _classes(self, option: Assessment) -> set[str]:
        agents = [self.catalogue.formulary.by_id[a] for a in option.regimen.agent_ids]
        return {c for a in agents if not a.steroid for c in a.classes}
