"""Which criteria decide each regimen, apart from its label and the drugs that a patient takes."""

from __future__ import annotations

from functools import cache, lru_cache

from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Regimen, states_for
from mmadvisor.criteria.conditions import StoppedForToxicity, Tolerated
from mmadvisor.criteria.fields import State
from mmadvisor.criteria.therapies import Active, Undoubted
from mmadvisor.criteria.types import AnyCriterion, Not

# A criterion that all regimens share is one object, and so is decided once.


@cache
def _state_of(states: tuple[str, ...]) -> State:
    return State(id="state", one_of=states)


@cache
def active(agent: str) -> Active:
    """The criterion that the agent is not spent."""
    return Active(id=f"active-{agent}", agent=agent)


@cache
def undoubted(agent: str) -> Undoubted:
    """The criterion that earlier therapy does not make the agent doubtful."""
    return Undoubted(id=f"undoubted-{agent}", agent=agent, about="earlier therapy")


@cache
def tolerated(agent: str) -> Tolerated:
    """The criterion that no severe event on an agent is recorded."""
    return Tolerated(id=f"tolerated-{agent}", agent=agent, about="toxicity before", strong=True)


@cache
def not_stopped(agent: str) -> Not:
    """The criterion that an agent was not stopped for its own toxicity; a reason that is not recorded is no caution."""
    stopped = StoppedForToxicity(agent=agent)
    return Not(
        id=f"not-stopped-{agent}",
        criterion=stopped,
        about="toxicity before",
        say="Given before and not tolerated",
        if_recorded=True,
    )


# The same for every patient; kept for a few catalogues.
@lru_cache(maxsize=512)
def asked_of(regimen: Regimen, catalogue: Catalogue) -> tuple[list[AnyCriterion], list[AnyCriterion]]:
    """The gates and the cautions of a regimen, without the criteria of its label.

    The gates are the state of the disease, the agents that must not be spent, the regimen's own gates, and those of
    rules.
    """
    treating = [a for a in regimen.agent_ids if not catalogue.formulary.by_id[a].steroid]
    gates = [_state_of(states_for(regimen)), *map(active, treating), *catalogue.gates_of(regimen)]
    soft: list[AnyCriterion] = [*map(undoubted, treating), *map(tolerated, treating), *map(not_stopped, treating)]
    soft += catalogue.cautions_of(regimen)
    return gates, soft
