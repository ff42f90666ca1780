"""Records with all that is rare in a file: shuffled, half recorded, declared, stated, supposed."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from mmadvisor.base.errors import InvalidInputError
from mmadvisor.files.patients import patient_from
from mmadvisor.formats.patient import Patient
from tests.builders.blank import DAY, LOADED
from tests.laws.strategies import AGENTS, INDUCTIONS, LATER, recorded_at_random, whole_patients, with_less

CLASSES = sorted(LOADED.catalogue.formulary.class_by_id)
INTENTS = [None, "induction", "transplant", "consolidation", "maintenance", "relapse", "bridging", "other"]
REASONS = [None, "completed", "progression", "toxicity", "planned_switch", "access"]
UNKNOWN_DRUGS = [
    "unknown",
    {"one_of": ["daratumumab", "isatuximab"]},
    {"one_of": ["pomalidomide", "placebo"]},
    {"one_of": ["proteasome inhibitor", "dexamethasone"]},
    {"one_of": ["cilta-cel", "ide-cel"]},
    {"one_of": ["teclistamab", "elranatamab", "cilta-cel"]},
    {"not": ["anti-CD38 antibody"]},
]
MORE_DRUGS = [*UNKNOWN_DRUGS, "cyclophosphamide", "fludarabine", "melphalan", "cilta-cel", "bendamustine"]


def _day(draw: Random, about: object) -> str:
    """A day near another one, to the day, month or year, or as an interval."""
    near = (
        date.fromisoformat(about)
        if isinstance(about, str) and len(about) == 10
        else DAY - timedelta(draw.randint(0, 3000))
    )
    day = min(near + timedelta(draw.randint(-20, 70)), DAY)
    until = min(day + timedelta(draw.randint(1, 90)), DAY)
    shown = day.isoformat()
    return draw.choice([shown, shown, shown, shown[:7], shown[:4], f"{shown}/{until}"])


def _agents(draw: Random, therapy: dict[str, Any]) -> list[Any]:
    """Agents, of which some have days of their own and some are not known."""
    agents = list(therapy["agents"])
    for place, agent in enumerate(agents):
        if isinstance(agent, str) and draw.random() < 0.12:
            own = {"agent": agent}
            own |= {"stop": _day(draw, therapy.get("stop"))} if draw.random() < 0.8 else {}
            own |= {"start": _day(draw, therapy.get("start"))} if draw.random() < 0.3 else {}
            agents[place] = own
        elif draw.random() < 0.06:
            agents[place] = draw.choice(UNKNOWN_DRUGS)
    if draw.random() < 0.15:
        agents.append(draw.choice(MORE_DRUGS))
    return agents


def _rare(draw: Random, therapy: dict[str, Any]) -> None:
    """What few entries of a file hold."""
    if "regimen" not in therapy:
        therapy["agents"] = _agents(draw, therapy)
    for name, values, often in (
        ("intent", INTENTS, 0.3),
        ("stop_reason", REASONS, 0.4),
        ("best_response", [None, "CR", "PR", "MR", "SD", "SD", "PD", "PD"], 0.4),
        ("line", [None, 1, 2, 3, 4], 0.2),
        ("refractory_to", [[a] for a in (*CLASSES, *CLASSES, *AGENTS)], 0.05),
        ("not_refractory_to", [*([a] for a in AGENTS), *([{"agent": a, "reason": "as seen"}] for a in AGENTS)], 0.04),
    ):
        if draw.random() < often:
            therapy[name] = draw.choice(values)
    for name in ("start", "stop", "progressed_on"):
        if draw.random() < 0.2:
            therapy[name] = None if draw.random() < 0.6 else _day(draw, therapy.get(name))
    if draw.random() < 0.1:
        therapy["best_response_on"] = _day(draw, therapy.get("stop"))
    if draw.random() < 0.06:
        therapy["stop"] = "ongoing"
    given = [a for a in therapy.get("agents") or () if isinstance(a, str)]
    if given and draw.random() < 0.15:
        therapy[draw.choice(["refractory_to", "not_refractory_to"])] = [draw.choice(given)]


def altered(raw: dict[str, Any], draw: Random) -> dict[str, Any]:
    """A record with what few files hold, and its therapies in another order."""
    made = copy.deepcopy(raw)
    for therapy in made["therapies"]:
        _rare(draw, therapy)
    if draw.random() < 0.4:
        made["therapies_complete"] = draw.choice([True, False, None])
    if made.get("disease") is not None and draw.random() < 0.4:
        made["disease"]["state"] = draw.choice([None, "relapsed", "responding", "newly_diagnosed"])
        made["disease"]["relapse"] = None
    draw.shuffle(made["therapies"])
    return made


def a_record(draw: Random) -> dict[str, Any]:
    """Therapies one after another with gaps, bridges, cells and transplants; the rest as it comes."""
    therapies: list[dict[str, Any]] = []
    day = DAY - timedelta(draw.randint(30, 4000))
    for number in range(draw.randint(0, 6)):
        stop = day + timedelta(draw.choice([1, 20, 25, 60, 200, 400]))
        if stop > DAY:
            break
        entry: dict[str, Any] = {
            "intent": draw.choice(["induction", "relapse", "relapse"] if not number else INTENTS),
            "start": day.isoformat(),
            "stop": stop.isoformat(),
            "best_response": draw.choice([None, "CR", "PR", "SD", "PD"]),
            "stop_reason": draw.choice(REASONS),
        }
        regimen = draw.choice([*(INDUCTIONS if not number else LATER), "Allo-SCT", "cilta-cel", "R-maintenance"])
        if draw.random() < 0.5:
            entry["regimen"] = regimen
        elif draw.random() < 0.2:  # conditioning, or treatment: its purpose decides
            entry |= {"agents": ["melphalan"], "intent": draw.choice([None, None, "transplant", "relapse"])}
        else:
            entry["agents"] = list(draw.sample(AGENTS, draw.randint(1, 3)))
        if draw.random() < 0.5:
            ended = stop + timedelta(draw.choice([0, 0, 20, 59, 60, 60, 61, 200, 700]))
            entry |= {"progressed_on": ended.isoformat()} if ended <= DAY else {}
        therapies.append(entry)
        day = stop + timedelta(draw.choice([1, 10, 30, 90, 400, 900]))
    return {
        "id": "p",
        "therapies": therapies,
        "therapies_complete": draw.choice([True, True, True, False, None]),
        "disease": {
            "state": draw.choice([None, "relapsed", "relapsed", "responding", "newly_diagnosed"]),
            "plasma_cell_leukaemia": draw.choice([None, True, False]),
            "circulating_plasma_cells_percent": draw.choice([None, 0, 4, 5, 12]),
            "relapse": draw.choice([None, None, {"kind": "clinical"}]),
            "isotype": draw.choice([None, "IgG kappa", "IgA lambda"]),
            "m_protein": draw.choice([None, [{"serum_g_per_l": 12}], [{"on": "2026-09-01", "serum_g_per_l": 12}]]),
        },
        "comorbidities": {"dialysis": draw.choice([None, False, False, True]),
                          "prior_allogeneic_transplant": draw.choice([None, None, True, False])},
        "demographics": {"age": draw.choice([None, 50, 77, 82]), "sex": draw.choice([None, "female", "male"]),
                         "weight_kg": draw.choice([None, 70]), "height_cm": draw.choice([None, 170])},
        "fitness": {"frailty": draw.choice([None, None, "fit", "frail"]), "adl": draw.choice([None, 3, 6]),
                    "charlson": draw.choice([None, 1, 3])},
        "labs": {"creatinine_umol_per_l": draw.choice([None, 70, 130]), "igg_g_per_l": draw.choice([None, 5.0, 30.0]),
                 "baseline_creatinine_umol_per_l": draw.choice([None, 60]),
                 "creatinine_clearance_ml_per_min": draw.choice([None, None, 90])},
    }  # fmt: skip


def read(raw: dict[str, Any]) -> Patient | None:
    """The patient of a record; none where the reader finds a contradiction in it."""
    try:
        return patient_from(raw, LOADED.catalogue.formulary).patient
    except InvalidInputError:
        return None


def random_patients(seed: int, number: int) -> list[Patient]:
    """So many patients that the reader takes."""
    draw, found = Random(seed), list[Patient]()
    while len(found) < number:
        raw = a_record(draw)
        patient = read(altered(raw, draw) if draw.random() < 0.8 else raw)
        found += [patient] if patient is not None else []
    return found


@st.composite
def drawn_patients(draw: st.DrawFn) -> Patient:
    """Patients of the laws, whole or with less, with what few files hold."""
    raw = draw(whole_patients())
    raw = draw(with_less(raw, narrowed=True)) if draw(st.booleans()) else draw(recorded_at_random(st.just(raw)))
    chance = Random(draw(st.integers(0, 10_000)))
    for _ in range(50):
        if (patient := read(altered(raw, chance))) is not None:
            return patient
    return NO_THERAPY


NO_THERAPY = patient_from({"id": "p", "therapies": []}, LOADED.catalogue.formulary).patient
