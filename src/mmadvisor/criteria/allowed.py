"""What the patient format lets a field hold: for the checks of criteria, and for the schema of the catalogue.

Loaded only where a catalogue is checked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from mmadvisor.base.errors import nearest
from mmadvisor.base.records import Entry, hints
from mmadvisor.base.validation import Limits, parts
from mmadvisor.criteria.possible import FACTS, MEASURED_AS
from mmadvisor.formats.patient import Patient

# What is wrong with an entry: the key that is to be mended, empty for the whole of it, and what is said of it.
Amiss = tuple[str, str]


def patient_has(path: str) -> bool:
    """Whether the patient format has a field, or derives it."""
    return path in MEASURED_AS or Patient.has(path)


def no_field(name: str) -> str:
    """That there is no such field, in words, with the nearest one."""
    return f"the patient format has no field {name}. {nearest(name, fields_of_patient())}".strip()


def fields_of_patient() -> list[str]:
    """The dotted paths of the patient format that lead to one value, and those of what is derived."""

    def inside(record: type[Entry], path: str) -> Iterator[str]:
        for name, hint in hints(record).items():
            inner = [part for part in parts(hint) if isinstance(part, type) and issubclass(part, Entry)]
            if not inner:
                yield path + name
            elif Ellipsis not in parts(hint):
                yield from inside(inner[0], f"{path}{name}.")

    return [*(field for field in inside(Patient, "") if field != "schema"), *MEASURED_AS]


def type_of(field: str) -> Any:
    """The type of a patient field; of a derived one that of the measurement; nothing where there is no such field."""
    *above, name = MEASURED_AS.get(field, field).split(".")
    record = Patient.record_at(above)
    return hints(record)[name] if record is not None and name in record.defaults() else None


def limits_of(field: str) -> Limits | None:
    """The bounds of a patient field that holds a number; of a derived one those that its parts span."""
    if field == "derived.body_mass_index":
        weight, height = limits_of("demographics.weight_kg"), limits_of("demographics.height_cm")
        if weight is None or height is None:
            return None
        return Limits(round(weight.low / (height.high / 100) ** 2, 1), round(weight.high / (height.low / 100) ** 2, 1))
    if field == "derived.serum_m_protein_g_per_l":
        return limits_of("disease.m_protein.serum_g_per_l")
    return next((part for part in parts(type_of(field)) if isinstance(part, Limits)), None)


def literals(hint: Any) -> set[str]:
    """The words that a type lists."""
    return {part for part in parts(hint) if isinstance(part, str)}


def words_of(field: str) -> Collection[bool | str] | None:
    """What a patient field can hold that holds one word of a list, or yes or no; nothing where it does not."""
    if field in FACTS:
        return (True, False)
    found = list(parts(type_of(field)))
    if str in found or Ellipsis in found:
        return None
    return (True, False) if bool in found else literals(type_of(field)) or None


def holds_one_word(field: str) -> bool:
    """Whether a patient field holds a single word, be it one of a list or any."""
    found = list(parts(type_of(field)))
    return words_of(field) is not None or (str in found and Ellipsis not in found)


def not_among(key: str, words: Iterable[bool | str], allowed: Collection[bool | str]) -> Iterator[Amiss]:
    """Words under a key that are never on record."""
    for word in words:
        if not any(word is a or (isinstance(word, str) and word == a) for a in allowed):
            listed = ", ".join(sorted(str(a).lower() if isinstance(a, bool) else a for a in allowed))
            yield key, f"{word!r} is never on record: the patient format has {listed}"


def outside(entry: object, keys: Iterable[str], limits: Limits) -> Iterator[Amiss]:
    """Numbers of an entry that are on nobody's record, or beyond which nobody is."""
    for key in keys:
        value: float | None = getattr(entry, key)
        if value is None:
            continue
        nobody = (key == "above" and value >= limits.high) or (key == "below" and value <= limits.low)
        if nobody or not limits.low <= value <= limits.high:
            said = f"nobody has it {key.replace('_', ' ')} {value:g}" if nobody else f"{value:g} is on nobody's record"
            yield key, f"{said}: the patient format takes {limits.low:g} to {limits.high:g}"
