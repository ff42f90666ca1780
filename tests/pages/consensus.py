"""docs/consensus.md: what the advisor says where specialists agree, mostly agree, or debate, in each of four places.

C consensus and P common practice are asserted in test_ranking.py; D, debatable, is only shown here.
Run it to write the page anew: python -m tests.pages.consensus
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from mmadvisor.answers.access import AccessEntry
from mmadvisor.answers.recommendation import OptionEntry, Recommendation
from tests import ROOT
from tests.builders.blank import answer_for
from tests.builders.patients import (
    DVD,
    ERD,
    GRAFT,
    KD_FOURTH,
    LATE_GRAFT,
    LEN_REFRACTORY,
    NEUTRAL,
    NEW,
    PCD_THIRD,
    SPENT,
    TRIPLE_CLASS_REFRACTORY,
    UNFIT,
    UPKEEP,
    VRD,
    entry,
    patient,
)

PAGE = ROOT / "docs" / "consensus.md"
PLACES = ("US", "EU", "UK", "HK")
MARKERS = NEUTRAL["disease"]["cytogenetics"]
FOUR_LINES = [VRD, GRAFT, UPKEEP, DVD, PCD_THIRD, KD_FOURTH]
NO_CELLS = {"access__car_t_centre": False}
FRAIL = {"fitness__frailty": "frail", **UNFIT, **NO_CELLS}
RAPID = {"disease__relapse": {"kind": "clinical", "tempo": "rapid"}}
QUIET = {"disease__relapse": None}


def after(regimen: str, stop: str, relapsed: str, **more: Any) -> list[dict[str, Any]]:
    """After three lines, all refractory, then one regimen since July 2024."""
    second = entry("DVd", "2022-12-01", "2023-06-01", "2023-06-01")
    third = entry("PCd", "2023-07-01", "2024-04-20", "2024-04-20")
    return [VRD, GRAFT, UPKEEP, second, third, entry(regimen, "2024-06-01", stop, relapsed, **more)]


def cells(relapsed: str) -> list[dict[str, Any]]:
    return after("cilta-cel", "2024-06-01", relapsed, best_response="CR", stop_reason="completed")


EARLY = [
    entry("D-VRd", "2024-09-01", "2025-02-01", intent="induction", best_response="VGPR"),
    GRAFT | {"start": "2025-03-10", "stop": "2025-03-10"},
    UPKEEP | {"start": "2025-06-01", "stop": "2026-01-10", "progressed_on": "2026-01-10"},
]
DIALYSIS = {"comorbidities__dialysis": True, "labs__creatinine_clearance_ml_per_min": None,
            "labs__creatinine_umol_per_l": 500}  # fmt: skip
VCD = entry("VCd", "2022-01-01", "2022-08-01", "2024-09-01", intent="induction", stop_reason="completed")
DVMP = entry("D-VMP", "2023-01-01", "2026-08-01", "2026-08-01", intent="induction")
DRD = entry("DRd", "2023-01-01", "2026-08-01", "2026-08-01")
BORTEZOMIB = entry("VCd", "2026-01-01", "2026-08-01", "2026-08-01", intent="induction")


class Situation(NamedTuple):
    """One patient: how sure specialists are, in words, the therapies, and what differs from the neutral patient."""

    sure: str
    name: str
    therapies: list[dict[str, Any]]
    changes: dict[str, Any] = {}  # noqa: RUF012 - never changed


SITUATIONS = [
    Situation("P", "Newly diagnosed, transplant-eligible", [], NEW),
    Situation("P", "Newly diagnosed, not for transplant, not frail", [], NEW | UNFIT),
    Situation("P", "Newly diagnosed, frail", [], NEW | UNFIT | {"fitness__frailty": "frail", "demographics__age": 82}),
    Situation("P", "Newly diagnosed, on dialysis", [], NEW | DIALYSIS),
    Situation("P", "Primary plasma cell leukaemia", [], NEW | {"disease__plasma_cell_leukaemia": True}),
    Situation("P", "Newly diagnosed, AL amyloidosis", [], NEW | {"disease__amyloidosis": "present"}),
    Situation("P", "Smouldering, high risk by 20/2/20", [], {
        "disease__state": "smouldering", **QUIET, "disease__marrow_plasma_cells_percent": 30,
        "disease__flc_ratio": 30, "disease__m_protein": [{"on": "2026-10-01", "serum_g_per_l": 25}]}),
    Situation("P", "Responding after a transplant", [VRD, GRAFT], {"disease__state": "responding", **QUIET}),
    Situation("D", "Responding to a first line, frail", [VRD], FRAIL | {"disease__state": "responding", **QUIET}),
    Situation("C", "First relapse, lenalidomide-sensitive, years off it", [VRD, LATE_GRAFT]),
    Situation("D", "First relapse on daratumumab, lenalidomide never given, no transplant yet", [DVMP]),
    Situation("D", "First relapse on bortezomib, no transplant yet", [BORTEZOMIB]),
    Situation("C", "First relapse, lenalidomide-refractory, anti-CD38-naive", LEN_REFRACTORY),
    Situation("P", "The same, 78 years, ejection fraction 35 %", LEN_REFRACTORY, {
        "labs__lvef_percent": 35, "demographics__age": 78, "fitness__frailty": "intermediate", **UNFIT}),
    Situation("C", "The same with t(11;14), off-label use accepted", LEN_REFRACTORY, {
        "disease__cytogenetics": MARKERS | {"t_11_14": "present"}, "access__off_label": True}),
    Situation("P", "Relapse within 12 months of transplant on lenalidomide after D-VRd, del(17p), fit", EARLY, {
        "disease__cytogenetics": MARKERS | {"del_17p": "present"}}),
    Situation("D", "First relapse on DRd, not for transplant", [DRD], UNFIT),
    Situation("P", "First relapse on dialysis, after VCd", [VCD], DIALYSIS | UNFIT),
    Situation("D", "Second relapse, lenalidomide-refractory, anti-CD38-naive", [VRD, LATE_GRAFT, ERD]),
    Situation("C", "Second relapse, refractory to lenalidomide and an anti-CD38", [VRD, GRAFT, UPKEEP, DRD]),
    Situation("C", "Triple-class refractory after three lines, fit, can wait", TRIPLE_CLASS_REFRACTORY),
    Situation("C", "The same, who can wait one week, without a bridge", TRIPLE_CLASS_REFRACTORY, {
        "access__can_wait_weeks": 1}),
    Situation("C", "The same, frail, no CAR-T possible", TRIPLE_CLASS_REFRACTORY, FRAIL),
    Situation("C", "The same, clearance 25", TRIPLE_CLASS_REFRACTORY, {"labs__creatinine_clearance_ml_per_min": 25}),
    Situation("P", "The same, fit, without a CAR-T centre", TRIPLE_CLASS_REFRACTORY, NO_CELLS),
    Situation("D", "The same, rapid", TRIPLE_CLASS_REFRACTORY, RAPID),
    Situation("P", "Relapse 10 months after a BCMA CAR-T", cells("2025-04-01")),
    Situation("D", "Relapse 20 months after a BCMA CAR-T", cells("2026-02-01")),
    Situation("P", "On a BCMA bispecific until this month", after("teclistamab", "2026-10-01", "2026-10-01")),
    Situation("D", "Ten months after a BCMA bispecific", after("teclistamab", "2025-12-01", "2025-12-01")),
    Situation("D", "After BPd", after("BPd", "2026-09-01", "2026-09-01")),
    Situation("D", "After talquetamab, BCMA never treated", after("talquetamab", "2026-09-01", "2026-09-01")),
    Situation("D", "Penta-refractory after four lines", FOUR_LINES),
    Situation("C", "Penta-refractory, BCMA and GPRC5D spent", SPENT, UNFIT),
    Situation("P", "Secondary plasma cell leukaemia, rapid", [VRD, GRAFT, UPKEEP, DVD], {
        "disease__plasma_cell_leukaemia": True, **RAPID}),
    Situation("D", "Disease outside the marrow, triple-class refractory", TRIPLE_CLASS_REFRACTORY, {
        "disease__extramedullary": True}),
    Situation("P", "Disease of the central nervous system, second relapse", [VRD, GRAFT, UPKEEP, DVD], {
        "disease__cns_involvement": True}),
    Situation("P", "Pregnant, first relapse", [VRD, LATE_GRAFT], {
        "demographics__sex": "female", "demographics__age": 34, "comorbidities__pregnancy": True}),
]  # fmt: skip

HEAD = """\
# Answers where specialists agree, and where they do not

This page is written by `python -m tests.pages.consensus`, and tests keep it fresh. C is consensus and P common practice;
`tests/judging/test_ranking.py` tests both. D is debatable, shown and not tested. Apart from what is named, each patient is
62 years old, fit, of standard risk, without other illness, with every fact on record, and can wait eight weeks. The day is
20 October 2026. The first five options are shown, each with its rank (`=`: a tie), its licence and its funding. `?` is
not known. Without a ranking, `(?)` marks a regimen that depends on a missing fact. *Ask*: not funded there, or the licence
is not known. *Reserve*: kept back. Every setting of
`data/settings.yaml` has a patient here.
"""


def answers(situation: Situation) -> dict[str, Recommendation]:
    """The answer for one situation in each place."""
    return {
        place: answer_for(**patient(*situation.therapies, **situation.changes, access__jurisdiction=place))
        for place in PLACES
    }


def section(situation: Situation) -> str:
    """What the advisor says of one situation in each place; what leads instead of a rank is said once."""
    told = answers(situation)
    leads = dict.fromkeys(lane["first"][0]["text"] for a in told.values() for lane in a["lanes"] if lane["first"])
    lines = [f"## {situation.name} ({situation.sure})", "", *(f"First: {lead}\n" for lead in leads)]
    lines += ["| place | first five, in order |", "|---|---|"]
    lines += [f"| {place} | {_row(answer)} |" for place, answer in told.items()]
    return "\n".join(lines) + "\n"


def _row(answer: Recommendation) -> str:
    """The first options, group by group; where nothing is ranked, what may be given beside."""
    if not answer["options"]:
        given = [
            f"{given['regimen']}{'' if given['answer'] == 'yes' else ' (?)'}"
            for lane in answer["lanes"]
            for given in lane["regimens"]
            if given["answer"] != "no"
        ]
        return f"not ranked: {', '.join(given)}" if given else answer["headline"] or "nothing open"
    group = "main"
    shown = []
    for option in answer["options"][:5]:
        named = "" if option["group"] == group else f"*{option['group']}*: "
        group = option["group"]
        shown.append(named + _option(option, numbered=not answer["unnumbered"]))
    more = len(answer["options"]) - 5
    said = "not numbered: " if answer["unnumbered"] else ""
    return said + "; ".join(shown) + (f"; {more} more" if more > 0 else "")


_LICENSED = {"yes": "licensed", "no": "off label", "unknown": "licence?", "not-applicable": "a procedure"}
_FUNDED = {"yes": "funded", "no": "not funded", "unknown": "funding?"}


def _option(option: OptionEntry, *, numbered: bool) -> str:
    tied = "=" if option["tied"] else ""
    rank = f"{option['rank']}{tied} " if numbered else ""
    return f"{rank}{option['regimen']} ({_had(option['access'])})"


def _had(access: AccessEntry) -> str:
    return f"{_LICENSED[access['licensed']['answer']]}, {_FUNDED[access['funded']['answer']]}"


def tail() -> str:
    """The slow rise that is watched."""
    slow = {"kind": "biochemical", "tempo": "indolent"}
    rise = [{"on": "2026-02-10", "serum_g_per_l": 3.0}, {"on": "2026-10-10", "serum_g_per_l": 6.0}]
    answer = answer_for(**patient(VRD, LATE_GRAFT, disease__m_protein=rise, disease__relapse=slow))
    said = f"{answer['treat_now']['answer']}, since {answer['treat_now']['because']}"
    return f"## Is it time to treat?\n\nM-protein 3 to 6 g/L over eight months, standard risk, well (C): {said}.\n"


def page() -> str:
    """The page, from the answers as they are."""
    return "\n".join([HEAD, *map(section, SITUATIONS), tail()])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")
