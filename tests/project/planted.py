"""What is planted: the rows of others, by kind; whether one was used; and a page that takes what it is sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.urls import reverse

from patients.models import Patient
from tests.conftest import sign_in
from tests.project.hospitals import Hospital
from tests.project.matrix import MINUTES, Answer
from tests.project.pages import Page
from tests.project.routes import Route

STRANGER = str(uuid.UUID(int=0xF00F))


@dataclass
class Rows:
    """Every row that an id of a page could be: `kind` of each, and those of another facility or department by kind."""

    kind: dict[str, type[models.Model]]
    strange: dict[type[models.Model], list[str]]

    def instead_of(self, found: str) -> list[str]:
        return self.strange.get(self.kind.get(found), [])


def rows_of(stands: Hospital) -> Rows:
    """A row is strange that was not there for one's own patient: it bears the mark, or hangs on what does."""
    kind: dict[str, type[models.Model]] = {}
    strange: dict[type[models.Model], list[str]] = {}
    foreign, other = (stands.objects[which] for which in ("foreign", "other"))
    hang_on = {pk for pk in foreign.ids.values() if isinstance(pk, uuid.UUID)}
    for model in apps.get_models():
        if model._meta.pk.get_internal_type() != "UUIDField":
            continue
        parents = [column.attname for column in model._meta.concrete_fields if column.is_relation]
        for row in model._base_manager.all():
            kind[str(row.pk)] = model
            patient = row.pk if model is Patient else getattr(row, "patient_id", None)
            facility = getattr(row, "facility_id", None)
            theirs = any(getattr(row, parent) in hang_on for parent in parents)
            if theirs or facility == foreign.patient.registered_at_id or patient == foreign.patient.pk:
                strange.setdefault(model, []).insert(0, str(row.pk))
            elif patient == other.patient.pk and model.__name__ not in ("Patient", "Encounter", "Invoice"):
                strange.setdefault(model, []).append(str(row.pk))
    others = [*foreign.ids.values(), *(key for keys in stands.rows["foreign"].values() for key in keys)]
    for found in map(str, others):
        if found in kind and found not in strange.get(kind[found], []):
            strange.setdefault(kind[found], []).insert(0, found)
    return Rows(kind, strange)


def used(answer: Answer, planted: str) -> bool:
    """Whether a planted row stands in what was written."""
    return any(planted in values for table, values in answer.changes if table not in MINUTES)


def gullible(stands: Hospital, view: Any, *arguments: str) -> Page:
    own = stands.objects["own"]
    address = reverse(view.__name__, kwargs={name: own.ids[name] for name in arguments})
    client = sign_in(stands.asked["receptionist"])
    client.raise_request_exception = False
    return Page(Route(view.__name__, view, arguments), client, address)
