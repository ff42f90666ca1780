"""The calendar of a course: what is given and what is due on each day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from typing_extensions import TypedDict

from mmadvisor.answers.monitor import Day, Task
from mmadvisor.care.doses import NOT_YET, Doses
from mmadvisor.care.scope import Scope


def calendar(
    doses: Doses,
    tasks: Sequence[Task],
    not_yet: Collection[str] = (),
    beside: Mapping[int, Sequence[str]] | None = None,
) -> list[Day]:
    """Every day on which a drug is given or a task is due, in order of time.

    Args:
        doses: What is given.
        tasks: The tasks.
        not_yet: The names of drugs that must not be started yet; each of their doses is marked.
        beside: What the checklist gives before these drugs on days of its own, by day.
    """
    scope = doses.scope
    given, due = doses.by_day(not_yet), _tasks_by_date(tasks, scope)
    for day, said in (beside or {}).items():
        given[day] = [*given.get(day, []), *(("", f"{NOT_YET}: {x}" if not_yet else x) for x in said)]
    days = {scope.date(day).isoformat(): day for day in given}
    days |= {on: (date.fromisoformat(on) - scope.course.start).days + 1 for on in due}
    return [
        Day(
            date=on,
            day=day,
            doses=[said for _, said in given.get(day, [])],
            drugs=[name for name, _ in given.get(day, [])],
            **due.get(on, _Due(tasks=[], of_dose=0)),
        )
        for on, day in sorted(days.items(), key=lambda pair: pair[1])
    ]


class _Due(TypedDict):
    tasks: list[str]
    of_dose: int


def _tasks_by_date(tasks: Sequence[Task], scope: Scope) -> dict[str, _Due]:
    """The tasks of each day within the calendar, each title once; those that belong to a dose of the day come first."""
    until = scope.date(scope.last).isoformat()
    due: dict[str, dict[str, bool]] = {}
    for task in sorted(tasks, key=lambda task: not (task["of_dose"] and task["dates"])):
        dates = _days_before(task, scope) or task["dates"] or [task["begins"]]
        for on in dates:
            if on and on <= until:
                title = _title(task, now=on == dates[0], of_patient=scope.case is not None)
                due.setdefault(on, {}).setdefault(title, task["of_dose"] and bool(task["dates"]))
    return {on: _Due(tasks=list(titles), of_dose=sum(titles.values())) for on, titles in due.items()}


def _days_before(task: Task, scope: Scope) -> list[str]:
    """The last day for something due before the first dose: the day before it at the latest."""
    if task["phase"] != "before" or not task["ends"]:
        return []
    return [min(task["ends"], scope.date(0).isoformat())]


def _title(task: Task, *, now: bool, of_patient: bool) -> str:
    """A task in the calendar; ``now``: the first day on which it is due; ``of_patient``: there is a patient file."""
    title = ", ".join(filter(None, [task["short"], task["lasts"]]))
    title += f" [{task['by']}]" if task["by"] else ""
    if task["phase"] != "before" and not task["dates"]:
        title = f"begin{f' (to {ends})' if (ends := task['ends']) else ''}: {title}"
    title += " (NOW)" if task["now"] == "yes" and now else ""
    borrowed = task["phase"] == "step-up" and task["by"]
    title += f" ({'not read here: check the label' if borrowed else '?'})" if task["applies"] == "unknown" else ""
    against = {"yes": "", "unknown": ""}
    for applies in against:
        against[applies] = ", ".join(dict.fromkeys(x["about"] for x in task["adapt"] if x["applies"] == applies))
    title += f" (adapt it, {against['yes']})" if against["yes"] else ""
    unsure = against["unknown"] if of_patient else ""
    return title + (f" (dose by {unsure}, which is not known)" if unsure else "")
