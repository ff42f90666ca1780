"""Where an entry stands in its file changes no answer: ``order`` says what is shown before what."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from mmadvisor.catalogue.catalogue import Ordered, ordered
from mmadvisor.desk.cli import run
from mmadvisor.files import layers
from mmadvisor.files.layers import builtin_folder, inspect
from tests import ROOT

TREE: dict[str, Any] = json.loads((builtin_folder() / "catalogue.json").read_text(encoding="utf-8"))["catalogue"]
# Lists whose rows have no id: they are read from the first to the last (docs/catalogue.md).
IN_TURN = ("rules", "doors", "stops", "label_sections", "doses_by_kidney", "dose_variants", "sequencing")


def shuffled(tree: dict[str, Any], seed: int) -> dict[str, Any]:
    """The same entries in another order, but for the lists that are read in turn."""
    chance = random.Random(seed)

    def mixed(value: Any) -> Any:
        if isinstance(value, list):
            return chance.sample(value, len(value))
        if isinstance(value, dict):
            return dict(chance.sample(list(value.items()), len(value)))
        return value

    made = {key: value if key in (*IN_TURN, "order") else mixed(value) for key, value in tree.items()}
    made["jurisdictions"] = {code: j | {"listings": mixed(j["listings"])} for code, j in tree["jurisdictions"].items()}
    return made


def answers() -> Iterator[tuple[str, str]]:
    """What the commands print for some examples."""
    examples = [str(ROOT / "examples" / f"{n}.yaml") for n in ("hk-triple-class-refractory", "brand-names-rechallenge")]
    for example in examples:
        for words in (
            ["recommend", example],
            ["history", example],
            ["plan", example, "--depth", "2"],
            ["monitor", "teclistamab", "--start", "2026-12-01", "--patient", example],
            ["explain", "cilta-cel", "--patient", example],
        ):
            for form in ("json", "table"):
                yield printed([*words, "--format", form, "--no-color"])
    for words in (
        ["catalogue", "list"],
        ["catalogue", "show", "lenalidomide"],
        ["hold", "teclistamab", "CRS", "--grade", "3"],
    ):
        yield printed([*words, "--format", "json"])


def printed(words: list[str]) -> tuple[str, str]:
    raw, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(raw, "utf-8")
    with redirect_stdout(out), redirect_stderr(err):
        run(words)
    out.flush()
    text = raw.getvalue().decode() + err.getvalue()
    return " ".join(words), re.sub(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b", "*", text)


def test_the_order_of_entries_in_a_file_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(answers())
    (tmp_path / "all.yaml").write_text(json.dumps(shuffled(TREE, 1)), encoding="utf-8")
    monkeypatch.setattr(layers, "builtin_folder", lambda: tmp_path)
    (tmp_path / layers.COMPILED).write_text(layers.compile_builtin(), encoding="utf-8")
    after = dict(answers())
    assert [words for words in before if before[words] != after[words]] == []


@pytest.mark.parametrize("key", get_args(Ordered))
def test_every_list_that_has_an_order_is_named_whole_and_keeps_it(key: str) -> None:
    value = TREE[key]
    ids = [entry["id"] for entry in value] if isinstance(value, list) else list(value)
    assert TREE["order"][key] == ids
    assert json.dumps(ordered(shuffled(TREE, 2))[key]) == json.dumps(value)


def test_what_the_order_does_not_name_comes_last_by_its_id() -> None:
    made = ordered({"order": {"regimens": ["B", "A"]}, "regimens": [{"id": i} for i in "dcAB"], "rules": [2, 1]})
    assert [entry["id"] for entry in made["regimens"]] == ["B", "A", "c", "d"] and made["rules"] == [2, 1]


def test_an_order_that_names_nothing_is_an_error_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("order:\n  regimens: [DKdd]\n", encoding="utf-8")
    (problem,) = inspect(path, date(2026, 12, 31), 999).problems
    assert "no entry of regimens DKdd. Did you mean DKd?" in problem.message and problem.line == 2
    path.write_text("order:\n  rules: [a]\n", encoding="utf-8")
    (problem,) = inspect(path, date(2026, 12, 31), 999).problems
    assert "allowed are bridges" in problem.message
