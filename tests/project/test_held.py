"""Whatever is held on a patient is known by itself: no table can be forgotten when a record is given out or erased."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import models

from hms.core import held
from hms.core.models import User
from hms.core.models.tracking import change_models
from patients.models import ClinicalNote, Patient
from patients.services import grants
from tests.conftest import held_on, make_patient

# What points at a row by kind and key, and can be nobody's.
OF_NOBODY = {
    "admin.LogEntry": "what the administration keeps is master data; a patient is only looked at there",
    "core.Notification": "an address of a page, in a text that names no patient",
}


def unreached(found: list[type[models.Model]]) -> list[str]:
    """Models that point at rows by kind and key, of which nobody said how they lead to a patient."""
    return sorted(
        model._meta.label
        for model in found
        if any(column.name.endswith("_type") for column in model._meta.concrete_fields)
        and any(column.name.endswith("_id") for column in model._meta.concrete_fields)
        and model not in held.tables()
        and model._meta.label not in OF_NOBODY
    )


def test_what_points_at_rows_by_kind_and_key_says_how_it_leads_to_a_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unreached(apps.get_models()) == []
    monkeypatch.setattr(held, "_pointing", {})
    assert unreached(apps.get_models()) == [
        "billing.LedgerTransaction",
        "interop.SourceRecord",
        "pharmacy.StockMovement",
    ]


def test_every_key_to_a_patient_is_followed() -> None:
    known = held.tables()
    patient = {model for model in apps.get_models() if any(f.related_model is Patient for f in model._meta.fields)}
    assert patient <= set(known)
    assert held.ways()[ClinicalNote] == "patient_id"
    assert [model for model in change_models() if model.pgh_tracked_model in known and model not in known] == []
    assert len(known) > 65


def test_rows_of_one_patient_are_found_and_no_others(reception: User) -> None:
    one, other = make_patient(reception), make_patient(reception, "Amara", "Osei")
    found = [{model: set(rows.values_list("pk", flat=True)) for model, rows in held_on(who)} for who in (one, other)]
    assert found[0][Patient] == {one.pk} and found[1][Patient] == {other.pk}
    for model in held.tables():
        assert not found[0][model] & found[1][model]
        assert len(found[0][model]) == len(found[1][model])
    assert sum(map(len, found[0].values())) > 4


def test_changes_of_what_is_gone_are_still_found(person: Callable[..., User], patient: Patient) -> None:
    changes = apps.get_model("patients", "PatientUserObjectPermissionChange")
    User.objects.system()
    grants.break_glass(person("doctor"), patient_id=patient.pk, reason="Collapsed in the corridor")
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=5)):
        grants.expire()
    assert not held.rows(changes.pgh_tracked_model, patient.pk)
    assert held.rows(changes, patient.pk).count() == 2
