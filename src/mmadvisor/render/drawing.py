"""Positions in drawings: days on a timeline, months on an axis. This module computes numbers; templates draw them.

Nothing is guessed. A partial date is drawn as all the days that it may mean. A bar with an unknown start or end is a
stub with a question mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from mmadvisor.base.known import Span, span
from mmadvisor.render.text import spoken

if TYPE_CHECKING:
    from mmadvisor.answers.published import BenchmarkEntry, EvidenceEntry
    from mmadvisor.answers.recommendation import GivenEntry, HistoryEntry, NearestBenefit, TherapyEntry

    Figures = EvidenceEntry | NearestBenefit | BenchmarkEntry

GIVEN_ON_ONE_DAY = ("transplant", "car-t")
STUB = 6.0  # width of a bar with only one known end
MARGIN = 0.03  # on either side, as a part of the time that is drawn
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STEPS = (1, 3, 6, 12, 24, 60, 120)


# --- the timeline -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """The layout of a timeline; ``above``: names are printed above their bars, for a narrow page."""

    width: float
    left: float
    right: float
    title: float
    row: float
    between_ticks: float
    above: bool


WIDE = Layout(width=1060, left=232, right=190, title=24, row=21, between_ticks=52, above=False)
PAPER = Layout(width=760, left=212, right=144, title=19, row=14, between_ticks=52, above=False)
NARROW = Layout(width=350, left=6, right=12, title=38, row=36, between_ticks=44, above=True)
TOP = 26.0
GAP = 10.0


@dataclass(frozen=True)
class Bar:
    """One period of one agent: the days on which it was certainly given, and the days on which it may have been given.

    ``shape`` is ``bar``, ``day`` (a diamond), ``stub`` (one end is unknown) or ``none`` (no date is recorded).
    """

    shape: str
    x: float
    width: float
    may_x: float
    may_width: float
    partly: bool
    open_start: bool
    open_end: bool
    ongoing: bool
    words: str


@dataclass(frozen=True)
class Row:
    """An agent within a therapy, and its periods."""

    y: float
    agent: str
    name: str
    refractory: str
    bars: list[Bar]


@dataclass(frozen=True)
class Block:
    """A therapy: its title, its agents, its outcome, and the progression that ended it."""

    index: int
    y: float
    height: float
    line: str
    first_of_line: bool
    title: str
    response: str
    progression: str
    progressed: tuple[float, float, float] | None
    rows: list[Row]


@dataclass(frozen=True)
class Timeline:
    """A whole timeline; ``undated`` lists the periods without a position."""

    layout: Layout
    height: float
    ticks: list[tuple[float, str]]
    today: float
    today_label: str
    blocks: list[Block]
    undated: list[str]

    @property
    def bands(self) -> list[tuple[float, float]]:
        """The top and bottom of every second line of therapy, which is shaded."""
        starts = [b.y for b in self.blocks if b.first_of_line]
        ends = [y - GAP / 2 for y in starts[1:]] + [self.height]
        return list(zip(starts, ends, strict=True))[::2]


@dataclass(frozen=True)
class Days:
    """A scale of days between two edges of a drawing."""

    first: int
    last: int
    left: float
    right: float

    def at(self, day: date) -> float:
        """The position of a day."""
        return round(
            self.left + (day.toordinal() - self.first) * (self.right - self.left) / (self.last - self.first), 2
        )


def timeline(history: HistoryEntry, today: str, layout: Layout = WIDE) -> Timeline:
    """The therapies of a history as bars over the years, one row for each agent."""
    now = span(today)
    scale = _scale(history["therapies"], now, layout)
    refractory = {agent["agent"]: agent["refractory"] for agent in history["agents"]}
    y, line = TOP, None
    blocks: list[Block] = []
    undated: dict[tuple[str, str], list[str]] = {}
    for therapy in history["therapies"]:
        first_of_line = not blocks or therapy["line"] != line
        y += GAP if first_of_line and blocks else 0
        line = therapy["line"]
        rows, top = [], y
        y += layout.title
        for agent, periods in _periods(therapy).items():
            bars = [bar(p["start"], p["stop"], now, scale, one_day=_one_day(therapy, p)) for p in periods]
            row = Row(y, agent, periods[0]["name"], refractory.get(agent, ""), bars)
            for b in bars:
                if b.shape in ("none", "stub"):
                    undated.setdefault((title_of(therapy), b.words), []).append(row.name)
            rows.append(row)
            y += layout.row
        progressed = therapy["progressed_on"]
        if progressed is None and therapy["stop_reason"] == "progression":
            undated.setdefault((title_of(therapy), "day not recorded"), []).append("progression")
        blocks.append(
            Block(
                index=therapy["index"],
                y=top,
                height=y - top,
                line="" if line is None else str(line),
                first_of_line=first_of_line,
                title=title_of(therapy),
                response=therapy["best_response"] or "",
                progression=progressed or "",
                progressed=_mark(span(progressed), scale) if progressed else None,
                rows=rows,
            )
        )
    said = [f"{', '.join(names)} ({title}): {what}" for (title, what), names in undated.items()]
    return Timeline(layout, y + 8, _ticks(scale, layout), scale.at(now.latest), today, blocks, said)


def title_of(therapy: TherapyEntry) -> str:
    """The name of a therapy: the regimen and its purpose."""
    intent = spoken(therapy["intent"] or "")
    return ", ".join(x for x in (therapy["regimen"], intent) if x) or "therapy"


def bar(start: str | None, stop: str | None, now: Span, scale: Days, *, one_day: bool = False) -> Bar:
    """One period as a bar: certain days, possible days, and unknown ends."""
    begun = span(start) if start else None
    ended = now if stop == "ongoing" else span(stop) if stop else None
    words = _period_in_words(start, stop, one_day=one_day)
    if begun is None and ended is None:
        return Bar("none", 0, 0, 0, 0, False, True, True, False, words)
    earliest, latest = (begun or ended, ended or begun)
    assert earliest is not None and latest is not None
    left, right = scale.at(earliest.earliest), scale.at(max(earliest.latest, latest.latest))
    partly = not (begun is None or begun.exact) or not (ended is None or ended.exact)
    if one_day:
        return Bar("day", round((left + right) / 2, 2), 0, left, right - left, partly, False, False, False, words)
    if begun is None or ended is None:
        x = min(left, scale.right - STUB) if begun else max(right - STUB, scale.left)
        return Bar(
            "stub", x, 0, min(x, left), max(right - left, STUB), True, begun is None, ended is None, False, words
        )
    sure = scale.at(begun.latest), scale.at(ended.earliest)
    width = max(sure[1] - sure[0], 0)
    if not partly:  # a bar of a few days must be visible
        width = max(width, min(2.0, scale.right - sure[0]))
    return Bar(
        "bar", sure[0] if width else left, round(width, 2), left, round(right - left, 2), partly, False, False,
        stop == "ongoing", words,
    )  # fmt: skip


def _one_day(therapy: TherapyEntry, period: GivenEntry) -> bool:
    """Whether a period lasts one day: it begins and stops on the same day, or its treatment is given on one day.

    A transplant and a CAR-T infusion are given on one day, unless a longer period is recorded.
    """
    start, stop = period["start"], period["stop"]
    if start and start == stop and span(start).exact:
        return True
    kinds = (therapy["intent"], period["modality"])
    return bool(start or stop) and any(k in GIVEN_ON_ONE_DAY for k in kinds) and (start == stop or not (start and stop))


def _period_in_words(start: str | None, stop: str | None, *, one_day: bool) -> str:
    if not start and not stop:
        return "no date recorded"
    if one_day:
        return f"{start or stop}"
    end = "still taken" if stop == "ongoing" else f"to {stop}" if stop else "to a day that is not recorded"
    return f"from {start or 'a day that is not recorded'} {end}"


def _periods(therapy: TherapyEntry) -> dict[str, list[GivenEntry]]:
    found: dict[str, list[GivenEntry]] = {}
    for period in therapy["agents"]:
        found.setdefault(period["agent"], []).append(period)
    return found


def _mark(day: Span, scale: Days) -> tuple[float, float, float]:
    """The position of a day, and the first and last position that it may have."""
    left, right = scale.at(day.earliest), scale.at(day.latest)
    return round((left + right) / 2, 2), left, right


def _scale(therapies: Sequence[TherapyEntry], now: Span, layout: Layout) -> Days:
    told = [day for t in therapies for day in (t["start"], t["stop"], t["progressed_on"])]
    told += [day for t in therapies for given in t["agents"] for day in (given["start"], given["stop"])]
    days = [span(day) for day in told if day and day != "ongoing"] + [now]
    first = min(day.earliest for day in days).toordinal()
    last = max(day.latest for day in days).toordinal()
    margin = max(7, round((last - first) * MARGIN))
    return Days(first - margin, last + margin, layout.left, layout.width - layout.right)


def _ticks(scale: Days, layout: Layout) -> list[tuple[float, str]]:
    """The starts of years (of months if there are few years), as many as fit."""
    a_month = (scale.right - scale.left) / (scale.last - scale.first) * 30.4
    step = next((s for s in STEPS if s * a_month >= layout.between_ticks), STEPS[-1])
    first, last = date.fromordinal(scale.first), date.fromordinal(scale.last)
    ticks = []
    for year in range(first.year, last.year + 1):
        for month in range(1, 13, min(step, 12)):
            day = date(year, month, 1)
            if first <= day <= last and (step <= 12 or year % (step // 12) == 0):
                label = str(year) if month == 1 else MONTHS[month - 1]
                ticks.append((scale.at(day), label))
    return ticks


# --- months on an axis --------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """Months from the left edge to the right one."""

    most: float
    width: float = 240.0
    height: float = 25.0
    room: float = 14.0  # beyond the last month, for arrows

    def at(self, months: float) -> float:
        """The position of a number of months that lies on the axis."""
        return round(min(months, self.most) / self.most * (self.width - self.room), 2)

    @property
    def ticks(self) -> list[tuple[float, int]]:
        """Whole months with their positions."""
        step = next(s for s in (2, 6, 12, 24, 48, 120) if self.most / s <= 6)
        return [(self.at(m), m) for m in range(0, int(self.most) + 1, step)]


@dataclass(frozen=True)
class Survival:
    """A published median with its interval; ``open``: the upper end, or the median itself, was not reached.

    ``control``: the median of the control group of the same trial.
    """

    median: float | None
    low: float | None
    high: float | None
    open: bool
    reached: bool
    hollow: bool
    control: float | None


def months_axis(rows: Iterable[Figures]) -> Axis:
    """An axis for all progression-free survival on a page."""
    shown = [0.0]
    for row in rows:
        if m := row.get("pfs_months"):
            shown += [float(x) for x in (m["median"], m.get("control"), *m.get("ci95", ())) if x is not None]
    most = max(shown)
    step = 6 if most <= 36 else 12
    return Axis(most=float(max(step, -(-most // step) * step)))


def survival(row: Figures, axis: Axis) -> Survival | None:
    """A row of evidence on an axis; ``None`` if it has neither a median nor a lower limit."""
    m = row.get("pfs_months")
    if m is None:
        return None
    low, high = m.get("ci95", (None, None))
    median = m["median"]
    not_reached = median is None and bool(m.get("not_reached"))
    if median is None and not not_reached:
        return None
    return Survival(
        median=None if median is None else axis.at(median),
        low=None if low is None else axis.at(low),
        high=None if high is None else axis.at(high),
        open=not_reached or ("ci95" in m and high is None),
        reached=not not_reached,
        hollow=row["verified"] == "unverified",
        control=axis.at(m["control"]) if "control" in m else None,
    )
