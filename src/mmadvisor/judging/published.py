"""Recommendations and evidence for a regimen that apply to this patient on the day of the decision."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from mmadvisor.base.known import Truth, span
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.listings import Placement, Setting
from mmadvisor.catalogue.regimens import Evidence, Regimen
from mmadvisor.judging.access import Approval
from mmadvisor.judging.benefit import Benefit
from mmadvisor.judging.head_to_head import HeadToHead
from mmadvisor.judging.here import Here
from mmadvisor.judging.nearest import Choosing, Nearest
from mmadvisor.judging.verdict import Decisions

LEVELS = ("preferred", "recommended", "option")
# What recommends; a review restates, and a payer decides who pays.
_GUIDES = ("guideline", "consensus")


class Published:
    """Recommendations (placements) and evidence for one patient.

    Attributes:
        here: The test whether a trial took such patients.
        benefit: The band of each regimen.
        head_to_head: The results of trials that compared two regimens in such patients.
    """

    def __init__(self, decisions: Decisions, catalogue: Catalogue, like: Published | None = None) -> None:
        """``like``: the same object for a patient of whom no used question has changed; its results are reused."""
        self.decisions = decisions
        self.history = decisions.history
        self.catalogue = catalogue
        self.here: Here = Here(decisions, catalogue, like.here if like else None)
        self.settings: list[str] = like.settings if like else self._settings()
        self.ordering = [s for s in catalogue.settings if s.orders_by_placement and s.id in self.settings]
        self.choosing: Choosing = Choosing(self.here, self.ordering, like.choosing if like else None)
        self.benefit: Benefit = Benefit(self.here, self.choosing, like.benefit if like else None)
        self.head_to_head: HeadToHead = HeadToHead(self.here, like.head_to_head if like else None)
        self._tested: dict[str, Nearest | None] = dict(like._tested) if like else {}
        self._counted: dict[str, list[Placement]] = like._counted if like else {}

    def _settings(self) -> list[str]:
        """The ids of the settings of this patient."""
        return [s.id for s in self.catalogue.settings if self.here.holds(s.when) is Truth.MET]

    @property
    def asked(self) -> set[str]:
        """The questions of settings and trial populations that were used so far."""
        return self.here.asked

    def placements(self, regimen: Regimen) -> list[Placement]:
        """The current recommendations of a regimen in the patient's settings, newest first."""
        day = self.history.as_of
        return [p for _, p in self.positions(regimen) if not self.catalogue.retired(p, day)]

    def counted(self, regimen: Regimen) -> list[Placement]:
        """The recommendations that decide an order, newest first: of guidelines and consensus papers, and not too old.

        In a setting that orders by placement, only recommendations for such settings count. If no guideline or
        consensus recommends there, a review or a choice of this project counts.
        """
        if regimen.id not in self._counted:
            found = [p for p in self._current(regimen) if self._counts(p)]
            guides = [p for p in found if p.kind in _GUIDES]
            self._counted[regimen.id] = guides if guides or not self.ordering else found
        return self._counted[regimen.id]

    def _current(self, regimen: Regimen) -> list[Placement]:
        if not self.ordering:
            return self.placements(regimen)
        mine = {s.id for s in self.ordering}
        day = self.history.as_of
        return [p for s, p in self.positions(regimen) if s.id in mine and not self.catalogue.retired(p, day)]

    def _counts(self, placement: Placement) -> bool:
        speaks = placement.kind in _GUIDES or (bool(self.ordering) and placement.kind != "payer")
        return speaks and self.is_recent(placement)

    def is_recent(self, placement: Placement) -> bool:
        """Whether a recommendation is recent enough on the day of the decision to decide an order."""
        return self._counts_on(span(placement.dated).latest)

    def supports(self, regimen: Regimen, approval: Approval) -> bool:
        """Whether a recent text supports a regimen without a label.

        A guideline or consensus that places it for this patient, or the text by which it is supported in the
        jurisdiction.
        """
        by_text = approval.status == "guideline-supported" and self.is_recent_text(approval.source)
        return by_text or bool(self.counted(regimen))

    def is_recent_text(self, source: str) -> bool:
        """Whether a source is recent enough on the day of the decision; a choice of this project has no day."""
        day = self.catalogue.known_by(source)
        return bool(day) and self._counts_on(span(day).latest)

    def _counts_on(self, day: date) -> bool:
        age = months_between(day, self.history.as_of)
        return age <= self.catalogue.ranking.placement_counts_for_months

    def why_not_placed(self, regimen: Regimen) -> str:
        """Why no recommendation counts: there is none, none by that day, or only old ones."""
        if self.placements(regimen):
            years = self.catalogue.ranking.placement_counts_for_months / 12
            return f"no guideline or consensus of the last {years:g} years that was read places it here"
        settings = [s for s in self.catalogue.settings if s.id in self.settings]
        if any(p.regimen == regimen.id for s in settings for p in s.placements):
            return f"no open guideline placed it here by {self.history.as_of.isoformat()}"
        return "no open guideline in the catalogue places it here"

    def positions(self, regimen: Regimen) -> list[tuple[Setting, Placement]]:
        """Every recommendation of a regimen in the patient's settings up to the day of the decision, newest first."""
        found = [
            (setting, placement)
            for setting in self._mine
            for placement in setting.placements
            if placement.regimen == regimen.id and self.catalogue.placed_by(placement, self.history.as_of)
        ]
        found.sort(key=lambda f: (LEVELS.index(f[1].level), f[1].by))
        found.sort(key=lambda f: f[1].dated, reverse=True)
        return found

    @cached_property
    def _mine(self) -> list[Setting]:
        mine = set(self.settings)
        return [s for s in self.catalogue.settings if s.id in mine]

    def visible(self, regimen: Regimen) -> list[Evidence]:
        """The evidence for a regimen that was published by the day of the decision."""
        return self.catalogue.evidence_on(regimen, self.history.as_of)

    def tested(self, regimen: Regimen) -> Nearest | None:
        """The row by which the evidence for a regimen is judged: the row of its benefit, otherwise the nearest row."""
        if regimen.id not in self._tested:
            read = self.benefit.of(regimen)
            own = None if read.borrowed else read.nearest
            self._tested[regimen.id] = own or self.choosing.tested(regimen)
        return self._tested[regimen.id]

    @property
    def unnumbered(self) -> bool:
        """Whether only recommendations could decide the order, and there are none; the options then get no numbers."""
        return bool(self.ordering) and not any(
            self.counted(r) for r in self.catalogue.regimens if r.uses != ("debulking",)
        )


def months_between(then: date, now: date) -> int:
    """The difference between two days in calendar months; the day of the month is ignored."""
    return (now.year - then.year) * 12 + now.month - then.month
