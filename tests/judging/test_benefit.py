"""How a band of benefit comes about, step by step: the figure, the row, whom a trial took, who won against whom."""

from __future__ import annotations

from typing import Any

import pytest

from mmadvisor.answers.words import evidence_in_words
from mmadvisor.catalogue.catalogue import Catalogue, build
from mmadvisor.catalogue.regimens import Evidence
from mmadvisor.criteria.types import criterion_from
from mmadvisor.judging.bands import Bands
from mmadvisor.judging.benefit import Reading
from mmadvisor.judging.case import Case
from mmadvisor.judging.head_to_head import depth
from mmadvisor.judging.published import Published
from mmadvisor.render.words import benefit
from tests.builders.blank import DAY, LOADED, a_patient, answer_for
from tests.builders.patients import (
    ERD,
    LATE_GRAFT,
    LEN_REFRACTORY,
    PCD_THIRD,
    TRIPLE_CLASS_REFRACTORY,
    VRD,
    entry,
    patient,
)

CATALOGUE = LOADED.catalogue
BANDS = Bands(CATALOGUE.ranking)
FIRM, GOOD, FAIR, POOR, UNKNOWN, LEAST = range(6)
RELAPSED = {"type": "state", "one_of": ["relapsed"]}
ONE_TO_THREE = {"type": "prior-lines", "at_least": 1, "at_most": 3}
LEN = {"type": "refractory", "to_each": ["lenalidomide"]}
BCMA = {"type": "exposed", "to_any": ["BCMA-directed"]}
CELLS = entry("cilta-cel", "2024-06-01", "2024-06-01", "2026-08-01", best_response="CR", stop_reason="completed")


def row(*when: dict[str, Any], **more: Any) -> Evidence:
    """A row of evidence of a relapse, neutral where a test does not decide."""
    given: dict[str, Any] = {"trial": "T", "nct": "", "design": "randomised", "population": "people", "n": 200,
                             "source": "advisor-practice", "verified": "primary", **more}  # fmt: skip
    for key in ("pfs_months", "os_months", "pfs_rate"):
        if key in given:
            given[key] = getattr(Evidence.over({key: given[key]}), key)
    return Evidence(**given, when=tuple(criterion_from(c) for c in (RELAPSED, *when)))


def months(**figures: Any) -> dict[str, Any]:
    return {"pfs_months": figures}


def with_rows(**rows: list[Evidence]) -> Catalogue:
    """The catalogue with no evidence but these rows."""
    return CATALOGUE.but(
        regimens=tuple(r.but(evidence=tuple(rows.get(r.id.replace("-", "_"), ()))) for r in CATALOGUE.regimens)
    )


def published(raw: dict[str, Any], **rows: list[Evidence]) -> Published:
    return Case.of(a_patient(**raw), with_rows(**rows), DAY, jurisdiction="EU").ranker.published


def read(raw: dict[str, Any], regimen: str, **rows: list[Evidence]) -> Reading:
    found = published(raw, **rows)
    return found.benefit.of(found.catalogue.regimen_by_id[regimen])


# --- from a figure to a band ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "band"),
    [
        (months(median=44.5), FIRM),
        (months(median=39.9), GOOD),
        (months(median=41.0, ci95=(29.9, 50.0)), GOOD),
        (months(median=36.6, ci95=(30.0, None)), FIRM),
        (months(median=35.7, ci95=(31.0, 44.0)), GOOD),
        (months(not_reached=True, ci95=(34.5, None)), FIRM),
        (months(not_reached=True, ci95=(25.0, None)), GOOD),
        (months(not_reached=True, ci95=(11.0, None)), POOR),
        (months(not_reached=True), UNKNOWN),
        (months(median=24.0), GOOD),
        (months(median=23.9), FAIR),
        (months(median=6.0), POOR),
        (months(median=5.9), LEAST),
        ({"pfs_rate": {"months": 36, "percent": 83.4}}, FIRM),
        ({"pfs_rate": {"months": 36, "percent": 58}}, GOOD),
        ({"pfs_rate": {"months": 24, "percent": 51.2}, "n": 290}, FAIR),
        ({"pfs_rate": {"months": 24, "percent": 57}, "n": 250}, GOOD),
        ({"pfs_rate": {"months": 24, "percent": 57}, "n": 249}, FAIR),
        ({"pfs_rate": {"months": 24, "percent": 60}, "n": 100}, GOOD),
        ({"pfs_rate": {"months": 24, "percent": 60}, "n": None}, FAIR),
        ({"pfs_rate": {"months": 24, "percent": 55, "ci95": (51, 60)}, "n": 40}, GOOD),
        ({"pfs_rate": {"months": 24, "percent": 70, "ci95": (49, 90)}, "n": 400}, FAIR),
        ({"pfs_rate": {"months": 12, "percent": 45}}, POOR),
    ],
)
def test_the_band_of_a_figure(figure: dict[str, Any], band: int) -> None:
    assert BANDS.of(row(**figure))[0] == band


def test_a_share_near_half_is_said_to_lie_near_the_border() -> None:
    assert BANDS.of(row(pfs_rate={"months": 24, "percent": 51.2}, n=290))[1] == "near the border"


def test_a_band_lower_skips_what_is_not_known_and_ends_at_the_last() -> None:
    assert [BANDS.lower(place) for place in range(6)] == [GOOD, FAIR, POOR, LEAST, UNKNOWN, LEAST]
    assert BANDS.higher(LEAST, 1) == POOR and BANDS.higher(FIRM, 1) == FIRM


# --- state first ----------------------------------------------------------------------------------


def test_a_relapse_says_nothing_of_a_first_line_nor_the_reverse() -> None:
    first = patient(disease__state="newly_diagnosed")
    relapse = row(ONE_TO_THREE, **months(median=50))
    assert read(first, "DRd", DRd=[relapse]).place == UNKNOWN
    assert read(patient(*LEN_REFRACTORY), "DKd", DKd=[relapse]).place == FIRM
    new = relapse.but(when=(criterion_from({"type": "state", "one_of": ["newly_diagnosed"]}),))
    assert read(first, "DRd", DRd=[new]).place == FIRM
    assert "not in the catalogue" in read(patient(*LEN_REFRACTORY), "DRd", DRd=[new]).because


# --- whom a trial took ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("taken", "band", "said"),
    [
        ("in", GOOD, ""),
        ("not-told", GOOD, ""),
        ("minority", FAIR, "only a minority of its patients were refractory to lenalidomide"),
        ("left-out", FAIR, "it left out patients refractory to lenalidomide"),
        ("before-its-time", FAIR, "before there were patients refractory to lenalidomide"),
    ],
)
def test_what_a_trial_left_out_is_read_one_band_lower_and_what_it_does_not_say_is_not(
    taken: Any, band: int, said: str
) -> None:
    found = read(
        patient(*LEN_REFRACTORY), "DKd", DKd=[row(**months(median=25), outside={"lenalidomide-refractory": taken})]
    )
    assert found.place == band and said in found.because
    assert ("one band lower" in found.because) is (band == FAIR)


def test_what_was_recalled_of_a_trait_lowers_with_the_word() -> None:
    out = {"lenalidomide-refractory": "left-out"}
    for recalled, said in (((), "to lenalidomide"), (("lenalidomide-refractory",), "to lenalidomide (recalled)")):
        found = read(
            patient(*LEN_REFRACTORY), "DKd", DKd=[row(**months(median=25), outside=out, recalled=recalled)]
        ).because
        assert f"it left out patients refractory {said}" in found and ("recalled" in found) is bool(recalled)


def test_every_row_that_is_named_a_control_arm_counts_as_one() -> None:
    rows = [r for g in CATALOGUE.regimens for r in g.evidence if "control arm" in r.trial]
    assert rows and [r.trial for r in rows if r.arm != "control"] == []


def test_a_row_says_which_answers_of_its_trial_were_recalled_and_its_own_stand() -> None:
    rows = {r.trial: r for g in CATALOGUE.regimens for r in g.evidence if r.trial in ("DREAMM-8", "ENDEAVOR", "APOLLO")}
    assert rows["APOLLO"].recalled == ("anti-cd38-exposed",) and rows["ENDEAVOR"].recalled == ("dialysis",)
    assert set(rows["DREAMM-8"].recalled) == {"kidney", "dialysis"}
    raw = {"id": "X", "evidence": [{"trial": "T", "outside": {"cns": "left-out"}}]}
    trial = {"outside": {"left-out": ["cns", "kidney"]}, "source": "a", "verified": "unverified"}
    built = build({"regimens": [raw], "trials": {"T": trial}}).regimens[0].evidence[0]
    assert built.outside == {"cns": "left-out", "kidney": "left-out"} and built.recalled == ("kidney",)


def test_a_trait_that_the_patient_lacks_or_that_is_asked_of_others_lowers_nothing() -> None:
    out = {"bcma-exposed": "left-out", "anti-cd38-exposed": "left-out"}
    assert read(patient(*LEN_REFRACTORY), "DKd", DKd=[row(**months(median=25), outside=out)]).place == GOOD
    given = [VRD, entry("DRd", "2023-01-01", "2024-01-01", "2026-08-01", stop_reason="toxicity")]
    exposed = patient(*given)
    assert read(exposed, "DKd", DKd=[row(**months(median=25), outside=out)]).place == FAIR
    assert read(exposed, "Kd", Kd=[row(**months(median=25), outside=out)]).place == GOOD


@pytest.mark.parametrize(
    ("median", "when", "subgroup", "band"),
    [
        (None, ONE_TO_THREE, "", FAIR),
        (1, ONE_TO_THREE, "", FAIR),
        (2, ONE_TO_THREE, "", GOOD),
        (None, {"type": "prior-lines", "at_least": 2}, "", GOOD),
        (None, {"type": "prior-lines", "at_least": 2, "at_most": 3}, "two or three lines", GOOD),
    ],
)
def test_lines_beyond_the_median_and_one_more_are_left_out(
    median: float | None, when: dict[str, Any], subgroup: str, band: int
) -> None:
    evidence = row(when, **months(median=25), earlier_lines_median=median, subgroup=subgroup)
    found = published(patient(VRD, LATE_GRAFT, ERD, PCD_THIRD), Kd=[evidence])
    assert found.history.lines.low == 3
    assert found.benefit.of(found.catalogue.regimen_by_id["Kd"]).place == band


# --- which row ------------------------------------------------------------------------------------


def test_the_middle_trial_speaks_and_none_for_its_figure() -> None:
    trials = [row(trial=f"T{i}", **months(median=m)) for i, m in enumerate((7, 13, 40))]
    assert read(patient(*LEN_REFRACTORY), "Kd", Kd=trials).place == FAIR
    pair = [trials[0].but(n=100), trials[2].but(n=300)]
    assert read(patient(*LEN_REFRACTORY), "Kd", Kd=pair).place == FIRM
    assert read(patient(*LEN_REFRACTORY), "Kd", Kd=[pair[0].but(n=400), pair[1]]).place == POOR


def test_a_row_for_the_refractoriness_goes_before_the_whole_trial() -> None:
    whole = row(ONE_TO_THREE, **months(median=25), n=300)
    part = row(ONE_TO_THREE, LEN, **months(median=8), subgroup="lenalidomide-refractory", n=60)
    assert read(patient(*LEN_REFRACTORY), "Kd", Kd=[whole, part]).place == POOR
    assert read(patient(*LEN_REFRACTORY), "Kd", Kd=[whole, part.but(n=49)]).place == GOOD, "too few in the arm"


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "not", "criterion": {"type": "exposed", "to_any": ["carfilzomib"]}},
        {"type": "value", "field": "disease.cytogenetics.del_17p", "one_of": ["absent"]},
        {"type": "number", "field": "demographics.age", "at_most": 65},
        {"type": "frailty", "at_most": "fit"},
    ],
    ids=["naive", "cytogenetic", "age", "frailty"],
)
def test_odd_subgroups_are_shown_and_never_decide(odd: dict[str, Any]) -> None:
    whole = row(ONE_TO_THREE, **months(median=10))
    part = row(ONE_TO_THREE, odd, **months(median=30), subgroup="odd")
    assert read(patient(*LEN_REFRACTORY), "Kd", Kd=[whole, part]).place == POOR


def test_what_was_recalled_or_of_unread_size_may_lower_its_own_trial_and_raise_none() -> None:
    whole = row(ONE_TO_THREE, **months(median=25))
    for change in ({"verified": "unverified"}, {"n": None}):
        part = row(ONE_TO_THREE, LEN, **months(median=8), subgroup="lenalidomide-refractory").but(**change)
        found = read(patient(*LEN_REFRACTORY), "Kd", Kd=[whole, part])
        assert found.place == POOR and "lowered by" in found.because
        better = row(ONE_TO_THREE, LEN, **months(median=50), subgroup="lenalidomide-refractory").but(**change)
        assert read(patient(*LEN_REFRACTORY), "Kd", Kd=[whole, better]).place == GOOD
        assert read(patient(*LEN_REFRACTORY), "Kd", Kd=[whole, part.but(trial="another")]).place == GOOD


def test_a_regimen_of_which_all_figures_were_recalled_has_no_band() -> None:
    recalled = row(ONE_TO_THREE, **months(median=50)).but(verified="unverified")
    found = read(patient(*LEN_REFRACTORY), "Kd", Kd=[recalled])
    assert found.place == UNKNOWN and "recalled and not looked up" in found.because
    far = row(ONE_TO_THREE, **months(median=25), outside={"lenalidomide-refractory": "left-out"})
    found = read(patient(*LEN_REFRACTORY), "Kd", Kd=[recalled, far])
    assert found.place == FAIR, "a recalled row that fits better does not pass the one that was read"


def test_too_few_order_nothing_unless_nobody_has_more() -> None:
    few = row(**months(median=30), design="single-arm", n=59)
    assert read(patient(*LEN_REFRACTORY), "Kd", Kd=[few]).place == GOOD
    larger = row(**months(median=10), design="single-arm", n=60)
    found = read(patient(*LEN_REFRACTORY), "Kd", Kd=[few], PVd=[larger])
    assert found.place == UNKNOWN and "too few" in found.because


@pytest.mark.parametrize("kind", ["topline", "network", "company comparison", "regimens not told apart"])
def test_toplines_networks_company_comparisons_and_mixed_regimens_order_nothing(kind: Any) -> None:
    assert read(patient(*LEN_REFRACTORY), "Kd", Kd=[row(**months(median=30), beside=kind)]).place == UNKNOWN


def test_a_result_of_several_regimens_is_shown_as_such_and_is_no_result_of_one() -> None:
    mixed = [
        (regimen.id, e)
        for regimen in LOADED.catalogue.regimens
        for e in regimen.evidence
        if any(said in e.population + e.note for said in ("not told apart", "the split not read"))
    ]
    assert {regimen for regimen, _ in mixed} >= {"Kd", "Pd", "DPd", "PVd"}
    assert all(e.beside == "regimens not told apart" for _, e in mixed)
    refractory = [*LEN_REFRACTORY, entry("DRd", "2023-01-01", "2026-08-01", "2026-08-01")]
    answer = answer_for(**patient(*refractory, access__jurisdiction="EU"))
    kd = next(o for o in answer["options"] if o["regimen"] == "Kd")
    shown = next(e for e in kd["evidence"] if e["trial"] == "CMRG after daratumumab")
    assert not shown["nearest"] and "not told apart" in evidence_in_words(shown)
    assert kd["nearest_benefit"] and kd["nearest_benefit"]["figure"]["months"] != 4.5


def test_beside_a_pool_stand_the_figures_of_the_trials_that_it_contains() -> None:
    """Order 3.5: a pool is one trial with those that it contains, and the larger speaks."""
    answer = answer_for(**patient(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU", access__car_t_centre=False))
    teclistamab = next(o for o in answer["options"] if o["regimen"] == "teclistamab")
    nearest = teclistamab["nearest_benefit"]
    assert nearest is not None and nearest["design"] == "pooled" and nearest["n"] == 217
    assert nearest["beside"] == ["MajesTEC-1 alone: median PFS 11.3 months, n 165"]
    assert "MajesTEC-1 alone: median PFS 11.3 months" in benefit(teclistamab)
    assert "MajesTEC-1" in [e["trial"] for e in teclistamab["evidence"]]


# --- like for like --------------------------------------------------------------------------------


def test_drugs_of_one_target_and_kind_are_read_alike_where_one_was_measured() -> None:
    raw = patient(*TRIPLE_CLASS_REFRACTORY, CELLS)
    out = {"bcma-exposed": "left-out"}
    measured = row(BCMA, **months(median=4.6), design="observational", n=193)
    naive = row(**months(median=17.2), design="single-arm", n=123, outside=out)
    rows = {"teclistamab": [measured], "elranatamab": [naive], "Kd": [row(**months(median=13), outside=out)]}
    assert read(raw, "teclistamab", **rows).place == LEAST
    assert read(raw, "elranatamab", **rows).place == LEAST and read(raw, "linvoseltamab", **rows).place == LEAST
    assert "like the others" in read(raw, "linvoseltamab", **rows).because
    assert read(raw, "Kd", **rows).place == LEAST, "no extrapolated figure passes what was measured"
    few = row(BCMA, **months(median=9), design="single-arm", n=20)
    for cells, band in ((rows["Kd"], LEAST), ([*rows["Kd"], few], POOR)):
        found = read(raw, "cilta-cel", **rows, cilta_cel=cells)
        assert found.place == band, "not so low, if its own rows have such patients, however few"
    assert read(raw, "talquetamab", **rows).place == UNKNOWN, "another target"
    naive_patient = patient(*TRIPLE_CLASS_REFRACTORY)
    assert read(naive_patient, "elranatamab", **rows).place != read(naive_patient, "teclistamab", **rows).place


def test_of_several_rows_in_that_state_the_middle_is_read() -> None:
    raw = patient(*TRIPLE_CLASS_REFRACTORY, CELLS)
    rows = [row(BCMA, trial=f"T{m}", **months(median=m), design="observational") for m in (4, 8, 13)]
    assert read(raw, "teclistamab", teclistamab=rows[:2], elranatamab=rows[2:]).place == POOR


def test_a_drug_without_a_figure_of_its_own_is_read_by_the_others_of_its_target_and_kind() -> None:
    raw = patient(*TRIPLE_CLASS_REFRACTORY)
    measured = [row(**months(median=m), design="single-arm", trial=f"T{m}") for m in (17, 15)]
    rows = {"elranatamab": measured[:1], "teclistamab": measured[1:]}
    found = read(raw, "linvoseltamab", **rows)
    assert found.place == FAIR and found.borrowed and not found.firm
    assert "like the others of its target and kind" in found.because
    assert read(raw, "talquetamab", **rows).place == UNKNOWN, "another target"
    assert read(raw, "Tec-Dara", **rows).place == UNKNOWN, "two drugs"
    assert not read(raw, "teclistamab", **rows).borrowed
    poor = {"elranatamab": measured[:1], "teclistamab": [row(**months(median=8), design="single-arm")]}
    assert read(raw, "linvoseltamab", **poor).place == POOR, "of an even number the lower"
    firm = {"elranatamab": [row(**months(median=50), design="single-arm")]}
    assert read(raw, "elranatamab", **firm).place == FIRM and read(raw, "linvoseltamab", **firm).place == GOOD
    out = {"triple-class-refractory": "left-out"}
    elsewhere = {"elranatamab": [row(**months(median=17), design="single-arm", outside=out)]}
    assert read(raw, "linvoseltamab", **elsewhere).place == UNKNOWN, "measured in others"


def test_what_is_read_so_stands_behind_what_was_measured_and_says_its_responses() -> None:
    answer = answer_for(**patient(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU", access__car_t_centre=False))
    rank = {o["regimen"]: o["rank"] for o in answer["options"]}
    assert rank["elranatamab"] == rank["teclistamab"] < rank["linvoseltamab"] < rank["talquetamab"]
    after_cells = answer_for(**patient(*TRIPLE_CLASS_REFRACTORY, CELLS, access__jurisdiction="EU"))
    said = benefit(next(o for o in after_cells["options"] if o["regimen"] == "linvoseltamab"))
    assert "of the others of its target and kind" in said and "ORR" not in said, "not told of LINKER-MM1"
    said = benefit(next(o for o in answer["options"] if o["regimen"] == "linvoseltamab"))
    assert "of the others of its target and kind" in said and "ORR 70 %" in said and "LINKER-MM1" in said


# --- the cap --------------------------------------------------------------------------------------


@pytest.mark.parametrize("regimen", ["Kd", "BPd"])
def test_after_three_classes_what_was_not_measured_there_is_read_near_routine_care(regimen: str) -> None:
    raw = patient(*TRIPLE_CLASS_REFRACTORY)
    far = row(**months(median=50), outside={"triple-class-refractory": "left-out"})
    found = read(raw, regimen, **{regimen: [far]})
    assert found.place == POOR and "routine care" in found.because
    there = row(**months(median=50), outside={"triple-class-refractory": "in"})
    assert read(raw, regimen, **{regimen: [there]}).place == FIRM
    assert read(patient(*LEN_REFRACTORY), regimen, **{regimen: [far]}).place == FIRM


def test_the_cap_is_for_conventional_drugs_and_conjugates_alone() -> None:
    far = row(**months(median=50), outside={"triple-class-refractory": "left-out"}, design="single-arm")
    assert read(patient(*TRIPLE_CLASS_REFRACTORY), "elranatamab", elranatamab=[far]).place == GOOD


# --- head to head ---------------------------------------------------------------------------------

WON = {"median": 25, "hr": 0.5, "hr_ci95": (0.4, 0.7)}


def test_who_won_is_a_fact_of_whole_randomised_trials_that_took_such_patients() -> None:
    raw = patient(*LEN_REFRACTORY)
    won = row(ONE_TO_THREE, pfs_months=WON, against=("DVd",))
    found = published(raw, BVd=[won]).head_to_head
    assert [w.winner for w in found.beaten["DVd"]] == ["BVd"] and depth("DVd", found.beaten) == 1
    for change in (
        {"subgroup": "lenalidomide-refractory"},
        {"design": "single-arm"},
        {"verified": "unverified"},
        {"beside": "topline"},
        {"outside": {"lenalidomide-refractory": "left-out"}},
    ):
        assert not published(raw, BVd=[won.but(**change)]).head_to_head.beaten, change
    undecided = row(ONE_TO_THREE, pfs_months={**WON, "hr_ci95": (0.4, 1.0)}, against=("DVd",))
    assert not published(raw, BVd=[undecided]).head_to_head.beaten


def test_a_loss_to_one_that_lost_lies_deeper() -> None:
    rows = {"BVd": [row(pfs_months=WON, against=("DVd",))], "DVd": [row(pfs_months=WON, against=("Vd",))]}
    beaten = published(patient(*LEN_REFRACTORY), **rows).head_to_head.beaten
    assert [depth(regimen, beaten) for regimen in ("BVd", "DVd", "Vd")] == [0, 1, 2]
    mutual = {"BVd": [row(pfs_months=WON, against=("DVd",))], "DVd": [row(pfs_months=WON, against=("BVd",))]}
    beaten = published(patient(*LEN_REFRACTORY), **mutual).head_to_head.beaten
    assert depth("DVd", beaten) == depth("BVd", beaten) == 1


def order_of(raw: dict[str, Any], **rows: list[Evidence]) -> list[Any]:
    return list(Case.of(a_patient(**raw), with_rows(**rows), DAY, jurisdiction="EU").ranked)


def against_others(ranked: Any) -> str:
    return str(next(s.value for s in ranked.standings if s.by == "against-each-other"))


def test_a_loser_takes_the_band_of_the_winner_where_its_own_is_better() -> None:
    """Kd by a later trial of its own above DKd, which won against it."""
    raw = patient(*LEN_REFRACTORY)
    won = row(pfs_months=WON, against=("Kd",))
    ranked = order_of(raw, DKd=[won], Kd=[row(trial="another", **months(median=50))])
    names = [r.assessment.regimen.id for r in ranked]
    assert names.index("DKd") < names.index("Kd")
    kd = next(r for r in ranked if r.assessment.regimen.id == "Kd")
    assert kd.benefit.place == GOOD and "not above DKd" in kd.benefit.because
    assert against_others(kd) == "lost"


@pytest.mark.parametrize(("frailty", "said"), [("fit", "lost"), ("frail", "neither")])
def test_a_loss_counts_only_where_the_winner_suits_no_worse(frailty: str, said: str) -> None:
    """DVd lost to BVd, which is with care in the frail: between DVd and SVd that decides nothing."""
    raw = patient(*LEN_REFRACTORY, fitness__frailty=frailty)
    alike = months(median=10.0)
    ranked = order_of(raw, BVd=[row(pfs_months=WON, against=("DVd",))], DVd=[row(**alike)], SVd=[row(**alike)])
    dvd, svd = (next(r for r in ranked if r.assessment.regimen.id == name) for name in ("DVd", "SVd"))
    assert against_others(dvd) == said
    assert (dvd.key == svd.key) == (said == "neither")


@pytest.mark.parametrize(
    ("centre", "against"), [(False, ("DVd",)), (True, ("DVd", "DPd"))], ids=["not offered", "a mixed control arm"]
)
def test_a_loss_is_no_reason_for_a_third_if_the_winner_cannot_be_had_or_the_control_arm_was_mixed(
    centre: bool, against: tuple[str, ...]
) -> None:
    """DVd and SVd were measured alike; that DVd lost to cells of a better band decides nothing between the two."""
    raw = patient(*LEN_REFRACTORY, access__car_t_centre=centre)
    rows = {"DVd": [row(**months(median=10.0))], "SVd": [row(**months(median=10.0))]}
    ranked = order_of(raw, cilta_cel=[row(pfs_months=WON, against=against)], **rows)
    dvd, svd = (next(r for r in ranked if r.assessment.regimen.id == name) for name in ("DVd", "SVd"))
    assert against_others(dvd) == "neither" and dvd.key == svd.key


def test_a_mixed_control_arm_still_stands_below_the_winner_of_the_same_band() -> None:
    raw = patient(*LEN_REFRACTORY)
    won = row(pfs_months={**WON, "median": 10.0}, against=("DVd", "DPd"))
    ranked = order_of(raw, BPd=[won], DVd=[row(**months(median=10.0))], SVd=[row(**months(median=10.0))])
    bpd, dvd, svd = (next(r for r in ranked if r.assessment.regimen.id == name) for name in ("BPd", "DVd", "SVd"))
    assert against_others(dvd) == "lost" and max(bpd.key, svd.key) < dvd.key


def test_no_band_is_lowered_to_that_of_a_winner_that_the_patient_cannot_have() -> None:
    raw = patient(*LEN_REFRACTORY, access__car_t_centre=False)
    ranked = order_of(raw, cilta_cel=[row(pfs_months=WON, against=("Kd",))], Kd=[row(**months(median=50))])
    kd = next(r for r in ranked if r.assessment.regimen.id == "Kd")
    assert kd.benefit.place == FIRM and "not above" not in kd.benefit.because


def test_gained_is_longer_survival_against_what_is_in_use() -> None:
    raw = patient(*LEN_REFRACTORY)
    longer = {"hr": 0.6, "hr_ci95": (0.4, 0.8)}

    def standing(against: str, **figures: Any) -> str:
        ranked = order_of(raw, BVd=[row(**figures, against=(against,))])
        bvd = next(r for r in ranked if r.assessment.regimen.id == "BVd")
        return against_others(bvd)

    assert standing("DVd", os_months=longer) == "gained"
    assert standing("Vd", os_months=longer) == "neither", "kept in reserve"
    assert standing("DVd", pfs_months=WON) == "neither", "survival was not entered"


# --- side by side ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alone", "band"), [(13, FAIR), (25, GOOD), (50, GOOD), (7, POOR)], ids=["below", "same", "above", "two below"]
)
def test_a_single_arm_figure_one_band_above_the_best_randomised_is_read_in_that_band_and_none_is_raised(
    alone: float, band: int
) -> None:
    single = row(trial="S", **months(median=alone), design="single-arm")
    ranked = order_of(patient(*LEN_REFRACTORY), DKd=[row(**months(median=25))], PVd=[single])
    pvd = next(r for r in ranked if r.assessment.regimen.id == "PVd")
    assert pvd.benefit.place == band


def test_an_extrapolated_figure_moves_nothing_and_is_not_moved() -> None:
    out = {"lenalidomide-refractory": "left-out"}
    single = row(trial="S", **months(median=13), design="single-arm")
    moving = order_of(patient(*LEN_REFRACTORY), DKd=[row(**months(median=37), outside=out)], PVd=[single])
    assert next(r for r in moving if r.assessment.regimen.id == "PVd").benefit.place == FAIR
    moved = order_of(patient(*LEN_REFRACTORY), DKd=[row(**months(median=13))], PVd=[single.but(outside=out)])
    assert next(r for r in moved if r.assessment.regimen.id == "PVd").benefit.place == POOR
