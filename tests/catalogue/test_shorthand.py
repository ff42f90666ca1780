"""The short form of opposites: what it stands for, where it is accepted, and what is said of faults in it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.catalogue.shorthand import opposite_of, short_word, written_out
from mmadvisor.criteria.base import Criterion
from mmadvisor.criteria.types import OPPOSITES, criterion_from, criterion_types
from mmadvisor.files.documents import parse
from mmadvisor.files.layers import builtin_folder, inspect, load
from mmadvisor.files.schemas import catalogue_schema
from mmadvisor.files.tidy import tidy
from tests.builders.blank import LOADED

TODAY = date(2026, 11, 30)
SOURCES = "sources:\n  s: {kind: practice, title: A, year: 2026, read_on: null, verified: primary}\n"


def layer(folder: Path, gate: str) -> Path:
    """A layer with one gate before carfilzomib."""
    path = folder / "layer.yaml"
    rule = f"rules:\n- applies_to: {{agents: [carfilzomib]}}\n  gates:\n{gate}"
    path.write_text(SOURCES + rule, encoding="utf-8")
    return path


def test_every_short_word_has_a_type_and_hides_none() -> None:
    assert set(OPPOSITES.values()) <= criterion_types().keys()
    assert not set(OPPOSITES) & criterion_types().keys()
    assert len(set(OPPOSITES.values())) == len(OPPOSITES), "one short word for each type"


@pytest.mark.parametrize("word", OPPOSITES)
def test_a_short_word_is_written_out_with_the_common_fields_outside(word: str) -> None:
    common = {key: key for key in Criterion.defaults() if key != "id"}
    own = {key: [key] for key in criterion_types()[OPPOSITES[word]].defaults() if key not in Criterion.defaults()}
    own.pop("type")
    short: dict[str, Any] = {"id": "x", "type": word, **own, **common}
    made = written_out([{"when": short}])[0]["when"]
    assert made == {"id": "x", "type": "not", "criterion": {"type": OPPOSITES[word], **own}, **common}
    assert list(made)[:3] == ["id", "type", "criterion"]
    assert opposite_of(made) is None and written_out(made) == made


def test_the_short_form_is_the_same_criterion_to_whatever_judges(tmp_path: Path) -> None:
    fields = "text: in words, about: a topic, passes_with_time: true, source: s, verified: primary"
    short = f"  - {{id: x, type: not-refractory, to_any: [carfilzomib], {fields}}}\n"
    long = f"  - {{id: x, type: not, criterion: {{type: refractory, to_any: [carfilzomib]}}, {fields}}}\n"
    made = [load([layer(tmp_path, gate)]).catalogue.rules[-1].gates[0] for gate in (short, long)]
    assert made[0] == made[1] and made[0].question == made[1].question and made[0].type == "not"
    assert (
        made[0].question
        == criterion_from({"type": "not", "criterion": {"type": "refractory", "to_any": ["carfilzomib"]}}).question
    )


def test_it_may_stand_wherever_a_criterion_may(tmp_path: Path) -> None:
    gate = """  - id: x
    type: any
    criteria:
    - {type: not, criterion: {type: not-exposed, to_any: [PI]}}
    - {type: second-cancer, kinds: [t-cell], states: [active]}
    source: s
    verified: primary
"""
    (made,) = load([layer(tmp_path, gate)]).catalogue.rules[-1].gates
    assert made.required(LOADED.catalogue.words).startswith("not: not: has received PI or not: ")


@pytest.mark.parametrize(
    ("wrong", "said", "path"),
    [
        ("    to_eny: [carfilzomib]", "there is no such field. Did you mean to_any?", "rules[0].gates[0].to_eny"),
        ("    to_any: carfilzomib", "this must be a list", "rules[0].gates[0].to_any"),
        ("    to_any: [carfilzomip]", "there is no agent or class carfilzomip. Did you mean carfilzomib?", "rules."),
        ("    criterion: {type: refractory, to_any: [PI]}", "there is no such field", "rules[0].gates[0].criterion"),
    ],
)
def test_a_fault_in_the_short_form_is_told_at_its_line(tmp_path: Path, wrong: str, said: str, path: str) -> None:
    gate = f"  - id: x\n    type: not-refractory\n{wrong}\n    source: s\n    verified: primary\n"
    file = layer(tmp_path, gate)
    (problem,) = inspect(file, TODAY, 999).problems
    line = file.read_text(encoding="utf-8").splitlines().index(wrong) + 1
    assert said in str(problem) and problem.path.startswith(path)
    assert problem.line == line or (problem.line, "agent or class" in said) == (line - 2, True)
    assert ".criterion" not in problem.path or "criterion" in wrong, "what does not stand in the file is not named"


def test_an_editor_completes_the_short_form() -> None:
    defs = catalogue_schema()["$defs"]
    assert defs["Refractory"]["properties"]["type"]["enum"] == ["refractory", "not-refractory"]
    choices = json.dumps(defs["Rule"]["properties"]["gates"])
    assert all(f'"{word}": "#/$defs/{criterion_types()[kind].__name__}"' in choices for word, kind in OPPOSITES.items())


def test_tidy_writes_the_short_form_where_it_says_the_same() -> None:
    def tidied(criterion: str) -> str:
        return tidy(f"when:\n- {criterion}\n", "x", 1 << 20).removeprefix("when:\n- ").rstrip("\n")

    assert tidied("{type: not, criterion: {type: refractory, to_any: [PI]}}") == "{type: not-refractory, to_any: [PI]}"
    assert tidied("{id: a, type: not, criterion: {type: exposed, to_any: [PI]}, text: b}") == (
        "{id: a, type: not-exposed, to_any: [PI], text: b}"
    )
    for kept in (
        "{type: not, criterion: {type: no-pregnancy}}",
        "{type: not, criterion: {type: any, criteria: [{type: no-gvhd}]}}",
        "{type: not, criterion: {type: refractory, to_any: [PI], text: its own words}}",
        "{type: not, text: between, criterion: {type: refractory, to_any: [PI]}}",
    ):
        assert tidied(kept) == kept


def test_no_opposite_of_the_catalogue_stands_in_the_long_form_that_has_a_short_one() -> None:
    def long(tree: Any) -> list[Any]:
        if isinstance(tree, list):
            return [found for item in tree for found in long(item)]
        if not isinstance(tree, dict):
            return []
        inner = tree.get("criterion") if tree.get("type") == "not" else None
        here = [tree] if inner and short_word(list(tree), inner["type"], list(inner)) else []
        return here + [found for value in tree.values() for found in long(value)]

    for path in builtin_folder().rglob("*.yaml"):
        assert not long(parse(path.read_bytes(), str(path), limit=1 << 20).tree), path
