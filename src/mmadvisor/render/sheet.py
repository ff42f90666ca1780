"""What only the printed sheet for a tumour board contains, as sentences."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mmadvisor.answers.stamps import DAY_OF_FILE
from mmadvisor.base.english import plural
from mmadvisor.render import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mmadvisor.answers.recommendation import OptionEntry, ProvisionalEntry, Recommendation
    from mmadvisor.answers.stamps import PatientStamp
    from mmadvisor.render.kind import Look

UNDECIDED_SHOWN = 4
NEEDS_SHOWN = 3


def days_after(stamp: PatientStamp, made_on: str) -> int:
    """The days from the day in the patient file to that of the run; 0 if the day of the answer was asked for."""
    if not made_on or stamp["assessed_on_from"] != DAY_OF_FILE:
        return 0
    return (date.fromisoformat(made_on) - date.fromisoformat(stamp["assessed_on"])).days


def made(a: Recommendation, look: Look) -> str:
    """The day on which the sheet was made, if the day of the answer is an earlier one of the patient file."""
    n = days_after(a["patient"], look.made_on)
    return f"made on {look.made_on}, {n} {plural('day', n)} later" if n > 0 else ""


def same_id(look: Look) -> str:
    """The file of the sheet, and the other files with the same id; empty if there are none."""
    if not look.same_id:
        return ""
    return f"made from {look.file}; the same id is in {', '.join(look.same_id)}: is it the same patient?"


def also_to_confirm(a: Recommendation, shown: Sequence[OptionEntry | ProvisionalEntry]) -> list[str]:
    """The tests that only some regimens of the provisional order need, each with its regimens."""
    found: dict[str, list[str]] = {}
    names = {o["regimen"] for o in shown}
    for p in a["provisional"]:
        if p["regimen"] in names:
            for text in words.own_gates(a, p):
                found.setdefault(text, []).append(p["regimen"])
    return [f"{text} ({', '.join(regimens)})" for text, regimens in found.items()]


def not_decided(a: Recommendation) -> list[str]:
    """The first regimens that are not decided, each with the facts that it needs; then the number of the others."""
    named = {m["field"]: m["name"] for m in a["missing"]}
    groups: dict[str, list[str]] = {}
    rows = words.undecided(a)
    for n in rows[:UNDECIDED_SHOWN]:
        needs = list(dict.fromkeys(named.get(field, field) for field in n["missing"]))
        needed = f"needs {words.few(needs, NEEDS_SHOWN)}" if needs else f"if {n['would_rank_if']}"
        groups.setdefault(needed, []).append(n["regimen"])
    rest = len(rows) - UNDECIDED_SHOWN
    said = [f"{', '.join(regimens)} ({needed})" for needed, regimens in groups.items()]
    return [*said, *([f"and {rest} more"] if rest > 0 else [])]
