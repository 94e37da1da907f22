"""The demonstration hospital is the same every time, and alive at every hour."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import models, transaction
from django.db.models import F

from appointments.models import QueueToken
from billing.models import Invoice
from doctors.models import Doctor
from hms.core.models import AuditEvent
from hms.demo.build import ORDER
from patients.models import Encounter
from pharmacy.models import Prescription
from tests.demo.conftest import fill
from tests.demo.duty import contradictions
from wards.models import Admission, Bed


def values(row: models.Model) -> tuple:
    """What a row says itself: no keys, nothing random, nothing of the moment it was written."""
    leave = {"password", "code", "sha256", "transaction", "arguments"}  # of a request: ids
    return tuple(
        str(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if not field.is_relation
        and not isinstance(field, models.UUIDField | models.AutoField)
        and field.name not in leave
        and field.name != "object_id"
    )


def fingerprint() -> dict[str, str]:
    """A hash of each table: what its rows say, and what those say that they point at."""
    said: dict[UUID, tuple] = {}
    found = {}
    for model in [*ORDER, Bed, Doctor]:
        lines = []
        for row in model._default_manager.all():
            if model is AuditEvent and not row.action.startswith(("patients.", "pharmacy.", "laboratory.", "billing.")):
                continue
            own = values(row)
            if isinstance(row.pk, UUID):
                said[row.pk] = own
            keys = [f.attname for f in row._meta.concrete_fields if f.is_relation]
            lines.append(repr((own, [said.get(getattr(row, key)) for key in keys])))
        found[model.__name__] = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    return found


@pytest.mark.django_db
def test_the_same_seed_and_clock_make_the_same_hospital(codes: None) -> None:
    made = []
    for _time in range(2):
        with transaction.atomic():
            fill()
            made.append(fingerprint())
            transaction.set_rollback(True)
    assert made[0] == made[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "moment",
    [
        *(datetime(2026, 11, 21, hour, 10, tzinfo=UTC) for hour in (2, 8, 12, 17, 22)),  # a Saturday
        datetime(2026, 11, 22, 6, 55, tzinfo=UTC),  # Sunday, minutes before the night hands over
        datetime(2027, 1, 6, 12, 40, tzinfo=UTC),  # a Wednesday of another year
    ],
    ids=str,
)
def test_somebody_is_there_at_every_hour(codes: None, moment: datetime) -> None:
    hour = moment.hour
    fill(moment)
    now = Encounter.objects.filter(facility__code="N").exclude(kind="inpatient")
    waiting = QueueToken.objects.filter(facility__code="N").waiting().count()
    consulting = now.filter(status="in_progress").count()
    unpaid = Invoice.objects.filter(facility__code="N", balance__gt=0, issued_at__gte=F("created_at") - timedelta(1))
    by_day = 8 <= hour <= 18
    assert waiting >= (4 if by_day else 1)
    assert consulting >= (5 if 8 <= hour <= 16 else 3)  # towards evening few doctors still have hours
    assert unpaid.count() >= 2
    assert Prescription.objects.filter(facility__code="N", status="prescribed").exists()
    assert Admission.objects.filter(facility__code="N", status="admitted").count() >= 22
    assert contradictions(moment) == []
