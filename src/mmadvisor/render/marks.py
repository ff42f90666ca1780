"""Marks of verdicts and claims, and citations, as every format shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
SOURCE_OF_A_KEY = "Source of a [key]: mmadvisor catalogue show KEY"
UNBROKEN = "\u00a0"


def later(entry: Cited) -> str:
    """A note that the source of a claim is later than the day of the answer; otherwise empty."""
    return f"(source of {entry['later_source']}, later than the day)" if entry.get("later_source") else ""


def sign_of(claim: Claimed | None) -> str:
    """The mark of a claim (empty, † or ‡), and a note if its source is later than the day of the answer."""
    return f"{CHECKED.get(claim['verified'], '')} {later(claim)}".strip() if claim else ""


def cite(claim: Claimed) -> str:
    """The mark and the source key of a claim, and the note on a later source."""
    return f"{CHECKED.get(claim['verified'], '')}{key_of(claim)}" if claim["source"] else ""


def key_of(claim: Sourced) -> str:
    """The source key in brackets, without a mark, with a note on a later source; empty without a source."""
    return f"[{claim['source']}] {later(claim)}".rstrip() if claim["source"] else ""
