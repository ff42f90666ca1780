"""What is given on the way to a treatment must not close it: each lane's destination stays open after the lane."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.builders.blank import answer_for, offered, verdict_of
from tests.builders.patients import DVD, GRAFT, PCD, UPKEEP, VRD, patient

PROGRESSED = [VRD, GRAFT, UPKEEP, DVD, PCD]
CELLS = {"US": ["cilta-cel", "ide-cel"], "EU": ["cilta-cel", "ide-cel"]}
ANTIBODIES = {"EU": ["teclistamab", "elranatamab", "talquetamab"], "UK": ["teclistamab", "talquetamab"],
              "HK": ["elranatamab", "teclistamab"]}  # fmt: skip
WALKED: dict[str, list[dict[str, Any]]] = {
    "debulking as a bridge": [{"intent": "bridging", "regimen": "DCEP", "start": "2026-09-25", "stop": "2026-09-29",
                               "best_response": "PR", "stop_reason": "completed"}],
    "debulking called a relapse": [{"intent": "relapse", "regimen": "DCEP", "start": "2026-09-25", "stop": "2026-09-29",
                                    "best_response": "PR", "stop_reason": "completed"}],
    "one cycle until a bed is free": [{"intent": "bridging", "regimen": "Kd", "start": "2026-09-25",
                                       "stop": "2026-10-10", "best_response": "SD", "stop_reason": "completed"}],
    "steroids for a cord": [{"intent": "other", "agents": ["dexamethasone"], "start": "2026-09-25",
                             "stop": "2026-09-28", "stop_reason": "completed"}],
    "lymphodepletion of a batch that failed": [{"intent": "other", "regimen": "Flu-Cy", "start": "2026-09-25",
                                                "stop": "2026-09-27", "stop_reason": "other"}],
}  # fmt: skip


@pytest.mark.parametrize("lane", WALKED)
@pytest.mark.parametrize("place", ["EU", "UK", "HK"])
def test_bispecifics_stay_open_after_what_leads_to_them(lane: str, place: str) -> None:
    raw = patient(*PROGRESSED, *WALKED[lane], access__jurisdiction=place)
    straight = set(offered(answer_for(**patient(*PROGRESSED, access__jurisdiction=place))))
    now = set(offered(answer_for(**raw)))
    for regimen in ANTIBODIES[place]:
        assert regimen in straight and regimen in now, regimen


@pytest.mark.parametrize("lane", WALKED)
@pytest.mark.parametrize("place", CELLS)
def test_cells_stay_open_after_their_bridge(lane: str, place: str) -> None:
    raw = patient(*PROGRESSED, *WALKED[lane], access__jurisdiction=place)
    assert set(CELLS[place]) <= set(offered(answer_for(**raw)))


def test_what_debulks_leaves_its_drugs_unproved() -> None:
    answer = answer_for(**patient(*PROGRESSED, *WALKED["debulking as a bridge"]))
    refractory = {a["agent"]: a["refractory"] for a in answer["history"]["agents"]}
    assert refractory["etoposide"] == refractory["cisplatin"] == "no"
    assert answer["treat_now"]["answer"] == "treat"


@pytest.mark.parametrize(("days", "verdict"), [(59, "eligible"), (60, "eligible"), (61, "caution"), (400, "caution")])
@pytest.mark.parametrize("place", ["EU", "UK", "HK"])
def test_the_sixty_first_day_is_a_caution_and_closes_nothing(days: int, verdict: str, place: str) -> None:
    stop = date(2026, 10, 1) - timedelta(days=days)
    last = PCD | {"stop": stop.isoformat(), "stop_reason": "completed", "progressed_on": "2026-10-01"}
    answer = answer_for(**patient(VRD, GRAFT, UPKEEP, DVD, last, access__jurisdiction=place))
    assert verdict_of(answer, "teclistamab") == verdict
    option = next(o for o in answer["options"] if o["regimen"] == "teclistamab")
    said = [c["text"] for c in option["cautions"] if c["about"] == "last therapy"]
    assert bool(said) is (verdict == "caution")
    if said:
        assert "after the last dose of PCd" in said[0] and "progressed on the last therapy" in said[0]


def test_an_interval_changes_no_place_in_the_order() -> None:
    def order(stop: str) -> list[str]:
        last = PCD | {"stop": stop, "stop_reason": "completed", "progressed_on": "2026-10-01"}
        return offered(answer_for(**patient(VRD, GRAFT, UPKEEP, DVD, last, access__jurisdiction="EU")))

    bispecifics = ["elranatamab", "linvoseltamab", "talquetamab", "teclistamab", "cilta-cel", "ide-cel"]
    before, after = ([r for r in order(stop) if r in bispecifics] for stop in ("2026-08-03", "2026-08-01"))
    assert before == after
