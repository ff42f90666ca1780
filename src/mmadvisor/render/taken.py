"""The drugs that a patient takes beside treatment, as reports of several kinds show them."""

from __future__ import annotations

from typing import Any

from mmadvisor.render import words
from mmadvisor.render.paper import Paper, cite


class TakenPaper(Paper):
    """What every report that asks about co-medication shows."""

    def co_medication(self, listed: list[dict[str, Any]] | None) -> None:
        """Every drug on the list with what it was checked against and what was found."""
        if listed is None:
            self.heading(words.NO_LIST)
            return
        if listed:
            self.heading("Co-medication")
        for c in listed:
            self.bullets([words.checked(c)], sign="-" if c["checked"] else "!")
            self.bullets([f"{words.interaction(x)} {cite(x)}" for x in c["results"]], indent=6)
