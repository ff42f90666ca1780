"""Access to an option in words: licensed, funded, on the market. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mmadvisor.render.marks import UNBROKEN, sign_of

if TYPE_CHECKING:
    from mmadvisor.answers.access import AtHandEntry, DecisionEntry, FundedEntry, LicensedEntry, PlaceEntry
    from mmadvisor.answers.recommendation import DeferredOption, NotOffered, OptionEntry
    from mmadvisor.answers.stamps import Claimed

    Entry = OptionEntry | DeferredOption | NotOffered

_FUNDED = {"yes": "funded", "no": "not funded", "unknown": "funding not known"}
_OUTCOME = {"not-read": "decided or due, and not read", "managed-access": "managed access"}
OUTSIDE_THE_LABEL = "yes, but its label does not take this patient"
_OURS: Claimed = {"source": "", "verified": "primary"}
_REGION = {"england": "England", "scotland": "Scotland", "wales": "Wales", "northern_ireland": "Northern Ireland"}


def short(o: Entry, place: PlaceEntry) -> str:
    """Licence and funding in a few words; an unknown gets a question mark.

    If the catalogue has no funding decision for the jurisdiction, this is stated once above the options, and not here.
    """
    access, status = o["access"], o["approval"]["status"]
    licensed, funded = access["licensed"], access["funded"]["answer"]
    paid = f", {_FUNDED[funded]}" if place["funding_read"] or funded != "unknown" else ""
    if access["at_hand"]["answer"] == "no":
        return "not available"
    if licensed["answer"] == "not-applicable":
        return f"a procedure{paid}"
    if licensed["answer"] == "yes":
        return "licensed and funded" if funded == "yes" else f"licensed{paid}"
    if status == "off-label" or licensed["answer"] == "no":
        return f"off-label{paid}"
    return f"{_not_known(licensed)}{'' if funded == 'unknown' else paid}"


def _not_known(licensed: LicensedEntry) -> str:
    read = licensed["last_read"]
    if read is not None and not read["registered"]:
        return f"last read: not registered ({read['on']})"
    takes = [label["jurisdiction"] for label in licensed["foreign"] if label["answer"] != "no"]
    where = f", licensed in {', '.join(takes)}" if takes else ""
    return f"licence not known here{where}{UNBROKEN}?"


def to_check(o: OptionEntry) -> list[str]:
    """What the reader must check about the licence, in a few words."""
    foreign, approval = o["access"]["licensed"]["foreign"], o["approval"]
    checks = approval["check"] and approval["status"] in ("approved", "unknown") and not foreign
    differ = {"yes", "no"} <= {label["answer"] for label in foreign}
    return [*(["check the label"] if checks else []), *(["foreign labels differ"] if differ else [])]


def detail(o: Entry) -> list[tuple[str, Claimed]]:
    """Access in full, each line with its claim: labels elsewhere, funding decisions, questions, supply."""
    access = o["access"]
    return [
        *_licence(access["licensed"], o["approval"]["status"]),
        *_funding(access["funded"]),
        *_supply(access["at_hand"]),
    ]


def _licence(licensed: LicensedEntry, status: str) -> Iterator[tuple[str, Claimed]]:
    since = f" since {licensed['since']}" if licensed["since"] else ""
    because = f": {licensed['because']}" if licensed["because"] else ""
    yield f"Licensed here: {for_this_patient(licensed['answer'], status)}{since}{because}", licensed
    for label in licensed["foreign"]:
        takes = {"yes": "takes this patient", "no": "does not take this patient"}.get(label["answer"], "may take this")
        yield f"Label of {label['jurisdiction']} {takes}: {label['text']}", label


def for_this_patient(licensed: str, status: str) -> str:
    """Whether it is licensed here; a label that does not take this patient is another answer than no licence."""
    return OUTSIDE_THE_LABEL if licensed == "no" and status == "approved" else licensed


def _funding(funded: FundedEntry) -> Iterator[tuple[str, Claimed]]:
    yield f"Funded: {funded['answer']}: {funded['because']}", funded
    for question in funded["questions"]:
        yield f"Ask: {question}?", funded
    for decision in funded["others"]:
        yield _decision(decision), decision


def _decision(d: DecisionEntry) -> str:
    """A decision that does not count here: of another region, or still in progress."""
    who = f"{d['scheme']} {d['number']}".strip()
    where = f" ({', '.join(_REGION[r] for r in d['regions'])})" if d["regions"] else ""
    note = f" ({d['note']})" if d["note"] else ""
    asks = f": {'; '.join(c['text'] for c in d['criteria'])}" if d["criteria"] else ""
    return f"{who}{where}: {_OUTCOME.get(d['outcome'], d['outcome'])} {d['decided_on'] or ''}".rstrip() + asks + note


def _supply(supply: AtHandEntry) -> Iterator[tuple[str, Claimed]]:
    if supply["answer"] != "unknown":
        on = f" ({supply['on']})" if supply["on"] else ""
        yield f"At hand: {supply['answer']}{on}: {supply['because']}", supply


def of_the_place(place: PlaceEntry) -> list[tuple[str, Claimed]]:
    """Sentences about the jurisdiction that are printed once above the options, and who pays."""
    said: list[tuple[str, Claimed]] = [(s["text"], s) for s in place["says"]]
    if place["name"] and not place["funding_read"]:
        said.append((f"Who pays for what in {place['jurisdiction']} was not read", _OURS))
    elif place["name"] and place["pays_from"] == "assumed":
        said.append(("Who pays is not recorded (access.pays): taken as public", _OURS))
    return said


def line(said: tuple[str, Claimed]) -> str:
    """A line with the mark of its claim."""
    text, claim = said
    return f"{text} {sign_of(claim) if claim['source'] else ''}".rstrip()
