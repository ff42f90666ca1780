"""The next most useful fact, and the smallest change: what they claim is tried on the whole advisor."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mmadvisor.base.known import Change, Span, Truth
from mmadvisor.files.patients import read_patient
from mmadvisor.formats.patient import Given, Patient, Therapy
from mmadvisor.history.history import History
from mmadvisor.judging.case import Case
from mmadvisor.judging.unknowns import tries, unknowns
from mmadvisor.judging.verdict import smallest_change
from mmadvisor.reports.recommend import advise
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient, answer_for
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, entry, patient
from tests.laws.strategies import whole_patients, with_less

CATALOGUE = LOADED.catalogue
EXAMPLES = ROOT / "examples"
PUBLISHED = EXAMPLES / "published"
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]
# Shrinking asks the whole advisor again and again: a failure is reported as it was found.
law = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=QUIET,
    phases=[Phase.explicit, Phase.generate],
)
PLACES = st.sampled_from(["US", "EU", "UK", "HK"])


def answer_of(case: Case) -> tuple[list[str], list[str]]:
    return [a.verdict for a in case.assessments], case.order


def afresh(patient: Patient, place: str, day: date = DAY) -> Case:
    return Case.of(patient, CATALOGUE, day, jurisdiction=place)


def differing(case: Case, whole: Case, field: str, value: Any) -> list[Any]:
    """The criteria that a fact turned although it was not named as what would settle them."""
    then = case.knowing(field, value)
    found: list[Any] = [field, value]
    for before, some, all_ in zip(case.assessments, then.assessments, whole.assessments, strict=True):
        for a, b, c in zip(before.results, some.results, all_.results, strict=False):
            if b.finding.truth is not c.finding.truth and b.criterion is c.criterion:
                found.append((b.criterion.id, a.finding, c.finding))
    return found[:4]


# --- a fact more --------------------------------------------------------------------------------


@law
@given(st.data(), PLACES)
def test_deciding_again_only_what_hangs_on_a_fact_gives_what_deciding_everything_gives(
    data: st.DataObject, place: str
) -> None:
    raw = data.draw(with_less(data.draw(whole_patients())))
    case = afresh(a_patient(**raw), place)
    for unknown in data.draw(st.permutations(unknowns(case)))[:6]:
        for value in data.draw(st.permutations(tries(case, unknown.field)))[:2]:
            whole = afresh(case.history.patient.with_value(unknown.field, value), place)
            assert answer_of(case.knowing(unknown.field, value)) == answer_of(whole), differing(
                case, whole, unknown.field, value
            )


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.yaml")), ids=lambda f: f.stem)
def test_a_fact_that_contradicts_what_was_presumed_of_a_therapy_is_followed(file: Path) -> None:
    """Years for dates, no responses: a stop within a month of the start, a response that was progression."""
    case = afresh(read_patient(file, CATALOGUE.formulary).patient, "HK")
    of_therapies = [u.field for u in unknowns(case) if u.field.startswith("therapies[")]
    for field in of_therapies:
        for value in tries(case, field)[:: max(1, len(of_therapies) // 4)]:
            whole = afresh(case.history.patient.with_value(field, value), "HK")
            assert answer_of(case.knowing(field, value)) == answer_of(whole), differing(case, whole, field, value)


@law
@given(st.data(), PLACES)
def test_a_decisive_fact_can_change_the_answer_and_another_cannot(data: st.DataObject, place: str) -> None:
    raw = data.draw(with_less(data.draw(whole_patients())))
    case = afresh(a_patient(**raw), place)
    now = answer_of(case)
    rng = random.Random(len(str(raw)))
    for unknown in data.draw(st.permutations(unknowns(case)))[:8]:
        tried = tries(case, unknown.field)
        if unknown.decisive:
            assert any(
                answer_of(afresh(case.history.patient.with_value(unknown.field, v), place)) != now for v in tried
            )
            assert any(o.changed for o in unknown.outcomes)
            continue
        for value in [*tried, *_between(tried, rng)][-6:]:
            then = afresh(case.history.patient.with_value(unknown.field, value), place)
            assert answer_of(then) == now, (unknown.field, value)


def _between(tried: list[Any], rng: random.Random) -> list[Any]:
    """Values between the smallest and the greatest that were tried."""
    if not tried or isinstance(tried[0], bool):
        return []
    if isinstance(tried[0], int):
        return [rng.randint(min(tried), max(tried)) for _ in range(3)]
    if isinstance(tried[0], float):
        return [round(rng.uniform(min(tried), max(tried)), 2) for _ in range(3)]
    if isinstance(tried[0], Span):
        low, high = tried[0].earliest, tried[-1].latest
        return [Span.day(low + timedelta(days=rng.randint(0, (high - low).days))) for _ in range(3)]
    return []


def test_a_weak_heart_unknown_is_said_with_what_each_side_of_the_limit_does() -> None:
    answer = answer_for(**patient(*LEN_REFRACTORY, labs__lvef_percent=None, access__jurisdiction="EU"))
    heart = next(m for m in answer["missing"] if m["field"] == "labs.lvef_percent")
    assert heart["decisive"] and heart["gain"] >= 3
    by_value = {o["value"]: o for o in heart["outcomes"]}
    low, high = by_value["up to 39.9"], by_value["from 45"]
    assert {"DKd", "IsaKd", "Kd"} <= set(high["opens"]) and not high["closes"]
    assert {"DKd", "IsaKd", "Kd"} <= set(low["settles"]) and not low["opens"]


def test_facts_are_ordered_by_what_they_could_change() -> None:
    answer = answer_for(**patient(*LEN_REFRACTORY, labs__lvef_percent=None, disease__amyloidosis=None,
                                  comorbidities__seizure_disorder=None, access__jurisdiction="EU"))  # fmt: skip
    fields = [m["field"] for m in answer["missing"]]
    assert fields[0] == "labs.lvef_percent"
    assert [m["gain"] for m in answer["missing"]] == sorted((m["gain"] for m in answer["missing"]), reverse=True)


def test_nothing_missing_nothing_asked() -> None:
    assert answer_for(**patient(*TRIPLE_CLASS_REFRACTORY))["missing"] == []


# --- the smallest change ------------------------------------------------------------------------


def changed(patient: Patient, day: date, changes: tuple[Change, ...]) -> tuple[Patient, date]:
    """The patient in whom all of the changes have come true, and the day."""
    for change in sorted(changes, key=lambda c: c.kind == "receive"):
        last = len(patient.therapies) - 1
        treated = History(patient, CATALOGUE.formulary, CATALOGUE.definitions, day)
        match change.kind:
            case "value":
                patient = patient.with_value(change.field, change.value)
            case "wait":
                day += timedelta(days=change.amount)
            case "lines":
                counted = treated.lines.high or 0
                for place in treated.last_line or (last,):  # a transplant belongs to the line of its induction
                    patient = patient.with_value(f"therapies[{place}].line", counted + change.amount)
            case "receive":
                given = tuple(Given(agent=min(CATALOGUE.formulary.members(t))) for t in change.tokens)
                more = Therapy(intent="consolidation", agents=given, best_response="CR", stop_reason="completed",
                               start=patient.therapies[0].start, stop=patient.therapies[0].start)  # fmt: skip
                at = treated.treatments[0] + 1 if treated.treatments else 0
                patient = patient.but(therapies=(*patient.therapies[:at], more, *patient.therapies[at:]))
            case "resist":
                tokens = list(change.tokens)
                if change.amount:
                    fresh = [a for a in sorted(CATALOGUE.formulary.members(change.tokens[0]))
                             if treated.refractory_agent(a).truth.value != "met"]  # fmt: skip
                    tokens = fresh[: change.amount]
                held = patient.therapies[last].refractory_to or ()
                patient = patient.with_value(f"therapies[{last}].refractory_to", (*held, *tokens))
    return patient, day


@law
@given(whole_patients(), PLACES)
def test_the_smallest_change_really_opens_what_it_says(whole: dict[str, Any], place: str) -> None:
    told = a_patient(**whole)
    case = afresh(told, place)
    for assessment in case.assessments:
        changes = case.opening(assessment) if assessment.verdict in ("ineligible", "deferred") else ()
        if not changes:
            continue
        made, day = changed(told, DAY, changes)
        then = afresh(made, place, day)
        found = next(a for a in then.assessments if a.regimen.id == assessment.regimen.id)
        still = {r.criterion.id for r in found.failing} & {r.criterion.id for r in assessment.failing}
        assert not still, (assessment.regimen.id, [c.text for c in changes], still)
        if all(c.kind in ("value", "wait", "lines") for c in changes):
            assert found.verdict not in ("ineligible", "deferred"), (assessment.regimen.id, [c.text for c in changes])


@law
@given(whole_patients(), PLACES)
def test_each_of_the_smallest_changes_is_needed(whole: dict[str, Any], place: str) -> None:
    told = a_patient(**whole)
    for assessment in afresh(told, place).assessments:
        changes = smallest_change(assessment) if assessment.verdict in ("ineligible", "deferred") else ()
        # What happens to the record hangs together: a progression may bring a refractoriness along.
        apart = all(c.kind in ("value", "wait", "lines") and "therapies" not in c.field for c in changes)
        for left_out in changes if len(changes) > 1 and apart else ():
            made, day = changed(told, DAY, tuple(c for c in changes if c is not left_out))
            found = next(a for a in afresh(made, place, day).assessments if a.regimen.id == assessment.regimen.id)
            assert found.verdict in ("ineligible", "deferred", "undetermined"), (assessment.regimen.id, left_out.text)


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
