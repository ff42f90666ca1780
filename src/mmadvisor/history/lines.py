"""Lines of therapy: their number, and the explanation in words.

If the record allows several orders of the therapies, the lines are counted for each order.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Literal, NamedTuple

from mmadvisor.base.known import Account, Bounds, Finding, Span, Truth, any_of, negate, truth_of
from mmadvisor.formats.patient import Therapy
from mmadvisor.history.account import absent, joined, unique
from mmadvisor.history.names import Names
from mmadvisor.history.progression import Progressions
from mmadvisor.history.record import DAYS_A_MONTH, PLANNED, Definition, Record, is_open
from mmadvisor.history.refractoriness import Refractoriness

# Where the order of therapies is open, lines are counted by so many of the orders that it allows, and no more.
# Why: docs/explanation/order-of-therapies.md
_ORDERS_COUNTED = 60

# By which rule a therapy opens a line or belongs to the one before it.
Rule = Literal[
    "stated", "first", "cells", "after a bridge", "planned part", "bridge to cells", "bridge to nothing",
    "bridge without cells", "bridge before cells", "first transplant", "undated transplant", "further transplant",
    "restart", "same regimen", "fewer drugs", "after progression", "for relapse", "planned switch", "why not recorded",
    "next part", "another regimen",
]  # fmt: skip


class Opening(NamedTuple):
    """Whether a therapy opens a line, and the rule that decides it."""

    opens: Truth
    rule: Rule


class LineCount(NamedTuple):
    """The lines of therapy by one definition, as numbers.

    - ``low``, ``high``: the fewest and most lines. ``high`` is ``None`` if the list of therapies may be incomplete.
    - ``of_entry``: the line of each therapy, by its index in the file. ``opened``: whether each therapy opened its
      line; also unknown if this depends on the order of the therapies.
    - ``settled``: whether every order that the record allows gives the same lines.

    The remaining values are for the one order that answers show:

    - ``order``: the indices of the therapies that count. ``openings``: the rule for each of them.
    - ``brief``: the therapies that were so short that they may be no line.
    """

    definition: Definition
    low: int
    high: int | None
    of_entry: tuple[int | None, ...]
    opened: tuple[Truth | None, ...]
    settled: bool
    order: tuple[int, ...]
    openings: tuple[Opening, ...]
    brief: tuple[int, ...]

    @property
    def bounds(self) -> Bounds:
        """The count of lines, as a range."""
        return Bounds(self.low, self.high)


class LinesOfTherapy:
    """The line of each therapy, and the last therapy that treated a line."""

    def __init__(self, record: Record, progressions: Progressions, refractoriness: Refractoriness) -> None:
        self.record = record
        self.timeline = record.timeline
        self.progressions = progressions
        self.refractoriness = refractoriness

    @cached_property
    def in_use(self) -> LineCount:
        """The lines by the definition that this history uses."""
        return self.count(self.record.definition)

    def count(self, definition: Definition, *, stated: bool = True) -> LineCount:
        """The lines of therapy by a definition.

        The lines of the first possible order are shown. If the record allows several orders, the count is a range over
        all of them. ``stated``: whether a ``line`` in the patient file counts.
        """
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
        opened = tuple(
            each[0] if len(set(each)) == 1 and all_counted else Truth.UNKNOWN
            for each in zip(*(c.opened for c in counts), strict=True)
        )
        return shown._replace(low=low, high=high, opened=opened, settled=alike)

    def _counted_places(self, stated: bool) -> list[int]:
        """The indices of the therapies that count: treatments, and entries with a stated line."""
        therapies = self.record.therapies
        return [
            i for i in self.timeline.order if self.record.treats(i) or (stated and therapies[i].line is not None)
        ]  # fmt: skip

    def progressed_in(self, places: Iterable[int], before: int) -> Truth:
        """Whether the disease progressed on one of the therapies ``places`` by the time that ``before`` began."""
        start = self.record.start_of(before)
        return any_of(
            event.happened
            for event in (self.progressions.of[i] for i in places)
            if not (event.day and event.day.days_until(start).at_least(0) is Truth.NOT_MET)
        )

    def agents(self, index: int) -> frozenset[str]:
        """The drugs of an entry without steroids and supportive drugs.

        Each drug whose name is unknown counts as a different drug.
        """
        given = self.record.given_in[index]
        known = (e.agent.id for e in given if not e.agent.steroid and not e.agent.supportive)
        return frozenset((*known, *(u.field for u in self.record.unnamed if u.entry == index)))

    # --- which therapies treat a line -----------------------------------------------------------

    @cached_property
    def last_line(self) -> tuple[int, ...]:
        """The indices of the therapies of the last line, and of any bridging or preparation after it."""
        treatments = self.record.treatments
        treating = [i for i in treatments if self.treats_a_line(i) is not Truth.NOT_MET] or list(treatments)
        if not treating:
            return ()
        of_entry = self.in_use.of_entry
        last = of_entry[treating[-1]]
        since = treatments.index(treating[-1])
        return tuple(i for n, i in enumerate(treatments) if of_entry[i] == last or n > since)

    def treats_a_line(self, index: int) -> Truth:
        """Whether an entry treats a line. Bridging, debulking, and conditioning within a line do not.

        A transplant treats the line if it opens the line, or if no earlier entry of the line treats it; unknown if one
        of these is unknown. For a therapy of less than one cycle, not met if it belongs to the line of another entry;
        otherwise unknown.
        """
        return self._treating_lines[index]

    @cached_property
    def _treating_lines(self) -> dict[int, Truth]:
        found: dict[int, Truth] = {}
        of_entry = self.in_use.of_entry
        for index in self.timeline.order:
            found[index] = self._treats_alone(index)
            if found[index] is Truth.NOT_MET and self.record.is_transplant(index):
                line = of_entry[index]
                before = any_of(t for i, t in found.items() if i != index and of_entry[i] == line)
                opened = self.in_use.opened[index]
                found[index] = any_of([Truth.MET if opened is None else opened, negate(before)])
        return found

    def _treats_alone(self, index: int) -> Truth:
        therapy, record = self.record.therapies[index], self.record
        if therapy.intent == "bridging" or not record.treats(index):
            return Truth.NOT_MET
        if not therapy.unnamed and record.formulary.debulks(given.agent for given in therapy.given):
            return Truth.NOT_MET
        roles = {e.role for e in record.each_drug if e.entry == index}
        if not roles & {"treatment", "unclear"}:
            return Truth.NOT_MET
        brief, opened = self.brief(index), self.in_use.opened[index]
        if therapy.intent in PLANNED or (therapy.line is not None and opened is Truth.MET):
            return Truth.MET  # a stated line decides also for what is none by the rules
        return negate(brief) if opened is Truth.NOT_MET else any_of([negate(brief), Truth.UNKNOWN])

    def brief(self, index: int) -> Truth:
        """Whether an entry lasted less than one cycle without progression, so that it may be no line [rajkumar-2015].

        Not met for cells and transplants. Unknown if the start or the stop is missing.
        """
        therapy = self.record.therapies[index]
        progressed = therapy.best_response == "PD" or therapy.stop_reason == "progression"
        if self.record.of_one_day(index) or progressed or therapy.progressed_on is not None:
            return Truth.NOT_MET
        stop = self.record.today if therapy.stop == "ongoing" else therapy.stop
        if therapy.start is None or stop is None:
            return Truth.UNKNOWN
        shortest, _ = self.record.cycle_days(index)
        return negate(therapy.start.days_until(stop).at_least(shortest))

    @property
    def last_treated(self) -> int | None:
        """The index of the last entry that treated a line; ``None`` if there is none."""
        return self.last_treating[-1] if self.last_treating else None

    @cached_property
    def last_treating(self) -> tuple[int, ...]:
        """The indices of the entries that may be the last entry that treated a line.

        Several, if the order is unknown, or if it is unknown whether an entry treated a line.
        """
        perhaps = [i for i in self.record.treatments if self.treats_a_line(i) is not Truth.NOT_MET]
        treating = [i for i in perhaps if self.treats_a_line(i) is Truth.MET]
        return tuple(i for i in perhaps if not any(self.timeline.follows(j, i) is Truth.MET for j in treating))

    # --- an allogeneic transplant ---------------------------------------------------------------

    @cached_property
    def had_allograft(self) -> Truth:
        """Whether an allogeneic transplant was given, by the list of therapies or ``prior_allogeneic_transplant``.

        Met if a therapy in the list is an allogeneic transplant, whatever the field contains. Otherwise the field
        decides. If the field is missing: not met if the list is complete and all its transplants are autologous, and
        unknown otherwise.
        """
        if self.allografts:
            return Truth.MET
        recorded = self.record.patient.get("comorbidities.prior_allogeneic_transplant")
        if recorded is not None:
            return truth_of(recorded)
        return self.record.absent if self.all_autologous else Truth.UNKNOWN

    @property
    def allografts(self) -> list[int]:
        """The therapies that are allogeneic transplants, in order of time."""
        names = self.record.formulary.name_by_id
        named = ((i, self.record.therapies[i].regimen) for i in self.timeline.order)
        return [i for i, regimen in named if regimen is not None and names[regimen].allogeneic]

    @property
    def all_autologous(self) -> bool:
        """Whether every recorded transplant is known to be autologous."""
        return all(self._autologous(t) for t in self.record.therapies if t.intent == "transplant")

    def _autologous(self, therapy: Therapy) -> bool:
        """Whether a transplant is known to be autologous: by its name, or by its drugs."""
        formulary = self.record.formulary
        if therapy.regimen is not None:
            return formulary.name_by_id[therapy.regimen].role == "conditioning"
        agents = frozenset(given.agent for given in therapy.given)
        return bool(agents) and not therapy.unnamed and "conditioning" in formulary.roles(agents)


class _LineCounter:
    """Joins the therapies of a record into lines, by one definition and for one order of the therapies."""

    def __init__(self, lines: LinesOfTherapy, definition: Definition, order: tuple[int, ...], *, stated: bool) -> None:
        """``order``: the indices of the therapies that count, in a possible order of time."""
        self.lines = lines
        self.record = lines.record
        self.therapies = lines.record.therapies
        self.definition = definition
        self.order = order
        self.stated = stated

    def count(self) -> LineCount:
        """The lines of therapy by this definition, in this order."""
        of_entry: list[int | None] = [None] * len(self.therapies)
        opened: list[Truth | None] = [None] * len(self.therapies)
        openings: list[Opening] = []
        line, members = 0, list[int]()
        for index in self.order:
            stated = self.therapies[index].line if self.stated else None
            if stated is not None:
                members = members if stated == line else []
                line, opening = stated, Opening(truth_of(not members), "stated")
            else:
                opening = self._opens(index, members)
                if opening.opens is Truth.MET:
                    line, members = line + 1, []
            openings.append(opening)
            opened[index] = opening.opens
            members.append(index)
            of_entry[index] = line
        brief = self._brief_lines(of_entry)
        line = max([line, *(n for n in of_entry if n is not None)])  # a stated line may stand before a smaller one
        doubtful = sum(opening.opens is Truth.UNKNOWN for opening in openings)
        high = None if self.record.complete is not Truth.MET else line + doubtful
        low = max(0, line - len(brief))
        return LineCount(
            self.definition, low, high, tuple(of_entry), tuple(opened), True, self.order, tuple(openings), tuple(brief)
        )

    def _opens(self, index: int, members: list[int]) -> Opening:
        """Whether an entry opens a line, and the rule; ``members`` are the entries of the line so far."""
        if not members:
            return Opening(Truth.MET, "first")
        intent, previous = self.therapies[index].intent, self.therapies[members[-1]].intent
        if self.record.gives_cells(index):
            return Opening(truth_of(previous != "bridging"), "cells")
        if intent == "bridging":
            return self._bridge(index)
        if previous == "bridging":
            return Opening(Truth.MET, "after a bridge")
        progressed = self.lines.progressed_in(members, index)
        if intent == "transplant" or self._conditioning(index):
            return self._transplant(index, members, progressed)
        if intent in ("consolidation", "maintenance"):
            return Opening(progressed, "planned part")
        return self._regimen(index, members[-1], progressed)

    def _bridge(self, index: int) -> Opening:
        """Whether bridging opens a line, by the therapy after it."""
        if index == self.order[-1]:
            if self.lines.refractoriness.awaits_its_cells(index) is Truth.MET:
                return Opening(Truth.NOT_MET, "bridge to cells")
            return Opening(Truth.UNKNOWN, "bridge to nothing")
        after = self.order[self.order.index(index) + 1]
        if not self.record.gives_cells(after) and self.therapies[after].intent != "bridging":
            return Opening(Truth.MET, "bridge without cells")
        return Opening(Truth.MET, "bridge before cells")

    def _regimen(self, index: int, earlier: int, progressed: Truth) -> Opening:
        """Whether drugs open a line after another entry, by the drugs and the reason for the change."""
        intent, previous = self.therapies[index].intent, self.therapies[earlier]
        agents, before = self.lines.agents(index), self.lines.agents(earlier)
        if agents == before:
            strict = self.definition == "imwg-strict"
            return Opening(Truth.NOT_MET, "restart") if strict else Opening(progressed, "same regimen")
        if agents < before:
            return Opening(progressed, "fewer drugs")
        if progressed is Truth.MET:
            return Opening(Truth.MET, "after progression")
        if intent == "relapse":
            return Opening(Truth.MET, "for relapse")
        if previous.stop_reason == "planned_switch":
            return Opening(progressed, "planned switch")
        if intent is None or previous.stop_reason is None:
            return Opening(Truth.UNKNOWN, "why not recorded")
        if intent == "induction" and previous.intent == "induction" and previous.stop_reason == "completed":
            return Opening(progressed, "next part")
        return Opening(Truth.MET, "another regimen")

    def _transplant(self, index: int, members: list[int], progressed: Truth) -> Opening:
        earlier = [i for i in members if self.therapies[i].intent == "transplant" or self._conditioning(i)]
        if not earlier:
            return Opening(progressed, "first transplant")
        when, before = self.therapies[index].start, self.therapies[earlier[-1]].start
        if when is None or before is None:
            return Opening(any_of([progressed, Truth.UNKNOWN]), "undated transplant")
        days = self.record.definitions.tandem_months.value * DAYS_A_MONTH
        late = negate(before.days_until(when).at_most(days))
        return Opening(any_of([progressed, late]), "further transplant")

    def _conditioning(self, index: int) -> bool:
        return any(e.role == "conditioning" for e in self.record.given_in[index])

    def _brief_lines(self, of_entry: list[int | None]) -> list[int]:
        """The entries of lines that lasted less than one cycle without progression, so that they may be no lines."""
        if self.stated and all(self.therapies[i].line is not None for i in self.order):
            return []
        found: list[int] = []
        for line in sorted({n for n in of_entry if n is not None}):
            first, *others = (i for i in self.order if of_entry[i] == line)
            therapy = self.therapies[first]
            if others or therapy.line or not isinstance(therapy.stop, Span):
                continue
            if self.lines.brief(first) is Truth.MET:
                found.append(first)
        return found


# Each rule in words: where it opens a line, and where it does not or may not.
_RULES: dict[Rule, tuple[str, str]] = {
    "first": ("the first treatment", ""),
    "cells": ("cells are a new line", "cells after their bridging"),
    "after a bridge": ("a different treatment after bridging", ""),
    "planned part": ("progression before it", "a planned part of the line"),
    "bridge to cells": ("", "bridging, which opens no line before the cells that it leads to"),
    "bridge to nothing": ("", "bridging, and nothing that it led to is recorded"),
    "bridge without cells": ("bridging, and no cells after it are recorded", ""),
    "bridge before cells": ("bridging opens the line of the cells that follow", ""),
    "first transplant": ("transplant after progression", "transplant after its induction"),
    "undated transplant": ("a second transplant, whether tandem is not recorded",) * 2,
    "further transplant": ("a further transplant", "a tandem transplant"),
    "restart": ("", "a restart of the same regimen is the same line"),
    "same regimen": ("the same regimen again after progression", "the same regimen again"),
    "fewer drugs": ("fewer drugs after progression", "fewer drugs of the same regimen"),
    "after progression": ("another regimen after progression", ""),
    "for relapse": ("another regimen for relapse", ""),
    "planned switch": ("a planned switch",) * 2,
    "why not recorded": ("", "whether it was a planned part is not recorded"),
    "next part": ("the next part of a planned induction",) * 2,
    "another regimen": ("another regimen", ""),
}


class LineAccounts:
    """How the therapies were joined into lines, in words, and the fields that would decide the count."""

    def __init__(self, lines: LinesOfTherapy, names: Names) -> None:
        self.lines = lines
        self.record = lines.record
        self.names = names

    def reasons(self, count: LineCount) -> tuple[str, ...]:
        """For each therapy, in the order shown, why it opens a line or belongs to one."""
        found = [
            f"{self.names.called_with_days(index)}: {_numbered(count.of_entry[index], opening)}"
            for index, opening in zip(count.order, count.openings, strict=True)
        ]
        return (*found, *(f"{self.names.called(i)}: less than one cycle, perhaps no line" for i in count.brief))

    def missing(self, count: LineCount) -> tuple[str, ...]:
        """The fields that would decide the number of lines."""
        fields: list[str] = []
        for place, (index, opening) in enumerate(zip(count.order, count.openings, strict=True)):
            if opening.opens is Truth.UNKNOWN:
                fields += self._asked_of(index, count.order[place - 1])
        fields += [f"therapies[{i}].line" for i in count.brief]
        fields += [] if self.record.complete is Truth.MET else ["therapies_complete"]
        if count.low != count.high:
            timeline = self.record.timeline
            fields += timeline.open_fields(i for i in timeline.order if i in count.order)
        return unique(fields)

    def _asked_of(self, index: int, previous: int) -> list[str]:
        """The fields that would decide whether an entry opened a line."""
        therapies = self.record.therapies
        if therapies[index].intent == "bridging":
            return [f"therapies[{index}].line"]
        asked = [f"therapies[{previous}].progressed_on"]
        asked += [f"therapies[{previous}].stop_reason"] if therapies[previous].stop_reason is None else []
        asked += [f"therapies[{index}].intent"] if therapies[index].intent is None else []
        return asked

    def whether_a_line(self, index: int) -> tuple[str, ...]:
        """The fields that would decide whether an entry treated a line: missing days of it, otherwise its ``line``."""
        therapy = self.record.therapies[index]
        days = {"start": therapy.start, "stop": therapy.stop}
        asked = tuple(f"therapies[{index}].{name}" for name, day in days.items() if is_open(day))
        return asked if asked and self.lines.brief(index) is Truth.UNKNOWN else (f"therapies[{index}].line",)

    @property
    def allograft(self) -> Finding:
        """Whether an allogeneic transplant was given, with its account."""
        return joined(self.lines.had_allograft, self._why_allograft(self.lines.had_allograft))

    def _why_allograft(self, truth: Truth) -> Account:
        field = "comorbidities.prior_allogeneic_transplant"
        if given := self.lines.allografts:
            return Account("; ".join(map(self.names.called, given)), tuple(f"therapies[{i}].regimen" for i in given))
        recorded = self.record.patient.get(field)
        if recorded is not None:
            return Account(f"{'an' if recorded else 'no'} allogeneic transplant recorded", (field,))
        if not self.lines.all_autologous:
            return Account("a transplant that may have been allogeneic", ("therapies",), (field,))
        why = absent(truth, "no allogeneic transplant among the therapies")
        return why._replace(missing=(field, *why.missing) if why.missing else ())


def _numbered(line: int | None, opening: Opening) -> str:
    if opening.rule == "stated":
        return f"line {line} as stated"
    met, otherwise = _RULES[opening.rule]
    number = f"line {line}" if opening.opens is not Truth.UNKNOWN else f"line {line} or {(line or 0) + 1}"
    return f"{number}, {met if opening.opens is Truth.MET else otherwise}"


class Lines(LineCount):
    """Lines of therapy by one definition, with reasons and missing fields; both are made when they are first read."""

    accounts: LineAccounts

    @classmethod
    def of(cls, count: LineCount, accounts: LineAccounts) -> "Lines":
        """A count of lines with its account."""
        made = cls(*count)
        made.accounts = accounts
        return made

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Why each therapy opens a line or belongs to one, in the order shown."""
        return self.accounts.reasons(self)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The fields that would decide the number of lines."""
        return self.accounts.missing(self)
