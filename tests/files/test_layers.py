"""Layers over the catalogue: what they restate, add and may cost, and errors at their own lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmadvisor.base.errors import InvalidInputError, Problem
from mmadvisor.catalogue.catalogue import walk
from mmadvisor.catalogue.shorthand import written_out
from mmadvisor.criteria.types import criterion_from
from mmadvisor.files import layers
from mmadvisor.files.documents import parse
from mmadvisor.files.layers import builtin_folder, inspect, load, load_alone
from mmadvisor.reports.difference import difference
from tests import ROOT
from tests.builders.blank import LOADED
from tests.builders.layers import CLAIM, LVEF, TODAY, layer_of, plant, regimen

CATALOGUE = LOADED.catalogue


def test_a_hospital_lays_its_formulary_over_the_catalogue() -> None:
    layer = ROOT / "docs" / "hospital-formulary.yaml"
    ours = load([layer])
    assert ours.layers == ("builtin", "hospital-formulary.yaml") and ours.sha256 != LOADED.sha256
    assert inspect(layer, TODAY, 99).problems == []
    regimens = ours.catalogue.regimen_by_id
    assert ours.catalogue.status("HK", regimens["DKd"], TODAY) == "approved"
    assert ours.catalogue.status("HK", regimens["DKd"], date(2025, 1, 1)) == "not-available"
    assert ours.catalogue.status("HK", regimens["linvoseltamab"], TODAY) == "not-available"
    assert CATALOGUE.status("HK", CATALOGUE.regimen_by_id["DKd"], TODAY) == "unknown"
    assert ours.catalogue.jurisdictions["US"].name == CATALOGUE.jurisdictions["US"].name
    changed = {e["entry"] for e in difference(CATALOGUE, ours.catalogue, ("a", "b"))["entries"]}
    products = {entry for entry in changed if entry.startswith("HK product ")}
    assert changed - products == {"HK DKd", "HK linvoseltamab", "sources example-formulary"}
    assert len(products) == len(ours.catalogue.jurisdictions["HK"].products)


def lvef_of(catalogue: Any, name: str) -> list[float]:
    found = catalogue.regimen_by_id[name]
    asked = (*catalogue.gates_of(found), *catalogue.cautions_of(found))
    return [c.at_least for c in asked if c.id == "carfilzomib-lvef"]


def lvef_rule(selector: str, at_least: int, kind: str = "gates") -> str:
    return f"rules:\n- applies_to: {{{selector}}}\n  {kind}:\n  - {{{LVEF}, at_least: {at_least}, {CLAIM}}} # here"


@pytest.mark.parametrize("kind", ["gates", "cautions"])
def test_a_layer_restates_a_criterion_wherever_both_would_be_asked(tmp_path: Path, kind: str) -> None:
    ours = load([layer_of(tmp_path, lvef_rule("agents: [carfilzomib]", 50, kind))]).catalogue
    with_it = [r.id for r in CATALOGUE.regimens if "carfilzomib" in r.agent_ids]
    assert len(with_it) > 5 and all(lvef_of(ours, name) == [50] for name in with_it)
    assert all(lvef_of(CATALOGUE, name) == [40] for name in with_it)
    gates = {c.id for c in ours.gates_of(ours.regimen_by_id["DKd"])}
    assert "carfilzomib-nyha" in gates and ("carfilzomib-lvef" in gates) == (kind == "gates")


def test_the_example_of_the_guide_is_a_layer_that_loads(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    criteria, block = re.findall(r"```yaml\n(.*?)```", guide, flags=re.DOTALL)
    short = [criterion_from(written_out(criterion)) for criterion in yaml.safe_load(criteria)]
    assert [criterion.type for criterion in short] == ["not", "not"] and short[1].id == "car-t-again"
    ours = load([layer_of(tmp_path, block.replace("source: ours", "source: s"))]).catalogue
    assert lvef_of(ours, "DKd") == [50]


def test_a_layer_that_restates_it_for_one_regimen_leaves_the_others_alone(tmp_path: Path) -> None:
    ours = load([layer_of(tmp_path, lvef_rule("regimens: [DKd]", 55))]).catalogue
    assert lvef_of(ours, "DKd") == [55] and lvef_of(ours, "Kd") == [40]


def test_of_several_layers_the_last_that_speaks_of_a_criterion_decides(tmp_path: Path) -> None:
    for name, text in (("a", lvef_rule("agents: [carfilzomib]", 50)), ("b", lvef_rule("regimens: [DKd]", 45))):
        (tmp_path / name).mkdir()
        layer_of(tmp_path / name, text)
    ours = load([tmp_path / "a", tmp_path / "b"]).catalogue
    assert lvef_of(ours, "DKd") == [45] and lvef_of(ours, "Kd") == [50]


def test_a_regimen_of_a_layer_restates_a_criterion_of_a_rule(tmp_path: Path) -> None:
    own = regimen(f"  gates:\n  - {{{LVEF}, at_least: 60, {CLAIM}}}", "[{agent: carfilzomib}]").replace(
        "id: X", "id: Kd"
    )
    layer = layer_of(tmp_path, own)
    ours = load([layer]).catalogue
    assert lvef_of(ours, "Kd") == [60] and lvef_of(ours, "DKd") == [40]
    assert inspect(layer, TODAY, 999).problems == []


def test_two_criteria_of_one_id_in_one_layer_are_an_error(tmp_path: Path, data: Path) -> None:
    twice = lvef_rule("agents: [carfilzomib]", 50) + "\n" + lvef_rule("regimens: [DKd]", 45).removeprefix("rules:\n")
    (problem,) = inspect(layer_of(tmp_path, twice), TODAY, 999).problems
    assert "more than one of its criteria has the id 'carfilzomib-lvef'" in problem.message and "DKd" in problem.path
    plant(data, "rules.yaml", "id: carfilzomib-nyha", "id: carfilzomib-lvef")
    assert any("more than one of its criteria" in p.message for p in inspect(data, TODAY, 999).problems)


def test_a_source_that_a_layer_leaves_uncited_is_no_error_of_the_layer(tmp_path: Path) -> None:
    cited: dict[str, list[str]] = {}
    for path, entry in walk(CATALOGUE):
        if source := getattr(entry, "source", ""):
            cited.setdefault(source, []).append(str(path[0]))
    (name, listing) = next(
        (name, listing)
        for name, listing in CATALOGUE.jurisdictions["US"].listings.items()
        if len(cited[listing.source]) == 1 + sum(i.source == listing.source for i in listing.indications)
    )
    layer = layer_of(
        tmp_path, f"jurisdictions:\n  US: {{name: US, listings: {{{name}: {{status: not-available, {CLAIM}}}}}}}"
    )
    assert listing.source in load([layer]).catalogue.sources
    assert inspect(layer, TODAY, 999).problems == []
    layer.write_text(
        layer.read_text(encoding="utf-8").replace("source: s,", f"source: {listing.source},"), encoding="utf-8"
    )
    (problem,) = inspect(layer, TODAY, 999).problems
    assert problem.message == "nothing cites this source" and (problem.file, problem.line) == (str(layer), 2)


def test_a_wrong_rule_of_a_layer_has_its_line_there_and_not_that_of_another_rule(tmp_path: Path) -> None:
    two = lvef_rule("agents: [carfilzomib]", 50) + "\n- applies_to: {regimens: [DKd]}\n  monitoring: [nothing]\n"
    layer = layer_of(tmp_path, two)
    for found in (inspect(layer, TODAY, 999).problems, loading(layer)):
        (problem,) = found
        assert "no checklist nothing" in problem.message and (problem.file, problem.line) == (str(layer), 8)


def loading(layer: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInputError) as raised:
        load([layer])
    return raised.value.problems


# --- what a layer may cost ----------------------------------------------------------------------


def sources(count: int) -> str:
    return "sources:\n" + "".join(
        f"  s{i}: {{kind: practice, title: t, year: 2026, read_on: 2026-10-01, verified: primary}}\n"
        for i in range(count)
    )


def test_the_built_in_catalogue_and_a_hospitals_layer_are_far_below_the_limits() -> None:
    files = sorted(builtin_folder().rglob("*.yaml"))
    assert sum(p.stat().st_size for p in files) < layers.MOST_BYTES / 3
    whole = sum(parse(p.read_bytes(), p.name, limit=layers.MOST_BYTES).parts for p in files)
    assert 30_000 < whole < layers.MOST_PARTS / 3
    hospital = ROOT / "docs" / "hospital-formulary.yaml"
    assert parse(hospital.read_bytes(), "hospital").parts < 1_000


@pytest.mark.parametrize("in_one_file", [True, False])
def test_a_layer_that_costs_too_much_is_refused_with_the_limit(
    in_one_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "MOST_PARTS", layers.MOST_PARTS // 3)
    folder = tmp_path / "layer"
    folder.mkdir()
    count = layers.MOST_PARTS // 10
    if in_one_file:
        (folder / "a.yaml").write_text(sources(count))
    else:  # each file alone is within the limit
        (folder / "a.yaml").write_text(sources(count // 2))
        (folder / "b.yaml").write_text(sources(count // 2).replace("  s", "  r"))
    asks: list[Callable[[], object]] = [lambda: load([folder]), lambda: load_alone(folder)]
    for ask in asks:
        with pytest.raises(InvalidInputError, match=f"more than {layers.MOST_PARTS} keys, values, lists and groups"):
            ask()
    (problem,) = inspect(folder, TODAY, 99).problems
    assert problem.line > 1 and problem.file == str(folder / ("a.yaml" if in_one_file else "b.yaml"))


def test_a_layer_of_too_many_bytes_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("# " + "x" * (layers.MOST_BYTES // 2) + "\n")
    limit = f"{layers.MOST_BYTES // 1024} KiB"
    with pytest.raises(InvalidInputError, match=limit):
        load([tmp_path])
    (tmp_path / "a.yaml").write_text("# " + "x" * layers.MOST_BYTES + "\n")
    with pytest.raises(InvalidInputError, match=limit):
        load([tmp_path / "a.yaml"])
