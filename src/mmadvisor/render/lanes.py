"""Lanes in a report: steps, definitions and regimens without a rank, before the options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmadvisor.render.marks import cite

if TYPE_CHECKING:
    from mmadvisor.answers.lanes import Lane, LaneDefinition, LaneRegimen, LaneStep
    from mmadvisor.render.paper import Paper

_ANSWERS = {"yes": "eligible", "no": "ineligible", "unknown": "undetermined"}


def draw(paper: Paper, lanes: list[Lane]) -> None:
    """Each lane under its name; each sign has a word beside it."""
    for lane in lanes:
        paper.heading(f"{lane['name']}: first, in this order")
        for number, step in enumerate(lane["first"], 1):
            paper.bullets([said(step)], sign=f"{number}.")
        if lane["definitions"]:
            paper.line("Definitions", indent=2)
        for definition in lane["definitions"]:
            paper.bullets([defined(definition)], indent=4, sign=paper.sign(definition["value"]))
        if lane["regimens"]:
            paper.line("Regimens, in no order", indent=2)
        for regimen in lane["regimens"]:
            paper.bullets([given(regimen)], indent=4, sign=paper.sign(_ANSWERS[regimen["answer"]]))
        paper.line(f"Until: {lane['until']}", indent=2)


def said(step: LaneStep) -> str:
    """A step with its source; if it is unknown whether it applies, with the missing fields."""
    unknown = f" (not known whether it applies: record {', '.join(step['missing'])})" if step["missing"] else ""
    return f"{step['text']}{unknown} {cite(step)}"


def defined(definition: LaneDefinition) -> str:
    """A definition: whether it is met, the facts that decide it, and what it means."""
    record = f"record {', '.join(definition['missing'])}" if definition["missing"] else ""
    held = "; ".join(filter(None, [f"{definition['name']}: {definition['value']}", definition["found"], record]))
    return " ".join(filter(None, [f"{held}.", definition["text"], cite(definition)]))


def given(regimen: LaneRegimen) -> str:
    """A regimen: whether it may be given, the reasons against it, and the patients for whom it is."""
    answer = {"yes": "may be given", "no": "not given", "unknown": "not decided"}[regimen["answer"]]
    because = f" ({'; '.join(regimen['because'])})" if regimen["because"] else ""
    return f"{regimen['regimen']}: {answer}{because}. {regimen['text']} {cite(regimen)}"
