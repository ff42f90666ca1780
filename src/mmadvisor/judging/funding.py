"""Whether a treatment is paid for: all funding decisions of the jurisdiction, combined for one patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.listings import Funding
from mmadvisor.judging.results import Result


class Decision(NamedTuple):
    """One funding decision: whether its criteria are met by this patient, and the results of these criteria."""

    funding: Funding
    takes: Truth
    results: tuple[Result, ...]


class Funded(NamedTuple):
    """Whether the treatment of this patient is paid for.

    ``by``: the decision that decides it, or the nearest one; ``None`` if the catalogue has no decision. ``others``:
    decisions of other regions, and decisions that never count, such as appraisals in progress.
    """

    truth: Truth
    by: Decision | None = None
    others: tuple[Decision, ...] = ()


# Why: docs/explanation/approvals.md#who-pays
def settled(counted: Sequence[Decision]) -> tuple[Truth, Decision | None]:
    """Whether the treatment is paid for, and the decision that decides this (or comes nearest).

    A decision takes a patient who meets its criteria. The first rule that applies:

    - Met if a decision to pay takes this patient.
    - Unknown if a decision to pay, or a decision of unknown outcome, may take this patient.
    - Not met if a decision to refuse takes this patient, or if there are decisions that pay or may pay (all leave this
      patient out, whatever the outcome of those that nobody read).
    - Otherwise unknown.
    """
    paying = [d for d in counted if d.funding.read and d.funding.pays]
    refusing = [d for d in counted if d.funding.read and not d.funding.pays]
    unread = [d for d in counted if not d.funding.read]
    may_pay = [d for d in unread if d.funding.pays or d.funding.outcome == "not-read"]
    ways = [
        *((Truth.MET, d) for d in _that(paying, Truth.MET)),
        *((Truth.UNKNOWN, d) for d in _that(paying, Truth.UNKNOWN)),
        *((Truth.UNKNOWN, d) for d in (*_that(unread, Truth.MET), *_that(unread, Truth.UNKNOWN))),
        *((Truth.NOT_MET, d) for d in _that(refusing, Truth.MET)),
        *((Truth.NOT_MET, d) for d in (*sorted(paying, key=_lacking), *sorted(may_pay, key=_lacking))),
        *((Truth.UNKNOWN, d) for d in refusing),
    ]
    return ways[0] if ways else (Truth.UNKNOWN, None)


def _that(decisions: Sequence[Decision], takes: Truth) -> list[Decision]:
    return [d for d in decisions if d.takes is takes]


def _lacking(decision: Decision) -> int:
    return sum(r.counts_as is Truth.NOT_MET for r in decision.results)
