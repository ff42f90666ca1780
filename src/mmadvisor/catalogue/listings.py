"""Where a regimen is available and recommended: jurisdictions, indications, settings and placements."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import cached_property
from typing import Literal

from mmadvisor.base.errors import UnknownPlaceError
from mmadvisor.base.known import Span, Truth, all_of, any_of, negate, span, truth_of
from mmadvisor.base.records import Entry
from mmadvisor.criteria.base import Dated
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Statement
from mmadvisor.formats.patient import Region

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
        since, until = self._days
        begun = since.not_after(today) if since else truth_of(True if known_from <= day else None)
        return all_of([begun, negate(until.not_after(today)) if until else Truth.MET])

    @cached_property
    def _days(self) -> tuple[Span | None, Span | None]:
        return span(self.since) if self.since else None, span(self.until) if self.until else None


Outcome = Literal["recommended", "managed-access", "not-recommended", "terminated", "in-progress", "not-read"]


class Funding(Entry):
    """What one scheme decided on paying for a regimen, for whom, and where.

    ``criteria``: for whom it was decided. ``outcome``: ``in-progress`` never counts, and a draft is no more than that;
    ``not-read`` was decided, or may have been, and nobody could read how. ``number`` is what the scheme calls its
    decision, and of a formulary the category. ``regions`` empty: everywhere in the place.
    """

    scheme: str
    outcome: Outcome
    source: str
    verified: Verified
    number: str = ""
    decided_on: Dated | None = None
    until: Dated | None = None
    regions: tuple[Region, ...] = ()
    criteria: tuple[AnyCriterion, ...] = ()
    note: str = ""

    @property
    def called(self) -> str:
        """The decision by its scheme and number."""
        return f"{self.scheme} {self.number}".strip()

    @property
    def pays(self) -> bool:
        """Whether it was decided to pay."""
        return self.outcome in ("recommended", "managed-access")

    @property
    def read(self) -> bool:
        """Whether the outcome is known: what was recalled is not."""
        return self.outcome != "not-read" and self.verified != "unverified"

    def in_force(self, day: date, known: bool) -> Truth:
        """Whether the decision stands on a day.

        ``known`` is for one that bears no day: whether its source was known then.
        """
        today = Span.day(day)
        decided = span(self.decided_on).not_after(today) if self.decided_on else truth_of(known)
        return all_of([decided, negate(span(self.until).not_after(today)) if self.until else Truth.MET])


class Launch(Entry):
    """Whether the product can be got at all in a place, whatever its licence; ``named_patient``: by that way alone."""

    launched: bool
    day: Dated
    source: str
    verified: Verified
    named_patient: bool = False
    note: str = ""


class LastRead(Entry):
    """What the register of a place was last read to hold, where its present state could not be read."""

    registered: bool
    day: Dated
    source: str
    verified: Verified


class Listing(Entry):
    """How one jurisdiction has one regimen: its licence, who pays for it there, and whether it can be got.

    ``registered``: that it is licensed there, where its label was not entered and ``status`` is therefore unknown.
    """

    status: Status
    source: str
    verified: Verified
    indications: tuple[Indication, ...] = ()
    note: str = ""
    funded: tuple[Funding, ...] = ()
    launch: Launch | None = None
    last_read: LastRead | None = None
    registered: bool = False

    def in_force(self, day: date) -> list[Indication]:
        """The indications that apply, or may apply, on a day; one whose beginning was not read may apply on any day."""
        return [i for i in self.indications if i.holds_on(day, date.min) is not Truth.NOT_MET]

    def launched_on(self, day: date) -> Truth:
        """Whether it was on the market on a day; unknown where nobody said by then."""
        if self.launch is None or span(self.launch.day).not_after(Span.day(day)) is not Truth.MET:
            return Truth.UNKNOWN
        return truth_of(self.launch.launched)

    def status_on(self, day: date, known_from: Callable[[Indication], date]) -> Status:
        """The status on a day: not available where no indication is in force, unknown where none is known to be.

        Not available too where the product was not launched.
        """
        if self.launched_on(day) is Truth.NOT_MET:
            return NOT_AVAILABLE
        truths = [i.holds_on(day, known_from(i)) for i in self.indications]
        if not truths:
            return self.status
        return {Truth.MET: self.status, Truth.NOT_MET: NOT_AVAILABLE, Truth.UNKNOWN: UNKNOWN}[any_of(truths)]


Category = Literal["general", "special", "safety-net", "self-financed"]


class Product(Entry):
    """One product in one place, as its pharmacy knows it. What is null or left out is open.

    ``names`` are the regimens that the registered text names. ``category`` is the class in the formulary: ``general``,
    ``special`` (paid for under clinical conditions), ``safety-net`` (a fund may help) or ``self-financed``.
    ``criteria`` are the conditions of the class or of the fund; without them a person must judge. ``named_patient``:
    whether it is supplied to named patients where it is not registered.
    """

    source: str
    verified: Verified
    registered: bool | None = None
    names: tuple[str, ...] = ()
    category: Category | None = None
    samaritan_fund: bool | None = None
    community_care_fund: bool | None = None
    named_patient: bool | None = None
    criteria: tuple[AnyCriterion, ...] = ()
    day: Dated | None = None
    note: str = ""

    @property
    def paid_for(self) -> Truth:
        """Whether somebody else than the patient pays for it, under its conditions."""
        if self.category in ("general", "special"):
            return Truth.MET
        if self.category == "self-financed":
            return Truth.NOT_MET
        funds = any_of([truth_of(self.samaritan_fund), truth_of(self.community_care_fund)])
        return Truth.UNKNOWN if self.category is None and funds is Truth.NOT_MET else funds

    @property
    def open(self) -> tuple[str, ...]:
        """What of it is not known and would be asked for."""
        asked = ["registered"] if self.registered is None else []
        asked += ["named_patient"] if self.registered is False and self.named_patient is None else []
        asked += ["category"] if self.category is None else []
        funds = ("samaritan_fund", "community_care_fund") if self.category == "safety-net" else ()
        return (*asked, *(fund for fund in funds if getattr(self, fund) is None))


class PlaceNote(Statement):
    """What an answer says once of a place, above its options; ``regions`` empty: whatever the region."""

    regions: tuple[Region, ...] = ()


class Jurisdiction(Entry):
    """One regulator. A regimen that it does not list is of unknown status there.

    ``region``: the one whose decisions on paying count where the patient's is not recorded, or was not read.
    ``says``: what an answer says once, above its options. ``products``: by agent, as a hospital knows them.
    """

    name: str
    listings: dict[str, Listing]
    notes: tuple[Statement, ...] = ()
    says: tuple[PlaceNote, ...] = ()
    region: Region | None = None
    products: dict[str, Product] = {}  # noqa: RUF012 - an immutable entry never changes it

    @property
    def funding_read(self) -> bool:
        """Whether any decision on paying was read there."""
        return bool(self.products) or any(x.funded for x in self.listings.values())

    @cached_property
    def by_products(self) -> dict[str, Listing | None]:
        """The listings of regimens as their products make them, as far as they were asked for."""
        return {}

    @cached_property
    def regions(self) -> frozenset[Region]:
        """The regions of which a decision on paying was read."""
        return frozenset(r for x in self.listings.values() for f in x.funded for r in f.regions)


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
