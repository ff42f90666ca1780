"""The look-ahead: a tree of choices, each with what it uses and what remains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from mmadvisor.answers.look_ahead import SCHEMA, Closed, Plan, PlanNode
from mmadvisor.answers.published import SequenceEntry
from mmadvisor.render import screen_words, short, words
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import cite
from mmadvisor.render.shared import due_now, ends

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper

_SHORT = 6
_FEW = 3


def draw(paper: Paper, p: Plan, look: Look) -> None:
    """The first choices in full, the later ones in a line or two each."""
    catalogue = p["catalogue"]
    paper.title(
        f"Patient {p['patient']['id']}   {p['patient']['assessed_on']}   {p['jurisdiction']}   "
        f"catalogue {catalogue['version']}"
    )
    due_now(paper, p["treat_now"], p["first"])
    paper.heading("Look-ahead: what each choice spends, and what would be left")
    paper.bullets(p["assumptions"])
    if p["nothing_open"]:
        paper.heading(p["nothing_open"])
    _overview(paper, p)
    _access(paper, p)
    shown: set[str] = set()
    for node in p["choices"]:
        _choice(paper, node, shown)
    ends(paper, p["intended_use"])


def brief(paper: Paper, p: Plan, look: Look) -> None:
    """What is left of each class after each choice, and one line for each choice."""
    paper.title(
        screen_words.PLAN.format(id=p["patient"]["id"], on=p["patient"]["assessed_on"], place=p["jurisdiction"])
    )
    short.first(paper, p["treat_now"], p["first"])
    if p["nothing_open"]:
        paper.line(p["nothing_open"], style="bold")
    else:
        _left(paper, p)
        _access(paper, p)
        paper.line(screen_words.CHOICES, style="bold")
    shown: set[str] = set()
    for node in p["choices"]:
        paper.bullets([_in_a_line(node)], sign=f"{node['rank']}")
        for child in node["next"] if look.branches else ():
            _follows(paper, child, shown)
    if p["choices"]:
        paper.line(screen_words.SUPPOSED)
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE_OF_PLAN)
    later = list(_later(p["choices"]))
    published = {row["id"] for node in (*p["choices"], *later) for row in node["published"]}
    short.left_out(
        paper,
        {
            "choices": 0 if look.branches else len(later),
            "rules": sum(len(node["rules"]) for node in p["choices"]),
            "published": len(published - shown),
        },
    )


def _left(paper: Paper, p: Plan) -> None:
    """The classes and targets of which something else remains after one of the choices; the others in one line."""
    rows = [(screen_words.TODAY, p["left"]), *((words.named(node), node["left"]) for node in p["choices"])]
    said = {token: [words.remaining(left[token]) for _, left in rows] for token in p["left"]}
    differ = [token for token, cells in said.items() if len(set(cells)) > 1]
    if differ:
        cells = [[name, *(said[token][i] for token in differ)] for i, (name, _) in enumerate(rows)]
        paper.grid([screen_words.LEFT_AFTER, *differ], cells)
        paper.line(screen_words.LEFT_KEY)
    same = [f"{token} {cells[0]}" for token, cells in said.items() if token not in differ]
    if same:
        paper.line((screen_words.LEFT_SAME if differ else screen_words.LEFT_ALL_SAME).format(classes=", ".join(same)))


def _access(paper: Paper, p: Plan) -> None:
    """The facts of access that are not recorded, with the classes that they decide."""
    paper.bullets([words.access_asked(each) for each in p["access_asked"]], sign="?")


def _in_a_line(node: PlanNode) -> str:
    """What a choice uses, closes and opens, in few names."""
    parts = [
        said.format(names=words.few(names, _FEW))
        for said, names in (
            (screen_words.USES, node["spends"]),
            (screen_words.CLOSES, [c["regimen"] for c in node["closes"]]),
            (screen_words.GIVES, node["opens"]),
        )
        if names
    ]
    left = screen_words.STAY.format(n=len(node["opens"]) + len(node["remains"]))
    return f"{words.named(node)}: {'; '.join([*parts, left])}"


def _later(nodes: Sequence[PlanNode]) -> Iterator[PlanNode]:
    """Every choice after the first."""
    for node in nodes:
        yield from node["next"]
        yield from _later(node["next"])


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


PLAN: Final = Kind(SCHEMA, draw, page, brief=brief)
