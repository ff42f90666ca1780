"""Whether a regimen can be had, as an answer has it: licensed, funded, at hand; each yes, no or unknown."""

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class LabelEntry(Cited):
    """The label of another place. ``answer``: whether it takes this patient; ``text``: what it asks, and what is so."""

    jurisdiction: str
    answer: str
    text: str
    since: str | None
    source: str
    verified: str


class LastReadEntry(Cited):
    """What the register of the place was last read to hold, and on which day."""

    registered: bool
    on: str
    source: str
    verified: str


class LicensedEntry(Cited):
    """Whether the place licenses the regimen for this patient: yes, no, unknown, or not-applicable for a procedure.

    ``foreign``: the labels of other places, where the licence here is not known. ``last_read``: what the register here
    was last read to hold; null where it was not read.
    """

    answer: str
    because: str
    since: str | None
    foreign: list[LabelEntry]
    last_read: LastReadEntry | None
    source: str
    verified: str


class AskedEntry(TypedDict):
    """One requirement of whoever pays: met, not-met or unknown, and what was found."""

    text: str
    result: str
    found: str
    missing: list[str]


class DecisionEntry(Cited):
    """One decision on paying. ``answer``: whether it takes this patient; an outcome may be to refuse.

    ``outcome``: recommended, managed-access, not-recommended, terminated, in-progress or not-read. ``regions`` empty:
    the whole place.
    """

    scheme: str
    number: str
    outcome: str
    decided_on: str | None
    regions: list[str]
    answer: str
    criteria: list[AskedEntry]
    note: str
    source: str
    verified: str


class FundedEntry(Cited):
    """Whether this patient's treatment is paid for.

    ``by``: the decision that settles it, or the nearest; null where none was read. ``questions``: what a person must
    judge, since no field of the patient file decides it. ``others``: decisions of other regions, and those that never
    count, such as an appraisal in progress.
    """

    answer: str
    because: str
    by: DecisionEntry | None
    questions: list[str]
    others: list[DecisionEntry]
    source: str
    verified: str


class AtHandEntry(Cited):
    """Whether the product can be got in the place at all."""

    answer: str
    because: str
    on: str | None
    source: str
    verified: str


class AccessEntry(TypedDict):
    """The three parts of access to one regimen for one patient."""

    licensed: LicensedEntry
    funded: FundedEntry
    at_hand: AtHandEntry


class PlaceEntry(TypedDict):
    """The place of an answer: whose decisions on paying count, and what is said once of it.

    ``region`` is empty where the place has one scheme; ``region_from`` and ``pays_from``: ``recorded`` or ``assumed``.
    ``funding_read``: whether any decision on paying was read there.
    ``licensed`` and ``not_known`` are the options that are licensed here, and those of which that is not known.
    """

    jurisdiction: str
    name: str
    region: str
    region_from: str
    pays: str
    pays_from: str
    funding_read: bool
    says: list["PlaceSentence"]
    licensed: list[str]
    not_known: list[str]


class PlaceSentence(Cited):
    """A sentence on the place with its source."""

    text: str
    source: str
    verified: str
