"""The recorded values of one patient that still count today, compared with the limits of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from mmadvisor.answers.recommendation import Emergency, Question
from mmadvisor.base.known import Span, Truth, truth_of
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.rules import Alarms, Threshold
from mmadvisor.formats.drugs import Statement
from mmadvisor.history.history import History
from mmadvisor.history.laboratory import Lab, lab
from mmadvisor.history.record import Quantity

_NO_RELAPSE = {
    None: "No progression is recorded since the last therapy",
    "newly_diagnosed": "The disease is recorded as newly diagnosed",
    "smouldering": "The disease is recorded as smouldering",
    "responding": "The disease is recorded as responding",
}
# The limits of calcium in words, by the number that a value has passed.
_CALCIUM_STEPS = (
    "the laboratory's usual limit is", "the laboratory's usual limit is", "the limit of a clinical relapse is",
    "the limit for treatment today is",
)  # fmt: skip


class Seen(NamedTuple):
    """A recorded value and its limit, in words (``found``) and as data; ``said`` is the value alone in words."""

    found: str
    field: str = "disease.emergencies"
    value: float | None = None
    unit: str = ""
    day: str = ""
    limit: float | None = None
    said: str = ""


class _Calcium(NamedTuple):
    """Total or ionised calcium.

    ``step`` is the number of limits that the value has passed. They are, in order, the usual limit of the laboratory,
    the limit of a clinical relapse, and the limit for treatment today. ``usual``: no limit is passed.
    """

    step: int
    seen: Seen
    usual: bool


def relapse_is_recorded(history: History) -> Truth:
    """Whether the disease is recorded as relapsed; a relapse that is assumed for an answer does not count.

    Unknown if neither the state of the disease nor a therapy is recorded, or if a progression may be missing.
    """
    stated = history.patient.get("disease.state")
    if stated is not None:
        return truth_of(stated == "relapsed")
    if not history.treatments:
        return Truth.UNKNOWN
    return Truth.MET if history.patient.get("disease.relapse.kind") is not None else history.relapse_recorded()


def recorded_as(history: History) -> str:
    """A sentence with the recorded state if it excludes a relapse; otherwise empty."""
    if relapse_is_recorded(history) is not Truth.NOT_MET:
        return ""
    return _NO_RELAPSE[history.patient.get("disease.state")]


class Watch:
    """The record of one patient, compared with the limits.

    A value without a day counts as of the day of the decision. A value that is too old does not count.
    """

    def __init__(self, history: History, catalogue: Catalogue) -> None:
        self.history = history
        self.get = history.patient.get
        self.rules = catalogue.treatment
        self.limits: Alarms = catalogue.treatment.alarms
        self.words = catalogue.words
        self.days = history.definitions.laboratory_days.value
        self.state = self.get("disease.state")
        self.relapsed = relapse_is_recorded(history) is Truth.MET
        self.quiet = self.state != "newly_diagnosed" and relapse_is_recorded(history) is Truth.NOT_MET

    def any_age(self, name: str) -> Lab | None:
        """A laboratory value, even if it is too old to count; ``None`` if it is not recorded."""
        return lab(self.history.patient, name, self.history.as_of, self.days)

    def lab(self, name: str) -> Lab | None:
        """A value that counts today; ``None`` if there is none."""
        known = self.any_age(name)
        return known if known is not None and known.holds else None

    def seen(
        self, value: Lab, limit: float | None, how: str = "", *, note: str = "", shown: float | None = None
    ) -> Seen:
        """A value and a limit; ``how`` is the limit in words, ``note`` a correction of the value."""
        held = value.value if shown is None else shown
        unit = self.words.unit(value.field)
        origin = "; ".join(part for part in (note, value.when) if part)
        against = f"; {how} {limit:g}{unit}" if limit is not None else ""
        said = f"{self.words.field(value.field)} {held:g}{unit} ({origin})"
        return Seen(
            found=f"{said}{against}",
            field=value.field,
            said=said,
            value=held,
            unit=unit.strip(),
            day="" if value.day is None else str(value.day),
            limit=limit,
        )

    def entry(self, name: str, row: Statement, seen: Seen, questions: Iterable[str], how: str = "derived") -> Emergency:
        """An emergency with what to do, the value, and the questions; ``how`` is recorded or derived."""
        return Emergency(
            emergency=name, text=row.text, source=row.source, verified=row.verified, how=how, field=seen.field,
            value=seen.value, unit=seen.unit, day=seen.day, limit=seen.limit, found=seen.found,
            questions=list(questions),
        )  # fmt: skip

    def question(self, about: str, seen: Seen) -> Question:
        """A question of the catalogue, with the value that makes it necessary."""
        row = self.limits.asks[about]
        return Question(
            about=about, text=row.text, source=row.source, verified=row.verified, field=seen.field, value=seen.value,
            unit=seen.unit, day=seen.day, limit=seen.limit, found=seen.found,
        )  # fmt: skip

    def says(self, *about: str) -> list[str]:
        """The texts of some questions of the catalogue."""
        return [self.limits.asks[name].text for name in about]

    def cause(self, otherwise: str = "") -> list[str]:
        """Whether the myeloma is the cause, as a question, if no relapse is recorded; otherwise ``otherwise``."""
        if not (self.relapsed or self.state == "newly_diagnosed"):
            return self.says("myeloma-the-cause")
        return self.says(otherwise) if otherwise else []

    def holds(self, day: Span) -> Truth:
        """Whether a value measured on ``day`` still counts today."""
        return day.days_until(Span.day(self.history.as_of)).at_most(self.days)

    def infected(self, grade: int) -> bool:
        """Whether an active infection of this grade counts."""
        return grade >= self.limits.infection_from_grade.value

    @cached_property
    def calcium(self) -> tuple[Lab, float, str] | None:
        """Total calcium in mmol/L, corrected for albumin if that is recorded, and the note on the correction."""
        value, albumin = self.lab("calcium_mmol_per_l"), self.lab("albumin_g_per_l")
        if value is None:
            return None
        if albumin is None:
            return value, value.value, "not corrected for albumin"
        corrected = self.history.organs.calcium
        assert corrected is not None
        return value, corrected, f"corrected from {value.value:g} for albumin {albumin.value:g} g/L"

    @cached_property
    def calciums(self) -> list[_Calcium]:
        """Total and ionised calcium that count, each with the highest limit passed; the more severe first."""
        limits, usual, found = self.limits, self.history.definitions, []
        if self.calcium is not None:
            value, calcium, note = self.calcium
            steps = (
                usual.calcium_above_mmol_per_l,
                limits.calcium_of_relapse_above_mmol_per_l,
                limits.calcium_treated_from_mmol_per_l,
            )
            found.append(self._calcium(value, calcium, note, steps))
        ionised = self.lab("ionised_calcium_mmol_per_l")
        if ionised is not None:
            steps = (
                usual.ionised_calcium_above_mmol_per_l,
                limits.ionised_calcium_of_relapse_above_mmol_per_l,
                limits.ionised_calcium_treated_from_mmol_per_l,
            )
            found.append(self._calcium(ionised, ionised.value, "", steps))
        return sorted(found, key=lambda calcium: -calcium.step)

    def _calcium(self, lab: Lab, value: float, note: str, steps: tuple[Quantity, Threshold, Threshold]) -> _Calcium:
        above, of_relapse, treated = (step.value for step in steps)
        step = 3 if value >= treated else 2 if value > of_relapse else 1 if value > above else 0
        limit = (above, above, of_relapse, treated)[step]
        return _Calcium(step, self.seen(lab, limit, _CALCIUM_STEPS[step], note=note, shown=value), value <= above)

    @property
    def viscous(self) -> bool:
        """Whether hyperviscosity is recorded."""
        return "hyperviscosity" in (self.get("disease.emergencies") or ())

    @property
    def transfuse_below(self) -> float:
        """The haemoglobin in g/dL below which to transfuse; if the NYHA class is missing, that for a healthy heart."""
        nyha = self.get("comorbidities.nyha_class")
        ill = nyha is not None and nyha >= self.limits.heart_disease_from_nyha.value
        limits = self.limits
        return (limits.transfuse_below_with_heart_disease_g_per_dl if ill else limits.transfuse_below_g_per_dl).value

    @property
    def anticoagulants(self) -> list[str]:
        """The recorded anticoagulants, as they are written."""
        drugs_of = self.history.formulary.drugs_of
        known = {drug for token in self.limits.anticoagulants for drug in drugs_of(token)}
        return [taken.written for taken in self.history.taken or () if taken.drug in known]

    @cached_property
    def high_paraprotein(self) -> tuple[Span, Seen] | None:
        """The newest serum paraprotein with its day, if it reaches the limit of hyperviscosity for its isotype.

        ``None`` otherwise, and if hyperviscosity is recorded.
        """
        dated = [m for m in self.get("disease.m_protein") or () if m.serum_g_per_l is not None and m.on is not None]
        newest = max(dated, key=lambda m: (m.on.latest, m.on.earliest), default=None)
        if newest is None or self.viscous:
            return None
        isotype = self.get("disease.isotype") or ""
        by_isotype = self.limits.viscosity_from_g_per_l
        mine = [limit.value for name, limit in by_isotype.items() if name in isotype.casefold()]
        limit = min(mine or [limit.value for limit in by_isotype.values()])
        value = newest.serum_g_per_l
        if value < limit:
            return None
        of = isotype or "isotype not recorded"
        found = f"paraprotein {value:g} g/L ({of}; {newest.on}); asked about from {limit:g} g/L"
        return newest.on, Seen(found, "disease.m_protein", value, "g/L", str(newest.on), limit)
