"""Laws of what is due today, over random patients with random laboratory values."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmadvisor.base.known import Truth
from mmadvisor.reports.recommend import advise
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.treat_now import TREATMENT, about, case_of, fired
from tests.laws.strategies import recorded_at_random, said, treated, whole_patients, with_less

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
law = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)


@law
@given(recorded_at_random(whole_patients()))
def test_whatever_is_recorded_every_entry_is_whole_and_nothing_old_raises_an_alarm(raw: dict[str, Any]) -> None:
    treat = treated(raw)
    entries = [*treat["emergencies"], *treat["questions"], *treat["repeat"]]
    for entry in entries:
        assert entry["text"] and entry["found"] and entry["source"] in LOADED.catalogue.sources
    again = {q["field"] for q in treat["repeat"]}
    assert not again & {e["field"] for e in [*treat["emergencies"], *treat["questions"]]}
    assert json.loads(json.dumps(treat)) == treat
    if raw["comorbidities"]["dialysis"]:
        assert ("acute_kidney_injury", "derived") not in fired(treat) and "kidney-new-or-old" not in about(treat)
    outside = any(raw["disease"][f] for f in ("extramedullary", "cns_involvement", "plasma_cell_leukaemia"))
    if outside or "kidney-new-or-old" in about(treat):
        assert treat["answer"] != "observe"


@law
@given(st.data())
def test_what_is_said_with_less_stays_true_with_more_whatever_the_labs(data: st.DataObject) -> None:
    """A measured clearance that a new creatinine contradicts is the one fact that another takes back."""
    whole = data.draw(recorded_at_random(whole_patients()))
    whole["labs"]["creatinine_clearance_ml_per_min"] = None
    whole["comorbidities"]["dialysis"] = False
    whole["disease"]["emergencies"] = []
    less = data.draw(with_less(whole))
    truth = said(whole, case_of(whole))
    for question, answer in said(less, case_of(less)).items():
        assert answer in (Truth.UNKNOWN, truth[question]), question


@settings(law, max_examples=20)
@given(recorded_at_random(whole_patients()))
def test_the_answer_is_whole_and_the_same_again_whatever_the_labs(raw: dict[str, Any]) -> None:
    first, second = (advise(a_patient(**raw), LOADED.catalogue, DAY) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
    names = [e["regimen"] for e in [*first["options"], *first["not_offered"]]]
    assert sorted(names) == sorted(r.id for r in LOADED.catalogue.regimens)


@law
@given(recorded_at_random(whole_patients()), st.sampled_from(["platelets_10e9_per_l", "neutrophils_10e9_per_l"]))
def test_low_counts_never_change_whether_to_treat(raw: dict[str, Any], name: str) -> None:
    answers = {treated({**raw, "labs": {**raw["labs"], name: value}})["answer"] for value in (0.1, 100)}
    assert len(answers) == 1


@law
@given(recorded_at_random(whole_patients()), st.floats(0.5, 6))
def test_a_responder_is_never_told_to_start_a_new_line_by_a_value(raw: dict[str, Any], calcium: float) -> None:
    quiet = {**raw, "disease": {**raw["disease"], "state": "responding", "emergencies": []}}
    quiet["labs"] = {**raw["labs"], "calcium_mmol_per_l": round(calcium, 2)}
    assert treated(quiet)["answer"] == "no-relapse-recorded"


@law
@given(recorded_at_random(whole_patients()))
def test_a_kind_of_relapse_alone_says_as_much_as_the_state_beside_it(raw: dict[str, Any]) -> None:
    raw["disease"] |= {"relapse": raw["disease"]["relapse"] or {"kind": "biochemical"}}
    raw["therapies"][-1] |= {"progressed_on": None, "stop_reason": "completed"}
    assert treated({**raw, "disease": {**raw["disease"], "state": None}}) == treated(raw)


@law
@given(recorded_at_random(whole_patients()))
def test_whatever_speaks_against_a_response_is_said_and_only_a_ticked_emergency_treats_it(raw: dict[str, Any]) -> None:
    treat = treated({**raw, "disease": {**raw["disease"], "state": "responding"}})
    said = [c for c in treat["contradictions"] if c.startswith("The disease is recorded as responding")]
    outside = any(raw["disease"][f] for f in ("extramedullary", "cns_involvement"))
    shown = treat["relapse"]["biochemical"] == "yes" or raw["disease"]["relapse"] is not None
    ticked = [e for e in raw["disease"]["emergencies"] or () if TREATMENT.emergencies[e].of_the_myeloma]
    if outside or shown or ticked:
        assert said
    assert treat["answer"] == ("treat" if ticked else "no-relapse-recorded")
