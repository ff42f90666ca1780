"""What is wrong with an entry of a catalogue, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mmadvisor.base.errors import nearest

Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Flaw:
    """One error, with the path of its entry.

    ``leads_nowhere``: it names an entry that does not exist. ``name`` is that entry, or the entry that nothing names.
    ``lacks``: the error is that something is missing.
    """

    path: Path
    message: str
    severity: Severity = "error"
    leads_nowhere: bool = False
    name: str = ""
    lacks: bool = False

    @property
    def place(self) -> str:
        """The path in words."""
        return ".".join(str(part) for part in self.path)


def unknown(path: Path, kind: str, name: str, known: Iterable[str]) -> Flaw:
    """That a name leads to nothing, with the nearest that would lead somewhere."""
    message = f"there is no {kind} {name}. {nearest(name, known)}".strip()
    return Flaw(path, message, leads_nowhere=True, name=name)
