"""When the disease progressed, and on which drugs, as far as the record says."""

from functools import cached_property
from typing import Literal, NamedTuple

from mmadvisor.base.known import Finding, Span, Truth, all_of, any_of
from mmadvisor.formats.patient import Given, Therapy

from .record import Exposure, Record, is_open, unique

# Parts of a line that are planned when it begins.
_PARTS = ("transplant", "consolidation", "maintenance")


class Progression(NamedTuple):
    """A progression of one therapy: that it happened, when, and what would settle it."""

    entry: int
    happened: Truth
    day: Span | None
    on_therapy: bool
    because: str
    missing: tuple[str, ...]


class Progressions(Record):
    """The progressions that the record holds or leaves open."""

    @cached_property
    def _progressions(self) -> dict[int, Progression]:
        """The progression of each therapy by its place in the file, in order of time."""
        return {i: self._progression(i) for i in self.timeline.order}

    def _progression(self, index: int) -> Progression:
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
                return Progression(index, Truth.MET, day, stopped_for_it, because, missing)
            on_it = not self._of_one_day(index) and (
                stopped_for_it or (never_better and not self._long_after(therapy, day))
            )
            because = f"progressed {day}"
            return Progression(index, Truth.MET, day, on_it, because, missing)
        if stopped_for_it or never_better:
            stop = therapy.stop if isinstance(therapy.stop, Span) else self.today
            if self._of_one_day(index):  # nobody stopped it: the disease came back at some time after it
                stop = self._until(index)
            day = Span(min(self._start(index).earliest, stop.latest), stop.latest)
            if never_better and therapy.best_response_on is not None:
                day = therapy.best_response_on
            because = "stopped for progression" if stopped_for_it else "best response was PD"
            return Progression(index, Truth.MET, day, not self._of_one_day(index), because, (field,))
        return self._unrecorded(index, field)

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

    def _unrecorded(self, index: int, field: str) -> Progression:
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
            return Progression(index, Truth.UNKNOWN, day, False, "no progression recorded", missing)
        relapse_possible = self.patient.get("disease.state") in (None, "relapsed")
        if later or index not in self.treatments or not relapse_possible:
            return Progression(index, Truth.NOT_MET, None, False, "no progression before the next therapy", ())
        therapy = self.patient.therapies[index]
        stop = therapy.start if therapy.stop is None and self._of_one_day(index) else therapy.stop
        if self._ended_of_late(stop) is Truth.NOT_MET:
            return Progression(index, Truth.NOT_MET, None, False, "no progression recorded", ())
        open_order = self.timeline.open_fields([index, *perhaps]) if perhaps else ()
        asked = unique((field, *open_order))
        return Progression(index, Truth.UNKNOWN, day, False, "a relapse now, its date not recorded", asked)

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
                where = list(unique((exposure.where, f"therapies[{entry}]")))
            if truth is Truth.UNKNOWN:
                missing += event.missing
                missing += self._stop_field(exposure)
                missing += self.timeline.open_between(entry, exposure.entry)
        truth = any_of(truths)
        if truth is Truth.MET:
            return Finding(truth, proof, tuple(where))
        if truth is Truth.UNKNOWN:
            found = f"last dose {_when(exposure.last)}; when it progressed is not known to the day"
            return Finding(truth, found, tuple(where), unique(missing))
        return Finding(truth, self._clear(exposure), tuple(where))

    def _not_before(self, exposure: Exposure, event: Progression) -> Truth:
        """Whether a progression is not one from before an agent was begun: it is of its therapy or of a later one."""
        after = self._of_it_or_later(event, exposure.entry)
        if after is Truth.MET:
            return after
        if after is Truth.UNKNOWN and event.day is not None:
            start = exposure.start or self._start(exposure.entry)
            if event.day.days_until(start).at_least(1) is Truth.MET:
                return Truth.NOT_MET
        return after

    def _after(self, index: int) -> list[tuple[Truth, Progression]]:
        """The progressions that are not from before a therapy, and whether that is known of them."""
        found = [(self._of_it_or_later(event, index), event) for event in self._progressions.values()]
        return [(after, event) for after, event in found if after is not Truth.NOT_MET]

    def _of_it_or_later(self, event: Progression, index: int) -> Truth:
        """Whether a progression is of a therapy or of one that began with it or later.

        A day that is written at another part of the same line counts for all parts that had begun by then.
        """
        if self.timeline.together(event.entry, index):
            return Truth.MET
        after = self.timeline.follows(event.entry, index)
        if after is Truth.MET or event.day is None or not self._keeps_the_line_of(event.entry, index):
            return after
        return Truth.MET if self._start(index).days_until(event.day).at_least(1) is Truth.MET else after

    def _keeps_the_line_of(self, earlier: int, later: int) -> bool:
        """Whether a later therapy is a planned part of the line of an earlier one: by what was given in between too."""
        first, last = (self.timeline.number(i) for i in (earlier, later))
        between = [i for i in self.treatments if first < self.timeline.number(i) <= last]
        return first < last and all(self.patient.therapies[i].intent in _PARTS for i in between)

    # --- relapses that a later line answers -------------------------------------------------

    def undated_relapses(self) -> list[tuple[int, int]]:
        """Therapies before a line for relapse, with that line, where a whole list has no day of the relapse.

        The record then says that no progression came before that line, and its purpose that one did. Not what leads to
        cells or keeps on with drugs of the same regimen: it answers the relapse before.
        """
        if self.complete is not Truth.MET:
            return []
        return [
            (i, next_)
            for i in self.treatments
            if (next_ := self._next(i)) is not None and self._undated_before(i, next_)
        ]

    def _undated_before(self, index: int, next_: int) -> bool:
        therapy, after = self.patient.therapies[index], self.patient.therapies[next_]
        if after.intent != "relapse" or therapy.intent == "bridging" or self._of_one_day(next_):
            return False
        same_line = therapy.line is not None and therapy.line == after.line
        fewer = {g.agent for g in after.given} <= {g.agent for g in therapy.given} and not after.unnamed
        stop = self._start(index) if self._of_one_day(index) else therapy.stop
        earliest = stop.earliest if isinstance(stop, Span) else self._start(index).earliest
        between = Span(min(earliest, self._start(next_).latest), self._start(next_).latest)
        happened = [e.day for e in self._progressions.values() if e.happened is Truth.MET and e.day is not None]
        told = any(between.earliest <= day.latest and day.earliest <= between.latest for day in happened)
        return not (same_line or fewer or told or self._progressions[index].happened is Truth.MET)

    def _next(self, index: int) -> int | None:
        """The treatment on record that came next; ``None`` where none did, or where it is open which."""
        others = [i for i in self.treatments if i != index and not self._assumed(i)]
        if any(self.timeline.follows(i, index) is Truth.UNKNOWN for i in others):
            return None
        later = [i for i in others if self.timeline.follows(i, index) is Truth.MET]
        first = [i for i in later if all(self.timeline.follows(j, i) is Truth.MET for j in later if j != i)]
        return first[0] if first else None

    def _first_progression(self, index: int) -> Span | None:
        """The day of the first progression of a therapy or after it; ``None`` where none is known to have happened."""
        events = [(after, e.day) for after, e in self._after(index) if e.happened is Truth.MET and e.day is not None]
        if not events:
            return None
        certain = [day.latest for after, day in events if after is Truth.MET]
        return Span(min(day.earliest for _, day in events), min(certain, default=self.today.latest))

    def _in_window(self, exposure: Exposure, event: Progression) -> Truth:
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

    def _proof(self, exposure: Exposure, event: Progression) -> str:
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
        return (self.last_field(exposure),) if is_open(exposure.last) else ()

    def _ended_of_late(self, stop: Span | Literal["ongoing"] | None) -> Truth:
        """Whether what ended on a day is still given, or ended within the refractory window before today."""
        if stop is None:
            return Truth.UNKNOWN
        window = self.definitions.refractory_window_days.value
        return Truth.MET if stop == "ongoing" else stop.days_until(self.today).at_most(window)

    def _open_progressions(self, entry: int) -> tuple[str, ...]:
        """What is not known of progressions from a therapy on: their days, and whether they came after it.

        The day of its own where none is recorded.
        """
        events = [(after, e) for after, e in self._after(entry) if e.happened is Truth.MET]
        if not events:
            return (f"therapies[{entry}].progressed_on",)
        days = [f"therapies[{e.entry}].progressed_on" for _, e in events if e.day is None or not e.day.exact]
        order = [f for after, e in events if after is Truth.UNKNOWN for f in self.timeline.open_between(e.entry, entry)]
        return unique((*days, *order))


def _when(last: Span | Literal["ongoing"] | None) -> str:
    return "not recorded" if last is None else str(last)
