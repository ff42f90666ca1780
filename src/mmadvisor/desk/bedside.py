"""The commands for the time after the choice of a regimen: ``monitor``, ``restart`` and ``hold``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mmadvisor.base.errors import UsageError
from mmadvisor.desk.choices import completing, listed
from mmadvisor.desk.help import AFTER_THE_CHOICE
from mmadvisor.desk.shared import (
    Agent,
    AsOfToday,
    Config,
    Format,
    Full,
    Layers,
    MonitorFormat,
    NoColour,
    OfPatient,
    Output,
    Place,
    Regimen,
    Settings,
    apart,
    case_of,
    catalogue_of,
    current_day,
    day_of,
    emit,
    may_have_relapsed,
    needed_day,
    patient_of,
    place_of,
)

if TYPE_CHECKING:
    from datetime import date

    from mmadvisor.catalogue.citing import Stamp
    from mmadvisor.files.layers import Loaded
    from mmadvisor.judging.case import Case

commands = typer.Typer()

# The options of `hold`: answers that grade an event, and what changes what comes first.
Temperature = Annotated[
    float | None, typer.Option("--temperature", metavar="DEGREES", help="For CRS: temperature in degrees Celsius.")
]
Pressure = Annotated[str | None, listed("--pressure", "WORD", "For CRS, support of blood pressure.")]
Oxygen = Annotated[str | None, listed("--oxygen", "WORD", "For CRS, oxygen.")]
Ice = Annotated[int | None, typer.Option("--ice", metavar="0..10", min=0, max=10, help="For ICANS: ICE score.")]
FeverTreated = Annotated[
    str | None,
    typer.Option(
        "--fever-treated", metavar="yes|no", help="For CRS without fever now: whether fever was treated, yes or no."
    ),
]
Consciousness = Annotated[str | None, listed("--consciousness", "WORD", "For ICANS, how the patient awakens.")]
Sign = Annotated[str | None, listed("--sign", "WORD", "For ICANS, a further sign.")]
Cornea = Annotated[str | None, listed("--cornea", "WORD", "For the eyes, the cornea.")]
Acuity = Annotated[str | None, listed("--acuity", "WORD", "For the eyes, the acuity.")]
Count = Annotated[
    float | None,
    typer.Option(
        "--count",
        metavar="NUMBER",
        help="Laboratory value of the event, such as platelets in ×10⁹/L or sodium in mmol/L.",
    ),
]
Pain = Annotated[
    bool | None, typer.Option("--pain/--no-pain", help="For neuropathy: with or without neuropathic pain.")
]
LastDose = Annotated[str | None, typer.Option("--on", metavar="DATE", help="Day of the last dose.")]
LastStep = Annotated[
    str | None, typer.Option("--last-step", metavar="DATE", help="Day of the last dose of the step-up.")
]


# The options of `monitor`.
Start = Annotated[str, typer.Option("--start", metavar="DATE", help="Day of the first dose.")]
Weeks = Annotated[
    int, typer.Option("--weeks", metavar="1..104", min=1, max=104, help="Number of weeks in the calendar.")
]
Schedule = Annotated[str, typer.Option("--schedule", metavar="SCHEDULE", help="Present schedule, such as weekly.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="First day of the schedule.")]
Response = Annotated[str, typer.Option("--response", metavar="RESPONSE", help="Present response: PR, VGPR, CR...")]
ResponseOn = Annotated[
    str | None, typer.Option("--response-on", metavar="DATE", help="Day on which the response was reached.")
]
FullDoses = Annotated[
    int | None, typer.Option("--full-doses", metavar="NUMBER", min=0, help="Full doses given so far.")
]
Replies = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="NAME=WORD", help="Reply for a score, such as asian=no; may be repeated."),
]


@commands.command(rich_help_panel=AFTER_THE_CHOICE)
def monitor(
    regimen: Regimen,
    start: Start,
    patient: OfPatient = None,
    weeks: Weeks = 12,
    as_of: AsOfToday = None,
    schedule: Schedule = "",
    since: Since = None,
    response: Response = "",
    response_on: ResponseOn = None,
    full_doses: FullDoses = None,
    answer: Replies = None,
    format: MonitorFormat = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    set: Settings = None,
    full: Full = False,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Print a dated checklist: before the first dose, step-up, each cycle, afterwards, and less frequent doses."""
    from mmadvisor.care.monitor import monitor as checklist
    from mmadvisor.care.spacing import Course
    from mmadvisor.catalogue.catalogue import find_regimen
    from mmadvisor.render.monitor import MONITOR

    loaded = catalogue_of(catalogue, config)
    place = place_of(loaded, jurisdiction if patient else loaded.defaults.jurisdiction(jurisdiction))
    begins = needed_day(start, "--start")
    now = day_of(as_of) or current_day()
    case, stamp = _case_and_stamp(patient, loaded, jurisdiction, set, now, "--as-of" if as_of else "today")
    if case is not None and case.jurisdiction in loaded.catalogue.jurisdictions:
        place = place or case.jurisdiction
    course = Course(
        start=begins,
        today=now,
        schedule=schedule,
        since=day_of(since, "--since"),
        response=response,
        response_on=day_of(response_on, "--response-on"),
        full_doses=full_doses,
        answers=_answers(answer or ()),
    )
    made = checklist(
        loaded.catalogue,
        find_regimen(loaded.catalogue, regimen),
        course,
        stamp,
        place=place or "",
        case=case,
        weeks=weeks,
    )
    where = apart(output, patient, *loaded.defaults.read)
    emit(MONITOR, made, format, where, no_color, settings=loaded.defaults.used, full=full)


@commands.command(rich_help_panel=AFTER_THE_CHOICE)
def restart(
    agent: Agent,
    last_dose: Annotated[
        str, typer.Option("--last-dose", metavar="DOSE", help="Last dose given, such as '76 mg', or unknown.")
    ],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="Day of the last dose, or unknown.")],
    as_of: AsOfToday = None,
    schedule: Annotated[
        str,
        typer.Option(
            "--schedule", metavar="SCHEDULE", help="Schedule before the interruption: weekly, 'every 2 weeks'..."
        ),
    ] = "",
    regimen: Annotated[
        str,
        typer.Option(
            "--regimen",
            metavar="REGIMEN",
            autocompletion=completing("REGIMEN"),
            help="Regimen; needed if the label differs by regimen.",
        ),
    ] = "",
    jurisdiction: Place = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="EVENT", help="Event that caused the interruption, such as infection.")
    ] = "",
    grade: Annotated[
        int | None, typer.Option("--grade", metavar="1..4", min=1, max=4, help="Grade of that event.")
    ] = None,
    in_hospital: Annotated[
        bool, typer.Option("--in-hospital", help="The patient is still in hospital for the event.")
    ] = False,
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Show what to give after an interruption: the same dose, a repeated step, or a new step-up."""
    from mmadvisor.care import bedside
    from mmadvisor.render.restart import RESTART

    loaded = catalogue_of(catalogue, config)
    made = bedside.restart(
        loaded.catalogue,
        agent,
        last_dose=last_dose,
        on=_day_or_words(on),
        today=day_of(as_of) or current_day(),
        schedule=schedule,
        jurisdiction=loaded.defaults.jurisdiction(jurisdiction) or "",
        regimen=regimen,
        reason=reason,
        grade=grade,
        in_hospital=in_hospital,
        stamp=loaded.stamp(),
    )
    where = apart(output, *loaded.defaults.read)
    emit(RESTART, made, format, where, no_color, settings=loaded.defaults.used)


@commands.command(rich_help_panel=AFTER_THE_CHOICE)
def hold(
    agent: Agent,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Adverse event: CRS, ICANS, infection, neutropenia...")],
    grade: Annotated[
        int | None, typer.Option("--grade", metavar="1..4", min=1, max=4, help="Grade of the event.")
    ] = None,
    temperature: Temperature = None,
    pressure: Pressure = None,
    oxygen: Oxygen = None,
    ice: Ice = None,
    fever_treated: FeverTreated = None,
    consciousness: Consciousness = None,
    sign: Sign = None,
    cornea: Cornea = None,
    acuity: Acuity = None,
    count: Count = None,
    pain: Pain = None,
    on: LastDose = None,
    last_step: LastStep = None,
    as_of: AsOfToday = None,
    jurisdiction: Place = None,
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Show what to do with a drug at an adverse event, by its grade or by the findings that give the grade."""
    from mmadvisor.care import bedside
    from mmadvisor.render.hold import HOLD

    told = {
        "temperature": temperature, "fever-treated": fever_treated, "pressure": pressure, "oxygen": oxygen,
        "ice": ice, "consciousness": consciousness, "sign": sign, "cornea": cornea, "acuity": acuity,
    }  # fmt: skip
    loaded = catalogue_of(catalogue, config)
    made = bedside.hold(
        loaded.catalogue,
        agent,
        event,
        grade=grade,
        inputs={name: value for name, value in told.items() if value is not None},
        count=count,
        pain=pain,
        last_dose=day_of(on, "--on"),
        last_step=day_of(last_step, "--last-step"),
        jurisdiction=loaded.defaults.jurisdiction(jurisdiction) or "",
        today=day_of(as_of) or current_day(),
        stamp=loaded.stamp(),
    )
    where = apart(output, *loaded.defaults.read)
    emit(HOLD, made, format, where, no_color, settings=loaded.defaults.used)


def _case_and_stamp(
    patient: str | None,
    loaded: Loaded,
    jurisdiction: str | None,
    settings: list[str] | None,
    day: date,
    day_from: str,
) -> tuple[Case | None, Stamp]:
    """The patient on a day, if one is named, and what the checklist prints about its inputs."""
    if patient is None:
        if settings:
            raise UsageError("--set changes a patient file: name one with --patient")
        return None, loaded.stamp()
    read, _, _ = patient_of(patient, loaded, day.isoformat(), settings)
    case = case_of(read, loaded, day, jurisdiction, if_relapse=may_have_relapsed(read))
    return case, loaded.stamp(read.sha256, day_from)


def _day_or_words(on: str) -> date | str:
    """The day of the last dose, or what is known of a day that is not known exactly: `unknown`, or a partial date."""
    from mmadvisor.base.known import span

    if on.strip().casefold() == "unknown":
        return "unknown"
    try:
        known = span(on)
    except ValueError:
        return needed_day(on, "--on")
    return known.earliest if known.exact else on


def _answers(told: Sequence[str]) -> dict[str, str]:
    """The answers to scores, each from ``NAME=WORD``."""
    pairs = [text.partition("=") for text in told]
    for name, sign, word in pairs:
        if not (name and sign and word):
            raise UsageError(f"--answer {name}{sign}{word}: write NAME=WORD, such as surgery=no")
    return {name: word for name, _, word in pairs}
