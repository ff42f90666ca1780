"""Criteria on the drugs that were given, on refractoriness, and on times since a treatment."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import ClassVar, Literal, Self

from mmadvisor.base.english import listed, plural
from mmadvisor.base.known import Account, Bounds, Change, Finding, Span, Truth, all_of, any_of, negate
from mmadvisor.criteria import possible
from mmadvisor.criteria.base import Criterion, OfDrug, Words, count_of, distinct, figure, small, unique, within
from mmadvisor.history.facts import Fact, Facts
from mmadvisor.history.history import History


class PriorLines(Criterion):
    """The number of prior lines, by the definition in use, must be within limits."""

    type: Literal["prior-lines"] = "prior-lines"
    at_least: int | None = None
    """The fewest lines."""
    at_most: int | None = None
    """The most lines."""

    _one_given = ("at_least", "at_most")

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"{_limits(self.at_least, self.at_most)} prior {plural('line', self.at_most or self.at_least)}"

    def reads(self) -> tuple[Fact, ...]:
        """The number of lines."""
        return (Fact("lines"),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if the count is a range that contains a limit."""
        return within(facts.number(Fact("lines")), at_least=self.at_least, at_most=self.at_most)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The count, and how many further lines would meet the criterion."""
        lines = history.lines
        changes: tuple[Change, ...] = ()
        if truth is Truth.NOT_MET and self.at_least is not None and lines.high is not None:
            more = self.at_least - lines.high
            if more > 0:
                changes = (Change(f"{small(more)} more prior {plural('line', more)}", "lines", amount=more),)
        missing = (lines.missing or ("therapies",)) if truth is Truth.UNKNOWN else ()
        return Account(_count(lines.low, lines.high), ("therapies",), missing, changes)

    def flaws(self) -> Iterator[tuple[str, str]]:
        """An error if ``at_least`` or ``at_most`` is an impossible number of lines, such as 100."""
        from mmadvisor.criteria.allowed import limits_of, outside

        yield from super().flaws()
        if limits := limits_of("therapies.line"):
            # No prior line at all is a number of lines, though no therapy has it.
            yield from outside(self, ("at_least", "at_most"), limits._replace(low=0))

    def is_one_line_off(self, lines: Bounds) -> bool:
        """Whether the number of lines, as far as it is known, is one away from a limit."""
        low, high = lines
        too_few = self.at_least is not None and high is not None and high == self.at_least - 1
        too_many = self.at_most is not None and low == self.at_most + 1
        return too_few or too_many

    def is_one_line_short(self, lines: Bounds) -> bool:
        """Whether a known number of lines, at least one, is one below the lower limit."""
        return self.at_least is not None and self.at_least > 1 and lines.low == lines.high == self.at_least - 1

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """One criterion requires more lines than another allows."""
        low = max((c.at_least for c in asked if c.at_least is not None), default=0)
        high = min((c.at_most for c in asked if c.at_most is not None), default=low)
        return f"at least {low} and at most {high} prior lines" if low > high else ""


class _OverTokens(Criterion):
    to_each: tuple[str, ...] = ()
    """Agents or classes; all of them are required."""
    to_any: tuple[str, ...] = ()
    """Agents or classes; one of them is enough."""

    _one_given = ("to_each", "to_any")

    _kind: ClassVar[Literal["exposed", "refractory"]]

    def reads(self) -> tuple[Fact, ...]:
        """One fact for each agent and class."""
        return tuple(Fact(self._kind, token) for token in self.to_each + self.to_any)

    def truth(self, facts: Facts) -> Truth:
        """Met if all of ``to_each`` and at least one of ``to_any`` are met."""
        truths = [facts.truth(Fact(self._kind, token)) for token in self.to_each]
        if self.to_any:
            truths.append(any_of(facts.truth(Fact(self._kind, token)) for token in self.to_any))
        return all_of(truths)

    def _listed(self) -> str:
        parts = []
        if self.to_each:
            parts.append(listed(self.to_each, "and"))
        if self.to_any:
            parts.append(listed(self.to_any, "or"))
        return ", and ".join(parts)

    def _joined(self, truth: Truth, findings: dict[str, Finding], change: str) -> Account:
        """The account of all agents and classes; ``change``: in words, what would meet the criterion."""
        pool = [findings[token] for token in self.tokens()]
        deciding = [f for f in pool if f.truth is truth] or pool
        return Account(
            "; ".join(unique(f.found for f in deciding)),
            unique(w for f in deciding for w in f.where),
            unique(m for f in deciding for m in f.missing) if truth is Truth.UNKNOWN else (),
            tuple(self._changes(findings, change)) if truth is Truth.NOT_MET else (),
        )

    def _changes(self, findings: dict[str, Finding], change: str) -> Iterator[Change]:
        """The missing changes: each of ``to_each``, and the first of ``to_any``."""
        kind: Literal["receive", "resist"] = "receive" if self._kind == "exposed" else "resist"
        lacking = tuple(t for t in self.to_each if findings[t].truth is Truth.NOT_MET)
        if lacking:
            yield Change(f"{change} {listed(lacking, 'and')}", kind, tokens=lacking)
        if self.to_any and all(findings[t].truth is Truth.NOT_MET for t in self.to_any):
            yield Change(f"{change} {listed(self.to_any, 'or')}", kind, tokens=self.to_any[:1])


class Exposed(_OverTokens):
    """Agents or classes were received before."""

    type: Literal["exposed"] = "exposed"

    _kind = "exposed"

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"has received {self._listed()}"

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The therapies with the agents; an agent that is not listed is unknown if the list may be incomplete."""
        return self._joined(truth, {t: history.exposed_to(t) for t in self.tokens()}, "treatment with")

    def makes_certain(self) -> frozenset[OfDrug]:
        """Exposure to each of ``to_each``."""
        return frozenset(("exposed", name) for name in self.to_each)

    def is_met_by(self) -> frozenset[OfDrug]:
        """Exposure to one of ``to_any``."""
        return frozenset(("exposed", name) for name in self.to_any if not self.to_each)


class Refractory(_OverTokens):
    """The disease is refractory to agents or classes."""

    type: Literal["refractory"] = "refractory"

    _kind = "refractory"

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"refractory to {self._listed()}"

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The therapies that prove refractoriness [rajkumar-2011], and the agents to which it is missing."""
        return self._joined(truth, {t: history.refractory_to(t) for t in self.tokens()}, "refractoriness to")

    def makes_certain(self) -> frozenset[OfDrug]:
        """Exposure and refractoriness to each of ``to_each``."""
        kinds: tuple[Literal["exposed", "refractory"], ...] = ("exposed", "refractory")
        return frozenset((kind, name) for kind in kinds for name in self.to_each)

    def is_met_by(self) -> frozenset[OfDrug]:
        """Refractoriness to one of ``to_any``."""
        return frozenset(("refractory", name) for name in self.to_any if not self.to_each)


class RefractoryCount(Criterion):
    """The disease is refractory to a number of agents of a class."""

    type: Literal["refractory-count"] = "refractory-count"
    of: str
    """The class whose agents are counted."""
    at_least: int
    """The fewest agents."""

    _never_negative = ("at_least",)

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"refractory to at least {self.at_least} agents of {self.of}"

    def reads(self) -> tuple[Fact, ...]:
        """The number of agents."""
        return (Fact("refractory-count", self.of),)

    def truth(self, facts: Facts) -> Truth:
        """Unknown if the count is a range that contains the limit."""
        return within(facts.number(Fact("refractory-count", self.of)), at_least=self.at_least)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The count, and how many further agents would meet the criterion."""
        bounds, missing = history.refractory_count(self.of)
        changes: tuple[Change, ...] = ()
        if truth is Truth.NOT_MET and bounds.high is not None:
            more = self.at_least - int(bounds.high)
            text = f"refractoriness to {small(more)} more {plural('agent', more)} of {self.of}"
            changes = (Change(text, "resist", amount=more, tokens=(self.of,)),)
        found = f"{self.of}: {count_of(bounds)} refractory"
        return Account(found, ("therapies",), missing if truth is Truth.UNKNOWN else (), changes)


class Active(Criterion):
    """An agent of a regimen is not spent: refractoriness to the agent, or to a related agent, does not close it.

    A related agent is, for example, another agent of a cross-resistant class. The criterion is added to every regimen
    for each of its agents, and never written in data.
    """

    type: Literal["active"] = "active"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"{self.agent} not spent"

    def told(self, finding: Finding, words: Words) -> str:
        """What was found, as a positive statement."""
        return f"{_whether(finding)}{self.agent} is spent: {finding.found}"

    @property
    def tells_unknown(self) -> bool:
        """Always true."""
        return True

    @property
    def turns_with_therapy(self) -> bool:
        """Always false: an agent that is spent stays spent."""
        return False

    def reads(self) -> tuple[Fact, ...]:
        """Whether the agent is spent."""
        return (Fact("spent", self.agent),)

    def truth(self, facts: Facts) -> Truth:
        """Not met if the agent is spent."""
        return negate(facts.truth(Fact("spent", self.agent)))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The therapies that made the agent spent, or may have."""
        return history.spent(self.agent).account


class Undoubted(Criterion):
    """Earlier therapy does not make an agent of a regimen doubtful. Added to every regimen for each of its agents."""

    type: Literal["undoubted"] = "undoubted"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"{self.agent} not doubtful"

    def told(self, finding: Finding, words: Words) -> str:
        """What was found, as a positive statement."""
        return f"{_whether(finding)}{self.agent} is doubtful: {finding.found}"

    @property
    def tells_unknown(self) -> bool:
        """Always true."""
        return True

    def reads(self) -> tuple[Fact, ...]:
        """Whether the agent is doubtful."""
        return (Fact("doubtful", self.agent),)

    def truth(self, facts: Facts) -> Truth:
        """Not met if the agent is doubtful."""
        return negate(facts.truth(Fact("doubtful", self.agent)))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The therapies that made the agent doubtful, or may have."""
        return history.doubtful(self.agent).account


class ProgressedOnLast(Criterion):
    """The disease progressed on the last therapy, as labels define it.

    ``within_window``: the label requires progression on the therapy or within the refractory window. Otherwise a later
    relapse also meets the criterion, with a remark.
    """

    type: Literal["progressed-on-last"] = "progressed-on-last"
    within_window: bool = False
    """The label requires progression on the therapy or within the refractory window after it.

    Otherwise a later relapse also meets the criterion, with a remark.
    """

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return "progressed on the last therapy"

    def reads(self) -> tuple[Fact, ...]:
        """Whether the disease progressed on the last therapy, with or without the window."""
        return (Fact("progressed-within-window" if self.within_window else "progressed-on-last"),)

    def truth(self, facts: Facts) -> Truth:
        """By the last therapy that treated a line (``Relapses.progressed_on_last``)."""
        (fact,) = self.reads()
        return facts.truth(fact)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The result of the last therapy, with the interval of a later relapse."""
        account = history.progressed_on_last(within_window=self.within_window).account
        if truth is not Truth.NOT_MET or history.last_treated is None:
            return account
        field = f"therapies[{history.last_treated}].stop_reason"
        # After a transplant it would not do: no drug was being given on which the disease could have progressed.
        if self.truth(history.knowing(field, "progression")) is not Truth.MET:
            return account
        return account._replace(changes=(Change("progression on the last therapy", "value", field, "progression"),))

    def remark(self, history: History, truth: Truth) -> str:
        """The interval of a relapse that came later than the refractory window; otherwise empty."""
        if truth is not Truth.MET or self.within_window:
            return ""
        return history.progressed_on_last().remark


class DaysSinceDose(Criterion):
    """A number of days has passed since the last dose of these agents; an agent that was never given does not count."""

    type: Literal["days-since-dose"] = "days-since-dose"
    of: tuple[str, ...]
    """Agents or classes. Each agent that was given must have been stopped for that long."""
    at_least: int
    """The fewest days since the last dose."""

    _one_given = ("of",)
    _never_negative = ("at_least",)

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"at least {self.at_least} days since the last dose of {listed(self.of, 'or')}"

    def reads(self) -> tuple[Fact, ...]:
        """The days since a dose of each agent, whether each was given, and whether the list is complete."""
        of_each = ((Fact("days-since-dose", token), Fact("exposed", token)) for token in self.of)
        return (*(fact for both in of_each for fact in both), Fact("whole-list"))

    def truth(self, facts: Facts) -> Truth:
        """Unknown if a last dose is not recorded, or if the list of therapies may be incomplete."""
        truth = all_of([self._of_one(facts, token) for token in self.of])
        if truth is Truth.MET and facts.truth(Fact("whole-list")) is not Truth.MET:
            return Truth.UNKNOWN
        return truth

    def _of_one(self, facts: Facts, token: str) -> Truth:
        days = facts.number(Fact("days-since-dose", token))
        if days is None:  # met where it was never given
            return negate(facts.truth(Fact("exposed", token)))
        return days.at_least(self.at_least)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The days since each agent that was given, and how many further days would meet the criterion."""
        shown: list[str] = []
        where: list[str] = []
        missing: list[str] = []
        wait, last = 0, ""
        for token in self.of:
            bounds, agent, field = history.days_since_dose(token)
            if bounds is None:
                missing += history.exposed_to(token).missing
                continue
            passed = bounds.at_least(self.at_least)
            where.append(field)
            days_since = f"{count_of(bounds)} days since {agent}{self._on_which_days(history, bounds, passed)}"
            no_day = not bounds.low and bounds.high is None
            shown.append(f"when {agent} was last given is not recorded" if no_day else days_since)
            if passed is Truth.UNKNOWN:
                missing.append(field)
            if passed is Truth.NOT_MET and bounds.high is not None and self.at_least - int(bounds.high) > wait:
                wait, last = self.at_least - int(bounds.high), agent
        each = all_of([self._of_one(history, token) for token in self.of])
        if each is Truth.MET and truth is Truth.UNKNOWN:
            missing.append("therapies_complete")
        text = f"{wait} more {plural('day', wait)} since the last dose of {last}"
        return Account(
            "; ".join(unique(shown)) or "never received",
            tuple(where) or ("therapies",),
            unique(missing) if truth is Truth.UNKNOWN else (),
            (Change(text, "wait", amount=wait),) if wait and truth is Truth.NOT_MET else (),
        )

    def _on_which_days(self, history: History, bounds: Bounds, truth: Truth) -> str:
        """The last dose and the first day after the interval, in words, if both are known; otherwise empty."""
        if truth is Truth.MET or bounds.low is None or bounds.high is None or not history.today.exact:
            return ""
        today = history.today.earliest
        last = Span(today - timedelta(days=bounds.high), today - timedelta(days=bounds.low))
        return f", last given {last}, {self.at_least} days on {last.plus(self.at_least)}"

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Possible values in the record, and a last dose on both sides of the limit."""
        last = history.as_of - timedelta(days=self.at_least)
        return distinct((*super().tries(field, history), *possible.days(history, field, [last])))


class MonthsSinceTransplant(Criterion):
    """The remission after the last transplant lasted at least a number of months."""

    type: Literal["months-since-transplant"] = "months-since-transplant"
    at_least: float
    """The fewest months from the last transplant to progression."""

    _never_negative = ("at_least",)

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"at least {figure(self.at_least)} months from the last transplant to progression"

    def reads(self) -> tuple[Fact, ...]:
        """The months, and whether the list of therapies is complete."""
        return Fact("months-since-transplant"), Fact("whole-list")

    def truth(self, facts: Facts) -> Truth:
        """Not met without a transplant; unknown if the list of therapies may be incomplete."""
        if facts.truth(Fact("whole-list")) is not Truth.MET:
            return Truth.UNKNOWN
        months = facts.number(Fact("months-since-transplant"))
        return Truth.NOT_MET if months is None else months.at_least(self.at_least)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The months, as far as they are known."""
        months, where, missing = history.months_since_transplant()
        found = "no transplant among the therapies"
        if months is not None:
            found = f"{count_of(months)} months from transplant to progression"
        if history.complete is not Truth.MET:
            found += "; the list of therapies may not be whole"
            open_ = missing if months is not None and months.at_least(self.at_least) is Truth.UNKNOWN else ()
            return Account(found, (where,), ("therapies_complete", *open_))
        return Account(found, (where,), missing if truth is Truth.UNKNOWN else ())

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Possible values in the record, and days on both sides of the limit after the last transplant."""
        last = [(entry, self.at_least) for entry in possible.transplants(history)[-1:]]
        return distinct((*super().tries(field, history), *possible.months_apart(history, field, last)))


class EarlyRelapse(Criterion):
    """The first line ended early: soon after its start, or soon after its transplant."""

    type: Literal["early-relapse"] = "early-relapse"
    within_months_of_start: float
    """Months from the start of line 1 within which a relapse is early."""
    within_months_of_transplant: float
    """Months from the transplant of line 1 within which a relapse is early."""

    _never_negative = ("within_months_of_start", "within_months_of_transplant")

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return (
            f"first relapse within {figure(self.within_months_of_start)} months of starting line 1, "
            f"or within {figure(self.within_months_of_transplant)} months of transplant"
        )

    def reads(self) -> tuple[Fact, ...]:
        """Whether the first line ended within either interval."""
        return (Fact("early-relapse", limits=(self.within_months_of_start, self.within_months_of_transplant)),)

    def truth(self, facts: Facts) -> Truth:
        """By the dates of the first line."""
        (fact,) = self.reads()
        return facts.truth(fact)

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """The months from the start of the first line, or from its transplant."""
        return history.early_relapse(self.within_months_of_start, self.within_months_of_transplant).account

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Possible values in the record, and days on both sides of each limit within the first line."""
        first = [i for i in history.treatments if history.lines.of_entry[i] == 1]
        within = [(entry, self.within_months_of_start) for entry in first[:1]]
        within += [
            (entry, self.within_months_of_transplant) for entry in possible.transplants(history) if entry in first
        ]
        return distinct((*super().tries(field, history), *possible.months_apart(history, field, within)))


class RecordedSinceRelapse(Criterion):
    """A test has been done since the present relapse: its day is that of the relapse, or a later one."""

    type: Literal["recorded-since-relapse"] = "recorded-since-relapse"
    field: str
    """The field with the day of the test, such as `disease.cytogenetics_on`."""

    def flaws(self) -> Iterator[tuple[str, str]]:
        """An error if the field does not contain a day."""
        from mmadvisor.criteria.allowed import holds_a_day, patient_has

        yield from super().flaws()
        if patient_has(self.field) and not holds_a_day(self.field):
            yield "field", f"{self.field} does not hold a day"

    def required(self, words: Words) -> str:
        """The requirement in words."""
        return f"{words.field(self.field)}: since the present relapse"

    def reads(self) -> tuple[Fact, ...]:
        """Whether the day is that of the relapse or a later one."""
        return (Fact("since-relapse", self.field),)

    def truth(self, facts: Facts) -> Truth:
        """Not met if the disease has not relapsed; unknown if the day of the test or of the relapse is missing."""
        return facts.truth(Fact("since-relapse", self.field))

    def account(self, history: History, truth: Truth, words: Words) -> Account:
        """Both days, and the fields that would place one before the other."""
        day = history.patient.get(self.field)
        said, fields = history.present_relapse(day)
        own = () if day is not None and day.exact else (self.field,)
        found = f"{words.field(self.field)}: {day or 'not recorded'}; {said}"
        return Account(found, (self.field, "therapies"), unique((*own, *fields)) if truth is Truth.UNKNOWN else ())

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """Possible values in the record; for the day of the test, days before and on each progression."""
        if field == "disease.state":
            return possible.words(field)
        own = history.patient.get(self.field)
        if field != self.field:
            edges = () if own is None else (own.earliest - timedelta(days=1), own.latest)
            return distinct((*super().tries(field, history), *possible.days(history, field, edges)))
        days = [t.progressed_on for t in history.patient.therapies if t.progressed_on is not None]
        limits = {edge - timedelta(days=n) for day in days for edge in (day.earliest, day.latest) for n in (0, 1)}
        first, last = (own.earliest, own.latest) if own is not None else (date.min, history.as_of)
        return tuple(Span.day(day) for day in sorted({*limits, last}) if first <= day <= last)


def _whether(finding: Finding) -> str:
    return "not known whether " if finding.truth is Truth.UNKNOWN else ""


def _limits(at_least: int | None, at_most: int | None) -> str:
    if at_least is not None and at_least == at_most:
        return f"exactly {at_least}"
    if at_least is not None and at_most is not None:
        return f"{at_least} to {at_most}"
    return f"at least {at_least}" if at_least is not None else f"at most {at_most}"


def _count(low: int, high: int | None) -> str:
    if high is None:
        return f"at least {low} prior {plural('line', low)}; the list may not be whole"
    number = str(low) if low == high else f"{low} to {high}"
    return f"{number} prior {plural('line', high)}"
