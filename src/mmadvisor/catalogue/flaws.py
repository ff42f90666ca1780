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
    """One thing that is wrong, and with which entry.

    ``leads_nowhere``: it names an entry that is not there. ``name``: that entry, or what nothing names. ``lacks``: it
    is wrong because something is not there.
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
