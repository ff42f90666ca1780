"""Where the answers of a run go: a stream, one file, or a folder.

A file or a folder is written by way of ``OUT.part``: one line for each input in order, after a line on the run. At the
end everything is made from it: the records in the format of ``OUT``, the failures in ``OUT.errors.ndjson``, and the
records with the id of an earlier one in ``OUT.duplicates.ndjson``. So Parquet and compressed files can be resumed, and
are never seen before they are complete.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Set
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from typing_extensions import override

from mmadvisor.answers.columns import Table
from mmadvisor.answers.compact import Duplicate
from mmadvisor.answers.stamps import InputEntry
from mmadvisor.base.errors import InvalidInputError, Problem, UsageError
from mmadvisor.base.plain import as_json
from mmadvisor.cohort.engine import Outcome, failed, key_of
from mmadvisor.cohort.formats import write_beside, write_records
from mmadvisor.cohort.sources import Raw, Source
from mmadvisor.cohort.target import DUPLICATES, ERRORS, Target
from mmadvisor.files.output import (
    Part,
    identity,
    keep_apart,
    made_folder,
    replacing,
    write_atomically,
    write_stdout,
)

_FAILURE = b'{"file":'


class Repeats(NamedTuple):
    """The ids that occur more than once (``keys``), and a further reading of all inputs.

    ``inputs``: ``None`` if the inputs can be read only once.
    """

    keys: Set[bytes] = frozenset()
    inputs: Callable[[], Iterator[Raw]] | None = None

    def lines(self, outcomes: Iterator[bytes]) -> Iterator[bytes]:
        """A line for each record with the id of an earlier one; ``outcomes`` are the lines of the part."""
        if not self.keys:
            return
        earlier: dict[bytes, tuple[InputEntry, bytes]] = {}
        # The part has one line for each input, in the same order.
        for line, raw in zip(outcomes, repeat(None) if self.inputs is None else self.inputs(), strict=False):
            outcome = outcome_of(line)
            if outcome.problems or outcome.key not in self.keys:
                continue
            content = _content(raw)
            first, same = earlier.setdefault(outcome.key, (outcome.at, content))
            if first is not outcome.at:
                equal = content == same if content and same else None
                again = Duplicate(**outcome.at, earlier=first, same_bytes=equal)
                yield (as_json(again) + "\n").encode("utf-8", "backslashreplace")


def _content(raw: Raw | None) -> bytes:
    """The digest of an input without its line break; empty if it cannot be read again."""
    try:
        return b"" if raw is None else hashlib.sha256(raw.read().rstrip(b"\r\n")).digest()
    except InvalidInputError:
        return b""


class Sink(ABC):
    """Where outcomes go; ``where`` is its name in messages during the run. ``repeats``: the ids that occur again."""

    where = ""
    repeats = Repeats()
    target: Target | None = None
    part: Part | None = None

    def resumed(self) -> Iterator[bytes]:
        """The lines of the part, without the first one; what was cut off at its end is removed."""
        lines = iter(()) if self.part is None else self.part.lines()
        next(lines, None)
        yield from lines

    @abstractmethod
    def put(self, outcome: Outcome) -> Outcome:
        """Write an outcome; returns what was written, which may be a failure to write this one answer.

        Raises:
            UsageError: No further answer can be written.
        """

    def finish(self) -> None:
        """Write what is made at the end; the part is then not needed any more.

        Raises:
            UsageError: It cannot be written, or another run has replaced the part.
        """
        if self.part is None:
            return
        self.part.check()
        try:
            self.make()
        except UsageError as error:
            raise UsageError(f"{error}; everything is in {self.part.place}") from None
        self.part.place.unlink(missing_ok=True)

    def make(self) -> None:
        """Write what is made from the part: the failures, and what occurs again."""
        if self.target is not None:
            write_beside(self.target.beside(ERRORS), self.kept(failures=True))
            write_beside(self.target.beside(DUPLICATES), self.repeats.lines(self.resumed()))

    def kept(self, *, failures: bool) -> Iterator[bytes]:
        """The records of the part, or its failures."""
        return (line for line in self.resumed() if line.startswith(_FAILURE) is failures)


class Run(NamedTuple):
    """What a run is: the first line of ``OUT.part``. Another run may go on only if all of it is equal."""

    day: str
    input: str
    catalogue: str
    options: str
    engine: str

    def line(self) -> bytes:
        """The line."""
        return json.dumps({"schema": "mmadvisor/part/1"} | self._asdict()).encode() + b"\n"

    def check(self, line: bytes, place: Path) -> None:
        """Check that the first line of a file is of the same run.

        Raises:
            UsageError: Something differs.
        """
        before = run_of(line, place)
        differing = [name for name, value in before._asdict().items() if value != getattr(self, name)]
        if differing:
            differ = "differs" if len(differing) == 1 else "differ"
            raise UsageError(f"{place} cannot be resumed: the {' and the '.join(map(_named, differing))} {differ}")


def run_of(line: bytes, place: Path) -> Run:
    """The run of a first line.

    Raises:
        UsageError: The line is not of a run.
    """
    try:
        tree = json.loads(line)
        if tree.pop("schema") == "mmadvisor/part/1":
            return Run(**tree)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise UsageError(f"{place} is not of a run of this program, or of one that had not begun: leave out --resume")


def _named(name: str) -> str:
    return {"engine": "version of the program", "day": "day"}.get(name, f"{name} of the run")


class ToStream(Sink):
    """Standard output or a device: each record as it comes; failures go to standard error."""

    def __init__(self, target: Target, say: Callable[[str], None]) -> None:
        self.device = None if target.output == "-" else target.place
        self.say = say

    @override
    def put(self, outcome: Outcome) -> Outcome:
        if outcome.problems:
            self.say(outcome.line.decode().rstrip("\n"))
        elif self.device is None:
            write_stdout(outcome.line.decode(), as_utf8=True)
        else:
            write_atomically(self.device, outcome.line)
        return outcome


class ToFile(Sink):
    """One file."""

    def __init__(self, target: Target, table: Table, part: Part) -> None:
        self.target, self.table, self.part = target, table, part
        self.where = str(part.place)

    @override
    def put(self, outcome: Outcome) -> Outcome:
        assert self.part is not None
        self.part.write(outcome.line)
        return outcome

    @override
    def make(self) -> None:
        assert self.target is not None
        with replacing(self.target.place, beside=".part.new") as file:
            write_records(self.target, self.table, file, self.kept(failures=False))
        super().make()


class ToFolder(Sink):
    """A file for each input, named by the path of the input, plus ``.json``."""

    def __init__(self, target: Target, sources: Iterable[Source], part: Part) -> None:
        self.target, self.part, self.folder, self.where = target, part, target.place, str(target.place)
        self.roots = {source.file: source.root for source in sources}
        self.taken = {known: file for file in self.roots if (known := identity(Path(file))) is not None}
        self.made: set[Path] = set()
        self._make(target.place)

    def _make(self, folder: Path) -> None:
        if folder not in self.made:
            made_folder(folder)
            keep_apart(folder, [Path(root) for root in dict.fromkeys(self.roots.values()) if root != "-"])
            self.made.add(folder)

    @override
    def put(self, outcome: Outcome) -> Outcome:
        if not outcome.problems:
            try:
                self._write(outcome)
            except InvalidInputError as error:
                outcome = failed(outcome.at, error.problems)
        written = json.dumps({"input": outcome.at, "key": outcome.key.hex()}).encode() + b"\n"
        assert self.part is not None
        self.part.write(outcome.line if outcome.problems else written)
        return outcome

    def _write(self, outcome: Outcome) -> None:
        file, row = outcome.at["file"], outcome.at["row"]
        place = self.folder / name_in_folder(self.roots.get(file, "-"), file, row)
        self._make(place.parent)
        # Names that differ only by case, or by how a letter is composed, may be one file on the disk.
        known = identity(place)
        if known is not None and (other := self.taken.get(known)) is not None:
            raise InvalidInputError(
                [Problem("", f"its answer would overwrite {other}, or the answer for it", file=file)]
            )
        write_atomically(place, outcome.line)
        if (known := identity(place)) is not None:
            self.taken[known] = called(outcome.at)


def called(at: InputEntry) -> str:
    """The name of an input in messages."""
    return at["file"] if at["row"] is None else f"{at['file']}:{at['row']}"


def name_in_folder(root: str, file: str, row: int | None) -> Path:
    """The name of the answer for an input, in the folder of answers."""
    inside = Path(file).relative_to(root) if file != root and root != "-" else Path(Path(file).name)
    return inside.with_name(f"{inside.name}.json" if row is None else f"{inside.name}.{row}.json")


def check_names(sources: Iterable[Source]) -> None:
    """Check that every input gets a file of its own.

    Raises:
        UsageError: Two inputs have one name, or one needs a file and the other a folder with this name.
    """
    places: dict[Path, str] = {}
    for source in sources:
        place = name_in_folder(source.root, source.file, None)
        if place in places:
            raise UsageError(f"the answers for {places[place]} and {source.file} have one name: answer for them apart")
        places[place] = source.file
    for place, file in places.items():
        if above := next((above for above in place.parents if above in places), None):
            raise UsageError(
                f"the answers for {places[above]} and {file} need a file and a folder with one name: rename one"
            )


def outcome_of(line: bytes) -> Outcome:
    """The outcome that a line of a part records, as far as it is counted."""
    tree = json.loads(line)
    if line.startswith(_FAILURE):
        at = InputEntry(file=tree["file"], row=tree["row"])
        return Outcome(at, line, problems=(Problem(tree["field"], tree["reason"]),))
    if "key" in tree:
        return Outcome(tree["input"], line, bytes.fromhex(tree["key"]))
    patient = tree["patient"]
    at = tree.get("input") or InputEntry(file="", row=None)
    return Outcome(at, line, key_of(patient if isinstance(patient, str) else patient["id"]))
