"""The result of checking the catalogue's files. The format is ``mmadvisor/catalogue-check/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.base.errors import Problem

SCHEMA = "mmadvisor/catalogue-check/1"


class ProblemEntry(TypedDict):
    """One error or warning: the field, the message, the value that was found, and the position in the file."""

    path: str
    message: str
    found: str
    hint: str
    file: str
    line: int
    column: int


def entry_of(problem: Problem) -> ProblemEntry:
    """An error or warning as data, with its values."""
    return {
        "path": problem.path,
        "message": problem.whole,
        "found": problem.found,
        "hint": problem.hint,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
    }


class Counts(TypedDict, total=False):
    """The number of entries and claims; empty if the files cannot be read as a catalogue.

    ``claims`` and ``deciding`` count claims by mark (primary, secondary, unverified). ``deciding`` counts only the
    claims that can change a verdict or a rank.
    """

    regimens: int
    agents: int
    names: int
    sources: int
    jurisdictions: dict[str, int]
    claims: dict[str, int]
    deciding: dict[str, int]
    deciding_read_percent: float


class CatalogueCheck(TypedDict):
    """The errors and warnings of the catalogue's files, and the number of entries and claims."""

    schema: str
    """Name and version of the format."""
    problems: list[ProblemEntry]
    """Errors, each with file, line and column."""
    warnings: list[ProblemEntry]
    """Doubtful entries, such as sources that were read long ago."""
    counts: Counts
    """The number of entries, and of claims by mark."""
