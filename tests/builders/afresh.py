"""The whole advisor asked anew, to hold a shorter way against it."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from mmadvisor.base.known import Truth
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.patient import Patient
from mmadvisor.history.history import History
from mmadvisor.judging.case import Case
from tests.builders.blank import DAY, LOADED

CATALOGUE = LOADED.catalogue


def answer_of(case: Case) -> tuple[list[str], list[str]]:
    return [a.verdict for a in case.assessments], case.order


def afresh(patient: Patient, place: str, day: date = DAY) -> Case:
    return Case.of(patient, CATALOGUE, day, jurisdiction=place)


def differing(case: Case, whole: Case, field: str, value: Any) -> list[Any]:
    """The criteria that a fact turned although it was not named as what would settle them."""
    then = case.knowing(field, value)
    found: list[Any] = [field, value]
    for before, some, all_ in zip(case.assessments, then.assessments, whole.assessments, strict=True):
        for a, b, c in zip(before.results, some.results, all_.results, strict=False):
            if b.finding.truth is not c.finding.truth and b.criterion is c.criterion:
                found.append((b.criterion.id, a.finding, c.finding))
    return found[:4]


WORDS = CATALOGUE.words


def knowing(history: History, field: str, value: Any) -> History:
    return history.of_patient(history.patient.with_value(field, value))


def settled_by(criterion: AnyCriterion, history: History, field: str, rng: random.Random) -> bool:
    """Whether recording a field, as it was tried, and then what is still asked for comes to an answer.

    A question that only a person can answer is one, too: no field of the patient file is left to ask for.
    """
    for value in criterion.tries(field, history):
        if criterion.decide(knowing(history, field, value), WORDS).truth is not Truth.UNKNOWN:
            return True
    for _ in range(40):
        then, asked = history, [field]
        for _ in range(8):
            name = asked[0]
            tried = criterion.tries(name, then)
            if not tried:
                break
            then = knowing(then, name, rng.choice(tried))
            finding = criterion.decide(then, WORDS)
            if finding.truth is not Truth.UNKNOWN:
                return True
            if not finding.missing and criterion.left_to_people:
                return True  # what is left is a question for a person
            assert finding.missing, (criterion, finding.found)
            asked = rng.sample(finding.missing, len(finding.missing))
    return False
