"""A chart with much on it cuts nothing off without saying so."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from hms.core import clock
from laboratory.models import DiagnosticReport
from patients.models import Condition, Encounter, Immunization, MedicationStatement, Patient, Procedure

pytestmark = pytest.mark.django_db
MANY = 47


def fill(patient: Patient, user) -> None:
    by = {"patient": patient, "recorded_by": user}
    now = clock.now()
    for n in range(MANY):
        day, moment = date(2020, 1, 1) + timedelta(days=n // 3), now - timedelta(days=n // 3)
        MedicationStatement.objects.create(display=f"Medicine-{n}.", started_on=day if n % 2 else None, **by)
        Immunization.objects.create(vaccine=f"Vaccine-{n}.", given_at=moment, **by)
        Procedure.objects.create(display=f"Procedure-{n}.", performed_at=moment, **by)
        Condition.objects.create(display=f"Problem-{n}.", resolved_on=day, **by)
        DiagnosticReport.objects.create(facility=user.facility, patient=patient, title=f"Report-{n}.", issued_at=moment)


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("/patients/{}/medicines", "Medicine"),
        ("/patients/{}/prevention", "Vaccine"),
        ("/patients/{}/prevention", "Procedure"),
        ("/patients/{}/problems", "Problem"),
        ("/laboratory/patients/{}/orders", "Report"),
    ],
)
def test_every_row_is_reached_page_by_page(
    address: str, what: str, patient: Patient, visit: Encounter, person, browser_of
) -> None:
    doctor = person("doctor")
    fill(patient, doctor)
    client = browser_of(doctor)
    words = {"Medicine": "medicines", "Vaccine": "vaccines", "Procedure": "procedures", "Problem": "problems"}
    here, seen, pages = address.format(patient.pk), [], 0
    there = here
    while there:
        page = client.get(there).content.decode()
        seen += re.findall(rf"{what}-\d+\.", page)
        older = re.search(rf'href="([^"]+)">Older {words.get(what, "reports")}', page)
        there = older[1].replace("&amp;", "&") if older else ""
        pages += 1
        assert pages < 20
    assert pages > 2 and len(seen) == len(set(seen)) == MANY


def test_one_list_is_turned_and_the_other_stays(patient: Patient, visit: Encounter, person, browser_of) -> None:
    doctor = person("doctor")
    fill(patient, doctor)
    client = browser_of(doctor)
    page = client.get(f"/patients/{patient.pk}/prevention").content.decode()
    first = re.findall(r"Procedure-\d+\.", page)
    older = re.search(r'href="([^"]+)">Older vaccines', page)[1].replace("&amp;", "&")
    turned = client.get(older).content.decode()
    assert re.findall(r"Procedure-\d+\.", turned) == first
    newer = re.search(r'href="([^"]+)">Newer vaccines', turned)[1].replace("&amp;", "&")
    assert re.findall(r"Vaccine-\d+\.", client.get(newer).content.decode()) == re.findall(r"Vaccine-\d+\.", page)
