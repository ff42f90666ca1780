"""Short forms that the first screens share: the patient, what comes first, licence, figure, and what is against it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from mmadvisor.render import screen_words, words
from mmadvisor.render.marks import CHECKED
from mmadvisor.render.text import folded, spoken

if TYPE_CHECKING:
    from mmadvisor.answers.access import PlaceEntry
    from mmadvisor.answers.co_medication import CoMedicationEntry
    from mmadvisor.answers.doses import ScheduleEntry
    from mmadvisor.answers.monitor import DoseRow
    from mmadvisor.answers.recommendation import (
        Caution,
        FirstItem,
        NearestBenefit,
        NotOffered,
        OptionEntry,
        Recommendation,
        TreatNow,
    )
    from mmadvisor.answers.regimen import DoseEntry, LeadingFigure
    from mmadvisor.answers.stamps import Claimed
    from mmadvisor.render.paper import Paper

LATER = "§"
R = TypeVar("R", "DoseRow", "DoseEntry")


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


def patient(paper: Paper, a: Recommendation) -> None:
    """Who it is, in one line."""
    stamp = a["patient"]
    of_the_file = [screen_words.PATIENT.format(id=stamp["id"]), a["jurisdiction"], stamp["assessed_on"]]
    paper.title("  ".join([*of_the_file, *of_the_person(a)]))


def refractory(paper: Paper, a: Recommendation) -> None:
    """What the disease no longer responds to."""
    history = a["history"]
    held = [x["label"] for x in history["labels"] if x["value"] == "yes"]
    agents = [x["name"] for x in history["agents"] if x["refractory"] == "yes"]
    said = screen_words.REFRACTORY.format(agents=", ".join(agents) or screen_words.NOTHING_KNOWN)
    paper.line(said + (f" ({held[-1]})" if held and agents else ""))


def first(paper: Paper, treat: TreatNow, items: Sequence[FirstItem]) -> None:
    """Emergencies, what comes before everything, whether to treat now, and contradictions of the record."""
    for e in treat["emergencies"]:
        said = screen_words.EMERGENCY.format(name=spoken(e["emergency"]).upper(), how=e["how"], text=e["text"])
        paper.line(marked(said, e), style="bold red")
        paper.bullets([e["found"]] if e["found"] else [], sign=">")
    for item in items:
        paper.line(screen_words.FIRST.format(text=marked(item["text"], item)), style="bold red")
    answer = spoken(treat["answer"]).upper()
    paper.line(screen_words.TREAT.format(answer=answer, because=treat["because"]), style="bold")
    paper.bullets(treat["contradictions"], sign="!")
    paper.bullets(to_settle(treat), sign="?")


def to_settle(treat: TreatNow) -> list[str]:
    """The questions of today, the values to repeat, and the first fact that "treat now?" needs."""
    asked = [marked(q["text"] if q["value"] is None else words.question(q), q) for q in treat["questions"]]
    return [*asked, *words.repeats(treat["repeat"]), *treat["ask"][:1]]


def access(o: OptionEntry | NotOffered, place: PlaceEntry) -> str:
    """Licence and funding in two or three words; an unknown has a question mark."""
    licensed, funded, at_hand = (o["access"][part]["answer"] for part in ("licensed", "funded", "at_hand"))
    return reached(licensed, funded, at_hand, o["approval"]["status"], funding_read=place["funding_read"])


def reached(licensed: str, funded: str, at_hand: str, status: str, *, funding_read: bool) -> str:
    """The same from its parts; ``status`` is that of the approval."""
    if at_hand == "no":
        return screen_words.ACCESS["not-available"]
    if licensed == "not-applicable":
        return screen_words.ACCESS["procedure"]
    if licensed == "yes":
        paid = {"yes": "funded", "no": "unfunded", "unknown": "paid-unknown" if funding_read else "licensed"}
        return screen_words.ACCESS[paid[funded]]
    if licensed == "no" or status == "off-label":
        return screen_words.ACCESS["off-label-funded" if funded == "yes" else "off-label"]
    return screen_words.ACCESS["licence-unknown"]


def figure(row: NearestBenefit | None) -> str:
    """The progression-free survival of the nearest patients, the design, and whether it is extrapolated.

    A figure of other drugs is not shown as that of the option.
    """
    if row is None:
        return screen_words.NO_FIGURE
    if not row.get("own", True):
        return screen_words.OF_OTHERS
    extrapolated = screen_words.EXTRAPOLATED if row["fit"] == "other" else ""
    return measured(row, " ".join(filter(None, [extrapolated, screen_words.LOWER_MARK if ordered_lower(row) else ""])))


# Why: docs/explanation/ranking.md#from-a-figure-to-a-band
def ordered_lower(row: NearestBenefit) -> bool:
    """Whether an option is ordered by another band of months than that of its own figure; it is always a lower one."""
    return bool(row["read_as"]) and row.get("own", True)


def measured(row: NearestBenefit | LeadingFigure, beside: str = "") -> str:
    """A progression-free survival with its design and mark; ``beside`` stands before the mark."""
    f = row["figure"]
    reached = screen_words.NOT_REACHED if f["months"] is None else screen_words.NOT_REACHED_BY
    said = {"median": screen_words.MEDIAN, "rate": screen_words.RATE, "not-reached": reached}[f["kind"]].format(**f)
    design = screen_words.DESIGNS.get(row["design"], row["design"])
    return " ".join(filter(None, [said, design, beside, sign(row)]))


class State(NamedTuple):
    """What is known against an option.

    ``mark``: the name of the mark that is shown, in ``MARKS``. ``kind``: the style class that gives its colour on a
    page. ``grave`` and ``others``: the texts; those in ``grave`` are never cut.
    """

    mark: str
    kind: str
    grave: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return ", ".join((*self.grave, *self.others))

    def within(self, room: int, lines: int = 1) -> str:
        """What is grave, and as much of the others as fits ``lines`` of ``room`` columns, then the number of the rest.

        The first is always named, even if it takes more lines.
        """
        kept = len(self.others)
        least = 0 if self.grave else 1
        while kept > least and len(folded(self._of(kept), room)) > lines:
            kept -= 1
        return self._of(kept)

    def _of(self, kept: int) -> str:
        more = f" +{len(self.others) - kept}" if kept < len(self.others) else ""
        return ", ".join((*self.grave, *self.others[:kept])) + more


def state(cautions: Sequence[Caution], unread: Sequence[str] = ()) -> State:
    """What applies against an option by topic; if nothing does, what was not looked up and whether facts are missing.

    ``unread``: drugs that the patient takes, if the interactions of the option were not all looked up.
    """
    applies = [c for c in cautions if c["result"] == "applies"]
    strong = dict.fromkeys(c["about"] for c in applies if c["strong"])
    others = [c for c in applies if not c["strong"] and not c["drugs"]]
    topics = dict.fromkeys(c["about"] for c in others if c["about"] not in strong)
    usual = sorted(topics, key=screen_words.SAID_LAST.__contains__)
    drugs = dict.fromkeys(drug for c in applies for drug in c["drugs"])
    grave = tuple(screen_words.STRONG.format(about=about) for about in strong)
    with_drugs = [screen_words.INTERACTION.format(drugs=", ".join(drugs))] if drugs else []
    not_read = _not_read(unread, drugs)
    if grave or usual or with_drugs:
        return State("caution", "caution", grave, (*with_drugs, *not_read, *usual))
    if missing := unknown(cautions):
        not_read.append(screen_words.NOT_RECORDED.format(n=len(missing)))
    if not_read:
        return State("unknown", "unknown", (), tuple(not_read))
    return State("met", "eligible", (), (screen_words.NONE_AGAINST,))


def _not_read(unread: Sequence[str], found: Collection[str]) -> list[str]:
    """That the interactions of some drugs were not looked up; ``found``: the drugs with an interaction."""
    if not unread:
        return []
    left = [drug for drug in unread if drug not in found]
    if not left:
        return [screen_words.REST_UNREAD]
    return [screen_words.UNREAD.format(drugs=left[0] if len(left) == 1 else f"{len(left)} drugs")]


def against(paper: Paper, cautions: Sequence[Caution], unread: Sequence[str] = ()) -> str:
    """What is known against an option, with its mark."""
    found = state(cautions, unread)
    return f"{paper.sign(found.mark)} {found.text}"


def unknown(cautions: Sequence[Caution]) -> list[str]:
    """The topics of an option that are not recorded and have no caution that applies."""
    applies = {c["about"] for c in cautions if c["result"] == "applies"}
    missing = dict.fromkeys(c["about"] for c in cautions if c["result"] == "unknown")
    return [about for about in missing if about not in applies]


def strong(shown: Iterable[tuple[str, Sequence[Caution]]]) -> list[str]:
    """The strong cautions that apply, in full, each once with its regimens."""
    found: dict[str, list[str]] = {}
    for regimen, cautions in shown:
        for c in cautions:
            if c["strong"] and c["result"] == "applies":
                found.setdefault(marked(c["text"], c), []).append(regimen)
    return [f"{', '.join(names)}: {text}" for text, names in found.items()]


def unchecked(paper: Paper, listed: Sequence[CoMedicationEntry] | None) -> None:
    """The drugs that were not checked for interactions; or that no list is recorded."""
    if listed is None:
        paper.bullets([words.NO_LIST], sign="?")
    elif drugs := [words.drug(c) for c in listed if not c["checked"]]:
        paper.bullets([screen_words.UNCHECKED.format(drugs=", ".join(drugs))], sign="!")


def of_schedules(rows: Sequence[R], schedules: Sequence[ScheduleEntry]) -> list[R]:
    """The rows of doses of the schedules that may be meant for the patient; those of others are left out."""
    others = {s["name"] for s in schedules if s["status"] == "other"}
    return [row for row in rows if row["schedule"] not in others]


def schedules(paper: Paper, of_regimen: Sequence[ScheduleEntry]) -> None:
    """Which schedule the doses are of, and the names of the others."""
    meant = [s["name"] for s in of_regimen if s["status"] != "other"]
    others = [s["name"] for s in of_regimen if s["status"] == "other"]
    if others:
        paper.bullets([screen_words.SCHEDULE.format(names=" or ".join(meant), others=", ".join(others))])


def to_decide(doses: Iterable[DoseRow | DoseEntry]) -> dict[str, None]:
    """The variants of a dose that apply to the patient, if it must be decided between them; each once."""
    found: dict[str, None] = {}
    for d in doses:
        holding = [v for v in d["variants"] if v["holds"] == "yes"]
        if all(v["dose"] != d["dose"] for v in holding):
            found |= {marked(words.variant(v, d["days"]), v): None for v in holding}
    return found


def marked(text: str, claim: Claimed | None) -> str:
    """A text with the mark of its claim, without the source key."""
    return f"{text} {sign(claim)}".rstrip()


def sign(claim: Claimed | None) -> str:
    """The marks of a claim: how its source was read, and § if the source is later than the day of the answer."""
    return f"{CHECKED.get(claim['verified'], '')}{LATER if claim.get('later_source') else ''}" if claim else ""


def marks(paper: Paper, before: str = "") -> None:
    """Write what the marks mean, after ``before``; § only if it stands on the screen."""
    later = screen_words.MARK_LATER if paper.said(LATER) in paper.buffer.getvalue() else ""
    paper.line("; ".join(filter(None, [before, screen_words.MARKS, later])))


def left_out(paper: Paper, counts: Mapping[str, int]) -> None:
    """Write the last line: how much of the answer is not on the screen; keys are those of ``screen_words.COUNTED``."""
    parts = ", ".join(f"{n} {screen_words.COUNTED[what][n > 1]}" for what, n in counts.items() if n > 0)
    paper.line(screen_words.LEFT_OUT.format(parts=parts) if parts else screen_words.NOTHING_LEFT_OUT)
