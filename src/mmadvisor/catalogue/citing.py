"""What an answer takes from the catalogue as plain data, and whose word it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Literal, NamedTuple, cast

from mmadvisor import __version__
from mmadvisor.answers.recommendation import Monitoring, Sentence
from mmadvisor.answers.stamps import CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry
from mmadvisor.base.known import span
from mmadvisor.base.records import Entry
from mmadvisor.catalogue.care import Checklist, Item
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Months
from mmadvisor.criteria.base import Criterion
from mmadvisor.formats.drugs import Statement
from mmadvisor.history.history import History
from mmadvisor.history.record import DAYS_A_MONTH


def plain(entry: Entry) -> dict[str, Any]:
    """An evidence entry as plain data, without what is empty and without its population test."""
    made: dict[str, Any] = {}
    for key, value in entry.contents():
        if key in ("when", "outside") or value is None or value in ("", ()):
            continue
        if not isinstance(value, Entry):
            made[key] = value
            continue
        made[key] = {
            k: list(v) if isinstance(v, tuple) else v for k, v in value.contents() if v is not None and v is not False
        }
        if isinstance(value, Months):
            made[key]["median"] = value.median
    return made


def since_of(criterion: Criterion) -> Cited:
    """Since when a criterion was known, where it says so."""
    return {"known_since": criterion.known_since} if criterion.known_since else {}


def to_monitor(
    checklist: Checklist, item: Item, applies: Literal["yes", "if", "unknown"], because: str, *, whole: bool = True
) -> Monitoring:
    """One line of a checklist, with what is known of whether it is needed; ``whole``: whether it may tell doses."""
    return Monitoring(
        item=item.item,
        by=", ".join(item.jurisdictions),
        applies=applies,
        because=because,
        when=item.told_when(whole=whole),
        why=item.why,
        source=item.source,
        verified=item.verified,
        checklist=checklist.title,
    )


def bibliography(catalogue: Catalogue, answer: object, day: date | None = None) -> dict[str, SourceEntry]:
    """The sources of everything that an answer cites, by key; with its day, claims of later sources are marked."""
    keys = cited(catalogue, answer, day)
    found = {
        key: {k: v for k, v in catalogue.sources[key].contents() if v is not None and v != "" and v is not False}
        for key in sorted(keys)
        if key in catalogue.sources
    }
    return cast(dict[str, SourceEntry], found)


def cited(catalogue: Catalogue, answer: object, day: date | None) -> set[str]:
    """The keys of the sources that an answer cites.

    Whatever cites one that is later than the day of the answer is marked (``later_source``): what is cut by its day was
    left out before, and the rest, such as a caution, stays and says so.
    """
    claims = list(_claims(answer))
    keys: set[str] = {claim["source"] for claim in claims}
    if day is None:
        return keys
    late = {key for key in keys if not catalogue.known(key, day)}
    for claim in claims if late else ():
        if claim["source"] in late and (found := catalogue.later(claim["source"], day, claim.get("known_since"))):
            claim["later_source"] = found
    return keys


def _claims(answer: object) -> Iterator[dict[str, Any]]:
    """Everything in an answer that cites a source, the answer itself too."""
    left: list[Any] = [answer]
    seen: set[int] = set()  # one entry often stands in many places: a criterion that many regimens ask
    while left:
        value = left.pop()
        if type(value) is dict:
            if id(value) in seen:
                continue
            seen.add(id(value))
            if type(value.get("source")) is str:
                yield value
            value = value.values()
        # Most of what an answer holds is text: asking for the very type is the quickest way past it.
        left += [inner for inner in value if type(inner) is dict or type(inner) is list]


ENGINE = Engine(name="mmadvisor", version=__version__)


class Stamp(NamedTuple):
    """What identifies the inputs: hashes and layers, known only to whoever read them."""

    patient_sha256: str = ""
    catalogue_sha256: str = ""
    layers: tuple[str, ...] = ("builtin",)
    assessed_on_from: str = "patient file"


def patient_stamp(history: History, stamp: Stamp) -> PatientStamp:
    """Which patient file, on which day."""
    return PatientStamp(
        id=history.patient.id,
        assessed_on=history.as_of.isoformat(),
        assessed_on_from=stamp.assessed_on_from,
        sha256=stamp.patient_sha256,
    )


def stamped(catalogue: Catalogue, stamp: Stamp, day: date) -> CatalogueStamp:
    """Which catalogue an answer rests on, and how long before the day of the answer it was reviewed."""
    months = max(0, (day - span(catalogue.reviewed_on).latest).days) / DAYS_A_MONTH
    stale, because = _stale(catalogue, months)
    return CatalogueStamp(
        version=catalogue.version,
        sha256=stamp.catalogue_sha256,
        reviewed_on=catalogue.reviewed_on,
        layers=list(stamp.layers),
        age_months=round(months, 1),
        stale=stale,
        stale_because=because,
    )


def _stale(catalogue: Catalogue, months: float) -> tuple[str, str]:
    """Whether the review lies long before the day of the answer, and the sentence that says so."""
    limits = catalogue.review
    if limits is None or months <= limits.notice_months.value:
        return "", ""
    strong = months > limits.strong_months.value
    limit = limits.strong_months if strong else limits.notice_months
    said = (
        f"The catalogue was last reviewed on {catalogue.reviewed_on}, {months:.1f} months before the day of this "
        f"answer (limit {limit.value:g})"
    )
    if strong:
        return "strong", f"OLD CATALOGUE. {said}. Check every approval, dose and warning at a current source."
    return "notice", f"{said}. Newer approvals, trials and label changes may be missing."


def sentences(statements: Iterable[Statement]) -> list[Sentence]:
    """Statements of the catalogue as an answer has them."""
    return [Sentence(text=s.text, source=s.source, verified=s.verified) for s in statements]
