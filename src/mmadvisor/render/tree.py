"""The look-ahead for a terminal: a tree of choices, each with what it spends and what is left."""

from __future__ import annotations

from typing import Any

from mmadvisor.render.paper import LEGEND, Paper, cite, sign_of

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
        rows = [["today", *(self._mark(p["left"][c]) for c in classes)]]
        rows += [[_named(n), *(self._mark(n["left"][c]) for c in classes)] for n in p["choices"]]
        if p["choices"]:
            self.heading("What is left after progression on each choice")
            self.table(["Choice", *classes], rows)
            self.line("a number: options that hold it   ~ doubtful, or not known to be active")
            self.line("spent: refractory   none: no option")

    def _mark(self, left: dict[str, Any]) -> str:
        if left["state"] in ("spent", "no option"):
            return "spent" if left["state"] == "spent" else "none"
        return f"{left['options']}{' ~' if left['state'] == 'doubtful' else ''}"

    def _choice(self, node: dict[str, Any]) -> None:
        self.heading(f"{node['rank']}. {node['regimen']}, then {node['assumes']}")
        self.pairs(
            [
                ("Spends", ", ".join(node["spends"]) or "nothing that was still open"),
                ("Closes", _listed([f"{c['regimen']} ({c['because']})" for c in node["closes"][:3]], node["closes"])),
                ("Opens", _few(node["opens"])),
                ("Remains", _few(node["remains"]) or "nothing"),
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
        self.bullets([f"{_named(node)}{spends}; leaves {_leaves(node)}"], indent=2, sign=corner)
        self.bullets(self._new(node["published"]), indent=5, sign="=")
        after = [f"{_named(child)} (leaves {_leaves(child)})" for child in node["next"]]
        if after:
            self.bullets([f"then {'; '.join(after)}"], indent=5, sign=">")

    def _new(self, rows: list[dict[str, Any]]) -> list[str]:
        """Published outcomes; one that was shown above is only named again."""
        said = []
        for row in rows:
            said.append(f"{row['trial']}: as above" if row["id"] in self.shown else _outcome(row))
            self.shown.add(row["id"])
        return said


def _named(node: dict[str, Any]) -> str:
    return f"{node['regimen']}{'' if node['branch'] == 'progression' else ', relapse later'}"


def _leaves(node: dict[str, Any]) -> str:
    return _few([*node["opens"], *node["remains"]]) or "nothing"


def _listed(shown: list[str], whole: list[Any]) -> str:
    more = f" and {len(whole) - len(shown)} more: {_few([c['regimen'] for c in whole[len(shown) :]])}"
    return "; ".join(shown) + (more if len(whole) > len(shown) else "")


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _SHORT} more" if len(names) > _SHORT else ""
    return ", ".join(names[:_SHORT]) + more


def _outcome(row: dict[str, Any]) -> str:
    """What was published of this treatment after that one, with how many and whose."""
    figures = []
    if "orr_percent" in row:
        figures.append(f"response {row['orr_percent']:g} %")
    for key, name in (("pfs_months", "PFS"), ("os_months", "OS")):
        months = row.get(key, {})
        if months.get("median") is not None:
            figures.append(f"{name} {months['median']:g} months")
        elif months.get("not_reached"):
            figures.append(f"{name} not reached")
    number = f"n {row['n']}, " if "n" in row else ""
    said = ", ".join(figures) or row.get("note", "")
    return f"{row['trial']} ({number}{row['population']}): {said} {sign_of(row)}[{row['source']}]"
