"""Access to a regimen, as an answer contains it: licensed, funded, on the market; each yes, no or unknown."""

from typing_extensions import TypedDict

from mmadvisor.answers.stamps import Cited


class LabelEntry(Cited):
    """The label of another jurisdiction.

    ``answer``: whether the patient meets it; ``text``: its criteria and what was found.
    """

    jurisdiction: str
    answer: str
    text: str
    since: str | None
    source: str
    verified: str


class LastReadEntry(Cited):
    """Whether the register of the jurisdiction contained the regimen when we last read it, and on which day."""

    registered: bool
    on: str
    source: str
    verified: str


class LicensedEntry(Cited):
    """Whether the regimen is licensed for this patient: yes, no, unknown, or not-applicable for a procedure.

    ``foreign``: the labels of other jurisdictions, if the licence is unknown here. ``last_read``: whether the register
    contained the regimen when we last read it; null if we did not read it.
    """

    answer: str
    because: str
    since: str | None
    foreign: list[LabelEntry]
    last_read: LastReadEntry | None
    source: str
    verified: str


class AskedEntry(TypedDict):
    """One requirement of a payer: met, not-met or unknown, and what was found."""

    text: str
    result: str
    found: str
    missing: list[str]


class DecisionEntry(Cited):
    """One funding decision. ``answer``: whether this patient meets its criteria, even if the decision is to refuse.

    ``outcome``: recommended, managed-access, not-recommended, terminated, in-progress or not-read. Empty ``regions``
    means the whole jurisdiction.
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
    """Whether the treatment of this patient is paid for.

    ``by``: the decision that gives the answer, or the decision that comes nearest; null if the catalogue has none.
    ``questions``: what a person must judge, because no field of the patient file decides it. ``others``: decisions of
    other regions, and decisions that never count, such as an appraisal in progress.
    """

    answer: str
    because: str
    by: DecisionEntry | None
    questions: list[str]
    others: list[DecisionEntry]
    source: str
    verified: str


class AtHandEntry(Cited):
    """Whether the product can be obtained in the jurisdiction at all."""

    answer: str
    because: str
    on: str | None
    source: str
    verified: str


class AccessEntry(TypedDict):
    """Whether one regimen is licensed, funded and on the market (``at_hand``) for one patient."""

    licensed: LicensedEntry
    funded: FundedEntry
    at_hand: AtHandEntry


class PlaceEntry(TypedDict):
    """The jurisdiction of an answer, and what applies to all of its options.

    - ``region``: the region whose funding decisions count; empty if the jurisdiction has one scheme.
    - ``region_from``, ``pays_from``: whether the region and the payer are ``recorded`` or ``assumed``.
    - ``funding_read``: whether the catalogue has any funding decision of the jurisdiction.
    - ``says``: sentences on the jurisdiction, which an answer prints once and not for each option.
    - ``licensed``, ``not_known``: the options that are licensed here, and those whose licence is unknown.
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
    """A sentence on the jurisdiction with its source."""

    text: str
    source: str
    verified: str
