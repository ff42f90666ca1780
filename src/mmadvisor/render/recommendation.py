"""The recommendation for a terminal, readable at eighty columns and without colour.

All text comes from the answer, made safe for a terminal. Nothing is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mmadvisor.answers.recommendation import SCHEMA, OptionEntry, Recommendation
from mmadvisor.render import access, brief, lanes, order, week, words
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.marks import LEGEND, UNBROKEN, cite, sign_of
from mmadvisor.render.shared import co_medication, due_now, foot, monitoring, strip

if TYPE_CHECKING:
    from mmadvisor.render.paper import Paper

LEADING = 3
SHOWN = 8  # regimens of a provisional order


def draw(paper: Paper, a: Recommendation, look: Look) -> None:
    """The report; the first screen shows what to do first, what is open, why, and what is missing."""
    strip(paper, a)
    _first(paper, a)
    lanes.draw(paper, a["lanes"])
    _options(paper, a)
    _missing(paper, a)
    co_medication(paper, a["co_medication"])
    week.briefly(paper, a["this_week"])
    _leading(paper, a)
    _positions(paper, a)
    if look.explain_order:
        _order(paper, a)
    _cells(paper, a)
    week.in_full(paper, a["this_week"])
    _waiting(paper, a)
    _closed(paper, a)
    _rest(paper, a)
    foot(paper, a)


def _first(paper: Paper, a: Recommendation) -> None:
    due_now(paper, a["treat_now"], a["first"])
    if a["hang_on_completeness"]:
        n = a["hang_on_completeness"]
        hang = f"{n} verdicts hang" if n > 1 else "1 verdict hangs"
        paper.bullets([f"{hang} on whether the list of therapies is whole: record therapies_complete"], sign="?")
    paper.bullets(
        [f"{s['text']} {cite(s)}" for situation in a["situations"] for s in situation["says"]],
        sign=">",
    )
    paper.bullets(a["warnings"], sign="!")
    if a["ranking_withheld"]:
        paper.bullets([a["ranking_withheld"]], sign="!")


def _options(paper: Paper, a: Recommendation) -> None:
    if a["nothing_open"]:
        paper.heading(a["nothing_open"])
    _deferred(paper, a)
    _listed(paper, a)
    _provisional(paper, a)


def _deferred(paper: Paper, a: Recommendation) -> None:
    """Deferred regimens with their ranks, and what can be done without waiting."""
    groups = words.waiting(a)
    if not groups:
        return
    paper.heading(f"Deferred: not today, with the ranks that they keep ({paper.sign('deferred')})")
    for once, rows in groups:
        paper.bullets([f"{once}: {words.ranked(rows)}"], sign=paper.sign("deferred"))
        paper.bullets([f"Now: {'; '.join(rows[0]['found'])}"], indent=6)
        said = (*rows[0]["next_steps"], *rows[0]["look_again"])
        paper.bullets([f"{s['text']} {cite(s)}" for s in said], indent=6)


def _provisional(paper: Paper, a: Recommendation) -> None:
    """The order of regimens if the unknown tests of today have acceptable results; nothing in it is confirmed."""
    rows = a["provisional"]
    if not rows:
        return
    paper.heading(words.provisional(a))
    paper.table(
        ["#", "Not confirmed", "And if", "PFS, nearest population", "Cautions and checks"],
        [
            [
                f"{p['rank']}{UNBROKEN}?",
                paper.bold(p["regimen"]),
                "; ".join(words.own_gates(a, p)) or "no more",
                f"{words.benefit(p)}{UNBROKEN}{sign_of(p['nearest_benefit'])}".strip(),
                words.concerns(p),
            ]
            for p in rows[:SHOWN]
        ],
        head_on_a_line="Cautions and checks",
    )
    if rows[SHOWN:]:
        paper.line(f"Then: {', '.join(p['regimen'] for p in rows[SHOWN:])}", indent=2)


def _listed(paper: Paper, a: Recommendation) -> None:
    """The options by group: usual options and those to apply for in full, the others in a line or two."""
    if not a["options"]:
        return
    if a["headline"]:
        paper.heading("What comes first")
        paper.bullets([a["headline"]], sign="!")
    for i, (group, heading, rows) in enumerate(order.grouped_options(a)):
        paper.heading(heading)
        if i == 0:
            paper.bullets(map(access.line, access.of_the_place(a["place"])), sign=">")
            paper.bullets(order.above_the_options(a), sign="!")
        if group not in order.IN_FULL:
            paper.bullets(order.folded(rows))
            continue
        paper.table(
            ["#", "Option", "Verdict", "PFS, nearest population", "Placed by", "Cautions and checks"],
            [
                [
                    order.rank(a, o),
                    paper.bold(o["regimen"]),
                    paper.mark(o["verdict"], access.short(o, a["place"])),
                    f"{words.benefit(o)}{UNBROKEN}{sign_of(o['nearest_benefit'])}".strip(),
                    words.placed(o),
                    words.concerns(o),
                ]
                for o in rows
            ],
        )
        paper.bullets(order.ties(rows), sign="=")
    paper.bullets([f"{name}: {said}" for name, said in words.untried(a["options"])], sign="!")
    paper.line(LEGEND)


def _missing(paper: Paper, a: Recommendation) -> None:
    undetermined = words.undecided(a)
    if undetermined:
        paper.heading(f"Not decided yet (? undetermined): {'where they' if a['options'] else 'as they'} would rank")
        for n in undetermined[:6]:
            paper.bullets([f"{n['regimen']}: {words.would_rank(n, bool(a['options']))}"], sign="?")
        if len(undetermined) > 6:
            paper.line(f"{len(undetermined)} in all: {', '.join(n['regimen'] for n in undetermined)}", indent=4)
    if a["missing"]:
        paper.heading("Missing, the most useful first")
        decisive = [m for m in a["missing"] if m["decisive"]]
        for m in decisive[:3]:
            paper.bullets([f"{m['name']} ({m['field']}), asked for {words.few(m['matters_for'])}"], sign="?")
            paper.bullets([f"{o['value']}: {words.effect(o, a['options'])}" for o in m["outcomes"]], indent=6)
        rest = [words.to_fill_in(m["field"], m["name"]) for m in decisive[3:]]
        if rest:
            paper.line(f"Then: {', '.join(rest)}", indent=4)
        caring = [m for m in a["missing"] if m["changes_care"]]
        if caring:
            paper.line("These change what is done before the first dose:", indent=4)
        for m in caring:
            paper.bullets([f"{m['name']} ({m['field']})"], sign="?")
            paper.bullets([f"{s['text']} {cite(s)}" for s in m["changes_care"]], indent=6)
        for said, fields in words.not_decisive(a["missing"]):
            paper.line(f"{said}: {', '.join(fields)}", indent=4)


def screen(paper: Paper, a: Recommendation, look: Look) -> None:
    """The first screen, or one regimen whole."""
    if look.why:
        _why(paper, a, look.why)
    else:
        brief.draw(paper, a, look)


def _why(paper: Paper, a: Recommendation, regimen: str) -> None:
    """One regimen whole: an option with its place and its comparisons, or the reasons why it is not open."""
    strip(paper, a)
    due_now(paper, a["treat_now"], a["first"])
    rows = [o for o in (*a["options"], *a["provisional"]) if o["regimen"] == regimen]
    for o in rows[:1]:
        _option(paper, a, o, set())
        _comparisons(paper, a, o)
        placed = [p for p in a["positions"] if p["regimen"] == regimen]
        paper.bullets([f"{text} {sign_of(b)}".rstrip() for p in placed for text, b in words.bodies(p)], sign=">")
    for n in (n for n in a["not_offered"] if n["regimen"] == regimen):
        paper.heading(f"{n['name']}: {n['verdict']}")
        paper.bullets(n["because"], sign=paper.sign(n["verdict"]))
        paper.bullets([words.opening(n)])
        paper.bullets(map(access.line, access.detail(n)), sign=">")
        paper.bullets([f"{c['text']} {sign_of(c)}".rstrip() for c in n["cautions"]], sign="!")
    co_medication(paper, a["co_medication"])
    foot(paper, a)


def _leading(paper: Paper, a: Recommendation) -> None:
    shown: set[tuple[str, str]] = set()
    for o in a["options"][:LEADING]:
        _option(paper, a, o, shown)


def _option(paper: Paper, a: Recommendation, o: OptionEntry, shown: set[tuple[str, str]]) -> None:
    """One option whole; the items of a checklist that are in ``shown`` are not repeated."""
    paper.heading(f"{order.numbered(a, o)}: {o['name']}")
    approval = o["approval"]
    notes = "; ".join(t for t in (approval["check"], approval["note"]) if t)
    paper.pairs(
        [
            ("Approval", f"{words.approval(approval)} {sign_of(approval)}{': ' + notes if notes else ''}"),
            ("Above the next", o["above_next_because"]),
        ],
        indent=2,
    )
    paper.bullets(map(access.line, access.detail(o)), sign=">")
    paper.bullets(o["rechallenge"], sign="!")
    caution = {c["text"] for c in o["cautions"]}
    for side, sign in (("for", "+"), ("against", "-")):
        mine = [x for x in o["arguments"] if x["side"] == side and x["text"] not in caution]
        paper.bullets([f"{x['text']} {cite(x)}".rstrip() for x in mine], sign=sign, word=side)
    paper.bullets([f"{c['about']}: {c['text']} {sign_of(c)}".rstrip() for c in o["cautions"]], sign="!")
    paper.bullets([f"Spends: {s}" for s in o["sequencing"]], sign=">")
    monitoring(paper, o["monitoring"], shown)


def _positions(paper: Paper, a: Recommendation) -> None:
    """The recommendations for each option side by side, if there are any."""
    placed = [p for p in a["positions"] if len(p["bodies"]) > 1]
    if not placed:
        return
    paper.heading("Who recommends what, the newest first")
    rows = []
    for p in placed:
        said = [f"{text} {sign_of(b)}".rstrip() for text, b in words.bodies(p)]
        rows.append((p["regimen"], "; ".join([*said, words.DISAGREE] if p["disagree"] else said)))
    paper.pairs(rows, indent=2)


def _cells(paper: Paper, a: Recommendation) -> None:
    """When T cells can be collected and CAR-T can be infused: wash-outs with dates, bridging, the wait."""
    timing = a["car_t_timing"]
    if not timing:
        return
    paper.heading(f"CAR-T timing ({', '.join(timing['regimens'])})")
    if span := words.collection(timing):
        paper.line(f"Collection (apheresis) from {span}", indent=2)
    if span := words.infusion(timing):
        paper.line(f"Infusion not before {span}", indent=2)
    for drug, rows in words.washouts(timing):
        paper.bullets([f"{drug}:"], indent=2)
        paper.bullets([f"{words.washout(w)} {cite(w)}" for w in rows], indent=6, sign="-")
    paper.bullets([f"{words.wait(w)} {cite(w)}" for w in timing["vein_to_vein"]], indent=2)
    paper.bullets([f"{words.bridge(b)} {cite(b)}" for b in timing["bridges"]], indent=2)


def _order(paper: Paper, a: Recommendation) -> None:
    paper.heading(f"Every comparison ({a['profile']}); those in brackets decide nothing")
    for o in a["options"]:
        _comparisons(paper, a, o)


def _comparisons(paper: Paper, a: Recommendation, o: OptionEntry) -> None:
    """Every comparison of one option; those in brackets decide nothing."""
    paper.line(order.numbered(a, o), indent=2, style="bold")
    rows = [(s["by"] if s["decides"] else f"({s['by']})", f"{s['value']} ({s['because']})") for s in o["standing"]]
    paper.pairs(rows, indent=4)
    if o["above_next_because"]:
        paper.line(o["above_next_because"], indent=4)


def _waiting(paper: Paper, a: Recommendation) -> None:
    titles = {"deferred": "Deferred: what must pass first", "off-label": "Off-label here"}
    for verdict, title in titles.items():
        found = [n for n in a["not_offered"] if n["verdict"] == verdict]
        if found:
            paper.heading(title)
            paper.bullets(
                [f"{n['regimen']}: {'; '.join(n['because'])}. {words.opening(n)}" for n in found],
                sign=paper.sign(verdict),
            )
    undetermined = [n for n in a["not_offered"] if n["verdict"] == "undetermined" and n["would_rank"] is None]
    if undetermined:
        paper.heading("Undetermined, and of no rank yet")
        paper.bullets([f"{n['regimen']}: {'; '.join(n['because'])}" for n in undetermined], sign="?")


def _closed(paper: Paper, a: Recommendation) -> None:
    """Regimens that are closed: those with the same reason together, the others in one line each."""
    closed = [n for n in a["not_offered"] if n["verdict"] == "ineligible"]
    if not closed:
        return
    paper.heading(f"Closed ({paper.sign('ineligible')} ineligible), and what would open it")
    mendable, shared = words.grouped(closed)
    sign = paper.sign("ineligible")
    if mendable:
        paper.table(
            ["Regimen", "Why", "Opens"],
            [[f"{sign}{UNBROKEN}{', '.join(names)}", why, opens] for (why, opens), names in mendable.items()],
        )
    paper.bullets([f"{reason}: {', '.join(names)}" for reason, names in shared.items()], sign=sign)


def _rest(paper: Paper, a: Recommendation) -> None:
    if a["line_definition_flips"]:
        paper.heading("Hangs on how lines are counted")
        paper.bullets(a["line_definition_flips"])
    if a["benchmarks"]:
        paper.heading("For comparison: standard care (indirect, across trials)")
        for b in a["benchmarks"]:
            pfs, survival = (m and m["median"] for m in (b.get("pfs_months"), b.get("os_months")))
            paper.bullets(
                [f"{b['trial']}, {b['population']}: median PFS {pfs} months, OS {survival} months {sign_of(b)}"]
            )
    paper.heading("Always open")
    paper.bullets([s["text"] for s in a["always"]])


def page(a: Recommendation, look: Look) -> str:
    """The HTML page of a recommendation, with the look-ahead if there is one; or the sheet for the board."""
    from mmadvisor.render.web import written

    if look.board:
        from mmadvisor.render import sheet

        return written("board", a, a["sources"], sheet=sheet, look=look)
    sources = a["sources"] | (look.plan["sources"] if look.plan else {})
    return written("recommendation", a, sources, plan=look.plan, explain_order=look.explain_order)


RECOMMENDATION: Final = Kind(SCHEMA, draw, page, brief=screen)
