"""Many patients in one run: what goes in and comes out, interruptions, full disks, what cannot be written."""

from __future__ import annotations

import gzip
import json
import os
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.base.errors import Problem, UsageError
from mmadvisor.cohort import run as cohort
from mmadvisor.cohort.engine import Asked, Decider, Outcome, failed, key_of
from mmadvisor.cohort.sources import Raw, files_of
from mmadvisor.desk.cli import run
from tests.builders.blank import DAY
from tests.builders.wards import PATIENT, mode, ward

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def heard() -> Iterator[None]:
    """Signals as they come to a command in the foreground, wherever the tests run."""
    usual: dict[signal.Signals, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def answered(raw: Raw) -> Outcome:
    return Outcome(
        raw.at, json.dumps({"patient": raw.at["file"], "input": raw.at}).encode() + b"\n", key_of(str(raw.at))
    )


ONCE = cohort.Options()


def go(
    answer: Callable[[Raw], Outcome], output: str, paths: tuple[str, ...] = ("ward",), say: Callable[[str], None] = print,
    options: cohort.Options = ONCE,
) -> cohort.Summary:  # fmt: skip
    """A run in which this is the answer for an input."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Decider, "outcome", lambda self, raw: answer(raw))
        return cohort.run(paths, output, Asked(DAY), options, say)


def test_no_two_inputs_share_a_name_in_the_output_folder(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["a.yaml", "a.yml", "a.json", "x/y.yaml", "x__y.yaml", "x/z/y.yaml", "a.yaml.json"]
    ward(*names)
    for path in ("ward/a.json", "ward/a.yaml.json"):
        Path(path).write_text(json.dumps({"id": path, "therapies": []}))
    assert run(["batch", "ward", "-o", "out/"]) == 0
    assert "7 answered, 0 failed" in capsys.readouterr().err
    written = {p.relative_to("out").as_posix() for p in Path("out").rglob("*") if p.is_file()}
    assert written == {f"{name}.json" for name in names}
    for path in ("a.json", "a.yaml.json"):
        assert json.loads(Path(f"out/{path}.json").read_text())["patient"]["id"] == f"ward/{path}"


def test_an_input_whose_answer_would_stand_where_a_folder_is_needed_is_told_before_the_first() -> None:
    ward("a.yaml", "a.yaml.json/b.yaml")
    with pytest.raises(UsageError, match="rename one"):
        go(answered, "out/")
    assert not Path("out").exists()


def test_names_that_are_one_to_the_disk_lose_no_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where case is none: the second name leads to the file of the first."""
    ward("a.yaml", "b.yaml")
    Path("out").mkdir()
    Path("out/b.yaml.json").symlink_to("a.yaml.json")
    said: list[str] = []
    summary = go(answered, "out", say=said.append)
    assert (summary.done, summary.failed) == (1, 1) and "ward/b.yaml" in said[0] and "ward/a.yaml" in said[0]
    assert json.loads(Path("out/a.yaml.json").read_text())["patient"] == "ward/a.yaml"
    (error,) = Path("out.errors.ndjson").read_text().splitlines()
    assert json.loads(error)["file"] == "ward/b.yaml" and "ward/a.yaml" in json.loads(error)["reason"]


@pytest.mark.parametrize("name", ["o.tsv", "o.md", "o.HTML", "o.xlsx", "o.parquet.gz", "o.html.zst"])
def test_a_name_that_promises_another_format_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ward("a.yaml")
    assert run(["batch", "ward", "-o", name]) == 2
    assert ".ndjson" in capsys.readouterr().err and not Path(name).exists()


@pytest.mark.parametrize(
    ("target", "said"),
    [("nowhere/o.ndjson", "no folder nowhere"), ("p.yaml/x/", "cannot be made"), ("p.yaml/", "a folder is needed"),
     ("p.yaml/o.ndjson", "cannot be written"), ("ro/o.ndjson", "cannot be written"), ("ro/x/", "cannot be made")],
)  # fmt: skip
def test_an_output_that_cannot_be_written_is_found_before_the_first_patient(
    target: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward("a.yaml")
    Path("ro").mkdir()
    real = {name: getattr(os, name) for name in ("open", "mkdir")}

    def refused(name: str) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **kwargs: Any) -> Any:
            if str(path).startswith("ro/"):  # as for anybody but the administrator
                raise PermissionError(13, "Permission denied")
            return real[name](path, *args, **kwargs)

        return call

    for name in real:
        monkeypatch.setattr(os, name, refused(name))
    asked: list[str] = []

    def answer(raw: Raw) -> Outcome:
        asked.append(raw.at["file"])
        return answered(raw)

    with pytest.raises(UsageError, match=said):
        go(answer, target)
    assert not asked


def test_a_folder_in_which_nothing_can_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ward("a.yaml")
    Path("out").mkdir()
    monkeypatch.setattr(os, "access", lambda path, how: "out" not in str(path))
    with pytest.raises(UsageError, match="does not allow writing"):
        go(answered, "out")


def test_answers_are_kept_as_they_are_given_and_take_their_name_at_the_end() -> None:
    ward("1.yaml", "2.yaml", "3.yaml")
    seen: list[int] = []

    def answer(raw: Raw) -> Outcome:
        seen.append(len(Path("o.ndjson.part").read_text().splitlines()))
        assert mode("o.ndjson.part") == 0o600 and not Path("o.ndjson").exists()
        return answered(raw)

    assert go(answer, "o.ndjson").lines() == ["3 answered, 0 failed"]
    assert seen == [1, 2, 3] and sorted(p.name for p in Path().iterdir()) == ["o.ndjson", "p.yaml", "ward"]
    assert [json.loads(line)["input"]["file"] for line in Path("o.ndjson").read_text().splitlines()] == sorted(
        f"ward/{n}.yaml" for n in (1, 2, 3)
    )


def test_a_run_holds_one_answer_at_a_time() -> None:
    def long(raw: Raw) -> Outcome:
        # All have one id, so that the input and the answers are read again at the end.
        record = {"patient": "p", "input": raw.at, "text": "x" * 1_000_000}
        return Outcome(raw.at, json.dumps(record).encode() + b"\n", key_of("p"))

    ward(*(f"{i}.yaml" for i in range(60)))
    tracemalloc.start()
    go(long, "o.ndjson")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert Path("o.ndjson").stat().st_size > 60_000_000 and peak < 15_000_000
    assert len(Path("o.ndjson.duplicates.ndjson").read_bytes().splitlines()) == 59


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("target", ["o.ndjson", "out/", "-"])
def test_a_batch_that_is_stopped_says_how_far_it_came(
    number: signal.Signals, target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ward("1.yaml", "2.yaml", "3.yaml", "4.yaml")
    before, count = signal.getsignal(number), 0
    real = Decider.outcome

    def outcome(self: Decider, raw: Raw) -> Outcome:
        nonlocal count
        count += 1
        if count == 2:
            signal.raise_signal(number)
        return real(self, raw)

    monkeypatch.setattr(Decider, "outcome", outcome)
    assert run(["batch", "ward", "-o", target]) == 128 + number and count == 2
    out, err = capsys.readouterr()
    assert f"stopped after 2{' of 4' if target != '-' else ''} patients: 2 answered, 0 failed" in err
    where = {"o.ndjson": "o.ndjson.part", "out/": "out", "-": ""}[target]
    assert (f"the answers so far are in {where}" in err) == bool(where)
    texts = {"o.ndjson": lambda: Path(where).read_text(), "-": lambda: out,
             "out/": lambda: "".join(p.read_text() for p in Path("out").iterdir())}  # fmt: skip
    first = int(target == "o.ndjson")  # the line on the run
    assert (
        len([json.loads(line) for line in texts[target]().splitlines()]) == 2 + first and not Path("o.ndjson").exists()
    )
    assert signal.getsignal(number) == before


@pytest.mark.usefixtures("heard")
def test_a_second_signal_stops_at_once() -> None:
    ward("1.yaml", "2.yaml")

    def answer(raw: Raw) -> Outcome:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second one was not heard")

    with pytest.raises(KeyboardInterrupt):
        go(answer, "o.ndjson")


def test_what_the_caller_ignores_stays_ignored() -> None:
    ward("1.yaml", "2.yaml")

    def answer(raw: Raw) -> Outcome:
        signal.raise_signal(signal.SIGINT)
        return answered(raw)

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        summary = go(answer, "o.ndjson")
    finally:
        signal.signal(signal.SIGINT, before)
    assert summary.done == 2 and not summary.stopped


def test_a_full_disk_leaves_whole_records_and_says_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ward("1.yaml", "2.yaml", "3.yaml")
    real, room = os.write, 0

    def write(handle: int, data: Any) -> int:
        nonlocal room
        if b"mmadvisor/part/1" in bytes(data):
            return real(handle, data)
        if room == 0:
            room = 2 * len(data) - 1  # one record and most of another
        if room < 10:
            raise OSError(28, "No space left on device")
        done = real(handle, data[: min(len(data), room)])
        room -= done
        return done

    monkeypatch.setattr(os, "write", write)
    assert run(["batch", "ward", "-o", "o.ndjson"]) == 2
    err = capsys.readouterr().err
    assert "No space left" in err and "1 answered, 0 failed" in err and "are in o.ndjson.part" in err
    assert len([json.loads(line) for line in Path("o.ndjson.part").read_text().splitlines()]) == 2
    assert Path("o.ndjson.part").read_text().endswith("\n")
    room = 1_000_000
    assert run(["batch", "ward", "-o", "o.ndjson", "--resume"]) == 0
    assert len(Path("o.ndjson").read_text().splitlines()) == 3 and not Path("o.ndjson.part").exists()


def test_a_part_of_an_earlier_run_is_begun_anew_and_never_followed() -> None:
    ward("1.yaml")
    Path("o.ndjson.part").symlink_to("p.yaml")
    go(answered, "o.ndjson")
    assert len(Path("o.ndjson").read_text().splitlines()) == 1 and Path("p.yaml").read_bytes() == PATIENT.read_bytes()
    Path("o.ndjson.part").symlink_to("p.yaml")
    with pytest.raises(UsageError, match="cannot be written"):
        go(answered, "o.ndjson", options=cohort.Options(resume=True))


def test_a_part_that_another_run_began_anew_is_not_put_in_place() -> None:
    ward("1.yaml")

    def meanwhile(raw: Raw) -> Outcome:
        go(answered, "o.ndjson")
        return answered(raw)

    with pytest.raises(UsageError, match="another run"):
        go(meanwhile, "o.ndjson")
    assert len(Path("o.ndjson").read_text().splitlines()) == 1


def test_a_part_that_another_run_writes_is_not_resumed() -> None:
    ward("1.yaml", "2.yaml")

    def meanwhile(raw: Raw) -> Outcome:
        with pytest.raises(UsageError, match="another run is writing"):
            go(answered, "o.ndjson", options=cohort.Options(resume=True))
        return answered(raw)

    assert go(meanwhile, "o.ndjson").done == 2


def test_a_folder_that_cannot_be_listed_is_told_and_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ward("a.yaml", "locked/b.yaml")
    real_scan, real_access = os.scandir, os.access

    def scandir(path: Any = ".") -> Any:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return real_scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "access", lambda path, how: not str(path).endswith("locked") and real_access(path, how))
    assert list(files_of(["ward"])) == ["ward/a.yaml", "ward/locked"]
    assert run(["validate", "ward"]) == 3
    assert "ward/locked: this folder cannot be read" in capsys.readouterr().err
    assert run(["batch", "ward", "-o", "o.ndjson"]) == 4
    assert "1 answered, 1 failed" in capsys.readouterr().err


def test_a_failure_is_told_when_it_happens_and_never_with_a_value() -> None:
    ward("1.yaml", "2.yaml")
    said: list[str] = []

    def answer(raw: Raw) -> Outcome:
        if "1" in raw.at["file"]:
            return failed(raw.at, [Problem("labs", "wrong", "secret", "", raw.at["file"], 3, 4, " (secret)")])
        assert [json.loads(line)["reason"] for line in said] == ["wrong"]
        return answered(raw)

    summary = go(answer, "-", say=said.append)
    assert (summary.done, summary.failed) == (1, 1) and "secret" not in said[0]
    assert json.loads(said[0]) == {
        "file": "ward/1.yaml", "row": None, "line": 3, "column": 4, "field": "labs", "reason": "wrong", "more": []
    }  # fmt: skip


def test_an_unfinished_run_does_not_touch_an_earlier_answer() -> None:
    ward("1.yaml")
    Path("o.ndjson").write_text("earlier\n")

    def answer(raw: Raw) -> Outcome:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        go(answer, "o.ndjson")
    assert Path("o.ndjson").read_text() == "earlier\n" and Path("o.ndjson.part").exists()


@pytest.mark.parametrize("command", ["recommend {}", "recommend p.yaml -o {}", "recommend p.yaml -o {}/x", "recommend p.yaml --against {}",
                                     "recommend p.yaml --catalogue {}", "validate {}", "batch {} -o o.ndjson", "batch ward -o {}",
                                     "batch ward -o {}/", "batch ward -o ward/../{}", "catalogue check {}", "catalogue diff builtin {}",
                                     "catalogue diff builtin builtin --patients {}", "new {}", "schema patient -o {}"])  # fmt: skip
def test_a_name_that_is_too_long_is_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    ward("a.yaml")
    assert run(command.format("a" * 300).split()) in (2, 3)
    out, err = capsys.readouterr()
    assert err.startswith("error: ") and not out


def test_a_name_that_leaves_no_room_for_the_part_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    ward("a.yaml")
    assert run(["batch", "ward", "-o", "a" * 252]) == 2
    assert "cannot be written" in capsys.readouterr().err and not list(Path().glob("aaa*"))


def test_a_file_that_is_cut_off_is_said_to_have_lost_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = gzip.compress("".join(f'{{"id": "p{n}", "therapies": []}}\n' for n in range(3000)).encode())
    source = tmp_path / "in.ndjson.gz"
    source.write_bytes(whole[: len(whole) // 2])
    assert run(["batch", str(source), "-o", str(tmp_path / "o.ndjson"), "--workers", "1"]) == 4
    err = capsys.readouterr().err
    assert "1 file was not read to the end: how many records are lost is not known" in err
    (failure,) = map(json.loads, (tmp_path / "o.ndjson.errors.ndjson").read_text().splitlines())
    assert "how many records are lost is not known" in failure["reason"]
