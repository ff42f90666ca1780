"""One agent, source or setting of the catalogue, with what is connected to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.shelf import ENTRY, CatalogueClaim, CatalogueEntry
from mmadvisor.render import words
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import CHECKED, cite
from mmadvisor.render.shared import ends
from mmadvisor.render.text import spoken
from mmadvisor.render.values import plain

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper

TOPICS = {
    "contraindications": "Contraindications",
    "renal": "Kidney",
    "hepatic": "Liver",
    "dosing": "Dosing rules",
    "interactions": "Interactions",
    "supportive": "Supportive care",
    "safety": "Warnings",
    "access": "Access",
    "steps": "Step-up",
    "premedication": "Premedication",
    "observation": "Observation",
    "deescalation": "Spacing out",
    "restarts": "After an interruption",
    "levels": "Dose levels",
    "holds": "At adverse events",
}


def draw(paper: Paper, e: CatalogueEntry, look: Look) -> None:
    """One agent, source or setting."""
    paper.title(f"{e['kind'].capitalize()} {e['id']}: {e['name']}")
    paper.pairs([(spoken(name).capitalize(), _fact(name, value)) for name, value in e["facts"].items()])
    if e["kind"] == "source" and "links" not in e["facts"]:
        paper.line("No address of this source is recorded; search for its title.")
    if e["regimens"]:
        paper.heading("Regimens")
        paper.line(", ".join(e["regimens"]), indent=2)
    for topic, claims in e["claims"].items():
        paper.heading(TOPICS.get(topic, topic))
        paper.bullets([f"{_claim(claim)} {cite(claim)}".rstrip() for claim in claims])
    if e["cited_by"]:
        paper.heading(f"Cited {len(e['cited_by'])} times")
        paper.bullets(e["cited_by"])
    ends(paper, e["intended_use"], e["sources"])


def _fact(name: str, value: object) -> str:
    """The value of a fact; how a source was read has its mark."""
    return f"{plain(value)} {CHECKED.get(str(value), '')}".rstrip() if name == "verified" else plain(value)


def _claim(claim: CatalogueClaim) -> str:
    """A claim after its topic, or a row of a table, in one line."""
    if "about" in claim:
        return words.about(claim)
    if "day" in claim or "last_dose" in claim or "event" in claim or "after" in claim or "leave" in claim:
        shown = ((name, value) for name, value in claim.items() if name not in ("source", "verified"))
        return "; ".join(f"{spoken(name)} {plain(value)}" for name, value in shown)
    if "before" in claim:
        return claim["text"]
    topic = claim.get("topic")
    return f"{topic}: {claim['text']}" if topic else claim["text"]


CATALOGUE_ENTRY: Final = Kind(ENTRY, draw)
