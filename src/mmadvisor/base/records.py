"""What the catalogue is made of: immutable entries, cheap to define, built only when looked at.

A command answers one question and ends. Generating a constructor for each of a hundred classes,
and building every row of a catalogue of which few are read, would cost more than the answer. So an
entry keeps the plain data that it was made from and turns a field into its type when it is first
read. The data was validated before (``schemas``); here it is trusted.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

REQUIRED: Any = object()
_NESTED = (dict, list)


# Why: docs/explanation/catalogue-data.md#entries-are-built-when-they-are-read
@dataclass_transform(kw_only_default=True, frozen_default=True)
class Entry:
    """An immutable record whose fields are its annotations; the values beside them are defaults.

    A field that a file calls by a word of Python's (``not``) has an underscore after its name here.
    """

    _defaults: ClassVar[dict[str, Any]] = {}
    _optional: ClassVar[dict[str, Any]] = {}
    _renamed: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        """Collect the fields; their defaults leave the class, so that reading asks for them."""
        defaults = dict(cls._defaults)
        for name in get_annotations(cls):
            if not name.startswith("_"):
                defaults[name] = cls.__dict__.get(name, REQUIRED)
                if name in cls.__dict__:
                    delattr(cls, name)
        cls._defaults = defaults
        cls._optional = {name: default for name, default in defaults.items() if default is not REQUIRED}
        cls._renamed = {written(name): name for name in defaults if written(name) != name}

    def __init__(self, **values: Any) -> None:
        unknown = values.keys() - self._defaults.keys()
        missing = [n for n, default in self._defaults.items() if default is REQUIRED and n not in values]
        if unknown or missing:
            raise TypeError(f"{type(self).__name__}: unknown {sorted(unknown)}, missing {missing}")
        self.__dict__.update(values)

    @classmethod
    def over(cls, data: Mapping[str, Any]) -> Self:
        """An entry over plain data that was validated before."""
        made = object.__new__(cls)
        held = made.__dict__
        if cls._renamed:
            data = {cls._renamed.get(name, name): value for name, value in data.items()}
        held.update(cls._optional)
        held.update(data)
        held["_data"] = data
        for name, value in data.items():
            if value.__class__ in _NESTED:
                del held[name]  # to be built when it is first read
        return made

    def but(self, **changes: Any) -> Self:
        """The same entry with some fields changed."""
        return type(self)(**(dict(self.contents()) | changes))

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            default = type(self)._defaults.get(name, _ABSENT)
            if default is _ABSENT:
                raise AttributeError(f"{type(self).__name__} has no field {name}")
            data = self.__dict__.get("_data", {})
            value = _typed(type(self), name, data[name]) if name in data else default
            if value is REQUIRED:
                raise AttributeError(f"{type(self).__name__} lacks {name}")
            self.__dict__[name] = value
            return value

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def contents(self) -> Iterator[tuple[str, Any]]:
        """Every field and its value."""
        for name in self._defaults:
            yield name, getattr(self, name)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(other, n) == v for n, v in self.contents())

    def __hash__(self) -> int:
        """By identity: entries are made once and compared by value only in tests."""
        return id(self)

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={v!r}" for n, v in self.contents() if v != self._defaults[n])
        return f"{type(self).__name__}({shown})"

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The fields and their defaults, ``REQUIRED`` where there is none."""
        return dict(cls._defaults)


def written(field: str) -> str:
    """A field as a file spells it."""
    return field.rstrip("_")


_ABSENT = object()


_HINTS: dict[type, dict[str, Any]] = {}


def hints(cls: type) -> dict[str, Any]:
    """The types of a class's fields, resolved once.

    The modules of entries write their annotations as what they are, not as text: only a name that comes
    later in its module is quoted, and only such a class asks ``typing``, which takes its time.
    """
    if cls not in _HINTS:
        own = [get_annotations(base) for base in reversed(cls.__mro__)]
        found = {name: hint for fields in own for name, hint in fields.items() if not name.startswith("_")}
        quoted = any(map(_quoted, found.values()))
        _HINTS[cls] = typing.get_type_hints(cls, include_extras=True) if quoted else found
    return _HINTS[cls]


def _hint(cls: type, name: str) -> Any:
    """The type of one field: its class is looked through whole only where the annotation is text."""
    for base in cls.__mro__:
        if name in (own := get_annotations(base)):
            return hints(cls)[name] if _quoted(own[name]) else own[name]
    raise KeyError(name)


def _quoted(hint: Any) -> bool:
    if isinstance(hint, str):
        return True
    return typing.get_origin(hint) is not typing.Literal and any(map(_quoted, getattr(hint, "__args__", ())))


_CONVERTERS: dict[tuple[type, str], Callable[[Any], Any]] = {}


def _typed(cls: type, name: str, value: Any) -> Any:
    """A field's plain value as its type; scalars are what they are."""
    if value.__class__ not in _NESTED:
        return value
    key = (cls, name)
    if key not in _CONVERTERS:
        _CONVERTERS[key] = _converter(_hint(cls, name))
    return _CONVERTERS[key](value)


@cache
def _converter(hint: Any) -> Callable[[Any], Any]:
    """What turns plain data into a type that was annotated."""
    if typing.get_origin(hint) is typing.Annotated:
        return _converter(typing.get_args(hint)[0])
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        rest = [a for a in inner if a is not type(None)]
        entries = [a for a in rest if isinstance(a, type) and issubclass(a, Entry)]
        if len(entries) > 1:
            by_type = {e._defaults["type"]: e for e in entries}
            return lambda v: by_type[v["type"]].over(v)
        chosen: Any = entries[0] if entries else rest[0]
        return _converter(chosen)
    if origin is tuple:
        element = _converter(inner[0])
        return lambda v: tuple([element(x) if x.__class__ in _NESTED else x for x in v])
    if origin is dict:
        of_value = _converter(inner[1])
        return lambda v: {k: of_value(x) if x.__class__ in _NESTED else x for k, x in v.items()}
    if isinstance(hint, type) and issubclass(hint, Entry):
        return hint.over
    return lambda v: tuple(v) if isinstance(v, list) else v
