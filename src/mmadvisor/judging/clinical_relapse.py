"""Whether recorded values make a relapse clinical, whatever the recorded kind [imwg-relapse]."""

from __future__ import annotations

from functools import cached_property

from mmadvisor.base.known import Finding, Truth, any_of
from mmadvisor.history.organs import CIRCULATING
from mmadvisor.judging.watch import Watch

_OUTSIDE_THE_MARROW = ("disease.extramedullary", "disease.cns_involvement", "disease.plasma_cell_leukaemia")


class ClinicalRelapse:
    """The values of one record that make a relapse clinical."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.history = watch.history
        self.get = watch.get
        self.limits = watch.limits
        self.state = watch.state

    @cached_property
    def finding(self) -> Finding:
        """Whether recorded values make a relapse clinical [imwg-relapse]; not met without a recorded relapse.

        Unknown while a high creatinine may be new, or if the cause of an anaemia is not recorded.
        """
        parts = [self.by_calcium(), self.by_kidneys(), *self.of_the_myeloma()]
        truth = any_of(p.truth for p in parts)
        deciding = [p for p in parts if p.truth is truth and p.found]
        if truth is Truth.NOT_MET:
            return Finding(truth, "no recorded value shows a clinical relapse")
        return Finding(
            truth,
            "; ".join(p.found for p in deciding),
            tuple(w for p in deciding for w in p.where),
            tuple(dict.fromkeys(m for p in deciding for m in p.missing)),
        )

    @cached_property
    def anaemic(self) -> tuple[float, str] | None:
        """The limit in g/dL that haemoglobin crossed, of a fall or of the value, and words for it; ``None`` if none."""
        value = self.watch.lab("haemoglobin_g_per_dl")
        baseline = self.get("labs.baseline_haemoglobin_g_per_dl")
        fall, floor = (
            self.limits.haemoglobin_fall_g_per_dl.value,
            self.limits.haemoglobin_of_relapse_below_g_per_dl.value,
        )
        if value is None:
            return None
        if baseline is not None and round(baseline - value.value, 2) >= fall:
            return fall, f"{baseline - value.value:g} below the baseline of {baseline:g}; the limit of a fall is"
        # A count that was as low before this relapse is not new, unless the myeloma is the recorded cause.
        before = baseline is not None and baseline < floor
        if value.value < floor and (not before or self.get("labs.cytopenia_cause") == "disease"):
            return floor, f"baseline {baseline:g}; the limit is" if before else "the limit is"
        return None

    def of_the_myeloma(self) -> list[Finding]:
        """Findings that make a relapse clinical and are recorded as caused by the myeloma."""
        ticked = [
            Finding(Truth.MET, f"{name.replace('_', ' ')} is recorded", ("disease.emergencies",))
            for name in self.get("disease.emergencies") or ()
            if self.watch.rules.emergencies[name].of_the_myeloma
        ]
        return [self._by_haemoglobin(), self._outside_the_marrow(), *ticked]

    def by_calcium(self) -> Finding:
        """Calcium above the limit of a clinical relapse, whatever its cause."""
        raised = [c for c in self.watch.calciums if c.step >= 2]
        if not raised:
            return Finding(Truth.NOT_MET, "")
        limits = self.limits
        of_relapse = {
            "labs.calcium_mmol_per_l": limits.calcium_of_relapse_above_mmol_per_l.value,
            "labs.ionised_calcium_mmol_per_l": limits.ionised_calcium_of_relapse_above_mmol_per_l.value,
        }
        said = [
            f"{c.seen.said}; the limit of a clinical relapse is {of_relapse[c.seen.field]:g} {c.seen.unit}"
            for c in raised
        ]
        return Finding(Truth.MET, "; ".join(said), tuple(c.seen.field for c in raised))

    def by_kidneys(self) -> Finding:
        """Whether creatinine is newly high; unknown if a high creatinine may be old."""
        kidneys = self.history.kidneys
        if kidneys.state == "acute":
            return Finding(Truth.MET, kidneys.found, ("labs.creatinine_umol_per_l",))
        if kidneys.state == "open":
            return Finding(Truth.UNKNOWN, kidneys.found, ("labs.creatinine_umol_per_l",), kidneys.missing)
        return Finding(Truth.NOT_MET, "")

    def _by_haemoglobin(self) -> Finding:
        value, cause = self.watch.lab("haemoglobin_g_per_dl"), self.get("labs.cytopenia_cause")
        if value is None or self.anaemic is None or cause not in (None, "disease"):
            return Finding(Truth.NOT_MET, "")
        note = "cause not recorded" if cause is None else "by the myeloma"
        said = self.watch.seen(value, *self.anaemic, note=note).found
        if cause is None:
            return Finding(Truth.UNKNOWN, said, (value.field,), ("labs.cytopenia_cause",))
        return Finding(Truth.MET, said, (value.field,))

    def _outside_the_marrow(self) -> Finding:
        found = [field for field in _OUTSIDE_THE_MARROW if self.get(field)]
        # Recorded leukaemia may have responded, so that no circulating cells are left.
        cleared = self.get(CIRCULATING) is not None and not self.history.circulating_cells
        if self.state == "responding" and cleared:
            found = [field for field in found if field != "disease.plasma_cell_leukaemia"]
        said = " and ".join(self.watch.words.field(field) for field in found)
        parts = [f"{said} is recorded"] if found else []
        if self.history.circulating_cells:
            parts.append(self.history.circulating_cells)
            found.append(CIRCULATING)
        return Finding(Truth.MET if found else Truth.NOT_MET, "; ".join(parts), tuple(found))

    @property
    def due(self) -> bool:
        """Whether the recorded findings require treatment of the myeloma, whatever the paraprotein."""
        if self.state == "newly_diagnosed":
            return True
        return self.watch.relapsed and (
            self.get("disease.relapse.kind") == "clinical" or self.finding.truth is Truth.MET
        )
