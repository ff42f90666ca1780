"""When the disease progressed, and on which drugs; the values, and their explanations."""

from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from mmadvisor.base.known import Account, Finding, Span, Truth, all_of, any_of
from mmadvisor.formats.patient import Given, Therapy
from mmadvisor.history.account import joined, unique
from mmadvisor.history.names import Names
from mmadvisor.history.record import Exposure, Record, is_open

# Parts of a line that are planned when it begins.
_PARTS = ("transplant", "consolidation", "maintenance")

# How it is known whether the disease progressed after a therapy.
Known = Literal[
    "recorded", "assumed", "stopped for it", "best response", "before the next", "ended long ago", "relapse now",
    "relapse of the only line", "list not whole",
]  # fmt: skip


class Progression(NamedTuple):
    """The progression of one therapy.

    ``happened``: whether the disease progressed. ``day``: when. ``on_therapy``: whether it progressed during the
    therapy. ``by``: how this is known.
    """

    entry: int
    happened: Truth
    day: Span | None
    on_therapy: bool
    by: Known

    @property
    def field(self) -> str:
        """The field of the patient file for the day of the progression."""
        return f"therapies[{self.entry}].progressed_on"


class Progressions:
    """The progressions that are recorded, and those that the record leaves possible."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.timeline = record.timeline
        self.window = record.definitions.refractory_window_days.value

    @cached_property
    def of(self) -> dict[int, Progression]:
        """The progression of each therapy, by its index in the file, in order of time."""
        return {i: self._progression(i) for i in self.timeline.order}

    @cached_property
    def possible(self) -> list[Progression]:
        """The progressions that happened or may have happened, in order of time."""
        return [event for event in self.of.values() if event.happened is not Truth.NOT_MET]

    def _progression(self, index: int) -> Progression:
        """The progression of one therapy; progressive disease as best response counts [rajkumar-2011]."""
        therapy, record = self.record.therapies[index], self.record
        never_better = therapy.best_response == "PD"
        stopped_for_it = therapy.stop_reason == "progression"
        if therapy.progressed_on is not None:
            day = self._within_its_turn(index, therapy.progressed_on)
            if record.is_assumed(index):
                return Progression(index, Truth.MET, day, stopped_for_it, "assumed")
            on_it = not record.of_one_day(index) and (
                stopped_for_it or (never_better and not self._long_after(therapy, day))
            )
            return Progression(index, Truth.MET, day, on_it, "recorded")
        if stopped_for_it or never_better:
            stop = therapy.stop if isinstance(therapy.stop, Span) else record.today
            if record.of_one_day(index):  # nobody stopped it: the disease came back at some time after it
                stop = self._until(index)
            day = Span(min(record.start_of(index).earliest, stop.latest), stop.latest)
            if never_better and therapy.best_response_on is not None:
                day = therapy.best_response_on
            by: Known = "stopped for it" if stopped_for_it else "best response"
            return Progression(index, Truth.MET, day, not record.of_one_day(index), by)
        return self._unrecorded(index)

    def _following(self, index: int) -> list[int]:
        """The treatments on record that certainly began after a therapy."""
        treatments = self.record.treatments
        return [i for i in treatments if not self.record.is_assumed(i) and self.timeline.follows(i, index) is Truth.MET]

    def _until(self, index: int) -> Span:
        """The start of the next therapy on record, or today."""
        starts = map(self.record.start_of, self._following(index))
        return min(starts, key=lambda s: s.latest, default=self.record.today)

    def _within_its_turn(self, index: int, day: Span) -> Span:
        """A partial day of progression, limited by the start of its therapy and the start of the next."""
        if day.exact:
            return day
        earliest = max(day.earliest, self.record.start_of(index).earliest)
        latest = min([day.latest, *(self.record.start_of(i).latest for i in self._following(index))])
        return Span(earliest, latest) if earliest <= latest else day

    def _long_after(self, therapy: Therapy, day: Span) -> bool:
        """Whether a day certainly lies past the refractory window after a therapy."""
        return isinstance(therapy.stop, Span) and therapy.stop.days_until(day).at_most(self.window) is Truth.NOT_MET

    def _unrecorded(self, index: int) -> Progression:
        """The progression of a therapy for which none is recorded.

        Unknown if the list of therapies may be incomplete, or if the therapy is the last one, did not end long ago, and
        the disease may have relapsed since; otherwise not met.
        """
        record, treats = self.record, self.record.treats(index)
        # What is only assumed to follow says nothing of what came before it.
        later = self._following(index) if treats else []
        until = min(map(record.start_of, later), key=lambda s: s.latest, default=record.today)
        day = Span(min(record.start_of(index).earliest, until.latest), until.latest)
        if record.complete is not Truth.MET:
            return Progression(index, Truth.UNKNOWN, day, False, "list not whole")
        relapse_possible = record.patient.get("disease.state") in (None, "relapsed")
        if later or not treats or not relapse_possible:
            return Progression(index, Truth.NOT_MET, None, False, "before the next")
        therapy = record.therapies[index]
        stop = therapy.start if therapy.stop is None and record.of_one_day(index) else therapy.stop
        if record.ended_of_late(stop) is Truth.NOT_MET:
            return Progression(index, Truth.NOT_MET, None, False, "ended long ago")
        return Progression(index, Truth.UNKNOWN, day, False, "relapse now")

    # --- progression on a drug ------------------------------------------------------------------

    def on(self, exposure: Exposure) -> Truth:
        """Whether the disease progressed on an agent or within the window after its last dose [rajkumar-2011]."""
        return any_of(truth for _, truth in self.each_on(exposure))

    def each_on(self, exposure: Exposure) -> Iterator[tuple[Progression, Truth]]:
        """The progressions that may have come on an agent or in the window after it, each with whether it did."""
        for event in self.possible:
            after = self.not_before(exposure, event)
            if after is not Truth.NOT_MET:
                yield event, all_of((event.happened, after, self._in_window(exposure, event)))

    def not_before(self, exposure: Exposure, event: Progression) -> Truth:
        """Whether a progression came after an agent was begun: on the therapy with the agent, or on a later therapy."""
        after = self._of_it_or_later(event, exposure.entry)
        if after is Truth.UNKNOWN and event.day is not None:
            start = exposure.start or self.record.start_of(exposure.entry)
            if event.day.days_until(start).at_least(1) is Truth.MET:
                return Truth.NOT_MET
        return after

    def stopped_by(self, exposure: Exposure, event: Progression) -> bool:
        """Whether the agent was given until this progression of its own therapy."""
        return event.entry == exposure.entry and event.on_therapy and not exposure.own_stop

    def _in_window(self, exposure: Exposure, event: Progression) -> Truth:
        if exposure.last == "ongoing" or self.stopped_by(exposure, event):
            return Truth.MET
        if event.day is None:
            return Truth.NOT_MET
        last = exposure.last
        if last is None:
            start = (exposure.start or self.record.start_of(exposure.entry)).earliest
            last = Span(start, max(start, self.record.today.latest))
        return last.days_until(event.day).at_most(self.window)

    # --- progression after a therapy ------------------------------------------------------------

    def after(self, index: int) -> list[tuple[Truth, Progression]]:
        """The progressions that belong to a therapy or a later one, or may do so, each with whether this is certain."""
        found = [(self._of_it_or_later(event, index), event) for event in self.of.values()]
        return [(after, event) for after, event in found if after is not Truth.NOT_MET]

    def _of_it_or_later(self, event: Progression, index: int) -> Truth:
        """Whether a progression belongs to a therapy, or to one that began with it or later.

        A day that is recorded in another part of the same line counts for all parts that had begun by then.
        """
        if self.timeline.together(event.entry, index):
            return Truth.MET
        after = self.timeline.follows(event.entry, index)
        if after is Truth.MET or event.day is None or not self._keeps_the_line_of(event.entry, index):
            return after
        return Truth.MET if self.record.start_of(index).days_until(event.day).at_least(1) is Truth.MET else after

    def _keeps_the_line_of(self, earlier: int, later: int) -> bool:
        """Whether a later therapy, and all between, are planned parts of the line of an earlier one."""
        first, last = (self.timeline.number(i) for i in (earlier, later))
        return first < last and all(
            self.record.therapies[i].intent in _PARTS
            for i in self.record.treatments
            if first < self.timeline.number(i) <= last
        )

    def first_after(self, index: int) -> Span | None:
        """The day of the first progression on a therapy or after it; ``None`` if none is known to have happened."""
        events = [(after, e.day) for after, e in self.after(index) if e.happened is Truth.MET and e.day is not None]
        if not events:
            return None
        certain = [day.latest for after, day in events if after is Truth.MET]
        return Span(min(day.earliest for _, day in events), min(certain, default=self.record.today.latest))

    # --- relapses that a later line answers -----------------------------------------------------

    def undated_relapses(self) -> list[tuple[int, int]]:
        """Pairs of a therapy and the next therapy, if the next one treated a relapse whose day is missing.

        This is checked only if the list of therapies is complete: then the record contradicts itself, since it has no
        progression before a treatment for relapse. The pair does not count if one of the two is bridging, if the next
        therapy is a transplant, cells, or part of the same line, or if it only continues drugs of the therapy before.
        """
        if self.record.complete is not Truth.MET:
            return []
        return [
            (i, next_)
            for i in self.record.treatments
            if (next_ := self._next(i)) is not None and self._undated_before(i, next_)
        ]

    def _undated_before(self, index: int, next_: int) -> bool:
        record = self.record
        therapy, after = record.therapies[index], record.therapies[next_]
        if after.intent != "relapse" or therapy.intent == "bridging" or record.of_one_day(next_):
            return False
        same_line = therapy.line is not None and therapy.line == after.line
        fewer = {g.agent for g in after.given} <= {g.agent for g in therapy.given} and not after.unnamed
        stop = record.start_of(index) if record.of_one_day(index) else therapy.stop
        earliest = stop.earliest if isinstance(stop, Span) else record.start_of(index).earliest
        next_start = record.start_of(next_).latest
        between = Span(min(earliest, next_start), next_start)
        happened = [e.day for e in self.of.values() if e.happened is Truth.MET and e.day is not None]
        recorded = any(between.earliest <= day.latest and day.earliest <= between.latest for day in happened)
        return not (same_line or fewer or recorded or self.of[index].happened is Truth.MET)

    def _next(self, index: int) -> int | None:
        """The next recorded treatment; ``None`` if there is none, or if the order is unknown."""
        others = [i for i in self.record.treatments if i != index and not self.record.is_assumed(i)]
        if any(self.timeline.follows(i, index) is Truth.UNKNOWN for i in others):
            return None
        later = [i for i in others if self.timeline.follows(i, index) is Truth.MET]
        first = [i for i in later if all(self.timeline.follows(j, i) is Truth.MET for j in later if j != i)]
        return first[0] if first else None


class ProgressionAccounts:
    """Why the disease counts as progressed or not, in words, and the fields that would decide this."""

    def __init__(self, progressions: Progressions, names: Names) -> None:
        self.progressions = progressions
        self.record = progressions.record
        self.timeline = progressions.timeline
        self.names = names

    def because(self, event: Progression) -> str:
        """How the program knows of a progression, in words."""
        match event.by:
            case "recorded":
                return f"progressed {event.day}"
            case "assumed":
                return f"progression on {self.names.drugs(event.entry)} is assumed"
            case "stopped for it":
                return "stopped for progression"
            case "best response":
                return "best response was PD"
            case "before the next":
                return "no progression before the next therapy"
            case "relapse now" | "relapse of the only line":
                return "a relapse now, its date not recorded"
            case "ended long ago" | "list not whole":
                return "no progression recorded"

    def missing(self, event: Progression) -> tuple[str, ...]:
        """The fields that would decide whether the progression happened, and when."""
        match event.by:
            case "recorded" | "assumed":
                return () if event.day is None or event.day.exact else (event.field,)
            case "stopped for it" | "best response" | "relapse of the only line":
                return (event.field,)
            case "list not whole":
                return ("therapies_complete", event.field)
            case "relapse now":
                return unique((event.field, *self._order_open_about(event.entry)))
            case "before the next" | "ended long ago":
                return ()

    def _order_open_about(self, index: int) -> tuple[str, ...]:
        """The fields that would decide which treatments came after a therapy."""
        others = [i for i in self.record.treatments if i != index and not self.record.is_assumed(i)]
        perhaps = [i for i in others if self.timeline.follows(i, index) is Truth.UNKNOWN]
        return self.timeline.open_fields([index, *perhaps]) if perhaps else ()

    def on(self, exposure: Exposure) -> Finding:
        """Whether the disease progressed on an agent or in the window after its last dose, with the account."""
        truth = self.progressions.on(exposure)
        return joined(truth, self._why_on(exposure, truth))

    def _why_on(self, exposure: Exposure, truth: Truth) -> Account:
        where = (exposure.where,)
        if truth is Truth.NOT_MET:
            return Account(self._clear(exposure), where)
        deciding = [event for event, each in self.progressions.each_on(exposure) if each is truth]
        if truth is Truth.MET:
            first = deciding[0]
            return Account(self._proof(exposure, first), unique((*where, f"therapies[{first.entry}]")))
        found = f"last dose {_when(exposure.last)}; when it progressed is not known to the day"
        missing: list[str] = []
        for event in deciding:
            missing += self.missing(event)
            missing += self.stop_field(exposure)
            missing += self.timeline.open_between(event.entry, exposure.entry)
        return Account(found, where, unique(missing))

    def _proof(self, exposure: Exposure, event: Progression) -> str:
        because, called = self.because(event), self.names.called(exposure.entry)
        if self.progressions.stopped_by(exposure, event):
            return f"{because} ({called})"
        if exposure.last == "ongoing":
            return f"{because} while it was taken ({called})"
        if isinstance(exposure.last, Span) and event.day is not None:
            days = exposure.last.days_until(event.day)
            if days.low == days.high and days.low is not None:
                gap = f"{days.low:.0f} days after" if days.low > 0 else "on or before"
                return f"{because}, {gap} its last dose on {exposure.last}"
        window = self.progressions.window
        return f"{because}, within {window:.0f} days of its last dose ({_when(exposure.last)})"

    def _clear(self, exposure: Exposure) -> str:
        days = [
            exposure.last.days_until(event.day)
            for event in self.progressions.possible
            if event.happened is Truth.MET
            and event.day is not None
            and isinstance(exposure.last, Span)
            and self.progressions.not_before(exposure, event) is not Truth.NOT_MET
        ]
        if days:
            first = min(days, key=lambda d: d.low or 0)
            gap = f"{first.low:.0f} days" if first.low == first.high else f"at least {first.low:.0f} days"
            return f"progressed {gap} after its last dose ({_when(exposure.last)})"
        return f"no progression on it recorded ({self.names.called(exposure.entry)})"

    def last_field(self, exposure: Exposure) -> str:
        """The field with the last dose of an agent: the ``stop`` of the agent, otherwise the ``stop`` of the therapy.

        For cells, which are given once, the ``start``.
        """
        name = "start" if self.record.given_once(exposure.agent) and exposure.start is not None else "stop"
        for place, own in enumerate(self.record.therapies[exposure.entry].agents or ()):
            if isinstance(own, Given) and own.agent == exposure.agent.id and getattr(own, name):
                return f"{exposure.where}.agents[{place}].{name}"
        return f"{exposure.where}.{name}"

    def stop_field(self, exposure: Exposure) -> tuple[str, ...]:
        """The field with the last dose of an agent, if that day is not known exactly; otherwise empty."""
        return (self.last_field(exposure),) if is_open(exposure.last) else ()

    def open_progressions(self, entry: int) -> tuple[str, ...]:
        """The fields that would settle when the disease first progressed on or after a therapy.

        They are the missing days of progressions, and the fields that would show whether a progression came after the
        therapy. If no progression is known, ``progressed_on`` of the therapy.
        """
        events = [(after, e) for after, e in self.progressions.after(entry) if e.happened is Truth.MET]
        if not events:
            return (f"therapies[{entry}].progressed_on",)
        days = [e.field for _, e in events if e.day is None or not e.day.exact]
        order = [f for after, e in events if after is Truth.UNKNOWN for f in self.timeline.open_between(e.entry, entry)]
        return unique((*days, *order))


def _when(last: Span | Literal["ongoing"] | None) -> str:
    return "not recorded" if last is None else str(last)
