"""Risk scores, computed from the patient file, the regimen and the user's replies; a missing reply gives a range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mmadvisor.answers.monitor import ScoreEntry, ScoreItemEntry
from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.care import Score, ScoreItem
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.judging.case import Case


def scored(
    score: Score, told: Mapping[str, str], case: Case | None, regimen: Regimen, catalogue: Catalogue
) -> ScoreEntry:
    """A risk score, computed from the patient file, the regimen and the user's replies (``told``).

    Raises:
        UsageError: A reply is not one of the words of its item.
    """
    items = [_item(i, told.get(i.name), case, regimen, catalogue) for i in score.items]
    low, high = sum(i["at_least"] for i in items), sum(i["at_most"] for i in items)
    strata = [s for s in score.strata if s.from_points is None or s.from_points <= high]
    first = max(i for i, s in enumerate(strata) if s.from_points is None or s.from_points <= low)
    return ScoreEntry(
        score=score.id,
        title=score.title,
        at_least=low,
        at_most=high,
        says=[s.says for s in strata[first:]],
        items=items,
        note=score.note,
        source=score.source,
        verified=score.verified,
    )


class _Answered(NamedTuple):
    """The possible points of an item, their origin, and how the user can answer the rest."""

    points: Sequence[int]
    because: str = ""
    ask: str = ""


def _item(
    item: ScoreItem, told: str | None, case: Case | None, regimen: Regimen, catalogue: Catalogue
) -> ScoreItemEntry:
    answers = item.answers or {"no": 0, "yes": item.points}
    if told is not None and told not in answers:
        known = ", ".join(answers)
        raise UsageError(f"--answer {item.name}={told}: write one of {known}. {nearest(told, answers)}".strip())
    if told is not None:
        found = _Answered([answers[told]], f"told: {told}")
    elif item.of is not None:
        found = _by_regimen(item, answers, given=catalogue.matches(item.of, regimen))
    elif item.taken and (meant := _taken_as(item, answers, case)):
        found = _by_drugs(item, answers, *meant)
    else:
        found = _by_record(item, answers, case, catalogue)
    return ScoreItemEntry(
        name=item.name,
        text=item.text,
        at_least=min(found.points),
        at_most=max(found.points),
        because=found.because,
        ask=found.ask,
        note=item.note,
    )


def _ask(item: ScoreItem, words: Iterable[str]) -> str:
    return f"--answer {item.name}={'|'.join(words)}"


def _by_regimen(item: ScoreItem, answers: Mapping[str, int], *, given: bool) -> _Answered:
    """An item about a drug of the regimen; if the regimen contains it, its dose may still decide."""
    if not given or not item.answers:
        return _Answered([item.points if given else 0], "in the regimen" if given else "not in the regimen")
    return _Answered([points for word, points in answers.items() if word != "none"], ask=_ask(item, answers))


def _by_drugs(item: ScoreItem, answers: Mapping[str, int], drugs: str, words: Sequence[str]) -> _Answered:
    """An item about other drugs; if several words remain, the dose decides."""
    because = f"takes {drugs}" if drugs else "takes none of these"
    points = [answers[word] for word in words]
    return (
        _Answered(points, f"{because}; the dose decides", _ask(item, words))
        if words[1:]
        else _Answered(points, because)
    )


def _by_record(item: ScoreItem, answers: Mapping[str, int], case: Case | None, catalogue: Catalogue) -> _Answered:
    """An item that the record may answer; if it does not, every answer is possible."""
    found = item.holds.decide(case.history, catalogue.words) if item.holds and case else None
    if found is not None and found.truth is not Truth.UNKNOWN:
        return _Answered([item.points if found.truth is Truth.MET else 0], found.found)
    return _Answered(list(answers.values()), found.found if found is not None else "", _ask(item, answers))


def _taken_as(item: ScoreItem, answers: Mapping[str, int], case: Case | None) -> tuple[str, list[str]] | None:
    """The recorded drugs that answer an item, and the replies that they allow.

    If several drugs match, the strongest reply counts, which is the last word of the item. ``None`` if the
    co-medication is not recorded, or if no drug matches and the list contains a drug that the catalogue does not know.
    """
    taken = case.history.taken if case else None
    if case is None or taken is None:
        return None
    order = list(answers)
    drugs: dict[str, None] = {}
    lowest = highest = 0
    for meaning in item.taken:
        members = {drug for token in meaning.drugs for drug in case.history.formulary.drugs_of(token)}
        for drug in (t for t in taken if t.drug in members):
            drugs[drug.written] = None
            places = [order.index(word) for word in meaning.answers]
            lowest, highest = max(lowest, min(places)), max(highest, max(places))
    if not drugs and not all(t.drug for t in taken):
        return None
    return " and ".join(drugs), order[lowest : highest + 1]
