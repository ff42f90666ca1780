"""Missing facts: what each could change in the answer, and which care before the first dose depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from mmadvisor.answers.recommendation import Missing, OutcomeEntry, ProvisionalEntry, Sentence, VerdictChange
from mmadvisor.base.known import Truth
from mmadvisor.catalogue.care import Due, Item
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.judging.case import Case
from mmadvisor.judging.checklist import for_patient
from mmadvisor.judging.places import Waiting
from mmadvisor.judging.treat_now import named

if TYPE_CHECKING:
    from mmadvisor.judging.unknowns import Outcome, Unknown

_FIRST = 3
_BY_EFFECT = ("closes", "moves", "stays")


def missing(
    case: Case, withheld: str, presumed: Sequence[ProvisionalEntry], deferred: Sequence[Waiting]
) -> list[Missing]:
    """The missing facts: those that could close one of the first options, those that could move them, then the others.

    Among these the fact that could change most comes first.

    A fact that a test before the first dose makes known is also listed for deferred and provisional regimens, because
    the test need not wait.

    Args:
        case: The patient.
        withheld: Why nothing is ranked; empty if there is a ranking.
        presumed: The provisional order.
        deferred: The deferred regimens.
    """
    from mmadvisor.judging.unknowns import unknowns  # not needed if nothing is missing

    names = {*(p["regimen"] for p in presumed), *(w.assessment.regimen.id for w in deferred)}
    waiting = [a.regimen for a in case.assessments if a.regimen.id in names] if names else []
    found = unknowns(case, _unsettled(case, waiting))
    first = [*(p["regimen"] for p in presumed), *case.order][:_FIRST]
    care = care_by_field(case, waiting) if found else {}
    effects = {u.field: _effect_on(first, u, case, bool(presumed)) for u in found}
    made = [
        Missing(
            field=u.field,
            name=named(case, u.field),
            first_three=effects[u.field],
            decides_order=effects[u.field] == "moves" and case.ranker.reads(u.field),
            matters_for=list(u.matters_for),
            gain=u.gain,
            decisive=u.decisive,
            tried=u.tried,
            settles=list(u.settles),
            outcomes=[outcome_entry(o, withheld) for o in u.outcomes],
            changes_care=care.get(u.field, []),
        )
        for u in found
    ]
    return sorted(made, key=lambda m: _BY_EFFECT.index(m["first_three"]))


def _effect_on(
    first: Sequence[str], unknown: Unknown, case: Case, provisional: bool
) -> Literal["closes", "moves", "stays"]:
    """Whether a missing fact could close one of the first options, or change which they are or their order."""
    outcomes = unknown.outcomes
    if any(not {*o.rules_out, *o.defers, *o.closes}.isdisjoint(first) for o in outcomes):
        return "closes"
    ordered = case.order[:_FIRST]
    moved = any(list(o.first[:_FIRST]) != ordered for o in outcomes if not provisional or o.first)
    return "moves" if moved or (provisional and any(o.reorders_waiting for o in outcomes)) else "stays"


def _unsettled(case: Case, regimens: Iterable[Regimen]) -> dict[str, tuple[str, ...]]:
    """The missing fields that a test before the first dose makes known, each with the regimens that need the test."""
    found: dict[str, tuple[str, ...]] = {}
    for regimen in regimens:
        fields = dict.fromkeys(item.settles for item in _before(case, regimen) if item.settles)
        for field in fields:
            if case.history.patient.get(field) is None:
                found[field] = (*found.get(field, ()), regimen.id)
    return found


def care_by_field(case: Case, also: Iterable[Regimen] = ()) -> dict[str, list[Sentence]]:
    """What must be done before the first dose because a field is not recorded, by field.

    ``also``: further regimens besides the open ones, such as those that depend only on a test today. The items are the
    tests that make the field known, and what protects the patient until then. If there is no such item, they are the
    items that depend on the field.
    """
    settling: dict[str, dict[str, Item]] = {}
    hanging: dict[str, dict[str, Item]] = {}
    items = {id(item): item for regimen in (*_open_regimens(case), *also) for item in _before(case, regimen)}
    for item in items.values():
        if item.settles:
            settling.setdefault(item.settles, {})[item.item] = item
        for field in _hangs_on(case, item):
            hanging.setdefault(field, {})[item.item] = item
    return {
        field: [Sentence(text=f"{i.item}: {i.when}", source=i.source, verified=i.verified) for i in found.values()]
        for field, found in (hanging | settling).items()
    }


def _open_regimens(case: Case) -> list[Regimen]:
    """The regimens that are offered; if there is none, those that are not closed."""
    offered = [r.assessment.regimen for r in case.ranked]
    return offered or [a.regimen for a in case.assessments if a.verdict != "ineligible"]


def _before(case: Case, regimen: Regimen) -> Iterator[Item]:
    """The items of its checklists that are due before the first dose."""
    for row in for_patient(case, regimen):
        if isinstance(row.entry, Item):
            due = row.entry.due or Due()
            if due.days_before is not None or due.from_days_before is not None:
                yield row.entry


def _hangs_on(case: Case, item: Item) -> set[str]:
    """The fields that would decide whether an item applies to this patient, or how it is adapted."""
    asked = [c for c in (item.for_whom, item.now_if, item.done_if, *item.cautions) if c is not None]
    found = [case.care.of(c) for c in asked]
    return {field for f in found if f.truth is Truth.UNKNOWN for field in f.missing}


def outcome_entry(o: Outcome, withheld: str = "") -> OutcomeEntry:
    """An outcome as plain data.

    If nothing is ranked (``withheld`` is the reason), the entry names no option that opens or closes, and no order.
    """
    opens, closes = ([], []) if withheld else (list(o.opens), list(o.closes))
    told = {*o.settles, *opens}
    return OutcomeEntry(
        value=o.value,
        set=o.setting,
        settles=list(o.settles),
        rules_out=list(o.rules_out),
        defers=list(o.defers),
        opens=opens,
        closes=closes,
        turns=[VerdictChange(regimen=r, before=was, after=now) for r, was, now in o.turned if r not in told],
        reorders=o.reordered and not withheld,
        reorders_waiting=o.reorders_waiting and not withheld,
        first=[] if withheld else list(o.first),
    )
