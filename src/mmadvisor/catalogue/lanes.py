"""Situations that the ranking does not answer: what is done first, and what may be given, unranked."""

from collections.abc import Iterator
from typing import Annotated

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified


class Definition(Entry):
    """A published definition that the answer holds against the patient: met, not met or not known.

    Met where all of ``when`` is, and ``at_least`` of the ``factors``. ``text``: what it means to meet it.
    """

    id: str
    name: str
    text: str
    source: str
    verified: Verified
    when: tuple[AnyCriterion, ...] = ()
    factors: tuple[AnyCriterion, ...] = ()
    at_least: Annotated[int, Limits(0, 20)] = 0


class _ForWhom(Entry):
    """For whom something is: all of ``when`` is met, one of the definitions in ``meets``, none of ``meets_none``."""

    when: tuple[AnyCriterion, ...] = ()
    meets: tuple[str, ...] = ()
    meets_none: tuple[str, ...] = ()


class LaneStep(_ForWhom):
    """What is done, and for whom; where that is not known, the answer says so."""

    text: str
    source: str
    verified: Verified


class LaneRegimen(_ForWhom):
    """A regimen of the lane, and what the lane asks beside the regimen's own label and gates."""

    regimen: str
    text: str
    source: str
    verified: Verified


# Why: docs/explanation/lanes.md
class Lane(Entry):
    """A situation in which no ranking leads: all of ``when`` is met.

    ``first``: the steps, in order. ``definitions``: which are held against the patient. ``regimens``: what may be
    given, in no order. ``until``: until when the lane is kept to.
    """

    id: str
    name: str
    when: tuple[AnyCriterion, ...]
    first: tuple[LaneStep, ...]
    until: str
    source: str
    verified: Verified
    definitions: tuple[Definition, ...] = ()
    regimens: tuple[LaneRegimen, ...] = ()

    def unknown_definitions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Definitions that steps and regimens name and the lane does not have: where, and a message."""
        known = {definition.id for definition in self.definitions}
        for key, rows in (("first", self.first), ("regimens", self.regimens)):
            for index, row in enumerate(rows):
                for name in (*row.meets, *row.meets_none):
                    if name not in known:
                        yield (key, index), f"the lane has no definition {name}"
