"""A laboratory value with its day, and whether kidney function is changing.

A value without a day is taken as of the day of the decision, and says so. One whose own day lies longer ago than
values hold raises nothing: it is asked for again.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from mmadvisor.base.known import Span, Truth, negate
from mmadvisor.formats.patient import Patient


class Lab(NamedTuple):
    """One value of ``labs``; ``day`` is ``None`` where none is recorded, ``old`` whether it no longer holds."""

    name: str
    value: float
    day: Span | None
    old: Truth
    as_of: date

    @property
    def field(self) -> str:
        """Where it stands in the patient file."""
        return f"labs.{self.name}"

    @property
    def holds(self) -> bool:
        """Whether it may raise something: all but a value that is certainly too old."""
        return self.old is not Truth.MET

    @property
    def when(self) -> str:
        """Its day in words, or that it has none."""
        if self.day is None:
            return f"undated, taken as of {self.as_of.isoformat()}"
        return str(self.day) if self.old is not Truth.UNKNOWN else f"{self.day}, perhaps too old to hold: repeat it"


def lab(patient: Patient, name: str, as_of: date, days: float) -> Lab | None:
    """A value of ``labs`` on the day of a decision; ``None`` where it is not recorded.

    ``days`` is for how long a value holds. A day known in part leaves unknown whether it still does.
    """
    value = patient.get(f"labs.{name}")
    if value is None:
        return None
    day = patient.lab_day(name)
    recent = Truth.MET if day is None else day.days_until(Span.day(as_of)).at_most(days)
    return Lab(name, float(value), day, negate(recent), as_of)


class Kidneys(NamedTuple):
    """Whether kidney function is changing, by what, and which fields would settle it.

    ``acute``: an acute kidney injury, ticked or by a creatinine over its baseline. ``open``: a high creatinine
    without a baseline, which may be new or old. ``risen``: a creatinine that is so many times its baseline that it
    may be new, and no emergency yet. ``steady_although_ticked`` says that an injury is ticked and no
    recorded creatinine shows it, or none can on dialysis.
    """

    state: Literal["ticked", "acute", "open", "risen", "steady", "not known"]
    found: str = ""
    missing: tuple[str, ...] = ()
    creatinine: Lab | None = None
    steady_although_ticked: str = ""

    @property
    def changing(self) -> bool:
        """Whether nothing may be computed from a creatinine."""
        return self.state in ("ticked", "acute", "open", "risen")


class KidneyLimits(NamedTuple):
    """From when on kidney function counts as changing.

    ``days``: for how long a value holds. ``rise``, in µmol/L: over a recorded baseline an acute injury; without a
    baseline the value that may be one. ``step``, in µmol/L: the rise below which a recorded injury is doubted.
    ``fold``: so many times the baseline may be new, where the rise is a ``step`` at least.
    """

    days: float
    rise: float
    step: float
    fold: float


def kidneys_of(patient: Patient, as_of: date, limits: KidneyLimits) -> Kidneys:
    """Whether kidney function is changing [imwg-relapse, kdigo-aki-2012]; on dialysis only a ticked injury counts."""
    days, rise, step, fold = limits
    if "acute_kidney_injury" in (patient.get("disease.emergencies") or ()):
        doubt = _not_risen(patient, lab(patient, "creatinine_umol_per_l", as_of, days), step)
        return Kidneys(
            "ticked", "acute kidney injury is recorded", ("disease.emergencies",), steady_although_ticked=doubt
        )
    measured = lab(patient, "creatinine_umol_per_l", as_of, days)
    if measured is None or not measured.holds or patient.get("comorbidities.dialysis"):
        return Kidneys("not known", creatinine=measured)
    said = f"creatinine {measured.value:g} µmol/L ({measured.when})"
    baseline = patient.get("labs.baseline_creatinine_umol_per_l")
    fields = ("labs.baseline_creatinine_umol_per_l",)
    unsettled = ("comorbidities.dialysis",) if patient.get("comorbidities.dialysis") is None else ()
    if baseline is not None and measured.value - baseline >= rise:
        found = f"{said}, {measured.value - baseline:g} above the baseline of {baseline:g}; the limit is {rise:g}"
        return Kidneys("acute", found, (measured.field, *fields, *unsettled), measured)
    if baseline is None and measured.value >= rise:
        found = f"{said} without a baseline; from {rise:g} it may be new"
        return Kidneys("open", found, (*fields, measured.field, *unsettled), measured)
    if baseline is not None and measured.value - baseline >= step and measured.value >= fold * baseline:
        times = f"{measured.value / baseline:.1f} times the baseline of {baseline:g}"
        found = f"{said} is {times}; from {fold:g} times it may be new"
        return Kidneys("risen", found, (measured.field, *fields, *unsettled), measured)
    return Kidneys("steady", creatinine=measured)


def _not_risen(patient: Patient, measured: Lab | None, step: float) -> str:
    """That a creatinine of today is not over its baseline although an injury is ticked; else empty.

    A creatinine that is as high as ever shows no injury. Without a baseline nothing is said: it may have risen. On
    dialysis no creatinine shows an injury, and the record does not tell which of the two came first.
    """
    baseline = patient.get("labs.baseline_creatinine_umol_per_l")
    if patient.get("comorbidities.dialysis"):
        return (
            "disease.emergencies holds acute kidney injury, and comorbidities.dialysis is recorded: is the injury the "
            "reason for dialysis, or is dialysis older than this relapse and the injury ticked by mistake?"
        )
    if measured is None or not measured.holds or baseline is None or measured.value - baseline >= step:
        return ""
    return (
        f"disease.emergencies holds acute kidney injury, but {measured.field} is {measured.value:g} µmol/L "
        f"({measured.when}), and its baseline is {baseline:g}: which of the two is right?"
    )
