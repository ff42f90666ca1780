"""Every regimen: a patient whom it fits, one whom it does not, and what an unknown does to it.

One file a regimen. Each patient is a record of ``patients.py`` with a few fields changed, and has
a sentence that says why. Then the whole grid of situations, in which no answer contradicts itself.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.criteria.types import AnyCriterion
from tests.builders.blank import DAY, LOADED, answer_for, offered, verdicts_alone
from tests.builders.patients import DVD, GRAFT, KD_FOURTH, NEUTRAL, PCD_THIRD, RECORDS, UPKEEP, VRD, entry

FOLDER = Path(__file__).parent / "regimens"
CASES = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
REGIMENS = LOADED.catalogue.regimen_by_id
OPEN = ("eligible", "caution", "off-label")


def changed(record: str, changes: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(RECORDS[record])
    for path, value in changes.items():
        *above, last = path.split(".")
        place = made
        for name in above:
            place = place[name]
        place[last] = value
    return made


def entry_of(answer: Recommendation, regimen: str) -> dict[str, Any]:
    entries: list[Any] = [*answer["options"], *answer["not_offered"]]
    return next(e for e in entries if e["regimen"] == regimen)


def places_taken(answer: Recommendation) -> list[int]:
    """The ranks of the options, with those of the main options that are deferred among them."""
    ranks = [o["rank"] for o in answer["options"]]
    assert ranks == sorted(ranks)
    counted = [d["would_rank"] for d in answer["deferred_options"] if is_counted(answer, d)]
    return sorted([*ranks, *(rank for rank in counted if rank is not None)])


def is_counted(answer: Recommendation, deferred: Any) -> bool:
    """Whether the ranks count it: a line of its own that would be offered here (no record of these takes off-label)."""
    beside = REGIMENS[deferred["regimen"]].uses in (("debulking",), ("palliation",))
    return not beside and deferred["approval"]["status"] != "off-label"


def ids(case: dict[str, Any]) -> str:
    return str(case["regimen"])


def test_every_regimen_has_its_file_and_each_file_its_regimen() -> None:
    assert {case["regimen"] for case in CASES} == REGIMENS.keys()
    assert {path.stem for path in FOLDER.glob("*.yaml")} == REGIMENS.keys()


@pytest.mark.usefixtures("of_verdicts_alone")
@pytest.mark.parametrize("case", CASES, ids=ids)
def test_it_is_open_to_whom_it_fits_and_closed_to_whom_it_does_not(case: dict[str, Any]) -> None:
    fits, closed = case["fits"], case["does_not_fit"]
    assert len(fits["because"]) > 10 and len(closed["because"]) > 10
    answer = answer_for(**changed(fits["record"], fits["change"]))
    found = entry_of(answer, case["regimen"])
    assert found["verdict"] == fits["verdict"], found.get("because")
    if REGIMENS[case["regimen"]].investigational or found["approval"]["status"] == "not-available":
        assert case["regimen"] not in offered(answer)
    else:
        assert found["verdict"] in OPEN
        assert case["regimen"] in offered(answer) or answer["ranking_withheld"]

    answer = answer_for(**changed(closed["record"], closed["change"]))
    found = entry_of(answer, case["regimen"])
    assert found["verdict"] == closed["verdict"] and closed["verdict"] not in OPEN
    assert case["regimen"] not in offered(answer)
    if closed["fails"]:
        failing = {c["id"] for c in found["criteria"] if c["force"] == "hard" and c["result"] == "not-met"}
        assert closed["fails"] in failing


@pytest.mark.usefixtures("of_verdicts_alone")
@pytest.mark.parametrize("case", [c for c in CASES if c["unknown"]], ids=ids)
def test_an_unknown_leaves_it_undetermined_and_is_named(case: dict[str, Any]) -> None:
    fits = case["fits"]
    answer = answer_for(**changed(fits["record"], fits["change"] | {case["unknown"]: None}))
    found = entry_of(answer, case["regimen"])
    assert found["verdict"] == "undetermined"
    assert case["unknown"] in found["missing"]


def criteria_of(regimen: Regimen) -> Iterator[AnyCriterion]:
    """The criteria of a regimen and of the rules that hold for it."""
    yield from (*regimen.gates, *regimen.cautions)
    for rule in LOADED.catalogue.rules_for(regimen):
        yield from (*rule.gates, *rule.cautions)


# Every field that a criterion of any regimen reads, made unknown in turn.
FIELDS = sorted(
    {
        field
        for regimen in REGIMENS.values()
        for criterion in criteria_of(regimen)
        for field in criterion.patient_fields()
        if not field.startswith("derived.")
    }
)


@cache
def offered_to(record: str) -> set[str]:
    return set(offered(answer_for(**changed(record, {"access.jurisdiction": "EU"}))))


@pytest.mark.usefixtures("of_verdicts_alone")
@pytest.mark.parametrize("record", ["len-refractory", "triple-class-refractory", "new"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_made_unknown_never_improves_a_verdict(record: str, field: str) -> None:
    """Not knowing may leave a regimen undetermined; it opens nothing that knowing had closed."""
    made = changed(record, {"access.jurisdiction": "EU"})
    section, _, name = field.partition(".")
    place = made[section]
    if name.startswith("cytogenetics."):
        place, name = place["cytogenetics"], name.removeprefix("cytogenetics.")
    place[name.partition(".")[0]] = None
    assert set(offered(answer_for(**made))) <= offered_to(record)


# --- the grid -----------------------------------------------------------------------------------

HISTORIES: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "one line, sensitive": [VRD, GRAFT],
    "one line, IMiD": [VRD, GRAFT, UPKEEP],
    "two lines, IMiD, CD38, PI": [VRD, GRAFT, UPKEEP, DVD],
    "three lines, also pomalidomide": [VRD, GRAFT, UPKEEP, DVD, PCD_THIRD],
    "four lines, also carfilzomib": [VRD, GRAFT, UPKEEP, DVD, PCD_THIRD, KD_FOURTH],
    "five lines, also BCMA": [
        VRD,
        GRAFT,
        UPKEEP,
        DVD,
        PCD_THIRD,
        KD_FOURTH | {"stop": "2026-04-01", "progressed_on": "2026-04-01"},
        entry("elranatamab", "2026-04-20", "2026-09-30", "2026-09-30"),
    ],
    "six lines, also GPRC5D": [
        VRD,
        GRAFT,
        UPKEEP | {"stop": "2021-01-01", "progressed_on": "2021-01-01"},
        entry("DVd", "2021-02-01", "2022-06-01", "2022-06-01"),
        entry("PCd", "2022-07-01", "2023-12-20", "2023-12-20"),
        entry("Kd", "2024-01-10", "2024-09-20", "2024-09-20"),
        entry("elranatamab", "2024-10-20", "2025-09-30", "2025-09-30"),
        entry("talquetamab", "2025-10-20", "2026-09-30", "2026-09-30"),
    ],
}
FITNESS = {
    "fit": {"ecog": 0, "frailty": "fit", "transplant_eligible": True},
    "frail": {"ecog": 2, "frailty": "frail", "transplant_eligible": False},
    "unknown": {"ecog": None, "frailty": None, "transplant_eligible": None},
    "bedridden": {"ecog": 4, "frailty": "frail", "transplant_eligible": False},
}
ORGANS = {
    "sound": {},
    "kidney": {"creatinine_clearance_ml_per_min": 20},
    "heart": {"lvef_percent": 30},
    "marrow": {"neutrophils_10e9_per_l": 0.4, "platelets_10e9_per_l": 20, "haemoglobin_g_per_dl": 7.0},
    "unknown": dict.fromkeys(NEUTRAL["labs"]),
}
JURISDICTIONS = ("US", "EU", "UK", "HK", None)
GRID = list(itertools.product(HISTORIES, FITNESS, ORGANS, JURISDICTIONS))


def in_grid(history: str, fitness: str, organs: str, jurisdiction: str | None) -> dict[str, Any]:
    made = copy.deepcopy(NEUTRAL)
    made["therapies"] = copy.deepcopy(HISTORIES[history])
    made["disease"]["state"] = "relapsed" if HISTORIES[history] else "newly_diagnosed"
    made["fitness"] = FITNESS[fitness]
    made["labs"] |= ORGANS[organs]
    made["access"]["jurisdiction"] = jurisdiction
    return made


@pytest.mark.parametrize("history", HISTORIES)
def test_no_answer_of_the_grid_contradicts_itself(history: str) -> None:
    for _, fitness, organs, jurisdiction in (g for g in GRID if g[0] == history):
        # Missing facts are tried where most is unknown: without a place the criteria of every place are asked.
        with nullcontext() if (jurisdiction, fitness, organs) == (None, "unknown", "unknown") else verdicts_alone():
            answer = answer_for(**in_grid(history, fitness, organs, jurisdiction))
        where = (history, fitness, organs, jurisdiction)
        names = [e["regimen"] for e in [*answer["options"], *answer["not_offered"]]]
        assert sorted(names) == sorted(REGIMENS), where
        refractory = {a["agent"] for a in answer["history"]["agents"] if a["refractory"] == "yes"}
        places = places_taken(answer)
        assert places == [1 + sum(other < place for other in places) for place in places], where
        for option in answer["options"]:
            regimen = REGIMENS[option["regimen"]]
            assert not regimen.investigational, where
            assert refractory.isdisjoint(regimen.agent_ids), (where, regimen.id)
            hard = [c for c in option["criteria"] if c["force"] == "hard"]
            assert all(c["result"] == "met" for c in hard), (where, regimen.id)
            assert option["approval"]["status"] != "not-available", (where, regimen.id)
            unsettled = [c for c in option["cautions"] if c["result"] in ("applies", "unknown")]
            off_label = option["verdict"] == "off-label"
            assert off_label or (option["verdict"] == "eligible") == (not unsettled), (where, regimen.id)
        for closed in answer["not_offered"]:
            assert closed["because"], (where, closed["regimen"])
            if closed["verdict"] == "undetermined":
                unread = [c for c in closed["criteria"] if c["result"] == "not-met" and c["verified"] == "unverified"]
                assert closed["missing"] or unread, (where, closed["regimen"])


# What is added, one class after the other; each leaves fewer regimens that contain a spent agent.
ADDED = (["lenalidomide"], ["daratumumab"], ["bortezomib"], ["pomalidomide"], ["carfilzomib"], ["elranatamab"])


@pytest.mark.parametrize("jurisdiction", ["US", "EU", "UK", "HK"])
def test_more_refractory_agents_never_open_a_regimen_that_contains_them(jurisdiction: str) -> None:
    therapies = [VRD, GRAFT, entry("KPd", "2020-01-01", "2024-01-01", "2024-08-01"),
                 entry("DRd", "2024-09-01", "2025-06-01", "2026-01-01"),
                 entry("elranatamab", "2026-02-01", "2026-05-01", "2026-09-30")]  # fmt: skip
    declared: list[str] = []
    before: set[str] | None = None
    for added in ADDED:
        declared += added
        made = copy.deepcopy(NEUTRAL)
        made["therapies"] = copy.deepcopy(therapies)
        made["therapies"][-1]["refractory_to"] = list(declared)
        made["access"]["jurisdiction"] = jurisdiction
        answer = answer_for(**made)
        now = set(offered(answer))
        for regimen in now:
            assert set(REGIMENS[regimen].agent_ids).isdisjoint(declared)
        if before is not None:
            assert not {r for r in now - before if not set(REGIMENS[r].agent_ids).isdisjoint(added)}
        before = now


def test_no_regimen_is_unreachable() -> None:
    """Somebody gets each regimen that is in use somewhere; the investigational nobody gets.

    A place that lists nothing of a regimen does not open it here: no record of these is of such a place.
    """
    reached = {case["regimen"] for case in CASES if case["fits"]["verdict"] in OPEN}
    closed_everywhere = {
        r.id
        for r in REGIMENS.values()
        if {LOADED.catalogue.status(code, r, DAY) for code in LOADED.catalogue.jurisdictions} - {"unknown"}
        == {"not-available"}
    }
    assert reached == REGIMENS.keys() - closed_everywhere
