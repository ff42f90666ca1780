"""What to do if the last dose, or its day, is not known: no dose, and the record to find."""

from __future__ import annotations

from datetime import date

from mmadvisor.answers.bedside import RESTART, RestartAdvice
from mmadvisor.answers.stamps import INTENDED_USE
from mmadvisor.care.deciding import sections_of
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import ENGINE, Stamp, stamped

UNKNOWN = "unknown"  # of the last dose or its day
FIND_RECORD = "find-record"


def is_unknown(last_dose: str) -> bool:
    """Whether the last dose is said to be unknown."""
    return last_dose.strip().casefold() == UNKNOWN


def to_find(
    catalogue: Catalogue,
    agent: str,
    place: str,
    last_dose: str,
    on: date | str,
    today: date,
    stamp: Stamp,
) -> RestartAdvice:
    """The advice if the last dose or its day is not known: no dose, and the record to find."""
    lacking = [
        *(["which dose was given last"] if is_unknown(last_dose) else []),
        *(["the exact day of the last dose"] if isinstance(on, str) else []),
    ]
    note = (
        f"give no dose, and never the last full dose: find {' and '.join(lacking)} in the drug chart, the pharmacy's"
        " record, or the letter of the centre that gave it"
    )
    return RestartAdvice(
        schema=RESTART,
        agent=agent,
        name=catalogue.formulary.by_id[agent].name,
        jurisdiction=place,
        schedule="",
        last_dose=last_dose,
        last_given=on if isinstance(on, str) else on.isoformat(),
        today=today.isoformat(),
        days=None if isinstance(on, str) else (today - on).days,
        action=FIND_RECORD,
        dose="",
        headline="",
        plan=[],
        next_due="",
        sections=sections_of(catalogue.restart_sections, catalogue, agent, place),
        beware=[],
        in_mg=[],
        row="",
        note=note,
        edition="",
        review="",
        only_if="",
        withheld="",
        premedication=[],
        observation=[],
        holds=[],
        elsewhere=[],
        practice=[],
        source="",
        verified="",
        sources={},
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, today),
        intended_use=INTENDED_USE,
    )
