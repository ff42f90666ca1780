"""Sentences above the options: no usual option is open, another is better proved, or there are no numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mmadvisor.answers.compact import Group as Name
from mmadvisor.answers.recommendation import BetterProved
from mmadvisor.base.english import listed
from mmadvisor.judging.case import Case
from mmadvisor.judging.places import Waiting
from mmadvisor.judging.ranking import Ranked
from mmadvisor.judging.verdict import Assessment
from mmadvisor.reports.closed import comes_first

_CENTRES = {"access.car_t_centre", "access.bispecific_centre"}
# So many bands apart, what is to be asked for is clearly better proved.
_APART = 2


def headline(case: Case, ranked: Sequence[Ranked], deferred: Iterable[Waiting]) -> str:
    """What to do first if options are open, but none is usual (group ``main``).

    The sentences depend on the cause: a deferred regimen, what to apply for, a referral, one more line; otherwise a
    trial. Otherwise empty; ``nothing_open`` covers an answer without any option.
    """
    if not ranked or _first(ranked, "main") is not None:
        return ""
    said = []
    first = next((w for w in deferred if w.offered and w.counted), None)
    if first is not None:
        said.append(comes_first(case, first, deferred))
    if (asked := _first(ranked, "ask")) is not None:
        names = listed([r.assessment.regimen.id for r in ranked if r.key == asked.key])
        why = asked.group.because
        said.append(f"No usual option is open here. Ask for {names} ({why}): {case.catalogue.ranking.ask_by}.")
    if first is None and (there := _closed_for_a_centre(case)):
        said.append(f"Refer: at a centre that gives them, {listed(there)} may be open.")
    if first is None and (early := _closed_for_a_line(case)):
        said.append(f"One more line would open {listed(early)}: ask for a trial, or for use outside the label now.")
    return " ".join(said) or "A trial, or what is kept in reserve."


def _closed_for_a_centre(case: Case) -> list[str]:
    """The regimens that are closed only because no centre that gives them is known to be available."""
    return [a.regimen.id for a in case.assessments if _lacks_only_a_centre(case, a) and _in_use(case, a)]


def _closed_for_a_line(case: Case) -> list[str]:
    """The regimens that are closed only because their label here asks for one more line of therapy."""
    lines = case.assessor.place.lines_early
    if lines is None:
        return []
    found = (a for a in case.assessments if a.approval.status in ("approved", "guideline-supported"))
    return [
        a.regimen.id
        for a in found
        if len(a.failing) == 1
        and not a.open_questions
        and a.failing[0].criterion.is_one_line_short(lines)
        and _in_use(case, a)
    ]


def _in_use(case: Case, assessment: Assessment) -> bool:
    """Whether a regimen would be among the usual options."""
    return case.ranker.groups.of(assessment).name == "main"


def _lacks_only_a_centre(case: Case, assessment: Assessment) -> bool:
    lacking = [*assessment.failing, *assessment.open_questions]
    status = assessment.approval.status
    available = case.open_off_label(assessment) if status == "off-label" else status != "not-available"
    fields = [set(r.criterion.patient_fields()) for r in lacking]
    return available and bool(fields) and all(asked and asked <= _CENTRES for asked in fields)


def better_proved(case: Case, ranked: Sequence[Ranked]) -> BetterProved | None:
    """An option that is not funded, or perhaps not licensed, if it is clearly better proved than the usual options.

    Its benefit must be at least two bands higher, or it must have won a randomised trial against the first usual option
    by overall survival. ``None`` if there is none.
    """
    best, asked = _first(ranked, "main"), _first(ranked, "ask")
    if best is None or asked is None:
        return None
    bands = asked.benefit, best.benefit
    unknown = case.ranker.published.benefit.bands.unknown
    far = all(s.place != unknown for s in bands) and bands[0].place + _APART <= bands[1].place
    won = case.ranker.published.head_to_head.beaten.get(best.assessment.regimen.id, ())
    name = asked.assessment.regimen.id
    if not (far or any(w.winner == name and w.lives_longer for w in won)):
        return None
    why = asked.group.because
    text = f"Better proved, and to be asked for ({why}): {name}. Ask: {case.catalogue.ranking.ask_by}."
    return BetterProved(regimen=name, text=text)


def _first(ranked: Sequence[Ranked], name: Name) -> Ranked | None:
    """The first option of a group; ``None`` if the group is empty."""
    return next((r for r in ranked if r.group.name == name), None)


def unnumbered(case: Case, ranked: Sequence[Ranked]) -> str:
    """Why the options have no numbers: no trial and no guideline orders them in this setting; otherwise empty."""
    published = case.ranker.published
    if not ranked or not published.unnumbered:
        return ""
    named = listed([s.name for s in published.ordering])
    return f"Not numbered: no trial and no guideline of the catalogue orders treatments in this setting ({named})."
