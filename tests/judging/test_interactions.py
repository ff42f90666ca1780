"""Co-medication: every recorded drug is checked, or said not to be; what it does reaches cautions, lists and scores."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.catalogue import build
from mmadvisor.catalogue.lint import errors
from mmadvisor.desk.cli import run
from mmadvisor.files.patients import read_patient
from mmadvisor.judging.case import Case
from mmadvisor.judging.interactions import Interactions
from mmadvisor.judging.unknowns import tries
from mmadvisor.render.words import NONE_TAKEN
from mmadvisor.reports.recommend import advise
from mmadvisor.reports.regimen import regimen_page
from mmadvisor.reports.shelf import comparison
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_history, a_patient, answer_for
from tests.builders.checklists import items, listed
from tests.builders.co_medication import answer, drug, raw
from tests.builders.drawn import render
from tests.builders.patients import LATE_GRAFT, TRIPLE_CLASS_REFRACTORY, VRD, patient

CATALOGUE = LOADED.catalogue
FORMULARY = CATALOGUE.formulary
ROWS = CATALOGUE.interactions
TAKEN = ["itraconazole", "rifampicin", "ciprofloxacin", "warfarin"]


def option(made: Any, regimen: str) -> Any:
    return next(o for o in made["options"] if o["regimen"] == regimen)


def interacting(made: Any, regimen: str) -> list[Any]:
    return [c for c in option(made, regimen)["cautions"] if c["drugs"]]


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("Sporanox", "itraconazole"), ("rifampin", "rifampicin"), ("Coumadin", "warfarin"), ("Biaxin", "clarithromycin"),
        ("CYCLOSPORINE", "ciclosporin"), ("St. John\u2019s wort", "St John's wort"), ("aspirin", "acetylsalicylic-acid"),
        ("warfarin 3 mg daily", "warfarin"), ("itraconazole 200mg bd", "itraconazole"), ("  dexamethasone  4 mg", "dexamethasone"),
        ("Vemlidy (tenofovir alafenamide)", "tenofovir alafenamide"), ("low-molecular-weight heparin", "low-molecular-weight heparin"),
        # What could name another drug too is not taken for one.
        ("warfarin, aspirin", ""), ("warfarin 3 mg and aspirin 80 mg", ""), ("aspirin (with warfarin)", ""),
        ("clopidogrel/aspirin", ""), ("amlodipin", ""), ("warf\u0430rin", ""),
    ],
)  # fmt: skip
def test_a_name_a_brand_a_short_form_or_a_dose_behind_it_is_the_drug(written: str, known: str) -> None:
    assert FORMULARY.taken(written).drug == known


def test_every_name_of_every_drug_leads_to_it_and_to_no_agent() -> None:
    for name, others in CATALOGUE.other_drugs.items():
        for spelt in (name, *others):
            assert FORMULARY.taken(spelt).drug == name


def test_a_slip_is_guessed_and_a_strange_drug_is_not() -> None:
    assert FORMULARY.nearest_drug("itraconazloe") == "Did you mean itraconazole?"
    assert FORMULARY.nearest_drug("amlodipin") == "" and FORMULARY.nearest_drug("Zyxloquine") == ""


# --- the rows -----------------------------------------------------------------------------------


def holding(agent: str) -> Any:
    return next(r for r in CATALOGUE.regimens if agent in r.agent_ids)


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.id)
def test_each_row_is_found_by_every_drug_that_it_is_about(row: Any) -> None:
    agents = [
        a for token in row.of for a in FORMULARY.members(token) if any(a in r.agent_ids for r in CATALOGUE.regimens)
    ]
    for token in row.beside:
        for name in FORMULARY.drugs_of(token):
            for place in row.jurisdictions or ("US",):
                found = Interactions(CATALOGUE, a_history(co_medication=[name]), place)
                assert found.taken
                for agent in agents:
                    if agent == name:
                        continue
                    assert row in [m.row for m in found.met(agent, found.taken[0])]
                    cautions = {c.id: c for c in found.cautions(holding(agent))}
                    assert (row.id in cautions) is (row.strength != "none")
                    if row.id in cautions:
                        grave = row.strength in ("avoid", "contraindicated")
                        assert cautions[row.id].strong is (
                            grave and cautions[row.id].verified != "unverified" and not row.left_out
                        )


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.id)
def test_each_row_reads_as_one_sentence_with_its_advice(row: Any) -> None:
    text = Interactions(CATALOGUE, a_history(), "US").sentence(row)
    assert text.startswith("With ") and row.effect in text and "_" not in text and not text.endswith(".")
    assert bool(row.advice) is (row.strength != "none")


def test_a_row_of_this_place_stands_alone_and_else_everybodys_word_does() -> None:
    def told(place: str) -> list[str]:
        found = Interactions(CATALOGUE, a_history(co_medication=["ciprofloxacin"]), place)
        return [c.id for c in found.cautions(CATALOGUE.regimen_by_id["Pd"])]

    assert told("EU") == ["pomalidomide-strong-1a2-inhibitors"]
    assert told("US") == ["pomalidomide-strong-1a2-inhibitors-us"]
    assert told("HK") == ["pomalidomide-strong-1a2-inhibitors", "pomalidomide-strong-1a2-inhibitors-us"]


def test_a_regimens_own_drug_is_not_checked_against_itself() -> None:
    made = answer(["dexamethasone"])
    assert all(x["agent"] != "dexamethasone" for x in drug(made, "dexamethasone")["results"])
    assert [x["agent"] for x in drug(made, "dexamethasone")["results"]] == ["ciltacabtagene-autoleucel"]
    assert not interacting(made, "Kd")


# --- cautions -----------------------------------------------------------------------------------


def test_an_azole_rifampicin_and_warfarin_reach_every_option_that_they_concern() -> None:
    """The patient with t(11;14) after DPd: none of the three words was printed."""
    made = answer(["itraconazole", "rifampicin", "warfarin"])
    ids = {o["regimen"]: {c["id"] for c in o["criteria"] if c["result"] == "not-met"} for o in made["options"]}
    assert {"bortezomib-strong-inducers", "bortezomib-strong-inhibitors", "bortezomib-azoles", "steroid-coumarins",
            "selinexor-strong-inducers"} <= ids["SVd"]  # fmt: skip
    assert {"venetoclax-cyp3a", "venetoclax-inducers", "venetoclax-warfarin"} <= ids["VenD"]
    assert {"carfilzomib-azoles", "steroid-inducers", "steroid-coumarins"} <= ids["Kd"]
    assert not {"carfilzomib-cyp"} & ids["Kd"], "that nothing need be done is no caution"
    assert all(c["result"] == "applies" for o in made["options"] for c in o["cautions"] if c["drugs"])
    for c in interacting(made, "SVd"):
        assert all(name in c["text"] for name in c["drugs"]) and c["source"] in made["sources"]


def test_what_a_label_says_not_to_combine_is_strong_where_it_was_read() -> None:
    strong = {
        c.id for regimen in ("SVd", "VenVd", "PanoVd", "DVd")
        for c in Interactions(CATALOGUE, a_history(co_medication=TAKEN), "US").cautions(CATALOGUE.regimen_by_id[regimen])
        if c.strong
    }  # fmt: skip
    assert strong == {"bortezomib-strong-inducers", "venetoclax-cyp3a", "venetoclax-inducers"}
    unread = [r for r in ROWS if r.strength == "avoid" and r.verified == "unverified"]
    assert unread, "a row that nobody read warns, and decides no place"


def test_a_drug_whose_place_in_its_group_was_not_read_warns_and_decides_no_place() -> None:
    (caution,) = (
        c for c in Interactions(CATALOGUE, a_history(co_medication=["primidone"]), "US").cautions(holding("bortezomib"))
        if c.id == "bortezomib-strong-inducers"
    )  # fmt: skip
    assert caution.verified == "unverified" and not caution.strong


def test_a_strong_caution_moves_the_option_below_one_of_which_nothing_so_grave_is_known() -> None:
    def order(drugs: list[str]) -> list[str]:
        made = answer_for(**patient(VRD, LATE_GRAFT, co_medication=drugs), jurisdiction="US")
        return [o["regimen"] for o in made["options"]]

    without, beside = order([]), order(["rifampicin"])
    assert set(without) == set(beside)
    assert without.index("DVd") < without.index("IsaPd") and beside.index("DVd") > beside.index("IsaPd")


def test_a_live_vaccine_is_warned_of_and_moves_no_option() -> None:
    """It is left out whatever is chosen; an option of which nothing was read would else stand first."""

    def made(drugs: list[str]) -> Any:
        return answer_for(**patient(*TRIPLE_CLASS_REFRACTORY, co_medication=drugs), jurisdiction="EU")

    without, beside = made([]), made(["MMR", "Zostavax"])
    assert [o["regimen"] for o in without["options"]] == [o["regimen"] for o in beside["options"]]
    cautions = [c["text"] for o in beside["options"] for c in o["cautions"] if c["about"] == "interaction"]
    assert any("MMR" in text for text in cautions)


def test_co_medication_that_is_not_recorded_warns_where_a_row_asks_and_nowhere_else() -> None:
    made = answer(None)
    unknown = {o["regimen"] for o in made["options"] for c in o["cautions"] if c["about"] == "interaction"}
    assert unknown == {"VenVd", "VenD"}
    (caution,) = (c for c in option(made, "VenD")["cautions"] if c["about"] == "interaction")
    assert caution["result"] == "unknown" and caution["drugs"] == [] and "not recorded" in caution["text"]
    assert made["co_medication"] is None


def test_an_unread_name_leaves_what_a_row_asks_open() -> None:
    made = answer(["amlodipin"])
    (caution,) = (c for c in option(made, "VenD")["cautions"] if c["about"] == "interaction")
    assert caution["result"] == "unknown" and "amlodipin not known" in caution["text"]
    assert not [c for c in option(made, "Kd")["cautions"] if c["about"] == "interaction"]


# --- each drug, checked or not ------------------------------------------------------------------


def test_each_recorded_drug_is_checked_or_said_not_to_be() -> None:
    written = ["Sporanox", "Rifampin", "ciprofloxacin", "warfarin 3 mg", "amlodipin", "entecavir"]
    made = answer(written)
    assert [c["as_written"] for c in made["co_medication"]] == written
    assert [c["drug"] for c in made["co_medication"]] == ["itraconazole", "rifampicin", "ciprofloxacin", "warfarin", "", "entecavir"]  # fmt: skip
    assert [c["checked"] for c in made["co_medication"]] == [True, True, True, True, False, True]
    assert any("amlodipin is not known" in w for w in made["warnings"])
    assert drug(made, "amlodipin")["against"] == [] and drug(made, "amlodipin")["results"] == []
    assert drug(made, "entecavir")["results"] == [] and "bortezomib" in drug(made, "entecavir")["against"]


def test_what_was_not_read_is_named_and_never_counted_as_checked() -> None:
    azole = drug(answer(TAKEN), "itraconazole")
    assert "selinexor" in azole["not_read"] and "selinexor" not in azole["against"], "its rows are recalled alone"
    assert "belantamab mafodotin" in azole["not_read"] and not set(azole["against"]) & set(azole["not_read"])


def test_the_gravest_result_comes_first_and_names_the_regimens_that_hold_the_agent() -> None:
    made = answer(TAKEN)
    results = drug(made, "rifampicin")["results"]
    ranks = [["contraindicated", "avoid", "adjust", "monitor", "none"].index(x["strength"]) for x in results]
    assert ranks == sorted(ranks) and results[0]["strength"] == "avoid"
    by_agent = {x["agent"]: x for x in results}
    assert {"SVd", "Vd"} <= set(by_agent["bortezomib"]["regimens"]) and "Kd" not in by_agent["bortezomib"]["regimens"]


def test_that_a_source_finds_nothing_to_do_is_a_result_too() -> None:
    azole = [x for x in drug(answer(TAKEN), "itraconazole")["results"] if x["agent"] == "carfilzomib"]
    assert {x["strength"] for x in azole} == {"monitor", "none"}


def test_what_harms_the_kidneys_is_said_whatever_is_given() -> None:
    (found,) = [x for x in drug(answer(["Voltaren"]), "Voltaren")["results"] if x["agent"] == ""]
    assert found["strength"] == "avoid" and found["source"] == "imwg-renal-2016" and found["regimens"] == []


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_nothing_taken_is_an_empty_list_and_is_said(format: str) -> None:
    made = answer([])
    assert made["co_medication"] == [] and NONE_TAKEN in render("recommendation", format, made).casefold()
    assert NONE_TAKEN not in render("recommendation", format, answer(["itraconazole"])).casefold()


def test_where_no_ranking_is_given_drugs_are_checked_all_the_same() -> None:
    responding = {"disease__state": "responding", "disease__relapse": None}
    made = answer_for(**patient(VRD, LATE_GRAFT, co_medication=["rifampicin"], **responding), jurisdiction="EU")
    assert made["options"] == [] and drug(made, "rifampicin")["results"]


@pytest.mark.parametrize("format", ["table", "markdown", "html"])
def test_every_report_names_each_drug_and_what_it_does(format: str) -> None:
    made = answer(["itraconazole", "Rifampin", "amlodipin"])
    text = " ".join(render("recommendation", format, made).replace("\u00a0", " ").split())
    assert "amlodipin is not known to the catalogue: check its interactions yourself" in text
    assert text.index("amlodipin is not known") < text.index("exposure to bortezomib falls"), "near the top"
    assert "Rifampin (rifampicin): checked against" in text and "amlodipin: not known to the catalogue" in text
    unrecorded = " ".join(render("recommendation", format, answer(None)).split())
    assert "Co-medication is not recorded: no interaction was checked" in unrecorded


def test_a_hostile_name_of_a_drug_stays_text() -> None:
    evil = "<script>x</script>[bold]\x1b[31m"
    made = answer([evil])
    html = render("recommendation", "html", made)
    assert "<script>x" not in html and "&lt;script&gt;x" in html
    assert "\x1b" not in render("recommendation", "table", made, no_color=True)


@pytest.mark.parametrize("format", ["table", "markdown", "html", "json"])
def test_the_page_of_a_regimen_for_a_patient_names_the_drugs(format: str) -> None:
    page = regimen_page(CATALOGUE, "SVd", LOADED.stamp(), answer(["Rifampin", "amlodipin"]), day=DAY)
    text = " ".join(render("page", format, page).split())
    assert "amlodipin" in text and "Rifampin (strong CYP3A4 inducer)" in text


# --- one truth ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regimen", "agent", "said"),
    [("DVd", "bortezomib", "strong CYP3A4 inducers"), ("PCd", "pomalidomide", "strong CYP1A2 inhibitors"),
     ("VenD", "venetoclax", "strong CYP3A4 inhibitors"), ("elranatamab", "elranatamab", "narrow range"),
     ("DRd", "daratumumab", "cross-matching"), ("IRd", "ixazomib", "74 %")],
)  # fmt: skip
def test_the_pages_show_the_rows_and_what_is_no_drug(regimen: str, agent: str, said: str) -> None:
    page = regimen_page(CATALOGUE, regimen, LOADED.stamp(), day=DAY)
    claims = next(a for a in page["agents"] if a["agent"] == agent)["interactions"]
    assert any(said in c["text"] for c in claims) and all(c["source"] in page["sources"] for c in claims)
    side_by_side = str(comparison(CATALOGUE, [regimen, "Kd"], LOADED.stamp(), DAY))
    assert all(c["text"] in side_by_side for c in claims)


def test_no_statement_of_an_agents_handling_repeats_a_row() -> None:
    """A drug that a row speaks of is spoken of there alone."""
    for agent, handling in CATALOGUE.handling.items():
        names = {t.casefold() for r in ROWS for token in r.of if agent in FORMULARY.members(token) for t in r.beside}
        for statement in handling.interactions:
            assert not any(name in statement.text.casefold() for name in names), (agent, statement.text)


# --- a fact that is missing ---------------------------------------------------------------------


def test_a_drug_of_each_group_that_matters_is_tried_where_co_medication_is_missing() -> None:
    made = answer(None, "US")
    missing = next(m for m in made["missing"] if m["field"] == "co_medication")
    told = " ".join(o["value"] for o in missing["outcomes"])
    case = Case.of(a_patient(**raw(co_medication=None, access__off_label=True)), CATALOGUE, DAY, jurisdiction="US")
    tried = [v[0] for v in tries(case, "co_medication") if v]
    assert {"rifampicin", "warfarin", "ciprofloxacin"} <= set(tried) and "none" in told
    assert missing["decisive"], "rifampicin moves what holds bortezomib"


def test_which_drug_an_illegible_name_is_can_be_told_and_is_tried() -> None:
    made = answer(["amlodipin"], "US")
    (missing,) = (m for m in made["missing"] if m["field"].startswith("co_medication"))
    assert (missing["field"], missing["name"]) == ("co_medication[0]", "which drug amlodipin is")
    assert missing["outcomes"]
    case = Case.of(a_patient(**raw(co_medication=["amlodipin"])), CATALOGUE, DAY, jurisdiction="US")
    assert "clarithromycin" in tries(case, "co_medication[0]")
    known = case.knowing("co_medication[0]", "clarithromycin")
    found = next(a for a in known.assessments if a.regimen.id == "VenD")
    assert "venetoclax-cyp3a" in {r.criterion.id for r in found.of("caution", Truth.NOT_MET)}


def test_another_list_of_drugs_is_checked_afresh() -> None:
    case = Case.of(a_patient(**raw(co_medication=["rifampicin"])), CATALOGUE, DAY, jurisdiction="US")
    then = case.knowing("co_medication", ("warfarin",))
    fresh = Case.of(a_patient(**raw(co_medication=["warfarin"])), CATALOGUE, DAY, jurisdiction="US")
    for one, other in zip(then.assessments, fresh.assessments, strict=True):
        assert {c.criterion.id for c in one.cautions} == {c.criterion.id for c in other.cautions}
    assert then.order == fresh.order


# --- checklists and scores ----------------------------------------------------------------------


def of(place: str = "US", *therapies: dict[str, Any], **fields: Any) -> Case:
    return Case.of(a_patient(**raw(*therapies, **fields)), CATALOGUE, DAY, jurisdiction=place)


def test_the_checklist_dates_what_is_to_be_done_about_a_drug() -> None:
    made = listed("DVd", case=of(co_medication=["Rifampin", "warfarin"]))
    (inducer,) = items(made, "exposure to bortezomib falls")
    assert (inducer["phase"], inducer["why"], inducer["checklist"]) == ("before", "takes Rifampin", "Co-medication")
    (inr,) = items(made, "the anticoagulant may act more or less")
    assert inr["dates"][:2] == ["2026-12-01", "2026-12-08"] and inr["applies"] == "yes"
    assert any("Co-medication: warfarin" in t for d in made["calendar"] for t in d["tasks"])
    bortezomib = next(d for d in made["doses"] if d["agent"] == "bortezomib")
    # Contract 9.16: beside a drug that may make the dose too low, no number stands.
    assert "look it up" in bortezomib["dose"] and "Rifampin" in bortezomib["dose"]
    assert "1.3" not in bortezomib["dose"]


def test_with_each_dose_means_the_doses_of_that_agent() -> None:
    made = listed("DVd", "EU", case=of("EU", co_medication=["itraconazole"]))
    (azole,) = items(made, "sensory neuropathy of grade 3 or 4")
    bortezomib = {day for d in made["doses"] if d["agent"] == "bortezomib" for first, last in d["dates"] for day in (first, last)}  # fmt: skip
    assert azole["dates"] and set(azole["dates"]) <= bortezomib


def test_a_checklist_without_a_record_of_drugs_asks_about_them_and_orders_nothing() -> None:
    made = listed("DVd", case=of(co_medication=None))
    asked = [t for t in made["tasks"] if t["checklist"] == "Co-medication"]
    assert asked and all(t["applies"] == "unknown" and t["missing"] == ["co_medication"] for t in asked)
    assert made["co_medication"] is None
    assert not [t for t in listed("DVd", case=of(co_medication=[]))["tasks"] if t["checklist"] == "Co-medication"]
    assert not [t for t in listed("DVd")["tasks"] if t["checklist"] == "Co-medication"], "no patient, no drugs"


@pytest.mark.parametrize("name", ["elranatamab", "teclistamab"])
def test_drugs_of_narrow_range_are_asked_once_and_left_out_where_none_is_taken(name: str) -> None:
    def tasks(drugs: list[str] | None) -> list[Any]:
        return items(listed(name, case=of("US", *TRIPLE_CLASS_REFRACTORY, co_medication=drugs)), "narrow range")

    (taken,) = tasks(["warfarin"])
    assert taken["applies"] == "yes" and "warfarin" in taken["because"]
    assert tasks([]) == [] and tasks(["aspirin"]) == []
    assert [t["applies"] for t in tasks(None)] == ["unknown"] == [t["applies"] for t in tasks(["amlodipin"])]


def test_talquetamab_asks_for_drugs_of_narrow_range_too() -> None:
    (item,) = items(listed("talquetamab", schedule="weekly"), "narrow range")
    assert "9 days after the first full dose" in item["when"]


def test_recommend_lists_what_is_to_be_watched_and_names_the_drug() -> None:
    watched = [i for i in option(answer(["Rifampin"]), "SVd")["monitoring"] if i["checklist"] == "Co-medication"]
    assert watched and all(i["why"] == "takes Rifampin" and i["drugs"] for i in watched)
    text = " ".join(render("recommendation", "table", answer(["Rifampin"])).split())
    assert "Co-medication" in text and "(takes Rifampin)" in text


def prophylaxis(drugs: list[str] | None, score: str = "prophylaxis") -> Any:
    made = listed("DRd", case=of(*("US", VRD, LATE_GRAFT), co_medication=drugs))
    found = next(s for s in made["scores"] if s["score"] == "IMPEDE-VTE")
    return next(i for i in found["items"] if i["name"] == score)


@pytest.mark.parametrize(
    ("drugs", "points", "asks"),
    [
        (["Coumadin"], (-4, -4), False),
        (["aspirin"], (-3, -3), False),
        (["Eliquis"], (-4, -3), True),  # the dose decides, and is not on record
        (["enoxaparin 40 mg"], (-4, -3), True),
        (["aspirin", "warfarin"], (-4, -4), False),
        (["aspirin", "apixaban"], (-4, -3), True),
        (["clopidogrel"], (-3, 0), True),  # the tables name aspirin
        ([], (0, 0), False),
        (["entecavir"], (0, 0), False),
        (["amlodipin"], (-4, 0), True),
        (["amlodipin", "warfarin"], (-4, -4), False),
        (None, (-4, 0), True),
    ],
)  # fmt: skip
def test_an_anticoagulant_on_record_answers_the_question_of_the_score(
    drugs: list[str] | None, points: tuple[int, int], asks: bool
) -> None:
    item = prophylaxis(drugs)
    assert (item["at_least"], item["at_most"]) == points and bool(item["ask"]) is asks, item
    if drugs and not asks and points != (0, 0):
        assert drugs[-1] in item["because"]


def test_an_answer_overrules_what_the_list_says() -> None:
    case = of(*("US", VRD, LATE_GRAFT), co_medication=["Eliquis"])
    made = listed("DRd", case=case, answers={"prophylaxis": "therapeutic"})
    item = next(
        i for s in made["scores"] if s["score"] == "IMPEDE-VTE" for i in s["items"] if i["name"] == "prophylaxis"
    )
    assert item["at_least"] == item["at_most"] == -4


@pytest.mark.parametrize(
    ("drugs", "points"), [(["EPO"], (1, 1)), (["Aranesp"], (1, 1)), ([], (0, 0)), (["?"], (0, 1)), (None, (0, 1))]
)
def test_an_agent_that_stimulates_erythropoiesis_answers_its_question(
    drugs: list[str] | None, points: tuple[int, int]
) -> None:
    item = prophylaxis(drugs, "erythropoietin")
    assert (item["at_least"], item["at_most"]) == points


# --- the command line, and the catalogue held together ------------------------------------------


def test_set_on_the_command_line_reaches_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(yaml.safe_dump(raw()), encoding="utf-8")
    assert run(["recommend", str(path), "--set", "co_medication=[Sporanox, warfarin]", "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [c["drug"] for c in made["co_medication"]] == ["itraconazole", "warfarin"]
    assert read_patient(path, FORMULARY).patient.co_medication == ()


def planted(change: Any) -> list[str]:
    raw_catalogue = json.loads((ROOT / "data/catalogue.json").read_text(encoding="utf-8"))["catalogue"]
    tree = copy.deepcopy(raw_catalogue)
    change(tree)
    return [f"{f.place}: {f.message}" for f in errors(build(tree))]


def changed(key: str, name: str, **values: Any) -> Any:
    def change(tree: Any) -> None:
        next(entry for entry in tree[key] if entry["id"] == name).update(values)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t["other_drugs"].update(warfarin=["Sporanox"]), "Sporanox also names itraconazole"),
        (lambda t: t["other_drugs"].update(warfarin=["Velcade"]), "Velcade also names bortezomib"),
        (lambda t: t["other_drugs"].update(amlodipine=[]), "is in no group"),
        (changed("interactions", "bortezomib-azoles", of=["bortezomip"]), "no agent or class bortezomip"),
        (changed("interactions", "bortezomib-azoles", beside=["azole antifungal"]), "Did you mean azole antifungals"),
        (changed("interactions", "bortezomib-azoles", source="nowhere"), "no source nowhere"),
        (changed("interactions", "bortezomib-azoles", jurisdictions=["UX"]), "no jurisdiction UX"),
        (changed("interactions", "bortezomib-omeprazole", verified="unverified"), "read it at a source"),
        (changed("interactions", "bortezomib-azoles", advice=""), "write `advice` for every strength"),
        (changed("interactions", "bortezomib-azoles", beside=[]), "no drug is named"),
        (changed("drug_groups", "azole antifungals", members=[]), "this group has no members"),
        (changed("drug_groups", "statins", members=[{"drugs": ["simvastatine"], "source": "recalled-label", "verified": "unverified"}]),
         "no drug simvastatine"),
        (lambda t: next(s for s in t["scores"] if s["id"] == "IMPEDE-VTE")["items"][-1]["taken"][0].update(answers=["full"]), "no answer full"),
    ],
)  # fmt: skip
def test_the_linter_finds_what_is_wrong_with_interactions(change: Any, said: str) -> None:
    found = planted(change)
    assert any(said in x for x in found), found


def test_a_layer_restates_a_row_by_its_id(tmp_path: Path) -> None:
    from mmadvisor.files.layers import load

    layer = tmp_path / "house.yaml"
    layer.write_text(
        "sources:\n  house: {kind: practice, title: Our pharmacy, year: 2026, read_on: 2026-01-01, verified: primary}\n"
        "interactions:\n- {id: bortezomib-strong-inducers, of: [bortezomib], beside: [strong CYP3A4 inducers], strength: monitor,"
        " effect: we watch it, advice: call the pharmacy, source: house, verified: primary}\n",
        encoding="utf-8",
    )
    ours = load([layer]).catalogue
    made = advise(a_patient(**raw(co_medication=["rifampicin"])), ours, DAY, jurisdiction="US")
    said = [c["text"] for o in made["options"] for c in o["cautions"] if c["drugs"]]
    assert any("we watch it" in t for t in said) and not any("exposure to bortezomib falls" in t for t in said)
