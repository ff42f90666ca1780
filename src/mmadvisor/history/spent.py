"""Agents that earlier therapy has closed (spent) or made doubtful; the values, and their explanations."""

from collections.abc import Iterable, Iterator

from mmadvisor.base.known import Account, Bounds, Finding, Span, Truth, any_of, negate
from mmadvisor.formats.agents import Agent
from mmadvisor.history.account import absent, joined, named, of_those, unique
from mmadvisor.history.record import Exposure, Unnamed, in_months
from mmadvisor.history.refractoriness import Refractoriness, RefractorinessAccounts
from mmadvisor.history.relapse import Relapses


class Spent:
    """Which agents are spent and which are doubtful."""

    def __init__(self, refractoriness: Refractoriness, relapses: Relapses) -> None:
        self.refractoriness = refractoriness
        self.record = refractoriness.record
        self.progressions = refractoriness.progressions
        self.relapses = relapses
        self.months = self.record.definitions.car_t_doubtful_months.value
        self._spent: dict[str, Truth] = {}
        self._doubtful: dict[str, Truth] = {}

    # --- closed ---------------------------------------------------------------------------------

    def is_spent(self, agent: str) -> Truth:
        """Whether refractoriness closes an agent.

        An agent is closed by refractoriness to itself, to any agent of a cross-resistant class, to an agent of the same
        target and modality, or to a newer or equal agent of a class for which the catalogue states this
        (``older_after_newer``, ``same_rank``).
        """
        if agent not in self._spent:
            self._spent[agent] = self._is_spent(self.record.formulary.by_id[agent])
        return self._spent[agent]

    def _is_spent(self, agent: Agent) -> Truth:
        if agent.steroid or agent.supportive:
            return Truth.NOT_MET
        agents = (agent.id, *(other.id for _, other in self.closing(agent)))
        truths = [*map(self.refractoriness.is_refractory, agents)]
        truths += map(self.refractoriness.whichever_it_was, self.closing_unnamed(agent))
        return any_of(truths)

    def closing(self, agent: Agent) -> list[tuple[str, Agent]]:
        """The other agents in the record whose refractoriness would close this agent, each with the shared class."""
        return [
            (class_id, other)
            for class_id in agent.classes
            for other in self._given_in(class_id)
            if other.id != agent.id and self._closes(agent, other, class_id)
        ]

    def closing_unnamed(self, agent: Agent) -> list[Unnamed]:
        """The unknown drugs whose refractoriness would close ``agent``, whichever agent each drug was."""
        return [
            unnamed
            for unnamed in self.record.unnamed
            if unnamed.certain and all(a == agent.id or self._closed_by(agent, a) for a in unnamed.candidates)
        ]

    def _closed_by(self, agent: Agent, other: str) -> bool:
        by = self.record.formulary.by_id[other]
        return any(self._closes(agent, by, class_id) for class_id in agent.classes if class_id in by.classes)

    def _closes(self, agent: Agent, other: Agent, class_id: str) -> bool:
        drug_class = self.record.formulary.class_by_id[class_id]
        return (
            drug_class.cross_resistant
            or (drug_class.older_after_newer == "spent" and other.generation > agent.generation)
            or (drug_class.same_rank == "spent" and other.generation == agent.generation)
            or (drug_class.by_target_and_modality and other.modality == agent.modality)
        )

    def _given_in(self, class_id: str) -> list[Agent]:
        members = self.record.formulary.members(class_id)
        return [self.record.formulary.by_id[a] for a in self.record.given_or_declared(members)]

    # --- doubtful -------------------------------------------------------------------------------

    def is_doubtful(self, agent: str) -> Truth:
        """Whether earlier therapy makes an agent doubtful, although it does not close the agent.

        Met if the disease is refractory to a newer or equal agent of a class that ranks its agents. Also met if the
        target was treated before; earlier CAR-T counts only if the disease relapsed soon after it.
        """
        if agent not in self._doubtful:
            self._doubtful[agent] = self._is_doubtful(self.record.formulary.by_id[agent])
        return self._doubtful[agent]

    def _is_doubtful(self, agent: Agent) -> Truth:
        if not self.is_ranked(agent):
            return Truth.NOT_MET
        truths = [
            self.target_treated(other) if by_target else self.refractoriness.is_refractory(other.id)
            for _, other, by_target in self.casting_doubt(agent)
        ]
        truths += [Truth.MET for _ in self.unnamed_casting_doubt(agent)]
        return any_of([*truths, self.record.absent])

    def is_ranked(self, agent: Agent) -> bool:
        """Whether earlier therapy can make an agent doubtful: by its target, or by the ranking within its class."""
        classes = (self.record.formulary.class_by_id[c] for c in agent.classes)
        return any(c.by_target_and_modality or "doubtful" in (c.older_after_newer, c.same_rank) for c in classes)

    def casting_doubt(self, agent: Agent) -> Iterator[tuple[str, Agent, bool]]:
        """The agents in the record that may make ``agent`` doubtful, each with the shared class.

        The third value is true if treatment against the same target is enough, without refractoriness.
        """
        for class_id in agent.classes:
            by_target = self.record.formulary.class_by_id[class_id].by_target_and_modality
            for other in self._given_in(class_id):
                if by_target or self._casts_doubt(agent, other, class_id):
                    yield class_id, other, by_target

    def _casts_doubt(self, agent: Agent, other: Agent, class_id: str) -> bool:
        drug_class = self.record.formulary.class_by_id[class_id]
        newer = drug_class.older_after_newer == "doubtful" and other.generation > agent.generation
        alike = drug_class.same_rank == "doubtful" and other.generation == agent.generation
        return other.id != agent.id and (newer or alike)

    def unnamed_casting_doubt(self, agent: Agent) -> Iterator[Unnamed]:
        """The unknown drugs that make ``agent`` doubtful, whichever agent each of them was."""
        for unnamed in self.record.unnamed:
            if unnamed.certain and all(
                self._doubted_by(agent, unnamed, other) is Truth.MET for other in self.refractoriness.agents_of(unnamed)
            ):
                yield unnamed

    def _doubted_by(self, agent: Agent, unnamed: Unnamed, other: Agent) -> Truth:
        """Whether an unknown drug would make an agent doubtful if it were ``other``."""
        exposure = self.record.being(unnamed, other)
        return any_of(
            self.treated_by(other, [exposure]) if by_target else self.refractoriness.as_if(unnamed, other)
            for _, by_target in self.doubts_shared(agent, other)
        )

    def doubts_shared(self, agent: Agent, other: Agent) -> Iterator[tuple[str, bool]]:
        """The classes through which ``other`` can make ``agent`` doubtful.

        The second value is true if treatment against the same target is enough, without refractoriness.
        """
        for class_id in (c for c in agent.classes if c in other.classes):
            by_target = self.record.formulary.class_by_id[class_id].by_target_and_modality
            if by_target or self._casts_doubt(agent, other, class_id):
                yield class_id, by_target

    def target_treated(self, other: Agent) -> Truth:
        """Whether earlier treatment with ``other`` leaves its target doubtful.

        Cells (CAR-T) leave the target doubtful if the disease relapsed soon after them. Any other modality always does,
        if it was given. Unknown if it is unknown whether ``other`` was given.
        """
        given = self.refractoriness.is_exposed_to(other.id)
        if given is Truth.MET:
            return self.treated_by(other, self.record.given.get(other.id, []))
        return Truth.NOT_MET if self.perhaps_but_late(other) else given

    def perhaps_but_late(self, other: Agent) -> list[Exposure]:
        """The possible exposures to ``other`` of a complete list of therapies, if none leaves the target doubtful."""
        perhaps = [self.record.being(u, other) for u in self.record.perhaps(other.id)]
        late = self.record.complete is Truth.MET and all(
            self.treated_by(other, [exposure]) is Truth.NOT_MET for exposure in perhaps
        )
        return perhaps if late else []

    def treated_by(self, other: Agent, exposures: list[Exposure]) -> Truth:
        """Whether earlier treatment with an agent makes further treatment against the same target doubtful.

        ``exposures``: the treatments with the agent. Met for any agent but cells (CAR-T). For cells, met if fewer
        months than ``car_t_doubtful_months`` passed until the next relapse or today; unknown if days are missing.
        """
        if not self.record.given_once(other) or self._refractory_by(other, exposures) is Truth.MET:
            return Truth.MET
        # Why: docs/explanation/look-ahead.md#how-long-a-target-stays-doubtful
        return negate(self.months_to_relapse(exposures).at_least(self.months))

    def _refractory_by(self, other: Agent, exposures: list[Exposure]) -> Truth:
        """Whether the disease is refractory to the cells of these exposures, which counts as an early relapse."""
        if other.id in self.record.given or not exposures:
            return self.refractoriness.is_refractory(other.id)
        return any_of(map(self.refractoriness.in_therapy, exposures))

    def months_to_relapse(self, exposures: list[Exposure]) -> Bounds:
        """Months from the first of these infusions to the next relapse or today; no limits if days are missing."""
        months = self.months_after(exposures) or Bounds(None, None)
        # without its day: at some time between the infusion and today
        return Bounds(0, months.high) if self.relapsed_on_no_day(exposures) else months

    def relapsed_on_no_day(self, exposures: list[Exposure]) -> bool:
        """Whether the disease is in relapse, although no progression since the infusions is recorded."""
        return self.relapses.state[0] == "relapsed" and all(
            self.progressions.first_after(e.entry) is None for e in exposures
        )

    def months_after(self, exposures: list[Exposure]) -> Bounds | None:
        """Months from the first dated infusion to the next progression or today; ``None`` if no infusion has a day."""
        for exposure in exposures:
            if isinstance(exposure.last, Span):
                until = self.progressions.first_after(exposure.entry) or self.record.today
                return in_months(exposure.last.days_until(until))
        return None

    def doubtful_class(self, class_id: str) -> bool:
        """Whether the disease relapsed soon after CAR-T cells against this target."""
        record = self.record
        cells = [record.given.get(a.id, []) for a in self._given_in(class_id) if record.given_once(a)]
        cells += [
            [record.being(u, record.formulary.by_id[min(u.candidates)])]
            for u in record.surely(class_id)
            if record.one_time_all(u.candidates)
        ]
        for exposures in cells:
            months = self.months_after(exposures)
            relapsed = any(
                event.happened is Truth.MET for e in exposures for _, event in self.progressions.after(e.entry)
            )
            if relapsed and months is not None and months.low is not None and months.low < self.months:
                return True
        return False

    # --- given again ----------------------------------------------------------------------------

    def rechallenged(self, agent_ids: Iterable[str]) -> list[tuple[Agent, Bounds | None]]:
        """The agents that were given before and are not refractory, each with the months since its last dose."""
        found: dict[str, tuple[Agent, Bounds | None]] = {}
        wanted = frozenset(agent_ids)
        for exposure in self.record.exposures:
            agent = exposure.agent
            if agent.id not in wanted or agent.steroid or agent.supportive:
                continue
            if self.refractoriness.is_refractory(agent.id) is Truth.NOT_MET:
                found[agent.id] = (agent, self._months_since(exposure))
        return list(found.values())

    def _months_since(self, exposure: Exposure) -> Bounds | None:
        if exposure.last == "ongoing":
            return Bounds(0, 0)
        return None if exposure.last is None else in_months(exposure.last.days_until(self.record.today))


class SpentAccounts:
    """The earlier therapies that close an agent or make it doubtful, in words, and the missing fields."""

    def __init__(self, values: Spent, refractoriness: RefractorinessAccounts) -> None:
        self.values = values
        self.record = values.record
        self.refractoriness = refractoriness
        self.progression = refractoriness.progression
        self._answers: dict[tuple[str, str], Finding] = {}

    def spent(self, agent: str) -> Finding:
        """Whether refractoriness closes an agent, with its account."""
        key = ("spent", agent)
        if key not in self._answers:
            truth = self.values.is_spent(agent)
            self._answers[key] = joined(truth, self._why_spent(self.record.formulary.by_id[agent], truth))
        return self._answers[key]

    def _why_spent(self, agent: Agent, truth: Truth) -> Account:
        if agent.steroid or agent.supportive:
            return Account("no refractoriness is asked of it")
        findings = [self.refractoriness.refractory_agent(agent.id)]
        for class_id, other in self.values.closing(agent):
            name = other.name if other.id in self.record.certain_agents else f"another {class_id}"
            findings.append(named(f"cross-resistance with {name}", self.refractoriness.refractory_agent(other.id)))
        for unnamed in self.values.closing_unnamed(agent):
            findings.append(named(unnamed.name, self.refractoriness.whichever_it_was(unnamed)))
        return of_those(truth, findings)

    def doubtful(self, agent: str) -> Finding:
        """Whether earlier therapy makes an agent doubtful, with its account."""
        key = ("doubtful", agent)
        if key not in self._answers:
            truth = self.values.is_doubtful(agent)
            self._answers[key] = joined(truth, self._why_doubtful(self.record.formulary.by_id[agent], truth))
        return self._answers[key]

    def _why_doubtful(self, agent: Agent, truth: Truth) -> Account:
        values = self.values
        findings = [
            self._target_treated(class_id, other)
            if by_target
            else named(other.name, self.refractoriness.refractory_agent(other.id))
            for class_id, other, by_target in values.casting_doubt(agent)
        ]
        for unnamed in values.unnamed_casting_doubt(agent) if values.is_ranked(agent) else ():
            findings.append(self._doubted_by(agent, unnamed, self.refractoriness.values.agents_of(unnamed)[0]))
        if values.is_ranked(agent) and self.record.complete is not Truth.MET:
            found = f"nothing else like {agent.name} is among the therapies"
            findings.append(joined(self.record.absent, absent(self.record.absent, found)))
        return of_those(truth, findings) if findings else Account("nothing speaks against it")

    def _doubted_by(self, agent: Agent, unnamed: Unnamed, other: Agent) -> Finding:
        """The finding that an unknown drug makes an agent doubtful if it were ``other``."""
        exposure = self.record.being(unnamed, other)
        findings = [
            self._treated_by(class_id, other, [exposure], unnamed.name)
            if by_target
            else named(unnamed.name, self.refractoriness.in_therapy(exposure))
            for class_id, by_target in self.values.doubts_shared(agent, other)
        ]
        truth = any_of(f.truth for f in findings)
        return joined(truth, of_those(truth, findings))

    def _target_treated(self, class_id: str, other: Agent) -> Finding:
        truth = self.values.target_treated(other)
        return joined(truth, self._why_target_treated(class_id, other, truth))

    def _why_target_treated(self, class_id: str, other: Agent, truth: Truth) -> Account:
        exposed = self.refractoriness.exposed_to(other.id)
        if exposed.truth is Truth.MET:
            exposures = self.record.given.get(other.id, [])
            return self._why_treated_by(class_id, other, exposures, other.name, truth)
        if late := self.values.perhaps_but_late(other):
            return self._why_treated_by(class_id, other, late[:1], other.name, truth)
        return of_those(truth, [exposed])

    def _treated_by(self, class_id: str, other: Agent, exposures: list[Exposure], name: str) -> Finding:
        truth = self.values.treated_by(other, exposures)
        return joined(truth, self._why_treated_by(class_id, other, exposures, name, truth))

    def _why_treated_by(
        self, class_id: str, other: Agent, exposures: list[Exposure], name: str, truth: Truth
    ) -> Account:
        """Why treatment with an agent makes its target doubtful, or not; ``name``: the agent in words."""
        where, found = ("therapies",), f"{class_id} therapy before: {name}"
        if not self.record.given_once(other):
            return Account(found, where)
        months = self.values.months_to_relapse(exposures)
        if self.values.relapsed_on_no_day(exposures):
            found += ", and the day of the relapse after it is not recorded"
        elif months.low is not None:
            found += (
                f", relapse {'' if months.low == months.high else 'at least '}{months.low:.0f} months after infusion"
            )
        fields = (
            field
            for e in exposures
            for field in (*self.progression.stop_field(e), *self.progression.open_progressions(e.entry))
        )
        return Account(found, where, unique(fields) if truth is Truth.UNKNOWN else ())
