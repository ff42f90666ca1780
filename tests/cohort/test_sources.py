"""What a run reads: lines, plain and compressed; damaged and overlong lines; what each failure says, and what not."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.cohort import BROKEN, patient
from mmadvisor.base.errors import InvalidInputError, UsageError
from mmadvisor.cohort.engine import Asked, Decider
from mmadvisor.cohort.sources import Raw, _recorded, contents_of, sources_of
from mmadvisor.desk.cli import run
from mmadvisor.files.documents import MAX_BYTES
from tests.builders.blank import DAY
from tests.builders.wards import ward

pytestmark = pytest.mark.usefixtures("here")

ONE = b'{"id": "a", "therapies": []}'
SECRET = "Zebedee"


def records(path: str) -> list[Raw]:
    return [raw for source in sources_of([path]) for raw in source.records()]


def written(output: str) -> list[Any]:
    place = Path(output)
    return [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []


def test_a_row_is_the_number_of_its_line_and_empty_lines_are_no_records() -> None:
    Path("c.ndjson").write_bytes(ONE + b"\n\n  \r\n" + ONE)
    assert [(raw.at["row"], raw.line, raw.content) for raw in records("c.ndjson")] == [
        (1, 1, ONE + b"\n"), (4, 4, ONE)
    ]  # fmt: skip


def test_a_compressed_file_is_known_by_its_bytes_and_not_by_its_name() -> None:
    Path("c.ndjson").write_bytes(gzip.compress(ONE + b"\n" + ONE + b"\n"))
    assert [raw.at["row"] for raw in records("c.ndjson")] == [1, 2]
    # Parts that were compressed one after another are one file.
    Path("d.ndjson.gz").write_bytes(gzip.compress(ONE + b"\n") + gzip.compress(ONE))
    assert len(records("d.ndjson.gz")) == 2


def test_compressed_data_that_is_cut_off_is_a_failure_after_what_could_be_read() -> None:
    whole = gzip.compress(b"\n".join([ONE] * 5000), 1)
    Path("c.ndjson.gz").write_bytes(whole[:-20])
    *good, last = records("c.ndjson.gz")
    assert good and not any(raw.problem for raw in good) and "cut off or damaged" in last.problem


def test_a_line_that_is_too_long_costs_itself_alone_and_no_memory() -> None:
    Path("c.ndjson").write_bytes(ONE + b"\n" + b"x" * (3 * MAX_BYTES) + b"\n" + ONE + b"\n" + b"y" * (2 * MAX_BYTES))
    found = records("c.ndjson")
    assert [(raw.at["row"], bool(raw.problem)) for raw in found] == [(1, False), (2, True), (3, False), (4, True)]
    assert all(len(raw.content or b"") <= MAX_BYTES for raw in found)


def test_lines_come_from_standard_input_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in (ONE + b"\n", gzip.compress(ONE)):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        assert run(["batch", "-", "-o", "-"]) == 0
        record = json.loads(capsys.readouterr().out)
        assert record["input"] == {"file": "standard input", "row": 1}
    assert run(["batch", "-", "-", "-o", "-"]) == 2
    assert run(["batch", "-", "-o", "o.ndjson", "--resume"]) == 2


def test_files_and_folders_are_read_in_the_order_in_which_they_are_named() -> None:
    ward("b.yaml", "a.yaml")
    Path("c.ndjson").write_bytes(ONE + b"\n" + ONE + b"\n")
    assert run(["batch", "c.ndjson", "ward", "p.yaml", "-o", "o.ndjson"]) == 0
    places = [tuple(record["input"].values()) for record in written("o.ndjson")]
    assert places == [("c.ndjson", 1), ("c.ndjson", 2), ("ward/a.yaml", None), ("ward/b.yaml", None), ("p.yaml", None)]


@pytest.mark.parametrize("name", ["c.csv", "c.xlsx", "c", "c.ndjson.zip"])
def test_a_format_that_is_not_read_is_told_before_the_first_patient(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_bytes(ONE)
    assert run(["batch", name, "-o", "o.ndjson"]) == 2
    assert ".ndjson" in capsys.readouterr().err and not Path("o.ndjson.part").exists()


def test_a_path_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["batch", "nowhere.ndjson", "-o", "o.ndjson"]) == 2
    assert "nowhere.ndjson: there is no such file or folder" in capsys.readouterr().err


@pytest.mark.parametrize("way", range(len(BROKEN)))
def test_what_is_wrong_with_an_input_is_told_with_its_place_and_without_its_values(way: int) -> None:
    from random import Random

    tree = patient(Random(way), SECRET) | {"assessed_on": "2026-10-31"}
    spoilt = BROKEN[way](tree)
    Path("c.ndjson").write_bytes(ONE + b"\n" + spoilt + b"\n" + ONE + b"\n")
    assert run(["batch", "c.ndjson", "-o", "o.ndjson"]) == 4
    (error,) = written("o.ndjson.errors.ndjson")
    assert [record["input"]["row"] for record in written("o.ndjson")] == [1, 3]
    assert (error["file"], error["row"], error["line"]) == ("c.ndjson", 2, 2) and error["reason"]
    for value in (SECRET, "no such regimen", "2022-05-01", "2021-05-01", "2026-13-45", "blue", "400"):
        assert value not in json.dumps(error)


def test_no_reason_carries_a_value_of_the_file() -> None:
    days = {"start": "2022-05-01", "stop": "2021-04-03", "progressed_on": "2020-07-09"}
    raws = [
        {"id": SECRET, "assessed_on": "2019-01-01", "disease": {"diagnosed_on": "2025-05-05"},
         "therapies": [{"regimen": "Rd", **days}]},
        {"id": SECRET, "comorbidities": {"other_malignancy": "past",
                                         "second_cancers": [{"kind": "solid", "state": "active"}]}, "therapies": []},
        {"id": SECRET, "therapies": [{"regimen": SECRET, "agents": [{"agent": "Rd"}]}], "labs": {"lvef_percent": SECRET}},
    ]  # fmt: skip
    decider = Decider(Asked(DAY))
    for raw in raws:
        line = decider.outcome(Raw({"file": "c", "row": 1}, json.dumps(raw).encode(), line=1)).line.decode()
        assert json.loads(line)["reason"]
        for value in (SECRET, "2022", "2021", "2020", "2019", "2025", "is past"):
            assert value not in line, line


def test_a_package_that_is_missing_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyarrow", "pyarrow.parquet", "backports", "backports.zstd", "compression", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    ward("a.yaml")
    Path("c.parquet").write_bytes(b"PAR1")
    Path("c.ndjson.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    for source, output, extra in (("ward", "o.parquet", "columnar"), ("ward", "o.ndjson.zst", "zstd"),
                                  ("c.parquet", "o.ndjson", "columnar"), ("c.ndjson.zst", "o.ndjson", "zstd")):  # fmt: skip
        assert run(["batch", source, "-o", output]) == 2
        assert f"pip install 'mmadvisor[{extra}]'" in capsys.readouterr().err
        assert not Path(output).exists()


def test_groups_of_empty_columns_are_not_recorded() -> None:
    row = {
        "id": "a",
        "disease": {"relapse": {"kind": None}, "iss": 2},
        "labs": {"x": None},
        "therapies": [{"line": None}],
    }
    assert _recorded(row) == {"id": "a", "disease": {"iss": 2}, "therapies": [{}]}


def test_the_digest_of_a_run_depends_on_every_byte_and_its_records_are_counted() -> None:
    Path("c.ndjson").write_bytes(ONE + b"\n" + ONE)
    before = contents_of(sources_of(["c.ndjson"]))
    assert before.records == 2
    Path("c.ndjson").write_bytes(ONE + b"\n" + ONE + b" ")
    assert contents_of(sources_of(["c.ndjson"])).digest != before.digest
    assert contents_of(sources_of(["-"])).digest == ""


def test_a_line_source_that_is_no_file_is_a_failure_and_not_waited_for() -> None:
    import os

    os.mkfifo("c.ndjson")
    ward("a.yaml")
    assert run(["batch", "c.ndjson", "ward", "-o", "o.ndjson"]) == 4
    (error,) = written("o.ndjson.errors.ndjson")
    assert error["file"] == "c.ndjson" and "pipe" in error["reason"]


def test_an_empty_folder_is_an_error() -> None:
    Path("empty").mkdir()
    with pytest.raises(InvalidInputError):
        sources_of(["empty"])
    with pytest.raises(UsageError, match="only once"):
        sources_of(["-", "-"])


def test_empty_lines_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.ndjson").write_bytes(b"\n" + ONE + b"\n\n  \n" + ONE.replace(b'"a"', b'"b"') + b"\n\n")
    assert run(["batch", "c.ndjson", "-o", "o.ndjson"]) == 0
    assert "4 empty lines were passed over" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", [b'{"id": "a", "therapies": [],}', b"{id: a, therapies: []}", b"id: a", b'{"id": "a"} {}']
)
def test_a_line_that_is_yaml_and_not_json_is_refused(line: bytes) -> None:
    Path("c.ndjson").write_bytes(ONE + b"\n" + line + b"\n")
    assert run(["batch", "c.ndjson", "-o", "o.ndjson"]) == 4
    (error,) = written("o.ndjson.errors.ndjson")
    assert (error["row"], error["line"]) == (2, 2) and "not valid JSON" in error["reason"] and error["column"] > 0


@pytest.mark.parametrize("id", [b'""', b'"  "', b'"a\\u0000"'])
def test_an_id_that_names_nobody_is_refused(id: bytes) -> None:
    Path("c.ndjson").write_bytes(b'{"id": ' + id + b', "therapies": []}\n')
    assert run(["batch", "c.ndjson", "-o", "o.ndjson"]) == 4
    (error,) = written("o.ndjson.errors.ndjson")
    assert error["field"] == "id"


def test_a_whole_number_may_be_written_with_a_point_and_not_a_number_is_named() -> None:
    tree = (
        '{"id": "a", "therapies": [], "demographics": {"age": 66.0}, "fitness": {"ecog": 1.0}, "disease": {"iss": 2.0}'
    )
    Path("c.ndjson").write_text(
        tree + "}\n" + tree + ', "labs": {"lvef_percent": NaN}}\n' + tree.replace("66.0", "66.5") + "}\n"
    )
    assert run(["batch", "c.ndjson", "-o", "o.ndjson"]) == 4
    assert [record["input"]["row"] for record in written("o.ndjson")] == [1]
    nan, half = written("o.ndjson.errors.ndjson")
    assert (nan["field"], half["field"]) == ("labs.lvef_percent", "demographics.age")
    assert "finite" in nan["reason"] and "whole number" in half["reason"]


@pytest.mark.parametrize("name", ["c.ndjson", "c.jsonl", "c.parquet", "c.ndjson.gz"])
@pytest.mark.parametrize("command", ["validate", "recommend"])
def test_a_file_of_many_patients_is_sent_to_batch(name: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(name).write_bytes(ONE + b"\n" + ONE if "json" in name and not name.endswith("gz") else b"PAR1\xff")
    assert run([command, name]) == 3
    assert "mmadvisor batch" in capsys.readouterr().err


def test_a_failure_is_told_with_its_reason_and_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.ndjson").write_bytes(ONE + b"\n" + ONE[:-1] + b', "labs": {"lvef_percent": 400}}\n')
    assert run(["batch", "c.ndjson", "-o", "o.ndjson"]) == 4
    err = capsys.readouterr().err
    assert "c.ndjson:2:" in err and "labs.lvef_percent\n  this value is not possible" in err and "400" not in err
