"""Which row of evidence represents a regimen for one patient. The choice never depends on the figure of the row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from mmadvisor.catalogue.listings import Setting
from mmadvisor.catalogue.regimens import Evidence, Regimen
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.judging.bands import figure_of, has_figure
from mmadvisor.judging.here import FITS, Fit, Here, carry, names

DESIGNS = ("randomised", "pooled", "single-arm", "observational")
# What a subgroup must be made by to decide: how it was treated before and what that failed, in how many lines.
_DECIDING = (
    "refractory",
    "refractory-count",
    "prior-lines",
    "exposed",
    "progressed-on-last",
    "state",
    "not-refractory",
)


class Nearest(NamedTuple):
    """The row of evidence that is nearest to the patient, and how well it matches."""

    row: Evidence
    fit: Fit


class Choosing:
    """Chooses rows of evidence for one patient.

    ``settings``: the patient's settings that order by placement. In such a setting only rows for that setting count.
    """

    def __init__(self, here: Here, settings: Sequence[Setting] = (), like: Choosing | None = None) -> None:
        self.here = here
        carry(self, like, "_larger_here")
        self.limits = here.catalogue.ranking
        self._of_settings = [{c.question for c in s.when if c.type != "state"} for s in settings]

    # --- what orders --------------------------------------------------------------------------

    def ordering(self, regimen: Regimen) -> list[Evidence]:
        """The rows for the patient's state that may decide a band; other rows are only shown."""
        rows = self.here.of_state(regimen)
        return [row for row in rows if has_figure(row) and self.orders(row, rows)]

    def orders(self, row: Evidence, rows: Sequence[Evidence]) -> bool:
        """Whether a row may decide a band.

        It may not if it is a topline result, a network comparison, a subgroup that is small or of another kind, or a
        very small single-arm series.
        """
        if row.beside or (row.subgroup and not self.subgroup_decides(row, rows)):
            return False
        if self._of_settings and not self._names_a_setting(row):
            return False
        return not self.too_few(row) or not self._larger_here

    def _names_a_setting(self, row: Evidence) -> bool:
        """Whether a row is of patients in one of the settings: it has all criteria of the setting."""
        asked = {c.question for c in row.when}
        return any(setting <= asked for setting in self._of_settings)

    def subgroup_decides(self, row: Evidence, rows: Sequence[Evidence]) -> bool:
        """Whether a subgroup is defined by refractoriness, earlier drugs or lines, and is not too small."""
        if row.n is not None and row.n < self.limits.subgroup_from:
            return False
        whole = {c.question for r in rows if same_trial(r, row) and not r.subgroup for c in r.when}
        own = [c for c in row.when if c.question not in whole]
        return bool(own) and all(kind in _DECIDING for c in own for kind in _kinds(c))

    def too_few(self, row: Evidence) -> bool:
        """Whether a result without a control group has too few patients."""
        alone = row.design in ("single-arm", "observational")
        return alone and row.n is not None and row.n < self.limits.too_few

    @cached_property
    def _larger_here(self) -> bool:
        """Whether any regimen has a result in patients like this one with enough patients."""
        return any(
            has_figure(row) and not row.beside and not self.too_few(row) and self.here.fit(row, regimen).takes
            for regimen in self.here.catalogue.regimens
            for row in self.here.of_state(regimen)
        )

    def uncertain(self, row: Evidence) -> bool:
        """Whether a row may only lower a band.

        This is a row that nobody has looked up at its source, or a subgroup of unknown size.
        """
        return row.verified == "unverified" or bool(row.subgroup and row.n is None)

    # --- after a drug against the same target ---------------------------------------------------

    def tested_after_its_target(self, regimen: Regimen) -> bool:
        """Whether a regimen was tested in patients who had been treated against its targets, as this patient was.

        A row counts if all of its patients had been treated so, if it has a response or a progression-free survival,
        and if it may decide an order otherwise.
        """
        held = {c for a in regimen.agent_ids for c in self.here.catalogue.formulary.by_id[a].classes}
        of_targets = [t for t in self.here.alike if any(not held.isdisjoint(c.tokens()) for c in t.when)]
        rows = [row for row in self.here.of_state(regimen) if self._shows_effect(row)]
        return bool(of_targets) and all(
            any(names(row, trait) and not self.here.fit(row, regimen).extrapolated for row in rows)
            for trait in of_targets
        )

    def _shows_effect(self, row: Evidence) -> bool:
        measured = row.orr_percent is not None or has_figure(row)
        return measured and not row.beside and not self.too_few(row) and row.verified != "unverified"

    # --- the nearest --------------------------------------------------------------------------

    def nearest(self, regimen: Regimen, rows: Iterable[Evidence]) -> Nearest | None:
        """The row that represents a regimen: the ``middle`` of the rows that match best; ``None`` without rows."""
        found = [Nearest(row, self.here.fit(row, regimen)) for row in rows]
        if not found:
            return None
        best = min(map(self._near, found))
        return middle(n for n in found if self._near(n) == best)

    def _near(self, found: Nearest) -> tuple[int, bool, int, int, int]:
        """A sort key: match, verified before unverified, fewest mismatches, refractoriness named, design."""
        row, fit = found
        named = sum(c.type == "refractory" for c in row.when)
        return FITS.index(fit.kind), self.uncertain(row), fit.misfits, -named, DESIGNS.index(row.design)

    def lowering(self, nearest: Nearest, regimen: Regimen, rows: Iterable[Evidence]) -> list[Nearest]:
        """The uncertain rows of the same trial that match at least as well; they may lower the band."""
        found = (Nearest(row, self.here.fit(row, regimen)) for row in rows if row is not nearest.row)
        rank = FITS.index(nearest.fit.kind)
        return [
            n
            for n in found
            if self.uncertain(n.row) and same_trial(n.row, nearest.row) and FITS.index(n.fit.kind) <= rank
        ]

    def tested(self, regimen: Regimen) -> Nearest | None:
        """The row by which the evidence is judged, with or without a figure.

        A row in which the regimen was tested is preferred to a row in which it was the control arm.
        """
        rows = self.here.of_state(regimen)
        rows = [row for row in rows if not row.beside and not (row.subgroup and not self.subgroup_decides(row, rows))]
        tested = self._narrowest(regimen, [row for row in rows if row.arm == "tested"])
        if tested is not None and tested.fit.kind in ("this", "neighbour"):
            return tested
        return self._narrowest(regimen, rows)

    def _narrowest(self, regimen: Regimen, rows: Iterable[Evidence]) -> Nearest | None:
        """The nearest row: by match, then design, verified, narrower population, more patients."""

        def near(found: Nearest) -> tuple[int, int, int, bool, int, int, str]:
            row, fit = found
            return (
                FITS.index(fit.kind),
                fit.misfits,
                DESIGNS.index(row.design),
                row.verified == "unverified",
                -len(row.when),
                -(row.n or 0),
                row.trial,
            )

        return min((Nearest(row, self.here.fit(row, regimen)) for row in rows), key=near, default=None)


def _kinds(criterion: AnyCriterion) -> Iterator[str]:
    """The types of a criterion's parts; the type of a negated part begins with ``not-``."""
    if criterion.type == "not":
        yield from (f"not-{kind}" for kind in _kinds(criterion.criterion))
    elif criterion.type in ("any", "all"):
        for part in criterion.criteria:
            yield from _kinds(part)
    else:
        yield criterion.type


def same_trial(one: Evidence, other: Evidence) -> bool:
    """Whether two rows are of one trial: by registration number, otherwise by name."""
    return one.nct == other.nct if one.nct and other.nct else one.trial == other.trial


def middle(alike: Iterable[Nearest]) -> Nearest:
    """The middle of rows that match equally well, by the months of their figures; only one row of each trial counts.

    Of two middle rows, the row with more patients.
    """
    by_trial: dict[str, Nearest] = {}
    for found in sorted(alike, key=lambda n: (len(n.row.when), n.row.trial, n.row.subgroup)):
        by_trial[found.row.nct or found.row.trial] = found
    ordered = sorted(by_trial.values(), key=lambda n: (_months(n), n.row.trial))
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return max(ordered[half - 1 : half + 1], key=lambda n: n.row.n or 0)


def _months(found: Nearest) -> float:
    figure = figure_of(found.row)
    return (figure.known if figure is not None else None) or 0
