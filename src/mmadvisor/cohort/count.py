"""The records of `batch`, read again and counted."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from mmadvisor.answers.cohort import Cohort
from mmadvisor.answers.columns import OF_REGIMEN, Column, Table, Value, record_of
from mmadvisor.answers.compact import SCHEMA, CompactRecord
from mmadvisor.answers.recommendation import SCHEMA as WHOLE
from mmadvisor.base.errors import InvalidInputError, MmadvisorError, UsageError
from mmadvisor.cohort.engine import key_of
from mmadvisor.cohort.sources import Source, sources_of
from mmadvisor.cohort.target import CSV
from mmadvisor.files.documents import MAX_BYTES, read_document, unreadable
from mmadvisor.reports.cohort import Tally, cohort

FOLDER = "folder"
NOT_RECORDED = "not recorded"
_KINDS = {column.name: column.kind for column in Table((), ()).columns}


class Counting(NamedTuple):
    """How records are counted: the day of the run, ``--by``, and whether small counts are masked."""

    made_on: date
    by: str = ""
    mask: bool = True


def count(paths: Sequence[str], counting: Counting) -> Cohort:
    """Count the records of some outputs of `batch`: JSON lines, CSV or Parquet.

    Args:
        paths: The outputs.
        counting: How to count. Without ``by`` the folders of the inputs are counted, if there are several.

    Raises:
        InvalidInputError: A file is no output of `batch`, or an input that ``by`` needs cannot be read.
        UsageError: A path does not exist; an input that ``by`` needs is gone; no record has the field of ``by``.
    """
    tally = Tally()
    group = _grouping(paths, counting.by)
    for record in records(paths):
        tally.add(record, key_of(record["patient"]), group(record) if group else None)
    by = counting.by or (FOLDER if group else "")
    if counting.by and tally.rows["by"].keys() <= {NOT_RECORDED}:
        raise UsageError(f"--by {counting.by}: no record has this field, and no output this column")
    return cohort(tally, counting.made_on, paths, by, mask=counting.mask)


def records(paths: Iterable[str]) -> Iterator[CompactRecord]:
    """The records of some outputs of `batch`, one after another.

    Raises:
        InvalidInputError: A line or row is no compact record.
        UsageError: A path does not exist, or has no format that is read.
    """
    for path in paths:
        for line, row in _rows(path):
            yield _record(path, line, row)


def _rows(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines or rows of one output as plain data, each with its number."""
    if Path(path).is_dir():
        raise UsageError(f"{path}: a folder of whole answers has no compact records; run batch into one file")
    if path.casefold().endswith(CSV):
        yield from _csv_rows(path)
        return
    for source in sources_of([path]):
        if source.kind == "one":
            raise UsageError(f"{path}: name an output of batch: .ndjson, .ndjson.gz, .ndjson.zst, .csv or .parquet")
        for raw in source.records():
            content = raw.read()
            try:
                found = json.loads(content)
            except ValueError:
                raise unreadable(path, "this line is no record of batch", raw.line) from None
            yield raw.at["row"] or 0, found


def _record(path: str, line: int, row: Any) -> CompactRecord:
    whole = isinstance(row, dict)
    if whole and row.get("schema") == SCHEMA:
        record: CompactRecord = row
        return record
    if whole and "schema" not in row:
        with suppress(KeyError):
            return record_of(row)
    said = f"no compact record of batch ({SCHEMA})"
    if whole and row.get("schema") == WHOLE:
        said += "; run batch without --trace"
    raise unreadable(path, said, line)


def _csv_rows(path: str) -> Iterator[tuple[int, dict[str, Value]]]:
    if not Path(path).is_file():
        raise UsageError(f"{path}: there is no such file")
    csv.field_size_limit(MAX_BYTES)
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                yield number, {name: _value(name, cell) for name, cell in row.items()}
            except (TypeError, ValueError, AttributeError):
                raise unreadable(path, "this row is no record of batch", number) from None


def _value(name: str, cell: str) -> Value:
    """The value of a cell as the column has it; a text without the apostrophe that guards it in a spreadsheet."""
    kind = _KINDS.get(name) or OF_REGIMEN.get(name.rpartition(".")[2], "text")
    if cell == "":
        return None
    if kind == "number":
        return int(cell)
    if kind == "yes-no":
        return cell == "yes"
    if kind == "text":
        return cell[1:] if cell.startswith("'") else cell
    found: list[str] = json.loads(cell)
    return found


# --- groups ---------------------------------------------------------------------------------------


def _grouping(paths: Sequence[str], by: str) -> Callable[[CompactRecord], str] | None:
    """The row of a record in the table ``by``; ``None`` if there is no such table."""
    if by == FOLDER:
        return _folder
    if by:
        columns = Table((), ()).columns
        return _by_column(by) if _is_column(by, columns) else _by_field(paths, by)
    folders = {_folder(record) for record in records(paths)}
    return _folder if len(folders) > 1 else None


def _folder(record: CompactRecord) -> str:
    return str(Path(record["input"]["file"]).parent)


def _is_column(by: str, columns: Iterable[Column]) -> bool:
    return by.startswith("label.") or any(c.name == by and c.kind in ("text", "number", "yes-no") for c in columns)


def _by_column(by: str) -> Callable[[CompactRecord], str]:
    """The value in a column of the output, as CSV and Parquet have it."""

    def value(record: CompactRecord) -> str:
        if by.startswith("label."):
            return record["history"]["labels"].get(by.removeprefix("label."), NOT_RECORDED)
        return _told(_inside({**record, **record["input"]}, by))

    return value


def _by_field(paths: Sequence[str], by: str) -> Callable[[CompactRecord], str]:
    """The value of a field of the patient in the input, which is read again."""
    files = dict.fromkeys(record["input"]["file"] for record in records(paths))
    found: dict[tuple[str, int | None], str] = {}
    for source in _inputs(files, by):
        for raw in source.records():
            with suppress(MmadvisorError):  # an input that batch could not read either has no record
                document = read_document(raw.read(), raw.at["file"], MAX_BYTES)
                found[raw.at["file"], raw.at["row"]] = _told(_inside(document.tree, by))
    return lambda record: found.get((record["input"]["file"], record["input"]["row"]), NOT_RECORDED)


def _inputs(files: Iterable[str], by: str) -> list[Source]:
    try:
        return sources_of(files)
    except (UsageError, InvalidInputError) as error:
        raise UsageError(f"--by {by} needs the inputs of the run, from the folder in which it ran: {error}") from None


def _inside(tree: Any, path: str) -> Any:
    """The value at a path of names in nested groups; ``None`` if there is none."""
    for name in path.split("."):
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else NOT_RECORDED
