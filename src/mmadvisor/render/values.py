"""Values of the catalogue as text: a word, a list, an entry within an entry."""

from __future__ import annotations

from mmadvisor.render.text import spoken


def plain(value: object) -> str:
    """A value of the catalogue as text: lists with commas, groups as names and values."""
    if isinstance(value, dict):
        inner = ((name, f"({plain(part)})" if _nested(part) else plain(part)) for name, part in value.items())
        return "; ".join(f"{spoken(name)} {part}" for name, part in inner)
    if isinstance(value, list | tuple) and _nested(value):
        return " and ".join(f"({plain(part)})" if len(value) > 1 else plain(part) for part in value)
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    return "nothing" if value in (None, "") else str(value)


def _nested(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list | tuple) and any(isinstance(part, dict) for part in value)
    )
