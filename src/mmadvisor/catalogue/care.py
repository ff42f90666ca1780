"""What is done around a choice: checklists, other drugs, wash-outs and bridges, scores, the grades of events."""

from typing import Annotated, Literal

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits
from mmadvisor.catalogue.regimens import Selector, Weeks
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.drugs import Days, Grade, Row


class Due(Entry):
    """When an item falls due, as days of treatment; the day of the first dose is day 1.

    ``days_before`` counts back from the first dose: by that day; 0: by the first dose. ``from_days_before``: not
    earlier than that, and alone the beginning of what goes on. ``each``: with every dose, every
    dose of a step-up, or the start of every cycle. ``every_days`` repeats from ``from_day`` to
    ``to_day``; without it ``from_day`` begins something that goes on. ``times``: so often and no more.
    ``days_after``: how long after the last dose. Nothing of these: it is done when something happens.
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
    """One thing to do, when and why.

    ``of`` names the regimens that need it, where not all with the checklist do, ``for_whom`` the
    patients, and ``now_if`` what in the record calls for it at once. ``cautions``: what must be met for it to be
    done as it is written; where it is not, ``say`` tells how it is adapted. ``amount``: doses that are told, before
    ``when``, only where no caution on the kidney may stand against them. ``settles``: the field of the patient file
    that it settles, or that it covers until it is settled. ``only_in``: places where it is done; empty: everywhere.
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
        """When to do it, after its doses, which stand there only where they may be told (``whole``)."""
        return f"{self.amount if whole else 'dose by kidney function'}; {self.when}" if self.amount else self.when


class DoseByKidney(Row):
    """For which kidneys the doses of agents hold as they are written, where no caution of a rule says so."""

    agents: tuple[str, ...]
    holds: AnyCriterion


class Checklist(Entry):
    """Monitoring that regimens share by key; ``of_steps`` sums up what the step-up rows of the agents say."""

    title: str
    items: tuple[Item, ...]
    of_steps: bool = False


Strength = Literal["contraindicated", "avoid", "adjust", "monitor", "none"]


NO_NEED = "none"


class Interaction(Entry):
    """What a drug that is taken beside treatment does to an agent, or an agent to it, in the word of one source.

    ``of`` are agents and classes; empty: it holds in myeloma whatever is given. ``beside`` are drugs and groups of
    drugs. ``effect`` is a clause and ``advice`` what to do. ``strength`` none: a source says that nothing need be done.
    ``jurisdictions`` are those whose label says it. ``asked``: where co-medication is not recorded the caution asks.
    ``when`` and ``due`` date it in a checklist; ``on_checklist``: an item of a checklist asks for it already.
    ``left_out``: the drug is left out whatever is chosen, such as a live vaccine, so that it moves no option down.
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

    @property
    def read(self) -> bool:
        """Whether somebody read it at a source."""
        return self.verified != "unverified"


class Washout(Entry):
    """How long before a step of CAR-T therapy a drug must have stopped, in the word of one source.

    ``of`` empty: any anti-myeloma drug. ``days`` absent: the source gives no number. ``disease``: it
    was written for another disease than myeloma, and is no rule here.
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
    """What holds the disease between apheresis and infusion, in the word of one source."""

    id: str
    agents: tuple[str, ...]
    keeps_t_cells: bool
    text: str
    by: str
    source: str
    verified: Verified


class VeinToVein(Entry):
    """Weeks from apheresis to infusion, as one source has them."""

    id: str
    regimen: str
    weeks: Weeks
    text: str
    source: str
    verified: Verified
    range_weeks: tuple[Weeks, Weeks] | None = None


class Practice(Entry):
    """What practice does at an event of the drugs of some modalities, beside the label; ``grades`` empty: any."""

    id: str
    event: str
    text: str
    by: str
    source: str
    verified: Verified
    modalities: tuple[str, ...]
    grades: tuple[Grade, ...] = ()


class TakenAs(Entry):
    """What drugs or groups of drugs that are taken may mean for the item of a score: some of its answers.

    More than one where the dose decides between them, which the record does not hold.
    """

    drugs: tuple[str, ...]
    answers: tuple[str, ...]


class ScoreItem(Entry):
    """What a score asks, and the points of its answers.

    ``holds`` answers yes from the record or ``of`` from the agents of the regimen, and else it is
    asked; ``answers`` are the points of each word where there are more than yes and no. ``taken`` answers from the
    list of co-medication: of several drugs the last of their answers counts, and the first where none is taken.
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
    """What a score of so many points or more says, up to the next stratum."""

    from_points: int | None
    says: str


class Score(Entry):
    """A risk score that is read before certain regimens."""

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
    """How an event is graded: each question's answers with the grade that they give; the highest decides.

    ``modalities``: of the drugs that cause it. ``fever_from_c``: without a
    temperature of so many degrees there is no such event; ``without_fever``: what is said where the other answers
    are grave all the same; ``plausible_c``: what a patient may have. ``ice``: bands of the ICE score.
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
