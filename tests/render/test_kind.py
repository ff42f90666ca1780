"""Kinds of answers and their formats: each typed, each bound in one place, none slower to start than it needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.base.errors import UsageError
from mmadvisor.render.catalogue_entry import CATALOGUE_ENTRY
from mmadvisor.render.kind import Kind
from mmadvisor.render.web import WITH_A_PAGE
from tests import ROOT
from tests.builders.drawn import KINDS, render

RENDER = ROOT / "src" / "mmadvisor" / "render"
MODULES = sorted(RENDER.glob("*.py"))


def of_each_file() -> dict[str, list[Kind[Any]]]:
    """The kinds that stand in each file of ``render/``."""
    found: dict[str, list[Kind[Any]]] = {}
    for path in MODULES:
        module = import_module(f"mmadvisor.render.{path.stem}".removesuffix(".__init__"))
        made = [value for value in vars(module).values() if isinstance(value, Kind)]
        if made:
            found[path.stem] = made
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_no_renderer_takes_data_of_any_shape_or_is_found_by_its_name(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.id] if isinstance(node, ast.Name) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        assert not {"Any", "import_module", "importlib", "cast"} & set(names), (path.name, names)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            assert isinstance(node.args[1], ast.Constant), f"{path.name}: an attribute is asked for by a name"


def test_the_tests_know_every_kind_that_there_is() -> None:
    made = [kind for kinds in of_each_file().values() for kind in kinds]
    assert len(made) == len(KINDS) and all(any(kind is known for known in KINDS.values()) for kind in made)


def test_every_kind_is_shown_by_a_command_which_imports_it_alone() -> None:
    rooms = [ast.parse(path.read_text(encoding="utf-8")) for path in (RENDER.parent / "desk").glob("*.py")]
    lazy = [
        alias.name
        for room in rooms
        for function in room.body
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mmadvisor.render.")
        for alias in node.names
    ]
    for stem, kinds in of_each_file().items():
        module = vars(import_module(f"mmadvisor.render.{stem}"))
        for kind in kinds:
            name = next(name for name, value in module.items() if value is kind)
            assert name in lazy, (stem, name)


def test_the_kinds_that_are_said_to_have_a_page_are_those_that_have_one() -> None:
    paged = {name for name, kinds in of_each_file().items() if any(kind.page for kind in kinds)}
    assert set(WITH_A_PAGE) == paged
    assert {path.stem for path in (RENDER / "templates").glob("*.html")} == paged | {"base", "board", "pieces"}


def test_a_kind_without_a_page_says_which_have_one() -> None:
    with pytest.raises(UsageError, match=", ".join(WITH_A_PAGE)):
        render("catalogue-list", "html", {})


def test_no_kind_needs_what_one_format_alone_needs() -> None:
    files = ", ".join(f"mmadvisor.render.{stem}" for stem in of_each_file())
    code = f"import sys, {files}; print(*[m for m in ('rich', 'jinja2', 'mmadvisor.render.paper') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_statement_of_the_catalogue_stands_behind_its_topic() -> None:
    claim = {"text": "Give it slowly.", "topic": "rate", "source": "s", "verified": "primary"}
    shown = {"kind": "agent", "id": "x", "name": "X", "facts": {}, "regimens": [], "claims": {"safety": [claim]},
             "cited_by": [], "sources": {}, "intended_use": ""}  # fmt: skip
    assert "rate: Give it slowly. [s]" in render(CATALOGUE_ENTRY, "table", shown)
