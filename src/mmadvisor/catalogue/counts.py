"""How much a catalogue holds, and how well it was read."""

from __future__ import annotations

from collections import Counter

from mmadvisor.answers.check import Counts
from mmadvisor.catalogue.catalogue import Catalogue, walk
from mmadvisor.catalogue.regimens import Evidence, Source
from mmadvisor.criteria.base import Criterion


def counts(catalogue: Catalogue) -> Counts:
    """How much there is, how it was read, and how much of what decides a verdict or a rank was read.

    Deciding are: hard and soft criteria, indications, the status of listings that say one, placements,
    the progression-free survival that ranks, lead times, burdens, orders within a class, labels, thresholds.
    """
    marks: Counter[str] = Counter()
    deciding: Counter[str] = Counter()
    for _, entry in walk(catalogue):
        mark = getattr(entry, "verified", None)
        if mark is None or isinstance(entry, Source) or not getattr(entry, "source", ""):
            continue
        marks[mark] += 1
        if _decides(entry):
            deciding[mark] += 1
    read = deciding["primary"] + deciding["secondary"]
    return {
        "regimens": len(catalogue.regimens),
        "agents": len(catalogue.agents),
        "names": len(catalogue.names),
        "sources": len(catalogue.sources),
        "jurisdictions": {code: len(j.listings) for code, j in catalogue.jurisdictions.items()},
        "claims": {mark: marks[mark] for mark in ("primary", "secondary", "unverified")},
        "deciding": {mark: deciding[mark] for mark in ("primary", "secondary", "unverified")},
        "deciding_read_percent": round(100 * read / max(1, read + deciding["unverified"]), 1),
    }


_DECIDING = {
    "Indication",
    "Placement",
    "LeadTime",
    "Burden",
    "DrugClass",
    "Label",
    "Threshold",
    "Quantity",
    "FrailtyItem",
    "Door",
    "Interaction",
}


def _decides(entry: object) -> bool:
    if isinstance(entry, Criterion):
        return bool(entry.id)
    if isinstance(entry, Evidence):
        return entry.pfs_months is not None
    if type(entry).__name__ == "Listing":
        return getattr(entry, "status", "unknown") != "unknown"
    return type(entry).__name__ in _DECIDING
