"""Settings from the environment and the config file (contract 9.21): order, positions of errors, and where they show."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mmadvisor.desk.cli import run
from tests import ROOT

FORMULARY = (ROOT / "docs" / "hospital-formulary.yaml").read_text(encoding="utf-8")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the config file; the folder has a formulary, and a patient with and one without a place."""
    folder = tmp_path / "settings" / "mmadvisor"
    folder.mkdir(parents=True)
    for name in ("XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(folder.parent))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (folder / "formulary.yaml").write_text(FORMULARY, encoding="utf-8")
    example = (ROOT / "examples" / "hk-triple-class-refractory.yaml").read_text(encoding="utf-8")
    (tmp_path / "hk.yaml").write_text(example, encoding="utf-8")
    (tmp_path / "nowhere.yaml").write_text(example.replace("jurisdiction: HK,", ""), encoding="utf-8")
    assert "jurisdiction: HK," in example
    return folder / "config.yaml"


def answer(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert run([*words, "--format", "json"]) == 0, capsys.readouterr().err
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def place(words: list[str], capsys: pytest.CaptureFixture[str]) -> object:
    return answer(["recommend", *words], capsys)["jurisdiction"]


def test_the_order_is_command_line_patient_file_environment_config_file(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place(["nowhere.yaml"], capsys) == "unknown"
    config.write_text("jurisdiction: UK\n")
    assert place(["nowhere.yaml"], capsys) == "UK"
    monkeypatch.setenv("MMADVISOR_JURISDICTION", "eu")
    assert place(["nowhere.yaml"], capsys) == "EU"
    assert place(["hk.yaml"], capsys) == "HK"
    assert place(["hk.yaml", "-j", "US"], capsys) == "US"
    assert place(["nowhere.yaml", "-j", "unknown"], capsys) == "unknown"
    assert place(["nowhere.yaml", "--no-config"], capsys) == "unknown"
    assert "settings_from" not in answer(["recommend", "hk.yaml"], capsys)
    assert "settings_from" not in answer(["recommend", "nowhere.yaml", "-j", "US"], capsys)


def test_what_came_from_the_settings_stands_in_the_head_of_every_format(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("catalogue: formulary.yaml\nprofile: preference-first\n")
    monkeypatch.setenv("MMADVISOR_JURISDICTION", "HK")
    found = answer(["recommend", "nowhere.yaml"], capsys)
    assert list(found)[:2] == ["schema", "settings_from"]
    assert found["profile"] == "preference-first" and "formulary.yaml" in str(found["catalogue"])
    told = found["settings_from"]
    assert isinstance(told, list)
    assert sorted((s["setting"], s["value"], s["origin"]) for s in told) == [
        ("catalogue", "formulary.yaml", "config file, line 1"),
        ("jurisdiction", "HK", "MMADVISOR_JURISDICTION"),
        ("profile", "preference-first", "config file, line 2"),
    ]
    for format, most in (("table", 3), ("markdown", 1), ("html", 400)):
        assert run(["recommend", "nowhere.yaml", "--format", format]) == 0
        head = capsys.readouterr().out.splitlines()[:most]
        text = " ".join(" ".join(head).split())
        assert "jurisdiction HK (from MMADVISOR_JURISDICTION)" in text, format
        assert "catalogue formulary.yaml (from config file, line 1)" in text
    assert run(["recommend", "nowhere.yaml", "--board"]) == 0
    assert "jurisdiction HK (from MMADVISOR_JURISDICTION)" in capsys.readouterr().out.partition("</header>")[0]
    assert run(["monitor", "DVd", "--start", "2026-12-01", "--format", "ics"]) == 0
    unfolded = capsys.readouterr().out.replace("\r\n ", "").replace("\n ", "")
    assert unfolded.index("(from MMADVISOR_JURISDICTION)") < unfolded.index("END:VEVENT")


@pytest.mark.parametrize(
    "words",
    [["recommend", "nowhere.yaml"], ["recommend", "nowhere.yaml", "--against", "hk.yaml"], ["plan", "nowhere.yaml"],
     ["history", "nowhere.yaml"], ["explain", "DKd"], ["explain", "DKd", "--patient", "nowhere.yaml"], ["compare", "DKd", "IsaKd"],
     ["monitor", "teclistamab", "--start", "2026-12-01"], ["monitor", "DVd", "--start", "2026-12-01", "--patient", "nowhere.yaml"],
     ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--schedule", "weekly", "--on", "2026-10-01"],
     ["hold", "elranatamab", "CRS", "--grade", "2"]],
    ids=" ".join,
)  # fmt: skip
def test_every_answer_uses_the_default_place_and_says_so(
    words: list[str], config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("jurisdiction: US\n")
    found = answer(words, capsys)
    assert found["settings_from"] == [{"setting": "jurisdiction", "value": "US", "origin": "config file, line 1"}]
    if words[0] != "history":  # it has no option for the place
        given = answer([*words, "--no-config", "-j", "US"], capsys)
        assert {key: value for key, value in found.items() if key != "settings_from"} == given or "--against" in words


def test_a_folder_ignores_the_settings_unless_they_are_asked_for(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("jurisdiction: UK\ncatalogue: [formulary.yaml]\n")
    (tmp_path / "ward").mkdir()
    (tmp_path / "nowhere.yaml").rename(tmp_path / "ward" / "p.yaml")
    (tmp_path / "hk.yaml").rename(tmp_path / "ward" / "q.yaml")
    for extra, expected in (([], "unknown"), (["--no-config"], "unknown"), (["--config"], "UK")):
        assert run(["batch", "ward", "-o", "out.ndjson", "--trace", *extra]) == 0
        capsys.readouterr()
        found, of_hk = map(json.loads, (tmp_path / "out.ndjson").read_text().splitlines())
        assert found["jurisdiction"] == expected and of_hk["jurisdiction"] == "HK"
        assert "jurisdiction" not in [s["setting"] for s in of_hk.get("settings_from", ())]
        assert ("formulary.yaml" in found["catalogue"]["layers"]) == (expected == "UK")
        assert ("settings_from" in found) == (expected == "UK")
    config.write_text("catalogue: gone.yaml\n")
    assert run(["validate", "ward"]) == 0
    assert run(["catalogue", "diff", "builtin", "builtin", "--patients", "ward"]) == 0
    assert run(["validate", "ward", "--config"]) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jurisdiktion: HK\n", ":1:1: jurisdiktion: there is no such field. Did you mean jurisdiction?"),
        ("jurisdiction: HKX\n", ":1:1: jurisdiction: there is no jurisdiction of this name; known: "),
        ("profile: first\n", ":1:1: profile: there is no profile of this name; known: "),
        ("catalogue:\n- a.yaml\n- [b]\n", ":3:3: catalogue[1]: this must be text"),
        ("catalogue: a.yaml\n", ":1:1: catalogue[0]: there is no file or folder "),
        ("profile: order.yaml\n", ":1:1: profile: there is no file or folder "),
        ("jurisdiction: HK\njurisdiction: UK\n", ":2:1: jurisdiction: this key is written twice"),
        ("- HK\n", ":1:1: this must be a group of fields"),
        ("jurisdiction: [HK\n", ": this is not valid YAML or JSON"),
        ("", ": the file is empty"),
    ],
)
def test_a_wrong_config_file_is_told_with_line_and_column(
    text: str, said: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(text)
    for words in (["config"], ["recommend", "hk.yaml"]):
        assert run(words) == 3
        out, err = capsys.readouterr()
        assert not out and err.startswith(f"error: {config}") and said in err
    assert run(["recommend", "hk.yaml", "--no-config"]) == 0


def test_a_wrong_variable_is_told(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MMADVISOR_JURISDICTION", "UKK")
    assert run(["explain", "DKd"]) == 2
    assert "MMADVISOR_JURISDICTION 'UKK': there is no jurisdiction of this name" in (err := capsys.readouterr().err)
    assert "Did you mean UK?" in err
    monkeypatch.setenv("MMADVISOR_JURISDICTION", "")
    monkeypatch.setenv("MMADVISOR_CATALOGUE", os.pathsep.join([str(config.parent / "formulary.yaml"), "gone.yaml"]))
    assert run(["explain", "DKd"]) == 3
    assert "gone.yaml" in capsys.readouterr().err


def test_the_layers_of_the_command_line_replace_those_of_the_settings(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("catalogue: formulary.yaml\n")
    (tmp_path / "mine.yaml").write_text("jurisdictions:\n  XX: {name: Elsewhere, listings: {}}\n")
    monkeypatch.setenv("MMADVISOR_CATALOGUE", "mine.yaml")
    layers = [answer(["explain", "DKd", *extra], capsys)["catalogue"] for extra in ([], ["--no-config"])]
    assert "'mine.yaml'" in str(layers[0]) and "formulary" not in str(layers[0])
    assert "'mine.yaml'" not in str(layers[1])


def test_an_output_never_overwrites_what_the_settings_name(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("catalogue: formulary.yaml\n")
    for taken in (config, config.parent / "formulary.yaml"):
        before = taken.read_bytes()
        assert run(["recommend", "hk.yaml", "-f", "json", "-o", str(taken)]) == 2
        assert "is an input" in capsys.readouterr().err or taken.read_bytes() == before
        assert taken.read_bytes() == before
    order = tmp_path / "ours.yaml"
    order.write_text("id: ours\nname: Ours\norder: [benefit]\n")
    assert run(["recommend", "hk.yaml", "--profile", str(order), "-f", "json", "-o", str(order)]) == 2


def test_the_settings_are_shown_with_their_origin(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = answer(["config"], capsys)
    assert shown["file"] == str(config) and shown["file_read"] is False
    config.write_text("jurisdiction: UK\ncatalogue: [formulary.yaml]\n")
    monkeypatch.setenv("MMADVISOR_JURISDICTION", "HK")
    shown = answer(["config"], capsys)
    assert shown["file_read"] is True and shown["settings"] == [
        {"setting": "jurisdiction", "values": ["HK"], "origin": "MMADVISOR_JURISDICTION"},
        {"setting": "catalogue", "values": ["formulary.yaml"], "origin": "config file, line 2"},
        {"setting": "profile", "values": [], "origin": ""},
    ]
    assert run(["config"]) == 0
    text = "".join(capsys.readouterr().out.split())  # a long path is broken wherever the line ends
    assert "HK(fromMMADVISOR_JURISDICTION)" in text and "notset" in text and "config.yaml" in text


@pytest.mark.parametrize("folder", ["", "relative"])
def test_a_folder_of_settings_that_is_not_absolute_is_not_used(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise a file in the present folder would change the answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", folder)
    for place in (tmp_path / "mmadvisor", tmp_path / "relative" / "mmadvisor"):
        place.mkdir(parents=True)
        (place / "config.yaml").write_text("jurisdiction: UK\n")
    assert answer(["config"], capsys)["file"] == str(tmp_path / "home" / ".config" / "mmadvisor" / "config.yaml")


def test_the_index_of_a_board_names_the_settings_that_it_used_or_ignored(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("jurisdiction: US\ncatalogue: [formulary.yaml]\n")
    Path("ward").mkdir()
    Path("nowhere.yaml").rename("ward/nowhere.yaml")
    Path("hk.yaml").rename("ward/hk.yaml")
    said = "Settings that were not used: jurisdiction US (from config file, line 1); catalogue formulary.yaml"
    assert run(["board", "ward", "-o", "out"]) == 0
    assert said in " ".join(capsys.readouterr().out.split())
    assert said in Path("out/index.html").read_text(encoding="utf-8")
    found = json.loads(Path("out/index.json").read_text(encoding="utf-8"))
    assert [s["setting"] for s in found["settings_ignored"]] == ["jurisdiction", "catalogue"]
    assert "settings_from" not in found
    assert run(["board", "ward", "-o", "out", "--config"]) == 0
    capsys.readouterr()
    used = json.loads(Path("out/index.json").read_text(encoding="utf-8"))
    assert [s["setting"] for s in used["settings_from"]] == ["catalogue", "jurisdiction"]
    assert used["settings_ignored"] == []
    shown = Path("out/index.html").read_text(encoding="utf-8")
    assert "jurisdiction US (from config file, line 1)" in shown and "not used" not in shown
    config.write_text("nonsense: 1\n")
    assert run(["board", "ward", "-o", "out"]) == 0
    assert "The config file has errors" in capsys.readouterr().err
