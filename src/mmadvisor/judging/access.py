"""Whether and how a place has a regimen: its approval, and the label's criteria as decided for one patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from mmadvisor.base.known import Truth, all_of
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.listings import Indication, Listing, Status
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.history.history import History
from mmadvisor.judging.results import Result


# Why: docs/explanation/approvals.md
class Approval(NamedTuple):
    """How the jurisdiction has the regimen on the day of the decision."""

    status: Status
    jurisdiction: str
    since: str | None
    source: str
    verified: str
    note: str = ""
    check: str = ""
    conditional: bool = False


class Licences:
    """How one place has each regimen, for one history. ``decide`` decides a criterion of a label, with whose it is."""

    def __init__(
        self,
        history: History,
        catalogue: Catalogue,
        jurisdiction: str,
        decide: Callable[[AnyCriterion, str], Result],
    ) -> None:
        self.as_of = history.as_of
        self.catalogue = catalogue
        self.jurisdiction = jurisdiction
        self._decide = decide

    def approval(self, regimen: Regimen) -> tuple[Approval, list[Result]]:
        """The approval here, and the label's criteria as decided."""
        if regimen.investigational:
            return self._in_trials(regimen), []
        here = self.catalogue.listing(self.jurisdiction, regimen)
        if here is not None and here.status != "unknown":
            return self._listed(here, regimen)
        elsewhere = {
            code: listing
            for code in self.catalogue.jurisdictions
            if code != self.jurisdiction and (listing := self.catalogue.listing(code, regimen)) is not None
        }
        statuses: tuple[Status, ...] = ("approved", "guideline-supported")
        for status in statuses:
            known = {c: i for c, i in elsewhere.items() if i.status == status and i.in_force(self.as_of)}
            if known:
                return self._strictest(known, status, here.source if here else "", here.note if here else "")
        off_label = next((i for i in elsewhere.values() if i.status == "off-label"), None)
        if off_label is not None:
            return self._as_listed(off_label), []
        first = next(iter(elsewhere.values()), here)
        source, verified = (first.source, first.verified) if first else ("", "unverified")
        return self._nowhere(source, verified, "approved nowhere that the catalogue knows"), []

    def _nowhere(self, source: str, verified: Verified, note: str) -> Approval:
        return Approval("not-available", self.jurisdiction, None, source, verified, note)

    def _in_trials(self, regimen: Regimen) -> Approval:
        trial = next(iter([*self.catalogue.evidence_on(regimen, self.as_of), *regimen.evidence]), None)
        source, verified = (trial.source, trial.verified) if trial else ("", "unverified")
        return self._nowhere(source, verified, "investigational: approved nowhere that the catalogue knows")

    def _as_listed(self, listing: Listing) -> Approval:
        return Approval(listing.status, self.jurisdiction, None, listing.source, listing.verified, listing.note)

    def _listed(self, listing: Listing, regimen: Regimen) -> tuple[Approval, list[Result]]:
        if listing.status not in ("approved", "guideline-supported"):
            return self._as_listed(listing), []
        force = listing.in_force(self.as_of)
        if not force and listing.indications:
            note = f"no approval in force on {self.as_of.isoformat()}"
            return Approval("not-available", self.jurisdiction, None, listing.source, listing.verified, note), []
        best, results = self._nearest(force, "")
        in_force = self.catalogue.holds_on(regimen, best, self.as_of) if best else Truth.MET
        approval = Approval(
            listing.status if in_force is Truth.MET else "unknown",
            self.jurisdiction,
            best.since if best else None,
            best.source if best else listing.source,
            best.verified if best else listing.verified,
            "; ".join(x for x in (self._note(listing, best), *self._funding(listing)) if x),
            self._to_check(best, in_force) if best else "",
            best.conditional if best else False,
        )
        return approval, results

    def _to_check(self, indication: Indication, in_force: Truth) -> str:
        """What to check: a label that nobody read, or whose beginning is not known to lie before the day asked."""
        if in_force is not Truth.MET:
            return f"not known to be in force on {self.as_of.isoformat()}: check the day of approval"
        if indication.verified == "unverified":
            return "this indication was recalled and not read: check the label"
        return ""

    def _strictest(
        self, known: dict[str, Listing], status: Status, source: str, note: str
    ) -> tuple[Approval, list[Result]]:
        """Unknown here: whatever every jurisdiction that has it asks, with what to check."""
        results: list[Result] = []
        for code, listing in known.items():
            results += self._nearest(listing.in_force(self.as_of), code)[1]
        where = ", ".join(known)
        first = next(iter(known.values()))
        if status == "guideline-supported":
            check = f"not known here; an open guideline supports it ({where})"
            return (
                Approval(status, self.jurisdiction, None, first.source, first.verified, note, check),
                results,
            )
        check = f"registration here is not known: check it; the strictest indication of {where} is applied"
        return (
            Approval("unknown", self.jurisdiction, None, source or first.source, "unverified", note, check),
            results,
        )

    def _nearest(self, indications: Iterable[Indication], of: str) -> tuple[Indication | None, list[Result]]:
        """The indication that comes nearest: any one suffices, so its truth is that of the label."""
        best: tuple[tuple[int, bool, int], Indication, list[Result]] | None = None
        for indication in indications:
            results = [self._decide(c, of) for c in indication.criteria]
            strength = {Truth.MET: 0, Truth.UNKNOWN: 1, Truth.NOT_MET: 2}[all_of([r.counts_as for r in results])]
            failing = [r for r in results if r.counts_as is Truth.NOT_MET]
            key = (strength, any(not r.finding.changes for r in failing), len(failing))
            if best is None or key < best[0]:
                best = (key, indication, results)
        return (best[1], best[2]) if best else (None, [])

    def _note(self, listing: Listing, best: Indication | None) -> str:
        """What is said of the indication, else of the regimen; what was said later than the day says so."""
        if best is not None and best.note:
            return best.note
        later = self.catalogue.later(listing.source, self.as_of) if listing.note else ""
        return f"{listing.note} (source of {later}, later than the day)" if later else listing.note

    def _funding(self, listing: Listing) -> list[str]:
        """Who paid for it on the day."""
        return [f"funding: {s.text}" for s in listing.funding if self.catalogue.known(s.source, self.as_of)]
