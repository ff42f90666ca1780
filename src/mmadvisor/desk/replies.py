"""The meaning of a typed line, as a value of a field or as drugs; and completions for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from mmadvisor.base.errors import nearest
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.files.documents import scalar
from mmadvisor.files.form import Path, field_at, names_in
from mmadvisor.formats.agents import Resolved, UnknownNameError
from mmadvisor.formats.patient import CANNOT_BE_UNKNOWN

Tree = dict[str, Any]
NO_NAME = "unknown"


class Replies:
    """Reads lines with the names of the catalogue and of the format.

    Attributes:
        agents: The names of agents that are offered.
        regimens: The names of regimens that are offered.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        formulary = catalogue.formulary
        # Other spellings are understood but not offered, since some of them are wrong.
        self.agents = tuple(dict.fromkeys(name for a in formulary.agents for name in (a.id, *a.brands)))
        self.regimens = tuple(formulary.name_by_id)

    def drugs(self, line: str) -> Tree:
        """The regimen, the agents, or both in a line."""
        formulary = self.catalogue.formulary
        name, both, drugs = line.partition("=")
        if both:
            return {"regimen": text_of(name.strip()), "agents": parts_of(drugs)}
        kind, said, rest = line.partition(":")
        if said and kind.strip() in ("regimen", "agents"):
            return {"regimen": text_of(rest.strip())} if kind.strip() == "regimen" else {"agents": parts_of(rest)}
        if is_name(line, formulary.regimen):
            return {"regimen": line}
        agents = parts_of(re.sub(r"\s*\+\s*|\s+and\s+", ", ", line))
        if len(agents) == 1 and not is_name(agents[0], formulary.agent):
            raise ValueError(f"no regimen and no agent has this name. {self._meant(agents[0])}".strip())
        return {"agents": agents}

    def _meant(self, name: str) -> str:
        """A hint for an unknown name: the meanings of a short form, or the nearest of all names."""
        formulary = self.catalogue.formulary
        hints = [_hint(name, find) for find in (formulary.regimen, formulary.agent)]
        several = [hint for hint in hints if "," in hint]
        return next(filter(None, (*several, nearest(name, (*self.regimens, *self.agents)), *hints)), "")

    def value(self, path: Path, line: str) -> Any:
        """A reply in the form of a file; ``None`` for `unknown`."""
        item = field_at(path, self.catalogue.words)
        if line == "unknown" and path[-1] not in CANNOT_BE_UNKNOWN:
            return None
        if item.item is not None:
            return [] if line == "none" else [_chosen(part, item.item_choices) for part in parts_of(line)]
        if path[-1] == "jurisdiction":
            return _chosen(text_of(line), tuple(self.catalogue.jurisdictions))
        if item.is_text:
            return text_of(line)
        if item.choices:
            word = _chosen(line, item.choices)
            return {"yes": True, "no": False}.get(word, word) if item.choices == ("yes", "no") else word
        if item.is_date:
            if line in ("none", "no"):
                return None
            return "ongoing" if len(line) > 1 and "ongoing".startswith(line.casefold()) else line
        return scalar(line, plain=True)

    def words(self, path: Path) -> tuple[str, ...]:
        """The completions for a field: its words, or names."""
        item = field_at(path, self.catalogue.words)
        name = names_in(path)[-1]
        if name == "co_medication":
            return (*self.agents, *self.catalogue.formulary.other_drugs)
        if name in ("agent", "after", "refractory_to"):
            return (*self.agents, *self.catalogue.formulary.class_by_id)
        if name == "jurisdiction":
            return tuple(self.catalogue.jurisdictions)
        return item.choices or item.item_choices


def agent_named(item: Any) -> str:
    """The name of an agent as the user typed it; `unknown` if nobody knows the drug."""
    name = item.get("agent") if isinstance(item, dict) else item
    return NO_NAME if name is None else str(name)


def is_name(name: str, find: Callable[[str], Resolved]) -> bool:
    """Whether a name is known to ``find``."""
    try:
        find(name)
    except UnknownNameError:
        return False
    return True


def _hint(name: str, find: Callable[[str], Resolved]) -> str:
    try:
        find(name)
    except UnknownNameError as error:
        return error.hint
    return ""


def _chosen(text: str, choices: Sequence[str]) -> str:
    """The choice that a text means: the same word in any case, or the only choice that begins with the text.

    If there is none, the text itself.
    """
    key = text.strip().casefold().replace(" ", "_")
    same = [c for c in choices if c == text] or [c for c in choices if c.casefold() == key]
    begun = [c for c in choices if c.casefold().startswith(key)] if key else []
    found = same or (begun if len(begun) == 1 else [])
    return found[0] if found else text


def text_of(line: str) -> str:
    """A text; a text in quotes is read as JSON, so that any text can be entered."""
    if len(line) > 1 and line[0] == line[-1] == '"':
        try:
            return str(json.loads(line))
        except ValueError:
            return line
    return line


def parts_of(line: str) -> list[str]:
    """The parts between commas outside quotes."""
    return [text_of(part.strip()) for part in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,])+', line) if part.strip()]
