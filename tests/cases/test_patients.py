"""Patients and what a sound tool must say; the sources stand in the files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.files.documents import parse
from mmadvisor.files.patients import patient_from
from mmadvisor.reports.recommend import advise
from tests.builders.blank import LOADED

FILES = sorted((Path(__file__).parent / "patients").glob("*.yaml"))


def answered(path: Path) -> tuple[dict[str, Any], Recommendation]:
    tree = parse(path.read_bytes(), path.name).tree
    read = patient_from(tree["patient"], LOADED.catalogue.formulary)
    assert read.patient.assessed_on is not None
    return tree["expect"], advise(read.patient, LOADED.catalogue, read.patient.assessed_on.earliest)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_case_holds(path: Path) -> None:
    expect, answer = answered(path)
    assert not list(disagreements(expect, answer))


def disagreements(expect: dict[str, Any], answer: Recommendation) -> Any:
    """Every expectation that the answer does not meet."""
    known = {
        "history", "offered", "offered_any_of", "not_offered", "needs_data", "top", "above", "cautions", "monitoring",
        "treat_now",
    }  # fmt: skip
    assert expect.keys() <= known, expect.keys() - known
    yield from _history(expect.get("history", {}), answer)
    rank = {o["regimen"]: o["rank"] for o in answer["options"]}
    options = {o["regimen"]: o for o in answer["options"]}
    closed = {n["regimen"]: n for n in answer["not_offered"]}
    for regimen in expect.get("offered", []):
        if regimen not in rank:
            yield f"{regimen} is not offered: {closed[regimen]['because'] if regimen in closed else None}"
    for several in expect.get("offered_any_of", []):
        if not any(regimen in rank for regimen in several):
            yield f"none of {several} is offered"
    for entry in expect.get("not_offered", []):
        if entry["regimen"] in rank:
            yield f"{entry['regimen']} is offered, although {entry['because']}"
    for entry in expect.get("needs_data", []):
        found = closed.get(entry["regimen"])
        if found is None or found["verdict"] != "undetermined":
            yield f"{entry['regimen']} is not undetermined"
        elif not any(field.startswith(entry["field"]) for field in found["missing"]):
            yield f"{entry['regimen']} names {found['missing']}, not {entry['field']}"
    if "top" in expect:
        best = min((rank.get(r, 999) for r in expect["top"]["any_of"]), default=999)
        if best > expect["top"]["k"]:
            yield f"none of {expect['top']['any_of']} within {expect['top']['k']}: {list(rank)}"
    for first, second in expect.get("above", []):
        if second in rank and rank.get(first, 999) > rank[second]:
            yield f"{first} is not above {second}"
    for kind in ("cautions", "monitoring"):
        for entry in expect.get(kind, []):
            option: Any = options.get(entry["regimen"])
            if option is not None and not re.search(entry["about"], str(option[kind]), re.IGNORECASE):
                yield f"{kind} of {entry['regimen']} say nothing of {entry['about']}"
    if "treat_now" in expect and answer["treat_now"]["answer"] != expect["treat_now"]:
        yield f"treat_now is {answer['treat_now']}"


def _history(expect: dict[str, Any], answer: Recommendation) -> Any:
    history = answer["history"]
    if "prior_lines" in expect and history["prior_lines"]["count"] != expect["prior_lines"]:
        yield f"{history['prior_lines']} prior lines"
    agents = {a["agent"]: a["refractory"] for a in history["agents"]}
    wanted = {"refractory_agents": "yes", "not_refractory_agents": "no", "refractory_unknown_agents": "unknown"}
    for key, value in wanted.items():
        for agent in expect.get(key, []):
            if agents.get(agent) != value:
                yield f"{agent} is {agents.get(agent)}, not {value}"
    classes = {c["class"]: c for c in history["classes"] if "modality" not in c}
    for key, field in (("exposed_classes", "exposed"), ("refractory_classes", "refractory")):
        for name in expect.get(key, []):
            entry: Any = classes[name]
            if entry[field] != "yes":
                yield f"{name} {field} is {entry[field]}"
    labels = {label["label"]: label["value"] for label in history["labels"]}
    for name in expect.get("labels", []):
        if labels.get(name) != "yes":
            yield f"{name} is {labels.get(name)}"
