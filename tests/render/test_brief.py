"""The first screen: short, in plain words, and without anything cut that must not be cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from mmadvisor.answers.recommendation import OptionEntry, Recommendation
from mmadvisor.catalogue.catalogue import find_regimen
from mmadvisor.desk.cli import run
from mmadvisor.files.patients import read_patient
from mmadvisor.render import brief, order, screen_words, short
from mmadvisor.reports.recommend import advise
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.drawn import render
from tests.builders.patients import patient
from tests.laws.strategies import whole_patients

CATALOGUE = LOADED.catalogue
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".yaml", ".json"))
HK = ROOT / "examples" / "hk-triple-class-refractory.yaml"
ONE_SCREEN, LONG = 24, 40


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


def answer(path: Path = HK, *settings: str, **options: Any) -> Recommendation:
    read = read_patient(path, CATALOGUE.formulary, settings=settings)
    return advise(read.patient, CATALOGUE, DAY, warnings=read.warnings, **options)


def screen(a: Recommendation) -> str:
    return render("recommendation", "table", a, full=False)


def flat(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def shown(a: Recommendation) -> list[OptionEntry]:
    rows = [o for o in a["options"] if o["group"] in order.IN_FULL]
    return [*a["provisional"][: brief.OPTIONS_SHOWN], *rows[: brief.OPTIONS_SHOWN]]


def grave_lines(a: Recommendation) -> int:
    """How many lines the emergencies and the strong cautions take, which are never cut."""
    strong = brief.strong(shown(a))
    said = [f"{e['text']} {e['found']}" for e in a["treat_now"]["emergencies"]] + strong
    return sum(2 + len(text) // 76 for text in said)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_example_fits_one_screen_of_eighty_columns(path: Path) -> None:
    a = answer(path)
    lines = screen(a).splitlines()
    assert len(lines) <= ONE_SCREEN + grave_lines(a) and max(map(len, lines)) <= 80


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_it_names_the_patient_what_to_do_the_first_options_and_what_was_left_out(path: Path) -> None:
    a = answer(path)
    text = screen(a)
    first, *_, last = text.splitlines()
    assert first.startswith(f"Patient {a['patient']['id']}") and last.startswith("Left out:")
    assert screen_words.TREAT.format(answer=a["treat_now"]["answer"].upper(), because="") in text
    assert screen_words.USE in text and "--full" in text
    assert all(o["regimen"] in text for o in shown(a))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_an_option_that_is_ordered_by_a_lower_band_is_marked_and_its_band_is_named(path: Path) -> None:
    a = answer(path)
    ranked = [o for o in shown(a) if o not in a["provisional"]]
    bands = {o["regimen"]: o["nearest_benefit"]["read_as"] for o in ranked if o["nearest_benefit"] is not None}
    text, said = screen(a), brief.ordered_as(ranked)
    assert any(bands.values()) == (screen_words.LOWER in text) == bool(said)
    places = LOADED.catalogue.ranking.benefit_bands_months
    for o in ranked:
        row = o["nearest_benefit"]
        marked = row is not None and short.ordered_lower(row)
        assert (screen_words.LOWER_MARK in short.figure(row)) == marked
        if row is not None and marked:
            assert f"{o['regimen']}" in said and f"as {row['read_as']}" in said
            months = row["figure"]["months"]
            assert row["read_as"] == "under 6 months" or months is None or months >= min(places), "lower, never higher"


def never_cut(a: Recommendation) -> list[str]:
    """The sentences that stand on every first screen."""
    treat = a["treat_now"]
    strong = [c for o in shown(a) for c in o["cautions"] if c["strong"] and c["result"] == "applies"]
    unchecked = [c["as_written"] for c in a["co_medication"] or () if not c["checked"]]
    return [
        *(e["text"] for e in treat["emergencies"]),
        *(e["found"] for e in treat["emergencies"]),
        *treat["contradictions"],
        *(q["text"] for q in treat["questions"]),
        treat["because"],
        *(item["text"] for item in a["first"]),
        *(c["text"] for c in strong),
        *unchecked,
    ]


def test_what_was_not_read_is_not_shown_as_clean() -> None:
    """Selinexor and belantamab have no rows: apixaban is unread for them, and for pomalidomide it was looked up."""
    a = answer(ROOT / "examples" / "eu-first-relapse.json", "co_medication=[apixaban]", jurisdiction="UK")
    rows = {o["regimen"]: o for o in [*a["provisional"], *a["options"]]}
    assert rows["SVd"]["unread"] == ["apixaban"] and rows["Vd"]["unread"] == []
    assert "apixaban unread" in short.state(rows["SVd"]["cautions"], rows["SVd"]["unread"]).text
    assert short.state([], ["apixaban"]).kind == "unknown", "not read is not clean"
    assert short.state([], []).kind == "eligible"


def test_the_heading_names_a_missing_fact_that_decides_the_order() -> None:
    a = answer(HK)
    assert [m["field"] for m in a["missing"] if m["decides_order"]] == ["fitness.ecog_cause"]
    assert f"{screen_words.OPTIONS} (turns on cause of the ECOG status;" in flat(screen(a))
    known = answer(HK, "fitness.ecog_cause=other")
    assert "turns on" not in screen(known)


def test_a_fact_that_could_close_or_move_the_first_options_is_asked_for_first() -> None:
    for path in EXAMPLES:
        effects = [m["first_three"] for m in answer(path)["missing"]]
        assert effects == sorted(effects, key=("closes", "moves", "stays").index)


def test_what_closed_regimens_would_still_need_is_named() -> None:
    a = answer(HK, "labs.lvef_percent=null", "labs.spo2_percent=null")
    (closed,) = [n for n in a["not_offered"] if n["regimen"] == "cilta-cel"]
    assert closed["verdict"] == "ineligible" and closed["still_needs"]
    (opening,) = [o for o in a["openings"] if "cilta-cel" in o["regimens"]]
    assert opening["text"].endswith("and if missing facts allow")


def test_a_bridge_is_shown_only_where_something_follows_that_needs_it() -> None:
    a = answer(HK)
    bridges = [o | {"group": "bridge"} for o in a["options"][:1]]
    for leads in ([], ["cilta-cel"]):
        told = screen({**a, "options": [*a["options"], *bridges], "bridge_to": leads})
        assert ("As a bridge" in flat(told)) is bool(leads) or "Left out" in told


def test_a_funding_decision_that_was_not_read_is_named_below_the_options() -> None:
    text = flat(screen(answer(ROOT / "examples" / "eu-first-relapse.json", jurisdiction="UK")))
    assert "Funds? DPd (TA726 terminated, not read; SMC2469 refuses)" in text


GRAVE = [
    ["labs.calcium_mmol_per_l=3.4", "labs.creatinine_umol_per_l=600"],
    ["co_medication=[itraconazole, notadrug, warfarin]"],
    ["comorbidities.second_cancers=[{kind: myeloid, state: active}]"],
    ["comorbidities.active_infection_grade=3", "labs.neutrophils_10e9_per_l=0.3"],
    ["labs.platelets_10e9_per_l=12", "comorbidities.peripheral_neuropathy_grade=3", "comorbidities.dialysis=true"],
    ["disease.relapse.kind=biochemical", "labs.haemoglobin_g_per_dl=6.5", "labs.cytopenia_cause=disease"],
]


@pytest.mark.parametrize("settings", GRAVE, ids=lambda s: s[0].split("=")[0])
@pytest.mark.parametrize("path", EXAMPLES[::3], ids=lambda p: p.name)
def test_what_must_not_be_cut_is_never_cut(path: Path, settings: list[str]) -> None:
    a = answer(path, *settings)
    text = flat(screen(a))
    assert len(screen(a).splitlines()) <= LONG + grave_lines(a)
    for sentence in never_cut(a):
        assert flat(sentence) in text


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(whole_patients())
def test_the_lines_that_must_not_be_cut_are_shown_for_every_patient(whole: dict[str, Any]) -> None:
    a = advise(a_patient(**whole), CATALOGUE, DAY)
    text = flat(screen(a))
    assert all(flat(sentence) in text for sentence in never_cut(a))


def test_ties_share_a_rank_and_what_is_to_be_asked_for_stands_apart() -> None:
    a = answer()
    text = screen(a)
    tied = [o for o in shown(a) if o["tied"]]
    assert tied and all(f"{o['rank']}=" in text for o in tied) and screen_words.TIED in flat(text)
    asked = [o["regimen"] for o in shown(a) if o["group"] == "ask"]
    assert asked and text.index(screen_words.GROUPS["ask"]) < text.index(asked[0])


def test_each_figure_has_its_design_its_mark_and_whether_it_is_of_other_patients() -> None:
    a = answer()
    for o in shown(a):
        row = o["nearest_benefit"]
        said = short.figure(row)
        assert said in screen(a)
        if row is not None and row.get("own", True):
            assert screen_words.DESIGNS[row["design"]] in said
            assert (screen_words.EXTRAPOLATED in said) == (row["fit"] == "other")
            assert {"secondary": "†", "unverified": "‡"}.get(row["verified"], "") in said


def test_a_figure_of_other_drugs_is_not_shown_as_its_own() -> None:
    a = answer(ROOT / "examples" / "eu-three-lines.yaml")
    (option,) = [o for o in a["options"] if o["regimen"] == "linvoseltamab"]
    row = option["nearest_benefit"]
    assert row is not None and row["own"] is False
    assert short.figure(row) == screen_words.OF_OTHERS


def test_the_three_states_are_told_apart() -> None:
    """Something applies; nothing is known against it but facts are missing; nothing is known against it."""
    applies = screen(answer())
    assert "! hepatitis B" in applies
    missing = answer(ROOT / "examples" / "eu-three-lines.yaml")
    assert "? 1 not recorded" in screen(missing) and "amyloidosis (for every option)" in flat(screen(missing))
    nothing = answer(ROOT / "examples" / "eu-three-lines.yaml", "disease.amyloidosis=none")
    assert f"✓ {screen_words.NONE_AGAINST}" in screen(nothing) and "(for every option)" not in screen(nothing)


def test_a_provisional_order_names_the_tests_and_says_that_it_is_not_confirmed() -> None:
    a = answer(ROOT / "examples" / "slow-biochemical-relapse.yaml")
    assert a["provisional"]
    text = flat(screen(a))
    assert "PROVISIONAL order, not confirmed" in text and "no active infection of grade 3 or more" in text
    assert f"{a['provisional'][0]['rank']}? {a['provisional'][0]['regimen']}" in text


def test_every_group_has_its_words() -> None:
    """The provisional order runs through all groups."""
    assert set(screen_words.GROUPS) == set(order.GROUPS)
    a = answer(ROOT / "examples" / "slow-biochemical-relapse.yaml")
    for group in order.GROUPS:
        for p in a["provisional"]:
            p["group"] = group
        assert (screen_words.GROUPS[group] in screen(a)) == (group != "main")


def test_the_nearest_closed_regimens_are_named_with_what_opens_them() -> None:
    text = flat(screen(answer()))
    assert "opens if ECOG at most 1 and creatinine clearance at least 40 mL/min: cilta-cel, eque-cel, ide-cel" in text


def test_what_nobody_would_bring_about_is_not_proposed() -> None:
    """A further refractoriness opens some labels; the first screen does not name it as a way."""
    a = answer(ROOT / "examples" / "after-car-t.yaml")
    assert any("resist" in each["kinds"] for each in a["openings"])
    assert "refractoriness to one more" not in flat(screen(a))


def test_openings_begin_with_facts_and_with_the_fewest_changes() -> None:
    a = answer(ROOT / "examples" / "first-relapse-lenalidomide-refractory.yaml")
    kinds = [each["kinds"] == ["value"] for each in a["openings"]]
    assert kinds == sorted(kinds, reverse=True)
    closed = {n["regimen"] for n in a["not_offered"] if n["verdict"] == "ineligible" and n["can_change"]}
    assert closed == {r for each in a["openings"] for r in each["regimens"]}


def test_a_drug_that_the_catalogue_does_not_know_is_named() -> None:
    assert "Not checked for interactions: notadrug" in flat(screen(answer(HK, "co_medication=[notadrug]")))


def test_on_a_line_too_short_for_columns_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    a = answer()
    text = screen(a)
    assert max(map(len, text.splitlines())) <= 80
    assert all(o["regimen"] in text and short.figure(o["nearest_benefit"]) in text for o in shown(a))


# --- the command ----------------------------------------------------------------------------------


def test_the_command_shows_the_first_screen_and_the_whole_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", str(HK)]) == 0
    short = capsys.readouterr().out
    assert run(["recommend", str(HK), "--full"]) == 0
    whole = capsys.readouterr().out
    assert len(short.splitlines()) <= ONE_SCREEN < len(whole.splitlines())
    assert "Always open" in whole and "Always open" not in short


@pytest.mark.parametrize("name", ["talquetamab", "Darzalex", "cilta-cel"])
def test_one_regimen_whole_whether_it_is_open_or_closed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(["recommend", str(HK), "--why", name])
    out = capsys.readouterr().out
    if name == "Darzalex":
        assert done == 2
        return
    assert done == 0 and find_regimen(CATALOGUE, name).name in out
    assert ("benefit here" in out) == (name == "talquetamab") and ("Opens if" in out) == (name == "cilta-cel")
    assert "elranatamab: Elranatamab" not in out


def test_the_whole_goes_through_a_pager_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paged: list[str] = []
    monkeypatch.setattr("pydoc.pager", paged.append)
    monkeypatch.setenv("LESS", "-R")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(["recommend", str(HK)]) == 0 and not paged
    assert run(["recommend", str(HK), "--full"]) == 0
    assert len(paged) == 1 and "Always open" in paged[0]


def test_what_the_record_calls_for_now_is_named_with_its_drugs() -> None:
    a = answer()
    now = brief.due_now(a)
    assert now and all(item["now"] == "yes" for item in now)
    text = flat(screen(a))
    for item in now[: brief.NOW_SHOWN]:
        assert item["item"].split(" ", 1)[0] in text and all(drug in text for drug in item["drugs"][:2])


SMOULDERING = {"id": "s", "assessed_on": "2026-10-20", "therapies": [], "therapies_complete": True,
               "disease": {"state": "smouldering", "marrow_plasma_cells_percent": 30, "flc_ratio": 30}}  # fmt: skip


@pytest.mark.parametrize("assume_relapse", [False, True])
def test_in_smouldering_disease_the_screen_has_the_lane_and_no_way_to_regimens_for_relapse(
    assume_relapse: bool,
) -> None:
    a = advise(a_patient(**SMOULDERING), CATALOGUE, DAY, jurisdiction="EU", assume_relapse=assume_relapse)
    assert a["ranking_withheld"] and not a["options"]
    (lane,) = [lane for lane in a["lanes"] if lane["lane"] == "smouldering"]
    text = flat(screen(a))
    assert "--if-relapse" not in text and flat(lane["first"][0]["text"]) in text
    assert all(r["regimen"] in text for r in lane["regimens"] if r["answer"] == "yes")


def test_a_lane_names_what_may_be_given() -> None:
    """In remission after a transplant the maintenance stands on the first screen."""
    raw = patient(
        {"regimen": "VRd", "start": "2025-01-01", "stop": "2025-05-01", "intent": "induction", "line": 1},
        {"regimen": "ASCT", "start": "2025-06-01", "stop": "2025-06-02", "intent": "transplant", "line": 1, "best_response": "VGPR"},
        disease__state="responding",
    )  # fmt: skip
    a = advise(a_patient(**raw), CATALOGUE, DAY, jurisdiction="US")
    regimens = [r for lane in a["lanes"] for r in lane["regimens"] if r["answer"] != "no"]
    assert regimens and all(r["regimen"] in flat(screen(a)) for r in regimens[: brief.NAMES_SHOWN])


def test_what_is_better_proved_is_said_and_other_groups_are_named_with_the_rest() -> None:
    a = answer(ROOT / "examples" / "first-relapse-lenalidomide-refractory.yaml", jurisdiction="UK")
    text = flat(screen(a))
    if a["better_proved"]:
        assert flat(a["better_proved"]["text"]) in text
    rest = [o for o in a["options"] if o["group"] in order.IN_FULL][brief.OPTIONS_SHOWN :]
    asked = [o["regimen"] for o in rest if o["group"] == "ask"]
    assert asked and f"{screen_words.GROUPS['ask']} {asked[0]}" in text
