"""Therapies of which few details matter, and what is derived of them."""

from __future__ import annotations

from typing import Any

from mmadvisor.base.known import Truth
from tests.builders.blank import a_history

MAINTENANCE: dict[str, Any] = {"intent": "maintenance", "agents": ["lenalidomide"], "start": "2021-01-04"}


def refractory(agent: str, *therapies: dict[str, Any], complete: bool | None = True, **more: Any) -> Truth:
    fields: dict[str, Any] = {"therapies": list(therapies), "therapies_complete": complete}
    return a_history(**fields | more).refractory_agent(agent).truth


def lines(*therapies: dict[str, Any], **more: Any) -> tuple[int, int | None, int, int | None]:
    fields: dict[str, Any] = {"therapies": list(therapies), "therapies_complete": True}
    history = a_history(**fields | more)
    default, strict = history.count_lines("imwg-2015"), history.count_lines("imwg-strict")
    return default.low, default.high, strict.low, strict.high


VRD: dict[str, Any] = {"intent": "induction", "regimen": "VRd", "start": "2020-01-01", "stop": "2020-05-01", "best_response": "PR",
       "stop_reason": "completed"}  # fmt: skip


BEFORE: list[dict[str, Any]] = [
    {"intent": "induction", "regimen": "VRd", "start": "2019-03-01", "stop": "2019-08-01", "best_response": "VGPR",
     "stop_reason": "completed"},
    {"intent": "relapse", "regimen": "DRd", "start": "2021-05-01", "stop": "2022-06-01", "best_response": "PR",
     "progressed_on": "2022-05-30"},
]  # fmt: skip


ONE_LINE: dict[str, Any] = {"intent": "relapse", "start": "2021-05-01", "stop": "2024-09-01", "best_response": "PR",
        "progressed_on": "2024-08-28"}  # fmt: skip
