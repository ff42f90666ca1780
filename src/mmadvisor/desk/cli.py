"""The command line: reads, calls, writes, exits. The only module that reads the clock."""

from __future__ import annotations

import errno
import gc
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmadvisor.base.errors import (
    EXIT_DONE,
    EXIT_INVALID_INPUT,
    EXIT_SOME_FAILED,
    EXIT_USAGE,
    InvalidInputError,
    MmadvisorError,
    ReaderGoneError,
    UsageError,
)

if TYPE_CHECKING:
    from mmadvisor.answers.look_ahead import Plan
    from mmadvisor.answers.recommendation import Recommendation
    from mmadvisor.files.layers import Loaded
    from mmadvisor.files.patients import ReadPatient
    from mmadvisor.judging.case import Case
    from mmadvisor.render.kind import A, Kind

app = typer.Typer(
    name="mmadvisor",
    help="Treatment-sequencing advisor for relapsed or refractory multiple myeloma. "
    "Decision support for health professionals; not a substitute for judgement.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

shelf = typer.Typer(help="The catalogue itself: list, show, check, diff.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(shelf, name="catalogue")


def _version(asked: bool) -> None:
    """Print the versions of the program and of its catalogue, and end."""
    if asked:
        from mmadvisor import __version__

        edition = _catalogue(None).catalogue
        _tell(f"mmadvisor {__version__}, catalogue {edition.version}, reviewed on {edition.reviewed_on}")
        raise typer.Exit


@app.callback()
def whole(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The versions, and no more.")
    ] = False,
) -> None:
    """Options of the program as a whole."""


def _named(output: str | None) -> str | None:
    """A name of an output, which may not be empty."""
    if output == "":
        raise typer.BadParameter("a name is needed; - is standard output")
    return output


PatientFile = Annotated[str, typer.Argument(metavar="PATIENT", help="Patient file, YAML or JSON; - is standard input.")]
Format = Annotated[
    str | None,
    typer.Option("--format", "-f", help="table, json, markdown or html; else by the suffix of --output; else table."),
]
Output = Annotated[
    str | None, typer.Option("--output", "-o", callback=_named, help="Write to this file; - is standard output.")
]
Place = Annotated[str | None, typer.Option("--jurisdiction", "-j", help="US, EU, UK or HK; overrides the file.")]
Layers = Annotated[list[str] | None, typer.Option("--catalogue", help="A layer over the catalogue; repeatable.")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Answer as of this day (2026-11-24).")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="What if; repeatable.")]
NoColour = Annotated[bool, typer.Option("--no-color", help="No colours.")]
IfRelapse = Annotated[bool, typer.Option("--if-relapse", help="Rank although no relapse is recorded.")]


@app.command()
def recommend(
    patient: PatientFile,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    profile: Annotated[str, typer.Option("--profile", help="Another order of comparisons.")] = "default",
    if_relapse: IfRelapse = False,
    explain_order: Annotated[bool, typer.Option("--explain-order", help="Show every comparison.")] = False,
    against: Annotated[
        str | None, typer.Option("--against", metavar="OTHER", help="Show only what changes from this patient file.")
    ] = None,
    no_color: NoColour = False,
) -> None:
    """Ranked options with their reasons, what is closed, what is missing, what to monitor."""
    loaded = _catalogue(catalogue)
    read, day, origin = _patient(patient, loaded, as_of, set)
    answer = _advise(read, loaded, day, origin, jurisdiction, profile=profile, if_relapse=if_relapse)
    if against is not None:
        from mmadvisor.render.against import AGAINST
        from mmadvisor.reports.against import against as held_against

        other, other_day, other_origin = _patient(against, loaded, as_of, None)
        before = _advise(other, loaded, other_day, other_origin, jurisdiction, profile=profile, if_relapse=if_relapse)
        made = held_against(answer, before, set or ())
        _emit(AGAINST, made, format, _apart(output, patient, against, *(catalogue or ())), no_color)
        return
    ahead = None
    if _form(format, output) == "html" and answer["options"]:
        from mmadvisor.reports.look_ahead import plan as look_ahead

        case = _case(read, loaded, day, jurisdiction, profile=profile, if_relapse=if_relapse)
        ahead = look_ahead(case, depth=2, stamp=loaded.stamp(read.sha256, origin))
    from mmadvisor.render.recommendation import RECOMMENDATION

    where = _apart(output, patient, *(catalogue or ()))
    _emit(RECOMMENDATION, answer, format, where, no_color, explain_order=explain_order, plan=ahead)


@app.command()
def plan(
    patient: PatientFile,
    depth: Annotated[int, typer.Option("--depth", min=1, max=4, help="How many choices follow each other.")] = 3,
    top: Annotated[int, typer.Option("--top", min=1, max=8, help="How many leading options are followed.")] = 5,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    profile: Annotated[str, typer.Option("--profile", help="Another order of comparisons.")] = "default",
    if_relapse: IfRelapse = False,
    no_color: NoColour = False,
) -> None:
    """Looks ahead: what each choice opens, closes and spends, some choices deep."""
    from mmadvisor.render.plan import PLAN
    from mmadvisor.reports.look_ahead import plan as look_ahead

    loaded = _catalogue(catalogue)
    read, day, origin = _patient(patient, loaded, as_of, set)
    case = _case(read, loaded, day, jurisdiction, profile=profile, if_relapse=if_relapse)
    made = look_ahead(case, depth=depth, top=top, stamp=loaded.stamp(read.sha256, origin))
    _emit(PLAN, made, format, _apart(output, patient, *(catalogue or ())), no_color)


@app.command()
def history(
    patient: PatientFile,
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    no_color: NoColour = False,
) -> None:
    """Lines, exposures and refractoriness with their proof, and a timeline."""
    from mmadvisor.render.history import HISTORY

    loaded = _catalogue(catalogue)
    read, day, origin = _patient(patient, loaded, as_of, set)
    answer = _advise(read, loaded, day, origin, None)
    _emit(HISTORY, answer, format, _apart(output, patient, *(catalogue or ())), no_color)


@app.command()
def explain(
    regimen: Annotated[str, typer.Argument(metavar="REGIMEN", help="An abbreviation or usual name, such as DKd.")],
    patient: Annotated[str | None, typer.Option("--patient", help="Add the full trace for this patient.")] = None,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    no_color: NoColour = False,
) -> None:
    """A regimen's page: what, for whom, doses, evidence, cautions, monitoring, sequencing."""
    from mmadvisor.render.regimen import REGIMEN_PAGE
    from mmadvisor.reports.regimen import regimen_page

    loaded = _catalogue(catalogue)
    answer, day, place = _asked(patient, loaded, jurisdiction, as_of, set)
    case = _case_asked(patient, loaded, jurisdiction, as_of, set)
    page = regimen_page(loaded.catalogue, regimen, loaded.stamp(), answer, day=day, place=place, case=case)
    _emit(REGIMEN_PAGE, page, format, _apart(output, patient, *(catalogue or ())), no_color)


@app.command()
def compare(
    regimens: Annotated[list[str], typer.Argument(metavar="REGIMEN REGIMEN...", help="Two regimens or more.")],
    patient: Annotated[str | None, typer.Option("--patient", help="Add this patient's verdicts.")] = None,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    no_color: NoColour = False,
) -> None:
    """Regimens side by side, question by question."""
    from mmadvisor.render.comparison import COMPARISON
    from mmadvisor.reports.shelf import comparison

    loaded = _catalogue(catalogue)
    answer, day, place = _asked(patient, loaded, jurisdiction, as_of, set)
    case = _case_asked(patient, loaded, jurisdiction, as_of, set)
    made = comparison(loaded.catalogue, regimens, loaded.stamp(), day, answer, place=place, case=case)
    _emit(COMPARISON, made, format, _apart(output, patient, *(catalogue or ())), no_color)


@app.command()
def monitor(
    regimen: Annotated[str, typer.Argument(metavar="REGIMEN", help="An abbreviation or usual name, such as DKd.")],
    start: Annotated[str, typer.Option("--start", metavar="DATE", help="The day of the first dose.")],
    patient: Annotated[str | None, typer.Option("--patient", help="Adapt the list to this patient.")] = None,
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=104, help="How far the days are written out.")] = 12,
    today: Annotated[str | None, typer.Option("--today", metavar="DATE", help="For what hangs on today.")] = None,
    schedule: Annotated[str, typer.Option("--schedule", help="The schedule now: weekly, 'every 2 weeks'...")] = "",
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="First day of that schedule.")] = None,
    response: Annotated[str, typer.Option("--response", help="The response now: PR, VGPR, CR...")] = "",
    response_on: Annotated[
        str | None, typer.Option("--response-on", metavar="DATE", help="The day it was reached.")
    ] = None,
    full_doses: Annotated[int | None, typer.Option("--full-doses", min=0, help="Full doses given so far.")] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="NAME=WORD", help="Of a score, such as asian=no; repeatable."),
    ] = None,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    set: Settings = None,
    no_color: NoColour = False,
) -> None:
    """A dated checklist: before the start, step-up, every cycle, afterwards; and when it may be spaced out."""
    from mmadvisor.care.monitor import monitor as checklist
    from mmadvisor.care.spacing import Course
    from mmadvisor.catalogue.catalogue import find_regimen
    from mmadvisor.render.monitor import MONITOR

    loaded = _catalogue(catalogue)
    place = _place(loaded, jurisdiction)
    begins = _needed(start, "--start")
    now = _day(today, "--today") or _today()
    case, stamp = None, loaded.stamp()
    if patient is not None:
        read, _, _ = _patient(patient, loaded, now.isoformat(), set)
        stamp = loaded.stamp(read.sha256, "--today" if today else "today")
        case = _case(read, loaded, now, jurisdiction, if_relapse=_may_have_relapsed(read))
        place = place or (case.jurisdiction if case.jurisdiction in loaded.catalogue.jurisdictions else None)
    elif set:
        raise UsageError("--set changes a patient: name one with --patient")
    course = Course(
        start=begins,
        today=now,
        schedule=schedule,
        since=_day(since, "--since"),
        response=response,
        response_on=_day(response_on, "--response-on"),
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
    _emit(MONITOR, made, format, _apart(output, patient, *(catalogue or ())), no_color)


@app.command()
def restart(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The drug that was interrupted.")],
    last_dose: Annotated[str, typer.Option("--last-dose", help="The last dose given, such as '76 mg'.")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="The day of that dose.")],
    today: Annotated[str | None, typer.Option("--today", metavar="DATE", help="The day of the next dose.")] = None,
    schedule: Annotated[str, typer.Option("--schedule", help="weekly, every 2 weeks...")] = "",
    regimen: Annotated[str, typer.Option("--regimen", help="Where the rows differ by it.")] = "",
    jurisdiction: Place = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it was interrupted, such as infection.")] = "",
    grade: Annotated[int | None, typer.Option("--grade", min=1, max=4, help="Of that event.")] = None,
    in_hospital: Annotated[bool, typer.Option("--in-hospital", help="The patient is still in hospital.")] = False,
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    no_color: NoColour = False,
) -> None:
    """What to give after an interruption: same dose, a step again, or step-up from the beginning."""
    from mmadvisor.care import bedside
    from mmadvisor.render.bedside import RESTART

    loaded = _catalogue(catalogue)
    made = bedside.restart(
        loaded.catalogue,
        agent,
        last_dose=last_dose,
        on=_needed(on, "--on"),
        today=_day(today, "--today") or _today(),
        schedule=schedule,
        jurisdiction=jurisdiction or "",
        regimen=regimen,
        reason=reason,
        grade=grade,
        in_hospital=in_hospital,
        stamp=loaded.stamp(),
    )
    _emit(RESTART, made, format, _apart(output, *(catalogue or ())), no_color)


@app.command()
def hold(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The drug.")],
    event: Annotated[str, typer.Argument(metavar="EVENT", help="CRS, ICANS, infection, neutropenia...")],
    grade: Annotated[int | None, typer.Option("--grade", min=1, max=4, help="Of the event.")] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", help="Degrees Celsius, for CRS.")] = None,
    pressure: Annotated[str | None, typer.Option("--pressure", help="For CRS: none, no-vasopressor...")] = None,
    oxygen: Annotated[str | None, typer.Option("--oxygen", help="For CRS: none, low-flow, high-flow...")] = None,
    ice: Annotated[int | None, typer.Option("--ice", min=0, max=10, help="ICE score, for ICANS.")] = None,
    fever_treated: Annotated[
        str | None, typer.Option("--fever-treated", help="For CRS without fever now: was it treated away? yes or no.")
    ] = None,
    consciousness: Annotated[
        str | None, typer.Option("--consciousness", help="For ICANS, awakens: alert, spontaneously, to-voice...")
    ] = None,
    sign: Annotated[str | None, typer.Option("--sign", help="For ICANS: none, seizure, focal-oedema...")] = None,
    jurisdiction: Place = None,
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    no_color: NoColour = False,
) -> None:
    """What to do with a drug at an event, by grade; the grade by its inputs where they are told."""
    from mmadvisor.care import bedside
    from mmadvisor.render.bedside import HOLD

    told = {
        "temperature": temperature, "fever-treated": fever_treated, "pressure": pressure, "oxygen": oxygen,
        "ice": ice, "consciousness": consciousness, "sign": sign,
    }  # fmt: skip
    loaded = _catalogue(catalogue)
    made = bedside.hold(
        loaded.catalogue,
        agent,
        event,
        grade=grade,
        inputs={name: value for name, value in told.items() if value is not None},
        jurisdiction=jurisdiction or "",
        today=_today(),
        stamp=loaded.stamp(),
    )
    _emit(HOLD, made, format, _apart(output, *(catalogue or ())), no_color)


@app.command()
def new(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="Written here, and gone on with where it is there.")
    ] = None,
    catalogue: Layers = None,
) -> None:
    """Asks for a patient step by step and writes the file; stops and goes on as you like."""
    from shutil import get_terminal_size

    from mmadvisor.desk.ask import new_patient
    from mmadvisor.desk.terminal import Lines

    gc.enable()
    if hasattr(signal, "SIGHUP"):  # a terminal that is closed is an answer too: what was told is kept
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    place = None if file is None else Path(file)
    lines = Lines()
    new_patient(
        _catalogue(catalogue).catalogue,
        place,
        _today(),
        lines,
        lines.write,
        width=get_terminal_size().columns,
        keep=lambda path: _apart(str(path), *(catalogue or ())),
    )


@app.command()
def validate(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Patient files or folders, or - for stdin.")],
    catalogue: Layers = None,
    as_of: AsOf = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
) -> None:
    """Every problem of every file, with its position."""
    from mmadvisor.cohort.batch import files_of

    loaded = _catalogue(catalogue)
    wrong = 0
    for path in files_of(paths):
        try:
            read, _, _ = _patient(path, loaded, as_of, None)
        except InvalidInputError as error:
            wrong += 1
            _say(*[f"error: {p}" for p in error.problems])
            continue
        if not quiet:
            _say(*[f"warning: {w}" for w in read.warnings])
            _tell(f"{path}: valid" + (f", {len(read.warnings)} to look at" if read.warnings else ""))
    if wrong:
        raise typer.Exit(EXIT_INVALID_INPUT)


@app.command()
def batch(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A folder of patient files.")],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            callback=_named,
            help="A file (NDJSON); with a / at its end, or a folder: a JSON file a patient; - is standard output.",
        ),
    ],
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    profile: Annotated[str, typer.Option("--profile", help="Another order of comparisons.")] = "default",
    if_relapse: IfRelapse = False,
) -> None:
    """One compact JSON line a patient; failures are collected, and the run goes on."""
    from mmadvisor.cohort.batch import run_folder

    gc.enable()
    loaded = _catalogue(catalogue)

    def answer(file: str) -> Recommendation:
        read, day, origin = _patient(file, loaded, as_of, None)
        return _advise(read, loaded, day, origin, jurisdiction, profile=profile, if_relapse=if_relapse)

    _apart(output, path, *(catalogue or ()))
    summary = run_folder(Path(path), output, answer, _say)
    _say(*summary.lines())
    if summary.stopped:
        raise typer.Exit(128 + summary.stopped)
    if summary.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


@shelf.command("list")
def catalogue_list(
    drug_class: Annotated[str | None, typer.Option("--class", help="A drug class, such as PI.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="A target, such as BCMA.")] = None,
    setting: Annotated[str | None, typer.Option("--setting", help="Placed in this setting.")] = None,
    use: Annotated[
        str | None, typer.Option("--use", help="newly-diagnosed, relapse, maintenance, debulking...")
    ] = None,
    jurisdiction: Annotated[str | None, typer.Option("--jurisdiction", "-j", help="In use there.")] = None,
    approved_on: Annotated[str | None, typer.Option("--approved-on", metavar="DATE", help="Approved that day.")] = None,
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    no_color: NoColour = False,
) -> None:
    """The regimens of the catalogue, by class, target, setting, use, jurisdiction and approval."""
    from mmadvisor.render.catalogue_list import CATALOGUE_LIST
    from mmadvisor.reports import shelf as browse

    loaded = _catalogue(catalogue)
    made = browse.catalogue_list(
        loaded.catalogue,
        _today(),
        loaded.stamp(),
        drug_class=drug_class,
        target=target,
        setting=setting,
        jurisdiction=jurisdiction,
        use=use,
        approved_on=_day(approved_on, "--approved-on"),
    )
    _emit(CATALOGUE_LIST, made, format, _apart(output, *(catalogue or ())), no_color)


@shelf.command("show")
def catalogue_show(
    name: Annotated[str, typer.Argument(metavar="AGENT|SOURCE|SETTING", help="An agent, a source key, a setting.")],
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    no_color: NoColour = False,
) -> None:
    """One agent, source or setting, and everything connected to it."""
    from mmadvisor.render.catalogue_entry import CATALOGUE_ENTRY
    from mmadvisor.reports.shelf import catalogue_entry

    made = catalogue_entry(_catalogue(catalogue).catalogue, name)
    _emit(CATALOGUE_ENTRY, made, format, _apart(output, *(catalogue or ())), no_color)


@shelf.command("check")
def catalogue_check(
    path: Annotated[str | None, typer.Argument(metavar="[PATH]", help="A catalogue, or a layer over it.")] = None,
    stale_after: Annotated[int, typer.Option("--stale-after", help="Months after which a reading is old.")] = 12,
    format: Format = None,
    output: Output = None,
    as_of: AsOf = None,
    no_color: NoColour = False,
) -> None:
    """Every error of the catalogue's files with its line, what is doubtful, and how much was read."""
    from mmadvisor.files.layers import inspect
    from mmadvisor.render.catalogue_check import CATALOGUE_CHECK

    found = inspect(Path(path) if path else None, _day(as_of) or _today(), stale_after)
    _emit(CATALOGUE_CHECK, found.answer(), format, _apart(output, path), no_color)
    if found.problems:
        raise typer.Exit(EXIT_INVALID_INPUT)


@shelf.command("diff")
def catalogue_diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A catalogue or a layer; builtin is the shipped one.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The other.")],
    patients: Annotated[str | None, typer.Option("--patients", help="Whose answers change, of this folder.")] = None,
    jurisdiction: Place = None,
    format: Format = None,
    output: Output = None,
    as_of: AsOf = None,
    no_color: NoColour = False,
) -> None:
    """What changed from one catalogue to another, whose answer changes, and why."""
    from mmadvisor.answers.changes import PatientChange
    from mmadvisor.cohort.batch import files_of
    from mmadvisor.files.layers import load, load_alone
    from mmadvisor.render.catalogue_diff import CATALOGUE_DIFF
    from mmadvisor.reports.difference import answers_differ, difference, ranking_changes

    _day(as_of)
    old, new = (load() if name == "builtin" else load_alone(Path(name)) for name in (before, after))
    for loaded in (old, new):
        _place(loaded, jurisdiction)
    made = difference(old.catalogue, new.catalogue, (before, after))
    for file in files_of([patients]) if patients else ():
        try:
            answers = []
            for loaded in (old, new):
                read, day, origin = _patient(file, loaded, as_of, None)
                supposed = _may_have_relapsed(read)
                answers.append(_advise(read, loaded, day, origin, jurisdiction, if_relapse=supposed))
        except InvalidInputError as error:
            made["patients"].append(PatientChange(patient=Path(file).name, error=str(error), answers=[], ranking=None))
            continue
        made["patients_compared"] += 1
        if changes := answers_differ(*answers):
            ranking = ranking_changes(*answers)
            name = answers[0]["patient"]["id"]
            made["patients"].append(PatientChange(patient=name, error="", answers=changes, ranking=ranking))
    _emit(CATALOGUE_DIFF, made, format, _apart(output, before, after, patients), no_color)
    if any(patient["error"] for patient in made["patients"]):
        raise typer.Exit(EXIT_SOME_FAILED)


@app.command()
def schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="patient, catalogue, or a kind of answer.")],
    output: Output = None,
) -> None:
    """The JSON Schema of a format, for editors and other programs."""
    from mmadvisor.base.plain import as_json
    from mmadvisor.files.schemas import SCHEMAS

    if kind not in SCHEMAS:
        raise UsageError(f"there is no schema {kind!r}; known: {', '.join(SCHEMAS)}")
    _write(as_json(SCHEMAS[kind](), indent=2) + "\n", "json", output)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status.

    0 done, 2 wrong usage, 3 an input file is invalid, 4 some of a batch failed, 1 a bug.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status = _holding(words[:1])(args=words, standalone_mode=False)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except typer.Abort:
        _say("stopped")
        return EXIT_USAGE
    except InvalidInputError as error:
        _say(*[f"error: {problem}" for problem in error.problems])
        return error.exit_code
    except (ReaderGoneError, SystemExit) as stop:
        # The framework has one use for SystemExit: its own text, such as the help, has lost its reader.
        if isinstance(stop, SystemExit) and not isinstance(stop.__context__, OSError):
            raise
        sys.stdout = None  # what is left in its buffer is of no use to anybody
        return EXIT_DONE
    except MmadvisorError as error:
        _say(f"error: {error}")
        return error.exit_code
    except Exception as error:
        if type(error).__module__.split(".")[0] in ("click", "typer") and hasattr(error, "format_message"):
            asked_nothing = type(error).__name__ == "NoArgsIsHelpError"  # its message is the help, in lines of our own
            _say(*(error.format_message().splitlines() if asked_nothing else [f"error: {error.format_message()}"]))
            return EXIT_USAGE
        if isinstance(error, OSError) and error.filename is None:  # a stream, such as that of the help
            _say(f"error: standard output cannot be written ({error.strerror or 'no reason given'})")
            return EXIT_USAGE
        if isinstance(error, OSError) and error.errno in _OF_A_NAME:
            _say(f"error: {error.filename}: this name cannot be used ({error.strerror})")
            return EXIT_USAGE
        raise
    return int(status or EXIT_DONE)


# What a name that is too long, or leads through a locked folder or in a circle, may raise wherever it is looked at.
_OF_A_NAME = (errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.ELOOP)


def _holding(asked: Sequence[str]) -> typer.Typer:
    """The program with the one command that is asked for: to build them all takes longer than to read a patient.

    It is whole where the first word is none of them: for help, for a slip.
    """
    chosen = [c for c in app.registered_commands if c.callback is not None and c.callback.__name__ in asked]
    if not chosen:
        return app
    alone = copy(app)
    alone.registered_commands = chosen
    alone.registered_callback = None
    return alone


def _say(*lines: str) -> None:
    """Messages go to standard error, safe for a terminal; where it is full or gone, nowhere."""
    from mmadvisor.render.text import clean

    for line in lines:
        with suppress(OSError):
            typer.echo(clean(line), err=True)


def _tell(line: str) -> None:
    """A line of a report on standard output, safe for a terminal."""
    from mmadvisor.files.output import write_stdout
    from mmadvisor.render.text import shown

    write_stdout(f"{shown(line)}\n", as_utf8=False)


def _catalogue(paths: list[str] | None) -> Loaded:
    from mmadvisor.files.layers import load

    return load([Path(p) for p in paths or ()])


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _day(text: str | None, option: str = "--as-of") -> date | None:
    if text is None:
        return None
    from mmadvisor.base.known import span

    try:
        day = span(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: {error}") from None
    if not day.exact:
        raise UsageError(f"{option} {text!r}: a full day is needed, such as 2026-11-24")
    return day.earliest


def _needed(text: str, option: str) -> date:
    day = _day(text, option)
    if day is None:
        raise UsageError(f"{option} needs a day")
    return day


def _answers(told: Sequence[str]) -> dict[str, str]:
    """Answers to a score, ``NAME=WORD`` each."""
    pairs = [text.partition("=") for text in told]
    for name, sign, word in pairs:
        if not (name and sign and word):
            raise UsageError(f"--answer {name}{sign}{word}: NAME=WORD is needed, such as surgery=no")
    return {name: word for name, _, word in pairs}


def _patient(
    source: str, loaded: Loaded, as_of: str | None, settings: list[str] | None
) -> tuple[ReadPatient, date, str]:
    """The patient as read, the day of the decision, and where that day comes from."""
    from mmadvisor.files.patients import read_patient, today_or

    asked = _day(as_of)
    today = _today()
    read = read_patient(
        source if source == "-" else Path(source),
        loaded.catalogue.formulary,
        settings=settings or (),
        places=tuple(loaded.catalogue.jurisdictions),
    )
    if asked is not None:
        return read.on(asked), asked, "--as-of"
    if read.patient.assessed_on is None:
        return read.on(today), today, "today, since the file does not say"
    day = today_or(read.patient, today)
    return read.on(day), day, "patient file"


def _asked(
    patient: str | None, loaded: Loaded, jurisdiction: str | None, as_of: str | None, settings: list[str] | None
) -> tuple[Recommendation | None, date, str | None]:
    """The answer for a patient, where one is given, the day and the place of what is shown.

    The options are checked either way.
    """
    place = _place(loaded, jurisdiction)
    day = _day(as_of) or _today()
    if patient is None:
        if settings:
            raise UsageError("--set changes a patient: name one with --patient")
        return None, day, place
    read, day, origin = _patient(patient, loaded, as_of, settings)
    answer = _advise(read, loaded, day, origin, jurisdiction, if_relapse=_may_have_relapsed(read))
    return answer, day, place or answer["jurisdiction"]


def _case_asked(
    patient: str | None, loaded: Loaded, jurisdiction: str | None, as_of: str | None, settings: list[str] | None
) -> Case | None:
    """The patient of whom ``_asked`` has the answer."""
    if patient is None:
        return None
    read, day, _ = _patient(patient, loaded, as_of, settings)
    return _case(read, loaded, day, jurisdiction, if_relapse=_may_have_relapsed(read))


def _may_have_relapsed(read: ReadPatient) -> bool:
    """Whether a relapse may be supposed: never of disease recorded as newly diagnosed, nor before any therapy."""
    return read.patient.get("disease.state") != "newly_diagnosed" and bool(read.patient.therapies)


def _place(loaded: Loaded, jurisdiction: str | None) -> str | None:
    """A jurisdiction as the catalogue spells it; nothing where none is asked for, or it is said to be unknown."""
    from mmadvisor.catalogue.listings import find_jurisdiction

    if jurisdiction is None or jurisdiction.casefold() == "unknown":
        return None
    return find_jurisdiction(loaded.catalogue.jurisdictions, jurisdiction)


def _case(
    read: ReadPatient,
    loaded: Loaded,
    day: date,
    jurisdiction: str | None,
    *,
    profile: str = "default",
    if_relapse: bool = False,
) -> Case:
    from mmadvisor.judging.case import Case

    return Case.of(
        read.patient, loaded.catalogue, day, jurisdiction=jurisdiction, profile=profile, assume_relapse=if_relapse
    )


def _advise(
    read: ReadPatient,
    loaded: Loaded,
    day: date,
    origin: str,
    jurisdiction: str | None,
    *,
    profile: str = "default",
    if_relapse: bool = False,
) -> Recommendation:
    from mmadvisor.reports.recommend import advise

    return advise(
        read.patient,
        loaded.catalogue,
        day,
        jurisdiction=jurisdiction,
        profile=profile,
        assume_relapse=if_relapse,
        stamp=loaded.stamp(read.sha256, origin),
        warnings=read.warnings,
    )


_BY_SUFFIX = {".json": "json", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}


def _form(format: str | None, output: str | None) -> str:
    """The format that is asked for; else that of the output's suffix; else a table."""
    return format if format is not None else _BY_SUFFIX.get(Path(output or "").suffix.casefold(), "table")


def _apart(output: str | None, *reads: str | None) -> str | None:
    """The output, which may be none of what is read.

    Args:
        output: Its name; nothing, or -, for standard output.
        reads: What the command reads beside the built-in catalogue: files, folders, - for standard input.

    Raises:
        UsageError: The output would change one of these.
    """
    if output is not None and output != "-":
        from mmadvisor.files.layers import builtin_folder
        from mmadvisor.files.output import keep_apart

        inputs: list[Path | int] = [0 if name == "-" else Path(name) for name in reads if name]
        keep_apart(Path(output), [*inputs, builtin_folder()])
    return output


def _emit(
    kind: Kind[A],
    data: A,
    format: str | None,
    output: str | None,
    no_color: bool,
    *,
    explain_order: bool = False,
    plan: Plan | None = None,
) -> None:
    """Show an answer of a kind in a format, on standard output or in a file written whole."""
    from mmadvisor.render import render
    from mmadvisor.render.kind import Look

    form = _form(format, output)
    look = Look(to_terminal=_on_stdout(output), no_color=no_color, explain_order=explain_order, plan=plan)
    _write(render(kind, form, data, look), form, output)


def _on_stdout(output: str | None) -> bool:
    return output is None or output == "-"


def _write(text: str, form: str, output: str | None) -> None:
    """Write a text on standard output, a table in characters that it has; or in a file, whole."""
    from mmadvisor.files.output import write_atomically, write_stdout
    from mmadvisor.render.text import ascii_only, in_ascii

    if output is not None and not _on_stdout(output):
        write_atomically(Path(output), text)
    elif form == "table":
        write_stdout(in_ascii(text) if ascii_only() else text, as_utf8=False)
    else:
        write_stdout(text, as_utf8=True)
