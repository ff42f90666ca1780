"""Laboratory values that are recent enough to count, and what is derived from them for organs and disease.

``Organs`` has the values, and ``OrganAccounts`` their explanations in words.
"""

from functools import cached_property
from typing import Any, NamedTuple

from mmadvisor.base.known import Account, Bounds, Finding, Span, Truth, truth_of
from mmadvisor.history.account import joined
from mmadvisor.history.laboratory import KidneyLimits, Kidneys, Lab, kidneys_of, lab
from mmadvisor.history.record import FrailtyItem, Record

CIRCULATING = "disease.circulating_plasma_cells_percent"
_LEUKAEMIA = "disease.plasma_cell_leukaemia"
_CLEARANCE, _CREATININE = "labs.creatinine_clearance_ml_per_min", "labs.creatinine_umol_per_l"
_COCKCROFT_GAULT = ("demographics.age", "demographics.sex", "demographics.weight_kg", _CREATININE)
_BODY = ("demographics.weight_kg", "demographics.height_cm")
_IGG = "labs.igg_g_per_l"
_ISOTYPE = "disease.isotype"
_RATIO = "disease.flc_ratio"
_NYHA = "comorbidities.nyha_class"
_CALCIUM, _IONISED = "labs.calcium_mmol_per_l", "labs.ionised_calcium_mmol_per_l"
_EMERGENCIES = "disease.emergencies"
_GROUPS = ("fit", "intermediate", "frail")


class Paraprotein(NamedTuple):
    """The newest serum paraprotein, in g/L, and its day (``on``).

    ``values`` are all values of that day; ``low`` and ``high`` are the lowest and the highest of them.
    """

    low: float
    high: float
    values: tuple[float, ...]
    on: object


class Organs:
    """Laboratory values that are recent enough, and what is derived for kidneys, frailty and disease, without words."""

    def __init__(self, record: Record) -> None:
        self.patient = record.patient
        self.definitions = record.definitions
        self.as_of = record.as_of

    # --- values that hold -----------------------------------------------------------------------

    @cached_property
    def too_old(self) -> dict[str, Lab]:
        """The laboratory values that are too old to count, by field."""
        days = self.definitions.laboratory_days.value
        found = (lab(self.patient, name, self.as_of, days) for name in self.definitions.laboratory_fields)
        return {old.field: old for old in found if old is not None and not old.holds}

    # Why: docs/explanation/treat-now.md
    def value(self, field: str) -> Any:
        """The value of a field; ``None`` if it is not recorded or too old to count."""
        return None if field in self.too_old else self.patient.get(field)

    def needs_a_day(self, field: str) -> bool:
        """Whether a new value of a field needs its own day, because the recorded value or ``labs_on`` is too old."""
        if field in self.too_old:
            return True
        own = {f"labs.{name}" for name in self.definitions.laboratory_fields}
        if self.patient.labs_on is None or field not in own:
            return False
        days = self.definitions.laboratory_days.value
        return self.patient.labs_on.days_until(Span.day(self.as_of)).at_most(days) is Truth.NOT_MET

    def not_recorded(self, fields: tuple[str, ...]) -> tuple[str, ...]:
        """The fields among ``fields`` that are not recorded or too old to count."""
        return tuple(field for field in fields if self.value(field) is None)

    # --- the disease ----------------------------------------------------------------------------

    @cached_property
    def has_circulating_cells(self) -> bool:
        """Whether the recorded circulating plasma cells reach the limit of plasma cell leukaemia."""
        percent = self.patient.get(CIRCULATING)
        return percent is not None and percent >= self.definitions.plasma_cell_leukaemia_from_percent.value

    @property
    def is_plasma_cell_leukaemia(self) -> Truth:
        """Whether the disease is plasma cell leukaemia: recorded, or by circulating plasma cells [pcl-imwg-2013].

        Met if the field is recorded as yes, or if the cells reach the limit. Not met if the field is recorded as no and
        the cells do not reach the limit. Unknown if the field is missing and the cells do not reach the limit, because
        few cells today do not exclude the leukaemia.
        """
        return truth_of(True if self.has_circulating_cells else self.patient.get(_LEUKAEMIA))

    @cached_property
    def polyclonal_igg(self) -> Bounds | None:
        """IgG without the paraprotein, in g/L; ``None`` if IgG is not recorded.

        In IgG disease the newest serum paraprotein is subtracted [bcj-2023-infection]. If the paraprotein or the
        isotype is not known, the result is a range from 0 to the measured IgG.
        """
        measured = self.patient.get(_IGG)
        if measured is None:
            return None
        if self.is_igg_disease is None or (self.is_igg_disease and self.paraprotein is None):
            return Bounds(0, measured)
        if not self.is_igg_disease or self.paraprotein is None:
            return Bounds(measured, measured)
        low, high = (round(max(0.0, measured - p), 1) for p in (self.paraprotein.high, self.paraprotein.low))
        return Bounds(low, high)

    @cached_property
    def is_igg_disease(self) -> bool | None:
        """Whether the paraprotein is IgG; ``None`` if the isotype is missing, or not known to the catalogue."""
        isotype = (self.patient.get("disease.isotype") or "").casefold()
        if any(name in isotype for name in self.definitions.isotypes_with_igg):
            return True
        return False if any(name in isotype for name in self.definitions.isotypes_without_igg) else None

    @cached_property
    def paraprotein(self) -> Paraprotein | None:
        """The serum paraprotein of the newest day; if no value has a day, all values; ``None`` if there is no value."""
        known = [m for m in self.patient.get("disease.m_protein") or () if m.serum_g_per_l is not None]
        if not known:
            return None
        dated = [m for m in known if m.on is not None and m.on.latest <= self.as_of]
        day = max((m.on.latest for m in dated), default=None)
        newest = sorted({m.serum_g_per_l for m in dated if m.on.latest == day} or {m.serum_g_per_l for m in known})
        return Paraprotein(newest[0], newest[-1], tuple(newest), day)

    @property
    def serum_m_protein(self) -> Bounds | None:
        """The newest serum paraprotein, in g/L; ``None`` if none is recorded."""
        newest = self.paraprotein
        return None if newest is None else Bounds(newest.low, newest.high)

    @property
    def involved_flc_ratio(self) -> Bounds | None:
        """The ratio of involved to uninvolved free light chains: the recorded ratio or its inverse, if that is larger.

        ``None`` if no ratio is recorded. For a recorded 0 the result is a range without an upper limit.
        """
        ratio = self.patient.get(_RATIO)
        if ratio is None:
            return None
        value = round(max(ratio, 1 / ratio), 1) if ratio else None
        return Bounds(1 if value is None else value, value)

    @property
    def has_iga(self) -> Truth:
        """Whether the paraprotein is IgA; unknown if the isotype is missing, or not known to the catalogue."""
        isotype = (self.patient.get(_ISOTYPE) or "").casefold()
        if any(name in isotype for name in self.definitions.isotypes_of_iga):
            return Truth.MET
        return Truth.UNKNOWN if self.is_igg_disease is None else Truth.NOT_MET

    @property
    def nyha_iiib_or_iv(self) -> Truth:
        """Whether heart failure is NYHA IIIB or IV; unknown if it is not recorded, or is class 3 without A or B."""
        recorded = self.patient.get(_NYHA)
        if recorded is None:
            return Truth.UNKNOWN
        stage = getattr(recorded, "stage", "")
        if recorded == 3 and not stage:
            return Truth.UNKNOWN
        return truth_of(recorded > 3 or stage == "IIIB")

    @property
    def albumin(self) -> float | None:
        """The albumin in g/L that counts today; ``None`` if there is none."""
        found = lab(self.patient, "albumin_g_per_l", self.as_of, self.definitions.laboratory_days.value)
        return found.value if found is not None and found.holds else None

    @property
    def calcium(self) -> float | None:
        """Total calcium in mmol/L, corrected if albumin is recorded [adjusted-calcium]; ``None`` if none counts."""
        calcium: float | None = self.value(_CALCIUM)
        albumin = self.albumin
        if calcium is None or albumin is None:
            return calcium
        below = self.definitions.albumin_reference_g_per_l.value - albumin
        return round(calcium + self.definitions.calcium_per_albumin_mmol_per_g.value * below, 2)

    @property
    def has_hypercalcaemia(self) -> Truth:
        """Whether the calcium is raised: recorded as an emergency, or above the usual limit, total or ionised.

        Unknown if it is not recorded as an emergency, and no value counts today.
        """
        ticked = "hypercalcaemia" in (self.patient.get(_EMERGENCIES) or ())
        limits, ionised = self.definitions, self.value(_IONISED)
        found = [] if self.calcium is None else [self.calcium > limits.calcium_above_mmol_per_l.value]
        found += [] if ionised is None else [ionised > limits.ionised_calcium_above_mmol_per_l.value]
        return truth_of(True if ticked else any(found) if found else None)

    # --- the kidneys ----------------------------------------------------------------------------

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
    def creatinine_clearance(self) -> Bounds | None:
        """Creatinine clearance in mL/min; ``None`` if it is not known.

        - A measured value is used first; otherwise Cockcroft-Gault [cockcroft-gault] with the actual weight.
        - A measured value that contradicts the creatinine is used too; ``clearance_contradicted`` asks about it.
        - While kidney function is changing, or a high creatinine may be new, the clearance is not known, even if it was
          measured.
        - On dialysis nothing is computed. Without a measured value, the result is the range from 0 to
          ``dialysis_clearance_at_most``. A measured value above this limit contradicts dialysis, and the clearance is
          then not known.
        """
        measured = self.value(_CLEARANCE)
        if self.dialysis_decides:
            return Bounds(0, self.definitions.dialysis_clearance_at_most.value) if measured is None else None
        if self.kidneys.changing:
            return None
        clearance = self.computed_clearance if measured is None else measured
        return None if clearance is None else Bounds(clearance, clearance)

    @cached_property
    def computed_clearance(self) -> float | None:
        """Cockcroft-Gault [cockcroft-gault] with the actual weight, in mL/min; ``None`` if a value is missing."""
        if self.not_recorded(_COCKCROFT_GAULT):
            return None
        age, sex, weight, creatinine = map(self.value, _COCKCROFT_GAULT)
        clearance: float = (140 - age) * weight / (72 * creatinine / 88.4)
        return round(clearance * 0.85 if sex == "female" else clearance, 1)

    # Why: docs/explanation/doses.md#a-clearance-that-contradicts-the-creatinine
    @property
    def clearance_contradicted(self) -> bool:
        """Whether the measured clearance is much higher than the one that the creatinine gives.

        Never on dialysis or while kidney function is changing: then no clearance may be computed.
        """
        measured, computed = self.value(_CLEARANCE), self.computed_clearance
        if measured is None or computed is None or self.kidneys.changing or self.kidneys.dialysis:
            return False
        return bool(measured >= self.definitions.clearance_contradicted_from_fold.value * computed)

    @property
    def dialysis_decides(self) -> bool:
        """Whether dialysis is recorded, and the clearance was not measured or is too high for a patient on dialysis."""
        measured = self.value(_CLEARANCE)
        limit = self.definitions.dialysis_clearance_at_most.value
        return bool(self.patient.get("comorbidities.dialysis")) and (measured is None or measured > limit)

    # --- the whole patient ----------------------------------------------------------------------

    @property
    def body_mass_index(self) -> Bounds | None:
        """Body mass index in kg/m2; ``None`` if weight or height is not recorded."""
        weight, height = map(self.patient.get, _BODY)
        if weight is None or height is None:
            return None
        value = round(weight / (height / 100) ** 2, 1)
        return Bounds(value, value)

    @property
    def frailty(self) -> tuple[str, ...]:
        """The frailty groups that remain possible: the recorded one, or those by the IMWG items [palumbo-2015]."""
        stated = self.patient.get("fitness.frailty")
        return self.frailty_by_items if stated is None else (stated,)

    @cached_property
    def frailty_by_items(self) -> tuple[str, ...]:
        """The frailty groups that remain possible by age, comorbidity and function; several, if an item is missing."""
        low = high = 0
        for field, items in self.frailty_items.items():
            value = self.patient.get(field)
            low += 0 if value is None else _points(items, value)
            high += max(item.points for item in items) if value is None else _points(items, value)
        limits = (self.definitions.intermediate_from_points.value, self.definitions.frail_from_points.value)
        first, last = (sum(points >= limit for limit in limits) for points in (low, high))
        return _GROUPS[first : last + 1]

    @property
    def frailty_items(self) -> dict[str, list[FrailtyItem]]:
        """The items of the frailty score, by the field of the patient file that each item uses."""
        fields: dict[str, list[FrailtyItem]] = {}
        for item in self.definitions.frailty_items:
            fields.setdefault(item.field, []).append(item)
        return fields


def _points(items: list[FrailtyItem], value: float) -> int:
    """The points of a value: the most points among the items whose limit the value reaches."""
    reached = (
        item.points
        for item in items
        if (item.above is not None and value > item.above) or (item.at_most is not None and value <= item.at_most)
    )
    return max(reached, default=0)


class OrganAccounts:
    """For each value, a sentence on how it was obtained, and the missing fields."""

    def __init__(self, organs: Organs) -> None:
        self.organs = organs
        self.patient = organs.patient
        self.definitions = organs.definitions

    @cached_property
    def outdated(self) -> dict[str, str]:
        """The laboratory values that are too old to count, each with a sentence."""
        days = self.definitions.laboratory_days.value
        return {
            field: f"{old.value:g} of {old.day} is too old (it holds for {days:g} days): repeat it"
            for field, old in self.organs.too_old.items()
        }

    @property
    def circulating_cells(self) -> str:
        """A sentence if circulating plasma cells reach the limit of plasma cell leukaemia; otherwise empty."""
        if not self.organs.has_circulating_cells:
            return ""
        limit = self.definitions.plasma_cell_leukaemia_from_percent.value
        percent = self.patient.get(CIRCULATING)
        return f"circulating plasma cells {percent:g} %; plasma cell leukaemia is {limit:g} % or more"

    @property
    def plasma_cell_leukaemia(self) -> Finding:
        """Whether the disease is plasma cell leukaemia, with its account."""
        truth = self.organs.is_plasma_cell_leukaemia
        return joined(truth, self._why_leukaemia(truth))

    def _why_leukaemia(self, truth: Truth) -> Account:
        if truth is Truth.UNKNOWN:
            return Account("plasma cell leukaemia not recorded", (_LEUKAEMIA,), (_LEUKAEMIA,))
        if truth is Truth.MET and not self.patient.get(_LEUKAEMIA):
            return Account(self.circulating_cells, (CIRCULATING,))
        return Account(f"plasma cell leukaemia: {truth.answer}", (_LEUKAEMIA,))

    @property
    def creatinine_clearance(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Creatinine clearance in mL/min, a sentence on how it was obtained, and the missing fields."""
        return self.organs.creatinine_clearance, *self._how_clearance()

    def _how_clearance(self) -> tuple[str, tuple[str, ...]]:
        organs, kidneys = self.organs, self.organs.kidneys
        measured = organs.value(_CLEARANCE)
        if organs.dialysis_decides:
            if measured is None:
                return "on dialysis", ()
            contradiction = f"the measured {measured:g} mL/min and dialysis contradict each other"
            return contradiction, (_CLEARANCE, "comorbidities.dialysis")
        if kidneys.changing:
            unused = "" if measured is None else f", and the measured {measured:g} mL/min is not used"
            return f"not known while kidney function is changing: {kidneys.found}{unused}", kidneys.missing
        if measured is not None:
            return "measured", ()
        missing = organs.not_recorded(_COCKCROFT_GAULT)
        if not missing:
            return "computed by Cockcroft-Gault with the actual weight", ()
        names = {_CLEARANCE: "the measured", _CREATININE: "creatinine"}
        old = [f"{named} {self.outdated[field]}" for field, named in names.items() if field in organs.too_old]
        how = f"not known: {'; '.join(old)}" if old else "not measured and not computable"
        return how, (_CLEARANCE, *missing)

    @property
    def clearance_contradicted(self) -> str:
        """A question to the user if the measured clearance contradicts the creatinine; otherwise empty."""
        organs = self.organs
        if not organs.clearance_contradicted:
            return ""
        return (
            f"Clearance {organs.value(_CLEARANCE):g} mL/min is recorded, but creatinine "
            f"{organs.value(_CREATININE):g} µmol/L, age, sex and weight give {organs.computed_clearance:g}: which is "
            "right? Every dose here follows the recorded one: settle this before you prescribe"
        )

    @property
    def polyclonal_igg(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """IgG without the paraprotein, in g/L, a sentence on how it was obtained, and the missing fields."""
        igg = self.organs.polyclonal_igg
        return igg, *self._how_igg(igg)

    def _how_igg(self, igg: Bounds | None) -> tuple[str, tuple[str, ...]]:
        paraprotein = self.organs.paraprotein
        if igg is None:
            return "not recorded", (_IGG,)
        if self.organs.is_igg_disease is None:
            return "the isotype is not recorded", ("disease.isotype",)
        if not self.organs.is_igg_disease:
            return "", ()
        if paraprotein is None:
            return "the paraprotein is IgG and not recorded", ("disease.m_protein",)
        on = f" of {paraprotein.on}" if paraprotein.on is not None else ""
        shown = " or ".join(f"{value:g}" for value in paraprotein.values)
        how = f"{self.patient.get(_IGG):g} less the paraprotein{on}, {shown}"
        return how, () if igg.low == igg.high else ("disease.m_protein",)

    @property
    def serum_m_protein(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """The newest serum paraprotein in g/L, a sentence with its day, and the missing fields."""
        newest = self.organs.paraprotein
        if newest is None:
            return None, "not recorded", ("disease.m_protein",)
        of_day = f"of {newest.on}" if newest.on is not None else ""
        return self.organs.serum_m_protein, of_day, () if newest.low == newest.high else ("disease.m_protein",)

    @property
    def involved_flc_ratio(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """The ratio of involved to uninvolved free light chains, how it was obtained, and the missing fields."""
        ratio = self.organs.involved_flc_ratio
        if ratio is None:
            return None, "not recorded", (_RATIO,)
        return (ratio, "", ()) if ratio.high is not None else (ratio, "the ratio is recorded as 0", (_RATIO,))

    @property
    def iga_isotype(self) -> Finding:
        """Whether the paraprotein is IgA, by the recorded isotype."""
        truth = self.organs.has_iga
        if truth is Truth.UNKNOWN:
            return joined(truth, Account("the isotype is not recorded", (_ISOTYPE,), (_ISOTYPE,)))
        return joined(truth, Account(f"isotype {self.patient.get(_ISOTYPE)}", (_ISOTYPE,)))

    @property
    def nyha_iiib_or_iv(self) -> Finding:
        """Whether heart failure is NYHA IIIB or IV, by the recorded class."""
        truth, recorded = self.organs.nyha_iiib_or_iv, self.patient.get(_NYHA)
        if truth is Truth.UNKNOWN:
            found = "NYHA class not recorded" if recorded is None else "NYHA III, without A or B"
            return joined(truth, Account(found, (_NYHA,), (_NYHA,)))
        return joined(truth, Account(f"NYHA {getattr(recorded, 'stage', '') or int(recorded)}", (_NYHA,)))

    @property
    def hypercalcaemia(self) -> Finding:
        """Whether the calcium is raised, with the values by which it is, or the recorded emergency."""
        truth, calcium, ionised = self.organs.has_hypercalcaemia, self.organs.calcium, self.organs.value(_IONISED)
        if truth is Truth.UNKNOWN:
            old = [f"calcium {self.outdated[field]}" for field in (_CALCIUM, _IONISED) if field in self.organs.too_old]
            return joined(truth, Account("; ".join(old) or "calcium not recorded", (_CALCIUM,), (_CALCIUM,)))
        if calcium is None and ionised is None:
            return joined(truth, Account("hypercalcaemia in the list of emergencies", (_EMERGENCIES,)))
        corrected = ", corrected for albumin" if self.organs.albumin is not None else ""
        found = [] if calcium is None else [f"calcium {calcium:g} mmol/L{corrected}"]
        found += [] if ionised is None else [f"ionised calcium {ionised:g} mmol/L"]
        return joined(truth, Account("; ".join(found), (_CALCIUM, _IONISED)))

    @property
    def body_mass_index(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Body mass index in kg/m2, a sentence on how it was obtained, and the missing fields."""
        index = self.organs.body_mass_index
        missing = self.organs.not_recorded(_BODY)
        return index, "not computable" if missing else "from weight and height", missing

    @property
    def frailty(self) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        """The frailty groups that remain possible, a sentence on how they were obtained, and the missing fields."""
        groups = self.organs.frailty
        if self.patient.get("fitness.frailty") is not None:
            return groups, "as recorded", ()
        if len(groups) == 1:
            return groups, "by the IMWG frailty items", ()
        return groups, "not recorded", ("fitness.frailty", *self.items_not_recorded)

    @property
    def items_not_recorded(self) -> tuple[str, ...]:
        """The items of the frailty score that are not recorded."""
        return tuple(field for field in self.organs.frailty_items if self.patient.get(field) is None)
