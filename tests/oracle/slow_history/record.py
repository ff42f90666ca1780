"""The record of therapies as it stands: drugs, their roles and their days, in order of time."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Literal, NamedTuple

from mmadvisor.base.known import Bounds, Finding, Span, Truth, truth_of
from mmadvisor.base.records import Entry
from mmadvisor.formats.agents import Agent, Formulary, Verified
from mmadvisor.formats.paths import therapy_in
from mmadvisor.formats.patient import PLACEBO, Given, Patient, Therapy
from mmadvisor.formats.timeline import Timeline

DAYS_A_MONTH = 30.4375

Definition = Literal["imwg-2015", "imwg-strict"]


LINE_DEFINITIONS: tuple[Definition, ...] = ("imwg-2015", "imwg-strict")
# Purposes that keep a response which another treatment reached.
PLANNED = ("consolidation", "maintenance")


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
    longest_usual_cycle_days: Quantity
    tandem_months: Quantity
    car_t_doubtful_months: Quantity
    dialysis_clearance_at_most: Quantity
    clearance_contradicted_from_fold: Quantity
    postmenopausal_from_age: Quantity
    laboratory_days: Quantity
    laboratory_fields: tuple[str, ...]
    creatinine_rise_umol_per_l: Quantity
    creatinine_step_umol_per_l: Quantity
    creatinine_fold: Quantity
    plasma_cell_leukaemia_from_percent: Quantity
    severe_from_grade: Quantity
    non_response: tuple[str, ...]
    non_response_counts_for: tuple[str, ...]
    frailty_items: tuple[FrailtyItem, ...]
    frail_from_points: Quantity
    intermediate_from_points: Quantity
    one_time_modalities: tuple[str, ...]
    isotypes_with_igg: tuple[str, ...]
    isotypes_without_igg: tuple[str, ...]


class Exposure(NamedTuple):
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


class Unnamed(NamedTuple):
    """A drug of a therapy that nobody knows, and the agents that it may have been.

    ``name``: as far as it is narrowed, in words; ``certain``: one of them was given, and no placebo.
    """

    entry: int
    candidates: frozenset[str]
    start: Span | None
    last: Span | Literal["ongoing"] | None
    own_stop: bool
    role: str
    name: str
    certain: bool

    @property
    def where(self) -> str:
        """The therapy in the patient file."""
        return f"therapies[{self.entry}]"

    @property
    def field(self) -> str:
        """What would settle it."""
        return f"therapies[{self.entry}].agents"

    def being(self, agent: Agent) -> Exposure:
        """The exposure that it would be, were it this agent."""
        return Exposure(agent, self.entry, self.start, self.last, self.own_stop, self.role)


class Record:
    """What stands in the record of a patient, on one day, before anything is concluded from it."""

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
        recorded: int | None = None,
    ) -> None:
        """``recorded``: how many of the therapies are on record; those after them are only assumed."""
        self.patient = patient
        self.recorded = len(patient.therapies) if recorded is None else recorded
        self.formulary = formulary
        self.definitions = definitions
        self.as_of = as_of
        self.today = today or Span.day(as_of)
        self.definition: Definition = definition
        self.assume_relapse = assume_relapse
        # Why: docs/explanation/incomplete-lists.md
        self.complete = truth_of(patient.therapies_complete)

    @cached_property
    def timeline(self) -> Timeline:
        """The therapies in order of time."""
        return Timeline(self.patient.therapies, self.recorded)

    def called(self, index: int) -> str:
        """A therapy as people name it: what was given, and which it is, counted from 1 in order of time."""
        if self._assumed(index):
            return f"the assumed {self._drugs(index)}"
        if not self.timeline.placed(index):
            therapy = self.patient.therapies[index]
            start, stop = _month(therapy.start), _month(therapy.stop)
            if start is not None:
                return f"{self._drugs(index)}, begun {start}"
            if stop is not None:
                return f"{self._drugs(index)}, " + ("still given" if stop == "ongoing" else f"ended {stop}")
            return f"{self._drugs(index)}, " + (f"line {therapy.line}, " if therapy.line else "") + "not dated"
        return f"{self._drugs(index)}, therapy {self.timeline.number(index)}"

    def _drugs(self, index: int) -> str:
        therapy = self.patient.therapies[index]
        names = [self.formulary.by_id[given.agent].name for given in therapy.given]
        if therapy.unnamed and not names and therapy.intent == "transplant":
            return "transplant"
        told = [self._narrowed(given) for given in therapy.unnamed]
        none = "a drug that is not known" if names or any(told) else "drugs that are not known"
        alone = len(names) + len(told) == 1
        names += unique(none if not name else name if alone else f"({name})" for name in told)
        return therapy.regimen if therapy.regimen and not therapy.unnamed else " + ".join(names)

    def _narrowed(self, given: Given) -> str:
        """What a drug that is not known may have been, where the file names a few; else nothing."""
        if not given.one_of or len(given.one_of) > _FEW:
            return ""
        return " or ".join(map(self.token_name, given.one_of))

    def called_with_days(self, index: int) -> str:
        """A therapy as people name it, with the months in which it was given."""
        therapy = self.patient.therapies[index]
        start, stop = _month(therapy.start), _month(therapy.stop)
        if (start is None and stop is None) or self._assumed(index):
            return self.called(index)
        called = self.called(index) if self.timeline.placed(index) else self._drugs(index)
        if stop is None and not self._of_one_day(index):
            return f"{called}, from {start}, last dose not recorded"
        if stop == "ongoing":
            return f"{called}, " + (
                "still given, start not recorded" if start is None else f"from {start}, still given"
            )
        if start is None:
            return f"{called}, to {stop}, start not recorded"
        return f"{called}, {start}" + ("" if stop in (None, start) else f" to {stop}")

    def in_time(self, field: str) -> tuple[str, int, str]:
        """By what fields are put in order: those of therapies by when these were given, not by their place."""
        place = therapy_in(field)
        if place is None or place >= len(self.patient.therapies):  # one that is later than the day is not seen
            return field, 0, ""
        return "therapies", self.timeline.number(place), field.partition(".")[2]

    @cached_property
    def exposures(self) -> tuple[Exposure, ...]:
        """Every agent of every therapy that is known, in order of time."""
        return tuple(self._exposures())

    def _exposures(self) -> Iterator[Exposure]:
        for index in self.timeline.order:
            therapy = self.patient.therapies[index]
            agents = [self.formulary.by_id[given.agent] for given in therapy.given]
            with_cells = any(a.modality in self.definitions.one_time_modalities for a in agents) or any(
                self.one_time_all(self._candidates(index, given)) for given in therapy.unnamed
            )
            for given, agent in zip(therapy.given, agents, strict=True):
                one_time = agent.modality in self.definitions.one_time_modalities
                start = given.start or therapy.start
                stop = given.stop or therapy.stop
                if one_time:
                    stop = start or (stop if isinstance(stop, Span) else None)
                role = self._role(therapy)
                if with_cells and not one_time and therapy.intent != "bridging":
                    role = "lymphodepletion"
                if role == "conditioning" and stop is None:
                    stop = start  # given within days of its start
                yield Exposure(agent, index, start, stop, _own_stop(given, therapy), role)

    @cached_property
    def unnamed(self) -> tuple[Unnamed, ...]:
        """Every drug on record that nobody knows, in order of time."""
        return tuple(
            self._unnamed(i, given) for i in self.timeline.order for given in self.patient.therapies[i].unnamed
        )

    @property
    def _each(self) -> Iterator[Exposure | Unnamed]:
        """Every drug on record, whether it is known or not."""
        yield from self.exposures
        yield from self.unnamed

    # Why: docs/explanation/incomplete-lists.md#a-drug-that-nobody-knows
    def _unnamed(self, index: int, given: Given) -> Unnamed:
        therapy, candidates = self.patient.therapies[index], self._candidates(index, given)
        role, start, last = self._role(therapy), given.start or therapy.start, given.stop or therapy.stop
        if last is None and (role == "conditioning" or self.one_time_all(candidates)):
            last = start  # given within days of its start
        certain = bool(candidates) and PLACEBO not in (given.one_of or ())
        name = self._narrowed(given) or "a drug that is not known"
        return Unnamed(index, candidates, start, last, _own_stop(given, therapy), role, name, certain)

    def one_time_all(self, agents: Iterable[str]) -> bool:
        """Whether there are such agents, and each is given once."""
        found = [self.formulary.by_id[a].modality in self.definitions.one_time_modalities for a in agents]
        return bool(found) and all(found)

    def _being(self, unnamed: Unnamed, agent: Agent) -> Exposure:
        """The exposure that a drug that is not known would be, were it this agent."""
        exposure = unnamed.being(agent)
        one_time = agent.modality in self.definitions.one_time_modalities
        return exposure._replace(last=exposure.start) if one_time and exposure.start is not None else exposure

    def surely(self, token: str) -> list[Unnamed]:
        """Drugs that are not known of which each is one of a token, whichever it was."""
        members = self.formulary.members(token)
        return [u for u in self.unnamed if u.certain and u.candidates <= members]

    def _candidates(self, index: int, given: Given) -> frozenset[str]:
        """The agents that an unknown drug may have been.

        Those that are named as possible; else each that treats, but for those that are excluded, cells, which
        nobody takes without knowing it, and classes that were in no trial yet on the last day of the therapy. What
        is not named of a transplant is what prepares for one.
        """
        if given.one_of is not None:
            return frozenset(a for token in given.one_of for a in self.formulary.members(token))
        excluded = frozenset(a for token in given.not_ or () for a in self.formulary.members(token))
        last = given.stop or self.patient.therapies[index].stop
        until = last.latest.year if isinstance(last, Span) else self.today.latest.year
        prepares = self.formulary.conditioning if self.patient.therapies[index].intent == "transplant" else None
        return frozenset(
            agent.id
            for agent in self.formulary.agents
            if (prepares is None or agent.id in prepares)
            and agent.id not in excluded
            and not (agent.steroid or agent.supportive or agent.modality in self.definitions.one_time_modalities)
            and all(self.formulary.class_by_id[c].in_trials_by(until) for c in agent.classes)
        )

    @cached_property
    def _possible(self) -> frozenset[str]:
        """Agents that some unknown drug may have been."""
        return frozenset().union(*(u.candidates for u in self.unnamed))

    def _role(self, therapy: Therapy) -> str:
        """What an entry is: treatment, or preparation that proves nothing; unclear where both are possible."""
        if therapy.regimen is not None:
            role = self.formulary.name_by_id[therapy.regimen].role
            if role != "treatment":
                return role
        if therapy.intent == "transplant":
            return "conditioning"
        roles = self.formulary.roles(frozenset(g.agent for g in therapy.given))
        if therapy.unnamed or (therapy.intent in _TREATING and "conditioning" not in roles):
            return "treatment"
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
        ) or bool(self.patient.therapies[index].intent == "transplant" or self.patient.therapies[index].unnamed)

    @cached_property
    def treatments(self) -> tuple[int, ...]:
        """The places in the file of the entries that are anti-myeloma treatment, in order of time."""
        return tuple(i for i in self.timeline.order if self._treats(i))

    def _assumed(self, index: int) -> bool:
        """Whether an entry is only assumed, and lies ahead."""
        return index >= self.recorded

    def _start(self, index: int) -> Span:
        """When a therapy began: on a day that is known, else within what the order of the therapies allows."""
        start, today = self.patient.therapies[index].start, self.today.latest
        if start is not None:
            return start
        began = self.timeline.began(index)
        return Span(min(began.earliest, today), min(began.latest, today))

    def _one_time(self, exposure: Exposure) -> bool:
        return exposure.agent.modality in self.definitions.one_time_modalities or exposure.role == "conditioning"

    def _of_one_day(self, index: int) -> bool:
        """Whether a therapy is given once and not stopped: cells, or a transplant."""
        return (
            any(self._one_time(e) for e in self.exposures if e.entry == index)
            or self._is_transplant(index)
            or any(self.one_time_all(u.candidates) for u in self.unnamed if u.entry == index)
        )

    def cycle_days(self, index: int) -> tuple[float, float]:
        """The shortest and the longest that one cycle of a therapy may be, in days: that of its regimen [9.4]."""
        known = self.formulary.cycle_days(given.agent for given in self.patient.therapies[index].given)
        usual = self.definitions.one_cycle_days.value, self.definitions.longest_usual_cycle_days.value
        return known or usual

    def token_name(self, token: str) -> str:
        """An agent by its name, a class by its id."""
        agent = self.formulary.by_id.get(token)
        return agent.name if agent is not None else token

    # Why: docs/explanation/incomplete-lists.md#declarations
    @cached_property
    def _declared_ids(self) -> dict[str, int]:
        """Agents and classes that are declared refractory, with the place of the therapy where they first are."""
        found: dict[str, int] = {}
        for i in self.timeline.order:
            for token in self.patient.therapies[i].refractory_to or ():
                found.setdefault(token, i)
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
        missing = unique(("therapies_complete", *finding.missing))
        return Finding(
            Truth.UNKNOWN, f"{finding.found}; the list of therapies may not be whole", finding.where, missing
        )

    @cached_property
    def _answers(self) -> dict[tuple[str, str], Finding]:
        """What was asked of agents and classes before, and the answers."""
        return {}

    def _once(self, question: str, about: str, answer: Callable[[str], Finding]) -> Finding:
        key = (question, about)
        if key not in self._answers:
            self._answers[key] = answer(about)
        return self._answers[key]

    @cached_property
    def _known_agents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self._certain_agents, *sorted(self._possible)]))

    @cached_property
    def _certain_agents(self) -> dict[str, None]:
        """Agents that were given or are declared refractory, in order of time."""
        return dict.fromkeys([*(e.agent.id for e in self.exposures), *self._declared_ids])

    def _is_transplant(self, index: int) -> bool:
        return self._role(self.patient.therapies[index]) == "conditioning"


# Purposes that say of drugs which may also prepare for cells that they were treatment.
_TREATING = ("induction", "consolidation", "maintenance", "relapse")


# As many drugs of which one was given are named where a therapy is.
_FEW = 4


def _own_stop(given: Given, therapy: Therapy) -> bool:
    """Whether an agent was stopped on a day of its own; one that was given to the end of its therapy was not."""
    return given.stop is not None and given.stop != therapy.stop


def _month(day: Span | Literal["ongoing"] | None) -> str | None:
    """A day to the month, as a sentence names it."""
    if not isinstance(day, Span):
        return day
    return day.written[:7] if day.exact else day.written


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order in which it first stands."""
    return tuple(dict.fromkeys(names))


def in_months(days: Bounds) -> Bounds:
    """A stretch of days as months, as far as its ends are known."""
    return Bounds(*(None if end is None else end / DAYS_A_MONTH for end in days))


def is_open(day: Span | Literal["ongoing"] | None) -> bool:
    """Whether a day is not known, or known only in part."""
    return day is None or (isinstance(day, Span) and not day.exact)
