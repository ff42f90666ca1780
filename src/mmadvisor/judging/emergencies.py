"""What is due today by recorded values: emergencies, what must be asked, what must be measured again.

All of it is derived from the record and the limits of the catalogue. An emergency that is ticked and one that is
derived are told apart; what no field can hold, such as fever, is asked and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from mmadvisor.answers.recommendation import Emergency, Question
from mmadvisor.base.known import Finding, Span, Truth, any_of, truth_of
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.rules import Alarms, Threshold
from mmadvisor.formats.drugs import Statement
from mmadvisor.history.history import CIRCULATING, History
from mmadvisor.history.laboratory import Lab, lab

_OUTSIDE_THE_MARROW = ("disease.extramedullary", "disease.cns_involvement", "disease.plasma_cell_leukaemia")

_NO_RELAPSE = {
    None: "No progression is recorded since the last therapy",
    "newly_diagnosed": "The disease is recorded as newly diagnosed",
    "smouldering": "The disease is recorded as smouldering",
    "responding": "The disease is recorded as responding",
}


class Alarm(NamedTuple):
    """What recorded values ask for today.

    ``clinical`` is whether they make a recorded relapse clinical, whatever the file calls it.
    """

    emergencies: list[Emergency]
    questions: list[Question]
    repeat: list[Question]
    contradictions: list[str]
    clinical: Finding


class _Seen(NamedTuple):
    """A recorded value held against a limit, and both in words; ``said`` is the value alone."""

    found: str
    field: str = "disease.emergencies"
    value: float | None = None
    unit: str = ""
    day: str = ""
    limit: float | None = None
    said: str = ""


# The limits of calcium in words, by how many of them a value has passed.
_CALCIUM_STEPS = (
    "the laboratory's usual limit is", "the laboratory's usual limit is", "the limit of a clinical relapse is",
    "the limit for treatment today is",
)  # fmt: skip


class _Calcium(NamedTuple):
    """Total or ionised calcium; ``step`` is how many limits it has passed: usual, of a relapse, of treatment today."""

    step: int
    seen: _Seen
    usual: bool


def alarm(history: History, catalogue: Catalogue) -> Alarm:
    """What is due today by the record, with the catalogue's limits [imwg-relapse].

    A value without a day is taken as of the day of the decision. One that is too old is asked for again and raises
    nothing else.
    """
    watch = _Watch(history, catalogue)
    return Alarm(
        emergencies=watch.emergencies(),
        questions=list(watch.questions()),
        repeat=list(watch.repeat()),
        contradictions=list(watch.contradictions()),
        clinical=watch.clinical,
    )


def relapse_is_recorded(history: History) -> Truth:
    """Whether the disease is recorded as having come back; a relapse that an answer only assumes is not."""
    stated = history.patient.get("disease.state")
    if stated is not None:
        return truth_of(stated == "relapsed")
    if not history.treatments:
        return Truth.UNKNOWN
    return Truth.MET if history.patient.get("disease.relapse.kind") is not None else history.relapse_recorded()


def recorded_as(history: History) -> str:
    """What of the record says that there is no relapse, as a sentence; empty where nothing does."""
    if relapse_is_recorded(history) is not Truth.NOT_MET:
        return ""
    return _NO_RELAPSE[history.patient.get("disease.state")]


class _Watch:
    """One patient's record held against the limits."""

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

    # --- pieces ---------------------------------------------------------------------------

    def _any_age(self, name: str) -> Lab | None:
        return lab(self.history.patient, name, self.history.as_of, self.days)

    def _lab(self, name: str) -> Lab | None:
        """A value that holds today."""
        known = self._any_age(name)
        return known if known is not None and known.holds else None

    def _seen(
        self, value: Lab, limit: float | None, how: str = "", *, note: str = "", shown: float | None = None
    ) -> _Seen:
        """A value held against a limit; ``how`` says the limit, ``note`` what was done to the value."""
        held = value.value if shown is None else shown
        unit = self.words.unit(value.field)
        origin = "; ".join(part for part in (note, value.when) if part)
        against = f"; {how} {limit:g}{unit}" if limit is not None else ""
        said = f"{self.words.field(value.field)} {held:g}{unit} ({origin})"
        return _Seen(
            found=f"{said}{against}",
            field=value.field,
            said=said,
            value=held,
            unit=unit.strip(),
            day="" if value.day is None else str(value.day),
            limit=limit,
        )

    def _entry(
        self, name: str, row: Statement, seen: _Seen, questions: Iterable[str], how: str = "derived"
    ) -> Emergency:
        return Emergency(
            emergency=name, text=row.text, source=row.source, verified=row.verified, how=how, field=seen.field,
            value=seen.value, unit=seen.unit, day=seen.day, limit=seen.limit, found=seen.found,
            questions=list(questions),
        )  # fmt: skip

    def _question(self, about: str, seen: _Seen) -> Question:
        row = self.limits.asks[about]
        return Question(
            about=about, text=row.text, source=row.source, verified=row.verified, field=seen.field, value=seen.value,
            unit=seen.unit, day=seen.day, limit=seen.limit, found=seen.found,
        )  # fmt: skip

    def _says(self, *about: str) -> list[str]:
        return [self.limits.asks[name].text for name in about]

    def _cause(self, otherwise: str = "") -> list[str]:
        """Whether the myeloma is the cause is asked where no relapse is recorded; else another cause may be."""
        if not (self.relapsed or self.state == "newly_diagnosed"):
            return self._says("myeloma-the-cause")
        return self._says(otherwise) if otherwise else []

    # --- emergencies ----------------------------------------------------------------------

    def emergencies(self) -> list[Emergency]:
        """Those that are ticked, in the order of the file, then those that are derived, the gravest first."""
        ticked = dict.fromkeys(self.get("disease.emergencies") or ())
        found = []
        for name in ticked:
            row = self.rules.emergencies[name]
            shown = [e for e in self.derived if e["emergency"] == name]
            for told in shown or [self._entry(name, row, _Seen("ticked in the list of emergencies"), [])]:
                # What is ticked as the myeloma's own is treated today, however near its limit the value is.
                said = row if row.of_the_myeloma else None
                changed = {"text": said.text, "source": said.source, "verified": said.verified} if said else {}
                found.append(Emergency(**{**told, **changed, "how": "recorded"}))  # type: ignore[typeddict-item]
        return found + [e for e in self.derived if e["emergency"] not in ticked]

    @cached_property
    def derived(self) -> list[Emergency]:
        """What recorded values show."""
        return [*self._sepsis(), *self._hypercalcaemia(), *self._kidney_injury(), *self._transfusions()]

    def _sepsis(self) -> Iterator[Emergency]:
        value, limit = self._lab("neutrophils_10e9_per_l"), self.limits.neutrophils_below_10e9_per_l.value
        grade = self.get("comorbidities.active_infection_grade")
        if value is not None and value.value < limit and grade is not None and self._infected(grade):
            seen = self._seen(value, limit, "the limit is", note=f"active infection of grade {grade}")
            asked = self._cause() if self.get("labs.cytopenia_cause") is None else []
            yield self._entry("neutropenic_sepsis", self.rules.emergencies["neutropenic_sepsis"], seen, asked)

    def _infected(self, grade: int) -> bool:
        return grade >= self.limits.infection_from_grade.value

    @cached_property
    def calcium(self) -> tuple[Lab, float, str] | None:
        """Total calcium in mmol/L, corrected for albumin where that is known, and whether it was."""
        value, albumin = self._lab("calcium_mmol_per_l"), self._lab("albumin_g_per_l")
        if value is None:
            return None
        if albumin is None:
            return value, value.value, "not corrected for albumin"
        below = self.limits.albumin_reference_g_per_l.value - albumin.value
        corrected = round(value.value + self.limits.calcium_per_albumin_mmol_per_g.value * below, 2)
        return value, corrected, f"corrected from {value.value:g} for albumin {albumin.value:g} g/L"

    @cached_property
    def calciums(self) -> list[_Calcium]:
        """Total and ionised calcium as far as they hold, each with the highest limit it has passed; graver first."""
        limits, found = self.limits, []
        if self.calcium is not None:
            value, calcium, note = self.calcium
            steps = (
                limits.calcium_above_mmol_per_l,
                limits.calcium_of_relapse_above_mmol_per_l,
                limits.calcium_treated_from_mmol_per_l,
            )
            found.append(self._calcium(value, calcium, note, steps))
        ionised = self._lab("ionised_calcium_mmol_per_l")
        if ionised is not None:
            steps = (
                limits.ionised_calcium_above_mmol_per_l,
                limits.ionised_calcium_of_relapse_above_mmol_per_l,
                limits.ionised_calcium_treated_from_mmol_per_l,
            )
            found.append(self._calcium(ionised, ionised.value, "", steps))
        return sorted(found, key=lambda calcium: -calcium.step)

    def _calcium(self, lab: Lab, value: float, note: str, steps: tuple[Threshold, Threshold, Threshold]) -> _Calcium:
        above, of_relapse, treated = (step.value for step in steps)
        step = 3 if value >= treated else 2 if value > of_relapse else 1 if value > above else 0
        limit = (above, above, of_relapse, treated)[step]
        return _Calcium(step, self._seen(lab, limit, _CALCIUM_STEPS[step], note=note, shown=value), value <= above)

    def _hypercalcaemia(self) -> Iterator[Emergency]:
        if not self.calciums or self.calciums[0].step == 0:
            return
        first, *others = self.calciums
        treated = first.step == 3
        row = self.rules.emergencies["hypercalcaemia"] if treated else self.limits.does["calcium-raised"]
        questions = [] if treated else self._says("calcium-symptoms")
        if any(c.seen.field == "labs.ionised_calcium_mmol_per_l" and c.usual for c in others):
            questions += self._says("calcium-bound")
        alone = first.seen.field == "labs.ionised_calcium_mmol_per_l"
        questions += self._cause("calcium-other-cause" if first.step >= 2 or alone else "")
        shown = first.seen._replace(found="; ".join(c.seen.found for c in self.calciums))
        yield self._entry("hypercalcaemia", row, shown, questions)

    def _kidney_injury(self) -> Iterator[Emergency]:
        kidneys = self.history.kidneys
        if kidneys.state == "acute" and kidneys.creatinine is not None:
            limit = self.history.definitions.creatinine_rise_umol_per_l.value
            seen = _Seen(
                kidneys.found, kidneys.creatinine.field, kidneys.creatinine.value, "µmol/L",
                "" if kidneys.creatinine.day is None else str(kidneys.creatinine.day), limit,
            )  # fmt: skip
            row = self.rules.emergencies["acute_kidney_injury"]
            yield self._entry("acute_kidney_injury", row, seen, self._cause("kidney-other-cause"))

    def _transfusions(self) -> Iterator[Emergency]:
        does = self.limits.does
        cause = self.get("labs.cytopenia_cause")
        asked = self._cause() if cause is None else []
        haemoglobin = self._lab("haemoglobin_g_per_dl")
        if haemoglobin is not None and (limit := self._transfuse_below) and haemoglobin.value < limit:
            yield self._entry(
                "severe_cytopenia",
                does["red-cells-viscosity" if self._viscous else "red-cells"],
                self._seen(haemoglobin, limit, "the limit for transfusion is"),
                asked,
            )
        platelets = self._lab("platelets_10e9_per_l")
        if platelets is None:
            return
        if platelets.value < (limit := self.limits.platelets_below_10e9_per_l.value):
            row = does["platelets" if cause != "disease" else "platelets-disease" if self._due else "platelets-watched"]
            yield self._entry(
                "severe_cytopenia", row, self._seen(platelets, limit, "the limit for transfusion is"), asked
            )
        taken = self._anticoagulants
        if taken and platelets.value < (limit := self.limits.platelets_with_bleeding_below_10e9_per_l.value):
            seen = self._seen(platelets, limit, f"takes {' and '.join(taken)}; the limit for its full dose is")
            yield self._entry("severe_cytopenia", does["platelets-anticoagulant"], seen, asked)

    @property
    def _due(self) -> bool:
        """Whether treatment of the myeloma is due by what is recorded of it, whatever its paraprotein shows."""
        if self.state == "newly_diagnosed":
            return True
        return self.relapsed and (self.get("disease.relapse.kind") == "clinical" or self.clinical.truth is Truth.MET)

    @property
    def _viscous(self) -> bool:
        return "hyperviscosity" in (self.get("disease.emergencies") or ())

    @property
    def _transfuse_below(self) -> float:
        """The limit in g/dL for this heart; one that is not known takes the limit of a healthy one."""
        nyha = self.get("comorbidities.nyha_class")
        ill = nyha is not None and nyha >= self.limits.heart_disease_from_nyha.value
        limits = self.limits
        return (limits.transfuse_below_with_heart_disease_g_per_dl if ill else limits.transfuse_below_g_per_dl).value

    @property
    def _anticoagulants(self) -> list[str]:
        drugs_of = self.history.formulary.drugs_of
        known = {drug for token in self.limits.anticoagulants for drug in drugs_of(token)}
        return [taken.written for taken in self.history.taken or () if taken.drug in known]

    # --- questions ------------------------------------------------------------------------

    def questions(self) -> Iterator[Question]:
        """What no field holds, or what is not recorded, and would make the difference."""
        kidneys = self.history.kidneys
        if kidneys.state == "open" and kidneys.creatinine is not None:
            limit = self.history.definitions.creatinine_rise_umol_per_l.value
            yield self._question(
                "kidney-new-or-old",
                self._seen(kidneys.creatinine, limit, "no baseline is recorded; the limit without one is"),
            )
        if kidneys.state == "risen" and kidneys.creatinine is not None:
            baseline = self.get("labs.baseline_creatinine_umol_per_l")
            limit = self.history.definitions.creatinine_fold.value * baseline
            how = f"the baseline is {baseline:g}; it may be new from"
            yield self._question("kidney-risen", self._seen(kidneys.creatinine, limit, how))
        yield from self._injury_without_baseline()
        yield from self._anaemia()
        yield from self._counts()
        yield from self._viscosity()
        outside = _Seen("extramedullary disease is recorded", "disease.extramedullary")
        if self.relapsed and self.get("disease.extramedullary"):
            yield self._question("outside-marrow", outside)
        yield from self._cord(outside)

    def _injury_without_baseline(self) -> Iterator[Question]:
        """An injury that is ticked, beside a creatinine that is not high: without a baseline it may have risen."""
        creatinine = self._lab("creatinine_umol_per_l")
        no_baseline = self.get("labs.baseline_creatinine_umol_per_l") is None
        limits = self.history.definitions
        if self.history.kidneys.state != "ticked" or creatinine is None or not no_baseline:
            return
        if creatinine.value < limits.creatinine_rise_umol_per_l.value and not self.get("comorbidities.dialysis"):
            how = "no baseline is recorded; an acute injury is a rise of at least"
            yield self._question("kidney-ticked", self._seen(creatinine, limits.creatinine_step_umol_per_l.value, how))

    def _cord(self, outside: _Seen) -> Iterator[Question]:
        """Back pain with weakness is asked about where bone or soft tissue is known to be ill, or nothing is ticked."""
        ticked, lesions = self.get("disease.emergencies"), self.get("disease.mri_focal_lesions")
        if self.quiet or "cord_compression" in (ticked or ()):
            return
        if self.get("disease.extramedullary"):
            yield self._question("cord", outside)
        elif lesions:
            yield self._question(
                "cord", _Seen(f"focal lesions on MRI: {lesions}", "disease.mri_focal_lesions", lesions)
            )
        elif ticked is None:
            yield self._question("cord", _Seen("the list of emergencies is not recorded"))

    def _anaemia(self) -> Iterator[Question]:
        haemoglobin = self._lab("haemoglobin_g_per_dl")
        if haemoglobin is None:
            return
        limits = self.limits
        clinical = self.get("disease.relapse.kind") == "clinical"
        if self.relapsed and not clinical and self._anaemic and self.get("labs.cytopenia_cause") is None:
            yield self._question("anaemia-cause", self._seen(haemoglobin, *self._anaemic))
        heart = limits.transfuse_below_with_heart_disease_g_per_dl.value
        if self.get("comorbidities.nyha_class") is None and self._transfuse_below <= haemoglobin.value < heart:
            about = "red-cells-heart-viscosity" if self._viscous else "red-cells-heart"
            yield self._question(about, self._seen(haemoglobin, heart, "the limit with heart disease is"))

    def _counts(self) -> Iterator[Question]:
        limits, platelets = self.limits, self._lab("platelets_10e9_per_l")
        fever, bleeding = limits.platelets_with_fever_below_10e9_per_l, limits.platelets_with_bleeding_below_10e9_per_l
        if platelets is not None and platelets.value >= limits.platelets_below_10e9_per_l.value:
            if platelets.value < fever.value:
                yield self._question("platelets-fever", self._seen(platelets, fever.value, "the limit with fever is"))
            if platelets.value < bleeding.value:
                seen = self._seen(platelets, bleeding.value, "the limit with bleeding is")
                yield self._question("platelets-bleeding", seen)
        if platelets is not None and platelets.value < bleeding.value:
            seen = self._seen(platelets, bleeding.value, "the limit with an anticoagulant is")
            taken = self.history.taken
            not_known = [t.written for t in taken or () if not t.drug]
            if taken is None:
                yield self._question("platelets-anticoagulant", seen)
            elif not_known and not self._anticoagulants:
                named = f"{seen.found}; {' and '.join(not_known)} not known to the catalogue"
                yield self._question("platelets-anticoagulant", seen._replace(found=named))
        neutrophils, limit = self._lab("neutrophils_10e9_per_l"), limits.neutrophils_below_10e9_per_l.value
        grade = self.get("comorbidities.active_infection_grade")
        if neutrophils is not None and neutrophils.value < limit and (grade is None or not self._infected(grade)):
            yield self._question("neutrophils-fever", self._seen(neutrophils, limit, "the limit is"))

    def _viscosity(self) -> Iterator[Question]:
        """A high paraprotein is asked about; it never is hyperviscosity by itself."""
        high = self._high_paraprotein
        if high is not None and self._holds(high[0]) is not Truth.NOT_MET:
            yield self._question("viscosity", high[1])

    @cached_property
    def _high_paraprotein(self) -> tuple[Span, _Seen] | None:
        """The newest serum paraprotein with its day, where it reaches the limit of its isotype."""
        dated = [m for m in self.get("disease.m_protein") or () if m.serum_g_per_l is not None and m.on is not None]
        newest = max(dated, key=lambda m: (m.on.latest, m.on.earliest), default=None)
        if newest is None or self._viscous:
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
        return newest.on, _Seen(found, "disease.m_protein", value, "g/L", str(newest.on), limit)

    def _holds(self, day: Span) -> Truth:
        """Whether a value of that day still holds."""
        return day.days_until(Span.day(self.history.as_of)).at_most(self.days)

    def repeat(self) -> Iterator[Question]:
        """The values whose own day lies too far back."""
        for name in self.history.definitions.laboratory_fields:
            value = self._any_age(name)
            if value is not None and not value.holds and value.day is not None:
                yield self._question("repeat", self._seen(value, None)._replace(found=self._too_old(value, value.day)))
        high = self._high_paraprotein
        if high is not None and self._holds(high[0]) is Truth.NOT_MET:
            yield self._question("repeat", high[1])

    def _too_old(self, value: Lab, day: Span) -> str:
        name, unit = self.words.field(value.field), self.words.unit(value.field)
        ago = day.days_until(Span.day(self.history.as_of)).low or 0
        return f"{name} {value.value:g}{unit} ({day}, {ago:g} days before; it holds for {self.days:g})"

    # --- a clinical relapse ---------------------------------------------------------------

    @cached_property
    def _anaemic(self) -> tuple[float, str] | None:
        """The limit that haemoglobin has passed and how, whatever the cause: a fall, or a fall below a floor."""
        value = self._lab("haemoglobin_g_per_dl")
        baseline = self.get("labs.baseline_haemoglobin_g_per_dl")
        fall, floor = (
            self.limits.haemoglobin_fall_g_per_dl.value,
            self.limits.haemoglobin_of_relapse_below_g_per_dl.value,
        )
        if value is None:
            return None
        if baseline is not None and round(baseline - value.value, 2) >= fall:
            return fall, f"{baseline - value.value:g} below the baseline of {baseline:g}; the limit of a fall is"
        # What was as low before this relapse is no news, unless the record itself says that the myeloma is the cause.
        before = baseline is not None and baseline < floor
        if value.value < floor and (not before or self.get("labs.cytopenia_cause") == "disease"):
            return floor, f"baseline {baseline:g}; the limit is" if before else "the limit is"
        return None

    @cached_property
    def clinical(self) -> Finding:
        """Whether recorded values make a relapse clinical [imwg-relapse]; only a recorded relapse can be.

        Unknown while a high creatinine may be new, or the cause of an anaemia is not recorded.
        """
        parts = [self._by_calcium(), self._by_kidneys(), *self._of_the_myeloma()]
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

    def _of_the_myeloma(self) -> list[Finding]:
        """What makes a relapse clinical and is recorded as the myeloma's own doing."""
        ticked = [
            Finding(Truth.MET, f"{name.replace('_', ' ')} is recorded", ("disease.emergencies",))
            for name in self.get("disease.emergencies") or ()
            if self.rules.emergencies[name].of_the_myeloma
        ]
        return [self._by_haemoglobin(), self._outside_the_marrow(), *ticked]

    def _by_calcium(self) -> Finding:
        raised = [c for c in self.calciums if c.step >= 2]
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

    def _by_kidneys(self) -> Finding:
        kidneys = self.history.kidneys
        if kidneys.state == "acute":
            return Finding(Truth.MET, kidneys.found, ("labs.creatinine_umol_per_l",))
        if kidneys.state == "open":
            return Finding(Truth.UNKNOWN, kidneys.found, ("labs.creatinine_umol_per_l",), kidneys.missing)
        return Finding(Truth.NOT_MET, "")

    def _by_haemoglobin(self) -> Finding:
        value, cause = self._lab("haemoglobin_g_per_dl"), self.get("labs.cytopenia_cause")
        if value is None or self._anaemic is None or cause not in (None, "disease"):
            return Finding(Truth.NOT_MET, "")
        note = "cause not recorded" if cause is None else "by the myeloma"
        said = self._seen(value, *self._anaemic, note=note).found
        if cause is None:
            return Finding(Truth.UNKNOWN, said, (value.field,), ("labs.cytopenia_cause",))
        return Finding(Truth.MET, said, (value.field,))

    def _outside_the_marrow(self) -> Finding:
        found = [field for field in _OUTSIDE_THE_MARROW if self.get(field)]
        # A response clears the cells of a leukaemia that stays on record.
        cleared = self.get(CIRCULATING) is not None and not self.history.circulating_cells
        if self.state == "responding" and cleared:
            found = [field for field in found if field != "disease.plasma_cell_leukaemia"]
        said = " and ".join(self.words.field(field) for field in found)
        parts = [f"{said} is recorded"] if found else []
        if self.history.circulating_cells:
            parts.append(self.history.circulating_cells)
            found.append(CIRCULATING)
        return Finding(Truth.MET if found else Truth.NOT_MET, "; ".join(parts), tuple(found))

    # --- contradictions -------------------------------------------------------------------

    def contradictions(self) -> Iterator[str]:
        """What of the record cannot stand beside what its values show."""
        clinical = self.clinical
        if self.relapsed and self.get("disease.relapse.kind") == "biochemical" and clinical.truth is Truth.MET:
            fields = " and ".join(dict.fromkeys(self.words.field(field) for field in clinical.where))
            yield f"The relapse is recorded as biochemical; what is recorded makes it clinical: {fields}"
        if self.state == "smouldering" and clinical.truth is Truth.MET:
            yield f"The disease is recorded as smouldering; if the myeloma is the cause, it is active: {clinical.found}"
        yield from self._state_doubted()
        yield from self._low_counts_doubted()
        yield from self._leukaemia_doubted()
        if self.history.kidneys.steady_although_ticked:
            yield self.history.kidneys.steady_although_ticked
        ticked = self.get("disease.emergencies")
        if ticked is None:
            return
        for entry in self.derived:
            if entry["emergency"] not in ticked and self._grave(entry):
                name, unit = self.words.field(entry["field"]), entry["unit"]
                said = f"{name} {entry['value']:g} {unit}, and the limit is {entry['limit']:g} {unit}"
                yield f"The list of emergencies is recorded without {entry['emergency'].replace('_', ' ')}: {said}"
        if "hypercalcaemia" in ticked and self.calciums and self.calciums[0].step == 0:
            said = "; ".join(c.seen.found for c in self.calciums)
            yield f"Hypercalcaemia is ticked in the list of emergencies: {said}"
        if "neutropenic_sepsis" in ticked and (said := self._no_sepsis()):
            yield f"Neutropenic sepsis is ticked in the list of emergencies: {said}"
        if "severe_cytopenia" in ticked and (said := self._no_low_count()):
            yield f"Severe cytopenia is ticked in the list of emergencies: {said}"

    def _state_doubted(self) -> Iterator[str]:
        """What speaks of a relapse where the record says that there is none; the state is used all the same.

        Disease outside the marrow and high values belong to new disease, and make smouldering disease active.
        """
        recorded, kind = recorded_as(self.history), self.get("disease.relapse.kind")
        if not recorded:
            return
        if kind is not None:
            yield f"{recorded}, but a {kind} relapse is recorded too: which of the two is right?"
        if progressed := self.history.standing_progression():
            yield f"{recorded}, but the last event on record is progression ({progressed}): which of the two is right?"
        if self.state in ("newly_diagnosed", "smouldering"):
            return
        for finding in self._of_the_myeloma():
            if finding.truth is Truth.MET:
                yield f"{recorded}, but {finding.found}: which of the two is right?"
        for finding in (self._by_calcium(), self._by_kidneys()):
            if finding.truth is Truth.MET:
                yield f"{recorded}, which is right only if the myeloma is not the cause: {finding.found}"

    def _low_counts_doubted(self) -> Iterator[str]:
        """Grave counts that the myeloma is recorded to cause, beside a disease that need not be treated."""
        if self.get("labs.cytopenia_cause") != "disease" or self._due:
            return
        watched = self.relapsed and self.get("disease.relapse.kind") == "biochemical"
        recorded = "The relapse is recorded as biochemical" if watched else recorded_as(self.history)
        counts = ("labs.platelets_10e9_per_l", "labs.neutrophils_10e9_per_l")
        for entry in self.derived if recorded else ():
            if entry["field"] in counts and self._grave(entry):
                yield f"{recorded}, and the myeloma as the cause of {entry['found']}: which of the two is right?"

    def _leukaemia_doubted(self) -> Iterator[str]:
        """Where the record of plasma cell leukaemia, or of a response, and circulating plasma cells contradict."""
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
        """That neutrophils are not below the limit, or that no infection is active, in words; else empty."""
        neutrophils, limit = self._lab("neutrophils_10e9_per_l"), self.limits.neutrophils_below_10e9_per_l.value
        grade, said = self.get("comorbidities.active_infection_grade"), []
        if neutrophils is not None and neutrophils.value >= limit:
            said.append(self._seen(neutrophils, limit, "the limit is").found)
        if grade is not None and not self._infected(grade):
            said.append(f"{self.words.field('comorbidities.active_infection_grade')} {grade}")
        return "; ".join(said)

    def _no_low_count(self) -> str:
        """That each of the three counts is known today and none is below any limit, in words; else empty."""
        limits = self.limits
        least = {
            "haemoglobin_g_per_dl": limits.transfuse_below_with_heart_disease_g_per_dl,
            "platelets_10e9_per_l": limits.platelets_with_bleeding_below_10e9_per_l,
            "neutrophils_10e9_per_l": limits.neutrophils_below_10e9_per_l,
        }
        counts = [(self._lab(name), limit.value) for name, limit in least.items()]
        seen = [self._seen(c, limit, "the limit is").found for c, limit in counts if c is not None and c.value >= limit]
        return "; ".join(seen) if len(seen) == len(counts) else ""

    def _grave(self, entry: Emergency) -> bool:
        """Whether a list of emergencies should hold it: not what is above the laboratory's limit and no more."""
        limits = self.limits
        lesser = {
            "hypercalcaemia": (limits.calcium_above_mmol_per_l, limits.ionised_calcium_above_mmol_per_l),
            "severe_cytopenia": (limits.platelets_with_bleeding_below_10e9_per_l,),
        }
        return entry["limit"] not in [limit.value for limit in lesser.get(entry["emergency"], ())]
