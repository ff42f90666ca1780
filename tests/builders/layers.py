"""Files of a catalogue and of layers over it, written for one test."""

from __future__ import annotations

import re
import sys
from datetime import date
from functools import cache
from pathlib import Path

from mmadvisor.files import salvage
from mmadvisor.files.layers import builtin_folder
from mmadvisor.files.salvage import Salvaged

TODAY = date(2026, 11, 29)


def plant(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first occurrence, be its keys in one line or in a line each; returns the line where it begins."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    found = re.search(r"(, |,?\n +)".join(map(re.escape, old.split(", "))), text)
    assert found, old
    if found.re.groups:
        new = new.replace(", ", found[1])
    path.write_text(text[: found.start()] + new + text[found.end() :], encoding="utf-8")
    return text[: found.start()].count("\n") + 1


CLAIM = "source: s, verified: primary"


def gate(criterion: str) -> str:
    """A rule with one gate."""
    return f"rules:\n- applies_to: {{agents: [carfilzomib]}}\n  gates:\n  - {{id: x, {criterion}, {CLAIM}}} # here"


def regimen(extra: str, agents: str = "[{agent: bortezomib}]") -> str:
    return (
        "regimens:\n- id: X\n  name: X\n  uses: [relapse]\n  modality: conventional\n  intensity: low\n"
        f"  agents: {agents}\n{extra}"
    )


def layer_of(folder: Path, text: str) -> Path:
    """A layer with a source `s` and what is given; text that is indented is more sources."""
    path = folder / "layer.yaml"
    source = "sources:\n  s: {kind: trial, title: A, year: 2020, read_on: 2026-01-01, verified: primary}\n"
    path.write_text(source + text + "\n", encoding="utf-8")
    return path


LVEF = "id: carfilzomib-lvef, type: number, field: labs.lvef_percent, about: heart"


# --- the files of the catalogue, parsed once ------------------------------------------------------

_SALVAGED = salvage.salvaged
_SHIPPED = {path.read_bytes() for path in builtin_folder().rglob("*.yaml")}


@cache
def _of_shipped(content: bytes, limit: int) -> Salvaged:
    return _SALVAGED(content, "", limit=limit, parts=0, most_parts=sys.maxsize)


def salvaged_once(content: bytes, name: str, *, limit: int, parts: int, most_parts: int) -> Salvaged:
    """The valid part of a file, as `salvaged` has it: a file that is as it is shipped is parsed once in a run."""
    if content in _SHIPPED:
        found = _of_shipped(content, limit)
        if (document := found.document) and not found.problems and parts + document.parts <= most_parts:
            return found._replace(document=document._replace(name=name, parts=parts + document.parts))
    return _SALVAGED(content, name, limit=limit, parts=parts, most_parts=most_parts)
