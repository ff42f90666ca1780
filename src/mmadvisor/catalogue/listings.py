"""Where a regimen is available and recommended: jurisdictions, indications, settings and placements."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal

from mmadvisor.base.errors import UnknownPlaceError
from mmadvisor.base.known import Span, Truth, all_of, any_of, negate, span, truth_of
from mmadvisor.base.records import Entry
from mmadvisor.criteria.base import Dated
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Statement

Status = Literal["approved", "guideline-supported", "off-label", "not-available", "unknown"]


NOT_AVAILABLE: Status = "not-available"


UNKNOWN: Status = "unknown"


class Indication(Entry):
    """One indication of a regimen, from a regulator or a guideline; any one is enough.

    Without ``since`` its beginning was not read, which does not mean that it always applied.
    """

    criteria: tuple[AnyCriterion, ...]
    source: str
    verified: Verified
    product: str = ""
    since: Dated | None = None
    until: Dated | None = None
    conditional: bool = False
    note: str = ""

    def holds_on(self, day: date, known_from: date) -> Truth:
        """Whether it is in force on a day; unknown within a beginning or an end that is known to the month or year.

        ``known_from`` is the first day on which it certainly applies, if its beginning was not read.
        """
        today = Span.day(day)
        begun = span(self.since).not_after(today) if self.since else truth_of(True if known_from <= day else None)
        return all_of([begun, negate(span(self.until).not_after(today)) if self.until else Truth.MET])


class Listing(Entry):
    """The status and the indications of one regimen in one jurisdiction; ``funding`` is who pays, if it was found."""

    status: Status
    source: str
    verified: Verified
    indications: tuple[Indication, ...] = ()
    note: str = ""
    funding: tuple[Statement, ...] = ()

    def in_force(self, day: date) -> list[Indication]:
        """The indications that apply, or may apply, on a day; one whose beginning was not read may apply on any day."""
        return [i for i in self.indications if i.holds_on(day, date.min) is not Truth.NOT_MET]

    def status_on(self, day: date, known_from: Callable[[Indication], date]) -> Status:
        """The status on a day: not available if no indication is in force, unknown if none certainly is."""
        truths = [i.holds_on(day, known_from(i)) for i in self.indications]
        if not truths:
            return self.status
        return {Truth.MET: self.status, Truth.NOT_MET: NOT_AVAILABLE, Truth.UNKNOWN: UNKNOWN}[any_of(truths)]


class Jurisdiction(Entry):
    """One regulator. A regimen without a listing has an unknown status there."""

    name: str
    listings: dict[str, Listing]
    notes: tuple[Statement, ...] = ()


def find_jurisdiction(places: Iterable[str], code: str) -> str:
    """The code of a jurisdiction as the catalogue writes it.

    Args:
        places: The codes of the catalogue.
        code: The code as written, in any case.

    Raises:
        UnknownPlaceError: There is no such jurisdiction; the error names the nearest.
    """
    known = {place.casefold(): place for place in places}
    if code.casefold() not in known:
        raise UnknownPlaceError(code, known.values())
    return known[code.casefold()]


class Placement(Entry):
    """The recommendation of an open guideline or consensus for a regimen in a setting.

    ``kind``: what text it is. A ``payer`` decides who pays, which is no recommendation.
    """

    regimen: str
    level: Literal["preferred", "recommended", "option"]
    by: str
    dated: Dated
    source: str
    verified: Verified
    text: str = ""
    retired_by: str = ""
    kind: Literal["guideline", "consensus", "review", "payer"] = "guideline"


class Setting(Entry):
    """A named situation with its criteria, the placements in it, and statements besides the list of options.

    ``orders_by_placement``: no trial speaks for it, so that the placements order before any benefit.
    """

    id: str
    name: str
    when: tuple[AnyCriterion, ...]
    placements: tuple[Placement, ...] = ()
    says: tuple[Statement, ...] = ()
    orders_by_placement: bool = False


class Label(Entry):
    """A clinical term for a history, such as triple-class-refractory, with its criteria."""

    when: tuple[AnyCriterion, ...]
    text: str
    source: str
    verified: Verified
