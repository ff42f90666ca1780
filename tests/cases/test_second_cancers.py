"""A second cancer: what is said first, what waits for it, what only warns."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.base.errors import InvalidInputError
from mmadvisor.files.documents import parse
from mmadvisor.files.patients import patient_from
from tests.builders.blank import LOADED, a_patient, answer_for, offered, verdict_of
from tests.builders.drawn import render
from tests.builders.patients import GRAFT, LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, VRD, entry, patient

CAR_T = [r.id for r in LOADED.catalogue.regimens if r.modality == "car-t"]
ALKYLATORS = {"melphalan", "cyclophosphamide", "bendamustine", "melphalan-flufenamide"}
CILTA_CEL = entry("cilta-cel", "2024-11-15", "2024-11-15", "2026-09-20", stop_reason="completed")
AFTER_CELLS = [*LEN_REFRACTORY, entry("DVd", "2022-12-01", "2024-06-01", "2024-06-01"), CILTA_CEL]


def ask(*cancers: dict[str, Any], therapies: Any = TRIPLE_CLASS_REFRACTORY, **changes: Any) -> Recommendation:
    changes = {"access__jurisdiction": "EU", "comorbidities__other_malignancy": None} | changes
    return answer_for(**patient(*therapies, comorbidities__second_cancers=list(cancers) or None, **changes))


def said_first(answer: Recommendation) -> list[str]:
    return [item["id"] for item in answer["first"]]


def cautioned(answer: Recommendation) -> set[str]:
    entries: list[Any] = [*answer["options"], *answer["not_offered"]]
    return {e["regimen"] for e in entries if any(c["about"] == "second cancer" for c in e["cautions"])}


def waiting(answer: Recommendation) -> set[str]:
    return {n["regimen"] for n in answer["not_offered"] if n["verdict"] == "deferred"}


def test_a_t_cell_lymphoma_leads_and_no_car_t_is_offered() -> None:
    answer = ask({"kind": "t-cell", "state": "active", "after": "Carvykti"}, therapies=AFTER_CELLS)
    assert said_first(answer) == ["t-cell-cancer", "car-t-report"]
    assert all(item["source"] in answer["sources"] and item["verified"] for item in answer["first"])
    assert not set(CAR_T) & set(offered(answer))
    for place in ("US", "EU"):
        there = ask({"kind": "t-cell", "state": "active"}, therapies=AFTER_CELLS, access__jurisdiction=place)
        assert verdict_of(there, "ide-cel") in ("deferred", "ineligible")
    assert verdict_of(there, "cilta-cel") == "deferred"


@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_it_leads_without_a_car_t_before_too(place: str) -> None:
    answer = ask({"kind": "t-cell", "state": "active"}, access__jurisdiction=place)
    assert said_first(answer) == ["t-cell-cancer"], "no CAR-T was given: there is nothing to report"
    assert not set(CAR_T) & set(offered(answer))
    assert bool(set(CAR_T) & waiting(answer)) is (place != "UK"), "contract 9.13: there none is launched"


def test_the_page_says_it_before_whether_to_treat() -> None:
    answer = ask({"kind": "t-cell", "state": "active"}, therapies=AFTER_CELLS)
    for form in ("table", "markdown"):
        text = render("recommendation", form, answer)
        assert text.index("T-cell cancer") < text.index("Treat now?") < text.index("Options")
    page = render("recommendation", "html", answer)
    assert page.index("Active T-cell cancer") < page.index("Treat now?")


def test_a_cancer_of_unknown_kind_after_a_car_t_counts_as_a_t_cell_cancer() -> None:
    """Recorded in one word only, or by an item without a kind."""
    for cancers, ticked in (
        ((), "active"),
        (({"kind": "unknown", "state": "active"},), None),
        (({"state": "active", "after": "cilta-cel"},), "active"),
    ):
        answer = ask(*cancers, therapies=AFTER_CELLS, comorbidities__other_malignancy=ticked, access__jurisdiction="US")
        assert said_first(answer) == ["cancer-after-car-t", "car-t-report"]
        assert {"cilta-cel", "ide-cel"} <= waiting(answer)
        assert any("second_cancers" in m["field"] for m in answer["missing"]), "the kind is asked"
        told = next(n for n in answer["not_offered"] if n["regimen"] == "cilta-cel")
        assert "second_cancers" in str(told["missing"]) and "kind that is not recorded" in str(told["because"])


def test_without_a_car_t_before_the_kind_is_asked_and_nothing_waits() -> None:
    answer = ask(comorbidities__other_malignancy="active")
    assert said_first(answer) == ["cancer-of-unknown-kind"]
    assert "cilta-cel" in offered(answer) and "cilta-cel" in cautioned(answer)
    assert not waiting(answer)
    asked = next(m for m in answer["missing"] if m["field"] == "comorbidities.second_cancers")
    at = {o["value"]: o for o in asked["outcomes"]}
    assert "cilta-cel" in at["t-cell, active"]["closes"]


def test_one_that_was_found_before_the_car_t_is_no_harm_of_it() -> None:
    answer = ask({"state": "active", "found_on": "2023-05"}, therapies=AFTER_CELLS, access__jurisdiction="US")
    assert said_first(answer) == ["cancer-of-unknown-kind"]
    assert "ide-cel" in offered(answer)


def test_mds_defers_alkylators_cells_and_transplant_and_pauses_lenalidomide() -> None:
    therapies = [VRD, entry("DVd", "2022-12-01", "2024-06-01", "2026-09-01")]
    before = ask(therapies=therapies, comorbidities__other_malignancy="none", access__off_label=True)
    answer = ask({"kind": "myeloid", "state": "active"}, therapies=therapies, access__off_label=True)
    assert said_first(answer) == ["myeloid-cancer"]
    regimens = LOADED.catalogue.regimen_by_id
    for regimen in offered(before):
        r = regimens[regimen]
        waits = bool(ALKYLATORS & set(r.agent_ids)) or r.modality in ("car-t", "transplant")
        assert (regimen in waiting(answer)) is waits, regimen
        if "lenalidomide" in r.agent_ids and not waits:
            standing = next(o for o in answer["options"] if o["regimen"] == regimen)["standing"]
            assert any(s["by"] == "strong-cautions" and s["value"] == "one or more" for s in standing), regimen
    assert {"KRd"} <= set(offered(answer)) and {"VCd", "KCd"} <= waiting(answer)


def test_the_board_decides_which_of_two_cancers_comes_first() -> None:
    answer = ask({"kind": "solid", "state": "active"})
    assert said_first(answer) == ["solid-cancer"]
    assert "board" in answer["first"][0]["text"]
    assert "cilta-cel" in offered(answer) and not waiting(answer)


@pytest.mark.parametrize(
    "cancer",
    [{"kind": "skin-non-melanoma", "state": "active"}, {"kind": "solid", "state": "watched"}],
)
def test_skin_cancer_and_what_is_watched_only_warn(cancer: dict[str, Any]) -> None:
    answer = ask(cancer)
    assert not answer["first"] and not waiting(answer)
    assert "cilta-cel" in offered(answer) and "cilta-cel" in cautioned(answer)


def told_of_a_second_cancer(answer: Recommendation) -> dict[str, int]:
    """Of each regimen that is offered, how many cautions speak of a second cancer."""
    return {o["regimen"]: sum(c["about"] == "second cancer" for c in o["cautions"]) for o in answer["options"]}


@pytest.mark.usefixtures("of_verdicts_alone")
@pytest.mark.parametrize("therapies", [LEN_REFRACTORY, [VRD], TRIPLE_CLASS_REFRACTORY])
@pytest.mark.parametrize(
    "cancer",
    [
        {"kind": "skin-non-melanoma", "state": "active"}, {"kind": "solid", "state": "watched"},
        {"kind": "myeloid", "state": "watched"}, {"kind": "unknown", "state": "active"}, {"state": "active"},
    ],
)  # fmt: skip
def test_where_the_rule_is_a_caution_every_option_has_it_once(cancer: dict[str, Any], therapies: Any) -> None:
    """Contract: kind unknown without a CAR-T before: a caution. Skin other than melanoma, in situ, watched: a caution."""
    told = told_of_a_second_cancer(ask(cancer, therapies=therapies, access__off_label=True))
    assert len(told) > 3 and set(told.values()) == {1}, {r: n for r, n in told.items() if n != 1}


def test_one_word_alone_gives_every_option_the_caution_too() -> None:
    answer = ask(comorbidities__other_malignancy="active", access__off_label=True)
    assert set(told_of_a_second_cancer(answer).values()) == {1}
    for quiet in ("none", "past", None):
        told = told_of_a_second_cancer(ask(comorbidities__other_malignancy=quiet, access__off_label=True))
        assert "elranatamab" in told and not told["elranatamab"]


@pytest.mark.usefixtures("of_verdicts_alone")
@pytest.mark.parametrize("therapies", [LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY])
@pytest.mark.parametrize("kind", ["solid", "t-cell", "myeloid"])
def test_another_active_cancer_is_said_first_and_warns_every_option(kind: str, therapies: Any) -> None:
    answer = ask({"kind": kind, "state": "active"}, therapies=therapies, access__off_label=True)
    assert said_first(answer) and all(told_of_a_second_cancer(answer).values())


def strong(answer: Recommendation) -> set[str]:
    """The options with a strong caution."""
    values = {o["regimen"]: {s["by"]: s["value"] for s in o["standing"]} for o in answer["options"]}
    return {regimen for regimen, standing in values.items() if standing["strong-cautions"] == "one or more"}


@pytest.mark.parametrize("therapies", [LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY])
def test_an_active_t_cell_cancer_comes_before_every_regimen_and_most_before_engagers_and_imids(therapies: Any) -> None:
    before = ask(therapies=therapies, comorbidities__other_malignancy="none", access__off_label=True)
    event = [{"event": "T-cell lymphoma", "grade": 3}]
    raw = patient(*therapies, access__jurisdiction="EU", access__off_label=True) | {"toxicities": event}
    for answer in (
        ask({"kind": "t-cell", "state": "active"}, therapies=therapies, access__off_label=True), answer_for(**raw),
    ):  # fmt: skip
        said = {o["regimen"]: [c["text"] for c in o["cautions"]] for o in answer["options"]}
        assert said and all(any("Active T-cell cancer: its treatment first" in t for t in said[r]) for r in said)
        for regimen in said:
            r = LOADED.catalogue.regimen_by_id[regimen]
            imid = any("IMiD" in LOADED.catalogue.formulary.by_id[a].classes for a in r.agent_ids)
            expected = r.modality == "bispecific" or imid or regimen in strong(before)
            assert (regimen in strong(answer)) is expected, regimen


KINDS = ("t-cell", "myeloid", "solid", "skin-non-melanoma", "unknown")


@pytest.mark.usefixtures("of_verdicts_alone")
@pytest.mark.parametrize("therapies", [LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, AFTER_CELLS])
@pytest.mark.parametrize("state", ["active", "watched", None])
@pytest.mark.parametrize("kind", KINDS)
def test_recording_the_kind_of_a_cancer_takes_no_warning_away(kind: str, state: str | None, therapies: Any) -> None:
    """Every regimen that is warned about, or waits, while the kind is unknown still is once the kind is recorded."""
    told = {"state": state} if state else {}
    unknown, known = (ask({"kind": k} | told, therapies=therapies, access__off_label=True) for k in ("unknown", kind))
    kept = {n["regimen"] for n in known["not_offered"]} | cautioned(known)
    assert cautioned(unknown) <= kept
    assert strong(unknown) & set(offered(known)) <= strong(known)


@pytest.mark.usefixtures("of_verdicts_alone")
@pytest.mark.parametrize("therapies", [LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, AFTER_CELLS])
@pytest.mark.parametrize("kind", KINDS)
def test_recording_that_a_cancer_is_active_takes_no_warning_away(kind: str, therapies: Any) -> None:
    open_, active = (
        ask({"kind": kind} | state, therapies=therapies, access__off_label=True) for state in ({}, {"state": "active"})
    )
    assert cautioned(open_) <= {n["regimen"] for n in active["not_offered"]} | cautioned(active)


def test_what_is_over_says_nothing_but_a_t_cell_cancer_before_cells() -> None:
    for kind, warned in (("solid", set()), ("myeloid", set()), ("t-cell", {"ide-cel", "cilta-cel"})):
        answer = ask({"kind": kind, "state": "past"}, therapies=AFTER_CELLS, access__jurisdiction="US")
        assert not answer["first"] and cautioned(answer) & set(offered(answer)) == warned
        assert "ide-cel" in offered(answer)


def test_a_t_cell_cancer_without_its_state_is_not_taken_to_be_over() -> None:
    answer = ask({"kind": "t-cell"}, therapies=AFTER_CELLS, access__jurisdiction="US")
    assert said_first(answer) == ["t-cell-cancer-state"]
    assert verdict_of(answer, "ide-cel") == "undetermined"


@pytest.mark.parametrize(
    "cancer", [{"kind": "unknown", "state": "unknown"}, {"kind": "unknown"}, {"after": "cilta-cel"}]
)
def test_a_cancer_after_a_car_t_without_kind_and_state_is_not_taken_to_be_none(cancer: dict[str, Any]) -> None:
    """It may be an active T-cell cancer: no further CAR-T is offered, and the top of the answer asks for both."""
    answer = ask(cancer, therapies=AFTER_CELLS, access__jurisdiction="US")
    assert said_first(answer) == ["cancer-after-car-t-state"]
    assert verdict_of(answer, "ide-cel") == verdict_of(answer, "cilta-cel") == "undetermined"
    fields = {m["field"] for m in answer["missing"]}
    assert {"comorbidities.second_cancers[0].kind", "comorbidities.second_cancers[0].state"} <= fields
    for form in ("table", "markdown", "html"):
        text = " ".join(render("recommendation", form, answer).split())
        assert "Second cancer after CAR-T" in text.partition("Treat now?")[0]


def test_sentences_count_cancers_from_one_and_fields_stay_as_the_file_has_them() -> None:
    answer = ask({"kind": "skin-non-melanoma", "state": "active"}, {"kind": "solid", "state": "watched"})
    said = [c["text"] for o in answer["options"] for c in o["cautions"] if c["about"] == "second cancer"]
    assert said and all("second cancer 1" in text and "second cancer 2" in text for text in said)
    assert not any("second_cancers[" in text for text in said)
    stray = ask({"kind": "solid", "state": "past", "after": "cilta-cel"})
    assert any("second cancer 1 (comorbidities.second_cancers[0].after)" in w for w in stray["warnings"])


def test_past_and_stateless_cancers_side_by_side_do_not_hide_each_other() -> None:
    for kind, said in (("t-cell", "t-cell-cancer-state"), ("unknown", "cancer-after-car-t-state")):
        cancers = ({"kind": kind, "state": "past"}, {"kind": kind})
        answer = ask(*cancers, therapies=AFTER_CELLS, access__jurisdiction="US")
        assert said_first(answer) == [said] and verdict_of(answer, "ide-cel") == "undetermined"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("myeloid", "myeloid-cancer-state"), ("solid", "cancer-state"), ("unknown", "cancer-of-unknown-kind-and-state"),
        ("skin-non-melanoma", None),
    ],
)  # fmt: skip
def test_the_state_of_a_cancer_is_asked_at_the_top(kind: str, said: str | None) -> None:
    answer = ask({"kind": kind})
    assert said_first(answer) == ([said] if said else [])
    assert "cilta-cel" in cautioned(answer), "a cancer without its state is not silently no cancer"
    assert (verdict_of(answer, "cilta-cel") == "undetermined") is (kind == "myeloid")
    settled = ask({"kind": kind, "state": "past"})
    assert not said_first(settled) and "cilta-cel" in offered(settled)


def test_an_emergency_of_the_myeloma_is_treated_all_the_same() -> None:
    answer = ask(
        {"kind": "solid", "state": "watched"}, {"kind": "t-cell", "state": "active"},
        disease__emergencies=["cord_compression"],
    )  # fmt: skip
    assert answer["treat_now"]["answer"] == "treat"
    assert said_first(answer) == ["t-cell-cancer", "emergency-beside-cancer"]
    text = render("recommendation", "table", answer)
    assert text.index("CORD COMPRESSION") < text.index("T-cell cancer")


def test_a_lymphoma_that_stands_among_the_toxicities_counts() -> None:
    event = {"agent": "cilta-cel", "event": "T-cell lymphoma", "grade": 4}
    raw = patient(*AFTER_CELLS, access__jurisdiction="US") | {"toxicities": [event]}
    answer = answer_for(**raw)
    assert said_first(answer) == ["t-cell-cancer", "car-t-report"]
    assert {"cilta-cel", "ide-cel"} <= waiting(answer)
    ticked = raw | {"comorbidities": raw["comorbidities"] | {"other_malignancy": "active"}}
    assert said_first(answer_for(**ticked)) == ["t-cell-cancer", "car-t-report"], "its kind is known"
    unnamed = raw | {"toxicities": [{"event": "T-cell lymphoma"}]}
    assert {"cilta-cel", "ide-cel"} <= waiting(answer_for(**unnamed)), "whatever caused it"


@pytest.mark.parametrize(
    "event",
    [
        "T cell lymphoma",
        "t-cell  Lymphoma",
        "T\u2011cell lymphoma",
        "PTCL",
        "Mycosis fungoides",
        "T-cell neoplasm",
        "T-ALL",
        "CTCL",
        "Sezary syndrome",
        "SPM (T-cell lymphoma)",
        "T-LGL leukaemia",
        "lymphoma of T cells",
    ],
)
def test_a_lymphoma_counts_however_its_name_is_written(event: str) -> None:
    raw = patient(*AFTER_CELLS, access__jurisdiction="US") | {"toxicities": [{"agent": "cilta-cel", "event": event}]}
    answer = answer_for(**raw)
    assert said_first(answer) == ["t-cell-cancer", "car-t-report"]
    assert {"cilta-cel", "ide-cel"} <= waiting(answer)


@pytest.mark.parametrize(
    "event",
    ["MDS", "t-MDS", "therapy-related MDS", "AML", "secondary AML", "therapy-related myeloid neoplasm", "t-MN", "CMML"],
)
def test_a_myeloid_cancer_counts_by_its_short_form(event: str) -> None:
    raw = patient(*AFTER_CELLS, access__jurisdiction="US") | {"toxicities": [{"event": event, "grade": 3}]}
    answer = answer_for(**raw)
    assert said_first(answer) == ["myeloid-cancer"]
    assert {"cilta-cel", "MP"} <= waiting(answer)


@pytest.mark.parametrize("event", ["CAR-positive lymphoma", "lymphoma", "NHL", "SPM", "second primary malignancy"])
def test_a_cancer_of_the_blood_on_car_t_counts_as_one_of_unknown_kind_after_it(event: str) -> None:
    """Contract 9.7: "T-cell, or unknown after a CAR-T, active: leads the page, CAR-T `deferred`"."""
    raw = patient(*AFTER_CELLS, access__jurisdiction="US") | {"toxicities": [{"agent": "cilta-cel", "event": event}]}
    answer = answer_for(**raw)
    assert said_first(answer)[0] == "cancer-after-car-t"
    assert {"cilta-cel", "ide-cel"} <= waiting(answer)


@pytest.mark.parametrize("event", ["DLBCL", "B-ALL"])
def test_a_named_cancer_of_b_cells_on_car_t_is_asked_about_first(event: str) -> None:
    """Its lineage is known, so that it is not the cancer "unknown after a CAR-T" of contract 9.7."""
    raw = patient(*AFTER_CELLS, access__jurisdiction="US") | {"toxicities": [{"agent": "cilta-cel", "event": event}]}
    answer = answer_for(**raw)
    assert said_first(answer) == ["cancer-among-toxicities"]
    assert waiting(answer).isdisjoint({"cilta-cel", "ide-cel"})


@pytest.mark.parametrize("event", ["amlodipine oedema", "normal limits exceeded", "rash"])
def test_a_word_that_only_holds_a_short_form_is_no_cancer(event: str) -> None:
    raw = patient(*AFTER_CELLS, access__jurisdiction="US") | {"toxicities": [{"event": event, "grade": 2}]}
    assert not said_first(answer_for(**raw))


@pytest.mark.parametrize("event", ["breast cancer", "second primary malignancy", "squamous cell carcinoma"])
def test_another_cancer_among_the_toxicities_is_asked_about_first(event: str) -> None:
    raw = patient(*AFTER_CELLS, access__jurisdiction="US") | {"toxicities": [{"event": event, "grade": 3}]}
    assert said_first(answer_for(**raw)) == ["cancer-among-toxicities"]
    listed = {"second_cancers": [{"kind": "solid", "state": "past"}], "other_malignancy": "past"}
    told = raw | {"comorbidities": raw["comorbidities"] | listed}
    assert "cancer-among-toxicities" not in said_first(answer_for(**told))


def test_nothing_recorded_changes_no_order() -> None:
    """Not knowing of a cancer is no reason to place cells below what no cancer forbids."""
    silent, healthy = ask(), ask(comorbidities__other_malignancy="none")
    assert not silent["first"] and offered(silent) == offered(healthy)
    assert "cilta-cel" not in cautioned(silent)


def test_a_transplant_waits_for_the_haematologist_too() -> None:
    therapies = [VRD, GRAFT | {"progressed_on": "2024-02-10"}]
    assert "salvage-ASCT" in offered(ask(therapies=therapies, comorbidities__other_malignancy="none"))
    assert "salvage-ASCT" in waiting(ask({"kind": "myeloid", "state": "active"}, therapies=therapies))
    events = [{"event": "myelodysplastic syndrome", "grade": 3}]
    raw = patient(*therapies, access__jurisdiction="EU") | {"toxicities": events}
    assert "salvage-ASCT" in waiting(answer_for(**raw))


def test_one_found_after_the_day_of_the_answer_is_not_seen() -> None:
    cancer = {"kind": "t-cell", "state": "active", "found_on": "2026-09"}
    raw = patient(
        *AFTER_CELLS, comorbidities__second_cancers=[cancer], comorbidities__other_malignancy="active",
        access__jurisdiction="US",
    )  # fmt: skip
    assert answer_for(**raw)["first"]
    earlier = answer_for(date(2026, 8, 30), **raw)
    assert not earlier["first"], "what `other_malignancy` says is said of that cancer"
    kept = a_patient(**raw).seen_on(date(2026, 8, 30))
    assert kept.get("comorbidities.second_cancers") == () and kept.get("comorbidities.other_malignancy") is None
    two = a_patient(**raw | {"comorbidities": {"second_cancers": [cancer, {"kind": "solid", "state": "active"}],
                                               "other_malignancy": "active"}})  # fmt: skip
    assert two.seen_on(date(2026, 8, 30)).get("comorbidities.other_malignancy") == "active"


def test_a_wrong_name_is_told_with_its_place() -> None:
    text = (
        "id: p\ntherapies: []\ncomorbidities:\n  second_cancers:\n  - {kind: t-cell, after: Carvykty, state: activ}\n"
    )
    with pytest.raises(InvalidInputError) as raised:
        patient_from(parse(text, "p.yaml"), LOADED.catalogue.formulary)
    told = {(p.path, p.line): p for p in raised.value.problems}
    assert "Carvykti" in told["comorbidities.second_cancers[0].after", 5].hint
    assert "active" in told["comorbidities.second_cancers[0].state", 5].hint


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"other_malignancy": "none", "second_cancers": [{"kind": "solid", "state": "past"}]}, "other_malignancy"),
        ({"other_malignancy": "past", "second_cancers": [{"kind": "solid", "state": "active"}]}, "other_malignancy"),
        ({"second_cancers": [{"kind": "solid", "found_on": "2027-01-01"}]}, "day of the decision"),
    ],
)
def test_what_cannot_both_be_true_is_an_error(told: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        a_patient(assessed_on="2026-10-20", comorbidities=told)
    assert said in str(raised.value.problems)


def test_names_are_resolved_and_a_drug_that_was_not_given_is_asked_about() -> None:
    told = a_patient(comorbidities={"second_cancers": [{"kind": "myeloid", "state": "active", "after": "Revlimid"}]})
    assert told.get("comorbidities.second_cancers")[0].after == "lenalidomide"
    answer = ask({"kind": "solid", "state": "past", "after": "Carvykti"})
    assert any("second_cancers[0]" in w and "not among the therapies" in w for w in answer["warnings"])
