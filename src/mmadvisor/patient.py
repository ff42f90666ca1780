"""The patient as recorded: format ``mmadvisor/patient/1``.

Every field but ``id`` and ``therapies`` may be absent, ``null`` or ``unknown``, which all mean
that it is not known. No field has a default that answers a question.
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from mmadvisor.truth import Span

SCHEMA = "mmadvisor/patient/1"

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def span(value: object) -> Span:
    """A full or partial ISO date as the interval of days that it covers.

    Raises:
        ValueError: It is no such date.
    """
    if isinstance(value, Span):
        return value
    if isinstance(value, date):
        return Span.day(date(value.year, value.month, value.day))
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    match = _DATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("a date is written 2024-03-18, 2024-03 or 2024")
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or not 1900 <= year <= 2200:
        raise ValueError("the year lies outside 1900 to 2200")
    if month is None:
        return Span(date(year, 1, 1), date(year, 12, 31))
    if not 1 <= month <= 12:
        raise ValueError("there is no such month")
    last = calendar.monthrange(year, month)[1]
    if day is None:
        return Span(date(year, month, 1), date(year, month, last))
    if not 1 <= day <= last:
        raise ValueError("there is no such day")
    return Span.day(date(year, month, day))


def _stop(value: object) -> Span | Literal["ongoing"]:
    if value == "ongoing":
        return "ongoing"
    try:
        return span(value)
    except ValueError as error:
        raise ValueError(f"{error}, or `ongoing`") from None


_DATE_SCHEMA = {"type": ["string", "integer", "null"], "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}
_STOP_SCHEMA = {"type": ["string", "integer", "null"], "pattern": r"^(ongoing|\d{4}(-\d{2}(-\d{2})?)?)$"}

Day = Annotated[Span, PlainValidator(span), WithJsonSchema(_DATE_SCHEMA)]
Stop = Annotated[Span | Literal["ongoing"], PlainValidator(_stop), WithJsonSchema(_STOP_SCHEMA)]
Found = Literal["present", "absent"]
Response = Literal["sCR", "CR", "VGPR", "PR", "MR", "SD", "PD"]
Intent = Literal["induction", "transplant", "consolidation", "maintenance", "relapse", "bridging", "other"]
StopReason = Literal["completed", "progression", "toxicity", "patient_choice", "planned_switch", "access", "other"]


def _number(low: float, high: float, usual: tuple[float, float], what: str = "") -> Any:
    """Bounds that no human crosses; outside ``usual`` the reader asks for the unit."""
    return Field(None, ge=low, le=high, json_schema_extra={"usual": list(usual)}, description=what or None)


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Demographics(_Record):
    """Who the patient is."""

    age: int | None = _number(0, 120, (25, 100), "years")
    sex: Literal["female", "male"] | None = None
    weight_kg: float | None = _number(20, 350, (35, 160))
    height_cm: float | None = _number(90, 250, (135, 210))


class Cytogenetics(_Record):
    """FISH and sequencing of the plasma cells."""

    del_17p: Found | None = None
    t_4_14: Found | None = None
    t_11_14: Found | None = None
    t_14_16: Found | None = None
    t_14_20: Found | None = None
    gain_1q: Found | None = None
    del_1p32: Literal["present", "absent", "monoallelic", "biallelic"] | None = None
    tp53_mutation: Found | None = None


class Relapse(_Record):
    """How the disease came back."""

    kind: Literal["clinical", "biochemical"] | None = None
    tempo: Literal["rapid", "indolent"] | None = None


class MProtein(_Record):
    """One measurement of the paraprotein."""

    on: Day | None = None
    serum_g_per_l: float | None = _number(0, 200, (0, 120))
    urine_mg_per_24h: float | None = _number(0, 100_000, (0, 30_000))
    dflc_mg_per_l: float | None = _number(0, 200_000, (0, 50_000))


Emergency = Literal["hypercalcaemia", "cord_compression", "acute_kidney_injury", "hyperviscosity"]


class Disease(_Record):
    """The myeloma now."""

    state: Literal["newly_diagnosed", "responding", "relapsed", "smouldering"] | None = None
    diagnosed_on: Day | None = None
    isotype: str | None = Field(None, max_length=80)
    iss: int | None = Field(None, ge=1, le=3)
    r_iss: int | None = Field(None, ge=1, le=3)
    beta2_microglobulin_mg_per_l: float | None = _number(0, 200, (0.5, 50))
    ldh_above_normal: bool | None = None
    cytogenetics: Cytogenetics | None = None
    extramedullary: bool | None = None
    cns_involvement: bool | None = None
    plasma_cell_leukaemia: bool | None = None
    circulating_plasma_cells_percent: float | None = _number(0, 100, (0, 100))
    amyloidosis: Literal["none", "present", "cardiac"] | None = None
    relapse: Relapse | None = None
    m_protein: tuple[MProtein, ...] | None = Field(None, strict=False, max_length=500)
    emergencies: tuple[Emergency, ...] | None = Field(None, strict=False)


class Given(_Record):
    """One agent of a therapy; its own dates overrule those of the therapy."""

    agent: str = Field(max_length=120)
    dose: str | None = Field(None, max_length=120)
    start: Day | None = None
    stop: Stop | None = None


class NotRefractory(_Record):
    """A derived refractoriness that the clinician overrules."""

    agent: str = Field(max_length=120)
    reason: str | None = Field(None, max_length=500)


class Therapy(_Record):
    """One entry of the treatment history."""

    line: int | None = Field(None, ge=1, le=40)
    intent: Intent | None = None
    regimen: str | None = Field(None, max_length=120)
    agents: tuple[str | Given, ...] | None = Field(None, strict=False, max_length=20)
    start: Day | None = None
    stop: Stop | None = None
    best_response: Response | None = None
    progressed_on: Day | None = None
    stop_reason: StopReason | None = None
    refractory_to: tuple[str, ...] | None = Field(None, strict=False)
    not_refractory_to: tuple[str | NotRefractory, ...] | None = Field(None, strict=False)
    reason: str | None = Field(None, max_length=500)

    @property
    def given(self) -> tuple[Given, ...]:
        """Its agents, each as an entry of its own; names are resolved by the reader."""
        return tuple(g if isinstance(g, Given) else Given(agent=g) for g in self.agents or ())


class Fitness(_Record):
    """Performance status and frailty; frailty may be computed from its items."""

    ecog: int | None = Field(None, ge=0, le=4)
    frailty: Literal["fit", "intermediate", "frail"] | None = None
    adl: int | None = Field(None, ge=0, le=6)
    iadl: int | None = Field(None, ge=0, le=8)
    charlson: int | None = Field(None, ge=0, le=37)
    transplant_eligible: bool | None = None


class Comorbidities(_Record):
    """Other illness; CTCAE grades 0 to 5, NYHA class 0 (none) to 4."""

    nyha_class: int | None = Field(None, ge=0, le=4)
    uncontrolled_hypertension: bool | None = None
    myocardial_infarction_within_6_months: bool | None = None
    peripheral_neuropathy_grade: int | None = Field(None, ge=0, le=4)
    copd_fev1_percent: float | None = _number(0, 200, (15, 150), "percent of predicted")
    hepatitis_b: Literal["negative", "resolved", "carrier"] | None = None
    hepatitis_c: Literal["negative", "positive", "treated"] | None = None
    hiv: Literal["negative", "positive"] | None = None
    active_infection_grade: int | None = Field(None, ge=0, le=4)
    venous_thromboembolism: bool | None = None
    keratopathy: bool | None = None
    parkinsonism: bool | None = None
    seizure_disorder: bool | None = None
    pregnancy: bool | None = None
    childbearing_potential: bool | None = None
    dialysis: bool | None = None
    autoimmune_disease: bool | None = None
    prior_allogeneic_transplant: bool | None = None
    active_gvhd: bool | None = None
    other_malignancy: Literal["none", "past", "active"] | None = None


class Labs(_Record):
    """Laboratory values; each unit stands in the name of its field."""

    neutrophils_10e9_per_l: float | None = _number(0, 200, (0, 60))
    platelets_10e9_per_l: float | None = _number(0, 3000, (0, 1000))
    haemoglobin_g_per_dl: float | None = _number(1, 30, (4, 20), "a value near 100 would be g/L")
    creatinine_umol_per_l: float | None = _number(5, 3000, (20, 1500), "a value near 1 would be mg/dL")
    creatinine_clearance_ml_per_min: float | None = _number(0, 400, (3, 220))
    bilirubin_xuln: float | None = _number(0, 100, (0, 30))
    alt_xuln: float | None = _number(0, 500, (0, 100))
    lvef_percent: float | None = _number(1, 100, (10, 85))
    spo2_percent: float | None = _number(20, 100, (60, 100))
    igg_g_per_l: float | None = _number(0, 250, (0, 120))
    calcium_mmol_per_l: float | None = _number(0.3, 8, (1.2, 5), "a value near 10 would be mg/dL")
    cytopenia_cause: Literal["disease", "treatment"] | None = None


class Toxicity(_Record):
    """One adverse event of an earlier agent, in CTCAE terms."""

    agent: str | None = Field(None, max_length=120)
    event: str = Field(max_length=200)
    grade: int | None = Field(None, ge=1, le=5)


class Access(_Record):
    """What can be had, where, and how long treatment can wait."""

    jurisdiction: str | None = Field(None, max_length=20)
    car_t_centre: bool | None = None
    bispecific_centre: bool | None = None
    can_wait_weeks: float | None = _number(0, 520, (0, 104))
    off_label: bool | None = None


class Preferences(_Record):
    """What the patient wants."""

    route: Literal["any", "oral", "subcutaneous", "intravenous"] | None = None
    avoid_admission: bool | None = None
    treatment_free_interval: bool | None = None


class Patient(_Record):
    """One patient on the day of the decision.

    Agent and regimen names are ids of the catalogue once the reader has resolved them.
    """

    schema_: Literal["mmadvisor/patient/1"] | None = Field(None, alias="schema")
    id: str = Field(min_length=1, max_length=200)
    assessed_on: Day | None = None
    demographics: Demographics | None = None
    disease: Disease | None = None
    therapies_complete: bool | None = None
    therapies: tuple[Therapy, ...] = Field(strict=False, max_length=200)
    fitness: Fitness | None = None
    comorbidities: Comorbidities | None = None
    labs: Labs | None = None
    toxicities: tuple[Toxicity, ...] | None = Field(None, strict=False, max_length=200)
    co_medication: tuple[str, ...] | None = Field(None, strict=False, max_length=200)
    access: Access | None = None
    preferences: Preferences | None = None

    def get(self, path: str) -> Any:
        """The value at a dotted path such as ``labs.lvef_percent``; ``None`` when not recorded."""
        value: Any = self
        for name in path.split("."):
            if value is None:
                return None
            value = getattr(value, name)
        return value

    def seen_on(self, day: date) -> Patient:
        """The patient as known on that day: what came later is invisible.

        A therapy that began later is gone; one that was still running is ongoing, and its
        progression, if later, is not recorded yet.
        """
        kept = [(i, t) for i, t in enumerate(self.therapies) if not _later(t.start, day)]
        if len(kept) == len(self.therapies) and not any(_changes(t, day) for _, t in kept):
            return self
        return self.model_copy(update={"therapies": tuple(_cut(t, day) for _, t in kept)})


def _later(when: Span | Literal["ongoing"] | None, day: date) -> bool:
    return isinstance(when, Span) and when.earliest > day


def _changes(therapy: Therapy, day: date) -> bool:
    return (
        _later(therapy.stop, day)
        or _later(therapy.progressed_on, day)
        or any(_later(g.stop, day) or _later(g.start, day) for g in therapy.given)
    )


def _cut(therapy: Therapy, day: date) -> Therapy:
    if not _changes(therapy, day):
        return therapy
    changed: dict[str, Any] = {}
    if _later(therapy.stop, day):
        changed |= {"stop": "ongoing", "stop_reason": None}
    if _later(therapy.progressed_on, day):
        changed["progressed_on"] = None
    if therapy.agents is not None:
        changed["agents"] = tuple(
            g.model_copy(update={"stop": "ongoing"}) if _later(g.stop, day) else g
            for g in therapy.given
            if not _later(g.start, day)
        )
    return therapy.model_copy(update=changed)
