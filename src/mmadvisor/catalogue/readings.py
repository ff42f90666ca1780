"""How well a catalogue was verified: marks, days of reading, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from mmadvisor.answers.check import Counts
from mmadvisor.base.known import span
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.flaws import Flaw
from mmadvisor.catalogue.lint import unreachable
from mmadvisor.catalogue.regimens import Evidence, Source
from mmadvisor.criteria.base import Criterion

_RANK = {"unverified": 0, "secondary": 1, "primary": 2}


def ahead(catalogue: Catalogue, today: date) -> Iterator[Flaw]:
    """Errors for sources whose day of reading is in the future.

    One day more is allowed, because of time zones. The day of the review is allowed too, because a clock may be behind.
    """
    latest = max(today + timedelta(days=1), span(catalogue.reviewed_on).latest)
    for key, source in catalogue.sources.items():
        if source.read_on is not None and span(source.read_on).earliest > latest:
            yield Flaw(("sources", key, "read_on"), f"{source.read_on} is in the future")


def warnings(catalogue: Catalogue, today: date, stale_after_months: int) -> Iterator[Flaw]:
    """Warnings for editors: old readings, claims with a better mark than their source, regimens that nobody can get."""
    yield from _marks(catalogue)
    yield from _stale(catalogue, today, stale_after_months)
    yield from _open(catalogue)
    yield from unreachable(catalogue)


def _marks(catalogue: Catalogue) -> Iterator[Flaw]:
    """Claims with a better mark than their source."""
    for path, entry in catalogue.entries:
        source = catalogue.sources.get(getattr(entry, "source", "") or "")
        mark = getattr(entry, "verified", None)
        if source is not None and mark in _RANK and _RANK[mark] > _RANK[source.verified]:
            yield Flaw(path, f"marked {mark}, but its source was read as {source.verified}", "warning")


def _open(catalogue: Catalogue) -> Iterator[Flaw]:
    """A warning for each product with fields that the hospital has not filled in."""
    for code, jurisdiction in catalogue.jurisdictions.items():
        for agent, product in jurisdiction.products.items():
            if product.open:
                path = ("jurisdictions", code, "products", agent)
                yield Flaw(path, f"open: {', '.join(product.open)}", "warning")


def _stale(catalogue: Catalogue, today: date, months: int) -> Iterator[Flaw]:
    """Sources that were read more than a number of months ago."""
    for key, source in catalogue.sources.items():
        age = _age_months(source, today)
        if age is not None and age >= months:
            yield Flaw(("sources", key), f"read on {source.read_on}, {age} months ago: read it again", "warning")


def _age_months(source: Source, today: date) -> int | None:
    if source.read_on is None:
        return None
    read = span(source.read_on).earliest
    return (today.year - read.year) * 12 + today.month - read.month - (today.day < read.day)


def counts(catalogue: Catalogue) -> Counts:
    """The number of entries and claims by mark, and the percentage of deciding claims that were verified.

    A claim is deciding if it can change a verdict or a rank: criteria, indications, listings (also of unknown status),
    funding decisions, launches, placements, whom trials took, the progression-free survival that ranks, lead times,
    burdens, orders within a class, labels and thresholds.
    """
    marks: Counter[str] = Counter()
    deciding: Counter[str] = Counter()
    for _, entry in catalogue.entries:
        mark = getattr(entry, "verified", None)
        if mark is None or isinstance(entry, Source) or not getattr(entry, "source", ""):
            continue
        marks[mark] += 1
        if _decides(entry):
            deciding[mark] += 1
    read = deciding["primary"] + deciding["secondary"]
    return {
        "regimens": len(catalogue.regimens),
        "agents": len(catalogue.agents),
        "names": len(catalogue.names),
        "sources": len(catalogue.sources),
        "jurisdictions": {code: len(j.listings) for code, j in catalogue.jurisdictions.items()},
        "claims": {mark: marks[mark] for mark in ("primary", "secondary", "unverified")},
        "deciding": {mark: deciding[mark] for mark in ("primary", "secondary", "unverified")},
        "deciding_read_percent": round(100 * read / max(1, read + deciding["unverified"]), 1),
    }


_DECIDING = {
    "Funding",
    "Indication",
    "Launch",
    "Listing",
    "Study",
    "OfTrait",
    "Placement",
    "LeadTime",
    "Burden",
    "DrugClass",
    "Label",
    "Threshold",
    "Quantity",
    "FrailtyItem",
    "Door",
    "Interaction",
}


def _decides(entry: object) -> bool:
    if isinstance(entry, Criterion):
        return bool(entry.id)
    if isinstance(entry, Evidence):
        return entry.pfs_months is not None
    return type(entry).__name__ in _DECIDING
