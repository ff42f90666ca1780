"""Drugs that nobody knows, and drugs that are one of a few."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.base.known import Truth
from tests.builders.blank import a_history, answer_for, offered
from tests.builders.histories import BEFORE, ONE_LINE, VRD, lines
from tests.builders.patients import patient

# --- drugs that nobody knows (contract 9.3) -------------------------------------------------------

LOST: dict[str, Any] = {"intent": "relapse", "agents": "unknown", "start": "2021-02-01", "stop": "2022-03-01",
                        "best_response": "PR", "progressed_on": "2022-03-01", "stop_reason": "progression"}  # fmt: skip


def test_a_therapy_of_unknown_drugs_is_a_line_and_may_have_been_anything_of_its_time() -> None:
    assert lines(VRD | {"progressed_on": "2021-01-20"}, LOST)[:2] == (2, 2)
    history = a_history(therapies=[VRD | {"progressed_on": "2021-01-20"}, LOST], therapies_complete=True)
    for agent in ("daratumumab", "carfilzomib", "belantamab-mafodotin", "isatuximab", "bortezomib"):
        found = history.refractory_agent(agent)
        assert found.truth is Truth.UNKNOWN and "therapies[1].agents" in found.missing, agent
    assert "may have had daratumumab" in history.refractory_agent("daratumumab").found
    assert history.spent("pomalidomide").truth is Truth.UNKNOWN
    assert history.exposed_to("anti-CD38").truth is Truth.UNKNOWN
    # Cells and a transplant nobody has without knowing it.
    assert history.refractory_agent("ciltacabtagene-autoleucel").truth is Truth.NOT_MET
    assert history.exposed_to("BCMA-directed/car-t").truth is Truth.NOT_MET


def test_a_class_that_was_in_no_trial_yet_was_not_given() -> None:
    old = LOST | {"start": "2009-01-01", "stop": "2010-03-01", "progressed_on": "2010-03-01"}
    history = a_history(therapies=[old], therapies_complete=True)
    assert history.exposed_to("BCMA-directed").truth is Truth.NOT_MET
    assert history.exposed_to("GPRC5D-directed").truth is Truth.NOT_MET
    assert history.exposed_to("anti-CD38").truth is Truth.UNKNOWN
    without_days = LOST | {"start": None, "stop": None, "progressed_on": None, "line": 2}
    assert (
        a_history(therapies=[without_days], therapies_complete=True).exposed_to("BCMA-directed").truth is Truth.UNKNOWN
    )


def test_what_is_known_of_a_drug_narrows_it() -> None:
    blinded = LOST | {"agents": ["bortezomib", "dexamethasone", {"one_of": ["venetoclax", "placebo"]}]}
    history = a_history(therapies=[blinded], therapies_complete=True)
    assert history.refractory_agent("venetoclax").truth is Truth.UNKNOWN
    assert history.refractory_agent("bortezomib").truth is Truth.MET
    assert history.refractory_agent("daratumumab").truth is Truth.NOT_MET
    no_antibody = LOST | {"agents": {"not": ["anti-CD38", "carfilzomib"]}}
    history = a_history(therapies=[no_antibody], therapies_complete=True)
    assert history.exposed_to("anti-CD38").truth is history.exposed_to("carfilzomib").truth is Truth.NOT_MET
    assert history.exposed_to("bortezomib").truth is Truth.UNKNOWN


def test_an_unknown_drug_that_no_progression_followed_makes_nothing_refractory() -> None:
    calm = LOST | {"stop_reason": "completed", "progressed_on": "2024-03-01"}
    history = a_history(therapies=[calm], therapies_complete=True)
    assert history.refractory_agent("daratumumab").truth is Truth.NOT_MET
    assert history.exposed_to("daratumumab").truth is Truth.UNKNOWN


def test_days_since_a_drug_that_may_have_been_the_unknown_one() -> None:
    history = a_history(therapies=[LOST | {"stop": "2026-09-20", "progressed_on": None}], therapies_complete=True)
    days, _, where = history.days_since_dose("BCMA-directed/bispecific")
    assert days is not None and days.low == 30 and days.high is None and where == "therapies[0].agents"


def test_a_regimen_that_hangs_on_an_unknown_drug_is_undetermined_and_stands_in_the_provisional_order() -> None:
    from tests.builders.blank import answer_for
    from tests.builders.patients import patient

    raw = patient(VRD | {"progressed_on": "2021-01-20"}, LOST, access__jurisdiction="EU")
    answer = answer_for(**raw)
    verdicts = {o["regimen"]: o["verdict"] for o in [*answer["options"], *answer["not_offered"]]}
    for regimen in ("DPd", "Kd", "DKd", "IsaKd"):
        assert verdicts[regimen] == "undetermined"
    provisional = {p["regimen"]: p for p in answer["provisional"]}
    assert provisional["DKd"]["gates"][0] == "therapies[1].agents"
    assert provisional["Kd"]["verdict"] == "undetermined"


LONG_AFTER = ONE_LINE | {"progressed_on": "2025-09-28"}
CAR_T_CELLS = {"intent": "relapse", "start": "2023-05-10", "best_response": "CR"}
PAIRS: list[tuple[list[str], dict[str, Any]]] = [
    (["daratumumab", "isatuximab"], ONE_LINE),
    (["daratumumab", "isatuximab"], LONG_AFTER),
    (["daratumumab", "isatuximab"], ONE_LINE | {"intent": "transplant", "stop": None}),
    (["teclistamab", "elranatamab"], ONE_LINE),
    (["teclistamab", "talquetamab"], ONE_LINE),
    (["bortezomib", "carfilzomib"], ONE_LINE),
    (["lenalidomide", "pomalidomide"], ONE_LINE),
    (["pomalidomide", "iberdomide"], ONE_LINE),
    (["ciltacabtagene-autoleucel", "idecabtagene-vicleucel"], CAR_T_CELLS | {"progressed_on": "2026-08-10"}),
    (["ciltacabtagene-autoleucel", "idecabtagene-vicleucel"], CAR_T_CELLS | {"progressed_on": "2023-10-10"}),
    (["ciltacabtagene-autoleucel", "idecabtagene-vicleucel"], CAR_T_CELLS | {"progressed_on": "2023-06-10"}),
    (["ciltacabtagene-autoleucel", "teclistamab"], CAR_T_CELLS | {"progressed_on": "2023-10-10"}),
    (["venetoclax", "selinexor"], ONE_LINE | {"not_refractory_to": ["venetoclax"], "reason": "stopped early"}),
    (["daratumumab", "dexamethasone"], ONE_LINE),
    (["daratumumab"], ONE_LINE),
]
QUESTIONS = ("exposed_to", "refractory_to", "spent", "doubtful")


def asked(history: Any) -> dict[tuple[str, str], Truth]:
    formulary = history.formulary
    tokens = [*formulary.by_id, *formulary.class_by_id, "BCMA-directed/car-t", "BCMA-directed/bispecific"]
    found = {(q, t): getattr(history, q)(t).truth for q in QUESTIONS[:2] for t in tokens}
    return found | {(q, a): getattr(history, q)(a).truth for q in QUESTIONS[2:] for a in formulary.by_id}


def given_as(*agents: Any, therapy: dict[str, Any]) -> Any:
    return a_history(
        therapies=[*BEFORE[:1], therapy | {"agents": [*agents, "dexamethasone"]}],
        therapies_complete=True,
        disease={"state": "relapsed"},
    )


@pytest.mark.parametrize(("agents", "therapy"), PAIRS, ids=lambda v: "+".join(v) if isinstance(v, list) else "")
def test_what_all_share_that_a_drug_may_be_is_known_of_it(agents: list[str], therapy: dict[str, Any]) -> None:
    """Each answer is that which every one of them gives; where they differ it is open, and the drug is asked for."""
    history = given_as({"one_of": agents}, therapy=therapy)
    each = [asked(given_as(agent, therapy=therapy)) for agent in agents]
    one = asked(history)
    for question, truth in one.items():
        truths = {answers[question] for answers in each}
        assert truth is (truths.pop() if len(truths) == 1 else Truth.UNKNOWN), question
    for class_id in history.formulary.class_by_id:
        bounds, _ = history.refractory_count(class_id)
        counts = [given_as(a, therapy=therapy).refractory_count(class_id)[0] for a in agents]
        assert bounds.low is not None and bounds.low <= min(c.low or 0 for c in counts)
        assert bounds.high is not None and bounds.high >= max(c.high or 0 for c in counts)
    lines = [given_as(a, therapy=therapy).lines.bounds for a in agents]
    assert history.lines.bounds in lines


@pytest.mark.parametrize("agents", [["daratumumab", "placebo"], ["isatuximab", "daratumumab", "placebo"]])
def test_a_drug_that_may_have_been_a_placebo_is_never_sure(agents: list[str]) -> None:
    history = given_as({"one_of": agents}, therapy=ONE_LINE)
    assert history.exposed_to("anti-CD38").truth is history.refractory_to("anti-CD38").truth is Truth.UNKNOWN
    assert history.spent("daratumumab").truth is Truth.UNKNOWN
    assert history.called(1).endswith("or placebo), therapy 2")


def test_nothing_stands_open_that_no_answer_can_open() -> None:
    line = ONE_LINE | {"agents": [{"one_of": ["daratumumab", "isatuximab"]}, "carfilzomib"]}
    upkeep = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2019-10", "stop": "2021-03",
              "progressed_on": "2021-03"}  # fmt: skip
    last = ONE_LINE | {"regimen": "PVd", "start": "2024-10", "stop": "2026-09-01", "progressed_on": "2026-08-28"}
    answer = answer_for(**patient(BEFORE[0], upkeep, line, last, access__jurisdiction="EU"))
    assert answer["provisional"] == []
    assert {"teclistamab", "elranatamab", "talquetamab"} <= set(offered(answer))
    assert not {"Dara-mono", "IberDd", "DVd"} & {o["regimen"] for o in answer["options"]}
    (labels,) = [c for c in answer["history"]["classes"] if c["class"] == "anti-CD38"]
    assert labels["exposed"] == labels["refractory"] == "yes"
    assert not [m for m in answer["missing"] if m["field"] == "therapies[2].agents"]
