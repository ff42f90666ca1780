"""The patient file: format ``mmadvisor/patient/1``.

Every field except ``id`` and ``therapies`` may be absent, ``null`` or ``unknown``: all three mean that the value is not
known. No field has a default that would be a clinical fact.
"""

import re
import typing
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal

from mmadvisor.base.known import Span, Truth, span
from mmadvisor.base.records import Entry, hints
from mmadvisor.base.validation import Converted, Dated, Limits, MaxLength, OneOrMany, Worded
from mmadvisor.formats.timeline import Timeline

SCHEMA = "mmadvisor/patient/1"

_ONE_DATE = r"\d{4}(-\d{2}(-\d{2})?)?"


def _stop(value: object) -> Span | Literal["ongoing"]:
    if value == "ongoing":
        return "ongoing"
    try:
        return span(value)
    except ValueError as error:
        raise ValueError(f"{error}; write `ongoing` if the therapy goes on") from None


Day = Annotated[Span, Converted(span, rf"^{_ONE_DATE}(/{_ONE_DATE})?$")]
Stop = Annotated[Span | Literal["ongoing"], Converted(_stop, rf"^(ongoing|{_ONE_DATE}(/{_ONE_DATE})?)$")]
Found = Literal["present", "absent"]
Response = Literal["sCR", "CR", "VGPR", "PR", "MR", "SD", "PD"]
Intent = Literal["induction", "transplant", "consolidation", "maintenance", "relapse", "bridging", "other"]
StopReason = Literal["completed", "progression", "toxicity", "patient_choice", "planned_switch", "access", "other"]
Name = Annotated[str, MaxLength(120)]


class Measured(float):
    """A measured number with its day; code that does not need the day uses it as an ordinary number."""

    on: Span | None

    def __new__(cls, value: float, on: Span | None = None) -> "Measured":
        """Make the number with its day."""
        made = super().__new__(cls, value)
        made.on = on
        return made


class NyhaClass(int):
    """A NYHA class with its stage (``IIIA``, ``IIIB``); code that does not need the stage uses class 3."""

    stage: str

    def __new__(cls, stage: str) -> "NyhaClass":
        """Make the class from its stage."""
        made = super().__new__(cls, NYHA_STAGES[stage])
        made.stage = stage
        return made


NYHA_STAGES = {"IIIA": 3, "IIIB": 3}
MEASURED = Dated(Day, lambda value, on: value if on is None else Measured(value, on))
STAGED = Worded(tuple(NYHA_STAGES), NyhaClass)


class Demographics(Entry):
    """Age, sex, weight and height."""

    age: Annotated[int, Limits(0, 120, (25, 100), "years")] | None = None
    """Age in years on the day of the decision."""
    sex: Literal["female", "male"] | None = None
    """Sex, for pregnancy, creatinine clearance and the thrombosis scores."""
    weight_kg: Annotated[float, Limits(20, 350, (35, 160))] | None = None
    """Body weight, for creatinine clearance, body mass index and the doses that depend on it."""
    height_cm: Annotated[float, Limits(90, 250, (135, 210))] | None = None
    """Height, for body mass index."""


class Cytogenetics(Entry):
    """FISH and sequencing of the plasma cells."""

    del_17p: Found | None = None
    """Deletion of 17p; a marker of high risk."""
    t_4_14: Found | None = None
    """Translocation t(4;14)."""
    t_11_14: Found | None = None
    """Translocation t(11;14), which the venetoclax regimens require."""
    t_14_16: Found | None = None
    """Translocation t(14;16)."""
    t_14_20: Found | None = None
    """Translocation t(14;20)."""
    gain_1q: Found | None = None
    """Gain or amplification of 1q."""
    del_1p32: Literal["present", "absent", "monoallelic", "biallelic"] | None = None
    """Deletion of 1p32, on one chromosome or on both if the laboratory reports this."""
    tp53_mutation: Found | None = None
    """Mutation of TP53 by sequencing."""


class Relapse(Entry):
    """How the disease came back."""

    kind: Literal["clinical", "biochemical"] | None = None
    """Clinical: new lesions, organ damage or symptoms [imwg-relapse]. Biochemical: the paraprotein alone rises."""
    tempo: Literal["rapid", "indolent"] | None = None
    """How fast the disease progresses, as the clinician judges it; no value of a laboratory decides it here."""


class MProtein(Entry):
    """One measurement of the paraprotein."""

    on: Day | None = None
    """Day of the measurement. A value without its day cannot show progression."""
    serum_g_per_l: Annotated[float, Limits(0, 200, (0, 120))] | None = None
    """Serum paraprotein."""
    urine_mg_per_24h: Annotated[float, Limits(0, 100_000, (0, 30_000))] | None = None
    """Paraprotein in the 24-hour urine."""
    dflc_mg_per_l: Annotated[float, Limits(0, 200_000, (0, 50_000))] | None = None
    """Difference between involved and uninvolved free light chains."""


Emergency = Literal[
    "hypercalcaemia", "cord_compression", "acute_kidney_injury", "hyperviscosity", "severe_cytopenia",
    "neutropenic_sepsis",
]  # fmt: skip


class Disease(Entry):
    """The myeloma now; ``flc_ratio`` is kappa over lambda, as laboratories print it."""

    state: Literal["newly_diagnosed", "responding", "relapsed", "smouldering"] | None = None
    """State of the disease. When unknown, the disease counts as relapsed if the therapies end in a recorded
    progression; otherwise there is no ranking.
    """
    diagnosed_on: Day | None = None
    """Day of the diagnosis; no therapy may lie before it."""
    isotype: Annotated[str, MaxLength(80)] | None = None
    """Isotype as in the report, such as IgG kappa. It decides how the paraprotein and the IgG are interpreted."""
    iss: Annotated[int, Limits(1, 3)] | None = None
    """Stage by the International Staging System."""
    r_iss: Annotated[int, Limits(1, 3)] | None = None
    """Stage by the Revised International Staging System."""
    beta2_microglobulin_mg_per_l: Annotated[float, Limits(0, 200, (0.5, 50))] | None = None
    """Serum beta-2 microglobulin."""
    ldh_above_normal: bool | None = None
    """Whether LDH is above the upper limit of normal."""
    cytogenetics: Cytogenetics | None = None
    """FISH and sequencing of the plasma cells."""
    cytogenetics_on: Day | None = None
    """Day of the cytogenetics."""
    extramedullary: bool | None = None
    """Whether there is disease outside the bone marrow."""
    cns_involvement: bool | None = None
    """Whether the central nervous system is involved."""
    plasma_cell_leukaemia: bool | None = None
    """Plasma cell leukaemia. When unknown it is derived from the circulating plasma cells, if these are recorded."""
    circulating_plasma_cells_percent: Annotated[float, Limits(0, 100, (0, 100))] | None = None
    """Plasma cells in the blood, in percent of leucocytes."""
    marrow_plasma_cells_percent: Annotated[float, Limits(0, 100, (0, 100))] | None = None
    """Plasma cells in the bone marrow."""
    flc_ratio: Annotated[float, Limits(0, 1_000_000, (0.0001, 20_000))] | None = None
    """Ratio of free light chains, kappa over lambda, as laboratories print it."""
    immunoparesis: bool | None = None
    """Whether the uninvolved immunoglobulins are low."""
    mri_focal_lesions: Annotated[int, Limits(0, 1000, (0, 100))] | None = None
    """Focal MRI lesions of 5 mm or more, for smouldering disease. They may lead to a question about the spinal cord."""
    mrd: Literal["positive", "negative"] | None = None
    """Minimal residual disease at the last test."""
    amyloidosis: Literal["none", "present", "cardiac"] | None = None
    """AL amyloidosis, and whether the heart is involved."""
    relapse: Relapse | None = None
    """How the disease came back."""
    m_protein: Annotated[tuple[MProtein, ...], MaxLength(500)] | None = None
    """Measurements of the paraprotein, each with its day. They show progression, and how long a response has lasted."""
    emergencies: Annotated[tuple[Emergency, ...], MaxLength(200)] | None = None
    """What must be treated before a regimen is chosen. An empty list means that there is none."""


# The name for no drug; in `one_of` it means that there may have been none.
PLACEBO = "placebo"
CANNOT_BE_UNKNOWN = ("id", "event")  # texts, in which the word unknown is the text itself


class Given(Entry):
    """One agent of a therapy; its own dates replace those of the therapy.

    If the agent is unknown, ``one_of`` can list the agents that it may have been, and ``not`` the agents that it was
    not. ``placebo`` in ``one_of`` means that there may have been no agent.
    """

    agent: Annotated[str, MaxLength(120)] | None = None
    """Generic name, brand or usual short form. When unknown, it may be any drug that could be given at that time."""
    one_of: Annotated[tuple[str, ...], MaxLength(200)] | None = None
    """The drugs that an unknown drug may have been, also `placebo`. What all of them share counts as known."""
    not_: Annotated[tuple[str, ...], MaxLength(200)] | None = None
    """The drugs that an unknown drug was not."""
    dose: Annotated[str, MaxLength(120)] | None = None
    """Dose as text; it is shown and not interpreted."""
    start: Day | None = None
    """First dose of this agent, if it differs from the start of the therapy."""
    stop: Stop | None = None
    """Last dose of this agent, if it differs from the end of the therapy."""


if typing.TYPE_CHECKING:

    class Known(Given):
        """An agent that is known."""

        agent: str


class NotRefractory(Entry):
    """An agent that the clinician declares not refractory, against what was derived."""

    agent: Annotated[str, MaxLength(120)]
    """The agent to which the disease is not refractory, in the clinician's judgement."""
    reason: Annotated[str, MaxLength(500)] | None = None
    """Why, as text; it is shown with the answer."""


class Therapy(Entry):
    """One entry of the treatment history."""

    line: Annotated[int, Limits(1, 40)] | None = None
    """Number of the line. When unknown, lines are counted from the dates and purposes of the therapies."""
    intent: Intent | None = None
    """Purpose of the therapy. When unknown, the therapy may open a line or belong to the line before it, and the count
    of lines may be a range."""
    regimen: Annotated[str, MaxLength(120)] | None = None
    """Abbreviation or usual name of the regimen; its agents are taken from the catalogue."""
    agents: Annotated[tuple[str | Given, ...], OneOrMany(20)] | None = None
    """The agents, by name or with their own dates; one agent may be written without a list. `unknown` is a drug that
    nobody knows."""
    start: Day | None = None
    """Day of the first dose. When unknown, only limits for it are derived, from the order of the therapies."""
    stop: Stop | None = None
    """Day of the last dose, or `ongoing`. When unknown, wash-outs and refractoriness within the window after the last
    dose are unknown."""
    best_response: Response | None = None
    """Best response by IMWG. When unknown, refractoriness through non-response stays possible."""
    best_response_on: Day | None = None
    """Day on which the best response was reached."""
    progressed_on: Day | None = None
    """Day of progression. A missing day means no progression only if the list of therapies is complete."""
    stop_reason: StopReason | None = None
    """Why the therapy ended."""
    refractory_to: Annotated[tuple[str, ...], MaxLength(200)] | None = None
    """Agents or classes that the clinician declares refractory, even if they were not given in this therapy."""
    not_refractory_to: Annotated[tuple[str | NotRefractory, ...], MaxLength(200)] | None = None
    """Agents that the clinician declares not refractory, although this therapy shows refractoriness to them."""
    reason: Annotated[str, MaxLength(500)] | None = None
    """Reason for what `refractory_to` or `not_refractory_to` declares, as text."""

    @property
    def given(self) -> tuple["Known", ...]:
        """The agents of the therapy whose names are known, each as an entry with an id of the catalogue."""
        return tuple(typing.cast("Known", given) for given in self._each if given.agent is not None)

    @property
    def unnamed(self) -> tuple[Given, ...]:
        """The drugs of the therapy whose names are unknown."""
        return tuple(given for given in self._each if given.agent is None)

    @property
    def _each(self) -> tuple[Given, ...]:
        return tuple(g if isinstance(g, Given) else Given(agent=g) for g in self.agents or ())


class Fitness(Entry):
    """Performance status, its cause, and frailty; frailty may be computed from its items."""

    ecog: Annotated[int, Limits(0, 4)] | None = None
    """ECOG performance status."""
    ecog_cause: Literal["disease", "other"] | None = None
    """Whether the myeloma is the cause of the performance status."""
    frailty: Literal["fit", "intermediate", "frail"] | None = None
    """IMWG frailty group by age, daily activities and other illness [palumbo-2015]: fit has no point, frail the most.
    When unknown it is derived from age, ADL, IADL and Charlson index, as far as these allow.
    """
    adl: Annotated[int, Limits(0, 6)] | None = None
    """Katz index of activities of daily living."""
    iadl: Annotated[int, Limits(0, 8)] | None = None
    """Lawton index of instrumental activities of daily living."""
    charlson: Annotated[int, Limits(0, 37)] | None = None
    """Charlson comorbidity index."""
    transplant_eligible: bool | None = None
    """Whether the clinician judges a transplant to be possible."""


class SecondCancer(Entry):
    """One cancer besides the myeloma; ``after`` is an agent that may have caused it."""

    kind: Literal["t-cell", "myeloid", "solid", "skin-non-melanoma"] | None = None
    """Kind of the cancer. After CAR-T an active cancer of unknown kind is treated as a T-cell cancer."""
    state: Literal["active", "watched", "past"] | None = None
    """Whether it is active, under observation or past."""
    found_on: Day | None = None
    """Day on which it was found."""
    after: Annotated[str, MaxLength(120)] | None = None
    """The agent that may have caused it."""


class Comorbidities(Entry):
    """Other illness; CTCAE grades 0 to 5, NYHA class 0 (none) to 4, or IIIA or IIIB.

    A chronic infection under control is no active infection: hepatitis B on an antiviral, HIV that is suppressed.
    Latent tuberculosis is ``treated`` when preventive treatment was finished or is being taken.
    """

    nyha_class: Annotated[int, Limits(0, 4), STAGED] | None = None
    """NYHA class of heart failure; 0 is none. IIIA and IIIB are class 3 with its stage."""
    uncontrolled_hypertension: bool | None = None
    """Hypertension that treatment does not control."""
    myocardial_infarction_within_6_months: bool | None = None
    """Myocardial infarction in the last six months."""
    peripheral_neuropathy_grade: Annotated[int, Limits(0, 4)] | None = None
    """CTCAE grade of peripheral neuropathy; 0 is none."""
    copd_fev1_percent: Annotated[float, Limits(0, 200, (15, 150), "percent of predicted")] | None = None
    """FEV1 in chronic obstructive pulmonary disease, in percent of predicted."""
    hepatitis_b: Literal["negative", "resolved", "carrier"] | None = None
    """Hepatitis B. `resolved` is anti-HBc without HBsAg, `carrier` is HBsAg; when unknown, the checklist asks for the
    test before the first dose."""
    hepatitis_c: Literal["negative", "positive", "treated"] | None = None
    """Hepatitis C."""
    hiv: Literal["positive", "negative"] | None = None
    """HIV. HIV that is suppressed is no active infection."""
    latent_tuberculosis: Literal["none", "untreated", "treated"] | None = None
    """Latent tuberculosis; `treated` when preventive treatment was finished or is being taken."""
    active_infection_grade: Annotated[int, Limits(0, 4)] | None = None
    """CTCAE grade of an active infection; 0 is none. A chronic infection under control is none."""
    venous_thromboembolism: bool | None = None
    """Venous thromboembolism now or before."""
    keratopathy: bool | None = None
    """Disease of the cornea."""
    parkinsonism: bool | None = None
    """Parkinsonism."""
    seizure_disorder: bool | None = None
    """Seizure disorder."""
    pregnancy: bool | None = None
    """Pregnancy. When unknown, it is excluded only for men, without childbearing potential, and past the menopause."""
    childbearing_potential: bool | None = None
    """Whether pregnancy is possible."""
    dialysis: bool | None = None
    """Whether the patient is on dialysis; creatinine clearance is then low, and not computed."""
    g6pd_deficiency: bool | None = None
    """Glucose-6-phosphate dehydrogenase deficiency."""
    diabetes: Literal["none", "controlled", "poorly-controlled"] | None = None
    """Diabetes, and whether it is well controlled; some regimens have a lower dose of the steroid for it."""
    steroid_intolerance: bool | None = None
    """Whether a steroid was not tolerated before; some regimens then have a lower dose of the steroid."""
    autoimmune_disease: bool | None = None
    """Autoimmune disease."""
    prior_allogeneic_transplant: bool | None = None
    """Allogeneic transplant before. When unknown it is derived from the therapies, if their list is complete."""
    active_gvhd: bool | None = None
    """Active graft-versus-host disease. When unknown, it is absent only if no allogeneic transplant was given."""
    other_malignancy: Literal["none", "past", "active"] | None = None
    """Whether there is or was another cancer, in one word. `second_cancers` describes each cancer."""
    second_cancers: Annotated[tuple[SecondCancer, ...], MaxLength(50)] | None = None
    """Cancers besides the myeloma, one by one."""


_PER_UL = "a value in thousands would be per µL"


class Labs(Entry):
    """Laboratory values, of `labs_on` or each of its own day as {value: 2.3, on: 2024-03-18}.

    The name of each field includes its unit. A baseline is the value before this relapse.
    """

    neutrophils_10e9_per_l: Annotated[float, Limits(0, 200, (0, 60), _PER_UL), MEASURED] | None = None
    """Absolute neutrophil count."""
    platelets_10e9_per_l: Annotated[float, Limits(0, 3000, (0, 1000), _PER_UL), MEASURED] | None = None
    """Platelet count."""
    haemoglobin_g_per_dl: Annotated[float, Limits(1, 30, (4, 20), "a value near 100 would be g/L"), MEASURED] | None = (
        None
    )
    """Haemoglobin."""
    baseline_haemoglobin_g_per_dl: (
        Annotated[float, Limits(1, 30, (4, 20), "a value near 100 would be g/L"), MEASURED] | None
    ) = None
    """Haemoglobin before this relapse."""
    creatinine_umol_per_l: (
        Annotated[float, Limits(5, 3000, (20, 1500), "a value near 1 would be mg/dL"), MEASURED] | None
    ) = None
    """Serum creatinine. The clearance is computed from it if no clearance was measured."""
    baseline_creatinine_umol_per_l: (
        Annotated[float, Limits(5, 3000, (20, 1500), "a value near 1 would be mg/dL"), MEASURED] | None
    ) = None
    """Serum creatinine before this relapse."""
    creatinine_clearance_ml_per_min: Annotated[float, Limits(0, 400, (3, 220)), MEASURED] | None = None
    """Measured creatinine clearance. When unknown it is computed by Cockcroft and Gault from age, sex, weight and
    creatinine."""
    bilirubin_xuln: Annotated[float, Limits(0, 100, (0, 30)), MEASURED] | None = None
    """Total bilirubin, as a multiple of the upper limit of normal."""
    alt_xuln: Annotated[float, Limits(0, 500, (0, 100)), MEASURED] | None = None
    """ALT, as a multiple of the upper limit of normal."""
    lvef_percent: Annotated[float, Limits(1, 100, (10, 85)), MEASURED] | None = None
    """Left ventricular ejection fraction."""
    spo2_percent: Annotated[float, Limits(20, 100, (60, 100)), MEASURED] | None = None
    """Oxygen saturation on room air."""
    igg_g_per_l: Annotated[float, Limits(0, 250, (0, 120)), MEASURED] | None = None
    """Serum IgG, the paraprotein included; the polyclonal part is derived from it."""
    calcium_mmol_per_l: (
        Annotated[float, Limits(0.3, 8, (1.2, 5), "a value near 10 would be mg/dL"), MEASURED] | None
    ) = None
    """Total serum calcium; it is corrected for albumin if albumin is recorded."""
    ionised_calcium_mmol_per_l: (
        Annotated[float, Limits(0.2, 4, (0.8, 2.5), "a value near 5 would be mg/dL"), MEASURED] | None
    ) = None
    """Ionised calcium."""
    albumin_g_per_l: Annotated[float, Limits(5, 80, (10, 60), "a value near 4 would be g/dL"), MEASURED] | None = None
    """Serum albumin."""
    cytopenia_cause: Literal["disease", "treatment"] | None = None
    """Whether the disease or its treatment lowers the counts."""


# Values before this relapse, whatever the day of the other values.
BASELINES = ("baseline_haemoglobin_g_per_dl", "baseline_creatinine_umol_per_l")


class Toxicity(Entry):
    """One adverse event of an earlier agent, in CTCAE terms."""

    agent: Annotated[str, MaxLength(120)] | None = None
    """The agent on which the event happened. When unknown, it may be any agent that was given."""
    event: Annotated[str, MaxLength(200)]
    """The event, in CTCAE terms."""
    grade: Annotated[int, Limits(1, 5)] | None = None
    """Worst CTCAE grade. When unknown, it may be any grade."""


Region = Literal["england", "scotland", "wales", "northern_ireland"]


class Access(Entry):
    """Where the patient is treated, what is available there, and how long treatment can wait."""

    jurisdiction: Annotated[str, MaxLength(20)] | None = None
    """Code of the jurisdiction whose approvals apply. When unknown, a regimen is closed only if the labels
    of all jurisdictions close it."""
    car_t_centre: bool | None = None
    """Whether a CAR-T centre can be reached."""
    bispecific_centre: bool | None = None
    """Whether a centre that starts bispecific antibodies can be reached."""
    can_wait_weeks: Annotated[float, Limits(0, 520, (0, 104))] | None = None
    """How many weeks treatment can wait, such as for the manufacture of CAR-T cells."""
    off_label: bool | None = None
    """Whether use outside the label is acceptable. When unknown, off-label regimens are listed and not offered."""
    pays: Literal["public", "insurer", "self", "trial", "company"] | None = None
    """Who pays. When unknown, public funding is assumed, and the answer mentions it."""
    region: Region | None = None
    """Country of the United Kingdom, for what its health service pays for. When unknown, England is assumed."""


class Preferences(Entry):
    """What the patient wants."""

    route: Literal["any", "oral", "subcutaneous", "intravenous"] | None = None
    """How treatment is preferably given."""
    avoid_admission: bool | None = None
    """Whether the patient wishes to avoid admission."""
    treatment_free_interval: bool | None = None
    """Whether the patient wishes a time without treatment."""


class Patient(Entry):
    """One patient on the day of the decision.

    The reader replaces the names of agents and regimens by ids of the catalogue.
    """

    schema: Literal["mmadvisor/patient/1"] | None = None
    """Version of the format."""
    id: Annotated[str, MaxLength(200)]
    """A name for the patient that identifies nobody."""
    assessed_on: Day | None = None
    """Day of the decision. When unknown it is today."""
    demographics: Demographics | None = None
    """Who the patient is."""
    disease: Disease | None = None
    """The myeloma now; ``flc_ratio`` is kappa over lambda, as laboratories print it."""
    therapies_complete: bool | None = None
    """Whether the list of therapies, with its progressions, is complete. Without `true` an agent that is not listed may
    have been given."""
    therapies: Annotated[tuple[Therapy, ...], MaxLength(200)]
    """The treatment history, in any order. An empty list means no treatment only with `therapies_complete: true`."""
    fitness: Fitness | None = None
    """Performance status and frailty."""
    comorbidities: Comorbidities | None = None
    """Other illness."""
    labs: Labs | None = None
    """Laboratory values."""
    labs_on: Day | None = None
    """Day of the laboratory values that carry none of their own."""
    toxicities: Annotated[tuple[Toxicity, ...], MaxLength(200)] | None = None
    """Adverse events of earlier agents. An empty list means that there was none."""
    co_medication: Annotated[tuple[str, ...], MaxLength(200)] | None = None
    """Other drugs that are taken. An empty list means that none is taken; when unknown, no interaction is checked."""
    access: Access | None = None
    """What is available to the patient, where and when."""
    preferences: Preferences | None = None
    """What the patient wants."""

    def get(self, path: str) -> Any:
        """The value at a dotted path such as ``labs.lvef_percent``; ``None`` if it is not recorded."""
        value: Any = self
        for name in path.split("."):
            if value is None:
                return None
            value = getattr(value, name)
        return value

    def with_value(self, path: str, value: Any) -> "Patient":
        """The patient with another value at a path such as ``labs.lvef_percent`` or ``therapies[2].stop``.

        Raises:
            ValueError: The path leads to no field.
        """
        steps: list[str | int] = []
        for step in path.split("."):
            name, *indices = re.findall(r"[a-z_0-9]+", step)
            steps += [name, *(int(i) for i in indices)]
        return typing.cast(Patient, _replaced(self, type(self), steps, value))

    @classmethod
    def record_at(cls, names: Iterable[str]) -> type[Entry] | None:
        """The class of the group of fields at a path, such as ``Labs`` for ``labs``; ``None`` if there is no group."""
        record: type[Entry] | None = cls
        for name in names:
            if record is None or name not in record.defaults():
                return None
            record = _record_in(hints(record)[name])
        return record

    @classmethod
    def has(cls, path: str) -> bool:
        """Whether the format has a field at a dotted path."""
        *above, name = path.split(".")
        record = cls.record_at(above)
        return record is not None and name in record.defaults()

    # Why: docs/explanation/as-of.md
    def seen_on(self, day: date) -> "Patient":
        """The patient as known on an earlier day.

        - A therapy that began later is left out, and so are therapies without a start that came after it.
        - A therapy that was still given on that day is ongoing. A later progression is left out.
        - A date that is known only to the month or year ends at the day of the file (``assessed_on``), unless ``day``
          is earlier than this day.
        - Later values and later second cancers are left out; values without a day are kept.
        """
        written = self.assessed_on.latest if self.assessed_on is not None else day
        if day >= written:
            told = tuple(_by(t, written) for t in self.therapies)
            if any(a is not b for a, b in zip(told, self.therapies, strict=True)):
                return self.but(**{"therapies": told})._cut_to(day)._measured_by(day)
        return self._cut_to(day)._measured_by(day)

    def _cut_to(self, day: date) -> "Patient":
        return self._with_cancers_of(day)._with_therapies_of(day)

    def _with_cancers_of(self, day: date) -> "Patient":
        """The patient without second cancers that were found after a day.

        `other_malignancy` may describe the cancers that were left out. So it becomes unknown, unless one of the other
        cancers is active.
        """
        listed: tuple[SecondCancer, ...] | None = self.get("comorbidities.second_cancers")
        kept = tuple(c for c in listed or () if not _later(c.found_on, day))
        if listed is None or self.comorbidities is None or len(kept) == len(listed):
            return self
        told: dict[str, Any] = {"second_cancers": kept}
        if not any(c.state == "active" for c in kept):
            told["other_malignancy"] = None
        return self.but(**{"comorbidities": self.comorbidities.but(**told)})

    def _with_therapies_of(self, day: date) -> "Patient":
        began_later = [i for i, t in enumerate(self.therapies) if _later(t.start, day)]
        if not began_later and not any(_changes(t, day) for t in self.therapies):
            return self
        timeline = Timeline(self.therapies)
        gone = {
            i
            for i, t in enumerate(self.therapies)
            if _later(t.start, day)
            or (t.start is None and any(timeline.follows(i, later) is Truth.MET for later in began_later))
        }
        return self.but(**{"therapies": tuple(_cut(t, day) for i, t in enumerate(self.therapies) if i not in gone)})

    def _measured_by(self, day: date) -> "Patient":
        """The patient without laboratory values, cytogenetics and paraprotein of a later day."""
        changed: dict[str, Any] = {}
        if self.labs is not None and (late := [name for name in Labs.defaults() if _later(self.lab_day(name), day)]):
            changed["labs"] = self.labs.but(**dict.fromkeys(late))
        if _later(self.labs_on, day):
            changed["labs_on"] = None
        disease = self.disease
        if disease is not None and _later(disease.cytogenetics_on, day):
            disease = disease.but(**{"cytogenetics": None, "cytogenetics_on": None})
        if disease is not None and any(_later(m.on, day) for m in disease.m_protein or ()):
            disease = disease.but(**{"m_protein": tuple(m for m in disease.m_protein or () if not _later(m.on, day))})
        if disease is not self.disease:
            changed["disease"] = disease
        return self.but(**changed) if changed else self

    def lab_day(self, name: str) -> Span | None:
        """The day of a field of ``labs``: its own day, otherwise ``labs_on``; a baseline value has only its own."""
        value = getattr(self.labs, name, None)
        own = value.on if isinstance(value, Measured) else None
        return own or (None if value is None or name in BASELINES else self.labs_on)


def _replaced(held: Any, hint: Any, steps: list[str | int], value: Any) -> Any:
    """``held`` with another value at the end of the path; groups of fields that are missing on the way are created."""
    if not steps:
        return value
    step, *rest = steps
    if isinstance(step, int):
        items = list(held or ())
        if step >= len(items):
            raise ValueError(f"there is no item [{step}]")
        items[step] = _replaced(items[step], hint, rest, value)
        return tuple(items)
    record = held if isinstance(held, Entry) else _record_in(hint)
    if record is None or step not in record.defaults():
        raise ValueError(f"there is no field {step}")
    cls = record if isinstance(record, type) else type(record)
    inner = _replaced(None if isinstance(record, type) else getattr(record, step), hints(cls)[step], rest, value)
    return cls(**{step: inner}) if isinstance(record, type) else record.but(**{step: inner})


@cache
def _record_in(hint: Any) -> type[Entry] | None:
    return next(_records_in(hint), None)


def _records_in(hint: Any) -> Iterator[type[Entry]]:
    if isinstance(hint, type) and issubclass(hint, Entry):
        yield hint
    for inner in typing.get_args(hint):
        yield from _records_in(inner)


def _by(therapy: Therapy, day: date) -> Therapy:
    """The therapy with each partial date that may lie before or after ``day`` cut off at ``day``; other dates stay."""

    def ended(when: Any) -> Any:
        inside = isinstance(when, Span) and when.earliest <= day < when.latest
        return Span(when.earliest, day) if inside else when

    def shorter(record: Any, names: tuple[str, ...]) -> dict[str, Any]:
        told = {name: ended(getattr(record, name)) for name in names}
        return {name: when for name, when in told.items() if when is not getattr(record, name)}

    changed = shorter(therapy, ("start", "stop", "progressed_on", "best_response_on"))
    given = [(g, shorter(g, ("start", "stop"))) for g in (*therapy.given, *therapy.unnamed)]
    if any(own for _, own in given):
        changed["agents"] = tuple(g.but(**own) if own else g for g, own in given)
    return therapy.but(**changed) if changed else therapy


def _later(when: Span | Literal["ongoing"] | None, day: date) -> bool:
    return isinstance(when, Span) and when.earliest > day


def _changes(therapy: Therapy, day: date) -> bool:
    return (
        _later(therapy.stop, day)
        or _later(therapy.progressed_on, day)
        or _later(therapy.best_response_on, day)
        or any(_later(g.stop, day) or _later(g.start, day) for g in (*therapy.given, *therapy.unnamed))
    )


def _cut(therapy: Therapy, day: date) -> Therapy:
    if not _changes(therapy, day):
        return therapy
    changed: dict[str, Any] = {}
    if _later(therapy.stop, day):
        changed |= {"stop": "ongoing", "stop_reason": None}
    if _later(therapy.progressed_on, day):
        changed["progressed_on"] = None
    if _later(therapy.best_response_on, day):
        changed |= {"best_response": None, "best_response_on": None}
    if therapy.agents is not None:
        changed["agents"] = tuple(
            g.but(**{"stop": "ongoing"}) if _later(g.stop, day) else g
            for g in (*therapy.given, *therapy.unnamed)
            if not _later(g.start, day)
        )
    return therapy.but(**changed)
