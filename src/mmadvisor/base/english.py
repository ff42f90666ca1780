"""Words that every sentence needs."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names in a row: ``A, B and C``, or with another word before the last; empty where there is none."""
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def plural(word: str, n: float | None) -> str:
    """A noun in the singular for one, else with an s: ``line``, ``lines``."""
    return word if n == 1 else f"{word}s"
