"""A format decides nothing: what is written for people is never searched to decide anything.

Which row, which regimen and which state is said by ids, kinds and numbers beside each sentence. So a sentence may be
reworded, or told in another language, and nothing else changes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT

SOURCE = ROOT / "src" / "mmadvisor"
_FILES = "reads or writes files, names, paths and numbers: their form is what it is about"
_SPOKEN = "the form of names and replies, such as the spelling of an event"
# Modules that take texts apart, and why.
BY_TRADE = {
    **dict.fromkeys(["base/known", "base/plain", "formats/agents", "desk/ask", "desk/dialogue", "desk/draft", "desk/questions", "desk/replies", "cohort/formats", "cohort/sinks", "cohort/sources", "cohort/target", "base/validation", "desk/bedside", "desk/cli", "base/records", "base/errors", "files/form", "catalogue/lint", "files/output",
                     "formats/patient", "formats/paths", "criteria/possible", "files/documents", "files/patients", "files/salvage", "files/tidy", "files/validity", "desk/terminal", "files/writing"], _FILES),
    **dict.fromkeys(["care/bedside", "care/grading", "care/events"], _SPOKEN),
}  # fmt: skip
READERS = [path for path in sorted(SOURCE.rglob("*.py")) if path.relative_to(SOURCE).as_posix()[:-3] not in BY_TRADE]
TEMPLATES = sorted((SOURCE / "render" / "templates").glob("*.html"))
CUTTING = {"startswith", "endswith", "removeprefix", "removesuffix", "split", "rsplit", "partition", "rpartition",
           "splitlines", "replace", "find"}  # fmt: skip
SEARCHING = {"match", "search", "fullmatch", "findall", "finditer", "sub", "split"}
# What an answer says in sentences, or in the words of `data/`: no reader looks into them.
SENTENCES = {"above_next_because", "because", "found", "note", "text", "told", "why", "would_change_if",
             "would_rank_if"}  # fmt: skip
# What a `value` may be beside words: an answer to a question.
STATES = {"yes", "no", "unknown", "doubtful"}
# (file, function): why it may look into a text. None of them looks for a meaning.
ALLOWED = {
    ("answers/columns.py", "record_of"): "names of columns",
    ("cohort/count.py", "_rows"): "the suffix of a file",
    ("cohort/count.py", "_value"): "the name of a column, and the apostrophe before a text",
    ("cohort/count.py", "_is_column"): "names of columns",
    ("cohort/count.py", "value"): "names of columns",
    ("cohort/count.py", "_inside"): "the path of a field",
    ("reports/cohort.py", "_without_places"): "the path of a field",
    ("render/text.py", "spoken"): "an identifier of a format as words: no sentence",
    ("render/text.py", "ascii_only"): "the name of an encoding",
    ("render/text.py", "in_ascii"): "characters that a terminal cannot show",
    ("render/text.py", "folded"): "line breaks at spaces",
    ("render/text.py", "joints"): "where a word may be broken",
    ("render/text.py", "_broken"): "where a word may be broken",
    ("render/paper.py", "text"): "spaces that do not break, and a line that a terminal cannot draw",
    ("render/paper.py", "table"): "the lines of a cell",
    ("render/paper.py", "grid"): "the width of words",
    ("render/paper.py", "_stacked"): "the lines of a cell",
    ("render/paper.py", "_widest_word"): "the width of words",
    ("render/markdown.py", "text"): "spaces that do not break",
    ("render/markdown.py", "plain"): "the escaping of Markdown",
    ("render/markdown.py", "begun"): "the escaping of Markdown",
    ("render/markdown.py", "drawing"): "a fence longer than any in a drawing",
    ("render/words.py", "last_dose"): "spaces that do not break",
    ("files/settings.py", "read_settings"): "a list of paths in a variable",
    ("files/examples.py", "described"): "the table of a document",
    ("files/consistency.py", "doubts"): "an id that may be a name, or the number of a card",
    ("files/layers.py", "_digest"): "line ends of a file, in bytes",
    ("judging/verdict.py", "hanging_on_field"): "the path of a field",
    ("reports/against.py", "_derived"): "an identifier of the format as words",
    ("judging/clinical_relapse.py", "of_the_myeloma"): "an identifier of the format as words",
    ("judging/contradictions.py", "_missing_from_list"): "an identifier of the format as words",
    ("answers/words.py", "action_in_words"): "an identifier of the format as words",
    ("judging/unknowns.py", "_shown"): "an identifier of the format as words",
    ("catalogue/regimens.py", "_revision"): "the form of a revision in a file of the catalogue",
    ("formats/schedule.py", "_spanned"): "a span of days, such as 1-21",
    ("care/doses.py", "by_day"): "a route, which may be oral or another",
    ("care/tasks.py", "_short"): "the beginning of an item, as its name in a line of the calendar",
    ("criteria/allowed.py", "type_of"): "the path of a field",
    ("criteria/allowed.py", "outside"): "an identifier of the format as words",
    ("criteria/base.py", "field"): "the path of a field, as words where it has no name",
    ("criteria/conditions.py", "_words"): "an event as the patient file names it",
    ("criteria/conditions.py", "_names"): "an event as the patient file names it",
    ("criteria/conditions.py", "_events"): "the path of a field",
    ("criteria/fields.py", "of_a_test"): "the path of a field",
    ("criteria/fields.py", "required"): "an identifier of the format as words",
    ("criteria/fields.py", "account"): "an identifier of the format as words",
    ("judging/treat_now.py", "named"): "the path of a field, as words where it has no name",
    ("judging/case.py", "opening"): "the path of a field",
    ("history/names.py", "in_time"): "the path of a field",
    ("judging/ranking.py", "reads"): "the path of a field",
    ("reports/board_index.py", "_compared"): "an identifier of the format as words",
    ("cohort/board.py", "sheet_name"): "the harmless characters of an id, for the name of a file",
    ("judging/comparisons.py", "_strong_cautions"): "the path of a field",
}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def functions(tree: ast.AST, name: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Every node with the function that it stands in."""
    for child in ast.iter_child_nodes(tree):
        inner = child.name if isinstance(child, ast.FunctionDef) else name
        yield inner, child
        yield from functions(child, inner)


def key_of(node: ast.AST) -> str:
    """The key that a subscript such as ``o["because"]`` reads; empty for anything else."""
    while isinstance(node, ast.Call) and node.args:  # str(x["because"])
        node = node.args[0]
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return ""


def looks_into(node: ast.AST) -> str:
    """How a node looks into a text; empty where it does not."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        about = node.func.value
        if node.func.attr in SEARCHING and isinstance(about, ast.Name) and (about.id == "re" or about.id.isupper()):
            return f"{about.id}.{node.func.attr}"
        # `day.replace(day=1)` takes no text.
        if node.func.attr in CUTTING and not node.keywords:
            return f".{node.func.attr}("
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        texts = [
            s.value for s in ast.walk(node) if isinstance(s, ast.Constant) and isinstance(s.value, str) and s.value
        ]
        texts = [t for t in texts if t not in SENTENCES | STATES | {"value"}]
        asked = [key for key in map(key_of, sides) if key in SENTENCES | {"value"}]
        within = any(isinstance(op, ast.In | ast.NotIn) for op in node.ops)
        in_sentence = within and key_of(node.comparators[-1]) in SENTENCES
        listed = [s for s in sides if isinstance(s, ast.Tuple | ast.List | ast.Set)]
        if in_sentence or (asked and (texts or (within and listed and asked != ["value"]))):
            return f"comparison of {', '.join(asked) or key_of(node.comparators[-1])}"
    return ""


@pytest.mark.parametrize("path", READERS, ids=name_of)
def test_no_reader_of_an_answer_looks_into_its_sentences(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        f"{name_of(path)}:{node.lineno} {inside}: {how}"
        for inside, node in functions(tree)
        if isinstance(node, ast.expr) and (how := looks_into(node)) and (name_of(path), inside) not in ALLOWED
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_no_template_looks_into_a_sentence(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"\|\s*(?:replace|split|regex\w*)\b|\.(?:startswith|endswith|replace|split)\(", text)
    assert not re.findall(r"(?:==|!=)\s*words\.[A-Z]", text)
    assert not re.findall(rf"\.(?:{'|'.join(SENTENCES - {'found'})})\s*(?:==|!=|in)\s*\"", text)


def test_each_exception_is_still_one() -> None:
    """A function that no longer looks into a text leaves the list, and so does a module."""
    cutting = {
        name_of(path)[:-3]
        for path in SOURCE.rglob("*.py")
        if any(looks_into(node) for _, node in functions(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert BY_TRADE.keys() <= cutting, BY_TRADE.keys() - cutting
    used = {
        (name_of(path), inside)
        for path in READERS
        for inside, node in functions(ast.parse(path.read_text(encoding="utf-8")))
        if looks_into(node)
    }
    assert ALLOWED.keys() <= used, ALLOWED.keys() - used


@pytest.mark.parametrize(
    "code",
    [
        'x["because"].startswith("no ")',
        'x["because"].removeprefix("median PFS ")',
        're.split("[;,]", found["because"])',
        'row["trial"] in found["because"]',
        'found["value"] not in ("", "not placed")',
        'n["would_change_if"] == "nothing can"',
        'text.replace("therapies[2]", "the assumed one")',
        "_UNIT.search(text)",
    ],
)
def test_the_test_sees_what_it_forbids(code: str) -> None:
    assert any(looks_into(node) for _, node in functions(ast.parse(code)))
