"""A sheet for a tumour board for each patient of a folder, and an index of the sheets."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from mmadvisor.answers.board_index import SCHEMA, BoardIndex, BoardRow, UnreadFile
from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.answers.stamps import SettingFrom, with_settings
from mmadvisor.base.errors import InvalidInputError, Problem, UsageError
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import Stamp
from mmadvisor.cohort.run import stoppable
from mmadvisor.cohort.sources import files_of, passed_over
from mmadvisor.files.output import identity, keep_apart, made_folder, write_atomically
from mmadvisor.render import render
from mmadvisor.render.board_index import BOARD_INDEX
from mmadvisor.render.kind import Look
from mmadvisor.render.recommendation import RECOMMENDATION
from mmadvisor.reports.board_index import Earlier, EarlierRow, EarlierUnread, index, name_the_same_ids, row, unread

INDEX, PAGE = "index.json", "index.html"
_LONGEST_NAME = 60
_DIGITS = 10


class Run(NamedTuple):
    """What is the same for all patients of a run.

    ``as_of``: the day of every answer, if one was given. ``reads``: files that are read besides the patient files.
    ``settings``: those that the answers have used so far; ``ignored``: those that exist and are not used.
    """

    catalogue: Catalogue
    stamp: Stamp
    made_on: date
    as_of: date | None
    reads: Sequence[Path] = ()
    settings: Sequence[SettingFrom] = ()
    ignored: Sequence[SettingFrom] = ()


class Board(NamedTuple):
    """The result of a run.

    ``done`` of ``total`` files were read, of which ``failed`` could not be answered. If a signal with the number
    ``stopped`` ended the run, there is no ``answer``.
    """

    answer: BoardIndex | None
    done: int
    failed: int
    total: int
    stopped: int = 0


# Why: docs/explanation/output.md#the-sheets-of-a-folder
def make_board(
    folder: Path,
    output: Path,
    answer: Callable[[str], Recommendation],
    run: Run,
    say: Callable[[str], None],
    seen: Callable[[int, int], None] = lambda done, total: None,
) -> Board:
    """Write a sheet for each patient file of a folder, then the index as a page and as JSON.

    Args:
        folder: The folder of patient files.
        output: The folder for the sheets and the index; it is made if it does not exist.
        answer: Reads one file and returns its answer. An invalid file gets a row with its errors.
        run: What is the same for all patients.
        say: Receives each failure, with field and position and never a value.
        seen: Receives the number of finished files, and the number of all.

    Raises:
        InvalidInputError: The folder contains no patient file.
        UsageError: A folder is no folder; the output is an input or lies inside one; ``index.json`` in the output is no
            index; or a file cannot be written.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    keep_apart(output, [folder])
    files = list(files_of([str(folder)]))
    earlier = read_earlier(output / INDEX)
    made_folder(output)
    keep_apart(output, [folder])
    to = _Sheets(output, [folder, *run.reads], files)
    rows: list[BoardRow] = []
    failed: list[UnreadFile] = []
    with stoppable() as stopped:
        for done, file in enumerate(files, 1):
            name = Path(file).relative_to(folder).as_posix()
            try:
                found = answer(file)
                made = row(found, name, sheet_name(found["patient"]["id"], name))
                to.write(made["sheet"], _sheet(found, run), file)
                rows.append(made)
            except InvalidInputError as error:
                failed.append(unread(name, error.problems))
                for problem in error.problems:
                    say(problem.for_a_log())
            seen(done, len(files))
            if stopped:
                return Board(None, done, len(failed), len(files), stopped[0])
    name_the_same_ids(rows)
    for made in (made for made in rows if made["same_id"]):
        file = str(folder / made["file"])
        to.write(made["sheet"], _sheet(answer(file), run, made["file"], made["same_id"]), file)
    there = [was.sheet for was in _all_rows(earlier) if (output / was.sheet).is_file()]
    beside = passed_over([str(folder)])
    whole = index(run.catalogue, run.stamp, run.made_on, run.as_of, rows, failed, earlier, there, beside)
    whole["settings_ignored"] = list(run.ignored)
    whole = with_settings(whole, run.settings)
    to.write(PAGE, render(BOARD_INDEX, "html", whole), "the index")
    to.write(INDEX, render(BOARD_INDEX, "json", whole), "the index")
    return Board(whole, len(files), len(failed), len(files))


def _sheet(found: Recommendation, run: Run, file: str = "", same_id: Sequence[str] = ()) -> str:
    """The sheet of a patient; it names its file if other files have the same id."""
    look = Look(board=True, made_on=run.made_on.isoformat(), file=file, same_id=tuple(same_id))
    return render(RECOMMENDATION, "html", found, look)


# --- the names of sheets ------------------------------------------------------------------------


def sheet_name(id: str, file: str) -> str:
    """The file name of the sheet of a patient: the harmless characters of the id, and a hash of id and file.

    It stays the same in every run, whatever other patients are in the folder. Two patients never share it, even on a
    disk that does not distinguish upper and lower case.
    """
    plain = re.sub(r"[^a-z0-9._]+", "-", id.casefold()).strip("-.")[:_LONGEST_NAME]
    known = hashlib.sha256(f"{id}\0{file}".encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{plain or 'patient'}-{known}.html"


class _Sheets:
    """Writes files into the output folder, none of them over an input or over another file of the run."""

    def __init__(self, output: Path, reads: Sequence[Path], files: Sequence[str]) -> None:
        self.output, self.reads = output, reads
        self.taken = {known: file for file in files if (known := identity(Path(file))) is not None}
        self.written: dict[str, object] = {}

    def write(self, name: str, text: str, whose: str) -> None:
        """Write a file whole.

        Raises:
            InvalidInputError: The file would overwrite an input, or another file of this run.
            UsageError: The file cannot be written.
        """
        place = self.output / name
        known = identity(place)
        again = name in self.written and self.written[name] == known
        if known is not None and not again and (other := self.taken.get(known)) is not None:
            raise InvalidInputError([Problem("", f"{place} would overwrite {other}, or the sheet for it", file=whose)])
        keep_apart(place, self.reads)
        write_atomically(place, text)
        if (known := identity(place)) is not None:
            self.taken[known] = whose
            self.written[name] = known


# --- the last run -------------------------------------------------------------------------------


def read_earlier(path: Path) -> Earlier | None:
    """The index of the last run; ``None`` if there is none. What it lacks is not compared.

    Raises:
        UsageError: The file is no index, so that this run must not overwrite it, or it cannot be read.
    """
    try:
        tree = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise _no_index(path, reason or "no reason given") from None
    if not isinstance(tree, dict) or tree.get("schema") != SCHEMA:
        raise _no_index(path, f"it is not {SCHEMA}")
    catalogue, engine = _group(tree, "catalogue"), _group(tree, "engine")
    return Earlier(
        made_on=_text(tree, "made_on"),
        catalogue=_text(catalogue, "version"),
        catalogue_sha256=_text(catalogue, "sha256"),
        program=_text(engine, "version"),
        rows=tuple(_rows(tree, "patients")),
        old=tuple(_rows(tree, "old_sheets")),
        unread=tuple(
            EarlierUnread(_text(u, "file"), tuple(_texts(u, "had_emergencies"))) for u in _groups(tree, "unread")
        ),
        layers=tuple(_texts(catalogue, "layers")),
        run=run if type(run := tree.get("run")) is int else 0,
    )


def _no_index(path: Path, reason: str) -> UsageError:
    return UsageError(f"{path} cannot be read as the index of an earlier run ({reason}): name another folder")


def _rows(tree: dict[str, Any], key: str) -> Iterator[EarlierRow]:
    """The patients of an earlier index; a name that no run gives is not the name of a sheet."""
    for each in _groups(tree, key):
        stamp = _group(each, "patient")
        compared = {about: list(map(str, was)) for about, was in _group(each, "compared").items() if type(was) is list}
        id, file, sheet = _text(stamp, "id") or _text(each, "id"), _text(each, "file"), _text(each, "sheet")
        yield EarlierRow(
            id=id,
            file=file,
            sheet=sheet if sheet == sheet_name(id, file) else "",
            sha256=_text(stamp, "sha256"),
            compared=compared,
        )


def _all_rows(earlier: Earlier | None) -> list[EarlierRow]:
    return [was for was in (*earlier.rows, *earlier.old) if was.sheet] if earlier else []


def _groups(tree: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = tree.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _group(tree: dict[str, Any], key: str) -> dict[str, Any]:
    found = tree.get(key)
    return found if isinstance(found, dict) else {}


def _texts(tree: dict[str, Any], key: str) -> list[str]:
    found = tree.get(key)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _text(tree: dict[str, Any], key: str) -> str:
    found = tree.get(key)
    return found if isinstance(found, str) else ""
