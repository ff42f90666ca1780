"""Words that every sentence needs."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Names in a row: ``A, B and C``; empty where there is none."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
