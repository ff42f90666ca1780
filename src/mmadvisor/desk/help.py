"""The help of the commands: commands and options in groups, the words that an option may have, and examples.

The layout is that of Click, and the same with every version of Typer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

from mmadvisor.base.errors import EXIT_STATUSES

# The groups of commands, and of options.
ONE_PATIENT = "Answers for a patient"
AFTER_THE_CHOICE = "After the choice of a regimen"
REGIMENS = "Regimens and the catalogue"
FILES = "Patient files"
PROGRAM = "The program"
HYPHEN = "\N{NON-BREAKING HYPHEN}"
READ = "What is read"
SHOWN = "What is shown"


def meaning(param: Any) -> str:
    """The help of an option or argument, with the words that it may have."""
    from mmadvisor.desk.choices import LISTED, words_of

    words = [word for name in (*param.opts, param.metavar) if name in LISTED for word in words_of(name)]
    known = f" Known: {', '.join(words)}." if words else ""
    return f"{param.help or ''}{known}"


def named(param: Any) -> str:
    """The names of an option with its value, or the name of an argument, as a user writes them."""
    if param.param_type_name == "argument":
        return str(param.metavar)
    names = ", ".join(sorted(param.opts, key=len))
    if param.secondary_opts:
        return f"{names} / {', '.join(param.secondary_opts)}"
    return names if param.is_flag else f"{names} {param.metavar}"


def default(param: Any) -> str:
    """The default that the help shows; empty if there is none, or if it goes without saying."""
    shown = param.param_type_name == "option" and not param.is_flag and param.default not in (None, "", False)
    return str(param.default) if shown else ""


def needed(command: Any) -> str:
    """The arguments and the required options of a command, as in its first line of help."""
    arguments = [str(p.metavar) for p in command.params if p.param_type_name == "argument"]
    options = [f"{p.opts[0]} {p.metavar}" for p in command.params if p.param_type_name == "option" and p.required]
    return " ".join([*arguments, *options, "[OPTIONS]"])


def _sections(command: Any, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """The rows of the help by the title of their section; options of no group come before the groups."""
    found: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], READ: [], SHOWN: []}
    for param in command.get_params(ctx):
        if getattr(param, "hidden", False):
            continue
        of_arguments = param.param_type_name == "argument"
        title = "Arguments" if of_arguments else getattr(param, "rich_help_panel", None) or "Options"
        if param.name == "help":  # at the end
            title = [title, *(name for name, rows in found.items() if rows and name != "Arguments")][-1]
        beside = " [required]" if param.required and not of_arguments else ""
        beside += f" [default: {default(param)}]" if default(param) else ""
        found.setdefault(title, []).append((named(param), _unbroken(f"{meaning(param)}{beside}")))
    return {title: rows for title, rows in found.items() if rows}


def _write(formatter: Any, sections: Iterable[tuple[str, list[tuple[str, str]]]]) -> None:
    for title, rows in sections:
        with formatter.section(title):
            formatter.write_dl(rows)


def examples_of(name: str) -> list[str]:
    """The examples of a command, such as ``catalogue list``; of the whole program for ``mmadvisor``."""
    from mmadvisor.files.documents import parse, read_bytes

    file = Path(__file__).parent / "examples.yaml"
    found: list[str] = parse(read_bytes(file), file.name).tree.get(name, [])
    return found


def _write_examples(ctx: Any, formatter: Any) -> None:
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, ctx.info_name)
        ctx = ctx.parent
    if examples := examples_of(" ".join(names) or "mmadvisor"):
        with formatter.section("Examples"):
            formatter.write("".join(f"  {line}\n" for line in examples))


def _unbroken(text: str) -> str:
    """The text with hyphens at which no line is broken, since a part of a word could be taken for the word."""
    return text.translate({ord("-"): HYPHEN})


def _in_characters_of_the_terminal(text: str) -> str:
    from mmadvisor.render.text import ascii_only, in_ascii

    text = text.translate({ord(HYPHEN): "-"})
    return in_ascii(text) if ascii_only() else text


class Command(TyperCommand):
    """A command whose help has its options in groups, and its examples at the end."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the first line, which contains everything that the command needs."""
        formatter.write_usage(ctx.command_path, needed(self))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and options."""
        _write(formatter, _sections(self, ctx).items())

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples, which are copied as they are."""
        _write_examples(ctx, formatter)

    def get_help(self, ctx: Any) -> str:
        """The whole help, in characters that the terminal has."""
        return _in_characters_of_the_terminal(super().get_help(ctx))


class Group(TyperGroup):
    """A group of commands whose help has the commands in groups, each with its whole sentence."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, then the options."""
        commands: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                title = getattr(command, "rich_help_panel", None)
                rows = commands.setdefault(title if isinstance(title, str) else "Commands", [])
                rows.append((name, str(command.help or "")))
        _write(formatter, [*commands.items(), *_sections(self, ctx).items()])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples, and for the whole program the exit statuses."""
        _write_examples(ctx, formatter)
        if ctx.parent is None:
            _write(formatter, [("Exit status", list(statuses()))])

    def get_help(self, ctx: Any) -> str:
        """The whole help, in characters that the terminal has."""
        return _in_characters_of_the_terminal(super().get_help(ctx))


def statuses() -> Iterator[tuple[str, str]]:
    """Each exit status with its meaning."""
    return ((str(status), text) for status, text in EXIT_STATUSES.items())
