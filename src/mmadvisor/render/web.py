"""A report as one page for a browser: no script, nothing fetched, fit for paper.

Templates say what stands where, ``drawing`` gives the numbers of the drawings, ``words`` the sentences. Every text
is made harmless on its way out: first as for a terminal, then escaped.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmadvisor.answers.words import action_in_words, cycle_in_words, evidence_in_words, indication_in_words, silent
from mmadvisor.base.errors import UsageError
from mmadvisor.render import drawing, words
from mmadvisor.render.pages import ASKED_OF_ALL, HANDLED
from mmadvisor.render.paper import CHECKED, LEGEND, MARKS
from mmadvisor.render.text import clean, spoken

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = {
    "recommendation": "recommendation.html",
    "history": "history.html",
    "page": "regimen.html",
    "comparison": "comparison.html",
    "plan": "plan.html",
    "monitor": "monitor.html",
}


def page(kind: str, data: dict[str, Any], **options: Any) -> str:
    """One report as a page.

    Args:
        kind: A name in ``TEMPLATES``.
        data: The plain data of that kind.
        options: What the kind takes, such as ``explain_order`` and ``plan`` of a recommendation.

    Raises:
        UsageError: The kind has no page, or Jinja2 is not installed.
    """
    if kind not in TEMPLATES:
        raise UsageError(
            f"there is no HTML page of this; there is one of: {', '.join(Path(t).stem for t in TEMPLATES.values())}"
        )
    plan = options.get("plan")
    return (
        _environment()
        .get_template(TEMPLATES[kind])
        .render(
            kind=kind,
            d=data,
            plan=plan,
            explain_order=bool(options.get("explain_order")),
            sources=_sources(data, plan),
        )
        + "\n"
    )


def _sources(data: dict[str, Any], plan: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """The sources of everything on the page, by key, each with its number."""
    found = dict(data["sources"])
    found |= plan["sources"] if plan else {}
    found |= words.cited(data["for_patient"]) if "for_patient" in data else {}
    return {key: {"number": i, **found[key]} for i, key in enumerate(sorted(found), 1)}


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise UsageError("a page needs Jinja2, which is not installed: pip install 'mmadvisor[html]'") from None
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["spoken"] = spoken
    made.globals |= {
        "words": words,
        "marks": {word: mark for word, (mark, _) in MARKS.items()},
        "checked": CHECKED,
        "legend": LEGEND,
        "timeline": drawing.timeline,
        "layouts": {"wide": drawing.WIDE, "narrow": drawing.NARROW},
        "months_axis": drawing.months_axis,
        "survival": drawing.survival,
        "action_in_words": action_in_words,
        "cycle_in_words": cycle_in_words,
        "evidence_in_words": evidence_in_words,
        "indication_in_words": indication_in_words,
        "silent": silent,
        "handled": HANDLED,
        "asked_of_all": ASKED_OF_ALL,
    }
    return made


def _harmless(value: Any) -> Any:
    """Text with its control characters made visible; what a template of ours has made already stays as it is."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return clean(value)
    return "" if value is None else value
