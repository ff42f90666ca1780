"""The names of therapies in sentences."""

from typing import Literal

from mmadvisor.base.known import Span
from mmadvisor.formats.paths import therapy_in
from mmadvisor.history.account import unique
from mmadvisor.history.record import Record


class Names:
    """The names of the therapies of a record."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.timeline = record.timeline
        self._called: dict[int, str] = {}

    def called(self, index: int) -> str:
        """A therapy in words: its drugs, and its number in order of time, from 1."""
        if index not in self._called:
            self._called[index] = self._name(index)
        return self._called[index]

    def _name(self, index: int) -> str:
        if self.record.is_assumed(index):
            return f"the assumed {self.drugs(index)}"
        if not self.timeline.placed(index):
            therapy = self.record.therapies[index]
            start, stop = _month(therapy.start), _month(therapy.stop)
            if start is not None:
                return f"{self.drugs(index)}, begun {start}"
            if stop is not None:
                return f"{self.drugs(index)}, " + ("still given" if stop == "ongoing" else f"ended {stop}")
            return f"{self.drugs(index)}, " + (f"line {therapy.line}, " if therapy.line else "") + "not dated"
        return f"{self.drugs(index)}, therapy {self.timeline.number(index)}"

    def drugs(self, index: int) -> str:
        """The drugs of a therapy in words."""
        therapy = self.record.therapies[index]
        names = [self.record.formulary.by_id[given.agent].name for given in therapy.given]
        if therapy.unnamed and not names and therapy.intent == "transplant":
            return "transplant"
        told = [self.record.narrowed(given) for given in therapy.unnamed]
        none = "a drug that is not known" if names or any(told) else "drugs that are not known"
        alone = len(names) + len(told) == 1
        names += unique(none if not name else name if alone else f"({name})" for name in told)
        return therapy.regimen if therapy.regimen and not therapy.unnamed else " + ".join(names)

    def called_with_days(self, index: int) -> str:
        """A therapy in words, with the months in which it was given."""
        therapy = self.record.therapies[index]
        start, stop = _month(therapy.start), _month(therapy.stop)
        if (start is None and stop is None) or self.record.is_assumed(index):
            return self.called(index)
        called = self.called(index) if self.timeline.placed(index) else self.drugs(index)
        if stop is None and not self.record.of_one_day(index):
            return f"{called}, from {start}, last dose not recorded"
        if stop == "ongoing":
            return f"{called}, " + (
                "still given, start not recorded" if start is None else f"from {start}, still given"
            )
        if start is None:
            return f"{called}, to {stop}, start not recorded"
        return f"{called}, {start}" + ("" if stop in (None, start) else f" to {stop}")

    def in_time(self, field: str) -> tuple[str, int, str]:
        """A sort key for fields: fields of therapies in order of time, not in the order of the file."""
        place = therapy_in(field)
        if place is None or place >= len(self.record.therapies):  # one that is later than the day is not seen
            return field, 0, ""
        return "therapies", self.timeline.number(place), field.partition(".")[2]


def _month(day: Span | Literal["ongoing"] | None) -> str | None:
    """A day as a sentence names it, without the day of the month; ``ongoing`` and ``None`` stay."""
    if not isinstance(day, Span):
        return day
    return day.written[:7] if day.exact else day.written
