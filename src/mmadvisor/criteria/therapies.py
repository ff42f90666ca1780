"""Criteria that ask what was given, what the disease is refractory to, and how long ago that was."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Literal, Self

from mmadvisor.base.english import listed, plural
from mmadvisor.base.known import Bounds, Change, Finding, Span, Truth, all_of, any_of, negate
from mmadvisor.criteria import possible
from mmadvisor.criteria.base import Criterion, OfDrug, Words, count_of, distinct, figure, small, unique
from mmadvisor.formats.agents import Formulary
from mmadvisor.history.history import History


class PriorLines(Criterion):
    """A number of prior lines, by the definition in use."""

    type: Literal["prior-lines"] = "prior-lines"
    at_least: int | None = None
    """The fewest lines."""
    at_most: int | None = None
    """The most lines."""

    _one_given = ("at_least", "at_most")

    def required(self, words: Words) -> str:
        """In words."""
        return f"{_limits(self.at_least, self.at_most)} prior {plural('line', self.at_most or self.at_least)}"

    def decide(self, history: History, words: Words) -> Finding:
        """Met, not met, or unknown where the count is a range."""
        lines = history.lines
        truths = []
        if self.at_least is not None:
            truths.append(lines.bounds.at_least(self.at_least))
        if self.at_most is not None:
            truths.append(lines.bounds.at_most(self.at_most))
        truth = all_of(truths)
        found = _count(lines.low, lines.high)
        changes: tuple[Change, ...] = ()
        if truth is Truth.NOT_MET and self.at_least is not None and lines.high is not None:
            more = self.at_least - lines.high
            if more > 0:
                changes = (Change(f"{small(more)} more prior {plural('line', more)}", "lines", amount=more),)
        missing = lines.missing if truth is Truth.UNKNOWN else ()
        return Finding(
            truth,
            found,
            ("therapies",),
            missing or (("therapies",) if truth is Truth.UNKNOWN else ()),
            changes,
        )

    def flaws(self) -> Iterator[tuple[str, str]]:
        """A number of lines that nobody has had."""
        from mmadvisor.criteria.allowed import limits_of, outside

        yield from super().flaws()
        if limits := limits_of("therapies.line"):
            # No prior line at all is a number of lines, though no therapy has it.
            yield from outside(self, ("at_least", "at_most"), limits._replace(low=0))

    def is_one_line_off(self, history: History) -> bool:
        """Whether the number of lines, as far as it is known, is next to a limit."""
        low, high = history.lines.low, history.lines.high
        too_few = self.at_least is not None and high is not None and high == self.at_least - 1
        too_many = self.at_most is not None and low == self.at_most + 1
        return too_few or too_many

    @classmethod
    def clash(cls, asked: Sequence[Self]) -> str:
        """More lines than are allowed."""
        low = max((c.at_least for c in asked if c.at_least is not None), default=0)
        high = min((c.at_most for c in asked if c.at_most is not None), default=low)
        return f"at least {low} and at most {high} prior lines" if low > high else ""


class _OverTokens(Criterion):
    to_each: tuple[str, ...] = ()
    """Agents or classes; every one of them is required."""
    to_any: tuple[str, ...] = ()
    """Agents or classes; one of them is enough."""

    _one_given = ("to_each", "to_any")

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return self.to_each + self.to_any

    def _listed(self) -> str:
        parts = []
        if self.to_each:
            parts.append(listed(self.to_each, "and"))
        if self.to_any:
            parts.append(listed(self.to_any, "or"))
        return ", and ".join(parts)

    def _combine(self, findings: dict[str, Finding]) -> Finding:
        each = [findings[t] for t in self.to_each]
        some = [findings[t] for t in self.to_any]
        truths = [f.truth for f in each]
        if some:
            truths.append(any_of(f.truth for f in some))
        truth = all_of(truths)
        pool = each + some
        deciding = [f for f in pool if f.truth is truth] or pool
        unknown = [f for f in pool if f.truth is Truth.UNKNOWN] if truth is Truth.UNKNOWN else []
        return Finding(
            truth,
            "; ".join(unique(f.found for f in deciding)),
            unique(w for f in deciding for w in f.where),
            unique(m for f in unknown for m in f.missing),
        )

    def _with_changes(
        self, found: Finding, findings: dict[str, Finding], kind: Literal["receive", "resist"], words: str
    ) -> Finding:
        """With what lacks: each of those that all must hold, and the first of those of which one suffices."""
        if found.truth is not Truth.NOT_MET:
            return found
        lacking = tuple(t for t in self.to_each if findings[t].truth is Truth.NOT_MET)
        changes = [Change(f"{words} {listed(lacking, 'and')}", kind, tokens=lacking)] if lacking else []
        if self.to_any and all(findings[t].truth is Truth.NOT_MET for t in self.to_any):
            changes.append(Change(f"{words} {listed(self.to_any, 'or')}", kind, tokens=self.to_any[:1]))
        return found.but(changes=tuple(changes))


class Exposed(_OverTokens):
    """Agents or classes received before."""

    type: Literal["exposed"] = "exposed"

    def required(self, words: Words) -> str:
        """In words."""
        return f"has received {self._listed()}"

    def decide(self, history: History, words: Words) -> Finding:
        """By the record; what a list that may not be whole lacks is unknown. Receiving what lacks would change it."""
        findings = {t: history.exposed_to(t) for t in self.tokens()}
        return self._with_changes(self._combine(findings), findings, "receive", "treatment with")

    def makes_certain(self) -> frozenset[OfDrug]:
        """That each was received."""
        return frozenset(("exposed", name) for name in self.to_each)

    def is_met_by(self) -> frozenset[OfDrug]:
        """Having received one of those of which one suffices."""
        return frozenset(("exposed", name) for name in self.to_any if not self.to_each)


class Refractory(_OverTokens):
    """Agents or classes to which the disease is refractory."""

    type: Literal["refractory"] = "refractory"

    def required(self, words: Words) -> str:
        """In words."""
        return f"refractory to {self._listed()}"

    def decide(self, history: History, words: Words) -> Finding:
        """By the derived history [rajkumar-2011]. Progression on what lacks would change it."""
        findings = {t: history.refractory_to(t) for t in self.tokens()}
        return self._with_changes(self._combine(findings), findings, "resist", "refractoriness to")

    def makes_certain(self) -> frozenset[OfDrug]:
        """That each was received, and that the disease is refractory to it."""
        kinds: tuple[Literal["exposed", "refractory"], ...] = ("exposed", "refractory")
        return frozenset((kind, name) for kind in kinds for name in self.to_each)

    def is_met_by(self) -> frozenset[OfDrug]:
        """Refractoriness to one of those of which one suffices."""
        return frozenset(("refractory", name) for name in self.to_any if not self.to_each)


class RefractoryCount(Criterion):
    """A number of agents of a class to which the disease is refractory."""

    type: Literal["refractory-count"] = "refractory-count"
    of: str
    """The class whose agents are counted."""
    at_least: int
    """The fewest agents."""

    _never_negative = ("at_least",)

    def required(self, words: Words) -> str:
        """In words."""
        return f"refractory to at least {self.at_least} agents of {self.of}"

    def decide(self, history: History, words: Words) -> Finding:
        """By counting agents."""
        bounds, missing = history.refractory_count(self.of)
        truth = bounds.at_least(self.at_least)
        found = f"{self.of}: {count_of(bounds)} refractory"
        changes: tuple[Change, ...] = ()
        if truth is Truth.NOT_MET and bounds.high is not None:
            more = self.at_least - int(bounds.high)
            text = f"refractoriness to {small(more)} more {plural('agent', more)} of {self.of}"
            changes = (Change(text, "resist", amount=more, tokens=(self.of,)),)
        return Finding(truth, found, ("therapies",), missing if truth is Truth.UNKNOWN else (), changes)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return (self.of,)


class Active(Criterion):
    """A component of a regimen that refractoriness to it or its like does not close.

    Added to every regimen for each of its agents; never written in data.
    """

    type: Literal["active"] = "active"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"{self.agent} not spent"

    def told(self, finding: Finding, words: Words) -> str:
        """As what it is, and not as what it should not be."""
        return f"{_whether(finding)}{self.agent} is spent: {finding.found}"

    @property
    def tells_unknown(self) -> bool:
        """It does."""
        return True

    @property
    def turns_with_therapy(self) -> bool:
        """What is spent stays spent."""
        return False

    def decide(self, history: History, words: Words) -> Finding:
        """Not met when spent."""
        spent = history.spent(self.agent)
        return Finding(negate(spent.truth), spent.found, spent.where, spent.missing)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return (self.agent,)


class Undoubted(Criterion):
    """A component that earlier therapy does not make doubtful. Added for each agent of a regimen."""

    type: Literal["undoubted"] = "undoubted"
    agent: str
    """The agent."""

    def required(self, words: Words) -> str:
        """In words."""
        return f"{self.agent} not doubtful"

    def told(self, finding: Finding, words: Words) -> str:
        """As what it is, and not as what it should not be."""
        return f"{_whether(finding)}{self.agent} is doubtful: {finding.found}"

    @property
    def tells_unknown(self) -> bool:
        """It does."""
        return True

    def decide(self, history: History, words: Words) -> Finding:
        """Not met when doubtful."""
        doubtful = history.doubtful(self.agent)
        return Finding(negate(doubtful.truth), doubtful.found, doubtful.where, doubtful.missing)

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return (self.agent,)


class ProgressedOnLast(Criterion):
    """Progression on the last therapy, as labels ask it.

    ``within_window``: the label itself asks for progression on it or within the refractory window; else a later
    relapse meets it, with a remark.
    """

    type: Literal["progressed-on-last"] = "progressed-on-last"
    within_window: bool = False
    """The label itself asks for progression on the therapy or within the refractory window after it. Otherwise a later
    relapse meets the criterion, with a remark."""

    def required(self, words: Words) -> str:
        """In words."""
        return "progressed on the last therapy"

    def decide(self, history: History, words: Words) -> Finding:
        """By the last entry that treated a line, with the interval of a relapse that came later."""
        found = history.progressed_on_last(within_window=self.within_window)
        if found.truth is not Truth.NOT_MET or history.last_treated is None:
            return found
        field = f"therapies[{history.last_treated}].stop_reason"
        return found.but(changes=(Change("progression on the last therapy", "value", field, "progression"),))


class DaysSinceDose(Criterion):
    """Days since the last dose of certain agents; those never given ask nothing."""

    type: Literal["days-since-dose"] = "days-since-dose"
    of: tuple[str, ...]
    """Agents or classes. Each that was given must have been stopped for so long."""
    at_least: int
    """The fewest days since the last dose."""

    _one_given = ("of",)
    _never_negative = ("at_least",)

    def required(self, words: Words) -> str:
        """In words."""
        return f"at least {self.at_least} days since the last dose of {listed(self.of, 'or')}"

    def decide(self, history: History, words: Words) -> Finding:
        """Unknown when a last dose is not recorded or a list may not be whole."""
        truths: list[Truth] = []
        shown: list[str] = []
        where: list[str] = []
        missing: list[str] = []
        days = 0
        last = ""
        for token in self.of:
            bounds, agent, field = history.days_since_dose(token)
            if bounds is None:
                absent = history.exposed_to(token)
                truths.append(negate(absent.truth))
                missing += absent.missing
                continue
            truth = bounds.at_least(self.at_least)
            truths.append(truth)
            where.append(field)
            days_since = f"{count_of(bounds)} days since {agent}{self._on_which_days(history, bounds, truth)}"
            no_day = not bounds.low and bounds.high is None
            shown.append(f"when {agent} was last given is not recorded" if no_day else days_since)
            if truth is Truth.UNKNOWN:
                missing.append(field)
            if truth is Truth.NOT_MET and bounds.high is not None and self.at_least - int(bounds.high) > days:
                days, last = self.at_least - int(bounds.high), agent
        truth = all_of(truths)
        text = f"{days} more {plural('day', days)} since the last dose of {last}"
        changes = (Change(text, "wait", amount=days),) if days else ()
        if truth is Truth.MET and history.complete is not Truth.MET:
            truth = Truth.UNKNOWN
            missing.append("therapies_complete")
        found = "; ".join(unique(shown)) or "never received"
        return Finding(
            truth,
            found,
            tuple(where) or ("therapies",),
            unique(missing) if truth is Truth.UNKNOWN else (),
            changes if truth is Truth.NOT_MET else (),
        )

    def _on_which_days(self, history: History, bounds: Bounds, truth: Truth) -> str:
        """The last dose and the first day on which the interval has passed, where it has not and both can be said."""
        if truth is Truth.MET or bounds.low is None or bounds.high is None or not history.today.exact:
            return ""
        today = history.today.earliest
        last = Span(today - timedelta(days=bounds.high), today - timedelta(days=bounds.low))
        return f", last given {last}, {self.at_least} days on {last.plus(self.at_least)}"

    def tokens(self) -> tuple[str, ...]:
        """What it names."""
        return self.of

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """What the record leaves open, and a last dose on either side of the interval."""
        last = history.as_of - timedelta(days=self.at_least)
        return distinct((*super().tries(field, history), *possible.days(history, field, [last])))

    def bearing(self, formulary: Formulary) -> frozenset[str] | None:
        """Time passes whatever is given."""
        return None


class MonthsSinceTransplant(Criterion):
    """How long the remission after the last transplant lasted, in months."""

    type: Literal["months-since-transplant"] = "months-since-transplant"
    at_least: float
    """The fewest months from the last transplant to progression."""

    _never_negative = ("at_least",)

    def required(self, words: Words) -> str:
        """In words."""
        return f"at least {figure(self.at_least)} months from the last transplant to progression"

    def decide(self, history: History, words: Words) -> Finding:
        """Not met without a transplant, where the list is whole."""
        months, where, missing = history.months_since_transplant()
        found = "no transplant among the therapies"
        if months is not None:
            found = f"{count_of(months)} months from transplant to progression"
        if history.complete is not Truth.MET:
            found += "; the list of therapies may not be whole"
            open_ = missing if months is not None and months.at_least(self.at_least) is Truth.UNKNOWN else ()
            return Finding(Truth.UNKNOWN, found, (where,), ("therapies_complete", *open_))
        truth = Truth.NOT_MET if months is None else months.at_least(self.at_least)
        return Finding(truth, found, (where,), missing if truth is Truth.UNKNOWN else ())

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """What the record leaves open, and days on either side of the interval from the last transplant."""
        last = [(entry, self.at_least) for entry in possible.transplants(history)[-1:]]
        return distinct((*super().tries(field, history), *possible.months_apart(history, field, last)))


class EarlyRelapse(Criterion):
    """The first line ended early."""

    type: Literal["early-relapse"] = "early-relapse"
    within_months_of_start: float
    """Months from the start of line 1 within which a relapse is early."""
    within_months_of_transplant: float
    """Months from the transplant of line 1 within which a relapse is early."""

    _never_negative = ("within_months_of_start", "within_months_of_transplant")

    def required(self, words: Words) -> str:
        """In words."""
        return (
            f"first relapse within {figure(self.within_months_of_start)} months of starting line 1, "
            f"or within {figure(self.within_months_of_transplant)} months of transplant"
        )

    def decide(self, history: History, words: Words) -> Finding:
        """From the dates of the first line."""
        return history.early_relapse(self.within_months_of_start, self.within_months_of_transplant)

    def tries(self, field: str, history: History) -> tuple[object, ...]:
        """What the record leaves open, and days on either side of each interval within the first line."""
        first = [i for i in history.treatments if history.lines.of_entry[i] == 1]
        within = [(entry, self.within_months_of_start) for entry in first[:1]]
        within += [
            (entry, self.within_months_of_transplant) for entry in possible.transplants(history) if entry in first
        ]
        return distinct((*super().tries(field, history), *possible.months_apart(history, field, within)))


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
