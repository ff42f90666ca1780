"""The patient format as a form: the name, the unit and the possible values of each field.

All of it comes from the declarations in ``patient`` and from the names of fields in the catalogue. So the questions of
``new`` and the comments of ``writing`` cannot differ from what the reader accepts.
"""

from __future__ import annotations

import ast
import inspect
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from mmadvisor.base.records import REQUIRED, Entry, hints, written
from mmadvisor.base.validation import Dated, Limits, Worded
from mmadvisor.criteria.base import Words
from mmadvisor.formats.patient import Day, Patient, Stop

Path = tuple[str | int, ...]
# The fields that are asked about for every therapy, in this order; its other fields are rarer.
TOLD_OF_THERAPY = ("intent", "start", "stop", "best_response", "progressed_on", "stop_reason")
_UNIT = re.compile(r"_(?:(10e9|[a-z]+)_per_([a-z0-9]+)|(percent|xuln|weeks|kg|cm))$")
_SHOWN = {
    "l": "L",
    "ml": "mL",
    "dl": "dL",
    "umol": "µmol",
    "10e9": "10⁹",
    "24h": "24 h",
    "percent": "%",
    "xuln": "× ULN",
}
_DATE = "a date: 2024-03-18, 2024-03, 2024, or an interval 2024-03-18/2024-05-02"


@dataclass(frozen=True)
class Field:
    """One field of the format; ``path`` consists of names only, without indices of lists."""

    path: tuple[str, ...]
    name: str
    unit: str
    hint: Any
    about: str

    @property
    def choices(self) -> tuple[str, ...]:
        """Every word that the field may have; empty if it is not a field of words."""
        return _choices(self.hint)

    @property
    def limits(self) -> Limits | None:
        """The limits of the number; ``None`` if the field is not a number."""
        return next((part for part in typing.get_args(self.hint) if isinstance(part, Limits)), None)

    @property
    def words_beside(self) -> tuple[str, ...]:
        """The words that a file may write instead of the number."""
        return next((part.words for part in typing.get_args(self.hint) if isinstance(part, Worded)), ())

    @property
    def is_dated(self) -> bool:
        """Whether the number may be written together with the day on which it was measured."""
        return any(isinstance(part, Dated) for part in typing.get_args(self.hint))

    @property
    def is_date(self) -> bool:
        """Whether the field is a date, or `ongoing`."""
        return self.hint in (Day, Stop)

    @property
    def is_text(self) -> bool:
        """Whether the field may be any text."""
        return _plain(self.hint) is str

    @property
    def item(self) -> Any:
        """The type of the items if the field is a list; otherwise ``None``."""
        plain = _plain(self.hint)
        return typing.get_args(plain)[0] if typing.get_origin(plain) is tuple else None

    @property
    def item_choices(self) -> tuple[str, ...]:
        """Every word that an item of the list may be; empty if the items are not words."""
        return _choices(self.item)

    @property
    def record(self) -> type[Entry] | None:
        """The class of the group that the field contains, or that each item contains; ``None`` if there is no group."""
        return Patient.record_at(self.path)

    def allowed(self, *, spoken: bool = False) -> str:
        """What a file may contain in the field, in words; with ``spoken``, what a user may reply."""
        limits = self.limits
        if self.item is not None:
            return self._listed(spoken)
        if self.choices:
            return " | ".join(self.choices if spoken or _plain(self.hint) is not bool else ("true", "false"))
        if limits is not None:
            usual = f", usually {limits.usual[0]:g} to {limits.usual[1]:g}" if limits.usual else ""
            words = "".join(f", or {word}" for word in self.words_beside)
            return f"{limits.low:g} to {limits.high:g}{usual}{words}" + (f" ({limits.note})" if limits.note else "")
        if self.is_date:
            return _DATE + (", or ongoing" if self.hint == Stop else "")
        return "text"

    def _listed(self, spoken: bool) -> str:
        """A list in words, and how to write an empty one."""
        record, words = self.record, " | ".join(self.item_choices)
        if spoken:
            return f"{words + ', ' if words else ''}with commas between; none where there is none"
        inner = (
            f"[{{{', '.join(f'{written(name)}: ' for name in needed_first(record))}}}]" if record is not None else ""
        )
        return f"a list{' of ' + words if words else ''}{' ' + inner if inner else ''}; [] where there is none"


def _choices(hint: Any) -> tuple[str, ...]:
    if hint is bool:
        return ("yes", "no")
    return tuple(map(str, typing.get_args(hint))) if typing.get_origin(hint) is Literal else ()


def _plain(hint: Any) -> Any:
    """A type without its limits."""
    return typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Annotated else hint


def _known(hint: Any) -> Any:
    """A type without its ``None``."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint
    rest = [part for part in typing.get_args(hint) if part is not type(None)]
    return rest[0] if len(rest) == 1 else hint


def names_in(path: Path) -> tuple[str, ...]:
    """A path without the indices of lists."""
    return tuple(part for part in path if isinstance(part, str))


def dotted(path: Path) -> str:
    """A path as text: ``therapies[2].stop``."""
    return re.sub(r"\.\[", "[", ".".join(f"[{part}]" if isinstance(part, int) else part for part in path))


def stepped(field: str) -> Path:
    """A path from its text, such as ``labs.lvef_percent``."""
    return tuple(int(step) if step.isdigit() else step for step in re.findall(r"[a-z_0-9]+", field))


def field_at(path: Path, words: Words) -> Field:
    """The field at a path of the format."""
    return _field(names_in(path), words)


@cache
def _field(names: tuple[str, ...], words: Words) -> Field:
    record = Patient.record_at(names[:-1])
    assert record is not None
    written = ".".join(names)
    known = words.fields.get(written)
    of_the_group = inspect.cleandoc(record.__doc__ or "").split("\n\n")[0] if record is not Patient else ""
    about = _told_below(inspect.getsource(record)).get(names[-1], of_the_group)
    return Field(
        path=names,
        name=" ".join(known.name.split()) if known else names[-1].replace(_unit_in(names[-1]), "").replace("_", " "),
        unit=" ".join(known.unit.split()) if known and known.unit else _unit_of(names[-1]),
        hint=_known(hints(record)[names[-1]]),
        about=about,
    )


@cache
def _told_below(source: str) -> dict[str, str]:
    """The sentences below the fields of a record, by field; ``source``: the text of its class."""
    (made,) = ast.parse(source).body
    assert isinstance(made, ast.ClassDef)
    return {
        field.target.id: " ".join(below.value.value.replace("`", "").split())
        for field, below in pairwise(made.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def _unit_in(key: str) -> str:
    found = _UNIT.search(key)
    return found[0] if found else ""


def _unit_of(key: str) -> str:
    """The unit in the name of a field; empty if there is none."""
    found = _UNIT.search(key)
    parts = [_SHOWN.get(part, part) for part in found.groups() if part] if found else []
    return "/".join(parts)


@cache
def leaves(above: Path, words: Words) -> tuple[Path, ...]:
    """The fields of a record, in the order of the format.

    A group is replaced by its own fields; a list counts as one field.
    """
    return tuple(_leaves(above, words))


def _leaves(above: Path, words: Words) -> Iterator[Path]:
    record = Patient.record_at(names_in(above))
    for name in record.defaults() if record is not None else ():
        path = (*above, name)
        field = field_at(path, words)
        if field.record is not None and field.item is None:
            yield from leaves(path, words)
        else:
            yield path


def needed_first(record: type[Entry]) -> list[str]:
    """The fields of a record: the required ones, then the others."""
    return sorted(record.defaults(), key=lambda name: record.defaults()[name] is not REQUIRED)
