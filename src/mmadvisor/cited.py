"""What every claim of an answer carries beside its source."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class Cited(TypedDict):
    """What every claim with a source may carry.

    ``later_source``: the date of its source where that is later than the day of the answer, and the claim stays all the
    same. ``known_since``: since when it was known, where its source alone does not show it.
    """

    later_source: NotRequired[str]
    known_since: NotRequired[str]
