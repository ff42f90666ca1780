"""Reports by the name of their kind, as tests ask for them."""

from __future__ import annotations

from typing import Any

from mmadvisor import render as formats
from mmadvisor.render.against import AGAINST
from mmadvisor.render.audit import AUDIT
from mmadvisor.render.board_index import BOARD_INDEX
from mmadvisor.render.catalogue_check import CATALOGUE_CHECK
from mmadvisor.render.catalogue_diff import CATALOGUE_DIFF
from mmadvisor.render.catalogue_entry import CATALOGUE_ENTRY
from mmadvisor.render.catalogue_list import CATALOGUE_LIST
from mmadvisor.render.cohort import COHORT
from mmadvisor.render.comparison import COMPARISON
from mmadvisor.render.config import CONFIGURATION
from mmadvisor.render.history import HISTORY
from mmadvisor.render.hold import HOLD
from mmadvisor.render.kind import Kind, Look
from mmadvisor.render.monitor import MONITOR
from mmadvisor.render.plan import PLAN
from mmadvisor.render.recommendation import RECOMMENDATION
from mmadvisor.render.regimen import REGIMEN_PAGE
from mmadvisor.render.restart import RESTART

KINDS: dict[str, Kind[Any]] = {
    "recommendation": RECOMMENDATION,
    "history": HISTORY,
    "plan": PLAN,
    "against": AGAINST,
    "board-index": BOARD_INDEX,
    "audit": AUDIT,
    "cohort": COHORT,
    "page": REGIMEN_PAGE,
    "comparison": COMPARISON,
    "monitor": MONITOR,
    "restart": RESTART,
    "hold": HOLD,
    "catalogue-list": CATALOGUE_LIST,
    "catalogue-entry": CATALOGUE_ENTRY,
    "catalogue-check": CATALOGUE_CHECK,
    "catalogue-diff": CATALOGUE_DIFF,
    "config": CONFIGURATION,
}


def render(kind: str | Kind[Any], format: str, data: Any, **look: Any) -> str:
    """A report in a format; ``look`` are the fields of ``Look``."""
    shown = KINDS[kind] if isinstance(kind, str) else kind
    return formats.render(shown, format, data, Look(**look))
