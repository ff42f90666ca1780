"""Reports for a terminal: safe, complete, and readable without colour."""

from __future__ import annotations

import sys
from typing import Any, cast

import pytest
from rich.cells import cell_len

from mmadvisor.answers.recommendation import SCHEMA, ApprovalEntry, NotOffered, OptionEntry, Recommendation
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.render.text import clean, folded, in_ascii
from mmadvisor.reports.regimen import regimen_page
from tests.builders.blank import LOADED, answer_for
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, patient


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def shown(kind: str = "recommendation", *therapies: Any, **changes: Any) -> str:
    return render(kind, "table", answer_for(**patient(*(therapies or LEN_REFRACTORY), **changes)), to_terminal=False)


@pytest.mark.parametrize(
    ("text", "seen"),
    [("plain", "plain"), ("\x1b[31m", "\\x1b[31m"), ("\u202eabc", "\\u202eabc"), ("a\u200bb", "a\\u200bb"),
     ("10⁹/L × µ –", "10⁹/L × µ –"), ("tab\there", "tab\\x09here"), ("\x9b31m", "\\x9b31m")],
)  # fmt: skip
def test_nothing_that_steers_a_terminal_survives(text: str, seen: str) -> None:
    assert clean(text) == seen


def test_every_verdict_has_a_word_and_a_mark() -> None:
    text = shown(access__jurisdiction="US", comorbidities__peripheral_neuropathy_grade=2)
    assert "! caution" in text and "✗ " in text and "○ " in text
    assert "~ " in shown(comorbidities__active_infection_grade=3)
    undetermined = patient(*LEN_REFRACTORY)
    undetermined["disease"]["cytogenetics"]["t_11_14"] = None
    text = render("recommendation", "table", answer_for(**undetermined), to_terminal=False)
    assert "? VenD: rank" in text and "t(11;14)" in text


def test_emergencies_stand_above_the_options() -> None:
    text = shown(disease__emergencies=["cord_compression"])
    assert text.index("FIRST: CORD COMPRESSION") < text.index("Options, in order")


def test_unread_figures_carry_their_mark_and_the_mark_is_explained() -> None:
    text = shown("recommendation", *TRIPLE_CLASS_REFRACTORY)
    assert "†" in text and "† read in a mirror" in text


def test_the_first_screen_answers_the_five_questions() -> None:
    text = shown("recommendation", *TRIPLE_CLASS_REFRACTORY, labs__lvef_percent=None, access__jurisdiction="EU")
    screen = "\n".join(text.splitlines()[:75])
    for question in ("Treat now?", "Options, in order", "Not decided yet", "Missing, the most useful first"):
        assert question in screen


def test_every_comparison_is_shown_on_request() -> None:
    text = render(
        "recommendation", "table", answer_for(**patient(*LEN_REFRACTORY)), to_terminal=False, explain_order=True
    )
    assert "Every comparison (default)" in text and "strong-cautions" in text


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for kind in ("recommendation", "history"):
        assert max(map(len, shown(kind, *TRIPLE_CLASS_REFRACTORY).splitlines())) <= width


def test_the_timeline_has_a_bar_for_each_therapy_and_marks_progression() -> None:
    text = shown("history", *TRIPLE_CLASS_REFRACTORY)
    bars = [line for line in text.splitlines() if "█" in line and "given" not in line]
    assert len(bars) == 5
    assert sum("×" in line for line in bars) == 3


def test_a_bar_of_its_own_for_an_agent_with_its_own_dates() -> None:
    mixed = {"intent": "relapse", "agents": [{"agent": "bortezomib", "stop": "2023-03-01"}, "daratumumab"],
             "start": "2023-01-01", "stop": "ongoing"}  # fmt: skip
    text = shown("history", *LEN_REFRACTORY, mixed)
    assert "▶" in text
    assert len([line for line in text.splitlines() if line.startswith("2  relapse") and "█" in line]) == 2


# --- answers made by hand: what the engine need not produce today -------------------------------

APPROVED = ApprovalEntry(status="approved", jurisdiction="HK", since=None, source="label", verified="primary", note="",
                         check="", conditional=False)  # fmt: skip


ACCESS: Any = {
    "licensed": {"answer": "yes", "because": "Darzalex", "since": "2020-11", "foreign": [], "last_read": None, "source": "l",
                 "verified": "primary"},
    "funded": {"answer": "no", "because": "NICE TA841, terminated", "by": None, "questions": [], "others": [], "source": "f",
               "verified": "secondary"},
    "at_hand": {"answer": "unknown", "because": "not read", "on": None, "source": "", "verified": "unverified"},
}  # fmt: skip
PLACE: Any = {"jurisdiction": "HK", "name": "Hong Kong", "region": "", "region_from": "assumed", "pays": "public",
              "pays_from": "assumed", "funding_read": True, "licensed": [], "not_known": [],
              "says": [{"text": "said once of the place", "source": "p", "verified": "primary"}]}  # fmt: skip


def an_option(**changes: Any) -> OptionEntry:
    made: Any = {
        "tied": False, "group": "main", "group_because": "", "dividing": [], "rank": 1, "regimen": "DKd", "name": "Daratumumab, carfilzomib, dexamethasone", "verdict": "eligible",
        "modality": "conventional", "above_next_because": "placement: preferred against option",
        "standing": [
            {"by": "placement", "value": "preferred", "because": "EHA-ESMO 2021; MSAG 2026: option",
             "short": "EHA-ESMO 2021", "source": "g", "decides": True},
            {"by": "benefit", "value": "24 months or more", "because": "median PFS 28.4 months, CANDOR",
             "short": "", "source": "t", "decides": True},
        ],
        "for": ["for this"], "against": ["against this"],
        "arguments": [{"side": side, "text": f"{side} this", "source": "a", "verified": "primary"} for side in ("for", "against")],
        "rechallenge": ["given before"], "criteria": [],
        "cautions": [{"about": "heart", "text": "watch the heart", "result": "applies", "source": "c", "verified": "unverified", "drugs": []},
                     {"about": "interaction", "text": "With Rifampin, exposure falls", "result": "applies", "source": "i",
                      "verified": "secondary", "drugs": ["Rifampin"]}],
        "approval": APPROVED, "access": ACCESS, "placements": [], "sequencing": ["carfilzomib"], "untried": "",
        "nearest_benefit": {
            "trial": "CANDOR", "subgroup": "", "population": "1 to 3 prior lines", "design": "randomised", "n": 466,
            "figure": {"kind": "median", "months": 28.4, "percent": None}, "pfs_months": {"median": 28.4}, "fit": "this",
            "because": [], "read_as": "",
            "text": "median PFS 28.4 months, CANDOR", "source": "t", "verified": "unverified",
        },
        "evidence": [{"trial": "CANDOR", "source": "t", "verified": "unverified", "pfs_months": {"median": 28.4}}],
        "monitoring": [{"item": "blood pressure", "drugs": ["carfilzomib"], "by": "", "text_of": "label", "rank": 1,
                        "leads": False, "applies": "yes", "because": "", "when": "each visit", "why": "", "adapt": [],
                        "now": "", "now_because": "", "missing": [], "source": "m", "verified": "secondary",
                        "checklist": "Heart on carfilzomib"}],
    }  # fmt: skip
    return cast(OptionEntry, made | changes)


def not_offered(regimen: str, verdict: str, **changes: Any) -> NotOffered:
    made: dict[str, Any] = {
        "regimen": regimen, "name": regimen, "verdict": verdict, "modality": "conventional",
        "because": [f"why {verdict}"], "would_change_if": "if it passes", "can_change": True, "would_change": [], "would_rank": None, "would_rank_if": "", "still_needs": [],
        "missing": [], "approval": APPROVED, "access": ACCESS, "cautions": [], "criteria": [],
    }  # fmt: skip
    return cast(NotOffered, made | changes)


def an_answer(**changes: Any) -> Recommendation:
    """An answer with something in every section."""
    made: dict[str, Any] = {
        "schema": SCHEMA,
        "patient": {"id": "case-017", "assessed_on": "2026-10-05", "assessed_on_from": "patient file", "sha256": "0"},
        "engine": {"name": "mmadvisor", "version": "0.1.0"},
        "catalogue": {"version": "2026.11", "sha256": "a" * 64, "reviewed_on": "2026-11-22", "layers": ["builtin"]},
        "jurisdiction": "HK", "profile": "default", "place": PLACE,
        "treat_now": {"answer": "treat", "because": "clinical relapse", "source": "imwg", "ask": ["Which day?"],
                      "emergencies": [{"emergency": "hypercalcaemia", "text": "treat it first", "source": "e",
                                       "verified": "unverified", "how": "derived", "field": "labs.calcium_mmol_per_l",
                                       "value": 3.4, "unit": "mmol/L", "day": "", "limit": 3, "found": "calcium 3.4 mmol/L",
                                       "questions": ["Another cause?"]}],
                      "contradictions": ["recorded as biochemical"], "unsure": [{"text": "a band", "source": "e",
                                                                                 "verified": "primary"}],
                      "questions": [{"about": "kidney-new-or-old", "text": "New or old?", "source": "e", "verified": "primary",
                                     "field": "labs.creatinine_umol_per_l", "value": 600, "unit": "µmol/L", "day": "",
                                     "limit": 177, "found": "creatinine 600 µmol/L"}],
                      "repeat": [{"about": "repeat", "text": "Repeat it", "source": "e", "verified": "primary",
                                  "field": "labs.platelets_10e9_per_l", "value": 8, "unit": "", "day": "2026-01-01",
                                  "limit": None, "found": "platelets 8"}],
                      "relapse": {"clinical": "yes", "clinical_because": "clinical relapse", "biochemical": "unknown",
                                  "biochemical_because": "no series"}},
        "settings": ["First relapse"],
        "lanes": [],
        "situations": [{"id": "first", "name": "First relapse", "says": [{"text": "beside the list", "source": "s",
                                                                          "verified": "primary"}]}],
        "this_week": [
            {"id": "fish", "topic": "test-again", "heading": "Test again", "short": "FISH", "text": "FISH, in full",
             "when": "", "regimens": [], "applies": "unknown", "because": ["not recorded"], "missing": ["disease.x"],
             "url": "", "brief": True, "source": "f", "verified": "secondary"},
            {"id": "register", "topic": "trials", "heading": "Trials", "short": "A register", "text": "A register, in full",
             "when": "", "regimens": [], "applies": "yes", "because": [], "missing": [], "url": "https://example.org",
             "brief": False, "source": "r", "verified": "primary"}],
        "positions": [{"regimen": "DKd", "disagree": True, "bodies": [
            {"by": "label, HK", "dated": "", "level": "approved", "setting": "", "text": "", "source": "l",
             "verified": "primary", "superseded": ""},
            {"by": "MSAG 2026", "dated": "2026-01", "level": "option", "setting": "First relapse", "text": "", "source": "g",
             "verified": "secondary", "superseded": ""}]}],
        "car_t_timing": {
            "regimens": ["cilta-cel"], "apheresis_from": "2026-10-19", "apheresis_from_at_the_latest": "2026-10-26",
            "infusion_from": None, "infusion_from_at_the_latest": None, "not_dated": [], "can_wait_weeks": None, "washouts": [
                {"agent": "lenalidomide", "name": "lenalidomide", "last_dose": "ongoing", "still_taken": True,
                 "before": "apheresis", "advice": "hold", "days": 14, "until": "2026-10-19", "until_at_the_latest": "2026-10-19", "by": "IMWG", "text": "two weeks",
                 "disease": "", "missing": [], "source": "w", "verified": "primary"}],
            "bridges": [{"agents": ["PI"], "regimens": ["Kd"], "keeps_t_cells": True, "by": "IMWG", "text": "what still works",
                         "source": "b", "verified": "primary"}],
            "vein_to_vein": [{"regimen": "cilta-cel", "weeks": 6.3, "range_weeks": [], "text": "median 44 days", "source": "v",
                              "verified": "primary", "infusion_from": "2026-12-02", "infusion_from_at_the_latest": "2026-12-09", "fits": "unknown"}]},
        "history": {
            "complete": "unknown", "state": "relapsed", "agents": [], "classes": [], "therapies": [],
            "labels": [{"label": "double-refractory", "value": "yes", "because": "b", "missing": [], "missing_names": [], "source": "s"},
                       {"label": "bcma-exposed", "value": "unknown", "because": "b", "missing": ["x.y"], "missing_names": ["y"], "source": "s"}],
            "prior_lines": {"count": 2, "at_least": 2, "at_most": None, "definition": "imwg-2015", "reasons": ["counted"],
                            "alternatives": [{"count": 1, "at_least": 1, "at_most": 1, "definition": "imwg-strict"}]},
            "progressed_on_last": "yes", "creatinine_clearance": "60 mL/min (measured)", "frailty": "fit (as recorded)",
        },
        "options": [an_option(), an_option(rank=2, regimen="Kd", verdict="caution"),
                    an_option(rank=3, regimen="SVd", verdict="off-label")],
        "not_offered": [not_offered("VenD", "undetermined", would_rank=1, would_rank_if="t(11;14) present"),
                        not_offered("IsaKd", "deferred"), not_offered("PVd", "off-label"), not_offered("DRd", "ineligible")],
        "first": [], "deferred_options": [], "provisional": [], "headline": "", "better_proved": None, "unnumbered": "",
        "ranking_withheld": "", "nothing_open": "", "always": [{"text": "A clinical trial", "source": "s", "verified": "primary"}],
        "benchmarks": [{"trial": "LocoMMotion", "population": "triple-class exposed", "pfs_months": {"median": 4.6},
                        "os_months": {"median": 13.8}, "verified": "secondary"}],
        "missing": [{"field": "labs.lvef_percent", "name": "LVEF", "matters_for": ["Kd"], "gain": 1, "decisive": True, "tried": True,
                     "settles": ["Kd"], "outcomes": [{"value": "from 40", "set": "labs.lvef_percent=40", "rules_out": [], "defers": [], "settles": ["Kd"], "opens": ["Kd"], "closes": [],
                                                      "turns": [], "reorders": False, "reorders_waiting": False,
                                                       "first": ["DKd"]}], "changes_care": []},
                    {"field": "comorbidities.hepatitis_b", "name": "hepatitis B", "matters_for": ["DKd"], "gain": 0,
                     "decisive": False, "tried": True, "settles": [], "outcomes": [],
                     "changes_care": [{"text": "HBsAg first", "source": "h", "verified": "primary"}]},
                    {"field": "comorbidities.keratopathy", "name": "keratopathy", "matters_for": ["DKd"], "gain": 0,
                     "decisive": False, "tried": True, "settles": [], "outcomes": [], "changes_care": []}],
        "co_medication": [
            {"drug": "rifampicin", "as_written": "Rifampin", "checked": True, "against": ["carfilzomib"], "not_read": ["selinexor"],
             "hint": "", "results": [
                {"agent": "carfilzomib", "name": "carfilzomib", "regimens": ["DKd"], "group": "inducer", "strength": "avoid",
                 "effect": "exposure falls", "advice": "", "jurisdictions": [], "text": "With Rifampin, exposure falls",
                 "source": "i", "verified": "secondary"}]},
            {"drug": "", "as_written": "amlodipin", "checked": False, "against": [], "not_read": [], "results": [], "hint": ""}],
        "hang_on_completeness": 3, "line_definition_flips": ["Kd: open by imwg-strict"], "warnings": ["looks like a name"],
        "sources": {}, "intended_use": INTENDED_USE,
    }  # fmt: skip
    return cast(Recommendation, made | changes)


def printed(answer: Recommendation, kind: str = "recommendation", **options: Any) -> str:
    return render(kind, "table", answer, to_terminal=False, **options)


def with_therapies(*therapies: dict[str, Any]) -> Recommendation:
    answer = an_answer()
    blank: Any = {"line": 1, "intent": "relapse", "regimen": None, "start": None, "stop": None, "best_response": None,
                  "progressed_on": None, "stop_reason": None, "agents": []}  # fmt: skip
    answer["history"]["therapies"] = [blank | {"index": i} | t for i, t in enumerate(therapies)]
    return answer


def given(name: str, start: str | None, stop: str | None) -> dict[str, str | None]:
    return {"agent": name, "name": name, "dose": None, "modality": None, "start": start, "stop": stop}


def bars_of(answer: Recommendation) -> list[str]:
    lines = printed(answer, "history").splitlines()
    start = lines.index("Timeline") + 2
    return lines[start : next(i for i in range(start, len(lines)) if " given   " in lines[i])]


def test_every_section_of_an_answer_is_there_in_order() -> None:
    text = printed(an_answer())
    sections = ["Patient case-017", "catalogue 2026.11", "2 or more (imwg-2015; 1 by imwg-strict)", "double-refractory",
                "bcma-exposed", "FIRST: HYPERCALCAEMIA (derived)", "calcium 3.4 mmol/L", "Another cause?",
                "Treat now? treat: clinical relapse", "recorded as biochemical", "New or old?", "platelets 8. Repeat it",
                "a band", "Which day?", "3 verdicts hang",
                "beside the list", "looks like a name", "Options, in order", "said once of the place", "licensed,", "VenD: first if t(11;14) present", "LVEF",
                "from 40: opens Kd", "These change what is done before the first dose", "hepatitis B (comorbidities.hepatitis_b)",
                "HBsAg first [h]", "None of these facts would change the answer by itself:", "comorbidities.keratopathy",
                "Co-medication", "- Rifampin (rifampicin): checked against carfilzomib.", "of selinexor",
                "avoid: With Rifampin, exposure falls [DKd] †[i]", "! amlodipin: not known to the catalogue: check it yourself",
                "This week, beside the choice (not ranked; 1 more; in full below)",
                "? Test again: FISH (record disease.x) †", "1. DKd",
                "placement: preferred against option", "given before", "for this", "against this", "watch the heart",
                "Heart on carfilzomib", "Who recommends what", "MSAG 2026 (2026-01): option", "They disagree:", "CAR-T timing",
                "2026-10-19 by the", "from 2026-10-19 if stopped today", "median 44 days",
                "open here: Kd", "This week, in full", "FISH, in full (not recorded; record disease.x) †[f]",
                "A register, in full https://example.org [r]", "IsaKd: why deferred", "PVd: why off-label", "DRd", "Kd: open by imwg-strict",
                "LocoMMotion", "A clinical trial", "aaaaaaaaaaaa,", "Decision support"]  # fmt: skip
    at = -1
    for section in sections:
        assert text.find(section, at + 1) > at, section
        at = text.index(section, at + 1)


@pytest.mark.parametrize(
    "shown", ["✓ eligible", "! caution", "○ off-label", "? undetermined", "~ IsaKd", "✗ ineligible", "✗ DRd"]
)
def test_no_verdict_is_told_by_colour_alone(shown: str) -> None:
    assert shown in printed(an_answer())


def test_an_unread_figure_is_marked_beside_the_figure() -> None:
    assert "CANDOR ‡" in printed(an_answer())


@pytest.mark.parametrize(
    ("id", "seen"),
    [("[bold]x", "Patient [bold]x "), ("\x1b[31mx", "Patient \\x1b[31mx"), ("\u202eabc", "Patient \\u202eabc"),
     ("x\nFIRST: stop it all", "Patient x\\x0aFIRST: stop it all"), ("x\rTreat now? no", "Patient x\\x0dTreat now? no")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["recommendation", "history"])
def test_a_name_steers_neither_the_terminal_nor_the_report(kind: str, id: str, seen: str) -> None:
    answer = an_answer()
    answer["patient"]["id"] = id
    assert seen in printed(answer, kind)


def test_a_name_in_a_table_cell_is_no_markup_either() -> None:
    assert "[red]K\\x1b[0m" in printed(an_answer(options=[an_option(regimen="[red]K\x1b[0m")]))


@pytest.mark.parametrize("width", [60, 80, 140])
def test_long_and_wide_words_are_folded_and_never_cut(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    answer = an_answer(
        warnings=["a" * 300, "陳大文" * 60], options=[an_option(regimen="x" * 90, name="多發性骨髓瘤" * 20)]
    )
    text = printed(answer)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "…" not in text
    assert text.count("a" * 50) and sum(line.count("陳") for line in text.splitlines()) == 60


def test_a_pipe_without_columns_is_a_hundred_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(sys, "__stdout__", None)
    assert 90 < max(map(len, printed(an_answer(warnings=["word " * 80])).splitlines())) <= 100


def test_the_reasons_that_regimens_share_are_said_once() -> None:
    text = printed(an_answer(not_offered=[not_offered(r, "ineligible") for r in ("DRd", "Rd", "KRd")]))
    assert text.count("why ineligible") == 1 and "DRd, Rd, KRd" in text


def test_a_profile_without_the_usual_comparisons_can_be_shown() -> None:
    assert "1. DKd" in printed(an_answer(options=[an_option(standing=[])]))


def test_what_is_left_out_of_a_list_is_counted() -> None:
    field = {
        "field": "labs.x",
        "name": "x",
        "matters_for": [f"r{i}" for i in range(11)],
        "gain": 0,
        "decisive": True,
        "tried": True,
        "settles": [],
        "outcomes": [],
        "changes_care": [],
    }
    assert "r7 and 3 more" in printed(an_answer(missing=[field])).replace("\n    ", " ")


def test_agents_that_overlap_have_bars_of_their_own_at_their_own_dates() -> None:
    long, short = bars_of(with_therapies({
        "agents": [given("daratumumab", "2020-01-01", "2024-01-01"), given("bortezomib", "2020-01-01", "2021-01-01")],
        "best_response": "PR", "progressed_on": "2024-01-01"}))  # fmt: skip
    assert "daratumumab" in long and "bortezomib" in short
    assert long.index("█") == short.index("█") and long.count("█") > 2 * short.count("█")
    assert long.endswith("PR PD") and "×" in long


def test_partial_dates_are_drawn_lighter_and_missing_ones_are_said() -> None:
    partial, missing = bars_of(with_therapies(
        {"regimen": "VRd", "agents": [given("bortezomib", "2021-03", "2021")]},
        {"regimen": "Kd", "agents": [given("carfilzomib", None, None)]}))  # fmt: skip
    assert "░" in partial and "█" not in partial
    assert "no dates recorded" in missing


def test_no_name_on_the_timeline_is_cut() -> None:
    names = [f"investigational-agent-{i}" for i in range(6)]
    rows = bars_of(with_therapies({"agents": [given(n, "2021-01-01", "ongoing") for n in names]}))
    joined = "".join(rows)
    assert all(n.split("-")[-1] in joined for n in names) and "…" not in joined and "▶" in joined


class Plain:
    """Standard output of a terminal that knows ASCII only."""

    encoding = "ascii"

    def isatty(self) -> bool:
        return False


def test_ascii_keeps_powers_marks_and_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Plain())
    answer = an_answer(warnings=["neutrophils 1 ×10⁹/L, 陳"])
    text = render("recommendation", "table", answer)
    assert text.isascii() and max(map(len, text.splitlines())) <= 80
    assert "x10^9/L" in text and "109" not in text and "\\u9673" in text
    assert "+ eligible" in text and text.count("[u]") > 3 and "[u] not read at any source" in text


def test_ascii_draws_the_timeline_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Plain())
    answer = with_therapies({"regimen": "VRd", "agents": [given("bortezomib", "2021-01-01", "2022-01-01")]})
    text = render("history", "table", answer)
    assert text.isascii() and "###" in text


@pytest.mark.parametrize(
    ("text", "seen"),
    [("10⁹/L", "10^9/L"), ("10¹²", "10^12"), ("5 µg", "5 ug"), ("≥ 3 – 4", ">= 3 - 4"), ("é", "\\xe9")],
)
def test_ascii_says_the_same(text: str, seen: str) -> None:
    assert in_ascii(text) == seen


def test_a_long_word_breaks_at_its_joints() -> None:
    assert folded("at disease.cytogenetics.t_11_14", 20) == ["at", "disease.cytogenetics", ".t_11_14"]
    assert folded("anti-CD38 antibody", 12) == ["anti-CD38", "antibody"]
    assert folded("", 10) == [""]


def test_a_patients_page_lists_only_the_sources_that_it_cites() -> None:
    answer = answer_for(**patient(*TRIPLE_CLASS_REFRACTORY))
    text = render("page", "table", regimen_page(LOADED.catalogue, "Kd", LOADED.stamp(), answer), to_terminal=False)
    body, listed = text.split("\nSources\n")
    keys = [line.split("]")[0].removeprefix("  - [") for line in listed.splitlines() if line.startswith("  - [")]
    assert keys and len(keys) < len(answer["sources"])
    assert max(map(len, text.splitlines())) <= 80
    assert "For patient p in HK" in body
