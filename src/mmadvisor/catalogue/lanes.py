"""Situations that the ranking does not cover: what is done first, and which regimens may be given, without a rank."""

from collections.abc import Iterator
from typing import Annotated

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified


class Definition(Entry):
    """A published definition that is checked for the patient: met, not met or not known.

    The definition is met if every criterion of ``when`` is met, and at least ``at_least`` of the ``factors``. ``text``
    explains what it means if the definition is met.
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
    """The patients to whom an entry applies.

    All of ``when`` must be met, at least one definition of ``meets``, and no definition of ``meets_none``.
    """

    when: tuple[AnyCriterion, ...] = ()
    meets: tuple[str, ...] = ()
    meets_none: tuple[str, ...] = ()


class LaneStep(_ForWhom):
    """One step, and the patients who need it; if it is unknown whether the patient does, the answer tells so."""

    text: str
    source: str
    verified: Verified


class LaneRegimen(_ForWhom):
    """A regimen of the lane, with requirements in addition to the label and the gates of the regimen."""

    regimen: str
    text: str
    source: str
    verified: Verified


# Why: docs/explanation/lanes.md
class Lane(Entry):
    """A situation in which the answer gives no ranking. It applies if every criterion of ``when`` is met.

    ``first``: the steps, in order. ``definitions``: the published definitions that are checked for the patient.
    ``regimens``: what may be given, in no order. ``until``: when the lane ends, in words.
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
        """Definitions that steps and regimens name although the lane does not have them, each with path and message."""
        known = {definition.id for definition in self.definitions}
        for key, rows in (("first", self.first), ("regimens", self.regimens)):
            for index, row in enumerate(rows):
                for name in (*row.meets, *row.meets_none):
                    if name not in known:
                        yield (key, index), f"the lane has no definition {name}"
