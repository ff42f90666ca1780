"""The commands on regimens and on the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mmadvisor.base.errors import EXIT_INVALID_INPUT, EXIT_SOME_FAILED, InvalidInputError, UsageError
from mmadvisor.desk.choices import completing, example_names, listed
from mmadvisor.desk.help import FILES, PROGRAM, REGIMENS
from mmadvisor.desk.shared import (
    AsOf,
    AsOfToday,
    Config,
    Format,
    Full,
    Layers,
    NoColour,
    OfPatient,
    Output,
    Place,
    PlainFormat,
    Regimen,
    Settings,
    advised,
    apart,
    asked_of,
    catalogue_of,
    config_folder,
    current_day,
    day_of,
    emit,
    may_have_relapsed,
    patient_of,
    place_of,
    tell,
    write_out,
)

commands = typer.Typer()
catalogue_commands = typer.Typer(
    help="List, show, check or compare entries of the catalogue.", no_args_is_help=True, rich_markup_mode=None
)


# The filters of `catalogue list`.
DrugClass = Annotated[str | None, listed("--class", "CLASS", "Regimens with a drug of this class.")]
Target = Annotated[str | None, listed("--target", "TARGET", "Regimens with a drug for this target, such as BCMA.")]
Setting = Annotated[
    str | None, listed("--setting", "SETTING", "Regimens that a guideline recommends in this setting, such as cns.")
]
Use = Annotated[str | None, listed("--use", "USE", "Regimens for this use.")]
Listed = Annotated[
    str | None,
    listed("--jurisdiction", "CODE", "Regimens that are approved or guideline-supported in this jurisdiction.", "-j"),
]
ApprovedOn = Annotated[
    str | None, typer.Option("--approved-on", metavar="DATE", help="Regimens that are approved on this day.")
]


@commands.command(rich_help_panel=REGIMENS)
def explain(
    regimen: Regimen,
    patient: OfPatient = None,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    full: Full = False,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Show a regimen: indications, doses, evidence, cautions, monitoring, sequencing."""
    from mmadvisor.render.regimen import REGIMEN_PAGE
    from mmadvisor.reports.regimen import regimen_page

    loaded = catalogue_of(catalogue, config)
    answer, case, day, place = asked_of(patient, loaded, jurisdiction, as_of, set)
    page = regimen_page(loaded.catalogue, regimen, loaded.stamp(), answer, day=day, place=place, case=case)
    where = apart(output, patient, *loaded.defaults.read)
    emit(REGIMEN_PAGE, page, format, where, no_color, settings=loaded.defaults.used, full=full)


@commands.command(rich_help_panel=REGIMENS)
def compare(
    regimens: Annotated[
        list[str],
        typer.Argument(
            metavar="REGIMEN REGIMEN...", help="Two or more regimens.", autocompletion=completing("REGIMEN")
        ),
    ],
    patient: OfPatient = None,
    format: Format = None,
    output: Output = None,
    jurisdiction: Place = None,
    catalogue: Layers = None,
    as_of: AsOf = None,
    set: Settings = None,
    full: Full = False,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Show regimens side by side, question by question."""
    from mmadvisor.render.comparison import COMPARISON
    from mmadvisor.reports.shelf import comparison

    loaded = catalogue_of(catalogue, config)
    answer, case, day, place = asked_of(patient, loaded, jurisdiction, as_of, set)
    made = comparison(loaded.catalogue, regimens, loaded.stamp(), day, answer, place=place, case=case)
    where = apart(output, patient, *loaded.defaults.read)
    emit(COMPARISON, made, format, where, no_color, settings=loaded.defaults.used, full=full)


@catalogue_commands.command("list")
def catalogue_list(
    drug_class: DrugClass = None,
    target: Target = None,
    setting: Setting = None,
    use: Use = None,
    jurisdiction: Listed = None,
    approved_on: ApprovedOn = None,
    as_of: AsOfToday = None,
    format: PlainFormat = None,
    output: Output = None,
    catalogue: Layers = None,
    full: Full = False,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """List the regimens by class, target, setting, use, jurisdiction and approval."""
    from mmadvisor.render.catalogue_list import CATALOGUE_LIST
    from mmadvisor.reports import shelf as browse

    loaded = catalogue_of(catalogue, config)
    made = browse.catalogue_list(
        loaded.catalogue,
        day_of(as_of) or current_day(),
        loaded.stamp(),
        drug_class=drug_class,
        target=target,
        setting=setting,
        jurisdiction=jurisdiction,
        use=use,
        approved_on=day_of(approved_on, "--approved-on"),
    )
    where = apart(output, *loaded.defaults.read)
    emit(CATALOGUE_LIST, made, format, where, no_color, settings=loaded.defaults.used, full=full)


@catalogue_commands.command("show")
def catalogue_show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Agent, key of a source (in square brackets on the screens), or setting.",
            autocompletion=completing("NAME"),
        ),
    ],
    format: PlainFormat = None,
    output: Output = None,
    catalogue: Layers = None,
    config: Config = True,
    no_color: NoColour = False,
) -> None:
    """Show one agent, source or setting, with everything connected to it."""
    from mmadvisor.render.catalogue_entry import CATALOGUE_ENTRY
    from mmadvisor.reports.shelf import catalogue_entry

    loaded = catalogue_of(catalogue, config)
    made = catalogue_entry(loaded.catalogue, name)
    where = apart(output, *loaded.defaults.read)
    emit(CATALOGUE_ENTRY, made, format, where, no_color, settings=loaded.defaults.used)


@catalogue_commands.command("check")
def catalogue_check(
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="Layer to check. Default: the built-in catalogue.")
    ] = None,
    stale_after: Annotated[
        int,
        typer.Option(
            "--stale-after", metavar="MONTHS", help="Age of the reading of a source from which a warning is printed."
        ),
    ] = 12,
    format: PlainFormat = None,
    output: Output = None,
    as_of: AsOfToday = None,
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
        str | None,
        typer.Option("--patients", metavar="FOLDER", help="Also compare the answers for the patients in this folder."),
    ] = None,
    jurisdiction: Place = None,
    format: PlainFormat = None,
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


@commands.command(rich_help_panel=FILES)
def example(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Name of an example.", autocompletion=example_names)
    ] = None,
    output: Output = None,
) -> None:
    """Write an example patient file; without a name, list the examples."""
    from mmadvisor.files import examples

    if name is not None:
        write_out(examples.example(name), "yaml", apart(output, str(examples.examples_folder())))
        return
    width = max(map(len, examples.examples()))
    for known, about in examples.described().items():
        tell(f"{known:{width}}  {about}".rstrip())
    tell("mmadvisor example NAME --output patient.yaml writes one; mmadvisor recommend patient.yaml answers for it.")


@commands.command(rich_help_panel=PROGRAM)
def config(format: PlainFormat = None, output: Output = None, no_color: NoColour = False) -> None:
    """Show the settings of the environment and the config file, and where each comes from."""
    from mmadvisor.files.settings import CONFIG, configuration
    from mmadvisor.render.config import CONFIGURATION

    folder = config_folder()
    loaded = catalogue_of(None, config=True)
    made = configuration(loaded.defaults.settings, folder / CONFIG if folder else None)
    emit(CONFIGURATION, made, format, apart(output, *loaded.defaults.read), no_color)


@commands.command(rich_help_panel=PROGRAM)
def schema(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="What the schema describes.", autocompletion=completing("KIND"))
    ],
    output: Output = None,
) -> None:
    """Print the JSON Schema of a format, for editors and other programs."""
    from mmadvisor.base.plain import as_json
    from mmadvisor.files.schemas import SCHEMAS

    if kind not in SCHEMAS:
        raise UsageError(f"there is no schema {kind!r}; known: {', '.join(SCHEMAS)}")
    write_out(as_json(SCHEMAS[kind](), indent=2) + "\n", "json", output)
