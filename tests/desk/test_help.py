"""The help of the commands as a stranger reads it, and completion in a shell."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmadvisor.base.errors import EXIT_STATUSES
from mmadvisor.desk.cli import run
from mmadvisor.desk.help import examples_of
from tests import ROOT
from tests.builders.blank import LOADED
from tests.pages.reference import commands

NAMES = list(commands())
PAGES = [[], ["catalogue"], *(name.split() for name in NAMES)]


@pytest.fixture(autouse=True)
def eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(words) == 0
    out, err = capsys.readouterr()
    assert not err
    return out


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_help_fits_eighty_columns_and_shows_no_type_of_python(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    short = printed([*words, "-h"], capsys)
    assert short == printed([*words, "--help"], capsys)
    lines = [line for line in short.splitlines() if not line.startswith("  mmadvisor ")]  # examples are copied whole
    assert max(map(len, lines)) <= 80
    leaked = re.findall(r"<[^>]*>|\b(?:TEXT|INTEGER|FLOAT|RANGE|str|int|bool|None)\b|\{[A-Z]", short)
    assert not leaked
    assert short.startswith(f"Usage: {' '.join(['mmadvisor', *words])} ")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_a_group_and_examples(name: str) -> None:
    assert name.startswith("catalogue ") or commands()[name].rich_help_panel
    assert 1 <= len(examples_of(name)) <= 2


def test_no_example_belongs_to_a_command_that_does_not_exist() -> None:
    listed = re.findall(r"^([\w ]+):$", (ROOT / "src/mmadvisor/desk/examples.yaml").read_text(), flags=re.MULTILINE)
    assert set(listed) == {"mmadvisor", *NAMES}


def test_every_example_of_the_help_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "patients").mkdir()
    shutil.copy(ROOT / "examples" / "partial-dates.yaml", tmp_path / "patients")
    shutil.copy(ROOT / "docs" / "hospital-formulary.yaml", tmp_path / "formulary.yaml")
    for name in (
        "mmadvisor",
        *(name for name in NAMES if name != "new"),
    ):  # `new` asks questions: tests/desk/test_ask.py
        for line in examples_of(name):
            assert run(shlex.split(line)[1:]) == 0, (line, capsys.readouterr().err)
    assert (tmp_path / "answer.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "dvd.ics").read_text().startswith("BEGIN:VCALENDAR")


def test_the_program_lists_its_commands_in_groups_and_its_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(["-h"], capsys)
    for group in ("Answers for a patient:", "After the choice of a regimen:", "Regimens and the catalogue:",
                  "Patient files:", "The program:"):  # fmt: skip
        assert f"\n{group}\n" in text
    assert "..." not in text.partition("\n\n")[2]  # no sentence is cut
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for status, meaning in EXIT_STATUSES.items():
        assert re.search(rf"\n  {status} +{meaning.split(':')[0].split(';')[0]}", text)
        assert f"| {status} | {meaning} |" in page


def test_the_words_that_an_option_takes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    places = ", ".join(LOADED.catalogue.jurisdictions)
    for words in (["recommend"], ["hold"], ["catalogue", "list"]):
        assert places in " ".join(printed([*words, "-h"], capsys).split())
    assert "--format table|json|markdown|html|ics" in printed(["monitor", "-h"], capsys)
    for grading in LOADED.catalogue.gradings:
        for question, replies in grading.questions.items():
            text = "".join(printed(["hold", "-h"], capsys).split())
            assert f"--{question}" in text and all(reply in text for reply in replies)


def test_every_command_has_one_name_for_the_day(capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        text = printed([*name.split(), "-h"], capsys)
        assert "--today" not in text
        # An audit answers for the day of each decision; a cohort counts answers, each of which has its day.
        if (
            name.split()[0] not in ("new", "schema", "example", "config", "audit", "cohort")
            and name != "catalogue show"
        ):
            assert "--as-of DATE" in text, name


def test_the_earlier_name_of_the_day_is_still_read(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["restart", "teclistamab", "--last-dose", "1.5 mg/kg", "--schedule", "weekly", "-j", "US", "--on", "2026-10-01"]  # fmt: skip
    assert printed([*asked, "--today", "2026-11-10"], capsys) == printed([*asked, "--as-of", "2026-11-10"], capsys)


def test_wrong_usage_names_the_command_that_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "show"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "usage: mmadvisor catalogue show -h"


# --- completion -----------------------------------------------------------------------------------


def process(words: list[str], **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mmadvisor", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("mmadvisor rec", ["recommend"]),
        ("mmadvisor recommend --if", ["--if-relapse"]),
        ("mmadvisor recommend -j ", list(LOADED.catalogue.jurisdictions)),
        ("mmadvisor recommend -f j", ["json"]),
        ("mmadvisor explain Isa-V", ["Isa-VRd"]),
        ("mmadvisor hold elran", ["elranatamab"]),
        ("mmadvisor example hk", ["hk-triple-class-refractory"]),
        ("mmadvisor catalogue show rajkumar-2011", ["rajkumar-2011"]),
    ],
)
def test_the_shell_completes_commands_options_and_words(typed: str, found: list[str]) -> None:
    out = process([], _MMADVISOR_COMPLETE="complete_bash", COMP_WORDS=typed.rstrip(), COMP_CWORD=str(typed.count(" ")))
    assert out.split() == found


def test_completion_is_shown_and_installed(tmp_path: Path) -> None:
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # no shell may be among the parents of a test
    assert "_MMADVISOR_COMPLETE" in process(["--show-completion", "bash"], **named)
    process(["--install-completion", "bash"], **named, HOME=str(tmp_path))
    assert any("mmadvisor" in path.read_text() for path in tmp_path.rglob("*") if path.is_file())


def test_help_can_be_printed_on_a_console_with_ascii_only() -> None:
    for words in PAGES:
        process([*words, "-h"], PYTHONIOENCODING="ascii")
