"""The recorded therapies: drugs, their roles and their days, in order of time."""

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
    """A number of a clinical definition; the key of the entry names its unit."""

    value: float
    source: str
    verified: Verified


class FrailtyItem(Entry):
    """An item of the IMWG frailty score: it gives ``points`` if the field is above, or at most, a limit."""

    field: str
    points: int
    source: str
    verified: Verified
    above: float | None = None
    at_most: float | None = None


class Definitions(Entry):
    """The clinical definitions by which the history is derived."""

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
    calcium_above_mmol_per_l: Quantity
    ionised_calcium_above_mmol_per_l: Quantity
    calcium_per_albumin_mmol_per_g: Quantity
    albumin_reference_g_per_l: Quantity
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
    """One agent in one therapy.

    ``entry`` is the index of the therapy in the file. ``last`` is the last dose; ``None`` if not recorded.
    ``own_stop``: the agent was stopped on another day than its therapy. ``role``: treatment, conditioning,
    lymphodepletion, or ``unclear``.
    """

    agent: Agent
    entry: int
    start: Span | None
    last: Span | Literal["ongoing"] | None
    own_stop: bool
    role: str

    @property
    def where(self) -> str:
        """The therapy as a path of the patient file."""
        return f"therapies[{self.entry}]"


class Unnamed(NamedTuple):
    """A drug of a therapy whose name is unknown, and the agents that it may have been (``candidates``).

    ``name``: the possible names in words. ``certain``: it is certain that one of the candidates was given, and not a
    placebo.
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
        """The therapy as a path of the patient file."""
        return f"therapies[{self.entry}]"

    @property
    def field(self) -> str:
        """The field in which the drug is missing."""
        return f"therapies[{self.entry}].agents"

    def being(self, agent: Agent) -> Exposure:
        """The exposure to ``agent`` that this would be, if the unknown drug was ``agent``."""
        return Exposure(agent, self.entry, self.start, self.last, self.own_stop, self.role)


class Record:
    """The record of a patient on one day, before anything is derived from it."""

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
        """Read the record. ``recorded``: how many therapies are recorded; the look-ahead assumes those after them."""
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
        """Whether a drug that is not in the list was given: not met if the list is complete, otherwise unknown."""
        return Truth.NOT_MET if self.complete is Truth.MET else Truth.UNKNOWN

    def if_whole(self, truth: Truth) -> Truth:
        """``truth`` if the list of therapies is complete, otherwise unknown; for facts about the last therapy."""
        return truth if self.complete is Truth.MET else Truth.UNKNOWN

    # --- drugs that are known -------------------------------------------------------------------

    @cached_property
    def exposures(self) -> tuple[Exposure, ...]:
        """Every known agent of every therapy, in order of time."""
        return tuple(e for index in self.timeline.order for e in self.given_in[index])

    @cached_property
    def given_in(self) -> dict[int, tuple[Exposure, ...]]:
        """The known agents of each therapy, by its index in the file."""
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
        """The agents and classes that are declared refractory, each with the index of the first such therapy."""
        found: dict[str, int] = {}
        for i in self.timeline.order:
            for token in self.therapies[i].refractory_to or ():
                found.setdefault(token, i)
        return found

    @cached_property
    def certain_agents(self) -> dict[str, None]:
        """The agents that were given, and the agents and classes that are declared refractory."""
        return dict.fromkeys([*self.given, *self.declared])

    def given_or_declared(self, members: Iterable[str]) -> list[str]:
        """The agents among ``members`` that were given, may have been given, or are declared refractory."""
        wanted = frozenset(members)
        return [agent for agent in self._known_agents if agent in wanted]

    @cached_property
    def _known_agents(self) -> tuple[str, ...]:
        possible = frozenset().union(*(u.candidates for u in self.unnamed))
        return tuple(dict.fromkeys([*self.certain_agents, *sorted(possible)]))

    # --- drugs that nobody knows ----------------------------------------------------------------

    @cached_property
    def unnamed(self) -> tuple[Unnamed, ...]:
        """Every drug whose name is unknown, in order of time."""
        return tuple(self._unnamed(i, given) for i in self.timeline.order for given in self._unknown[i])

    @property
    def each_drug(self) -> Iterator[Exposure | Unnamed]:
        """Every drug in the record, with a known or an unknown name."""
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
        """The possible names of an unknown drug, in words, if the file lists at most four; otherwise empty."""
        if not given.one_of or len(given.one_of) > _FEW:
            return ""
        return " or ".join(map(self.token_name, given.one_of))

    def token_name(self, token: str) -> str:
        """The name of an agent, or the id of a class."""
        agent = self.formulary.by_id.get(token)
        return agent.name if agent is not None else token

    def being(self, unnamed: Unnamed, agent: Agent) -> Exposure:
        """The exposure to ``agent`` that an unknown drug would be, if it was ``agent``; cells have one day only."""
        exposure = unnamed.being(agent)
        return exposure._replace(last=exposure.start) if self.given_once(agent) and exposure.start else exposure

    def surely(self, token: str) -> list[Unnamed]:
        """The unknown drugs that certainly were agents of the token."""
        members = self.formulary.members(token)
        return [u for u in self.unnamed if u.certain and u.candidates <= members]

    def perhaps(self, token: str) -> list[Unnamed]:
        """The unknown drugs that may have been an agent of the token."""
        members = self.formulary.members(token)
        return [u for u in self.unnamed if not members.isdisjoint(u.candidates)]

    def _candidates(self, index: int, given: Given) -> frozenset[str]:
        """The agents that an unknown drug may have been.

        If ``one_of`` is given, its agents. Otherwise every anti-myeloma drug except those of ``not``, steroids,
        supportive drugs, cells (a patient would know of them), and classes that were in no trial by the end of the
        therapy. For a transplant, only conditioning drugs.
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
        """Whether an agent is given only once, such as CAR-T cells."""
        return agent.modality in self.definitions.one_time_modalities

    def one_time_all(self, agents: Iterable[str]) -> bool:
        """Whether the list of agents is not empty, and each of them is given only once."""
        found = [self.given_once(self.formulary.by_id[a]) for a in agents]
        return bool(found) and all(found)

    def role(self, index: int) -> str:
        """The role of a therapy, such as ``treatment`` or ``conditioning``; ``unclear`` if both are possible."""
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
        """Whether an entry is conditioning for a stem cell transplant."""
        return self.role(index) == "conditioning"

    def treats(self, index: int) -> bool:
        """Whether an entry is anti-myeloma treatment, and not only support or preparation."""
        return index in self.treatments

    @cached_property
    def treatments(self) -> tuple[int, ...]:
        """The indices in the file of the entries that are anti-myeloma treatment, in order of time."""
        return tuple(i for i in self.timeline.order if self._treats(i))

    def _treats(self, index: int) -> bool:
        therapy = self.therapies[index]
        return therapy.intent == "transplant" or bool(self._unknown[index]) or any(
            e.role in ("treatment", "conditioning", "unclear") and not e.agent.steroid and not e.agent.supportive
            for e in self.given_in[index]
        )  # fmt: skip

    def is_assumed(self, index: int) -> bool:
        """Whether an entry is not recorded, but assumed by the look-ahead."""
        return index >= self.recorded

    def start_of(self, index: int) -> Span:
        """The day on which a therapy began; if it is missing, the span that the order of the therapies allows."""
        start, today = self.therapies[index].start, self.today.latest
        if start is not None:
            return start
        began = self.timeline.began(index)
        return Span(min(began.earliest, today), min(began.latest, today))

    def of_one_day(self, index: int) -> bool:
        """Whether a therapy is given once, so that it has no last dose: cells, or a transplant."""
        return self._of_one_day[index]

    @cached_property
    def _of_one_day(self) -> list[bool]:
        return [
            self.is_transplant(index) or self.gives_cells(index)
            or any(e.role == "conditioning" for e in self.given_in[index])
            for index in range(len(self.therapies))
        ]  # fmt: skip

    def gives_cells(self, index: int) -> bool:
        """Whether a therapy contains cells, also if the name of the drug is unknown."""
        return any(self.given_once(e.agent) for e in self.given_in[index]) or any(
            self.one_time_all(u.candidates) for u in self.unnamed if u.entry == index
        )

    def cycle_days(self, index: int) -> tuple[float, float]:
        """The shortest and longest possible cycle of a therapy, in days: of its regimen, otherwise the usual ones."""
        known = self.formulary.cycle_days(given.agent for given in self._known[index])
        usual = self.definitions.one_cycle_days.value, self.definitions.longest_usual_cycle_days.value
        return known or usual

    def ended_of_late(self, stop: Span | Literal["ongoing"] | None) -> Truth:
        """Whether a drug is still given, or was stopped within the refractory window before today."""
        if stop is None:
            return Truth.UNKNOWN
        window = self.definitions.refractory_window_days.value
        return Truth.MET if stop == "ongoing" else stop.days_until(self.today).at_most(window)


# Purposes that say of drugs which may also prepare for cells that they were treatment.
_TREATING = ("induction", "consolidation", "maintenance", "relapse")


# As many drugs of which one was given are named where a therapy is.
_FEW = 4


def _own_stop(given: Given, therapy: Therapy) -> bool:
    """Whether an agent was stopped on another day than its therapy."""
    return given.stop is not None and given.stop != therapy.stop


def in_months(days: Bounds) -> Bounds:
    """A range of days converted to months."""
    return Bounds(*(None if end is None else end / DAYS_A_MONTH for end in days))


def is_open(day: Span | Literal["ongoing"] | None) -> bool:
    """Whether a day is missing or known only in part."""
    return day is None or (isinstance(day, Span) and not day.exact)
