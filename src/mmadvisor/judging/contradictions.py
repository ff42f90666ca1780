"""Contradictions between recorded facts and recorded values."""

from __future__ import annotations

from collections.abc import Container, Iterator

from mmadvisor.base.known import Truth
from mmadvisor.history.organs import CIRCULATING
from mmadvisor.judging.clinical_relapse import ClinicalRelapse
from mmadvisor.judging.emergencies import Emergencies
from mmadvisor.judging.watch import Watch, recorded_as


class Contradictions:
    """The contradictions of one record."""

    def __init__(self, watch: Watch, clinical: ClinicalRelapse, emergencies: Emergencies) -> None:
        self.watch = watch
        self.history = watch.history
        self.get = watch.get
        self.limits = watch.limits
        self.words = watch.words
        self.state = watch.state
        self.relapsed = watch.relapsed
        self.clinical = clinical
        self.emergencies = emergencies

    def all(self) -> Iterator[str]:
        """Every contradiction in words: of relapse, state, low counts and clearance, then of recorded emergencies."""
        yield from self._kind_doubted()
        yield from self._state_doubted()
        yield from self._low_counts_doubted()
        yield from self._leukaemia_doubted()
        if clearance := self.history.organ_accounts.clearance_contradicted:
            yield clearance
        if self.history.kidneys.steady_although_ticked:
            yield self.history.kidneys.steady_although_ticked
        ticked = self.get("disease.emergencies")
        if ticked is not None:
            yield from self._missing_from_list(ticked)
            yield from self._ticked_without_value(ticked)

    def _kind_doubted(self) -> Iterator[str]:
        """Values that make a relapse clinical, or the disease active, against the record."""
        found = self.clinical.finding
        if found.truth is not Truth.MET:
            return
        if self.relapsed and self.get("disease.relapse.kind") == "biochemical":
            fields = " and ".join(dict.fromkeys(self.words.field(field) for field in found.where))
            yield f"The relapse is recorded as biochemical; what is recorded makes it clinical: {fields}"
        if self.state == "smouldering":
            yield f"The disease is recorded as smouldering; if the myeloma is the cause, it is active: {found.found}"

    def _missing_from_list(self, ticked: Container[str]) -> Iterator[str]:
        """Emergencies that recorded values show, and that are not in the recorded list of emergencies."""
        for entry in self.emergencies.derived:
            if entry["emergency"] not in ticked and self.emergencies.grave(entry):
                name, unit = self.words.field(entry["field"]), entry["unit"]
                said = f"{name} {entry['value']:g} {unit}, and the limit is {entry['limit']:g} {unit}"
                yield f"The list of emergencies is recorded without {entry['emergency'].replace('_', ' ')}: {said}"

    def _ticked_without_value(self, ticked: Container[str]) -> Iterator[str]:
        """Emergencies that are recorded, and that no value of today shows."""
        calciums = self.watch.calciums
        if "hypercalcaemia" in ticked and calciums and calciums[0].step == 0:
            said = "; ".join(c.seen.found for c in calciums)
            yield f"Hypercalcaemia is ticked in the list of emergencies: {said}"
        if "neutropenic_sepsis" in ticked and (said := self._no_sepsis()):
            yield f"Neutropenic sepsis is ticked in the list of emergencies: {said}"
        if "severe_cytopenia" in ticked and (said := self._no_low_count()):
            yield f"Severe cytopenia is ticked in the list of emergencies: {said}"

    def _state_doubted(self) -> Iterator[str]:
        """Findings of a relapse although the recorded state excludes one; the recorded state is used.

        Disease outside the marrow and high values are part of new disease, and make smouldering disease active.
        """
        recorded, kind = recorded_as(self.history), self.get("disease.relapse.kind")
        if not recorded:
            return
        if kind is not None:
            yield f"{recorded}, but a {kind} relapse is recorded too: which of the two is right?"
        if progressed := self.history.relapse_accounts.standing_progression():
            yield f"{recorded}, but the last event on record is progression ({progressed}): which of the two is right?"
        if self.state in ("newly_diagnosed", "smouldering"):
            return
        for finding in self.clinical.of_the_myeloma():
            if finding.truth is Truth.MET:
                yield f"{recorded}, but {finding.found}: which of the two is right?"
        for finding in (self.clinical.by_calcium(), self.clinical.by_kidneys()):
            if finding.truth is Truth.MET:
                yield f"{recorded}, which is right only if the myeloma is not the cause: {finding.found}"

    def _low_counts_doubted(self) -> Iterator[str]:
        """Very low counts recorded as caused by the myeloma, in a disease that need not be treated."""
        if self.get("labs.cytopenia_cause") != "disease" or self.clinical.due:
            return
        watched = self.relapsed and self.get("disease.relapse.kind") == "biochemical"
        recorded = "The relapse is recorded as biochemical" if watched else recorded_as(self.history)
        counts = ("labs.platelets_10e9_per_l", "labs.neutrophils_10e9_per_l")
        for entry in self.emergencies.derived if recorded else ():
            if entry["field"] in counts and self.emergencies.grave(entry):
                yield f"{recorded}, and the myeloma as the cause of {entry['found']}: which of the two is right?"

    def _leukaemia_doubted(self) -> Iterator[str]:
        """Recorded plasma cell leukaemia, or a response, that does not fit the circulating plasma cells."""
        cells, recorded = self.history.circulating_cells, self.get("disease.plasma_cell_leukaemia")
        if cells and recorded is False:
            yield f"Plasma cell leukaemia is recorded as absent, but {cells}"
        percent = self.get(CIRCULATING)
        if recorded and percent is not None and not cells and self.state != "responding":
            limit = self.history.definitions.plasma_cell_leukaemia_from_percent.value
            yield (
                f"Plasma cell leukaemia is recorded, but circulating plasma cells {percent:g} %; plasma cell leukaemia "
                f"is {limit:g} % or more. It counts as recorded: check which of the two is right"
            )

    def _no_sepsis(self) -> str:
        """That neutrophils are not below the limit, or that no infection is active, in words; otherwise empty."""
        neutrophils, limit = (
            self.watch.lab("neutrophils_10e9_per_l"),
            self.limits.neutrophils_below_10e9_per_l.value,
        )
        grade, said = self.get("comorbidities.active_infection_grade"), []
        if neutrophils is not None and neutrophils.value >= limit:
            said.append(self.watch.seen(neutrophils, limit, "the limit is").found)
        if grade is not None and not self.watch.infected(grade):
            said.append(f"{self.words.field('comorbidities.active_infection_grade')} {grade}")
        return "; ".join(said)

    def _no_low_count(self) -> str:
        """That all three counts are known today and none is below any limit, in words; otherwise empty."""
        limits = self.limits
        least = {
            "haemoglobin_g_per_dl": limits.transfuse_below_with_heart_disease_g_per_dl,
            "platelets_10e9_per_l": limits.platelets_with_bleeding_below_10e9_per_l,
            "neutrophils_10e9_per_l": limits.neutrophils_below_10e9_per_l,
        }
        counts = [(self.watch.lab(name), limit.value) for name, limit in least.items()]
        seen = [
            self.watch.seen(c, limit, "the limit is").found for c, limit in counts if c is not None and c.value >= limit
        ]
        return "; ".join(seen) if len(seen) == len(counts) else ""
