"""Parquet in and out, and Zstandard: the same answers as from lines, resumed too, and damaged files as failures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from benchmarks import cohort as invented
from mmadvisor.answers.columns import OF_REGIMEN
from mmadvisor.cohort import sinks
from mmadvisor.cohort.sources import sources_of, zstd
from mmadvisor.desk.cli import run

NUMBER = 12


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def batch(source: str, output: str, *words: str) -> int:
    return run(["batch", source, "-o", output, "--as-of", "2026-11-01", "--workers", "1", *words])


def records(output: str) -> list[Any]:
    return [json.loads(line) for line in Path(output).read_bytes().splitlines()]


def same_patients() -> tuple[str, str]:
    """The same patients as lines and as Parquet."""
    invented.write_parquet(NUMBER, "c.parquet", 3)
    trees = invented.columnar(NUMBER, 3)
    Path("c.ndjson").write_text("".join(json.dumps(tree) + "\n" for tree in trees))
    return "c.ndjson", "c.parquet"


def test_rows_of_parquet_are_answered_as_lines() -> None:
    of_lines, of_rows = same_patients()
    assert batch(of_lines, "a.ndjson") == batch(of_rows, "b.ndjson") == 0
    for one, other in zip(records("a.ndjson"), records("b.ndjson"), strict=True):
        assert other.pop("input") == {"file": "c.parquet", "row": one.pop("input")["row"]}
        assert one == other


def test_a_row_that_is_wrong_is_told_by_its_number_and_field() -> None:
    tree = {"id": "a", "therapies": [{"regimen": "Rd", "start": "2022-05-01"}]}
    wrong = tree | {"therapies": [{"regimen": "no such regimen", "start": "2022-05-01"}]}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([tree, wrong, tree]), "c.parquet")
    assert batch("c.parquet", "o.ndjson") == 4
    (error,) = records("o.ndjson.errors.ndjson")
    assert (error["row"], error["line"], error["column"], error["field"]) == (2, None, None, "therapies[0].regimen")
    assert [record["input"]["row"] for record in records("o.ndjson")] == [1, 3]


def test_a_table_equals_the_records_and_is_resumed_byte_for_byte() -> None:
    source, _ = same_patients()
    assert batch(source, "o.ndjson") == batch(source, "o.parquet") == 0
    whole = Path("o.parquet").read_bytes()
    rows = pyarrow.parquet.read_table("o.parquet").to_pylist()
    for row, record in zip(rows, records("o.ndjson"), strict=True):
        assert (row["file"], row["row"]) == (source, record["input"]["row"])
        assert row["closed_by"] == record["closed_by"] and row["first"] == record["first"]
        assert {f["field"]: f["regimens"] for f in row["open_fields"]} == record["open_fields"]
        for name, regimen in record["regimens"].items():
            for key in OF_REGIMEN:
                assert row[f"{name}.{key}"] == regimen.get(key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sinks.Sink, "finish", lambda self: None)
        batch(source, "o.parquet")
    part = Path("o.parquet.part")
    part.write_bytes(part.read_bytes()[: len(part.read_bytes()) // 2])
    assert batch(source, "o.parquet", "--resume") == 0
    assert Path("o.parquet").read_bytes() == whole


@pytest.mark.parametrize("source", ["c.ndjson", "c.parquet"])
def test_zstandard_is_read_and_written(source: str) -> None:
    same_patients()
    assert batch(source, "o.ndjson") == batch(source, "o.ndjson.zst") == 0
    assert zstd().decompress(Path("o.ndjson.zst").read_bytes()) == Path("o.ndjson").read_bytes()
    # Frames one after another are one file.
    one, other = Path("c.ndjson").read_bytes().splitlines(keepends=True)[:2]
    Path("f.ndjson.zst").write_bytes(zstd().compress(one) + zstd().compress(other))
    assert batch("f.ndjson.zst", "p.ndjson") == 0 and len(records("p.ndjson")) == 2
    Path("d.ndjson.zst").write_bytes(zstd().compress(Path("c.ndjson").read_bytes())[:-30])
    assert batch("d.ndjson.zst", "q.ndjson") == 4
    assert "cut off or damaged" in records("q.ndjson.errors.ndjson")[-1]["reason"]


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"PAR1" + b"x" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_a_failure(damage: bytes) -> None:
    Path("c.parquet").write_bytes(damage)
    assert batch("c.parquet", "o.ndjson") == 4
    (error,) = records("o.ndjson.errors.ndjson")
    assert error["file"] == "c.parquet" and "not a whole Parquet file" in error["reason"]


def test_many_rows_are_read_a_few_at_a_time() -> None:
    table = pyarrow.Table.from_pylist([{"id": str(n), "therapies": [{"line": 1}]} for n in range(2000)])
    pyarrow.parquet.write_table(table, "c.parquet", row_group_size=100)
    (source,) = sources_of(["c.parquet"])
    rows = source.records()
    assert next(rows).at["row"] == 1
    assert sum(1 for _ in rows) == 1999


def test_dates_may_be_dates() -> None:
    from datetime import date, datetime

    rows = [{"id": "a", "assessed_on": date(2026, 10, 1), "labs_on": datetime(2026, 9, 1, 12),  # noqa: DTZ001
             "therapies": [{"regimen": "Rd", "start": date(2022, 5, 1)}]}]  # fmt: skip
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), "c.parquet")
    assert run(["batch", "c.parquet", "-o", "o.ndjson"]) == 0
    (record,) = records("o.ndjson")
    assert record["day"] == "2026-10-01"


def test_a_column_with_gaps_holds_whole_numbers_and_not_a_number_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": "a", "therapies": [], "demographics": {"age": 66.0}, "labs": {"lvef_percent": 55.0}},
            {"id": "b", "therapies": [], "demographics": {"age": 66.0}, "labs": {"lvef_percent": float("nan")}}]  # fmt: skip
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), "c.parquet")
    assert batch("c.parquet", "o.ndjson") == 4
    (error,) = records("o.ndjson.errors.ndjson")
    assert (error["row"], error["field"]) == (2, "labs.lvef_percent") and "finite" in error["reason"]
    assert "c.parquet:2: labs.lvef_percent\n" in capsys.readouterr().err


def test_the_counts_of_a_cohort_are_those_of_sql(capsys: pytest.CaptureFixture[str]) -> None:
    """A second route: DuckDB over the same output, as lines and as Parquet."""
    import duckdb

    invented.write_parquet(60, "c.parquet", 5)
    assert batch("c.parquet", "o.ndjson") == batch("c.parquet", "o.parquet") == 0
    made = {}
    for output in ("o.ndjson", "o.parquet"):
        assert run(["cohort", output, "--no-mask", "--format", "json"]) == 0
        made[output] = json.loads(capsys.readouterr().out)["tables"]
    assert made["o.ndjson"] == made["o.parquet"]
    tables = {t["id"]: {r["name"]: r["numbers"] for r in t["rows"]} for t in made["o.ndjson"]}
    rows = duckdb.read_parquet("o.parquet")

    def sql(query: str) -> list[tuple[Any, ...]]:
        return duckdb.sql(query.replace("ROWS", "'o.parquet'")).fetchall()

    assert rows.shape[0] == 60
    for label, (yes, unknown, no) in tables["labels"].items():
        found = dict(sql(f'select "label.{label}", count(*) from ROWS group by all'))
        assert (yes, unknown, no) == (found.get("yes", 0), found.get("unknown", 0), found.get("no", 0))
    assert {name: n[0] for name, n in tables["places"].items()} == dict(
        sql("select jurisdiction, count(*) from ROWS group by all")
    )
    assert {name: tuple(n) for name, n in tables["open-fields"].items()} == {
        name: (regimens, people)
        for name, regimens, people in sql(
            "select field, sum(most)::int, count(*) from ("
            "  select row, regexp_replace(u.f.field, '\\[[0-9]+\\]', '[]', 'g') as field, max(u.f.regimens) as most"
            "  from ROWS, unnest(open_fields) as u(f) group by all) group by all"
        )
    }
    assert {name: tuple(n) for name, n in tables["closed-by"].items()} == {
        name: (regimens, people)
        for name, regimens, people in sql(
            "select u.c.id, sum(u.c.regimens)::int, count(distinct row) from ROWS, unnest(closed_by) as u(c) group by all"
        )
    }
    ranks = [c for c in rows.columns if c.endswith(".rank")]
    number = " + ".join(f'("{c}" is not null)::int' for c in ranks)
    options = dict(sql(f"select if(withheld, 'withheld', ({number})::varchar), count(*) from ROWS group by all"))
    assert {name: n[0] for name, n in tables["options"].items()} == options
    least = ", ".join(f'"{c}"' for c in ranks)
    for column in ranks:
        name = column.removesuffix(".rank")
        ((option, first),) = sql(f'select count("{column}"), count(*) filter ("{column}" = least({least})) from ROWS')
        assert (tables["regimens"][name][0], tables["regimens"][name][-1]) == (option, first), name
