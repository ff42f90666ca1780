"""The words that an option or argument may have, from the built-in catalogue: for the help and for completion."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from mmadvisor.catalogue.catalogue import Catalogue

PLAIN_FORMATS = "table|json|markdown"
FORMATS = f"{PLAIN_FORMATS}|html"


def _graded(name: str) -> Callable[[Catalogue], Iterable[str]]:
    """The replies to one question by which adverse events are graded."""
    return lambda catalogue: (word for g in catalogue.gradings for word in g.questions.get(name, {}))


def _kinds() -> Iterable[str]:
    from mmadvisor.files.schemas import SCHEMAS

    return SCHEMAS


# What the help lists, by the name of the option, or by what stands for the argument.
LISTED: dict[str, Callable[[Catalogue], Iterable[str]]] = {
    "--jurisdiction": lambda catalogue: catalogue.jurisdictions,
    "--class": lambda catalogue: catalogue.formulary.class_by_id,
    "--use": lambda catalogue: (use for regimen in catalogue.regimens for use in regimen.uses),
    "--profile": lambda catalogue: (profile.id for profile in catalogue.ranking.profiles),
    "KIND": lambda catalogue: _kinds(),
    **{f"--{name}": _graded(name) for name in ("pressure", "oxygen", "consciousness", "sign", "cornea", "acuity")},
}
# What completion knows besides: these lists are too long for the help.
_LONG: dict[str, Callable[[Catalogue], Iterable[str]]] = {
    "--target": lambda catalogue: sorted({t for agent in catalogue.agents for t in agent.targets if t}),
    "--setting": lambda catalogue: (setting.id for setting in catalogue.settings),
    "REGIMEN": lambda catalogue: (regimen.id for regimen in catalogue.regimens),
    "AGENT": lambda catalogue: (agent.id for agent in catalogue.agents),
    "NAME": lambda catalogue: (*(agent.id for agent in catalogue.agents), *catalogue.sources),
}


def words_of(name: str) -> list[str]:
    """The words for an option or argument, each once; none if there is no list."""
    from mmadvisor.files.layers import load

    listed = LISTED.get(name) or _LONG.get(name)
    return list(dict.fromkeys(listed(load().catalogue))) if listed else []


def completing(name: str) -> Callable[[], list[str]]:
    """A function that lists the words for an option or argument; completion keeps those that begin as typed."""
    return lambda: words_of(name)


def listed(name: str, value: str, help: str, *short: str) -> Any:
    """An option that takes one of the words of ``LISTED``."""
    return typer.Option(name, *short, metavar=value, autocompletion=completing(name), help=help)


def formats() -> list[str]:
    """The names of all formats."""
    from mmadvisor.render import FORMATS as known

    return list(known)


def example_names() -> list[str]:
    """The names of the examples."""
    from mmadvisor.files.examples import examples

    return list(examples())
