"""What follows from the record: exposure, refractoriness, lines of therapy, time since.

Derived once for a patient and a day. Every answer is a ``Finding``: it says which therapies prove
it, or which field would settle it. A window, an interval or a threshold comes from
``data/definitions.yaml`` with its source.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

from mmadvisor.agents import Agent, Formulary, Verified
from mmadvisor.entry import Entry
from mmadvisor.patient import Patient, Therapy
from mmadvisor.truth import FAR_AHEAD, Bounds, Finding, Span, Truth, all_of, any_of, negate, truth_of

DAYS_A_MONTH = 30.4375

Definition = Literal["imwg-2015", "imwg-strict"]
LINE_DEFINITIONS: tuple[Definition, ...] = ("imwg-2015", "imwg-strict")


class Quantity(Entry):
    """A number of a clinical definition; the key it stands under names its unit."""

    value: float
    source: str
    verified: Verified


class FrailtyItem(Entry):
    """Points of the IMWG frailty score: ``points`` when the field is above or at most a limit."""

    field: str
    points: int
    source: str
    verified: Verified
    above: float | None = None
    at_most: float | None = None


class Definitions(Entry):
    """The clinical definitions that derivation rests on."""

    refractory_window_days: Quantity
    one_cycle_days: Quantity
    tandem_months: Quantity
    car_t_doubtful_months: Quantity
    dialysis_clearance_at_most: Quantity
    postmenopausal_from_age: Quantity
    severe_from_grade: Quantity
    non_response: tuple[str, ...]
    non_response_counts_for: tuple[str, ...]
    frailty_items: tuple[FrailtyItem, ...]
    frail_from_points: Quantity
    intermediate_from_points: Quantity
    one_time_modalities: tuple[str, ...]
    isotypes_with_igg: tuple[str, ...]
    isotypes_without_igg: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Exposure:
    """One agent in one therapy. ``last`` is the last dose; ``None`` is not recorded."""

    agent: Agent
    entry: int
    start: Span | None
    last: Span | Literal["ongoing"] | None
    own_stop: bool
    role: str

    @property
    def where(self) -> str:
        """The therapy in the patient file."""
        return f"therapies[{self.entry}]"


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of therapy by one definition; ``high`` is ``None`` where the list may not be whole."""

    definition: Definition
    low: int
    high: int | None
    of_entry: tuple[int | None, ...]
    reasons: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def bounds(self) -> Bounds:
        """The count as far as it is known."""
        return Bounds(self.low, self.high)


@dataclass(frozen=True, eq=False)
class _Progression:
    """A progression of one therapy: that it happened, when, and what would settle it."""

    entry: int
    happened: Truth
    day: Span | None
    on_therapy: bool
    because: str
    missing: tuple[str, ...]


class History:
    """All that is derived from one patient's record on one day."""

    def __init__(
        self,
        patient: Patient,
        formulary: Formulary,
        definitions: Definitions,
        as_of: date,
        *,
        definition: Definition = "imwg-2015",
        assume_relapse: bool = False,
        today: Span | None = None,
    ) -> None:
        self.patient = patient
        self.formulary = formulary
        self.definitions = definitions
        self.as_of = as_of
        self.today = today or Span.day(as_of)
        self.definition: Definition = definition
        self.assume_relapse = assume_relapse
        self.complete = truth_of(patient.therapies_complete)

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
        )

    # --- the record -----------------------------------------------------------------------

    @cached_property
    def exposures(self) -> tuple[Exposure, ...]:
        """Every agent of every therapy, in the order of the file."""
        return tuple(self._exposures())

    def _exposures(self) -> Iterator[Exposure]:
        for index, therapy in enumerate(self.patient.therapies):
            agents = [self.formulary.by_id[given.agent] for given in therapy.given]
            with_cells = any(a.modality in self.definitions.one_time_modalities for a in agents)
            for given, agent in zip(therapy.given, agents, strict=True):
                one_time = agent.modality in self.definitions.one_time_modalities
                start = given.start or therapy.start
                stop = given.stop or therapy.stop
                if one_time:
                    stop = start or (stop if isinstance(stop, Span) else None)
                role = self._role(therapy)
                if with_cells and not one_time and therapy.intent != "bridging":
                    role = "lymphodepletion"
                yield Exposure(agent, index, start, stop, given.stop is not None, role)

    def _role(self, therapy: Therapy) -> str:
        """What an entry is: treatment, or preparation that proves nothing; unclear where both are possible."""
        if therapy.regimen is not None:
            role = self.formulary.name_by_id[therapy.regimen].role
            if role != "treatment":
                return role
        if therapy.intent == "transplant":
            return "conditioning"
        roles = self.formulary.roles(frozenset(g.agent for g in therapy.given))
        if len(roles) == 1 and therapy.regimen is None:
            return next(iter(roles))
        if therapy.intent is None and therapy.regimen is None and "conditioning" in roles:
            return "unclear"
        return "treatment"

    def _treats(self, index: int) -> bool:
        """Whether an entry is anti-myeloma treatment, not support or preparation alone."""
        return any(
            e.role in ("treatment", "conditioning", "unclear") and not e.agent.steroid and not e.agent.supportive
            for e in self.exposures
            if e.entry == index
        ) or (self.patient.therapies[index].intent == "transplant")

    @cached_property
    def treatments(self) -> tuple[int, ...]:
        """Indexes of the entries that are anti-myeloma treatment, in time order.

        The file's order stands unless every start is known to the day, or lies ahead.
        """
        found = [i for i in range(len(self.patient.therapies)) if self._treats(i)]
        starts = [self.patient.therapies[i].start for i in found]
        if all(s is not None and (s.exact or s.latest == FAR_AHEAD) for s in starts):
            found.sort(key=lambda i: (self._start(i).earliest, i))
        return tuple(found)

    def _assumed(self, index: int) -> bool:
        """Whether an entry lies ahead: only where the day of the decision is some later day."""
        start = self.patient.therapies[index].start
        return not self.today.exact and start is not None and start.earliest >= self.as_of

    def _start(self, index: int) -> Span:
        start = self.patient.therapies[index].start
        return start if start is not None else Span(date.min, self.today.latest)

    # --- progression ----------------------------------------------------------------------

    @cached_property
    def _progressions(self) -> dict[int, _Progression]:
        return {i: self._progression(i) for i in range(len(self.patient.therapies))}

    def _progression(self, index: int) -> _Progression:
        therapy = self.patient.therapies[index]
        field = f"therapies[{index}].progressed_on"
        if therapy.progressed_on is not None:
            missing = () if therapy.progressed_on.exact else (field,)
            proved = therapy.stop_reason == "progression"
            return _Progression(
                index,
                Truth.MET,
                therapy.progressed_on,
                proved,
                f"progressed {therapy.progressed_on}",
                missing,
            )
        if therapy.stop_reason == "progression" or therapy.best_response == "PD":
            stop = therapy.stop if isinstance(therapy.stop, Span) else self.today
            day = Span(min(self._start(index).earliest, stop.latest), stop.latest)
            because = "stopped for progression" if therapy.stop_reason == "progression" else "best response was PD"
            return _Progression(index, Truth.MET, day, True, because, (field,))
        return self._unrecorded(index, field)

    def _unrecorded(self, index: int, field: str) -> _Progression:
        """What the absence of a progression says: nothing, unless the list is whole."""
        following = [i for i in self.treatments if i > index] if index in self.treatments else []
        # What is only assumed to follow says nothing of what came before it.
        later = [i for i in following if not self._assumed(i)]
        until = self._start(later[0]) if later else self.today
        day = Span(min(self._start(index).earliest, until.latest), until.latest)
        if self.complete is not Truth.MET:
            missing = ("therapies_complete", field)
            return _Progression(index, Truth.UNKNOWN, day, False, "no progression recorded", missing)
        relapse_possible = self.patient.get("disease.state") in (None, "relapsed")
        if later or index not in self.treatments or not relapse_possible:
            return _Progression(index, Truth.NOT_MET, None, False, "no progression before the next therapy", ())
        stop = self.patient.therapies[index].stop
        window = self.definitions.refractory_window_days.value
        recent = (
            Truth.MET
            if stop == "ongoing"
            else Truth.UNKNOWN
            if stop is None
            else stop.days_until(self.today).at_most(window)
        )
        if recent is Truth.NOT_MET:
            return _Progression(index, Truth.NOT_MET, None, False, "no progression recorded", ())
        return _Progression(index, Truth.UNKNOWN, day, False, "a relapse now, its date not recorded", (field,))

    def _progressed_on(self, exposure: Exposure) -> Finding:
        """Progression on an agent or within the window after its last dose [rajkumar-2011]."""
        truths: list[Truth] = []
        proof = ""
        where: list[str] = [exposure.where]
        missing: list[str] = []
        for entry, event in self._progressions.items():
            if entry < exposure.entry:
                continue
            truth = all_of([event.happened, self._in_window(exposure, event)])
            truths.append(truth)
            if truth is Truth.MET and not proof:
                proof = self._proof(exposure, event)
                where = sorted({exposure.where, f"therapies[{entry}]"})
            if truth is Truth.UNKNOWN:
                missing += event.missing
                missing += self._stop_field(exposure)
        truth = any_of(truths)
        if truth is Truth.MET:
            return Finding(truth, proof, tuple(where))
        if truth is Truth.UNKNOWN:
            found = f"last dose {_when(exposure.last)}; when it progressed is not known to the day"
            return Finding(truth, found, tuple(where), _unique(missing))
        return Finding(truth, self._clear(exposure), tuple(where))

    def _in_window(self, exposure: Exposure, event: _Progression) -> Truth:
        own_therapy = event.entry == exposure.entry
        if exposure.last == "ongoing":
            return Truth.MET
        if own_therapy and event.on_therapy and not exposure.own_stop:
            return Truth.MET
        if event.day is None:
            return Truth.NOT_MET
        last = exposure.last
        if last is None:
            start = exposure.start.earliest if exposure.start else date.min
            last = Span(start, max(start, self.today.latest))
        return last.days_until(event.day).at_most(self.definitions.refractory_window_days.value)

    def _proof(self, exposure: Exposure, event: _Progression) -> str:
        if event.entry == exposure.entry and event.on_therapy and not exposure.own_stop:
            return f"{event.because} ({exposure.where})"
        if exposure.last == "ongoing":
            return f"{event.because} while it was taken ({exposure.where})"
        if isinstance(exposure.last, Span) and event.day is not None:
            days = exposure.last.days_until(event.day)
            if days.low == days.high and days.low is not None:
                gap = f"{days.low:.0f} days after" if days.low > 0 else "on or before"
                return f"{event.because}, {gap} its last dose on {exposure.last}"
        window = self.definitions.refractory_window_days.value
        return f"{event.because}, within {window:.0f} days of its last dose ({_when(exposure.last)})"

    def _clear(self, exposure: Exposure) -> str:
        days = [
            exposure.last.days_until(event.day)
            for entry, event in self._progressions.items()
            if entry >= exposure.entry
            and event.happened is Truth.MET
            and event.day is not None
            and isinstance(exposure.last, Span)
        ]
        if days:
            first = min(days, key=lambda d: d.low or 0)
            gap = f"{first.low:.0f} days" if first.low == first.high else f"at least {first.low:.0f} days"
            return f"progressed {gap} after its last dose ({_when(exposure.last)})"
        return f"no progression on it recorded ({exposure.where})"

    def last_field(self, exposure: Exposure) -> str:
        """The field that holds the last dose of an agent: its own day, or that of its therapy; of cells the first."""
        given = self.patient.therapies[exposure.entry].given
        place, own = next((i, g) for i, g in enumerate(given) if g.agent == exposure.agent.id)
        one_time = exposure.agent.modality in self.definitions.one_time_modalities
        name = "start" if one_time and exposure.start is not None else "stop"
        return f"{exposure.where}.agents[{place}].{name}" if getattr(own, name) else f"{exposure.where}.{name}"

    def _stop_field(self, exposure: Exposure) -> tuple[str, ...]:
        return (self.last_field(exposure),) if _is_open(exposure.last) else ()

    # --- refractoriness -------------------------------------------------------------------

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
        if therapy.best_response is None:
            return Finding(Truth.UNKNOWN, "best response not recorded", where, (f"{exposure.where}.best_response",))
        if therapy.best_response not in self.definitions.non_response:
            return Finding(Truth.NOT_MET, f"best response {therapy.best_response}", where)
        missing: list[str] = []
        if not counts:
            missing.append(f"{exposure.where}.intent")
        if not one_time:
            missing += self._trial_too_short(exposure, therapy)
        if missing:
            found = f"best response {therapy.best_response}, but whether it was given long enough is open"
            return Finding(Truth.UNKNOWN, found, where, _unique(missing))
        return Finding(Truth.MET, f"best response {therapy.best_response} ({exposure.where})", where)

    def _trial_too_short(self, exposure: Exposure, therapy: Therapy) -> list[str]:
        missing: list[str] = []
        stop = self.today if exposure.last == "ongoing" else exposure.last
        cycle = self.definitions.one_cycle_days.value
        long_enough = Truth.UNKNOWN
        if exposure.start is not None and stop is not None:
            long_enough = exposure.start.days_until(stop).at_least(cycle)
        if long_enough is Truth.UNKNOWN:
            missing += [f"{exposure.where}.start"] if _is_open(exposure.start) else []
            missing += self._stop_field(exposure)
        stopped = exposure.last != "ongoing"
        if stopped and therapy.stop_reason is None:
            missing.append(f"{exposure.where}.stop_reason")
        if long_enough is Truth.NOT_MET or (stopped and therapy.stop_reason == "toxicity"):
            # No day and no reason settles it that is on record already: whoever knows the patient may declare it.
            missing += [f"{exposure.where}.refractory_to", f"{exposure.where}.not_refractory_to"]
        return missing

    def _refractory_in(self, exposure: Exposure) -> Finding:
        """Refractoriness to an agent as one therapy shows it, declarations included."""
        therapy = self.patient.therapies[exposure.entry]
        tokens = {exposure.agent.id, *exposure.agent.classes}
        if tokens & set(therapy.refractory_to or ()):
            return Finding(Truth.MET, f"declared refractory ({exposure.where})", (exposure.where,))
        if exposure.role not in ("treatment", "unclear"):
            return Finding(Truth.NOT_MET, f"given as {exposure.role}, which proves nothing", (exposure.where,))
        derived = _either(self._progressed_on(exposure), self._did_not_respond(exposure))
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
        if not findings:
            return self._absent(f"{known.name} is not among the therapies")
        best = _any_finding(findings)
        if best.truth is Truth.NOT_MET and self.complete is not Truth.MET:
            return Finding(
                Truth.UNKNOWN,
                f"{best.found}; the list of therapies may not be whole",
                best.where,
                ("therapies_complete",),
            )
        return best

    def _declared(self, agent: Agent) -> list[Finding]:
        """What the declarations say of an agent, in whichever therapy they stand.

        An agent that is declared is refractory, whether or not the therapy holds it. A class that is
        declared where the therapy holds none of it means every agent of the class that was given, and
        all of a cross-resistant class; of the others it leaves open which agent was meant.
        """
        found: list[Finding] = []
        given = any(e.agent.id == agent.id for e in self.exposures)
        for i, therapy in enumerate(self.patient.therapies):
            where = (f"therapies[{i}]",)
            for token in therapy.refractory_to or ():
                if token == agent.id:
                    found.append(Finding(Truth.MET, f"declared refractory ({where[0]})", where))
                elif token in agent.classes and not self._holds(i, token):
                    if given or self.formulary.class_by_id[token].cross_resistant:
                        found.append(Finding(Truth.MET, f"{token} declared refractory ({where[0]})", where))
                    else:
                        said = f"{token} declared refractory ({where[0]}), of which agent is not recorded"
                        found.append(Finding(Truth.UNKNOWN, said, where, (f"{where[0]}.agents",)))
        return found

    def _holds(self, index: int, class_id: str) -> bool:
        return any(e.entry == index and class_id in e.agent.classes for e in self.exposures)

    @cached_property
    def _declared_ids(self) -> dict[str, str]:
        """Agents and classes that are declared refractory, with the therapy where they first are."""
        found: dict[str, str] = {}
        for i, therapy in enumerate(self.patient.therapies):
            for token in therapy.refractory_to or ():
                found.setdefault(token, f"therapies[{i}]")
        return found

    def _absent(self, found: str) -> Finding:
        if self.complete is Truth.MET:
            return Finding(Truth.NOT_MET, found, ("therapies",))
        return Finding(
            Truth.UNKNOWN,
            f"{found}, and the list may not be whole",
            ("therapies",),
            ("therapies_complete",),
        )

    def _if_whole(self, finding: Finding) -> Finding:
        """What hangs on which therapy came last is unknown while the list may not be whole."""
        if self.complete is Truth.MET:
            return finding
        missing = _unique(("therapies_complete", *finding.missing))
        return Finding(
            Truth.UNKNOWN, f"{finding.found}; the list of therapies may not be whole", finding.where, missing
        )

    @cached_property
    def tried(self) -> dict[str, tuple[Any, ...]]:
        """What fields of therapies may turn out to be, by path, as far as it was asked (``possible``)."""
        return {}

    @cached_property
    def _answers(self) -> dict[tuple[str, str], Finding]:
        """What was asked of agents and classes before, and the answers."""
        return {}

    def _once(self, question: str, about: str, answer: Callable[[str], Finding]) -> Finding:
        key = (question, about)
        if key not in self._answers:
            self._answers[key] = answer(about)
        return self._answers[key]

    def exposed_to(self, token: str) -> Finding:
        """Whether an agent of this token was ever given; steroids and conditioning count."""
        return self._once("exposed", token, self._exposed_to)

    def _exposed_to(self, token: str) -> Finding:
        members = self.formulary.members(token)
        entries = [e for e in self.exposures if e.agent.id in members]
        if entries:
            names = ", ".join(dict.fromkeys(e.agent.name for e in entries))
            return Finding(Truth.MET, f"received {names}", tuple(dict.fromkeys(e.where for e in entries)))
        for declared in (token, *members):
            if where := self._declared_ids.get(declared):
                return Finding(Truth.MET, f"{declared} declared refractory ({where})", (where,))
        return self._absent(f"no {token} among the therapies")

    def refractory_to(self, token: str) -> Finding:
        """Whether the disease is refractory to any agent of this token."""
        return self._once("refractory", token, self._refractory_to)

    def _refractory_to(self, token: str) -> Finding:
        members = self.formulary.members(token)
        given = self._given_or_declared(members)
        findings = [
            Finding(f.truth, f"{self.formulary.by_id[a].name}: {f.found}", f.where, f.missing)
            for a in given
            for f in [self.refractory_agent(a)]
        ]
        declared = [
            Finding(Truth.MET, f"declared refractory (therapies[{i}])", (f"therapies[{i}]",))
            for i, therapy in enumerate(self.patient.therapies)
            if token in (therapy.refractory_to or ())
        ]
        if all(self.formulary.by_id[a].steroid for a in members):
            return Finding(Truth.NOT_MET, "refractoriness is not asked of steroids")
        if self.complete is not Truth.MET or not given:
            declared.append(self._absent(f"no {'other ' if given else ''}{token} among the therapies"))
        return _any_finding([*findings, *declared])

    def _given_or_declared(self, members: Iterable[str]) -> list[str]:
        """Those of the agents that were given or are declared refractory, in the order of the record."""
        wanted = frozenset(members)
        return [agent for agent in self._known_agents if agent in wanted]

    @cached_property
    def _known_agents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*(e.agent.id for e in self.exposures), *self._declared_ids]))

    def refractory_count(self, token: str) -> tuple[Bounds, tuple[str, ...]]:
        """How many agents of this token the disease is refractory to, and what would settle it."""
        given = self._given_or_declared(self.formulary.members(token))
        findings = [self.refractory_agent(agent) for agent in given]
        low = sum(f.truth is Truth.MET for f in findings)
        high = low + sum(f.truth is Truth.UNKNOWN for f in findings)
        missing = _unique(m for f in findings for m in f.missing)
        if self.complete is Truth.MET:
            return Bounds(low, high), missing
        return Bounds(low, None), _unique((*missing, "therapies_complete"))

    # --- components of a regimen ----------------------------------------------------------

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
            findings += [
                _named(f"cross-resistance with {other.name}", self.refractory_agent(other.id))
                for other in self._closing(agent, class_id)
            ]
        return _any_finding(findings)

    def _closing(self, agent: Agent, class_id: str) -> list[Agent]:
        drug_class = self.formulary.class_by_id[class_id]
        return [
            other
            for other in self._given_in(class_id)
            if other.id != agent.id
            and (
                drug_class.cross_resistant
                or (drug_class.older_after_newer == "spent" and other.generation > agent.generation)
                or (drug_class.same_rank == "spent" and other.generation == agent.generation)
                or (drug_class.by_target_and_modality and other.modality == agent.modality)
            )
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
                elif other.id != agent.id and (
                    (drug_class.older_after_newer == "doubtful" and other.generation > agent.generation)
                    or (drug_class.same_rank == "doubtful" and other.generation == agent.generation)
                ):
                    findings.append(_named(other.name, self.refractory_agent(other.id)))
        if ranked and self.complete is not Truth.MET:
            findings.append(self._absent(f"nothing else like {agent.name} is among the therapies"))
        return _any_finding(findings) if findings else Finding(Truth.NOT_MET, "nothing speaks against it")

    def _target_treated(self, class_id: str, other: Agent) -> Finding:
        """Whether earlier therapy of a target leaves it doubtful.

        Cells do where the relapse came soon after them; any other modality always does.
        """
        where = ("therapies",)
        if other.modality not in self.definitions.one_time_modalities:
            return Finding(Truth.MET, f"{class_id} therapy before: {other.name}", where)
        months = self.months_after_one_time(other.id) or Bounds(None, None)
        # Progression within the refractory window came soon, whatever its day.
        window = self.refractory_agent(other.id).truth
        late = months.at_least(self.definitions.car_t_doubtful_months.value)
        soon = Truth.MET if window is Truth.MET else negate(late)
        shown = "" if months.low is None else f"{'' if months.low == months.high else 'at least '}{months.low:.0f}"
        since = f", relapse {shown} months after infusion" if shown else ""
        missing = _unique(
            field
            for e in self.exposures
            if e.agent.id == other.id
            for field in (*self._stop_field(e), *self._open_progressions(e.entry))
        )
        found = f"{class_id} therapy before: {other.name}{since}"
        return Finding(soon, found, where, missing if soon is Truth.UNKNOWN else ())

    def _open_progressions(self, entry: int) -> tuple[str, ...]:
        """The days that are not known of progressions from a therapy on; its own where none is recorded."""
        events = [e for i, e in self._progressions.items() if i >= entry and e.happened is Truth.MET]
        if not events:
            return (f"therapies[{entry}].progressed_on",)
        return tuple(f"therapies[{e.entry}].progressed_on" for e in events if e.day is None or not e.day.exact)

    def months_after_one_time(self, agent_id: str) -> Bounds | None:
        """Months from an infusion to the first progression after it, or to today without one."""
        for exposure in self.exposures:
            if exposure.agent.id != agent_id or not isinstance(exposure.last, Span):
                continue
            events = [
                e.day
                for i, e in self._progressions.items()
                if i >= exposure.entry and e.happened is Truth.MET and e.day is not None
            ]
            days = exposure.last.days_until(events[0] if events else self.today)
            return Bounds(
                None if days.low is None else days.low / DAYS_A_MONTH,
                None if days.high is None else days.high / DAYS_A_MONTH,
            )
        return None

    def doubtful_class(self, class_id: str) -> bool:
        """Whether a target relapsed soon after cells directed at it, without being refractory."""
        limit = self.definitions.car_t_doubtful_months.value
        for agent in self._given_in(class_id):
            if agent.modality not in self.definitions.one_time_modalities:
                continue
            months = self.months_after_one_time(agent.id)
            relapsed = any(
                e.happened is Truth.MET
                for i, e in self._progressions.items()
                if any(x.agent.id == agent.id and x.entry <= i for x in self.exposures)
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

    # --- lines ----------------------------------------------------------------------------

    @cached_property
    def lines(self) -> Lines:
        """Lines of therapy by the definition in use."""
        return self.count_lines(self.definition)

    def count_lines(self, definition: Definition) -> Lines:
        """Lines of therapy by a named definition [rajkumar-2015].

        A ``line`` stated in the file decides; else each therapy is joined to the line before it
        or opens one, and what is not recorded makes the count a range.
        """
        return _LineCounter(self, definition, stated=True).count()

    def derived_lines(self) -> Lines:
        """The count as the record has it, whatever the file states."""
        return _LineCounter(self, self.definition, stated=False).count()

    def progressed_between(self, first: int, before: int) -> Truth:
        """Whether a progression is recorded from one entry up to another one's start."""
        span = [i for i in range(first, before) if i in self.treatments]
        return any_of(self._progressions[i].happened for i in span)

    # --- the last therapy -----------------------------------------------------------------

    @cached_property
    def last_line(self) -> tuple[int, ...]:
        """The entries of the last line."""
        if not self.treatments:
            return ()
        last = max((n for n in self.lines.of_entry if n is not None), default=None)
        return tuple(i for i in self.treatments if self.lines.of_entry[i] == last)

    @cached_property
    def _last_entries(self) -> tuple[int, ...]:
        """The last therapy: the last entry, and what began on the same day."""
        if not self.treatments:
            return ()
        last = self.treatments[-1]
        start = self.patient.therapies[last].start
        return tuple(
            i for i in self.last_line if i == last or (start is not None and self.patient.therapies[i].start == start)
        )

    def progressed_on_last(self) -> Finding:
        """Whether the disease progressed on the last therapy.

        On it or within the refractory window after its last dose; after a one-time therapy any
        progression counts, since nothing was stopped.
        """
        if not self.treatments:
            return self._absent("no therapy is recorded")
        findings = [
            self._after_one_time(e) if self._one_time(e) else self._progressed_on(e)
            for e in self.exposures
            if e.entry in self._last_entries and not e.agent.steroid and not e.agent.supportive
            if e.role in ("treatment", "unclear") or self._one_time(e)
        ]
        best = _any_finding(findings) if findings else self._absent("no progression is recorded")
        return self._if_whole(best)

    def _one_time(self, exposure: Exposure) -> bool:
        return exposure.agent.modality in self.definitions.one_time_modalities or exposure.role == "conditioning"

    def _after_one_time(self, exposure: Exposure) -> Finding:
        events = [e for i, e in self._progressions.items() if i >= exposure.entry]
        truth = any_of(e.happened for e in events)
        if truth is Truth.MET:
            because = next(e.because for e in events if e.happened is Truth.MET)
            return Finding(truth, f"{because} after {exposure.agent.name}", (exposure.where,))
        missing = _unique(m for e in events if e.happened is Truth.UNKNOWN for m in e.missing)
        return Finding(truth, f"no progression recorded after {exposure.agent.name}", (exposure.where,), missing)

    def relapse_recorded(self) -> Truth:
        """Whether a progression is recorded in the last line."""
        return any_of(self._progressions[i].happened for i in self.last_line)

    @cached_property
    def state(self) -> tuple[str | None, str]:
        """The state of the disease and where it comes from; ``None`` is not known.

        A state that is not stated is taken as relapsed only where a record that is whole ends in
        a progression.
        """
        if self.assume_relapse:
            return "relapsed", "assumed for this answer"
        stated = self.patient.get("disease.state")
        if stated is not None:
            return stated, "disease.state"
        if self.complete is Truth.MET and any(self._progressions[i].happened is Truth.MET for i in self.last_line):
            return "relapsed", f"therapies[{self.treatments[-1]}]"
        return None, "disease.state"

    def early_relapse(self, months_from_start: float, months_from_transplant: float) -> Finding:
        """Whether the first line ended early, from its start or from its transplant."""
        first = [i for i in self.treatments if self.lines.of_entry[i] == 1]
        if not first:
            return self._absent("no first line is recorded")
        events = [self._progressions[i] for i in first]
        transplants = [i for i in first if self._role(self.patient.therapies[i]) == "conditioning"]
        anchors = [(first[0], months_from_start, "the start of line 1")]
        anchors += [(i, months_from_transplant, "transplant") for i in transplants]
        findings: list[Finding] = []
        for entry, limit, name in anchors:
            anchor = self.patient.therapies[entry].start
            for event in events:
                if event.happened is Truth.NOT_MET:
                    continue
                if anchor is None or event.day is None:
                    gap = Bounds(None, None)
                else:
                    days = anchor.days_until(event.day)
                    gap = Bounds(
                        None if days.low is None else days.low / DAYS_A_MONTH,
                        None if days.high is None else days.high / DAYS_A_MONTH,
                    )
                truth = all_of([event.happened, gap.at_most(limit)])
                missing = (*event.missing, *((f"therapies[{entry}].start",) if _is_open(anchor) else ()))
                shown = "" if gap.high is None else f" {gap.high:.0f} months"
                findings.append(
                    Finding(
                        truth,
                        f"first relapse{shown} after {name}",
                        (f"therapies[{event.entry}]",),
                        missing if truth is Truth.UNKNOWN else (),
                    )
                )
        if not findings:
            return self._if_whole(Finding(Truth.NOT_MET, "the first line did not end in progression", ("therapies",)))
        best = _any_finding(findings)
        unclear = [i for i in self.treatments if self._role(self.patient.therapies[i]) == "unclear"]
        if best.truth is not Truth.UNKNOWN and (self.lines.low != self.lines.high or unclear):
            found = f"{best.found}; what belongs to the first line is not settled"
            missing = (*self.lines.missing, *(f"therapies[{i}].intent" for i in unclear))
            best = Finding(Truth.UNKNOWN, found, best.where, _unique(missing) or ("therapies",))
        return self._if_whole(best)

    def months_since_transplant(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Months from the last transplant to the progression after it, or to today; where; and what would settle it."""
        for index in reversed(self.treatments):
            therapy = self.patient.therapies[index]
            role = self._role(therapy)
            if role == "unclear":
                return Bounds(None, None), f"therapies[{index}].intent", (f"therapies[{index}].intent",)
            if role != "conditioning":
                continue
            when = therapy.start
            if when is None:
                return Bounds(None, None), f"therapies[{index}].start", (f"therapies[{index}].start",)
            events = [
                e.day
                for i, e in self._progressions.items()
                if i >= index and e.happened is Truth.MET and e.day is not None
            ]
            days = when.days_until(events[0] if events else self.today)
            low, high = days.low, days.high
            return (
                Bounds(None if low is None else low / DAYS_A_MONTH, None if high is None else high / DAYS_A_MONTH),
                f"therapies[{index}]",
                (
                    *((f"therapies[{index}].start",) if _is_open(when) else ()),
                    *(self._open_progressions(index) if events else ()),
                ),
            )
        return None, "therapies", ()

    def days_since_dose(self, token: str) -> tuple[Bounds | None, str, str, str]:
        """Days since the last dose of any agent of a token; the agent; where it stands; the field of its day.

        ``None`` where none was ever given.
        """
        members = self.formulary.members(token)
        found: list[tuple[Bounds, str, str, str]] = []
        for exposure in self.exposures:
            if exposure.agent.id not in members:
                continue
            field = self.last_field(exposure)
            if exposure.last == "ongoing":
                found.append((Bounds(0, 0), exposure.agent.name, exposure.where, field))
            elif exposure.last is None:
                found.append((Bounds(0, None), exposure.agent.name, field, field))
            else:
                days = exposure.last.days_until(self.today)
                found.append((days, exposure.agent.name, exposure.where, field))
        if not found:
            return None, "", "therapies", "therapies"
        return min(found, key=lambda f: (f[0].low or 0, f[1]))

    # --- fitness and organs ---------------------------------------------------------------

    @cached_property
    def creatinine_clearance(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Creatinine clearance in mL/min, how it was had, and what is missing for it.

        Measured where recorded; else Cockcroft-Gault [cockcroft-gault] with the actual weight,
        never on dialysis and never in acute kidney injury. A measured value that nobody on dialysis
        has contradicts it: which of the two is wrong is unknown, and so is the clearance.
        """
        patient = self.patient
        measured_field = "labs.creatinine_clearance_ml_per_min"
        measured = patient.get(measured_field)
        limit = self.definitions.dialysis_clearance_at_most.value
        if patient.get("comorbidities.dialysis") and (measured is None or measured > limit):
            if measured is None:
                return Bounds(0, limit), "on dialysis", ()
            contradiction = f"the measured {measured:g} mL/min and dialysis contradict each other"
            return None, contradiction, (measured_field, "comorbidities.dialysis")
        if measured is not None:
            return Bounds(measured, measured), "measured", ()
        if "acute_kidney_injury" in (patient.get("disease.emergencies") or ()):
            return None, "not computed in acute kidney injury", (measured_field,)
        needed = {
            "demographics.age": patient.get("demographics.age"),
            "demographics.sex": patient.get("demographics.sex"),
            "demographics.weight_kg": patient.get("demographics.weight_kg"),
            "labs.creatinine_umol_per_l": patient.get("labs.creatinine_umol_per_l"),
        }
        missing = tuple(field for field, value in needed.items() if value is None)
        if missing:
            return None, "not measured and not computable", (measured_field, *missing)
        age, sex, weight, creatinine = needed.values()
        clearance = (140 - age) * weight / (72 * creatinine / 88.4)
        if sex == "female":
            clearance *= 0.85
        value = round(clearance, 1)
        return Bounds(value, value), "computed by Cockcroft-Gault with the actual weight", ()

    @cached_property
    def polyclonal_igg(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """IgG in g/L that is not the paraprotein, how it was had, and what is missing for it.

        In IgG disease the newest serum paraprotein is subtracted [bcj-2023-infection]; while it, or the
        isotype, is not known, the IgG is only the most that it can be.
        """
        field = "labs.igg_g_per_l"
        measured = self.patient.get(field)
        if measured is None:
            return None, "not recorded", (field,)
        isotype = (self.patient.get("disease.isotype") or "").casefold()
        if any(name in isotype for name in self.definitions.isotypes_with_igg):
            known = [m for m in self.patient.get("disease.m_protein") or () if m.serum_g_per_l is not None]
            if not known:
                return Bounds(0, measured), "the paraprotein is IgG and not recorded", ("disease.m_protein",)
            dated = [m for m in known if m.on is not None and m.on.latest <= self.as_of]
            last = max(dated, key=lambda m: m.on.latest) if dated else known[-1]
            rest = round(max(0.0, measured - last.serum_g_per_l), 1)
            on = f" of {last.on}" if last.on else ""
            return Bounds(rest, rest), f"{measured:g} less the paraprotein{on}, {last.serum_g_per_l:g}", ()
        if any(name in isotype for name in self.definitions.isotypes_without_igg):
            return Bounds(measured, measured), "", ()
        return Bounds(0, measured), "the isotype is not recorded", ("disease.isotype",)

    @cached_property
    def body_mass_index(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Weight over height squared in kg/m2, how it was had, and what is missing for it."""
        fields = ("demographics.weight_kg", "demographics.height_cm")
        weight, height = (self.patient.get(f) for f in fields)
        missing = tuple(f for f, value in zip(fields, (weight, height), strict=True) if value is None)
        if weight is None or height is None:
            return None, "not computable", missing
        value = round(weight / (height / 100) ** 2, 1)
        return Bounds(value, value), "from weight and height", ()

    @cached_property
    def frailty(self) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
        """The frailty groups that remain possible, how they were had, and what is missing.

        As stated, or by the IMWG items [palumbo-2015]: points of age, comorbidity and function.
        """
        order = ("fit", "intermediate", "frail")
        stated = self.patient.get("fitness.frailty")
        if stated is not None:
            return (stated,), "as recorded", ()
        low = high = 0
        missing: list[str] = []
        fields: dict[str, list[FrailtyItem]] = {}
        for item in self.definitions.frailty_items:
            fields.setdefault(item.field, []).append(item)
        for field, items in fields.items():
            value = self.patient.get(field)
            most = max(item.points for item in items)
            if value is None:
                missing.append(field)
                high += most
                continue
            points = max(
                (
                    item.points
                    for item in items
                    if (item.above is not None and value > item.above)
                    or (item.at_most is not None and value <= item.at_most)
                ),
                default=0,
            )
            low, high = low + points, high + points
        groups = [
            sum(
                n >= limit.value
                for limit in (self.definitions.intermediate_from_points, self.definitions.frail_from_points)
            )
            for n in (low, high)
        ]
        possible = order[groups[0] : groups[1] + 1]
        settled = len(possible) == 1
        how = "by the IMWG frailty items" if settled else "not recorded"
        return possible, how, () if settled else ("fitness.frailty", *missing)


class _LineCounter:
    """Joins the therapies of a record into lines, by one definition."""

    def __init__(self, history: History, definition: Definition, *, stated: bool) -> None:
        self.history = history
        self.patient = history.patient
        self.definition = definition
        self.stated = stated

    def count(self) -> Lines:
        of_entry: list[int | None] = [None] * len(self.patient.therapies)
        reasons: list[str] = []
        missing: list[str] = []
        line = 0
        doubtful = 0
        members: list[int] = []
        for index in self.history.treatments:
            therapy = self.patient.therapies[index]
            if self.stated and therapy.line is not None:
                if therapy.line != line:
                    members = []
                line = therapy.line
                reasons.append(f"therapies[{index}]: line {line} as stated")
            else:
                opens, because = self._opens(index, members)
                if opens is Truth.UNKNOWN:
                    doubtful += 1
                    before = f"therapies[{members[-1]}]"
                    missing.append(f"{before}.progressed_on")
                    missing += (
                        [f"{before}.stop_reason"] if self.patient.therapies[members[-1]].stop_reason is None else []
                    )
                    missing += [f"therapies[{index}].intent"] if therapy.intent is None else []
                if opens is Truth.MET:
                    line, members = line + 1, []
                number = f"line {line}" if opens is not Truth.UNKNOWN else f"line {line} or {line + 1}"
                reasons.append(f"therapies[{index}]: {number}, {because}")
            members.append(index)
            of_entry[index] = line
        short = 0 if self.stated and self._all_stated() else self._short_lines(of_entry, reasons, missing)
        low = max(0, line - short)
        high = None if self.history.complete is not Truth.MET else line + doubtful
        if high is None:
            missing.append("therapies_complete")
        return Lines(self.definition, low, high, tuple(of_entry), tuple(reasons), _unique(missing))

    def _all_stated(self) -> bool:
        return all(self.patient.therapies[i].line is not None for i in self.history.treatments)

    def _opens(self, index: int, members: list[int]) -> tuple[Truth, str]:
        """Whether an entry opens a line after those of the line before it, and why."""
        if not members:
            return Truth.MET, "the first treatment"
        therapy = self.patient.therapies[index]
        previous = self.patient.therapies[members[-1]]
        intent = therapy.intent
        progressed = self.history.progressed_between(members[0], index)
        if self._cells(index):
            if previous.intent == "bridging":
                return Truth.NOT_MET, "cells after their bridging"
            return Truth.MET, "cells are a new line"
        if intent == "bridging":
            return Truth.MET, "bridging opens the line of the cells that follow"
        if previous.intent == "bridging" and not self._cells(index):
            return Truth.MET, "a different treatment after bridging"
        if intent == "transplant" or self._conditioning(index):
            return self._transplant(index, members, progressed)
        if intent in ("consolidation", "maintenance"):
            return (
                progressed,
                "progression before it" if progressed is Truth.MET else "a planned part of the line",
            )
        agents, before = self._agents(index), self._agents(members[-1])
        if agents == before:
            if self.definition == "imwg-strict":
                return Truth.NOT_MET, "a restart of the same regimen is the same line"
            return progressed, (
                "the same regimen again after progression" if progressed is Truth.MET else "the same regimen again"
            )
        if agents < before:
            return progressed, (
                "fewer drugs after progression" if progressed is Truth.MET else "fewer drugs of the same regimen"
            )
        if progressed is Truth.MET:
            return Truth.MET, "another regimen after progression"
        if intent == "relapse":
            return Truth.MET, "another regimen for relapse"
        if previous.stop_reason == "planned_switch":
            return progressed, "a planned switch"
        if intent is None or previous.stop_reason is None:
            return Truth.UNKNOWN, "whether it was a planned part is not recorded"
        if intent == "induction" and previous.intent == "induction" and previous.stop_reason == "completed":
            return progressed, "the next part of a planned induction"
        return Truth.MET, "another regimen"

    def _transplant(self, index: int, members: list[int], progressed: Truth) -> tuple[Truth, str]:
        earlier = [i for i in members if self.patient.therapies[i].intent == "transplant" or self._conditioning(i)]
        if not earlier:
            return progressed, (
                "transplant after progression" if progressed is Truth.MET else "transplant after its induction"
            )
        when, before = self.patient.therapies[index].start, self.patient.therapies[earlier[-1]].start
        if when is None or before is None:
            return any_of([progressed, Truth.UNKNOWN]), "a second transplant, whether tandem is not recorded"
        days = self.history.definitions.tandem_months.value * DAYS_A_MONTH
        late = negate(before.days_until(when).at_most(days))
        opens = any_of([progressed, late])
        return opens, "a further transplant" if opens is Truth.MET else "a tandem transplant"

    def _short_lines(self, of_entry: list[int | None], reasons: list[str], missing: list[str]) -> int:
        """Lines that lasted less than one cycle without progression: perhaps no line at all."""
        cycle = self.history.definitions.one_cycle_days.value
        found = 0
        for line in sorted({n for n in of_entry if n is not None}):
            entries = [i for i, n in enumerate(of_entry) if n == line]
            therapy = self.patient.therapies[entries[0]]
            if len(entries) > 1 or self._cells(entries[0]) or therapy.intent == "transplant" or therapy.line:
                continue
            if not isinstance(therapy.stop, Span) or therapy.start is None:
                continue
            brief = negate(therapy.start.days_until(therapy.stop).at_least(cycle))
            progressed = therapy.best_response == "PD" or therapy.stop_reason == "progression"
            if brief is Truth.MET and not progressed and therapy.progressed_on is None:
                found += 1
                reasons.append(f"therapies[{entries[0]}]: less than one cycle, perhaps no line")
                missing.append(f"therapies[{entries[0]}].line")
        return found

    def _agents(self, index: int) -> frozenset[str]:
        return frozenset(
            e.agent.id
            for e in self.history.exposures
            if e.entry == index and not e.agent.steroid and not e.agent.supportive
        )

    def _cells(self, index: int) -> bool:
        one_time = self.history.definitions.one_time_modalities
        return any(e.agent.modality in one_time for e in self.history.exposures if e.entry == index)

    def _conditioning(self, index: int) -> bool:
        return any(e.role == "conditioning" for e in self.history.exposures if e.entry == index)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _is_open(day: Span | Literal["ongoing"] | None) -> bool:
    """Whether a day is not known, or known only in part."""
    return day is None or (isinstance(day, Span) and not day.exact)


def _when(last: Span | Literal["ongoing"] | None) -> str:
    return "not recorded" if last is None else str(last)


def _named(name: str, finding: Finding) -> Finding:
    return Finding(finding.truth, f"{name}: {finding.found}", finding.where, finding.missing)


def _either(first: Finding, second: Finding) -> Finding:
    return _any_finding([first, second])


def _any_finding(findings: list[Finding]) -> Finding:
    """The strongest of the findings, with the words and places of those that decide."""
    truth = any_of(f.truth for f in findings)
    deciding = [f for f in findings if f.truth is truth]
    shown = deciding[:1] if truth is not Truth.NOT_MET else deciding
    return Finding(
        truth,
        "; ".join(_unique(f.found for f in shown)),
        _unique(w for f in deciding for w in f.where),
        _unique(m for f in deciding for m in f.missing),
    )
