"""Files into patients and trees: the only module that opens an input.

One strict reader for YAML and JSON. It takes only what cannot be misread (``no`` stays a word, ``012``
is refused), reports every problem of a file at once, and knows where each value stands.
"""

from __future__ import annotations

import copy
import hashlib
import os
import re
import stat
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import yaml
from pydantic_core import ValidationError

from mmadvisor.base.errors import InvalidInputError, Problem, UnknownPlaceError, UsageError, nearest
from mmadvisor.base.known import Span, Truth
from mmadvisor.base.records import Entry, hints, written
from mmadvisor.base.validation import Limits, validator
from mmadvisor.catalogue.listings import find_jurisdiction
from mmadvisor.formats.agents import Formulary, Resolved, UnknownNameError
from mmadvisor.formats.patient import BASELINES, PLACEBO, Given, Measured, NotRefractory, Patient, Therapy
from mmadvisor.formats.timeline import Timeline

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 30
MAX_PROBLEMS = 500
NO_FILE = "this is no file: it is a pipe, a device or a socket"
MOST_DIGITS = 6  # of the number of an item in a list: no file has room for more
_REQUIRED = ("id", "event")  # texts that cannot be unknown: the word is then their text

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN)")
_LOOKS_LIKE_NAME = re.compile(r"[A-Z][a-z]+[ ,]+[A-Z][a-z]+")
_LOOKS_LIKE_CARD = re.compile(r"\b[A-Za-z]{1,2}[0-9]{6}\(?[0-9Aa]\)?|[0-9]{9,}|\b[0-9]{3}[ -][0-9]{3}[ -][0-9]{4}\b")
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Patterns that few files need are texts: they are compiled when one does.
_JSON_PARTS = r'(?s)"(?:[^"\\]|\\.)*"|\t'
_YAML_BREAKS = {0x85: "\\N", 0x2028: "\\L", 0x2029: "\\P"}
_JSON_ESCAPE = r"(?si)\\(?:u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|.)"

Path_ = tuple[str | int, ...]
_NOT_SHOWN = object()


# --- text ---------------------------------------------------------------------------------------


def read_bytes(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """A file's bytes.

    Only a file is opened: a pipe may never end and never begin. The process's own streams, such as
    ``/dev/stdin``, are read as ``-`` is.

    Raises:
        InvalidInputError: It is missing, a folder, a pipe, a device or a socket, unreadable, or larger than ``limit``
            bytes.
    """
    name = str(path)
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            listed = os.access(path, os.R_OK | os.X_OK)
            raise _invalid(name, "this is a folder, not a file" if listed else "this folder cannot be read")
        ours = str(path) == "/dev/stdin" or str(path.parent) in ("/dev/fd", "/proc/self/fd")
        if not (stat.S_ISREG(found.st_mode) or ours):
            raise _invalid(name, NO_FILE)
        # What became a pipe in the meantime does not hold us up either: it is opened without waiting for its writer.
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | (0 if ours else getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(os.open(path, flags), "rb") as file:
            return _limited(file, name, limit)
    except FileNotFoundError:
        raise _invalid(name, "there is no such file") from None
    except OSError as error:
        raise _invalid(name, f"it cannot be read ({error.strerror or 'no reason given'})") from None


def _limited(file: BinaryIO, name: str, limit: int) -> bytes:
    content = file.read(limit + 1)
    if len(content) > limit:
        raise _invalid(name, f"the file is larger than {limit // 1024} KiB")
    return content


def _from_stdin(stdin: BinaryIO | None) -> bytes:
    """What standard input holds, or what is given in its place."""
    name = "standard input"
    stream = stdin or getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise _invalid(name, "it is closed")
    try:
        return _limited(stream, name, MAX_BYTES)
    except OSError as error:
        raise _invalid(name, f"it cannot be read ({error.strerror or 'no reason given'})") from None


def _invalid(name: str, message: str, line: int = 0, column: int = 0) -> InvalidInputError:
    return InvalidInputError([Problem("", message, file=name, line=line, column=column)])


def _refused(problems: Iterable[Problem]) -> InvalidInputError:
    """All problems in the order of the file; past ``MAX_PROBLEMS``, which no real file has, only how many."""
    ordered = sorted(problems, key=lambda p: (p.line, p.column, p.path))
    if (more := len(ordered) - MAX_PROBLEMS) > 0:
        ordered = [*ordered[:MAX_PROBLEMS], Problem("", f"there are {more} problems more", file=ordered[0].file)]
    return InvalidInputError(ordered)


# --- the strict tree ----------------------------------------------------------------------------


class Document(NamedTuple):
    """A parsed file: its tree, and where each key and value stands.

    ``problems`` are scalars and keys that could be misread, and read as not known; ``set`` are the
    paths that ``--set`` laid over the file; ``parts`` is how many keys, values, lists and groups stand in
    it and in the files before it that belong to it.
    """

    name: str
    tree: Any
    marks: Mapping[Path_, tuple[int, int]]
    problems: tuple[Problem, ...] = ()
    set: frozenset[Path_] = frozenset()
    parts: int = 0

    def position(self, path: Path_) -> tuple[int, int]:
        """Line and column of a value, or of the nearest thing above it that stands in the file."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, (1, 1))

    def problem(self, path: Path_, message: str, *, found: object = _NOT_SHOWN, hint: str = "") -> Problem:
        """A problem of a field, with its position."""
        shown = "" if found is _NOT_SHOWN else _shown(found)
        if any(path[: len(laid)] == laid for laid in self.set):
            return Problem(_dotted(path), message, shown, hint, "--set")
        line, column = self.position(path)
        return Problem(_dotted(path), message, shown, hint, self.name, line, column)


def parse(
    content: bytes | str, name: str, *, limit: int = MAX_BYTES, parts: int = 0, most_parts: int | None = None
) -> Document:
    """Parse YAML or JSON strictly.

    Args:
        content: The file's bytes, or a text.
        name: What the file is called in problems.
        limit: The most bytes.
        parts: How many keys, values, lists and groups stand in files before this one, which belong to it.
        most_parts: The most of these in all; any number where it is not given.

    Raises:
        InvalidInputError: It is too large, too deep, not text, not YAML, or could be misread.
    """
    document = _document(content, name, limit, parts, most_parts)
    if document.problems:
        raise _refused(document.problems)
    return document


def _document(content: bytes | str, name: str, limit: int, parts: int = 0, most_parts: int | None = None) -> Document:
    """A parsed file with the problems of its scalars and keys, so that they are told with all others."""
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
        if "maximum nesting" in said:  # some builds of the parser look ahead of our own limit and stop at theirs
            raise _invalid(name, f"the file is nested more than {MAX_DEPTH} deep", line, column) from None
        at = [row[column - 1 : column] for row in text.split("\n")[line - 1 : line]]
        hint = " (indent with spaces, not tabs)" if at == ["\t"] else ""
        raise _invalid(name, f"this is not valid YAML or JSON: {said}{hint}", line, column) from None
    except yaml.YAMLError as error:
        raise _invalid(name, f"this is not valid YAML or JSON: {str(error).splitlines()[0]}") from None
    if not nodes or nodes[0] is None:
        raise _invalid(name, "the file holds nothing")
    if len(nodes) > 1:
        raise _invalid(name, "the file holds more than one document", *_at(nodes[1]))
    marks: dict[Path_, tuple[int, int]] = {}
    problems: list[Problem] = []
    tree = _tree(nodes[0], (), name, marks, problems)
    return Document(name, tree, marks, tuple(problems), parts=parts)


def _text(content: bytes | str, name: str, limit: int) -> str:
    # An argument of the command line may hold bytes that are no text; they are refused as in a file.
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(raw) > limit:
        raise _invalid(name, f"the file is larger than {limit // 1024} KiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(name, f"this is not UTF-8 text (byte {error.start})") from None
    if found := _UNREADABLE.search(text):
        what = "a NUL byte" if found[0] == "\0" else f"the control character U+{ord(found[0]):04X}"
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise _invalid(name, f"this is not text: it holds {what}", line, column)
    if not text.strip():
        raise _invalid(name, "the file is empty")
    return text


def _json_as_yaml(text: str) -> str:
    """JSON with what YAML would refuse or fold put in its words; lines stay, and columns outside such texts.

    JSON may be indented with tabs, writes what lies past U+FFFF as two escapes, and knows one line break.
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
    """How many keys, values, lists and groups there are, added to those before.

    Deep nesting, anchors, tags and too many parts are refused before any tree is built.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        refused = ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            refused = "YAML anchors and aliases are not accepted"
        elif getattr(event, "tag", None):
            refused = f"the YAML tag {_shown(getattr(event, 'tag', ''))} is not accepted"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            refused = f"the file is nested more than {MAX_DEPTH} deep" if depth > MAX_DEPTH else ""
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent):
            parts += 1
            if most is not None and parts > most and not refused:
                refused = f"there are more than {most} keys, values, lists and groups up to here"
        if refused:
            raise _invalid(name, refused, *_at(event))
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
            if not wrong and key in made:
                wrong = "this key stands twice (first at line {}, column {})".format(*marks[inner])
            if wrong:
                problems.append(Problem(_dotted(inner), wrong, file=name, line=line, column=column))
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
        problems.append(Problem(_dotted(path), str(error), _shown(node.value), "", name, line, column))
        return None


def _wrong_key(key: str) -> str:
    """Why a plain key is refused; nothing where it is a word."""
    if key == "<<":
        return "YAML merge keys are not accepted"
    try:
        word = isinstance(scalar(key, plain=True), str)
    except ValueError:
        word = False
    return "" if word else "a key must be a word: quote it if it is one"


def _at(node: Any) -> tuple[int, int]:
    """Line and column of a node or an event, counted from one."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def scalar(text: str, *, plain: bool) -> Any:
    """A scalar by rules that leave nothing to guess: quoted is text; plain may be a number.

    Raises:
        ValueError: A leading zero, or a number that is not finite.
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
        raise ValueError("a number with a leading zero could be misread: drop the zero, or quote it as text")
    if _FLOAT.fullmatch(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise ValueError("this number is too large")
        return value
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("a number must be finite")
    return text


def _dotted(path: Path_) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        word = part if part.isprintable() and len(part) <= 60 else _shown(part)
        text += f".{word}" if text else word
    return text


def _shown(value: object) -> str:
    """A value as the file would write it, on one line, with no control characters, and cut."""
    text = repr(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# --- validation errors in plain words -----------------------------------------------------------


def validation_problems(error: ValidationError, document: Document, root: type[Patient] | None = None) -> list[Problem]:
    """What pydantic found, in plain words with positions; deepest first, no spurious parents.

    ``root`` is the format that the file has, from which near names and ranges are told.
    """
    found = [_in_words(detail, path, document, root) for path, detail in _invalid_paths(error, document).items()]
    return sorted(found, key=lambda p: (p.line, p.column, p.path))


def _invalid_paths(error: ValidationError, document: Document) -> dict[Path_, Mapping[str, Any]]:
    """What pydantic found by its place in the tree, without what follows from something deeper."""
    details = [(_path_in(document.tree, d["loc"], d["type"]), d) for d in error.errors(include_url=False)]
    found: dict[Path_, Mapping[str, Any]] = {}
    above: set[Path_] = set()
    for path, detail in sorted(details, key=lambda pd: (-len(pd[0]), -len(pd[1]["loc"]))):
        if path not in above:
            found.setdefault(path, detail)
            above.update(path[:n] for n in range(len(path)))
    return found


def _path_in(tree: Any, loc: Iterable[str | int], kind: str) -> Path_:
    """The part of a location that stands in the tree: tags of unions do not."""
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
    "bool_type": "this is true or false",
    "int_type": "this is a whole number",
    "int_from_float": "this is a whole number",
    "float_type": "this is a number",
    "finite_number": "this is a number, and finite",
    "string_type": "this is text: quote it if it looks like something else",
    "string_unicode": "this is text, and holds what is none",
    "list_type": "this is a list: write - before each item, or [ ]",
    "dict_type": "this is a group of fields",
    "invalid_key": "a key must be a word",
}


def _in_words(detail: Mapping[str, Any], path: Path_, document: Document, root: type[Patient] | None) -> Problem:
    kind, context, found = detail["type"], detail.get("ctx", {}), detail["input"]
    shown = _NOT_SHOWN if isinstance(found, dict | list) else found
    # A field of a patient can be not known; an item of a list is there or not, and so is what a catalogue says.
    may_lack = root is not None and path and isinstance(path[-1], str) and path[-1] not in _REQUIRED
    or_unknown = ", or unknown" if may_lack else ""
    hint = ""
    match kind:
        case "missing":
            message, shown = "this is required and is missing", _NOT_SHOWN
        case "extra_forbidden":
            message, shown = "there is no such field", _NOT_SHOWN
            hint = nearest(str(path[-1]), _fields_beside(path, root))
        case "literal_error":
            scale = _limits_at(path, root)
            allowed = [f"{scale.low:g} to {scale.high:g}"] if scale is not None else []
            allowed += [word.strip("'") for word in re.findall(r"'[^']*'|[^\s,]+", context["expected"]) if word != "or"]
            message = f"allowed are {', '.join(allowed)}{or_unknown}"
            hint = nearest(found, allowed) if isinstance(found, str) else ""
        case "greater_than_equal" | "less_than_equal":
            message = f"no such value is possible: it must be {_range(context, path, root)}"
        case "too_long" | "string_too_long":
            what = "items" if kind == "too_long" else "characters"
            message = f"there are more than {context['max_length']} {what}"
        case "value_error":
            message = str(context["error"])
        case "bool_type" | "int_type" | "float_type":
            message = _PLAIN_WORDS[kind] + or_unknown
        case _:
            message = _PLAIN_WORDS.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])
    return document.problem(path, message, found=shown, hint=hint)


def _range(context: Mapping[str, Any], path: Path_, root: type[Patient] | None) -> str:
    """Both ends of the possible, with what there is to say of the unit, which stands in the field's name."""
    limits = _limits_at(path, root)
    if limits is None:
        return f"at least {context['ge']:g}" if "ge" in context else f"at most {context['le']:g}"
    return f"at least {limits.low:g} and at most {limits.high:g}" + (f" ({limits.note})" if limits.note else "")


def _limits_at(path: Path_, root: type[Patient] | None) -> Limits | None:
    names = [part for part in path if isinstance(part, str)]
    record = root.record_at(names[:-1]) if root is not None and names else None
    if record is None and root is not None and names[-1:] == ["value"]:  # of a number that stands with its day
        return _limits_at(tuple(names[:-1]), root)
    return None if record is None else _limits(hints(record).get(names[-1]))


def _limits(hint: Any) -> Limits | None:
    for part in typing.get_args(hint):
        if isinstance(part, Limits):
            return part
        if typing.get_origin(part) is typing.Annotated:
            return _limits(part)
    return None


def _fields_beside(path: Path_, root: type[Patient] | None) -> list[str]:
    """The fields that the format has where an unknown one stands."""
    record = None if root is None else root.record_at(part for part in path[:-1] if isinstance(part, str))
    return [] if record is None else [written(name) for name in record.defaults()]


# --- patients -----------------------------------------------------------------------------------


class ReadPatient(NamedTuple):
    """A patient with resolved names, what looked doubtful, and the hash of the bytes read.

    ``supposed``: the laboratory numbers that ``--set`` laid over the file without a day.
    """

    patient: Patient
    warnings: tuple[Problem, ...]
    sha256: str
    supposed: tuple[str, ...] = ()

    def on(self, day: date) -> ReadPatient:
        """The same with each supposed laboratory value as of the day of the answer, whatever day the others have."""
        patient = self.patient
        for name in self.supposed:
            field = f"labs.{name}"
            patient = patient.with_value(field, Measured(patient.get(field), Span.day(day)))
        return self if patient is self.patient else self._replace(patient=patient)


def read_patient(
    source: Path | str,
    formulary: Formulary,
    *,
    settings: Sequence[str] = (),
    stdin: BinaryIO | None = None,
    places: Sequence[str] | None = None,
) -> ReadPatient:
    """Read a patient file, or standard input for ``-``.

    Args:
        source: The file, or ``-``.
        formulary: Resolves agents and regimens.
        settings: ``field=value`` what-ifs, applied before validation.
        stdin: Read in place of standard input.
        places: The jurisdictions that there are; any is taken where none are given.

    Raises:
        InvalidInputError: Everything that is wrong with it.
        UsageError: A setting names no field.
    """
    if str(source) == "-":
        name = "standard input"
        content = _from_stdin(stdin)
    else:
        name = str(source)
        content = read_bytes(Path(source))
    document = _document(content, name, MAX_BYTES)
    digest = hashlib.sha256(content).hexdigest()
    return patient_from(document, formulary, settings=settings, sha256=digest, places=places)


def patient_from(
    raw: Document | Mapping[str, Any],
    formulary: Formulary,
    *,
    settings: Sequence[str] = (),
    sha256: str = "",
    places: Sequence[str] | None = None,
) -> ReadPatient:
    """A patient from a parsed file, or from plain data; the arguments are those of ``read_patient``.

    Raises:
        InvalidInputError: Everything that is wrong with it.
        UsageError: A setting names no field.
    """
    document = raw if isinstance(raw, Document) else Document("patient", raw, {})
    if not isinstance(document.tree, dict):
        wrong = document.problem((), "a patient is a group of fields", hint="Start with `id:`")
        raise _refused([*document.problems, wrong])
    tree = _known(document.tree, document.name)
    laid: list[Path_] = []
    for setting in settings:
        tree, path = with_setting(tree, setting)
        laid.append(path)
    document = document._replace(tree=tree, set=frozenset(laid))
    patient, invalid = _validated(document)
    # A value that could be misread was taken as not known; what follows from that is not told.
    told = {p.path for p in document.problems}
    problems = [
        *document.problems,
        *(p for p in invalid if p.path not in told),
        *_name_problems(tree, formulary, document),
        *_place_problems(patient, places, document),
        *_contradictions(patient, document),
        *_disagreements(patient, formulary, document),
    ]
    if problems:
        raise _refused(problems)
    resolved, warnings = _resolved(patient, formulary, document)
    return ReadPatient(resolved, (*warnings, *_implausible(patient, document)), sha256, tuple(_supposed(patient, laid)))


def _supposed(patient: Patient, laid: Sequence[Path_]) -> Iterator[str]:
    """The laboratory numbers that were laid over a file and carry no day; none where the day of all was laid too."""
    of_labs = [path for path in laid if path[0] == "labs"]
    if not of_labs or patient.labs is None or ("labs_on",) in laid:
        return
    for name, value in patient.labs.contents():
        told = any(path[1:2] in ((), (name,)) for path in of_labs)
        if told and isinstance(value, float) and name not in BASELINES and getattr(value, "on", None) is None:
            yield name


def _validated(document: Document) -> tuple[Patient, list[Problem]]:
    """The patient, and what is wrong; what is wrong is set aside, so that the rest can be looked at too."""
    tree = document.tree
    problems: list[Problem] = []
    for _ in range(MAX_DEPTH):  # each round takes out more, one level up at the least
        try:
            return Patient.over(validator(Patient).validate_python(tree)), problems
        except ValidationError as error:
            if not problems:
                problems = validation_problems(error, document, Patient)
                tree = copy.deepcopy(tree)
            for path in _invalid_paths(error, document._replace(tree=tree)):
                _set_aside(tree, path)
            tree = {"id": "", "therapies": []} | tree
    return Patient(id="", therapies=()), problems


def _set_aside(tree: dict[str, Any], path: Path_) -> None:
    """Take a field out; for an item of a list, or for a field that is missing, what it stands in."""
    while path:
        place: Any = tree
        for step in path[:-1]:
            if isinstance(place, list) and isinstance(step, int):
                place = place[step]
            else:
                place = place.get(step) if isinstance(place, dict) else None
        if place is None:  # went with something above it
            return
        if isinstance(place, dict) and path[-1] in place:
            del place[path[-1]]
            return
        path = path[:-1]


def _known(value: Any, name: str, key: str = "", depth: int = 0) -> Any:
    """The tree with the word unknown read as not known; an item of a list stays the word that it is.

    Agents that are not known, or of which one is named alone, are a list of one.
    """
    if depth > MAX_DEPTH:
        raise _invalid(name, f"the file is nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {k: _known(_listed(k, v), name, k, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [v if isinstance(v, str) else _known(v, name, key, depth + 1) for v in value]
    return None if value == "unknown" and key not in _REQUIRED else value


def _listed(key: str, value: Any) -> Any:
    return [value] if key == "agents" and (value == "unknown" or isinstance(value, dict)) else value


_STEP = r"([a-z0-9_]+)((?:\[[0-9]+\])*)"


def with_setting(tree: dict[str, Any], setting: str) -> tuple[dict[str, Any], Path_]:
    """One ``field=value`` laid over a tree, which is not changed, and the path of its field."""
    field, equals, text = setting.partition("=")
    told = f"--set {_shown(setting)}"
    if not equals:
        raise UsageError(f"{told}: write FIELD=VALUE, such as labs.lvef_percent=60")
    path: list[str | int] = []
    for step in field.strip().split("."):
        match = re.fullmatch(_STEP, step)
        if match is None:
            raise UsageError(f"{told}: {_shown(step)} is no field")
        path.append(match[1])
        beside = _fields_beside(tuple(path), Patient)
        if match[1] not in beside:
            hint = nearest(match[1], beside)
            raise UsageError(f"{told}: there is no field {_dotted(tuple(path))}. {hint}".strip())
        places = re.findall(r"[0-9]+", match[2])
        if any(len(place) > MOST_DIGITS for place in places):
            raise UsageError(f"{told}: there is no item of so high a number")
        path += map(int, places)
    try:
        value = parse(text, "--set").tree if text.strip() else None
    except InvalidInputError as error:
        raise InvalidInputError(
            [Problem(field, p.message, p.found, p.hint, "--set", p.line, p.column) for p in error.problems]
        ) from None
    key = next(name for name in reversed(path) if isinstance(name, str))
    known = value if isinstance(path[-1], int) and isinstance(value, str) else _known(value, "--set", key)
    laid: dict[str, Any] = _laid(tree, path, known, told)
    return laid, tuple(path)


def _laid(tree: Any, path: list[str | int], value: Any, told: str) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(tree, list) or step >= len(tree):
            raise UsageError(f"{told}: there is no item [{step}]")
        return [_laid(item, rest, value, told) if i == step else item for i, item in enumerate(tree)]
    if isinstance(tree, list):
        raise UsageError(f"{told}: {step} stands in a list: say in which item, such as [0]")
    base = tree if isinstance(tree, dict) else {}
    return {**base, step: _laid(base.get(step), rest, value, told)}


# --- names --------------------------------------------------------------------------------------


def _name_problems(tree: Mapping[str, Any], formulary: Formulary, document: Document) -> Iterator[Problem]:
    """Every name that is missing or resolves to nothing, even where the rest of the file is wrong too."""
    for i, therapy in _items(tree, "therapies"):
        if not isinstance(therapy, dict):
            continue
        path: Path_ = ("therapies", i)
        agents = therapy.get("agents")
        if agents == []:
            message = "an empty list names no drug: name them, or write `unknown`"
            yield document.problem((*path, "agents"), message)
        elif therapy.get("regimen") is None and agents is None and not _is_a_therapy(therapy):
            yield document.problem(path, "a therapy names its regimen or its agents, or `agents: unknown`")
        yield from _name_problem(therapy.get("regimen"), (*path, "regimen"), formulary, document)
        yield from _unnamed_problems(therapy, path, formulary, document)
        for key in ("agents", "refractory_to", "not_refractory_to"):
            for j, item in _items(therapy, key):
                place = (*path, key, j, "agent") if isinstance(item, dict) else (*path, key, j)
                name = item.get("agent") if isinstance(item, dict) else item
                if key == "agents" and name in ("unknown", PLACEBO):
                    continue
                if key == "agents" or not (isinstance(name, str) and name in formulary.class_by_id):
                    yield from _name_problem(name, place, formulary, document)
    for i, toxicity in _items(tree, "toxicities"):
        if isinstance(toxicity, dict):
            yield from _name_problem(toxicity.get("agent"), ("toxicities", i, "agent"), formulary, document)
    comorbidities = tree.get("comorbidities")
    for i, cancer in _items(comorbidities if isinstance(comorbidities, dict) else {}, "second_cancers"):
        if isinstance(cancer, dict):
            path = ("comorbidities", "second_cancers", i, "after")
            yield from _name_problem(cancer.get("after"), path, formulary, document)


def _is_a_therapy(therapy: Mapping[str, Any]) -> bool:
    """Whether an entry without its drugs is a therapy all the same, of which the drugs are not known."""
    return any(therapy.get(key) is not None for key in ("line", "start")) or therapy.get("intent") == "relapse"


def _unnamed_problems(
    therapy: Mapping[str, Any], path: Path_, formulary: Formulary, document: Document
) -> Iterator[Problem]:
    """What is wrong with drugs that are only narrowed: ``one_of`` and ``not`` hold agents or classes, one of them."""
    for j, item in _items(therapy, "agents"):
        if not isinstance(item, dict):
            continue
        told = [key for key in ("agent", "one_of", "not") if item.get(key) is not None]
        if len(told) > 1:
            yield document.problem((*path, "agents", j), f"write one of these, and not {' and '.join(told)}")
        for key in ("one_of", "not"):
            if item.get(key) == []:
                yield document.problem((*path, "agents", j, key), "an empty list narrows nothing: leave it out")
            for k, name in _items(item, key):
                if not (isinstance(name, str) and (name in formulary.class_by_id or name == PLACEBO)):
                    yield from _name_problem(name, (*path, "agents", j, key, k), formulary, document)


def _place_problems(patient: Patient, places: Sequence[str] | None, document: Document) -> Iterator[Problem]:
    """That the catalogue has no such jurisdiction."""
    code = patient.get("access.jurisdiction")
    if places is None or code is None:
        return
    try:
        find_jurisdiction(places, code)
    except UnknownPlaceError as error:
        message = f"there is no such jurisdiction; known: {', '.join(error.known)}, or unknown"
        yield document.problem(("access", "jurisdiction"), message, found=code, hint=error.hint)


def _items(tree: Mapping[str, Any], key: str) -> Iterator[tuple[int, Any]]:
    """The items of a list, where there is one: the tree may be anything still."""
    items = tree.get(key)
    yield from enumerate(items if isinstance(items, list) else ())


def _name_problem(name: object, path: Path_, formulary: Formulary, document: Document) -> Iterator[Problem]:
    """That a name resolves to nothing; one that is known in the other place says so."""
    if not isinstance(name, str):
        return
    regimen = path[-1] == "regimen"
    find, other = (formulary.regimen, formulary.agent) if regimen else (formulary.agent, formulary.regimen)
    try:
        find(name)
    except UnknownNameError as error:
        hint = error.hint
        if _if_known(name, other) is not None:
            swapped = f"write agents: [{name}]" if regimen else f"write regimen: {name}"
            hint = f"This is the name of {'an agent' if regimen else 'a regimen'}: {swapped}"
        message = f"no {'regimen' if regimen else 'agent'} goes by this name"
        yield document.problem(path, message, found=name, hint=hint)


def _if_known(name: str, find: Callable[[str], Resolved]) -> str | None:
    """The id that a name resolves to, if it does."""
    try:
        return find(name).id
    except UnknownNameError:
        return None


def _resolved(patient: Patient, formulary: Formulary, document: Document) -> tuple[Patient, list[Problem]]:
    """The patient with every name replaced by its id."""
    warnings: list[Problem] = []

    def token(name: str) -> str:
        return name if name in formulary.class_by_id else formulary.agent(name).id

    therapies = []
    for i, therapy in enumerate(patient.therapies):
        changed: dict[str, Any] = {}
        named = {g: formulary.agent(g.agent).id for g in therapy.given if g.agent not in ("unknown", PLACEBO)}
        agents: tuple[Given, ...] = tuple(g.but(**{"agent": id_}) for g, id_ in named.items())
        not_known: list[Given] = [g.but(**{"agent": None}) for g in therapy.given if g.agent == "unknown"]
        unnamed = [_narrowed(g, token) for g in (*therapy.unnamed, *not_known)]
        if therapy.agents is None and therapy.regimen is None:
            message = "no drug is named here: it is read as a therapy whose drugs are not known"
            warnings.append(document.problem(("therapies", i), message))
            unnamed = [Given()]
        if therapy.regimen is not None:
            found = formulary.regimen(therapy.regimen)
            changed["regimen"] = found.id
            if (
                found.warning
                and not agents
                and _may_be_another(therapy, formulary.name_by_id[found.id].ambiguous_until)
            ):
                warnings.append(document.problem(("therapies", i, "regimen"), found.warning))
            if not agents:
                agents = tuple(Given(agent=a) for a in formulary.name_by_id[found.id].agents)
        changed["agents"] = (*agents, *unnamed)
        if therapy.refractory_to is not None:
            changed["refractory_to"] = tuple(token(name) for name in therapy.refractory_to)
            given = [formulary.by_id[a.agent] for a in agents if a.agent is not None]
            held = {a.id for a in given} | {c for a in given for c in a.classes}
            for j, name in enumerate(changed["refractory_to"]):
                if name not in held:
                    message = "declared refractory, but this therapy does not hold it: it counts all the same"
                    warnings.append(document.problem(("therapies", i, "refractory_to", j), message, found=name))
        if therapy.not_refractory_to is not None:
            changed["not_refractory_to"] = tuple(
                NotRefractory(agent=token(n), reason=therapy.reason)
                if isinstance(n, str)
                else NotRefractory(agent=token(n.agent), reason=n.reason or therapy.reason)
                for n in therapy.not_refractory_to
            )
        therapies.append(therapy.but(**changed))
    update: dict[str, Any] = {"therapies": tuple(therapies)}
    if patient.toxicities is not None:
        update["toxicities"] = tuple(
            t if t.agent is None else t.but(**{"agent": formulary.agent(t.agent).id}) for t in patient.toxicities
        )
    if patient.comorbidities is not None and patient.comorbidities.second_cancers:
        cancers = tuple(
            c if c.after is None else c.but(**{"after": formulary.agent(c.after).id})
            for c in patient.comorbidities.second_cancers
        )
        update["comorbidities"] = patient.comorbidities.but(**{"second_cancers": cancers})
    return patient.but(**update), warnings


def _narrowed(given: Given, token: Callable[[str], str]) -> Given:
    """A drug that is not known, with the names of what it may be, or was not, replaced by ids."""
    if given.one_of is not None:
        return given.but(**{"one_of": tuple(n if n == PLACEBO else token(n) for n in given.one_of)})
    return given if given.not_ is None else given.but(**{"not_": tuple(map(token, given.not_))})


def _may_be_another(therapy: Therapy, until: int | None) -> bool:
    """Whether an abbreviation with two meanings may still have had the other one at that time."""
    return until is None or therapy.start is None or therapy.start.earliest.year <= until


def _disagreements(patient: Patient, formulary: Formulary, document: Document) -> Iterator[Problem]:
    """A regimen and agents given together must be the same drugs; steroids may be left out."""
    for i, therapy in enumerate(patient.therapies):
        regimen = therapy.regimen and _if_known(therapy.regimen, formulary.regimen)
        listed = [_if_known(g.agent, formulary.agent) for g in therapy.given]
        if not regimen or not listed or None in listed or therapy.unnamed:
            continue
        meant = formulary.name_by_id[regimen].agents

        def decisive(agents: Iterable[str | None]) -> set[str]:
            known = (formulary.by_id[a] for a in agents if a is not None)
            return {a.id for a in known if not (a.steroid or a.supportive)}

        if meant and decisive(meant) != decisive(listed):
            message = f"the regimen stands for {', '.join(meant)}, and the agents say otherwise"
            found = ", ".join(sorted(decisive(listed))) or "steroids or supportive agents alone"
            yield document.problem(("therapies", i, "agents"), message, found=found)


# --- contradictions -----------------------------------------------------------------------------


def _contradictions(patient: Patient, document: Document) -> Iterator[Problem]:
    """What cannot all be true; partial dates contradict only where it is certain."""
    for i, therapy in enumerate(patient.therapies):
        yield from _therapy_contradictions(therapy, ("therapies", i), document)
    dates = dict(_dates(patient))
    diagnosed = dates.get(("disease", "diagnosed_on"))
    first = [dates[p] for p in dates if p[0] == "therapies" and p[-1] == "start"]
    if diagnosed is not None and (before := [start for start in first if _after(diagnosed, start)]):
        message = f"this lies after the start of a therapy ({before[0]})"
        yield document.problem(("disease", "diagnosed_on"), message, found=str(diagnosed))
    for place, when in dates.items():
        if patient.assessed_on is not None and _after(when, patient.assessed_on):
            message = f"this lies after the day of the decision ({patient.assessed_on})"
            yield document.problem(place, message, found=str(when))
    yield from _cancer_contradictions(patient, document)


def _cancer_contradictions(patient: Patient, document: Document) -> Iterator[Problem]:
    """A list of second cancers against the one word that says whether there is another malignancy."""
    said = patient.get("comorbidities.other_malignancy")
    for i, cancer in enumerate(patient.get("comorbidities.second_cancers") or ()):
        if said == "none" or (said == "past" and cancer.state == "active"):
            message = f"this second cancer is recorded, and `other_malignancy` says {said}"
            yield document.problem(("comorbidities", "second_cancers", i), message, found=cancer.state or "a cancer")


def _dates(patient: Patient) -> Iterator[tuple[Path_, Span]]:
    """Every day on which something is recorded to have happened."""
    places: list[tuple[Path_, Entry]] = []
    for i, therapy in enumerate(patient.therapies):
        places.append((("therapies", i), therapy))
        places += [(("therapies", i, "agents", j), given) for j, given in enumerate(therapy.given)]
    if patient.disease is not None:
        places.append((("disease",), patient.disease))
        places += [(("disease", "m_protein", i), m) for i, m in enumerate(patient.disease.m_protein or ())]
    cancers = patient.get("comorbidities.second_cancers") or ()
    places += [(("comorbidities", "second_cancers", i), c) for i, c in enumerate(cancers)]
    for path, record in places:
        for name, value in record.contents():
            if isinstance(value, Span):
                yield (*path, name), value
    if patient.labs_on is not None:
        yield ("labs_on",), patient.labs_on
    for name, value in patient.labs.contents() if patient.labs is not None else ():
        if isinstance(value, Measured) and value.on is not None:
            yield ("labs", name, "on"), value.on


def _therapy_contradictions(therapy: Therapy, path: Path_, document: Document) -> Iterator[Problem]:
    def order(
        place: Path_, earlier: object, later: object, message: str, *, found_later: bool = True
    ) -> Iterator[Problem]:
        if isinstance(earlier, Span) and isinstance(later, Span) and _after(earlier, later):
            bound, found = (earlier, later) if found_later else (later, earlier)
            yield document.problem((*path, *place), f"{message} ({bound})", found=str(found))

    yield from order(("stop",), therapy.start, therapy.stop, "this lies before the start")
    yield from order(("progressed_on",), therapy.start, therapy.progressed_on, "this lies before the start")
    reached = ("best_response_on",)
    yield from order(reached, therapy.start, therapy.best_response_on, "this lies before the start")
    if therapy.best_response_on is not None and therapy.best_response is None:
        yield document.problem((*path, *reached), "the day of a response that is not recorded: `best_response`")
    if therapy.stop == "ongoing" and therapy.stop_reason is not None:
        yield document.problem((*path, "stop_reason"), "a therapy that is ongoing has no reason for stopping")
    for j, given in enumerate(therapy.given):
        own: Path_ = ("agents", j)
        after = "this lies after the stop of the therapy"
        yield from order((*own, "start"), therapy.start, given.start, "this lies before the start of the therapy")
        yield from order((*own, "start"), given.start, therapy.stop, after, found_later=False)
        yield from order((*own, "stop"), given.start or therapy.start, given.stop, "this lies before the start")
        yield from order((*own, "stop"), given.stop, therapy.stop, after, found_later=False)
        if given.stop == "ongoing" and isinstance(therapy.stop, Span):
            message = f"this agent is ongoing, and the therapy stopped ({therapy.stop})"
            yield document.problem((*path, *own, "stop"), message)
    for j, entry in enumerate(therapy.not_refractory_to or ()):
        if not (therapy.reason or (isinstance(entry, NotRefractory) and entry.reason)):
            yield document.problem(
                (*path, "not_refractory_to", j), "overruling a derived refractoriness needs a `reason`"
            )


def _after(first: Span, second: Span) -> bool:
    """Whether a day certainly comes after another."""
    return first.not_after(second) is Truth.NOT_MET


# --- what looks doubtful ------------------------------------------------------------------------


def _implausible(patient: Patient, document: Document) -> Iterator[Problem]:
    """Values that are possible and unlikely, and an id that should perhaps not be here."""
    if _LOOKS_LIKE_NAME.search(patient.id) or _LOOKS_LIKE_CARD.search(patient.id):
        yield document.problem(("id",), "this looks like a name or the number of a card: use a pseudonym")
    records: list[tuple[Path_, Entry | None]] = [
        ((section,), getattr(patient, section))
        for section in ("demographics", "disease", "comorbidities", "labs", "access")
    ]
    records += [(("disease", "m_protein", i), m) for i, m in enumerate(patient.get("disease.m_protein") or ())]
    for path, record in records:
        for name, value in record.contents() if record is not None else ():
            limits = _limits(hints(type(record))[name])
            if value is None or limits is None or limits.usual is None:
                continue
            low, high = limits.usual
            if not low <= value <= high:
                hint = f" ({limits.note})" if limits.note else ""
                message = f"this is possible but unusual; is the unit right?{hint}"
                yield document.problem((*path, name), message, found=value)
    for earlier, later in Timeline(patient.therapies).contradictions:
        line, before = patient.therapies[later].line, patient.therapies[earlier].line
        message = f"line {line} contradicts the dates: by these it came after line {before}, and the dates are used"
        yield document.problem(("therapies", later, "line"), message, found=line)


def today_or(patient: Patient, today: date) -> date:
    """The day of the decision: the recorded one, at its latest but not after today."""
    recorded = patient.assessed_on
    if recorded is None:
        return today
    return recorded.latest if recorded.latest <= today else max(recorded.earliest, min(today, recorded.latest))
