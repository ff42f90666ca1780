"""Harms of earlier drugs: recorded adverse events, and cancers that came after a drug."""

from mmadvisor.base.known import Truth, all_of, any_of, truth_of
from mmadvisor.formats.patient import SecondCancer, Toxicity
from mmadvisor.history.record import Exposure, Record


def toxicities_on(record: Record, token: str) -> tuple[Toxicity, ...] | None:
    """The recorded adverse events on an agent or class, and events whose drug is not recorded.

    An empty ``token`` returns all events. ``None`` if toxicities are not recorded.
    """
    recorded = record.patient.toxicities
    if recorded is None or not token:
        return recorded
    members = record.formulary.members(token)
    return tuple(t for t in recorded if t.agent is None or t.agent in members)


def reaches(toxicity: Toxicity, grade: int, *, on_agents: bool) -> Truth:
    """Whether an event has at least a grade; unknown if its grade is not recorded.

    A ``grade`` of 1 or less means any grade. With ``on_agents`` only events on particular agents count, so the result
    is also unknown if the agent of the event is not recorded.
    """
    certain = Truth.UNKNOWN if on_agents and toxicity.agent is None else Truth.MET
    grave = True if grade <= 1 else None if toxicity.grade is None else toxicity.grade >= grade
    return all_of([certain, truth_of(grave)])


def harmed(record: Record, agent: str, exposed: Truth) -> Truth:
    """Whether a severe event on an agent is recorded.

    If there is none, unknown if toxicities are not recorded, or if a therapy with the agent was stopped for a toxicity
    that is not recorded. ``exposed``: whether the agent was given. If it was not, events without an agent, and the
    absence of a list of toxicities, do not matter.
    """
    events = toxicities_on(record, agent)
    grade = int(record.definitions.severe_from_grade.value)
    truths = [
        reaches(event, grade, on_agents=True)
        for event in events or ()
        if event.agent is not None or exposed is not Truth.NOT_MET
    ]
    if events is None and exposed is not Truth.NOT_MET:
        truths.append(Truth.UNKNOWN)
    if stopped_for_toxicity(record, agent) is not None:
        truths.append(Truth.UNKNOWN)
    return any_of(truths)


def stopped_for_toxicity(record: Record, agent: str) -> Exposure | None:
    """The first exposure to an agent in a therapy that was stopped for a toxicity that is not recorded."""
    told = {toxicity.agent for toxicity in record.patient.toxicities or ()}
    for exposure in record.exposures:
        if exposure.agent.id == agent:
            therapy = record.patient.therapies[exposure.entry]
            if therapy.stop_reason == "toxicity" and told.isdisjoint(given.agent for given in therapy.given):
                return exposure
    return None


def withdrawn(record: Record, agent: str) -> Truth:
    """Whether an agent was stopped for its own toxicity; unknown if another therapy with it may be missing."""
    given = [withdrawn_in(record, agent, exposure.entry) for exposure in record.given.get(agent, ())]
    perhaps = (withdrawn_in(record, agent, unnamed.entry) for unnamed in record.perhaps(agent))
    return any_of([*given, *(all_of([Truth.UNKNOWN, truth]) for truth in perhaps), record.absent])


def withdrawn_in(record: Record, agent: str, entry: int) -> Truth:
    """Whether a therapy with an agent was stopped for a toxicity of this agent.

    Only a therapy whose recorded reason for stopping is toxicity can meet it: met if a toxicity of this agent is
    recorded, or if this agent was the only drug of the therapy; not met if toxicities of its other drugs are recorded,
    and none of this agent; otherwise unknown. Not met for another recorded reason, and while the therapy goes on.
    Unknown if the therapy has ended and no reason is recorded.
    """
    therapy = record.patient.therapies[entry]
    if therapy.stop_reason is None:
        return Truth.NOT_MET if therapy.stop == "ongoing" else Truth.UNKNOWN
    if therapy.stop_reason != "toxicity":
        return Truth.NOT_MET
    told = {toxicity.agent for toxicity in record.patient.toxicities or ()}
    others = {given.agent for given in therapy.given} - {agent}
    if agent in told or not (others or therapy.unnamed):
        return Truth.MET
    explained = None not in told and not told.isdisjoint(others)
    return Truth.NOT_MET if explained else Truth.UNKNOWN


def cancers_after(record: Record, token: str) -> tuple[Truth, ...]:
    """For each recorded cancer, whether it came after an agent or class.

    Met if such a drug is recorded as the cause, or was given and the dates do not show that the cancer came first.
    Otherwise not met if the list of therapies is complete, and unknown if it may be incomplete. One more truth at the
    end is for a cancer of which nothing else is recorded, as in ``other_malignancy``.
    """
    members = record.formulary.members(token)
    starts = [e.start for e in record.exposures if e.agent.id in members]
    # What a look-ahead only assumes comes after every cancer that is on record today.
    given = [s for s in starts if s is None or record.today.exact or s.earliest < record.as_of]

    def follows(cancer: SecondCancer) -> Truth:
        found = cancer.found_on
        if cancer.after in members or any(
            start is None or found is None or start.not_after(found) is not Truth.NOT_MET for start in given
        ):
            return Truth.MET
        return truth_of(False if record.complete is Truth.MET else None)

    return tuple(map(follows, (*(record.patient.get("comorbidities.second_cancers") or ()), SecondCancer())))
