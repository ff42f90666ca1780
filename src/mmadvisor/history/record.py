"""The record of therapies as it stands: drugs, their roles and their days, in order of time."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from mmadvisor.base.known import Bounds, Span, Truth, truth_of
from mmadvisor.base.records import Entry
from mmadvisor.formats.agents import Agent, Formulary, Verified
from mmadvisor.formats.patient import PLACEBO, Given, Patient, Therapy
from mmadvisor.formats.timeline import Timeline

if TYPE_CHECKING:
    from mmadvisor.formats.patient import Known

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
    procedure_modalities: tuple[str, ...]
    isotypes_with_igg: tuple[str, ...]
    isotypes_without_igg: tuple[str, ...]
    isotypes_of_iga: tuple[str, ...]


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
        self.therapies = patient.therapies
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
        return Timeline(self.therapies, self.recorded)

    # --- the list as a whole --------------------------------------------------------------------

    @property
    def absent(self) -> Truth:
        """Whether what is not in the list was given: not where the list is whole, else unknown."""
        return Truth.NOT_MET if self.complete is Truth.MET else Truth.UNKNOWN

    def if_whole(self, truth: Truth) -> Truth:
        """What hangs on which therapy came last: unknown while the list may not be whole."""
        return truth if self.complete is Truth.MET else Truth.UNKNOWN

    # --- drugs that are known -------------------------------------------------------------------

    @cached_property
    def exposures(self) -> tuple[Exposure, ...]:
        """Every agent of every therapy that is known, in order of time."""
        return tuple(e for index in self.timeline.order for e in self.given_in[index])

    @cached_property
    def given_in(self) -> dict[int, tuple[Exposure, ...]]:
        """The agents of each therapy that are known, by its place in the file."""
        return {index: tuple(self._exposures(index)) for index in self.timeline.order}

    @cached_property
    def given(self) -> dict[str, list[Exposure]]:
        """The exposures to each agent that was given, in order of time."""
        found: dict[str, list[Exposure]] = {}
        for exposure in self.exposures:
            found.setdefault(exposure.agent.id, []).append(exposure)
        return found

    def _exposures(self, index: int) -> Iterator[Exposure]:
        therapy, known = self.therapies[index], self._known[index]
        agents = [self.formulary.by_id[given.agent] for given in known]
        with_cells = any(self.given_once(a) for a in agents) or any(
            self.one_time_all(self._candidates(index, given)) for given in self._unknown[index]
        )
        for given, agent in zip(known, agents, strict=True):
            one_time = self.given_once(agent)
            start = given.start or therapy.start
            stop = given.stop or therapy.stop
            if one_time:
                stop = start or (stop if isinstance(stop, Span) else None)
            role = self.role(index)
            if with_cells and not one_time and therapy.intent != "bridging":
                role = "lymphodepletion"
            if role == "conditioning" and stop is None:
                stop = start  # given within days of its start
            yield Exposure(agent, index, start, stop, _own_stop(given, therapy), role)

    @cached_property
    def _known(self) -> "list[tuple[Known, ...]]":
        return [therapy.given for therapy in self.therapies]

    @cached_property
    def _unknown(self) -> list[tuple[Given, ...]]:
        return [therapy.unnamed for therapy in self.therapies]

    @cached_property
    def declared(self) -> dict[str, int]:
        """Agents and classes that are declared refractory, with the place of the therapy where they first are."""
        found: dict[str, int] = {}
        for i in self.timeline.order:
            for token in self.therapies[i].refractory_to or ():
                found.setdefault(token, i)
        return found

    @cached_property
    def certain_agents(self) -> dict[str, None]:
        """Agents that were given or are declared refractory, in order of time."""
        return dict.fromkeys([*self.given, *self.declared])

    def given_or_declared(self, members: Iterable[str]) -> list[str]:
        """Those of the agents that were given, may have been given, or are declared refractory, in order of time."""
        wanted = frozenset(members)
        return [agent for agent in self._known_agents if agent in wanted]

    @cached_property
    def _known_agents(self) -> tuple[str, ...]:
        possible = frozenset().union(*(u.candidates for u in self.unnamed))
        return tuple(dict.fromkeys([*self.certain_agents, *sorted(possible)]))

    # --- drugs that nobody knows ----------------------------------------------------------------

    @cached_property
    def unnamed(self) -> tuple[Unnamed, ...]:
        """Every drug on record that nobody knows, in order of time."""
        return tuple(self._unnamed(i, given) for i in self.timeline.order for given in self._unknown[i])

    @property
    def each_drug(self) -> Iterator[Exposure | Unnamed]:
        """Every drug on record, whether it is known or not."""
        yield from self.exposures
        yield from self.unnamed

    # Why: docs/explanation/incomplete-lists.md#a-drug-that-nobody-knows
    def _unnamed(self, index: int, given: Given) -> Unnamed:
        therapy, candidates = self.therapies[index], self._candidates(index, given)
        role, start, last = self.role(index), given.start or therapy.start, given.stop or therapy.stop
        if last is None and (role == "conditioning" or self.one_time_all(candidates)):
            last = start  # given within days of its start
        certain = bool(candidates) and PLACEBO not in (given.one_of or ())
        name = self.narrowed(given) or "a drug that is not known"
        return Unnamed(index, candidates, start, last, _own_stop(given, therapy), role, name, certain)

    def narrowed(self, given: Given) -> str:
        """The names that a drug which is not known may have, where the file holds a few; else nothing."""
        if not given.one_of or len(given.one_of) > _FEW:
            return ""
        return " or ".join(map(self.token_name, given.one_of))

    def token_name(self, token: str) -> str:
        """An agent by its name, a class by its id."""
        agent = self.formulary.by_id.get(token)
        return agent.name if agent is not None else token

    def being(self, unnamed: Unnamed, agent: Agent) -> Exposure:
        """The exposure that a drug that is not known would be, were it this agent."""
        exposure = unnamed.being(agent)
        return exposure._replace(last=exposure.start) if self.given_once(agent) and exposure.start else exposure

    def surely(self, token: str) -> list[Unnamed]:
        """Drugs that are not known of which each is one of a token, whichever it was."""
        members = self.formulary.members(token)
        return [u for u in self.unnamed if u.certain and u.candidates <= members]

    def perhaps(self, token: str) -> list[Unnamed]:
        """Drugs that are not known and may have been one of a token."""
        members = self.formulary.members(token)
        return [u for u in self.unnamed if not members.isdisjoint(u.candidates)]

    def _candidates(self, index: int, given: Given) -> frozenset[str]:
        """The agents that an unknown drug may have been.

        Those that are named as possible; else each that treats, but for those that are excluded, cells, which
        nobody takes without knowing it, and classes that were in no trial yet on the last day of the therapy. What
        is not named of a transplant is what prepares for one.
        """
        if given.one_of is not None:
            return frozenset(a for token in given.one_of for a in self.formulary.members(token))
        excluded = frozenset(a for token in given.not_ or () for a in self.formulary.members(token))
        last = given.stop or self.therapies[index].stop
        until = last.latest.year if isinstance(last, Span) else self.today.latest.year
        prepares = self.formulary.conditioning if self.therapies[index].intent == "transplant" else None
        return frozenset(
            agent.id
            for agent in self.formulary.agents
            if (prepares is None or agent.id in prepares)
            and agent.id not in excluded
            and not (agent.steroid or agent.supportive or self.given_once(agent))
            and all(self.formulary.class_by_id[c].in_trials_by(until) for c in agent.classes)
        )

    # --- what a therapy was ---------------------------------------------------------------------

    def given_once(self, agent: Agent) -> bool:
        """Whether an agent is given once, as cells are."""
        return agent.modality in self.definitions.one_time_modalities

    def one_time_all(self, agents: Iterable[str]) -> bool:
        """Whether there are such agents, and each is given once."""
        found = [self.given_once(self.formulary.by_id[a]) for a in agents]
        return bool(found) and all(found)

    def role(self, index: int) -> str:
        """What an entry is: treatment, or preparation that proves nothing; unclear where both are possible."""
        return self._roles[index]

    @cached_property
    def _roles(self) -> list[str]:
        return list(map(self._role, range(len(self.therapies))))

    def _role(self, index: int) -> str:
        therapy = self.therapies[index]
        if therapy.regimen is not None:
            role = self.formulary.name_by_id[therapy.regimen].role
            if role != "treatment":
                return role
        if therapy.intent == "transplant":
            return "conditioning"
        roles = self.formulary.roles(frozenset(given.agent for given in self._known[index]))
        if self._unknown[index] or (therapy.intent in _TREATING and "conditioning" not in roles):
            return "treatment"
        if len(roles) == 1 and therapy.regimen is None:
            return next(iter(roles))
        if therapy.intent is None and therapy.regimen is None and "conditioning" in roles:
            return "unclear"
        return "treatment"

    def is_transplant(self, index: int) -> bool:
        """Whether an entry prepares for stem cells."""
        return self.role(index) == "conditioning"

    def treats(self, index: int) -> bool:
        """Whether an entry is anti-myeloma treatment, not support or preparation alone."""
        return index in self.treatments

    @cached_property
    def treatments(self) -> tuple[int, ...]:
        """The places in the file of the entries that are anti-myeloma treatment, in order of time."""
        return tuple(i for i in self.timeline.order if self._treats(i))

    def _treats(self, index: int) -> bool:
        therapy = self.therapies[index]
        return therapy.intent == "transplant" or bool(self._unknown[index]) or any(
            e.role in ("treatment", "conditioning", "unclear") and not e.agent.steroid and not e.agent.supportive
            for e in self.given_in[index]
        )  # fmt: skip

    def is_assumed(self, index: int) -> bool:
        """Whether an entry is only assumed, and lies ahead."""
        return index >= self.recorded

    def start_of(self, index: int) -> Span:
        """When a therapy began: on a day that is known, else within what the order of the therapies allows."""
        start, today = self.therapies[index].start, self.today.latest
        if start is not None:
            return start
        began = self.timeline.began(index)
        return Span(min(began.earliest, today), min(began.latest, today))

    def of_one_day(self, index: int) -> bool:
        """Whether a therapy is given once and not stopped: cells, or a transplant."""
        return self._of_one_day[index]

    @cached_property
    def _of_one_day(self) -> list[bool]:
        return [
            self.is_transplant(index) or self.gives_cells(index)
            or any(e.role == "conditioning" for e in self.given_in[index])
            for index in range(len(self.therapies))
        ]  # fmt: skip

    def gives_cells(self, index: int) -> bool:
        """Whether cells are among the drugs of a therapy, known or not."""
        return any(self.given_once(e.agent) for e in self.given_in[index]) or any(
            self.one_time_all(u.candidates) for u in self.unnamed if u.entry == index
        )

    def cycle_days(self, index: int) -> tuple[float, float]:
        """The shortest and the longest that one cycle of a therapy may be, in days: that of its regimen [9.4]."""
        known = self.formulary.cycle_days(given.agent for given in self._known[index])
        usual = self.definitions.one_cycle_days.value, self.definitions.longest_usual_cycle_days.value
        return known or usual

    def ended_of_late(self, stop: Span | Literal["ongoing"] | None) -> Truth:
        """Whether what ended on a day is still given, or ended within the refractory window before today."""
        if stop is None:
            return Truth.UNKNOWN
        window = self.definitions.refractory_window_days.value
        return Truth.MET if stop == "ongoing" else stop.days_until(self.today).at_most(window)


# Purposes that say of drugs which may also prepare for cells that they were treatment.
_TREATING = ("induction", "consolidation", "maintenance", "relapse")


# As many drugs of which one was given are named where a therapy is.
_FEW = 4


def _own_stop(given: Given, therapy: Therapy) -> bool:
    """Whether an agent was stopped on a day of its own; one that was given to the end of its therapy was not."""
    return given.stop is not None and given.stop != therapy.stop


def in_months(days: Bounds) -> Bounds:
    """A stretch of days as months, as far as its ends are known."""
    return Bounds(*(None if end is None else end / DAYS_A_MONTH for end in days))


def is_open(day: Span | Literal["ongoing"] | None) -> bool:
    """Whether a day is not known, or known only in part."""
    return day is None or (isinstance(day, Span) and not day.exact)
