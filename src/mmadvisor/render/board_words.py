"""The index of the sheets for a tumour board in words: who comes first, each patient, what has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mmadvisor.base.english import plural
from mmadvisor.render import brief, short, words
from mmadvisor.render.sheet import days_after
from mmadvisor.render.text import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mmadvisor.answers.board_index import BoardIndex, BoardOption, BoardRow, LastRun, OldSheet, UnreadFile
    from mmadvisor.answers.check import ProblemEntry
    from mmadvisor.answers.recommendation import Emergency
    from mmadvisor.answers.stamps import SettingFrom

NOT_CONFIRMED = "not confirmed"
NONE = "none"
NO_CHANGE = "no change since the last run"
GROUPS = {"funded-reserve": "kept in reserve", "ask": "to be asked for"}
OLD_SHEETS = "Sheets of earlier runs that are still in this folder: do not use them"
WHY_OLD = {
    "gone": "the patient is no longer in the folder",
    "unread": "the patient file could not be answered",
    "replaced": "the patient has another sheet",
}


# --- the run --------------------------------------------------------------------------------------


def title(d: BoardIndex) -> str:
    """The number of patients, and the day of the run or of the answers."""
    n = len(d["patients"])
    day = f"as of {d['as_of']}" if d["as_of"] else f"made on {d['made_on']}"
    unread = len(d["unread"])
    of = f" of {n + unread} files ({unread} not answered)" if unread else ""
    return f"Tumour board: {n} {plural('patient', n)}{of}, {day}"


def since_the_last_run(d: BoardIndex) -> list[str]:
    """What is not as in the last run: patients that came or are gone, the catalogue, the program."""
    last = d["last_run"]
    if last is None:
        return ["First run in this folder: there is nothing to compare with"]
    new = [name(r) for r in d["patients"] if r["new"]]
    found = [*_changed(d, last), *_alarms(d)]
    found += [f"New: {', '.join(new)}"] if new else []
    found += [f"No longer in the folder: {', '.join(d['gone'])}"] if d["gone"] else []
    if not last["same_catalogue"]:
        found.append(f"The catalogue is another one: {_other_catalogue(d, last)}; changes may come from it")
    if not last["same_program"]:
        before, now = last["program"], d["engine"]["version"]
        found.append(f"The program is another version: {before}, now {now}; changes may come from it")
    return found


def _changed(d: BoardIndex, last: LastRun) -> list[str]:
    """The last run, and the patients whose answer or file is not as it was then."""
    changed = [r for r in d["patients"] if (r["changes"] or r["file_changed"]) and not r["new"]]
    only_file = [name(r) for r in changed if not r["changes"]]
    n = len(changed)
    which = f"run {last['run']}, made on {last['made_on']}" if last["run"] else f"the run of {last['made_on']}"
    only = f"; of {', '.join(only_file)} only the patient file" if only_file else ""
    who = f" ({', '.join(map(name, changed))}{only})" if changed else ""
    return [f"Compared with {which}: {n or 'no'} {plural('patient', n)} with changes{who}"]


def _alarms(d: BoardIndex) -> list[str]:
    """The patients whose emergencies are not as in the last run, and the files that are no longer answered."""
    alarms = [name(r) for r in d["patients"] if r["emergency_changed"]]
    lost = [unread(u) for u in d["unread"] if u["new"]]
    return [
        *([f"Emergencies that are new, have changed or are over: {', '.join(alarms)}"] if alarms else []),
        *([f"No longer answered: {'; '.join(lost)}"] if lost else []),
    ]


def _other_catalogue(d: BoardIndex, last: LastRun) -> str:
    """The layers that came or went, and the version if it is another one."""
    before, now = last["catalogue"], d["catalogue"]["version"]
    layers = [f"{x} was added" for x in last["layers_added"]] + [f"{x} was removed" for x in last["layers_removed"]]
    version = [f"{before}, now {now}"] if before != now else []
    return "; ".join([*version, *layers]) or f"the same version, {now}, with another content"


def emergencies(d: BoardIndex) -> list[BoardRow]:
    """The patients with an emergency, or with something else that comes before the options."""
    return [r for r in d["patients"] if r["treat_now"]["emergencies"] or r["comes_first"]]


def to_treat(d: BoardIndex) -> list[BoardRow]:
    """The other patients who should be treated now."""
    urgent = {r["sheet"] for r in emergencies(d)}
    return [r for r in d["patients"] if r["treat_now"]["answer"] == "treat" and r["sheet"] not in urgent]


def to_treat_heading(d: BoardIndex) -> str:
    """The heading of the patients to treat, which names what stands above it."""
    beside = ", besides the patients above" if emergencies(d) else ""
    return f"Treat now{beside} ({len(to_treat(d))})"


def passed_over_heading(d: BoardIndex) -> str:
    """The heading of the files that were not read."""
    return f"Not read: the names do not end as those of patient files ({len(d['passed_over'])})"


def ignored(settings: Sequence[SettingFrom]) -> list[str]:
    """The settings that exist and were not used."""
    rows = [f"{s['setting']} {s['value']} (from {s['origin']})" for s in settings]
    return [f"Settings that were not used: {'; '.join(rows)}; --config uses them"] if rows else []


# --- one patient ----------------------------------------------------------------------------------


def name(r: BoardRow) -> str:
    """The id; with the file, if other files have the same id."""
    return f"{r['patient']['id']} ({r['file']})" if r["same_id"] else r["patient"]["id"]


def href(sheet: str) -> str:
    """The address of a sheet beside the index."""
    return quote(sheet)


def facts(r: BoardRow) -> list[str]:
    """Jurisdiction, day, lines, and whether to treat now."""
    count = words.line_count(r["prior_lines"])
    return [
        r["jurisdiction"],
        r["patient"]["assessed_on"],
        f"{count} {plural('line', 1 if count == '1' else 2)}",
        f"treat now? {spoken(r['treat_now']['answer'])}",
        *(f"! {alarm(e)}" for e in r["treat_now"]["emergencies"]),
    ]


def coming_first(r: BoardRow) -> list[str]:
    """The emergencies, and what else comes before the options, in full."""
    treat = r["treat_now"]
    return [
        *(_emergency(e) for e in treat["emergencies"]),
        *(short.marked(x["text"], x) for x in r["comes_first"]),
    ]


def _emergency(e: Emergency) -> str:
    found = f": {e['found']}" if e["found"] else ""
    return short.marked(f"{spoken(e['emergency']).upper()} ({e['how']}){found}. {e['text']}", e)


def alarm(e: Emergency) -> str:
    """The name of an emergency, with the value and the limit if there is one."""
    if e["value"] is None:
        return spoken(e["emergency"])
    limit = f" (limit {e['limit']:g})" if e["limit"] is not None else ""
    value = f"{e['value']:g} {e['unit']}".rstrip()
    return f"{spoken(e['emergency'])}, {value}{limit}"


def leading(r: BoardRow) -> Iterator[tuple[str, Sequence[BoardOption]]]:
    """The first of the provisional order and the first option, each after its heading."""
    if r["provisional"]:
        yield "Provisional: ", r["provisional"]
    if r["first"]:
        yield ("In no order: " if r["unnumbered"] else ""), r["first"]


def option(r: BoardRow, o: BoardOption) -> str:
    """An option with its rank and access as on the sheet; a provisional one is marked as not confirmed."""
    return f"{rank(o)}{o['regimen']} ({', '.join(beside(r, o))})"


def rank(o: BoardOption) -> str:
    """The rank with its signs and a space: = if it is shared, ? if it is not confirmed; empty if there is none."""
    if o["rank"] is None:
        return ""
    return f"{o['rank']}{'' if o['confirmed'] else '?'}{'=' if o['tied'] else ''} "


def beside(r: BoardRow, o: BoardOption) -> list[str]:
    """Licence and funding, the group if it is not the usual one, and whether the place in the order is confirmed."""
    reached = short.reached(o["licensed"], o["funded"], o["at_hand"], o["status"], funding_read=r["funding_read"])
    group = "" if o["group"] == "main" else GROUPS[o["group"]]
    return [text for text in (reached, group, "" if o["confirmed"] else NOT_CONFIRMED) if text]


def strong(r: BoardRow) -> list[str]:
    """The strong cautions of the options that are shown, in full, each once with its options."""
    found: dict[str, list[str]] = {}
    for _, options in leading(r):
        for o in options[: brief.OPTIONS_SHOWN]:
            for c in o["strong"]:
                found.setdefault(short.marked(c["text"], c), []).append(o["regimen"])
    return [f"STRONG, {', '.join(dict.fromkeys(names))}: {text}" for text, names in found.items()]


def instead(r: BoardRow) -> list[str]:
    """Why there is no first option, what comes before the choice, and what is first once something has passed."""
    waiting: dict[str, list[str]] = {}
    for w in r["waiting"]:
        waiting.setdefault(w["once"], []).append(f"{w['would_rank']} {w['regimen']}")
    return [
        *r["instead"],
        *(f"{x['name']}: {short.marked(x['text'], x)}" for x in r["lanes"]),
        *(f"Once {once}: {words.few(names, brief.NAMES_SHOWN)}" for once, names in waiting.items()),
    ]


def age(d: BoardIndex, r: BoardRow) -> list[str]:
    """That the answer is for an earlier day, that of the patient file."""
    n = days_after(r["patient"], d["made_on"])
    return [f"The answer is for {r['patient']['assessed_on']}, {n} {plural('day', n)} before the run"] if n > 0 else []


def doubts(r: BoardRow) -> list[str]:
    """Contradictions of the record, drugs that were not checked, and other files with the same id."""
    taken = [f"Not checked for interactions: {', '.join(r['unchecked'])}"] if r["unchecked"] else []
    same = [f"The same id is in {', '.join(r['same_id'])}: is it the same patient?"] if r["same_id"] else []
    return [*same, *r["treat_now"]["contradictions"], *taken]


def questions(r: BoardRow) -> list[str]:
    """What a provisional order needs, the facts to ask for, the values to repeat, and a missing list of drugs."""
    names = [q["name"] for q in r["ask"]]
    needed = dict.fromkeys(text for o in r["provisional"] for text in o["provided"])
    return [
        *([f"First confirm: {'; '.join(needed)}"] if needed else []),
        *([words.few(names, brief.ASKED)] if names else []),
        *short.to_settle(r["treat_now"]),
        *([words.NO_LIST] if r["unchecked"] is None else []),
    ]


def since(d: BoardIndex, r: BoardRow) -> list[str]:
    """What is not as in the last run, for one patient."""
    if d["last_run"] is None:
        return []
    changed = [
        f"{c['about']}: {'; '.join(c['after']) or NONE} (before: {'; '.join(c['before']) or NONE})"
        for c in r["changes"]
    ]
    if r["new"]:
        return ["new patient", *changed]
    of_file = ["the patient file has changed"] if r["file_changed"] else []
    return [*changed, *of_file] or [NO_CHANGE]


# --- files ----------------------------------------------------------------------------------------


def unread(u: UnreadFile) -> str:
    """The name of a file that could not be answered, whether that was so in the last run, and its last emergency."""
    was = [] if u["new"] else ["as in the last run"]
    had = [f"had an emergency in the last answer: {'; '.join(u['had_emergencies'])}"] if u["had_emergencies"] else []
    return f"{u['file']} ({'; '.join([*was, *had])})" if was or had else u["file"]


def problem(p: ProblemEntry) -> str:
    """An error of a patient file, with its position."""
    at = f"line {p['line']}, column {p['column']}: " if p["line"] else ""
    field = f"{p['path']}: " if p["path"] else ""
    found = f"; found {p['found']}" if p["found"] else ""
    return f"{at}{field}{p['message']}{found}. {p['hint']}".rstrip()


def old(x: OldSheet) -> str:
    """Whose an old sheet is, and why this run did not write it."""
    return f"{x['id']} ({x['file']}); {WHY_OLD[x['why']]}"
