"""The compact record as one row of a table, for CSV and Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from mmadvisor.answers.compact import SCHEMA, CompactRecord, CompactRegimen

Value = str | int | bool | list[str] | list[dict[str, str | int]] | None


class Column(NamedTuple):
    """A column: its name, and its type: text, number, yes-no, or list (of texts).

    Or ``closings`` (groups with id, text and number of regimens), or ``fields`` (groups with field and number of
    regimens).
    """

    name: str
    kind: str


_BEFORE = [
    Column("file", "text"), Column("row", "number"), Column("patient", "text"), Column("day", "text"),
    Column("day_from", "text"), Column("jurisdiction", "text"), Column("warnings", "number"),
    Column("undated", "list"), Column("treat_now", "text"), Column("emergencies", "list"), Column("first", "list"),
    Column("history.state", "text"),
    Column("history.complete", "text"), Column("history.lines.at_least", "number"),
    Column("history.lines.at_most", "number"), Column("history.lines.definition", "text"),
    Column("history.progressed_on_last", "text"), Column("history.exposed.yes", "list"),
    Column("history.exposed.unknown", "list"), Column("history.refractory.yes", "list"),
    Column("history.refractory.doubtful", "list"), Column("history.refractory.unknown", "list"),
    Column("history.agents.yes", "list"), Column("history.agents.no", "list"), Column("history.agents.unknown", "list"),
    Column("withheld", "yes-no"), Column("withheld_because", "text"),
]  # fmt: skip
OF_REGIMEN = {
    "verdict": "text", "group": "text", "rank": "number", "tied": "yes-no", "decided_by": "text",
    "would_rank": "number", "would_be_option": "yes-no", "provisional_rank": "number", "provisional_group": "text",
    "gates": "list",
}  # fmt: skip
_AFTER = [
    Column("closed_by", "closings"), Column("not_available", "list"), Column("open_fields", "fields"),
    Column("deferred_open_fields", "fields"),
]  # fmt: skip


class Table(NamedTuple):
    """The columns for a catalogue: those of the patient, each label, and for each regimen ``<regimen>.verdict`` etc."""

    labels: Sequence[str]
    regimens: Sequence[str]

    @property
    def columns(self) -> list[Column]:
        """All columns, in order."""
        labels = [Column(f"label.{label}", "text") for label in self.labels]
        regimens = [Column(f"{r}.{key}", kind) for r in self.regimens for key, kind in OF_REGIMEN.items()]
        return [*_BEFORE, *labels, *regimens, *_AFTER]

    def row(self, record: CompactRecord) -> list[Value]:
        """The values of a record in the order of the columns; ``None`` where there is none."""
        history = record["history"]
        exposed, refractory, agents = history["exposed"], history["refractory"], history["agents"]
        lines = history["lines"]
        return [
            record["input"]["file"], record["input"]["row"], record["patient"], record["day"], record["day_from"],
            record["jurisdiction"], record["warnings"], record["undated"], record["treat_now"], record["emergencies"],
            record["first"], history["state"], history["complete"], lines["at_least"], lines["at_most"],
            lines["definition"], history["progressed_on_last"], exposed["yes"], exposed["unknown"], refractory["yes"],
            refractory.get("doubtful"), refractory["unknown"], agents["yes"], agents.get("no"), agents["unknown"],
            record["withheld"], record["withheld_because"],
            *(history["labels"].get(label) for label in self.labels),
            *(value for regimen in self.regimens for value in _of_regimen(record["regimens"].get(regimen))),
            cast("list[dict[str, str | int]]", record["closed_by"]),
            record["not_available"],
            _counted(record["open_fields"]),
            _counted(record["deferred_open_fields"]),
        ]  # fmt: skip


def _of_regimen(regimen: CompactRegimen | None) -> list[Value]:
    held: Mapping[str, object] = regimen or {}
    return [cast(Value, held.get(key)) for key in OF_REGIMEN]


def _counted(fields: Mapping[str, int]) -> list[dict[str, str | int]]:
    return [{"field": field, "regimens": number} for field, number in fields.items()]


def record_of(row: Mapping[str, Value]) -> CompactRecord:
    """The compact record of a row of CSV or Parquet; what the row has no column for is empty.

    Raises:
        KeyError: A column of every record is missing.
    """
    labels = {name.removeprefix("label."): value for name, value in row.items() if name.startswith("label.")}
    regimens: dict[str, dict[str, Value]] = {}
    for name, value in row.items():
        regimen, _, key = name.rpartition(".")
        if key in OF_REGIMEN and f"{regimen}.verdict" in row and value is not None:
            regimens.setdefault(regimen, {})[key] = value
    history = {
        "state": row["history.state"],
        "complete": row["history.complete"],
        "progressed_on_last": row["history.progressed_on_last"],
        "lines": {key: row.get(f"history.lines.{key}") for key in ("at_least", "at_most", "definition")},
        "labels": labels,
    }
    for name in ("exposed", "refractory", "agents"):
        lists = {key: row.get(f"history.{name}.{key}") for key in ("yes", "no", "doubtful", "unknown")}
        history[name] = {key: value for key, value in lists.items() if value is not None}
    plain = {column.name: row.get(column.name) for column in _BEFORE if "." not in column.name}
    fields = {name: _numbers(row.get(name)) for name in ("open_fields", "deferred_open_fields")}
    made = {
        **plain,
        **fields,
        "schema": SCHEMA,
        "input": {"file": row["file"], "row": row.get("row")},
        "history": history,
        "regimens": regimens,
        "closed_by": row.get("closed_by") or [],
        "not_available": row.get("not_available") or [],
    }
    return cast(CompactRecord, made)


def _numbers(fields: Value) -> dict[str, int]:
    groups = cast("list[dict[str, str | int]]", fields or [])
    return {str(group["field"]): int(group["regimens"]) for group in groups}
