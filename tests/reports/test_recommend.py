"""The answer: what other tools of this kind got wrong, what must come out of the order, treat now."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.base.errors import UsageError
from mmadvisor.reports.recommend import advise
from tests.builders.blank import DAY, LOADED, a_patient, answer_for, offered, verdict_of
from tests.builders.patients import DVD, GRAFT, LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, UPKEEP, VRD, entry, patient


def ask(*therapies: dict[str, Any], day: date = date(2026, 10, 20), **changes: Any) -> Recommendation:
    return answer_for(day, **patient(*therapies, **changes))


# --- five things that the only open tool of this kind gets wrong ------------------------------------


def test_refractory_to_daratumumab_pomalidomide_and_isatuximab() -> None:
    therapies = [*LEN_REFRACTORY, DVD, entry("IsaPd", "2024-07-01", "2026-09-20", "2026-09-20")]
    for place in ("US", "EU", "UK", "HK"):
        assert not {"DPd", "IsaPd"} & set(offered(ask(*therapies, access__jurisdiction=place)))


def test_daratumumab_and_lenalidomide_refractory_no_drd() -> None:
    both = {**UPKEEP, "agents": ["daratumumab", "lenalidomide"]}
    assert "DRd" not in offered(ask(VRD, GRAFT, both, access__jurisdiction="US"))


def test_ecog_nought_is_the_fittest_and_no_missing_value() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU", fitness__ecog=0)
    assert verdict_of(answer, "cilta-cel") in ("eligible", "caution")
    assert "fitness.ecog" not in [m["field"] for m in answer["missing"]]


def test_nothing_but_the_therapies_is_known() -> None:
    therapies = [dict(t) for t in TRIPLE_CLASS_REFRACTORY]
    answer = answer_for(therapies=therapies, therapies_complete=True)
    assert answer["history"]["frailty"] == "unknown"
    for o in answer["options"]:
        assert all(c["result"] == "met" for c in o["criteria"] if c["force"] == "hard")
    assert not offered(answer), "infection and pregnancy are not known, and they are hard"


def test_grade_three_neuropathy_is_never_passed_over_in_silence() -> None:
    for grade in (2, 3, 4):
        answer = ask(*LEN_REFRACTORY, comorbidities__peripheral_neuropathy_grade=grade, access__jurisdiction="EU")
        for o in answer["options"]:
            agents = LOADED.catalogue.regimen_by_id[o["regimen"]].agent_ids
            if {"bortezomib", "thalidomide"} & set(agents):
                assert "neuropathy" in str(o["cautions"]).casefold(), o["regimen"]
    names = [o["regimen"] for o in answer["options"]] + [n["regimen"] for n in answer["not_offered"]]
    assert len(names) == len(set(names)), "offered and warned off at once"


# --- what must come out of the order ----------------------------------------------------------------


def test_first_relapse_lenalidomide_refractory_cd38_naive() -> None:
    for place in ("US", "EU"):
        answer = ask(*LEN_REFRACTORY, access__jurisdiction=place)
        options = offered(answer)
        assert options.index("DKd") < options.index("DVd") and options.index("IsaKd") < options.index("DVd")
        assert "cilta-cel" in options[:5]
        assert not [r for r in options if "lenalidomide" in LOADED.catalogue.regimen_by_id[r].agent_ids]


def test_first_relapse_years_off_lenalidomide() -> None:
    stopped = {**UPKEEP, "stop": "2021-11-01", "progressed_on": "2025-11-01", "stop_reason": "completed"}
    for place in ("US", "EU", "HK"):
        answer = ask(VRD, GRAFT, stopped, access__jurisdiction=place)
        assert "DRd" in offered(answer)[:2]
        assert {"KRd", "salvage-ASCT"} <= set(offered(answer))


def test_refractory_to_lenalidomide_and_an_anti_cd38() -> None:
    both = {**UPKEEP, "agents": ["daratumumab", "lenalidomide"]}
    answer = ask(VRD, GRAFT, both, access__jurisdiction="EU")
    for regimen in offered(answer):
        assert not {"daratumumab", "isatuximab"} & set(LOADED.catalogue.regimen_by_id[regimen].agent_ids)
    assert {"KPd", "PVd", "SVd", "BPd", "cilta-cel"} <= set(offered(answer))


def test_a_weak_heart_closes_carfilzomib_and_leaves_the_rest() -> None:
    answer = ask(
        *LEN_REFRACTORY,
        labs__lvef_percent=35,
        demographics__age=78,
        fitness__frailty="intermediate",
        access__jurisdiction="EU",
    )
    assert not [r for r in offered(answer) if "carfilzomib" in LOADED.catalogue.regimen_by_id[r].agent_ids]
    assert {"DPd", "PVd", "BPd"} <= set(offered(answer))


def test_early_relapse_after_transplant_is_functional_high_risk() -> None:
    induction = entry("VRd", "2025-03-01", "2025-08-01", intent="induction", best_response="VGPR")
    graft = {**GRAFT, "start": "2025-09-15", "stop": "2025-09-15"}
    upkeep = {**UPKEEP, "start": "2025-12-20", "stop": "2026-07-01", "progressed_on": "2026-07-01"}
    raw = patient(induction, graft, upkeep, access__jurisdiction="US")
    raw["disease"]["cytogenetics"]["del_17p"] = "present"
    answer = answer_for(**raw)
    labels = {x["label"]: x["value"] for x in answer["history"]["labels"]}
    assert labels["functional-high-risk"] == "yes"
    assert "cilta-cel" in offered(answer)[:4] and {"DKd", "IsaKd"} & set(offered(answer)[:4])


def test_dialysis_after_vcd() -> None:
    vcd = entry("VCd", "2023-01-01", "2023-06-01", "2026-08-01", intent="induction")
    answer = ask(
        vcd, comorbidities__dialysis=True, labs__creatinine_clearance_ml_per_min=None, access__jurisdiction="EU"
    )
    assert {"DVd", "DRd"} <= set(offered(answer))
    cautions = next(o for o in answer["options"] if o["regimen"] == "DRd")["cautions"]
    assert "dialysis 5 mg" in str(cautions)


def test_everything_spent_leaves_a_trial_selinexor_and_symptom_led_care() -> None:
    therapies = [
        VRD, GRAFT, UPKEEP, DVD, entry("KPd", "2024-07-01", "2025-02-01", "2025-02-01"),
        entry("teclistamab", "2025-03-01", "2025-12-01", "2025-12-01"),
        entry("talquetamab", "2026-01-01", "2026-09-20", "2026-09-20"),
    ]  # fmt: skip
    answer = ask(*therapies, access__jurisdiction="US")
    assert "Sd" in offered(answer)
    assert not {"elranatamab", "teclistamab", "talquetamab"} & set(offered(answer))
    assert [s["text"] for s in answer["always"]][-1].startswith("Symptom-led")


def test_the_deciding_comparison_is_said_between_neighbours() -> None:
    answer = ask(*LEN_REFRACTORY, access__jurisdiction="US")
    for upper, lower in zip(answer["options"], answer["options"][1:], strict=False):
        said = upper["above_next_because"]
        if upper["rank"] == lower["rank"]:
            assert said == "No published difference decides between these; they are listed in a fixed order."
        elif upper["group"] == lower["group"]:
            pairs = zip(upper["standing"], lower["standing"], strict=True)
            first = next((a, b) for a, b in pairs if a["value"] != b["value"])
            assert first[0]["decides"] and first[0]["value"] in said and first[1]["value"] in said
        assert said == "" or "alphabetical" not in said


# --- is treatment the question? ---------------------------------------------------------------------


def slow(*values: tuple[str, float], **changes: Any) -> Recommendation:
    stopped = {**UPKEEP, "stop": "2021-11-01", "progressed_on": "2026-10-01", "stop_reason": "completed"}
    series = [{"on": day, "serum_g_per_l": value} for day, value in values]
    relapse = {"kind": "biochemical", "tempo": "indolent"}
    raw = patient(VRD, GRAFT, stopped, disease__relapse=relapse, disease__m_protein=series, **changes)
    return answer_for(**raw)


def test_three_to_six_grams_over_eight_months_standard_risk_is_watched() -> None:
    answer = slow(("2026-02-01", 3.0), ("2026-06-01", 4.4), ("2026-10-01", 6.0))
    assert answer["treat_now"]["answer"] == "observe"
    assert "repeat" in answer["treat_now"]["because"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((("2026-08-20", 5.0), ("2026-10-10", 10.0)), "unknown"),
        ((("2026-08-20", 5.0), ("2026-10-10", 10.0), ("2026-10-17", 10.0)), "treat"),
        ((("2026-08-20", 5.0), ("2026-10-10", 9.9)), "observe"),
        ((("2026-08-20", 2.0), ("2026-10-10", 6.0)), "observe"),
        ((("2026-01-20", 5.0), ("2026-10-10", 15.0)), "unknown"),
        ((("2026-01-20", 5.0), ("2026-10-10", 15.0), ("2026-10-17", 15.0)), "treat"),
        ((("2026-10-10", 15.0),), "unknown"),
    ],
)
def test_the_limits_of_a_significant_paraprotein_relapse(values: Any, expected: str) -> None:
    assert slow(*values)["treat_now"]["answer"] == expected


def test_emergencies_come_first() -> None:
    answer = ask(*LEN_REFRACTORY, disease__emergencies=["cord_compression", "hypercalcaemia"])
    assert [e["emergency"] for e in answer["treat_now"]["emergencies"]] == ["cord_compression", "hypercalcaemia"]
    assert answer["treat_now"]["answer"] == "treat"


def test_smouldering_myeloma_is_not_ranked() -> None:
    answer = ask(disease__state="smouldering")
    assert answer["treat_now"]["answer"] == "not-active-myeloma"
    assert not answer["options"]


def test_an_empty_history_with_an_unknown_state_is_asked_about() -> None:
    answer = ask(disease__state=None)
    assert answer["treat_now"]["answer"] == "unknown"
    assert not answer["options"] and answer["treat_now"]["ask"]


def test_no_relapse_recorded_is_ranked_only_when_asked() -> None:
    raw = patient(VRD, GRAFT, disease__state="responding")
    assert not answer_for(**raw)["options"]
    assert answer_for(assume_relapse=True, **raw)["options"]


# --- verdicts ---------------------------------------------------------------------------------------


def test_an_active_infection_defers() -> None:
    answer = ask(*LEN_REFRACTORY, comorbidities__active_infection_grade=3, access__jurisdiction="EU")
    assert not answer["options"]
    dkd = next(n for n in answer["not_offered"] if n["regimen"] == "DKd")
    assert dkd["verdict"] == "deferred" and "infection" in str(dkd["because"])


def test_low_counts_from_the_myeloma_do_not_recover_by_waiting() -> None:
    answer = ask(
        *LEN_REFRACTORY, labs__neutrophils_10e9_per_l=0.3, labs__cytopenia_cause="disease", access__jurisdiction="EU"
    )
    dpd = next(n for n in answer["not_offered"] if n["regimen"] == "DPd")
    assert dpd["verdict"] == "deferred" and "waiting will not help" in str(dpd["because"])


def test_pregnancy_closes_and_is_not_asked_of_men() -> None:
    closed = ask(*LEN_REFRACTORY, demographics__sex="female", demographics__age=35, comorbidities__pregnancy=True)
    assert not closed["options"]
    asked = ask(*LEN_REFRACTORY, comorbidities__pregnancy=None)
    assert asked["options"]


def with_an_unread_limit() -> Any:
    """The entry of DKd at an LVEF below its limit, had nobody read that limit."""
    whole = LOADED.catalogue
    rules = (
        r.but(gates=tuple(c.but(verified="unverified") if c.id == "carfilzomib-lvef" else c for c in r.gates))
        for r in whole.rules
    )
    raw = patient(*LEN_REFRACTORY, labs__lvef_percent=35, access__jurisdiction="EU")
    answer = advise(a_patient(**raw), whole.but(rules=tuple(rules)), DAY)
    return next(n for n in answer["not_offered"] if n["regimen"] == "DKd")


def test_a_limit_that_nobody_could_read_never_closes() -> None:
    closed = with_an_unread_limit()
    assert closed["verdict"] == "undetermined" and "nobody could read" in str(closed["because"])


def test_a_value_on_record_against_an_unread_limit_is_told_as_that() -> None:
    closed = with_an_unread_limit()
    assert "LVEF 35 %" in closed["would_rank_if"] and "not verified" in closed["would_rank_if"]


def test_a_relapse_of_nothing_is_doubted() -> None:
    assert any("no treatment is recorded" in w for w in ask(disease__state="relapsed")["warnings"])
    assert not any("no treatment is recorded" in w for w in ask(*LEN_REFRACTORY)["warnings"])


def test_what_is_spent_is_told_as_spent() -> None:
    answer = ask(*LEN_REFRACTORY, access__jurisdiction="EU")
    closed = next(n for n in answer["not_offered"] if n["regimen"] == "DRd")
    assert any(b.startswith("lenalidomide is spent: progressed") for b in closed["because"])


def test_off_label_use_belongs_to_the_change_that_leads_to_it() -> None:
    answer = ask(*LEN_REFRACTORY, labs__lvef_percent=35, access__jurisdiction="EU")
    closed = next(n for n in answer["not_offered"] if n["regimen"] == "KCd")
    assert closed["would_change_if"] == "if LVEF at least 40 % and off-label use acceptable"
    assert {"access.off_label", "labs.lvef_percent"} == {c["field"] for c in closed["would_change"]}


def test_the_smallest_change_is_said() -> None:
    answer = ask(*LEN_REFRACTORY, DVD, access__jurisdiction="EU")
    assert (
        next(n for n in answer["not_offered"] if n["regimen"] == "elranatamab")["would_change_if"]
        == "if one more prior line"
    )


def test_what_is_approved_hangs_on_the_day() -> None:
    early = ask(*TRIPLE_CLASS_REFRACTORY, day=date(2026, 10, 20), access__jurisdiction="EU")
    assert verdict_of(early, "elranatamab") == "caution" or verdict_of(early, "elranatamab") == "eligible"
    therapies = [
        VRD,
        GRAFT,
        UPKEEP,
        entry("DVd", "2022-12-01", "2023-02-01", "2023-02-01"),
        entry("PCd", "2023-02-10", "2023-05-20", "2023-05-20"),
    ]
    raw = patient(*therapies, access__jurisdiction="EU") | {"assessed_on": None}
    then = answer_for(date(2023, 6, 1), **raw)
    assert verdict_of(then, "elranatamab") == "ineligible"
    assert verdict_of(then, "teclistamab") in ("eligible", "caution")


def test_unknown_licence_closes_only_where_every_foreign_label_does() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="HK")
    linvoseltamab = next(o for o in answer["options"] if o["regimen"] == "linvoseltamab")
    labels = {x["jurisdiction"]: x for x in linvoseltamab["access"]["licensed"]["foreign"]}
    assert labels["EU"]["answer"] == "yes" and labels["US"]["answer"] == "no"
    assert labels["US"]["text"].startswith("at least 4 prior lines")
    earlier = ask(*LEN_REFRACTORY, access__jurisdiction="HK")
    closed = next(n for n in earlier["not_offered"] if n["regimen"] == "linvoseltamab")
    assert {x["answer"] for x in closed["access"]["licensed"]["foreign"]} == {"no"}
    assert closed["verdict"] == "ineligible"
    dkd = next(o for o in ask(*LEN_REFRACTORY)["options"] if o["regimen"] == "DKd")
    assert dkd["approval"]["status"] == "unknown" and "not known" in dkd["approval"]["check"]


def test_verdicts_that_hang_on_the_definition_of_a_line_say_so() -> None:
    again = entry("DVd", "2025-01-01", "2026-09-20", "2026-09-20")
    first = entry("DVd", "2022-12-01", "2023-12-01", "2024-12-01")
    pom = entry("PCd", "2024-12-05", "2024-12-28", "2024-12-30")
    answer = ask(VRD, GRAFT, UPKEEP, first, again, access__jurisdiction="EU")
    assert answer["history"]["prior_lines"]["count"] == 3
    assert answer["history"]["prior_lines"]["alternatives"][0]["count"] == 2
    assert any(flip.startswith("elranatamab") for flip in answer["line_definition_flips"])
    assert pom


def test_an_open_list_says_how_many_verdicts_hang_on_it() -> None:
    answer = ask(*LEN_REFRACTORY, therapies_complete=None)
    assert answer["hang_on_completeness"] > 20
    assert answer["missing"][0]["field"] == "therapies_complete" or "therapies_complete" in [
        m["field"] for m in answer["missing"]
    ]


def test_an_unknown_jurisdiction_or_profile_is_a_wrong_usage() -> None:
    for name, value in (("jurisdiction", "XX"), ("profile", "mine")):
        wrong: dict[str, Any] = {name: value}
        with pytest.raises(UsageError, match="known"):
            advise(a_patient(**patient(*LEN_REFRACTORY)), LOADED.catalogue, date(2026, 10, 20), **wrong)


def test_all_sources_of_an_answer_are_listed() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY)
    for o in answer["options"]:
        for row in o["evidence"]:
            assert row["source"] in answer["sources"]


def test_what_would_open_a_regimen_names_every_change_that_is_needed() -> None:
    answer = ask(VRD, GRAFT, UPKEEP, access__jurisdiction="EU")
    change = next(n["would_change_if"] for n in answer["not_offered"] if n["regimen"] == "elranatamab")
    assert "prior line" in change and "anti-CD38" in change


def test_the_tempo_of_a_relapse_is_not_asked_of_the_newly_diagnosed() -> None:
    answer = ask(disease__state="newly_diagnosed", disease__relapse={}, access__jurisdiction="EU")
    assert "disease.relapse.tempo" not in [m["field"] for m in answer["missing"]]
    assert verdict_of(answer, "D-PACE") == "ineligible"


def test_a_weak_heart_is_never_passed_over_before_high_dose_melphalan() -> None:
    answer = ask(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU", labs__lvef_percent=20)
    graft = next(o for o in answer["options"] if o["regimen"] == "salvage-ASCT")
    assert graft["verdict"] == "caution" and "heart" in [c["about"] for c in graft["cautions"]]


def test_what_two_criteria_of_a_regimen_ask_alike_is_said_once() -> None:
    answer = answer_for(therapies=[{"regimen": "VRd", "progressed_on": "2026-10-01"}], therapies_complete=True)
    for closed in answer["not_offered"]:
        parts = closed["would_rank_if"].split(" and neutrophils at least 1 ")
        assert len(parts) <= 2, closed["would_rank_if"]
        assert len(closed["because"]) == len(set(closed["because"])), closed["because"]
