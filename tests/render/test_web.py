"""Pages for a browser: harmless, whole, fetching nothing, and drawn as the record says."""

from __future__ import annotations

import builtins
import itertools
import json
import re
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmadvisor.base.errors import UsageError
from mmadvisor.base.known import Span
from mmadvisor.care.bedside import hold, restart
from mmadvisor.desk.cli import run
from mmadvisor.judging.case import Case
from mmadvisor.render import brief, figures, order, words
from mmadvisor.render.drawing import NARROW, WIDE, Days, bar, months_axis, survival, timeline
from mmadvisor.render.web import css_string
from mmadvisor.reports.look_ahead import plan
from mmadvisor.reports.regimen import regimen_page
from mmadvisor.reports.shelf import comparison
from tests import ROOT
from tests.builders.blank import LOADED, a_patient, answer_for
from tests.builders.drawn import render
from tests.builders.patients import LEN_REFRACTORY, TRIPLE_CLASS_REFRACTORY, patient

EXAMPLES = sorted(
    p
    for folder in ("examples", "examples/published")
    for p in (ROOT / folder).iterdir()
    if p.suffix in (".yaml", ".json")
)
STYLE = (ROOT / "src/mmadvisor/render/templates/style.css").read_text(encoding="utf-8")
DARK = (ROOT / "src/mmadvisor/render/templates/dark.css").read_text(encoding="utf-8")
TODAY = date(2026, 10, 20)
REGISTERS = {row.url for row in LOADED.catalogue.this_week}
HOSTILE = "<script>alert(1)</script>\"><img src=x onerror=alert(1)> javascript:alert(1) \x1b[31m\u202e' {{ 7*7 }}"


def data(kind: str, record: dict[str, Any] | None = None) -> Any:
    record = record or patient(*TRIPLE_CLASS_REFRACTORY, access__jurisdiction="EU")
    if kind == "restart":
        return restart(LOADED.catalogue, "teclistamab", last_dose="1.5 mg/kg", schedule="weekly", on=date(2026, 8, 1),
                       today=TODAY, jurisdiction="US", reason="infection", grade=3)  # fmt: skip
    if kind == "hold":
        return hold(LOADED.catalogue, "teclistamab", "CRS", jurisdiction="US", today=TODAY,
                    inputs={"temperature": 39.0, "pressure": "no-vasopressor"})  # fmt: skip
    if kind == "plan":
        return plan(Case.of(a_patient(**record), LOADED.catalogue, TODAY), depth=2, top=3)
    answer = answer_for(**record)
    if kind == "page":
        return regimen_page(LOADED.catalogue, "teclistamab", LOADED.stamp(), answer, day=TODAY)
    if kind == "comparison":
        return comparison(LOADED.catalogue, ["DKd", "cilta-cel"], LOADED.stamp(), TODAY, answer)
    return answer


KINDS = ["recommendation", "history", "page", "comparison", "plan", "restart", "hold"]


def page(kind: str, made: Any | None = None, **options: Any) -> str:
    return render(kind, "html", data(kind) if made is None else made, **options)


class Parsed(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_data(self, data: str) -> None:
        self.said += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


def spoilt(value: Any, key: str = "") -> Any:
    """The same data with something hostile before every text that is free."""
    if isinstance(value, dict):
        return {k: spoilt(v, k) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [spoilt(v, key) for v in value]
    if value in ("hospital", "nearby"):
        return value
    free = {
        "id", "name", "text", "because", "note", "found", "required", "where", "population", "trial", "title", "why",
        "item", "when", "checklist", "regimen", "label", "setting", "by", "about", "check", "dose", "route",
        "days", "duration", "would_rank_if", "would_change_if", "emergency", "settings", "warnings", "aliases", "ask",
        "contradictions", "questions", "how",
        "above_next_because", "rechallenge", "sequencing", "definition", "reasons", "assessed_on_from", "layers",
        "creatinine_clearance", "frailty", "spends", "assumes", "assumptions", "nothing_open", "ranking_withheld",
        "read_as", "doi", "pmid", "agent", "event", "action", "product", "jurisdiction", "version", "profile",
    }  # fmt: skip
    return f"{HOSTILE}{value}" if isinstance(value, str) and key in free else value


# --- harmless -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_shown_and_never_obeyed(kind: str) -> None:
    options = {"plan": spoilt(data("plan"))} if kind == "recommendation" else {}
    html = page(kind, spoilt(data(kind)), **options)
    found = Parsed(html)
    assert not found.all("script") and not found.all("img")
    assert not [a for _, attrs in found.tags for a in attrs if a.startswith("on")]
    assert "\x1b" not in html and "\u202e" not in html
    assert "\\x1b[31m" in html and "{{ 7*7 }}" in html
    for link in found.all("a"):
        assert re.match(r"(#|https://doi\.org/)", link["href"]) or link["href"] in REGISTERS


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_asks_for_nothing_but_itself(kind: str) -> None:
    html = page(kind)
    found = Parsed(html)
    assert not [t for t, _ in found.tags if t in ("link", "script", "img", "iframe", "object", "embed", "base", "form")]
    assert not [a for _, attrs in found.tags for a in attrs if a in ("src", "srcset", "xlink:href", "action", "poster")]
    assert "url(" not in html and "@import" not in html
    assert "default-src 'none'" in html


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_input_makes_the_same_bytes(kind: str) -> None:
    assert page(kind) == page(kind)


def test_without_jinja2_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.split(".")[0] == "jinja2":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'mmadvisor\[html\]'"):
        page("history")


def test_a_kind_without_a_page_names_those_that_have_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "show", "carfilzomib", "--format", "html"]) == 2
    assert "these have one: recommendation, history" in capsys.readouterr().err


def test_the_page_of_a_comparison_names_both_answers_and_every_change(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["recommend", str(EXAMPLES[0]), "--set", "labs.lvef_percent=35", "--against", str(EXAMPLES[-1])]
    assert run([*asked, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert run([*asked, "--format", "html"]) == 0
    shown = Parsed(capsys.readouterr().out).said
    assert found["before"]["id"] in shown and found["after"]["id"] in shown and "labs.lvef_percent=35" in shown
    for change in (*found["facts"], *found["answers"]):
        assert change.get("about", change.get("regimen")) in shown
        assert change["before"] in shown and change["after"] in shown
    assert run(["recommend", str(EXAMPLES[0]), "--against", str(EXAMPLES[0]), "--format", "html"]) == 0
    assert "Nothing changes" in Parsed(capsys.readouterr().out).said


# --- whole --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_example_has_its_pages(path: Path, tmp_path: Path) -> None:
    for command in ("recommend", "history", "plan"):
        output = tmp_path / f"{command}.html"
        more = ["--depth", "2", "--top", "3"] if command == "plan" else []
        assert run([command, str(path), "--format", "html", "-o", str(output), *more]) == 0
        html = output.read_text(encoding="utf-8")
        assert html.startswith("<!doctype html>") and html.rstrip().endswith("</html>")
        assert "Not a substitute for judgement" in Parsed(html).said


@pytest.mark.parametrize("kind", KINDS)
def test_every_cited_source_stands_at_the_foot(kind: str) -> None:
    options = {"plan": data("plan")} if kind == "recommendation" else {}
    found = Parsed(page(kind, **options))
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {a["href"][1:] for a in found.all("a") if a["href"].startswith("#")}
    assert links <= set(ids) and any(link.startswith("source-") for link in links)


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_stamped(kind: str) -> None:
    made = data(kind)
    said = Parsed(page(kind, made)).said
    for stamp in (made["intended_use"], made["catalogue"]["version"], made["catalogue"]["reviewed_on"]):
        assert stamp in said
    assert f"{made['engine']['name']} {made['engine']['version']}" in said
    assert "† read in a mirror" in said


def test_every_sentence_of_the_terminal_stands_on_the_page() -> None:
    answer = data("recommendation", patient(*LEN_REFRACTORY, disease__emergencies=["cord_compression"]))
    said = " ".join(Parsed(page("recommendation", answer)).said.split())
    told = [answer["treat_now"]["because"], *answer["settings"], *answer["warnings"], *answer["treat_now"]["ask"]]
    told += [x for e in answer["treat_now"]["emergencies"] for x in (e["text"], e["found"], *e["questions"])]
    told += [*answer["treat_now"]["contradictions"], *map(words.question, answer["treat_now"]["questions"])]
    told += [*words.repeats(answer["treat_now"]["repeat"]), *(s["text"] for s in answer["treat_now"]["unsure"])]
    for o in answer["options"]:
        told += [o["name"], o["above_next_because"]]
        if o["group"] in order.IN_FULL:
            told += [words.placed(o), words.concerns(o), words.benefit(o)]
        told += [c["text"] for c in o["cautions"]] + [x["text"] for x in o["arguments"]] + o["sequencing"]
    told += [i["item"] for o in answer["options"][:3] for i in o["monitoring"]]
    told += [n["regimen"] for n in answer["not_offered"]] + [m["name"] for m in answer["missing"] if m["decisive"]]
    assert [text for text in told if " ".join(text.split()) not in said] == []


BEDSIDE = [
    ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--schedule", "weekly", "-j", "US", "--on", "2026-09-01", "--today", "2026-10-20"],
    ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--schedule", "weekly", "-j", "US", "--on", "2026-09-01", "--today", "2026-10-20", "--reason", "CRS", "--grade", "4"],
    ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--schedule", "weekly", "-j", "US", "--on", "2026-10-10", "--today", "2026-10-20", "--in-hospital"],
    ["restart", "talquetamab", "--last-dose", "0.06 mg/kg", "--schedule", "weekly", "-j", "EU", "--on", "2026-10-01", "--today", "2026-10-20"],
    ["restart", "elranatamab", "--last-dose", "76 mg", "-j", "US", "--on", "2026-09-01", "--today", "2026-10-20"],
    ["hold", "teclistamab", "CRS", "--temperature", "39", "--grade", "4", "-j", "HK", "--today", "2026-10-20"],
    ["hold", "cilta-cel", "IEC-HS", "--today", "2026-10-20", "--on", "2026-10-01"],
    ["hold", "lenalidomide", "neutropenia", "--count", "0.7", "-j", "US", "--today", "2026-10-20"],
    ["hold", "carfilzomib", "hypertension", "--grade", "3", "--today", "2026-10-20"],
]  # fmt: skip


@pytest.mark.parametrize("words_of", BEDSIDE, ids=" ".join)
def test_every_sentence_of_the_bedside_stands_on_its_page_and_in_markdown(
    words_of: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words_of, "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    shown = {}
    for name in ("html", "markdown", "table"):
        assert run([*words_of, "--format", name]) == 0
        out = capsys.readouterr().out
        shown[name] = " ".join((Parsed(out).said if name == "html" else out.replace("\\", "")).split())
    told = [made.get("headline", ""), made.get("review", ""), made.get("conflict", "")]
    told += [
        x["text"] for part in ("first", "ask", "give", "examine", "practice", "beware") for x in made.get(part, ())
    ]
    told += [x["text"] for d in made.get("plan", ()) for part in ("premedication", "observation") for x in d[part]]
    told += [f"{d['on']}: {d['dose']}" for d in made.get("plan", ())]
    told += [r["text"] for part in ("rows", "elsewhere", "holds") for r in made.get(part, ())]
    told += made["decision"]["because"] if "decision" in made else [made["row"] if made["plan"] else ""]
    for name, page_of in shown.items():
        assert [text for text in told if " ".join(text.split()) not in page_of] == [], name


def test_emergencies_stand_above_the_options() -> None:
    html = page(
        "recommendation", data("recommendation", patient(*LEN_REFRACTORY, disease__emergencies=["cord_compression"]))
    )
    assert html.index("First: cord compression") < html.index("Options, in order")


def test_every_verdict_has_a_word_and_a_mark() -> None:
    html = page("recommendation")
    for verdict, mark in (("caution", "!"), ("ineligible", "✗")):
        assert f'<span class="mark" aria-hidden="true">{mark}</span>{verdict}</span>' in html


def test_every_comparison_is_open_on_request() -> None:
    assert "<details open><summary>Every comparison" in page("recommendation", explain_order=True)
    assert "<details><summary>Every comparison" in page("recommendation")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_the_row_that_is_drawn_is_the_one_that_the_order_speaks_of(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", str(path), "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    drawn = {
        a["aria-label"]: a["data-pfs"] for a in Parsed(page("recommendation", answer)).all("svg") if "data-pfs" in a
    }
    for o in answer["options"]:
        row, said = o["nearest_benefit"], words.benefit(o)
        assert (row is None) == (said == "not in the catalogue")
        if row is None:
            continue
        median = row.get("pfs_months", {}).get("median")
        if row["figure"]["kind"] == "median":
            assert row["figure"]["months"] == median and said.startswith(f"{median:g} months, {row['trial']}")
        label = f"Progression-free survival of {o['regimen']}: {said}"
        if o["group"] in ("reserve", "seldom", "bridge"):
            assert label not in drawn, "shown short, without months"
        elif median is not None or row.get("pfs_months", {}).get("not_reached"):
            assert drawn[label] == row["trial"]
        else:
            assert label not in drawn, "a rate has no bar"


# --- drawn --------------------------------------------------------------------------------------


def periods(answer: Any) -> list[tuple[str, str]]:
    return sorted((g["agent"], str(t["index"])) for t in answer["history"]["therapies"] for g in t["agents"])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_the_timeline_has_one_bar_an_agent_and_period(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", str(path), "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    bars = [a for a in Parsed(page("history", answer)).all("g") if "data-agent" in a]
    drawn = sorted((a["data-agent"], a["data-therapy"]) for a in bars)
    assert drawn == sorted(2 * periods(answer)), "once for wide pages, once for narrow ones"


days = st.dates(date(1990, 1, 1), date(2026, 10, 20))


@st.composite
def a_day(draw: st.DrawFn) -> str:
    return draw(days).isoformat()[: draw(st.sampled_from([4, 7, 10]))]


@st.composite
def therapies(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for i in range(draw(st.integers(0, 5))):
        agents = []
        for name in draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=4)):
            start, stop = draw(st.none() | a_day()), draw(st.none() | a_day() | st.just("ongoing"))
            if start and stop and stop != "ongoing" and stop < start:
                start, stop = stop, start
            agents.append(
                {
                    "agent": name,
                    "name": name,
                    "dose": None,
                    "start": start,
                    "stop": stop,
                    "modality": "car-t" if name == "c" else "x",
                }
            )
        made.append(
            {"index": i, "line": draw(st.none() | st.integers(1, 3)), "intent": draw(st.sampled_from([None, "relapse", "transplant"])),
             "regimen": None, "agents": agents, "start": None, "stop": None, "best_response": None,
             "progressed_on": draw(st.none() | a_day()), "stop_reason": None}
        )  # fmt: skip
    return made


@given(therapies(), st.sampled_from([WIDE, NARROW]))
def test_bars_lie_within_their_frame_and_none_is_lost(told: list[dict[str, Any]], layout: Any) -> None:
    history: Any = {"therapies": told, "agents": []}
    made = timeline(history, "2026-10-20", layout)
    drawn = [b for block in made.blocks for row in block.rows for b in row.bars]
    assert len(drawn) == sum(len(t["agents"]) for t in told)
    left, right = layout.left, layout.width - layout.right
    for b in drawn:
        if b.shape != "none":
            assert left <= b.may_x <= b.may_x + b.may_width <= right + 0.02
            assert b.width == 0 or left <= b.x <= b.x + b.width <= right + 0.02
    for block in made.blocks:
        assert (
            block.progressed is None
            or left <= block.progressed[1] <= block.progressed[0] <= block.progressed[2] <= right
        )
    assert all(left <= x <= right for x, _ in made.ticks) and left <= made.today <= right
    ys = [row.y for block in made.blocks for row in block.rows]
    assert ys == sorted(ys) and all(b - a >= layout.row - 0.01 for a, b in itertools.pairwise(ys))


@given(days, days)
def test_a_later_day_lies_further_right(a: date, b: date) -> None:
    scale = Days(date(1990, 1, 1).toordinal(), date(2026, 12, 31).toordinal(), 10, 100_000)
    assert (scale.at(a) < scale.at(b)) == (a < b)


@given(days, days)
def test_less_is_certain_of_a_bar_whose_dates_are_known_in_part(a: date, b: date) -> None:
    start, stop = min(a, b).isoformat(), max(a, b).isoformat()
    now, scale = Span.day(TODAY), Days(date(1989, 1, 1).toordinal(), date(2027, 12, 31).toordinal(), 0, 1000)
    whole, part = bar(start, stop, now, scale), bar(start[:7], stop[:7], now, scale)
    assert part.partly and part.width <= whole.width + 0.02
    assert part.may_x <= whole.may_x + 0.02 and part.may_x + part.may_width >= whole.may_x + whole.may_width - 0.02


def test_a_day_that_is_not_recorded_is_said_and_not_guessed() -> None:
    now, scale = Span.day(TODAY), Days(date(2020, 1, 1).toordinal(), date(2027, 1, 1).toordinal(), 0, 700)
    for start, stop, open_start, open_end in (("2021-02-01", None, False, True), (None, "2021-02-01", True, False)):
        drawn = bar(start, stop, now, scale)
        assert (drawn.shape, drawn.open_start, drawn.open_end) == ("stub", open_start, open_end)
        assert drawn.may_width < 10 and "not recorded" in drawn.words
    assert bar(None, None, now, scale).shape == "none"
    assert bar("2021-02-01", "2021-02-01", now, scale, one_day=True).shape == "day"


@given(
    st.lists(
        st.fixed_dictionaries({"median": st.none() | st.floats(0.5, 90), "ci95": st.tuples(st.none() | st.floats(0.5, 40), st.none() | st.floats(41, 150))}),
        min_size=1, max_size=6,
    ),
)  # fmt: skip
def test_every_interval_lies_on_the_axis_in_its_order(told: list[dict[str, Any]]) -> None:
    rows: list[Any] = [{"pfs_months": m | {"not_reached": m["median"] is None}, "verified": "primary"} for m in told]
    axis = months_axis(rows)
    for row in rows:
        drawn = survival(row, axis)
        assert drawn is not None and drawn.reached == (row["pfs_months"]["median"] is not None)
        places = [x for x in (drawn.median, drawn.low, drawn.high) if x is not None]
        assert all(0 <= x <= axis.width - axis.room for x in places)
        if drawn.low is not None and drawn.high is not None:
            assert drawn.low < drawn.high
        assert drawn.open == (row["pfs_months"]["ci95"][1] is None or not drawn.reached)


def test_what_was_not_published_has_no_bar() -> None:
    rate: Any = {"pfs_rate": {"months": 12, "percent": 68}}
    nothing: Any = {"pfs_months": {"median": None}}
    assert survival(rate, months_axis([])) is None
    assert survival(nothing, months_axis([])) is None


def test_the_control_of_the_same_trial_is_drawn_on_the_same_axis() -> None:
    row: Any = {"pfs_months": {"median": 10.0, "control": 30.0}, "verified": "primary", "design": "randomised"}
    axis = months_axis([row])
    drawn = survival(row, axis)
    assert drawn is not None and drawn.control == axis.at(30.0) <= axis.width - axis.room
    assert figures.of_design(row) == "randomised trial, control 30 mo"
    alone: Any = {"pfs_months": {"median": 10.0}, "verified": "primary", "design": "single-arm"}
    without = survival(alone, axis)
    assert without is not None and without.control is None
    assert figures.of_design(alone) == "single arm, no control group"
    rate: Any = {"pfs_rate": {"months": 24, "percent": 60, "control": 40}, "design": "randomised"}
    assert figures.own_control(rate) == "control 40 %"


def test_survival_that_nobody_read_is_drawn_hollow() -> None:
    row: Any = {"pfs_months": {"median": 10.0}, "verified": "unverified"}
    drawn = survival(row, months_axis([row]))
    assert drawn is not None and drawn.hollow


# --- readable -----------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_stands_out_from_its_ground() -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", STYLE))
    texts = ("ink", "muted", "accent", "eligible", "caution", "undetermined", "deferred", "off-label", "ineligible")
    for text in texts:
        for ground in ("paper", "wash", f"{text}-wash"):
            if ground in colours:
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["bar"], colours["paper"]) >= 2 and contrast(colours["bar-line"], colours["bar"]) >= 3
    assert not set(re.findall(r"#[0-9a-f]{3,8}\b", STYLE)) - set(colours.values()), "colours are named once"


def test_every_text_stands_out_from_its_ground_in_the_dark_too() -> None:
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", text)) for text in (STYLE, DARK))
    assert dark.keys() == light.keys()
    for text in (
        "ink",
        "muted",
        "accent",
        "eligible",
        "caution",
        "undetermined",
        "deferred",
        "off-label",
        "ineligible",
    ):
        for ground in ("paper", "wash", f"{text}-wash"):
            if ground in dark:
                assert contrast(dark[text], dark[ground]) >= 4.5, (text, ground)
    assert contrast(dark["bar"], dark["paper"]) >= 2 and contrast(dark["bar-line"], dark["bar"]) >= 2.5


@pytest.mark.parametrize("text", ['a"; } body { display: none } </style><script>', "\\", "x\n@import 'y'", "陳 <b>"])
def test_a_name_in_the_margin_of_a_sheet_cannot_end_its_string(text: str) -> None:
    made = css_string(text)
    assert made[0] == made[-1] == '"' and not set(made[1:-1]) & set("\"'<>{};@\n")
    assert css_string("hk-001 2026.11") == '"hk-001 2026.11"'


@pytest.mark.parametrize("kind", KINDS)
def test_heads_names_and_languages_are_there(kind: str) -> None:
    found = Parsed(page(kind))
    assert found.all("html") == [{"lang": "en-GB"}]
    assert all("scope" in th for th in found.all("th"))
    for svg in found.all("svg"):
        assert svg.get("aria-hidden") == "true" or svg.get("aria-label") or svg.get("aria-labelledby")
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_the_first_screen_of_the_page_has_the_patient_the_first_options_and_what_would_open_the_next(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything stands in one block before the rest of the page: browsers show it above the fold."""
    assert run(["recommend", str(path), "-f", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert run(["recommend", str(path), "-f", "html"]) == 0
    page = capsys.readouterr().out
    begin = page.index('<div class="desk">')
    first = page[begin : page.index('<div class="pair">', begin)]
    shown = (answer["provisional"] or [o for o in answer["options"] if o["group"] in order.IN_FULL])[
        : brief.OPTIONS_SHOWN
    ]
    assert all(f'<span class="regimen">{o["regimen"]}</span>' in first for o in shown)
    assert answer["treat_now"]["because"] in unescape(first)
    for each in brief.openings(answer):
        assert each["text"] in unescape(first)
    assert all(x["name"] in first for x in answer["history"]["agents"] if x["refractory"] == "yes")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_the_sheet_for_the_board_has_the_options_the_open_questions_and_room_for_the_decision(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", str(path), "-f", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert run(["recommend", str(path), "--board"]) == 0
    sheet = unescape(capsys.readouterr().out)
    shown = (answer["provisional"] or [o for o in answer["options"] if o["group"] in order.IN_FULL])[
        : brief.OPTIONS_SHOWN
    ]
    assert all(f'<th scope="row">{o["regimen"]}</th>' in sheet for o in shown)
    assert answer["treat_now"]["because"] in sheet and answer["intended_use"] in sheet
    assert all(m["name"] in sheet for m in [m for m in answer["missing"] if m["decisive"]][:3])
    assert all(e["text"] in sheet for e in answer["treat_now"]["emergencies"])
    assert sheet.index("Who decided") < sheet.index(answer["intended_use"])


@pytest.mark.parametrize("words", [["-f", "json"], ["-o", "sheet.md"]])
def test_the_sheet_for_the_board_is_a_page_and_nothing_else(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", str(EXAMPLES[0]), "--board", *words]) == 2
    assert "--board makes an HTML page" in capsys.readouterr().err
