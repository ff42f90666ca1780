"""All that can be done with one kind of answer, typed to it. A kind is one file of this folder, ending in its ``Kind``.

A command imports the one kind that it shows. Nothing here or in a file of a kind needs Rich or Jinja2 to be imported:
the format that uses one imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from mmadvisor.answers.look_ahead import Plan
    from mmadvisor.render.paper import Paper

A = TypeVar("A", bound=Mapping[str, object])


class Look(NamedTuple):
    """How a report is to look.

    ``to_terminal``: it goes to standard output, and holds what that can show. ``explain_order``: a recommendation shows
    every comparison. ``plan``: the look-ahead that the page of a recommendation shows beside it.
    """

    to_terminal: bool = True
    no_color: bool = False
    explain_order: bool = False
    plan: Plan | None = None


# Why: docs/explanation/output.md#a-kind-of-answer-is-a-typed-value
class Kind(NamedTuple, Generic[A]):
    """One kind of answer, and how each format shows it.

    ``schema`` is the tag of the answer. ``draw`` draws it on a paper, that of a terminal or that of Markdown; ``page``
    makes its page for a browser, where it has one. ``untitled`` is the title in Markdown of a report without its own.
    """

    schema: str
    draw: Callable[[Paper, A, Look], None]
    page: Callable[[A, Look], str] | None = None
    untitled: str = ""
