"""The usable part of an invalid catalogue file, so that one check reports as many errors as possible.

If YAML cannot be parsed, the entry around the error is left out. A field that is not in the format is left out together
with the entries that need it. The rest is checked like a whole file. The text that was left out is kept, because the
rest may refer to a name in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import yaml

from mmadvisor.base.errors import InvalidInputError, Problem
from mmadvisor.files.documents import Document, Path_, parse
from mmadvisor.files.schemas import fields_beside, validate_partial
from mmadvisor.files.validity import invalid_paths, validation_problems

# A file is parsed anew after each YAML error; errors beyond this number are reported in the next check.
MOST_ROUNDS = 8
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Salvaged(NamedTuple):
    """The valid part of a file, if any; its problems; and the text that was left out.

    ``refused``: the whole file is refused, because it is not text, is too large, or contains an alias.
    """

    document: Document | None
    problems: list[Problem]
    lost: str
    refused: bool = False


def salvaged(content: bytes, name: str, *, limit: int, parts: int, most_parts: int) -> Salvaged:
    """The valid part of one catalogue file.

    Args:
        content: The bytes of the file.
        name: Name of the file in problems.
        limit: The largest size in bytes.
        parts: Number of keys, values, lists and groups in the files before it.
        most_parts: The largest number of these in all.
    """
    found = _parsed(content, name, limit, parts, most_parts)
    return found if found.document is None else _valid(found.document, found)


def _parsed(content: bytes, name: str, limit: int, parts: int, most_parts: int) -> Salvaged:
    """The file without the entries that cannot be parsed."""
    problems: list[Problem] = []
    lost: list[str] = []
    text: str | bytes = content
    for _ in range(MOST_ROUNDS):
        try:
            document = parse(text, name, limit=limit, parts=parts, most_parts=most_parts, lenient=True)
        except InvalidInputError as error:
            problems += error.problems
            line = error.problems[0].line
        else:
            return Salvaged(document, problems, "\n".join(lost))
        text = text.decode("utf-8-sig", "replace") if isinstance(text, bytes) else text
        faulty = _faulty_lines(text, line - 1)
        if not line or faulty is None:
            return Salvaged(None, problems, text, refused=True)
        first, last = faulty
        lines = text.split("\n")
        around = _entry_around(lines, min(first, len(lines) - 1), min(last, len(lines) - 1))
        lost += lines[around.start : around.stop]
        text = "\n".join("" if i in around else row for i, row in enumerate(lines))
        if not re.search(r"(?m)^[^\s#]", text):
            break
    return Salvaged(None, problems, text if isinstance(text, str) else text.decode("utf-8", "replace"))


def _faulty_lines(text: str, line: int) -> tuple[int, int] | None:
    """The first and last line of an error, from 0, beginning at an unclosed bracket or quote.

    ``None`` if the text is YAML and was refused for another reason.
    """
    try:
        for _ in yaml.parse(text, Loader=_LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        begun, end = error.context_mark, error.problem_mark
        opened = begun is not None and any(word in (error.context or "") for word in ("flow", "quoted"))
        return begun.line if opened and begun is not None else line, end.line if end is not None else line
    except yaml.YAMLError:
        return line, line
    return None


def _entry_around(lines: list[str], first: int, last: int) -> range:
    """The lines of the entries with an error; those of the whole section if its key is part of the error."""
    sections = [i for i, line in enumerate(lines) if re.match(r"[^\s#-]", line)]
    begin = max((i for i in sections if i <= first), default=0)
    end = min((i for i in sections if i > last), default=len(lines))
    inside = [i for i in range(begin + 1, end) if lines[i].strip() and not lines[i].lstrip().startswith("#")]
    dashed = bool(inside) and lines[inside[0]].startswith("- ")
    entries = [i for i in inside if re.match(r"- " if dashed else r"  [^\s#-]", lines[i])]
    start = max((i for i in entries if i <= first), default=begin)
    stop = min((i for i in entries if i > last), default=end) if start in entries else end
    return range(start, stop)


def _valid(document: Document, found: Salvaged) -> Salvaged:
    """The document without what is not in the format."""
    problems = [*found.problems, *document.problems]
    lost = [found.lost, *(problem.found for problem in document.problems)]
    if not isinstance(document.tree, dict):
        wrong = document.problem(
            (), "a catalogue file is a group of fields", hint="Start with `sources:` or another key"
        )
        return Salvaged(None, [*problems, wrong], found.lost)
    told = {problem.path for problem in document.problems}
    first = True
    while (error := validate_partial(document.tree)) is not None:
        if first:
            seen = validation_problems(error, document, beside=partial(fields_beside, document.tree))
            problems += [p for p in seen if p.path not in told and not _went_with(found.lost, p.path)]
            first = False
        gone = {_to_go(document.tree, path) for path in invalid_paths(error, document)}
        lost += [json.dumps([path[-1:], _at(document.tree, path)], ensure_ascii=False) for path in gone]
        if () in gone:
            return Salvaged(None, problems, "\n".join(lost))
        document = without(document, gone)
    return Salvaged(document, sorted(problems, key=lambda p: (p.line, p.column, p.path)), "\n".join(lost))


def _went_with(lost: str, path: str) -> bool:
    """Whether a missing field is in a part that could not be parsed."""
    field = path.rpartition(".")[2]
    return bool(lost) and re.search(rf"(?m)^\s*{re.escape(field)}:", lost) is not None


def _to_go(tree: Any, path: Path_) -> Path_:
    """The path to remove for a problem, so that the rest causes no false problem.

    If the problem is inside an item of a list within an entry, such as a criterion or a dose, this is the innermost
    such item. Otherwise it is the field with the problem. For a missing field, it is the item or group that lacks it.
    """
    rows: list[Path_] = []
    for depth, part in enumerate(path):
        if isinstance(tree, list):
            rows.append(path[: depth + 1])
        elif not isinstance(tree, dict) or part not in tree:
            return rows[-1] if rows else path[:depth]
        tree = tree[part]
    return rows[-1] if rows and len(rows[-1]) > len(("regimens", 0)) else path


def _at(tree: Any, path: Path_) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def without(document: Document, gone: Iterable[Path_]) -> Document:
    """A copy of a document without some paths; later items of a list move up and keep their line numbers."""
    left_out = set(gone)
    marks: dict[Path_, tuple[int, int]] = {}

    def kept(tree: Any, old: Path_, new: Path_) -> Any:
        if old in document.marks:
            marks[new] = document.marks[old]
        if isinstance(tree, dict):
            return {k: kept(v, (*old, k), (*new, k)) for k, v in tree.items() if (*old, k) not in left_out}
        if isinstance(tree, list):
            items = [(i, item) for i, item in enumerate(tree) if (*old, i) not in left_out]
            return [kept(item, (*old, i), (*new, place)) for place, (i, item) in enumerate(items)]
        return tree

    return document._replace(tree=kept(document.tree, (), ()), marks=marks)
