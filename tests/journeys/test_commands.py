"""The commands as a user runs them: answers on standard output, messages on standard error, exit statuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from mmadvisor import __version__
from mmadvisor.desk.cli import program_for, run
from mmadvisor.files.layers import load
from mmadvisor.files.schemas import SCHEMAS
from tests import ROOT
from tests.builders.blank import LOADED

EXAMPLES = sorted(p for p in (ROOT / "examples").iterdir() if p.suffix in (".yaml", ".json"))
HK = str(ROOT / "examples" / "hk-triple-class-refractory.yaml")


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_example_is_answered_within_eighty_columns(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for whole in ([], ["--full"]):
        assert run(["recommend", str(path), "--as-of", "2026-11-01", *whole]) == 0
        out, err = capsys.readouterr()
        assert max(map(len, out.splitlines())) <= 80
        assert not err and "\x1b" not in out
        assert "Treat now?" in out and "Not a substitute" in out and ("Always open" in out) == bool(whole)


def test_the_examples_are_many_one_is_json_and_each_names_its_source() -> None:
    assert len(EXAMPLES) >= 8
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES:
        assert path.name in listed
        if path.suffix == ".yaml":
            assert "Source:" in path.read_text(encoding="utf-8")


def test_the_readme_patient_gets_an_anti_bcma_bispecific_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", HK, "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["options"][0]["regimen"] == "elranatamab"
    assert answer["patient"]["sha256"] and answer["catalogue"]["sha256"]


def test_json_goes_to_a_file_written_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "answer.json"
    assert run(["recommend", HK, "-f", "json", "-o", str(target)]) == 0
    assert json.loads(target.read_text())["schema"] == "mmadvisor/recommendation/1"
    assert not capsys.readouterr().out


@pytest.mark.parametrize("command", ["recommend", "history"])
def test_what_if_changes_the_answer(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    run([command, HK, "-f", "json"])
    before = capsys.readouterr().out
    run([command, HK, "-f", "json", "--set", "therapies[3].progressed_on=2026-11", "--set", "assessed_on=2026-12-01"])
    assert capsys.readouterr().out != before


def test_explain_shows_the_page_and_a_patient_s_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "dara-kd", "--patient", HK, "--full"]) == 0
    out = capsys.readouterr().out
    for word in ("DKd", "carfilzomib", "CANDOR", "Indications", "Sources", "For patient hk-001", "is spent"):
        assert word in out
    assert max(map(len, out.splitlines())) <= 80


def test_history_prints_lines_bars_and_proof(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["history", HK, "--full"]) == 0
    out = capsys.readouterr().out
    assert "2020" in out and "█" in out and "×" in out and "triple-class-refractory" in out
    assert "stated" in out


def test_validate_tells_every_problem_of_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.yaml").write_text("id: a\ntherapies: []\n")
    (tmp_path / "bad.yaml").write_text("id: a\nlabs: {lvef_percent: -3}\ntherapies: [{agents: [bortezomb]}]\n")
    assert run(["validate", str(tmp_path)]) == 3
    out, err = capsys.readouterr()
    assert "good.yaml: valid" in out
    assert "bad.yaml:2:8" in err and "bad.yaml:3:23" in err
    assert run(["validate", *map(str, EXAMPLES)]) == 0


def test_a_clearance_that_contradicts_the_creatinine_is_questioned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The patient of tests/cases/patients/12: 81 years, 58 kg, creatinine 80 and a recorded clearance of 80."""
    file = tmp_path / "p.yaml"
    case = ROOT / "tests/cases/patients/12-frail-81-primary-refractory-melphalan.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(case.read_text())["patient"]))
    for command in ("recommend {}", "explain DRd --patient {}", "monitor DRd --patient {} --start 2026-10-21",
                    "history {}", "validate {}"):  # fmt: skip
        assert run([*command.format(file).split()]) == 0
        said = " ".join("".join(capsys.readouterr()).split())
        assert "Clearance 80 mL/min is recorded, but creatinine 80 µmol/L, age, sex and weight give 44.6" in said
        assert "Every dose here follows the recorded one: settle this before you prescribe" in said


def test_batch_goes_on_past_a_bad_file_and_says_no_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for i, example in enumerate(EXAMPLES[:3]):
        (folder / f"{i}{example.suffix}").write_bytes(example.read_bytes())
    (folder / "bad.yaml").write_text("id: Chan Tai Man\ntherapies: [{agents: [secretdrug]}]\n")
    target = tmp_path / "out.ndjson"
    assert run(["batch", str(folder), "--output", str(target), "--as-of", "2026-11-01"]) == 4
    out, err = capsys.readouterr()
    assert "3 answered, 1 failed" in err and "therapies[0].agents[0]" in err
    assert "secretdrug" not in out + err and "Chan" not in out + err
    lines = target.read_text().splitlines()
    assert len(lines) == 3 and all(json.loads(line)["schema"] == "mmadvisor/compact/1" for line in lines)
    (error,) = Path(f"{target}.errors.ndjson").read_text().splitlines()
    assert json.loads(error)["field"] == "therapies[0].agents[0]" and "secretdrug" not in error


@pytest.mark.parametrize(
    ("target", "folder"), [("o/", "examples"), ("there", "examples/published")], ids=["o/", "there"]
)
def test_batch_equals_one_by_one(target: str, folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of answers: named with a / at its end, or there already (contract 9.20)."""
    (tmp_path / "there").mkdir()
    patients = ROOT / folder
    assert run(["batch", str(patients), "--output", f"{tmp_path}/{target}", "--as-of", "2026-11-01"]) == 0
    capsys.readouterr()
    inputs = [p for p in patients.rglob("*") if p.suffix in (".yaml", ".json")]
    outputs = {p.relative_to(tmp_path / target).as_posix() for p in (tmp_path / target).rglob("*") if p.is_file()}
    assert outputs == {f"{p.relative_to(patients).as_posix()}.json" for p in inputs}
    assert len(inputs) > (len(EXAMPLES) if target == "o/" else 4)
    for path in EXAMPLES if target == "o/" else inputs:
        run(["recommend", str(path), "-f", "json", "--as-of", "2026-11-01"])
        alone = json.loads(capsys.readouterr().out)
        assert json.loads((tmp_path / target / f"{path.name}.json").read_text()) == alone


def test_batch_to_a_name_without_a_slash_is_one_file(tmp_path: Path) -> None:
    assert run(["batch", str(ROOT / "examples" / "published"), "--output", str(tmp_path / "answers")]) == 0
    assert all(json.loads(line) for line in (tmp_path / "answers").read_text().splitlines())


@pytest.mark.parametrize("kind", SCHEMAS)
def test_schemas_are_json_schema(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", kind]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"].startswith("https://json-schema.org/")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["recommend"], 2),
        (["recommend", HK, "--nonsense"], 2),
        (["recommend", HK, "--format", "pdf"], 2),
        (["recommend", HK, "--jurisdiction", "XX"], 2),
        (["recommend", HK, "--as-of", "yesterday"], 2),
        (["recommend", HK, "--as-of", "2026-10"], 2),
        (["recommend", HK, "--set", "labs.lvef=3"], 2),
        (["recommend", HK, "--profile", "mine"], 2),
        (["recommend", HK, "--catalogue", "/nowhere"], 3),
        (["recommend", "/nowhere.yaml"], 3),
        (["recommend", str(ROOT)], 3),
        (["explain", "nonsense"], 2),
        (["schema", "nonsense"], 2),
        (["batch", "/nowhere", "--output", "x"], 2),
        (["frobnicate"], 2),
    ],
)
def test_exit_statuses(arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == status
    out, err = capsys.readouterr()
    assert "error:" in err and "Traceback" not in err and not out


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n\x00", b"x" * (2 * 1024 * 1024), b"a: &a [x]\nb: [*a, *a]", b"id: p\ntherapies: [{agents: [nosuchdrug]}]",
     b"id: p\ntherapies: [{agents: [dex], start: 2024-02-31}]"],
    ids=["empty", "binary", "2 MiB", "YAML bomb", "unknown drug", "broken date"],
)  # fmt: skip
def test_wrong_input_is_told_without_a_traceback(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(content)
    assert run(["recommend", str(path)]) == 3
    out, err = capsys.readouterr()
    assert not out and err.startswith("error:") and "Traceback" not in err


def test_text_from_a_patient_steers_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.json"
    raw = yaml.safe_load(Path(HK).read_text())
    raw["id"] = "[bold red]x[/] \x1b[31m \u202eabc"
    path.write_text(json.dumps(raw, default=str))
    for command in ("recommend", "history"):
        assert run([command, str(path)]) == 0
        out, err = capsys.readouterr()
        assert "[bold red]x[/]" in out and "\\x1b[31m" in out and "\\u202e" in out
        assert "\x1b" not in out + err and "\u202e" not in out + err


def test_a_layer_over_the_catalogue_changes_what_is_available(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layer = tmp_path / "hospital.yaml"
    layer.write_text(
        "sources:\n  our-formulary: {kind: practice, title: Our formulary, year: 2026, read_on: 2026-11-01, verified: primary}\n"
        "jurisdictions:\n  HK:\n    name: Our hospital\n    listings:\n"
        "      elranatamab: {status: not-available, source: our-formulary, verified: primary, note: not kept here}\n"
    )
    assert run(["recommend", HK, "-f", "json", "--catalogue", str(layer)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["options"][0]["regimen"] == "teclistamab"
    assert answer["catalogue"]["layers"] == ["builtin", "hospital.yaml"]
    closed = next(n for n in answer["not_offered"] if n["regimen"] == "elranatamab")
    assert "not kept here" in str(closed["because"])


PLACE = "there is no such jurisdiction; known: {}, or unknown"


@pytest.mark.parametrize("command", ["recommend", "history", "plan", "validate", "new", "explain DKd --patient",
                                     "monitor DKd --start 2026-12-01 --patient", "recommend -j US", "batch"])  # fmt: skip
def test_a_place_that_the_catalogue_does_not_have_is_wrong_in_the_file(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every reader refuses it at its line and column, and names the nearest."""
    path = tmp_path / "ward" / "p.yaml"
    path.parent.mkdir()
    path.write_text("id: p\naccess:\n  jurisdiction: USA\ntherapies: []\n")
    if command == "batch":
        assert run(["batch", str(path.parent), "-o", str(tmp_path / "o.ndjson")]) == 4
        assert f"{path}:3:3: access.jurisdiction\n" in capsys.readouterr().err
        return
    assert run([*command.split(), str(path)]) == 3
    (said,) = capsys.readouterr().err.splitlines()
    known = ", ".join(load().catalogue.jurisdictions)
    assert said == f"error: {path}:3:3: access.jurisdiction: {PLACE.format(known)}; found 'USA'. Did you mean US?"


@pytest.mark.parametrize(
    "command",
    [["recommend", HK], ["plan", HK], ["explain", "DKd"], ["compare", "DKd", "KRd"], ["monitor", "DKd", "--start", "2026-12-01"],
     ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--on", "2026-10-01"], ["hold", "elranatamab", "CRS"],
     ["catalogue", "list"], ["catalogue", "diff", "builtin", "builtin"]],
    ids=lambda c: " ".join(c[:1]),
)  # fmt: skip
def test_every_command_says_the_same_of_a_place_that_is_not_there(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    known = ", ".join(load().catalogue.jurisdictions)
    assert run([*command, "-j", "USA"]) == 2
    assert capsys.readouterr().err == f"error: there is no jurisdiction 'USA'; known: {known}. Did you mean US?\n"


@pytest.mark.parametrize("code", ["hk", "Hk", "unknown", "null"])
def test_a_place_is_read_in_any_case_and_may_be_unknown(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"id: p\naccess: {{jurisdiction: {code}}}\ntherapies: []\n")
    assert run(["validate", str(path)]) == 0
    assert run(["recommend", str(path), "-f", "json"]) == 0
    answer = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert answer["jurisdiction"] == ("HK" if code.casefold() == "hk" else "unknown")


def test_a_layer_brings_its_own_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer, path = tmp_path / "layer.yaml", tmp_path / "p.yaml"
    layer.write_text("jurisdictions:\n  XX: {name: Elsewhere, listings: {}}\n")
    path.write_text("id: p\naccess: {jurisdiction: XX}\ntherapies: []\n")
    assert run(["validate", str(path), "--catalogue", str(layer)]) == 0
    assert run(["validate", str(path)]) == 3
    assert "known: " in (told := capsys.readouterr().err) and "XX" not in told.partition("known: ")[2].partition(";")[0]


def test_a_wrong_layer_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer = tmp_path / "wrong.yaml"
    layer.write_text("regimens:\n- id: X\n  nmae: y\n")
    assert run(["recommend", HK, "--catalogue", str(layer)]) == 3
    assert "wrong.yaml:3:3" in capsys.readouterr().err


def test_ascii_terminals_and_pipes_work() -> None:
    command = [sys.executable, "-m", "mmadvisor", "recommend", HK, "--full"]
    env = {"PYTHONIOENCODING": "ascii", "PATH": "", "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80"}
    done = subprocess.run(command, capture_output=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode("ascii")
    assert "! caution" in text and "elranatamab" in text


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m mmadvisor recommend {HK} | head -n 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and "Patient hk-001" in done.stdout


def test_the_readme_s_patient_file_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", readme, flags=re.DOTALL)
    path = tmp_path / "p.yaml"
    path.write_text(block)
    assert run(["validate", str(path)]) == 0
    assert "valid" in capsys.readouterr().out


def test_no_command_shows_the_help_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    shown = capsys.readouterr().err
    assert "recommend" in shown.split() and "\\x0a" not in shown


def test_the_nearest_name_is_shown_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "Dkdd"]) == 2
    assert "Did you mean KdD?" in capsys.readouterr().err


@pytest.mark.parametrize("name", [c.callback.__name__ for c in program_for().registered_commands if c.callback])
def test_a_command_alone_has_the_help_and_the_errors_that_it_has_in_the_whole(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "--help"]) == 0
    alone = capsys.readouterr().out
    program_for()(args=[name, "--help"], prog_name="mmadvisor", standalone_mode=False)
    assert capsys.readouterr().out == alone
    assert run([name, "--nonsense"]) == 2 and "No such option" in capsys.readouterr().err
    assert run([name[:-1]]) == 2 and f"'{name}'" in capsys.readouterr().err


# --- how old the catalogue is ---------------------------------------------------------------------

REVIEWED = date.fromisoformat(LOADED.catalogue.reviewed_on)
LIMITS = LOADED.catalogue.review
ASKED = [
    ["recommend", HK, "--as-of", "DAY"],
    ["recommend", HK, "--as-of", "DAY", "--against", HK],
    ["history", HK, "--as-of", "DAY"],
    ["plan", HK, "--depth", "1", "--top", "1", "--as-of", "DAY"],
    ["explain", "DKd", "--as-of", "DAY"],
    ["compare", "DKd", "IsaKd", "--as-of", "DAY"],
    ["monitor", "DKd", "--start", "DAY", "--today", "DAY"],
    ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--schedule", "weekly", "-j", "US", "--on", "DAY", "--today", "DAY"],
    ["catalogue", "list", "--approved-on", "DAY"],
]  # fmt: skip


@pytest.mark.parametrize("line", ASKED, ids=lambda line: line[0])
def test_a_catalogue_reviewed_long_before_the_day_says_so_first_in_every_format(
    line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert LIMITS is not None and (LIMITS.notice_months.value, LIMITS.strong_months.value) == (6, 12)
    for days, stale in ((-40, ""), (182, ""), (183, "notice"), (365, "notice"), (366, "strong")):
        day = (REVIEWED + timedelta(days)).isoformat()
        asked = [day if word == "DAY" else word for word in line]
        assert run([*asked, "-f", "json"]) == 0
        stamp = json.loads(capsys.readouterr().out)["catalogue"]
        assert stamp["stale"] == stale and bool(stamp["stale_because"]) == bool(stale), day
        assert stamp["age_months"] == round(max(0, days) / 30.4375, 1)
        for format in ("table", "markdown") if days in (182, 183, 366) else ():
            assert run([*asked, "-f", format]) == 0
            first = capsys.readouterr().out.splitlines()[0]
            assert ("last reviewed on" in first) == bool(stale), (day, format)
            assert ("OLD CATALOGUE" in first) == (stale == "strong")


def test_a_page_for_a_browser_says_it_before_its_title_too(capsys: pytest.CaptureFixture[str]) -> None:
    for day, said in ((REVIEWED, False), (REVIEWED + timedelta(400), True)):
        assert run(["recommend", HK, "--as-of", day.isoformat(), "-f", "html"]) == 0
        page = capsys.readouterr().out
        assert ("OLD CATALOGUE" in page) == said
        assert not said or page.index("OLD CATALOGUE") < page.index("<header>")


def test_an_event_is_answered_with_the_age_of_the_catalogue(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mmadvisor.desk.bedside.current_day", lambda: REVIEWED + timedelta(400))
    assert run(["hold", "elranatamab", "CRS", "-j", "US"]) == 0
    assert "OLD CATALOGUE" in capsys.readouterr().out.splitlines()[0]


def test_the_version_is_that_of_the_program_and_of_its_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    edition = load([]).catalogue
    assert capsys.readouterr().out == (
        f"mmadvisor {__version__}, catalogue {edition.version}, reviewed on {edition.reviewed_on}\n"
    )
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == __version__
