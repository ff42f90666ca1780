"""The history for a terminal: lines as rows, agents as bars over the years, and the proofs."""

from __future__ import annotations

from typing import Any

from mmadvisor.base.known import span
from mmadvisor.render import words
from mmadvisor.render.answers import AnswerPaper
from mmadvisor.render.paper import later, widest
from mmadvisor.render.text import cells, folded, spoken


class HistoryPaper(AnswerPaper):
    """One patient's history."""

    def history(self, a: dict[str, Any]) -> None:
        """Lines as rows, agents as bars over the years, then every finding with its proof."""
        self._strip(a)
        h = a["history"]
        self.pairs(
            [
                ("State", spoken(h["state"])),
                ("List is whole", h["complete"]),
                ("Clearance", h["creatinine_clearance"]),
                ("Frailty", h["frailty"]),
                ("Progressed on last", h["progressed_on_last"]),
            ]
        )
        self.bullets(a["warnings"], sign="!")
        if h["therapies"]:
            self.heading("Timeline")
            self._timeline(h["therapies"], a["patient"]["assessed_on"])
        if h["agents"]:
            self.heading("Agents")
            self.table(
                ["Agent", "Class", "Refractory", "Because"],
                [[words.exposed(x), x["class"], self.mark(x["refractory"]), words.reason(x)] for x in h["agents"]],
            )
        self.heading("Classes, targets and modalities")
        self.table(
            ["Class", "Exposed", "Refractory", "Because"],
            [
                [
                    x["class"] + (f" ({x['modality']})" if "modality" in x else ""),
                    self.mark(x["exposed"]),
                    self.mark(x["refractory"]),
                    words.reason(x),
                ]
                for x in h["classes"]
                if x["exposed"] == "yes" or x["refractory"] in ("yes", "doubtful")
            ],
        )
        untouched = [x["class"] for x in h["classes"] if x["exposed"] == "no"]
        unknown = [x["class"] for x in h["classes"] if x["exposed"] == "unknown"]
        self.pairs([("Never received", ", ".join(untouched)), ("Not known", ", ".join(unknown))])
        self.heading("Labels")
        self.table(
            ["Label", "", "Because"],
            [[x["label"], self.mark(x["value"]), f"{words.reason(x)} {later(x)}".strip()] for x in h["labels"]],
        )
        self.heading("How the lines were counted")
        self.bullets(h["prior_lines"]["reasons"])
        self._foot(a)

    def _timeline(self, therapies: list[dict[str, Any]], today: str) -> None:
        """One row a bar: the agents of a therapy that share their dates."""
        full, light, arrow, cross = ("█", "░", "▶", "×") if not self.ascii_only else ("#", ":", ">", "x")
        bars = [bar for t in therapies for bar in _bars(t)]
        starts = [start or stop for _, _, start, stop in bars if start or stop not in (None, "ongoing")]
        if not starts:
            self.line("no dates recorded")
            return
        first, last = min(span(day).earliest.year for day in starts), span(today).latest.year + 1
        label = min(widest(name for name, *_ in bars), self.drawn * 2 // 5) + 2
        room = max(20, self.drawn - label - 9)
        scale = room / (last - first)

        def column(day: str, *, end: bool = False) -> int:
            return min(room - 1, max(0, int((_year(day, end) - first) * scale)))

        lines = [f"{' ' * label}{_ticks(first, last, room)}"]
        for name, t, start, stop in bars:
            bar = [" "] * room
            begun = start or (stop if stop != "ongoing" else None)
            if begun:
                begin = column(begun)
                finish = max(begin, column(stop if stop and stop != "ongoing" else today, end=True))
                known = start and stop and span(start).exact and (stop == "ongoing" or span(stop).exact)
                bar[begin : finish + 1] = (full if known else light) * (finish - begin + 1)
                if stop == "ongoing":
                    bar[finish] = arrow
            if t["progressed_on"]:
                bar[column(t["progressed_on"], end=True)] = cross
            outcome = " ".join(x for x in (t["best_response"], "PD" if t["progressed_on"] else "") if x)
            drawn = "".join(bar) if begun or t["progressed_on"] else f"{'no dates recorded':<{room}}"
            head, *more = folded(self.said(name), label - 2)
            lines.append(f"{head}{' ' * (label - cells(head))}{drawn} {self.said(outcome)}".rstrip())
            lines += [f"     {line}" for line in more]
        self.drawing(lines)
        self.line(f"{full} given   {light} dates known in part   {cross} progression (PD)   {arrow} ongoing")


def _bars(therapy: dict[str, Any]) -> list[tuple[str, dict[str, Any], str | None, str | None]]:
    """The name, therapy, start and stop of each bar: agents that share their dates share a bar."""
    groups: dict[tuple[str | None, str | None], list[str]] = {}
    for agent in therapy["agents"]:
        groups.setdefault((agent["start"], agent["stop"]), []).append(agent["name"])
    line, what = f"{therapy['line'] or '-'}  ", therapy["regimen"] or therapy["intent"]
    alone = therapy["regimen"] and len(groups) == 1
    return [
        (f"{line}{what if alone else ': '.join(x for x in (what, ', '.join(agents)) if x)}", therapy, start, stop)
        for (start, stop), agents in groups.items()
    ]


def _ticks(first: int, last: int, room: int) -> str:
    """The years above the bars, as many as stand apart."""
    scale = room / (last - first)
    ticks = [" "] * room
    for year in range(first, last, max(1, round(6 / scale + 0.5))):
        at = int((year - first) * scale)
        if at + 4 <= room:
            ticks[at : at + 4] = str(year)
    return "".join(ticks).rstrip()


def _year(day: str, end: bool) -> float:
    on = span(day).latest if end else span(day).earliest
    return on.year + (on.month - 1) / 12 + (on.day - 1) / 366
