"""Hepatitis B: one caution a regimen, in the words for this patient; a status that is not known is a test to take first."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from mmadvisor.catalogue.catalogue import build
from mmadvisor.catalogue.lint import errors
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.desk.ask import _matters
from mmadvisor.judging.case import Case
from mmadvisor.reports.missing import care_by_field
from mmadvisor.reports.regimen import regimen_page
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient, answer_for
from tests.builders.checklists import items, listed
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, NEW, TRIPLE_CLASS_REFRACTORY, UNFIT, patient

CATALOGUE = LOADED.catalogue
FIELD = "comorbidities.hepatitis_b"
USED = [r for r in CATALOGUE.regimens if not r.investigational]


def made_for(status: str | None, place: str = "EU", *therapies: dict[str, Any], **changes: Any) -> Any:
    record = patient(*therapies, **changes) | {}
    record["comorbidities"]["hepatitis_b"] = status
    return answer_for(**record, jurisdiction=place)


def new(status: str | None, place: str = "HK", **changes: Any) -> Any:
    """A newly diagnosed frail patient, off-label regimens accepted."""
    more = {**NEW, **UNFIT, "fitness__frailty": "frail", "access__off_label": True} | changes
    return made_for(status, place, **more)


def cautions(made: Any) -> dict[str, list[Any]]:
    entries = [*made["options"], *made["not_offered"]]
    return {e["regimen"]: [c for c in e["cautions"] if c["about"] == "hepatitis B"] for e in entries}


# --- which regimens -----------------------------------------------------------------------------


@pytest.mark.parametrize("regimen", USED, ids=lambda r: r.id)
def test_every_regimen_in_use_has_one_caution_and_the_checklist(regimen: Regimen) -> None:
    found = [c for c in CATALOGUE.cautions_of(regimen) if c.about == "hepatitis B"]
    assert [c.id for c in found] == ["hepatitis-b"]
    assert "hepatitis-b" in CATALOGUE.checklists_for(regimen)


@pytest.mark.parametrize(
    ("regimen", "source"),
    [("Rd", "halmed-lenalidomide-2016"), ("ERd", "halmed-lenalidomide-2016"), ("Pd", "mhra-pomalidomide-2016"),
     ("EPd", "mhra-pomalidomide-2016"), ("PCd", "mhra-pomalidomide-2016"), ("R-maintenance", "halmed-lenalidomide-2016"),
     ("Sd", "mak-2023-hbv"), ("DRd", "hbv-guidelines"), ("PVd", "hbv-guidelines"), ("salvage-ASCT", "hbv-hk-2019")],
)  # fmt: skip
def test_the_source_is_about_the_drugs_of_the_regimen(regimen: str, source: str) -> None:
    (found,) = (c for c in CATALOGUE.cautions_of(CATALOGUE.regimen_by_id[regimen]) if c.about == "hepatitis B")
    assert found.source == source and found.verified == CATALOGUE.sources[source].verified


def test_a_carrier_gets_the_caution_with_rd_and_erd() -> None:
    found = cautions(new("carrier"))
    for regimen in ("Rd", "ERd", "DRd", "VRd"):
        (caution,) = found[regimen]
        assert caution["result"] == "applies" and caution["text"].startswith("Hepatitis B carrier: take HBV DNA")
    assert "reported on lenalidomide" in found["Rd"][0]["text"]


# --- the branch for this patient ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "drugs", "place", "says", "source"),
    [
        ("carrier", [], "EU", "Hepatitis B carrier: take HBV DNA and begin entecavir", "hbv-duration-2024"),
        ("carrier", [], "HK", "at least 12 months after the last dose (Hong Kong authors)", "hbv-hk-prophylaxis"),
        ("carrier", ["Baraclude"], "EU", "Hepatitis B carrier on an antiviral: continue it", "hbv-duration-2024"),
        ("carrier", ["Vemlidy"], "HK", "Hepatitis B carrier on an antiviral: continue it", "hbv-hk-prophylaxis"),
        ("resolved", [], "EU", "Resolved hepatitis B: antiviral prophylaxis, or HBV DNA", "hbv-guidelines"),
        ("resolved", ["entecavir"], "EU", "Resolved hepatitis B on an antiviral: continue it", "hbv-duration-2024"),
        ("resolved", ["IVIG"], "EU", "it may be passive for about three months", "lu-2018-anti-hbc"),
        ("resolved", None, "EU", "Resolved hepatitis B: antiviral prophylaxis, or HBV DNA", "hbv-guidelines"),
        (None, [], "EU", "Hepatitis B status is not recorded: take HBsAg and anti-HBc", "hbv-guidelines"),
    ],
)  # fmt: skip
def test_only_the_branch_of_this_patient_is_told(
    status: str | None, drugs: list[str] | None, place: str, says: str, source: str
) -> None:
    made = made_for(status, place, *LEN_REFRACTORY, co_medication=drugs)
    others = {"carrier", "Resolved", "status is not recorded"} - {
        {"carrier": "carrier", "resolved": "Resolved", None: "status is not recorded"}[status]
    }
    for found in cautions(made).values():
        for caution in found:
            assert says in caution["text"] and caution["source"] == source, caution
            assert not any(other in caution["text"] for other in others)
            assert caution["result"] == ("unknown" if status is None else "applies")


def test_negative_gets_no_caution_and_no_word_of_it() -> None:
    made = made_for("negative", "EU", *LEN_REFRACTORY)
    assert not any(cautions(made).values())
    assert "Hepatitis B" not in json.dumps([o["cautions"] for o in made["options"]])


@pytest.mark.parametrize("status", ["carrier", "resolved"])
def test_when_prophylaxis_ends_is_told_with_its_source(status: str) -> None:
    made = made_for(status, "EU", *LEN_REFRACTORY)
    for found in cautions(made).values():
        for caution in found:
            assert "12 months" in caution["text"] and caution["source"] in made["sources"]


def test_the_checklists_of_recommend_hold_only_what_is_for_this_patient() -> None:
    def told(status: str | None, place: str = "HK") -> str:
        rows = [i for o in new(status, place)["options"] for i in o["monitoring"] if i["checklist"] == "Hepatitis B"]
        return " | ".join(dict.fromkeys(i["item"] for i in rows))

    assert "for a carrier" in told("carrier") and "resolved" not in told("carrier")
    assert "resolved" in told("resolved") and "for a carrier" not in told("resolved")
    assert "carrier" not in told("negative") and "resolved" not in told("negative")
    assert "for a carrier" in told(None) and "resolved" in told(None), "unknown: nothing is lost"
    assert "Entecavir or tenofovir meanwhile" in told(None) and "meanwhile" not in told(None, "EU")
    assert "meanwhile" not in told("carrier")
    assert "On teclistamab" not in told("carrier"), "no row of another regimen"


def test_a_page_without_a_patient_tells_every_branch_with_its_source() -> None:
    page = regimen_page(CATALOGUE, "Rd", LOADED.stamp(), day=DAY)
    claims = [c for c in page["cautions"] if c["about"] == "hepatitis B"]
    told = " ".join(c["text"] for c in claims)
    assert all(word in told for word in ("carrier:", "resolved:", "unknown:", "[HK]"))
    assert {"hbv-duration-2024", "hbv-guidelines", "halmed-lenalidomide-2016"} <= {c["source"] for c in claims}


# --- not known: a test before the first dose ----------------------------------------------------


def missing(made: Any) -> Any:
    return next(m for m in made["missing"] if m["field"] == FIELD)


def test_an_unknown_status_changes_what_is_done_before_the_first_dose() -> None:
    (hong_kong, europe) = (missing(new(None, place))["changes_care"] for place in ("HK", "EU"))
    assert [s["source"] for s in europe] == ["hbv-hk-2019"]
    assert "HBsAg and anti-HBc; HBV DNA if either is positive" in europe[0]["text"]
    assert "before immunoglobulin" in europe[0]["text"] and "without waiting for the result" in europe[0]["text"]
    assert [s["source"] for s in hong_kong] == ["hbv-hk-2019", "advisor-practice"]
    assert "meanwhile" in hong_kong[1]["text"] and hong_kong[1]["verified"] == "unverified"


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_no_report_says_that_it_changes_nothing(format: str) -> None:
    made = new(None)
    text = " ".join(render("recommendation", format, made).replace("\u00a0", " ").split())
    assert "These change what is done before the first dose" in text
    idle = text.partition("None of these facts would change the answer by itself")[2][:300]
    assert FIELD not in idle and "hepatitis B" not in idle.partition("Co-medication")[0]
    assert "HBsAg and anti-HBc; HBV DNA if either is positive" in text


def test_where_all_else_is_known_nothing_is_called_idle() -> None:
    text = render("recommendation", "table", new(None))
    assert "None of these facts" not in text


def test_other_facts_that_change_care_say_so_too() -> None:
    """A woman who may conceive: the tests before an IMiD hang on it."""
    record = patient(*LEN_REFRACTORY, demographics__sex=None, comorbidities__pregnancy=None,
                     demographics__age=35, access__off_label=True)  # fmt: skip
    record["comorbidities"]["childbearing_potential"] = None
    made = answer_for(**record, jurisdiction="EU")
    care = {m["field"]: m["changes_care"] for m in made["missing"]}
    case = Case.of(a_patient(**record), CATALOGUE, DAY, jurisdiction="EU")
    assert any("egnancy test" in s["text"] for s in care_by_field(case)["demographics.sex"])
    assert any("egnancy test" in s["text"] for s in care["demographics.sex"])


def test_a_record_that_lacks_nothing_has_no_care_to_change() -> None:
    assert answer_for(**patient(*TRIPLE_CLASS_REFRACTORY))["missing"] == []


def test_the_dialogue_asks_for_it_among_what_matters() -> None:
    record = patient(*LEN_REFRACTORY)
    record["comorbidities"]["hepatitis_b"] = None
    assert FIELD in _matters(CATALOGUE, DAY)(record)
    record["comorbidities"]["hepatitis_b"] = "negative"
    assert FIELD not in _matters(CATALOGUE, DAY)(record)


# --- the dated checklist ------------------------------------------------------------------------


def of(status: str | None, place: str, **changes: Any) -> Case:
    record = patient(*LEN_REFRACTORY, **changes)
    record["comorbidities"]["hepatitis_b"] = status
    return Case.of(a_patient(**record), CATALOGUE, DAY, jurisdiction=place)


def test_the_test_goes_before_immunoglobulin_and_delays_nothing_that_cannot_wait() -> None:
    (test,) = items(listed("DPd", "HK", case=of(None, "HK")), "HBsAg and anti-HBc")
    assert test["phase"] == "before" and "before immunoglobulin" in test["when"]
    assert "where treatment cannot wait, on the day of the first dose" in test["when"]


def test_cover_until_the_result_is_a_matter_of_the_place() -> None:
    (cover,) = items(listed("DPd", "HK", case=of(None, "HK")), "meanwhile")
    assert (cover["applies"], cover["missing"], cover["verified"]) == ("unknown", [FIELD], "unverified")
    for place in ("US", "EU", "UK"):
        assert not items(listed("DPd", place, case=of(None, place)), "meanwhile")
    for status in ("negative", "resolved", "carrier"):
        made = listed("DPd", "HK", case=of(status, "HK"))
        assert not items(made, "meanwhile") and any("meanwhile" in x["item"] for x in made["left_out"])


def test_a_liver_specialist_before_an_imid_where_the_regulators_ask() -> None:
    for regimen, source in (("Rd", "halmed-lenalidomide-2016"), ("Pd", "mhra-pomalidomide-2016")):
        (specialist,) = items(listed(regimen, "EU", case=of("carrier", "EU")), "liver specialist")
        assert specialist["source"] == source and specialist["applies"] == "yes"
        assert not items(listed(regimen, "EU", case=of("negative", "EU")), "liver specialist")


def test_anti_hbc_after_immunoglobulin_may_be_passive() -> None:
    (passive,) = items(listed("elranatamab", "EU", case=of("resolved", "EU")), "it may be passive")
    assert passive["source"] == "lu-2018-anti-hbc" and "about three months" in passive["item"]


def test_hepatitis_b_under_control_is_no_active_infection() -> None:
    record = patient(*TRIPLE_CLASS_REFRACTORY, co_medication=["entecavir"], access__jurisdiction="EU")
    record["comorbidities"]["hepatitis_b"] = "carrier"
    made = answer_for(**record)
    verdicts = {e["regimen"]: e for e in [*made["options"], *made["not_offered"]]}
    for regimen in ("cilta-cel", "elranatamab", "teclistamab"):
        entry = verdicts[regimen]
        assert entry["verdict"] == "caution" and not any(c["about"] == "infection" for c in entry["cautions"])
    case = Case.of(a_patient(**record), CATALOGUE, DAY, jurisdiction="EU")
    (item,) = items(listed("cilta-cel", "EU", case=case), "does not put off the infusion")
    assert item["source"] == "eha-ebmt-cart-hbv"
    assert not items(listed("elranatamab", "EU", case=case), "does not put off the infusion")


# --- the branches hold together -----------------------------------------------------------------


def planted(change: Any) -> list[str]:
    compiled = ROOT / "data" / "catalogue.json"
    tree = copy.deepcopy(json.loads(compiled.read_text(encoding="utf-8"))["catalogue"])
    change(tree)
    return [f"{f.place}: {f.message}" for f in errors(build(tree))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t["branches"]["hepatitis-b"][0].update(value="carier"), "no word carier"),
        (lambda t: t["branches"]["hepatitis-b"].pop(), "nothing is told to everybody of whom it is unknown"),
        (lambda t: t["branches"]["hepatitis-b"].pop(8), "nothing is told to everybody of whom it is resolved"),
        (lambda t: t["branches"].update({"hepatitis-c": t["branches"]["hepatitis-b"]}), "no criterion uses these branches"),
        (lambda t: t["branches"].pop("hepatitis-b"), "no set of branches hepatitis-b"),
        (lambda t: t["branches"]["hepatitis-b"][0].update(taking=["antivirals"]), "no drug or group of drugs antivirals"),
        (lambda t: t["branches"]["hepatitis-b"][0].update(jurisdictions=["HKG"]), "no jurisdiction HKG"),
        (lambda t: t["checklists"]["hepatitis-b"]["items"][0].update(settles="comorbidities.hepatitis"), "no field comorbidities.hepatitis"),
        (lambda t: t["checklists"]["hepatitis-b"]["items"][1].update(only_in=["HKG"]), "no jurisdiction HKG"),
        (lambda t: t["rules"][0]["applies_to"].update(but_not_with=["anti-CD83"]), "no agent or class anti-CD83"),
    ],
)  # fmt: skip
def test_the_linter_finds_what_is_wrong_with_branches(change: Any, said: str) -> None:
    found = planted(change)
    assert any(said in x for x in found), found


@pytest.mark.parametrize("status", ["carrier", "resolved"])
def test_a_drug_that_nobody_knows_may_be_the_antiviral(status: str) -> None:
    (asked,) = cautions(new(status, co_medication=["Baracludde"]))["Rd"]
    assert "not known to the catalogue" in asked["text"] and "Continue" in asked["text"]
    for known in ([], ["entecavir"], ["entecavir", "Baracludde"]):
        (told,) = cautions(new(status, co_medication=known))["Rd"]
        assert "not known to the catalogue" not in told["text"], known
