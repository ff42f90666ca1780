"""Fields of a patient that contradict each other, and values that are possible but doubtful."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmadvisor.base.errors import Problem
from mmadvisor.base.known import Span, Truth
from mmadvisor.base.records import Entry, hints
from mmadvisor.base.validation import limits_of
from mmadvisor.files.documents import Document, Path_
from mmadvisor.formats.patient import Measured, NotRefractory, Patient, Therapy
from mmadvisor.formats.timeline import Timeline

_LOOKS_LIKE_NAME = re.compile(r"[A-Z][a-z]+[ ,]+[A-Z][a-z]+")
_LOOKS_LIKE_CARD = re.compile(r"\b[A-Za-z]{1,2}[0-9]{6}\(?[0-9Aa]\)?|[0-9]{9,}|\b[0-9]{3}[ -][0-9]{3}[ -][0-9]{4}\b")


def contradictions(patient: Patient, document: Document) -> Iterator[Problem]:
    """Fields that contradict each other; a partial date counts only if each day that it may mean is a contradiction."""
    for i, therapy in enumerate(patient.therapies):
        yield from _therapy_contradictions(therapy, ("therapies", i), document)
    dates = dict(_dates(patient))
    diagnosed = dates.get(("disease", "diagnosed_on"))
    first = [dates[p] for p in dates if p[0] == "therapies" and p[-1] == "start"]
    if diagnosed is not None and (before := [start for start in first if _after(diagnosed, start)]):
        message = "this is after the start of a therapy"
        yield document.problem(("disease", "diagnosed_on"), message, found=str(diagnosed), detail=f" ({before[0]})")
    for place, when in dates.items():
        if patient.assessed_on is not None and _after(when, patient.assessed_on):
            message = "this is after the day of the decision"
            yield document.problem(place, message, found=str(when), detail=f" ({patient.assessed_on})")
    yield from _cancer_contradictions(patient, document)


def _therapy_contradictions(therapy: Therapy, path: Path_, document: Document) -> Iterator[Problem]:
    def order(
        place: Path_, earlier: object, later: object, message: str, *, found_later: bool = True
    ) -> Iterator[Problem]:
        if isinstance(earlier, Span) and isinstance(later, Span) and _after(earlier, later):
            bound, found = (earlier, later) if found_later else (later, earlier)
            yield document.problem((*path, *place), message, found=str(found), detail=f" ({bound})")

    yield from order(("stop",), therapy.start, therapy.stop, "this is before the start")
    yield from order(("progressed_on",), therapy.start, therapy.progressed_on, "this is before the start")
    reached = ("best_response_on",)
    yield from order(reached, therapy.start, therapy.best_response_on, "this is before the start")
    if therapy.best_response_on is not None and therapy.best_response is None:
        yield document.problem((*path, *reached), "this day needs the response that was reached: add `best_response`")
    if therapy.stop == "ongoing" and therapy.stop_reason is not None:
        yield document.problem(
            (*path, "stop_reason"), "an ongoing therapy has no reason for stopping: remove it, or write the stop"
        )
    for j, given in enumerate(therapy.given):
        own: Path_ = ("agents", j)
        after = "this is after the stop of the therapy"
        yield from order((*own, "start"), therapy.start, given.start, "this is before the start of the therapy")
        yield from order((*own, "start"), given.start, therapy.stop, after, found_later=False)
        yield from order((*own, "stop"), given.start or therapy.start, given.stop, "this is before the start")
        yield from order((*own, "stop"), given.stop, therapy.stop, after, found_later=False)
        if given.stop == "ongoing" and isinstance(therapy.stop, Span):
            message = "this agent is ongoing, but the therapy stopped"
            yield document.problem((*path, *own, "stop"), message, detail=f" ({therapy.stop})")
    for j, entry in enumerate(therapy.not_refractory_to or ()):
        if not (therapy.reason or (isinstance(entry, NotRefractory) and entry.reason)):
            yield document.problem(
                (*path, "not_refractory_to", j), "a declaration against derived refractoriness needs a `reason`"
            )


def _cancer_contradictions(patient: Patient, document: Document) -> Iterator[Problem]:
    """Contradictions between the list of second cancers and `other_malignancy`."""
    said = patient.get("comorbidities.other_malignancy")
    for i, cancer in enumerate(patient.get("comorbidities.second_cancers") or ()):
        if said == "none" or (said == "past" and cancer.state == "active"):
            message = "this second cancer is recorded, but `other_malignancy` is"
            found = cancer.state or "a cancer"
            yield document.problem(("comorbidities", "second_cancers", i), message, found=found, detail=f" {said}")


def _dates(patient: Patient) -> Iterator[tuple[Path_, Span]]:
    """Every day on which something is recorded to have happened."""
    places: list[tuple[Path_, Entry]] = []
    for i, therapy in enumerate(patient.therapies):
        places.append((("therapies", i), therapy))
        places += [(("therapies", i, "agents", j), given) for j, given in enumerate(therapy.given)]
    if patient.disease is not None:
        places.append((("disease",), patient.disease))
        places += [(("disease", "m_protein", i), m) for i, m in enumerate(patient.disease.m_protein or ())]
    cancers = patient.get("comorbidities.second_cancers") or ()
    places += [(("comorbidities", "second_cancers", i), c) for i, c in enumerate(cancers)]
    for path, record in places:
        for name, value in record.contents():
            if isinstance(value, Span):
                yield (*path, name), value
    if patient.labs_on is not None:
        yield ("labs_on",), patient.labs_on
    for name, value in patient.labs.contents() if patient.labs is not None else ():
        if isinstance(value, Measured) and value.on is not None:
            yield ("labs", name, "on"), value.on


def _after(first: Span, second: Span) -> bool:
    """Whether a day certainly comes after another."""
    return first.not_after(second) is Truth.NOT_MET


def unfit_id(id: str) -> str:
    """Why an id does not distinguish the patients of a cohort; empty if it does."""
    if not id.strip(" \t\r\n"):
        return "this is empty: among many patients each needs a pseudonym of its own"
    return "this contains a NUL character, at which other programs end a text" if "\0" in id else ""


def doubts(patient: Patient, document: Document) -> Iterator[Problem]:
    """Values that are possible but unlikely, and an id that may identify a person or names nobody."""
    if unfit := unfit_id(patient.id):
        yield document.problem(("id",), unfit)
    if _LOOKS_LIKE_NAME.search(patient.id) or _LOOKS_LIKE_CARD.search(patient.id):
        yield document.problem(("id",), "this looks like a name or the number of a card: use a pseudonym")
    records: list[tuple[Path_, Entry | None]] = [
        ((section,), getattr(patient, section))
        for section in ("demographics", "disease", "comorbidities", "labs", "access")
    ]
    records += [(("disease", "m_protein", i), m) for i, m in enumerate(patient.get("disease.m_protein") or ())]
    for path, record in records:
        for name, value in record.contents() if record is not None else ():
            limits = limits_of(hints(type(record))[name])
            if value is None or limits is None or limits.usual is None:
                continue
            low, high = limits.usual
            if not low <= value <= high:
                hint = f" ({limits.note})" if limits.note else ""
                message = f"this is possible but unusual; is the unit right?{hint}"
                yield document.problem((*path, name), message, found=value)
    for earlier, later in Timeline(patient.therapies).contradictions:
        line, before = patient.therapies[later].line, patient.therapies[earlier].line
        message = f"line {line} contradicts the dates, by which it came after line {before}; the dates are used"
        yield document.problem(("therapies", later, "line"), message, found=line)
