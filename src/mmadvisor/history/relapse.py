"""Whether the disease relapsed, after which therapy, and how soon; the values, and their explanations."""

from functools import cached_property
from typing import NamedTuple

from mmadvisor.base.known import Account, Bounds, Finding, Span, Truth, all_of, any_of
from mmadvisor.formats.agents import Agent
from mmadvisor.history.account import absent, any_finding, as_if_whole, joined, of_those, unique
from mmadvisor.history.lines import LineAccounts, LinesOfTherapy
from mmadvisor.history.names import Names
from mmadvisor.history.progression import Progression
from mmadvisor.history.record import DAYS_A_MONTH, Exposure, Unnamed, in_months, is_open
from mmadvisor.history.refractoriness import RefractorinessAccounts

_IN_DAYS = 92


class Anchor(NamedTuple):
    """A therapy from whose start an early relapse is counted, and the months within which a relapse is early."""

    entry: int
    months: float
    is_transplant: bool


class Relapses:
    """The state of the disease, the last therapy, and the times from which a relapse is counted."""

    def __init__(self, lines: LinesOfTherapy) -> None:
        self.lines = lines
        self.record = lines.record
        self.timeline = lines.timeline
        self.progressions = lines.progressions
        self.refractoriness = lines.refractoriness

    @cached_property
    def state(self) -> tuple[str | None, str]:
        """The state of the disease (``None`` if not known), and the field that shows it.

        If ``disease.state`` is missing, the disease counts as relapsed in two cases: the kind of the relapse is
        recorded after a treatment; or the list of therapies is complete and ends in a progression.
        """
        record = self.record
        if record.assume_relapse:
            return "relapsed", "assumed for this answer"
        stated = record.patient.get("disease.state")
        if stated is not None:
            return stated, "disease.state"
        if record.treatments and record.patient.get("disease.relapse.kind") is not None:
            return "relapsed", "disease.relapse.kind"
        if record.complete is Truth.MET and self.is_recorded is Truth.MET:
            return "relapsed", f"therapies[{record.treatments[-1]}]"
        return None, "disease.state"

    @property
    def is_recorded(self) -> Truth:
        """Whether a progression is recorded in the last line."""
        return any_of(self.progressions.of[i].happened for i in self.lines.last_line)

    @property
    def field(self) -> str:
        """The field for the day of the relapse after the last line: ``progressed_on`` of its last entry."""
        return f"therapies[{self.lines.last_line[-1]}].progressed_on"

    # --- progression on the last therapy --------------------------------------------------------

    # Why: docs/explanation/order-of-therapies.md#progression-on-the-last-therapy
    def progressed_on_last(self, *, within_window: bool = False) -> Truth:
        """Whether the disease progressed on the last therapy, as labels define it.

        The last therapy is the last entry that treats a line; bridging, debulking, conditioning within a line,
        lymphodepletion and steroids alone are passed over.

        - Met by progression on the therapy or within the refractory window, and by non-response. A later progression
          also counts, except with ``within_window``; the finding then names the interval.
        - Unknown if a relapse is recorded without a date, or if the list of therapies may be incomplete.
        - Not met if the response still holds.
        - If it is unknown which therapy was the last: the result that all possible ones have, otherwise unknown.
        """
        last = self.lines.last_treating
        if not last:
            return self.record.absent
        truths = [self.progressed_after(index, within_window) for index in last]
        truths += [self.record.absent] if self.none_certainly_treated else []
        return self.record.if_whole(any_of(truths) if self.agreed(truths) else Truth.UNKNOWN)

    @property
    def doubted(self) -> list[int]:
        """The entries that may be the last to treat a line, although it is unknown whether they treated one."""
        return [i for i in self.lines.last_treating if self.lines.treats_a_line(i) is Truth.UNKNOWN]

    @property
    def none_certainly_treated(self) -> bool:
        """Whether, for each entry that may be the last to treat a line, it is unknown whether it treated one."""
        return self.doubted == list(self.lines.last_treating)

    def agreed(self, truths: list[Truth]) -> bool:
        """Whether the therapies that may be the last all have the same truth, or certainly began on the same day."""
        last = self.lines.last_treating
        together = not self.doubted and all(self.timeline.together(last[0], i) for i in last)
        return len(set(truths)) == 1 or together

    def progressed_during(self, index: int) -> Truth:
        """Whether the disease progressed on a therapy, within the window after it, or did not respond to it."""
        return any_of(map(self.progressed_on, self.given_to_treat(index)))

    def progressed_after(self, index: int, within_window: bool) -> Truth:
        """The same as ``progressed_during``, but without ``within_window`` a later progression counts too.

        Unknown if a relapse is recorded without a date.
        """
        on_it = self.progressed_during(index)
        if on_it is Truth.MET or within_window:
            return on_it
        if self.relapses_after(index):
            return Truth.MET
        return Truth.UNKNOWN if self.state[0] == "relapsed" else on_it

    def progressed_on(self, exposure: Exposure) -> Truth:
        """Whether the disease progressed on a drug, within the window after it, or did not respond to a cycle."""
        on_it = self.progressions.on(exposure)
        if on_it is Truth.MET:
            return on_it
        return any_of((on_it, self.refractoriness.no_response_to_a_cycle(exposure)))

    def relapses_after(self, index: int) -> list[Progression]:
        """The progressions that certainly happened, and certainly on or after a therapy."""
        after = self.progressions.after(index)
        return [event for known, event in after if known is Truth.MET and event.happened is Truth.MET]

    def given_to_treat(self, index: int) -> list[Exposure]:
        """The drugs of a therapy that treat, including unknown drugs, without steroids and supportive drugs.

        For a transplant these are the conditioning drugs.
        """
        record = self.record
        roles = ("conditioning",) if record.is_transplant(index) else ("treatment", "unclear")
        of_it = [e for e in record.given_in[index] if e.role in roles]
        mine = [e for e in of_it if not e.agent.steroid and not e.agent.supportive]
        for u in record.unnamed:
            if u.entry == index:
                once = record.one_time_all(u.candidates)
                mine.append(record.being(u, record.formulary.by_id[min(u.candidates)] if once else _NOT_KNOWN))
        return mine

    # --- an early relapse -----------------------------------------------------------------------

    def relapsed_early(self, months_from_start: float, months_from_transplant: float) -> Truth:
        """Whether the first line ended early: within these months of the start of the line, or of its transplant.

        Unknown if days are missing, if it is unknown what belongs to the first line, or if the list of therapies may be
        incomplete.
        """
        if not self.first_line:
            return self.record.absent
        if not self.ends_of_first_line:
            return self.record.if_whole(Truth.NOT_MET)
        anchors = self.anchors(months_from_start, months_from_transplant)
        best = any_of(self.soon_after(anchor, event) for anchor in anchors for event in self.ends_of_first_line)
        return self.record.if_whole(best if self.first_line_settled else Truth.UNKNOWN)

    @cached_property
    def first_line(self) -> list[int]:
        """The entries of the first line, in order of time."""
        return [i for i in self.record.treatments if self.lines.in_use.of_entry[i] == 1]

    @cached_property
    def ends_of_first_line(self) -> list[Progression]:
        """The progressions that ended the first line, or may have ended it."""
        events = [*(self.progressions.of[i] for i in self.first_line), *self._relapse_now()]
        return [event for event in events if event.happened is not Truth.NOT_MET]

    def anchors(self, months_from_start: float, months_from_transplant: float) -> list[Anchor]:
        """The days from which an early relapse is counted: the start of the first line, and its transplants."""
        if not (first := self.first_line):
            return []
        transplants = [Anchor(i, months_from_transplant, True) for i in first if self.record.is_transplant(i)]
        return [Anchor(first[0], months_from_start, False), *transplants]

    def soon_after(self, anchor: Anchor, event: Progression) -> Truth:
        """Whether a progression came early: within the months that ``anchor`` allows."""
        return all_of([event.happened, self.months_between(anchor, event).at_most(anchor.months)])

    def months_between(self, anchor: Anchor, event: Progression) -> Bounds:
        """Months from the start of the therapy of ``anchor`` to a progression; no limits if either day is missing."""
        start = self.record.therapies[anchor.entry].start
        if start is None or event.day is None:
            return Bounds(None, None)
        return in_months(start.days_until(event.day))

    @property
    def first_line_settled(self) -> bool:
        """Whether it is known which therapies belong to the first line."""
        lines = self.lines.in_use
        return lines.low == lines.high and lines.settled and not self.unclear

    @property
    def unclear(self) -> list[int]:
        """The treatments that may have been conditioning, because their purpose is not recorded."""
        return [i for i in self.record.treatments if self.record.role(i) == "unclear"]

    def _relapse_now(self) -> list[Progression]:
        """The relapse of today, if it has no date and there was only one line; it came after this line's last dose.

        Empty if a relapse is only assumed for an answer.
        """
        line, record = self.first_line, self.record
        recorded = any(self.progressions.of[i].happened is not Truth.NOT_MET for i in line)
        if record.assume_relapse or line != list(record.treatments) or recorded:
            return []
        happened = {"relapsed": Truth.MET, None: Truth.UNKNOWN}.get(self.state[0], Truth.NOT_MET)
        start = record.start_of(line[-1])
        stop = record.therapies[line[-1]].stop or start
        earliest = stop.earliest if isinstance(stop, Span) else start.earliest
        day = Span(min(earliest, record.today.latest), record.today.latest)
        return [Progression(line[-1], happened, day, False, "relapse of the only line")]

    # --- the present relapse --------------------------------------------------------------------

    def reached_by(self, day: Span | None) -> Truth:
        """Whether a day is the day of the present relapse or a later one; the day ``None`` is not known.

        - Not met if the disease progressed after the day, or has not relapsed.
        - Unknown if either day is missing, or if therapies or their order may be missing.
        """
        if not self.record.treatments:
            return self.record.absent
        if self.state[0] not in ("relapsed", None):
            return Truth.NOT_MET
        if day is None:
            return Truth.UNKNOWN
        events = self.progressions.possible
        if any(event.happened is Truth.MET and self.lies_before(day, event) is Truth.MET for event in events):
            return Truth.NOT_MET
        known = self.state[0] == "relapsed" and self.present.happened is Truth.MET and self.in_order
        after_all = all(self.lies_before(day, event) is Truth.NOT_MET for event in events)
        return self.record.if_whole(Truth.MET if known and after_all else Truth.UNKNOWN)

    @property
    def present(self) -> Progression:
        """The progression after the last entry of the last line; there must be a treatment."""
        return self.progressions.of[self.lines.last_line[-1]]

    @property
    def in_order(self) -> bool:
        """Whether the order of all treatments is known."""
        return self.timeline.settled(self.record.treatments)

    @staticmethod
    def lies_before(day: Span, event: Progression) -> Truth:
        """Whether a day lies before a progression."""
        return Truth.UNKNOWN if event.day is None else day.days_until(event.day).at_least(1)

    # --- times since ----------------------------------------------------------------------------

    @cached_property
    def last_transplant(self) -> int | None:
        """The index of the last entry that is or may be a transplant; ``None`` if there is none."""
        possible = (i for i in reversed(self.record.treatments) if self.record.role(i) in ("conditioning", "unclear"))
        return next(possible, None)

    @property
    def transplants(self) -> list[int]:
        """The indices of the recorded transplants, in order of time."""
        return [i for i in self.record.treatments if self.record.is_transplant(i)]

    def months_since_transplant(self) -> Bounds | None:
        """Months from the last transplant to the next progression, or to today; ``None`` without a transplant."""
        index = self.last_transplant
        if index is None:
            return None
        when = self.record.therapies[index].start
        if when is None or not self.record.is_transplant(index) or not self.timeline.settled(self.transplants):
            return Bounds(None, None)
        return in_months(when.days_until(self.progressions.first_after(index) or self.record.today))

    def days_since_dose(self, token: str) -> Bounds | None:
        """Days since the last dose of any agent of the token; ``None`` if none was ever given."""
        doses = [days for days, _ in self.last_doses(token)]
        if not doses:
            return None
        lows = [days.low for days in doses if days.low is not None]
        highs = [days.high for days in doses if days.high is not None]
        return Bounds(min(lows), min(highs, default=None))

    def last_doses(self, token: str) -> list[tuple[Bounds, Exposure | Unnamed]]:
        """The days since the last dose of each drug that was, or may have been, an agent of the token."""
        members = self.record.formulary.members(token)
        found: list[tuple[Bounds, Exposure | Unnamed]] = [
            (self._days_since(exposure), exposure) for exposure in self.record.exposures if exposure.agent.id in members
        ]
        for unnamed in self.record.perhaps(token):
            days = self._days_since(unnamed)
            surely = unnamed.certain and unnamed.candidates <= members
            found.append((days if surely else Bounds(days.low, None), unnamed))
        return found

    def _days_since(self, drug: Exposure | Unnamed) -> Bounds:
        today = self.record.today
        if isinstance(drug, Unnamed) and drug.last == "ongoing":
            return today.days_until(today)  # no days; but open both ways where a look-ahead leaves today itself open
        if isinstance(drug.last, Span):
            return drug.last.days_until(today)
        return Bounds(0, None if drug.last is None else 0)


class RelapseAccounts:
    """Why the disease counts as relapsed, and after which therapy, in words, and the missing fields."""

    def __init__(
        self, relapses: Relapses, refractoriness: RefractorinessAccounts, lines: LineAccounts, names: Names
    ) -> None:
        self.relapses = relapses
        self.record = relapses.record
        self.timeline = relapses.timeline
        self.refractoriness = refractoriness
        self.progression = refractoriness.progression
        self.lines = lines
        self.names = names

    # --- progression on the last therapy --------------------------------------------------------

    def progressed_on_last(self, *, within_window: bool = False) -> Finding:
        """Whether the disease progressed on the last therapy, as labels define it, with its account."""
        relapses = self.relapses
        truth = relapses.progressed_on_last(within_window=within_window)
        account = self._why_progressed_on_last(truth, within_window)
        later = truth is Truth.MET and all(map(self._only_later, relapses.lines.last_treating))
        return joined(truth, account, account.found if later else "")

    def _only_later(self, index: int) -> bool:
        """Whether only a later relapse shows the progression, so that a remark must name the interval."""
        return self.relapses.progressed_during(index) is not Truth.MET

    def _why_progressed_on_last(self, truth: Truth, within_window: bool) -> Account:
        relapses, none = self.relapses, self.record.absent
        last = relapses.lines.last_treating
        if not last:
            return absent(truth, "no therapy that treats a line is recorded")
        findings = [self._progressed_after(index, within_window) for index in last]
        if relapses.none_certainly_treated:
            findings.append(joined(none, absent(none, "no therapy that certainly treated a line is recorded")))
        agreed = relapses.agreed([f.truth for f in findings])
        return as_if_whole(any_finding(findings) if agreed else self._which_was_last(findings), self.record.complete)

    def _which_was_last(self, findings: list[Finding]) -> Finding:
        """The finding if it is unknown which therapy was the last, with the missing fields."""
        last, doubted = self.relapses.lines.last_treating, self.relapses.doubted
        unknown = [f for f in findings if f.truth is Truth.UNKNOWN]
        fields = unique((
            *(field for f in unknown for field in f.missing),
            *self.timeline.open_fields(last),
            *(field for i in doubted for field in self.lines.whether_a_line(i)),
        ))  # fmt: skip
        found = "which therapy was the last is not recorded"
        if unknown and self.timeline.settled(last):
            found = unknown[-1].found
        elif doubted and self.timeline.settled(last):
            found = f"whether {self.names.called(doubted[-1])} was a line of its own is not recorded"
        return Finding(Truth.UNKNOWN, found, ("therapies",), fields or ("therapies",))

    def _progressed_after(self, index: int, within_window: bool) -> Finding:
        """The finding of ``Relapses.progressed_after`` for one therapy."""
        truth = self.relapses.progressed_after(index, within_window)
        account = self._why_progressed_after(index, within_window, truth)
        return joined(truth, account, account.found if truth is Truth.MET and self._only_later(index) else "")

    def _why_progressed_after(self, index: int, within_window: bool, truth: Truth) -> Account:
        where, relapses = f"therapies[{index}]", self.relapses.relapses_after(index)
        mine = self.relapses.given_to_treat(index)
        on_it = any_finding([self._progressed_on(exposure) for exposure in mine])
        if on_it.truth is Truth.MET or within_window:
            return self._of_the_record(on_it, index)
        if relapses:
            day = self.relapses.progressions.first_after(index)
            found = f"{self.progression.because(relapses[0])}, {self._since_last_dose(index, mine, day)}"
            return Account(found, (where,))
        if self.relapses.state[0] == "relapsed":
            found = f"a relapse is recorded, and not its date ({self.names.called(index)})"
            return Account(found, (where,), (self.relapses.field,))
        return self._of_the_record(on_it, index)

    def _progressed_on(self, exposure: Exposure) -> Finding:
        truth = self.relapses.progressed_on(exposure)
        either = [self.progression.on(exposure), self.refractoriness.no_response_to_a_cycle(exposure)]
        return joined(truth, of_those(truth, either))

    def _of_the_record(self, on_it: Finding, index: int) -> Account:
        """The account, without the fields for a clinician's declarations, because these do not show progression."""
        declared = self.refractoriness.declaration(index)
        reason = f"therapies[{index}].stop_reason"
        fields = unique(reason if field in declared else field for field in on_it.missing)
        return Account(on_it.found, on_it.where, fields)

    def _since_last_dose(self, index: int, exposures: list[Exposure], day: Span | None) -> str:
        """How long before a day a therapy (or the transplant after it) ended, in words."""
        grafts = [
            drug for drug in self.record.each_drug
            if drug.role == "conditioning" and self.timeline.follows(drug.entry, index) is Truth.MET
        ]  # fmt: skip
        called = self.names.called(index)
        after = f"the last dose of {called}"
        if grafts or self.record.of_one_day(index):
            after = f"the transplant after {called}" if grafts else called
        lasts = [drug.last for drug in (grafts or exposures) if isinstance(drug.last, Span)]
        if not lasts or day is None:
            return f"an unknown time after {after}"
        days = max(lasts, key=lambda span: span.latest).days_until(day)
        return f"{_gap(max(days.low or 0, 0), max(days.high or 0, 0))} after {after}"

    def standing_progression(self) -> str:
        """A sentence on the last progression, if no treatment or response after it is recorded; otherwise empty."""
        for index, event in reversed(self.relapses.progressions.of.items()):
            if event.happened is not Truth.MET or event.day is None:
                continue
            therapy, day = self.record.therapies[index], event.day
            responded = None if therapy.best_response in (None, "PD") else therapy.best_response_on
            if responded is not None and day.days_until(responded).at_least(0) is not Truth.NOT_MET:
                continue
            treatments = (i for i in self.record.treatments if i != index)
            others = (i for i in treatments if self.timeline.follows(index, i) is not Truth.MET)
            if all(self.record.start_of(i).days_until(day).at_least(1) is Truth.MET for i in others):
                return f"{self.names.called_with_days(index)}: {self.progression.because(event)}"
        return ""

    # --- an early relapse -----------------------------------------------------------------------

    def early_relapse(self, months_from_start: float, months_from_transplant: float) -> Finding:
        """Whether the first line ended early, with its account."""
        truth = self.relapses.relapsed_early(months_from_start, months_from_transplant)
        anchors = self.relapses.anchors(months_from_start, months_from_transplant)
        return joined(truth, self._why_early(anchors, truth))

    def _why_early(self, anchors: list[Anchor], truth: Truth) -> Account:
        if not anchors:
            return absent(truth, "no first line is recorded")
        events = self.relapses.ends_of_first_line
        if events:
            found = any_finding([self._soon_after(anchor, event) for anchor in anchors for event in events])
            found = self._as_far_as_the_first_line_is_settled(found)
        else:
            found = Finding(Truth.NOT_MET, "the first line did not end in progression", ("therapies",))
        return as_if_whole(found, self.record.complete)

    def _soon_after(self, anchor: Anchor, event: Progression) -> Finding:
        truth = self.relapses.soon_after(anchor, event)
        start = self.record.therapies[anchor.entry].start
        missing = self.progression.missing(event)
        missing += (f"therapies[{anchor.entry}].start",) if is_open(start) else ()
        gap = self.relapses.months_between(anchor, event)
        shown = "" if gap.high is None else f" {gap.high:.0f} months"
        found = f"first relapse{shown} after {'transplant' if anchor.is_transplant else 'the start of line 1'}"
        where = (f"therapies[{event.entry}]",)
        return Finding(truth, found, where, missing if truth is Truth.UNKNOWN else ())

    def _as_far_as_the_first_line_is_settled(self, best: Finding) -> Finding:
        if best.truth is Truth.UNKNOWN or self.relapses.first_line_settled:
            return best
        lines = self.relapses.lines.in_use
        order = () if lines.settled else self.timeline.open_fields(self.record.treatments)
        intents = (f"therapies[{i}].intent" for i in self.relapses.unclear)
        missing = unique((*self.lines.missing(lines), *intents, *order))
        found = f"{best.found}; what belongs to the first line is not settled"
        return Finding(Truth.UNKNOWN, found, best.where, missing or ("therapies",))

    # --- the present relapse --------------------------------------------------------------------

    def present_relapse(self, day: Span | None) -> tuple[str, tuple[str, ...]]:
        """The day of the present relapse in words, and the missing fields that would place ``day`` before or after it.

        The field of ``day`` itself is not among them.
        """
        relapses = self.relapses
        state, where = relapses.state
        if not self.record.treatments or state not in ("relapsed", None):
            return ("the disease has not relapsed" if state else "no therapy is recorded"), ("therapies",)
        present = relapses.present
        events = relapses.progressions.possible if day else []
        near = [e for e in events if day and relapses.lies_before(day, e) is not Truth.NOT_MET]
        known = present.happened is Truth.MET and present.day is not None
        fields = unique((
            *(() if state else (where,)),
            *(field for e in near for field in self.progression.missing(e)),
            *(() if known else (relapses.field,)),
            *(() if relapses.in_order else self.timeline.open_fields(self.record.treatments)),
            *(() if self.record.complete is Truth.MET else ("therapies_complete",)),
        ))  # fmt: skip
        said = f"relapse {present.day}" if known else "the day of the relapse is not recorded"
        return said, fields

    # --- times since ----------------------------------------------------------------------------

    def months_since_transplant(self) -> tuple[Bounds | None, str, tuple[str, ...]]:
        """Months from the last transplant to the next progression or today, the field used, and the missing fields."""
        return self.relapses.months_since_transplant(), *self._fields_of_transplant(self.relapses.last_transplant)

    def _fields_of_transplant(self, index: int | None) -> tuple[str, tuple[str, ...]]:
        if index is None:
            return "therapies", ()
        when, field = self.record.therapies[index].start, f"therapies[{index}].start"
        if not self.record.is_transplant(index):
            field = f"therapies[{index}].intent"
            return field, (field,)
        if when is None:
            return field, (field,)
        if not self.timeline.settled(self.relapses.transplants):
            fields = self.timeline.open_fields(self.relapses.transplants) or (field,)
            return fields[0], fields
        progressed = self.relapses.progressions.first_after(index) is not None
        days = self.progression.open_progressions(index) if progressed else ()
        return f"therapies[{index}]", (*((field,) if is_open(when) else ()), *days)

    def days_since_dose(self, token: str) -> tuple[Bounds | None, str, str]:
        """The days since the last dose of any agent of the token, the name of this agent, and the field with the day.

        The days are ``None`` if no such agent was ever given.
        """
        days = self.relapses.days_since_dose(token)
        if days is None:
            return None, "", "therapies"
        doses = [(since.low or 0, *self._named(drug)) for since, drug in self.relapses.last_doses(token)]
        _, name, field = min(doses, key=lambda dose: dose[:2])
        return days, name, field

    def _named(self, drug: Exposure | Unnamed) -> tuple[str, str]:
        """The name of a drug, and the field with its last dose."""
        if isinstance(drug, Unnamed):
            return drug.name, drug.field
        return drug.agent.name, self.progression.last_field(drug)


# Stands for a drug that nobody knows where only what became of its therapy is asked.
_NOT_KNOWN = Agent(
    id="", name="a drug that is not known", classes=(), modality="", targets=(), generation=0, source="",
    verified="unverified",
)  # fmt: skip


def _gap(low: float, high: float) -> str:
    """An interval in days as words: in days up to a quarter of a year, in months beyond."""
    unit = "days" if high <= _IN_DAYS else "months"
    ends = [f"{d if unit == 'days' else d / DAYS_A_MONTH:.0f}" for d in (low, high)]
    return f"{ends[0]} {unit}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]} {unit}"
