"""Parts that several reports share: the patient, what to do first, checklists, the end of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mmadvisor.render import checklists, words
from mmadvisor.render.marks import LEGEND, SOURCE_OF_A_KEY, cite, key_of
from mmadvisor.render.text import spoken

if TYPE_CHECKING:
    from mmadvisor.answers.co_medication import CoMedicationEntry
    from mmadvisor.answers.doses import ScheduleEntry
    from mmadvisor.answers.recommendation import FirstItem, Monitoring, Recommendation, TreatNow
    from mmadvisor.answers.stamps import SourceEntry
    from mmadvisor.render.paper import Paper


def strip(paper: Paper, a: Recommendation) -> None:
    """The patient in a few lines: the day, the lines of therapy, refractoriness, the situation."""
    history = a["history"]
    lines = history["prior_lines"]
    count = words.line_count(lines)
    others = "; ".join(f"{o['count']} by {o['definition']}" for o in lines["alternatives"])
    held = [x["label"] for x in history["labels"] if x["value"] == "yes"]
    open_ = [x["label"] for x in history["labels"] if x["value"] == "unknown"]
    refractory = [x["name"] for x in history["agents"] if x["refractory"] == "yes"]
    unsettled = [x["name"] for x in history["agents"] if x["refractory"] == "unknown"]
    day = a["patient"]["assessed_on"]
    origin = a["patient"]["assessed_on_from"]
    where = f"{a['jurisdiction']}   catalogue {a['catalogue']['version']}"
    paper.title(f"Patient {a['patient']['id']}   {day} ({origin})   {where}")
    paper.pairs(
        [
            ("Prior lines", f"{count} ({lines['definition']}{'; ' + others if others else ''})"),
            ("Refractory to", ", ".join(refractory) or "nothing recorded"),
            ("Not settled", ", ".join(unsettled)),
            ("History", ", ".join(held)),
            ("Not known", ", ".join(open_)),
            ("Situation", "; ".join(a["settings"])),
        ]
    )


def due_now(paper: Paper, treat: TreatNow, first: Sequence[FirstItem]) -> None:
    """Emergencies, first statements, and whether to treat now, before everything else."""
    for emergency in treat["emergencies"]:
        name = spoken(emergency["emergency"]).upper()
        paper.gap()
        said = f"FIRST: {name} ({emergency['how']}). {emergency['text']} {cite(emergency)}"
        paper.line(said.rstrip(), style="bold red")
        paper.bullets([emergency["found"]], sign=">")
        paper.bullets(emergency["questions"], sign="?")
    said_first = [f"{item['text']} {cite(item)}".rstrip() for item in first]
    for text in said_first[:1]:
        paper.gap()
        paper.line(f"FIRST: {text}", style="bold red")
    paper.bullets(said_first[1:], sign="!")
    paper.heading(f"Treat now? {spoken(treat['answer'])}: {treat['because']} {key_of(treat)}".rstrip())
    paper.bullets(treat["contradictions"], sign="!")
    paper.bullets([f"{words.question(q)} {cite(q)}".rstrip() for q in treat["questions"]], sign="?")
    paper.bullets(words.repeats(treat["repeat"]), sign="?")
    paper.bullets([f"{s['text']} {cite(s)}".rstrip() for s in treat["unsure"]], sign="!")
    paper.bullets(treat["ask"], sign="?")


def co_medication(paper: Paper, listed: Sequence[CoMedicationEntry] | None) -> None:
    """Each drug of the co-medication, the agents with which it was compared, and what was found."""
    if listed is None:
        paper.heading(words.NO_LIST)
        return
    paper.heading(f"Co-medication: {words.NONE_TAKEN}" if not listed else "Co-medication")
    for c in listed:
        paper.bullets([words.checked(c)], sign="-" if c["checked"] else "!")
        paper.bullets([f"{words.interaction(x)} {cite(x)}" for x in c["results"]], indent=6)


def schedules(paper: Paper, entries: Sequence[ScheduleEntry]) -> None:
    """The schedule that is proposed, and for whom each of the others is; nothing if the regimen has only one."""
    if entries:
        paper.line(words.proposed_schedule(entries), indent=2, style="bold")
    for s in entries:
        if not s["usual"]:
            paper.bullets([f"{words.other_schedule(s)} {cite(s)}"], indent=4)
            paper.bullets([f"{c['text']} {cite(c)}" for c in s["conditions"]], indent=6)


def monitoring(paper: Paper, items: Sequence[Monitoring], shown: set[tuple[str, str]]) -> None:
    """Checklists by title.

    An item in ``shown`` (title and line) is not repeated; only its title is named.
    """
    again = []
    for title, mine in checklists.by_title(checklists.gathered(items)):
        fresh = [i for i in mine if (title, _same(i)) not in shown]
        shown |= {(title, _same(i)) for i in fresh}
        if len(fresh) < len(mine):
            again.append(title)
        if fresh:
            paper.task(title)
        paper.bullets([_line(i) for i in fresh], indent=6)
    if again:
        paper.task(f"As above: {'; '.join(again)}")


def _line(item: Monitoring) -> str:
    """An item with its source, and the findings against doing it as written, each with its own."""
    adapt = "".join(f". {checklists.adapting(x)} {cite(x)}" for x in item["adapt"])
    return f"{checklists.to_do(item)} {cite(item)}{adapt}".rstrip()


def _same(item: Monitoring) -> str:
    """What tells an item from others, whatever the drugs for which it is there."""
    return checklists.to_do(item | {"drugs": []})


def foot(paper: Paper, a: Recommendation) -> None:
    """The program, the catalogue and the profile of the answer, and its intended use."""
    paper.gap()
    c = a["catalogue"]
    paper.line(
        f"{a['engine']['name']} {a['engine']['version']}, catalogue {c['version']} ({c['sha256'][:12]}, reviewed "
        f"{c['reviewed_on']}; {', '.join(c['layers'])}), order {a['profile']}. {len(a['sources'])} sources."
    )
    paper.line(SOURCE_OF_A_KEY)
    paper.line(a["intended_use"])


def ends(paper: Paper, intended_use: str, sources: Mapping[str, SourceEntry] | None = None) -> None:
    """The sources by key, the meaning of the marks, how to see a source, and the intended use."""
    if sources:
        paper.heading("Sources")
        paper.bullets([f"[{key}] {source['title']} ({source['verified']})" for key, source in sources.items()])
    paper.gap()
    paper.line(LEGEND)
    paper.line(SOURCE_OF_A_KEY)
    paper.line(intended_use)
