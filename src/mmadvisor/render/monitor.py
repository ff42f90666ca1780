"""The dated checklist of a regimen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mmadvisor.answers.monitor import SCHEMA, Day, DoseRow, MonitorAdvice, ScoreEntry, ScoreItemEntry, Spacing, Task
from mmadvisor.answers.recommendation import Sentence
from mmadvisor.render import checklists, screen_words, short, words
from mmadvisor.render.calendar_file import days_of
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import cite
from mmadvisor.render.shared import co_medication, due_now, ends, schedules

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper


def draw(paper: Paper, m: MonitorAdvice, look: Look) -> None:
    """What depends on the patient, the calendar, then every task by phase."""
    where = f"   {m['jurisdiction']}" if m["jurisdiction"] else ""
    whose = f"   patient {m['patient']['id']}" if m["patient"] else ""
    paper.title(f"{m['name']}: first dose {m['start']}{where}{whose}   seen on {m['today']}")
    if m["treat_now"]:
        due_now(paper, m["treat_now"], m["first"])
        paper.gap()
    if m["verdict"]:
        paper.pairs([("As a choice today", f"{paper.sign(m['verdict'])} {m['verdict']}")])
    paper.bullets([checklists.status_in(s) + f" {cite(s)}" for s in m["status"]])
    paper.bullets(m["warnings"], sign="!")
    if m["patient"]:
        co_medication(paper, m["co_medication"])
    _sentences(paper, "Adapt to this patient", m["adapt"])
    _spacing(paper, m)
    _scores(paper, m["scores"])
    _calendar(paper, m)
    for title, lists in checklists.by_phase(m["tasks"]):
        _tasks(paper, title, lists)
    _sentences(paper, "Doses by kidney and liver", m["organs"])
    if m["left_out"]:
        paper.heading("Not for this patient")
        paper.bullets(f"{x['item']}: {x['because']}" for x in m["left_out"])
    ends(paper, m["intended_use"])


TASKS_BEFORE, TASKS_OF_FIRST_DAY, TASKS_OF_A_DAY = 1, 2, 1
LATE_SHOWN = 2  # of each day
LONGEST_REPEATED = 60  # characters of doses that are shown on every day


def brief(paper: Paper, m: MonitorAdvice, look: Look) -> None:
    """What is to be done now, the doses, what is missing for a dose, the next days, and the scores."""
    facts = [m["jurisdiction"], screen_words.PATIENT.format(id=m["patient"]["id"]) if m["patient"] else ""]
    title = screen_words.MONITOR.format(regimen=m["regimen"], start=m["start"], today=m["today"])
    paper.title("  ".join(filter(None, [title, *facts])))
    if m["treat_now"]:
        short.first(paper, m["treat_now"], m["first"])
    left_out = _choice(paper, m)
    pressing = _pressing(paper, m)
    _doses(paper, m)
    _next_days(paper, m)
    for s in m["scores"]:
        asked = sum(bool(i["ask"]) for i in s["items"])
        said = s["says"][0] if len(s["says"]) == 1 else screen_words.UNSETTLED_SCORE.format(n=asked)
        paper.line(short.marked(f"{s['title']}: {_points(s)}: {said}", s))
    short.marks(paper)
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE_OF_MONITOR)
    short.left_out(
        paper,
        {
            "tasks": len(m["tasks"]) - pressing,
            "days": sum(d["date"] > m["soon"] for d in m["calendar"]),
            "variants": sum(len(d["variants"]) for d in m["doses"]) - len(short.to_decide(m["doses"])),
            **left_out,
        },
    )


def _choice(paper: Paper, m: MonitorAdvice) -> dict[str, int]:
    """Write the verdict, the status, warnings, and the cautions that apply; returns how much of it is left out."""
    choice = screen_words.AS_A_CHOICE.format(sign=paper.sign(m["verdict"]), verdict=m["verdict"])
    status = [short.marked(f"{s['jurisdiction']}: {s['status']}", s) for s in m["status"]]
    paper.line("; ".join([*([choice] if m["verdict"] else []), *status]))
    paper.bullets(m["warnings"], sign="!")
    if m["patient"]:
        short.unchecked(paper, m["co_medication"])
    applying = [x for x in m["adapt"] if x["applies"] == "yes"]
    paper.bullets([short.marked(x["text"], x) for x in applying], sign="!")
    ready = [x for x in m["deescalation"] if x["due"] or x["ready"] == "yes"]
    paper.bullets([short.marked(screen_words.SPACED.format(**x), x) for x in ready], sign=paper.sign("met"))
    return {"cautions": len(m["adapt"]) - len(applying), "steps": len(m["deescalation"]) - len(ready)}


def _pressing(paper: Paper, m: MonitorAdvice) -> int:
    """Write the tasks that the record requires now, and those that are late by day; returns how many there are."""
    now = [t for t in m["tasks"] if t["now"] == "yes"]
    late: dict[str, dict[str, None]] = {}
    for t in m["tasks"]:
        if t["late"] and t not in now:
            sign = screen_words.PERHAPS if t["applies"] == "unknown" else ""
            late.setdefault(t["ends"], {})[short.marked(" ".join(filter(None, [t["short"], sign])), t)] = None
    if now or late:
        paper.line(screen_words.NOW, style="bold")
    paper.bullets(dict.fromkeys(short.marked(f"{t['short']}: {t['now_because']}", t) for t in now), sign="[ ]")
    for day, names in sorted(late.items()):
        more = screen_words.AND_MORE.format(n=len(names) - LATE_SHOWN) if len(names) > LATE_SHOWN else ""
        paper.bullets([screen_words.LATE.format(day=day, names="; ".join([*names][:LATE_SHOWN]) + more)], sign="[ ]")
    return sum(t["late"] or t in now for t in m["tasks"])


def _doses(paper: Paper, m: MonitorAdvice) -> None:
    """The doses of each agent in one line, what is missing for a dose, and what the calendar cannot date."""
    paper.line(screen_words.DOSES_OF_PATIENT if m["patient"] else screen_words.DOSES, style="bold")
    agents: dict[str, dict[tuple[str, str], list[str]]] = {}
    waiting: dict[tuple[str, ...], dict[str, None]] = {}  # agents by the fields that their doses need
    short.schedules(paper, m["schedules"])
    rows = short.of_schedules(m["doses"], m["schedules"])
    for d in rows:
        how = " ".join(filter(None, [d["dose"], d["route"]])) + words.to_adapt(d)
        known = d["days"] and not d["waits_for"]  # the days of a dose that is open stand in the calendar alone
        agents.setdefault(d["name"], {}).setdefault((how, short.sign(d)), []).extend([d["days"]] if known else [])
        if d["waits_for"]:
            waiting.setdefault(tuple(d["waits_for"]), {})[d["name"]] = None
    for name, doses in agents.items():
        said = []
        for (how, sign), days in doses.items():
            when = f"({'; '.join(days)})" if days else ""
            said.append(" ".join(filter(None, [how, when, sign])))
        paper.bullets([f"{name}: {'; '.join(said)}"])
        paper.bullets(short.to_decide(d for d in rows if d["name"] == name), indent=4)
    paper.bullets([] if agents else [screen_words.NO_DOSE], sign="?")
    if waiting:
        lacking = "; ".join(f"{', '.join(fields)} ({', '.join(names)})" for fields, names in waiting.items())
        paper.bullets([screen_words.WAITS_FOR.format(fields=lacking)], sign="?")
    if m["undated"]:
        undated = ", ".join(x["name"] for x in m["undated"])
        paper.bullets([screen_words.UNDATED.format(names=undated)], sign="!")


def _next_days(paper: Paper, m: MonitorAdvice) -> None:
    """Write the days of the calendar from today to ``soon``; long doses and tasks of an earlier day only once.

    What belongs to a dose of the day is there on each day.
    """
    days = [d for d in m["calendar"] if m["today"] <= d["date"] <= m["soon"]]
    if days:
        paper.line(screen_words.DAYS.format(until=m["soon"]), style="bold")
    seen: dict[str, str] = {}
    done: dict[str, str] = {}
    for d in days:
        due = _due(d, done)
        doses = "; ".join(d["doses"])
        again = seen.setdefault(doses, d["date"])
        if again != d["date"] and len(doses) > LONGEST_REPEATED:
            doses = screen_words.AS_ON.format(day=again)
        else:
            doses = "; ".join(_dose(d, n, seen) for n in range(len(d["doses"])))
        paper.pairs([(checklists.dated(d), ". ".join([*([doses] if doses else []), *due]))], indent=2)


def _dose(d: Day, n: int, seen: dict[str, str]) -> str:
    """One dose of a day; a long one that an earlier day has is named with this day."""
    text, drug = d["doses"][n], d["drugs"][n]
    again = seen.setdefault(text, d["date"])
    repeated = drug and again != d["date"] and len(text) > LONGEST_REPEATED
    return screen_words.DRUG_AS_ON.format(drug=drug, day=again) if repeated else text


def _due(d: Day, done: dict[str, str]) -> list[str]:
    """The tasks of a day: those of its doses, then others; those that an earlier day has are counted with this day.

    ``done``: the day on which each task was first shown.
    """
    most = TASKS_BEFORE if d["day"] < 1 else TASKS_OF_FIRST_DAY if d["day"] == 1 else TASKS_OF_A_DAY
    tasks = d["tasks"][: max(most, d["of_dose"])]
    if d["doses"] and set(tasks) <= done.keys():
        tasks = d["tasks"][: d["of_dose"]]
    new = [task for task in tasks if not d["doses"] or task not in done]
    again = [task for task in tasks if task not in new]
    if again:
        new.append(screen_words.TASKS_AS_ON.format(n=len(again), day=done[again[0]]))
    left = len(d["tasks"]) - len(tasks)
    for task in tasks:
        done.setdefault(task, d["date"])
    more = screen_words.AND_MORE.format(n=left) if left else ""
    return [screen_words.TO_DO.format(tasks="; ".join(new) + more)] if new else []


def _calendar(paper: Paper, m: MonitorAdvice) -> None:
    """Doses as written, then day by day."""
    paper.heading("Doses")
    schedules(paper, m["schedules"])
    for d in m["doses"]:
        paper.bullets([_dosed(d)])
        paper.bullets([f"{x['text']} {cite(x)}" for x in (*d["in_mg"], *d["caps"])], indent=4)
        paper.bullets([f"{words.variant(v, d['days'])} {cite(v)}" for v in d["variants"]], indent=4)
    paper.bullets([] if m["doses"] else ["none was read"])
    if m["undated"]:
        paper.heading("Not in the calendar below")
        paper.bullets([f"{x['name']}: {x['text']}" for x in m["undated"]], sign="!")
    if m["calendar"]:
        paper.heading(f"Day by day to {m['until']}")
        rows = [
            [checklists.dated(d), checklists.day_of(d), "; ".join(d["doses"]), "; ".join(d["tasks"])]
            for d in m["calendar"]
        ]
        paper.table(["Date", "Day", "Give", "Do"], rows)


def _tasks(paper: Paper, title: str, lists: Sequence[tuple[str, Sequence[Task]]]) -> None:
    paper.heading(title)
    for name, tasks in lists:
        if name != title:
            paper.line(name, indent=2)
        for t in tasks:
            sign = "[ ]" if t["applies"] == "yes" else "[?]"
            paper.bullets([_task(t)], indent=4, sign=sign)


def _scores(paper: Paper, scores: Sequence[ScoreEntry]) -> None:
    for s in scores:
        paper.heading(f"{s['title']}: {_points(s)}: {' or '.join(s['says'])} {cite(s)}")
        paper.bullets([_scored(i) for i in s["items"]])
        paper.line(f"{s['note']}", indent=2)


def _points(s: ScoreEntry) -> str:
    low, high = s["at_least"], s["at_most"]
    return f"{low}" if low == high else f"{low} to {high}, not settled"


def _spacing(paper: Paper, m: MonitorAdvice) -> None:
    if not m["deescalation"]:
        return
    paper.heading("Spacing out the doses")
    for step in m["deescalation"]:
        _step(paper, step)
    paper.bullets([f"{x['text']} {cite(x)}" for x in m["evidence"]], indent=2, sign=">")


def _step(paper: Paper, step: Spacing) -> None:
    """One step to a sparser schedule: whether it may be taken today, and its conditions."""
    by = f" [{step['by']}]" if step["by"] else ""
    ready = {"yes": "ready", "no": "not ready", "unknown": "not known"}[step["ready"]]
    met = {"yes": "met", "no": "not-met", "unknown": "unknown"}[step["ready"]]
    earliest = f", by its dates from {step['earliest']}" if step["earliest"] else ""
    label = f"the label of {step['by']}" if step["by"] else "the label"
    due = f"; {label} asks for it" if step["due"] else ""
    said = f"from {step['leave']} to {step['enter']}{by}: {ready}{earliest}{due}. {step['text']}"
    note = f" ({step['note']})" if step["note"] else ""
    paper.bullets([f"{said}{note} {cite(step)}"], sign=paper.sign(met))
    for c in step["conditions"]:
        word = {"yes": "met", "no": "not met", "unknown": "unknown"}[c["result"]]
        paper.bullets([f"{c['text']}: {word} ({c['found']})"], indent=6)


def _dosed(d: DoseRow) -> str:
    how = ", ".join(x for x in (d["dose"], d["route"]) if x)
    note = f" ({d['note']})" if d["note"] else ""
    note += words.to_adapt(d)
    first = f"; first {d['dates'][0][0]}" if d["dates"] else ""
    schedule = f" (schedule: {d['schedule']})" if d["schedule"] else ""
    return f"{d['name']}{schedule}: {how}; {d['days'] or 'days not read'}{note}{first} {cite(d)}"


def _task(t: Task) -> str:
    """One task: what, when in words and dates, why, for whom, and whether the record requires it now."""
    why = f"; {t['why']}" if t["why"] else ""
    dates = ", ".join(t["dates"][: checklists.SHOWN_DATES]) + (
        " ..." if len(t["dates"]) > checklists.SHOWN_DATES else ""
    )
    begins = f"from {t['begins']}" if t["begins"] and not t["dates"] else ""
    ends = f"{'until' if t['phase'] != 'before' else 'by'} {t['ends']}" if t["ends"] else ""
    ends += " (ALREADY PAST)" if t["late"] else ""
    when = ", ".join(x for x in (t["when"], dates, begins, ends) if x)
    unknown = f" {t['because'][0].upper()}{t['because'][1:]}." if t["applies"] == "unknown" and t["because"] else ""
    now = {"yes": "NOW: ", "no": "Not now: ", "unknown": "Now? not known: ", "": ""}[t["now"]]
    called = f" {now}{t['now_because']}." if now else ""
    adapt = "".join(f" {checklists.adapting(x)}. {cite(x)}" for x in t["adapt"])
    said = f"{t['item']}: {when}" if when else t["item"]
    return f"{checklists.whose(t)} {said}{why}.{unknown}{called} {cite(t)}{adapt}"


def _scored(i: ScoreItemEntry) -> str:
    points = f"{i['at_least']:+d}" if i["at_least"] == i["at_most"] else f"{i['at_least']:+d} to {i['at_most']:+d}"
    said = "; ".join(x for x in (i["because"], f"ask: {i['ask']}" if i["ask"] else "", i["note"]) if x)
    return f"{points} {i['text']} ({said})"


def _sentences(paper: Paper, title: str, rows: Sequence[Sentence]) -> None:
    if rows:
        paper.heading(title)
        paper.bullets([f"{x['text']} {cite(x)}" for x in rows])


def page(m: MonitorAdvice, look: Look) -> str:
    """The HTML page of a checklist."""
    from mmadvisor.render.web import written

    return written("monitor", m, m["sources"])


MONITOR: Final = Kind(SCHEMA, draw, page, brief=brief, days=days_of)
