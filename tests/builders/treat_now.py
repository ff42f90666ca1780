"""What is due today for patients of whom a few values differ from sound ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mmadvisor.judging.case import Case
from tests.builders.blank import DAY, LOADED, a_patient, answer_for
from tests.builders.patients import LEN_REFRACTORY, UPKEEP, patient

TREATMENT = LOADED.catalogue.treatment
OLD = (DAY - timedelta(days=120)).isoformat()
RECENT = (DAY - timedelta(days=14)).isoformat()
SLOW = [{"on": "2026-02-10", "serum_g_per_l": 3.0}, {"on": "2026-10-10", "serum_g_per_l": 6.0}]
BIOCHEMICAL = {"disease__relapse": {"kind": "biochemical", "tempo": "indolent"}, "disease__m_protein": SLOW}
RESPONDING = {"disease__state": "responding", "disease__relapse": None}
NO_BASELINE = {"labs__creatinine_clearance_ml_per_min": None}


def asked(*, responding: bool = False, **changes: Any) -> Any:
    """The answer for a first relapse on lenalidomide, or for the same patient in remission."""
    upkeep = {**UPKEEP, "progressed_on": None, "stop_reason": "completed"} if responding else UPKEEP
    return answer_for(**patient(*LEN_REFRACTORY[:2], upkeep, **(RESPONDING if responding else {}), **changes))


def now(**changes: Any) -> Any:
    return asked(**changes)["treat_now"]


def fired(treat: Any) -> list[tuple[str, str]]:
    return [(e["emergency"], e["how"]) for e in treat["emergencies"]]


def case_of(raw: dict[str, Any]) -> Case:
    return Case.of(a_patient(**raw), LOADED.catalogue, DAY)


def about(treat: Any) -> list[str]:
    return [q["about"] for q in treat["questions"]]


RISING = [{"on": day, "serum_g_per_l": value} for day, value in
          (("2026-06-01", 6), ("2026-08-20", 18), ("2026-09-20", 24))]  # fmt: skip
