"""The first screen of a comparison: what differs, one row a subject; what is the same, in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mmadvisor.render import screen_words, short, words

if TYPE_CHECKING:
    from mmadvisor.answers.shelf import Comparison, Glance, GlanceDoses, GlanceOfPatient
    from mmadvisor.render.kind import Look
    from mmadvisor.render.paper import Paper

    Row = tuple[str, list[str]]

SUBJECT_COLUMN, NARROWEST_COLUMN = 14, 14
REASONS_SHOWN = 1


def draw(paper: Paper, c: Comparison, look: Look) -> None:
    """The first screen."""
    whose = [screen_words.PATIENT.format(id=c["patient"]["id"]), c["jurisdiction"]] if "patient" in c else []
    paper.title("  ".join([screen_words.VERSUS.join(c["regimens"]), *whose, c["on"]]))
    if "treat_now" in c:
        short.first(paper, c["treat_now"], c["first"])
    rows = [(subject, cells) for subject, cells in _rows(paper, c) if {*cells} != {screen_words.NOTHING}]
    differ = [row for row in rows if len(set(row[1])) > 1]
    _table(paper, c["regimens"], differ)
    same = [f"{subject} {cells[0]}" for subject, cells in rows if len(set(cells)) == 1]
    if same:
        paper.line(screen_words.SAME.format(n=len(same), parts="; ".join(same)))
    patients = [(g["regimen"], g["for_patient"]["cautions"]) for g in c["glance"] if g["for_patient"]]
    paper.bullets(short.strong(patients), sign="!")
    uses = {g["regimen"]: [short.marked(x["text"], x) for x in g["uses"][:1]] for g in c["glance"]}
    paper.bullets([f"{name}: {text}" for name, texts in uses.items() for text in texts], sign=">")
    if "co_medication" in c:
        short.unchecked(paper, c["co_medication"])
    paper.line(screen_words.CROSS_TRIAL)
    short.marks(paper, screen_words.KEY)
    paper.line(screen_words.USE)
    paper.line(screen_words.MORE_OF_COMPARISON)
    statements = sum(len(cell) for row in c["rows"] for cell in row["cells"])
    short.left_out(paper, {"statements": statements - sum(map(len, uses.values()))})


def _table(paper: Paper, regimens: Sequence[str], rows: Sequence[Row]) -> None:
    """The rows in columns; as many regimens beside each other as the width allows."""
    most = max(2, (paper.width - SUBJECT_COLUMN) // (NARROWEST_COLUMN + 2))
    nothing = {screen_words.NOTHING}
    for start in range(0, len(regimens), most):
        block = slice(start, start + most)
        shown = [[subject, *cells[block]] for subject, cells in rows if {*cells[block]} != nothing]
        paper.grid(["", *regimens[block]], shown)


def _rows(paper: Paper, c: Comparison) -> Iterator[Row]:
    """Every subject with a cell for each regimen; a cell is empty if nothing is known."""
    glances, unknown = c["glance"], screen_words.NOT_KNOWN
    if "patient" in c:
        yield from _of_patient(paper, c)
    else:
        yield screen_words.FIGURE_ROW, [_figure(g) for g in glances]
    yield screen_words.KIND, [screen_words.KINDS.get(g["modality"], g["modality"]) for g in glances]
    yield screen_words.CLASSES, [", ".join(g["classes"]) for g in glances]
    yield screen_words.ROUTE, [", ".join(g["routes"]) for g in glances]
    yield screen_words.VISITS, [f"{g['visits']:g}" if g["visits"] is not None else unknown for g in glances]
    yield screen_words.ADMISSION, [g["admission"] or unknown for g in glances]
    waits = [screen_words.WEEKS.format(*g["wait"]) if g["wait"] else screen_words.NO_WAIT for g in glances]
    yield screen_words.WAIT, waits
    yield screen_words.DURATION, [g["duration"] for g in glances]
    yield from _doses(c)
    if "patient" not in c:
        for i, status in enumerate(glances[0]["status"]):
            yield status["jurisdiction"], [short.marked(g["status"][i]["status"], g["status"][i]) for g in glances]
        yield screen_words.CLOSED_BY, [_own(g["closes"], (x["closes"] for x in glances)) for g in glances]
        yield screen_words.CAUTIONS, [_own(g["cautions"], (x["cautions"] for x in glances)) for g in glances]


def _of_patient(paper: Paper, c: Comparison) -> Iterator[Row]:
    patients = [g["for_patient"] for g in c["glance"] if g["for_patient"]]
    yield screen_words.VERDICT_ROW, [f"{paper.sign(p['verdict'])} {p['verdict']}" for p in patients]
    yield screen_words.RANK_ROW, [_rank(p) for p in patients]
    if any(p["group"] not in ("", "main") for p in patients):
        groups = screen_words.GROUPS
        yield (
            screen_words.GROUP_ROW,
            [groups[p["group"]].rstrip(":") if p["group"] else screen_words.NOTHING for p in patients],
        )
    yield (
        screen_words.ACCESS_ROW,
        [
            short.reached(p["licensed"], p["funded"], p["at_hand"], p["status"], funding_read=c["funding_read"])
            for p in patients
        ],
    )
    yield screen_words.FIGURE_ROW, [_figure(g) for g in c["glance"]]
    yield screen_words.AGAINST_ROW, [_against(paper, p) for p in patients]


def _rank(p: GlanceOfPatient) -> str:
    if p["rank"] is not None:
        return f"{p['rank']}{'=' if p['tied'] else ''}"
    return screen_words.WOULD_RANK.format(rank=p["would_rank"]) if p["would_rank"] is not None else screen_words.NOTHING


def _against(paper: Paper, p: GlanceOfPatient) -> str:
    """What applies against an option; for a closed regimen the reasons."""
    if p["rank"] is not None:
        return short.against(paper, p["cautions"], p["unread"])
    reasons = p["because"]
    more = screen_words.AND_MORE.format(n=len(reasons) - REASONS_SHOWN) if len(reasons) > REASONS_SHOWN else ""
    return "; ".join(reasons[:REASONS_SHOWN]) + more


def _figure(g: Glance) -> str:
    """The result of the nearest patients; for a regimen that is no option, and without a patient, that of its trial."""
    p, row = g["for_patient"], g["figure"]
    if p is not None and p["rank"] is not None:
        nearest = p["nearest_benefit"]
        return f"{short.figure(nearest)}, {nearest['trial']}" if nearest else screen_words.NO_FIGURE
    if row is None:
        return screen_words.NO_FIGURE
    said = f"{short.measured(row)}, {row['trial']}"
    return screen_words.IN_ITS_TRIAL.format(figure=said) if p is not None else said


def _doses(c: Comparison) -> Iterator[Row]:
    """A row for each drug of several regimens, then one for the drugs of a single regimen."""
    of_patient = "patient" in c
    count = Counter(d["name"] for g in c["glance"] for d in g["doses"])
    for name in (name for name, n in count.items() if n > 1):
        drugs = [next((d for d in g["doses"] if d["name"] == name), None) for g in c["glance"]]
        yield name, [_dosed(d, of_patient=of_patient) if d else screen_words.NOTHING for d in drugs]
    own = [[d for d in g["doses"] if count[d["name"]] == 1] for g in c["glance"]]
    said = ["; ".join(f"{d['name']} {_dosed(d, of_patient=of_patient)}" for d in drugs) for drugs in own]
    if any(said):
        yield screen_words.OWN_DRUGS, [text or screen_words.NOTHING for text in said]


def _dosed(drug: GlanceDoses, *, of_patient: bool) -> str:
    """The doses of a drug without their days; a dose that is open for the patient names what it depends on."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for d in drug["doses"]:
        open_ = dict.fromkeys(topic for v in d["variants"] if v["holds"] == "unknown" for topic in v["by"])
        depends = screen_words.DEPENDS.format(on=", ".join(open_)) if open_ else ""
        dose = "" if open_ and of_patient else d["dose"]
        found.setdefault((d["route"], depends, short.sign(d)), {})[dose] = None
    said = [
        " ".join(filter(None, ["; ".join(filter(None, doses)), route, depends, sign]))
        for (route, depends, sign), doses in found.items()
    ]
    return "; ".join(said) or screen_words.NO_DOSE


def _own(topics: Sequence[str], of_all: Iterable[Sequence[str]]) -> str:
    """The topics of one regimen that not every regimen has."""
    shared = set.intersection(*map(set, of_all))
    return words.few([topic for topic in topics if topic not in shared], 4) or screen_words.NOTHING
