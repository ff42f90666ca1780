"""One criterion of a regimen as decided for one patient."""

from __future__ import annotations

from typing import Literal, NamedTuple

from mmadvisor.base.known import Finding, Truth
from mmadvisor.criteria.base import Branch, Words
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.paths import is_of_drugs

Force = Literal["hard", "caution"]


class Warned(NamedTuple):
    """What a caution tells, and what that rests on."""

    text: str
    source: str
    verified: Verified


class Result(NamedTuple):
    """One criterion of a regimen as decided for one patient.

    ``unread``: it rests on something that nobody could read at its source, and then a failure counts
    as unknown: it never closes a regimen. ``branch``: what of a caution is for this patient. What is not known
    counts as failing where something on record makes a failure likely, and the catalogue says so (``Suspicion``).
    """

    criterion: AnyCriterion
    force: Force
    finding: Finding
    of: str
    unread: bool
    counts_as: Truth
    branch: Branch | None = None

    @property
    def presumable(self) -> bool:
        """Whether a provisional order may take it as met: it is not known, and a test of the day settles it.

        What hangs on nothing but drugs that nobody knows is taken as met too, and that therapy is its gate.

        A value that is on record is never presumed away, also where nobody could read the limit that it fails.
        """
        if self.finding.truth is not Truth.UNKNOWN or self.counts_as is not Truth.UNKNOWN:
            return False
        drugs_not_known = self.criterion.over_therapies and all(map(is_of_drugs, self.finding.missing))
        return self.criterion.presumable or drugs_not_known

    @property
    def beside(self) -> bool:
        """Whether it is a caution that is not known and no result: suspected, or said only of what is on record."""
        suspected = self.criterion.closes and self.force == "hard"
        return self.finding.truth is Truth.UNKNOWN and (suspected or self.criterion.if_recorded)

    def required(self, words: Words) -> str:
        """The requirement in words, with whose it is."""
        text = self.criterion.text or self.criterion.required(words)
        return f"{self.of}: {text}" if self.of else text

    def told(self, words: Words, finding: Finding | None = None) -> str:
        """What was found against the requirement, with whose it is; or what was found in another state."""
        said = self.criterion.told(finding or self.finding, words)
        return f"{self.of}: {said}" if self.of else said

    def warned(self, words: Words) -> Warned:
        """A caution in words: what it tells and what was found; what is not known says so."""
        criterion = self.criterion
        if self.branch is not None:
            why = f" ({criterion.say})" if criterion.say else ""
            return Warned(f"{self.branch.text}{why}", self.branch.source, self.branch.verified)
        said = criterion.warned(self.finding)
        told_so = not said and criterion.tells_unknown
        unknown = self.finding.truth is Truth.UNKNOWN and not told_so
        text = said or self.told(words)
        return Warned(f"not known: {text}" if unknown else text, criterion.source, criterion.verified)
