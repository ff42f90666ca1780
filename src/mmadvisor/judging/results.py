"""The result of one criterion of a regimen for one patient."""

from __future__ import annotations

from typing import Literal, NamedTuple

from mmadvisor.answers.compact import Verdict
from mmadvisor.base.known import Finding, Truth
from mmadvisor.criteria.base import Branch, Words
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.paths import is_of_drugs

Force = Literal["hard", "caution"]
OFFERED: tuple[Verdict, ...] = ("eligible", "caution")


class Warned(NamedTuple):
    """The text of a caution, with its source."""

    text: str
    source: str
    verified: Verified


def is_unread(criterion: AnyCriterion) -> bool:
    """Whether nobody has looked up a criterion at its source."""
    return bool(criterion.source) and criterion.verified == "unverified"


class Result(NamedTuple):
    """The result of one criterion of a regimen for one patient.

    - ``force``: ``hard`` if a failure closes the regimen, or ``caution``.
    - ``of``: the code of another jurisdiction, if the criterion is from its label; otherwise empty.
    - ``unread``: nobody has looked up the criterion at its source. A failure then counts as unknown, and never closes a
      regimen.
    - ``counts_as``: the truth that the verdict uses. An unknown criterion counts as failing if a ``Suspicion`` of the
      catalogue makes a failure likely.
    - ``branch``: the text that applies to this patient, if the caution has several texts (``Branch``).
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
        """Whether a provisional order may take the criterion as met.

        It may if the criterion is unknown and a test today would decide it, or if only the unknown drugs of a therapy
        leave it unknown. A recorded value is never overridden, even if nobody has looked up its limit.
        """
        if self.finding.truth is not Truth.UNKNOWN or self.counts_as is not Truth.UNKNOWN:
            return False
        drugs_not_known = self.criterion.over_therapies and all(map(is_of_drugs, self.finding.missing))
        return self.criterion.presumable or drugs_not_known

    @property
    def beside(self) -> bool:
        """Whether the result is an unknown caution that is kept apart from the other results (``Assessment.beside``).

        A recorded finding makes a failure likely (``Suspicion``), or the caution is reported only if recorded.
        """
        suspected = self.criterion.closes and self.force == "hard"
        return self.finding.truth is Truth.UNKNOWN and (suspected or self.criterion.if_recorded)

    def required(self, words: Words) -> str:
        """The requirement in words, after the code of the jurisdiction if it is from the label of another one."""
        text = self.criterion.text or self.criterion.required(words)
        return f"{self.of}: {text}" if self.of else text

    def told(self, words: Words, finding: Finding | None = None) -> str:
        """What was found, compared with the requirement; ``finding`` replaces the result's own finding."""
        said = self.criterion.told(finding or self.finding, words)
        return f"{self.of}: {said}" if self.of else said

    def warned(self, words: Words) -> Warned:
        """The text of a caution with what was found; if the result is unknown, the text mentions it."""
        criterion = self.criterion
        if self.branch is not None:
            why = f" ({criterion.say})" if criterion.say else ""
            return Warned(f"{self.branch.text}{why}", self.branch.source, self.branch.verified)
        said = criterion.warned(self.finding)
        told_so = not said and criterion.tells_unknown
        unknown = self.finding.truth is Truth.UNKNOWN and not told_so
        text = said or self.told(words)
        return Warned(f"not known: {text}" if unknown else text, criterion.source, criterion.verified)
