"""The house kept: layers, types, style, freshness, and that data says it rather than code."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mmadvisor.catalogue.catalogue import build, walk
from mmadvisor.catalogue.lint import errors
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.criteria.conditions import NotBeside
from mmadvisor.criteria.types import criterion_types
from mmadvisor.files.layers import COMPILED, builtin_folder, compile_builtin
from mmadvisor.files.schemas import catalogue_schema, validate_whole
from tests import ROOT
from tests.builders.blank import LOADED

SOURCES = sorted((ROOT / "src").rglob("*.py"))
MOST_LINES = {ast.Module: 700, ast.ClassDef: 300, ast.FunctionDef: 60}
MOST_BRANCHES = 20


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("importlinter.cli",),
    ],
    ids=lambda c: " ".join(c),
)
def test_tools_find_nothing(command: tuple[str, ...]) -> None:
    if command[0] == "importlinter.cli":
        code = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
        done = run(sys.executable, "-c", code, "--no-cache")
    else:
        done = run(sys.executable, "-m", *command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compiled_catalogue_is_fresh() -> None:
    stored = (builtin_folder() / COMPILED).read_text(encoding="utf-8")
    assert stored == compile_builtin(), "run: python -m mmadvisor.tools compile"


def test_the_schema_beside_the_data_is_fresh() -> None:
    stored = json.loads((builtin_folder() / "catalogue.schema.json").read_text(encoding="utf-8"))
    assert stored == catalogue_schema(), "run: python -m mmadvisor.tools compile"


def test_the_quick_way_and_the_checked_way_make_the_same_catalogue() -> None:
    raw = json.loads((builtin_folder() / COMPILED).read_text(encoding="utf-8"))["catalogue"]
    assert build(raw) == validate_whole(raw)


def test_the_catalogue_holds_together() -> None:
    assert [f"{flaw.place}: {flaw.message}" for flaw in errors(LOADED.catalogue)] == []


def test_no_drug_and_no_regimen_is_named_in_code() -> None:
    names = {a.id for a in LOADED.catalogue.agents} | {b.casefold() for a in LOADED.catalogue.agents for b in a.brands}
    names |= {r.id.casefold() for r in LOADED.catalogue.regimens if len(r.id) > 3}
    for path in SOURCES:
        # Docstrings and help texts may give an example; code may not decide by a name.
        code = re.sub(r'""".*?"""|help="[^"]*"', "", path.read_text(encoding="utf-8"), flags=re.DOTALL).casefold()
        words = set(re.findall(r"[a-z0-9][a-z0-9-]+", code))
        assert not words & names, path


def test_nobody_outside_asks_a_criterion_for_its_class() -> None:
    """A criterion answers for itself, so that a new type needs no second file."""
    types: list[type] = [*criterion_types().values(), NotBeside]
    known = {cls.__name__ for cls in types}
    found = set()
    for path in SOURCES:
        name = path.relative_to(ROOT / "src" / "mmadvisor").as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
                found |= {(name, n.id) for n in ast.walk(node.args[1]) if isinstance(n, ast.Name) and n.id in known}
    assert {(name, cls) for name, cls in found if not name.startswith("criteria/")} == set()


def test_only_what_the_commands_share_reads_the_clock() -> None:
    for path in SOURCES:
        if path.relative_to(ROOT / "src" / "mmadvisor").as_posix() != "desk/shared.py":
            assert not re.search(r"\b(now|today)\(\)|time\.time", path.read_text(encoding="utf-8")), path


def test_every_clinical_entry_says_how_it_was_checked() -> None:
    for place, entry in walk(LOADED.catalogue):
        if getattr(entry, "source", ""):
            assert getattr(entry, "verified", "primary") in ("primary", "secondary", "unverified"), place


def test_every_regimen_of_the_first_catalogue_is_there_with_its_listings() -> None:
    text = """D-VRd Isa-VRd VRd DRd R-maintenance D-R-maintenance Rd Vd VCd ERd IRd DKd IsaKd DPd IsaPd DVd Kd KRd KPd
    KCd EPd PVd PCd Pd SVd Sd BVd BPd VenD VenVd DCEP VTD-PACE salvage-ASCT elranatamab teclistamab linvoseltamab
    talquetamab Tec-Dara ide-cel cilta-cel eque-cel"""
    wanted = text.split()
    assert set(wanted) <= LOADED.catalogue.regimen_by_id.keys()
    for name in wanted:
        for code in ("US", "EU", "HK"):
            assert name in LOADED.catalogue.jurisdictions[code].listings, (code, name)


@pytest.mark.parametrize("regimen", LOADED.catalogue.regimens, ids=lambda r: r.id)
def test_every_regimen_says_how_it_is_given(regimen: Regimen) -> None:
    assert regimen.agents and regimen.name
    unread = any(note.topic == "doses" for note in regimen.notes)
    assert regimen.investigational or unread or any(c.doses for c in regimen.agents)


def test_the_readme_names_each_command_and_option_that_there_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ("recommend", "history", "explain", "compare", "validate", "batch", "board", "schema", "new", "example", "config",
                    "plan", "monitor", "restart", "hold", "catalogue list", "catalogue show", "catalogue check", "catalogue diff"):  # fmt: skip
        assert f"mmadvisor {command}" in readme


def test_the_lowest_versions_that_are_let_in_are_those_that_are_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [d for name, extra in project["optional-dependencies"].items() if name != "dev" for d in extra]
    let_in = {
        name: version
        for d in (*project["dependencies"], *extras)
        for name, _, version in [d.partition(";")[0].partition(">=")]
    }
    pinned = dict(
        re.findall(r"^([a-z0-9-]+)==([0-9.]+)$", (ROOT / "tests" / "lowest.txt").read_text(), flags=re.MULTILINE)
    )
    assert let_in.items() <= pinned.items() and len(let_in) == 9
    # What is imported is declared, and not left to what another package happens to bring.
    nodes = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    imported = {name.partition(".")[0] for name in names}
    ours = {"yaml": "pyyaml", "typing_extensions": "typing-extensions", "pydantic_core": "pydantic",
            "backports": "backports-zstd"}  # fmt: skip
    later = {"compression"}  # in the standard library of Python 3.14
    outside = {ours.get(name, name) for name in imported - sys.stdlib_module_names - later - {"mmadvisor"}}
    assert outside == let_in.keys()


def test_every_suite_that_the_documents_name_is_run() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    run_there = set(re.findall(r"\$\(line ([a-z]+) ([A-Z]+\.md)\)", ci))
    named = {
        (marker, name)
        for name in ("README.md", "CONTRIBUTING.md")
        for marker in re.findall(r"<!-- ([a-z]+) -->", (ROOT / name).read_text(encoding="utf-8"))
    }
    assert run_there == named and ("lowest", "CONTRIBUTING.md") in named


def branches(function: ast.FunctionDef) -> int:
    """Cyclomatic complexity as `radon cc` counts it: functions inside of it are counted by themselves."""
    found, left = 1, list[ast.AST](function.body)
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef | ast.Assert):  # what stands in an assertion is not counted
            found += isinstance(node, ast.Assert)
            continue
        left += ast.iter_child_nodes(node)
        match node:
            case ast.If() | ast.IfExp():
                found += 1
            case ast.For() | ast.While():
                found += 1 + bool(node.orelse)
            case ast.BoolOp():
                found += len(node.values) - 1
            case ast.comprehension():
                found += 1 + len(node.ifs)
            case ast.Try():
                found += len(node.handlers) + bool(node.orelse)
            case ast.Match():
                found += sum(not (isinstance(c.pattern, ast.MatchAs) and c.pattern.pattern is None) for c in node.cases)
            case _:
                pass
    return found


def too_large(path: Path) -> list[str]:
    """The module, the classes and the functions of a file that are over a limit, each with what it has."""
    text = path.read_text(encoding="utf-8")
    whole = ast.parse(text)
    found = [f"{path.name}: {lines} lines"] if (lines := len(text.splitlines())) > MOST_LINES[ast.Module] else []
    for node in ast.walk(whole):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES[type(node)]:
                found.append(f"{node.name}: {lines} lines")
        if isinstance(node, ast.FunctionDef) and (ways := branches(node)) > MOST_BRANCHES:
            found.append(f"{node.name}: {ways} branches")
    return found


def test_branches_are_counted_as_radon_counts_them() -> None:
    text = """
def f(a, b):
    for x in a:
        if x and b or not x:
            return [y if y else b for y in x if y]
    else:
        assert a or b
    try:
        match a:
            case 1: return 1
            case _: return 2
    except ValueError:
        def g():
            if a: return 0
"""
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef) and branches(function) == 12


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT / "src" / "mmadvisor").as_posix())
def test_no_module_class_or_function_is_larger_than_a_reader_can_hold(path: Path) -> None:
    assert too_large(path) == []
