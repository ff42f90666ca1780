"""Two catalogues held against each other: what changed, and whose answer changes because of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typing_extensions import TypedDict

from mmadvisor.answer import INTENDED_USE, NotOffered, OptionEntry, Recommendation
from mmadvisor.catalogue import Catalogue
from mmadvisor.entry import Entry

SCHEMA = "mmadvisor/catalogue-diff/1"


class FieldChange(TypedDict):
    """One field of an entry, before and after; null where it was not there."""

    field: str
    before: Any
    after: Any


class EntryChange(TypedDict):
    """One entry: added, removed or changed."""

    entry: str
    what: str
    fields: list[FieldChange]


class AnswerChange(TypedDict):
    """One regimen whose verdict or rank for one patient differs."""

    regimen: str
    before: str
    after: str
    because: list[str]


class PatientChange(TypedDict):
    """One patient whose answer differs, or could not be given."""

    patient: str
    error: str
    answers: list[AnswerChange]


class CatalogueDifference(TypedDict):
    """Everything that differs."""

    schema: str
    before: str
    after: str
    entries: list[EntryChange]
    patients: list[PatientChange]
    patients_compared: int
    intended_use: str


def difference(before: Catalogue, after: Catalogue, names: tuple[str, str]) -> CatalogueDifference:
    """What was added, removed and changed; the patients are added by whoever reads them."""
    old, new = dict(_units(before)), dict(_units(after))
    entries: list[EntryChange] = []
    for name in [*old, *(n for n in new if n not in old)]:
        if name not in new:
            entries.append(EntryChange(entry=name, what="removed", fields=[]))
        elif name not in old:
            entries.append(EntryChange(entry=name, what="added", fields=[]))
        elif changed := _changed(old[name], new[name]):
            entries.append(EntryChange(entry=name, what="changed", fields=changed))
    return CatalogueDifference(
        schema=SCHEMA,
        before=names[0],
        after=names[1],
        entries=entries,
        patients=[],
        patients_compared=0,
        intended_use=INTENDED_USE,
    )


def _units(catalogue: Catalogue) -> Iterator[tuple[str, object]]:
    """What an editor thinks of as one entry, by name."""
    for key, value in catalogue.contents():
        if key == "jurisdictions":
            for code, jurisdiction in value.items():
                yield from ((f"{code} {name}", listing) for name, listing in jurisdiction.listings.items())
        elif isinstance(value, dict):
            yield from ((f"{key} {name}", inner) for name, inner in value.items())
        elif isinstance(value, tuple):
            yield from ((f"{key} {getattr(inner, 'id', '') or index}", inner) for index, inner in enumerate(value))
        else:
            yield key, value


def _changed(before: object, after: object) -> list[FieldChange]:
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    return [
        FieldChange(field=field, before=old.get(field), after=new.get(field))
        for field in dict.fromkeys([*old, *new])
        if old.get(field) != new.get(field)
    ]


def _leaves(value: object, path: str) -> Iterator[tuple[str, Any]]:
    """Every figure and text below an entry, by its path; a list of plain values is one leaf."""
    if isinstance(value, Entry):
        for name, inner in value.contents():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, tuple) and any(isinstance(inner, Entry | dict | tuple) for inner in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{getattr(inner, 'id', '') or index}]")
    else:
        yield path, list(value) if isinstance(value, tuple) else value


def answers_differ(before: Recommendation, after: Recommendation) -> list[AnswerChange]:
    """The regimens whose verdict or rank differs, with the reasons that are new or gone."""
    old, new = _standings(before), _standings(after)
    changes = []
    for regimen in dict.fromkeys([*old, *new]):
        was, now = old.get(regimen), new.get(regimen)
        if was and now and was[0] == now[0]:
            continue
        why_old, why_new = (was[1] if was else []), (now[1] if now else [])
        because = [f"now: {why}" for why in why_new if why not in why_old]
        because += [f"no longer: {why}" for why in why_old if why not in why_new]
        changes.append(
            AnswerChange(
                regimen=regimen,
                before=was[0] if was else "not in the catalogue",
                after=now[0] if now else "not in the catalogue",
                because=because,
            )
        )
    return changes


def _standings(answer: Recommendation) -> dict[str, tuple[str, list[str]]]:
    """Of each regimen its verdict, with the rank, and the reasons given."""
    found: dict[str, tuple[str, list[str]]] = {}
    for option in answer["options"]:
        found[option["regimen"]] = (f"{option['verdict']}, rank {option['rank']}", _reasons(option))
    for closed in answer["not_offered"]:
        found[closed["regimen"]] = (closed["verdict"], list(closed["because"]))
    return found


def _reasons(option: OptionEntry | NotOffered) -> list[str]:
    entry: dict[str, Any] = dict(option)
    return [*entry["for"], *entry["against"], entry["above_next_because"]]
