"""This week in a report: a few entries in one line each after the options, and all of them in full further down."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mmadvisor.render.marks import cite, sign_of
from mmadvisor.render.words import few

if TYPE_CHECKING:
    from mmadvisor.answers.week import WeekEntry
    from mmadvisor.render.paper import Paper

HEADING = "This week, beside the choice (not ranked)"


def briefly(paper: Paper, entries: list[WeekEntry]) -> None:
    """The brief entries in one line each, with their topics."""
    shown = [e for e in entries if e["brief"]]
    if shown:
        more = len(entries) - len(shown)
        paper.heading(f"{HEADING[:-1]}{f'; {more} more' if more else ''}; in full below)")
    for e in shown:
        paper.bullets([f"{e['heading']}: {line(e)} {sign_of(e)}".rstrip()], sign=sign(e))


def in_full(paper: Paper, entries: list[WeekEntry]) -> None:
    """All entries in full, under their topics."""
    if entries:
        paper.heading("This week, in full")
    for heading, of_topic in groupby(entries, key=lambda e: e["heading"]):
        paper.line(heading, indent=2)
        for e in of_topic:
            paper.bullets([f"{said(e)} {cite(e)}"], indent=4, sign=sign(e))


def sign(entry: WeekEntry) -> str:
    """The sign of an entry: a question mark if it is not known whether it is for the patient."""
    return "?" if entry["applies"] == "unknown" else "-"


def line(entry: WeekEntry) -> str:
    """The entry in one line, with its address; with the fields to record, or with what was found."""
    more = f"record {few(entry['missing'], 2)}" if entry["missing"] else "; ".join(entry["because"])
    return " ".join(filter(None, [entry["short"], entry["url"], f"({more})" if more else ""]))


def said(entry: WeekEntry) -> str:
    """The entry in full, with its address, with what was found, and with the fields to record."""
    return " ".join(filter(None, [entry["text"], entry["url"], added(entry)]))


def added(entry: WeekEntry) -> str:
    """What was found, and the fields to record, in brackets; empty if there is neither."""
    record = f"record {few(entry['missing'])}" if entry["missing"] else ""
    return f"({'; '.join([*entry['because'], *filter(None, [record])])})" if entry["because"] or record else ""
