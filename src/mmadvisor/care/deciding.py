"""The decision that follows from all rows for an event together, and the sections of labels to look up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mmadvisor.answers.bedside import Decision, SectionEntry
from mmadvisor.care.at_event import Event, led, once
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.formats.drugs import Hold, LabelSection, StopAt

STOPPING = ("stop", "consider stopping")
CHECK_LABEL = "check-label"
# Two actions of which neither is stricter than the other: to wait, and to end treatment.
_WAITING = ("withhold", "interrupt")
_STRICTNESS = {"no change": 0, "reduce": 1, "interrupt": 2, "withhold": 2, "consider stopping": 3, "stop": 4}


class Here(NamedTuple):
    """The rows for an event and grade in a place, those of other places, and the laboratory value if it was given.

    ``others``: the rows of the place that were read and go by other values than the one given.
    """

    place: str
    rows: Sequence[Hold]
    elsewhere: Sequence[Hold]
    value: float | None = None
    others: Sequence[Hold] = ()

    def ending(self, at: Event) -> list[Hold]:
        """The rows that were read and ask to stop for good at every possible grade, without a further condition."""
        return [r for r in self.sure if _ends_at(r, at)]

    @property
    def sure(self) -> list[Hold]:
        """The rows that were read and have no further condition."""
        return [r for r in self.rows if r.read and not r.only_with]

    @property
    def conditions(self) -> list[str]:
        """What rows ask under a further condition, unless the others ask for it at any value."""
        anyhow = {r.action for r in self.sure if r.count is None or r.count_is_grade}
        mine = (r for r in self.rows if r.read and r.only_with and r.action not in anyhow)
        return list(dict.fromkeys(f"{r.only_with}: {_done(r)}" for r in mine))

    @property
    def at_other_values(self) -> list[str]:
        """What the rows that go by other values ask, with those values."""
        return list(dict.fromkeys(f"{_done(r)}, by the label{_places(r)}" for r in self.others))


def decision(catalogue: Catalogue, at: Event, here: Here) -> Decision:
    """The decision that follows from the rows of a place for an event and grade.

    A row that was not read may withhold the next dose. It does not end treatment for good, except at the events of
    ``stops``. A row with a further condition decides nothing without it. A stricter row of another place at the same
    grade is named, and the decision is then made by a person.
    """
    sections = sections_of(catalogue.label_sections, catalogue, at.agent, here.place)
    stop = _stop_at(catalogue, at.event)
    if stop is not None and _reaches(stop, at.least):
        return Decision(
            action="stop-until-decided",
            text=led(catalogue, at, _until_decided(at, here)),
            because=[f"{_told(at)}: this holds whatever rows of the label were read", *once(catalogue, at.agent)],
            sections=sections,
            source=stop.source,
            verified=stop.verified,
        )
    warned = stop is not None and (at.most is None or at.most >= stop.from_grade)
    from_grade = f"from grade {stop.from_grade} on no further dose until a specialist has decided" if stop else ""
    action, text, because = _by_rows(at, here, sections, [from_grade] if warned else [])
    because += once(catalogue, at.agent)
    text = led(catalogue, at, text)
    return Decision(action=action, text=text, because=because, sections=sections, source="", verified="")


def _by_rows(at: Event, here: Here, sections: Sequence[SectionEntry], warned: list[str]) -> tuple[str, str, list[str]]:
    """The action, its sentence and the reasons, from the rows; ``warned`` are reasons for a decision by a person."""
    if not here.sure:
        where = " or ".join(f"{x['section']} ({x['by']})" for x in sections)
        section = f"section {where} of the label" if where else "the section of the label on doses"
        text = f"Give no further dose until {section} was read"
        if here.value is not None and (rows := [*here.at_other_values, *here.conditions]):
            of = f" of {here.place}" if here.place else ""
            text = f"At {here.value:g} no row{of} that was read withholds by itself ({'; '.join(rows)}). {text}"
        because = [_not_decided(at, here), *here.at_other_values, *_may_stop(here.rows), *warned, *here.conditions]
        return CHECK_LABEL, text, because
    if ending := here.ending(at):
        weaker = [r for r in here.sure if r not in ending]
        if not weaker:
            return "by-rows", _done(ending[0]), []
        because = [f"a weaker row applies as well: {', '.join(dict.fromkeys(map(_done, weaker)))}", *warned]
        return "decide-today", f"Stop for good, by {_label_of(ending)}; no further dose before it is decided", because
    if because := [*warned, *_undecided(here.rows, here.elsewhere)]:
        text = "give no further dose before it is decided today"
        text = f"{first}; {text}" if (first := _of_the_grade(at, here)) else f"{text[:1].upper()}{text[1:]}"
        return "decide-today", text, [*because, *here.conditions]
    asked = " or ".join(dict.fromkeys(map(_done, here.sure)))
    return "by-rows", "; ".join((asked, *here.conditions)), []


def _of_the_grade(at: Event, here: Here) -> str:
    """What the rows of the grade itself ask, if they agree and rows of any grade stand beside them; else empty."""
    own = [r for r in here.sure if at.graded and at.least in r.grades]
    asked = list(dict.fromkeys(map(_done, own)))
    if len(asked) != 1 or len(own) == len(here.sure):
        return ""
    return f"{asked[0][:1].upper()}{asked[0][1:]}, by the row of grade {at.least}"


def _until_decided(at: Event, here: Here) -> str:
    """That a specialist decides, after what the rows of this place or of others ask, if one asks to stop for good."""
    text = "give no further dose until a specialist has decided"
    if ending := here.ending(at):
        return f"Stop for good, by {_label_of(ending)}; {text}"
    if ending := [r for r in here.elsewhere if r.read and not r.only_with and _ends_at(r, at)]:
        return f"{text.capitalize()}; by {_label_of(ending)}: stop for good"
    return text.capitalize()


def _label_of(rows: Sequence[Hold]) -> str:
    """The label with the rows, by its places."""
    places = ", ".join(dict.fromkeys(p for r in rows for p in r.jurisdictions))
    return f"the label{f' ({places})' if places else ''}"


def _ends_at(row: Hold, at: Event) -> bool:
    """Whether a row asks to stop for good at each possible grade of an event."""
    possible = () if at.least is None or at.most is None else range(at.least, at.most + 1)
    return row.action == "stop" and (not row.grades or (bool(possible) and set(possible) <= set(row.grades)))


def strictest_first(rows: Sequence[Hold]) -> list[Hold]:
    """Rows in the order of their strictness, so that none stands above a stricter one."""
    return sorted(rows, key=_strictness, reverse=True)


def _told(at: Event) -> str:
    """The event with its possible grades."""
    if at.least is None:
        return at.event
    return f"{at.event} of grade {at.least}{'' if at.graded else f' to {at.most}'}"


def _not_decided(at: Event, here: Here) -> str:
    """That no row decides, with the place and the value."""
    read = here.value is not None or here.conditions
    reads = "the rows that were read do not decide" if read else "no row was read for"
    value = f" at {here.value:g}" if here.value is not None else ""
    return f"{reads} {_told(at)}{value}{f', {here.place}' if here.place else ''}"


def _done(row: Hold) -> str:
    """The action of a row, with the laboratory values to which it applies, unless these are the grade itself."""
    return f"{row.action} at {row.count.text}" if row.count and not row.count_is_grade else row.action


def _places(row: Hold) -> str:
    """The places of a row, in brackets; empty if it has none."""
    return f" ({', '.join(row.jurisdictions)})" if row.jurisdictions else ""


def _undecided(rows: Sequence[Hold], elsewhere: Sequence[Hold]) -> Iterator[str]:
    """Why the rows alone do not decide what to do."""
    sure = [r for r in rows if not r.only_with]
    if len({_kind(r) for r in sure}) > 1:
        yield f"the rows differ: {', '.join(dict.fromkeys(map(_done, sure)))}"
    if any(r.or_stop for r in rows):
        yield "a row leaves it to the severity whether the drug is stopped for good"
    stopping = [r for r in rows if r.action in STOPPING]
    if any(r.read and r.only_with for r in stopping):
        yield "a row asks to stop for good under a further condition"
    yield from _may_stop(rows)
    yield from _stricter(rows, elsewhere)


def may_stop(rows: Sequence[Hold]) -> bool:
    """Whether a row, read or not, may ask to stop for good."""
    return any(r.or_stop or r.action in STOPPING for r in rows)


def _may_stop(rows: Sequence[Hold]) -> Iterator[str]:
    """That a row that was not read may ask to stop for good."""
    if may_stop([r for r in rows if not r.read]):
        yield "a row that was not read may ask to stop for good"


def _stricter(rows: Sequence[Hold], elsewhere: Sequence[Hold]) -> Iterator[str]:
    """That a row of another place is stricter than all of this place."""
    strictest = max(map(_strictness, rows))
    if stricter := [r for r in elsewhere if _strictness(r) > strictest]:
        places = ", ".join(sorted({p for r in stricter for p in r.jurisdictions}))
        yield f"a stricter row stands elsewhere ({places}): {', '.join(dict.fromkeys(r.action for r in stricter))}"


def _kind(row: Hold) -> str:
    """Whether a row waits, ends treatment or goes on."""
    if row.action in _WAITING:
        return "wait"
    return "stop" if row.action in STOPPING else "go on"


def _strictness(row: Hold) -> int:
    return max(_STRICTNESS[row.action], _STRICTNESS["consider stopping"] if row.or_stop else 0)


def _stop_at(catalogue: Catalogue, event: str) -> StopAt | None:
    """The entry of ``stops`` for an event, with its grade; ``None`` if there is none."""
    return next((s for s in catalogue.stops if event in s.events), None)


def _reaches(stop: StopAt, least: int | None) -> bool:
    """Whether a grade of at least ``least`` ends treatment; at an entry without a grade every grade does."""
    return stop.from_grade == 1 or (least is not None and least >= stop.from_grade)


def ends_until_decided(catalogue: Catalogue, event: str, grade: int | None) -> str:
    """The sentence that no dose is given until a specialist decides, or may be given; otherwise empty."""
    stop = _stop_at(catalogue, event)
    if stop is None:
        return ""
    if _reaches(stop, grade):
        return f"after {event}{'' if grade is None else f' of grade {grade}'} no dose until a specialist has decided"
    if grade is None:
        return f"from grade {stop.from_grade} of {event} on no dose until a specialist has decided: say --grade"
    return ""


def sections_of(rows: Sequence[LabelSection], catalogue: Catalogue, agent: str, place: str) -> list[SectionEntry]:
    """The sections of labels to look up; for each place the first row for the agent."""
    places: dict[LabelSection, list[str]] = {}
    for code in (place,) if place else catalogue.jurisdictions:
        mine = (r for r in rows if code in r.jurisdictions and (not r.agents or agent in r.agents))
        if (row := next(mine, None)) is not None:
            places.setdefault(row, []).append(code)
    return [
        SectionEntry(section=row.section, by=", ".join(codes), source=row.source, verified=row.verified)
        for row, codes in places.items()
    ]
