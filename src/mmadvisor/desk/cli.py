"""The command line: the program, its commands on patients, and its exit status."""

from __future__ import annotations

import errno
import gc
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.models import CommandInfo, TyperInfo

from mmadvisor.base.errors import (
    EXIT_DONE,
    EXIT_INVALID_INPUT,
    EXIT_USAGE,
    InvalidInputError,
    MmadvisorError,
    ReaderGoneError,
)
from mmadvisor.desk.choices import completing
from mmadvisor.desk.help import FILES, ONE_PATIENT, REGIMENS, Command, Group
from mmadvisor.desk.shared import (
    AsOf,
    Config,
    FolderConfig,
    Format,
    Full,
    IfRelapse,
    Layers,
    NoColour,
    Order,
    Output,
    PatientFile,
    Place,
    Settings,
    advised,
    apart,
    case_of,
    catalogue_of,
    current_day,
    emit,
    form_of,
    order_of,
    patient_of,
    say,
    sheet_format,
    tell,
)

PROGRAM = "mmadvisor"


def _program(add_completion: bool) -> typer.Typer:
    """The program without commands."""
    return typer.Typer(
        name=PROGRAM,
        cls=Group,
        help="Treatment-sequencing advisor for relapsed or refractory multiple myeloma. "
        "Decision support for health professionals; not a substitute for judgement.",
        no_args_is_help=True,
        add_completion=add_completion,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "token_normalize_func": _present_name},
    )


# Earlier names of options, which are still read.
_EARLIER_NAMES = {"today": "as-of"}


def _present_name(name: str) -> str:
    return _EARLIER_NAMES.get(name, name)


app = typer.Typer()


def _version(asked: bool) -> None:
    """Print the versions of the program and of its catalogue, and end."""
    if asked:
        from mmadvisor import __version__

        edition = catalogue_of(None).catalogue
        tell(f"mmadvisor {__version__}, catalogue {edition.version}, reviewed on {edition.reviewed_on}")
        raise typer.Exit


def whole(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the versions of program and catalogue, and exit."
        ),
    ] = False,
) -> None:
    """Options of the whole program."""


# The options of `recommend`.
ExplainOrder = Annotated[bool, typer.Option("--explain-order", help="Show every comparison for each option.")]
Board = Annotated[bool, typer.Option("--board", help="Make one A4 sheet for a tumour board, as an HTML page.")]
Why = Annotated[
    str,
    typer.Option(
        "--why",
        metavar="REGIMEN",
        autocompletion=completing("REGIMEN"),
        help="Show one regimen whole, whether it is open or closed.",
    ),
]
Against = Annotated[
    str | None,
    typer.Option("--against", metavar="OTHER", help="Show only what differs from the answer for this patient file."),
]


@app.command(rich_help_panel=ONE_PATIENT)
def recommend(
    patient: PatientFile,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    profile: Order = None,
    if_relapse: IfRelapse = False,
    explain_order: ExplainOrder = False,
    full: Full = False,
    board: Board = False,
    why: Why = "",
    against: Against = None,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Rank the options for a patient, with reasons, closed regimens, missing facts and monitoring."""
    loaded = catalogue_of(catalogue, config)
    read, day, origin = patient_of(patient, loaded, as_of, set)
    order = order_of(profile, loaded)
    where = apart(output, patient, against, *loaded.defaults.read)
    if why:
        from mmadvisor.catalogue.catalogue import find_regimen

        why = find_regimen(loaded.catalogue, why).id
    answer = advised(read, loaded, day, origin, jurisdiction, profile=order, if_relapse=if_relapse)
    if against is not None:
        from mmadvisor.render.against import AGAINST
        from mmadvisor.reports.against import against as held_against

        other, other_day, other_origin = patient_of(against, loaded, as_of, None)
        before = advised(other, loaded, other_day, other_origin, jurisdiction, profile=order, if_relapse=if_relapse)
        made = held_against(answer, before, set or ())
        emit(AGAINST, made, format, where, no_color, settings=loaded.defaults.used)
        return
    ahead = None
    if board:
        format = sheet_format(format, output)
    elif form_of(format, output) == "html" and answer["options"]:
        from mmadvisor.reports.look_ahead import plan as look_ahead

        case = case_of(read, loaded, day, jurisdiction, profile=order, if_relapse=if_relapse)
        ahead = look_ahead(case, depth=2, stamp=loaded.stamp(read.sha256, origin))
    from mmadvisor.render.recommendation import RECOMMENDATION

    shown = {"full": full or explain_order, "explain_order": explain_order, "board": board}
    emit(RECOMMENDATION, answer, format, where, no_color, settings=loaded.defaults.used, **shown, why=why, plan=ahead)


@app.command(rich_help_panel=ONE_PATIENT)
def plan(
    patient: PatientFile,
    depth: Annotated[
        int | None,
        typer.Option(
            "--depth",
            metavar="1..4",
            min=1,
            max=4,
            help="Number of consecutive choices; shows the later ones. Default: 3.",
        ),
    ] = None,
    top: Annotated[
        int,
        typer.Option("--top", metavar="1..8", min=1, max=8, help="Number of leading options to follow at each step."),
    ] = 5,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    profile: Order = None,
    if_relapse: IfRelapse = False,
    full: Full = False,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Look ahead several choices: what each choice uses, closes and opens."""
    from mmadvisor.render.plan import PLAN
    from mmadvisor.reports.look_ahead import plan as look_ahead

    loaded = catalogue_of(catalogue, config)
    read, day, origin = patient_of(patient, loaded, as_of, set)
    case = case_of(read, loaded, day, jurisdiction, profile=order_of(profile, loaded), if_relapse=if_relapse)
    made = look_ahead(case, depth=depth or 3, top=top, stamp=loaded.stamp(read.sha256, origin))
    emit(
        PLAN,
        made,
        format,
        apart(output, patient, *loaded.defaults.read),
        no_color,
        settings=loaded.defaults.used,
        full=full,
        branches=depth is not None,
    )


@app.command(rich_help_panel=ONE_PATIENT)
def history(
    patient: PatientFile,
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    full: Full = False,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Show lines, exposures and refractoriness with their reasons, and a timeline."""
    from mmadvisor.render.history import HISTORY

    loaded = catalogue_of(catalogue, config)
    read, day, origin = patient_of(patient, loaded, as_of, set)
    answer = advised(read, loaded, day, origin, None)
    where = apart(output, patient, *loaded.defaults.read)
    emit(HISTORY, answer, format, where, no_color, settings=loaded.defaults.used, full=full)


@app.command(rich_help_panel=FILES)
def new(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="File to write; an existing file is continued.")
    ] = None,
    catalogue: Layers = None,
    config: Config = True,
) -> None:
    """Ask about a patient step by step and write the file; you can stop and continue later."""
    from shutil import get_terminal_size

    from mmadvisor.desk.ask import new_patient
    from mmadvisor.desk.terminal import Lines

    gc.enable()
    if hasattr(signal, "SIGHUP"):  # if the terminal is closed, the answers are saved
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    loaded = catalogue_of(catalogue, config)
    place = None if file is None else Path(file)
    lines = Lines()
    for used in loaded.defaults.used:
        say(f"{used['setting']} {used['value']} (from {used['origin']})")
    new_patient(
        loaded.catalogue,
        place,
        current_day(),
        lines,
        lines.write,
        width=get_terminal_size().columns,
        keep=lambda path: apart(str(path), *loaded.defaults.read),
    )


@app.command(rich_help_panel=FILES)
def validate(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Patient files or folders; - reads standard input.")
    ],
    catalogue: Layers = None,
    as_of: AsOf = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
    config: FolderConfig = False,
) -> None:
    """Check patient files: print every problem with its position."""
    from mmadvisor.cohort.sources import files_of, passed_over, told_passed_over
    from mmadvisor.judging.case import too_early
    from mmadvisor.reports.history import contradictions

    loaded = catalogue_of(catalogue, config)
    wrong, of_id = 0, dict[str, str]()
    say(*[f"warning: {text}" for text in told_passed_over(passed_over(paths))])
    for path in files_of(paths):
        try:
            read, day, _ = patient_of(path, loaded, as_of, None)
        except InvalidInputError as error:
            wrong += 1
            say(*[f"error: {p}" for p in error.problems])
            continue
        if not quiet:
            early = too_early(read.patient, day)
            questions = contradictions(case_of(read, loaded, day, None))
            warnings = [*map(str, read.warnings), *(f"{path}: {c}" for c in questions)]
            warnings += [f"{path}: no ranking: {early}"] if early else []
            say(*[f"warning: {w}" for w in warnings])
            other = of_id.setdefault(read.patient.id, path)
            if other != path:
                say(f"warning: {path}: id: the same id is in {other}: is it the same patient?")
            tell(f"{path}: valid" + (f", {len(warnings)} to look at" if warnings else ""))
    if wrong:
        raise typer.Exit(EXIT_INVALID_INPUT)


# The commands in the order of the help, each with the module that defines it.
_ROOMS = {
    **dict.fromkeys(("recommend", "plan", "history"), "patients"),
    **dict.fromkeys(("monitor", "restart", "hold"), "bedside"),
    **dict.fromkeys(("explain", "compare"), "shelf"),
    **dict.fromkeys(("new", "validate"), "patients"),
    **dict.fromkeys(("batch", "cohort", "board", "audit"), "folders"),
    **dict.fromkeys(("example", "config", "schema"), "shelf"),
}


def program_for(asked: str = "") -> typer.Typer:
    """The program with only the command that is used: building all commands takes longer than reading a patient.

    It has all commands if ``asked`` is none of them: for help, for completion, for a typing error, and for the commands
    of the catalogue.
    """
    made = _program(add_completion=asked not in _ROOMS)
    if asked in _ROOMS:
        made.registered_commands = [_command(asked)]
        made.registered_groups = [
            TyperInfo(typer.Typer(), name="catalogue")
        ]  # without a group, Typer drops the name of the command
        return made
    from mmadvisor.desk.shelf import catalogue_commands

    made.callback()(whole)
    made.registered_commands = [_command(name) for name in _ROOMS]
    for info in catalogue_commands.registered_commands:
        info.cls = Command
    made.add_typer(catalogue_commands, name="catalogue", cls=Group, rich_help_panel=REGIMENS)
    return made


def _command(name: str) -> CommandInfo:
    commands = _room(_ROOMS[name]).registered_commands
    command = next(c for c in commands if c.callback is not None and c.callback.__name__ == name)
    command.cls = Command
    return command


def _room(name: str) -> typer.Typer:
    """The commands of a module, which is imported when one of them is used."""
    if name == "bedside":
        from mmadvisor.desk import bedside

        return bedside.commands
    if name == "folders":
        from mmadvisor.desk import folders

        return folders.commands
    if name == "shelf":
        from mmadvisor.desk import shelf

        return shelf.commands
    return app


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status.

    ``EXIT_STATUSES`` of ``base/errors.py`` has the meaning of each.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status = program_for(words[0] if words else "")(args=words, prog_name=PROGRAM, standalone_mode=False)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except typer.Abort:
        say("stopped")
        return EXIT_USAGE
    except InvalidInputError as error:
        say(*[f"error: {problem}" for problem in error.problems])
        return error.exit_code
    except (ReaderGoneError, SystemExit) as stop:
        # Typer raises SystemExit only if the reader of its own text, such as the help, has gone.
        if isinstance(stop, SystemExit) and not isinstance(stop.__context__, OSError):
            raise
        sys.stdout = None  # the rest of its buffer cannot be written
        return EXIT_DONE
    except MmadvisorError as error:
        say(f"error: {error}")
        return error.exit_code
    except Exception as error:
        lines = _of_wrong_usage(error)
        if lines is None:
            raise
        say(*lines)
        return EXIT_USAGE
    return int(status or EXIT_DONE)


# Errors of a file name that is too long, in a locked folder, or in a circle of links.
_OF_A_NAME = (errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.ELOOP)


def _of_wrong_usage(error: Exception) -> list[str] | None:
    """The message for an error of the framework, of a stream or of a file name; ``None`` for a bug."""
    if type(error).__module__.split(".")[0] in ("click", "typer") and hasattr(error, "format_message"):
        message = str(error.format_message())
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help text
            return message.splitlines()
        command = getattr(getattr(error, "ctx", None), "command_path", PROGRAM)
        return [f"error: {message}", f"usage: {command} -h"]
    if isinstance(error, OSError) and error.filename is None:  # the error of a stream, such as that of the help
        return [f"error: standard output cannot be written ({error.strerror or 'no reason given'})"]
    if isinstance(error, OSError) and error.errno in _OF_A_NAME:
        return [f"error: {error.filename}: this name cannot be used ({error.strerror})"]
    return None
