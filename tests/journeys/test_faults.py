"""One round of checking tells every fault, each at its line, and nothing that only follows from another."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path

import pytest

from mmadvisor.base.errors import EXIT_INVALID_INPUT, InvalidInputError
from mmadvisor.files import layers
from mmadvisor.files.layers import builtin_folder, compile_builtin, inspect
from mmadvisor.tools import main

TODAY = date(2026, 12, 31)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the catalogue's files to plant faults in."""
    folder = tmp_path / "data"
    shutil.copytree(builtin_folder(), folder, ignore=shutil.ignore_patterns("*.json"))
    return folder


def plant(folder: Path, file: str, old: str, new: str) -> tuple[str, int]:
    """Replace the first occurrence; returns the name of the file and the line of it."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return Path(file).name, text[: text.index(old)].count("\n") + 1


def test_faults_of_every_kind_in_as_many_files_are_told_in_one_round(data: Path) -> None:
    planted = [
        (*plant(data, "names.yaml", "- id: DPd\n", "- id: [DPd\n"), "YAML"),
        (*plant(data, "regimens.yaml", "  intensity: moderate", "  intensty: moderate"), "Did you mean intensity?"),
        (
            *plant(data, "rules.yaml", "source: ecog-cart-supplement", "source: ecog-cart-supplemen"),
            "no source ecog-cart-supplemen",
        ),
        (*plant(data, "settings.yaml", "regimen: D-VRd\n", "regimen: D-VRt\n"), "there is no regimen D-VRt"),
        (*plant(data, "handling.yaml", "days_from: 29", "days_from: -29"), "-29"),
        (*plant(data, "jurisdictions/us.yaml", "status: approved", "status: aproved"), "Did you mean approved?"),
        (*plant(data, "agents.yaml", "classes: [IMiD]", "classes: [IMiDs]"), "there is no class IMiDs"),
        (*plant(data, "sources.yaml", "read_on: 2026-11-22", "read_on: 2026-13-22"), "there is no such month"),
        (*plant(data, "waiting.yaml", "type: number", "type: numbr"), "Did you mean number?"),
    ]
    found = inspect(data, TODAY, 999).problems
    for file, line, said in planted:
        near = [p for p in found if p.file.endswith(file) and abs(p.line - line) <= 3 and said in str(p)]
        assert near, (file, line, said, list(map(str, found)))
    # What follows is told where it stands: a field that lacks, and a source that nothing cites any more.
    follows = [p for p in found if p.path == "regimens[0].intensity" or p.path == "sources.ecog-cart-supplement"]
    assert len(found) == len(planted) + len(follows) and len(follows) == 2, list(map(str, found))


def test_faults_of_one_file_are_told_together_whatever_their_kind(data: Path) -> None:
    plant(data, "rules.yaml", "rules:\n", "rules:\n- applies_to: {agents: [carfilzomib]}\n  gates: [{id: x\n")
    text = (data / "rules.yaml").read_text(encoding="utf-8")
    head, carfilzomib = text[: text.rindex("carfilzomib-nyha")], text[text.rindex("carfilzomib-nyha") :]
    carfilzomib = carfilzomib.replace("about: heart", "about: 012", 1).replace("field: labs.", "field: lab.", 1)
    carfilzomib = carfilzomib.replace("source: kyprolis-heart", "source: kyprolis-hart", 1)
    (data / "rules.yaml").write_text(head + carfilzomib, encoding="utf-8")
    said = "\n".join(map(str, inspect(data, TODAY, 999).problems))
    assert all(
        part in said
        for part in ("YAML", "Did you mean kyprolis-heart?", "leading zero", "Did you mean labs.neutrophils")
    ), said


def test_an_agent_that_is_not_there_hides_no_other_fault(data: Path) -> None:
    plant(data, "regimens.yaml", "- agent: daratumumab\n", "- agent: daratumumap\n")
    plant(data, "jurisdictions/eu.yaml", "at_least: 1", "at_least: 400")
    said = "\n".join(map(str, inspect(data, TODAY, 999).problems))
    assert "no agent daratumumap. Did you mean daratumumab?" in said and "400 is on nobody's record" in said
    assert len(said.splitlines()) == 2, said


def test_a_regimen_without_a_name_is_told_what_to_add_and_where(data: Path) -> None:
    file, line = plant(data, "regimens.yaml", "- id: EPd\n", "- id: EPx\n")
    plant(data, "regimens.yaml", "Kd, EPd]", "Kd, EPx]")
    for path in data.rglob("*.yaml"):
        if path.name not in ("names.yaml", "regimens.yaml"):
            path.write_text(path.read_text(encoding="utf-8").replace("EPd", "EPx"), encoding="utf-8")
    (problem,) = inspect(data, TODAY, 999).problems
    assert problem.file.endswith(file) and problem.line == line
    assert "data/names.yaml" in problem.message
    assert "- {id: EPx, agents: [elotuzumab, pomalidomide, dexamethasone]}" in problem.message


def test_a_layer_may_add_a_regimen_without_a_name(tmp_path: Path) -> None:
    layer = tmp_path / "mine.yaml"
    layer.write_text(
        "regimens:\n- {id: Mine, name: Mine, uses: [relapse], modality: conventional, intensity: low, agents: [{agent: bortezomib}]}\n",
        encoding="utf-8",
    )
    assert inspect(layer, TODAY, 999).problems == []


@pytest.mark.parametrize(
    ("file", "old", "new", "hint"),
    [
        ("regimens.yaml", "  cycle_days:", "  cycle_day:", "cycle_days"),
        ("regimens.yaml", "    orr_percent:", "    or_percent:", "orr_percent"),
        ("regimens.yaml", "pfs_months: {median:", "pfs_months: {medan:", "median"),
        ("regimens.yaml", "to_any:", "to_eny:", "to_any"),
        ("jurisdictions/us.yaml", "          product:", "          prodct:", "product"),
        ("handling.yaml", "    holds:", "    hold:", "holds"),
        ("definitions.yaml", "  refractory_window_days:", "  refractory_window_day:", "refractory_window_days"),
        ("settings.yaml", "settings:\n", "setings:\n", "settings"),
        ("sources.yaml", "    read_on:", "    readon:", "read_on"),
        ("rules.yaml", "applies_to: {modalities:", "applies_to: {modality:", "modalities"),
    ],
)
def test_a_misspelt_field_gets_the_nearest_that_stands_there(
    data: Path, file: str, old: str, new: str, hint: str
) -> None:
    name, line = plant(data, file, old, new)
    line += old.startswith("\n")
    found = inspect(data, TODAY, 999).problems
    assert [p for p in found if p.file.endswith(name) and p.line == line and p.hint == f"Did you mean {hint}?"], found
    assert not [
        p for p in found if "nothing cites" in p.message or ("there is no" in p.message and "field" not in p.message)
    ]


def test_compile_tells_all_faults_too_and_writes_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(layers, "builtin_folder", lambda: data)
    plant(data, "regimens.yaml", "  intensity: moderate", "  intensty: moderate")
    plant(data, "rules.yaml", "source: cartitude1-flow", "source: cartitude1-flew")
    plant(data, "names.yaml", "- id: DPd\n", "- id: [DPd\n")
    with pytest.raises(InvalidInputError) as raised:
        compile_builtin()
    said = str(raised.value)
    assert all(part in said for part in ("Did you mean intensity?", "no source cartitude1-flew", "YAML")), said
    assert main(["compile"]) == EXIT_INVALID_INPUT
    assert "intensty" in capsys.readouterr().err and not (data / "catalogue.json").exists()


FILES = sorted(path.relative_to(builtin_folder()).as_posix() for path in builtin_folder().rglob("*.yaml"))


@pytest.mark.parametrize("file", FILES)
def test_a_fault_of_one_row_is_told_alone(data: Path, file: str) -> None:
    text = (data / file).read_text(encoding="utf-8")
    lines = text.split("\n")
    dashes = [
        i for i, line in enumerate(lines) if line.lstrip().startswith(("- id: ", "- {id: ", "- trial: ", "- regimen: "))
    ]
    for at in random.Random(file).sample(dashes, min(2, len(dashes))):
        broken = lines.copy()
        broken[at] = (
            broken[at].replace("id: ", "idd: ", 1).replace("trial: ", "trail: ", 1).replace("regimen: ", "regime: ", 1)
        )
        (data / file).write_text("\n".join(broken), encoding="utf-8")
        found = inspect(data, TODAY, 999).problems
        assert found and {p.line for p in found} == {at + 1}, (lines[at], list(map(str, found)))
        broken[at] = lines[at].replace("- ", "- [", 1)
        (data / file).write_text("\n".join(broken), encoding="utf-8")
        found = inspect(data, TODAY, 999).problems
        assert len(found) == 1 and "YAML" in found[0].message, (lines[at], list(map(str, found)))
