"""A synthetic cohort with the shape of a registry, for measurements and tests.

THE PATIENTS ARE INVENTED. Every rate below is an assumption that gives files of a realistic size and shape. Nothing
here comes from patients, and no figure made with it is evidence about patients or treatments.

    python benchmarks/cohort.py N OUT [--seed 1] [--broken PERCENT]

OUT ends in .ndjson (also .ndjson.gz), .parquet (needs pyarrow), or / for a folder of YAML files. ``--broken`` spoils
this percentage of the inputs, in ten ways by turns.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

TODAY = date(2026, 11, 1)
# First choices and later ones, with the years from which and until which they are given here.
FIRST = [("VCd", 2010, 2020), ("VRd", 2012, 2030), ("VTd", 2010, 2019), ("Rd", 2013, 2022), ("VMP", 2010, 2019),
         ("D-VRd", 2021, 2030), ("DRd", 2020, 2030), ("D-VTd", 2020, 2025)]  # fmt: skip
LATER = [("Rd", 2010, 2019), ("Vd", 2010, 2017), ("Kd", 2016, 2030), ("KRd", 2015, 2024), ("Pd", 2014, 2030),
         ("PCd", 2015, 2030), ("PVd", 2018, 2030), ("DVd", 2017, 2030), ("DRd", 2017, 2024), ("DKd", 2020, 2030),
         ("DPd", 2018, 2030), ("IsaPd", 2020, 2030), ("IsaKd", 2021, 2030), ("SVd", 2021, 2030),
         ("elranatamab", 2023, 2030),
         ("teclistamab", 2022, 2030), ("talquetamab", 2023, 2030), ("cilta-cel", 2022, 2030),
         ("ide-cel", 2021, 2030)]  # fmt: skip
ONE_DAY = ("cilta-cel", "ide-cel")
RESPONSES = ["sCR", "CR", "VGPR", "PR", "MR", "SD", "PD"]
DRUGS = ["aspirin", "aciclovir", "apixaban", "omeprazole", "amlodipine", "clarithromycin", "carbamazepine", "warfarin",
         "simvastatin", "a drug of the trial"]  # fmt: skip
# Each value with the share of records that lack it.
LABS = {
    "neutrophils_10e9_per_l": (0.15, 0.4, 7.0), "platelets_10e9_per_l": (0.12, 20, 350),
    "haemoglobin_g_per_dl": (0.1, 7.0, 14.5), "creatinine_umol_per_l": (0.12, 50, 320),
    "bilirubin_xuln": (0.4, 0.2, 1.6), "alt_xuln": (0.4, 0.2, 3.0), "lvef_percent": (0.75, 30, 70),
    "spo2_percent": (0.8, 88, 100), "igg_g_per_l": (0.5, 1, 30), "calcium_mmol_per_l": (0.3, 2.0, 2.9),
    "albumin_g_per_l": (0.35, 22, 48),
}  # fmt: skip
YES_NO = {
    "uncontrolled_hypertension": 0.6, "myocardial_infarction_within_6_months": 0.5, "venous_thromboembolism": 0.5,
    "keratopathy": 0.8, "parkinsonism": 0.8, "seizure_disorder": 0.8, "dialysis": 0.3, "steroid_intolerance": 0.8,
    "autoimmune_disease": 0.7, "g6pd_deficiency": 0.95,
}  # fmt: skip


def cohort(number: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many invented patients; the same ones for the same seed."""
    for n in range(number):
        yield patient(Random(f"{seed}/{n}"), f"invented-{n:07}")


def patient(draw: Random, name: str) -> dict[str, Any]:
    therapies, last = sequence(draw)
    made: dict[str, Any] = {
        "schema": "mmadvisor/patient/1",
        "id": name,
        "assessed_on": (last + timedelta(draw.randint(3, 40))).isoformat(),
        "demographics": {"age": draw.randint(38, 88), "sex": draw.choice(["female", "male"])},
        "disease": disease(draw, last),
        "therapies_complete": draw.choices([True, None, False], [0.7, 0.25, 0.05])[0],
        "therapies": therapies,
        "fitness": {},
        "comorbidities": comorbidities(draw),
        "labs": labs(draw, last),
        "access": {"jurisdiction": draw.choice(["US", "EU", "UK", "HK"])},
    }
    if draw.random() < 0.7:
        made["demographics"] |= {"weight_kg": draw.randint(45, 110), "height_cm": draw.randint(150, 190)}
    if draw.random() < 0.75:
        made["fitness"]["ecog"] = draw.choices([0, 1, 2, 3, 4], [25, 45, 20, 8, 2])[0]
    if draw.random() < 0.2:
        made["fitness"] |= {"adl": draw.randint(2, 6), "iadl": draw.randint(2, 8), "charlson": draw.randint(0, 5)}
    if draw.random() < 0.3:
        made["fitness"]["transplant_eligible"] = draw.random() < 0.4
    if draw.random() < 0.5:
        made["access"] |= {"car_t_centre": draw.random() < 0.6, "bispecific_centre": draw.random() < 0.8}
    if draw.random() < 0.1:
        made["access"] |= {"can_wait_weeks": draw.randint(1, 10), "off_label": draw.random() < 0.3}
    if draw.random() < 0.5:
        made["co_medication"] = draw.sample(DRUGS, draw.randint(0, 4))
    if draw.random() < 0.4:
        made["toxicities"] = toxicities(draw, therapies)
    if draw.random() < 0.05:
        made["preferences"] = {"route": draw.choice(["oral", "any"]), "avoid_admission": draw.random() < 0.5}
    draw.shuffle(therapies)  # their order in a file is no fact
    return made


def sequence(draw: Random) -> tuple[list[dict[str, Any]], date]:
    """Lines one after another, each of its era, with gaps; and the day of the last event."""
    day = date(2010, 1, 1) + timedelta(draw.randint(0, 5600))
    therapies: list[dict[str, Any]] = []
    last = day
    for line in range(draw.choices([1, 2, 3, 4, 5, 6], [30, 27, 19, 12, 8, 4])[0]):
        if last > TODAY - timedelta(120):
            break
        length = draw.choice([30, 90, 120, 180, 270, 400, 700])
        entry = therapy(draw, "relapse" if line else "induction", LATER if line else FIRST, last, length)
        therapies.append(entry)
        stop = last if entry["regimen"] in ONE_DAY else last + timedelta(length)
        if not line and draw.random() < 0.45 and stop < TODAY - timedelta(200):
            graft = stop + timedelta(draw.randint(20, 60))
            therapies.append({"regimen": "ASCT", "intent": "transplant", "start": graft.isoformat(),
                              "stop": graft.isoformat(), "best_response": draw.choice(RESPONSES[:4])})  # fmt: skip
            stop = graft
            if draw.random() < 0.7 and stop < TODAY - timedelta(200):
                begin, held = stop + timedelta(90), draw.randint(100, 1500)
                upkeep = {"regimen": "R-maintenance", "intent": "maintenance", "start": begin.isoformat()}
                stop = begin + timedelta(held)
                therapies.append(upkeep | {"stop": stop.isoformat(), "best_response": "CR"})
        relapse = stop + timedelta(draw.choice([0, 0, 0, 30, 90, 300, 800]))
        if relapse >= TODAY - timedelta(60):
            therapies[-1].pop("stop_reason", None)
            therapies[-1]["stop"] = min(stop, TODAY - timedelta(60)).isoformat()
            last = max(last, min(stop, TODAY - timedelta(60)))
            break
        therapies[-1]["progressed_on"] = relapse.isoformat()
        last = relapse + timedelta(draw.randint(7, 60))
    for entry in therapies:
        blur(draw, entry)
    return therapies, min(last, TODAY - timedelta(45))


def therapy(draw: Random, intent: str, choice: list[tuple[str, int, int]], start: date, days: int) -> dict[str, Any]:
    of_the_day = [name for name, since, until in choice if since <= start.year <= until] or [choice[0][0]]
    regimen = draw.choice(of_the_day)
    stop = start if regimen in ONE_DAY else start + timedelta(days)
    entry: dict[str, Any] = {"intent": intent, "regimen": regimen, "start": start.isoformat(), "stop": stop.isoformat()}
    if draw.random() < 0.8:
        entry["best_response"] = draw.choices(RESPONSES, [4, 12, 28, 30, 8, 12, 6])[0]
    if draw.random() < 0.6:
        entry["stop_reason"] = draw.choice(["completed", "progression", "toxicity", "patient_choice", "planned_switch"])
    return entry


def blur(draw: Random, entry: dict[str, Any]) -> None:
    """Days known to the month or the year, days that are lacking, and what few records have."""
    for key in ("start", "stop", "progressed_on"):
        chance = draw.random()
        if key in entry and chance < 0.16:
            entry[key] = entry[key][:7] if chance < 0.12 else entry[key][:4]
        elif key == "stop" and chance > 0.97:
            del entry[key]
    chance = draw.random()
    if chance < 0.02:
        entry["refractory_to"] = ["lenalidomide"]
    elif chance < 0.03:
        entry |= {"not_refractory_to": ["bortezomib"], "reason": "stopped for another reason"}
    elif chance < 0.05:
        del entry["regimen"]
        entry["agents"] = ["unknown"]
    elif chance < 0.06:
        del entry["regimen"]
        entry["agents"] = [{"one_of": ["venetoclax", "placebo"]}, "bortezomib", "dexamethasone"]
    elif chance < 0.08:
        del entry["regimen"]
        entry["agents"] = [{"agent": "bortezomib", "dose": "1.3 mg/m2"}, {"agent": "dexamethasone"}]


def disease(draw: Random, day: date) -> dict[str, Any]:
    made: dict[str, Any] = {
        "state": "relapsed",
        "isotype": draw.choice(["IgG kappa", "IgG lambda", "IgA kappa", "kappa"]),
    }
    if draw.random() < 0.6:
        made["iss"] = draw.randint(1, 3)
    if draw.random() < 0.55:
        markers = ("del_17p", "t_4_14", "t_14_16", "gain_1q", "t_11_14")
        made["cytogenetics"] = {
            m: draw.choices(["absent", "present"], [85, 15])[0] for m in markers if draw.random() < 0.8
        }
    if draw.random() < 0.5:
        made["relapse"] = {"kind": draw.choice(["clinical", "clinical", "biochemical"])}
    if draw.random() < 0.4:
        made["m_protein"] = [
            {"on": (day - timedelta(30 * k)).isoformat(), "serum_g_per_l": round(draw.uniform(1, 45), 1)}
            for k in range(3)
        ]
    for name, rate in (("extramedullary", 0.08), ("plasma_cell_leukaemia", 0.01), ("cns_involvement", 0.005)):
        if draw.random() < 0.4:
            made[name] = draw.random() < rate
    if draw.random() < 0.02:
        made["emergencies"] = [draw.choice(["hypercalcaemia", "cord_compression"])]
    if draw.random() < 0.03:
        made["amyloidosis"] = draw.choice(["none", "present", "cardiac"])
    return made


def comorbidities(draw: Random) -> dict[str, Any]:
    made: dict[str, Any] = {name: draw.random() < 0.06 for name, lacking in YES_NO.items() if draw.random() > lacking}
    if draw.random() < 0.5:
        made["peripheral_neuropathy_grade"] = draw.choices([0, 1, 2, 3], [55, 28, 13, 4])[0]
    if draw.random() < 0.4:
        made["nyha_class"] = draw.choices([0, 1, 2, 3, "IIIB"], [70, 15, 10, 4, 1])[0]
    if draw.random() < 0.55:
        made["hepatitis_b"] = draw.choices(["negative", "resolved", "carrier"], [88, 9, 3])[0]
    if draw.random() < 0.3:
        made["active_infection_grade"] = draw.choices([0, 1, 2, 3], [88, 5, 4, 3])[0]
    if draw.random() < 0.02:
        made |= {"other_malignancy": "active", "second_cancers": [{"kind": "solid", "state": "active"}]}
    return made


def labs(draw: Random, day: date) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, (lacking, low, high) in LABS.items():
        if draw.random() < lacking:
            continue
        value = round(draw.uniform(low, high), 0 if high > 45 else 1)
        dated = {"value": value, "on": (day - timedelta(draw.randint(0, 20))).isoformat()}
        made[name] = dated if draw.random() < 0.1 else value
    return made


def toxicities(draw: Random, therapies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    events = ["peripheral neuropathy", "rash", "diarrhoea", "pneumonia"]
    return [
        {"event": draw.choice(events), "grade": draw.randint(1, 4)}
        for _ in range(draw.randint(0, min(2, len(therapies))))
    ]


# --- inputs that cannot be answered ------------------------------------------------------------------


def _cut_off(tree: dict[str, Any]) -> bytes:
    text = json.dumps(tree).encode()
    return text[: len(text) // 2]


def _changed(**changes: Any) -> Any:
    return lambda tree: json.dumps(tree | changes).encode()


BROKEN = [
    _cut_off,
    lambda tree: b"\xff\xfe" + json.dumps(tree).encode(),
    lambda tree: b"[1, 2]",
    _changed(therapies=None),
    _changed(labs={"lvef_percent": 400}),
    _changed(therapies=[{"regimen": "no such regimen"}]),
    _changed(therapies=[{"regimen": "Rd", "start": "2022-05-01", "stop": "2021-05-01"}]),
    _changed(assessed_on="2026-13-45"),
    _changed(colour="blue"),
    lambda tree: json.dumps(tree)[:-1].encode() + b', "id": "again"}',
]


def lines(number: int, seed: int, percent: float) -> Iterator[bytes]:
    """The cohort as JSON, one patient a line, some of them broken."""
    spoil, ways = Random(f"{seed}/broken"), 0
    for tree in cohort(number, seed):
        if spoil.random() * 100 < percent:
            yield BROKEN[ways % len(BROKEN)](tree)
            ways += 1
        else:
            yield json.dumps(tree).encode()


def write(number: int, output: str, seed: int, percent: float) -> None:
    if output.endswith("/"):
        import yaml

        Path(output).mkdir(parents=True, exist_ok=True)
        for n, line in enumerate(lines(number, seed, percent)):
            with suppress(ValueError):  # what is broken on purpose stays as it is
                line = yaml.safe_dump(json.loads(line), sort_keys=False, allow_unicode=True).encode()
            Path(output, f"{n:07}.yaml").write_bytes(line)
    elif output.endswith(".parquet"):
        write_parquet(number, output, seed)
    else:
        with gzip.open(output, "wb") if output.endswith(".gz") else Path(output).open("wb") as file:
            file.writelines(line + b"\n" for line in lines(number, seed, percent))


def columnar(number: int, seed: int) -> Iterator[dict[str, Any]]:
    """The cohort with one form for each kind of value, as columns need it; rare forms are left out."""
    for tree in cohort(number, seed):
        tree["labs"] = {k: v["value"] if isinstance(v, dict) else v for k, v in tree["labs"].items()}
        tree["comorbidities"].pop("nyha_class", None)
        for entry in tree["therapies"]:
            if "agents" in entry:
                entry["agents"] = [a if isinstance(a, dict) else {"agent": a} for a in entry["agents"]]
        yield tree


def write_parquet(number: int, output: str, seed: int) -> None:
    """As nested columns."""
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(columnar(number, seed))), output)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="An invented cohort, for measurements. It is no evidence of anything.")
    asked.add_argument("number", type=int)
    asked.add_argument("output")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--broken", type=float, default=0, metavar="PERCENT")
    words = asked.parse_args()
    write(words.number, words.output, words.seed, words.broken)
