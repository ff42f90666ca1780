"""Values that still hold on the day of the decision, and what they say of organs and of the disease."""

from functools import cached_property
from typing import Any

from mmadvisor.base.known import Bounds, Finding, Span, Truth

from .laboratory import KidneyLimits, Kidneys, kidneys_of, lab
from .record import FrailtyItem, Record

CIRCULATING = "disease.circulating_plasma_cells_percent"


class Organs(Record):
    """Values that still hold, and what follows from them: kidneys, frailty, circulating cells."""

    @cached_property
    def outdated(self) -> dict[str, str]:
        """The laboratory values whose own day lies longer ago than values hold, each with what is said of it."""
        days = self.definitions.laboratory_days.value
        found = (lab(self.patient, name, self.as_of, days) for name in self.definitions.laboratory_fields)
        return {
            old.field: f"{old.value:g} of {old.day} is too old (it holds for {days:g} days): repeat it"
            for old in found
            if old is not None and not old.holds
        }

    # Why: docs/explanation/treat-now.md
    def value(self, field: str) -> Any:
        """A field of the patient file as far as it may decide; ``None`` where it is not recorded or too old."""
        return None if field in self.outdated else self.patient.get(field)

    def needs_a_day(self, field: str) -> bool:
        """Whether a further value of a field must carry its own day, since that of the other values is too old."""
        if field in self.outdated:
            return True
        own = {f"labs.{name}" for name in self.definitions.laboratory_fields}
        if self.patient.labs_on is None or field not in own:
            return False
        days = self.definitions.laboratory_days.value
        return self.patient.labs_on.days_until(Span.day(self.as_of)).at_most(days) is Truth.NOT_MET

    @cached_property
    def circulating_cells(self) -> str:
        """That circulating plasma cells reach the limit of plasma cell leukaemia, in words; else empty."""
        percent = self.patient.get(CIRCULATING)
        limit = self.definitions.plasma_cell_leukaemia_from_percent.value
        if percent is None or percent < limit:
            return ""
        return f"circulating plasma cells {percent:g} %; plasma cell leukaemia is {limit:g} % or more"

    @cached_property
    def plasma_cell_leukaemia(self) -> Finding:
        """Whether it is plasma cell leukaemia: as recorded, or by circulating plasma cells [pcl-imwg-2013].

        The stricter stands: a recorded no does not stand against the cells, nor few cells today against a recorded
        yes. Unknown where nothing is recorded and the cells do not reach the limit: few cells today do not say what
        the disease was.
        """
        field = "disease.plasma_cell_leukaemia"
        recorded = self.patient.get(field)
        if recorded:
            return Finding(Truth.MET, "plasma cell leukaemia: yes", (field,))
        if self.circulating_cells:
            return Finding(Truth.MET, self.circulating_cells, (CIRCULATING,))
        if recorded is None:
            return Finding(Truth.UNKNOWN, "plasma cell leukaemia not recorded", (field,), (field,))
        return Finding(Truth.NOT_MET, "plasma cell leukaemia: no", (field,))

    @cached_property
    def kidneys(self) -> Kidneys:
        """Whether kidney function is changing."""
        limits = self.definitions
        kidney_limits = KidneyLimits(
            days=limits.laboratory_days.value,
            rise=limits.creatinine_rise_umol_per_l.value,
            step=limits.creatinine_step_umol_per_l.value,
            fold=limits.creatinine_fold.value,
        )
        return kidneys_of(self.patient, self.as_of, kidney_limits)

    @cached_property
    def creatinine_clearance(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Creatinine clearance in mL/min, how it was had, and what is missing for it.

        Measured where recorded; else Cockcroft-Gault [cockcroft-gault] with the actual weight,
        never on dialysis. While kidney function is changing, or a high creatinine may be new, it is unknown,
        a measured one too. A measured value that nobody on dialysis has contradicts it: which of the two is
        wrong is unknown, and so is the clearance.
        """
        patient = self.patient
        measured_field = "labs.creatinine_clearance_ml_per_min"
        measured = self.value(measured_field)
        limit = self.definitions.dialysis_clearance_at_most.value
        if patient.get("comorbidities.dialysis") and (measured is None or measured > limit):
            if measured is None:
                return Bounds(0, limit), "on dialysis", ()
            contradiction = f"the measured {measured:g} mL/min and dialysis contradict each other"
            return None, contradiction, (measured_field, "comorbidities.dialysis")
        kidneys = self.kidneys
        if kidneys.changing:
            unused = "" if measured is None else f", and the measured {measured:g} mL/min is not used"
            return None, f"not known while kidney function is changing: {kidneys.found}{unused}", kidneys.missing
        if measured is not None:
            return Bounds(measured, measured), "measured", ()
        needed = {
            "demographics.age": patient.get("demographics.age"),
            "demographics.sex": patient.get("demographics.sex"),
            "demographics.weight_kg": patient.get("demographics.weight_kg"),
            "labs.creatinine_umol_per_l": self.value("labs.creatinine_umol_per_l"),
        }
        missing = tuple(field for field, value in needed.items() if value is None)
        if missing:
            names = {measured_field: "the measured", "labs.creatinine_umol_per_l": "creatinine"}
            old = [f"{named} {self.outdated[field]}" for field, named in names.items() if field in self.outdated]
            how = f"not known: {'; '.join(old)}" if old else "not measured and not computable"
            return None, how, (measured_field, *missing)
        age, sex, weight, creatinine = needed.values()
        clearance = (140 - age) * weight / (72 * creatinine / 88.4)
        if sex == "female":
            clearance *= 0.85
        value = round(clearance, 1)
        return Bounds(value, value), "computed by Cockcroft-Gault with the actual weight", ()

    @cached_property
    def polyclonal_igg(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """IgG in g/L that is not the paraprotein, how it was had, and what is missing for it.

        In IgG disease the newest serum paraprotein is subtracted [bcj-2023-infection]; while it, or the
        isotype, is not known, the IgG is only the most that it can be.
        """
        field = "labs.igg_g_per_l"
        measured = self.patient.get(field)
        if measured is None:
            return None, "not recorded", (field,)
        isotype = (self.patient.get("disease.isotype") or "").casefold()
        if any(name in isotype for name in self.definitions.isotypes_with_igg):
            return self._without_the_paraprotein(measured)
        if any(name in isotype for name in self.definitions.isotypes_without_igg):
            return Bounds(measured, measured), "", ()
        return Bounds(0, measured), "the isotype is not recorded", ("disease.isotype",)

    def _without_the_paraprotein(self, measured: float) -> tuple[Bounds, str, tuple[str, ...]]:
        """IgG less the newest serum paraprotein, the least and the most of that day."""
        known = [m for m in self.patient.get("disease.m_protein") or () if m.serum_g_per_l is not None]
        if not known:
            return Bounds(0, measured), "the paraprotein is IgG and not recorded", ("disease.m_protein",)
        dated = [m for m in known if m.on is not None and m.on.latest <= self.as_of]
        day = max((m.on.latest for m in dated), default=None)
        newest = sorted({m.serum_g_per_l for m in dated if m.on.latest == day} or {m.serum_g_per_l for m in known})
        low, high = (round(max(0.0, measured - value), 1) for value in (newest[-1], newest[0]))
        on = f" of {day}" if day is not None else ""
        shown = " or ".join(f"{value:g}" for value in newest)
        missing = () if low == high else ("disease.m_protein",)
        return Bounds(low, high), f"{measured:g} less the paraprotein{on}, {shown}", missing

    @cached_property
    def body_mass_index(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Weight over height squared in kg/m2, how it was had, and what is missing for it."""
        fields = ("demographics.weight_kg", "demographics.height_cm")
        weight, height = (self.patient.get(f) for f in fields)
        missing = tuple(f for f, value in zip(fields, (weight, height), strict=True) if value is None)
        if weight is None or height is None:
            return None, "not computable", missing
        value = round(weight / (height / 100) ** 2, 1)
        return Bounds(value, value), "from weight and height", ()

    @cached_property
    def frailty(self) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        """The frailty groups that remain possible, how they were had, and what is missing.

        As stated, or by the IMWG items [palumbo-2015]: points of age, comorbidity and function.
        """
        stated = self.patient.get("fitness.frailty")
        if stated is not None:
            return (stated,), "as recorded", ()
        possible, missing = self.frailty_by_items
        settled = len(possible) == 1
        how = "by the IMWG frailty items" if settled else "not recorded"
        return possible, how, () if settled else ("fitness.frailty", *missing)

    @cached_property
    def frailty_by_items(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The frailty groups that the IMWG items leave possible, whatever is stated, and the items not recorded."""
        order = ("fit", "intermediate", "frail")
        low = high = 0
        missing: list[str] = []
        fields: dict[str, list[FrailtyItem]] = {}
        for item in self.definitions.frailty_items:
            fields.setdefault(item.field, []).append(item)
        for field, items in fields.items():
            value = self.patient.get(field)
            most = max(item.points for item in items)
            if value is None:
                missing.append(field)
                high += most
                continue
            points = max(
                (
                    item.points
                    for item in items
                    if (item.above is not None and value > item.above)
                    or (item.at_most is not None and value <= item.at_most)
                ),
                default=0,
            )
            low, high = low + points, high + points
        groups = [
            sum(
                n >= limit.value
                for limit in (self.definitions.intermediate_from_points, self.definitions.frail_from_points)
            )
            for n in (low, high)
        ]
        return order[groups[0] : groups[1] + 1], tuple(missing)
