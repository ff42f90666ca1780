"""The look-ahead: a tree of choices, each with what it uses and what remains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mmadvisor.answers.look_ahead import SCHEMA, Closed, Plan, PlanNode
from mmadvisor.answers.published import SequenceEntry
from mmadvisor.render import words
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import LEGEND, cite

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper

_SHORT = 6


def draw(paper: Paper, p: Plan, look: Look) -> None:
    """The first choices in full, the later ones in a line or two each."""
    catalogue = p["catalogue"]
    paper.title(
        f"Patient {p['patient']['id']}   {p['patient']['assessed_on']}   {p['jurisdiction']}   "
        f"catalogue {catalogue['version']}"
    )
    paper.heading("Look-ahead: what each choice spends, and what would be left")
    paper.bullets(p["assumptions"])
    if p["nothing_open"]:
        paper.heading(p["nothing_open"])
    _overview(paper, p)
    shown: set[str] = set()
    for node in p["choices"]:
        _choice(paper, node, shown)
    paper.gap()
    paper.line(LEGEND)
    paper.line(p["intended_use"])


def _overview(paper: Paper, p: Plan) -> None:
    """What remains of each class and target, today and after each choice."""
    classes = list(p["left"])
    rows = [["today", *(words.remaining(p["left"][c]) for c in classes)]]
    rows += [[words.named(n), *(words.remaining(n["left"][c]) for c in classes)] for n in p["choices"]]
    if p["choices"]:
        paper.heading("What is left after progression on each choice")
        paper.table(["Choice", *classes], rows)
        paper.line("a number: options that hold it   ~ doubtful, or not known to be active")
        paper.line("spent: refractory   none: no option   ?: only regimens that are not decided hold it")


def _choice(paper: Paper, node: PlanNode, shown: set[str]) -> None:
    paper.heading(f"{node['rank']}. {node['regimen']}, then {node['assumes']}")
    paper.pairs(
        [
            ("Spends", ", ".join(node["spends"]) or "nothing that was still open"),
            ("Closes", _listed([f"{c['regimen']} ({c['because']})" for c in node["closes"][:3]], node["closes"])),
            ("Opens", words.few(node["opens"], _SHORT)),
            ("Remains", words.few(node["remains"], _SHORT) or "nothing"),
        ],
        indent=2,
    )
    paper.bullets([f"{rule['text']} {cite(rule)}" for rule in node["rules"]], sign=">")
    paper.bullets(_new(node["published"], shown), sign="=")
    for child in node["next"]:
        _follows(paper, child, shown)


def _follows(paper: Paper, node: PlanNode, shown: set[str]) -> None:
    """A second choice: what it uses and leaves, published results of this order, and the choices after it."""
    corner = "`-" if paper.ascii_only else "└─"
    spends = f"; spends {', '.join(node['spends'])}" if node["spends"] else ""
    paper.bullets([f"{words.named(node)}{spends}; leaves {words.leaves(node)}"], indent=2, sign=corner)
    paper.bullets(_new(node["published"], shown), indent=5, sign="=")
    after = [f"{words.named(child)} (leaves {words.leaves(child)})" for child in node["next"]]
    if after:
        paper.bullets([f"then {'; '.join(after)}"], indent=5, sign=">")


def _new(rows: Sequence[SequenceEntry], shown: set[str]) -> list[str]:
    """Published outcomes; an outcome that was shown before is only named."""
    said = []
    for row in rows:
        said.append(f"{row['trial']}: as above" if row["id"] in shown else f"{words.outcome(row)} {cite(row)}")
        shown.add(row["id"])
    return said


def _listed(shown: Sequence[str], whole: Sequence[Closed]) -> str:
    more = f" and {len(whole) - len(shown)} more: {words.few([c['regimen'] for c in whole[len(shown) :]], _SHORT)}"
    return "; ".join(shown) + (more if len(whole) > len(shown) else "")


def page(p: Plan, look: Look) -> str:
    """The HTML page of a look-ahead."""
    from mmadvisor.render.web import written

    return written("plan", p, p["sources"])


PLAN: Final = Kind(SCHEMA, draw, page)
