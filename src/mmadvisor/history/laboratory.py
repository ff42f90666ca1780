"""A laboratory value with its day, and whether kidney function is changing.

A value without a day counts as measured on the day of the decision, and the answer mentions that it has no day. A value
that is too old does not count, and the answer asks for a new one.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from mmadvisor.base.known import Span, Truth, negate
from mmadvisor.formats.patient import Patient

_State = Literal["ticked", "acute", "open", "risen", "steady", "not known"]


class Lab(NamedTuple):
    """One value of ``labs``.

    ``day`` is ``None`` if it is not recorded; ``old``: whether the value is too old to count.
    """

    name: str
    value: float
    day: Span | None
    old: Truth
    as_of: date

    @property
    def field(self) -> str:
        """The field in the patient file."""
        return f"labs.{self.name}"

    @property
    def holds(self) -> bool:
        """Whether the value counts; a value that is only perhaps too old counts."""
        return self.old is not Truth.MET

    @property
    def when(self) -> str:
        """The day of the value in words, or that it has none."""
        if self.day is None:
            return f"undated, taken as of {self.as_of.isoformat()}"
        return str(self.day) if self.old is not Truth.UNKNOWN else f"{self.day}, perhaps too old to hold: repeat it"


def lab(patient: Patient, name: str, as_of: date, days: float) -> Lab | None:
    """A value of ``labs`` on the day of a decision; ``None`` if it is not recorded.

    ``days``: for how many days a value counts. If the day of the value is known only in part, it may be unknown whether
    the value is too old.
    """
    value = patient.get(f"labs.{name}")
    if value is None:
        return None
    day = patient.lab_day(name)
    recent = Truth.MET if day is None else day.days_until(Span.day(as_of)).at_most(days)
    return Lab(name, float(value), day, negate(recent), as_of)


class KidneyLimits(NamedTuple):
    """The limits above which kidney function counts as changing.

    - ``days``: for how many days a value counts.
    - ``rise``, in µmol/L: a rise over the recorded baseline that means an acute injury. Without a baseline, a
      creatinine of this size may mean one.
    - ``step``, in µmol/L: if the rise is smaller than this, the answer questions a recorded injury.
    - ``fold``: a creatinine of this many times the baseline may be new, if the rise is at least ``step``.
    """

    days: float
    rise: float
    step: float
    fold: float


class Kidneys(NamedTuple):
    """Whether kidney function is changing, and by which values.

    - ``state``: the first of these that applies, by the limits of ``KidneyLimits``.
      ``ticked``: an acute kidney injury is in the recorded list of emergencies.
      ``not known``: no creatinine counts today, or the patient is on dialysis.
      ``open``: the creatinine is high and no baseline is recorded, so it may be new or old.
      ``acute``: the creatinine is at least ``rise`` above the baseline.
      ``risen``: the creatinine is at least ``fold`` times the baseline; it may be new, and is no emergency yet.
      ``steady``: none of these.
    - ``measured``: the recorded creatinine. ``dialysis``: the recorded value of ``comorbidities.dialysis``.
    """

    state: _State
    measured: Lab | None
    baseline: float | None
    dialysis: bool | None
    limits: KidneyLimits

    @property
    def changing(self) -> bool:
        """Whether kidney function is changing, so that nothing may be computed from the creatinine."""
        return self.state in ("ticked", "acute", "open", "risen")

    @property
    def creatinine(self) -> Lab | None:
        """The creatinine that decided the state; ``None`` if an acute injury is recorded."""
        return None if self.state == "ticked" else self.measured

    @property
    def found(self) -> str:
        """A sentence on why kidney function is changing; empty if it is not changing or not known."""
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
        """The fields that would decide whether kidney function is changing; empty if it is not changing."""
        if self.state == "ticked":
            return ("disease.emergencies",)
        if not self.changing:
            return ()
        fields = ("labs.creatinine_umol_per_l", "labs.baseline_creatinine_umol_per_l")
        unsettled = ("comorbidities.dialysis",) if self.dialysis is None else ()
        return (*(reversed(fields) if self.state == "open" else fields), *unsettled)

    @property
    def steady_although_ticked(self) -> str:
        """A question to the user if a recorded acute kidney injury does not fit the creatinine or dialysis.

        Otherwise empty. A creatinine near its baseline does not fit an injury. Without a baseline there is no question,
        because the creatinine may have risen. On dialysis the user is always asked: no creatinine shows an injury then,
        and the record does not show whether the injury or dialysis came first.
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
    """Whether kidney function is changing [imwg-relapse, kdigo-aki-2012]; on dialysis only by a recorded injury."""
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
