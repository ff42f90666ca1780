"""The formats as JSON Schema, and the validators that are built from the same classes.

Imported only when needed: building a validator costs more than answering a question.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, ForwardRef, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from mmadvisor.answer import Recommendation
from mmadvisor.catalogue import Catalogue, build, criterion_types
from mmadvisor.entry import REQUIRED, Entry, hints
from mmadvisor.patient import Patient


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_MODELS: dict[type[Entry], type[BaseModel]] = {}


def _model(cls: type[Entry]) -> type[BaseModel]:
    """The pydantic model of an entry class, and of all that it holds."""
    if cls not in _MODELS:
        types = hints(cls)  # type: ignore[arg-type]
        made = {
            name: (_checked(types[name]), ... if default is REQUIRED else default)
            for name, default in cls.defaults().items()
        }
        fields: dict[str, Any] = made
        _MODELS[cls] = create_model(cls.__name__, __base__=_Checked, __doc__=cls.__doc__, **fields)
    return _MODELS[cls]


def _checked(hint: Any) -> Any:
    """A type with every entry class in it replaced by its model; lists stay lists."""
    if get_origin(hint) is Annotated:
        return ForwardRef("AnyCriterion")
    if isinstance(hint, type) and issubclass(hint, Entry):
        return _model(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return list[_checked(inner[0])]  # type: ignore[misc]
    if origin is tuple:
        return Annotated[list[_checked(inner[0])], Field(min_length=len(inner), max_length=len(inner))]  # type: ignore[misc]
    if origin is dict:
        return dict[str, _checked(inner[1])]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return Union[tuple(_checked(i) for i in inner)]  # noqa: UP007 - the members are known only now
    return hint


@cache
def _catalogue_models() -> tuple[type[BaseModel], type[BaseModel]]:
    """The model of a whole catalogue, and of a file that holds some of its keys."""
    whole = _model(Catalogue)
    criteria = [_model(member) for member in criterion_types().values()]
    union: Any = Annotated[Union[tuple(criteria)], Field(discriminator="type")]  # noqa: UP007 - as above
    for model in _MODELS.values():
        model.model_rebuild(_types_namespace={"AnyCriterion": union}, force=True)
    some: dict[str, Any] = {name: (field.annotation, None) for name, field in whole.model_fields.items()}
    partial = create_model("CatalogueFile", __base__=_Checked, __doc__="Some of the keys of a catalogue.", **some)
    return whole, partial


def validate_whole(raw: dict[str, Any]) -> Catalogue:
    """A catalogue from plain data.

    Raises:
        ValidationError: The data is not in the format.
    """
    _catalogue_models()[0].model_validate(raw)
    return build(raw)


def validate_partial(raw: Any) -> ValidationError | None:
    """What is wrong with one catalogue file, if anything."""
    try:
        _catalogue_models()[1].model_validate(raw)
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
    return _titled(_catalogue_models()[1].model_json_schema(), "mmadvisor catalogue file")


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "patient": patient_schema,
    "recommendation": recommendation_schema,
    "catalogue": catalogue_schema,
}
