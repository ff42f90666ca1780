"""The comparisons of options: each gives one of a few ordinal values, with its reason and source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from mmadvisor.base.known import Truth
from mmadvisor.catalogue.regimens import Door, Regimen
from mmadvisor.catalogue.rules import Comparison
from mmadvisor.formats.paths import therapy_in
from mmadvisor.judging.access import Approval
from mmadvisor.judging.benefit import Reading
from mmadvisor.judging.fitness import SUITS, WITH_CARE, Fitness
from mmadvisor.judging.groups import Groups, doubtful
from mmadvisor.judging.head_to_head import Won, depth
from mmadvisor.judging.published import LEVELS, Published
from mmadvisor.judging.results import OFFERED, Result
from mmadvisor.judging.starting import Starting
from mmadvisor.judging.verdict import Assessment

# Comparisons that depend only on the record of therapies and on the catalogue.
OF_RECORD = frozenset(
    {"purpose", "availability", "approval", "registered", "placement", "evidence", "ease", "novelty", "id"}
)  # fmt: skip

# The value of ``strong-cautions`` if one is known to apply.
_KNOWN_TO_APPLY = 2


class Standing(NamedTuple):
    """The value of one comparison for one option, and the reason (``because``).

    ``place``: the value as a number; 0 is the best. ``value``: the same in words.

    ``short``: the reason in a few words, for a cell of a table; empty if there is none.
    """

    by: str
    place: int
    value: str
    because: str
    source: str = ""
    short: str = ""


class Comparisons:
    """The values of all comparisons for the options of one patient.

    Attributes:
        values: The comparisons of the catalogue, by their names.
        starting: When the options can start.
    """

    def __init__(self, assessments: Sequence[Assessment], published: Published) -> None:
        self.assessments = assessments
        self.published = published
        self.history = published.history
        self.catalogue = published.catalogue
        self.limits = self.catalogue.ranking
        self.values: dict[str, Comparison] = {c.by: c for c in self.limits.comparisons}
        self.starting = Starting(assessments, self.history, self.catalogue)
        self.fitness = Fitness(self.history, self.catalogue)
        self.groups = Groups(published.here, published.choosing, self.assessments)
        self._known: dict[str, dict[str, Standing]] = {}

    def take_over(self, like: Comparisons) -> None:
        """Reuse those values of another ranker that depend only on the therapies and the catalogue."""
        held = {a.regimen.id: a for a in like.assessments if a.regimen.id in like._known}
        self._known = {
            regimen: {by: s for by, s in like._known[regimen].items() if by in OF_RECORD}
            for a in self.assessments
            if (regimen := a.regimen.id) in held and (a is held[regimen] or _had(a) == _had(held[regimen]))
        }

    def standing(self, option: Assessment, by: str) -> Standing:
        """The value of one comparison for an option."""
        cached = self._known.setdefault(option.regimen.id, {})
        if by not in cached:
            cached[by] = self._comparisons[by](option)
        return cached[by]

    @cached_property
    def _comparisons(self) -> dict[str, Callable[[Assessment], Standing]]:
        return {
            "availability": self._availability,
            "purpose": self._purpose,
            "approval": self._approval,
            "starts-in-time": self._starts_in_time,
            "suits-fitness": self._suits_fitness,
            "drugs-active": self._drugs_active,
            "strong-cautions": self._strong_cautions,
            "placement": self._placement,
            "registered": self._registered,
            "evidence": self._evidence,
            "doors": self._doors,
            "preference": self._preference,
            "cautions": self._cautions,
            "ease": self._ease,
            "novelty": self._novelty,
            "id": self._id,
        }

    def _say(self, by: str, place: int, because: str, source: str = "", short: str = "") -> Standing:
        comparison = self.values[by]
        return Standing(by, place, comparison.values[place], because, source or comparison.source, short)

    def _purpose(self, option: Assessment) -> Standing:
        uses = option.regimen.uses
        if uses == ("debulking",):
            return self._say("purpose", 2, "debulks on the way to T-cell therapy")
        if uses == ("palliation",):
            return self._say("purpose", 1, "holds the disease with little burden, without aim at depth")
        return self._say("purpose", 0, "meant as a line of its own")

    def _availability(self, option: Assessment) -> Standing:
        """Off-label options come last in their group; before them those without a label and with little support.

        Support is a figure, and also a recent text; an option that is funded here needs none.
        """
        access = option.access
        if option.approval.status == "off-label":
            return self._say("availability", 2, "off-label here", option.approval.source)
        if access.licensed is Truth.NOT_MET and access.funded is Truth.NOT_MET:
            return self._say("availability", 2, "neither licensed nor funded here", option.approval.source)
        if access.licensed is Truth.NOT_MET and access.funded is not Truth.MET:
            if (read := self.reading(option)).nearest is None or read.borrowed:
                because = "no label here names it, and no figure of such patients is in the catalogue"
                return self._say("availability", 1, because, option.approval.source)
            if not self.published.supports(option.regimen, option.approval):
                because = f"no label here names it; {self.published.why_not_placed(option.regimen)}"
                return self._say("availability", 1, because, option.approval.source)
        return self._say("availability", 0, "open here, or not known to be closed", option.approval.source)

    def _approval(self, option: Assessment) -> Standing:
        approval = option.approval
        off_label = approval.status == "off-label"
        because = approval.check or f"{approval.status} in {approval.jurisdiction}"
        return self._say("approval", int(off_label), because, approval.source)

    def _registered(self, option: Assessment) -> Standing:
        unknown = option.approval.status == "unknown"
        return self._say("registered", int(unknown), option.approval.status, option.approval.source)

    def _starts_in_time(self, option: Assessment) -> Standing:
        """Whether treatment can wait for manufacture and wash-outs, with a bridge if one is possible."""
        lead = option.regimen.lead_time_weeks
        return self._say("starts-in-time", *self.starting.in_time(option), lead.source if lead is not None else "")

    # Why: docs/explanation/ranking.md#fitness-that-is-not-known
    def _suits_fitness(self, option: Assessment) -> Standing:
        """Whether a regimen suits; if the frailty group is unknown, one with a known strong caution is "with care"."""
        place, because = self.fitness.suits(option.regimen)
        unknown = len(self.history.frailty[0]) > 1
        if place == SUITS and unknown and self.standing(option, "strong-cautions").place == _KNOWN_TO_APPLY:
            place, because = WITH_CARE, f"{because}; a strong caution applies"
        return self._say("suits-fitness", place, because)

    def _drugs_active(self, option: Assessment) -> Standing:
        doubtful = [r.finding.found for r in option.undoubted if r.finding.truth is Truth.NOT_MET]
        unknown = [r.finding.found for r in option.undoubted if r.finding.truth is Truth.UNKNOWN]
        if doubtful:
            return self._say("drugs-active", 2, "; ".join(doubtful))
        if unknown:
            return self._say("drugs-active", 1, "; ".join(unknown))
        return self._say("drugs-active", 0, "no component doubtful")

    # Why: docs/explanation/criteria.md#a-strong-caution-moves-the-regimen-down
    def _strong_cautions(self, option: Assessment) -> Standing:
        """Strong cautions that apply, or may apply by a recorded event; missing facts lower no option."""
        asked = [r for r in option.grave if r.criterion.strong or r.criterion.type == "no-toxicity"]
        strong = [r for r in asked if r.criterion.strong and r.finding.truth is Truth.NOT_MET]
        if strong:
            said = "; ".join(r.criterion.say or r.finding.found for r in strong)
            return self._say("strong-cautions", _KNOWN_TO_APPLY, said)
        possible = [
            r
            for r in asked
            if any(field.startswith("toxicities[") for field in r.finding.missing) or _perhaps_harmed(r)
        ]
        if possible:
            return self._say("strong-cautions", 1, "; ".join(dict.fromkeys(r.finding.found for r in possible)))
        return self._say("strong-cautions", 0, "nothing grave is known against it")

    def _placement(self, option: Assessment) -> Standing:
        """By the newest guideline or consensus that is not too old; without one, the value of the level ``option``."""
        found = self.published.counted(option.regimen)
        if not found:
            return self._say("placement", 2, self.published.why_not_placed(option.regimen))
        newest = found[0]
        said: dict[str, dict[str, None]] = {}  # who speaks of several settings is named once
        for p in found:
            said.setdefault(p.by, {})[p.level] = None
        also = [level for level in said.pop(newest.by) if level != newest.level]
        told = [", also ".join([newest.by, *also])]
        told += [f"{by}: {' and '.join(given)}" for by, given in said.items()]
        return self._say("placement", LEVELS.index(newest.level), "; ".join(told), newest.source, newest.by)

    def _by_then(self, regimen: Regimen) -> str:
        """The day of the decision in words, if later evidence is in the catalogue; otherwise empty."""
        later = len(self.published.visible(regimen)) < len(regimen.evidence)
        return f" by {self.history.as_of.isoformat()}" if later else ""

    def _evidence(self, option: Assessment) -> Standing:
        nearest = self.published.tested(option.regimen)
        if nearest is None:
            then = self._by_then(option.regimen)
            return self._say(
                "evidence", 3, f"no result in the catalogue{then}" if then else "no trial in the catalogue"
            )
        row, fit = nearest
        where = f"{row.trial}: {row.population}"
        if fit.extrapolated or self.reading(option).borrowed:
            why = "; ".join(fit.because) or "its figure is that of the others of its target and kind"
            return self._say("evidence", 3, f"{where}; {why}", row.source)
        if fit.kind == "unknown":
            return self._say("evidence", 2, f"{where}; whether it fits hangs on missing facts", row.source)
        silent = f"; not told whether it took patients {' or '.join(fit.silent)}" if fit.silent else ""
        near = ", one line off" if fit.kind == "neighbour" else ""
        if row.design == "randomised" and row.arm == "tested":
            return self._say("evidence", 0, f"{where}{near}{silent}", row.source)
        control = "; as a control arm" if row.arm == "control" else ""
        return self._say("evidence", 1, f"{where}{near}{control}{silent}", row.source)

    # --- benefit ------------------------------------------------------------------------------

    def reading(self, option: Assessment) -> Reading:
        """The band of benefit of an option: the published band, lowered by one for each doubtful drug."""
        read = self.published.benefit.of(option.regimen)
        doubts = doubtful(option)
        if 0 < doubts < self.groups.drugs(option):
            lower = self.published.benefit.bands.lower(read.place, doubts)
            read = read.lowered(lower, "one band lower for each doubtful drug")
        return read

    def benefit_standing(self, reading: Reading) -> Standing:
        """A band of benefit as the value of the comparison ``benefit``."""
        return self._say("benefit", reading.place, reading.because, reading.source)

    def against_each_other(self, option: Assessment, lost: Mapping[str, Sequence[Won]]) -> Standing:
        """Results of randomised trials against other options; a lost trial counts before a won one.

        ``lost``: for each option that lost, the trials that count, with the winners.
        """
        regimen = option.regimen
        head_to_head = self.published.head_to_head
        if trials := lost.get(regimen.id):
            said = "; ".join(dict.fromkeys(f"against {won.winner}, {won.said}" for won in trials))
            last = len(self.values["against-each-other"].values) - 1
            place = min(1 + depth(regimen.id, lost), last)
            return self._say("against-each-other", place, said, trials[0].row.source)
        by_id = self.catalogue.regimen_by_id
        for won in head_to_head.wins(regimen):
            used = [loser for loser in won.row.against if loser in by_id and self.groups.in_use(by_id[loser])]
            if used:
                return self._say("against-each-other", 0, f"against {' or '.join(used)}, {won.said}", won.row.source)
        said = head_to_head.said_of_progression(regimen) or "no trial that took such patients shows longer survival"
        return self._say("against-each-other", 1, said)

    def narrowed_by(self, option: Assessment) -> list[tuple[Door, list[str]]]:
        """The later choices that an option closes or makes less effective (``Door``), each with the open regimens."""
        found = []
        for door in self.catalogue.doors:
            if not self.catalogue.known(door.source, self.history.as_of):
                continue
            if not self.catalogue.matches(door.chosen, option.regimen):
                continue
            still_open = [
                a.regimen.id
                for a in self.assessments
                if a.regimen.id != option.regimen.id
                and a.verdict in (*OFFERED, "undetermined")
                and self.catalogue.matches(door.later, a.regimen)
            ]
            if still_open:
                found.append((door, still_open))
        return found

    def _doors(self, option: Assessment) -> Standing:
        worst, because, source = 0, "spends nothing else that is open", ""
        for door, still_open in self.narrowed_by(option):
            place = 1 if door.effect == "narrows" else 2
            if place > worst:
                worst, because, source = place, f"{door.text} ({', '.join(still_open)} open)", door.source
        return self._say("doors", worst, because, source)

    def _preference(self, option: Assessment) -> Standing:
        get, regimen = self.history.patient.get, option.regimen
        good, bad = list[str](), list[str]()
        codes = {"oral": "oral", "subcutaneous": "SC", "intravenous": "IV"}
        route = get("preferences.route")
        if route in codes and regimen.routes:
            fits = set(regimen.routes) <= {codes[route], "oral"}
            (good if fits else bad).append(f"routes {', '.join(regimen.routes)}")
        if get("preferences.avoid_admission") and regimen.burden is not None:
            (good if regimen.burden.admission == "none" else bad).append(f"admission: {regimen.burden.admission}")
        one_time = regimen.modality in self.history.definitions.one_time_modalities
        if get("preferences.treatment_free_interval") and one_time:
            good.append("one infusion, then free of treatment")
        if bad:
            return self._say("preference", 2, "; ".join(bad))
        if good:
            return self._say("preference", 0, "; ".join(good))
        return self._say("preference", 1, "no preference touches it")

    def _cautions(self, option: Assessment) -> Standing:
        cautions = option.cautions
        topics = ", ".join(dict.fromkeys(r.criterion.about or r.criterion.id for r in cautions)) or "none"
        return Standing("cautions", len(cautions), str(len(cautions)), topics)

    def _ease(self, option: Assessment) -> Standing:
        burden = option.regimen.burden
        if burden is None or (burden.admission == "none" and burden.visits_per_28_days is None):
            return self._say("ease", 1, "visits not recorded")
        if burden.admission != "none":
            return self._say("ease", 2, f"admission: {burden.admission}", burden.source)
        visits = burden.visits_per_28_days or 0
        place = 0 if visits <= self.limits.few_visits_per_28_days else 2
        return self._say("ease", place, f"visits in 28 days: {visits:g}", burden.source)

    def _novelty(self, option: Assessment) -> Standing:
        formulary = self.catalogue.formulary
        new = dict.fromkeys(
            drug_class
            for a in option.regimen.agent_ids
            if not formulary.by_id[a].steroid
            for drug_class in formulary.by_id[a].classes
            if self.history.is_exposed_to(drug_class) is Truth.NOT_MET
        )
        return self._say("novelty", 0 if new else 1, f"new: {', '.join(new)}" if new else "no new class or target")

    def _id(self, option: Assessment) -> Standing:
        return Standing("id", 0, option.regimen.id, "the order within a tie, and no reason")


def _had(option: Assessment) -> tuple[Approval, Truth, Truth]:
    """The facts on approval and access that the comparisons use."""
    return option.approval, option.access.licensed, option.access.funded


# Why: docs/explanation/ranking.md#stopped-for-toxicity
def _perhaps_harmed(result: Result) -> bool:
    """Whether a therapy with the agent was stopped for a toxicity that nobody recorded."""
    stopped = any(therapy_in(where) is not None for where in result.finding.where)
    return result.criterion.type == "tolerated" and result.finding.truth is Truth.UNKNOWN and stopped
