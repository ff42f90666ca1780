"""What is said at an event besides the rows of labels: what comes first, what to give, examine and ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from mmadvisor.answers.bedside import Said
from mmadvisor.base.errors import UsageError
from mmadvisor.care.events import in_one_spelling
from mmadvisor.catalogue.care import Practice
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.formats.drugs import Hold

_GRADES = (1, 2, 3, 4)


class Since(NamedTuple):
    """Days since the last dose, and since the last dose of the step-up; ``None`` if not given."""

    dose: int | None = None
    step: int | None = None

    @classmethod
    def of(cls, today: date, last_dose: date | None, last_step: date | None) -> Since:
        """The days until today.

        Raises:
            UsageError: A day is after today, or the last step is after the last dose.
        """
        days = [None if day is None else (today - day).days for day in (last_dose, last_step)]
        if any(n is not None and n < 0 for n in days):
            raise UsageError(f"the last dose is after today ({today})")
        dose, step = days
        if dose is not None and step is not None and step < dose:
            raise UsageError("the last dose of the step-up is after the last dose")
        return cls(dose, step)

    def may_exceed(self, days: int) -> bool:
        """Whether more days may have passed since the last step, which was not after the last dose."""
        return self.step is None or self.step > days


class Event(NamedTuple):
    """An event of a drug, with the possible grades; the grades are ``None`` if none was given."""

    agent: str
    event: str
    rows: Sequence[Hold]
    least: int | None
    most: int | None

    def of_grade(self, grades: Sequence[int]) -> bool:
        """Whether one of the grades is possible; empty ``grades`` means any."""
        if self.least is None or self.most is None or not grades:
            return True
        return any(self.least <= grade <= self.most for grade in grades)

    @property
    def graded(self) -> bool:
        """Whether one grade alone is possible."""
        return self.least is not None and self.least == self.most


def said_at(catalogue: Catalogue, at: Event, part: str, since: Since) -> list[Said]:
    """The rows of one part for an event, in the order of the data."""
    rows = (p for p in _rows(catalogue, at, part) if p.after_days is None or since.may_exceed(p.after_days))
    return [_said(p, at) for p in rows]


def practice_at(catalogue: Catalogue, at: Event, since: Since, *, may_stop: bool) -> list[Said]:
    """The practice besides the label for an event.

    Args:
        catalogue: The catalogue.
        at: The event. Of a range of grades the highest counts.
        since: Days since the last doses.
        may_stop: Whether a row of the label, read or not, may ask to stop the drug for good.
    """
    found = said_at(catalogue, at._replace(least=at.most), "practice", since)
    if found and may_stop:
        for said in found:
            said["text"] = f"only once it is decided that the drug is not stopped for good: {said['text']}"
    return found


def given_at(catalogue: Catalogue, at: Event) -> list[Said]:
    """What to give by grade; at each grade for which no text was read, that the centre is to be called."""
    found = said_at(catalogue, at, "give", Since())
    modality = catalogue.formulary.by_id[at.agent].modality
    centre = [c for c in catalogue.call_centre if at.event in c.events and modality in c.modalities]
    read = {g for p in _read(_rows(catalogue, at, "give")) for g in p.grades}
    unread = [g for g in _GRADES if at.of_grade([g]) and g not in read]
    if not unread:
        return found
    grades = f"grade {', '.join(map(str, unread))}: " if read else ""
    return [*found, *(Said(text=f"{grades}{c.text}", by="", source=c.source, verified=c.verified) for c in centre)]


def once(catalogue: Catalogue, agent: str) -> Iterator[str]:
    """What is said of a drug that is given once."""
    modality = catalogue.formulary.by_id[agent].modality
    return (g.text for g in catalogue.given_once if modality in g.modalities)


def led(catalogue: Catalogue, at: Event, text: str) -> str:
    """A decision on a drug; of one that is given once, after the advice to call or ask the treatment centre."""
    modality = catalogue.formulary.by_id[at.agent].modality
    now = any(at.event in c.events and modality in c.modalities for c in catalogue.call_centre)
    for row in catalogue.given_once:
        if modality in row.modalities:
            lead = row.urgent if now else row.lead
            return f"{lead[:1].upper()}{lead[1:]}; {text[:1].lower()}{text[1:]}"
    return text


def _rows(catalogue: Catalogue, at: Event, part: str) -> Iterator[Practice]:
    modality = catalogue.formulary.by_id[at.agent].modality
    events = {in_one_spelling(e) for e in (at.event, *(r.event for r in at.rows))}
    for row in catalogue.practice:
        mine = modality in row.modalities and (not row.agents or at.agent in row.agents)
        named = not events.isdisjoint(map(in_one_spelling, (row.event, *row.covers)))
        if row.part == part and mine and named and at.of_grade(row.grades):
            yield row


def _read(rows: Iterable[Practice]) -> Iterator[Practice]:
    return (row for row in rows if row.verified != "unverified")


def _said(row: Practice, at: Event) -> Said:
    """A row in words, with its grades unless the grade is known; practice that goes by a grade always names it."""
    known = at.graded and row.part != "practice"
    grades = "" if known or not row.grades else f"grade {', '.join(map(str, row.grades))}: "
    return Said(text=f"{grades}{row.text}", by=row.by, source=row.source, verified=row.verified)
