"""The emergencies of today: the recorded ones, and those that follow from recorded values.

An answer shows for each whether it is recorded or derived. A finding for which the patient file has no field, such as
fever, decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from mmadvisor.answers.recommendation import Emergency
from mmadvisor.catalogue.rules import Threshold
from mmadvisor.history.record import Quantity
from mmadvisor.judging.clinical_relapse import ClinicalRelapse
from mmadvisor.judging.watch import Seen, Watch


class Emergencies:
    """The emergencies of one record."""

    def __init__(self, watch: Watch, clinical: ClinicalRelapse) -> None:
        self.watch = watch
        self.history = watch.history
        self.get = watch.get
        self.limits = watch.limits
        self.clinical = clinical

    def all(self) -> list[Emergency]:
        """The recorded emergencies in the order of the file, then the derived ones, the most severe first."""
        ticked = dict.fromkeys(self.get("disease.emergencies") or ())
        found = []
        for name in ticked:
            row = self.watch.rules.emergencies[name]
            shown = [e for e in self.derived if e["emergency"] == name]
            for told in shown or [self.watch.entry(name, row, Seen("ticked in the list of emergencies"), [])]:
                # A recorded emergency of the myeloma is treated today, even if the value is near its limit.
                said = row if row.of_the_myeloma else None
                changed = {"text": said.text, "source": said.source, "verified": said.verified} if said else {}
                found.append(Emergency(**{**told, **changed, "how": "recorded"}))  # type: ignore[typeddict-item]
        return found + [e for e in self.derived if e["emergency"] not in ticked]

    @cached_property
    def derived(self) -> list[Emergency]:
        """The emergencies that recorded values show."""
        return [*self._sepsis(), *self._hypercalcaemia(), *self._kidney_injury(), *self._transfusions()]

    def _sepsis(self) -> Iterator[Emergency]:
        value, limit = self.watch.lab("neutrophils_10e9_per_l"), self.limits.neutrophils_below_10e9_per_l.value
        grade = self.get("comorbidities.active_infection_grade")
        if value is not None and value.value < limit and grade is not None and self.watch.infected(grade):
            seen = self.watch.seen(value, limit, "the limit is", note=f"active infection of grade {grade}")
            asked = self.watch.cause() if self.get("labs.cytopenia_cause") is None else []
            yield self.watch.entry(
                "neutropenic_sepsis", self.watch.rules.emergencies["neutropenic_sepsis"], seen, asked
            )

    def _hypercalcaemia(self) -> Iterator[Emergency]:
        if not self.watch.calciums or self.watch.calciums[0].step == 0:
            return
        first, *others = self.watch.calciums
        treated = first.step == 3
        row = self.watch.rules.emergencies["hypercalcaemia"] if treated else self.limits.does["calcium-raised"]
        questions = [] if treated else self.watch.says("calcium-symptoms")
        if any(c.seen.field == "labs.ionised_calcium_mmol_per_l" and c.usual for c in others):
            questions += self.watch.says("calcium-bound")
        alone = first.seen.field == "labs.ionised_calcium_mmol_per_l"
        questions += self.watch.cause("calcium-other-cause" if first.step >= 2 or alone else "")
        shown = first.seen._replace(found="; ".join(c.seen.found for c in self.watch.calciums))
        yield self.watch.entry("hypercalcaemia", row, shown, questions)

    def _kidney_injury(self) -> Iterator[Emergency]:
        kidneys = self.history.kidneys
        if kidneys.state == "acute" and kidneys.creatinine is not None:
            limit = self.history.definitions.creatinine_rise_umol_per_l.value
            seen = Seen(
                kidneys.found, kidneys.creatinine.field, kidneys.creatinine.value, "µmol/L",
                "" if kidneys.creatinine.day is None else str(kidneys.creatinine.day), limit,
            )  # fmt: skip
            row = self.watch.rules.emergencies["acute_kidney_injury"]
            yield self.watch.entry("acute_kidney_injury", row, seen, self.watch.cause("kidney-other-cause"))

    def _transfusions(self) -> Iterator[Emergency]:
        does = self.limits.does
        cause = self.get("labs.cytopenia_cause")
        asked = self.watch.cause() if cause is None else []
        haemoglobin = self.watch.lab("haemoglobin_g_per_dl")
        if haemoglobin is not None and (limit := self.watch.transfuse_below) and haemoglobin.value < limit:
            yield self.watch.entry(
                "severe_cytopenia",
                does["red-cells-viscosity" if self.watch.viscous else "red-cells"],
                self.watch.seen(haemoglobin, limit, "the limit for transfusion is"),
                asked,
            )
        platelets = self.watch.lab("platelets_10e9_per_l")
        if platelets is None:
            return
        if platelets.value < (limit := self.limits.platelets_below_10e9_per_l.value):
            row = does[
                "platelets" if cause != "disease" else "platelets-disease" if self.clinical.due else "platelets-watched"
            ]
            yield self.watch.entry(
                "severe_cytopenia", row, self.watch.seen(platelets, limit, "the limit for transfusion is"), asked
            )
        taken = self.watch.anticoagulants
        if taken and platelets.value < (limit := self.limits.platelets_with_bleeding_below_10e9_per_l.value):
            seen = self.watch.seen(platelets, limit, f"takes {' and '.join(taken)}; the limit for its full dose is")
            yield self.watch.entry("severe_cytopenia", does["platelets-anticoagulant"], seen, asked)

    def grave(self, entry: Emergency) -> bool:
        """Whether a complete list of emergencies should contain ``entry``; not if only the mildest limit was passed."""
        limits, usual = self.limits, self.history.definitions
        lesser: dict[str, tuple[Quantity | Threshold, ...]] = {
            "hypercalcaemia": (usual.calcium_above_mmol_per_l, usual.ionised_calcium_above_mmol_per_l),
            "severe_cytopenia": (limits.platelets_with_bleeding_below_10e9_per_l,),
        }
        return entry["limit"] not in [limit.value for limit in lesser.get(entry["emergency"], ())]
