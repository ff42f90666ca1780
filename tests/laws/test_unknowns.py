"""Laws of missing facts and smallest changes: what they claim is tried on the whole advisor."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.known import Change, Span
from mmadvisor.formats.patient import Given, Patient, Therapy
from mmadvisor.history.history import History
from mmadvisor.judging.unknowns import tries, unknowns
from mmadvisor.judging.verdict import smallest_change
from tests.builders.afresh import afresh, answer_of, differing
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.law import law_of
from tests.laws.strategies import whole_patients, with_less

CATALOGUE = LOADED.catalogue
# Shrinking asks the whole advisor again and again: a failure is reported as it was found.
law = law_of(15)
PLACES = st.sampled_from(["US", "EU", "UK", "HK"])


# --- a fact more --------------------------------------------------------------------------------


@law
@given(st.data(), PLACES)
def test_deciding_again_only_what_hangs_on_a_fact_gives_what_deciding_everything_gives(
    data: st.DataObject, place: str
) -> None:
    raw = data.draw(with_less(data.draw(whole_patients())))
    case = afresh(a_patient(**raw), place)
    for unknown in data.draw(st.permutations(unknowns(case)))[:6]:
        for value in data.draw(st.permutations(tries(case, unknown.field)))[:2]:
            whole = afresh(case.history.patient.with_value(unknown.field, value), place)
            assert answer_of(case.knowing(unknown.field, value)) == answer_of(whole), differing(
                case, whole, unknown.field, value
            )


@law
@given(st.data(), PLACES)
def test_a_decisive_fact_can_change_the_answer_and_another_cannot(data: st.DataObject, place: str) -> None:
    raw = data.draw(with_less(data.draw(whole_patients())))
    case = afresh(a_patient(**raw), place)
    now = answer_of(case)
    rng = random.Random(len(str(raw)))
    for unknown in data.draw(st.permutations(unknowns(case)))[:8]:
        tried = tries(case, unknown.field)
        if unknown.decisive:
            assert any(
                answer_of(afresh(case.history.patient.with_value(unknown.field, v), place)) != now for v in tried
            )
            assert any(o.changed for o in unknown.outcomes)
            continue
        for value in [*tried, *_between(tried, rng)][-6:]:
            then = afresh(case.history.patient.with_value(unknown.field, value), place)
            assert answer_of(then) == now, (unknown.field, value)


def _between(tried: list[Any], rng: random.Random) -> list[Any]:
    """Values between the smallest and the greatest that were tried."""
    if not tried or isinstance(tried[0], bool):
        return []
    if isinstance(tried[0], int):
        return [rng.randint(min(tried), max(tried)) for _ in range(3)]
    if isinstance(tried[0], float):
        return [round(rng.uniform(min(tried), max(tried)), 2) for _ in range(3)]
    if isinstance(tried[0], Span):
        low, high = tried[0].earliest, tried[-1].latest
        return [Span.day(low + timedelta(days=rng.randint(0, (high - low).days))) for _ in range(3)]
    return []


# --- the smallest change ------------------------------------------------------------------------


def changed(patient: Patient, day: date, changes: tuple[Change, ...]) -> tuple[Patient, date]:
    """The patient in whom all of the changes have come true, and the day."""
    for change in sorted(changes, key=lambda c: c.kind == "receive"):
        last = len(patient.therapies) - 1
        treated = History(patient, CATALOGUE.formulary, CATALOGUE.definitions, day)
        match change.kind:
            case "value":
                patient = patient.with_value(change.field, change.value)
            case "wait":
                day += timedelta(days=change.amount)
            case "lines":
                counted = treated.lines.high or 0
                for place in treated.last_line or (last,):  # a transplant belongs to the line of its induction
                    patient = patient.with_value(f"therapies[{place}].line", counted + change.amount)
            case "receive":
                given = tuple(Given(agent=min(CATALOGUE.formulary.members(t))) for t in change.tokens)
                more = Therapy(intent="consolidation", agents=given, best_response="CR", stop_reason="completed",
                               start=patient.therapies[0].start, stop=patient.therapies[0].start)  # fmt: skip
                at = treated.treatments[0] + 1 if treated.treatments else 0
                patient = patient.but(therapies=(*patient.therapies[:at], more, *patient.therapies[at:]))
            case "resist":
                tokens = list(change.tokens)
                if change.amount:
                    fresh = [a for a in sorted(CATALOGUE.formulary.members(change.tokens[0]))
                             if treated.refractory_agent(a).truth.value != "met"]  # fmt: skip
                    tokens = fresh[: change.amount]
                held = patient.therapies[last].refractory_to or ()
                patient = patient.with_value(f"therapies[{last}].refractory_to", (*held, *tokens))
    return patient, day


@law
@given(whole_patients(), PLACES)
def test_the_smallest_change_really_opens_what_it_says(whole: dict[str, Any], place: str) -> None:
    told = a_patient(**whole)
    case = afresh(told, place)
    for assessment in case.assessments:
        changes = case.opening(assessment) if assessment.verdict in ("ineligible", "deferred") else ()
        if not changes:
            continue
        made, day = changed(told, DAY, changes)
        then = afresh(made, place, day)
        found = next(a for a in then.assessments if a.regimen.id == assessment.regimen.id)
        still = {r.criterion.id for r in found.failing} & {r.criterion.id for r in assessment.failing}
        assert not still, (assessment.regimen.id, [c.text for c in changes], still)
        if all(c.kind in ("value", "wait", "lines") for c in changes):
            assert found.verdict not in ("ineligible", "deferred"), (assessment.regimen.id, [c.text for c in changes])


@law
@given(whole_patients(), PLACES)
def test_each_of_the_smallest_changes_is_needed(whole: dict[str, Any], place: str) -> None:
    told = a_patient(**whole)
    for assessment in afresh(told, place).assessments:
        changes = smallest_change(assessment) if assessment.verdict in ("ineligible", "deferred") else ()
        # What happens to the record hangs together: a progression may bring a refractoriness along.
        apart = all(c.kind in ("value", "wait", "lines") and "therapies" not in c.field for c in changes)
        for left_out in changes if len(changes) > 1 and apart else ():
            made, day = changed(told, DAY, tuple(c for c in changes if c is not left_out))
            found = next(a for a in afresh(made, place, day).assessments if a.regimen.id == assessment.regimen.id)
            assert found.verdict in ("ineligible", "deferred", "undetermined"), (assessment.regimen.id, left_out.text)
