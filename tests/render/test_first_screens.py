"""The first screens of the commands beside `recommend`: short, with nothing cut that must not be cut, whole on request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from mmadvisor.answers.look_ahead import Plan
from mmadvisor.answers.monitor import MonitorAdvice
from mmadvisor.answers.recommendation import FirstItem, Recommendation, TreatNow
from mmadvisor.answers.regimen import RegimenPage
from mmadvisor.answers.shelf import Comparison
from mmadvisor.base.errors import EXIT_DONE
from mmadvisor.desk.cli import run
from mmadvisor.files.patients import ReadPatient, read_patient
from mmadvisor.judging.case import Case
from mmadvisor.render import screen_words, short
from mmadvisor.render.monitor import LATE_SHOWN
from mmadvisor.reports.look_ahead import plan
from mmadvisor.reports.recommend import advise
from mmadvisor.reports.regimen import regimen_page
from mmadvisor.reports.shelf import catalogue_list, comparison
from tests import ROOT
from tests.builders.blank import DAY, LOADED, a_patient
from tests.builders.checklists import listed
from tests.builders.drawn import render
from tests.laws.strategies import whole_patients

CATALOGUE = LOADED.catalogue
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.suffix in (".yaml", ".json"))
HK = ROOT / "examples" / "hk-triple-class-refractory.yaml"
ONE_SCREEN, LONG = 25, 40
WIDTHS = ["60", "80", "120"]
GRAVE = [
    ["labs.calcium_mmol_per_l=3.4", "labs.creatinine_umol_per_l=600"],
    ["co_medication=[itraconazole, notadrug, warfarin]"],
    ["comorbidities.second_cancers=[{kind: myeloid, state: active}]"],
    ["disease.relapse.kind=biochemical", "labs.haemoglobin_g_per_dl=6.5", "labs.cytopenia_cause=disease"],
]
grave = pytest.mark.parametrize("settings", GRAVE, ids=lambda s: s[0].split("=")[0])
example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
columns = pytest.mark.parametrize("columns", WIDTHS)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


def screen(kind: str, answer: Any) -> str:
    return render(kind, "table", answer, full=False)


def flat(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def of(path: Path, *settings: str) -> ReadPatient:
    return read_patient(path, CATALOGUE.formulary, settings=settings)


def advised(path: Path, *settings: str) -> Recommendation:
    read = of(path, *settings)
    return advise(read.patient, CATALOGUE, DAY, warnings=read.warnings)


def case_of(path: Path, *settings: str) -> Case:
    return Case.of(of(path, *settings).patient, CATALOGUE, DAY, assume_relapse=True)


def said_first(treat: TreatNow, first: Sequence[FirstItem]) -> Iterator[str]:
    """The sentences that stand before everything on every first screen of a patient."""
    for emergency in treat["emergencies"]:
        yield from (emergency["text"], emergency["found"])
    yield from (item["text"] for item in first)
    yield from treat["contradictions"]
    yield screen_words.TREAT.format(answer=treat["answer"].upper().replace("-", " "), because=treat["because"])


def missing(sentences: Iterator[str], text: str) -> list[str]:
    return [sentence for sentence in sentences if flat(sentence) not in flat(text)]


def fits(text: str, most: int = LONG, width: int = 80) -> bool:
    return len(text.splitlines()) <= most and max(map(len, text.splitlines())) <= width


def short_and_whole(command: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[list[str], list[str]]:
    """The lines that a command prints, without and with everything."""
    said = []
    for more in ([], ["--full"]):
        assert run([*command, *more]) == EXIT_DONE
        said.append(capsys.readouterr().out.splitlines())
    return said[0], said[1]


def test_a_first_screen_is_in_the_characters_of_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmadvisor.render.paper.ascii_only", lambda: True)
    a = advised(HK)
    late = regimen_page(CATALOGUE, "DKd", LOADED.stamp(), day=date(2024, 1, 1))
    shown = [
        ("catalogue-list", catalogue_list(CATALOGUE, DAY)),
        ("history", a),
        ("plan", ahead(HK)),
        ("monitor", to_do("DKd", HK)),
        ("page", late),
        ("comparison", beside(["DKd", "elranatamab"], HK)),
    ]
    for kind, answer in shown:
        assert screen(kind, answer).isascii()
    assert "[l] source later than the day" in screen("page", late)


# --- the list of regimens -------------------------------------------------------------------------


@columns
def test_the_list_names_every_regimen_once_by_its_use(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = screen("catalogue-list", catalogue_list(CATALOGUE, DAY))
    assert len(text.splitlines()) <= LONG and max(map(len, text.splitlines())) <= int(columns)
    found = flat(text.partition(screen_words.PLACE)[0]).replace(",", " ").replace(":", " ").split()
    assert [found.count(r.id) for r in CATALOGUE.regimens] == [1] * len(CATALOGUE.regimens)
    tried = sum(r.investigational and r.modality == "car-t" for r in CATALOGUE.regimens)
    assert f"investigational, CAR-T ({tried})" in flat(text)


def test_the_list_counts_the_statuses_of_each_place_and_names_what_is_not_known() -> None:
    made = catalogue_list(CATALOGUE, DAY, approved_on=date(2016, 6, 1))
    text = flat(screen("catalogue-list", made))
    for code in CATALOGUE.jurisdictions:
        approved = sum(r["status"][code] == "approved" for r in made["regimens"])
        assert f"{code} {approved} " in text
    assert made["not_known"] and all(name in text for name in made["not_known"])


def test_the_list_is_whole_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    brief, whole = short_and_whole(["catalogue", "list"], capsys)
    assert len(brief) <= LONG < len(whole)
    assert brief[-1] == f"Left out: {len(CATALOGUE.regimens)} full names, {4 * len(CATALOGUE.regimens)} statuses"
    assert "Melphalan and prednisone" in "\n".join(whole) and "Melphalan and prednisone" not in "\n".join(brief)


# --- the history ----------------------------------------------------------------------------------


@example
def test_the_history_is_one_screen_with_every_drug_and_line(path: Path) -> None:
    a = advised(path)
    text = screen("history", a)
    assert fits(text)
    assert text.splitlines()[0].startswith(f"Patient {a['patient']['id']}")
    assert text.splitlines()[-1].startswith("Left out:")
    assert all(agent["name"] in flat(text) for agent in a["history"]["agents"])
    assert all(flat(reason) in flat(text) for reason in a["history"]["prior_lines"]["reasons"][:5])


def test_the_history_tells_refractory_exposed_and_doubtful_apart() -> None:
    lines = screen("history", advised(ROOT / "examples" / "after-car-t.yaml"))
    text = flat(lines)
    assert "Refractory to: lenalidomide, daratumumab, carfilzomib, pomalidomide, cyclophosphamide Exposed" in text
    assert "Exposed, not refractory: bortezomib" in text and "Doubtful or not settled: BCMA-directed" in text


def test_the_history_says_which_fact_would_settle_what_is_not_settled() -> None:
    text = flat(screen("history", advised(ROOT / "examples" / "partial-dates.yaml")))
    assert "? lenalidomide, lenalidomide-refractory: day of progression on lenalidomide, therapy 3; last dose" in text


@grave
@pytest.mark.parametrize("path", EXAMPLES[::3], ids=lambda p: p.name)
def test_what_comes_first_is_never_cut_from_a_history(path: Path, settings: list[str]) -> None:
    a = advised(path, *settings)
    assert not missing(said_first(a["treat_now"], a["first"]), screen("history", a))
    whole = [s.partition("? ")[2] or s for s in said_first(a["treat_now"], a["first"])]
    assert [s for s in whole[:-1] if flat(s) not in flat(render("history", "table", a))] == []


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(whole_patients())
def test_emergencies_are_shown_on_the_first_screen_of_every_history(whole: dict[str, Any]) -> None:
    a = advise(a_patient(**whole), CATALOGUE, DAY)
    assert not missing(said_first(a["treat_now"], a["first"]), screen("history", a))


def test_the_history_is_whole_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    brief, whole = short_and_whole(["history", str(HK)], capsys)
    assert len(brief) <= LONG < len(whole)
    assert any(line.startswith("Classes, targets and modalities") for line in whole)
    assert not any(line.startswith("Classes, targets and modalities") for line in brief)


# --- the look-ahead -------------------------------------------------------------------------------


def ahead(path: Path, *settings: str) -> Plan:
    return plan(case_of(path, *settings), depth=2, top=5)


@example
def test_the_look_ahead_is_one_screen_with_a_line_for_each_choice(path: Path) -> None:
    p = ahead(path)
    text = screen("plan", p)
    assert fits(text) and text.splitlines()[-1].startswith("Left out:")
    for node in p["choices"]:
        left = len(node["opens"]) + len(node["remains"])
        assert f"  {node['rank']} {node['regimen']}" in text and f"{left} options left" in flat(text)


def test_the_look_ahead_shows_each_class_that_a_choice_changes_and_folds_the_others() -> None:
    p = ahead(HK)
    text = screen("plan", p)
    table = {line.split()[0]: line.split()[1:] for line in text.splitlines()[:9]}
    shown = table["Left"][1:]
    for node in p["choices"]:
        states = [node["left"][token] for token in shown]
        wanted = [
            str(x["options"]) if x["state"] == "open" else {"no option": "none"}.get(x["state"], x["state"])
            for x in states
        ]
        assert table[node["regimen"]] == wanted
    same = [
        token
        for token in p["left"]
        if all(n["left"][token]["state"] == p["left"][token]["state"] for n in p["choices"])
    ]
    assert set(p["left"]) - set(shown) <= set(same) and all(token in flat(text) for token in p["left"])


def test_later_choices_are_shown_if_a_depth_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    brief, whole = short_and_whole(["plan", str(HK)], capsys)
    assert len(brief) <= ONE_SCREEN < len(whole) and not any("└─" in line for line in brief)
    assert any("later choices" in line for line in brief) and any("└─" in line for line in whole)
    assert run(["plan", str(HK), "--depth", "2"]) == EXIT_DONE
    given = capsys.readouterr().out
    assert "└─" in given and "later choices" not in given and len(given.splitlines()) < len(whole)


@grave
def test_what_comes_first_is_never_cut_from_a_look_ahead(settings: list[str]) -> None:
    p = ahead(HK, *settings)
    for text in (screen("plan", p), render("plan", "table", p)):
        assert not [
            s for s in said_first(p["treat_now"], p["first"]) if not s.startswith("Treat") and flat(s) not in flat(text)
        ]
    assert not missing(said_first(p["treat_now"], p["first"]), screen("plan", p))


def test_without_a_choice_the_look_ahead_says_why() -> None:
    p = plan(Case.of(a_patient(), CATALOGUE, DAY), depth=1)
    assert p["nothing_open"] and p["nothing_open"] in flat(screen("plan", p))


# --- the checklist --------------------------------------------------------------------------------

TO_GIVE = ["DKd", "elranatamab", "cilta-cel", "DRd", "D-PACE"]


def to_do(name: str, path: Path, *settings: str, today: date = date(2026, 11, 30)) -> MonitorAdvice:
    made: MonitorAdvice = listed(name, case=case_of(path, *settings), today=today)
    return made


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


@pytest.mark.parametrize("name", TO_GIVE)
@pytest.mark.parametrize("path", EXAMPLES[::2], ids=lambda p: p.name)
def test_the_checklist_is_one_screen(name: str, path: Path) -> None:
    for today in (date(2026, 11, 30), date(2026, 12, 5)):
        m = to_do(name, path, today=today)
        text = screen("monitor", m)
        # What is never cut, and the doses to decide between, may need more than forty lines.
        # By contract 9.19 the questions of today are among them.
        asked = len(m["treat_now"]["questions"]) if m["treat_now"] else 0
        assert fits(text, most=LONG + 6 + 4 * len(short.to_decide(m["doses"])) + 2 * asked)
        assert text.splitlines()[0].startswith(name) and text.splitlines()[-1].startswith("Left out:")
        assert all(d["name"] in flat(text) for d in m["doses"])


@pytest.mark.parametrize("name", TO_GIVE)
@pytest.mark.parametrize("path", EXAMPLES[::3], ids=lambda p: p.name)
def test_the_checklist_has_every_dose_of_the_patient_and_no_other_number(name: str, path: Path) -> None:
    m = to_do(name, path)
    whole, text = flat(render("monitor", "table", m)), flat(screen("monitor", m))
    doses = text.partition(screen_words.DOSES_OF_PATIENT)[2].partition("Next days")[0]
    assert numbers(doses) <= numbers(whole)
    for d in short.of_schedules(m["doses"], m["schedules"]):
        assert flat(d["dose"]) in doses
        assert all(field in doses for field in d["waits_for"])


def test_the_checklist_begins_with_what_is_to_be_done_now_or_is_late() -> None:
    m = to_do("elranatamab", HK)
    text = flat(screen("monitor", m))
    begin = text.partition(screen_words.DOSES_OF_PATIENT)[0]
    now = [t["short"] for t in m["tasks"] if t["now"] == "yes"]
    assert now and all(name in begin for name in now)
    late: dict[str, dict[str, None]] = {}
    for t in m["tasks"]:
        if t["late"] and t["now"] != "yes":
            late.setdefault(t["ends"], {})[t["short"]] = None
    assert late
    for names in late.values():
        assert all(name in begin for name in [*names][:LATE_SHOWN])
        assert len(names) <= LATE_SHOWN or "more" in begin
    assert "late, was due by 2026-11-24:" in text


def test_the_checklist_has_the_next_days_from_today_or_from_the_first_dose() -> None:
    for today, last in ((date(2026, 11, 30), "2026-12-14"), (date(2026, 12, 20), "2027-01-02")):
        m = to_do("DKd", HK, today=today)
        assert m["soon"] == last
        text = screen("monitor", m).partition("Next days")[2]
        shown = [d["date"] for d in m["calendar"] if f" {d['date']}  " in text.replace("\u00a0", " ")]
        assert shown == [d["date"] for d in m["calendar"] if today.isoformat() <= d["date"] <= last]


@grave
def test_what_must_not_be_cut_is_never_cut_from_a_checklist(settings: list[str]) -> None:
    m = to_do("DKd", HK, *settings)
    text = screen("monitor", m)
    assert m["treat_now"] is not None
    assert not missing(said_first(m["treat_now"], m["first"]), text)
    assert not missing((x["text"] for x in m["adapt"] if x["applies"] == "yes"), text)
    assert not missing(iter(m["warnings"]), text)
    assert not missing((c["as_written"] for c in m["co_medication"] or () if not c["checked"]), text)


def test_the_doses_to_decide_between_are_shown_with_their_marks() -> None:
    """Two variants hold for a neuropathy of grade 1; that a dose must be looked up is said too."""
    for kind, answer in (("monitor", to_do("BVd", HK)), ("page", page_of("BVd", HK))):
        doses = flat(screen(kind, answer))
        assert "with pain: 1.0 mg/m2 [holds" in doses and "without pain: 1.3 mg/m2 [holds" in doses
        assert doses.count("peripheral neuropathy grade 1] †") == 2
    assert "not read, look it up" in flat(screen("page", page_of("DRd", HK)))


def test_long_doses_are_not_repeated_on_every_day() -> None:
    path = ROOT / "examples" / "partial-dates.yaml"
    text = flat(screen("monitor", to_do("DKd", path, today=date(2026, 12, 7))))
    assert text.count("see table") == 1 and "Tue 2026-12-15 doses as on 2026-12-08" in text


def test_the_checklist_is_whole_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["monitor", "elranatamab", "--start", "2026-12-01", "--today", "2026-11-30", "--patient", str(HK)]
    brief, whole = short_and_whole(command, capsys)
    assert len(brief) <= LONG < len(whole)
    assert "Not for this patient" in whole and "Not for this patient" not in brief
    assert re.search(r"Left out: \d+ tasks", brief[-1])


# --- the page of a regimen ------------------------------------------------------------------------

SHOWN = ["DKd", "elranatamab", "cilta-cel", "DRd", "Tal-Tec"]


def page_of(name: str, path: Path | None = None, *settings: str) -> RegimenPage:
    if path is None:
        return regimen_page(CATALOGUE, name, LOADED.stamp(), day=DAY)
    a = advise(of(path, *settings).patient, CATALOGUE, DAY, assume_relapse=True)
    case = case_of(path, *settings)
    return regimen_page(CATALOGUE, name, LOADED.stamp(), a, day=DAY, place=a["jurisdiction"], case=case)


@pytest.mark.parametrize("name", [r.id for r in CATALOGUE.regimens])
def test_every_regimen_has_one_screen(name: str) -> None:
    p = page_of(name)
    text = screen("page", p)
    assert fits(text) and text.splitlines()[0].startswith(f"{name}  ") and text.splitlines()[-1]
    assert all(agent["name"] in flat(text) for agent in p["agents"])
    for listing in p["listings"]:
        assert f"- {listing['jurisdiction']} {listing['status']}" in text


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("path", EXAMPLES[::2], ids=lambda p: p.name)
def test_the_page_for_a_patient_is_one_screen_with_the_verdict_before_everything_else(name: str, path: Path) -> None:
    p = page_of(name, path)
    t = p["for_patient"]
    text = screen("page", p)
    # What is never cut, and the doses to decide between, may need more than forty lines.
    assert fits(text, most=LONG + 12 + 4 * len(short.to_decide(d for agent in p["agents"] for d in agent["doses"])))
    verdict = flat(text).index(f"For {t['patient']['id']} in {t['jurisdiction']}: ")
    assert flat(text).index("Treat now?") < verdict < flat(text).index("Licence on")
    if "rank" not in t["entry"]:
        assert all(flat(reason) in flat(text) for reason in t["entry"]["because"][:3])


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("path", [None, *EXAMPLES[::3]], ids=lambda p: p.name if p else "nobody")
def test_the_page_has_every_dose_that_the_whole_page_has_and_no_other_number(name: str, path: Path | None) -> None:
    p = page_of(name, path)
    whole, text = flat(render("page", "table", p)), flat(screen("page", p))
    heading = screen_words.DOSES_OF_PATIENT if path else f"{screen_words.DOSES} -"
    doses = text.partition(heading)[2].partition(screen_words.FIGURES)[0]
    assert doses and numbers(doses) <= numbers(whole)
    for agent in p["agents"]:
        for d in short.of_schedules(agent["doses"], p["schedules"]):
            assert flat(d["dose"]) in doses
            topics = {topic for v in d["variants"] for topic in v["by"]}
            assert path is not None or all(topic in doses for topic in topics)


@grave
def test_what_must_not_be_cut_is_never_cut_from_the_page_of_a_regimen(settings: list[str]) -> None:
    for name in ("DKd", "elranatamab"):
        p = page_of(name, HK, *settings)
        t, text = p["for_patient"], screen("page", p)
        assert not missing(said_first(t["treat_now"], t["first"]), text)
        strong = [c for c in t["entry"]["cautions"] if c["strong"] and c["result"] == "applies"]
        assert not missing((c["text"] for c in strong), text)
        assert not missing((c["as_written"] for c in t["co_medication"] or () if not c["checked"]), text)


def test_the_figures_to_read_first_are_of_trials_with_a_comparison_and_have_design_and_mark() -> None:
    for regimen in CATALOGUE.regimens:
        p = page_of(regimen.id)
        trials = [row["trial"] for row in p["leading"]]
        assert len(trials) == len(set(trials))
        compared = [
            row["hr"] is not None for row in p["leading"] if row["design"] == "randomised" and not row["subgroup"]
        ]
        rows = {e["trial"]: e for e in p["evidence"]}
        if compared and any(compared):
            assert compared[0] or rows[trials[0]]["pfs_months"].get("control")
    text = flat(screen("page", page_of("cilta-cel")))
    assert "n 208: over 34.5 mo RCT against PVd or DPd, HR 0.29 †" in text


def test_a_source_later_than_the_day_has_its_mark() -> None:
    late = regimen_page(CATALOGUE, "DKd", LOADED.stamp(), day=date(2024, 1, 1))
    text = screen("page", late)
    assert "§" in text and screen_words.MARK_LATER in text
    assert screen_words.MARK_LATER not in screen(
        "page", regimen_page(CATALOGUE, "DKd", LOADED.stamp(), day=date(2027, 1, 1))
    )


def test_the_page_of_a_regimen_is_whole_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    brief, whole = short_and_whole(["explain", "elranatamab", "--patient", str(HK)], capsys)
    assert len(brief) <= LONG + 3 < len(whole)  # with the strong cautions, which are never cut
    assert "At adverse events" in whole and "At adverse events" not in brief


# --- regimens side by side ------------------------------------------------------------------------

PAIRS = [["DKd", "IsaKd", "Kd"], ["elranatamab", "Kd", "cilta-cel"], ["DRd", "VenVd"], ["KPd", "Tec-Dara", "MP"]]
sides = pytest.mark.parametrize("names", PAIRS, ids="-".join)


def beside(names: list[str], path: Path | None = None, *settings: str) -> Comparison:
    if path is None:
        return comparison(CATALOGUE, names, LOADED.stamp(), DAY)
    a = advise(of(path, *settings).patient, CATALOGUE, DAY, assume_relapse=True)
    return comparison(CATALOGUE, names, LOADED.stamp(), DAY, a, place=a["jurisdiction"], case=case_of(path, *settings))


@sides
@pytest.mark.parametrize("path", [None, *EXAMPLES[::2]], ids=lambda p: p.name if p else "nobody")
def test_a_comparison_is_one_screen_without_a_row_that_does_not_differ(names: list[str], path: Path | None) -> None:
    c = beside(names, path)
    text = screen("comparison", c)
    assert fits(text, most=LONG + 8 if path else LONG + 4) and text.splitlines()[-1].startswith("Left out:")
    table, _, folded = text.partition("The same (")
    for subject in (screen_words.CLASSES, screen_words.ROUTE):
        key = "classes" if subject == screen_words.CLASSES else "routes"
        differs = len({tuple(g[key]) for g in c["glance"]}) > 1  # type: ignore[literal-required]
        assert (f"\n{subject} " in table) == differs and (f"{subject} " in flat(folded)) == (not differs)


@sides
def test_a_comparison_for_a_patient_has_rank_verdict_access_figure_and_what_is_against(names: list[str]) -> None:
    c = beside(names, HK)
    text = flat(screen("comparison", c))
    for g in c["glance"]:
        p = g["for_patient"]
        assert p is not None and p["verdict"] in text
        if p["rank"] is not None:
            assert f"{p['rank']}{'=' if p['tied'] else ''}" in text
        for word in " ".join(p["because"][:1]).split():
            assert word in text


@sides
def test_a_comparison_has_every_dose_of_the_whole_and_no_other_number(names: list[str]) -> None:
    for path in (None, HK):
        c = beside(names, path)
        whole = flat(render("comparison", "table", c))
        for g in c["glance"]:
            for drug in g["doses"]:
                assert set(drug["name"].split()) <= set(flat(screen("comparison", c)).split())
                assert all(numbers(d["dose"]) <= numbers(whole) for d in drug["doses"])


def test_more_regimens_than_fit_beside_each_other_stand_below(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["DKd", "IsaKd", "Kd", "KRd", "DPd", "cilta-cel"]
    c = beside(names)
    for columns in WIDTHS:
        monkeypatch.setenv("COLUMNS", columns)
        text = screen("comparison", c)
        assert max(map(len, text.splitlines())) <= int(columns) and all(name in text for name in names)


@grave
def test_what_must_not_be_cut_is_never_cut_from_a_comparison(settings: list[str]) -> None:
    c = beside(["DKd", "elranatamab"], HK, *settings)
    text = screen("comparison", c)
    assert not missing(said_first(c["treat_now"], c["first"]), text)
    cautions = [x for g in c["glance"] if g["for_patient"] for x in g["for_patient"]["cautions"]]
    assert not missing((x["text"] for x in cautions if x["strong"] and x["result"] == "applies"), text)
    assert not missing((x["as_written"] for x in c["co_medication"] or () if not x["checked"]), text)
    whole = flat(render("comparison", "table", c))
    assert all(flat(e["text"]) in whole for e in c["treat_now"]["emergencies"])


def test_a_comparison_is_whole_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    brief, whole = short_and_whole(["compare", "DKd", "IsaKd", "--patient", str(HK)], capsys)
    assert len(brief) <= LONG < len(whole)
    assert any("Sources" in line for line in whole) and not any("Sources" in line for line in brief)
