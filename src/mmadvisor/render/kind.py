"""How one kind of answer is shown, typed to that answer. A file for a kind ends in its ``Kind``.

A command imports the one kind that it shows. No module of a kind needs Rich or Jinja2; the format that uses one imports
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from mmadvisor.answers.look_ahead import Plan
    from mmadvisor.render.paper import Paper

A = TypeVar("A", bound=Mapping[str, object])


class Look(NamedTuple):
    """How a report is shown.

    ``to_terminal``: it goes to standard output, and has only characters that this can show. ``explain_order``: a
    recommendation shows every comparison. ``plan`` is the look-ahead that the page of a recommendation shows with it.
    """

    to_terminal: bool = True
    no_color: bool = False
    explain_order: bool = False
    plan: Plan | None = None


# Why: docs/explanation/output.md#a-kind-of-answer-is-a-typed-value
class Kind(NamedTuple, Generic[A]):
    """One kind of answer, and how each format shows it.

    ``schema`` is the tag of the answer. ``draw`` draws it on paper, for a terminal or as Markdown. ``page`` makes its
    HTML page, if it has one. ``untitled`` is the Markdown title of a report without its own.
    """

    schema: str
    draw: Callable[[Paper, A, Look], None]
    page: Callable[[A, Look], str] | None = None
    untitled: str = ""
