"""The audit of past decisions in words: the two numbers, the tables, each decision, and what it cannot know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmadvisor.base.english import listed, plural
from mmadvisor.render import short

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mmadvisor.answers.audit import Against, Audit, Counted, Judgement, OfLine, Range, Share
    from mmadvisor.answers.compact import Failure

PURPOSE = "This audit judges records, not doctors."
TWO_NUMBERS = (
    "Coverage and concordance are two numbers. One known fact can close a regimen, but every fact must be known to "
    "open it: with incomplete records the concordance is too low."
)
MASK = "masked"
MASKED = "Counts from 1 to 4 are masked, and one more if the sum would show them; --no-mask shows them."
NOT_MASKED = "Small counts are not masked: do not pass these tables on."
LIMITS = {
    "talk": "what the patient wanted, and what was said",
    "trials": "whether a trial was offered",
    "centre": "what the centre could give on that day",
    "not-recorded": "what was known on that day and was not recorded",
    "later-entry": "whether a value without a day was known on that day",
    "sources": "approvals and evidence of that day that the catalogue does not have",
}
NOT_JUDGED = {
    "no-date": "no start date",
    "later-than-record": "begins after the day of the record",
    "line-unknown": "not known whether it began a line",
    "order-unknown": "order of the entries of the line not known",
    "unknown-drugs": "drugs not known",
    "no-such-regimen": "the catalogue has no regimen with these drugs",
    "several-regimens": "the catalogue has several regimens with these drugs",
    "before-first-therapy": "first line: the record describes the disease at relapse",
    "no-relapse": "no relapse is recorded by then",
    "undetermined": "facts are missing",
}
REASONS = {
    "refractory-again": "refractory agent again",
    "not-yet-approved": "not yet approved",
    "not-yet-recommended": "no label, and not yet recommended",
    "not-available": "not available",
    "another-state": "not meant for this state of the disease",
    "outside-indication": "outside the indication",
    "earlier-therapy": "excluded by earlier therapy",
    "contraindicated": "contraindicated, or not for such patients",
    "must-wait": "something had to pass first",
    "off-label": "off label",
    "not-funded": "not funded",
    "not-known": "not known",
}
GROUPS = {
    "main": "usual options",
    "funded-reserve": "in reserve, funded",
    "ask": "to be asked for",
    "reserve": "in reserve",
    "seldom": "seldom chosen",
    "bridge": "bridges",
}
PARTS = {
    "maintenance": "maintenance",
    "consolidation": "consolidation",
    "transplant": "transplant within a line",
    "bridging": "bridging",
    "preparation": "conditioning, lymphodepletion or mobilisation",
    "support": "steroids or supportive drugs alone",
    "same-line": "further drugs of the same line",
}
_VALUES_SHOWN = 3
_BY = {
    "name": "",
    "agents": "by its drugs",
    "agents-without-steroids": "by its drugs, steroids apart",
}


def title(d: Audit) -> str:
    """The number of patients and decisions."""
    n, decisions = d["patients"], d["coverage"]["of"]
    return f"Audit of {decisions} past {plural('decision', decisions)} of {n} {plural('patient', n)}"


def share(s: Share) -> str:
    """A number of others, with the percentage."""
    return f"{s['number']} of {s['of']}" + ("" if s["percent"] is None else f" ({s['percent']:g} %)")


def between(r: Range) -> str:
    """The lowest and the highest share."""
    low, high = r["lowest"], r["highest"]
    if low["percent"] is None or high["percent"] is None:
        return f"0 of {low['of']}"
    return f"{low['number']} to {high['number']} of {low['of']} ({low['percent']:g} to {high['percent']:g} %)"


def numbers(d: Audit) -> list[tuple[str, str, str]]:
    """The two numbers, what limits them, and the share of first ranks, each with its meaning."""
    return [
        ("Coverage", share(d["coverage"]), "decisions that the record lets one judge"),
        ("Concordance", share(d["concordance"]), "judged decisions for a regimen among the options of that day"),
        (
            "If all was known",
            between(d["if_all_known"]),
            "concordance, if the missing facts of undetermined decisions were known: at least and at most",
        ),
        ("Without a day", share(d["undated"]), "judged decisions that use values without a day, perhaps later ones"),
        ("First rank", share(d["first_rank"]), "judged decisions for a regimen of the first rank"),
    ]


def limits(d: Audit) -> str:
    """What the audit cannot know."""
    return f"It cannot know: {listed([LIMITS[x] for x in d['limits']], 'and')}."


def basis(d: Audit) -> str:
    """How each decision was judged."""
    relapse = "; a relapse was assumed where none is recorded" if d["if_relapse"] else ""
    return (
        "Each decision is compared with the answer of `recommend` for the day before its first dose "
        f"(order {d['profile']}{relapse}). A partial date counts as its first possible day."
    )


def count(n: int | None) -> str:
    """A count of a table."""
    return MASK if n is None else str(n)


def line(row: OfLine) -> str:
    """The line of a row."""
    return str(row["line"]) if row["line"] else "not known"


def tables(d: Audit) -> list[tuple[str, dict[str, str], list[Counted]]]:
    """The tables by kind: heading, words of the kinds, counts."""
    return [
        ("Among the options, by group", GROUPS, d["by_group"]),
        ("Not among the options, by deciding reason", REASONS, d["by_reason"]),
        ("Not judged", NOT_JUDGED, d["by_not_judged"]),
        ("Entries that are no decision on a line", PARTS, d["parts"]),
    ]


def given(j: Judgement) -> str:
    """What was given: the regimen of the catalogue, or the drugs."""
    drugs = " + ".join(j["drugs"]) or "drugs not known"
    if j["regimen"] is None:
        return drugs
    by = _BY[j["matched_by"] or "name"]
    return f"{j['regimen']} ({by})" if by else j["regimen"]


def when(j: Judgement) -> str:
    """The start as recorded, and the day of the answer."""
    if j["start"] is None:
        return "start not recorded"
    return f"{j['start']}, judged as of {j['day']}" + (" (partial date)" if j["partial"] else "")


def result(j: Judgement) -> str:
    """The judgement in a few words."""
    if not j["judged"]:
        more = f" ({', '.join(j['candidates'])})" if j["candidates"] else ""
        return f"not judged: {NOT_JUDGED[j['not_judged']]}{more}"
    if j["offered"]:
        group = "" if j["group"] in (None, "main") else f", {GROUPS[j['group']]}"
        return f"among the options: rank {j['rank']}{'=' if j['tied'] else ''} of {j['options']}{group}"
    return f"not among the options: {REASONS[j['reason']]}"


def details(j: Judgement, most: int | None = None) -> list[str]:
    """The reasons with their marks, then what is beside them; at most ``most`` reasons and fields."""
    reasons = [a for a in j["against"] if a["kind"] != "not-known"][:most]
    return [*(short.marked(reason(j, a), a) for a in reasons), *beside(j, most)]


def beside(j: Judgement, most: int | None = None) -> list[str]:
    """The missing fields, a provisional rank, what was first on that day, and values without a day."""
    found = []
    if j["missing"]:
        left = len(j["missing"]) - len(j["missing"][:most])
        found.append(f"to record: {', '.join(j['missing'][:most])}" + (f" and {left} more" if left else ""))
    if j["provisional_rank"] is not None:
        found.append(f"provisional rank {j['provisional_rank']}, not confirmed")
    if j["date_matters"]:
        found.append("it began within the partial date: a full date could change this")
    if j["first"] and j["rank"] != 1:
        found.append(f"first on that day: {', '.join(j['first'])}")
    if j["judged"] and j["undated"]:
        more = len(j["undated"]) - len(j["undated"][:_VALUES_SHOWN])
        names = ", ".join(j["undated"][:_VALUES_SHOWN]) + (f" and {more} more" if more else "")
        found.append(f"used without a day: {names}")
    return found


def reason(j: Judgement, a: Against) -> str:
    """One reason with its sentence; of the deciding kind, which the judgement names, only the sentence."""
    if a["kind"] == j["reason"] and a["text"]:
        return a["text"]
    return f"{REASONS[a['kind']]}: {a['text']}".rstrip(": ")


def whose(id: str, j: Judgement) -> str:
    """The patient, the place of the therapy in time, and its line."""
    line = f"line {j['line']}" if j["line"] else "line not known"
    return f"{id}, therapy {j['number']}, {line}"


def failure(f: Failure) -> str:
    """An input that could not be read."""
    at = f["file"] if f["row"] is None else f"{f['file']}:{f['row']}"
    place = f", line {f['line']}" if f["line"] and f["row"] is None else ""
    field = f" {f['field']}:" if f["field"] else ""
    return f"{at}{place}:{field} {f['reason']}"


def kinds(rows: Iterable[Counted], names: dict[str, str]) -> list[tuple[str, str]]:
    """A table by kind as words and counts."""
    return [(names[row["kind"]], count(row["decisions"])) for row in rows]
