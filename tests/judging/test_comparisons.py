"""Reasons with their sources, everybody's position, what changes from one answer to another, profiles."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mmadvisor.desk.cli import run
from mmadvisor.render import words
from mmadvisor.reports.recommend import advise
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient, answer_for, offered
from tests.builders.patients import LATE_GRAFT, LEN_REFRACTORY, RECORDS, TRIPLE_CLASS_REFRACTORY, UPKEEP, VRD, patient

SOURCES = LOADED.catalogue.sources
EXAMPLES = ROOT / "examples"


@pytest.mark.parametrize("record", ["len-refractory", "triple-class-refractory", "first-relapse", "new"])
def test_every_argument_has_a_source_and_every_option_a_reason(record: str) -> None:
    answer = answer_for(**RECORDS[record], jurisdiction="EU")
    for option in answer["options"]:
        assert option["arguments"]
        assert all(x["source"] in SOURCES and x["text"] for x in option["arguments"]), option["regimen"]
        assert option["for"] == [x["text"] for x in option["arguments"] if x["side"] == "for"]
        assert option["against"] == [x["text"] for x in option["arguments"] if x["side"] == "against"]


def test_where_guidelines_differ_everybody_is_named_and_the_newest_decides() -> None:
    answer = answer_for(**patient(VRD, LATE_GRAFT, access__jurisdiction="EU"))
    position = next(p for p in answer["positions"] if p["regimen"] == "KRd")
    said = {b["by"]: b["level"] for b in position["bodies"]}
    assert position["bodies"][0]["by"] == "label, EU"
    assert {"EHA-ESMO 2021", "MSAG 2026"} <= set(said)
    assert not position["disagree"], "each recommends it, only more or less strongly"
    dates = [b["dated"] for b in position["bodies"][1:]]
    assert dates == sorted(dates, reverse=True)
    standing = next(o for o in answer["options"] if o["regimen"] == "KRd")["standing"]
    # What pays, and what is older than four years, orders nothing.
    placed = next(s for s in standing if s["by"] == "placement")
    assert placed["value"] in ("option or silent", position["bodies"][1]["level"])


def test_they_disagree_only_where_one_recommends_an_option_and_another_does_not() -> None:
    answer = answer_for(**RECORDS["len-refractory"], jurisdiction="UK")
    positions = {p["regimen"]: p for p in answer["positions"]}
    said = {b["by"]: b["level"] for b in positions["PVd"]["bodies"]}
    assert said["NICE"] == "not recommended" and said["MSAG 2026"] == "recommended"
    assert positions["PVd"]["disagree"]
    # Each of the others: nobody is against it, or the one who is against it is the only one.
    for regimen, position in positions.items():
        levels = {b["level"] for b in position["bodies"][1:] if not b["superseded"]}
        against = levels & {"not recommended"}
        assert position["disagree"] == bool(against and levels - against), regimen
        assert all(option["access"]["funded"]["answer"] == "no" for option in answer["options"]
                   if against and option["regimen"] == regimen)  # fmt: skip


def test_who_places_an_option_in_several_settings_is_named_once_with_all_levels(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["recommend", str(EXAMPLES / "hk-triple-class-refractory.yaml"), "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    several = 0
    for position in answer["positions"]:
        option = next(o for o in answer["options"] if o["regimen"] == position["regimen"])
        because = next(s for s in option["standing"] if s["by"] == "placement")["because"]
        names = [re.split(": |, also ", part)[0] for part in because.split("; ")]
        assert len(names) == len(set(names)), because
        given = [(b["by"], b["dated"], b["source"], b["verified"]) for b in position["bodies"]]
        assert len(words.bodies(position)) == len(set(given))
        for level in {b["level"] for b in position["bodies"]}:
            assert any(level in text for text, _ in words.bodies(position))
        several += len(given) - len(set(given))
    assert several


def test_a_superseded_placement_is_shown_as_such_and_does_not_rank() -> None:
    answer = answer_for(**RECORDS["four-lines"], jurisdiction="US")
    bodies = [(p["regimen"], b) for p in answer["positions"] for b in p["bodies"] if b["superseded"]]
    assert bodies
    for regimen, body in bodies:
        placed = next(o for o in answer["options"] if o["regimen"] == regimen)["placements"]
        assert all(body["by"] not in p["text"] for p in placed)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"disease__plasma_cell_leukaemia": True}, "Plasma cell leukaemia"),
        ({"disease__circulating_plasma_cells_percent": 5}, "Plasma cell leukaemia"),
        ({"disease__extramedullary": True}, "Extramedullary disease"),
        ({"disease__cns_involvement": True}, "Central nervous system disease"),
        ({"comorbidities__dialysis": True, "labs__creatinine_clearance_ml_per_min": None}, "On dialysis"),
    ],
)
def test_a_situation_that_needs_more_than_a_list_says_so_with_its_source(change: dict[str, Any], name: str) -> None:
    told = answer_for(**patient(*TRIPLE_CLASS_REFRACTORY, **change))
    situation = next(s for s in told["situations"] if s["name"] == name)
    assert situation["says"] and all(s["source"] in SOURCES for s in situation["says"])
    assert name not in answer_for(**patient(*TRIPLE_CLASS_REFRACTORY))["settings"]


def test_an_early_first_relapse_is_said_beside_the_list() -> None:
    early = UPKEEP | {"stop": "2020-03-01", "progressed_on": "2020-03-01"}
    from tests.builders.patients import GRAFT

    told = answer_for(**patient(VRD, GRAFT, early))
    assert any(s["id"] == "functional-high-risk" and s["says"] for s in told["situations"])


# --- profiles -----------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [p.id for p in LOADED.catalogue.ranking.profiles])
def test_every_profile_knows_its_comparisons_and_none_decides_by_the_name(profile: str) -> None:
    found = next(p for p in LOADED.catalogue.ranking.profiles if p.id == profile)
    known = {c.by for c in LOADED.catalogue.ranking.comparisons}
    assert set(found.order) <= known - {"id", "cautions"} and len(set(found.order)) == len(found.order)
    read = a_patient(**RECORDS["len-refractory"])
    answer = advise(read, LOADED.catalogue, DAY, profile=profile)
    assert sorted(offered(answer)) == sorted(offered(answer_for(**RECORDS["len-refractory"])))
    assert answer["profile"] == profile


def test_explain_order_prints_every_comparison_of_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["recommend", str(EXAMPLES / "eu-first-relapse.json"), "--explain-order", "--profile", "preference-first"])
        == 0
    )
    shown = capsys.readouterr().out
    section = shown[shown.index("Every comparison (preference-first)") :]
    assert all(c.by in section for c in LOADED.catalogue.ranking.comparisons)


def test_off_label_is_never_first_over_what_is_approved() -> None:
    for place in ("US", "EU", "UK", "HK"):
        answer = answer_for(**patient(*LEN_REFRACTORY, access__jurisdiction=place, access__off_label=True))
        verdicts = [o["verdict"] for o in answer["options"] if o["group"] == "main"]
        assert verdicts == sorted(verdicts, key=lambda v: v == "off-label")
