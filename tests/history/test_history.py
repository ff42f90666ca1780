"""The history of a patient as a whole."""

from __future__ import annotations

from tests.builders.blank import a_history
from tests.builders.histories import VRD


def test_two_allografts_are_named_in_order_of_time_wherever_they_stand_in_the_list() -> None:
    grafts = [
        {"intent": "transplant", "regimen": "Allo-SCT", "start": day, "stop": day, "stop_reason": "completed"}
        for day in ("2020-06-10", "2022-03-01")
    ]
    told = [a_history(therapies_complete=True, therapies=[VRD, *these]) for these in (grafts, grafts[::-1])]
    assert told[0].allograft.found == told[1].allograft.found
    assert "therapy 2; " in told[0].allograft.found
