"""The commands on regimens and on the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mmadvisor.base.errors import EXIT_INVALID_INPUT, EXIT_SOME_FAILED, InvalidInputError, UsageError
from mmadvisor.desk.shared import (
    AsOf,
    Format,
    Full,
    Layers,
    NoColour,
    Output,
    Place,
    Settings,
    advised,
    apart,
    asked_of,
    catalogue_of,
    current_day,
    day_of,
    emit,
    may_have_relapsed,
    patient_of,
    place_of,
    write_out,
)

commands = typer.Typer()
catalogue_commands = typer.Typer(
    help="List, show, check or compare entries of the catalogue.", no_args_is_help=True, rich_markup_mode=None
)


@commands.command()
def explain(
    regimen: Annotated[str, typer.Argument(metavar="REGIMEN", help="Abbreviation or usual name, such as DKd.")],
    patient: Annotated[
        str | None,
        typer.Option("--patient", help="Patient file; adds every criterion with its result for this patient."),
    ] = None,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    full: Full = False,
    no_color: NoColour = False,
) -> None:
    """Show a regimen: indications, doses, evidence, cautions, monitoring, sequencing."""
    from mmadvisor.render.regimen import REGIMEN_PAGE
    from mmadvisor.reports.regimen import regimen_page

    loaded = catalogue_of(catalogue)
    answer, case, day, place = asked_of(patient, loaded, jurisdiction, as_of, set)
    page = regimen_page(loaded.catalogue, regimen, loaded.stamp(), answer, day=day, place=place, case=case)
    emit(REGIMEN_PAGE, page, format, apart(output, patient, *(catalogue or ())), no_color, full=full)


@commands.command()
def compare(
    regimens: Annotated[list[str], typer.Argument(metavar="REGIMEN REGIMEN...", help="Two or more regimens.")],
    patient: Annotated[
        str | None, typer.Option("--patient", help="Patient file; adds the verdicts for this patient.")
    ] = None,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    full: Full = False,
    no_color: NoColour = False,
) -> None:
    """Show regimens side by side, question by question."""
    from mmadvisor.render.comparison import COMPARISON
    from mmadvisor.reports.shelf import comparison

    loaded = catalogue_of(catalogue)
    answer, case, day, place = asked_of(patient, loaded, jurisdiction, as_of, set)
    made = comparison(loaded.catalogue, regimens, loaded.stamp(), day, answer, place=place, case=case)
    emit(COMPARISON, made, format, apart(output, patient, *(catalogue or ())), no_color, full=full)


@catalogue_commands.command("list")
def catalogue_list(
    drug_class: Annotated[
        str | None, typer.Option("--class", help="Regimens with a drug of this class, such as PI.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="Regimens with a drug for this target, such as BCMA.")
    ] = None,
    setting: Annotated[
        str | None, typer.Option("--setting", help="Regimens that a guideline recommends in this setting.")
    ] = None,
    use: Annotated[
        str | None,
        typer.Option("--use", help="Regimens for this use: newly-diagnosed, relapse, maintenance, debulking..."),
    ] = None,
    jurisdiction: Annotated[
        str | None,
        typer.Option(
            "--jurisdiction",
            "-j",
            help="Regimens that are approved or guideline-supported in this jurisdiction, such as US.",
        ),
    ] = None,
    approved_on: Annotated[
        str | None, typer.Option("--approved-on", metavar="DATE", help="Regimens that are approved on this day.")
    ] = None,
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    full: Full = False,
    no_color: NoColour = False,
) -> None:
    """List the regimens by class, target, setting, use, jurisdiction and approval."""
    from mmadvisor.render.catalogue_list import CATALOGUE_LIST
    from mmadvisor.reports import shelf as browse

    loaded = catalogue_of(catalogue)
    made = browse.catalogue_list(
        loaded.catalogue,
        current_day(),
        loaded.stamp(),
        drug_class=drug_class,
        target=target,
        setting=setting,
        jurisdiction=jurisdiction,
        use=use,
        approved_on=day_of(approved_on, "--approved-on"),
    )
    emit(CATALOGUE_LIST, made, format, apart(output, *(catalogue or ())), no_color, full=full)


@catalogue_commands.command("show")
def catalogue_show(
    name: Annotated[str, typer.Argument(metavar="AGENT|SOURCE|SETTING", help="Agent, key of a source, or setting.")],
    format: Format = None,
    output: Output = None,
    catalogue: Layers = None,
    no_color: NoColour = False,
) -> None:
    """Show one agent, source or setting, with everything connected to it."""
    from mmadvisor.render.catalogue_entry import CATALOGUE_ENTRY
    from mmadvisor.reports.shelf import catalogue_entry

    made = catalogue_entry(catalogue_of(catalogue).catalogue, name)
    emit(CATALOGUE_ENTRY, made, format, apart(output, *(catalogue or ())), no_color)


@catalogue_commands.command("check")
def catalogue_check(
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="Layer to check. Default: the built-in catalogue.")
    ] = None,
    stale_after: Annotated[
        int,
        typer.Option(
            "--stale-after", help="Age of the reading of a source, in months, from which a warning is printed."
        ),
    ] = 12,
    format: Format = None,
    output: Output = None,
    as_of: AsOf = None,
    no_color: NoColour = False,
) -> None:
    """Check the files of the catalogue: errors with their lines, warnings, and the number of claims by mark."""
    from mmadvisor.files.layers import inspect
    from mmadvisor.render.catalogue_check import CATALOGUE_CHECK

    found = inspect(Path(path) if path else None, day_of(as_of) or current_day(), stale_after)
    emit(CATALOGUE_CHECK, found.answer(), format, apart(output, path), no_color)
    if found.problems:
        raise typer.Exit(EXIT_INVALID_INPUT)


@catalogue_commands.command("diff")
def catalogue_diff(
    before: Annotated[
        str, typer.Argument(metavar="OLD", help="Earlier catalogue or layer; builtin is the built-in catalogue.")
    ],
    after: Annotated[str, typer.Argument(metavar="NEW", help="Later catalogue or layer.")],
    patients: Annotated[
        str | None, typer.Option("--patients", help="Also compare the answers for the patients in this folder.")
    ] = None,
    jurisdiction: Place = None,
    format: Format = None,
    output: Output = None,
    as_of: AsOf = None,
    no_color: NoColour = False,
) -> None:
    """Compare two catalogues: what changed, which answers change, and why."""
    from mmadvisor.answers.changes import PatientChange
    from mmadvisor.cohort.sources import files_of
    from mmadvisor.files.layers import load, load_alone
    from mmadvisor.render.catalogue_diff import CATALOGUE_DIFF
    from mmadvisor.reports.difference import answers_differ, difference, ranking_changes

    day_of(as_of)
    old, new = (load() if name == "builtin" else load_alone(Path(name)) for name in (before, after))
    for loaded in (old, new):
        place_of(loaded, jurisdiction)
    made = difference(old.catalogue, new.catalogue, (before, after))
    for file in files_of([patients]) if patients else ():
        try:
            answers = []
            for loaded in (old, new):
                read, day, origin = patient_of(file, loaded, as_of, None)
                supposed = may_have_relapsed(read)
                answers.append(advised(read, loaded, day, origin, jurisdiction, if_relapse=supposed))
        except InvalidInputError as error:
            made["patients"].append(PatientChange(patient=Path(file).name, error=str(error), answers=[], ranking=None))
            continue
        made["patients_compared"] += 1
        if changes := answers_differ(*answers):
            ranking = ranking_changes(*answers)
            name = answers[0]["patient"]["id"]
            made["patients"].append(PatientChange(patient=name, error="", answers=changes, ranking=ranking))
    emit(CATALOGUE_DIFF, made, format, apart(output, before, after, patients), no_color)
    if any(patient["error"] for patient in made["patients"]):
        raise typer.Exit(EXIT_SOME_FAILED)


@commands.command()
def schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="patient, catalogue, or a kind of answer such as plan.")],
    output: Output = None,
) -> None:
    """Print the JSON Schema of a format, for editors and other programs."""
    from mmadvisor.base.plain import as_json
    from mmadvisor.files.schemas import SCHEMAS

    if kind not in SCHEMAS:
        raise UsageError(f"there is no schema {kind!r}; known: {', '.join(SCHEMAS)}")
    write_out(as_json(SCHEMAS[kind](), indent=2) + "\n", "json", output)
