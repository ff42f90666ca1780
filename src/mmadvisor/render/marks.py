"""Marks of verdicts and of claims, and how a claim is cited: what every format shows alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmadvisor.answers.recommendation import Monitoring
    from mmadvisor.answers.stamps import Cited, Claimed, Sourced

MARKS = {
    "eligible": ("✓", "+"),
    "caution": ("!", "!"),
    "undetermined": ("?", "?"),
    "deferred": ("~", "~"),
    "off-label": ("○", "o"),
    "ineligible": ("✗", "x"),
    "met": ("✓", "+"),
    "not-met": ("✗", "x"),
    "unknown": ("?", "?"),
    "yes": ("●", "*"),
    "no": ("–", "-"),
    "doubtful": ("~", "~"),
}
CHECKED = {"secondary": "†", "unverified": "‡"}
LEGEND = "† read in a mirror, digest or review   ‡ not read at any source: check it"
UNBROKEN = "\u00a0"


def to_do(item: Monitoring) -> str:
    """One line of a checklist: where it is said, what, when, why, and what it hangs on where that is not known."""
    by = f"[{item['by']}] " if item["by"] else ""
    why = f" ({item['why']})" if item["why"] else ""
    hangs = {"if": "; {}", "unknown": "; not known whether needed: {}"}.get(item["applies"], "")
    return f"{by}{item['item']}: {item['when']}{why}{hangs.format(item['because'])}"


def later(entry: Cited) -> str:
    """That the source of a claim is later than the day of the answer; empty where it is not."""
    return f"(source of {entry['later_source']}, later than the day)" if entry.get("later_source") else ""


def sign_of(claim: Claimed | None) -> str:
    """The mark of a claim that was not read at its primary source, and whether that source is later than the day."""
    return f"{CHECKED.get(claim['verified'], '')} {later(claim)}".strip() if claim else ""


def cite(claim: Claimed) -> str:
    """The mark and the source key of a claim, and whether that source is later than the day."""
    return f"{CHECKED.get(claim['verified'], '')}{key_of(claim)}" if claim["source"] else ""


def key_of(claim: Sourced) -> str:
    """The source key of what carries no mark of its own, and whether that source is later than the day."""
    return f"[{claim['source']}] {later(claim)}".rstrip() if claim["source"] else ""
