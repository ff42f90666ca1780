"""The rulebook gives the same verdicts as the results one by one: for any patient, in any place, on any day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.known import Truth
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.judging.case import Case
from mmadvisor.judging.results import Result
from mmadvisor.judging.rulebook import Answers, rulebook
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.law import law_of
from tests.laws.strategies import whole_patients, with_less
from tests.oracle.slow_verdict import slow_verdict

CATALOGUE = LOADED.catalogue
PLACES = (*CATALOGUE.jurisdictions, "unknown")
# The days on which a label begins or ends, and their neighbours; most decisions are of today.
EDGES = [edge + timedelta(days=d) for edge in rulebook(CATALOGUE, "unknown").edges for d in (-1, 0, 1)]
law = law_of(80)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    whole = draw(whole_patients())
    return whole if draw(st.booleans()) else draw(with_less(whole, narrowed=draw(st.booleans())))


def differing(case: Case) -> list[tuple[str, str, str]]:
    """The regimens whose verdict does not follow from their results, with both verdicts."""
    return [(a.regimen.id, a.verdict, slow) for a in case.assessments if a.verdict != (slow := slow_verdict(a))]


@law
@given(
    records(), st.sampled_from(PLACES), st.one_of(st.just(DAY), st.sampled_from(EDGES)), st.booleans(), st.booleans()
)
def test_the_verdict_follows_from_the_results(
    raw: dict[str, Any], place: str, day: Any, strict: bool, if_relapse: bool
) -> None:
    case = Case.of(
        a_patient(**raw),
        CATALOGUE,
        day,
        jurisdiction=place,
        definition="imwg-strict" if strict else "imwg-2015",
        assume_relapse=if_relapse,
    )
    assert not differing(case)


@law
@given(records(), st.sampled_from(PLACES))
def test_the_answers_are_the_truths_of_the_questions(raw: dict[str, Any], place: str) -> None:
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    book, answers = case.assessor.book, case.assessor.answers
    for bit, criterion in book.asking(answers.no | answers.unknown | answers.remarked):
        assert truth_of(answers, bit) is criterion.truth(case.history), criterion.question
    for bit, criterion in book.asking(book.deciding & ~(answers.no | answers.unknown)):
        assert criterion.truth(case.history) is Truth.MET, (bit, criterion.question)


@law
@given(records(), st.sampled_from(PLACES))
def test_the_results_of_events_are_all_results_that_name_an_event(raw: dict[str, Any], place: str) -> None:
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    for assessment in case.assessments:
        results = [r for r in assessment.results if r.finding.truth is not Truth.MET]
        assert events(assessment.of_events) == events(results), assessment.regimen.id


def events(results: Iterable[Result]) -> set[str]:
    return {where for r in results for where in r.finding.where if where.startswith("toxicities[")}


def truth_of(answers: Answers, bit: int) -> Truth:
    if answers.no & bit:
        return Truth.NOT_MET
    return Truth.UNKNOWN if answers.unknown & bit else Truth.MET


@pytest.mark.parametrize("place", PLACES)
def test_every_question_of_a_regimen_has_a_bit(place: str) -> None:
    book = rulebook(CATALOGUE, place)
    case = Case.of(a_patient(), CATALOGUE, DAY, jurisdiction=place)
    for assessment in case.assessments:
        read: list[AnyCriterion] = [r.criterion for r in (*assessment.results, *assessment.beside)]
        asked = book.by_regimen[assessment.regimen.id].asked
        assert all(book.bits((c.question,)) & asked for c in read), assessment.regimen.id
