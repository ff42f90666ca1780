"""Files as trees of plain data. No other module opens an input file.

There is one strict reader for YAML and JSON. It refuses values that could be misread (``no`` is a word, ``012`` is
refused), reports every problem of a file together, and knows the position of each value.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import yaml

from mmadvisor.base.errors import InvalidInputError, Problem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 30
MAX_PROBLEMS = 500
NO_FILE = "this is no file: it is a pipe, a device or a socket"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN)|NaN|-?Infinity")  # in YAML, and as JSON is often written
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# These patterns are texts, because few files need them: each is compiled when it is first used.
_JSON_PARTS = r'(?s)"(?:[^"\\]|\\.)*"|\t'
_YAML_BREAKS = {0x85: "\\N", 0x2028: "\\L", 0x2029: "\\P"}
_JSON_ESCAPE = r"(?si)\\(?:u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|.)"

Path_ = tuple[str | int, ...]
NOT_SHOWN = object()
_NOT_VALID = "this is not valid YAML or JSON"


# --- bytes --------------------------------------------------------------------------------------


def read_bytes(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file.

    Only regular files are opened, because a pipe may never begin or end. The process's own streams, such as
    ``/dev/stdin``, are read like ``-``.

    Raises:
        InvalidInputError: The path is missing, a folder, a pipe, a device or a socket, unreadable, or larger than
            ``limit`` bytes.
    """
    name = str(path)
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            listed = os.access(path, os.R_OK | os.X_OK)
            raise unreadable(name, "this is a folder, not a file" if listed else "this folder cannot be read")
        ours = str(path) == "/dev/stdin" or str(path.parent) in ("/dev/fd", "/proc/self/fd")
        if not (stat.S_ISREG(found.st_mode) or ours):
            raise unreadable(name, NO_FILE)
        # If the file has become a pipe in the meantime, opening it does not wait for its writer.
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | (0 if ours else getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(os.open(path, flags), "rb") as file:
            return _limited(file, name, limit)
    except FileNotFoundError:
        raise unreadable(name, "there is no such file") from None
    except OSError as error:
        raise unreadable(name, f"it cannot be read ({error.strerror or 'no reason given'})") from None


def _limited(file: BinaryIO, name: str, limit: int) -> bytes:
    content = file.read(limit + 1)
    if len(content) > limit:
        raise unreadable(name, f"the file is larger than {limit // 1024} KiB")
    return content


def read_stdin(stdin: BinaryIO | None) -> bytes:
    """The bytes of standard input, or of the stream ``stdin`` if it is given."""
    name = "standard input"
    stream = stdin or getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise unreadable(name, "it is closed")
    try:
        return _limited(stream, name, MAX_BYTES)
    except OSError as error:
        raise unreadable(name, f"it cannot be read ({error.strerror or 'no reason given'})") from None


def unreadable(name: str, message: str, line: int = 0, column: int = 0, detail: str = "") -> InvalidInputError:
    """The error that a file cannot be read, as a whole or from a position on."""
    return InvalidInputError([Problem("", message, file=name, line=line, column=column, detail=detail)])


def refusal(problems: Iterable[Problem]) -> InvalidInputError:
    """An error with all problems in the order of the file; problems beyond ``MAX_PROBLEMS`` are only counted."""
    ordered = sorted(problems, key=lambda p: (p.line, p.column, p.path))
    if (more := len(ordered) - MAX_PROBLEMS) > 0:
        ordered = [*ordered[:MAX_PROBLEMS], Problem("", f"there are {more} more problems", file=ordered[0].file)]
    return InvalidInputError(ordered)


# --- the strict tree ----------------------------------------------------------------------------


class Document(NamedTuple):
    """A parsed file: its tree, and the position of each key and value.

    ``problems``: keys and values that could be misread; they count as not known. ``set``: the paths that ``--set``
    changed, each with the number of its ``--set`` and the column of its value. ``parts``: the number of keys, values,
    lists and groups, in this file and in the files of its layer that were read before it.
    """

    name: str
    tree: Any
    marks: Mapping[Path_, tuple[int, int]]
    problems: tuple[Problem, ...] = ()
    set: Mapping[Path_, tuple[int, int]] = {}
    parts: int = 0

    def position(self, path: Path_) -> tuple[int, int]:
        """Line and column of a value; if it is missing, of the nearest group or list that should contain it."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, (1, 1))

    def problem(
        self, path: Path_, message: str, *, found: object = NOT_SHOWN, hint: str = "", detail: str = ""
    ) -> Problem:
        """A problem of a field, with its position."""
        value = "" if found is NOT_SHOWN else shown(found)
        for laid, at in self.set.items():
            if path[: len(laid)] == laid:
                return Problem(dotted(path), message, value, hint, "--set", *at, detail)
        line, column = self.position(path)
        return Problem(dotted(path), message, value, hint, self.name, line, column, detail)


def parse(
    content: bytes | str,
    name: str,
    *,
    limit: int = MAX_BYTES,
    parts: int = 0,
    most_parts: int | None = None,
    lenient: bool = False,
) -> Document:
    """Parse YAML or JSON strictly.

    Args:
        content: The bytes of the file, or a text.
        name: Name of the file in problems.
        limit: The largest size in bytes.
        parts: Number of keys, values, lists and groups in the files of the same layer that were read before.
        most_parts: The largest allowed number of these in all files together; ``None`` means no limit.
        lenient: Whether values that could be misread are returned as problems, and not raised.

    Raises:
        InvalidInputError: The content is too large, too deep, not text, not YAML, or could be misread.
    """
    document = read_document(content, name, limit, parts, most_parts)
    if document.problems and not lenient:
        raise refusal(document.problems)
    return document


def read_document(
    content: bytes | str, name: str, limit: int, parts: int = 0, most_parts: int | None = None
) -> Document:
    """A parsed file with the problems of its keys and values, so that all problems can be reported together."""
    text = _text(content, name, limit)
    if text.lstrip()[:1] in ("{", "["):
        text = _json_as_yaml(text)
    try:
        parts = _checked_parts(text, name, parts, most_parts)
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = error.problem or "it cannot be parsed"
        if "maximum nesting" in said:  # some builds of the parser stop at a limit of their own
            raise unreadable(name, f"the file is nested more than {MAX_DEPTH} levels deep", line, column) from None
        at = [row[column - 1 : column] for row in text.split("\n")[line - 1 : line]]
        hint = " (indent with spaces, not tabs)" if at == ["\t"] else ""
        raise unreadable(name, _NOT_VALID, line, column, f": {said}{hint}") from None
    except yaml.YAMLError as error:
        raise unreadable(name, _NOT_VALID, detail=f": {str(error).splitlines()[0]}") from None
    if not nodes or nodes[0] is None:
        raise unreadable(name, "the file has no content")
    if len(nodes) > 1:
        raise unreadable(name, "the file contains more than one document", *_at(nodes[1]))
    marks: dict[Path_, tuple[int, int]] = {}
    problems: list[Problem] = []
    tree = _tree(nodes[0], (), name, marks, problems)
    return Document(name, tree, marks, tuple(problems), parts=parts)


def _text(content: bytes | str, name: str, limit: int) -> str:
    # An argument of the command line may contain bytes that are no text; they are refused as in a file.
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(raw) > limit:
        raise unreadable(name, f"the file is larger than {limit // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(name, f"this is not UTF-8 text (byte {error.start})") from None
    if found := _UNREADABLE.search(text):
        what = "a NUL byte" if found[0] == "\0" else f"the control character U+{ord(found[0]):04X}"
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise unreadable(name, f"this is not text: it contains {what}", line, column)
    if not text.strip():
        raise unreadable(name, "the file is empty")
    return text


def _json_as_yaml(text: str) -> str:
    """JSON with escapes for what YAML would refuse or fold; lines and columns outside such texts are kept.

    JSON may be indented with tabs, writes characters after U+FFFF as two escapes, and has one kind of line break.
    """

    def joined(escape: re.Match[str]) -> str:
        if not escape[1]:
            return escape[0]
        high, low = int(escape[1], 16), int(escape[2], 16)
        return f"\\U{0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF):08x}"

    def part(found: re.Match[str]) -> str:
        if found[0] == "\t":
            return " "
        return re.sub(_JSON_ESCAPE, joined, found[0]).translate(_YAML_BREAKS).ljust(len(found[0]))

    return re.sub(_JSON_PARTS, part, text)


def _checked_parts(text: str, name: str, parts: int, most: int | None) -> int:
    """The number of keys, values, lists and groups, added to those of the files before.

    Deep nesting, anchors, tags and too many parts are refused before any tree is built.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        refused = ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            refused = "YAML anchors and aliases are not accepted"
        elif getattr(event, "tag", None):
            refused = f"the YAML tag {shown(getattr(event, 'tag', ''))} is not accepted"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            refused = f"the file is nested more than {MAX_DEPTH} levels deep" if depth > MAX_DEPTH else ""
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent):
            parts += 1
            if most is not None and parts > most and not refused:
                refused = f"there are more than {most} keys, values, lists and groups up to here"
        if refused:
            raise unreadable(name, refused, *_at(event))
    return parts


def _tree(node: yaml.Node, path: Path_, name: str, marks: dict[Path_, tuple[int, int]], problems: list[Problem]) -> Any:
    marks.setdefault(path, _at(node))
    if isinstance(node, yaml.MappingNode):
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line, column = _at(key_node)
            key = key_node.value
            inner, wrong = (path, "a key must be a word") if not isinstance(key, str) else ((*path, key), "")
            if not wrong and not key_node.style:
                wrong = _wrong_key(key)
            before = ""
            if not wrong and key in made:
                wrong, before = "this key is written twice", " (first at line {}, column {})".format(*marks[inner])
            if wrong:
                problems.append(Problem(dotted(inner), wrong, file=name, line=line, column=column, detail=before))
                continue
            marks[inner] = (line, column)
            made[key] = _tree(value_node, inner, name, marks, problems)
        return made
    if isinstance(node, yaml.SequenceNode):
        return [_tree(item, (*path, i), name, marks, problems) for i, item in enumerate(node.value)]
    try:
        return scalar(node.value, plain=not getattr(node, "style", None))
    except ValueError as error:
        line, column = _at(node)
        problems.append(Problem(dotted(path), str(error), shown(node.value), "", name, line, column))
        return None


def _wrong_key(key: str) -> str:
    """Why a plain key is refused; empty if it is a word."""
    if key == "<<":
        return "YAML merge keys are not accepted"
    try:
        word = isinstance(scalar(key, plain=True), str)
    except ValueError:
        word = False
    return "" if word else "a key must be a word: put it in quotes if it is one"


def _at(node: Any) -> tuple[int, int]:
    """Line and column of a node or an event, from 1."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def scalar(text: str, *, plain: bool) -> Any:
    """A single value without guessing: a quoted value is text; an unquoted value may be a number.

    Raises:
        ValueError: The value has a leading zero, or is a number that is not finite.
    """
    if not plain:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.fullmatch(text) and len(text) < 300:
        return int(text)
    if _LEADING_ZERO.fullmatch(text):
        raise ValueError("a number with a leading zero could be misread: remove the zero, or put it in quotes as text")
    if _FLOAT.fullmatch(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise ValueError("this number is too large")
        return value
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("a number must be finite: leave out what is not known")
    return text


def dotted(path: Path_) -> str:
    """A path as text, ``therapies[2].stop``; a key that is not a simple word is quoted and shortened."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        word = part if part.isprintable() and len(part) <= 60 else shown(part)
        text += f".{word}" if text else word
    return text


def shown(value: object) -> str:
    """A value as the file would write it, on one line, without control characters, and shortened."""
    text = repr(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
