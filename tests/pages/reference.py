"""docs/reference: patient fields, types of criterion, answers and commands, from the code that defines them.

The meaning of a field is the docstring below it in its class. Run this to write the pages anew:
python -m tests.pages.reference
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import typer
import typing_extensions
import yaml
from typing_extensions import get_type_hints

from mmadvisor.answers.columns import OF_REGIMEN, Table
from mmadvisor.answers.compact import (
    CompactHistory,
    CompactRecord,
    CompactRegimen,
    DayFrom,
    DecidesBy,
    Group,
    TreatAnswer,
    Verdict,
)
from mmadvisor.base.english import listed
from mmadvisor.base.records import REQUIRED, Entry, hints, written
from mmadvisor.base.validation import parts
from mmadvisor.criteria.base import Criterion
from mmadvisor.criteria.types import AnyCriterion, criterion_from
from mmadvisor.desk import help
from mmadvisor.desk.cli import program_for
from mmadvisor.files.form import Field, field_at
from mmadvisor.files.schemas import ANSWERS
from mmadvisor.formats.patient import Patient, Stop
from mmadvisor.history.record import LINE_DEFINITIONS
from tests import ROOT
from tests.builders.blank import LOADED
from tests.builders.commands import COMMANDS

FOLDER = ROOT / "docs" / "reference"
CRITERIA = ROOT / "tests" / "cases" / "criteria"
WRITTEN_BY = "Written by `python -m tests.pages.reference` from the code; a test keeps it fresh."


# --- what a class says of its fields ------------------------------------------------------


_SAID: dict[type, dict[str, str]] = {}


def said(cls: type) -> dict[str, str]:
    """The docstring below each field of a class and of those that it extends."""
    if cls not in _SAID:
        _SAID[cls] = _below_fields(cls)
    return _SAID[cls]


def _below_fields(cls: type) -> dict[str, str]:
    bases = getattr(cls, "__orig_bases__", None) or cls.__bases__
    found: dict[str, str] = {}
    for base in bases:
        if isinstance(base, type) and base.__module__.startswith("mmadvisor"):
            found |= said(base)
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(node, ast.ClassDef)
    for field, after in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(after.value.value).split())
    return found


def about(cls: type) -> str:
    """The docstring of a class, in Markdown."""
    return inspect.cleandoc(cls.__doc__ or "").replace("``", "`")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


# --- the patient file ---------------------------------------------------------------------


def patient_page() -> str:
    """Every field of the patient file, group by group."""
    lines = [
        "# Fields of the patient file",
        "",
        WRITTEN_BY,
        "",
        "Only `id` and `therapies` are required. A field that is absent, `null` or `unknown` is not known. Not known is",
        "never read as normal, negative or zero: a requirement that depends on the field is then unknown, the regimen is",
        "*undetermined* if nothing else closes it, and the answer names the field. If an unknown field means more",
        "than that, its row describes it.",
        "",
        "A number outside its limits is an error. A number outside its usual range is accepted with a warning. A date is",
        "`2024-03-18`, `2024-03`, `2024`, or an interval such as `2024-03-18/2024-05-02`. A number that *may carry its day*",
        "can be written as `{value: 2.9, on: 2026-09-28}`. `mmadvisor schema patient` prints the same as JSON Schema.",
        "",
    ]
    for path, record in patient_groups(Patient, ()):
        name = ".".join(path).replace("therapies.", "therapies[].") if path else "The file itself"
        lines += [f"## {name if not path else f'`{name}`'}", "", about(record).split("\n\n")[0], ""]
        rows = (
            (f"`{written(key)}`", said(record).get(key, "").replace("``", "`"), *_held(record, path, key))
            for key in record.defaults()
        )
        lines += table(("field", "meaning", "may hold", "unit"), rows)
    return "\n".join(lines)


def patient_groups(record: type[Entry], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], type[Entry]]]:
    """The groups of fields of the format with their paths, each before those inside it."""
    yield path, record
    for key, hint in hints(record).items():
        for inner in dict.fromkeys(p for p in parts(hint) if isinstance(p, type) and issubclass(p, Entry)):
            yield from patient_groups(inner, (*path, written(key)))


def _held(record: type[Entry], path: tuple[str, ...], key: str) -> tuple[str, str]:
    """What a field may hold, and its unit."""
    if not issubclass(record, Patient) and Patient.record_at(path) is not record:
        # A list that holds words or groups leads to the first of them; the fields of the group itself are these.
        return _plain_type(hints(record)[key]), ""
    field = field_at((*path, key), LOADED.catalogue.words)
    required = "; required" if record.defaults()[key] is REQUIRED else ""
    if field.record is not None:
        one = "group, see below"
        if field.item is not None:
            one = "list of names or groups, see below" if str in get_args(field.item) else "list of groups, see below"
        return one + required, ""
    day = "; may carry its day" if field.is_dated else ""
    return _allowed(field) + day + required, field.unit or _noted(field)


def _noted(field: Field) -> str:
    """A unit that stands beside the limits of a number and not in its name."""
    note = field.limits.note if field.limits else ""
    return note if note and "would be" not in note else ""


def _allowed(field: Field) -> str:
    """What a field may hold, with its words as code."""
    words = ", ".join(f"`{word}`" for word in field.choices or field.item_choices)
    if field.item is not None:
        return f"list of {words or 'text'}"
    if field.is_date:
        return "date or `ongoing`" if field.hint == Stop else "date"
    if field.hint is bool:
        return "`true`, `false`"
    if field.limits is None:
        return words or "text"
    low, high, usual, note = field.limits
    beside = "".join(f", or `{word}`" for word in field.words_beside)
    usually = f", usually {_figure(usual[0])} to {_figure(usual[1])}" if usual and usual != (low, high) else ""
    remark = f" ({note})" if note and not _noted(field) else ""
    return f"{_figure(low)} to {_figure(high)}{usually}{beside}{remark}"


def _figure(number: float) -> str:
    return f"{number:,.10g}"


# --- types in words -----------------------------------------------------------------------

_SCALARS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    type(None): "null",
    object: "anything",
    Any: "anything",
}


def _plain_type(hint: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]
    if origin is typing.Annotated or _may_lack(hint):
        return _plain_type(inner[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_plain_type(part) for part in inner if part is not type(None))) + (
            ", or null" if type(None) in inner else ""
        )
    if origin is typing.Literal:
        return ", ".join(f"`{str(word).lower() if isinstance(word, bool) else word}`" for word in inner)
    if origin in (list, tuple):
        return f"list of {_plain_type(inner[0])}"
    if origin is dict:
        return f"{_plain_type(inner[1])}, by name"
    if hint is AnyCriterion or hint == "AnyCriterion":
        return "criterion"
    return f"`{getattr(hint, '__name__', hint)}`"


# --- types of criterion -------------------------------------------------------------------


def criteria_page() -> str:
    """Every type of criterion, with an example that is tested."""
    lines = [
        "# Types of criterion",
        "",
        WRITTEN_BY,
        "",
        "A criterion is a requirement: it is met, not met or unknown. The list that holds it decides what a failure means:",
        "a gate or an indication closes the regimen, a caution is reported. Each example is a file of `tests/cases/criteria`,",
        "with patients for whom it is met, not met and unknown.",
        "",
        "## Fields of every type",
        "",
        *table(("field", "holds", "if left out", "meaning"), _fields(Criterion, Criterion.defaults())),
    ]
    for cls in get_args(get_args(AnyCriterion)[0]):
        name = cls.defaults()["type"]
        own = [key for key in cls.defaults() if key not in Criterion.defaults() and key != "type"]
        lines += [f"## `{name}`", "", about(cls), ""]
        if own:
            lines += table(("field", "holds", "if left out", "meaning"), _fields(cls, own))
        lines += _examples(name)
    return "\n".join(lines)


def _fields(cls: type[Entry], keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for key in keys:
        default = cls.defaults()[key]
        yield f"`{key}`", _of_type(_criterion_hint(cls, key)), _default(default), said(cls).get(key, "")


def _criterion_hint(cls: type[Entry], key: str) -> Any:
    """The type of a field, before the union of all criteria is spelt out."""
    for base in cls.__mro__:
        if key in (own := inspect.get_annotations(base)):
            return own[key]
    raise KeyError(key)


def _of_type(hint: Any) -> str:
    text = str(hint)
    if "AnyCriterion" in text:
        return "list of criteria" if "tuple" in text else "criterion"
    return _plain_type(hint).removesuffix(", or null")


def _default(value: Any) -> str:
    if value is REQUIRED:
        return "required"
    if value in ("", (), None):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _examples(name: str) -> Iterator[str]:
    """What the examples of a type print, and the patients of the first."""
    files = [path for path in sorted(CRITERIA.glob("*.yaml")) if _read(path)["criterion"]["type"] == name]
    files.sort(key=lambda path: path.stem != name)
    for path in files:
        sentence = criterion_from(_read(path)["criterion"]).required(LOADED.catalogue.words)
        text = path.read_text(encoding="utf-8").partition("cases:")[0].rstrip()
        yield from ("```yaml", f"# {path.relative_to(ROOT).as_posix()}", text, "```", "", f"Prints: *{sentence}*", "")
        if path is files[0]:
            rows = ((case["name"], case["expect"].replace("-", " ")) for case in _read(path)["cases"])
            yield from table(("patient", "result"), rows)


@cache
def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


# --- answers ------------------------------------------------------------------------------


def answers_page() -> str:
    """The top-level keys of every kind of answer."""
    lines = [
        "# Answers as JSON",
        "",
        WRITTEN_BY,
        "",
        "With `--format json` every command prints one object. Its `schema` key names the format and its version. Objects",
        "may gain keys; none is renamed or dropped. These are the keys at the top; `mmadvisor schema KIND` prints the whole",
        "format as JSON Schema.",
        "",
    ]
    for kind in ANSWERS:
        cls = answer(kind)
        form = "" if kind == "compact" else " --format json"
        lines += [f"## `{kind}`", "", f"Printed by `mmadvisor {_command(kind)} ...{form}`;", ""]
        lines[-2] += f" in full by `mmadvisor schema {kind}`."
        lines += [about(cls).split("\n\n")[0], ""]
        rows = (
            (f"`{key}`", _plain_type(hint), meaning(cls, key) + (" Not always there." if _may_lack(hint) else ""))
            for key, hint in keys(cls).items()
        )
        lines += table(("key", "holds", "meaning"), rows)
    return "\n".join(lines)


def keys(cls: Any) -> dict[str, Any]:
    """The keys of an answer with their types."""
    return dict(get_type_hints(cls, include_extras=True))


def _may_lack(hint: Any) -> bool:
    return get_origin(hint) in (typing.NotRequired, typing_extensions.NotRequired)


def answer(kind: str) -> Any:
    """The type of a kind of answer."""
    module, name = ANSWERS[kind]
    return getattr(import_module(f"mmadvisor.{module}"), name)


def meaning(cls: Any, key: str) -> str:
    """What a key of an answer means: its own sentence, or that of the object that it holds."""
    if key in said(cls):
        return said(cls)[key]
    held = [p for p in (get_type_hints(cls)[key], *get_args(get_type_hints(cls)[key])) if hasattr(p, "__total__")]
    return about(held[0]).split("\n\n")[0].replace("\n", " ") if held else ""


def _command(kind: str) -> str:
    """The command that prints a kind of answer, by the examples that the schemas are tested with."""
    words = COMMANDS[kind][0]
    command = " ".join(words[:2]) if words[0] == "catalogue" else words[0]
    return f"{command} PATIENT --against OTHER" if kind == "against" else command


# --- commands -----------------------------------------------------------------------------


def commands_page() -> str:
    """Every command with its arguments and options."""
    program: Any = typer.main.get_command(program_for())
    lines = [
        "# Commands",
        "",
        WRITTEN_BY,
        "",
        "`-` is standard input or standard output. `mmadvisor COMMAND -h` prints the same for one command.",
        "In an error, `--set:2:25` is the second `--set`, and column 25 of its text.",
        "",
        "## Exit status",
        "",
        *table(("status", "meaning"), help.statuses()),
        "## Options of the program",
        "",
        *_options(program),
    ]
    for name, command in _commands(program):
        lines += [f"## `mmadvisor {name}`", "", command.help, "", "```text"]
        lines += [f"mmadvisor {name} {help.needed(command)}", "", *help.examples_of(name), "```", ""]
        lines += _options(command)
    return "\n".join(lines)


def commands() -> dict[str, Any]:
    """Every command by its name."""
    return dict(_commands(typer.main.get_command(program_for())))


def _commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield above + name, command


def _of(command: Any, kind: str) -> list[Any]:
    return [p for p in command.params if p.param_type_name == kind and p.name != "help"]


def _options(command: Any) -> Iterator[str]:
    rows = []
    for p in (*_of(command, "argument"), *_of(command, "option")):
        usual = (
            "required" if p.required and p.param_type_name == "option" else help.default(p) and f"`{help.default(p)}`"
        )
        rows.append((f"`{help.named(p)}`", help.meaning(p), usual))
    yield from table(("argument or option", "meaning", "default"), rows)


# --- columns of CSV and Parquet -----------------------------------------------------------

_KINDS = {
    "text": ("text", "string"),
    "number": ("whole number", "int32"),
    "yes-no": ("`yes` or `no`", "bool"),
    "list": ("JSON list of texts", "list of string"),
    "closings": ("JSON list of groups", "list of struct: id, text, regimens"),
    "fields": ("JSON list of groups", "list of struct: field, regimens"),
}
_OTHER_NAMES = {"file": "input", "row": "input"}


def columns_page() -> str:
    """The columns of `batch` in CSV and Parquet, and the words that each may hold."""
    catalogue = LOADED.catalogue
    columns = Table([], []).columns
    lines = [
        "# Columns of a run for many patients",
        "",
        WRITTEN_BY,
        "",
        "`mmadvisor batch` writes the compact record as one row of a CSV or Parquet file. An empty cell (null in Parquet)",
        "is a key that the record does not have. The columns are those of this catalogue: another catalogue may have other",
        "regimens and labels.",
        "",
        "## Columns of the patient",
        "",
        "`file` and `row` are `input.file` and `input.row` of the record.",
        "",
        *table(
            ("column", "in CSV", "in Parquet", "meaning"),
            ((f"`{c.name}`", *_KINDS[c.kind], _of_column(c.name)) for c in columns),
        ),
        "## Columns of each label",
        "",
        "`label.<label>` is `history.labels.<label>` of the record: `yes`, `no` or `unknown`. The labels are",
        f"{listed([f'`{label}`' for label in catalogue.labels])}.",
        "",
        "## Columns of each regimen",
        "",
        "`<regimen>.verdict` and the others, for each regimen of `mmadvisor catalogue list`:",
        "",
        *table(("column", "in CSV", "in Parquet"), ((f"`<regimen>.{k}`", *_KINDS[v]) for k, v in OF_REGIMEN.items())),
        about(CompactRegimen),
        "",
        "## Words",
        "",
        "What a column may hold, where the words are few:",
        "",
        *table(("column", "words"), ((f"`{name}`", ", ".join(f"`{w}`" for w in words)) for name, words in _words())),
        "The comparisons of `decided_by` are explained in [ranking](../explanation/ranking.md); in answers they are named:",
        "",
        *table(
            ("word", "comparison"),
            ((f"`{c.by}`", c.name) for c in catalogue.ranking.comparisons if c.by in get_args(DecidesBy)),
        ),
    ]
    return "\n".join(lines)


def _of_column(name: str) -> str:
    """The meaning of a column: that of its key in the compact record."""
    first, _, rest = name.partition(".")
    first = _OTHER_NAMES.get(first, first)
    if first == "history":
        return meaning(CompactHistory, rest.partition(".")[0]).replace("``", "`")
    return meaning(CompactRecord, first).replace("``", "`")


def _words() -> Iterator[tuple[str, Iterable[str]]]:
    yield "day_from", get_args(DayFrom)
    yield "treat_now", get_args(TreatAnswer)
    yield "emergencies", LOADED.catalogue.treatment.emergencies
    yield "first", [said.id for said in LOADED.catalogue.first_said if not said.situation]
    yield "history.state", (*_state_words(), "unknown")
    yield "history.complete", ("yes", "no", "unknown")
    yield "history.progressed_on_last", ("yes", "no", "unknown")
    yield "history.lines.definition", LINE_DEFINITIONS
    yield "<regimen>.verdict", get_args(Verdict)
    yield "<regimen>.group", get_args(Group)
    yield "<regimen>.provisional_group", get_args(Group)
    yield "<regimen>.decided_by", ("group", *get_args(DecidesBy))


def _state_words() -> tuple[str, ...]:
    return tuple(map(str, field_at(("disease", "state"), LOADED.catalogue.words).choices))


PAGES: dict[str, Callable[[], str]] = {
    "columns.md": columns_page,
    "patient-fields.md": patient_page,
    "criterion-types.md": criteria_page,
    "answers.md": answers_page,
    "commands.md": commands_page,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for page, make in PAGES.items():
        (FOLDER / page).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"{page} written\n")
