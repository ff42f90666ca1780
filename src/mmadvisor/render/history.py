"""The history: lines as rows, agents as bars over the years, and the reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mmadvisor.answers.recommendation import SCHEMA, ClassEntry, HistoryEntry, Recommendation, TherapyEntry
from mmadvisor.base.known import span
from mmadvisor.render import screen_words, short, words
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import later
from mmadvisor.render.shared import due_now, foot, strip
from mmadvisor.render.text import cells, folded, spoken, widest

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def draw(paper: Paper, a: Recommendation, look: Look) -> None:
    """Lines as rows, agents as bars over the years, then every derived fact with its reason."""
    strip(paper, a)
    due_now(paper, a["treat_now"], a["first"])
    paper.gap()
    h = a["history"]
    paper.pairs(
        [
            ("State", spoken(h["state"])),
            ("List is whole", h["complete"]),
            ("Clearance", h["creatinine_clearance"]),
            ("Frailty", h["frailty"]),
            ("Progressed on last", h["progressed_on_last"]),
        ]
    )
    paper.bullets(a["warnings"], sign="!")
    if h["therapies"]:
        paper.heading("Timeline")
        _timeline(paper, h["therapies"], a["patient"]["assessed_on"])
    _proofs(paper, h)
    foot(paper, a)


REASONS_SHOWN, OPEN_SHOWN, FACTS_SHOWN, WARNINGS_SHOWN, NAMES_SHOWN = 8, 3, 3, 2, 8


def brief(paper: Paper, a: Recommendation, look: Look) -> None:
    """The drugs by what became of them, the timeline, how the lines were counted, and what is not settled."""
    h = a["history"]
    short.patient(paper, a)
    short.first(paper, a["treat_now"], a["first"])
    _by_drug(paper, h)
    paper.bullets(a["warnings"][:WARNINGS_SHOWN], sign="!")
    if h["therapies"]:
        _timeline(paper, h["therapies"], a["patient"]["assessed_on"])
    lines = h["prior_lines"]
    count = words.line_count(lines)
    said = screen_words.ONE_LINE if count == "1" else screen_words.LINES.format(count=count)
    others = [f"{words.line_count(o)} by {o['definition']}" for o in lines["alternatives"]]
    paper.line(screen_words.COUNTED_AS.format(lines=said, by="; ".join([lines["definition"], *others])), style="bold")
    paper.bullets(lines["reasons"][:REASONS_SHOWN])
    open_ = _not_settled(h)
    if open_:
        paper.line(screen_words.NOT_SETTLED, style="bold")
    for facts, names in open_[:OPEN_SHOWN]:
        more = screen_words.AND_MORE.format(n=len(facts) - FACTS_SHOWN) if len(facts) > FACTS_SHOWN else ""
        settled_by = "; ".join(facts[:FACTS_SHOWN]) + more
        paper.bullets([f"{words.few(names, FACTS_SHOWN)}: {settled_by}"], sign="?")
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE_OF_HISTORY)
    short.left_out(
        paper,
        {
            "findings": len(h["agents"]) + len(h["classes"]) + len(h["labels"]),
            "lines": len(lines["reasons"]) - REASONS_SHOWN,
            "open": len(open_) - OPEN_SHOWN,
            "warnings": len(a["warnings"]) - WARNINGS_SHOWN,
            "settings": len(a["settings"]),
        },
    )


def _by_drug(paper: Paper, h: HistoryEntry) -> None:
    """What the disease is refractory to, what it was exposed to, what is doubtful, and the terms that apply."""
    refractory = [x["name"] for x in h["agents"] if x["refractory"] == "yes"]
    exposed = [words.exposed(x) for x in h["agents"] if x["refractory"] == "no"]
    doubtful = [x["name"] for x in h["agents"] if x["refractory"] in ("unknown", "doubtful")]
    doubtful += [_of_class(x) for x in h["classes"] if x["refractory"] == "doubtful"]
    never = [x["class"] for x in h["classes"] if x["exposed"] == "no"]
    unknown = [x["class"] for x in h["classes"] if x["exposed"] == "unknown"]
    for said, names in (
        (screen_words.REFRACTORY, refractory or [screen_words.NOTHING_KNOWN]),
        (screen_words.EXPOSED, exposed),
        (screen_words.DOUBTFUL, list(dict.fromkeys(doubtful))),
        (screen_words.HELD, [x["label"] for x in h["labels"] if x["value"] == "yes"]),
        (screen_words.NEVER, [words.few(never, NAMES_SHOWN)] if never else []),
        (screen_words.RECEIVED_UNKNOWN, [words.few(unknown, NAMES_SHOWN)] if unknown else []),
        (screen_words.PROGRESSED, [h["progressed_on_last"]]),
    ):
        if names:
            paper.line(said.format(agents=", ".join(names), complete=h["complete"]))


def _of_class(found: ClassEntry) -> str:
    """A class or target, with its modality if it has one."""
    return found["class"] + (f" ({found['modality']})" if "modality" in found else "")


def _not_settled(h: HistoryEntry) -> list[tuple[list[str], list[str]]]:
    """The drugs and terms that are unknown, by the facts that would settle them: (facts, names)."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for agent in h["agents"]:
        if agent["refractory"] == "unknown":
            groups.setdefault(tuple(agent["missing_names"]), []).append(agent["name"])
    for label in h["labels"]:
        if label["value"] == "unknown":
            groups.setdefault(tuple(label["missing_names"]), []).append(label["label"])
    return [(list(facts), names) for facts, names in groups.items()]


def _proofs(paper: Paper, h: HistoryEntry) -> None:
    """Every finding with its reason: agents, classes, labels, lines."""
    if h["agents"]:
        paper.heading("Agents")
        paper.table(
            ["Agent", "Class", "Refractory", "Because"],
            [[words.exposed(x), x["class"], paper.mark(x["refractory"]), words.reason(x)] for x in h["agents"]],
        )
    paper.heading("Classes, targets and modalities")
    paper.table(
        ["Class", "Exposed", "Refractory", "Because"],
        [
            [
                _of_class(x),
                paper.mark(x["exposed"]),
                paper.mark(x["refractory"]),
                words.reason(x),
            ]
            for x in h["classes"]
            if x["exposed"] == "yes" or x["refractory"] in ("yes", "doubtful")
        ],
    )
    untouched = [x["class"] for x in h["classes"] if x["exposed"] == "no"]
    unknown = [x["class"] for x in h["classes"] if x["exposed"] == "unknown"]
    paper.pairs([("Never received", ", ".join(untouched)), ("Not known", ", ".join(unknown))])
    paper.heading("Labels")
    paper.table(
        ["Label", "", "Because"],
        [[x["label"], paper.mark(x["value"]), f"{words.reason(x)} {later(x)}".strip()] for x in h["labels"]],
    )
    paper.heading("How the lines were counted")
    paper.bullets(h["prior_lines"]["reasons"])


@dataclass(frozen=True)
class _Bar:
    """One bar of the timeline: its name, its therapy, its first and its last day as recorded."""

    name: str
    therapy: TherapyEntry
    start: str | None
    stop: str | None

    @property
    def begun(self) -> str | None:
        """The first day of the bar; the last day if only the last day is recorded; ``None`` without a day."""
        return self.start or (self.stop if self.stop != "ongoing" else None)

    @property
    def known(self) -> bool:
        """Whether both ends are known to the day."""
        start, stop = self.start, self.stop
        return bool(start and stop and span(start).exact and (stop == "ongoing" or span(stop).exact))


@dataclass(frozen=True)
class _Years:
    """A scale of years over a number of columns."""

    first: int
    last: int
    room: int

    @property
    def scale(self) -> float:
        """Columns for each year."""
        return self.room / (self.last - self.first)

    def column(self, day: str, *, end: bool = False) -> int:
        """The column of a day; for a partial date, of the first possible day, or with ``end`` of the last."""
        return min(self.room - 1, max(0, int((_year(day, end) - self.first) * self.scale)))


def _timeline(paper: Paper, therapies: list[TherapyEntry], today: str) -> None:
    """One row for each bar, which is the agents of a therapy with the same dates."""
    signs = ("█", "░", "▶", "×") if not paper.ascii_only else ("#", ":", ">", "x")
    bars = [bar for t in therapies for bar in _bars(t)]
    starts = [bar.begun for bar in bars if bar.begun]
    if not starts:
        paper.line("no dates recorded")
        return
    label = min(widest(bar.name for bar in bars), paper.drawn * 2 // 5) + 2
    first, last = min(span(day).earliest.year for day in starts), span(today).latest.year + 1
    years = _Years(first, last, max(20, paper.drawn - label - 9))
    lines = [f"{' ' * label}{_ticks(years)}"]
    for bar in bars:
        progressed = bar.therapy["progressed_on"]
        outcome = " ".join(x for x in (bar.therapy["best_response"], "PD" if progressed else "") if x)
        head, *more = folded(paper.said(bar.name), label - 2)
        drawn = f"{' ' * (label - cells(head))}{_drawn(bar, years, today, signs)}"
        lines.append(f"{head}{drawn} {paper.said(outcome)}".rstrip())
        lines += [f"     {line}" for line in more]
    paper.drawing(lines)
    full, light, arrow, cross = signs
    paper.line(f"{full} given   {light} dates known in part   {cross} progression (PD)   {arrow} ongoing")


def _drawn(bar: _Bar, years: _Years, today: str, signs: tuple[str, str, str, str]) -> str:
    """A bar over the years, with the progression that ended it."""
    full, light, arrow, cross = signs
    progressed = bar.therapy["progressed_on"]
    if not bar.begun and not progressed:
        return f"{'no dates recorded':<{years.room}}"
    row = [" "] * years.room
    if bar.begun:
        begin = years.column(bar.begun)
        finish = max(begin, years.column(bar.stop if bar.stop and bar.stop != "ongoing" else today, end=True))
        row[begin : finish + 1] = (full if bar.known else light) * (finish - begin + 1)
        if bar.stop == "ongoing":
            row[finish] = arrow
    if progressed:
        row[years.column(progressed, end=True)] = cross
    return "".join(row)


def _bars(therapy: TherapyEntry) -> list[_Bar]:
    """The bars of a therapy; agents with the same dates share one."""
    groups: dict[tuple[str | None, str | None], list[str]] = {}
    for agent in therapy["agents"]:
        groups.setdefault((agent["start"], agent["stop"]), []).append(agent["name"])
    line, what = f"{therapy['line'] or '-'}  ", therapy["regimen"] or therapy["intent"]
    alone = therapy["regimen"] and len(groups) == 1
    return [
        _Bar(f"{line}{what if alone else ': '.join(x for x in (what, ', '.join(agents)) if x)}", therapy, start, stop)
        for (start, stop), agents in groups.items()
    ]


def _ticks(years: _Years) -> str:
    """The years above the bars, as many as fit."""
    ticks = [" "] * years.room
    for year in range(years.first, years.last, max(1, round(6 / years.scale + 0.5))):
        at = int((year - years.first) * years.scale)
        if at + 4 <= years.room:
            ticks[at : at + 4] = str(year)
    return "".join(ticks).rstrip()


def _year(day: str, end: bool) -> float:
    on = span(day).latest if end else span(day).earliest
    return on.year + (on.month - 1) / 12 + (on.day - 1) / 366


def page(a: Recommendation, look: Look) -> str:
    """The HTML page of a history, with the timeline in two layouts."""
    from mmadvisor.render.web import written

    return written("history", a, a["sources"])


HISTORY: Final = Kind(SCHEMA, draw, page, brief=brief)
