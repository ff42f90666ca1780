"""The order of the options: named comparisons in turn, and the words for each.

No weights. Each comparison yields one of a few ordinal values with its reason; the first that
differs decides, and ties end at the id. Which comparisons, in which order, with which limits, is
``data/ranking.yaml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from mmadvisor.base.known import Bounds, Truth, all_of, span
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.listings import Placement, Setting
from mmadvisor.catalogue.regimens import Door, Evidence, Regimen
from mmadvisor.catalogue.rules import Comparison, Profile
from mmadvisor.criteria.possible import either_side, of_frailty, of_record, words
from mmadvisor.criteria.therapies import PriorLines
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.judging.verdict import OFFERED, Approval, Assessment, Decisions
from mmadvisor.judging.washout import Pause, pauses, weeks_to_infusion

INTENSITIES = ("low", "moderate", "high", "very-high")
FRAILTIES = ("fit", "intermediate", "frail")
Places = tuple[int | str, ...]
# What is meant for these uses alone is no line of its own.
BESIDE = (("debulking",), ("palliation",))
# Comparisons that hang on the record of therapies and on what the catalogue holds, and on no other fact.
OF_RECORD = frozenset(
    {"purpose", "approval", "registered", "placement", "evidence", "benefit", "ease", "novelty", "id"}
)


def is_main(option: Assessment) -> bool:
    """Whether a regimen is meant as a line of its own, and not as palliation or a bridge."""
    return option.regimen.uses not in BESIDE


class Standing(NamedTuple):
    """One comparison's value for one option; a lower ``place`` is better.

    ``short``: the reason in a few words, for a cell of a table; empty where there is none to give.
    """

    by: str
    place: int | str
    value: str
    because: str
    source: str = ""
    short: str = ""


class Nearest(NamedTuple):
    """The evidence row nearest to the patient, and how near it is."""

    row: Evidence
    fit: str  # this | unknown | neighbour | other


class Figure(NamedTuple):
    """A published progression-free survival, as far as it decides a band.

    ``median`` in months; of a ``rate`` the percent without progression at so many months; of a median that was
    ``not-reached`` the lower end of its interval, where there is one.
    """

    kind: Literal["median", "rate", "not-reached"]
    months: float | None
    percent: float | None = None

    @property
    def known(self) -> float | None:
        """The months that the median is known to reach; one that less than half reached lies just below."""
        if self.months is None or self.percent is None or self.percent >= 50:
            return self.months
        return self.months - 0.1

    @property
    def said(self) -> str:
        """In words."""
        if self.kind == "rate":
            return f"{self.percent:g} % without progression at {self.months:g} months"
        if self.kind == "median":
            return f"median PFS {self.months:g} months"
        return "median PFS not reached" + (f", at least {self.months:g} months" if self.months else "")


class Ranked(NamedTuple):
    """One option with its standings, in the order of the profile.

    ``turn`` is its place among those that tie with it at first, and ``rivals`` the leaders of the other
    kinds of treatment that it was put before then.
    """

    assessment: Assessment
    standings: tuple[Standing, ...]
    turn: int
    rivals: tuple[Assessment, ...]

    @property
    def kind(self) -> str:
        """Its modality."""
        return self.assessment.regimen.modality

    def standing(self, by: str) -> Standing:
        """The standing in one comparison."""
        return next(s for s in self.standings if s.by == by)


class Ranker:
    """Ranks assessed options for one history."""

    def __init__(
        self,
        assessments: Iterable[Assessment],
        decisions: Decisions,
        catalogue: Catalogue,
        profile: Profile,
        like: Ranker | None = None,
    ) -> None:
        """``like`` ranked the same patient, of whom a fact more is known now that is not of the therapies."""
        self.assessments = list(assessments)
        self.decisions = decisions
        self.history = decisions.history
        self.catalogue = catalogue
        self.profile = profile
        self.limits = catalogue.ranking
        self._values: dict[str, Comparison] = {c.by: c for c in catalogue.ranking.comparisons}
        self._plain: dict[str, dict[str, Standing]] = {}
        self._nearest: dict[tuple[str, bool], Nearest | None] = {}
        # What settings and populations of trials asked: while none of it turns, what they said stands.
        self._asked: set[str] = set()
        if like is not None and decisions.turned.keys().isdisjoint(like._asked):
            self.settings, self._asked, self._nearest = like.settings, like._asked, like._nearest
            self._plain = {
                a.regimen.id: {by: s for by, s in like._plain[a.regimen.id].items() if by in OF_RECORD}
                for a in self.assessments
                if a.regimen.id in like._plain and a.approval == like.approvals[a.regimen.id]
            }

    @cached_property
    def approvals(self) -> dict[str, Approval]:
        """How the jurisdiction has each regimen."""
        return {a.regimen.id: a.approval for a in self.assessments}

    def rank(self, options: Iterable[Assessment]) -> list[Ranked]:
        """The options in order."""
        options = list(options)
        # Kinds meet with all of their members, fit for this patient or not: else more frailty, which moves
        # the intense members of a kind down, would let the milder ones of it pass others that are milder still.
        before = [by for by in self.profile.order if by != "suits-fitness"]
        ties: dict[Places, list[Assessment]] = {}
        for option in options:
            ties.setdefault(self._places(option, before), []).append(option)
        turns: dict[str, tuple[int, tuple[Assessment, ...]]] = {}
        for tied in ties.values():
            for turn, (option, rivals) in enumerate(self._merged(tied)):
                turns[option.regimen.id] = (turn, rivals)
        ranked = [
            Ranked(
                option, tuple(self._standing(option, by) for by in self.profile.comparisons), *turns[option.regimen.id]
            )
            for option in options
        ]
        order = self.profile.order
        return sorted(ranked, key=lambda r: (self._places(r.assessment, order), r.turn))

    def _merged(self, tied: list[Assessment]) -> Iterator[tuple[Assessment, tuple[Assessment, ...]]]:
        """Options of several kinds in one order, each with the leaders of the other kinds that it goes before.

        Within a kind its own order stands. Of the leaders of the kinds the best goes first, then the next of
        its kind takes its place: so no member of a kind stands higher for what another member achieved.
        """
        kinds: dict[str, list[Assessment]] = {}
        for option in sorted(tied, key=lambda o: self._places(o, self.profile.within_kind), reverse=True):
            kinds.setdefault(option.regimen.modality, []).append(option)
        while kinds:
            leaders = {kind: members[-1] for kind, members in kinds.items()}
            kind = min(leaders, key=lambda k: self._places(leaders[k], self.profile.between_kinds))
            first = kinds[kind].pop()
            if not kinds[kind]:
                del kinds[kind]
            yield first, tuple(leader for k, leader in leaders.items() if k != kind)

    def _places(self, option: Assessment, order: Iterable[str]) -> Places:
        """What is sorted by: names and numbers never meet, since one comparison gives either."""
        return tuple(self._standing(option, by).place for by in order)

    def would_rank(self, assessment: Assessment, options: list[Assessment]) -> int:
        """The rank an option would have if what is unknown about it were met."""
        order = self.rank([*options, assessment])
        return 1 + next(i for i, r in enumerate(order) if r.assessment is assessment)

    def expected(self, options: Iterable[Assessment]) -> dict[str, int]:
        """The places of options among each other, by id, were all that is unknown about them met."""
        return {r.assessment.regimen.id: i for i, r in enumerate(self.rank(options))}

    @property
    def asked(self) -> frozenset[str]:
        """The questions of settings and of trials' populations, as far as options were ranked."""
        return frozenset(self._asked)

    def fields_not_known(self) -> list[str]:
        """What the order asks of the patient beside the criteria, and finds no answer to."""
        get = self.history.patient.get
        asked = ["access.can_wait_weeks", "fitness.ecog"]
        if get("access.can_wait_weeks") is None:
            asked.append("disease.relapse.tempo")
        _, _, frailty = self.history.frailty
        return [field for field in asked if get(field) is None] + list(frailty)

    def reads(self, field: str) -> bool:
        """Whether the order asks for a field itself, beside what the criteria say of it."""
        return (
            field.startswith(("therapies", "preferences.", "fitness."))
            or field in ("access.can_wait_weeks", "access.off_label", "disease.relapse.tempo")
            or field in (item.field for item in self.history.definitions.frailty_items)
        )

    def tries(self, field: str) -> tuple[object, ...]:
        """What a field that the order asks for itself may turn out to be; empty where it asks for none such."""
        if field == "access.can_wait_weeks":
            return either_side(field, self._waits())
        if field == "fitness.ecog":
            return either_side(field, [self.limits.burden_from_ecog])
        if field == "disease.relapse.tempo":
            return words(field)
        return of_frailty(self.history, field) or of_record(self.history, field)

    def _waits(self) -> Iterator[float]:
        """The weeks at which an option starts in time, or no longer does."""
        for assessment in self.assessments:
            lead = assessment.regimen.lead_time_weeks
            for weeks in (lead.low, lead.high) if lead is not None else ():
                needed = self._weeks_to_infusion(weeks)
                yield from {needed.low or 0, needed.high or 0, (needed.high or 0) - weeks}

    def above_because(self, upper: Ranked, lower: Ranked) -> str:
        """The first comparison that differs between neighbours, in words."""
        profile = self.profile
        alike = profile.within_kind if upper.kind == lower.kind else ()
        first = self._differs(upper.assessment, lower.assessment, (*profile.order, *alike))
        if first or alike:
            return first or "nothing separates them"
        # The other kind was led by the neighbour itself, or by one that fitness has moved down since.
        rival = next((r for r in upper.rivals if r.regimen.modality == lower.kind), lower.assessment)
        why = self._differs(upper.assessment, rival, profile.between_kinds) or "nothing separates them"
        if rival is lower.assessment:
            return why
        return f"it goes before {rival.regimen.id}, which leads the {lower.kind} kind before fitness is asked: {why}"

    def _differs(self, upper: Assessment, lower: Assessment, order: Iterable[str]) -> str:
        for by in order:
            first, second = self._standing(upper, by), self._standing(lower, by)
            if first.place == second.place:
                continue
            if by == "id":
                return "nothing separates them; the order is alphabetical"
            if by == "cautions":
                return f"fewer cautions: {first.value} against {second.value}"
            return f"{self._values[by].name}: {first.value} ({first.because}) against {second.value} ({second.because})"
        return ""

    # --- the comparisons ------------------------------------------------------------------

    def _standing(self, option: Assessment, by: str) -> Standing:
        cached = self._plain.setdefault(option.regimen.id, {})
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
        comparison = self._values[by]
        return Standing(by, place, comparison.values[place], because, source or comparison.source, short)

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
        """Whether treatment can wait for what must be made first, a bridge included.

        A bridge holds the disease while cells are made; the wash-outs before collection, and those that are
        longer than the making, must be waited out.
        """
        lead = option.regimen.lead_time_weeks
        if lead is None:
            return self._say("starts-in-time", 0, "can start at once")

        def say(place: int, because: str) -> Standing:
            return self._say("starts-in-time", place, because, lead.source)

        needed, at_best = self._weeks_to_infusion(lead.high), self._weeks_to_infusion(lead.low)
        most = needed.high or 0
        idle = round(most - lead.high, 6)  # days were added as parts of weeks
        weeks = f"{lead.high:g} weeks of manufacture" + (f", and {idle:.0f} more for wash-outs" if idle >= 0.5 else "")
        wait = self.history.patient.get("access.can_wait_weeks")
        tempo = self.history.patient.get("disease.relapse.tempo")
        rapid = self.limits.rapid_lead_time_weeks
        if wait is None and tempo is None:
            return say(1, f"{weeks}; how long treatment can wait is not recorded")
        if wait is None and tempo == "indolent":
            return say(0 if idle < rapid else 1, f"{weeks}, and the relapse is indolent")
        why = f"{weeks} in a rapid relapse" if wait is None else f"{weeks}, and treatment can wait {wait:g}"
        can_idle = rapid if wait is None else wait
        if round(most, 6) <= wait if wait is not None else most < rapid:
            return say(0, why)
        if idle > can_idle:
            return say(2, f"{why}: the wash-outs alone take longer")
        if self._bridge is not None:
            return say(0, f"{why}, bridged with {self._bridge}")
        # What redirects T cells, or is the newer agent of a class that failed, takes weeks until it is known to hold.
        if wait is not None and self._late_bridge is not None and wait >= lead.low:
            return say(0, f"{why}, bridged with {self._late_bridge}")
        if wait is not None and round(at_best.low or 0, 6) <= wait:
            return say(1, f"{why}: enough only if it is made in {lead.low:g}")
        return say(
            2, f"{why}, and no bridge at once: none is open of classes that have not failed, and spares the T cells"
        )

    def _weeks_to_infusion(self, weeks: float) -> Bounds:
        return weeks_to_infusion(self._pauses, self.history.today.earliest, weeks)

    @cached_property
    def _pauses(self) -> list[Pause]:
        return pauses(self.history, self.catalogue)

    @cached_property
    def _bridge(self) -> str | None:
        """A regimen that holds the disease from its first week until cells arrive, and leaves the T cells alone.

        Conventional, and of no class that has failed.
        """
        refractory_to = self.history.refractory_to
        return self._bridging(
            lambda o: (
                o.regimen.modality == "conventional"
                and all(refractory_to(c).truth is Truth.NOT_MET for c in self._classes(o))
            )
        )

    @cached_property
    def _late_bridge(self) -> str | None:
        """One of which no component is doubtful, of whatever kind."""
        return self._bridging(
            lambda o: all(r.finding.truth is Truth.MET for r in o.results if r.criterion.type == "undoubted")
        )

    def _bridging(self, holds: Callable[[Assessment], bool]) -> str | None:
        """The first regimen that is offered, ready at once, spoils no T cells, and of which something holds."""
        for option in self.assessments:
            if option.verdict not in OFFERED or option.regimen.lead_time_weeks is not None:
                continue
            classes = self._classes(option)
            if classes and classes.isdisjoint(self.limits.bridges_without) and holds(option):
                return option.regimen.id
        return None

    def _classes(self, option: Assessment) -> set[str]:
        agents = [self.catalogue.formulary.by_id[a] for a in option.regimen.agent_ids]
        return {c for a in agents if not a.steroid for c in a.classes}

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

    def _strong_cautions(self, option: Assessment) -> Standing:
        """Those known to apply, and events on record that may; what is not recorded at all moves nothing down."""
        asked = [r for r in option.results if r.criterion.strong or r.criterion.type == "no-toxicity"]
        strong = [r for r in asked if r.criterion.strong and r.finding.truth is Truth.NOT_MET]
        if strong:
            said = "; ".join(r.criterion.say or r.finding.found for r in strong)
            return self._say("strong-cautions", 2 if len(strong) == 1 else 3, said)
        possible = [r for r in asked if any(field.startswith("toxicities[") for field in r.finding.missing)]
        if possible:
            return self._say("strong-cautions", 1, "; ".join(dict.fromkeys(r.finding.found for r in possible)))
        return self._say("strong-cautions", 0, "nothing grave is known against it")

    @cached_property
    def settings(self) -> list[str]:
        """Ids of the settings that the patient is in."""
        return [s.id for s in self.catalogue.settings if self._hold(s.when) is Truth.MET]

    def _hold(self, criteria: Iterable[AnyCriterion]) -> Truth:
        asked = list(criteria)
        self._asked.update(c.question for c in asked)
        return self.decisions.all_hold(asked)

    def placements(self, regimen: Regimen) -> list[Placement]:
        """Current placements of a regimen in the patient's settings, newest first."""
        day = self.history.as_of
        return [p for _, p in self.positions(regimen) if not self.catalogue.retired(p, day)]

    def positions(self, regimen: Regimen) -> list[tuple[Setting, Placement]]:
        """Every placement of a regimen in the patient's settings by the day of the decision, newest first."""
        found = [
            (setting, placement)
            for setting in self.catalogue.settings
            if setting.id in self.settings
            for placement in setting.placements
            if placement.regimen == regimen.id and self.catalogue.placed_by(placement, self.history.as_of)
        ]
        levels = ("preferred", "recommended", "option")
        found.sort(key=lambda f: (levels.index(f[1].level), f[1].by))
        found.sort(key=lambda f: f[1].dated, reverse=True)
        return found

    def _placement(self, option: Assessment) -> Standing:
        levels = ("preferred", "recommended", "option")
        found = self.placements(option.regimen)
        if found:
            newest = found[0]
            said: dict[str, dict[str, None]] = {}  # who speaks of several settings is named once
            for p in found:
                said.setdefault(p.by, {})[p.level] = None
            also = [level for level in said.pop(newest.by) if level != newest.level]
            told = [", also ".join([newest.by, *also])]
            told += [f"{by}: {' and '.join(given)}" for by, given in said.items()]
            return self._say("placement", levels.index(newest.level), "; ".join(told), newest.source, newest.by)
        since = option.approval.since
        if since is not None and option.approval.status == "approved":
            newest_guideline = max(
                (
                    p.dated
                    for s in self.catalogue.settings
                    if s.id in self.settings
                    for p in s.placements
                    if self.catalogue.placed_by(p, self.history.as_of)
                ),
                default="",
            )
            nearest = self.nearest(option.regimen)
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
        """That no guideline places it, or none did by the day of the decision."""
        settings = [s for s in self.catalogue.settings if s.id in self.settings]
        if any(p.regimen == regimen.id for s in settings for p in s.placements):
            return f"no open guideline placed it here by {self.history.as_of.isoformat()}"
        return "no open guideline in the catalogue places it here"

    # --- evidence -------------------------------------------------------------------------

    def nearest(self, regimen: Regimen, *, with_benefit: bool = False) -> Nearest | None:
        """The evidence row whose population is nearest to the patient.

        With benefit: among those that give progression-free survival.
        """
        key = (regimen.id, with_benefit)
        if key not in self._nearest:
            rows = self.visible(regimen)
            if with_benefit:
                rows = [row for row in rows if (figure := figure_of(row)) is not None and figure.known is not None]
            self._nearest[key] = self._find_nearest(rows)
        return self._nearest[key]

    def visible(self, regimen: Regimen) -> list[Evidence]:
        """The evidence published by the day of the decision."""
        return self.catalogue.evidence_on(regimen, self.history.as_of)

    def _by_then(self, regimen: Regimen) -> str:
        """The day of the decision, where evidence came after it."""
        later = len(self.visible(regimen)) < len(regimen.evidence)
        return f" by {self.history.as_of.isoformat()}" if later else ""

    def _find_nearest(self, rows: Iterable[Evidence]) -> Nearest | None:
        """Nearest population first; then narrower, of better design, read at all, newer, larger."""
        designs = ("randomised", "pooled", "single-arm", "observational")
        fits = ("this", "neighbour", "unknown", "other")

        def near(found: Nearest) -> tuple[int, int, int, bool, int, int, str]:
            row = found.row
            year = self.catalogue.sources[row.source].year or 0
            unread = row.verified == "unverified"
            return (
                fits.index(found.fit),
                -len(row.when),
                designs.index(row.design),
                unread,
                -year,
                -(row.n or 0),
                row.trial,
            )

        return min((Nearest(row, self._fit(row)) for row in rows), key=near, default=None)

    def _fit(self, row: Evidence) -> str:
        """Whether the patient belongs to a trial's population."""
        self._asked.update(c.question for c in row.when)
        decided = [(c, self.decisions.of(c).truth) for c in row.when]
        truth = all_of(t for _, t in decided)
        if truth is Truth.MET:
            return "this"
        failing = [c for c, t in decided if t is Truth.NOT_MET]
        if not failing:
            return "unknown"
        if all(isinstance(c, PriorLines) and self._one_line_off(c) for c in failing):
            return "neighbour"
        return "other"

    def _one_line_off(self, criterion: PriorLines) -> bool:
        low, high = self.history.lines.low, self.history.lines.high
        too_few = criterion.at_least is not None and high is not None and high == criterion.at_least - 1
        too_many = criterion.at_most is not None and low == criterion.at_most + 1
        return too_few or too_many

    @cached_property
    def _outside_trials(self) -> str:
        """What takes the patient out of every trial's population, if anything."""
        for criterion in self.limits.extrapolated_when:
            self._asked.add(criterion.question)
            finding = self.decisions.of(criterion)
            if finding.truth is Truth.MET:
                return finding.found
        return ""

    def _evidence(self, option: Assessment) -> Standing:
        nearest = self.nearest(option.regimen)
        if nearest is None:
            then = self._by_then(option.regimen)
            return self._say("evidence", 3, f"no trial published{then}" if then else "no trial in the catalogue")
        row = nearest.row
        where = f"{row.trial}: {row.population}"
        if self._outside_trials:
            return self._say("evidence", 3, f"{row.trial}; {self._outside_trials}", row.source)
        if nearest.fit == "unknown":
            return self._say("evidence", 2, f"{where}; whether it fits hangs on missing facts", row.source)
        if row.design == "randomised" and nearest.fit in ("this", "neighbour"):
            near = "" if nearest.fit == "this" else ", one line off"
            return self._say("evidence", 0, f"{where}{near}", row.source)
        if nearest.fit == "this":
            return self._say("evidence", 1, where, row.source)
        return self._say("evidence", 3, where, row.source)

    def _benefit(self, option: Assessment) -> Standing:
        nearest = self.nearest(option.regimen, with_benefit=True)
        if nearest is None:
            return self._say("benefit", 3, f"no progression-free survival published{self._by_then(option.regimen)}")
        figure = figure_of(nearest.row)
        known = figure.known if figure is not None else None
        bands = self.limits.benefit_bands_months
        place = next((i for i, limit in enumerate(bands) if known is not None and known >= limit), len(bands) + 1)
        return self._say("benefit", place, benefit_in_words(nearest), nearest.row.source)

    # --- the rest -------------------------------------------------------------------------

    def narrowed_by(self, option: Assessment) -> list[tuple[Door, list[str]]]:
        """The doors that a choice narrows or closes, each with what is still open behind it."""
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
            if self.history.exposed_to(drug_class).truth is Truth.NOT_MET
        )
        return self._say("novelty", 0 if new else 1, f"new: {', '.join(new)}" if new else "no new class or target")

    def _id(self, option: Assessment) -> Standing:
        return Standing("id", option.regimen.id.casefold(), option.regimen.id, "alphabetical")


def figure_of(row: Evidence) -> Figure | None:
    """The progression-free survival that a row gives: the median, else a rate, else that the median was not reached."""
    months, rate = row.pfs_months, row.pfs_rate
    if months is not None and months.median is not None:
        return Figure("median", months.median)
    if rate is not None:
        return Figure("rate", rate.months, rate.percent)
    if months is not None and months.not_reached:
        return Figure("not-reached", months.ci95[0] if months.ci95 else None)
    return None


def benefit_in_words(nearest: Nearest) -> str:
    """The progression-free survival of a row, in which trial, and whether in a population other than the patient's."""
    row, figure = nearest.row, figure_of(nearest.row)
    group = f", {row.subgroup}" if row.subgroup else ""
    other = "" if nearest.fit == "this" else ", the nearest population published"
    return f"{figure.said if figure is not None else 'no progression-free survival'}, {row.trial}{group}{other}"
