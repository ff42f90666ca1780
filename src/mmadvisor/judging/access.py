"""Whether a patient can receive a regimen: is it licensed, paid for, and on the market in the jurisdiction?

Licences and funding decisions are judged for one patient, by their criteria.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mmadvisor.base.known import Bounds, Truth, all_of, span
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.listings import Indication, LastRead, Listing, Status
from mmadvisor.catalogue.regimens import Regimen
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.patient import Region
from mmadvisor.history.history import History
from mmadvisor.judging.funding import Decision, Funded, settled
from mmadvisor.judging.results import Result


# Why: docs/explanation/approvals.md
class Approval(NamedTuple):
    """The approval of a regimen in the jurisdiction, on the day of the decision."""

    status: Status
    jurisdiction: str
    since: str | None
    source: str
    verified: str
    note: str = ""
    check: str = ""
    conditional: bool = False


class Label(NamedTuple):
    """The label of one jurisdiction for the patient: the indication that fits best, and the results of its criteria.

    ``in_force``: whether this indication was in force on the day of the decision.
    """

    jurisdiction: str
    indication: Indication
    results: tuple[Result, ...]
    in_force: Truth

    @property
    def takes(self) -> Truth:
        """Whether the patient meets the criteria of the indication."""
        return all_of(r.counts_as for r in self.results)


class Licence(NamedTuple):
    """Whether a regimen is licensed for this patient in the jurisdiction.

    ``foreign``: the labels of other jurisdictions, if the licence is unknown here. ``last_read``: whether the register
    contained the regimen when we last read it. ``applies`` is false for a procedure, which nobody licenses.
    """

    truth: Truth
    because: str
    source: str
    verified: str
    since: str | None = None
    foreign: tuple[Label, ...] = ()
    last_read: LastRead | None = None
    applies: bool = True


class AtHand(NamedTuple):
    """Whether the product is on the market in the jurisdiction."""

    truth: Truth
    because: str
    source: str
    verified: str
    on: str | None = None


@dataclass(frozen=True, eq=False)
class Access:
    """Licence, funding and supply of one regimen for one patient: each yes, no or unknown."""

    licence: Licence
    funding: Funded
    supply: AtHand

    @property
    def licensed(self) -> Truth:
        """Whether the regimen is licensed here for this patient; met for a procedure, which needs no licence."""
        return self.licence.truth

    @property
    def funded(self) -> Truth:
        """Whether somebody pays for the regimen here for this patient."""
        return self.funding.truth

    @property
    def at_hand(self) -> Truth:
        """Whether the product can be obtained in this jurisdiction.

        Met if it is on the market, or if a payer funds it for this patient. Not met if it was not launched, or is not
        available. Otherwise unknown.
        """
        return self.supply.truth

    @property
    def foreign_places(self) -> int:
        """The number of other jurisdictions in which the regimen is, or may be, licensed for this patient.

        They are counted only if the licence in this jurisdiction is unknown; otherwise 0.
        """
        return sum(label.takes is not Truth.NOT_MET for label in self.licence.foreign)

    @property
    def last_read_not_registered(self) -> bool:
        """Whether the register did not contain the regimen when we last read it; we know of no later state."""
        return self.licence.last_read is not None and not self.licence.last_read.registered


class Had(NamedTuple):
    """The state of a regimen in a jurisdiction: its approval, the results of the label's criteria, and its access."""

    approval: Approval
    label: list[Result]
    access: Access


class Place:
    """How each regimen can be obtained in one jurisdiction, for one history.

    ``decide`` judges a criterion. Its second argument is the code of another jurisdiction, if the criterion is from the
    label of that jurisdiction; otherwise empty.
    """

    def __init__(
        self,
        history: History,
        catalogue: Catalogue,
        jurisdiction: str,
        decide: Callable[[AnyCriterion, str], Result],
    ) -> None:
        self.history = history
        self.as_of = history.as_of
        self.catalogue = catalogue
        self.jurisdiction = jurisdiction
        self._decide = decide
        self.region = region_of(catalogue, jurisdiction, history.patient.get("access.region"))

    # Why: docs/explanation/approvals.md#one-line-short-of-the-label
    @cached_property
    def lines_early(self) -> Bounds | None:
        """The number of earlier lines, for patients in whom one line too few is the least reason to close a regimen.

        ``None`` for other patients, and if it is not known whether the patient is one of them (``one_line_short``).
        """
        asked = self.catalogue.ranking.one_line_short
        here = bool(asked) and all(self._decide(c, "").finding.truth is Truth.MET for c in asked)
        return self.history.lines.bounds if here else None

    @cached_property
    def lines_off_label(self) -> Bounds | None:
        """``lines_early``; ``None`` if use outside the label is recorded as not acceptable.

        Together with the answers to the questions of a label it decides whether the label is one line short.
        """
        return None if self.history.patient.get("access.off_label") is False else self.lines_early

    def of(self, regimen: Regimen) -> Had:
        """The state of a regimen in the jurisdiction."""
        here = self.catalogue.listing(self.jurisdiction, regimen)
        approval, label, licence = self._licensed(regimen, here)
        if regimen.modality in self.history.definitions.procedure_modalities:
            licence = Licence(Truth.MET, "a procedure: nobody licenses it", "", "primary", applies=False)
        funding = self._funded(here)
        return Had(approval, label, Access(licence, funding, self._at_hand(here, approval, funding)))

    # --- licence --------------------------------------------------------------------------

    def _licensed(self, regimen: Regimen, here: Listing | None) -> tuple[Approval, list[Result], Licence]:
        if regimen.investigational:
            return self._closed(self._in_trials(regimen))
        if here is None or here.status == "unknown":
            return self._elsewhere(regimen, here)
        if here.launched_on(self.as_of) is Truth.NOT_MET:
            return self._not_launched(regimen, here)
        if here.status in ("approved", "guideline-supported"):
            return self._listed(regimen, here)
        return self._closed(self._as_listed(here))

    def _closed(self, approval: Approval) -> tuple[Approval, list[Result], Licence]:
        """The result for a regimen without a label here: the licence is not met.

        It is unknown if the only reason is that we found no notice of an approval (``unverified``).
        """
        absent = approval.status == "not-available" and approval.verified == "unverified"
        truth = Truth.UNKNOWN if absent else Truth.NOT_MET
        because = approval.note or "no label here names it"
        return approval, [], Licence(truth, because, approval.source, approval.verified)

    def _nowhere(self, source: str, verified: Verified, note: str) -> Approval:
        return Approval("not-available", self.jurisdiction, None, source, verified, note)

    def _in_trials(self, regimen: Regimen) -> Approval:
        trial = next(iter([*self.catalogue.evidence_on(regimen, self.as_of), *regimen.evidence]), None)
        source, verified = (trial.source, trial.verified) if trial else ("", "unverified")
        return self._nowhere(source, verified, "investigational: approved nowhere that the catalogue knows")

    def _as_listed(self, listing: Listing) -> Approval:
        return Approval(listing.status, self.jurisdiction, None, listing.source, listing.verified, listing.note)

    def _not_launched(self, regimen: Regimen, here: Listing) -> tuple[Approval, list[Result], Licence]:
        """A regimen that is not on the market; it is closed, whether or not it is licensed."""
        launch = here.launch
        assert launch is not None
        _, _, licence = self._listed(regimen, here) if here.indications else self._closed(self._as_listed(here))
        note = "; ".join(x for x in (f"not launched here (as of {launch.day})", launch.note) if x)
        return self._nowhere(launch.source, launch.verified, note), [], licence

    def _listed(self, regimen: Regimen, listing: Listing) -> tuple[Approval, list[Result], Licence]:
        label = self._nearest(regimen, self.jurisdiction, listing, "")
        if label is None and listing.indications:
            note = f"no approval in force on {self.as_of.isoformat()}"
            return self._closed(
                Approval("not-available", self.jurisdiction, None, listing.source, listing.verified, note)
            )
        if label is None:
            return self._closed(self._as_listed(listing))
        held = label.indication
        approval = Approval(
            listing.status if label.in_force is Truth.MET else "unknown",
            self.jurisdiction,
            held.since,
            held.source,
            held.verified,
            self._note(listing, held),
            self._to_check(label),
            held.conditional,
        )
        if listing.status == "guideline-supported":
            return approval, list(label.results), self._by_guideline(regimen, listing)
        if self.catalogue.by_guideline(held):
            supported = approval._replace(status="guideline-supported") if approval.status == "approved" else approval
            return supported, list(label.results), self._beside_its_label(regimen, listing, held)
        truth = all_of([label.in_force, label.takes])
        if listing.off_label_beyond and truth is not Truth.MET:
            beyond = approval._replace(status="off-label", note=listing.note, check="", conditional=False)
            return beyond, [], Licence(truth, listing.note, held.source, held.verified, held.since)
        if label.in_force is Truth.MET and (short := self._one_line_short(label.results)) is not None:
            note = f"one line short of the label here ({short.told(self.catalogue.words)})"
            early = approval._replace(status="off-label", note=note, check="", conditional=False)
            others = [r for r in label.results if r is not short]
            return early, others, Licence(truth, note, held.source, held.verified, held.since)
        because = held.product or listing.note
        return approval, list(label.results), Licence(truth, because, held.source, held.verified, held.since)

    # Why: docs/explanation/approvals.md#one-line-short-of-the-label
    def _one_line_short(self, results: Sequence[Result]) -> Result | None:
        """The only criterion of a label that fails, if one more line of therapy would meet it; otherwise ``None``.

        Always ``None`` without ``lines_off_label``, or if the number of lines is not known.
        """
        failing = [r for r in results if r.counts_as is Truth.NOT_MET]
        if self.lines_off_label is None or len(failing) != 1:
            return None
        return failing[0] if failing[0].criterion.is_one_line_short(self.lines_off_label) else None

    def _by_guideline(self, regimen: Regimen, listing: Listing) -> Licence:
        """A licence that is not met, or unknown if other jurisdictions have a label that we have not found here."""
        foreign = () if listing.unlabelled else tuple(self._foreign(regimen, "approved"))
        if foreign:
            return Licence(Truth.UNKNOWN, "licence here not read", listing.source, "unverified", None, foreign)
        because = "no label that was read names it; an open guideline supports it"
        return Licence(Truth.NOT_MET, because, listing.source, listing.verified)

    def _beside_its_label(self, regimen: Regimen, listing: Listing, held: Indication) -> Licence:
        """A licence by the labels of the listing alone, where a guideline takes the patient better than they do."""
        label = self._nearest(regimen, self.jurisdiction, listing, "", labels_only=True)
        truth = all_of([label.in_force, label.takes]) if label is not None else Truth.NOT_MET
        because = "its label here does not name such patients; an open guideline supports it"
        if truth is not Truth.NOT_MET:
            because = "whether its label here takes the patient is not known; an open guideline supports it"
        by = label.indication if label is not None else held
        return Licence(truth, because, by.source, by.verified, by.since)

    def _to_check(self, label: Label) -> str:
        """What the reader must check: a label that we have not read, or an unknown beginning; otherwise empty."""
        if label.in_force is not Truth.MET:
            return f"not known to be in force on {self.as_of.isoformat()}: check the day of approval"
        if label.indication.verified == "unverified":
            return "this indication was recalled and not read: check the label"
        return ""

    def _elsewhere(self, regimen: Regimen, here: Listing | None) -> tuple[Approval, list[Result], Licence]:
        """The result for a regimen whose licence is unknown here, by the labels of other jurisdictions."""
        last = self._last_read(here)
        if here is not None and here.registered:
            return self._registered(here, list(self._foreign(regimen, "approved")))
        source, note = (here.source, here.note) if here else ("", "")
        statuses: tuple[Status, ...] = ("approved", "guideline-supported")
        for status in statuses:
            labels = list(self._foreign(regimen, status))
            if labels:
                return self._borrowed(labels, status, source, note, last)
        listings = self._listings_elsewhere(regimen)
        off_label = next((x for x in listings if x.status == "off-label"), None)
        if off_label is not None:
            return self._closed(self._as_listed(off_label))
        first = next(iter(listings), here)
        found, verified = (first.source, first.verified) if first else ("", "unverified")
        return self._closed(self._nowhere(found, verified, "approved nowhere that the catalogue knows"))

    def _registered(self, here: Listing, labels: Sequence[Label]) -> tuple[Approval, list[Result], Licence]:
        """The result for a regimen that is registered here, by the nearest foreign label; no label is entered here."""
        nearest = min(labels, key=_nearness, default=None)
        results = list(nearest.results) if nearest is not None else []
        where = nearest.jurisdiction if nearest is not None else "no other place"
        check = f"registered here; its text was not entered, the conditions are those of {where}"
        approval = Approval("approved", self.jurisdiction, None, here.source, here.verified, here.note, check)
        truth = nearest.takes if nearest is not None else Truth.MET
        return approval, results, Licence(truth, check, here.source, here.verified)

    def _last_read(self, here: Listing | None) -> LastRead | None:
        """The last reading of the register here, if it was made by the day of the decision."""
        read = here.last_read if here is not None else None
        return read if read is not None and span(read.day).earliest <= self.as_of else None

    def _borrowed(
        self, labels: Sequence[Label], status: Status, source: str, note: str, last: LastRead | None
    ) -> tuple[Approval, list[Result], Licence]:
        """The result by the labels of other jurisdictions: closed only if each of these labels closes the regimen."""
        nearest = min(labels, key=_nearness)
        where = ", ".join(label.jurisdiction for label in labels)
        first = labels[0].indication
        if status == "guideline-supported":
            check = f"not known here; an open guideline supports it ({where})"
            approval = Approval(status, self.jurisdiction, None, first.source, first.verified, note, check)
            because = "no label that was read names it"
            return (
                approval,
                list(nearest.results),
                Licence(Truth.UNKNOWN, because, source, "unverified", last_read=last),
            )
        check = f"licence here is not known: licensed in {where}"
        found = source or first.source
        approval = Approval("unknown", self.jurisdiction, None, found, "unverified", note, check)
        licence = Licence(Truth.UNKNOWN, note or check, found, "unverified", None, tuple(labels), last)
        return approval, list(nearest.results), licence

    def _foreign(self, regimen: Regimen, status: Status) -> Iterator[Label]:
        """The nearest indication in each other jurisdiction in which the regimen has a status."""
        for code in self.catalogue.jurisdictions:
            listing = self.catalogue.listing(code, regimen) if code != self.jurisdiction else None
            if listing is None or listing.status != status:
                continue
            label = self._nearest(regimen, code, listing, code, labels_only=status == "approved")
            if label is not None:
                yield label

    def _listings_elsewhere(self, regimen: Regimen) -> list[Listing]:
        codes = (code for code in self.catalogue.jurisdictions if code != self.jurisdiction)
        return [x for code in codes if (x := self.catalogue.listing(code, regimen)) is not None]

    def _nearest(
        self, regimen: Regimen, code: str, listing: Listing, of: str, *, labels_only: bool = False
    ) -> Label | None:
        """The indication of a listing that the patient meets best; it decides for the whole label.

        ``labels_only``: indications by a guideline are passed over.
        """
        labels = [
            Label(
                code,
                indication,
                tuple(self._decide(c, of) for c in indication.criteria),
                self.catalogue.holds_on(regimen, indication, self.as_of),
            )
            for indication in listing.in_force(self.as_of)
            if not (labels_only and self.catalogue.by_guideline(indication))
        ]
        return min(labels, key=_nearness, default=None)

    def _note(self, listing: Listing, best: Indication) -> str:
        """The note of the indication, otherwise of the listing, and whether its source is later than the day."""
        if best.note:
            return best.note
        later = self.catalogue.later(listing.source, self.as_of) if listing.note else ""
        return f"{listing.note} (source of {later}, later than the day)" if later else listing.note

    # --- funding --------------------------------------------------------------------------

    # Why: docs/explanation/approvals.md#who-pays
    def _funded(self, here: Listing | None) -> Funded:
        """The funding by the decisions in force on the day, in the patient's region."""
        counted: list[Decision] = []
        others: list[Decision] = []
        for entry in here.funded if here is not None else ():
            stands = entry.in_force(self.as_of, self.catalogue.known(entry.source, self.as_of))
            if stands is Truth.NOT_MET:
                continue
            results = tuple(self._decide(c, "") for c in entry.criteria)
            decision = Decision(entry, all_of([stands, *(r.counts_as for r in results)]), results)
            local = not entry.regions or self.region in entry.regions
            (counted if local and entry.outcome != "in-progress" else others).append(decision)
        truth, by = settled(counted)
        return Funded(truth, by, (*(d for d in counted if d is not by), *others))

    def _at_hand(self, here: Listing | None, approval: Approval, funding: Funded) -> AtHand:
        """Whether the product can be obtained: it is on the market, or somebody pays for it here."""
        launched = here.launched_on(self.as_of) if here is not None else Truth.UNKNOWN
        if here is not None and here.launch is not None and launched is not Truth.UNKNOWN:
            launch = here.launch
            how = "by named patient" if launch.named_patient else "on the market" if launch.launched else "not launched"
            return AtHand(launched, launch.note or how, launch.source, launch.verified, launch.day)
        if approval.status == "not-available":
            return AtHand(Truth.NOT_MET, approval.note, approval.source, approval.verified)
        by = funding.by.funding if funding.by is not None else None
        if by is not None and by.pays and by.read:
            return AtHand(Truth.MET, f"{by.scheme} pays for it", by.source, by.verified, by.decided_on)
        return AtHand(Truth.UNKNOWN, "whether it is on the market here was not read", "", "unverified")


def _nearness(label: Label) -> tuple[int, bool, int]:
    """A sort key for labels: first those that the patient meets, then those that may be met, then those that fail."""
    strength = {Truth.MET: 0, Truth.UNKNOWN: 1, Truth.NOT_MET: 2}[label.takes]
    failing = [r for r in label.results if r.counts_as is Truth.NOT_MET]
    return strength, any(not r.finding.changes for r in failing), len(failing)


def region_of(catalogue: Catalogue, jurisdiction: str, recorded: Region | None) -> Region | None:
    """The region whose funding decisions count; ``None`` if the jurisdiction is unknown or has no regions.

    It is the recorded region, if this is a region of the jurisdiction; otherwise the default region.
    """
    place = catalogue.jurisdictions.get(jurisdiction)
    if place is None:
        return None
    return recorded if recorded in place.regions else place.region
