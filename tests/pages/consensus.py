"""docs/consensus.md: what the advisor says where specialists agree, mostly agree, or debate.

C consensus and P common practice are asserted in test_ranking.py; D, debatable, is only shown here.
Run it to write the page anew: python -m tests.pages.consensus
"""

from __future__ import annotations

import sys
from typing import Any

from tests import ROOT
from tests.builders.blank import answer_for
from tests.builders.patients import (
    DVD,
    GRAFT,
    KD_FOURTH,
    LATE_GRAFT,
    LEN_REFRACTORY,
    NEUTRAL,
    PCD_THIRD,
    SPENT,
    TRIPLE_CLASS_REFRACTORY,
    UPKEEP,
    VRD,
    entry,
    patient,
)

PAGE = ROOT / "docs" / "consensus.md"
MARKERS = NEUTRAL["disease"]["cytogenetics"]
FOUR_LINES = [VRD, GRAFT, UPKEEP, DVD, PCD_THIRD, KD_FOURTH]
FRAIL = {"fitness__frailty": "frail", "fitness__transplant_eligible": False, "access__car_t_centre": False}
RAPID = {"kind": "clinical", "tempo": "rapid"}


def cells(relapsed: str) -> list[dict[str, Any]]:
    """After three lines, all refractory, and a CAR-T on 1 June 2024."""
    second = entry("DVd", "2022-12-01", "2023-06-01", "2023-06-01")
    third = entry("PCd", "2023-07-01", "2024-04-20", "2024-04-20")
    given = entry("cilta-cel", "2024-06-01", "2024-06-01", relapsed, best_response="CR", stop_reason="completed")
    return [VRD, GRAFT, UPKEEP, second, third, given]


EARLY = [
    entry("D-VRd", "2024-09-01", "2025-02-01", intent="induction", best_response="VGPR"),
    GRAFT | {"start": "2025-03-10", "stop": "2025-03-10"},
    UPKEEP | {"start": "2025-06-01", "stop": "2026-01-10", "progressed_on": "2026-01-10"},
]
DIALYSIS = {"comorbidities__dialysis": True, "labs__creatinine_clearance_ml_per_min": None,
            "fitness__transplant_eligible": False}  # fmt: skip
VCD = entry("VCd", "2022-01-01", "2022-08-01", "2024-09-01", intent="induction", stop_reason="completed")
DRD = entry("DRd", "2023-01-01", "2026-08-01", "2026-08-01")

# How sure specialists are, the situation, where, the therapies, what else is told.
SITUATIONS: list[tuple[str, str, str, list[dict[str, Any]], dict[str, Any]]] = [
    ("C", "Triple-class refractory, frail, no CAR-T possible", "HK", TRIPLE_CLASS_REFRACTORY, FRAIL),
    ("C", "Triple-class refractory, clearance 25", "EU", TRIPLE_CLASS_REFRACTORY,
     {"labs__creatinine_clearance_ml_per_min": 25}),
    ("C", "Triple-class refractory, fit, can wait", "EU", TRIPLE_CLASS_REFRACTORY, {}),
    ("C", "The same, who can wait one week, without a bridge", "EU", TRIPLE_CLASS_REFRACTORY,
     {"access__can_wait_weeks": 1}),
    ("P", "Relapse 10 months after a BCMA CAR-T", "EU", cells("2025-04-01"), {}),
    ("D", "Relapse 20 months after a BCMA CAR-T", "EU", cells("2026-02-01"), {}),
    ("C", "First relapse, lenalidomide-refractory", "EU", LEN_REFRACTORY, {}),
    ("C", "First relapse, lenalidomide-sensitive, years off it", "EU", [VRD, LATE_GRAFT], {}),
    ("C", "Refractory to lenalidomide and an anti-CD38", "EU", [VRD, GRAFT, UPKEEP, DRD], {}),
    ("P", "Lenalidomide-refractory, 78 years, LVEF 35", "EU", LEN_REFRACTORY,
     {"labs__lvef_percent": 35, "demographics__age": 78, "fitness__frailty": "intermediate",
      "fitness__transplant_eligible": False}),
    ("P", "Relapse within 12 months of transplant, del(17p), fit", "US", EARLY,
     {"disease__cytogenetics": MARKERS | {"del_17p": "present"}}),
    ("P", "Dialysis after VCd", "EU", [VCD], DIALYSIS),
    ("C", "t(11;14), off-label accepted", "EU", LEN_REFRACTORY,
     {"disease__cytogenetics": MARKERS | {"t_11_14": "present"}, "access__off_label": True}),
    ("C", "Penta-refractory, BCMA and GPRC5D spent", "US", SPENT, {"fitness__transplant_eligible": False}),
    ("P", "Secondary plasma cell leukaemia, rapid", "EU", [VRD, GRAFT, UPKEEP, DVD],
     {"disease__plasma_cell_leukaemia": True, "disease__relapse": RAPID}),
]  # fmt: skip


def page() -> str:
    """The page, from the answers as they are."""
    lines = [
        "# What it says where specialists agree, and where they do not",
        "",
        "Written by `python -m tests.pages.consensus`; a test keeps it fresh. C: consensus; P: common practice; both are",
        "asserted in `tests/judging/test_ranking.py`. D: debatable, shown and not asserted. The rest of each patient is sound,",
        "fit, of standard risk, with every fact on record and eight weeks to wait. The day is 20 October 2026.",
        "",
        "| | situation | where | first five, in order | then |",
        "|---|---|---|---|---|",
    ]
    for sure, situation, place, therapies, changes in SITUATIONS:
        answer = answer_for(**patient(*therapies, **changes, access__jurisdiction=place))
        options = [o["regimen"] for o in answer["options"]]
        more = f"{len(options) - 5} more" if len(options) > 5 else ""
        lines.append(f"| {sure} | {situation} | {place} | {', '.join(options[:5]) or 'nothing open'} | {more} |")
    slow = {"kind": "biochemical", "tempo": "indolent"}
    rise = [{"on": "2026-02-10", "serum_g_per_l": 3.0}, {"on": "2026-10-10", "serum_g_per_l": 6.0}]
    answer = answer_for(**patient(VRD, LATE_GRAFT, disease__m_protein=rise, disease__relapse=slow))
    because = answer["treat_now"]["because"]
    said = f"{answer['treat_now']['answer']}, since {because}"
    lines += ["", f"M-protein 3 to 6 g/L over eight months, standard risk, well (C): {said}.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")
