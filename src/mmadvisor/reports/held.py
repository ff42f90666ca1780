"""Whether something is true for the patient, with the findings that decide it, for entries that are no criteria."""

from collections.abc import Iterable
from typing import NamedTuple

from mmadvisor.base.known import Truth, all_of
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.judging.case import Case


class Held(NamedTuple):
    """Whether something is true for the patient, the facts that decide it, and the missing fields."""

    truth: Truth
    because: tuple[str, ...]
    missing: tuple[str, ...]


def together(case: Case, criteria: Iterable[AnyCriterion]) -> Held:
    """Whether all of the criteria are met, with the findings that decide it."""
    asked = [(c, case.care.of(c)) for c in criteria]
    truth = all_of([f.truth for _, f in asked])
    deciding = [(c, f) for c, f in asked if f.truth is truth]
    words = case.catalogue.words
    because = [f.found if truth is Truth.MET else c.told(f, words) for c, f in deciding]
    missing = [m for _, f in deciding for m in f.missing] if truth is Truth.UNKNOWN else []
    return Held(truth, tuple(dict.fromkeys(because)), tuple(dict.fromkeys(missing)))
