"""The lanes for a patient, which are situations without a ranking.

A lane has the first steps, published definitions that are checked for the patient, and regimens that may be given.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mmadvisor.answers.lanes import Lane, LaneDefinition, LaneRegimen, LaneStep, LookedForEntry
from mmadvisor.answers.recommendation import NotOffered
from mmadvisor.base.known import Bounds, Truth, all_of, any_of, negate
from mmadvisor.catalogue import lanes as rows
from mmadvisor.catalogue.lanes import Definition
from mmadvisor.catalogue.regimens import LookedFor
from mmadvisor.judging.case import Case
from mmadvisor.judging.results import OFFERED
from mmadvisor.judging.treat_now import named
from mmadvisor.judging.verdict import Assessment
from mmadvisor.reports.held import Held, together

_SHOWN_LAST = {"yes": 0, "unknown": 1, "no": 2}


# Why: docs/explanation/lanes.md
def lanes(case: Case) -> list[Lane]:
    """The lanes of which every condition is met, and whose source was known on the day of the decision."""
    held = (row for row in case.catalogue.lanes if case.known(row.source))
    return [_lane(case, row) for row in held if together(case, row.when).truth is Truth.MET]


def looked_for(
    case: Case, ranked: Sequence[Assessment], not_open: Sequence[NotOffered], withheld: str
) -> Iterator[LookedForEntry]:
    """For each set of regimens that a reader looks for: those that are open, else those nearest to it and why not.

    Investigational regimens are left out.

    ``not_open``: in the order of the answer. Nothing, if the ranking is ``withheld``.
    """
    for row in case.catalogue.looked_for:
        if withheld or not case.known(row.source) or together(case, row.when).truth is not Truth.MET:
            continue
        of = {r.id for r in case.catalogue.regimens if case.catalogue.matches(row.of, r) and not r.investigational}
        opened = [a.regimen.id for a in ranked if a.regimen.id in of]
        others = [n for n in not_open if n["regimen"] in of]
        if opened:
            yield _looked_for(row, "open", opened)
        elif others:
            yield _not_open(case, row, [n for n in others if n["verdict"] == others[0]["verdict"]])


def _not_open(case: Case, row: LookedFor, alike: Sequence[NotOffered]) -> LookedForEntry:
    """The entry for regimens with one verdict; the nearest to being open comes first."""
    nearest = min(alike, key=_distance)
    missing = nearest["missing"] if nearest["verdict"] == "undetermined" else []
    entry = _looked_for(row, nearest["verdict"], list(dict.fromkeys(n["regimen"] for n in (nearest, *alike))))
    entry["because"], entry["needs"] = nearest["because"], _not_met(nearest)
    entry["missing"] = [named(case, field) for field in missing]
    return entry


def _looked_for(row: LookedFor, answer: str, regimens: list[str]) -> LookedForEntry:
    """The entry without reasons."""
    return LookedForEntry(
        id=row.id,
        name=row.name,
        answer=answer,
        regimens=regimens,
        because=[],
        needs=[],
        missing=[],
        source=row.source,
        verified=row.verified,
    )


def _distance(closed: NotOffered) -> tuple[bool, int]:
    """A sort key: what is on the market first, then what has the fewest reasons against it."""
    return closed["approval"]["status"] == "not-available", len(closed["because"])


def _not_met(closed: NotOffered) -> list[str]:
    """The requirements that close a regimen; empty if it is not available anyway."""
    if closed["approval"]["status"] == "not-available" or closed["verdict"] != "ineligible":
        return []
    hard = [c for c in closed["criteria"] if c["force"] == "hard"]
    return list(dict.fromkeys(c["required"] for c in hard if c.get("counts_as", c["result"]) == Truth.NOT_MET.value))


def _lane(case: Case, row: rows.Lane) -> Lane:
    known = [d for d in row.definitions if case.known(d.source)]
    held = {d.id: _definition(case, d) for d in known}
    regimens = [_regimen(case, r, held) for r in row.regimens if case.known(r.source)]
    return Lane(
        lane=row.id,
        name=row.name,
        first=list(_steps(case, row.first, held)),
        definitions=[_defined(d, held[d.id]) for d in known],
        regimens=sorted(regimens, key=lambda r: _SHOWN_LAST[r["answer"]]),
        until=row.until,
        source=row.source,
        verified=row.verified,
    )


def _definition(case: Case, definition: Definition) -> Held:
    """Whether a definition is met: all of its conditions, and enough of its factors."""
    whole = together(case, definition.when)
    factors = [case.care.of(c) for c in definition.factors]
    met = [f for f in factors if f.truth is Truth.MET]
    unknown = [f for f in factors if f.truth is Truth.UNKNOWN]
    enough = Bounds(len(met), len(met) + len(unknown)).at_least(definition.at_least)
    truth = all_of([whole.truth, enough])
    counted = f"{len(met)} of {len(factors)} factors" if factors else ""
    found = [*whole.because, f"{counted}: {'; '.join(f.found for f in met)}" if met else counted]
    missing = [*whole.missing, *(m for f in unknown for m in f.missing)] if truth is Truth.UNKNOWN else []
    return Held(truth, tuple(filter(None, found)), tuple(dict.fromkeys(missing)))


def _for_whom(case: Case, row: rows.LaneStep | rows.LaneRegimen, held: Mapping[str, Held]) -> Held:
    """Whether a step or regimen of a lane is for this patient, with the findings that decide it."""
    parts = [together(case, row.when)]
    if row.meets:
        parts.append(_any_of([held[name] for name in row.meets if name in held]))
    parts += [held[name]._replace(truth=negate(held[name].truth)) for name in row.meets_none if name in held]
    truth = all_of([p.truth for p in parts])
    deciding = [p for p in parts if p.truth is truth]
    because = tuple(dict.fromkeys(b for p in deciding for b in p.because))
    return Held(truth, because, tuple(dict.fromkeys(m for p in deciding for m in p.missing)))


def _any_of(parts: Sequence[Held]) -> Held:
    """Whether at least one of the parts is true, with the parts that decide it."""
    truth = any_of([p.truth for p in parts])
    deciding = [p for p in parts if p.truth is truth]
    return Held(truth, tuple(b for p in deciding for b in p.because), tuple(m for p in deciding for m in p.missing))


def _steps(case: Case, steps: Iterable[rows.LaneStep], held: Mapping[str, Held]) -> Iterator[LaneStep]:
    """The steps that this patient needs, or may need; for the latter, ``applies`` is ``unknown``."""
    for step in steps:
        here = _for_whom(case, step, held)
        if here.truth is not Truth.NOT_MET and case.known(step.source):
            yield LaneStep(
                text=step.text,
                applies=here.truth.answer,
                missing=list(here.missing),
                source=step.source,
                verified=step.verified,
            )


def _defined(definition: Definition, held: Held) -> LaneDefinition:
    return LaneDefinition(
        id=definition.id,
        name=definition.name,
        value=held.truth.answer,
        found="; ".join(held.because),
        text=definition.text if held.truth is Truth.MET else "",
        missing=list(held.missing),
        source=definition.source,
        verified=definition.verified,
    )


def _regimen(case: Case, row: rows.LaneRegimen, held: Mapping[str, Held]) -> LaneRegimen:
    """A regimen of a lane: whether it may be given, by the requirements of the lane and by its own verdict."""
    assessment = next(a for a in case.assessments if a.regimen.id == row.regimen)
    lane, verdict = _for_whom(case, row, held), _by_verdict(case, assessment)
    truth = all_of([lane.truth, verdict.truth])
    deciding = [part for part in (lane, verdict) if part.truth is truth]
    return LaneRegimen(
        regimen=row.regimen,
        name=assessment.regimen.name,
        answer=truth.answer,
        verdict=assessment.verdict,
        because=[b for part in deciding for b in part.because] if truth is not Truth.MET else [],
        missing=[m for part in deciding for m in part.missing] if truth is Truth.UNKNOWN else [],
        text=row.text,
        source=row.source,
        verified=row.verified,
    )


def _by_verdict(case: Case, assessment: Assessment) -> Held:
    """Whether the verdict allows a regimen; deferred regimens wait, and off-label regimens are not given."""
    if assessment.verdict in OFFERED:
        if assessment.access.licensed is Truth.UNKNOWN:
            return Held(Truth.UNKNOWN, ("whether it is licensed here is not known: ask",), ())
        return Held(Truth.MET, (), ())
    if assessment.verdict == "undetermined":
        return Held(Truth.UNKNOWN, tuple(map(case.reason, assessment.open_questions)), assessment.missing)
    because = [case.reason(r) for r in assessment.failing]
    if assessment.approval.status in ("not-available", "off-label"):
        because.append(assessment.approval.note or assessment.approval.status)
    return Held(Truth.NOT_MET, tuple(dict.fromkeys(because)), ())
