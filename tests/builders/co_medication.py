"""Patients who take other drugs, and what an answer finds of each drug."""

from __future__ import annotations

from typing import Any

from tests.builders.blank import answer_for
from tests.builders.patients import LEN_REFRACTORY, entry, patient

DPD = entry("DPd", "2024-03-01", "2026-10-10", "2026-10-05", stop_reason="progression")


def raw(*therapies: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return patient(*(therapies or (*LEN_REFRACTORY, DPD)), **changes)


def answer(drugs: list[str] | None, place: str = "HK", *therapies: dict[str, Any], **changes: Any) -> Any:
    changes = {"disease__cytogenetics": dict(raw()["disease"]["cytogenetics"], t_11_14="present")} | changes
    return answer_for(**raw(*therapies, co_medication=drugs, access__off_label=True, **changes), jurisdiction=place)


def drug(made: Any, written: str) -> Any:
    return next(c for c in made["co_medication"] if c["as_written"] == written)
