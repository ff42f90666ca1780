"""The order of the options: by group, then by named comparisons one after another; and the reasons in words.

There are no weights. Each comparison gives one of a few ordered values with a reason. The first comparison that differs
decides. Two options that differ in none are tied. ``data/ranking.yaml`` has the comparisons, their order and their
limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mmadvisor.answers.compact import DecidesBy
from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.rules import Profile
from mmadvisor.criteria.possible import either_side, of_frailty, of_record, words
from mmadvisor.history.history import History
from mmadvisor.judging.benefit import Reading
from mmadvisor.judging.comparisons import Comparisons, Standing
from mmadvisor.judging.groups import BESIDE, Group
from mmadvisor.judging.head_to_head import Won
from mmadvisor.judging.published import Published
from mmadvisor.judging.verdict import Assessment, Decisions

Key = tuple[int, ...]
TIED = "No published difference decides between these; they are listed in a fixed order."


# The comparisons whose values depend on the other options too.
_AMONG = ("benefit", "against-each-other")
_MADE_KEPT = 15  # of one patient, with one fact more or another


class Ranked(NamedTuple):
    """One option with its group, its values in the comparisons, and its sort key.

    ``standings``: the values of the comparisons that decide. ``among``: by name, the values that depend on the other
    options too (benefit, results against each other), whether or not they decide. ``key``: the number of the group,
    then the values of the comparisons that decide. Options with equal keys are tied.
    """

    assessment: Assessment
    group: Group
    standings: tuple[Standing, ...]
    among: dict[str, Standing]
    key: Key

    @property
    def benefit(self) -> Standing:
        """The value of the benefit, whether or not it decides."""
        return self.among["benefit"]

    @property
    def is_line(self) -> bool:
        """Whether the option is meant as a line of therapy, and not as palliation or a bridge."""
        return self.group.name not in BESIDE


def ranks(ranked: Sequence[Ranked]) -> list[int]:
    """The ranks of ordered options; tied options share the smallest of their ranks (1, 1, 3)."""
    found: list[int] = []
    for i, option in enumerate(ranked):
        tied = i > 0 and option.key == ranked[i - 1].key
        found.append(found[-1] if tied else i + 1)
    return found


class Ranker:
    """Ranks the assessed options of one history.

    Attributes:
        published: Recommendations and evidence for this patient.
        comparisons: The values of the comparisons.
    """

    def __init__(
        self,
        assessments: Iterable[Assessment],
        decisions: Decisions,
        catalogue: Catalogue,
        profile: Profile,
        like: Ranker | None = None,
    ) -> None:
        """``like`` ranked the same patient with one fact less, or before a further therapy; its results are reused."""
        self.assessments = list(assessments)
        self.history = decisions.history
        self.profile = profile
        # Earlier results are kept if every question of settings and trial populations has the same answer.
        self._made: list[Published] = [] if like is None else like._made
        alike = next((p for p in reversed(self._made) if p.here.stands_for(decisions)), None)
        self.published: Published = Published(decisions, catalogue, alike)
        if alike is None:
            self._made[_MADE_KEPT:] = [self.published]
        self.comparisons = Comparisons(self.assessments, self.published)
        self.groups = self.comparisons.groups
        if like is not None and alike is like.published and _same_record(like.history, self.history):
            self.comparisons.take_over(like.comparisons)
        self.deciding = self._deciding()
        self.shown = [by for by in self.comparisons.values if by not in self.deciding]

    def _deciding(self) -> tuple[DecidesBy, ...]:
        """The comparisons that decide, in order.

        In a setting that orders by placement, placement replaces benefit, and availability comes after it: no label
        names such settings, so a label for other patients is no reason there.
        """
        order = self.profile.order
        if not self.published.ordering:
            return order
        placed: dict[DecidesBy, tuple[DecidesBy, ...]] = {
            "benefit": ("placement", "availability"),
            "placement": (),
            "availability": (),
        }
        return tuple(by for was in order for by in placed.get(was, (was,)))

    # --- the order ----------------------------------------------------------------------------

    def rank(self, options: Iterable[Assessment]) -> list[Ranked]:
        """The options in order; tied options are listed by name."""
        options = list(options)
        groups = {o.regimen.id: self.groups.of(o) for o in options}
        readings = self._read(options, groups)
        lost = self._lost(options, groups, readings)
        ranked = []
        for option in options:
            among = {
                "benefit": self.comparisons.benefit_standing(readings[option.regimen.id]),
                "against-each-other": self.comparisons.against_each_other(option, lost),
            }
            ranked.append(self._ranked(option, groups[option.regimen.id], among))
        return sorted(ranked, key=lambda r: (r.key, r.assessment.regimen.id.casefold()))

    def _ranked(self, option: Assessment, group: Group, among: dict[str, Standing]) -> Ranked:
        standing = self.comparisons.standing
        deciding = tuple(among.get(by) or standing(option, by) for by in self.deciding)
        return Ranked(option, group, deciding, among, (group.place, *(s.place for s in deciding)))

    def beside(self, ranked: Ranked) -> list[Standing]:
        """The values of the comparisons that are shown and do not decide."""
        standing = self.comparisons.standing
        return [ranked.among.get(by) or standing(ranked.assessment, by) for by in self.shown]

    # Why: docs/explanation/ranking.md#head-to-head
    def _lost(
        self, options: Sequence[Assessment], groups: dict[str, Group], readings: dict[str, Reading]
    ) -> dict[str, list[Won]]:
        """For each option that lost a trial, the trials that count: ``_beaten``, with one further condition.

        A trial that is not ``sure`` counts only where winner and loser have the same band, so that the winner stands
        above the loser. Otherwise the band shows the difference, and the loss moves the loser below no other option.
        """
        lost = {
            loser: [won for won in by if won.sure or readings[won.winner].place == readings[loser].place]
            for loser, by in self._beaten(options, groups).items()
        }
        return {loser: by for loser, by in lost.items() if by}

    def _beaten(self, options: Sequence[Assessment], groups: dict[str, Group]) -> dict[str, list[Won]]:
        """For each option, the trials that it lost to an option of its group that stands no worse before the benefit.

        A winner that this patient cannot have, for which the patient is too frail, or that would be used outside its
        label, does not matter for the other options.
        """
        before = self.deciding[: self.deciding.index("benefit")] if "benefit" in self.deciding else ("suits-fitness",)
        stands = {
            o.regimen.id: tuple(self.comparisons.standing(o, by).place for by in before if by not in _AMONG)
            for o in options
        }
        beaten = self.published.head_to_head.beaten
        return {
            loser: [
                won
                for won in beaten.get(loser, ())
                if won.winner in stands
                and groups[won.winner].name == groups[loser].name
                and all(its <= mine for its, mine in zip(stands[won.winner], places, strict=True))
            ]
            for loser, places in stands.items()
        }

    def _read(self, options: Sequence[Assessment], groups: dict[str, Group]) -> dict[str, Reading]:
        """The bands of the options, after comparison with each other: ``_levelled``, then ``_not_above_winners``."""
        own = {o.regimen.id: self.comparisons.reading(o) for o in options}
        randomised = [
            (groups[o.regimen.id].name, self.published.benefit.kind(o.regimen), own[o.regimen.id].place)
            for o in options
            if _randomised(own[o.regimen.id])
        ]
        levelled = {}
        for option in options:
            regimen, kind = option.regimen.id, self.published.benefit.kind(option.regimen)
            others = (
                place for name, its, place in randomised if name == groups[regimen].name and not kind == its != ()
            )
            levelled[regimen] = self._levelled(own[regimen], min(others, default=None))
        beaten = self._beaten(options, groups)
        return {r: self._not_above_winners(r, levelled, beaten, ()) for r in levelled}

    def _levelled(self, reading: Reading, best: int | None) -> Reading:
        """The band of an option; a single-arm band that is one above ``best`` is lowered to ``best``.

        ``best`` is the best band by a randomised trial in the same group, of another target or modality. The difference
        between a trial with and one without a control group is weak evidence. Extrapolated and capped bands stay.
        """
        bands = self.published.benefit.bands
        nearest = reading.nearest
        if best is None or nearest is None or not reading.firm or nearest.row.design == "randomised":
            return reading
        if best == bands.unknown or best != bands.lower(reading.place):
            return reading
        said = f"{reading.because}; one band above the best randomised figure, and read in that band"
        return reading._replace(place=best, because=said)

    # Why: docs/explanation/ranking.md#head-to-head
    def _not_above_winners(
        self, regimen: str, levelled: dict[str, Reading], beaten: dict[str, list[Won]], seen: tuple[str, ...]
    ) -> Reading:
        """The band of an option, not better than that of an option that won a trial against it."""
        bands = self.published.benefit.bands
        reading = levelled[regimen]
        for won in beaten[regimen]:
            if won.winner in (*seen, regimen):
                continue
            winner = self._not_above_winners(won.winner, levelled, beaten, (*seen, regimen))
            if winner.place != bands.unknown:
                reading = reading.lowered(winner.place, f"not above {won.winner}, which won against it ({won.said})")
        return reading

    def would_rank(self, assessment: Assessment, options: list[Assessment]) -> int:
        """The rank that a regimen would have if its unknown criteria were met."""
        order = self.rank([*options, assessment])
        mine = next(r for r in order if r.assessment is assessment)
        return 1 + sum(r.key < mine.key for r in order)

    def expected(self, options: Iterable[Assessment]) -> dict[str, int]:
        """The place of each option in the order of these options, from 0, by id, if all unknown criteria were met."""
        return {r.assessment.regimen.id: i for i, r in enumerate(self.rank(options))}

    # --- what it asks -------------------------------------------------------------------------

    def fields_not_known(self) -> list[str]:
        """The missing fields that the order uses directly, and not through a criterion."""
        get = self.history.patient.get
        asked = ["access.can_wait_weeks", "fitness.ecog"]
        if get("access.can_wait_weeks") is None:
            asked.append("disease.relapse.tempo")
        ecog = get("fitness.ecog")
        if ecog is not None and ecog >= self.comparisons.limits.burden_from_ecog:
            asked.append("fitness.ecog_cause")
        _, _, frailty = self.history.frailty
        return [field for field in asked if get(field) is None] + list(frailty)

    def reads(self, field: str) -> bool:
        """Whether the order uses a field directly, and not through a criterion."""
        return (
            field.startswith(("therapies", "preferences.", "fitness."))
            or field in ("access.can_wait_weeks", "access.off_label", "access.pays", "disease.relapse.tempo")
            or field in (item.field for item in self.history.definitions.frailty_items)
        )

    def tries(self, field: str) -> tuple[object, ...]:
        """The values to try for a field that the order uses directly; empty for any other field."""
        if field == "access.can_wait_weeks":
            return either_side(field, self.comparisons.starting.turning_points())
        if field == "fitness.ecog":
            limits = self.comparisons.limits
            from_ecog = [row.poorly_from_ecog for row in limits.with_care if row.poorly_from_ecog is not None]
            return either_side(field, [limits.burden_from_ecog, *from_ecog])
        if field in ("disease.relapse.tempo", "fitness.ecog_cause"):
            return words(field)
        return of_frailty(self.history, field) or of_record(self.history, field)

    # --- what decided -------------------------------------------------------------------------

    def above_because(self, upper: Ranked, lower: Ranked) -> str:
        """A sentence on what decided the order of two neighbours."""
        first, second = upper.assessment.regimen.id, lower.assessment.regimen.id
        if upper.key == lower.key:
            return TIED
        if upper.group.name != lower.group.name:
            return f"{first} stands above {second} because {second} {_GROUP_WORDS[lower.group.name]}"
        for one, other in zip(upper.standings, lower.standings, strict=True):
            if one.place != other.place:
                name = self.comparisons.values[one.by].name
                told = f"{one.value} ({one.because}) against {other.value} ({other.because})"
                return f"{first} stands above {second} because of {name}: {told}"
        raise AssertionError(f"{first} and {second} differ in nothing that decides")  # pragma: no cover


_GROUP_WORDS = {
    "main": "is in use",
    "funded-reserve": "is kept in reserve, though funded here",
    "ask": "is to be asked for here",
    "reserve": "is kept in reserve",
    "seldom": "is seldom chosen",
    "bridge": "is a bridge and no line of its own",
}


def _same_record(one: History, other: History) -> bool:
    """Whether two histories have the same therapies, with lines counted alike."""
    mine, its = one.patient, other.patient
    same = its.therapies is mine.therapies and its.therapies_complete == mine.therapies_complete
    return same and one.definition == other.definition


def _randomised(reading: Reading) -> bool:
    """Whether a band rests on a randomised figure in patients like this one."""
    nearest = reading.nearest
    return reading.firm and nearest is not None and nearest.row.design == "randomised"
