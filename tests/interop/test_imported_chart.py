"""What came in, as doctors and administrators see it."""

from __future__ import annotations

import pytest
from django.test import Client

from hms.core.models import User
from interop.models import SourceRecord
from patients.models import (
    Encounter,
    Patient,
)
from patients.services import encounters
from tests.interop.conftest import (
    Import,
    allergy,
    attended,
    bundle,
    coded,
    condition,
    encounter,
    observation,
    patient,
    practitioner,
    status,
)

pytestmark = pytest.mark.django_db


def test_the_doctor_sees_in_the_chart_what_came_in(bring: Import, reception: User, client_as: object) -> None:
    vitals = observation(
        "o2",
        code=coded("Body Height", "8302-2", "http://loinc.org"),
        valueQuantity={"value": 171, "unit": "cm"},
        category=[status("observation-category", "vital-signs")],
    )
    report = {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "subject": {"reference": "Patient/p1"}, "code": coded("Blood count"), "issued": "2021-05-03T10:00:00Z", "result": [{"reference": "Observation/o1"}]}  # fmt: skip
    bring(
        bundle(patient(), practitioner(), encounter(participant=attended(), reasonCode=[coded("Cough")]), condition(), observation(), vitals, allergy(), report)
    )  # fmt: skip
    doctor: Client = client_as("doctor")  # type: ignore[operator]
    found = Patient.objects.get()
    chart = f"/patients/{found.pk}"
    assert doctor.get(f"{chart}/allergies").status_code == 302, "what was brought in opens with a visit here"
    encounters.open_encounter(reception, patient=found)
    assert "Núñez Ångström" in doctor.get(f"{chart}/").content.decode()
    for panel, words in {
        "allergies": "Penicillin",
        "problems": "Asthma",
        "vitals": "171",
        "visits": "Cough",
        "observations": "Hemoglobin",
    }.items():
        page = doctor.get(f"{chart}/{panel}")
        assert page.status_code == 200 and words in page.content.decode(), panel
    assert "Blood count" in doctor.get(f"/laboratory{chart}/orders").content.decode()
    assert doctor.get(f"/patients/visits/{Encounter.objects.get(imported=True).pk}/").status_code == 200


def test_administrators_look_at_what_came_in_and_change_nothing(bring: Import, client_as: object) -> None:
    bring(bundle(patient(), encounter(participant=attended())))
    admin: Client = client_as("administrator")  # type: ignore[operator]
    assert admin.get("/admin/interop/unresolvedreference/").status_code == 200
    record = SourceRecord.objects.filter(resource_type="Encounter").get()
    page = admin.get(f"/admin/interop/sourcerecord/{record.pk}/change/")
    assert page.status_code == 200 and "e1" in page.content.decode()
    assert admin.get("/admin/interop/sourcerecord/add/").status_code == 403
    assert client_as("doctor").get("/admin/interop/sourcerecord/").status_code in (302, 403)  # type: ignore[operator]
