"""Files into patients and trees: the only module that opens an input.

One strict reader for YAML and JSON. It takes only what cannot be misread (``no`` stays a word, ``012``
is refused), reports every problem of a file at once, and knows where each value stands.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import sys
import tempfile
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import yaml
from pydantic_core import ValidationError

from mmadvisor.agents import Formulary, UnknownNameError
from mmadvisor.checked import Limits, validator
from mmadvisor.entry import hints
from mmadvisor.errors import InvalidInputError, Problem, UsageError, nearest
from mmadvisor.patient import Given, NotRefractory, Patient, Therapy
from mmadvisor.truth import Span, Truth

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 30

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF|nan|NaN|NAN)")
_LOOKS_LIKE_NAME = re.compile(r"[A-Z][a-z]+[ ,]+[A-Z][a-z]+")
_LOOKS_LIKE_CARD = re.compile(r"[A-Z]{1,2}[0-9]{6}\(?[0-9A]\)?|[0-9]{9,}")

Path_ = tuple[str | int, ...]


# --- text ---------------------------------------------------------------------------------------


def read_bytes(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """A file's bytes.

    Raises:
        InvalidInputError: It is missing, a folder, unreadable or larger than ``limit`` bytes.
    """
    try:
        if path.is_dir():
            raise _invalid(str(path), "this is a folder, not a file")
        with path.open("rb") as file:
            return _limited(file, str(path), limit)
    except FileNotFoundError:
        raise _invalid(str(path), "there is no such file") from None
    except OSError as error:
        raise _invalid(str(path), f"it cannot be read ({error.strerror or 'no reason given'})") from None


def _limited(file: BinaryIO, name: str, limit: int) -> bytes:
    content = file.read(limit + 1)
    if len(content) > limit:
        raise _invalid(name, f"the file is larger than {limit // 1024} KiB")
    return content


def _invalid(name: str, message: str, line: int = 0, column: int = 0) -> InvalidInputError:
    return InvalidInputError([Problem("", message, file=name, line=line, column=column)])


def write_atomically(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file whole or not at all; nothing half-written is ever seen, and none is left behind.

    Raises:
        UsageError: The place cannot be written to.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".mmadvisor-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror or 'no reason given'})") from None


# --- the strict tree ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Document:
    """A parsed file: its tree, and where each key and value stands."""

    name: str
    tree: Any
    marks: Mapping[Path_, tuple[int, int]]

    def position(self, path: Path_) -> tuple[int, int]:
        """Line and column of a value, or of the nearest thing above it that stands in the file."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, (1, 1))

    def problem(self, path: Path_, message: str, *, found: object = None, hint: str = "") -> Problem:
        """A problem of a field, with its position."""
        line, column = self.position(path)
        shown = "" if found is None else _shown(found)
        return Problem(_dotted(path), message, shown, hint, self.name, line, column)


def parse(content: bytes | str, name: str, *, limit: int = MAX_BYTES) -> Document:
    """Parse YAML or JSON strictly.

    Raises:
        InvalidInputError: It is too large, too deep, not text, not YAML, or could be misread.
    """
    if isinstance(content, str):
        content = content.encode()
    if len(content) > limit:
        raise _invalid(name, f"the file is larger than {limit // 1024} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(name, f"this is not UTF-8 text (byte {error.start})") from None
    if "\0" in text:
        raise _invalid(name, "this is not text: it holds a NUL byte")
    if not text.strip():
        raise _invalid(name, "the file is empty")
    if text.lstrip()[:1] in ("{", "["):
        text = _spaces_for_tabs(text)
    problems: list[Problem] = []
    try:
        _check_depth(text, name)
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = error.problem or "it cannot be parsed"
        hint = " (indent with spaces, not tabs)" if "\\t" in said else ""
        raise _invalid(name, f"this is not valid YAML or JSON: {said}{hint}", line, column) from None
    except yaml.YAMLError as error:
        raise _invalid(name, f"this is not valid YAML or JSON: {str(error).splitlines()[0]}") from None
    if not nodes or nodes[0] is None:
        raise _invalid(name, "the file holds nothing")
    if len(nodes) > 1:
        raise _invalid(name, "the file holds more than one document", *_at(nodes[1]))
    marks: dict[Path_, tuple[int, int]] = {}
    tree = _tree(nodes[0], (), name, marks, problems)
    if problems:
        raise InvalidInputError(problems)
    return Document(name, tree, marks)


def _spaces_for_tabs(text: str) -> str:
    """JSON may be indented with tabs, which YAML refuses; inside strings JSON has none."""
    return text.replace("\t", " ")


def _check_depth(text: str, name: str) -> None:
    """Refuse deep nesting, anchors and tags before any tree is built."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        refused = ""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            refused = "YAML anchors and aliases are not accepted"
        elif getattr(event, "tag", None):
            refused = f"the YAML tag {getattr(event, 'tag', '')} is not accepted"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            refused = f"the file is nested more than {MAX_DEPTH} deep" if depth > MAX_DEPTH else ""
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if refused:
            raise _invalid(name, refused, *_at(event))


def _tree(node: yaml.Node, path: Path_, name: str, marks: dict[Path_, tuple[int, int]], problems: list[Problem]) -> Any:
    marks.setdefault(path, _at(node))
    if isinstance(node, yaml.MappingNode):
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line, column = _at(key_node)
            key = key_node.value
            if not isinstance(key, str):
                problems.append(Problem(_dotted(path), "a key must be a word", file=name, line=line, column=column))
                continue
            inner = (*path, key)
            if key in made:
                first = marks[inner][0]
                problems.append(
                    Problem(
                        _dotted(inner),
                        f"this key stands twice (first on line {first})",
                        file=name,
                        line=line,
                        column=column,
                    )
                )
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
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# --- validation errors in plain words -----------------------------------------------------------


def validation_problems(error: ValidationError, document: Document) -> list[Problem]:
    """What pydantic found, in plain words with positions; deepest first, no spurious parents."""
    found: dict[Path_, Problem] = {}
    for detail in sorted(error.errors(include_url=False), key=lambda d: -len(d["loc"])):
        path = _path_in(document.tree, detail["loc"], detail["type"])
        if any(other[: len(path)] == path and other != path for other in found):
            continue
        found.setdefault(path, _in_words(detail, path, document))
    return sorted(found.values(), key=lambda p: (p.line, p.column, p.path))


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


def _in_words(detail: Mapping[str, Any], path: Path_, document: Document) -> Problem:
    kind, context = detail["type"], detail.get("ctx", {})
    found = detail["input"]
    if kind == "missing":
        return document.problem(path, "this is required and is missing")
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return document.problem(path, "there is no such field", hint=nearest(str(path[-1]), _fields_beside(path)))
    if kind == "literal_error":
        allowed = [w.strip("'") for w in re.findall(r"'[^']*'|[^\s,]+", context["expected"]) if w not in ("or",)]
        hint = nearest(str(found), allowed) if isinstance(found, str) else ""
        return document.problem(path, f"allowed are {', '.join(allowed)}, or unknown", found=found, hint=hint)
    if kind in ("greater_than_equal", "less_than_equal"):
        limit = context.get("ge", context.get("le"))
        word = "at least" if "ge" in context else "at most"
        return document.problem(path, f"no such value is possible: it must be {word} {limit}", found=found)
    if kind == "value_error":
        return document.problem(path, str(context["error"]), found=found)
    message = {
        "bool_type": "this is true, false or unknown",
        "int_type": "this is a whole number or unknown",
        "float_type": "this is a number or unknown",
        "string_type": "this is text",
        "tuple_type": "this is a list: write - before each item, or [ ]",
        "model_type": "this is a group of fields",
        "model_attributes_type": "this is a group of fields",
        "dict_type": "this is a group of fields",
        "dataclass_type": "this is a group of fields",
        "int_from_float": "this is a whole number",
    }.get(kind, detail["msg"][:1].lower() + detail["msg"][1:])
    return document.problem(path, message, found=found if not isinstance(found, dict | list) else None)


def _fields_beside(path: Path_) -> list[str]:
    """The fields that the patient format has where an unknown one stands."""
    record = Patient.record_at(p for p in path[:-1] if isinstance(p, str))
    return [] if record is None else list(record.defaults())


# --- patients -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReadPatient:
    """A patient with resolved names, what looked doubtful, and the hash of the bytes read."""

    patient: Patient
    warnings: tuple[Problem, ...]
    sha256: str


def read_patient(
    source: Path | str, formulary: Formulary, *, settings: Sequence[str] = (), stdin: BinaryIO | None = None
) -> ReadPatient:
    """Read a patient file, or standard input for ``-``.

    Args:
        source: The file, or ``-``.
        formulary: Resolves agents and regimens.
        settings: ``field=value`` what-ifs, applied before validation.
        stdin: Read in place of standard input.

    Raises:
        InvalidInputError: Everything that is wrong with it.
        UsageError: A setting names no field.
    """
    if str(source) == "-":
        name = "standard input"
        content = _limited(stdin or sys.stdin.buffer, name, MAX_BYTES)
    else:
        name = str(source)
        content = read_bytes(Path(source))
    return patient_from(parse(content, name), formulary, settings=settings, sha256=hashlib.sha256(content).hexdigest())


def patient_from(
    raw: Document | Mapping[str, Any], formulary: Formulary, *, settings: Sequence[str] = (), sha256: str = ""
) -> ReadPatient:
    """A patient from a parsed file, or from plain data.

    Raises:
        InvalidInputError: Everything that is wrong with it.
        UsageError: A setting names no field.
    """
    document = raw if isinstance(raw, Document) else Document("patient", raw, {})
    if not isinstance(document.tree, dict):
        raise InvalidInputError([document.problem((), "a patient is a group of fields", hint="Start with `id:`")])
    tree = _known(document.tree)
    for setting in settings:
        tree = _apply(tree, setting)
    document = Document(document.name, tree, document.marks)
    try:
        patient = Patient.over(validator(Patient).validate_python(tree))
    except ValidationError as error:
        problems = validation_problems(error, document)
        problems += list(_name_problems(tree, formulary, document))
        raise InvalidInputError(sorted(problems, key=lambda p: (p.line, p.column))) from None
    problems = [*_name_problems(tree, formulary, document), *_contradictions(patient, document)]
    if problems:
        raise InvalidInputError(sorted(problems, key=lambda p: (p.line, p.column)))
    if disagreements := list(_disagreements(patient, formulary, document)):
        raise InvalidInputError(disagreements)
    resolved, warnings = _resolved(patient, formulary, document)
    return ReadPatient(resolved, (*warnings, *_implausible(patient, document)), sha256)


_FREE_TEXT = ("id", "co_medication", "reason", "dose", "event")


def _known(value: Any, key: str = "") -> Any:
    """The tree with the word unknown read as not known."""
    if isinstance(value, dict):
        return {k: _known(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return value if key in _FREE_TEXT else [_known(v, key) for v in value]
    return None if value == "unknown" and key not in _FREE_TEXT else value


_STEP = re.compile(r"([a-z0-9_]+)((?:\[[0-9]+\])*)")


def _apply(tree: dict[str, Any], setting: str) -> dict[str, Any]:
    """One ``field=value`` laid over a tree, which is not changed."""
    field, equals, text = setting.partition("=")
    if not equals:
        raise UsageError(f"--set {setting!r}: write FIELD=VALUE, such as labs.lvef_percent=60")
    path: list[str | int] = []
    for step in field.strip().split("."):
        match = _STEP.fullmatch(step)
        if match is None:
            raise UsageError(f"--set {setting!r}: {step!r} is no field")
        path.append(match[1])
        path += [int(i) for i in re.findall(r"[0-9]+", match[2])]
    names = tuple(p for p in path if isinstance(p, str))
    beside = _fields_beside(names)
    if names[-1] not in beside:
        raise UsageError(f"--set {setting!r}: there is no such field. {nearest(names[-1], beside)}".strip())
    try:
        value = parse(text, "--set").tree if text.strip() else None
    except InvalidInputError as error:
        raise InvalidInputError(
            [Problem(field, p.message, p.found, p.hint, "--set", p.line, p.column) for p in error.problems]
        ) from None
    laid: dict[str, Any] = _laid(tree, path, _known(value, str(names[-1])), setting)
    return laid


def _laid(tree: Any, path: list[str | int], value: Any, setting: str) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        if not isinstance(tree, list) or step >= len(tree):
            raise UsageError(f"--set {setting!r}: there is no item [{step}]")
        return [_laid(item, rest, value, setting) if i == step else item for i, item in enumerate(tree)]
    base = tree if isinstance(tree, dict) else {}
    return {**base, step: _laid(base.get(step), rest, value, setting)}


# --- names --------------------------------------------------------------------------------------


def _name_problems(tree: Mapping[str, Any], formulary: Formulary, document: Document) -> Iterator[Problem]:
    """Every name that resolves to nothing, even where the rest of the file is wrong too."""
    therapies = tree.get("therapies")
    for i, therapy in enumerate(therapies if isinstance(therapies, list) else []):
        if not isinstance(therapy, dict):
            continue
        path: Path_ = ("therapies", i)
        regimen = therapy.get("regimen")
        if isinstance(regimen, str):
            try:
                formulary.regimen(regimen)
            except UnknownNameError as error:
                yield document.problem(
                    (*path, "regimen"), "no regimen goes by this name", found=regimen, hint=error.hint
                )
        agents = therapy.get("agents")
        for j, given in enumerate(agents if isinstance(agents, list) else []):
            name = given.get("agent") if isinstance(given, dict) else given
            yield from _agent_problem(name, (*path, "agents", j), formulary, document)
        for key in ("refractory_to", "not_refractory_to"):
            listed = therapy.get(key)
            for j, entry in enumerate(listed if isinstance(listed, list) else []):
                name = entry.get("agent") if isinstance(entry, dict) else entry
                if name not in formulary.class_by_id:
                    yield from _agent_problem(name, (*path, key, j), formulary, document)
    toxicities = tree.get("toxicities")
    for i, toxicity in enumerate(toxicities if isinstance(toxicities, list) else []):
        if isinstance(toxicity, dict) and toxicity.get("agent") is not None:
            yield from _agent_problem(toxicity["agent"], ("toxicities", i, "agent"), formulary, document)


def _agent_problem(name: object, path: Path_, formulary: Formulary, document: Document) -> Iterator[Problem]:
    if not isinstance(name, str):
        return
    try:
        formulary.agent(name)
    except UnknownNameError as error:
        yield document.problem(path, "no agent goes by this name", found=name, hint=error.hint)


def _resolved(patient: Patient, formulary: Formulary, document: Document) -> tuple[Patient, list[Problem]]:
    """The patient with every name replaced by its id."""
    warnings: list[Problem] = []

    def token(name: str) -> str:
        return name if name in formulary.class_by_id else formulary.agent(name).id

    therapies = []
    for i, therapy in enumerate(patient.therapies):
        changed: dict[str, Any] = {}
        agents = tuple(g.but(**{"agent": formulary.agent(g.agent).id}) for g in therapy.given)
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
        changed["agents"] = agents
        if therapy.refractory_to is not None:
            changed["refractory_to"] = tuple(token(name) for name in therapy.refractory_to)
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
    if patient.co_medication is not None:
        update["co_medication"] = tuple(_if_known(name, formulary) for name in patient.co_medication)
    return patient.but(**update), warnings


def _may_be_another(therapy: Therapy, until: int | None) -> bool:
    """Whether an abbreviation with two meanings may still have had the other one at that time."""
    return until is None or therapy.start is None or therapy.start.earliest.year <= until


def _if_known(name: str, formulary: Formulary) -> str:
    try:
        return formulary.agent(name).id
    except UnknownNameError:
        return name


def _disagreements(patient: Patient, formulary: Formulary, document: Document) -> Iterator[Problem]:
    """A regimen and agents given together must be the same drugs; steroids may be left out."""
    for i, therapy in enumerate(patient.therapies):
        if therapy.regimen is None or not therapy.agents:
            continue
        name = formulary.name_by_id[formulary.regimen(therapy.regimen).id]
        meant = {a for a in name.agents if not formulary.by_id[a].steroid}
        written = {formulary.agent(g.agent).id for g in therapy.given}
        written = {a for a in written if not (formulary.by_id[a].steroid or formulary.by_id[a].supportive)}
        if name.agents and meant != written:
            message = f"the regimen stands for {', '.join(name.agents)}, and the agents say otherwise"
            found = ", ".join(sorted(written)) or "steroids alone"
            yield document.problem(("therapies", i, "agents"), message, found=found)


# --- contradictions -----------------------------------------------------------------------------


def _contradictions(patient: Patient, document: Document) -> Iterator[Problem]:
    """What cannot all be true; partial dates contradict only where it is certain."""
    line = 0
    for i, therapy in enumerate(patient.therapies):
        path: Path_ = ("therapies", i)
        yield from _therapy_contradictions(therapy, path, document)
        if therapy.line is not None:
            if therapy.line < line:
                yield document.problem((*path, "line"), "lines go backwards here", found=therapy.line)
            line = therapy.line
        if patient.assessed_on is not None:
            for key in ("start", "stop", "progressed_on"):
                when = getattr(therapy, key)
                if isinstance(when, Span) and _after(when, patient.assessed_on):
                    message = f"this lies after the day of the decision ({patient.assessed_on})"
                    yield document.problem((*path, key), message, found=str(when))
    diagnosed = patient.get("disease.diagnosed_on")
    if diagnosed is not None and patient.assessed_on is not None and _after(diagnosed, patient.assessed_on):
        yield document.problem(
            ("disease", "diagnosed_on"), "this lies after the day of the decision", found=str(diagnosed)
        )


def _therapy_contradictions(therapy: Therapy, path: Path_, document: Document) -> Iterator[Problem]:
    if therapy.regimen is None and not therapy.agents:
        yield document.problem(path, "a therapy names its regimen or its agents")
    stop = therapy.stop if isinstance(therapy.stop, Span) else None
    if therapy.start is not None and stop is not None and _after(therapy.start, stop):
        yield document.problem((*path, "stop"), f"this lies before the start ({therapy.start})", found=str(stop))
    if therapy.start is not None and therapy.progressed_on is not None and _after(therapy.start, therapy.progressed_on):
        message = f"this lies before the start ({therapy.start})"
        yield document.problem((*path, "progressed_on"), message, found=str(therapy.progressed_on))
    if therapy.stop == "ongoing" and therapy.stop_reason is not None:
        yield document.problem((*path, "stop_reason"), "a therapy that is ongoing has no reason for stopping")
    for j, given in enumerate(therapy.given):
        own = given.stop if isinstance(given.stop, Span) else None
        start = given.start or therapy.start
        if start is not None and own is not None and _after(start, own):
            yield document.problem(
                (*path, "agents", j, "stop"), f"this lies before the start ({start})", found=str(own)
            )
        if own is not None and stop is not None and _after(own, stop):
            message = f"this lies after the stop of the therapy ({stop})"
            yield document.problem((*path, "agents", j, "stop"), message, found=str(own))
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
    for section in ("demographics", "disease", "comorbidities", "labs", "access"):
        record = getattr(patient, section)
        for name, value in record.contents() if record is not None else ():
            limits = _limits(hints(type(record))[name])
            if value is None or limits is None or limits.usual is None:
                continue
            low, high = limits.usual
            if not low <= value <= high:
                hint = f" ({limits.note})" if limits.note else ""
                yield document.problem(
                    (section, name), f"this is possible but unusual; is the unit right?{hint}", found=value
                )
    starts = [(i, t.start) for i, t in enumerate(patient.therapies) if t.start is not None]
    for (_, before), (i, start) in itertools.pairwise(starts):
        if _after(before, start):
            yield document.problem(("therapies", i, "start"), "the therapies are not in time order")


def _limits(hint: Any) -> Limits | None:
    for part in typing.get_args(hint):
        if isinstance(part, Limits):
            return part
        if typing.get_origin(part) is typing.Annotated:
            return _limits(part)
    return None


def today_or(patient: Patient, today: date) -> date:
    """The day of the decision: the recorded one, at its latest but not after today."""
    recorded = patient.assessed_on
    if recorded is None:
        return today
    return recorded.latest if recorded.latest <= today else max(recorded.earliest, min(today, recorded.latest))
