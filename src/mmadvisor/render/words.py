"""Sentences of reports that all formats share, without sources. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mmadvisor.answers.words import line_count as line_count
from mmadvisor.base.english import listed, plural
from mmadvisor.render.access import to_check
from mmadvisor.render.marks import UNBROKEN
from mmadvisor.render.marks import later as later

if TYPE_CHECKING:
    from mmadvisor.answers.car_t import BridgeEntry, CarTTiming, WaitEntry, WashoutEntry
    from mmadvisor.answers.co_medication import CoMedicationEntry, InteractionEntry
    from mmadvisor.answers.doses import ScheduleEntry, VariantEntry
    from mmadvisor.answers.look_ahead import AccessAsked, ClassLeft, PlanNode
    from mmadvisor.answers.monitor import DoseRow
    from mmadvisor.answers.published import SequenceEntry
    from mmadvisor.answers.recommendation import (
        AgentEntry,
        ApprovalEntry,
        Caution,
        ClassEntry,
        DeferredOption,
        LabelEntry,
        Missing,
        NotOffered,
        OptionEntry,
        OutcomeEntry,
        Position,
        PositionBy,
        ProvisionalEntry,
        Question,
        Recommendation,
        StandingEntry,
    )
    from mmadvisor.answers.regimen import (
        BurdenEntry,
        Claim,
        DoseEntry,
        HoldEntry,
        ObservationEntry,
        PatientTrace,
        PlacementEntry,
        PremedicationEntry,
        RestartEntry,
        Row,
        SpacingEntry,
        StepEntry,
    )
    from mmadvisor.answers.shelf import Cell
    from mmadvisor.answers.stamps import Claimed, SourceEntry

LONGEST_IN_HOURS = 96
NOT_TRIED = "Not tried, so their effect on the answer is not known"
IDLE = "None of these facts would change the answer by itself"


def few(names: list[str], most: int = 8) -> str:
    """The first ``most`` of many names, and the number of the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def stale(data: Mapping[str, object]) -> str:
    """A note that the catalogue was reviewed long before the day of the answer; otherwise empty."""
    stamp = data.get("catalogue") if isinstance(data, dict) else None
    return str(stamp.get("stale_because", "")) if isinstance(stamp, dict) else ""


def settings(data: Mapping[str, object]) -> str:
    """The settings of an answer that came from the environment or the config file; empty if there are none."""
    told = data.get("settings_from")
    used = told if isinstance(told, list) else []
    rows = [f"{s['setting']} {s['value']} (from {s['origin']})" for s in used]
    return f"Settings: {'; '.join(rows)}" if rows else ""


# --- the patient --------------------------------------------------------------------------------


def reason(finding: AgentEntry | ClassEntry | LabelEntry) -> str:
    """The reason of a finding, and the missing fields that would decide it."""
    missing = f" (would settle it: {'; '.join(finding['missing_names'])})" if finding["missing"] else ""
    return f"{finding['because']}{missing}"


def exposed(agent: AgentEntry) -> str:
    """An agent, with a note if it is not certain that the patient received it."""
    return agent["name"] if agent["exposed"] == "yes" else f"{agent['name']} (received: {agent['exposed']})"


# --- whether to treat ---------------------------------------------------------------------------


def question(q: Question) -> str:
    """A question, after the value and the limit that cause it."""
    return f"{q['found']}. {q['text']}"


def repeats(asked: Iterable[Question]) -> list[str]:
    """The values to measure again; values with the same question share a line."""
    groups: dict[str, list[str]] = {}
    for q in asked:
        groups.setdefault(q["text"], []).append(q["found"])
    return [f"{'; '.join(found)}. {text}" for text, found in groups.items()]


# --- co-medication ------------------------------------------------------------------------------

STRENGTHS = {
    "contraindicated": "contraindicated",
    "avoid": "avoid",
    "adjust": "adjust",
    "monitor": "watch",
    "none": "no change",
}
DISAGREE = "They disagree: one recommends it, another does not"
NO_LIST = "Co-medication is not recorded: no interaction was checked"
NONE_TAKEN = "no drug recorded as taken"


def drug(c: CoMedicationEntry) -> str:
    """A drug as written, with its generic name if it differs."""
    other = c["drug"] and c["drug"].casefold() not in c["as_written"].casefold()
    return f"{c['as_written']} ({c['drug']})" if other else c["as_written"]


def checked(c: CoMedicationEntry) -> str:
    """The agents with which a drug was compared, and agents whose interactions nobody read.

    For a drug that the catalogue does not know: a request to check it.
    """
    if not c["checked"]:
        return f"{drug(c)}: not known to the catalogue: check it yourself. {c['hint']}".rstrip()
    found = "" if c["results"] else "; no row of the catalogue is about it"
    against = f"checked against {', '.join(c['against'])}{found}" if c["against"] else "no agent to check it against"
    unread = f". No interactions were read of {', '.join(c['not_read'])}" if c["not_read"] else ""
    return f"{drug(c)}: {against}{unread}"


def interaction(x: InteractionEntry) -> str:
    """An interaction from one source, and the regimens that contain the agent."""
    whose = f" [{few(x['regimens'], 6)}]" if x["regimens"] else ""
    return f"{STRENGTHS[x['strength']]}: {x['text']}{whose}"


# --- options ------------------------------------------------------------------------------------


def standing(o: OptionEntry, by: str) -> StandingEntry | None:
    """The value of an option in a comparison; ``None`` if the profile lacks the comparison."""
    return next((s for s in o["standing"] if s["by"] == by), None)


def benefit(o: OptionEntry) -> str:
    """The progression-free survival in the nearest population."""
    row = o["nearest_benefit"]
    if row is None:
        return "not in the catalogue"
    figure = row["figure"]
    said = {
        "median": "{months:g} months",
        "rate": "{percent:g} % without progression at {months:g} months",
        "not-reached": "not reached, at least {months:g} months" if figure["months"] is not None else "not reached",
    }[figure["kind"]].format(**figure)
    other = {"other": "extrapolated", "neighbour": "one line off", "unknown": "if it fits"}.get(row["fit"], "")
    read_as = f"read as {row['read_as']}" if row["read_as"] else ""
    told = ", ".join(part for part in (said, row["trial"], row["subgroup"], other, read_as) if part)
    return "; ".join((told, *row.get("beside", ())))


def placed(o: OptionEntry) -> str:
    """The level of the newest recommendation and who gives it; the full reason is further down."""
    found = standing(o, "placement")
    if found is None:
        return ""
    return f"{found['value']}: {found['short']}" if found["short"] else found["value"]


def concerns(o: OptionEntry) -> str:
    """The topics of cautions, and what must be checked."""
    parts = [*_topics(o["cautions"]), *to_check(o), "rechallenge" if o["rechallenge"] else ""]
    return "; ".join(filter(None, parts)) or "none"


def _topics(cautions: Sequence[Caution]) -> Iterator[str]:
    """The topics of cautions that apply, the interacting drugs, and the topics of unknown cautions."""
    applies = dict.fromkeys(c["about"] for c in cautions if c["result"] == "applies" and not c["drugs"])
    yield ", ".join(applies)
    if drugs := dict.fromkeys(drug for c in cautions for drug in c["drugs"]):
        yield f"interaction with {', '.join(drugs)}"
    unknown = dict.fromkeys(c["about"] for c in cautions if c["result"] == "unknown")
    if open_ := [topic for topic in unknown if topic not in applies]:
        yield f"not known: {', '.join(open_)}"


def approval(a: ApprovalEntry) -> str:
    """The approval, its beginning, and whether it is conditional."""
    since = f" since {a['since']}" if a["since"] else ""
    return f"{a['status']} in {a['jurisdiction']}{since}{', conditional' if a['conditional'] else ''}"


def effect(outcome: OutcomeEntry, options: Sequence[OptionEntry]) -> str:
    """The effect of an outcome of a missing fact, in a few words."""
    told = (*outcome["opens"], *outcome["rules_out"], *outcome["defers"])
    ruled_out = {v["regimen"] for v in outcome["turns"] if v["after"] == "ineligible"}
    closed = [r for r in outcome["closes"] if r in ruled_out]
    by_verb = (
        ("opens", outcome["opens"]),
        ("rules out", outcome["rules_out"]),
        ("defers", outcome["defers"]),
        ("settles", [r for r in outcome["settles"] if r not in told]),
        ("closes", closed),
    )
    said = [f"{verb} {few(regimens)}" for verb, regimens in by_verb if regimens]
    turned: dict[tuple[str, str], list[str]] = {}
    for v in outcome["turns"]:
        if v["regimen"] not in closed:
            turned.setdefault((v["before"], v["after"]), []).append(v["regimen"])
    said += [f"turns {few(names)} from {before} to {after}" for (before, after), names in turned.items()]
    if order := _other_order(outcome, options, alone=not said):
        said.append(order)
    if outcome["reorders_waiting"]:
        said.append("another order of what waits or is provisional")
    return "; ".join(said) or "does not change the answer by itself"


def _other_order(outcome: OutcomeEntry, options: Sequence[OptionEntry], *, alone: bool) -> str:
    """The new first option, if another option would be first.

    Otherwise, if ``alone`` (nothing else changes): the part of the order that changes. Empty if the order stays.
    """
    first = outcome["first"]
    if first and options and first[0] != options[0]["regimen"]:
        return f"{first[0]} first"
    if not alone:
        return ""
    if first and [o["regimen"] for o in options[: len(first)]] != first:
        return "another order of the first five"
    return "another order further down" if outcome["reorders"] else ""


def not_decisive(missing: Iterable[Missing]) -> list[tuple[str, list[str]]]:
    """Missing facts that are not known to change an option, in three groups, each with its heading.

    The groups are: facts that were not tried, facts that change only the order of deferred or provisional regimens, and
    facts that change nothing by themselves. Facts that decide what is done before the first dose are listed elsewhere;
    those of them that were not tried are here too.
    """
    left = [m for m in missing if not m["decisive"] and not (m["changes_care"] and m["tried"])]
    ordering = [m for m in left if any(o["reorders_waiting"] for o in m["outcomes"])]
    rest = [m for m in left if m not in ordering]
    told = (
        (NOT_TRIED, [to_fill_in(m["field"], m["name"]) for m in rest if not m["tried"]]),
        (
            "They change the order of what waits or is provisional",
            [to_fill_in(m["field"], m["name"]) for m in ordering],
        ),
        (IDLE, [to_fill_in(m["field"], m["name"]) for m in rest if m["tried"]]),
    )
    return [(said, fields) for said, fields in told if fields]


def to_fill_in(field: str, name: str) -> str:
    """A field as the program accepts it; for a field of a list, whose indices begin at 0, with its usual name."""
    return f"{field} ({name})" if "[" in field else field


def would_rank(n: NotOffered, among_options: bool) -> str:
    """The rank of an undetermined regimen if it were open, and the condition."""
    rank = "first" if n["would_rank"] == 1 else f"rank {n['would_rank']}"
    return f"{f'{rank} if' if among_options else 'if'} {n['would_rank_if']}"


def waiting(a: Recommendation) -> list[tuple[str, list[DeferredOption]]]:
    """Deferred regimens in groups that wait for the same, for the same reason, and with the same next steps.

    Each group has a heading, such as "First, once the infection is below grade 3". Regimens that would not be offered
    even then have no rank, and are listed with the closed ones.
    """
    groups: dict[tuple[str, ...], list[DeferredOption]] = {}
    for d in a["deferred_options"]:
        if d["would_rank"] is None:
            continue
        said = [s["text"] for s in (*d["next_steps"], *d["look_again"])]
        groups.setdefault((d["once"], *d["found"], *said), []).append(d)
    return [
        (f"{'First, once' if _is_first(group[0]) else 'Once'} {group[0]['once']}", group) for group in groups.values()
    ]


def _is_first(deferred: DeferredOption) -> bool:
    """Whether a deferred regimen would be first, and nothing else about it is unknown."""
    return deferred["would_rank"] == 1 and deferred["would_be_option"]


def ranked(rows: Sequence[DeferredOption]) -> str:
    """Deferred regimens, each with the rank that it would have, and the other facts that must be known."""
    lacking = {d["regimen"]: f" (missing: {'; '.join(d['missing_names'])})" if d["missing"] else "" for d in rows}
    return ", ".join(f"{d['would_rank']}{UNBROKEN}{d['regimen']}{lacking[d['regimen']]}" for d in rows)


def shared_gates(a: Recommendation) -> list[str]:
    """The tests that every regimen of the provisional order needs."""
    rows = a["provisional"]
    return [text for text in (rows[0]["provided"] if rows else ()) if all(text in p["provided"] for p in rows)]


def provisional(a: Recommendation) -> str:
    """The heading of the provisional order, with the results that all its regimens need."""
    shared = "; ".join(shared_gates(a)) or "what stands beside each regimen"
    return f"PROVISIONAL, not confirmed: the order if these hold: {shared}"


def own_gates(a: Recommendation, p: ProvisionalEntry) -> list[str]:
    """The tests that one regimen of the provisional order needs besides the shared ones."""
    shared = shared_gates(a)
    return [text for text in p["provided"] if text not in shared]


def undecided(a: Recommendation) -> list[NotOffered]:
    """The undetermined regimens with a rank that are not in the provisional order."""
    shown = {p["regimen"] for p in a["provisional"]}
    rows = [n for n in a["not_offered"] if n["verdict"] == "undetermined" and n["would_rank"] is not None]
    return [n for n in rows if n["regimen"] not in shown]


def alike(n: NotOffered) -> str:
    """The reason that a closed regimen may share with others; empty if something would open it."""
    failing = [c for c in n["criteria"] if c["force"] == "hard" and c["result"] == "not-met"]
    if n["approval"]["status"] == "not-available":
        return "Not available here"
    if any(c["id"] == "state" for c in failing):
        return "For another state of the disease"
    if failing and all(c["type"] == "active" for c in failing):
        return f"Spent: {', '.join(agent for c in failing for agent in c['tokens'])}"
    return ""


def grouped(
    closed: Iterable[NotOffered],
) -> tuple[dict[tuple[str, str], list[str]], dict[str, list[str]]]:
    """The closed regimens without a common reason, by reason and by what would open them; then those with one.

    The latter are listed by their common reason (``alike``), such as "Not available here".
    """
    mendable: dict[tuple[str, str], list[str]] = {}
    shared: dict[str, list[str]] = {}
    for n in closed:
        if reason := alike(n):
            shared.setdefault(reason, []).append(n["regimen"])
        else:
            mendable.setdefault(("; ".join(dict.fromkeys(n["because"])), opens(n)), []).append(n["regimen"])
    return mendable, shared


def opens(n: NotOffered) -> str:
    """What would open a closed regimen."""
    return n["would_change_if"] if n["can_change"] else "nothing can"


def access_asked(asked: AccessAsked) -> str:
    """A fact of access that is not recorded, as a question, with the classes that it decides."""
    return f"Not recorded: {asked['name']} ({asked['field']}). It decides {few(asked['classes'], 4)}"


def opening(n: NotOffered) -> str:
    """What would open a closed regimen, as a sentence, with the missing facts that would still leave it undecided."""
    if not n["can_change"]:
        return "Nothing opens it"
    needs = n["still_needs"]
    return f"Opens {n['would_change_if']}" + (f", and if missing facts allow: {few(needs, 4)}" if needs else "")


def bodies(position: Position) -> list[tuple[str, PositionBy]]:
    """The bodies that recommend an option, each once with all its levels, with the claim."""
    said: dict[tuple[str, str, str], tuple[dict[str, None], PositionBy]] = {}
    for b in position["bodies"]:
        when = f" ({b['dated']})" if b["dated"] else ""
        levels, _ = said.setdefault((f"{b['by']}{when}", b["source"], b["verified"]), ({}, b))
        levels[f"{b['level']}{', superseded' if b['superseded'] else ''}"] = None
    return [(f"{who}: {' and '.join(levels)}", b) for (who, _, _), (levels, b) in said.items()]


def untried(options: Iterable[OptionEntry]) -> list[tuple[str, str]]:
    """The options without any published result on the day, with the sentence for it."""
    return [(o["regimen"], o["untried"]) for o in options if o["untried"]]


# --- CAR-T --------------------------------------------------------------------------------------


def _from(first: str | None, last: str | None) -> str:
    if not first or first == last:
        return first or ""
    return f"{first} by the shortest, {last} by the longest of the intervals below"


def collection(timing: CarTTiming) -> str:
    """The earliest day of collection, by the shortest and the longest interval."""
    return _from(timing["apheresis_from"], timing["apheresis_from_at_the_latest"])


def infusion(timing: CarTTiming) -> str:
    """The earliest day of infusion that the drugs so far allow; the manufacture of cells is not counted."""
    return _from(timing["infusion_from"], timing["infusion_from_at_the_latest"])


def washouts(timing: CarTTiming) -> list[tuple[str, list[WashoutEntry]]]:
    """The wash-outs by drug and step; those for another disease come last."""
    groups: dict[tuple[str, str], list[WashoutEntry]] = {}
    for w in timing["washouts"]:
        groups.setdefault((w["before"], w["name"]), []).append(w)
    found = []
    for (before, name), rows in groups.items():
        since = "still taken" if rows[0]["still_taken"] else f"last dose {rows[0]['last_dose']}"
        known = f" ({since})" if rows[0]["agent"] else ""
        found.append((f"{name}{known}, before {before}", sorted(rows, key=lambda w: bool(w["disease"]))))
    return found


def washout(w: WashoutEntry) -> str:
    """The wash-out of one source for one drug: the days and dates, or the advice if there is no number of days."""
    when = {"safe": "may go on up to it", "avoid": "to be avoided"}.get(w["advice"], "")
    if w["until"]:
        late = w["until_at_the_latest"]
        when = f"{w['days']} days: from {w['until']}{' if stopped today' if w['still_taken'] else ''}"
        when += f" to {late}, by the day in {w['last_dose']} that was the last" if late != w["until"] else ""
    elif w["days"] is not None:
        when = f"{w['days']} days" + (" from a last dose that is not recorded" if w["agent"] else "")
    return f"{w['by']}: {'; '.join(part for part in (when, w['text']) if part)}"


def wait(w: WaitEntry) -> str:
    """The time from collection to infusion, the day of infusion, and whether that is soon enough."""
    fits = {"yes": ", as long as treatment can wait", "no": ", longer than treatment can wait"}.get(w["fits"], "")
    first, last = w["infusion_from"], w["infusion_from_at_the_latest"]
    day = first if first == last else f"{first} (shortest wash-outs) or {last} (longest)"
    return f"{w['regimen']}: {w['text']}; infusion from {day} at best{fits}"


def bridge(b: BridgeEntry) -> str:
    """A bridge, the open regimens that contain it, and the source."""
    open_ = f" (open here: {few(b['regimens'])})" if b["regimens"] else ""
    what = f"Bridging with {', '.join(b['agents'])}" if b["agents"] else "Bridging"
    return f"{what}{'' if b['keeps_t_cells'] else ' (harms)'}{open_}: {b['text']}; {b['by']}"


# --- looking ahead ------------------------------------------------------------------------------


def named(node: PlanNode) -> str:
    """A choice, and whether the relapse comes later."""
    return f"{node['regimen']}{'' if node['branch'] == 'progression' else ', relapse later'}"


def leaves(node: PlanNode, most: int = 6) -> str:
    """The options after a choice."""
    return few([*node["opens"], *node["remains"]], most) or "nothing"


def remaining(left: ClassLeft) -> str:
    """What remains of a class or target: how many options contain it, or why none does."""
    bare = {"spent": "spent", "no option": "none", "not decided": "?"}.get(left["state"])
    if bare is not None:
        return bare
    return f"{left['options']}{' ~' if left['state'] == 'doubtful' else ''}"


def outcome(row: SequenceEntry) -> str:
    """The published result of one treatment after another, with the number and kind of patients."""
    figures = []
    if "orr_percent" in row:
        figures.append(f"response {row['orr_percent']:g} %")
    for name, months in (("PFS", row.get("pfs_months")), ("OS", row.get("os_months"))):
        if months and months["median"] is not None:
            figures.append(f"{name} {months['median']:g} months")
        elif months and months.get("not_reached"):
            figures.append(f"{name} not reached")
    number = f"n {row['n']}, " if "n" in row else ""
    said = ", ".join(figures) or row.get("note", "")
    return f"{row['trial']} ({number}{row['population']}): {said}"


# --- a regimen's page ---------------------------------------------------------------------------


def days(written: str) -> str:
    """Days of treatment as they are written."""
    return f"days {written}" if written[:1].isdigit() else written


def dose(d: DoseEntry) -> str:
    """How an agent is given: dose, route, days and schedule."""
    how = ", ".join(x for x in (d["dose"], d["route"], days(d["days"]), d["note"]) if x)
    return f"{how} (schedule: {d['schedule']})" if d["schedule"] else how


def proposed_schedule(entries: Sequence[ScheduleEntry]) -> str:
    """The schedule that is proposed, with the others, or between which somebody must decide; empty if there is one."""
    also = "; ".join(_schedule(s) for s in entries if s["status"] == "other")
    possible = [s for s in entries if s["status"] != "other"]
    missing = "; ".join(dict.fromkeys(s["found"] for s in possible if s["holds"] == "unknown" and s["found"]))
    names = listed([_schedule(s) for s in possible], "or")
    if len(possible) == 1:
        said = f"Proposed: {names}"
    elif any(s["holds"] == "unknown" for s in possible):
        said = f"Not settled ({missing}): {names}" if missing else f"By the facts of the patient: {names}"
    else:
        said = f"Decide: {names}"
    return f"{said}{f'; also: {also}' if also else ''}" if entries else ""


def _schedule(s: ScheduleEntry) -> str:
    """A schedule with what calls for it."""
    why = "usual" if s["usual"] else s["found"] if s["holds"] == "yes" else ""
    return f"{s['name']} ({why})" if why else s["name"]


def other_schedule(s: ScheduleEntry) -> str:
    """A schedule besides the usual one: for whom it is proposed, what is known, and what the source adds."""
    when = f"if {s['when']}" if s["when"] else "named, not proposed by any fact"
    note = f" ({s['note']})" if s["note"] else ""
    holds = {"yes": "holds", "no": "does not hold", "unknown": "unknown", "": ""}[s["holds"]]
    return f"{s['name']}: {when}{note}" + (f" [{holds}: {s['found']}]" if s["found"] else "")


def variant(v: VariantEntry, days_written: str) -> str:
    """A variant of a dose: its condition, the dose, its days if they differ, and whether the condition holds."""
    own = f", {v['days']}" if v["days"] != days_written and v["dose"] else ""
    note = f" ({v['note']})" if v["note"] and v["by"] else ""
    lacking = f"not known without {', '.join(v['missing'])}; recorded" if v["missing"] else "unknown"
    holds = f" [{'holds' if v['holds'] == 'yes' else lacking}: {v['found']}]" if v["found"] else ""
    return f"{v['when']}: {v['dose'] or 'not read, look it up'}{own}{note}{holds}"


def to_adapt(d: DoseRow) -> str:
    """A note that a dose must be adapted to the patient, with the findings; empty if there are none."""
    written = "" if d["look_up"] else "as written: "
    return f" ({written}adapt it to this patient, {d['adapt']})" if d["adapt"] else ""


def burden(b: BurdenEntry) -> str:
    """The visits in 28 days and the admission that a regimen needs."""
    n = b["visits_per_28_days"]
    visits = f"{n:g} {plural('visit', n)} in 28 days, " if n is not None else ""
    return f"{visits}admission: {b['admission']}"


def about(claim: Claim) -> str:
    """A claim, after its topic."""
    return f"{claim['about'] + ': ' if claim['about'] else ''}{claim['text']}"


def placement(x: PlacementEntry) -> str:
    """The recommendation of a guideline for a regimen."""
    text = f": {x['text']}" if x["text"] else ""
    gone = f", superseded by {x['retired_by']}" if x["retired_by"] else ""
    return f"{x['setting']}: {x['level']} ({x['by']}, {x['dated']}){text}{gone}"


def places(row: Row) -> str:
    """The jurisdictions to which a row applies."""
    return ", ".join(row.get("jurisdictions", ())) or "all"


def where(row: Row) -> str:
    """The jurisdictions to which a row applies, and its note."""
    held = f" [{', '.join(row['jurisdictions'])}]" if row.get("jurisdictions") else ""
    return held + (f" ({row['note']})" if row.get("note") else "")


def noted(row: StepEntry) -> str:
    """The schedule of a step and its note."""
    return "; ".join(part for part in (row.get("schedule"), row.get("note")) if part)


def premedication(row: PremedicationEntry) -> str:
    """The premedication of a dose, and how long before it is given."""
    hours = ""
    if "hours_before" in row:
        low, high = row["hours_before"]
        hours = f" ({low:g} h before)" if low == high else f" ({low:g} to {high:g} h before)"
    return f"Before {row['before']}{hours}: {row['text']}{where(row)}"


def observation(row: ObservationEntry) -> str:
    """How long and where the patient is observed after a dose."""
    hours = row["hours"]
    span = f"{hours:g} h" if hours < LONGEST_IN_HOURS else f"{hours / 24:g} days"
    place = {"hospital": "in hospital", "nearby": "near the centre"}[row["where"]]
    return f"After {row['after']}: {span} {place}{where(row)}"


def spacing(row: SpacingEntry) -> str:
    """When doses may be given further apart."""
    return f"From {row['leave']} to {row['enter']}: {row['text']}{where(row)}"


def grades(row: HoldEntry) -> str:
    """The grades to which a row applies."""
    return ", ".join(str(grade) for grade in row.get("grades", ())) or "any"


def last_dose(row: RestartEntry) -> str:
    """The last dose and its schedule, with spaces that do not break."""
    return UNBROKEN.join(part for part in (row["last_dose"], row.get("schedule", "")) if part).replace(" ", UNBROKEN)


def days_between(row: RestartEntry) -> str:
    """The number of days since the last dose."""
    first = row["days_from"]
    return f"{first} to {row['days_to']}" if "days_to" in row else f"{first} or more"


def unread_restarts(restarts: Iterable[RestartEntry]) -> list[tuple[str, Claimed]]:
    """Rows for an interruption that nobody looked up at their source; rows with the same text share a line."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for r in restarts:
        if not r["usable"]:
            span = f", {days_between(r)} days" if "days_from" in r else ""
            key = (r["text"], r["source"], r["verified"])
            groups.setdefault(key, []).append(f"{last_dose(r)}{span}{where(r)}")
    return [
        (f"After {'; '.join(dict.fromkeys(doses))}: {text}", {"source": source, "verified": verified})
        for (text, source, verified), doses in groups.items()
    ]


def cited(trace: PatientTrace) -> dict[str, SourceEntry]:
    """The sources that a patient's answer cites for one regimen."""
    entry = trace["entry"]
    keys = {row["source"] for row in (*entry["criteria"], *entry["cautions"], entry["approval"])}
    if "rank" in entry:
        keys |= {row["source"] for row in (*entry["standing"], *entry["evidence"], *entry["placements"])}
    return {key: source for key, source in trace["sources"].items() if key in keys}


def provenance(s: SourceEntry) -> str:
    """The year of a source, its identifiers, and how and when it was read."""
    doi = f"doi {s['doi']}" if "doi" in s else ""
    pmid = f"PMID {s['pmid']}" if "pmid" in s else ""
    read = f"read {s['read_on']}" if s.get("read_on") else "not read"
    facts = (str(s.get("year", "undated")), doi, pmid, s.get("nct", ""), s.get("read_as", ""), read, s["verified"])
    return ", ".join(dict.fromkeys(x for x in facts if x))


# --- figures and lists --------------------------------------------------------------------------


def parts(cells: list[list[Cell]], most: int = 900) -> list[list[list[Cell]]]:
    """The cells of a row, divided into several rows if they would not fit on a sheet of paper."""
    rows: list[list[list[Cell]]] = [[[] for _ in cells]]
    for i in range(max(map(len, cells), default=0)):
        longest = max(sum(len(c["text"]) for c in [*rows[-1][k], *cell[i : i + 1]]) for k, cell in enumerate(cells))
        if longest > most and any(rows[-1]):
            rows.append([[] for _ in cells])
        for k, cell in enumerate(cells):
            rows[-1][k] += cell[i : i + 1]
    return rows
