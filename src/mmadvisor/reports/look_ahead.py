"""The look-ahead: what each choice uses, and what remains after it.

After each choice the program makes an assumption, not a forecast: the disease progresses during the treatment. For a
treatment that ends by plan, a second branch assumes progression after the refractory window that follows the end. The
next decision is on an unknown day from today on, so it is unknown whether an interval that is still running today has
passed. Approvals stay as they are today. Outcomes are those published for exactly this order of treatments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from mmadvisor.answers.look_ahead import SCHEMA, AccessAsked, Branch, ClassLeft, Closed, Plan, PlanNode, Step
from mmadvisor.answers.published import SequenceEntry
from mmadvisor.answers.recommendation import Sentence
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.base.known import FAR_AHEAD, Span, Truth
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, patient_stamp, plain, stamped
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.catalogue.regimens import Sequence as PublishedSequence
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.patient import Access, Given, Therapy
from mmadvisor.judging.asked import active, undoubted
from mmadvisor.judging.case import Case
from mmadvisor.judging.places import places
from mmadvisor.judging.treat_now import due_now, named
from mmadvisor.judging.verdict import Assessment

DEEPEST = 4
WIDEST = 8
_MOST_PUBLISHED = 2
_ANYTHING = 4  # a row with so many following treatments is about treatment in general


# Why: docs/explanation/look-ahead.md
@dataclass
class _Planner:
    """Follows the choices; a state that is reached again is not computed again."""

    start: Case
    top: int
    depth: int
    states: dict[tuple[Step, ...], Case] = field(default_factory=dict)
    ranks: tuple[int, ...] = ()

    def choices(self, case: Case, path: tuple[Step, ...]) -> list[PlanNode]:
        """The leading options of a state, each with the choices after it."""
        nodes = []
        # Today's ranks count deferred regimens; in a later state it is not known which deferrals have passed.
        ranks = (not path and self.ranks) or range(1, self.top + 1)
        for rank, ranked in zip(ranks, case.ranked[: self.top], strict=False):
            regimen = ranked.assessment.regimen
            branches: list[Branch] = ["progression", "later"] if regimen.fixed_course else ["progression"]
            nodes += [self._node(case, ranked.assessment, rank, path, branch) for branch in branches]
        return nodes

    def _node(self, case: Case, option: Assessment, rank: int, path: tuple[Step, ...], branch: Branch) -> PlanNode:
        regimen = option.regimen
        steps = (*path, (regimen.id, branch))
        then = self._state(steps)
        before = [a.regimen.id for a in case.offered]
        last = len(steps) == self.depth
        after = [a.regimen.id for a in then.offered] if last else then.order
        return PlanNode(
            regimen=regimen.id,
            name=regimen.name,
            modality=regimen.modality,
            rank=rank,
            branch=branch,
            assumes=_assumption(regimen, branch, case),
            verdict=option.verdict,
            spends=_spent(case, then),
            closes=[
                Closed(regimen=r, because=self._why(then, r)) for r in before if r not in after and r != regimen.id
            ],
            opens=[r for r in after if r not in before],
            remains=[r for r in after if r in before],
            left=left(then),
            rules=_rules(case, option),
            published=[cast(SequenceEntry, plain(row)) for row in published(case, regimen, path[-1:])],
            next=[] if last else self.choices(then, steps),
        )

    def _state(self, steps: tuple[Step, ...]) -> Case:
        key = _whichever_order(steps)
        if key not in self.states:
            self.states[key] = self.start.after(self._therapies(steps))
        return self.states[key]

    def _why(self, case: Case, regimen: str) -> str:
        """The first reason why a regimen is not open in a state."""
        assessment = next(a for a in case.assessments if a.regimen.id == regimen)
        found = assessment.approval.note or assessment.verdict
        for result in [*assessment.failing, *assessment.open_questions][:1]:
            criterion = result.criterion
            found = result.told(case.catalogue.words, case.assessor.decisions.of(criterion))
            found += case.later(criterion.source, criterion.known_since)
        return found

    def _therapies(self, steps: tuple[Step, ...]) -> list[Therapy]:
        """The assumed therapies: the last is ongoing or ended by plan; the others ended before it."""
        history = self.start.history
        ahead = Span(history.as_of, FAR_AHEAD)
        today = Span.day(history.as_of)
        window = timedelta(days=history.definitions.refractory_window_days.value + 1)
        found = []
        for i, (name, branch) in enumerate(steps):
            regimen = self.start.catalogue.regimen_by_id[name]
            given = tuple(Given(agent=a) for a in regimen.agent_ids)
            shared: dict[str, Any] = {
                "agents": given, "intent": "relapse", "best_response": "PR",
                "regimen": name if name in self.start.catalogue.formulary.name_by_id else None,
            }  # fmt: skip
            if regimen.modality == "transplant":
                shared["intent"] = "transplant"
            if branch == "later":
                relapse = Span(history.as_of + window, FAR_AHEAD)
                shared |= {"start": today, "stop": today, "progressed_on": relapse, "stop_reason": "completed"}
            elif i == len(steps) - 1:
                shared |= {"start": ahead, "stop": "ongoing", "progressed_on": ahead, "stop_reason": "progression"}
            else:
                shared |= {"start": ahead, "stop": ahead, "progressed_on": ahead, "stop_reason": "progression"}
            found.append(Therapy(**shared))
        return found


def plan(case: Case, *, depth: int = 3, top: int = 5, stamp: Stamp | None = None) -> Plan:
    """What each of the leading options uses, closes and opens, several choices ahead.

    Args:
        case: The patient, assessed.
        depth: The number of consecutive choices, 1 to 4.
        top: The number of leading options that are followed at each decision, 1 to 8.
        stamp: Hashes and layers to print.
    """
    stamp = stamp or Stamp()
    ranks = places(case).ranks
    treat, first = due_now(case)
    case = case.of_these(_may_open)
    planner = _Planner(case, top, depth, ranks=ranks)
    choices = planner.choices(case, ())
    window = case.history.definitions.refractory_window_days.value
    made = Plan(
        schema=SCHEMA,
        patient=patient_stamp(case.history, stamp),
        engine=ENGINE,
        catalogue=stamped(case.catalogue, stamp, case.history.as_of),
        jurisdiction=case.jurisdiction,
        treat_now=treat,
        first=first,
        depth=depth,
        top=top,
        assumptions=[
            (
                "Each choice is followed by progression on it; where its course ends by plan, a second branch has "
                f"progression more than {window:g} days after it. Neither is a forecast."
            ),
            "The next decision lies on some later day: an interval that has not passed today is unknown then.",
            "Approvals, fitness, organs and access stay as they are today.",
        ],
        nothing_open="" if choices else "Nothing is open on what is recorded, so nothing can be followed.",
        left=left(case),
        access_asked=access_asked(case),
        choices=choices,
        states=len(planner.states),
        sources={},
        intended_use=INTENDED_USE,
    )
    made["sources"] = bibliography(case.catalogue, made, case.history.as_of)
    return made


def access_asked(case: Case) -> list[AccessAsked]:
    """The facts of access that are not recorded, each with the classes and targets whose regimens depend on it."""
    of_access = {f"access.{name}" for name in Access.defaults()}
    found: dict[str, list[str]] = {}
    for token in case.catalogue.ranking.look_ahead_at:
        members = case.catalogue.formulary.members(token)
        holding = [a for a in case.assessments if not members.isdisjoint(a.regimen.agent_ids)]
        for path in dict.fromkeys(path for a in holding for path in a.missing if path in of_access):
            found.setdefault(path, []).append(token)
    return [AccessAsked(field=f, name=named(case, f), classes=classes) for f, classes in found.items()]


def left(case: Case) -> dict[str, ClassLeft]:
    """What remains of each class and target in ``ranking.look_ahead_at``; ``ClassLeft`` explains the states."""
    formulary = case.catalogue.formulary
    found: dict[str, ClassLeft] = {}
    doubtful = {
        r.criterion.agent
        for a in case.offered
        for r in a.undoubted
        if r.criterion.type == "undoubted" and r.finding.truth is not Truth.MET
    }
    for token in case.catalogue.ranking.look_ahead_at:
        members = formulary.members(token)
        holding = [a for a in case.offered if not members.isdisjoint(a.regimen.agent_ids)]
        active = [a for a in holding if any(x in members and x not in doubtful for x in a.regimen.agent_ids)]
        if active:
            state = "open"
        elif holding:
            state = "doubtful"
        elif any(a.verdict == "undetermined" and not members.isdisjoint(a.regimen.agent_ids) for a in case.assessments):
            state = "not decided"
        else:
            state = "spent" if case.history.is_refractory_to(token) is Truth.MET else "no option"
        found[token] = ClassLeft(state=state, options=len(holding))
    return found


def published(case: Case, regimen: Regimen, before: Sequence[Step] = ()) -> list[PublishedSequence]:
    """Published outcomes of a regimen after the patient's earlier treatment, the closest first.

    A row must match the history. If ``before`` (the choices that are assumed to come before) is given, the earlier
    treatment of the row must also contain an agent of these choices.
    """
    just_before = {a for name, _ in before for a in case.catalogue.regimen_by_id[name].agent_ids}
    rows = [
        (*_closeness(case, regimen, row), row.id, row)
        for row in case.catalogue.sequences
        if _is_of(case, regimen, row) and not (before and _unlike(case, row.after, just_before)) and _is_for(case, row)
    ]
    return [row for *_, row in sorted(rows)[:_MOST_PUBLISHED]]


def _is_of(case: Case, regimen: Regimen, row: PublishedSequence) -> bool:
    """Whether a row is about a regimen as a line of its own, and was known on the day."""
    if not case.known(row.source) or row.as_bridge or len(row.then) >= _ANYTHING:
        return False
    return not _unlike(case, row.then, set(regimen.agent_ids))


def _unlike(case: Case, tokens: Sequence[str], agents: set[str]) -> bool:
    """Whether no token matches any of the agents."""
    return all(case.catalogue.formulary.members(t).isdisjoint(agents) for t in tokens)


def _is_for(case: Case, row: PublishedSequence) -> bool:
    """Whether a row matches the history: ``after`` was given, and ``never`` was not; false if either is unknown."""
    history = case.history
    if any(history.is_exposed_to(token) is not Truth.NOT_MET for token in row.never):
        return False
    return all(history.is_exposed_to(token) is Truth.MET for token in row.after)


def _closeness(case: Case, regimen: Regimen, row: PublishedSequence) -> tuple[int, int, int]:
    """A sort key for rows: the closest row first.

    First the rows that name agents of the regimen, then those whose earlier treatment is an agent or a class with a
    modality, then those with more patients.
    """
    named = sum(token in regimen.agent_ids for token in row.then)
    close = sum(token in case.catalogue.formulary.by_id or "/" in token for token in row.after)
    return -named, -close, -(row.n or 0)


def _whichever_order(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Choices that lead to the same state: the earlier ones in any order and number, then the last."""
    return (*sorted(steps[:-1]), steps[-1])


def _may_open(assessment: Assessment) -> bool:
    """Whether a regimen is open, or could be after further therapy: a spent class stays spent."""
    if assessment.approval.status == "not-available":
        return False
    return all(r.criterion.turns_with_therapy for r in assessment.failing)


# --- statements about one choice -----------------------------------------------------------------


def _assumption(regimen: Regimen, branch: Branch, case: Case) -> str:
    window = case.history.definitions.refractory_window_days.value
    if branch == "later":
        return f"progression more than {window:g} days after its planned end"
    if regimen.fixed_course:
        return f"progression on it, or within {window:g} days"
    return "progression on it"


def _spent(before: Case, after: Case) -> list[str]:
    """The names of the agents that the choice closes, and of those that it makes doubtful, or may make doubtful."""
    formulary = before.catalogue.formulary
    used = dict.fromkeys(agent for a in before.assessments for agent in a.regimen.agent_ids)

    was, is_now = before.assessor.decisions, after.assessor.decisions

    def newly(asks: Callable[[str], AnyCriterion], truth: Truth) -> list[str]:
        return [
            agent
            for agent in used
            if not formulary.by_id[agent].steroid
            and is_now.of(asks(agent)).truth is truth
            and was.of(asks(agent)).truth is not truth
        ]

    closed = newly(active, Truth.NOT_MET)
    left = [agent for agent in used if is_now.of(active(agent)).truth is not Truth.NOT_MET]
    said = [formulary.by_id[agent].name for agent in closed]
    for truth, word in ((Truth.NOT_MET, "doubtful"), (Truth.UNKNOWN, "doubtful if the relapse comes soon")):
        said += [f"{formulary.by_id[agent].name} ({word})" for agent in newly(undoubted, truth) if agent in left]
    return said


def _rules(case: Case, option: Assessment) -> list[Sentence]:
    """Statements about this choice, with sources.

    First the later choices, now open, that it closes or makes less effective; then the statements of the regimen.
    """
    doors = [
        Sentence(text=f"{door.text} ({', '.join(later)} open)", source=door.source, verified=door.verified)
        for door, later in case.ranker.comparisons.narrowed_by(option)
    ]
    return doors + [
        Sentence(text=s.text, source=s.source, verified=s.verified)
        for s in option.regimen.sequencing
        if case.known(s.source)
    ]


def walked(nodes: Iterable[PlanNode], above: Sequence[str] = ()) -> Iterable[tuple[list[str], PlanNode]]:
    """Every choice, with the choices that lead to it."""
    for node in nodes:
        path = [*above, node["regimen"]]
        yield path, node
        yield from walked(node["next"], path)
