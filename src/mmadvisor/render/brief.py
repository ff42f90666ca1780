"""The first screen of a recommendation: what to do first, the leading options, what to ask, and how to see the rest.

Emergencies, contradictions of the record, the answer to "treat now?", strong cautions of the options shown, marks and
drugs that were not checked are never cut. Everything else is shortened, and the last lines say what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmadvisor.render import order, screen_words, short, words
from mmadvisor.render.text import folded, widest

if TYPE_CHECKING:
    from mmadvisor.answers.lanes import Lane
    from mmadvisor.answers.recommendation import (
        Monitoring,
        Opening,
        OptionEntry,
        ProvisionalEntry,
        Recommendation,
    )
    from mmadvisor.render.kind import Look
    from mmadvisor.render.paper import Paper

KEY, TIED = screen_words.KEY, screen_words.TIED
OPTIONS_SHOWN = 5
NAMES_SHOWN = 5
ASKED = 3
OPENINGS_SHOWN = 2
WARNINGS_SHOWN = 1
LANE_STEPS = 2
NOW_SHOWN = 2
_LEAST_FOR_REASONS = 16
_MAY_COME = {"value", "lines"}
_INDENT = 10  # the bullet, and the dots of what is cut


def draw(paper: Paper, a: Recommendation, look: Look) -> None:
    """The first screen."""
    short.patient(paper, a)
    short.refractory(paper, a)
    _first(paper, a)
    _options(paper, a)
    _closed(paper, a)
    _asked(paper, a)
    for item in due_now(a)[:NOW_SHOWN]:
        whose = f" [{words.few(item['drugs'], 2)}]" if item["drugs"] else ""
        said = screen_words.NOW_BY_RECORD.format(item=item["item"], whose=whose)
        first, *rest = folded(paper.said(said), paper.width - _INDENT)
        paper.bullets([f"{first} ..." if rest else first], sign="[ ]")
    _rest(paper, a)


def _first(paper: Paper, a: Recommendation) -> None:
    """What comes before everything; then lanes, warnings, and why nothing is ranked or open."""
    short.first(paper, a["treat_now"], a["first"])
    for lane in a["lanes"]:
        _lane(paper, lane)
    paper.bullets(a["warnings"][:WARNINGS_SHOWN], sign="!")
    open_ = "" if a["provisional"] else a["nothing_open"]  # the heading of the provisional order says it
    better = a["better_proved"]["text"] if a["better_proved"] else ""
    paper.bullets(filter(None, [a["ranking_withheld"], open_, a["headline"], better]), sign="!")


def _lane(paper: Paper, lane: Lane) -> None:
    """What comes first in a lane, the definitions that are met, and what may be given."""
    met = [d for d in lane["definitions"] if d["value"] == "yes" and d["text"]]
    steps = [*lane["first"][:LANE_STEPS], *met]
    paper.bullets([short.marked(step["text"], step) for step in steps], sign=">")
    for answer, said in screen_words.LANE_REGIMENS.items():
        names = [short.marked(r["regimen"], r) for r in lane["regimens"] if r["answer"] == answer]
        paper.bullets([said.format(names=words.few(names, NAMES_SHOWN))] if names else [], sign=">")


# --- the options ----------------------------------------------------------------------------------


def _options(paper: Paper, a: Recommendation) -> None:
    """The leading options; the provisional order where it stands before them."""
    shown = leading(a)
    presumed = a["provisional"]
    if presumed:
        gates = "; ".join(words.shared_gates(a)) or screen_words.OF_FIRST.format(
            regimen=presumed[0]["regimen"], gates="; ".join(presumed[0]["provided"])
        )
        paper.line(screen_words.PROVISIONAL.format(gates=gates), style="bold")
        _table(paper, a, [(f"{p['rank']}?", p) for p in presumed[:OPTIONS_SHOWN]])
        _below(paper, presumed[:OPTIONS_SHOWN])
        _more(paper, presumed[OPTIONS_SHOWN:])
    if shown:
        paper.line(screen_words.UNNUMBERED if a["unnumbered"] else _heading(shown[:OPTIONS_SHOWN]), style="bold")
        _table(paper, a, [(order.rank(a, o), o) for o in shown[:OPTIONS_SHOWN]])
        _below(paper, shown[:OPTIONS_SHOWN])
        _more(paper, shown[OPTIONS_SHOWN:])
    for once, rows in words.waiting(a):
        waiting = words.few([f"{d['would_rank']} {d['regimen']}" for d in rows], NAMES_SHOWN)
        paper.bullets([screen_words.WAITS.format(once=once, names=waiting)], sign=paper.sign("deferred"))
    rest = []
    for group, said in screen_words.RESERVE.items():
        found = [o["regimen"] for o in a["options"] if o["group"] == group]
        rest += [said.format(names=words.few(found, NAMES_SHOWN))] if found else []
    paper.bullets(["; ".join(rest)] if rest else [])


def _heading(shown: Sequence[OptionEntry]) -> str:
    """The heading of the options, with what a tie and the mark of a lower band mean, where they are shown."""
    tied = TIED if any(o["tied"] for o in shown) else ""
    lower = screen_words.LOWER if ordered_as(shown) else ""
    meant = "; ".join(filter(None, [tied, lower]))
    return f"{screen_words.OPTIONS} ({meant})" if meant else screen_words.OPTIONS


def leading(a: Recommendation) -> list[OptionEntry]:
    """The options that are shown with their figures."""
    return [o for o in a["options"] if o["group"] in order.IN_FULL]


def _more(paper: Paper, rest: Sequence[OptionEntry]) -> None:
    """The other options by name; those of another group than the usual one after the words for it."""
    groups: dict[str, list[str]] = {}
    for o in rest:
        groups.setdefault(o["group"], []).append(o["regimen"])
    said = [
        ", ".join(names) if group == "main" else f"{screen_words.GROUPS[group]} {', '.join(names)}"
        for group, names in groups.items()
    ]
    if said:
        paper.line(screen_words.MORE_OPTIONS.format(names="; ".join(said)), indent=2)


def _table(paper: Paper, a: Recommendation, rows: Sequence[tuple[str, OptionEntry]]) -> None:
    """Options in fixed columns, a line each; what is strong against an option is wrapped, and the rest counted."""
    *names, against = screen_words.COLUMNS
    fixed = [
        names,
        *([rank, o["regimen"], short.access(o, a["place"]), short.figure(o["nearest_benefit"])] for rank, o in rows),
    ]
    shown = [[paper.said(text) for text in row] for row in fixed]
    widths = [widest(column) for column in zip(*shown, strict=True)]
    firsts = [" ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)) for row in shown]
    room = paper.width - len(firsts[0]) - 1
    columns = room >= _LEAST_FOR_REASONS
    paper.drawing([f"{firsts[0]} {against}" if columns else firsts[0].rstrip()])
    group = "main"
    for first, (_, o) in zip(firsts[1:], rows, strict=True):
        if o["group"] != group:
            group = o["group"]
            paper.drawing([screen_words.GROUPS[group]])
        found = short.state(o["cautions"])
        if not columns:
            paper.drawing([first.rstrip()])
            paper.bullets([found.text], indent=4, sign=paper.sign(found.mark))
            continue
        lines = folded(paper.said(f"{paper.sign(found.mark)} {found.within(room - 2)}"), room)
        paper.drawing([f"{first if i == 0 else ' ' * len(first)} {line}".rstrip() for i, line in enumerate(lines)])


def _below(paper: Paper, shown: Sequence[OptionEntry]) -> None:
    """What concerns several of the options: strong cautions in full, facts that are not recorded."""
    paper.bullets(strong(shown), sign="!")
    unknown = not_recorded(shown)
    paper.bullets([unknown] if unknown else [], sign="?")


def strong(shown: Sequence[OptionEntry]) -> list[str]:
    """The strong cautions that apply to these options, in full, each with the options that it concerns."""
    return short.strong((o["regimen"], o["cautions"]) for o in shown)


def beside_the_usual(o: OptionEntry) -> str:
    """The group of an option that is not one of the usual ones, such as those to be asked for; otherwise empty."""
    return "" if o["group"] == "main" else screen_words.GROUPS[o["group"]].rstrip(":").lower()


def ordered_as(shown: Sequence[OptionEntry]) -> str:
    """The options that are ordered by a lower band of months than that of the figure shown; empty if there are none."""
    bands: dict[str, list[str]] = {}
    for o in shown:
        row = o["nearest_benefit"]
        if row is not None and short.ordered_lower(row):
            bands.setdefault(row["read_as"], []).append(o["regimen"])
    said = [screen_words.AS_BAND.format(names=", ".join(names), band=band) for band, names in bands.items()]
    return screen_words.ORDERED_AS.format(parts="; ".join(said)) if said else ""


def not_recorded(shown: Sequence[OptionEntry]) -> str:
    """The topics that are not recorded: those of every option, then those of some; empty if there are none."""
    topics = list(dict.fromkeys(topic for o in shown for topic in short.unknown(o["cautions"])))
    of_all = [topic for topic in topics if all(topic in short.unknown(o["cautions"]) for o in shown)]
    of_some = [topic for topic in topics if topic not in of_all]
    said = [
        text.format(topics=", ".join(found))
        for text, found in ((screen_words.UNKNOWN_FOR_ALL, of_all), (screen_words.UNKNOWN_FOR_SOME, of_some))
        if found
    ]
    return screen_words.UNKNOWN.format(parts="; ".join(said)) if said else ""


def due_now(a: Recommendation) -> list[Monitoring]:
    """The items of the checklists that the record calls for now, whatever is chosen; each once, with its drugs."""
    found: dict[str, Monitoring] = {}
    for o in [*a["provisional"], *leading(a)][:OPTIONS_SHOWN]:
        for item in o["monitoring"]:
            if item["now"] == "yes":
                held = found.setdefault(item["item"], item | {"drugs": []})
                held["drugs"] += [drug for drug in item["drugs"] if drug not in held["drugs"]]
    return list(found.values())


# --- what is closed, missing and left out ---------------------------------------------------------


def _closed(paper: Paper, a: Recommendation) -> None:
    for each in openings(a):
        names = words.few(each["regimens"], NAMES_SHOWN)
        paper.bullets([screen_words.OPENS.format(text=each["text"], names=names)], sign=paper.sign("ineligible"))
    undecided = [n["regimen"] for n in words.undecided(a)]
    if undecided:
        paper.bullets([screen_words.UNDECIDED.format(names=words.few(undecided, NAMES_SHOWN))], sign="?")


def openings(a: Recommendation) -> list[Opening]:
    """What would open closed regimens soonest, without anything that nobody would bring about."""
    return [each for each in a["openings"] if set(each["kinds"]) <= _MAY_COME][:OPENINGS_SHOWN]


def _asked(paper: Paper, a: Recommendation) -> None:
    decisive = [m["name"] for m in a["missing"] if m["decisive"]]
    if decisive:
        more = f" and {len(decisive) - ASKED} more" if len(decisive) > ASKED else ""
        paper.bullets([screen_words.ASK.format(names="; ".join(decisive[:ASKED]) + more)], sign="?")
    if a["hang_on_completeness"]:
        paper.bullets([screen_words.COMPLETENESS.format(n=a["hang_on_completeness"])], sign="?")
    short.unchecked(paper, a["co_medication"])


def _rest(paper: Paper, a: Recommendation) -> None:
    first = [o["regimen"] for o in _rows_of_all(a)][:1]
    short.marks(paper, screen_words.KEY if first else "")
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE.format(regimen=first[0]) if first else screen_words.MORE_WITHOUT_OPTIONS)
    short.left_out(paper, _left_out(a))


def _rows_of_all(a: Recommendation) -> list[OptionEntry | ProvisionalEntry]:
    return [*a["provisional"], *a["options"]]


def _left_out(a: Recommendation) -> dict[str, int]:
    """How much of the answer is not on the first screen."""
    closed = sum(n["verdict"] == "ineligible" for n in a["not_offered"])
    shown = sum(len(each["regimens"]) for each in openings(a))
    pressing = sum(q["value"] is not None for q in a["treat_now"]["questions"])
    return {
        "closed": closed - shown,
        "missing": len(a["missing"]) - min(ASKED, sum(m["decisive"] for m in a["missing"])),
        "questions": len(a["treat_now"]["questions"]) - pressing,
        "warnings": max(0, len(a["warnings"]) - WARNINGS_SHOWN),
        "remarks": sum(len(s["says"]) for s in a["situations"]),
        "positions": sum(len(p["bodies"]) for p in a["positions"]),
    }
