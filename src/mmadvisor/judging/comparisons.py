"""The comparisons of options: each gives one of a few ordinal values, with its reason and source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

from mmadvisor.base.known import Truth, span
from mmadvisor.catalogue.regimens import Door, Regimen
from mmadvisor.catalogue.rules import Comparison
from mmadvisor.judging.published import LEVELS, Published, benefit_in_words, figure_of
from mmadvisor.judging.starting import Starting
from mmadvisor.judging.verdict import OFFERED, Assessment

INTENSITIES = ("low", "moderate", "high", "very-high")
# Comparisons that depend on the record of therapies and on the catalogue, and on no other fact.
OF_RECORD = frozenset(
    {"purpose", "approval", "registered", "placement", "evidence", "benefit", "ease", "novelty", "id"}
)


class Standing(NamedTuple):
    """The value of one comparison for one option; a lower ``place`` is better.

    ``short``: the reason in a few words, for a cell of a table; empty if there is none.
    """

    by: str
    place: int | str
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
        self._known: dict[str, dict[str, Standing]] = {}

    def take_over(self, like: Comparisons) -> None:
        """Keep the values that depend only on the same record of therapies and on the catalogue."""
        approvals = {a.regimen.id: a.approval for a in like.assessments}
        self._known = {
            a.regimen.id: {by: s for by, s in like._known[a.regimen.id].items() if by in OF_RECORD}
            for a in self.assessments
            if a.regimen.id in like._known and a.approval == approvals[a.regimen.id]
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
            "purpose": self._purpose,
            "approval": self._approval,
            "starts-in-time": self._starts_in_time,
            "suits-fitness": self._suits_fitness,
            "drugs-active": self._drugs_active,
            "strong-cautions": self._strong_cautions,
            "placement": self._placement,
            "registered": self._registered,
            "benefit": self._benefit,
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

    # Why: docs/explanation/ranking.md#debulking-chemotherapy
    def _purpose(self, option: Assessment) -> Standing:
        uses = option.regimen.uses
        if uses == ("debulking",):
            return self._say("purpose", 2, "debulks on the way to T-cell therapy")
        if uses == ("palliation",):
            return self._say("purpose", 1, "holds the disease with little burden, without aim at depth")
        return self._say("purpose", 0, "meant as a line of its own")

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

    def _suits_fitness(self, option: Assessment) -> Standing:
        possible, how, _ = self.history.frailty
        intensity = INTENSITIES.index(option.regimen.intensity)

        def poor(group: str) -> bool:
            limit = self.limits.unfit_for.get(group)
            return limit is not None and intensity >= INTENSITIES.index(limit)

        word = option.regimen.intensity
        ecog = self.history.patient.get("fitness.ecog")
        if ecog is not None and ecog >= self.limits.burden_from_ecog and poor("frail"):
            return self._say("suits-fitness", 2, f"{word} intensity at ECOG {ecog}")
        answers = {poor(group) for group in possible}
        if answers == {True}:
            return self._say("suits-fitness", 2, f"{word} intensity in a patient who is {' or '.join(possible)}")
        if answers == {False}:
            return self._say("suits-fitness", 0, f"{word} intensity")
        return self._say("suits-fitness", 1, f"{word} intensity; frailty {how}")

    def _drugs_active(self, option: Assessment) -> Standing:
        undoubted = [r for r in option.results if r.criterion.type == "undoubted"]
        doubtful = [r.finding.found for r in undoubted if r.finding.truth is Truth.NOT_MET]
        unknown = [r.finding.found for r in undoubted if r.finding.truth is Truth.UNKNOWN]
        if doubtful:
            return self._say("drugs-active", 2 if len(doubtful) == 1 else 3, "; ".join(doubtful))
        if unknown:
            return self._say("drugs-active", 1, "; ".join(unknown))
        return self._say("drugs-active", 0, "no component doubtful")

    # Why: docs/explanation/criteria.md#a-strong-caution-moves-the-regimen-down
    def _strong_cautions(self, option: Assessment) -> Standing:
        """Strong cautions that are known to apply, or may by a recorded event; missing facts move nothing down."""
        asked = [r for r in option.results if r.criterion.strong or r.criterion.type == "no-toxicity"]
        strong = [r for r in asked if r.criterion.strong and r.finding.truth is Truth.NOT_MET]
        if strong:
            said = "; ".join(r.criterion.say or r.finding.found for r in strong)
            return self._say("strong-cautions", 2 if len(strong) == 1 else 3, said)
        possible = [r for r in asked if any(field.startswith("toxicities[") for field in r.finding.missing)]
        if possible:
            return self._say("strong-cautions", 1, "; ".join(dict.fromkeys(r.finding.found for r in possible)))
        return self._say("strong-cautions", 0, "nothing grave is known against it")

    def _placement(self, option: Assessment) -> Standing:
        found = self.published.placements(option.regimen)
        if found:
            newest = found[0]
            said: dict[str, dict[str, None]] = {}  # a body with placements in several settings is named once
            for p in found:
                said.setdefault(p.by, {})[p.level] = None
            also = [level for level in said.pop(newest.by) if level != newest.level]
            told = [", also ".join([newest.by, *also])]
            told += [f"{by}: {' and '.join(given)}" for by, given in said.items()]
            return self._say("placement", LEVELS.index(newest.level), "; ".join(told), newest.source, newest.by)
        since = option.approval.since
        if since is not None and option.approval.status == "approved":
            newest_guideline = max(
                (
                    p.dated
                    for s in self.catalogue.settings
                    if s.id in self.published.settings
                    for p in s.placements
                    if self.catalogue.placed_by(p, self.history.as_of)
                ),
                default="",
            )
            nearest = self.published.nearest(option.regimen)
            if (
                newest_guideline
                and span(since).earliest > span(newest_guideline).earliest
                and nearest is not None
                and nearest.fit == "this"
                and nearest.row.design == "randomised"
            ):
                short = f"approved {since}"
                because = f"{short}, after the newest guideline, on a randomised trial in this setting"
                return self._say("placement", 1, because, nearest.row.source, short)
        return self._say("placement", 3, self._not_placed(option.regimen))

    def _not_placed(self, regimen: Regimen) -> str:
        """That no guideline recommends the regimen, or none did by the day of the decision."""
        settings = [s for s in self.catalogue.settings if s.id in self.published.settings]
        if any(p.regimen == regimen.id for s in settings for p in s.placements):
            return f"no open guideline placed it here by {self.history.as_of.isoformat()}"
        return "no open guideline in the catalogue places it here"

    def _by_then(self, regimen: Regimen) -> str:
        """The day of the decision, if evidence was published after it."""
        later = len(self.published.visible(regimen)) < len(regimen.evidence)
        return f" by {self.history.as_of.isoformat()}" if later else ""

    def _evidence(self, option: Assessment) -> Standing:
        nearest = self.published.nearest(option.regimen)
        if nearest is None:
            then = self._by_then(option.regimen)
            return self._say("evidence", 3, f"no trial published{then}" if then else "no trial in the catalogue")
        row = nearest.row
        where = f"{row.trial}: {row.population}"
        if self.published.outside_trials:
            return self._say("evidence", 3, f"{row.trial}; {self.published.outside_trials}", row.source)
        if nearest.fit == "unknown":
            return self._say("evidence", 2, f"{where}; whether it fits hangs on missing facts", row.source)
        if row.design == "randomised" and nearest.fit in ("this", "neighbour"):
            near = "" if nearest.fit == "this" else ", one line off"
            return self._say("evidence", 0, f"{where}{near}", row.source)
        if nearest.fit == "this":
            return self._say("evidence", 1, where, row.source)
        return self._say("evidence", 3, where, row.source)

    def _benefit(self, option: Assessment) -> Standing:
        nearest = self.published.nearest(option.regimen, with_benefit=True)
        if nearest is None:
            return self._say("benefit", 3, f"no progression-free survival published{self._by_then(option.regimen)}")
        figure = figure_of(nearest.row)
        known = figure.known if figure is not None else None
        bands = self.limits.benefit_bands_months
        place = next((i for i, limit in enumerate(bands) if known is not None and known >= limit), len(bands) + 1)
        return self._say("benefit", place, benefit_in_words(nearest), nearest.row.source)

    def narrowed_by(self, option: Assessment) -> list[tuple[Door, list[str]]]:
        """The doors that a choice narrows or closes, each with the open regimens behind it."""
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
        get = self.history.patient.get
        regimen = option.regimen
        good: list[str] = []
        bad: list[str] = []
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
        return Standing("id", option.regimen.id.casefold(), option.regimen.id, "alphabetical")
