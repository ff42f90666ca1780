"""The formats as JSON Schema, and the check of catalogue files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_core import ValidationError

from mmadvisor.catalogue import Catalogue, build
from mmadvisor.checked import json_schema, validator
from mmadvisor.patient import Patient


def validate_whole(raw: dict[str, Any]) -> Catalogue:
    """A catalogue from plain data.

    Raises:
        ValidationError: The data is not in the format.
    """
    validator(Catalogue).validate_python(raw)
    return build(raw)


def validate_partial(raw: Any) -> ValidationError | None:
    """What is wrong with one catalogue file, if anything."""
    try:
        validator(Catalogue, partial=True).validate_python(raw)
    except ValidationError as error:
        return error
    return None


def patient_schema() -> dict[str, Any]:
    """Of ``mmadvisor/patient/1``."""
    return json_schema(Patient, "mmadvisor/patient/1")


def recommendation_schema() -> dict[str, Any]:
    """Of ``mmadvisor/recommendation/1``."""
    from pydantic import TypeAdapter

    from mmadvisor.answer import Recommendation

    made = TypeAdapter(Recommendation).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made | {"title": "mmadvisor/recommendation/1"}


def catalogue_schema() -> dict[str, Any]:
    """Of a catalogue file."""
    return json_schema(Catalogue, "mmadvisor catalogue file", partial=True)


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "patient": patient_schema,
    "recommendation": recommendation_schema,
    "catalogue": catalogue_schema,
}
