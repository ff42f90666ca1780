"""A laboratory value with its day, and whether kidney function is changing: values, with their words as properties.

A value without a day is taken as of the day of the decision, and says so. One whose own day lies longer ago than
values hold raises nothing: it is asked for again.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from mmadvisor.base.known import Span, Truth, negate
from mmadvisor.formats.patient import Patient

_State = Literal["ticked", "acute", "open", "risen", "steady", "not known"]


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


class Kidneys(NamedTuple):
    """Whether kidney function is changing, and by which values.

    ``acute``: an acute kidney injury, ticked or by a creatinine over its baseline. ``open``: a high creatinine
    without a baseline, which may be new or old. ``risen``: a creatinine that is so many times its baseline that it
    may be new, and no emergency yet. ``measured`` is the creatinine on record, and ``dialysis`` what is recorded of it.
    """

    state: _State
    measured: Lab | None
    baseline: float | None
    dialysis: bool | None
    limits: KidneyLimits

    @property
    def changing(self) -> bool:
        """Whether nothing may be computed from a creatinine."""
        return self.state in ("ticked", "acute", "open", "risen")

    @property
    def creatinine(self) -> Lab | None:
        """The creatinine by which it was decided; none where an injury is ticked."""
        return None if self.state == "ticked" else self.measured

    @property
    def found(self) -> str:
        """Why kidney function is changing, in words; empty where it is not, or not known."""
        if self.state == "ticked":
            return "acute kidney injury is recorded"
        if self.measured is None or not self.changing:
            return ""
        value, baseline = self.measured.value, self.baseline
        said = f"creatinine {value:g} µmol/L ({self.measured.when})"
        if baseline is None:
            return f"{said} without a baseline; from {self.limits.rise:g} it may be new"
        if self.state == "acute":
            above = f"{value - baseline:g} above the baseline of {baseline:g}"
            return f"{said}, {above}; the limit is {self.limits.rise:g}"
        times = f"{value / baseline:.1f} times the baseline of {baseline:g}"
        return f"{said} is {times}; from {self.limits.fold:g} times it may be new"

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that would settle it, where it is changing."""
        if self.state == "ticked":
            return ("disease.emergencies",)
        if not self.changing:
            return ()
        fields = ("labs.creatinine_umol_per_l", "labs.baseline_creatinine_umol_per_l")
        unsettled = ("comorbidities.dialysis",) if self.dialysis is None else ()
        return (*(reversed(fields) if self.state == "open" else fields), *unsettled)

    @property
    def steady_although_ticked(self) -> str:
        """That an injury is ticked and no recorded creatinine shows it, or none can on dialysis; else empty.

        A creatinine that is as high as ever shows no injury. Without a baseline nothing is known: it may have risen. On
        dialysis no creatinine shows an injury, and the record does not tell which of the two came first.
        """
        measured, baseline = self.measured, self.baseline
        if self.state != "ticked":
            return ""
        if self.dialysis:
            return (
                "disease.emergencies holds acute kidney injury, and comorbidities.dialysis is recorded: is the injury "
                "the reason for dialysis, or is dialysis older than this relapse and the injury ticked by mistake?"
            )
        if measured is None or not measured.holds or baseline is None or measured.value - baseline >= self.limits.step:
            return ""
        return (
            f"disease.emergencies holds acute kidney injury, but {measured.field} is {measured.value:g} µmol/L "
            f"({measured.when}), and its baseline is {baseline:g}: which of the two is right?"
        )


def kidneys_of(patient: Patient, as_of: date, limits: KidneyLimits) -> Kidneys:
    """Whether kidney function is changing [imwg-relapse, kdigo-aki-2012]; on dialysis only a ticked injury counts."""
    measured = lab(patient, "creatinine_umol_per_l", as_of, limits.days)
    baseline = patient.get("labs.baseline_creatinine_umol_per_l")
    dialysis = patient.get("comorbidities.dialysis")
    state = _kidney_state(patient, measured, baseline, limits)
    return Kidneys(state, measured, baseline, dialysis, limits)


def _kidney_state(patient: Patient, measured: Lab | None, baseline: float | None, limits: KidneyLimits) -> _State:
    if "acute_kidney_injury" in (patient.get("disease.emergencies") or ()):
        return "ticked"
    if measured is None or not measured.holds or patient.get("comorbidities.dialysis"):
        return "not known"
    if baseline is None:
        return "open" if measured.value >= limits.rise else "steady"
    rise = measured.value - baseline
    if rise >= limits.rise:
        return "acute"
    return "risen" if rise >= limits.step and measured.value >= limits.fold * baseline else "steady"
