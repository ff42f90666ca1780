"""Claims and sources of the catalogue, converted to the plain data of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple, cast

from mmadvisor import __version__
from mmadvisor.answers.recommendation import Sentence
from mmadvisor.answers.stamps import DAY_OF_FILE, CatalogueStamp, Cited, Engine, PatientStamp, SourceEntry
from mmadvisor.base.known import span
from mmadvisor.base.records import Entry
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.regimens import Months
from mmadvisor.criteria.base import Criterion
from mmadvisor.formats.drugs import Statement
from mmadvisor.formats.schedule import Interval, either
from mmadvisor.history.history import History
from mmadvisor.history.record import DAYS_A_MONTH


def plain(entry: Entry) -> dict[str, Any]:
    """An evidence entry as plain data, without empty fields and without the criteria of its population.

    Schedules are in words.
    """
    made: dict[str, Any] = {}
    for key, value in entry.contents():
        if key in ("when", "outside", "recalled") or value is None or value in ("", ()):
            continue
        if key == "schedule":
            made[key] = either(value)
            continue
        if isinstance(value, Interval):
            made[key] = value.text
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
    """The day since which a criterion was known, under the key ``known_since``; empty if the day is not recorded."""
    return {"known_since": criterion.known_since} if criterion.known_since else {}


def bibliography(catalogue: Catalogue, answer: object, day: date | None = None) -> dict[str, SourceEntry]:
    """The sources of everything that an answer cites, by key.

    If ``day`` is given, each claim whose source is later than ``day`` is marked.
    """
    keys = cited(catalogue, answer, day)
    found = {
        key: {k: v for k, v in catalogue.sources[key].contents() if v is not None and v != "" and v is not False}
        for key in sorted(keys)
        if key in catalogue.sources
    }
    return cast(dict[str, SourceEntry], found)


def cited(catalogue: Catalogue, answer: object, day: date | None) -> set[str]:
    """The keys of the sources that an answer cites.

    A claim whose source is later than ``day`` gets the mark ``later_source``. Such claims are, for example, cautions.
    Evidence, recommendations and funding with a later source are no longer in the answer at this step.
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
    """Every object in an answer that cites a source, the answer itself included."""
    left: list[Any] = [answer]
    seen: set[int] = set()  # one entry is often in many places, such as a criterion of many regimens
    while left:
        value = left.pop()
        if type(value) is dict:
            if id(value) in seen:
                continue
            seen.add(id(value))
            if type(value.get("source")) is str:
                yield value
            value = value.values()
        # Most values of an answer are texts, and comparing the exact type is the quickest way to skip them.
        left += [inner for inner in value if type(inner) is dict or type(inner) is list]


ENGINE = Engine(name="mmadvisor", version=__version__)


class Stamp(NamedTuple):
    """The hashes of the input files and the names of the layers; only the reader of the files knows them."""

    patient_sha256: str = ""
    catalogue_sha256: str = ""
    layers: tuple[str, ...] = ("builtin",)
    assessed_on_from: str = DAY_OF_FILE


def patient_stamp(history: History, stamp: Stamp) -> PatientStamp:
    """The patient file and the day of the decision."""
    return PatientStamp(
        id=history.patient.id,
        assessed_on=history.as_of.isoformat(),
        assessed_on_from=stamp.assessed_on_from,
        sha256=stamp.patient_sha256,
    )


def stamped(catalogue: Catalogue, stamp: Stamp, day: date) -> CatalogueStamp:
    """The catalogue's version for an answer, and how long before the day of the answer it was reviewed."""
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
    """How old the review is on the day of the answer (empty, ``notice`` or ``strong``), and the sentence for it."""
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
    """Statements of the catalogue as sentences of an answer, each with its source."""
    return [Sentence(text=s.text, source=s.source, verified=s.verified) for s in statements]
