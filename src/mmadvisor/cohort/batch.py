"""Answers for a folder of patient files, one JSON line for each patient. An invalid file does not stop the run."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.base.errors import InvalidInputError, MmadvisorError, Problem, UsageError
from mmadvisor.base.plain import as_json
from mmadvisor.files.output import Part, identity, is_device, keep_apart, made_folder, write_atomically, write_stdout

PATIENT_SUFFIXES = (".yaml", ".yml", ".json")
# Suffixes of formats that one answer per line does not have.
_NOT_WRITTEN = (".csv", ".tsv", ".parquet", ".xlsx", ".md", ".markdown", ".html", ".htm", ".gz", ".zst")


@dataclass
class Summary:
    """The result of a batch; ``stopped`` is the number of the signal that ended it early."""

    total: int = 0
    done: int = 0
    failed: int = 0
    where: str = ""
    stopped: int = 0

    def lines(self) -> list[str]:
        """The lines to print at the end."""
        counts = f"{self.done} answered, {self.failed} failed"
        if not self.stopped:
            return [counts]
        return [f"stopped after {self.done + self.failed} of {self.total} files: {counts}", *self.so_far()]

    def so_far(self) -> list[str]:
        """The lines that name the file with the answers so far, after a run that ended early."""
        return [f"the answers so far are in {self.where}"] if self.done and self.where else []


# --- files --------------------------------------------------------------------------------------


def files_of(paths: Iterable[str]) -> Iterator[str]:
    """The patient files of some paths; for a folder, the files in it and in its sub-folders.

    A folder that cannot be listed is returned itself, so that its reader reports it. Links to folders are not followed.

    Raises:
        InvalidInputError: A folder contains no patient file.
    """
    for path in paths:
        if path == "-" or not Path(path).is_dir():
            yield path
            continue
        inside = sorted(_inside(path))
        if not inside:
            raise InvalidInputError([Problem("", "the folder contains no .yaml, .yml or .json file", file=path)])
        yield from inside


def _inside(folder: str) -> Iterator[str]:
    unread: list[str] = []
    for place, _, names in os.walk(folder, onerror=lambda error: unread.append(str(error.filename))):
        yield from (str(Path(place, name)) for name in names if Path(name).suffix.casefold() in PATIENT_SUFFIXES)
    yield from unread


# --- where answers go ---------------------------------------------------------------------------


class _Sink(Protocol):
    """The file, folder or stream to which answers are written; ``where`` is its name in messages during the run."""

    where: str

    def put(self, file: str, line: str) -> None:
        """Write the answer for a file.

        Raises:
            InvalidInputError: The answer for this one file cannot be written.
            UsageError: No further answer can be written.
        """

    def finish(self) -> None:
        """Close the file after the last answer."""


class _ToStream:
    """Standard output, a device or a pipe: one line for each answer, as it comes."""

    where = ""

    def __init__(self, device: Path | None) -> None:
        self.device = device

    def put(self, file: str, line: str) -> None:
        if self.device is None:
            write_stdout(line, as_utf8=True)
        else:
            write_atomically(self.device, line)

    def finish(self) -> None:
        """Do nothing, because each line was already written."""


class _ToFile:
    """One file, with one line for each answer."""

    def __init__(self, output: Path) -> None:
        self.part = Part(output)
        self.where = str(self.part.place)

    def put(self, file: str, line: str) -> None:
        self.part.write(line)

    def finish(self) -> None:
        self.part.finish()


class _ToFolder:
    """A file for each input, named by the path of the input in the input folder, plus ``.json``."""

    def __init__(self, folder: Path, output: Path, files: Sequence[str]) -> None:
        self.folder, self.output, self.where = folder, output, str(output)
        self.taken = {known: file for file in files if (known := identity(Path(file))) is not None}
        self.made: set[Path] = set()
        places = {self._place(file): file for file in files}
        for place, file in places.items():
            for above in place.parents:
                if above in places:
                    raise UsageError(
                        f"the answers for {places[above]} and {file} need a file and a folder with one name: rename one"
                    )
        self._make(output)

    def _place(self, file: str) -> Path:
        inside = Path(file).relative_to(self.folder)
        return self.output / inside.with_name(f"{inside.name}.json")

    def _make(self, folder: Path) -> None:
        if folder not in self.made:
            made_folder(folder)
            keep_apart(folder, [self.folder])
            self.made.add(folder)

    def put(self, file: str, line: str) -> None:
        place = self._place(file)
        self._make(place.parent)
        # Names that differ only by case, or by how a letter is composed, may be one file on the disk.
        known = identity(place)
        if known is not None and (other := self.taken.get(known)) is not None:
            raise InvalidInputError(
                [Problem("", f"its answer would overwrite {other}, or the answer for it", file=file)]
            )
        write_atomically(place, line)
        if (known := identity(place)) is not None:
            self.taken[known] = file

    def finish(self) -> None:
        """Do nothing, because each file was complete when it was written."""


def _sink(folder: Path, output: str, files: Sequence[str]) -> _Sink:
    if output == "-":
        return _ToStream(None)
    place = Path(output)
    keep_apart(place, [folder, *map(Path, files)])
    if place.is_dir() or output.endswith(("/", os.sep)):
        return _ToFolder(folder, place, files)
    if place.suffix.casefold() in _NOT_WRITTEN:
        raise UsageError(f"{output}: name a folder (ending in /), or a file for one answer per line (.ndjson)")
    return _ToStream(place) if is_device(place) else _ToFile(place)


# --- the run ------------------------------------------------------------------------------------


def run_folder(path: Path, output: str, answer: Callable[[str], Recommendation], say: Callable[[str], None]) -> Summary:
    """Answer for every patient file of a folder.

    Args:
        path: The folder.
        output: A file for NDJSON; a folder (existing, or with a final slash) for one JSON file for each patient; or
            ``-`` for NDJSON on standard output.
        answer: Reads one file and returns its answer; a user's error is a failure of that file.
        say: Receives each failure, with field and position and never a value.

    Raises:
        InvalidInputError: The folder contains no patient file.
        UsageError: The path is no folder; the output is an input or lies inside one; or it cannot be written.
    """
    if not path.is_dir():
        raise UsageError(f"{path} is not a folder")
    files = list(files_of([str(path)]))
    sink = _sink(path, output, files)
    summary = Summary(total=len(files), where=sink.where)
    with stoppable() as stopped:
        for file in files:
            try:
                line = as_json(answer(file)) + "\n"
            except InvalidInputError as error:
                summary.failed += 1
                for problem in error.problems:
                    say(problem.without_value())
            except MmadvisorError:
                summary.failed += 1
                say(f"{file}: no answer could be given")
            else:
                _put(sink, file, line, summary, say)
            if stopped:
                summary.stopped = stopped[0]
                return summary
    sink.finish()
    return summary


def _put(sink: _Sink, file: str, line: str, summary: Summary, say: Callable[[str], None]) -> None:
    """Write an answer.

    Raises:
        UsageError: No further answer can be written; the error counts the answers so far.
    """
    try:
        sink.put(file, line)
        summary.done += 1
    except InvalidInputError as error:
        summary.failed += 1
        for problem in error.problems:
            say(f"{problem.where()}: {problem.message}")
    except UsageError as error:
        counts = f"{summary.done} of {summary.total} files were answered"
        raise UsageError("; ".join([str(error), counts, *summary.so_far()])) from None


@contextmanager
def stoppable() -> Iterator[list[int]]:
    """The signals that came while a batch runs: the first ends it after the current patient, the second immediately."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # A signal that was ignored before, such as Ctrl-C for a run in the background, stays ignored.
    before = {number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)}

    def note(number: int, frame: object) -> None:
        came.append(number)
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in before:
        signal.signal(number, note)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
