"""A report as one HTML page without script, which loads nothing and can be printed.

Templates decide the layout, ``drawing`` computes the drawings, ``words``, ``checklists`` and ``order`` make the
sentences. Every text is made harmless before it is written: first as for a terminal, then escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mmadvisor.answers.stamps import SourceEntry
from mmadvisor.answers.words import (
    action_in_words,
    cycle_in_words,
    evidence_in_words,
    indication_in_words,
    manufacture_in_words,
    silent,
)
from mmadvisor.base.errors import UsageError
from mmadvisor.render import access, brief, checklists, drawing, figures, order, short, week, words
from mmadvisor.render.marks import CHECKED, LEGEND, MARKS
from mmadvisor.render.text import clean, spoken

if TYPE_CHECKING:
    from jinja2 import Environment

# The kinds that have a page, by the names of their templates.
WITH_A_PAGE = (
    "recommendation",
    "history",
    "regimen",
    "comparison",
    "plan",
    "monitor",
    "restart",
    "hold",
    "against",
    "board_index",
    "audit",
    "cohort",
)


class NumberedSource(SourceEntry):
    """A source with its number on the page."""

    number: int


# Why: docs/explanation/output.md#the-page-in-html
def written(template: str, data: Mapping[str, object], sources: Mapping[str, SourceEntry], **more: object) -> str:
    """The HTML text of a page.

    Args:
        template: The name of the template, without ``.html``.
        data: The answer, which is ``d`` in the template.
        sources: The sources of everything on the page; they are numbered by key.
        more: Other values that the template uses.

    Raises:
        UsageError: Jinja2 is not installed.
    """
    numbered = {key: NumberedSource(number=i, **sources[key]) for i, key in enumerate(sorted(sources), 1)}
    return _environment().get_template(f"{template}.html").render(d=data, sources=numbered, **more) + "\n"


def _environment() -> Environment:
    try:
        import jinja2  # noqa: F401 - whether it is installed
    except ImportError:
        raise UsageError("a page needs Jinja2, which is not installed: pip install 'mmadvisor[html]'") from None
    return _prepared()


@cache  # a folder has many pages, and reading the templates takes longer than filling them
def _prepared() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["spoken"] = spoken
    made.filters["css_string"] = css_string
    made.globals |= {
        "access": access,
        "brief": brief,
        "short": short,
        "words": words,
        "figures": figures,
        "checklists": checklists,
        "order": order,
        "week": week,
        "marks": {word: mark for word, (mark, _) in MARKS.items()},
        "checked": CHECKED,
        "legend": LEGEND,
        "timeline": drawing.timeline,
        "layouts": {"wide": drawing.WIDE, "narrow": drawing.NARROW, "paper": drawing.PAPER},
        "months_axis": drawing.months_axis,
        "survival": drawing.survival,
        "action_in_words": action_in_words,
        "cycle_in_words": cycle_in_words,
        "manufacture_in_words": manufacture_in_words,
        "evidence_in_words": evidence_in_words,
        "indication_in_words": indication_in_words,
        "silent": silent,
    }
    return made


def css_string(text: str) -> str:
    """A text as a string of a style sheet, in which no character can end the string or the style sheet."""
    kept = (c if c.isascii() and (c.isalnum() or c in " -.") else f"\\{ord(c):x} " for c in clean(text))
    return f'"{"".join(kept)}"'


def _harmless(value: object) -> object:
    """Text with control characters made visible; text that a template has made already is not changed."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return clean(value)
    return "" if value is None else value
