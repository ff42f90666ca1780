"""The validator's errors in plain words, with their positions in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from pydantic_core import ValidationError

from mmadvisor.base.errors import Problem, nearest
from mmadvisor.base.records import hints, written
from mmadvisor.base.validation import Limits, limits_of
from mmadvisor.files.documents import NOT_SHOWN, Document, Path_
from mmadvisor.formats.patient import CANNOT_BE_UNKNOWN, Patient


def validation_problems(
    error: ValidationError,
    document: Document,
    root: type[Patient] | None = None,
    beside: Callable[[Path_], Collection[str]] | None = None,
) -> list[Problem]:
    """The validator's errors in plain words with positions; errors that follow from other errors are left out.

    Args:
        error: The errors of pydantic.
        document: The file.
        root: The patient format, for similar names and for ranges.
        beside: For a file of another format: returns the known fields where an unknown field was written.
    """
    fields = beside or (lambda path: fields_beside(path, root))
    invalid = invalid_paths(error, document)
    found = [_in_words(detail, path, document, root, fields) for path, detail in invalid.items()]
    return sorted(found, key=lambda p: (p.line, p.column, p.path))


def invalid_paths(error: ValidationError, document: Document) -> dict[Path_, Mapping[str, Any]]:
    """The validator's errors by path; an error that follows from an error inside it is left out."""
    details = [(_path_in(document.tree, d["loc"], d["type"]), d) for d in error.errors(include_url=False)]
    found: dict[Path_, Mapping[str, Any]] = {}
    above: set[Path_] = set()
    for path, detail in sorted(details, key=lambda pd: (-len(pd[0]), -len(pd[1]["loc"]))):
        if path not in above:
            found.setdefault(path, detail)
            above.update(path[:n] for n in range(len(path)))
    return found


def _path_in(tree: Any, loc: Iterable[str | int], kind: str) -> Path_:
    """The part of a location that is in the tree, without the tags of unions."""
    path: list[str | int] = []
    parts = list(loc)
    for i, part in enumerate(parts):
        inside = (isinstance(tree, dict) and part in tree) or (
            isinstance(tree, list) and isinstance(part, int) and part < len(tree)
        )
        if inside:
            tree = tree[part]
            path.append(part)
        elif kind == "missing" and i == len(parts) - 1:
            path.append(part)
    return tuple(path)


_PLAIN_WORDS = {
    "bool_type": "this must be true or false",
    "int_type": "this must be a whole number",
    "int_from_float": "this must be a whole number",
    "float_type": "this must be a number",
    "finite_number": "this must be a finite number",
    "string_type": "this must be text: put it in quotes if it looks like a number or a date",
    "string_unicode": "this must be text, and contains characters that are none",
    "list_type": "this must be a list: write - before each item, or [ ]",
    "too_short": "this list is empty: write an item, or leave the field out",
    "dict_type": "this must be a group of fields",
    "invalid_key": "a key must be a word",
}


def _in_words(
    detail: Mapping[str, Any],
    path: Path_,
    document: Document,
    root: type[Patient] | None,
    beside: Callable[[Path_], Collection[str]],
) -> Problem:
    kind, context, found = detail["type"], detail.get("ctx", {}), detail["input"]
    shown = NOT_SHOWN if isinstance(found, dict | list) else found
    # A field of a patient may be unknown; an item of a list and a field of the catalogue may not.
    may_lack = root is not None and path and isinstance(path[-1], str) and path[-1] not in CANNOT_BE_UNKNOWN
    or_unknown = ", or unknown" if may_lack else ""
    hint = ""
    match kind:
        case "missing":
            message, shown = "this is required and is missing", NOT_SHOWN
        case "extra_forbidden":
            message, shown = "there is no such field", NOT_SHOWN
            hint = nearest(str(path[-1]), beside(path))
        case "union_tag_invalid":
            message, shown = "there is no such type", context["tag"]
            hint = nearest(context["tag"], re.findall(r"'([^']*)'", context["expected_tags"]))
            path = (*path, "type")
        case "union_tag_not_found":
            message, shown, path = "this is required and is missing", NOT_SHOWN, (*path, "type")
        case "literal_error":
            scale = _limits_at(path, root)
            allowed = [f"{scale.low:g} to {scale.high:g}"] if scale is not None else []
            allowed += [word.strip("'") for word in re.findall(r"'[^']*'|[^\s,]+", context["expected"]) if word != "or"]
            message = f"allowed are {', '.join(allowed)}{or_unknown}"
            hint = nearest(found, allowed) if isinstance(found, str) else ""
        case "greater_than_equal" | "less_than_equal":
            message = f"this value is not possible: it must be {_range(context, path, root)}"
        case "too_long" | "string_too_long":
            what = "items" if kind == "too_long" else "characters"
            message = f"this has more than {context['max_length']} {what}, which is the limit"
        case "value_error":
            message = str(context["error"])
        case "bool_type" | "int_type" | "float_type":
            message = _PLAIN_WORDS[kind] + or_unknown
        case _:
            message = _PLAIN_WORDS.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])
    return document.problem(path, message, found=shown, hint=hint)


def _range(context: Mapping[str, Any], path: Path_, root: type[Patient] | None) -> str:
    """The lowest and highest possible value, with a note on the unit, which is in the name of the field."""
    limits = _limits_at(path, root)
    if limits is None:
        return f"at least {context['ge']:g}" if "ge" in context else f"at most {context['le']:g}"
    return f"at least {limits.low:g} and at most {limits.high:g}" + (f" ({limits.note})" if limits.note else "")


def _limits_at(path: Path_, root: type[Patient] | None) -> Limits | None:
    names = [part for part in path if isinstance(part, str)]
    record = root.record_at(names[:-1]) if root is not None and names else None
    if record is None and root is not None and names[-1:] == ["value"]:  # of a number with its day
        return _limits_at(tuple(names[:-1]), root)
    return None if record is None else limits_of(hints(record).get(names[-1]))


def fields_beside(path: Path_, root: type[Patient] | None) -> list[str]:
    """The fields that the format allows where an unknown field was written."""
    record = None if root is None else root.record_at(part for part in path[:-1] if isinstance(part, str))
    return [] if record is None else [written(name) for name in record.defaults()]
