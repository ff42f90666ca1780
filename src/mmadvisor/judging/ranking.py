"""The order of the options: named comparisons in turn, and the reason for each.

There are no weights. Each comparison gives one of a few ordinal values with its reason. The first that differs decides,
and the id decides between equals. ``data/ranking.yaml`` lists the comparisons, their order and their limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mmadvisor.catalogue.catalogue import Catalogue
from mmadvisor.catalogue.rules import Profile
from mmadvisor.criteria.possible import either_side, of_frailty, of_record, words
from mmadvisor.judging.comparisons import Comparisons, Standing
from mmadvisor.judging.published import Published
from mmadvisor.judging.verdict import Assessment, Decisions

Places = tuple[int | str, ...]
# A regimen with only these uses is no line of its own.
BESIDE = (("debulking",), ("palliation",))


def is_main(option: Assessment) -> bool:
    """Whether a regimen is a line of its own, and not palliation or a bridge."""
    return option.regimen.uses not in BESIDE


class Ranked(NamedTuple):
    """One option with the values of its comparisons, in the order of the profile.

    ``turn`` is its place among the options that tie with it at first. ``rivals`` are the leaders of the other kinds of
    treatment that it was preferred to.
    """

    assessment: Assessment
    standings: tuple[Standing, ...]
    turn: int
    rivals: tuple[Assessment, ...]

    @property
    def kind(self) -> str:
        """The modality of the regimen."""
        return self.assessment.regimen.modality

    def standing(self, by: str) -> Standing:
        """The value of one comparison."""
        return next(s for s in self.standings if s.by == by)


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
        """``like`` ranked the same patient, for whom one more fact is known now, which is not one of the therapies."""
        self.assessments = list(assessments)
        self.history = decisions.history
        self.profile = profile
        # Earlier results are kept if no question of settings and trial populations has another answer.
        if like is not None and not decisions.turned.keys().isdisjoint(like.published.asked):
            like = None
        self.published: Published = Published(decisions, catalogue, None if like is None else like.published)
        self.comparisons = Comparisons(self.assessments, self.published)
        if like is not None:
            self.comparisons.take_over(like.comparisons)

    def rank(self, options: Iterable[Assessment]) -> list[Ranked]:
        """The options in order."""
        options = list(options)
        # Kinds are compared with all of their members, suitable for this patient or not. Otherwise more frailty, which
        # moves the intense members of a kind down, would let its milder members pass others that are milder still.
        before = [by for by in self.profile.order if by != "suits-fitness"]
        ties: dict[Places, list[Assessment]] = {}
        for option in options:
            ties.setdefault(self._places(option, before), []).append(option)
        turns: dict[str, tuple[int, tuple[Assessment, ...]]] = {}
        for tied in ties.values():
            for turn, (option, rivals) in enumerate(self._merged(tied)):
                turns[option.regimen.id] = (turn, rivals)
        ranked = [Ranked(option, self._standings(option), *turns[option.regimen.id]) for option in options]
        order = self.profile.order
        return sorted(ranked, key=lambda r: (self._places(r.assessment, order), r.turn))

    def _standings(self, option: Assessment) -> tuple[Standing, ...]:
        return tuple(self.comparisons.standing(option, by) for by in self.profile.comparisons)

    # Why: docs/explanation/ranking.md#ranking-by-kind-of-treatment
    def _merged(self, tied: list[Assessment]) -> Iterator[tuple[Assessment, tuple[Assessment, ...]]]:
        """Options of several kinds in one order, each with the leaders of the other kinds that it was preferred to.

        The order within a kind is kept. The best of the leaders goes first, and the next of its kind takes its place.
        So no option ranks higher because of the results of another option of its kind.
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
        """The key for sorting. Names and numbers are never compared, since one comparison gives only one of them."""
        return tuple(self.comparisons.standing(option, by).place for by in order)

    def would_rank(self, assessment: Assessment, options: list[Assessment]) -> int:
        """The rank that a regimen would have if its unknown criteria were met."""
        order = self.rank([*options, assessment])
        return 1 + next(i for i, r in enumerate(order) if r.assessment is assessment)

    def expected(self, options: Iterable[Assessment]) -> dict[str, int]:
        """The places of options among each other, by id, if all their unknown criteria were met."""
        return {r.assessment.regimen.id: i for i, r in enumerate(self.rank(options))}

    def fields_not_known(self) -> list[str]:
        """The fields that the order reads besides the criteria, and that are not recorded."""
        get = self.history.patient.get
        asked = ["access.can_wait_weeks", "fitness.ecog"]
        if get("access.can_wait_weeks") is None:
            asked.append("disease.relapse.tempo")
        _, _, frailty = self.history.frailty
        return [field for field in asked if get(field) is None] + list(frailty)

    def reads(self, field: str) -> bool:
        """Whether the order reads a field itself, besides the criteria."""
        return (
            field.startswith(("therapies", "preferences.", "fitness."))
            or field in ("access.can_wait_weeks", "access.off_label", "disease.relapse.tempo")
            or field in (item.field for item in self.history.definitions.frailty_items)
        )

    def tries(self, field: str) -> tuple[object, ...]:
        """The values to try for a field that the order reads itself; empty for any other."""
        if field == "access.can_wait_weeks":
            return either_side(field, self.comparisons.starting.turning_points())
        if field == "fitness.ecog":
            return either_side(field, [self.comparisons.limits.burden_from_ecog])
        if field == "disease.relapse.tempo":
            return words(field)
        return of_frailty(self.history, field) or of_record(self.history, field)

    def above_because(self, upper: Ranked, lower: Ranked) -> str:
        """The first comparison that differs between two neighbours, in words."""
        profile = self.profile
        alike = profile.within_kind if upper.kind == lower.kind else ()
        first = self._differs(upper.assessment, lower.assessment, (*profile.order, *alike))
        if first or alike:
            return first or "nothing separates them"
        # The leader of the other kind was the neighbour, or an option that fitness has moved down since.
        rival = next((r for r in upper.rivals if r.regimen.modality == lower.kind), lower.assessment)
        why = self._differs(upper.assessment, rival, profile.between_kinds) or "nothing separates them"
        if rival is lower.assessment:
            return why
        return f"it goes before {rival.regimen.id}, which leads the {lower.kind} kind before fitness is asked: {why}"

    def _differs(self, upper: Assessment, lower: Assessment, order: Iterable[str]) -> str:
        for by in order:
            first, second = self.comparisons.standing(upper, by), self.comparisons.standing(lower, by)
            if first.place == second.place:
                continue
            if by == "id":
                return "nothing separates them; the order is alphabetical"
            if by == "cautions":
                return f"fewer cautions: {first.value} against {second.value}"
            name = self.comparisons.values[by].name
            return f"{name}: {first.value} ({first.because}) against {second.value} ({second.because})"
        return ""
