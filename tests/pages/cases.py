"""Published histories as worked examples: the answer on the day of each decision, beside what was done.

A script and a module: ``python -m tests.pages.cases`` writes ``docs/cases.md``; the tests compare.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from mmadvisor.answers.audit import Judgement
from mmadvisor.answers.recommendation import Recommendation
from mmadvisor.answers.stamps import InputEntry
from mmadvisor.base.known import Span
from mmadvisor.files.documents import parse
from mmadvisor.files.layers import Loaded, load
from mmadvisor.files.patients import read_patient, today_or
from mmadvisor.formats.patient import Patient
from mmadvisor.render import audit_words
from mmadvisor.reports.audit import Asking, audited
from mmadvisor.reports.recommend import advise
from tests import ROOT

PATIENTS = ROOT / "examples" / "published"
DECISIONS = ROOT / "tests" / "cases" / "published"
PAGE = ROOT / "docs" / "cases.md"
SHOWN = 3

# What a clinic knows and a report does not print. Laid over a case only for the second answer, and only where the
# report is silent; the page says so and lists it.
ORDINARY: dict[str, Any] = {
    "therapies_complete": True,
    "disease.extramedullary": False,
    "disease.cns_involvement": False,
    "disease.plasma_cell_leukaemia": False,
    "disease.amyloidosis": "none",
    "disease.relapse.tempo": "indolent",
    "disease.emergencies": [],
    "fitness.ecog": 1,
    "fitness.frailty": "fit",
    "fitness.transplant_eligible": True,
    "comorbidities.nyha_class": 0,
    "comorbidities.uncontrolled_hypertension": False,
    "comorbidities.myocardial_infarction_within_6_months": False,
    "comorbidities.peripheral_neuropathy_grade": 0,
    "comorbidities.hepatitis_b": "negative",
    "comorbidities.hepatitis_c": "negative",
    "comorbidities.hiv": "negative",
    "comorbidities.active_infection_grade": 0,
    "comorbidities.venous_thromboembolism": False,
    "comorbidities.keratopathy": False,
    "comorbidities.parkinsonism": False,
    "comorbidities.seizure_disorder": False,
    "comorbidities.pregnancy": False,
    "comorbidities.dialysis": False,
    "comorbidities.autoimmune_disease": False,
    "comorbidities.prior_allogeneic_transplant": False,
    "labs.neutrophils_10e9_per_l": 2.5,
    "labs.platelets_10e9_per_l": 160,
    "labs.haemoglobin_g_per_dl": 11,
    "labs.creatinine_clearance_ml_per_min": 80,
    "labs.bilirubin_xuln": 0.5,
    "labs.alt_xuln": 0.6,
    "labs.lvef_percent": 60,
    "labs.spo2_percent": 98,
    "labs.calcium_mmol_per_l": 2.3,
    "access.car_t_centre": True,
    "access.bispecific_centre": True,
}


@dataclass(frozen=True)
class Decision:
    """One day of a case: what was done, and three answers to the same history."""

    on: date
    given: str
    happened: str
    reading: str
    known: tuple[str, ...]
    told: Recommendation
    ordinary: Recommendation
    now: Recommendation

    @property
    def answers(self) -> tuple[Recommendation, Recommendation, Recommendation]:
        """From what is told alone; with ordinary values beside; the same, moved to the day of the catalogue."""
        return self.told, self.ordinary, self.now


@dataclass(frozen=True)
class Audited:
    """One decision as `audit` judges it: from the record alone, and with ordinary values beside."""

    told: Judgement
    ordinary: Judgement
    reading: str


@dataclass(frozen=True)
class Case:
    """One published history."""

    name: str
    patient: str
    title: str
    retold: str
    report: dict[str, Any]
    jurisdiction: str
    warnings: tuple[str, ...]
    decisions: tuple[Decision, ...]
    audit: tuple[Audited, ...]


def cases(loaded: Loaded) -> Iterator[Case]:
    """Every case with its answers, in the order of the file names."""
    for path in sorted(DECISIONS.glob("*.yaml")):
        yield case(path, loaded)


def case(path: Path, loaded: Loaded) -> Case:
    """One case: its patient file read as ``--as-of`` and ``--set`` read it, decision by decision."""
    tree = parse(path.read_bytes(), path.name).tree
    file = PATIENTS / tree["patient"]
    plain = read_patient(file, loaded.catalogue.formulary)
    made = tuple(_decision(entry, file, tree["jurisdiction"], loaded) for entry in tree["decisions"])
    return Case(
        path.stem,
        tree["patient"],
        tree["title"],
        tree["retold"],
        tree["report"],
        tree["jurisdiction"],
        tuple(w.message for w in plain.warnings),
        made,
        tuple(_audited(tree, plain.patient, file, loaded)),
    )


def _audited(tree: dict[str, Any], plain: Patient, file: Path, loaded: Loaded) -> Iterator[Audited]:
    silent = tuple(_setting(*item) for item in ORDINARY.items() if plain.get(item[0]) is None)
    full = read_patient(file, loaded.catalogue.formulary, settings=silent).patient
    reviewed = date.fromisoformat(loaded.catalogue.reviewed_on)
    asking, at = Asking(tree["jurisdiction"]), InputEntry(file=file.name, row=None)
    told, ordinary = (
        audited(p, loaded.catalogue, today_or(p, reviewed), asking, at)["decisions"] for p in (plain, full)
    )
    readings = {entry["therapy"]: entry["reading"] for entry in tree["audit"]}
    for one, other in zip(told, ordinary, strict=True):
        yield Audited(one, other, readings[one["number"]].strip())


def _decision(entry: dict[str, Any], file: Path, jurisdiction: str, loaded: Loaded) -> Decision:
    day = date.fromisoformat(str(entry["on"]))
    known = tuple(_setting(*item) for item in (entry.get("set") or {}).items())
    read = read_patient(file, loaded.catalogue.formulary, settings=known)
    silent = tuple(_setting(*item) for item in ORDINARY.items() if read.patient.get(item[0]) is None)
    full = read_patient(file, loaded.catalogue.formulary, settings=(*known, *silent)).patient
    reviewed = date.fromisoformat(loaded.catalogue.reviewed_on)
    moved = _moved(full.seen_on(day), reviewed - day)

    def answer(patient: Patient, on: date) -> Recommendation:
        return advise(patient, loaded.catalogue, on, jurisdiction=jurisdiction)

    return Decision(
        day,
        entry["given"],
        entry["happened"],
        entry["reading"],
        known,
        answer(read.patient, day),
        answer(full, day),
        answer(moved, reviewed),
    )


def _setting(field: str, value: object) -> str:
    """A value as ``--set`` takes it."""
    return f"{field}={value if isinstance(value, str) else json.dumps(value, default=str)}"


def _moved(patient: Patient, by: timedelta) -> Patient:
    """The same history, every day of its therapies so much later; all intervals stay."""

    def later(when: Any) -> Any:
        return Span(when.earliest + by, when.latest + by) if isinstance(when, Span) else when

    therapies = []
    for therapy in patient.therapies:
        changed: dict[str, Any] = {k: later(getattr(therapy, k)) for k in ("start", "stop", "progressed_on")}
        if therapy.agents is not None:
            changed["agents"] = tuple(g.but(start=later(g.start), stop=later(g.stop)) for g in therapy.given)
        therapies.append(therapy.but(**changed))
    return patient.but(therapies=tuple(therapies), assessed_on=None)


def verdict_on(answer: Recommendation, regimen: str) -> tuple[str, str] | None:
    """What a regimen got, and why; ``None`` where the catalogue has no such regimen."""
    for option in answer["options"]:
        if option["regimen"] == regimen:
            return option["verdict"], f"place {option['rank']} of {len(answer['options'])}"
    for closed in answer["not_offered"]:
        if closed["regimen"] == regimen:
            return closed["verdict"], "; ".join(dict.fromkeys(closed["because"][:3]))
    return None


# --- the page -----------------------------------------------------------------------------------


def page(found: Iterator[Case], loaded: Loaded) -> str:
    """The whole of ``docs/cases.md``."""
    parts, rows = [_opening(loaded)], list[Audited]()
    for one in found:
        parts.append(_case_text(one))
        rows += one.audit
    told, ordinary = (
        sum(j["judged"] for j in each) for each in zip(*((r.told, r.ordinary) for r in rows), strict=True)
    )
    return "\n".join([*parts, CLOSING.format(decisions=len(rows), told=told, ordinary=ordinary)])


def _opening(loaded: Loaded) -> str:
    ordinary = ", ".join(f"`{_setting(*item)}`" for item in ORDINARY.items())
    return f"""# Five published histories

This page compares the program's answer at each decision of five published case reports with what was done, and with what
happened. It is written by `python -m tests.pages.cases`, and a test keeps it fresh. The patients are in
[examples/published](../examples/published), the decisions and the readings in `tests/cases/published`. The cases are summarised
here; the cited reports contain more.

Each decision has three answers:

- **as reported**: on that day, from the facts of the report alone. `--set` shows values that had to be chosen, such as a
  month if the report gives a year, or a figure if it gives a word.
- **with the rest normal**: on that day, with a normal value wherever the report gives none (listed below). A clinic has
  these values, although a report does not print them.
- **today**: the same, with every therapy moved so that the decision falls on {loaded.catalogue.reviewed_on}, the day of this
  catalogue. This is the answer for such a patient now, and not what was possible then.

Each case ends with its past decisions as `mmadvisor audit` judges them, for the day before the first dose: from the
record alone, and with the same normal values.

⚑ marks a drug whose approval has no beginning in the catalogue: it counts as in force on any day, and must be checked.

The normal values: {ordinary}.
"""


def _case_text(one: Case) -> str:
    report = one.report
    ids = [f"doi {report['doi']}" if report["doi"] else "", f"PMID {report['pmid']}" if report["pmid"] else ""]
    lines = [f"## {one.title}", "", one.retold.strip(), ""]
    lines += [f"{'. '.join(part for part in (report['citation'], *ids) if part)}. Licence: {report['licence']}.", ""]
    for number, decision in enumerate(one.decisions, 1):
        lines += _decision_text(one, number, decision)
    lines += _audit_text(one)
    return "\n".join(lines)


def _decision_text(one: Case, number: int, decision: Decision) -> Iterator[str]:
    yield f"### {number}. {_long(decision.on)}: {decision.given}"
    yield ""
    yield "```sh"
    command = ["mmadvisor", "recommend", f"examples/published/{one.patient}", "--jurisdiction", one.jurisdiction]
    command += ["--as-of", decision.on.isoformat()]
    for setting in decision.known:
        command += ["--set", setting]
    yield shlex.join(command)
    yield "```"
    yield ""
    yield _known_text(decision.ordinary)
    yield ""
    yield f"| | {_long(decision.on)}, as reported | {_long(decision.on)}, the rest normal | today, the rest normal |"
    yield "|---|---|---|---|"
    yield _row("treat now?", [_treat(answer) for answer in decision.answers])
    yield _row("open", [_open(answer) for answer in decision.answers])
    for place in range(SHOWN):
        yield _row(("first", "second", "third")[place], [_option(answer, place) for answer in decision.answers])
    yield _row(f"{decision.given}", [_given(answer, decision.given) for answer in decision.answers])
    yield ""
    yield f"**What happened.** {decision.happened.strip()}"
    yield ""
    yield f"**Reading.** {decision.reading.strip()}"
    yield ""


def _audit_text(one: Case) -> Iterator[str]:
    yield "### Audit"
    yield ""
    yield "```sh"
    yield f"mmadvisor audit examples/published/{one.patient} --jurisdiction {one.jurisdiction} --full"
    yield "```"
    yield ""
    yield "| therapy | given | day of the answer | as recorded | the rest normal |"
    yield "|---|---|---|---|---|"
    for row in one.audit:
        j = row.told
        cells = [audit_words.given(j), j["day"] or "none", *(_judged(x) for x in (row.told, row.ordinary))]
        yield _row(str(j["number"]), [_cell(cell) for cell in cells])
    yield ""
    for row in one.audit:
        yield f"- **Therapy {row.told['number']}.** {row.reading}"
    yield ""


def _judged(j: Judgement) -> str:
    most = SHOWN if j["judged"] else 2
    return "; ".join([audit_words.result(j), *audit_words.details(j | {"undated": []}, most)])


def _known_text(answer: Recommendation) -> str:
    history = answer["history"]
    count = history["prior_lines"]
    most = (
        "or more"
        if count["at_most"] is None
        else ""
        if count["at_most"] == count["at_least"]
        else f"to {count['at_most']}"
    )
    lines = f"{count['at_least']} {most} prior lines".replace("  ", " ")
    if lines == "1 prior lines":
        lines = "1 prior line"
    spent = [agent["name"] for agent in history["agents"] if agent["refractory"] == "yes"]
    open_ = [agent["name"] for agent in history["agents"] if agent["refractory"] == "unknown"]
    labels = [label["label"] for label in history["labels"] if label["value"] == "yes"]
    told = [
        f"Known (the rest normal): {lines}",
        f"refractory to {_and(spent)}" if spent else "refractory to nothing",
        f"not known for {_and(open_)}" if open_ else "",
        f"labels: {_and(labels)}" if labels else "no label",
        f"settings: {'; '.join(answer['settings'])}" if answer["settings"] else "",
    ]
    return "; ".join(part for part in told if part) + "."


def _treat(answer: Recommendation) -> str:
    now = answer["treat_now"]
    first = [f"first {entry['emergency'].replace('_', ' ')}" for entry in now["emergencies"]]
    return _cell("; ".join([*first, f"{now['answer']}: {now['because']}"]))


def _open(answer: Recommendation) -> str:
    if answer["ranking_withheld"]:
        return _cell(answer["ranking_withheld"])
    waiting = [closed for closed in answer["not_offered"] if closed["verdict"] == "undetermined"]
    text = f"{len(answer['options'])} open, {len(waiting)} undetermined"
    if waiting and not answer["options"]:
        asked = ", ".join(f"`{entry['field']}`" for entry in answer["missing"][:SHOWN])
        text += f"; asks first for {asked}"
    return text


def _option(answer: Recommendation, place: int) -> str:
    if place >= len(answer["options"]):
        return "–"
    option = answer["options"][place]
    mark = " ⚑" if option["approval"]["since"] is None and option["approval"]["status"] == "approved" else ""
    return _cell(f"**{option['regimen']}**{mark} ({option['verdict']}): {option['above_next_because'] or 'the last'}")


def _given(answer: Recommendation, given: str) -> str:
    found = verdict_on(answer, given)
    return "no regimen of the catalogue" if found is None else _cell(f"{found[0]}: {found[1]}")


def _row(name: str, cells: list[str]) -> str:
    return f"| {_cell(name)} | " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _and(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


CLOSING = """## What the five cases show, and what they do not

Five cases validate nothing. They were chosen because enough of their text could be read, and not at random. Reports are
written about unusual courses, and all five patients had disease outside the marrow at some time. None had a bispecific
antibody or CAR-T, because no such report with a whole course could be read. A good outcome under a treatment does not show
that another would have been worse, and a bad one does not show the reverse. So no answer is counted as right or wrong by the
outcome.

The cases show how the program answers a real letter. As reported, nothing is ever open, because a report does not state that
there is no infection, and the program does not assume it. The order of the options on an earlier day means little, because
most beginnings of approvals were not read, and the publications that rank the options are later. It is more reliable about
what is spent, what is not, and which fact would settle a question. The three hardest decisions, about the meninges, the
failing kidneys and the leukaemic blood, depended on something other than the choice of a regimen.

The audit shows what records of this kind allow: of {decisions} decisions, {told} can be judged as recorded, and {ordinary}
with the rest normal. As recorded, none is concordant, because one fact is enough to close a regimen, and a report never
contains all that must be known to open it. Of the judgements that are not concordant, one is a false alarm
of a rule on single drugs, one shows a limit of the catalogue, and one depends on a date that is known only to the year.
So a concordance without the reading of each decision says nothing about the doctors.
"""


def main() -> int:
    """Write the page."""
    loaded = load()
    PAGE.write_text(page(cases(loaded), loaded), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
