"""A criterion as plain data of an answer."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from mmadvisor.answers.recommendation import CriterionEntry
from mmadvisor.catalogue.citing import since_of
from mmadvisor.judging.case import Case
from mmadvisor.judging.results import Result


class _Counted(TypedDict):
    """How a verdict counts a criterion, if that is not its result."""

    counts_as: NotRequired[str]


def criterion_entry(case: Case, result: Result) -> CriterionEntry:
    """A criterion with its result; regimens with the same criterion share one entry."""
    if id(result) not in case.told:
        case.told[id(result)] = result, _decided_entry(case, result)
    entry: CriterionEntry = case.told[id(result)][1]
    return entry


def _decided_entry(case: Case, result: Result) -> CriterionEntry:
    criterion, finding = result.criterion, result.finding
    required = result.required(case.catalogue.words)
    return CriterionEntry(
        id=criterion.id,
        type=criterion.type,
        tokens=list(criterion.tokens()),
        text=required,
        force=result.force,
        result=finding.truth.value,
        required=required,
        found=finding.found,
        where=", ".join(finding.where),
        missing=list(finding.missing),
        source=criterion.source,
        verified=criterion.verified if criterion.source else "",
        about=criterion.about,
        **since_of(criterion),
        **_counted(result),
    )


def _counted(result: Result) -> _Counted:
    counts = result.force == "hard" and result.counts_as is not result.finding.truth
    return {"counts_as": result.counts_as.value} if counts else {}
