"""Several processes give the same bytes, hold little, and end with the run; a run that is killed is resumed."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import cohort as invented
from mmadvisor.base.errors import UsageError
from mmadvisor.cohort import run as cohort
from mmadvisor.cohort import sinks, workers
from mmadvisor.cohort.engine import Asked
from mmadvisor.cohort.run import Options, Summary, progress
from mmadvisor.desk.cli import run
from tests import ROOT
from tests.builders.blank import DAY
from tests.builders.wards import ward

pytestmark = [pytest.mark.usefixtures("here"), pytest.mark.slow]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of one record, so that few patients are enough for several workers."""
    monkeypatch.setattr(workers, "_AT_ONCE", 2)


def lines(number: int = 12, broken: float = 0) -> str:
    invented.write(number, "c.ndjson", 3, broken)
    return "c.ndjson"


def bytes_of(output: str) -> list[bytes]:
    return [Path(name).read_bytes() for name in (output, f"{output}.errors.ndjson") if Path(name).exists()]


def batch(source: str, output: str, *words: str) -> int:
    return run(["batch", source, "-o", output, "--as-of", "2026-11-01", *words])


@pytest.mark.usefixtures("small_parts")
def test_one_worker_and_several_write_the_same_bytes_in_the_same_order() -> None:
    source = lines(16, broken=30)
    assert batch(source, "a.ndjson", "--workers", "1") == 4
    assert batch(source, "b.ndjson", "--workers", "3") == 4
    assert bytes_of("a.ndjson") == bytes_of("b.ndjson") and len(bytes_of("a.ndjson")) == 2
    records, errors = (content.splitlines() for content in bytes_of("a.ndjson"))
    assert len(records) + len(errors) == 16
    assert [json.loads(r)["input"]["row"] for r in records] + [json.loads(e)["row"] for e in errors] != []


@pytest.mark.usefixtures("small_parts")
def test_a_worker_that_dies_is_an_error_and_no_hang(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = lines(16)
    real = workers._Pool._taken

    def killing(pool: Any, worker: Any) -> Any:
        number, outcomes = real(pool, worker)
        for each in pool.workers if number else ():
            os.kill(each.process.pid, signal.SIGKILL)
        return number, outcomes

    with monkeypatch.context() as patch:
        patch.setattr(workers._Pool, "_taken", killing)
        assert batch(source, "o.ndjson", "--workers", "2") == 2
    err = capsys.readouterr().err
    assert "a worker process ended by signal 9" in err and "answered, 0 failed" in err
    assert len(Path("o.ndjson.part").read_bytes().splitlines()) < 17
    assert batch(source, "o.ndjson", "--resume", "--workers", "1") == 0
    assert len(Path("o.ndjson").read_bytes().splitlines()) == 16


def killed(output: str, source: str, after: float) -> int:
    """A run that is killed after so many seconds; its exit status."""
    words = [
        sys.executable,
        "-m",
        "mmadvisor",
        "batch",
        source,
        "-o",
        output,
        "--as-of",
        "2026-11-01",
        "--workers",
        "2",
    ]
    if Path(f"{output}.part").exists() and b"\n" in Path(f"{output}.part").read_bytes():
        words.append("--resume")
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/src"}
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, env=env)
    try:
        return process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def test_a_run_that_was_killed_again_and_again_ends_as_one_that_was_not() -> None:
    source = lines(150, broken=5)
    assert batch(source, "whole.csv.gz", "--workers", "1") == 4
    statuses = [killed("o.csv.gz", source, after) for after in (1.0, 1.4, 0.9)]
    assert killed("o.csv.gz", source, 120) == 4 and -signal.SIGKILL in statuses
    assert bytes_of("o.csv.gz") == bytes_of("whole.csv.gz")
    assert sorted(p.name for p in Path().glob("o.csv*")) == ["o.csv.gz", "o.csv.gz.errors.ndjson"]


@pytest.mark.parametrize("output", ["o.ndjson", "o.csv", "o.ndjson.gz", "out/"])
@pytest.mark.parametrize("cut", [1, 30, -1])
def test_a_last_record_that_is_cut_off_is_written_anew(output: str, cut: int) -> None:
    source = lines(5, broken=50)
    assert batch(source, "whole" + output) == 4
    part = Path(f"{output.rstrip('/')}.part")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sinks.Sink, "finish", lambda self: None)
        batch(source, output)
    content = part.read_bytes()
    end = len(content) if cut == -1 else content.rindex(b"\n", 0, len(content) - 1) + cut
    part.write_bytes(content[:end])
    assert batch(source, output, "--resume") == 4 and not part.exists()
    found = sorted(Path("out").rglob("*")) if output == "out/" else [Path(output)]
    assert found and all(path.read_bytes() == Path(f"whole{path}").read_bytes() for path in found)
    errors = f"{output.rstrip('/')}.errors.ndjson"
    assert Path(errors).read_bytes() == Path(f"whole{errors}").read_bytes()


def test_a_resumed_run_keeps_its_day_and_refuses_any_difference(capsys: pytest.CaptureFixture[str]) -> None:
    source = lines(3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sinks.Sink, "finish", lambda self: None)
        assert run(["batch", source, "-o", "o.ndjson"]) == 0
    part = Path("o.ndjson.part")
    first, *records = part.read_bytes().splitlines(keepends=True)
    head = json.loads(first)
    assert head["schema"] == "mmadvisor/part/1"
    part.write_bytes(json.dumps(head | {"day": "2026-11-05"}).encode() + b"\n" + records[0])
    for words, differs in ((["--if-relapse"], "options"), (["-j", "US"], "options"), (["--trace"], "options"),
                           (["--as-of", "2026-11-01"], "options"), (["--profile", "preference-first"], "options")):  # fmt: skip
        assert run(["batch", source, "-o", "o.ndjson", "--resume", *words]) == 2
        assert f"cannot be resumed: the {differs} of the run differ" in capsys.readouterr().err
    for key in ("catalogue", "engine"):
        part.write_bytes(json.dumps(head | {key: "other"}).encode() + b"\n" + records[0])
        assert run(["batch", source, "-o", "o.ndjson", "--resume"]) == 2
    part.write_bytes(json.dumps(head | {"day": "2026-11-05"}).encode() + b"\n" + records[0])
    with Path(source).open("ab") as file:
        file.write(b'{"id": "d", "therapies": []}\n')
    assert run(["batch", source, "-o", "o.ndjson", "--resume"]) == 2
    assert "the input of the run differs" in capsys.readouterr().err
    lines(3)
    assert run(["batch", source, "-o", "o.ndjson", "--resume"]) == 0
    assert len(Path("o.ndjson").read_bytes().splitlines()) == 3


def test_nothing_to_resume_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    ward("a.yaml")
    for output, said in (("o.ndjson", "there is no o.ndjson.part"), ("-", "begins anew")):
        assert run(["batch", "ward", "-o", output, "--resume"]) == 2
        assert said in capsys.readouterr().err
    Path("o.ndjson.part").write_bytes(b'{"schema":"mmadv')
    assert run(["batch", "ward", "-o", "o.ndjson", "--resume"]) == 2
    assert "leave out --resume" in capsys.readouterr().err


@pytest.mark.parametrize("beside", ["o.ndjson.part", "o.ndjson.errors.ndjson"])
def test_an_input_is_not_overwritten_by_what_is_written_beside_the_output(beside: str) -> None:
    Path(f"{beside}.ndjson" if beside.endswith("part") else beside).write_bytes(b'{"id": "a", "therapies": []}\n')
    if beside.endswith("part"):
        Path(beside).symlink_to(f"{beside}.ndjson")
        beside = f"{beside}.ndjson"
    before = Path(beside).read_bytes()
    run(["batch", beside, "-o", "o.ndjson"])
    assert Path(beside).read_bytes() == before


def test_ids_that_occur_again_are_reported_by_their_place_also_after_an_interruption(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("c.ndjson").write_bytes(
        b"".join(b'{"id": "%s", "therapies": []}\n' % name for name in (b"a", b"b", b"a", b"a"))
    )
    assert run(["batch", "c.ndjson", "-o", "o.ndjson"]) == 0
    said = "2 records have the id of an earlier record: c.ndjson:3, c.ndjson:4"
    assert said in capsys.readouterr().err
    assert run(["batch", "c.ndjson", "-o", "o.ndjson", "--no-duplicates"]) == 0
    assert "earlier record" not in capsys.readouterr().err
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sinks.Sink, "finish", lambda self: None)
        run(["batch", "c.ndjson", "-o", "o.ndjson"])
    part = Path("o.ndjson.part")
    part.write_bytes(b"".join(part.read_bytes().splitlines(keepends=True)[:4]))
    capsys.readouterr()
    assert run(["batch", "c.ndjson", "-o", "o.ndjson", "--resume"]) == 0
    assert said in capsys.readouterr().err


def test_a_table_has_a_column_for_each_value_of_each_regimen_and_holds_no_formula() -> None:
    source = lines(4)
    tree = json.loads(Path(source).read_bytes().splitlines()[0]) | {"id": "=HYPERLINK(1)\x1b[31m"}
    Path(source).write_bytes(json.dumps(tree).encode() + b"\n" + Path(source).read_bytes())
    assert batch(source, "o.ndjson") == batch(source, "o.csv") == batch(source, "o.csv.gz") == 0
    assert gzip.decompress(Path("o.csv.gz").read_bytes()) == Path("o.csv").read_bytes()
    with Path("o.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    records = [json.loads(line) for line in Path("o.ndjson").read_bytes().splitlines()]
    for row, record in zip(rows, records, strict=True):
        assert row["file"] == source and row["row"] == str(record["input"]["row"])
        for name, regimen in record["regimens"].items():
            assert row[f"{name}.verdict"] == regimen["verdict"]
            assert row[f"{name}.rank"] == str(regimen.get("rank", ""))
            assert row[f"{name}.provisional_rank"] == str(regimen.get("provisional_rank", ""))
        assert json.loads(row["closed_by"]) == record["closed_by"]
        assert json.loads(row["not_available"]) == record["not_available"]
        assert {f["field"]: f["regimens"] for f in json.loads(row["open_fields"])} == record["open_fields"]
        assert (row["treat_now"], row["warnings"]) == (record["treat_now"], str(record["warnings"]))
        assert json.loads(row["emergencies"]) == record["emergencies"]
    assert rows[0]["patient"] == "'=HYPERLINK(1)\\x1b[31m"


def test_a_whole_answer_names_its_place_only_among_others() -> None:
    source = lines(1)
    assert batch(source, "o.ndjson", "--trace") == batch(source, "out/") == 0
    traced = json.loads(Path("o.ndjson").read_bytes())
    assert traced.pop("input") == {"file": source, "row": 1}
    assert traced == json.loads(Path("out/c.ndjson.1.json").read_bytes())
    assert traced["schema"] == "mmadvisor/recommendation/1"
    assert batch(source, "o.csv", "--trace") == 2


def test_a_file_of_failures_of_an_earlier_run_does_not_stay() -> None:
    assert batch(lines(2, broken=100), "o.ndjson") == 4
    assert Path("o.ndjson.errors.ndjson").exists() and Path("o.ndjson").read_bytes() == b""
    assert batch(lines(2), "o.ndjson") == 0
    assert not Path("o.ndjson.errors.ndjson").exists()


def test_two_inputs_with_one_name_are_told_before_the_first() -> None:
    ward("a.yaml")
    Path("other").mkdir()
    Path("other/a.yaml").write_bytes(Path("ward/a.yaml").read_bytes())
    with pytest.raises(UsageError, match="have one name"):
        cohort.run(["ward", "other"], "out/", Asked(DAY), Options(), print)


def test_progress_is_told_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert progress(1500, 1000, 10, 4500) == "1,500 of 4,500 patients, 100 a second, 0:00:30 left"
    assert progress(0, 0, 0, 5) == "0 of 5 patients, 0 a second"
    assert progress(7, 7, 1, None) == "7 patients, 7 a second"
    source = lines(2)
    monkeypatch.setattr(cohort, "_SHOWN_EVERY_SECONDS", 0)
    batch(source, "o.ndjson")
    assert "a second" not in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    batch(source, "o.ndjson")
    out, err = capsys.readouterr()
    assert "2 of 2 patients" in err and not out


def test_a_stopped_run_without_an_answer_names_no_file() -> None:
    assert Summary(total=4, stopped=2, where="o.part").lines() == [
        "stopped after 0 of 4 patients: 0 answered, 0 failed"
    ]


@pytest.mark.usefixtures("small_parts")
def test_workers_end_with_the_run() -> None:
    words = [sys.executable, "-m", "mmadvisor", "batch", lines(200), "-o", "o.ndjson", "--workers", "2"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/src"}
    with subprocess.Popen(words, stderr=subprocess.DEVNULL, env=env) as process:
        time.sleep(2.5)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
    ended = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < ended:
        time.sleep(0.1)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


@pytest.mark.parametrize("output", ["o.ndjson", "o.csv", "out/"])
def test_every_record_with_an_earlier_id_is_in_a_file_with_the_earlier_place(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = b'{"id": "a", "therapies": []}', b'{"id": "a", "therapies": [], "labs_on": "2026-01-02"}'
    rows = [one, b'{"id": "b", "therapies": []}', b"{broken", one, *[other] * 30]
    Path("c.ndjson").write_bytes(b"\n".join(rows))
    assert batch("c.ndjson", output) == 4
    place = Path(f"{output.rstrip('/')}.duplicates.ndjson")
    assert str(place) in capsys.readouterr().err
    found = [json.loads(line) for line in place.read_bytes().splitlines()]
    first = {"file": "c.ndjson", "row": 1}
    same = {"file": "c.ndjson", "row": 4, "earlier": first, "same_bytes": True}
    assert found[0] == same and [f["row"] for f in found] == [4, *range(5, 35)]
    assert all(f["earlier"] == first and f["same_bytes"] is False for f in found[1:])
    assert place.stat().st_mode & 0o777 == 0o600 and b'"a"' not in place.read_bytes()
    Path("c.ndjson").write_bytes(one)
    assert batch("c.ndjson", output) == 0 and not place.exists()


def test_earlier_records_of_standard_input_cannot_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b'{"id": "a", "therapies": []}\n' * 2
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert batch("-", "o.ndjson") == 0
    (found,) = Path("o.ndjson.duplicates.ndjson").read_bytes().splitlines()
    assert json.loads(found)["same_bytes"] is None and json.loads(found)["earlier"]["row"] == 1
