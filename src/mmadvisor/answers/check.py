"""What an editor of the catalogue's files is told: format ``mmadvisor/catalogue-check/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

SCHEMA = "mmadvisor/catalogue-check/1"


class ProblemEntry(TypedDict):
    """One thing wrong, or doubtful: a field, what of it, what stands there, and its place in a file."""

    path: str
    message: str
    found: str
    hint: str
    file: str
    line: int
    column: int


class Counts(TypedDict, total=False):
    """How much there is, and how much of it was read; nothing where the files cannot be read as a catalogue.

    ``claims`` and ``deciding`` count by mark (primary, secondary, unverified); ``deciding`` are those that a verdict or
    a rank hangs on.
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
    """What an editor of the files is told: errors, doubts, and how much there is and was read."""

    schema: str
    """Name and version of the format."""
    problems: list[ProblemEntry]
    """Errors, each with file, line and column."""
    warnings: list[ProblemEntry]
    """Doubtful entries, such as readings that are old."""
    counts: Counts
    """How many entries there are, and how many claims were read at their source."""
