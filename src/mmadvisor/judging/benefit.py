"""The expected duration of disease control by a regimen in one patient: a band, and how it was obtained."""

from __future__ import annotations

from functools import cached_property
from statistics import median_low
from typing import NamedTuple

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.catalogue.rules import Trait
from mmadvisor.judging.bands import Bands, figure_of, has_figure
from mmadvisor.judging.here import Here, carry, names
from mmadvisor.judging.nearest import Choosing, Nearest


class Reading(NamedTuple):
    """A band of benefit with its explanation.

    ``place``: the number of the band; 0 is the best. ``nearest``: the row of evidence on which it rests. ``firm``: the
    band is the published result of a trial that took such patients; it is not extrapolated, borrowed or capped.
    ``borrowed``: the regimen has no figure of its own; band and row are those of drugs of its target and modality.
    """

    place: int
    because: str
    source: str = ""
    nearest: Nearest | None = None
    firm: bool = False
    borrowed: bool = False

    def lowered(self, place: int, why: str) -> Reading:
        """The reading in a lower band, with the reason; unchanged if ``place`` is not lower."""
        if place <= self.place:
            return self
        return self._replace(place=place, because=f"{self.because}; {why}", firm=False)


class Benefit:
    """The bands of the regimens for one patient, as far as they depend on what was published."""

    def __init__(self, here: Here, choosing: Choosing, like: Benefit | None = None) -> None:
        self.here = here
        self.choosing = choosing
        self.catalogue = here.catalogue
        self.bands = Bands(here.catalogue.ranking)
        self._read: dict[str, Reading] = dict(like._read) if like else {}
        self._nearest: dict[str, Nearest | None] = dict(like._nearest) if like else {}
        carry(self, like, "_measured", "_alone", "_cap_holds", "_routine_care")

    def of(self, regimen: Regimen) -> Reading:
        """The band of a regimen, before doubtful drugs lower it."""
        if regimen.id not in self._read:
            own = self._borrowed(regimen, self._own(regimen))
            self._read[regimen.id] = self._capped(regimen, self._like_for_like(regimen, own))
        return self._read[regimen.id]

    def nearest(self, regimen: Regimen) -> Nearest | None:
        """The row of the regimen's own evidence that decides its band; ``None`` if no row may decide.

        A row that nobody has looked up never decides; it may only lower (``Choosing.lowering``).
        """
        if regimen.id not in self._nearest:
            read = [row for row in self.choosing.ordering(regimen) if row.verified != "unverified"]
            self._nearest[regimen.id] = self.choosing.nearest(regimen, read)
        return self._nearest[regimen.id]

    # --- its own figure -----------------------------------------------------------------------

    def _own(self, regimen: Regimen) -> Reading:
        """The band by the nearest row that may decide; one band lower if its trial left such patients out."""
        nearest = self.nearest(regimen)
        if nearest is None:
            return Reading(self.bands.unknown, self._nothing(regimen))
        place, near = self.bands.of(nearest.row)
        said = f"{in_words(nearest)}{f' ({near})' if near else ''}"
        own = Reading(place, said, nearest.row.source, nearest, firm=nearest.fit.takes)
        if nearest.fit.extrapolated:
            own = own.lowered(self.bands.lower(place), f"read one band lower: {'; '.join(nearest.fit.because)}")
            own = own._replace(firm=False)
        return self._recalled(own, nearest, regimen)

    def _recalled(self, own: Reading, nearest: Nearest, regimen: Regimen) -> Reading:
        """The band, lowered by unverified rows of the same trial and by its subgroups of unknown size."""
        for found in self.choosing.lowering(nearest, regimen, self.choosing.ordering(regimen)):
            own = own.lowered(self.bands.of(found.row)[0], f"lowered by {in_words(found)}, of which not all was read")
        return own

    def _nothing(self, regimen: Regimen) -> str:
        """Why there is no figure: no result for this state, one that was only recalled, or too few patients."""
        rows = [row for row in self.here.of_state(regimen) if has_figure(row)]
        if self.choosing.ordering(regimen):
            return "not in the catalogue: what is known was recalled and not looked up"
        if any(map(self.choosing.too_few, rows)):
            return "not in the catalogue: what was published is of too few patients"
        later = len(self.catalogue.evidence_on(regimen, self.here.history.as_of)) < len(regimen.evidence)
        return f"not in the catalogue{f' by {self.here.history.as_of.isoformat()}' if later else ''}"

    # --- like for like ------------------------------------------------------------------------

    def _borrowed(self, regimen: Regimen, own: Reading) -> Reading:
        """The band of a drug without a figure of its own: the middle band of those of its target and modality."""
        middle = self._alone.get(self.kind(regimen)) if own.nearest is None else None
        if middle is None:
            return own
        said = f"{own.because}; read like the others of its target and kind: {middle.because}"
        place = max(middle.place, self.bands.best_unless_firm)
        return Reading(place, said, middle.source, middle.nearest, borrowed=True)

    @cached_property
    def _alone(self) -> dict[tuple[str, ...], Reading]:
        """The middle band of the drugs that were measured in patients like this one, by target and modality."""
        found: dict[tuple[str, ...], list[Reading]] = {}
        for regimen in self.catalogue.regimens:
            kind = self.kind(regimen)
            own = self._own(regimen) if kind else None
            if own is not None and own.nearest is not None and not own.nearest.fit.extrapolated:
                found.setdefault(kind, []).append(own)
        return {kind: _middle(readings) for kind, readings in found.items()}

    def _like_for_like(self, regimen: Regimen, own: Reading) -> Reading:
        """The band of a drug for a patient with a trait that is marked ``alike``, such as earlier BCMA therapy.

        All drugs of one target and modality get the same band: the middle band of those that were measured in such
        patients. A regimen whose figure is extrapolated gets no better band than the lowest of these bands, unless it
        was measured in such patients itself, in however few.
        """
        for trait in self.here.alike:
            measured = self._measured[trait.id]
            kind = self.kind(regimen)
            if kind in measured:
                middle = measured[kind]
                measured_here = own.nearest is not None and not own.borrowed and names(own.nearest.row, trait)
                if measured_here and own.place == middle.place:
                    continue
                said = f"read like the others of its target and kind after such a drug: {middle.because}"
                return middle._replace(because=said)
            extrapolated = own.nearest is not None and own.nearest.fit.extrapolated
            if extrapolated and measured and not self._was_measured(regimen, trait):
                least = max(reading.place for reading in measured.values())
                own = own.lowered(least, "not above what was measured after such a drug")
        return own

    def _was_measured(self, regimen: Regimen, trait: Trait) -> bool:
        """Whether a regimen has a result in patients like this one who all had a trait, in however few of them."""
        rows = self.here.of_state(regimen)
        return any(has_figure(row) and names(row, trait) and self.here.fit(row, regimen).takes for row in rows)

    @cached_property
    def _measured(self) -> dict[str, dict[tuple[str, ...], Reading]]:
        """For each trait ``alike`` of the patient: the middle band of the measured rows, by modality and target."""
        return {trait.id: self._middles(trait) for trait in self.here.alike}

    def _middles(self, trait: Trait) -> dict[tuple[str, ...], Reading]:
        rows: dict[tuple[str, ...], list[Reading]] = {}
        for regimen in self.catalogue.regimens:
            kind = self.kind(regimen)
            if not kind:
                continue
            for row in self.choosing.ordering(regimen):
                fit = self.here.fit(row, regimen)
                if names(row, trait) and not fit.extrapolated and not self.choosing.uncertain(row):
                    found = Nearest(row, fit)
                    reading = Reading(self.bands.of(row)[0], in_words(found), row.source, found, firm=fit.takes)
                    rows.setdefault(kind, []).append(reading)
        return {kind: _middle(found) for kind, found in rows.items()}

    def kind(self, regimen: Regimen) -> tuple[str, ...]:
        """Modality and target of a single drug that redirects T cells (bispecific or CAR-T).

        Empty for all other regimens.
        """
        if regimen.modality not in ("bispecific", "car-t"):
            return ()
        by_id = self.catalogue.formulary.by_id
        drugs = [by_id[a] for a in regimen.agent_ids if not by_id[a].steroid]
        alone = len(drugs) == 1 and drugs[0].targets
        return (regimen.modality, *drugs[0].targets) if alone else ()

    # --- the cap ------------------------------------------------------------------------------

    def _capped(self, regimen: Regimen, own: Reading) -> Reading:
        """The band, which is at most a few bands better than routine care (``Cap``) in some patients.

        The limit is used for patients in whom routine care did poorly, if the regimen was not measured in them.
        """
        cap = self.catalogue.ranking.cap
        if cap is None or own.nearest is None or regimen.modality not in cap.modalities or not self._cap_holds:
            return own
        if not own.nearest.fit.extrapolated and self.here.speaks_of_all(own.nearest.row, regimen):
            return own
        most = self.bands.higher(self._routine_care, cap.bands_above)
        if own.place == self.bands.unknown:
            return own
        trial = next(b.trial for b in self.catalogue.benchmarks if b.id == cap.benchmark)
        return own.lowered(most, f"read near routine care in such patients ({trial}), in whom it was not measured")

    @cached_property
    def _cap_holds(self) -> bool:
        """Whether the patient is one for whom the cap applies."""
        cap = self.catalogue.ranking.cap
        return cap is not None and any(self.here.holds(group) is Truth.MET for group in cap.when)

    @cached_property
    def _routine_care(self) -> int:
        """The band of routine care."""
        cap = self.catalogue.ranking.cap
        row = next(b for b in self.catalogue.benchmarks if cap is not None and b.id == cap.benchmark)
        months = row.pfs_months.median if row.pfs_months is not None else None
        return self.bands.of_months(months or 0)


def in_words(nearest: Nearest) -> str:
    """The progression-free survival of a row, its trial, and a remark if its population differs from the patient."""
    row, figure = nearest.row, figure_of(nearest.row)
    group = f", {row.subgroup}" if row.subgroup else ""
    other = "" if nearest.fit.takes else ", the nearest population in the catalogue"
    return f"{figure.said if figure is not None else 'no progression-free survival'}, {row.trial}{group}{other}"


def _middle(readings: list[Reading]) -> Reading:
    """The reading with the middle band; of two middle bands, the lower one."""
    place = -median_low([-r.place for r in readings])
    return next(r for r in readings if r.place == place)
