"""Which drugs were given, and to which the disease is refractory; the values, and their explanations.

A token is an agent, a class, or a class with a modality (``Formulary.members``). An unknown drug is a recorded drug
whose name is unknown.
"""

from collections.abc import Iterator

from mmadvisor.base.known import Account, Bounds, Finding, Truth, all_of, any_of, truth_of
from mmadvisor.formats.agents import Agent
from mmadvisor.formats.patient import NotRefractory, Therapy
from mmadvisor.history.account import absent, any_finding, joined, named, of_those, unique
from mmadvisor.history.names import Names
from mmadvisor.history.progression import ProgressionAccounts, Progressions
from mmadvisor.history.record import PLANNED, Exposure, Record, Unnamed, is_open


class Refractoriness:
    """Exposure and refractoriness to agents and classes, as truths and numbers."""

    def __init__(self, record: Record, progressions: Progressions) -> None:
        self.record = record
        self.progressions = progressions
        self._of_agent: dict[str, Truth] = {}
        self._of_token: dict[str, Truth] = {}
        self._exposed: dict[str, Truth] = {}
        self._as_if: dict[tuple[int, str], Truth] = {}

    # --- exposure -------------------------------------------------------------------------------

    def is_exposed_to(self, token: str) -> Truth:
        """Whether an agent of the token was ever given; steroids and conditioning count."""
        if token not in self._exposed:
            self._exposed[token] = self._is_exposed_to(token)
        return self._exposed[token]

    def _is_exposed_to(self, token: str) -> Truth:
        record, members = self.record, self.record.formulary.members(token)
        if not members.isdisjoint(record.certain_agents) or token in record.declared:
            return Truth.MET
        perhaps = record.perhaps(token) if record.unnamed else []
        if any(u.certain and u.candidates <= members for u in perhaps):
            return Truth.MET
        return Truth.UNKNOWN if perhaps else record.absent

    # --- refractoriness to an agent -------------------------------------------------------------

    def is_refractory(self, agent: str) -> Truth:
        """Whether the disease is refractory to an agent.

        The disease is refractory after non-response, or after progression on the agent or within 60 days of its last
        dose [rajkumar-2011]. The disease is never refractory to a steroid. Unknown for an agent that is not in the list
        of therapies, if the list may be incomplete.
        """
        if agent not in self._of_agent:
            self._of_agent[agent] = self._is_refractory(self.record.formulary.by_id[agent])
        return self._of_agent[agent]

    def _is_refractory(self, agent: Agent) -> Truth:
        if agent.steroid or agent.supportive:
            return Truth.NOT_MET
        best = any_of(self._proofs(agent))
        return self.record.absent if best is Truth.NOT_MET else best

    def _proofs(self, agent: Agent) -> Iterator[Truth]:
        """The truths about an agent by each exposure, each declaration and each unknown drug."""
        yield from (self.in_therapy(e) for e in self.record.given.get(agent.id, ()))
        yield from (truth for _, _, truth in self.declared(agent))
        yield from (Truth.UNKNOWN for _ in self.perhaps_refractory(agent))

    def declared(self, agent: Agent) -> list[tuple[int, str, Truth]]:
        """What the clinician's declarations show for an agent: the therapy's index, the token, the truth.

        A declared agent is refractory, whether or not it was given in that therapy. If the therapy contains no agent of
        a declared class, the declaration means every agent of the class that was given at any time; in a
        cross-resistant class, every agent. For other agents of the class the truth is unknown.
        """
        record = self.record
        if record.declared.keys().isdisjoint((agent.id, *agent.classes)):
            return []
        found: list[tuple[int, str, Truth]] = []
        for i in record.timeline.order:
            for token in record.therapies[i].refractory_to or ():
                if token == agent.id:
                    found.append((i, token, Truth.MET))
                elif token in agent.classes and not any(token in e.agent.classes for e in record.given_in[i]):
                    every = agent.id in record.given or record.formulary.class_by_id[token].cross_resistant
                    found.append((i, token, Truth.MET if every else Truth.UNKNOWN))
        return found

    def perhaps_refractory(self, agent: Agent) -> Iterator[Unnamed]:
        """The unknown drugs that may have been the agent, and whose therapy would then prove refractoriness."""
        for unnamed in self.record.unnamed:
            if agent.id in unnamed.candidates and self.as_if(unnamed, agent) is not Truth.NOT_MET:
                yield unnamed

    def as_if(self, unnamed: Unnamed, agent: Agent) -> Truth:
        """The refractoriness that the therapy of an unknown drug would prove if the drug were ``agent``."""
        key = (id(unnamed), agent.id)
        if key not in self._as_if:
            self._as_if[key] = self.in_therapy(self.record.being(unnamed, agent))
        return self._as_if[key]

    def whichever_it_was(self, unnamed: Unnamed) -> Truth:
        """Whether the disease is refractory to an unknown drug, whichever agent it was.

        If the result is the same for each agent that the drug may have been, it is this result; otherwise unknown. Not
        met if the drug may have been a steroid or a supportive drug.
        """
        agents = self.agents_of(unnamed)
        if any(a.steroid or a.supportive for a in agents):
            return Truth.NOT_MET
        truths = {self.as_if(unnamed, a) for a in agents}
        return truths.pop() if len(truths) == 1 else Truth.UNKNOWN

    def agents_of(self, unnamed: Unnamed) -> list[Agent]:
        """The agents that an unknown drug may have been."""
        return [self.record.formulary.by_id[a] for a in sorted(unnamed.candidates)]

    # --- refractoriness as one therapy shows it -------------------------------------------------

    def in_therapy(self, exposure: Exposure) -> Truth:
        """Whether one therapy with an agent shows refractoriness to it, by what is declared there or by its course."""
        if self.is_declared_in(exposure):
            return Truth.MET
        if not self.proves(exposure) or self.too_brief_a_bridge(exposure) is Truth.MET:
            return Truth.NOT_MET
        return Truth.NOT_MET if self.overruled(exposure) is not None else self.derived(exposure)

    def is_declared_in(self, exposure: Exposure) -> bool:
        """Whether this agent, or a class of it, is declared refractory in the therapy."""
        return self._names(self.record.therapies[exposure.entry].refractory_to or (), exposure)

    def overruled(self, exposure: Exposure) -> str | NotRefractory | None:
        """The first declaration in the therapy that this agent is not refractory; ``None`` if there is none."""
        for declared in self.record.therapies[exposure.entry].not_refractory_to or ():
            if self._names((declared if isinstance(declared, str) else declared.agent,), exposure):
                return declared
        return None

    @staticmethod
    def _names(tokens: tuple[str, ...], exposure: Exposure) -> bool:
        return any(t == exposure.agent.id or t in exposure.agent.classes for t in tokens)

    @staticmethod
    def proves(exposure: Exposure) -> bool:
        """Whether the agent was given as treatment; preparation for something else proves nothing."""
        return exposure.role in ("treatment", "unclear")

    def derived(self, exposure: Exposure) -> Truth:
        """Refractoriness by dates and response; unknown if it is not certain that the agent was treatment."""
        shown = self.shown(exposure)
        return Truth.UNKNOWN if shown is Truth.MET and self.is_doubted(exposure) else shown

    def shown(self, exposure: Exposure) -> Truth:
        """Whether the disease progressed on the agent, or did not respond to it."""
        on_it = self.progressions.on(exposure)
        return on_it if on_it is Truth.MET else any_of((on_it, self.did_not_respond(exposure)))

    def is_doubted(self, exposure: Exposure) -> bool:
        """Whether it is uncertain that the agent was treatment: a bridge of unknown length, or perhaps conditioning."""
        return exposure.role == "unclear" or self.too_brief_a_bridge(exposure) is Truth.UNKNOWN

    def counts(self, exposure: Exposure) -> bool:
        """Whether a non-response to the therapy counts: for induction, relapse therapy and cells [rajkumar-2011]."""
        intent = self.record.therapies[exposure.entry].intent
        return intent in self.record.definitions.non_response_counts_for or self.record.given_once(exposure.agent)

    def did_not_respond(self, exposure: Exposure) -> Truth:
        """Whether the best response was below MR to induction, relapse therapy or cells [rajkumar-2011].

        Unknown if the agent was given for less than one cycle or stopped for toxicity, or if any of these facts is
        missing.
        """
        therapy, counts = self.record.therapies[exposure.entry], self.counts(exposure)
        if not counts and therapy.intent is not None:
            return Truth.NOT_MET
        # Why: docs/explanation/incomplete-lists.md#a-best-response-that-is-not-recorded
        if therapy.best_response is None:
            return Truth.UNKNOWN
        if therapy.best_response not in self.record.definitions.non_response:
            return Truth.NOT_MET
        # What the disease did while this drug was still given is not what the whole therapy did at last.
        of_its_therapy = therapy.best_response == "PD" and exposure.own_stop
        if of_its_therapy or not counts or not self._given_long_enough(exposure, therapy):
            return Truth.UNKNOWN
        return Truth.MET

    def _given_long_enough(self, exposure: Exposure, therapy: Therapy) -> bool:
        """Whether an agent was certainly given for a cycle and not stopped for toxicity; always for cells."""
        stopped = exposure.last != "ongoing"
        return self.record.given_once(exposure.agent) or (
            not (stopped and therapy.stop_reason in (None, "toxicity")) and self.for_a_cycle(exposure) is Truth.MET
        )

    def for_a_cycle(self, exposure: Exposure) -> Truth:
        """Whether an agent was given for at least the longest possible cycle; unknown if days are missing."""
        days = self.days_given(exposure)
        return Truth.UNKNOWN if days is None else days.at_least(self.record.cycle_days(exposure.entry)[1])

    def days_given(self, exposure: Exposure) -> Bounds | None:
        """Days from the first dose to the last; ``None`` if either day is not recorded."""
        stop = self.record.today if exposure.last == "ongoing" else exposure.last
        return None if exposure.start is None or stop is None else exposure.start.days_until(stop)

    def no_response_to_a_cycle(self, exposure: Exposure) -> Truth:
        """Whether the best response was SD or worse after at least one cycle, as labels define it.

        - Conditioning: met if the recorded best response is SD or worse; unknown if it is not recorded.
        - Other therapies: met if ``had_its_cycle``. Unlike refractoriness, this does not depend on the reason for
          stopping.
        - Otherwise the same as ``did_not_respond``.
        """
        best = self.record.therapies[exposure.entry].best_response
        if exposure.role == "conditioning":
            return truth_of(None if best is None else best in self.record.definitions.non_response)
        return Truth.MET if self.had_its_cycle(exposure) else self.did_not_respond(exposure)

    def had_its_cycle(self, exposure: Exposure) -> bool:
        """Whether the best response was certainly SD or worse after a whole cycle, for whatever reason treatment ended.

        The intent must be recorded and must not be consolidation or maintenance, and the agent must not have been
        stopped before its therapy. If ``line`` is stated, the dates must show a cycle. Otherwise the therapy is taken
        to have lasted a cycle.
        """
        therapy = self.record.therapies[exposure.entry]
        return (
            therapy.best_response in self.record.definitions.non_response
            and therapy.intent is not None
            and therapy.intent not in PLANNED
            and not exposure.own_stop
            and (therapy.line is None or self.for_a_cycle(exposure) is Truth.MET)
        )

    def too_brief_a_bridge(self, exposure: Exposure) -> Truth:
        """Whether a drug was given only as bridging for at most one cycle, which does not prove refractoriness.

        Unknown if dates are missing.
        """
        if self.record.therapies[exposure.entry].intent != "bridging" or self.record.given_once(exposure.agent):
            return Truth.NOT_MET
        days = self.days_given(exposure)
        if days is None:
            return Truth.UNKNOWN
        brief, full = (days.at_most(cycle) for cycle in self.record.cycle_days(exposure.entry))
        return brief if brief is full else any_of([all_of([brief, full]), Truth.UNKNOWN])

    def awaits_its_cells(self, index: int) -> Truth:
        """Whether a bridge that is the last therapy may still be followed by its cells.

        Met if it lasted at most one cycle, and ended within the refractory window before today. Otherwise unknown or
        not met.
        """
        brief = [self.too_brief_a_bridge(e) for e in self.record.given_in[index]]
        of_late = self.record.ended_of_late(self.record.therapies[index].stop)
        return all_of([*brief, of_late]) if brief else Truth.UNKNOWN

    # --- refractoriness to a class --------------------------------------------------------------

    def is_refractory_to(self, token: str) -> Truth:
        """Whether the disease is refractory to at least one agent of the token."""
        if token not in self._of_token:
            self._of_token[token] = self._is_refractory_to(token)
        return self._of_token[token]

    def _is_refractory_to(self, token: str) -> Truth:
        record, members = self.record, self.record.formulary.members(token)
        if all(record.formulary.by_id[a].steroid for a in members):
            return Truth.NOT_MET
        if token in record.declared:
            return Truth.MET
        truths = [self.is_refractory(a) for a in self.certainly_given(token)]
        truths += [self.whichever_it_was(u) for u in record.surely(token)]
        truths += [Truth.UNKNOWN for _ in self.perhaps_refractory_to(token)]
        return any_of([*truths, record.absent])

    def certainly_given(self, token: str) -> list[str]:
        """The agents of the token that were given or are declared refractory, in order of time."""
        members = self.record.formulary.members(token)
        return [a for a in self.record.certain_agents if a in members]

    def perhaps_refractory_to(self, token: str) -> Iterator[Unnamed]:
        """The unknown drugs that may have been an agent of the token, and would then prove refractoriness."""
        members = self.record.formulary.members(token)
        for unnamed in self.record.unnamed:
            possible = (a for a in self.agents_of(unnamed) if a.id in members)
            if any(self.as_if(unnamed, a) is not Truth.NOT_MET for a in possible):
                yield unnamed

    def number_refractory_to(self, token: str) -> Bounds:
        """The number of agents of the token to which the disease is refractory.

        The range has no upper limit if the list of therapies may be incomplete.
        """
        truths = {a: self.is_refractory(a) for a in self.record.given_or_declared(self.record.formulary.members(token))}
        counted = {a for a, truth in truths.items() if truth is Truth.MET}
        low = len(counted)
        high = low + sum(truth is Truth.UNKNOWN for truth in truths.values())
        for unnamed in self.record.surely(token):
            if counted.isdisjoint(unnamed.candidates) and self.whichever_it_was(unnamed) is Truth.MET:
                counted |= unnamed.candidates
                low += 1
        return Bounds(low, high if self.record.complete is Truth.MET else None)


class RefractorinessAccounts:
    """The therapies that prove exposure and refractoriness, in words, and the missing fields."""

    def __init__(self, values: Refractoriness, progression: ProgressionAccounts, names: Names) -> None:
        self.values = values
        self.record = values.record
        self.progression = progression
        self.names = names
        self._answers: dict[tuple[str, str], Finding] = {}

    # --- exposure -------------------------------------------------------------------------------

    def exposed_to(self, token: str) -> Finding:
        """Whether an agent of the token was ever given, with the therapies; steroids and conditioning count."""
        key = ("exposed", token)
        if key not in self._answers:
            truth = self.values.is_exposed_to(token)
            self._answers[key] = joined(truth, self._why_exposed(token, truth))
        return self._answers[key]

    def _why_exposed(self, token: str, truth: Truth) -> Account:
        members = self.record.formulary.members(token)
        if truth is not Truth.MET:
            none = self.record.absent
            nothing = joined(none, absent(none, f"no {token} among the therapies"))
            return of_those(truth, [*(self._may_have_had(u, token) for u in self.record.perhaps(token)), nothing])
        entries = [e for e in self.record.exposures if e.agent.id in members]
        surely = self.record.surely(token)
        if entries or surely:
            names = ", ".join(unique([*(e.agent.name for e in entries), *(u.name for u in surely)]))
            return Account(f"received {names}", unique([*(e.where for e in entries), *(u.where for u in surely)]))
        first = next(t for t in (token, *sorted(members)) if t in self.record.declared)
        place = self.record.declared[first]
        found = f"{self.record.token_name(first)} declared refractory ({self.names.called(place)})"
        return Account(found, (f"therapies[{place}]",))

    def _may_have_had(self, unnamed: Unnamed, token: str) -> Finding:
        return self._it_may_be(unnamed, self.record.token_name(token))

    def _it_may_be(self, unnamed: Unnamed, name: str) -> Finding:
        found = f"may have had {name} ({self.names.called_with_days(unnamed.entry)})"
        return Finding(Truth.UNKNOWN, found, (unnamed.where,), (unnamed.field,))

    # --- refractoriness to an agent -------------------------------------------------------------

    def refractory_agent(self, agent: str) -> Finding:
        """Whether the disease is refractory to an agent, with the therapies that prove it."""
        key = ("refractory agent", agent)
        if key not in self._answers:
            truth = self.values.is_refractory(agent)
            self._answers[key] = joined(truth, self._why_refractory(self.record.formulary.by_id[agent], truth))
        return self._answers[key]

    def _why_refractory(self, agent: Agent, truth: Truth) -> Account:
        if agent.steroid or agent.supportive:
            return Account("refractoriness is not asked of it")
        findings = [self.in_therapy(e) for e in self.record.given.get(agent.id, ())]
        findings += [self._declared(*declaration) for declaration in self.values.declared(agent)]
        findings += [self._may_have_had(u, agent.id) for u in self.values.perhaps_refractory(agent)]
        if not findings:
            return absent(truth, f"{agent.name} is not among the therapies")
        best = any_finding(findings)
        if best.truth is not truth:  # nothing speaks for it but that the list may not be whole
            found = f"{best.found}; the list of therapies may not be whole"
            return Account(found, best.where, ("therapies_complete",))
        return of_those(truth, findings)

    def _declared(self, place: int, token: str, truth: Truth) -> Finding:
        where, called = f"therapies[{place}]", self.names.called(place)
        which = "" if token in self.record.formulary.by_id else f"{token} "
        if truth is Truth.MET:
            return Finding(truth, f"{which}declared refractory ({called})", (where,))
        found = f"{which}declared refractory ({called}), of which agent is not recorded"
        return Finding(truth, found, (where,), (f"{where}.agents",))

    def whichever_it_was(self, unnamed: Unnamed) -> Finding:
        """Whether the disease is refractory to an unknown drug, whichever agent it was, with the account."""
        truth = self.values.whichever_it_was(unnamed)
        return joined(truth, self._why_whichever(unnamed, truth))

    def _why_whichever(self, unnamed: Unnamed, truth: Truth) -> Account:
        agents = self.values.agents_of(unnamed)
        if any(a.steroid or a.supportive for a in agents):
            return Account("refractoriness is not asked of each", (unnamed.where,))
        if len({self.values.as_if(unnamed, a) for a in agents}) == 1:
            return of_those(truth, [self.in_therapy(self.record.being(unnamed, agents[0]))])
        return of_those(truth, [self._it_may_be(unnamed, unnamed.name)])

    # --- refractoriness as one therapy shows it -------------------------------------------------

    def in_therapy(self, exposure: Exposure) -> Finding:
        """Whether one therapy with an agent shows refractoriness to it, with the account."""
        truth = self.values.in_therapy(exposure)
        return joined(truth, self._why_in_therapy(exposure, truth))

    def _why_in_therapy(self, exposure: Exposure, truth: Truth) -> Account:
        values, where, called = self.values, (exposure.where,), self.names.called(exposure.entry)
        if values.is_declared_in(exposure):
            return Account(f"declared refractory ({called})", where)
        if not values.proves(exposure):
            return Account(f"given as {exposure.role}, which proves nothing", where)
        if values.too_brief_a_bridge(exposure) is Truth.MET:
            return Account(f"given as bridging for one cycle or less, which proves nothing ({called})", where)
        derived, overruled = values.derived(exposure), values.overruled(exposure)
        why = self._why_derived(exposure, derived)
        if overruled is None or derived is truth:
            return why
        reason = None if isinstance(overruled, str) else overruled.reason
        said = f"declared not refractory: {reason or 'no reason given'} (the record says: {why.found})"
        return Account(said, where)

    def _why_derived(self, exposure: Exposure, truth: Truth) -> Account:
        shown = self.values.shown(exposure)
        why = of_those(shown, [self.progression.on(exposure), self.did_not_respond(exposure)])
        if shown is truth:
            return why
        if exposure.role == "unclear":
            found = f"{why.found}, but whether it was conditioning is not recorded"
            return Account(found, why.where, (f"{exposure.where}.intent",))
        found = f"{why.found}, but whether the bridging lasted more than one cycle is not recorded"
        return Account(found, why.where, (f"{exposure.where}.start", f"{exposure.where}.stop"))

    def did_not_respond(self, exposure: Exposure) -> Finding:
        """Whether the best response was below MR to induction, relapse therapy or cells, with its account."""
        truth = self.values.did_not_respond(exposure)
        return joined(truth, self._why_no_response(exposure, truth))

    def _why_no_response(self, exposure: Exposure, truth: Truth) -> Account:
        therapy, where = self.record.therapies[exposure.entry], (exposure.where,)
        counts, best = self.values.counts(exposure), therapy.best_response
        if truth is Truth.MET:
            return Account(f"best response {best} ({self.names.called(exposure.entry)})", where)
        if truth is Truth.NOT_MET:
            ignored = not counts and therapy.intent is not None
            return Account(
                f"response to {therapy.intent} does not count" if ignored else f"best response {best}", where
            )
        if best is None:
            return Account("best response not recorded", where, (f"{exposure.where}.best_response",))
        if best == "PD" and exposure.own_stop:
            found = "progressive disease was the best response of its therapy; the response when it was stopped is open"
            open_ = is_open(therapy.best_response_on)
            fields = (f"{exposure.where}.best_response_on",) if open_ else self.declaration(exposure.entry)
            return Account(found, where, fields)
        missing = [] if counts else [f"{exposure.where}.intent"]
        missing += [] if self.record.given_once(exposure.agent) else self._trial_too_short(exposure, therapy)
        found = f"best response {best}, but whether it was given long enough is open"
        return Account(found, where, unique(missing))

    def no_response_to_a_cycle(self, exposure: Exposure) -> Finding:
        """Whether the best response was SD or worse after at least one cycle, with its account."""
        truth = self.values.no_response_to_a_cycle(exposure)
        return joined(truth, self._why_no_response_to_a_cycle(exposure, truth))

    def _why_no_response_to_a_cycle(self, exposure: Exposure, truth: Truth) -> Account:
        best, where = self.record.therapies[exposure.entry].best_response, (exposure.where,)
        if exposure.role == "conditioning" and best is None:
            return Account("best response not recorded", where, (f"{exposure.where}.best_response",))
        if exposure.role == "conditioning" or self.values.had_its_cycle(exposure):
            return Account(f"best response {best} ({self.names.called(exposure.entry)})", where)
        return self._why_no_response(exposure, truth)

    def _trial_too_short(self, exposure: Exposure, therapy: Therapy) -> list[str]:
        missing: list[str] = []
        long_enough = self.values.for_a_cycle(exposure)
        if long_enough is Truth.UNKNOWN:
            missing += [f"{exposure.where}.start"] if is_open(exposure.start) else []
            missing += self.progression.stop_field(exposure)
            # still taken, on a day that is not known
            missing += [] if missing else [self.progression.last_field(exposure)]
        stopped = exposure.last != "ongoing"
        if stopped and therapy.stop_reason is None:
            missing.append(f"{exposure.where}.stop_reason")
        if long_enough is Truth.NOT_MET or (stopped and therapy.stop_reason == "toxicity"):
            # No day and no reason settles it that is on record already: whoever knows the patient may declare it.
            missing += self.declaration(exposure.entry)
        return missing

    def declaration(self, index: int) -> tuple[str, ...]:
        """The fields of a therapy in which a clinician declares agents refractory, or not refractory."""
        return f"therapies[{index}].refractory_to", f"therapies[{index}].not_refractory_to"

    # --- refractoriness to a class --------------------------------------------------------------

    def refractory_to(self, token: str) -> Finding:
        """Whether the disease is refractory to at least one agent of the token, with the therapies that prove it."""
        key = ("refractory", token)
        if key not in self._answers:
            truth = self.values.is_refractory_to(token)
            self._answers[key] = joined(truth, self._why_refractory_to(token, truth))
        return self._answers[key]

    def _why_refractory_to(self, token: str, truth: Truth) -> Account:
        record, by_id = self.record, self.record.formulary.by_id
        if all(by_id[a].steroid for a in record.formulary.members(token)):
            return Account("refractoriness is not asked of steroids")
        given, surely = self.values.certainly_given(token), record.surely(token)
        findings = [named(by_id[a].name, self.refractory_agent(a)) for a in given]
        findings += [named(u.name, self.whichever_it_was(u)) for u in surely]
        findings += [self._may_have_had(u, token) for u in self.values.perhaps_refractory_to(token)]
        findings += [
            Finding(Truth.MET, f"declared refractory ({self.names.called(i)})", (f"therapies[{i}]",))
            for i in record.timeline.order
            if token in (record.therapies[i].refractory_to or ())
        ]
        if record.complete is not Truth.MET or not (given or surely):
            found = f"no {'other ' if given or surely else ''}{token} among the therapies"
            findings.append(joined(record.absent, absent(record.absent, found)))
        return of_those(truth, findings)

    def refractory_count(self, token: str) -> tuple[Bounds, tuple[str, ...]]:
        """The number of agents of the token to which the disease is refractory, and the missing fields."""
        given = self.record.given_or_declared(self.record.formulary.members(token))
        missing = unique(field for agent in given for field in self.refractory_agent(agent).missing)
        whole = self.record.complete is Truth.MET
        return self.values.number_refractory_to(token), missing if whole else unique((*missing, "therapies_complete"))
