"""The kinds of facts that a criterion can use, and what can change the value of each kind.

A criterion names the facts that decide it. The kinds of these facts show what could change the result of the criterion:
only the patient file, treatment with particular agents, or any treatment. The facts also name the fields of the patient
file, the agents and the classes that the criterion uses.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, Protocol

from mmadvisor.base.known import Bounds, Truth
from mmadvisor.formats.agents import Formulary

KindOfFact = Literal[
    "exposed", "refractory", "refractory-count", "spent", "doubtful", "harmed", "stopped-for-toxicity", "toxicities",
    "cancers-after", "days-since-dose",
    "whole-list", "lines", "state", "allograft", "progressed-on-last", "progressed-within-window", "early-relapse",
    "months-since-transplant", "since-relapse",
    "number", "word", "with-gaps", "derived",
    "frailty", "past-menopause", "takes",
]  # fmt: skip


class Fact(NamedTuple):
    """One fact about a patient.

    ``of``: the agent, the class or the field that the fact is about; empty if the kind needs none. ``limits``: the
    limits in months, if the value depends on them. For example, ``Fact("early-relapse", limits=(18, 12))`` is the fact
    that the first relapse came within 18 months of the start of line 1, or within 12 months of its transplant.
    """

    kind: KindOfFact
    of: str = ""
    limits: tuple[float, ...] = ()


class Facts(Protocol):
    """Anything that gives the values of facts: the history of a patient, or a few facts in its place, as in a test.

    The values are truths, numbers and words of the patient file, never sentences.
    """

    def truth(self, fact: Fact) -> Truth:
        """Whether a fact is true; only for kinds of facts whose value is a truth."""

    def number(self, fact: Fact) -> Bounds | None:
        """The number that is the value of a fact, as a range; ``None`` if nothing is known about it."""

    def word(self, fact: Fact) -> Any:
        """The word, the yes or no, or the list that is the value of a fact; ``None`` if it is not recorded."""


class Kind(NamedTuple):
    """The type of value of a kind of fact, and what can change the value.

    - ``answer``: the type of value: ``truth``, ``number`` or ``word``.
    - ``hangs_on``: what can change the value.
      ``fields``: only a change of the patient file.
      ``agents``: the same, and treatment with the named agent, with an agent of the named class, or with an agent that
      shares a class with one of these.
      ``therapies``: all of this, and any other treatment, and the passing of time.
    - ``names``: what ``Fact.of`` contains: ``token`` (an agent or a class), ``field`` or ``drug`` (co-medication);
      empty if ``Fact.of`` is empty.
    - ``of_gaps``: the value depends on what is not recorded, such as the cancers without a recorded kind. Such a value
      counts as known, and it may still change when another fact is recorded.
    - ``of_events``: the value depends on the recorded adverse events.
    """

    answer: Literal["truth", "number", "word"]
    hangs_on: Literal["fields", "agents", "therapies"]
    names: Literal["", "token", "field", "drug"] = ""
    of_gaps: bool = False
    of_events: bool = False


# Why: docs/explanation/criteria.md#a-criterion-names-the-facts-that-it-reads
KINDS: dict[KindOfFact, Kind] = {
    # Of an agent or a class: that it was received; that the disease is refractory to it, or to how many agents of it;
    # that it is closed, or made doubtful, by what failed before; that it did severe harm; that it was stopped for harm.
    "exposed": Kind("truth", "agents", "token"),
    "refractory": Kind("truth", "agents", "token"),
    "refractory-count": Kind("number", "agents", "token"),
    "spent": Kind("truth", "agents", "token"),
    "doubtful": Kind("truth", "agents", "token"),
    "harmed": Kind("truth", "agents", "token", of_events=True),
    "stopped-for-toxicity": Kind("truth", "agents", "token", of_events=True),
    # The recorded events on it, or on a drug that is not recorded; on any drug where no agent or class is named.
    "toxicities": Kind("word", "fields", "token", of_events=True),
    # Of each recorded cancer whether it came after treatment with it, and last of one of which nothing is recorded.
    "cancers-after": Kind("word", "agents", "token", of_gaps=True),
    # None where no dose of it is on record. Time passes whatever is given.
    "days-since-dose": Kind("number", "therapies", "token"),
    # Of the record of therapies.
    "whole-list": Kind("truth", "therapies"),
    "lines": Kind("number", "therapies"),
    "state": Kind("word", "therapies"),
    "allograft": Kind("truth", "therapies"),
    "progressed-on-last": Kind("truth", "therapies"),
    "progressed-within-window": Kind("truth", "therapies"),
    # Within so many months of the start of the first line, or of its transplant.
    "early-relapse": Kind("truth", "therapies"),
    # From the last transplant to progression; none where no transplant is on record.
    "months-since-transplant": Kind("number", "therapies"),
    # That the day in a field is on or after the present relapse.
    "since-relapse": Kind("truth", "therapies", "field"),
    # Of one field of the patient file: what it holds; the same where also what is not recorded counts; and what is
    # derived from other fields.
    "number": Kind("number", "fields", "field"),
    "word": Kind("word", "fields", "field"),
    "with-gaps": Kind("word", "fields", "field", of_gaps=True),
    "derived": Kind("truth", "fields", "field"),
    # Of several fields: the frailty groups that remain possible, 0 fit to 2 frail; the age; a drug on the list.
    "frailty": Kind("number", "fields"),
    "past-menopause": Kind("truth", "fields"),
    "takes": Kind("truth", "fields", "drug"),
}


def named(facts: Iterable[Fact], what: Literal["token", "field"]) -> tuple[str, ...]:
    """The agents and classes (``token``), or the fields of the patient file (``field``), that facts name; each once."""
    return tuple(dict.fromkeys(fact.of for fact in facts if fact.of and KINDS[fact.kind].names == what))


def bearing(facts: Iterable[Fact], formulary: Formulary) -> frozenset[str] | None:
    """The agents with which treatment could change one of the facts; ``None``: any agent, or the passing of time."""
    agents: frozenset[str] = frozenset()
    for fact in facts:
        hangs_on = KINDS[fact.kind].hangs_on
        if hangs_on == "therapies":
            return None
        if hangs_on == "agents":
            agents |= formulary.like(fact.of)
    return agents
