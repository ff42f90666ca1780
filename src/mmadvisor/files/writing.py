"""A patient written as a file with comments: the known fields, and the other fields behind a #, ready to be filled in.

Comments contain only constants of the format. Every reply is written so that it can be read in only one way: a word
that could be misread is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mmadvisor.criteria.base import Words
from mmadvisor.files.form import TOLD_OF_THERAPY, Field, Path, dotted, field_at, names_in
from mmadvisor.formats.patient import SCHEMA, Patient, Therapy

STOPPED = "# Stopped before: "
_HEAD = """\
# A patient for mmadvisor. A line behind # is not known. To fill it in, remove the # and that of the group above it.
# Dates may be partial. The name of a field includes its unit."""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.+/()-]*(?: [A-Za-z0-9_.+/()-]+)*")
_READ_AS_ELSE = {"nan", "infinity", "-infinity", "null", "true", "false", "unknown", "yes", "no", "on", "off", "y", "n"}
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}(/[0-9]{4}(-[0-9]{2}){0,2})?|ongoing")
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def written(
    tree: Mapping[str, Any], words: Words, *, passed: Collection[Path] = (), stopped: Path | None = None
) -> str:
    """The text of a patient file.

    Args:
        tree: The known fields.
        words: The names of fields.
        passed: Fields that were asked and are not known; they are written as `unknown`.
        stopped: The next question, if the dialogue was stopped.
    """
    lines = [_HEAD]
    if stopped is not None:
        lines.append(f"{STOPPED}{dotted(stopped)}. `mmadvisor new` with this file continues there.")
    whole = dict(tree) | {"schema": SCHEMA, "therapies": tree.get("therapies") or []}
    lines += _Page(words, frozenset(passed)).record(whole, (), 0)
    return "\n".join(lines) + "\n"


class _Page:
    def __init__(self, words: Words, passed: frozenset[Path]) -> None:
        self.words = words
        self.passed = passed

    def record(self, held: Mapping[str, Any], above: Path, indent: int) -> Iterator[str]:
        """A group of fields in the order of the format, one in each line."""
        record = Patient.record_at(names_in(above))
        for name in record.defaults() if record is not None else ():
            path = (*above, name)
            field = field_at(path, self.words)
            value = held.get(name)
            if not above and name in ("therapies_complete", "toxicities"):
                yield ""
            if field.record is None or (field.item is not None and value in (None, [])):
                yield self._line(field, path, value, indent)
            elif field.item is not None:
                yield from self._list(field, path, value or [], indent)
            else:
                yield from self._group(path, value or {}, indent)

    def _line(self, field: Field, path: Path, value: Any, indent: int) -> str:
        if value is None and path not in self.passed:
            return f"{' ' * indent}# {self._blank(field)}"
        known = _with_day(value) if field.is_dated and isinstance(value, dict) else _value(value, field.is_date)
        shown = "unknown" if value is None else known
        return f"{' ' * indent}{path[-1]}: {shown}" + (f"  # {field.unit}" if field.unit else "")

    @staticmethod
    def _blank(field: Field) -> str:
        """The comment for a field that is not known, so that it can be filled in."""
        said = ", ".join(part for part in (field.name, field.unit, field.allowed()) if part)
        return f"{field.path[-1]}:  # {said}"

    def _group(self, path: Path, held: Mapping[str, Any], indent: int) -> Iterator[str]:
        """A group with its comment; if nothing in it is known, the whole group is behind #."""
        if not indent:
            yield ""
        yield f"{' ' * indent}# {_about(path)}"
        inner = list(self.record(held, path, indent + 2))
        if any(not line.lstrip().startswith("#") for line in inner):
            yield f"{' ' * indent}{path[-1]}:"
            yield from inner
        else:
            yield from (f"{' ' * indent}# {line}" for line in self._blanks(path))

    def _blanks(self, path: Path) -> Iterator[str]:
        """The lines for a group in which nothing is known, so that it can be filled in."""
        yield f"{path[-1]}:"
        record = Patient.record_at(names_in(path))
        for name in record.defaults() if record is not None else ():
            field = field_at((*path, name), self.words)
            lines = [self._blank(field)] if field.record is None or field.item else self._blanks((*path, name))
            yield from (f"  {line}" for line in lines)

    def _list(self, field: Field, path: Path, items: list[Any], indent: int) -> Iterator[str]:
        """A list of groups: a therapy has one field in each line, any other item has one line."""
        if field.path != ("therapies",):
            if all(isinstance(item, str) for item in items):
                yield f"{' ' * indent}{path[-1]}: {_value(items, False)}"
                return
            yield f"{' ' * indent}{path[-1]}:"
            for i, item in enumerate(items):
                yield f"{' ' * indent}  - {self._flow(item, (*path, i))}"
            return
        yield f"# {_about(path)} Dates order them; a therapy may hold more fields: see `mmadvisor schema patient`."
        yield "therapies:"
        for i, item in enumerate(items):
            place = (*path, i)
            asked = _passed_in(self.passed, place)
            told = [name for name in Therapy.defaults() if item.get(name) is not None or name in asked]
            for j, name in enumerate(told):
                yield f"  {'  ' if j else '- '}{name}: {self._held(item.get(name), (*place, name))}"
            if left := [n for n in TOLD_OF_THERAPY if n not in told]:
                yield f"    # not known: {', '.join(left)}"

    def _held(self, value: Any, path: Path) -> str:
        """A value of a therapy; its agents may be groups."""
        if value is None:
            return "unknown"
        if isinstance(value, list):
            return f"[{', '.join(self._flow(item, (*path, i)) for i, item in enumerate(value))}]"
        return _value(value, field_at(path, self.words).is_date)

    def _flow(self, item: Any, path: Path) -> str:
        """An item of a list in one line."""
        if not isinstance(item, dict):
            return _value(item, False)
        told = {k: _value(v, field_at((*path, k), self.words).is_date) for k, v in item.items() if v is not None}
        record = Patient.record_at(names_in(path))
        asked = [k for k in _passed_in(self.passed, path) if record is not None and k in record.defaults()]
        told |= {k: "unknown" for k in asked if k not in told}
        return f"{{{', '.join(f'{k}: {v}' for k, v in told.items())}}}"


def _with_day(held: Mapping[str, Any]) -> str:
    """A number with its day."""
    told = [f"{key}: {_value(value, key == 'on')}" for key, value in held.items()]
    return f"{{{', '.join(told)}}}"


def _about(path: Path) -> str:
    record = Patient.record_at(names_in(path))
    return " ".join((record.__doc__ or "").split("\n\n")[0].split()) if record is not None else ""


def _passed_in(passed: frozenset[Path], place: Path) -> list[str]:
    return [str(path[-1]) for path in sorted(passed, key=str) if path[:-1] == place and isinstance(path[-1], str)]


def _value(value: Any, is_date: bool) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(item, False) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if is_date and _DATE.fullmatch(text):
        return text
    return text if _PLAIN.fullmatch(text) and text.casefold() not in _READ_AS_ELSE else quoted(text)


def quoted(text: str) -> str:
    """A text in quotes, without line breaks or invisible characters."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in _ESCAPED:
        return _ESCAPED[char]
    if char.isprintable() and char != "\ufeff":
        return char
    number = ord(char)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
