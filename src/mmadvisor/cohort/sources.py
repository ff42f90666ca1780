"""The patients of a cohort, one after another, from folders, files of many patients, and standard input.

Nothing is held but the record that is read. A record that cannot be read is an error of that record, and never ends the
run.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from mmadvisor.answers.stamps import InputEntry
from mmadvisor.base.errors import InvalidInputError, Problem, UsageError
from mmadvisor.files.documents import MAX_BYTES, NO_FILE, read_bytes, unreadable
from mmadvisor.files.patients import COMPRESSED, LINES, PARQUET

PATIENT_SUFFIXES = (".yaml", ".yml", ".json")
STDIN = "-"
_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_ROWS_AT_ONCE = 256
_LOST = "how many records are lost is not known"
_BLOCK = 1 << 20


class Raw(NamedTuple):
    """One input: its place, and its bytes; ``content`` is ``None`` for a file of one patient, which a worker reads.

    ``problem``: why the record could not be read; otherwise empty. ``line``: the line of the record in the file; 0 for
    a record that is no line. ``last``: the file cannot be read from here on; how many records follow is not known.
    """

    at: InputEntry
    content: bytes | None = None
    problem: str = ""
    line: int = 0
    last: bool = False

    def read(self) -> bytes:
        """The bytes of the record.

        Raises:
            InvalidInputError: The record cannot be read.
        """
        if self.problem:
            raise unreadable(self.at["file"], self.problem, self.line)
        return read_bytes(Path(self.at["file"])) if self.content is None else self.content

    def placed(self, problem: Problem) -> Problem:
        """A problem with its position in the file, and not in the record."""
        if self.at["row"] is None:
            return problem
        return problem._replace(line=self.line, column=problem.column if self.line else 0)


# --- which files -----------------------------------------------------------------------------------


def files_of(paths: Iterable[str]) -> Iterator[str]:
    """The patient files of some paths; for a folder, the files in it and in its sub-folders.

    A folder that cannot be listed is returned itself, so that its reader reports it. Links to folders are not followed.

    Raises:
        InvalidInputError: A folder contains no patient file.
    """
    for path in paths:
        if path == STDIN or not Path(path).is_dir():
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


def passed_over(paths: Iterable[str]) -> list[str]:
    """The files in folders that are not read, because of how their names end; hidden files and folders are left out."""
    found = []
    for path in paths:
        for place, folders, names in os.walk(path) if path != STDIN else ():
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            beside = (name for name in sorted(names) if Path(name).suffix.casefold() not in PATIENT_SUFFIXES)
            found += [Path(place, name).relative_to(path).as_posix() for name in beside if not name.startswith(".")]
    return found


_NAMED = 10


def told_passed_over(files: Sequence[str]) -> list[str]:
    """A message that names the files in folders that are not read; none if there are none."""
    if not files:
        return []
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    endings = ", ".join(PATIENT_SUFFIXES)
    return [f"not read, since the names do not end in {endings} ({len(files)}): {', '.join(files[:_NAMED])}{more}"]


class Source(NamedTuple):
    """One file of a run; ``root`` is the path of the command line from which it comes. ``kind``: what is in it."""

    file: str
    root: str
    kind: str

    def records(self, empty: Callable[[], None] = lambda: None) -> Iterator[Raw]:
        """The records of the file, in order; ``empty`` is called for each empty line, which is no record.

        Raises:
            InvalidInputError: The file cannot be read from here on.
            UsageError: A package is needed to read it.
        """
        if self.kind == "one":
            yield Raw(InputEntry(file=self.file, row=None))
        elif self.kind == PARQUET:
            yield from _rows(self.file)
        else:
            with _opened(self.file) as stream:
                yield from _lines(self.file, stream, empty)


def sources_of(paths: Iterable[str]) -> list[Source]:
    """The files of a run, in order.

    Raises:
        InvalidInputError: A folder contains no patient file.
        UsageError: A path does not exist; a file has a format that is not read, or for which a package is missing.
    """
    found = []
    for path in paths:
        if path != STDIN and not Path(path).exists():
            raise UsageError(f"{path}: there is no such file or folder")
        inside = path != STDIN and Path(path).is_dir()
        found += [Source(file, path, "one" if inside else _kind(file)) for file in files_of([path])]
    if sum(source.file == STDIN for source in found) > 1:
        raise UsageError("- can be read only once")
    # A missing package must be an error before the first patient, and not in the middle of a run.
    if any(source.kind == PARQUET for source in found):
        pyarrow()
    if any(source.file.casefold().endswith(".zst") for source in found):
        zstd()
    return found


def _kind(file: str) -> str:
    """What is in a file that is named on the command line: one patient, lines, or Parquet."""
    name = file.casefold()
    for ending in COMPRESSED:
        name = name.removesuffix(ending)
    if file == STDIN or name.endswith(LINES):
        return "lines"
    if file.casefold().endswith(PARQUET):
        return PARQUET
    if file.casefold().endswith(PATIENT_SUFFIXES):
        return "one"
    raise UsageError(
        f"{file}: name a folder, a patient file (.yaml, .json), a file with one patient a line (.ndjson, .ndjson.gz, "
        ".ndjson.zst), a Parquet file, or - for standard input"
    )


# --- lines -----------------------------------------------------------------------------------------


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """A stream of lines; compression is recognised by the first bytes.

    Raises:
        InvalidInputError: The file cannot be read.
        UsageError: A package is needed to read it.
    """
    with ExitStack() as stack:
        try:
            plain = _stdin() if file == STDIN else stack.enter_context(_regular(file))
            first = plain.peek(len(_ZSTD))
        except OSError as error:
            raise unreadable(_called(file), f"it cannot be read ({error.strerror or 'no reason given'})") from None
        stream: Any = plain
        if first.startswith(_GZIP):
            stream = stack.enter_context(gzip.GzipFile(fileobj=plain, mode="rb"))
        elif first.startswith(_ZSTD):
            stream = stack.enter_context(zstd().open(plain, "rb"))
        yield stream


def _stdin() -> io.BufferedReader:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise unreadable(_called(STDIN), "it is closed")
    return stream if hasattr(stream, "peek") else io.BufferedReader(stream)


def _regular(file: str) -> io.BufferedReader:
    if not Path(file).is_file():
        raise unreadable(file, NO_FILE)
    return Path(file).open("rb")


def _called(file: str) -> str:
    return "standard input" if file == STDIN else file


def zstd() -> Any:
    """The module for Zstandard: of Python 3.14 and later, or of the package for earlier versions.

    Raises:
        UsageError: It is not installed.
    """
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd as module
        else:
            from backports import zstd as module
    except ImportError:
        raise _lacking("zstd", ".zst files") from None
    return module


def pyarrow() -> Any:
    """The package for Parquet, with its part for files.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise _lacking("columnar", "Parquet files") from None
    return pyarrow


def _lacking(extra: str, what: str) -> UsageError:
    return UsageError(f"{what} need a further package: pip install 'mmadvisor[{extra}]'")


def _lines(file: str, stream: BinaryIO, empty: Callable[[], None]) -> Iterator[Raw]:
    """The lines of a stream that are not empty; the row of a record is the number of its line."""
    row = 0
    while True:
        at = InputEntry(file=_called(file), row=row + 1)
        try:
            line = stream.readline(MAX_BYTES + 1)
            row += 1
            long = len(line) > MAX_BYTES and not line.endswith(b"\n")
            while long and (rest := stream.readline(_BLOCK)) and not rest.endswith(b"\n"):
                pass
        except Exception as error:
            if not _of_damage(error):
                raise
            problem = f"it cannot be read from here on: the data is cut off or damaged; {_LOST}"
            yield Raw(at, problem=problem, line=row + 1, last=True)
            return
        if not line:
            return
        if long:
            yield Raw(at, problem=f"the line is longer than {MAX_BYTES // 1024} KiB", line=row)
        elif line.strip():
            yield Raw(at, line, line=row)
        else:
            empty()


def _of_damage(error: Exception) -> bool:
    """Whether an error says that a file, or its compressed data, cannot be read."""
    return isinstance(error, OSError | EOFError | zlib.error) or type(error).__name__ == "ZstdError"


# --- Parquet ---------------------------------------------------------------------------------------


def _rows(file: str) -> Iterator[Raw]:
    """The rows of a Parquet file with the fields of a patient as nested columns, each as JSON."""
    arrow = pyarrow()
    _regular(file).close()
    row = 0
    try:
        with arrow.parquet.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
                for tree in batch.to_pylist():
                    row += 1
                    yield Raw(InputEntry(file=file, row=row), json.dumps(_recorded(tree), default=_as_text).encode())
    except (arrow.ArrowException, OSError):
        at = InputEntry(file=file, row=row + 1)
        problem = f"it cannot be read from here on: this is not a whole Parquet file; {_LOST}"
        yield Raw(at, problem=problem, last=True)


def _recorded(value: Any) -> Any:
    """A value without its empty columns. A group of columns that are all empty is not recorded."""
    if isinstance(value, dict):
        kept = {name: inner for name, held in value.items() if (inner := _recorded(held)) is not None}
        return kept or None
    if isinstance(value, list):
        return [{} if (inner := _recorded(held)) is None and isinstance(held, dict) else inner for held in value]
    return value


def _as_text(value: object) -> str:
    return value.isoformat()[:10] if isinstance(value, date) else str(value)


# --- what a run reads, in numbers ------------------------------------------------------------------


class Contents(NamedTuple):
    """The digest of everything that a run reads, and the number of records; ``None`` if it is not known beforehand."""

    digest: str
    records: int | None


def contents_of(sources: Iterable[Source]) -> Contents:
    """The digest and the number of records of the files; the digest of standard input is empty."""
    whole, records = hashlib.sha256(), 0
    counted = True
    for source in sources:
        if source.file == STDIN:
            return Contents("", None)
        whole.update(f"{len(source.file)}:{source.file}:".encode("utf-8", "surrogatepass"))
        lines, digest = _digest(source)
        whole.update(digest)
        if source.kind == "one":
            records += 1
        elif source.kind == "lines" and not source.file.casefold().endswith(COMPRESSED):
            records += lines
        elif source.kind == PARQUET and (rows := _number_of_rows(source.file)) is not None:
            records += rows
        else:
            counted = False
    return Contents(whole.hexdigest(), records if counted else None)


def _number_of_rows(file: str) -> int | None:
    """The number of rows of a Parquet file; ``None`` if it cannot be read."""
    try:
        rows: int = pyarrow().parquet.read_metadata(file).num_rows
    except (OSError, ValueError):  # what is no Parquet file is a ValueError of the package
        return None
    return rows


def _digest(source: Source) -> tuple[int, bytes]:
    """The number of lines and the digest of one file; a file that cannot be read has an empty digest."""
    found, lines, last = hashlib.sha256(), 0, b"\n"
    try:
        with _regular(source.file) as file:
            while block := file.read(_BLOCK):
                found.update(block)
                lines += block.count(b"\n")
                last = block[-1:]
    except (OSError, InvalidInputError):
        return 0, b"unread"
    return lines + (last != b"\n"), found.digest()
