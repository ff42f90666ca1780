"""The drugs that a patient takes beside treatment, as reports of several kinds show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmadvisor.render import words
from mmadvisor.render.paper import Paper, cite
from mmadvisor.render.text import spoken


class TakenPaper(Paper):
    """What every report that asks about co-medication shows."""

    def due_now(self, treat: dict[str, Any], first: Sequence[dict[str, Any]]) -> None:
        """Emergencies, what is said first, and whether to treat now: before everything else about a patient."""
        for emergency in treat["emergencies"]:
            name = spoken(emergency["emergency"]).upper()
            self.gap()
            said = f"FIRST: {name} ({emergency['how']}). {emergency['text']} {cite(emergency)}"
            self.line(said.rstrip(), style="bold red")
            self.bullets([emergency["found"]], sign=">")
            self.bullets(emergency["questions"], sign="?")
        said_first = [f"{item['text']} {cite(item)}".rstrip() for item in first]
        for text in said_first[:1]:
            self.gap()
            self.line(f"FIRST: {text}", style="bold red")
        self.bullets(said_first[1:], sign="!")
        self.heading(f"Treat now? {spoken(treat['answer'])}: {treat['because']} {cite(treat)}".rstrip())
        self.bullets(treat["contradictions"], sign="!")
        self.bullets([f"{words.question(q)} {cite(q)}".rstrip() for q in treat["questions"]], sign="?")
        self.bullets(words.repeats(treat["repeat"]), sign="?")
        self.bullets([f"{s['text']} {cite(s)}".rstrip() for s in treat["unsure"]], sign="!")
        self.bullets(treat["ask"], sign="?")

    def co_medication(self, listed: list[dict[str, Any]] | None) -> None:
        """Every drug on the list with what it was checked against and what was found."""
        if listed is None:
            self.heading(words.NO_LIST)
            return
        self.heading(f"Co-medication: {words.NONE_TAKEN}" if not listed else "Co-medication")
        for c in listed:
            self.bullets([words.checked(c)], sign="-" if c["checked"] else "!")
            self.bullets([f"{words.interaction(x)} {cite(x)}" for x in c["results"]], indent=6)
