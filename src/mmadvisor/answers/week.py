"""What an answer names for the week of the decision, beside the choice of a regimen."""

from mmadvisor.answers.stamps import Cited


class WeekEntry(Cited):
    """One thing to do or to know this week; nothing in it is ranked."""

    id: str
    topic: str
    """`test-again`, `bridge`, `stop`, `judge`, `space`, `trials` or `no-further-line`, in this order."""
    heading: str
    """The topic in words."""
    short: str
    """The entry in one line."""
    text: str
    """The entry in full."""
    when: str
    """The first day on which it may be done after a drug was stopped, as an ISO date; empty if no day is known."""
    regimens: list[str]
    """The regimens that it is about: those that are open, wait for something that passes, or are given now."""
    applies: str
    """`yes`, or `unknown` if it is not known whether the entry is for this patient."""
    because: list[str]
    """What was found, or what speaks against a regimen."""
    missing: list[str]
    """Fields that would decide whether the entry is for this patient."""
    url: str
    """The address of a trial register; otherwise empty."""
    brief: bool
    """Whether the entry is one of the few that a terminal shows."""
    source: str
    verified: str
