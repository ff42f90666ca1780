"""Lines of therapy by both definitions, stated lines, and therapies that are no line."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base.known import Truth
from tests.builders.blank import a_history, a_patient, answer_for, offered
from tests.builders.histories import BEFORE, MAINTENANCE, ONE_LINE, VRD, lines
from tests.builders.patients import patient

GRAFT = {"intent": "transplant", "agents": ["melphalan"], "start": "2020-06-15", "stop": "2020-06-15"}
UPKEEP = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2020-09-01", "stop": "2022-09-01"}


def test_induction_transplant_consolidation_and_maintenance_are_one_line() -> None:
    more = {"intent": "consolidation", "regimen": "VRd", "start": "2020-08-01", "stop": "2020-09-01"}
    assert lines(VRD, GRAFT, more, UPKEEP) == (1, 1, 1, 1)


def test_a_different_regimen_for_relapse_is_a_new_line() -> None:
    relapse = {"intent": "relapse", "regimen": "DKd", "start": "2023-01-01"}
    assert lines(VRD, GRAFT, UPKEEP | {"progressed_on": "2022-09-01"}, relapse) == (2, 2, 2, 2)


def test_the_same_regimen_again_after_progression_hangs_on_the_definition() -> None:
    first = {"intent": "relapse", "regimen": "DVd", "start": "2022-01-01", "stop": "2022-09-01", "best_response": "PR",
             "progressed_on": "2023-11-01", "stop_reason": "completed"}  # fmt: skip
    again = {"intent": "relapse", "regimen": "DVd", "start": "2024-01-01", "stop": "ongoing"}
    assert lines(VRD | {"progressed_on": "2021-12-01"}, first, again) == (3, 3, 2, 2)


def test_the_same_regimen_again_without_progression_is_the_same_line() -> None:
    pause = VRD | {"start": "2020-06-01", "stop": "2020-09-01"}
    assert lines(VRD, pause) == (1, 1, 1, 1)


def test_stopping_some_drugs_is_no_new_line() -> None:
    rest = {"intent": "other", "agents": ["lenalidomide", "dexamethasone"], "start": "2020-05-02", "stop": "2021-01-01"}
    assert lines(VRD, rest) == (1, 1, 1, 1)


def test_an_unplanned_change_for_toxicity_is_a_new_line() -> None:
    changed = {"intent": "induction", "regimen": "KRd", "start": "2020-05-10", "stop": "2020-09-01"}
    assert lines(VRD | {"stop_reason": "toxicity"}, changed)[:2] == (2, 2)
    assert lines(VRD | {"stop_reason": "planned_switch"}, changed)[:2] == (1, 1)
    assert lines(VRD | {"stop_reason": None}, changed)[:2] == (1, 2)


def test_tandem_transplants_are_one_line_and_a_late_second_one_is_another() -> None:
    tandem = GRAFT | {"start": "2020-10-01", "stop": "2020-10-01"}
    assert lines(VRD, GRAFT, tandem)[:2] == (1, 1)
    salvage = GRAFT | {"start": "2023-10-01", "stop": "2023-10-01"}
    assert lines(VRD, GRAFT, salvage)[:2] == (2, 2)


def test_bridging_lymphodepletion_and_cells_are_one_line() -> None:
    bridge = {"intent": "bridging", "regimen": "Kd", "start": "2023-01-01", "stop": "2023-02-01"}
    depletion = {"intent": "other", "regimen": "Flu-Cy", "start": "2023-02-20", "stop": "2023-02-22"}
    cells = {"intent": "relapse", "regimen": "cilta-cel", "start": "2023-02-25"}
    assert lines(VRD | {"progressed_on": "2022-12-01"}, bridge, depletion, cells)[:2] == (2, 2)


def test_steroids_alone_are_no_line() -> None:
    pulse = {"intent": "other", "agents": ["dexamethasone"], "start": "2022-01-01", "stop": "2022-01-20"}
    assert lines(VRD, pulse)[:2] == (1, 1)


def test_less_than_one_cycle_without_progression_makes_a_range() -> None:
    brief = {
        "intent": "relapse",
        "regimen": "DVd",
        "start": "2022-01-01",
        "stop": "2022-01-10",
        "stop_reason": "toxicity",
    }
    assert lines(VRD | {"progressed_on": "2021-12-01"}, brief)[:2] == (1, 2)


def test_a_stated_line_decides() -> None:
    stated = [VRD | {"line": 1}, {"line": 3, "intent": "relapse", "regimen": "DKd", "start": "2022-01-01"}]
    assert lines(*stated)[:2] == (3, 3)


def test_an_open_list_has_no_upper_end() -> None:
    assert lines(VRD, therapies_complete=None)[:2] == (1, None)


# --- stated lines (contract 9.5) ------------------------------------------------------------------


@pytest.mark.parametrize("agents", [["dexamethasone"], ["fludarabine", "cyclophosphamide"]])
def test_a_stated_line_counts_although_the_rules_know_none(agents: list[str]) -> None:
    entry = {"line": 2, "intent": "other", "agents": agents, "start": "2022-01-01", "stop": "2022-01-20"}
    assert lines(VRD | {"line": 1}, entry)[:2] == (2, 2)
    from tests.builders.blank import answer_for

    answer = answer_for(therapies=[VRD | {"line": 1}, entry], therapies_complete=True)
    assert any("the file states 2 lines, the record counts 1" in w for w in answer["warnings"])


def test_stated_lines_count_whatever_the_order_of_the_file() -> None:
    later = {"line": 3, "intent": "relapse", "regimen": "DKd", "start": "2022-01-01"}
    assert lines(later, VRD | {"line": 1})[:2] == (3, 3)


def test_radiotherapy_is_no_line_and_a_placebo_no_drug() -> None:
    rays = {"intent": "other", "agents": ["radiotherapy"], "start": "2026-08-20", "stop": "2026-08-27"}
    history = a_history(therapies=[MAINTENANCE | {"stop": "2023-01-31"}, rays], therapies_complete=True)
    assert (history.lines.low, history.lines.high) == (1, 1) and history.last_treated == 0
    assert a_history(therapies=[rays], therapies_complete=True).last_treated is None
    blinded = MAINTENANCE | {"agents": ["lenalidomide", "placebo"]}
    assert [g.agent for g in a_patient(therapies=[blinded]).therapies[0].agents] == ["lenalidomide"]


def test_a_bridge_that_led_to_nothing_recorded_leaves_the_lines_open_and_asks_for_its_line() -> None:
    bridge = {"intent": "bridging", "agents": ["pomalidomide"], "start": "2023-05-01", "stop": "2023-06-01"}
    lines = a_history(therapies=[MAINTENANCE | {"stop": "2023-01-31"}, bridge], therapies_complete=True).lines
    assert (lines.low, lines.high) == (1, 2) and lines.missing == ("therapies[1].line",)


@pytest.mark.parametrize(
    ("start", "stop", "counted"),
    [
        ("2026-09-20", "2026-10-05", (1, 1)),  # one cycle, and the cells may still come
        ("2026-11-10", "ongoing", (1, 1)),
        ("2026-06-01", "2026-10-05", (1, 2)),  # longer than a cycle: it may have become a treatment
        ("2025-06-01", "2025-06-15", (1, 2)),  # long ago: what became of it is not recorded
        (None, "2026-10-05", (1, 2)),
    ],
)
def test_a_bridge_that_still_waits_for_its_cells_opens_no_line(
    start: str | None, stop: str, counted: tuple[int, int]
) -> None:
    bridge = {"intent": "bridging", "regimen": "PVd", "start": start, "stop": stop}
    first = MAINTENANCE | {"stop": "2026-01-31", "progressed_on": "2026-09-01"}
    lines = a_history(therapies=[first, bridge], therapies_complete=True).lines
    assert (lines.low, lines.high) == counted


RVD: dict[str, Any] = {
    "intent": "induction",
    "regimen": "VRd",
    "start": "2018-03-01",
    "stop": "2018-08-01",
    "best_response": "VGPR",
}
RESCUED = {"intent": "transplant", "agents": ["melphalan"], "start": "2018-09-10", "best_response": "CR"}


def test_a_relapse_after_a_transplant_is_asked_of_the_transplant_and_makes_no_line_of_it() -> None:
    first = [RVD | {"stop_reason": "completed"}, RESCUED | {"stop_reason": "completed"}]
    fields: dict[str, Any] = {"therapies_complete": True, "disease": {"state": "relapsed"}}
    warned = answer_for(therapies=first, **fields)["warnings"]
    assert [w for w in warned if w.endswith("therapies[1].progressed_on")]
    assert not [w for w in warned if "therapies[0].progressed_on" in w]
    for place in (0, 1):
        told = [t | ({"progressed_on": "2026-10-01"} if i == place else {}) for i, t in enumerate(first)]
        lines = a_history(therapies=told, **fields).lines
        assert (lines.low, lines.high) == (1, 1), place
    before = [RVD | {"progressed_on": "2018-08-15", "stop_reason": "progression"}, first[1]]
    assert a_history(therapies=before, **fields).lines.low == 2


@pytest.mark.parametrize("intent", ["transplant", None])
def test_an_allograft_by_name_is_a_transplant_whatever_its_purpose_says(intent: str | None) -> None:
    """Its conditioning proves nothing of melphalan, and its lines are counted as after an autologous transplant."""
    graft = {"intent": intent, "agents": ["melphalan"], "start": "2020-06-10", "stop": "2020-06-10",
             "best_response": "CR", "progressed_on": "2021-01-10"}  # fmt: skip
    allo, auto = (
        a_history(therapies_complete=True, therapies=[VRD, graft | {"regimen": name}]) for name in ("Allo-SCT", "ASCT")
    )
    assert allo.refractory_agent("melphalan").truth is Truth.NOT_MET
    assert (allo.lines.low, allo.lines.high) == (auto.lines.low, auto.lines.high)
    assert (allo.allograft.truth, auto.allograft.truth) == (Truth.MET, Truth.NOT_MET)


def test_a_transplant_without_its_drugs_prepared_by_what_prepares_for_one() -> None:
    """It is high-dose therapy: no immunotherapy, and of its drugs nothing is proved."""
    graft = {"intent": "transplant", "start": "2019-10"}
    last = ONE_LINE | {"regimen": "DRd", "stop": "2026-09-01", "progressed_on": "2026-08-28"}
    history = a_history(therapies=[BEFORE[0], graft, last], therapies_complete=True, disease={"state": "relapsed"})
    for class_id in ("BCMA-directed", "GPRC5D-directed", "FcRH5-directed", "XPO1", "BCL2", "SLAMF7", "HDAC"):
        assert history.exposed_to(class_id).truth is Truth.NOT_MET
    assert history.exposed_to("alkylator").truth is Truth.UNKNOWN
    assert history.refractory_to("alkylator").truth is Truth.NOT_MET
    assert history.called(1) == "transplant, therapy 2"
    days = history.days_since_dose("melphalan")[0]
    assert days is not None and days.low is not None and days.low > 2000
    named = patient(BEFORE[0], graft | {"agents": ["melphalan"]}, last, access__jurisdiction="EU")
    unnamed = patient(BEFORE[0], graft, last, access__jurisdiction="EU")
    assert offered(answer_for(**unnamed))[:5] == offered(answer_for(**named))[:5]
    # Whether it was an allogeneic one is another question, which is still asked.
    assert history.allograft.truth is Truth.UNKNOWN
