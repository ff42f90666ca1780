"""Patients that several tests change: a whole record, neutral where the test does not decide."""

from __future__ import annotations

import copy
from typing import Any

NEUTRAL: dict[str, Any] = {
    "id": "p",
    "assessed_on": "2026-10-20",
    "therapies_complete": True,
    "therapies": [],
    "demographics": {"age": 62, "sex": "male", "weight_kg": 70, "height_cm": 170},
    "disease": {
        "state": "relapsed",
        "ldh_above_normal": False,
        "cytogenetics": dict.fromkeys(
            ("del_17p", "t_4_14", "t_11_14", "t_14_16", "t_14_20", "gain_1q", "del_1p32", "tp53_mutation"), "absent"
        ),
        "extramedullary": False,
        "cns_involvement": False,
        "plasma_cell_leukaemia": False,
        "amyloidosis": "none",
        "relapse": {"kind": "clinical", "tempo": "indolent"},
        "emergencies": [],
    },
    "fitness": {"ecog": 1, "frailty": "fit", "transplant_eligible": True},
    "comorbidities": {
        "nyha_class": 0,
        "uncontrolled_hypertension": False,
        "myocardial_infarction_within_6_months": False,
        "peripheral_neuropathy_grade": 0,
        "copd_fev1_percent": 95,
        "hepatitis_b": "negative",
        "hepatitis_c": "negative",
        "hiv": "negative",
        "active_infection_grade": 0,
        "venous_thromboembolism": False,
        "keratopathy": False,
        "parkinsonism": False,
        "seizure_disorder": False,
        "pregnancy": False,
        "dialysis": False,
        "diabetes": "none",
        "steroid_intolerance": False,
        "autoimmune_disease": False,
        "prior_allogeneic_transplant": False,
        "active_gvhd": False,
        "other_malignancy": "none",
    },
    "labs": {
        "neutrophils_10e9_per_l": 2.5,
        "platelets_10e9_per_l": 160,
        "haemoglobin_g_per_dl": 11.0,
        "creatinine_umol_per_l": 80,
        "creatinine_clearance_ml_per_min": 80,
        "bilirubin_xuln": 0.5,
        "alt_xuln": 0.6,
        "lvef_percent": 60,
        "spo2_percent": 98,
        "igg_g_per_l": 5.0,
        "calcium_mmol_per_l": 2.3,
    },
    "toxicities": [],
    "co_medication": [],
    "access": {
        "jurisdiction": "HK",
        "car_t_centre": True,
        "bispecific_centre": True,
        "can_wait_weeks": 8,
        "off_label": False,
    },
    "preferences": {"route": "any", "avoid_admission": False, "treatment_free_interval": False},
}


def entry(regimen: str, start: str, stop: str, progressed: str | None = None, **more: Any) -> dict[str, Any]:
    """One therapy; progression on its last day ends it for progression."""
    reason = "progression" if progressed == stop else "completed"
    return {
        "intent": "relapse",
        "regimen": regimen,
        "start": start,
        "stop": stop,
        "best_response": "PR",
        "progressed_on": progressed,
        "stop_reason": reason,
    } | more


VRD = entry("VRd", "2019-01-10", "2019-06-01", intent="induction", best_response="VGPR")
GRAFT = {"intent": "transplant", "agents": ["melphalan"], "start": "2019-07-10", "stop": "2019-07-10",
         "best_response": "CR", "stop_reason": "completed"}  # fmt: skip
UPKEEP = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2019-11-01", "stop": "2022-11-01",
          "best_response": "CR", "progressed_on": "2022-11-01", "stop_reason": "progression"}  # fmt: skip
DVD = entry("DVd", "2022-12-01", "2024-06-01", "2024-06-01")
PCD = entry("PCd", "2024-07-01", "2026-09-20", "2026-09-20")
LEN_REFRACTORY = [VRD, GRAFT, UPKEEP]
TRIPLE_CLASS_REFRACTORY = [VRD, GRAFT, UPKEEP, DVD, PCD]


def patient(*therapies: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The neutral patient with these therapies and changed fields (``labs.lvef_percent=35`` as ``labs__lvef_percent``)."""
    made = copy.deepcopy(NEUTRAL)
    made["therapies"] = [copy.deepcopy(t) for t in therapies]
    for path, value in changes.items():
        place = made
        *above, last = path.split("__")
        for name in above:
            place = place[name]
        place[last] = value
    return made


# --- records for the regimens: one name, one history --------------------------------------------

LATE_GRAFT = GRAFT | {"progressed_on": "2024-02-10"}
EARLY_UPKEEP = UPKEEP | {"stop": "2020-11-01", "progressed_on": "2020-11-01"}
ERD = entry("ERd", "2024-03-01", "2026-08-01", "2026-08-01")
PCD_THIRD = entry("PCd", "2024-07-01", "2025-12-20", "2025-12-20")
KD_FOURTH = entry("Kd", "2026-01-10", "2026-09-20", "2026-09-20")
NEW = {"disease__state": "newly_diagnosed", "disease__relapse": None}
UNFIT = {"fitness__transplant_eligible": False}

# Refractory to five drugs of three classes, then to BCMA- and GPRC5D-directed therapy.
SPENT = [
    VRD,
    GRAFT,
    UPKEEP | {"stop": "2021-01-01", "progressed_on": "2021-01-01"},
    entry("DVd", "2021-02-01", "2022-06-01", "2022-06-01"),
    entry("PCd", "2022-07-01", "2023-12-20", "2023-12-20"),
    entry("Kd", "2024-01-10", "2024-09-20", "2024-09-20"),
    entry("elranatamab", "2024-10-20", "2025-09-30", "2025-09-30"),
    entry("talquetamab", "2025-10-20", "2026-09-30", "2026-09-30"),
]

RECORDS: dict[str, dict[str, Any]] = {
    "new": patient(**NEW),
    "new-unfit": patient(**NEW, **UNFIT, fitness__frailty="intermediate"),
    "new-frail": patient(**NEW, **UNFIT, fitness__frailty="frail"),
    "responding": patient(VRD, GRAFT, disease__state="responding", disease__relapse=None),
    "first-relapse": patient(VRD, LATE_GRAFT),
    "second-relapse": patient(VRD, LATE_GRAFT, ERD),
    "len-refractory": patient(VRD, GRAFT, UPKEEP),
    "len-refractory-early": patient(VRD, GRAFT, EARLY_UPKEEP),
    "two-lines": patient(VRD, GRAFT, UPKEEP, DVD),
    "triple-class-refractory": patient(VRD, GRAFT, UPKEEP, DVD, PCD),
    "triple-class-refractory-early": patient(VRD, GRAFT, EARLY_UPKEEP, DVD, PCD),
    "four-lines": patient(VRD, GRAFT, UPKEEP, DVD, PCD_THIRD, KD_FOURTH),
}
