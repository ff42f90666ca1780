"""Lines of therapy, counted by every order of the therapies that the record allows."""

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from mmadvisor.base.known import Bounds, Finding, Span, Truth, any_of, negate, truth_of
from mmadvisor.formats.patient import Therapy
from mmadvisor.history.record import DAYS_A_MONTH, PLANNED, Definition, is_open, unique
from mmadvisor.history.refractoriness import Refractoriness

# Where the order of therapies is open, lines are counted by so many of the orders that it allows, and no more.
# Why: docs/explanation/order-of-therapies.md
_ORDERS_COUNTED = 60


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


class LinesOfTherapy(Refractoriness):
    """Which line each therapy belongs to, and which therapy was the last that treated one."""

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
        places = self._counted_places(stated)
        orders = list(self.timeline.orders(places, _ORDERS_COUNTED + 1))
        counts = [_LineCounter(self, definition, order, stated=stated).count() for order in orders]
        shown = counts[0]
        if len(counts) == 1:
            return shown
        all_counted = len(counts) <= _ORDERS_COUNTED
        low = min(c.low for c in counts) if all_counted else min(1, len(places))
        high = None if shown.high is None else len(places)
        if all_counted and high is not None:
            high = max(c.high for c in counts if c.high is not None)
        alike = all(c.of_entry == shown.of_entry for c in counts) and all_counted
        missing = unique((*shown.missing, *(() if low == high else self.timeline.open_fields(places))))
        opened = tuple(
            each[0] if len(set(each)) == 1 and all_counted else Truth.UNKNOWN
            for each in zip(*(c.opened for c in counts), strict=True)
        )
        return Lines(definition, low, high, shown.of_entry, shown.reasons, missing, opened, settled=alike)

    def _counted_places(self, stated: bool) -> list[int]:
        """The therapies that make lines: what treats, and what a line is stated of, if that counts."""
        told = self.patient.therapies
        return [i for i in self.timeline.order if i in self.treatments or (stated and told[i].line is not None)]

    def progressed_in(self, places: Iterable[int], before: int) -> Truth:
        """Whether a progression of one of these therapies is recorded, and no later than another therapy began."""
        return any_of(
            event.happened
            for event in (self._progressions[i] for i in places)
            if not (event.day and event.day.days_until(self._start(before)).at_least(0) is Truth.NOT_MET)
        )

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
        if therapy.intent in PLANNED or (therapy.line is not None and opened is Truth.MET):
            return Truth.MET  # a stated line decides also for what is none by the rules
        return negate(brief) if opened is Truth.NOT_MET else any_of([negate(brief), Truth.UNKNOWN])

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
        asked = tuple(f"therapies[{index}].{name}" for name, day in days.items() if is_open(day))
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

    @cached_property
    def allograft(self) -> Finding:
        """Whether an allogeneic transplant was given, as recorded or by the record of therapies.

        One that stands among the therapies counts, whatever else is recorded. Where it is not recorded, there was none
        if the list of therapies is whole and all its transplants are autologous. Unknown otherwise.
        """
        therapies, field = self.patient.therapies, "comorbidities.prior_allogeneic_transplant"
        names, recorded = self.formulary.name_by_id, self.patient.get(field)
        named = ((i, therapies[i].regimen) for i in self.timeline.order)
        given = [i for i, regimen in named if regimen is not None and names[regimen].allogeneic]
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


class _LineCounter:
    """Joins the therapies of a record into lines, by one definition."""

    def __init__(
        self, history: LinesOfTherapy, definition: Definition, order: tuple[int, ...], *, stated: bool
    ) -> None:
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
        return Lines(self.definition, low, high, tuple(of_entry), tuple(reasons), unique(missing), tuple(opened))

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
            return self._bridge(index)
        if previous.intent == "bridging" and not self._cells(index):
            return Truth.MET, "a different treatment after bridging"
        if intent == "transplant" or self._conditioning(index):
            return self._transplant(index, members, progressed)
        if intent in ("consolidation", "maintenance"):
            return (
                progressed,
                "progression before it" if progressed is Truth.MET else "a planned part of the line",
            )
        return self._regimen(index, members[-1], progressed)

    def _bridge(self, index: int) -> tuple[Truth, str]:
        """Whether bridging opens a line: by the cells that it led to."""
        if index == self.order[-1]:
            if self.history.awaits_its_cells(index) is Truth.MET:
                return Truth.NOT_MET, "bridging, which opens no line before the cells that it leads to"
            return Truth.UNKNOWN, "bridging, and nothing that it led to is recorded"
        after = self.order[self.order.index(index) + 1]
        if not self._cells(after) and self.patient.therapies[after].intent != "bridging":
            return Truth.MET, "bridging, and no cells after it are recorded"
        return Truth.MET, "bridging opens the line of the cells that follow"

    def _regimen(self, index: int, earlier: int, progressed: Truth) -> tuple[Truth, str]:
        """Whether drugs open a line after those of another entry: by what they are, and why they were changed."""
        intent, previous = self.patient.therapies[index].intent, self.patient.therapies[earlier]
        agents, before = self._agents(index), self._agents(earlier)
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
