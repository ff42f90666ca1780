"""The comparison of two catalogues: what changed, and for which patients the answer changes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from mmadvisor.answers.changes import SCHEMA, AnswerChange, CatalogueDifference, EntryChange, FieldChange, RankingChange
from mmadvisor.answers.recommendation import OptionEntry, Recommendation
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.base.records import Entry
from mmadvisor.catalogue.catalogue import Catalogue


def difference(before: Catalogue, after: Catalogue, names: tuple[str, str]) -> CatalogueDifference:
    """The entries that were added, removed and changed; the caller adds the patients."""
    entries: list[EntryChange] = []
    for name, old, new, named in _units(before, after):
        if old is None or new is None:
            entries.append(
                EntryChange(
                    entry=name,
                    what="added" if old is None else "removed",
                    fields=[] if named else list(_changes(old, new, "")),
                )
            )
        elif changed := list(_changes(old, new, "")):
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


class _Unit(NamedTuple):
    """One entry before and after; ``None`` if it is missing.

    If not ``named``, the entry has no id or key, and ``name`` has its position in the list instead.
    """

    name: str
    before: Any
    after: Any
    named: bool = True


def _units(before: Catalogue, after: Catalogue) -> Iterator[_Unit]:
    """Entries as an editor sees them, by name, before and after."""
    for key, old in before.contents():
        new = getattr(after, key)
        if key == "jurisdictions":
            for code in dict.fromkeys([*old, *new]):
                was, now = (place.get(code) for place in (old, new))
                yield from _pairs(code, was.listings if was else {}, now.listings if now else {})
                yield from _pairs(f"{code} product", was.products if was else {}, now.products if now else {})
                for part in ("notes", "says"):
                    yield _Unit(f"{code} {part}", getattr(was, part, ()), getattr(now, part, ()))
        elif isinstance(old, dict | tuple):
            yield from _pairs(key, old, new)
        else:
            yield _Unit(key, old, new)


def _pairs(name: str, old: Any, new: Any) -> Iterator[_Unit]:
    """The parts of two groups in pairs: by key, by id, or by equal contents.

    Parts without ids and with equal contents are paired wherever they are; the others are paired in their order.
    """
    if isinstance(old, dict):
        yield from (_Unit(f"{name} {key}", old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new]))
        return
    if all(getattr(part, "id", "") for part in (*old, *new)):
        by_id = ({part.id: part for part in parts} for parts in (old, new))
        yield from _pairs(name, *by_id)
        return
    gone, come = list(enumerate(old)), list(enumerate(new))
    for at, part in enumerate(old):
        same = next((pair for pair in come if _plainly(pair[1]) == _plainly(part)), None)
        if same is not None:
            gone.remove((at, part))
            come.remove(same)
    for was, now in zip_longest(gone, come):
        at = (now or was or (0,))[0]
        yield _Unit(f"{name} {at}", was[1] if was else None, now[1] if now else None, named=False)


def _changes(old: Any, new: Any, path: str) -> Iterator[FieldChange]:
    """The differences between two values, field by field inside entries, groups, and lists of entries."""
    if _plainly(old) == _plainly(new):
        return
    if isinstance(old, Entry | dict) and isinstance(new, Entry | dict):
        was, now = (dict(value.contents()) if isinstance(value, Entry) else value for value in (old, new))
        for key in dict.fromkeys([*was, *now]):
            yield from _changes(was.get(key), now.get(key), f"{path}.{key}" if path else key)
    elif _is_group(old) and _is_group(new) and (old or new):
        for part in _pairs("", old, new):
            yield from _changes(part.before, part.after, f"{path}[{part.name.strip()}]")
    else:
        yield FieldChange(field=path, before=_plainly(old), after=_plainly(new))


def _is_group(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, Entry) for part in value)


def _plainly(value: Any) -> Any:
    """A value as plain data, without empty fields and without the number of its layer."""
    if isinstance(value, Entry):
        inner = {name: _plainly(part) for name, part in value.contents() if name != "layer"}
        return {
            name: part
            for name, part in inner.items()
            if part is not None and part is not False and part not in ("", [])
        }
    if isinstance(value, dict):
        return {name: _plainly(part) for name, part in value.items()}
    return [_plainly(part) for part in value] if isinstance(value, tuple | list) else value


class _Standing(NamedTuple):
    """A regimen in one answer: its verdict, its rank if it is open, and the reasons."""

    verdict: str
    rank: int | None
    reasons: list[str]

    @property
    def told(self) -> str:
        """The verdict with the rank."""
        return self.verdict if self.rank is None else f"{self.verdict}, rank {self.rank}"


def answers_differ(before: Recommendation, after: Recommendation) -> list[AnswerChange]:
    """The regimens whose verdict or rank differs, with new reasons and reasons that no longer apply."""
    old, new = _standings(before), _standings(after)
    nowhere = _Standing("not in the catalogue", None, [])
    changes = []
    for regimen in dict.fromkeys([*old, *new]):
        was, now = old.get(regimen, nowhere), new.get(regimen, nowhere)
        if was.told != now.told:
            come = [why for why in now.reasons if why not in was.reasons]
            gone = [why for why in was.reasons if why not in now.reasons]
            changes.append(
                AnswerChange(
                    regimen=regimen,
                    before=was.told,
                    after=now.told,
                    rank_before=was.rank,
                    rank_after=now.rank,
                    because=in_words(come, gone),
                    new=come,
                    gone=gone,
                )
            )
    return changes


def in_words(new: list[str], gone: list[str]) -> list[str]:
    """Sentences for new reasons, and for reasons that no longer apply."""
    return [*(f"now: {why}" for why in new), *(f"no longer: {why}" for why in gone)]


def ranking_changes(before: Recommendation, after: Recommendation) -> RankingChange | None:
    """The ranking of each of two answers in one sentence, or why there is no ranking.

    ``None`` if both answers have options, or if both sentences are the same. The verdicts of the regimens do not show
    why a list of options is empty: nothing is open, or no relapse is recorded.
    """
    if before["options"] and after["options"]:
        return None
    was, now = _ranking(before), _ranking(after)
    return None if was == now else RankingChange(before=was, after=now)


def _ranking(answer: Recommendation) -> str:
    options = answer["options"]
    if not options:
        return answer["ranking_withheld"] or answer["nothing_open"]
    return f"{len(options)} option{'s' if len(options) > 1 else ''}, {options[0]['regimen']} first"


def _standings(answer: Recommendation) -> dict[str, _Standing]:
    """The verdict, rank and reasons of each regimen.

    A withheld ranking is a reason of the whole answer (``ranking_changes``), not of each regimen.
    """
    found: dict[str, _Standing] = {}
    options = answer["options"]
    for option, next_one in zip_longest(options, options[1:]):
        found[option["regimen"]] = _Standing(option["verdict"], option["rank"], _reasons(option, next_one))
    for closed in answer["not_offered"]:
        reasons = [why for why in closed["because"] if why != answer["ranking_withheld"]]
        found[closed["regimen"]] = _Standing(closed["verdict"], None, reasons)
    return found


def _reasons(option: OptionEntry, next_one: OptionEntry | None) -> list[str]:
    entry: dict[str, Any] = dict(option)
    above = [f"above {next_one['regimen']}: {entry['above_next_because']}"] if next_one else []
    return [*entry["for"], *entry["against"], *above]
