"""How an agent is handled: doses by organ function, interactions, step-up, interruptions, adverse events.

A ``Row`` is one row of a table in the label, such as the row for an interruption of more than 28 days. If nobody has
looked up the row at its source, or if a later revision of the label has replaced it, the row is marked and gives no
dose.
"""

from typing import Annotated, Literal

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import Limits, MinLength
from mmadvisor.formats.agents import Verified
from mmadvisor.formats.schedule import Interval

Response = Literal["PR", "VGPR", "CR"]
Hours = Annotated[float, Limits(0, 4380)]
Days = Annotated[int, Limits(0, 3650)]
Grade = Annotated[int, Limits(1, 5)]
CHECK = "check the current label"


class Statement(Entry):
    """A sentence with its source.

    ``on_dialysis``: when the drug is given on a day of dialysis, in a few words for each cell of a calendar.
    """

    text: str
    source: str
    verified: Verified
    topic: str = ""
    id: str = ""
    on_dialysis: str = ""


class Row(Entry):
    """The fields of every row of a label's table.

    ``jurisdictions`` (codes) and ``regimens`` (ids) limit where the row applies; empty means everywhere, or to all.
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


class DoseCap(Row):
    """The most that a dose may be: ``text``. ``of``: the doses as written that it limits; empty means every dose.

    ``short``: the same in few words, which follow the dose in each cell of a calendar. ``below_kg``: the weight below
    which the cap may be lower than the dose, so that the dose has no number.
    """

    text: str
    short: str = ""
    of: tuple[str, ...] = ()
    below_kg: Annotated[float, Limits(20, 350)] | None = None


class Amount(Row):
    """How the label computes the mg of the doses ``of`` from the body weight, in words: ``text``.

    - ``mg_per_kg``: the factor, if the label multiplies it by the weight, and neither rounds nor caps the product.
      Without it the mg stand in a table that was not read, and no number is printed.
    - ``from_kg``, ``to_kg``: the weights for which the rule was read, both inclusive.
    - ``weight_days``: for how many days a weight counts.
    - ``short``: a few words, which follow the dose in each cell of a calendar that has no number of mg.
    """

    of: Annotated[tuple[str, ...], MinLength(1)]
    text: str
    short: str = ""
    mg_per_kg: Annotated[float, Limits(0.001, 100)] | None = None
    from_kg: Annotated[float, Limits(20, 350)] | None = None
    to_kg: Annotated[float, Limits(20, 350)] | None = None
    weight_days: Annotated[int, Limits(1, 366)] = 28


class Step(Row):
    """One dose of a step-up schedule; ``day`` 1 is the day of the first dose.

    ``schedule``: the schedules that have the step; empty means all.
    """

    day: Annotated[int, Limits(1, 366)]
    dose: str
    route: str
    schedule: tuple[Interval, ...] = ()


class Premedication(Row):
    """Premedication: what is given, before which doses, and how many hours before.

    ``before`` names the doses in words. As data they are in ``doses`` (doses of the step-up) or in ``days`` (days of
    treatment, for all other doses). ``hours_before``: the shortest and the longest time before the dose.
    """

    before: str
    doses: tuple[str, ...] = ()
    days: tuple[Annotated[int, Limits(1, 366)], ...] = ()
    text: str
    hours_before: tuple[Hours, Hours] | None = None


class Observation(Row):
    """How long and where a patient is observed after a dose of the step-up.

    ``after`` names the doses in words; ``doses`` is the same as data.
    """

    after: str
    doses: tuple[str, ...] = ()
    hours: Hours
    where: Literal["hospital", "nearby"]


class Deescalation(Row):
    """When a drug may be given less often: by the schedule ``enter`` instead of the schedule ``leave``.

    All conditions of the row must be met. After a progression the drug is never given less often. ``weeks_on``: whether
    ``least_weeks`` counts the weeks of treatment, or the weeks on the schedule ``leave``. ``must``: the label requires
    the change.
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
        """Whether the label requires the less frequent schedule after a number of weeks, whatever the response."""
        hangs_on = (self.least_response, self.response_held_months, self.least_full_doses)
        return self.must and all(x is None for x in hangs_on)


# Why: docs/explanation/checklists-and-interruptions.md#a-row-of-a-label-that-nobody-could-read-gives-no-dose
class Restart(Row):
    """What to give after an interruption.

    - ``days_from``, ``days_to``: the length of the interruption, both inclusive; ``null`` means no limit. Days are
      counted from the last dose that was given, not from the missed visit.
    - ``schedule``: the schedules before the interruption to which the row applies; empty means all.
    - ``action``: ``check-label`` means that we did not find this row of the label.
    - ``superseded``: a sentence on the later revision of the label that replaced the row, and that we have not read.
    - ``review_over_days``: after a longer interruption for an adverse reaction, benefit and risk must be weighed first.
    - ``resumes``: after the step-up the doses go on at the interval of ``schedule``.
    - ``edition``: the day of the table that was read, and whether a later revision of the label was not read.
    """

    last_dose: str
    action: Literal["continue", "repeat", "restart", "check-label"]
    text: str
    schedule: tuple[Interval, ...] = ()
    days_from: Days | None = None
    days_to: Days | None = None
    dose: str = ""
    superseded: str = ""
    edition: str = ""
    resumes: bool = False
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
    def limits(self) -> str:
        """The limits, in words."""
        upper = f"{self.at_most:g}" if self.at_most is not None else ""
        upper = f"below {self.below:g}" if self.below is not None else upper
        if self.at_least is not None:
            said = f"from {self.at_least:g} to {upper}" if upper else f"of {self.at_least:g} or more"
        else:
            said = upper if self.below is not None else f"of {upper} or less"
        return f"{said} {self.unit}"

    @property
    def text(self) -> str:
        """The test and its limits, in words."""
        return f"{self.of} {self.limits}"


class Hold(Row):
    """What to do with a drug at an adverse event.

    - ``grades``: the grades to which the row applies; empty means any grade.
    - ``or_stop``: by the row, the severity of the event decides whether the drug is stopped for good.
    - ``count``: the limits of a laboratory value, if the row depends on one. ``grades`` are then the grades to which
      such a value may belong. ``count_is_grade``: the limits are those of the grades, so that the grade decides too.
    - ``only_with``: a further condition, such as bleeding. If it is not met, the row decides nothing.
    - ``pain``: whether the row is for neuropathy with pain or without; ``null`` if pain does not matter.
    """

    event: str
    covers: tuple[str, ...] = ()
    or_stop: bool = False
    action: Literal["withhold", "reduce", "stop", "consider stopping", "interrupt", "no change"]
    text: str
    grades: tuple[Grade, ...] = ()
    count: Count | None = None
    count_is_grade: bool = False
    only_with: str = ""
    pain: bool | None = None


class Levels(Row):
    """The dose levels of a drug in words, from the highest down: what one level lower means in a hold row."""

    text: str


class StopAt(Entry):
    """Events of at least ``from_grade`` after which no dose is given until a specialist decides, whatever the label."""

    events: tuple[str, ...]
    from_grade: Grade = 1
    source: str
    verified: Verified


class WhileGiven(Entry):
    """What to do at once at events that begin while a drug is given, or soon after, whatever rows were read.

    ``routes``: the routes of the drugs; the first row of the event with a route of the drug is used. Empty means any.
    """

    events: tuple[str, ...]
    text: str
    source: str
    verified: Verified
    routes: tuple[str, ...] = ()


class CallCentre(Entry):
    """The advice to call the treatment centre at these events, if we have read no text on what to give for them."""

    events: tuple[str, ...]
    modalities: tuple[str, ...]
    text: str
    source: str
    verified: Verified


class GivenOnce(Entry):
    """The sentence for drugs that are given only once, such as CAR-T cells: no later dose can be withheld.

    ``lead``: what stands first in the answer; ``urgent``: the same at the events of ``call_centre``.
    """

    modalities: tuple[str, ...]
    text: str
    lead: str
    urgent: str
    source: str
    verified: Verified


class NotLow(Entry):
    """The value of a laboratory test from which it is not low, in the unit of the rows of labels.

    ``events``: the events at which a value that is given is of this test.
    """

    of: str
    events: tuple[str, ...]
    unit: str
    at_least: float
    source: str
    verified: Verified


class LabelSection(Row):
    """The section of a label about adverse events (``section``); empty ``agents`` means the labels of all drugs.

    ``doses``: whether the doses by age, kidneys and so on stand in the same section.
    """

    section: str
    agents: tuple[str, ...] = ()
    doses: bool = True


# Why: docs/explanation/checklists-and-interruptions.md#adjustments-belong-to-the-agent
class Handling(Entry):
    """How one agent is handled: doses by organ function, step-up, premedication, interruptions, and so on.

    An empty field means that nothing is entered in the catalogue. It does not mean that the label has nothing on it.
    """

    contraindications: tuple[Statement, ...] = ()
    renal: tuple[Statement, ...] = ()
    hepatic: tuple[Statement, ...] = ()
    caps: tuple[DoseCap, ...] = ()
    amounts: tuple[Amount, ...] = ()
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
    levels: tuple[Levels, ...] = ()
    holds: tuple[Hold, ...] = ()
