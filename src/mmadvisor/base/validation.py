"""Validators (pydantic-core) and JSON Schemas, made from the annotated types of entries.

The models of pydantic would do the same. But defining a model for each record takes longer than answering a question.
The core of pydantic, used directly, needs a few milliseconds.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from pydantic_core import CoreSchema, SchemaValidator, core_schema

from mmadvisor.base.records import REQUIRED, Entry, hints, written


class Limits(NamedTuple):
    """The lowest and highest allowed number, and the usual range; a number outside the usual range causes a warning."""

    low: float
    high: float
    usual: tuple[float, float] | None = None
    note: str = ""


@cache
def limits_of(hint: Any) -> Limits | None:
    """The limits in the type of a field; ``None`` if there are none."""
    for part in typing.get_args(hint):
        if isinstance(part, Limits):
            return part
        if typing.get_origin(part) is typing.Annotated:
            return limits_of(part)
    return None


class MaxLength(NamedTuple):
    """The maximum number of characters of a text, or of items of a list."""

    n: int


class MinLength(NamedTuple):
    """The minimum number of items of a list that is written."""

    n: int


class OneOrMany(NamedTuple):
    """The maximum number of items of a list; a file may also write a single item without a list, or ``unknown``."""

    n: int


class Converted(NamedTuple):
    """A field whose value is made by a function (``convert``) from what the file contains, such as a span from a date.

    ``pattern`` is the regular expression in JSON Schema for the text in the file.
    """

    convert: Callable[[Any], Any]
    pattern: str


class Dated(NamedTuple):
    """A number that a file may write together with its day: ``{value: 2.9, on: 2026-09-28}``.

    ``day`` is the type of the day. ``made`` combines the number with its day, or with ``None`` if there is no day.
    """

    day: Any
    made: Callable[[float, Any], Any]


class Worded(NamedTuple):
    """Words that a file may write instead of a number; ``made`` converts a word to the value of the field."""

    words: tuple[str, ...]
    made: Callable[[str], Any]


class Formed(NamedTuple):
    """A text that must have a particular form, such as the form of a date.

    ``check`` returns the text, and raises if the text has another form. ``pattern`` is the regular expression of the
    form in JSON Schema; empty if there is none.
    """

    check: Callable[[str], str]
    pattern: str = ""


class Tagged(NamedTuple):
    """A union of entry classes; the field ``type`` decides which class an entry has.

    ``also`` lists further words that are allowed as ``type``, which are short forms. Each is paired with the ``type``
    whose fields it uses, such as ``not-exposed`` with ``exposed``. The reader of the data converts an entry with such a
    word to its long form.
    """

    also: tuple[tuple[str, str], ...]


def formed(pattern: str, said: str) -> Formed:
    """A text that matches a pattern; ``said`` is the error message for any other text."""

    def check(text: str) -> str:
        if re.search(pattern, text) is None:
            raise ValueError(said)
        return text

    return Formed(check, pattern)


_VALIDATORS: dict[tuple[type, bool], SchemaValidator] = {}


def validator(cls: type[Entry], *, partial: bool = False) -> SchemaValidator:
    """A validator of plain data for an entry class; unknown keys are refused, and no value is coerced.

    With ``partial`` any of the class's own keys may be given, and none is required.
    """
    key = (cls, partial)
    if key not in _VALIDATORS:
        _VALIDATORS[key] = SchemaValidator(_core_schema(cls, partial=partial))
    return _VALIDATORS[key]


def _core_schema(cls: type[Entry], *, partial: bool) -> CoreSchema:
    found: dict[str, CoreSchema] = {}
    _define(cls, found, partial=partial)
    return core_schema.definitions_schema(core_schema.definition_reference_schema(cls.__name__), list(found.values()))


def json_schema(cls: type[Entry], title: str, *, partial: bool = False) -> dict[str, Any]:
    """The JSON Schema of an entry class."""
    from pydantic.json_schema import GenerateJsonSchema

    made = GenerateJsonSchema().generate(_core_schema(cls, partial=partial))
    for name, reached in _reached(cls, {}).items():
        described = made if reached is cls else made["$defs"][name]
        described["description"] = inspect.cleandoc(reached.__doc__ or "")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | made


def _reached(cls: type[Entry], found: dict[str, type[Entry]]) -> dict[str, type[Entry]]:
    """The class, and all classes that its fields lead to, by name."""
    found[cls.__name__] = cls
    for hint in hints(cls).values():
        for part in parts(hint):
            if isinstance(part, type) and issubclass(part, Entry) and part.__name__ not in found:
                _reached(part, found)
    return found


def parts(hint: Any) -> Iterator[Any]:
    """Everything inside an annotated type: its plain types, its allowed words, and annotations such as ``Limits``."""
    inner = typing.get_args(hint)
    for part in inner:
        yield from parts(part)
    if not inner:
        yield hint


def _define(
    cls: type[Entry], found: dict[str, CoreSchema], *, partial: bool = False, types: tuple[str, ...] = ()
) -> None:
    """Add the definition of a class to ``found``.

    ``types``: the allowed values of the field ``type``, if they are more than those that the class itself lists.
    """
    name = cls.__name__
    if name in found:
        return
    found[name] = core_schema.any_schema()  # a placeholder, since a type may contain itself
    typed = hints(cls)
    fields = {
        written(field): core_schema.typed_dict_field(
            core_schema.nullable_schema(_schema(typed[field], found)) if partial else _schema(typed[field], found),
            # In data the type of a criterion is required, although its class has a default: editors complete by it.
            required=(default is REQUIRED and not partial) or field == "type",
        )
        for field, default in cls.defaults().items()
    }
    if types:
        fields["type"] = core_schema.typed_dict_field(core_schema.literal_schema(list(types)), required=True)
    found[name] = core_schema.typed_dict_schema(fields, cls_name=name, extra_behavior="forbid", ref=name)


def _schema(hint: Any, found: dict[str, CoreSchema]) -> CoreSchema:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        schema = _annotated(inner[0], inner[1], found)
        for other in inner[2:]:
            schema = _or_dated(schema, other, found) if isinstance(other, Dated) else _or_word(schema, other)
        return schema
    if origin in (typing.Union, types.UnionType):
        rest = [a for a in inner if a is not type(None)]
        schema = _schema(rest[0], found) if len(rest) == 1 else _union(rest, found)
        return core_schema.nullable_schema(schema) if len(rest) < len(inner) else schema
    if origin is typing.Literal:
        words = core_schema.literal_schema(list(inner))
        return _whole(words) if any(type(word) is int for word in inner) else words
    if origin is tuple and inner[1] is Ellipsis:
        return core_schema.list_schema(_schema(inner[0], found), strict=True)
    if origin is tuple:
        return core_schema.list_schema(
            _schema(inner[0], found), strict=True, min_length=len(inner), max_length=len(inner)
        )
    if origin is dict:
        return core_schema.dict_schema(_schema(inner[0], found), _schema(inner[1], found))
    if isinstance(hint, type) and issubclass(hint, Entry):
        _define(hint, found)
        return core_schema.definition_reference_schema(hint.__name__)
    return _SCALARS[hint]()


_SCALARS: dict[Any, Callable[[], CoreSchema]] = {
    bool: lambda: core_schema.bool_schema(strict=True),
    int: lambda: _whole(core_schema.int_schema(strict=True)),
    float: lambda: core_schema.float_schema(strict=True, allow_inf_nan=False),
    str: lambda: core_schema.str_schema(strict=True),
}


def _whole(number: CoreSchema) -> CoreSchema:
    """A whole number, which may be written as ``66.0``: columns of numbers with gaps are written so."""

    def read(value: Any) -> Any:
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return core_schema.no_info_before_validator_function(read, number)


def _union(members: list[Any], found: dict[str, CoreSchema]) -> CoreSchema:
    """One of several types; of a number and a text the kind of the value decides which error is reported."""
    kinds = [next(iter(parts(member))) for member in members]
    if kinds == [int, str]:
        number, text = (_schema(m, found) for m in members)
        return core_schema.tagged_union_schema(
            {"number": number, "text": text}, lambda value: "text" if isinstance(value, str) else "number"
        )
    return core_schema.union_schema([_schema(m, found) for m in members], mode="left_to_right")


def _or_dated(number: CoreSchema, dated: Dated, found: dict[str, CoreSchema]) -> CoreSchema:
    """The schema of a number, alone or with its day; a day without a number is read as ``None``, unknown."""
    fields = {
        "value": core_schema.typed_dict_field(core_schema.nullable_schema(number)),
        "on": core_schema.typed_dict_field(core_schema.nullable_schema(_schema(dated.day, found)), required=False),
    }

    def joined(held: dict[str, Any]) -> Any:
        return None if held["value"] is None else dated.made(held["value"], held.get("on"))

    pair = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
    written = core_schema.no_info_after_validator_function(joined, pair)
    return core_schema.tagged_union_schema(
        {"number": number, "dated": written}, lambda value: "dated" if isinstance(value, dict) else "number"
    )


def _or_word(number: CoreSchema, worded: Worded) -> CoreSchema:
    """The schema of a number, or of one of the words that may be written in its place."""
    word = core_schema.no_info_after_validator_function(worded.made, core_schema.literal_schema(list(worded.words)))
    return core_schema.tagged_union_schema(
        {"number": number, "word": word}, lambda value: "word" if isinstance(value, str) else "number"
    )


def _annotated(hint: Any, extra: Any, found: dict[str, CoreSchema]) -> CoreSchema:
    if isinstance(extra, Converted):
        as_json = core_schema.union_schema([core_schema.int_schema(), core_schema.str_schema(pattern=extra.pattern)])
        return core_schema.json_or_python_schema(as_json, core_schema.no_info_plain_validator_function(extra.convert))
    if isinstance(extra, Formed):
        text = core_schema.str_schema(pattern=extra.pattern or None)
        checked = core_schema.no_info_after_validator_function(extra.check, core_schema.str_schema(strict=True))
        return core_schema.json_or_python_schema(text, checked)
    if isinstance(extra, Limits):
        if hint is int:
            return _whole(core_schema.int_schema(strict=True, ge=int(extra.low), le=int(extra.high)))
        return core_schema.float_schema(strict=True, ge=extra.low, le=extra.high, allow_inf_nan=False)
    if isinstance(extra, OneOrMany):
        item = typing.get_args(hint)[0]
        several = core_schema.list_schema(_schema(item, found), strict=True, max_length=extra.n)
        return core_schema.json_or_python_schema(core_schema.union_schema([several, _schema(item, found)]), several)
    if isinstance(extra, MinLength):
        return core_schema.list_schema(_schema(typing.get_args(hint)[0], found), strict=True, min_length=extra.n)
    if isinstance(extra, MaxLength):
        if hint is str:
            return core_schema.str_schema(strict=True, max_length=extra.n)
        return core_schema.list_schema(_schema(typing.get_args(hint)[0], found), strict=True, max_length=extra.n)
    # The only other annotation is `Tagged`.
    choices: dict[Any, CoreSchema] = {}
    for member in typing.get_args(hint):
        own = member.defaults()["type"]
        types = (own, *(word for word, kind in extra.also if kind == own))
        _define(member, found, types=types)
        choices |= {word: _schema(member, found) for word in types}
    return core_schema.tagged_union_schema(choices, discriminator="type")
