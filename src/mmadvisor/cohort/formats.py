"""What is made of the records of a run: JSON lines, CSV or Parquet, perhaps compressed, and the file of failures."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from mmadvisor.answers.columns import Table, Value
from mmadvisor.base.plain import as_json
from mmadvisor.cohort.sources import pyarrow, zstd
from mmadvisor.cohort.target import CSV, Target
from mmadvisor.files.output import replacing
from mmadvisor.files.patients import PARQUET
from mmadvisor.render.text import spreadsheet_cell

_ROWS_AT_ONCE = 1000
_LEVEL = 6  # of compression


def write_beside(place: Path, lines: Iterator[bytes]) -> None:
    """Write lines, such as the failures, to a file beside the output; without lines no such file is there."""
    first = next(lines, None)
    if first is None:
        place.unlink(missing_ok=True)
        return
    with replacing(place, beside=".new") as file:
        file.write(first)
        file.writelines(lines)


def write_records(target: Target, table: Table, file: BinaryIO, lines: Iterator[bytes]) -> None:
    """Write the records in the format that the name of the output has."""
    if target.form.endswith(PARQUET):
        _write_parquet(table, file, lines)
        return
    with _compressed(target, file) as stream:
        if target.form.endswith(CSV):
            _write_csv(table, stream, lines)
        else:
            stream.writelines(lines)


@contextmanager
def _compressed(target: Target, file: BinaryIO) -> Iterator[BinaryIO]:
    """A stream into a file, compressed as the name of the output says; equal records give equal bytes."""
    with ExitStack() as stack:
        name = target.output.casefold()
        if name.endswith(".gz"):
            # Without a time and a name, which would differ between runs.
            made: Any = stack.enter_context(gzip.GzipFile("", "wb", _LEVEL, file, mtime=0))
            yield made
        elif name.endswith(".zst"):
            made = stack.enter_context(zstd().open(file, "wb"))
            yield made
        else:
            yield file


def check_packages(target: Target) -> None:
    """Check, before the first patient, that the packages for the format are there.

    Raises:
        UsageError: A package is missing.
    """
    if target.form.endswith(PARQUET):
        pyarrow()
    if target.output.casefold().endswith(".zst"):
        zstd()


def _write_csv(table: Table, stream: BinaryIO, lines: Iterable[bytes]) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for line in lines:
        writer.writerow([_cell(value) for value in table.row(json.loads(line))])
    text.flush()
    text.detach()


def _cell(value: Value) -> str | int:
    """A value as a cell: a list as JSON; a text that a spreadsheet would calculate is put after an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if isinstance(value, list):
        return as_json(value)
    return spreadsheet_cell(value)


def _write_parquet(table: Table, file: BinaryIO, lines: Iterable[bytes]) -> None:
    arrow = pyarrow()
    types = {
        "text": arrow.string(),
        "number": arrow.int32(),
        "yes-no": arrow.bool_(),
        "list": arrow.list_(arrow.string()),
        "closings": arrow.list_(
            arrow.struct([("id", arrow.string()), ("text", arrow.string()), ("regimens", arrow.int32())])
        ),
        "fields": arrow.list_(arrow.struct([("field", arrow.string()), ("regimens", arrow.int32())])),
    }
    schema = arrow.schema([(column.name, types[column.kind]) for column in table.columns])
    with arrow.parquet.ParquetWriter(file, schema) as writer:
        rows: list[list[Value]] = []
        for line in lines:
            rows.append(table.row(json.loads(line)))
            if len(rows) == _ROWS_AT_ONCE:
                writer.write_batch(_batch(arrow, schema, rows))
                rows.clear()
        if rows:
            writer.write_batch(_batch(arrow, schema, rows))


def _batch(arrow: Any, schema: Any, rows: list[list[Value]]) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [arrow.array(list(values), type=field.type) for values, field in zip(columns, schema, strict=True)]
    return arrow.record_batch(arrays, schema=schema)
