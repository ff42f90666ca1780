"""Entries on care: checklists, interactions, wash-outs and bridges around CAR-T, scores, and grades of events."""

from collections.abc import Iterator
from typing import Annotated, Literal

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits
from mmadvisor.catalogue.regimens import Selector, Weeks
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Days, Grade, Row

Rank = Annotated[int, Limits(1, 9)]


class Due(Entry):
    """When an item is due, in days of treatment; day 1 is the day of the first dose.

    - ``days_before``: at the latest this many days before the first dose; 0 means by the first dose.
    - ``from_days_before``: at the earliest this many days before the first dose. Without ``days_before``, the item
      begins then and continues.
    - ``each``: with every dose, with every dose of a step-up, or at the start of every cycle.
    - ``every_days``: repeated from ``from_day`` to ``to_day``. Without ``every_days``, the item begins on ``from_day``
      and continues.
    - ``times``: the number of repetitions.
    - ``beside``: with ``each`` dose only on days on which one of these agents is given too.
    - ``for_days``: on how many days in a row something is done that begins ``days_before`` the first dose.
    - ``days_after``: how many days after the last dose the item continues.

    Without any of these fields the item has no day: something else makes it due, such as a symptom.
    """

    days_before: Days | None = None
    from_days_before: Days | None = None
    each: tuple[Literal["dose", "step", "cycle"], ...] = ()
    from_day: Annotated[int, Limits(1, 3650)] | None = None
    every_days: Annotated[int, Limits(1, 366)] | None = None
    to_day: Annotated[int, Limits(1, 3650)] | None = None
    times: Annotated[int, Limits(1, 100)] | None = None
    beside: tuple[str, ...] = ()
    for_days: Annotated[int, Limits(1, 366)] | None = None
    days_after: Days | None = None


class Item(Entry):
    """One thing to do, when, and why.

    - ``of``: the regimens that need the item; empty means all regimens with the checklist.
    - ``for_whom``: the criterion for patients who need the item. ``now_if``: findings that make the item due
      immediately.
    - ``cautions``: requirements for doing the item as written. If one is not met, its ``say`` describes what to do
      instead.
    - ``starts``: the drugs of the item are not started until it is done. ``done_if``: findings that show it done.
    - ``with_dose``: the item belongs to a dose of its day, such as premedication, and is never left out.
    - ``gives``: what is given on each of the days of the item, in a few words without a dose.
    - ``amount``: doses. They are printed before ``when`` only if no caution about the kidneys may apply.
    - ``settles``: a field of the patient file. The item is the test that makes the field known, or protects the patient
      until the result is known, such as antiviral prophylaxis while hepatitis B is not known.
    - ``only_in``: the jurisdictions in which the item applies; empty means everywhere.
    - ``rank``: its place in the order, if it is not that of its checklist.
    """

    item: str
    when: str
    source: str
    verified: Verified
    why: str = ""
    due: Due | None = None
    of: Selector | None = None
    for_whom: AnyCriterion | None = None
    now_if: AnyCriterion | None = None
    cautions: tuple[AnyCriterion, ...] = ()
    amount: str = ""
    jurisdictions: tuple[str, ...] = ()
    settles: str = ""
    only_in: tuple[str, ...] = ()
    rank: Rank | None = None
    starts: bool = False
    done_if: AnyCriterion | None = None
    with_dose: bool = False
    gives: str = ""

    def told_when(self, *, whole: bool = True) -> str:
        """When to do the item, in words; with ``whole``, its doses come first."""
        return f"{self.amount if whole else 'dose by kidney function'}; {self.when}" if self.amount else self.when


class DoseByKidney(Row):
    """The kidney function for which the doses apply as written, for agents whose rules have no such caution."""

    agents: tuple[str, ...]
    holds: AnyCriterion


class Checklist(Entry):
    """Monitoring that several regimens share.

    ``rank`` orders the items of a regimen: 1 the dangers of the drug itself, 2 infection, 3 all others, 4 vaccines and
    teeth. Items that a finding on record calls for now, or changes, come before all of these.
    """

    title: str
    items: tuple[Item, ...]
    rank: Rank = 3

    def in_place(self, place: str) -> Iterator[tuple[Item, bool]]:
        """The items for a jurisdiction, and for each whether we looked it up for that jurisdiction.

        If the jurisdiction has items of its own, the items of other jurisdictions are left out. Without a jurisdiction
        all items are returned, and all count as looked up.
        """
        local = any(place in item.jurisdictions for item in self.items)
        for item in self.items:
            here = not item.jurisdictions or not place or place in item.jurisdictions
            elsewhere = item.only_in and place and place not in item.only_in
            if not elsewhere and (here or not local):
                yield item, here


Strength = Literal["contraindicated", "avoid", "adjust", "monitor", "none"]


NO_NEED = "none"


class Interaction(Entry):
    """The effect of another drug on an agent, or of an agent on another drug, from one source.

    - ``of``: agents and classes; empty means any treatment of myeloma. ``beside``: the other drugs and groups of drugs.
    - ``effect``: a clause. ``advice``: what to do. ``strength`` ``none``: a source states that no action is needed.
    - ``jurisdictions``: the jurisdictions whose label states the interaction.
    - ``asked``: if the co-medication is not recorded, the caution is reported as unknown.
    - ``when``, ``due``: the dates in a checklist. ``on_checklist``: an item of a checklist already covers the
      interaction.
    - ``left_out``: the other drug must be avoided with every regimen, such as a live vaccine. The interaction then does
      not lower the rank of any option.
    - ``doubts_dose``: if the patient takes the other drug, the dose of the agent as written may be too high or too low.
    """

    id: str
    of: tuple[str, ...] = ()
    beside: tuple[str, ...]
    effect: str
    advice: str = ""
    strength: Strength
    source: str
    verified: Verified
    jurisdictions: tuple[str, ...] = ()
    asked: bool = False
    when: str = ""
    due: Due | None = None
    on_checklist: bool = False
    left_out: bool = False
    doubts_dose: bool = False

    @property
    def read(self) -> bool:
        """Whether the interaction was looked up at a source."""
        return self.verified != "unverified"


class Washout(Entry):
    """The interval between the last dose of a drug and a step of CAR-T therapy, from one source.

    An empty ``of`` means any anti-myeloma drug. Without ``days`` the source gives no number. ``disease``: the source
    wrote the interval for another disease; the answer shows the interval and does not use it.
    """

    id: str
    before: Literal["apheresis", "infusion"]
    of: tuple[str, ...]
    advice: Literal["hold", "avoid", "safe"]
    by: str
    text: str
    source: str
    verified: Verified
    days: Annotated[int, Limits(0, 3650)] | None = None
    disease: str = ""


class Bridge(Entry):
    """A treatment that may control the disease between apheresis and infusion of CAR-T, from one source.

    ``until_bispecific``: the source allows it before the first dose of a bispecific too.
    """

    id: str
    agents: tuple[str, ...]
    keeps_t_cells: bool
    until_bispecific: bool = False
    text: str
    by: str
    source: str
    verified: Verified


class VeinToVein(Entry):
    """The weeks from apheresis to infusion of CAR-T, from one source."""

    id: str
    regimen: str
    weeks: Weeks
    text: str
    source: str
    verified: Verified
    range_weeks: tuple[Weeks, Weeks] | None = None


class Practice(Entry):
    """One text on what is done at an adverse event, in addition to the label.

    - ``event``, ``covers``: the events for which the text is printed. ``grades``: their grades; empty means any grade.
    - ``modalities``: the kinds of drugs that caused the event. ``agents``: the drugs, if the text is about some only;
      empty means all drugs of the modalities.
    - ``part``: the place of the text in an answer. ``first``: before the rows of the label; ``give``: treatment of the
      event; ``examine``: what to look for; ``ask``: a question to the user; ``practice``: everything else.
    - ``after_days``: print the text only if more days than this have passed, or may have passed, since the last dose of
      the step-up.
    """

    id: str
    event: str
    text: str
    by: str
    source: str
    verified: Verified
    modalities: tuple[str, ...]
    grades: tuple[Grade, ...] = ()
    part: Literal["first", "give", "examine", "ask", "practice"] = "practice"
    covers: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    after_days: Days | None = None


class TakenAs(Entry):
    """The replies to an item of a score that remain possible if the patient takes one of ``drugs``.

    There are several replies if the dose decides between them, because the patient file does not contain the dose.
    """

    drugs: tuple[str, ...]
    answers: tuple[str, ...]


class ScoreItem(Entry):
    """One item of a score, and the points of its replies.

    The reply is yes if the criterion ``holds`` is met, or if the regimen contains an agent of ``of``. Otherwise the
    user is asked. ``answers`` gives the points of each reply, if the replies are not just yes and no. ``taken`` finds
    the reply in the list of co-medication. If several drugs match, the reply that comes last in ``answers`` counts. If
    no drug matches, the first reply counts.
    """

    name: str
    text: str
    points: int = 0
    answers: dict[str, int] = {}  # noqa: RUF012 - an immutable entry never changes it
    holds: AnyCriterion | None = None
    of: Selector | None = None
    taken: tuple[TakenAs, ...] = ()
    note: str = ""


class Stratum(Entry):
    """The meaning of a score, such as high risk, from a number of points up to the next stratum."""

    from_points: int | None
    says: str


class Score(Entry):
    """A risk score to compute before the regimens that ``applies_to`` selects."""

    id: str
    title: str
    applies_to: Selector
    items: tuple[ScoreItem, ...]
    strata: tuple[Stratum, ...]
    source: str
    verified: Verified
    note: str = ""


class Band(Entry):
    """The grade for values between two numbers, both inclusive."""

    at_least: float
    at_most: float
    grade: Grade


class Grading(Entry):
    """How to grade an event: each reply to a question has a grade, and the highest grade counts.

    - ``modalities``: the modalities of the drugs that cause the event.
    - ``fever_from_c``: the lowest temperature of the event, in degrees Celsius. ``without_fever``: the message if there
      is no fever although other replies are severe. ``plausible_c``: the lowest and highest possible temperature.
    - ``ice``: the grade for each band of the ICE score.
    """

    event: str
    questions: dict[str, dict[str, int]]
    source: str
    verified: Verified
    modalities: tuple[str, ...]
    without_fever: str = ""
    words: dict[str, str] = {}  # noqa: RUF012 - an immutable entry never changes it
    fever_from_c: float | None = None
    plausible_c: tuple[float, float] = (0, 100)
    ice: tuple[Band, ...] = ()
