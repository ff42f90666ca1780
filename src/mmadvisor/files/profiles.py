"""A hospital's own order of comparisons, read from a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic_core import ValidationError

from mmadvisor.base.errors import Problem
from mmadvisor.base.records import Entry
from mmadvisor.base.validation import validator
from mmadvisor.catalogue.rules import Profile
from mmadvisor.files.documents import MAX_BYTES, Document, parse, read_bytes, refusal

E = TypeVar("E", bound=Entry)
_SUFFIXES = (".yaml", ".yml", ".json")


def is_file(named: str) -> bool:
    """Whether the name of a profile is a file name, by its suffix."""
    return Path(named).suffix.casefold() in _SUFFIXES


def read_profile(path: Path) -> Profile:
    """A profile from a file: ``id``, ``name``, and ``order`` (the comparisons that decide, the first one first).

    Raises:
        InvalidInputError: The file is invalid; the error names everything that is wrong, with lines.
    """
    document = parse(read_bytes(path), str(path), limit=MAX_BYTES)
    profile = entry_of(Profile, document)
    if problems := list(_twice(profile, document)):
        raise refusal(problems)
    return profile


def entry_of(cls: type[E], document: Document) -> E:
    """An entry from a file that contains one entry.

    Raises:
        InvalidInputError: The file is invalid; the error names everything that is wrong, with lines.
    """
    try:
        return cls.over(validator(cls).validate_python(document.tree))
    except ValidationError as error:
        from mmadvisor.files.validity import validation_problems

        fields = tuple(cls.defaults())
        problems = validation_problems(error, document, beside=lambda path: fields if len(path) == 1 else ())
        raise refusal(problems) from None


def _twice(profile: Profile, document: Document) -> Iterator[Problem]:
    """A problem for each comparison that is named more than once, or if no comparison is named."""
    if not profile.order:
        yield document.problem(("order",), "it names no comparison")
    for i, by in enumerate(profile.order):
        if by in profile.order[:i]:
            yield document.problem(("order", i), "this comparison stands here twice", found=by)
