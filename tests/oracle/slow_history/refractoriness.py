"""What was given, and to what the disease is refractory."""

from collections.abc import Iterable

from mmadvisor.base.known import Bounds, Finding, Truth, all_of, any_of, truth_of
from mmadvisor.formats.agents import Agent
from mmadvisor.formats.patient import Therapy

from .progression import Progressions
from .record import PLANNED, Exposure, Unnamed, is_open, unique


class Refractoriness(Progressions):
    """Exposure and refractoriness to agents and classes, each answer with its proof."""

    def _whichever_it_was(self, unnamed: Unnamed) -> Finding:
        """Refractoriness that a drug which is not known proves to itself: as far as each that it may be would."""
        agents = [self.formulary.by_id[a] for a in sorted(unnamed.candidates)]
        if any(a.steroid or a.supportive for a in agents):
            return Finding(Truth.NOT_MET, "refractoriness is not asked of each", (unnamed.where,))
        findings = [self._refractory_in(self._being(unnamed, a)) for a in agents]
        truths = {f.truth for f in findings}
        if len(truths) == 1:
            return findings[0]
        found = f"may have had {unnamed.name} ({self.called_with_days(unnamed.entry)})"
        return Finding(Truth.UNKNOWN, found, (unnamed.where,), (unnamed.field,))

    def _did_not_respond(self, exposure: Exposure) -> Finding:
        """Best response below MR to induction, relapse therapy or cells [rajkumar-2011].

        Less than one cycle, a stop for toxicity, and whatever of these is not recorded leave it
        unknown.
        """
        therapy = self.patient.therapies[exposure.entry]
        one_time = exposure.agent.modality in self.definitions.one_time_modalities
        counts = therapy.intent in self.definitions.non_response_counts_for or one_time
        where = (exposure.where,)
        if not counts and therapy.intent is not None:
            return Finding(Truth.NOT_MET, f"response to {therapy.intent} does not count", where)
        # Why: docs/explanation/incomplete-lists.md#a-best-response-that-is-not-recorded
        if therapy.best_response is None:
            return Finding(Truth.UNKNOWN, "best response not recorded", where, (f"{exposure.where}.best_response",))
        if therapy.best_response not in self.definitions.non_response:
            return Finding(Truth.NOT_MET, f"best response {therapy.best_response}", where)
        if therapy.best_response == "PD" and exposure.own_stop:
            # What the disease did while this drug was still given is not what the whole therapy did at last.
            found = "progressive disease was the best response of its therapy; the response when it was stopped is open"
            open_ = is_open(therapy.best_response_on)
            fields = (f"{exposure.where}.best_response_on",) if open_ else self._declaration(exposure.entry)
            return Finding(Truth.UNKNOWN, found, where, fields)
        missing: list[str] = []
        if not counts:
            missing.append(f"{exposure.where}.intent")
        if not one_time:
            missing += self._trial_too_short(exposure, therapy)
        if missing:
            found = f"best response {therapy.best_response}, but whether it was given long enough is open"
            return Finding(Truth.UNKNOWN, found, where, unique(missing))
        return Finding(Truth.MET, f"best response {therapy.best_response} ({self.called(exposure.entry)})", where)

    def _no_response_to_a_cycle(self, exposure: Exposure) -> Finding:
        """SD or worse after at least one cycle, for whatever reason it was stopped, as labels ask it.

        A transplant is given whole, and what is taken for a line without being stated as one was given for a cycle.
        The purpose decides only where it is to keep a response.
        """
        therapy, days = self.patient.therapies[exposure.entry], self._days_given(exposure)
        where, called = (exposure.where,), self.called(exposure.entry)
        no_response = therapy.best_response in self.definitions.non_response
        if exposure.role == "conditioning":
            if therapy.best_response is None:
                found = "best response not recorded"
                return Finding(Truth.UNKNOWN, found, where, (f"{exposure.where}.best_response",))
            return Finding(truth_of(no_response), f"best response {therapy.best_response} ({called})", where)
        counts = therapy.intent is not None and therapy.intent not in PLANNED
        full = days is not None and days.at_least(self.cycle_days(exposure.entry)[1]) is Truth.MET
        if counts and (full or therapy.line is None) and not exposure.own_stop and no_response:
            return Finding(Truth.MET, f"best response {therapy.best_response} ({called})", where)
        return self._did_not_respond(exposure)

    def _trial_too_short(self, exposure: Exposure, therapy: Therapy) -> list[str]:
        missing: list[str] = []
        days = self._days_given(exposure)
        long_enough = Truth.UNKNOWN if days is None else days.at_least(self.cycle_days(exposure.entry)[1])
        if long_enough is Truth.UNKNOWN:
            missing += [f"{exposure.where}.start"] if is_open(exposure.start) else []
            missing += self._stop_field(exposure)
            missing += [] if missing else [self.last_field(exposure)]  # still taken, on a day that is not known
        stopped = exposure.last != "ongoing"
        if stopped and therapy.stop_reason is None:
            missing.append(f"{exposure.where}.stop_reason")
        if long_enough is Truth.NOT_MET or (stopped and therapy.stop_reason == "toxicity"):
            # No day and no reason settles it that is on record already: whoever knows the patient may declare it.
            missing += self._declaration(exposure.entry)
        return missing

    def _declaration(self, index: int) -> tuple[str, ...]:
        """Where a clinician may declare what a therapy proves."""
        return f"therapies[{index}].refractory_to", f"therapies[{index}].not_refractory_to"

    def _days_given(self, exposure: Exposure) -> Bounds | None:
        """Days from the first dose to the last; ``None`` where either is not recorded."""
        stop = self.today if exposure.last == "ongoing" else exposure.last
        return None if exposure.start is None or stop is None else exposure.start.days_until(stop)

    def _too_brief_a_bridge(self, exposure: Exposure) -> Truth:
        """Whether a drug was given as bridging for one cycle or less, which proves nothing."""
        therapy = self.patient.therapies[exposure.entry]
        if therapy.intent != "bridging" or exposure.agent.modality in self.definitions.one_time_modalities:
            return Truth.NOT_MET
        days = self._days_given(exposure)
        shortest, longest = self.cycle_days(exposure.entry)
        if days is None:
            return Truth.UNKNOWN
        brief, full = days.at_most(shortest), days.at_most(longest)
        return brief if brief is full else any_of([all_of([brief, full]), Truth.UNKNOWN])

    def awaits_its_cells(self, index: int) -> Truth:
        """Whether a bridge with nothing after it may still lead to its cells: one cycle or less, and of late.

        A longer one may have become a treatment; what came of one that ended before the refractory window is not
        recorded. Both are then unknown.
        """
        brief = [self._too_brief_a_bridge(e) for e in self.exposures if e.entry == index]
        return all_of([*brief, self._ended_of_late(self.patient.therapies[index].stop)]) if brief else Truth.UNKNOWN

    def _refractory_in(self, exposure: Exposure) -> Finding:
        """Refractoriness to an agent as one therapy shows it, declarations included."""
        therapy = self.patient.therapies[exposure.entry]
        tokens = {exposure.agent.id, *exposure.agent.classes}
        if tokens & set(therapy.refractory_to or ()):
            return Finding(Truth.MET, f"declared refractory ({self.called(exposure.entry)})", (exposure.where,))
        if exposure.role not in ("treatment", "unclear"):
            return Finding(Truth.NOT_MET, f"given as {exposure.role}, which proves nothing", (exposure.where,))
        brief = self._too_brief_a_bridge(exposure)
        if brief is Truth.MET:
            found = f"given as bridging for one cycle or less, which proves nothing ({self.called(exposure.entry)})"
            return Finding(Truth.NOT_MET, found, (exposure.where,))
        derived = either(self._progressed_on(exposure), self._did_not_respond(exposure))
        if brief is Truth.UNKNOWN and derived.truth is Truth.MET:
            found = f"{derived.found}, but whether the bridging lasted more than one cycle is not recorded"
            fields = (f"{exposure.where}.start", f"{exposure.where}.stop")
            derived = Finding(Truth.UNKNOWN, found, derived.where, fields)
        if exposure.role == "unclear" and derived.truth is Truth.MET:
            found = f"{derived.found}, but whether it was conditioning is not recorded"
            derived = Finding(Truth.UNKNOWN, found, derived.where, (f"{exposure.where}.intent",))
        for overruled in therapy.not_refractory_to or ():
            agent, reason = (overruled, None) if isinstance(overruled, str) else (overruled.agent, overruled.reason)
            if agent in tokens and derived.truth is not Truth.NOT_MET:
                said = f"declared not refractory: {reason or 'no reason given'} (the record says: {derived.found})"
                return Finding(Truth.NOT_MET, said, (exposure.where,))
        return derived

    def refractory_agent(self, agent: str) -> Finding:
        """Whether the disease is refractory to an agent.

        Refractory is non-response, or progression on it or within 60 days of its last dose
        [rajkumar-2011]. Steroids never are. An agent not in a list that may not be whole is
        unknown.
        """
        return self._once("refractory agent", agent, self._refractory_agent)

    def _refractory_agent(self, agent: str) -> Finding:
        known = self.formulary.by_id[agent]
        if known.steroid or known.supportive:
            return Finding(Truth.NOT_MET, "refractoriness is not asked of it")
        findings = [self._refractory_in(e) for e in self.exposures if e.agent.id == agent]
        findings += self._declared(known)
        findings += self._perhaps_refractory(known)
        if not findings:
            return self._absent(f"{known.name} is not among the therapies")
        best = any_finding(findings)
        if best.truth is Truth.NOT_MET and self.complete is not Truth.MET:
            return Finding(
                Truth.UNKNOWN,
                f"{best.found}; the list of therapies may not be whole",
                best.where,
                ("therapies_complete",),
            )
        return best

    def _perhaps_refractory(self, agent: Agent) -> list[Finding]:
        """Drugs that are not known and may have been the agent, where their therapy would then prove refractoriness."""
        return [
            Finding(
                Truth.UNKNOWN,
                f"may have had {agent.name} ({self.called_with_days(unnamed.entry)})",
                (f"therapies[{unnamed.entry}]",),
                (unnamed.field,),
            )
            for unnamed in self.unnamed
            if agent.id in unnamed.candidates
            and self._refractory_in(self._being(unnamed, agent)).truth is not Truth.NOT_MET
        ]

    def _perhaps_refractory_to(self, token: str) -> list[Finding]:
        """Drugs that are not known, each perhaps one of a token, where that would prove refractoriness."""
        members = self.formulary.members(token)
        return [
            perhaps
            for unnamed, perhaps in zip(self._perhaps_one_of(token), self._perhaps_given(token), strict=True)
            if any(
                self._refractory_in(self._being(unnamed, self.formulary.by_id[a])).truth is not Truth.NOT_MET
                for a in sorted(members & unnamed.candidates)
            )
        ]

    def _perhaps_one_of(self, token: str) -> list[Unnamed]:
        members = self.formulary.members(token)
        return [u for u in self.unnamed if not members.isdisjoint(u.candidates)]

    def _perhaps_given(self, token: str) -> list[Finding]:
        """Drugs that nobody knows, of which each may have been one of a token."""
        return [
            Finding(
                Truth.UNKNOWN,
                f"may have had {self.token_name(token)} ({self.called_with_days(unnamed.entry)})",
                (f"therapies[{unnamed.entry}]",),
                (unnamed.field,),
            )
            for unnamed in self._perhaps_one_of(token)
        ]

    def _declared(self, agent: Agent) -> list[Finding]:
        """What the declarations say of an agent, in whichever therapy they stand.

        An agent that is declared is refractory, whether or not the therapy holds it. A class that is
        declared where the therapy holds none of it means every agent of the class that was given, and
        all of a cross-resistant class; of the others it leaves open which agent was meant.
        """
        found: list[Finding] = []
        given = any(e.agent.id == agent.id for e in self.exposures)
        for i in self.timeline.order:
            therapy, where, called = self.patient.therapies[i], (f"therapies[{i}]",), self.called(i)
            for token in therapy.refractory_to or ():
                if token == agent.id:
                    found.append(Finding(Truth.MET, f"declared refractory ({called})", where))
                elif token in agent.classes and not self._holds(i, token):
                    if given or self.formulary.class_by_id[token].cross_resistant:
                        found.append(Finding(Truth.MET, f"{token} declared refractory ({called})", where))
                    else:
                        said = f"{token} declared refractory ({called}), of which agent is not recorded"
                        found.append(Finding(Truth.UNKNOWN, said, where, (f"{where[0]}.agents",)))
        return found

    def _holds(self, index: int, class_id: str) -> bool:
        return any(e.entry == index and class_id in e.agent.classes for e in self.exposures)

    def exposed_to(self, token: str) -> Finding:
        """Whether an agent of this token was ever given; steroids and conditioning count."""
        return self._once("exposed", token, self._exposed_to)

    def _exposed_to(self, token: str) -> Finding:
        members = self.formulary.members(token)
        entries, surely = [e for e in self.exposures if e.agent.id in members], self.surely(token)
        if entries or surely:
            names = ", ".join(unique([*(e.agent.name for e in entries), *(u.name for u in surely)]))
            return Finding(
                Truth.MET, f"received {names}", unique([*(e.where for e in entries), *(u.where for u in surely)])
            )
        for declared in (token, *sorted(members)):
            if (place := self._declared_ids.get(declared)) is not None:
                found = f"{self.token_name(declared)} declared refractory ({self.called(place)})"
                return Finding(Truth.MET, found, (f"therapies[{place}]",))
        return any_finding([*self._perhaps_given(token), self._absent(f"no {token} among the therapies")])

    def refractory_to(self, token: str) -> Finding:
        """Whether the disease is refractory to any agent of this token."""
        return self._once("refractory", token, self._refractory_to)

    def _refractory_to(self, token: str) -> Finding:
        members = self.formulary.members(token)
        given = [a for a in self._given_or_declared(members) if a in self._certain_agents]
        findings = [
            Finding(f.truth, f"{self.formulary.by_id[a].name}: {f.found}", f.where, f.missing)
            for a in given
            for f in [self.refractory_agent(a)]
        ]
        surely = self.surely(token)
        findings += [named(u.name, self._whichever_it_was(u)) for u in surely]
        findings += self._perhaps_refractory_to(token)
        declared = [
            Finding(Truth.MET, f"declared refractory ({self.called(i)})", (f"therapies[{i}]",))
            for i in self.timeline.order
            if token in (self.patient.therapies[i].refractory_to or ())
        ]
        if all(self.formulary.by_id[a].steroid for a in members):
            return Finding(Truth.NOT_MET, "refractoriness is not asked of steroids")
        if self.complete is not Truth.MET or not (given or surely):
            declared.append(self._absent(f"no {'other ' if given or surely else ''}{token} among the therapies"))
        return any_finding([*findings, *declared])

    def _given_or_declared(self, members: Iterable[str]) -> list[str]:
        """Those of the agents that were given, may have been given, or are declared refractory, in order of time."""
        wanted = frozenset(members)
        return [agent for agent in self._known_agents if agent in wanted]

    def refractory_count(self, token: str) -> tuple[Bounds, tuple[str, ...]]:
        """How many agents of this token the disease is refractory to, and what would settle it."""
        given = self._given_or_declared(self.formulary.members(token))
        findings = [self.refractory_agent(agent) for agent in given]
        low = sum(f.truth is Truth.MET for f in findings)
        high = low + sum(f.truth is Truth.UNKNOWN for f in findings)
        missing = unique(m for f in findings for m in f.missing)
        counted = {a for a, f in zip(given, findings, strict=True) if f.truth is Truth.MET}
        for unnamed in self.surely(token):
            if counted.isdisjoint(unnamed.candidates) and self._whichever_it_was(unnamed).truth is Truth.MET:
                counted |= unnamed.candidates
                low += 1
        if self.complete is Truth.MET:
            return Bounds(low, high), missing
        return Bounds(low, None), unique((*missing, "therapies_complete"))


def named(name: str, finding: Finding) -> Finding:
    """The same finding, said of a drug by its name."""
    return Finding(finding.truth, f"{name}: {finding.found}", finding.where, finding.missing)


def either(first: Finding, second: Finding) -> Finding:
    """The stronger of two findings."""
    return any_finding([first, second])


def any_finding(findings: list[Finding]) -> Finding:
    """The strongest of the findings, with the words and places of those that decide."""
    truth = any_of(f.truth for f in findings)
    deciding = sorted((f for f in findings if f.truth is truth), key=lambda f: bool(f.remark))
    shown = deciding[:1] if truth is not Truth.NOT_MET else deciding
    return Finding(
        truth,
        "; ".join(unique(f.found for f in shown)),
        unique(w for f in deciding for w in f.where),
        unique(m for f in deciding for m in f.missing),
        remark=shown[0].remark if shown else "",
    )
