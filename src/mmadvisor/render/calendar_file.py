"""The days of a course as an iCalendar file (RFC 5545), which a clinic's calendar can import.

The file repeats the calendar of a checklist: one entry for each day on which a drug is given or a task is due. It
decides nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from mmadvisor.answers.monitor import Day, MonitorAdvice
from mmadvisor.base.errors import UsageError
from mmadvisor.render import words
from mmadvisor.render.marks import LEGEND
from mmadvisor.render.text import clean

CHECK = "check against the prescription"
_PRODUCT = "-//mmadvisor//checklist of a course//EN"


class Appointment(NamedTuple):
    """One entry of a calendar, for a whole day.

    ``of`` identifies the course and the day: an entry of a later file with the same ``of`` replaces the earlier one.
    ``description``: its lines. ``made_on``: the day on which the file was made.
    """

    of: tuple[str, ...]
    on: date
    summary: str
    description: Sequence[str]
    made_on: date


def days_of(m: MonitorAdvice) -> Iterator[Appointment]:
    """An entry for each day of the calendar of a checklist."""
    whose = m["patient"]["id"] if m["patient"] else ""
    for day in m["calendar"]:
        given = "; ".join(day["doses"]) or "no dose, tasks only"
        when = f"day {day['day']}" if day["day"] > 0 else f"{_days(1 - day['day'])} before the first dose"
        yield Appointment(
            of=(whose, m["regimen"], m["start"], day["date"]),
            on=date.fromisoformat(day["date"]),
            summary=f"{f'{whose}, ' if whose else ''}{m['name']}, {when}: {given} ({CHECK})",
            description=list(_described(m, day, first=day is m["calendar"][0])),
            made_on=date.fromisoformat(m["today"]),
        )


def _described(m: MonitorAdvice, day: Day, *, first: bool) -> Iterator[str]:
    """What is given and done on a day, what the calendar cannot date, and how far the list may be trusted."""
    yield f"{CHECK.capitalize()}."
    if first:
        yield from filter(None, [words.settings(m)])
        yield from _listed("Before you use this calendar", [*(x["text"] for x in m["first"]), *m["warnings"]])
    if m["verdict"]:
        yield f"As a choice for this patient on {m['today']}: {m['verdict']}."
    yield from _listed("Schedule", filter(None, [words.proposed_schedule(m["schedules"])]))
    yield from _listed("Give", day["doses"])
    on = day["date"]
    given = [d for d in m["doses"] if any(begins <= on <= ends for begins, ends in d["dates"])]
    yield from _listed("At most", (f"{d['name']}: {x['text']}" for d in given for x in d["caps"]))
    variants = (f"{d['name']}, {words.variant(v, d['days'])}" for d in given for v in d["variants"])
    yield from _listed("Doses by a fact of the patient", variants)
    yield from _listed("Do", day["tasks"])
    yield from _listed("Not in this calendar", (f"{x['name']}: {x['text']}" for x in m["undated"]))
    yield LEGEND
    yield m["intended_use"]


def _listed(title: str, rows: Iterable[str]) -> Iterator[str]:
    listed = [f"- {row}" for row in rows]
    if listed:
        yield from (f"{title}:", *listed)


def _days(n: int) -> str:
    return "1 day" if n == 1 else f"{n} days"


def written(appointments: Iterable[Appointment]) -> str:
    """The text of an iCalendar file.

    Raises:
        UsageError: The library that writes it is not installed.
    """
    try:
        from icalendar import Calendar, Event
    except ImportError:
        raise UsageError(
            "a calendar file needs icalendar, which is not installed: pip install 'mmadvisor[calendar]'"
        ) from None
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    for each in appointments:
        entry = Event()
        entry.add("uid", f"{hashlib.sha256(chr(0).join(each.of).encode()).hexdigest()[:32]}@mmadvisor")
        entry.add("dtstamp", datetime.combine(each.made_on, time(), UTC))
        entry.add("sequence", each.made_on.toordinal())
        entry.add("dtstart", each.on)
        entry.add("dtend", each.on + timedelta(days=1))
        entry.add("summary", clean(each.summary))
        entry.add("description", "\n".join(map(clean, each.description)))
        entry.add("class", "PRIVATE")
        entry.add("transp", "TRANSPARENT")
        made.add_component(entry)
    text: str = made.to_ical().decode("utf-8")
    return text
