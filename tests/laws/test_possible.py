"""Laws of what a missing field may turn out to be."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.known import Span, Truth
from mmadvisor.formats.patient import Patient
from mmadvisor.judging.case import Case
from mmadvisor.judging.unknowns import tries, unknowns
from mmadvisor.render import words
from mmadvisor.reports.missing import outcome_entry
from tests.builders.afresh import settled_by
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.law import law_of
from tests.laws.strategies import whole_patients, with_less

CATALOGUE = LOADED.catalogue
law = law_of(20)
PLACES = st.sampled_from(["US", "EU", "UK", "HK"])


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A record with less, its list in any order.

    Some drugs have a last day of their own or are not known, some therapies were short or brought no response; a second
    cancer is known in part, and a drug taken beside is one that the catalogue does not know.
    """
    raw = draw(with_less(draw(whole_patients())))
    for therapy in raw["therapies"]:
        if draw(st.integers(0, 3)) == 0:
            therapy["best_response"] = draw(st.sampled_from(["SD", "PD"]))
            therapy["stop_reason"] = draw(st.sampled_from([None, "toxicity", "patient_choice"]))
        if therapy["start"] and draw(st.integers(0, 5)) == 0:
            therapy["stop"] = therapy["start"]
        if therapy["stop"] and isinstance(therapy["agents"][0], str) and draw(st.integers(0, 3)) == 0:
            last = draw(st.sampled_from([therapy["stop"], therapy["stop"][:7], therapy["stop"][:4]]))
            therapy["agents"] = [{"agent": therapy["agents"][0], "stop": last}, *therapy["agents"][1:]]
        elif draw(st.integers(0, 7)) == 0:
            blinded: Any = {"one_of": ["venetoclax", "placebo"]}
            therapy["agents"] = draw(
                st.sampled_from(["unknown", ["dexamethasone", "unknown"], ["bortezomib", blinded]])
            )
    if draw(st.integers(0, 3)) == 0:
        raw["co_medication"] = draw(st.sampled_from([["amlodipin"], ["warfarin", "amlodipin"]]))
    if raw["comorbidities"] is not None and draw(st.integers(0, 3)) == 0:
        cancer = draw(st.sampled_from([{"state": "active"}, {"kind": "solid"}, {"kind": "t-cell"}, {}, None]))
        ticked = {"other_malignancy": "active", "second_cancers": None}
        raw["comorbidities"] |= ticked if cancer is None else {"other_malignancy": None, "second_cancers": [cancer]}
    return draw(st.permutations(raw["therapies"]).map(lambda mixed: raw | {"therapies": mixed}))


def is_open(patient: Patient, field: str) -> bool:
    """Whether a field is not recorded, or recorded in part; of a list of events or drugs, whether one may lack.

    A drug taken beside is asked about where the catalogue does not know what is written.
    """
    if field.startswith("co_medication["):
        return True
    value: Any = patient
    for step in field.replace("]", "").split("."):
        name, *places = step.split("[")
        value = getattr(value, name) if value is not None else None
        for place in places:
            value = value[int(place)]
    return value is None or (isinstance(value, Span) and not value.exact) or isinstance(value, tuple)


@law
@given(records(), PLACES)
def test_each_missing_field_is_open_and_what_is_tried_of_it_leads_to_an_answer(raw: dict[str, Any], place: str) -> None:
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    decisions = case.assessor.decisions
    rng = random.Random(len(str(raw)))
    open_ = [q for q, found in decisions.findings.items() if found.truth is Truth.UNKNOWN]
    for question in rng.sample(open_, min(12, len(open_))):
        criterion, missing = decisions.asked[question], decisions.findings[question].missing
        for field in missing:
            # What is on record may be in doubt itself: a stop for toxicity does not say what the disease did; a
            # creatinine that may be new is repeated; a recorded injury may be over.
            doubtful = criterion.type == "progressed-on-last" and field.endswith("stop_reason")
            doubtful |= case.history.kidneys.changing and field in case.history.kidneys.missing
            assert is_open(case.history.patient, field) or doubtful, (criterion, field)
            assert criterion.tries(field, case.history), (criterion, field)
            assert settled_by(criterion, case.history, field, rng), (criterion, field)


@law
@given(records(), PLACES)
def test_every_value_that_is_tried_is_one_that_the_format_takes(raw: dict[str, Any], place: str) -> None:
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    for unknown in unknowns(case):
        assert unknown.tried and unknown.outcomes and tries(case, unknown.field), unknown.field
        for value in tries(case, unknown.field):
            case.history.patient.with_value(unknown.field, value)


@law
@given(records(), PLACES)
def test_an_outcome_is_said_to_change_nothing_exactly_where_it_changes_nothing(raw: dict[str, Any], place: str) -> None:
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place, assume_relapse=True)
    options: list[Any] = [{"regimen": regimen} for regimen in case.order]
    for outcome in (o for u in unknowns(case) for o in u.outcomes):
        said = words.effect(outcome_entry(outcome), options)
        changes = outcome.changed or outcome.reorders_waiting
        assert (said == "does not change the answer by itself") is not changes, (outcome, said)
