"""The immutable entries of the catalogue; the value of a field is converted when it is first read.

A command answers one question and ends. To generate constructors for a hundred classes, and to convert every row of the
catalogue, would take longer than the answer. So an entry keeps the plain data from which it was made. The data was
validated earlier (``schemas``), and is not checked again.
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
    """An immutable record; its fields are the annotations of the class, and the values in the class are their defaults.

    A field whose name in a file is a Python keyword (``not``) has a trailing underscore in the class.
    """

    _defaults: ClassVar[dict[str, Any]] = {}
    _optional: ClassVar[dict[str, Any]] = {}
    _renamed: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        """Collect the fields and remove their defaults from the class, so that ``__getattr__`` is called for them."""
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
        """An entry made from plain data that is already validated."""
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
        """A copy of the entry with other values for some fields."""
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
        """Every field with its value."""
        for name in self._defaults:
            yield name, getattr(self, name)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(other, n) == v for n, v in self.contents())

    # By identity; entries are compared by value in tests alone.
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={v!r}" for n, v in self.contents() if v != self._defaults[n])
        return f"{type(self).__name__}({shown})"

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The fields with their defaults, ``REQUIRED`` for a field without one."""
        return dict(cls._defaults)


def written(field: str) -> str:
    """The name of a field as a file writes it."""
    return field.rstrip("_")


_ABSENT = object()


_HINTS: dict[type, dict[str, Any]] = {}


def hints(cls: type) -> dict[str, Any]:
    """The type of each field of a class; the result is cached.

    Modules of entries write annotations as types and not as text. Only a name that is defined later in the module is
    quoted. A class with such a name needs ``typing``, which is slow.
    """
    if cls not in _HINTS:
        own = [get_annotations(base) for base in reversed(cls.__mro__)]
        found = {name: hint for fields in own for name, hint in fields.items() if not name.startswith("_")}
        quoted = any(map(_quoted, found.values()))
        _HINTS[cls] = typing.get_type_hints(cls, include_extras=True) if quoted else found
    return _HINTS[cls]


def _hint(cls: type, name: str) -> Any:
    """The type of one field; the annotations of the class are resolved only if the annotation of this field is text."""
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
    """A plain value converted to the type of its field; a scalar is returned unchanged."""
    if value.__class__ not in _NESTED:
        return value
    key = (cls, name)
    if key not in _CONVERTERS:
        _CONVERTERS[key] = _converter(_hint(cls, name))
    return _CONVERTERS[key](value)


@cache
def _converter(hint: Any) -> Callable[[Any], Any]:
    """The function that converts plain data to an annotated type."""
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
