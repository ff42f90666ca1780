"""Small counts of people, masked before a table is passed on."""

from __future__ import annotations

from collections.abc import Sequence

MASKED_BELOW = 5


def is_small(count: int) -> bool:
    """Whether a count is above zero and too small to be shown."""
    return 0 < count < MASKED_BELOW


def masked(counts: Sequence[int]) -> list[int | None]:
    """Counts that add up to a known sum, without small ones; a single masked count takes the next smallest with it.

    Otherwise the sum and the other counts would show it.
    """
    small = {i for i, count in enumerate(counts) if is_small(count)}
    others = [i for i, count in enumerate(counts) if count and i not in small]
    if len(small) == 1 and others:
        small.add(min(others, key=lambda i: counts[i]))
    return [None if i in small else count for i, count in enumerate(counts)]


def masked_part(count: int, whole: int) -> int | None:
    """A count of some of ``whole`` people; masked also if few are left, since the difference would show them."""
    return None if is_small(count) or is_small(whole - count) else count
