"""The values that the patient format allows for a field: for checks of criteria, and for the schema of the catalogue.

Imported only if a catalogue is checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from mmadvisor.base.errors import nearest
from mmadvisor.base.known import Span
from mmadvisor.base.records import Entry, hints
from mmadvisor.base.validation import Limits, parts
from mmadvisor.criteria.possible import FACTS, MEASURED_AS
from mmadvisor.formats.patient import Patient

# What is wrong with an entry: the key that is to be mended, empty for the whole of it, and what is said of it.
Amiss = tuple[str, str]


def patient_has(path: str) -> bool:
    """Whether the patient format has a field, or the program derives it."""
    return path in MEASURED_AS or Patient.has(path)


def no_field(name: str) -> str:
    """A message that there is no such field, with the most similar one."""
    return f"the patient format has no field {name}. {nearest(name, fields_of_patient())}".strip()


def fields_of_patient() -> list[str]:
    """The dotted paths of the patient format that lead to one value, and the derived fields."""

    def inside(record: type[Entry], path: str) -> Iterator[str]:
        for name, hint in hints(record).items():
            inner = [part for part in parts(hint) if isinstance(part, type) and issubclass(part, Entry)]
            if not inner:
                yield path + name
            elif Ellipsis not in parts(hint):
                yield from inside(inner[0], f"{path}{name}.")

    return [*(field for field in inside(Patient, "") if field != "schema"), *MEASURED_AS]


def type_of(field: str) -> Any:
    """The type of a patient field; ``None`` if there is no such field.

    For a derived number or fact, the type of the field in which a measurement of it would be recorded.
    """
    *above, name = MEASURED_AS.get(field, field).split(".")
    record = Patient.record_at(above)
    return hints(record)[name] if record is not None and name in record.defaults() else None


def limits_of(field: str) -> Limits | None:
    """The limits of a number; for a derived number, by the limits of the fields that it is derived from."""
    if field == "derived.body_mass_index":
        weight, height = limits_of("demographics.weight_kg"), limits_of("demographics.height_cm")
        if weight is None or height is None:
            return None
        return Limits(round(weight.low / (height.high / 100) ** 2, 1), round(weight.high / (height.low / 100) ** 2, 1))
    if field == "derived.serum_m_protein_g_per_l":
        return limits_of("disease.m_protein.serum_g_per_l")
    return next((part for part in parts(type_of(field)) if isinstance(part, Limits)), None)


def literals(hint: Any) -> set[str]:
    """The words in a type."""
    return {part for part in parts(hint) if isinstance(part, str)}


def words_of(field: str) -> Collection[bool | str] | None:
    """The words that a patient field allows, or ``True`` and ``False``; ``None`` for a field of any other type."""
    if field in FACTS:
        return (True, False)
    found = list(parts(type_of(field)))
    if str in found or Ellipsis in found:
        return None
    return (True, False) if bool in found else literals(type_of(field)) or None


def holds_one_word(field: str) -> bool:
    """Whether a patient field is a single word, whether from a list of words or free text."""
    found = list(parts(type_of(field)))
    return words_of(field) is not None or (str in found and Ellipsis not in found)


def holds_a_day(field: str) -> bool:
    """Whether a patient field is a single day."""
    found = list(parts(type_of(field)))
    return Span in found and Ellipsis not in found


def not_among(key: str, words: Iterable[bool | str], allowed: Collection[bool | str]) -> Iterator[Amiss]:
    """An error for each word of a key that the patient format does not allow."""
    for word in words:
        if not any(word is a or (isinstance(word, str) and word == a) for a in allowed):
            listed = ", ".join(sorted(str(a).lower() if isinstance(a, bool) else a for a in allowed))
            yield key, f"{word!r} is never on record: the patient format has {listed}"


def outside(entry: object, keys: Iterable[str], limits: Limits) -> Iterator[Amiss]:
    """An error for each limit of an entry that is outside what the patient format allows, so that nobody passes it."""
    for key in keys:
        value: float | None = getattr(entry, key)
        if value is None:
            continue
        nobody = (key == "above" and value >= limits.high) or (key == "below" and value <= limits.low)
        if nobody or not limits.low <= value <= limits.high:
            said = f"nobody has it {key.replace('_', ' ')} {value:g}" if nobody else f"{value:g} is on nobody's record"
            yield key, f"{said}: the patient format takes {limits.low:g} to {limits.high:g}"
