"""The formats as JSON Schema, and the validation of catalogue files."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from pydantic_core import ValidationError

from mmadvisor.base.records import Entry, hints, written
from mmadvisor.base.validation import json_schema, validator
from mmadvisor.catalogue.catalogue import Catalogue, build
from mmadvisor.criteria.types import OPPOSITES, criterion_types
from mmadvisor.formats.patient import Patient


def validate_whole(raw: dict[str, Any]) -> Catalogue:
    """A catalogue from plain data.

    Raises:
        ValidationError: The data does not have the format.
    """
    validator(Catalogue).validate_python(raw)
    return build(raw)


def validate_partial(raw: Any) -> ValidationError | None:
    """The errors of one catalogue file; ``None`` if there are none."""
    try:
        validator(Catalogue, partial=True).validate_python(raw)
    except ValidationError as error:
        return error
    return None


def fields_beside(tree: Any, path: Sequence[str | int]) -> list[str]:
    """The fields that the group may have in which the last part of a path is; empty if it may have any field.

    Args:
        tree: The tree of the file, which shows the type of each criterion.
        path: Keys and indices.
    """
    hint: Any = Catalogue
    for part in path[:-1]:
        record = _record(hint, tree)
        if record is not None:
            hint = hints(record).get({written(name): name for name in record.defaults()}.get(str(part), ""))
        else:
            of_type = {tuple: 0, dict: 1}
            held = ((typing.get_args(one), of_type.get(typing.get_origin(one))) for one in _members(hint))
            hint = next((inner[at] for inner, at in held if at is not None), None)
        tree = typing.cast(Any, tree)[part]
    record = _record(hint, tree)
    return [] if record is None else [written(name) for name in record.defaults() if name != "layer"]


def _record(hint: Any, tree: Any) -> type[Entry] | None:
    """The class of an entry; of a criterion, by the type in the file."""
    records = [one for one in _members(hint) if isinstance(one, type) and issubclass(one, Entry)]
    if len(records) < 2:
        return records[0] if records else None
    kind = tree.get("type") if isinstance(tree, dict) else None
    return criterion_types().get(OPPOSITES.get(str(kind), str(kind)))


def _members(hint: Any) -> list[Any]:
    """A type without its annotations, or the members of a union without ``None``."""
    if typing.get_origin(hint) is typing.Annotated:
        return _members(typing.get_args(hint)[0])
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [member for one in typing.get_args(hint) for member in _members(one) if member is not type(None)]
    return [hint]


def patient_schema() -> dict[str, Any]:
    """The JSON Schema of ``mmadvisor/patient/1``, the patient file."""
    return json_schema(Patient, "mmadvisor/patient/1")


def answer_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of ``mmadvisor/<kind>/1``, the answer of a command; made from its type.

    Raises:
        KeyError: There is no such kind of answer.
    """
    from pydantic import TypeAdapter

    module, name = ANSWERS[kind]
    made = TypeAdapter(getattr(import_module(f"mmadvisor.{module}"), name)).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made | {"title": f"mmadvisor/{kind}/1"}


def catalogue_schema() -> dict[str, Any]:
    """The JSON Schema of a catalogue file; it includes the fields of a patient, so that editors check criteria."""
    from mmadvisor.criteria.allowed import fields_of_patient, limits_of, literals, type_of, words_of

    made = json_schema(Catalogue, "mmadvisor catalogue file", partial=True)
    defs = made["$defs"]
    for holder in ("Regimen", "Rule"):
        del defs[holder]["properties"]["layer"]  # set when layers are combined
    fields = fields_of_patient()
    numbers = {field: limits for field in fields if (limits := limits_of(field)) is not None}
    words = {field: tuple(allowed) for field in fields if (allowed := words_of(field)) is not None}
    for criterion in ("Number", "FrailtyItem"):
        _by_field(
            defs[criterion],
            {field: {"minimum": limits.low, "maximum": limits.high} for field, limits in numbers.items()},
            ("at_least", "at_most", "above", "below"),
        )
    items = {field: {"items": {"enum": sorted(allowed, key=str)}} for field, allowed in words.items()}
    _by_field(defs["Value"], items, ("one_of", "none_of"))
    defs["State"]["properties"]["one_of"]["items"] = {"enum": sorted(literals(type_of("disease.state")))}
    return made


def _by_field(criterion: dict[str, Any], allowed: Mapping[str, dict[str, Any]], keys: Iterable[str]) -> None:
    """Restrict a criterion to these fields, and some of its keys to the values of each field."""
    criterion["properties"]["field"]["enum"] = sorted(allowed)
    alike: dict[str, list[str]] = {}
    for field, what in allowed.items():
        alike.setdefault(json.dumps(what), []).append(field)
    mine = [key for key in keys if key in criterion["properties"]]
    criterion["allOf"] = [
        {
            "if": {"properties": {"field": {"enum": sorted(fields)}}},
            "then": {"properties": {key: json.loads(what) for key in mine}},
        }
        for what, fields in alike.items()
    ]


# The kinds of answers with their types; a command imports only the one that it shows.
ANSWERS = {
    "recommendation": ("answers.recommendation", "Recommendation"),
    "compact": ("answers.compact", "CompactRecord"),
    "plan": ("reports.look_ahead", "Plan"),
    "against": ("reports.against", "Against"),
    "board-index": ("answers.board_index", "BoardIndex"),
    "cohort": ("answers.cohort", "Cohort"),
    "audit": ("answers.audit", "Audit"),
    "regimen-page": ("reports.regimen", "RegimenPage"),
    "comparison": ("reports.shelf", "Comparison"),
    "monitor": ("care.monitor", "MonitorAdvice"),
    "restart": ("care.bedside", "RestartAdvice"),
    "hold": ("care.bedside", "HoldAdvice"),
    "catalogue-list": ("reports.shelf", "CatalogueList"),
    "catalogue-entry": ("reports.shelf", "CatalogueEntry"),
    "catalogue-check": ("answers.check", "CatalogueCheck"),
    "catalogue-diff": ("reports.difference", "CatalogueDifference"),
    "config": ("answers.config", "Configuration"),
}

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "patient": patient_schema,
    "catalogue": catalogue_schema,
    **{kind: partial(answer_schema, kind) for kind in ANSWERS},
}
