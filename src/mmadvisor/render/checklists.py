"""A checklist in words: its items, in order and under their titles, and its days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from mmadvisor.render.marks import UNBROKEN

if TYPE_CHECKING:
    from mmadvisor.answers.monitor import Day, Standing, Task
    from mmadvisor.answers.recommendation import Adapting, Monitoring, OptionEntry
    from mmadvisor.answers.regimen import RegimenPage

_I = TypeVar("_I", bound="Monitoring")
LEADS = "Now, by the record"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MOST_UNASKED = 3  # more items that all depend on one unrecorded list are counted in one line


def under(item: Monitoring) -> str:
    """The title under which an item is printed; items that lead have a title of their own."""
    return LEADS if item["leads"] else item["checklist"]


def by_title(items: Sequence[_I]) -> list[tuple[str, list[_I]]]:
    """Items under their titles, both in order."""
    titles: dict[str, list[_I]] = {}
    for i in items:
        titles.setdefault(under(i), []).append(i)
    return list(titles.items())


def gathered(items: Sequence[Monitoring]) -> list[Monitoring]:
    """The items of a checklist; those on other drugs are counted in one line, if no other drug is recorded."""
    titles = {i["checklist"] for i in items} - {i["checklist"] for i in items if not _open(i)}
    open_ones = [i for i in items if i["checklist"] in titles]
    if len(open_ones) <= _MOST_UNASKED:
        return list(items)
    drugs = list(dict.fromkeys(name for i in open_ones for name in i["drugs"]))
    said = f"{len(open_ones)} interactions with drugs that may be taken; mmadvisor monitor lists each"
    one = open_ones[0] | {"item": said, "drugs": drugs, "text_of": "labels", "by": "", "when": "", "source": ""}
    return [*(i for i in items if i not in open_ones), one]


def _open(item: Monitoring) -> bool:
    """Whether an item depends on the list of other drugs alone, and this is not recorded."""
    return item["applies"] == "unknown" and item["missing"] == ["co_medication"]


def of_options(options: Iterable[OptionEntry | RegimenPage]) -> list[tuple[str, list[Monitoring], list[str]]]:
    """The checklists of options, each once: its title, its items, and its regimens.

    An item of several regimens is there once, with the drugs of all of them.
    """
    items: dict[str, dict[str, Monitoring]] = {}
    whose_list: dict[str, dict[str, None]] = {}
    for o in options:
        for i in gathered(o["monitoring"]):
            rows = items.setdefault(under(i), {})
            key = repr({k: v for k, v in i.items() if k != "drugs"})
            drugs = [*rows[key]["drugs"], *i["drugs"]] if key in rows else i["drugs"]
            rows[key] = i | {"drugs": list(dict.fromkeys(drugs))}
            whose_list.setdefault(under(i), {})[o["regimen"]] = None
    order = sorted(items, key=lambda title: (title != LEADS, min(i["rank"] for i in items[title].values())))
    return [(title, list(items[title].values()), list(whose_list[title])) for title in order]


def whose(item: Monitoring) -> str:
    """The drugs for which an item is there, and whose text it is, in brackets."""
    return f"[{', '.join(item['drugs']) or 'any treatment'}; {item['text_of']}]"


def hangs_on(item: Monitoring) -> str:
    """What an item depends on, if it is not known whether it is needed; what calls for it now, or would."""
    needed = {"if": f"; {item['because']}", "unknown": f"; not known whether needed: {item['because']}"}
    now = {"yes": "NOW", "no": "not now", "unknown": "now? not known"}.get(item["now"], "")
    return needed.get(item["applies"], "") + (f"; {now}: {item['now_because']}" if now else "")


def to_do(item: Monitoring) -> str:
    """One item of a checklist in a line: its drugs and author, task, time, reason, and its condition if unknown."""
    when = f": {item['when']}" if item["when"] else ""
    why = f" ({item['why']})" if item["why"] else ""
    return f"{whose(item)} {item['item']}{when}{why}{hangs_on(item)}"


PHASES = [
    ("before", "Before the first dose"),
    ("step-up", "Step-up, or the day of infusion"),
    ("treatment", "On treatment"),
    ("after", "After the last dose"),
    ("when it happens", "When it happens"),
]
SHOWN_DATES = 4


def by_phase(tasks: Sequence[Task]) -> list[tuple[str, list[tuple[str, list[Task]]]]]:
    """The tasks under the titles of phases and checklists; those that lead come first, under their own title."""
    found = [(LEADS, [t for t in tasks if t["leads"]])]
    found += [(title, [t for t in tasks if t["phase"] == phase and not t["leads"]]) for phase, title in PHASES]
    return [(title, by_title(mine)) for title, mine in found if mine]


def status_in(s: Standing) -> str:
    """The status of a regimen in a jurisdiction, with its note."""
    return f"{s['jurisdiction']}: {s['status']}{f' ({note})' if (note := s['note']) else ''}"


def dated(day: Day) -> str:
    """A date with its weekday, so that a Sunday is noticed."""
    on = date.fromisoformat(day["date"])
    return f"{_WEEKDAYS[on.weekday()]}{UNBROKEN}{on}"


def day_of(day: Day) -> str:
    """A day of treatment; days before the first dose are counted back from it."""
    return str(day["day"]) if day["day"] > 0 else f"{1 - day['day']}{UNBROKEN}before"


def adapting(x: Adapting) -> str:
    """A finding of the patient against an item as written."""
    return f"{'ADAPT' if x['applies'] == 'yes' else 'Adapt'} it by {x['about']}: {x['text']}"
