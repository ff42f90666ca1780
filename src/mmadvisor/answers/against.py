"""What differs between the answers for two patients. The format is ``mmadvisor/against/1``."""

from __future__ import annotations

from typing_extensions import TypedDict

from mmadvisor.answers.changes import AnswerChange, RankingChange
from mmadvisor.answers.stamps import Answer, CatalogueStamp, Engine

SCHEMA = "mmadvisor/against/1"


class FactChange(TypedDict):
    """One derived fact, before and after."""

    about: str
    before: str
    after: str
    because: str


class Whose(TypedDict):
    """The patient, the day and the jurisdiction of one of the two answers."""

    id: str
    assessed_on: str
    jurisdiction: str


class Against(Answer):
    """What differs between the answers for two patients.

    ``missing_names`` gives the name of each field that is newly missing, or missing no longer.
    """

    schema: str
    """Name and version of the format."""
    before: Whose
    """The answer to compare with (`--against`)."""
    after: Whose
    """The answer for the patient file of the command."""
    set: list[str]
    """The values that were set by `--set`, as FIELD=VALUE."""
    facts: list[FactChange]
    """Derived facts that differ."""
    answers: list[AnswerChange]
    """Regimens whose verdict or rank differs."""
    ranking: RankingChange | None
    """How the options are ranked in both answers; null if both or neither have a ranking."""
    first: list[str]
    """The leading regimens of this answer."""
    first_before: list[str]
    """The leading regimens of the answer to compare with."""
    no_longer_missing: list[str]
    """Fields that were missing for the other answer, and are not missing for this answer."""
    newly_missing: list[str]
    """Fields that are missing for this answer, and were not missing for the other."""
    missing_names: dict[str, str]
    """The name in words of each field that is newly missing, or missing no longer."""
    engine: Engine
    catalogue: CatalogueStamp
    intended_use: str
    """What the answer is for, and what it does not replace."""
