"""The next most useful fact, and the smallest change: what they claim is tried on the whole advisor."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.base.known import Truth
from mmadvisor.files.patients import read_patient
from mmadvisor.judging.unknowns import tries, unknowns
from mmadvisor.reports.recommend import advise
from tests import ROOT
from tests.builders.afresh import afresh, answer_of, differing
from tests.builders.blank import DAY, LOADED, a_patient, answer_for
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, entry, patient

CATALOGUE = LOADED.catalogue
EXAMPLES = ROOT / "examples"
PUBLISHED = EXAMPLES / "published"


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.yaml")), ids=lambda f: f.stem)
def test_a_fact_that_contradicts_what_was_presumed_of_a_therapy_is_followed(file: Path) -> None:
    """Years for dates, no responses: a stop within a month of the start, a response that was progression."""
    case = afresh(read_patient(file, CATALOGUE.formulary).patient, "HK")
    of_therapies = [u.field for u in unknowns(case) if u.field.startswith("therapies[")]
    for field in of_therapies:
        for value in tries(case, field)[:: max(1, len(of_therapies) // 4)]:
            whole = afresh(case.history.patient.with_value(field, value), "HK")
            assert answer_of(case.knowing(field, value)) == answer_of(whole), differing(case, whole, field, value)


def test_a_weak_heart_unknown_is_said_with_what_each_side_of_the_limit_does() -> None:
    answer = answer_for(**patient(*LEN_REFRACTORY, labs__lvef_percent=None, access__jurisdiction="EU"))
    heart = next(m for m in answer["missing"] if m["field"] == "labs.lvef_percent")
    assert heart["decisive"] and heart["gain"] >= 3
    by_value = {o["value"]: o for o in heart["outcomes"]}
    low, high = by_value["up to 39.9"], by_value["from 50"]
    assert {"DKd", "IsaKd", "Kd"} <= set(high["opens"]) and not high["closes"]
    assert {"DKd", "IsaKd", "Kd"} <= set(low["settles"]) - set(low["opens"])
    assert low["opens"] == ["cilta-cel"], "before CAR-T it is asked, and no value closes it"


def test_facts_are_ordered_by_what_they_could_change() -> None:
    answer = answer_for(**patient(*LEN_REFRACTORY, labs__lvef_percent=None, disease__amyloidosis=None,
                                  comorbidities__seizure_disorder=None, access__jurisdiction="EU"))  # fmt: skip
    fields = [m["field"] for m in answer["missing"]]
    assert fields[0] == "labs.lvef_percent"
    assert [m["gain"] for m in answer["missing"]] == sorted((m["gain"] for m in answer["missing"]), reverse=True)


def test_nothing_missing_nothing_asked() -> None:
    assert answer_for(**patient(*TRIPLE_CLASS_REFRACTORY))["missing"] == []


@pytest.mark.parametrize(
    ("regimen", "change", "said"),
    [
        ("cilta-cel", {"fitness__ecog": 2}, "if ECOG at most 1"),
        ("DKd", {"labs__lvef_percent": 35}, "if LVEF at least 40 %"),
        ("elranatamab", {}, "if two more prior lines"),
        ("VenVd", {}, "nothing that can be changed opens it"),
    ],
)
def test_what_would_open_it_in_words(regimen: str, change: dict[str, Any], said: str) -> None:
    therapies = LEN_REFRACTORY if regimen != "elranatamab" else TRIPLE_CLASS_REFRACTORY[:4]
    place = "US" if regimen == "elranatamab" else "EU"
    answer = answer_for(**patient(*therapies, **change, access__jurisdiction=place))
    found = next(n for n in answer["not_offered"] if n["regimen"] == regimen)
    assert found["would_change_if"].startswith(said)


@pytest.mark.parametrize("file", sorted({*EXAMPLES.glob("*.yaml"), *EXAMPLES.glob("*.json")}), ids=lambda f: f.stem)
def test_what_an_outcome_says_can_be_set_and_comes_true(file: Path) -> None:
    read = read_patient(file, CATALOGUE.formulary)
    day = read.patient.assessed_on.earliest if read.patient.assessed_on else DAY
    case = afresh(read.patient, read.patient.get("access.jurisdiction") or "US", day)
    tried = 0
    for unknown in unknowns(case):
        for outcome in unknown.outcomes:
            told = read_patient(file, CATALOGUE.formulary, settings=[outcome.setting]).patient
            then = afresh(told, case.jurisdiction, day)
            assert tuple(then.order[:5]) == outcome.first, outcome.setting
            assert set(outcome.closes) == set(case.order) - set(then.order), outcome.setting
            open_before = {a.regimen.id for a in case.assessments if a.verdict == "undetermined"}
            now = {a.regimen.id: a.verdict for a in then.assessments if a.regimen.id in open_before}
            assert set(outcome.settles) == {r for r, verdict in now.items() if verdict != "undetermined"}
            assert set(outcome.rules_out) == {r for r, verdict in now.items() if verdict == "ineligible"}
            assert set(outcome.defers) == {r for r, verdict in now.items() if verdict == "deferred"}
            tried += 1
    assert tried or not unknowns(case)


def test_a_number_that_others_are_derived_from_is_tried_where_it_turns_them() -> None:
    """A creatinine that takes the computed clearance through each limit, not its extremes alone."""
    raw = patient(
        *TRIPLE_CLASS_REFRACTORY, labs__creatinine_clearance_ml_per_min=None, labs__creatinine_umol_per_l=None
    )
    case = afresh(a_patient(**raw), "EU")
    tried = tries(case, "labs.creatinine_umol_per_l")
    sides = {
        case.history.of_patient(case.history.patient.with_value("labs.creatinine_umol_per_l", v)).creatinine_clearance[
            0
        ]
        for v in tried
    }
    clearances = sorted(b.low for b in sides if b is not None and b.low is not None)
    assert any(38 < c < 40 for c in clearances) and any(40 <= c < 42 for c in clearances), clearances


def test_the_agent_of_a_recorded_event_is_tried() -> None:
    """Anaphylaxis, agent not recorded: on daratumumab it closes what holds it, so it is no idle question."""
    therapies = [*LEN_REFRACTORY, entry("DVd", "2023-01-01", "2023-09-01", "2026-09-01", stop_reason="toxicity")]
    events = [{"event": "anaphylaxis", "grade": 4}]
    case = afresh(a_patient(**patient(*therapies) | {"toxicities": events}), "EU")
    unknown = next(u for u in unknowns(case) if u.field == "toxicities[0].agent")
    assert unknown.decisive
    at_daratumumab = next(o for o in unknown.outcomes if "daratumumab" in o.value)
    assert "DPd" in at_daratumumab.closes


def test_a_month_that_is_not_over_ends_today() -> None:
    """Last dose 25 September, progressed in this month, seen on the 20th: day 56 at most, and so refractory."""
    late = entry("DVd", "2025-01-01", "2026-09-25", None) | {
        "progressed_on": "2026-11",
        "stop_reason": "patient_choice",
    }
    read = a_patient(**patient(*LEN_REFRACTORY, late) | {"assessed_on": "2026-11-20"})
    then = afresh(read, "EU", date(2026, 11, 20))
    assert then.history.refractory_agent("daratumumab").truth is Truth.MET
    answer = advise(read, CATALOGUE, date(2026, 11, 20), jurisdiction="EU")
    assert answer["history"]["therapies"][-1]["progressed_on"] == "2026-11", "shown as it was written"
    earlier = afresh(read, "EU", date(2026, 11, 10))
    assert earlier.history.refractory_agent("daratumumab").truth is not Truth.NOT_MET, (
        "looked back upon: it may be later"
    )
