"""What the catalogue is made of: immutable entries, cheap to define, built only when looked at.

A command answers one question and ends. Generating a constructor for each of a hundred classes,
and building every row of a catalogue of which few are read, would cost more than the answer. So an
entry keeps the plain data that it was made from and turns a field into its type when it is first
read. The data was validated before (``schemas``); here it is trusted.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

REQUIRED: Any = object()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Entry:
    """An immutable record whose fields are its annotations; the values beside them are defaults."""

    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        """Collect the fields; their defaults leave the class, so that reading asks for them."""
        defaults = dict(cls._defaults)
        for name in cls.__annotations__ if "__annotations__" in vars(cls) else ():
            if not name.startswith("_"):
                defaults[name] = cls.__dict__.get(name, REQUIRED)
                if name in cls.__dict__:
                    delattr(cls, name)
        cls._defaults = defaults

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
        made.__dict__["_data"] = data
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


_ABSENT = object()


_HINTS: dict[type, dict[str, Any]] = {}


def hints(cls: type) -> dict[str, Any]:
    """The types of a class's fields, resolved once."""
    if cls not in _HINTS:
        _HINTS[cls] = typing.get_type_hints(cls, include_extras=True)
    return _HINTS[cls]


def _typed(cls: type, name: str, value: Any) -> Any:
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict | list) for v in value)):
        return _made(hints(cls)[name], value)
    return tuple(value) if isinstance(value, list) else value


def _made(hint: Any, value: Any) -> Any:
    if isinstance(value, list):
        element = next(iter(typing.get_args(_plain(hint))), Any)
        return tuple(_made(element, v) for v in value)
    if not isinstance(value, dict):
        return value
    hint = _plain(hint)
    if typing.get_origin(hint) is dict:
        element = typing.get_args(hint)[1]
        return {key: _made(element, v) for key, v in value.items()}
    if "type" in value and hint is not dict:
        for member in typing.get_args(hint):
            if isinstance(member, type) and issubclass(member, Entry) and member._defaults.get("type") == value["type"]:
                return member.over(value)
    known = [hint, *typing.get_args(hint)]
    cls = next(a for a in known if isinstance(a, type) and issubclass(a, Entry))
    return cls.over(value)


def _plain(hint: Any) -> Any:
    """A type without its annotations and without ``None`` beside it."""
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kept = [a for a in typing.get_args(hint) if a is not type(None)]
        return _plain(kept[0]) if len(kept) == 1 else hint
    return hint
