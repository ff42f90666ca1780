"""Whether a series of paraprotein values shows a biochemical relapse: yes, no or unknown.

Only the values from the lowest value of the present line on count. If a value crosses a limit, a later value on another
day must confirm it. The limit does not count if the newest value is below it again. So a further value that is higher,
or that is later and not lower, never weakens the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from mmadvisor.base.known import Finding, Span, Truth, all_of, any_of
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.rules import Progression, Threshold, Treatment, Unsure
from mmadvisor.formats.drugs import Statement
from mmadvisor.formats.patient import MProtein
from mmadvisor.history.history import History

Component = Literal["serum_g_per_l", "urine_mg_per_24h", "dflc_mg_per_l"]
_NAMES: dict[Component, tuple[str, str]] = {
    "serum_g_per_l": ("serum", "g/L"),
    "urine_mg_per_24h": ("urine", "mg/24 h"),
    "dflc_mg_per_l": ("dFLC", "mg/L"),
}
_SERIES = "disease.m_protein"


class _Point(NamedTuple):
    """One measurement of one component, on a day that may be known in part."""

    day: Span
    value: float

    def before(self, other: _Point) -> Truth:
        """Whether this measurement was taken on an earlier day than ``other``."""
        return self.day.days_until(other.day).at_least(1)


class _Limit(NamedTuple):
    """A limit that a later value must reach, counted from an earlier value, such as twice that value.

    ``within``: the number of days after the earlier value by which the limit must be reached; ``None`` for any time.
    """

    value: float
    words: str
    within: float | None = None


_Limits = Callable[[float], Iterator[_Limit]]


class Rise(NamedTuple):
    """The result of a series: significant relapse, progression by IMWG, and what makes the series unreliable."""

    significant: Finding
    progression: Finding
    unsure: tuple[Statement, ...]

    @property
    def reached(self) -> Finding | None:
        """The finding for a limit that was crossed and confirmed, otherwise for a limit for which this is unknown.

        ``None`` if there is no such limit.
        """
        found = (self.significant, self.progression)
        met = (f for f in found if f.truth is Truth.MET)
        # A finding without a value is unknown because there is no series.
        perhaps = (f for f in found if f.truth is Truth.UNKNOWN and f.where)
        return next(met, None) or next(perhaps, None)

    @property
    def shows(self) -> str:
        """What the series shows, in words; only for a series in which a limit was crossed and confirmed."""
        of_note = self.significant.truth is Truth.MET
        return f"the paraprotein shows {'a significant relapse' if of_note else 'progression by IMWG'}"


def rise(history: History, catalogue: Catalogue) -> Rise:
    """The result of the series of the paraprotein [imwg-relapse], and progression by IMWG [kumar-2016-response].

    Unknown if a component has fewer than two dated values since the present line began, or if a limit was crossed only
    once. A component with fewer values decides nothing.
    """
    rules = catalogue.treatment
    recorded = history.patient.get(_SERIES) or ()
    usable = [name for name in _NAMES if name != "dflc_mg_per_l" or not _ratio_is_normal(history, rules)]
    series = [_Series(history, rules, recorded, name) for name in usable]
    counted = [s for s in series if len(s.points) > 1]
    shown = "; ".join(s.shown for s in counted)
    unsure = tuple(_unsure(history, rules, recorded))
    if not counted:
        dated = sum(m.on is not None for m in recorded)
        if dated < 2:
            found = "fewer than two dated measurements of the paraprotein"
        elif len(usable) < len(_NAMES) and _counts(history, rules, recorded, "dflc_mg_per_l"):
            found = "light chains alone were measured twice, and while their ratio is normal they do not count"
        else:
            found = "no series of serum, urine or light chains since the present line began"
        unknown = Finding(Truth.UNKNOWN, found, (), (_SERIES,))
        return Rise(unknown, unknown, unsure)
    return Rise(
        _strongest([s.significant() for s in counted], shown),
        _strongest([s.progression() for s in counted], shown),
        unsure,
    )


def _counts(history: History, rules: Treatment, recorded: Iterable[MProtein], name: Component) -> bool:
    return len(_Series(history, rules, recorded, name).points) > 1


def _strongest(findings: Iterable[Finding], shown: str) -> Finding:
    found = list(findings)
    truth = any_of(f.truth for f in found)
    if truth is Truth.NOT_MET:
        return Finding(truth, shown)
    deciding = [f for f in found if f.truth is truth]
    missing = tuple(dict.fromkeys(m for f in deciding for m in f.missing))
    return Finding(truth, "; ".join(f.found for f in deciding), (_SERIES,), missing)


def _line_start(history: History) -> tuple[Span | Literal["none"] | None, str]:
    """The day on which the present line began, and its field; ``none`` if there was no line."""
    if not history.last_line:
        return "none", ""
    index = history.last_line[0]
    return history.patient.therapies[index].start, f"therapies[{index}].start"


# Why: docs/explanation/treat-now.md#more-disease-never-weakens-the-answer
def _since_lowest(points: list[_Point]) -> list[_Point]:
    """The lowest value (the last of several), and the values that came after it or may have."""
    if not points:
        return []
    lowest = min(reversed(points), key=lambda p: p.value)
    return [lowest, *(p for p in points if p is not lowest and lowest.before(p) is not Truth.NOT_MET)]


def _unsure(history: History, rules: Treatment, recorded: Iterable[MProtein]) -> Iterator[Statement]:
    """Findings that make the series unreliable, or leave nothing to measure."""
    limits = rules.unsure
    values = {name: [v for m in recorded if (v := getattr(m, name)) is not None] for name in _NAMES}
    if values["dflc_mg_per_l"] and _kidneys_move_light_chains(history, limits):
        yield limits.says["light-chains"]
    if values["serum_g_per_l"] and _band_of_an_antibody(history, limits):
        yield limits.says["band"]
    isotype = _isotype(history)
    highest: dict[Component, float] = {name: max(held, default=0) for name, held in values.items()}
    if history.patient.get(_SERIES) is not None and not any(highest.values()):
        yield limits.says["nothing-measurable"]
    elif any(name in isotype for name in limits.secreting_little):
        yield limits.says["secretes-little"]
    elif any(values.values()) and not _measurable(highest, limits):
        yield limits.says["low-values"]


def _isotype(history: History) -> str:
    return (history.patient.get("disease.isotype") or "").casefold()


def _kidneys_move_light_chains(history: History, limits: Unsure) -> bool:
    """Whether the clearance is known to be low, or the kidneys are changing."""
    clearance = history.organs.creatinine_clearance
    low = clearance is not None and clearance.at_least(limits.clearance_below_ml_per_min.value) is Truth.NOT_MET
    return low or history.kidneys.changing


def _band_of_an_antibody(history: History, limits: Unsure) -> bool:
    """Whether an antibody that was given lately may be measured as paraprotein of its own isotype."""
    isotype = _isotype(history)
    of_its_isotype = not isotype or (
        any(name in isotype for name in limits.band_isotypes)
        and not any(name in isotype for name in limits.other_light_chain)
    )
    since = [history.relapses.days_since_dose(token) for token in limits.band_classes]
    recent = [days for days in since if days is not None and days.at_most(limits.band_days.value) is not Truth.NOT_MET]
    return of_its_isotype and bool(recent)


def _measurable(highest: Mapping[Component, float], limits: Unsure) -> bool:
    """Whether a component reaches the limit from which it counts as measurable."""
    least: dict[Component, Threshold] = {
        "serum_g_per_l": limits.serum_measurable_g_per_l,
        "urine_mg_per_24h": limits.urine_measurable_mg_per_24h,
        "dflc_mg_per_l": limits.dflc_measurable_mg_per_l,
    }
    return any(highest[name] >= limit.value for name, limit in least.items())


def _ratio_is_normal(history: History, rules: Treatment) -> bool:
    """Whether the ratio of light chains is recorded as normal; false if it is not recorded."""
    ratio = history.patient.get("disease.flc_ratio")
    return ratio is not None and rules.flc_ratio_from.value <= ratio <= rules.flc_ratio_to.value


class _Series:
    """The values of one component since the lowest of the present line."""

    def __init__(self, history: History, rules: Treatment, recorded: Iterable[MProtein], component: Component) -> None:
        self.rules = rules
        self.component = component
        self.name, self.unit = _NAMES[component]
        known = [(m.on, getattr(m, component)) for m in recorded]
        points = [_Point(day, value) for day, value in known if day is not None and value is not None]
        points.sort(key=lambda p: (p.day.earliest, p.day.latest))
        self.start, self.start_field = _line_start(history)
        belongs = [(p, self._in_line(p)) for p in points]
        self.points = [p for p, truth in belongs if truth is not Truth.NOT_MET]
        self.certain = [p for p, truth in belongs if truth is Truth.MET]
        undated = [getattr(m, component) for m in recorded if m.on is None]
        self.undated = [value for value in undated if value is not None]

    def _in_line(self, point: _Point) -> Truth:
        """Whether a measurement belongs to the present line; unknown if its start is missing or known only in part."""
        if self.start == "none":
            return Truth.MET
        return Truth.UNKNOWN if self.start is None else self.start.days_until(point.day).at_least(0)

    @property
    def shown(self) -> str:
        """The lowest and the newest value, in words."""
        since = _since_lowest(self.points)
        highest = max(point.value for point in since)
        peak = f", at most {highest:g}" if highest > since[-1].value else ""
        return f"{self.name} {since[0].value:g} to {since[-1].value:g} {self.unit}{peak}"

    def significant(self) -> Finding:
        """Whether there is a significant paraprotein relapse [imwg-relapse]."""
        return self._reached(self._significant)

    def progression(self) -> Finding:
        """Whether there is progression by IMWG [kumar-2016-response], with limits that count from the lowest value."""
        return self._reached(self._progression, from_lowest=True)

    def _significant(self, value: float) -> Iterator[_Limit]:
        """The limits of a significant relapse that count from a value."""
        rules = self.rules
        if self.component == "serum_g_per_l":
            if value >= rules.doubling_from_g_per_l.value:
                days = rules.doubling_days.value
                yield _Limit(2 * value, f"doubled within {days:g} days", days)
            yield self._more(value, rules.serum_rise_g_per_l.value)
        elif self.component == "urine_mg_per_24h":
            yield self._more(value, rules.urine_rise_mg_per_24h.value)
        else:
            by_share = value * rules.dflc_rise_percent.value / 100
            yield self._more(value, max(rules.dflc_rise_mg_per_l.value, by_share))

    def _progression(self, value: float) -> Iterator[_Limit]:
        limits: Progression = self.rules.progression
        share = value * limits.rise_percent.value / 100
        if self.component == "serum_g_per_l":
            more = max(share, limits.serum_rise_g_per_l.value)
            if value >= limits.high_serum_from_g_per_l.value:
                more = min(more, limits.high_serum_rise_g_per_l.value)
            yield self._more(value, more)
        elif self.component == "urine_mg_per_24h":
            yield self._more(value, max(share, limits.urine_rise_mg_per_24h.value))
        else:
            yield self._more(value, max(share, limits.dflc_rise_mg_per_l.value))

    def _more(self, value: float, rise: float) -> _Limit:
        return _Limit(value + rise, f"risen by {rise:g} {self.unit}")

    def _reached(self, limits_of: _Limits, *, from_lowest: bool = False) -> Finding:
        """Whether a limit was reached and confirmed."""
        by_all = self._reached_by(self.points, limits_of, from_lowest)
        by_certain = self._reached_by(self.certain, limits_of, from_lowest)
        if by_all.truth is Truth.MET and by_certain.truth is not Truth.MET:
            found = f"{by_all.found}; when the present line began is not known to the day"
            return Finding(Truth.UNKNOWN, found, (), (self.start_field,))
        if by_all.truth is Truth.NOT_MET and self.points and self.undated:
            lowest = _since_lowest(self.points)[0]
            limit = min(limit.value for limit in limits_of(lowest.value))
            if max(self.undated) >= limit:
                found = (
                    f"{self.name} {max(self.undated):g} {self.unit} is recorded without a day; the limit is {limit:g}"
                )
                return Finding(Truth.UNKNOWN, found, (), (_SERIES,))
        return by_all

    def _reached_by(self, points: list[_Point], limits_of: _Limits, from_lowest: bool) -> Finding:
        since = _since_lowest(points)
        best = Finding(Truth.NOT_MET, self.shown if self.points else "")
        begun = max((p.day.earliest for p in since), default=None)
        newest = [p for p in since if begun is not None and p.day.latest >= begun]
        for first in since[:1] if from_lowest else since:
            for limit in limits_of(first.value):
                # The newest value must still reach the limit: a relapse that was treated since is over.
                standing = [p.value >= limit.value for p in newest]
                stands = Truth.MET if all(standing) else Truth.UNKNOWN if any(standing) else Truth.NOT_MET
                if stands is Truth.NOT_MET:
                    continue
                found = self._by(first, limit, since, newest, stands)
                if found.truth is Truth.MET:
                    return found
                if found.truth is Truth.UNKNOWN and best.truth is Truth.NOT_MET:
                    best = found
        return best

    def _by(self, first: _Point, limit: _Limit, since: list[_Point], newest: list[_Point], stands: Truth) -> Finding:
        """Whether one limit that counts from one value was reached, and confirmed by a later value."""
        best = Finding(Truth.NOT_MET, self.shown)
        for second in since:
            if second.value < limit.value:
                continue
            days = first.day.days_until(second.day)
            within = Truth.MET if limit.within is None else days.at_most(limit.within)
            reached = all_of([first.before(second), within, stands])
            confirmed = any_of(second.before(third) for third in newest if third.value >= limit.value)
            if reached is Truth.NOT_MET:
                continue
            said = (
                f"{self.name} {first.value:g} ({first.day}) to {second.value:g} {self.unit} ({second.day}), "
                f"{limit.words}; the limit is {limit.value:g}"
            )
            if reached is Truth.MET and confirmed is Truth.MET:
                last = newest[-1]
                return Finding(Truth.MET, f"{said}; confirmed by {last.value:g} ({last.day})")
            if best.truth is Truth.NOT_MET:
                once = "reached once: repeat now" if confirmed is Truth.NOT_MET else "the days are known in part"
                best = Finding(Truth.UNKNOWN, f"{said}; {once}", (), (_SERIES,))
        return best
