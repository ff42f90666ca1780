"""The order of the therapies: by days, then by stated lines, then by purpose; never by the place in the file."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mmadvisor.base.known import Truth
from mmadvisor.desk.cli import run
from mmadvisor.formats.timeline import Timeline
from mmadvisor.reports.against import against
from tests.builders.blank import a_history, a_patient, answer_for, offered
from tests.builders.drawn import render
from tests.builders.patients import patient


def timeline(*therapies: dict[str, Any]) -> Timeline:
    return Timeline(a_patient(therapies=[{"agents": ["lenalidomide"]} | t for t in therapies]).therapies)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"start": "2020-01-01"}, {"start": "2020-01-02"}),
        ({"start": "2019"}, {"start": "2020-06"}),
        ({"stop": "2019-05-01"}, {"start": "2019-06-01"}),
        ({"progressed_on": "2019-05-01"}, {"start": "2019-06-01"}),
        ({"progressed_on": "2019-06-01"}, {"start": "2019-06-01"}),  # a progression comes before another's start
        ({"start": "2019", "stop": "2019-03-01"}, {"start": "2019-04-01"}),  # it began before it ended
        ({"start": "2019", "line": 1}, {"start": "2019", "line": 2}),
        ({"line": 1}, {"start": "2019", "line": 2}),
        ({"start": "2019", "line": 1, "intent": "induction"}, {"start": "2019", "line": 1, "intent": "transplant"}),
        ({"line": 2, "intent": "transplant"}, {"line": 2, "intent": "maintenance"}),
        ({"line": 2, "intent": "relapse"}, {"line": 2, "intent": "transplant"}),
        ({"start": "2019", "line": 2, "intent": "relapse"}, {"start": "2019", "line": 2, "intent": "maintenance"}),
        ({"start": "2019", "line": 1, "intent": "maintenance"}, {"intent": "relapse"}),
        ({"line": 1, "start": "2019"}, {"intent": "relapse"}),
        ({"start": "2019", "intent": "induction"}, {"start": "2019", "intent": "relapse"}),
        ({"start": "2018-01-01", "line": 2}, {"start": "2019-01-01", "line": 1}),  # dates win
        ({"start": "2019-01-01/2019-02-01"}, {"start": "2019-03"}),
    ],
)
def test_what_decides(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    for therapies, (first, second) in (((earlier, later), (0, 1)), ((later, earlier), (1, 0))):
        told = timeline(*therapies)
        assert told.follows(second, first) is Truth.MET
        assert told.follows(first, second) is Truth.NOT_MET
        assert told.order == (first, second)
        assert told.number(first) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"start": "2019"}, {"start": "2019-06"}),
        ({"start": "2019-06-01"}, {}),
        ({"start": "2019", "line": 2}, {"start": "2019"}),
        ({"start": "2019", "line": 2, "intent": "other"}, {"start": "2019", "line": 2, "intent": "maintenance"}),
        ({"start": "2019", "intent": "transplant"}, {"start": "2019", "intent": "maintenance"}),
        ({"start": "2019-01-01/2019-06-01"}, {"start": "2019-05-01"}),
    ],
)
def test_what_is_left_open_names_its_fields(one: dict[str, Any], other: dict[str, Any]) -> None:
    told = timeline(one, other)
    assert told.follows(0, 1) is told.follows(1, 0) is Truth.UNKNOWN
    assert told.open_fields([0, 1]) and all(field.endswith(".start") for field in told.open_fields([0, 1]))
    assert len(list(told.orders([0, 1], 5))) == 2


def test_what_began_on_one_day_follows_neither() -> None:
    told = timeline({"start": "2019-01-01"}, {"start": "2019-01-01"})
    assert told.together(0, 1)
    assert told.follows(0, 1) is told.follows(1, 0) is Truth.NOT_MET
    assert len(list(told.orders([0, 1], 5))) == 1


def test_a_list_without_any_day_or_line_keeps_its_order_and_says_so() -> None:
    told = timeline({}, {}, {})
    assert told.assumed and told.order == (0, 1, 2)
    assert told.follows(2, 0) is Truth.MET
    assert not timeline({}).assumed
    assert not timeline({}, {"line": 1}).assumed
    therapies = [{"intent": "relapse", "agents": [a], "best_response": "PR"} for a in ("lenalidomide", "bortezomib")]
    warned = answer_for(therapies=therapies, therapies_complete=True)["warnings"]
    assert any("order of the file" in w for w in warned)
    dated = [t | {"start": s} for t, s in zip(therapies, ("2019", "2020"), strict=True)]
    assert not any("order of the file" in w for w in answer_for(therapies=dated)["warnings"])


def test_lines_against_the_dates_are_told() -> None:
    assert timeline({"start": "2019", "line": 2}, {"start": "2021", "line": 1}).contradictions == ((0, 1),)
    assert timeline({"start": "2021", "line": 2}, {"start": "2019", "line": 1}).contradictions == ()


def test_stated_lines_and_dates_in_a_circle_settle_nothing_within_it() -> None:
    # By lines 0 before 1 before 2; by dates 2 before 0.
    told = timeline({"start": "2020-05", "line": 1}, {"start": "2020", "line": 2}, {"start": "2020-02", "line": 3})
    assert told.follows(0, 2) is Truth.MET
    assert told.follows(1, 0) is Truth.UNKNOWN


KEYS = st.fixed_dictionaries(
    {},
    optional={
        "start": st.sampled_from(["2019", "2019-03", "2019-03-05", "2020", "2020-01-01", "2018-06/2019-06"]),
        "line": st.integers(1, 3),
        "intent": st.sampled_from(["induction", "transplant", "maintenance", "relapse"]),
    },
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(KEYS, min_size=2, max_size=5))
def test_before_and_after_are_opposites_and_hang_together(therapies: list[dict[str, Any]]) -> None:
    told = timeline(*therapies)
    places = range(len(therapies))
    for i, j in itertools.permutations(places, 2):
        assert not (told.follows(i, j) is Truth.MET and told.follows(j, i) is Truth.MET)
        assert (told.follows(i, j) is Truth.UNKNOWN) is (told.follows(j, i) is Truth.UNKNOWN)
    for i, j, k in itertools.permutations(places, 3):
        if told.follows(i, j) is Truth.MET and told.follows(j, k) is Truth.MET:
            assert told.follows(i, k) is Truth.MET
    for order in told.orders(places, 30):
        for earlier, later in itertools.combinations(order, 2):
            assert told.follows(earlier, later) is not Truth.MET


# --- what hangs on it ---------------------------------------------------------------------------

VRD = {"intent": "induction", "regimen": "VRd", "start": "2020-01-10", "stop": "2020-06-01", "best_response": "VGPR",
       "stop_reason": "completed"}  # fmt: skip
LENALIDOMIDE = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2020-08-01", "stop": "2024-04-20",
                "best_response": "VGPR", "stop_reason": "planned_switch"}  # fmt: skip
SVD = {"intent": "relapse", "regimen": "SVd", "start": "2024-05-01", "stop": "2024-06-10", "best_response": "MR",
       "progressed_on": "2024-06-10", "stop_reason": "progression"}  # fmt: skip


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_file_that_lists_the_newest_first_loses_no_refractoriness(order: tuple[int, ...]) -> None:
    therapies = [[VRD, LENALIDOMIDE, SVD][i] for i in order]
    history = a_history(therapies=therapies, therapies_complete=True)
    assert history.refractory_agent("lenalidomide").truth is Truth.MET
    assert (
        history.refractory_agent("lenalidomide").found
        == "progressed 2024-06-10, 51 days after its last dose on 2024-04-20"
    )
    assert (history.lines.low, history.lines.high) == (2, 2)
    answer = answer_for(therapies=therapies, therapies_complete=True, disease={"state": "relapsed"})
    assert not {"DRd", "Rd", "ERd", "KRd"} & set(offered(answer))
    assert [t["number"] for t in answer["history"]["therapies"]] == [1, 2, 3]
    assert [t["index"] for t in answer["history"]["therapies"]] == [order.index(i) for i in range(3)]


def test_where_the_order_is_open_the_lines_are_a_range_and_refractoriness_is_asked() -> None:
    upkeep = LENALIDOMIDE | {"start": None, "stop": None, "stop_reason": "completed"}
    history = a_history(therapies=[VRD, upkeep, SVD], therapies_complete=True)
    found = history.refractory_agent("lenalidomide")
    assert found.truth is Truth.UNKNOWN
    assert "therapies[1].start" in found.missing


def test_people_count_therapies_from_one_in_order_of_time_and_name_them() -> None:
    history = a_history(therapies=[SVD, LENALIDOMIDE, VRD], therapies_complete=True)
    assert history.called_with_days(0) == "SVd, therapy 3, 2024-05 to 2024-06"
    assert history.called(1) == "lenalidomide, therapy 2"
    texts = str([history.refractory_agent(a).found for a in ("bortezomib", "lenalidomide", "selinexor")])
    assert "therapies[" not in texts


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_a_history_names_in_words_what_would_settle_it(form: str) -> None:
    """A bare path counts from 0 and names no therapy: people count from 1, in order of time."""
    open_record = [SVD, LENALIDOMIDE | {"stop": "2024"}, VRD | {"best_response": None, "progressed_on": None}]
    answer = answer_for(therapies=open_record, disease={"state": "relapsed"})
    found = [*answer["history"]["agents"], *answer["history"]["classes"], *answer["history"]["labels"]]
    assert any("[" in field for entry in found for field in entry["missing"])
    assert all(len(entry["missing_names"]) == len(entry["missing"]) for entry in found)
    shown = " ".join(render("history", form, answer).split())
    assert "would settle it: " in shown and "last dose of lenalidomide, therapy 2" in shown
    after = shown.split("would settle it: ")[1:]
    assert not [text for text in after if "therapies[" in text.partition(")")[0]]


def test_a_what_if_names_the_therapy_of_a_field_that_is_missing_now() -> None:
    record: dict[str, Any] = {
        "therapies": [VRD, LENALIDOMIDE],
        "therapies_complete": True,
        "disease": {"state": "relapsed"},
    }
    less = record | {"therapies": [VRD, LENALIDOMIDE | {"stop": None, "progressed_on": None}]}
    shown = " ".join(render("against", "table", against(answer_for(**less), answer_for(**record))).split())
    assert "therapies[1].stop (last dose of lenalidomide, therapy 2)" in shown


def test_a_progression_known_to_the_year_lies_within_its_own_therapy() -> None:
    """By the later start the year cannot reach back to the window of the drug before."""
    vrd = VRD | {"start": "2022-01-10", "stop": "2022-05-25", "progressed_on": "2022-08-23"}
    later = SVD | {"start": "2022-09-02", "stop": "2023-01-10", "progressed_on": "2022", "stop_reason": "other"}
    history = a_history(therapies=[vrd, later], therapies_complete=True)
    assert history.refractory_agent("lenalidomide").truth is Truth.NOT_MET


def test_what_came_later_is_invisible_whatever_the_order_of_the_file() -> None:
    from datetime import date

    patient = a_patient(therapies=[SVD | {"line": 2}, VRD, {"agents": ["carfilzomib"], "line": 3}])
    seen = patient.seen_on(date(2023, 1, 1)).therapies
    assert [t.regimen for t in seen] == ["VRd"]


# --- a therapy whose start is not recorded -------------------------------------------------------

DRD = {"intent": "relapse", "regimen": "DRd", "start": "2022-05", "stop": "2023-06-01", "best_response": "PR",
       "progressed_on": "2023-05-30"}  # fmt: skip
KD = {"intent": "relapse", "regimen": "Kd", "best_response": "PR"}


@pytest.mark.parametrize(
    ("drd", "kd"),
    [
        ({}, {"stop": "ongoing"}),
        ({}, {"stop": "2026-09-20"}),
        ({"line": 2}, {"line": 3}),
        ({"line": 2}, {"line": 3, "stop": "2026-09-20"}),
        ({"line": 2}, {"line": 3, "stop": "ongoing"}),
    ],
)
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_relapse_after_a_therapy_of_unknown_start_lies_after_what_came_before_it(
    drd: dict[str, Any], kd: dict[str, Any], newest_first: bool
) -> None:
    """Bortezomib ended two years before the therapy began after which Kd was given: no window reaches back to it."""
    therapies = [VRD, DRD | drd, KD | kd]
    history = a_history(
        therapies=therapies[::-1] if newest_first else therapies,
        therapies_complete=True,
        disease={"state": "relapsed"},
    )
    assert history.refractory_agent("bortezomib").truth is Truth.NOT_MET
    assert history.refractory_agent("carfilzomib").truth is Truth.UNKNOWN
    assert [history.patient.therapies[i].regimen for i in history.treatments] == ["VRd", "DRd", "Kd"]


def test_what_is_still_given_comes_after_what_has_ended() -> None:
    told = timeline({"stop": "ongoing"}, {"start": "2022-05", "stop": "2023-06-01"})
    assert told.order == (1, 0) and told.follows(0, 1) is Truth.MET
    # Of two that are still given either may be the older, and a stated line is more than that one of them has ended.
    both = timeline({"stop": "ongoing"}, {"start": "2022-05", "stop": "ongoing"})
    assert both.follows(0, 1) is both.follows(1, 0) is Truth.UNKNOWN
    stated = timeline({"stop": "ongoing", "line": 1}, {"start": "2022-05", "stop": "2023-06-01", "line": 2})
    assert stated.order == (0, 1) and stated.follows(1, 0) is Truth.MET
    undated = timeline({"stop": "ongoing"}, {}, {})
    assert undated.assumed and undated.order == (0, 1, 2)


def test_only_a_field_that_is_open_is_asked_for() -> None:
    """A start known to the month is not what keeps the order open where the other has none."""
    told = timeline({"start": "2022-05"}, {})
    assert told.open_between(0, 1) == ("therapies[1].start",)
    assert timeline({"start": "2022"}, {"start": "2022-05"}).open_fields([0, 1]) == (
        "therapies[0].start",
        "therapies[1].start",
    )


def test_a_start_that_is_not_recorded_lies_within_what_the_order_allows() -> None:
    told = timeline({"start": "2020", "line": 1}, {"line": 2, "stop": "2022-03-01"}, {"start": "2023", "line": 3})
    assert str(told.began(1)) == "2020-01-01 to 2022-03-01"
    assert str(timeline({"start": "2020", "line": 1}, {"line": 2}, {"start": "2023", "line": 3}).began(1)) == (
        "2020-01-01 to 2023-12-31"
    )
    assert told.began(2).written == "2023"


# --- how a therapy is named ---------------------------------------------------------------------


def test_a_dated_therapy_is_named_by_its_days_where_its_turn_is_open() -> None:
    """Another without a day leaves its number open, and not when it was given."""
    history = a_history(therapies=[VRD, {"line": 2}, DRD | {"line": 3}], therapies_complete=True)
    assert history.called_with_days(0) == "VRd, 2020-01 to 2020-06"
    assert history.called(0) == "VRd, begun 2020-01"
    assert history.called(1) == history.called_with_days(1) == "drugs that are not known, line 2, not dated"
    answer = answer_for(therapies=[VRD, {"line": 2}, DRD | {"line": 3}], therapies_complete=True)
    (said,) = [w for w in answer["warnings"] if "which came first" in w]
    assert said == (
        "It is not known which came first, VRd, 2020-01 to 2020-06, or drugs that are not known, line 2, not dated: "
        "record the first dose of drugs that are not known, line 2, not dated"
    )


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"start": "2024-02"}, "Kd, therapy 3, from 2024-02, last dose not recorded"),
        ({"start": "2024-02", "stop": "ongoing"}, "Kd, therapy 3, from 2024-02, still given"),
        ({"stop": "ongoing"}, "Kd, therapy 3, still given, start not recorded"),
        ({"stop": "2024-05-01"}, "Kd, therapy 3, to 2024-05, start not recorded"),
        ({"start": "2024-02", "stop": "2024-02"}, "Kd, therapy 3, 2024-02"),
        ({"regimen": None, "intent": "transplant", "start": "2024-02"}, "transplant, therapy 3, 2024-02"),
    ],
)
def test_the_days_of_a_therapy_in_words(days: dict[str, Any], said: str) -> None:
    assert a_history(therapies=[VRD, DRD, KD | days], therapies_complete=True).called_with_days(2) == said


def test_a_warning_says_from_where_the_file_counts() -> None:
    """A place of the file stands beside a number that counts from 1 only where that is said."""
    records: list[list[dict[str, Any]]] = [
        [VRD, DRD, KD | {"start": "2024-02", "stop": "2024-05-01"}],
        [VRD, DRD, KD],
        [VRD, {"line": 2}, DRD | {"line": 3}],
    ]
    for record in records:
        answer = answer_for(therapies=record, therapies_complete=True, disease={"state": "relapsed"})
        both = [w for w in answer["warnings"] if "therapies[" in w and "therapy " in w]
        assert answer["warnings"] and not [w for w in both if "which the file counts from 0: therapies[" not in w]


def test_bridging_leads_to_cells_only_where_there_are_some() -> None:
    bridge = {"intent": "bridging", "agents": ["bortezomib"], "start": "2021-01", "stop": "2021-02"}
    cells = {"intent": "relapse", "agents": ["cilta-cel"], "start": "2022-05"}

    def reasons(*after: dict[str, Any]) -> str:
        return "; ".join(a_history(therapies=[VRD, bridge, *after], therapies_complete=True).lines.reasons)

    assert "cells that follow" in reasons(cells) and "no cells" not in reasons(cells)
    assert "no cells after it are recorded" in reasons(DRD) and "cells that follow" not in reasons(DRD)
    assert "cells that follow" in reasons(cells | {"agents": [{"one_of": ["cilta-cel", "ide-cel"]}]})


def test_a_drug_that_is_one_of_a_few_is_named_by_them() -> None:
    given: list[Any] = [{"one_of": ["teclistamab", "elranatamab"]}]
    few = KD | {"regimen": None, "start": "2024-02", "agents": given}
    assert a_history(therapies=[few]).called(0) == "teclistamab or elranatamab, therapy 1"
    beside = few | {"agents": [*given, "dexamethasone"]}
    assert a_history(therapies=[beside]).called(0) == "dexamethasone + (teclistamab or elranatamab), therapy 1"


def test_an_interval_of_no_length_is_not_told() -> None:
    """Each of several tokens may be the same drug that is not known: that is said once, and not as 0 days."""
    unknown = {"intent": "maintenance", "agents": "unknown", "start": "2020-10"}
    answer = answer_for(**patient(VRD, unknown, DRD | {"stop": "2026-09-01", "progressed_on": "2026-08-28"}))
    told = [c["text"] for o in answer["options"] for c in o["cautions"] if "a drug that is not known" in c["text"]]
    assert told and not [t for t in told if "at least 0 days" in t or t.count("a drug that is not known") > 1]


def test_what_the_reader_found_doubtful_is_told_in_order_of_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    therapies = [
        {"line": 2, "intent": "relapse", "regimen": "DVd"},
        {"line": 1, "intent": "induction", "regimen": "PCd"},
    ]
    told = []
    for i, order in enumerate((therapies, therapies[::-1])):
        file = tmp_path / f"{i}.yaml"
        file.write_text(yaml.safe_dump(patient() | {"therapies": order}))
        assert run(["recommend", str(file), "-f", "json"]) == 0
        warnings = json.loads(capsys.readouterr().out)["warnings"]
        told.append([w for w in warnings if "is read as" in w])
    assert told[0] == told[1] and len(told[0]) == 2
