"""The command `cohort`: its inputs, its groups, its masks, its formats, and that a second count gives the same."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cohort import cohort as invented
from mmadvisor.desk.cli import run
from tests.builders.wards import EVIL

NUMBER = 40


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with patients in two folders, and the output of batch as lines and as CSV."""
    folder = tmp_path_factory.mktemp("cohort")
    for number, tree in enumerate(invented(NUMBER, 7)):
        place = folder / ("north" if number % 3 else "south")
        place.mkdir(exist_ok=True)
        (place / f"p{number}.json").write_text(json.dumps(tree), encoding="utf-8")
    for name in ("out.ndjson", "out.csv", "out.ndjson.gz"):
        words = ["batch", str(folder / "north"), str(folder / "south"), "-o", str(folder / name)]
        assert run([*words, "--as-of", "2026-11-01", "--workers", "1"]) == 0
    return folder


def counted(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(["cohort", *words, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def table(made: Any, name: str) -> dict[str, list[Any]]:
    return {row["name"]: row["numbers"] for t in made["tables"] if t["id"] == name for row in t["rows"]}


def records(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "out.ndjson").read_bytes().splitlines()]


def test_the_counts_are_those_of_a_second_route(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, held = counted(capsys, str(outputs / "out.ndjson"), "--no-mask"), records(outputs)
    assert made["records"] == made["patients"] == len(held) == NUMBER
    ranked = [[e for e in r["regimens"].values() if "rank" in e] for r in held]
    number = Counter(
        "withheld" if r["withheld"] else str(len(entries)) for r, entries in zip(held, ranked, strict=True)
    )
    assert {name: n for name, (n,) in table(made, "options").items()} == number
    for label, (yes, unknown, no) in table(made, "labels").items():
        values = Counter(r["history"]["labels"][label] for r in held)
        assert (yes, unknown, no) == (values["yes"], values["unknown"], values["no"])
    for group, (people, options) in table(made, "groups").items():
        of_group = [sum(e["group"] == group for e in entries) for entries in ranked]
        assert (people, options) == (sum(map(bool, of_group)), sum(of_group))
    for regimen, numbers in table(made, "regimens").items():
        entries = [r["regimens"][regimen] for r in held]
        first = [min((e["rank"] for e in of_record), default=None) for of_record in ranked]
        assert sum(numbers[:-1]) == NUMBER
        assert numbers[0] == sum("rank" in e for e in entries)
        assert numbers[-1] == sum(e.get("rank", 0) == f for e, f in zip(entries, first, strict=True))
    for criterion, (regimens, people) in table(made, "closed-by").items():
        of_record = [sum(c["regimens"] for c in r["closed_by"] if c["id"] == criterion) for r in held]
        assert (regimens, people) == (sum(of_record), sum(map(bool, of_record)))


@pytest.mark.parametrize("name", ["out.csv", "out.ndjson.gz"])
def test_csv_and_compressed_lines_count_as_lines_do(
    outputs: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    of_lines, other = (counted(capsys, str(outputs / n), "--no-mask") for n in ("out.ndjson", name))
    assert other["tables"] == of_lines["tables"]


def test_records_are_counted_by_folder_by_column_and_by_field(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, held = str(outputs / "out.ndjson"), records(outputs)
    by_folder = counted(capsys, path, "--no-mask")
    assert by_folder["by"] == "folder"
    assert {Path(name).name: n[0] for name, n in table(by_folder, "by").items()} == {"north": 26, "south": 14}
    by_column = table(counted(capsys, path, "--no-mask", "--by", "label.triple-class-refractory"), "by")
    values = Counter(r["history"]["labels"]["triple-class-refractory"] for r in held)
    assert {name: n[0] for name, n in by_column.items()} == values
    by_field = table(counted(capsys, path, "--no-mask", "--by", "demographics.sex"), "by")
    sexes = Counter(json.loads(Path(r["input"]["file"]).read_text())["demographics"].get("sex") for r in held)
    assert {name: n[0] for name, n in by_field.items()} == {name or "not recorded": n for name, n in sexes.items()}
    assert run(["cohort", path, "--by", "demographics.shoe_size"]) == 2
    assert "no record has this field" in capsys.readouterr().err


def test_small_counts_are_masked_and_so_is_what_would_show_them(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(outputs / "out.ndjson")
    whole, masked = counted(capsys, path, "--no-mask"), counted(capsys, path)
    assert masked["masked"] and not whole["masked"]
    for of_all, of_shown in zip(whole["tables"], masked["tables"], strict=True):
        for full, shown in zip(of_all["rows"], of_shown["rows"], strict=True):
            people = [n for c, n in zip(of_shown["columns"], shown["numbers"], strict=True) if c != "regimens"]
            assert not [n for n in people if n is not None and 0 < n < 5], (of_all["id"], shown)
            assert all(n in (None, m) for n, m in zip(shown["numbers"], full["numbers"], strict=True))
        if of_all["id"] in ("lines", "options", "treat-now", "years", "places", "by"):
            hidden = [f["numbers"][0] for f, s in zip(of_all["rows"], of_shown["rows"], strict=True)
                      if s["numbers"][0] is None]  # fmt: skip
            shown_rows = [s for s in of_shown["rows"] if s["numbers"][0]]
            assert len(hidden) != 1 or not shown_rows, (of_all["id"], hidden)


def test_every_format_has_every_table(outputs: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(outputs / "out.ndjson")
    made = counted(capsys, path)
    for suffix in (".md", ".html", ".csv"):
        assert run(["cohort", path, "-o", str(tmp_path / f"c{suffix}")]) == 0
    assert run(["cohort", path, "--full"]) == 0
    capsys.readouterr()
    text, page = (tmp_path / "c.md").read_text(), (tmp_path / "c.html").read_text()
    for title in ("Prior lines", "Refractory to", "Number of options", "What closes or defers regimens"):
        assert title in text and title in page
    rows = list(csv.DictReader((tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == sum(len(r["numbers"]) for t in made["tables"] for r in t["rows"])
    assert {r["table"] for r in rows} == {t["id"] for t in made["tables"]}


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        ("{}\n", 3, "no compact record of batch"),
        ("[1]\n", 3, "no compact record of batch"),
        ("not JSON\n", 3, "no record of batch"),
        ('{"schema": "mmadvisor/recommendation/1"}\n', 3, "without --trace"),
    ],
)
def test_what_is_no_compact_record_is_an_error_with_its_line(
    content: str, status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "o.ndjson"
    path.write_text(content)
    assert run(["cohort", str(path)]) == status
    err = capsys.readouterr().err
    assert said in err and f"{path}:1" in err


def test_a_folder_and_a_file_that_is_not_there_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cohort", str(tmp_path)]) == 2
    assert run(["cohort", str(tmp_path / "none.ndjson")]) == 2
    assert run(["cohort", str(tmp_path / "none.csv")]) == 2
    capsys.readouterr()


def test_the_answer_is_never_written_over_its_input(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = outputs / "out.ndjson"
    before = path.read_bytes()
    assert run(["cohort", str(path), "-o", str(path)]) == 2
    assert path.read_bytes() == before
    capsys.readouterr()


def test_hostile_names_are_harmless(outputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = records(outputs)[0]
    record["input"]["file"] = f"a/{EVIL}/p.json"
    other = records(outputs)[1]
    path = tmp_path / "o.ndjson"
    path.write_text("".join(json.dumps(r) + "\n" for r in (record, other)))
    for form in ("html", "markdown", "table", "csv"):
        assert run(["cohort", str(path), "--no-mask", "--format", form]) == 0
        out = capsys.readouterr().out
        assert "<script" not in out and "\x1b" not in out
