"""What follows from the record: exposure, refractoriness, lines of therapy, time since.

Derived once for a patient and a day. Every answer is a ``Finding``: it says which therapies prove
it, or which field would settle it. A window, an interval or a threshold comes from
``data/definitions.yaml`` with its source.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, Literal, NamedTuple

from mmadvisor.base.known import FAR_AHEAD, Bounds, Finding, Span, Truth, all_of, any_of, negate, truth_of
from mmadvisor.base.records import Entry
from mmadvisor.formats.agents import Agent, Formulary, Taken, Verified
from mmadvisor.formats.patient import PLACEBO, Given, Measured, Patient, Therapy, therapy_in
from mmadvisor.formats.timeline import Timeline
from mmadvisor.history.laboratory import KidneyLimits, Kidneys, kidneys_of, lab

DAYS_A_MONTH = 30.4375
CIRCULATING = "disease.circulating_plasma_cells_percent"

Definition = Literal["imwg-2015", "imwg-strict"]
LINE_DEFINITIONS: tuple[Definition, ...] = ("imwg-2015", "imwg-strict")
# Where the order of therapies is open, lines are counted by so many of the orders that it allows, and no more.
# Why: docs/explanation/order-of-therapies.md
_ORDERS_COUNTED = 60
_TOLD_IN_DAYS = 92


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


class Lines(NamedTuple):
    """Lines of therapy by one definition; ``high`` is ``None`` where the list may not be whole.

    ``of_entry`` has the line of each therapy by its place in the file, in the order shown; ``opened``: whether it
    opened that line, unknown also where the orders differ in it; ``settled``: every order of the therapies that the
    record allows gives the same lines.
    """

    definition: Definition
    low: int
    high: int | None
    of_entry: tuple[int | None, ...]
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    opened: tuple[Truth | None, ...]
    settled: bool = True

    @property
    def bounds(self) -> Bounds:
        """The count as far as it is known."""
        return Bounds(self.low, self.high)


class _Progression(NamedTuple):
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
        self.complete = truth_of(patient.therapies_complete)

    @cached_property
    def taken(self) -> tuple[Taken, ...] | None:
        """The drugs on the list of co-medication, resolved as far as their names are known; none where not recorded."""
        listed = self.patient.co_medication
        return None if listed is None else tuple(map(self.formulary.taken, listed))

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

    # --- values that hold -----------------------------------------------------------------

    @cached_property
    def outdated(self) -> dict[str, str]:
        """The laboratory values whose own day lies longer ago than values hold, each with what is said of it."""
        days = self.definitions.laboratory_days.value
        found = (lab(self.patient, name, self.as_of, days) for name in self.definitions.laboratory_fields)
        return {
            old.field: f"{old.value:g} of {old.day} is too old (it holds for {days:g} days): repeat it"
            for old in found
            if old is not None and not old.holds
        }

    # Why: docs/explanation/treat-now.md
    def value(self, field: str) -> Any:
        """A field of the patient file as far as it may decide; ``None`` where it is not recorded or too old."""
        return None if field in self.outdated else self.patient.get(field)

    def knowing(self, field: str, value: Any) -> "History":
        """The history of the same patient with another value of a field.

        A value in the place of one that is too old was measured today, and so is one that the day of the others would
        make too old.
        """
        known = Measured(value, Span.day(self.as_of)) if self.needs_a_day(field) else value
        return self.of_patient(self.patient.with_value(field, known))

    def needs_a_day(self, field: str) -> bool:
        """Whether a further value of a field must carry its own day, since that of the other values is too old."""
        if field in self.outdated:
            return True
        own = {f"labs.{name}" for name in self.definitions.laboratory_fields}
        if self.patient.labs_on is None or field not in own:
            return False
        days = self.definitions.laboratory_days.value
        return self.patient.labs_on.days_until(Span.day(self.as_of)).at_most(days) is Truth.NOT_MET

    # --- the record -----------------------------------------------------------------------

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
        names += _unique(none if not name else name if alone else f"({name})" for name in told)
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
        if place is None:
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
    def allograft(self) -> Finding:
        """Whether an allogeneic transplant was given, as recorded or by the record of therapies.

        One that stands among the therapies counts, whatever else is recorded. Where it is not recorded, there was none
        if the list of therapies is whole and all its transplants are autologous. Unknown otherwise.
        """
        therapies, field = self.patient.therapies, "comorbidities.prior_allogeneic_transplant"
        names, recorded = self.formulary.name_by_id, self.patient.get(field)
        given = [i for i, t in enumerate(therapies) if t.regimen is not None and names[t.regimen].allogeneic]
        if given:
            where = tuple(f"therapies[{i}].regimen" for i in given)
            return Finding(Truth.MET, "; ".join(map(self.called, given)), where)
        if recorded is not None:
            found = f"{'an' if recorded else 'no'} allogeneic transplant recorded"
            return Finding(truth_of(recorded), found, (field,))
        grafts = [t for t in therapies if t.intent == "transplant"]
        if not all(map(self._autologous, grafts)):
            found = "a transplant that may have been allogeneic"
            return Finding(Truth.UNKNOWN, found, ("therapies",), (field,))
        absent = self._absent("no allogeneic transplant among the therapies")
        return Finding(absent.truth, absent.found, absent.where, (field, *absent.missing) if absent.missing else ())

    def _autologous(self, therapy: Therapy) -> bool:
        """Whether a transplant is an autologous one: by its name, else by drugs that prepare for nothing else."""
        if therapy.regimen is not None:
            return self.formulary.name_by_id[therapy.regimen].role == "conditioning"
        agents = frozenset(given.agent for given in therapy.given)
        return bool(agents) and not therapy.unnamed and "conditioning" in self.formulary.roles(agents)

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

    # --- progression ----------------------------------------------------------------------

    @cached_property
    def _progressions(self) -> dict[int, _Progression]:
        """The progression of each therapy by its place in the file, in order of time."""
        return {i: self._progression(i) for i in self.timeline.order}

    def _progression(self, index: int) -> _Progression:
        """A progression of one therapy; progressive disease as its best response is one, on it [rajkumar-2011]."""
        therapy = self.patient.therapies[index]
        field = f"therapies[{index}].progressed_on"
        never_better = therapy.best_response == "PD"
        stopped_for_it = therapy.stop_reason == "progression"
        if therapy.progressed_on is not None:
            day = self._within_its_turn(index, therapy.progressed_on)
            missing = () if day.exact else (field,)
            if self._assumed(index):
                because = f"progression on {self._drugs(index)} is assumed"
                return _Progression(index, Truth.MET, day, stopped_for_it, because, missing)
            on_it = not self._of_one_day(index) and (
                stopped_for_it or (never_better and not self._long_after(therapy, day))
            )
            because = f"progressed {day}"
            return _Progression(index, Truth.MET, day, on_it, because, missing)
        if stopped_for_it or never_better:
            stop = therapy.stop if isinstance(therapy.stop, Span) else self.today
            if self._of_one_day(index):  # nobody stopped it: the disease came back at some time after it
                stop = self._until(index)
            day = Span(min(self._start(index).earliest, stop.latest), stop.latest)
            if never_better and therapy.best_response_on is not None:
                day = therapy.best_response_on
            because = "stopped for progression" if stopped_for_it else "best response was PD"
            return _Progression(index, Truth.MET, day, not self._of_one_day(index), because, (field,))
        return self._unrecorded(index, field)

    def _one_time(self, exposure: Exposure) -> bool:
        return exposure.agent.modality in self.definitions.one_time_modalities or exposure.role == "conditioning"

    def _of_one_day(self, index: int) -> bool:
        """Whether a therapy is given once and not stopped: cells, or a transplant."""
        return (
            any(self._one_time(e) for e in self.exposures if e.entry == index)
            or self._is_transplant(index)
            or any(self.one_time_all(u.candidates) for u in self.unnamed if u.entry == index)
        )

    def _until(self, index: int) -> Span:
        """The start of the next therapy on record, or today."""
        later = (i for i in self.treatments if self.timeline.follows(i, index) is Truth.MET and not self._assumed(i))
        return min((self._start(i) for i in later), key=lambda s: s.latest, default=self.today)

    def _within_its_turn(self, index: int, day: Span) -> Span:
        """A progression known in part: not before its therapy began, and before the next one began."""
        if day.exact:
            return day
        earliest = max(day.earliest, self._start(index).earliest)
        following = [i for i in self.treatments if self.timeline.follows(i, index) is Truth.MET]
        latest = min([day.latest, *(self._start(i).latest for i in following if not self._assumed(i))])
        return Span(earliest, latest) if earliest <= latest else day

    def _long_after(self, therapy: Therapy, day: Span) -> bool:
        """Whether a day certainly lies past the refractory window after a therapy."""
        window = self.definitions.refractory_window_days.value
        return isinstance(therapy.stop, Span) and therapy.stop.days_until(day).at_most(window) is Truth.NOT_MET

    def _unrecorded(self, index: int, field: str) -> _Progression:
        """What the absence of a progression says: nothing, unless the list is whole."""
        others = [i for i in self.treatments if i != index] if index in self.treatments else []
        # What is only assumed to follow says nothing of what came before it.
        recorded = [i for i in others if not self._assumed(i)]
        later = [i for i in recorded if self.timeline.follows(i, index) is Truth.MET]
        perhaps = [i for i in recorded if self.timeline.follows(i, index) is Truth.UNKNOWN]
        until = min((self._start(i) for i in later), key=lambda s: s.latest, default=self.today)
        day = Span(min(self._start(index).earliest, until.latest), until.latest)
        if self.complete is not Truth.MET:
            missing = ("therapies_complete", field)
            return _Progression(index, Truth.UNKNOWN, day, False, "no progression recorded", missing)
        relapse_possible = self.patient.get("disease.state") in (None, "relapsed")
        if later or index not in self.treatments or not relapse_possible:
            return _Progression(index, Truth.NOT_MET, None, False, "no progression before the next therapy", ())
        therapy = self.patient.therapies[index]
        stop = therapy.start if therapy.stop is None and self._of_one_day(index) else therapy.stop
        if self._ended_of_late(stop) is Truth.NOT_MET:
            return _Progression(index, Truth.NOT_MET, None, False, "no progression recorded", ())
        open_order = self.timeline.open_fields([index, *perhaps]) if perhaps else ()
        asked = _unique((field, *open_order))
        return _Progression(index, Truth.UNKNOWN, day, False, "a relapse now, its date not recorded", asked)

    def _progressed_on(self, exposure: Exposure) -> Finding:
        """Progression on an agent or within the window after its last dose [rajkumar-2011]."""
        truths: list[Truth] = []
        proof = ""
        where: list[str] = [exposure.where]
        missing: list[str] = []
        for entry, event in self._progressions.items():
            after = self._not_before(exposure, event)
            if after is Truth.NOT_MET:
                continue
            truth = all_of([event.happened, after, self._in_window(exposure, event)])
            truths.append(truth)
            if truth is Truth.MET and not proof:
                proof = self._proof(exposure, event)
                where = list(_unique((exposure.where, f"therapies[{entry}]")))
            if truth is Truth.UNKNOWN:
                missing += event.missing
                missing += self._stop_field(exposure)
                missing += self.timeline.open_between(entry, exposure.entry)
        truth = any_of(truths)
        if truth is Truth.MET:
            return Finding(truth, proof, tuple(where))
        if truth is Truth.UNKNOWN:
            found = f"last dose {_when(exposure.last)}; when it progressed is not known to the day"
            return Finding(truth, found, tuple(where), _unique(missing))
        return Finding(truth, self._clear(exposure), tuple(where))

    def _not_before(self, exposure: Exposure, event: _Progression) -> Truth:
        """Whether a progression is not one from before an agent was begun: it is of its therapy or of a later one."""
        if self.timeline.together(event.entry, exposure.entry):
            return Truth.MET
        after = self.timeline.follows(event.entry, exposure.entry)
        if after is Truth.UNKNOWN and event.day is not None:
            start = exposure.start or self._start(exposure.entry)
            if event.day.days_until(start).at_least(1) is Truth.MET:
                return Truth.NOT_MET
        return after

    def _after(self, index: int) -> list[tuple[Truth, _Progression]]:
        """The progressions that are not from before a therapy, and whether that is known of them."""
        found = [
            (Truth.MET if self.timeline.together(i, index) else self.timeline.follows(i, index), event)
            for i, event in self._progressions.items()
        ]
        return [(after, event) for after, event in found if after is not Truth.NOT_MET]

    def _first_progression(self, index: int) -> Span | None:
        """The day of the first progression of a therapy or after it; ``None`` where none is known to have happened."""
        events = [(after, e.day) for after, e in self._after(index) if e.happened is Truth.MET and e.day is not None]
        if not events:
            return None
        certain = [day.latest for after, day in events if after is Truth.MET]
        return Span(min(day.earliest for _, day in events), min(certain, default=self.today.latest))

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
            start = (exposure.start or self._start(exposure.entry)).earliest
            last = Span(start, max(start, self.today.latest))
        return last.days_until(event.day).at_most(self.definitions.refractory_window_days.value)

    def _proof(self, exposure: Exposure, event: _Progression) -> str:
        if event.entry == exposure.entry and event.on_therapy and not exposure.own_stop:
            return f"{event.because} ({self.called(exposure.entry)})"
        if exposure.last == "ongoing":
            return f"{event.because} while it was taken ({self.called(exposure.entry)})"
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
            for event in self._progressions.values()
            if self._not_before(exposure, event) is not Truth.NOT_MET
            and event.happened is Truth.MET
            and event.day is not None
            and isinstance(exposure.last, Span)
        ]
        if days:
            first = min(days, key=lambda d: d.low or 0)
            gap = f"{first.low:.0f} days" if first.low == first.high else f"at least {first.low:.0f} days"
            return f"progressed {gap} after its last dose ({_when(exposure.last)})"
        return f"no progression on it recorded ({self.called(exposure.entry)})"

    def last_field(self, exposure: Exposure) -> str:
        """The field that holds the last dose of an agent: its own day, or that of its therapy; of cells the first."""
        one_time = exposure.agent.modality in self.definitions.one_time_modalities
        name = "start" if one_time and exposure.start is not None else "stop"
        for place, own in enumerate(self.patient.therapies[exposure.entry].agents or ()):
            if isinstance(own, Given) and own.agent == exposure.agent.id and getattr(own, name):
                return f"{exposure.where}.agents[{place}].{name}"
        return f"{exposure.where}.{name}"

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
        # Why: docs/explanation/incomplete-lists.md#a-best-response-that-is-not-recorded
        if therapy.best_response is None:
            return Finding(Truth.UNKNOWN, "best response not recorded", where, (f"{exposure.where}.best_response",))
        if therapy.best_response not in self.definitions.non_response:
            return Finding(Truth.NOT_MET, f"best response {therapy.best_response}", where)
        if therapy.best_response == "PD" and exposure.own_stop:
            # What the disease did while this drug was still given is not what the whole therapy did at last.
            found = "progressive disease was the best response of its therapy; the response when it was stopped is open"
            open_ = _is_open(therapy.best_response_on)
            fields = (f"{exposure.where}.best_response_on",) if open_ else self._declaration(exposure.entry)
            return Finding(Truth.UNKNOWN, found, where, fields)
        missing: list[str] = []
        if not counts:
            missing.append(f"{exposure.where}.intent")
        if not one_time:
            missing += self._trial_too_short(exposure, therapy)
        if missing:
            found = f"best response {therapy.best_response}, but whether it was given long enough is open"
            return Finding(Truth.UNKNOWN, found, where, _unique(missing))
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
        counts = therapy.intent is not None and therapy.intent not in _PLANNED
        full = days is not None and days.at_least(self.cycle_days(exposure.entry)[1]) is Truth.MET
        if counts and (full or therapy.line is None) and not exposure.own_stop and no_response:
            return Finding(Truth.MET, f"best response {therapy.best_response} ({called})", where)
        return self._did_not_respond(exposure)

    def _trial_too_short(self, exposure: Exposure, therapy: Therapy) -> list[str]:
        missing: list[str] = []
        days = self._days_given(exposure)
        long_enough = Truth.UNKNOWN if days is None else days.at_least(self.cycle_days(exposure.entry)[1])
        if long_enough is Truth.UNKNOWN:
            missing += [f"{exposure.where}.start"] if _is_open(exposure.start) else []
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

    def cycle_days(self, index: int) -> tuple[float, float]:
        """The shortest and the longest that one cycle of a therapy may be, in days: that of its regimen [9.4]."""
        known = self.formulary.cycle_days(given.agent for given in self.patient.therapies[index].given)
        usual = self.definitions.one_cycle_days.value, self.definitions.longest_usual_cycle_days.value
        return known or usual

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

    def _ended_of_late(self, stop: Span | Literal["ongoing"] | None) -> Truth:
        """Whether what ended on a day is still given, or ended within the refractory window before today."""
        if stop is None:
            return Truth.UNKNOWN
        window = self.definitions.refractory_window_days.value
        return Truth.MET if stop == "ongoing" else stop.days_until(self.today).at_most(window)

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
        derived = _either(self._progressed_on(exposure), self._did_not_respond(exposure))
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
        best = _any_finding(findings)
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

    def token_name(self, token: str) -> str:
        """An agent by its name, a class by its id."""
        agent = self.formulary.by_id.get(token)
        return agent.name if agent is not None else token

    # Why: docs/explanation/incomplete-lists.md#declarations
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

    # Why: docs/explanation/incomplete-lists.md
    def exposed_to(self, token: str) -> Finding:
        """Whether an agent of this token was ever given; steroids and conditioning count."""
        return self._once("exposed", token, self._exposed_to)

    def _exposed_to(self, token: str) -> Finding:
        members = self.formulary.members(token)
        entries, surely = [e for e in self.exposures if e.agent.id in members], self.surely(token)
        if entries or surely:
            names = ", ".join(_unique([*(e.agent.name for e in entries), *(u.name for u in surely)]))
            return Finding(
                Truth.MET, f"received {names}", _unique([*(e.where for e in entries), *(u.where for u in surely)])
            )
        for declared in (token, *sorted(members)):
            if (place := self._declared_ids.get(declared)) is not None:
                found = f"{self.token_name(declared)} declared refractory ({self.called(place)})"
                return Finding(Truth.MET, found, (f"therapies[{place}]",))
        return _any_finding([*self._perhaps_given(token), self._absent(f"no {token} among the therapies")])

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
        findings += [_named(u.name, self._whichever_it_was(u)) for u in surely]
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
        return _any_finding([*findings, *declared])

    def _given_or_declared(self, members: Iterable[str]) -> list[str]:
        """Those of the agents that were given, may have been given, or are declared refractory, in order of time."""
        wanted = frozenset(members)
        return [agent for agent in self._known_agents if agent in wanted]

    @cached_property
    def _known_agents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self._certain_agents, *sorted(self._possible)]))

    @cached_property
    def _certain_agents(self) -> dict[str, None]:
        """Agents that were given or are declared refractory, in order of time."""
        return dict.fromkeys([*(e.agent.id for e in self.exposures), *self._declared_ids])

    def refractory_count(self, token: str) -> tuple[Bounds, tuple[str, ...]]:
        """How many agents of this token the disease is refractory to, and what would settle it."""
        given = self._given_or_declared(self.formulary.members(token))
        findings = [self.refractory_agent(agent) for agent in given]
        low = sum(f.truth is Truth.MET for f in findings)
        high = low + sum(f.truth is Truth.UNKNOWN for f in findings)
        missing = _unique(m for f in findings for m in f.missing)
        counted = {a for a, f in zip(given, findings, strict=True) if f.truth is Truth.MET}
        for unnamed in self.surely(token):
            if counted.isdisjoint(unnamed.candidates) and self._whichever_it_was(unnamed).truth is Truth.MET:
                counted |= unnamed.candidates
                low += 1
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
            for other in self._closing(agent, class_id):
                name = other.name if other.id in self._certain_agents else f"another {class_id}"
                findings.append(_named(f"cross-resistance with {name}", self.refractory_agent(other.id)))
        findings += [
            _named(unnamed.name, self._whichever_it_was(unnamed))
            for unnamed in self.unnamed
            if unnamed.certain and all(a == agent_id or self._closed_by(agent, a) for a in unnamed.candidates)
        ]
        return _any_finding(findings)

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
                    findings.append(_named(other.name, self.refractory_agent(other.id)))
        for unnamed in self.unnamed if ranked else ():
            each = [self._doubted_by(agent, unnamed, self.formulary.by_id[a]) for a in sorted(unnamed.candidates)]
            if unnamed.certain and all(f.truth is Truth.MET for f in each):
                findings.append(each[0])
        if ranked and self.complete is not Truth.MET:
            findings.append(self._absent(f"nothing else like {agent.name} is among the therapies"))
        return _any_finding(findings) if findings else Finding(Truth.NOT_MET, "nothing speaks against it")

    def _doubted_by(self, agent: Agent, unnamed: Unnamed, other: Agent) -> Finding:
        """Whether a drug that is not known makes an agent doubtful, were it this other one."""
        exposure, findings = self._being(unnamed, other), []
        for class_id in (c for c in agent.classes if c in other.classes):
            if self.formulary.class_by_id[class_id].by_target_and_modality:
                findings.append(self._treated_by(class_id, other, [exposure], unnamed.name))
            elif other.id != agent.id and self._casts_doubt(agent, other, class_id):
                findings.append(_named(unnamed.name, self._refractory_in(exposure)))
        return _any_finding(findings) if findings else Finding(Truth.NOT_MET, "nothing speaks against it")

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
        missing = _unique(
            field for e in exposures for field in (*self._stop_field(e), *self._open_progressions(e.entry))
        )
        found = f"{class_id} therapy before: {name}{since}"
        return Finding(soon, found, where, missing if soon is Truth.UNKNOWN else ())

    def _open_progressions(self, entry: int) -> tuple[str, ...]:
        """What is not known of progressions from a therapy on: their days, and whether they came after it.

        The day of its own where none is recorded.
        """
        events = [(after, e) for after, e in self._after(entry) if e.happened is Truth.MET]
        if not events:
            return (f"therapies[{entry}].progressed_on",)
        days = [f"therapies[{e.entry}].progressed_on" for _, e in events if e.day is None or not e.day.exact]
        order = [f for after, e in events if after is Truth.UNKNOWN for f in self.timeline.open_between(e.entry, entry)]
        return _unique((*days, *order))

    def _relapsed_on_no_day(self, exposures: list[Exposure]) -> bool:
        """Whether the disease is in relapse and no progression since an infusion is on record."""
        return self.state[0] == "relapsed" and all(self._first_progression(e.entry) is None for e in exposures)

    def _months_after(self, exposures: list[Exposure]) -> Bounds | None:
        """Months from the first of these infusions to the progression after it, or to today without one."""
        for exposure in exposures:
            if not isinstance(exposure.last, Span):
                continue
            days = exposure.last.days_until(self._first_progression(exposure.entry) or self.today)
            return Bounds(
                None if days.low is None else days.low / DAYS_A_MONTH,
                None if days.high is None else days.high / DAYS_A_MONTH,
            )
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
        return self._counted(definition, stated=True)

    def derived_lines(self) -> Lines:
        """The count as the record has it, whatever the file states."""
        return self._counted(self.definition, stated=False)

    def _counted(self, definition: Definition, *, stated: bool) -> Lines:
        """The lines by every order of the therapies that the record allows: the first is shown, the count a range."""
        places = [
            i for i in self.timeline.order
            if i in self.treatments or (stated and self.patient.therapies[i].line is not None)
        ]  # fmt: skip
        orders = list(self.timeline.orders(places, _ORDERS_COUNTED + 1))
        counts = [_LineCounter(self, definition, order, stated=stated).count() for order in orders]
        shown = counts[0]
        if len(counts) == 1:
            return shown
        low = min(c.low for c in counts) if len(counts) <= _ORDERS_COUNTED else min(1, len(places))
        high = max(c.high for c in counts if c.high is not None) if shown.high is not None else None
        if len(counts) > _ORDERS_COUNTED and high is not None:
            high = len(places)
        alike = all(c.of_entry == shown.of_entry for c in counts) and len(counts) <= _ORDERS_COUNTED
        more = () if low == high else self.timeline.open_fields(places)
        missing = _unique((*shown.missing, *more))
        opened = tuple(
            each[0] if len(set(each)) == 1 and len(counts) <= _ORDERS_COUNTED else Truth.UNKNOWN
            for each in zip(*(c.opened for c in counts), strict=True)
        )
        return Lines(definition, low, high, shown.of_entry, shown.reasons, missing, opened, settled=alike)

    def progressed_in(self, places: Iterable[int], before: int) -> Truth:
        """Whether a progression of one of these therapies is recorded, and no later than another therapy began."""
        return any_of(
            event.happened
            for event in (self._progressions[i] for i in places)
            if not (event.day and event.day.days_until(self._start(before)).at_least(0) is Truth.NOT_MET)
        )

    # --- the last therapy -----------------------------------------------------------------

    @cached_property
    def last_line(self) -> tuple[int, ...]:
        """The entries of the last line that was treated, and what was given after it on the way to another."""
        treating = [i for i in self.treatments if self._treats_a_line(i) is not Truth.NOT_MET] or list(self.treatments)
        if not treating:
            return ()
        last = self.lines.of_entry[treating[-1]]
        since = self.treatments.index(treating[-1])
        return tuple(i for n, i in enumerate(self.treatments) if self.lines.of_entry[i] == last or n > since)

    def _treats_a_line(self, index: int) -> Truth:
        """Whether an entry treats a line: no bridge, no debulking on the way, no conditioning within a line.

        A transplant treats the line that nothing before it treated, and so one that it opens itself; unknown where
        that is. What was given for less than a cycle is perhaps no line, and debulks where it belongs to one.
        """
        return self._treating_lines[index]

    @cached_property
    def _treating_lines(self) -> dict[int, Truth]:
        found: dict[int, Truth] = {}
        for index in self.timeline.order:
            found[index] = self._treats_alone(index)
            if found[index] is Truth.NOT_MET and self._is_transplant(index):
                line = self.lines.of_entry[index]
                before = any_of(t for i, t in found.items() if i != index and self.lines.of_entry[i] == line)
                opened = self.lines.opened[index]
                found[index] = any_of([Truth.MET if opened is None else opened, negate(before)])
        return found

    def _treats_alone(self, index: int) -> Truth:
        therapy = self.patient.therapies[index]
        if therapy.intent == "bridging" or not self._treats(index):
            return Truth.NOT_MET
        if not therapy.unnamed and self.formulary.debulks(given.agent for given in therapy.given):
            return Truth.NOT_MET
        roles = {e.role for e in self._each if e.entry == index}
        if not roles & {"treatment", "unclear"}:
            return Truth.NOT_MET
        brief, opened = self.brief(index), self.lines.opened[index]
        if therapy.intent in _PLANNED or (therapy.line is not None and opened is Truth.MET):
            return Truth.MET  # a stated line decides also for what is none by the rules
        return negate(brief) if opened is Truth.NOT_MET else any_of([negate(brief), Truth.UNKNOWN])

    def _is_transplant(self, index: int) -> bool:
        return self._role(self.patient.therapies[index]) == "conditioning"

    def brief(self, index: int) -> Truth:
        """Whether an entry lasted less than one cycle without progression, and so is perhaps no line [rajkumar-2015].

        Never cells or a transplant. Unknown where its days leave it open.
        """
        therapy = self.patient.therapies[index]
        progressed = therapy.best_response == "PD" or therapy.stop_reason == "progression"
        if self._of_one_day(index) or progressed or therapy.progressed_on is not None:
            return Truth.NOT_MET
        stop = self.today if therapy.stop == "ongoing" else therapy.stop
        if therapy.start is None or stop is None:
            return Truth.UNKNOWN
        shortest, _ = self.cycle_days(index)
        return negate(therapy.start.days_until(stop).at_least(shortest))

    def _whether_a_line(self, index: int) -> tuple[str, ...]:
        """What would say whether an entry treated a line: its days as far as they are open, else the line."""
        therapy = self.patient.therapies[index]
        days = {"start": therapy.start, "stop": therapy.stop}
        asked = tuple(f"therapies[{index}].{name}" for name, day in days.items() if _is_open(day))
        return asked if asked and self.brief(index) is Truth.UNKNOWN else (f"therapies[{index}].line",)

    @property
    def last_treated(self) -> int | None:
        """The place of the last entry that treated a line; ``None`` where there is none."""
        return self._last_treating[-1] if self._last_treating else None

    @cached_property
    def _last_treating(self) -> tuple[int, ...]:
        """The entries that may be the last that treated a line: none that did certainly began after them."""
        perhaps = [i for i in self.treatments if self._treats_a_line(i) is not Truth.NOT_MET]
        treating = [i for i in perhaps if self._treats_a_line(i) is Truth.MET]
        return tuple(i for i in perhaps if not any(self.timeline.follows(j, i) is Truth.MET for j in treating))

    # Why: docs/explanation/order-of-therapies.md#progression-on-the-last-therapy
    def progressed_on_last(self, *, within_window: bool = False) -> Finding:
        """Whether the disease progressed on the last therapy, as labels ask it.

        The last therapy is the last entry that treats a line: bridging, debulking, conditioning within a line,
        lymphodepletion and steroids alone are passed over. Met by a progression on it or within the refractory
        window, and by non-response; a later relapse meets it too, and the finding then says the interval, but
        not where a label asks for the window (``within_window``). Unknown where a relapse is recorded without a
        date; not met where a response to it still holds. Where it is open which therapy was the last, what holds of
        each that may have been.
        """
        last = self._last_treating
        if not last:
            return self._absent("no therapy that treats a line is recorded")
        findings = [self._progressed_after(index, within_window) for index in last]
        doubted = [i for i in last if self._treats_a_line(i) is Truth.UNKNOWN]
        if doubted == list(last):
            findings.append(self._absent("no therapy that certainly treated a line is recorded"))
        if len({f.truth for f in findings}) == 1:
            return self._if_whole(_any_finding(findings))
        if not doubted and all(self.timeline.together(last[0], i) for i in last):
            return self._if_whole(_any_finding(findings))
        fields = _unique((
            *(m for f in findings if f.truth is Truth.UNKNOWN for m in f.missing),
            *self.timeline.open_fields(last),
            *(field for i in doubted for field in self._whether_a_line(i)),
        ))  # fmt: skip
        found = "which therapy was the last is not recorded"
        if (open_ := [f.found for f in findings if f.truth is Truth.UNKNOWN]) and self.timeline.settled(last):
            found = open_[0]
        elif doubted and self.timeline.settled(last):
            found = f"whether {self.called(doubted[-1])} was a line of its own is not recorded"
        return self._if_whole(Finding(Truth.UNKNOWN, found, ("therapies",), fields or ("therapies",)))

    def _progressed_after(self, index: int, within_window: bool) -> Finding:
        """Progression on one therapy, within the window after it, or at last; or no response to it."""
        where = (f"therapies[{index}]",)
        roles = ("conditioning",) if self._is_transplant(index) else ("treatment", "unclear")
        of_it = [e for e in self.exposures if e.entry == index and e.role in roles]
        mine = [e for e in of_it if not e.agent.steroid and not e.agent.supportive]
        mine += [
            self._being(u, self.formulary.by_id[min(u.candidates)] if self.one_time_all(u.candidates) else _NOT_KNOWN)
            for u in self.unnamed
            if u.entry == index
        ]
        on_it = _any_finding([_either(self._progressed_on(e), self._no_response_to_a_cycle(e)) for e in mine])
        if on_it.truth is Truth.UNKNOWN:
            # What a clinician declares of its drugs does not say what the disease did: only the record's reason may.
            declared = self._declaration(index)
            fields = (f"{where[0]}.stop_reason" if field in declared else field for field in on_it.missing)
            on_it = on_it._replace(missing=_unique(fields))
        if on_it.truth is Truth.MET or within_window:
            return on_it
        relapses = [e for after, e in self._after(index) if after is Truth.MET and e.happened is Truth.MET]
        if relapses:
            day = self._first_progression(index)
            said = f"{relapses[0].because}, {self._since_last_dose(index, mine, day)}"
            return Finding(Truth.MET, said, where, remark=said)
        if self.state[0] == "relapsed":
            found = f"a relapse is recorded, and not its date ({self.called(index)})"
            return Finding(Truth.UNKNOWN, found, where, (self.relapse_field,))
        return on_it

    def _since_last_dose(self, index: int, exposures: list[Exposure], day: Span | None) -> str:
        """How long before a day a therapy ended, or the transplant that followed it, as far as it is known."""
        grafts = [
            e for e in self._each
            if e.role == "conditioning" and self.timeline.follows(e.entry, index) is Truth.MET
        ]  # fmt: skip
        after = f"the last dose of {self.called(index)}"
        if grafts or self._of_one_day(index):
            after = f"the transplant after {self.called(index)}" if grafts else self.called(index)
        lasts = [e.last for e in (grafts or exposures) if isinstance(e.last, Span)]
        if not lasts or day is None:
            return f"an unknown time after {after}"
        days = max(lasts, key=lambda span: span.latest).days_until(day)
        return f"{_gap(max(days.low or 0, 0), max(days.high or 0, 0))} after {after}"

    @property
    def relapse_field(self) -> str:
        """Where the day of the relapse after the last line belongs: at its last entry, a transplant too."""
        return f"therapies[{self.last_line[-1]}].progressed_on"

    def relapse_recorded(self) -> Truth:
        """Whether a progression is recorded in the last line."""
        return any_of(self._progressions[i].happened for i in self.last_line)

    def standing_progression(self) -> str:
        """The last progression after which neither a treatment nor a response is on record, in words; else empty."""
        for index, event in reversed(self._progressions.items()):
            if event.happened is not Truth.MET or event.day is None:
                continue
            therapy, day = self.patient.therapies[index], event.day
            responded = None if therapy.best_response in (None, "PD") else therapy.best_response_on
            if responded is not None and day.days_until(responded).at_least(0) is not Truth.NOT_MET:
                continue
            others = (i for i in self.treatments if i != index and self.timeline.follows(index, i) is not Truth.MET)
            if all(self._start(i).days_until(day).at_least(1) is Truth.MET for i in others):
                return f"{self.called_with_days(index)}: {event.because}"
        return ""

    @cached_property
    def state(self) -> tuple[str | None, str]:
        """The state of the disease and where it comes from; ``None`` is not known.

        A state that is not stated is taken as relapsed where the kind of the relapse is recorded after some therapy,
        and where a record that is whole ends in a progression.
        """
        if self.assume_relapse:
            return "relapsed", "assumed for this answer"
        stated = self.patient.get("disease.state")
        if stated is not None:
            return stated, "disease.state"
        if self.treatments and self.patient.get("disease.relapse.kind") is not None:
            return "relapsed", "disease.relapse.kind"
        if self.complete is Truth.MET and any(self._progressions[i].happened is Truth.MET for i in self.last_line):
            return "relapsed", f"therapies[{self.treatments[-1]}]"
        return None, "disease.state"

    def early_relapse(self, months_from_start: float, months_from_transplant: float) -> Finding:
        """Whether the first line ended early, from its start or from its transplant."""
        first = [i for i in self.treatments if self.lines.of_entry[i] == 1]  # in order of time
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
        if best.truth is not Truth.UNKNOWN and (self.lines.low != self.lines.high or unclear or not self.lines.settled):
            found = f"{best.found}; what belongs to the first line is not settled"
            order = () if self.lines.settled else self.timeline.open_fields(self.treatments)
            missing = (*self.lines.missing, *(f"therapies[{i}].intent" for i in unclear), *order)
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
            grafts = [i for i in self.treatments if self._role(self.patient.therapies[i]) == "conditioning"]
            if not self.timeline.settled(grafts):
                fields = self.timeline.open_fields(grafts) or (f"therapies[{index}].start",)
                return Bounds(None, None), fields[0], fields
            first = self._first_progression(index)
            days = when.days_until(first or self.today)
            low, high = days.low, days.high
            return (
                Bounds(None if low is None else low / DAYS_A_MONTH, None if high is None else high / DAYS_A_MONTH),
                f"therapies[{index}]",
                (
                    *((f"therapies[{index}].start",) if _is_open(when) else ()),
                    *(self._open_progressions(index) if first is not None else ()),
                ),
            )
        return None, "therapies", ()

    def days_since_dose(self, token: str) -> tuple[Bounds | None, str, str]:
        """Days since the last dose of any agent of a token; the agent; the field that holds its day.

        ``None`` where none was ever given.
        """
        members = self.formulary.members(token)
        found: list[tuple[Bounds, str, str]] = []
        for exposure in self.exposures:
            if exposure.agent.id not in members:
                continue
            field = self.last_field(exposure)
            if exposure.last == "ongoing":
                found.append((Bounds(0, 0), exposure.agent.name, field))
            elif exposure.last is None:
                found.append((Bounds(0, None), exposure.agent.name, field))
            else:
                days = exposure.last.days_until(self.today)
                found.append((days, exposure.agent.name, field))
        certain = [bounds.high for bounds, *_ in found if bounds.high is not None]
        for unnamed in self.unnamed:
            if not members.isdisjoint(unnamed.candidates):
                last = self.today if unnamed.last == "ongoing" else unnamed.last
                days = Bounds(0, None) if last is None else last.days_until(self.today)
                if unnamed.certain and unnamed.candidates <= members:
                    certain += [days.high] if days.high is not None else []
                else:
                    days = Bounds(days.low, None)
                found.append((days, unnamed.name, unnamed.field))
        if not found:
            return None, "", "therapies"
        bounds, name, field = min(found, key=lambda f: (f[0].low or 0, f[1]))
        return Bounds(bounds.low, min(certain, default=None)), name, field

    # --- the disease ----------------------------------------------------------------------

    @cached_property
    def circulating_cells(self) -> str:
        """That circulating plasma cells reach the limit of plasma cell leukaemia, in words; else empty."""
        percent = self.patient.get(CIRCULATING)
        limit = self.definitions.plasma_cell_leukaemia_from_percent.value
        if percent is None or percent < limit:
            return ""
        return f"circulating plasma cells {percent:g} %; plasma cell leukaemia is {limit:g} % or more"

    @cached_property
    def plasma_cell_leukaemia(self) -> Finding:
        """Whether it is plasma cell leukaemia: as recorded, or by circulating plasma cells [pcl-imwg-2013].

        The stricter stands: a recorded no does not stand against the cells, nor few cells today against a recorded
        yes. Unknown where nothing is recorded and the cells do not reach the limit: few cells today do not say what
        the disease was.
        """
        field = "disease.plasma_cell_leukaemia"
        recorded = self.patient.get(field)
        if recorded:
            return Finding(Truth.MET, "plasma cell leukaemia: yes", (field,))
        if self.circulating_cells:
            return Finding(Truth.MET, self.circulating_cells, (CIRCULATING,))
        if recorded is None:
            return Finding(Truth.UNKNOWN, "plasma cell leukaemia not recorded", (field,), (field,))
        return Finding(Truth.NOT_MET, "plasma cell leukaemia: no", (field,))

    # --- fitness and organs ---------------------------------------------------------------

    @cached_property
    def kidneys(self) -> Kidneys:
        """Whether kidney function is changing."""
        limits = self.definitions
        kidney_limits = KidneyLimits(
            days=limits.laboratory_days.value,
            rise=limits.creatinine_rise_umol_per_l.value,
            step=limits.creatinine_step_umol_per_l.value,
            fold=limits.creatinine_fold.value,
        )
        return kidneys_of(self.patient, self.as_of, kidney_limits)

    @cached_property
    def creatinine_clearance(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Creatinine clearance in mL/min, how it was had, and what is missing for it.

        Measured where recorded; else Cockcroft-Gault [cockcroft-gault] with the actual weight,
        never on dialysis. While kidney function is changing, or a high creatinine may be new, it is unknown,
        a measured one too. A measured value that nobody on dialysis has contradicts it: which of the two is
        wrong is unknown, and so is the clearance.
        """
        patient = self.patient
        measured_field = "labs.creatinine_clearance_ml_per_min"
        measured = self.value(measured_field)
        limit = self.definitions.dialysis_clearance_at_most.value
        if patient.get("comorbidities.dialysis") and (measured is None or measured > limit):
            if measured is None:
                return Bounds(0, limit), "on dialysis", ()
            contradiction = f"the measured {measured:g} mL/min and dialysis contradict each other"
            return None, contradiction, (measured_field, "comorbidities.dialysis")
        kidneys = self.kidneys
        if kidneys.changing:
            unused = "" if measured is None else f", and the measured {measured:g} mL/min is not used"
            return None, f"not known while kidney function is changing: {kidneys.found}{unused}", kidneys.missing
        if measured is not None:
            return Bounds(measured, measured), "measured", ()
        needed = {
            "demographics.age": patient.get("demographics.age"),
            "demographics.sex": patient.get("demographics.sex"),
            "demographics.weight_kg": patient.get("demographics.weight_kg"),
            "labs.creatinine_umol_per_l": self.value("labs.creatinine_umol_per_l"),
        }
        missing = tuple(field for field, value in needed.items() if value is None)
        if missing:
            names = {measured_field: "the measured", "labs.creatinine_umol_per_l": "creatinine"}
            old = [f"{named} {self.outdated[field]}" for field, named in names.items() if field in self.outdated]
            how = f"not known: {'; '.join(old)}" if old else "not measured and not computable"
            return None, how, (measured_field, *missing)
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
            day = max((m.on.latest for m in dated), default=None)
            newest = sorted({m.serum_g_per_l for m in dated if m.on.latest == day} or {m.serum_g_per_l for m in known})
            low, high = (round(max(0.0, measured - value), 1) for value in (newest[-1], newest[0]))
            on = f" of {day}" if day is not None else ""
            shown = " or ".join(f"{value:g}" for value in newest)
            missing = () if low == high else ("disease.m_protein",)
            return Bounds(low, high), f"{measured:g} less the paraprotein{on}, {shown}", missing
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
        stated = self.patient.get("fitness.frailty")
        if stated is not None:
            return (stated,), "as recorded", ()
        possible, missing = self.frailty_by_items
        settled = len(possible) == 1
        how = "by the IMWG frailty items" if settled else "not recorded"
        return possible, how, () if settled else ("fitness.frailty", *missing)

    @cached_property
    def frailty_by_items(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The frailty groups that the IMWG items leave possible, whatever is stated, and the items not recorded."""
        order = ("fit", "intermediate", "frail")
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
        return order[groups[0] : groups[1] + 1], tuple(missing)


class _LineCounter:
    """Joins the therapies of a record into lines, by one definition."""

    def __init__(self, history: History, definition: Definition, order: tuple[int, ...], *, stated: bool) -> None:
        """``order``: the places of the therapies that count, in an order of time that the record allows."""
        self.history = history
        self.patient = history.patient
        self.definition = definition
        self.order = order
        self.stated = stated

    def count(self) -> Lines:
        of_entry: list[int | None] = [None] * len(self.patient.therapies)
        opened: list[Truth | None] = [None] * len(self.patient.therapies)
        reasons: list[str] = []
        missing: list[str] = []
        line = 0
        doubtful = 0
        members: list[int] = []
        for index in self.order:
            therapy, called = self.patient.therapies[index], self.history.called_with_days(index)
            if self.stated and therapy.line is not None:
                if therapy.line != line:
                    members = []
                line = therapy.line
                opened[index] = truth_of(not members)
                reasons.append(f"{called}: line {line} as stated")
            else:
                opens, because = self._opens(index, members)
                opened[index] = opens
                if opens is Truth.UNKNOWN:
                    doubtful += 1
                    missing += self._asked_of(index, members[-1])
                if opens is Truth.MET:
                    line, members = line + 1, []
                number = f"line {line}" if opens is not Truth.UNKNOWN else f"line {line} or {line + 1}"
                reasons.append(f"{called}: {number}, {because}")
            members.append(index)
            of_entry[index] = line
        short = 0 if self.stated and self._all_stated() else self._short_lines(of_entry, reasons, missing)
        line = max([line, *(n for n in of_entry if n is not None)])  # a stated line may stand before a smaller one
        low = max(0, line - short)
        high = None if self.history.complete is not Truth.MET else line + doubtful
        if high is None:
            missing.append("therapies_complete")
        return Lines(self.definition, low, high, tuple(of_entry), tuple(reasons), _unique(missing), tuple(opened))

    def _asked_of(self, index: int, previous: int) -> list[str]:
        """What would settle whether an entry opened a line."""
        therapies = self.patient.therapies
        if therapies[index].intent == "bridging":
            return [f"therapies[{index}].line"]
        asked = [f"therapies[{previous}].progressed_on"]
        asked += [f"therapies[{previous}].stop_reason"] if therapies[previous].stop_reason is None else []
        asked += [f"therapies[{index}].intent"] if therapies[index].intent is None else []
        return asked

    def _all_stated(self) -> bool:
        return all(self.patient.therapies[i].line is not None for i in self.order)

    def _opens(self, index: int, members: list[int]) -> tuple[Truth, str]:
        """Whether an entry opens a line after those of the line before it, and why."""
        if not members:
            return Truth.MET, "the first treatment"
        therapy = self.patient.therapies[index]
        previous = self.patient.therapies[members[-1]]
        intent = therapy.intent
        progressed = self.history.progressed_in(members, index)
        if self._cells(index):
            if previous.intent == "bridging":
                return Truth.NOT_MET, "cells after their bridging"
            return Truth.MET, "cells are a new line"
        if intent == "bridging":
            if index == self.order[-1]:
                if self.history.awaits_its_cells(index) is Truth.MET:
                    return Truth.NOT_MET, "bridging, which opens no line before the cells that it leads to"
                return Truth.UNKNOWN, "bridging, and nothing that it led to is recorded"
            after = self.order[self.order.index(index) + 1]
            if not self._cells(after) and self.patient.therapies[after].intent != "bridging":
                return Truth.MET, "bridging, and no cells after it are recorded"
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
        found = 0
        for line in sorted({n for n in of_entry if n is not None}):
            entries = [i for i in self.order if of_entry[i] == line]
            therapy = self.patient.therapies[entries[0]]
            if len(entries) > 1 or therapy.line:
                continue
            if isinstance(therapy.stop, Span) and self.history.brief(entries[0]) is Truth.MET:
                found += 1
                reasons.append(f"{self.history.called(entries[0])}: less than one cycle, perhaps no line")
                missing.append(f"therapies[{entries[0]}].line")
        return found

    def _agents(self, index: int) -> frozenset[str]:
        """The drugs of an entry; those that nobody knows are taken as no others'."""
        known = (
            e.agent.id
            for e in self.history.exposures
            if e.entry == index and not e.agent.steroid and not e.agent.supportive
        )
        return frozenset((*known, *(u.field for u in self.history.unnamed if u.entry == index)))

    def _cells(self, index: int) -> bool:
        one_time = self.history.definitions.one_time_modalities
        return any(e.agent.modality in one_time for e in self.history.exposures if e.entry == index) or any(
            self.history.one_time_all(u.candidates) for u in self.history.unnamed if u.entry == index
        )

    def _conditioning(self, index: int) -> bool:
        return any(e.role == "conditioning" for e in self.history.exposures if e.entry == index)


# Purposes that say of drugs which may also prepare for cells that they were treatment.
_TREATING = ("induction", "consolidation", "maintenance", "relapse")
# As many drugs of which one was given are named where a therapy is.
_FEW = 4
# Purposes that keep a response which another treatment reached.
_PLANNED = ("consolidation", "maintenance")
# Stands for a drug that nobody knows where only what became of its therapy is asked.
_NOT_KNOWN = Agent(
    id="", name="a drug that is not known", classes=(), modality="", targets=(), generation=0, source="",
    verified="unverified",
)  # fmt: skip


def _own_stop(given: Given, therapy: Therapy) -> bool:
    """Whether an agent was stopped on a day of its own; one that was given to the end of its therapy was not."""
    return given.stop is not None and given.stop != therapy.stop


def _gap(low: float, high: float) -> str:
    """An interval in days as words: in days up to a quarter of a year, in months beyond."""
    unit = "days" if high <= _TOLD_IN_DAYS else "months"
    ends = [f"{d if unit == 'days' else d / DAYS_A_MONTH:.0f}" for d in (low, high)]
    return f"{ends[0]} {unit}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]} {unit}"


def _month(day: Span | Literal["ongoing"] | None) -> str | None:
    """A day to the month, as a sentence names it."""
    if not isinstance(day, Span):
        return day
    return day.written[:7] if day.exact else day.written


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
    deciding = sorted((f for f in findings if f.truth is truth), key=lambda f: bool(f.remark))
    shown = deciding[:1] if truth is not Truth.NOT_MET else deciding
    return Finding(
        truth,
        "; ".join(_unique(f.found for f in shown)),
        _unique(w for f in deciding for w in f.where),
        _unique(m for f in deciding for m in f.missing),
        remark=shown[0].remark if shown else "",
    )
