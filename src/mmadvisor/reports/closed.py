"""Regimens that are not options today: deferred, closed or undetermined, and what would change this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mmadvisor.answers.recommendation import (
    ChangeEntry,
    DeferredOption,
    NotOffered,
    Opening,
    ProvisionalEntry,
    Sentence,
)
from mmadvisor.base.english import listed
from mmadvisor.base.known import Change, Truth
from mmadvisor.catalogue.citing import sentences
from mmadvisor.catalogue.rules import Deferral
from mmadvisor.criteria.base import Words
from mmadvisor.formats.drugs import Statement
from mmadvisor.judging.case import Case
from mmadvisor.judging.places import Places, Waiting
from mmadvisor.judging.results import Result
from mmadvisor.judging.treat_now import named
from mmadvisor.judging.verdict import Assessment
from mmadvisor.reports.access import access_entry
from mmadvisor.reports.criteria import criterion_entry
from mmadvisor.reports.options import approval_entry, caution_entry


def nothing_open(
    case: Case, deferred: Sequence[Waiting], closed: Iterable[Assessment], presumed: Sequence[ProvisionalEntry]
) -> str:
    """The sentence for an answer without options: what depends on missing facts, and what comes first after a wait.

    A deferred regimen is named as first only if it would be an option after the wait. The sentence calls no regimen
    closed while a missing fact could open it.
    """
    waiting = next((w for w in deferred if w.offered), None)
    unsettled = [a.regimen.id for a in closed if a.verdict == "undetermined" and case.would_offer(a)]
    said = list(_of_today(case, deferred, presumed, unsettled))
    if waiting is not None:
        first = waiting.assessment
        rows = _deferrals(case, first)
        once = f"Waiting, once {waits_for(case, first)}: {first.regimen.id}."
        said.append(once if presumed else comes_first(case, waiting, deferred))
        said += dict.fromkeys(row.instead for row in rows if row.instead)
        if unsettled and not presumed:
            said.append(f"Besides, {_depends(unsettled)} on facts that are not recorded, listed below.")
    return " ".join(said) or (
        "Nothing in the catalogue is open. What remains: a clinical trial, a referral, symptom-led care."
    )


def comes_first(case: Case, first: Waiting, deferred: Iterable[Waiting]) -> str:
    """The sentence that a deferred regimen comes first after the wait.

    It is not called first if other regimens would rank above it, but depend on missing facts.
    """
    once, regimen = f"once {waits_for(case, first.assessment)}", first.assessment.regimen.id
    above = sum(
        w.counted and not w.offered and w.rank is not None and first.rank is not None and w.rank < first.rank
        for w in deferred
    )
    if not above:
        return f"First, {once}: {regimen}."
    others = "1 regimen ranks above it, but depends" if above == 1 else f"{above} regimens rank above it, but depend"
    return f"O{once[1:]}: {regimen}. {others} on facts that are not recorded."


def _of_today(
    case: Case, deferred: Sequence[Waiting], presumed: Sequence[ProvisionalEntry], unsettled: Sequence[str]
) -> Iterator[str]:
    """Whether anything can be confirmed or started today; empty if neither missing facts nor waiting decide it."""
    offered_later = any(w.offered for w in deferred)
    if presumed:
        yield f"No option is confirmed yet. {_to_confirm(case, presumed)}"
    elif unsettled and not offered_later:
        yield f"No option can be confirmed yet: {_depends(unsettled)} on facts that are not recorded, listed below."
    elif unsettled:
        yield "No option is confirmed for today."
    elif offered_later:
        yield "Nothing can be started today."
    elif any(w.rank is not None for w in deferred):
        yield "Nothing can be started today. What waits depends on facts that are not recorded, listed below."


def _depends(regimens: Sequence[str]) -> str:
    """How many regimens depend on missing facts; a single one by name."""
    return f"{regimens[0]} depends" if len(regimens) == 1 else f"{len(regimens)} regimens depend"


def _to_confirm(case: Case, presumed: Sequence[ProvisionalEntry]) -> str:
    """How many regimens can be confirmed, and the facts that must be known: first those that all of them need."""
    gates = list(dict.fromkeys(gate for p in presumed for gate in p["gates"]))
    shared = [gate for gate in gates if all(gate in p["gates"] for p in presumed)]
    rest = [named(case, gate) for gate in gates if gate not in shared]
    of_all = [named(case, gate) for gate in shared]
    which = presumed[0]["regimen"] if len(presumed) == 1 else f"{len(presumed)} regimens"
    if not of_all:
        return f"{which} can be confirmed, each once its own missing facts are known: {listed(rest)}."
    also = f"; some also need {listed(rest)}" if rest else ""
    return (
        f"{which} can be confirmed once {'this is' if len(of_all) == 1 else 'these are'} known: {listed(of_all)}{also}."
    )


def deferred_option(case: Case, waiting: Waiting) -> DeferredOption:
    """A deferred regimen: what it waits for, what to do meanwhile, and when to decide again."""
    a, words = waiting.assessment, case.catalogue.words
    rows = _deferrals(case, a)
    return DeferredOption(
        regimen=a.regimen.id,
        name=a.regimen.name,
        modality=a.regimen.modality,
        would_rank=waiting.rank,
        would_be_option=waiting.offered,
        once=waits_for(case, a),
        must_pass=list(dict.fromkeys(r.required(words) for r in a.failing)),
        found=[*dict.fromkeys(r.finding.found for r in a.failing), *_no_use_waiting(case, a)],
        next_steps=_unique(s for row in rows for s in row.next_steps),
        look_again=_unique(s for row in rows for s in row.look_again),
        missing=list(a.missing),
        missing_names=[named(case, field) for field in a.missing],
        cautions=[caution_entry(case, r) for r in a.cautions],
        approval=approval_entry(a),
        access=access_entry(case, a),
    )


def _deferrals(case: Case, a: Assessment) -> list[Deferral]:
    """The deferrals for the failing criteria of a regimen."""
    rows = (case.deferral(r.criterion, a.regimen) for r in a.failing)
    return list({row.id: row for row in rows if row is not None}.values())


def waits_for(case: Case, a: Assessment) -> str:
    """What must pass before a deferred regimen can be given, such as "the infection is below grade 3".

    The words complete "once ...". If the catalogue has no such words for a criterion, its requirement is used.
    """
    unsaid = [r.required(case.catalogue.words) for r in a.failing if case.deferral(r.criterion, a.regimen) is None]
    return " and ".join(dict.fromkeys([*(row.once for row in _deferrals(case, a)), *unsaid]))


def _unique(statements: Iterable[Statement]) -> list[Sentence]:
    """The statements without repeated sentences."""
    return sentences({s.text: s for s in statements}.values())


def not_offered(case: Case, a: Assessment, ranks: Places, withheld: str) -> NotOffered:
    """A regimen that is not an option: the reasons, what would open it, and its rank if it were open.

    ``withheld``: why nothing is ranked; empty if there is a ranking.
    """
    words = case.catalogue.words
    because = [case.reason(r) for r in a.failing]
    would_rank: int | None = None
    would_if = change = ""
    changes = case.opening(a) if a.verdict in ("deferred", "ineligible") else ()
    if a.verdict == "undetermined":
        because = [
            case.reason(r)
            + (" (but nobody could read this limit at its source)" if r.finding.truth is Truth.NOT_MET else "")
            for r in a.open_questions
        ]
        would_if = " and ".join(dict.fromkeys(_would_be(r, words) for r in a.open_questions))
        change = f"if {would_if}"
        if not withheld:
            would_rank = ranks.would_rank(case, a)
    elif a.verdict == "deferred":
        change = _in_words(changes) or _once_passed(case, a)
        because += _no_use_waiting(case, a)
    elif a.verdict == "off-label":
        because = [f"off-label here; {a.approval.note}".rstrip("; ") + case.later(a.approval.source)]
        change = "if off-label use is acceptable (access.off_label: true)"
    elif a.verdict == "ineligible":
        if a.approval.status == "not-available":
            note = f"not available: {a.approval.note or a.approval.check}"
            because = [note + case.later(a.approval.source), *because]
        else:
            change = _in_words(changes)
    else:
        because = [withheld]
    return NotOffered(
        regimen=a.regimen.id,
        name=a.regimen.name,
        verdict=a.verdict,
        modality=a.regimen.modality,
        because=list(dict.fromkeys(because)),
        would_change_if=change or "nothing that can be changed opens it",
        can_change=bool(change),
        would_change=[_change(c) for c in changes],
        would_rank=would_rank,
        would_rank_if=would_if,
        missing=list(a.missing),
        still_needs=[named(case, field) for field in a.missing] if a.verdict == "ineligible" else [],
        approval=approval_entry(a),
        access=access_entry(case, a),
        untried=case.catalogue.untried(a.regimen, case.history.as_of),
        cautions=[caution_entry(case, r) for r in a.cautions],
        criteria=[criterion_entry(case, r) for r in a.hard],
    )


def openings(closed: Iterable[NotOffered]) -> list[Opening]:
    """The ineligible regimens by what would open them.

    Those that a changed fact of the file would open come first, then those that need fewer changes. Regimens that
    nothing opens are left out. Regimens of which other facts are missing have an entry of their own.
    """
    found: dict[str, tuple[tuple[int, int], Opening]] = {}
    for n in closed:
        if n["verdict"] == "ineligible" and n["can_change"]:
            kinds = [change["kind"] for change in n["would_change"]]
            facts = all(kind == "value" for kind in kinds)
            steps = sum(max(1, change["amount"]) for change in n["would_change"])
            text = n["would_change_if"] + (_IF_FACTS_ALLOW if n["still_needs"] else "")
            entry = Opening(regimens=[], text=text, kinds=sorted(set(kinds)))
            found.setdefault(text, ((int(not facts), steps), entry))[1]["regimens"].append(n["regimen"])
    return [entry for _, entry in sorted(found.values(), key=lambda pair: pair[0])]


def _would_be(result: Result, words: Words) -> str:
    """What must be true so that an undecided criterion is met.

    If the fact is recorded and fails a limit that was not verified: that the limit does not apply.
    """
    required = result.required(words)
    if result.finding.truth is Truth.NOT_MET:
        return f"the limit {required}, which was not verified, does not hold ({result.finding.found})"
    return required


def _change(change: Change) -> ChangeEntry:
    value = list(change.value) if isinstance(change.value, tuple) else change.value
    return ChangeEntry(
        text=change.text,
        kind=change.kind,
        field=change.field,
        value=value,
        amount=change.amount,
        tokens=list(change.tokens),
    )


_IF_FACTS_ALLOW = ", and if missing facts allow"

# Changes that nobody wants, such as refractoriness: written as a later condition, not as a proposal.
_BEFALLS = ("receive", "resist")


def _in_words(changes: Iterable[Change]) -> str:
    """Changes in words: what must differ, and what must have happened."""
    befall = dict.fromkeys(c.text for c in changes if c.kind in _BEFALLS)
    others = dict.fromkeys(c.text for c in changes if c.kind not in _BEFALLS)
    said = [f"if {' and '.join(others)}"] if others else []
    said += [f"only once there is {' and '.join(befall)}"] if befall else []
    return ", and ".join(said)


def _once_passed(case: Case, a: Assessment) -> str:
    """What must pass with time, as "once ..."; empty if the catalogue has no words for it."""
    rows = [case.deferral(r.criterion, a.regimen) for r in a.failing]
    once = " and ".join(dict.fromkeys(row.once for row in rows if row is not None))
    return f"once {once}" if once else ""


def _no_use_waiting(case: Case, a: Assessment) -> list[str]:
    """A note if waiting may not help, because the myeloma causes the low counts or may cause them; otherwise empty."""
    if not any(r.criterion.about == "counts" for r in a.failing):
        return []
    cause = case.history.patient.get("labs.cytopenia_cause")
    if cause == "disease":
        return ["waiting will not help: the myeloma itself causes the low counts"]
    if cause is None:
        return ["waiting helps only if treatment caused the low counts: record labs.cytopenia_cause"]
    return []
