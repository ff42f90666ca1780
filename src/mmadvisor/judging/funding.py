"""Whether a treatment is paid for: what decisions on paying come to for one patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.listings import Funding
from mmadvisor.judging.results import Result


class Decision(NamedTuple):
    """One decision on paying, as it bears on this patient: whether it takes the patient, and what was found."""

    funding: Funding
    takes: Truth
    results: tuple[Result, ...]


class Funded(NamedTuple):
    """Whether this patient's treatment is paid for.

    ``by`` is the decision that settles it, or the nearest one; none where none was read. ``others`` are those of other
    regions, and those that never count.
    """

    truth: Truth
    by: Decision | None = None
    others: tuple[Decision, ...] = ()


# Why: docs/explanation/approvals.md#who-pays
def settled(counted: Sequence[Decision]) -> tuple[Truth, Decision | None]:
    """Whether it is paid for, by decisions that count; and the one that settles it, or comes nearest.

    Yes by one that pays and takes this patient. No where one that refuses is about this patient, or where all that pay
    are known to leave this patient out. What nobody could read leaves it open for those it may be about.
    """
    paying = [d for d in counted if d.funding.read and d.funding.pays]
    refusing = [d for d in counted if d.funding.read and not d.funding.pays]
    unread = [d for d in counted if not d.funding.read]
    ways = [
        *((Truth.MET, d) for d in _that(paying, Truth.MET)),
        *((Truth.UNKNOWN, d) for d in _that(paying, Truth.UNKNOWN)),
        *((Truth.UNKNOWN, d) for d in (*_that(unread, Truth.MET), *_that(unread, Truth.UNKNOWN))),
        *((Truth.NOT_MET, d) for d in _that(refusing, Truth.MET)),
        *((Truth.NOT_MET, d) for d in sorted(paying, key=_lacking)),
        *((Truth.UNKNOWN, d) for d in refusing),
    ]
    return ways[0] if ways else (Truth.UNKNOWN, None)


def _that(decisions: Sequence[Decision], takes: Truth) -> list[Decision]:
    return [d for d in decisions if d.takes is takes]


def _lacking(decision: Decision) -> int:
    return sum(r.counts_as is Truth.NOT_MET for r in decision.results)
