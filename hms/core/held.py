"""What is held on one patient: every table of the house whose rows lead to a patient, and which rows those are.

The way from a table to the patient is read off the models themselves, so that no department can forget its own: by
foreign keys, by a `patient_id` of its own, and the changes of a tracked row with the row. What points at its object by
kind and key (a file's source, where an imported row came from) says so with `points_at`.
"""

from __future__ import annotations

from functools import cache
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q

from hms.core.models.tracking import Change, change_models

_pointing: dict[type[models.Model], tuple[str, str]] = {}


def points_at(model: type[models.Model], kind: str, key: str) -> None:
    """Rows of `model` belong to whom the row belongs at which these two columns point: its label and its key."""
    _pointing[model] = (kind, key)


@cache
def ways() -> dict[type[models.Model], str]:
    """Every table that leads to a patient by its own columns, and the lookup from its rows to the patient's key:
    `patient_id`, `dispense__patient_id`. Nearest first; changes of rows are not among them."""
    patient = apps.get_model("patients", "Patient")
    found: dict[type[models.Model], str] = {patient: "id"}
    others = [m for m in apps.get_models(include_auto_created=True) if m is not patient and _stored(m)]
    for model in others:
        if any(column.attname == "patient_id" for column in model._meta.concrete_fields):
            found[model] = "patient_id"
    while more := {model: way for model in others if model not in found and (way := _way(model, found))}:
        found |= more
    return found


def rows(model: type[models.Model], patient_id: UUID) -> models.QuerySet:
    """The rows of one table that are held on a patient, in no order."""
    base = model._base_manager.order_by()
    if issubclass(model, Change):
        return base.filter(_changed(model, patient_id))
    if model in _pointing:
        return base.filter(_pointed(*_pointing[model], patient_id))
    if model in ways():
        return base.filter(**{ways()[model]: patient_id})
    column, target = _to_pointing(model)
    return base.filter(**{f"{column.name}__in": rows(target, patient_id)})


def tables() -> list[type[models.Model]]:
    """Every table that may hold something on a patient: what is pointed at stands before what points at it."""
    leading = [*ways(), *_pointing]
    leading += [model for model in apps.get_models() if _stored(model) and model not in leading and _to_pointing(model)]
    return [*leading, *(changes for changes in change_models() if changes.pgh_tracked_model in leading)]


def _stored(model: type[models.Model]) -> bool:
    return model._meta.managed and not model._meta.proxy and not issubclass(model, Change)


def _way(model: type[models.Model], found: dict[type[models.Model], str]) -> str:
    """By the first foreign key that leads on; a key that may be empty only where no other does."""
    for column in sorted(_keys(model), key=lambda column: column.null):
        if (target := column.remote_field.model) in found:
            return column.attname if found[target] == "id" else f"{column.name}__{found[target]}"
    return ""


def _keys(model: type[models.Model]) -> list[models.Field]:
    return [column for column in model._meta.concrete_fields if column.remote_field]


def _to_pointing(model: type[models.Model]) -> tuple[models.Field, type[models.Model]] | None:
    """The key by which rows belong to a row that points at its object."""
    return next(((key, key.remote_field.model) for key in _keys(model) if key.remote_field.model in _pointing), None)


def _changed(model: type[Change], patient_id: UUID) -> Q:
    """By the rows they tell of; of what may be removed, by what the changes say themselves."""
    tracked = model.pgh_tracked_model
    if not getattr(tracked, "deletable", False):
        return Q(pgh_obj_id__in=rows(tracked, patient_id).values("pk"))
    column, _dots, further = ways()[tracked].partition("__")
    if further:
        parent = tracked._meta.get_field(column).remote_field.model
        return Q(**{f"{column}__in": rows(parent, patient_id).values("pk")})
    kept = {field.name for field in model._meta.fields}
    return Q(**{column if column in kept else column.removesuffix("_id"): patient_id})


def _pointed(kind: str, key: str, patient_id: UUID) -> Q:
    found = Q(pk__in=[])
    for target, way in ways().items():
        if isinstance(target._meta.pk, models.UUIDField):
            keys = target._base_manager.order_by().filter(**{way: patient_id}).values("pk")
            found |= Q(**{kind: target._meta.label_lower, f"{key}__in": keys})
    return found
