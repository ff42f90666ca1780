"""The index of the sheets for a tumour board: a row for each patient, and what is not as in the last run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeVar, cast

from mmadvisor.answers.board_index import (
    SCHEMA,
    BoardChange,
    BoardIndex,
    BoardLane,
    BoardOption,
    BoardQuestion,
    BoardRow,
    BoardWaiting,
    LastRun,
    OldSheet,
    StrongCaution,
    UnreadFile,
)
from mmadvisor.answers.check import entry_of
from mmadvisor.answers.lanes import LaneStep
from mmadvisor.answers.recommendation import (
    LEADING,
    LineCount,
    OptionEntry,
    ProvisionalEntry,
    Question,
    Recommendation,
    TreatNow,
)
from mmadvisor.answers.stamps import INTENDED_USE, CatalogueStamp
from mmadvisor.answers.words import line_count
from mmadvisor.base.errors import Problem
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.citing import ENGINE, Stamp, bibliography, stamped

_R = TypeVar("_R", OptionEntry, ProvisionalEntry)
# What a caution has besides its text and its source.
_NOT_OF_A_TEXT = ("result", "drugs", "strong")
_NOT_OF_A_STEP = ("applies", "missing")


class EarlierRow(NamedTuple):
    """A patient of the last run; ``compared`` is empty if only the sheet is known."""

    id: str
    file: str
    sheet: str
    sha256: str
    compared: Mapping[str, list[str]]


class EarlierUnread(NamedTuple):
    """A file that the last run could not answer, with the emergencies of the last answer before that."""

    file: str
    had_emergencies: tuple[str, ...]


class Earlier(NamedTuple):
    """The index of the last run.

    ``rows``: its patients. ``old``: sheets that were old already then. ``unread``: files that it could not answer.
    ``layers``: the layers of its catalogue. ``run``: its number; 0 if it has none.
    """

    made_on: str
    catalogue: str
    catalogue_sha256: str
    program: str
    rows: tuple[EarlierRow, ...]
    old: tuple[EarlierRow, ...]
    unread: tuple[EarlierUnread, ...]
    layers: tuple[str, ...]
    run: int


# --- one patient --------------------------------------------------------------------------------


def row(answer: Recommendation, file: str, sheet: str) -> BoardRow:
    """The row of a patient, not yet compared with other rows or with the last run.

    Args:
        answer: The answer of `recommend`.
        file: The path of the patient file in the folder.
        sheet: The file name of the sheet.
    """
    unnumbered = bool(answer["unnumbered"])
    leading = [o for o in answer["options"] if o["group"] in LEADING]
    first = leading if unnumbered else _sharing_the_first_rank(leading)
    provisional = _sharing_the_first_rank(answer["provisional"])
    lines, taken = answer["history"]["prior_lines"], answer["co_medication"]
    made = BoardRow(
        patient=answer["patient"],
        file=file,
        sheet=sheet,
        same_id=[],
        jurisdiction=answer["jurisdiction"],
        funding_read=answer["place"]["funding_read"],
        state=answer["history"]["state"],
        prior_lines=LineCount(
            count=lines["count"],
            at_least=lines["at_least"],
            at_most=lines["at_most"],
            definition=lines["definition"],
        ),
        treat_now=answer["treat_now"],
        comes_first=answer["first"],
        lanes=[_lane(lane["name"], step) for lane in answer["lanes"] for step in lane["first"][:1]],
        waiting=list(_waiting(answer, [o["rank"] for o in (*provisional[:1], *first[:1])])),
        provisional=[_option(p, p["provided"], unnumbered=False) for p in provisional],
        first=[_option(o, None, unnumbered=unnumbered) for o in first],
        unnumbered=unnumbered,
        instead=_instead(answer),
        ask=[BoardQuestion(field=m["field"], name=m["name"]) for m in answer["missing"] if m["decisive"]],
        unchecked=None if taken is None else [c["as_written"] for c in taken if not c["checked"]],
        new=False,
        changes=[],
        file_changed=None,
        emergency_changed=False,
        compared={},
    )
    made["compared"] = _compared(made, answer)
    return made


def _lane(name: str, step: LaneStep) -> BoardLane:
    said = {k: v for k, v in step.items() if k not in _NOT_OF_A_STEP}
    return cast(BoardLane, {"name": name, **said})


def _waiting(answer: Recommendation, ranks: Sequence[int]) -> Iterator[BoardWaiting]:
    """The deferred regimens that would stand before these ranks."""
    for d in answer["deferred_options"]:
        if d["would_rank"] is not None and all(d["would_rank"] < rank for rank in ranks):
            yield BoardWaiting(regimen=d["regimen"], would_rank=d["would_rank"], once=d["once"])


def _instead(answer: Recommendation) -> list[str]:
    """Why there is no option, or what to do first; a provisional order takes the place of the first."""
    unopened = "" if answer["provisional"] else answer["nothing_open"]
    return [text for text in (answer["ranking_withheld"], unopened, answer["headline"]) if text]


def _sharing_the_first_rank(options: Sequence[_R]) -> list[_R]:
    return [o for o in options if o["rank"] == options[0]["rank"] and o["group"] == options[0]["group"]]


def _option(o: OptionEntry, provided: Sequence[str] | None, *, unnumbered: bool) -> BoardOption:
    """An option of the index; ``provided`` is ``None`` if its place in the order is confirmed."""
    access = o["access"]
    strong = [c for c in o["cautions"] if c["strong"] and c["result"] == "applies"]
    return BoardOption(
        regimen=o["regimen"],
        rank=None if unnumbered else o["rank"],
        tied=o["tied"] and not unnumbered,
        group=o["group"],
        verdict=o["verdict"],
        confirmed=provided is None,
        provided=list(provided or ()),
        licensed=access["licensed"]["answer"],
        funded=access["funded"]["answer"],
        at_hand=access["at_hand"]["answer"],
        status=o["approval"]["status"],
        strong=[cast(StrongCaution, {k: v for k, v in c.items() if k not in _NOT_OF_A_TEXT}) for c in strong],
    )


def unread(file: str, problems: Iterable[Problem]) -> UnreadFile:
    """A patient file that could not be answered, with its errors; not yet compared with the last run."""
    return UnreadFile(file=file, problems=list(map(entry_of, problems)), new=True, had_emergencies=[])


# --- what is not as in the last run -------------------------------------------------------------


# Of this list only the differences are shown.
_ASKED = "facts to ask for (only what has changed)"
_EMERGENCIES, _VALUES = "emergencies", "values of the emergencies"


def _compared(made: BoardRow, answer: Recommendation) -> dict[str, list[str]]:
    """What the next run compares, by its name in words."""
    treat = made["treat_now"]
    shown = [*made["provisional"], *made["first"]]
    found = {
        "first option": [o["regimen"] for o in made["first"]],
        "provisional first option, not confirmed": [o["regimen"] for o in made["provisional"]],
        "before it, once something has passed": [w["regimen"] for w in made["waiting"]],
        "prior lines": [line_count(made["prior_lines"])],
        _EMERGENCIES: [e["emergency"].replace("_", " ") for e in treat["emergencies"]],
        _VALUES: [e["found"] for e in treat["emergencies"] if e["found"]],
        "before the options": [*(x["text"] for x in made["comes_first"]), *(x["name"] for x in made["lanes"])],
        "treat now": [treat["answer"]],
        "questions of today": [f"{q['found']}. {q['text']}" for q in _to_settle(treat)],
        "refractory to": [x["name"] for x in answer["history"]["agents"] if x["refractory"] == "yes"],
        "warnings": answer["warnings"],
        "state of the disease": [made["state"]],
        "jurisdiction": [made["jurisdiction"]],
        "access to the first option": [_access(o) for o in shown],
        "strong cautions": [f"{o['regimen']}, {c['about']}" for o in shown for c in o["strong"]],
        "contradictions of the record": treat["contradictions"],
        _ASKED: [q["name"] for q in made["ask"]],
        "drugs not checked for interactions": ["no list"] if made["unchecked"] is None else made["unchecked"],
    }
    return {about: list(dict.fromkeys(texts)) for about, texts in found.items()}


def _to_settle(treat: TreatNow) -> list[Question]:
    """The questions that a value causes, and the values to repeat."""
    return [*(q for q in treat["questions"] if q["value"] is not None), *treat["repeat"]]


def _access(o: BoardOption) -> str:
    return f"{o['regimen']}: licensed {o['licensed']}, funded {o['funded']}, on the market {o['at_hand']}"


def _changes(now: Mapping[str, list[str]], before: Mapping[str, list[str]]) -> Iterator[BoardChange]:
    """What differs; what the last run did not compare is no change."""
    for about, after in now.items():
        was = before.get(about, after)
        if was != after and about == _ASKED:
            was, after = [x for x in was if x not in after], [x for x in after if x not in was]
            if was or after:
                yield BoardChange(about=about, before=was, after=after)
        elif was != after:
            yield BoardChange(about=about, before=was, after=after)


def _matched(rows: Sequence[BoardRow], earlier: Earlier) -> list[EarlierRow | None]:
    """The same patient in the last run, for each row.

    A patient is the same if the id is. If several files have this id in one of the runs, the file must be the same too.
    """
    of_id: dict[str, list[EarlierRow]] = {}
    for was in earlier.rows:
        of_id.setdefault(was.id, []).append(was)
    found: list[EarlierRow | None] = []
    for made in rows:
        alike = of_id.get(made["patient"]["id"], [])
        sure = alike if len(alike) == 1 and not made["same_id"] else [w for w in alike if w.file == made["file"]]
        found.append(sure[0] if sure else None)
    return found


# --- the index ----------------------------------------------------------------------------------


_ANSWERS = ("treat", "unknown", "observe")


def _urgency(row: BoardRow) -> tuple[int, bool]:
    """The place of a patient in the index: the smaller, the sooner somebody has to look at the record.

    Among those with the same answer, a situation that comes before the choice of a regimen, such as plasma cell
    leukaemia, comes first.
    """
    question, beside = row["treat_now"], not row["lanes"]
    if question["emergencies"]:
        return 0, beside
    if row["comes_first"]:
        return 1, beside
    answer = question["answer"]
    return 2 + (_ANSWERS.index(answer) if answer in _ANSWERS else len(_ANSWERS)), beside


def index(
    catalogue: Catalogue,
    stamp: Stamp,
    made_on: date,
    as_of: date | None,
    rows: Iterable[BoardRow],
    unread: Iterable[UnreadFile],
    earlier: Earlier | None,
    is_there: Iterable[str] = (),
    passed_over: Iterable[str] = (),
) -> BoardIndex:
    """The index of a run.

    Args:
        catalogue: The catalogue of the answers.
        stamp: The hash and the layers of the catalogue.
        made_on: The day of the run.
        as_of: The day of every answer, if one was given.
        rows: The patients.
        unread: The files that could not be answered.
        earlier: The last run; ``None`` if there was none.
        is_there: The sheets of ``earlier`` that still exist.
        passed_over: The files of the folder that were not read, because of how their names end.
    """
    listed = sorted(rows, key=lambda r: (_urgency(r), r["patient"]["id"], r["file"]))
    failed = sorted(unread, key=lambda u: u["file"])
    name_the_same_ids(listed)
    gone: list[str] = []
    old: list[OldSheet] = []
    if earlier is not None:
        matched = _matched(listed, earlier)
        _compare(listed, failed, matched, earlier)
        gone = list(_gone(listed, failed, [w for w in earlier.rows if w not in matched]))
        old = list(_old_sheets(listed, failed, earlier, frozenset(is_there)))
    made = BoardIndex(
        schema=SCHEMA,
        made_on=made_on.isoformat(),
        as_of=as_of.isoformat() if as_of else "",
        run=earlier.run + 1 if earlier else 1,
        last_run=None,
        patients=listed,
        settings_ignored=[],
        unread=failed,
        passed_over=list(passed_over),
        gone=gone,
        old_sheets=old,
        engine=ENGINE,
        catalogue=stamped(catalogue, stamp, as_of or made_on),
        sources={},
        intended_use=INTENDED_USE,
    )
    if earlier is not None:
        made["last_run"] = _last_run(earlier, made["catalogue"])
    made["sources"] = bibliography(catalogue, made)
    return made


def _last_run(earlier: Earlier, now: CatalogueStamp) -> LastRun:
    layers = now["layers"]
    return LastRun(
        run=earlier.run,
        made_on=earlier.made_on,
        catalogue=earlier.catalogue,
        program=earlier.program,
        layers_added=[x for x in layers if x not in earlier.layers],
        layers_removed=[x for x in earlier.layers if x not in layers],
        same_catalogue=earlier.catalogue_sha256 == now["sha256"],
        same_program=earlier.program == ENGINE["version"],
    )


def name_the_same_ids(rows: Iterable[BoardRow]) -> None:
    """Complete each row with the other files that have the same id."""
    rows = list(rows)
    of_id: dict[str, list[str]] = {}
    for made in rows:
        of_id.setdefault(made["patient"]["id"], []).append(made["file"])
    for made in rows:
        made["same_id"] = [file for file in of_id[made["patient"]["id"]] if file != made["file"]]


def _alarms(compared: Mapping[str, list[str]]) -> list[str]:
    """The emergencies of an answer with their values."""
    return [*compared.get(_EMERGENCIES, ()), *compared.get(_VALUES, ())]


def _compare(
    rows: Sequence[BoardRow], failed: Sequence[UnreadFile], matched: Sequence[EarlierRow | None], earlier: Earlier
) -> None:
    """Complete each row with what is not as in the last run."""
    unread = {u.file: list(u.had_emergencies) for u in earlier.unread}
    had = {w.file: _alarms(w.compared) for w in earlier.rows}
    for made, was in zip(rows, matched, strict=True):
        made["new"] = was is None and made["file"] not in unread
        if was is not None:
            made["changes"] = list(_changes(made["compared"], was.compared))
            made["file_changed"] = made["patient"]["sha256"] != was.sha256 if was.sha256 else None
        elif other := next((w.id for w in earlier.rows if w.file == made["file"]), ""):
            made["changes"] = [BoardChange(about="patient in this file", before=[other], after=[made["patient"]["id"]])]
        elif made["file"] in unread:
            made["changes"] = [BoardChange(about="patient file", before=["could not be answered"], after=["answered"])]
        before = unread.get(made["file"], []) if was is None else _alarms(was.compared)
        made["emergency_changed"] = before != _alarms(made["compared"])
    for file in failed:
        file["new"] = file["file"] not in unread
        file["had_emergencies"] = unread.get(file["file"]) or had.get(file["file"], [])


def _gone(rows: Sequence[BoardRow], failed: Sequence[UnreadFile], lost: Sequence[EarlierRow]) -> Iterator[str]:
    """The ids of the patients who are no longer there; with the file, if another file has the id."""
    ids, unread = {r["patient"]["id"] for r in rows}, {u["file"] for u in failed}
    files = unread | {r["file"] for r in rows}
    for was in lost:
        if was.id not in ids and was.file not in unread:
            yield was.id
        elif was.id in ids and was.file not in files:
            yield f"{was.id} ({was.file})"


def _old_sheets(
    rows: Sequence[BoardRow], failed: Sequence[UnreadFile], earlier: Earlier, is_there: frozenset[str]
) -> Iterator[OldSheet]:
    """The sheets of earlier runs that still exist and that this run did not write."""
    written = {made["sheet"] for made in rows}
    ids = {made["patient"]["id"] for made in rows}
    files = {u["file"] for u in failed}
    seen: set[str] = set()
    for was in (*earlier.rows, *earlier.old):
        if was.sheet in is_there and was.sheet not in written and was.sheet not in seen:
            seen.add(was.sheet)
            why = "replaced" if was.id in ids else "unread" if was.file in files else "gone"
            yield OldSheet(id=was.id, file=was.file, sheet=was.sheet, why=why)
