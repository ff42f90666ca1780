"""Reports as Markdown: rendered by a library of its own, nothing is lost and nothing of a patient's is obeyed."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mmadvisor.desk import bedside, cli, shelf
from mmadvisor.render import markdown
from mmadvisor.render.markdown import MarkdownPaper
from mmadvisor.render.text import clean
from tests import ROOT
from tests.builders.blank import answer_for
from tests.builders.drawn import render
from tests.builders.patients import TRIPLE_CLASS_REFRACTORY, patient

EXAMPLES = sorted(p for p in (ROOT / "examples").iterdir() if p.suffix in (".yaml", ".json"))
FIRST = str(EXAMPLES[0])
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ASKED = [
    *([command, str(path), "--as-of", "2026-11-01"] for path in EXAMPLES for command in ("recommend", "history")),
    *(["plan", str(path), "--as-of", "2026-11-01", "--depth", "2"] for path in EXAMPLES[:4]),
    ["recommend", FIRST, "--explain-order"],
    ["recommend", FIRST, "--set", "labs.lvef_percent=35", "--against", FIRST],
    ["explain", "DKd"],
    ["explain", "teclistamab", "--patient", FIRST],
    ["compare", "DKd", "IsaKd", "teclistamab", "--patient", FIRST],
    ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--on", "2026-10-01", "--today", "2026-11-10", "-j", "US",
     "--schedule", "weekly"],
    ["hold", "elranatamab", "CRS", "--temperature", "38.5", "--pressure", "none", "-j", "US"],
    ["monitor", "elranatamab", "--start", "2026-11-01", "--today", "2026-11-10", "-j", "US"],
    ["catalogue", "list"],
    ["catalogue", "show", "carfilzomib"],
    ["catalogue", "check"],
    ["catalogue", "diff", "builtin", str(ROOT / "docs" / "hospital-formulary.yaml")],
]  # fmt: skip
HOSTILE = [
    "# heading", "a\n# heading", "- item", "1. item", "> quote", "```", "---", "***", "<b>x</b>", "<script>alert(1)</script>",
    "<!-- x", "&lt;b&gt;", "&#60;b", "[a](http://evil.example)", "![a](http://evil.example/x.png)", "<http://evil.example>",
    "[a]: http://evil.example", "[a][b]", "a | b", "`code`", "*x* _x_ __x__ ~~x~~", "x_y_z", "\\# x", "trailing \\", "x  \ny",
    "    code", "\x1b[31m", "\u202eabc", "[x] done", "https://evil.example", "www.evil.example", "a@evil.example", "$x$", "=====",
    "[a]: x", "a [b]: x", "0.06 mg", "~ x", "| a |\n| --- |", "[[a](b)](c)", "[a [b] c](d)", "a]", "](x)", "[^1]", "+ x", "陳大文", "x #", "!", "\\", "**",
]  # fmt: skip


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")


def flat(text: str) -> Iterator[Token]:
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def read(text: str) -> str:
    """What a reader of the rendered report sees, a line a block."""
    seen = ""
    for token in flat(text):
        if token.type in ("text", "fence", "code_inline", "text_special"):
            seen += token.content
        elif token.type in ("softbreak", "inline", "td_open", "th_open"):
            seen += "\n"
    return seen


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text))


def shape(text: str) -> list[str]:
    """What is rendered, without what it says."""
    return [t.type for t in flat(text) if t.type not in ("text", "text_special", "softbreak")]


@pytest.mark.parametrize("command", ASKED, ids=lambda c: " ".join(Path(word).name for word in c))
def test_every_kind_is_written_whole_and_renders(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}

    def keep(kind: str, data: Any, format: str, output: str | None, no_color: bool, **options: Any) -> None:
        options.pop("settings", None)
        made.update(kind=kind, data=data, options=options | {"full": True})

    for room in (bedside, cli, shelf):
        monkeypatch.setattr(room, "emit", keep)
    monkeypatch.setattr(markdown, "DRAWN_COLUMNS", 140)  # a timeline of another width names other years
    assert cli.run(command) == 0
    table, text = (
        render(made["kind"], f, made["data"], to_terminal=False, **made["options"]) for f in ("table", "markdown")
    )
    tokens = list(flat(text))
    assert not {t.type for t in tokens} & {"html_block", "html_inline", "link_open", "image", "code_block", "blockquote_open",
                                           "ordered_list_open", "hr", "code_inline", "em_open", "s_open"}  # fmt: skip
    levels = [int(t.tag[1]) for t in tokens if t.type == "heading_open"]
    assert levels[0] == 1 and levels.count(1) == 1 and set(levels) <= {1, 2}
    assert words(table) <= words(read(text)), words(table) - words(read(text))
    assert "\x1b" not in text and text.endswith("\n") and not re.search(r"[ \t]\n|\n\n\n", text)
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}) == 1


def steered(data: Any, bad: str) -> Any:
    """The answer with a text of a patient's in every place where one may come."""
    answer = copy.deepcopy(data)
    answer["patient"]["id"] = bad
    answer["warnings"] = [bad, f"therapies[0].regimen: {bad}"]
    answer["treat_now"]["because"] = bad
    for agent in answer["history"]["agents"][:2]:
        agent["name"] = agent["because"] = bad
    for therapy in answer["history"]["therapies"][:1]:
        therapy["regimen"] = None
        for agent in therapy["agents"]:
            agent["name"] = bad
    for option in answer["options"][:1]:
        option["regimen"] = option["name"] = bad
    for entry in answer["not_offered"]:
        entry["because"] = [bad, bad]
    return answer


ANSWER = answer_for(**patient(*TRIPLE_CLASS_REFRACTORY))


@pytest.mark.parametrize("bad", HOSTILE)
@pytest.mark.parametrize("kind", ["recommendation", "history"])
def test_a_text_of_a_patients_is_shown_and_never_obeyed(kind: str, bad: str) -> None:
    text = render(kind, "markdown", steered(ANSWER, bad), to_terminal=False)
    harmless = render(kind, "markdown", steered(ANSWER, "harmless"), to_terminal=False)
    assert shape(text) == shape(harmless)
    assert f"Patient {re.sub(' +', ' ', clean(bad).strip())} " in re.sub(" (· )?", " ", read(text)).replace("  ", " ")
    assert not re.search(r"https?://|www\.|\w@\w", re.sub(r"(?s)```.*?```", "", text))


@given(
    st.text(alphabet=st.sampled_from([*"\\`*_[]<>|#&~$!()-+.=:;/@ \n\t1ax", "\u200b", "é"]), max_size=24).filter(
        lambda text: text.strip(" ")
    )
)
def test_any_text_at_all_stays_text(text: str) -> None:
    page = MarkdownPaper()
    page.line(text)
    page.bullets([text])
    page.bullets([text], sign="+")
    page.heading(f"x {text} x")
    page.table(["a", "b"], [[text, [text, text]]])
    plain = MarkdownPaper()
    plain.line("x")
    plain.bullets(["x"])
    plain.bullets(["x"], sign="+")
    plain.heading("x x x")
    plain.table(["a", "b"], [["x", ["x", "x"]]])
    assert shape(page.text()) == shape(plain.text())
    shown = clean(text).strip()
    if "  " not in shown:
        assert read(page.text()).split("\n")[1] == shown


def test_a_boxed_list_can_be_ticked_and_a_sign_has_a_word() -> None:
    text = render("recommendation", "markdown", ANSWER, to_terminal=False)
    assert "\n- [ ] " in text and "\n  - " in text
    assert "\n- **For:** " in text and "eligible; licen" in text


def test_a_fence_is_longer_than_any_in_it() -> None:
    page = MarkdownPaper()
    page.drawing(["a ```` b"])
    assert page.text() == "`````text\na ```` b\n`````\n"


def test_several_texts_in_a_cell_stand_apart() -> None:
    page = MarkdownPaper()
    page.table(["a", "b"], [["x|y", ["one", "two"]]])
    assert "| x\\|y | • one • two |" in page.text()


def test_markdown_goes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "answer.md"
    assert cli.run(["recommend", FIRST, "--format", "markdown", "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8").startswith("# Patient ")
