"""A patient, a history and an answer of which only this is known, and the catalogue, read once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.files.layers import load
from mmadvisor.files.patients import patient_from
from mmadvisor.history.history import History
from mmadvisor.reports import recommend
from mmadvisor.reports.recommend import advise

DAY = date(2026, 10, 20)
LOADED = load()


def a_patient(**fields: Any) -> Any:
    """A patient of whom only this is known."""
    raw = {"id": "p", "therapies": []} | fields
    return patient_from(raw, LOADED.catalogue.formulary).patient


def a_history(day: date = DAY, **fields: Any) -> History:
    """The history of a patient of whom only this is known."""
    catalogue = LOADED.catalogue
    patient = a_patient(**fields)
    return History(patient.seen_on(day), catalogue.formulary, catalogue.definitions, day)


def answer_for(
    day: date = DAY, *, jurisdiction: str | None = None, assume_relapse: bool = False, **fields: Any
) -> Recommendation:
    """The answer for a patient of whom only this is known."""
    return advise(a_patient(**fields), LOADED.catalogue, day, jurisdiction=jurisdiction, assume_relapse=assume_relapse)


@contextmanager
def verdicts_alone() -> Iterator[None]:
    """Answers that leave out what the missing facts could change: it takes most of their time, and changes no verdict."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recommend, "missing", lambda *_: [])
        yield


def offered(answer: Recommendation) -> list[str]:
    """The regimens that are open, in order."""
    return [option["regimen"] for option in answer["options"]]


def verdict_of(answer: Recommendation, regimen: str) -> str:
    """What a regimen got."""
    entries: list[Any] = [*answer["options"], *answer["not_offered"]]
    return str(next(e["verdict"] for e in entries if e["regimen"] == regimen))
