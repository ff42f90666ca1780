"""The first screen of a recommendation: what to do first, the leading options, what to ask, and how to see the rest.

Emergencies, contradictions of the record, the answer to "treat now?", strong cautions of the options shown, marks and
drugs that were not checked are never cut. Everything else is shortened, and the last lines say what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mmadvisor.render import order, screen_words, short, words
from mmadvisor.render.text import folded, spoken, widest

if TYPE_CHECKING:
    from mmadvisor.answers.lanes import Lane, LookedForEntry
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
CHANGES_SHOWN = 2
DRUGS_SHOWN = 2
TOPICS_SHOWN = 4
WARNINGS_SHOWN = 1
LANE_STEPS = 2
NOW_SHOWN = 2
TURNS_SHOWN = 2
REASONS_SHOWN = 3
AGAINST_LINES = 2
_LEAST_FOR_REASONS = 16
_REFUSED = {"not-recommended", "terminated"}
_MAY_COME = {"value", "lines"}
_INDENT = 10  # the bullet, and the dots of what is cut


class Room(NamedTuple):
    """How much of what may be cut is shown.

    ``reason``: why the first option is above the second. ``now``: items due now. ``reserve``: the options kept back.
    ``against``: the lines for what is known against an option.
    """

    reason: bool
    now: int
    openings: int
    undecided: bool = True
    reserve: bool = True
    against: int = 1


# From all to the least; the first that fits the lines of a small terminal is shown.
ROOMS = (
    Room(True, NOW_SHOWN, OPENINGS_SHOWN, against=AGAINST_LINES),
    Room(False, NOW_SHOWN, OPENINGS_SHOWN, against=AGAINST_LINES),
    Room(False, NOW_SHOWN, 1, against=AGAINST_LINES),
    Room(True, NOW_SHOWN, OPENINGS_SHOWN),
    Room(False, NOW_SHOWN, OPENINGS_SHOWN),
    Room(False, NOW_SHOWN, 1),
    Room(False, 1, 1),
    Room(False, 1, 1, False),
    Room(False, 1, 1, False, False),
    Room(False, 1, 0, False, False),
    Room(False, 0, 0, False, False),
)


def draw(paper: Paper, a: Recommendation, look: Look) -> None:
    """The first screen, with as much as fits a small terminal."""
    before = paper.buffer.getvalue()
    longer = ROOMS[-1]._replace(now=1, against=AGAINST_LINES)  # what does not fit anyway cuts no caution
    for room in (*ROOMS, longer):
        paper.buffer.seek(0)
        paper.buffer.truncate()
        paper.buffer.write(before)
        _draw(paper, a, room)
        if paper.text().count("\n") <= paper.height:
            return


def _draw(paper: Paper, a: Recommendation, room: Room) -> None:
    short.patient(paper, a)
    short.refractory(paper, a)
    _first(paper, a)
    _options(paper, a, room)
    _closed(paper, a, room)
    _asked(paper, a)
    for item in due_now(a)[: room.now]:
        few = 0 < len(item["drugs"]) <= DRUGS_SHOWN  # the drugs of every option need no names
        whose = f" [{', '.join(item['drugs'])}]" if few else ""
        said = screen_words.NOW_BY_RECORD.format(item=item["item"], whose=whose)
        first, *rest = folded(paper.said(said), paper.width - _INDENT)
        paper.bullets([f"{first} ..." if rest else first], sign="[ ]")
    _rest(paper, a, room)


def _first(paper: Paper, a: Recommendation) -> None:
    """What comes before everything; then lanes, warnings, and why nothing is ranked or open."""
    short.first(paper, a["treat_now"], a["first"])
    for lane in a["lanes"]:
        _lane(paper, lane)
    paper.bullets(_warnings(a)[:WARNINGS_SHOWN], sign="!")
    open_ = "" if a["provisional"] else a["nothing_open"]  # the heading of the provisional order says it
    better = a["better_proved"]["text"] if a["better_proved"] else ""
    paper.bullets(filter(None, [a["ranking_withheld"], open_, a["headline"], better]), sign="!")


def _warnings(a: Recommendation) -> list[str]:
    """The warnings without those, which come last, on drugs that were not checked: a line below names these drugs."""
    unchecked = sum(not c["checked"] for c in a["co_medication"] or ())
    return a["warnings"][: len(a["warnings"]) - unchecked]


def _lane(paper: Paper, lane: Lane) -> None:
    """What comes first in a lane, the definitions that are met, and what may be given."""
    met = [d for d in lane["definitions"] if d["value"] == "yes" and d["text"]]
    steps = [*lane["first"][:LANE_STEPS], *met]
    paper.bullets([short.marked(step["text"], step) for step in steps], sign=">")
    for answer, said in screen_words.LANE_REGIMENS.items():
        names = [short.marked(r["regimen"], r) for r in lane["regimens"] if r["answer"] == answer]
        paper.bullets([said.format(names=words.few(names, NAMES_SHOWN))] if names else [], sign=">")


# --- the options ----------------------------------------------------------------------------------


def _options(paper: Paper, a: Recommendation, room: Room) -> None:
    """The leading options; the provisional order where it stands before them."""
    shown = leading(a)
    presumed = a["provisional"]
    if presumed:
        gates = "; ".join(words.shared_gates(a)) or screen_words.OF_FIRST.format(
            regimen=presumed[0]["regimen"], gates="; ".join(presumed[0]["provided"])
        )
        turns = "".join(f"; {name}" for name in filter(None, [turns_on(a)]))
        paper.line(screen_words.PROVISIONAL.format(turns=turns, gates=gates), style="bold")
        _table(paper, a, [(f"{p['rank']}?", p) for p in presumed[:OPTIONS_SHOWN]], room.against)
        if room.reason:
            paper.bullets(first_above(presumed))
        _below(paper, presumed[:OPTIONS_SHOWN], room)
        _more(paper, presumed[OPTIONS_SHOWN:])
    if shown:
        turns = "" if presumed else turns_on(a)
        heading = screen_words.UNNUMBERED if a["unnumbered"] else _heading(shown[:OPTIONS_SHOWN], turns)
        paper.line(heading, style="bold")
        _table(paper, a, [(order.rank(a, o), o) for o in shown[:OPTIONS_SHOWN]], room.against)
        if room.reason and not (presumed or a["unnumbered"]):
            paper.bullets(first_above(shown))
        _below(paper, shown[:OPTIONS_SHOWN], room)
        _more(paper, shown[OPTIONS_SHOWN:])
    for once, rows in words.waiting(a):
        waiting = words.few([f"{d['would_rank']} {d['regimen']}" for d in rows], NAMES_SHOWN)
        paper.bullets([screen_words.WAITS.format(once=once, names=waiting)], sign=paper.sign("deferred"))
    if room.reserve:
        _reserve(paper, a)


def _reserve(paper: Paper, a: Recommendation) -> None:
    """The options that are kept back by name; bridges only if they lead to a regimen that is not closed."""
    rest = []
    for group, said in screen_words.RESERVE.items():
        leads = group != "bridge" or a["bridge_to"]
        found = [o["regimen"] for o in a["options"] if o["group"] == group and leads]
        rest += [said.format(names=words.few(found, NAMES_SHOWN))] if found else []
    paper.bullets(["; ".join(rest)] if rest else [])


def _heading(shown: Sequence[OptionEntry], turns: str) -> str:
    """The heading of the options: what decides the order, what a tie and the mark of a lower band mean, if shown."""
    tied = TIED if any(o["tied"] for o in shown) else ""
    lower = screen_words.LOWER if ordered_as(shown) else ""
    meant = "; ".join(filter(None, [turns, tied, lower]))
    return f"{screen_words.OPTIONS} ({meant})" if meant else screen_words.OPTIONS


def turns_on(a: Recommendation) -> str:
    """The missing facts that the order of the first options depends on; empty if there are none."""
    names = [m["name"] for m in a["missing"] if m["decides_order"]]
    return screen_words.TURNS_ON.format(names=words.few(names, TURNS_SHOWN)) if names else ""


def first_above(shown: Sequence[OptionEntry]) -> list[str]:
    """The comparison by which the first option stands above the next one; empty if none decides between them."""
    if len(shown) < 2 or shown[0]["group"] != shown[1]["group"]:
        return []
    upper, lower = shown[:2]
    for one, other in zip(upper["standing"], lower["standing"], strict=False):
        if one["decides"] and one["value"] != other["value"]:
            values = {"name": spoken(one["by"]), "one": one["value"], "other": other["value"]}
            return [screen_words.ABOVE.format(upper=upper["regimen"], lower=lower["regimen"], **values)]
    return []


def money(shown: Sequence[OptionEntry]) -> str:
    """The funding decisions of the options that were not read, or that refuse elsewhere; empty if there are none."""
    said = []
    for o in shown:
        funded = o["access"]["funded"]
        if funded["answer"] == "unknown" and funded["by"] is not None:
            by = funded["by"]
            parts = [by["number"] or by["scheme"], spoken(by["outcome"])]
            parts += ["not read"] if by["verified"] == "unverified" and by["outcome"] != "not-read" else []
            refused = [d["number"] for d in funded["others"] if d["outcome"] in _REFUSED]
            read = ", ".join([" ".join(parts[:2]), *parts[2:]])
            decision = "; ".join([read, *(f"{number} refuses" for number in refused)])
            said.append(screen_words.OF_DECISION.format(regimen=o["regimen"], decision=decision))
    return screen_words.NO_MONEY.format(parts="; ".join(said)) if said else ""


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


def _table(paper: Paper, a: Recommendation, rows: Sequence[tuple[str, OptionEntry]], lines_for: int) -> None:
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
        found = short.state(o["cautions"], o["unread"])
        if not columns:
            paper.drawing([first.rstrip()])
            paper.bullets([found.text], indent=4, sign=paper.sign(found.mark))
            continue
        lines = folded(paper.said(f"{paper.sign(found.mark)} {found.within(room - 2, lines_for)}"), room)
        paper.drawing([f"{first if i == 0 else ' ' * len(first)} {line}".rstrip() for i, line in enumerate(lines)])


def _below(paper: Paper, shown: Sequence[OptionEntry], room: Room) -> None:
    """What concerns several of the options: strong cautions in full, facts that are not recorded."""
    paper.bullets(strong(shown), sign="!")
    missing = not_recorded(shown, None if room.undecided else TOPICS_SHOWN)
    paper.bullets(filter(None, [money(shown), missing]), sign="?")


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


def not_recorded(shown: Sequence[OptionEntry], most: int | None = None) -> str:
    """The topics that are not recorded: those of every option, then those of some; empty if there are none.

    ``most``: how many of each are named; ``None`` names all.
    """
    topics = list(dict.fromkeys(topic for o in shown for topic in short.unknown(o["cautions"])))
    of_all = [topic for topic in topics if all(topic in short.unknown(o["cautions"]) for o in shown)]
    of_some = [topic for topic in topics if topic not in of_all]
    said = [
        text.format(topics=words.few(found, most or len(found)))
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


def _closed(paper: Paper, a: Recommendation, room: Room) -> None:
    for each in openings(a)[: room.openings]:
        names = words.few(each["regimens"], NAMES_SHOWN)
        paper.bullets([screen_words.OPENS.format(text=each["text"], names=names)], sign=paper.sign("ineligible"))
    named = [regimen for each in openings(a)[: room.openings] for regimen in each["regimens"]]
    paper.bullets(looked_for(paper, a, named, cut=not room.undecided))
    undecided = [n["regimen"] for n in words.undecided(a)]
    if undecided and room.undecided:
        paper.bullets([screen_words.UNDECIDED.format(names=words.few(undecided, NAMES_SHOWN))], sign="?")


def looked_for(paper: Paper, a: Recommendation, named: Sequence[str] = (), *, cut: bool = False) -> list[str]:
    """Whether regimens that a reader looks for are open, if none of them is among the options shown or ``named``.

    Each has as many reasons as stand on one line; otherwise one, which ``cut`` shortens to one line.
    """
    shown = {o["regimen"] for rows in (a["provisional"], leading(a)) for o in rows[:OPTIONS_SHOWN]}.union(named)
    rows = [r for r in a["looked_for"] if r["answer"] != "deferred" and shown.isdisjoint(r["regimens"])]
    said = []
    for row in rows:  # what is deferred has a line of its own
        all_of_it = [_looked_for(a, row, most) for most in range(REASONS_SHOWN, 0, -1)]
        short_enough = (text for text in all_of_it if len(folded(paper.said(text), paper.width - _INDENT)) == 1)
        whole = next(short_enough, all_of_it[-1])
        first, *rest = folded(paper.said(whole), paper.width - _INDENT)
        said.append(f"{first} ..." if rest and cut else whole)
    return said


def _looked_for(a: Recommendation, row: LookedForEntry, most: int) -> str:
    """The regimens with their answer, and at most so many reasons."""
    closed, opened = {n["regimen"]: n for n in a["not_offered"]}, {o["regimen"]: o for o in a["options"]}
    first = row["regimens"][0]
    why = (
        screen_words.NOT_MET.format(needs=words.few(row["needs"], most))
        if row["needs"]
        else "".join(row["because"][:1])
    )
    if row["missing"]:
        why = screen_words.NOT_RECORDED_FACTS.format(names=words.few(row["missing"], most))
    elif first in opened:
        why = beside_the_usual(opened[first]) or screen_words.BELOW_THE_FIRST
    names = words.few(row["regimens"], 1 if row["answer"] == "ineligible" else most)
    access = short.access(opened.get(first) or closed[first], a["place"])
    return screen_words.LOOKED_FOR[row["answer"]].format(name=row["name"], names=names, access=access, why=why)


def openings(a: Recommendation) -> list[Opening]:
    """What would open closed regimens soonest, without what needs many changes or nobody would bring about."""
    changes = {n["regimen"]: len(n["would_change"]) for n in a["not_offered"]}
    near = [each for each in a["openings"] if changes.get(each["regimens"][0], 0) <= CHANGES_SHOWN]
    return [each for each in near if set(each["kinds"]) <= _MAY_COME][:OPENINGS_SHOWN]


def _asked(paper: Paper, a: Recommendation) -> None:
    decisive = [m["name"] for m in a["missing"] if m["decisive"]]
    if decisive:
        more = f" and {len(decisive) - ASKED} more" if len(decisive) > ASKED else ""
        paper.bullets([screen_words.ASK.format(names="; ".join(decisive[:ASKED]) + more)], sign="?")
    if a["hang_on_completeness"]:
        paper.bullets([screen_words.COMPLETENESS.format(n=a["hang_on_completeness"])], sign="?")
    short.unchecked(paper, a["co_medication"])


def _rest(paper: Paper, a: Recommendation, room: Room) -> None:
    first = [o["regimen"] for o in _rows_of_all(a)][:1]
    short.marks(paper, screen_words.KEY if first else "")
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE.format(regimen=first[0]) if first else screen_words.MORE_WITHOUT_OPTIONS)
    short.left_out(paper, _left_out(a, room))


def _rows_of_all(a: Recommendation) -> list[OptionEntry | ProvisionalEntry]:
    return [*a["provisional"], *a["options"]]


def _left_out(a: Recommendation, room: Room) -> dict[str, int]:
    """How much of the answer is not on the first screen."""
    closed = sum(n["verdict"] == "ineligible" for n in a["not_offered"])
    shown = sum(len(each["regimens"]) for each in openings(a)[: room.openings])
    return {
        "closed": closed - shown,
        "missing": len(a["missing"]) - min(ASKED, sum(m["decisive"] for m in a["missing"])),
        "reserve": 0 if room.reserve else sum(o["group"] in screen_words.RESERVE for o in a["options"]),
        "undecided": 0 if room.undecided else len(words.undecided(a)),
        "tasks": len(due_now(a)) - room.now,
        "warnings": max(0, len(_warnings(a)) - WARNINGS_SHOWN),
        "remarks": sum(len(s["says"]) for s in a["situations"]),
        "positions": sum(len(p["bodies"]) for p in a["positions"]),
    }
