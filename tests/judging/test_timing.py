"""The timing of CAR-T therapy, dated from the patient's own drugs (S26)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.blank import LOADED, answer_for
from tests.builders.patients import DVD, LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, UPKEEP, VRD, entry, patient

FORMULARY = LOADED.catalogue.formulary


def timing_of(*therapies: dict[str, Any], **changes: Any) -> Any:
    return answer_for(**patient(*therapies, **{"access__jurisdiction": "US"} | changes))["car_t_timing"]


def test_what_is_taken_is_dated_before_collection_and_each_source_keeps_its_word() -> None:
    """S26: stop treatment before apheresis and before infusion, by a dated list from the current drugs."""
    running = {**UPKEEP, "stop": "ongoing", "progressed_on": "2026-10-10", "stop_reason": None}
    made = timing_of(VRD, running)
    mine = [w for w in made["washouts"] if w["agent"] == "lenalidomide" and w["before"] == "apheresis"]
    assert mine and all(w["still_taken"] for w in mine)
    fortnight = next(w for w in mine if w["by"].startswith("IMWG"))
    assert fortnight["days"] == 14 and fortnight["until"] == "2026-11-03", "fourteen days from a stop on 20 October"
    assert made["apheresis_from"] == "2026-11-03"
    assert {w["before"] for w in made["washouts"]} == {"apheresis", "infusion"}
    assert all(w["source"] in LOADED.catalogue.sources for w in made["washouts"])


def test_sources_that_disagree_stand_side_by_side_and_both_days_are_given() -> None:
    last = entry("DVd", "2024-12-01", "2026-10-12", "2026-10-12")
    made = timing_of(*LEN_REFRACTORY, last)
    days = {w["days"] for w in made["washouts"] if w["agent"] == "daratumumab" and w["before"] == "apheresis"}
    assert {14, 21} <= days
    assert made["apheresis_from"] == "2026-10-26" and made["apheresis_from_at_the_latest"] == "2026-11-02"


def test_what_was_written_for_another_disease_decides_no_day() -> None:
    last = entry("DVd", "2024-12-01", "2026-10-12", "2026-10-12")
    made = timing_of(*LEN_REFRACTORY, last)
    other = [w for w in made["washouts"] if w["disease"]]
    assert other and max(w["until"] or "" for w in other) > made["apheresis_from_at_the_latest"]


def test_a_last_dose_known_to_the_month_gives_the_earliest_and_the_latest_day() -> None:
    last = entry("DVd", "2024-12-01", "2026-10", "2026-10")
    made = timing_of(*LEN_REFRACTORY, last | {"stop_reason": "progression"})
    mine = [w for w in made["washouts"] if w["agent"] == "daratumumab" and w["days"] == 21]
    assert [(w["until"], w["until_at_the_latest"]) for w in mine] == [("2026-10-22", "2026-11-10")], (
        "the month ends on the day of the decision"
    )
    assert made["apheresis_from"] == "2026-10-20", "fourteen days from 1 October have passed"
    assert made["apheresis_from_at_the_latest"] == "2026-11-10"
    assert made["not_dated"] == []


def test_a_last_dose_that_is_not_recorded_gives_no_day() -> None:
    last = entry("DVd", "2024-12-01", "2026-10", "2026-10") | {"stop": None, "stop_reason": "progression"}
    made = timing_of(*LEN_REFRACTORY, last)
    assert all(w["until"] is None for w in made["washouts"] if w["agent"] == "daratumumab")
    assert "daratumumab" in made["not_dated"]


def test_the_wait_is_held_against_the_time_from_collection_to_infusion() -> None:
    short, long = (timing_of(*LEN_REFRACTORY, access__can_wait_weeks=n) for n in (3, 10))
    assert {w["fits"] for w in short["vein_to_vein"]} == {"no"}
    assert {w["fits"] for w in long["vein_to_vein"]} == {"yes"}
    unknown = timing_of(*LEN_REFRACTORY, access__can_wait_weeks=None)
    assert {w["fits"] for w in unknown["vein_to_vein"]} == {"unknown"}


def test_a_wash_out_counts_toward_the_wait() -> None:
    """Six months from a BCMA bispecific to infusion: no manufacture is as long, and no bridge may fill them."""
    third, fourth = (
        entry("PCd", "2024-07-01", "2025-06-01", "2025-06-01"),
        entry("Kd", "2025-07-01", "2026-01-01", "2026-01-01"),
    )
    late = entry("elranatamab", "2026-02-01", "2026-10-10", "2026-10-10")
    raw = patient(*LEN_REFRACTORY, DVD, third, fourth, late, access__jurisdiction="US", access__can_wait_weeks=8)
    answer = answer_for(**raw)
    timing = answer["car_t_timing"]
    assert timing is not None and timing["infusion_from"] == "2027-04-11"
    assert {w["infusion_from"] for w in timing["vein_to_vein"]} == {"2027-04-11"}
    assert {w["fits"] for w in timing["vein_to_vein"]} == {"no"}
    cells = [o for o in answer["options"] if o["modality"] == "car-t"]
    assert cells and all(s["value"] == "no" for o in cells for s in o["standing"] if s["by"] == "starts-in-time")
    patiently = answer_for(**raw | {"access": raw["access"] | {"can_wait_weeks": 26}})
    told = [s for o in patiently["options"] if o["modality"] == "car-t" for s in o["standing"]
            if s["by"] == "starts-in-time"]  # fmt: skip
    assert told and all(s["value"] == "yes" and "bridged" not in s["because"] for s in told)


@pytest.mark.parametrize(
    ("wait", "value"), [(19, "yes"), (18.1, "yes"), (18, "unknown"), (6.3, "unknown"), (3.6, "unknown"), (3.5, "no")]
)
def test_at_the_edges_of_manufacture_the_answer_turns(wait: float, value: str) -> None:
    """Nothing bridges this patient: cilta-cel takes 3.6 to 18.1 weeks, and half of patients wait longer than 6.3."""
    late = [entry("PCd", "2024-07-01", "2025-01-01", "2025-01-01"), entry("Kd", "2025-02-01", "2025-06-01", "2025-06-01"),
            entry("SVd", "2025-07-01", "2026-01-01", "2026-01-01"), entry("VTD-PACE", "2026-02-01", "2026-07-01", "2026-07-01")]  # fmt: skip
    answer = answer_for(**patient(*LEN_REFRACTORY, DVD, *late, access__jurisdiction="EU",
                                  access__bispecific_centre=False, access__can_wait_weeks=wait))  # fmt: skip
    cells = next(o for o in answer["options"] if o["regimen"] == "cilta-cel")
    standing = next(s for s in cells["standing"] if s["by"] == "starts-in-time")
    assert standing["value"] == value, standing["because"]
    assert standing["because"].startswith("6.3 weeks of manufacture at the median, 18.1 at most")


def test_a_bridge_of_which_one_class_has_failed_is_none() -> None:
    """SVd is open after progression on carfilzomib, and half of it is what failed."""
    dkd = entry("DKd", "2022-12-01", "2024-06-01", "2024-06-01")
    pcd = entry("PCd", "2024-07-01", "2026-09-20", "2026-09-20")
    answer = answer_for(**patient(*LEN_REFRACTORY, dkd, pcd, access__jurisdiction="EU", access__can_wait_weeks=1))
    assert "SVd" in [o["regimen"] for o in answer["options"]]
    cells = next(o for o in answer["options"] if o["regimen"] == "cilta-cel")
    assert next(s["value"] for s in cells["standing"] if s["by"] == "starts-in-time") == "no"


def told_of_cells(*therapies: dict[str, Any], wait: float | None, place: str = "EU", **changes: Any) -> Any:
    raw = patient(*therapies, access__jurisdiction=place, access__can_wait_weeks=wait, **changes)
    cells = next(o for o in answer_for(**raw)["options"] if o["regimen"] == "cilta-cel")
    return next(s for s in cells["standing"] if s["by"] == "starts-in-time")


def test_talquetamab_bridges_a_gap_and_not_the_whole_wait() -> None:
    five, three = (told_of_cells(*TRIPLE_CLASS_REFRACTORY, wait=n, access__bispecific_centre=True) for n in (5, 3))
    assert five["value"] == "yes" and "bridged with" in five["because"]
    assert three["value"] == "no"
    alone = told_of_cells(*TRIPLE_CLASS_REFRACTORY, wait=5, access__bispecific_centre=False, labs__lvef_percent=45)
    assert alone["value"] in ("yes", "unknown")


def test_the_newer_agent_of_a_class_that_failed_bridges_a_gap() -> None:
    """Refractory to lenalidomide, bortezomib and an antibody: carfilzomib and pomalidomide are untouched."""
    first = entry("VRd", "2022-01-10", "2022-08-01", "2022-08-01", intent="induction", best_response="VGPR")
    second = entry("DVd", "2022-09-01", "2026-09-01", "2026-09-20")
    gap, short = (told_of_cells(first, second, wait=n, place="EU", access__bispecific_centre=False) for n in (4, 3))
    assert gap["value"] == "yes" and "bridged with" in gap["because"]
    assert short["value"] == "no" and "classes that have not failed" in short["because"]


@pytest.mark.parametrize(("wait", "value"), [(1.9, "no"), (2, "yes"), (2.1, "yes")])
def test_a_fortnight_without_drugs_fits_a_fortnight_of_waiting(wait: float, value: str) -> None:
    """Lenalidomide is still taken: fourteen days to collection, and a bridge for the rest."""
    running = {**UPKEEP, "stop": "ongoing", "progressed_on": "2026-10-10", "stop_reason": None}
    assert told_of_cells(VRD, running, wait=wait)["value"] == value


def test_a_bridge_that_keeps_the_t_cells_is_made_of_such_drugs_alone() -> None:
    made = timing_of(*LEN_REFRACTORY)
    for bridge in made["bridges"]:
        members = {a for token in bridge["agents"] for a in FORMULARY.members(token)}
        for regimen in bridge["regimens"]:
            agents = LOADED.catalogue.regimen_by_id[regimen].agent_ids
            treating = {a for a in agents if not FORMULARY.by_id[a].steroid}
            assert treating <= members if bridge["keeps_t_cells"] else treating & members


def test_no_car_t_in_question_no_timing() -> None:
    assert timing_of(*TRIPLE_CLASS_REFRACTORY, fitness__ecog=3) is None
    assert timing_of(*LEN_REFRACTORY, access__car_t_centre=False) is None


# --- an alkylator before the cells are collected --------------------------------------------------


def alkylator_cautions(agents: list[str], stop: str | None, **fields: Any) -> dict[str, list[Any]]:
    """What each CAR-T says of an alkylator whose last dose was on a day."""
    given = {"intent": "relapse", "agents": agents, "start": "2026-03-02", "stop": stop}
    answer = answer_for(jurisdiction="US", **patient(*LEN_REFRACTORY, given, **fields))
    entries: list[Any] = [*answer["options"], *answer["not_offered"]]
    return {
        e["regimen"]: [c for c in e["cautions"] if c["about"] == "earlier alkylator"]
        for e in entries
        if e["modality"] == "car-t"
    }


@pytest.mark.parametrize("agents", [["bendamustine", "dexamethasone"], ["melphalan"], ["busulfan", "melphalan"]])
def test_an_alkylator_of_the_last_six_months_is_said_on_every_car_t_with_its_dates(agents: list[str]) -> None:
    for stop, until in (("2026-10-01", "2027-04-02"), ("2026-04-21", "2026-10-21")):
        said = alkylator_cautions(agents, stop)
        assert "cilta-cel" in said
        for name, cautions in said.items():
            assert len(cautions) == 1 and cautions[0]["result"] == "applies", name
            assert f"last given {stop}, 183 days on {until}" in cautions[0]["text"]


def test_no_such_word_where_no_alkylator_was_given_or_six_months_have_passed() -> None:
    assert not any(alkylator_cautions(["pomalidomide", "dexamethasone"], "2026-10-01").values())
    assert not any(alkylator_cautions(["bendamustine"], "2026-04-20").values())


def test_an_alkylator_that_may_be_within_six_months_is_no_clear_one() -> None:
    for stop in (None, "2026"):
        for name, cautions in alkylator_cautions(["bendamustine"], stop).items():
            assert [c["result"] for c in cautions] == ["unknown"], name
    for cautions in alkylator_cautions(["pomalidomide"], "2026-10-01", therapies_complete=None).values():
        assert [c["result"] for c in cautions] == ["unknown"], "the list may not be whole"


@pytest.mark.parametrize("regimen", [r for r in LOADED.catalogue.regimens if r.modality == "car-t"], ids=lambda r: r.id)
def test_no_cells_start_at_once_and_the_median_is_not_the_longest_wait(regimen: Any) -> None:
    lead = regimen.lead_time_weeks
    assert lead is not None and lead.low < lead.usual < lead.high


def test_the_weeks_before_cells_are_those_of_the_trials_that_are_dated_beside_them() -> None:
    """CARTITUDE-4 and KarMMa-3: the median and the range, from the collection of cells to infusion."""
    for row in LOADED.catalogue.vein_to_vein:
        if row.source == "astct-2024-table":
            lead = next(r.lead_time_weeks for r in LOADED.catalogue.regimens if r.id == row.regimen)
            assert lead is not None and row.range_weeks == (lead.low, lead.high) and row.weeks == lead.median
