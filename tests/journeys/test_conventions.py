"""What people expect of a command line: suffixes, streams, encodings, colours, modes, examples, and sources by key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mmadvisor.desk.cli import run
from mmadvisor.files.examples import described, examples
from mmadvisor.reports.shelf import catalogue_entry
from tests import ROOT
from tests.builders.blank import LOADED
from tests.builders.commands import COMMANDS

BEGINS = {"json": "{", "markdown": "# ", "html": "<!doctype html>", "ics": "BEGIN:VCALENDAR"}
MONITOR = ["monitor", "DVd", "--start", "2026-12-01", "--patient", "p.yaml"]


def process(words: list[str], **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mmadvisor", *words],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
    )


# --- outputs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "format"),
    [("x.json", "json"), ("x.md", "markdown"), ("x.MARKDOWN", "markdown"), ("x.html", "html"), ("x.HTM", "html"), ("x.ics", "ics")],
)  # fmt: skip
def test_the_suffix_of_the_output_decides_the_format(name: str, format: str, here: Path) -> None:
    assert run([*MONITOR, "-o", name]) == 0
    assert (here / name).read_text(encoding="utf-8").startswith(BEGINS[format])


@pytest.mark.parametrize("name", ["x.txt", "x", "x.2026-10"])
def test_another_suffix_is_a_table(name: str, here: Path) -> None:
    assert run(["recommend", "p.yaml", "-o", name]) == 0
    assert (here / name).read_text(encoding="utf-8").startswith("Patient hk-001")


@pytest.mark.parametrize("name", ["x.csv", "x.PDF", "x.xlsx", "x.yaml"])
def test_a_suffix_of_a_format_that_no_answer_has_is_refused(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", "p.yaml", "-o", name]) == 2
    assert f"error: {name}: this answer cannot be written as {name[1:].casefold()}" in capsys.readouterr().err
    assert not (here / name).exists()
    assert run(["recommend", "p.yaml", "-f", "json", "-o", name]) == 0


@pytest.mark.parametrize("kind", [kind for kind in COMMANDS if kind != "board-index"])  # it writes a folder
def test_a_dash_is_standard_output_for_every_command(kind: str, capsys: pytest.CaptureFixture[str], here: Path) -> None:
    assert run(["batch", "p.yaml", "-o", "answers.ndjson"]) == 0  # `cohort` counts it
    capsys.readouterr()
    assert run(words := COMMANDS[kind][0]) == 0
    expected = capsys.readouterr().out
    assert run([*words, "-o", "-"]) == 0
    assert capsys.readouterr().out == expected and expected
    assert not Path("-").exists()


@pytest.mark.parametrize("words", [["schema", "patient"], ["example", "partial-dates"], ["batch", "ward"], ["config"]])
def test_a_dash_is_standard_output_for_what_is_no_answer(
    words: list[str], capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    (here / "ward").mkdir()
    (here / "p.yaml").rename(here / "ward" / "p.yaml")
    assert run([*words, "-o", "-"]) == 0
    assert capsys.readouterr().out and not Path("-").exists()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
@pytest.mark.parametrize("format", ["json", "markdown", "html", "ics"])
def test_a_format_for_files_is_utf_8_on_every_console(encoding: str, format: str, here: Path) -> None:
    assert run([*MONITOR, "-f", format, "-o", "expected"]) == 0
    done = process([*MONITOR, "-f", format], PYTHONIOENCODING=encoding)
    assert done.returncode == 0 and not done.stderr
    assert done.stdout == (here / "expected").read_bytes()
    assert format == "json" or "×" in done.stdout.decode("utf-8") or format == "ics"


def test_an_example_and_a_help_are_printed_on_every_console(here: Path) -> None:
    for encoding in ("ascii", "cp1252"):
        done = process(["example", "hk-triple-class-refractory"], PYTHONIOENCODING=encoding)
        assert done.stdout == (here / "p.yaml").read_bytes()
        assert process(["hold", "-h"], PYTHONIOENCODING=encoding).returncode == 0
        assert process(["config"], PYTHONIOENCODING=encoding).returncode == 0


@pytest.mark.parametrize(
    ("environment", "extra", "coloured"),
    [({}, [], False), ({"FORCE_COLOR": "1"}, [], True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
     ({"FORCE_COLOR": "1"}, ["--no-color"], False), ({"FORCE_COLOR": "1"}, ["-o", "x.txt"], False), ({"FORCE_COLOR": ""}, [], False)],
    ids=str,
)  # fmt: skip
def test_colours_in_a_pipe_are_there_only_if_they_are_asked_for(
    environment: dict[str, str], extra: list[str], coloured: bool, here: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert run(["recommend", "p.yaml", *extra]) == 0
    text = (here / "x.txt").read_text() if "-o" in extra else capsys.readouterr().out
    assert ("\x1b[1m" in text) == coloured and "hk-001" in text


def test_a_new_output_is_private_and_an_existing_one_keeps_its_mode(here: Path) -> None:
    for name in ("new.html", "there.html"):
        (here / "there.html").touch()
        (here / "there.html").chmod(0o640)
        assert run(["recommend", "p.yaml", "-o", name]) == 0
    assert run(["example", "partial-dates", "-o", "e.yaml"]) == 0
    assert run(["schema", "patient", "-o", "s.json"]) == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in here.iterdir()}
    assert modes["new.html"] == modes["e.yaml"] == modes["s.json"] == 0o600 and modes["there.html"] == 0o640


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["fitness.ecog=9"], ["--set:1:14: fitness.ecog: "]),
        (["fitness.ecog=1", "labs.calcium_mmol_per_l={value: x}"], ["--set:2:25: labs.calcium_mmol_per_l.value: "]),
        (["access.jurisdiction=HKX", "access.pays=nobody"], ["--set:1:21: access.jurisdiction: ", "--set:2:13: access.pays: "]),
        (["access=HK"], ["--set:1:8: access: this must be a group of fields"]),
        (["labs.lvef_percent=[1"], ["--set:1:19: labs.lvef_percent: this is not valid YAML or JSON"]),
        (["therapies[0].stop=2001"], ["--set:1:19: therapies[0].stop: this is before the start"]),
    ],
    ids=str,
)  # fmt: skip
def test_an_error_of_a_setting_has_its_number_and_column(
    settings: list[str], said: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for setting in settings for word in ("--set", setting)]
    assert run(["recommend", "p.yaml", *words]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(said)
    for line, start in zip(lines, said, strict=True):
        assert line.startswith(f"error: {start}")


def test_an_error_in_access_has_its_line_and_column(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = "access:\n  jurisdiction: USA\n  pays: nobody\n  car_t_centre: maybe\n  offlabel: true\n"
    (here / "a.yaml").write_text(f"id: x\ntherapies: []\n{wrong}")
    assert run(["validate", "a.yaml"]) == 3
    found = [line.split(": ")[1] for line in capsys.readouterr().err.splitlines()]
    assert found == [f"a.yaml:{line}:3" for line in (4, 5, 6, 7)]


# --- examples -------------------------------------------------------------------------------------


def test_every_example_is_listed_with_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["example"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(examples()) == len({*(ROOT / "examples").rglob("*.yaml"), *(ROOT / "examples").rglob("*.json")}) >= 17
    for name, about in described().items():
        assert about and any(re.fullmatch(rf"{name} +{re.escape(about)}", line) for line in lines)


@pytest.mark.parametrize("name", examples())
def test_an_example_is_written_as_it_is_and_is_answered(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["example", name]) == 0
    assert capsys.readouterr().out == examples()[name].read_text(encoding="utf-8")
    assert run(["example", name, "--output", "patient.yaml"]) == 0
    assert (tmp_path / "patient.yaml").read_bytes() == examples()[name].read_bytes()
    assert run(["recommend", "patient.yaml"]) == 0


def test_an_example_that_is_not_there_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["example", "partial-date"]) == 2
    assert "Did you mean partial-dates?" in capsys.readouterr().err


def test_an_example_is_not_written_over_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["example", "partial-dates", "-o", str(ROOT / "examples" / "after-car-t.yaml")]) == 2
    assert "is an input" in capsys.readouterr().err


# --- sources --------------------------------------------------------------------------------------


def test_a_source_is_shown_by_its_key() -> None:
    """Title, date, addresses, mark, and the day on which it was read; of every eighth source, since each takes long."""
    addressed = 0
    for key, source in list(LOADED.catalogue.sources.items())[::8]:
        shown = catalogue_entry(LOADED.catalogue, key)
        assert (shown["kind"], shown["id"], shown["name"]) == ("source", key, source.title)
        facts = shown["facts"]
        assert facts["verified"] == source.verified and facts.get("year") == source.year
        assert facts.get("read_on") == source.read_on
        links = str(facts.get("links", ""))
        assert all(number in links for number in (source.doi, source.pmid, source.nct))
        addressed += bool(links)
    assert addressed > 20


def test_a_source_on_a_terminal_has_its_mark_and_its_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "show", "dreamm7-pro-2025"]) == 0
    text = capsys.readouterr().out
    assert (
        "https://doi.org/10.1016/S2352-3026(25)00163-2" in text
        and "https://clinicaltrials.gov/study/NCT04246047" in text
    )
    assert run(["catalogue", "show", "rajkumar-2011"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"Verified +secondary †", text) and "No address of this source is recorded" in text
    assert re.search(r"Read on +2026-11-22", text) and re.search(r"Year +2011", text)


KEYED = ["recommendation", "plan", "regimen-page", "comparison", "monitor", "restart", "hold", "catalogue-entry"]


@pytest.mark.parametrize("kind", KEYED)
def test_a_screen_with_keys_names_the_command_that_shows_them(
    kind: str, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    words = [*COMMANDS[kind][0], *([] if kind in ("restart", "hold", "catalogue-entry") else ["--full"])]
    assert run(words) == 0
    text = capsys.readouterr().out
    keys = set(re.findall(r"\[([a-z0-9-]+)[\] ]", text)) & LOADED.catalogue.sources.keys()
    assert keys and "mmadvisor catalogue show KEY" in text[-700:]
