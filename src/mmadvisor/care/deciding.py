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
        told = (f"{r.action} at {r.count.text}, by the label{_places(r)}" for r in self.others if r.count)
        return list(dict.fromkeys(told))


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


# Why: docs/explanation/checklists-and-interruptions.md#what-is-done-at-once
def while_given(catalogue: Catalogue, at: Event, here: Here, made: Decision) -> Decision:
    """A decision after what is done at once, at an event that begins while the drug is given."""
    routes = {d.route for r in catalogue.regimens for c in r.agents if c.agent == at.agent for d in c.doses}
    rows = (r for r in catalogue.while_given if at.event in r.events)
    # A drug whose route is not known may run in.
    now = next((r for r in rows if not routes or not r.routes or not routes.isdisjoint(r.routes)), None)
    if now is None:
        return made
    then = f"{made['text'][:1].lower()}{made['text'][1:]}"
    if made["action"] == "by-rows":
        waits = all(_kind(r) == "wait" for r in here.sure)
        then = "go on only as the row below asks" if waits else "stop for good" if here.ending(at) else then
    made["text"] = f"{now.text[:1].upper()}{now.text[1:]}; {then}"
    made["source"], made["verified"] = made["source"] or now.source, made["verified"] or now.verified
    return made


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
        return CHECK_LABEL, f"{text}{_elsewhere(at, here)}", because
    if ending := here.ending(at):
        weaker = [r for r in here.sure if r not in ending]
        if not weaker:
            return "by-rows", _done(ending[0]), []
        because = [f"a weaker row applies as well: {', '.join(dict.fromkeys(map(_done, weaker)))}", *warned]
        return "decide-today", f"Stop for good, by {_label_of(ending)}; no further dose before it is decided", because
    if because := [*warned, *_undecided(at, here.rows, here.elsewhere)]:
        return "decide-today", _to_decide(at, here, warned), [*because, *here.conditions]
    text = " or ".join(dict.fromkeys(map(_done, here.sure)))
    return "by-rows", "; ".join((text, *here.conditions)), []


def _to_decide(at: Event, here: Here, warned: Sequence[str]) -> str:
    """What holds until a person decides: the strictest row of the place, and what is open."""
    strictest = max(map(_rank, here.sure))
    leading = [r for r in here.sure if _rank(r) == strictest]
    if _kind(leading[0]) != "wait":
        return "Give no further dose before it is decided today"
    first = " or ".join(dict.fromkeys(map(_done, leading)))
    if len(leading) > 1 and at.graded and any(at.least in r.grades for r in leading):
        first += f", by the row of grade {at.least}"
    return f"{first[:1].upper()}{first[1:]}; {_open(at, here, warned)}"


def _open(at: Event, here: Here, warned: Sequence[str]) -> str:
    """What is open where the strictest rows of the place wait."""
    by_pain = {r.pain: _done(r) for r in here.sure if r.pain is not None}
    if at.graded and len(by_pain) > 1:
        with_pain, without = by_pain[True], by_pain[False]
        return f"pain decides: with pain {with_pain}, without pain {without}; no further dose before it is known"
    if warned or len({_kind(r) for r in here.sure}) > 1:
        return "give no further dose before it is decided today"
    if may_stop(here.rows):
        return "give no further dose before a specialist has decided whether it is stopped for good"
    if ending := _elsewhere(at, here):
        return f"give no further dose before it is decided{ending}"
    severity = _label_of([r for r in here.elsewhere if may_stop([r])])
    return f"whether it is stopped for good is decided by its severity, by {severity}"


def _elsewhere(at: Event, here: Here) -> str:
    """That rows of other places ask to stop for good, after a semicolon; empty if none does."""
    ending = [r for r in here.elsewhere if r.read and not r.only_with and _ends_at(r, at)]
    return f"; by {_label_of(ending)}: stop for good" if ending else ""


def _until_decided(at: Event, here: Here) -> str:
    """That a specialist decides, after what the rows of this place or of others ask, if one asks to stop for good."""
    text = "give no further dose until a specialist has decided"
    if ending := here.ending(at):
        return f"Stop for good, by {_label_of(ending)}; {text}"
    return f"{text.capitalize()}{_elsewhere(at, here)}"


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
    read = here.others or here.conditions
    reads = "the rows that were read do not decide" if read else "no row was read for"
    value = f" at {here.value:g}" if here.value is not None else ""
    return f"{reads} {_told(at)}{value}{f', {here.place}' if here.place else ''}"


def _done(row: Hold) -> str:
    """The action of a row, with the laboratory values to which it applies, unless these are the grade itself."""
    return f"{row.action} at {row.count.text}" if row.count and not row.count_is_grade else row.action


def _places(row: Hold) -> str:
    """The places of a row, in brackets; empty if it has none."""
    return f" ({', '.join(row.jurisdictions)})" if row.jurisdictions else ""


def _undecided(at: Event, rows: Sequence[Hold], elsewhere: Sequence[Hold]) -> Iterator[str]:
    """Why the rows alone do not decide what to do."""
    sure = [r for r in rows if not r.only_with]
    if len({_kind(r) for r in sure}) > 1:
        yield f"the rows differ: {', '.join(dict.fromkeys(map(_done, sure)))}"
    if any(r.read and r.action == "stop" and not _ends_at(r, at) for r in sure):
        yield "whether the drug is stopped for good hangs on the grade"
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
        yield f"a stricter row stands elsewhere ({places}): {', '.join(dict.fromkeys(map(asked, stricter)))}"


def asked(row: Hold) -> str:
    """The action of a row, with what it leaves to the severity."""
    return f"{row.action}, or stop for good by severity" if row.or_stop else row.action


def _kind(row: Hold) -> str:
    """Whether a row waits, ends treatment or goes on."""
    if row.action in _WAITING:
        return "wait"
    return "stop" if row.action in STOPPING else "go on"


def _rank(row: Hold) -> int:
    """How strict the action of a row is, whatever it leaves to the severity."""
    return _STRICTNESS[row.action]


def _strictness(row: Hold) -> int:
    return max(_rank(row), _STRICTNESS["consider stopping"] if row.or_stop else 0)


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
