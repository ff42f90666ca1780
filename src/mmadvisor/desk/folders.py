"""The commands on many patients.

``batch`` for their answers, ``cohort`` for what these answers count, ``board`` for their sheets for a tumour board,
``audit`` for their past decisions.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmadvisor.answers.stamps import with_settings
from mmadvisor.base.english import listed
from mmadvisor.base.errors import EXIT_SOME_FAILED, UsageError
from mmadvisor.desk.help import FILES, SHOWN
from mmadvisor.desk.shared import (
    AsOf,
    FolderConfig,
    Full,
    IfRelapse,
    Layers,
    NoColour,
    Order,
    Output,
    Place,
    advised,
    apart,
    catalogue_of,
    current_day,
    day_of,
    emit,
    form_of,
    ignored_settings,
    known_order,
    not_empty,
    order_of,
    patient_of,
    place_of,
    say,
    write_out,
)

if TYPE_CHECKING:
    from mmadvisor.answers.recommendation import Recommendation

commands = typer.Typer()
_FORMATS = ("table", "json", "markdown", "html")


Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...",
        help="Folders of patient files; files with one patient a line (.ndjson, also .gz or .zst); Parquet files; - "
        "reads lines from standard input.",
    ),
]
Records = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        callback=not_empty,
        help="File for JSON lines (also .gz or .zst), .csv or .parquet; folder, or name ending in /, for one file per "
        "patient; - for standard output.",
    ),
]
Trace = Annotated[
    bool, typer.Option("--trace", help="Write the whole answer of `recommend` instead of the compact record.")
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=1, help="Number of processes. Default: one for each processor."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a run that ended early; needs its file OUT.part.")]
AuditFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="|".join((*_FORMATS, "csv")),
        rich_help_panel=SHOWN,
        help="Format of the answer; csv has a row for each decision. "
        "Default: by the suffix of --output (.json, .md, .html, .csv), else table.",
    ),
]
Mask = Annotated[
    bool, typer.Option("--mask/--no-mask", help="Mask counts from 1 to 4 in the tables, or show them. Default: mask.")
]
Outputs = Annotated[
    list[str],
    typer.Argument(
        metavar="OUT...",
        help="Outputs of batch with compact records (.ndjson, .ndjson.gz, .ndjson.zst, .csv, .parquet).",
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="COLUMN",
        help="Count by this column of the output, such as jurisdiction or label.NAME; by this field of the patient "
        "file, such as access.region, for which the inputs are read again; or by folder. Default: by the folder of the "
        "input, if there are several.",
    ),
]
CohortFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="|".join((*_FORMATS, "csv")),
        rich_help_panel=SHOWN,
        help="Format of the answer; csv has a row for each number. "
        "Default: by the suffix of --output (.json, .md, .html, .csv), else table.",
    ),
]
Duplicates = Annotated[
    bool, typer.Option("--duplicates/--no-duplicates", help="Report records with the id of an earlier record.")
]


@commands.command(rich_help_panel=FILES)
def batch(
    paths: Paths,
    output: Records,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    profile: Order = None,
    if_relapse: IfRelapse = False,
    trace: Trace = False,
    workers: Workers = None,
    resume: Resume = False,
    duplicates: Duplicates = True,
    config: FolderConfig = False,
) -> None:
    """Answer for many patients, one record for each; an invalid input does not stop the run."""
    from mmadvisor.cohort.engine import Asked
    from mmadvisor.cohort.run import Options, cores, run
    from mmadvisor.cohort.sources import passed_over, told_passed_over

    gc.enable()
    loaded = catalogue_of(catalogue, config)
    asked = Asked(
        current_day(),
        day_of(as_of),
        tuple(catalogue or (layer.used for layer in loaded.defaults.settings.catalogue)),
        place_of(loaded, jurisdiction),
        known_order(loaded, profile),
        if_relapse,
        trace,
        defaults=loaded.defaults,
    )
    apart(output, *paths, *loaded.defaults.read)
    summary = run(paths, output, asked, Options(workers or cores(), resume, duplicates), say)
    say(*told_passed_over(passed_over(paths)), *summary.lines())
    if summary.stopped:
        raise typer.Exit(128 + summary.stopped)
    if summary.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


@commands.command(rich_help_panel=FILES)
def board(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Folder of patient files.")],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="DIR", callback=not_empty, help="Folder for the sheets and for their index."
        ),
    ],
    format: Annotated[
        str,
        typer.Option("--format", "-f", metavar="|".join(_FORMATS), help="Format of the index on standard output."),
    ] = "table",
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    profile: Order = None,
    if_relapse: IfRelapse = False,
    config: FolderConfig = False,
    no_color: NoColour = False,
) -> None:
    """Make one A4 sheet for each patient of a folder, for a tumour board, and an index with what has changed."""
    from mmadvisor.cohort.board import Run, make_board
    from mmadvisor.render.board_index import BOARD_INDEX

    gc.enable()
    loaded, day = catalogue_of(catalogue, config), day_of(as_of)
    order = order_of(profile, loaded)
    place_of(loaded, jurisdiction)
    if format not in _FORMATS:
        raise UsageError(f"--format {format!r}: write {listed(_FORMATS, 'or')}")
    if output == "-":
        raise UsageError("the sheets need a folder: name one with --output")

    def answer(file: str) -> Recommendation:
        mine = loaded._replace(defaults=loaded.defaults.again())
        read, on, origin = patient_of(file, mine, as_of, None)
        found = advised(read, mine, on, origin, jurisdiction, profile=order, if_relapse=if_relapse)
        used.extend(s for s in mine.defaults.used if s not in used)
        return with_settings(found, mine.defaults.used)

    used = [*loaded.defaults.used]
    reads = loaded.defaults.read
    apart(output, folder, *reads)
    run = Run(
        loaded.catalogue, loaded.stamp(), current_day(), day, list(map(Path, reads)), used, ignored_settings(config)
    )
    with _counted() as seen:
        made = make_board(Path(folder), Path(output), answer, run, say, seen)
    counts = f"{made.done - made.failed} answered, {made.failed} failed"
    if made.answer is None:
        say(f"stopped after {made.done} of {made.total} files: {counts}; the index was not written")
        raise typer.Exit(128 + made.stopped)
    emit(BOARD_INDEX, made.answer, format, None, no_color)
    say(counts)
    if made.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


@commands.command(rich_help_panel=FILES)
def audit(
    paths: Paths,
    output: Output = None,
    format: AuditFormat = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    profile: Order = None,
    if_relapse: IfRelapse = False,
    mask: Mask = True,
    workers: Workers = None,
    config: FolderConfig = False,
    full: Full = False,
    no_color: NoColour = False,
) -> None:
    """Judge each past decision by the options of the day before it: coverage, concordance, and the reasons."""
    from mmadvisor.cohort.audit import Run, make_audit
    from mmadvisor.cohort.engine import Asked
    from mmadvisor.cohort.run import cores
    from mmadvisor.render.audit import AUDIT, as_csv

    gc.enable()
    form = _form_or_csv(format, output)
    loaded = catalogue_of(catalogue, config)
    asked = Asked(
        current_day(),
        layers=tuple(catalogue or (layer.used for layer in loaded.defaults.settings.catalogue)),
        jurisdiction=place_of(loaded, jurisdiction),
        profile=known_order(loaded, profile),
        if_relapse=if_relapse,
        defaults=loaded.defaults,
    )
    apart(output, *paths, *loaded.defaults.read)
    made, summary = make_audit(paths, output, asked, Run(current_day(), workers or cores(), mask), say)
    if made is not None:
        made["settings_ignored"] = ignored_settings(config)
        if form == "csv":
            write_out(as_csv(made), form, output)
        else:
            emit(AUDIT, made, form, output, no_color, full=full)
    say(*summary.lines())
    if summary.stopped:
        raise typer.Exit(128 + summary.stopped)
    if summary.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


@commands.command(rich_help_panel=FILES)
def cohort(
    paths: Outputs,
    by: By = "",
    output: Output = None,
    format: CohortFormat = None,
    mask: Mask = True,
    full: Full = False,
    no_color: NoColour = False,
) -> None:
    """Count the answers of batch: lines, refractoriness, options, what closes them, and which facts are missing."""
    from mmadvisor.cohort.count import Counting, count
    from mmadvisor.render.cohort import COHORT, as_csv

    gc.enable()
    form = _form_or_csv(format, output)
    apart(output, *paths)
    made = count(paths, Counting(current_day(), by, mask))
    if form == "csv":
        write_out(as_csv(made), form, output)
    else:
        emit(COHORT, made, form, output, no_color, full=full)


def _form_or_csv(format: str | None, output: str | None) -> str:
    """The format of an answer that can be CSV too.

    Raises:
        UsageError: There is no such format.
    """
    if format is None and Path(output or "").suffix.casefold() == ".csv":
        return "csv"
    form = "csv" if format == "csv" else form_of(format, output)
    if form not in (*_FORMATS, "csv"):
        raise UsageError(f"--format {form!r}: write {listed((*_FORMATS, 'csv'), 'or')}")
    return form


@contextmanager
def _counted() -> Iterator[Callable[[int, int], None]]:
    """Show the number of finished files on standard error, if it is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TextColumn

    columns = (MofNCompleteColumn(), TextColumn("files"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
