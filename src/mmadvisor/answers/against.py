"""What changes from one patient to another: format ``mmadvisor/against/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.changes import AnswerChange, RankingChange
from mmadvisor.answers.stamps import CatalogueStamp

SCHEMA = "mmadvisor/against/1"


class FactChange(TypedDict):
    """One thing derived of the patient, before and after."""

    about: str
    before: str
    after: str
    because: str


class Whose(TypedDict):
    """Whose answer one of the two is: the patient, the day and the place."""

    id: str
    assessed_on: str
    jurisdiction: str


class Against(TypedDict):
    """What differs from one answer to another.

    ``missing_names``: each field that is missing no longer, or newly, in words.
    """

    schema: str
    before: Whose
    after: Whose
    set: list[str]
    facts: list[FactChange]
    answers: list[AnswerChange]
    ranking: RankingChange | None
    first: list[str]
    first_before: list[str]
    no_longer_missing: list[str]
    newly_missing: list[str]
    missing_names: dict[str, str]
    catalogue: CatalogueStamp
    intended_use: str
