"""The short form of an opposite: ``type: not-refractory`` means a ``refractory`` criterion inside a ``not``.

A file may use either form. The short form is converted after a file is checked, so that all other modules see only the
long form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmadvisor.criteria.base import Criterion
from mmadvisor.criteria.types import OPPOSITES

# Keys that every criterion has (such as its id and source) belong to the whole, all others to the criterion inside.
_OUTSIDE = frozenset(Criterion.defaults()) | {"type"}
_SHORT = {kind: word for word, kind in OPPOSITES.items()}


def written_out(tree: Any) -> Any:
    """The data of a file in the long form; each mapping keeps the order of its keys."""
    if isinstance(tree, list):
        return [written_out(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    kind = opposite_of(tree)
    if kind is None:
        return {key: written_out(value) for key, value in tree.items()}
    inside = {"type": kind} | {key: written_out(value) for key, value in tree.items() if key not in _OUTSIDE}
    whole: dict[str, Any] = {}
    for key, value in tree.items():
        if key == "type":
            whole |= {"type": "not", "criterion": inside}
        elif key in _OUTSIDE:
            whole[key] = value
    return whole


def opposite_of(tree: Any) -> str | None:
    """The opposite of a type in short form: ``refractory`` for ``{type: not-refractory}``; ``None`` for other types."""
    kind = tree.get("type") if isinstance(tree, dict) else None
    return OPPOSITES.get(kind) if isinstance(kind, str) else None


def short_word(keys: Sequence[str], inner_type: str, inner_keys: Sequence[str]) -> str | None:
    """The short form of a ``not`` and the criterion inside it, such as ``not-refractory``.

    ``None`` if the type has no short form, or if a key would be lost or moved.

    Args:
        keys: The keys of the ``not``, in order.
        inner_type: The type of the criterion inside.
        inner_keys: The keys of the criterion inside, in order.
    """
    at = keys.index("type")
    may = list(keys[at : at + 2]) == ["type", "criterion"] and inner_keys[:1] == ["type"]
    return _SHORT.get(inner_type) if may and _OUTSIDE.isdisjoint(inner_keys[1:]) else None
