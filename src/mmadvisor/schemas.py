"""The formats as JSON Schema, and the validators that are built from the same classes.

Imported only when needed: building a validator costs more than answering a question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields, make_dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mmadvisor.answer import Recommendation
from mmadvisor.catalogue import Catalogue
from mmadvisor.catalogue import hints as hints_of
from mmadvisor.criteria import FORBID
from mmadvisor.patient import Patient


@cache
def _whole() -> TypeAdapter[Catalogue]:
    return TypeAdapter(Catalogue)


@cache
def _partial() -> TypeAdapter[Any]:
    """A catalogue file: any of the catalogue's keys, none required."""
    hints = hints_of(Catalogue)
    names = [f.name for f in fields(Catalogue)]
    partial = make_dataclass(
        "CatalogueFile",
        [(name, hints[name] | None, None) for name in names],
        namespace={"__pydantic_config__": FORBID, "__doc__": "Some of the keys of a catalogue."},
    )
    assert all(f.default is not MISSING for f in fields(partial))
    return TypeAdapter(partial)


def validate_whole(raw: dict[str, Any]) -> Catalogue:
    """A catalogue from plain data.

    Raises:
        ValidationError: The data is not in the format.
    """
    return _whole().validate_python(raw)


def validate_partial(raw: Any) -> ValidationError | None:
    """What is wrong with one catalogue file, if anything."""
    try:
        _partial().validate_python(raw)
    except ValidationError as error:
        return error
    return None


def _titled(schema: dict[str, Any], title: str) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | {
        key: value for key, value in schema.items() if key != "title"
    }


def patient_schema() -> dict[str, Any]:
    """Of ``mmadvisor/patient/1``."""
    return _titled(Patient.model_json_schema(by_alias=True), "mmadvisor/patient/1")


def recommendation_schema() -> dict[str, Any]:
    """Of ``mmadvisor/recommendation/1``."""
    return _titled(TypeAdapter(Recommendation).json_schema(), "mmadvisor/recommendation/1")


def catalogue_schema() -> dict[str, Any]:
    """Of a catalogue file."""
    return _titled(_partial().json_schema(), "mmadvisor catalogue file")


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "patient": patient_schema,
    "recommendation": recommendation_schema,
    "catalogue": catalogue_schema,
}
