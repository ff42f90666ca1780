"""A patient file made from questions and replies: begun or continued, and written.

The questions come from the format (``form``). Each reply is checked like a file (``patients``), and the facts that
decide most are asked first (``unknowns``). The replies so far are plain data (``draft``). The next question follows
from these replies and from the skipped questions (``questions``). So a dialogue can stop anywhere, continue later, and
go back (``dialogue``).
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path as File
from shlex import quote
from typing import Any

from mmadvisor.base.errors import UsageError
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.desk.dialogue import Dialogue, Read, Stopped, Write, yes
from mmadvisor.desk.draft import State
from mmadvisor.desk.replies import Tree
from mmadvisor.files.documents import parse, read_bytes
from mmadvisor.files.form import Path
from mmadvisor.files.output import write_atomically
from mmadvisor.files.patients import patient_from, today_or
from mmadvisor.files.writing import STOPPED, written
from mmadvisor.formats.patient import CANNOT_BE_UNKNOWN
from mmadvisor.judging.case import Case
from mmadvisor.judging.unknowns import unknowns
from mmadvisor.reports.history import history_entry
from mmadvisor.reports.missing import care_by_field

GREETING = """\
A patient, step by step. Each answer is checked at once and may be short (rel).
  Enter  not known; it is never read as no     stop  save; continue later
  ?      explain the question                  end   save and finish
  <      one question back                     show  show the answers so far
  skip   leave this group                      set FIELD=VALUE  correct a field
"""


def new_patient(
    catalogue: Catalogue,
    file: File | None,
    day: date,
    read: Read,
    write: Write,
    *,
    width: int = 80,
    keep: Callable[[File], object] = lambda path: None,
) -> File | None:
    """Ask about a patient, or continue an existing file, and write the file; returns the file if one was written.

    ``keep`` raises UsageError if the patient file would overwrite another file that was read.

    Raises:
        InvalidInputError: The existing file is invalid.
        UsageError: The file cannot be written.
    """
    place = [file] if file is not None else []
    keep(file or File("patient.yaml"))
    state, before = State(), ""

    def refuses(id: str) -> str:
        """Why an id cannot be used, or empty; the user is asked before a file of that name is overwritten."""
        if file is not None:
            return ""
        place[:] = [File(f"{re.sub('[^A-Za-z0-9._-]', '-', id).lstrip('.') or 'patient'}.yaml")]
        try:
            keep(place[0])
        except UsageError as error:
            return str(error)
        if not place[0].exists() or yes(read, f"  {place[0]} exists already. Overwrite it?"):
            return ""
        return f"choose another id; or stop, and continue that file: mmadvisor new {quote(str(place[0]))}"

    _writable(file)
    if file is not None and file.exists():
        before = read_bytes(file).decode("utf-8", "replace")
        state = _loaded(before, file, catalogue)
        write(f"{file}: {_counted(state.told)}.")
        if not _may_lose(before, state, catalogue, read, write):
            return None
    for line in GREETING.splitlines():
        write(line)
    start = copy.deepcopy(state)
    dialogue = Dialogue(catalogue, read, write, state, _matters(catalogue, day), refuses, width)
    stopped = dialogue.run()
    write("")
    if not dialogue.told.get("id") or (stopped is not None and before and dialogue.draft.state == start):
        write("There is no answer yet, so no file is written.")
        return None
    passed = dialogue.draft.state.passed if stopped is not None else ()
    write_atomically(place[0], written(dialogue.told, catalogue.words, passed=passed, stopped=stopped))
    _report(dialogue, place[0], day, stopped is not None, write)
    return place[0]


def _writable(file: File | None) -> None:
    """Refuse a file that cannot be written, before the questions are asked.

    Raises:
        UsageError: The path is not a YAML file in an existing folder, or may not be written.
    """
    if file is not None:
        if file.suffix.casefold() == ".json" or str(file) == "-" or not file.absolute().parent.is_dir():
            raise UsageError(f"{file}: name a YAML file (.yaml) in an existing folder")
        if file.exists() and not file.is_file():
            raise UsageError(f"{file}: this is not a file that can be replaced")
    folder = (file or File("x")).absolute().parent
    if not os.access(folder, os.W_OK) or (file is not None and file.exists() and not os.access(file, os.W_OK)):
        raise UsageError(f"the folder {folder} does not allow writing")


def _loaded(text: str, file: File, catalogue: Catalogue) -> State:
    """The state of a dialogue from a patient file.

    If the dialogue that wrote the file was stopped, the state also has the questions that were asked already.
    """
    document = parse(text, str(file))
    patient_from(document, catalogue.formulary, places=tuple(catalogue.jurisdictions))
    state = State()
    state.told = _known(document.tree, (), state.passed)
    if not any(line.startswith(STOPPED) for line in text.splitlines()):
        state.passed.clear()
        return state
    for above, value in (("disease", "m_protein"), ("comorbidities", "second_cancers"), ("toxicities", "")):
        held = state.told.get(above) or {}
        items = held.get(value) if value else held
        base: Path = (above, value) if value else (above,)
        state.fresh |= {(*base, j) for j in range(len(items or ()))}
    return state


def _known(value: Any, place: Path, passed: set[Path]) -> Any:
    """A tree without unknown values; ``passed`` collects the paths that are written as unknown."""
    if isinstance(value, list):
        return [_known(item, (*place, i), passed) for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, inner in value.items():
        without_value = isinstance(inner, dict) and inner.get("value", 0) in (None, "unknown")
        if without_value or (inner == "unknown" and key not in CANNOT_BE_UNKNOWN):
            passed.add((*place, key))
        elif inner is not None:
            made[key] = _known(inner, (*place, key), passed)
    return made


def _may_lose(before: str, state: State, catalogue: Catalogue, read: Read, write: Write) -> bool:
    """Whether the file may be written anew: no comment of its own would be lost, or the user agrees to that."""
    ours = {_comment(line) for line in written(state.told, catalogue.words, passed=state.passed).splitlines()}
    blank = {_comment(line) for line in written({}, catalogue.words).splitlines()}
    lost = [c for line in before.splitlines() if (c := _comment(line)) and c not in ours | blank | {""}]
    lost = [c for c in lost if not f"# {c}".startswith((STOPPED, "# not known: "))]
    if not lost:
        return True
    write(f"The file is written anew and loses its own comments ({len(lost)}), such as # {lost[0]}")
    try:
        return yes(read, "Continue?")
    except (Stopped, EOFError, KeyboardInterrupt):
        return False


def _comment(line: str) -> str:
    """The text behind the last # of a line."""
    return line.rpartition("#")[2].strip() if "#" in line else ""


def _counted(told: Tree) -> str:
    def facts(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 1 if inner is None else sum(map(facts, inner))

    therapies = told.get("therapies") or []
    rest = facts({k: v for k, v in told.items() if k not in ("therapies", "schema")})
    return f"{len(therapies)} {'therapy' if len(therapies) == 1 else 'therapies'} and {rest} other facts are recorded"


def _matters(catalogue: Catalogue, day: date) -> Callable[[Tree], list[str]]:
    """A function that returns, for the patient so far, the missing facts to ask about first.

    First the facts that could change the answer, or whose values cannot be tried; then those on which care before the
    first dose depends.
    """

    def fields(told: Tree) -> list[str]:
        case = _case(told, catalogue, day)
        asked, care = unknowns(case), care_by_field(case)
        changing = [u.field for u in asked if u.decisive or not u.tried]
        return [*changing, *(u.field for u in asked if u.field in care and u.field not in changing)]

    return fields


def _case(told: Tree, catalogue: Catalogue, day: date) -> Case:
    patient = patient_from(told | {"therapies": told.get("therapies") or []}, catalogue.formulary).patient
    return Case.of(patient, catalogue, today_or(patient, day), assume_relapse=True)


def _report(dialogue: Dialogue, file: File, day: date, stopped: bool, write: Write) -> None:
    """Print the name of the file, what is derived, and what comes next."""
    write(f"{'The patient so far' if stopped else 'The patient'} is in {file}.")
    derived = history_entry(_case(dialogue.told, dialogue.catalogue, day), [])
    lines = derived["prior_lines"]
    low, high = lines["at_least"], lines["at_most"]
    shown = str(low) if low == high else f"{low} or more" if high is None else f"{low} to {high}"
    by = {word: [a["name"] for a in derived["agents"] if a["refractory"] == word] for word in ("yes", "unknown")}
    write(f"  Prior lines: {shown} ({lines['definition']})")
    nothing = (
        "nothing on record"
        if derived["therapies"] or derived["complete"] == "yes"
        else "not known: no therapy is recorded"
    )
    write(f"  Refractory to: {', '.join(by['yes']) or nothing}")
    if by["unknown"]:
        write(f"  Not settled: {', '.join(by['unknown'])}")
    name = quote(str(file) if not str(file).startswith("-") else f"./{file}")
    write("Next:")
    if stopped:
        write(f"  mmadvisor new {name}")
    write(f"  mmadvisor recommend {name}")
    write(f"  mmadvisor history {name}")
