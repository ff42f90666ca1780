"""The look-ahead for a terminal: a tree of choices, each with what it spends and what is left."""

from __future__ import annotations

from typing import Any

from mmadvisor.render import words
from mmadvisor.render.paper import LEGEND, Paper, cite

_SHORT = 6


class TreePaper(Paper):
    """What each choice opens, closes and spends."""

    def plan(self, p: dict[str, Any]) -> None:
        """The first choices in full, what follows them in a line or two each."""
        catalogue = p["catalogue"]
        self.title(
            f"Patient {p['patient']['id']}   {p['patient']['assessed_on']}   {p['jurisdiction']}   "
            f"catalogue {catalogue['version']}"
        )
        self.heading("Look-ahead: what each choice spends, and what would be left")
        self.bullets(p["assumptions"])
        if p["nothing_open"]:
            self.heading(p["nothing_open"])
        self._overview(p)
        self.shown: set[str] = set()
        for node in p["choices"]:
            self._choice(node)
        self.gap()
        self.line(LEGEND)
        self.line(p["intended_use"])

    def _overview(self, p: dict[str, Any]) -> None:
        """What is left of each class and target: today, and after each choice."""
        classes = list(p["left"])
        rows = [["today", *(words.remaining(p["left"][c]) for c in classes)]]
        rows += [[words.named(n), *(words.remaining(n["left"][c]) for c in classes)] for n in p["choices"]]
        if p["choices"]:
            self.heading("What is left after progression on each choice")
            self.table(["Choice", *classes], rows)
            self.line("a number: options that hold it   ~ doubtful, or not known to be active")
            self.line("spent: refractory   none: no option   ?: only regimens that are not decided hold it")

    def _choice(self, node: dict[str, Any]) -> None:
        self.heading(f"{node['rank']}. {node['regimen']}, then {node['assumes']}")
        self.pairs(
            [
                ("Spends", ", ".join(node["spends"]) or "nothing that was still open"),
                ("Closes", _listed([f"{c['regimen']} ({c['because']})" for c in node["closes"][:3]], node["closes"])),
                ("Opens", words.few(node["opens"], _SHORT)),
                ("Remains", words.few(node["remains"], _SHORT) or "nothing"),
            ],
            indent=2,
        )
        self.bullets([f"{rule['text']} {cite(rule)}" for rule in node["rules"]], sign=">")
        self.bullets(self._new(node["published"]), sign="=")
        for child in node["next"]:
            self._follows(child)

    def _follows(self, node: dict[str, Any]) -> None:
        """A second choice: what was published of it in this order, what it spends and leaves, and what follows."""
        corner = "`-" if self.ascii_only else "└─"
        spends = f"; spends {', '.join(node['spends'])}" if node["spends"] else ""
        self.bullets([f"{words.named(node)}{spends}; leaves {words.leaves(node)}"], indent=2, sign=corner)
        self.bullets(self._new(node["published"]), indent=5, sign="=")
        after = [f"{words.named(child)} (leaves {words.leaves(child)})" for child in node["next"]]
        if after:
            self.bullets([f"then {'; '.join(after)}"], indent=5, sign=">")

    def _new(self, rows: list[dict[str, Any]]) -> list[str]:
        """Published outcomes; one that was shown above is only named again."""
        said = []
        for row in rows:
            said.append(f"{row['trial']}: as above" if row["id"] in self.shown else f"{words.outcome(row)} {cite(row)}")
            self.shown.add(row["id"])
        return said


def _listed(shown: list[str], whole: list[Any]) -> str:
    more = f" and {len(whole) - len(shown)} more: {words.few([c['regimen'] for c in whole[len(shown) :]], _SHORT)}"
    return "; ".join(shown) + (more if len(whole) > len(shown) else "")
