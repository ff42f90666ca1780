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
    """One indication of a regimen, from a regulator or a guideline.

    A patient needs to fit only one of the indications. Without ``since`` the beginning is not known; this does not mean
    that the indication always applied.
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
        """Whether the indication is in force on ``day``.

        Unknown if ``since`` or ``until`` is known only to the month or year, and ``day`` lies in that month or year.
        ``known_from`` is the first day on which the indication certainly applies; it is used if ``since`` is missing.
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
    """The decision of one payer on a regimen: for which patients, and in which regions.

    ``criteria`` describe the patients. ``outcome`` ``in-progress``, which includes drafts, never counts. ``outcome``
    ``not-read``: we could not find out whether or how the payer decided. ``number`` is the payer's number for the
    decision; for a formulary it is the category. Empty ``regions`` means the whole jurisdiction.
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
        """The name of the decision: the payer and the number."""
        return f"{self.scheme} {self.number}".strip()

    @property
    def pays(self) -> bool:
        """Whether the outcome is to pay (``recommended`` or ``managed-access``)."""
        return self.outcome in ("recommended", "managed-access")

    @property
    def read(self) -> bool:
        """Whether the outcome was looked up; a remembered decision (``unverified``) was not."""
        return self.outcome != "not-read" and self.verified != "unverified"

    def in_force(self, day: date, known: bool) -> Truth:
        """Whether the decision applies on ``day``: it was made by then, and has not ended.

        Unknown if a date is known only to the month or year, and ``day`` lies in that month or year. If ``decided_on``
        is missing, the decision counts as made if ``known`` is true. ``known`` tells whether the source of the decision
        was known on ``day``.
        """
        today = Span.day(day)
        decided = span(self.decided_on).not_after(today) if self.decided_on else truth_of(known)
        return all_of([decided, negate(span(self.until).not_after(today)) if self.until else Truth.MET])


class Launch(Entry):
    """Whether the product is on the market in a jurisdiction, whether or not it is licensed.

    ``named_patient``: the product is supplied only to named patients.
    """

    launched: bool
    day: Dated
    source: str
    verified: Verified
    named_patient: bool = False
    note: str = ""


class LastRead(Entry):
    """Whether the register of a jurisdiction contained the product when we last read it.

    Used if the present state is unknown.
    """

    registered: bool
    day: Dated
    source: str
    verified: Verified


class Listing(Entry):
    """The state of one regimen in one jurisdiction: its licence, who pays for it, and whether it is on the market.

    ``registered``: the regimen is licensed in the jurisdiction, but its label is not in the catalogue, so that
    ``status`` is ``unknown``. ``off_label_beyond``: the label is for another disease that a patient with myeloma may
    also have, such as AL amyloidosis. For a patient without that disease the regimen is off-label, and not closed.
    ``unlabelled``: we read the labels of the drugs of
    the regimen in the jurisdiction, and no label names the regimen.
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
    off_label_beyond: bool = False
    unlabelled: bool = False

    def in_force(self, day: date) -> list[Indication]:
        """The indications that apply, or may apply, on ``day``.

        An indication without ``since`` may apply on any day until its ``until``.
        """
        return [i for i in self.indications if i.holds_on(day, date.min) is not Truth.NOT_MET]

    def launched_on(self, day: date) -> Truth:
        """Whether the product was on the market on ``day``.

        Unknown if there is no ``launch``, or if it is of a later day.
        """
        if self.launch is None or span(self.launch.day).not_after(Span.day(day)) is not Truth.MET:
            return Truth.UNKNOWN
        return truth_of(self.launch.launched)

    def status_on(self, day: date, known_from: Callable[[Indication], date]) -> Status:
        """The status of the regimen on ``day``.

        ``not-available`` if no indication is in force, or if the product was not on the market. ``unknown`` if it is
        not known whether an indication is in force. Without any indication, the status of the listing.
        """
        if self.launched_on(day) is Truth.NOT_MET:
            return NOT_AVAILABLE
        truths = [i.holds_on(day, known_from(i)) for i in self.indications]
        if not truths:
            return self.status
        return {Truth.MET: self.status, Truth.NOT_MET: NOT_AVAILABLE, Truth.UNKNOWN: UNKNOWN}[any_of(truths)]


Category = Literal["general", "special", "safety-net", "self-financed"]


class Product(Entry):
    """What a hospital's pharmacy knows about one product; ``null`` or a missing field means not known.

    ``names`` are the regimens that the registered text names. ``category`` is the class in the formulary: ``general``,
    ``special`` (paid for under clinical conditions), ``safety-net`` (a fund may help) or ``self-financed``.
    ``criteria`` are the conditions of the class or of the fund; if they are empty, a person must judge.
    ``named_patient``: whether an unregistered product is supplied to named patients.
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
        """Whether somebody other than the patient pays for the product, if the conditions are met.

        Unknown if neither the category nor a fund decides it.
        """
        if self.category in ("general", "special"):
            return Truth.MET
        if self.category == "self-financed":
            return Truth.NOT_MET
        funds = any_of([truth_of(self.samaritan_fund), truth_of(self.community_care_fund)])
        return Truth.UNKNOWN if self.category is None and funds is Truth.NOT_MET else funds

    @property
    def open(self) -> tuple[str, ...]:
        """The fields of the product that are not filled in and that the checker of the catalogue lists."""
        asked = ["registered"] if self.registered is None else []
        asked += ["named_patient"] if self.registered is False and self.named_patient is None else []
        asked += ["category"] if self.category is None else []
        funds = ("samaritan_fund", "community_care_fund") if self.category == "safety-net" else ()
        return (*asked, *(fund for fund in funds if getattr(self, fund) is None))


class PlaceNote(Statement):
    """A sentence on a jurisdiction that an answer prints once, above its options.

    Empty ``regions`` means every region.
    """

    regions: tuple[Region, ...] = ()


class Jurisdiction(Entry):
    """The area of one regulator. A regimen without a listing has the status unknown.

    ``region``: the region whose funding decisions count, if the patient's region is not recorded or has no decisions in
    the catalogue. ``says``: sentences that an answer prints once, above its options. ``products``: what a hospital
    knows, by agent.
    """

    name: str
    listings: dict[str, Listing]
    notes: tuple[Statement, ...] = ()
    says: tuple[PlaceNote, ...] = ()
    region: Region | None = None
    products: dict[str, Product] = {}  # noqa: RUF012 - an immutable entry never changes it

    @property
    def funding_read(self) -> bool:
        """Whether the catalogue has any funding decision of this jurisdiction."""
        return bool(self.products) or any(x.funded for x in self.listings.values())

    @cached_property
    def by_products(self) -> dict[str, Listing | None]:
        """A cache of the listings that were made from ``products``, by regimen."""
        return {}

    @cached_property
    def regions(self) -> frozenset[Region]:
        """The regions for which the catalogue has a funding decision."""
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
    """The recommendation of a guideline or consensus for a regimen in a clinical setting.

    ``kind`` is the kind of text. A ``payer`` decides who pays, and does not recommend.
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
    """A named clinical situation, with its criteria, the recommendations of guidelines, and further sentences.

    ``orders_by_placement``: there is no trial for this situation, so the recommendations decide the order before any
    benefit.
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
