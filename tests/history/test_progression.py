"""Progression: as the best response, after the last dose, and on the last therapy."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base.known import Truth
from tests.builders.blank import a_history, answer_for
from tests.builders.histories import BEFORE, refractory

# --- progressive disease as the best response (contract 9.4) --------------------------------------

PD_AT_ONCE = {"intent": "relapse", "regimen": "KRd", "start": "2023-01-01", "stop": "2023-01-08", "best_response": "PD",
              "stop_reason": "toxicity"}  # fmt: skip


@pytest.mark.parametrize("intent", ["induction", "relapse", "maintenance", "consolidation"])
def test_progressive_disease_as_best_response_is_a_progression_on_it(intent: str) -> None:
    entry = PD_AT_ONCE | {"intent": intent}
    assert refractory("carfilzomib", entry) is Truth.MET
    assert refractory("lenalidomide", entry) is Truth.MET


def test_a_drug_stopped_long_before_the_progressive_disease_is_unknown() -> None:
    agents = [{"agent": "bortezomib", "stop": "2023-01-25"}, "daratumumab"]
    entry = {"intent": "relapse", "agents": agents, "start": "2023-01-01", "stop": "2023-10-20", "best_response": "PD",
             "stop_reason": "other"}  # fmt: skip
    history = a_history(therapies=[entry], therapies_complete=True)
    assert history.refractory_agent("daratumumab").truth is Truth.MET
    found = history.refractory_agent("bortezomib")
    assert found.truth is Truth.UNKNOWN and "therapies[0].best_response_on" in found.missing
    # Found within 60 days of its last dose it counts for the drug too; found later it leaves it open.
    assert refractory("bortezomib", entry | {"best_response_on": "2023-03-20"}) is Truth.MET
    assert refractory("bortezomib", entry | {"best_response_on": "2023-10-20"}) is Truth.UNKNOWN


def test_a_drug_whose_own_last_dose_is_that_of_its_therapy_was_given_to_the_end() -> None:
    agents = [{"agent": "bortezomib", "stop": "2023-10-20"}, "daratumumab"]
    entry = {"intent": "maintenance", "agents": agents, "start": "2022-01-01", "stop": "2023-10-20",
             "best_response": "PD"}  # fmt: skip
    assert refractory("bortezomib", entry) is Truth.MET


def test_progression_found_long_after_the_last_dose_is_judged_by_its_day() -> None:
    entry = PD_AT_ONCE | {"stop": "2023-06-01", "progressed_on": "2023-08-01", "stop_reason": None}
    assert (
        refractory("carfilzomib", entry) is Truth.UNKNOWN
    )  # 61 days after: perhaps no response, the reason is not told
    assert refractory("carfilzomib", entry | {"progressed_on": "2023-07-31"}) is Truth.MET


def test_one_cycle_is_that_of_the_regimen() -> None:
    entry = {"intent": "relapse", "regimen": "Pd", "start": "2023-01-01", "stop": "2023-01-26", "best_response": "SD",
             "stop_reason": "other"}  # fmt: skip
    assert refractory("pomalidomide", entry) is Truth.UNKNOWN  # 25 of 28 days
    assert refractory("pomalidomide", entry | {"stop": "2023-01-29"}) is Truth.MET
    pvd = entry | {"regimen": "PVd", "stop": "2023-01-22"}  # a cycle of 21
    assert refractory("pomalidomide", pvd) is Truth.MET


@pytest.mark.parametrize("response", ["PD", "SD", "MR"])
def test_bridging_of_one_cycle_proves_nothing(response: str) -> None:
    bridge = {"intent": "bridging", "regimen": "Kd", "start": "2023-01-01", "stop": "2023-01-20",
              "best_response": response, "progressed_on": "2023-01-25" if response == "PD" else None}  # fmt: skip
    assert refractory("carfilzomib", bridge) is Truth.NOT_MET
    longer = bridge | {"stop": "2023-03-20", "progressed_on": "2023-03-20" if response == "PD" else None}
    assert refractory("carfilzomib", longer) is (Truth.MET if response == "PD" else Truth.NOT_MET)
    undated = bridge | {"start": None}
    assert refractory("carfilzomib", undated) is (Truth.UNKNOWN if response == "PD" else Truth.NOT_MET)


def test_drugs_of_lymphodepletion_given_as_treatment_are_treatment() -> None:
    entry = {"intent": "relapse", "agents": ["fludarabine", "cyclophosphamide"], "start": "2023-01-01",
             "stop": "2023-08-01", "best_response": "PD"}  # fmt: skip
    assert refractory("cyclophosphamide", entry) is Truth.MET


CELLS = {"intent": "relapse", "agents": ["cilta-cel"], "start": "2025-09-20", "best_response": "CR"}
LATE = {"progressed_on": "2026-09-25", "stop_reason": "progression"}


@pytest.mark.parametrize("stop", ["2025-09-20", None])
def test_cells_are_given_on_one_day_and_a_late_relapse_is_none_on_treatment(stop: str | None) -> None:
    late = CELLS | LATE | {"stop": stop}
    assert refractory("ciltacabtagene-autoleucel", late) is Truth.NOT_MET
    early = late | {"progressed_on": "2025-11-01"}
    assert refractory("ciltacabtagene-autoleucel", early) is Truth.MET


def test_conditioning_without_a_stop_is_not_still_given_at_the_relapse() -> None:
    conditioning = {"intent": "transplant", "agents": ["melphalan"], "start": "2023-04-01", "best_response": "CR"}
    assert refractory("melphalan", conditioning | LATE) is Truth.NOT_MET


def test_a_relapse_without_a_day_is_said_where_it_counts_as_late() -> None:
    stopped = {"intent": "relapse", "regimen": "DPd", "start": "2025-06-01", "stop": "2026-03-15"}
    stopped |= {"stop_reason": "toxicity", "best_response": "VGPR"}
    fields: dict[str, Any] = {"therapies_complete": True, "disease": {"state": "relapsed"}}
    warned = answer_for(therapies=[stopped], **fields)["warnings"]
    assert [w for w in warned if "therapies[0].progressed_on" in w]
    told = answer_for(therapies=[stopped | {"progressed_on": "2026-09-01"}], **fields)["warnings"]
    assert not [w for w in told if "progressed_on" in w]


@pytest.mark.parametrize("reason", [None, "toxicity", "other"])
def test_no_response_to_a_cycle_is_progression_on_the_last_therapy_whatever_ended_it(reason: str | None) -> None:
    poor: dict[str, Any] = {"intent": "relapse", "agents": ["teclistamab"], "start": "2025-04-01", "stop": "2025-10-01"}
    poor |= {"best_response": "SD", "stop_reason": reason}
    fields: dict[str, Any] = {"therapies_complete": True, "disease": {"state": "relapsed"}}
    assert a_history(therapies=[poor], **fields).progressed_on_last().truth is Truth.MET
    brief = poor | {"stop": "2025-04-08"}
    assert a_history(therapies=[brief], **fields).progressed_on_last().truth is not Truth.MET


SALVAGE = {"intent": "transplant", "agents": ["melphalan"], "start": "2023-01-10", "best_response": "VGPR"}
ON_THE_WAY = {"intent": "relapse", "regimen": "DT-PACE", "start": "2022-11-10", "stop": "2022-11-14",
              "best_response": "PR", "stop_reason": "planned_switch"}  # fmt: skip


def last_of(*therapies: dict[str, Any], state: str = "relapsed", **more: Any) -> Any:
    return a_history(therapies=list(therapies), therapies_complete=True, disease={"state": state}, **more)


@pytest.mark.parametrize("line", [None, 3])
@pytest.mark.parametrize("way", [[], [ON_THE_WAY]], ids=["straight", "after debulking"])
@pytest.mark.parametrize("named", [True, False])
def test_a_transplant_that_treats_a_line_of_its_own_is_the_last_therapy(
    line: int | None, way: list[dict[str, Any]], named: bool
) -> None:
    graft = SALVAGE | {"line": line} | ({} if named else {"agents": None})
    assert last_of(*BEFORE, *way, graft).progressed_on_last().truth is Truth.UNKNOWN
    assert f"therapies[{2 + len(way)}].progressed_on" in last_of(*BEFORE, *way, graft).progressed_on_last().missing
    assert last_of(*BEFORE, *way, graft, state="responding").progressed_on_last().truth is Truth.NOT_MET
    late = last_of(*BEFORE, *way, graft | {"progressed_on": "2026-08-10"}).progressed_on_last()
    assert late.truth is Truth.MET and "43 months" in late.remark
    for response in ("SD", "PD"):
        poor = last_of(*BEFORE, *way, graft | {"best_response": response}).progressed_on_last()
        assert poor.truth is Truth.MET


def test_conditioning_within_a_line_is_passed_over() -> None:
    kd = {"intent": "relapse", "regimen": "Kd", "start": "2022-09-01", "stop": "2022-12-10", "best_response": "PR"}
    history = last_of(*BEFORE, kd, SALVAGE | {"progressed_on": "2026-08-10"})
    assert history.last_treated == 2 and "the transplant after Kd" in history.progressed_on_last().remark
    upkeep = {"intent": "maintenance", "agents": ["ixazomib"], "start": "2023-04-01", "stop": "2024-01-10"}
    assert last_of(*BEFORE, SALVAGE, upkeep).last_treated == 3
    assert last_of(BEFORE[0], SALVAGE | {"start": "2019-10-01"}).last_treated == 0


PROGRESSED_LATELY = {"intent": "relapse", "regimen": "PVd", "start": "2022-07-01", "stop": "2026-07-01",
                     "best_response": "PR", "progressed_on": "2026-06-28"}  # fmt: skip
CYDEX = {"intent": "other", "agents": ["cyclophosphamide", "dexamethasone"], "start": "2026-07-20"}


@pytest.mark.parametrize(
    ("entry", "truth"),
    [
        ({**CYDEX, "stop": "2026-08-05", "best_response": "SD"}, Truth.MET),  # by either reading
        ({**CYDEX, "stop": "2026-08-20", "best_response": "SD"}, Truth.MET),  # a line, and no response to it
        ({**CYDEX, "stop": "2026-08-05", "best_response": "PR"}, Truth.UNKNOWN),
        ({**CYDEX, "stop": "2026-09-20", "best_response": "PR"}, Truth.UNKNOWN),
        ({**CYDEX, "stop": "2026-08-05", "best_response": "PR", "line": 3}, Truth.MET),  # debulks within the line
        ({**CYDEX, "stop": "2026-08-05", "best_response": "PR", "line": 4}, Truth.UNKNOWN),  # as stated
        ({"intent": "relapse", "regimen": "Kd", "start": "2026-07-20", "stop": "2026-08-16", "best_response": "SD"},
         Truth.MET),
        ({"intent": "relapse", "regimen": "Kd", "start": "2026-07-20", "stop": "2026-08-01",
          "stop_reason": "toxicity"}, Truth.UNKNOWN),
    ],
)  # fmt: skip
def test_what_is_perhaps_no_line_is_read_both_ways(entry: dict[str, Any], truth: Truth) -> None:
    found = last_of(*BEFORE, PROGRESSED_LATELY, entry).progressed_on_last()
    assert found.truth is truth
    if truth is Truth.UNKNOWN:
        assert "therapies[3].progressed_on" in found.missing
        doubted = entry.get("line") is None and entry["stop"] < "2026-08-10"
        assert ("therapies[3].line" in found.missing) is doubted


def test_a_brief_therapy_alone_proves_nothing_of_the_last() -> None:
    brief = CYDEX | {"stop": "2026-08-05", "best_response": "SD"}
    assert last_of(BEFORE[0], brief, state="responding").progressed_on_last().truth is Truth.UNKNOWN
    assert last_of(brief).progressed_on_last().truth is Truth.UNKNOWN
