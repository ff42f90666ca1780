"""Patients for the laws: one about whom everything is recorded, and the same with less."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from mmadvisor.answers.recommendation import TreatNow
from mmadvisor.base.known import Truth, all_of
from mmadvisor.judging import treat_now as due
from mmadvisor.judging.case import Case
from mmadvisor.judging.verdict import Assessor
from tests.builders.blank import DAY, LOADED, a_history

AGENTS = sorted(a.id for a in LOADED.catalogue.agents if not a.supportive)
INDUCTIONS = ["VRd", "VCd", "D-VRd", "Rd", "DRd", "KRd", "VTd", "MP"]
LATER = ["DRd", "DVd", "DKd", "Kd", "Pd", "DPd", "IsaPd", "SVd", "PVd", "teclistamab", "elranatamab", "talquetamab",
         "cilta-cel", "BVd", "VenVd", "EPd", "DCEP"]  # fmt: skip
RESPONSES = ["sCR", "CR", "VGPR", "PR", "MR"]
YES_NO = st.booleans()
# A drug of every group, by generic name, brand or with a dose, and agents that are taken for something else.
DRUGS = sorted(
    {name for g in LOADED.catalogue.drug_groups for drug in list(g.mark_of)[:2]
     for name in (drug, *LOADED.catalogue.other_drugs.get(drug, ())[:1], f"{drug} 5 mg daily")}
    | {"aspirin", "entecavir", "aciclovir", "dexamethasone 4 mg", "green tea extract"}
)  # fmt: skip


def co_medication() -> st.SearchStrategy[list[str]]:
    """A list of co-medication, every drug of which the catalogue knows."""
    return st.lists(st.sampled_from(DRUGS), max_size=4, unique=True)


def _agents(regimen: str) -> list[str]:
    formulary = LOADED.catalogue.formulary
    return list(formulary.name_by_id[formulary.regimen(regimen).id].agents)


CANCERS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["t-cell", "myeloid", "solid", "skin-non-melanoma"]),
            "state": st.sampled_from(["active", "watched", "past"]),
            "found_on": st.dates(date(2014, 1, 1), date(2026, 9, 1)).map(date.isoformat),
        }
    ),
    max_size=2,
)


def ticked(cancers: list[dict[str, Any]]) -> str | None:
    """The one word for a list of second cancers; none where it would not say what is meant."""
    states = {cancer["state"] for cancer in cancers}
    return "active" if "active" in states else None if "watched" in states else "past" if states else "none"


@st.composite
def whole_patients(draw: st.DrawFn) -> dict[str, Any]:
    """A relapsed patient about whom everything is recorded."""
    therapies: list[dict[str, Any]] = []
    day = draw(st.dates(date(2012, 1, 1), date(2016, 12, 31)))
    for number in range(draw(st.integers(1, 5))):
        regimen = draw(st.sampled_from(INDUCTIONS if number == 0 else LATER))
        length = draw(st.one_of(st.integers(60, 420), st.integers(60, 420), st.integers(5, 40)))
        stop = day + timedelta(days=length)
        progressed = draw(st.sampled_from([None, -3, 30, 59, 60, 61, 90, 400]))
        cells = regimen == "cilta-cel"
        entry: dict[str, Any] = {
            "intent": "induction" if number == 0 else "relapse",
            "agents": _agents(regimen),
            "start": day.isoformat(),
            "stop": (day if cells else stop).isoformat(),
            "best_response": draw(st.sampled_from(RESPONSES)),
            "progressed_on": None,
            "stop_reason": draw(st.sampled_from(["completed", "patient_choice"])),
        }
        therapies.append(entry)
        gap = progressed if progressed is not None else draw(st.integers(100, 500))
        end = stop + timedelta(days=max(gap, 0))
        if draw(YES_NO if number == 0 else st.sampled_from([False, False, False, True])):
            # At a relapse it may follow a progression, and so treat a line of its own.
            if number and draw(YES_NO):
                entry["progressed_on"] = entry["stop"]
            graft = stop + timedelta(days=30)
            named = draw(st.sampled_from([{}, {}, {"regimen": "Allo-SCT"}]))
            therapies.append(
                {"intent": "transplant", "agents": ["melphalan"], **named, "start": graft.isoformat(), "stop": graft.isoformat(),
                 "best_response": "CR", "progressed_on": None, "stop_reason": "completed"}
            )  # fmt: skip
            entry = therapies[-1]
            end = graft + timedelta(days=draw(st.integers(100, 1200)))
        if number == 0 and draw(YES_NO):
            begin = end
            last = begin + timedelta(days=draw(st.integers(60, 900)))
            entry = {
                "intent": "maintenance", "agents": ["lenalidomide"],
                "start": begin.isoformat(), "stop": last.isoformat(),
                "best_response": "CR", "progressed_on": None, "stop_reason": "patient_choice",
            }  # fmt: skip
            therapies.append(entry)
            end = last + timedelta(days=draw(st.sampled_from([0, 20, 60, 61, 200])))
        entry["progressed_on"] = end.isoformat()
        if progressed == -3 and end.isoformat() == entry["stop"]:
            entry["stop_reason"] = "progression"
        day = end + timedelta(days=draw(st.integers(5, 60)))
        if day > DAY - timedelta(days=600):
            break
    weight = draw(st.integers(45, 100))
    cancers = draw(st.one_of(st.just([]), CANCERS))
    given = sorted({agent for therapy in therapies for agent in therapy["agents"]})
    # A whole list holds the allograft too, and nobody has GVHD without one.
    allograft = any(therapy.get("regimen") == "Allo-SCT" for therapy in therapies)
    return {
        "id": "p",
        "therapies_complete": True,
        "therapies": therapies,
        "demographics": {
            "age": draw(st.integers(35, 88)),
            "sex": draw(st.sampled_from(["female", "male"])),
            "weight_kg": weight,
            "height_cm": 165,
        },
        "disease": {
            "state": "relapsed",
            "isotype": "IgG kappa",
            "iss": 2,
            "r_iss": 2,
            "beta2_microglobulin_mg_per_l": 4.0,
            "ldh_above_normal": draw(YES_NO),
            "cytogenetics": {
                name: draw(st.sampled_from(["present", "absent"]))
                for name in ("del_17p", "t_4_14", "t_11_14", "t_14_16", "t_14_20", "gain_1q", "tp53_mutation")
            } | {"del_1p32": draw(st.sampled_from(["absent", "monoallelic", "biallelic"]))},
            "extramedullary": draw(YES_NO),
            "cns_involvement": draw(YES_NO),
            "plasma_cell_leukaemia": (leukaemia := draw(YES_NO)),
            # A record whose cells are those of a leukaemia that it says is none answers differently without them.
            "circulating_plasma_cells_percent": draw(st.sampled_from([0, 4, 5, 12] if leukaemia else [0, 4])),
            "amyloidosis": draw(st.sampled_from(["none", "present", "cardiac"])),
            "relapse": {"kind": "clinical", "tempo": draw(st.sampled_from(["rapid", "indolent"]))},
            "emergencies": [],
        },
        "fitness": {
            "ecog": draw(st.integers(0, 3)),
            "adl": draw(st.sampled_from([3, 6])),
            "iadl": draw(st.sampled_from([4, 8])),
            "charlson": draw(st.integers(0, 3)),
            "transplant_eligible": draw(YES_NO),
        },
        "comorbidities": {
            "nyha_class": draw(st.integers(0, 4)),
            "uncontrolled_hypertension": draw(YES_NO),
            "myocardial_infarction_within_6_months": draw(YES_NO),
            "peripheral_neuropathy_grade": draw(st.integers(0, 4)),
            "copd_fev1_percent": draw(st.sampled_from([40, 90])),
            "hepatitis_b": draw(st.sampled_from(["negative", "resolved", "carrier"])),
            "hepatitis_c": "negative",
            "hiv": draw(st.sampled_from(["negative", "positive"])),
            "active_infection_grade": draw(st.integers(0, 3)),
            "venous_thromboembolism": draw(YES_NO),
            "keratopathy": draw(YES_NO),
            "parkinsonism": draw(YES_NO),
            "seizure_disorder": draw(YES_NO),
            "pregnancy": False,
            "childbearing_potential": False,
            "dialysis": False,
            "autoimmune_disease": draw(YES_NO),
            "prior_allogeneic_transplant": allograft,
            "active_gvhd": allograft and draw(YES_NO),
            "other_malignancy": ticked(cancers),
            "second_cancers": cancers,
        },
        "labs": {
            "neutrophils_10e9_per_l": draw(st.sampled_from([0.4, 0.9, 1.0, 2.5])),
            "platelets_10e9_per_l": draw(st.sampled_from([20, 49, 75, 160])),
            "haemoglobin_g_per_dl": draw(st.sampled_from([7.5, 8.0, 11.0])),
            # Steady kidneys: while their function changes a clearance is unknown, whatever was measured.
            **draw(st.sampled_from([{"creatinine_umol_per_l": 70, "baseline_creatinine_umol_per_l": 70},
                                    {"creatinine_umol_per_l": 176, "baseline_creatinine_umol_per_l": 150},
                                    {"creatinine_umol_per_l": 400, "baseline_creatinine_umol_per_l": 380}])),
            "creatinine_clearance_ml_per_min": draw(st.sampled_from([10, 25, 30, 40, 59, 60, 90])),
            "bilirubin_xuln": draw(st.sampled_from([0.5, 2.5])),
            "alt_xuln": draw(st.sampled_from([0.5, 4.0])),
            "lvef_percent": draw(st.sampled_from([30, 40, 45, 60])),
            "spo2_percent": draw(st.sampled_from([88, 97])),
            "igg_g_per_l": 5.0,
            "calcium_mmol_per_l": 2.3,
            "cytopenia_cause": draw(st.sampled_from(["disease", "treatment"])),
        },
        "toxicities": draw(
            st.lists(
                st.fixed_dictionaries(
                    {
                        "agent": st.sampled_from(given),
                        "event": st.sampled_from(["peripheral neuropathy", "rash"]),
                        "grade": st.integers(1, 4),
                    }
                ),
                max_size=2,
            )
        ),
        "co_medication": draw(co_medication()),
        "access": {
            "jurisdiction": draw(st.sampled_from(["US", "EU", "UK", "HK"])),
            "car_t_centre": draw(YES_NO),
            "bispecific_centre": draw(YES_NO),
            "can_wait_weeks": draw(st.sampled_from([1, 4, 8])),
            "off_label": draw(YES_NO),
        },
        "preferences": {"route": "any", "avoid_admission": draw(YES_NO), "treatment_free_interval": draw(YES_NO)},
    }  # fmt: skip


def _dated(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value not recorded, plain, or with a day of its own."""
    days = st.sampled_from([0, 3, 14, 15, 120]).map(lambda n: (DAY - timedelta(days=n)).isoformat())
    months = st.sampled_from(["2026-10", "2026-09", "2025"])
    dated = st.fixed_dictionaries({"value": values, "on": st.one_of(days, months)})
    return st.one_of(st.none(), values, dated)


LABS: dict[str, list[Any]] = {
    "neutrophils_10e9_per_l": [0.2, 0.49, 0.5, 2.5],
    "platelets_10e9_per_l": [4, 9, 10, 19, 20, 49, 50, 160],
    "haemoglobin_g_per_dl": [6.5, 7.0, 7.9, 9.4, 10.0, 13.0],
    "baseline_haemoglobin_g_per_dl": [9.6, 10.0, 12.0, 14.0],
    "creatinine_umol_per_l": [70, 176, 177, 266, 267, 600],
    "baseline_creatinine_umol_per_l": [70, 90, 423, 590],
    "calcium_mmol_per_l": [2.0, 2.6, 2.61, 2.75, 2.76, 2.99, 3.0, 3.6],
    "ionised_calcium_mmol_per_l": [1.1, 1.3, 1.31, 1.7],
    "albumin_g_per_l": [20, 40, 55],
    "cytopenia_cause": ["disease", "treatment"],
}


@st.composite
def recorded_at_random(draw: st.DrawFn, patients: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """Patients with labs, days, baselines, a paraprotein and ticked emergencies recorded at random, or not at all."""
    raw = copy.deepcopy(draw(patients))
    labs = {}
    for name, values in LABS.items():
        one = st.sampled_from(values)
        labs[name] = draw(st.one_of(st.none(), one) if name == "cytopenia_cause" else _dated(one))
    raw["labs"] |= labs
    raw["labs"]["creatinine_clearance_ml_per_min"] = draw(st.sampled_from([None, 10, 60, 90]))
    raw["labs_on"] = draw(st.sampled_from([None, "2026-10-20", "2026-10-01", "2026-06-01", "2026"]))
    raw["comorbidities"] |= {
        "dialysis": draw(st.sampled_from([None, True, False])),
        "nyha_class": draw(st.sampled_from([None, 0, 2, "IIIA", "IIIB", 4])),
        "active_infection_grade": draw(st.sampled_from([None, 0, 1, 3])),
    }
    raw["disease"] |= {
        "isotype": draw(st.sampled_from([None, "IgG kappa", "IgA lambda", "light chain", "non-secretory"])),
        "relapse": draw(st.sampled_from([None, {"kind": "clinical"}, {"kind": "biochemical"}])),
        "flc_ratio": draw(st.sampled_from([None, 0.02, 1.0, 40.0])),
        "mri_focal_lesions": draw(st.sampled_from([None, 0, 2])),
        "emergencies": draw(
            st.one_of(
                st.none(),
                st.lists(st.sampled_from(sorted(LOADED.catalogue.treatment.emergencies)), max_size=2, unique=True),
            )
        ),
        "m_protein": draw(st.one_of(st.none(), paraproteins())),
    }
    return raw


@st.composite
def paraproteins(draw: st.DrawFn, *, least: int = 0) -> list[dict[str, Any]]:
    """A series of the paraprotein on days in order, each with one component or more."""
    days = draw(st.lists(st.integers(0, 900), min_size=least, max_size=6, unique=True))
    values = {
        "serum_g_per_l": st.sampled_from([0, 1, 4.9, 5, 6, 9.9, 10, 12, 12.4, 13.5, 15, 16, 25, 55, 66]),
        "urine_mg_per_24h": st.sampled_from([0, 100, 300, 499, 500, 700, 1200]),
        "dflc_mg_per_l": st.sampled_from([0, 40, 140, 239, 240, 440, 1000, 1250]),
    }
    series = []
    for ago in sorted(days, reverse=True):
        kept = draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=3, unique=True))
        held = {name: draw(values[name]) for name in kept}
        series.append({"on": (DAY - timedelta(days=ago)).isoformat()} | held)
    return series


@st.composite
def with_less(draw: st.DrawFn, whole: dict[str, Any], narrowed: bool = False) -> dict[str, Any]:
    """The same patient with some things not recorded, or recorded to the month or year.

    ``narrowed``: a drug may be known only as one of two.
    """
    less = copy.deepcopy(whole)
    for section in ("demographics", "disease", "fitness", "comorbidities", "labs", "access"):
        if draw(st.integers(0, 7)) == 0:
            place = less["access"]["jurisdiction"]
            less[section] = {"jurisdiction": place} if section == "access" else None
            continue
        for key in sorted(less[section]):
            if key not in ("jurisdiction", "cytogenetics", "relapse") and draw(st.integers(0, 3)) == 0:
                less[section][key] = None
        if section == "disease" and less[section] is not None:
            for key in sorted(less[section]["cytogenetics"]):
                if draw(st.integers(0, 3)) == 0:
                    less[section]["cytogenetics"][key] = None
    if less["labs"] is not None and less["labs"]["creatinine_clearance_ml_per_min"] is None:
        # The clearance that is computed of a creatinine drawn beside it would be another one.
        less["labs"]["creatinine_umol_per_l"] = None
    for cancer in (less["comorbidities"] or {}).get("second_cancers") or ():
        for key in ("kind", "state", "found_on"):
            if draw(st.integers(0, 3)) == 0:
                cancer[key] = None
    for key in ("toxicities", "co_medication"):
        if draw(st.integers(0, 3)) == 0:
            less[key] = None
    for toxicity in less["toxicities"] or ():
        for key in ("agent", "grade"):
            if draw(st.integers(0, 3)) == 0:
                toxicity[key] = None
    if draw(YES_NO):
        less["therapies_complete"] = None
        less["therapies"] = [t for t in less["therapies"] if draw(st.integers(0, 4))]
    for therapy in less["therapies"]:
        for key in ("start", "stop", "progressed_on"):
            value = therapy[key]
            if value is not None:
                # A whole list with a progression left out would say that there was none.
                kept = [value, value, value[:7], value[:4]]
                may_go = key != "progressed_on" or less["therapies_complete"] is None
                therapy[key] = draw(st.sampled_from([*kept, None] if may_go else kept))
        for key in ("best_response", "stop_reason", "intent"):
            if draw(st.integers(0, 4)) == 0:
                therapy[key] = None
        # A transplant is never assumed of a drug that is not known [9.3]: so the drug of one stays known.
        given = {a if isinstance(a, str) else a.get("agent") for a in therapy["agents"]}
        if narrowed and "melphalan" not in given and draw(st.integers(0, 5)) == 0:
            place = draw(st.integers(0, len(therapy["agents"]) - 1))
            other = draw(
                st.sampled_from(["daratumumab", "isatuximab", "carfilzomib", "teclistamab", "cilta-cel", "placebo"])
            )
            therapy["agents"][place] = {"one_of": [therapy["agents"][place], other]}
            therapy.pop("regimen", None)
    return less


def treated(raw: dict[str, Any]) -> TreatNow:
    """Whether to treat, asked without assessing a regimen."""
    catalogue = LOADED.catalogue
    case = Case(catalogue, Assessor(a_history(**raw), catalogue, "US"), (), catalogue.ranking.profiles[0])
    return due.treat_now(case, {name: due.label(case, name)["value"] for name in catalogue.labels})


def said(raw: dict[str, Any], case: Case) -> dict[tuple[str, ...], Truth]:
    """Everything that is asked of a patient, and the answers."""
    history, catalogue = case.history, case.catalogue
    found: dict[tuple[str, ...], Truth] = {}
    for agent in AGENTS:
        found["refractory", agent] = history.refractory_agent(agent).truth
        found["spent", agent] = history.spent(agent).truth
    for drug_class in catalogue.formulary.class_by_id:
        found["exposed", drug_class] = history.exposed_to(drug_class).truth
        found["refractory class", drug_class] = history.refractory_to(drug_class).truth
    for name, label in catalogue.labels.items():
        found["label", name] = all_of(c.decide(history, catalogue.words).truth for c in label.when)
    for assessment in case.assessments:
        # What closes only where it is known warns where it is not: it is a caution with either record.
        hard = [r.finding.truth for r in assessment.results if r.force == "hard" and not r.criterion.closes]
        found["hard", assessment.regimen.id] = all_of(hard)
        for result in assessment.results:
            # What asks for a kind or a state that is not recorded is answered by recording it.
            if (result.force == "caution" or result.criterion.closes) and not result.criterion.of_gaps:
                found["caution", assessment.regimen.id, result.criterion.id] = result.finding.truth
    return found
