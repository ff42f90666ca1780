"""The compact record as it follows from the whole answer: each key by its description in ``answers/compact.py``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any


def _by(entries: Iterable[tuple[str, str]], *values: str) -> dict[str, list[str]]:
    listed = list(entries)
    return {value: [name for name, has in listed if has == value] for value in values}


def _decided_by(whole: dict[str, Any]) -> list[str]:
    found = []
    for upper, lower in pairwise(whole["options"]):
        values = [[(s["by"], s["value"]) for s in option["standing"] if s["decides"]] for option in (upper, lower)]
        if whole["unnumbered"] or upper["rank"] == lower["rank"]:
            found.append("")
        elif upper["group"] != lower["group"]:
            found.append("group")
        else:
            found.append(next(one[0] for one, other in zip(*values, strict=True) if one != other))
    return [*found, *[""][: len(whole["options"])]]


def _counted(names: Iterable[Any]) -> list[tuple[Any, int]]:
    return sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))


def projected(whole: dict[str, Any], file: str, row: int | None) -> dict[str, Any]:
    """The compact record of an answer; the regimens in the order of their names."""
    history, closed = whole["history"], whole["not_offered"]
    classes = [("/".join(filter(None, (c["class"], c.get("modality")))), c) for c in history["classes"]]
    agents = [(a["agent"], a["refractory"]) for a in history["agents"]]
    regimens: dict[str, dict[str, Any]] = {
        e["regimen"]: {"verdict": e["verdict"]} for e in [*whole["options"], *closed]
    }
    for option, by in zip(whole["options"], _decided_by(whole), strict=True):
        regimens[option["regimen"]] |= {key: option[key] for key in ("group", "rank", "tied")} | {"decided_by": by}
    for waiting in whole["deferred_options"]:
        regimens[waiting["regimen"]] |= {key: waiting[key] for key in ("would_rank", "would_be_option")}
    for presumed in whole["provisional"]:
        placed = {"provisional_rank": presumed["rank"], "provisional_group": presumed["group"]}
        regimens[presumed["regimen"]] |= placed | {"gates": presumed["gates"]}
    closing = _counted(
        pair
        for entry in closed
        if entry["verdict"] in ("ineligible", "deferred")
        for pair in {(c["id"], c["text"]) for c in entry["criteria"] if c.get("counts_as", c["result"]) == "not-met"}
    )
    return {
        "schema": "mmadvisor/compact/1",
        "input": {"file": file, "row": row},
        "patient": whole["patient"]["id"],
        "day": whole["patient"]["assessed_on"],
        "day_from": whole["patient"]["assessed_on_from"],
        "jurisdiction": whole["jurisdiction"],
        "warnings": len(whole["warnings"]),
        "undated": whole["undated"],
        "treat_now": whole["treat_now"]["answer"],
        "emergencies": [e["emergency"] for e in whole["treat_now"]["emergencies"]],
        "first": [said["id"] for said in whole["first"]],
        "history": {
            "state": history["state"],
            "complete": history["complete"],
            "lines": {key: history["prior_lines"][key] for key in ("at_least", "at_most", "definition")},
            "progressed_on_last": history["progressed_on_last"],
            "exposed": _by(((name, c["exposed"]) for name, c in classes), "yes", "unknown"),
            "refractory": _by(((name, c["refractory"]) for name, c in classes), "yes", "doubtful", "unknown"),
            "agents": _by(agents, "yes", "no", "unknown"),
            "labels": {label["label"]: label["value"] for label in history["labels"]},
        },
        "withheld": bool(whole["ranking_withheld"]),
        "withheld_because": whole["ranking_withheld"],
        "regimens": dict(sorted(regimens.items())),
        "closed_by": [{"id": c, "text": text, "regimens": n} for (c, text), n in closing],
        "not_available": sorted(e["regimen"] for e in closed if e["approval"]["status"] == "not-available"),
        "open_fields": dict(_counted(f for e in closed if e["verdict"] == "undetermined" for f in e["missing"])),
        "deferred_open_fields": dict(_counted(f for w in whole["deferred_options"] for f in w["missing"])),
    }


def in_order(record: Any) -> dict[str, Any]:
    """A compact record with the regimens in the order of their names."""
    regimens = dict(sorted(record["regimens"].items()))
    return {**record, "regimens": regimens, "not_available": sorted(record["not_available"])}
