"""Relapse: whether one is recorded, after which therapy, and how soon."""

from functools import cached_property

from mmadvisor.base.known import Bounds, Finding, Span, Truth, all_of, any_of
from mmadvisor.formats.agents import Agent

from .lines import LinesOfTherapy
from .progression import Progression
from .record import DAYS_A_MONTH, Exposure, in_months, is_open, unique
from .refractoriness import any_finding, either

_TOLD_IN_DAYS = 92


class Relapses(LinesOfTherapy):
    """The state of the disease, the last therapy, and the times that relapse is measured by."""

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
        alike = len({f.truth for f in findings}) == 1
        if alike or (not doubted and all(self.timeline.together(last[0], i) for i in last)):
            return self._if_whole(any_finding(findings))
        return self._if_whole(self._which_was_last(findings, doubted))

    def _which_was_last(self, findings: list[Finding], doubted: list[int]) -> Finding:
        """What is open while it is not known which therapy was the last, and what would settle it."""
        last = self._last_treating
        fields = unique((
            *(m for f in findings if f.truth is Truth.UNKNOWN for m in f.missing),
            *self.timeline.open_fields(last),
            *(field for i in doubted for field in self._whether_a_line(i)),
        ))  # fmt: skip
        found = "which therapy was the last is not recorded"
        if (open_ := [f.found for f in findings if f.truth is Truth.UNKNOWN]) and self.timeline.settled(last):
            found = open_[-1]
        elif doubted and self.timeline.settled(last):
            found = f"whether {self.called(doubted[-1])} was a line of its own is not recorded"
        return Finding(Truth.UNKNOWN, found, ("therapies",), fields or ("therapies",))

    def _progressed_after(self, index: int, within_window: bool) -> Finding:
        """Progression on one therapy, within the window after it, or at last; or no response to it."""
        where = (f"therapies[{index}]",)
        mine = self._given_to_treat(index)
        on_it = any_finding([either(self._progressed_on(e), self._no_response_to_a_cycle(e)) for e in mine])
        if on_it.truth is Truth.UNKNOWN:
            # What a clinician declares of its drugs does not say what the disease did: only the record's reason may.
            declared = self._declaration(index)
            fields = (f"{where[0]}.stop_reason" if field in declared else field for field in on_it.missing)
            on_it = on_it.but(missing=unique(fields))
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

    def _given_to_treat(self, index: int) -> list[Exposure]:
        """The drugs of a therapy that treat, also those that nobody knows; of a transplant what prepared for it."""
        roles = ("conditioning",) if self._is_transplant(index) else ("treatment", "unclear")
        of_it = [e for e in self.exposures if e.entry == index and e.role in roles]
        mine = [e for e in of_it if not e.agent.steroid and not e.agent.supportive]
        for u in self.unnamed:
            if u.entry == index:
                once = self.one_time_all(u.candidates)
                mine.append(self._being(u, self.formulary.by_id[min(u.candidates)] if once else _NOT_KNOWN))
        return mine

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
        events = [*(self._progressions[i] for i in first), *self._relapse_now(first)]
        events = [event for event in events if event.happened is not Truth.NOT_MET]
        if not events:
            return self._if_whole(Finding(Truth.NOT_MET, "the first line did not end in progression", ("therapies",)))
        transplants = [i for i in first if self._role(self.patient.therapies[i]) == "conditioning"]
        anchors = [(first[0], months_from_start, "the start of line 1")]
        anchors += [(i, months_from_transplant, "transplant") for i in transplants]
        best = any_finding([self._soon_after(*anchor, event) for anchor in anchors for event in events])
        return self._if_whole(self._as_far_as_the_first_line_is_settled(best))

    def _soon_after(self, entry: int, limit: float, name: str, event: Progression) -> Finding:
        """Whether a progression came within some months of the start of a therapy."""
        start = self.patient.therapies[entry].start
        gap = Bounds(None, None)
        if start is not None and event.day is not None:
            gap = in_months(start.days_until(event.day))
        truth = all_of([event.happened, gap.at_most(limit)])
        missing = (*event.missing, *((f"therapies[{entry}].start",) if is_open(start) else ()))
        shown = "" if gap.high is None else f" {gap.high:.0f} months"
        where = (f"therapies[{event.entry}]",)
        return Finding(truth, f"first relapse{shown} after {name}", where, missing if truth is Truth.UNKNOWN else ())

    def _as_far_as_the_first_line_is_settled(self, best: Finding) -> Finding:
        unclear = [i for i in self.treatments if self._role(self.patient.therapies[i]) == "unclear"]
        if best.truth is not Truth.UNKNOWN and (self.lines.low != self.lines.high or unclear or not self.lines.settled):
            found = f"{best.found}; what belongs to the first line is not settled"
            order = () if self.lines.settled else self.timeline.open_fields(self.treatments)
            missing = (*self.lines.missing, *(f"therapies[{i}].intent" for i in unclear), *order)
            return Finding(Truth.UNKNOWN, found, best.where, unique(missing) or ("therapies",))
        return best

    def _relapse_now(self, line: list[int]) -> list[Progression]:
        """A relapse now of which no day is recorded, where a line is the last: after its last dose, until today.

        None where a relapse is only assumed.
        """
        if (
            self.assume_relapse
            or line != list(self.treatments)
            or any(self._progressions[i].happened is not Truth.NOT_MET for i in line)
        ):
            return []
        happened = {"relapsed": Truth.MET, None: Truth.UNKNOWN}.get(self.state[0], Truth.NOT_MET)
        stop = self.patient.therapies[line[-1]].stop or self._start(line[-1])
        earliest = stop.earliest if isinstance(stop, Span) else self._start(line[-1]).earliest
        day = Span(min(earliest, self.today.latest), self.today.latest)
        fields = (f"therapies[{line[-1]}].progressed_on",)
        return [Progression(line[-1], happened, day, False, "a relapse now, its date not recorded", fields)]

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
            return (
                in_months(days),
                f"therapies[{index}]",
                (
                    *((f"therapies[{index}].start",) if is_open(when) else ()),
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


# Stands for a drug that nobody knows where only what became of its therapy is asked.
_NOT_KNOWN = Agent(
    id="", name="a drug that is not known", classes=(), modality="", targets=(), generation=0, source="",
    verified="unverified",
)  # fmt: skip


def _gap(low: float, high: float) -> str:
    """An interval in days as words: in days up to a quarter of a year, in months beyond."""
    unit = "days" if high <= _TOLD_IN_DAYS else "months"
    ends = [f"{d if unit == 'days' else d / DAYS_A_MONTH:.0f}" for d in (low, high)]
    return f"{ends[0]} {unit}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]} {unit}"
