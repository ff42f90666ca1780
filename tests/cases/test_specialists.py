"""Where specialists agree, for the same patient without an earlier drug, with bortezomib left, frail, on dialysis."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.answers.recommendation import Recommendation
from tests.builders.blank import LOADED, answer_for
from tests.builders.patients import DVD, GRAFT, LATE_GRAFT, LEN_REFRACTORY, PCD, RECORDS, UPKEEP, VRD, entry, patient

REGIMENS = LOADED.catalogue.regimen_by_id
FORMULARY = LOADED.catalogue.formulary
CAR_T = {"cilta-cel", "ide-cel", "eque-cel"}
BCMA_BISPECIFICS = {"elranatamab", "teclistamab", "linvoseltamab"}

FRAIL = {"fitness__frailty": "frail", "fitness__transplant_eligible": False, "access__car_t_centre": False}
DIALYSIS = {"comorbidities__dialysis": True, "labs__creatinine_clearance_ml_per_min": None}
KD_THIRD = entry("Kd", "2024-07-01", "2026-09-20", "2026-09-20")
# Three lines, refractory to three classes: as the landed record, and without one drug or another.
HISTORIES = {
    "as landed, naive to carfilzomib": [*LEN_REFRACTORY, DVD, PCD],
    "naive to pomalidomide": [*LEN_REFRACTORY, DVD, KD_THIRD],
    "bortezomib-sensitive": [*LEN_REFRACTORY, entry("DPd", "2022-12-01", "2024-06-01", "2024-06-01"), KD_THIRD],
}
CHANGES: dict[str, dict[str, Any]] = {"fit": {}, "frail": FRAIL, "dialysis": DIALYSIS}


def order(answer: Recommendation, *groups: str) -> list[str]:
    """The options of these groups, in order."""
    return [o["regimen"] for o in answer["options"] if o["group"] in (groups or ("main",))]


def ranks(answer: Recommendation) -> dict[str, int]:
    return {o["regimen"]: o["rank"] for o in answer["options"]}


def ask(*therapies: dict[str, Any], place: Any = "EU", **changes: Any) -> Recommendation:
    return answer_for(**patient(*therapies, access__jurisdiction=place, **changes))


def holds(regimen: str, drug_class: str) -> bool:
    return any(drug_class in FORMULARY.by_id[a].classes for a in REGIMENS[regimen].agent_ids)


@pytest.mark.parametrize("place", ["EU", "HK"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("history", HISTORIES)
def test_three_classes_failed_without_car_t_a_bcma_bispecific_is_first(history: str, change: str, place: str) -> None:
    told = {"access__car_t_centre": False} | CHANGES[change]
    answer = ask(*HISTORIES[history], place=place, **told)
    found = order(answer)
    assert found[0] in BCMA_BISPECIFICS
    conjugates = [r for r in found if REGIMENS[r].modality == "adc"]
    assert all(ranks(answer)[r] > ranks(answer)[found[0]] for r in conjugates), "mostly tested after one or two lines"


@pytest.mark.parametrize("place", ["EU", "HK"])
@pytest.mark.parametrize("history", HISTORIES)
def test_three_classes_failed_fit_and_time_cells_stand_above_the_bispecifics(history: str, place: str) -> None:
    answer = ask(*HISTORIES[history], place=place)
    found = order(answer)
    cells = [found.index(r) for r in CAR_T if r in found]
    assert cells and max(cells) < min(found.index(r) for r in BCMA_BISPECIFICS if r in found)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_first_relapse_refractory_to_lenalidomide_gets_none(place: str, change: str) -> None:
    answer = ask(*LEN_REFRACTORY, place=place, **CHANGES[change])
    assert not [o["regimen"] for o in answer["options"] if "lenalidomide" in REGIMENS[o["regimen"]].agent_ids]
    if change == "fit":
        given = ranks(answer)
        assert max(given["DKd"], given["IsaKd"]) < given["DVd"] or place == "UK"


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_first_relapse_sensitive_to_lenalidomide_gets_drd_among_the_first(place: str, change: str) -> None:
    given = ranks(ask(VRD, LATE_GRAFT, place=place, **CHANGES[change]))
    assert given["DRd"] <= 2 or change == "dialysis", "whom its trial left out: offered, with its dose by kidney"


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("last", ["DRd", "DVd", "DPd"])
def test_refractory_to_lenalidomide_and_an_antibody_gets_no_antibody_of_that_class(last: str, change: str) -> None:
    second = entry(last, "2023-01-01", "2026-08-01", "2026-08-01")
    answer = ask(*LEN_REFRACTORY, second, **CHANGES[change])
    assert not [o["regimen"] for o in answer["options"] if holds(o["regimen"], "anti-CD38")]
    assert {"SVd", "BVd", "Kd"} & set(order(answer))


def test_in_hong_kong_the_registered_cells_stand_before_those_last_read_as_not_registered() -> None:
    answer = ask(*HISTORIES["as landed, naive to carfilzomib"], place="HK")
    assert [r for r in order(answer) if r in CAR_T] == ["eque-cel"]
    assert {"cilta-cel", "ide-cel"} <= set(order(answer, "ask"))


def test_long_after_cells_another_target_then_bcma_antibodies_then_carfilzomib() -> None:
    cells = entry("cilta-cel", "2024-08-01", "2024-08-01", "2026-09-01", best_response="CR", stop_reason="completed")
    second = entry("DVd", "2022-12-01", "2024-06-01", "2024-06-01")
    answer = ask(VRD, GRAFT, UPKEEP, second, cells)
    given = ranks(answer)
    assert given["talquetamab"] == 1
    assert all(given[r] < given["Kd"] for r in BCMA_BISPECIFICS if r in given)


def test_who_wants_tablets_finds_them_among_the_options_in_use() -> None:
    given = entry("VCd", "2020-01-10", "2020-08-01", "2026-09-01", intent="induction", stop_reason="completed")
    answer = ask(given, preferences__route="oral")
    assert {"Rd", "IRd"} & set(order(answer))
    assert {"Rd", "IRd"} & set(order(ask(given), "reserve"))


@pytest.mark.parametrize("eligible", [True, False])
def test_first_line_what_won_against_vrd_stands_above_it(eligible: bool) -> None:
    new = {"disease__state": "newly_diagnosed", "disease__relapse": None, "fitness__transplant_eligible": eligible}
    given = ranks(ask(**new))
    assert given["D-VRd"] < given["VRd"]


NEW = {"disease__state": "newly_diagnosed", "disease__relapse": None}


@pytest.mark.parametrize("organ", ["present", "cardiac"])
@pytest.mark.parametrize("eligible", [True, False])
@pytest.mark.parametrize("place", ["US", "EU", "UK"])
def test_first_line_with_al_what_its_trial_gave_leads_and_imids_are_last(
    place: str, eligible: bool, organ: str
) -> None:
    told = {"disease__amyloidosis": organ, "fitness__transplant_eligible": eligible, "access__off_label": True}
    answer = ask(place=place, **NEW | told)
    main = order(answer)
    assert main[:2] == ["D-VCd", "VCd"]
    imids = [r for r in main if holds(r, "IMiD")]
    assert imids and main[-len(imids) :] == imids
    by = {o["regimen"]: o for o in answer["options"]}
    assert all(any("AL amyloidosis" in c["text"] for c in by[r]["cautions"]) for r in imids)


def test_at_relapse_an_amyloid_heart_puts_imids_carfilzomib_and_transplant_behind_what_spares_it() -> None:
    told = {"disease__amyloidosis": "cardiac", "fitness__transplant_eligible": True}
    for therapies in ([VRD, LATE_GRAFT], LEN_REFRACTORY):
        main = order(ask(*therapies, **told))
        hard = [r for r in main if holds(r, "IMiD") or {"carfilzomib", "melphalan"} & set(REGIMENS[r].agent_ids)]
        assert len(hard) > 3 and main[-len(hard) :] == hard


@pytest.mark.parametrize("regimen", ["D-VRd", "D-VTd", "VRd", "DRd"])
def test_a_trial_that_does_not_say_that_it_took_al_is_extrapolated_to_it(regimen: str) -> None:
    for eligible in (True, False):
        told = {"disease__amyloidosis": "present", "fitness__transplant_eligible": eligible}
        by = {o["regimen"]: o for o in ask(place="US", **NEW | told)["options"]}
        evidence = {r: next(s for s in o["standing"] if s["by"] == "evidence")["value"] for r, o in by.items()}
        assert evidence["D-VCd"] == "randomised" and evidence["VCd"] == "single-arm or a control arm"
        assert regimen not in evidence or evidence[regimen] == "extrapolated"
        assert not any("extrapolated" in c["text"] for r in ("D-VCd", "VCd") for c in by[r]["cautions"])


@pytest.mark.parametrize(
    ("change", "kept_back"),
    [
        ({"demographics__age": 62, "fitness__transplant_eligible": True}, True),
        ({"demographics__age": 62, "fitness__transplant_eligible": True, "disease__plasma_cell_leukaemia": True}, True),
        ({"demographics__age": 62, "fitness__transplant_eligible": False}, False),
        ({"demographics__age": 78, "fitness__transplant_eligible": True}, False),
        ({"fitness__frailty": "frail", "fitness__transplant_eligible": False}, False),
    ],
)  # fmt: skip
def test_lower_doses_are_for_the_frail_the_older_and_those_not_for_transplant(change: Any, kept_back: bool) -> None:
    answer = ask(**NEW | change)
    assert ("VRd-lite" in order(answer, "reserve"), "VRd-lite" in order(answer)) == (kept_back, not kept_back)


@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_first_relapse_without_a_transplant_yet_a_first_one_is_discussed(place: str) -> None:
    """ASBMT, EBMT, BMT CTN and IMWG 2015 (Giralt): standard in the eligible whose first line had none."""
    answer = ask(VRD, place=place, fitness__transplant_eligible=True)
    assert "salvage-ASCT" in order(answer)
    says = {s["id"]: [t["text"] for t in s["says"]] for s in answer["situations"]}
    assert any("first transplant after re-induction" in text for text in says["first-relapse-transplant-not-used"])
    option = next(o for o in answer["options"] if o["regimen"] == "salvage-ASCT")
    assert not any(c["about"] in ("remission", "evidence") for c in option["cautions"])


def test_a_transplant_is_closed_to_whom_the_first_served_for_a_short_time_and_to_the_unfit() -> None:
    early = GRAFT | {"progressed_on": "2020-12-01"}
    for therapies, told in (([VRD, early], {"fitness__transplant_eligible": True}), ([VRD], FRAIL)):
        answer = ask(*therapies, **told)
        verdicts = {n["regimen"]: n["verdict"] for n in answer["not_offered"]}
        assert verdicts["salvage-ASCT"] == "ineligible"


def test_a_transplant_beyond_the_first_relapse_is_called_that_whatever_its_number() -> None:
    grafted = GRAFT | {"progressed_on": "2024-06-01"}
    for therapies in ([VRD, grafted, *HISTORIES["as landed, naive to carfilzomib"][-2:]], [VRD, DVD]):
        answer = ask(*therapies, fitness__transplant_eligible=True)
        option = next(o for o in answer["options"] if o["regimen"] == "salvage-ASCT")
        texts = " ".join(c["text"] for c in option["cautions"])
        assert "third transplant" not in texts and "a transplant at a later one" in texts


THIN = {"demographics__weight_kg": 48, "demographics__height_cm": 168}
OLD = {"demographics__age": 86, "fitness__frailty": "frail", "fitness__transplant_eligible": False}


@pytest.mark.parametrize(
    ("change", "warned"),
    [(THIN, True), (OLD, True), (OLD | {"demographics__age": 80}, False), ({"fitness__frailty": "frail"}, False),
     ({"demographics__weight_kg": None}, False), ({}, False)],
)  # fmt: skip
def test_selinexor_takes_weight_from_whom_it_should_not(change: dict[str, Any], warned: bool) -> None:
    rd = entry("Rd", "2023-03-01", "2026-10-01", "2026-10-01", intent="induction")
    answer = ask(rd, place="US", access__off_label=True, **change)
    said = {o["regimen"]: [c["text"] for c in o["cautions"]] for o in answer["options"]}
    with_it = [r for r in said if "selinexor" in REGIMENS[r].agent_ids]
    assert {"SVd", "SKd", "SDd"} <= set(with_it)
    assert all(any("weight" in text for text in said[r]) is warned for r in with_it)
    if "fitness__transplant_eligible" in change and warned:
        assert max(ranks(answer)["DVd"], ranks(answer)["Vd"]) < ranks(answer)["SVd"]


@pytest.mark.parametrize("place", ["US", "EU", "HK"])
def test_low_immunoglobulins_are_replaced_before_a_drug_that_drives_t_cells(place: str) -> None:
    """The limit is that of the checklist; IgG disease counts without its paraprotein."""
    light = {"disease__isotype": "kappa light chain", "disease__m_protein": None}
    heavy = {"disease__isotype": "IgG kappa", "disease__m_protein": [{"on": "2026-10-01", "serum_g_per_l": 30}]}
    for told, warned in (
        (light | {"labs__igg_g_per_l": 1.5}, True), ({"labs__igg_g_per_l": 2.0, "disease__isotype": None}, True),
        (heavy | {"labs__igg_g_per_l": 32}, True), (light | {"labs__igg_g_per_l": 4.0}, False),
        (light | {"labs__igg_g_per_l": None}, False),
    ):  # fmt: skip
        answer = ask(*HISTORIES["as landed, naive to carfilzomib"], place=place, **told)
        for option in answer["options"]:
            said = any("immunoglobulin replacement" in c["text"] for c in option["cautions"])
            drives = REGIMENS[option["regimen"]].modality in ("bispecific", "car-t")
            assert said is (drives and warned), option["regimen"]
        assert not any(m["field"] == "disease.isotype" for m in answer["missing"]), "it would only warn"


@pytest.mark.parametrize("therapies", [[VRD], LEN_REFRACTORY, HISTORIES["as landed, naive to carfilzomib"]])
@pytest.mark.parametrize("grade", [1, 2])
def test_an_active_infection_below_grade_3_is_a_caution_on_every_regimen(grade: int, therapies: Any) -> None:
    answer = ask(*therapies, comorbidities__active_infection_grade=grade, access__off_label=True)
    said = {o["regimen"]: [c["about"] for c in o["cautions"]].count("infection") for o in answer["options"]}
    assert said and set(said.values()) == {1}
    waiting = {n["regimen"] for n in answer["not_offered"] if n["verdict"] == "deferred"}
    assert {r for r in waiting if REGIMENS[r].modality != "bispecific"} == set()
    sound = ask(*therapies, access__off_label=True)
    assert [r for r in order(sound, "main", "ask", "reserve") if r in said] == order(answer, "main", "ask", "reserve")


@pytest.mark.parametrize("record", RECORDS)
def test_in_england_nothing_that_is_not_funded_stands_above_what_is(record: str) -> None:
    """Apart from bridges and what is seldom chosen, and from a regimen of which every drug is doubtful."""
    raw = RECORDS[record] | {"access": RECORDS[record]["access"] | {"jurisdiction": "UK", "off_label": True}}
    answer = answer_for(**raw)
    funded = [
        o["access"]["funded"]["answer"]
        for o in answer["options"]
        if o["group"] not in ("bridge", "seldom") and "doubtful" not in (o["group_because"] or "")
    ]
    assert "yes" not in funded[funded.index("no") :] if "no" in funded else True


@pytest.mark.parametrize("regimen", ["BVd", "BPd"])
def test_low_platelets_are_said_of_a_conjugate_that_lowers_them_and_weigh_where_it_is_withheld(regimen: str) -> None:
    """Whatever the partner: the limit of the partner is no limit of the conjugate."""
    for platelets, known, weighs in ((80, False, False), (60, True, False), (28, True, False), (20, True, True)):
        answer = ask(*LEN_REFRACTORY, labs__platelets_10e9_per_l=platelets)
        row = next(o for o in answer["options"] if o["regimen"] == regimen)
        said = [c for c in row["cautions"] if "elantamab" in c["text"] and "latelets" in c["text"]]
        assert (bool(said), any(c["strong"] for c in said)) == (known, weighs)


@pytest.mark.parametrize("place", ["EU", "US", "UK"])
def test_an_amyloid_heart_puts_t_cell_drugs_behind_what_spares_it_until_it_is_staged(place: str) -> None:
    told = {"disease__amyloidosis": "cardiac", "access__off_label": True}
    for therapies in ([VRD, LATE_GRAFT], LEN_REFRACTORY, [*LEN_REFRACTORY, DVD, PCD]):
        options = ask(*therapies, place=place, **told)["options"]
        for option in options:
            if REGIMENS[option["regimen"]].modality in ("car-t", "bispecific"):
                assert any(c["strong"] and "cardiologist" in c["text"] for c in option["cautions"])
    main = order(ask(*LEN_REFRACTORY, place=place, **told))
    cells = [r for r in main if REGIMENS[r].modality in ("car-t", "bispecific")]
    assert all(main.index("DVd") < main.index(r) for r in cells)


def test_what_was_shown_of_one_imid_is_said_of_the_others_as_taken_over() -> None:
    told = {"disease__amyloidosis": "cardiac"}
    for option in ask(VRD, LATE_GRAFT, **told)["options"]:
        said = " ".join(c["text"] for c in option["cautions"] if c["strong"])
        own = "lenalidomide" in REGIMENS[option["regimen"]].agent_ids
        assert ("38 of 44" in said) == own
        assert own or ("shown for lenalidomide" in said) == holds(option["regimen"], "IMiD")


@pytest.mark.parametrize("frailty", ["fit", "frail"])
def test_no_regimen_is_level_with_what_beat_it_where_the_trial_is_only_silent_on_the_patient(frailty: str) -> None:
    """ELOQUENT-3 says nothing of disease refractory to an antibody; it left nobody out for it."""
    second = entry("DKd", "2024-03-01", "2026-10-10", "2026-10-05")
    given = ranks(ask(*LEN_REFRACTORY, second, fitness__frailty=frailty, demographics__age=84))
    assert given["EPd"] < given["Pd"]


@pytest.mark.parametrize("place", ["US", "EU", "HK"])
def test_carfilzomib_stands_above_selinexor_whatever_the_antibodies_and_cells_that_won_against_it(place: str) -> None:
    """Nobody compared selinexor with anything but Vd; KarMMa-3 compared ide-cel with Kd and four others together."""
    second = entry("DPd", "2024-03-01", "2026-10-10", "2026-10-05")
    for cells in (True, False):
        found = order(ask(*LEN_REFRACTORY, second, place=place, access__car_t_centre=cells))
        assert found.index("Kd") < found.index("SVd")


@pytest.mark.parametrize("place", ["EU", "HK"])
def test_pvd_is_not_below_selinexor_because_of_a_trial_that_is_silent_on_the_patient(place: str) -> None:
    """DREAMM-8 does not say whether it took disease refractory to an antibody."""
    second = entry("DKd", "2024-03-01", "2026-10-10", "2026-10-05")
    given = ranks(ask(*LEN_REFRACTORY, second, place=place))
    assert given["BPd"] < given["BVd"] < given["PVd"] <= given["SVd"]


BISPECIFICS = {"elranatamab", "teclistamab", "linvoseltamab", "talquetamab"}


def test_one_line_short_of_the_us_label_bispecifics_are_offered_off_label_where_that_is_acceptable() -> None:
    """Three lines and three classes: the labels there ask for four, and nothing else in use is left."""
    given = [*LEN_REFRACTORY, DVD, entry("KPd", "2024-07-01", "2026-09-20", "2026-09-20")]
    offered = ask(*given, place="US", access__car_t_centre=False, access__off_label=True)
    found = {o["regimen"]: o for o in offered["options"]}
    assert set(order(offered)) >= BISPECIFICS and offered["options"][0]["regimen"] in BCMA_BISPECIFICS
    for regimen in BISPECIFICS:
        assert found[regimen]["verdict"] == "off-label"
        assert "one line short of the label" in found[regimen]["approval"]["note"]
    not_stated = ask(*given, place="US", access__car_t_centre=False, access__off_label=None)
    named = {o["regimen"] for o in not_stated["options"]} & BISPECIFICS
    assert named == BCMA_BISPECIFICS, "EMN 2025 names bispecifics against BCMA"
    assert next(o for o in not_stated["not_offered"] if o["regimen"] == "talquetamab")["verdict"] == "off-label"
    refused = ask(*given, place="US", access__car_t_centre=False, access__off_label=False)
    assert BISPECIFICS.isdisjoint(o["regimen"] for o in refused["options"])
    assert "One more line would open" in refused["headline"] and "elranatamab" in refused["headline"]


def test_what_is_off_label_for_one_line_stands_below_what_is_licensed() -> None:
    """The EU labels of bispecifics ask for three lines."""
    found = ask(*LEN_REFRACTORY, DVD, place="EU", access__off_label=True)
    options = [o for o in found["options"] if o["group"] == "main"]
    licensed = [o["rank"] for o in options if o["approval"]["status"] == "approved"]
    early = [o["rank"] for o in options if o["regimen"] in BISPECIFICS and o["verdict"] == "off-label"]
    assert licensed and early and max(licensed) < min(early)


@pytest.mark.parametrize("lines", [LEN_REFRACTORY, [*LEN_REFRACTORY, DVD]], ids=["one line", "two lines"])
def test_two_lines_short_of_a_label_stays_closed(lines: Any) -> None:
    found = ask(*lines, place="US", access__off_label=True)
    assert BISPECIFICS.isdisjoint(o["regimen"] for o in found["options"])


def test_in_hong_kong_the_backbone_of_a_quadruplet_in_use_is_in_use_too() -> None:
    new = {"disease__state": "newly_diagnosed", "disease__relapse": None, "fitness__transplant_eligible": True}
    found = ask(place="HK", **new)
    assert {"D-VRd", "VRd"} <= set(order(found)) and order(found).index("D-VRd") < order(found).index("VRd")
    assert "Tec-Dara" not in order(ask(*LEN_REFRACTORY, place="HK")), "licensed in one other place, and no backbone"


@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_on_dialysis_carfilzomib_with_an_imid_is_kept_in_reserve_funded_or_not(place: str) -> None:
    late = entry("VCd", "2021-01-10", "2021-07-01", "2026-09-20", intent="induction")
    found = ask(late, place=place, **DIALYSIS)
    for option in found["options"]:
        agents = set(REGIMENS[option["regimen"]].agent_ids)
        if "carfilzomib" in agents and holds(option["regimen"], "IMiD"):
            assert option["group"] in ("funded-reserve", "reserve"), option["regimen"]
    assert {"DVd", "DRd", "Kd"} <= set(order(found)) and "KRd" in ranks(found)
    assert "KRd" in order(ask(late, place=place))
    not_known = ask(late, place=place, comorbidities__dialysis=None)
    assert "KRd" in order(not_known), "dialysis that is not recorded keeps nothing back"


def test_cilta_cel_is_closed_in_hong_kong_where_both_foreign_labels_that_were_read_close_it() -> None:
    """Contract 9.13: of the UK licence only a leaflet for patients was read, which names no earlier drugs."""
    stopped = entry("DRd", "2020-01-01", "2022-01-01", "2024-06-01", stop_reason="toxicity")
    for place in ("EU", "US", "HK"):
        answer = ask(stopped, place=place)
        found = next((o for o in answer["not_offered"] if o["regimen"] == "cilta-cel"), None)
        assert found is not None and found["verdict"] == "ineligible", place
