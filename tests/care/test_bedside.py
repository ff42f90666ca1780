"""Interruptions and holds (S19, S20): the label's own rows, each on both sides of its limits; grades by their inputs."""

from __future__ import annotations

import itertools
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.errors import UsageError
from mmadvisor.care.after_pause import applies as row_applies
from mmadvisor.care.bedside import _Cause, hold, restart
from mmadvisor.care.grading import grade_of
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.desk.cli import run
from mmadvisor.formats.drugs import CHECK, Count, Restart, Row
from mmadvisor.formats.schedule import either
from mmadvisor.judging.case import Case
from mmadvisor.reports.options import monitoring
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.drawn import render
from tests.builders.patients import TRIPLE_CLASS_REFRACTORY, patient

CATALOGUE = LOADED.catalogue
ON = date(2026, 9, 1)
ROWS = [(agent, row) for agent, handling in CATALOGUE.handling.items() for row in handling.restarts]
READABLE = [(agent, row) for agent, row in ROWS if row.usable]
UNREADABLE = [(agent, row) for agent, row in ROWS if not row.usable]


def asked(agent: str, row: Restart, days: int, **more: Any) -> Any:
    return restart(
        CATALOGUE,
        agent,
        last_dose=row.last_dose,
        on=ON,
        today=ON + timedelta(days=days),
        schedule=either(row.schedule),
        jurisdiction=row.jurisdictions[0] if row.jurisdictions else "US",
        regimen=row.regimens[0] if row.regimens else "",
        **more,
    )


@pytest.mark.parametrize("schedule", ["every 2 or 4 weeks", "every 2 weeks", "Every 4 weeks"])
def test_a_row_of_two_schedules_is_found_by_each_and_by_both(schedule: str) -> None:
    found = restart(CATALOGUE, "teclistamab", last_dose="3 mg/kg", schedule=schedule, on=ON, today=ON,
                    jurisdiction="US", regimen="Tec-Dara")  # fmt: skip
    assert found["note"] == "the table of March 2026 was not read" and found["action"] == "check-label"
    with pytest.raises(UsageError, match="there are rows for: every 2 or 4 weeks"):
        restart(CATALOGUE, "teclistamab", last_dose="3 mg/kg", schedule="weekly", on=ON, today=ON,
                jurisdiction="US", regimen="Tec-Dara")  # fmt: skip


def named(case: Any) -> str:
    return (
        case if isinstance(case, str) else f"{case.last_dose} {either(case.schedule)} {case.days_from}-{case.days_to}"
    )


@pytest.mark.parametrize(("agent", "row"), READABLE, ids=named)
def test_every_readable_row_holds_within_its_limits_and_not_beyond_them(agent: str, row: Restart) -> None:
    """S19: the label's own table, on both sides of each limit; both limits are inclusive."""
    first = row.days_from or 0
    for day in {first, row.days_to if row.days_to is not None else first + 400}:
        found = asked(agent, row, day)
        assert (found["action"], found["dose"], found["row"]) == (row.action, row.dose, row.text), day
    if first > 0:
        assert asked(agent, row, first - 1)["row"] != row.text
    if row.days_to is not None:
        assert asked(agent, row, row.days_to + 1)["row"] != row.text


@pytest.mark.parametrize(("agent", "row"), UNREADABLE, ids=named)
def test_a_row_that_was_not_read_or_was_replaced_gives_no_dose(agent: str, row: Restart) -> None:
    found = asked(agent, row, row.days_from or 0)
    assert found["action"] == "check-label" and found["dose"] == "" and found["row"] == CHECK
    assert found["note"] and not found["premedication"]


def test_days_count_from_the_last_dose_and_a_longer_pause_goes_further_back() -> None:
    def told(days: int) -> Any:
        return restart(CATALOGUE, "Tecvayli", last_dose="1.5mg/kg", schedule="weekly", on=ON,
                       today=ON + timedelta(days=days), jurisdiction="us")  # fmt: skip

    assert [told(d)["action"] for d in (10, 28, 29, 56, 57)] == ["continue", "continue", "repeat", "repeat", "restart"]
    assert told(29)["premedication"] and told(29)["observation"] and not told(10)["premedication"]


def test_practice_stands_beside_the_label_as_such() -> None:
    """S19 and S20: withhold in hospital, a short pause the same dose; frequent infections, a longer interval."""
    found = restart(CATALOGUE, "teclistamab", last_dose="1.5 mg/kg", schedule="weekly", on=ON, today=ON + timedelta(12),
                    jurisdiction="US", reason="infection", grade=3, in_hospital=True)  # fmt: skip
    assert found["action"] == "continue" and found["withheld"]
    said = [p["text"] for p in found["practice"]]
    assert any("while in hospital" in t for t in said) and any("lengthen the interval" in t for t in said)
    assert {p["source"] for p in found["practice"]} == {"mims-hk-2025"}
    assert restart(CATALOGUE, "teclistamab", last_dose="1.5 mg/kg", schedule="weekly", on=ON, today=ON,
                   jurisdiction="US")["practice"] == []  # fmt: skip
    assert hold(CATALOGUE, "elranatamab", "infection", grade=3)["practice"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"agent": "teclistamap"}, "Did you mean teclistamab"),
        ({"agent": "bortezomib"}, "no table for an interruption of bortezomib"),
        ({"last_dose": "15 mg/kg"}, "the table has 0.06 mg/kg"),
        ({"schedule": ""}, "differ by schedule"),
        ({"schedule": "daily"}, "no row is for the schedule"),
        ({"today": ON - timedelta(days=1)}, "is after the day of the next"),
        ({"jurisdiction": "FR"}, "no jurisdiction 'FR'"),
    ],
)
def test_what_is_not_there_or_not_said_is_refused(change: dict[str, Any], said: str) -> None:
    asks: dict[str, Any] = {"agent": "teclistamab", "last_dose": "1.5 mg/kg", "schedule": "weekly", "on": ON,
                            "today": ON + timedelta(days=5), "jurisdiction": "US"} | change  # fmt: skip
    with pytest.raises(UsageError, match=said):
        restart(CATALOGUE, asks.pop("agent"), **asks)


def test_where_the_rows_read_are_of_another_place_the_label_is_to_be_checked() -> None:
    found = restart(CATALOGUE, "elranatamab", last_dose="76 mg", on=ON, today=ON + timedelta(20), jurisdiction="EU")
    assert found["action"] == "check-label" and "none was found for EU" in found["note"]
    with pytest.raises(UsageError, match="give --jurisdiction"):
        restart(CATALOGUE, "elranatamab", last_dose="76 mg", on=ON, today=ON + timedelta(20))


@pytest.mark.parametrize("regimen", ["t", "nonsense", "DRd"])
def test_a_regimen_that_does_not_hold_the_drug_is_refused_and_nothing_far_off_is_suggested(regimen: str) -> None:
    with pytest.raises(UsageError) as said:
        restart(CATALOGUE, "teclistamab", last_dose="1.5 mg/kg", schedule="weekly", on=ON, today=ON, jurisdiction="US",
                regimen=regimen)  # fmt: skip
    assert "Tec-Dara" in str(said.value) and "Did you mean" not in str(said.value)


def test_a_regimen_goes_by_any_of_its_names_here_too() -> None:
    alias = next(a for n in CATALOGUE.names if n.id == "Tec-Dara" for a in n.aliases)
    for name in ("tec-dara", alias):
        found = restart(CATALOGUE, "teclistamab", last_dose="3 mg/kg", schedule="every 2 weeks", on=ON,
                        today=ON + timedelta(70), jurisdiction="US", regimen=name)  # fmt: skip
        assert (found["action"], found["dose"]) == ("check-label", ""), "9.17: one paraphrase is no table"
        assert "table of March 2026 was not read" in found["note"], name
    with pytest.raises(UsageError, match="Did you mean Tec-Dara"):
        restart(CATALOGUE, "teclistamab", last_dose="3 mg/kg", on=ON, today=ON, regimen="Tec-dra")


# --- holds and grades ---------------------------------------------------------------------------

HELD = [(a, r) for a, h in CATALOGUE.handling.items() for r in h.holds]


@pytest.mark.parametrize("agent", sorted({a for a, _ in HELD}))
def test_rows_of_the_grade_are_told_and_what_was_not_read_gives_no_action(agent: str) -> None:
    for event in {r.event for a, r in HELD if a == agent}:
        for grade in (1, 2, 3, 4):
            for row in hold(CATALOGUE, agent, event, grade=grade)["rows"]:
                assert not row["grades"] or grade in row["grades"]
                assert row["read"] == (row["verified"] != "unverified")
                assert row["read"] or (row["action"], row["text"]) == ("check-label", CHECK)


@pytest.mark.parametrize(
    ("event", "inputs", "low", "high"),
    [
        ("CRS", {"temperature": 38.0, "pressure": "none", "oxygen": "none"}, 1, 1),
        ("CRS", {"temperature": 39, "pressure": "no-vasopressor", "oxygen": "none"}, 2, 2),
        ("CRS", {"temperature": 39, "pressure": "none", "oxygen": "high-flow"}, 3, 3),
        ("CRS", {"temperature": 39, "pressure": "one-vasopressor", "oxygen": "positive-pressure"}, 4, 4),
        ("CRS", {"temperature": 39}, 1, 4),
        ("CRS", {"pressure": "no-vasopressor", "oxygen": "none"}, 2, 2),
        ("CRS", {"temperature": 37.9, "fever-treated": "no", "pressure": "none", "oxygen": "none"}, 0, 0),
        ("CRS", {"temperature": 37.9, "pressure": "none", "oxygen": "none"}, 0, 1),
        ("CRS", {"temperature": 37, "pressure": "one-vasopressor", "oxygen": "positive-pressure"}, 0, 4),
        ("CRS", {"temperature": 37, "fever-treated": "yes", "pressure": "one-vasopressor", "oxygen": "none"}, 3, 3),
        ("ICANS", {"ice": 10, "consciousness": "alert", "sign": "none"}, 0, 0),
        ("ICANS", {"ice": 7, "consciousness": "alert", "sign": "none"}, 1, 1),
        ("ICANS", {"ice": 10, "consciousness": "spontaneously", "sign": "none"}, 1, 1),
        ("ICANS", {"ice": 3, "consciousness": "alert", "sign": "none"}, 2, 2),
        ("ICANS", {"ice": 9, "consciousness": "to-voice", "sign": "none"}, 2, 2),
        ("ICANS", {"ice": 0, "consciousness": "alert", "sign": "none"}, 3, 3),
        ("ICANS", {"ice": 9, "consciousness": "to-touch", "sign": "none"}, 3, 3),
        ("ICANS", {"ice": 9, "consciousness": "alert", "sign": "seizure"}, 3, 3),
        ("ICANS", {"ice": 9, "consciousness": "alert", "sign": "focal-oedema"}, 3, 3),
        ("ICANS", {"ice": 0, "consciousness": "unarousable", "sign": "none"}, 4, 4),
        ("ICANS", {"ice": 9, "consciousness": "alert", "sign": "status-epilepticus"}, 4, 4),
        ("ICANS", {"ice": 8}, 1, 4),
        ("ICANS", {"consciousness": "alert", "sign": "none"}, 0, 3),
    ],
)
def test_grades_by_their_inputs(event: str, inputs: dict[str, Any], low: int, high: int) -> None:
    found = grade_of(CATALOGUE, event, inputs)
    assert (found["at_least"], found["at_most"]) == (low, high)
    asked = {"temperature", "pressure", "oxygen"} if event == "CRS" else {"ice", "consciousness", "sign"}
    treated = {"fever-treated"} if float(inputs.get("temperature", 39)) < 38 else set()
    assert found["source"] and set(found["missing"]) == (asked | treated) - set(inputs)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.floats(38, 41),
            "pressure": st.sampled_from(["none", "no-vasopressor", "one-vasopressor", "several-vasopressors"]),
            "oxygen": st.sampled_from(["none", "low-flow", "high-flow", "positive-pressure"]),
        },
    ),
    st.sampled_from(["temperature", "pressure", "oxygen"]),
)
def test_what_is_not_told_never_lowers_a_grade(inputs: dict[str, Any], left_out: str) -> None:
    more = grade_of(CATALOGUE, "CRS", inputs)
    less = grade_of(CATALOGUE, "CRS", {k: v for k, v in inputs.items() if k != left_out})
    assert less["at_least"] <= more["at_least"] <= more["at_most"] <= less["at_most"]


def test_the_commands_say_it_and_refuse_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--on", "2026-09-01", "--today", "2026-10-05",
            "--schedule", "weekly", "-j", "US"]  # fmt: skip
    assert run(line) == 0
    shown = capsys.readouterr().out
    assert "repeat: 0.3 mg/kg" in shown and "34 days since 1.5 mg/kg" in shown and "Decision support" in shown
    assert run([*line, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["dose"] == "0.3 mg/kg"
    assert run(["restart", "elranatamab", "--last-dose", "76 mg", "--on", "2026-09-01", "-j", "US"]) == 0
    assert "no dose is given here" in capsys.readouterr().out
    assert run(["hold", "elranatamab", "CRS", "--temperature", "38.5", "-j", "US"]) == 0
    shown = capsys.readouterr().out
    assert "Grade 1 to 4" in shown and "not told: pressure, oxygen" in shown and CHECK in shown
    assert run(["hold", "elranatamab", "CRS", "--ice", "3"]) == 2
    assert run(["hold", "elranatamab", "CRS", "--pressure", "low"]) == 2
    assert run(["hold", "carfilzomib", "hiccups"]) == 2
    for degrees in ("102", "12", "-5", "nan"):
        assert run(["hold", "elranatamab", "CRS", "--temperature", degrees]) == 2
    assert run(["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--on", "soon"]) == 2


def test_a_grade_that_was_told_is_not_overruled_in_silence() -> None:
    inputs: dict[str, float | str] = {"temperature": 38.5, "pressure": "none", "oxygen": "none"}
    both = hold(CATALOGUE, "elranatamab", "CRS", grade=4, inputs=inputs, jurisdiction="US")
    assert "grade 4 was told" in both["conflict"] and "give grade 1" in both["conflict"]
    shown = {g for r in both["rows"] for g in r["grades"]}
    assert {1, 4} <= shown
    ill = inputs | {"pressure": "one-vasopressor"}
    low = hold(CATALOGUE, "teclistamab", "CRS", grade=1, inputs=ill, jurisdiction="EU")
    assert low["conflict"] and any(3 in r["grades"] for r in low["rows"]), "the graver of the two stands as well"
    agreed = hold(CATALOGUE, "elranatamab", "CRS", grade=1, inputs=inputs, jurisdiction="US")
    assert agreed["conflict"] == "" and not any(4 in r["grades"] and 1 not in r["grades"] for r in agreed["rows"])


def test_icans_is_not_answered_with_rows_of_other_neurotoxicity() -> None:
    for grade in (1, 2, 3, 4):
        rows = hold(CATALOGUE, "teclistamab", "ICANS", grade=grade, jurisdiction="US")["rows"]
        assert rows and not [r for r in rows if "other than ICANS" in r["event"]]
        assert any(r["event"] == "neurotoxicity" and r["read"] for r in rows), "the row that covers ICANS"
    wide = hold(CATALOGUE, "teclistamab", "neurotoxicity", jurisdiction="US")["rows"]
    assert any("other than ICANS" in r["event"] for r in wide)


@pytest.mark.parametrize("event", ["c", "", "infektion", "tox"])
def test_an_event_goes_by_its_name(event: str) -> None:
    with pytest.raises(UsageError, match="is not an event that the catalogue knows"):
        hold(CATALOGUE, "teclistamab", event)
    if event:
        with pytest.raises(UsageError, match="is not an event that the catalogue knows"):
            restart(CATALOGUE, "teclistamab", last_dose="1.5 mg/kg", schedule="weekly", on=ON, today=ON,
                    jurisdiction="US", reason=event)  # fmt: skip


def test_an_interruption_shows_the_rows_of_its_cause_and_when_to_weigh_it() -> None:
    def after(days: int, **more: Any) -> Any:
        asks: dict[str, Any] = {"last_dose": "1.5 mg/kg", "schedule": "weekly", "jurisdiction": "US"} | more
        return restart(CATALOGUE, "teclistamab", on=ON, today=ON + timedelta(days), **asks)

    caused = after(19, reason="CRS", grade=4)
    assert any("stop by severity" in r["text"] for r in caused["holds"])
    assert after(19)["holds"] == []
    assert [bool(after(n)["review"]) for n in (28, 29, 56, 57)] == [False, True, True, True]
    assert [bool(after(n, schedule="every 2 weeks")["review"]) for n in (28, 29, 64, 113)] == [False, True, True, True]
    assert bool(after(29, last_dose="0.3 mg/kg")["review"])
    with pytest.raises(UsageError, match="give the event too"):
        after(19, grade=3)
    with pytest.raises(UsageError, match="no such regimen contains"):
        after(19, regimen="nonsense")


def test_a_row_derived_for_another_regimen_gives_no_dose() -> None:
    asks: dict[str, Any] = {"last_dose": "1.5 mg/kg", "schedule": "weekly", "jurisdiction": "US", "on": ON}
    found = restart(CATALOGUE, "teclistamab", today=ON + timedelta(10), regimen="Tec-Dara", **asks)
    assert found["action"] == "check-label" and found["dose"] == ""
    for schedule in ("every 2 weeks", "every 4 weeks", "every 2 or 4 weeks"):
        late = restart(CATALOGUE, "teclistamab", today=ON + timedelta(70), regimen="Tec-Dara",
                       **asks | {"schedule": schedule, "last_dose": "3 mg/kg"})  # fmt: skip
        assert (late["action"], late["dose"]) == ("check-label", ""), "9.17: one paraphrase is no table"


def test_no_unread_row_of_any_table_gives_a_dose() -> None:
    unread = [
        (agent, row)
        for agent, handling in CATALOGUE.handling.items()
        for row in handling.restarts
        if row.verified == "unverified" or row.superseded
    ]
    assert any(row.dose for _, row in unread), "some of them name one"
    for agent, row in unread:
        found = restart(
            CATALOGUE, agent, last_dose=row.last_dose, schedule=either(row.schedule), on=ON,
            today=ON + timedelta(row.days_from or 0), jurisdiction=(row.jurisdictions or ("US",))[0],
            regimen=(row.regimens or ("",))[0],
        )  # fmt: skip
        assert (found["action"], found["dose"]) == ("check-label", ""), (agent, row.last_dose, row.days_from)


# --- words for an event -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "word", "event"),
    [
        ("bortezomib", "neutropenia", "haematological toxicity"),
        ("bortezomib", "Thrombocytopenia", "haematological toxicity"),
        ("bortezomib", "anemia", "haematological toxicity"),
        ("bortezomib", "peripheral neuropathy", "neuropathy"),
        ("bortezomib", "neurotoxicity", "neuropathy"),
        ("bortezomib", "diarrhoea", "non-haematological toxicity"),
        ("carfilzomib", "heart failure", "cardiac event"),
        ("carfilzomib", "haematological toxicity", "thrombocytopenia"),
        ("isatuximab", "infusion related reaction", "infusion reaction"),
        ("belantamab", "keratopathy", "ocular toxicity"),
        ("elranatamab", "neutropenic fever", "febrile neutropenia"),
        ("elranatamab", "neurologic toxicity", "neurotoxicity"),
        ("teclistamab", "cytokine release syndrome", "CRS"),
        ("teclistamab", "pneumonia", "infection"),
        ("teclistamab", "neuropathy", "neurotoxicity other than ICANS"),
        ("talquetamab", "dysgeusia", "oral toxicity"),
        ("talquetamab", "ataxia", "neurotoxicity"),
        ("linvoseltamab", "neutropenia", "neutropenia"),
    ],
)
def test_an_ordinary_word_finds_the_rows_of_the_label(agent: str, word: str, event: str) -> None:
    assert event in {r["event"] for r in hold(CATALOGUE, agent, word)["rows"]}


def test_blood_counts_do_not_find_the_rows_of_other_toxicity_nor_nerves_those_of_the_rest() -> None:
    """The label leaves counts and neuropathy out of its row for any other toxicity."""
    for word in ("neutropenia", "thrombocytopenia", "peripheral neuropathy"):
        assert "non-haematological toxicity" not in {r["event"] for r in hold(CATALOGUE, "bortezomib", word)["rows"]}


@pytest.mark.parametrize(("agent", "event", "action"), [("isatuximab", "anaphylaxis", "stop"), ("elranatamab", "febrile neutropenia", "withhold"), ("talquetamab", "neutropenia", "withhold")])  # fmt: skip
def test_what_holds_at_any_grade_is_not_lost_where_a_grade_is_told(agent: str, event: str, action: str) -> None:
    for grade in (1, 2, 3, 4):
        assert action in {r["action"] for r in hold(CATALOGUE, agent, event, grade=grade)["rows"]}


def test_a_word_of_an_event_brings_its_practice_and_only_for_the_drugs_that_it_was_said_of() -> None:
    assert (
        hold(CATALOGUE, "elranatamab", "sepsis")["practice"] == hold(CATALOGUE, "elranatamab", "infection")["practice"]
    )
    for agent in ("cilta-cel", "lenalidomide"):  # no dose to space out, no step-up to repeat
        found = hold(CATALOGUE, agent, "infection")
        assert (found["rows"], found["practice"], found["decision"]["action"]) == ([], [], "check-label")
    known = {a.modality for a in CATALOGUE.agents}
    assert all(known.issuperset(x.modalities) for x in CATALOGUE.practice)
    assert all(known.issuperset(x.modalities) for x in CATALOGUE.gradings)


def test_cell_therapy_has_its_grade_though_no_row_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    for agent in ("cilta-cel", "ide-cel", "eque-cel"):
        ill = hold(CATALOGUE, agent, "CRS", inputs={"temperature": 39, "pressure": "one-vasopressor", "oxygen": "none"})
        assert ill["grade"] and (ill["grade"]["at_least"], ill["grade"]["at_most"]) == (3, 3) and ill["rows"] == []
        assert hold(CATALOGUE, agent, "ICANS", inputs={"ice": 3})["rows"] == []
    assert run(["hold", "cilta-cel", "cytokine release syndrome", "--temperature", "39"]) == 0
    shown = capsys.readouterr().out
    assert "Grade 1 to 4" in shown and f"none was read: {CHECK}" in shown
    for event in ("CRS", "ICANS"):
        told = {"temperature": 39} if event == "CRS" else {"ice": 3}
        found = hold(CATALOGUE, "lenalidomide", event, inputs=told)
        assert (found["rows"], found["decision"]["action"]) == ([], "check-label")
    with pytest.raises(UsageError, match="events: CRS, ICANS"):
        hold(CATALOGUE, "cilta-cel", "hiccups")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"fever-treated": "no", "pressure": "one-vasopressor", "oxygen": "none"}, True),
        ({"fever-treated": "no", "pressure": "none", "oxygen": "low-flow"}, True),
        ({"fever-treated": "no", "oxygen": "high-flow"}, True),
        ({"pressure": "one-vasopressor", "oxygen": "none"}, True),
        ({"fever-treated": "yes", "pressure": "one-vasopressor", "oxygen": "none"}, False),
        ({"fever-treated": "no", "pressure": "none", "oxygen": "none"}, False),
        ({"fever-treated": "no"}, False),
        ({"temperature": 39, "pressure": "one-vasopressor", "oxygen": "high-flow"}, False),
        ({"temperature": 38.5, "pressure": "none", "oxygen": "none"}, False),
    ],
)
def test_shock_without_fever_asks_for_another_cause(inputs: dict[str, Any], said: bool) -> None:
    because = "; ".join(grade_of(CATALOGUE, "CRS", {"temperature": 37} | inputs)["because"])
    assert ("not CRS by the definition" in because and "such as sepsis" in because) == said
    assert ("unless fever was treated away" in because) == (said and "fever-treated" not in inputs)


def test_every_event_that_rows_have_goes_by_a_name_that_the_catalogue_knows_and_no_word_by_two() -> None:
    rows = [r for h in CATALOGUE.handling.values() for r in h.holds]
    named = {e for r in rows for e in (r.event, *r.covers)} | {g.event for g in CATALOGUE.gradings}
    assert named | {p.event for p in CATALOGUE.practice} <= set(CATALOGUE.events)
    words = [w.casefold() for event, also in CATALOGUE.events.items() for w in (event, *also)]
    assert len(words) == len(set(words))


# --- going on after an event --------------------------------------------------------------------


def after_event(event: str = "", grade: int | None = None, **more: Any) -> Any:
    asks: dict[str, Any] = {
        "last_dose": "1.5 mg/kg",
        "schedule": "weekly",
        "jurisdiction": "US",
        "on": ON,
        "today": ON + timedelta(7),
    }
    return restart(CATALOGUE, "teclistamab", reason=event, grade=grade, **asks | more)


@pytest.mark.parametrize(("event", "grade"), [("CRS", 4), ("CRS", 3), ("CRS", None), ("ICANS", 4), ("infection", 4)])
def test_no_dose_is_given_where_a_row_at_that_event_may_ask_to_stop(event: str, grade: int | None) -> None:
    found = after_event(event, grade)
    assert (found["action"], found["dose"]) == ("stopped", "") and "stop for good" in found["only_if"]
    assert ("--grade" in found["only_if"]) == (grade is None)
    assert found["premedication"] == found["observation"] == []


@pytest.mark.parametrize(("event", "grade"), [("CRS", 1), ("CRS", 2), ("infection", 3)])
def test_after_a_lesser_event_the_dose_hangs_on_its_rows(event: str, grade: int) -> None:
    found = after_event(event, grade)
    assert (found["action"], found["dose"]) == ("continue", "1.5 mg/kg")
    assert f"{event} of grade {grade} has settled" in found["only_if"]
    assert found["premedication"] == found["observation"] == [], "those rows speak of the steps, not of this dose"
    assert "premedication and watch at this dose" in found["only_if"]


def test_without_an_event_nothing_is_added() -> None:
    found = after_event()
    assert (found["action"], found["only_if"], found["premedication"]) == ("continue", "", [])


def test_the_terminal_puts_no_dose_over_a_row_that_may_stop(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--schedule", "weekly", "-j", "US", "--on", "2026-11-19"]  # fmt: skip
    assert run([*asked, "--today", "2026-11-26", "--reason", "CRS", "--grade", "4"]) == 0
    page = capsys.readouterr().out
    assert "No dose is given here" in page and "continue: 1.5" not in page
    assert run([*asked, "--today", "2026-11-26", "--reason", "CRS", "--grade", "1"]) == 0
    page = capsys.readouterr().out
    assert page.index("has settled") < page.index("continue: 1.5 mg/kg")


@pytest.mark.parametrize(("event", "grade"), [("ICANS", 3), ("CRS", 4), ("infection", 4)])
def test_a_dose_after_an_event_that_may_end_treatment_is_no_order(
    event: str, grade: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line has the decision, the premedication and the watch, so that no copy of it lacks them."""
    asked = ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--schedule", "weekly", "-j", "US", "--on", "2026-11-19",
             "--today", "2026-11-26", "--reason", event, "--grade", str(grade)]  # fmt: skip
    for shown in ("table", "html", "markdown"):
        assert run([*asked, "-f", shown]) == 0
        page = " ".join(capsys.readouterr().out.split())
        lead, _, row = page.partition("the table has: ")
        assert row.startswith("go on with 1.5 mg/kg weekly")
        assert "only once a specialist has decided" in lead[-300:] and "premedication and the watch" in lead[-300:]


@pytest.mark.parametrize(("agent", "row"), [(a, r) for a, r in UNREADABLE if r.days_to == 7], ids=named)
def test_so_few_days_that_no_row_begins_are_no_interruption(agent: str, row: Restart) -> None:
    found = asked(agent, row, 7)
    assert (found["action"], found["dose"]) == ("check-label", "") and "as planned" in found["note"]
    assert "without an adverse event" in found["note"]


@pytest.mark.parametrize("agent", ["teclistamab", "elranatamab", "talquetamab", "linvoseltamab"])
def test_the_same_dose_after_an_infection_yields_to_the_table_of_the_label(agent: str) -> None:
    said = [x["text"] for x in hold(CATALOGUE, agent, "infection", grade=3)["practice"] if "same dose" in x["text"]]
    assert said and all("in the step-up it alone decides" in x for x in said)


@pytest.mark.parametrize(
    ("sign", "of"),
    [("fever", "CRS, infection, febrile"), ("Confusion", "ICANS, infection"), ("altered mental status", "ICANS")],
)
def test_a_sign_leads_to_the_events_that_it_may_belong_to(sign: str, of: str) -> None:
    with pytest.raises(UsageError, match=f"may be a sign of {of}"):
        hold(CATALOGUE, "teclistamab", sign)
    with pytest.raises(UsageError) as said:
        hold(CATALOGUE, "bortezomib", sign)
    assert "sign of" not in str(said.value), "not on a drug that does not cause them"


def test_every_sign_belongs_to_an_event_that_rows_have() -> None:
    named = {r.event for h in CATALOGUE.handling.values() for r in h.holds} | {g.event for g in CATALOGUE.gradings}
    assert {event for of in CATALOGUE.signs.values() for event in of} <= named


def test_infection_is_not_dropped_from_what_a_fever_may_be_where_no_row_was_read() -> None:
    with pytest.raises(UsageError, match="may be a sign of CRS, infection, febrile neutropenia: use CRS instead;"):
        hold(CATALOGUE, "cilta-cel", "fever")


def test_a_row_that_was_read_is_not_told_as_unread_beside_one_that_was_not() -> None:
    row = next(r for r in CATALOGUE.handling["teclistamab"].holds if r.action == "stop" and r.read)
    other = next(r for r in CATALOGUE.handling["teclistamab"].holds if r.action == "stop" and not r.read)
    assert "not read" not in _Cause("X", 4, [], [row, other], None, "").only_if()
    assert "not read" in _Cause("X", 4, [], [other], None, "").only_if()


def test_a_regimens_page_withholds_the_rows_that_hold_withholds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "teclistamab", "--format", "json"]) == 0
    for row in (row for agent in json.loads(capsys.readouterr().out)["agents"] for row in agent["holds"]):
        assert (row["action"] == "check-label") == (row["verified"] == "unverified") == ("not read" in row["text"])
    for shown in ("table", "html", "markdown"):
        assert run(["explain", "teclistamab", "--full", "--format", shown]) == 0
        page = " ".join(capsys.readouterr().out.split())
        assert "not read" in page and "haemoglobin below 8" not in page and "below 0.5" in page


@pytest.mark.parametrize(
    ("places", "regimens", "place", "regimen", "applies"),
    [
        ((), (), "", "", True), ((), (), "US", "Tec-Dara", True),
        (("US",), (), "US", "", True), (("US",), (), "EU", "", False), (("US",), (), "", "", True),
        ((), ("Tec-Dara",), "", "Tec-Dara", True), ((), ("Tec-Dara",), "", "teclistamab", False), ((), ("Tec-Dara",), "", "", True),
        (("US",), ("Tec-Dara",), "US", "teclistamab", False), (("US",), ("Tec-Dara",), "EU", "Tec-Dara", False),
        (("US", "EU"), ("Tec-Dara", "x"), "EU", "Tec-Dara", True),
    ],
)  # fmt: skip
def test_a_row_of_another_regimen_or_place_does_not_apply(
    places: tuple[str, ...], regimens: tuple[str, ...], place: str, regimen: str, applies: bool
) -> None:
    row = Row(source="s", verified="primary", jurisdictions=places, regimens=regimens)
    assert row_applies(row, place, regimen) is applies


def test_the_limits_of_a_plausible_temperature_are_plausible() -> None:
    grading = next(g for g in CATALOGUE.gradings if g.plausible_c[0] > 0)
    lowest, highest = grading.plausible_c
    inputs = {"pressure": "none", "oxygen": "none"}
    for degrees in (lowest, highest):
        assert hold(CATALOGUE, "elranatamab", "CRS", inputs=inputs | {"temperature": degrees}, jurisdiction="US")
    for degrees in (lowest - 0.1, highest + 0.1):
        with pytest.raises(UsageError, match="is not possible; write it in °C"):
            hold(CATALOGUE, "elranatamab", "CRS", inputs=inputs | {"temperature": degrees}, jurisdiction="US")


# --- an event of which no row was read, and what ends treatment -------------------------------------

# Agents without any row are answered alike, but for their names.
WITHOUT = [a.id for a in CATALOGUE.agents if a.id not in CATALOGUE.handling]
AGENTS = sorted([*CATALOGUE.handling, *WITHOUT[:3]])
ENDING = {e: s.from_grade for s in CATALOGUE.stops for e in s.events}


def test_the_events_that_end_treatment_are_those_of_the_contract() -> None:
    """9.17: grade 4 CRS or ICANS, anaphylaxis, TMA, PRES, SJS/TEN and PML."""
    assert ENDING == {"CRS": 4, "ICANS": 4, "anaphylaxis": 1, "TMA": 1, "PRES": 1, "SJS/TEN": 1, "PML": 1}


@pytest.mark.parametrize("event", CATALOGUE.events)
def test_a_known_event_is_answered_for_every_drug_and_never_with_nothing(event: str) -> None:
    """9.17: an event without a row for this drug gives check-label, not an empty answer and not exit 2."""
    for agent, place in itertools.product(AGENTS, ("", *CATALOGUE.jurisdictions)):
        for grade in (None, 3, 4):
            if agent in CATALOGUE.handling or grade is None:
                found = hold(CATALOGUE, agent, event, grade=grade, jurisdiction=place)
                decision, rows = found["decision"], found["rows"]
                assert decision["text"]
                read = [r for r in rows if r["read"]]
                ends = event in ENDING and (grade or 0) >= (0 if ENDING[event] == 1 else ENDING[event])
                assert (decision["action"] == "stop-until-decided") == ends
                if not ends and not read:
                    assert decision["action"] == "check-label" and "no further dose until" in decision["text"]
                    assert (place in ("US", "EU", "UK")) <= any(place in s["by"] for s in decision["sections"])
                if decision["action"] == "by-rows":
                    assert {r["action"] for r in read} <= {"stop"} or not any(
                        r["or_stop"] or "stop" in r["action"] or "stop" in r["recalled"] for r in rows
                    )


@pytest.mark.parametrize(
    ("agent", "word", "event"),
    [
        ("talquetamab", "rash", "rash"),
        ("talquetamab", "skin toxicity", "skin reaction"),
        ("talquetamab", "nails", "nail changes"),
        ("talquetamab", "weight loss", "weight loss"),
        ("talquetamab", "dysgeusia", "oral toxicity"),
        ("belantamab", "keratopathy", "ocular toxicity"),
        ("belantamab", "corneal event", "ocular toxicity"),
        ("lenalidomide", "Stevens-Johnson syndrome", "SJS/TEN"),
        ("carfilzomib", "posterior reversible encephalopathy syndrome", "PRES"),
    ],
)
def test_a_word_leads_to_its_own_event_and_to_no_other(agent: str, word: str, event: str) -> None:
    found = hold(CATALOGUE, agent, word)
    assert found["event"] == event and {r["event"] for r in (*found["rows"], *found["elsewhere"])} <= {event}


def test_the_eyes_are_answered_by_the_row_of_the_place_and_others_stand_beside() -> None:
    us = hold(CATALOGUE, "belantamab", "keratopathy", jurisdiction="US")
    assert [r["source"] for r in us["rows"]] == ["blenrep-boxed-2025"] and us["decision"]["action"] == "decide-today"
    eu = hold(CATALOGUE, "belantamab", "corneal event", grade=4, jurisdiction="EU")
    assert [r["grades"] for r in eu["rows"]] == [[4]] and eu["elsewhere"][0]["jurisdictions"] == ["US"]
    mild = hold(CATALOGUE, "belantamab", "keratopathy", grade=1, jurisdiction="EU")
    assert mild["decision"]["action"] == "check-label" and "4.2" in mild["decision"]["text"]


@pytest.mark.parametrize("agent", ["teclistamab", "elranatamab", "talquetamab", "linvoseltamab", "cilta-cel"])
def test_crs_of_grade_4_is_not_answered_with_withhold_until_resolved(
    agent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for event in ("CRS", "ICANS"):
        for place in CATALOGUE.jurisdictions:
            found = hold(CATALOGUE, agent, event, grade=4, jurisdiction=place)
            assert found["decision"]["action"] == "stop-until-decided"
        ranged = hold(CATALOGUE, agent, event)["decision"]
        assert ranged["action"] != "by-rows" and any("from grade 4" in b for b in ranged["because"])
    for shown in ("table", "markdown"):
        assert run(["hold", agent, "CRS", "--grade", "4", "-j", "EU", "-f", shown]) == 0
        page = " ".join(capsys.readouterr().out.split())
        assert "no further dose until a specialist has decided" in page
        assert "withhold" not in page or page.index("specialist has decided") < page.index("withhold")


def test_a_row_that_was_not_read_may_hold_a_dose_and_ends_nothing_by_itself() -> None:
    """9.17: its action stands as recalled; the answer is to decide today."""
    found = hold(CATALOGUE, "teclistamab", "infection", grade=4, jurisdiction="US")
    assert found["decision"]["action"] == "decide-today"
    assert any("not read may ask to stop" in b for b in found["decision"]["because"])
    unread = [r for r in found["rows"] if not r["read"]]
    assert [(r["action"], r["recalled"]) for r in unread] == [("check-label", "consider stopping")]
    alone = hold(CATALOGUE, "elranatamab", "anaemia", grade=3)
    assert alone["decision"]["action"] == "check-label" and alone["rows"][0]["recalled"] == "withhold"


def test_rows_that_agree_are_the_answer() -> None:
    assert hold(CATALOGUE, "bortezomib", "neuropathy", grade=4)["decision"]["text"] == "stop"
    assert hold(CATALOGUE, "carfilzomib", "neutropenia", grade=4)["decision"]["text"] == "withhold"
    differ = hold(CATALOGUE, "bortezomib", "neuropathy", grade=2)["decision"]
    assert differ["action"] == "decide-today" and "reduce, withhold" in differ["because"][0]


@pytest.mark.parametrize(
    ("word", "near"), [("rashh", "rash"), ("infektion", "infection"), ("neutropaenia", "neutropenia")]
)
def test_a_word_that_names_no_event_is_an_error_with_the_nearest(
    word: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hold", "lenalidomide", word]) == 2
    assert f"Did you mean {near}?" in capsys.readouterr().err


def test_no_dose_is_given_after_an_event_of_which_no_row_was_read() -> None:
    for event in ("rash", "nail changes", "weight loss", "thrombosis"):
        found = after_event(event)
        assert (found["action"], found["dose"]) == ("check-label", "") and "section 2.5 (US)" in found["note"]
        assert found["premedication"] == found["observation"] == []
    for event in ("anaphylaxis", "TMA", "PML"):
        found = after_event(event)
        assert (found["action"], found["dose"]) == ("stopped", "") and "specialist has decided" in found["only_if"]


def test_a_layer_with_an_event_of_no_name_is_refused(tmp_path: Any) -> None:
    from mmadvisor.base.errors import InvalidInputError
    from mmadvisor.files.layers import load

    layer = tmp_path / "layer.yaml"
    layer.write_text(
        'handling: {lenalidomide: {holds: [{event: rashes, action: withhold, text: "x", source: advisor-practice, '
        "verified: unverified}]}}\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidInputError, match=r"there is no event rashes\. Did you mean rash"):
        load([layer])


# --- step-up by place --------------------------------------------------------------------------

STEPPED = sorted(a for a, h in CATALOGUE.handling.items() if h.steps)


def test_teclistamab_in_the_us_is_watched_in_hospital_after_all_three_doses() -> None:
    """No relaxation that rests on one paraphrase; an option lists the same row, and no row of another place."""
    rows = [r for r in CATALOGUE.handling["teclistamab"].observation if "US" in r.jurisdictions]
    assert [(r.where, r.hours, r.doses) for r in rows] == [("hospital", 48, ("0.06 mg/kg", "0.3 mg/kg", "1.5 mg/kg"))]
    case = Case.of(a_patient(**patient(*TRIPLE_CLASS_REFRACTORY)), CATALOGUE, DAY, jurisdiction="US")
    ward = [
        m for m in monitoring(case, find_regimen(CATALOGUE, "teclistamab")) if m["checklist"].endswith("observation")
    ]
    assert [m["by"] for m in ward] == ["US"] and "48 h in hospital" in ward[0]["item"]


@pytest.mark.parametrize("agent", STEPPED)
def test_premedication_and_observation_name_the_text_that_was_read(agent: str) -> None:
    handling = CATALOGUE.handling[agent]
    for row in (*handling.premedication, *handling.observation):
        assert "text" in row.note or "leaflet" in row.note or not row.read, (agent, row)
        assert row.source != "tecvayli-training-2026"


# --- the table of interruptions, and what follows ----------------------------------------------------

READ_TABLES = {("teclistamab", "US"), ("talquetamab", "EU")}


def test_only_the_two_tables_that_were_read_give_a_dose() -> None:
    """Teclistamab in the US, talquetamab weekly in the EU; all else is looked up, elranatamab in the US as well."""
    assert {(a, p) for a, r in READABLE for p in r.jurisdictions or ("",)} == READ_TABLES
    assert {either(r.schedule) for a, r in READABLE if a == "talquetamab"} == {"weekly"}
    assert all(len(r.regimens) == 1 for _, r in READABLE), "beside another drug they were not read"


@pytest.mark.parametrize(
    ("last", "days", "action", "dose"),
    [
        ("0.01 mg/kg", 7, "check-label", ""), ("0.01 mg/kg", 8, "restart", "0.01 mg/kg"),
        ("0.06 mg/kg", 7, "check-label", ""), ("0.06 mg/kg", 8, "repeat", "0.06 mg/kg"),
        ("0.06 mg/kg", 28, "repeat", "0.06 mg/kg"), ("0.06 mg/kg", 29, "restart", "0.01 mg/kg"),
        ("0.4 mg/kg", 7, "check-label", ""), ("0.4 mg/kg", 8, "repeat", "0.4 mg/kg"), ("0.4 mg/kg", 35, "repeat", "0.4 mg/kg"),
        ("0.4 mg/kg", 36, "restart", "0.06 mg/kg"), ("0.4 mg/kg", 56, "restart", "0.06 mg/kg"), ("0.4 mg/kg", 57, "check-label", ""),
    ],
)  # fmt: skip
def test_talquetamab_weekly_in_the_eu_on_both_sides_of_each_limit(last: str, days: int, action: str, dose: str) -> None:
    asks: dict[str, Any] = {"last_dose": last, "on": ON, "today": ON + timedelta(days), "schedule": "weekly"}
    found = restart(CATALOGUE, "talquetamab", jurisdiction="EU", **asks)
    assert (found["action"], found["dose"]) == (action, dose) and found["verified"] != "primary"
    for other in ("UK", "HK", "US"):
        assert restart(CATALOGUE, "talquetamab", jurisdiction=other, **asks)["dose"] == ""
    sparser = restart(CATALOGUE, "talquetamab", jurisdiction="EU", **asks | {"last_dose": "0.8 mg/kg", "schedule": ""})
    assert sparser["dose"] == ""
    assert restart(CATALOGUE, "talquetamab", jurisdiction="EU", regimen="Tal-Tec", **asks)["dose"] == ""


def test_the_headline_says_what_to_give_on_which_day_and_what_follows() -> None:
    def told(last: str, days: int, **more: Any) -> Any:
        return after_event(today=ON + timedelta(days), last_dose=last, **more)

    second = told("1.5 mg/kg", 30)
    sparse = told("1.5 mg/kg", 100, schedule="every 2 weeks")
    assert (
        sparse["headline"].endswith("on which schedule it then goes on was not read")
        and "weekly" not in sparse["headline"]
    )
    assert second["headline"].startswith("Give 0.3 mg/kg on 2026-10-01, then 1.5 mg/kg on 2026-10-04; first full dose")
    assert [(d["dose"], d["on"]) for d in second["plan"]] == [("0.3 mg/kg", "2026-10-01"), ("1.5 mg/kg", "2026-10-04")]
    for dose in second["plan"]:
        assert any("dexamethasone 16 mg" in x["text"] for x in dose["premedication"])
        assert ["48 h in hospital" in x["text"] for x in dose["observation"]] == [True]
    anew = told("1.5 mg/kg", 57)
    assert [d["on"] for d in anew["plan"]] == ["2026-10-28", "2026-10-31", "2026-11-03"]
    same = told("1.5 mg/kg", 28)
    assert same["headline"] == "Give 1.5 mg/kg on 2026-09-29; then weekly, as before" and len(same["plan"]) == 1
    assert same["plan"][0]["premedication"] == same["premedication"] == []
    assert told("1.5 mg/kg", 8, in_hospital=True)["headline"].startswith("Nothing while in hospital")
    assert told("1.5 mg/kg", 8, event="infection", grade=3)["headline"].startswith("Only if")
    weekly = restart(CATALOGUE, "talquetamab", last_dose="0.4 mg/kg", schedule="weekly", on=ON, jurisdiction="EU",
                     today=ON + timedelta(36))  # fmt: skip
    assert [(d["dose"], d["on"]) for d in weekly["plan"]] == [("0.06 mg/kg", "2026-10-07"), ("0.4 mg/kg", "2026-10-09")]
    assert all("near the centre" in x["text"] for d in weekly["plan"] for x in d["observation"])


@pytest.mark.parametrize("place", sorted(CATALOGUE.jurisdictions))
@pytest.mark.parametrize("agent", sorted({a for a, _ in ROWS}))
def test_where_no_row_was_read_the_section_is_named_and_the_danger_said(agent: str, place: str) -> None:
    for last in {r.last_dose for a, r in ROWS if a == agent}:
        for schedule, days in itertools.product(("weekly", "every 2 weeks"), (3, 20, 200)):
            try:
                found = restart(CATALOGUE, agent, last_dose=last, schedule=schedule, on=ON, today=ON + timedelta(days),
                                jurisdiction=place)  # fmt: skip
            except UsageError:
                continue
            if (agent, place) not in READ_TABLES:
                assert found["action"] == "check-label"
            if found["action"] == "check-label":
                assert found["dose"] == found["headline"] == "" and not found["plan"]
                assert [s["by"] for s in found["sections"]] == [place]
                said = " ".join(x["text"] for x in found["beware"])
                assert "risk of CRS" in said and "never the last full dose" in said
            else:
                assert not found["beware"] and found["plan"][0]["dose"] == found["dose"]


def test_elranatamab_in_the_us_is_looked_up_in_its_own_section() -> None:
    found = restart(CATALOGUE, "elranatamab", last_dose="76 mg", on=ON, today=ON + timedelta(50), jurisdiction="US")
    assert [s["section"] for s in found["sections"]] == ["2.4"] and found["sections"][0]["verified"] == "primary"


# --- holds that are safe ----------------------------------------------------------------------------

T_CELL = sorted(a.id for a in CATALOGUE.agents if a.modality in ("bispecific", "trispecific", "car-t"))
LEVELS = {"no change": 0, "reduce": 1, "interrupt": 2, "withhold": 2, "consider stopping": 3, "stop": 4}


def after_the_lead(text: str) -> str:
    """A decision without what is done at once."""
    for row in CATALOGUE.while_given:
        text = text.casefold().removeprefix(f"{row.text}; ")
    return text


def level(row: Any) -> int:
    said = LEVELS.get(row["recalled"] or row["action"], 0)
    return max(said, 3 if row["or_stop"] else 0)


@pytest.mark.parametrize("event", CATALOGUE.events)
def test_every_event_is_answered_for_every_drug_at_every_grade_and_a_weaker_row_never_stands_alone(event: str) -> None:
    """9.17: an action, or the section to read; where a stricter row is known at that grade, a person decides."""
    for agent, place, grade in itertools.product(AGENTS, ("", "US", "EU"), (1, 2, 3, 4)):
        found = hold(CATALOGUE, agent, event, grade=grade, jurisdiction=place)
        decision = found["decision"]
        assert (
            decision["action"] in ("by-rows", "decide-today", "check-label", "stop-until-decided") and decision["text"]
        )
        known = [r for r in (*found["rows"], *found["elsewhere"]) if not r["only_with"]]
        sure = [r for r in found["rows"] if r["read"] and not r["only_with"]]
        if decision["action"] == "by-rows":
            assert sure and max(map(level, known)) == max(map(level, sure)), (agent, place, grade)
        if decision["action"] == "check-label":
            assert not sure and "no further dose until" in decision["text"]


@pytest.mark.parametrize("event", CATALOGUE.events)
def test_a_synonym_gives_the_same_answer_as_the_event(event: str) -> None:
    for agent, grade in itertools.product(AGENTS, (None, 1, 2, 3, 4)):
        asked = hold(CATALOGUE, agent, event, grade=grade)
        for word in CATALOGUE.events[event]:
            assert hold(CATALOGUE, agent, word, grade=grade) == asked, (agent, word)


@pytest.mark.parametrize(
    ("agent", "event", "place", "count", "action", "said"),
    [
        ("carfilzomib", "thrombocytopenia", "US", 9.9, "by-rows", "withhold at platelets below 10"),
        ("carfilzomib", "thrombocytopenia", "US", 10, "check-label", "section 2"),
        ("lenalidomide", "thrombocytopenia", "US", 29, "by-rows", "withhold at platelets below 30"),
        ("lenalidomide", "thrombocytopenia", "US", 30, "check-label", "section 2"),
        ("lenalidomide", "thrombocytopenia", "EU", 24, "by-rows", "withhold at platelets below 25"),
        ("lenalidomide", "thrombocytopenia", "EU", 25, "by-rows", "withhold at platelets below 30"),
        ("lenalidomide", "thrombocytopenia", "EU", 29, "by-rows", "withhold at platelets below 30"),
        ("lenalidomide", "thrombocytopenia", "EU", 30, "check-label", "4.2"),
        ("lenalidomide", "neutropenia", "US", 0.99, "by-rows", "withhold at neutrophils below 1"),
        ("lenalidomide", "neutropenia", "US", 1.0, "check-label", "section 2"),
        ("lenalidomide", "neutropenia", "EU", 0.7, "check-label", "4.2"),
        ("pomalidomide", "neutropenia", "US", 0.49, "by-rows", "withhold at neutrophils below 0.5"),
        ("pomalidomide", "neutropenia", "US", 0.5, "check-label", "section 2"),
        ("pomalidomide", "thrombocytopenia", "US", 24, "by-rows", "withhold at platelets below 25"),
        ("pomalidomide", "thrombocytopenia", "US", 25, "check-label", "section 2"),
        ("selinexor", "thrombocytopenia", "", 75, "check-label", ""),
        ("selinexor", "thrombocytopenia", "", 74, "by-rows", "reduce"),
        ("selinexor", "thrombocytopenia", "", 25, "by-rows", "reduce"),
        ("selinexor", "thrombocytopenia", "", 24, "by-rows", "interrupt"),
        ("selinexor", "neutropenia", "", 0.5, "by-rows", "reduce"),
        ("selinexor", "neutropenia", "", 0.49, "by-rows", "interrupt"),
        ("selinexor", "hyponatraemia", "", 130, "by-rows", "interrupt"),
        ("selinexor", "hyponatraemia", "", 131, "check-label", ""),
    ],
)
def test_a_row_that_goes_by_a_count_applies_on_one_side_of_its_limit_alone(
    agent: str, event: str, place: str, count: float, action: str, said: str
) -> None:
    decision = hold(CATALOGUE, agent, event, count=count, jurisdiction=place)["decision"]
    assert (
        (decision["action"] in ("decide-today", "check-label")) if action == "decide" else decision["action"] == action
    )
    assert said.casefold() in decision["text"].casefold()


def test_a_count_without_a_row_for_it_is_refused() -> None:
    for agent, event in (("bortezomib", "neuropathy"), ("lenalidomide", "haematological toxicity")):
        with pytest.raises(UsageError, match="--count"):
            hold(CATALOGUE, agent, event, count=5)


def test_bleeding_and_the_start_of_a_cycle_are_conditions_and_decide_nothing_alone() -> None:
    low = hold(CATALOGUE, "carfilzomib", "thrombocytopenia", grade=2)["decision"]
    assert low["action"] == "check-label" and "with bleeding at low platelets: withhold" in low["because"]
    start = hold(CATALOGUE, "ixazomib", "thrombocytopenia", grade=3)["decision"]
    assert start["action"] == "check-label" and any("at the start of a cycle" in b for b in start["because"])
    blisters = hold(CATALOGUE, "pomalidomide", "rash", grade=3, jurisdiction="US")["decision"]
    assert blisters["action"] == "decide-today" and "with blisters or peeling: stop" in blisters["because"]


@pytest.mark.parametrize(("event", "recalled"), [("TMA", "stop"), ("PRES", "stop"), ("hypertension", "withhold")])
def test_what_was_recalled_of_carfilzomib_stands_beside_the_section_and_is_marked(event: str, recalled: str) -> None:
    found = hold(CATALOGUE, "carfilzomib", event, grade=3, jurisdiction="US")
    assert [(r["action"], r["recalled"], r["verified"]) for r in found["rows"]] == [
        ("check-label", recalled, "unverified")
    ]
    assert found["decision"]["action"] in ("check-label", "stop-until-decided") and found["decision"]["sections"]


@pytest.mark.parametrize(
    ("answers", "grade"),
    [
        ({"cornea": "normal", "acuity": "unchanged"}, 0), ({"cornea": "mild", "acuity": "unchanged"}, 1),
        ({"cornea": "mild", "acuity": "two-or-three-lines-lost"}, 2), ({"cornea": "severe", "acuity": "one-line-lost"}, 3),
        ({"cornea": "moderate", "acuity": "worse-than-20-200"}, 4), ({"cornea": "epithelial-defect", "acuity": "unchanged"}, 4),
    ],
)  # fmt: skip
def test_the_eyes_are_graded_and_examined_and_get_no_action_of_the_old_labels(answers: Any, grade: int) -> None:
    for place in CATALOGUE.jurisdictions:
        found = hold(CATALOGUE, "belantamab", "keratopathy", inputs=answers, jurisdiction=place)
        assert found["grade"] and (found["grade"]["at_least"], found["grade"]["at_most"]) == (grade, grade)
        assert {x["by"] for x in found["examine"]} == {"US label", "EU and UK labels"}
        assert found["decision"]["action"] in ("check-label", "decide-today")


@pytest.mark.parametrize("agent", T_CELL)
@pytest.mark.parametrize("event", ["CRS", "ICANS"])
def test_what_to_give_at_crs_and_icans_was_read_or_the_centre_is_called(agent: str, event: str) -> None:
    for grade in (1, 2, 3, 4):
        found = hold(CATALOGUE, agent, event, grade=grade)
        read = [x for x in found["give"] if x["verified"] != "unverified"]
        said = " ".join(x["text"] for x in found["give"])
        assert read or "call the centre" in said
        assert any("sepsis in parallel" in x["text"] and "0.5" in x["text"] for x in found["first"])
        if event == "CRS":
            assert "at most 800 mg a dose" in said and "4 in all" in said
        else:
            assert "tocilizumab is not for ICANS without CRS" in said
            asked = " ".join(x["text"] for x in found["examine"])
            assert all(w in asked for w in ("EEG", "calcium", "sodium", "glucose", "viscosity")) == (grade >= 2)
            if grade == 4:
                assert "call the centre" in said
        assert any("intensive care" in x["text"] for x in found["first"]) == (grade >= 3)


# What is said at each grade, and is no treatment by grade: limits of a dose, every patient, and what is not given.
AT_ANY_GRADE = {"tocilizumab-limits", "crs-cilta-cel", "il6-elranatamab", "icans-no-tocilizumab"}


def test_no_drug_for_crs_or_icans_stands_without_its_grade() -> None:
    rows = [p for p in CATALOGUE.practice if p.part == "give" and {"CRS", "ICANS"} & {p.event, *p.covers}]
    assert {p.id for p in rows if not p.grades} == AT_ANY_GRADE


@pytest.mark.parametrize("agent", T_CELL)
@pytest.mark.parametrize("event", ["CRS", "ICANS"])
def test_the_centre_is_called_at_each_grade_for_which_no_text_was_read(agent: str, event: str) -> None:
    for grade in (1, 2, 3, 4):
        given = hold(CATALOGUE, agent, event, grade=grade)["give"]
        by_grade = [x for x in given if "call the centre" not in x["text"]]
        modality = CATALOGUE.formulary.by_id[agent].modality
        read = any(
            p.part == "give" and event == p.event and grade in p.grades and modality in p.modalities
            and (not p.agents or agent in p.agents) for p in CATALOGUE.practice
        )  # fmt: skip
        assert (len(by_grade) == len(given)) == read, (agent, event, grade)
    unknown = " ".join(x["text"] for x in hold(CATALOGUE, agent, event)["give"])
    assert ("call the centre" in unknown) == (event == "ICANS")
    if agent == "teclistamab" and event == "ICANS":
        assert "grade 4: what to give" in unknown


def test_no_row_that_was_read_names_grade_4_of_crs_or_icans_as_withhold() -> None:
    """After grade 4 no text permits a further dose; rows about the watch at the next dose end at grade 3."""
    for agent, row in HELD:
        if row.read and {"CRS", "ICANS"} & {row.event, *row.covers} and 4 in row.grades:
            assert row.action == "stop" or row.or_stop, (agent, row)
    for place in ("", *CATALOGUE.jurisdictions):
        said = hold(CATALOGUE, "teclistamab", "CRS", grade=4, jurisdiction=place)
        assert not any("where a further dose" in r["text"] for r in (*said["rows"], *said["elsewhere"]))


def test_a_row_that_stops_at_some_grades_does_not_stop_where_the_grade_is_not_known() -> None:
    for agent, event in {(a, r.event) for a, r in HELD if r.action == "stop" and r.read and r.grades}:
        for place in CATALOGUE.jurisdictions:
            made = hold(CATALOGUE, agent, event, jurisdiction=place)["decision"]
            assert made["action"] != "by-rows" or after_the_lead(made["text"]) != "stop", (agent, event, place)


@pytest.mark.parametrize(
    ("dose", "step", "late", "asks"),
    [
        (None, None, True, True),
        (3, None, True, True),
        (3, 14, False, False),
        (3, 15, True, False),
        (15, None, True, True),
    ],
)
def test_later_than_two_weeks_after_the_last_step_other_causes_come_first(
    dose: int | None, step: int | None, late: bool, asks: bool
) -> None:
    def ago(days: int | None) -> date | None:
        return None if days is None else ON - timedelta(days)

    assert any("late after the infusion" in x["text"] for x in hold(CATALOGUE, "cilta-cel", "CRS")["first"])
    for event in ("CRS", "ICANS"):
        found = hold(CATALOGUE, "teclistamab", event, today=ON, last_dose=ago(dose), last_step=ago(step))
        assert any("progression and IEC-HS" in x["text"] for x in found["first"]) == late
        assert bool(found["ask"]) == asks and found["days"] == dose
    with pytest.raises(UsageError, match="after today"):
        hold(CATALOGUE, "teclistamab", "CRS", today=ON, last_dose=ON + timedelta(1))
    with pytest.raises(UsageError, match="after the last dose"):
        hold(CATALOGUE, "teclistamab", "CRS", today=ON, last_dose=ago(5), last_step=ago(4))


@pytest.mark.parametrize(
    ("word", "part", "said"),
    [
        ("IEC-HS", "examine", "ferritin"), ("IEC-HS", "give", "anakinra"), ("late neurotoxicity", "examine", "MRI"),
        ("facial palsy", "examine", "lumbar puncture"), ("GBS", "give", "plasma exchange"),
        ("prolonged cytopenia", "practice", "day 90"), ("low IgG", "practice", "4 g/L"), ("T-cell lymphoma", "first", "for life"),
    ],
)  # fmt: skip
def test_what_comes_late_after_car_t_is_answered(word: str, part: str, said: str) -> None:
    for agent in ("cilta-cel", "ide-cel"):
        found: Any = hold(CATALOGUE, agent, word)
        assert any(said in x["text"] for x in found[part]), found[part]
        assert any("given once" in b for b in found["decision"]["because"])


@pytest.mark.parametrize("grade", [3, 4])
def test_severe_crs_after_cells_gets_tocilizumab_beside_steroids(grade: int) -> None:
    """ASCO, CAR-T: at grades 3 and 4, unless its limit is reached."""
    rows = hold(CATALOGUE, "cilta-cel", "CRS", grade=grade)["give"]
    given = [x["text"] for x in rows if x["source"] == "asco-cart-pocket"]
    assert given and all("tocilizumab" in x and "strongly considered" in x for x in given)


def test_practice_that_was_read_for_other_patients_names_them() -> None:
    """Of lymphoma, or of cells, beside a bispecific in myeloma: the reader sees for whom the words were written."""
    given = hold(CATALOGUE, "teclistamab", "CRS", grade=1)["give"]
    sources = {"crs-home-consensus": "lymphoma", "crs-korea-2024": "CAR-T", "ash-sap-crs-protocol": "beforehand"}
    for source, whose in sources.items():
        told = [f"{x['by']} {x['text']}" for x in given if x["source"] == source]
        assert told and all(whose in x for x in told), source


def test_low_counts_may_come_from_the_myeloma() -> None:
    for agent in ("lenalidomide", "carfilzomib", "teclistamab", "cyclophosphamide"):
        for event in ("neutropenia", "thrombocytopenia", "anaemia", "cytopenia"):
            assert any("may come from the myeloma" in x["text"] for x in hold(CATALOGUE, agent, event)["first"])
    assert hold(CATALOGUE, "lenalidomide", "rash")["first"] == []


def test_no_row_read_of_an_isatuximab_reaction_is_hidden() -> None:
    """The label record of November 2024: interrupt at 2 and 3, stop at 4 and at anaphylaxis."""
    told = [hold(CATALOGUE, "isatuximab", "infusion reaction", grade=g)["decision"]["text"] for g in (2, 3, 4)]
    assert [x.partition("; ")[2] for x in told] == [*["go on only as the row below asks"] * 2, "stop for good"]
    assert {r["verified"] for r in hold(CATALOGUE, "isatuximab", "IRR")["rows"]} == {"primary"}


@pytest.mark.parametrize("agent", ["teclistamab", "talquetamab", "selinexor", "carfilzomib", "pomalidomide"])
def test_fever_is_a_condition_of_neutropenia_and_febrile_neutropenia_has_its_row(agent: str) -> None:
    mild = hold(CATALOGUE, agent, "neutropenia", grade=1, jurisdiction="US")["decision"]
    assert mild["action"] == "check-label" and any(b.startswith("with fever: ") for b in mild["because"])
    assert hold(CATALOGUE, agent, "febrile neutropenia", grade=3, jurisdiction="US")["decision"]["action"] == "by-rows"


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"below": 10}, "x below 10 u"), ({"at_most": 130}, "x of 130 or less u"), ({"at_least": 2}, "x of 2 or more u"),
        ({"at_least": 25, "below": 75}, "x from 25 to below 75 u"), ({"at_least": 0.5, "at_most": 1}, "x from 0.5 to 1 u"),
    ],
)  # fmt: skip
def test_the_values_of_a_row_in_words(limits: dict[str, float], text: str) -> None:
    assert Count(of="x", unit="u", **limits).text == text


@pytest.mark.parametrize("agent", STEPPED)
def test_a_place_of_which_nothing_was_read_is_told_from_where_its_rows_are_borrowed(
    agent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["monitor", agent, "--start", "2026-12-01", "--today", "2026-11-25", "-j", "HK", "--schedule", "weekly"]
    assert run([*asked, "--format", "json"]) == 0
    rows = [t for t in json.loads(capsys.readouterr().out)["tasks"] if t["checklist"].endswith("observation")]
    own = any("HK" in r.jurisdictions for r in CATALOGUE.handling[agent].observation)
    assert rows and all((t["applies"] == "yes") == own for t in rows)
    assert own or all(
        f"borrowed from {t['by']}" in t["because"] and "the stricter applies" in t["because"] for t in rows
    )


def test_a_condition_stands_in_the_answer_itself() -> None:
    """Whoever copies the one line has the stricter case too."""
    assert hold(CATALOGUE, "bortezomib", "neuropathy", grade=1)["decision"]["text"] == "no change; with pain: reduce"
    low = hold(CATALOGUE, "selinexor", "thrombocytopenia", grade=3)["decision"]
    assert low["text"].endswith("; with bleeding: interrupt") and low["because"] == []


def test_after_crs_the_watch_of_other_places_is_shown_beside_the_row() -> None:
    found = after_event("CRS", 2)
    said = " ".join(r["text"] for r in found["holds"])
    assert "48 h in hospital" in said, "the Swiss text, the strictest"
    assert any("premedication again" in r["text"] for r in found["elsewhere"])
    assert after_event()["elsewhere"] == []


# --- whose label it is ------------------------------------------------------------------------------

# Company pages and paraphrases of one label; every source of the kind `label` is one as well.
OF_ONE_LABEL = {"kyprolis-hcp", "tecvayli-training-2026"}
NAMES_ITS_PLACE = ("Swiss text", "Philippine text", "Malaysian text")


@pytest.mark.parametrize("part", ["holds", "premedication"])
def test_a_row_of_the_label_of_one_place_does_not_stand_as_the_label_of_another(part: str) -> None:
    """A place that the catalogue does not have is named in the text of the row."""
    for agent, handling in CATALOGUE.handling.items():
        for row in getattr(handling, part):
            if row.read and (CATALOGUE.sources[row.source].kind == "label" or row.source in OF_ONE_LABEL):
                assert row.jurisdictions or row.text.startswith(NAMES_ITS_PLACE), (agent, row)


@pytest.mark.parametrize("place", ["EU", "UK", "HK"])
def test_a_reaction_to_isatuximab_is_not_answered_by_the_us_label_elsewhere(place: str) -> None:
    found = hold(CATALOGUE, "isatuximab", "infusion reaction", grade=3, jurisdiction=place)
    assert found["decision"]["action"] == "check-label" and found["rows"] == []
    assert [r["jurisdictions"] for r in found["elsewhere"]] == [["US"]]
    assert any(x["by"].startswith("UK label") and "needs admission" in x["text"] for x in found["practice"])


# --- the stricter row leads ---------------------------------------------------------------------------


@pytest.mark.parametrize("event", CATALOGUE.events)
def test_where_a_row_read_asks_to_stop_for_good_it_leads_and_no_weaker_row_stands_above_it(event: str) -> None:
    for agent, place, grade in itertools.product(AGENTS, ("", *CATALOGUE.jurisdictions), (1, 2, 3, 4)):
        found = hold(CATALOGUE, agent, event, grade=grade, jurisdiction=place)
        for rows in (found["rows"], found["elsewhere"]):
            assert [level(r) for r in rows] == sorted(map(level, rows), reverse=True), (agent, place, grade)
        decision = found["decision"]
        if any(r["read"] and r["action"] == "stop" and not r["only_with"] for r in found["rows"]):
            assert after_the_lead(decision["text"]).startswith("stop"), (agent, place, grade)
        stopping = [r for r in found["elsewhere"] if r["read"] and r["action"] == "stop" and not r["only_with"]]
        if decision["action"] == "stop-until-decided" and stopping:
            assert "stop for good" in decision["text"].casefold(), (agent, place, grade)


def test_a_recurrent_event_is_a_condition_of_its_row() -> None:
    """The first grade 3 waits; a recurrent one, or grade 4, ends treatment."""
    first = hold(CATALOGUE, "elranatamab", "CRS", grade=3, jurisdiction="EU")["decision"]
    assert first["action"] == "decide-today" and "recurrent: stop" in first["because"]
    assert hold(CATALOGUE, "elranatamab", "CRS", grade=4, jurisdiction="EU")["decision"]["text"].startswith("Stop for")
    other = hold(CATALOGUE, "teclistamab", "neuropathy", grade=4, jurisdiction="US")["decision"]
    assert (other["action"], other["text"]) == ("by-rows", "stop")


def test_a_hold_row_is_for_every_regimen_and_a_regimen_of_its_own_is_a_condition_in_its_text() -> None:
    """The command asks for no regimen, so a row for one regimen would answer for the others."""
    assert not [(a, r) for a, r in HELD if r.regimens]
    for place in ("EU", "UK"):
        (eyes,) = hold(CATALOGUE, "belantamab", "keratopathy", grade=4, jurisdiction=place)["rows"]
        assert eyes["or_stop"] and eyes["text"].startswith("it may have to be stopped for good")
        assert "with pomalidomide and dexamethasone alone" in eyes["text"]


@pytest.mark.parametrize(
    ("event", "grade", "said"),
    [
        ("rash", 3, "Interrupt; give no further dose before a specialist has decided whether it is stopped for good"),
        ("rash", 4, "stop"),
        ("angioedema", 3, "Give no more of it now, and treat; stop for good"),
        ("SJS/TEN", 3, "Stop for good, by the label (US); give no further dose until a specialist has decided"),
    ],
)
def test_the_skin_on_lenalidomide_is_answered_by_its_label(event: str, grade: int, said: str) -> None:
    assert hold(CATALOGUE, "lenalidomide", event, grade=grade, jurisdiction="US")["decision"]["text"] == said


@pytest.mark.parametrize("place", sorted(CATALOGUE.jurisdictions))
def test_a_row_that_was_not_read_says_that_it_may_stop_the_drug_whatever_else_was_read(place: str) -> None:
    """A hypertensive crisis is an event of its own: its row is not that of high pressure."""
    for agent, row in HELD:
        if row.read or not (row.or_stop or row.action in ("stop", "consider stopping")):
            continue
        found = hold(CATALOGUE, agent, row.event, grade=row.grades[0] if row.grades else None, jurisdiction=place)
        assert any("stop" in r["recalled"] for r in found["rows"]), (agent, row.event)
        if found["decision"]["action"] in ("check-label", "decide-today"):
            assert "a row that was not read may ask to stop for good" in found["decision"]["because"], (agent, row)
    crisis = hold(CATALOGUE, "carfilzomib", "hypertensive crisis", jurisdiction=place)
    assert [r["recalled"] for r in crisis["rows"]] == ["withhold, or stop for good by severity"]
    assert crisis["decision"]["action"] == "check-label"


@pytest.mark.parametrize("agent", T_CELL)
def test_practice_names_its_grade_and_goes_on_only_after_the_stricter_row_is_decided(agent: str) -> None:
    for event, grade, place in itertools.product(CATALOGUE.events, (3, 4), ("HK", "EU")):
        found = hold(CATALOGUE, agent, event, grade=grade, jurisdiction=place)
        stopping = any(r["or_stop"] or "stop" in (r["recalled"] or r["action"]) for r in found["rows"])
        assert all(x["text"].startswith("only once it is decided") == stopping for x in found["practice"]), event
    severe = hold(CATALOGUE, "teclistamab", "infection", grade=4, jurisdiction="HK")["practice"]
    assert "not stopped for good: grade 3, 4: withhold while in hospital" in severe[0]["text"]
    told = after_event("infection", 3)["practice"]
    assert told[0]["text"].startswith("grade 3, 4: ")


# --- which table, and what is not in it ----------------------------------------------------------------


@pytest.mark.parametrize(("agent", "row"), READABLE, ids=named)
def test_each_dose_after_a_pause_names_the_day_of_its_table(
    agent: str, row: Restart, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(agent, row, row.days_from or 0)
    assert row.edition and found["edition"] == row.edition
    assert [d["edition"] for d in found["plan"]] == [row.edition] * len(found["plan"])
    if agent == "teclistamab":
        assert "March 2025" in row.edition and "revised in March 2026" in row.edition
    if found["action"] == "continue":
        assert "premedication and watch at this dose were not read" in found["plan"][0]["note"]


def test_the_page_after_a_pause_prints_the_table_with_each_dose(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--on", "2026-09-01", "--schedule", "weekly", "-j", "US"]  # fmt: skip
    for shown, days in itertools.product(("table", "html"), ("2026-10-05", "2026-09-10")):
        assert run([*line, "--today", days, "-f", shown]) == 0
        page = " ".join(capsys.readouterr().out.split())
        assert page.count("by the table of March 2025") == (3 if days == "2026-10-05" else 2)


@pytest.mark.parametrize("interval", ["every 3 weeks", "every 4 weeks", "every 28 days", "Every 6 weeks"])
def test_a_longer_interval_than_any_row_has_is_looked_up(interval: str) -> None:
    found = after_event(schedule=interval, today=ON + timedelta(46))
    assert (found["action"], found["dose"], found["plan"]) == ("check-label", "", []) and found["sections"]
    assert "weekly, every 2 weeks" in found["note"] and interval.casefold() in found["note"].casefold()


LOW = {"neutropenia": 0.4, "febrile neutropenia": 0.4, "thrombocytopenia": 20, "anaemia": 7, "hyponatraemia": 120}


@pytest.mark.parametrize("event", LOW)
def test_a_count_is_answered_for_every_drug(event: str) -> None:
    """9.17: an event that the catalogue knows is no error; a count is what a nurse has."""
    for agent, place in itertools.product(AGENTS, ("", *CATALOGUE.jurisdictions)):
        made = hold(CATALOGUE, agent, event, count=LOW[event], jurisdiction=place)
        read = [r for r in made["rows"] if r["read"] and not r["only_with"]]
        assert bool(read) == (made["decision"]["action"] != "check-label"), (agent, place)


def test_a_limit_at_another_value_is_shown_with_its_row_and_its_mark(capsys: pytest.CaptureFixture[str]) -> None:
    found = hold(CATALOGUE, "bortezomib", "thrombocytopenia", count=27, jurisdiction="US")
    assert [(r["count"], r["verified"]) for r in found["at_other_values"]] == [
        ("platelets below 25 ×10⁹/L", "secondary")
    ]
    assert "withhold at platelets below 25" in found["decision"]["text"]
    for shown in ("table", "html"):
        assert run(["hold", "bortezomib", "thrombocytopenia", "--count", "27", "-j", "US", "-f", shown]) == 0
        page = " ".join(capsys.readouterr().out.split())
        assert "At other values" in page and "below 25 ×10⁹/L on the usual scale" in page


@pytest.mark.parametrize(
    ("grade", "pain", "text"),
    [
        (1, None, "no change; with pain: reduce"), (1, True, "reduce"), (1, False, "no change"),
        (2, None, "Withhold; pain decides: with pain withhold, without pain reduce; no further dose before it is known"),
        (2, True, "withhold"), (2, False, "reduce"), (3, None, "withhold"), (3, False, "withhold"), (4, True, "stop"),
    ],
)  # fmt: skip
def test_pain_decides_on_bortezomib_at_neuropathy(grade: int, pain: bool | None, text: str) -> None:
    found = hold(CATALOGUE, "bortezomib", "neuropathy", grade=grade, pain=pain)
    assert found["decision"]["text"] == text
    assert bool(found["ask"]) == (pain is None)


def test_pain_is_refused_where_no_row_goes_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["hold", "bortezomib", "neuropathy", "--grade", "2", "--pain"]) == 0
    assert "with pain: until it settles" in " ".join(capsys.readouterr().out.split())
    assert run(["hold", "carfilzomib", "neuropathy", "--pain"]) == 2


# --- while the drug is given, and the headline ---------------------------------------------------------

BY_INFUSION = sorted(
    {c.agent for r in CATALOGUE.regimens for c in r.agents for d in c.doses if "IV" in d.route} & {*AGENTS}
)


@pytest.mark.parametrize("event", ["infusion reaction", "anaphylaxis", "IRR", "anaphylactic shock"])
def test_a_reaction_while_a_drug_runs_in_stops_it_first_whatever_rows_were_read(event: str) -> None:
    assert {"daratumumab", "elotuzumab", "isatuximab", "carfilzomib", "linvoseltamab"} <= {*BY_INFUSION}
    for agent, place, grade in itertools.product(BY_INFUSION, ("", *CATALOGUE.jurisdictions), (None, 1, 2, 3, 4)):
        made = hold(CATALOGUE, agent, event, grade=grade, jurisdiction=place)["decision"]
        assert made["text"].startswith("Stop the infusion now, and treat; "), (agent, place, grade)
    for agent, lead in (("teclistamab", "Stop the injection now"), ("lenalidomide", "Give no more of it now")):
        assert hold(CATALOGUE, agent, event, grade=3)["decision"]["text"].startswith(f"{lead}, and treat; ")
    page = render("hold", "html", hold(CATALOGUE, "daratumumab", "IRR", grade=3, jurisdiction="US"))
    assert 'class="alarm" aria-labelledby="decision"' in page, "though its rows agree"
    given = hold(CATALOGUE, "daratumumab", "anaphylaxis")["give"]
    assert any("adrenaline" in x["text"] for x in given)


@pytest.mark.parametrize(
    ("agent", "grade", "place", "said"),
    [
        ("daratumumab", 3, "US", "go on only as the row below asks"),
        ("daratumumab", 4, "US", "stop for good"),
        ("daratumumab", 4, "EU", "stop for good"),
        ("isatuximab", 4, "UK", "by the label (US): stop for good"),
        ("isatuximab", 4, "US", "stop for good"),
        ("elotuzumab", 2, "EU", "go on only as the row below asks"),
        ("elotuzumab", 3, "US", "whether it is stopped for good"),
    ],
)
def test_a_reaction_is_then_answered_by_its_grade(agent: str, grade: int, place: str, said: str) -> None:
    assert said in hold(CATALOGUE, agent, "IRR", grade=grade, jurisdiction=place)["decision"]["text"]


@pytest.mark.parametrize("event", CATALOGUE.events)
def test_the_headline_is_never_weaker_than_the_strictest_row_of_the_place(event: str) -> None:
    """It begins with that row; only rows that differ in kind are left to be decided."""
    for agent, place, grade in itertools.product(AGENTS, ("", *CATALOGUE.jurisdictions), (1, 2, 3, 4)):
        found = hold(CATALOGUE, agent, event, grade=grade, jurisdiction=place)
        text = after_the_lead(found["decision"]["text"])
        sure = {r["action"] for r in found["rows"] if r["read"] and not r["only_with"]}
        if not sure or found["decision"]["action"] == "stop-until-decided":
            continue
        if "stop" in sure:
            assert text.startswith("stop"), (agent, place, grade)
        elif sure <= {"withhold", "interrupt"}:
            assert text.startswith((*sure, "go on only as the row below asks")), (agent, place, grade, text)
        elif sure & {"withhold", "interrupt"}:
            assert text.startswith(("withhold", "interrupt")), (agent, place, grade, text)
            assert "decided today" in text or "pain decides" in text, (agent, place, grade, text)


@pytest.mark.parametrize(
    ("agent", "event", "told", "place"),
    [
        ("elranatamab", "CRS", {"grade": 1}, "EU"),
        ("belantamab", "keratopathy", {"inputs": {"cornea": "moderate", "acuity": "one-line-lost"}}, "US"),
    ],
)
def test_rows_that_all_withhold_are_answered_with_withhold(agent: str, event: str, told: Any, place: str) -> None:
    text = hold(CATALOGUE, agent, event, jurisdiction=place, **told)["decision"]["text"]
    assert text.startswith("Withhold; ") and "today" not in text


# --- laboratory values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("agent", ["carfilzomib", "elranatamab", "teclistamab", "talquetamab", "linvoseltamab"])
def test_a_limit_that_was_read_goes_by_its_count_as_well_as_by_its_grade(agent: str) -> None:
    low = hold(CATALOGUE, agent, "neutropenia", count=0.4, jurisdiction="US")["decision"]
    assert (low["action"], low["text"]) == ("by-rows", "withhold")
    assert hold(CATALOGUE, agent, "neutropenia", grade=4, jurisdiction="US")["decision"] == low
    above = hold(CATALOGUE, agent, "neutropenia", count=0.5, jurisdiction="US")["decision"]
    assert above["action"] == "check-label" and any(b.startswith("with fever") for b in above["because"])
    with pytest.raises(UsageError, match="name that event"):
        hold(CATALOGUE, agent, "cytopenia", count=0.4)


@pytest.mark.parametrize(
    ("agent", "event", "count"),
    [
        ("selinexor", "thrombocytopenia", 200),
        ("selinexor", "hyponatraemia", 140),
        ("selinexor", "anaemia", 80),
        ("lenalidomide", "neutropenia", 700),
    ],
)
def test_a_value_that_is_not_low_is_refused_and_its_unit_asked(agent: str, event: str, count: float) -> None:
    with pytest.raises(UsageError, match="are not low: check the value and its unit"):
        hold(CATALOGUE, agent, event, count=count)


def test_no_row_is_not_low_where_a_value_is_still_low_for_it() -> None:
    for _, row in HELD:
        limits = [x.at_least for x in CATALOGUE.not_low if row.count and x.of == row.count.of]
        if row.count:
            assert limits and (row.count.below or row.count.at_most or 0) < min(limits), row


@pytest.mark.parametrize(
    ("agent", "event", "place", "count", "said"),
    [
        ("lenalidomide", "neutropenia", "EU", 0.7, "withhold at neutrophils below 0.5"),
        ("lenalidomide", "thrombocytopenia", "EU", 31, "withhold at platelets below 25"),
        ("lenalidomide", "thrombocytopenia", "EU", 31, "withhold at platelets below 30"),
        ("bortezomib", "thrombocytopenia", "US", 27, "withhold at platelets below 25"),
        ("bortezomib", "neutropenia", "US", 0.6, "withhold at neutrophils below 0.5"),
        ("pomalidomide", "thrombocytopenia", "US", 30, "at the start of a cycle: withhold at platelets below 50"),
    ],
)
def test_a_value_between_the_limits_is_answered_with_the_limits_that_were_read(
    agent: str, event: str, place: str, count: float, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    because = hold(CATALOGUE, agent, event, count=count, jurisdiction=place)["decision"]["because"]
    assert any(b.startswith(said) for b in because), because
    assert run(["hold", agent, event, "--count", str(count), "-j", place]) == 0
    assert "none was read: check" not in " ".join(capsys.readouterr().out.split())


# --- where to look, and whom to call ----------------------------------------------------------------------


@pytest.mark.parametrize("agent", AGENTS)
def test_an_answer_names_the_section_to_read_in_every_place(agent: str) -> None:
    for place in CATALOGUE.jurisdictions:
        found = hold(CATALOGUE, agent, "rash", grade=3, jurisdiction=place)["decision"]
        assert [s["by"] for s in found["sections"]] == [place], (agent, place)


def test_the_section_is_the_one_that_was_read() -> None:
    for place in ("EU", "UK"):
        (section,) = hold(CATALOGUE, "cilta-cel", "CRS", grade=2, jurisdiction=place)["decision"]["sections"]
        assert section["section"].startswith("4.4") and section["source"] == "carvykti-eu-warnings"


@pytest.mark.parametrize("agent", sorted(a.id for a in CATALOGUE.agents if a.modality == "car-t"))
def test_a_drug_that_is_given_once_is_not_answered_first_with_a_dose_to_withhold(agent: str) -> None:
    urgent = {"CRS", "ICANS", "HLH/MAS", "parkinsonism", "enterocolitis", "T-cell lymphoma"}
    for event in (*urgent, "rash", "infection"):
        for grade in (None, 3, 4):
            text = hold(CATALOGUE, agent, event, grade=grade)["decision"]["text"]
            assert text.startswith("Call the treatment centre now; " if event in urgent else "Ask the treatment centre")
    given = " ".join(x["text"] for x in hold(CATALOGUE, agent, "CRS", grade=1)["give"])
    assert ("levetiracetam" in given) == (agent == "ciltacabtagene-autoleucel")


def test_one_dose_level_lower_is_answered_with_the_levels_that_were_read() -> None:
    """A row that lowers the dose by a level is not followed without the levels, where any was read for the drug."""
    lowered = {(a, r.event) for a, r in HELD if r.read and ("level lower" in r.text or "quarter less" in r.text)}
    assert {a for a, _ in lowered} == {"carfilzomib", "bortezomib", "lenalidomide", "selinexor"}
    for agent, event in lowered:
        assert hold(CATALOGUE, agent, event)["levels"], (agent, event)
    found = hold(CATALOGUE, "lenalidomide", "neutropenia", count=0.4, jurisdiction="EU")["levels"]
    assert [x["by"] for x in found] == ["EU", "EU"] and "25, 20, 15, 10, 5, 2.5 mg" in found[0]["text"]
    assert hold(CATALOGUE, "lenalidomide", "TMA")["levels"] == []


def test_the_page_prints_the_levels(capsys: pytest.CaptureFixture[str]) -> None:
    for shown in ("table", "html"):
        assert run(["hold", "selinexor", "thrombocytopenia", "--count", "60", "-j", "US", "-f", shown]) == 0
        assert "100, 80, 60, 40 mg weekly" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("agent", "row"), READABLE, ids=named)
def test_what_follows_a_plan_is_of_the_schedule_that_was_given_and_has_its_day(agent: str, row: Restart) -> None:
    found = asked(agent, row, row.days_from or 0)
    assert "two-weekly" not in found["headline"] or "weekly" not in map(either, [row.schedule])
    last = date.fromisoformat(found["plan"][-1]["on"])
    weekly = either(row.schedule) == "weekly"
    if weekly and agent == "talquetamab":
        assert found["headline"].endswith("first full dose of the weekly schedule; then weekly")
    if weekly:
        assert found["next_due"] == (last + timedelta(7)).isoformat()
    elif "was not read" in found["headline"] or not row.schedule:
        assert found["next_due"] == ""


@pytest.mark.parametrize("agent", ["carfilzomib", "lenalidomide", "belantamab"])
def test_a_drug_without_a_table_of_interruptions_is_refused_with_the_section_to_read(agent: str) -> None:
    for place, section in (("US", "restarting after a delay (US)"), ("EU", "4.2"), ("HK", "(HK)"), ("", "(US)")):
        with pytest.raises(UsageError) as said:
            restart(CATALOGUE, agent, last_dose="56 mg/m2", on=ON, today=ON, jurisdiction=place)
        assert section in str(said.value) and "give no dose before it was read" in str(said.value)


@pytest.mark.parametrize("agent", ["lenalidomide", "teclistamab", "carfilzomib"])
def test_antibiotics_at_once_are_for_low_neutrophils_or_sepsis_and_not_for_every_infection(agent: str) -> None:
    first = [x["text"] for x in hold(CATALOGUE, agent, "infection", grade=1, jurisdiction="US")["first"]]
    assert any(x.startswith("with fever and neutrophils below 0.5") and "sepsis" in x for x in first)
    feverish = [x["text"] for x in hold(CATALOGUE, agent, "febrile neutropenia", jurisdiction="US")["first"]]
    assert "cultures and broad-spectrum antibiotics at once, before any drug of the myeloma" in feverish
    assert not any(x.startswith("cultures") for x in first)


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_a_restart_by_weight_sends_the_reader_to_the_labels_table(format: str) -> None:
    last, today = date(2026, 10, 21), date(2026, 11, 30)
    asks: dict[str, Any] = {"last_dose": "1.5 mg/kg", "on": last, "today": today, "schedule": "weekly"}
    made = restart(CATALOGUE, "teclistamab", jurisdiction="US", **asks)
    assert [x["source"] for x in made["in_mg"]] == ["tecvayli-hcp"]
    assert "do not compute them" in re.sub(r"\s+", " ", render("restart", format, made))
