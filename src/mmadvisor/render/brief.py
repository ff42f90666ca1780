"""The first screen of a recommendation: what to do first, the leading options, what to ask, and how to see the rest.

Emergencies, contradictions of the record, the answer to "treat now?", strong cautions of the options shown, marks and
drugs that were not checked are never cut. Everything else is shortened, and the last lines say what was left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mmadvisor.render import order, screen_words, words
from mmadvisor.render.marks import sign_of
from mmadvisor.render.text import folded, spoken, widest

if TYPE_CHECKING:
    from mmadvisor.answers.access import PlaceEntry
    from mmadvisor.answers.recommendation import (
        Monitoring,
        NearestBenefit,
        Opening,
        OptionEntry,
        ProvisionalEntry,
        Recommendation,
    )
    from mmadvisor.render.kind import Look
    from mmadvisor.render.paper import Paper

KEY = screen_words.KEY
OPTIONS_SHOWN = 5
NAMES_SHOWN = 5
ASKED = 3
OPENINGS_SHOWN = 2
WARNINGS_SHOWN = 1
NOW_SHOWN = 2
_LEAST_FOR_REASONS = 16
_MAY_COME = {"value", "lines"}
_INDENT = 10  # the bullet, and the dots of what is cut


def draw(paper: Paper, a: Recommendation, look: Look) -> None:
    """The first screen."""
    _patient(paper, a)
    _first(paper, a)
    _options(paper, a)
    _closed(paper, a)
    _asked(paper, a)
    for item in due_now(a)[:NOW_SHOWN]:
        whose = f" [{words.few(item['drugs'], 2)}]" if item["drugs"] else ""
        said = screen_words.NOW.format(item=item["item"], whose=whose)
        first, *rest = folded(paper.said(said), paper.width - _INDENT)
        paper.bullets([f"{first} ..." if rest else first], sign="[ ]")
    _rest(paper, a)


def of_the_person(a: Recommendation) -> list[str]:
    """Sex and age, prior lines, ECOG status, clearance and frailty, as far as they are known."""
    p, count = a["person"], words.line_count(a["history"]["prior_lines"])
    facts = [
        " ".join(str(x) for x in (p["sex"][:1].upper(), p["age"]) if x),
        screen_words.ONE_LINE if count == "1" else screen_words.LINES.format(count=count),
        screen_words.ECOG.format(ecog=p["ecog"]) if p["ecog"] is not None else "",
        screen_words.CLEARANCE.format(clearance=p["clearance"]) if p["clearance"] is not None else "",
        p["frailty"],
    ]
    return [fact for fact in facts if fact]


def _patient(paper: Paper, a: Recommendation) -> None:
    """Who it is, and what the disease no longer responds to."""
    history, stamp = a["history"], a["patient"]
    of_the_file = [screen_words.PATIENT.format(id=stamp["id"]), a["jurisdiction"], stamp["assessed_on"]]
    paper.title("  ".join([*of_the_file, *of_the_person(a)]))
    held = [x["label"] for x in history["labels"] if x["value"] == "yes"]
    refractory = [x["name"] for x in history["agents"] if x["refractory"] == "yes"]
    said = screen_words.REFRACTORY.format(agents=", ".join(refractory) or screen_words.NOTHING_KNOWN)
    paper.line(said + (f" ({held[-1]})" if held and refractory else ""))


def _first(paper: Paper, a: Recommendation) -> None:
    """Emergencies, what comes before everything, and whether to treat now; then lanes and warnings."""
    treat = a["treat_now"]
    for e in treat["emergencies"]:
        said = screen_words.EMERGENCY.format(name=spoken(e["emergency"]).upper(), how=e["how"], text=e["text"])
        paper.line(f"{said} {sign_of(e)}".rstrip(), style="bold red")
        paper.bullets([e["found"]] if e["found"] else [], sign=">")
    for item in a["first"]:
        paper.line(screen_words.FIRST.format(text=f"{item['text']} {sign_of(item)}".rstrip()), style="bold red")
    answer = spoken(treat["answer"]).upper()
    paper.line(screen_words.TREAT.format(answer=answer, because=treat["because"]), style="bold")
    paper.bullets(treat["contradictions"], sign="!")
    pressing = [q for q in treat["questions"] if q["value"] is not None]
    paper.bullets([f"{words.question(q)} {sign_of(q)}".rstrip() for q in pressing], sign="?")
    paper.bullets(words.repeats(treat["repeat"]), sign="?")
    paper.bullets(treat["ask"][:1], sign="?")
    for lane in a["lanes"]:
        paper.bullets([step["text"] for step in lane["first"][:1]], sign=">")
    paper.bullets(a["warnings"][:WARNINGS_SHOWN], sign="!")
    open_ = "" if a["provisional"] else a["nothing_open"]  # the heading of the provisional order says it
    paper.bullets(filter(None, [a["ranking_withheld"], open_, a["headline"]]), sign="!")


# --- the options ----------------------------------------------------------------------------------


def _options(paper: Paper, a: Recommendation) -> None:
    """The leading options; the provisional order where it stands before them."""
    shown = leading(a)
    presumed = a["provisional"]
    if presumed:
        gates = words.shared_gates(a)
        paper.line(screen_words.PROVISIONAL.format(gates="; ".join(gates) or "see --full"), style="bold")
        _table(paper, a, [(f"{p['rank']}?", p) for p in presumed[:OPTIONS_SHOWN]])
        _below(paper, presumed[:OPTIONS_SHOWN])
        _more(paper, [p["regimen"] for p in presumed[OPTIONS_SHOWN:]])
    if shown:
        tied = any(o["tied"] for o in shown[:OPTIONS_SHOWN])
        heading = screen_words.OPTIONS_TIED if tied else screen_words.OPTIONS
        paper.line(screen_words.UNNUMBERED if a["unnumbered"] else heading, style="bold")
        _table(paper, a, [(order.rank(a, o), o) for o in shown[:OPTIONS_SHOWN]])
        _below(paper, shown[:OPTIONS_SHOWN])
        _more(paper, [o["regimen"] for o in shown[OPTIONS_SHOWN:]])
    for once, rows in words.waiting(a):
        waiting = words.few([f"{d['would_rank']} {d['regimen']}" for d in rows], NAMES_SHOWN)
        paper.bullets([screen_words.WAITS.format(once=once, names=waiting)], sign=paper.sign("deferred"))
    rest = []
    for group, said in screen_words.RESERVE.items():
        names = [o["regimen"] for o in a["options"] if o["group"] == group]
        rest += [said.format(names=words.few(names, NAMES_SHOWN))] if names else []
    paper.bullets(["; ".join(rest)] if rest else [])


def leading(a: Recommendation) -> list[OptionEntry]:
    """The options that are shown with their figures."""
    return [o for o in a["options"] if o["group"] in order.IN_FULL]


def _more(paper: Paper, names: list[str]) -> None:
    if names:
        paper.line(screen_words.MORE_OPTIONS.format(names=", ".join(names)), indent=2)


def _table(paper: Paper, a: Recommendation, rows: Sequence[tuple[str, OptionEntry]]) -> None:
    """Options in fixed columns, a line each; what is strong against an option is wrapped, and the rest counted."""
    *names, against = screen_words.COLUMNS
    fixed = [names, *([rank, o["regimen"], access(o, a["place"]), figure(o["nearest_benefit"])] for rank, o in rows)]
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
        found = state(o)
        if not columns:
            paper.drawing([first.rstrip()])
            paper.bullets([found.text], indent=4, sign=paper.sign(found.mark))
            continue
        lines = folded(paper.said(f"{paper.sign(found.mark)} {found.within(room - 2)}"), room)
        paper.drawing([f"{first if i == 0 else ' ' * len(first)} {line}".rstrip() for i, line in enumerate(lines)])


def _below(paper: Paper, shown: Sequence[OptionEntry]) -> None:
    """What concerns several of the options: ties, strong cautions in full, facts that are not recorded."""
    paper.bullets(strong(shown), sign="!")
    unknown = not_recorded(shown)
    paper.bullets([unknown] if unknown else [], sign="?")


def strong(shown: Sequence[OptionEntry]) -> list[str]:
    """The strong cautions that apply, in full, each with the options that it concerns."""
    found: dict[str, list[str]] = {}
    for o in shown:
        for c in o["cautions"]:
            if c["strong"] and c["result"] == "applies":
                found.setdefault(f"{c['text']} {sign_of(c)}".rstrip(), []).append(o["regimen"])
    return [f"{', '.join(names)}: {text}" for text, names in found.items()]


def not_recorded(shown: Sequence[OptionEntry]) -> str:
    """The topics that are not recorded: those of every option, then those of some; empty if there are none."""
    topics = list(dict.fromkeys(topic for o in shown for topic in _unknown(o)))
    of_all = [topic for topic in topics if all(topic in _unknown(o) for o in shown)]
    of_some = [topic for topic in topics if topic not in of_all]
    said = [
        text.format(topics=", ".join(found))
        for text, found in ((screen_words.UNKNOWN_FOR_ALL, of_all), (screen_words.UNKNOWN_FOR_SOME, of_some))
        if found
    ]
    return screen_words.UNKNOWN.format(parts="; ".join(said)) if said else ""


def access(o: OptionEntry, place: PlaceEntry) -> str:
    """Licence and funding in two or three words; an unknown has a question mark."""
    licensed, funded = o["access"]["licensed"]["answer"], o["access"]["funded"]["answer"]
    if o["access"]["at_hand"]["answer"] == "no":
        return screen_words.ACCESS["not-available"]
    if licensed == "not-applicable":
        return screen_words.ACCESS["procedure"]
    if licensed == "yes":
        paid = {"yes": "funded", "no": "unfunded", "unknown": "paid-unknown" if place["funding_read"] else "licensed"}
        return screen_words.ACCESS[paid[funded]]
    if licensed == "no" or o["approval"]["status"] == "off-label":
        return screen_words.ACCESS["off-label-funded" if funded == "yes" else "off-label"]
    return screen_words.ACCESS["licence-unknown"]


def figure(row: NearestBenefit | None) -> str:
    """The progression-free survival of the nearest patients, the design, and whether it is extrapolated.

    A figure of other drugs is not shown as that of the option.
    """
    if row is None:
        return screen_words.NO_FIGURE
    if not row["own"]:
        return screen_words.OF_OTHERS
    f = row["figure"]
    reached = screen_words.NOT_REACHED if f["months"] is None else screen_words.NOT_REACHED_BY
    said = {"median": screen_words.MEDIAN, "rate": screen_words.RATE, "not-reached": reached}[f["kind"]].format(**f)
    other = screen_words.EXTRAPOLATED if row["fit"] == "other" else ""
    return " ".join(filter(None, [said, screen_words.DESIGNS.get(row["design"], row["design"]), other, sign_of(row)]))


class State(NamedTuple):
    """What is known against an option.

    ``mark``: the name of the mark that is shown, in ``MARKS``. ``kind``: the style class that gives its colour on a
    page. ``strong`` and ``others``: the texts; those in ``strong`` are never cut.
    """

    mark: str
    kind: str
    strong: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return ", ".join((*self.strong, *self.others))

    def within(self, room: int) -> str:
        """As much as stands on one line of ``room`` columns: what is strong, then the others, then their number."""
        kept = len(self.others)
        while kept and widest([self._of(kept)]) > room:
            kept -= 1
        return self._of(kept)

    def _of(self, kept: int) -> str:
        more = f" +{len(self.others) - kept}" if kept < len(self.others) else ""
        return ", ".join((*self.strong, *self.others[:kept])) + more


def state(o: OptionEntry) -> State:
    """What applies against an option by topic; if nothing does, whether facts are missing."""
    applies = [c for c in o["cautions"] if c["result"] == "applies"]
    strong = dict.fromkeys(c["about"] for c in applies if c["strong"])
    others = [c for c in applies if not c["strong"] and not c["drugs"]]
    usual = dict.fromkeys(c["about"] for c in others if c["about"] not in strong)
    drugs = dict.fromkeys(drug for c in applies for drug in c["drugs"])
    grave = tuple(screen_words.STRONG.format(about=about) for about in strong)
    with_drugs = [screen_words.INTERACTION.format(drugs=", ".join(drugs))] if drugs else []
    if grave or usual or with_drugs:
        return State("caution", "caution", grave, (*with_drugs, *usual))
    if unknown := _unknown(o):
        return State("unknown", "unknown", (), (screen_words.NOT_RECORDED.format(n=len(unknown)),))
    return State("met", "eligible", (), (screen_words.NONE_AGAINST,))


def _unknown(o: OptionEntry) -> list[str]:
    """The topics of an option that are not recorded and have no caution that applies."""
    applies = {c["about"] for c in o["cautions"] if c["result"] == "applies"}
    unknown = dict.fromkeys(c["about"] for c in o["cautions"] if c["result"] == "unknown")
    return [about for about in unknown if about not in applies]


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
    listed = a["co_medication"]
    if listed is None:
        paper.bullets([words.NO_LIST], sign="?")
    elif unchecked := [words.drug(c) for c in listed if not c["checked"]]:
        paper.bullets([screen_words.UNCHECKED.format(drugs=", ".join(unchecked))], sign="!")


def _rest(paper: Paper, a: Recommendation) -> None:
    first = [o["regimen"] for o in _rows_of_all(a)][:1]
    paper.line(f"{screen_words.KEY}; {screen_words.MARKS}" if first else screen_words.MARKS)
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE.format(regimen=first[0]) if first else screen_words.MORE_WITHOUT_OPTIONS)
    parts = ", ".join(_left_out(a))
    paper.line(screen_words.LEFT_OUT.format(parts=parts) if parts else screen_words.NOTHING_LEFT_OUT)


def _rows_of_all(a: Recommendation) -> list[OptionEntry | ProvisionalEntry]:
    return [*a["provisional"], *a["options"]]


def _left_out(a: Recommendation) -> Iterator[str]:
    """How much of the answer is not on the first screen."""
    closed = sum(n["verdict"] == "ineligible" for n in a["not_offered"])
    shown = sum(len(each["regimens"]) for each in openings(a))
    pressing = sum(q["value"] is not None for q in a["treat_now"]["questions"])
    counts = {
        "closed": closed - shown,
        "missing": len(a["missing"]) - min(ASKED, sum(m["decisive"] for m in a["missing"])),
        "questions": len(a["treat_now"]["questions"]) - pressing,
        "warnings": max(0, len(a["warnings"]) - WARNINGS_SHOWN),
        "remarks": sum(len(s["says"]) for s in a["situations"]),
        "positions": sum(len(p["bodies"]) for p in a["positions"]),
    }
    for what, n in counts.items():
        if n:
            yield f"{n} {screen_words.COUNTED[what][n > 1]}"
