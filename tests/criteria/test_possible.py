"""What is not recorded is tried, or said not to be: each type of criterion says what its fields may turn out to be."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from mmadvisor.base.known import Truth
from mmadvisor.criteria import conditions, fields
from mmadvisor.criteria.types import criterion_from
from mmadvisor.render import words
from tests import ROOT
from tests.builders.afresh import WORDS, knowing, settled_by
from tests.builders.blank import LOADED, a_history, answer_for
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, entry, patient

CATALOGUE = LOADED.catalogue
FILES = sorted((ROOT / "tests" / "cases" / "criteria").glob("*.yaml"))
OPEN_CASES = [
    pytest.param(spec["criterion"], case["patient"], id=f"{path.stem}: {case['name']}")
    for path in FILES
    for spec in [yaml.safe_load(path.read_text(encoding="utf-8"))]
    for case in spec["cases"]
    if case["expect"] == "unknown"
]


def told(value: Any) -> Any:
    """YAML's own dates back to the text that the reader takes."""
    if isinstance(value, dict):
        return {k: told(v) for k, v in value.items()}
    if isinstance(value, list):
        return [told(v) for v in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


# --- each type ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("criterion", "record"), OPEN_CASES)
def test_every_type_says_what_its_missing_fields_may_turn_out_to_be(
    criterion: dict[str, Any], record: dict[str, Any]
) -> None:
    asked, history = criterion_from(criterion), a_history(**told(record))
    for field in asked.decide(history, WORDS).missing:
        assert asked.tries(field, history), f"{field} cannot be tried"
        assert settled_by(asked, history, field, random.Random(1)), (
            f"{field}: no value that is tried leads to an answer"
        )


@pytest.mark.parametrize("criterion", [yaml.safe_load(p.read_text(encoding="utf-8"))["criterion"] for p in FILES])
def test_a_field_that_a_criterion_does_not_read_is_not_tried_for_it(criterion: dict[str, Any]) -> None:
    assert criterion_from(criterion).tries("preferences.route", a_history()) == ()


# --- what had no values before ------------------------------------------------------------------


def asked(criterion: dict[str, Any], field: str, **record: Any) -> dict[str, Truth]:
    """The answers of a criterion by what a field may turn out to be."""
    history, made = a_history(**record), criterion_from(criterion)
    return {str(v): made.decide(knowing(history, field, v), WORDS).truth for v in made.tries(field, history)}


POLYCLONAL = {"type": "number", "field": "derived.polyclonal_igg_g_per_l", "at_least": 4}
BODY_MASS = {"type": "number", "field": "derived.body_mass_index", "below": 25}
CLEARANCE = {"type": "number", "field": "derived.creatinine_clearance_ml_per_min", "at_least": 40}


@pytest.mark.parametrize(
    ("criterion", "field", "record"),
    [
        (POLYCLONAL, "disease.m_protein", {"disease": {"isotype": "IgG kappa"}, "labs": {"igg_g_per_l": 12.0}}),
        (POLYCLONAL, "labs.igg_g_per_l", {"disease": {"isotype": "IgA kappa"}}),
        (
            POLYCLONAL,
            "labs.igg_g_per_l",
            {"disease": {"isotype": "IgG kappa", "m_protein": [{"on": "2026-09-01", "serum_g_per_l": 8.0}]}},
        ),
        (BODY_MASS, "demographics.weight_kg", {"demographics": {"height_cm": 170.0}}),
        (BODY_MASS, "demographics.height_cm", {"demographics": {"weight_kg": 70.0}}),
        (
            CLEARANCE,
            "labs.creatinine_umol_per_l",
            {"demographics": {"age": 70, "sex": "female", "weight_kg": 60.0}},
        ),
        (
            CLEARANCE,
            "demographics.age",
            {"demographics": {"sex": "female", "weight_kg": 60.0}, "labs": {"creatinine_umol_per_l": 90.0}},
        ),
        (CLEARANCE, "labs.creatinine_clearance_ml_per_min", {}),
        (
            {"type": "no-toxicity", "events": ["neuropathy"], "below_grade": 2},
            "toxicities[0].grade",
            {"toxicities": [{"event": "peripheral neuropathy"}]},
        ),
        (
            {"type": "no-toxicity", "events": ["neuropathy"], "of": ["bortezomib"], "below_grade": 2},
            "toxicities[0].agent",
            {"therapies_complete": True, "therapies": [entry("VRd", "2019-01-10", "2019-06-01")],
             "toxicities": [{"event": "peripheral neuropathy", "grade": 3}]},
        ),
        (
            {"type": "tolerated", "agent": "lenalidomide"},
            "toxicities",
            {"therapies_complete": True, "therapies": [entry("Rd", "2019-01-10", "2019-06-01", stop_reason="toxicity")]},
        ),
        ({"type": "no-co-medication", "none_of": ["warfarin"]}, "co_medication", {}),
        (
            {"type": "not", "criterion": {"type": "value", "field": "comorbidities.keratopathy", "one_of": [True]}},
            "comorbidities.keratopathy",
            {},
        ),
        (
            {"type": "prior-lines", "at_least": 1},
            "therapies[0].line",
            {"therapies_complete": True,
             "therapies": [entry("VRd", "2019-01-10", "2019-01-20", stop_reason="toxicity", best_response=None)]},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value.get("type", "") if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_field_is_tried_on_either_side_of_what_it_decides(
    criterion: dict[str, Any], field: str, record: dict[str, Any]
) -> None:
    answers = asked(criterion, field, **record)
    both = {Truth.MET, Truth.NOT_MET} if field != "therapies[0].line" else {Truth.MET}
    assert both <= set(answers.values()), answers


@pytest.mark.parametrize("limit", ["at_least", "at_most", "above", "below"])
def test_a_number_is_tried_right_beside_each_limit(limit: str) -> None:
    answers = asked({"type": "number", "field": "labs.lvef_percent", limit: 45}, "labs.lvef_percent")
    met, not_met = (
        [float(value) for value, truth in answers.items() if truth is wanted] for wanted in (Truth.MET, Truth.NOT_MET)
    )
    assert min(abs(a - b) for a in met for b in not_met) == pytest.approx(0.1)


def test_the_isotype_settles_the_rest_of_the_igg_or_asks_for_the_paraprotein() -> None:
    answers = asked(POLYCLONAL, "disease.isotype", labs={"igg_g_per_l": 12.0})
    assert set(answers.values()) == {Truth.MET, Truth.UNKNOWN}


def test_the_last_dose_of_an_agent_with_days_of_its_own_is_tried_where_it_stands() -> None:
    """The therapy went on after the drug was stopped: only the drug's own day decides."""
    own = {
        "intent": "relapse",
        "agents": [{"agent": "daratumumab", "stop": "2024"}, "bortezomib", "dexamethasone"],
        "start": "2023-01-01",
        "stop": "2025-03-01",
        "best_response": "PR",
        "progressed_on": "2024-08-01",
        "stop_reason": "completed",
    }
    history = a_history(therapies_complete=True, therapies=[own])
    found = history.refractory_agent("daratumumab")
    assert found.truth is Truth.UNKNOWN and found.missing == ("therapies[0].agents[0].stop",)
    answers = asked(
        {"type": "refractory", "to_each": ["daratumumab"]}, found.missing[0], therapies_complete=True, therapies=[own]
    )
    assert set(answers.values()) == {Truth.MET, Truth.NOT_MET}


def test_a_class_that_was_declared_is_tried_as_each_agent_that_may_have_been_meant() -> None:
    therapy = entry("Rd", "2023-01-10", "2023-06-01", refractory_to=["anti-CD38"], agents=["dexamethasone"])
    del therapy["regimen"]
    record: dict[str, Any] = {"therapies_complete": True, "therapies": [therapy]}
    field = "therapies[0].agents"
    answers = asked({"type": "refractory", "to_each": ["daratumumab"]}, field, **record)
    assert answers and any("daratumumab" in value for value in answers)
    assert all(truth is Truth.MET for value, truth in answers.items() if "daratumumab" in value)


def test_months_from_a_transplant_known_to_the_year_ask_for_its_day() -> None:
    graft = {"intent": "transplant", "agents": ["melphalan"], "start": "2019", "stop": "2019", "best_response": "CR",
             "stop_reason": "completed", "progressed_on": "2022-03-01"}  # fmt: skip
    record: dict[str, Any] = {
        "therapies_complete": True,
        "therapies": [entry("VRd", "2018-01-10", "2018-06-01"), graft],
    }
    criterion = {"type": "months-since-transplant", "at_least": 36}
    found = criterion_from(criterion).decide(a_history(**record), WORDS)
    assert found.truth is Truth.UNKNOWN and found.missing == ("therapies[1].start",)
    assert set(asked(criterion, "therapies[1].start", **record).values()) == {Truth.MET, Truth.NOT_MET}


def test_a_short_trial_of_which_all_is_recorded_asks_for_a_declaration_and_for_no_day() -> None:
    short = entry("DVd", "2024-01-01", "2024-01-10", best_response="SD", stop_reason="patient_choice")
    record: dict[str, Any] = {"therapies_complete": True, "therapies": [short]}
    found = a_history(**record).refractory_agent("daratumumab")
    assert found.truth is Truth.UNKNOWN
    assert set(found.missing) == {"therapies[0].refractory_to", "therapies[0].not_refractory_to"}
    criterion = {"type": "refractory", "to_each": ["daratumumab"]}
    assert set(asked(criterion, found.missing[0], **record).values()) == {Truth.MET}
    assert set(asked(criterion, found.missing[1], **record).values()) == {Truth.NOT_MET}


# --- what cannot be tried -----------------------------------------------------------------------


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A patient of whom two facts are missing: one whose values nobody can try, and one that changes nothing."""
    whole = fields.Number.tries
    monkeypatch.setattr(
        fields.Number, "tries", lambda self, field, h: () if field == "labs.lvef_percent" else whole(self, field, h)
    )
    return patient(
        *LEN_REFRACTORY,
        labs__lvef_percent=None,
        access__can_wait_weeks=None,
        access__jurisdiction="EU",
    )


def test_what_cannot_be_tried_is_never_called_idle_nor_sorted_below_it(untried: dict[str, Any]) -> None:
    missing = answer_for(**untried)["missing"]
    heart = next(m for m in missing if m["field"] == "labs.lvef_percent")
    assert not heart["tried"] and not heart["outcomes"] and heart["matters_for"]
    assert all(m["tried"] for m in missing if m is not heart)
    idle = [m for m in missing if m["tried"] and not m["decisive"]]
    assert idle, "something must be known to change nothing"
    assert missing.index(heart) < min(missing.index(m) for m in idle)


def test_what_one_criterion_tries_is_not_enough_where_another_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The age is asked by the labels, which try it, and by the question about pregnancy, which here does not."""
    record = patient(*LEN_REFRACTORY, demographics__sex="female", demographics__age=None, comorbidities__pregnancy=None)

    def age() -> Any:
        return next(m for m in answer_for(**record)["missing"] if m["field"] == "demographics.age")

    assert age()["tried"]
    whole = conditions.NoPregnancy.tries
    monkeypatch.setattr(
        conditions.NoPregnancy, "tries", lambda self, field, h: () if field.endswith("age") else whole(self, field, h)
    )
    assert age()["outcomes"] and not age()["tried"]


@pytest.mark.parametrize("format_", ["table", "markdown", "html"])
def test_every_format_says_of_what_was_not_tried_that_its_effect_is_not_known(
    untried: dict[str, Any], format_: str
) -> None:
    answer = answer_for(**untried)
    shown = " ".join(render("recommendation", format_, answer, to_terminal=False, no_color=True).split())
    not_tried, idle = shown.index(words.NOT_TRIED), shown.index(words.IDLE)
    assert "effect on the answer is not known" in words.NOT_TRIED
    at = shown.index("labs.lvef", not_tried)
    assert not_tried < at < idle
    assert "lvef" not in shown[idle : idle + 200]


def test_a_caution_that_a_fact_would_lift_is_said() -> None:
    answer = answer_for(**patient(*TRIPLE_CLASS_REFRACTORY, disease__amyloidosis=None))
    missing = next(m for m in answer["missing"] if m["field"] == "disease.amyloidosis")
    none = next(o for o in missing["outcomes"] if o["value"] == "none")
    assert {(v["before"], v["after"]) for v in none["turns"]} == {("caution", "eligible")}
    assert "from caution to eligible" in words.effect(none, answer["options"])


def test_an_option_that_a_fact_leaves_open_to_doubt_is_not_called_closed() -> None:
    told: Any = {"set": "", "value": "", "settles": [], "opens": [], "rules_out": [], "defers": [], "first": ["EPd"]}
    told |= {"reorders": True, "reorders_waiting": False, "closes": ["DPd", "KPd"]}
    told["turns"] = [
        {"regimen": "DPd", "before": "eligible", "after": "undetermined"},
        {"regimen": "KPd", "before": "eligible", "after": "ineligible"},
    ]
    options: list[Any] = [{"regimen": "DPd"}]
    said = words.effect(told, options)
    assert "closes KPd" in said and "turns DPd from eligible to undetermined" in said
    answer = answer_for(**patient(*TRIPLE_CLASS_REFRACTORY))
    for outcome in (o for m in answer["missing"] for o in m["outcomes"]):
        assert set(outcome["closes"]) <= {v["regimen"] for v in outcome["turns"]}
