"""What the commands share: options, reading, output. No other module reads the clock."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from mmadvisor.answers.stamps import with_settings
from mmadvisor.base.errors import InvalidInputError, UsageError
from mmadvisor.desk.choices import FORMATS, PLAIN_FORMATS, completing, formats
from mmadvisor.desk.help import READ, SHOWN

if TYPE_CHECKING:
    from mmadvisor.answers.look_ahead import Plan
    from mmadvisor.answers.recommendation import Recommendation
    from mmadvisor.answers.stamps import SettingFrom
    from mmadvisor.catalogue.rules import Profile
    from mmadvisor.files.layers import Loaded
    from mmadvisor.files.patients import ReadPatient
    from mmadvisor.files.settings import Defaults
    from mmadvisor.judging.case import Case
    from mmadvisor.render.kind import A, Kind


# --- options ------------------------------------------------------------------------------------


def not_empty(output: str | None) -> str | None:
    """The name of an output; an empty one is refused."""
    if output == "":
        raise typer.BadParameter("give the name of a file, or - for standard output")
    return output


PatientFile = Annotated[
    str, typer.Argument(metavar="PATIENT", help="Patient file (YAML or JSON); - reads standard input.")
]
OfPatient = Annotated[
    str | None,
    typer.Option(
        "--patient", metavar="FILE", rich_help_panel=READ, help="Answer for this patient file; - reads standard input."
    ),
]
Regimen = Annotated[
    str,
    typer.Argument(
        metavar="REGIMEN", help="Abbreviation or usual name, such as DKd.", autocompletion=completing("REGIMEN")
    ),
]
Agent = Annotated[
    str,
    typer.Argument(
        metavar="AGENT", help="Generic name, brand or usual short form.", autocompletion=completing("AGENT")
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar=FORMATS,
        rich_help_panel=SHOWN,
        autocompletion=formats,
        help="Format of the answer. Default: by the suffix of --output (.json, .md, .html), else table.",
    ),
]
PlainFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar=PLAIN_FORMATS,
        rich_help_panel=SHOWN,
        autocompletion=formats,
        help="Format of the answer. Default: by the suffix of --output (.json, .md), else table.",
    ),
]
MonitorFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar=f"{FORMATS}|ics",
        rich_help_panel=SHOWN,
        autocompletion=formats,
        help="Format of the answer; ics is a calendar. "
        "Default: by the suffix of --output (.json, .md, .html, .ics), else table.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=not_empty,
        rich_help_panel=SHOWN,
        help="Write to this file; - writes to standard output.",
    ),
]
Place = Annotated[
    str | None,
    typer.Option(
        "--jurisdiction",
        "-j",
        metavar="CODE",
        rich_help_panel=READ,
        autocompletion=completing("--jurisdiction"),
        help="Jurisdiction; replaces the one in the patient file.",
    ),
]
Layers = Annotated[
    list[str] | None,
    typer.Option(
        "--catalogue",
        metavar="PATH",
        rich_help_panel=READ,
        help="Lay this file or folder over the catalogue; may be repeated.",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        rich_help_panel=READ,
        help="Day of the answer, such as 2026-11-24. Default: assessed_on of the patient file, else today.",
    ),
]
AsOfToday = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", rich_help_panel=READ, help="Day of the answer, such as 2026-11-24. Default: today."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        rich_help_panel=READ,
        help="Change a field of the patient for this answer, such as fitness.ecog=1; may be repeated.",
    ),
]
Full = Annotated[
    bool, typer.Option("--full", rich_help_panel=SHOWN, help="Show everything, and not the first screen alone.")
]
NoColour = Annotated[bool, typer.Option("--no-color", rich_help_panel=SHOWN, help="Print without colours.")]
IfRelapse = Annotated[bool, typer.Option("--if-relapse", help="Rank the options even if no relapse is recorded.")]
Order = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME|FILE",
        rich_help_panel=READ,
        autocompletion=completing("--profile"),
        help="Another order of comparisons: by its name, or a file.",
    ),
]
Config = Annotated[
    bool,
    typer.Option(
        "--config/--no-config",
        rich_help_panel=READ,
        help="Use the settings of the environment and the config file, or ignore them. Default: use them.",
    ),
]
FolderConfig = Annotated[
    bool,
    typer.Option(
        "--config/--no-config",
        rich_help_panel=READ,
        help="Use the settings of the environment and the config file, or ignore them. Default: ignore them.",
    ),
]


# --- days ----------------------------------------------------------------------------------------


def current_day() -> date:
    """Today, by the clock and time zone of this computer."""
    return datetime.now(UTC).astimezone().date()


def day_of(text: str | None, option: str = "--as-of") -> date | None:
    """The day that was given with a command-line option; ``None`` if the option was not used.

    Raises:
        UsageError: The text is not a full date.
    """
    if text is None:
        return None
    from mmadvisor.base.known import span

    try:
        day = span(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: {error}") from None
    if not day.exact:
        raise UsageError(f"{option} {text!r}: write a full date, such as 2026-11-24")
    return day.earliest


def needed_day(text: str, option: str) -> date:
    """The day that was given with a required command-line option.

    Raises:
        UsageError: The text is not a full date.
    """
    day = day_of(text, option)
    if day is None:
        raise UsageError(f"{option} needs a date, such as 2026-11-24")
    return day


# --- the catalogue and the patient ---------------------------------------------------------------


def config_folder() -> Path | None:
    """The folder of the config file, by the convention of the system; ``None`` if the user has no home folder."""
    folder = Path(typer.get_app_dir("mmadvisor"))
    if folder.is_absolute():
        return folder
    with suppress(RuntimeError):  # the variable that names the folder must name an absolute one
        return Path.home() / ".config" / "mmadvisor"
    return None


def defaults_of(config: bool) -> Defaults:
    """The settings for a command: those of the environment and the config file, or none."""
    import os

    from mmadvisor.files.settings import Defaults, read_settings

    return Defaults(read_settings(config_folder(), os.environ) if config else None)


def ignored_settings(config: bool) -> list[SettingFrom]:
    """The settings of the environment and the config file that a command does not use."""
    if config:
        return []
    try:
        return defaults_of(True).settings.entries()
    except InvalidInputError:
        say("warning: The config file has errors; this command does not use it")
        return []


# Why: docs/explanation/settings.md
def catalogue_of(paths: list[str] | None, config: bool = False) -> Loaded:
    """The built-in catalogue with the given layers laid over it, and the settings for the command.

    Args:
        paths: The layers of the command line.
        config: Whether the environment and the config file are used.
    """
    from mmadvisor.files.layers import load
    from mmadvisor.files.settings import check

    defaults = defaults_of(config)
    loaded = load([Path(p) for p in defaults.catalogue(paths)])
    check(defaults.settings, loaded.catalogue)
    return loaded._replace(defaults=defaults)


def patient_of(
    source: str, loaded: Loaded, as_of: str | None, settings: list[str] | None
) -> tuple[ReadPatient, date, str]:
    """The patient of a file, the day of the decision, and the origin of that day."""
    from mmadvisor.files.patients import day_of_decision, read_patient, with_later_day

    asked = day_of(as_of)
    today = current_day()
    read = read_patient(
        source if source == "-" else Path(source),
        loaded.catalogue.formulary,
        settings=settings or (),
        places=tuple(loaded.catalogue.jurisdictions),
    )
    day, origin = day_of_decision(read.patient, asked, today)
    return with_later_day(read.on(day), day, origin, today, source), day, origin


class Asked(NamedTuple):
    """The day and the jurisdiction of a page; with a patient also the answer and the case."""

    answer: Recommendation | None
    case: Case | None
    day: date
    place: str | None


def asked_of(
    patient: str | None, loaded: Loaded, jurisdiction: str | None, as_of: str | None, settings: list[str] | None
) -> Asked:
    """The day, the jurisdiction and the patient for a page, from the command line; the patient file is read only once.

    Raises:
        UsageError: A command-line option is wrong, or needs a patient.
    """
    day = day_of(as_of) or current_day()
    if patient is None:
        if settings:
            raise UsageError("--set changes a patient file: name one with --patient")
        return Asked(None, None, day, place_of(loaded, loaded.defaults.jurisdiction(jurisdiction)))
    place = place_of(loaded, jurisdiction)
    read, day, origin = patient_of(patient, loaded, as_of, settings)
    supposed = may_have_relapsed(read)
    answer = advised(read, loaded, day, origin, jurisdiction, if_relapse=supposed)
    case = case_of(read, loaded, day, jurisdiction, if_relapse=supposed)
    return Asked(answer, case, day, place or answer["jurisdiction"])


def may_have_relapsed(read: ReadPatient) -> bool:
    """Whether a relapse may be assumed: not in newly diagnosed disease, and not before any therapy."""
    return read.patient.get("disease.state") != "newly_diagnosed" and bool(read.patient.therapies)


def place_of(loaded: Loaded, jurisdiction: str | None) -> str | None:
    """The code of a jurisdiction as the catalogue writes it; ``None`` if none is given, or if it is ``unknown``."""
    from mmadvisor.catalogue.listings import find_jurisdiction

    if jurisdiction is None or jurisdiction.casefold() == "unknown":
        return None
    return find_jurisdiction(loaded.catalogue.jurisdictions, jurisdiction)


def order_of(given: str | None, loaded: Loaded) -> str | Profile:
    """The order of comparisons: the name of a profile of the catalogue, or the profile in a file."""
    from mmadvisor.files.profiles import is_file, read_profile

    named = loaded.defaults.profile(given)
    return read_profile(Path(named)) if is_file(named) else named


def known_order(loaded: Loaded, named: str | None) -> str | Profile:
    """The order of comparisons; a name is checked against the profiles of the catalogue.

    Raises:
        UsageError: There is no such profile.
    """
    from mmadvisor.judging.case import profile_of

    order = order_of(named, loaded)
    return profile_of(loaded.catalogue, order) if isinstance(order, str) else order


def case_of(
    read: ReadPatient,
    loaded: Loaded,
    day: date,
    jurisdiction: str | None,
    *,
    profile: str | Profile = "default",
    if_relapse: bool = False,
) -> Case:
    """The case of a patient on the day of the decision, from which every report starts."""
    from mmadvisor.judging.case import Case

    place = loaded.defaults.jurisdiction(jurisdiction, read.patient.get("access.jurisdiction"))
    return Case.of(read.patient, loaded.catalogue, day, jurisdiction=place, profile=profile, assume_relapse=if_relapse)


def advised(
    read: ReadPatient,
    loaded: Loaded,
    day: date,
    origin: str,
    jurisdiction: str | None,
    *,
    profile: str | Profile = "default",
    if_relapse: bool = False,
) -> Recommendation:
    """The answer of `recommend` for a patient."""
    from mmadvisor.reports.recommend import advise

    return advise(
        read.patient,
        loaded.catalogue,
        day,
        jurisdiction=loaded.defaults.jurisdiction(jurisdiction, read.patient.get("access.jurisdiction")),
        profile=profile,
        assume_relapse=if_relapse,
        stamp=loaded.stamp(read.sha256, origin),
        warnings=read.warnings,
    )


# --- what goes out -------------------------------------------------------------------------------


def say(*lines: str) -> None:
    """Write messages to standard error, safe for a terminal; they are lost if standard error is full or closed."""
    from mmadvisor.render.text import clean

    for line in lines:
        with suppress(OSError):
            typer.echo(clean(line), err=True)


def tell(line: str) -> None:
    """Write a line of a report to standard output, safe for a terminal."""
    from mmadvisor.files.output import write_stdout
    from mmadvisor.render.text import shown

    write_stdout(f"{shown(line)}\n", as_utf8=False)


_BY_SUFFIX = {
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".ics": "ics",
}


# Suffixes of formats that no answer has: a table in such a file would mislead the program that opens it.
_OF_NO_ANSWER = (
    ".csv", ".tsv", ".xlsx", ".parquet", ".ndjson", ".jsonl", ".pdf", ".docx", ".odt", ".xml", ".yaml", ".yml",
)  # fmt: skip


def form_of(format: str | None, output: str | None) -> str:
    """The format that ``--format`` names; without it, the format for the suffix of the output, or a table.

    Raises:
        UsageError: The suffix of the output is that of a format that no answer has.
    """
    if format is not None:
        return format
    suffix = Path(output or "").suffix.casefold()
    if suffix in _OF_NO_ANSWER:
        raise UsageError(
            f"{output}: this answer cannot be written as {suffix}; name an output that ends in "
            f"{', '.join(_BY_SUFFIX)} or .txt, or give --format"
        )
    return _BY_SUFFIX.get(suffix, "table")


def sheet_format(format: str | None, output: str | None) -> str:
    """The format of the sheet for a tumour board, which is always an HTML page.

    Raises:
        UsageError: Another format was asked for, by name or by the suffix of the output.
    """
    if format not in (None, "html") or form_of(format, output) not in ("html", "table"):
        raise UsageError("--board makes an HTML page: leave out --format, and name an output that ends in .html")
    return "html"


def apart(output: str | None, *reads: str | None) -> str | None:
    """Return the name of the output, after a check that it would not overwrite an input.

    Args:
        output: The name of the output; ``None`` or - means standard output.
        reads: What the command reads besides the built-in catalogue: files, folders, - for standard input.

    Raises:
        UsageError: The output would change one of these.
    """
    if output is not None and output != "-":
        from mmadvisor.files.layers import builtin_folder
        from mmadvisor.files.output import keep_apart

        inputs: list[Path | int] = [0 if name == "-" else Path(name) for name in reads if name]
        keep_apart(Path(output), [*inputs, builtin_folder()])
    return output


def emit(
    kind: Kind[A],
    data: A,
    format: str | None,
    output: str | None,
    no_color: bool,
    *,
    settings: Sequence[SettingFrom] = (),
    full: bool = True,
    why: str = "",
    explain_order: bool = False,
    plan: Plan | None = None,
    board: bool = False,
    branches: bool = False,
) -> None:
    """Show an answer in a format, on standard output or in a file; on a terminal a full report goes through a pager.

    ``settings``: what came from the environment or the config file; every format shows it.
    """
    from mmadvisor.render import render
    from mmadvisor.render.kind import Look

    form = form_of(format, output)
    look = Look(
        _on_stdout(output),
        no_color,
        explain_order=explain_order,
        plan=plan,
        full=full,
        board=board,
        made_on=current_day().isoformat() if board else "",
        why=why,
        branches=branches,
    )
    text = render(kind, form, with_settings(data, settings), look)
    if (
        full
        and kind.brief is not None
        and form == "table"
        and _on_stdout(output)
        and sys.stdout is not None
        and sys.stdout.isatty()
    ):
        _page(text)
    else:
        write_out(text, form, output)


def _page(text: str) -> None:
    """Show a text in the pager of the terminal, in the characters that the terminal has."""
    import os
    import pydoc

    from mmadvisor.render.text import ascii_only, in_ascii

    # What less needs to show colours, and to leave a text that fits on one screen standing there.
    os.environ.setdefault("LESS", "-FRX")
    pydoc.pager(in_ascii(text) if ascii_only() else text)


def _on_stdout(output: str | None) -> bool:
    return output is None or output == "-"


def write_out(text: str, form: str, output: str | None) -> None:
    """Write a text to standard output (a table in the characters of the terminal), or completely to a file."""
    from mmadvisor.files.output import write_atomically, write_stdout
    from mmadvisor.render.text import ascii_only, in_ascii

    if output is not None and not _on_stdout(output):
        write_atomically(Path(output), text)
    elif form == "table":
        write_stdout(in_ascii(text) if ascii_only() else text, as_utf8=False)
    else:
        write_stdout(text, as_utf8=True)
