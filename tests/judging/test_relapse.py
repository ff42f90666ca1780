"""A biochemical relapse: what a series of the paraprotein shows, and that more disease never makes the answer less."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mmadvisor.base.known import Truth
from mmadvisor.judging.relapse import rise
from tests.builders.blank import DAY, LOADED, a_history
from tests.builders.patients import LEN_REFRACTORY, UPKEEP, VRD, entry, patient
from tests.laws.strategies import paraproteins, treated

RANK = {"observe": 0, "unknown": 1, "treat": 2}
DEL_17P = {"disease__cytogenetics": {"del_17p": "present"}}


def a_series(*values: tuple[str, Any], name: str = "serum_g_per_l") -> list[dict[str, Any]]:
    return [{"on": day, name: value} for day, value in values]


def record(series: list[dict[str, Any]], *therapies: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A biochemical relapse in ordinary risk, on lenalidomide since 2019 unless other therapies are told."""
    kept = therapies or (*LEN_REFRACTORY[:2], {**UPKEEP, "stop": "2022-01-01", "progressed_on": "2026-10-01",
                                               "stop_reason": "completed"})  # fmt: skip
    biochemical = {"kind": "biochemical", "tempo": "indolent"}
    return patient(*kept, disease__relapse=biochemical, disease__m_protein=series, **changes)


def now(series: list[dict[str, Any]], *therapies: dict[str, Any], **changes: Any) -> Any:
    return treated(record(series, *therapies, **changes))


def answer(series: list[dict[str, Any]], *therapies: dict[str, Any], **changes: Any) -> str:
    return str(now(series, *therapies, **changes)["answer"])


# --- a limit reached, and confirmed -------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Twice a value of at least 5 g/L within two months.
        ([("2026-08-01", 6.0), ("2026-09-15", 12.4), ("2026-10-10", 13.5)], "treat"),
        ([("2026-08-01", 6.0), ("2026-09-15", 12.4), ("2026-10-10", 12.0)], "treat"),
        ([("2026-08-01", 6.0), ("2026-09-15", 12.4)], "unknown"),
        ([("2026-08-01", 6.0), ("2026-09-15", 12.4), ("2026-10-10", 11.9)], "observe"),
        ([("2026-08-01", 6.0), ("2026-10-02", 12.0), ("2026-10-10", 12.0)], "treat"),
        ([("2026-08-01", 6.0), ("2026-10-03", 12.0), ("2026-10-10", 12.0)], "observe"),
        ([("2026-08-01", 5.0), ("2026-09-15", 10.0), ("2026-10-10", 10.0)], "treat"),
        ([("2026-08-01", 4.9), ("2026-09-15", 9.8), ("2026-10-10", 9.8)], "observe"),
        # Ten g/L more, however slowly.
        ([("2026-01-01", 5.0), ("2026-06-15", 15.0), ("2026-10-10", 15.0)], "treat"),
        ([("2026-01-01", 5.0), ("2026-06-15", 14.9), ("2026-10-10", 14.9)], "observe"),
        ([("2026-01-01", 5.0), ("2026-06-15", 9.0), ("2026-10-10", 15.0)], "unknown"),
        ([("2026-01-01", 0.0), ("2026-06-15", 10.0), ("2026-10-10", 10.1)], "treat"),
        # Confirmed by a later value on another day, which need not be the next.
        ([("2026-08-01", 6.0), ("2026-09-15", 12.4), ("2026-09-30", 11.0), ("2026-10-10", 12.2)], "treat"),
        ([("2026-09-01", 6.0), ("2026-10-10", 12.4), ("2026-10-10", 12.6)], "unknown"),
        ([("2026-10-10", 15.0)], "unknown"),
        ([], "unknown"),
        # Only what came after the lowest value counts, and only while the newest stands there.
        ([("2026-01-01", 20.0), ("2026-05-01", 2.0), ("2026-10-10", 3.0)], "observe"),
        ([("2026-01-01", 5.0), ("2026-02-01", 12.0), ("2026-03-01", 12.0), ("2026-10-10", 9.9)], "observe"),
        ([("2026-01-01", 5.0), ("2026-05-01", 16.0), ("2026-06-01", 16.0), ("2026-10-10", 14.9)], "observe"),
        ([("2026-10-10", 13.5), ("2026-09-15", 12.4), ("2026-08-01", 6.0)], "treat"),
    ],
)
def test_a_significant_relapse_is_a_limit_reached_and_confirmed(values: list[tuple[str, float]], expected: str) -> None:
    assert answer(a_series(*values)) == expected


def test_what_was_reached_once_is_repeated_now_and_what_was_confirmed_says_by_what() -> None:
    once = now(a_series(("2026-08-01", 6.0), ("2026-09-15", 12.4)))
    assert "repeat now" in once["because"] and "the limit is 12" in once["because"]
    twice = now(a_series(("2026-08-01", 6.0), ("2026-09-15", 12.4), ("2026-10-10", 13.5)))
    assert "confirmed by 13.5 (2026-10-10)" in twice["because"] and twice["relapse"]["biochemical"] == "yes"


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("urine_mg_per_24h", [100, 600, 600], "treat"),
        ("urine_mg_per_24h", [100, 599, 599], "observe"),
        ("urine_mg_per_24h", [100, 200, 600], "unknown"),
        ("dflc_mg_per_l", [40, 240, 240], "treat"),
        ("dflc_mg_per_l", [40, 239, 239], "observe"),
        ("dflc_mg_per_l", [1000, 1250, 1250], "treat"),
        ("dflc_mg_per_l", [1000, 1249, 1249], "observe"),
        ("dflc_mg_per_l", [1000, 1200, 1200], "observe"),
    ],
)
def test_urine_and_light_chains_have_limits_of_their_own(name: str, values: list[float], expected: str) -> None:
    days = ("2026-01-01", "2026-06-01", "2026-10-10")
    assert answer(a_series(*zip(days, values, strict=True), name=name)) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"), [(None, "treat"), (0.25, "treat"), (0.26, "unknown"), (1.65, "unknown"), (1.66, "treat")]
)
def test_light_chains_do_not_count_where_their_ratio_is_recorded_as_normal(ratio: float | None, expected: str) -> None:
    series = a_series(("2026-01-01", 40), ("2026-06-01", 400), ("2026-10-10", 400), name="dflc_mg_per_l")
    assert answer(series, disease__flc_ratio=ratio) == expected


def test_one_component_suffices_and_the_others_are_shown() -> None:
    series = [
        {"on": "2026-01-01", "serum_g_per_l": 3, "dflc_mg_per_l": 40},
        {"on": "2026-06-01", "serum_g_per_l": 3.1, "dflc_mg_per_l": 400},
        {"on": "2026-10-10", "serum_g_per_l": 3, "dflc_mg_per_l": 410},
    ]
    assert answer(series) == "treat" and "dFLC" in now(series)["because"]


# --- the present line ---------------------------------------------------------------------------


def test_an_old_rise_that_was_followed_by_a_fall_does_not_treat() -> None:
    """The patient of the reading whose doubling was years ago."""
    series = a_series(("2023-01-01", 6.0), ("2023-02-15", 12.4), ("2026-09-01", 2.0), ("2026-10-10", 2.2))
    assert answer(series) == "observe"


def test_what_was_measured_before_the_present_line_does_not_count() -> None:
    dvd = entry("DVd", "2026-04-01", "2026-08-01", "2026-10-01")
    before = a_series(("2026-01-01", 6.0), ("2026-02-15", 12.4), ("2026-03-20", 14.0))
    assert answer([*before, *a_series(("2026-09-01", 14.0), ("2026-10-10", 14.2))], *LEN_REFRACTORY, dvd) == "observe"
    assert answer(before, *LEN_REFRACTORY, dvd) == "unknown"
    assert answer([*before, *a_series(("2026-10-10", 14.2))], *LEN_REFRACTORY) == "treat"


def test_when_the_line_began_is_asked_where_it_decides() -> None:
    dvd = {**entry("DVd", "2026-04-01", "2026-08-01", "2026-10-01"), "start": None}
    rising = a_series(("2026-01-01", 6.0), ("2026-02-15", 12.4), ("2026-10-10", 13.0))
    found = rise(a_history(**record(rising, *LEN_REFRACTORY, dvd)), LOADED.catalogue).significant
    assert found.truth.value == "unknown" and found.missing == ("therapies[3].start",)
    flat = a_series(("2026-01-01", 6.0), ("2026-02-15", 6.4), ("2026-10-10", 7.0))
    assert answer(flat, *LEN_REFRACTORY, dvd) == "observe"


def test_a_month_is_not_a_day_and_the_same_month_is_no_later_one() -> None:
    assert answer(a_series(("2026-07", 6.0), ("2026-08", 12.4), ("2026-10-10", 13.5))) == "treat"
    assert answer(a_series(("2026-07-01", 6.0), ("2026-09", 12.4), ("2026-10-10", 13.5))) == "unknown", "54 to 91 days"
    assert answer(a_series(("2026-01-01", 5.0), ("2026-10", 15.4), ("2026-10", 15.5))) == "unknown"


def test_a_value_without_a_day_that_would_reach_a_limit_is_asked_for_its_day() -> None:
    flat = a_series(("2026-08-01", 6.0), ("2026-10-10", 6.2))
    assert answer([*flat, {"serum_g_per_l": 16.5}]) == "unknown"
    assert "without a day" in now([*flat, {"serum_g_per_l": 16.5}])["because"]
    assert answer([*flat, {"serum_g_per_l": 7.0}]) == "observe"


# --- high risk ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([("2026-07-01", 1.0), ("2026-10-10", 2.0)], "observe"),
        ([("2026-07-01", 1.0), ("2026-09-01", 6.0), ("2026-10-10", 6.0)], "treat"),
        ([("2026-07-01", 1.0), ("2026-09-01", 5.9), ("2026-10-10", 5.9)], "observe"),
        ([("2026-07-01", 1.0), ("2026-10-10", 6.0)], "unknown"),
        ([("2026-01-01", 30.0), ("2026-06-01", 37.4), ("2026-10-10", 37.4)], "observe"),
        ([("2026-01-01", 30.0), ("2026-06-01", 37.5), ("2026-10-10", 37.5)], "treat"),
        ([("2026-01-01", 52.0), ("2026-06-01", 62.0), ("2026-10-10", 62.0)], "treat"),
    ],
)
def test_high_risk_shortens_the_road_to_progression_and_does_not_replace_it(
    values: list[tuple[str, float]], expected: str
) -> None:
    assert answer(a_series(*values), **DEL_17P) == expected


def test_below_progression_high_risk_is_repeated_sooner_and_imaged() -> None:
    series = a_series(("2026-07-01", 1.0), ("2026-10-10", 2.0))
    high, standard = now(series, **DEL_17P)["because"], now(series)["because"]
    assert "repeat in 4 weeks" in high and "image" in high and "high risk" in high
    assert "repeat in 8 weeks" in standard and "image" not in standard


def test_where_the_risk_is_not_known_progression_leaves_the_answer_open() -> None:
    grown = a_series(("2026-07-01", 1.0), ("2026-09-01", 7.0), ("2026-10-10", 7.0))
    nothing_known = {"disease__cytogenetics": None}
    treat = now(grown, **nothing_known)
    assert treat["answer"] == "unknown" and "high-risk-cytogenetics is not settled" in treat["because"]
    assert answer(grown) == "observe" and answer(grown, **DEL_17P) == "treat"
    slow = now(a_series(("2026-07-01", 1.0), ("2026-10-10", 2.0)), **nothing_known)
    assert slow["answer"] == "observe" and "repeat in 4 weeks" in slow["because"]


def test_a_kind_that_is_not_recorded_does_not_stop_a_significant_relapse() -> None:
    rising = a_series(("2026-08-01", 6.0), ("2026-09-15", 12.4), ("2026-10-10", 13.5))
    raw = record(rising)
    raw["disease"]["relapse"] = None
    assert treated(raw)["answer"] == "treat"


# --- what is unsure -----------------------------------------------------------------------------

FLAT = a_series(("2026-07-01", 21.0), ("2026-10-10", 21.5))
LIGHT = a_series(("2026-07-01", 400), ("2026-10-10", 410), name="dflc_mg_per_l")
ON_DARATUMUMAB = [VRD, entry("DRd", "2022-12-01", "ongoing", None, stop_reason=None)]


@pytest.mark.parametrize(
    ("series", "therapies", "changes", "says"),
    [
        (FLAT, [], {}, []),
        (LIGHT, [], {}, []),
        (LIGHT, [], {"labs__creatinine_clearance_ml_per_min": 29}, ["light-chains"]),
        (LIGHT, [], {"labs__creatinine_clearance_ml_per_min": 30}, []),
        (LIGHT, [], {"labs__creatinine_umol_per_l": 600}, ["light-chains"]),
        (FLAT, [], {"labs__creatinine_clearance_ml_per_min": 29}, []),
        (FLAT, ON_DARATUMUMAB, {"disease__isotype": "IgG kappa"}, ["band"]),
        (FLAT, ON_DARATUMUMAB, {"disease__isotype": None}, ["band"]),
        (FLAT, ON_DARATUMUMAB, {"disease__isotype": "IgG lambda"}, []),
        (FLAT, ON_DARATUMUMAB, {"disease__isotype": "IgA kappa"}, []),
        (FLAT, [], {"disease__isotype": "IgG kappa"}, []),
        (a_series(("2026-07-01", 1.0), ("2026-10-10", 2.0)), [], {}, ["low-values"]),
        (FLAT, [], {"disease__isotype": "oligosecretory"}, ["secretes-little"]),
        (a_series(("2026-07-01", 0), ("2026-10-10", 0)), [], {}, ["nothing-measurable"]),
        ([], [], {}, ["nothing-measurable"]),
    ],
)
def test_what_makes_a_series_unsure_is_said_beside_the_answer(
    series: Any, therapies: list[Any], changes: dict[str, Any], says: list[str]
) -> None:
    known = LOADED.catalogue.treatment.unsure.says
    assert [s["text"] for s in now(series, *therapies, **changes)["unsure"]] == [known[name].text for name in says]


# --- law: more disease is never less of an answer -----------------------------------------------

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much]
law = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=QUIET)
COMPONENTS = ("serum_g_per_l", "urine_mg_per_24h", "dflc_mg_per_l")
RISKS = st.sampled_from([{}, DEL_17P, {"disease__cytogenetics": None}])
LAST_THERAPIES = st.sampled_from([[], [*LEN_REFRACTORY, entry("DVd", "2024-06-01", "2026-08-01", "2026-10-01")]])


def comparable(series: list[dict[str, Any]], therapies: list[Any], ratio: float | None) -> bool:
    """Whether there is a series at all: a single value is unknown, and a second, equal one then is an answer."""
    kept = [m for m in series if not therapies or m["on"] >= "2024-06-01"]
    counted = COMPONENTS[:2] if ratio == 1.0 else COMPONENTS
    return any(sum(m.get(name) is not None for m in kept) > 1 for name in counted)


@law
@given(paraproteins(least=2), RISKS, LAST_THERAPIES, st.sampled_from([None, 1.0, 40.0]), st.data())
def test_a_higher_last_value_never_lowers_the_answer(
    series: list[dict[str, Any]], risk: dict[str, Any], therapies: list[Any], ratio: float | None, data: st.DataObject
) -> None:
    assume(comparable(series, therapies, ratio))
    last = series[-1]
    name = data.draw(st.sampled_from([n for n in COMPONENTS if n in last]))
    more = data.draw(st.sampled_from([0.1, 1, 5, 10, 60, 300, 2000]))
    held = {"serum_g_per_l": 200, "urine_mg_per_24h": 99_000, "dflc_mg_per_l": 190_000}[name]
    raised = [*series[:-1], {**last, name: min(held, last[name] + more)}]
    changes = {**risk, "disease__flc_ratio": ratio}
    assert RANK[answer(raised, *therapies, **changes)] >= RANK[answer(series, *therapies, **changes)]


@law
@given(paraproteins(least=2), RISKS, LAST_THERAPIES, st.sampled_from([None, 1.0, 40.0]), st.data())
def test_a_later_value_at_or_above_the_last_never_lowers_the_answer(
    series: list[dict[str, Any]], risk: dict[str, Any], therapies: list[Any], ratio: float | None, data: st.DataObject
) -> None:
    assume(comparable(series, therapies, ratio))
    newest = date.fromisoformat(series[-1]["on"])
    assume(newest < DAY)
    day = newest + timedelta(days=data.draw(st.integers(1, (DAY - newest).days)))
    last = {n: next((m[n] for m in reversed(series) if m.get(n) is not None), 0) for n in COMPONENTS}
    kept = data.draw(st.lists(st.sampled_from(COMPONENTS), min_size=1, unique=True))
    held = {"serum_g_per_l": 200, "urine_mg_per_24h": 99_000, "dflc_mg_per_l": 190_000}
    later = {n: min(held[n], last[n] + data.draw(st.sampled_from([0, 0.1, 5, 10, 300]))) for n in kept}
    changes = {**risk, "disease__flc_ratio": ratio}
    more = [*series, {"on": day.isoformat()} | later]
    assert RANK[answer(more, *therapies, **changes)] >= RANK[answer(series, *therapies, **changes)]


def test_the_laws_see_every_answer() -> None:
    """A law over answers that are all the same would say nothing."""
    seen: set[str] = set()

    @settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET)
    @given(paraproteins(least=2), RISKS)
    def collect(series: list[dict[str, Any]], risk: dict[str, Any]) -> None:
        seen.add(answer(series, **risk))

    collect()
    assert seen == RANK.keys()


def test_light_chains_alone_beside_a_normal_ratio_are_said_to_show_nothing() -> None:
    series = a_series(("2026-01-01", 40), ("2026-06-01", 400), ("2026-10-10", 400), name="dflc_mg_per_l")
    history = a_history(disease={"state": "relapsed", "m_protein": series, "flc_ratio": 1.0})
    found = rise(history, LOADED.catalogue).progression
    assert found.truth is Truth.UNKNOWN and "while their ratio is normal" in found.found
