"""The records of `batch`, counted: lines, refractoriness, options, what closes them, and what leaves them open."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import get_args

from mmadvisor.answers.cohort import COLUMNS, SCHEMA, Cohort, CohortRow, CohortTable, Column, TableId
from mmadvisor.answers.compact import CompactLines, CompactRecord, CompactRegimen, Group, TreatAnswer
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.catalogue.citing import ENGINE
from mmadvisor.reports.masking import masked, masked_part

WITHHELD = "withheld"
# The numbers of one row by column.
Numbers = Counter[Column]
_COLUMNS: dict[str, Column] = {column: column for column in get_args(Column)}
_PLACE_IN_LIST = re.compile(r"\[\d+\]")


class Tally:
    """Counts records one by one, so that only the counts are in memory, and 16 bytes for each id.

    ``rows``: for each table the numbers of each row. ``texts``: what the name of a row means. ``least``: the fewest
    lines that a row of the table ``lines`` stands for.
    """

    def __init__(self) -> None:
        self.records = 0
        self.ids: set[bytes] = set()
        self.rows: dict[TableId, dict[str, Numbers]] = {table: defaultdict(Counter) for table in COLUMNS}
        self.texts: dict[tuple[TableId, str], str] = {}
        self.least: dict[str, int] = {}

    def add(self, record: CompactRecord, key: bytes, group: str | None = None) -> None:
        """Count one record; ``key`` stands for its id, and ``group`` is its row in the table ``by``."""
        self.records += 1
        self.ids.add(key)
        self._add_history(record)
        self._add("treat-now", record["treat_now"])
        for emergency in dict.fromkeys(record["emergencies"]):
            self._add("emergencies", emergency)
        options = {r: entry for r, entry in record["regimens"].items() if "rank" in entry}
        self._add("options", WITHHELD if record["withheld"] else str(len(options)))
        self._add_regimens(record["regimens"], options)
        for field, regimens in _without_places(record["open_fields"]).items():
            self._add("open-fields", field, patients=1, regimens=regimens)
        closed: Counter[str] = Counter()
        for closing in record["closed_by"]:
            closed[closing["id"]] += closing["regimens"]
            self.texts.setdefault(("closed-by", closing["id"]), closing["text"])
        for criterion, regimens in closed.items():
            self._add("closed-by", criterion, patients=1, regimens=regimens)
        of_main = any(entry["group"] == "main" for entry in options.values())
        situated: list[tuple[TableId, str]] = [("years", record["day"][:4]), ("places", record["jurisdiction"])]
        if group is not None:
            situated.append(("by", group))
        for table, row in situated:
            self._row(table, row).update({"patients": 1, "with-option": bool(options), "with-main-option": of_main})

    def _row(self, table: TableId, row: str) -> Numbers:
        return self.rows[table][row]

    def _add(self, table: TableId, row: str, *, patients: int = 1, regimens: int = 0) -> None:
        numbers = self._row(table, row)
        numbers["patients"] += patients
        numbers["regimens"] += regimens

    def _add_history(self, record: CompactRecord) -> None:
        history = record["history"]
        lines = _range(history["lines"])
        self._add("lines", lines)
        self.least[lines] = history["lines"]["at_least"]
        known: list[tuple[TableId, Mapping[str, Sequence[str]]]] = [
            ("exposed", {"yes": history["exposed"]["yes"], "unknown": history["exposed"]["unknown"]}),
            (
                "refractory",
                {
                    "yes": history["refractory"]["yes"],
                    "doubtful": history["refractory"].get("doubtful", ()),
                    "unknown": history["refractory"]["unknown"],
                },
            ),
        ]
        for table, lists in known:
            for value, classes in lists.items():
                for name in classes:
                    self._row(table, name)[_COLUMNS[value]] += 1
        for name, value in history["labels"].items():
            self._row("labels", name)[_COLUMNS[value]] += 1

    def _add_regimens(self, regimens: Mapping[str, CompactRegimen], options: Mapping[str, CompactRegimen]) -> None:
        first = min((entry["rank"] for entry in options.values()), default=None)
        for name, entry in regimens.items():
            numbers = self._row("regimens", name)
            verdict = entry["verdict"]
            if name in options:
                numbers["option"] += 1
                numbers["first"] += entry["rank"] == first
            elif verdict in ("undetermined", "deferred", "ineligible"):
                numbers[_COLUMNS[verdict]] += 1
            else:
                numbers["not-ranked"] += 1
        for group, number in Counter(entry["group"] for entry in options.values()).items():
            self._add("groups", group, regimens=number)


def _range(lines: CompactLines) -> str:
    low, high = lines["at_least"], lines["at_most"]
    if high is None:
        return f"at least {low}"
    return str(low) if low == high else f"{low} to {high}"


def _without_places(fields: Mapping[str, int]) -> Counter[str]:
    """For each field, without its place in a list, how many regimens depend on it at most in one place.

    A regimen may depend on several therapies, so the places of one field are not added up.
    """
    found: Counter[str] = Counter()
    for field, regimens in fields.items():
        name = _PLACE_IN_LIST.sub("[]", field)
        found[name] = max(found[name], regimens)
    return found


# --- the answer -----------------------------------------------------------------------------------


def cohort(tally: Tally, made_on: date, files: Sequence[str], by: str, *, mask: bool = True) -> Cohort:
    """The tables of what was counted.

    Args:
        tally: The counts.
        made_on: The day of the run.
        files: The files with the records.
        by: What the rows of the table ``by`` are; empty without one.
        mask: Whether small counts are masked.
    """
    tables = [_table(tally, table, mask=mask) for table in COLUMNS]
    return Cohort(
        schema=SCHEMA,
        made_on=made_on.isoformat(),
        files=list(files),
        records=tally.records,
        patients=len(tally.ids),
        by=by,
        masked=mask,
        tables=[table for table in tables if table["rows"]],
        engine=ENGINE,
        intended_use=INTENDED_USE,
    )


def _table(tally: Tally, table: TableId, *, mask: bool) -> CohortTable:
    columns = COLUMNS[table]
    rows = {name: _whole(table, numbers, tally.records) for name, numbers in tally.rows[table].items()}
    names = sorted(rows, key=_order(tally, table, rows))
    numbers = [[rows[name][column] for column in columns] for name in names]
    shown: Sequence[Sequence[int | None]] = _MASKS[table](numbers, tally.records) if mask else numbers
    return CohortTable(
        id=table,
        columns=list(columns),
        rows=[
            CohortRow(name=name, text=tally.texts.get((table, name), ""), numbers=list(row))
            for name, row in zip(names, shown, strict=True)
        ],
    )


def _whole(table: TableId, numbers: Numbers, records: int) -> Numbers:
    """The numbers of a row; what is in no list of a record is ``no``."""
    if table in ("exposed", "refractory", "labels"):
        numbers = Counter(numbers)
        numbers["no"] = records - sum(numbers[c] for c in ("yes", "doubtful", "unknown"))
    return numbers


def _order(tally: Tally, table: TableId, rows: Mapping[str, Numbers]) -> Callable[[str], tuple[object, ...]]:
    """How the rows of a table are sorted: by number, by name, in a fixed order, or the most frequent first."""
    fixed: Sequence[str] = get_args(Group) if table == "groups" else get_args(TreatAnswer)
    if table in ("groups", "treat-now"):
        return lambda name: (fixed.index(name),)
    if table == "lines":
        return lambda name: (tally.least[name], name)
    if table == "options":
        return lambda name: (name == WITHHELD, 0 if name == WITHHELD else int(name))
    if table in ("years", "places", "by"):
        return lambda name: (name,)
    if table == "regimens":
        return lambda name: (-rows[name]["first"], -rows[name]["option"], -rows[name]["undetermined"], name.casefold())
    first = COLUMNS[table][0]
    return lambda name: (-rows[name][first], name)


# --- masks: each takes the numbers of a table and the number of records ----------------------------

Table = Sequence[Sequence[int]]
Shown = list[list[int | None]]


def _by_column(numbers: Table, records: int) -> Shown:
    """The rows add up to all records."""
    return [[count] for count in masked([row[0] for row in numbers])]


def _by_row(numbers: Table, records: int) -> Shown:
    """The columns of each row add up to all records."""
    return [masked(row) for row in numbers]


def _regimens(numbers: Table, records: int) -> Shown:
    """All columns but the last add up to all records; the last is a part of the first."""
    return [[*(kept := masked(row[:-1])), None if kept[0] is None else masked_part(row[-1], row[0])] for row in numbers]


def _parts(numbers: Table, records: int) -> Shown:
    """Each row is a part of all records; its other numbers are of the same records."""
    return [[*row] if masked_part(_people(row), records) is not None else [None] * len(row) for row in numbers]


def _people(row: Sequence[int]) -> int:
    """The number of records in a row of records and regimens: it is the smaller one, as each has a regimen at least."""
    return min(row)


def _with_parts(numbers: Table, records: int) -> Shown:
    """The first column adds up to all records; the others are parts of it."""
    firsts = masked([row[0] for row in numbers])
    return [
        [None] * len(row) if first is None else [first, *(masked_part(count, row[0]) for count in row[1:])]
        for first, row in zip(firsts, numbers, strict=True)
    ]


_MASKS: dict[TableId, Callable[[Table, int], Shown]] = {
    "lines": _by_column,
    "exposed": _by_row,
    "refractory": _by_row,
    "labels": _by_row,
    "treat-now": _by_column,
    "emergencies": _parts,
    "options": _by_column,
    "groups": _parts,
    "regimens": _regimens,
    "open-fields": _parts,
    "closed-by": _parts,
    "years": _with_parts,
    "places": _with_parts,
    "by": _with_parts,
}
