"""What the clinician must ask or measure today: it has no field, is not recorded, or is too old."""

from __future__ import annotations

from collections.abc import Iterator

from mmadvisor.answers.recommendation import Question
from mmadvisor.base.known import Span, Truth
from mmadvisor.history.laboratory import Lab
from mmadvisor.judging.clinical_relapse import ClinicalRelapse
from mmadvisor.judging.watch import Seen, Watch


class Questions:
    """The questions that follow from one patient's record."""

    def __init__(self, watch: Watch, clinical: ClinicalRelapse) -> None:
        self.watch = watch
        self.history = watch.history
        self.get = watch.get
        self.limits = watch.limits
        self.words = watch.words
        self.relapsed = watch.relapsed
        self.clinical = clinical

    def due(self) -> Iterator[Question]:
        """Questions on facts that have no field, or that are not recorded and would change the answer."""
        kidneys = self.history.kidneys
        if kidneys.state == "open" and kidneys.creatinine is not None:
            limit = self.history.definitions.creatinine_rise_umol_per_l.value
            yield self.watch.question(
                "kidney-new-or-old",
                self.watch.seen(kidneys.creatinine, limit, "no baseline is recorded; the limit without one is"),
            )
        if kidneys.state == "risen" and kidneys.creatinine is not None:
            baseline = self.get("labs.baseline_creatinine_umol_per_l")
            limit = self.history.definitions.creatinine_fold.value * baseline
            how = f"the baseline is {baseline:g}; it may be new from"
            yield self.watch.question("kidney-risen", self.watch.seen(kidneys.creatinine, limit, how))
        yield from self._injury_without_baseline()
        yield from self._anaemia()
        yield from self._counts()
        yield from self._viscosity()
        outside = Seen("extramedullary disease is recorded", "disease.extramedullary")
        if self.relapsed and self.get("disease.extramedullary"):
            yield self.watch.question("outside-marrow", outside)
        yield from self._cord(outside)

    def _injury_without_baseline(self) -> Iterator[Question]:
        """A recorded kidney injury with a normal creatinine: without a baseline it may have risen."""
        creatinine = self.watch.lab("creatinine_umol_per_l")
        no_baseline = self.get("labs.baseline_creatinine_umol_per_l") is None
        limits = self.history.definitions
        if self.history.kidneys.state != "ticked" or creatinine is None or not no_baseline:
            return
        if creatinine.value < limits.creatinine_rise_umol_per_l.value and not self.get("comorbidities.dialysis"):
            how = "no baseline is recorded; an acute injury is a rise of at least"
            yield self.watch.question(
                "kidney-ticked", self.watch.seen(creatinine, limits.creatinine_step_umol_per_l.value, how)
            )

    def _cord(self, outside: Seen) -> Iterator[Question]:
        """Spinal cord compression: asked with known disease of bone or soft tissue, or unless no emergency is recorded.

        A list that names another emergency does not say that this one was excluded; an empty list does.
        """
        ticked, lesions = self.get("disease.emergencies"), self.get("disease.mri_focal_lesions")
        if self.watch.quiet or "cord_compression" in (ticked or ()):
            return
        if self.get("disease.extramedullary"):
            yield self.watch.question("cord", outside)
        elif lesions:
            yield self.watch.question(
                "cord", Seen(f"focal lesions on MRI: {lesions}", "disease.mri_focal_lesions", lesions)
            )
        elif ticked is None:
            yield self.watch.question("cord", Seen("the list of emergencies is not recorded"))
        elif ticked:
            yield self.watch.question("cord", Seen("the list of emergencies names others", "disease.emergencies"))

    def _anaemia(self) -> Iterator[Question]:
        haemoglobin = self.watch.lab("haemoglobin_g_per_dl")
        if haemoglobin is None:
            return
        limits = self.limits
        clinical = self.get("disease.relapse.kind") == "clinical"
        if self.relapsed and not clinical and self.clinical.anaemic and self.get("labs.cytopenia_cause") is None:
            yield self.watch.question("anaemia-cause", self.watch.seen(haemoglobin, *self.clinical.anaemic))
        heart = limits.transfuse_below_with_heart_disease_g_per_dl.value
        if self.get("comorbidities.nyha_class") is None and self.watch.transfuse_below <= haemoglobin.value < heart:
            about = "red-cells-heart-viscosity" if self.watch.viscous else "red-cells-heart"
            yield self.watch.question(about, self.watch.seen(haemoglobin, heart, "the limit with heart disease is"))

    def _counts(self) -> Iterator[Question]:
        limits, platelets = self.limits, self.watch.lab("platelets_10e9_per_l")
        fever, bleeding = limits.platelets_with_fever_below_10e9_per_l, limits.platelets_with_bleeding_below_10e9_per_l
        if platelets is not None and platelets.value >= limits.platelets_below_10e9_per_l.value:
            if platelets.value < fever.value:
                yield self.watch.question(
                    "platelets-fever", self.watch.seen(platelets, fever.value, "the limit with fever is")
                )
            if platelets.value < bleeding.value:
                seen = self.watch.seen(platelets, bleeding.value, "the limit with bleeding is")
                yield self.watch.question("platelets-bleeding", seen)
        if platelets is not None and platelets.value < bleeding.value:
            seen = self.watch.seen(platelets, bleeding.value, "the limit with an anticoagulant is")
            taken = self.history.taken
            not_known = [t.written for t in taken or () if not t.drug]
            if taken is None:
                yield self.watch.question("platelets-anticoagulant", seen)
            elif not_known and not self.watch.anticoagulants:
                named = f"{seen.found}; {' and '.join(not_known)} not known to the catalogue"
                yield self.watch.question("platelets-anticoagulant", seen._replace(found=named))
        neutrophils, limit = self.watch.lab("neutrophils_10e9_per_l"), limits.neutrophils_below_10e9_per_l.value
        grade = self.get("comorbidities.active_infection_grade")
        if neutrophils is not None and neutrophils.value < limit and (grade is None or not self.watch.infected(grade)):
            yield self.watch.question("neutrophils-fever", self.watch.seen(neutrophils, limit, "the limit is"))

    def _viscosity(self) -> Iterator[Question]:
        """Hyperviscosity: asked about at a high paraprotein, which alone is no hyperviscosity."""
        high = self.watch.high_paraprotein
        if high is not None and self.watch.holds(high[0]) is not Truth.NOT_MET:
            yield self.watch.question("viscosity", high[1])

    def repeat(self) -> Iterator[Question]:
        """The values that are too old and must be measured again."""
        for name in self.history.definitions.laboratory_fields:
            value = self.watch.any_age(name)
            if value is not None and not value.holds and value.day is not None:
                yield self.watch.question(
                    "repeat", self.watch.seen(value, None)._replace(found=self._too_old(value, value.day))
                )
        high = self.watch.high_paraprotein
        if high is not None and self.watch.holds(high[0]) is Truth.NOT_MET:
            yield self.watch.question("repeat", high[1])

    def _too_old(self, value: Lab, day: Span) -> str:
        name, unit = self.words.field(value.field), self.words.unit(value.field)
        ago = day.days_until(Span.day(self.history.as_of)).low or 0
        return f"{name} {value.value:g}{unit} ({day}, {ago:g} days before; it holds for {self.watch.days:g})"
