"""This week: what to test again, which bridge, what to stop, when to judge the course, and whom to call."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.builders.blank import DAY, LOADED, answer_for
from tests.builders.drawn import render
from tests.builders.patients import DVD, GRAFT, PCD, UPKEEP, VRD, patient

CELLS: dict[str, Any] = {
    "agents": ["ciltacabtagene-autoleucel"], "start": "2026-01-20", "stop": "2026-01-20", "best_response": "CR",
    "progressed_on": "2026-09-25",
}  # fmt: skip
TREATED = (VRD, GRAFT, UPKEEP, DVD)
FOR_CELLS = {"access__car_t_centre": True, "access__bispecific_centre": True, "access__can_wait_weeks": 8}


def week(answer: Any, topic: str = "") -> list[Any]:
    return [e for e in answer["this_week"] if topic in ("", e["topic"])]


def row(answer: Any, name: str) -> Any:
    return next((e for e in answer["this_week"] if e["id"] == name), None)


def for_patient(*therapies: dict[str, Any], place: str = "EU", day: str = "", **changes: Any) -> Any:
    raw = patient(*therapies, **{**FOR_CELLS, "access__jurisdiction": place, **changes})
    return answer_for(date.fromisoformat(day) if day else DAY, **raw)


def test_the_topics_keep_their_order_and_every_entry_has_a_source_and_a_mark() -> None:
    answer = for_patient(*TREATED, PCD)
    topics = ["test-again", "bridge", "stop", "judge", "space", "trials", "no-further-line"]
    told = [e["topic"] for e in answer["this_week"]]
    assert told == sorted(told, key=topics.index) and set(told) == set(topics)
    for entry in answer["this_week"]:
        assert entry["source"] in answer["sources"] and entry["verified"] in ("primary", "secondary", "unverified")
        assert entry["applies"] in ("yes", "unknown")
        assert bool(entry["missing"]) == (entry["applies"] == "unknown"), entry
        assert entry["short"] and entry["text"] and entry["heading"]


# --- test again -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tested_on", "applies"),
    [(None, "unknown"), ("2021-05-01", "yes"), ("2026-10-01", None), ("2026", "unknown")],
)
def test_fish_is_asked_for_unless_it_was_done_since_this_relapse(tested_on: str | None, applies: str | None) -> None:
    found = row(for_patient(*TREATED, PCD, disease__cytogenetics_on=tested_on), "fish")
    assert (found and found["applies"]) == applies
    if applies == "unknown":
        assert "disease.cytogenetics_on" in found["missing"]


def test_fish_is_asked_for_where_the_day_of_the_relapse_is_not_recorded() -> None:
    last = PCD | {"progressed_on": None, "stop_reason": None, "best_response": "PR"}
    found = row(for_patient(*TREATED, last, disease__cytogenetics_on="2026-10-01"), "fish")
    assert found["applies"] == "unknown" and any("progressed_on" in field for field in found["missing"])


def test_disease_outside_the_marrow_is_asked_for_where_it_is_not_recorded() -> None:
    assert row(for_patient(*TREATED, PCD), "extramedullary") is None
    found = row(for_patient(*TREATED, PCD, disease__extramedullary=None), "extramedullary")
    assert (found["applies"], found["missing"]) == ("unknown", ["disease.extramedullary"])


def test_the_target_is_asked_for_after_a_t_cell_therapy_against_it() -> None:
    assert row(for_patient(*TREATED, PCD), "bcma") is None
    found = row(for_patient(*TREATED, PCD, CELLS, place="EU"), "bcma")
    assert found["applies"] == "yes" and "elranatamab" in found["regimens"] and "talquetamab" not in found["regimens"]
    assert row(for_patient(*TREATED, PCD, CELLS, place="EU"), "gprc5d") is None


# --- bridges and stops ----------------------------------------------------------------------------


def test_the_bridges_are_those_of_the_timing_with_what_speaks_against_each() -> None:
    answer = for_patient(*TREATED, PCD)
    listed = {tuple(b["regimens"]) for b in answer["car_t_timing"]["bridges"] if b["regimens"]}
    told = {tuple(e["regimens"]) for e in week(answer, "bridge") if e["id"] != "until-a-bispecific" and e["regimens"]}
    assert told and told <= listed
    refractory = [e for e in week(answer, "bridge") if any("refractory" in b for b in e["because"])]
    assert refractory  # of a class to which the disease is refractory: a newer agent of it may be given, with doubt


def test_that_no_bridge_is_open_is_named_with_those_that_wait() -> None:
    assert row(for_patient(*TREATED, PCD), "none-open") is None
    found = row(for_patient(VRD, GRAFT, UPKEEP, comorbidities__active_infection_grade=3), "none-open")
    assert found["regimens"] == [] and "deferred: DVd" in found["because"][0]


def test_a_drug_that_is_still_given_has_the_day_from_which_cells_can_be_collected() -> None:
    last = PCD | {"stop": "ongoing", "progressed_on": "2026-10-18", "stop_reason": None}
    answer = for_patient(*TREATED, last, day="2026-10-20")
    stops = [e for e in week(answer, "stop") if "omalidomide" in e["text"]]
    timing = answer["car_t_timing"]
    assert stops and all("still taken" in e["text"] for e in stops)
    assert {e["when"] for e in stops} <= {w["until"] for w in timing["washouts"]}


def test_a_last_dose_that_is_not_recorded_is_asked_for() -> None:
    last = PCD | {"stop": None, "progressed_on": "2026-10-18"}
    answer = for_patient(*TREATED, last, day="2026-10-20")
    stops = [e for e in week(answer, "stop") if "omalidomide" in e["text"]]
    assert stops and all(e["applies"] == "unknown" and e["when"] == "" for e in stops)
    assert {field for e in stops for field in e["missing"]} == {"therapies[4].stop"}


def test_no_car_t_no_stop_and_a_bispecific_still_has_its_bridge() -> None:
    answer = for_patient(*TREATED, PCD, access__car_t_centre=False)
    assert answer["car_t_timing"] is None and not week(answer, "stop")
    assert row(answer, "until-a-bispecific")["regimens"]
    assert any(e["regimens"] for e in week(answer, "bridge") if e["id"] != "until-a-bispecific")


# --- the rest -------------------------------------------------------------------------------------


def test_the_spacing_of_doses_is_that_of_the_label() -> None:
    answer = for_patient(*TREATED, PCD, place="EU")
    told = [e["text"] for e in week(answer, "space") if "elranatamab" in e["regimens"]]
    assert any("24 weeks" in text and "partial response" in text for text in told)


@pytest.mark.parametrize(
    ("place", "register"), [("UK", "register-uk"), ("EU", "register-eu"), ("HK", "register-hk"), ("US", "register-us")]
)
def test_each_place_has_its_register(place: str, register: str) -> None:
    found = week(for_patient(*TREATED, PCD, place=place), "trials")
    assert {e["id"] for e in found} == {register, "register-us"}
    assert all(e["url"].startswith("https://") for e in found)


def test_an_unknown_place_asks_for_it() -> None:
    found = row(for_patient(*TREATED, PCD, place="unknown"), "register-hk")
    assert (found["applies"], found["missing"]) == ("unknown", ["access.jurisdiction"])


def test_no_further_line_names_whom_to_call_and_has_no_rank() -> None:
    answer = for_patient(*TREATED, PCD, place="HK")
    told = week(answer, "no-further-line")
    assert "palliative care team" in told[0]["text"]
    assert any("Hong Kong" in e["text"] for e in told)
    assert not any("NICE" in e["text"] for e in told)


def test_without_a_relapse_nothing_is_said_of_one() -> None:
    raw = patient(VRD, GRAFT, UPKEEP | {"stop": "ongoing", "progressed_on": None, "stop_reason": None})
    answer = answer_for(**(raw | {"disease": raw["disease"] | {"state": "responding", "relapse": None}}))
    assert answer["ranking_withheld"] and answer["this_week"] == []


def test_in_remission_on_a_bispecific_the_spacing_is_said() -> None:
    now = {"agents": ["elranatamab"], "start": "2026-02-01", "stop": "ongoing", "best_response": "CR", "line": 4}
    raw = patient(*TREATED, PCD, now, access__jurisdiction="EU")
    answer = answer_for(**(raw | {"disease": raw["disease"] | {"state": "responding", "relapse": None}}))
    assert answer["ranking_withheld"]
    assert {e["topic"] for e in answer["this_week"]} == {"judge", "space"}
    assert any("24 weeks" in e["text"] for e in answer["this_week"])


def test_what_was_published_later_is_left_out() -> None:
    early = for_patient(VRD, GRAFT, UPKEEP, day="2023-03-01", disease__cytogenetics_on="2019")
    assert row(early, "imaging") and row(early, "bispecific-in-remission") is None
    rows = {r.id for r in LOADED.catalogue.this_week}
    assert all("later_source" not in e for e in early["this_week"] if e["id"] in rows)


# --- how it is shown ------------------------------------------------------------------------------


def test_few_lines_are_for_a_terminal_and_every_topic_has_one() -> None:
    answer = for_patient(*TREATED, PCD, CELLS, place="EU")
    brief = [e for e in answer["this_week"] if e["brief"]]
    assert len(brief) <= 9
    assert {e["topic"] for e in brief} == {e["topic"] for e in answer["this_week"]}


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_every_format_shows_it_after_the_options_with_marks(format: str) -> None:
    answer = for_patient(*TREATED, PCD, place="UK")
    text = render("recommendation", format, answer)
    assert "This week" in text and "Be Part of Research" in text
    assert text.index("This week") < text.index("Who recommends")
    assert "29 patients tested at diagnosis" in " ".join(text.split())
    if format == "html":
        assert 'href="https://bepartofresearch.nihr.ac.uk"' in text
