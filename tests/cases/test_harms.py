"""What a recorded adverse event says of the regimens that hold its drug, whatever field it is recorded in."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.answers.recommendation import Caution, Recommendation
from tests.builders.blank import LOADED, answer_for
from tests.builders.patients import LEN_REFRACTORY, entry, patient

BELANTAMAB, BORTEZOMIB = "belantamab-mafodotin", "bortezomib"
BVD = entry("BVd", "2022-12-01", "2023-06-01") | {"progressed_on": "2024-06-01"}


def ask(*therapies: dict[str, Any], toxicities: list[dict[str, Any]] | None = None, **changes: Any) -> Recommendation:
    whole = patient(*therapies, access__jurisdiction="EU", **changes)
    return answer_for(**(whole if toxicities is None else whole | {"toxicities": toxicities}))


def applying(a: Recommendation, agent: str, about: str) -> dict[str, list[Caution]]:
    """For each regimen with an agent that is not closed, the cautions on a topic that apply."""
    with_it = {r.id for r in LOADED.catalogue.regimens if agent in r.agent_ids}
    return {
        o["regimen"]: [c for c in o["cautions"] if c["about"] == about and c["result"] == "applies"]
        for o in [*a["options"], *(n for n in a["not_offered"] if n["verdict"] == "undetermined")]
        if o["regimen"] in with_it
    }


@pytest.mark.parametrize("event", ["keratopathy", "ocular toxicity", "Corneal event", "keratitis"])
@pytest.mark.parametrize("agent", [BELANTAMAB, None])
def test_an_eye_toxicity_is_a_strong_caution_on_belantamab_whatever_its_name(event: str, agent: str | None) -> None:
    told = ask(*LEN_REFRACTORY, toxicities=[{"event": event, "grade": 2, "agent": agent}])
    found = applying(told, BELANTAMAB, "eyes")
    assert found and all(any(c["strong"] for c in cautions) for cautions in found.values())
    assert not any("no rule reads it" in w for w in told["warnings"])
    none = applying(ask(*LEN_REFRACTORY, toxicities=[]), BELANTAMAB, "eyes")
    assert none and not any(none.values())


@pytest.mark.parametrize("grade", [None, 1, 2, 3])
def test_a_neuropathy_among_the_toxicities_is_read_for_bortezomib(grade: int | None) -> None:
    said = [{"event": "peripheral neuropathy", "grade": grade, "agent": "thalidomide"}]
    told = ask(*LEN_REFRACTORY, toxicities=said, comorbidities__peripheral_neuropathy_grade=None)
    found = applying(told, BORTEZOMIB, "neuropathy")
    assert found and all(bool(cautions) == (grade in (2, 3)) for cautions in found.values())


@pytest.mark.parametrize(("reason", "marked"), [("toxicity", True), ("completed", False)])
def test_a_drug_that_was_stopped_for_a_recorded_event_of_any_grade_marks_its_regimens(
    reason: str, marked: bool
) -> None:
    said = [{"event": "keratopathy", "grade": 2, "agent": BELANTAMAB}]
    told = ask(*LEN_REFRACTORY, BVD | {"stop_reason": reason}, toxicities=said)
    found = applying(told, BELANTAMAB, "toxicity before")
    assert found and all(bool(cautions) == marked for cautions in found.values())
    for cautions in found.values():
        assert all(word in c["text"] for c in cautions for word in ("keratopathy", "grade 2", BELANTAMAB))
