"""What changes from one patient to another. The format is ``mmadvisor/against/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.changes import AnswerChange, RankingChange
from mmadvisor.answers.stamps import CatalogueStamp

SCHEMA = "mmadvisor/against/1"


class FactChange(TypedDict):
    """One derived fact, before and after."""

    about: str
    before: str
    after: str
    because: str


class Whose(TypedDict):
    """The patient, the day and the place of one of the two answers."""

    id: str
    assessed_on: str
    jurisdiction: str


class Against(TypedDict):
    """What differs from one answer to another.

    ``missing_names`` gives the name of each field that is newly missing, or missing no longer.
    """

    schema: str
    """Name and version of the format."""
    before: Whose
    """The answer that is compared with."""
    after: Whose
    """The answer of the patient in hand."""
    set: list[str]
    """The values that were set by `--set`, as FIELD=VALUE."""
    facts: list[FactChange]
    """Derived facts that differ."""
    answers: list[AnswerChange]
    """Regimens whose verdict or rank differs."""
    ranking: RankingChange | None
    """How the options are ranked in both; null where both or neither have a ranking."""
    first: list[str]
    """The leading regimens of the answer in hand."""
    first_before: list[str]
    """The leading regimens of the answer that is compared with."""
    no_longer_missing: list[str]
    """Fields that the other answer lacked."""
    newly_missing: list[str]
    """Fields that this answer lacks and the other did not."""
    missing_names: dict[str, str]
    """The name of each of these fields in words."""
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""
