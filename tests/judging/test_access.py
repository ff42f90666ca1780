"""Whether a regimen can be had: licensed, funded, at hand, each yes, no or unknown."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.listings import Funding
from mmadvisor.criteria.base import every
from mmadvisor.criteria.fields import Frailty, TransplantEligible
from mmadvisor.files.layers import load
from mmadvisor.judging.case import Case
from mmadvisor.judging.funding import Decision, settled
from mmadvisor.render import access as words
from mmadvisor.render.access import OUTSIDE_THE_LABEL, for_this_patient
from mmadvisor.reports.recommend import advise
from tests import ROOT
from tests.builders.blank import LOADED, a_patient, answer_for, offered, verdict_of
from tests.builders.patients import (
    DVD,
    ERD,
    GRAFT,
    LATE_GRAFT,
    LEN_REFRACTORY,
    NEW,
    RECORDS,
    UNFIT,
    UPKEEP,
    VRD,
    entry,
    patient,
)

DAY = date(2026, 11, 30)
CATALOGUE = LOADED.catalogue
HOSPITAL = ROOT / "docs" / "hospital-formulary.yaml"


def ask(*therapies: dict[str, Any], place: str, day: Any = DAY, **changes: Any) -> Recommendation:
    raw = patient(*therapies, **changes)
    return answer_for(day, jurisdiction=place, **(raw | {"assessed_on": None}))


def row(answer: Recommendation, regimen: str) -> Any:
    """The entry of a regimen, wherever the answer has it."""
    return next(e for e in [*answer["options"], *answer["not_offered"]] if e["regimen"] == regimen)


def answers(answer: Recommendation, regimen: str) -> tuple[str, str, str]:
    access = row(answer, regimen)["access"]
    return access["licensed"]["answer"], access["funded"]["answer"], access["at_hand"]["answer"]


# --- what decisions on paying come to -----------------------------------------------------------------


def decision(outcome: str, takes: Truth, verified: str = "primary") -> Decision:
    held = Funding.over({"scheme": "s", "outcome": outcome, "source": "x", "verified": verified})
    return Decision(held, takes, ())


def test_one_that_pays_and_takes_the_patient_settles_it() -> None:
    pays, leaves_out = decision("managed-access", Truth.MET), decision("recommended", Truth.NOT_MET)
    assert settled([leaves_out, pays]) == (Truth.MET, pays)


def test_none_read_is_unknown_and_one_that_leaves_out_everybody_who_asks_is_no() -> None:
    assert settled([]) == (Truth.UNKNOWN, None)
    assert settled([decision("recommended", Truth.NOT_MET)])[0] is Truth.NOT_MET
    assert settled([decision("terminated", Truth.MET)])[0] is Truth.NOT_MET
    assert settled([decision("terminated", Truth.NOT_MET)])[0] is Truth.UNKNOWN


def test_what_nobody_read_leaves_it_open_for_those_it_may_be_about() -> None:
    paid = decision("recommended", Truth.NOT_MET)
    for unread in (decision("not-read", Truth.MET), decision("terminated", Truth.MET, "unverified")):
        assert settled([unread])[0] is Truth.UNKNOWN
        assert settled([paid, unread])[0] is Truth.UNKNOWN
    assert settled([paid, decision("not-read", Truth.NOT_MET)])[0] is Truth.NOT_MET


@pytest.mark.parametrize(("outcome", "mark"), [("not-read", "primary"), ("managed-access", "unverified")])
def test_what_nobody_read_pays_for_nobody_whom_its_own_criteria_leave_out(outcome: str, mark: str) -> None:
    left_out = decision(outcome, Truth.NOT_MET, mark)
    assert settled([left_out]) == (Truth.NOT_MET, left_out)
    assert settled([left_out, decision(outcome, Truth.UNKNOWN, mark)])[0] is Truth.UNKNOWN
    refused = decision("terminated", Truth.NOT_MET, "unverified")
    assert settled([refused])[0] is Truth.UNKNOWN, "a refusal that is about others says nothing of this patient"


TRUTHS = st.sampled_from(list(Truth))
OUTCOMES = st.sampled_from(["recommended", "managed-access", "not-recommended", "terminated", "not-read"])
MARKS = st.sampled_from(["primary", "unverified"])


@given(st.lists(st.tuples(OUTCOMES, TRUTHS, MARKS), max_size=4), st.lists(TRUTHS, min_size=4, max_size=4))
def test_a_fact_more_never_turns_a_yes_into_a_no_or_back(
    rows: list[tuple[str, Truth, str]], turned: list[Truth]
) -> None:
    """The law of three values: what was unknown may turn out either way, what was known stays."""
    then = [(o, t if t is not Truth.UNKNOWN else later, m) for (o, t, m), later in zip(rows, turned, strict=False)]
    before = settled([decision(*r) for r in rows])[0]
    after = settled([decision(*r) for r in then])[0]
    assert before in (Truth.UNKNOWN, after)


@pytest.mark.parametrize("place", list(CATALOGUE.jurisdictions))
@pytest.mark.parametrize("name", list(RECORDS))
def test_with_less_on_record_no_answer_turns(place: str, name: str) -> None:
    """Over the three parts of access of every regimen: less on record leaves them as they are, or unknown."""
    whole, less = dict(RECORDS[name]), dict(RECORDS[name])
    less["therapies_complete"] = None
    less["fitness"] = {"ecog": 1}
    found = [
        {a.regimen.id: a.access for a in Case.of(a_patient(**raw), CATALOGUE, DAY, jurisdiction=place).assessments}
        for raw in (whole, less)
    ]
    for regimen, access in found[1].items():
        before = found[0][regimen]
        for part in ("licensed", "funded", "at_hand"):
            assert getattr(access, part) in (Truth.UNKNOWN, getattr(before, part)), (regimen, part)


# --- the United Kingdom -------------------------------------------------------------------------------


def test_england_pays_by_the_criteria_of_each_decision() -> None:
    answer = ask(*LEN_REFRACTORY, place="UK")
    for regimen in ("BVd", "BPd", "Kd", "DVd"):
        assert answers(answer, regimen)[:2] == ("yes", "yes"), regimen
    assert answers(answer, "DKd")[:2] == ("yes", "no")
    assert row(answer, "DKd")["access"]["funded"]["by"]["number"] == "TA841"
    assert answers(answer, "SVd")[:2] == ("yes", "no"), "never refractory to daratumumab"
    assert answer["place"]["region"] == "england" and answer["place"]["region_from"] == "assumed"
    assert len(answer["place"]["says"]) == 1


def test_one_line_more_ends_what_is_paid_after_one() -> None:
    answer = ask(*LEN_REFRACTORY, DVD, place="UK")
    for regimen in ("BVd", "BPd", "Kd"):
        assert answers(answer, regimen)[1] == "no", regimen
    assert answers(answer, "SVd")[1] == "yes"
    open_list = ask(*LEN_REFRACTORY, place="UK", therapies_complete=None)
    assert answers(open_list, "Kd")[1] == "unknown", "another line may have been"


def test_a_decision_that_nobody_read_is_open_only_to_those_whom_it_may_take() -> None:
    """TA658 and its review ask for exactly three lines; the outcome of the review was not read."""
    two, three = (
        ask(*RECORDS[name]["therapies"], place="UK") for name in ("second-relapse", "triple-class-refractory")
    )
    assert answers(two, "IsaPd")[1] == "no"
    assert row(two, "IsaPd")["access"]["funded"]["by"]["number"] == "review of TA658"
    naive = ask(VRD, LATE_GRAFT, ERD, entry("Kd", "2026-08-02", "2026-09-20", "2026-09-20"), place="UK")
    assert answers(naive, "IsaPd")[1] == "unknown" and answers(three, "IsaPd")[1] == "unknown"


@pytest.mark.parametrize("regimen", ["BVd", "BPd"])
def test_the_record_of_lenalidomide_decides_whether_it_was_not_tolerated(regimen: str) -> None:
    """TA1133 1.1: one line with lenalidomide, which the disease is refractory to, or which was not tolerated."""
    tolerated = ask(VRD, LATE_GRAFT, place="UK")
    assert answers(tolerated, regimen)[1] == "no" and row(tolerated, regimen)["group"] == "ask"
    funded = [row(tolerated, other)["rank"] for other in ("KRd", "DVd", "Kd")]
    assert max(funded) < row(tolerated, regimen)["rank"]
    upkeep = UPKEEP | {"progressed_on": "2026-08-01", "stop_reason": "toxicity"}
    assert answers(ask(VRD, GRAFT, upkeep, place="UK"), regimen)[1] == "yes"
    stopped = {**VRD, "stop_reason": "toxicity"}
    nerves = [{"agent": "bortezomib", "event": "peripheral neuropathy", "grade": 2}]
    rash = [{"agent": "lenalidomide", "event": "rash", "grade": 2}]
    for toxicities, expected in ((nerves, "no"), (rash, "yes"), (None, "unknown"), ([], "unknown")):
        answer = ask(stopped, LATE_GRAFT, place="UK", toxicities=toxicities)
        assert answers(answer, regimen)[1] == expected, toxicities
    severe = ask(VRD, LATE_GRAFT, place="UK", toxicities=[{**rash[0], "grade": 3}])
    assert answers(severe, regimen)[1] == "unknown", "whether it was tolerated is for people to say"
    assert row(severe, regimen)["access"]["funded"]["questions"] == ["lenalidomide not tolerated"]


def test_terminated_and_not_launched_are_two_things() -> None:
    answer = ask(*LEN_REFRACTORY, place="UK")
    assert "DKd" in offered(answer), "its appraisal was terminated, and it is sold"
    for regimen in ("cilta-cel", "ide-cel"):
        closed = row(answer, regimen)
        assert closed["verdict"] == "ineligible" and closed["approval"]["status"] == "not-available"
        assert answers(answer, regimen)[2] == "no"
    assert answers(answer, "cilta-cel")[0] == "yes", "licensed, and not sold"
    early = ask(*LEN_REFRACTORY, place="UK", day=date(2023, 1, 1))
    assert row(early, "cilta-cel")["access"]["at_hand"]["answer"] == "unknown", "nobody had said so by then"


def test_what_was_recalled_counts_for_nothing_and_a_draft_is_no_outcome() -> None:
    for jurisdiction in CATALOGUE.jurisdictions.values():
        for listing in jurisdiction.listings.values():
            for f in listing.funded:
                recalled, _ = settled([Decision(f.but(verified="unverified"), Truth.MET, ())])
                assert recalled is Truth.UNKNOWN, f.called
    assert answers(ask(*LEN_REFRACTORY, place="UK"), "DPd")[1] == "unknown"
    assert answers(ask(VRD, LATE_GRAFT, place="UK"), "DRd")[1] == "unknown"
    fit = ask(place="UK", **NEW)
    assert answers(fit, "D-VRd")[1] == "unknown", "the draft refuses, and the final text was not found"
    for jurisdiction in CATALOGUE.jurisdictions.values():
        for listing in jurisdiction.listings.values():
            for f in listing.funded:
                assert "draft" not in CATALOGUE.sources[f.source].title or not (f.read and f.outcome != "in-progress")


def test_what_is_paid_for_in_named_combinations_is_not_in_another() -> None:
    answer = ask(*LEN_REFRACTORY, place="UK", access__off_label=True)
    for regimen in ("PVd", "IsaKd", "KPd", "KCd", "SKd", "SPd", "SDd"):
        assert answers(answer, regimen)[1] == "no", regimen
        assert row(answer, regimen)["access"]["funded"]["verified"] == "secondary", regimen
    fit = ask(place="UK", **NEW)
    assert answers(fit, "VCd")[1] == "unknown", "before a transplant nobody read who pays for it"
    assert answers(fit, "VTd")[1] == "yes"


@pytest.mark.parametrize("place", ["US", "EU", "UK"])
def test_a_label_for_another_disease_closes_nothing_and_is_off_label_without_it(place: str) -> None:
    with_it = ask(place=place, **NEW, disease__amyloidosis="present")
    assert answers(with_it, "D-VCd")[0] == "yes"
    without = ask(place=place, **NEW, access__off_label=True)
    assert row(without, "D-VCd")["verdict"] == "off-label" and answers(without, "D-VCd")[0] == "no"
    not_wanted = ask(place=place, **NEW, access__off_label=False)
    assert next(n for n in not_wanted["not_offered"] if n["regimen"] == "D-VCd")["verdict"] == "off-label"


def test_a_judgement_is_printed_as_a_question() -> None:
    answer = ask(place="UK", **NEW, **UNFIT)
    funded = row(answer, "VMP")["access"]["funded"]
    assert funded["answer"] == "unknown"
    assert funded["questions"] == ["thalidomide contraindicated or not tolerated"]
    assert any(
        text == "Ask: thalidomide contraindicated or not tolerated?" for text, _ in words.detail(row(answer, "VMP"))
    )
    assert answers(answer, "DRd")[1] == "yes" and answers(answer, "D-VMP")[1] == "no"


def test_scotland_is_a_scheme_of_its_own_and_a_note_beside_englands() -> None:
    england, scotland = (ask(*LEN_REFRACTORY, place="UK", **more) for more in ({}, {"access__region": "scotland"}))
    assert answers(england, "BPd")[1] == "yes" and answers(scotland, "BPd")[1] == "no"
    assert answers(scotland, "BVd")[1] == "yes" and answers(scotland, "Kd")[1] == "unknown"
    assert scotland["place"]["region_from"] == "recorded"
    others = row(england, "BPd")["access"]["funded"]["others"]
    assert [(d["number"], d["regions"], d["outcome"]) for d in others] == [("SMC2747", ["scotland"], "not-recommended")]
    wales = ask(*LEN_REFRACTORY, place="UK", access__region="wales")
    assert wales["place"]["region"] == "england" and wales["place"]["region_from"] == "assumed"


def test_funding_is_cut_by_its_own_day() -> None:
    before = ask(*LEN_REFRACTORY, place="UK", day=date(2023, 12, 1))
    assert answers(before, "DVd")[1] == "yes"
    assert row(before, "BPd")["access"]["funded"]["by"] is None
    third = [VRD, GRAFT, UPKEEP, DVD, entry("Kd", "2024-07-01", "2026-09-20", "2026-09-20")]
    assert answers(ask(*third, place="UK"), "Pd")[1] == "yes"


def test_outside_the_label_and_paid_for_is_an_option() -> None:
    catalogue = CATALOGUE.but()
    answer = advise(a_patient(**patient(*LEN_REFRACTORY)), catalogue, DAY, jurisdiction="UK")
    assert "VCd" not in offered(answer), "neither licensed nor paid for at relapse"
    assert answers(answer, "VCd")[:2] == ("no", "no")


# --- other places -------------------------------------------------------------------------------------


def test_hong_kong_says_once_what_is_registered_and_what_is_to_be_asked() -> None:
    answer = ask(*LEN_REFRACTORY, place="HK")
    said = [text for text, _ in words.of_the_place(answer["place"])]
    assert sum("registered" in text for text in said) == 2 and any("named patient" in text for text in said)
    for o in answer["options"]:
        assert "check registration" not in str(o["cautions"]) and "check" not in words.short(o, answer["place"])


def test_last_read_as_not_registered_has_its_day() -> None:
    case = Case.of(a_patient(**patient(*LEN_REFRACTORY)), CATALOGUE, DAY, jurisdiction="HK")
    found = {a.regimen.id: a.access for a in case.assessments}
    for regimen in ("cilta-cel", "ide-cel"):
        assert found[regimen].licensed is Truth.UNKNOWN and found[regimen].last_read_not_registered
    assert not found["DKd"].last_read_not_registered and found["DKd"].foreign_places == 3
    assert found["IberDd"].foreign_places == 1
    answer = ask(*LEN_REFRACTORY, place="HK")
    assert words.short(row(answer, "cilta-cel"), answer["place"]) == "last read: not registered (2023-10-13)"


def test_unknown_never_prints_as_yes() -> None:
    for place in CATALOGUE.jurisdictions:
        for therapies in ([], LEN_REFRACTORY, [*LEN_REFRACTORY, DVD]):
            answer = ask(*therapies, place=place, **({} if therapies else NEW))
            for o in [*answer["options"], *answer["provisional"]]:
                said, parts = words.short(o, answer["place"]), o["access"]
                if parts["licensed"]["answer"] == "unknown" and parts["at_hand"]["answer"] != "no":
                    assert said.startswith("last read") or "?" in said or said.startswith("off-label"), said
                    assert not said.startswith("licensed")
                if parts["funded"]["answer"] == "unknown":
                    assert "and funded" not in said and ", funded" not in said
                assert "✓" not in said


def test_a_guideline_is_no_registration() -> None:
    answer = ask(*LEN_REFRACTORY, place="HK")
    pcd = row(answer, "PCd")
    assert pcd["approval"]["status"] == "guideline-supported" and pcd["access"]["licensed"]["answer"] == "no"
    assert row(answer, "salvage-ASCT")["access"]["licensed"]["answer"] == "not-applicable"


def test_iberdomide_asks_for_both_classes_and_maintenance_for_a_transplant() -> None:
    rd = entry("Rd", "2023-01-10", "2026-09-20", "2026-09-20")
    assert row(ask(rd, place="US"), "IberDd")["verdict"] == "ineligible", "never had a proteasome inhibitor"
    assert row(ask(*LEN_REFRACTORY, place="US"), "IberDd")["approval"]["conditional"] is True
    state = {"disease__state": "responding", "disease__relapse": None}
    raw = patient(VRD, **state)
    closed = answer_for(DAY, jurisdiction="EU", assume_relapse=True, **(raw | {"assessed_on": None}))
    assert row(closed, "R-maintenance")["access"]["licensed"]["answer"] == "no"


# --- a hospital's list --------------------------------------------------------------------------------


def by_hospital(products: dict[str, Any], tmp_path: Path) -> Recommendation:
    """The answer at first relapse in Hong Kong with a hospital's list of products."""
    tree = yaml.safe_load(HOSPITAL.read_text(encoding="utf-8"))
    rows = {agent: {"source": "example-formulary", "verified": "primary"} | p for agent, p in products.items()}
    tree["jurisdictions"]["HK"] = {"name": "A hospital", "products": rows, "listings": {}}
    path = tmp_path / "layer.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return advise(a_patient(**patient(*LEN_REFRACTORY)), load([path]).catalogue, DAY, jurisdiction="HK")


def test_a_list_of_products_turns_unknown_into_facts(tmp_path: Path) -> None:
    general = {"registered": True, "names": ["Kd"], "category": "general"}
    assert answers(by_hospital({"carfilzomib": general}, tmp_path), "Kd")[:2] == ("yes", "yes")
    half = by_hospital({"carfilzomib": general}, tmp_path)
    assert answers(half, "DKd")[:2] == ("unknown", "unknown"), "nothing is said of daratumumab"
    both = {
        "carfilzomib": general | {"names": ["DKd"]},
        "daratumumab": {"registered": True, "category": "self-financed"},
    }
    assert answers(by_hospital(both, tmp_path), "DKd")[:2] == ("yes", "no")


def test_a_fund_pays_under_conditions_that_a_person_judges(tmp_path: Path) -> None:
    fund = {"registered": True, "names": ["Kd"], "category": "safety-net", "samaritan_fund": True}
    funded = row(by_hospital({"carfilzomib": fund}, tmp_path), "Kd")["access"]["funded"]
    assert funded["answer"] == "unknown" and "carfilzomib" in funded["questions"][0]
    known = fund | {"criteria": [{"type": "prior-lines", "at_least": 1, "at_most": 3}]}
    assert answers(by_hospital({"carfilzomib": known}, tmp_path), "Kd")[1] == "yes"
    none = fund | {"samaritan_fund": False, "community_care_fund": False}
    assert answers(by_hospital({"carfilzomib": none}, tmp_path), "Kd")[1] == "no"


def test_what_is_not_registered_comes_by_named_patient_or_not_at_all(tmp_path: Path) -> None:
    closed = by_hospital({"belantamab-mafodotin": {"registered": False, "named_patient": False}}, tmp_path)
    assert row(closed, "BPd")["approval"]["status"] == "not-available"
    asked = by_hospital({"belantamab-mafodotin": {"registered": False, "named_patient": True}}, tmp_path)
    assert answers(asked, "BPd")[0] == "no" and answers(asked, "BPd")[2] == "yes"
    assert row(asked, "BPd")["verdict"] == "off-label"
    neither = by_hospital({"belantamab-mafodotin": {}}, tmp_path)
    assert answers(neither, "BPd") == answers(ask(*LEN_REFRACTORY, place="HK"), "BPd")


def test_the_template_has_a_row_for_every_drug() -> None:
    products = yaml.safe_load(HOSPITAL.read_text(encoding="utf-8"))["jurisdictions"]["HK"]["products"]
    used = {a for r in CATALOGUE.regimens if not r.investigational for a in r.agent_ids}
    assert products.keys() == {a for a in used if not CATALOGUE.formulary.by_id[a].steroid}
    keys = {"registered", "names", "category", "samaritan_fund", "community_care_fund", "named_patient"}
    assert all(keys <= p.keys() for p in products.values())


# --- unsuitable for a transplant ----------------------------------------------------------------


@pytest.mark.parametrize("place", ["EU", "UK"])
def test_who_is_known_to_be_frail_counts_as_unsuitable_for_a_transplant(place: str) -> None:
    """The labels name no test for it; a patient who is not known to be frail is asked about."""
    first = entry("Rd", "2023-03-01", "2026-10-01", "2026-10-01", intent="induction")
    asked = {"access__jurisdiction": place, "fitness__transplant_eligible": None}
    frail = answer_for(**patient(first, fitness__frailty="frail", **asked))
    assert "Vd" in [o["regimen"] for o in frail["options"]]
    for not_known in ({"fitness__frailty": "intermediate"}, {"fitness__frailty": None, "demographics__age": 79}):
        answer = answer_for(**patient(first, **asked, **not_known))
        assert verdict_of(answer, "Vd") == "undetermined"


def test_each_label_and_payer_that_asks_for_unsuitability_takes_the_frail() -> None:
    for place in LOADED.catalogue.jurisdictions.values():
        for regimen, listing in place.listings.items():
            asking = [*(i.criteria for i in listing.indications), *(f.criteria for f in listing.funded)]
            for criteria in asking:
                for criterion in criteria:
                    parts = list(every([criterion]))
                    asked = any(isinstance(c, TransplantEligible) and not c.eligible for c in parts)
                    frail = any(isinstance(c, Frailty) and c.at_least == "frail" for c in parts)
                    assert frail or not asked, (place.name, regimen, criterion.text or criterion.id)


# --- what a guideline supports ------------------------------------------------------------------


@pytest.mark.parametrize("place", ["EU", "UK"])
def test_an_indication_by_a_guideline_beside_a_label_licenses_nothing(place: str) -> None:
    """The label is for those who cannot have a transplant; before a transplant only a guideline names it."""
    for eligible, licensed in ((True, "no"), (False, "yes"), (None, "unknown")):
        found = row(ask(place=place, **NEW | {"fitness__transplant_eligible": eligible}), "VRd")
        assert found["access"]["licensed"]["answer"] == licensed
        assert (found["approval"]["status"] == "approved") == (licensed == "yes")
        assert found["verdict"] in ("eligible", "caution")


@pytest.mark.parametrize("place", list(CATALOGUE.jurisdictions))
@pytest.mark.parametrize("name", list(RECORDS))
def test_no_licence_is_a_yes_by_the_text_of_a_guideline(place: str, name: str) -> None:
    for option in ask_as(RECORDS[name], place)["options"]:
        held = option["access"]["licensed"]
        source = CATALOGUE.sources.get(held["source"])
        guided = source is not None and source.kind in ("guideline", "consensus")
        assert held["answer"] != "yes" or not guided, option["regimen"]


def ask_as(raw: dict[str, Any], place: str) -> Recommendation:
    return answer_for(DAY, jurisdiction=place, **(raw | {"assessed_on": None}))


def test_a_label_that_does_not_take_the_patient_is_another_answer_than_no_licence() -> None:
    assert for_this_patient("no", "approved") == OUTSIDE_THE_LABEL
    assert for_this_patient("no", "off-label") == "no" and for_this_patient("yes", "approved") == "yes"
