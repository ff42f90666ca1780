"""How an agent is handled: doses by organ function, interactions, step-up, interruptions, adverse events.

Each row is a row of the label, with its jurisdictions and revision. A row gives no dose if nobody has looked it up at
its source, or if a later revision of the label replaced it; it is then marked.
"""

from typing import Annotated, Literal

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.schedule import Interval

Response = Literal["PR", "VGPR", "CR"]
Hours = Annotated[float, Limits(0, 4380)]
Days = Annotated[int, Limits(0, 3650)]
Grade = Annotated[int, Limits(1, 5)]
CHECK = "check the current label"


class Statement(Entry):
    """A sentence with its source."""

    text: str
    source: str
    verified: Verified
    topic: str = ""
    id: str = ""


class Row(Entry):
    """The fields of every row of a label's table.

    ``jurisdictions`` and ``regimens`` are codes and ids for which the row applies; empty means all.
    """

    source: str
    verified: Verified
    jurisdictions: tuple[str, ...] = ()
    regimens: tuple[str, ...] = ()
    note: str = ""

    @property
    def read(self) -> bool:
        """Whether the row was looked up at a source, so that it may be used."""
        return self.verified != "unverified"


class Step(Row):
    """One dose of a step-up schedule; ``day`` 1 is the day of the first dose.

    ``schedule``: the schedules that have the step; empty means all.
    """

    day: Annotated[int, Limits(1, 366)]
    dose: str
    route: str
    schedule: tuple[Interval, ...] = ()


class Premedication(Row):
    """Premedication for certain doses, and how many hours before them.

    ``doses`` are doses of the step-up. ``days`` are days of treatment, for all other doses.
    """

    before: str
    doses: tuple[str, ...] = ()
    days: tuple[Annotated[int, Limits(1, 366)], ...] = ()
    text: str
    hours_before: tuple[Hours, Hours] | None = None


class Observation(Row):
    """How long and where a patient is observed after certain doses of the step-up (``doses``)."""

    after: str
    doses: tuple[str, ...] = ()
    hours: Hours
    where: Literal["hospital", "nearby"]


class Deescalation(Row):
    """When a drug may be given less often; all conditions of the row must be met.

    Progression always forbids it. ``leave`` and ``enter`` are the schedules before and after. ``weeks_on`` tells what
    ``least_weeks`` counts: the weeks of treatment, or the weeks on the previous schedule.
    """

    leave: Interval
    enter: Interval
    text: str
    least_response: Response | None = None
    response_held_months: Annotated[float, Limits(0, 120)] | None = None
    least_weeks: Annotated[float, Limits(0, 520)] | None = None
    weeks_on: Literal["treatment", "schedule"] = "treatment"
    least_full_doses: Annotated[int, Limits(0, 200)] | None = None
    must: bool = False

    @property
    def by_calendar(self) -> bool:
        """Whether a label requires the sparser schedule from a certain day on, whatever the response."""
        hangs_on = (self.least_response, self.response_held_months, self.least_full_doses)
        return self.must and all(x is None for x in hangs_on)


# Why: docs/explanation/checklists-and-interruptions.md#a-row-of-a-label-that-nobody-could-read-gives-no-dose
class Restart(Row):
    """What to give after an interruption.

    Days are counted from the last dose that was given, not from the missed visit.

    ``schedule``: the schedules before the interruption to which the row applies; empty means all.

    ``check-label``: the row was not found. ``superseded``: the later revision of the label, which we have not read.
    ``days_to`` ``null`` means no upper limit; both limits are inclusive. ``review_over_days``: after a longer
    interruption for an adverse reaction, benefit and risk must be weighed first.
    """

    last_dose: str
    action: Literal["continue", "repeat", "restart", "check-label"]
    text: str
    schedule: tuple[Interval, ...] = ()
    days_from: Days | None = None
    days_to: Days | None = None
    dose: str = ""
    superseded: str = ""
    review_over_days: Days | None = None

    @property
    def usable(self) -> bool:
        """Whether the row may be used: it was looked up at its source, and no later revision replaced it."""
        return self.action != "check-label" and not self.superseded and self.read


class Count(Entry):
    """The values of a laboratory test to which a row applies; ``below`` is exclusive, the other limits inclusive."""

    of: str
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value lies within the limits."""
        low = self.at_least is None or value >= self.at_least
        high = self.at_most is None or value <= self.at_most
        return low and high and (self.below is None or value < self.below)

    @property
    def text(self) -> str:
        """The test and its limits, in words."""
        upper = f"{self.at_most:g}" if self.at_most is not None else ""
        upper = f"below {self.below:g}" if self.below is not None else upper
        if self.at_least is not None:
            said = f"from {self.at_least:g} to {upper}" if upper else f"of {self.at_least:g} or more"
        else:
            said = upper if self.below is not None else f"of {upper} or less"
        return f"{self.of} {said} {self.unit}"


class Hold(Row):
    """What to do at an adverse event of certain grades.

    - ``or_stop``: the row lets the severity decide whether the drug is stopped for good.
    - ``count``: the row goes by a laboratory value; its ``grades`` are those in which the value may lie.
    - ``only_with``: a further condition, such as bleeding; without it the row decides nothing.
    """

    event: str
    covers: tuple[str, ...] = ()
    or_stop: bool = False
    action: Literal["withhold", "reduce", "stop", "consider stopping", "interrupt", "no change"]
    text: str
    grades: tuple[Grade, ...] = ()
    count: Count | None = None
    only_with: str = ""


class StopAt(Entry):
    """Events, from a grade on, after which a drug is not given until a specialist decides, whatever the label."""

    events: tuple[str, ...]
    from_grade: Grade = 1
    source: str
    verified: Verified


class CallCentre(Entry):
    """Events of drugs of some modalities at which the centre is called where no text on what to give was read."""

    events: tuple[str, ...]
    modalities: tuple[str, ...]
    text: str
    source: str
    verified: Verified


class GivenOnce(Entry):
    """What is said of drugs of some modalities that are given once, so that no later dose can be withheld."""

    modalities: tuple[str, ...]
    text: str
    source: str
    verified: Verified


class LabelSection(Row):
    """The section of a label about adverse events; empty ``agents`` means every drug."""

    section: str
    agents: tuple[str, ...] = ()


# Why: docs/explanation/checklists-and-interruptions.md#adjustments-belong-to-the-agent
class Handling(Entry):
    """How one agent is handled: doses by organ function, step-up, premedication, interruptions, and so on.

    An empty field means that nothing is entered in the catalogue. It does not mean that the label has nothing on it.
    """

    contraindications: tuple[Statement, ...] = ()
    renal: tuple[Statement, ...] = ()
    hepatic: tuple[Statement, ...] = ()
    dosing: tuple[Statement, ...] = ()
    interactions: tuple[Statement, ...] = ()
    supportive: tuple[Statement, ...] = ()
    safety: tuple[Statement, ...] = ()
    access: tuple[Statement, ...] = ()
    steps: tuple[Step, ...] = ()
    premedication: tuple[Premedication, ...] = ()
    observation: tuple[Observation, ...] = ()
    deescalation: tuple[Deescalation, ...] = ()
    restarts: tuple[Restart, ...] = ()
    holds: tuple[Hold, ...] = ()
