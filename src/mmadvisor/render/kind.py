"""How one kind of answer is shown. The file of a kind ends in its ``Kind``.

A command imports only the kind that it shows. No file of a kind needs Rich or Jinja2; only the format that uses one
imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from mmadvisor.answers.look_ahead import Plan
    from mmadvisor.render.calendar_file import Appointment
    from mmadvisor.render.paper import Paper

A = TypeVar("A", bound=Mapping[str, object])


class Look(NamedTuple):
    """How a report is shown.

    ``to_terminal``: the report goes to standard output, and uses only characters that the terminal can show.
    ``explain_order``: a recommendation shows every comparison. ``plan``: the look-ahead on the page of a
    recommendation. ``full``: everything, and not the first screen alone. ``why``: the regimen that is shown whole.
    ``board``: the page is the one sheet for a tumour board. ``made_on``: the day on which the sheet is made.
    ``file``: the patient file, if it is named on the sheet because ``same_id`` lists other files with the same id.
    ``branches``: the first screen of a look-ahead shows the later choices too.
    """

    to_terminal: bool = True
    no_color: bool = False
    explain_order: bool = False
    plan: Plan | None = None
    full: bool = True
    board: bool = False
    made_on: str = ""
    file: str = ""
    same_id: tuple[str, ...] = ()
    why: str = ""
    branches: bool = False


# Why: docs/explanation/output.md#a-kind-of-answer-is-a-typed-value
class Kind(NamedTuple, Generic[A]):
    """One kind of answer, and how each format shows it.

    ``schema``: the tag of the answer. ``draw``: draws the answer on paper, for a terminal or as Markdown. ``page``:
    makes the HTML page of the answer; ``None`` if this kind has no page. ``untitled``: the Markdown title of a report
    without its own title.
    ``brief``: draws the first screen, which a table shows unless everything is asked for; ``None`` if the whole report
    is short.
    ``days``: the entries of its calendar file; ``None`` if it has no dates for a calendar.
    """

    schema: str
    draw: Callable[[Paper, A, Look], None]
    page: Callable[[A, Look], str] | None = None
    untitled: str = ""
    brief: Callable[[Paper, A, Look], None] | None = None
    days: Callable[[A], Iterable[Appointment]] | None = None
