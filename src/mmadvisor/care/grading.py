"""The grade of an adverse event, computed from findings such as temperature, by the consensus on that event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mmadvisor.answers.bedside import GradeEntry
from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.base.known import Bounds
from mmadvisor.care.events import in_one_spelling, names_of
from mmadvisor.catalogue.care import Grading
from mmadvisor.catalogue.catalogue import Catalogue


def grade_of(catalogue: Catalogue, event: str, inputs: Mapping[str, float | str]) -> GradeEntry:
    """The grade of an event, computed from its inputs; a missing input gives a range of grades.

    Raises:
        UsageError: The catalogue has no grading for the event, or a reply is not an allowed word.
    """
    grading = _grading(catalogue, event)
    if grading is None:
        known = ", ".join(g.event for g in catalogue.gradings)
        raise UsageError(f"{event} cannot be graded from inputs here; these can: {known}")
    _refuse_others(grading, inputs)
    low, high, because, missing = 0, 0, [], []
    for part, said, field in _parts(grading, inputs):
        low, high = max(low, int(part.low or 0)), max(high, int(part.high or 0))
        if said:
            because.append(said)
        else:
            missing.append(field)
    if _without_fever(grading, inputs):
        # An antipyretic, an anti-cytokine drug or a steroid may have lowered it; then the other inputs decide.
        treated = _fever_treated(inputs)
        because += _said_without_fever(grading, inputs, treated)
        low = low if treated == "yes" else 0
        high = 0 if treated == "no" else high
        missing += ["fever-treated"] if treated is None else []
    return GradeEntry(
        at_least=low, at_most=high, because=because, missing=missing, source=grading.source, verified=grading.verified
    )


def _refuse_others(grading: Grading, inputs: Mapping[str, float | str]) -> None:
    """Refuse an input that does not grade this event."""
    fever = ["temperature", "fever-treated"] if grading.fever_from_c else []
    asked = {*grading.questions, *fever, *(["ice"] if grading.ice else [])}
    for name in inputs:
        if name not in asked:
            raise UsageError(f"{grading.event} is not graded by {name}, but by {', '.join(sorted(asked))}")


def _without_fever(grading: Grading, inputs: Mapping[str, float | str]) -> bool:
    """Whether the event begins with fever, and the inputs exclude it."""
    fever = grading.fever_from_c
    return fever is not None and "temperature" in inputs and _celsius(grading, inputs) < fever


def _fever_treated(inputs: Mapping[str, float | str]) -> str | None:
    """Whether fever was treated away: yes, no, or ``None`` if it was not given."""
    treated = inputs.get("fever-treated")
    if treated not in (None, "yes", "no"):
        raise UsageError(f"fever-treated: {treated!r} is no answer; write yes or no")
    return None if treated is None else str(treated)


def _said_without_fever(grading: Grading, inputs: Mapping[str, float | str], treated: str | None) -> Iterator[str]:
    told = {"yes": "fever treated away", "no": "and nothing had been given against it: no grade"}
    said = told.get(treated or "", "whether fever was treated away is not told")
    yield f"below {grading.fever_from_c:g} °C; {said}"
    if treated != "yes" and grading.without_fever and _beyond_fever(grading, inputs):
        yield ("" if treated else "unless fever was treated away, ") + grading.without_fever


def _parts(grading: Grading, inputs: Mapping[str, float | str]) -> Iterable[tuple[Bounds, str, str]]:
    """For each question its grade as a range, in words, and its name."""
    if grading.fever_from_c is not None:
        told = "temperature" in inputs
        degrees = _celsius(grading, inputs) if told else 0.0
        fever = degrees >= grading.fever_from_c
        yield Bounds(1 if fever else 0, 1), f"{degrees:g} °C" if told else "", "temperature"
    for question, answers in grading.questions.items():
        if question not in inputs:
            yield Bounds(min(answers.values()), max(answers.values())), "", question
            continue
        answer = str(inputs[question])
        if answer not in answers:
            raise UsageError(
                f"{question}: {answer!r} is no answer; write one of {', '.join(answers)}. {nearest(answer, answers)}"
            )
        words = grading.words.get(answer, answer.replace("-", " "))
        yield Bounds(answers[answer], answers[answer]), f"{question}: {words} (grade {answers[answer]})", question
    if grading.ice:
        if "ice" not in inputs:
            yield Bounds(0, max(b.grade for b in grading.ice)), "", "ice"
            return
        score = float(inputs["ice"])
        band = next((b.grade for b in grading.ice if b.at_least <= score <= b.at_most), 0)
        yield Bounds(band, band), f"ICE {score:g}{f' (grade {band})' if band else ''}", "ice"


def _beyond_fever(grading: Grading, inputs: Mapping[str, float | str]) -> bool:
    """Whether an answer gives more than the lowest grade of its question."""
    return any(
        answers[str(inputs[q])] > min(answers.values()) for q, answers in grading.questions.items() if q in inputs
    )


def _celsius(grading: Grading, inputs: Mapping[str, float | str]) -> float:
    degrees = float(inputs["temperature"])
    lowest, highest = grading.plausible_c
    if not lowest <= degrees <= highest:
        raise UsageError(f"temperature: {degrees:g} °C is not possible; write it in °C, not in °F")
    return degrees


def _grading(catalogue: Catalogue, event: str) -> Grading | None:
    """The grading of an event, by any of its names; ``None`` if there is none."""
    return next((g for g in catalogue.gradings if in_one_spelling(g.event) in names_of(catalogue, event)), None)
