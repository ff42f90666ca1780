"""What stands beside the doses of each agent for one patient: reasons to adapt or withhold them, and dialysis."""

from __future__ import annotations

from functools import cached_property

from mmadvisor.base.known import Truth
from mmadvisor.care.counts import COUNTS, Counts
from mmadvisor.care.scope import Scope


class Beside:
    """The notes beside the doses of one course."""

    def __init__(self, scope: Scope) -> None:
        """``scope``: the course."""
        self.scope = scope
        self._counts = Counts(scope)

    @cached_property
    def to_adapt(self) -> dict[str, str]:
        """The agents with a caution that applies to this patient, with its topics but those that decide the dose."""
        found: dict[str, dict[str, None]] = {}
        for rule in self.scope.catalogue.rules_for(self.scope.regimen) if self.scope.case else ():
            for criterion in rule.cautions:
                if (
                    self.scope.case
                    and self.scope.case.assessor.decisions.of(criterion).truth is Truth.NOT_MET
                    and criterion.about
                    and criterion.about not in self.scope.catalogue.dose_topics
                ):
                    for agent in set(rule.applies_to.agents) & set(self.scope.regimen.agent_ids):
                        found.setdefault(agent, {})[criterion.about] = None
        for agent in self.scope.regimen.agent_ids if self.scope.case else ():
            for drug in self.scope.case.assessor.interactions.changes_dose(agent) if self.scope.case else ():
                found.setdefault(agent, {})[f"interaction with {drug}"] = None
            if self.by_counts.get(agent):
                found.setdefault(agent, {})[COUNTS] = None
        return {agent: ", ".join(topics) for agent, topics in found.items()}

    @cached_property
    def by_counts(self) -> dict[str, str]:
        """What the rows of each agent ask at the counts on record, beside a dose that may be given."""
        return {agent: self._counts.beside(agent) for agent in self.scope.regimen.agent_ids}

    @cached_property
    def reduced(self) -> set[str]:
        """The agents of which a row asks for a lower dose at the counts on record: the usual dose has no number."""
        return {agent for agent in self.scope.regimen.agent_ids if self._counts.reduced(agent)}

    @cached_property
    def held(self) -> dict[str, str]:
        """The agents whose next dose is not given with the counts on record, each with the reason."""
        return {agent: held for agent in self.scope.regimen.agent_ids if (held := self._counts.held(agent))}

    @cached_property
    def on_dialysis(self) -> dict[str, str]:
        """When each agent is given on a day of dialysis, for a patient on dialysis; marked if not read."""
        case = self.scope.case
        recorded = case.history.patient.get("comorbidities.dialysis") if case else False
        if not recorded:
            return {}
        return {
            agent: f" (dialysis: {row.on_dialysis}{' ‡' if row.verified == 'unverified' else ''})"
            for agent, handling in self.scope.handled()
            for row in handling.renal
            if row.on_dialysis
        }
