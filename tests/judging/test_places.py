"""What cannot be given today: what waits keeps its place, and unknown tests of the day leave a provisional order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.catalogue.lint import errors
from mmadvisor.files.layers import load
from mmadvisor.files.patients import read_patient
from mmadvisor.judging.case import Case
from mmadvisor.judging.places import places
from mmadvisor.reports.look_ahead import plan
from mmadvisor.reports.recommend import advise
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient, answer_for, offered, verdict_of, verdicts_alone
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, entry, patient

CATALOGUE = LOADED.catalogue
T_CELL = {r.id for r in CATALOGUE.regimens if r.modality in ("car-t", "bispecific")}
PENTA = [*LEN_REFRACTORY, entry("DVd", "2022-12-01", "2024-06-01", "2024-06-01"),
         entry("KPd", "2024-07-01", "2026-09-20", "2026-09-20")]  # fmt: skip
README = ROOT / "README.md"


def ask(*therapies: dict[str, Any], **changes: Any) -> Recommendation:
    return answer_for(**patient(*therapies, **{"access__jurisdiction": "EU"} | changes))


def ranks(answer: Recommendation) -> dict[str, int]:
    """The place of everything that is open or deferred."""
    found = {o["regimen"]: o["rank"] for o in answer["options"]}
    waiting = answer["deferred_options"]
    return found | {d["regimen"]: rank for d in waiting if (rank := d["would_rank"]) is not None}


def deferred(answer: Recommendation, regimen: str) -> Any:
    return next(d for d in answer["deferred_options"] if d["regimen"] == regimen)


# --- infection ------------------------------------------------------------------------------------


def test_a_bronchitis_does_not_leave_cyclophosphamide_as_the_answer() -> None:
    """Grade 2: cells are referred and collected now, bispecifics wait some days, and nothing is lost but time."""
    sound, ill = (ask(*PENTA, comorbidities__active_infection_grade=grade) for grade in (0, 2))
    assert offered(ill)[:2] == ["cilta-cel", "ide-cel"]
    cells = ill["options"][0]
    said = [c["text"] for c in cells["cautions"] if c["about"] == "infection"]
    assert cells["verdict"] == "caution" and "collect now" in said[0] and "no infusion until" in said[0]
    for regimen in T_CELL & set(offered(sound)):
        assert ranks(ill)[regimen] == ranks(sound)[regimen], regimen
    waiting = deferred(ill, "elranatamab")
    assert verdict_of(ill, "elranatamab") == "deferred" and "days" in waiting["look_again"][0]["text"]
    assert waiting["next_steps"] and waiting["approval"]["status"] == "approved"
    assert ranks(ill)["CP"] == ranks(sound)["CP"] > ranks(ill)["talquetamab"]


@pytest.mark.parametrize(("grade", "cells", "bispecific"), [
    (0, "eligible", "eligible"), (1, "caution", "caution"), (2, "caution", "deferred"), (3, "deferred", "deferred"),
])  # fmt: skip
def test_what_an_infection_does_by_its_grade(grade: int, cells: str, bispecific: str) -> None:
    answer = ask(*PENTA, comorbidities__active_infection_grade=grade)
    assert (verdict_of(answer, "cilta-cel"), verdict_of(answer, "elranatamab")) == (cells, bispecific)


def test_a_severe_infection_defers_everything_and_says_what_comes_first() -> None:
    sound, ill = (ask(*PENTA, comorbidities__active_infection_grade=grade) for grade in (0, 3))
    assert not ill["options"]
    assert [d["regimen"] for d in ill["deferred_options"]][:3] == offered(sound)[:3]
    sound_ranks = [o["rank"] for o in sound["options"]]
    assert [d["would_rank"] for d in ill["deferred_options"]] == sound_ranks
    assert "cilta-cel" in ill["nothing_open"] and "infection" in ill["nothing_open"]
    assert {d["regimen"] for d in ill["deferred_options"]} == {
        n["regimen"] for n in ill["not_offered"] if n["verdict"] == "deferred"
    }


def test_palliation_does_not_take_the_first_rank_while_a_bispecific_waits() -> None:
    answer = ask(*PENTA, comorbidities__active_infection_grade=2, access__car_t_centre=False)
    waiting = [d["would_rank"] for d in answer["deferred_options"]]
    assert waiting == [1, 1, 3, 4] and answer["options"][0]["rank"] == 5
    assert {"CP", "MP"} <= set(offered(answer)), "they are all that a palliative aim leaves"
    assert min(ranks(answer), key=ranks(answer).__getitem__) == "elranatamab"
    raw = patient(*PENTA, comorbidities__active_infection_grade=2, access__car_t_centre=False)
    look = plan(Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction="EU"), depth=1)
    assert look["choices"][0]["rank"] == answer["options"][0]["rank"]


def test_an_undetermined_regimen_counts_what_waits_above_it_too() -> None:
    sound, ill = (
        ask(*PENTA, comorbidities__active_infection_grade=grade, fitness__transplant_eligible=None) for grade in (0, 2)
    )
    places = [
        next(n for n in answer["not_offered"] if n["regimen"] == "salvage-ASCT")["would_rank"]
        for answer in (sound, ill)
    ]
    assert places[0] == places[1] and places[0] is not None and places[0] > 6


def test_a_chronic_controlled_infection_is_said_to_be_none() -> None:
    answer = ask(*PENTA, comorbidities__active_infection_grade=None, comorbidities__hepatitis_b="carrier")
    said = [s["text"] for situation in answer["situations"] for s in situation["says"]]
    assert any("Hepatitis B" in text and "no active infection" in text for text in said)
    ill = ask(*PENTA, comorbidities__active_infection_grade=2, comorbidities__hepatitis_b="carrier")
    assert not any("no active infection" in s["text"] for x in ill["situations"] for s in x["says"])
    assert verdict_of(ask(*PENTA, comorbidities__hepatitis_b="carrier"), "elranatamab") == "caution"


LOW = {"labs__neutrophils_10e9_per_l": 0.3}


@pytest.mark.parametrize("changes", [
    LOW | {"comorbidities__active_infection_grade": 1}, LOW | {"comorbidities__active_infection_grade": 2},
    {"disease__emergencies": ["neutropenic_sepsis"]},
])  # fmt: skip
def test_neutropenic_sepsis_comes_before_any_line(changes: dict[str, Any]) -> None:
    """Derived or ticked: nothing may be started today, and everything keeps its place for afterwards."""
    sound, ill = ask(*PENTA), ask(*PENTA, **changes)
    assert not ill["options"] and ill["deferred_options"]
    assert {"elranatamab", "CP"} <= {d["regimen"] for d in ill["deferred_options"]}
    assert [d["regimen"] for d in ill["deferred_options"] if d["would_rank"]][:3] == offered(sound)[:3]
    for option in ill["deferred_options"]:
        assert "neutropenic sepsis has been treated" in option["once"]
        assert any("sepsis first" in s["text"] for s in option["next_steps"]) and option["look_again"]
    assert ill["treat_now"]["answer"] == sound["treat_now"]["answer"]
    assert ill["treat_now"]["emergencies"][0]["emergency"] == "neutropenic_sepsis"


@pytest.mark.parametrize("changes", [
    {"comorbidities__active_infection_grade": 1}, LOW, {"disease__emergencies": None},
    LOW | {"labs__neutrophils_10e9_per_l": 0.5, "comorbidities__active_infection_grade": 1},
])  # fmt: skip
def test_neither_an_infection_nor_low_neutrophils_alone_is_sepsis(changes: dict[str, Any]) -> None:
    answer = ask(*PENTA, **changes)
    assert verdict_of(answer, "elranatamab") in ("eligible", "caution")
    assert not any("sepsis" in str(d["once"]) for d in answer["deferred_options"])


def test_what_is_not_recorded_of_sepsis_is_asked_and_defers_nothing_for_it() -> None:
    half = ask(*PENTA, labs__neutrophils_10e9_per_l=None, comorbidities__active_infection_grade=1)
    assert verdict_of(half, "elranatamab") == "caution"
    asked = next(m for m in half["missing"] if m["field"] == "labs.neutrophils_10e9_per_l")
    turned = [(t["regimen"], t["after"]) for o in asked["outcomes"] for t in o["turns"]]
    assert ("elranatamab", "deferred") in turned


def test_in_sepsis_nobody_is_told_to_bridge_now() -> None:
    """Also where the myeloma itself causes the low counts: the sepsis comes before any line, a bridge included."""
    changes = LOW | {"labs__cytopenia_cause": "disease"}
    for infection, now in ((0, True), (1, False), (3, False)):
        answer = ask(*PENTA, **changes, comorbidities__active_infection_grade=infection)
        steps = [s["text"] for d in answer["deferred_options"] for s in d["next_steps"]]
        assert any("Bridge or debulk now" in text for text in steps) is now
        assert ("bridge or debulk now" in answer["nothing_open"]) is False
        assert any("once the sepsis has been treated" in text.casefold() for text in steps) is not now


# --- graft-versus-host disease ----------------------------------------------------------------------

ALLOGRAFT = {"comorbidities__prior_allogeneic_transplant": True}


def test_active_gvhd_defers_cells_and_their_collection() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, **ALLOGRAFT, comorbidities__active_gvhd=True)
    assert {"cilta-cel", "ide-cel"} <= {d["regimen"] for d in answer["deferred_options"]}
    assert ranks(answer)["cilta-cel"] == 1 and answer["options"][0]["rank"] == 3
    assert "GVHD" in deferred(answer, "cilta-cel")["once"]
    assert answer["car_t_timing"] is None, "no day of collection is given"
    assert verdict_of(answer, "elranatamab") in ("eligible", "caution")


def test_immunosuppression_after_an_allograft_counts_as_gvhd() -> None:
    raw = patient(*TRIPLE_CLASS_REFRACTORY, **ALLOGRAFT, access__jurisdiction="EU")
    assert verdict_of(answer_for(**raw | {"co_medication": ["ciclosporin"]}), "cilta-cel") == "deferred"
    assert verdict_of(answer_for(**raw | {"co_medication": ["aspirin"]}), "cilta-cel") == "eligible"
    without = patient(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU") | {"co_medication": ["ciclosporin"]}
    assert verdict_of(answer_for(**without), "cilta-cel") == "eligible"


def test_after_an_allograft_gvhd_is_not_presumed_to_be_absent() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, **ALLOGRAFT, comorbidities__active_gvhd=None,
                 comorbidities__active_infection_grade=None)  # fmt: skip
    assert verdict_of(answer, "cilta-cel") == "undetermined"
    held = [p["regimen"] for p in answer["provisional"]]
    assert "elranatamab" in held and "cilta-cel" not in held
    settled = ask(*TRIPLE_CLASS_REFRACTORY, **ALLOGRAFT, comorbidities__active_gvhd=None)
    asked = next(m for m in settled["missing"] if m["field"] == "comorbidities.active_gvhd")
    by = {o["value"]: o for o in asked["outcomes"]}
    assert "cilta-cel" in by["no"]["opens"] and "cilta-cel" in by["yes"]["defers"]


NO_WORD = {"comorbidities__prior_allogeneic_transplant": None, "comorbidities__active_gvhd": None}


def told_of_gvhd(therapies: Any, **changes: Any) -> dict[str, list[str]]:
    """What the cautions of each regimen say of graft-versus-host disease."""
    answer = ask(*therapies, **changes)
    entries: list[Any] = [*answer["options"], *answer["not_offered"]]
    return {e["regimen"]: [c["text"] for c in e["cautions"] if c["about"] == "GVHD"] for e in entries}


@pytest.mark.parametrize("co_medication", [None, [], ["amlodipin"]])
def test_a_recorded_no_answers_whether_there_is_gvhd(co_medication: list[str] | None) -> None:
    """No allograft is recorded, and the list of therapies may not be whole."""
    told = told_of_gvhd(
        TRIPLE_CLASS_REFRACTORY, **NO_WORD | {"comorbidities__active_gvhd": False}, co_medication=co_medication,
        therapies_complete=None,
    )  # fmt: skip
    assert told["cilta-cel"] == []


@pytest.mark.parametrize("said", [{}, {"comorbidities__active_gvhd": False}])
def test_without_an_allograft_in_a_whole_list_nobody_asks_for_gvhd(said: dict[str, Any]) -> None:
    for therapies, regimens in ((TRIPLE_CLASS_REFRACTORY, ("cilta-cel",)), (LEN_REFRACTORY, ("DPd", "PVd"))):
        told = told_of_gvhd(therapies, **NO_WORD | said, co_medication=None)
        assert all(told[regimen] == [] for regimen in regimens), told


def test_a_list_that_may_not_be_whole_leaves_gvhd_open() -> None:
    told = told_of_gvhd(TRIPLE_CLASS_REFRACTORY, **NO_WORD, therapies_complete=None)
    assert [text.partition(":")[0] for text in told["cilta-cel"]] == ["not known"]
    told = told_of_gvhd(LEN_REFRACTORY, **NO_WORD | {"comorbidities__active_gvhd": False}, therapies_complete=None)
    assert [text.partition(":")[0] for text in told["DPd"]] == ["not known"], "it is the allograft that is not known"


def test_an_allograft_among_the_therapies_counts_as_recorded() -> None:
    allograft = {"intent": "transplant", "regimen": "Allo-SCT", "start": "2019-07-10", "stop": "2019-07-10",
                 "best_response": "CR", "stop_reason": "completed"}  # fmt: skip
    therapies = [TRIPLE_CLASS_REFRACTORY[0], allograft, *TRIPLE_CLASS_REFRACTORY[2:]]
    assert verdict_of(ask(*therapies, **NO_WORD), "cilta-cel") == "undetermined"
    sound = NO_WORD | {"comorbidities__active_gvhd": False}
    assert verdict_of(ask(*therapies, **sound, co_medication=["ciclosporin"]), "cilta-cel") == "deferred"
    assert verdict_of(ask(*therapies, **sound, co_medication=[]), "cilta-cel") == "eligible"
    assert verdict_of(ask(*therapies, **sound, co_medication=None), "cilta-cel") == "undetermined"
    told = told_of_gvhd([LEN_REFRACTORY[0], allograft, *LEN_REFRACTORY[2:]], **sound)
    assert any("set off GVHD" in text for text in told["DPd"])


# --- other reasons ------------------------------------------------------------------------------------


def test_low_counts_wait_in_their_place_and_say_where_waiting_will_not_help() -> None:
    low = {"labs__neutrophils_10e9_per_l": 0.3, "labs__cytopenia_cause": "disease"}
    answer = ask(*LEN_REFRACTORY, **low)
    waiting = deferred(answer, "DKd")
    assert waiting["would_rank"] < ranks(answer)["DVd"]
    assert any("waiting will not help" in text for text in waiting["found"])


@pytest.mark.parametrize(("cause", "bridge"), [("disease", True), ("treatment", False), ("unknown", False)])
def test_counts_that_the_myeloma_lowers_are_treated_and_not_waited_for(cause: str, bridge: bool) -> None:
    low = {"labs__platelets_10e9_per_l": 20, "labs__neutrophils_10e9_per_l": 0.3}
    answer = ask(*PENTA, **low, labs__cytopenia_cause=None if cause == "unknown" else cause)
    assert answer["deferred_options"]
    for waiting in answer["deferred_options"]:
        steps = " ".join(s["text"] for s in waiting["next_steps"])
        assert ("ridge or debulk now" in steps) is bridge, waiting["regimen"]
        assert ("the counts have recovered" in waiting["once"]) is not bridge
    if not answer["options"]:
        assert ("bridge or debulk now" in answer["nothing_open"]) is bridge


def test_what_a_waiting_regimen_lacks_is_told_in_words() -> None:
    """Fields of lists count from 0: where one is to be filled in, what people call it stands beside it."""
    raw = yaml.safe_load("""
assessed_on: 2026-11-24
disease: {state: relapsed, relapse: {kind: clinical}}
therapies: [{intent: induction, regimen: VRd, start: 2020-01, stop: 2020-07, best_response: CR}]
labs: {platelets_10e9_per_l: 20}
""")
    answer = answer_for(**raw)
    waiting = [d for d in answer["deferred_options"] if any("[" in field for field in d["missing"])]
    assert waiting
    for d in waiting:
        assert len(d["missing_names"]) == len(d["missing"]) and not any("[" in name for name in d["missing_names"])
    text = " ".join(render("recommendation", "table", answer).split())
    shown = text.partition("Deferred: not today")[2].partition("Not decided")[0].partition("Missing,")[0]
    assert "day of progression on" in shown and "therapies[" not in shown.partition("CAR-T timing")[0]


def test_two_reasons_are_both_waited_for() -> None:
    answer = ask(*PENTA, comorbidities__active_infection_grade=3, labs__neutrophils_10e9_per_l=0.9)
    waiting = deferred(answer, "cilta-cel")
    assert "infection" in waiting["once"] and "counts" in waiting["once"] and len(waiting["must_pass"]) == 2
    septic = deferred(ask(*PENTA, comorbidities__active_infection_grade=3, **LOW), "cilta-cel")
    assert all(word in septic["once"] for word in ("infection", "counts", "sepsis")) and len(septic["must_pass"]) == 3


def test_off_label_regimens_wait_without_taking_a_rank() -> None:
    refused, accepted = (
        ask(*LEN_REFRACTORY, comorbidities__active_infection_grade=3, access__off_label=ok) for ok in (False, True)
    )
    assert verdict_of(refused, "KCd") == verdict_of(accepted, "KCd") == "deferred"
    assert {d["regimen"] for d in refused["deferred_options"]} == {d["regimen"] for d in accepted["deferred_options"]}
    assert deferred(refused, "KCd")["would_rank"] is None and not deferred(refused, "KCd")["would_be_option"]
    assert deferred(accepted, "KCd")["would_rank"] and deferred(accepted, "KCd")["would_be_option"]
    unsaid = ask(*LEN_REFRACTORY, comorbidities__active_infection_grade=3, access__off_label=None)
    assert deferred(unsaid, "KCd")["would_rank"] is None
    for form in ("table", "markdown", "html"):
        assert "None" not in words_about_waiting(render("recommendation", form, refused))


def words_about_waiting(text: str) -> str:
    """What a page shows of what is deferred, down to the next heading."""
    return text.partition("Deferred: not today")[2].partition("Not decided")[0].partition("Options, in order")[0]


def test_an_off_label_regimen_that_waits_is_never_named_first() -> None:
    """Nothing but off-label regimens wait: the headline does not hold one out as what comes first."""
    answer = ask(*LEN_REFRACTORY, comorbidities__active_infection_grade=3)
    refused = [d for d in answer["deferred_options"] if d["approval"]["status"] == "off-label"]
    assert refused and all(d["would_rank"] is None and not d["would_be_option"] for d in refused)
    assert not any(f" {d['regimen']}." in answer["nothing_open"] for d in refused)
    case = Case.of(
        a_patient(**patient(*LEN_REFRACTORY, access__jurisdiction="EU", comorbidities__active_infection_grade=3)),
        CATALOGUE,
        DAY,
    )
    only = case.of_these(lambda a: a.approval.status == "off-label")
    assert all(w.rank is None for w in places(only).deferred) and places(only).deferred


@pytest.mark.parametrize("unknown", ["labs__lvef_percent", "access__car_t_centre", "therapies_complete"])
def test_what_is_unknown_beside_what_it_waits_for_is_not_named_first(unknown: str) -> None:
    answer = ask(*PENTA, comorbidities__active_infection_grade=3, **{unknown: None})
    waiting = deferred(answer, "cilta-cel")
    assert waiting["missing"] and not waiting["would_be_option"]
    assert answer["nothing_open"] and "cilta-cel" not in answer["nothing_open"]
    assert "above it, but depend" in answer["nothing_open"] or "First, once" not in answer["nothing_open"]
    assert "First, once the infection is below grade 3: 1" not in render("recommendation", "table", answer)


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize("grade", [0, 1, 2, 3])
@pytest.mark.parametrize("neutrophils", [0.3, 0.8, 3.0])
@pytest.mark.parametrize("therapies", [LEN_REFRACTORY, PENTA], ids=["len", "penta"])
def test_ranks_are_shared_only_by_those_that_tie(
    accepted: bool, grade: int, neutrophils: float, therapies: list[Any]
) -> None:
    answer = ask(*therapies, comorbidities__active_infection_grade=grade, labs__neutrophils_10e9_per_l=neutrophils,
                 access__off_label=accepted)  # fmt: skip
    given = [o["rank"] for o in answer["options"]]
    given += [d["would_rank"] for d in answer["deferred_options"] if d["would_rank"] is not None]
    assert all(rank == 1 + sum(other < rank for other in given) for rank in given), "those that tie share the first"


def test_the_headline_counts_what_can_be_confirmed_and_names_what_must_be_known() -> None:
    """Low platelets hold the cells; the grade of an infection is unknown: nothing is said to be out of the question."""
    low = {"labs__platelets_10e9_per_l": 30, "labs__cytopenia_cause": "treatment"}
    answer = ask(*PENTA, **low, comorbidities__active_infection_grade=None)
    assert not answer["options"] and answer["provisional"]
    said = answer["nothing_open"]
    assert "No option is confirmed yet." in said and "Nothing can be started" not in said
    assert f"{len(answer['provisional'])} regimens can be confirmed once" in said and "active infection grade" in said
    for form in ("table", "markdown", "html"):
        assert said[:40] in " ".join(render("recommendation", form, answer).split())


def test_the_headline_names_further_facts_that_only_some_need() -> None:
    low = {"labs__platelets_10e9_per_l": 30, "labs__lvef_percent": None, "comorbidities__nyha_class": None}
    answer = ask(*LEN_REFRACTORY, **low, comorbidities__active_infection_grade=None)
    assert "active infection grade; some also need" in answer["nothing_open"]
    assert "LVEF" in answer["nothing_open"].partition("some also need")[2]


def test_nothing_deferred_nothing_changes() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY)
    assert answer["deferred_options"] == [] and answer["provisional"] == []
    given = [o["rank"] for o in answer["options"]]
    assert all(rank == 1 + sum(other < rank for other in given) for rank in given)


def test_without_a_relapse_nothing_is_ranked_and_nothing_waits() -> None:
    answer = ask(*LEN_REFRACTORY, disease__state="responding", comorbidities__active_infection_grade=3)
    assert answer["ranking_withheld"] and not answer["deferred_options"] and not answer["provisional"]


def test_every_format_says_what_waits_before_the_options() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, **ALLOGRAFT, comorbidities__active_gvhd=True)
    for form in ("table", "markdown"):
        text = " ".join(render("recommendation", form, answer).split())
        assert text.index("First, once GVHD is inactive without immunosuppression: 1 cilta-cel") < text.index(
            "Options, in order"
        )
        assert "Look again at each review" in text
    page = render("recommendation", "html", answer)
    assert page.index("First, once GVHD") < page.index("Options, in order")


# --- the provisional order ------------------------------------------------------------------------------


def readme_patient(tmp_path: Path) -> Any:
    text = README.read_text(encoding="utf-8")
    block = text[text.index("```yaml\n") + len("```yaml\n") :]
    file = tmp_path / "p.yaml"
    file.write_text(block[: block.index("```")], encoding="utf-8")
    return read_patient(file, CATALOGUE.formulary).patient


def test_the_patient_of_the_readme_gets_a_provisional_order(tmp_path: Path) -> None:
    told = readme_patient(tmp_path)
    answer = advise(told, CATALOGUE, told.assessed_on.earliest)
    assert not answer["options"] and len(answer["provisional"]) > 5
    given = [p["rank"] for p in answer["provisional"]]
    assert all(rank == 1 + sum(other < rank for other in given) for rank in given)
    assert answer["provisional"][0]["gates"] == ["comorbidities.active_infection_grade", "labs.neutrophils_10e9_per_l"]
    for form in ("table", "markdown", "html"):
        text = " ".join(render("recommendation", form, answer).split())
        assert "PROVISIONAL, not confirmed" in text
        assert text.count("no active infection of grade 3 or more;") == 0, "the gate of all is named once"


def test_the_order_is_the_one_that_stands_once_the_gates_are_met(tmp_path: Path) -> None:
    told = readme_patient(tmp_path)
    day = told.assessed_on.earliest
    answer = advise(told, CATALOGUE, day)
    met = {
        "comorbidities.active_infection_grade": 0, "labs.neutrophils_10e9_per_l": 3.0, "comorbidities.nyha_class": 0,
        "comorbidities.peripheral_neuropathy_grade": 0,
    }  # fmt: skip
    for field, value in met.items():
        told = told.with_value(field, value)
    then = advise(told, CATALOGUE, day)
    ready = [p["regimen"] for p in answer["provisional"] if set(p["gates"]) <= met.keys()]
    assert set(ready) <= set(offered(then)) and offered(then)[0] == ready[0]
    # Where one gate alone is open, the order is that of the whole record.
    one = {"comorbidities__active_infection_grade": None}
    held = [p["regimen"] for p in ask(*TRIPLE_CLASS_REFRACTORY, **one)["provisional"]]
    assert held == offered(ask(*TRIPLE_CLASS_REFRACTORY))


def test_a_presumed_gate_is_never_shown_as_met() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, comorbidities__active_infection_grade=None)
    first = answer["provisional"][0]
    assert first["verdict"] == "undetermined" and first["gates"] == ["comorbidities.active_infection_grade"]
    gate = [c for c in first["criteria"] if c["missing"] == first["gates"]]
    assert gate and all(c["result"] == "unknown" for c in gate if c["force"] == "hard")
    assert first["monitoring"] == [] and first["standing"] and first["evidence"]
    assert first["provided"] == ["no active infection of grade 3 or more"]


@pytest.mark.parametrize(
    "unknown",
    [
        {"comorbidities__pregnancy": None, "demographics__sex": "female", "demographics__age": 35},
        {"comorbidities__pregnancy": None, "demographics__sex": None, "demographics__age": None},
        {"therapies_complete": None},
        {"access__car_t_centre": None, "access__bispecific_centre": None},
        {"fitness__ecog": None},
    ],
    ids=lambda u: ", ".join(u),
)
def test_what_no_test_of_the_day_settles_is_never_presumed(unknown: dict[str, Any]) -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, comorbidities__active_infection_grade=None, **unknown)
    held = [p["regimen"] for p in answer["provisional"]]
    assert "cilta-cel" not in held
    fields = {path.replace("__", ".") for path in unknown}
    assert not fields & {g for p in answer["provisional"] for g in p["gates"]}


def test_a_recorded_value_below_a_limit_that_nobody_read_is_no_gate(tmp_path: Path) -> None:
    layer = tmp_path / "limit.yaml"
    layer.write_text("""
sources: {recalled: {kind: practice, title: recalled, year: 2026, read_on: null, verified: unverified}}
rules:
- applies_to: {modalities: [car-t]}
  gates:
  - {id: limit, type: number, field: labs.lvef_percent, at_least: 45, presumable: true, source: recalled, verified: unverified}
""")
    raw = patient(*TRIPLE_CLASS_REFRACTORY, labs__lvef_percent=42, comorbidities__active_infection_grade=None)
    answer = advise(a_patient(**raw), load([layer]).catalogue, DAY, jurisdiction="EU")
    assert verdict_of(answer, "cilta-cel") == "undetermined"
    assert "cilta-cel" not in [p["regimen"] for p in answer["provisional"]]


def test_the_ejection_fraction_is_asked_before_car_t_and_a_low_one_warns() -> None:
    weak = ask(*TRIPLE_CLASS_REFRACTORY, labs__lvef_percent=35)
    assert verdict_of(weak, "cilta-cel") == "caution"
    assert verdict_of(ask(*TRIPLE_CLASS_REFRACTORY, labs__lvef_percent=None), "cilta-cel") == "undetermined"


@pytest.mark.parametrize(("platelets", "verdict"), [(20, "deferred"), (40, "caution"), (80, "eligible")])
def test_platelets_defer_car_t_below_the_lowest_limit_of_a_trial(platelets: int, verdict: str) -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, labs__platelets_10e9_per_l=platelets)
    said = [c["text"] for o in answer["options"] if o["regimen"] == "ide-cel" for c in o["cautions"]]
    assert (verdict_of(answer, "ide-cel") == "deferred") is (verdict == "deferred")
    assert any("trials asked for platelets" in text for text in said) is (verdict == "caution")


def test_it_is_given_only_where_it_would_stand_above_the_first_option() -> None:
    above = ask(*LEN_REFRACTORY, labs__lvef_percent=None)
    assert above["options"] and above["provisional"][0]["rank"] == 1
    assert above["provisional"][0]["gates"] == ["labs.lvef_percent"]
    below = ask(*TRIPLE_CLASS_REFRACTORY, comorbidities__nyha_class=None)
    assert verdict_of(below, "Kd") == "undetermined" and below["provisional"] == []


def test_what_is_missing_knows_of_the_provisional_order(tmp_path: Path) -> None:
    """A fact that only moves the provisional order is not told as one that changes no order."""
    told = readme_patient(tmp_path)
    day = told.assessed_on.earliest
    answer = advise(told, CATALOGUE, day)
    moving = [(m, o) for m in answer["missing"] for o in m["outcomes"] if o["reorders_waiting"]]
    assert moving
    text = " ".join(render("recommendation", "table", answer).split())
    idle = text.partition("None of these facts would change the answer by itself:")[2].partition("Co-medication")[0]
    assert idle and not any(m["field"] in idle for m, _ in moving)
    now = [p["regimen"] for p in answer["provisional"]]
    for missing in answer["missing"]:
        for outcome in missing["outcomes"]:
            if outcome["settles"] or outcome["opens"] or missing["field"].startswith("therapies"):
                continue
            value = yaml.safe_load(outcome["set"].partition("=")[2])
            with verdicts_alone():
                then = advise(told.with_value(missing["field"], value), CATALOGUE, day)
            assert ([p["regimen"] for p in then["provisional"]] != now) is outcome["reorders_waiting"], outcome["set"]


def test_an_answer_of_a_batch_carries_it() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, comorbidities__active_infection_grade=None)
    line = json.loads(json.dumps(answer))
    assert line["provisional"][0]["gates"] and line["deferred_options"] == []


def test_a_gate_that_no_test_of_the_day_settles_may_not_be_marked(tmp_path: Path) -> None:
    gate = "{id: mine, type: refractory, to_any: [lenalidomide], presumable: true, source: ours, verified: primary}"
    layer = tmp_path / "layer.yaml"
    layer.write_text(
        "sources:\n  ours: {kind: practice, title: ours, year: 2026, read_on: null, verified: primary}\n"
        f"rules:\n- applies_to: {{agents: [carfilzomib]}}\n  gates:\n  - {gate}\n",
        encoding="utf-8",
    )
    loaded = load_unchecked(layer)
    assert any("presumable" in flaw.message for flaw in errors(loaded))


def load_unchecked(layer: Path) -> Any:
    from mmadvisor.catalogue.catalogue import build, overlay
    from mmadvisor.files.layers import COMPILED, builtin_folder

    below = json.loads((builtin_folder() / COMPILED).read_text(encoding="utf-8"))["catalogue"]
    return build(overlay(below, yaml.safe_load(layer.read_text(encoding="utf-8"))))


def test_kidneys_that_are_known_to_change_are_presumed_by_no_provisional_order() -> None:
    """What leaves the clearance open is on record: no test of the day settles it."""
    missing = {"labs__lvef_percent": None, "access__jurisdiction": "EU"}

    def of(answer: Recommendation) -> set[str]:
        return {p["regimen"] for p in answer["provisional"]}

    assert "cilta-cel" in of(ask(*TRIPLE_CLASS_REFRACTORY, **missing))
    for changing in (
        {"disease__emergencies": ["acute_kidney_injury"]},
        {"labs__creatinine_umol_per_l": 400, "labs__baseline_creatinine_umol_per_l": 80},
        {"labs__creatinine_umol_per_l": 310, "labs__baseline_creatinine_umol_per_l": None},
    ):
        answer = ask(*TRIPLE_CLASS_REFRACTORY, **missing, **changing)
        assert verdict_of(answer, "cilta-cel") == "undetermined" and "cilta-cel" not in of(answer)


@pytest.mark.parametrize(("neutrophils", "platelets", "told"), [(0.4, 200, True), (2, 15, True), (0.5, 25, False)])
def test_bortezomib_at_the_counts_at_which_its_label_withholds_it(
    neutrophils: float, platelets: float, told: bool
) -> None:
    counts = {"labs__neutrophils_10e9_per_l": neutrophils, "labs__platelets_10e9_per_l": platelets}
    answer = ask(*LEN_REFRACTORY, **counts)
    held = next(o for o in answer["options"] if o["regimen"] == "DVd")
    rests_on = {(c["about"], c["source"]) for c in held["cautions"]}
    assert (("counts", "mims-ph-bortezomib") in rests_on) is told, rests_on


# Of the conventional drugs that are open, all are of classes that have failed.
BRIDGED_BY_A_BISPECIFIC = (
    {"intent": "induction", "regimen": "VRd", "start": "2018-03-05", "stop": "2018-08-20", "best_response": "VGPR",
     "stop_reason": "completed"},
    {"intent": "transplant", "agents": ["melphalan"], "start": "2018-10-10", "best_response": "CR"},
    {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2019-01-15", "stop": "2021-05-10",
     "best_response": "CR", "progressed_on": "2021-05-03", "stop_reason": "progression"},
    entry("DKd", "2021-06-01", "2024-11-12", "2024-11-12"),
    entry("PCd", "2024-12-10", "2026-10-10", "2026-10-10"),
)  # fmt: skip


@pytest.mark.parametrize("weeks", [3, 5, 6, 8, 12, None])
def test_a_bridge_that_waits_for_an_infection_to_pass_still_bridges(weeks: int | None) -> None:
    """Contract 9.10: "Deferred keeps its place": what is not deferred stays in the order of a patient without infection."""
    well, ill = (
        answer_for(
            **patient(
                *BRIDGED_BY_A_BISPECIFIC, access__jurisdiction="EU", access__can_wait_weeks=weeks,
                comorbidities__active_infection_grade=grade, fitness__transplant_eligible=False,
            )
        )
        for grade in (0, 2)
    )  # fmt: skip
    left = offered(ill)
    assert left and left == [name for name in offered(well) if name in left]
