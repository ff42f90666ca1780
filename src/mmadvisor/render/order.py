"""The options in their groups, and the words for ranks, ties and what is printed above the order."""

from __future__ import annotations

from collections.abc import Iterable

from mmadvisor.answers.recommendation import LEADING, OptionEntry, Recommendation

# What the groups are called above their options. In the last two nothing is ranked.
GROUPS = {
    "main": "Options, in order",
    "funded-reserve": "Funded here, kept in reserve",
    "ask": "To be asked for",
    "reserve": "In reserve: if none of the above can be given",
    "seldom": "Seldom chosen",
    "bridge": "Beside: bridges to another treatment",
}
IN_FULL = LEADING


def grouped_options(a: Recommendation) -> list[tuple[str, str, list[OptionEntry]]]:
    """The options by group, each group with its heading."""
    found: dict[str, list[OptionEntry]] = {}
    for o in a["options"]:
        found.setdefault(o["group"], []).append(o)
    return [(group, GROUPS[group], rows) for group, rows in found.items()]


def rank(a: Recommendation, o: OptionEntry) -> str:
    """The rank as shown: with = if it is shared.

    Empty for a group without ranks, and if the options have no numbers.
    """
    if a["unnumbered"] or o["group"] in ("seldom", "bridge"):
        return ""
    return f"{o['rank']}{'=' if o['tied'] else ''}"


def numbered(a: Recommendation, o: OptionEntry) -> str:
    """The name of an option after its rank, if the rank is shown."""
    shown = rank(a, o)
    return f"{shown}{'' if o['tied'] else '.'} {o['regimen']}" if shown else o["regimen"]


def folded(rows: Iterable[OptionEntry]) -> list[str]:
    """Options as names only; options with the same reason share a line."""
    found: dict[str, list[str]] = {}
    for o in rows:
        found.setdefault(o["group_because"], []).append(o["regimen"])
    return [f"{', '.join(names)}{f': {because}' if because else ''}" for because, names in found.items()]


def above_the_options(a: Recommendation) -> list[str]:
    """The sentences before the options: what is better proved, why there are no numbers."""
    better = a["better_proved"]
    return [text for text in (better["text"] if better else "", a["unnumbered"]) if text]


def ties(rows: Iterable[OptionEntry]) -> list[str]:
    """Options that share a rank; for a large tie, what distinguishes them."""
    found: dict[int, list[OptionEntry]] = {}
    for o in rows:
        if o["tied"]:
            found.setdefault(o["rank"], []).append(o)
    said = []
    for tied in found.values():
        names = [" ".join([o["regimen"], *([f"({'; '.join(o['dividing'])})"] if o["dividing"] else [])]) for o in tied]
        said.append(f"{', '.join(names)}: {tied[0]['above_next_because']}")
    return said
