"""What is done in the week of the decision beside the choice of a regimen: tests, bridges, trials, whom to call."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, get_args

from mmadvisor.base.records import Entry
from mmadvisor.base.validation import formed
from mmadvisor.catalogue.flaws import Flaw
from mmadvisor.catalogue.regimens import Selector
from mmadvisor.criteria.clash import contradiction
from mmadvisor.criteria.types import AnyCriterion
from mmadvisor.formats.agents import Verified

Subject = Literal["test-again", "bridge", "stop", "judge", "space", "trials", "no-further-line"]
Address = Annotated[str, formed(r"^(https://[a-z0-9.-]+(/[^\s]*)?)?$", "an address begins with https://")]


class WeekTopic(Entry):
    """A topic of the week and its heading; the order of the topics is that of the answer."""

    id: Subject
    name: str


class WeekRow(Entry):
    """One thing to do or to know in the week of the decision.

    - ``short``: the row in one line. ``text``: the same in full.
    - ``for_whom``: the criteria that must all be met; if one is unknown, the answer tells so.
    - ``of``: the row is for patients for whom one of these regimens is open or given now; without it, for all.
    - ``jurisdictions``: the places of the row; empty means everywhere.
    - ``url``: the address of a trial register.
    """

    id: str
    topic: Subject
    short: str
    text: str
    source: str
    verified: Verified
    for_whom: tuple[AnyCriterion, ...] = ()
    of: Selector | None = None
    jurisdictions: tuple[str, ...] = ()
    url: Address = ""


def flaws_of_week(topics: Iterable[WeekTopic], rows: Iterable[WeekRow]) -> Iterator[Flaw]:
    """Topics without a heading, and rows that are for nobody."""
    named, rows = {topic.id for topic in topics}, tuple(rows)
    for subject in get_args(Subject):
        if subject not in named and (named or rows):
            yield Flaw(("week_topics",), f"there is no entry for {subject}", lacks=True)
    for row in rows:
        alone = any(contradiction([criterion]) for criterion in row.for_whom)
        if not alone and (found := contradiction(list(row.for_whom))):
            yield Flaw(("this_week", row.id, "for_whom"), f"nobody can meet these: {found}")
