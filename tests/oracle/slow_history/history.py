"""What follows from the record: exposure, refractoriness, lines of therapy, time since.

Derived once for a patient and a day. Every answer is a ``Finding``: it says which therapies prove
it, or which field would settle it. A window, an interval or a threshold comes from
``data/definitions.yaml`` with its source.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from mmadvisor.base.known import FAR_AHEAD, Bounds, Finding, Span, Truth, any_of, negate
from mmadvisor.formats.agents import Agent, Taken
from mmadvisor.formats.patient import Measured, Patient

from .organs import Organs
from .record import DAYS_A_MONTH, Definition, Exposure, Unnamed, in_months, unique
from .refractoriness import any_finding, named
from .relapse import Relapses


class History(Relapses, Organs):
    """All that is derived from one patient's record on one day."""

    @cached_property
    def taken(self) -> tuple[Taken, ...] | None:
        """The drugs on the list of co-medication, resolved as far as their names are known; none where not recorded."""
        listed = self.patient.co_medication
        return None if listed is None else tuple(map(self.formulary.taken, listed))

    @cached_property
    def tried(self) -> dict[str, tuple[Any, ...]]:
        """What fields of therapies may turn out to be, by path, as far as it was asked (``possible``)."""
        return {}

    def of_patient(self, patient: Patient, *, definition: Definition | None = None) -> "History":
        """The history of the same patient with other fields on record."""
        return History(
            patient,
            self.formulary,
            self.definitions,
            self.as_of,
            definition=definition or self.definition,
            assume_relapse=self.assume_relapse,
            today=self.today,
            recorded=self.recorded,
        )

    def ahead(self, patient: Patient) -> "History":
        """The history of the same patient on some later day: none before ``as_of`` is excluded, none after it."""
        return History(
            patient,
            self.formulary,
            self.definitions,
            self.as_of,
            definition=self.definition,
            today=Span(self.as_of, FAR_AHEAD),
            recorded=self.recorded,
        )

    def knowing(self, field: str, value: Any) -> "History":
        """The history of the same patient with another value of a field.

        A value in the place of one that is too old was measured today, and so is one that the day of the others would
        make too old.
        """
        known = Measured(value, Span.day(self.as_of)) if self.needs_a_day(field) else value
        return self.of_patient(self.patient.with_value(field, known))

    # --- what was used up -----------------------------------------------------------------

    def spent(self, agent_id: str) -> Finding:
        """Whether an agent is closed by refractoriness to it or to its like.

        Itself; any member of a cross-resistant class; an older agent of a class in which the
        newer failed; an agent of the same target and modality.
        """
        return self._once("spent", agent_id, self._spent)

    def _spent(self, agent_id: str) -> Finding:
        agent = self.formulary.by_id[agent_id]
        if agent.steroid or agent.supportive:
            return Finding(Truth.NOT_MET, "no refractoriness is asked of it")
        findings = [self.refractory_agent(agent_id)]
        for class_id in agent.classes:
            for other in self._closing(agent, class_id):
                name = other.name if other.id in self._certain_agents else f"another {class_id}"
                findings.append(named(f"cross-resistance with {name}", self.refractory_agent(other.id)))
        findings += [
            named(unnamed.name, self._whichever_it_was(unnamed))
            for unnamed in self.unnamed
            if unnamed.certain and all(a == agent_id or self._closed_by(agent, a) for a in unnamed.candidates)
        ]
        return any_finding(findings)

    def _closed_by(self, agent: Agent, other: str) -> bool:
        """Whether refractoriness to another agent closes this one."""
        by = self.formulary.by_id[other]
        return any(self._closes(agent, by, class_id) for class_id in agent.classes if class_id in by.classes)

    def _closes(self, agent: Agent, other: Agent, class_id: str) -> bool:
        drug_class = self.formulary.class_by_id[class_id]
        return (
            drug_class.cross_resistant
            or (drug_class.older_after_newer == "spent" and other.generation > agent.generation)
            or (drug_class.same_rank == "spent" and other.generation == agent.generation)
            or (drug_class.by_target_and_modality and other.modality == agent.modality)
        )

    def _closing(self, agent: Agent, class_id: str) -> list[Agent]:
        return [
            other for other in self._given_in(class_id) if other.id != agent.id and self._closes(agent, other, class_id)
        ]

    def _given_in(self, class_id: str) -> list[Agent]:
        return [self.formulary.by_id[a] for a in self._given_or_declared(self.formulary.members(class_id))]

    def doubtful(self, agent_id: str) -> Finding:
        """Whether earlier therapy makes an agent doubtful without closing it.

        A newer or equal agent of a ranked class failed; or the target was treated before by
        another modality, or by this one without refractoriness.
        """
        return self._once("doubtful", agent_id, self._doubtful)

    def _doubtful(self, agent_id: str) -> Finding:
        agent = self.formulary.by_id[agent_id]
        findings: list[Finding] = []
        ranked = False
        for class_id in agent.classes:
            drug_class = self.formulary.class_by_id[class_id]
            ranked |= drug_class.by_target_and_modality or "doubtful" in (
                drug_class.older_after_newer,
                drug_class.same_rank,
            )
            for other in self._given_in(class_id):
                if drug_class.by_target_and_modality:
                    findings.append(self._target_treated(class_id, other))
                elif other.id != agent.id and self._casts_doubt(agent, other, class_id):
                    findings.append(named(other.name, self.refractory_agent(other.id)))
        for unnamed in self.unnamed if ranked else ():
            each = [self._doubted_by(agent, unnamed, self.formulary.by_id[a]) for a in sorted(unnamed.candidates)]
            if unnamed.certain and all(f.truth is Truth.MET for f in each):
                findings.append(each[0])
        if ranked and self.complete is not Truth.MET:
            findings.append(self._absent(f"nothing else like {agent.name} is among the therapies"))
        return any_finding(findings) if findings else Finding(Truth.NOT_MET, "nothing speaks against it")

    def _doubted_by(self, agent: Agent, unnamed: Unnamed, other: Agent) -> Finding:
        """Whether a drug that is not known makes an agent doubtful, were it this other one."""
        exposure, findings = self._being(unnamed, other), []
        for class_id in (c for c in agent.classes if c in other.classes):
            if self.formulary.class_by_id[class_id].by_target_and_modality:
                findings.append(self._treated_by(class_id, other, [exposure], unnamed.name))
            elif other.id != agent.id and self._casts_doubt(agent, other, class_id):
                findings.append(named(unnamed.name, self._refractory_in(exposure)))
        return any_finding(findings) if findings else Finding(Truth.NOT_MET, "nothing speaks against it")

    def _casts_doubt(self, agent: Agent, other: Agent, class_id: str) -> bool:
        drug_class = self.formulary.class_by_id[class_id]
        return (drug_class.older_after_newer == "doubtful" and other.generation > agent.generation) or (
            drug_class.same_rank == "doubtful" and other.generation == agent.generation
        )

    def _target_treated(self, class_id: str, other: Agent) -> Finding:
        """Whether earlier therapy of a target leaves it doubtful.

        Cells do where the relapse came soon after them; any other modality always does.
        """
        given = self.exposed_to(other.id)
        if given.truth is Truth.MET:
            exposures = [e for e in self.exposures if e.agent.id == other.id]
            return self._treated_by(class_id, other, exposures, other.name)
        perhaps = [self._being(u, other) for u in self._perhaps_one_of(other.id)]
        if perhaps and self.complete is Truth.MET:
            found = [self._treated_by(class_id, other, [e], other.name) for e in perhaps]
            if all(f.truth is Truth.NOT_MET for f in found):
                return found[0]
        return given

    def _treated_by(self, class_id: str, other: Agent, exposures: list[Exposure], name: str) -> Finding:
        """Whether these exposures to an agent leave its target doubtful; ``name``: what it is called."""
        where = ("therapies",)
        if other.modality not in self.definitions.one_time_modalities:
            return Finding(Truth.MET, f"{class_id} therapy before: {name}", where)
        months = self._months_after(exposures) or Bounds(None, None)
        no_day = self._relapsed_on_no_day(exposures)
        if no_day:  # at some time between the infusion and today
            months = Bounds(0, months.high)
        # Progression within the refractory window came soon, whatever its day.
        known = any(e.agent.id == other.id for e in self.exposures) or not exposures
        window = self.refractory_agent(other.id).truth if known else any_of(
            self._refractory_in(e).truth for e in exposures
        )  # fmt: skip
        # Why: docs/explanation/look-ahead.md#how-long-a-target-stays-doubtful
        late = months.at_least(self.definitions.car_t_doubtful_months.value)
        soon = Truth.MET if window is Truth.MET else negate(late)
        shown = "" if months.low is None else f"{'' if months.low == months.high else 'at least '}{months.low:.0f}"
        since = f", relapse {shown} months after infusion" if shown else ""
        if no_day:
            since = ", and the day of the relapse after it is not recorded"
        missing = unique(
            field for e in exposures for field in (*self._stop_field(e), *self._open_progressions(e.entry))
        )
        found = f"{class_id} therapy before: {name}{since}"
        return Finding(soon, found, where, missing if soon is Truth.UNKNOWN else ())

    def _relapsed_on_no_day(self, exposures: list[Exposure]) -> bool:
        """Whether the disease is in relapse and no progression since an infusion is on record."""
        return self.state[0] == "relapsed" and all(self._first_progression(e.entry) is None for e in exposures)

    def _months_after(self, exposures: list[Exposure]) -> Bounds | None:
        """Months from the first of these infusions to the progression after it, or to today without one."""
        for exposure in exposures:
            if not isinstance(exposure.last, Span):
                continue
            days = exposure.last.days_until(self._first_progression(exposure.entry) or self.today)
            return in_months(days)
        return None

    def doubtful_class(self, class_id: str) -> bool:
        """Whether a target relapsed soon after cells directed at it, without being refractory."""
        limit = self.definitions.car_t_doubtful_months.value
        cells: list[list[Exposure]] = [
            [e for e in self.exposures if e.agent.id == agent.id]
            for agent in self._given_in(class_id)
            if agent.modality in self.definitions.one_time_modalities
        ]
        cells += [
            [self._being(u, self.formulary.by_id[min(u.candidates)])]
            for u in self.surely(class_id)
            if self.one_time_all(u.candidates)
        ]
        for exposures in cells:
            months = self._months_after(exposures)
            relapsed = any(
                event.happened is Truth.MET for exposure in exposures for _, event in self._after(exposure.entry)
            )
            if relapsed and months is not None and months.low is not None and months.low < limit:
                return True
        return False

    def rechallenged(self, agent_ids: Iterable[str]) -> list[tuple[Agent, Bounds | None]]:
        """Agents given before and not refractory, with the months since their last dose."""
        found: dict[str, tuple[Agent, Bounds | None]] = {}
        for exposure in self.exposures:
            agent = exposure.agent
            if agent.id not in set(agent_ids) or agent.steroid or agent.supportive:
                continue
            if self.refractory_agent(agent.id).truth is Truth.NOT_MET:
                found[agent.id] = (agent, self._months_since(exposure))
        return list(found.values())

    def _months_since(self, exposure: Exposure) -> Bounds | None:
        if exposure.last == "ongoing":
            return Bounds(0, 0)
        if exposure.last is None:
            return None
        days = exposure.last.days_until(self.today)
        return Bounds((days.low or 0) / DAYS_A_MONTH, (days.high or 0) / DAYS_A_MONTH)
