"""The compact answer for one patient of a cohort: verdicts, places and what decides them, without reasons in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, cast

from mmadvisor.answers.compact import (
    SCHEMA,
    Closing,
    CompactHistory,
    CompactLines,
    CompactRecord,
    CompactRegimen,
    DayFrom,
    DecidesBy,
    Exposed,
    Refractory,
    TreatAnswer,
)
from mmadvisor.answers.stamps import InputEntry
from mmadvisor.base.errors import Problem
from mmadvisor.judging.case import Case
from mmadvisor.judging.places import places, provisional
from mmadvisor.judging.ranking import Ranked
from mmadvisor.judging.treat_now import due_now
from mmadvisor.judging.verdict import Assessment
from mmadvisor.reports.history import shown_classes, undated, warnings


def compact(
    case: Case, withheld: str, day_from: DayFrom, read_at: InputEntry, of_the_reader: Iterable[Problem | str] = ()
) -> CompactRecord:
    """The compact answer for a case.

    Args:
        case: The patient.
        withheld: Why there is no ranking; empty if there is one.
        day_from: Where the day of the decision comes from.
        read_at: Where the patient was read.
        of_the_reader: Warnings of the reader.
    """
    question, first = due_now(case)
    return CompactRecord(
        schema=SCHEMA,
        input=read_at,
        patient=case.history.patient.id,
        day=case.history.as_of.isoformat(),
        day_from=day_from,
        jurisdiction=case.jurisdiction,
        warnings=len(warnings(case, of_the_reader)),
        undated=undated(case),
        treat_now=cast(TreatAnswer, question["answer"]),
        emergencies=[emergency["emergency"] for emergency in question["emergencies"]],
        first=[said["id"] for said in first],
        history=_history(case),
        withheld=bool(withheld),
        withheld_because=withheld,
        regimens=placed(case, withheld),
        closed_by=_closed_by(case),
        not_available=[a.regimen.id for a in case.assessments if not a.available],
        open_fields=_fields(a for a in case.assessments if a.verdict == "undetermined"),
        deferred_open_fields={} if withheld else _fields(a for a in case.assessments if a.verdict == "deferred"),
    )


def placed(case: Case, withheld: str) -> dict[str, CompactRegimen]:
    """Every regimen with its verdict; an option also with its group and rank. The arguments are those of `compact`."""
    regimens: dict[str, CompactRegimen] = {a.regimen.id: {"verdict": a.verdict} for a in case.assessments}
    if not withheld:
        _place(case, regimens)
    return regimens


def _place(case: Case, regimens: dict[str, CompactRegimen]) -> None:
    """Add the ranks of options, of deferred regimens, and of those that only tests of today can confirm."""
    found = places(case)
    decided_by = _decided_by(case, case.ranked)
    for option, rank, by in zip(case.ranked, found.ranks, decided_by, strict=True):
        entry = regimens[option.assessment.regimen.id]
        entry["group"], entry["rank"] = option.group.name, rank
        entry["tied"], entry["decided_by"] = found.ranks.count(rank) > 1, by
    for waiting in found.deferred:
        entry = regimens[waiting.assessment.regimen.id]
        entry["would_rank"], entry["would_be_option"] = waiting.rank, waiting.offered
    for presumed in provisional(case):
        gates = dict.fromkeys(m for r in presumed.assessment.open_questions for m in r.finding.missing)
        entry = regimens[presumed.assessment.regimen.id]
        entry["provisional_rank"], entry["provisional_group"] = presumed.rank, presumed.ranked.group.name
        entry["gates"] = list(gates)


def _decided_by(case: Case, ranked: Sequence[Ranked]) -> Iterator[Literal["", "group"] | DecidesBy]:
    """For each option the comparison that puts it before the next; see ``CompactRegimen``."""
    unnumbered = case.ranker.published.unnumbered
    for upper, lower in pairwise(ranked):
        if unnumbered or upper.key == lower.key:
            yield ""
        elif upper.group.name != lower.group.name:
            yield "group"
        else:
            pairs = zip(upper.standings, lower.standings, strict=True)
            yield cast(DecidesBy, next(one.by for one, other in pairs if one.place != other.place))
    if ranked:
        yield ""


def _history(case: Case) -> CompactHistory:
    history = case.history
    lines, classes = history.lines, [*shown_classes(history)]
    agents = list(dict.fromkeys(e.agent.id for e in history.exposures))
    exposed = _by_value((c.token, history.is_exposed_to(c.token).answer) for c in classes)
    refractory = _by_value((c.token, c.refractory(history, history.is_refractory_to(c.token))) for c in classes)
    given = _by_value((agent, history.is_refractory(agent).answer) for agent in agents)
    decided = case.assessor.decisions.all_hold
    return CompactHistory(
        state=history.state[0] or "unknown",
        complete=history.complete.answer,
        lines=CompactLines(at_least=lines.low, at_most=lines.high, definition=lines.definition),
        progressed_on_last=history.has_progressed_on_last().answer,
        exposed=Exposed(yes=exposed["yes"], unknown=exposed["unknown"]),
        refractory=Refractory(yes=refractory["yes"], doubtful=refractory["doubtful"], unknown=refractory["unknown"]),
        agents=Refractory(yes=given["yes"], no=given["no"], unknown=given["unknown"]),
        labels={name: decided(label.when).answer for name, label in case.catalogue.labels.items()},
    )


def _by_value(values: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"yes": [], "no": [], "doubtful": [], "unknown": []}
    for name, value in values:
        found[value].append(name)
    return found


def _closed_by(case: Case) -> list[Closing]:
    words = case.catalogue.words
    found = Counter(
        closing
        for a in case.assessments
        if a.verdict in ("ineligible", "deferred")
        for closing in {(r.criterion.id, r.required(words)) for r in a.failing}
    )
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Closing(id=criterion, text=text, regimens=number) for (criterion, text), number in ordered]


def _fields(assessments: Iterable[Assessment]) -> dict[str, int]:
    """For each missing field, how many of these regimens depend on it."""
    found = Counter(field for a in assessments for field in a.missing)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
