"""Care around a choice: checklists, other drugs, wash-outs and bridges, scores, the grades of events."""

from collections.abc import Iterator
from typing import Annotated, Literal

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits
from mmadvisor.catalogue.regimens import Selector, Weeks
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Days, Grade, Row


class Due(Entry):
    """When an item is due, in days of treatment; the day of the first dose is day 1.

    - ``days_before``: by that many days before the first dose; 0 is by the first dose.
    - ``from_days_before``: no earlier than that; alone, the beginning of something that goes on.
    - ``each``: with every dose, every dose of a step-up, or the start of every cycle.
    - ``every_days``: repeated from ``from_day`` to ``to_day``; without it, ``from_day`` begins something that goes on.
    - ``times``: the number of repetitions.
    - ``days_after``: for that long after the last dose.

    Without any of these the item is done when something happens.
    """

    days_before: Days | None = None
    from_days_before: Days | None = None
    each: tuple[Literal["dose", "step", "cycle"], ...] = ()
    from_day: Annotated[int, Limits(1, 3650)] | None = None
    every_days: Annotated[int, Limits(1, 366)] | None = None
    to_day: Annotated[int, Limits(1, 3650)] | None = None
    times: Annotated[int, Limits(1, 100)] | None = None
    days_after: Days | None = None


class Item(Entry):
    """One thing to do, when, and why.

    - ``of``: the regimens that need it, if not all with the checklist do.
    - ``for_whom``: the patients who need it. ``now_if``: findings that require it at once.
    - ``cautions``: requirements for doing it as written; if one is not met, ``say`` describes the adaptation.
    - ``amount``: doses, printed before ``when`` only if no caution on the kidney may apply.
    - ``settles``: the field of the patient file that it settles, or that it covers until it is settled.
    - ``only_in``: the places where it is done; empty means everywhere.
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

    def told_when(self, *, whole: bool = True) -> str:
        """When to do it; its doses come first if they may be printed (``whole``)."""
        return f"{self.amount if whole else 'dose by kidney function'}; {self.when}" if self.amount else self.when


class DoseByKidney(Row):
    """The kidney function for which doses apply as written, for agents whose rules have no such caution."""

    agents: tuple[str, ...]
    holds: AnyCriterion


class Checklist(Entry):
    """Monitoring that several regimens share; ``of_steps`` summarises the step-up rows of the agents."""

    title: str
    items: tuple[Item, ...]
    of_steps: bool = False

    def in_place(self, place: str) -> Iterator[tuple[Item, bool]]:
        """The items for a place, and whether each was read for it; without a place all are, and all count as read.

        If it has items of the place, the items of other places are left out.
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

    - ``of``: agents and classes; empty means any treatment of myeloma. ``beside``: drugs and groups of drugs.
    - ``effect`` is a clause, and ``advice`` what to do. ``strength`` none: a source states that no action is needed.
    - ``jurisdictions``: the places whose label states it.
    - ``asked``: the caution also applies as unknown if the co-medication is not recorded.
    - ``when``, ``due``: the dates in a checklist; ``on_checklist``: an item of a checklist covers it already.
    - ``left_out``: the drug is avoided whatever is chosen, such as a live vaccine, so that it moves no option down.
    - ``doubts_dose``: beside the drug the dose of the agent as written may be too high or too low.
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
        """Whether somebody read the interaction at a source."""
        return self.verified != "unverified"


class Washout(Entry):
    """The interval between the last dose of a drug and a step of CAR-T therapy, from one source.

    An empty ``of`` means any anti-myeloma drug. Without ``days`` the source gives no number. ``disease``: the interval
    was written for another disease than myeloma, and is only shown.
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
    """A treatment that may control the disease between apheresis and infusion, from one source."""

    id: str
    agents: tuple[str, ...]
    keeps_t_cells: bool
    text: str
    by: str
    source: str
    verified: Verified


class VeinToVein(Entry):
    """Weeks from apheresis to infusion, from one source."""

    id: str
    regimen: str
    weeks: Weeks
    text: str
    source: str
    verified: Verified
    range_weeks: tuple[Weeks, Weeks] | None = None


class Practice(Entry):
    """What practice does at an event of drugs of some modalities, besides the label; empty ``grades`` means any."""

    id: str
    event: str
    text: str
    by: str
    source: str
    verified: Verified
    modalities: tuple[str, ...]
    grades: tuple[Grade, ...] = ()


class TakenAs(Entry):
    """The answers to an item of a score that remain possible with certain other drugs.

    There are several answers if the dose decides between them, since the record does not hold the dose.
    """

    drugs: tuple[str, ...]
    answers: tuple[str, ...]


class ScoreItem(Entry):
    """One item of a score, and the points of its answers.

    The criterion ``holds`` answers yes from the record, ``of`` from the agents of the regimen; otherwise the user is
    asked. ``answers`` gives the points of each word, if there are more than yes and no. ``taken`` answers from the list
    of co-medication: of several drugs the one with the last answer counts; without any, the first answer applies.
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
    """The meaning of a score from a number of points on, up to the next stratum."""

    from_points: int | None
    says: str


class Score(Entry):
    """A risk score that is computed before certain regimens."""

    id: str
    title: str
    applies_to: Selector
    items: tuple[ScoreItem, ...]
    strata: tuple[Stratum, ...]
    source: str
    verified: Verified
    note: str = ""


class Band(Entry):
    """A grade for a score between two numbers, both inclusive."""

    at_least: float
    at_most: float
    grade: Grade


class Grading(Entry):
    """How an event is graded: each answer to a question has a grade, and the highest decides.

    - ``modalities``: of the drugs that cause the event.
    - ``fever_from_c``: the lowest temperature of the event, in degrees Celsius. ``without_fever``: the message if there
      is no fever and other answers are severe. ``plausible_c``: temperatures that a patient may have.
    - ``ice``: bands of the ICE score.
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
