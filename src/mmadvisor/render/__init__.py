"""Plain data into text. To add a format: one module, and its line in ``FORMATS``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmadvisor.base.errors import UsageError, nearest

# What draws each kind of report for a terminal: module, class and method.
_DRAWN_BY = {
    "recommendation": ("answers", "AnswerPaper", "recommendation"),
    "history": ("timeline", "HistoryPaper", "history"),
    "restart": ("ward", "WardPaper", "restart"),
    "monitor": ("ward", "WardPaper", "monitor"),
    "hold": ("ward", "WardPaper", "hold"),
    "against": ("changes", "ChangesPaper", "against"),
    "plan": ("tree", "TreePaper", "plan"),
    "page": ("pages", "CataloguePaper", "regimen"),
    "comparison": ("shelf", "ShelfPaper", "comparison"),
    "catalogue-list": ("shelf", "ShelfPaper", "listing"),
    "catalogue-entry": ("shelf", "ShelfPaper", "entry"),
    "catalogue-check": ("shelf", "ShelfPaper", "check"),
    "catalogue-diff": ("shelf", "ShelfPaper", "difference"),
}


def _table(kind: str, data: Any, *, to_terminal: bool = True, no_color: bool = False, **options: Any) -> str:
    from importlib import import_module

    module, paper, draw = _DRAWN_BY[kind]
    page = getattr(import_module(f"mmadvisor.render.{module}"), paper)(to_terminal=to_terminal, no_color=no_color)
    if told := import_module("mmadvisor.render.words").stale(data):
        page.before_all(told)
    getattr(page, draw)(data, **options)
    text: str = page.text()
    return text


def _json(kind: str, data: Any, **options: Any) -> str:
    from mmadvisor.base.plain import as_json

    return as_json(data, indent=2) + "\n"


def _markdown(kind: str, data: Any, *, to_terminal: bool = True, no_color: bool = False, **options: Any) -> str:
    from mmadvisor.render.markdown import markdown

    return markdown(_DRAWN_BY[kind], kind, data, **options)


def _html(kind: str, data: Any, *, to_terminal: bool = True, no_color: bool = False, **options: Any) -> str:
    from mmadvisor.render.web import page

    return page(kind, data, **options)


FORMATS: dict[str, Callable[..., str]] = {"table": _table, "json": _json, "markdown": _markdown, "html": _html}


def render(kind: str, format: str, data: Any, **options: Any) -> str:
    """A report in a format.

    Args:
        kind: A name in ``_DRAWN_BY``, or ``schema``.
        format: A name in ``FORMATS``.
        data: The plain data of that kind.
        options: ``to_terminal``, ``no_color`` and what a kind takes.

    Raises:
        UsageError: There is no such format.
    """
    if format not in FORMATS:
        raise UsageError(
            f"there is no format {format!r}; known: {', '.join(FORMATS)}. {nearest(format, FORMATS)}".strip()
        )
    return FORMATS[format](kind, data, **options)
