"""Reasons with their sources, everybody's position, what changes from one answer to another, profiles."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conftest import DAY, LOADED, a_patient, answer_for, offered
from drawn import render
from mmadvisor.catalogue.regimens import Evidence
from mmadvisor.desk.cli import run
from mmadvisor.judging.bands import figure_of
from mmadvisor.judging.benefit import in_words
from mmadvisor.judging.case import Case
from mmadvisor.judging.here import Fit
from mmadvisor.judging.nearest import Nearest
from mmadvisor.render import words
from mmadvisor.reports.against import against, same
from mmadvisor.reports.recommend import advise
from mmadvisor.reports.shelf import comparison
from patients import LATE_GRAFT, LEN_REFRACTORY, RECORDS, TRIPLE_CLASS_REFRACTORY, UPKEEP, VRD, patient

SOURCES = LOADED.catalogue.sources
EXAMPLES = Path(__file__).parent.parent / "examples"


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
    assert position["disagree"] == (len({b["level"] for b in position["bodies"][1:]}) > 1)
    dates = [b["dated"] for b in position["bodies"][1:]]
    assert dates == sorted(dates, reverse=True)
    standing = next(o for o in answer["options"] if o["regimen"] == "KRd")["standing"]
    # What pays, and what is older than four years, orders nothing.
    placed = next(s for s in standing if s["by"] == "placement")
    assert placed["value"] in ("option or silent", position["bodies"][1]["level"])


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
    from patients import GRAFT

    told = answer_for(**patient(VRD, GRAFT, early))
    assert any(s["id"] == "functional-high-risk" and s["says"] for s in told["situations"])


# --- one answer against another -----------------------------------------------------------------


def asked(**changes: Any) -> Any:
    read = a_patient(**patient(*LEN_REFRACTORY, access__jurisdiction="EU", **changes))
    return advise(read, LOADED.catalogue, DAY)


def test_only_what_changes_is_told_and_why() -> None:
    told = against(asked(labs__lvef_percent=35), asked())
    closed = {a["regimen"]: a for a in told["answers"]}
    assert {"DKd", "IsaKd", "Kd"} <= closed.keys() and "Rd" not in closed
    assert closed["DKd"]["after"] == "ineligible"
    assert closed["DKd"]["because"] == ["now: LVEF at least 40 %: LVEF 35 %"]
    assert told["first"] != told["first_before"]
    assert not [f for f in told["facts"] if f["about"].startswith("refractory")]


def test_what_is_derived_otherwise_is_told_with_its_reason() -> None:
    before = advise(a_patient(**patient(*LEN_REFRACTORY[:2], {**UPKEEP, "progressed_on": "2023-06-01", "stop_reason": "completed"})),
                    LOADED.catalogue, DAY)  # fmt: skip
    told = against(asked(), before)
    fact = next(f for f in told["facts"] if f["about"] == "refractory to lenalidomide")
    assert (fact["before"], fact["after"]) == ("no", "yes") and "progress" in fact["because"]


def test_the_same_patient_against_itself_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert same(against(asked(), asked()))
    file = str(EXAMPLES / "eu-first-relapse.json")
    assert run(["recommend", file, "--against", file]) == 0
    assert "Nothing changes" in capsys.readouterr().out
    assert run(["recommend", file, "--set", "labs.lvef_percent=35", "--against", file, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "mmadvisor/against/1"
    assert run(["recommend", file, "--against", "nowhere.yaml"]) == 3


def without_options() -> dict[str, Any]:
    """Answers that rank nothing: a remission, and a patient with a grave infection."""
    responding = a_patient(**patient(VRD, access__jurisdiction="EU", disease__state="responding"))
    found = {
        "ranking_withheld": advise(responding, LOADED.catalogue, DAY),
        "nothing_open": asked(comorbidities__active_infection_grade=3),
    }
    assert all(answer[why] and not answer["options"] for why, answer in found.items())
    return found


@pytest.mark.parametrize("why", ["ranking_withheld", "nothing_open"])
@pytest.mark.parametrize("format", ["table", "markdown"])
def test_an_answer_without_options_is_held_against_another_in_words(why: str, format: str) -> None:
    empty = without_options()[why]
    said = " ".join(empty[why].split()[:2])
    for before, after in ((empty, asked()), (asked(), empty)):
        told = against(after, before)
        sides = {"before": told["ranking"]["before"], "after": told["ranking"]["after"]}
        assert sides.pop("before" if before is empty else "after") == empty[why]
        assert f"{asked()['options'][0]['regimen']} first" in sides.popitem()[1]
        # Why there is no ranking is said once, and not again for each regimen.
        assert not any(empty[why] in reason for change in told["answers"] for reason in change["because"])
        assert render("against", format, told).count(said) == 1
    assert same(against(empty, empty))


def test_two_answers_without_options_differ_by_the_reason() -> None:
    withheld, closed = without_options().values()
    told = against(closed, withheld)
    assert told["ranking"] == {"before": withheld["ranking_withheld"], "after": closed["nothing_open"]}
    assert not told["first"] and not told["first_before"]
    (treat,) = (fact for fact in told["facts"] if fact["about"] == "treat now")
    assert treat["before"] == "no-relapse-recorded" and treat["because"]


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


# --- the row of evidence behind a figure --------------------------------------------------------


@pytest.mark.parametrize("record", sorted(RECORDS))
@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_the_answer_carries_the_row_that_the_ranker_used(record: str, place: str) -> None:
    case = Case.of(a_patient(**RECORDS[record]), LOADED.catalogue, DAY, jurisdiction=place)
    for option in answer_for(**RECORDS[record], jurisdiction=place)["options"]:
        nearest = case.ranker.published.benefit.of(LOADED.catalogue.regimen_by_id[option["regimen"]]).nearest
        told = option["nearest_benefit"]
        standing = next(s for s in option["standing"] if s["by"] == "benefit")
        if nearest is None or told is None:
            assert nearest is None and told is None
            assert words.benefit(dict(option)) == "not in the catalogue"
            continue
        row = nearest.row
        assert (told["trial"], told["subgroup"], told["population"]) == (row.trial, row.subgroup, row.population)
        assert (told["source"], told["verified"], told["fit"]) == (row.source, row.verified, nearest.fit.kind)
        assert told["text"] in standing["because"] and told["source"] == standing["source"]
        shown = [(e["trial"], e.get("subgroup", "")) for e in option["evidence"]]
        borrowed = "like the others of its target and kind" in standing["because"]
        assert borrowed or (told["trial"], told["subgroup"]) in shown


def test_of_two_rows_of_one_source_the_one_that_ranks_is_shown() -> None:
    """ELOQUENT-2: the later row has no progression-free survival; the words of its trial stand in the other's name."""
    answer = answer_for(**RECORDS["first-relapse"], jurisdiction="EU")
    option = next(o for o in answer["options"] if o["regimen"] == "ERd")
    told = option["nearest_benefit"]
    assert told is not None and told["trial"] == "ELOQUENT-2 (primary analysis)"
    assert told["figure"] == {"kind": "median", "months": 19.4, "percent": None}
    assert told["pfs_months"]["median"] == 19.4


@pytest.mark.parametrize(
    ("months", "rate", "expected"),
    [
        ({"median": 12.0}, None, (12.0, "12 months, T")),
        ({"median": 12.0}, {"percent": 40.0, "months": 18.0}, (12.0, "12 months, T")),
        (None, {"percent": 55.0, "months": 12.0}, (12.0, "55 % without progression at 12 months, T")),
        (None, {"percent": 45.0, "months": 12.0}, (11.9, "45 % without progression at 12 months, T")),
        ({"not_reached": True, "ci95": [24.0, None]}, None, (24.0, "not reached, at least 24 months, T")),
        ({"not_reached": True}, None, (None, "not reached, T")),
        (None, None, None),
    ],
)
def test_each_kind_of_figure_says_what_it_is(months: Any, rate: Any, expected: tuple[float | None, str] | None) -> None:
    row = Evidence.over(
        {"trial": "T", "population": "p", "design": "randomised", "source": "s", "verified": "primary", "when": []}
        | ({"pfs_months": months} if months else {})
        | ({"pfs_rate": rate} if rate else {})
    )
    figure = figure_of(row)
    if expected is None or figure is None:
        assert expected is None and figure is None
        return
    assert figure.known == (None if expected[0] is None else pytest.approx(expected[0]))
    entry = {"figure": figure._asdict(), "trial": "T", "subgroup": "", "fit": "this", "read_as": ""}
    assert words.benefit({"nearest_benefit": entry}) == expected[1]
    assert in_words(Nearest(row, Fit("this"))) in (expected[1], f"median PFS {expected[1]}")


def test_a_comparison_for_a_patient_shows_the_same_row() -> None:
    answer = answer_for(**RECORDS["first-relapse"], jurisdiction="EU")
    options = {o["regimen"]: o for o in answer["options"]}
    made = comparison(LOADED.catalogue, ["ERd", "DRd"], LOADED.stamp(), DAY, answer)
    row = next(row for row in made["rows"] if row["name"] == "For this patient")
    for regimen, cells in zip(made["regimens"], row["cells"], strict=True):
        told = options[regimen]["nearest_benefit"]
        assert told is not None
        assert {
            "text": f"Nearest population: {told['text']}",
            "source": told["source"],
            "verified": told["verified"],
        } in [{key: cell[key] for key in ("text", "source", "verified")} for cell in cells]
        assert told["source"] in made["sources"]
