"""What differs between two catalogues. The format is ``mmadvisor/catalogue-diff/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

SCHEMA = "mmadvisor/catalogue-diff/1"


class FieldChange(TypedDict):
    """One field of an entry, before and after; null if the field was absent.

    A part that was added or removed as a whole, such as an indication, is one change, with all its contents.
    """

    field: str
    before: object
    after: object


class EntryChange(TypedDict):
    """One entry that was added, removed or changed; an entry without an id also shows its contents."""

    entry: str
    what: str
    fields: list[FieldChange]


class AnswerChange(TypedDict):
    """One regimen whose verdict or rank differs for one patient; a closed regimen has no rank.

    ``new``: reasons that did not apply before. ``gone``: reasons that no longer apply. ``because``: both, as sentences.
    """

    regimen: str
    before: str
    after: str
    rank_before: int | None
    rank_after: int | None
    because: list[str]
    new: list[str]
    gone: list[str]


class RankingChange(TypedDict):
    """How the options are ranked before and after, in words, if only one of the two answers has a ranking."""

    before: str
    after: str


class PatientChange(TypedDict):
    """One patient whose answer differs, or for whom no answer could be made."""

    patient: str
    error: str
    answers: list[AnswerChange]
    ranking: RankingChange | None


class CatalogueDifference(TypedDict):
    """Everything that differs between two catalogues."""

    schema: str
    """Name and version of the format."""
    before: str
    """The catalogue to compare with."""
    after: str
    """The other catalogue."""
    entries: list[EntryChange]
    """Entries that were added, removed or changed."""
    patients: list[PatientChange]
    """Patients whose answer differs, or for whom no answer could be made."""
    patients_compared: int
    """How many patients were compared."""
    intended_use: str
    """What the answer is for, and what it does not replace."""
