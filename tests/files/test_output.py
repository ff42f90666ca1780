"""What is written, and where: never over an input, whole, in UTF-8, with nothing in it that steers a terminal."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mmadvisor.base.errors import UsageError
from mmadvisor.desk import terminal
from mmadvisor.desk.cli import run
from mmadvisor.files import output
from mmadvisor.files.output import keep_apart, write_atomically
from tests import ROOT
from tests.builders.wards import EVIL, HK, PARTIAL, PATIENT, mode, process, ward

LAYER = ROOT / "docs" / "hospital-formulary.yaml"
pytestmark = pytest.mark.usefixtures("here")


def test_every_json_output_escapes_what_a_patient_file_holds(capsys: pytest.CaptureFixture[str]) -> None:
    raw = {"id": EVIL, "therapies": [], "access": {"jurisdiction": "HK"}}
    folder = ward("a.yaml")
    (folder / "a.yaml").write_text(json.dumps(raw), encoding="utf-8")
    patient = str(folder / "a.yaml")
    for command in (
        ["recommend", patient], ["history", patient], ["plan", patient, "--if-relapse"], ["explain", "DKd", "--patient", patient],
        ["compare", "DKd", "KRd", "--patient", patient], ["monitor", "DKd", "--start", "2026-12-01", "--patient", patient],
        ["recommend", patient, "--against", str(HK)],
    ):  # fmt: skip
        assert run([*command, "--format", "json"]) == 0
        assert not set(EVIL[1:-4]) & set(capsys.readouterr().out) - set("x31mgnpINJ"), command
    assert run(["batch", "ward", "-o", "o.ndjson"]) == 0
    (line,) = Path("o.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["patient"] == EVIL and "É陳≥⁹" in line


# --- nothing over an input ----------------------------------------------------------------------


def layer() -> str:
    shutil.copytree(LAYER.parent, "layer", ignore=lambda _, names: [n for n in names if n != LAYER.name])
    return "layer"


def linked() -> str:
    Path("l.yaml").symlink_to("p.yaml")
    return "l.yaml"


def second_name() -> str:
    os.link("p.yaml", "P.YAML")
    return "P.YAML"


def by_a_link_to_the_folder() -> str:
    Path("in").symlink_to(".")
    return "in/p.yaml"


@pytest.mark.parametrize("name", [lambda: "p.yaml", lambda: "./p.yaml", linked, second_name, by_a_link_to_the_folder])
@pytest.mark.parametrize(
    "command",
    ["recommend p.yaml", "recommend p.yaml -f json", "plan p.yaml --if-relapse", "history p.yaml", "explain DKd --patient p.yaml",
     "compare DKd KRd --patient p.yaml", "monitor DKd --start 2026-12-01 --patient p.yaml", "recommend {HK} --against p.yaml",
     "catalogue diff builtin p.yaml", "catalogue check p.yaml", "hold elranatamab CRS --grade 1 --catalogue p.yaml"],
)  # fmt: skip
def test_an_output_never_overwrites_an_input(
    name: Callable[[], str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the input is called: a link, a second name such as another case of it, another way to its folder."""
    if "catalogue" in command:
        shutil.copy(LAYER, "p.yaml")
    before, target = Path("p.yaml").read_bytes(), name()
    assert run([*shlex.split(command.format(HK=HK)), "-o", target]) == 2
    out, err = capsys.readouterr()
    assert "input" in err and "give another name" in err and not out
    assert Path("p.yaml").read_bytes() == before and Path(target).samefile("p.yaml")


def test_an_output_is_not_written_inside_a_folder_that_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    ours, patients = layer(), str(ward("a.yaml", "deep/b.yaml"))
    before = sorted(map(str, Path().rglob("*")))
    for command in (
        f"recommend p.yaml --catalogue {ours} -o {ours}/o.json", f"catalogue list --catalogue {ours} -o {ours}/o.json",
        f"catalogue check {ours} -o {ours}/o.json", f"catalogue diff builtin {ours} -o {ours}/o.json",
        f"catalogue diff builtin {ours} --patients {patients} -o {patients}/o.json", f"new {ours}/new.yaml --catalogue {ours}",
        f"batch {patients} -o {patients}", f"batch {patients} -o {patients}/", f"batch {patients} -o {patients}/a.yaml",
        f"batch {patients} -o {patients}/deep/o.ndjson", f"batch {patients} -o {patients}/new/", f"batch . -o {patients}/out/",
        f"batch {patients} -o ./ward/../ward/o.ndjson", f"batch {patients} --catalogue {ours} -o {ours}/o.ndjson",
        f"recommend p.yaml -o {ROOT}/data/o.json",
    ):  # fmt: skip
        assert run(shlex.split(command)) == 2, command
        assert "input" in capsys.readouterr().err, command
    assert sorted(map(str, Path().rglob("*"))) == before


def test_a_batch_writes_over_no_file_that_a_link_in_its_folder_leads_to() -> None:
    ward("a.yaml")
    Path("ward/b.yaml").symlink_to(Path("p.yaml").resolve())
    assert run(["batch", "ward", "-o", "p.yaml"]) == 2
    Path("out").mkdir()
    Path("out/a.yaml.json").symlink_to(Path("p.yaml").resolve())
    assert run(["batch", "ward", "-o", "out"]) == 4
    assert Path("p.yaml").read_bytes() == PATIENT.read_bytes()
    Path("out/a.yaml.json").unlink()
    Path("in").symlink_to("ward")
    assert run(["batch", "ward", "-o", "in/x/"]) == 2 and not Path("ward/x").exists()


def test_a_link_inside_the_output_folder_leads_nothing_into_the_input_folder() -> None:
    ward("deep/a.yaml")
    Path("out").mkdir()
    Path("out/deep").symlink_to(Path("ward/deep").resolve())
    assert run(["batch", "ward", "-o", "out"]) == 2
    assert [p.name for p in Path("ward/deep").iterdir()] == ["a.yaml"]


def test_the_file_behind_standard_input_is_an_input() -> None:
    done = process("recommend", "-", "-o", "p.yaml", redirect="< p.yaml")
    assert done.returncode == 2 and b"standard input" in done.stderr
    assert Path("p.yaml").read_bytes() == PATIENT.read_bytes()


def test_a_new_patient_is_not_written_over_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(LAYER, "hospital.yaml")
    monkeypatch.setattr(sys, "stdin", io.StringIO("hospital\nother\n"))
    assert run(["new", "--catalogue", "hospital.yaml"]) == 0
    assert Path("hospital.yaml").read_bytes() == LAYER.read_bytes()
    assert "id: other" in Path("other.yaml").read_text()


def test_what_is_no_file_on_a_disk_is_no_input_to_keep() -> None:
    keep_apart(Path("/dev/null"), [Path("/dev/null"), Path("nowhere")])
    keep_apart(Path("new.json"), [Path("p.yaml"), Path("nowhere")])


def test_new_files_are_private_and_a_file_that_is_there_keeps_its_mode() -> None:
    Path("shared.json").write_text("old")
    Path("shared.json").chmod(0o644)
    ward("a.yaml")
    for command in ("recommend p.yaml", "batch ward"):
        for name in ("shared.json", "new.json"):
            assert run([*command.split(), "-o", name]) == 0
            assert Path(name).read_text().startswith('{"schema"' if "batch" in command else "{\n")
        assert mode("shared.json") == 0o644 and mode("new.json") == 0o600
    shutil.rmtree("ward")
    ward("deep/a.yaml")
    assert run(["batch", "ward", "-o", "new/"]) == 0
    assert mode("new") == mode("new/deep") == 0o700 and mode("new/deep/a.yaml.json") == 0o600


def test_what_one_group_may_read_is_given_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("o.json").write_text("old")
    Path("o.json").chmod(0o664)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    real = Path.stat

    def of_another_group(path: Path, **how: Any) -> Any:
        found = real(path, **how)
        return SimpleNamespace(st_mode=found.st_mode, st_gid=found.st_gid + 1) if path.name == "o.json" else found

    monkeypatch.setattr(Path, "stat", of_another_group)
    monkeypatch.setattr(os, "fchown", refuse)
    write_atomically(Path("o.json"), "new")
    assert Path("o.json").read_text() == "new" and stat.S_IMODE(os.stat("o.json").st_mode) == 0o604  # noqa: PTH116


def test_a_link_is_kept_and_what_it_leads_to_is_written() -> None:
    Path("away").mkdir()
    Path("latest.json").symlink_to("away/one.json")
    for _ in range(2):
        assert run(["recommend", "p.yaml", "-o", "latest.json"]) == 0
        assert Path("latest.json").readlink() == Path("away/one.json") and json.loads(Path("away/one.json").read_text())
    ward("a.yaml")
    assert run(["batch", "ward", "-o", "latest.json"]) == 0
    assert Path("latest.json").is_symlink() and len(Path("away/one.json").read_text().splitlines()) == 1
    assert [p.name for p in Path("away").iterdir()] == ["one.json"]


def test_links_in_a_circle_and_into_nowhere_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a").symlink_to("b")
    Path("b").symlink_to("a")
    Path("c").symlink_to("nowhere/c.json")
    ward("a.yaml")
    for target in "abc":
        for command in (["recommend", "p.yaml"], ["batch", "ward"]):
            assert run([*command, "-o", target]) == 2
            assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder_mode", "link_of", "strangers"),
    [(0o41777, 7, True), (0o41777, os.geteuid(), False), (0o41777, 3, False), (0o40777, 7, False), (0o40755, 7, False)],
)
def test_a_strangers_link_in_a_folder_of_everybodys_is_not_followed(
    folder_mode: int, link_of: int, strangers: bool
) -> None:
    link: Any = SimpleNamespace(st_uid=link_of)
    folder: Any = SimpleNamespace(st_uid=3, st_mode=folder_mode)
    assert output._is_strangers(link, folder) is strangers


def test_a_strangers_link_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Path("l.json").symlink_to("elsewhere.json")
    monkeypatch.setattr(output, "_is_strangers", lambda link, folder: True)
    assert run(["recommend", "p.yaml", "-o", "l.json"]) == 2
    assert "another user" in capsys.readouterr().err and not Path("elsewhere.json").exists()


BEGINS = {"json": "{", "markdown": "# Patient", "html": "<!doctype html>", "table": "Patient"}


@pytest.mark.parametrize(
    ("name", "format"),
    [("o.json", "json"), ("o.md", "markdown"), ("o.Markdown", "markdown"), ("o.HTML", "html"), ("o.htm", "html"), ("o.txt", "table"),
     ("json", "table"), (".json", "table"), ("o.json.txt", "table")],
)  # fmt: skip
def test_the_format_follows_the_suffix_of_the_output(name: str, format: str) -> None:
    assert run(["recommend", "p.yaml", "-o", name]) == 0
    assert Path(name).read_text(encoding="utf-8").startswith(BEGINS[format])


@pytest.mark.parametrize("format", BEGINS)
def test_a_format_that_is_asked_for_is_given_whatever_the_suffix(
    format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recommend", "p.yaml", "-f", format, "-o", "o.md"]) == 0
    assert Path("o.md").read_text(encoding="utf-8").startswith(BEGINS[format])
    assert run(["recommend", "p.yaml", "-f", format, "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith(BEGINS[format]) and not Path("-").exists()


def test_a_page_by_its_suffix_has_the_look_ahead() -> None:
    for name, words in (("a.html", []), ("b.txt", ["-f", "html"])):
        assert run(["recommend", str(HK), "-o", name, *words]) == 0
    assert Path("a.html").read_bytes() == Path("b.txt").read_bytes() and b"Looking ahead" in Path("a.html").read_bytes()


@pytest.mark.parametrize(
    "command",
    ["recommend p.yaml", "history p.yaml", "plan p.yaml", "explain DKd", "compare DKd KRd", "monitor DKd --start 2026-12-01",
     "hold elranatamab CRS", "batch .", "schema patient", "catalogue list", "catalogue show carfilzomib", "catalogue check"],
)  # fmt: skip
def test_an_output_without_a_name_is_wrong_usage(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path().iterdir())
    assert run([*command.split(), "--output", ""]) == 2
    assert "give the name of a file" in capsys.readouterr().err and sorted(Path().iterdir()) == before


def test_a_folder_is_no_name_for_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    assert run(["recommend", "p.yaml", "-o", "out"]) == 2
    assert "out is a folder" in capsys.readouterr().err


# --- consoles -----------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["json", "html", "markdown"])
def test_files_for_others_are_utf_8_whatever_the_console(format: str) -> None:
    wanted = process("recommend", str(HK), "-f", format, PYTHONIOENCODING="utf-8").stdout
    assert wanted.decode("utf-8") and not wanted.isascii()
    for console in ("cp1252", "ascii", "utf-16"):
        done = process("recommend", str(HK), "-f", format, PYTHONIOENCODING=console)
        assert (done.returncode, done.stdout) == (0, wanted), console


@pytest.mark.parametrize("console", ["cp1252", "ascii", "latin-1"])
def test_reports_and_messages_on_a_console_of_few_characters_never_fail(console: str) -> None:
    ward("陳.yaml", "wrong é.yaml")
    Path("ward/wrong é.yaml").write_text("id: p\ntherapies: [{agents: [Ünsinn≥]}]\n", encoding="utf-8")
    done = process("validate", "ward", PYTHONIOENCODING=console)
    assert done.returncode == 3 and b"valid" in done.stdout and b"therapies[0]" in done.stderr
    assert process("batch", "ward", "-o", "-", PYTHONIOENCODING=console).returncode == 4
    for command in (
        ["recommend", "ward/陳.yaml"],
        ["history", "ward/陳.yaml"],
        ["catalogue", "list"],
        ["explain", "DKd"],
    ):
        done = process(*command, PYTHONIOENCODING=console)
        assert done.returncode == 0 and done.stdout.isascii() and b"Traceback" not in done.stderr
    asked = process("new", "n.yaml", redirect=r"< <(printf 'n1\nend\n')", PYTHONIOENCODING=console)
    assert asked.returncode == 0 and b"Traceback" not in asked.stderr and "id: n1" in Path("n.yaml").read_text()


def test_an_answer_that_is_no_text_is_asked_again() -> None:
    asked = process("new", "n.yaml", redirect=r"< <(printf 'a\xffb\nn1\nend\n')")
    assert asked.returncode == 0 and b"Traceback" not in asked.stderr and "id: n1" in Path("n.yaml").read_text()


# --- what is no file ----------------------------------------------------------------------------


def fifo(path: str) -> None:
    os.mkfifo(path)


def unix_socket(path: str) -> None:
    made = socket.socket(socket.AF_UNIX)
    # A test may not bind; a socket's name is made in another process.
    made.close()
    code = f"import socket; socket.socket(socket.AF_UNIX).bind({path!r})"
    subprocess.run([sys.executable, "-c", code], check=True)


def link_to_a_device(path: str) -> None:
    Path(path).symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [fifo, unix_socket, link_to_a_device])
def test_what_is_no_file_is_refused_and_never_waited_for(make: Callable[[str], None]) -> None:
    ward("a.yaml")
    make("ward/x.yaml")
    for command, status in (
        ("validate ward", 3), ("batch ward -o o.ndjson", 4), ("recommend ward/x.yaml", 3), ("recommend p.yaml --against ward/x.yaml", 3),
        ("recommend p.yaml --catalogue ward/x.yaml", 3), ("catalogue check ward", 3), ("catalogue diff builtin ward/x.yaml", 3),
    ):  # fmt: skip
        done = process(*command.split())
        assert done.returncode == status, (command, done.stderr)
        assert b"ward/x.yaml" in done.stderr + done.stdout and b"Traceback" not in done.stderr
        assert b"pipe, a device or a socket" in done.stderr + done.stdout or command.startswith("batch")
    assert len(Path("o.ndjson").read_text().splitlines()) == 1


def test_a_link_to_nowhere_in_a_layer_is_not_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    ours = layer()
    Path(ours, "more.yaml").symlink_to("gone.yaml")
    assert run(["recommend", "p.yaml", "--catalogue", ours]) == 3
    assert "more.yaml: there is no such file" in capsys.readouterr().err


def test_the_streams_of_the_process_are_read_by_their_names() -> None:
    wanted = process("recommend", "p.yaml", "-f", "json").stdout
    for words, redirect in (
        (["/dev/stdin"], "< p.yaml"), (["/dev/stdin"], "< <(sleep 0.2; cat p.yaml)"), (["-"], "< p.yaml"),
        (["/dev/fd/7"], "7< <(sleep 0.2; cat p.yaml)"),
    ):  # fmt: skip
        done = process("recommend", *words, "-f", "json", redirect=redirect)
        assert (done.returncode, done.stdout) == (0, wanted), (words, done.stderr)
    assert process("recommend", "/dev/stdin", redirect="< /dev/zero").returncode == 3
    layered = process(
        "recommend", "p.yaml", "--catalogue", "/dev/fd/7", redirect=f"7< <(cat {shlex.quote(str(LAYER))})"
    )
    assert layered.returncode == 3 and b"pipe, a device or a socket" in layered.stderr


@pytest.mark.parametrize("words", [("explain", "DKd"), ("compare", "DKd", "Kd")], ids=lambda w: w[0])
def test_a_patient_beside_a_regimen_is_read_once_so_that_a_stream_is_enough(words: tuple[str, ...]) -> None:
    wanted = process(*words, "--patient", "p.yaml", "-f", "json")
    piped = process(*words, "--patient", "-", "-f", "json", redirect="< <(cat p.yaml)")
    assert (piped.returncode, piped.stdout) == (0, wanted.stdout), piped.stderr


# --- streams ------------------------------------------------------------------------------------

SHOWN = ["recommend p.yaml", "recommend p.yaml -f json", "history p.yaml -f html", "validate .", "catalogue list", "batch ward -o -",
         "schema catalogue", "explain DKd -f markdown"]  # fmt: skip


@pytest.mark.parametrize("command", SHOWN)
def test_a_stream_that_is_full_or_closed_is_told_in_a_line(command: str) -> None:
    ward("a.yaml")
    for redirect in ("> /dev/full", ">&-"):
        done = process(*command.split(), redirect=redirect)
        assert done.returncode == 2, (command, redirect, done.stderr)
        (said, *more) = done.stderr.decode().splitlines()[-1:]
        assert said.startswith("error: standard output ") and not more and b"Traceback" not in done.stderr
    assert process(*command.split(), redirect="> /dev/null 2>&-").returncode == 0


@pytest.mark.parametrize("command", [*SHOWN, "--help", "recommend --help", "catalogue --help"])
def test_a_reader_that_goes_away_is_no_error(command: str) -> None:
    ward(*(f"{i}.yaml" for i in range(3)))
    words = [sys.executable, "-m", "mmadvisor", *command.split()]
    gone = (
        "import os, subprocess, sys\nr, w = os.pipe()\nos.close(r)\nsys.exit(subprocess.call(sys.argv[1:], stdout=w))"
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", gone, *words], capture_output=True, env=env, timeout=60, check=False)
    assert done.returncode == 0 and b"Traceback" not in done.stderr and b"error" not in done.stderr, done.stderr


def test_messages_that_nobody_can_read_change_no_status() -> None:
    assert process("recommend", "nowhere.yaml", redirect="2> /dev/full").returncode == 3


def test_help_into_a_full_disk_is_told() -> None:
    done = process("recommend", "--help", redirect="> /dev/full")
    assert done.returncode == 2 and b"No space left" in done.stderr and b"Traceback" not in done.stderr


def test_a_closed_standard_input_is_told() -> None:
    done = process("recommend", "-", redirect="<&-")
    assert done.returncode == 3 and done.stderr.splitlines() == [b"error: standard input: it is closed"]
    for redirect in ("<&-", ">&-"):
        done = process("new", "n.yaml", redirect=redirect)
        assert done.returncode == 2 and done.stderr.startswith(b"error: standard ") and b"Traceback" not in done.stderr


def test_answers_are_saved_when_nothing_can_be_shown_any_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []

    def show(text: str, *, as_utf8: bool) -> None:
        shown.append(text)
        if len(shown) == 12:  # after some answers
            raise UsageError("standard output cannot be written")

    monkeypatch.setattr(terminal, "write_stdout", show)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n1\n" * 40))
    assert run(["new", "n.yaml"]) == 0
    assert "id: n1" in Path("n.yaml").read_text() and len(shown) == 12


def test_a_name_of_a_file_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "e\x1b[31mvil\nINJECTED\u202e.yaml"
    ward(name, source=PARTIAL)
    commands = [["validate", "ward"], ["batch", "ward", "-o", "o.ndjson"], ["batch", "ward", "-o", f"ward/{name}"],
                ["recommend", f"ward/{name}", "--catalogue", "ward"], ["recommend", f"{name}"], ["new", f"ward/{name}"]]  # fmt: skip
    for command in commands:
        run(command)
        out, err = capsys.readouterr()
        assert out or err
        assert "\x1b" not in out + err and "\u202e" not in out + err, command
        assert not any(line.startswith("INJECTED") for line in (out + err).splitlines()), command
    assert run(["validate", "ward"]) == 0
    assert capsys.readouterr().out == "ward/e\\x1b[31mvil\\x0aINJECTED\\u202e.yaml: valid\n"
