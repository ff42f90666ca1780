"""An error in an entry of a catalogue, and its message."""

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

    ``leads_nowhere``: the entry names another entry that does not exist; ``name`` is the name of that other entry. If
    the error is that nothing names the entry, such as a source that nobody cites, ``name`` is the name of the entry.
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
        """The path of the entry in words."""
        return ".".join(str(part) for part in self.path)


def unknown(path: Path, kind: str, name: str, known: Iterable[str]) -> Flaw:
    """The error that ``name`` does not exist, with the most similar known name."""
    message = f"there is no {kind} {name}. {nearest(name, known)}".strip()
    return Flaw(path, message, leads_nowhere=True, name=name)
