"""Groups that no comparison crosses, ranks that are shared, and what is said above the options and between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmadvisor.answers.recommendation import OptionEntry, Recommendation
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.listings import Funding, Outcome, Placement
from mmadvisor.desk.cli import run
from mmadvisor.judging.case import Case
from mmadvisor.judging.groups import NAMES
from mmadvisor.judging.ranking import TIED
from mmadvisor.reports.recommend import advise
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient, answer_for, offered
from tests.builders.drawn import render
from tests.builders.patients import (
    DVD,
    GRAFT,
    LEN_REFRACTORY,
    RECORDS,
    SPENT,
    TRIPLE_CLASS_REFRACTORY,
    UPKEEP,
    VRD,
    entry,
    patient,
)

CATALOGUE = LOADED.catalogue


def option(answer: Recommendation, regimen: str) -> OptionEntry:
    return next(o for o in answer["options"] if o["regimen"] == regimen)


def group(answer: Recommendation, regimen: str) -> str:
    return option(answer, regimen)["group"]


def standing(entry: OptionEntry, by: str) -> Any:
    return next(s for s in entry["standing"] if s["by"] == by)


def ask(*therapies: dict[str, Any], place: Any = "EU", **changes: Any) -> Recommendation:
    return answer_for(**patient(*therapies, access__jurisdiction=place, **changes))


def with_listing(place: str, regimen: str, **changes: Any) -> Catalogue:
    """The catalogue with one listing changed."""
    jurisdiction = CATALOGUE.jurisdictions[place]
    listing = jurisdiction.listings[regimen].but(**changes)
    made = jurisdiction.but(listings={**jurisdiction.listings, regimen: listing})
    return CATALOGUE.but(jurisdictions={**CATALOGUE.jurisdictions, place: made})


# --- groups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", sorted(RECORDS))
@pytest.mark.parametrize("place", ["US", "EU", "UK", "HK"])
def test_groups_stand_in_their_order_and_no_tie_crosses_one(record: str, place: str) -> None:
    answer = answer_for(**RECORDS[record], jurisdiction=place)
    groups = [NAMES.index(o["group"]) for o in answer["options"]]
    assert groups == sorted(groups)
    for one, other in zip(answer["options"], answer["options"][1:], strict=False):
        if one["rank"] == other["rank"]:
            assert one["group"] == other["group"] and one["tied"] and other["tied"]
    assert all(o["group_because"] for o in answer["options"] if o["group"] != "main")


def test_what_is_kept_back_is_kept_back_for_a_reason_that_may_fall() -> None:
    answer = ask(*LEN_REFRACTORY)
    assert group(answer, "PCd") == "reserve" and "before anti-CD38" in option(answer, "PCd")["group_because"]
    assert group(ask(*LEN_REFRACTORY, preferences__route="oral"), "PCd") == "main"
    assert group(ask(*LEN_REFRACTORY, fitness__frailty="frail"), "PCd") == "reserve", "fitness is no such reason"
    first = {"disease__state": "newly_diagnosed", "fitness__transplant_eligible": False}
    assert group(ask(**first), "Rd") == "reserve"
    assert group(ask(**first, fitness__frailty="frail"), "Rd") == "main", "but for what is gentle"
    vcd = entry("VCd", "2022-01-01", "2022-08-01", "2024-09-01", intent="induction", stop_reason="completed")
    on_dialysis = {"comorbidities__dialysis": True, "labs__creatinine_clearance_ml_per_min": None}
    here = {"place": "US"}
    assert group(ask(vcd, **here, **on_dialysis), "Vd") == "main" and group(ask(vcd, **here), "Vd") == "reserve"


def test_the_fall_of_every_other_option_brings_nothing_out_of_reserve() -> None:
    answer = ask(*SPENT, place="US", fitness__transplant_eligible=False)
    assert {group(answer, r) for r in offered(answer)} <= {"reserve", "seldom", "bridge"}
    assert answer["headline"] == "A trial, or what is kept in reserve."


def test_what_relieves_and_what_bridges_stands_last_and_is_shown_without_a_number() -> None:
    rapid = {"kind": "clinical", "tempo": "rapid"}
    answer = ask(VRD, GRAFT, UPKEEP, DVD, disease__extramedullary=True, disease__relapse=rapid)
    names = [o["group"] for o in answer["options"]]
    assert names[-1] == "bridge" and names.index("seldom") < names.index("bridge")
    text = render("recommendation", "table", answer)
    assert "Seldom chosen" in text and "Beside: bridges" in text
    bridge = answer["options"][-1]
    assert f"{bridge['rank']}  {bridge['regimen']}" not in text and f"{bridge['rank']}. {bridge['regimen']}" not in text
    folded = next(line for line in text.splitlines() if "CP, MP" in line)
    assert "14.9" not in folded, "no months"


def test_a_regimen_of_which_every_drug_is_doubtful_is_kept_in_reserve() -> None:
    for name in ("two-lines", "triple-class-refractory", "four-lines"):
        case = Case.of(a_patient(**RECORDS[name]), CATALOGUE, DAY, jurisdiction="EU")
        for ranked in case.ranked:
            doubtful = [r for r in ranked.assessment.results if r.criterion.type == "undoubted"]
            if all(r.finding.truth.value == "not-met" for r in doubtful) and ranked.is_line:
                assert ranked.group.name in ("reserve", "funded-reserve"), ranked.assessment.regimen.id


@pytest.mark.parametrize("place", ["US", "EU", "HK"])
def test_what_was_tested_after_a_drug_against_its_target_stays_in_use_with_its_caution(place: str) -> None:
    """Teclistamab and elranatamab were given after a conjugate; no series of linvoseltamab or of cells is large."""
    conjugate = entry("BPd", "2024-07-01", "2026-09-20", "2026-09-20")
    answer = ask(*LEN_REFRACTORY, DVD, entry("Kd", "2023-06-01", "2024-06-20", "2024-06-20"), conjugate, place=place)
    ranks = {o["regimen"]: o["rank"] for o in answer["options"]}
    for regimen in ("teclistamab", "elranatamab"):
        found = option(answer, regimen)
        assert found["group"] == "main" and ranks["talquetamab"] < found["rank"], regimen
        assert any("doubtful" in c["text"] for c in found["cautions"]), regimen
        assert standing(found, "drugs-active")["value"] == "some doubtful"
    for regimen in ("linvoseltamab", "cilta-cel"):
        assert group(answer, regimen) == "reserve", regimen


def test_without_such_a_result_it_is_kept_in_reserve() -> None:
    conjugate = entry("BPd", "2024-07-01", "2026-09-20", "2026-09-20")
    raw = patient(*LEN_REFRACTORY, DVD, entry("Kd", "2023-06-01", "2024-06-20", "2024-06-20"), conjugate,
                  access__jurisdiction="EU")  # fmt: skip
    naive = tuple(
        r.but(evidence=tuple(e for e in r.evidence if "bcma" not in (e.subgroup + e.population).casefold()))
        if r.id == "teclistamab"
        else r
        for r in CATALOGUE.regimens
    )
    answer = advise(a_patient(**raw), CATALOGUE.but(regimens=naive), DAY)
    assert group(answer, "teclistamab") == "reserve" and group(answer, "elranatamab") == "main"


def funded(regimen: str, *, pays: bool) -> Catalogue:
    """The catalogue with one decision on paying for a regimen in the EU."""
    outcome: Outcome = "recommended" if pays else "not-recommended"
    decision = Funding(scheme="a payer", outcome=outcome, source="advisor-practice", verified="primary",
                       decided_on="2025-01-01", criteria=())  # fmt: skip
    return with_listing("EU", regimen, funded=(decision,))


def test_what_is_not_funded_is_to_be_asked_for_unless_another_pays() -> None:
    raw = patient(*LEN_REFRACTORY, access__jurisdiction="EU")
    assert group(advise(a_patient(**raw), CATALOGUE, DAY), "DKd") == "main"
    refused = advise(a_patient(**raw), funded("DKd", pays=False), DAY)
    assert group(refused, "DKd") == "ask" and "not funded" in option(refused, "DKd")["group_because"]
    self_paid = patient(*LEN_REFRACTORY, access__jurisdiction="EU", access__pays="self")
    assert group(advise(a_patient(**self_paid), funded("DKd", pays=False), DAY), "DKd") == "main"
    assert group(advise(a_patient(**raw), funded("Vd", pays=True), DAY), "Vd") == "funded-reserve"
    assert group(advise(a_patient(**raw), funded("Vd", pays=False), DAY), "Vd") == "reserve"


def test_what_is_better_proved_and_not_funded_is_said() -> None:
    raw = patient(*LEN_REFRACTORY, access__jurisdiction="EU", access__car_t_centre=False)
    first = offered(advise(a_patient(**raw), CATALOGUE, DAY))[0]
    only_poor = CATALOGUE.but(
        regimens=tuple(r for r in CATALOGUE.regimens if r.id in (first, "DVd", "PVd", "SVd")), order={}
    )
    jurisdiction = funded(first, pays=False).jurisdictions["EU"]
    made = only_poor.but(jurisdictions={**only_poor.jurisdictions, "EU": jurisdiction})
    answer = advise(a_patient(**raw), made, DAY)
    better = answer["better_proved"]
    assert group(answer, first) == "ask" and offered(answer)[0] != first
    assert better is not None and better["regimen"] == first and "individual funding request" in better["text"]
    for form in ("table", "markdown", "html"):
        assert "Better proved, and to be asked for" in " ".join(render("recommendation", form, answer).split())
    assert advise(a_patient(**raw), CATALOGUE, DAY)["better_proved"] is None


def test_without_a_centre_the_headline_refers() -> None:
    penta = patient(
        *TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU", access__car_t_centre=False, access__bispecific_centre=False
    )
    only = CATALOGUE.but(
        regimens=tuple(r for r in CATALOGUE.regimens if r.id in ("CP", "MP", "elranatamab", "cilta-cel", "Pd")),
        order={},
    )
    answer = advise(a_patient(**penta), only, DAY)
    assert answer["headline"].startswith("Refer: at a centre that gives them, ") and "elranatamab" in answer["headline"]
    assert answer["headline"] in " ".join(render("recommendation", "table", answer).split())


# --- ranks and ties -------------------------------------------------------------------------------


def test_where_only_what_must_be_asked_for_or_reserve_is_left_the_headline_says_what_to_ask() -> None:
    """In England nothing in use is funded after DPd; PanoVd, kept in reserve, is."""
    second = entry("DPd", "2024-03-01", "2026-10-10", "2026-10-05")
    answer = ask(VRD, GRAFT, second, place="UK", access__car_t_centre=False, access__off_label=False)
    groups = {o["group"] for o in answer["options"]}
    assert "main" not in groups and {"ask", "funded-reserve"} <= groups
    best = next(o["regimen"] for o in answer["options"] if o["group"] == "ask")
    assert f"Ask for {best} (it is not funded here): individual funding request" in answer["headline"]


def test_those_that_tie_share_a_rank_and_the_next_counts_them() -> None:
    answer = ask(*LEN_REFRACTORY)
    ranks = [o["rank"] for o in answer["options"]]
    assert len(set(ranks)) < len(ranks), "something ties"
    for i, rank in enumerate(ranks):
        assert rank == 1 + sum(other < rank for other in ranks)
        assert answer["options"][i]["tied"] == (ranks.count(rank) > 1)
    tied = [o for o, below in zip(answer["options"], answer["options"][1:], strict=False) if o["rank"] == below["rank"]]
    assert tied and all(o["above_next_because"] == TIED for o in tied)
    assert f"{tied[0]['rank']}=" in render("recommendation", "table", answer)


@pytest.mark.parametrize("record", sorted(RECORDS))
def test_two_of_different_rank_differ_in_what_decides_and_two_of_one_rank_do_not(record: str) -> None:
    answer = answer_for(**RECORDS[record], jurisdiction="EU")

    def key(o: OptionEntry) -> Any:
        return o["group"], [s["value"] for s in o["standing"] if s["decides"]]

    for one in answer["options"]:
        for other in answer["options"]:
            assert (one["rank"] == other["rank"]) is (key(one) == key(other))


def test_a_tie_of_more_than_three_says_what_divides_each() -> None:
    """Without evidence and placements most of them tie."""
    raw = patient(*LEN_REFRACTORY, access__jurisdiction="EU")
    bare = CATALOGUE.but(regimens=tuple(r.but(evidence=()) for r in CATALOGUE.regimens), settings=())
    answer = advise(a_patient(**raw), bare, DAY)
    ranks = [o["rank"] for o in answer["options"]]
    assert max(map(ranks.count, ranks)) > 3
    for o in answer["options"]:
        assert bool(o["dividing"]) is (ranks.count(o["rank"]) > 3), o["regimen"]
    assert "heart" in option(answer, "DKd")["dividing"] and option(answer, "DVd")["dividing"]
    assert "heart" in render("recommendation", "table", answer)


def test_every_comparison_is_shown_and_those_that_decide_say_so() -> None:
    answer = ask(*LEN_REFRACTORY)
    order = next(p for p in CATALOGUE.ranking.profiles if p.id == "default").order
    for o in answer["options"]:
        assert [s["by"] for s in o["standing"] if s["decides"]] == list(order)
        assert {s["by"] for s in o["standing"]} == {c.by for c in CATALOGUE.ranking.comparisons}


# --- what decided, in words -----------------------------------------------------------------------


def test_between_neighbours_one_sentence_says_what_decided() -> None:
    answer = ask(*LEN_REFRACTORY)
    for one, other in zip(answer["options"], answer["options"][1:], strict=False):
        said = one["above_next_because"]
        if one["rank"] == other["rank"]:
            assert said == TIED
        else:
            assert said.startswith(f"{one['regimen']} stands above {other['regimen']} because ")
            assert one["group"] != other["group"] or " against " in said
    text = render("recommendation", "table", answer, explain_order=True)
    assert "those in brackets decide nothing" in text and "stands above" in text


def test_off_label_stands_last_of_its_group() -> None:
    answer = ask(*LEN_REFRACTORY, access__off_label=True)
    for name in ("main", "reserve"):
        rows = [o["verdict"] == "off-label" for o in answer["options"] if o["group"] == name]
        assert rows == sorted(rows)


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("place", ["US", "EU", "UK"])
def test_without_label_or_funding_only_recent_support_stands_among_the_licensed(record: str, place: str) -> None:
    raw = RECORDS[record] | {"access": RECORDS[record]["access"] | {"jurisdiction": place}}
    case = Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place)
    for ranked in case.ranked:
        a, published = ranked.assessment, case.ranker.published
        if a.access.licensed.answer == "no" and a.access.funded.answer != "yes":
            recent = a.approval.status == "guideline-supported" and published.is_recent_text(a.approval.source)
            supported = bool(published.counted(a.regimen)) or recent
            here = case.ranker.comparisons.standing(a, "availability")
            assert here.place > 0 or supported, a.regimen.id


def test_a_regimen_that_only_an_old_text_supports_stands_behind_the_licensed() -> None:
    """In the US no label names PVd or KPd; EHA-ESMO 2021 and a review of 2020 support them."""
    given = entry("DRd", "2021-01-01", "2026-09-20", "2026-09-20", intent="induction")
    ranks = {o["regimen"]: o["rank"] for o in ask(given, place="US", fitness__transplant_eligible=False)["options"]}
    assert max(ranks["SVd"], ranks["Kd"]) < min(ranks["PVd"], ranks["KPd"])
    recent, old = (option(placed(dated, place="US"), "PVd") for dated in ("2026-01", "2021-02"))
    assert standing(recent, "availability")["value"] == "open"
    assert standing(old, "availability")["value"] == "no label and little support"


# --- placement ------------------------------------------------------------------------------------


def placed(
    dated: str, kind: Any = "guideline", *, orders: bool = False, regimen: str = "PVd", place: str = "EU"
) -> Recommendation:
    """An answer where one text alone places one regimen in a setting of a first relapse."""
    text = Placement(regimen=regimen, level="preferred", by="A text", dated=dated, source="advisor-practice",
                     verified="primary", kind=kind)  # fmt: skip
    settings = tuple(
        s.but(placements=(text,) if s.id == "first-relapse-lenalidomide-refractory" else (), orders_by_placement=orders)
        for s in CATALOGUE.settings
        if s.id == "first-relapse-lenalidomide-refractory"
    )
    raw = patient(*LEN_REFRACTORY, access__jurisdiction=place)
    return advise(a_patient(**raw), CATALOGUE.but(settings=settings), DAY)


@pytest.mark.parametrize(
    ("dated", "kind", "value"),
    [
        ("2022-10-20", "guideline", "preferred"),
        ("2022-10-20", "consensus", "preferred"),
        ("2022-09", "guideline", "option or silent"),
        ("2026-01", "review", "option or silent"),
        ("2026-01", "payer", "option or silent"),
    ],
)
def test_only_a_guideline_or_consensus_of_the_last_four_years_orders(dated: str, kind: str, value: str) -> None:
    found = standing(option(placed(dated, kind), "PVd"), "placement")
    assert found["value"] == value


def test_where_a_setting_orders_by_placement_no_band_is_read() -> None:
    answer = placed("2026-01", orders=True)
    assert offered(answer)[0] == "PVd" and not answer["unnumbered"]
    decides = {s["by"]: s["decides"] for s in answer["options"][0]["standing"]}
    assert not decides["benefit"] and decides["placement"]
    assert all(o["nearest_benefit"] is None for o in answer["options"]), "no months of ordinary relapse"


def test_where_nothing_is_placed_in_such_a_setting_nothing_is_numbered() -> None:
    answer = placed("2020-01", orders=True)
    assert answer["unnumbered"].startswith("Not numbered: ")
    text = render("recommendation", "table", answer)
    assert answer["unnumbered"][:40] in " ".join(text.split()) and "1. " not in text.split("Who recommends")[0]


# --- fitness --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regimen", "changes", "value"),
    [
        ("DKd", {}, "yes"),
        ("DKd", {"fitness__frailty": "frail"}, "poorly"),
        ("DKd", {"fitness__frailty": None, "demographics__age": 70}, "with care"),
        ("DKd", {"fitness__ecog": 2}, "poorly"),
        ("DKd", {"fitness__ecog": 2, "fitness__ecog_cause": "disease"}, "yes"),
        ("DKd", {"fitness__ecog": 2, "fitness__ecog_cause": "other"}, "poorly"),
        ("DKd", {"fitness__ecog": 2, "fitness__ecog_cause": "disease", "fitness__frailty": "frail"}, "poorly"),
        ("BVd", {"fitness__frailty": "frail"}, "with care"),
        ("BVd", {"fitness__ecog": 3}, "poorly"),
        ("BVd", {"fitness__ecog": 2}, "yes"),
        ("DVd", {"fitness__frailty": "frail", "fitness__ecog": 3}, "yes"),
    ],
)
def test_what_suits_fitness(regimen: str, changes: dict[str, Any], value: str) -> None:
    answer = ask(*LEN_REFRACTORY, **changes)
    assert standing(option(answer, regimen), "suits-fitness")["value"] == value


# --- a profile of one's own -----------------------------------------------------------------------

EXAMPLE = str(ROOT / "examples" / "eu-first-relapse.json")


def test_a_hospital_brings_its_own_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "ours.yaml"
    own.write_text("id: ours\nname: Ours\norder: [availability, ease]\n", encoding="utf-8")
    assert run(["recommend", EXAMPLE, "--profile", str(own), "--explain-order"]) == 0
    assert "Every comparison (ours)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("id: ours\nname: Ours\norder: [availability, bennefit]\n", ":3:23: order[1]", "Did you mean benefit?"),
        ("id: ours\nname: Ours\norder:\n- ease\n- ease\n", ":5:3: order[1]", "stands here twice"),
        ("id: ours\nname: Ours\norder: []\n", ":3:1: order", "names no comparison"),
        ("id: ours\nname: Ours\norder: [id]\n", ":3:9: order[0]", "allowed are"),
        ("id: ours\norder: [ease]\n", "", "name"),
    ],
)
def test_what_is_wrong_with_a_profile_is_told_with_its_line(
    text: str, place: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "ours.yaml"
    own.write_text(text, encoding="utf-8")
    assert run(["recommend", EXAMPLE, "--profile", str(own)]) == 3
    said = capsys.readouterr().err
    assert f"ours.yaml{place}" in said and message in said
