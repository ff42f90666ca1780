"""Randomised trials that compared two regimens in patients like this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from mmadvisor.catalogue.regimens import Evidence, Months, Regimen
from mmadvisor.judging.here import Fit, Here, carry


class Won(NamedTuple):
    """One trial that a regimen won: by overall survival, or only by progression-free survival.

    ``sure``: the trial is known to have taken patients like this one, and its control arm was one regimen. Otherwise it
    decides between the winner and the loser alone, and nothing between the loser and other options.
    """

    winner: str
    row: Evidence
    lives_longer: bool
    sure: bool

    @property
    def said(self) -> str:
        """The result of the trial in words."""
        return f"{self.row.trial}: {'longer survival' if self.lives_longer else 'longer without progression'}"


class HeadToHead:
    """The randomised trials that took patients like this one, with the winners.

    They depend only on data and on the patient, not on the other options.
    """

    def __init__(self, here: Here, like: HeadToHead | None = None) -> None:
        self.here = here
        carry(self, like, "beaten", "_all", "_open")

    @cached_property
    def beaten(self) -> dict[str, list[Won]]:
        """For each regimen that lost, the trials that it lost, with the winners.

        A trial that only does not say whether it took such patients counts here: both arms had the same patients.
        """
        found: dict[str, list[Won]] = {}
        for won in self._open:
            for loser in won.row.against:
                if loser != won.winner:
                    found.setdefault(loser, []).append(won)
        return found

    @cached_property
    def _all(self) -> list[Won]:
        return [won for won in self._open if self._fit(won).takes]

    @cached_property
    def _open(self) -> list[Won]:
        """The trials that took patients like this one, or only do not say whether they did."""
        return [
            Won(regimen.id, row, lives_longer(row), fit.takes and len(row.against) == 1)
            for regimen in self.here.catalogue.regimens
            for row in self.here.of_state(regimen)
            if _shows(row) and not (fit := self.here.fit(row, regimen)).leaves_out
        ]

    def _fit(self, won: Won) -> Fit:
        return self.here.fit(won.row, self.here.catalogue.regimen_by_id[won.winner])

    def wins(self, regimen: Regimen) -> list[Won]:
        """The trials that a regimen won by overall survival."""
        return [won for won in self._all if won.winner == regimen.id and won.lives_longer]

    def said_of_progression(self, regimen: Regimen) -> str:
        """The trials that a regimen won by progression-free survival alone, in words; this does not count as a gain."""
        won = [w for w in self._all if w.winner == regimen.id and not w.lives_longer]
        named = "; ".join(dict.fromkeys(f"{w.said} than {' or '.join(w.row.against)}" for w in won))
        return f"{named}, and no longer survival shown" if named else ""


def depth(loser: str, beaten: Mapping[str, Sequence[Won]], seen: tuple[str, ...] = ()) -> int:
    """The length of the longest chain of losses from a regimen: 0 if it lost to no regimen.

    A regimen that lost to a regimen of depth 1 has depth 2. ``beaten``: for each regimen that lost, its winners.
    ``seen``: the regimens already in the chain, so that no circle is followed.
    """
    winners = {won.winner for won in beaten.get(loser, ())} - {*seen, loser}
    return max((1 + depth(winner, beaten, (*seen, loser)) for winner in winners), default=0)


@lru_cache(maxsize=2**12)
def _shows(row: Evidence) -> bool:
    """Whether a row is a verified result of a whole randomised trial in which one arm was better."""
    read = row.design == "randomised" and row.arm == "tested" and row.verified != "unverified" and not row.beside
    return bool(read and row.against and not row.subgroup and (lives_longer(row) or better(row.pfs_months)))


def lives_longer(row: Evidence) -> bool:
    """Whether a row shows longer overall survival than the control arm."""
    return better(row.os_months)


def better(months: Months | None) -> bool:
    """Whether the upper limit of the hazard ratio's interval is below 1; ``False`` if it is not known."""
    high = months.hr_ci95[1] if months is not None and months.hr_ci95 else None
    return high is not None and high < 1
