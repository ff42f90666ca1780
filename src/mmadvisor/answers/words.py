"""Rows of an answer as one line of text, for every report and format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmadvisor.answers.published import EvidenceEntry, MonthsEntry
    from mmadvisor.answers.recommendation import LineCount
    from mmadvisor.answers.regimen import AgentPage, AskedOfEach, HoldEntry, IndicationEntry, LeadTimeEntry, RegimenPage


def line_count(lines: LineCount) -> str:
    """The number of prior lines, as a range if it is not known."""
    if lines["at_least"] == lines["at_most"]:
        return str(lines["count"])
    most = "or more" if lines["at_most"] is None else f"to {lines['at_most']}"
    return f"{lines['at_least']} {most}"


def indication_in_words(indication: IndicationEntry) -> str:
    """An indication in one line, without its source."""
    parts = [
        f" from {indication['since']}" if indication["since"] else "",
        f" until {indication['until']}" if indication["until"] else "",
        ", conditional" if indication["conditional"] else "",
        f" ({indication['standing']})" if indication["standing"] else "",
    ]
    asks = "; ".join(c["text"] for c in indication["criteria"]) or "no further criterion"
    extra = f" ({indication['note']})" if indication["note"] else ""
    return f"{indication['product']}{''.join(parts)}: {asks}{extra}"


def silent(agents: Iterable[AgentPage], key: AskedOfEach) -> list[str]:
    """The names of the agents whose list for one key, such as ``renal``, is empty."""
    return [agent["name"] for agent in agents if not agent[key]]


def action_in_words(row: HoldEntry) -> str:
    """The action of a row for an adverse event, in words."""
    return row["action"].replace("-", " ")


def hold_in_words(row: HoldEntry) -> str:
    """What to do at an adverse event, in one line."""
    grades = f" of grade {', '.join(map(str, row['grades']))}" if row.get("grades") else ""
    return f"{row['event']}{grades}: {action_in_words(row)}; {row['text']}"


def manufacture_in_words(lead: LeadTimeEntry) -> str:
    """The weeks from the collection of cells to their infusion, in words."""
    median = "" if lead["median"] is None else f"median {lead['median']:g}, "
    return f"{median}{lead['low']:g} to {lead['high']:g} weeks from the collection of cells"


def cycle_in_words(page: RegimenPage) -> str:
    """The length of the cycles, and the cycle from which another length applies."""
    later = "".join(f", {c['days']} from cycle {c['from_cycle']}" for c in page["later_cycles"])
    return f"{page['cycle_days']} days{later}" if page["cycle_days"] else ""


def evidence_in_words(row: EvidenceEntry) -> str:
    """The figures of one row of evidence, in the usual order."""
    rates = [f"ORR {row['orr_percent']:g} %"] if "orr_percent" in row else []
    rates += [f"CR {row['cr_percent']:g} %"] if "cr_percent" in row else []
    spans = [f"PFS {_months(row['pfs_months'])}"] if "pfs_months" in row else []
    spans += [f"OS {_months(row['os_months'])}"] if "os_months" in row else []
    if "pfs_rate" in row:
        rate = row["pfs_rate"]
        control = f" against {rate['control']:g} %" if "control" in rate else ""
        spans.append(f"{rate['percent']:g} % without progression at {rate['months']:g} months{control}")
    facts = [f"n {row['n']}" if "n" in row else "", f"against {row['versus']}" if "versus" in row else ""]
    facts += [*rates, *spans, f"follow-up {row['followup_months']:g} months" if "followup_months" in row else ""]
    facts += [f"not used for the order: {row['beside']}" if row.get("beside") else ""]
    return "; ".join(fact for fact in (*facts, row.get("note", "")) if fact) or "no figure read"


def _months(m: MonthsEntry) -> str:
    median = "not reached" if m.get("median") is None and m.get("not_reached") else m.get("median")
    text = f"{median} months" if isinstance(median, int | float) else str(median or "median not in the catalogue")
    if "ci95" in m:
        low, high = m["ci95"]
        text += f" ({low if low is not None else '?'} to {high if high is not None else 'not reached'})"
    if "control" in m:
        text += f" against {m['control']}"
    if "hr" in m:
        text += f", HR {m['hr']}"
        if "hr_ci95" in m:
            text += f" ({m['hr_ci95'][0]} to {m['hr_ci95'][1]})"
    return text
