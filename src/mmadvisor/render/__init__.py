"""Answers as text. A format is one function with its line in ``FORMATS``; ``kind`` describes the kinds of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mmadvisor.base.errors import UsageError, nearest
from mmadvisor.render.kind import A, Kind, Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from mmadvisor.render.paper import Paper


class Format(Protocol):
    """A function that writes an answer of any kind in one format."""

    def __call__(self, kind: Kind[A], data: A, look: Look, /) -> str:
        """Return the text of an answer."""


def _table(kind: Kind[A], data: A, look: Look) -> str:
    from mmadvisor.render.paper import Paper

    draw = kind.draw if look.full or kind.brief is None else kind.brief
    return _drawn(Paper(to_terminal=look.to_terminal, no_color=look.no_color), draw, data, look)


def _markdown(kind: Kind[A], data: A, look: Look) -> str:
    from mmadvisor.render.markdown import MarkdownPaper

    return _drawn(MarkdownPaper(untitled=kind.untitled), kind.draw, data, look)


def _drawn(paper: Paper, draw: Callable[[Paper, A, Look], None], data: A, look: Look) -> str:
    from mmadvisor.render.words import settings, stale

    if told := stale(data):
        paper.before_all(told)
    if told := settings(data):
        paper.before_title(told)
    draw(paper, data, look)
    return paper.text()


def _json(kind: Kind[A], data: A, look: Look) -> str:
    from mmadvisor.base.plain import as_json

    return as_json(data, indent=2) + "\n"


def _html(kind: Kind[A], data: A, look: Look) -> str:
    from mmadvisor.render.web import WITH_A_PAGE

    if kind.page is None:
        raise UsageError(f"this answer has no HTML page; these have one: {', '.join(WITH_A_PAGE)}")
    return kind.page(data, look)


def _ics(kind: Kind[A], data: A, look: Look) -> str:
    from mmadvisor.render.calendar_file import written

    if kind.days is None:
        raise UsageError("this answer has no calendar; `mmadvisor monitor` has one")
    return written(kind.days(data))


FORMATS: dict[str, Format] = {"table": _table, "json": _json, "markdown": _markdown, "html": _html, "ics": _ics}


def render(kind: Kind[A], format: str, data: A, look: Look | None = None) -> str:
    """An answer in a format.

    Args:
        kind: The kind of answer, such as ``RECOMMENDATION`` of ``mmadvisor.render.recommendation``.
        format: A name in ``FORMATS``.
        data: The answer of that kind.
        look: How to show it. Default: as on a terminal.

    Raises:
        UsageError: There is no such format, or this kind does not have it.
    """
    if format not in FORMATS:
        raise UsageError(
            f"there is no format {format!r}; known: {', '.join(FORMATS)}. {nearest(format, FORMATS)}".strip()
        )
    return FORMATS[format](kind, data, look or Look())
