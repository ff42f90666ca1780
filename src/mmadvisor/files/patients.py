"""A patient file, read and validated, with names replaced by ids; all its problems are reported together."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from pydantic_core import ValidationError

from mmadvisor.answers.stamps import DAY_OF_FILE
from mmadvisor.base.errors import InvalidInputError, Problem, UnknownPlaceError, UsageError, nearest
from mmadvisor.base.known import Span
from mmadvisor.base.validation import validator
from mmadvisor.catalogue.listings import find_jurisdiction
from mmadvisor.files.consistency import contradictions, doubts
from mmadvisor.files.documents import (
    MAX_BYTES,
    MAX_DEPTH,
    Document,
    Path_,
    dotted,
    parse,
    read_bytes,
    read_document,
    read_stdin,
    refusal,
    shown,
    unreadable,
)
from mmadvisor.files.names import Names
from mmadvisor.formats.agents import Formulary
from mmadvisor.formats.patient import BASELINES, CANNOT_BE_UNKNOWN, Measured, Patient

if TYPE_CHECKING:
    from mmadvisor.answers.compact import DayFrom

# Suffixes of files with many patients, plain or compressed.
LINES, PARQUET, COMPRESSED = (".ndjson", ".jsonl"), ".parquet", (".gz", ".zst")
OF_MANY = (*LINES, PARQUET, *(line + ending for line in LINES for ending in COMPRESSED))
MOST_DIGITS = 6  # of the index of an item in a list; no file can have so many items


class ReadPatient(NamedTuple):
    """A patient with ids instead of names, the warnings about the file, and the hash of its bytes.

    ``supposed``: the laboratory values that ``--set`` changed and that have no day.
    """

    patient: Patient
    warnings: tuple[Problem, ...]
    sha256: str
    supposed: tuple[str, ...] = ()

    def on(self, day: date) -> ReadPatient:
        """A copy in which each laboratory value of ``supposed`` is dated with the day of the answer."""
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
        formulary: The names of agents and regimens.
        settings: ``field=value`` changes, applied before validation.
        stdin: A stream that replaces standard input.
        places: The allowed codes of jurisdictions; ``None`` means any code.

    Raises:
        InvalidInputError: The file is invalid; the error contains every problem.
        UsageError: A setting names no field.
    """
    name = "standard input" if str(source) == "-" else str(source)
    try:
        content = read_stdin(stdin) if str(source) == "-" else read_bytes(Path(source))
        document = read_document(content, name, MAX_BYTES)
    except InvalidInputError:
        if name.casefold().endswith(OF_MANY) and Path(source).is_file():
            raise unreadable(name, "a file of many patients is read by `mmadvisor batch` only") from None
        raise
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
    """A patient from a parsed file or from plain data; the arguments are those of ``read_patient``.

    Raises:
        InvalidInputError: The data is invalid; the error contains every problem.
        UsageError: A setting names no field.
    """
    document = raw if isinstance(raw, Document) else Document("patient", raw, {})
    if not isinstance(document.tree, dict):
        wrong = document.problem((), "a patient is a group of fields", hint="Start with `id:`")
        raise refusal([*document.problems, wrong])
    tree = _known(document.tree, document.name)
    laid: dict[Path_, tuple[int, int]] = {}
    for number, setting in enumerate(settings, 1):
        tree, path = with_setting(tree, setting, number)
        laid[path] = number, setting.index("=") + 2
    document = document._replace(tree=tree, set=laid)
    patient, invalid = _validated(document)
    names = Names(formulary, document)
    # A value that could be misread was taken as not known; errors that follow from this are left out.
    told = {p.path for p in document.problems}
    problems = [
        *document.problems,
        *(p for p in invalid if p.path not in told),
        *names.problems(tree),
        *_place_problems(patient, places, document),
        *contradictions(patient, document),
        *names.disagreements(patient),
    ]
    if problems:
        raise refusal(problems)
    resolved, warnings = names.resolved(patient)
    return ReadPatient(resolved, (*warnings, *doubts(patient, document)), sha256, tuple(_supposed(patient, laid)))


def _validated(document: Document) -> tuple[Patient, list[Problem]]:
    """The patient, and the problems; invalid parts are set aside, so that the rest can be checked too."""
    tree = document.tree
    problems: list[Problem] = []
    for _ in range(MAX_DEPTH):  # each round removes more, at least one level up
        try:
            return Patient.over(validator(Patient).validate_python(tree)), problems
        except ValidationError as error:
            from mmadvisor.files.validity import invalid_paths, validation_problems

            if not problems:
                problems = validation_problems(error, document, Patient)
                tree = copy.deepcopy(tree)
            for path in invalid_paths(error, document._replace(tree=tree)):
                _set_aside(tree, path)
            tree = {"id": "", "therapies": []} | tree
    return Patient(id="", therapies=()), problems


def _set_aside(tree: dict[str, Any], path: Path_) -> None:
    """Remove the field at a path from the tree.

    For an item of a list, or a field that is missing, the nearest field that contains it is removed.
    """
    while path:
        place: Any = tree
        for step in path[:-1]:
            if isinstance(place, list) and isinstance(step, int):
                place = place[step]
            else:
                place = place.get(step) if isinstance(place, dict) else None
        if place is None:  # removed with something above it
            return
        if isinstance(place, dict) and path[-1] in place:
            del place[path[-1]]
            return
        path = path[:-1]


def _known(value: Any, name: str, key: str = "", depth: int = 0) -> Any:
    """The tree in which a value ``unknown`` is ``None``; a text that is an item of a list stays as it is.

    ``agents: unknown``, or ``agents`` with a single group, becomes a list with one item.
    """
    if depth > MAX_DEPTH:
        raise unreadable(name, f"the file is nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {k: _known(_listed(k, v), name, k, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [v if isinstance(v, str) else _known(v, name, key, depth + 1) for v in value]
    return None if value == "unknown" and key not in CANNOT_BE_UNKNOWN else value


def _listed(key: str, value: Any) -> Any:
    return [value] if key == "agents" and (value == "unknown" or isinstance(value, dict)) else value


def _place_problems(patient: Patient, places: Sequence[str] | None, document: Document) -> Iterator[Problem]:
    """A problem if the catalogue does not have the jurisdiction of the patient."""
    code = patient.get("access.jurisdiction")
    if places is None or code is None:
        return
    try:
        find_jurisdiction(places, code)
    except UnknownPlaceError as error:
        message = f"there is no such jurisdiction; known: {', '.join(error.known)}, or unknown"
        yield document.problem(("access", "jurisdiction"), message, found=code, hint=error.hint)


def today_or(patient: Patient, today: date) -> date:
    """The day of the decision: the recorded day, or today if no day is recorded.

    A partial date counts as its last possible day that is not after today, or else as its first possible day.
    """
    recorded = patient.assessed_on
    if recorded is None:
        return today
    return recorded.latest if recorded.latest <= today else max(recorded.earliest, min(today, recorded.latest))


def day_of_decision(patient: Patient, asked: date | None, today: date) -> tuple[date, DayFrom]:
    """The day of the decision, and where it comes from: the day asked for, else the recorded one, else today."""
    if asked is not None:
        return asked, "--as-of"
    if patient.assessed_on is None:
        return today, "today, since the file does not say"
    return today_or(patient, today), DAY_OF_FILE


def with_later_day(read: ReadPatient, day: date, day_from: str, today: date, file: str = "") -> ReadPatient:
    """The same, with a warning if the day of the decision is later than today; ``file`` is its place."""
    if day <= today:
        return read
    field = "assessed_on" if day_from == "patient file" else day_from
    later = Problem(field, "the day of the decision is later than today", str(day), file=file)
    return read._replace(warnings=(*read.warnings, later))


# --- what if: `--set` ---------------------------------------------------------------------------


_STEP = r"([a-z0-9_]+)((?:\[[0-9]+\])*)"


def with_setting(tree: dict[str, Any], setting: str, number: int = 1) -> tuple[dict[str, Any], Path_]:
    """A copy of a tree with one ``field=value`` changed, and the path of the field.

    ``number``: which ``--set`` this is; errors in the value name it as their line.
    """
    from mmadvisor.files.validity import fields_beside

    field, equals, text = setting.partition("=")
    told = f"--set {shown(setting)}"
    if not equals:
        raise UsageError(f"{told}: write FIELD=VALUE, such as labs.lvef_percent=60")
    path: list[str | int] = []
    for step in field.strip().split("."):
        match = re.fullmatch(_STEP, step)
        if match is None:
            raise UsageError(f"{told}: {shown(step)} is not the name of a field")
        path.append(match[1])
        beside = fields_beside(tuple(path), Patient)
        if match[1] not in beside:
            hint = nearest(match[1], beside)
            raise UsageError(f"{told}: there is no field {dotted(tuple(path))}. {hint}".strip())
        places = re.findall(r"[0-9]+", match[2])
        if any(len(place) > MOST_DIGITS for place in places):
            raise UsageError(f"{told}: no list has an item with so high a number")
        path += map(int, places)
    try:
        value = parse(text, "--set").tree if text.strip() else None
    except InvalidInputError as error:
        raise InvalidInputError(
            [
                Problem(field, p.message, p.found, p.hint, "--set", number, len(field) + 1 + max(p.column, 1), p.detail)
                for p in error.problems
            ]
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
            raise UsageError(f"{told}: the list has no item [{step}]; the first is [0]")
        return [_laid(item, rest, value, told) if i == step else item for i, item in enumerate(tree)]
    if isinstance(tree, list):
        raise UsageError(f"{told}: {step} is in a list: name the item, such as [0]")
    base = tree if isinstance(tree, dict) else {}
    return {**base, step: _laid(base.get(step), rest, value, told)}


def _supposed(patient: Patient, laid: Collection[Path_]) -> Iterator[str]:
    """The laboratory values that ``--set`` changed and that have no day; none if ``labs_on`` was changed too."""
    of_labs = [path for path in laid if path[0] == "labs"]
    if not of_labs or patient.labs is None or ("labs_on",) in laid:
        return
    for name, value in patient.labs.contents():
        told = any(path[1:2] in ((), (name,)) for path in of_labs)
        if told and isinstance(value, float) and name not in BASELINES and getattr(value, "on", None) is None:
            yield name
