"""Each judgement is the answer of `recommend` for the day before the first dose."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.answers.audit import Judgement
from mmadvisor.formats.patient import Patient
from mmadvisor.reports.audit import Asking, audited
from mmadvisor.reports.recommend import advise
from tests.builders.blank import DAY, LOADED, a_patient, verdict_of, verdicts_alone
from tests.builders.law import law_of
from tests.laws.strategies import whole_patients, with_less

PLACES = (*LOADED.catalogue.jurisdictions, None)


def is_the_answer(patient: Patient, judgement: Judgement, asking: Asking) -> None:
    """Compare a judgement with the whole answer of its day."""
    if judgement["verdict"] is None or judgement["day"] is None or judgement["regimen"] is None:
        return
    day = date.fromisoformat(judgement["day"])
    with verdicts_alone():
        answer = advise(
            patient, LOADED.catalogue, day, jurisdiction=asking.jurisdiction, assume_relapse=asking.if_relapse
        )
    assert verdict_of(answer, judgement["regimen"]) == judgement["verdict"]
    mine = next((o for o in answer["options"] if o["regimen"] == judgement["regimen"]), None)
    if not judgement["judged"]:
        assert mine is None and judgement["rank"] is None and judgement["offered"] is None
        if judgement["not_judged"] != "before-first-therapy" or judgement["line"] != 1:
            assert bool(answer["ranking_withheld"]) is (judgement["not_judged"] != "undetermined")
        return
    assert judgement["offered"] is (mine is not None)
    assert judgement["options"] == len(answer["options"])
    found = (mine["group"], mine["rank"], mine["tied"]) if mine else (None, None, None)
    assert (judgement["group"], judgement["rank"], judgement["tied"]) == found
    assert bool(judgement["reason"]) is (mine is None)
    assert set(judgement["first"]) == {o["regimen"] for o in answer["options"] if o["rank"] == 1}


@law_of(40)
@given(st.data(), st.sampled_from(PLACES), st.booleans())
def test_a_judgement_is_the_answer_of_the_day_before(data: st.DataObject, place: str | None, assumed: bool) -> None:
    raw: dict[str, Any] = data.draw(whole_patients())
    if data.draw(st.booleans()):
        raw = data.draw(with_less(raw))
    patient, asking = a_patient(**raw), Asking(place, if_relapse=assumed)
    found = audited(patient, LOADED.catalogue, DAY, asking, {"file": "f", "row": None})
    taken = [i for d in found["decisions"] for i in d["therapies"]] + [p["therapy"] for p in found["parts"]]
    assert sorted(taken) == list(range(len(patient.therapies)))
    for judgement in found["decisions"]:
        assert judgement["judged"] is not bool(judgement["not_judged"])
        is_the_answer(patient, judgement, asking)
